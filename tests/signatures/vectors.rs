//! The test vectors of docs/vectors: that they are what the program makes, and that stock programs agree.
//!
//! To write them anew: `cargo test --test signatures -- --ignored write_the_vectors`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use relsign::keystore::FileKey;
use relsign::model::ids::{Nonce, RecordId};
use relsign::model::log::Record;
use relsign::model::record::{Body, Sign};
use relsign::parse::record::parse_envelope;
use relsign::sign::allowed_signers::allowed_signers;
use relsign::sign::keyring::Keyring;
use relsign::sign::pae::{pae, record_id};
use relsign::sign::verify::{verify_line, verify_log};
use serde_json::json;

use super::ecdsa;
use super::make::{envelope, key, line, payload, principal, record, root};
use super::place;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/vectors")
}

/// The people of the vectors: @alice, whose key has the seed 01…01, @bob with 02…02, and of those with P-256 keys @dave, whose
/// secret number is 05…05, and @erin with a device that has 06…06.
fn people() -> Keyring {
    let mut keys = Keyring::new();
    keys.add(principal("@dave"), ecdsa::soft(5).public().clone()).unwrap();
    keys.add(principal("@erin"), ecdsa::device(6)).unwrap();
    keys.add(principal("@alice"), key(1).public().clone()).unwrap();
    keys.add(principal("@bob"), key(2).public().clone()).unwrap();
    keys
}

/// A record of the vectors: the common fields are fixed, and the nonce is one byte, sixteen times.
fn vector(handle: &str, seed: u8, nonce: u8, open: Option<RecordId>, parents: &[RecordId], body: Body) -> Record {
    let mut record = record(handle, seed);
    record.kind = body.kind().unwrap().name().to_owned();
    record.nonce = Nonce::from_bytes([nonce; 16]);
    record.open = open;
    record.parents = parents.to_vec();
    record.parents.sort();
    record.comment = None;
    record.body = body;
    record
}

fn id(record: &Record) -> RecordId {
    record_id(&pae(&payload(record)))
}

fn open() -> Record {
    let body = json!({
        "title": "Release v2.4.0",
        "environment": "production",
        "release_type": "normal",
        "component": "default",
        "checklist": { "path": "docs/release.md", "sha256": "6".repeat(64), "parser": 1 },
        "items": [{
            "number": 1,
            "id": "rollback-runbook",
            "digest": "5".repeat(64),
            "title": "Rollback runbook reviewed",
            "phase": "before",
            "owner": { "person": "@alice" },
            "requirements": { "reviews": 1, "roles": ["sre"] },
            "lines": [12, 13],
            "text": "- [ ] Rollback runbook reviewed\n",
        }],
        "risk": { "class": "high", "reasons": ["schema change"] },
        "implementers": { "tagger": "@alice", "people": ["@alice"] },
        "commits": 3,
    });
    vector("@alice", 1, 1, None, &[], Body::from_json("open", &body.to_string()).unwrap())
}

fn sign() -> Record {
    let open = id(&open());
    let body = json!({ "item": { "id": "rollback-runbook", "digest": "5".repeat(64) }, "verdict": "done" });
    let mut record = vector("@alice", 1, 2, Some(open), &[open], Body::Sign(serde_json::from_value::<Sign>(body).unwrap()));
    record.comment = Some("rehearsed on staging: 4 min \"cold\" → warm ✓".to_owned());
    record
}

/// The record that is signed by hand, with nothing but make.sh.
fn by_hand() -> Record {
    let (open, sign) = (id(&open()), id(&sign()));
    let body = json!({ "item": { "id": "rollback-runbook", "digest": "5".repeat(64) }, "verdict": "approve" });
    let mut record = vector("@bob", 2, 3, Some(open), &[sign], Body::Sign(serde_json::from_value::<Sign>(body).unwrap()));
    record.role = Some("sre".parse().unwrap());
    record.tool = "make.sh".to_owned();
    record
}

fn decide() -> Record {
    let (open, by_hand) = (id(&open()), id(&by_hand()));
    let mut manifest = vec![open, id(&sign()), by_hand];
    manifest.sort();
    let body = json!({ "decision": "go", "manifest": manifest });
    vector("@bob", 2, 4, Some(open), &[by_hand], Body::from_json("decide", &body.to_string()).unwrap())
}

/// What @dave signs with a P-256 key, and @erin with a device.
fn with_p256() -> [Record; 2] {
    let (open, sign) = (id(&open()), id(&sign()));
    let body = json!({ "item": { "id": "rollback-runbook", "digest": "5".repeat(64) }, "verdict": "approve" });
    let body = Body::Sign(serde_json::from_value::<Sign>(body).unwrap());
    [("@dave", ecdsa::soft(5).public().clone(), 5), ("@erin", ecdsa::device(6), 6)].map(|(handle, key, nonce)| {
        let mut record = vector("@alice", 1, nonce, Some(open), &[sign], body.clone());
        record.signer.handle = principal(handle);
        record.signer.fingerprint = key.fingerprint().clone();
        record
    })
}

