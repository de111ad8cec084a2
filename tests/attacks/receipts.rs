//! Receipts as the program writes them: a server or thief that withholds, rolls back, forks or floods, and witnesses
//! that crash or run at once.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::sandbox::{Entry, NOW, Run, Sandbox, Stage, TAG, ended, record_id};

const RECEIPTS: &str = "refs/notes/relsign-receipts";

/// Lets the machine witness from the next version of the policy on, which anchors all there is.
pub(crate) fn witnessed(stage: Stage) -> Sandbox {
    let box_ = Sandbox::at(stage);
    let text = box_.policy_with("may = [\"check\"]", "may = [\"check\", \"receipt\"]");
    box_.write(".relsign/policy.toml", &text);
    box_.step(&text, &box_.ids(TAG));
    box_
}

fn witness(box_: &Sandbox) -> Run {
    box_.run_as("ci", &["witness"])
}

/// Gives the object that repository-wide notes are on.
fn root_object(box_: &Sandbox) -> String {
    box_.blob(format!("relsign-root-v1 {}\n", box_.root()))
}

/// Gives the receipts that are here, in the order of their numbers.
fn receipts(box_: &Sandbox) -> Vec<Entry> {
    let text = box_.git(&["notes", "--ref=relsign-receipts", "show", &root_object(box_)]);
    let mut found: Vec<Entry> = text.lines().filter_map(Entry::read).collect();
    found.sort_by_key(|entry| entry.payload["predicate"]["body"]["sequence"].as_u64());
    found
}

fn body(receipt: &Entry) -> &Value {
    &receipt.payload["predicate"]["body"]
}

fn named(receipts: &[Entry]) -> Vec<String> {
    receipts.iter().flat_map(|entry| body(entry)["records"].as_array().unwrap()).map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Asserts that receipts are one sequence from 1, each naming the one before and a time no earlier than its.
#[track_caller]
fn one_sequence(receipts: &[Entry]) {
    for (index, receipt) in receipts.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &receipts[before]);
        assert_eq!(body(receipt)["sequence"], json!(index + 1));
        assert_eq!(body(receipt)["previous"], before.map_or(Value::Null, |before| json!(before.id)));
        let time = |entry: &Entry| entry.payload["predicate"]["time"].as_str().unwrap().to_owned();
        assert!(before.is_none_or(|before| time(before) <= time(receipt)));
    }
}

#[track_caller]
fn run_in(box_: &Sandbox, place: &Path, who: &str, args: &[&str]) -> Run {
    ended(box_.program().current_dir(place).arg("--key").arg(box_.key(who)).args(args))
}

/// Puts everything onto a server, and gives it with two clones that trust the same root.
pub(crate) fn served(box_: &Sandbox) -> (PathBuf, [PathBuf; 2]) {
    let server = box_.path("server.git");
    box_.git_in(&box_.path("home"), &["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", "../server.git"]);
    box_.git(&[
        "push",
        "-q",
        "--no-verify",
        "origin",
        "main",
        "refs/tags/*",
        "refs/notes/*",
        "refs/relsign/policy",
        "refs/relsign/evidence",
    ]);
    let clones = ["one", "two"].map(|name| {
        let path = box_.path(name);
        box_.git_in(&box_.path("home"), &["clone", "-q", server.to_str().unwrap(), path.to_str().unwrap()]);
        let root = box_.git(&["config", "relsign.root"]);
        for (name, value) in
            [("relsign.root", root.as_str()), ("user.name", "w"), ("user.email", "w@example.com"), ("gc.auto", "0")]
        {
            box_.git_in(&path, &["config", name, value]);
        }
        path
    });
    (server, clones)
}

#[test]
fn a_record_withheld_after_its_receipt_is_missed_by_everybody() {
    // Expected: record-vanished, verify 4 and gate 4 for a stranger; the witness says so too, exit 4.
    let box_ = witnessed(Stage::Signed);
    box_.run_as("bob", &["reject", TAG, "tests", "--reason", "no"]).exits(0);
    let reject = box_.log(TAG).into_iter().find(|entry| entry.payload["predicate"]["body"]["verdict"] == "reject").unwrap().id;
    witness(&box_).exits(0).says("receipt 1 ");
    let receipts = receipts(&box_);
    assert!(named(&receipts).contains(&reject));
    box_.drop_lines(TAG, |entry| entry.id == reject);
    box_.forget();
    box_.verify(TAG, 4).finds("record-vanished").says(&format!("a witness had {}", &reject[..12]));
    box_.gate(TAG, 4);
    let told = witness(&box_).exits(4).says("record-vanished").says("1 record that receipts name is gone");
    assert!(told.text().contains(&reject[..12]), "{}", told.text());
}

