//! What is deployed: a GO lets out the release, component and environment that it was given for, and nothing else that
//! stands on the same commit, has the same artifact or bears a similar name.

use serde_json::json;

use crate::sandbox::{CHECKLIST, Sandbox, Stage, TAG};

const NOTES: &str = "refs/notes/relsign";
const ONE_PLACE: &str = r#"environments = ["production"]"#;
const TWO_PLACES: &str = r#"environments = ["production", "staging"]"#;
const DIGEST: &str = "ab";

/// A repository whose component goes to production, and to staging first if it is asked to.
fn places() -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    box_.step(&box_.policy_with(ONE_PLACE, TWO_PLACES), &[]);
    box_
}

fn artifact() -> String {
    DIGEST.repeat(32)
}

/// Tags HEAD and opens the tag for a place, with the artifact.
fn open(box_: &Sandbox, tag: &str, place: &str) {
    box_.tag(tag);
    let artifact = format!("app=sha256:{}", artifact());
    box_.run_as("rita", &["open", tag, "--env", place, "--artifact", &artifact]).exits(0);
}

/// Brings a tag to GO for the one place that it was opened for.
fn release(box_: &Sandbox, tag: &str, place: &str) {
    open(box_, tag, place);
    box_.sign_all(tag);
    box_.run_as("rita", &["decide", tag, "go"]).exits(0);
}

/// Plants the record that closes a release.
fn close(box_: &Sandbox, tag: &str, who: &str, outcome: &str) -> String {
    let mut body = json!({ "outcome": outcome });
    if outcome == "abandoned" {
        body["reason"] = json!("tagged anew");
    }
    box_.plant(tag, who, &box_.draft(tag, who, "close", body))
}

/// Plants the record that a release is rolled back.
fn roll_back(box_: &Sandbox, tag: &str, who: &str) {
    let to = json!({ "tag": format!("refs/tags/{TAG}"), "tag_object": box_.id(TAG), "commit": box_.id("HEAD") });
    let body = json!({ "event": "start", "to": to, "trigger": 1, "reason": "errors" });
    box_.plant(tag, who, &box_.draft(tag, who, "rollback", body));
}

/// Plants a withdraw.
fn withdraw(box_: &Sandbox, tag: &str, who: &str, record: &str) {
    let body = json!({ "record": record, "reason": "it was a mistake" });
    box_.plant(tag, who, &box_.draft(tag, who, "withdraw", body));
}

/// Asks about the commit and the artifact, and wants the same exit code for both.
#[track_caller]
fn asks(box_: &Sandbox, more: &[&str], code: i32) {
    let artifact = artifact();
    for what in [["--commit", "HEAD"], ["--artifact", &artifact]] {
        box_.run(&[&["gate", "--no-sync"][..], &what, more].concat()).exits(code);
    }
}

#[test]
fn a_go_for_staging_does_not_answer_who_asks_about_production() {
    // Expected: exit 4 and environment-unnamed for every way of asking, with the command that names the environment; production is not opened.
    let box_ = places();
    release(&box_, TAG, "staging");
    let artifact = artifact();
    for args in [
        &["gate", "--no-sync", TAG][..],
        &["gate", "--no-sync"],
        &["gate", "--no-sync", TAG, "--commit", "HEAD"],
        &["gate", "--no-sync", "--commit", "HEAD"],
        &["gate", "--no-sync", "--artifact", &artifact],
        &["status", TAG, "--exit-code"],
    ] {
        let run = box_.run(args).exits(4).says("environment-unnamed").says("staging").says("--env staging");
        assert!(!run.text().contains("GO: "), "{}", run.text());
    }
    let waited = box_.run(&["gate", "--no-sync", TAG, "--wait", "1h"]).exits(4);
    assert!(waited.took.as_secs() < 30, "no time names an environment: {:?}", waited.took);
    let answer = box_.run(&["gate", "--no-sync", "--json", TAG]).exits(4).json();
    assert_eq!(answer["code"], "environment-unnamed");
    box_.run(&["gate", "--no-sync", TAG, "--env", "production"]).exits(1).says("[not-opened]");
    box_.run(&["gate", "--no-sync", "--commit", "HEAD", "--env", "production"]).exits(4).says("no release was opened");
    box_.run(&["gate", "--no-sync", TAG, "--env", "staging"]).exits(0).says("GO: v1.0.0 for staging");
    asks(&box_, &["--env", "staging"], 0);
}

