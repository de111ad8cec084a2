//! The command line: streams, exit codes and messages of the real program, one test for each promise.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and build an environment of their own"
)]

mod course;
mod dry_run;
mod evidence;
mod feasible;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod files;
mod formats;
mod freezes;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod hanging;
mod history;
mod import;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod manual;
mod newer;
mod overview;
mod people;
mod pipelines;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod recipes;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod setups;
mod several;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod shells;
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod terminal;
mod through;
mod typed;

#[path = "../attacks/blob.rs"]
#[allow(dead_code, reason = "shared with the attacks")]
mod blob;
#[path = "../attacks/sandbox.rs"]
#[allow(dead_code, reason = "shared with the attacks")]
mod sandbox;
#[path = "../git/version.rs"]
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod version;

use std::path::PathBuf;

use sandbox::{Sandbox, Stage, TAG, ended};

const COMMANDS: [&str; 41] = [
    "demo",
    "init",
    "join",
    "whoami",
    "trust",
    "person",
    "role",
    "machine",
    "policy",
    "ci",
    "checklist",
    "tag",
    "open",
    "status",
    "list",
    "mine",
    "approve",
    "reject",
    "partial",
    "not-applicable",
    "waive",
    "withdraw",
    "disregard",
    "assign",
    "decide",
    "gate",
    "stage",
    "rollback",
    "action",
    "close",
    "freeze",
    "log",
    "show",
    "evidence",
    "import",
    "sync",
    "verify",
    "report",
    "witness",
    "completions",
    "man",
];

#[test]
fn every_command_has_help() {
    let box_ = Sandbox::empty();
    for command in COMMANDS {
        let run = ended(box_.program().current_dir(box_.path("home")).args([command, "--help"])).exits(0);
        assert!(run.stdout.contains("Usage:") && run.stderr.is_empty(), "{command}: {}", run.text());
    }
}

#[test]
fn the_exit_codes_are_those_of_the_table() {
    Sandbox::at(Stage::Go).gate(TAG, 0);
    Sandbox::at(Stage::Signed).gate(TAG, 1);
    let box_ = Sandbox::at(Stage::Go);
    box_.run(&["gate", "--no-such-option"]).exits(2);
    box_.git(&["remote", "add", "origin", "/nowhere/at/all"]);
    box_.run_as("bob", &["approve", TAG, "healthy"]).exits(5).says("NOT shared").says("relsign sync");
    box_.run(&["sync"]).exits(5);
    box_.run(&["gate", TAG]).exits(4).says("--no-sync");
    box_.git(&["tag", "-d", TAG]);
    box_.gate(TAG, 3);
    box_.git(&["config", "--unset", "relsign.root"]);
    box_.gate(TAG, 4);
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let box_ = Sandbox::at(Stage::Opened);
    let home = box_.path("home");
    ended(box_.program().current_dir(&home).args(["status"])).exits(4).says("hint:");
    let plain = box_.path("plain");
    box_.init_repository(&plain);
    ended(box_.program().current_dir(&plain).args(["status"])).exits(4).says("relsign init");
    box_.run(&["approve", TAG, "tests"]).exits(2).says("--key");
    box_.run_as("eve", &["approve", TAG, "tests"]).exits(1).says("relsign join");
    box_.run(&["status", "v7.7.7"]).says("v7.7.7");
    box_.run_as("ann", &["approve", TAG, "roll-back"]).exits(2).says("did you mean rollback?");
    box_.run_as("ann", &["approve", TAG, "zzz"]).exits(2).says("relsign status");
    box_.run_as("ann", &["approve", TAG, ""]).exits(2);
    box_.run_as("rita", &["decide", TAG, "maybe"]).exits(2);
    let error = box_.run(&["--json", "approve", TAG, "tests"]).exits(2).json();
    assert_eq!(error["format"], "relsign-error-v1");
    assert_eq!(error["exit"], 2);
}

