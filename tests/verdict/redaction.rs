//! Redaction: evidence may go once enough people let it, and the verdict is what it was.

use relsign::evaluate::context::EvidenceFacts;
use relsign::evaluate::evaluate;
use relsign::evaluate::redaction::{cited as cited_evidence, redactions};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision, Redact, SignVerdict};
use relsign::model::report::{Answer, Integrity, PrivateNote, Report};

use crate::world::{World, digest, find_item, finding, has};

/// A release in GO whose owner of the runbook cites a file that is here.
fn cited() -> World {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let draft = world.draft("sam", Body::Sign(body)).evidence(digest(0xe1), 12);
    world.put(draft);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.evidence.insert(digest(0xe1), EvidenceFacts::Here(12));
    assert_eq!(world.assert_go().integrity, Integrity::Intact);
    world
}

fn redact(world: &mut World, who: &str) -> RecordId {
    world.by(who, Body::Redact(Redact { evidence: digest(0xe1), reason: "it names a customer".to_owned() }))
}

/// What the report says besides what depends on the redact records being there at all.
fn without_the_log(report: &Report) -> (Answer, Integrity, Vec<String>) {
    let findings = report.findings.iter().map(|finding| format!("{finding:?}")).collect();
    (report.verdict.answer, report.integrity, findings)
}

#[test]
fn two_people_redact_and_the_verdict_stays() {
    let mut world = cited();
    redact(&mut world, "rita");
    let report = world.assert_go();
    assert!(has(&report, Code::RedactionShort) && !has(&report, Code::EvidenceRedacted), "{:#?}", report.findings);
    redact(&mut world, "rolf");
    let here = world.assert_go();
    assert!(has(&here, Code::EvidenceRedacted) && !has(&here, Code::RedactionShort));
    // Whether the bytes are gone already makes no difference to any byte of the report.
    world.evidence.insert(digest(0xe1), EvidenceFacts::Missing);
    let gone = world.assert_go();
    assert_eq!(gone.integrity, Integrity::Intact);
    assert_eq!(without_the_log(&gone), without_the_log(&here));
    world.evidence.clear();
    assert_eq!(world.assert_go(), gone);
}

/// What the report says under a code.
#[track_caller]
fn message(report: &Report, code: Code) -> String {
    report.findings.iter().find(|finding| finding.code == code).unwrap().message()
}

#[test]
fn who_redacted_and_why_and_how_many_are_missing_is_told() {
    let mut world = cited();
    redact(&mut world, "rita");
    let report = world.report();
    let short = message(&report, Code::RedactionShort);
    assert!(short.contains("is redacted by @rita; 1 more needed"), "{short}");
    redact(&mut world, "rolf");
    let report = world.report();
    let told = message(&report, Code::EvidenceRedacted);
    assert!(told.contains("was redacted by @rita, @rolf and is not required: it names a customer"), "{told}");
}

#[test]
fn a_private_note_is_told_while_it_is_here_and_nobody_let_it_be_erased() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let mut draft = world.draft("sam", Body::Sign(body)).evidence(digest(0xe2), 12).evidence(digest(0xe1), 12);
    draft.record.evidence[1].salted = true;
    world.put(draft);
    let notes = |world: &World| {
        let mut context = world.context();
        // Bytes of what is no private note are none, whatever whoever loads them takes them for.
        context.private_notes = [0xe1, 0xe2].map(|byte| (digest(byte), "the customer's name".to_owned())).into();
        let report = evaluate(&context, &world.verify().records);
        find_item(&report, "runbook").sign_offs[0].private_notes.clone()
    };
    let note = |text: Option<&str>, erased| vec![PrivateNote { sha256: digest(0xe1), text: text.map(str::to_owned), erased }];
    let here = EvidenceFacts::Here(12);
    world.evidence.insert(digest(0xe1), here);
    assert_eq!(notes(&world), note(Some("the customer's name"), false));
    for other in [EvidenceFacts::Missing, EvidenceFacts::Changed] {
        world.evidence.insert(digest(0xe1), other);
        assert_eq!(notes(&world), note(None, false));
    }
    world.evidence.insert(digest(0xe1), here);
    redact(&mut world, "rita");
    assert_eq!(notes(&world), note(Some("the customer's name"), false), "one is too few");
    redact(&mut world, "rolf");
    assert_eq!(notes(&world), note(None, true), "bytes that are still here are not told");
    world.evidence.clear();
    assert_eq!(notes(&world), note(None, true));
}

