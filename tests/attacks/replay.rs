//! Replay: real signatures where they don't belong, and one person counted as two.

use serde_json::{Value, json};

use crate::blob;
use crate::forgery::make_other_key;
use crate::sandbox::{Sandbox, Stage, TAG, envelope, pae};

/// Puts every line of one tag's log into that of another.
fn replay(box_: &Sandbox, from: &str, to: &str) {
    for entry in box_.log(from) {
        box_.add_line(to, entry.line.as_bytes());
    }
}

/// Plants a word on an item, signed with a key.
#[track_caller]
fn say(box_: &Sandbox, who: &str, item: &str, verdict: &str) -> String {
    let word = box_.draft_word(TAG, who, item, verdict);
    box_.plant(TAG, who, &word)
}

#[test]
fn several_valid_lines_of_one_id_are_one_record() {
    // Expected: intact, one record and one reviewer: a device signs one payload twice, with another counter of flags.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "migration"]).exits(0);
    let word = box_.draft_word(TAG, "sam", "migration", "approve").to_string();
    for flags in [1, 5, 0x41] {
        let blob = blob::hardware_blob(7, &pae(word.as_bytes()), flags);
        box_.add_line(TAG, &envelope(word.as_bytes(), &box_.fingerprint("sam"), &blob));
    }
    let verified = box_.verify(TAG, 0);
    assert_eq!(verified.report["lines"], 5);
    assert_eq!(verified.report["records"].as_array().unwrap().len(), 3);
    assert_eq!(verified.item("migration"), "done");
    box_.gate(TAG, 1);
}