/// Each release rests on the one before, so those that are judged side by side have to wait for each other.
#[test]
fn releases_judged_side_by_side_are_as_each_is_alone() {
    let box_ = Sandbox::at(Stage::Go);
    for number in 1..=7 {
        box_.commit(&format!("change {number}"));
        let tag = format!("v1.0.{number}");
        box_.tag(&tag);
        box_.run_as("rita", &["open", &tag]).exits(0);
    }
    let all = box_.run(&["--json", "verify", "--all"]).exits(0).json();
    let releases = all["releases"].as_array().unwrap();
    assert_eq!(releases.len(), 8);
    let tags: Vec<&str> = releases.iter().map(|release| release["tag"].as_str().unwrap()).collect();
    assert!(tags.is_sorted(), "{tags:?}");
    for (tag, release) in tags.iter().zip(releases) {
        let alone = box_.run(&["--json", "verify", tag.trim_start_matches("refs/tags/")]).exits(0).json();
        assert_eq!(alone, *release, "{tag}");
    }
    // The same from names that sort the other way round than the releases were made.
    let shown = box_.run(&["verify", "--all"]).exits(0);
    assert_eq!(shown.stdout.matches("intact").count(), 8, "{}", shown.text());
}

#[test]
fn items_go_by_number_and_prefix() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "1", "migr"]).exits(0).says("as owner: done");
    let verified = box_.verify(TAG, 0);
    assert_eq!((verified.item("tests"), verified.item("migration")), ("done", "done"));
    box_.run_as("bob", &["approve", TAG, "99"]).exits(2);
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.run(&["status", TAG]).exits(0);
    let output = box_.program().args(["--color", "always", "status", TAG]).output().unwrap();
    assert!(output.stdout.contains(&0x1b));
    let output = box_.program().args(["--color", "never", "status", TAG]).output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn evidence_is_kept_and_private_notes_are_salted() {
    let box_ = Sandbox::at(Stage::Opened);
    std::fs::write(box_.path("home/log.txt"), "42 passed\n").unwrap();
    let file = box_.path("home/log.txt");
    let args = ["approve", TAG, "tests", "--evidence", file.to_str().unwrap(), "--private-note", "call me"];
    box_.run_as("ann", &args).exits(0);
    let log = box_.log(TAG);
    let word = log.iter().find(|entry| entry.kind() == "sign").unwrap();
    let evidence = word.payload["predicate"]["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 2);
    assert_eq!(evidence[0]["size"], 10);
    assert!(evidence[1]["salted"] == true && evidence[1]["size"] == 32 + 7);
    assert!(!word.payload.to_string().contains("call me"));
    box_.verify(TAG, 0);
}

fn clone(box_: &Sandbox, url: &str, name: &str) -> PathBuf {
    let path = box_.path(name);
    box_.git_in(&box_.path("home"), &["clone", "-q", url, path.to_str().unwrap()]);
    path
}

#[test]
fn two_clones_share_over_a_remote_and_a_third_must_pin_first() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    let url = format!("file://{}", server.display());
    box_.git(&["remote", "add", "origin", &url]);
    box_.git(&["push", "-q", "origin", "main", TAG]);
    box_.run(&["sync"]).exits(0);
    let other = clone(&box_, &url, "other");
    // A setting of nothing is none.
    box_.git_in(&other, &["config", "relsign.remote", ""]);
    ended(box_.program().current_dir(&other).args(["sync"])).exits(0).says("origin: 1 record received");
    ended(box_.program().current_dir(&other).args(["gate", TAG])).exits(4).says("relsign trust");
    let root = box_.git(&["config", "relsign.root"]);
    ended(box_.program().current_dir(&other).args(["trust", &root])).exits(0);
    let key = box_.key("ann").display().to_string();
    ended(box_.program().current_dir(&other).args(["--key", &key, "approve", TAG, "tests"])).exits(0).says("shared");
    assert_eq!(box_.verify(TAG, 0).item("tests"), "pending");
    box_.run(&["sync"]).exits(0);
    assert_eq!(box_.verify(TAG, 0).item("tests"), "done");
    ended(box_.program().current_dir(&other).args(["--key", &key, "approve", TAG, "rollback", "--no-sync"])).exits(0);
    let dry = ended(box_.program().current_dir(&other).args(["--json", "sync", "--dry-run"])).exits(0).json();
    assert_eq!((&dry["would_go"], &dry["went"]), (&1.into(), &0.into()), "{dry}");
    let wet = ended(box_.program().current_dir(&other).args(["--json", "sync"])).exits(0).json();
    assert_eq!((&wet["would_go"], &wet["went"]), (&serde_json::Value::Null, &1.into()), "{wet}");
}

