//! Words against a release: they count for any key that was ever listed, and only few things answer them.

use relsign::model::finding::Code;
use relsign::model::record::{
    Action, ActionEvent, Body, CheckResult, Decision, Disregard, ItemRef, Outcome, Phase, RollbackEvent, SignVerdict, Withdraw,
};
use relsign::model::report::{Answer, ItemState, ReleaseState};

use crate::logs::{action, check, rollback, words_against};
use crate::world::{Draft, World, assert_cited, checked, closed, digest, find_item, has, item};

#[test]
fn every_word_against_that_the_decision_had_not_seen_suspends_it() {
    let (world, _) = World::gone();
    world.assert_go();
    for (who, body) in words_against(&world) {
        let mut world = world.clone();
        let id = world.by(who, body.clone());
        // What ends a release says so itself.
        let ends = match &body {
            Body::Rollback(rollback) => rollback.event == RollbackEvent::Start,
            body => matches!(body, Body::Close(_)),
        };
        let report = world.assert_not(Answer::NoGo, if ends { Code::ReleaseEnded } else { Code::DecisionSuspended });
        assert_cited(&report, Code::UnseenNegative, id, who);
        assert!(report.verdict.decision.is_none() && report.state != ReleaseState::Go);
    }
}

#[test]
fn words_against_without_the_right_suspend_nothing() {
    let (mut world, _) = World::gone();
    let reject = world.sign("olga", "runbook", SignVerdict::Reject);
    world.sign("dana", "runbook", SignVerdict::Partial);
    world.by("quin", Body::Close(closed(Outcome::Abandoned)));
    world.decide("sam", Decision::NoGo);
    world.withdraw("dana", reject);
    let report = world.assert_go();
    assert_cited(&report, Code::NotAuthorised, reject, "olga");
}

#[test]
fn somebody_who_gives_himself_an_item_gets_no_right_to_speak_against_it() {
    let (mut world, _) = World::gone();
    world.by(
        "olga",
        Body::Assign(relsign::model::record::Assign {
            item: Some(ItemRef { id: "runbook".parse().unwrap(), digest: digest(1) }),
            stage: None,
            owner: "@olga".parse().unwrap(),
            reason: "mine".to_owned(),
        }),
    );
    world.sign("olga", "runbook", SignVerdict::Reject);
    world.assert_go();
}

#[test]
fn a_positive_that_came_later_is_only_noted() {
    let (mut world, go) = World::gone();
    let later = world.sign("dana", "runbook", SignVerdict::Approve);
    let report = world.assert_go();
    assert_eq!(report.verdict.decision, Some(go));
    assert_cited(&report, Code::UnseenRecord, later, "dana");
    // Neither what the decision had seen nor what is no word on an item is told so.
    world.by(
        "rita",
        Body::Disregard(Disregard { record: relsign::model::ids::RecordId::from_bytes([9; 32]), reason: "gone".to_owned() }),
    );
    let noted: Vec<_> = world.assert_go().findings.into_iter().filter(|found| found.code == Code::UnseenRecord).collect();
    assert_eq!(noted.iter().map(|found| found.record).collect::<Vec<_>>(), [Some(later)]);
}

#[test]
fn a_reject_blocks_until_its_author_withdraws_it_inside_a_new_manifest() {
    let (mut world, _) = World::gone();
    let reject = world.sign("dana", "runbook", SignVerdict::Reject);
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert_eq!(find_item(&report, "runbook").state, ItemState::Rejected);
    let mut blind = world.clone();
    blind.decide("rolf", Decision::Go);
    blind.assert_not(Answer::NoGo, Code::RejectOpen);
    // Neither somebody else nor a withdrawal outside the manifest helps.
    let other = world.withdraw("rita", reject);
    let report = world.report();
    assert_cited(&report, Code::WithdrawOfOthers, other, "rita");
    let withdrawal = world.withdraw("dana", reject);
    world.assert_not(Answer::NoGo, Code::UnseenNegative);
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    // And a withdrawal is never withdrawn.
    world.withdraw("dana", withdrawal);
    world.assert_go();
}

