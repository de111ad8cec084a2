//! What nobody can do is said before a release is opened, and there is a way out where it was opened all the same.

use crate::sandbox::{CHECKLIST, POLICY, Sandbox, Stage, TAG};

/// A repository with a policy and a checklist, and a tag by the only author.
fn tagged(policy: &str, checklist: &str) -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    let repo = box_.path("feasible");
    let box_ = box_.moved_to(repo);
    box_.init_repository(&box_.repo);
    box_.write("RELEASE.md", checklist);
    box_.write(".relsign/policy.toml", box_.fill_policy(policy));
    box_.run_as("rita", &["init"]).exits(0);
    box_.commit("first");
    box_.tag(TAG);
    box_
}

/// Five reviews, where there are three people who may review.
const FIVE: &str = "# Release\n\n- [ ] The test suite passes <!-- relsign: id=tests owner=@ann reviews=5 -->\n";

#[test]
fn open_says_what_nobody_can_satisfy_or_waive_and_what_helps() {
    let strict = POLICY.replace("reviews = 1\n", "reviews = 1\nwaiver_people = 2\n");
    let box_ = tagged(&strict, FIVE);
    let opened = box_.run_as("rita", &["open", TAG]).exits(0);
    let opened = opened.says("nobody can satisfy or waive tests: there is nobody for 2 reviews");
    let opened = opened.says("implementer_may_review = true").says("tagger_may_review = true").says("relsign policy activate");
    opened.says("relsign close v1.0.0 --abandoned");
    // The way out: it is given up, and the commit is tagged anew under a policy that can be met.
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    for who in ["bob", "max"] {
        box_.run_as(who, &["approve", TAG, "tests"]).exits(0);
    }
    let closed = box_.run_as("rita", &["close", TAG, "--abandoned", "--reason", "nobody is left to review it"]).exits(0);
    closed.says("to release the same commit, tag it anew: relsign tag NAME");
    box_.run_as("rita", &["open", TAG]).exits(1);
    let status = box_.run(&["status", TAG]).exits(0);
    assert!(!status.stdout.contains("relsign waive"), "{}", status.stdout);
    let eased = strict.replace("implementer_may_review = false", "implementer_may_review = true");
    let eased = eased.replace("tagger_may_review = false", "tagger_may_review = true");
    box_.write(".relsign/policy.toml", box_.fill_policy(&eased));
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    box_.tag("v1.0.1");
    let opened = box_.run_as("rita", &["open", "v1.0.1"]).exits(0);
    assert!(!opened.stderr.contains("nobody"), "{}", opened.stderr);
}

#[test]
fn what_can_still_be_waived_is_told_with_who_may() {
    let box_ = tagged(POLICY, FIVE);
    let opened = box_.run_as("rita", &["open", TAG]).exits(0);
    let opened = opened.says("nobody can satisfy tests: there is nobody for 2 reviews; @rita may waive it");
    assert!(!opened.stderr.contains("--abandoned"), "{}", opened.stderr);
    // A role that nobody holds owns it.
    let vacant = POLICY.replace("[role.qa]\n", "[role.security]\ndescription = \"keeps secrets\"\n[role.qa]\n");
    let box_ = tagged(&vacant, &CHECKLIST.replace("owner=@bob", "owner=@security"));
    let opened = box_.run_as("rita", &["open", TAG]).exits(0);
    opened.says("2 items have an owner who can't sign: 2 rollback").says("relsign assign");
}

#[test]
fn one_release_manager_brings_out_a_hotfix() {
    let box_ = Sandbox::at(Stage::Begun);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG, "--type", "hotfix"]).exits(0).says("relsign waive v1.0.0 --rest --reason");
    box_.run_as("max", &["reject", TAG, "rollback", "--reason", "it does not work"]).exits(0);
    let rest = ["waive", TAG, "--rest", "--reason", "everybody else is asleep"];
    box_.run_as("rita", &rest).exits(0).says("left out: rollback · it is rejected").says("tests · waived");
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1);
    box_.run_as("max", &["withdraw", TAG, "rollback", "--reason", "it does"]).exits(0);
    box_.run_as("rita", &rest).exits(0);
    box_.run_as("rita", &rest).exits(1).says("GO needs no item of v1.0.0 that may be waived");
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
}

#[test]
fn a_sign_off_before_its_time_is_told_and_counts() {
    let box_ = Sandbox::at(Stage::Opened);
    let run = box_.run_as("bob", &["approve", TAG, "healthy"]).exits(0);
    run.says("healthy is signed early: it is due once the release is out; it counts all the same");
    assert!(!box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0).stderr.contains("early"));
}
