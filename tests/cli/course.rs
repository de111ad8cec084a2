//! The life of a release after it was opened: stages with readings, a roll-back without the network, actions, conditions, the end.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{POLICY, Run, Sandbox, Stage, TAG, ended};

/// Four stages, triggers and steps, as document 1 has them.
const STAGED: &str = "\
# Release of the widget

**Release window**: 2026-11-21T09:00:00Z to 2026-11-21T18:00:00Z

## Before the release

- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->

## Staged Rollout Plan

| Stage | Traffic % | Bake time | Metric thresholds | Approver |
|-------|-----------|-----------|-------------------|----------|
| Canary | 1% | 30 min | Error rate < 0.05%, P99 < 450ms, zero failed charges | |
| Partial | 10% | 1 hour | Error rate < 0.03% | |
| Half | 50% | 2 hours | no new error signatures | |
| Full | 100% | 1 hour | Error rate < 0.02% | @bob |

## Monitoring Checkpoints

At each rollout stage, verify:

- [ ] Redis connection pool: `redis-pool` alert - must remain < 80% <!-- relsign: id=redis-pool -->
- [ ] Latency: P50, P95 and P99 look as before <!-- relsign: id=latency -->

## Rollback Triggers

- 5xx error rate > 0.5% for 3+ minutes
- Any duplicate charge detected

**Rollback procedure**:

1. Tell: post to the channel within 15 minutes
2. Traffic: turn the flag off within 2 minutes
3. Data: run compensate.sql, irreversible, ask @max first
4. Verify: probes are green within 20 minutes

## Post-Release

- [ ] Finance is told <!-- relsign: id=finance-told owner=@rita -->

## Action Items

| Action | Owner | Due | Blocks |
|--------|-------|-----|--------|
| Retro | @rita | 2026-11-27T12:00:00Z | close |
| Flag cleanup | @ann | deploy+14d | |
";

/// Nothing but an item: the release has one stage, `all`.
const PLAIN: &str = "# Release\n\n- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->\n";

/// The sandbox's policy with the rights of the sessions.
fn policy() -> String {
    POLICY
        .replace("may = [\"check\"]", "may = [\"check\", \"stage\", \"read\"]")
        .replace("[[rule]]\nphase = [\"before\"]\nreviews = 1\n", "")
        .replace(
            "reject = [\"everyone\"]\n",
            "reject = [\"everyone\"]\nstage = [\"sre\", \"release-manager\"]\nrollback = [\"everyone\"]\n\
             break_glass = [\"@max\"]\nfreeze = [\"release-manager\"]\n[thresholds]\nwaiver = 2\n",
        )
        .replace("waive = [\"release-manager\"]", "waive = [\"release-manager\", \"sre\"]")
}

/// A release in GO whose checklist is this.
fn in_go(checklist: &str) -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    let repo = box_.path("course");
    let box_ = box_.moved_to(repo);
    box_.init_repository(&box_.repo);
    box_.write("RELEASE.md", checklist);
    box_.write(".relsign/policy.toml", box_.fill_policy(&policy()));
    box_.run_as("rita", &["init"]).exits(0);
    box_.commit("first");
    go(&box_, TAG);
    box_
}

/// Tags, opens, signs and decides.
fn go(box_: &Sandbox, tag: &str) -> Run {
    box_.tag(tag);
    let opened = box_.run_as("rita", &["open", tag]).exits(0);
    box_.run_as("ann", &["approve", tag, "tests"]).exits(0);
    box_.run_as("rita", &["decide", tag, "go"]).exits(0);
    opened
}

/// Runs the program as somebody at a time of the day.
#[track_caller]
fn at(box_: &Sandbox, time: &str, who: &str, args: &[&str]) -> Run {
    ended(box_.program().env("RELSIGN_NOW", now(time)).arg("--key").arg(box_.key(who)).args(args))
}

fn now(time: &str) -> String {
    format!("2026-11-21T{time}:00Z")
}

