//! Decisions: who decides, on what, and what stands against it.

use relsign::model::finding::Code;
use relsign::model::record::{Body, Decide, Decision, PreviousRelease, SignVerdict};
use relsign::model::report::{Answer, ReleaseState};

use crate::world::{World, assert_cited, closed, finding, object, rolled, time};

#[test]
fn nothing_is_go_before_somebody_decides() {
    let world = World::ready();
    let report = world.assert_not(Answer::NoGo, Code::NotDecided);
    assert_eq!(report.state, ReleaseState::Open);
    assert!(report.items.iter().all(|item| item.state.is_settled()));
}

#[test]
fn go_rests_on_a_decision_that_is_named() {
    let (world, go) = World::gone();
    let report = world.assert_go();
    assert_eq!(report.verdict.decision, Some(go));
    assert_eq!((report.state, report.heads.as_slice()), (ReleaseState::Go, [go].as_slice()));
    assert!(report.verdict.reasons.is_empty());
}

#[test]
fn whoever_may_not_decide_decides_nothing() {
    for (who, code) in [
        ("sam", Code::DecisionUnauthorised),
        ("ci", Code::MachineNotPerson),
        ("rita-lost", Code::KeyCompromised),
        ("olga", Code::DecisionUnauthorised),
    ] {
        let mut world = World::ready();
        let go = world.decide(who, Decision::Go);
        let report = world.assert_not(Answer::NoGo, code);
        assert_cited(&report, code, go, who);
    }
}

#[test]
fn a_decider_claims_no_role_of_others() {
    let mut world = World::ready();
    let manifest = world.ids();
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rolf", body).role("qa");
    let go = world.put(draft);
    let report = world.assert_not(Answer::NoGo, Code::RoleNotHeld);
    assert_cited(&report, Code::RoleNotHeld, go, "rolf");
}

