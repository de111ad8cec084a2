//! The chain of versions, tried with policies as people write them.

use std::collections::BTreeSet;

use super::parse_policy;
use crate::model::ids::{PolicyDigest, RootDigest};
use crate::model::policy::{KeyState, PolicyChain, PolicyVersion};
use crate::model::record::PolicyHead;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi";
const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+FGyDXciMRLy1Y7A/uf6MrJzVQOlsR5dJKsiA+zFvi";

fn version(number: u32, keys: &str) -> PolicyVersion {
    let text = format!(
        "format = 1\nrepository = \"{}\"\nowners = {{ people = [\"@ana\"], threshold = 1 }}\n[person.ana]\nkeys = [{keys}]\n\
         [[component]]\nname = \"main\"\ntags = \"v*\"\nchecklist = \"R.md\"\n[authority]\nrelease_managers = [\"@ana\"]\n",
        "0".repeat(32)
    );
    let digest = PolicyDigest::from_bytes([u8::try_from(number).unwrap(); 32]);
    PolicyVersion { version: number, digest, policy: parse_policy(text.as_bytes()).unwrap().policy, anchors: BTreeSet::new() }
}

#[test]
fn keys_keep_their_history_through_all_versions() {
    let one = format!("{{ key = \"{KEY}\" }}");
    let two = format!("{{ key = \"{KEY}\", state = \"compromised\", since = 2 }}, {{ key = \"{OTHER}\" }}");
    let three = format!("{{ key = \"{OTHER}\" }}");
    let chain = PolicyChain::new(vec![version(1, &one), version(2, &two), version(3, &three)]).unwrap();
    let keys = chain.keys();
    assert_eq!(keys.len(), 2);
    let first = keys.values().find(|history| history.key.text == KEY).unwrap();
    assert_eq!((first.state(1), first.state(2), first.state(3)), (Some(KeyState::Active), Some(KeyState::Compromised), None));
    assert_eq!(first.principal.to_string(), "@ana");
    assert_eq!(chain.head().version, 3);
    assert_eq!(chain.root(), RootDigest::from_bytes([1; 32]));
    let head = chain.head().head();
    assert!(chain.at(head).is_some() && chain.at(PolicyHead { version: 2, ..head }).is_none());
}

#[test]
fn a_chain_begins_at_one_and_has_no_gap() {
    let one = || version(1, &format!("{{ key = \"{KEY}\" }}"));
    let numbered = |number| PolicyVersion { version: number, ..one() };
    assert!(PolicyChain::new(Vec::new()).is_none());
    assert!(PolicyChain::new(vec![numbered(2)]).is_none());
    assert!(PolicyChain::new(vec![one(), numbered(3)]).is_none());
    assert!(PolicyChain::new(vec![one(), one()]).is_none());
    assert!(PolicyChain::new(vec![one(), numbered(2)]).is_some());
}