#[test]
fn what_is_cited_is_cited_by_whomever() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let first = world.draft("sam", Body::Sign(body.clone())).evidence(digest(0xe1), 12);
    let first = world.put(first);
    // @ivan has no say on the runbook, and cites the same.
    let mut second =
        world.draft("ivan", Body::Sign(body)).evidence(digest(0xe1), 12).evidence(digest(0xe3), 3).evidence(digest(0xe4), 3);
    (second.record.evidence[2].sha256, second.record.evidence[2].size) = (None, None);
    second.record.evidence[2].uri = Some("https://example.org/run".to_owned());
    let second = world.put(second);
    let records = world.verify().records;
    let found = cited_evidence(&world.context(), &records);
    let ids = |byte| found[&digest(byte)].iter().map(|(id, evidence)| (*id, evidence.size)).collect::<Vec<_>>();
    assert_eq!(found.len(), 2);
    assert_eq!(ids(0xe1), [(first, Some(12)), (second, Some(12))]);
    assert_eq!(ids(0xe3), [(second, Some(3))]);
}

#[test]
fn where_nothing_was_opened_nobody_lets_anything_be_erased() {
    let world = World::empty();
    assert_eq!(redactions(&world.context(), &world.verify().records), None);
}

#[test]
fn too_few_redact_nothing() {
    for who in [&["rita"][..], &["rita", "rita"], &["rita", "ci"], &["rita", "sam"], &["sam", "quin"]] {
        let mut world = cited();
        for who in who {
            redact(&mut world, who);
        }
        world.evidence.clear();
        let report = world.assert_go();
        assert_eq!(report.integrity, Integrity::Incomplete, "{who:?}");
        assert!(has(&report, Code::EvidenceMissing) && !has(&report, Code::EvidenceRedacted), "{who:?}");
    }
}

#[test]
fn a_redaction_taken_back_is_none() {
    let mut world = cited();
    let first = redact(&mut world, "rita");
    redact(&mut world, "rolf");
    world.withdraw("rita", first);
    let log = world.verify();
    let said = redactions(&world.context(), &log.records).unwrap();
    assert_eq!((said[&digest(0xe1)].missing, said[&digest(0xe1)].people.len()), (1, 1));
}

#[test]
fn other_bytes_are_tampered_with_also_where_they_may_go() {
    let mut world = cited();
    redact(&mut world, "rita");
    redact(&mut world, "rolf");
    world.evidence.insert(digest(0xe1), EvidenceFacts::Changed);
    world.assert_not(Answer::Tampered, Code::EvidenceChanged);
}

#[test]
fn a_redaction_of_something_else_redacts_nothing() {
    let mut world = cited();
    for who in ["rita", "rolf"] {
        world.by(who, Body::Redact(Redact { evidence: digest(0xe2), reason: "another".to_owned() }));
    }
    world.evidence.clear();
    assert_eq!(world.assert_go().integrity, Integrity::Incomplete);
}

#[test]
fn a_redaction_whose_key_counts_for_nothing_is_told() {
    let mut world = cited();
    redact(&mut world, "rolf");
    let draft = world.draft("rita", Body::Redact(Redact { evidence: digest(0xe1), reason: "later".to_owned() }));
    let late = world.as_of.plus(100_000);
    let id = world.put(draft.at(late));
    let report = world.assert_go();
    assert!(!has(&report, Code::EvidenceRedacted));
    finding(&report, Code::TimeInFuture, id);
}
