//! Binding: what lies in git is no longer what was signed.

use serde_json::{Value, json};

use crate::sandbox::{CHECKLIST, NOW, Sandbox, Stage, TAG, hex};
use sha2::{Digest, Sha256};

/// Makes a tag by force, by @rita, on HEAD.
fn tag_over(box_: &Sandbox, name: &str, message: &str) {
    let who = ["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com"];
    box_.git(&[&who[..], &["tag", "-f", "-a", "-m", message, name]].concat());
}

#[test]
fn a_deleted_tag_is_tampered_with() {
    // Expected: tag-deleted, exit 3, gate 3, and the orphaned records are named; so for one who was never here too.
    let box_ = Sandbox::at(Stage::Go);
    let first = box_.log(TAG)[0].id.clone();
    box_.git(&["tag", "-d", TAG]);
    for _ in 0..2 {
        box_.verify(TAG, 3).finds("tag-deleted").says("no longer exists").says(&first[..12]);
        box_.gate(TAG, 3);
        box_.forget();
    }
}

/// Throws away what no ref reaches, and the notes of it.
fn collect(box_: &Sandbox) {
    box_.git(&["reflog", "expire", "--expire=now", "--all"]);
    box_.git(&["gc", "-q", "--prune=now"]);
    box_.git(&["notes", "--ref=relsign", "prune"]);
}

#[test]
fn a_deleted_tag_that_was_collected_and_its_note_pruned_is_still_deleted() {
    // Expected: tag-deleted, exit 3: the name's own blob is kept as evidence, and so `git notes prune` spares its note.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    box_.git(&["tag", "-d", TAG]);
    collect(&box_);
    assert!(box_.note(&object).is_empty());
    box_.forget();
    box_.verify(TAG, 3).finds("tag-deleted").says(&object[..12]);
    box_.gate(TAG, 3);
}

#[test]
fn a_tag_that_is_gone_with_evidence_and_notes_cannot_be_decided() {
    // Expected: exit 4 and no GO for a stranger: every trace in the refs is gone.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-d", TAG]);
    box_.git(&["update-ref", "-d", "refs/relsign/evidence"]);
    collect(&box_);
    box_.forget();
    box_.run(&["verify", TAG]).exits(4).says("there is no tag v1.0.0 here, and nobody has opened one of that name");
    box_.gate(TAG, 4);
}

#[test]
fn a_name_that_was_opened_and_erased_is_still_spent_where_it_was_seen() {
    // Expected: record-vanished, exit 4: the tag is made again after all traces in the refs are gone.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-d", TAG]);
    box_.git(&["update-ref", "-d", "refs/relsign/evidence"]);
    collect(&box_);
    box_.commit("something else");
    tag_over(&box_, TAG, "again");
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
    box_.run_as("rita", &["open", TAG]).exits(4).says("is gone");
}

#[test]
fn pruning_the_note_of_a_name_hides_no_move_where_it_was_seen() {
    // Expected: record-vanished, exit 4: without the evidence, `git notes prune` drops the note of the name's blob.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["update-ref", "-d", "refs/relsign/evidence"]);
    collect(&box_);
    box_.gate(TAG, 0);
    box_.commit("something else");
    tag_over(&box_, TAG, "moved");
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
}

#[test]
fn a_moved_tag_is_tampered_with() {
    // Expected: tag-moved, exit 3, gate 3, with the orphaned records, whoever asks.
    let box_ = Sandbox::at(Stage::Go);
    let old = box_.id(TAG);
    box_.write("src/main.c", "evil\n");
    box_.commit("evil");
    tag_over(&box_, TAG, TAG);
    for _ in 0..2 {
        box_.verify(TAG, 3).finds("tag-moved").says(&old[..12]).says("orphaned");
        box_.gate(TAG, 3);
        box_.forget();
    }
    // The old log is copied along: the records speak of another tag object.
    box_.git(&["notes", "--ref=relsign", "copy", "-f", &old, &box_.id(TAG)]);
    box_.verify(TAG, 3).finds("tag-moved").finds("subject-mismatch");
    box_.gate(TAG, 3);
}

