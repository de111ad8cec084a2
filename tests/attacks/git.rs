//! Git itself: views of a repository that git would honour and a verdict must not.

use crate::sandbox::{Sandbox, Stage, TAG, ended};

#[test]
fn replacement_refs_change_nothing() {
    // Expected: NO-GO for the tag whose commit and tag object are replaced by those that were approved.
    let box_ = Sandbox::at(Stage::Go);
    let (good_tag, good) = (box_.id(TAG), box_.id("HEAD"));
    box_.write("src/main.c", "evil\n");
    box_.commit("evil");
    box_.tag("v1.0.1");
    box_.git(&["replace", "-f", &box_.id("v1.0.1"), &good_tag]);
    box_.git(&["replace", "-f", &box_.id("HEAD"), &good]);
    box_.gate("v1.0.1", 1);
    box_.gate(TAG, 0);
    // And the other way round: a replaced good commit is still the good one.
    let box_ = Sandbox::at(Stage::Go);
    let good = box_.id("HEAD");
    box_.write("RELEASE.md", "# no items\n");
    box_.commit("evil");
    box_.git(&["replace", "-f", &good, &box_.id("HEAD")]);
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
}

#[test]
fn grafts_change_nothing() {
    // Expected: intact, GO: the file that rewrites parents is not read.
    let box_ = Sandbox::at(Stage::Go);
    let head = box_.id("HEAD");
    box_.git(&["commit", "-q", "--allow-empty", "-m", "other", "--author", "Eve <eve@example.com>"]);
    let other = box_.id("HEAD");
    std::fs::create_dir_all(box_.repo.join(".git/info")).unwrap();
    std::fs::write(box_.repo.join(".git/info/grafts"), format!("{head} {other}\n")).unwrap();
    box_.verify(TAG, 0).lacks("open-contradicts-range");
    box_.gate(TAG, 0);
}

#[test]
fn git_variables_lead_nowhere_else() {
    // Expected: the repository in which the command runs is judged, as without them.
    let box_ = Sandbox::at(Stage::Go);
    let other = box_.path("other");
    box_.init_repository(&other);
    let dir = other.join(".git");
    let values = [
        ("GIT_DIR", dir.clone()),
        ("GIT_WORK_TREE", other.clone()),
        ("GIT_OBJECT_DIRECTORY", dir.join("objects")),
        ("GIT_INDEX_FILE", dir.join("index")),
        ("GIT_COMMON_DIR", dir.clone()),
        ("GIT_NAMESPACE", "x".into()),
        ("GIT_REPLACE_REF_BASE", "refs/tags/".into()),
        ("GIT_GRAFT_FILE", dir.join("grafts")),
        ("GIT_SHALLOW_FILE", dir.join("shallow")),
        ("GIT_NOTES_REF", "refs/notes/other".into()),
    ];
    for (name, value) in values {
        let run = ended(box_.program().env(name, &value).args(["gate", "--no-sync", TAG]));
        assert_eq!(run.code, 0, "{name}: {}", run.text());
    }
}

#[test]
fn configuration_by_variable_pins_no_root() {
    // Expected: exit 4 without a pin; no file of the repository can pin one.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    box_.write(".gitconfig", format!("[relsign]\n\troot = {root}\n"));
    box_.write(".relsign/config", format!("[relsign]\n\troot = {root}\n"));
    box_.run(&["gate", "--no-sync", TAG]).exits(4).says("relsign trust");
    box_.run(&["verify", TAG]).exits(4).says("relsign trust");
}

#[test]
fn case_twins_of_a_tag_are_other_tags() {
    // Expected: V1.0.0 is not what was approved as v1.0.0.
    let box_ = Sandbox::at(Stage::Go);
    box_.set_ref("refs/tags/V1.0.0", &box_.id(TAG));
    box_.verify("V1.0.0", 3).finds("tag-name-mismatch");
    box_.gate("V1.0.0", 3);
    box_.gate(TAG, 0);
}

