//! What the fuzzing engine calls: one function for each parser of what others wrote.
//!
//! None of them may panic, whatever the bytes. Where something can be parsed, what must then hold is asserted too.

use std::sync::LazyLock;

use relsign::git::raw::{parse_commit, parse_tag, parse_tree};
use relsign::model::ids::{Principal, RootDigest};
use relsign::parse::checklist::{self, LintContext, lint};
use relsign::parse::policy::{parse_anchors, parse_policy};
use relsign::parse::problems::render;
use relsign::parse::public_key::PublicKey;
use relsign::parse::record::{encode_envelope, parse_envelope};
use relsign::parse::records_file;
use relsign::parse::statement::{encode_statement, parse_statement};
use relsign::sign::keyring::Keyring;
use relsign::sign::sshsig::{SshSig, armour, cited_key, unarmour, verify_sshsig};
use relsign::sign::verify::{verify_line, verify_log};

/// The keys and the root of the test vectors, so that a mutated vector gets as far as it can.
static KEYS: LazyLock<(Keyring, RootDigest)> = LazyLock::new(|| {
    let mut keys = Keyring::new();
    for line in include_str!("../../docs/vectors/allowed_signers").lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(handle), _, Some(key)) = (words.next(), words.next(), words.next()) else { continue };
        if let (Ok(handle), Ok(key)) = (handle.parse(), PublicKey::from_text(key)) {
            let _ = keys.add(Principal::Person(handle), key);
        }
    }
    let line = include_bytes!("../../docs/vectors/one.line").trim_ascii_end();
    let root = parse_envelope(line).ok().and_then(|envelope| parse_statement(&envelope.payload).ok()).map(|record| record.root);
    (keys, root.unwrap_or_else(|| RootDigest::from_bytes([0; 32])))
});

/// A line of a note, and a note of several.
pub fn record(input: &[u8]) {
    let (keys, root) = &*KEYS;
    if let Ok(envelope) = parse_envelope(input) {
        assert_eq!(encode_envelope(&envelope), input, "a line has another spelling");
    }
    if let Ok(verified) = verify_line(input, keys, root) {
        assert_eq!(verified.line(), input);
        let envelope = parse_envelope(input).expect("a verified line is an envelope");
        assert_eq!(verify_line(&encode_envelope(&envelope), keys, root).as_ref(), Ok(&verified));
    }
    let log = verify_log(input.split(|byte| *byte == b'\n'), keys, root);
    let reversed: Vec<&[u8]> = input.split(|byte| *byte == b'\n').rev().collect();
    assert_eq!(log, verify_log(reversed, keys, root), "the order of lines changes what they say");
}

/// The payload of a record.
pub fn statement(input: &[u8]) {
    // What a later version means is kept and not written.
    if let Some(record) = parse_statement(input).ok().filter(|record| record.body.kind().is_some()) {
        let encoded = encode_statement(&record).expect("a record that was read can be written");
        assert_eq!(parse_statement(&encoded).as_ref(), Ok(&record), "a record changes when it is written and read");
    }
}

/// An SSHSIG blob, bare and in armour.
pub fn sshsig(input: &[u8]) {
    let _ = cited_key(input);
    let _ = verify_sshsig(input, "relsign-v1", b"message");
    if let Ok(signature) = SshSig::from_blob(input) {
        assert!(signature.verify("relsign-v1", input).is_err(), "a signature of its own bytes");
        assert_eq!(unarmour(&armour(input)).as_deref(), Ok(input), "armour changes what is in it");
    }
    if let Ok(text) = std::str::from_utf8(input) {
        if let Ok(blob) = unarmour(text) {
            let _ = SshSig::from_blob(&blob);
        }
        let _ = PublicKey::from_text(text);
    }
    let _ = PublicKey::from_wire(input);
}

/// A checklist in Markdown, or an issue form in YAML, which is told by what it says; with what `lint --fix` writes.
pub fn checklist(input: &[u8]) {
    match checklist::parse(input) {
        Ok(read) => {
            assert_eq!(checklist::parse(input).as_ref(), Ok(&read), "the same bytes are read in two ways");
            let lines = input.split(|byte| *byte == b'\n').count() as u64;
            for item in &read.items {
                assert!(u64::from(item.line) >= 1 && u64::from(item.line) <= lines, "an item stands outside of the file");
            }
            let context = LintContext { known: None };
            render(&lint(&read, input, &context), "CHECKLIST.md", input, true);
            let fixes = checklist::fixes(&read, input, &context);
            if let Ok(text) = std::str::from_utf8(input) {
                assert_eq!(fixes.is_empty(), checklist::diff(&fixes).is_empty());
                let _ = checklist::parse(checklist::apply(text, &fixes).as_bytes());
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a checklist is refused without a reason");
            render(&problems, "CHECKLIST.md", input, false);
        }
    }
}

/// A checklist in JSON.
pub fn checklist_json(input: &[u8]) {
    if let Err(problems) = checklist::parse_json(input) {
        assert!(!problems.is_empty(), "a checklist is refused without a reason");
        render(&problems, "checklist.json", input, false);
    }
}

/// A policy.
pub fn policy(input: &[u8]) {
    if let Err(problems) = parse_policy(input) {
        assert!(!problems.is_empty(), "a policy is refused without a reason");
        render(&problems, "policy.toml", input, true);
    }
}

/// The anchors of a policy version.
pub fn anchors(input: &[u8]) {
    match parse_anchors(input) {
        Ok(anchors) => {
            let written: String = anchors.iter().map(|id| format!("{id}\n")).collect();
            assert_eq!(written.as_bytes(), input, "anchors have another spelling");
        }
        Err(problem) => {
            render(&[problem], "anchors", input, true);
        }
    }
}

/// A file of records, as it comes by mail.
pub fn records_file(input: &[u8]) {
    if let Ok(file) = records_file::decode(input) {
        let written = records_file::encode("again", &file);
        assert_eq!(records_file::decode(written.as_bytes()).ok(), Some(file), "a file changes when it is written and read");
    }
}

/// A tag, a commit and a tree, as git keeps them.
pub fn git_object(input: &[u8]) {
    if let Ok(tag) = parse_tag(input) {
        let (signed, signature) = input.split_at(tag.signed_length);
        assert_eq!(tag.signature.as_deref().unwrap_or_default(), signature, "a signature covers what it does not stand below");
        assert!(signed.ends_with(&tag.message), "the message is not what is signed");
        let _ = tag.co_authors();
        if let Some(text) = tag.signature.as_deref().and_then(|armour| std::str::from_utf8(armour).ok()) {
            let _ = unarmour(text).map(|blob| verify_sshsig(&blob, "git", signed).map(|key| key.fingerprint().clone()));
        }
    }
    if let Ok(commit) = parse_commit(input) {
        assert!(input.ends_with(&commit.message), "the message is not what stands at the end");
        let _ = commit.into_makers();
    }
    for id_length in [20, 32] {
        if let Ok(entries) = parse_tree(input, id_length) {
            let least: usize = entries.iter().map(|entry| entry.name.len() + id_length + 3).sum();
            assert!(least <= input.len(), "a tree has more entries than bytes");
        }
    }
}