#[test]
fn a_tag_deleted_and_made_again_is_moved() {
    // Expected: tag-moved, exit 3, although it stands on the same commit.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-d", TAG]);
    tag_over(&box_, TAG, "the same, really");
    box_.verify(TAG, 3).finds("tag-moved");
    box_.gate(TAG, 3);
    // And it can't be opened afresh: a name is spent once opened.
    let run = box_.run_as("rita", &["open", TAG]);
    assert!(run.code == 3 || run.code == 1, "{}", run.text());
    box_.gate(TAG, 3);
}

#[test]
fn a_tag_object_under_another_name_is_found() {
    // Expected: tag-name-mismatch, exit 3, gate 3: git verify-tag is content with this.
    let box_ = Sandbox::at(Stage::Go);
    box_.set_ref("refs/tags/v9.9.9", &box_.id(TAG));
    box_.verify("v9.9.9", 3).finds("tag-name-mismatch").finds("subject-mismatch").says("v9.9.9 has the name \"v1.0.0\" inside");
    box_.gate("v9.9.9", 3);
    box_.gate(TAG, 0);
}

#[test]
fn a_lightweight_tag_cannot_be_signed_off() {
    // Expected: tag-lightweight and NO-GO; `open` refuses it and says what to do.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "v1.0.1"]);
    box_.verify("v1.0.1", 0).finds("tag-lightweight").says("only an annotated tag");
    box_.gate("v1.0.1", 1);
    let open = box_.run_as("rita", &["open", "v1.0.1"]).says("lightweight");
    assert_ne!(open.code, 0);
}

#[test]
fn an_annotated_tag_replaced_by_a_lightweight_one_is_moved() {
    // Expected: tag-moved, exit 3, gate 3.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-f", TAG, "HEAD"]);
    box_.verify(TAG, 3).finds("tag-moved").finds("tag-lightweight");
    box_.gate(TAG, 3);
}

#[test]
fn a_checklist_edited_after_sign_off_changes_nothing() {
    // Expected: GO, intact: the tagged tree counts, not the working tree, the index or HEAD.
    let box_ = Sandbox::at(Stage::Go);
    box_.write("RELEASE.md", CHECKLIST.replace("- [ ]", "- [x]") + "- [ ] one more\n");
    box_.gate(TAG, 0);
    box_.commit("edited");
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
}

#[test]
fn a_checklist_edited_for_the_next_tag_needs_new_signatures() {
    // Expected: every item pending, and the old records a subject-mismatch.
    let box_ = Sandbox::at(Stage::Go);
    box_.write("RELEASE.md", CHECKLIST.replace("test suite", "smoke test"));
    box_.commit("edited");
    box_.tag("v1.0.1");
    box_.run_as("rita", &["open", "v1.0.1"]).exits(0);
    for entry in box_.log(TAG) {
        box_.add_line("v1.0.1", entry.line.as_bytes());
    }
    let verified = box_.verify("v1.0.1", 3).finds("subject-mismatch");
    for item in ["tests", "rollback", "migration"] {
        assert_eq!(verified.item(item), "pending");
    }
    box_.gate("v1.0.1", 1);
}

/// Keeps other bytes for the digest of a piece of evidence, or none.
fn replace_evidence(box_: &Sandbox, digest: &str, bytes: Option<&[u8]>) {
    let entry = bytes.map(|bytes| {
        let blob = box_.blob(bytes);
        format!("100644 blob {blob}\t{}\n", &digest[2..])
    });
    let below = box_.git_with(&["mktree"], entry.unwrap_or_default().as_bytes());
    let tree = box_.git_with(&["mktree"], format!("040000 tree {below}\t{}\n", &digest[..2]).as_bytes());
    let commit = box_.git(&["commit-tree", "-m", "evidence", "-p", "refs/relsign/evidence", &tree]);
    box_.set_ref("refs/relsign/evidence", &commit);
}