#[test]
fn a_symbolic_tag_is_no_way_to_another_release() {
    // Expected: no GO for a ref that points at the ref of a release in GO.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["symbolic-ref", "refs/tags/v2.0.0", "refs/tags/v1.0.0"]);
    let gate = box_.run(&["gate", "--no-sync", "v2.0.0"]);
    assert_ne!(gate.code, 0, "{}", gate.text());
    box_.gate(TAG, 0);
}

#[test]
fn a_tag_of_a_tag_or_of_a_tree_is_not_the_release() {
    // Expected: no GO, and no panic.
    let box_ = Sandbox::at(Stage::Go);
    box_.git(&["tag", "-a", "-m", "nested", "v2.0.0", TAG]);
    box_.git(&["tag", "-a", "-m", "tree", "v2.0.1", "HEAD^{tree}"]);
    box_.git(&["tag", "-a", "-m", "blob", "v2.0.2", "HEAD:RELEASE.md"]);
    for name in ["v2.0.0", "v2.0.1", "v2.0.2"] {
        let gate = box_.run(&["gate", "--no-sync", name]);
        assert_ne!(gate.code, 0, "{}", gate.text());
        box_.run(&["verify", name]);
        box_.run_as("rita", &["open", name]);
    }
}

#[test]
fn a_shallow_clone_judges_as_a_full_one() {
    // Expected: GO with the tag, notes and policy alone: a pipeline has one commit.
    let box_ = Sandbox::at(Stage::Begun);
    box_.commit("second");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let path = box_.path("shallow");
    let url = format!("file://{}", box_.repo.display());
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["clone", "-q", "--depth=1", "--branch", TAG, &url, path.to_str().unwrap()]);
    let there = box_.moved_to(path);
    there.git(&["config", "relsign.root", &root]);
    there.git(&["fetch", "-q", "origin", "refs/notes/relsign:refs/notes/relsign", "refs/relsign/*:refs/relsign/*"]);
    there.gate(TAG, 0);
}

#[test]
fn objects_that_are_corrupt_are_no_go() {
    // Expected: no GO and no panic, whichever object is destroyed.
    for name in ["v1.0.0", "HEAD", "HEAD^{tree}", "refs/notes/relsign", "refs/relsign/policy", "HEAD:RELEASE.md"] {
        let box_ = Sandbox::at(Stage::Go);
        let id = box_.id(name);
        let file = box_.repo.join(".git/objects").join(&id[..2]).join(&id[2..]);
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, b"garbage").unwrap();
        // What was read before may be remembered, but not trusted.
        let gate = box_.run(&["gate", "--no-sync", TAG]);
        assert_ne!(gate.code, 0, "{name}: {}", gate.text());
        box_.run(&["verify", TAG]);
        box_.run(&["status", TAG]);
    }
}

#[test]
fn objects_under_the_id_of_another_are_no_go() {
    // Expected: no GO: whoever hands a repository over as files can put any bytes under any id.
    for name in ["v1.0.0", "HEAD", "HEAD^{tree}", "refs/notes/relsign", "refs/relsign/policy", "HEAD:RELEASE.md"] {
        let box_ = Sandbox::at(Stage::Go);
        let objects = box_.repo.join(".git/objects");
        let file = |id: &str| objects.join(&id[..2]).join(&id[2..]);
        let id = box_.id(name);
        let kind = box_.git(&["cat-file", "-t", &id]);
        // A well-made object of the same kind that says something else.
        let bytes = box_.git_bytes(&["cat-file", &kind, &id]);
        let other = [bytes.as_slice(), b"\nsomething else\n"].concat();
        let other = box_.git_with(&["hash-object", "-w", "--literally", "-t", &kind, "--stdin"], &other);
        std::fs::remove_file(file(&id)).unwrap();
        std::fs::copy(file(&other), file(&id)).unwrap();
        let gate = box_.run(&["gate", "--no-sync", TAG]);
        assert_ne!(gate.code, 0, "{name}: {}", gate.text());
        assert!(gate.text().contains("belong to another id"), "{name}: {}", gate.text());
    }
}

