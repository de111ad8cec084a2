//! The end of a release: what each outcome takes, and that nothing later changes it.

use relsign::model::course::{CloseReport, LackKind};
use relsign::model::finding::Code;
use relsign::model::record::{
    Blocks, Body, Close, Decision, ItemRef, Open, OpenAction, OpenItem, OpenStage, Outcome, Phase, Rollback, RollbackEvent, Sign,
    SignVerdict, StageEvent,
};
use relsign::model::report::{Answer, ReleaseState};

use crate::stages::{policy, say};
use crate::world::{World, acted, assert_cited, closed, digest, has, item, limit, named, person, rolled, time};

/// A release in GO with two stages, an item of afterwards and one for a roll-back, both @sam's.
fn decided(change: impl FnOnce(&mut Open)) -> World {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages = vec![named("canary", Some("5%"), Some(600)), named("full", Some("100%"), None)];
        for (number, id, phase) in [(3, "watch", Phase::After), (4, "restored", Phase::OnRollback)] {
            open.items.push(OpenItem { owner: Some(person("@sam")), ..item(number, id, phase) });
        }
        change(open);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world
}

/// As [`decided`], and everything is done.
fn done() -> World {
    let mut world = decided(|_| {});
    roll_out(&mut world);
    settle(&mut world, 3, "watch");
    world
}

fn roll_out(world: &mut World) {
    say(world, "ci", "canary", StageEvent::Enter, 20);
    say(world, "ci", "canary", StageEvent::Pass, 30);
    say(world, "rita", "full", StageEvent::Enter, 31);
    say(world, "rita", "full", StageEvent::Pass, 32);
}

fn settle(world: &mut World, number: u8, id: &str) {
    let item = Some(ItemRef { id: id.parse().unwrap(), digest: digest(number) });
    let body = Sign { item, ..world.sign_body("runbook", SignVerdict::Done) };
    world.by("sam", Body::Sign(body));
}

fn close(world: &mut World, who: &str, outcome: Outcome, leave: &[&str]) -> CloseReport {
    let mut body = closed(outcome);
    body.leave = leave.iter().map(|id| (*id).to_owned()).collect();
    // Long after the canary has baked.
    let id = world.at(who, Body::Close(body), 60);
    let closes = world.report().course.closes;
    closes.into_iter().find(|close| close.mark.record == id).unwrap()
}

/// Names what an end lacked, as in `stage-not-passed full`.
fn lacks(close: &CloseReport) -> Vec<(LackKind, Option<&str>)> {
    close.lacks.iter().map(|lack| (lack.kind, lack.id.as_deref())).collect()
}

/// Asserts that an end does not count, and for want of what.
#[track_caller]
fn assert_lacks(world: &mut World, outcome: Outcome, leave: &[&str], expected: &[(LackKind, Option<&str>)]) {
    let before = world.report().state;
    let close = close(world, "rita", outcome, leave);
    assert_eq!(lacks(&close), expected);
    assert!(!close.counts);
    let report = world.report();
    assert_cited(&report, Code::CloseIncomplete, close.mark.record, "rita");
    assert!(report.course.end().is_none());
    if outcome == Outcome::Completed {
        assert_eq!(report.state, before);
        assert_ne!(report.state, ReleaseState::Completed);
    }
}

#[test]
fn a_release_is_completed_when_everything_is_done() {
    let mut world = done();
    let report = world.assert_go();
    assert_eq!((report.state, report.course.open_to_complete.len()), (ReleaseState::Out, 0));
    let end = close(&mut world, "rita", Outcome::Completed, &[]);
    assert!(end.counts && end.lacks.is_empty());
    let report = world.assert_go();
    assert_eq!(report.state, ReleaseState::Completed);
    assert_eq!(report.course.end().map(|end| end.outcome), Some(Outcome::Completed));
    assert!(!has(&report, Code::CloseIncomplete));
}

