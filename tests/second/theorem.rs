//! The theorem of the verdict, over the same cases: contexts, policies and logs vary together, and for each context that
//! is held fast only the log changes.

use std::collections::{BTreeMap, BTreeSet};

use relsign::evaluate::{Context, evaluate};
use relsign::model::ids::{Principal, RecordId};
use relsign::model::record::Body;
use relsign::model::report::{Answer, Report};
use relsign::sign::verify::verify_log;

use crate::agree::cases;
use crate::cases::plan;
use crate::cast::KEYRING;
use crate::chance::Chance;
use crate::simple::names;
use crate::story::{Log, Story};

/// Each story is judged with many logs.
fn stories(first: u64) -> impl Iterator<Item = (u64, Story)> {
    (first..first + cases().div_ceil(25)).map(|seed| (seed, plan(seed).story()))
}

fn decision(context: &Context<'_>, log: &Log) -> Option<RecordId> {
    evaluate(context, log).verdict.decision
}

fn named(log: &Log) -> BTreeSet<RecordId> {
    log.values().flat_map(|record| names(record.value())).collect()
}

/// Gives what at least two people asked to set aside, and what the records among it name.
fn excused(log: &Log) -> BTreeSet<RecordId> {
    let mut by: BTreeMap<RecordId, BTreeSet<&Principal>> = BTreeMap::new();
    for record in log.values() {
        if let Body::Disregard(disregard) = &record.value().body {
            by.entry(disregard.record).or_default().insert(record.principal());
        }
    }
    let mut excused: BTreeSet<RecordId> = by.into_iter().filter(|(_, people)| people.len() > 1).map(|(id, _)| id).collect();
    let of_these: Vec<RecordId> = excused.iter().filter_map(|id| log.get(id)).flat_map(|record| names(record.value())).collect();
    excused.extend(of_these);
    excused
}

fn without(log: &Log, gone: &BTreeSet<RecordId>) -> Log {
    log.iter().filter(|(id, _)| !gone.contains(id)).map(|(id, record)| (*id, record.clone())).collect()
}

/// Gives a record and everything that names it, directly or through others.
fn with_descendants(log: &Log, first: RecordId) -> BTreeSet<RecordId> {
    let mut gone = BTreeSet::from([first]);
    loop {
        let more: Vec<RecordId> =
            log.iter().filter(|(_, record)| !names(record.value()).is_disjoint(&gone)).map(|(id, _)| *id).collect();
        let before = gone.len();
        gone.extend(more);
        if gone.len() == before {
            return gone;
        }
    }
}

fn manifest(log: &Log, decision: RecordId) -> BTreeSet<RecordId> {
    match &log[&decision].value().body {
        Body::Decide(decide) => decide.manifest.iter().copied().collect(),
        other => panic!("GO rests on {other:?}"),
    }
}

#[test]
fn an_added_record_makes_go_only_if_the_decision_had_seen_it_or_it_was_missing() {
    let mut made = 0;
    for (seed, story) in stories(1_000_000) {
        let context = story.context();
        let Some(decision) = decision(&context, &story.log) else { continue };
        for id in story.log.keys() {
            let before = without(&story.log, &BTreeSet::from([*id]));
            if evaluate(&context, &before).verdict.answer == Answer::Go {
                continue;
            }
            made += 1;
            let was_missing = named(&before).contains(id) || context.baseline.contains(id);
            assert!(
                *id == decision || manifest(&story.log, decision).contains(id) || was_missing,
                "seed {seed}: {:?} made GO out of nothing",
                story.log[id].value()
            );
        }
    }
    eprintln!("records that made GO: {made}");
    assert!(made > 0);
}

#[test]
fn hiding_makes_go_only_out_of_what_nobody_left_had_seen() {
    let mut made = 0;
    for (seed, story) in stories(2_000_000) {
        let context = story.context();
        if decision(&context, &story.log).is_some() {
            continue;
        }
        let mut ways: BTreeSet<BTreeSet<RecordId>> = story.log.keys().map(|id| BTreeSet::from([*id])).collect();
        ways.extend(story.log.keys().map(|id| with_descendants(&story.log, *id)));
        for gone in ways {
            let left = without(&story.log, &gone);
            if decision(&context, &left).is_none() {
                continue;
            }
            made += 1;
            let (named, excused) = (named(&left), excused(&left));
            for id in gone.iter().filter(|id| !excused.contains(id)) {
                // What speaks of another tag was never part of the log.
                let of_this_tag = story.question().concerns(story.log[id].value());
                assert!(!named.contains(id) || !of_this_tag, "seed {seed}: {id} was hidden although it is still named");
                assert!(!context.baseline.contains(id), "seed {seed}: {id} was hidden although this verifier had seen it");
            }
        }
    }
    eprintln!("ways to hide what nobody had seen: {made}");
    assert!(made > 0);
}

#[test]
fn invalid_lines_repetition_and_order_change_nothing() {
    let mut goes = 0;
    for (seed, story) in stories(3_000_000) {
        let mut chance = Chance::new(seed);
        let lines: Vec<Vec<u8>> = story.log.values().map(|record| record.line().to_vec()).collect();
        let mut other = lines.clone();
        for _ in 0..if lines.is_empty() { 0 } else { 4 } {
            let mut line = lines[chance.below(lines.len())].clone();
            let at = chance.below(line.len());
            match chance.below(4) {
                // The same line once more; one byte changed; the same JSON spelled otherwise; the end cut off.
                0 => {}
                1 => line[at] ^= 1 + u8::try_from(chance.below(200)).unwrap(),
                2 => line = String::from_utf8(line).unwrap().replace("\":", "\": ").into_bytes(),
                _ => line.truncate(at),
            }
            line.retain(|byte| *byte != b'\n');
            other.push(line);
        }
        for at in (1..other.len()).rev() {
            other.swap(at, chance.below(at + 1));
        }
        let judged = |lines: &[Vec<u8>]| -> Report {
            let log = verify_log(lines.iter().map(Vec::as_slice), &KEYRING, &story.chain.root());
            evaluate(&story.context(), &log.records)
        };
        let (before, after) = (judged(&lines), judged(&other));
        goes += u64::from(before.verdict.answer == Answer::Go);
        assert_eq!(before, after, "seed {seed}");
    }
    eprintln!("logs in GO: {goes}");
    assert!(goes > 0);
}

#[test]
fn a_word_against_that_the_decision_had_not_seen_unmakes_go() {
    let mut goes = 0;
    for (seed, story) in stories(4_000_000) {
        let context = story.context();
        let Some(decision) = decision(&context, &story.log) else { continue };
        goes += 1;
        // A valid record of an unknown kind, by somebody who has seen nothing, is a word against for everybody.
        let veto = story.veto();
        let mut log = story.log.clone();
        log.insert(veto.id(), veto);
        assert!(evaluate(&context, &log).verdict.decision.is_none(), "seed {seed}: {decision} holds whatever is said");
    }
    eprintln!("logs in GO: {goes}");
    assert!(goes > 0);
}
