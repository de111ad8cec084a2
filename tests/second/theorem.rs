//! The theorem of the verdict, over the same cases: contexts, policies and logs vary together, and for each context that
//! is held fast only the log changes.

use std::collections::{BTreeMap, BTreeSet};

use relsign::evaluate::course::may_enter;
use relsign::evaluate::{Context, evaluate};
use relsign::model::course::{ActionState, ConditionState, StageReport, StageState};
use relsign::model::ids::{Principal, RecordId};
use relsign::model::record::{ActionEvent, Blocks, Body, Decision, Outcome, ReadingResult, RollbackEvent, StageEvent};
use relsign::model::report::{Answer, DecisionReport, Report};
use relsign::sign::verify::verify_log;

use crate::agree::cases;
use crate::cases::plan;
use crate::cast::KEYRING;
use crate::chance::Chance;
use crate::courses::good;
use crate::plan::{Seen, Step, ValuePlan, What};
use crate::simple::names;
use crate::story::{Log, Story};

/// Each story is judged with many logs.
fn stories(first: u64) -> impl Iterator<Item = (u64, Story)> {
    (first..first + cases().div_ceil(40)).map(|seed| (seed, plan(seed).story()))
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

/// What may make a release GO: a decision that holds, what it rests on, and the first record by which each of its conditions is met.
fn behind(report: &Report, log: &Log) -> BTreeSet<RecordId> {
    let holding = report.decisions.iter().filter(|decision| decision.holds && decision.decision != Decision::NoGo);
    let of = |decision: &DecisionReport| {
        let met = decision.conditions.iter().filter_map(|condition| condition.settled.as_ref()).map(|mark| mark.record);
        let mut all = manifest(log, decision.record);
        all.extend(met.chain([decision.record]));
        all
    };
    holding.flat_map(of).collect()
}

#[test]
fn an_added_record_makes_go_only_if_the_decision_had_seen_it_or_it_was_missing() {
    let (mut made, mut met) = (0, 0);
    for (seed, story) in stories(1_000_000) {
        let context = story.context();
        let report = evaluate(&context, &story.log);
        if report.verdict.decision.is_none() {
            continue;
        }
        let behind = behind(&report, &story.log);
        for id in story.log.keys() {
            let before = without(&story.log, &BTreeSet::from([*id]));
            if evaluate(&context, &before).verdict.answer == Answer::Go {
                continue;
            }
            made += 1;
            let is_met = matches!(&story.log[id].value().body, Body::Action(action) if action.event == ActionEvent::Met);
            met += u64::from(is_met);
            let was_missing = named(&before).contains(id) || context.baseline.contains(id);
            assert!(behind.contains(id) || was_missing, "seed {seed}: {:?} made GO out of nothing", story.log[id].value());
        }
    }
    eprintln!("records that made GO: {made}, of which {met} say that a condition is met");
    assert!(made > 0 && met > 0);
}

/// What a release has come to, of which a record that counts for nothing must give it no more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reached {
    go: bool,
    passed: BTreeSet<String>,
    open: BTreeSet<String>,
    out: Option<RecordId>,
    closed: BTreeSet<RecordId>,
    done: BTreeSet<String>,
    met: BTreeSet<(RecordId, String)>,
}

impl Reached {
    fn by(context: &Context<'_>, log: &Log) -> Self {
        let report = evaluate(context, log);
        let go = report.verdict.answer == Answer::Go;
        let course = &report.course;
        let stages = || course.stages.iter();
        let is_open =
            |stage: &&StageReport| go && may_enter(context, log, &report, &stage.id).is_some_and(|entry| entry.reasons.is_empty());
        let conditions = report.decisions.iter().flat_map(|decision| {
            let met = decision.conditions.iter().filter(|condition| condition.state == ConditionState::Met);
            met.map(|condition| (decision.record, condition.condition.id.clone()))
        });
        Self {
            go,
            passed: stages().filter(|stage| stage.state == StageState::Passed).map(|stage| stage.id.clone()).collect(),
            open: stages().filter(is_open).map(|stage| stage.id.clone()).collect(),
            out: course.out.as_ref().map(|mark| mark.record),
            closed: course.closes.iter().filter(|close| close.counts).map(|close| close.mark.record).collect(),
            done: course.actions.iter().filter(|of| of.state == ActionState::Done).map(|of| of.id.clone()).collect(),
            met: conditions.collect(),
        }
    }

    /// Says whether nothing is here that was not there before.
    ///
    /// A record that names what is not here takes GO away, and with it that the release was taken up again after a roll-back, so that
    /// what was said before is told again. Nothing goes out then.
    fn is_no_more_than(&self, before: &Self) -> bool {
        if before.go && !self.go {
            return self.done.is_subset(&before.done) && self.met.is_subset(&before.met);
        }
        self.go == before.go
            && self.passed.is_subset(&before.passed)
            && self.open.is_subset(&before.open)
            && (self.out.is_none() || self.out == before.out)
            && self.closed.is_subset(&before.closed)
            && self.done.is_subset(&before.done)
            && self.met.is_subset(&before.met)
    }
}