#[test]
fn a_bare_completed_with_something_open_is_not_completed() {
    let mut world = decided(|_| {});
    let missing =
        [(LackKind::StageNotEntered, Some("canary")), (LackKind::StageNotEntered, Some("full")), (LackKind::Item, Some("watch"))];
    assert_lacks(&mut world, Outcome::Completed, &[], &missing);
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    let missing =
        [(LackKind::StageNotPassed, Some("canary")), (LackKind::StageNotEntered, Some("full")), (LackKind::Item, Some("watch"))];
    assert_lacks(&mut world, Outcome::Completed, &[], &missing);
    let kinds: Vec<_> = world.report().course.open_to_complete.iter().map(|lack| lack.kind).collect();
    assert_eq!(kinds, missing.map(|(kind, _)| kind));
    // A stage that is baking has not passed, whoever says so.
    say(&mut world, "ci", "canary", StageEvent::Pass, 25);
    assert_lacks(&mut world, Outcome::Completed, &[], &missing);
    say(&mut world, "ci", "canary", StageEvent::Pass, 30);
    say(&mut world, "rita", "full", StageEvent::Enter, 31);
    let missing = [(LackKind::StageNotPassed, Some("full")), (LackKind::Item, Some("watch"))];
    assert_lacks(&mut world, Outcome::Completed, &[], &missing);
    say(&mut world, "rita", "full", StageEvent::Pass, 32);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::Item, Some("watch"))]);
    // An item is not left.
    assert_lacks(&mut world, Outcome::Completed, &["watch"], &[(LackKind::Item, Some("watch"))]);
    settle(&mut world, 3, "watch");
    assert!(close(&mut world, "rita", Outcome::Completed, &[]).counts);
    assert_eq!(world.assert_go().state, ReleaseState::Completed);
}

#[test]
fn an_optional_item_and_one_of_a_roll_back_hold_up_no_completion() {
    let mut world = decided(|open| open.items[2].optional = true);
    roll_out(&mut world);
    assert!(close(&mut world, "rita", Outcome::Completed, &[]).counts);
    // One that is waived is settled.
    let mut world = decided(|_| {});
    roll_out(&mut world);
    let item = Some(ItemRef { id: "watch".parse().unwrap(), digest: digest(3) });
    let waiver = Sign { item, ..world.sign_body("runbook", SignVerdict::Waive) };
    world.by("rita", Body::Sign(waiver));
    assert!(close(&mut world, "rita", Outcome::Completed, &[]).counts);
}

#[test]
fn a_limit_that_does_not_hold_and_a_checkpoint_that_is_open_hold_up_the_end() {
    let mut world = decided(|open| {
        open.stages[1].limits = vec![limit("errors", Some(relsign::model::limit::Comparison::Below), "1", "%")];
        open.items.truncate(2);
    });
    roll_out(&mut world);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::StageNotPassed, Some("full"))]);
    let mut world = decided(|open| {
        open.items.truncate(2);
        open.items.push(item(3, "errors@full", Phase::Stage));
    });
    roll_out(&mut world);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::StageNotPassed, Some("full"))]);
}

#[test]
fn nothing_is_completed_without_a_decision_that_holds() {
    let mut world = done();
    world.sign("quin", "tests", SignVerdict::Reject);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::Decision, None)]);
    // Also where the decision had not seen what speaks against it and comes again later.
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| open.stages = vec![OpenStage::implied()]);
    world.ready_all();
    say(&mut world, "ci", "all", StageEvent::Enter, 20);
    say(&mut world, "rita", "all", StageEvent::Pass, 21);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::Decision, None)]);
    world.decide("rolf", Decision::Go);
    assert_ne!(world.assert_go().state, ReleaseState::Completed, "it was closed before anybody decided");
    // And of what is rolled back nothing is completed.
    let mut world = done();
    world.by("rita", Body::Rollback(rolled(RollbackEvent::Start)));
    let close = close(&mut world, "rita", Outcome::Completed, &[]);
    assert!(!close.counts);
    assert!(lacks(&close).contains(&(LackKind::Decision, None)));
}

/// Actions that hold up what they say, `required` by the policy.
fn with_action(blocks: Blocks, required: bool) -> World {
    let mut world = decided(|open| {
        open.actions = vec![OpenAction {
            id: "review".to_owned(),
            text: "Look back together".to_owned(),
            assignee: Some(person("@dana")),
            due: None,
            after: None,
            blocks: Some(blocks),
            not_by: None,
            required,
        }];
    });
    roll_out(&mut world);
    settle(&mut world, 3, "watch");
    world
}

