//! Many releases at once: a line for each, what waits for one person, and one answer to who can do what.

use crate::sandbox::{Sandbox, Stage, TAG, ended};

#[test]
fn list_shows_a_line_for_each_release_that_is_open() {
    let box_ = Sandbox::at(Stage::Go);
    box_.commit("second");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    let list = box_.run(&["list"]).exits(0);
    let lines: Vec<&str> = list.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", list.text());
    assert!(lines[1].starts_with("v1.1.0") && lines[1].contains("NO-GO") && lines[1].contains("0 of 3"), "{}", list.text());
    assert!(lines[2].starts_with(TAG) && lines[2].contains(" GO") && lines[2].contains("production"), "{}", list.text());
    let json = box_.run(&["--json", "list"]).exits(0).json();
    assert_eq!(json["format"], "relsign-list-v1");
    assert_eq!(json["releases"][0]["tag"], "refs/tags/v1.1.0");
    assert_eq!(json["releases"][1]["state"], "go");
}

#[test]
fn what_was_decided_against_is_over() {
    let box_ = Sandbox::at(Stage::Opened);
    assert!(box_.run_as("ann", &["mine"]).exits(0).stdout.contains("tests"));
    box_.run_as("rita", &["decide", TAG, "no-go", "--reason", "not this week"]).exits(0);
    box_.run_as("ann", &["mine"]).exits(0).says("nothing is waiting for @ann");
    box_.run(&["status"]).exits(2).says("no release is open here");
    box_.run(&["list"]).exits(0).says("relsign list --all");
    box_.run(&["list", "--all"]).exits(0).says("no-go");
    // Who names it can look at it and decide anew.
    box_.run(&["status", TAG]).exits(0).says("no-go");
}

/// Whoever `status` names has it in their list, and signs it by `--all`.
#[test]
fn status_mine_and_approve_say_the_same() {
    let box_ = Sandbox::at(Stage::Opened);
    for who in ["ann", "bob", "max", "ann", "rita", "dev"] {
        let report = box_.run(&["--json", "status", TAG]).exits(0).json();
        let handle = format!("@{who}");
        let named: Vec<String> = report["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["phase"] == "before")
            .filter(|item| {
                let needs = item["needs"].as_array().unwrap();
                let waits = needs.iter().any(|need| need["what"] == "owner-word");
                needs.iter().any(|need| {
                    (need["what"] == "owner-word" || need["what"] == "review" && !waits)
                        && need["candidates"].as_array().unwrap().iter().any(|one| *one == handle)
                })
            })
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        let mine = box_.run_as(who, &["--json", "mine"]).exits(0).json();
        let listed: Vec<&str> = mine["waiting"].as_array().unwrap().iter().map(|one| one["item"].as_str().unwrap()).collect();
        assert_eq!(listed, named, "{who}");
        let run = box_.run_as(who, &["--json", "approve", TAG, "--all"]);
        if named.is_empty() {
            run.exits(1);
        } else {
            let signed = run.exits(0).json();
            let items: Vec<&str> = signed["records"].as_array().unwrap().iter().map(|one| one["item"].as_str().unwrap()).collect();
            assert_eq!(items, named, "{who}");
        }
    }
    let report = box_.run(&["--json", "status", TAG]).exits(0).json();
    if report["verdict"]["reasons"].as_array().unwrap().iter().all(|reason| reason["code"] == "not-decided") {
        let mine = box_.run_as("rita", &["--json", "mine"]).exits(0).json();
        assert_eq!(mine["decisions"][0]["tag"], "refs/tags/v1.0.0", "{mine}");
        box_.run_as("rita", &["mine"]).exits(0).says("relsign decide v1.0.0 go");
    }
}

#[test]
fn a_pager_is_for_terminals_only() {
    let box_ = Sandbox::at(Stage::Opened);
    let run =
        ended(box_.program().current_dir(&box_.repo).env("GIT_PAGER", "sed s/^/PAGED/").args(["status", TAG, "--all"])).exits(0);
    assert!(!run.stdout.contains("PAGED") && run.stdout.contains("before go"), "{}", run.text());
}