#[test]
fn go_without_basis_holds_not_even_when_the_rest_is_signed_later() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::Done);
    let go = world.decide("rolf", Decision::Go);
    world.ready_all();
    let report = world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
    assert_cited(&report, Code::DecisionWithoutBasis, go, "rolf");
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn no_go_after_go_and_go_after_no_go() {
    let (mut world, _) = World::gone();
    let no = world.decide("rita", Decision::NoGo);
    let report = world.assert_not(Answer::NoGo, Code::DecidedNoGo);
    assert_cited(&report, Code::DecidedNoGo, no, "rita");
    assert_eq!(report.state, ReleaseState::NoGo);
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn of_concurrent_decisions_the_no_wins() {
    let mut world = World::ready();
    let (seen, manifest) = (world.heads(), world.ids());
    world.decide("rolf", Decision::Go);
    for against in [Decision::NoGo, Decision::ConditionalGo] {
        let mut world = world.clone();
        let body = Body::Decide(Decide { decision: against, manifest: manifest.clone(), conditions: vec![], reason: None });
        let draft = world.draft("rita", body).parents(&seen).at(time(-100));
        world.put(draft);
        world.assert_not(Answer::NoGo, Code::UnseenNegative);
    }
}

#[test]
fn two_concurrent_decisions_to_go_are_go() {
    let mut world = World::ready();
    let (seen, manifest) = (world.heads(), world.ids());
    world.decide("rolf", Decision::Go);
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rita", body).parents(&seen);
    world.put(draft);
    world.assert_go();
}

#[test]
fn a_conditional_go_is_no_until_its_conditions_are_met() {
    let mut world = World::ready();
    world.decide("rolf", Decision::ConditionalGo);
    let report = world.assert_not(Answer::NoGo, Code::ConditionOpen);
    assert_eq!(report.state, ReleaseState::ConditionalGo);
}

#[test]
fn a_manifest_must_hold_the_open_record_and_what_its_records_had_seen() {
    let mut world = World::ready();
    let all = world.ids();
    let without_open: Vec<_> = all.iter().copied().filter(|id| *id != world.open).collect();
    let mut first = world.clone();
    first.decide_on("rolf", Decision::Go, without_open);
    let report = first.assert_not(Answer::CannotDecide, Code::RecordMissing);
    assert!(report.findings.iter().any(|finding| finding.code == Code::DecisionWithoutBasis));
    let last = world.sign("dana", "runbook", SignVerdict::Approve);
    let later = world.sign("dana", "tests", SignVerdict::Approve);
    let gap: Vec<_> = world.ids().into_iter().filter(|id| *id != last).collect();
    world.decide_on("rolf", Decision::Go, gap);
    let report = world.assert_not(Answer::CannotDecide, Code::RecordMissing);
    assert_eq!(finding(&report, Code::RecordMissing, last).policy, Some(1));
    let _ = later;
}

#[test]
fn a_previous_release_named_by_hand_takes_another_person_to_decide() {
    let overridden = || {
        let mut world = World::opened(|open| {
            open.previous = Some(PreviousRelease {
                tag: "refs/tags/v2.3.0".parse().unwrap(),
                tag_object: object(1),
                commit: object(2),
                overridden: true,
            });
        });
        world.ready_all();
        world
    };
    let mut alone = overridden();
    alone.decide("rita", Decision::Go);
    let report = alone.assert_not(Answer::NoGo, Code::PreviousOverridden);
    assert_cited(&report, Code::PreviousOverridden, alone.open, "rita");
    let mut two = overridden();
    two.decide("rolf", Decision::Go);
    two.assert_go();
}

#[test]
fn another_checklist_than_the_policys_takes_another_person_to_decide() {
    let named = || {
        let mut world = World::opened(|open| open.checklist.path = "docs/easy.md".to_owned());
        world.ready_all();
        world
    };
    let mut alone = named();
    alone.decide("rita", Decision::Go);
    let report = alone.assert_not(Answer::NoGo, Code::ChecklistOverridden);
    assert_cited(&report, Code::ChecklistOverridden, alone.open, "rita");
    let mut two = named();
    two.decide("rolf", Decision::Go);
    two.assert_go();
}

#[test]
fn a_claimed_time_still_to_come_does_not_count() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let skew = 300;
    let edge = world.draft("sam", Body::Sign(body.clone())).at(world.as_of.plus(skew));
    let mut within = world.clone();
    within.put(edge.clone());
    within.sign("rita", "runbook", SignVerdict::Approve);
    within.assert_item("runbook", relsign::model::report::ItemState::Satisfied);
    let late = world.put(edge.at(time(100_000).plus(skew + 1)));
    let report = world.assert_item("runbook", relsign::model::report::ItemState::Pending);
    assert_cited(&report, Code::TimeInFuture, late, "sam");
}

#[test]
fn a_decision_in_the_future_does_not_hold_yet() {
    let mut world = World::ready();
    let manifest = world.ids();
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rolf", body).at(time(100_010));
    world.put(draft);
    world.assert_not(Answer::NoGo, Code::TimeInFuture);
    world.as_of = time(100_005);
    world.assert_go();
}

