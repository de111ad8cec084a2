//! Rolling back: from its first record on there is no GO, its steps, and how a release is taken up again.

use relsign::model::course::RollbackReport;
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{
    Body, Close, Decide, Decision, OpenStage, Outcome, PreviousRelease, Rollback, RollbackEvent, StageEvent, Step, StepResult,
};
use relsign::model::report::{Answer, ReleaseState, Report};

use crate::stages::{codes, policy, say};
use crate::world::{World, assert_cited, closed, has, named, object, rolled, step, time};

/// A release that is out, with a procedure of three steps.
fn out() -> World {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages = vec![OpenStage::implied()];
        open.procedure = vec![
            Step { layer: Some("traffic".to_owned()), within: Some(300), ..step("turn it back") },
            Step { irreversible: true, ..step("restore the data") },
            step("tell everybody"),
        ];
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    say(&mut world, "ci", "all", StageEvent::Enter, 20);
    assert_eq!(world.assert_go().state, ReleaseState::Out);
    world
}

fn start() -> Body {
    Body::Rollback(rolled(RollbackEvent::Start))
}

fn end(event: RollbackEvent) -> Body {
    Body::Rollback(Rollback { reason: Some("so it went".to_owned()), ..rolled(event) })
}

fn stepped(number: u32, result: StepResult) -> Body {
    let reason = (result != StepResult::Done).then(|| "not now".to_owned());
    Body::Rollback(Rollback { step: Some(number), result: Some(result), reason, ..rolled(RollbackEvent::Step) })
}

#[track_caller]
fn told(world: &World) -> RollbackReport {
    world.report().course.rollback.unwrap()
}

/// Nothing that a reader sees of a release that was taken back says that somebody should decide.
fn assert_advises_no_decision(report: &Report) {
    let advises = |code: &Code| matches!(code, Code::NotDecided | Code::DecisionSuspended | Code::DecisionWithoutBasis);
    let reasons: Vec<_> = report.verdict.reasons.iter().map(|reason| reason.code).collect();
    assert!(!reasons.iter().any(advises), "{reasons:?}");
    assert!(reasons.contains(&Code::ReleaseEnded), "{reasons:?}");
}

#[test]
fn from_the_first_record_of_a_roll_back_on_there_is_no_go() {
    let mut world = out();
    let begun = world.at("rita", start(), 30);
    let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert_cited(&report, Code::ReleaseEnded, begun, "rita");
    assert_eq!(report.state, ReleaseState::RollingBack);
    assert_advises_no_decision(&report);
    assert_eq!(told(&world).start.record, begun);
    world.at("rita", end(RollbackEvent::Done), 40);
    let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert_eq!(report.state, ReleaseState::RolledBack);
    assert_advises_no_decision(&report);
    assert!(report.ended);
}

#[test]
fn a_roll_back_is_begun_alone_in_a_freeze_and_outside_the_window() {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages = vec![OpenStage::implied()];
        open.window = Some(relsign::model::record::Window { from: time(10), to: time(30) });
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    say(&mut world, "ci", "all", StageEvent::Enter, 20);
    world.freezes = vec![crate::world::frozen(&["production"], &[], 40, None)];
    world.at("rita", start(), 50);
    world.at("rita", end(RollbackEvent::Done), 51);
    let report = world.report();
    assert_eq!(report.state, ReleaseState::RolledBack);
    assert!(!has(&report, Code::EnvironmentFrozen) && !has(&report, Code::OutsideWindow));
}

#[test]
fn a_roll_back_by_somebody_who_never_might_is_none() {
    let mut world = out();
    let by_quin = world.at("quin", start(), 30);
    let report = world.assert_go();
    assert_eq!((report.state, &report.course.rollback), (ReleaseState::Out, &None));
    assert_cited(&report, Code::NotAuthorised, by_quin, "quin");
    // By a lost key of somebody who may it is one: whoever may stop a release by mistake is a nuisance.
    world.at("rita-lost", start(), 31);
    world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert!(!world.report().ended, "and frees its commit for nobody");
}

#[test]
fn where_a_roll_back_goes_and_why_is_told() {
    let to = PreviousRelease {
        tag: "refs/tags/v2.3.0".parse().unwrap(),
        tag_object: object(0x61),
        commit: object(0x62),
        overridden: false,
    };
    let mut world = out();
    let body = Rollback {
        to: Some(to.clone()),
        trigger: Some(2),
        reason: Some("errors".to_owned()),
        at: Some(time(25)),
        ..rolled(RollbackEvent::Start)
    };
    world.at("rita", Body::Rollback(body), 30);
    let report = told(&world);
    assert_eq!((report.to, report.trigger, report.reason.as_deref()), (Some(to), Some(2), Some("errors")));
    assert_eq!((report.start.at, report.began), (time(30), time(25)));
}

