//! Records as files: signed by whoever can't push, brought in by whoever can.

use crate::sandbox::{Sandbox, Stage, TAG};

/// Signs to a file and gives its text.
#[track_caller]
fn signed(box_: &Sandbox, who: &str, args: &[&str]) -> String {
    let before = box_.git(&["for-each-ref"]);
    box_.run_as(who, &[args, &["--out", "signed.txt"]].concat()).exits(0).says("relsign import signed.txt");
    assert_eq!(box_.git(&["for-each-ref"]), before, "nothing was written into the repository");
    let text = std::fs::read_to_string(box_.repo.join("signed.txt")).unwrap();
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 78), "{text}");
    std::fs::remove_file(box_.repo.join("signed.txt")).unwrap();
    text
}

#[test]
fn a_word_with_its_evidence_travels_by_mail() {
    let box_ = Sandbox::at(Stage::Opened);
    std::fs::write(box_.path("log.txt"), "42 passed\n").unwrap();
    let file = box_.path("log.txt");
    let args = ["approve", TAG, "tests", "--evidence", file.to_str().unwrap(), "--private-note", "by hand"];
    let text = signed(&box_, "ann", &args);
    let mail = format!("From: ann@example.com\r\n\r\n{}\r\n", text.replace('\n', "\r\n"));
    box_.write("mail", mail);
    box_.run(&["import", "--dry-run", "mail"]).exits(0).says("1 record would be imported, 2 files of evidence with them");
    assert_eq!(box_.verify(TAG, 0).item("tests"), "pending");
    let run = box_.run(&["import", "mail"]).exits(0).says("as owner: done").says("1 record imported, 2 files of evidence");
    assert!(run.stdout.contains("@ann"), "{}", run.text());
    assert_eq!(box_.verify(TAG, 0).item("tests"), "done");
    assert_eq!(box_.run(&["evidence", "get", &piece(&box_, "log.txt")]).exits(0).stdout, "42 passed\n");
    box_.run(&["import", "mail"]).exits(0).says("0 records imported, 1 was already here");
}

fn piece(box_: &Sandbox, name: &str) -> String {
    crate::evidence::piece(box_, name)["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn every_word_can_go_to_a_file() {
    let box_ = Sandbox::at(Stage::Opened);
    for (who, args) in [
        ("ann", &["approve", TAG, "tests", "migration"][..]),
        ("bob", &["reject", TAG, "tests", "--reason", "it fails"]),
        ("ann", &["partial", TAG, "tests", "--reason", "half"]),
        ("bob", &["not-applicable", TAG, "rollback", "--reason", "none"]),
        ("rita", &["waive", TAG, "rollback", "--reason", "small"]),
        ("rita", &["assign", TAG, "rollback", "@max", "--reason", "leave"]),
        ("rita", &["decide", TAG, "no-go", "--reason", "no"]),
    ] {
        box_.write("one", signed(&box_, who, args));
        box_.run(&["import", "one"]).exits(0);
    }
    let reject = box_.log(TAG).into_iter().find(|entry| entry.payload["predicate"]["body"]["verdict"] == "reject").unwrap();
    box_.write("one", signed(&box_, "bob", &["withdraw", TAG, &reject.id, "--reason", "it passes"]));
    box_.run(&["import", "one"]).exits(0);
    box_.verify(TAG, 0);
    // A file whose records build on each other comes in whole, in whatever order.
    let two = signed(&box_, "rita", &["waive", TAG, "tests", "migration", "--reason", "small"]);
    box_.write("two", two);
    box_.run(&["--json", "import", "two"]).exits(0).says("\"refused\": []");
}

#[test]
fn a_record_comes_in_only_after_what_it_names() {
    let box_ = Sandbox::at(Stage::Opened);
    let first = signed(&box_, "ann", &["approve", TAG, "tests"]);
    box_.write("first", &first);
    // Somebody who has the first signs the second on top of it.
    let there = box_.path("there");
    box_.git(&["clone", "-q", "--mirror", ".", there.join(".git").to_str().unwrap()]);
    box_.git_in(&there, &["config", "--unset", "core.bare"]);
    box_.git_in(&there, &["config", "relsign.root", &box_.git(&["config", "relsign.root"])]);
    let there = |args: &[&str]| {
        let dir = box_.path("there");
        let mut command = box_.program();
        crate::sandbox::ended(command.current_dir(dir).arg("--key").arg(box_.key("bob")).args(args))
    };
    there(&["import", "--no-sync", box_.repo.join("first").to_str().unwrap()]).exits(0);
    there(&["approve", "--no-sync", TAG, "tests", "--review", "--out", box_.repo.join("second").to_str().unwrap()]).exits(0);
    box_.run(&["import", "second"]).exits(3).says("record-missing").says("neither here nor in the file");
    let both = std::fs::read_to_string(box_.repo.join("second")).unwrap() + &first;
    box_.write("both", both);
    box_.run(&["import", "both"]).exits(0).says("2 records imported").says("as reviewer: reviewed");
}

#[test]
fn what_was_signed_to_a_file_is_not_written_over() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "tests", "--out", "one"]).exits(0);
    let first = std::fs::read(box_.repo.join("one")).unwrap();
    box_.run_as("ann", &["approve", TAG, "migration", "--out", "one"]).exits(2).says("already exists");
    assert_eq!(std::fs::read(box_.repo.join("one")).unwrap(), first);
    let piped = box_.run_as("ann", &["approve", TAG, "migration", "--out", "-"]).exits(0).stdout;
    box_.write("two", &piped);
    box_.run(&["import", "two"]).exits(0).says("as owner: done");
    box_.run_as("ann", &["--json", "approve", TAG, "tests", "--out", "-"]).exits(2);
}

#[test]
fn a_file_is_shared_by_whoever_can_push() {
    let box_ = Sandbox::at(Stage::Opened);
    let text = signed(&box_, "ann", &["approve", TAG, "tests"]);
    let server = box_.path("server.git");
    box_.git_in(&box_.path("home"), &["init", "-q", "--bare", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    box_.write("one", &text);
    box_.run(&["import", "one"]).exits(0).says("shared with origin");
    assert_eq!(box_.git_in(&server, &["rev-parse", "refs/notes/relsign"]), box_.id("refs/notes/relsign"));
    // Where nobody can push, signing to a file asks nothing of the server.
    box_.git(&["remote", "set-url", "origin", "/nowhere/at/all"]);
    box_.run_as("ann", &["approve", TAG, "migration", "--out", "two"]).exits(0).says("could not fetch");
    box_.run(&["import", "two"]).exits(5).says("NOT shared");
}
