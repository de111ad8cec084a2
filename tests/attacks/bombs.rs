//! Bombs: little to push and much to read. Each is met in a process that may not have more memory than the limit.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::sandbox::{CHECKLIST, Run, Sandbox, Stage, TAG, ended, hex};
use sha2::{Digest, Sha256};

/// Runs the program with at most so many megabytes of address space.
#[track_caller]
fn run_within(box_: &Sandbox, megabytes: u64, args: &[&str]) -> Run {
    let program = box_.program();
    let mut command = std::process::Command::new("sh");
    let script = format!("ulimit -v {} && exec \"$0\" \"$@\"", megabytes * 1024);
    command.arg("-c").arg(script).arg(program.get_program()).args(args);
    command.env_clear().current_dir(&box_.repo).stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    let run = ended(&mut command);
    assert!(run.took < Duration::from_secs(60), "{args:?} took {:?}", run.took);
    run
}

#[test]
fn a_million_lines_are_read_in_bounded_memory() {
    // Expected: exit 3, gate as before, within 400 MB: a million lines that are none.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    let mut note = box_.note(&object);
    note.extend((0..1_000_000).flat_map(|n| format!("{n}\n").into_bytes()));
    box_.set_note(&object, &note);
    run_within(&box_, 400, &["verify", TAG]).exits(3).says("junk-lines");
    run_within(&box_, 400, &["gate", "--no-sync", TAG]).exits(0);
}

#[test]
fn a_line_of_thirty_megabytes_is_read_in_bounded_memory() {
    // Expected: line-too-long, exit 3, gate as before, within 400 MB.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    let mut note = box_.note(&object);
    note.resize(note.len() + 30_000_000, b'A');
    note.push(b'\n');
    box_.set_note(&object, &note);
    run_within(&box_, 400, &["verify", TAG]).exits(3).says("line-too-long");
    run_within(&box_, 400, &["gate", "--no-sync", TAG]).exits(0);
}

#[test]
fn evidence_of_another_size_is_not_read() {
    // Expected: evidence-changed, exit 3, within 300 MB: anybody who pushes can keep 400 MB of zeros for a digest.
    let box_ = Sandbox::at(Stage::Signed);
    std::fs::write(box_.path("home/proof.txt"), "proof\n").unwrap();
    let proof = box_.path("home/proof.txt").display().to_string();
    box_.run_as("bob", &["approve", TAG, "rollback", "--evidence", &proof]).exits(0);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let sparse = box_.path("home/sparse");
    std::fs::File::create(&sparse).unwrap().set_len(400 << 20).unwrap();
    let blob = box_.git(&["hash-object", "-w", "--no-filters", sparse.to_str().unwrap()]);
    let digest = hex(&Sha256::digest(b"proof\n"));
    let below = box_.git_with(&["mktree"], format!("100644 blob {blob}\t{}\n", &digest[2..]).as_bytes());
    let tree = box_.git_with(&["mktree"], format!("040000 tree {below}\t{}\n", &digest[..2]).as_bytes());
    let commit = box_.git(&["commit-tree", "-m", "evidence", "-p", "refs/relsign/evidence", &tree]);
    box_.set_ref("refs/relsign/evidence", &commit);
    run_within(&box_, 300, &["verify", TAG]).exits(3).says("evidence-changed");
    run_within(&box_, 300, &["gate", "--no-sync", TAG]).exits(3);
}

#[test]
fn evidence_that_is_no_file_is_missing() {
    // Expected: evidence-missing, exit 4, where a directory, a link or a submodule lies for the digest.
    for (mode, kind) in [("040000", "tree"), ("120000", "blob"), ("160000", "commit")] {
        let box_ = Sandbox::at(Stage::Signed);
        std::fs::write(box_.path("home/proof.txt"), "proof\n").unwrap();
        let proof = box_.path("home/proof.txt").display().to_string();
        box_.run_as("bob", &["approve", TAG, "rollback", "--evidence", &proof]).exits(0);
        let digest = hex(&Sha256::digest(b"proof\n"));
        let id = match kind {
            "tree" => box_.id("HEAD^{tree}"),
            "blob" => box_.git_with(&["hash-object", "-w", "--stdin"], b"proof\n"),
            _ => box_.id("HEAD"),
        };
        let below = box_.git_with(&["mktree"], format!("{mode} {kind} {id}\t{}\n", &digest[2..]).as_bytes());
        let tree = box_.git_with(&["mktree"], format!("040000 tree {below}\t{}\n", &digest[..2]).as_bytes());
        let commit = box_.git(&["commit-tree", "-m", "evidence", "-p", "refs/relsign/evidence", &tree]);
        box_.set_ref("refs/relsign/evidence", &commit);
        box_.verify(TAG, 4).finds("evidence-missing").says("proof.txt");
    }
}

#[test]
fn a_tree_of_trees_of_trees_is_not_spelled_out() {
    // Expected: an answer within a minute and 500 MB for 2^60 paths made of sixty trees, tagged and as notes.
    let box_ = Sandbox::at(Stage::Go);
    let mut tree = box_.id("HEAD^{tree}");
    for _ in 0..60 {
        let text = format!("040000 tree {tree}\taa\n040000 tree {tree}\tbb\n");
        tree = box_.git_with(&["mktree"], text.as_bytes());
    }
    let commit = box_.git(&["commit-tree", "-p", "HEAD", "-m", "bomb", &tree]);
    box_.git(&["-c", "user.email=rita@example.com", "tag", "-a", "-m", "x", "v2.0.0", &commit]);
    run_within(&box_, 500, &["verify", "v2.0.0"]).exits(0);
    run_within(&box_, 500, &["gate", "--no-sync", "v2.0.0"]).exits(1);
    let notes = box_.git(&["commit-tree", "-p", "refs/notes/relsign", "-m", "bomb", &tree]);
    box_.set_ref("refs/notes/relsign", &notes);
    run_within(&box_, 500, &["gate", "--no-sync", TAG]).exits(4);
    let all = run_within(&box_, 500, &["verify", "--all"]);
    assert!(matches!(all.code, 3 | 4), "{}", all.text());
}