#[test]
fn receipts_rolled_back_are_missed_where_they_were_seen_and_never_forked() {
    // Expected: receipt-missing, verify 4, and the witness signs nothing (exit 4) until they are back, by union too.
    let box_ = witnessed(Stage::Opened);
    witness(&box_).exits(0);
    let early = box_.id(RECEIPTS);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    witness(&box_).exits(0).says("receipt 2 ");
    let late = box_.id(RECEIPTS);
    box_.run_as("ann", &["approve", TAG, "migration"]).exits(0);
    for gone in [&["update-ref", RECEIPTS, &early][..], &["update-ref", "-d", RECEIPTS]] {
        box_.git(gone);
        box_.verify(TAG, 4).finds("receipt-missing").says("which was seen here before, is gone");
        witness(&box_).exits(4).says("receipt-missing").says("would fork");
    }
    box_.set_ref(RECEIPTS, &late);
    witness(&box_).exits(0).says("receipt 3 ");
    box_.verify(TAG, 0).lacks("receipt-missing");
    one_sequence(&receipts(&box_));
}

#[test]
fn a_receipt_taken_out_of_the_middle_is_a_gap() {
    // Expected: receipt-missing, verify 4 for a stranger, and the witness does not go on behind a gap (exit 4).
    let box_ = witnessed(Stage::Opened);
    for item in ["tests", "migration"] {
        witness(&box_).exits(0);
        box_.run_as("ann", &["approve", TAG, item]).exits(0);
    }
    witness(&box_).exits(0);
    let all = receipts(&box_);
    assert_eq!(all.len(), 3);
    let line = |entry: &Entry| entry.line.clone().into_bytes();
    box_.add_receipts(&[line(&all[0]), line(&all[2])]);
    box_.forget();
    box_.verify(TAG, 4).finds("receipt-missing").says("receipt 2 of machine:ci is missing");
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(0);
    witness(&box_).exits(4).says("receipt-missing");
    assert_eq!(receipts(&box_).len(), 2);
}

#[test]
fn a_thief_of_the_witness_key_forks_the_receipts_and_decides_nothing() {
    // Expected: receipt-forked, verify 3, the gate as before; the witness refuses to go on (exit 3), under another name it may.
    let box_ = witnessed(Stage::Go);
    witness(&box_).exits(0);
    box_.gate(TAG, 0);
    let one = receipts(&box_).remove(0);
    let mut stolen = one.payload.clone();
    stolen["predicate"]["nonce"] = json!("0".repeat(32));
    stolen["predicate"]["time"] = json!("2026-11-01T00:00:00Z");
    box_.add_receipts(&[one.line.into_bytes(), box_.sign("ci", &stolen)]);
    box_.verify(TAG, 3).finds("receipt-forked").says("number 1");
    box_.gate(TAG, 0);
    box_.run_as("bob", &["approve", TAG, "healthy"]).exits(0);
    witness(&box_).exits(3).says("receipt-forked").says("retire it");
    assert_eq!(receipts(&box_).len(), 2);
    let text = format!(
        "{}[machine.clerk]\nmay = [\"receipt\"]\nkeys = [{{ key = \"{}\", state = \"active\" }}]\n",
        box_.policy_with_key("ci", "state = \"retired\""),
        box_.public_key("eve")
    );
    box_.step(&text, &box_.ids(TAG));
    box_.run_as("eve", &["witness"]).exits(0).says("receipt 1 ");
    box_.gate(TAG, 0);
}

