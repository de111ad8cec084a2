//! What is accepted, and which line counts where several say the same.

use relsign::model::finding::Code;
use relsign::sign::verify::verify_log;

use super::make::{accepted, envelope, hardware_blob, hardware_wire, key, keyring, line, payload, record, record_by, root};
use relsign::parse::public_key::PublicKey;
use relsign::sign::pae::{pae, record_id};

#[test]
fn a_good_line_says_who_signed_what() {
    let record = record("@alice", 1);
    let line = line(&record, 1);
    let verified = accepted(&line);
    assert_eq!(verified.value(), &record);
    assert_eq!(verified.id(), record_id(&pae(&payload(&record))));
    assert_eq!(verified.principal().to_string(), "@alice");
    assert_eq!(verified.key(), key(1).public().fingerprint());
    assert!(!verified.is_hardware());
    assert_eq!(verified.line(), line);
}

#[test]
fn a_touched_hardware_key_is_accepted_and_known_as_one() {
    let record = record_by("@carol", &PublicKey::from_wire(&hardware_wire(4)).unwrap());
    let payload = payload(&record);
    let verified = accepted(&envelope(&payload, &hardware_blob(4, &pae(&payload), 1)));
    assert!(verified.is_hardware());
}

#[test]
fn of_several_valid_lines_the_lowest_counts_in_any_order() {
    // One record under two signatures by one hardware key: the counter or flags differ.
    let record = record_by("@carol", &PublicKey::from_wire(&hardware_wire(4)).unwrap());
    let payload = payload(&record);
    let a = envelope(&payload, &hardware_blob(4, &pae(&payload), 1));
    let b = envelope(&payload, &hardware_blob(4, &pae(&payload), 5));
    let forth = verify_log([&a[..], &b, b"", &a], &keyring(), &root());
    let back = verify_log([&b[..], &a], &keyring(), &root());
    assert_eq!(forth, back);
    assert_eq!(forth.records.len(), 1);
    assert_eq!(forth.findings, []);
    assert_eq!(forth.records.values().next().unwrap().line(), a.min(b));
}

#[test]
fn records_of_another_repository_are_foreign_and_not_tampered() {
    let mut theirs = record("@mallory", 9);
    theirs.root = relsign::model::ids::RootDigest::from_bytes([0x22; 32]);
    let log = verify_log([&line(&theirs, 9)[..]], &keyring(), &root());
    assert!(log.records.is_empty());
    let codes: Vec<_> = log.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::RecordForeign]);
    assert!(log.findings[0].record.is_some());
    // Junk that merely claims another root is junk.
    let mut junk = line(&theirs, 9);
    let at = junk.len() - 12;
    junk[at] = if junk[at] == b'A' { b'B' } else { b'A' };
    let log = verify_log([&junk[..]], &keyring(), &root());
    assert_ne!(log.findings[0].code, Code::RecordForeign);
}
