//! Waivers: how many people, until when, and over whose reject.

use relsign::model::finding::Code;
use relsign::model::record::{Body, Decide, Decision, SignVerdict};
use relsign::model::report::{Answer, ItemState, Report};

use crate::world::{World, assert_cited, has, time};

fn all_but_the_runbook() -> World {
    let mut world = World::opened(|_| {});
    world.sign("quin", "tests", SignVerdict::Done);
    world.sign("sam", "tests", SignVerdict::Approve);
    world
}

#[track_caller]
fn exception_holds(report: &Report) -> bool {
    assert_eq!(report.exceptions.len(), 1);
    report.exceptions[0].holds
}

#[test]
fn a_waiver_by_whoever_may_settles_an_item_and_is_shown_first() {
    let mut world = all_but_the_runbook();
    let without = world.sign("quin", "runbook", SignVerdict::Waive);
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_cited(&report, Code::NotAuthorised, without, "quin");
    world.sign("rita", "runbook", SignVerdict::Waive);
    world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert!(exception_holds(&report) && has(&report, Code::Waived));
}

#[test]
fn a_waiver_needs_as_many_people_as_the_item_says_and_a_word_that_forbids_it_stands() {
    let mut world = World::opened(|open| {
        open.items[0].requirements.waiver_people = 2;
        open.items[1].requirements.waiver_people = 0;
    });
    world.sign("sam", "runbook", SignVerdict::Waive);
    world.sign("sam-two", "runbook", SignVerdict::Waive);
    world.sign("rita", "tests", SignVerdict::Waive);
    world.sign("rolf", "tests", SignVerdict::Waive);
    let report = world.assert_item("runbook", ItemState::Pending);
    assert!(has(&report, Code::WaiverShort));
    world.assert_item("tests", ItemState::Pending);
    world.sign("rita", "runbook", SignVerdict::Waive);
    world.assert_item("runbook", ItemState::Waived);
}

#[test]
fn a_waiver_has_ended_at_its_expiry_as_seen_from_the_decision() {
    let make = |decided: i64| {
        let mut world = all_but_the_runbook();
        let mut body = world.sign_body("runbook", SignVerdict::Waive);
        body.expires = Some(time(500));
        let waiver = world.by("rita", Body::Sign(body));
        let manifest = world.ids();
        let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
        let draft = world.draft("rolf", body).at(time(decided));
        world.put(draft);
        (world, waiver)
    };
    // Today the waiver has long ended; the decision rests on it none the less.
    let (world, waiver) = make(499);
    let report = world.assert_go();
    assert_cited(&report, Code::WaiverExpired, waiver, "rita");
    assert_eq!(report.items[0].state, ItemState::Pending);
    let (world, _) = make(500);
    world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
    // A word in the manifest that was signed after the waiver ended moves the decision's time with it.
    let (mut world, _) = make(499);
    let go = world.lines.last().unwrap().0;
    world.hide(&[go]);
    let body = world.sign_body("tests", SignVerdict::Approve);
    let draft = world.draft("dana", Body::Sign(body)).at(time(501));
    world.put(draft);
    let manifest = world.ids();
    let body = Body::Decide(Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
    let draft = world.draft("rolf", body).at(time(499));
    world.put(draft);
    world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
}

#[test]
fn two_people_who_name_a_reject_set_it_aside() {
    let mut world = all_but_the_runbook();
    let reject = world.sign("dana", "runbook", SignVerdict::Reject);
    // One person, or one person twice, or a waiver that doesn't name it, is not enough.
    world.waive_over("sam", "runbook", &[reject]);
    world.waive_over("sam-two", "runbook", &[reject]);
    world.sign("rolf", "runbook", SignVerdict::Waive);
    world.assert_item("runbook", ItemState::Rejected);
    world.waive_over("rita", "runbook", &[reject]);
    world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert_cited(&report, Code::OverriddenReject, reject, "dana");
    assert_eq!(report.exceptions[0].over, [reject]);
}

#[test]
fn nobody_waives_over_a_reject_of_their_own() {
    let mut world = all_but_the_runbook();
    let reject = world.sign("rita", "runbook", SignVerdict::Reject);
    world.waive_over("rita", "runbook", &[reject]);
    world.waive_over("rolf", "runbook", &[reject]);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::RejectOpen);
}

#[test]
fn a_reject_is_not_set_aside_by_fewer_people_than_a_waiver_takes() {
    let mut world = World::opened(|open| open.items[0].requirements.waiver_people = 3);
    world.ready_all();
    let reject = world.sign("dana", "runbook", SignVerdict::Reject);
    world.waive_over("sam", "runbook", &[reject]);
    world.waive_over("rita", "runbook", &[reject]);
    world.assert_item("runbook", ItemState::Rejected);
    world.waive_over("rolf", "runbook", &[reject]);
    world.assert_item("runbook", ItemState::Waived);
}

#[test]
fn every_reject_has_to_be_named() {
    let mut world = all_but_the_runbook();
    let one = world.sign("dana", "runbook", SignVerdict::Reject);
    let two = world.sign("quin", "runbook", SignVerdict::Reject);
    world.waive_over("sam", "runbook", &[one, two]);
    world.waive_over("rita", "runbook", &[one]);
    world.assert_item("runbook", ItemState::Rejected);
    world.waive_over("rolf", "runbook", &[two]);
    world.assert_item("runbook", ItemState::Waived);
}
