//! What a push passes over of the root log: over random logs, the judge that verifies what matters says what the judge says
//! that verifies everything.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use relsign::evaluate::freeze::{self, ReleaseLogs, Span};
use relsign::evaluate::push::exception::{self, Change, RequestStatus};
use relsign::evaluate::push::relevance::relevant;
use relsign::evaluate::receipts::settled;
use relsign::evaluate::root_log::{ROOT_SUBJECT, RootLog};
use relsign::model::finding::Code;
use relsign::model::freeze::Freeze;
use relsign::model::ids::{ObjectId, RecordId};
use relsign::model::record::{
    Body, BreakGlass, Decision, Exception, Freeze as FreezeBody, FreezeRelease, Grant, Lift, Redact, Subject, SubjectDigest,
    Withdraw,
};
use relsign::model::time::Timestamp;
use relsign::sign::verify::{VerifiedLog, verify_chosen, verify_log};

use crate::cast::POLICY;
use crate::world::{World, digest, object, time};

const MAIN: &str = "refs/heads/main";
const RIGHTS: &str = "request = [\"everyone\"]\ngrant = [\"sre\"]\nbreak_glass = [\"release-manager\"]\n";
/// The minute at which a push comes; records are signed before and after it.
const NOW: i64 = 20;

/// One line to be: what it says, by whom, of what, and what is done to it.
#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    who: usize,
    target: usize,
    ends: i64,
    commit: u8,
    /// 0: the signature is broken; 1: it is left out, so that it is only named; else it stands.
    fate: u8,
}

#[derive(Debug, Clone)]
struct Plan {
    steps: Vec<Step>,
    /// After so many steps comes the next version of the policy, which anchors every record whose place has a bit here.
    advance: Option<(Index, u32)>,
    pushed: BTreeSet<u8>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let step = (0..14_u8, 0..64_usize, 0..64_usize, 10..40_i64, 1..3_u8, 0..12_u8)
        .prop_map(|(kind, who, target, ends, commit, fate)| Step { kind, who, target, ends, commit, fate });
    let steps = prop::collection::vec(step, 1..24);
    let advance = prop::option::of((any::<Index>(), any::<u32>()));
    (steps, advance, prop::collection::btree_set(1..3_u8, 0..3)).prop_map(|(steps, advance, pushed)| Plan {
        steps,
        advance,
        pushed,
    })
}

/// Makes the log of a plan.
fn world(plan: &Plan) -> World {
    let policy = format!("{POLICY}{RIGHTS}");
    let mut world = World::with_policy(&policy);
    let people = ["rita", "rolf", "sam", "dana", "ivan", "tara", "quin", "rita-lost", "sam-old", "ci"];
    let mut ids: Vec<RecordId> = vec![RecordId::from_bytes([9; 32])];
    let mut lines = Vec::new();
    // What a lift or a grant is mostly about: the last freeze, and the last request with its commit.
    let (mut last_freeze, mut last_request) = (ids[0], (ids[0], 1));
    for (place, step) in plan.steps.iter().enumerate() {
        if plan.advance.as_ref().is_some_and(|(at, _)| at.index(plan.steps.len()) == place) {
            let bits = plan.advance.as_ref().map_or(0, |(_, bits)| *bits);
            let anchors: Vec<RecordId> =
                ids.iter().enumerate().filter(|(place, _)| bits >> (place % 32) & 1 == 1).map(|(_, id)| *id).collect();
            world.advance(&policy, &anchors);
        }
        let who = people[step.who % people.len()];
        let target = ids[step.target % ids.len()];
        let (commit, target) = match step.kind {
            2 if step.target % 3 > 0 => (step.commit, last_freeze),
            6 | 7 | 12 | 13 if step.target % 3 > 0 => (last_request.1, last_request.0),
            _ => (step.commit, target),
        };
        let (number, commit, until) = (commit, object(commit), time(step.ends));
        let reason = "r".to_owned();
        let ref_name = MAIN.parse().unwrap();
        let body = match step.kind {
            0 | 1 => {
                let until = (step.kind == 0).then_some(until);
                let release = step.target.is_multiple_of(2).then_some(FreezeRelease { tag_object: object(7), open: target });
                Body::Freeze(FreezeBody {
                    name: "f".to_owned(),
                    refs: vec![MAIN.to_owned()],
                    environments: Vec::new(),
                    from: time(0),
                    until,
                    reason,
                    release,
                })
            }
            2 => Body::Lift(Lift { freeze: target, reason }),
            3 | 4 => Body::Withdraw(Withdraw { record: target, reason }),
            5 => {
                let (base, commits) = (object(8), vec![commit]);
                Body::Exception(Exception { ref_name, commit, base, commits, reason, ticket: None, expires: until })
            }
            6 | 7 | 12 | 13 => Body::Grant(Grant { exception: target }),
            8 => Body::BreakGlass(BreakGlass { ref_name, commit, reason, ticket: None }),
            9 => Body::Redact(Redact { evidence: digest(0xe1), reason }),
            10 => {
                // It does not belong here, and does nothing.
                Body::Open(Box::new(crate::world::plain_open()))
            }
            _ => {
                // It speaks of no root, and settles what it names where it is anchored.
                let id = world.decide_on(who, Decision::NoGo, vec![target]);
                lines.push(world.lines.pop().unwrap());
                ids.push(id);
                continue;
            }
        };
        let is_open = matches!(body, Body::Open(_));
        let mut draft = world.draft(who, body).under(None).parents(&[]);
        if !is_open {
            draft.record.subjects = vec![
                Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(digest(0xb1)) },
                Subject { name: MAIN.to_owned(), digest: SubjectDigest::GitCommit(commit) },
            ];
        }
        let id = world.put(draft);
        match step.kind {
            0 | 1 => last_freeze = id,
            5 => last_request = (id, number),
            _ => {}
        }
        let (_, mut line) = world.lines.pop().unwrap();
        ids.push(id);
        match step.fate {
            0 => {
                let at = line.len() - 20;
                line[at] = if line[at] == b'A' { b'B' } else { b'A' };
                lines.push((id, line));
            }
            1 => {}
            _ => lines.push((id, line)),
        }
    }
    world.lines = lines;
    world
}