/// Records that count for nothing: by somebody who has no right at all, and by those who have it and leave out what it takes.
fn void(story: &Story) -> Vec<Step> {
    let plan = &story.plan;
    let decided = plan.steps.iter().rposition(|step| matches!(step.what, What::Decide(Decision::ConditionalGo, _)));
    let seen = Seen::Until(plan.steps.len().saturating_sub(1));
    let mut all = Vec::new();
    let mut add = |step: Step| all.push(Step { seen, ..step });
    for stage in &plan.open.stages {
        for event in [StageEvent::Enter, StageEvent::Pass] {
            add(Step { names: stage.limits.clone(), ..Step::new("olga", What::Stage(event, stage.id)) });
            add(Step { names: stage.limits.clone(), ..Step::new("ci", What::Stage(event, stage.id)) });
            add(Step { names: vec!["freeze"], bare: true, ..Step::new("rita", What::Stage(event, stage.id)) });
        }
        for limit in &stage.limits {
            let (value, baseline) = good(limit)[0];
            let result = ReadingResult::Holds;
            let values = vec![ValuePlan { limit, value, baseline, result }];
            let what = What::Reading { stage: stage.id, from: 3, to: 0 };
            add(Step { values: values.clone(), ..Step::new("olga", what) });
            add(Step { values, bare: true, ..Step::new("rita", what) });
        }
        add(Step::new("olga", What::WaiveBake { stage: stage.id, minutes: None }));
        add(Step::new("olga", What::AssignStage(stage.id, "@olga")));
    }
    let mut ids: BTreeSet<&'static str> = plan.open.actions.iter().map(|action| action.id).collect();
    ids.insert("notify");
    for id in ids {
        add(Step::new("olga", What::Act(ActionEvent::Done, id)));
        add(Step { bare: true, ..Step::new("rita", What::Act(ActionEvent::Done, id)) });
    }
    for condition in ["ready", "told"] {
        for by in ["olga", "ci"] {
            add(Step::new(by, What::OfCondition(ActionEvent::Met, condition)).about(decided.unwrap_or(0)));
        }
        add(Step { bare: true, ..Step::new("sam", What::OfCondition(ActionEvent::Met, condition)).about(decided.unwrap_or(0)) });
    }
    for outcome in Outcome::ALL {
        add(Step { names: vec!["a", "b", "notify"], ..Step::new("olga", What::Close(*outcome)) });
    }
    add(Step { bare: true, ..Step::new("rolf", What::Rollback(RollbackEvent::Done)) });
    add(Step::new("olga", What::WaiveUnknown { minutes: None, other: false }));
    all
}

#[test]
fn a_record_that_counts_for_nothing_brings_a_release_no_further() {
    let (mut tried, mut goes) = (0, 0);
    for (seed, story) in stories(6_000_000) {
        let context = story.context();
        let before = Reached::by(&context, &story.log);
        goes += u64::from(before.go);
        let void = void(&story);
        let mut plan = story.plan.clone();
        let first = plan.steps.len();
        plan.steps.extend(void.iter().cloned());
        let told = plan.story();
        let mut everything = story.log.clone();
        for (made, step) in told.made[first..].iter().zip(&void) {
            let Some(made) = made else { continue };
            let mut log = story.log.clone();
            log.insert(made.id(), made.clone());
            everything.insert(made.id(), made.clone());
            let after = Reached::by(&context, &log);
            tried += 1;
            assert!(after.is_no_more_than(&before), "seed {seed}: {step:?}\nbefore {before:?}\nafter {after:?}");
        }
        let after = Reached::by(&context, &everything);
        assert!(after.is_no_more_than(&before), "seed {seed}: all of them\nbefore {before:?}\nafter {after:?}");
    }
    eprintln!("records that count for nothing: {tried}, added to {goes} logs in GO and others");
    assert!(tried > 0 && goes > 0);
}

#[test]
fn whatever_speaks_against_a_release_and_the_decision_had_not_seen_unmakes_go() {
    let mut goes = 0;
    for (seed, story) in stories(7_000_000) {
        let context = story.context();
        let first = &story.plan.versions[0];
        // Somebody who may say all of this, at least once.
        let is_manager =
            first.roles.is_empty() && [first.rollback, first.stage, first.close, first.act].iter().all(Option::is_none);
        if !is_manager || decision(&context, &story.log).is_none() {
            continue;
        }
        goes += 1;
        let blocks = Some(Blocks::Go);
        let against = [
            What::Rollback(RollbackEvent::Start),
            What::Rollback(RollbackEvent::Done),
            What::Stage(StageEvent::Fail, "full"),
            What::Close(Outcome::Abandoned),
            What::Close(Outcome::RolledBack),
            What::Act(ActionEvent::Failed, "nothing"),
            What::Act(ActionEvent::Reopen, "nothing"),
            What::OfCondition(ActionEvent::Failed, "ready"),
            What::Add { id: "more", blocks, assignee: None, not_by: false },
        ];
        let mut plan = story.plan.clone();
        let at = plan.steps.len();
        let decided = plan.steps.iter().rposition(|step| matches!(step.what, What::Decide(..))).unwrap_or(0);
        plan.steps.extend(against.iter().map(|what| Step { seen: Seen::Nothing, ..Step::new("rolf", *what).about(decided) }));
        for (made, what) in plan.story().made[at..].iter().zip(&against) {
            let Some(made) = made else { continue };
            let mut log = story.log.clone();
            log.insert(made.id(), made.clone());
            assert!(evaluate(&context, &log).verdict.decision.is_none(), "seed {seed}: GO in spite of {what:?}");
        }
    }
    eprintln!("logs in GO: {goes}");
    assert!(goes > 0);
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
