//! Omission: what is named must be here, what was seen must still be here.

use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision, PolicyHead, SignVerdict, Withdraw};
use relsign::model::report::{Answer, Integrity, ReleaseState};

use crate::world::{World, assert_cited, digest, finding, has, plain_open};

#[test]
fn a_record_that_the_manifest_names_and_that_is_gone_leaves_it_undecided() {
    let (world, _) = World::gone();
    for (id, _) in &world.lines[1..5] {
        let mut world = world.clone();
        world.hide(&[*id]);
        let report = world.assert_not(Answer::CannotDecide, Code::RecordMissing);
        assert!(report.verdict.reasons.iter().any(|reason| reason.record == Some(*id)));
        assert_eq!(report.integrity, Integrity::Incomplete);
    }
}

#[test]
fn a_parent_that_is_not_here_leaves_it_undecided() {
    let (mut world, _) = World::gone();
    let reject = world.sign("dana", "runbook", SignVerdict::Reject);
    let later = world.sign("quin", "tests", SignVerdict::Approve);
    world.hide(&[reject]);
    let report = world.assert_not(Answer::CannotDecide, Code::RecordMissing);
    assert_eq!(finding(&report, Code::RecordMissing, reject).policy, Some(1));
    let _ = later;
}

#[test]
fn a_reject_that_any_record_names_cannot_be_hidden() {
    // A withdrawal, a waiver over it and a decision whose manifest holds it all prove that it was there.
    let (world, _) = World::gone();
    let parents = world.heads();
    let mut base = world.clone();
    let reject = base.sign("dana", "runbook", SignVerdict::Reject);
    let manifest = base.ids();
    type Naming = fn(&mut World, RecordId, Vec<RecordId>) -> Body;
    let namings: [(&str, Naming); 3] = [
        ("dana", |_, reject, _| Body::Withdraw(Withdraw { record: reject, reason: "no".to_owned() })),
        ("sam", |world, reject, _| {
            let mut body = world.sign_body("runbook", SignVerdict::Waive);
            body.over = vec![reject];
            Body::Sign(body)
        }),
        ("rita", |_, _, manifest| {
            Body::Decide(relsign::model::record::Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None })
        }),
    ];
    for (who, naming) in namings {
        let mut world = base.clone();
        let body = naming(&mut world, reject, manifest.clone());
        let draft = world.draft(who, body).parents(&parents);
        world.put(draft);
        world.hide(&[reject]);
        world.assert_not(Answer::CannotDecide, Code::RecordMissing);
    }
}

#[test]
fn an_open_record_that_others_name_cannot_be_hidden() {
    let mut world = World::opened(|_| {});
    let first = world.open;
    let body = world.sign_body("runbook", SignVerdict::Reject);
    let reject = world.draft("dana", Body::Sign(body)).parents(&[]);
    let reject = world.put(reject);
    let second = world.draft("rolf", Body::Open(Box::new(plain_open()))).parents(&[]);
    world.open = world.put(second);
    world.hide(&[first, reject]);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_go();
    // What is left under the hidden open record proves that there was one.
    let mut source = World::opened(|_| {});
    let body = source.sign_body("runbook", SignVerdict::Reject);
    let draft = source.draft("dana", Body::Sign(body)).parents(&[]);
    assert_eq!(source.put(draft), reject);
    world.lines.push(source.lines[1].clone());
    let report = world.assert_not(Answer::CannotDecide, Code::RecordMissing);
    assert_eq!(finding(&report, Code::RecordMissing, first).record, Some(first));
}

#[test]
fn two_people_excuse_a_record_that_cannot_be_had_and_one_does_not() {
    let mut world = World::opened(|_| {});
    let lost = world.sign("dana", "runbook", SignVerdict::Approve);
    world.ready_all();
    world.hide(&[lost]);
    world.disregard("rita", lost);
    world.disregard("sam", lost);
    let mut one = world.clone();
    one.decide("rolf", Decision::Go);
    one.assert_not(Answer::CannotDecide, Code::RecordMissing);
    world.disregard("rolf", lost);
    world.decide("rolf", Decision::Go);
    world.assert_go();
    // Once it comes back after all, it is looked at like any other.
    let mut again = World::opened(|_| {});
    again.open = world.open;
    let line = {
        let mut source = World::opened(|_| {});
        source.sign("dana", "runbook", SignVerdict::Approve);
        source.lines[1].clone()
    };
    assert_eq!(line.0, lost);
    world.lines.push(line);
    world.assert_go();
}

