//! Claims of the open record: what it says of the file and of history is what anybody reads there.

use serde_json::{Value, json};

use crate::authority::{HONEST, open_again, open_by_hand, say_by_hand};
use crate::sandbox::{Run, Sandbox, Stage, ended};

/// A release on an older commit, below one that is in GO.
const OLD: &str = "v1.5.0";

/// A checklist that states everything an open record takes from it.
const FULL: &str = "\
# The widget

**Release window**: 2026-11-21T09:00:00Z to 2026-11-21T18:00:00Z
**On-call**: @bob
**On-call window**: 2026-11-21 09:00 UTC through 2026-11-22 09:00 UTC

## Scope

| Change | Owner |
|--------|-------|
| A new lock | @ann |
| A new key | @bob |

## Risk Classification: HIGH

- It touches every door

## Before the release

- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->
- [ ] The roll-back was tried <!-- relsign: id=rollback owner=@bob -->

## Staged Rollout Plan

| Stage | Traffic % | Bake time | Metric thresholds |
|-------|-----------|-----------|-------------------|
| Canary | 1% | 30 min | Error rate < 0.05% |
| Full | 100% | 4 hours | Error rate < 0.02% |

## Rollback triggers

- More than one error

**Rollback procedure**:

1. Turn the key back
2. Tell everybody

## Known issues

- The lamp blinks

## Action Items

| Action | Owner | Due | Blocks |
|--------|-------|-----|--------|
| Retro | @ann | 2026-11-27T12:00:00Z | close |
";

fn body(payload: &mut Value) -> &mut Value {
    &mut payload["predicate"]["body"]
}

/// Gives the body of the open record of a tag.
fn opened(box_: &Sandbox, tag: &str) -> Value {
    open_again(box_, tag)["predicate"]["body"].take()
}

/// Has a release opened by hand instead of what `open` made of it, after `change`, and decided on these words.
fn by_hand(box_: &Sandbox, tag: &str, words: &[(&str, &str, &str)], change: impl FnOnce(&mut Value)) {
    let mut open = open_again(box_, tag);
    change(body(&mut open));
    open_by_hand(box_, tag, "rita", &open);
    say_by_hand(box_, tag, words);
}

/// What everybody says before the decision where @dev, who wrote all of it, reviews what he wrote.
const DEV_REVIEWS: &[(&str, &str, &str)] = &[
    ("ann", "tests", "done"),
    ("ann", "migration", "done"),
    ("bob", "rollback", "done"),
    ("dev", "tests", "approve"),
    ("dev", "rollback", "approve"),
    ("dev", "migration", "approve"),
    ("bob", "migration", "approve"),
];

/// Says that a release came after another, with nothing in between.
fn after(box_: &Sandbox, body: &mut Value, tag: &str, overridden: bool) {
    let full = format!("refs/tags/{tag}");
    body["previous"] = json!({
        "tag": full,
        "tag_object": box_.id(&full),
        "commit": box_.id(&format!("{tag}^{{commit}}")),
    });
    if overridden {
        body["previous"]["overridden"] = json!(true);
    }
    body["implementers"] = json!({ "tagger": "@rita", "people": [] });
    body["commits"] = json!(0);
}

/// Releases HEAD under a name, as it should be.
fn release(box_: &Sandbox, tag: &str) {
    box_.tag(tag);
    box_.run_as("rita", &["open", tag]).exits(0);
    box_.sign_all(tag);
    box_.run_as("rita", &["decide", tag, "go"]).exits(0);
    box_.gate(tag, 0);
}

/// Two commits by @dev; the later one was released, and the older one has a tag that somebody opened.
fn two_commits() -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    box_.commit("older");
    let older = box_.id("HEAD");
    box_.commit("later");
    release(&box_, "v2.0.0");
    box_.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", OLD, OLD, &older]);
    box_.run_as("rita", &["open", OLD]).exits(0);
    box_
}

#[test]
fn what_is_opened_by_hand_as_it_should_be_is_go() {
    // Expected: GO; the tests below would prove nothing if the crafted records failed for another reason.
    let box_ = two_commits();
    by_hand(&box_, OLD, HONEST, |_| {});
    box_.gate(OLD, 0);
}

