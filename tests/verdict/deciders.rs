//! Several deciders: as many people as the policy says, and one of each role that it lists.

use relsign::model::finding::Code;
use relsign::model::record::{Body, Decide, Decision};
use relsign::model::report::{Answer, ReleaseState};

use crate::world::{World, condition, has, time};

/// The policy of these tests: release managers and SREs decide.
fn policy(thresholds: &str) -> String {
    let text = format!("{}decide = [\"release-manager\", \"sre\"]\n\n[thresholds]\n{thresholds}\n", crate::cast::POLICY);
    assert!(text.contains("release_managers"));
    text
}

fn ready(thresholds: &str) -> World {
    let mut world = World::with_policy(&policy(thresholds));
    world.open_by("rita", |_| {});
    world.ready_all();
    world.as_of = time(50);
    world
}

/// Says who is missing.
#[track_caller]
fn missing(world: &World) -> String {
    let report = world.assert_not(Answer::NoGo, Code::DecidersMissing);
    report.verdict.reasons.iter().find(|reason| reason.code == Code::DecidersMissing).unwrap().message()
}

#[test]
fn where_the_policy_says_two_it_takes_two() {
    let mut world = ready("decide = 2");
    world.assert_not(Answer::NoGo, Code::NotDecided);
    world.decide("rolf", Decision::Go);
    let message = missing(&world);
    assert!(message.contains("@rolf") && message.contains('2') && message.contains("1 more"), "{message}");
    assert_eq!(world.report().state, ReleaseState::Open);
    let second = world.decide("rita", Decision::Go);
    let report = world.assert_go();
    assert_eq!((report.verdict.decision, report.state), (Some(second), ReleaseState::Go));
    assert!(!has(&report, Code::DecidersMissing));
}

#[test]
fn one_person_twice_is_one_whatever_their_keys() {
    let mut world = ready("decide = 2");
    world.decide("sam", Decision::Go);
    world.decide("sam-two", Decision::Go);
    world.decide("sam", Decision::Go);
    missing(&world);
    world.decide("dana", Decision::Go);
    world.assert_go();
}

#[test]
fn only_decisions_that_hold_are_counted() {
    // By a machine, by somebody who may not, by a lost key, and by somebody who had no basis.
    for who in ["ci", "quin", "rita-lost"] {
        let mut world = ready("decide = 2");
        world.decide("rolf", Decision::Go);
        world.decide(who, Decision::Go);
        missing(&world);
    }
    let mut world = World::with_policy(&policy("decide = 2"));
    world.open_by("rita", |_| {});
    world.decide("rita", Decision::Go);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    missing(&world);
    // And one that was taken back is none.
    let mut world = ready("decide = 2");
    let first = world.decide("rolf", Decision::Go);
    world.withdraw("rolf", first);
    world.decide("rita", Decision::Go);
    missing(&world);
}

#[test]
fn two_who_did_not_know_of_each_other_are_two() {
    let mut world = ready("decide = 2");
    let (seen, manifest) = (world.heads(), world.ids());
    world.decide("rolf", Decision::Go);
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rita", body).parents(&seen);
    world.put(draft);
    world.assert_go();
}

#[test]
fn each_role_that_is_listed_is_held_by_one_of_them() {
    let mut world = ready("decide = 2\ndecide_roles = [\"release-manager\", \"security\"]");
    world.decide("rolf", Decision::Go);
    let message = missing(&world);
    assert!(message.contains("a security (@sam)"), "who could is named: {message}");
    // A second release manager is no security engineer.
    world.decide("rita", Decision::Go);
    let message = missing(&world);
    assert!(message.contains("@sam") && !message.contains("a release-manager"), "{message}");
    world.decide("dana", Decision::Go);
    missing(&world);
    world.decide("sam", Decision::Go);
    world.assert_go();
}

#[test]
fn roles_alone_ask_for_those_who_hold_them() {
    let mut world = ready("decide_roles = [\"security\"]");
    world.decide("rita", Decision::Go);
    let message = missing(&world);
    assert!(message.contains("a security (@sam)"), "{message}");
    world.decide("sam", Decision::Go);
    world.assert_go();
    // One person who holds the role is enough where one is.
    let mut world = ready("decide_roles = [\"security\"]");
    world.decide("sam", Decision::Go);
    world.assert_go();
    // @sam holds both roles, and is still one person.
    let mut world = ready("decide = 2\ndecide_roles = [\"sre\", \"security\"]");
    world.decide("sam", Decision::Go);
    let message = missing(&world);
    assert!(message.contains("1 more"), "{message}");
    world.decide("rita", Decision::Go);
    world.assert_go();
}

#[test]
fn a_conditional_go_and_a_go_go_together_once_its_conditions_are_met() {
    let mut world = ready("decide = 2");
    let conditional = world.decide_if("rolf", vec![condition("c1", 60)]);
    let go = world.decide("rita", Decision::Go);
    // Both have decided, so nobody else is waited for.
    let report = world.assert_not(Answer::NoGo, Code::ConditionOpen);
    assert!(report.verdict.reasons.iter().all(|reason| reason.code == Code::ConditionOpen), "{:#?}", report.verdict.reasons);
    assert!(report.decisions.iter().any(|decision| decision.record == go && decision.holds));
    world.met("dana", conditional, "c1");
    world.assert_go();
    // Not the other way round: a conditional go is a word against every decision that had not seen it.
    let mut world = ready("decide = 2");
    world.decide("rita", Decision::Go);
    let conditional = world.decide_if("rolf", vec![condition("c1", 60)]);
    world.met("dana", conditional, "c1");
    let message = missing(&world);
    assert!(message.starts_with("@rolf"), "{message}");
    world.decide("rita", Decision::Go);
    world.assert_go();
}

#[test]
fn the_conditions_of_all_of_them_must_be_met() {
    // Each has to decide over the other's, so the first says go again once the second has set conditions of their own.
    let mut world = ready("decide = 2");
    let first = world.decide_if("rolf", vec![condition("c1", 60)]);
    let second = world.decide_if("rita", vec![condition("c2", 60)]);
    world.met("dana", first, "c1");
    world.met("dana", second, "c2");
    assert_ne!(world.report().verdict.answer, Answer::Go, "the first is suspended by the second");
    let mut again = world.clone();
    again.decide("rolf", Decision::Go);
    again.assert_go();
    // With one of them open there is none.
    let mut world = ready("decide = 2");
    let conditional = world.decide_if("rita", vec![condition("c1", 60), condition("c2", 60)]);
    world.decide("rolf", Decision::Go);
    world.met("dana", conditional, "c1");
    world.assert_not(Answer::NoGo, Code::ConditionOpen);
    world.met("dana", conditional, "c2");
    world.assert_go();
}

#[test]
fn a_no_go_stands_in_the_way_of_all_of_them() {
    let mut world = ready("decide = 2");
    world.decide("rolf", Decision::Go);
    world.decide("rita", Decision::Go);
    world.assert_go();
    world.decide("sam", Decision::NoGo);
    let report = world.assert_not(Answer::NoGo, Code::DecidedNoGo);
    assert_eq!(report.state, ReleaseState::NoGo);
    world.decide("rolf", Decision::Go);
    missing(&world);
    world.decide("rita", Decision::Go);
    world.assert_go();
}
