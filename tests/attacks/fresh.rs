//! A fresh clone: it has what git brings of itself, and must not mistake that for all there is.

use crate::sandbox::{Sandbox, Stage, TAG};

/// Clones the sandbox's repository as git does without being told more, with the policy and the pin of its verifier.
fn clone(box_: &Sandbox) -> std::path::PathBuf {
    let root = box_.git(&["config", "relsign.root"]);
    let path = box_.path("clone");
    box_.git_in(&box_.path(""), &["clone", "-q", "repo", "clone"]);
    box_.git_in(&path, &["fetch", "-q", "origin", "refs/relsign/policy:refs/relsign/policy"]);
    box_.git_in(&path, &["config", "relsign.root", &root]);
    path
}

#[test]
fn a_clone_that_never_fetched_records_cannot_decide() {
    // Expected: never-synced, exit 4, gate 4, whatever was signed; GO once the records are here.
    let box_ = Sandbox::at(Stage::Go);
    let path = clone(&box_);
    let there = box_.moved_to(path);
    let tag = there.id(&format!("refs/tags/{TAG}"));
    assert!(there.note(&tag).is_empty());
    there.verify(TAG, 4).finds("never-synced").finds("not-opened").says("no records were ever fetched from origin");
    there.gate(TAG, 4).says("never-synced");
    there.git(&["fetch", "-q", "origin", "refs/notes/relsign:refs/notes/relsign"]);
    there.git(&["fetch", "-q", "origin", "refs/relsign/evidence:refs/relsign/evidence"]);
    there.verify(TAG, 0).lacks("never-synced");
    there.gate(TAG, 0);
}

#[test]
fn a_clone_that_asked_and_got_no_records_says_that_nothing_was_opened() {
    // Expected: not-opened, exit 0, gate 1: the remote was asked, and it has none.
    let box_ = Sandbox::at(Stage::Begun);
    box_.tag(TAG);
    let path = clone(&box_);
    let there = box_.moved_to(path);
    there.verify(TAG, 4).finds("never-synced");
    there.run_as("rita", &["sync"]);
    there.verify(TAG, 0).finds("not-opened").lacks("never-synced");
    there.gate(TAG, 1);
}

#[test]
fn a_clone_without_tags_knows_no_release_before() {
    // Expected: previous-not-here, exit 4, gate 4, until the tags are fetched; records alone do not show that it passed.
    let box_ = Sandbox::at(Stage::Go);
    box_.commit("more");
    box_.tag("v2.0.0");
    box_.run_as("rita", &["open", "v2.0.0"]).exits(0);
    box_.sign_all("v2.0.0");
    box_.run_as("rita", &["decide", "v2.0.0", "go"]).exits(0);
    let root = box_.git(&["config", "relsign.root"]);
    let path = box_.path("clone");
    box_.init_repository(&path);
    box_.git_in(&path, &["config", "relsign.root", &root]);
    let refs = ["refs/notes/relsign", "refs/relsign/policy", "refs/relsign/evidence", "refs/tags/v2.0.0"];
    for name in refs {
        box_.git_in(&path, &["fetch", "-q", "--no-tags", "../repo", &format!("{name}:{name}")]);
    }
    let there = box_.moved_to(path);
    there.verify("v2.0.0", 4).finds("previous-not-here").says("named v1.0.0 as the previous release");
    there.gate("v2.0.0", 4);
    there.git(&["fetch", "-q", "../repo", "refs/tags/v1.0.0:refs/tags/v1.0.0"]);
    there.verify("v2.0.0", 0);
    there.gate("v2.0.0", 0);
}