/// A release in GO whose roll-back was shown by a file.
fn with_evidence(bytes: &[u8]) -> (Sandbox, String) {
    let box_ = Sandbox::at(Stage::Signed);
    std::fs::write(box_.path("home/output.txt"), bytes).unwrap();
    let file = box_.path("home/output.txt");
    box_.run_as("bob", &["approve", TAG, "rollback", "--evidence", file.to_str().unwrap()]).exits(0);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
    (box_, hex(&Sha256::digest(bytes)))
}

#[test]
fn evidence_with_other_bytes_is_found() {
    // Expected: evidence-changed, exit 3, gate 3, with the file's name.
    let (box_, digest) = with_evidence(b"rolled back in 40 s\n");
    replace_evidence(&box_, &digest, Some(b"rolled back in 4 s\n"));
    box_.verify(TAG, 3).finds("evidence-changed").says("output.txt");
    box_.gate(TAG, 3);
}

#[test]
fn evidence_that_is_gone_is_missing() {
    // Expected: evidence-missing, exit 4; the verdict stays, since the words that cite it do.
    let (box_, digest) = with_evidence(b"rolled back in 40 s\n");
    replace_evidence(&box_, &digest, None);
    box_.verify(TAG, 4).finds("evidence-missing").says("output.txt");
    box_.gate(TAG, 0);
}

#[test]
fn evidence_of_a_wrong_size_is_found() {
    // Expected: evidence-size, exit 0, and the gate as before: the digest is right and the size that the record names is not, so it
    // counts for nothing. Before: evidence-changed, exit 3, with which one key held any release up for ever.
    let (box_, digest) = with_evidence(b"rolled back in 40 s\n");
    let mut word = box_.draft_word(TAG, "bob", "rollback", "done");
    word["predicate"]["evidence"] = json!([{ "name": "short.txt", "sha256": digest, "size": 1 }]);
    box_.plant(TAG, "bob", &word);
    box_.verify(TAG, 0).finds("evidence-size").says("short.txt");
    box_.gate(TAG, 0);
}

#[test]
fn two_files_of_one_name_are_two_pieces_of_evidence() {
    // Expected: intact, both kept: evidence is found by its digest and never by its name.
    let (box_, first) = with_evidence(b"one\n");
    std::fs::write(box_.path("home/output.txt"), b"two\n").unwrap();
    let file = box_.path("home/output.txt");
    box_.run_as("max", &["approve", TAG, "rollback", "--review", "--evidence", file.to_str().unwrap()]).exits(0);
    box_.verify(TAG, 0).lacks("evidence-changed").lacks("evidence-missing");
    let listed = box_.git(&["ls-tree", "-r", "--name-only", "refs/relsign/evidence"]).replace('/', "");
    assert!(listed.contains(&first) && listed.contains(&hex(&Sha256::digest(b"two\n"))), "{listed}");
}

/// Signs an open record by hand that differs from the one that relsign made, on a tag that is not opened yet.
fn opened_by_hand(change: impl Fn(&mut Value)) -> Sandbox {
    let box_ = Sandbox::at(Stage::Opened);
    let open = box_.log(TAG).remove(0);
    let mut payload = open.payload;
    change(&mut payload);
    payload["predicate"]["time"] = json!(NOW);
    // This clone has never seen the honest one.
    box_.git(&["update-ref", "-d", "refs/notes/relsign"]);
    box_.forget();
    box_.plant(TAG, "rita", &payload);
    box_
}

#[test]
fn an_open_record_by_hand_is_as_good_as_the_programs() {
    // Expected: intact and NO-GO until it is signed; the two attacks below rest on this.
    let box_ = opened_by_hand(|_| {});
    box_.verify(TAG, 0).lacks("checklist-changed");
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
}