#[test]
fn a_receipt_never_names_what_would_brick_a_release() {
    // Expected: records of another tag, of another root, of strangers and junk are not named; verify 3, the gate stays GO.
    let box_ = witnessed(Stage::Go);
    box_.tag("v2.0.0");
    box_.run_as("rita", &["open", "v2.0.0"]).exits(0);
    let foreign = box_.log("v2.0.0").remove(0);
    box_.add_line(TAG, foreign.line.as_bytes());
    let word = box_.draft_word(TAG, "eve", "healthy", "approve");
    let stranger = box_.plant(TAG, "eve", &word);
    box_.add_line(TAG, b"junk");
    let mut elsewhere = box_.draft_word(TAG, "ann", "tests", "done");
    elsewhere["predicate"]["root"] = json!("7".repeat(64));
    let elsewhere = box_.plant(TAG, "ann", &elsewhere);
    witness(&box_).exits(0);
    let of_tag = |tag: &str| {
        let name = format!("refs/tags/{tag}");
        let all = receipts(&box_);
        let names = |entry: &&Entry| entry.payload["subject"].as_array().unwrap().iter().any(|subject| subject["name"] == name);
        named(&all.iter().filter(names).cloned().collect::<Vec<_>>())
    };
    for id in [&foreign.id, &stranger, &elsewhere] {
        assert!(!of_tag(TAG).contains(id));
    }
    assert_eq!(of_tag("v2.0.0"), [foreign.id]);
    one_sequence(&receipts(&box_));
    box_.verify(TAG, 3).lacks("record-vanished");
    box_.gate(TAG, 0);
    // Taking the junk away again is no loss.
    box_.drop_lines(TAG, |entry| entry.id == stranger || entry.id == elsewhere);
    witness(&box_).exits(0).says("nothing new since receipt");
    box_.gate(TAG, 0);
}

#[test]
fn only_a_machine_with_the_right_writes_receipts() {
    // Expected: exit 1 with what to do, and no receipts ref: a person, a stranger, a machine without the right.
    let box_ = Sandbox::at(Stage::Opened);
    for (who, why) in [("rita", "is a person"), ("eve", "does not list the key"), ("ci", "may not sign receipts")] {
        box_.run_as(who, &["witness"]).exits(1).says(why).says("--may receipt");
    }
    assert_eq!(box_.git(&["for-each-ref", RECEIPTS]), "");
}

#[test]
fn what_landed_without_a_receipt_is_named_by_the_next_one_and_only_once() {
    // Expected: exit 0; records before, during and after a crash are named exactly once, and nothing new signs nothing.
    let box_ = witnessed(Stage::Opened);
    witness(&box_).exits(0);
    let before = box_.id(RECEIPTS);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0);
    // A lock that a killed process left is named, and nothing is half done.
    let lock = box_.repo.join(format!(".git/{RECEIPTS}.lock"));
    std::fs::write(&lock, "").unwrap();
    witness(&box_).exits(5).says("relsign-receipts.lock").says("rm ");
    assert_eq!(box_.id(RECEIPTS), before);
    std::fs::remove_file(&lock).unwrap();
    witness(&box_).exits(0).says("2 records of v1.0.0");
    let tip = box_.id(RECEIPTS);
    witness(&box_).exits(0).says("nothing new since receipt 2");
    assert_eq!(box_.id(RECEIPTS), tip);
    let mut all = named(&receipts(&box_));
    all.sort();
    let mut ids = box_.ids(TAG);
    ids.sort();
    assert_eq!(all, ids);
    box_.verify(TAG, 0);
}

#[test]
fn records_that_came_before_their_tag_get_their_receipt_when_it_is_here() {
    // Expected: exit 0 and no receipt without the tag object to compare with; one as soon as it is here.
    let box_ = witnessed(Stage::Opened);
    let path = box_.path("bare.git");
    box_.git_in(&box_.path("home"), &["init", "-q", "--bare", path.to_str().unwrap()]);
    box_.git(&["push", "-q", "--no-verify", path.to_str().unwrap(), "refs/notes/relsign", "refs/relsign/policy"]);
    box_.git_in(&path, &["config", "relsign.root", &box_.git(&["config", "relsign.root"])]);
    run_in(&box_, &path, "ci", &["witness"]).exits(0).says("no records yet");
    box_.git(&["push", "-q", "--no-verify", path.to_str().unwrap(), "main", TAG]);
    run_in(&box_, &path, "ci", &["witness"]).exits(0).says("receipt 1 ").says("1 record of v1.0.0");
    run_in(&box_, &path, "ci", &["witness"]).exits(0).says("nothing new");
}

#[test]
fn a_clock_that_went_back_forks_nothing() {
    // Expected: exit 0: the receipt claims the time of the one before, and the doubt is said; verify 0.
    let box_ = witnessed(Stage::Opened);
    witness(&box_).exits(0);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    let mut back = box_.program();
    back.env("RELSIGN_NOW", "2026-11-21T08:00:00Z").arg("--key").arg(box_.key("ci")).arg("witness");
    ended(&mut back).exits(0).says("one of the two is wrong");
    let all = receipts(&box_);
    assert_eq!(all[1].payload["predicate"]["time"], NOW);
    one_sequence(&all);
    box_.verify(TAG, 0).lacks("receipt-forked");
}

