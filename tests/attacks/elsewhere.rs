//! Elsewhere: repositories, settings, programs and object stores that an attacker puts in the way of the real ones.

use std::path::{Path, PathBuf};

use crate::sandbox::{CHECKLIST, Run, Sandbox, Stage, TAG, ended};

/// Runs the program in some directory as a person.
fn run_in(box_: &Sandbox, directory: &Path, who: &str, args: &[&str]) -> Run {
    ended(box_.program().current_dir(directory).arg("--key").arg(box_.key(who)).args(args))
}

fn copy(from: &Path, to: &Path) {
    assert!(std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// Gives the file of a loose object.
fn loose(repo: &Path, id: &str) -> PathBuf {
    repo.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Puts a file in the place of another, which git has made read-only.
fn put_over(from: &Path, to: &Path) {
    let bytes = std::fs::read(from).unwrap();
    let _ = std::fs::remove_file(to);
    std::fs::write(to, bytes).unwrap();
}

#[test]
fn a_repository_that_is_checked_out_as_files_chooses_no_pin() {
    // Expected: exit 4 with both places, for every command below it: git itself would take it for the repository.
    let box_ = Sandbox::at(Stage::Go);
    let evil = box_.repo.join("docs/example");
    std::fs::create_dir_all(&evil).unwrap();
    for part in ["HEAD", "config", "objects", "refs"] {
        copy(&box_.repo.join(".git").join(part), &evil.join(part));
    }
    box_.git(&["config", "--file", evil.join("config").to_str().unwrap(), "core.bare", "true"]);
    // Until somebody checks it out it is the owner's own directory.
    run_in(&box_, &evil, "rita", &["gate", "--no-sync", TAG]).exits(0);
    box_.git(&["add", "-f", "docs"]);
    box_.git(&["commit", "-q", "-m", "an example"]);
    for args in [&["gate", "--no-sync", TAG][..], &["verify", TAG], &["status"], &["approve", TAG, "tests"], &["trust"]] {
        run_in(&box_, &evil, "rita", args).exits(4).says("docs/example").says("tracked in");
        run_in(&box_, &evil.join("refs"), "rita", args).exits(4).says("tracked in");
    }
    box_.gate(TAG, 0);
}

#[test]
fn a_pin_that_comes_by_an_include_of_the_tree_does_not_count() {
    // Expected: exit 4 and no root pinned, where .git/config includes a file that everybody may push.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    box_.write("team.gitconfig", format!("[relsign]\n\troot = {root}\n\tremote = evil\n"));
    box_.git(&["config", "include.path", "../team.gitconfig"]);
    assert_eq!(box_.git(&["config", "relsign.root"]), root);
    box_.gate(TAG, 4).says("relsign trust");
    box_.run(&["verify", TAG]).exits(4);
    // Nor does such a file overrule what is pinned.
    box_.git(&["config", "relsign.root", &root]);
    box_.write("team.gitconfig", format!("[relsign]\n\troot = {}\n", "0".repeat(64)));
    box_.gate(TAG, 0);
    // The user's own configuration may be made of as many files as the user likes.
    box_.git(&["config", "--unset", "relsign.root"]);
    std::fs::write(box_.path("home/mine"), format!("[relsign]\n\troot = {root}\n")).unwrap();
    std::fs::write(box_.path("home/.gitconfig"), "[include]\n\tpath = mine\n").unwrap();
    box_.gate(TAG, 0);
}

#[test]
fn variables_of_git_pin_no_root() {
    // Expected: exit 4: neither numbered variables nor those that git passes on give relsign a setting.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    let numbered = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "relsign.root"), ("GIT_CONFIG_VALUE_0", root.as_str())];
    ended(box_.program().envs(numbered).args(["gate", "--no-sync", TAG])).exits(4).says("relsign trust");
    let passed = format!("'relsign.root={root}'");
    ended(box_.program().env("GIT_CONFIG_PARAMETERS", passed).args(["gate", "--no-sync", TAG])).exits(4);
}

/// Sets up every program that git would start while it reads or writes, each of which leaves a file; gives the file.
fn with_programs(box_: &Sandbox) -> PathBuf {
    let canary = box_.path("canary");
    let program = box_.path("home/program");
    std::fs::write(&program, format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", canary.display())).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let hooks = box_.path("home/hooks");
    std::fs::create_dir(&hooks).unwrap();
    for hook in ["reference-transaction", "post-index-change", "pre-push", "pre-commit", "post-checkout", "fsmonitor-watchman"] {
        copy(&program, &hooks.join(hook));
    }
    let shown = program.display().to_string();
    for name in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "merge.evil.driver",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "gpg.program",
        "credential.helper",
        "alias.show",
        "pager.log",
        "uploadpack.packObjectsHook",
    ] {
        box_.git(&["config", name, &shown]);
    }
    std::fs::write(box_.repo.join(".git/info/attributes"), "* filter=evil diff=evil merge=evil\n").unwrap();
    box_.git(&["config", "core.hooksPath", hooks.to_str().unwrap()]);
    std::fs::remove_file(&canary).unwrap_or_default();
    canary
}

#[test]
fn reading_starts_no_program_whatever_is_set_up() {
    // Expected: the answers as ever, and not one program of hooks, filters, drivers, monitors or pagers was started.
    let box_ = Sandbox::at(Stage::Signed);
    box_.write(".gitattributes", "* filter=evil diff=evil merge=evil\n");
    let canary = with_programs(&box_);
    for args in [
        &["status"][..],
        &["mine"],
        &["gate", "--no-sync", TAG],
        &["gate", "--no-sync", "--commit", "HEAD"],
        &["verify", TAG],
        &["verify", "--all"],
        &["log", TAG],
        &["report", TAG],
        &["checklist", "show", "RELEASE.md"],
        &["checklist", "lint", "RELEASE.md"],
        &["policy", "show"],
        &["policy", "check"],
        &["policy", "diff"],
        &["whoami"],
        &["trust"],
    ] {
        box_.run_as("ann", args);
        assert!(!canary.exists(), "{args:?} started {}", std::fs::read_to_string(&canary).unwrap_or_default());
    }
    box_.gate(TAG, 1);
}

#[test]
fn signing_starts_no_program_but_what_pushes() {
    // Expected: signed, and no hook, filter, driver or monitor was started while nothing is pushed.
    let box_ = Sandbox::at(Stage::Opened);
    let canary = with_programs(&box_);
    box_.run_as("ann", &["approve", TAG, "tests", "migration", "--no-sync"]).exits(0);
    box_.run_as("bob", &["reject", TAG, "rollback", "--reason", "no", "--no-sync"]).exits(0);
    box_.run_as("rita", &["decide", TAG, "no-go", "--reason", "no", "--no-sync"]).exits(0);
    assert!(!canary.exists(), "{}", std::fs::read_to_string(&canary).unwrap_or_default());
}

#[test]
fn filters_and_line_ends_change_nothing_that_is_signed() {
    // Expected: the items of the blob, whatever a checkout of it shows: filter, encoding, ident and line ends lie.
    let box_ = Sandbox::at(Stage::Begun);
    box_.write(".gitattributes", "RELEASE.md filter=evil ident working-tree-encoding=UTF-16 eol=crlf text\n");
    box_.git(&["add", ".gitattributes"]);
    box_.git(&["commit", "-q", "-m", "attributes"]);
    box_.git(&["config", "filter.evil.smudge", "sed s/tests/nothing/"]);
    box_.git(&["config", "core.autocrlf", "true"]);
    std::fs::remove_file(box_.repo.join("RELEASE.md")).unwrap();
    box_.git(&["checkout", "-q", "--", "RELEASE.md"]);
    assert_ne!(std::fs::read(box_.repo.join("RELEASE.md")).unwrap(), CHECKLIST.as_bytes());
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let items = box_.verify(TAG, 0).report["items"].clone();
    let ids: Vec<&str> = items.as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!(ids, ["tests", "rollback", "migration", "healthy"]);
}

#[test]
fn an_object_with_the_bytes_of_another_is_found() {
    // Expected: never GO where the checklist or the tree holds other bytes than its id says, whatever was cached.
    let box_ = Sandbox::at(Stage::Go);
    let evil = box_.blob(b"# Nothing to do\n");
    put_over(&loose(&box_.repo, &evil), &loose(&box_.repo, &box_.id("HEAD:RELEASE.md")));
    box_.verify(TAG, 3).finds("checklist-unreadable");
    box_.gate(TAG, 3);
    // One who comes fresh computes the SHA-256 tree id from every file.
    std::fs::remove_dir_all(box_.repo.join(".git/relsign")).unwrap();
    box_.verify(TAG, 4).finds("tag-object-missing").says("belong to another id");
    box_.gate(TAG, 4);
}

#[test]
fn a_large_file_with_the_bytes_of_another_is_found() {
    // Expected: subject-mismatch, exit 3, no GO: a large file is hashed piece by piece, past git's own check.
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("data.bin", vec![1; 33 << 20]);
    box_.commit("data");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
    let evil = box_.blob(vec![2; 33 << 20]);
    put_over(&loose(&box_.repo, &evil), &loose(&box_.repo, &box_.id("HEAD:data.bin")));
    std::fs::remove_dir_all(box_.repo.join(".git/relsign")).unwrap();
    box_.verify(TAG, 3).finds("subject-mismatch").says("about something else: tree-sha256");
    assert_ne!(box_.run(&["gate", "--no-sync", TAG]).code, 0);
}

#[test]
fn alternates_that_lead_to_a_hostile_store_are_found() {
    // Expected: never GO by objects whose bytes are not what their ids say, in whichever store they lie.
    let box_ = Sandbox::at(Stage::Go);
    let store = box_.path("store");
    std::fs::create_dir_all(&store).unwrap();
    let id = box_.id("HEAD:RELEASE.md");
    let evil = box_.blob(b"# Nothing to do\n");
    std::fs::create_dir_all(store.join(&id[..2])).unwrap();
    put_over(&loose(&box_.repo, &evil), &store.join(&id[..2]).join(&id[2..]));
    std::fs::write(box_.repo.join(".git/objects/info/alternates"), format!("{}\n", store.display())).unwrap();
    box_.gate(TAG, 3);
    std::fs::remove_file(loose(&box_.repo, &id)).unwrap();
    box_.verify(TAG, 3).finds("checklist-unreadable");
    box_.gate(TAG, 3);
    std::fs::remove_dir_all(box_.repo.join(".git/relsign")).unwrap();
    box_.gate(TAG, 4);
}

#[test]
fn a_partial_clone_says_what_it_lacks_and_how_it_comes() {
    // Expected: exit 4 with the file and the command; GO once git has fetched the files of the tag.
    let box_ = Sandbox::at(Stage::Go);
    for (name, value) in [("uploadpack.allowFilter", "true"), ("uploadpack.allowAnySHA1InWant", "true")] {
        box_.git(&["config", name, value]);
    }
    let root = box_.git(&["config", "relsign.root"]);
    for filter in ["blob:none", "tree:0"] {
        let path = box_.path(&filter.replace(':', "-"));
        let url = format!("file://{}", box_.repo.display());
        let filter = format!("--filter={filter}");
        box_.git_in(&box_.path("home"), &["clone", "-q", "--no-checkout", &filter, &url, path.to_str().unwrap()]);
        box_.git_in(&path, &["config", "relsign.root", &root]);
        run_in(&box_, &path, "ann", &["sync"]).exits(0);
        let tree = box_.git_in(&path, &["rev-parse", &format!("{TAG}^{{tree}}")]);
        let command = format!("git archive {tree} -o /dev/null");
        let run = run_in(&box_, &path, "ann", &["gate", TAG]).exits(4).says("is not here").says("tag-object-missing");
        assert!(run.text().contains(&command), "{}", run.text());
        run_in(&box_, &path, "ann", &["verify", TAG]).exits(4).says("tag-object-missing");
        box_.git_in(&path, &["archive", &tree, "-o", "/dev/null"]);
        run_in(&box_, &path, "ann", &["gate", TAG]).exits(0);
    }
}

#[test]
fn bare_repositories_and_worktrees_judge_as_any_clone() {
    // Expected: GO, intact and the same report in a bare clone, a mirror and a linked worktree; NO-GO after a reject.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.git(&["config", "relsign.root"]);
    let (bare, mirror, linked) = (box_.path("bare.git"), box_.path("mirror.git"), box_.path("linked"));
    let url = format!("file://{}", box_.repo.display());
    let home = box_.path("home");
    box_.git_in(&home, &["clone", "-q", "--bare", &url, bare.to_str().unwrap()]);
    box_.git_in(&home, &["clone", "-q", "--mirror", &url, mirror.to_str().unwrap()]);
    box_.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    box_.git_in(&bare, &["fetch", "-q", "origin", "refs/notes/relsign:refs/notes/relsign", "refs/relsign/*:refs/relsign/*"]);
    let report = box_.run(&["report", "--format", "json", TAG]).exits(0).stdout;
    for place in [&bare, &mirror, &linked] {
        box_.git_in(place, &["config", "relsign.root", &root]);
        run_in(&box_, place, "ann", &["gate", "--no-sync", TAG]).exits(0);
        run_in(&box_, place, "ann", &["verify", TAG]).exits(0);
        assert_eq!(run_in(&box_, place, "ann", &["report", "--format", "json", TAG]).exits(0).stdout, report);
    }
    run_in(&box_, &linked, "max", &["reject", TAG, "tests", "--reason", "no", "--no-sync"]).exits(0);
    box_.gate(TAG, 1);
    run_in(&box_, &linked, "ann", &["gate", "--no-sync", TAG]).exits(1);
    run_in(&box_, &bare, "max", &["reject", TAG, "tests", "--reason", "no", "--no-sync"]).exits(0);
    run_in(&box_, &bare, "ann", &["gate", "--no-sync", TAG]).exits(1);
}

#[test]
fn a_worktree_of_a_moved_repository_is_named() {
    // Expected: exit 4 or 5 and no panic where the file .git leads nowhere, to itself or to no repository.
    let box_ = Sandbox::at(Stage::Go);
    let place = box_.path("place");
    std::fs::create_dir(&place).unwrap();
    for text in ["gitdir: /nowhere/at/all\n", "gitdir: .git\n", "gitdir: .\n", "gitdir: \n", "junk\n", ""] {
        std::fs::write(place.join(".git"), text).unwrap();
        let run = run_in(&box_, &place, "ann", &["gate", "--no-sync", TAG]);
        assert!(matches!(run.code, 4 | 5), "{text:?}: {}", run.text());
    }
}

#[test]
fn a_shallow_clone_hides_no_implementer_when_it_opens() {
    // Expected: open-contradicts-range or a refusal: @bob's commit lies beyond the cut, and he can't review.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["-c", "user.name=Bob", "-c", "user.email=bob@example.com", "commit", "-q", "--allow-empty", "-m", "by bob"]);
    box_.commit("last");
    box_.tag(TAG);
    let path = box_.path("shallow");
    let url = format!("file://{}", box_.repo.display());
    box_.git_in(&box_.path("home"), &["clone", "-q", "--depth=1", "--branch", TAG, &url, path.to_str().unwrap()]);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git_in(&path, &["config", "relsign.root", &root]);
    box_.git_in(&path, &["fetch", "-q", "origin", "refs/relsign/*:refs/relsign/*"]);
    run_in(&box_, &path, "rita", &["open", TAG, "--no-sync"]).exits(4).says("shallow");
    // A record that was made by hand there is found out in a full clone.
    assert!(box_.log(TAG).is_empty());
}

#[test]
fn a_twin_of_the_checklist_in_another_case_is_not_the_checklist() {
    // Expected: the items of RELEASE.md alone; a file system that ignores case would show another file to people.
    let box_ = Sandbox::at(Stage::Begun);
    let blob = box_.blob(b"# Release\n\n## Before\n\n- [ ] Nothing <!-- relsign: owner=@ann -->\n");
    for name in ["release.md", "Release.md", "RELEASE.MD"] {
        box_.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{name}")]);
    }
    box_.git(&["commit", "-q", "-m", "twins"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    assert_eq!(box_.verify(TAG, 0).report["items"].as_array().unwrap().len(), 4);
}

#[test]
fn a_checklist_that_stands_twice_in_one_tree_is_refused() {
    // Expected: exit 3 with the name: one reader would see the first entry and another the second.
    let box_ = Sandbox::at(Stage::Begun);
    let evil = box_.blob(b"# Nothing\n");
    let good = box_.id("HEAD:RELEASE.md");
    let mut bytes = Vec::new();
    for id in [&good, &evil] {
        bytes.extend_from_slice(b"100644 RELEASE.md\0");
        bytes.extend((0..40).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
    }
    let tree = box_.git_with(&["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], &bytes);
    let commit = box_.git(&["commit-tree", "-p", "HEAD", "-m", "twice", &tree]);
    box_.git(&["-c", "user.email=rita@example.com", "tag", "-a", "-m", "x", TAG, &commit]);
    box_.run_as("rita", &["open", TAG]).exits(3).says("two entries with the name \"RELEASE.md\"");
    assert_ne!(box_.run(&["gate", "--no-sync", TAG]).code, 0);
}

#[test]
fn a_submodule_is_named_as_not_strengthened() {
    // Expected: tree-not-strengthened with the path, in `verify` and the report, every time; everything else as ever.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},vendor/lib", "1".repeat(40))]);
    box_.git(&["commit", "-q", "-m", "submodule"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    for _ in 0..2 {
        box_.verify(TAG, 0).finds("tree-not-strengthened").says("vendor/lib");
        box_.run(&["report", TAG]).exits(0).says("vendor/lib");
        box_.gate(TAG, 0);
    }
}

#[test]
fn remotes_that_would_run_a_program_run_none() {
    // Expected: exit 5, and nothing was run: git's own transport for commands, and options in place of a name.
    let box_ = Sandbox::at(Stage::Go);
    let canary = box_.path("canary");
    let shown = canary.display();
    for remote in [
        format!("ext::sh -c touch% {shown}"),
        format!("--upload-pack=touch {shown}"),
        format!("ssh://-oProxyCommand=touch {shown}/x"),
        format!("-oProxyCommand=touch {shown}:x"),
    ] {
        let run = box_.run(&["sync", "--", &remote]);
        assert_ne!(run.code, 0, "{remote}: {}", run.text());
        assert!(!canary.exists(), "{remote}");
    }
}
