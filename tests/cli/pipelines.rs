//! The checkouts that pipelines make, done with plain git commands over a loopback remote, and what `gate` says in them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::{Run, Sandbox, Stage, TAG, ended};

/// A project with a server that a pipeline fetches from.
pub(crate) struct Project {
    pub(crate) box_: Sandbox,
    pub(crate) server: PathBuf,
    pub(crate) root: String,
}

impl Project {
    pub(crate) fn at(stage: Stage) -> Self {
        Self::of(Sandbox::at(stage))
    }

    pub(crate) fn of(box_: Sandbox) -> Self {
        let server = box_.path("server.git");
        box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
        box_.git_in(&server, &["config", "uploadpack.allowFilter", "true"]);
        box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
        box_.git(&["push", "-q", "origin", "main", TAG]);
        box_.run(&["sync"]).exits(0);
        let root = box_.git(&["config", "relsign.root"]);
        Self { box_, server, root }
    }

    fn url(&self) -> String {
        format!("file://{}", self.server.display())
    }

    /// Makes an empty repository that has the server as its origin, as every checkout begins.
    fn begin(&self, name: &str) -> PathBuf {
        let dir = self.box_.path(name);
        self.box_.git_in(&self.box_.path("home"), &["init", "-q", dir.to_str().unwrap()]);
        self.box_.git_in(&dir, &["remote", "add", "origin", &self.url()]);
        dir
    }

    /// Checks a tag out as GitHub's action does: the commit is fetched under the name of the tag.
    pub(crate) fn github(&self, name: &str, tag: &str, commit: &str) -> PathBuf {
        let dir = self.begin(name);
        let refspec = format!("+{commit}:refs/tags/{tag}");
        let fetch = ["-c", "protocol.version=2", "fetch", "-q", "--no-tags", "--prune", "--no-recurse-submodules", "--depth=1"];
        self.box_.git_in(&dir, &[&fetch[..], &["origin", &refspec]].concat());
        self.box_.git_in(&dir, &["checkout", "-q", "--force", &format!("refs/tags/{tag}")]);
        dir
    }

    /// Checks a commit out as GitLab's runner does, with the refs of a pipeline and perhaps those of a tag.
    pub(crate) fn gitlab(&self, name: &str, tag: Option<&str>, commit: &str) -> PathBuf {
        let dir = self.begin(name);
        let pipeline = format!("+{commit}:refs/pipelines/42");
        let tag = tag.map(|tag| format!("+refs/tags/{tag}:refs/tags/{tag}"));
        let mut fetch =
            vec!["-c", "http.userAgent=runner", "fetch", "-q", "origin", &pipeline, "--depth", "20", "--prune", "--quiet"];
        fetch.push(tag.as_deref().unwrap_or("--no-tags"));
        self.box_.git_in(&dir, &fetch);
        self.box_.git_in(&dir, &["checkout", "-f", "-q", commit]);
        dir
    }

    /// Runs the program in a checkout, with nothing of the project's people around it.
    pub(crate) fn run_in(&self, dir: &Path, args: &[&str]) -> Run {
        ended(self.box_.program().current_dir(dir).args(args))
    }

    fn gate_in(&self, dir: &Path, args: &[&str]) -> Run {
        self.run_in(dir, &[&["gate", "--root", &self.root], args].concat())
    }

    fn commit(&self) -> String {
        self.box_.id(&format!("{TAG}^{{commit}}"))
    }

    /// Makes a commit that nobody has signed off, on the server too.
    fn evil(&self) -> String {
        self.box_.write("src/main.c", "evil\n");
        self.box_.commit("evil");
        let evil = self.box_.id("HEAD");
        self.box_.git(&["push", "-q", "origin", "HEAD:refs/heads/side"]);
        evil
    }
}

#[test]
fn a_checkout_that_made_a_commit_of_the_tag_is_judged_by_the_remotes_tag_object() {
    let project = Project::at(Stage::Go);
    let (commit, object) = (project.commit(), project.box_.id(TAG));
    let dir = project.github("checkout", TAG, &commit);
    assert_eq!(project.box_.git_in(&dir, &["cat-file", "-t", TAG]), "commit", "the checkout is as the action makes it");
    let run = project.gate_in(&dir, &[TAG, "--commit", &commit]).exits(0).says("GO: v1.0.0 for production");
    assert_eq!(run.stderr, "", "there is nothing to warn of");
    let answer = project.gate_in(&dir, &["--json", TAG]).exits(0).json();
    assert_eq!((&answer["tag_object"], &answer["commit"]), (&json!(object), &json!(commit)));
    project.gate_in(&dir, &["--commit", "HEAD"]).exits(0).says("GO: v1.0.0");
    project.gate_in(&dir, &["--no-sync", TAG]).exits(0);
    // The other commands see the same tag, and the checkout's own ref stays what it was.
    project.box_.git_in(&dir, &["config", "relsign.root", &project.root]);
    project.run_in(&dir, &["verify", TAG]).exits(0);
    project.run_in(&dir, &["verify", "--all"]).exits(0).says("intact");
    project.run_in(&dir, &["gate", TAG]).exits(0);
    assert_eq!(project.box_.git_in(&dir, &["rev-parse", TAG]), commit);
}