#[test]
fn a_tag_for_two_environments_answers_for_neither_unasked() {
    // Expected: exit 4 and environment-unnamed, both named, although both are in GO; so where the policy names another first since.
    let box_ = places();
    release(&box_, TAG, "production");
    box_.gate(TAG, 0);
    let artifact = format!("app=sha256:{}", artifact());
    box_.run_as("rita", &["open", TAG, "--env", "staging", "--artifact", &artifact]).exits(0);
    box_.gate(TAG, 4).says("environment-unnamed").says("production").says("staging");
    asks(&box_, &["--env", "staging"], 1);
    box_.run(&["gate", "--no-sync", "--commit", "HEAD"]).exits(4).says("environment-unnamed");
    box_.run(&["gate", "--no-sync", TAG, "--env", "production"]).exits(0);

    let box_ = Sandbox::at(Stage::Go);
    box_.gate(TAG, 0);
    let anchors: Vec<String> = box_.log(TAG).into_iter().map(|entry| entry.id).collect();
    box_.step(&box_.policy_with(ONE_PLACE, r#"environments = ["staging", "production"]"#), &anchors);
    box_.gate(TAG, 4).says("environment-unnamed").says("--env production");
    box_.run(&["gate", "--no-sync", TAG, "--env", "production"]).exits(0);
}

#[test]
fn a_commit_with_a_rejected_release_goes_nowhere_whatever_else_stands_on_it() {
    // Expected: exit 1 for the commit and the artifact while any release on it is not in GO; exit 0 once that one is closed.
    for other in ["v0.9.0", "v1.0.1"] {
        let box_ = Sandbox::at(Stage::Begun);
        release(&box_, TAG, "production");
        asks(&box_, &[], 0);
        open(&box_, other, "production");
        asks(&box_, &[], 1);
        box_.run(&["gate", "--no-sync", "--commit", "HEAD"]).exits(1).says(other).says("[item-open]");
        box_.run_as("max", &["reject", other, "tests", "--reason", "broken"]).exits(0);
        asks(&box_, &[], 1);
        box_.run_as("rita", &["decide", other, "no-go", "--reason", "broken"]).exits(0);
        let answer = box_.run(&["gate", "--no-sync", "--json", "--commit", "HEAD"]).exits(1).json();
        assert_eq!((&answer["tag"], &answer["state"]), (&json!(format!("refs/tags/{other}")), &json!("no-go")));
        let waited = box_.run(&["gate", "--no-sync", "--commit", "HEAD", "--wait", "1h"]).exits(1);
        assert!(waited.took.as_secs() < 30, "a no-go is final: {:?}", waited.took);
        close(&box_, other, "rita", "abandoned");
        asks(&box_, &[], 0);
    }
}

#[test]
fn a_close_that_counts_for_nothing_hides_no_rejection() {
    // Expected: exit 1 after a close by who may not close, by a machine, as completed, and by whoever may only roll back; exit 0 after one that counts, also if its author takes it back.
    let box_ = Sandbox::at(Stage::Begun);
    let text = box_.policy_text().replace("decide = [", "rollback = [\"everyone\"]\nclose = [\"release-manager\"]\ndecide = [");
    box_.step(&text, &[]);
    release(&box_, TAG, "production");
    open(&box_, "v1.0.1", "production");
    box_.run_as("rita", &["decide", "v1.0.1", "no-go", "--reason", "broken"]).exits(0);
    asks(&box_, &[], 1);
    let stranger = close(&box_, "v1.0.1", "eve", "abandoned");
    asks(&box_, &[], 1);
    // What comes after names no record of a stranger.
    box_.drop_lines("v1.0.1", |entry| entry.id == stranger);
    for (who, outcome) in [("dev", "abandoned"), ("ci", "abandoned"), ("rita", "completed")] {
        close(&box_, "v1.0.1", who, outcome);
        asks(&box_, &[], 1);
    }
    // Whoever may start a roll-back of a release has not closed it.
    roll_back(&box_, "v1.0.1", "dev");
    asks(&box_, &[], 1);
    let closed = close(&box_, "v1.0.1", "rita", "abandoned");
    asks(&box_, &[], 0);
    // An end is not taken back, so that nobody brings a release back to life by taking a word back.
    withdraw(&box_, "v1.0.1", "rita", &closed);
    asks(&box_, &[], 0);
    box_.gate("v1.0.1", 1);
}

#[test]
fn a_commit_whose_release_was_given_up_is_tagged_anew() {
    // Expected: exit 1 for the tag, the commit and the artifact once the release is abandoned or rolled back; GO for the commit by another tag.
    for end in ["abandoned", "rolled back"] {
        let box_ = Sandbox::at(Stage::Begun);
        release(&box_, TAG, "production");
        asks(&box_, &[], 0);
        match end {
            "abandoned" => drop(close(&box_, TAG, "rita", "abandoned")),
            _ => roll_back(&box_, TAG, "rita"),
        }
        box_.gate(TAG, 1);
        asks(&box_, &[], 1);
        release(&box_, "v1.0.1", "production");
        asks(&box_, &[], 0);
        box_.gate("v1.0.1", 0);
        box_.gate(TAG, 1);
    }
}

#[test]
fn an_open_record_taken_back_with_a_lost_key_hides_no_rejection() {
    // Expected: exit 1 for the commit and the artifact while only a retired key of the opener took the open record back; exit 0 once a good one has.
    let box_ = Sandbox::at(Stage::Begun);
    let key = |name: &str| format!("{{ key = \"{}\", state = \"active\" }}", box_.public_key(name));
    let two = box_.policy_with(&key("rita"), &format!("{}, {}", key("rita"), key("eve")));
    box_.step(&two, &[]);
    release(&box_, TAG, "production");
    open(&box_, "v1.0.1", "production");
    box_.run_as("max", &["reject", "v1.0.1", "tests", "--reason", "broken"]).exits(0);
    asks(&box_, &[], 1);
    let anchors: Vec<String> = [TAG, "v1.0.1"].iter().flat_map(|tag| box_.log(tag)).map(|entry| entry.id).collect();
    box_.step(&two.replace(&key("eve"), &key("eve").replace("active", "retired")), &anchors);
    asks(&box_, &[], 1);
    let opened = box_.log("v1.0.1").iter().find(|entry| entry.kind() == "open").unwrap().id.clone();
    let body = json!({ "record": opened, "reason": "it was a mistake" });
    let mut lost = box_.draft("v1.0.1", "eve", "withdraw", body);
    lost["predicate"]["signer"]["handle"] = json!("@rita");
    box_.plant("v1.0.1", "eve", &lost);
    asks(&box_, &[], 1);
    let mut own = box_.draft("v1.0.1", "rita", "withdraw", json!({ "record": opened, "reason": "it was a mistake" }));
    own["predicate"]["policy_head"] = box_.head();
    box_.plant("v1.0.1", "rita", &own);
    asks(&box_, &[], 0);
}

#[test]
fn a_rejected_release_is_not_hidden_by_what_becomes_of_its_tag() {
    // Expected: exit 3 for the commit and the artifact where the tag is deleted, moved or made lightweight, with the name's note or the tag's own; exit 4 where the object is gone.
    let rejected = || {
        let box_ = Sandbox::at(Stage::Begun);
        release(&box_, TAG, "production");
        open(&box_, "v1.0.1", "production");
        box_.run_as("rita", &["decide", "v1.0.1", "no-go", "--reason", "broken"]).exits(0);
        asks(&box_, &[], 1);
        box_.forget();
        box_
    };
    let box_ = rejected();
    box_.git(&["tag", "-d", "v1.0.1"]);
    asks(&box_, &[], 3);
    box_.run(&["gate", "--no-sync", "--commit", "HEAD"]).exits(3).says("v1.0.1").says("[tag-deleted]");
    // The release that the tag is asked about by name is what it was.
    box_.gate(TAG, 0);

    let box_ = rejected();
    box_.git(&["tag", "-f", "-a", "-m", "moved", "v1.0.1", "HEAD"]);
    asks(&box_, &[], 3);

    let box_ = rejected();
    box_.git(&["tag", "-f", "v1.0.1", "HEAD"]);
    asks(&box_, &[], 3);

    let box_ = rejected();
    let here = box_.id("HEAD");
    box_.commit("elsewhere");
    box_.git(&["tag", "-f", "-a", "-m", "moved", "v1.0.1", "HEAD"]);
    let artifact = artifact();
    box_.run(&["gate", "--no-sync", "--commit", &here]).exits(3).says("[tag-moved]");
    box_.run(&["gate", "--no-sync", "--artifact", &artifact]).exits(3).says("[tag-moved]");

    let box_ = rejected();
    let object = box_.id("v1.0.1");
    std::fs::remove_file(box_.repo.join(".git/objects").join(&object[..2]).join(&object[2..])).unwrap();
    asks(&box_, &[], 4);
}

#[test]
fn a_rejected_release_whose_log_cannot_be_read_leaves_its_commit_undecided() {
    // Expected: exit 4 and too-many-lines where the log of a release on the commit, or a note of nobody knows what, is too large to be read.
    let box_ = Sandbox::at(Stage::Begun);
    release(&box_, TAG, "production");
    open(&box_, "v1.0.1", "production");
    box_.run_as("rita", &["decide", "v1.0.1", "no-go", "--reason", "broken"]).exits(0);
    let object = box_.id("v1.0.1");
    let huge = vec![b'x'; 33 << 20];
    box_.set_note(&object, &huge);
    asks(&box_, &[], 4);
    box_.git(&["tag", "-d", "v1.0.1"]);
    let run = box_.run(&["gate", "--no-sync", "--commit", "HEAD"]);
    assert!(matches!(run.code, 3 | 4), "{}: {}", run.code, run.text());
    box_.gate(TAG, 0);
}

/// A repository of two components, each with its checklist.
fn components() -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("api/RELEASE.md", CHECKLIST);
    box_.commit("api");
    let api = "[[component]]\nname = \"api\"\ntags = \"api/v*\"\nchecklist = \"api/RELEASE.md\"\nenvironments = [\"production\"]\n[[rule]]";
    box_.step(&box_.policy_with("[[rule]]", api), &[]);
    box_
}

#[test]
fn a_go_for_one_component_does_not_let_another_out() {
    // Expected: exit 4 and component-unnamed where the policy has several and none is named, exit 1 where one on the commit is not in GO; by name each for itself.
    let box_ = components();
    release(&box_, TAG, "production");
    let artifact = artifact();
    for what in [["--commit", "HEAD"], ["--artifact", &artifact]] {
        let ask = |more: &[&str]| box_.run(&[&["gate", "--no-sync"][..], &what, more].concat());
        // Nobody said which of the two is deployed.
        ask(&[]).exits(4).says("component-unnamed").says("--component api").says("--component main");
        ask(&["--component", "main"]).exits(0);
        ask(&["--component", "api"]).exits(4).says("no release");
        ask(&["--component", "web"]).exits(2).says("main or api");
    }
    open(&box_, "api/v1.0.0", "production");
    for what in [["--commit", "HEAD"], ["--artifact", &artifact]] {
        let ask = |more: &[&str]| box_.run(&[&["gate", "--no-sync"][..], &what, more].concat());
        ask(&[]).exits(1).says("api/v1.0.0");
        ask(&["--component", "main"]).exits(0).says("GO: v1.0.0");
        ask(&["--component", "api"]).exits(1);
    }
    box_.sign_all("api/v1.0.0");
    box_.run_as("rita", &["decide", "api/v1.0.0", "go"]).exits(0);
    asks(&box_, &[], 4);
    asks(&box_, &["--component", "api"], 0);
    // A tag says which component it is of.
    box_.gate("api/v1.0.0", 0);
    box_.run(&["gate", "--no-sync", TAG, "--component", "api"]).exits(1).says("[other-component]");
    box_.run(&["gate", "--no-sync", TAG, "--component", "main"]).exits(0);
}

#[test]
fn a_tag_whose_name_is_an_option_is_no_release() {
    // Expected: exit 2 or 4 and no help page for a tag called --help, -h or --version, given as a name, after -- or as a full ref.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    for name in ["--help", "-h", "--version", "-V", "--json"] {
        box_.set_ref(&format!("refs/tags/{name}"), &object);
        for args in [&["gate", "--no-sync", "--", name][..], &["gate", "--no-sync", &format!("refs/tags/{name}")]] {
            let run = box_.run(args).exits(2).says("it begins with -");
            assert_eq!(run.stdout, "", "{name}");
        }
        for command in ["open", "status", "verify", "tag"] {
            box_.run_as("rita", &[command, "--", name]).exits(2).says("it begins with -");
        }
    }
    // Those that a push brought in are in nobody's way, and stand in no printed command.
    box_.gate(TAG, 0);
    box_.run(&["gate", "--no-sync", "--commit", "HEAD"]).exits(0);
    box_.run(&["verify", "--all"]).exits(0);
    for args in [&["mine"][..], &["status"], &["sync"]] {
        let run = box_.run_as("ann", args);
        assert!(!run.text().contains("--help") && !run.text().contains(" -h"), "{}", run.text());
    }
    assert!(box_.git(&["for-each-ref", NOTES]).contains(NOTES));
}

