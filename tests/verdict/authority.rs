//! Who opens a release, how often, and what belongs to it.

use relsign::model::finding::Code;
use relsign::model::record::{Body, Decision, SignVerdict, Withdraw};
use relsign::model::report::{Answer, Integrity, ItemState, ReleaseState};

use crate::world::{World, assert_cited, plain_open};

#[test]
fn a_release_that_nobody_who_may_has_opened_is_not_opened() {
    let world = World::empty();
    let report = world.assert_not(Answer::NoGo, Code::NotOpened);
    assert_eq!((report.state, report.integrity), (ReleaseState::NotOpened, Integrity::Intact));
    for (who, code) in [("sam", Code::OpenUnauthorised), ("ci", Code::MachineNotPerson), ("rita-lost", Code::KeyCompromised)] {
        let mut world = World::empty();
        let open = world.open_by(who, |_| {});
        world.ready_all();
        world.decide("rolf", Decision::Go);
        let report = world.assert_not(Answer::NoGo, Code::NotOpened);
        assert_cited(&report, code, open, who);
    }
}

#[test]
fn an_open_record_without_the_right_does_not_disturb_one_that_has_it() {
    let (mut world, _) = World::gone();
    let id = world.by("quin", Body::Open(Box::new(plain_open())));
    let report = world.assert_go();
    assert_cited(&report, Code::OpenUnauthorised, id, "quin");
}

#[test]
fn a_second_open_is_no_whether_seen_or_not() {
    let (mut world, _) = World::gone();
    let second = world.by("rolf", Body::Open(Box::new(plain_open())));
    let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
    assert_cited(&report, Code::UnseenNegative, second, "rolf");
    world.decide("rolf", Decision::Go);
    let report = world.assert_not(Answer::NoGo, Code::SecondOpen);
    assert_cited(&report, Code::SecondOpen, second, "rolf");
    // Its author can take it back, within a manifest and with a key that still counts.
    let mut lost = world.clone();
    let third = lost.by("rita", Body::Open(Box::new(plain_open())));
    lost.withdraw("rolf", second);
    lost.withdraw("rita-lost", third);
    lost.decide("rolf", Decision::Go);
    lost.assert_not(Answer::NoGo, Code::SecondOpen);
    world.withdraw("rolf", second);
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn a_backdated_open_that_takes_over_makes_no_go() {
    // With no parents it stands as early as the first; whichever of the two governs, the other speaks against it.
    for minute in 0..8 {
        let (mut world, _) = World::gone();
        let draft = world.draft("rolf", Body::Open(Box::new(plain_open()))).parents(&[]).at(crate::world::time(-1000 + minute));
        world.put(draft);
        let report = world.report();
        assert_ne!(report.verdict.answer, Answer::Go);
    }
}

#[test]
fn a_release_for_another_environment_stands_beside() {
    let (mut world, go) = World::gone();
    let first = world.open;
    world.open_by("rolf", |open| open.environment = "staging".parse().unwrap());
    world.open = first;
    world.environment = Some("production".parse().unwrap());
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    world.environment = Some("staging".parse().unwrap());
    world.assert_not(Answer::NoGo, Code::NotDecided);
}

#[test]
fn withdrawing_the_release_of_one_environment_does_not_answer_for_it_with_another() {
    let (mut world, _) = World::gone();
    let draft = {
        let mut open = plain_open();
        open.environment = "canary".parse().unwrap();
        world.draft("rolf", Body::Open(Box::new(open)))
    };
    let first_by_name = world.put(draft);
    // Nobody said which environment is meant: the first by name.
    world.assert_not(Answer::NoGo, Code::NotDecided);
    let body = Body::Withdraw(Withdraw { record: first_by_name, reason: "a mistake".to_owned() });
    let draft = world.draft("rolf", body).under(Some(first_by_name));
    world.put(draft);
    let report = world.report();
    assert_ne!(report.verdict.answer, Answer::Go, "a word against made GO");
    world.environment = Some("production".parse().unwrap());
    world.assert_go();
    // Whoever decides once more has seen it, and then nobody has to say which environment is meant.
    world.environment = None;
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn words_under_another_open_record_do_not_count() {
    let mut world = World::opened(|_| {});
    let first = world.open;
    world.open_by("rolf", |open| open.environment = "staging".parse().unwrap());
    let staging = world.open;
    let done = world.sign("sam", "runbook", SignVerdict::Done);
    world.open = first;
    world.environment = Some("production".parse().unwrap());
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_cited(&report, Code::RecordOfOtherOpen, done, "sam");
    assert_ne!(first, staging);
}

#[test]
fn a_withdrawn_release_is_not_opened() {
    let (mut world, _) = World::gone();
    let open = world.open;
    world.withdraw("rita", open);
    world.assert_not(Answer::NoGo, Code::NotOpened);
}