#[test]
fn without_a_root_a_fresh_checkout_has_no_answer() {
    let project = Project::at(Stage::Go);
    let dir = project.github("checkout", TAG, &project.commit());
    project.run_in(&dir, &["gate", TAG]).exits(4).says("root-unpinned");
    project.run_in(&dir, &["gate", TAG, "--root", &"0".repeat(64)]).exits(3).says("root-mismatch");
    // What was refused under the wrong root did not come in, so the right one finds everything.
    project.gate_in(&dir, &[TAG]).exits(0);
}

#[test]
fn the_remotes_tag_must_stand_for_what_is_checked_out() {
    let project = Project::at(Stage::Go);
    let (good, evil) = (project.commit(), project.evil());
    let dir = project.github("checkout", TAG, &good);
    project.box_.git_in(&dir, &["fetch", "-q", "--depth=1", "origin", &evil]);
    project.box_.git_in(&dir, &["checkout", "-q", "--detach", &evil]);
    let told = format!("v1.0.0 points at commit {}, and {} is checked out [other-commit]", &good[..12], &evil[..12]);
    project.gate_in(&dir, &[TAG]).exits(1).says(&told);
    project.gate_in(&dir, &[TAG, "--commit", &evil]).exits(1).says("[other-commit]");
    project.gate_in(&dir, &["--commit", &evil]).exits(4).says("no release was opened on");
    // A person's clone may have anything checked out: the question is the tag.
    project.box_.run(&["gate", TAG]).exits(0);
    project.box_.run(&["gate", TAG, "--commit", "HEAD"]).exits(1).says("[other-commit]");
}

#[test]
fn a_checkout_of_something_else_under_the_tags_name_is_never_go() {
    // Expected: never GO: the attacker's commit lay under the name when the pipeline fetched, and the good tag is back since.
    let project = Project::at(Stage::Go);
    let evil = project.evil();
    let dir = project.github("checkout", TAG, &evil);
    let told = format!("the checkout has commit {} as v1.0.0, and v1.0.0 of origin points at commit", &evil[..12]);
    for args in [&[TAG][..], &[TAG, "--commit", &evil], &[TAG, "--wait", "1h"]] {
        let run = project.gate_in(&dir, args);
        assert!(matches!(run.code, 1 | 3) && run.text().contains(&told), "{}: {}", run.code, run.text());
        assert!(run.took < Duration::from_secs(60), "there is nothing to wait for");
    }
    project.gate_in(&dir, &["--commit", &evil]).exits(4);
}

#[test]
fn a_tag_that_moved_at_the_remote_is_never_go() {
    let project = Project::at(Stage::Go);
    let (good, evil) = (project.commit(), project.evil());
    let before = project.github("before", TAG, &good);
    project.box_.git(&["tag", "-f", "-a", "-m", "moved", TAG, &evil]);
    project.box_.git(&["push", "-q", "-f", "--no-verify", "origin", TAG]);
    let after = project.github("after", TAG, &evil);
    for dir in [&before, &after] {
        for args in [&[TAG][..], &[TAG, "--commit", &evil], &[TAG, "--commit", &good], &["--commit", &evil]] {
            let run = project.gate_in(dir, args);
            assert!(run.code != 0 && !run.text().contains("GO: v1.0.0 for"), "{args:?}: {}", run.text());
        }
    }
    project.gate_in(&after, &[TAG]).exits(3).says("tag-moved");
    // A lightweight tag is one that nobody can sign off, here and there.
    project.box_.git(&["push", "-q", "-f", "--no-verify", "origin", &format!("{good}:refs/tags/{TAG}")]);
    let light = project.github("light", TAG, &good);
    project.gate_in(&light, &[TAG]).exits(3).says("tag-moved");
    project.box_.git(&["push", "-q", "--no-verify", "origin", &format!(":refs/tags/{TAG}")]);
    project.gate_in(&light, &[TAG]).exits(3);
}

