//! Binding: records speak of exactly this tag, and what lies in git is what was signed.

use relsign::evaluate::context::{EvidenceFacts, OpenedObject, Reread, TagSignature};
use relsign::model::finding::{Code, Finding};
use relsign::model::ids::RootDigest;
use relsign::model::record::{Body, Decision, SignVerdict};
use relsign::model::report::{Answer, Integrity, ItemState};

use crate::cast::POLICY;
use crate::cast::{holder, key};
use crate::world::{World, assert_cited, digest, finding, has, object, plain_open, subjects};

#[test]
fn a_record_of_another_tag_counts_for_nothing() {
    let mut world = World::opened(|_| {});
    for (tag, tree, other) in [(object(0x81), digest(0x74), "refs/tags/v2.4.0"), (object(0x71), digest(0x84), "tree-sha256")] {
        let body = world.sign_body("runbook", SignVerdict::Done);
        let mut draft = world.draft("sam", Body::Sign(body)).parents(&[]);
        draft.record.subjects = subjects(tag, tree);
        let id = world.put(draft);
        let report = world.assert_item("runbook", ItemState::Pending);
        let message = finding(&report, Code::SubjectMismatch, id).message;
        assert!(message.ends_with(&format!("something else: {other}")), "{message}");
        assert_eq!(report.integrity, Integrity::Tampered);
    }
}

#[test]
fn a_record_with_fewer_or_more_subjects_counts_for_nothing() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let mut fewer = world.draft("sam", Body::Sign(body.clone()));
    fewer.record.subjects.pop();
    let mut more = world.draft("sam", Body::Sign(body));
    more.record.subjects.push(relsign::model::record::Subject {
        name: "zzz".to_owned(),
        digest: relsign::model::record::SubjectDigest::Sha256(digest(1)),
    });
    for draft in [fewer, more] {
        let mut world = world.clone();
        world.put(draft);
        let report = world.assert_item("runbook", ItemState::Pending);
        assert!(has(&report, Code::SubjectMismatch));
    }
}

#[test]
fn junk_that_is_copied_onto_a_release_does_not_stop_it() {
    let (mut world, _) = World::gone();
    let body = world.sign_body("runbook", SignVerdict::Reject);
    let mut draft = world.draft("dana", Body::Sign(body));
    draft.record.subjects = subjects(object(0x81), digest(0x84));
    world.put(draft);
    let report = world.report();
    assert_eq!((report.verdict.answer, report.integrity), (Answer::Go, Integrity::Tampered));
}

#[test]
fn a_record_of_another_root_is_foreign_and_not_tampered() {
    let (mut world, _) = World::gone();
    let body = world.sign_body("runbook", SignVerdict::Reject);
    let mut draft = world.draft("dana", Body::Sign(body));
    draft.record.root = RootDigest::from_bytes([0xaa; 32]);
    let id = world.put(draft);
    let report = world.assert_go();
    assert!(finding(&report, Code::RecordForeign, id).key.is_some());
    assert_eq!(report.integrity, Integrity::Intact);
}

#[test]
fn a_moved_tag_is_tampered_and_lists_what_is_orphaned() {
    let mut world = World::empty();
    let (old, _) = World::gone();
    world.opened_objects.push(OpenedObject { record: old.open, object: object(0x61), authorised: true, orphaned: old.ids() });
    let report = world.assert_not(Answer::Tampered, Code::TagMoved);
    let found = finding(&report, Code::TagMoved, old.open);
    assert!(found.message.contains("6 records"), "{found:?}");

    // The name is spent: even a release that is complete on the new object is no GO.
    let (mut world, _) = World::gone();
    world.opened_objects = report_objects(&old);
    world.assert_not(Answer::Tampered, Code::TagMoved);
    // But whoever had no right to open anything can't spend a name.
    world.opened_objects[0].authorised = false;
    world.assert_go();
}

fn report_objects(old: &World) -> Vec<OpenedObject> {
    vec![OpenedObject { record: old.open, object: object(0x61), authorised: true, orphaned: vec![] }]
}

#[test]
fn a_deleted_tag_is_tampered() {
    let (old, _) = World::gone();
    let mut world = World::empty();
    world.tag.target = None;
    world.tag.object = None;
    world.opened_objects = report_objects(&old);
    world.assert_not(Answer::Tampered, Code::TagDeleted);
}

