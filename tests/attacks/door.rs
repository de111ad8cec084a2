//! The server's door: what a record says that can never be judged, or only as tampering, does not get in.

use serde_json::json;

use crate::sandbox::{NOW, Stage, TAG};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";

/// Plants a record, has it refused at the door for a code, and takes it out again.
#[track_caller]
fn refused(server: &Server, who: &str, draft: &serde_json::Value, code: &str) {
    let before = server.box_.id(NOTES);
    server.box_.plant(TAG, who, draft);
    server.refuses(&[NOTES], code);
    server.box_.set_ref(NOTES, &before);
}

/// Has the policy retire a key of @max's, there and here.
fn retire_max2(server: &Server) {
    let box_ = &server.box_;
    let active = box_.fill_policy("{ key = \"KEY(max2)\", state = \"active\" }");
    let file = |name: &str| box_.git(&["show", &format!("refs/relsign/policy:version/{name}")]) + "\n";
    let policy = file("policy.toml");
    assert!(policy.contains(&active), "{policy}");
    let anchors = file("anchors");
    box_.add_version(&policy.replace(&active, &active.replace("active", "retired")), anchors.trim_start(), &["max"]);
    server.takes(&["refs/relsign/policy"]);
}

#[test]
fn a_subject_that_is_not_the_tag_s() {
    // Expected: subject-mismatch: once in, it would make the release tampered with for everybody, for ever.
    let server = Server::at(Stage::Opened);
    for at in 0..6 {
        let mut draft = server.box_.draft_word(TAG, "ann", "tests", "done");
        let digest = draft["subject"][at]["digest"].as_object_mut().unwrap();
        let (kind, value) = digest.iter().next().map(|(kind, value)| (kind.clone(), value.as_str().unwrap().to_owned())).unwrap();
        digest.insert(kind, json!("7".repeat(value.len())));
        refused(&server, "ann", &draft, "subject-mismatch");
    }
    let mut draft = server.box_.draft_word(TAG, "ann", "tests", "done");
    draft["subject"].as_array_mut().unwrap().pop();
    refused(&server, "ann", &draft, "subject-mismatch");
    server.box_.plant(TAG, "ann", &server.box_.draft_word(TAG, "ann", "tests", "done"));
    server.takes(&[NOTES]);
}

#[test]
fn a_policy_version_that_is_not_in_the_chain() {
    // Expected: policy-missing for version 99, policy-fork for another digest of a version: else no gate could decide any more.
    let server = Server::at(Stage::Opened);
    let draft = server.box_.draft_word(TAG, "ann", "tests", "done");
    for (key, value, code) in [("version", json!(99), "policy-missing"), ("digest", json!("9".repeat(64)), "policy-fork")] {
        let mut draft = draft.clone();
        draft["predicate"]["policy_head"][key] = value;
        refused(&server, "ann", &draft, code);
    }
}

#[test]
fn a_record_that_names_what_is_nowhere() {
    // Expected: record-missing, whatever it is named as: parent, open record, withdrawn, in a manifest, set aside by a waiver.
    let server = Server::at(Stage::Opened);
    let nowhere = "7".repeat(64);
    let box_ = &server.box_;
    let mut waiver = box_.draft_word(TAG, "rita", "tests", "waive");
    waiver["predicate"]["body"]["over"] = json!([nowhere]);
    let mut decision = box_.draft_decision(TAG, "rita", "no-go");
    let manifest = decision["predicate"]["body"]["manifest"].as_array_mut().unwrap();
    manifest.push(json!(nowhere));
    manifest.sort_by_key(|id| id.as_str().map(str::to_owned));
    let mut child = box_.draft_word(TAG, "ann", "tests", "done");
    child["predicate"]["parents"] = json!([nowhere]);
    let mut other = box_.draft_word(TAG, "ann", "tests", "done");
    other["predicate"]["open"] = json!(nowhere);
    let withdraw = box_.draft(TAG, "ann", "withdraw", json!({ "record": nowhere, "reason": "because" }));
    for (who, draft) in [("rita", waiver), ("rita", decision), ("ann", child), ("ann", other), ("ann", withdraw)] {
        refused(&server, who, &draft, "record-missing");
    }
    // Whoever sets a lost record aside names what is lost.
    box_.plant(TAG, "rita", &box_.draft(TAG, "rita", "disregard", json!({ "record": nowhere, "reason": "lost" })));
    server.takes(&[NOTES]);
}

#[test]
fn an_unknown_kind_by_a_key_that_is_no_good_any_more() {
    // Expected: kind-unknown: it counts against the release for every key, so a stolen one would stop any release.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    let novel = |who: &str| box_.draft(TAG, who, "novel", json!({}));
    retire_max2(&server);
    refused(&server, "max2", &novel("max2"), "kind-unknown");
    // A version of relsign that is newer than the server's may be in use.
    box_.plant(TAG, "max", &novel("max"));
    server.takes(&[NOTES]);
}

#[test]
fn evidence_cited_with_another_size() {
    // Expected: evidence-size: the evidence is what it is, and the record would be wrong for ever.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    box_.write("log.txt", "it works\n");
    server.run("ann", &["approve", TAG, "tests", "--evidence", "log.txt"]).exits(0);
    let cited = box_.log(TAG).into_iter().find_map(|entry| entry.payload["predicate"].get("evidence").cloned()).unwrap();
    let mut draft = box_.draft_word(TAG, "bob", "rollback", "done");
    draft["predicate"]["evidence"] = cited.clone();
    let mut lying = draft.clone();
    lying["predicate"]["evidence"][0]["size"] = json!(10_000_000);
    refused(&server, "bob", &lying, "evidence-size");
    box_.plant(TAG, "bob", &draft);
    server.takes(&[NOTES]);
}

#[test]
fn what_could_never_be_judged_does_not_get_into_the_root_log_either() {
    // Expected: policy-missing for version 99, policy-fork for another digest of a version, record-missing for a parent that is
    // nowhere, kind-unknown for an unknown kind by a retired key: what is there is read for every push.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    let commit = box_.id("HEAD");
    let body = json!({ "name": "x", "refs": ["refs/heads/topic"], "from": NOW, "reason": "r" });
    let freeze = server.draft("rita", "freeze", ("refs/heads/topic", &commit), body);
    let refused = |who: &str, draft: &serde_json::Value, code: &str| {
        let before = box_.id(NOTES);
        server.plant(who, draft);
        server.refuses(&[NOTES], code);
        box_.set_ref(NOTES, &before);
    };
    for (key, value, code) in [("version", json!(99), "policy-missing"), ("digest", json!("9".repeat(64)), "policy-fork")] {
        let mut draft = freeze.clone();
        draft["predicate"]["policy_head"][key] = value;
        refused("rita", &draft, code);
    }
    let mut child = freeze.clone();
    child["predicate"]["parents"] = json!(["7".repeat(64)]);
    refused("rita", &child, "record-missing");
    let novel = |who: &str| server.draft(who, "novel", ("refs/heads/topic", &commit), json!({}));
    retire_max2(&server);
    let mut by_old = novel("max2");
    by_old["predicate"]["signer"]["handle"] = json!("@max");
    refused("max2", &by_old, "kind-unknown");
    server.plant("max", &novel("max"));
    server.takes(&[NOTES]);
}