#[test]
fn a_blocking_action_is_done_or_left_on_purpose_and_never_one_that_the_policy_requires() {
    let mut world = with_action(Blocks::Close, false);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::Action, Some("review"))]);
    assert_lacks(&mut world, Outcome::Completed, &["another"], &[(LackKind::Action, Some("review"))]);
    assert!(close(&mut world.clone(), "rita", Outcome::Completed, &["review"]).counts);
    world.by("dana", Body::Action(acted(relsign::model::record::ActionEvent::Done, "review")));
    assert!(close(&mut world, "rita", Outcome::Completed, &[]).counts);

    let mut world = with_action(Blocks::Close, true);
    assert_lacks(&mut world, Outcome::Completed, &["review"], &[(LackKind::Action, Some("review"))]);
    world.by("dana", Body::Action(acted(relsign::model::record::ActionEvent::Failed, "review")));
    assert_lacks(&mut world, Outcome::Completed, &["review"], &[(LackKind::Action, Some("review"))]);
    world.by("dana", Body::Action(acted(relsign::model::record::ActionEvent::Done, "review")));
    assert!(close(&mut world, "rita", Outcome::Completed, &["review"]).counts);
}

#[test]
fn whoever_may_not_close_closes_nothing() {
    for who in ["sam", "quin", "ci", "rita-lost"] {
        for outcome in [Outcome::Completed, Outcome::RolledBack, Outcome::Abandoned] {
            let mut world = done();
            let end = close(&mut world, who, outcome, &[]);
            assert!(!end.counts, "{who} {outcome}");
            assert!(lacks(&end).contains(&(LackKind::Right, None)), "{who} {outcome}");
            let report = world.report();
            assert!(report.course.end().is_none(), "{who} {outcome}");
            assert!(!report.ended, "{who} {outcome}");
            assert_ne!(report.state, ReleaseState::Abandoned, "{who} {outcome}");
            assert_ne!(report.state, ReleaseState::Completed, "{who} {outcome}");
            assert_cited(&report, Code::CloseIncomplete, end.mark.record, who);
        }
    }
}

#[test]
fn an_end_that_was_rolled_back_needs_the_roll_back_done_and_its_items() {
    let mut world = done();
    let missing = [(LackKind::Rollback, None), (LackKind::Item, Some("restored"))];
    assert_lacks(&mut world.clone(), Outcome::RolledBack, &[], &missing);
    world.by("rita", Body::Rollback(rolled(RollbackEvent::Start)));
    assert_lacks(&mut world.clone(), Outcome::RolledBack, &[], &missing);
    // One that failed is not done.
    let failed = Rollback { reason: Some("no disk".to_owned()), ..rolled(RollbackEvent::Failed) };
    let mut broken = world.clone();
    broken.by("rita", Body::Rollback(failed));
    assert_lacks(&mut broken, Outcome::RolledBack, &[], &missing);
    world.by("rita", Body::Rollback(rolled(RollbackEvent::Done)));
    assert_lacks(&mut world.clone(), Outcome::RolledBack, &[], &[(LackKind::Item, Some("restored"))]);
    settle(&mut world, 4, "restored");
    let end = close(&mut world, "rita", Outcome::RolledBack, &[]);
    assert!(end.counts, "{:?}", end.lacks);
    let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
    assert_eq!(report.state, ReleaseState::RolledBack);
    assert_eq!(report.course.end().map(|end| end.outcome), Some(Outcome::RolledBack));
}

#[test]
fn a_release_that_was_rolled_back_leaves_actions_as_any_other() {
    let mut world = with_action(Blocks::Close, true);
    for event in [RollbackEvent::Start, RollbackEvent::Done] {
        world.by("rita", Body::Rollback(rolled(event)));
    }
    settle(&mut world, 4, "restored");
    assert_lacks(&mut world, Outcome::RolledBack, &["review"], &[(LackKind::Action, Some("review"))]);
    let mut world = with_action(Blocks::Close, false);
    for event in [RollbackEvent::Start, RollbackEvent::Done] {
        world.by("rita", Body::Rollback(rolled(event)));
    }
    settle(&mut world, 4, "restored");
    assert!(close(&mut world, "rita", Outcome::RolledBack, &["review"]).counts);
}