#[test]
fn an_open_record_with_fewer_items_is_a_changed_checklist() {
    // Expected: checklist-changed, exit 3, gate 3, even with a decision to go on what is left.
    let box_ = opened_by_hand(|open| {
        let items = open["predicate"]["body"]["items"].as_array_mut().unwrap();
        items.retain(|item| item["id"] == "tests");
    });
    box_.verify(TAG, 3).finds("checklist-changed").says("RELEASE.md");
    for (who, verdict) in [("ann", "done"), ("bob", "approve")] {
        let word = box_.draft_word(TAG, who, "tests", verdict);
        box_.plant(TAG, who, &word);
    }
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 3).finds("checklist-changed");
    box_.gate(TAG, 3);
}

#[test]
fn an_open_record_that_asks_for_less_contradicts_the_policy() {
    // Expected: open-contradicts-policy and checklist-changed, exit 3.
    let box_ = opened_by_hand(|open| {
        for item in open["predicate"]["body"]["items"].as_array_mut().unwrap() {
            item["requirements"]["reviews"] = json!(0);
        }
    });
    box_.verify(TAG, 3).finds("checklist-changed").finds("open-contradicts-policy");
    box_.gate(TAG, 3);
}

#[test]
fn an_open_record_with_another_checklist_digest_is_unreadable() {
    // Expected: checklist-unreadable, exit 3, gate 3.
    let box_ = opened_by_hand(|open| open["predicate"]["body"]["checklist"]["sha256"] = json!("4".repeat(64)));
    box_.verify(TAG, 3).finds("checklist-unreadable").says("does not have the digest");
    box_.gate(TAG, 3);
}

#[test]
fn an_open_record_that_hides_an_implementer_contradicts_the_range() {
    // Expected: open-contradicts-range, exit 3: @dev wrote the commits and wants to review them.
    let box_ = opened_by_hand(|open| open["predicate"]["body"]["implementers"]["people"] = json!([]));
    box_.verify(TAG, 3).finds("open-contradicts-range");
    box_.gate(TAG, 3);
}

#[test]
fn an_open_record_under_future_reading_rules_cannot_hide_items() {
    // Expected: no GO: a parser version that this program doesn't have must not excuse items that vanish.
    let box_ = opened_by_hand(|open| {
        open["predicate"]["body"]["checklist"]["parser"] = json!(99);
        let items = open["predicate"]["body"]["items"].as_array_mut().unwrap();
        items.retain(|item| item["id"] == "tests");
    });
    for (who, verdict) in [("ann", "done"), ("bob", "approve")] {
        let word = box_.draft_word(TAG, who, "tests", verdict);
        box_.plant(TAG, who, &word);
    }
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    let gate = box_.run(&["gate", "--no-sync", TAG]);
    assert_ne!(gate.code, 0, "{}", gate.text());
}

#[test]
fn a_tree_of_another_sha256_id_is_a_subject_mismatch() {
    // Expected: subject-mismatch, exit 3, not opened: SHA-1 agrees in every subject, the SHA-256 of the tree does not,
    // as after a collision.
    for (name, digest) in [("tree-sha256", "gitTree"), ("tag-object", "sha256"), ("commit-object", "sha256")] {
        let box_ = opened_by_hand(|open| {
            let subjects = open["subject"].as_array_mut().unwrap();
            let subject = subjects.iter_mut().find(|subject| subject["name"] == name).unwrap();
            subject["digest"][digest] = json!("6".repeat(64));
        });
        box_.verify(TAG, 3).finds("subject-mismatch").finds("not-opened");
        box_.gate(TAG, 1);
    }
}

#[test]
fn a_record_with_fewer_subjects_is_a_subject_mismatch() {
    // Expected: subject-mismatch, exit 3: what is left out is not bound.
    let box_ = Sandbox::at(Stage::Signed);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["subject"].as_array_mut().unwrap().retain(|subject| subject["name"] != "tree-sha256");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 3).finds("subject-mismatch");
    box_.gate(TAG, 1);
}
