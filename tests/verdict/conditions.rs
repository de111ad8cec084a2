//! Conditions of a conditional go: NO until each is met by whom it was given to, then GO without a second decision.

use relsign::model::course::{ConditionReport, ConditionState};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Action, ActionEvent, Body, Condition, Decide, Decision, NotBy, Sign, SignVerdict};
use relsign::model::report::{Answer, ReleaseState};

use crate::world::{World, acted, assert_cited, condition, finding, has, person, role, time};

/// A release that @rolf lets go out if a condition is met; it is @dana's, and due at minute 60.
fn conditional(change: impl FnOnce(&mut Condition)) -> (World, RecordId) {
    let mut world = World::ready();
    world.as_of = time(50);
    let mut c1 = condition("c1", 60);
    change(&mut c1);
    let decision = world.decide_if("rolf", vec![c1]);
    (world, decision)
}

#[track_caller]
fn told(world: &World, decision: RecordId) -> ConditionReport {
    let report = world.report();
    report.decisions.iter().find(|told| told.record == decision).unwrap().conditions[0].clone()
}

/// Says what became of a condition.
fn say(world: &mut World, who: &str, event: ActionEvent, decision: RecordId) -> RecordId {
    world.by(who, Body::Action(Action { decision: Some(decision), ..acted(event, "c1") }))
}

#[track_caller]
fn assert_open(world: &World, decision: RecordId) {
    world.assert_not(Answer::NoGo, Code::ConditionOpen);
    assert_eq!(told(world, decision).state, ConditionState::Open);
}

/// Asserts that a record says that the condition is met and does not count.
#[track_caller]
fn assert_not_met(world: &World, decision: RecordId, met: RecordId, why: &str) {
    assert_open(world, decision);
    let found = finding(&world.report(), Code::ConditionNotMet, met);
    assert!(found.message().contains(why), "{}", found.message());
}

#[test]
fn a_condition_holds_the_release_up_until_it_is_met_and_then_it_is_go() {
    let (mut world, decision) = conditional(|_| {});
    let report = world.assert_not(Answer::NoGo, Code::ConditionOpen);
    assert_eq!(report.state, ReleaseState::ConditionalGo);
    assert_eq!(finding(&report, Code::ConditionOpen, decision).subject.as_deref(), Some("c1"));
    let met = world.met("dana", decision, "c1");
    let report = world.assert_go();
    assert_eq!((report.verdict.decision, report.state), (Some(decision), ReleaseState::Go));
    let c1 = told(&world, decision);
    assert_eq!((c1.state, c1.settled.map(|mark| mark.record)), (ConditionState::Met, Some(met)));
}

#[test]
fn each_condition_has_to_be_met() {
    let mut world = World::ready();
    world.as_of = time(50);
    let decision = world.decide_if("rolf", vec![condition("c1", 60), Condition { assignee: role("qa"), ..condition("c2", 70) }]);
    world.met("dana", decision, "c1");
    world.assert_not(Answer::NoGo, Code::ConditionOpen);
    world.met("quin", decision, "c2");
    world.assert_go();
}

#[test]
fn a_condition_is_met_by_the_person_or_role_it_was_given_to() {
    for (assignee, who, counts) in [
        (person("@dana"), "dana", true),
        (role("qa"), "quin", true),
        (role("qa"), "ivan", true),
        (person("@dana"), "sam", false),
        // The right to settle actions adds nothing, nor does having decided.
        (person("@dana"), "rita", false),
        (person("@dana"), "rolf", false),
        (role("qa"), "rita", false),
        (role("qa"), "ci", false),
    ] {
        let (mut world, decision) = conditional(|condition| condition.assignee = assignee.clone());
        let met = world.met(who, decision, "c1");
        if counts {
            world.assert_go();
        } else if who == "ci" {
            assert_open(&world, decision);
        } else {
            assert_not_met(&world, decision, met, "it was given to");
        }
    }
}

#[test]
fn a_machine_meets_no_condition() {
    let (mut world, decision) = conditional(|condition| condition.assignee = role("qa"));
    let met = world.met("ci", decision, "c1");
    assert_open(&world, decision);
    assert!(world.report().findings.iter().any(|found| found.record == Some(met)), "it is told");
}

#[test]
fn a_condition_that_implementers_may_not_meet_is_not_met_by_one() {
    // @ivan has commits in the release, and @tara made its tag.
    for who in ["ivan", "tara"] {
        let by_qa = |not_by| move |condition: &mut Condition| (condition.assignee, condition.not_by) = (role("qa"), not_by);
        let (mut world, decision) = conditional(by_qa(Some(NotBy::Implementers)));
        let met = world.met(who, decision, "c1");
        assert_not_met(&world, decision, met, "made what is released");
        world.met("quin", decision, "c1");
        world.assert_go();
        let (mut world, decision) = conditional(by_qa(None));
        world.met(who, decision, "c1");
        world.assert_go();
    }
}

