//! What `sync --repair` and the commands that miss records say is gone: that alone, and by its id.

use serde_json::{Value, json};

use crate::receipts::{served, witnessed};
use crate::sandbox::{Run, Sandbox, Stage, TAG};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";
const RECEIPTS: &str = "refs/notes/relsign-receipts";

/// Gives the ids that a repair found nowhere, as it prints them for programs.
#[track_caller]
fn lost(run: Run) -> Vec<String> {
    let told = run.json();
    told["lost"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn receipts_that_lie_here_or_at_a_remote_are_no_loss() {
    // Expected: exit 0 of sync --repair and verify --all where a witness's receipt was seen; exit 4 with its id once it is
    // nowhere.
    let box_ = witnessed(Stage::Signed);
    let id = box_.run_as("ci", &["--json", "witness"]).exits(0).json()["receipts"][0]["id"].as_str().unwrap().to_owned();
    box_.verify(TAG, 0);
    box_.run(&["verify", "--all"]).exits(0);
    let run = box_.run(&["sync", "--repair"]).exits(0).says("nothing to repair");
    assert!(!run.text().contains("anywhere"), "{}", run.text());
    let (server, _) = served(&box_);
    box_.run(&["sync"]).exits(0);
    box_.git(&["update-ref", "-d", RECEIPTS]);
    box_.run(&["sync", "--repair"]).exits(0);
    box_.verify(TAG, 0);
    // What the remote had when it was last asked comes back, although it has it no more.
    for place in [&server, &box_.repo] {
        box_.git_in(place, &["update-ref", "-d", RECEIPTS]);
    }
    box_.run(&["sync", "--repair"]).exits(0);
    box_.verify(TAG, 0);
    // Nowhere at all: what was seen is missed, and named.
    box_.git(&["update-ref", "-d", RECEIPTS]);
    box_.git_fetched(&["update-ref", "-d", "refs/worktree/relsign/origin/notes-receipts"]);
    let run = box_.run(&["sync", "--repair", "--json"]).exits(4).says(&format!("1 record that this clone has seen {GONE}"));
    assert_eq!(lost(run), std::slice::from_ref(&id));
    box_.run(&["sync", "--repair"]).exits(4).says(&id[..12]);
    box_.verify(TAG, 4).finds("receipt-missing");
}

/// How a repair speaks of what is gone.
const GONE: &str = "can't be found anywhere";

#[test]
fn a_record_that_is_nowhere_is_named_for_programs_too() {
    // Expected: exit 4, the id in `lost` with and without a remote, and nothing but JSON on standard output.
    let box_ = Sandbox::at(Stage::Signed);
    assert_eq!(lost(box_.run(&["sync", "--repair", "--json"]).exits(0)), Vec::<String>::new());
    let gone = "ab".repeat(32);
    let seen = box_.repo.join(format!(".git/relsign/baseline/records-{}", box_.id(TAG)));
    let before = std::fs::read_to_string(&seen).unwrap();
    std::fs::write(&seen, format!("{before}{gone}\n")).unwrap();
    let run = box_.run(&["sync", "--repair", "--json"]).exits(4).says(GONE);
    assert_eq!((&run.json()["remote"], lost(run.clone())), (&Value::Null, vec![gone.clone()]));
    served(&box_);
    let run = box_.run(&["sync", "--repair", "--json"]).exits(4).says(GONE);
    assert_eq!((&run.json()["remote"], lost(run.clone())), (&json!("origin"), vec![gone]));
    assert_eq!(lost(box_.run(&["sync", "--json"]).exits(0)), Vec::<String>::new());
}

#[test]
fn under_a_new_root_nobody_misses_what_lies_there_under_the_former_one() {
    // Expected: exit 0 of sync --repair, record-foreign and no record-vanished of verify and status; a record that went is
    // missed.
    let server = Server::at(Stage::Go);
    let box_ = &server.box_;
    server.run("rita", &["freeze", "start", "incident", "--ref", "topic", "--reason", "r"]).exits(0);
    box_.commit("more");
    box_.tag("v1.1.0");
    let until = "2027-02-01T00:00:00Z";
    server.run("rita", &["open", "v1.1.0", "--freeze", "topic", "--freeze-until", until]).exits(0);
    for args in [&["verify", TAG][..], &["verify", "--all"], &["freeze", "list"], &["sync", "--repair"]] {
        box_.run(args).exits(0);
    }
    // Nothing comes from a server then.
    box_.git(&["remote", "remove", "origin"]);
    std::fs::remove_dir_all(box_.repo.join(".git/relsign/fetched")).unwrap();
    let old = box_.root();
    server.run("rita", &["init", "--new-root", "--yes", "--no-hooks"]).exits(0);
    assert_ne!(box_.root(), old);
    let tip = box_.id(NOTES);
    box_.run(&["sync", "--repair"]).exits(0).says("nothing to repair");
    assert_eq!(box_.id(NOTES), tip, "no line of the former root is junk");
    for tag in [TAG, "v1.1.0"] {
        for args in [&["verify", tag][..], &["status", tag], &["log", tag]] {
            let run = box_.run(args);
            assert!(!run.text().contains("record-vanished"), "{args:?}: {}", run.text());
        }
        box_.verify(tag, 0).finds("record-foreign").lacks("record-vanished");
        box_.run(&["verify", tag, "--root", &old]).exits(0);
    }
    box_.run(&["verify", "--all"]).exits(0);
    // What really goes is missed, whichever root it was of, and a repair brings it back.
    box_.drop_lines(TAG, |entry| entry.kind() == "decide");
    box_.verify(TAG, 4).finds("record-vanished");
    box_.run(&["sync", "--repair"]).exits(0).says("1 record restored");
    box_.verify(TAG, 0).lacks("record-vanished");
}

#[test]
fn a_tag_that_is_called_like_a_side_ref_brings_no_lines_in() {
    // Expected: exit 0: a tag NAME/notes of the remote, on a commit whose tree looks like notes, is no place where records lie.
    let box_ = Sandbox::at(Stage::Opened);
    let (server, _) = served(&box_);
    box_.run(&["sync"]).exits(0);
    let tip = box_.id(NOTES);
    let blob = box_.blob(b"junk\n");
    let tree = box_.git_with(&["mktree"], format!("100644 blob {blob}\t{}\n", box_.id(TAG)).as_bytes());
    let commit = box_.git(&["commit-tree", "-m", "notes", &tree]);
    box_.git(&["push", "-q", "--no-verify", "origin", &format!("{commit}:refs/tags/x/notes")]);
    assert!(box_.git_in(&server, &["for-each-ref"]).contains("refs/tags/x/notes"));
    box_.run(&["sync", "--repair"]).exits(0).says("nothing to repair");
    assert_eq!(box_.id(NOTES), tip);
}