#[test]
fn a_release_before_that_lies_above_is_no_go() {
    // Expected: previous-not-below, exit 0, gate 1: the range is empty, and @dev reviews what he wrote.
    let box_ = two_commits();
    by_hand(&box_, OLD, DEV_REVIEWS, |body| after(&box_, body, "v2.0.0", false));
    box_.verify(OLD, 0).finds("previous-not-below").says("named v2.0.0 as the previous release");
    box_.gate(OLD, 1);
    box_.run_as("rita", &["decide", OLD, "go"]).exits(1);
}

#[test]
fn a_release_before_that_lies_above_and_is_named_by_hand_is_no_go() {
    // Expected: open refuses it; made by hand it is previous-not-below, gate 1, however many people decide.
    let box_ = two_commits();
    let younger = "v1.6.0";
    let at = box_.id(&format!("{OLD}^{{commit}}"));
    box_.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", younger, younger, &at]);
    box_.run_as("rita", &["open", younger, "--previous", "v2.0.0"]).exits(2).says("v2.0.0 is not an ancestor of v1.6.0");
    by_hand(&box_, OLD, DEV_REVIEWS, |body| after(&box_, body, "v2.0.0", true));
    box_.verify(OLD, 0).finds("previous-not-below").finds("previous-overridden");
    box_.gate(OLD, 1);
}

#[test]
fn a_release_before_on_the_same_commit_hides_no_author() {
    // Expected: open goes back to the one below, and refuses the candidate by name; by hand it is previous-not-below.
    let box_ = Sandbox::at(Stage::Begun);
    box_.commit("all of it");
    release(&box_, "v1.0.0-rc.1");
    box_.tag("v1.0.0");
    box_.run_as("rita", &["open", "v1.0.0", "--previous", "v1.0.0-rc.1"]).exits(2).says("same commit");
    box_.run_as("rita", &["open", "v1.0.0"]).exits(0);
    let said = opened(&box_, "v1.0.0");
    assert_eq!((&said["previous"], &said["implementers"]["people"]), (&Value::Null, &json!(["@dev"])), "{said:#}");
    for overridden in [false, true] {
        by_hand(&box_, "v1.0.0", DEV_REVIEWS, |body| after(&box_, body, "v1.0.0-rc.1", overridden));
        box_.verify("v1.0.0", 0).finds("previous-not-below").says("named v1.0.0-rc.1 as the previous release");
        box_.gate("v1.0.0", 1);
    }
}

#[test]
fn a_release_before_on_another_branch_is_no_go() {
    // Expected: previous-not-below, gate 1: what was released from a branch that was never merged lies below nothing here.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["checkout", "-q", "-b", "side"]);
    box_.commit("aside");
    release(&box_, "v1.1.0");
    box_.git(&["checkout", "-q", "main"]);
    box_.git(&["commit", "-q", "--allow-empty", "-m", "on main"]);
    box_.tag("v1.2.0");
    box_.run_as("rita", &["open", "v1.2.0"]).exits(0);
    assert_eq!(opened(&box_, "v1.2.0")["previous"], Value::Null);
    let honest = opened(&box_, "v1.2.0");
    by_hand(&box_, "v1.2.0", HONEST, |body| {
        after(&box_, body, "v1.1.0", false);
        body["implementers"] = honest["implementers"].clone();
        body["commits"] = json!(1);
    });
    box_.verify("v1.2.0", 0).finds("previous-not-below");
    box_.gate("v1.2.0", 1);
    // Once it is merged it does lie below, and the range is what it has not.
    box_.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    box_.tag("v1.3.0");
    box_.run_as("rita", &["open", "v1.3.0"]).exits(0);
    let said = opened(&box_, "v1.3.0");
    assert_eq!((&said["previous"]["tag"], &said["commits"]), (&json!("refs/tags/v1.1.0"), &json!(2)), "{said:#}");
    box_.sign_all("v1.3.0");
    box_.run_as("rita", &["decide", "v1.3.0", "go"]).exits(0);
    box_.gate("v1.3.0", 0);
}