#[test]
fn a_local_tag_object_of_somebody_elses_is_never_go() {
    let project = Project::at(Stage::Go);
    let evil = project.evil();
    let dir = project.begin("checkout");
    project.box_.git_in(&dir, &["fetch", "-q", "--depth=1", "origin", &evil]);
    project.box_.git_in(&dir, &["checkout", "-q", "--detach", &evil]);
    let who = ["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com"];
    project.box_.git_in(&dir, &[&who[..], &["tag", "-a", "-m", TAG, TAG, &evil]].concat());
    project.gate_in(&dir, &[TAG]).exits(3).says("tag-moved");
    project.gate_in(&dir, &["--commit", &evil]).exits(4);
}

#[test]
fn a_runners_checkout_with_pipeline_refs_is_judged() {
    let project = Project::at(Stage::Go);
    let commit = project.commit();
    let dir = project.gitlab("tag", Some(TAG), &commit);
    assert_eq!(project.box_.git_in(&dir, &["cat-file", "-t", TAG]), "tag");
    project.gate_in(&dir, &[TAG, "--commit", &commit]).exits(0);
    project.gate_in(&dir, &["--commit", &commit]).exits(0);
    // A pipeline of a branch has no tags at all; they come with the records.
    let dir = project.gitlab("branch", None, &commit);
    assert_eq!(project.box_.git_in(&dir, &["for-each-ref", "refs/tags"]), "");
    project.gate_in(&dir, &["--commit", "HEAD"]).exits(0).says("GO: v1.0.0");
    let evil = project.evil();
    let dir = project.gitlab("other", None, &evil);
    project.gate_in(&dir, &["--commit", &evil]).exits(4).says("no release was opened on");
    project.gate_in(&dir, &[TAG, "--commit", &evil]).exits(1).says("[other-commit]");
}

#[test]
fn a_later_release_in_a_shallow_checkout_rests_on_the_one_before() {
    let box_ = Sandbox::at(Stage::Go);
    for number in 0..3 {
        box_.write("src/main.c", format!("{number}\n"));
        box_.commit(&format!("change {number}"));
    }
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    box_.sign_all("v1.1.0");
    box_.run_as("rita", &["decide", "v1.1.0", "go"]).exits(0);
    let project = Project::of(box_);
    project.box_.git(&["push", "-q", "origin", "v1.1.0"]);
    let commit = project.box_.id("v1.1.0^{commit}");
    for dir in [project.github("github", "v1.1.0", &commit), project.gitlab("gitlab", Some("v1.1.0"), &commit)] {
        project.gate_in(&dir, &["v1.1.0", "--commit", &commit]).exits(0).says("GO: v1.1.0");
        project.gate_in(&dir, &["v1.1.0"]).exits(0);
    }
}

#[test]
fn a_partial_clone_of_the_tag_is_judged_and_one_that_lacks_files_is_told() {
    let project = Project::at(Stage::Go);
    let commit = project.commit();
    for (name, filter) in [("blobless", "--filter=blob:none"), ("treeless", "--filter=tree:0")] {
        let dir = project.box_.path(name);
        let clone = ["clone", "-q", filter, "--no-checkout", &project.url(), dir.to_str().unwrap()];
        project.box_.git_in(&project.box_.path("home"), &clone);
        project.gate_in(&dir, &[TAG]).exits(4).says("git archive");
        project.box_.git_in(&dir, &["checkout", "-q", "--detach", &commit]);
        project.gate_in(&dir, &[TAG, "--commit", &commit]).exits(0);
    }
}

#[test]
fn without_a_way_to_the_remote_there_is_no_go() {
    let project = Project::at(Stage::Go);
    let dir = project.github("checkout", TAG, &project.commit());
    project.box_.git_in(&dir, &["remote", "set-url", "origin", "file:///nowhere/at/all.git"]);
    project.gate_in(&dir, &[TAG]).exits(4);
    project.gate_in(&dir, &[TAG, "--wait", "1s"]).exits(4);
    project.gate_in(&dir, &[TAG, "--no-sync"]).exits(4);
    // Where everything was fetched before the credentials went, what is here will do if one says so.
    let dir = project.github("fetched", TAG, &project.commit());
    let specs = ["+refs/notes/relsign*:refs/notes/relsign*", "+refs/relsign/*:refs/relsign/*", "+refs/tags/*:refs/tags/*"];
    project.box_.git_in(&dir, &[&["fetch", "-q", "--no-tags", "origin"][..], &specs].concat());
    project.box_.git_in(&dir, &["remote", "set-url", "origin", "file:///nowhere/at/all.git"]);
    project.gate_in(&dir, &[TAG]).exits(4).says("--no-sync");
    project.gate_in(&dir, &[TAG, "--no-sync"]).exits(0);
}

