//! The hook of a clone: advice that works, says why, and stays out of the way of whoever has nothing to do with relsign.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::sandbox::{Sandbox, fed};
use crate::version::is_older_than;

/// A project whose server has no hooks, so that whatever refuses is the clone's own, and a clone with its hook.
fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    sandbox.relsign(&["hook", "install"]).exits(0);
    sandbox.commit("second");
    sandbox
}

#[test]
fn a_refusal_comes_before_anything_leaves_and_rests_on_what_was_fetched_for_it() {
    let sandbox = project();
    let run = sandbox.push(&["origin", "HEAD:frozen"]).exits(1);
    let run = run.says("relsign: push to refs/heads/frozen refused: frozen by").says("[ref-frozen]").says_not("remote:");
    // It fetched before it refused, so nothing newer is there.
    run.says_not("judged by records");
    sandbox.push(&["origin", "main"]).exits(0).says_not("relsign:");
    sandbox.push(&["--no-verify", "origin", "HEAD:frozen"]).exits(0);
}

#[test]
fn one_frozen_ref_of_several_deletions_and_revisions_are_seen() {
    let sandbox = project();
    sandbox.push(&["origin", "main", "HEAD:frozen", "main:topic"]).exits(1).says("refs/heads/frozen");
    sandbox.push(&["origin", ":frozen"]).exits(1).says("refs/heads/frozen");
    sandbox.push(&["origin", "HEAD^{/second}:refs/heads/frozen"]).exits(1).says("refs/heads/frozen");
    sandbox.push(&["origin", "HEAD^{/second}:refs/heads/topic"]).exits(0);
    // Nothing to push is nothing to judge.
    sandbox.push(&["origin", "main:topic"]).exits(0).says_not("relsign:");
    // Git tells a clone's hook nothing of what a mirror deletes, but what it moves.
    sandbox.git(&["branch", "frozen"]);
    sandbox.push(&["--mirror", "origin"]).exits(1).says("refs/heads/frozen");
}

#[test]
fn a_repository_that_never_used_relsign_is_not_disturbed() {
    let sandbox = Sandbox::empty();
    sandbox.program("git", &sandbox.path("srv"), &["init", "-q", "--bare", "project.git"]).exits(0);
    sandbox.program("git", &sandbox.path(""), &["clone", "-q", "srv/project.git", "clone"]).exits(0);
    sandbox.relsign(&["hook", "install"]).exits(0);
    sandbox.on_server(&["hook", "install", "--server"]).exits(0).says("no root is pinned here");
    sandbox.commit("first");
    sandbox.push(&["origin", "main", "main:frozen"]).exits(0).says_not("relsign:");
    // A root that the user pins everywhere says nothing about this repository.
    let root = format!("SHA256:{}", "ab".repeat(32));
    sandbox.git(&["config", "--global", "relsign.root", &root]);
    sandbox.commit("second");
    sandbox.push(&["origin", "main", ":frozen"]).exits(0).says_not("relsign:");
    // But nobody brings a policy to a server that pinned no root for it.
    sandbox
        .push(&["--no-verify", "origin", "main:refs/relsign/policy"])
        .exits(1)
        .says("[root-unpinned]")
        .says("relsign trust SHA256:");
    sandbox.push(&["--no-verify", "origin", "main:refs/relsign/proposals/x"]).exits(1).says("[root-unpinned]");
}

#[test]
fn without_a_pin_or_a_policy_the_push_is_refused_with_what_to_do() {
    let sandbox = project();
    let root = sandbox.root();
    sandbox.git(&["config", "--unset-all", "relsign.root"]);
    sandbox.push(&["origin", "main"]).exits(1).says("root-unpinned").says(&format!("relsign trust {root}"));
    sandbox.git(&["config", "relsign.root", &format!("SHA256:{}", "ab".repeat(32))]);
    sandbox.push(&["origin", "main"]).exits(1).says("root-mismatch");
    sandbox.git(&["config", "relsign.root", &root]);
    let policy = sandbox.git(&["rev-parse", "refs/relsign/policy"]);
    sandbox.git(&["update-ref", "-d", "refs/relsign/policy"]);
    sandbox.push(&["origin", "main"]).exits(1).says("there is no policy here").says("relsign sync");
    // What lies there and is no policy is not taken for none.
    sandbox.git(&["update-ref", "refs/relsign/policy", "main"]);
    sandbox.push(&["origin", "main"]).exits(1).says("push refused: policy-invalid");
    sandbox.git(&["update-ref", "refs/relsign/policy", &policy]);
    sandbox.push(&["origin", "main"]).exits(0);
}