#[test]
fn a_release_before_that_was_named_by_hand_is_what_it_says() {
    // Expected: previous-unproven for a tag that stands for another commit or calls itself otherwise, previous-not-here for
    // one that is not here; gate 1 and 4: two people answer for the release that they were shown.
    let box_ = two_commits();
    let above = box_.id("v2.0.0");
    box_.commit("third");
    release(&box_, "v3.0.0");
    let below = box_.id("HEAD~2");
    let named = |tag: &str, object: &str, commit: &str| {
        by_hand(&box_, "v3.0.0", HONEST, |body| {
            body["previous"] =
                json!({ "tag": format!("refs/tags/{tag}"), "tag_object": object, "commit": commit, "overridden": true });
            body["commits"] = json!(2);
        });
    };
    named("v2.0.0", &above, &below);
    box_.verify("v3.0.0", 0).finds("previous-unproven").says("its tag object points at another commit");
    box_.gate("v3.0.0", 1);
    box_.git(&["tag", "-a", "-m", "a candidate", "candidate", &below]);
    named("v0.9.0", &box_.id("refs/tags/candidate"), &below);
    box_.verify("v3.0.0", 0).finds("previous-unproven").says("has the name \"candidate\" inside");
    box_.gate("v3.0.0", 1);
    named("v0.9.0", &"8".repeat(40), &below);
    box_.verify("v3.0.0", 4).finds("previous-not-here");
    box_.gate("v3.0.0", 4);
}

#[test]
fn a_release_before_of_another_environment_or_tag_object_is_no_go() {
    // Expected: previous-unproven, gate 1: what passed for staging did not for production, and what was signed on a tag
    // that moved was not signed where it points now.
    let box_ = Sandbox::at(Stage::Begun);
    box_.step(&box_.policy_with("environments = [\"production\"]", "environments = [\"production\", \"staging\"]"), &[]);
    box_.tag("v1.0.0");
    box_.run_as("rita", &["open", "v1.0.0", "--env", "staging"]).exits(0);
    box_.sign_all("v1.0.0");
    box_.run_as("rita", &["decide", "v1.0.0", "go"]).exits(0);
    box_.commit("second");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    assert_eq!(opened(&box_, "v1.1.0")["previous"], Value::Null);
    let named = |box_: &Sandbox| {
        let implementers = opened(box_, "v1.1.0")["implementers"].clone();
        by_hand(box_, "v1.1.0", HONEST, |body| {
            after(box_, body, "v1.0.0", false);
            (body["implementers"], body["commits"]) = (implementers, json!(1));
        });
        box_.verify("v1.1.0", 0).finds("previous-unproven").says("named v1.0.0 as the previous release: it did not pass");
        box_.gate("v1.1.0", 1);
    };
    named(&box_);
    let box_ = Sandbox::at(Stage::Go);
    box_.commit("second");
    box_.commit("third");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    assert_eq!(opened(&box_, "v1.1.0")["commits"], json!(2));
    box_.git(&["tag", "-f", "-a", "-m", "moved", "v1.0.0", "HEAD~1"]);
    named(&box_);
}

/// Runs the program in another repository.
fn run_in(box_: &Sandbox, dir: &std::path::Path, args: &[&str]) -> Run {
    ended(box_.command(super::sandbox::place::program(), dir).args(args))
}