#[test]
fn the_steps_of_a_roll_back_are_done_skipped_or_failed() {
    let mut world = out();
    world.at("rita", start(), 30);
    let report = told(&world);
    assert_eq!(report.steps.iter().map(|step| (step.number, step.result)).collect::<Vec<_>>(), [(1, None), (2, None), (3, None)]);
    assert_eq!(report.steps[0].due, Some(time(35)));
    assert_eq!(report.steps[0].step.as_ref().unwrap().layer.as_deref(), Some("traffic"));
    assert!(report.steps[1].step.as_ref().unwrap().irreversible);
    let first = world.at("rita", stepped(1, StepResult::Done), 33);
    world.at("rolf", stepped(2, StepResult::Skipped), 34);
    world.at("rolf", stepped(3, StepResult::Failed), 35);
    let report = told(&world);
    let results: Vec<_> = report.steps.iter().map(|step| (step.result, step.reason.as_deref())).collect();
    let reason = Some("not now");
    assert_eq!(results, [(Some(StepResult::Done), None), (Some(StepResult::Skipped), reason), (Some(StepResult::Failed), reason)]);
    assert_eq!(report.steps[0].said.as_ref().map(|mark| (mark.record, mark.at)), Some((first, time(33))));
    assert_eq!(world.report().state, ReleaseState::RollingBack);
    // The last word on a step counts.
    world.at("rita", stepped(3, StepResult::Done), 36);
    assert_eq!(told(&world).steps[2].result, Some(StepResult::Done));
    // Something that the file does not have is told too.
    world.at("rita", stepped(4, StepResult::Done), 37);
    let report = told(&world);
    assert_eq!((report.steps.len(), &report.steps[3].step), (4, &None));
}

#[test]
fn a_roll_back_that_failed_is_no_go() {
    let mut world = out();
    world.at("rita", start(), 30);
    let failed = world.at("rita", end(RollbackEvent::Failed), 40);
    let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert_eq!(report.state, ReleaseState::NoGo);
    assert_eq!(told(&world).ended.map(|(event, mark)| (event, mark.record)), Some((RollbackEvent::Failed, failed)));
    // It is done after all.
    world.at("rita", end(RollbackEvent::Done), 50);
    assert_eq!(world.report().state, ReleaseState::RolledBack);
}

#[test]
fn a_step_or_an_end_before_the_start_counts_for_nothing_but_against_the_release() {
    for body in [stepped(1, StepResult::Done), end(RollbackEvent::Done)] {
        let mut world = out();
        let seen = world.heads();
        let early = world.at("rita", body.clone(), 30);
        let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
        assert_eq!(report.course.rollback, None, "nobody began one");
        assert_ne!(report.state, ReleaseState::RolledBack);
        world.at("rita", start(), 31);
        let report = world.report();
        assert_cited(&report, Code::RollbackNotBegun, early, "rita");
        assert_eq!(report.state, ReleaseState::RollingBack);
        assert!(report.course.rollback.unwrap().steps.iter().all(|step| step.result.is_none()));
        // Nor does one by somebody who had not seen it begin.
        let mut beside = out();
        beside.at("rita", start(), 30);
        let draft = beside.draft("rolf", body).at(time(31)).parents(&seen);
        let blind = beside.put(draft);
        let report = beside.report();
        assert_cited(&report, Code::RollbackNotBegun, blind, "rolf");
        assert_eq!(report.state, ReleaseState::RollingBack);
    }
}

#[test]
fn a_roll_back_and_an_end_are_not_withdrawn() {
    let mut bodies = vec![start(), end(RollbackEvent::Done)];
    bodies.extend([Outcome::RolledBack, Outcome::Abandoned].map(|outcome| Body::Close(closed(outcome))));
    for body in bodies {
        let mut world = out();
        let before = world.report().state;
        let ended = world.at("rita", body.clone(), 30);
        let with = world.report();
        assert_ne!(with.verdict.answer, Answer::Go, "{body:?}");
        let withdraw = world.withdraw("rita", ended);
        let report = world.report();
        assert_ne!(report.verdict.answer, Answer::Go, "{body:?}");
        assert_eq!(report.state, with.state, "{body:?} {before:?}");
        assert_eq!(report.course.rollback, with.course.rollback, "{body:?}");
        assert!(has(&report, Code::WithdrawOfOthers), "{body:?}: {:#?}", report.findings);
        // What withdraws nothing speaks against nothing, so no decision has to have seen it.
        let mut other = world.clone();
        other.decide("rolf", Decision::Go);
        other.assert_go();
        let again = other.withdraw("rita", ended);
        other.assert_go();
        assert_ne!(again, withdraw);
    }
}