#[test]
fn a_release_is_given_up_at_any_time_and_with_a_reason() {
    let mut waiting = World::opened(|_| {});
    assert!(close(&mut waiting, "rita", Outcome::Abandoned, &[]).counts);
    for mut world in [waiting, done()] {
        close(&mut world, "rita", Outcome::Abandoned, &[]);
        let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
        assert_eq!(report.state, ReleaseState::Abandoned);
        assert!(report.ended);
    }
    for reason in [None, Some(" ".to_owned())] {
        let mut world = done();
        let id = world.by("rita", Body::Close(Close { reason, ..closed(Outcome::Abandoned) }));
        let report = world.report();
        assert!(report.findings.iter().any(|f| f.code == Code::RecordIncomplete && f.record == Some(id)));
        assert!(report.course.end().is_none() && !report.ended);
        assert_ne!(report.verdict.answer, Answer::Go, "it is a word against all the same");
    }
}

#[test]
fn nothing_that_comes_later_takes_an_end_away_or_makes_one() {
    let mut world = done();
    let end = close(&mut world, "rita", Outcome::Completed, &[]);
    let counts = |world: &World| {
        let closes = world.report().course.closes;
        closes.into_iter().find(|close| close.mark.record == end.mark.record).unwrap().counts
    };
    let mut later = world.clone();
    // An item comes open again, a stage fails, somebody rejects, and who closed it takes that back.
    let item = Some(ItemRef { id: "watch".parse().unwrap(), digest: digest(3) });
    let partial = Sign { item, ..later.sign_body("runbook", SignVerdict::Partial) };
    later.by("sam", Body::Sign(partial));
    assert!(counts(&later));
    say(&mut later, "rita", "full", StageEvent::Fail, 60);
    assert!(counts(&later));
    later.sign("quin", "tests", SignVerdict::Reject);
    assert!(counts(&later));
    later.withdraw("rita", end.mark.record);
    assert!(counts(&later));
    assert_eq!(later.report().course.end().map(|end| end.outcome), Some(Outcome::Completed));
    // What is not against the release leaves it completed.
    let mut calm = world.clone();
    calm.sign("dana", "tests", SignVerdict::Approve);
    calm.withdraw("rita", end.mark.record);
    assert_eq!(calm.assert_go().state, ReleaseState::Completed);
    // An end that lacked something does not count later, whatever comes.
    let mut world = decided(|_| {});
    roll_out(&mut world);
    assert_lacks(&mut world, Outcome::Completed, &[], &[(LackKind::Item, Some("watch"))]);
    settle(&mut world, 3, "watch");
    assert!(world.report().course.end().is_none());
    assert_ne!(world.assert_go().state, ReleaseState::Completed);
}

#[test]
fn an_end_is_judged_by_what_whoever_signed_it_had_seen() {
    let mut world = decided(|_| {});
    roll_out(&mut world);
    let seen = world.heads();
    settle(&mut world, 3, "watch");
    let draft = world.draft("rita", Body::Close(closed(Outcome::Completed))).at(time(60)).parents(&seen);
    let blind = world.put(draft);
    let report = world.report();
    let close = report.course.closes.iter().find(|close| close.mark.record == blind).unwrap();
    assert_eq!(lacks(close), [(LackKind::Item, Some("watch"))]);
    assert_ne!(report.state, ReleaseState::Completed);
    // And at the time at which they said so: a canary that still baked then had not passed.
    let mut world = decided(|open| open.items.truncate(2));
    roll_out(&mut world);
    let early = world.at("rita", Body::Close(closed(Outcome::Completed)), 29);
    let report = world.report();
    let close = report.course.closes.iter().find(|close| close.mark.record == early).unwrap();
    assert!(!close.counts, "{:?}", time(29));
}

#[test]
fn a_close_of_the_release_of_another_environment_ends_nothing_here() {
    let mut world = done();
    let production = world.open;
    let staging = world.open_by("rolf", |open| open.environment = "staging".parse().unwrap());
    world.open = production;
    world.environment = Some("production".parse().unwrap());
    for outcome in [Outcome::Completed, Outcome::Abandoned] {
        let draft = world.draft("rita", Body::Close(closed(outcome))).under(Some(staging));
        world.put(draft);
        let report = world.assert_go();
        assert_eq!((report.state, report.course.closes.len()), (ReleaseState::Out, 0));
    }
}