#[test]
fn an_ecdsa_record_signed_again_and_again_is_one_record() {
    // Expected: intact, one record and one reviewer: ssh-keygen signs the same payload with other random bits each time.
    let box_ = Sandbox::at(Stage::Begun);
    make_other_key(&box_, "max3", &["ecdsa"]);
    let known = format!("{{ key = \"{}\", state = \"active\" }}]", box_.public_key("max2"));
    let also = format!("{}, {{ key = \"{}\", state = \"active\" }}]", known.trim_end_matches(']'), box_.public_key("max3"));
    let head = box_.step(&box_.policy_with(&known, &also), &[]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("ann", &["approve", TAG, "migration"]).exits(0);
    let mut word = box_.draft_word(TAG, "max", "migration", "approve");
    word["predicate"]["signer"]["fingerprint"] = json!(box_.fingerprint("max3"));
    word["predicate"]["policy_head"] = head;
    for _ in 0..3 {
        box_.plant(TAG, "max3", &word);
    }
    let verified = box_.verify(TAG, 0);
    assert_eq!(verified.report["lines"], 5);
    assert_eq!(verified.report["records"].as_array().unwrap().len(), 3);
    assert_eq!(verified.item("migration"), "done");
    box_.gate(TAG, 1);
}

/// Writes a notes tree in which the note of one object lies flat and under two digits.
fn two_fan_outs(box_: &Sandbox, object: &str, flat: &[u8], deep: &[u8]) {
    let blob = |bytes: &[u8]| box_.blob(bytes);
    let below = box_.git_with(&["mktree"], format!("100644 blob {}\t{}\n", blob(deep), &object[2..]).as_bytes());
    let entries = format!("040000 tree {below}\t{}\n100644 blob {}\t{object}\n", &object[..2], blob(flat));
    let tree = box_.git_with(&["mktree"], entries.as_bytes());
    let commit = box_.git(&["commit-tree", "-m", "notes", "-p", "refs/notes/relsign", &tree]);
    box_.set_ref("refs/notes/relsign", &commit);
}

#[test]
fn one_note_under_two_fan_outs_counts_once() {
    // Expected: intact, the same records, and the second review of the migration still missing.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "migration"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "migration", "--review"]).exits(0);
    let object = box_.id(TAG);
    let note = box_.note(&object);
    two_fan_outs(&box_, &object, &note, &note);
    let verified = box_.verify(TAG, 0);
    assert_eq!(verified.report["records"].as_array().unwrap().len(), 3);
    assert_eq!(verified.item("migration"), "done");
    box_.gate(TAG, 1);
}

#[test]
fn a_note_split_over_two_fan_outs_is_read_whole() {
    // Expected: GO as before: a reject can't be hidden in a layout, nor can approvals be lost in one.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    let note = String::from_utf8(box_.note(&object)).unwrap();
    let half: usize = note.lines().take(3).map(|line| line.len() + 1).sum();
    two_fan_outs(&box_, &object, &note.as_bytes()[..half], &note.as_bytes()[half..]);
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    let line = [&box_.sign("ann", &reject)[..], b"\n"].concat();
    two_fan_outs(&box_, &object, note.as_bytes(), &line);
    box_.verify(TAG, 0).finds("unseen-negative").says("@ann");
    box_.gate(TAG, 1);
}

#[test]
fn the_log_of_another_tag_is_a_subject_mismatch() {
    // Expected: subject-mismatch, exit 3, NO-GO: v1.0.0 is GO, and its whole log is copied onto v1.0.1.
    let box_ = Sandbox::at(Stage::Go);
    box_.write("src/main.c", "int main(void) { return 1; }\n");
    box_.commit("not what was approved");
    box_.tag("v1.0.1");
    replay(&box_, TAG, "v1.0.1");
    box_.verify("v1.0.1", 3).finds("subject-mismatch").finds("not-opened").says("v1.0.1 but is about something else");
    box_.gate("v1.0.1", 1);
    box_.gate(TAG, 0);
}

#[test]
fn the_log_of_another_tag_does_not_help_one_that_is_opened() {
    // Expected: subject-mismatch, exit 3, and every item still pending.
    let box_ = Sandbox::at(Stage::Go);
    box_.commit("next");
    box_.tag("v1.0.1");
    box_.run_as("rita", &["open", "v1.0.1"]).exits(0);
    replay(&box_, TAG, "v1.0.1");
    let verified = box_.verify("v1.0.1", 3).finds("subject-mismatch").finds("item-open");
    assert_eq!(verified.item("tests"), "pending");
    box_.gate("v1.0.1", 1);
}

#[test]
fn an_earlier_candidate_of_the_same_commit_approves_nothing() {
    // Expected: subject-mismatch, exit 3, NO-GO: the same commit under another tag object is another release.
    let box_ = Sandbox::at(Stage::Go);
    box_.tag("v1.0.1");
    assert_eq!(box_.id("v1.0.1^{commit}"), box_.id("v1.0.0^{commit}"));
    replay(&box_, TAG, "v1.0.1");
    box_.verify("v1.0.1", 3).finds("subject-mismatch");
    box_.gate("v1.0.1", 1);
}

#[test]
fn a_word_on_another_item_does_not_count_here() {
    // Expected: item-changed, intact, not counted: the digest is that of another item.
    let box_ = Sandbox::at(Stage::Opened);
    let mut word = box_.draft_word(TAG, "bob", "rollback", "done");
    word["predicate"]["body"]["item"]["digest"] =
        box_.draft_word(TAG, "bob", "tests", "done")["predicate"]["body"]["item"]["digest"].clone();
    box_.plant(TAG, "bob", &word);
    let verified = box_.verify(TAG, 0).finds("item-changed").says("another text of rollback");
    assert_eq!(verified.item("rollback"), "pending");
    box_.gate(TAG, 1);
}

#[test]
fn a_word_on_an_item_that_is_not_there_does_not_count() {
    // Expected: item-unknown, intact, NO-GO.
    let box_ = Sandbox::at(Stage::Opened);
    say(&box_, "bob", "made-up", "done");
    box_.verify(TAG, 0).finds("item-unknown").says("made-up");
    box_.gate(TAG, 1);
}

#[test]
fn words_on_an_earlier_version_of_the_checklist_do_not_count() {
    // Expected: item-changed, intact, pending: ids stay, the text under one of them was edited for v1.0.1.
    let box_ = Sandbox::at(Stage::Go);
    let old = box_.draft_word(TAG, "bob", "rollback", "done");
    let edited = crate::sandbox::CHECKLIST.replace("The roll-back was tried", "The roll-back was thought about");
    box_.write("RELEASE.md", edited);
    box_.commit("ask for less");
    box_.tag("v1.0.1");
    box_.run_as("rita", &["open", "v1.0.1"]).exits(0);
    let mut word = box_.draft_word("v1.0.1", "bob", "rollback", "done");
    let digest = &old["predicate"]["body"]["item"]["digest"];
    assert_ne!(word["predicate"]["body"]["item"]["digest"], *digest);
    word["predicate"]["body"]["item"]["digest"] = digest.clone();
    box_.plant("v1.0.1", "bob", &word);
    let verified = box_.verify("v1.0.1", 0).finds("item-changed");
    assert_eq!(verified.item("rollback"), "pending");
    box_.gate("v1.0.1", 1);
}

#[test]
fn a_record_of_another_repository_is_foreign() {
    // Expected: record-foreign and nothing else: it neither counts nor hurts.
    let box_ = Sandbox::at(Stage::Signed);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["root"] = json!("1".repeat(64));
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("record-foreign");
    box_.gate(TAG, 1);
    let box_ = Sandbox::at(Stage::Go);
    let mut reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    reject["predicate"]["root"] = json!("1".repeat(64));
    box_.plant(TAG, "ann", &reject);
    box_.verify(TAG, 0).finds("record-foreign");
    box_.gate(TAG, 0);
}

#[test]
fn a_record_under_another_policy_of_that_version_cannot_be_judged() {
    // Expected: policy-fork, exit 4: a signer shows a policy that this verifier does not have.
    let box_ = Sandbox::at(Stage::Signed);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["policy_head"]["digest"] = json!("2".repeat(64));
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 4).finds("policy-fork");
    box_.gate(TAG, 4);
}