#[test]
fn meeting_a_condition_takes_a_note_or_evidence() {
    let (world, decision) = conditional(|_| {});
    for note in [None, Some("  ".to_owned())] {
        let mut world = world.clone();
        let mut draft = world.meeting("dana", decision, "c1");
        draft.record.comment = note.clone();
        // A comment of nothing but blanks is one that nobody wrote.
        let met = world.put(draft);
        assert_open(&world, decision);
        assert!(world.report().findings.iter().any(|f| f.code == Code::RecordIncomplete && f.record == Some(met)), "{note:?}");
    }
    let mut world = world;
    let mut draft = world.meeting("dana", decision, "c1");
    draft.record.comment = None;
    world.put(draft.evidence(crate::world::digest(0xe1), 9));
    world.assert_go();
}

#[test]
fn a_condition_is_met_in_time_by_claim_and_by_receipt() {
    for (claimed, counts) in [(59, true), (60, false), (61, false)] {
        let (mut world, decision) = conditional(|_| {});
        let draft = world.meeting("dana", decision, "c1").at(time(claimed));
        let met = world.put(draft);
        world.as_of = time(70);
        if counts {
            world.assert_go();
        } else {
            world.assert_not(Answer::NoGo, Code::ConditionOverdue);
            assert!(finding(&world.report(), Code::ConditionNotMet, met).message().contains("was due"));
        }
    }
    // A met that was written down later and dated back; without a witness the claim is believed.
    let (mut world, decision) = conditional(|_| {});
    world.as_of = time(80);
    let draft = world.meeting("dana", decision, "c1").at(time(55));
    let met = world.put(draft);
    world.assert_go();
    world.witnessed.insert(met, time(59));
    world.assert_go();
    world.witnessed.insert(met, time(60));
    world.assert_not(Answer::NoGo, Code::ConditionOverdue);
    assert!(has(&world.report(), Code::ConditionNotMet));
}

#[test]
fn a_met_before_the_decision_was_seen_is_none() {
    let (mut world, decision) = conditional(|_| {});
    let before: Vec<_> = world.parents[&decision].clone();
    // Its parents are those of the decision: whoever says so names the decision and had not seen it.
    let draft = world.meeting("dana", decision, "c1").parents(&before);
    let met = world.put(draft);
    assert_not_met(&world, decision, met, "had not seen the decision");
}

#[test]
fn a_met_of_another_decision_or_of_no_condition_is_none() {
    let mut world = World::ready();
    world.as_of = time(50);
    let first = world.decide_if("rita", vec![condition("c1", 60)]);
    let second = world.decide_if("rolf", vec![condition("c1", 60)]);
    let of_first = world.met("dana", first, "c1");
    // It met the condition of the first, which the second suspends.
    assert_eq!(told(&world, first).state, ConditionState::Met);
    assert_open(&world, second);
    let elsewhere = world.met("dana", second, "c2");
    assert_not_met(&world, second, elsewhere, "there is no such condition");
    assert!(world.report().findings.iter().all(|found| found.record != Some(of_first)));
    world.met("dana", second, "c1");
    assert_eq!(world.assert_go().verdict.decision, Some(second));
    // Nor is one that names a record that is no decision.
    let (mut world, decision) = conditional(|_| {});
    let open = world.open;
    let odd = world.met("dana", open, "c1");
    assert_not_met(&world, decision, odd, "there is no such condition");
}

#[test]
fn a_met_for_the_release_of_another_environment_is_none() {
    let (mut world, decision) = conditional(|_| {});
    let production = world.open;
    let staging = world.open_by("rita", |open| open.environment = "staging".parse().unwrap());
    world.open = production;
    world.environment = Some("production".parse().unwrap());
    let draft = world.meeting("dana", decision, "c1").under(Some(staging));
    world.put(draft);
    assert_open(&world, decision);
}

#[test]
fn a_met_by_a_key_that_is_no_good_or_in_a_role_of_others_is_none() {
    for key in ["sam-old", "sam"] {
        let (mut world, decision) = conditional(|condition| condition.assignee = person("@sam"));
        let mut draft = world.meeting(key, decision, "c1");
        if key == "sam" {
            draft = draft.role("qa");
        }
        let met = world.put(draft);
        assert_open(&world, decision);
        assert!(has(&world.report(), Code::ConditionNotMet));
        finding(&world.report(), Code::ConditionNotMet, met);
    }
    let (mut world, decision) = conditional(|condition| condition.assignee = person("@sam"));
    world.met("sam-two", decision, "c1");
    world.assert_go();
}