#[test]
fn a_remote_that_is_none_is_told_with_where_remotes_are_named() {
    let box_ = Sandbox::at(Stage::Opened);
    for args in [&["sync", "orign"][..], &["witness", "orign"]] {
        box_.run_as("ann", args).exits(5).says("git remote -v").says("git config relsign.remote");
        box_.run_as("ann", &[args[0], ""]).exits(2);
    }
    // One that is known and can't be reached is no mistake in its name.
    box_.git(&["remote", "add", "origin", "/nowhere"]);
    let run = box_.run(&["sync"]).exits(5);
    assert!(!run.text().contains("git remote -v"), "{}", run.text());
}

#[test]
fn a_tag_that_is_another_at_the_remote_is_told_with_the_command_that_takes_the_remote_s() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "origin", "main", TAG]);
    let theirs = box_.id(TAG);
    box_.git(&["tag", "-f", "-a", "-m", "again", TAG, "main"]);
    let advice = format!("git fetch --force origin refs/tags/{TAG}:refs/tags/{TAG}");
    let mut sync = box_.program();
    let run = ended(sync.env("COLUMNS", "80").arg("sync")).exits(0).says("is not the tag object that was opened");
    assert!(run.stderr.lines().any(|line| line.trim() == advice), "{}", run.stderr);
    assert!(run.stderr.lines().all(|line| line.len() <= 80), "{}", run.stderr);
    assert_ne!(box_.id(TAG), theirs);
    let words: Vec<&str> = advice.split(' ').skip(1).collect();
    box_.git(&words);
    assert_eq!(box_.id(TAG), theirs);
    let run = box_.run(&["sync"]).exits(0);
    assert!(!run.text().contains("another object"), "{}", run.text());
}

#[test]
fn commands_that_push_nothing_do_not_speak_of_pushing_later() {
    let box_ = Sandbox::empty();
    for command in [&["gate", "--help"][..], &["evidence", "get", "--help"]] {
        let run = ended(box_.program().current_dir(box_.path("home")).args(command)).exits(0).says("--no-sync Do not fetch: use");
        assert!(!run.stdout.contains("share later"), "{}", run.stdout);
    }
}

