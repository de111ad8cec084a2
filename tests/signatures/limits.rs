//! What is too long or too much, held to the byte and to the line.

use relsign::model::finding::Code;
use relsign::parse::record::{MAX_JUNK, MAX_LINES};
use relsign::sign::sshsig::{SshSig, armour, unarmour};
use relsign::sign::verify::{VerifiedLog, verify_log};

use super::make::{Blob, key, keyring, line, record, root};

const MOST_BYTES: usize = 4096;

/// A well-formed blob of so many bytes.
fn blob_of(length: usize) -> Vec<u8> {
    let mut blob = Blob::of(1, b"message");
    blob.namespace.clear();
    blob.namespace = "n".repeat(length - blob.bytes().len());
    assert_eq!(blob.bytes().len(), length);
    blob.bytes()
}

#[test]
fn a_blob_has_at_most_so_many_bytes() {
    assert!(SshSig::from_blob(&blob_of(MOST_BYTES)).is_ok());
    for length in [MOST_BYTES + 1, 2 * MOST_BYTES] {
        assert_eq!(SshSig::from_blob(&blob_of(length)).map_err(|reason| reason.code()), Err(Code::SignatureMalformed));
    }
}

#[test]
fn armour_holds_the_longest_blob_and_at_most_so_many_characters() {
    let text = armour(&blob_of(MOST_BYTES));
    assert_eq!(unarmour(&text), Ok(blob_of(MOST_BYTES)));
    let (head, rest) = text.split_once('\n').unwrap();
    let (digits, tail) = rest.split_once("-----END").unwrap();
    let padded = |characters: usize| format!("{head}{}{digits}-----END{tail}", "\n".repeat(characters - digits.len()));
    assert_eq!(unarmour(&padded(2 * MOST_BYTES)), Ok(blob_of(MOST_BYTES)));
    for characters in [2 * MOST_BYTES + 1, 4 * MOST_BYTES] {
        assert_eq!(unarmour(&padded(characters)).map_err(|reason| reason.code()), Err(Code::SignatureMalformed));
    }
}

/// Lines that name the key of @alice and are no envelopes otherwise.
fn lines_naming_a_key(count: usize) -> Vec<Vec<u8>> {
    let good = String::from_utf8(line(&record("@alice", 1), 1)).unwrap();
    let (start, signature) = good.split_once("\"sig\"").unwrap();
    let (before, _) = start.split_once("\"payload\":\"").unwrap();
    let (_, after) = start.split_once("\",\"signatures\"").unwrap();
    assert!(after.contains(key(1).public().fingerprint().as_str()) && !signature.is_empty());
    (0..count).map(|n| format!("{before}\"payload\":\"{n}\",\"signatures\"{after}").into_bytes()).collect()
}

fn codes(log: &VerifiedLog) -> Vec<Code> {
    let mut codes: Vec<_> = log.findings.iter().map(|finding| finding.code).collect();
    codes.dedup();
    codes
}

#[test]
fn a_log_that_is_not_read_to_its_end_says_so() {
    let lines = lines_naming_a_key(MAX_LINES + 2);
    let read = |count: usize| verify_log(lines[..count].iter().map(Vec::as_slice), &keyring(), &root());
    assert_eq!(codes(&read(MAX_LINES)), [Code::LineMalformed]);
    for count in [MAX_LINES + 1, MAX_LINES + 2] {
        let mut found = codes(&read(count));
        found.sort();
        let mut wanted = [Code::LineMalformed, Code::TooManyLines];
        wanted.sort();
        assert_eq!(found, wanted, "{count} lines");
    }
}

#[test]
fn junk_is_told_up_to_a_limit_and_its_excess_once() {
    let junk: Vec<Vec<u8>> = (0..MAX_JUNK + 2).map(|n| format!("x{n}").into_bytes()).collect();
    let read = |count: usize| verify_log(junk[..count].iter().map(Vec::as_slice), &keyring(), &root());
    assert!(!codes(&read(MAX_JUNK)).contains(&Code::JunkLines));
    for count in [MAX_JUNK + 1, MAX_JUNK + 2] {
        assert!(codes(&read(count)).contains(&Code::JunkLines), "{count} lines");
    }
}

#[test]
fn a_log_of_no_lines_is_read_too() {
    for lines in [vec![], vec![b"".as_slice()]] {
        let log = verify_log(lines, &keyring(), &root());
        assert!(log.records.is_empty() && log.findings.is_empty());
    }
}