#[test]
fn a_policy_file_that_is_a_link_is_never_followed() {
    // Expected: exit 3 with the link's name, nothing read, nothing written where it leads, and judging as ever.
    let secret = "token = \"s3cret\"\n";
    for folder in [false, true] {
        let box_ = Sandbox::at(Stage::Go);
        let outside = box_.path("outside");
        std::fs::create_dir(&outside).unwrap();
        let target = outside.join("policy.toml");
        std::fs::write(&target, secret).unwrap();
        box_.git(&["rm", "-r", "-q", "--cached", ".relsign"]);
        std::fs::remove_dir_all(box_.repo.join(".relsign")).unwrap();
        if folder {
            std::os::unix::fs::symlink(&outside, box_.repo.join(".relsign")).unwrap();
        } else {
            std::fs::create_dir(box_.repo.join(".relsign")).unwrap();
            std::os::unix::fs::symlink(&target, box_.repo.join(".relsign/policy.toml")).unwrap();
        }
        box_.commit("link");
        for args in [
            &["policy", "check"][..],
            &["policy", "diff"],
            &["policy", "propose"],
            &["person", "retire", "@bob", "--key", &box_.fingerprint("bob")],
            &["init", "--new-root", "--yes"],
        ] {
            let run = box_.run_as("rita", args);
            assert!(!run.text().contains("s3cret"), "{args:?}: {}", run.text());
            assert_ne!(run.code, 0, "{args:?}: {}", run.text());
            if args[0] != "person" {
                run.exits(3).says("symbolic link").says(".relsign");
            }
        }
        // A repository that has no policy yet gets none by it either.
        box_.git(&["update-ref", "-d", "refs/relsign/policy"]);
        box_.git(&["config", "--unset", "relsign.root"]);
        box_.run_as("rita", &["init"]).exits(3).says("symbolic link");
        std::fs::remove_file(&target).unwrap();
        box_.run_as("rita", &["init"]).exits(3).says("symbolic link");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0, "something was written outside");
    }
}

#[test]
fn a_tree_with_hostile_paths_is_hashed_and_shown_and_never_written() {
    // Expected: GO with every path bound, submodules shown harmlessly, and no file of that name anywhere.
    let box_ = Sandbox::at(Stage::Begun);
    let blob = box_.blob(b"evil\n");
    let mut tree = box_.git_bytes(&["cat-file", "tree", "HEAD^{tree}"]);
    let raw = |mode: &str, name: &str, id: &str| {
        let id: Vec<u8> = (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()).collect();
        [format!("{mode} {name}\0").as_bytes(), &id].concat()
    };
    // All of these sort after RELEASE.md and .relsign, and in this order.
    let link = "1".repeat(40);
    for (mode, name, id) in [
        ("100644", "\\\\server\\share", blob.as_str()),
        ("100644", "a\nb\u{1b}[31m", &blob),
        ("160000", "lib\u{1b}[2J\u{202e}\n- [ ] x", &link),
        ("100644", "~", &blob),
    ] {
        tree.extend(raw(mode, name, id));
    }
    let tree = box_.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &tree);
    let commit = box_.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "paths"]);
    box_.set_ref("refs/heads/main", &commit);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.verify(TAG, 0).finds("tree-not-strengthened").says("\\u{202e}");
    box_.gate(TAG, 0);
    box_.run(&["report", TAG]).exits(0);
    // Names that lead out of the tree or into git's own directory are bytes like any other, or the tree is refused.
    for (number, name) in ["..", ".git", "GIT~1", "a/../../b", ""].into_iter().enumerate() {
        let tag = format!("v2.0.{number}");
        let mut bytes = raw("100644", name, &blob);
        bytes.extend(box_.git_bytes(&["cat-file", "tree", "HEAD~1^{tree}"]));
        let tree = box_.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &bytes);
        let commit = box_.git(&["commit-tree", &tree, "-p", "HEAD", "-m", "paths"]);
        box_.git(&["-c", "user.email=rita@example.com", "tag", "-f", "-a", "-m", "t", &tag, &commit]);
        let run = box_.run_as("rita", &["open", &tag]);
        assert!(run.code <= 4, "{name}: {}", run.text());
        box_.run(&["verify", &tag]);
        assert_ne!(box_.run(&["gate", "--no-sync", &tag]).code, 0, "{name}");
    }
    assert!(!box_.path("b").exists() && !box_.repo.join("b").exists());
}