#[test]
fn eight_processes_lose_nothing() {
    let box_ = Sandbox::at(Stage::Begun);
    // All write to one log at a time. There are five, since each record that is there already is verified by whoever writes.
    let tags = ["v1.0.0", "v1.0.1", "v1.0.2", "v1.0.3", "v1.0.4"];
    for tag in tags {
        box_.tag(tag);
        box_.run_as("rita", &["open", tag]).exits(0);
    }
    std::thread::scope(|scope| {
        for who in ["ann", "bob", "max", "max2", "dev", "rita", "ann", "bob"] {
            let box_ = &box_;
            scope.spawn(move || {
                for tag in tags.iter().flat_map(|tag| [tag; 10]) {
                    box_.run_as(who, &["reject", tag, "tests", "--reason", "no", "--no-sync"]).exits(0);
                }
            });
        }
    });
    for tag in tags {
        assert_eq!(box_.log(tag).len(), 81);
        let report = box_.verify(tag, 0).report;
        assert_eq!(report["records"].as_array().unwrap().len(), 81);
    }
    box_.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_policy_has_a_history_and_a_roster() {
    let box_ = Sandbox::at(Stage::Go);
    box_.run(&["policy", "log"]).exits(0).says("version 1").says("signed by @rita").says("the root");
    box_.run(&["policy", "roster"]).exits(0).says("@max").says("machine:ci").says("owner of the policy").says("RELEASE.md");
    box_.run(&["policy", "roster", "--as-of", "2026-11-21T09:00:00Z"]).exits(4).says("no version of the policy was signed by");
    box_.run(&["policy", "roster", "--as-of", "2026-11-21T10:00:00Z"]).exits(0).says("are not witnessed");
    box_.run(&["policy", "roster", "--policy", "2"]).exits(4).says("there is no version 2");
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.run(&["policy", "propose"]).exits(0).says("is already in force");
    box_.run(&["policy", "sign"]).exits(4).says("no version of the policy is proposed");
    box_.write(".relsign/policy.toml", policy.replace("emails = [\"sam@example.com\"]", "emails = [\"s@example.com\"]"));
    box_.run(&["policy", "show"]).exits(0).says("differs from the version in force");
    box_.run_as("rita", &["policy", "activate"]).exits(0).says("policy version 2 is in force");
    box_.run(&["policy", "log"]).exits(0).says("name or addresses of @sam").says("settled");
    box_.run(&["policy", "show"]).exits(0).says("policy-edited");
    box_.commit("policy");
    let run = box_.run(&["policy", "show"]).exits(0);
    assert!(!run.text().contains("policy-edited") && !run.text().contains("differs"), "{}", run.text());
    box_.gate(TAG, 0);
}

#[test]
fn every_json_output_fits_its_schema() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("json.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "origin", "main", TAG]);
    let seeds: std::collections::BTreeMap<String, serde_json::Value> = relsign::schema::all().into_iter().collect();
    let fits = |who: &str, args: &[&str], schema: &str| {
        let run = box_.run_as(who, &[&["--json"], args].concat());
        let value: serde_json::Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}\n{}", run.text()));
        let validator = jsonschema::validator_for(&seeds[&format!("{schema}.schema.json")]).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{args:?} does not fit {schema}: {wrong:#?}\n{}", run.stdout);
    };
    for args in [&["status", TAG][..], &["verify", TAG], &["report", TAG, "--format", "json"]] {
        fits("rita", args, "report");
    }
    fits("rita", &["gate", TAG], "gate");
    fits("ann", &["mine"], "mine");
    fits("ann", &["whoami"], "whoami");
    fits("ann", &["approve", TAG, "tests"], "signed");
    fits("max", &["reject", TAG, "tests", "--reason", "no"], "signed");
    fits("max", &["withdraw", TAG, "tests", "--reason", "yes"], "signed");
    fits("rita", &["decide", TAG, "no-go", "--reason", "not yet"], "signed");
    fits("rita", &["decide", TAG, "go"], "error");
    fits("rita", &["log", TAG], "log");
    fits("rita", &["sync"], "sync");
    fits("rita", &["verify", "--all"], "verify-all");
    fits("rita", &["checklist", "show", "RELEASE.md"], "checklist");
    fits("rita", &["checklist", "lint", "RELEASE.md"], "problems");
    box_.write("OTHER.md", "# Release\n\n## After\n\n- [ ] It is healthy (optional)\n");
    fits("rita", &["checklist", "lint", "OTHER.md", "--fix", "--yes"], "fixes");
    fits("rita", &["checklist", "lint", "OTHER.md", "--fix", "--yes"], "fixes");
    fits("rita", &["tag", "v9.0.0"], "tag");
    fits("ann", &["join"], "join");
    fits("eve", &["join"], "join");
    for args in [&["ci", "github"][..], &["completions", "bash"], &["man", "pages"]] {
        fits("rita", args, "files");
    }
    box_.write("run.bin", [0xff, 0]);
    fits("ann", &["approve", TAG, "migration", "--evidence", "run.bin", "--private-note", "by phone"], "signed");
    for digest in box_.run(&["--json", "evidence", "list", TAG]).json()["evidence"].as_array().unwrap() {
        let digest = digest["sha256"].as_str().unwrap();
        fits("ann", &["evidence", "get", digest], "evidence-piece");
        fits("ann", &["evidence", "get", digest, "-o", digest], "evidence-piece");
    }
    fits("rita", &["policy", "check"], "problems");
    fits("rita", &["status", "v9.9.9"], "error");
    fits("rita", &["trust"], "trust");
    fits("rita", &["verify", "--heads"], "heads");
    fits("rita", &["policy", "show"], "policy-show");
    fits("rita", &["policy", "roster"], "policy-roster");
    fits("rita", &["policy", "roster", "--as-of", "2026-11-21T10:00:00Z"], "policy-roster");
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    let policy = policy.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]");
    fits("rita", &["policy", "diff"], "policy-diff");
    box_.write(".relsign/policy.toml", policy + "[tags]\nsigned = \"required\"\n");
    fits("rita", &["policy", "diff"], "policy-diff");
    fits("rita", &["person", "role", "@ann", "--add", "sre"], "policy-edit");
    fits("rita", &["person", "role", "@ann", "--add", "sre"], "error");
    fits("rita", &["person", "role", "@ann", "--remove", "sre"], "policy-edit");
    fits("rita", &["policy", "propose"], "policy-step");
    fits("rita", &["policy", "show"], "policy-show");
    fits("rita", &["policy", "log"], "policy-log");
    fits("rita", &["policy", "sign"], "policy-step");
    fits("rita", &["policy", "activate"], "policy-step");
    fits("rita", &["policy", "log"], "policy-log");
    fits("rita", &["policy", "activate"], "policy-step");
    fits("rita", &["policy", "sign", "ffff"], "error");
    fits("ann", &["witness"], "error");
    fits("ci", &["witness"], "witness");
    fits("ci", &["witness", "--here"], "witness");
    fits("rita", &["log", TAG], "log");
    fits("rita", &["report", TAG, "--format", "json"], "report");
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    fits("rita", &["trust"], "error");
    fits("rita", &["trust", &root], "trust");
    fits("rita", &["init", "--no-hooks"], "init");
    let plain = box_.path("plain");
    box_.init_repository(&plain);
    let key = box_.key("rita").display().to_string();
    let mut init = box_.program();
    let made = ended(init.current_dir(&plain).args(["--key", &key, "--json", "init", "--preset", "solo", "--yes"])).exits(0).json();
    assert!(jsonschema::validator_for(&seeds["init.schema.json"]).unwrap().is_valid(&made), "{made}");
}