#[test]
fn a_lost_key_withdraws_no_reject() {
    for verdict in [SignVerdict::Reject, SignVerdict::Partial] {
        let mut world = World::ready();
        let against = world.sign("rita", "runbook", SignVerdict::Reject);
        world.withdraw("rita-lost", against);
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::RejectOpen);

        let mut world = World::ready();
        let against = world.sign("sam", "runbook", verdict);
        world.withdraw("sam-old", against);
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
    }
}

#[test]
fn a_retired_key_can_still_take_back_an_approval() {
    let mut world = World::ready();
    let approval = world.sign("sam", "tests", SignVerdict::Approve);
    let first = world.lines.iter().map(|(id, _)| *id).nth(4).unwrap();
    world.withdraw("sam-old", approval);
    world.withdraw("sam-old", first);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::ItemOpen);
}

#[test]
fn a_retired_key_approves_nothing_but_its_reject_counts() {
    let mut world = World::opened(|_| {});
    let done = world.sign("sam-old", "runbook", SignVerdict::Done);
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_cited(&report, Code::KeyRetired, done, "sam-old");
    let reject = world.sign("sam-old", "tests", SignVerdict::Reject);
    let report = world.assert_item("tests", ItemState::Rejected);
    assert!(report.items[1].sign_offs.iter().any(|word| word.record == reject && word.counts));
}

#[test]
fn withdrawing_a_needed_approval_suspends_however_the_withdrawal_is_addressed() {
    let (world, go) = World::gone();
    let approval = world.lines[2].0;
    for target in [approval, go] {
        let author = if target == go { "rolf" } else { "rita" };
        for addressed in [Some(world.open), None, Some(target)] {
            let mut world = world.clone();
            let body = Body::Withdraw(Withdraw { record: target, reason: "I was wrong".to_owned() });
            let draft = world.draft(author, body).under(addressed);
            let id = world.put(draft);
            let report = world.report();
            assert_ne!(report.verdict.answer, Answer::Go, "addressed to {addressed:?}");
            assert!(report.findings.iter().any(|f| f.code == Code::UnseenNegative && f.record == Some(id)));
        }
    }
}

#[test]
fn rejects_of_a_text_that_is_not_the_opened_one_still_block() {
    let mut world = World::ready();
    let mut body = world.sign_body("runbook", SignVerdict::Reject);
    body.item.as_mut().unwrap().digest = digest(9);
    world.by("dana", Body::Sign(body));
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::RejectOpen);

    let mut world = World::ready();
    let mut body = world.sign_body("runbook", SignVerdict::Reject);
    body.item.as_mut().unwrap().id = "elsewhere".parse().unwrap();
    let reject = world.by("dana", Body::Sign(body));
    let mut refused = world.clone();
    refused.decide("rolf", Decision::Go);
    let report = refused.assert_not(Answer::NoGo, Code::RejectOpen);
    assert_cited(&report, Code::RejectOpen, reject, "dana");
    world.withdraw("dana", reject);
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn a_reject_blocks_whatever_the_phase_of_its_item() {
    for (phase, optional) in [(Phase::After, false), (Phase::OnRollback, false), (Phase::Before, true)] {
        let mut world = World::opened(|open| {
            let mut third = item(3, "third", phase);
            third.optional = optional;
            open.items.push(third);
        });
        world.ready_all();
        world.sign("dana", "third", SignVerdict::Reject);
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::RejectOpen);
    }
}

#[test]
fn a_record_of_an_unknown_kind_speaks_against_and_blocks_inside_a_manifest() {
    let (mut world, _) = World::gone();
    let veto = world.veto("olga");
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert_cited(&report, Code::UnseenNegative, veto, "olga");
    world.decide("rolf", Decision::Go);
    let report = world.assert_not(Answer::NoGo, Code::KindUnknown);
    assert!(report.findings.iter().any(|f| f.code == Code::KindUnknown && f.record == Some(veto) && f.key.is_some()));
}

#[test]
fn an_abandoned_release_says_so() {
    let (mut world, _) = World::gone();
    assert_eq!(world.report().state, ReleaseState::Go);
    world.by("rita", Body::Close(closed(Outcome::Abandoned)));
    assert_eq!(world.report().state, ReleaseState::Abandoned);
}