/// The codes of the reasons of an answer.
fn codes(answer: &Value) -> Vec<&str> {
    answer["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[test]
fn what_a_remote_that_cannot_be_asked_might_change_is_no_answer() {
    let project = Project::at(Stage::Signed);
    let box_ = &project.box_;
    let evil = project.evil();
    box_.git(&["remote", "set-url", "origin", "file:///nowhere/at/all.git"]);
    // Somebody may have decided meanwhile: the answer is none, with what is here and why it may not be all.
    let run =
        box_.run(&["gate", TAG]).exits(4).says("CANNOT DECIDE: v1.0.0: local records say NO-GO because no authorised person has");
    assert!(run.stdout.contains("[not-decided], but origin could not be reached for newer ones: "), "{}", run.stdout);
    assert!(run.stderr.contains("origin could not be reached: ") && run.stderr.contains("--no-sync"), "{}", run.stderr);
    let answer = box_.run(&["gate", "--json", TAG]).exits(4).json();
    assert_eq!((&answer["answer"], codes(&answer)), (&json!("cannot-decide"), vec!["remote-unasked", "not-decided"]));
    let message = answer["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("say NO-GO because no authorised person has decided GO") && message.contains("nowhere"), "{message}");
    for args in [&["gate"][..], &["gate", TAG, "--wait", "1s"], &["gate", "--commit", &project.commit()]] {
        box_.run(args).exits(4).says("could not be reached");
    }
    box_.gate(TAG, 1);
    // Nor is a no-go final, since whoever signed it may have taken it back, and nobody waits for it in vain.
    box_.run_as("rita", &["decide", TAG, "no-go", "--reason", "not yet", "--no-sync"]).exits(0);
    box_.run(&["gate", TAG]).exits(4).says("[decided-no-go]");
    box_.run(&["gate", TAG, "--no-sync"]).exits(1);
    // No record puts the tag on another commit, or a stage into the checklist; those answers stay.
    box_.run(&["gate", TAG, "--commit", &evil]).exits(1).says("[other-commit]").says("origin could not be reached");
    box_.run(&["gate", TAG, "--stage", "half"]).exits(2);
    // A tag that is not here may be there; one that is here and another than was signed is found all the same.
    box_.git(&["tag", "-d", TAG]);
    box_.run(&["gate", TAG]).exits(4).says("[tag-object-missing]").says("could not be reached");
    box_.gate(TAG, 4);
    box_.git(&["tag", "-a", "-m", "moved", TAG, &evil]);
    box_.run(&["gate", TAG]).exits(3).says("tag-moved");
    let go = Sandbox::at(Stage::Go);
    go.git(&["remote", "add", "origin", "file:///nowhere/at/all.git"]);
    let answer = go.run(&["gate", "--json", TAG]).exits(4).json();
    assert_eq!((&answer["decision"], codes(&answer)), (&Value::Null, vec!["remote-unasked"]));
    go.run(&["gate", TAG]).exits(4).says("local records say GO, but origin could not be reached");
    // Which releases are open is not known either, so to name none is no wrong call.
    let empty = Sandbox::at(Stage::Begun);
    empty.run(&["gate"]).exits(2).says("no release is open here");
    empty.git(&["remote", "add", "origin", "file:///nowhere/at/all.git"]);
    empty.run(&["gate"]).exits(4).says("no release is open here").says("could not be reached");
    empty.run(&["gate", "--no-sync"]).exits(2);
}

/// Runs the gate in another thread while somebody does something.
fn while_waiting(project: &Project, dir: &Path, args: &[&str], meanwhile: impl FnOnce()) -> Run {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| project.gate_in(dir, args));
        std::thread::sleep(Duration::from_millis(1500));
        meanwhile();
        waiting.join().unwrap()
    })
}

#[test]
fn a_gate_that_waits_says_yes_once_somebody_decides() {
    let project = Project::at(Stage::Signed);
    let dir = project.github("checkout", TAG, &project.commit());
    let run = while_waiting(&project, &dir, &[TAG, "--wait", "10m", "--json"], || {
        project.box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    });
    let answer = run.clone().exits(0).json();
    assert!(answer["waited"].as_u64().unwrap() >= 1 && run.took < Duration::from_secs(60), "{:?}: {answer}", run.took);
    // One line on standard error for each change, when nobody watches.
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("waiting: NO-GO: v1.0.0: no authorised person has decided GO"), "{}", run.stderr);
}