#[test]
fn a_program_that_is_gone_stops_the_push_and_is_named() {
    let sandbox = project();
    let hook = sandbox.clone().join(".git/hooks/pre-push");
    let text = std::fs::read_to_string(&hook).unwrap();
    let gone =
        text.replace(crate::place::program(), "/opt/gone/relsign").replace("command -v relsign", "command -v no-such-relsign");
    assert_ne!(gone, text);
    std::fs::write(&hook, gone).unwrap();
    sandbox
        .push(&["origin", "main"])
        .exits(1)
        .says("relsign: push refused: relsign is neither on PATH nor any longer at /opt/gone/relsign");
    assert_ne!(sandbox.landed("refs/heads/main"), Some(sandbox.git(&["rev-parse", "main"])));
}

#[test]
fn a_program_that_is_not_on_path_is_found_where_it_was_installed_from() {
    let sandbox = project();
    let git = sandbox.program("sh", &sandbox.clone(), &["-c", "command -v git"]).text;
    let folder = std::path::Path::new(git.trim()).parent().unwrap().to_owned();
    let path = std::env::join_paths([folder.as_path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let mut command = sandbox.command("git", &sandbox.clone());
    let run = crate::sandbox::ended(command.env("PATH", path).args(["push", "origin", "HEAD:frozen"]));
    run.exits(1).says("[ref-frozen]");
}

#[test]
fn linked_worktrees_and_named_git_directories_are_judged_alike() {
    let sandbox = project();
    sandbox.git(&["worktree", "add", "-q", "../linked"]);
    let linked = sandbox.path("linked");
    sandbox.program("git", &linked, &["push", "origin", "HEAD:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.program(crate::place::program(), &linked, &["hook", "install"]).exits(0).says("is already installed");
    let (git_dir, tree) = (sandbox.clone().join(".git"), sandbox.path("tree"));
    std::fs::create_dir(&tree).unwrap();
    let named = [format!("--git-dir={}", git_dir.display()), format!("--work-tree={}", tree.display())];
    let run = sandbox.program("git", &sandbox.path("home"), &[&named[0], &named[1], "push", "origin", "HEAD:frozen"]);
    run.exits(1).says("[ref-frozen]");
}

#[test]
fn pre_commit_hands_on_one_update_in_the_environment() {
    let sandbox = project();
    let new = sandbox.git(&["rev-parse", "HEAD"]);
    let run = |branch: &str| {
        let mut command = sandbox.command(crate::place::program(), &sandbox.clone());
        command.args(["hook", "run", "pre-push"]).env("PRE_COMMIT_REMOTE_BRANCH", branch).env("PRE_COMMIT_TO_REF", &new);
        crate::sandbox::ended(&mut command)
    };
    run("refs/heads/frozen").exits(1).says("[ref-frozen]");
    run("refs/heads/main").exits(0);
    // What can't be read is not passed over.
    let run = |branch: &std::ffi::OsStr, id: &std::ffi::OsStr| {
        let mut command = sandbox.command(crate::place::program(), &sandbox.clone());
        command.args(["hook", "run", "pre-push"]).env("PRE_COMMIT_REMOTE_BRANCH", branch).env("PRE_COMMIT_TO_REF", id);
        crate::sandbox::ended(&mut command)
    };
    let cut = new[..39].to_owned();
    let junk = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for id in [cut.as_ref(), "main".as_ref(), junk] {
        run("refs/heads/main".as_ref(), id).exits(5).says("push refused: pre-commit says that refs/heads/main gets");
    }
    run(junk, new.as_ref()).exits(4).says("not UTF-8");
}

#[test]
fn what_git_never_says_is_refused() {
    let sandbox = project();
    let run = |input: &[u8]| {
        let mut command = sandbox.command(crate::place::program(), &sandbox.clone());
        fed(command.args(["hook", "run", "pre-push", "--", "origin", "url"]), input)
    };
    run(b"one two\n").exits(5).says("relsign: push refused: the hook can't parse this line from git");
    run(b"a b \xff\xfe c\n").exits(4).says("not UTF-8");
    run(b"").exits(0);
}

#[test]
fn init_installs_the_hook_unless_told_otherwise() {
    let sandbox = Sandbox::project();
    let hook = sandbox.clone().join(".git/hooks/pre-push");
    assert!(!hook.exists(), "the base was made with --no-hooks");
    sandbox.relsign_as("dev", &["init", "--yes", "--no-hooks"]).exits(0);
    assert!(!hook.exists());
    sandbox.relsign_as("dev", &["init", "--yes"]).exits(0).says("installed pre-push");
    assert_eq!(hook.metadata().unwrap().permissions().mode() & 0o111, 0o111);
    sandbox.relsign_as("dev", &["init", "--yes"]).exits(0).says_not("installed pre-push");
}

#[test]
fn a_repository_that_relsign_cannot_open_is_disturbed_only_if_it_used_relsign() {
    if is_older_than((2, 45), "a reftable") {
        return;
    }
    let sandbox = Sandbox::empty();
    sandbox.program("git", &sandbox.path("srv"), &["init", "-q", "--bare", "project.git"]).exits(0);
    sandbox.program("git", &sandbox.path(""), &["init", "-q", "--ref-format=reftable", "clone"]).exits(0);
    sandbox.git(&["remote", "add", "origin", sandbox.server().to_str().unwrap()]);
    sandbox.commit("first");
    let shim = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/pre-push");
    std::fs::create_dir_all(sandbox.clone().join(".git/hooks")).unwrap();
    std::fs::copy(shim, sandbox.clone().join(".git/hooks/pre-push")).unwrap();
    sandbox.push(&["origin", "main"]).exits(0).says_not("relsign:");
    sandbox.git(&["update-ref", "refs/notes/relsign", "main"]);
    sandbox.push(&["origin", "main:topic"]).exits(1).says("reftable");
}

#[test]
fn a_whole_release_is_shared_through_the_hooks_of_both_ends() {
    let sandbox = Sandbox::project();
    sandbox.relsign(&["hook", "install"]).exits(0);
    sandbox.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", "v1.0.0", "v1.0.0"]);
    for words in [&["open", "v1.0.0"][..], &["approve", "v1.0.0", "works"], &["decide", "v1.0.0", "go"]] {
        sandbox.relsign_as("rita", words).exits(0).says("shared with origin").says_not("WARNING");
    }
    sandbox.push(&["origin", "v1.0.0^{commit}:refs/heads/production"]).exits(0).says_not("WARNING");
    sandbox.relsign(&["gate", "v1.0.0"]).exits(0);
}

#[test]
fn a_lost_line_note_or_step_of_the_policy_does_not_leave_the_clone() {
    let sandbox = project();
    for name in ["one", "two"] {
        let words = ["freeze", "start", name, "--ref", "elsewhere", "--reason", "r"];
        sandbox.relsign_as("rita", &words).exits(0);
    }
    let notes = sandbox.git(&["rev-parse", "refs/notes/relsign"]);
    assert_eq!(sandbox.landed("refs/notes/relsign"), Some(notes.clone()), "nothing here refuses what is whole");
    let root = format!("relsign-root-v1 {}\n", sandbox.root().trim_start_matches("SHA256:"));
    let mut hash = sandbox.command("git", &sandbox.clone());
    let blob = fed(hash.args(["hash-object", "-w", "--stdin"]), root.as_bytes()).exits(0).text.trim().to_owned();
    let log = sandbox.git(&["notes", "--ref=relsign", "show", &blob]);
    assert_eq!(log.lines().count(), 2);
    let never_left = |what: &str, code: &str, before: &str| {
        let run = sandbox.push(&["--force", "origin", what]).exits(1).says(code).says_not("remote:");
        assert_eq!(sandbox.landed(what).as_deref(), Some(before), "{}", run.text);
    };
    // One line.
    let short = log.lines().next().unwrap();
    sandbox.write("../short", &format!("{short}\n"));
    sandbox.git(&["notes", "--ref=relsign", "add", "-f", "-F", "../short", &blob]);
    never_left("refs/notes/relsign", "[own-ref-rewritten]", &notes);
    // A whole note.
    sandbox.git(&["notes", "--ref=relsign", "remove", &blob]);
    never_left("refs/notes/relsign", "[own-ref-rewritten]", &notes);
    // The notes of another history.
    sandbox.git(&["update-ref", "refs/notes/relsign", &format!("{notes}~1")]);
    never_left("refs/notes/relsign", "[own-ref-rewritten]", &notes);
    sandbox.git(&["update-ref", "refs/notes/relsign", &notes]);
    // A step of the policy.
    let file = sandbox.clone().join(".relsign/policy.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "\n# next\n").unwrap();
    let first = sandbox.git(&["rev-parse", "refs/relsign/policy"]);
    sandbox.relsign_as("rita", &["policy", "activate"]).exits(0);
    let second = sandbox.git(&["rev-parse", "refs/relsign/policy"]);
    assert_eq!(sandbox.landed("refs/relsign/policy"), Some(second.clone()));
    sandbox.push(&["--force", "origin", &format!("{first}:refs/relsign/policy")]).exits(1).says("[policy-rolled-back]");
    assert_eq!(sandbox.landed("refs/relsign/policy"), Some(second.clone()));
    sandbox.git(&["update-ref", "refs/relsign/policy", &first]);
    never_left("refs/relsign/policy", "policy-rolled-back", &second);
    // Also where the clone does not remember what it accepted.
    std::fs::remove_dir_all(sandbox.clone().join(".git/relsign")).unwrap();
    never_left("refs/relsign/policy", "[policy-rolled-back]", &second);
}

#[test]
fn a_release_that_freezes_is_shared_with_its_tag_although_the_remote_has_no_record_yet() {
    let sandbox = project();
    sandbox.relsign_as("rita", &["tag", "v1.0.0"]).exits(0);
    let words = ["open", "v1.0.0", "--freeze", "refs/heads/topic", "--freeze-until", "4h"];
    sandbox.relsign_as("rita", &words).exits(0).says("shared with origin");
    sandbox.push(&["origin", "HEAD:topic"]).exits(1).says("frozen by release v1.0.0");
}

#[test]
fn what_a_plain_fetch_brought_is_judged_by_and_its_age_is_told() {
    let sandbox = project();
    let other = sandbox.path("other");
    sandbox.git_in(&sandbox.path(""), &["clone", "-q", sandbox.server().to_str().unwrap(), other.to_str().unwrap()]);
    let elsewhere = |args: &[&str]| {
        let key = sandbox.key("rita").display().to_string();
        sandbox.program(crate::place::program(), &other, &[&["--key", key.as_str()], args].concat()).exits(0)
    };
    sandbox.git_in(&other, &["config", "relsign.root", &sandbox.root()]);
    elsewhere(&["sync"]);
    // What is known is two days old, until git fetches.
    let times = sandbox.clone().join(".git/relsign/sync.json");
    std::fs::write(&times, "{\"origin\":{\"fetched\":\"2026-01-01T00:00:00Z\"}}").unwrap();
    elsewhere(&["freeze", "start", "topic", "--ref", "topic", "--until", "2999-01-01T00:00:00Z", "--reason", "not now"]);
    sandbox.push(&["--dry-run", "origin", "HEAD:topic"]).exits(0);
    // Where the hook can't fetch before it refuses, it says how old the records are.
    let server = sandbox.server().display().to_string();
    sandbox.git(&["config", "remote.origin.pushurl", &server]);
    sandbox.git(&["config", "remote.origin.url", "/nowhere"]);
    sandbox
        .push(&["--dry-run", "origin", "HEAD:frozen"])
        .exits(1)
        .says("fetched from origin")
        .says_not("fetched from origin just now");
    sandbox.git(&["config", "remote.origin.url", &server]);
    sandbox.git(&["fetch", "-q", "origin"]);
    let run = sandbox.push(&["--dry-run", "origin", "HEAD:topic"]).exits(1).says("[ref-frozen]").says("not now");
    run.says_not("judged by records");
    // What is only here counts too, and the hook writes nothing.
    let words = ["freeze", "start", "mine", "--ref", "mine", "--until", "2999-01-01T00:00:00Z", "--reason", "my own", "--no-sync"];
    sandbox.relsign_as("rita", &words).exits(0);
    let before = sandbox.git(&["for-each-ref"]);
    sandbox.push(&["--dry-run", "origin", "HEAD:topic"]).exits(1).says("not now");
    sandbox.push(&["--dry-run", "origin", "HEAD:mine"]).exits(1).says("my own");
    assert_eq!(sandbox.git(&["for-each-ref"]), before);
    // So is a newer policy.
    let text = std::fs::read_to_string(sandbox.clone().join(".relsign/policy.toml")).unwrap();
    let text = text.replace("refs/heads/frozen", "refs/heads/*");
    std::fs::write(other.join(".relsign/policy.toml"), text).unwrap();
    elsewhere(&["policy", "activate"]);
    sandbox.push(&["--dry-run", "origin", "main"]).exits(0);
    sandbox.git(&["fetch", "-q", "origin"]);
    sandbox.push(&["--dry-run", "origin", "main"]).exits(1).says("[ref-frozen]");
    // A policy that nobody accepted changes nothing.
    sandbox.git_in(&sandbox.server(), &["update-ref", "refs/relsign/policy", "refs/heads/main"]);
    sandbox.git(&["fetch", "-q", "origin"]);
    sandbox.push(&["--dry-run", "origin", "HEAD:frozen"]).exits(1).says("[ref-frozen]");
}