/// Signs readings that come from a file.
#[track_caller]
fn read(box_: &Sandbox, (time, who): (&str, &str), stage: &str, text: &str) -> Run {
    std::fs::write(box_.path("readings"), text).unwrap();
    let file = box_.path("readings");
    at(box_, time, who, &["stage", stage, "--readings", file.to_str().unwrap()])
}

fn course(box_: &Sandbox, time: &str) -> Value {
    at(box_, time, "rita", &["--json", "stage", TAG]).exits(0).json()
}

fn stage<'v>(board: &'v Value, id: &str) -> &'v Value {
    board["course"]["stages"].as_array().unwrap().iter().find(|stage| stage["id"] == id).unwrap()
}

const ALL_HOLD: &str = "# source: prometheus\nerror-rate 0.01 %\nP99 412ms\nfailed-charges 0\nredis-pool 41%\n";

#[test]
fn stages_and_actions_are_completed() {
    let box_ = in_go(STAGED);
    let offered = |words: &[&str]| {
        let output = box_.program().args(["complete", "--", "relsign"]).args(words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let stages = ["canary", "partial", "half", "full"];
    assert_eq!(offered(&["stage", TAG, ""]), stages);
    assert_eq!(offered(&["gate", TAG, "--stage", ""]), stages);
    assert_eq!(offered(&["stage", "can"]), ["canary"], "the tag may be left out");
    assert_eq!(offered(&["stage", "canary", ""]), ["enter", "pass", "fail"]);
    assert_eq!(offered(&["action", TAG, "ret"]), ["retro"]);
}

/// The first session: four stages, the last of them by a named person, and the end.
#[test]
fn a_release_goes_out_in_four_stages_and_ends() {
    let box_ = in_go(STAGED);
    at(&box_, "09:29", "max", &["stage", "partial", "enter"]).exits(1).says("partial comes after canary, which nobody has entered");
    let entered = at(&box_, "09:30", "max", &["stage", "canary", "enter"]).exits(0);
    let entered = entered.says("canary, 1% · bakes until 10:00").says("2 checkpoints, 1 of them by reading");
    entered.says("next: relsign stage partial enter, from 10:00 on").says("relsign rollback, at any time");
    at(&box_, "09:40", "max", &["stage", "canary", "enter"]).exits(1).says("canary was entered by @max at 09:30");

    // A machine reads, and a value that is none is no answer.
    let text = "# source: prometheus\n# from: 2026-11-21T09:54:00Z\n# to: 2026-11-21T10:01:00Z\nerror-rate 0.031%\n\"P99\" 412 ms\n\
                failed-charges 0\nredis-pool NaN\nqueue-lag 3s\n";
    let run = read(&box_, ("10:01", "ci"), "canary", text).exits(0).says("5 readings by machine:ci, measured 09:54 to 10:01");
    let run = run.says("error-rate 0.031% < 0.05% holds").says("redis-pool NaN < 80% no data");
    run.says("queue-lag 3s no limit of this name: kept");

    // Nobody is there to be asked, so the flag that helps is named.
    let refused = at(&box_, "10:02", "max", &["stage", "partial", "enter"]).exits(1);
    refused.says("redis-pool and latency@canary of canary have no reading that holds").says("--confirm redis-pool --note");
    at(&box_, "10:02", "ci", &["stage", "partial", "enter"]).exits(1).says("a person has to answer for");
    let both = ["stage", "partial", "enter", "--confirm", "redis-pool", "--confirm", "latency", "--note", "41%"];
    let run =
        at(&box_, "10:02", "max", &both).exits(0).says("canary held: 32 min, 3 of 4 limits by reading, 2 by you, 2 checkpoints");
    run.says("partial, 10% · bakes until 11:02");
    let kinds: Vec<String> = box_.log(TAG).iter().map(|entry| entry.kind().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "stage").count(), 3, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| *kind == "reading").count(), 2, "{kinds:?}");
    let board = course(&box_, "10:03");
    assert_eq!((&stage(&board, "canary")["state"], &board["state"]), (&json!("passed"), &json!("rolling-out")));
    assert_eq!(board["format"], "relsign-stage-v1");

    // Nothing shortens a bake time but a waiver by as many as it takes.
    at(&box_, "10:18", "max", &["stage", "half", "enter"])
        .exits(1)
        .says("partial has not baked: until 11:02, in 44 min")
        .says("to go on without, 2 people waive it: relsign waive partial --bake");
    read(&box_, ("11:05", "ci"), "partial", "error-rate 0.2%\nredis-pool 40%\n").exits(0).says("error-rate 0.2% < 0.03% fails");
    let refused = at(&box_, "11:06", "max", &["stage", "half", "enter"]).exits(1).says("error-rate of partial does not hold");
    refused.says("0.2% was read at 11:05 by machine:ci").says("--in-spite error-rate --reason");
    let spite = ["stage", "half", "enter", "--in-spite", "error-rate", "--confirm", "latency"];
    at(&box_, "11:06", "max", &spite).exits(2).says("--in-spite needs a reason");
    at(&box_, "11:06", "max", &[&spite[..], &["--reason", "known since v0"]].concat()).exits(0).says("1 in spite of its reading");

    at(&box_, "11:30", "max", &["waive", "half", "--bake", "--reason", "worse without"]).exits(0).says("1 of 2 people");
    at(&box_, "11:31", "rita", &["waive", "half", "--bake", "--reason", "worse without"]).exits(0).says("2 of 2 people");
    let signatures = at(&box_, "11:32", "rita", &["stage", "half", "pass", "--yes"]).exits(1);
    signatures.says("no-new-error-signatures").says("not read");
    at(&box_, "11:33", "rita", &["stage", "half", "pass", "--confirm", "all", "--note", "none seen"]).exits(0);

    // The last of several stages takes the person whom the file names.
    at(&box_, "11:34", "max", &["stage", "full", "enter"]).exits(1).says("@bob has to enter it in person");
    at(&box_, "11:34", "ci", &["stage", "full", "enter"]).exits(1).says("@bob has to enter it in person");
    at(&box_, "11:35", "bob", &["stage", "full", "enter"]).exits(0).says("full, 100%, by @bob · bakes until 12:35");
    assert_eq!(course(&box_, "11:36")["state"], "out");
    at(&box_, "12:00", "bob", &["stage", "full", "pass"]).exits(1).says("full has not baked");
    read(&box_, ("12:36", "ci"), "full", ALL_HOLD).exits(0);
    at(&box_, "12:37", "bob", &["stage", "full", "pass", "--confirm", "latency"]).exits(0).says("next: relsign close");

    let refused = at(&box_, "12:40", "rita", &["close"]).exits(1).says("v1.0.0 can't be closed as completed yet");
    let refused = refused.says("finance-told waits for @rita").says("retro is due").says("relsign approve finance-told");
    refused.says("relsign action retro done").says("relsign close --leave retro");
    at(&box_, "12:41", "rita", &["approve", "finance-told"]).exits(0);
    let closed = at(&box_, "12:42", "rita", &["close", "--leave", "retro"]).exits(0);
    let closed =
        closed.says("v1.0.0 completed · out Sat 21 Nov 2026 09:30 to 12:37").says("planned Sat 21 Nov 2026 09:00 to 18:00");
    closed.says("left: retro (@rita, due").says("flag-cleanup (@ann, due");
    assert_eq!(course(&box_, "12:43")["state"], "completed");
    at(&box_, "12:44", "rita", &["close", TAG])
        .exits(1)
        .says("v1.0.0 was closed as completed by @rita")
        .says("relsign decide v1.0.0 go");

    // The next release is told what was left.
    box_.commit("second");
    box_.tag("v1.1.0");
    let opened = at(&box_, "13:00", "rita", &["open", "v1.1.0"]).exits(0).says("left over from v1.0.0: retro");
    opened.says("stages canary 1%, partial 10%, half 50%, full 100%").says("flag-cleanup");
}