#[test]
fn a_gate_that_waits_ends_with_a_final_no_and_when_the_time_is_over() {
    let project = Project::at(Stage::Signed);
    let dir = project.github("checkout", TAG, &project.commit());
    // Each of these does little but wait.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let run = project.gate_in(&dir, &[TAG, "--wait", "2s"]).exits(1).says("not-decided");
            assert!(run.took >= Duration::from_secs(2), "{:?}", run.took);
        });
        scope.spawn(|| project.gate_in(&dir, &["v9.9.9", "--wait", "1s"]).exits(4).says("there is no tag v9.9.9"));
        scope.spawn(|| project.gate_in(&dir, &[TAG, "--quiet", "--wait", "1s"]).exits(1));
    });
    project.gate_in(&dir, &[TAG, "--wait", "soon"]).exits(2).says("span of time");
    project.box_.run_as("rita", &["decide", TAG, "no-go", "--reason", "not yet"]).exits(0);
    let run = project.gate_in(&dir, &[TAG, "--wait", "1h"]).exits(1).says("decided-no-go");
    assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
    let run = project.run_in(&dir, &["gate", TAG, "--wait", "1h"]).exits(4).says("root-unpinned");
    assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
}

#[test]
fn a_gate_that_waits_can_be_interrupted() {
    let project = Project::at(Stage::Signed);
    let dir = project.github("checkout", TAG, &project.commit());
    let mut child =
        project.box_.program().current_dir(&dir).args(["gate", TAG, "--root", &project.root, "--wait", "1h"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    // Whoever runs tests in the background may have told them to ignore an interrupt, and nobody ignores this.
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success() && !child.wait().unwrap().success());
    // Nothing that it held is in the way of the next.
    project.gate_in(&dir, &[TAG]).exits(1).says("not-decided");
}

/// A checklist with three stages, one of which bakes for half an hour and has an item of its own.
const STAGED: &str = "\
# Release of the widget

## Before the release

- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->
- [ ] The roll-back was tried <!-- relsign: id=rollback owner=@bob -->
- [ ] Two people read the migration <!-- relsign: id=migration owner=@ann reviews=2 -->

## Rollout stages

| Stage | Traffic | Bake time |
|-------|---------|-----------|
| Canary | 5% | 30 min |
| Half | 50% | |
| Full | 100% | |
";

#[test]
fn a_stage_is_entered_in_order_and_the_last_by_a_person() {
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", STAGED);
    box_.commit("stages");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    let stages: Vec<String> = box_.run(&["--json", "report", TAG]).json()["release"]["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(stages, ["canary", "half", "full"]);
    let ask = |time: &str, stage: &str| {
        let arguments = ["--json", "gate", "--no-sync", TAG, "--stage", stage];
        ended(box_.program().env("RELSIGN_NOW", format!("2026-11-21T{time}:00Z")).args(arguments))
    };
    let reasons = |time: &str, stage: &str| {
        let answer = ask(time, stage).exits(1).json();
        answer["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What stands in the way of GO itself is told first.
    assert_eq!(reasons("09:30", "canary"), ["not-decided", "stage-not-entered"]);
    assert_eq!(reasons("09:30", "half")[0], "not-decided");
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let say = |stage: &str, event: &str, time: &str| {
        let mut draft = box_.draft(TAG, "rita", "stage", json!({ "stage": stage, "event": event }));
        draft["predicate"]["time"] = Value::String(format!("2026-11-21T{time}:00Z"));
        box_.plant(TAG, "rita", &draft);
    };
    assert_eq!(reasons("09:31", "canary"), ["stage-not-entered"]);
    // What claims a time before that of the decision opens nothing.
    say("canary", "enter", "08:30");
    assert_eq!(reasons("09:31", "canary"), ["stage-not-entered"]);
    say("canary", "enter", "09:31");
    ask("09:32", "canary").exits(0);
    ask("09:32", "nowhere").exits(2).says("its stages: canary, half, full");
    assert_eq!(reasons("09:32", "half"), ["stage-baking", "stage-not-entered"]);
    say("canary", "pass", "10:01");
    say("half", "enter", "10:02");
    ask("10:03", "half").exits(0);
    let answer = ask("10:03", "full").exits(1).json();
    assert_eq!(answer["stage"], json!({ "id": "full", "name": "Full", "traffic": "100%", "by_person": true }));
    say("half", "pass", "10:04");
    say("full", "enter", "10:05");
    ask("10:06", "full").exits(0);
}
