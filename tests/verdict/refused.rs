//! Records that break a rule: they never help, nobody names them, and enough people set them aside.

use relsign::evaluate::context::EvidenceFacts;
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{
    Body, CheckResult, Decide, Decision, Disregard, Outcome, Redact, Rollback, RollbackEvent, SignVerdict, StageEvent, Withdraw,
};
use relsign::model::report::{Answer, Integrity};

use crate::world::{World, assert_cited, checked, closed, digest, has, moved, rolled};

/// Lets people set a record aside who name no record but those of `before`, and one decide on everything but it.
fn set_aside(world: &mut World, by: &[&str], record: RecordId, before: &[RecordId]) {
    let mut seen = before.to_vec();
    for who in by {
        let body = Body::Disregard(Disregard { record, reason: "no record of ours".to_owned() });
        let draft = world.draft(who, body).parents(&seen);
        seen = vec![world.put(draft)];
    }
    let mut manifest: Vec<RecordId> = world.ids().into_iter().filter(|id| *id != record).collect();
    manifest.sort();
    let body = Decide { decision: Decision::Go, manifest, conditions: Vec::new(), reason: None };
    let draft = world.draft("rolf", Body::Decide(body)).parents(&seen);
    world.put(draft);
}

#[test]
fn an_unknown_kind_by_a_key_that_is_not_active_is_set_aside_by_two_people() {
    let (world, _) = World::gone();
    let before = world.heads();
    for (key, by, holds) in [
        ("sam-old", &["rita", "rolf"][..], true),
        ("rita-lost", &["rita", "rolf"], true),
        ("sam-old", &["rita"], false),
        // Somebody with a newer program may have said it.
        ("olga", &["rita", "rolf"], false),
    ] {
        let mut world = world.clone();
        let veto = world.veto(key);
        world.assert_not(Answer::NoGo, Code::UnseenNegative);
        assert!(has(&world.report(), Code::KindUnknown));
        assert_eq!(world.report().heads.contains(&veto), key == "olga", "{key}");
        set_aside(&mut world, by, veto, &before);
        if holds {
            assert_eq!(world.assert_go().integrity, Integrity::Intact);
        } else {
            world.assert_not(Answer::NoGo, Code::UnseenNegative);
        }
    }
}

#[test]
fn what_somebody_relied_on_is_not_refused() {
    // By name or by a receipt, and then it must be seen as any other record.
    let (mut world, _) = World::gone();
    let before = world.heads();
    let veto = world.veto("sam-old");
    let mut received = world.clone();
    received.witnessed.insert(veto, crate::world::time(500));
    assert!(received.report().heads.contains(&veto));
    set_aside(&mut received, &["rita", "rolf"], veto, &before);
    received.assert_not(Answer::NoGo, Code::UnseenNegative);
    let body = world.sign_body("tests", SignVerdict::Approve);
    let draft = world.draft("dana", Body::Sign(body)).parents(&[veto]);
    let child = world.put(draft);
    assert!(world.report().heads.contains(&child));
    set_aside(&mut world, &["rita", "rolf"], veto, &before);
    world.assert_not(Answer::NoGo, Code::UnseenNegative);
}

#[test]
fn a_record_that_cites_another_size_counts_for_nothing_and_spoils_nothing() {
    let mut world = World::opened(|_| {});
    world.evidence.insert(digest(0xe1), EvidenceFacts::Here(12));
    let body = world.sign_body("runbook", SignVerdict::Done);
    let draft = world.draft("sam", Body::Sign(body)).evidence(digest(0xe1), 13);
    let lying = world.put(draft);
    let report = world.report();
    assert_cited(&report, Code::EvidenceSize, lying, "sam");
    assert_eq!(report.integrity, Integrity::Intact);
    let sign_off = report.items[0].sign_offs.iter().find(|sign_off| sign_off.record == lying).unwrap();
    assert!(!sign_off.counts, "{sign_off:?}");
    // A reject stands whatever it cites.
    let body = world.sign_body("runbook", SignVerdict::Reject);
    let draft = world.draft("sam", Body::Sign(body)).evidence(digest(0xe1), 13);
    let reject = world.put(draft);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let report = world.assert_not(Answer::NoGo, Code::RejectOpen);
    assert!(report.items[0].sign_offs.iter().any(|sign_off| sign_off.record == reject));
}

#[test]
fn whoever_never_had_a_right_is_told_and_changes_nothing() {
    // @olga has no role; each of these takes a right that nobody ever gave her, or a machine's.
    let (world, _) = World::gone();
    let before = world.heads();
    let check = |result| checked("tests", digest(2), result);
    let rollback = Rollback { reason: Some("mine".to_owned()), ..rolled(RollbackEvent::Failed) };
    let stage = |event| moved("canary", event);
    for body in [
        check(CheckResult::Failed),
        check(CheckResult::Passed),
        Body::Stage(stage(StageEvent::Fail)),
        Body::Stage(stage(StageEvent::Pass)),
        Body::Rollback(rollback),
        Body::Close(closed(Outcome::Abandoned)),
        Body::Redact(Redact { evidence: digest(9), reason: "mine".to_owned() }),
        Body::Disregard(Disregard { record: before[0], reason: "mine".to_owned() }),
    ] {
        let mut world = world.clone();
        let draft = world.draft("olga", body.clone());
        let id = world.put(draft);
        let report = world.assert_go();
        assert_cited(&report, Code::NotAuthorised, id, "olga");
        assert!(!report.heads.contains(&id), "{body:?}");
        assert!(report.records.iter().any(|record| record.id == id && record.refused));
    }
}

#[test]
fn nothing_is_left_out_because_something_else_is_missing() {
    // Each record is a reject, so it counts for any key and for any version; what it names is not here, so nobody can decide, and
    // the reject is there for all to see.
    let (world, _) = World::gone();
    let nowhere = RecordId::from_bytes([7; 32]);
    type Change = fn(crate::world::Draft, RecordId) -> crate::world::Draft;
    let changes: [(&str, Change); 3] = [
        ("parent", |draft, nowhere| draft.parents(&[nowhere])),
        ("open", |draft, nowhere| draft.under(Some(nowhere))),
        ("version", |draft, _| {
            let digest = draft.record.policy_head.digest;
            draft.head(relsign::model::record::PolicyHead { version: 99, digest })
        }),
    ];
    for (what, change) in changes {
        let mut world = world.clone();
        let body = world.sign_body("runbook", SignVerdict::Reject);
        let draft = world.draft("sam", Body::Sign(body));
        let id = world.put(change(draft, nowhere));
        let report = world.report();
        assert_eq!(report.integrity, Integrity::Incomplete, "{what}");
        assert_eq!(report.verdict.answer, Answer::CannotDecide, "{what}");
        assert!(report.records.iter().any(|record| record.id == id), "{what}");
        if what != "open" {
            assert!(report.items[0].sign_offs.iter().any(|sign_off| sign_off.record == id), "{what}");
        }
    }
    let mut world = world;
    let draft = world.draft("sam", Body::Withdraw(Withdraw { record: nowhere, reason: "so".to_owned() }));
    world.put(draft);
    world.assert_not(Answer::CannotDecide, Code::RecordMissing);
}