#[test]
fn a_go_that_has_seen_it_takes_the_release_up_again_and_its_stages_begin_anew() {
    let mut world = out();
    world.at("rita", start(), 30);
    world.at("rita", end(RollbackEvent::Done), 31);
    let go = world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert_eq!((report.verdict.decision, report.course.rollback.clone()), (Some(go), None));
    assert!(!report.ended);
    assert_eq!(report.course.stages[0].entered, None, "what was entered before is over");
    let entered = say(&mut world, "ci", "all", StageEvent::Enter, 40);
    let report = world.assert_go();
    assert_eq!((report.state, report.course.out.map(|mark| mark.record)), (ReleaseState::Out, Some(entered)));
    // And it goes back a second time.
    let second = world.at("rita", start(), 50);
    world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert_eq!(told(&world).start.record, second);
}

#[test]
fn stages_are_entered_anew_after_a_roll_back_that_was_taken_up() {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages = vec![named("canary", Some("5%"), None), named("full", Some("100%"), None)];
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 21);
    say(&mut world, "rita", "full", StageEvent::Enter, 22);
    assert_eq!(codes(&world, "full"), []);
    world.at("rita", start(), 30);
    world.decide("rolf", Decision::Go);
    assert_eq!(codes(&world, "canary"), [Code::StageNotEntered]);
    assert_eq!(codes(&world, "full"), [Code::StageNotPassed, Code::StagePersonRequired]);
    assert_eq!(world.assert_go().state, ReleaseState::Go);
    say(&mut world, "ci", "canary", StageEvent::Enter, 40);
    say(&mut world, "ci", "canary", StageEvent::Pass, 41);
    say(&mut world, "rita", "full", StageEvent::Enter, 42);
    assert_eq!(codes(&world, "full"), []);
    assert_eq!(world.assert_go().state, ReleaseState::Out);
}

/// Decides to go with some parents and everything in the manifest, as a program might that is not relsign.
fn decide_over(world: &mut World, parents: &[RecordId]) -> RecordId {
    let mut manifest = world.ids();
    manifest.sort();
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rolf", body).parents(parents);
    world.put(draft)
}

#[test]
fn what_a_decision_has_in_its_manifest_it_takes_up_whatever_its_parents_are() {
    let mut world = out();
    let before = world.heads();
    world.at("rita", start(), 30);
    decide_over(&mut world, &before);
    let report = world.assert_go();
    assert_eq!(report.course.rollback, None);
    assert_eq!(report.course.stages[0].entered, None);
    // What is said with that decision in view is said after it.
    say(&mut world, "ci", "all", StageEvent::Enter, 40);
    let report = world.assert_go();
    assert!(report.course.stages[0].entered.is_some());
    assert_eq!(report.state, ReleaseState::Out);
}

#[test]
fn a_go_that_had_not_seen_the_roll_back_takes_nothing_up() {
    let mut world = out();
    let (seen, manifest) = (world.heads(), world.ids());
    world.at("rita", start(), 30);
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rolf", body).parents(&seen);
    world.put(draft);
    let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert_eq!(report.state, ReleaseState::RollingBack);
    assert_advises_no_decision(&report);
}

#[test]
fn a_second_roll_back_is_told_from_its_own_beginning() {
    let mut world = out();
    world.at("rita", start(), 30);
    world.at("rita", stepped(1, StepResult::Done), 31);
    world.at("rita", end(RollbackEvent::Done), 32);
    world.decide("rolf", Decision::Go);
    say(&mut world, "ci", "all", StageEvent::Enter, 40);
    world.at("rita", start(), 50);
    let report = world.report();
    assert_eq!(report.state, ReleaseState::RollingBack, "that the first was done says nothing of the second");
    let told = report.course.rollback.unwrap();
    assert_eq!((told.start.at, told.ended), (time(50), None));
    assert!(told.steps.iter().all(|step| step.result.is_none()));
    // And closing it as rolled back takes that one's end.
    let early = world.by("rita", Body::Close(closed(Outcome::RolledBack)));
    let lacking = world.report().course.closes.into_iter().find(|close| close.mark.record == early).unwrap();
    assert!(!lacking.counts, "{lacking:?}");
}

