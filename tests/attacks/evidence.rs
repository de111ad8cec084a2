//! Attacks on evidence and on files of records: what is cited must not go without the people whom the policy asks, and
//! what is brought in must be what somebody signed.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::sandbox::{Sandbox, Stage, TAG};

/// A release whose item `tests` cites a file, with the file's digest.
fn cited(stage: Stage) -> (Sandbox, String) {
    let box_ = Sandbox::at(stage);
    std::fs::write(box_.path("log.txt"), "42 passed\n").unwrap();
    box_.run_as("ann", &["approve", TAG, "tests", "--evidence", box_.path("log.txt").to_str().unwrap()]).exits(0);
    let digest = digest_of(&box_, TAG);
    (box_, digest)
}

fn digest_of(box_: &Sandbox, tag: &str) -> String {
    let list = box_.run(&["--json", "evidence", "list", tag]).exits(0).json();
    list["evidence"][0]["sha256"].as_str().unwrap().to_owned()
}

fn is_here(box_: &Sandbox, digest: &str) -> bool {
    let path = format!("{}/{}", &digest[..2], &digest[2..]);
    box_.git(&["ls-tree", "-r", "--name-only", "refs/relsign/evidence"]).lines().any(|line| line == path)
}

/// Takes evidence out of the tree with plain git.
fn remove(box_: &Sandbox, digest: &str) {
    let tree = box_.git(&["ls-tree", "-r", "refs/relsign/evidence"]);
    let path = format!("{}/{}", &digest[..2], &digest[2..]);
    box_.git(&["read-tree", "--empty"]);
    let kept: String = tree.lines().filter(|line| !line.ends_with(&path)).map(|line| format!("{line}\n")).collect();
    box_.git_with(&["update-index", "--index-info"], kept.as_bytes());
    let tree = box_.git(&["write-tree"]);
    let commit = box_.git(&["commit-tree", "-p", "refs/relsign/evidence", "-m", "gone", &tree]);
    box_.set_ref("refs/relsign/evidence", &commit);
    box_.git(&["read-tree", "HEAD"]);
}

