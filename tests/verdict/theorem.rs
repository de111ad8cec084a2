//! The theorem of the verdict, over random logs and a fixed context:
//!
//! - lines that are not valid, repetition, other encodings and order change nothing;
//! - a record that is added makes GO only if it is the decision, stands in its manifest, was missing, or says that a condition of the
//!   decision is met;
//! - records that are taken away make GO only if nobody who is left, the verifier included, had seen them;
//! - a word against that the decision had not seen always unmakes GO.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use relsign::model::ids::{Principal, RecordId};
use relsign::model::record::{ActionEvent, Body, Decide, Decision, SignVerdict, Withdraw};
use relsign::model::report::Answer;
use relsign::sign::verify::Verified;

use crate::logs::{Plan, plans, words_against};
use crate::world::World;

type Log = BTreeMap<RecordId, Verified>;

/// Runs a property on a quarter of the customary number of cases, since each case is a log that is judged many times;
/// `PROPTEST_CASES` sets that number.
fn check<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let customary = Config::default();
    let config = Config { cases: (customary.cases / 4).max(1), failure_persistence: None, max_shrink_iters: 2000, ..customary };
    let mut runner = TestRunner::new(config);
    if let Err(error) = runner.run(&strategy, property) {
        panic!("{error}");
    }
}

/// Counts how often a property really had something to say, so that it can't hold for want of cases.
#[derive(Default)]
struct Tally(AtomicU64);

impl Tally {
    fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    #[track_caller]
    fn assert_some(&self, what: &str) {
        let count = self.0.load(Ordering::Relaxed);
        eprintln!("{what}: {count}");
        assert!(count > 0, "no case with {what}");
    }
}

fn is_go(world: &World, log: &Log) -> bool {
    decision(world, log).is_some()
}

/// Gives the decision on which GO rests.
fn decision(world: &World, log: &Log) -> Option<RecordId> {
    let report = world.judge(log);
    let verdict = report.verdict;
    assert_eq!(verdict.answer == Answer::Go, verdict.decision.is_some());
    assert_eq!(verdict.answer == Answer::Go, verdict.reasons.is_empty());
    verdict.decision
}

fn manifest(log: &Log, decision: RecordId) -> BTreeSet<RecordId> {
    match &log[&decision].value().body {
        Body::Decide(decide) => {
            assert_ne!(decide.decision, Decision::NoGo);
            decide.manifest.iter().copied().collect()
        }
        other => panic!("GO rests on {other:?}"),
    }
}

/// Whether a record says that a condition of a decision is met.
fn meets(record: &Verified, decision: RecordId) -> bool {
    let Body::Action(word) = &record.value().body else { return false };
    word.event == ActionEvent::Met && word.decision == Some(decision)
}

/// Gives every record that a log proves to have been there: what its records name.
fn named(log: &Log) -> BTreeSet<RecordId> {
    let mut named = BTreeSet::new();
    for record in log.values().map(Verified::value) {
        named.extend(record.parents.iter().chain(&record.open));
        match &record.body {
            Body::Decide(decide) => named.extend(&decide.manifest),
            Body::Withdraw(withdraw) => named.extend([withdraw.record]),
            Body::Sign(sign) => named.extend(&sign.over),
            Body::Action(action) => named.extend(action.decision),
            Body::Stage(stage) => named.extend(&stage.readings),
            _ => {}
        }
    }
    named
}

/// Gives the records that two people asked to set aside.
fn disregarded(log: &Log) -> BTreeSet<RecordId> {
    let mut by: BTreeMap<RecordId, BTreeSet<&Principal>> = BTreeMap::new();
    for verified in log.values() {
        if let Body::Disregard(disregard) = &verified.value().body {
            by.entry(disregard.record).or_default().insert(verified.principal());
        }
    }
    by.into_iter().filter(|(_, people)| people.len() > 1).map(|(id, _)| id).collect()
}

fn without(log: &Log, gone: &BTreeSet<RecordId>) -> Log {
    log.iter().filter(|(id, _)| !gone.contains(id)).map(|(id, record)| (*id, record.clone())).collect()
}

