//! More in a policy never lets anything pass: what is no GO does not become one, and no refused push is let in, because a rule,
//! a freeze or a bad key was added. `tests/second/restrict.rs` tries the verdict with generated releases; the attacks that it
//! is about are here one by one, and pushes with generated root logs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use relsign::evaluate::context::TagSignature;
use relsign::evaluate::freeze::{self, Freeze as Held, ReleaseLogs, Span};
use relsign::evaluate::push::exception::{self, Change};
use relsign::evaluate::receipts::Receipts;
use relsign::evaluate::receipts::settled;
use relsign::evaluate::root_log::{ROOT_SUBJECT, RootLog};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::policy::PolicyChain;
use relsign::model::record::{
    Body, BreakGlass, Decision, Exception, Freeze, Grant, Lift, SignVerdict, Subject, SubjectDigest, Withdraw,
};
use relsign::model::report::{Answer, ItemState};

use relsign::sign::verify::Verified;

use crate::cast::{POLICY, holder, key, version};
use crate::windows::at;
use crate::world::{World, digest, find_item, has, object, role, time};

#[test]
fn whoever_said_done_does_not_review_whatever_became_of_that_word() {
    // Both own the item by their role and say that it is done; one of them reviews it as well.
    let told = |change: &dyn Fn(&mut relsign::model::record::Requirements), later: &str| {
        let mut world = World::empty();
        world.advance(POLICY, &[]);
        world.open_by("rita", |open| {
            open.items[0].owner = Some(role("sre"));
            change(&mut open.items[0].requirements);
        });
        let done = world.sign_body("runbook", SignVerdict::Done);
        // Long before, with another key, and without evidence.
        let first = world.draft("sam-two", Body::Sign(done.clone())).at(time(-500));
        world.put(first);
        let second = world.draft("dana", Body::Sign(done)).evidence(digest(0xe1), 12);
        world.put(second);
        world.sign("sam", "runbook", SignVerdict::Approve);
        world.chain = PolicyChain::new(vec![version(1, POLICY), version(2, later)]).unwrap();
        world.as_of = time(30);
        world
    };
    told(&|_| {}, POLICY).assert_item("runbook", ItemState::Done);
    let retired = POLICY.replace("{ key = \"KEY:sam-two\" }", "{ key = \"KEY:sam-two\", state = \"retired\" }");
    for (why, world) in [
        ("an age", told(&|asks| asks.max_age = Some(3600), POLICY)),
        ("evidence", told(&|asks| asks.evidence = true, POLICY)),
        ("a retired key", told(&|_| {}, &retired)),
    ] {
        let report = world.report();
        assert_eq!(find_item(&report, "runbook").state, ItemState::Done, "{why} makes a reviewer of the owner");
        assert!(has(&report, Code::ReviewByOwner), "{why}");
    }
}

