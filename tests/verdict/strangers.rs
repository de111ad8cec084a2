//! Authors whom the policy does not know: a release goes without knowing them where enough people say so of all of them.

use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision, Open, Sign, SignVerdict, UnknownAuthor};
use relsign::model::report::{Answer, ItemState};

use crate::world::{World, assert_cited, object, time};

/// A release with commits of two strangers.
fn opened(policy: &str) -> World {
    let mut world = World::with_policy(policy);
    world.open_by("rita", strange);
    world
}

fn strange(open: &mut Open) {
    for item in &mut open.items {
        item.requirements.waiver_people = 2;
    }
    open.implementers.unknown = vec!["Ann <ann@home>".to_owned(), "Bo <bo@home>".to_owned()];
}

fn accept(authors: &[&str]) -> Sign {
    let unknown = |author: &&str| UnknownAuthor { author: (*author).to_owned(), commits: vec![object(1)] };
    Sign {
        item: None,
        bake: None,
        unknown: authors.iter().map(unknown).collect(),
        verdict: SignVerdict::Waive,
        reason: Some("they came with the merger".to_owned()),
        ticket: None,
        expires: None,
        over: Vec::new(),
    }
}

const BOTH: &[&str] = &["Ann <ann@home>", "Bo <bo@home>"];

fn waive(world: &mut World, who: &str, authors: &[&str]) -> RecordId {
    world.by(who, Body::Sign(accept(authors)))
}

#[track_caller]
fn assert_reviews(world: &World, count: bool) {
    let mut world = world.clone();
    world.ready_all();
    world.sign("dana", "tests", SignVerdict::Approve);
    world.assert_item("runbook", if count { ItemState::Satisfied } else { ItemState::Done });
    assert_eq!(world.report().release.unwrap().unknown_accepted, count);
    world.decide("rolf", Decision::Go);
    if count {
        world.assert_go();
    } else {
        world.assert_not(Answer::NoGo, Code::ItemOpen);
    }
}

#[test]
fn reviews_count_once_all_strangers_are_accepted() {
    let mut world = opened(crate::cast::POLICY);
    assert_reviews(&world, false);
    waive(&mut world, "rolf", BOTH);
    assert_reviews(&world, true);
    // They stay in the report.
    assert_eq!(world.report().release.unwrap().implementers.unknown, BOTH);
}

#[test]
fn one_stranger_who_is_not_named_is_one_too_many() {
    for authors in [&BOTH[..1], &BOTH[1..], &["Ann <ann@work>", "Bo <bo@home>"]] {
        let mut world = opened(crate::cast::POLICY);
        waive(&mut world, "rolf", authors);
        assert_reviews(&world, false);
    }
    // Nor do two people add up who named one each.
    let mut world = opened(crate::cast::POLICY);
    waive(&mut world, "dana", &BOTH[..1]);
    waive(&mut world, "rolf", &BOTH[1..]);
    assert_reviews(&world, false);
    // Somebody who is not there changes nothing.
    let mut world = opened(crate::cast::POLICY);
    waive(&mut world, "rolf", &[BOTH[0], BOTH[1], "Cy <cy@home>"]);
    assert_reviews(&world, true);
}

#[test]
fn strangers_are_accepted_by_whoever_may_waive_and_by_as_many_as_that_takes() {
    let mut world = opened(crate::cast::POLICY);
    let by_quin = waive(&mut world, "quin", BOTH);
    waive(&mut world, "rita-lost", BOTH);
    assert_reviews(&world, false);
    assert!(world.report().findings.iter().any(|found| found.record == Some(by_quin)), "{:#?}", world.report().findings);
    let mut world = opened(&format!("{}\n[thresholds]\nwaiver = 2\n", crate::cast::POLICY));
    waive(&mut world, "sam", BOTH);
    waive(&mut world, "sam-two", BOTH);
    assert_reviews(&world, false);
    waive(&mut world, "rolf", BOTH);
    assert_reviews(&world, true);
}

/// Two people could never tell whether a stranger is the second address of whoever both accepts them and reviews.
#[test]
fn whoever_accepts_strangers_reviews_nothing_in_that_release() {
    let mut world = opened(crate::cast::POLICY);
    world.sign("sam", "runbook", SignVerdict::Done);
    let review = world.sign("rita", "runbook", SignVerdict::Approve);
    let accepted = waive(&mut world, "rita", BOTH);
    world.assert_item("runbook", ItemState::Done);
    assert_cited(&world.report(), Code::ReviewByImplementer, review, "rita");
    let report = world.report();
    assert_eq!(report.release.as_ref().unwrap().unknown_accepted_by, ["@rita".parse().unwrap()]);
    let runbook = report.items.iter().find(|item| item.id.as_str() == "runbook").unwrap();
    assert!(!runbook.needs[0].candidates.contains(&"@rita".parse().unwrap()), "{:?}", runbook.needs);
    // Somebody else reviews, or accepts them.
    let mut other = world.clone();
    other.sign("rolf", "runbook", SignVerdict::Approve);
    other.assert_item("runbook", ItemState::Satisfied);
    world.withdraw("rita", accepted);
    waive(&mut world, "rolf", BOTH);
    world.assert_item("runbook", ItemState::Satisfied);
    // Where implementers may review, so may they.
    let mut free = opened(&crate::cast::POLICY.replace("implementer_may_review = false", "implementer_may_review = true"));
    free.sign("sam", "runbook", SignVerdict::Done);
    free.sign("rita", "runbook", SignVerdict::Approve);
    waive(&mut free, "rita", BOTH);
    free.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn that_strangers_are_accepted_ends_and_is_taken_back() {
    let mut world = opened(crate::cast::POLICY);
    let accepted = waive(&mut world, "rolf", BOTH);
    let mut back = world.clone();
    back.withdraw("rolf", accepted);
    assert_reviews(&back, false);
    let mut world = opened(crate::cast::POLICY);
    let body = Sign { expires: Some(time(90)), ..accept(BOTH) };
    world.by("rolf", Body::Sign(body));
    world.as_of = time(89);
    assert_reviews(&world, true);
    world.as_of = time(90);
    let mut late = world.clone();
    late.ready_all();
    late.assert_item("runbook", ItemState::Done);
    // Without a reason it says nothing.
    let mut world = opened(crate::cast::POLICY);
    let silent = world.by("rolf", Body::Sign(Sign { reason: None, ..accept(BOTH) }));
    assert_reviews(&world, false);
    assert_cited(&world.report(), Code::RecordIncomplete, silent, "rolf");
}

#[test]
fn what_was_accepted_is_accepted_for_that_opening_only() {
    let mut world = opened(crate::cast::POLICY);
    waive(&mut world, "rolf", BOTH);
    let first = world.open;
    world.withdraw("rita", first);
    world.open_by("rita", strange);
    assert_reviews(&world, false);
}

#[test]
fn a_tagger_whom_nobody_knows_is_no_author() {
    let mut world = World::with_policy(crate::cast::POLICY);
    world.open_by("rita", |open| {
        strange(open);
        open.implementers.tagger = None;
    });
    waive(&mut world, "rolf", BOTH);
    world.ready_all();
    world.assert_item("runbook", ItemState::Done);
}
