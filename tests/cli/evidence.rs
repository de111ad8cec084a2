//! Evidence: what is kept, handed out, listed and redacted.

use crate::sandbox::{Run, Sandbox, Stage, TAG};

/// Gives the first piece of evidence of a release whose name is the one.
#[track_caller]
pub(crate) fn piece(box_: &Sandbox, name: &str) -> serde_json::Value {
    let list = box_.run(&["--json", "evidence", "list", TAG]).exits(0).json();
    let all = list["evidence"].as_array().unwrap().clone();
    all.into_iter().find(|piece| piece["name"] == name || piece["uri"] == name).unwrap_or_else(|| panic!("{name} in {list}"))
}

fn approve(box_: &Sandbox, item: &str, options: &[&str]) -> Run {
    box_.run_as("ann", &[&["approve", TAG, item], options].concat())
}

#[test]
fn a_file_is_kept_with_digest_size_type_and_name_and_handed_out_again() {
    let box_ = Sandbox::at(Stage::Opened);
    std::fs::write(box_.path("smoke.csv"), "a,b\n1,2\n").unwrap();
    let file = box_.path("smoke.csv");
    approve(&box_, "tests", &["--evidence", file.to_str().unwrap()]).exits(0);
    let kept = piece(&box_, "smoke.csv");
    assert_eq!((&kept["media_type"], &kept["size"], &kept["state"]), (&"text/csv".into(), &8.into(), &"here".into()));
    let digest = kept["sha256"].as_str().unwrap();
    for meant in [digest, &digest[..8], kept["record"].as_str().unwrap()] {
        assert_eq!(box_.run(&["evidence", "get", meant]).exits(0).stdout, "a,b\n1,2\n");
    }
    assert_eq!(box_.run(&["evidence", "get", TAG, "tests"]).exits(0).stdout, "a,b\n1,2\n");
    box_.run(&["evidence", "get", "tests", "-o", "copy.csv"]).exits(0).says("wrote 8 bytes");
    assert_eq!(std::fs::read_to_string(box_.repo.join("copy.csv")).unwrap(), "a,b\n1,2\n");
    box_.run(&["evidence", "get", "tests", "-o", "copy.csv"]).exits(2).says("copy.csv already exists");
    assert_eq!(std::fs::read_to_string(box_.repo.join("copy.csv")).unwrap(), "a,b\n1,2\n");
    let none = "item rollback of v1.0.0 has no evidence";
    box_.run(&["evidence", "get", "rollback"]).exits(4).says(none).says("relsign evidence list v1.0.0");
    box_.run(&["evidence", "get", TAG, "rollback"]).exits(4).says(none);
    approve(&box_, "migration", &["--evidence", "https://ci.example.com/7"]).exits(0);
    box_.run(&["evidence", "get", "migration"]).exits(4).says("has only links").says("https://ci.example.com/7");
    box_.run(&["evidence", "list", TAG]).exits(0).says("smoke.csv, 8 bytes, here").says("@ann done tests");
}

#[test]
fn bytes_that_are_no_text_come_through_a_pipe_as_they_are() {
    let box_ = Sandbox::at(Stage::Opened);
    let bytes: Vec<u8> = (0..=255).collect();
    std::fs::write(box_.path("all.bin"), &bytes).unwrap();
    approve(&box_, "tests", &["--evidence", box_.path("all.bin").to_str().unwrap()]).exits(0);
    let output = box_.program().args(["evidence", "get", "tests"]).output().unwrap();
    assert_eq!(output.stdout, bytes);
    assert_eq!(piece(&box_, "all.bin")["media_type"], "application/octet-stream");
}