#[test]
fn a_release_before_that_lies_above_is_no_go_in_a_shallow_clone() {
    // Expected: previous-not-below, gate 1: the history of the later release leads down to the commit that is checked out.
    let box_ = two_commits();
    by_hand(&box_, OLD, DEV_REVIEWS, |body| after(&box_, body, "v2.0.0", false));
    let path = box_.path("shallow");
    let url = format!("file://{}", box_.repo.display());
    let root = box_.git(&["config", "relsign.root"]);
    box_.git_in(&box_.path("home"), &["clone", "-q", "--depth=1", "--branch", OLD, &url, path.to_str().unwrap()]);
    box_.git_in(&path, &["config", "relsign.root", &root]);
    let refs = ["refs/notes/relsign:refs/notes/relsign", "refs/relsign/*:refs/relsign/*"];
    box_.git_in(&path, &[&["fetch", "-q", "--no-tags", "origin"][..], &refs].concat());
    run_in(&box_, &path, &["gate", "--no-sync", OLD]).exits(4).says("previous-not-here");
    box_.git_in(&path, &["fetch", "-q", "--tags", "origin"]);
    assert_eq!(box_.git_in(&path, &["rev-parse", "--is-shallow-repository"]), "true");
    run_in(&box_, &path, &["gate", "--no-sync", OLD]).exits(1).says("previous-not-below");
}

/// A release whose checklist states everything, opened and not signed.
fn full() -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", FULL);
    box_.commit("the plan");
    box_.tag("v1.0.0");
    box_.run_as("rita", &["open", "v1.0.0"]).exits(0);
    box_
}

const WORDS: &[(&str, &str, &str)] =
    &[("ann", "tests", "done"), ("bob", "rollback", "done"), ("bob", "tests", "approve"), ("max", "rollback", "approve")];

/// A way to say something else than the file does.
type Lie = fn(&mut Value);