#[test]
fn disregards_outside_the_manifest_excuse_nothing() {
    let mut world = World::opened(|_| {});
    let lost = world.sign("dana", "runbook", SignVerdict::Approve);
    world.ready_all();
    world.hide(&[lost]);
    world.decide("rolf", Decision::Go);
    world.disregard("rita", lost);
    world.disregard("rolf", lost);
    world.assert_not(Answer::CannotDecide, Code::RecordMissing);
}

#[test]
fn what_this_verifier_has_seen_must_still_be_here() {
    let (mut world, _) = World::gone();
    let reject = world.sign("dana", "runbook", SignVerdict::Reject);
    world.hide(&[reject]);
    world.assert_go();
    world.baseline.insert(reject);
    let report = world.assert_not(Answer::CannotDecide, Code::RecordVanished);
    assert_eq!(finding(&report, Code::RecordVanished, reject).record, Some(reject));
    // Nobody's disregard helps against that.
    world.disregard("rita", reject);
    world.disregard("rolf", reject);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::CannotDecide, Code::RecordVanished);
    // Also with nothing opened at all.
    let mut empty = World::empty();
    empty.baseline.insert(reject);
    empty.assert_not(Answer::CannotDecide, Code::RecordVanished);
}

#[test]
fn a_policy_that_is_not_here_leaves_it_undecided() {
    for (version, code) in [(9, Code::PolicyMissing), (1, Code::PolicyFork)] {
        let (mut world, _) = World::gone();
        let body = world.sign_body("runbook", SignVerdict::Approve);
        let draft = world.draft("dana", Body::Sign(body)).head(PolicyHead { version, digest: digest(0xee).into() });
        let id = world.put(draft);
        let report = world.assert_not(Answer::CannotDecide, code);
        assert_cited(&report, code, id, "dana");
    }
}

#[test]
fn lines_that_were_not_read_may_speak_against_so_nothing_holds() {
    let (world, _) = World::gone();
    let log = world.verify();
    let mut context = world.context();
    context.findings.push(crate::world::finding_of(Code::TooManyLines, "the log has more lines than are read"));
    let report = relsign::evaluate::evaluate(&context, &log.records);
    assert_eq!(report.verdict.answer, Answer::CannotDecide);
    assert!(report.verdict.reasons.iter().any(|reason| reason.code == Code::TooManyLines));
    assert_ne!(report.state, ReleaseState::Go, "nothing is said to be go that the gate does not let pass");
}

#[test]
fn what_nobody_can_ever_bring_is_set_aside_by_two_who_name_it_or_the_record_that_names_it() {
    // One listed signer names parents that never were, and so holds the release up.
    let (world, _) = World::gone();
    let lost = relsign::model::ids::RecordId::from_bytes([0xf0; 32]);
    let hold = |verdict| {
        let mut world = world.clone();
        let body = world.sign_body("runbook", verdict);
        let heads = world.heads();
        let draft = world.draft("dana", Body::Sign(body)).parents(&[&heads[..], &[lost]].concat());
        let held = world.put(draft);
        (world, held)
    };
    for named_is_lost in [true, false] {
        let (mut world, held) = hold(SignVerdict::Approve);
        world.assert_not(Answer::CannotDecide, Code::RecordMissing);
        let target = if named_is_lost { lost } else { held };
        world.disregard("rita", target);
        let report = world.assert_not(Answer::CannotDecide, Code::DisregardShort);
        assert!(finding(&report, Code::DisregardShort, target).message().contains("1 more"));
        // Two keys of one person, and the same person twice, are one.
        world.disregard("rita", target);
        world.assert_not(Answer::CannotDecide, Code::DisregardShort);
        world.disregard("rolf", target);
        world.assert_not(Answer::CannotDecide, Code::RecordMissing);
        world.decide("rolf", Decision::Go);
        assert!(!has(&world.assert_go(), Code::DisregardShort));
    }
    // To set a record's references aside is not to set aside what it says against the release.
    let (mut world, held) = hold(SignVerdict::Reject);
    world.disregard("rita", held);
    world.disregard("rolf", held);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::RejectOpen);
}

// Found by the second evaluator of tests/second.
#[test]
fn a_log_without_its_open_record_is_not_taken_for_one_that_nobody_opened() {
    let (mut world, _) = World::gone();
    let open = world.open;
    world.hide(&[open]);
    let report = world.assert_not(Answer::CannotDecide, Code::RecordMissing);
    assert_eq!((report.state, report.integrity), (ReleaseState::NotOpened, Integrity::Incomplete));
    assert_eq!(finding(&report, Code::RecordMissing, open).record, Some(open));
}
