//! Omission: something is named, or was seen, and is not here.

use serde_json::json;

use crate::sandbox::{Sandbox, Stage, TAG, record_id};

#[test]
fn a_fabricated_parent_of_a_signer_is_a_missing_record() {
    // Expected: record-missing, exit 4, gate 4: a signer says that there is more, and nobody can say that there isn't.
    let box_ = Sandbox::at(Stage::Go);
    let mut word = box_.draft_word(TAG, "max", "healthy", "approve");
    word["predicate"]["parents"] = json!(["7".repeat(64)]);
    box_.plant(TAG, "max", &word);
    box_.verify(TAG, 4).finds("record-missing").says("777777777777");
    box_.gate(TAG, 4);
}

#[test]
fn a_fabricated_parent_of_a_stranger_bricks_nothing() {
    // Expected: signer-unknown, exit 3, and the gate stays GO.
    let box_ = Sandbox::at(Stage::Go);
    let mut word = box_.draft_word(TAG, "eve", "healthy", "approve");
    word["predicate"]["parents"] = json!(["7".repeat(64)]);
    box_.plant(TAG, "eve", &word);
    box_.verify(TAG, 3).finds("signer-unknown").lacks("record-missing");
    box_.gate(TAG, 0);
}

#[test]
fn a_manifest_that_names_a_missing_record_is_no_go() {
    // Expected: record-missing, gate 4.
    let box_ = Sandbox::at(Stage::Signed);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    let manifest = go["predicate"]["body"]["manifest"].as_array_mut().unwrap();
    manifest.push(json!("f".repeat(64)));
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 4).finds("record-missing").says("manifest names ffffffffffff");
    box_.gate(TAG, 4);
}

#[test]
fn a_manifest_that_names_an_invalid_line_is_no_go() {
    // Expected: record-missing, gate 4: a line that does not verify is no record, whoever decided on it.
    let box_ = Sandbox::at(Stage::Opened);
    let word = box_.draft_word(TAG, "bob", "rollback", "done");
    let line = box_.sign("eve", &word);
    box_.add_line(TAG, &line);
    let id = record_id(word.to_string().as_bytes());
    let go = box_.draft_decision(TAG, "rita", "go");
    assert!(go["predicate"]["body"]["manifest"].as_array().unwrap().contains(&json!(id)));
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 3).finds("record-missing").finds("signer-mismatch");
    box_.gate(TAG, 4);
}

#[test]
fn a_manifest_that_leaves_out_a_reject_is_no_go() {
    // Expected: unseen-negative, gate 1: the decider says that it had not seen what its own records had.
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go");
    let reject = box_.draft_word(TAG, "max", "tests", "reject");
    box_.plant(TAG, "max", &reject);
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("unseen-negative").says("@max");
    box_.gate(TAG, 1);
}

#[test]
fn a_manifest_that_is_not_closed_under_parents_is_no_go() {
    // Expected: record-missing, gate 4: a reject is left out, and a later word in the manifest had seen it.
    let box_ = Sandbox::at(Stage::Signed);
    let reject = box_.draft_word(TAG, "max", "tests", "reject");
    let reject = box_.plant(TAG, "max", &reject);
    let word = box_.draft_word(TAG, "ann", "tests", "done");
    box_.plant(TAG, "ann", &word);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["body"]["manifest"].as_array_mut().unwrap().retain(|id| *id != json!(reject));
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 4).finds("record-missing").finds("unseen-negative");
    box_.gate(TAG, 4);
}

#[test]
fn junk_lines_brick_nothing() {
    // Expected: line-malformed, exit 3, and the gate stays GO, whatever bytes are pushed.
    let box_ = Sandbox::at(Stage::Go);
    for junk in [&b"hello"[..], b"{}", b"[]", b"null", b"\xff\xfe\x00junk", b"{\"payloadType\":", b"\x1b[2J", &[b'A'; 5000]] {
        box_.add_line(TAG, junk);
    }
    box_.verify(TAG, 3).finds("line-malformed");
    box_.gate(TAG, 0);
    box_.run(&["log", TAG]).exits(0);
    box_.run(&["status", TAG]).exits(0);
}