#[test]
fn a_record_under_a_policy_that_is_withheld_cannot_be_judged() {
    // Expected: policy-missing, exit 4, also where the release was GO.
    let box_ = Sandbox::at(Stage::Go);
    let mut word = box_.draft_word(TAG, "max", "healthy", "approve");
    word["predicate"]["policy_head"]["version"] = json!(2);
    box_.plant(TAG, "max", &word);
    box_.verify(TAG, 4).finds("policy-missing").says("policy version 2");
    box_.gate(TAG, 4);
}

#[test]
fn a_record_of_another_open_record_does_not_count() {
    // Expected: record-of-other-open, and the word is not counted; the open record it names is missing, exit 4.
    let box_ = Sandbox::at(Stage::Opened);
    let mut word = box_.draft_word(TAG, "bob", "rollback", "done");
    word["predicate"]["open"] = json!("3".repeat(64));
    box_.plant(TAG, "bob", &word);
    let verified = box_.verify(TAG, 4).finds("record-of-other-open").finds("record-missing");
    assert_eq!(verified.item("rollback"), "pending");
    box_.gate(TAG, 4);
}

#[test]
fn the_same_line_twice_is_one_record() {
    // Expected: intact, GO: stock git's merge strategies leave such notes behind.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    let note = box_.note(&object);
    box_.set_note(&object, &[&note[..], b"\n\n", &note].concat());
    let verified = box_.verify(TAG, 0);
    assert_eq!(verified.report["records"].as_array().unwrap().len(), box_.log(TAG).len() / 2);
    box_.gate(TAG, 0);
}

#[test]
fn one_person_with_two_keys_is_one_reviewer() {
    // Expected: intact, and the migration still asks for a second person.
    let box_ = Sandbox::at(Stage::Opened);
    say(&box_, "ann", "migration", "done");
    say(&box_, "max", "migration", "approve");
    say(&box_, "max2", "migration", "approve");
    let verified = box_.verify(TAG, 0);
    assert_eq!(verified.item("migration"), "done");
    assert_eq!(missing_reviews(&verified.report, "migration"), 1);
    say(&box_, "bob", "migration", "approve");
    assert_eq!(box_.verify(TAG, 0).item("migration"), "satisfied");
    box_.gate(TAG, 1);
}

#[test]
fn two_records_of_one_person_are_one_reviewer() {
    // Expected: intact, and the migration still asks for a second person.
    let box_ = Sandbox::at(Stage::Opened);
    say(&box_, "ann", "migration", "done");
    let first = say(&box_, "bob", "migration", "approve");
    let second = say(&box_, "bob", "migration", "approve");
    assert_ne!(first, second);
    let verified = box_.verify(TAG, 0);
    assert_eq!(missing_reviews(&verified.report, "migration"), 1);
    box_.gate(TAG, 1);
}

#[test]
fn a_second_key_does_not_let_the_owner_review() {
    // Expected: review-by-owner: @max owns the item now, says done with one key and approves with the other.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("rita", &["assign", TAG, "rollback", "@max", "--reason", "bob is away"]).exits(0);
    say(&box_, "max", "rollback", "done");
    say(&box_, "max2", "rollback", "approve");
    let verified = box_.verify(TAG, 0).finds("review-by-owner");
    assert_eq!(verified.item("rollback"), "done");
    box_.gate(TAG, 1);
}