#[test]
fn a_printed_command_runs_nothing_that_a_tags_name_says() {
    // Expected: every printed command has a name quoted that a shell would act upon, whatever the command is refused for.
    let box_ = Sandbox::at(Stage::Begun);
    let name = "v$(id>x)";
    box_.tag(name);
    let mut said = String::new();
    for (who, args) in [
        ("ann", &["approve", name, "tests"][..]),
        ("ann", &["status", name]),
        ("rita", &["open", name, "--freeze", "quiet", "--freeze-until", "1h"]),
        ("rita", &["open", name]),
        ("rita", &["tag", name]),
        ("ann", &["approve", name]),
        ("ann", &["approve", name, "zzz"]),
        ("ann", &["reject", name, "--reason", "r"]),
        ("sam", &["approve", name]),
        ("ann", &["withdraw", name, "tests", "--reason", "r"]),
        ("ann", &["withdraw", name, "0123", "--reason", "r"]),
        ("rita", &["decide", name, "go"]),
        ("rita", &["freeze", "lift", name, "--reason", "r"]),
        ("ann", &["mine"]),
        ("ann", &["log", name]),
        ("ann", &["verify", name]),
        ("ann", &["gate", "--no-sync", name]),
        ("ann", &["gate", "--no-sync", "--commit", "HEAD"]),
    ] {
        said += &box_.run_as(who, args).text();
    }
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let commands = said.split("relsign ").skip(1).filter(|rest| !rest.starts_with("policy"));
    let named: Vec<&str> =
        commands.filter_map(|rest| rest.split_once(name).map(|(before, _)| before)).filter(|before| before.len() < 24).collect();
    assert!(named.len() >= 6, "too few commands name the tag: {said}");
    for before in named {
        assert!(before.ends_with('\''), "relsign {before}{name} in: {said}");
    }
}