#[test]
fn a_condition_that_failed_is_no_go_until_somebody_decides_anew() {
    for who in ["dana", "rolf", "rita"] {
        let (mut world, decision) = conditional(|_| {});
        let failed = say(&mut world, who, ActionEvent::Failed, decision);
        let report = world.assert_not(Answer::NoGo, Code::ConditionFailed);
        assert_eq!(report.state, ReleaseState::NoGo, "{who}");
        assert_eq!(told(&world, decision).state, ConditionState::Failed);
        assert_eq!(finding(&report, Code::ConditionFailed, failed).subject.as_deref(), Some("c1"));
        // That it is met after all does not help by itself.
        world.met("dana", decision, "c1");
        world.assert_not(Answer::NoGo, Code::ConditionFailed);
        world.decide("rita", Decision::Go);
        world.assert_go();
    }
    // By somebody to whom it was not given and who may not decide, it failed nothing.
    let (mut world, decision) = conditional(|_| {});
    say(&mut world, "quin", ActionEvent::Failed, decision);
    assert_open(&world, decision);
    world.met("dana", decision, "c1");
    world.assert_go();
    // One that was met and failed afterwards failed.
    say(&mut world, "dana", ActionEvent::Failed, decision);
    world.assert_not(Answer::NoGo, Code::ConditionFailed);
}