#[test]
fn a_tag_that_never_was_cannot_be_decided() {
    let mut world = World::empty();
    world.tag.target = None;
    world.tag.object = None;
    world.assert_not(Answer::CannotDecide, Code::TagObjectMissing);
}

#[test]
fn a_tag_object_that_is_not_here_tampers_with_nothing() {
    let (mut world, _) = World::gone();
    world.tag.object = None;
    world.tag.problem = Some(Finding::new(Code::TagObjectMissing, "the tag object is not here"));
    let report = world.assert_not(Answer::CannotDecide, Code::TagObjectMissing);
    assert_eq!(report.integrity, Integrity::Incomplete);
}

#[test]
fn a_tag_object_of_another_name_is_tampered() {
    let (mut world, _) = World::gone();
    if let Some(object) = &mut world.tag.object {
        object.inner_name = "v1.0.0".to_owned();
    }
    world.assert_not(Answer::Tampered, Code::TagNameMismatch);
}

#[test]
fn a_lightweight_tag_is_no() {
    let mut world = World::empty();
    world.tag.object = None;
    world.tag.problem = Some(Finding::new(Code::TagLightweight, "the tag is lightweight"));
    world.assert_not(Answer::NoGo, Code::TagLightweight);
}

#[test]
fn an_unsigned_tag_is_no_where_the_policy_asks() {
    let mut world = World::with_policy(&format!("{POLICY}\n[tags]\nsigned = \"required\"\n"));
    world.open_by("rita", |_| {});
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::TagUnsigned);
    let signed = |world: &mut World, signature| world.tag.object.as_mut().unwrap().signature = Some(signature);
    signed(&mut world, TagSignature::Unverified("expired".to_owned()));
    world.assert_not(Answer::NoGo, Code::TagUnsigned);
    let by = |name: &str| TagSignature::Verified(holder(name), key(name).public().fingerprint().clone());
    for (name, reason) in
        [("ci", "no person"), ("sam-old", "is retired"), ("rita-lost", "is compromised"), ("stranger", "not listed")]
    {
        signed(&mut world, by(name));
        let report = world.assert_not(Answer::NoGo, Code::TagUnsigned);
        assert!(report.verdict.reasons.iter().any(|found| found.message.contains(reason)), "{:#?}", report.verdict.reasons);
        assert!(report.findings.iter().any(|found| found.code == Code::TagSignatureUnverified));
    }
    signed(&mut world, by("tara"));
    world.assert_go();
}

#[test]
fn a_checklist_that_reads_otherwise_is_tampered() {
    let (mut world, _) = World::gone();
    let mut items = plain_open().items;
    let implementers = Some(plain_open().implementers);
    let put = |world: &mut World, items, implementers| {
        world.reread.insert(world.open, Reread { items, implementers, previous: None });
    };
    put(&mut world, Ok(items.clone()), implementers.clone());
    world.assert_go();
    items[0].title = "something else".to_owned();
    put(&mut world, Ok(items), implementers.clone());
    world.assert_not(Answer::Tampered, Code::ChecklistChanged);
    put(&mut world, Err("it is not there".to_owned()), implementers);
    world.assert_not(Answer::Tampered, Code::ChecklistUnreadable);
    let mut others = plain_open().implementers;
    others.people.push("@sam".parse().unwrap());
    put(&mut world, Ok(plain_open().items), Some(others));
    world.assert_not(Answer::Tampered, Code::OpenContradictsRange);
    put(&mut world, Ok(plain_open().items), None);
    world.assert_go();
}

#[test]
fn evidence_that_is_missing_is_found_and_evidence_that_changed_is_tampered() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let draft = world.draft("sam", Body::Sign(body)).evidence(digest(0xe1), 12);
    let id = world.put(draft);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert_cited(&report, Code::EvidenceMissing, id, "sam");
    assert_eq!(report.integrity, Integrity::Incomplete);
    world.evidence.insert(digest(0xe1), EvidenceFacts::Here(12));
    assert_eq!(world.assert_go().integrity, Integrity::Intact);
    for facts in [EvidenceFacts::Here(13), EvidenceFacts::Changed] {
        world.evidence.insert(digest(0xe1), facts);
        let report = world.assert_not(Answer::Tampered, Code::EvidenceChanged);
        assert_cited(&report, Code::EvidenceChanged, id, "sam");
    }
}
