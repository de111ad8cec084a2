//! Refs: what an attacker puts where records, evidence, policy and tags should be, here and on a server.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::sandbox::{Sandbox, Stage, TAG, ended};

const NOTES: &str = "refs/notes/relsign";

/// Objects of every kind that is no commit: the tag, a tree and a blob.
fn no_commits(box_: &Sandbox) -> [(String, &'static str); 3] {
    [(box_.id(TAG), "tag"), (box_.id("HEAD^{tree}"), "tree"), (box_.id("HEAD:RELEASE.md"), "blob")]
}

#[test]
fn a_notes_ref_that_is_no_commit_is_named() {
    // Expected: exit 3 of every command, with the ref, what stands there, and its id; nothing is signed upon it.
    let box_ = Sandbox::at(Stage::Go);
    for (object, kind) in no_commits(&box_) {
        box_.set_ref(NOTES, &object);
        for command in ["gate", "verify", "status", "report", "log"] {
            box_.run(&[command, TAG]).exits(3).says(&format!("the ref {NOTES} points at {kind} {object}"));
        }
        box_.run(&["verify", "--all"]).exits(3).says(NOTES);
        box_.run_as("ann", &["reject", TAG, "tests", "--reason", "no"]).exits(3).says(NOTES);
        assert_eq!(box_.id(NOTES), object);
    }
}

#[test]
fn a_notes_ref_that_is_a_commit_of_sources_holds_no_records() {
    // Expected: record-vanished and exit 4 where they were seen, and never GO for a stranger.
    let box_ = Sandbox::at(Stage::Go);
    box_.set_ref(NOTES, "HEAD");
    box_.verify(TAG, 4).finds("record-vanished");
    box_.gate(TAG, 4);
    box_.forget();
    box_.gate(TAG, 1).says("not-opened");
}

#[test]
fn a_policy_ref_that_is_no_commit_is_named() {
    // Expected: exit 3, with what stands there; and for a commit of something else, what is wrong with its tree.
    let box_ = Sandbox::at(Stage::Go);
    for (object, kind) in no_commits(&box_) {
        box_.set_ref("refs/relsign/policy", &object);
        box_.gate(TAG, 3).says(&format!("the policy ends at {kind} {object}"));
    }
    box_.set_ref("refs/relsign/policy", "HEAD");
    box_.gate(TAG, 3).says("policy version 1 is not well formed");
}

#[test]
fn an_evidence_ref_that_is_no_commit_is_named() {
    // Expected: exit 3 with the ref, where a record cites evidence.
    let box_ = Sandbox::at(Stage::Signed);
    std::fs::write(box_.path("home/proof.txt"), "proof\n").unwrap();
    let proof = box_.path("home/proof.txt");
    box_.run_as("bob", &["approve", TAG, "rollback", "--evidence", proof.to_str().unwrap()]).exits(0);
    for (object, kind) in no_commits(&box_) {
        box_.set_ref("refs/relsign/evidence", &object);
        box_.run(&["verify", TAG]).exits(3).says(&format!("the ref refs/relsign/evidence points at {kind} {object}"));
    }
}

/// Writes a tree from its entries as they are given, which git itself would refuse to write where they are hostile.
fn tree(box_: &Sandbox, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        bytes.extend((0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
    }
    box_.git_with(&["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], &bytes)
}

/// Makes a tree the tip of the notes, after what was there.
fn commit_notes(box_: &Sandbox, tree: &str) {
    let commit = box_.git(&["commit-tree", "-p", NOTES, "-m", "notes", tree]);
    box_.set_ref(NOTES, &commit);
}

/// Gives the blob of the note of the release, and the digits of the tag object.
fn note_of_tag(box_: &Sandbox) -> (String, String) {
    let object = box_.id(TAG);
    (box_.git(&["notes", "--ref=relsign", "list", &object]), object)
}

#[test]
fn a_note_that_is_no_file_holds_nothing() {
    // Expected: record-vanished, exit 4: a directory, a symbolic link and a submodule are no notes; never GO.
    for mode in ["40000", "120000", "160000"] {
        let box_ = Sandbox::at(Stage::Go);
        let (blob, object) = note_of_tag(&box_);
        let id = if mode == "40000" { tree(&box_, &[("100644", "x", &blob)]) } else { blob };
        let root = tree(&box_, &[(mode, &object, &id)]);
        commit_notes(&box_, &root);
        box_.verify(TAG, 4).finds("record-vanished");
        box_.gate(TAG, 4);
        box_.forget();
        box_.gate(TAG, 1);
    }
}

#[test]
fn a_note_below_any_fan_out_is_read() {
    // Expected: intact and GO for one directory for each two digits, however deep; the next record is added there.
    let box_ = Sandbox::at(Stage::Go);
    let (blob, object) = note_of_tag(&box_);
    let mut id = tree(&box_, &[("100755", &object[38..], &blob)]);
    for at in (0..38).step_by(2).rev() {
        id = tree(&box_, &[("40000", &object[at..at + 2], &id)]);
    }
    commit_notes(&box_, &id);
    box_.verify(TAG, 0).lacks("record-vanished");
    box_.gate(TAG, 0);
    box_.run_as("bob", &["approve", TAG, "healthy"]).exits(0);
    box_.verify(TAG, 0);
    assert_eq!(box_.log(TAG).len(), 10);
}

#[test]
fn a_note_below_a_fan_out_that_git_never_writes_holds_nothing() {
    // Expected: record-vanished, exit 4, where stock git sees no note either: other case, other lengths, more digits.
    type Shape = fn(&str) -> (String, String);
    let shapes: [Shape; 4] = [
        |digits| (digits[..2].to_uppercase() + "x", digits[2..].to_owned()),
        |digits| (digits[..1].to_owned(), digits[1..].to_owned()),
        |digits| (digits[..4].to_owned(), digits[4..].to_owned()),
        |digits| (digits[..2].to_owned(), digits[2..].to_owned() + "0"),
    ];
    for shape in shapes {
        let box_ = Sandbox::at(Stage::Go);
        let (blob, object) = note_of_tag(&box_);
        let (first, rest) = shape(&object);
        let below = tree(&box_, &[("100644", &rest, &blob)]);
        let root = tree(&box_, &[("40000", &first, &below)]);
        commit_notes(&box_, &root);
        assert!(box_.note(&object).is_empty());
        box_.verify(TAG, 4).finds("record-vanished");
        box_.gate(TAG, 4);
    }
}

#[test]
fn a_name_twice_in_a_tree_of_notes_hides_no_reject() {
    // Expected: unseen-negative, gate 1, whichever of the two entries of one name holds the reject.
    for swapped in [false, true] {
        let box_ = Sandbox::at(Stage::Go);
        let (before, object) = note_of_tag(&box_);
        let reject = box_.draft_word(TAG, "max", "tests", "reject");
        box_.plant(TAG, "max", &reject);
        let (after, _) = note_of_tag(&box_);
        let (first, second) = if swapped { (&after, &before) } else { (&before, &after) };
        let root = tree(&box_, &[("100644", &object, first), ("100644", &object, second)]);
        commit_notes(&box_, &root);
        box_.forget();
        box_.verify(TAG, 0).finds("unseen-negative");
        box_.gate(TAG, 1);
    }
}

#[test]
fn a_note_too_large_to_be_read_is_undecided_and_stops_no_other_release() {
    // Expected: too-many-lines, exit 4, gate 4; the release after it can't tell what passed, and every other is judged.
    let box_ = Sandbox::at(Stage::Go);
    box_.commit("second");
    box_.tag("v1.0.1");
    box_.run_as("rita", &["open", "v1.0.1"]).exits(0);
    let (small, object) = note_of_tag(&box_);
    let (other, second) = (box_.git(&["notes", "--ref=relsign", "list", &box_.id("v1.0.1")]), box_.id("v1.0.1"));
    let sparse = box_.path("home/sparse");
    std::fs::File::create(&sparse).unwrap().set_len(32 << 20).unwrap();
    let large = box_.git(&["hash-object", "-w", "--no-filters", sparse.to_str().unwrap()]);
    // Together they are over the limit, each under a fan-out of its own.
    let below = tree(&box_, &[("100644", &object[2..], &large)]);
    let root = tree(&box_, &[("40000", &object[..2], &below), ("100644", &object, &small), ("100644", &second, &other)]);
    commit_notes(&box_, &root);
    box_.verify(TAG, 4).finds("too-many-lines").says("more than the 33554432 bytes that are read");
    box_.gate(TAG, 4);
    box_.gate("v1.0.1", 4).says("previous-not-here");
    box_.run(&["verify", "--all"]).exits(4).says("v1.0.1").says("too-many-lines");
    box_.run(&["status"]).exits(0).says("v1.0.1");
}

#[test]
fn a_symbolic_notes_ref_is_not_written_through() {
    // Expected: exit 4 with both names, and the branch that it leads to stays as it is.
    let box_ = Sandbox::at(Stage::Go);
    box_.set_ref("refs/heads/other", NOTES);
    box_.git(&["symbolic-ref", NOTES, "refs/heads/other"]);
    let before = box_.id("refs/heads/other");
    box_.gate(TAG, 0);
    box_.run_as("bob", &["approve", TAG, "healthy"]).exits(4).says(NOTES).says("symbolic ref to refs/heads/other");
    assert_eq!(box_.id("refs/heads/other"), before);
}

#[test]
fn a_lock_left_behind_is_named_with_what_to_do() {
    // Expected: exit 5 with the file and the command; the records that were there stay, and after it signing works.
    let box_ = Sandbox::at(Stage::Go);
    let lock = box_.repo.join(".git/refs/notes/relsign.lock");
    std::fs::write(&lock, "").unwrap();
    box_.gate(TAG, 0);
    let run = box_.run_as("bob", &["approve", TAG, "healthy"]).exits(5).says("relsign.lock").says("rm ");
    assert!(run.took.as_secs() < 60, "{:?}", run.took);
    std::fs::remove_file(&lock).unwrap();
    box_.run_as("bob", &["approve", TAG, "healthy"]).exits(0);
    box_.verify(TAG, 0);
}

#[test]
fn a_branch_of_the_tags_name_is_not_the_tag() {
    // Expected: GO for the tag and for its commit only, whatever else bears the name.
    let box_ = Sandbox::at(Stage::Go);
    let good = box_.id("HEAD");
    box_.write("src/main.c", "evil\n");
    box_.commit("evil");
    let evil = box_.id("HEAD");
    for name in [format!("refs/heads/{TAG}"), format!("refs/{TAG}"), format!("refs/remotes/{TAG}"), "refs/heads/tags/v1.0.0".into()]
    {
        box_.set_ref(&name, &evil);
    }
    std::fs::write(box_.repo.join(".git").join(TAG), format!("{evil}\n")).unwrap();
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
    box_.run(&["gate", "--no-sync", "--commit", &good]).exits(0);
    box_.run(&["gate", "--no-sync", "--commit", &evil]).exits(4).says("no release was opened on");
}

#[test]
fn a_branch_called_like_a_commit_is_not_taken_for_it() {
    // Expected: never GO for the id of a commit by a branch of that name, whole or abbreviated, here or not.
    let box_ = Sandbox::at(Stage::Go);
    let good = box_.id("HEAD");
    box_.write("src/main.c", "evil\n");
    box_.commit("evil");
    let evil = box_.id("HEAD");
    let absent = "d".repeat(40);
    for name in [&evil, &absent, &evil[..7], &evil[..12]] {
        box_.set_ref(&format!("refs/heads/{name}"), &good);
        box_.set_ref(&format!("refs/tags/{name}"), &good);
        let run = box_.run(&["gate", "--no-sync", "--commit", name]).exits(4);
        assert!(!run.text().contains("GO:"), "{}", run.text());
    }
    box_.run(&["gate", "--no-sync", "--commit", &evil[..7]]).exits(4).says("write the whole id");
    box_.run(&["gate", "--no-sync", "--commit", &good]).exits(0);
}

#[test]
fn refs_with_hostile_names_are_shown_harmlessly() {
    // Expected: no control byte on any stream, and the other releases are judged as ever.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    for name in
        [&b"v1\xe2\x80\xae0"[..], b"v1\xff\xfe", b"v1\xe2\x80\x8b.0.0", b"v1\xc2\x9b31m", b"-rf", b"$(id)", b"v1;id", b"a/v1.0.0"]
    {
        let name = [b"refs/tags/", name].concat();
        box_.git_with(&["update-ref", "--stdin"], &[b"create ", &name[..], b" ", object.as_bytes(), b"\n"].concat());
    }
    for command in [&["verify", "--all"][..], &["status"], &["gate", "--no-sync", TAG], &["mine"]] {
        box_.run_as("bob", command);
    }
    box_.gate(TAG, 0);
    let hostile = OsStr::from_bytes(b"v1\xff\xfe");
    let run = ended(box_.program().arg("gate").arg("--no-sync").arg(hostile));
    assert!(matches!(run.code, 2..=4), "{}", run.text());
    box_.gate("v1\u{202e}0", 3);
}

#[test]
fn tag_objects_that_git_would_not_write_are_never_go() {
    // Expected: exit 4 and tag-object-missing with what is wrong, and `verify --all` still tells of the others.
    let box_ = Sandbox::at(Stage::Go);
    let (note, object) = note_of_tag(&box_);
    let commit = box_.id("HEAD");
    let head = format!("object {commit}\ntype commit\ntag v2.0.0\n");
    let tags: [Vec<u8>; 7] = [
        format!("object {commit}\ntype commit\n\nno name\n").into_bytes(),
        format!("object {commit}\ntype commit\ntag \n\nempty\n").into_bytes(),
        format!("object {commit}\ntype commits\ntag v2.0.0\n\nkind\n").into_bytes(),
        format!("object {commit}\nobject {commit}\ntype commit\ntag v2.0.0\n\ntwice\n").into_bytes(),
        format!("{head}tagger Rita Mann <rita@example.com> 1 +0000\ntag v2.0.0\n\ntwo names\n").into_bytes(),
        [head.as_bytes(), b"\n", &vec![b'x'; 2 << 20]].concat(),
        b"object ".to_vec(),
    ];
    for bytes in tags {
        let id = box_.git_with(&["hash-object", "-t", "tag", "--literally", "-w", "--stdin"], &bytes);
        // Stock git points no ref at most of these, and other programs on a server do.
        std::fs::write(box_.repo.join(".git/refs/tags/v2.0.0"), format!("{id}\n")).unwrap();
        let root = tree(&box_, &[("100644", &object, &note), ("100644", &id, &note)]);
        commit_notes(&box_, &root);
        box_.forget();
        box_.verify("v2.0.0", 4).finds("tag-object-missing").says("can't be read");
        box_.gate("v2.0.0", 4);
        box_.run_as("rita", &["open", "v2.0.0"]).exits(4);
        box_.run(&["verify", "--all"]).exits(4).says(TAG);
    }
    box_.gate(TAG, 0);
}

#[test]
fn a_tag_that_lies_about_what_it_is_on_is_never_go() {
    // Expected: no GO, no panic: the tag says that a tree is a commit, or stands at the end of fifty tags.
    let box_ = Sandbox::at(Stage::Go);
    let tagger = "tagger Rita Mann <rita@example.com> 1 +0000";
    let tag_on = |object: &str, kind: &str| {
        let text = format!("object {object}\ntype {kind}\ntag v2.0.0\n{tagger}\n\nx\n");
        box_.git_with(&["hash-object", "-t", "tag", "--literally", "-w", "--stdin"], text.as_bytes())
    };
    let mut deep = box_.id(TAG);
    for _ in 0..50 {
        deep = tag_on(&deep, "tag");
    }
    for id in [tag_on(&box_.id("HEAD^{tree}"), "commit"), tag_on(&"e".repeat(40), "commit"), deep] {
        box_.set_ref("refs/tags/v2.0.0", &id);
        box_.verify("v2.0.0", 4).finds("tag-object-missing");
        box_.gate("v2.0.0", 4);
        box_.run_as("rita", &["open", "v2.0.0"]).exits(4);
    }
}

/// Gives the repository a server with the branch, the tag and all records.
fn with_server(box_: &Sandbox) -> PathBuf {
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main", TAG]);
    box_.run(&["sync"]).exits(0);
    server
}

#[test]
fn refs_of_a_server_that_are_overwritten_are_named_and_mended() {
    // Expected: exit 3 of sync and 4 of gate while notes, evidence or policy there are no commit; 0 once they are.
    let box_ = Sandbox::at(Stage::Go);
    let server = with_server(&box_);
    for name in [NOTES, "refs/relsign/evidence", "refs/relsign/policy"] {
        let good = box_.git_in(&server, &["rev-parse", name]);
        for (object, _) in no_commits(&box_) {
            box_.git_in(&server, &["update-ref", name, &object]);
            box_.run(&["sync"]).exits(3).says(&format!("{name} of origin is not a commit but object {object}"));
            box_.run(&["gate", TAG]).exits(4).says("could not be reached");
            box_.git_in(&server, &["update-ref", name, &good]);
            box_.run(&["sync"]).exits(0);
        }
    }
    box_.run(&["gate", TAG]).exits(0);
}

#[test]
fn a_server_that_takes_half_of_a_push_loses_nothing() {
    // Expected: exit 5 and NOT shared while it refuses the notes alone; a reader of the half is told, never GO; then 0.
    let box_ = Sandbox::at(Stage::Go);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git_in(&server, &["config", "receive.advertiseAtomic", "false"]);
    let hook = server.join("hooks/update");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\ncase \"$1\" in refs/notes/*) echo no >&2; exit 1;; esac\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main", TAG]);
    box_.run(&["sync"]).exits(5).says("NOT shared");
    box_.git_in(&server, &["rev-parse", "--verify", "refs/relsign/policy"]);
    let other = box_.path("other");
    box_.git_in(&box_.path("home"), &["clone", "-q", server.to_str().unwrap(), other.to_str().unwrap()]);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git_in(&other, &["config", "relsign.root", &root]);
    ended(box_.program().current_dir(&other).args(["gate", TAG])).exits(1).says("not-opened");
    std::fs::remove_file(&hook).unwrap();
    box_.run(&["sync"]).exits(0);
    ended(box_.program().current_dir(&other).args(["gate", TAG])).exits(0);
}

#[test]
fn a_tag_that_was_moved_on_a_server_keeps_no_record_back() {
    // Expected: exit 3 with the tag named, what was signed before there all the same, and the tag there as it was.
    let box_ = Sandbox::at(Stage::Opened);
    let server = with_server(&box_);
    box_.git_in(&server, &["-c", "user.name=x", "-c", "user.email=x@example.com", "tag", "-f", "-a", "-m", "x", TAG, "main"]);
    let moved = box_.git_in(&server, &["rev-parse", TAG]);
    box_.run_as("ann", &["approve", TAG, "tests", "--no-sync"]).exits(0);
    box_.run(&["sync"]).exits(3).says("is not the tag object that was opened");
    assert_eq!(box_.git_in(&server, &["rev-parse", NOTES]), box_.id(NOTES));
    box_.run_as("ann", &["approve", TAG, "migration"]).exits(3).says("restore it");
    box_.run_as("ann", &["reject", TAG, "rollback", "--reason", "no"]).exits(0).says("shared with origin");
    assert_eq!(box_.git_in(&server, &["rev-parse", NOTES]), box_.id(NOTES));
    assert_eq!(box_.git_in(&server, &["rev-parse", TAG]), moved);
}

#[test]
fn a_ref_of_a_server_that_means_nothing_stops_no_sync() {
    // Expected: exit 0 and every record there, whatever else stands below refs/relsign/ at the server.
    let box_ = Sandbox::at(Stage::Opened);
    let server = with_server(&box_);
    for name in ["notes", "notes-receipts", "tags/v1.0.0", "remotes/origin/notes", "other/x"] {
        box_.git_in(&server, &["update-ref", &format!("refs/relsign/{name}"), "main"]);
    }
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run(&["sync"]).exits(0);
    assert_eq!(box_.git_in(&server, &["rev-parse", NOTES]), box_.id(NOTES));
}

#[test]
fn a_proposal_that_a_server_does_not_take_keeps_no_record_back() {
    // Expected: exit 5 for the signature on it, 0 for a record with the proposal named as not shared, whether the server refuses
    // it or has something else in its place; no word of sharing where it was not.
    let box_ = Sandbox::at(Stage::Opened);
    let server = with_server(&box_);
    let text = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.write(".relsign/policy.toml", text + "\n# next\n");
    let hook = server.join("hooks/update");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\ncase \"$1\" in refs/relsign/proposals/*) echo overtaken >&2; exit 1;; esac\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let digest = box_.run_as("rita", &["policy", "propose", "--json"]).exits(5).json();
    let digest = digest["proposal"]["digest"].as_str().unwrap().to_owned();
    let name = format!("refs/relsign/proposals/{digest}");
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0).says(&format!("{name} is not shared"));
    assert_eq!(box_.git_in(&server, &["rev-parse", NOTES]), box_.id(NOTES));
    std::fs::remove_file(&hook).unwrap();
    let junk = box_.git_in(&server, &["rev-parse", "main^{tree}"]);
    box_.git_in(&server, &["update-ref", &name, &junk]);
    let signed = box_.run_as("rita", &["policy", "propose"]).exits(5).says("NOT shared");
    assert!(!signed.text().contains("shared with origin\n"), "{}", signed.text());
    box_.run_as("bob", &["approve", TAG, "tests"]).exits(0).says(&format!("{name} is not shared"));
    assert_eq!(box_.git_in(&server, &["rev-parse", &name]), junk);
}

#[test]
fn a_ref_in_the_way_on_a_server_is_told_at_once() {
    // Expected: exit 5 with git's reason and no endless trying; what is here stays, and comes back where it was.
    let box_ = Sandbox::at(Stage::Go);
    let server = with_server(&box_);
    let tip = box_.id(NOTES);
    box_.git_in(&server, &["update-ref", "-d", NOTES]);
    box_.git_in(&server, &["update-ref", "refs/notes/relsign/x", &tip]);
    let run = box_.run(&["sync"]).exits(5).says("NOT shared").says("cannot create");
    assert!(run.took.as_secs() < 10 && !run.text().contains("shared again"), "{:?}: {}", run.took, run.text());
    box_.git_in(&server, &["update-ref", "-d", "refs/notes/relsign/x"]);
    box_.run(&["sync"]).exits(0);
    assert_eq!(box_.git_in(&server, &["rev-parse", NOTES]), tip);
}

#[test]
fn what_a_server_says_about_other_remotes_is_not_taken_over() {
    // Expected: no side ref comes of another remote, no replacement comes, and no branch moves.
    let box_ = Sandbox::at(Stage::Go);
    let server = with_server(&box_);
    box_.write("src/main.c", "evil\n");
    box_.commit("evil");
    let evil = box_.id("HEAD");
    box_.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main"]);
    box_.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let good = box_.id("HEAD");
    for name in
        [format!("refs/replace/{good}"), "refs/worktree/relsign/other/notes".into(), "refs/worktree/relsign/origin/notes".into()]
    {
        box_.git_in(&server, &["update-ref", &name, &evil]);
    }
    box_.run(&["sync"]).exits(0);
    let refs = box_.git_fetched(&["for-each-ref", "--format=%(refname)", "refs/replace", "refs/worktree/relsign/other"]);
    assert_eq!(refs, "");
    assert_eq!(box_.git_fetched(&["rev-parse", "refs/worktree/relsign/origin/notes"]), box_.id(NOTES));
    assert_eq!(box_.id("refs/heads/main"), good);
    box_.run(&["gate", TAG]).exits(0);
}

#[test]
fn a_policy_version_that_is_a_link_or_more_than_its_files_is_refused() {
    // Expected: exit 3 and what is wrong with the tree: a symbolic link, a submodule, another mode, a file too many.
    let entry = |mode: &str, kind: &str, id: &str, name: &str| format!("{mode} {kind} {id}\t{name}\n");
    let box_ = Sandbox::at(Stage::Go);
    let id = |path: &str| box_.id(&format!("refs/relsign/policy:{path}"));
    let (policy, anchors, records) = (id("version/policy.toml"), id("version/anchors"), id("records"));
    let good = entry("100644", "blob", &anchors, "anchors");
    let head = box_.id("HEAD");
    let shapes = [
        entry("120000", "blob", &policy, "policy.toml") + &good,
        entry("160000", "commit", &head, "policy.toml") + &good,
        entry("100755", "blob", &policy, "policy.toml") + &good,
        entry("100644", "blob", &policy, "policy.toml") + &good + &entry("100644", "blob", &policy, "more.toml"),
        entry("100644", "blob", &policy, "Policy.toml") + &good,
        entry("100644", "blob", &policy, "policy.toml"),
    ];
    for shape in shapes {
        let version = box_.git_with(&["mktree"], shape.as_bytes());
        let listed = entry("040000", "tree", &version, "version") + &entry("100644", "blob", &records, "records");
        let root = box_.git_with(&["mktree"], listed.as_bytes());
        let commit = box_.git(&["commit-tree", "-m", "policy", &root]);
        box_.set_ref("refs/relsign/policy", &commit);
        box_.gate(TAG, 3).says("not well formed");
        box_.run(&["verify", TAG]).exits(3).says("policy version 1");
    }
}
