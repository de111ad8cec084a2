//! The state of a release, the environments it was opened for, who signed its tag, and when its name is spent.

use std::collections::BTreeSet;

use relsign::evaluate::context::TagSignature;
use relsign::evaluate::{environments, spends_name, tag_signer};
use relsign::model::finding::Code;
use relsign::model::record::{Body, Decision, Outcome, ReleaseType, RollbackEvent, SignVerdict, StageEvent, Withdraw};
use relsign::model::report::{Answer, ReleaseState};
use relsign::sign::verify::verify_line;

use crate::cast::{POLICY, key};
use crate::world::{World, closed, has, moved, named, plain_open, rolled};

fn stage(event: StageEvent) -> Body {
    Body::Stage(moved("canary", event))
}

fn close(outcome: Outcome) -> Body {
    Body::Close(closed(outcome))
}

fn rollback() -> Body {
    Body::Rollback(rolled(RollbackEvent::Start))
}

#[test]
fn a_release_goes_through_its_states_as_those_who_may_say_so() {
    let mut world = World::opened(|open| open.stages = vec![named("canary", None, None)]);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().state, ReleaseState::Go);
    for body in [stage(StageEvent::Enter), close(Outcome::Completed)] {
        world.by("quin", body);
        assert_eq!(world.assert_go().state, ReleaseState::Go, "whoever may not changes no state");
    }
    world.by("rita", stage(StageEvent::Pass));
    assert_eq!(world.assert_go().state, ReleaseState::Go, "only entering a stage begins a roll-out");
    let enter = world.by("rita", stage(StageEvent::Enter));
    assert_eq!(world.assert_go().state, ReleaseState::Out, "its only stage is its last");
    let mut back = world.clone();
    back.withdraw("rita", enter);
    back.decide("rolf", Decision::Go);
    assert_eq!(back.assert_go().state, ReleaseState::Go, "what its author took back was nothing");
    world.by("rita", close(Outcome::Completed));
    assert_eq!(world.assert_go().state, ReleaseState::Out, "a stage that has not passed is not completed");
    world.by("rita", stage(StageEvent::Pass));
    let done = world.by("rita", close(Outcome::Completed));
    assert_eq!(world.assert_go().state, ReleaseState::Completed);
    let mut back = world.clone();
    back.withdraw("rita", done);
    assert_eq!(back.report().state, ReleaseState::Completed, "an end is not withdrawn");
    world.by("rita", rollback());
    assert_eq!(world.report().state, ReleaseState::RollingBack);
    world.by("rita", Body::Rollback(rolled(RollbackEvent::Done)));
    assert_eq!(world.report().state, ReleaseState::RolledBack);
    world.by("rita", close(Outcome::Abandoned));
    assert_eq!(world.report().state, ReleaseState::Abandoned);
}

#[test]
fn nothing_is_rolled_out_or_completed_that_is_not_in_go() {
    let mut world = World::ready();
    world.by("rita", stage(StageEvent::Enter));
    assert_eq!(world.report().state, ReleaseState::Open);
    world.by("rita", close(Outcome::Completed));
    assert_eq!(world.report().state, ReleaseState::Open);

    // A decision holds, and the tag is not what was signed.
    let (mut world, _) = World::gone();
    world.tag.object.as_mut().unwrap().inner_name = "v9.9.9".to_owned();
    let report = world.assert_not(Answer::Tampered, Code::TagNameMismatch);
    assert_eq!(report.state, ReleaseState::Open);
    assert!(report.decisions[0].holds);
}

#[test]
fn a_decision_is_suspended_by_a_word_against_and_by_nothing_else() {
    let (mut world, _) = World::gone();
    world.sign("quin", "tests", SignVerdict::Reject);
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert!(has(&report, Code::DecisionSuspended));

    let mut world = World::opened(|_| {});
    world.decide("rolf", Decision::Go);
    let report = world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
    assert!(!has(&report, Code::DecisionSuspended));
}

#[test]
fn environments_are_those_that_somebody_who_ever_might_opened() {
    let names = |world: &World| {
        let found = environments(&world.context(), &world.verify().records);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let mut world = World::opened(|_| {});
    assert_eq!(names(&world), ["production"]);
    world.open_by("quin", |open| open.environment = "canary".parse().unwrap());
    assert_eq!(names(&world), ["production"], "@quin may not open");
    let staging = world.open_by("rolf", |open| open.environment = "staging".parse().unwrap());
    assert_eq!(names(&world), ["production", "staging"]);
    let body = Body::Withdraw(Withdraw { record: staging, reason: "a mistake".to_owned() });
    let draft = world.draft("rolf", body).under(Some(staging));
    world.put(draft);
    assert_eq!(names(&world), ["production"]);
    // A key that went bad must not make one environment of two: the GO of the other would answer for both.
    world.open_by("rita-lost", |open| open.environment = "canary".parse().unwrap());
    assert_eq!(names(&world), ["canary", "production"]);
}

#[test]
fn the_signer_of_a_tag_is_a_person_whose_key_was_good_when_it_was_opened() {
    let mut world = World::opened(|_| {});
    let governing = world.chain.head().head();
    let signer = |world: &World| tag_signer(&world.context(), Some(governing)).map(|handle| handle.to_string());
    assert_eq!(signer(&world), None, "there is no signature");
    let by = |name: &str| TagSignature::Verified(crate::cast::holder(name), key(name).public().fingerprint().clone());
    for (signature, expected) in [
        (by("tara"), Some("@tara")),
        (by("sam-old"), None),
        (by("rita-lost"), None),
        (by("ci"), None),
        (by("stranger"), None),
        (TagSignature::Unverified(relsign::model::finding::NoSigner::NotSsh), None),
    ] {
        world.tag.object.as_mut().unwrap().signature = Some(signature);
        assert_eq!(signer(&world).as_deref(), expected);
        assert_eq!(tag_signer(&world.context(), None), None, "nothing governs");
    }
    world.tag.object = None;
    assert_eq!(signer(&world), None);
}

#[test]
fn a_name_is_spent_by_whoever_might_ever_open_such_a_release() {
    let allowing = format!("{POLICY}\n[authority.open]\nemergency = [\"qa\"]\n");
    let mut world = World::with_policy(&allowing);
    world.advance(POLICY, &[]);
    let mut spends = |key_name: &str, release_type: ReleaseType| {
        let mut open = plain_open();
        open.release_type = release_type;
        let line = world.draft(key_name, Body::Open(Box::new(open))).seal().1;
        spends_name(&world.chain, &verify_line(&line, &world.keyring, &world.root()).unwrap())
    };
    assert!(spends("rita", ReleaseType::Normal));
    assert!(spends("rita-lost", ReleaseType::Normal), "whatever became of the key");
    assert!(spends("quin", ReleaseType::Emergency), "an earlier version allowed it");
    assert!(!spends("quin", ReleaseType::Normal));
    assert!(!spends("ci", ReleaseType::Normal), "a machine opens nothing");
    let mut world = World::opened(|_| {});
    world.sign("rita", "runbook", SignVerdict::Approve);
    let log = world.verify();
    let spending: BTreeSet<_> =
        log.records.values().filter(|verified| spends_name(&world.chain, verified)).map(|verified| verified.id()).collect();
    assert_eq!(spending, [world.open].into());
}
