//! Logs made to be slow or huge: what they cost stays in proportion to their size.

use relsign::model::finding::Code;
use relsign::model::record::{Body, Decide, Decision, SignVerdict};
use relsign::model::report::{Answer, ItemState};

use crate::world::World;

#[test]
fn many_decisions_and_many_words_against_are_not_multiplied() {
    let mut world = World::ready();
    let manifest = world.ids();
    let seen = world.heads();
    let (rejects, decisions) = (300, 100);
    for _ in 0..rejects {
        let body = world.sign_body("runbook", SignVerdict::Reject);
        let draft = world.draft("dana", Body::Sign(body)).parents(&seen);
        world.put(draft);
    }
    for _ in 0..decisions {
        let body = Body::Decide(Decide { decision: Decision::Go, manifest: manifest.clone(), conditions: vec![], reason: None });
        let draft = world.draft("rolf", body).parents(&seen);
        world.put(draft);
    }
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert_eq!(report.decisions.len(), decisions);
    assert!(report.decisions.iter().all(|decision| !decision.holds && decision.reasons.len() <= 20));
}

#[test]
fn many_words_of_one_owner_are_ordered_in_one_walk() {
    let mut world = World::opened(|_| {});
    let mut last = world.heads();
    for n in 0..400 {
        let body = world.sign_body("runbook", if n % 2 == 0 { SignVerdict::Partial } else { SignVerdict::Done });
        let draft = world.draft("sam", Body::Sign(body)).parents(&last);
        last = vec![world.put(draft)];
    }
    world.assert_item("runbook", ItemState::Done);
}

#[test]
fn items_of_one_id_and_parents_in_circles_are_no_way_to_go() {
    let mut world = World::opened(|open| {
        let mut again = open.items[0].clone();
        again.number = 3;
        open.items.push(again);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::ItemOpen);

    let mut world = World::opened(|open| {
        open.items[0].parent = Some("tests".parse().unwrap());
        open.items[1].parent = Some("runbook".parse().unwrap());
    });
    world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::ItemOpen);
}