#[test]
fn a_plan_that_the_file_does_not_state_is_tampered_with() {
    // Expected: checklist-changed, exit 3, gate 3, for every part of the plan that is invented, changed or left out.
    let box_ = full();
    let said = opened(&box_, "v1.0.0");
    let keys = ["title", "risk", "stages", "triggers", "procedure", "scope", "actions", "on_call", "known_issues", "window"];
    for key in keys {
        assert!(!said[key].is_null(), "the file states {key}: {said:#}");
    }
    by_hand(&box_, "v1.0.0", WORDS, |_| {});
    // It is in GO, and a gate wants to know for which stage.
    assert_eq!(box_.verify("v1.0.0", 0).report["verdict"]["answer"], "go");
    box_.gate("v1.0.0", 4).says("stage-unnamed");
    let lies: &[(&str, Lie)] = &[
        ("title", |body| body["title"] = json!("A small repair")),
        ("risk", |body| body["risk"]["class"] = json!("low")),
        ("risk", |body| body["risk"]["reasons"] = json!(["It touches nothing"])),
        ("risk", |body| body["risk"] = json!({ "class": "high" })),
        ("risk", |body| drop(body.as_object_mut().unwrap().remove("risk"))),
        ("stages", |body| drop(body["stages"].as_array_mut().unwrap().remove(0))),
        ("stages", |body| drop(body.as_object_mut().unwrap().remove("stages"))),
        ("stages", |body| body["stages"][0]["bake"] = json!(1)),
        ("stages", |body| body["stages"][0]["traffic"] = json!("100%")),
        ("stages", |body| drop(body["stages"][0].as_object_mut().unwrap().remove("limits"))),
        ("stages", |body| body["stages"][0]["limits"][0]["value"] = json!("50")),
        ("stages", |body| body["stages"][0]["limits"][0]["op"] = json!("above")),
        ("stages", |body| body["stages"][0]["owner"] = json!({ "person": "@max" })),
        ("stages", |body| body["stages"][0]["name"] = json!("Everything")),
        ("stages", |body| body["stages"].as_array_mut().unwrap().reverse()),
        ("triggers", |body| drop(body.as_object_mut().unwrap().remove("triggers"))),
        ("triggers", |body| body["triggers"] = json!([{ "id": 1, "text": "More than a million errors" }])),
        ("procedure", |body| drop(body["procedure"].as_array_mut().unwrap().remove(1))),
        ("procedure", |body| body["procedure"].as_array_mut().unwrap().push(json!({ "text": "Tell nobody" }))),
        ("procedure", |body| body["procedure"][0]["irreversible"] = json!(true)),
        ("scope", |body| drop(body["scope"].as_array_mut().unwrap().remove(0))),
        ("scope", |body| body["scope"] = json!([{ "text": "Nothing" }])),
        ("scope", |body| body["scope"][0]["flag"] = json!("lock_v2")),
        ("scope", |body| drop(body.as_object_mut().unwrap().remove("scope"))),
        ("actions", |body| drop(body.as_object_mut().unwrap().remove("actions"))),
        ("actions", |body| drop(body["actions"][0].as_object_mut().unwrap().remove("blocks"))),
        ("actions", |body| body["actions"][0]["assignee"] = json!({ "person": "@dev" })),
        ("actions", |body| body["actions"][0]["due"] = json!("2027-11-27T12:00:00Z")),
        ("on-call", |body| body["on_call"]["primary"] = json!("@dev")),
        ("on-call", |body| drop(body.as_object_mut().unwrap().remove("on_call"))),
        ("known issues", |body| drop(body.as_object_mut().unwrap().remove("known_issues"))),
        ("attendees", |body| body["attendees"] = json!(["@ann"])),
        ("window", |body| body["window"]["to"] = json!("2027-01-01T00:00:00Z")),
        ("window", |body| drop(body.as_object_mut().unwrap().remove("window"))),
        ("reading rules", |body| body["checklist"]["parser"] = json!(99)),
    ];
    for (about, lie) in lies {
        let box_ = full();
        by_hand(&box_, "v1.0.0", WORDS, lie);
        box_.verify("v1.0.0", 3).finds("checklist-changed").says("differs from when the release was opened").says(about);
        box_.gate("v1.0.0", 3);
    }
    // Nor does anything stand in the record that a file without a plan does not hold.
    let inventions: &[Lie] = &[
        |body| body["risk"] = json!({ "class": "low" }),
        |body| body["stages"] = json!([{ "id": "all", "name": "All" }]),
        |body| body["stages"] = json!([{ "id": "canary", "name": "Canary", "traffic": "1%" }]),
        |body| drop(body.as_object_mut().unwrap().remove("stages")),
        |body| body["triggers"] = json!([{ "id": 1, "text": "never" }]),
        |body| body["procedure"] = json!([{ "text": "wait" }]),
        |body| body["scope"] = json!([{ "text": "nothing" }]),
        |body| body["actions"] = json!([{ "id": "rest", "text": "rest", "blocks": "close" }]),
        |body| body["known_issues"] = json!(["none"]),
        |body| body["attendees"] = json!(["@ann"]),
        |body| body["on_call"] = json!({ "primary": "@ann" }),
        |body| body["window"] = json!({ "from": "2026-11-21T09:00:00Z", "to": "2026-11-21T18:00:00Z" }),
        |body| body["title"] = json!("Release v1.0.0"),
    ];
    for invention in inventions {
        let box_ = Sandbox::at(Stage::Opened);
        by_hand(&box_, "v1.0.0", &[], invention);
        box_.verify("v1.0.0", 3).finds("checklist-changed");
    }
}

#[test]
fn a_number_of_commits_that_history_does_not_have_is_tampered_with() {
    // Expected: open-contradicts-range, exit 3, gate 3.
    for more in [1, 1000] {
        let box_ = full();
        let right = opened(&box_, "v1.0.0")["commits"].as_u64().unwrap();
        by_hand(&box_, "v1.0.0", WORDS, |body| body["commits"] = json!(right + more));
        box_.verify("v1.0.0", 3)
            .finds("open-contradicts-range")
            .says(&format!("{right} commits, and the open record says {}", right + more));
        box_.gate("v1.0.0", 3);
    }
}

#[test]
fn nobody_signs_under_a_plan_that_the_file_does_not_state() {
    // Expected: exit 3 for whoever decides, with the code, and nothing is signed.
    let box_ = full();
    by_hand(&box_, "v1.0.0", WORDS, |body| body["stages"][0]["bake"] = json!(1));
    let before = box_.log("v1.0.0").len();
    let run = box_.run_as("rita", &["decide", "v1.0.0", "go"]);
    assert_ne!(run.code, 0, "{}", run.text());
    assert_eq!(box_.log("v1.0.0").len(), before, "{}", run.text());
}