#[test]
fn a_no_go_that_its_author_took_back_holds_no_more() {
    let mut world = World::ready();
    let no_go = world.decide("rolf", Decision::NoGo);
    let report = world.assert_not(Answer::NoGo, Code::DecidedNoGo);
    assert_eq!(report.state, ReleaseState::NoGo);
    let lost = world.clone();
    world.withdraw("rolf", no_go);
    let report = world.assert_not(Answer::NoGo, Code::NotDecided);
    assert!(report.decisions.iter().all(|decision| !decision.holds));
    assert_eq!(report.state, ReleaseState::Open);
    assert_cited(&report, Code::DecisionWithdrawn, no_go, "rolf");
    let go = world.decide("rita", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    // A lost key takes no no-go back.
    let mut world = lost;
    let by_rita = world.decide("rita", Decision::NoGo);
    world.withdraw("rita-lost", by_rita);
    assert!(world.report().decisions.iter().all(|decision| decision.holds));
}

#[test]
fn a_release_that_was_taken_back_or_given_up_is_taken_up_by_a_new_decision_only() {
    use relsign::model::record::{Outcome, RollbackEvent};
    let rollback = rolled(RollbackEvent::Start);
    let abandoned = closed(Outcome::Abandoned);
    for body in [Body::Rollback(rollback), Body::Close(abandoned)] {
        let (mut world, _) = World::gone();
        let (seen, before) = (world.heads(), world.ids());
        let end = world.by("rita", body.clone());
        let report = world.assert_not(Answer::NoGo, Code::ReleaseEnded);
        assert_cited(&report, Code::ReleaseEnded, end, "rita");
        assert!(matches!(report.state, ReleaseState::RollingBack | ReleaseState::Abandoned));
        // Its author can't take it back, and a decision that had not seen it changes nothing.
        let mut other = world.clone();
        other.withdraw("rita", end);
        let blind = Body::Decide(Decide { decision: Decision::Go, manifest: before, conditions: vec![], reason: None });
        let draft = other.draft("rolf", blind).parents(&seen);
        other.put(draft);
        other.assert_not(Answer::NoGo, Code::ReleaseEnded);
        let go = world.decide("rolf", Decision::Go);
        assert_eq!(world.assert_go().verdict.decision, Some(go));
        // Whoever may not do it ends nothing.
        let (mut world, go) = World::gone();
        world.by("quin", body);
        assert_eq!(world.assert_go().verdict.decision, Some(go));
    }
}

#[test]
fn what_was_named_by_hand_takes_as_many_people_as_the_policy_says() {
    let policy = format!("{}\n[thresholds]\nprevious = 3\n", crate::cast::POLICY).replace(
        "roles = [\"qa\"]\nkeys = [{ key = \"KEY:quin\" }]",
        "roles = [\"qa\", \"release-manager\"]\nkeys = [{ key = \"KEY:quin\" }]",
    );
    let mut world = World::with_policy(&policy);
    world.open_by("rita", |open| {
        open.previous = Some(PreviousRelease {
            tag: "refs/tags/v2.3.0".parse().unwrap(),
            tag_object: object(0x51),
            commit: object(0x52),
            overridden: true,
        });
    });
    world.ready_all();
    world.decide("rita", Decision::Go);
    let report = world.assert_not(Answer::NoGo, Code::PreviousOverridden);
    assert!(report.verdict.reasons.iter().any(|reason| reason.message().contains("2 more")), "{:#?}", report.verdict.reasons);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::PreviousOverridden);
    // The same person again is nobody new.
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::PreviousOverridden);
    let go = world.decide("quin", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn a_previous_release_that_did_not_pass_is_no_beginning_of_a_range() {
    use crate::world::{plain_open, read_again};
    use relsign::evaluate::context::Reread;
    for (code, answer) in [(Code::PreviousUnproven, Answer::NoGo), (Code::PreviousNotHere, Answer::CannotDecide)] {
        let mut world = World::opened(|open| {
            open.previous = Some(PreviousRelease {
                tag: "refs/tags/v2.3.0".parse().unwrap(),
                tag_object: object(0x51),
                commit: object(0x52),
                overridden: false,
            });
        });
        world.ready_all();
        world.decide("rolf", Decision::Go);
        let open = world.open;
        world.reread.insert(open, read_again(&plain_open()));
        world.assert_go();
        world.reread.insert(
            open,
            Reread { previous: Some(crate::world::finding_of(code, "it did not pass")), ..read_again(&plain_open()) },
        );
        let report = world.assert_not(answer, code);
        assert_cited(&report, code, open, "rita");
    }
}

#[test]
fn only_a_decision_that_counts_for_this_release_agrees_with_what_was_named_by_hand() {
    let by_hand = |open: &mut relsign::model::record::Open| {
        open.previous = Some(PreviousRelease {
            tag: "refs/tags/v2.3.0".parse().unwrap(),
            tag_object: object(1),
            commit: object(2),
            overridden: true,
        });
    };
    // @sam may not decide.
    let mut world = World::opened(by_hand);
    world.ready_all();
    world.decide("sam", Decision::Go);
    world.decide("rita", Decision::Go);
    world.assert_not(Answer::NoGo, Code::PreviousOverridden);

    // @rolf may, and decided on the release of another environment.
    let mut world = World::opened(|open| open.environment = "staging".parse().unwrap());
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.open_by("rita", by_hand);
    world.ready_all();
    world.environment = Some("production".parse().unwrap());
    world.decide("rita", Decision::Go);
    world.assert_not(Answer::NoGo, Code::PreviousOverridden);
    world.decide("rolf", Decision::Go);
    world.assert_go();
}
