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
    box_.git(&["update-ref", "refs/tags/V1.0.0", &box_.id(TAG)]);
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
