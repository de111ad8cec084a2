//! Who takes part: people and machines with fixed keys, and the policy that gives them their rights.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use relsign::keystore::{FileKey, SigningKey};
use relsign::model::ids::{Principal, Sha256Digest};
use relsign::model::policy::PolicyVersion;
use relsign::parse::policy::parse_policy;
use relsign::sign::keyring::Keyring;

/// The policy of these tests; `KEY:name` stands for the public key of that name.
pub(crate) const POLICY: &str = r#"
format = 1
repository = "00112233445566778899aabbccddeeff"

[owners]
people = ["@olga"]
threshold = 1

[role.release-manager]
[role.sre]
[role.qa]
[role.security]

[person.olga]
keys = [{ key = "KEY:olga" }]
[person.rita]
roles = ["release-manager"]
keys = [{ key = "KEY:rita" }, { key = "KEY:rita-lost", state = "compromised", since = 1 }]
[person.rolf]
roles = ["release-manager"]
keys = [{ key = "KEY:rolf" }]
[person.sam]
roles = ["sre", "security"]
keys = [{ key = "KEY:sam" }, { key = "KEY:sam-two" }, { key = "KEY:sam-old", state = "retired" }]
[person.dana]
roles = ["sre"]
keys = [{ key = "KEY:dana" }]
[person.quin]
roles = ["qa"]
keys = [{ key = "KEY:quin" }]
[person.ivan]
roles = ["qa", "sre"]
keys = [{ key = "KEY:ivan" }]
[person.tara]
roles = ["qa", "sre"]
keys = [{ key = "KEY:tara" }]
[machine.ci]
keys = [{ key = "KEY:ci" }]
may = ["check"]

[[component]]
name = "main"
tags = "v*"
checklist = "RELEASE.md"
environments = ["production", "staging"]

[[rule]]
phase = ["before"]
reviews = 1

[separation]
owner_may_review = false
tagger_may_review = false
implementer_may_review = false
unknown_identity = "refuse"

[authority]
release_managers = ["release-manager"]
waive = ["release-manager", "sre"]
reject = ["release-manager", "qa", "sre"]
"#;

const NAMES: &[&str] =
    &["olga", "rita", "rita-lost", "rolf", "sam", "sam-two", "sam-old", "dana", "quin", "ivan", "tara", "ci", "stranger", "ci-two"];

static KEYS: LazyLock<BTreeMap<&str, SigningKey>> = LazyLock::new(|| {
    let key = |seed: u8| SigningKey::File(Box::new(FileKey::from_seed(Path::new("fixed"), &[seed; 32]).unwrap()));
    NAMES.iter().copied().zip((1..).map(key)).collect()
});

pub(crate) fn key(name: &str) -> &'static SigningKey {
    &KEYS[name]
}

/// Gives who holds a key: `sam-two` is @sam's, `ci` is a machine's.
pub(crate) fn holder(key: &str) -> Principal {
    let name = key.split('-').next().unwrap();
    if name == "ci" { "machine:ci".parse().unwrap() } else { format!("@{name}").parse().unwrap() }
}

/// Reads a policy text as a version of the chain.
pub(crate) fn version(number: u32, policy: &str) -> PolicyVersion {
    let mut text = policy.to_owned();
    // The longest names first, because one may begin another.
    let mut names = NAMES.to_vec();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in names {
        text = text.replace(&format!("KEY:{name}"), &key(name).public().text());
    }
    let parsed = parse_policy(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let digest = Sha256Digest::from_bytes([0x50 + u8::try_from(number).unwrap(); 32]).into();
    PolicyVersion { version: number, digest, policy: parsed.policy, anchors: BTreeSet::new() }
}

/// Every key that the policy lists.
pub(crate) fn keyring() -> Keyring {
    let mut keyring = Keyring::new();
    for name in NAMES.iter().filter(|name| **name != "stranger") {
        keyring.add(holder(name), key(name).public().clone()).unwrap();
    }
    keyring
}