#[test]
fn a_server_names_the_key_of_its_witness_in_its_own_configuration() {
    let box_ = Sandbox::at(Stage::Opened);
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.write(".relsign/policy.toml", policy.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]"));
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    box_.run(&["witness", "--here"]).exits(2).says("--key FILE");
    // A relative path is one from the git directory, and a file that the repository includes names no key.
    std::fs::copy(box_.key("ci"), box_.repo.join(".git/witness.key")).unwrap();
    box_.write("pushed.config", "[relsign]\n\twitnesskey = witness.key\n");
    box_.git(&["config", "include.path", "../pushed.config"]);
    box_.run(&["witness", "--here"]).exits(2);
    box_.git(&["config", "relsign.witnesskey", "witness.key"]);
    box_.run(&["witness", "--here"]).exits(0).says("receipt 1 ").says("1 record of v1.0.0");
    box_.git(&["config", "relsign.witnesskey", box_.key("ci").to_str().unwrap()]);
    box_.run(&["witness", "--here"]).exits(0).says("nothing new since receipt 1 of machine:ci");
    // What is named on the command line counts first.
    box_.run_as("ann", &["witness", "--here"]).exits(1).says("@ann is a person");
    box_.git(&["config", "relsign.witnesskey", "/nowhere"]);
    box_.run(&["witness", "--here"]).exits(5).says("/nowhere");
}