#[test]
fn nobody_gives_themselves_a_condition_to_hold_up_a_release_with() {
    let (mut world, go) = World::gone();
    world.as_of = time(50);
    let decision = world.decide_if("quin", vec![Condition { assignee: person("@quin"), ..condition("c1", 60) }]);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    say(&mut world, "quin", ActionEvent::Failed, decision);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn a_failure_that_its_author_took_back_takes_a_new_decision_all_the_same() {
    let (mut world, decision) = conditional(|_| {});
    let failed = say(&mut world, "dana", ActionEvent::Failed, decision);
    world.withdraw("dana", failed);
    world.met("dana", decision, "c1");
    assert_ne!(world.report().verdict.answer, Answer::Go);
    assert_eq!(told(&world, decision).state, ConditionState::Met);
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn a_condition_that_fell_due_is_no_go_until_somebody_decides_anew() {
    let (mut world, decision) = conditional(|_| {});
    world.as_of = time(60);
    let report = world.assert_not(Answer::NoGo, Code::ConditionOverdue);
    assert_eq!(report.state, ReleaseState::NoGo);
    assert_eq!(told(&world, decision).state, ConditionState::Overdue);
    let late = world.meeting("dana", decision, "c1").at(time(60));
    world.put(late);
    world.assert_not(Answer::NoGo, Code::ConditionOverdue);
    let go = world.decide("rita", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    // Or on the same condition with more time.
    let (mut world, _) = conditional(|_| {});
    world.as_of = time(60);
    let again = world.decide_if("rolf", vec![condition("c1", 90)]);
    assert_open(&world, again);
    world.met("dana", again, "c1");
    world.assert_go();
}

#[test]
fn taking_back_that_a_condition_is_met_takes_go_back_until_somebody_decides_anew() {
    let (mut world, decision) = conditional(|_| {});
    let met = world.met("dana", decision, "c1");
    world.assert_go();
    world.withdraw("dana", met);
    let report = world.report();
    assert_ne!(report.verdict.answer, Answer::Go);
    assert!(has(&report, Code::UnseenNegative));
    assert_eq!(told(&world, decision).state, ConditionState::Open);
    // Meeting it again does not make that unsaid.
    world.met("dana", decision, "c1");
    assert_ne!(world.report().verdict.answer, Answer::Go);
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn a_waiver_that_expires_before_the_condition_is_met_is_no_basis_any_more() {
    for (met_at, is_go) in [(39, true), (40, false)] {
        let mut world = World::opened(|_| {});
        world.sign("quin", "tests", SignVerdict::Done);
        world.sign("sam", "tests", SignVerdict::Approve);
        let waiver = Sign { expires: Some(time(40)), ..world.sign_body("runbook", SignVerdict::Waive) };
        world.by("rita", Body::Sign(waiver));
        let decision = world.decide_if("rolf", vec![condition("c1", 60)]);
        let draft = world.meeting("dana", decision, "c1").at(time(met_at));
        world.put(draft);
        world.as_of = time(50);
        if is_go {
            let report = world.assert_go();
            assert_eq!(report.decisions[0].basis_time, time(met_at));
        } else {
            world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
        }
    }
}

#[test]
fn of_several_that_meet_a_condition_the_first_counts() {
    let (mut world, decision) = conditional(|condition| condition.assignee = role("qa"));
    let first = world.met("quin", decision, "c1");
    world.met("tara", decision, "c1");
    assert_eq!(told(&world, decision).settled.map(|mark| mark.record), Some(first));
    assert_eq!(world.report().decisions[0].basis_time, finding_time(&world, first));
}

fn finding_time(world: &World, record: RecordId) -> relsign::model::time::Timestamp {
    world.report().records.iter().find(|told| told.id == record).unwrap().time
}

#[test]
fn two_conditional_decisions_that_do_not_know_each_other_suspend_each_other() {
    let mut world = World::ready();
    world.as_of = time(50);
    let (seen, manifest) = (world.heads(), world.ids());
    let one = world.decide_if("rolf", vec![condition("c1", 60)]);
    let body = Decide { decision: Decision::ConditionalGo, manifest, conditions: vec![condition("c1", 60)], reason: None };
    let draft = world.draft("rita", Body::Decide(body)).parents(&seen);
    let two = world.put(draft);
    world.met("dana", one, "c1");
    world.met("dana", two, "c1");
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert!(report.decisions.iter().all(|decision| !decision.holds));
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn a_conditional_go_needs_a_basis_as_a_go_does() {
    let mut world = World::opened(|_| {});
    world.as_of = time(50);
    world.sign("sam", "runbook", SignVerdict::Done);
    let decision = world.decide_if("rolf", vec![condition("c1", 60)]);
    world.met("dana", decision, "c1");
    world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
    // A word against after it suspends it, and one by whoever may not decide is none.
    let (mut world, decision) = conditional(|_| {});
    world.met("dana", decision, "c1");
    world.sign("quin", "tests", SignVerdict::Reject);
    world.assert_not(Answer::NoGo, Code::UnseenNegative);
    let mut world = World::ready();
    world.as_of = time(50);
    let by_sam = world.decide_if("sam", vec![condition("c1", 60)]);
    world.met("dana", by_sam, "c1");
    let report = world.assert_not(Answer::NoGo, Code::DecisionUnauthorised);
    assert_cited(&report, Code::DecisionUnauthorised, by_sam, "sam");
}

#[test]
fn a_conditional_go_after_a_go_suspends_it_until_it_is_met() {
    let (mut world, go) = World::gone();
    world.as_of = time(50);
    let decision = world.decide_if("rita", vec![condition("c1", 60)]);
    world.assert_not(Answer::NoGo, Code::ConditionOpen);
    world.met("dana", decision, "c1");
    let report = world.assert_go();
    assert_eq!(report.verdict.decision, Some(decision));
    assert!(!report.decisions.iter().find(|told| told.record == go).unwrap().holds);
}

#[test]
fn conditions_have_ids_of_their_own_and_say_something() {
    let two = || vec![condition("c1", 60), condition("c1", 70)];
    let silent = |change: fn(&mut Condition)| {
        let mut one = condition("c1", 60);
        change(&mut one);
        vec![one]
    };
    for conditions in [two(), silent(|one| one.text = " ".to_owned()), silent(|one| one.id = String::new()), vec![]] {
        let mut world = World::ready();
        world.as_of = time(50);
        let decision = world.decide_if("rolf", conditions.clone());
        for condition in &conditions {
            world.met("dana", decision, &condition.id);
        }
        let report = world.report();
        assert_ne!(report.verdict.answer, Answer::Go, "{conditions:?}");
        assert!(has(&report, Code::RecordIncomplete), "{conditions:?}");
    }
    // And a go has none.
    let mut world = World::ready();
    let manifest = world.ids();
    world
        .by("rolf", Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![condition("c1", 60)], reason: None }));
    assert_ne!(world.report().verdict.answer, Answer::Go);
}

#[test]
fn a_condition_is_not_settled_as_an_action_is() {
    let (mut world, decision) = conditional(|_| {});
    for event in [ActionEvent::Done, ActionEvent::Reopen] {
        let odd = say(&mut world, "dana", event, decision);
        assert!(world.report().findings.iter().any(|f| f.code == Code::RecordIncomplete && f.record == Some(odd)), "{event}");
        assert_ne!(world.report().verdict.answer, Answer::Go);
    }
    // Nor an action that has the same id as a condition.
    let (mut world, decision) = conditional(|_| {});
    world.by("dana", Body::Action(acted(ActionEvent::Done, "c1")));
    assert_open(&world, decision);
}