fn missing_reviews(report: &Value, item: &str) -> u64 {
    let items = report["items"].as_array().unwrap();
    let needs = items.iter().find(|found| found["id"] == item).unwrap()["needs"].as_array().unwrap();
    needs.iter().find(|need| need["what"] == "review").map_or(0, |need| need["people"].as_u64().unwrap())
}

#[test]
fn a_word_dressed_up_as_a_decision_is_malformed() {
    // Expected: payload-malformed, exit 3, no GO: kind and type of a statement that say different things.
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go");
    for (kind, name) in [("sign", "urn:relsign:v1:decide"), ("decide", "urn:relsign:v1:sign"), ("decide", "urn:relsign:v2:decide")]
    {
        let mut dressed = go.clone();
        dressed["predicate"]["kind"] = json!(kind);
        dressed["predicateType"] = json!(name);
        box_.add_line(TAG, &box_.sign_bytes("rita", dressed.to_string().as_bytes()));
    }
    box_.verify(TAG, 3).finds("payload-malformed");
    box_.gate(TAG, 1);
}

#[test]
fn a_decision_on_the_note_of_the_name_counts_for_nothing() {
    // Expected: NO-GO: the note of a tag's name says what was opened and nothing else.
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go");
    let line = box_.sign_bytes("rita", go.to_string().as_bytes());
    let object = box_.id(TAG);
    let listed = box_.git(&["notes", "--ref=relsign", "list"]);
    let name = listed.lines().filter_map(|line| line.split(' ').nth(1)).find(|id| *id != object).unwrap().to_owned();
    let mut note = box_.note(&name);
    note.extend_from_slice(&line);
    note.push(b'\n');
    box_.set_note(&name, &note);
    box_.verify(TAG, 0).finds("not-decided");
    box_.gate(TAG, 1);
}

#[test]
fn a_log_on_the_commit_is_no_log_of_the_tag() {
    // Expected: record-vanished and exit 4 where it was seen, NO-GO for a stranger: a log stands on the tag object.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    for other in ["HEAD", "HEAD^{tree}", "HEAD:RELEASE.md"] {
        box_.git(&["notes", "--ref=relsign", "copy", "-f", &object, &box_.id(other)]);
    }
    box_.git(&["notes", "--ref=relsign", "remove", &object]);
    box_.verify(TAG, 4).finds("record-vanished");
    box_.forget();
    box_.verify(TAG, 4).finds("log-missing");
    assert_ne!(box_.run(&["gate", "--no-sync", TAG]).code, 0);
}

#[test]
fn the_log_of_another_repository_in_place_of_ours_counts_for_nothing() {
    // Expected: no GO, and what was seen here has vanished: all refs are replaced by those of a repository of the same
    // people, the same files and the same tag name.
    let other = Sandbox::at(Stage::Go);
    other.git(&["update-ref", "-d", "refs/relsign/policy"]);
    other.git(&["update-ref", "-d", "refs/notes/relsign"]);
    let policy = std::fs::read_to_string(other.repo.join(".relsign/policy.toml")).unwrap();
    std::fs::remove_dir_all(other.repo.join(".git/relsign")).unwrap();
    other.git(&["config", "--unset", "relsign.root"]);
    other.write(".relsign/policy.toml", policy.replace("00112233", "99112233"));
    other.run_as("rita", &["init"]).exits(0);
    other.run_as("rita", &["open", TAG]).exits(0);
    other.sign_all(TAG);
    other.run_as("rita", &["decide", TAG, "go"]).exits(0);

    let box_ = Sandbox::at(Stage::Go);
    let url = format!("file://{}", other.repo.display());
    box_.git(&["fetch", "-q", &url, "+refs/notes/relsign:refs/notes/relsign"]);
    box_.verify(TAG, 4).finds("record-foreign").finds("record-vanished");
    box_.gate(TAG, 4);
    box_.git(&["fetch", "-q", &url, "+refs/relsign/policy:refs/relsign/policy"]);
    let gate = box_.gate(TAG, 3);
    assert!(gate.text().contains("root-mismatch"), "{}", gate.text());
}