/// Gives a record and everything that names it, directly or through others: what a server hides that hides it well.
fn with_descendants(log: &Log, first: RecordId) -> BTreeSet<RecordId> {
    let mut gone = BTreeSet::from([first]);
    loop {
        let before = gone.len();
        for (id, verified) in log {
            let one = BTreeMap::from([(*id, verified.clone())]);
            if named(&one).iter().any(|id| gone.contains(id)) {
                gone.insert(*id);
            }
        }
        if gone.len() == before {
            return gone;
        }
    }
}

/// Asserts what may follow from the addition of `added` to a log that was not GO.
fn assert_addition(world: &World, log: &Log, added: &Verified) -> Result<Option<RecordId>, TestCaseError> {
    let mut after = log.clone();
    after.insert(added.id(), added.clone());
    let Some(decision) = decision(world, &after) else { return Ok(None) };
    let x = added.id();
    let was_missing = named(log).contains(&x) || world.baseline.contains(&x);
    prop_assert!(
        x == decision || manifest(&after, decision).contains(&x) || was_missing || meets(added, decision),
        "{:?} by {} made GO out of nothing",
        added.value().body,
        added.principal()
    );
    Ok(Some(decision))
}

/// Asserts what may follow when `gone` are taken from a log that was not GO.
fn assert_removal(world: &World, log: &Log, gone: &BTreeSet<RecordId>) -> Result<bool, TestCaseError> {
    let left = without(log, gone);
    if !is_go(world, &left) {
        return Ok(false);
    }
    let (named, excused) = (named(&left), disregarded(&left));
    for id in gone.iter().filter(|id| log.contains_key(id) && !excused.contains(id)) {
        prop_assert!(!named.contains(id), "{id} was hidden although it is still named");
        prop_assert!(!world.baseline.contains(id), "{id} was hidden although this verifier had seen it");
    }
    Ok(true)
}

#[test]
fn invalid_lines_repetition_encoding_and_order_change_nothing() {
    let goes = Tally::default();
    let junk = prop::collection::vec((any::<Index>(), any::<Index>(), any::<u8>(), 0..4_u8), 0..6);
    check((plans(), junk, prop::collection::vec(any::<u16>(), 40)), |(plan, junk, places)| {
        let world = plan.world();
        let before = world.report();
        if before.verdict.answer == Answer::Go {
            goes.one();
        }
        let mut other = world.clone();
        for (line, at, byte, how) in junk {
            let (id, mut line) = line.get(&world.lines).clone();
            let at = at.index(line.len());
            match how {
                // The same line once more; one byte changed; the same JSON spelled otherwise; the end cut off.
                0 => {}
                1 => line[at] ^= byte.max(1),
                2 => line = String::from_utf8(line).unwrap().replace("\":", "\": ").into_bytes(),
                _ => line.truncate(at),
            }
            // A line feed would end the line here.
            line.retain(|byte| *byte != b'\n');
            other.lines.push((id, line));
        }
        let mut shuffled: Vec<_> = (0..other.lines.len()).collect();
        shuffled.sort_by_key(|n| places.get(*n).copied());
        other.lines = shuffled.into_iter().map(|n| other.lines[n].clone()).collect();
        let after = other.report();
        prop_assert_eq!(&before.verdict, &after.verdict);
        prop_assert_eq!((before.state, &before.heads, &before.items), (after.state, &after.heads, &after.items));
        prop_assert_eq!((&before.decisions, &before.records), (&after.decisions, &after.records));
        Ok(())
    });
    goes.assert_some("logs in GO with other lines among them");
}

#[test]
fn a_report_is_the_same_to_the_byte_whatever_the_order_of_lines() {
    check((plans(), prop::collection::vec(any::<u16>(), 40)), |(plan, places)| {
        let world = plan.world();
        let mut other = world.clone();
        let mut order: Vec<_> = (0..world.lines.len()).collect();
        order.sort_by_key(|n| places.get(*n).copied());
        other.lines = order.into_iter().map(|n| world.lines[n].clone()).collect();
        let text = |world: &World| serde_json::to_string(&world.report()).unwrap();
        prop_assert_eq!(text(&world), text(&other));
        prop_assert_eq!(text(&world), text(&world));
        Ok(())
    });
}

