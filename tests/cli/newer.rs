//! What a program sees of records that are newer than it: it never makes GO of them, and says what it lacks.

use serde_json::json;

use crate::sandbox::{Sandbox, Stage, TAG};

#[test]
fn a_key_that_is_newer_makes_no_go() {
    let box_ = Sandbox::at(Stage::Opened);
    let mut word = box_.draft_word(TAG, "ann", "tests", "done");
    word["predicate"]["body"]["confidence"] = json!("high");
    let id = box_.plant(TAG, "ann", &word);
    let found = box_.verify(TAG, 3).finds("payload-malformed").says("confidence");
    assert_eq!(found.item("tests"), "pending");
    // Nor does whoever relies on it.
    let mut go = box_.draft(TAG, "rita", "decide", json!({ "decision": "go", "manifest": [id] }));
    go["predicate"]["parents"] = json!([id]);
    box_.plant(TAG, "rita", &go);
    box_.gate(TAG, 4).says("record-missing");
    box_.run(&["status", TAG]).exits(0);
}

#[test]
fn a_kind_that_is_newer_speaks_against() {
    let box_ = Sandbox::at(Stage::Go);
    box_.gate(TAG, 0);
    box_.plant(TAG, "max", &box_.draft(TAG, "max", "promote", json!({ "environment": "production" })));
    box_.verify(TAG, 0).finds("kind-unknown").says("promote");
    box_.gate(TAG, 1);
}

#[test]
fn reading_rules_that_are_newer_are_named() {
    let box_ = Sandbox::at(Stage::Opened);
    let open = box_.log(TAG).into_iter().find(|entry| entry.kind() == "open").unwrap();
    let mut newer = open.payload.clone();
    let rules = newer["predicate"]["body"]["checklist"]["parser"].as_u64().unwrap();
    newer["predicate"]["body"]["checklist"]["parser"] = json!(rules + 1);
    box_.set_note(&box_.id(TAG), b"");
    box_.plant(TAG, "rita", &newer);
    box_.verify(TAG, 3).finds("checklist-changed").says(&format!("reading rules {rules} instead of {}", rules + 1));
    box_.gate(TAG, 3);
}