/// The board is plain in a pipe, fits a screen, and names the next step.
#[test]
fn the_board_is_one_screen_and_plain_where_nobody_looks() {
    let box_ = in_go(STAGED);
    at(&box_, "09:30", "max", &["stage", "canary", "enter"]).exits(0);
    read(&box_, ("10:01", "ci"), "canary", ALL_HOLD).exits(0);
    let run = ended(box_.program().env("RELSIGN_NOW", now("10:02")).env("COLUMNS", "80").args(["stage"])).exits(0);
    assert!(run.stdout.lines().count() <= 24 && run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    for part in ["canary 1%", "rolling out since 09:30", "1 5xx error rate", "relsign rollback --trigger N", "@bob, in person"] {
        assert!(run.stdout.contains(part), "{part:?} is not in:\n{}", run.stdout);
    }
    run.says("next relsign stage partial enter");
    box_.run(&["stage", TAG, "canary"]).exits(2).says("enter, pass or fail");
    box_.run(&["stage", TAG, "canary", "leave"]).exits(2).says("enter, pass or fail");
    box_.run_as("max", &["stage", TAG, "nope", "enter"]).exits(2).says("its stages: canary, partial, half and full");
    box_.run_as("max", &["stage", "enter"]).exits(2).says("has several stages").says("relsign stage partial enter");
}

/// Neither what is not in GO nor what comes at the wrong time is entered; a person who may goes on in spite of the time.
#[test]
fn entering_waits_for_go_the_window_and_freezes() {
    let box_ = in_go(STAGED);
    at(&box_, "18:30", "max", &["stage", "canary", "enter"])
        .exits(1)
        .says("v1.0.0 can't enter canary now: the window")
        .says("--in-spite window --reason");
    let spite = ["stage", "canary", "enter", "--in-spite", "window", "--reason", "the train was late"];
    at(&box_, "18:30", "bob", &spite).exits(1).says("@bob may not use break-glass");
    let freeze = ["freeze", "start", "quiet", "--env", "production", "--reason", "inventory"];
    at(&box_, "10:00", "rita", &freeze).exits(0).says("@rita freezes production");
    at(&box_, "10:01", "max", &["stage", "canary", "enter"]).exits(1).says("production is frozen by \"quiet\"");
    let spite = ["stage", "canary", "enter", "--in-spite", "freeze", "--reason", "the fix cannot wait"];
    at(&box_, "10:02", "max", &spite).exits(0);
    box_.run_as("max", &["reject", TAG, "tests", "--reason", "red"]).exits(0);
    at(&box_, "10:40", "max", &["stage", "partial", "enter"]).exits(1).says("v1.0.0 can't enter partial: it is not in GO");
    at(&box_, "10:41", "max", &["stage", "canary", "fail"]).exits(2).says("needs a reason");
    at(&box_, "10:41", "max", &["stage", "canary", "fail", "--reason", "500s"]).exits(0).says("next: relsign rollback");
}

/// A checklist without stages has one, which a machine enters after it deployed, and readings that are no readings are told.
#[test]
fn a_release_without_stages_is_out_by_one_entry() {
    let box_ = in_go(PLAIN);
    let run = at(&box_, "09:40", "ci", &["stage", "enter"]).exits(0);
    run.says("all of the traffic, by machine:ci").says("no limits").says("next: relsign stage pass");
    assert_eq!(course(&box_, "09:41")["state"], "out");
    at(&box_, "09:42", "rita", &["stage", "pass"]).exits(2).says("all has no limits").says("--note TEXT");
    at(&box_, "09:42", "rita", &["stage", "pass", "--note", "all green"]).exits(0).says("next: relsign close");
    at(&box_, "09:43", "rita", &["close"]).exits(0).says("v1.0.0 completed");
    for (text, said) in [("a 1 2 3", "line 1 is not NAME VALUE"), ("", "it has no value"), ("{\"a\":[]}", "\"a\" has no value")] {
        std::fs::write(box_.path("readings"), text).unwrap();
        let file = box_.path("readings");
        box_.run_as("ci", &["stage", TAG, "all", "--readings", file.to_str().unwrap()]).exits(2).says(said);
    }
    let mut child = box_
        .program()
        .env("RELSIGN_NOW", now("09:50"))
        .arg("--key")
        .arg(box_.key("ci"))
        .args(["stage", TAG, "--readings", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"{\"lag\": 3}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What somebody saw that does not hold is signed and moves nothing, and a program gets one answer.
#[test]
fn what_does_not_hold_by_hand_is_one_answer() {
    let box_ = in_go(STAGED);
    at(&box_, "09:31", "max", &["stage", "canary", "enter"]).exits(0);
    read(&box_, ("10:03", "ci"), "canary", "error-rate 0.01 %\nP99 412ms\nfailed-charges 0\n").exits(0);
    let enter = ["--json", "stage", "partial", "enter", "--confirm", "redis-pool", "--confirm", "latency", "--note", "99%"];
    let run = at(&box_, "10:05", "max", &enter).exits(1).says("redis-pool of canary does not hold, so no stage was moved");
    assert_eq!(run.json()["format"], "relsign-signed-v1");
    assert_eq!(stage(&course(&box_, "10:06"), "partial")["state"], "waiting");
}

/// The second session: back to the release before, with the server unreachable, step by step.
#[test]
fn a_roll_back_waits_for_nobody() {
    let box_ = in_go(PLAIN);
    at(&box_, "09:31", "ci", &["stage", "enter"]).exits(0);
    at(&box_, "09:32", "rita", &["stage", "pass", "--note", "green"]).exits(0);
    at(&box_, "09:33", "rita", &["close"]).exits(0);
    box_.write("RELEASE.md", STAGED);
    box_.commit("second");
    go(&box_, "v1.1.0");
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    box_.git(&["push", "-q", "origin", "main", "--tags"]);
    box_.run(&["sync"]).exits(0);
    at(&box_, "09:40", "max", &["stage", "canary", "enter"]).exits(0);

    at(&box_, "09:41", "dev", &["rollback", "1", "done"]).exits(1).says("the roll-back of v1.1.0 has not begun");
    at(&box_, "09:41", "dev", &["rollback"]).exits(2).says("--trigger N").says("relsign rollback --yes");
    at(&box_, "09:41", "dev", &["rollback", "--trigger", "9"]).exits(2).says("numbered 1 to 2");
    hide(&server, true);
    let run = at(&box_, "09:45", "dev", &["rollback", "--trigger", "1"]).exits(5);
    let run = run.says("v1.1.0 goes back to v1.0.0").says("trigger 1 5xx error rate > 0.5%").says("NOT shared with origin");
    let run = run.says("relsign sync").says("ask @max first").says("reached canary, 1%");
    // In the order of their layers, by their numbers in the file.
    let places: Vec<usize> =
        ["2 traffic", "3 data", "4 verify", "1 tell"].iter().map(|step| run.stderr.find(step).unwrap()).collect();
    assert!(places.is_sorted(), "{}", run.stderr);
    run.says("by 09:47");
    box_.gate("v1.1.0", 1);
    box_.run_as("dev", &["rollback", "--trigger", "1"]).exits(1).says("was begun by @dev");
    at(&box_, "09:46", "dev", &["withdraw", &rollback_of(&box_), "--reason", "no"]).exits(1).says("a roll-back is not withdrawn");
    hide(&server, false);

    at(&box_, "09:50", "dev", &["rollback", "3", "skip"]).exits(2).says("step 3 needs a reason");
    let steps = ["rollback", "1-2", "done", "3", "skip", "--reason", "no orders"];
    at(&box_, "09:50", "dev", &steps).exits(0).says("steps 1 and 2 done, 3 not needed").says("next: 4 by 10:05");
    at(&box_, "09:51", "dev", &["rollback", "12", "done"]).exits(1).says("v1.1.0 has no step 12");
    at(&box_, "09:55", "rita", &["close"]).exits(1).says("its roll-back is not complete").says("relsign rollback done");
    at(&box_, "10:00", "dev", &["rollback", "4", "done"]).exits(0);
    let run = at(&box_, "10:02", "dev", &["rollback", "done"]).exits(0);
    run.says("v1.1.0 rolled back to v1.0.0 in 17 min · verified by @dev at 10:02").says("next: relsign close");

    let refused = at(&box_, "10:05", "rita", &["close"]).exits(1).says("v1.1.0 was rolled back, and it can't be closed yet");
    refused.says("retro is due").says("--leave retro");
    at(&box_, "10:06", "rita", &["action", "retro", "done", "--evidence", "https://wiki.example/pm-114"]).exits(0);
    at(&box_, "10:07", "rita", &["close"]).exits(0).says("v1.1.0 closed as rolled back").says("left: flag-cleanup");
    at(&box_, "10:08", "rita", &["close", "v1.1.0"]).exits(1).says("was closed as rolled-back");
    // It is open no more, so the tag of the only one that is may be left out again.
    at(&box_, "10:09", "rita", &["status"]).exits(2).says("no release is open here");
    box_.tag("v1.2.0");
    at(&box_, "10:10", "rita", &["open", "v1.2.0"]).exits(0);
    assert!(at(&box_, "10:11", "rita", &["status"]).exits(0).stdout.contains("v1.2.0"));
}

/// Gives the id of the first roll-back record of v1.1.0.
fn rollback_of(box_: &Sandbox) -> String {
    box_.log("v1.1.0").into_iter().find(|entry| entry.kind() == "rollback").unwrap().id
}

/// Takes the server away, or brings it back.
fn hide(server: &Path, away: bool) {
    let hidden = server.with_extension("away");
    let (from, to) = if away { (server, hidden.as_path()) } else { (hidden.as_path(), server) };
    std::fs::rename(from, to).unwrap();
}

/// Actions are settled by whom they were given to, and conditions are met by them, in time, and with what shows it.
#[test]
fn actions_and_conditions_are_settled_by_their_own() {
    let box_ = in_go(STAGED);
    let listed = at(&box_, "09:31", "rita", &["action"]).exits(0);
    assert!(
        listed.stdout.contains("retro · Retro · @rita · due") && listed.stdout.contains("holds up the end"),
        "{}",
        listed.stdout
    );
    at(&box_, "09:32", "ann", &["action", "retro", "done"]).exits(1).says("@ann may not settle retro: it was given to @rita");
    at(&box_, "09:32", "ann", &["action", "flag", "done"]).exits(0).says("flag-cleanup is done");
    at(&box_, "09:33", "ann", &["action", "flag", "done"]).exits(1).says("flag-cleanup is done already by @ann");
    at(&box_, "09:33", "ann", &["action", "flag", "reopen"]).exits(0).says("flag-cleanup is open again");
    at(&box_, "09:34", "ann", &["action", "add", "Buy cake"]).exits(1).says("@ann may not add or settle actions");
    let add = ["action", "add", "Watch the queue", "--assignee", "sre", "--due", "deploy+15m", "--blocks", "close"];
    at(&box_, "09:34", "rita", &add).exits(0).says("adds watch-the-queue").says("due 15 min after it is out");
    at(&box_, "09:34", "rita", &["action", "add", "X", "--due", "lunch+1h"]).exits(2).says("open, decision, deploy or rollback");
    at(&box_, "09:35", "rita", &["close", "--leave", "nope"]).exits(2).says("has no open action");
    let json = at(&box_, "09:36", "rita", &["--json", "action"]).exits(0).json();
    assert_eq!((&json["format"], &json["actions"][2]["id"]), (&json!("relsign-actions-v1"), &json!("watch-the-queue")));

    let conditional =
        ["decide", "conditional-go", "--condition", "script validated", "--assignee", "sre", "--due", "2026-11-21T12:00:00Z"];
    at(&box_, "09:40", "rita", &conditional).exits(0);
    at(&box_, "09:41", "max", &["stage", "canary", "enter"]).exits(1).says("condition c1 is open");
    at(&box_, "09:42", "ann", &["action", "c1", "met", "--note", "run 7"]).exits(1).says("it was given to @sre");
    at(&box_, "09:42", "bob", &["action", "c1", "met"]).exits(2).says("needs a note or evidence");
    at(&box_, "09:43", "bob", &["action", "c1", "met", "--note", "run 7"])
        .exits(0)
        .says("c1 is met, as sre, before 12:00")
        .says("GO");
    at(&box_, "09:44", "max", &["stage", "canary", "enter"]).exits(0);
    at(&box_, "09:45", "bob", &["action", "c1", "failed", "--note", "it broke"]).exits(0).says("no-go until somebody decides anew");
    at(&box_, "09:46", "bob", &["action", TAG, "c1", "met", "--note", "again"]).exits(1).says("can't be met any more");
    at(&box_, "09:46", "rita", &["action", TAG, "c9", "met", "--note", "again"]).exits(2).says("waits for a condition");
}

/// A stage is given to somebody else, unknown authors are accepted by as many as it takes, and a release is given up.
#[test]
fn stages_are_assigned_and_strangers_accepted() {
    let box_ = Sandbox::at(Stage::Begun);
    let repo = box_.path("strangers");
    let box_ = box_.moved_to(repo);
    box_.init_repository(&box_.repo);
    box_.write("RELEASE.md", STAGED.replace("@bob |", "@ann |"));
    box_.write(".relsign/policy.toml", box_.fill_policy(&policy()));
    box_.run_as("rita", &["init"]).exits(0);
    box_.git(&["add", "-A"]);
    box_.git(&["-c", "user.name=Con Tractor", "-c", "user.email=con@elsewhere.example", "commit", "-q", "-m", "first"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG])
        .exits(0)
        .says("@ann is to enter full and may not move stages")
        .says("relsign assign v1.0.0 full");
    box_.run_as("rita", &["assign", TAG, "full", "@dev", "--reason", "x"]).exits(0).says("@dev may not move stages");
    box_.run_as("rita", &["assign", "full", "@max", "--reason", "on call"]).exits(0).says("stage full is assigned to @max");
    let board = box_.run(&["--json", "stage"]).exits(0).json();
    assert_eq!(stage(&board, "full")["owner"], json!({"person": "@max"}));
    let run = box_.run_as("rita", &["waive", "--unknown-authors", "--reason", "contract 12"]).exits(0);
    run.says("Con Tractor · 1 commit").says("waives 1 unknown author, 1 of 2 people");
    box_.run_as("max", &["waive", TAG, "--unknown-authors", "--reason", "contract 12"]).exits(0).says("2 of 2 people");
    let report = box_.run(&["--json", "status"]).exits(0).json();
    assert_eq!(report["release"]["unknown_accepted"], true);
    box_.run_as("rita", &["waive", "canary", "--reason", "x", "--bake", "--over", "abcd"]).exits(2);
    box_.run_as("rita", &["close", "--abandoned"]).exits(2);
    box_.run_as("rita", &["close", "--abandoned", "--reason", "superseded"]).exits(0).says("v1.0.0 abandoned");
    box_.gate(TAG, 1);
    let close = box_.log(TAG).into_iter().find(|entry| entry.kind() == "close").unwrap().id;
    box_.run_as("rita", &["withdraw", TAG, &close, "--reason", "no"]).exits(1).says("the end of a release is not withdrawn");
}