#[test]
fn an_added_record_makes_go_only_if_the_decision_had_seen_it_or_it_was_missing() {
    let (goes, made, met) = (Tally::default(), Tally::default(), Tally::default());
    let subsets = prop::collection::vec(any::<Index>(), 0..4);
    check((plans(), subsets, prop::option::of(any::<Index>())), |(plan, gone, seen)| {
        let mut world = plan.world();
        world.baseline.extend(seen.map(|at| at.get(&world.lines).0));
        let full = world.verify().records;
        // Every log that lacks one record, and one that lacks several.
        let ids: Vec<RecordId> = full.keys().copied().collect();
        let mut starts: Vec<BTreeSet<RecordId>> = Vec::new();
        if is_go(&world, &full) {
            goes.one();
            starts.extend(ids.iter().map(|id| BTreeSet::from([*id])));
        }
        starts.push(gone.iter().map(|at| *at.get(&ids)).collect());
        for gone in starts {
            let log = without(&full, &gone);
            if is_go(&world, &log) {
                continue;
            }
            for id in &gone {
                if let Some(decision) = assert_addition(&world, &log, &full[id])? {
                    made.one();
                    if meets(&full[id], decision) {
                        met.one();
                    }
                }
            }
        }
        Ok(())
    });
    goes.assert_some("logs in GO");
    made.assert_some("records that made GO");
    met.assert_some("conditions that were met and made GO");
}

#[test]
fn hiding_makes_go_only_out_of_what_nobody_left_had_seen() {
    let (stops, made) = (Tally::default(), Tally::default());
    let subsets = prop::collection::vec(any::<Index>(), 1..4);
    check((plans(), subsets, prop::option::of(any::<Index>())), |(plan, gone, seen)| {
        let mut world = plan.world();
        world.baseline.extend(seen.map(|at| at.get(&world.lines).0));
        let full = world.verify().records;
        if is_go(&world, &full) {
            return Ok(());
        }
        stops.one();
        let ids: Vec<RecordId> = full.keys().copied().collect();
        let mut hidden: Vec<BTreeSet<RecordId>> = ids.iter().map(|id| BTreeSet::from([*id])).collect();
        hidden.extend(ids.iter().map(|id| with_descendants(&full, *id)));
        hidden.push(gone.iter().map(|at| *at.get(&ids)).collect());
        // All that came after some point.
        hidden.extend((1..world.lines.len()).map(|at| world.lines[at..].iter().map(|(id, _)| *id).collect()));
        for gone in hidden {
            if assert_removal(&world, &full, &gone)? {
                made.one();
            }
        }
        Ok(())
    });
    stops.assert_some("logs not in GO");
    made.assert_some("ways to hide something nobody had seen");
}

#[test]
fn a_word_against_cannot_be_hidden_from_whatever_names_it() {
    let goes = Tally::default();
    check((plans(), any::<Index>(), 0..5_u8), |(plan, which, how)| {
        let mut world = plan.world();
        let report = world.report();
        let Some(release) = report.release.filter(|_| report.verdict.answer == Answer::Go) else { return Ok(()) };
        goes.one();
        world.open = release.open;
        let manifest = world.ids();
        let against = words_against(&world);
        let (who, body) = which.get(&against).clone();
        let under = (!matches!(body, Body::Open(_))).then_some(release.open);
        let draft = world.draft(who, body).under(under).parents(&[]);
        let hidden = world.put(draft);
        // By a parent, as all do who say truly what they had seen; and by whatever else a record can name another.
        let mut under = Some(release.open);
        let mut parents = vec![];
        let mut word = world.sign_body("runbook", SignVerdict::Approve);
        let (who, body) = match how {
            0 => {
                parents.push(hidden);
                ("dana", Body::Sign(word))
            }
            1 => {
                under = Some(hidden);
                ("dana", Body::Sign(word))
            }
            2 => {
                word.verdict = SignVerdict::Waive;
                word.over = vec![hidden];
                ("dana", Body::Sign(word))
            }
            3 => ("olga", Body::Withdraw(Withdraw { record: hidden, reason: "no".to_owned() })),
            _ => {
                let manifest = manifest.into_iter().chain([hidden]).collect::<BTreeSet<_>>().into_iter().collect();
                ("rita", Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None }))
            }
        };
        let draft = world.draft(who, body).under(under).parents(&parents);
        world.put(draft);
        let excused = disregarded(&world.verify().records);
        world.hide(&[hidden]);
        prop_assert!(!is_go(&world, &world.verify().records) || excused.contains(&hidden), "{hidden} was hidden ({how})");
        Ok(())
    });
    goes.assert_some("logs in GO");
}