#[test]
fn whoever_says_done_of_an_item_of_others_does_not_review_it_unless_they_take_it_back() {
    let mut world = World::opened(|_| {});
    let claimed = world.sign("dana", "runbook", SignVerdict::Done);
    world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("dana", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Done);
    world.withdraw("dana", claimed);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn whoever_signed_the_tag_does_not_review_whatever_became_of_that_key() {
    let told = |later: &str| {
        let mut world = World::empty();
        world.advance(POLICY, &[]);
        let by = |name: &str| TagSignature::Verified(holder(name), key(name).public().fingerprint().clone());
        world.tag.object.as_mut().unwrap().signature = Some(by("sam-two"));
        world.open_by("rita", |_| {});
        world.ready_all();
        world.decide("rolf", Decision::Go);
        world.chain = PolicyChain::new(vec![version(1, POLICY), version(2, later)]).unwrap();
        world
    };
    told(POLICY).assert_not(Answer::NoGo, Code::ReviewByTagger);
    for state in ["state = \"retired\"", "state = \"compromised\", since = 1"] {
        let later = POLICY.replace("{ key = \"KEY:sam-two\" }", &format!("{{ key = \"KEY:sam-two\", {state} }}"));
        told(&later).assert_not(Answer::NoGo, Code::ReviewByTagger);
    }
    told(&POLICY.replace(", { key = \"KEY:sam-two\" }", "")).assert_not(Answer::NoGo, Code::ReviewByTagger);
}

#[test]
fn a_second_open_stands_whatever_became_of_whoever_signed_it() {
    let told = |later: &str| {
        let mut world = World::empty();
        world.advance(POLICY, &[]);
        world.open_by("rita", |_| {});
        let first = world.open;
        world.open_by("rolf", |_| {});
        world.open = first;
        world.ready_all();
        world.decide("rita", Decision::Go);
        world.chain = PolicyChain::new(vec![version(1, POLICY), version(2, later)]).unwrap();
        world
    };
    told(POLICY).assert_not(Answer::NoGo, Code::SecondOpen);
    let rolf = "[person.rolf]\nroles = [\"release-manager\"]\nkeys = [{ key = \"KEY:rolf\" }]";
    assert!(POLICY.contains(rolf));
    let bad = rolf.replace("\"KEY:rolf\"", "\"KEY:rolf\", state = \"compromised\", since = 1");
    told(&POLICY.replace(rolf, &bad)).assert_not(Answer::NoGo, Code::SecondOpen);
    told(&POLICY.replace(rolf, &rolf.replace("\"release-manager\"", ""))).assert_not(Answer::NoGo, Code::SecondOpen);
}

#[test]
fn the_first_open_stands_in_the_way_of_the_second_whatever_became_of_its_key() {
    let mut world = World::empty();
    world.advance(POLICY, &[]);
    world.open_by("rolf", |_| {});
    // Everybody goes on under another one, which asks for less of what the policy leaves open.
    world.open_by("rita", |_| {});
    world.ready_all();
    world.decide("rita", Decision::Go);
    world.assert_not(Answer::NoGo, Code::NotDecided);
    let later = POLICY.replace("\"KEY:rolf\"", "\"KEY:rolf\", state = \"compromised\", since = 1");
    world.chain = PolicyChain::new(vec![version(1, POLICY), version(2, &later)]).unwrap();
    world.assert_not(Answer::NoGo, Code::SecondOpen);
}

const MAIN: &str = "refs/heads/main";
const NOW: &str = "2026-12-01T12:00:00Z";
/// Everybody may ask, @sam, @dana, @ivan and @tara may grant, @rita and @rolf break the glass; a window holds, one is over.
const RIGHTS: &str = r#"request = ["everyone"]
grant = ["sre"]
break_glass = ["release-manager"]
[thresholds]
exception = 1
[[freeze]]
name = "now"
refs = ["refs/heads/main"]
zone = "UTC"
once = { from = 2026-11-01T00:00:00, to = 2026-12-02T00:00:00 }
[[freeze]]
name = "before"
refs = ["refs/heads/web"]
zone = "UTC"
once = { from = 2026-10-01T00:00:00, to = 2026-11-30T00:00:00 }
grant = ["sre", "qa"]
"#;

/// How a policy restricts pushes more than another: for each key of the policy, texts to put in the place of others.
const TIGHTER: &[(&str, &str, &str)] = &[
    ("AuthorityTable.lift", "[authority]\n", "[authority]\nlift = [\"@rita\"]\n"),
    ("AuthorityTable.lift", "[authority]\n", "[authority]\nlift = []\n"),
    ("AuthorityTable.request", "request = [\"everyone\"]", "request = [\"@dana\", \"qa\"]"),
    ("AuthorityTable.request", "request = [\"everyone\"]", "request = []"),
    ("AuthorityTable.grant", "grant = [\"sre\"]\n", "grant = [\"@tara\"]\n"),
    ("AuthorityTable.grant", "grant = [\"sre\"]\n", "grant = []\n"),
    ("AuthorityTable.break_glass", "break_glass = [\"release-manager\"]", "break_glass = [\"@rolf\"]"),
    ("AuthorityTable.break_glass", "break_glass = [\"release-manager\"]\n", ""),
    ("ThresholdsTable.exception", "exception = 1", "exception = 2"),
    ("ThresholdsTable.exception", "exception = 1\n", ""),
    (
        "PolicyFile.freeze",
        "[[freeze]]\nname = \"now\"",
        concat!(
            "[[freeze]]\nname = \"more\"\nrefs = [\"refs/heads/**\"]\nzone = \"UTC\"\nweekly = { from = \"mon 00:00\", to = \"fri 00:00\" }\n",
            "[[freeze]]\nname = \"now\""
        ),
    ),
    (
        "PolicyFile.freeze",
        "[[freeze]]\nname = \"now\"",
        concat!(
            "[[freeze]]\nname = \"more\"\nrefs = [\"refs/heads/*\"]\nzone = \"UTC\"\nyearly = { from = \"11-15 00:00\", to = \"01-04 00:00\" }\ngrant = []\n",
            "[[freeze]]\nname = \"now\""
        ),
    ),
    (
        "PolicyFile.freeze",
        "[[freeze]]\nname = \"now\"",
        concat!(
            "[[freeze]]\nname = \"more\"\nrefs = [\"refs/heads/web\"]\nzone = \"UTC\"\nonce = { from = 2026-11-10T00:00:00, to = 2026-12-05T00:00:00 }\ngrant = [\"qa\", \"sre\"]\n",
            "[[freeze]]\nname = \"now\""
        ),
    ),
    ("FreezeTable.refs", "refs = [\"refs/heads/main\"]", "refs = [\"refs/heads/main\", \"refs/heads/web\"]"),
    ("FreezeTable.refs", "refs = [\"refs/heads/web\"]", "refs = [\"refs/heads/**\"]"),
    (
        "FreezeTable.once",
        "once = { from = 2026-10-01T00:00:00, to = 2026-11-30T00:00:00 }",
        "once = { from = 2026-10-01T00:00:00, to = 2027-01-30T00:00:00 }",
    ),
    (
        "FreezeTable.weekly",
        "once = { from = 2026-10-01T00:00:00, to = 2026-11-30T00:00:00 }",
        "weekly = { from = \"tue 11:00\", to = \"tue 13:00\" }",
    ),
    (
        "FreezeTable.yearly",
        "once = { from = 2026-10-01T00:00:00, to = 2026-11-30T00:00:00 }",
        "yearly = { from = \"11-30 00:00\", to = \"12-02 00:00\" }",
    ),
    ("EdgesTable.to", "to = 2026-11-30T00:00:00", "to = 2026-12-30T00:00:00"),
    ("FreezeTable.grant", "grant = [\"sre\", \"qa\"]", "grant = [\"@sam\"]"),
    ("FreezeTable.grant", "grant = [\"sre\", \"qa\"]", "grant = []"),
    ("FreezeTable.grant", "to = 2026-12-02T00:00:00 }\n", "to = 2026-12-02T00:00:00 }\ngrant = [\"@dana\"]\n"),
    ("KeyTable.state", "\"KEY:sam\" }", "\"KEY:sam\", state = \"retired\" }"),
    ("KeyTable.state", "\"KEY:rita\" }", "\"KEY:rita\", state = \"compromised\", since = 1 }"),
    ("PersonTable.roles", "[person.tara]\nroles = [\"qa\", \"sre\"]", "[person.tara]\nroles = [\"qa\"]"),
    ("PersonTable.roles", "[person.rolf]\nroles = [\"release-manager\"]", "[person.rolf]\nroles = []"),
];

/// One record of a root log: who, what, and about which of those before.
type Act = (usize, u8, prop::sample::Index, bool);

fn base() -> String {
    format!("{POLICY}{RIGHTS}")
}

/// A root log out of numbers.
fn root_log(acts: &[Act]) -> World {
    let mut world = World::with_policy(&base());
    world.advance(&base(), &[]);
    // What most of the rest is about: @rita freezes `web`, and @dana and @quin ask for an exception on either.
    let begin = [(0, 0, 0, false), (3, 2, 0, true), (4, 2, 0, false)].into_iter().skip(usize::from(acts.len() > 12));
    let acts = acts.iter().map(|(who, what, about, on_main)| (*who, *what, about.index(64), *on_main));
    let mut ids = vec![(world.open, MAIN)];
    for (who, what, about, on_main) in begin.chain(acts) {
        let who = ["rita", "rolf", "sam", "dana", "quin", "tara", "ivan"][who % 7];
        let ref_name = if on_main { MAIN } else { "refs/heads/web" };
        let (about, of) = ids[about % ids.len()];
        let mut place = Some(ref_name);
        let body = match what % 8 {
            0 => {
                place = None;
                Body::Freeze(Freeze {
                    name: "f".to_owned(),
                    refs: vec![ref_name.to_owned()],
                    environments: Vec::new(),
                    from: at("2026-11-20T00:00:00Z"),
                    until: None,
                    reason: "r".to_owned(),
                    release: None,
                })
            }
            1 => {
                place = None;
                Body::Lift(Lift { freeze: about, reason: "r".to_owned() })
            }
            2 | 3 => Body::Exception(Exception {
                ref_name: ref_name.parse().unwrap(),
                commit: object(2),
                base: object(9),
                commits: vec![object(1), object(2)],
                reason: "r".to_owned(),
                ticket: None,
                expires: at("2026-12-01T16:00:00Z"),
            }),
            4 | 5 => {
                place = Some(of);
                Body::Grant(Grant { exception: about })
            }
            6 => Body::BreakGlass(BreakGlass {
                ref_name: ref_name.parse().unwrap(),
                commit: object(2),
                reason: "r".to_owned(),
                ticket: None,
            }),
            _ => {
                place = None;
                Body::Withdraw(Withdraw { record: about, reason: "r".to_owned() })
            }
        };
        let mut draft = world.draft(who, body);
        let subject = |name: &str, digest| Subject { name: name.to_owned(), digest };
        draft.record.subjects = vec![subject(ROOT_SUBJECT, SubjectDigest::Sha256(digest(0xb1)))];
        draft.record.subjects.extend(place.map(|name| subject(name, SubjectDigest::GitCommit(object(2)))));
        (draft.record.open, draft.record.parents) = (None, Vec::new());
        draft.record.time = at("2026-12-01T10:00:00Z");
        ids.push((world.put(draft), ref_name));
    }
    world
}

/// Says whether a commit by @ivan may come to a ref: nothing freezes it, or somebody let it through all that does.
fn lets_in(chain: &PolicyChain, records: &BTreeMap<RecordId, Verified>, ref_name: &str) -> bool {
    let settled = settled(chain, records, &Receipts::default());
    let log = RootLog::admit(chain, (&chain.root(), &digest(0xb1)), records, settled, at(NOW));
    let all = freeze::list(&chain.head().policy, &log, &ReleaseLogs::new(), Span::at(at(NOW))).all;
    let covering: Vec<&Held> = all.iter().filter(|freeze| freeze.holds_at(at(NOW)) && freeze.covers(ref_name)).collect();
    let change = Change {
        made: relsign::model::record::Implementers { people: vec!["@ivan".parse().unwrap()], ..Default::default() },
        unreadable: None,
        commits: Some(BTreeSet::from([object(1), object(2)])),
    };
    covering.is_empty()
        || exception::broken(&log, &[ref_name.to_owned()], &object(2), &covering).is_some()
        || exception::requests(&log).into_iter().any(|request| {
            request.exception.ref_name.as_str() == ref_name
                && exception::standing_under(&log, request, &change, &covering).holds().is_ok()
                && exception::reaches(request, &covering).is_ok()
        })
}

#[test]
fn a_policy_that_restricts_more_never_lets_a_push_in() {
    let customary = Config::default();
    let config = Config { cases: customary.cases, failure_persistence: None, ..customary };
    let tally: BTreeMap<&str, (AtomicU64, AtomicU64)> = TIGHTER.iter().map(|(key, ..)| (*key, Default::default())).collect();
    let policies: Vec<_> = TIGHTER
        .iter()
        .map(|(key, old, new)| {
            let text = base().replacen(old, new, 1);
            assert_ne!(text, base(), "{key}: {old:?} does not stand in the policy");
            (*key, *new, PolicyChain::new(vec![version(1, &base()), version(2, &text)]).unwrap())
        })
        .collect();
    let acts = prop::collection::vec((0..7_usize, 0..8_u8, any::<prop::sample::Index>(), any::<bool>()), 0..14);
    let run = TestRunner::new(config).run(&acts, |acts| {
        let world = root_log(&acts);
        let refs = [MAIN, "refs/heads/web"];
        let records = world.verify().records;
        let before = refs.map(|name| lets_in(&world.chain, &records, name));
        for (key, new, chain) in &policies {
            for (ref_name, before) in refs.into_iter().zip(before) {
                let after = lets_in(chain, &records, ref_name);
                prop_assert!(before || !after, "{key} as {new:?} lets a push to {ref_name} in");
                tally[key].0.fetch_add(u64::from(!before), Ordering::Relaxed);
                tally[key].1.fetch_add(u64::from(before && !after), Ordering::Relaxed);
            }
        }
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    for (key, (stops, took)) in &tally {
        eprintln!("{key}: refused before {stops:?}, refused now {took:?}");
        assert!(stops.load(Ordering::Relaxed) > 0 && took.load(Ordering::Relaxed) > 0, "{key} was not tried");
    }
}
