//! The acceptance of a policy chain: each rule of a step, alone and at its edges.

use std::collections::{BTreeMap, BTreeSet};

use relsign::evaluate::chain::{self, Accepting, Candidate};
use relsign::model::finding::{Code, Finding};
use relsign::model::ids::{Nonce, PolicyDigest, RecordId, RootDigest, Sha256Digest};
use relsign::model::log::Record;
use relsign::model::policy::PolicyChain;
use relsign::model::record::{Body, PolicyHead, PolicyStep, Signer};
use relsign::parse::policy::parse_policy;
use relsign::sign::keyring::Keyring;
use relsign::sign::verify::{Verified, verify_line};

use crate::cast::{holder, key};
use crate::world::time;

fn accept_all(candidates: Vec<Candidate>, root: RootDigest) -> Result<PolicyChain, Finding> {
    let mut accepting = Accepting::new(root);
    candidates.into_iter().try_for_each(|candidate| accepting.step(candidate))?;
    accepting.finish()
}

/// A policy of three owners, two of whom must agree, with a developer and a machine.
struct Rules {
    repository: &'static str,
    owners: Vec<&'static str>,
    threshold: u32,
    /// Principal, then keys with their states.
    keys: BTreeMap<&'static str, Vec<(&'static str, &'static str)>>,
    extra: &'static str,
}

fn rules() -> Rules {
    Rules {
        repository: "00112233445566778899aabbccddeeff",
        owners: vec!["olga", "rolf", "dana"],
        threshold: 2,
        keys: BTreeMap::from([
            ("olga", vec![("olga", "active")]),
            ("rolf", vec![("rolf", "active")]),
            ("dana", vec![("dana", "active")]),
            ("sam", vec![("sam", "active"), ("sam-two", "active"), ("sam-old", "active")]),
            ("ci", vec![("ci", "active")]),
        ]),
        extra: "",
    }
}

impl Rules {
    fn set(mut self, who: &'static str, key: &str, state: &'static str) -> Self {
        let entry = self.keys.get_mut(who).unwrap().iter_mut().find(|(name, _)| *name == key).unwrap();
        entry.1 = state;
        self
    }

    fn keys(mut self, who: &'static str, keys: &[&'static str]) -> Self {
        self.keys.insert(who, keys.iter().map(|key| (*key, "active")).collect());
        self
    }

    fn text(&self) -> String {
        let owners: Vec<String> = self.owners.iter().map(|name| format!("\"@{name}\"")).collect();
        let mut text = format!(
            "format = 1\nrepository = \"{}\"\n[owners]\npeople = [{}]\nthreshold = {}\n[role.lead]\n",
            self.repository,
            owners.join(", "),
            self.threshold
        );
        for (who, keys) in &self.keys {
            let entries: Vec<String> = keys
                .iter()
                .map(|(name, state)| {
                    let public = key(name).public().text();
                    format!("{{ key = \"{public}\", {} }}", state_of(state))
                })
                .collect();
            let (table, more) = if *who == "ci" { ("machine", "may = [\"check\"]\n") } else { ("person", "") };
            text += &format!("[{table}.{who}]\n{more}keys = [{}]\n", entries.join(", "));
        }
        text + "[[component]]\nname = \"main\"\ntags = \"v*\"\nchecklist = \"RELEASE.md\"\nenvironments = [\"production\"]\n"
            + "[authority]\nrelease_managers = [\"lead\"]\n"
            + self.extra
    }
}

fn state_of(state: &str) -> String {
    match state.split_once(' ') {
        Some((state, since)) => format!("state = \"{state}\", since = {since}"),
        None => format!("state = \"{state}\""),
    }
}

fn digest(byte: u8) -> PolicyDigest {
    Sha256Digest::from_bytes([byte; 32]).into()
}

fn anchor(byte: u8) -> RecordId {
    RecordId::from_bytes([byte; 32])
}

fn root() -> RootDigest {
    digest(1).into()
}