/// Their lines; @dave's stands there twice, with s and with n − s.
fn p256_lines() -> Vec<Vec<u8>> {
    let [dave, erin] = with_p256();
    let line = ecdsa::soft(5).sign_record(&dave).unwrap();
    let twin = envelope(&payload(&dave), &super::twin::twin(&parse_envelope(&line).unwrap().sig));
    let touched = envelope(&payload(&erin), &ecdsa::device_blob(6, &pae(&payload(&erin)), 1, ecdsa::SK_KIND, b""));
    let mut lines = vec![line, twin, touched];
    lines.sort();
    let log = verify_log(lines.iter().map(Vec::as_slice), &people(), &root());
    assert_eq!((log.records.len(), log.findings.len()), (2, 0));
    lines
}

/// The content of every file of the folder but the scripts.
fn files() -> BTreeMap<&'static str, Vec<u8>> {
    let with_newline = |bytes: Vec<u8>| [bytes, b"\n".to_vec()].concat();
    let one = sign();
    let hand = line(&by_hand(), 2);
    let mut lines = [line(&open(), 1), line(&one, 1), hand.clone(), line(&decide(), 2)];
    lines.sort();
    let log = verify_log(lines.iter().map(Vec::as_slice), &people(), &root());
    assert_eq!((log.records.len(), log.findings.len()), (4, 0));
    let ids = |lines: &[Vec<u8>]| -> String {
        let records = lines.iter().map(|line| verify_line(line, &people(), &root()).unwrap());
        records.map(|record| format!("{} {}\n", record.id(), record.principal())).collect()
    };
    let p256 = p256_lines();
    BTreeMap::from([
        ("allowed_signers", allowed_signers(&people()).into_bytes()),
        ("log", lines.iter().cloned().flat_map(with_newline).collect()),
        ("log.ids", ids(&lines).into_bytes()),
        ("p256.log", p256.iter().cloned().flat_map(with_newline).collect()),
        ("p256.log.ids", ids(&p256).into_bytes()),
        ("one.payload", payload(&one)),
        ("one.line", with_newline(line(&one, 1))),
        ("one.pae", pae(&payload(&one))),
        ("one.id", format!("{}\n", id(&one)).into_bytes()),
        ("hand.payload", payload(&by_hand())),
        ("hand.line", with_newline(hand)),
    ])
}

fn shell(script: &str, arguments: &[&Path]) -> Output {
    Command::new("sh").arg(folder().join(script)).args(arguments).env_remove("SSH_AUTH_SOCK").output().unwrap()
}

#[test]
#[ignore = "writes docs/vectors"]
fn write_the_vectors() {
    for (name, content) in files() {
        fs::write(folder().join(name), content).unwrap();
    }
}

#[test]
fn the_vectors_are_current() {
    for (name, content) in files() {
        let found = fs::read(folder().join(name)).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&content), "docs/vectors/{name}");
    }
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(files().contains_key(name.as_str()) || name.ends_with(".sh"), "docs/vectors/{name} is nobody's");
    }
}

#[test]
fn the_script_verifies_every_line_and_gives_the_same_ids() {
    for log in ["log", "p256.log"] {
        let output = shell("check.sh", &[&folder().join("allowed_signers"), &folder().join(log)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected = fs::read_to_string(folder().join(format!("{log}.ids"))).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
}

#[test]
fn the_script_finds_what_is_wrong() {
    let dir = place::folder("vectors");
    let good = String::from_utf8(line(&sign(), 1)).unwrap();
    let swapped = String::from_utf8(super::make::signed(&payload(&sign()), 2)).unwrap();
    let bob = key(2).public().fingerprint().to_string();
    let sig_of = |line: &str| line.split("\"sig\":\"").nth(1).unwrap().to_owned();
    let other = String::from_utf8(line(&open(), 1)).unwrap();
    let cases = [
        ("another form", good.replace("\",\"payload\"", "\", \"payload\""), "one form"),
        ("junk", format!("{good}x"), "one form"),
        ("two signatures", good.replace("}]}", "},{\"keyid\":\"\",\"sig\":\"\"}]}"), "one form"),
        ("signer swapped", swapped, "another signer"),
        ("another payload's signature", good.replace(&sig_of(&good), &sig_of(&other)), "does not verify"),
        ("a lying key id", good.replace(key(1).public().fingerprint().as_str(), &bob), "key id"),
        ("an unknown key", String::from_utf8(line(&record("@mallory", 9), 9)).unwrap(), "nobody's key"),
    ];
    for (name, line, expected) in cases {
        let path = dir.path().join("log");
        fs::write(&path, format!("{good}\n\n{line}\n")).unwrap();
        let output = shell("check.sh", &[&folder().join("allowed_signers"), &path]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("line 3: ") && said.contains(expected), "{name}: {said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1, "{name}");
        assert!(verify_line(line.as_bytes(), &people(), &root()).is_err(), "{name}");
    }
    assert_eq!(shell("check.sh", &[&folder().join("allowed_signers")]).status.code(), Some(2));
}

#[test]
fn a_line_made_by_hand_is_accepted_and_the_same() {
    let dir = place::folder("vectors");
    let key = dir.path().join("bob");
    FileKey::from_seed(&key, &[2; 32]).unwrap().write("bob").unwrap();
    let output = shell("make.sh", &[&folder().join("hand.payload"), &key]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), fs::read_to_string(folder().join("hand.line")).unwrap());
    let verified = verify_line(output.stdout.trim_ascii_end(), &people(), &root()).unwrap();
    assert_eq!(verified.value(), &by_hand());
}
