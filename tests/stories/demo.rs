//! The demo, run as a new user would: in a home with nothing in it.

use std::path::Path;
use std::process::{Command, Output};

use super::place;

/// Runs relsign with an empty home.
fn relsign(home: &Path, args: &[&str]) -> Output {
    Command::new(crate::place::program())
        .args(args)
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home)
        .env("COLUMNS", "80")
        .env("LANG", "C.UTF-8")
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_demo_shows_a_release_from_its_policy_to_its_report() {
    let home = place::folder("demo");
    // A configuration that would spoil everything if it were read.
    std::fs::write(home.path().join(".gitconfig"), "[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[core]\n\thooksPath = /nonexistent\n[user]\n\tuseConfigOnly = true\n[init]\n\ttemplateDir = /nonexistent\n").unwrap();
    let before = std::fs::read(home.path().join(".gitconfig")).unwrap();

    let output = relsign(home.path(), &["demo", "--dir", "sandbox"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    // Where a long line ends depends on the terminal.
    let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = flat.as_str();
    for part in [
        "[jo] $ relsign init --handle @jo --preset team --draft --yes",
        "[jo] $ relsign person add @sam",
        "new root SHA256:",
        "[kim] $ relsign init",
        "(exit code 4)",
        "[kim] $ relsign trust SHA256:",
        "joined policy 1",
        "[ana] $ git commit -q -m",
        "[jo] $ relsign tag v1.4.0",
        "[jo] $ relsign open v1.4.0",
        "[ana] $ relsign approve v1.4.0 tests --evidence test-results.txt",
        "[sam] $ relsign approve v1.4.0 rollback-runbook --review",
        "error: @sam cannot review rollback-runbook: the reviewer must not be the item's owner",
        "(exit code 1)",
        "[jo] $ relsign decide v1.4.0 go",
        "error: @jo cannot record GO on v1.4.0",
        "(exit code 1)",
        "[jo] $ relsign waive v1.4.0 load-test",
        "[jo] $ relsign decide v1.4.0 go",
        "[ci] $ relsign gate v1.4.0 --stage canary",
        "GO: v1.4.0 for production",
        "[kim] $ relsign verify v1.4.0",
        "intact",
        "[kim] $ relsign report v1.4.0",
        "v1.4.0 is GO",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing, or comes too early, in\n{shown}"));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(std::fs::read(home.path().join(".gitconfig")).unwrap(), before);
    assert!(!home.path().join(".ssh").exists(), "the demo must not make keys in the user's own home");

    // One can go on by hand, with one's own home and without naming a key.
    let clone = |who: &str| home.path().join("sandbox").join(who).join("parcel-map").display().to_string();
    let reject = relsign(home.path(), &["-C", &clone("raj"), "reject", "v1.4.0", "tests", "--reason", "one is skipped"]);
    assert_eq!(reject.status.code(), Some(0), "{}", text(&reject));
    let gate = relsign(home.path(), &["-C", &clone("ci"), "gate", "v1.4.0"]);
    assert_eq!(gate.status.code(), Some(1), "{}", text(&gate));
}

#[test]
fn whoever_is_alone_sees_six_commands_from_a_repository_to_go() {
    let home = place::folder("demo");
    let output = relsign(home.path(), &["demo", "--alone", "--dir", "sandbox"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let (_, six) = shown.split_once("== Six commands to GO ==").unwrap();
    let (six, rest) = six.split_once("# now a pipeline can ask").unwrap();
    assert_eq!(six.matches("[jo] $ ").count(), 6, "{shown}");
    assert!(rest.contains("GO: v1.0.0 for production") && rest.contains("v1.0.0 is GO. Everything is in"), "{shown}");
    assert!(!home.path().join(".ssh").exists(), "the demo must not make keys in the user's own home");
}

#[test]
fn quiet_prints_only_where_everything_is() {
    let home = place::folder("demo");
    let output = relsign(home.path(), &["demo", "--quiet", "--dir", "sandbox"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.starts_with("v1.4.0 is GO"), "{shown}");
    assert!(!shown.contains("] $ "), "{shown}");
}

#[test]
fn a_folder_that_is_in_use_is_left_alone() {
    let home = place::folder("demo");
    std::fs::write(home.path().join("mine"), "dear to me").unwrap();
    let output = relsign(home.path(), &["demo", "--dir", "."]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("is not empty"), "{}", text(&output));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn a_step_that_fails_fails_the_demo_and_is_named() {
    let home = place::folder("demo");
    let output = Command::new(crate::place::program())
        .args(["demo", "--dir", "sandbox"])
        .current_dir(home.path())
        .env_clear()
        .env("PATH", home.path())
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("the demo failed: [server] git init"), "{}", text(&output));
}