/// A bare repository that this one shares with.
fn server(box_: &Sandbox) -> std::path::PathBuf {
    let server = box_.path("server.git");
    box_.git_in(&box_.path("home"), &["init", "-q", "--bare", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    box_.run(&["sync"]).exits(0);
    server
}

#[test]
fn removal_without_redaction_is_incomplete() {
    // Expected: evidence-missing, exit 4: without the signatures of two people, what is removed is missing.
    let (box_, digest) = cited(Stage::Opened);
    box_.verify(TAG, 0);
    remove(&box_, &digest);
    assert!(!is_here(&box_, &digest));
    box_.verify(TAG, 4).finds("evidence-missing").lacks("evidence-redacted");
}

#[test]
fn one_person_redacts_nothing() {
    // Expected: redaction-short, and the file stays here and comes back: one person, also with two keys and two records, is one.
    let (box_, digest) = cited(Stage::Opened);
    server(&box_);
    box_.run_as("max", &["evidence", "redact", &digest, "--reason", "mine"]).exits(0).says("1 more needed");
    let again = box_.draft(TAG, "max2", "redact", json!({ "evidence": digest, "reason": "mine too" }));
    box_.plant(TAG, "max2", &again);
    box_.verify(TAG, 0).finds("redaction-short").lacks("evidence-redacted");
    box_.run(&["sync"]).exits(0);
    assert!(is_here(&box_, &digest));
    remove(&box_, &digest);
    box_.verify(TAG, 4).finds("evidence-missing");
    box_.set_ref("refs/relsign/evidence", "refs/relsign/evidence^");
    box_.verify(TAG, 0);
}

#[test]
fn machines_and_people_without_the_right_redact_nothing() {
    // Expected: evidence-missing, exit 4: a machine and somebody without the right are nobody's second person.
    let (box_, digest) = cited(Stage::Opened);
    box_.run_as("bob", &["evidence", "redact", &digest, "--reason", "x"]).exits(0);
    for who in ["ci", "ann", "dev"] {
        box_.run_as(who, &["evidence", "redact", &digest, "--reason", "x"]).exits(1).says("may not redact evidence");
        let draft = box_.draft(TAG, who, "redact", json!({ "evidence": digest, "reason": "x" }));
        box_.plant(TAG, who, &draft);
    }
    remove(&box_, &digest);
    box_.verify(TAG, 4).finds("evidence-missing").finds("redaction-short").lacks("evidence-redacted");
}

#[test]
fn what_another_release_cites_is_not_erased() {
    // Expected: The file stays: two people of one release can't take away what another release rests on.
    let (box_, digest) = cited(Stage::Opened);
    box_.commit("more");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    box_.run_as("ann", &["approve", "v1.1.0", "tests", "--evidence", box_.path("log.txt").to_str().unwrap()]).exits(0);
    for who in ["bob", "max"] {
        let draft = box_.draft(TAG, who, "redact", json!({ "evidence": digest, "reason": "x" }));
        let line = box_.sign(who, &draft);
        box_.add_line(TAG, &line);
        // The copy in the root log tells sync where to look.
        let root = box_.blob(format!("relsign-root-v1 {}\n", box_.root()));
        let mut note = box_.note(&root);
        note.extend_from_slice(&line);
        note.push(b'\n');
        box_.set_note(&root, &note);
    }
    server(&box_);
    box_.run(&["sync"]).exits(0);
    assert!(is_here(&box_, &digest));
    box_.verify(TAG, 0).finds("evidence-redacted");
    box_.verify("v1.1.0", 0).lacks("evidence-redacted");
    // Who redacts by the program signs for both, and then it goes.
    for who in ["bob", "max"] {
        box_.run_as(who, &["evidence", "redact", &digest, "--reason", "x"]).exits(0);
    }
    assert!(!is_here(&box_, &digest));
    box_.verify("v1.1.0", 0).finds("evidence-redacted");
    box_.verify(TAG, 0).finds("evidence-redacted");
}

#[test]
fn what_another_release_cites_in_another_spelling_is_not_erased() {
    // Expected: The file stays where a record of another release writes its digest with escapes, as JSON lets it.
    let (box_, digest) = cited(Stage::Opened);
    box_.commit("more");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    let mut word = box_.draft_word("v1.1.0", "ann", "tests", "done");
    let log = box_.log(TAG);
    word["predicate"]["evidence"] =
        log.iter().find(|entry| entry.kind() == "sign").unwrap().payload["predicate"]["evidence"].clone();
    let escaped: String = digest.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let payload = word.to_string().replace(&digest, &escaped);
    box_.add_line("v1.1.0", &box_.sign_bytes("ann", payload.as_bytes()));
    box_.verify("v1.1.0", 0);
    for who in ["bob", "max"] {
        let draft = box_.draft(TAG, who, "redact", json!({ "evidence": digest, "reason": "x" }));
        let line = box_.sign(who, &draft);
        box_.add_line(TAG, &line);
        let root = box_.blob(format!("relsign-root-v1 {}\n", box_.root()));
        box_.set_note(&root, &[box_.note(&root), line, b"\n".to_vec()].concat());
    }
    server(&box_);
    box_.run(&["sync"]).exits(0);
    assert!(is_here(&box_, &digest));
}

#[test]
fn a_redaction_of_another_release_is_none_of_this() {
    // Expected: A redact record of another release, moved here, is a subject-mismatch, exit 3, and redacts nothing.
    let (box_, digest) = cited(Stage::Opened);
    box_.commit("more");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    for who in ["bob", "max"] {
        let draft = box_.draft("v1.1.0", who, "redact", json!({ "evidence": digest, "reason": "x" }));
        box_.plant("v1.1.0", who, &draft);
        let line = box_.sign(who, &draft);
        box_.add_line(TAG, &line);
    }
    box_.verify(TAG, 3).finds("subject-mismatch").lacks("evidence-redacted");
    box_.run(&["evidence", "get", &digest]).exits(0);
}

#[test]
fn what_is_redacted_stays_gone_and_changes_no_verdict() {
    // Expected: GO and the integrity stay what they were, here and for whoever comes later, and nobody's old copy brings the file
    // back.
    let (box_, digest) = cited(Stage::Opened);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let server = server(&box_);
    let old = box_.path("old");
    box_.git(&["clone", "-q", server.to_str().unwrap(), old.to_str().unwrap()]);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git_in(&old, &["config", "relsign.root", &root]);
    let in_old = |args: &[&str]| super::sandbox::ended(box_.program().current_dir(&old).args(args));
    in_old(&["sync"]).exits(0);
    let before = box_.gate(TAG, 0);
    for who in ["bob", "max"] {
        box_.run_as(who, &["evidence", "redact", &digest, "--reason", "it names a customer"]).exits(0);
    }
    assert!(!is_here(&box_, &digest));
    let after = box_.gate(TAG, 0);
    assert_eq!(before.stdout.lines().next(), after.stdout.lines().next());
    box_.verify(TAG, 0).finds("evidence-redacted").lacks("evidence-missing");
    // The clone from before had the file, and shares something of its own.
    in_old(&["sync"]).exits(0);
    let tree = box_.git_in(&old, &["ls-tree", "-r", "--name-only", "refs/relsign/evidence"]);
    assert!(!tree.contains(&digest[2..]), "{tree}");
    in_old(&["verify", TAG]).exits(0).says("evidence-redacted");
    box_.run(&["sync"]).exits(0);
    assert!(!is_here(&box_, &digest));
    let tree = box_.git_in(&server, &["ls-tree", "-r", "--name-only", "refs/relsign/evidence"]);
    assert!(!tree.contains(&digest[2..]), "{tree}");
    // A foreign writer puts it back; the next sync takes it out again.
    box_.set_ref("refs/relsign/evidence", "refs/relsign/evidence^");
    assert!(is_here(&box_, &digest));
    box_.run(&["sync"]).exits(0);
    assert!(!is_here(&box_, &digest));
    // It is not brought back by mistake either.
    let file = box_.path("log.txt");
    box_.run_as("bob", &["approve", TAG, "healthy", "--evidence", file.to_str().unwrap()]).exits(1).says("was redacted by");
}

#[test]
fn evidence_that_a_server_drops_is_shared_again() {
    // Expected: The file comes back: a server that takes evidence away without signatures takes nothing from a clone.
    let (box_, digest) = cited(Stage::Opened);
    let server = server(&box_);
    let kept = box_.id("refs/relsign/evidence");
    remove(&box_, &digest);
    box_.git(&["push", "-q", "--no-verify", server.to_str().unwrap(), "refs/relsign/evidence"]);
    box_.set_ref("refs/relsign/evidence", &kept);
    box_.run(&["sync"]).exits(0);
    assert!(is_here(&box_, &digest));
    let tree = box_.git_in(&server, &["ls-tree", "-r", "--name-only", "refs/relsign/evidence"]);
    assert!(tree.contains(&digest[2..]), "{tree}");
}

#[test]
fn other_bytes_are_not_handed_out() {
    // Expected: evidence-changed, exit 3: other bytes in the place of a file are handed out to nobody.
    let (box_, digest) = cited(Stage::Opened);
    let blob = box_.blob(b"41 passed\n");
    let path = format!("{}/{}", &digest[..2], &digest[2..]);
    box_.git(&["read-tree", "refs/relsign/evidence"]);
    box_.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
    let tree = box_.git(&["write-tree"]);
    let commit = box_.git(&["commit-tree", "-m", "other", &tree]);
    box_.set_ref("refs/relsign/evidence", &commit);
    box_.git(&["read-tree", "HEAD"]);
    let run = box_.run(&["evidence", "get", &digest]).exits(3).says("evidence-changed");
    assert!(!run.text().contains("41 passed"));
    box_.run(&["evidence", "list", TAG]).exits(0).says("changed");
}

/// Puts lines and evidence into the form of a file of records.
fn file_of(lines: &[Vec<u8>], evidence: &[&[u8]]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let mut json = json!({ "format": "relsign-records-v1", "records": lines });
    if !evidence.is_empty() {
        json["evidence"] = evidence.iter().map(|bytes| Base64::encode_string(bytes)).collect();
    }
    armour(json.to_string().as_bytes())
}

fn armour(bytes: &[u8]) -> String {
    format!("-----BEGIN RELSIGN RECORDS-----\n{}\n-----END RELSIGN RECORDS-----\n", Base64::encode_string(bytes))
}

#[test]
fn of_a_file_only_what_is_valid_comes_in() {
    // Expected: Exit 3 with the code for each, while the valid one comes in: forged, foreign, of another tag, from the future, of
    // no parent.
    let box_ = Sandbox::at(Stage::Opened);
    let good = box_.draft_word(TAG, "ann", "tests", "done");
    let change = |path: &str, value: Value| {
        let mut draft = box_.draft_word(TAG, "ann", "tests", "done");
        *draft.pointer_mut(path).unwrap() = value;
        draft
    };
    let mut forged = String::from_utf8(box_.sign("ann", &box_.draft_word(TAG, "ann", "tests", "done"))).unwrap();
    forged = forged.replace("\"sig\":\"U1NIU0lHAAAAAQ", "\"sig\":\"U1NIU0lHAAAAAR");
    let missing = json!({ "name": "x", "sha256": "ab".repeat(32), "size": 3 });
    let mut cites = box_.draft_word(TAG, "ann", "tests", "done");
    cites["predicate"]["evidence"] = json!([missing]);
    let mut root_record = box_.draft(
        TAG,
        "rita",
        "freeze",
        json!({ "name": "f", "refs": ["refs/heads/*"], "from": "2026-11-21T09:30:00Z", "reason": "x" }),
    );
    root_record["predicate"].as_object_mut().unwrap().remove("open");
    let lines = vec![
        b"not a record".to_vec(),
        forged.into_bytes(),
        box_.sign("eve", &change("/predicate/signer/fingerprint", json!(box_.fingerprint("eve")))),
        box_.sign("ann", &change("/predicate/root", json!("7".repeat(64)))),
        box_.sign("ann", &change("/subject/0/digest", json!({ "sha256": "5".repeat(64) }))),
        box_.sign("ann", &change("/predicate/time", json!("2027-11-21T09:30:00Z"))),
        box_.sign("ann", &change("/predicate/parents", json!(["6".repeat(64)]))),
        box_.sign("ann", &change("/predicate/policy_head/version", json!(9))),
        box_.sign("ann", &cites),
        box_.sign("rita", &root_record),
        box_.sign("ann", &good),
    ];
    box_.write("file", file_of(&lines, &[]));
    let run = box_.run(&["--json", "import", "file"]).exits(3);
    let said = run.json();
    assert_eq!(said["came"].as_array().unwrap().len(), 1, "{said:#}");
    let refused = said["refused"].as_array().unwrap();
    let codes: Vec<&str> = refused.iter().map(|it| it["code"].as_str().unwrap_or("none")).collect();
    let wanted = [
        "line-malformed",
        "signature-malformed",
        "signer-unknown",
        "record-foreign",
        "subject-mismatch",
        "time-in-future",
        "record-missing",
        "policy-missing",
        "evidence-missing",
        "none",
    ];
    assert_eq!(codes, wanted, "{refused:#?}");
    assert_eq!(box_.verify(TAG, 0).item("tests"), "done");
}

#[test]
fn hostile_files_are_refused_with_a_sentence() {
    // Expected: Exit 3, and the log is as it was: nothing of a file that is no file of records is taken, and nothing panics.
    let box_ = Sandbox::at(Stage::Opened);
    let before = box_.git(&["for-each-ref"]);
    let deep = "[".repeat(200_000);
    let line = box_.sign("ann", &box_.draft_word(TAG, "ann", "tests", "done"));
    let whole = file_of(&[line], &[]);
    for (bytes, why) in [
        (b"".to_vec(), "no line"),
        (vec![0xff, 0xfe, 0, 10, 13], "no line"),
        (vec![b'A'; 3_000_000], "no line"),
        (armour(deep.as_bytes()).into_bytes(), "not of the form"),
        (armour(b"{\"format\":\"relsign-records-v1\",\"records\":[],\"name\":\"../../x\"}").into_bytes(), "unknown field"),
        (armour(b"{\"format\":\"relsign-records-v1\",\"records\":[],\"records\":[]}").into_bytes(), "duplicate field"),
        (armour(b"\xff\xff").into_bytes(), "not of the form"),
        (whole.as_bytes()[..whole.len() / 2].to_vec(), "cut off"),
        (whole.replace('\n', "\n> ").into_bytes(), "is not base64"),
        (file_of(&vec![b"x".to_vec(); 6000], &[]).into_bytes(), "at most 5000"),
    ] {
        box_.write("file", &bytes);
        box_.run(&["import", "file"]).exits(3).says("is not a records file").says(why);
    }
    box_.run(&["import", "nowhere"]).exits(2);
    box_.run(&["import", "."]).exits(2);
    assert_eq!(box_.git(&["for-each-ref"]), before);
}

#[test]
fn evidence_that_no_record_cites_does_not_come_in() {
    // Expected: The file names nothing that is written to, and what no record cites is not kept.
    let box_ = Sandbox::at(Stage::Opened);
    let before = box_.id("refs/relsign/evidence");
    let line = box_.sign("ann", &box_.draft_word(TAG, "ann", "tests", "done"));
    box_.write("file", file_of(&[line], &[b"smuggled", &[b'x'; 1 << 20]]));
    box_.run(&["import", "file"]).exits(0).says("1 record imported");
    assert_eq!(box_.id("refs/relsign/evidence"), before);
    // Bytes that have another digest than the record names are not what it cites.
    let mut cites = box_.draft_word(TAG, "ann", "migration", "done");
    cites["predicate"]["evidence"] = json!([{ "name": "x", "sha256": "ab".repeat(32), "size": 8 }]);
    box_.write("file", file_of(&[box_.sign("ann", &cites)], &[b"smuggled"]));
    box_.run(&["import", "file"]).exits(3).says("evidence-missing");
    assert_eq!(box_.id("refs/relsign/evidence"), before);
}

#[test]
fn words_on_another_tag_object_do_not_come_in() {
    // Expected: Exit 3: a tag of the same name that is another object takes none of the words on the first.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "tests", "--out", "file"]).exits(0);
    box_.git(&["tag", "-d", TAG]);
    box_.run(&["import", "--no-sync", "file"]).exits(3).says("there is no tag v1.0.0 here");
    box_.commit("another");
    box_.tag(TAG);
    box_.run(&["import", "--no-sync", "file"]).exits(3).says("subject-mismatch").says("is tag object");
}