#[test]
fn a_file_over_the_limit_of_the_policy_is_refused_and_nothing_is_kept() {
    let box_ = Sandbox::at(Stage::Begun);
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap() + "[limits]\nevidence_bytes = 10\n";
    box_.write(".relsign/policy.toml", &policy);
    box_.add_version(&policy, "", &["rita"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let before = box_.id("refs/relsign/evidence");
    std::fs::write(box_.path("ten"), "0123456789").unwrap();
    std::fs::write(box_.path("eleven"), "0123456789a").unwrap();
    approve(&box_, "tests", &["--evidence", box_.path("eleven").to_str().unwrap()])
        .exits(2)
        .says("has 11 bytes, and the policy allows 10");
    assert_eq!(box_.id("refs/relsign/evidence"), before);
    approve(&box_, "tests", &["--evidence", box_.path("ten").to_str().unwrap()]).exits(0);
    approve(&box_, "migration", &["--evidence", box_.path("home").to_str().unwrap()]).exits(2).says("is not a file");
    approve(&box_, "migration", &["--evidence", "nowhere.txt"]).exits(2).says("can't be read");
}

#[test]
fn nothing_is_kept_for_a_word_that_is_refused() {
    let box_ = Sandbox::at(Stage::Opened);
    let before = box_.id("refs/relsign/evidence");
    std::fs::write(box_.path("log"), "x").unwrap();
    let file = box_.path("log");
    box_.run_as("ann", &["approve", TAG, "rollback", "--done", "--evidence", file.to_str().unwrap()]).exits(1);
    assert_eq!(box_.id("refs/relsign/evidence"), before);
}

#[test]
fn a_link_is_a_mere_pointer_unless_it_says_which_bytes_are_meant() {
    let box_ = Sandbox::at(Stage::Opened);
    approve(&box_, "tests", &["--evidence", "https://ci.example.com/1"]).exits(0).says("a link without a digest");
    box_.verify(TAG, 0).finds("evidence-pointer");
    assert_eq!(piece(&box_, "https://ci.example.com/1")["state"], "pointer");
    let fixed = format!("https://ci.example.com/2#sha256={}&size=7", "ab".repeat(32));
    approve(&box_, "migration", &["--evidence", &fixed]).exits(0);
    let kept = piece(&box_, "https://ci.example.com/2");
    assert_eq!((&kept["state"], &kept["size"]), (&"elsewhere".into(), &7.into()));
    assert_eq!(box_.verify(TAG, 0).findings("evidence-pointer").len(), 1);
    box_.run(&["evidence", "get", "migration"]).exits(4).says("https://ci.example.com/2");
    box_.run(&["report", TAG]).exits(0).says("a link without a digest");
    box_.run(&["report", "--format", "markdown", TAG]).exits(0).says("without a digest");
    approve(&box_, "migration", &["--evidence", "https://x.example/#sha256=12"]).exits(2).says("#sha256=DIGEST&size=BYTES");
}

#[test]
fn a_private_note_is_read_by_people_and_guessed_by_nobody() {
    let box_ = Sandbox::at(Stage::Opened);
    approve(&box_, "tests", &["--private-note", "yes"]).exits(0);
    let note = piece(&box_, "private note");
    assert_eq!((&note["size"], &note["private"]), (&35.into(), &true.into()));
    assert_eq!(box_.run(&["evidence", "get", "tests"]).exits(0).stdout, "yes");
    assert_eq!(box_.program().args(["evidence", "get", "--raw", "tests"]).output().unwrap().stdout.len(), 35);
    box_.run(&["log", TAG]).exits(0).says("private note: yes");
    box_.run(&["show", note["record"].as_str().unwrap()]).exits(0).says("private note").says("yes");
    box_.run(&["report", TAG]).exits(0).says("comment: yes");
    box_.run(&["report", "--format", "html", TAG]).exits(0).says("yes");
    // Another note of the same text has another digest.
    approve(&box_, "migration", &["--private-note", "yes"]).exits(0);
    let list = box_.run(&["--json", "evidence", "list", TAG]).json();
    assert_ne!(list["evidence"][0]["sha256"], list["evidence"][1]["sha256"]);
    approve(&box_, "migration", &["--private-note", &"x".repeat(20_000)]).exits(2).says("--evidence FILE");
}

#[test]
fn two_people_redact_and_nothing_else_changes() {
    let box_ = Sandbox::at(Stage::Opened);
    approve(&box_, "tests", &["--private-note", "Jane Doe has called"]).exits(0);
    let note = piece(&box_, "private note");
    let digest = note["sha256"].as_str().unwrap();
    box_.run_as("ann", &["evidence", "redact", digest, "--reason", "it names her"]).exits(1).says("may not redact evidence");
    box_.run_as("bob", &["evidence", "redact", digest, "--reason", "it names her"]).exits(0).says("1 more needed");
    box_.verify(TAG, 0).finds("redaction-short").lacks("evidence-redacted");
    assert_eq!(box_.run(&["evidence", "get", digest]).exits(0).stdout, "Jane Doe has called");
    box_.run_as("bob", &["evidence", "redact", digest, "--reason", "again"]).exits(0).says("you have already");
    let run = box_.run_as("rita", &["--json", "evidence", "redact", &digest[..10], "--reason", "it names her"]).exits(0).json();
    assert_eq!((&run["erased"], &run["releases"][0]["missing"]), (&true.into(), &0.into()));
    box_.verify(TAG, 0).finds("evidence-redacted").lacks("evidence-missing").lacks("redaction-short");
    box_.run(&["evidence", "get", digest]).exits(1).says("was redacted by @bob and @rita");
    box_.run(&["report", TAG]).exits(0).says("erased");
    let log = box_.run(&["log", TAG]).exits(0).says("private note: erased");
    assert!(!log.text().contains("Jane"));
    box_.run(&["show", note["record"].as_str().unwrap()]).exits(0).says("erased");
    assert_eq!(piece(&box_, "private note")["state"], "redacted");
}

#[test]
fn what_is_not_here_is_fetched() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("server.git");
    box_.git_in(&box_.path("home"), &["init", "-q", "--bare", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    std::fs::write(box_.path("log"), "seen\n").unwrap();
    approve(&box_, "tests", &["--evidence", box_.path("log").to_str().unwrap()]).exits(0).says("shared");
    let digest = piece(&box_, "log")["sha256"].as_str().unwrap().to_owned();
    let tip = box_.id("refs/relsign/evidence");
    box_.git(&["update-ref", "refs/relsign/evidence", &format!("{tip}^")]);
    box_.run(&["evidence", "get", "--no-sync", &digest]).exits(4).says("evidence-missing");
    assert_eq!(box_.run(&["evidence", "get", &digest]).exits(0).stdout, "seen\n");
    box_.run(&["evidence", "get", "ffff"]).exits(2).says("has no item");
}

#[test]
fn a_redaction_outlives_a_change_of_the_policy() {
    let box_ = Sandbox::at(Stage::Opened);
    approve(&box_, "tests", &["--private-note", "Jane Doe has called"]).exits(0);
    let digest = piece(&box_, "private note")["sha256"].as_str().unwrap().to_owned();
    for who in ["bob", "max"] {
        box_.run_as(who, &["evidence", "redact", &digest, "--reason", "it names her"]).exits(0);
    }
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.write(".relsign/policy.toml", policy + "[limits]\nevidence_bytes = 10\n");
    box_.run_as("rita", &["policy", "propose"]).exits(0);
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    box_.run(&["policy", "show"]).exits(0).says("version 2");
    box_.verify(TAG, 0).finds("evidence-redacted").lacks("evidence-missing");
}