#[test]
fn submodules_beyond_number_are_told_and_not_listed_for_ever() {
    // Expected: no GO, within 500 MB: thirty trees that spell out a billion submodules.
    let box_ = Sandbox::at(Stage::Go);
    let commit = box_.id("HEAD");
    let mut tree = box_.git_with(&["mktree", "--missing"], format!("160000 commit {commit}\tlib\n").as_bytes());
    for _ in 0..30 {
        let text = format!("040000 tree {tree}\taa\n040000 tree {tree}\tbb\n");
        tree = box_.git_with(&["mktree"], text.as_bytes());
    }
    let commit = box_.git(&["commit-tree", "-p", "HEAD", "-m", "bomb", &tree]);
    box_.git(&["-c", "user.email=rita@example.com", "tag", "-a", "-m", "x", "v2.0.0", &commit]);
    run_within(&box_, 500, &["verify", "v2.0.0"]).exits(4).says("links to other repositories");
    run_within(&box_, 500, &["gate", "--no-sync", "v2.0.0"]).exits(4);
}

#[test]
fn a_record_of_ten_thousand_parents_is_bounded() {
    // Expected: an answer, cannot decide, within 400 MB: each parent is a record that is not here.
    let box_ = Sandbox::at(Stage::Go);
    let mut word = box_.draft_word(TAG, "max", "healthy", "approve");
    word["predicate"]["parents"] = json!((0..10_000).map(|n| format!("{n:064x}")).collect::<Vec<_>>());
    box_.plant(TAG, "max", &word);
    let run = run_within(&box_, 400, &["verify", TAG]);
    assert!(matches!(run.code, 3 | 4), "{}", run.text());
    assert!(run.text().len() < 2_000_000, "{} bytes", run.text().len());
    let gate = run_within(&box_, 400, &["gate", "--no-sync", TAG]);
    assert!(matches!(gate.code, 0 | 4), "{}", gate.text());
}

#[test]
fn checklists_in_json_that_explode_are_refused() {
    // Expected: exit 1 or 3, in bounded time: nesting, keys without end, numbers without end, and a list of a million.
    let deep = "[".repeat(400_000);
    let bombs = [
        deep.clone(),
        "{\"items\":".repeat(100_000),
        format!("{{\"items\":[{}]}}", vec!["{}"; 250_000].join(",")),
        format!("{{\"version\":{}}}", "9".repeat(900_000)),
        format!("{{{}}}", (0..60_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",")),
        format!("\"{}\"", "\\ud800".repeat(100_000)),
        format!("{{\"title\":\"a\",\"title\":\"b\",\"x\":{deep}"),
    ];
    for (number, bomb) in bombs.iter().enumerate() {
        let box_ = Sandbox::at(Stage::Begun);
        box_.write("release.json", bomb);
        let run = run_within(&box_, 500, &["checklist", "lint", "release.json"]);
        assert!(matches!(run.code, 1 | 3), "bomb {number}, exit {}:\n{}", run.code, run.text());
        assert!(run.text().len() < 2_000_000, "bomb {number} prints {} bytes", run.text().len());
    }
}

#[test]
fn a_commit_message_without_end_is_bounded() {
    // Expected: no GO beyond the limit of a commit, and a range of long co-author lists is read in bounded memory.
    let box_ = Sandbox::at(Stage::Begun);
    let long: String = (0..100_000).map(|n| format!("Co-authored-by: P{n} <p{n}@example.com>\n")).collect();
    let file = box_.path("home/message");
    std::fs::write(&file, format!("many\n\n{long}")).unwrap();
    box_.git(&["commit", "-q", "--allow-empty", "-F", file.to_str().unwrap()]);
    box_.tag(TAG);
    let key = box_.key("rita").display().to_string();
    // A commit that anybody may push must not keep a release from being opened.
    let open = run_within(&box_, 500, &["--key", &key, "open", TAG]).exits(0).says("are not in the policy");
    assert!(open.text().len() < 10_000, "{} bytes", open.text().len());
    box_.verify(TAG, 0).lacks("open-contradicts-range").finds("not-decided");
    std::fs::write(&file, vec![b'x'; 17 << 20]).unwrap();
    box_.git(&["commit", "-q", "--allow-empty", "-F", file.to_str().unwrap()]);
    box_.tag("v2.0.0");
    run_within(&box_, 500, &["--key", &key, "open", "v2.0.0"]).exits(4);
    run_within(&box_, 500, &["gate", "--no-sync", "v2.0.0"]).exits(4);
}

#[test]
fn checks_of_a_checklist_are_not_run() {
    // Expected: opened, signed and judged, and no command that the tagged text names was started.
    let box_ = Sandbox::at(Stage::Begun);
    let canary = box_.path("canary");
    let check = format!("check=\"touch {}\"", canary.display());
    box_.write("RELEASE.md", CHECKLIST.replace("id=tests", &format!("id=tests {check}")));
    box_.commit("check");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]);
    for args in [&["gate", "--no-sync", TAG][..], &["verify", TAG], &["status", TAG], &["report", TAG]] {
        box_.run(args);
    }
    assert!(!canary.exists());
}