#[test]
fn what_is_said_against_a_release_that_was_taken_up_is_told_and_not_the_roll_back() {
    let mut world = out();
    world.at("rita", start(), 30);
    world.at("rita", end(RollbackEvent::Done), 31);
    world.decide("rolf", Decision::Go);
    let reject = world.sign("quin", "tests", relsign::model::record::SignVerdict::Reject);
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert_cited(&report, Code::UnseenNegative, reject, "quin");
    assert!(!report.verdict.reasons.iter().any(|reason| reason.code == Code::ReleaseEnded), "{:#?}", report.verdict.reasons);
    assert!(!report.ended, "else the reject would say nothing of its commit");
    assert_eq!((report.state, report.course.rollback), (ReleaseState::Open, None));
}

#[test]
fn a_decision_that_does_not_hold_takes_nothing_up() {
    // By somebody who may not, without a basis, taken back, and under a condition that is still open.
    type Decides = fn(&mut World);
    let cases: [Decides; 4] = [
        |world| {
            world.decide("quin", Decision::Go);
        },
        |world| {
            world.sign("sam", "runbook", relsign::model::record::SignVerdict::Partial);
            world.decide("rolf", Decision::Go);
        },
        |world| {
            let go = world.decide("rolf", Decision::Go);
            world.withdraw("rolf", go);
        },
        |world| {
            world.decide("rolf", Decision::ConditionalGo);
        },
    ];
    for (at, decides) in cases.into_iter().enumerate() {
        let mut world = out();
        world.at("rita", start(), 30);
        world.at("rita", end(RollbackEvent::Done), 31);
        decides(&mut world);
        let report = world.report();
        assert_ne!(report.verdict.answer, Answer::Go, "{at}");
        assert!(report.course.rollback.is_some(), "{at}");
        assert_eq!(report.state, ReleaseState::RolledBack, "{at}");
        assert!(report.ended, "{at}");
    }
}

#[test]
fn of_two_roll_backs_that_do_not_know_each_other_the_first_is_told_and_both_are_taken_up() {
    let mut world = out();
    let seen = world.heads();
    let one = world.at("rita", start(), 30);
    let draft = world.draft("rolf", start()).at(time(31)).parents(&seen);
    let two = world.put(draft);
    assert_eq!(told(&world).start.record, one.min(two));
    world.at("rita", stepped(1, StepResult::Done), 32);
    assert_eq!(told(&world).steps[0].result, Some(StepResult::Done));
    world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().course.rollback, None);
}

#[test]
fn a_record_of_a_roll_back_without_what_it_needs_still_speaks_against() {
    for body in [
        Rollback { reason: None, ..rolled(RollbackEvent::Failed) },
        Rollback { step: Some(1), result: Some(StepResult::Skipped), ..rolled(RollbackEvent::Step) },
        Rollback { step: Some(0), result: Some(StepResult::Done), ..rolled(RollbackEvent::Step) },
        rolled(RollbackEvent::Step),
        Rollback { step: Some(1), ..rolled(RollbackEvent::Start) },
        Rollback { trigger: Some(1), ..rolled(RollbackEvent::Done) },
        Rollback { at: Some(time(31)), ..rolled(RollbackEvent::Start) },
    ] {
        let mut world = out();
        let id = world.at("rita", Body::Rollback(body.clone()), 30);
        let report = world.report();
        assert_ne!(report.verdict.answer, Answer::Go, "{body:?}");
        assert!(report.findings.iter().any(|f| f.code == Code::RecordIncomplete && f.record == Some(id)), "{body:?}");
    }
}

#[test]
fn a_close_as_rolled_back_or_abandoned_is_no_go_and_is_taken_up_as_a_roll_back_is() {
    for outcome in [Outcome::RolledBack, Outcome::Abandoned] {
        let mut world = out();
        let ended = world.at("rita", Body::Close(Close { leave: Vec::new(), ..closed(outcome) }), 30);
        let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
        assert_cited(&report, Code::ReleaseEnded, ended, "rita");
        assert_advises_no_decision(&report);
        world.decide("rolf", Decision::Go);
        let report = world.assert_go();
        assert_eq!(report.course.stages[0].entered, None, "{outcome}");
    }
}