/// Fetches refs of the sandbox's repository into a fresh clone of nothing, which trusts the same root.
fn fresh(box_: &Sandbox, refspecs: &[&str]) -> std::path::PathBuf {
    let path = box_.path("fresh");
    box_.init_repository(&path);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git_in(&path, &["config", "relsign.root", &root]);
    box_.git_in(&path, &[&["fetch", "-q", "--no-tags", "../repo"], refspecs].concat());
    path
}

#[test]
fn records_that_arrive_before_their_tag_and_evidence_wait_for_them() {
    // Expected: exit 4 without the tag, 4 without the evidence, 0 with both; the gate never says no meanwhile.
    let box_ = Sandbox::at(Stage::Signed);
    std::fs::write(box_.path("home/proof.txt"), "proof\n").unwrap();
    let proof = box_.path("home/proof.txt");
    box_.run_as("bob", &["approve", TAG, "rollback", "--evidence", proof.to_str().unwrap()]).exits(0);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let policy = "refs/relsign/policy:refs/relsign/policy";
    let path = fresh(&box_, &["refs/notes/relsign:refs/notes/relsign", policy]);
    let there = box_.moved_to(path);
    let verified = there.run(&["verify", TAG]).says(TAG);
    // The name was opened for a tag object that is not here, which looks as if it had been deleted.
    assert!(matches!(verified.code, 3 | 4), "{}", verified.text());
    assert!(matches!(there.run(&["gate", "--no-sync", TAG]).code, 3 | 4));
    there.git(&["fetch", "-q", "../repo", "refs/tags/v1.0.0:refs/tags/v1.0.0"]);
    there.verify(TAG, 4).finds("evidence-missing").says("proof.txt");
    there.git(&["fetch", "-q", "../repo", "refs/relsign/evidence:refs/relsign/evidence"]);
    there.verify(TAG, 0);
    there.gate(TAG, 0);
}

#[test]
fn a_line_withheld_after_it_was_seen_has_vanished() {
    // Expected: record-vanished, exit 4, gate 4.
    let box_ = Sandbox::at(Stage::Go);
    box_.verify(TAG, 0);
    let lost = box_.log(TAG).pop().unwrap().id;
    box_.drop_lines(TAG, |entry| entry.id == lost);
    box_.verify(TAG, 4).finds("record-vanished").says(&lost[..12]);
    box_.gate(TAG, 4);
}

#[test]
fn a_line_withheld_from_a_stranger_is_missing_where_a_later_record_had_seen_it() {
    // Expected: record-missing, exit 4, gate 4, without any baseline.
    let box_ = Sandbox::at(Stage::Go);
    box_.drop_lines(TAG, |entry| entry.payload["predicate"]["signer"]["handle"] == "@max");
    box_.forget();
    box_.verify(TAG, 4).finds("record-missing");
    box_.gate(TAG, 4);
}

#[test]
fn a_note_withheld_after_it_was_seen_has_vanished() {
    // Expected: record-vanished, exit 4, gate 4.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["notes", "--ref=relsign", "remove", &box_.id(TAG)]);
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
}

#[test]
fn a_note_withheld_from_a_stranger_is_a_missing_log() {
    // Expected: log-missing, exit 4, gate 4: the name's own note still says that it was opened for this very tag.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["notes", "--ref=relsign", "remove", &box_.id(TAG)]);
    box_.forget();
    box_.verify(TAG, 4).finds("log-missing");
    box_.gate(TAG, 4);
}

#[test]
fn the_notes_ref_withheld_after_it_was_seen_has_vanished() {
    // Expected: record-vanished, exit 4, gate 4.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["update-ref", "-d", "refs/notes/relsign"]);
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
}

#[test]
fn the_notes_ref_withheld_from_a_stranger_is_never_go() {
    // Expected: not-opened, gate 1: a stranger can't know what never reached him, and is not told GO.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["update-ref", "-d", "refs/notes/relsign"]);
    box_.forget();
    box_.verify(TAG, 0).finds("not-opened");
    box_.gate(TAG, 1);
}

#[test]
fn a_reject_withheld_after_it_was_seen_has_vanished() {
    // Expected: NO-GO with the reject, exit 4 without it, also where the gate alone had seen it.
    let box_ = Sandbox::at(Stage::Go);
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    let id = box_.plant(TAG, "ann", &reject);
    box_.gate(TAG, 1);
    box_.drop_lines(TAG, |entry| entry.id == id);
    box_.gate(TAG, 4);
    box_.verify(TAG, 4).finds("record-vanished").says(&id[..12]);
}