/// A step as it lies on the ref: its rules, its anchors, and who signed what.
struct Step {
    rules: Rules,
    anchors: Vec<u8>,
    signed: Vec<(&'static str, PolicyStep)>,
}

/// The step to a version that its place asks for, signed by some.
fn step(number: u8, rules: Rules, signers: &[&'static str]) -> Step {
    Step { rules, anchors: Vec::new(), signed: signers.iter().map(|name| (*name, right(number))).collect() }
}

fn right(number: u8) -> PolicyStep {
    PolicyStep { version: u32::from(number), digest: digest(number), previous: (number > 1).then(|| digest(number - 1)) }
}

fn sign(name: &str, step: PolicyStep) -> Verified {
    let record = Record {
        subjects: vec![chain::subject(step.digest)],
        kind: "policy".to_owned(),
        signer: Signer { handle: holder(name), fingerprint: key(name).public().fingerprint().clone() },
        nonce: Nonce::from_bytes([7; 16]),
        root: root(),
        policy_head: PolicyHead { version: 1, digest: digest(1) },
        open: None,
        parents: Vec::new(),
        role: None,
        comment: None,
        evidence: Vec::new(),
        time: time(0),
        tool: "test".to_owned(),
        body: Body::Policy(step),
    };
    let line = key(name).sign_record(&record).unwrap();
    let mut keyring = Keyring::new();
    keyring.add(holder(name), key(name).public().clone()).unwrap();
    verify_line(&line, &keyring, &root()).unwrap()
}

fn candidate(number: u8, step: &Step) -> Candidate {
    let text = step.rules.text();
    Candidate {
        digest: digest(number),
        policy: parse_policy(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}")).policy,
        anchors: step.anchors.iter().map(|byte| anchor(*byte)).collect(),
        records: step.signed.iter().map(|(name, body)| sign(name, body.clone())).collect(),
    }
}

fn accept(steps: &[Step]) -> Result<PolicyChain, Finding> {
    accept_all(steps.iter().zip(1..).map(|(step, number)| candidate(number, step)).collect(), root())
}

/// Puts a second step on a good root.
fn after_root(second: Step) -> Result<PolicyChain, Finding> {
    accept(&[step(1, rules(), &["olga", "rolf"]), second])
}

#[track_caller]
fn refused(result: Result<PolicyChain, Finding>, code: Code, says: &str) {
    let finding = result.expect_err("it is accepted");
    assert_eq!(finding.code, code, "{}", finding.message());
    assert!(finding.message().contains(says), "{says:?} is not in {:?}", finding.message());
}

#[test]
fn a_root_takes_the_threshold_of_its_own_owners() {
    assert_eq!(accept(&[step(1, rules(), &["olga", "rolf"])]).unwrap().head().version, 1);
    refused(accept(&[step(1, rules(), &["olga"])]), Code::PolicyUnsigned, "1 more of the owners must sign");
    refused(accept(&[step(1, rules(), &["olga", "sam"])]), Code::PolicyUnsigned, "@dana");
    refused(accept(&[step(1, rules(), &[])]), Code::PolicyUnsigned, "2 more");
    refused(accept(&[]), Code::PolicyMissing, "no policy");
}

#[test]
fn a_root_that_is_not_the_pinned_one_is_nobodys_business() {
    let first = step(1, rules(), &["olga", "rolf"]);
    let result = accept_all(vec![candidate(1, &first)], digest(9).into());
    refused(result, Code::RootMismatch, "descends from root");
}

#[test]
fn a_root_settles_nothing() {
    let first = Step { anchors: vec![3], ..step(1, rules(), &["olga", "rolf"]) };
    refused(accept(&[first]), Code::PolicyInvalid, "anchors");
}

#[test]
fn two_signatures_of_one_person_are_one() {
    let mut second = rules();
    second.extra = "[tags]\nsigned = \"required\"\n";
    refused(after_root(step(2, second, &["olga", "olga"])), Code::PolicyUnsigned, "1 more");
}

#[test]
fn a_step_takes_the_owners_before_and_its_own() {
    let taken_over = || {
        let mut rules = rules();
        rules.owners = vec!["sam", "dana"];
        rules
    };
    // The old owners alone make nobody an owner, the new ones alone let nobody in.
    refused(after_root(step(2, taken_over(), &["olga", "rolf"])), Code::PolicyUnsigned, "of its own");
    refused(after_root(step(2, taken_over(), &["sam", "dana"])), Code::PolicyUnsigned, "of version 1");
    refused(after_root(step(2, taken_over(), &[])), Code::PolicyUnsigned, "of version 1");
    assert!(after_root(step(2, taken_over(), &["olga", "dana", "sam"])).is_ok());
}

#[test]
fn a_raised_threshold_holds_for_the_step_that_raises_it() {
    let raised = || Rules { threshold: 3, ..rules() };
    refused(after_root(step(2, raised(), &["olga", "rolf"])), Code::PolicyUnsigned, "of its own");
    assert!(after_root(step(2, raised(), &["olga", "rolf", "dana"])).is_ok());
    let lowered = || Rules { threshold: 1, ..rules() };
    refused(after_root(step(2, lowered(), &["olga"])), Code::PolicyUnsigned, "of version 1");
}

#[test]
fn a_signature_is_for_one_place_in_the_chain() {
    let at = |version: u32, previous: u8| PolicyStep { version, digest: digest(2), previous: Some(digest(previous)) };
    for wrong in [at(3, 1), at(2, 3), at(9, 9), PolicyStep { version: 1, digest: digest(2), previous: None }] {
        let second = Step { signed: vec![("olga", wrong.clone()), ("rolf", wrong)], ..step(2, changed(), &[]) };
        refused(after_root(second), Code::PolicyUnsigned, "left out, repeated or replaced");
    }
    // Signatures on another version are none on this, wherever that one belongs.
    for version in [2, 3] {
        let other = PolicyStep { version, digest: digest(3), previous: Some(digest(1)) };
        let second = Step { signed: vec![("olga", other.clone()), ("rolf", other)], ..step(2, changed(), &[]) };
        refused(after_root(second), Code::PolicyUnsigned, "2 more");
    }
}

fn changed() -> Rules {
    Rules { extra: "[tags]\nsigned = \"required\"\n", ..rules() }
}

#[test]
fn a_signature_counts_by_a_key_that_is_active_there() {
    let retired = rules().set("rolf", "rolf", "retired");
    // Two of three owners sign, and the new version does not hold the key of one of them active.
    let with_more = Rules { extra: "[tags]\nsigned = \"required\"\n", ..retired };
    refused(after_root(step(2, with_more, &["olga", "rolf"])), Code::PolicyUnsigned, "of its own");
}

#[test]
fn the_repository_keeps_its_number() {
    let other = Rules { repository: "ffeeddccbbaa99887766554433221100", ..rules() };
    refused(after_root(step(2, other, &["olga", "rolf", "dana"])), Code::PolicyInvalid, "own number");
}

#[test]
fn anchors_are_only_added_to() {
    let chain = |second: &[u8], third: &[u8]| {
        accept(&[
            step(1, rules(), &["olga", "rolf"]),
            Step { anchors: second.to_vec(), ..step(2, changed(), &["olga", "rolf"]) },
            Step { anchors: third.to_vec(), ..step(3, rules(), &["olga", "rolf"]) },
        ])
    };
    assert!(chain(&[3, 4], &[3, 4, 5]).is_ok());
    refused(chain(&[3, 4], &[4, 5]), Code::AnchorsDropped, &anchor(3).short());
    refused(chain(&[3], &[]), Code::AnchorsDropped, "version 2 anchors");
}

#[test]
fn a_key_never_changes_its_holder() {
    let given = rules().keys("sam", &["sam", "sam-two"]).keys("dana", &["dana", "sam-old"]);
    refused(after_root(step(2, given, &["olga", "rolf", "dana"])), Code::PolicyReassigned, "of @sam to @dana");
    // Not after it was left out for a while, either.
    let without = || rules().keys("sam", &["sam"]);
    let later = without().keys("dana", &["dana", "sam-old"]);
    let all = &["olga", "rolf", "dana"];
    refused(
        accept(&[step(1, rules(), all), step(2, without(), all), step(3, later, all)]),
        Code::PolicyReassigned,
        "of @sam to @dana",
    );
    let machine = rules().keys("sam", &["sam"]).keys("ci", &["ci", "sam-two"]);
    refused(after_root(step(2, machine, all)), Code::PolicyReassigned, "machine:ci");
}

#[test]
fn a_handle_keeps_one_of_the_keys_by_which_it_was_known() {
    let all: &[&str] = &["olga", "rolf", "dana"];
    let another = || rules().keys("sam", &["quin"]);
    refused(after_root(step(2, another(), all)), Code::PolicyReassigned, "@sam");
    // Somebody who was removed comes back as who they were, or not under this handle.
    let mut gone = rules();
    gone.keys.remove("sam");
    let gone = || {
        let mut gone = rules();
        gone.keys.remove("sam");
        gone
    };
    refused(
        accept(&[step(1, rules(), all), step(2, gone(), all), step(3, another(), all)]),
        Code::PolicyReassigned,
        "without any of the keys",
    );
    let back = rules().keys("sam", &["quin", "sam-two"]);
    assert!(accept(&[step(1, rules(), all), step(2, gone(), all), step(3, back, all)]).is_ok());
    let machine = rules().keys("ci", &["tara"]);
    refused(after_root(step(2, machine, all)), Code::PolicyReassigned, "machine:ci");
}

#[test]
fn one_owner_revokes_at_once() {
    for state in ["retired", "retired 2", "compromised 2", "compromised 1"] {
        let chain = after_root(step(2, rules().set("sam", "sam", state), &["dana"])).unwrap();
        assert_eq!(chain.head().version, 2, "{state}");
    }
    // Of an owner and a machine too, and with the very key.
    assert!(after_root(step(2, rules().set("rolf", "rolf", "compromised 2"), &["olga"])).is_ok());
    assert!(after_root(step(2, rules().set("rolf", "rolf", "compromised 2"), &["rolf"])).is_ok());
    assert!(after_root(step(2, rules().set("ci", "ci", "retired"), &["olga"])).is_ok());
}

#[test]
fn the_holder_revokes_with_another_key() {
    let lost = || rules().set("sam", "sam-two", "compromised 2");
    assert!(after_root(step(2, lost(), &["sam"])).is_ok());
    assert!(after_root(step(2, lost(), &["sam-old"])).is_ok());
    refused(after_root(step(2, lost(), &["sam-two"])), Code::PolicyUnsigned, "2 more");
    refused(after_root(step(2, lost(), &["ci"])), Code::PolicyUnsigned, "2 more");
    refused(after_root(step(2, lost(), &[])), Code::PolicyUnsigned, "2 more");
    // Nobody revokes others' keys beside their own, unless they own the policy.
    let both = lost().set("ci", "ci", "retired");
    refused(after_root(step(2, both, &["sam"])), Code::PolicyUnsigned, "2 more");
    // A key that is revoked by the same step revokes nothing.
    let two = lost().set("sam", "sam-old", "retired");
    refused(after_root(step(2, two, &["sam-old"])), Code::PolicyUnsigned, "2 more");
}

#[test]
fn whoever_revokes_alone_changes_nothing_else() {
    let revoking = || rules().set("sam", "sam", "retired");
    let others: Vec<(&str, Rules)> = vec![
        ("a rule", Rules { extra: "[tags]\nsigned = \"required\"\n", ..revoking() }),
        ("the threshold", Rules { threshold: 1, ..revoking() }),
        ("the owners", Rules { owners: vec!["olga", "rolf"], ..revoking() }),
        ("another key's place", {
            let mut rules = revoking();
            rules.keys.get_mut("sam").unwrap().swap(1, 2);
            rules
        }),
        ("a key that is gone", {
            let mut rules = revoking();
            rules.keys.get_mut("sam").unwrap().pop();
            rules
        }),
        ("a key that is new", {
            let mut rules = revoking();
            rules.keys.get_mut("sam").unwrap().push(("quin", "active"));
            rules
        }),
        ("a person who is new", revoking().keys("quin", &["quin"])),
        ("a person who is gone", {
            let mut rules = rules().set("dana", "dana", "retired");
            rules.keys.remove("sam");
            rules
        }),
        ("nothing at all", rules()),
        ("a state that begins later", rules().set("sam", "sam", "compromised 3")),
        ("a retirement that begins earlier", rules().set("sam", "sam", "retired 1")),
    ];
    for (what, rules) in others {
        let result = after_root(step(2, rules, &["olga"]));
        assert_eq!(result.expect_err(what).code, Code::PolicyUnsigned, "{what}");
    }
}

#[test]
fn readmitting_takes_the_quorum() {
    let without = || rules().set("sam", "sam", "retired");
    let chain = |third: Rules, signers: &[&'static str]| {
        accept(&[step(1, rules(), &["olga", "rolf"]), step(2, without(), &["olga"]), step(3, third, signers)])
    };
    refused(chain(rules(), &["olga"]), Code::PolicyUnsigned, "1 more");
    assert!(chain(rules(), &["olga", "dana"]).is_ok());
    // To call a retired key compromised voids what counted, so it takes the quorum too.
    let worse = || rules().set("sam", "sam", "compromised 1");
    refused(chain(worse(), &["olga"]), Code::PolicyUnsigned, "1 more");
    assert!(chain(worse(), &["olga", "dana"]).is_ok());
}

#[test]
fn a_revocation_keeps_the_anchors() {
    let second = Step { anchors: vec![3], ..step(2, changed(), &["olga", "rolf"]) };
    let third = |anchors: Vec<u8>| {
        let rules = Rules { extra: "[tags]\nsigned = \"required\"\n", ..rules().set("sam", "sam", "retired") };
        Step { anchors, ..step(3, rules, &["olga"]) }
    };
    let chain = |anchors: Vec<u8>| {
        let second = Step { anchors: second.anchors.clone(), ..step(2, changed(), &["olga", "rolf"]) };
        accept(&[step(1, rules(), &["olga", "rolf"]), second, third(anchors)])
    };
    assert!(chain(vec![3, 9]).is_ok());
    refused(chain(vec![]), Code::AnchorsDropped, "anchors");
}

#[test]
fn nobody_revokes_the_policy_out_of_reach() {
    // With two owners who must agree, one can't lock the other out: what can't be reached can't be read as a policy.
    let two = || Rules { owners: vec!["olga", "rolf"], ..rules() };
    let text = two().set("rolf", "rolf", "retired").text();
    let problems = parse_policy(text.as_bytes()).unwrap_err();
    assert!(problems.iter().any(|problem| problem.code == "policy-threshold-high"), "{problems:#?}");
    let standing = |signers: &[&'static str]| {
        let first = accept(&[step(1, two(), &["olga", "rolf"])]).unwrap();
        let next = Rules { owners: vec!["olga", "rolf"], ..changed() };
        chain::standing(Some(first.head()), &candidate(2, &step(2, next, signers)), 2)
    };
    assert_eq!(standing(&["olga"]).new.waiting, BTreeSet::from(["@rolf".parse().unwrap()]));
    assert!(!standing(&["olga"]).is_accepted());
    assert!(standing(&["olga", "rolf"]).is_accepted());
}

#[test]
fn a_record_on_another_subject_signs_nothing() {
    let mut candidate = candidate(1, &step(1, rules(), &["olga"]));
    let mut record = Record::clone(sign("rolf", right(1)).value());
    record.subjects = vec![chain::subject(digest(2))];
    let line = key("rolf").sign_record(&record).unwrap();
    let mut keyring = Keyring::new();
    keyring.add(holder("rolf"), key("rolf").public().clone()).unwrap();
    candidate.records.push(verify_line(&line, &keyring, &root()).unwrap());
    refused(accept_all(vec![candidate], root()), Code::PolicyUnsigned, "1 more");
}

#[test]
fn the_standing_of_a_step_says_who_signed_and_who_has_to() {
    let first = step(1, rules(), &["olga", "rolf"]);
    let chain = accept(&[first]).unwrap();
    let stand = |second: Step| chain::standing(Some(chain.head()), &candidate(2, &second), 2);
    let handles = |names: &[&str]| names.iter().map(|name| format!("@{name}").parse().unwrap()).collect::<BTreeSet<_>>();

    let quorum = stand(step(2, changed(), &["olga", "sam"]));
    assert!(!quorum.is_revocation() && !quorum.is_accepted());
    assert_eq!((&quorum.revokes.len(), &quorum.revoked_by), (&0, &BTreeSet::new()), "nobody signs alone what revokes nothing");
    assert_eq!(quorum.signed(), handles(&["olga"]), "@sam is no owner");
    assert_eq!(quorum.new.waiting, handles(&["dana", "rolf"]));
    assert_eq!((quorum.new.missing, quorum.old.as_ref().map(|old| old.missing)), (1, Some(1)));

    assert_eq!(chain::lacks(&quorum.new, "").as_deref(), Some("1 more of the owners must sign it (@dana, @rolf did not)"));
    let enough = stand(step(2, changed(), &["olga", "rolf"]));
    assert_eq!(chain::lacks(&enough.new, ""), None);

    let alone = stand(step(2, rules().set("sam", "sam-two", "retired"), &["sam"]));
    assert!(alone.is_revocation() && alone.is_accepted());
    assert_eq!(alone.signed(), handles(&["sam"]));
    let unsigned = stand(step(2, rules().set("sam", "sam-two", "retired"), &[]));
    assert!(unsigned.is_revocation() && !unsigned.is_accepted());
}

#[test]
fn what_may_follow_is_asked_before_anybody_signs() {
    let chain = accept(&[step(1, rules(), &["olga", "rolf"])]).unwrap();
    let follows = |rules: Rules| chain::may_follow(&chain, &candidate(2, &step(2, rules, &[]))).map_err(|finding| finding.code);
    assert_eq!(follows(changed()), Ok(()));
    let other = Rules { repository: "ffeeddccbbaa99887766554433221100", ..rules() };
    assert_eq!(follows(other), Err(Code::PolicyInvalid));
    assert_eq!(follows(rules().keys("dana", &["tara"])), Err(Code::PolicyReassigned));
}
