//! Redaction: evidence may go once enough people let it, and the verdict is what it was.

use relsign::evaluate::context::EvidenceFacts;
use relsign::evaluate::redaction::redactions;
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision, Redact, SignVerdict};
use relsign::model::report::{Answer, Integrity, Report};

use crate::world::{World, digest, finding, has};

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
    for facts in [EvidenceFacts::Changed, EvidenceFacts::Here(13)] {
        world.evidence.insert(digest(0xe1), facts);
        world.assert_not(Answer::Tampered, Code::EvidenceChanged);
    }
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