#[test]
fn a_reject_withheld_from_a_stranger_is_missing_where_anyone_spoke_after_it() {
    // Expected: record-missing, exit 4, gate 4.
    let box_ = Sandbox::at(Stage::Go);
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    let id = box_.plant(TAG, "ann", &reject);
    let word = box_.draft_word(TAG, "max", "healthy", "approve");
    box_.plant(TAG, "max", &word);
    box_.drop_lines(TAG, |entry| entry.id == id);
    box_.forget();
    box_.verify(TAG, 4).finds("record-missing").says(&id[..12]);
    box_.gate(TAG, 4);
}

#[test]
fn the_log_rolled_back_to_an_earlier_commit_has_lost_records() {
    // Expected: record-vanished, exit 4: a withdraw is undone by pushing an old notes commit by force.
    let box_ = Sandbox::at(Stage::Go);
    let before = box_.id("refs/notes/relsign");
    box_.run_as("bob", &["withdraw", TAG, "rollback", "--reason", "it failed"]).exits(0);
    box_.gate(TAG, 1);
    box_.set_ref("refs/notes/relsign", &before);
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
}

#[test]
fn a_whole_release_withheld_after_it_was_seen_is_no_longer_nothing() {
    // Expected: exit 4 or 3 for the release by name; `verify --all` is not content either.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-d", TAG]);
    box_.git(&["update-ref", "-d", "refs/notes/relsign"]);
    let run = box_.run(&["verify", TAG]);
    assert!(matches!(run.code, 3 | 4), "{}", run.text());
    let run = box_.run(&["verify", "--all"]);
    assert!(matches!(run.code, 3 | 4), "exit {}: {}", run.code, run.text());
}

#[test]
fn a_deleted_tag_is_found_by_verify_all() {
    // Expected: tag-deleted, exit 3, without anybody naming the tag.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-d", TAG]);
    box_.run(&["verify", "--all"]).exits(3).says("tag-deleted");
}

#[test]
fn an_open_record_withheld_is_missing_where_any_word_names_it() {
    // Expected: record-missing or log-missing, exit 4, gate 4, for a stranger too: every word names what it was said under.
    let box_ = Sandbox::at(Stage::Go);
    box_.drop_lines(TAG, |entry| entry.kind() == "open");
    box_.forget();
    box_.verify(TAG, 4).finds("log-missing");
    box_.gate(TAG, 4);
}

#[test]
fn a_decision_withheld_is_a_no_and_never_a_yes() {
    // Expected: record-vanished and 4 where it was seen; not-decided and NO-GO for a stranger.
    let box_ = Sandbox::at(Stage::Go);
    box_.drop_lines(TAG, |entry| entry.kind() == "decide");
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
    box_.forget();
    box_.verify(TAG, 0).finds("not-decided");
    box_.gate(TAG, 1);
}

#[test]
fn a_later_no_go_withheld_is_found_where_it_was_seen() {
    // Expected: gate 1 with it, record-vanished and 4 without it where it was seen; a stranger can't know.
    let box_ = Sandbox::at(Stage::Go);
    box_.run_as("rita", &["decide", TAG, "no-go", "--reason", "stop"]).exits(0);
    box_.gate(TAG, 1);
    box_.drop_lines(TAG, |entry| entry.payload["predicate"]["body"]["decision"] == "no-go");
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
}

#[test]
fn a_baseline_that_somebody_damaged_hides_nothing_else() {
    // Expected: no panic and no yes out of junk: a file of relsign's own that holds anything at all.
    let box_ = Sandbox::at(Stage::Go);
    let dir = box_.repo.join(".git/relsign/baseline");
    for entry in std::fs::read_dir(&dir).unwrap() {
        std::fs::write(entry.unwrap().path(), b"\xff\xfe\x00junk\n1\n".repeat(1000)).unwrap();
    }
    let gate = box_.run(&["gate", "--no-sync", TAG]);
    assert!(matches!(gate.code, 0 | 4 | 5), "{}", gate.text());
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    box_.plant(TAG, "ann", &reject);
    assert_ne!(box_.run(&["gate", "--no-sync", TAG]).code, 0);
}