#[test]
fn a_record_dated_back_is_noted_beside_the_time_at_which_it_was_witnessed() {
    // Expected: backdated as a note, exit 0, and the gate as before: what the witness did not have yesterday came later.
    let box_ = witnessed(Stage::Go);
    witness(&box_).exits(0);
    let mut word = box_.draft_word(TAG, "bob", "healthy", "done");
    word["predicate"]["time"] = json!("2026-11-20T09:30:00Z");
    word["predicate"]["policy_head"] = box_.head();
    let id = box_.plant(TAG, "bob", &word);
    witness(&box_).exits(0);
    let verified = box_.verify(TAG, 0).finds("backdated");
    assert_eq!(verified.findings("backdated")[0]["record"], json!(id));
    box_.gate(TAG, 0);
    box_.run(&["log", TAG]).exits(0).says("witnessed Sat 21 Nov 2026 09:30");
    box_.run(&["show", &id[..12]]).exits(0).says("claimed Fri 20 Nov 2026").says("witnessed Sat 21 Nov 2026");
}

#[test]
fn witnesses_at_once_make_one_sequence() {
    // Expected: exit 0 for each of eight processes with one key; no number twice, no record twice, none left out.
    let box_ = witnessed(Stage::Opened);
    let words: Vec<Value> = ["ann", "bob", "max", "rita"]
        .into_iter()
        .flat_map(|who| ["tests", "rollback", "migration"].map(|item| box_.draft_word(TAG, who, item, "approve")))
        .collect();
    let start = || {
        let mut command = box_.program();
        command.arg("--key").arg(box_.key("ci")).arg("witness").stdout(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let mut running = Vec::new();
    for word in words.chunks(3) {
        for word in word {
            box_.plant(TAG, word["predicate"]["signer"]["handle"].as_str().unwrap().trim_start_matches('@'), word);
        }
        running.extend([start(), start()]);
    }
    for child in &mut running {
        assert!(child.wait().unwrap().success());
    }
    witness(&box_).exits(0);
    let all = receipts(&box_);
    one_sequence(&all);
    let mut ids = named(&all);
    ids.sort();
    let mut there = box_.ids(TAG);
    there.sort();
    assert_eq!(ids, there);
    box_.verify(TAG, 0).lacks("receipt-forked").lacks("receipt-missing");
}

#[test]
fn two_clones_with_one_key_never_fork_on_the_remote() {
    // Expected: exit 0 for both at once, one sequence on the server; where it refuses, exit 5 and nothing is kept.
    let box_ = witnessed(Stage::Opened);
    let (server, [one, two]) = served(&box_);
    for item in ["tests", "migration"] {
        let mut running: Vec<_> = [&one, &two]
            .into_iter()
            .map(|place| {
                let mut command = box_.program();
                command.current_dir(place).arg("--key").arg(box_.key("ci")).args(["witness", "origin"]);
                command.stdout(std::process::Stdio::null()).spawn().unwrap()
            })
            .collect();
        for child in &mut running {
            assert!(child.wait().unwrap().success());
        }
        box_.run_as("ann", &["approve", TAG, item]).exits(0).says("shared with origin");
    }
    // A server that takes no receipts.
    let hook = server.join("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\ncat >/dev/null\necho no >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let before = box_.git_in(&one, &["rev-parse", RECEIPTS]);
    run_in(&box_, &one, "ci", &["witness", "origin"]).exits(5).says("did not take the receipts, and none is kept here");
    assert_eq!(box_.git_in(&one, &["rev-parse", RECEIPTS]), before);
    std::fs::remove_file(&hook).unwrap();
    run_in(&box_, &two, "ci", &["witness", "origin"]).exits(0).says("shared with origin");
    run_in(&box_, &one, "ci", &["witness", "origin"]).exits(0).says("nothing new");
    box_.run(&["sync"]).exits(0);
    let all = receipts(&box_);
    assert!(all.len() >= 2);
    one_sequence(&all);
    let mut ids = named(&all);
    ids.sort();
    let mut there = box_.ids(TAG);
    there.sort();
    assert_eq!(ids, there);
    box_.verify(TAG, 0).lacks("receipt-forked");
}

#[test]
fn receipts_that_a_remote_lost_are_put_back_by_the_witness() {
    // Expected: exit 0: what the server rolled back or deleted comes back, the same receipts and no others.
    let box_ = witnessed(Stage::Opened);
    let (server, [one, _]) = served(&box_);
    run_in(&box_, &one, "ci", &["witness"]).exits(0);
    let early = box_.git_in(&server, &["rev-parse", RECEIPTS]);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    run_in(&box_, &one, "ci", &["witness"]).exits(0).says("receipt 2 ");
    let late = box_.git_in(&server, &["rev-parse", RECEIPTS]);
    for gone in [&["update-ref", RECEIPTS, &early][..], &["update-ref", "-d", RECEIPTS]] {
        box_.git_in(&server, gone);
        run_in(&box_, &one, "ci", &["witness"]).exits(0).says("they were restored");
        assert_eq!(box_.git_in(&server, &["rev-parse", RECEIPTS]), late);
    }
}

#[test]
fn a_record_of_the_whole_repository_gets_a_receipt_too() {
    // Expected: exit 0, one receipt without a tag; the record withheld afterwards is named as vanished, exit 4.
    let box_ = witnessed(Stage::Opened);
    let mut freeze = box_.draft(
        TAG,
        "rita",
        "freeze",
        json!({ "name": "incident", "refs": ["refs/heads/main"], "from": NOW, "reason": "because" }),
    );
    let predicate = freeze["predicate"].as_object_mut().unwrap();
    predicate.remove("open");
    predicate.insert("parents".to_owned(), json!([]));
    let bytes = format!("relsign-root-v1 {}\n", box_.root());
    let digest = crate::sandbox::hex(&<sha2::Sha256 as sha2::Digest>::digest(bytes.as_bytes()));
    freeze["subject"] = json!([{ "name": "relsign-root-v1", "digest": { "sha256": digest } }]);
    let mut line = box_.sign("rita", &freeze);
    line.push(b'\n');
    let object = root_object(&box_);
    box_.set_note(&object, &line);
    witness(&box_).exits(0).says("1 record of the whole repository");
    let id = record_id(freeze.to_string().as_bytes());
    let receipt = receipts(&box_).into_iter().find(|entry| body(entry)["records"] == json!([id])).unwrap();
    assert_eq!(receipt.payload["subject"].as_array().unwrap().len(), 1);
    box_.git(&["notes", "--ref=relsign", "remove", &object]);
    witness(&box_).exits(4).says("record-vanished").says(&id[..12]);
}

#[test]
fn a_witness_that_signs_no_more_is_noticed_after_an_hour() {
    // Expected: unwitnessed of sync and verify from an hour after the record was first fetched, with the exit status of before;
    // nothing within the hour, once a receipt names it, where nobody has witnessed yet, and of what this clone has just sent.
    let box_ = witnessed(Stage::Opened);
    served(&box_);
    let at = |hour: u32, who: &str, args: &[&str]| {
        let mut command = box_.program();
        command.env("RELSIGN_NOW", format!("2026-11-21T{hour}:40:00Z")).arg("--key").arg(box_.key(who)).args(args);
        ended(&mut command)
    };
    let quiet = |run: Run| assert!(!run.text().contains("unwitnessed"), "{}", run.text());
    for hour in [10, 12] {
        quiet(at(hour, "ann", &["sync"]).exits(0));
    }
    at(12, "ci", &["witness"]).exits(0);
    at(13, "ann", &["approve", TAG, "tests"]).exits(0).says("shared with origin");
    for args in [&["sync"][..], &["verify", TAG]] {
        quiet(at(13, "ann", args).exits(0));
    }
    // Whatever is pushed meanwhile, the record stays one that was first seen an hour ago.
    at(14, "bob", &["approve", TAG, "tests"]);
    for args in [&["sync"][..], &["verify", TAG], &["verify", TAG, "--as-of", "2026-11-21T14:40:00Z"]] {
        at(14, "ann", args).exits(0).says("unwitnessed: no receipt names 1 record, first fetched at 2026-11-21T13:40:00Z");
    }
    quiet(at(14, "ann", &["verify", TAG, "--as-of", "2026-11-21T14:00:00Z"]).exits(0));
    at(15, "ci", &["witness"]).exits(0);
    for args in [&["sync"][..], &["verify", TAG]] {
        quiet(at(17, "ann", args).exits(0));
    }
}