#[test]
fn a_word_against_that_the_decision_had_not_seen_always_unmakes_go() {
    let goes = Tally::default();
    check((plans(), any::<Index>()), |(plan, at)| {
        let world = plan.world();
        let report = world.report();
        let Some(release) = report.release.filter(|_| report.verdict.answer == Answer::Go) else { return Ok(()) };
        goes.one();
        let log = world.verify().records;
        for (who, body) in words_against(&world) {
            let mut world = world.clone();
            let under = (!matches!(body, Body::Open(_))).then_some(release.open);
            let seen = [vec![], vec![at.get(&world.lines).0], world.heads()];
            let parents = at.get(&seen).clone();
            let mut draft = world.draft(who, body).under(under).parents(&parents);
            if let Body::Open(open) = &mut draft.record.body {
                open.environment = release.environment.clone();
            }
            let id = world.put(draft);
            let after = world.verify().records;
            prop_assert_eq!(after.len(), log.len() + 1);
            prop_assert!(!is_go(&world, &after), "{who} said {:?} and it is still GO", after[&id].value().body);
        }
        // Nor does it stay GO when somebody takes back what it rests on, under whatever open record they say so.
        let decision = report.verdict.decision.unwrap();
        let met = log.values().filter(|record| meets(record, decision)).map(Verified::id);
        let rests_on = [decision].into_iter().chain(manifest(&log, decision)).chain(met);
        for target in rests_on.filter(|id| log[id].value().body.may_be_withdrawn()) {
            if log[&target].value().open.is_some_and(|open| open != release.open) || target == release.open {
                continue;
            }
            let mut world = world.clone();
            let key = match log[&target].principal() {
                Principal::Person(handle) => handle.name().to_owned(),
                Principal::Machine(name) => name.to_string(),
            };
            let body = Body::Withdraw(Withdraw { record: target, reason: "no".to_owned() });
            let under = *at.get(&[Some(release.open), None, Some(target)]);
            let draft = world.draft(&key, body).under(under).parents(&[]);
            world.put(draft);
            prop_assert!(!is_go(&world, &world.verify().records), "{key} withdrew {target} and it is still GO");
        }
        Ok(())
    });
    goes.assert_some("logs in GO");
}

#[test]
fn any_context_gives_a_report() {
    let contexts = (any::<bool>(), any::<bool>(), prop::option::of(any::<Index>()), 0..3_u8, -100_i64..100);
    check((plans(), contexts), |(plan, (tag, settled, lost, environment, minutes))| {
        let mut world = plan.world();
        if tag {
            world.tag.object = None;
        }
        if settled {
            world.settled = world.ids().into_iter().map(|id| (id, 2)).collect();
        }
        world.environment = [None, Some("production"), Some("staging")][usize::from(environment)].map(|name| name.parse().unwrap());
        world.as_of = crate::world::time(minutes);
        world.witnessed = world.ids().into_iter().map(|id| (id, crate::world::time(minutes * 7))).collect();
        if let Some(lost) = lost {
            world.baseline.insert(lost.get(&world.lines).0);
        }
        let report = world.report();
        prop_assert_eq!(report.verdict.answer == Answer::Go, report.verdict.reasons.is_empty());
        prop_assert!(report.findings.is_sorted() && report.verdict.reasons.is_sorted());
        Ok(())
    });
}

#[test]
fn plans_reach_all_that_they_should() {
    let answers = std::sync::Mutex::new(BTreeMap::<Answer, u64>::new());
    check(plans(), |plan: Plan| {
        *answers.lock().unwrap().entry(plan.world().report().verdict.answer).or_default() += 1;
        Ok(())
    });
    let answers = answers.into_inner().unwrap();
    eprintln!("{answers:?}");
    for answer in [Answer::Go, Answer::NoGo, Answer::CannotDecide] {
        assert!(answers.get(&answer).is_some_and(|count| *count > 2), "{answers:?}");
    }
}