#[test]
fn a_machine_that_disregards_is_nobody() {
    let (mut world, _) = World::gone();
    let lost = relsign::model::ids::RecordId::from_bytes([9; 32]);
    world.by("ci", Body::Disregard(Disregard { record: lost, reason: "gone".to_owned() }));
    let report = world.assert_go();
    assert!(!has(&report, Code::RecordMissing));
}

// The next two were found by the second evaluator of tests/second.

#[test]
fn an_owners_partial_counts_in_whatever_role_and_on_whatever_text() {
    for spoil in [
        |draft: Draft| draft.role("qa"),
        |mut draft: Draft| {
            if let Body::Sign(sign) = &mut draft.record.body {
                sign.item.as_mut().unwrap().digest = digest(9);
            }
            draft
        },
    ] {
        let mut world = World::ready();
        let body = world.sign_body("runbook", SignVerdict::Partial);
        let draft = spoil(world.draft("sam", Body::Sign(body)));
        world.put(draft);
        world.assert_item("runbook", ItemState::Partial);
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::ItemOpen);
    }
}

#[test]
fn a_failed_check_of_another_text_holds_an_item_back_too() {
    let check = |result, digest| checked("runbook", digest, result);
    let mut world = World::ready();
    world.by("ci", check(CheckResult::Failed, digest(9)));
    let mut refused = world.clone();
    refused.decide("rolf", Decision::Go);
    refused.assert_not(Answer::NoGo, Code::CheckFailed);
    // A check that holds is a word in favour, which is for the text that was opened only.
    world.by("ci", check(CheckResult::Passed, digest(9)));
    world.assert_item("runbook", ItemState::Done);
    world.by("ci", check(CheckResult::Passed, digest(1)));
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

// The rest was found by changing the program: no test had noticed.

#[test]
fn what_is_not_against_or_by_somebody_who_may_not_say_it_suspends_nothing() {
    let runbook = || ItemRef { id: "runbook".parse().unwrap(), digest: digest(1) };
    let (world, go) = World::gone();
    for (who, body) in [
        ("ci", Body::Check(check(runbook(), CheckResult::Passed))),
        ("olga", Body::Check(check(runbook(), CheckResult::Failed))),
        ("rita", Body::Action(Action { event: ActionEvent::Done, ..action() })),
        ("olga", Body::Action(action())),
    ] {
        let mut world = world.clone();
        world.by(who, body.clone());
        assert_eq!(world.assert_go().verdict.decision, Some(go), "{who}: {body:?}");
    }
}

#[test]
fn words_against_without_the_right_stop_no_later_decision_either() {
    let runbook = ItemRef { id: "runbook".parse().unwrap(), digest: digest(1) };
    let mut elsewhere = World::empty().sign_body("runbook", SignVerdict::Reject);
    elsewhere.item.as_mut().unwrap().id = "elsewhere".parse().unwrap();
    for (who, body) in [
        ("olga", Body::Sign(elsewhere)),
        ("olga", Body::Check(check(runbook, CheckResult::Failed))),
        ("quin", Body::Rollback(rollback())),
        ("quin", Body::Close(closed(Outcome::Abandoned))),
    ] {
        let mut world = World::ready();
        world.by(who, body);
        let go = world.decide("rolf", Decision::Go);
        let report = world.assert_go();
        assert_eq!((report.verdict.decision, report.state), (Some(go), ReleaseState::Go));
    }
}

#[test]
fn words_against_the_release_of_another_environment_are_not_against_this_one() {
    let mut world = World::opened(|open| open.environment = "staging".parse().unwrap());
    let staging = world.open;
    world.open_by("rita", |_| {});
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.environment = Some("production".parse().unwrap());
    world.assert_go();
    for (who, body) in words_against(&world).into_iter().filter(|(_, body)| !matches!(body, Body::Open(_))) {
        let mut world = world.clone();
        let draft = world.draft(who, body).under(Some(staging));
        let id = world.put(draft);
        world.assert_go();
        world.environment = Some("staging".parse().unwrap());
        let report = world.report();
        assert!(report.records.iter().any(|record| record.id == id));
        assert_ne!(report.verdict.answer, Answer::Go);
    }
}