/// What a push asks of the root log.
#[derive(Debug, PartialEq)]
struct Answers {
    frozen: Vec<Freeze>,
    broken: Vec<Option<RecordId>>,
    asked: Vec<Vec<(RecordId, RequestStatus)>>,
}

fn ask(world: &World, log: &VerifiedLog, now: Timestamp, pushed: &BTreeSet<ObjectId>) -> Answers {
    let settled = settled(&world.chain, &log.records, &world.receipts);
    let log = RootLog::admit(&world.chain, (&world.root(), &digest(0xb1)), &log.records, settled, now);
    let span = Span::at(now);
    let frozen = freeze::list(&world.chain.head().policy, &log, &ReleaseLogs::new(), span).all;
    let holding: Vec<&Freeze> = frozen.iter().filter(|freeze| freeze.holds_at(now)).collect();
    let names = [MAIN.to_owned()];
    let broken = pushed.iter().map(|commit| Some(exception::broken(&log, &names, commit, &holding)?.verified.id()));
    let asked = pushed.iter().map(|new| {
        let requests = exception::requests(&log).into_iter();
        let told = requests.filter(|request| request.exception.commit == *new || exception::is_alive(&log, *request));
        let standing = told.map(|request| {
            let commits = Some(BTreeSet::from([request.exception.commit]));
            let change = Change { commits, ..Change::default() };
            (request.verified.id(), exception::standing(&log, request, &change, None))
        });
        standing.collect()
    });
    Answers { broken: broken.collect(), asked: asked.collect(), frozen: frozen.clone() }
}

#[test]
fn what_is_passed_over_changes_nothing_that_a_push_asks() {
    let customary = Config::default();
    let config = Config { cases: customary.cases * 2, failure_persistence: None, max_shrink_iters: 4000, ..customary };
    let (passed_over, freezing, letting) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let result = TestRunner::new(config).run(&plans(), |plan| {
        let world = world(&plan);
        let now = time(NOW);
        let pushed: BTreeSet<ObjectId> = plan.pushed.iter().map(|commit| object(*commit)).collect();
        let lines = || world.lines.iter().map(|(_, line)| line.as_slice());
        let all = verify_log(lines(), &world.keyring, &world.root());
        let (chosen, passed) = verify_chosen(lines(), &world.keyring, &world.root(), |claimed| relevant(claimed, now, &pushed));
        prop_assert!(chosen.records.iter().all(|(id, record)| all.records.get(id) == Some(record)));
        prop_assert!(all.records.keys().all(|id| chosen.records.contains_key(id) != passed.contains(id)));
        let (full, lazy) = (ask(&world, &all, now, &pushed), ask(&world, &chosen, now, &pushed));
        passed_over.fetch_add(passed.len() as u64, Ordering::Relaxed);
        freezing.fetch_add(full.frozen.len() as u64, Ordering::Relaxed);
        let helped = full.broken.iter().flatten().count()
            + full.asked.iter().flatten().filter(|(_, standing)| !standing.granted.is_empty()).count();
        letting.fetch_add(helped as u64, Ordering::Relaxed);
        prop_assert_eq!(full, lazy);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    for (count, what) in [(passed_over, "passed over"), (freezing, "freezes"), (letting, "lets something through")] {
        let count = count.load(Ordering::Relaxed);
        assert!(count > 10, "only {count} times something {what}");
    }
}

#[test]
fn a_line_that_is_passed_over_lets_nothing_through_whoever_signed_it() {
    // What has expired lets nothing through, whatever stands beside it; that a lost key signed it need not be known.
    let step = |kind, who, fate| Step { kind, who, target: 1, ends: 15, commit: 1, fate };
    let plan = Plan { steps: vec![step(5, 0, 2), step(6, 2, 0)], advance: None, pushed: BTreeSet::from([2]) };
    let world = world(&plan);
    let lines = || world.lines.iter().map(|(_, line)| line.as_slice());
    let pushed = BTreeSet::from([object(2)]);
    let (chosen, passed) = verify_chosen(lines(), &world.keyring, &world.root(), |claimed| relevant(claimed, time(NOW), &pushed));
    assert_eq!((chosen.records.len(), passed.len(), chosen.findings.len()), (0, 2, 0));
    // It is told of the very commit that is pushed, and the broken grant with it.
    let pushed = BTreeSet::from([object(1)]);
    let (chosen, passed) = verify_chosen(lines(), &world.keyring, &world.root(), |claimed| relevant(claimed, time(NOW), &pushed));
    assert_eq!((chosen.records.len(), passed.len()), (1, 0));
    assert!(chosen.findings.iter().any(|finding| finding.code == Code::SignatureInvalid), "{:?}", chosen.findings);
}
