//! Several of everything: releases, environments, components, worktrees, clones that have only a part, and forks. Each
//! is asked about the right log under the right policy, and what can't be answered is never a no.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::sandbox::{CHECKLIST, POLICY, Run, Sandbox, Stage, TAG, ended};
use crate::version::is_older_than;

const ENVIRONMENTS: &str = r#"environments = ["production"]"#;

/// Runs the program in some directory as a person.
#[track_caller]
fn run_in(box_: &Sandbox, directory: &Path, who: &str, args: &[&str]) -> Run {
    ended(box_.program().current_dir(directory).arg("--key").arg(box_.key(who)).args(args))
}

/// Makes a repository of its own under another policy, with these files.
fn project(name: &str, policy: &str, files: &[(&str, &str)]) -> Sandbox {
    let box_ = Sandbox::at(Stage::Begun);
    let repo = box_.path(name);
    let box_ = box_.moved_to(repo);
    box_.init_repository(&box_.repo);
    for (file, text) in files {
        box_.write(file, text);
    }
    box_.write(".relsign/policy.toml", box_.fill_policy(policy));
    box_.run_as("rita", &["init"]).exits(0);
    box_.commit("first");
    box_
}

/// Makes a server that has what is in the repository, as its origin.
fn serve(box_: &Sandbox, name: &str) -> PathBuf {
    let server = box_.path(name);
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    for name in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        box_.git_in(&server, &["config", name, "true"]);
    }
    box_.git(&["remote", "add", "origin", &url(&server)]);
    box_.git(&["push", "-q", "origin", "main", "--tags"]);
    box_.run(&["sync"]).exits(0);
    server
}

fn url(server: &Path) -> String {
    format!("file://{}", server.display())
}

/// Clones a server with some options, and pins the root of the repository in the clone.
fn clone(box_: &Sandbox, server: &Path, name: &str, options: &[&str]) -> PathBuf {
    let dir = box_.path(name);
    let url = url(server);
    box_.git_in(&box_.path("home"), &[&["clone", "-q"], options, &[&url, dir.to_str().unwrap()]].concat());
    for (name, value) in [("user.name", "Dev Eloper"), ("user.email", "dev@example.com"), ("gc.auto", "0")] {
        box_.git_in(&dir, &["config", name, value]);
    }
    box_.git_in(&dir, &["config", "relsign.root", &box_.git(&["config", "relsign.root"])]);
    dir
}

fn state<'a>(report: &'a Value, item: &str) -> &'a str {
    let items = report["items"].as_array().unwrap();
    items.iter().find(|found| found["id"] == item).and_then(|found| found["state"].as_str()).unwrap_or_default()
}

#[test]
fn two_open_releases_are_told_apart() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.commit("second");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    for args in [&["status"][..], &["gate"], &["verify"], &["log"], &["report"], &["approve", "tests"], &["decide", "go"]] {
        box_.run_as("ann", args).exits(2).says("several releases are open: v1.0.0, v1.1.0").says("name the one you mean");
    }
    let mine = box_.run_as("ann", &["mine"]).exits(0);
    assert!(mine.stdout.contains("relsign approve v1.0.0 ITEM") && mine.stdout.contains("relsign approve v1.1.0 ITEM"));
    box_.run_as("ann", &["approve", "v1.1.0", "tests"]).exits(0);
    assert_eq!(box_.verify(TAG, 0).item("tests"), "pending");
    assert_eq!(box_.verify("v1.1.0", 0).item("tests"), "done");
    assert_eq!(box_.log(TAG).len(), 1);
}

#[test]
fn a_tag_for_two_environments_has_two_answers() {
    let policy = POLICY.replace(ENVIRONMENTS, r#"environments = ["staging", "production"]"#);
    let policy = policy + "[[gated]]\nref = \"refs/heads/deployed\"\ncomponent = \"main\"\nenvironment = \"production\"\n";
    let box_ = project("two", &policy, &[("RELEASE.md", CHECKLIST)]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG, "--env", "staging"]).exits(0);
    // One environment needs no name.
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("rita", &["open", TAG, "--env", "production"]).exits(0);
    box_.run_as("rita", &["open", TAG, "--env", "staging"]).exits(1);
    box_.run_as("rita", &["open", TAG, "--env", "moon"]).exits(2).says("staging or production");

    for (who, args) in [
        ("ann", &["status", TAG][..]),
        ("ann", &["status"]),
        ("ann", &["report", TAG]),
        ("ann", &["approve", TAG, "migration"]),
        ("ann", &["approve", "migration"]),
        ("ann", &["reject", TAG, "migration", "--reason", "no"]),
        ("rita", &["waive", TAG, "migration", "--reason", "no"]),
        ("rita", &["assign", TAG, "migration", "@max", "--reason", "no"]),
        ("ann", &["withdraw", TAG, "tests", "--reason", "no"]),
        ("rita", &["decide", TAG, "no-go", "--reason", "no"]),
    ] {
        box_.run_as(who, args).exits(2).says("v1.0.0 was opened for several environments: production, staging").says("--env");
    }
    for args in [&["gate", TAG][..], &["gate", "--commit", "HEAD"], &["status", TAG, "--exit-code"]] {
        box_.run(args).exits(4).says("was opened for production and staging").says("--env staging");
    }
    let status = |place: &str| box_.run(&["--json", "status", TAG, "--env", place]).exits(0).json();
    assert_eq!((state(&status("staging"), "tests"), state(&status("production"), "tests")), ("done", "pending"));
    box_.run(&["gate", TAG, "--env", "moon"]).exits(1);

    let mine = box_.run_as("ann", &["mine"]).exits(0);
    assert!(mine.stdout.contains("v1.0.0 for staging — sign with: relsign approve v1.0.0 ITEM --env staging"), "{}", mine.text());
    assert!(mine.stdout.contains("v1.0.0 for production — sign with: relsign approve v1.0.0 ITEM --env production"));
    let listed = box_.run_as("ann", &["--json", "mine"]).exits(0).json();
    let tests = listed["waiting"].as_array().unwrap().iter().filter(|one| one["item"] == "tests");
    assert_eq!(tests.map(|one| &one["environment"]).collect::<Vec<_>>(), [&json!("production")]);

    let sign_all = |place: &str| {
        let at = ["--env", place];
        box_.run_as("ann", &[&["approve", TAG, "tests", "migration"][..], &at].concat()).exits(0);
        box_.run_as("bob", &[&["approve", TAG, "rollback"][..], &at].concat()).exits(0);
        box_.run_as("bob", &[&["approve", TAG, "tests", "migration", "--review"][..], &at].concat()).exits(0);
        box_.run_as("max", &[&["approve", TAG, "migration", "rollback", "--review"][..], &at].concat()).exits(0);
    };
    sign_all("staging");
    box_.run_as("rita", &["decide", TAG, "go", "--env", "production"]).exits(1);
    box_.run_as("rita", &["decide", TAG, "go", "--env", "staging"]).exits(0);
    box_.run(&["gate", TAG, "--env", "staging"]).exits(0).says("GO: v1.0.0 for staging");
    box_.run(&["gate", "--commit", "HEAD", "--env", "staging"]).exits(0);
    box_.run(&["gate", TAG, "--env", "production"]).exits(1);
    assert_eq!(state(&status("production"), "migration"), "pending");

    // The policy says which environment's GO opens the gate.
    let server = serve(&box_, "server.git");
    box_.run(&["hook", "install"]).exits(0);
    let push = || box_.command("git", &box_.repo).args(["push", "-q", "origin", "HEAD:refs/heads/deployed"]).output().unwrap();
    let refused = push();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("in GO for production"), "{said}");

    // Words on one are nothing to the other.
    box_.run_as("max", &["reject", TAG, "tests", "--reason", "no", "--env", "production"]).exits(0);
    box_.run(&["gate", TAG, "--env", "staging"]).exits(0);
    box_.run_as("max", &["withdraw", TAG, "tests", "--reason", "yes", "--env", "production"]).exits(0);
    sign_all("production");
    box_.run_as("rita", &["decide", TAG, "go", "--env", "production"]).exits(0);
    box_.run(&["gate", TAG, "--env", "production"]).exits(0);
    assert!(push().status.success());
    assert_eq!(box_.git_in(&server, &["rev-parse", "refs/heads/deployed"]), box_.id("HEAD"));
    box_.run_as("bob", &["reject", TAG, "tests", "--reason", "broken", "--env", "staging"]).exits(0);
    box_.run(&["gate", TAG, "--env", "staging"]).exits(1);
    box_.run(&["gate", TAG, "--env", "production"]).exits(0);

    assert_eq!(box_.run(&["verify", TAG]).exits(0).stdout.matches("intact").count(), 2);
    let both = box_.run(&["--json", "verify", TAG]).exits(0).json();
    let places: Vec<&str> =
        both["releases"].as_array().unwrap().iter().map(|one| one["release"]["environment"].as_str().unwrap()).collect();
    assert_eq!(places, ["production", "staging"]);
    assert_eq!(box_.run(&["--json", "verify", "--all"]).exits(0).json()["releases"], both["releases"]);
    let all = box_.run(&["log", TAG]).exits(0).stdout.lines().count();
    let staging = box_.run(&["log", TAG, "--env", "staging"]).exits(0).stdout;
    assert!(staging.contains("broken") && staging.lines().count() < all, "{staging}");
    assert!(!box_.run(&["log", TAG, "--env", "production"]).exits(0).stdout.contains("broken"));
    box_.run(&["log", TAG, "tests"]).exits(0).says("broken");
}

#[test]
fn components_of_one_repository_keep_to_themselves() {
    let component = |name: &str| format!("name = \"{name}\"\ntags = \"{name}/v*\"\nchecklist = \"{name}/RELEASE.md\"\n");
    let one = "name = \"main\"\ntags = \"v*\"\nchecklist = \"RELEASE.md\"\n";
    assert!(POLICY.contains(one));
    let two = format!("{}{ENVIRONMENTS}\n[[component]]\n{}", component("web"), component("api"));
    let api =
        "# Release of the service\n\n## Before the release\n\n- [ ] The contract holds <!-- relsign: id=contract owner=@ann -->\n";
    let box_ = project("mono", &POLICY.replace(one, &two), &[("web/RELEASE.md", CHECKLIST), ("api/RELEASE.md", api)]);
    let opened = |tag: &str| {
        box_.tag(tag);
        box_.run_as("rita", &["open", tag]).exits(0);
        let open = box_.log(tag).into_iter().find(|entry| entry.kind() == "open").unwrap();
        open.payload["predicate"]["body"].clone()
    };
    let items = |open: &Value| open["items"].as_array().unwrap().len();
    let web = opened("web/v1.0.0");
    assert_eq!((&web["component"], items(&web), &web["previous"]), (&json!("web"), 4, &Value::Null));
    box_.sign_all("web/v1.0.0");
    box_.run_as("rita", &["decide", "web/v1.0.0", "go"]).exits(0);
    box_.commit("second");
    let api = opened("api/v1.0.0");
    assert_eq!((&api["component"], items(&api), &api["previous"]), (&json!("api"), 1, &Value::Null));
    box_.run_as("ann", &["approve", "api/v1.0.0", "contract"]).exits(0);
    box_.run_as("bob", &["approve", "api/v1.0.0", "contract", "--review"]).exits(0);
    box_.run_as("rita", &["decide", "api/v1.0.0", "go"]).exits(0);
    box_.commit("third");
    for (tag, before, count) in [("web/v1.1.0", "web/v1.0.0", 4), ("api/v1.1.0", "api/v1.0.0", 1)] {
        let open = opened(tag);
        assert_eq!((&open["previous"]["tag"], items(&open)), (&json!(format!("refs/tags/{before}")), count));
        box_.run(&["verify", tag]).exits(0);
    }
    box_.tag("v9");
    box_.run_as("rita", &["open", "v9"]).exits(1).says("the patterns are web/v* or api/v*");
    // The release of the other component can't be named for the one before.
    box_.tag("web/v1.2.0");
    box_.run_as("rita", &["open", "web/v1.2.0", "--previous", "api/v1.0.0"]);
    assert_ne!(box_.run(&["gate", "web/v1.2.0"]).code, 0);
    for tag in ["web/v1.0.0", "api/v1.0.0"] {
        box_.gate(tag, 0);
    }
    let mine = box_.run_as("ann", &["mine"]).exits(0);
    assert!(mine.stdout.contains("relsign approve api/v1.1.0 ITEM") && mine.stdout.contains("relsign approve web/v1.1.0 ITEM"));
}

#[test]
fn worktrees_share_log_pin_and_hooks() {
    let policy = POLICY.to_owned() + "[refs]\nprotected = [\"refs/heads/main\"]\n";
    let box_ = project("main", &policy, &[("RELEASE.md", CHECKLIST)]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let server = serve(&box_, "server.git");
    let linked = box_.path("linked");
    box_.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    run_in(&box_, &linked, "ann", &["approve", TAG, "tests"]).exits(0).says("shared with origin");
    assert_eq!(box_.verify(TAG, 0).item("tests"), "done");
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(0);
    run_in(&box_, &linked, "ann", &["status"]).exits(0).says("before go   1 of ");
    assert_eq!(
        box_.git_in(&linked, &["rev-parse", "refs/notes/relsign"]),
        box_.git_in(&server, &["rev-parse", "refs/notes/relsign"])
    );

    // One hook for all worktrees, wherever it was installed from.
    run_in(&box_, &linked, "ann", &["hook", "install"]).exits(0);
    assert!(box_.repo.join(".git/hooks/pre-push").exists() && !box_.repo.join(".git/worktrees/linked/hooks").exists());
    for place in [&linked, &box_.repo] {
        let pushed = box_.command("git", place).args(["push", "-q", "origin", ":refs/heads/main"]).output().unwrap();
        let said = String::from_utf8_lossy(&pushed.stderr).into_owned();
        assert!(!pushed.status.success() && said.contains("ref-protected"), "{said}");
    }
    // A worktree may have a configuration of its own, and the pin in it is for that worktree.
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "extensions.worktreeConfig", "true"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    box_.git_in(&linked, &["config", "--worktree", "relsign.root", &root]);
    run_in(&box_, &linked, "ann", &["gate", "--no-sync", TAG]).exits(1);
    run_in(&box_, &linked, "ann", &["approve", TAG, "migration"]).exits(0);
    box_.run(&["gate", "--no-sync", TAG]).exits(4).says("root-unpinned");
    let pushed = box_.command("git", &linked).args(["push", "-q", "origin", "side"]).output().unwrap();
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    // Another root there is another pin, and the two are no pin.
    box_.git(&["config", "relsign.root", &root]);
    box_.git_in(&linked, &["config", "--worktree", "relsign.root", &format!("SHA256:{}", "0".repeat(64))]);
    box_.run(&["gate", "--no-sync", TAG]).exits(1);
    run_in(&box_, &linked, "ann", &["gate", "--no-sync", TAG]).exits(4).says("root-ambiguous");
}

#[test]
fn a_bare_repository_answers_and_signs() {
    let box_ = Sandbox::at(Stage::Go);
    let server = serve(&box_, "server.git");
    let bare = clone(&box_, &server, "bare.git", &["--bare"]);
    run_in(&box_, &bare, "bob", &["sync"]).exits(0);
    for (args, exit) in [
        (&["status", TAG][..], 0),
        (&["verify", TAG], 0),
        (&["verify", "--all"], 0),
        (&["gate", TAG], 0),
        (&["gate", "--commit", "main"], 0),
        (&["report", TAG], 0),
        (&["log", TAG], 0),
        (&["mine"], 0),
        (&["whoami"], 0),
        (&["policy", "show"], 0),
        (&["freeze", "list"], 0),
        (&["freeze", "check", "--ref", "main"], 0),
        (&["checklist", "show"], 2),
    ] {
        let run = run_in(&box_, &bare, "bob", args);
        assert_eq!(run.code, exit, "{args:?}: {}", run.text());
    }
    run_in(&box_, &bare, "bob", &["approve", TAG, "healthy"]).exits(0).says("shared with origin");
    box_.run(&["sync"]).exits(0).says("1 record received");
    assert_eq!(box_.verify(TAG, 0).item("healthy"), "satisfied");
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let inner = Sandbox::at(Stage::Opened);
    let server = serve(&inner, "server.git");
    let root = inner.git(&["config", "relsign.root"]);
    let outer = inner.path("outer");
    let box_ = inner.moved_to(outer);
    box_.init_repository(&box_.repo);
    box_.write("RELEASE.md", CHECKLIST);
    box_.write(".relsign/policy.toml", box_.fill_policy(&POLICY.replace("00112233", "99999999")));
    box_.run_as("rita", &["init", "--no-hooks"]).exits(0);
    box_.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url(&server), "parts/inner"]);
    box_.commit("first");
    box_.tag("v5.0.0");
    box_.run_as("rita", &["open", "v5.0.0"]).exits(0);
    box_.verify("v5.0.0", 0).finds("tree-not-strengthened").says("parts/inner");

    let sub = box_.repo.join("parts/inner");
    run_in(&box_, &sub, "ann", &["status", TAG]).exits(4);
    // Nothing of the superproject's is trusted here.
    run_in(&box_, &sub, "ann", &["sync"]).exits(0);
    run_in(&box_, &sub, "ann", &["status", TAG]).exits(4).says("root-unpinned");
    run_in(&box_, &sub, "ann", &["trust", &root]).exits(0);
    assert_ne!(box_.git(&["config", "relsign.root"]), root);
    run_in(&box_, &sub, "ann", &["status"]).exits(0).says("v1.0.0");
    run_in(&box_, &sub, "ann", &["approve", "tests"]).exits(0).says("shared with origin");
    run_in(&box_, &sub.join(".relsign"), "ann", &["log"]).exits(0).says("@ann");
    box_.run(&["status"]).exits(0).says("v5.0.0");
    assert_eq!(box_.log("v5.0.0").len(), 1);
    // Its hooks are its own too.
    run_in(&box_, &sub, "ann", &["hook", "install"]).exits(0);
    assert!(box_.repo.join(".git/modules/parts/inner/hooks/pre-push").exists());
    assert!(!box_.repo.join(".git/hooks/pre-push").exists());
    let pushed = box_.command("git", &sub).args(["push", "-q", "origin", ":refs/notes/relsign"]).output().unwrap();
    let said = String::from_utf8_lossy(&pushed.stderr).into_owned();
    assert!(!pushed.status.success() && said.contains("relsign: push to refs/notes/relsign refused"), "{said}");
    run_in(&box_, &sub, "ann", &["hook", "uninstall"]).exits(0);
    assert!(!box_.repo.join(".git/modules/parts/inner/hooks/pre-push").exists());
}

/// A project with two releases that went out and one under way, two authors between, and files beside the checklist.
fn history() -> (Sandbox, PathBuf) {
    let box_ = Sandbox::at(Stage::Go);
    box_.write("src/main.c", "int main(void) { return 0; }\n");
    box_.commit("more");
    box_.commit("and more");
    box_.tag("v1.1.0");
    box_.run_as("rita", &["open", "v1.1.0"]).exits(0);
    box_.sign_all("v1.1.0");
    box_.run_as("rita", &["decide", "v1.1.0", "go"]).exits(0);
    box_.write("src/main.c", "int main(void) { return 1; }\n");
    box_.commit("even more");
    box_.tag("v1.2.0");
    box_.run_as("rita", &["open", "v1.2.0"]).exits(0);
    box_.commit("beyond");
    let server = serve(&box_, "server.git");
    (box_, server)
}

const READING: [(&[&str], i32); 10] = [
    (&["gate", "v1.1.0"], 0),
    (&["gate", "v1.2.0"], 1),
    (&["verify", "v1.1.0"], 0),
    (&["verify", "--all"], 0),
    (&["status", "v1.2.0", "--exit-code"], 1),
    (&["report", "v1.1.0"], 0),
    (&["log", "v1.1.0"], 0),
    (&["mine"], 0),
    (&["freeze", "check", "--ref", "main"], 0),
    (&["gate", "--commit", "v1.1.0"], 0),
];

/// Asks everything in a clone that lacks something: each answer is the right one, or 4 with a git command.
fn ask_all(box_: &Sandbox, dir: &Path, what: &str) -> usize {
    let mut answered = 0;
    for (args, right) in READING {
        let run = run_in(box_, dir, "ann", args);
        let helped = run.code == 4 && run.text().contains("git ");
        assert!(run.code == right || helped, "{what}: {args:?} exits {}: {}", run.code, run.text());
        answered += usize::from(run.code == right);
    }
    answered
}

#[test]
fn clones_that_have_only_a_part_answer_or_say_what_helps() {
    let (box_, server) = history();
    for (name, options) in [
        ("shallow", &["--depth=1"][..]),
        ("shallow-tag", &["--depth=1", "--branch", "v1.1.0"]),
        ("single", &["--single-branch"]),
        ("no-tags", &["--no-tags"]),
        ("shallow-no-tags", &["--depth=1", "--no-tags"]),
    ] {
        let dir = clone(&box_, &server, name, options);
        // Nothing was fetched of the records yet: nobody may be told no.
        for args in [&["status", "v1.1.0"][..], &["verify", "v1.1.0"], &["gate", "--no-sync", "v1.1.0"], &["mine", "--no-sync"]] {
            run_in(&box_, &dir, "ann", args).exits(4).says("relsign sync");
        }
        run_in(&box_, &dir, "ann", &["sync"]).exits(0);
        let answered = ask_all(&box_, &dir, name);
        assert_eq!(answered, READING.len(), "{name}: everything is there that the answers need");
        // Whoever signs needs the tag, its log and the policy, and they are here.
        let number = box_.log("v1.2.0").len();
        let run = run_in(&box_, &dir, "ann", &["approve", "v1.2.0", "tests", "--note", name]);
        assert!(run.code == 0 || run.code == 4 && run.text().contains("git "), "{name}: {}: {}", run.code, run.text());
        box_.run(&["sync"]).exits(0);
        assert_eq!(box_.log("v1.2.0").len(), number + 1, "{name}");
        run_in(&box_, &dir, "rita", &["decide", "v1.2.0", "go"]).exits(1);
    }
    // Opening takes the history of who wrote it.
    box_.commit("far");
    box_.commit("farther");
    box_.git(&["push", "-q", "origin", "main"]);
    let dir = clone(&box_, &server, "opener", &["--depth=1"]);
    run_in(&box_, &dir, "rita", &["sync"]).exits(0);
    box_.git_in(&dir, &["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", "v2", "v2.0.0"]);
    run_in(&box_, &dir, "rita", &["open", "v2.0.0"]).exits(4).says("git fetch --unshallow");
    box_.git_in(&dir, &["fetch", "-q", "--unshallow"]);
    run_in(&box_, &dir, "rita", &["open", "v2.0.0"]).exits(0);
}

#[test]
fn partial_clones_answer_or_say_what_helps() {
    let (box_, server) = history();
    for (name, options) in [
        ("blobs", &["--filter=blob:none"][..]),
        ("trees", &["--filter=tree:0"]),
        ("blobs-bare", &["--filter=blob:none", "--bare"]),
        ("trees-unchecked", &["--filter=tree:0", "--no-checkout"]),
        ("trees-shallow", &["--filter=tree:0", "--depth=1"]),
        ("blobs-extension", &["--filter=blob:none", "--no-checkout"]),
        // Here the records themselves were left out.
        ("mirror", &["--filter=blob:none", "--mirror"]),
        ("mirror-trees", &["--filter=tree:0", "--mirror"]),
        ("mirror-extension", &["--filter=blob:none", "--mirror"]),
    ] {
        let dir = clone(&box_, &server, name, options);
        if name.ends_with("extension") {
            // As git up to 2.25 wrote it.
            box_.git_in(&dir, &["config", "core.repositoryformatversion", "1"]);
            box_.git_in(&dir, &["config", "extensions.partialClone", "origin"]);
            box_.git_in(&dir, &["config", "--unset", "remote.origin.promisor"]);
        }
        if name.starts_with("mirror") {
            ask_all(&box_, &dir, name);
            // One answer from every command: nobody is told that nothing is open, or waived, or decided.
            for (who, args) in [
                ("ann", &["status", "v1.1.0"][..]),
                ("ann", &["gate", "--no-sync", "v1.1.0"]),
                ("ann", &["verify", "v1.1.0"]),
                ("ann", &["verify", "--all"]),
                ("ann", &["report", "v1.1.0"]),
                ("ann", &["report", "v1.1.0", "--format", "json"]),
                ("ann", &["log", "v1.1.0"]),
                ("ann", &["mine"]),
                ("ann", &["freeze", "check", "--ref", "main"]),
                ("ann", &["evidence", "list", "v1.1.0"]),
                ("ann", &["approve", "v1.2.0", "tests", "--no-sync"]),
                ("max", &["reject", "v1.2.0", "tests", "--no-sync", "--reason", "no"]),
                ("rita", &["waive", "v1.2.0", "tests", "--no-sync", "--reason", "no"]),
                ("rita", &["decide", "v1.2.0", "no-go", "--no-sync", "--reason", "no"]),
                ("rita", &["open", "v1.2.0", "--no-sync"]),
            ] {
                let run = run_in(&box_, &dir, who, args);
                let helps = crate::sandbox::flat(&run.text()).contains("git fetch --refetch --no-filter");
                assert!(run.code == 4 && helps, "{name}: {args:?}: {}: {}", run.code, run.text());
            }
            if is_older_than((2, 36), "fetching again what a clone left out") {
                continue;
            }
            box_.git_in(&dir, &["fetch", "-q", "--refetch", "--no-filter"]);
            assert_eq!(ask_all(&box_, &dir, name), READING.len(), "{name}");
            continue;
        }
        run_in(&box_, &dir, "ann", &["status", "v1.1.0"]).exits(4).says("relsign sync");
        run_in(&box_, &dir, "ann", &["sync"]).exits(0);
        ask_all(&box_, &dir, name);
        // What can't be read whole is not told as if it were not open.
        if run_in(&box_, &dir, "ann", &["gate", "--no-sync", "v1.1.0"]).code == 4 {
            for (who, args) in [
                ("ann", &["report", "v1.1.0"][..]),
                ("ann", &["--json", "status", "v1.1.0"]),
                ("bob", &["approve", "v1.1.0", "healthy", "--no-sync"]),
                ("rita", &["decide", "v1.1.0", "go", "--no-sync"]),
                ("max", &["reject", "v1.1.0", "healthy", "--no-sync", "--reason", "no"]),
            ] {
                let run = run_in(&box_, &dir, who, args).exits(4).says("this clone is partial").says("git archive ");
                assert!(!run.text().contains("not opened") && !run.text().contains("is open"), "{args:?}: {}", run.text());
            }
            run_in(&box_, &dir, "ann", &["mine"]).exits(0).says("not known whether they are open");
        }
        for (who, args) in [
            ("ann", &["approve", "v1.2.0", "tests", "--note", name][..]),
            ("max", &["reject", "v1.2.0", "tests", "--reason", name]),
            ("rita", &["decide", "v1.2.0", "no-go", "--reason", name]),
            ("rita", &["open", "v1.2.0"]),
        ] {
            let run = run_in(&box_, &dir, who, &[args, &["--no-sync"]].concat());
            let helped = run.code == 4 && run.text().contains("git archive ");
            assert!(helped || matches!(run.code, 0 | 1), "{name}: {args:?}: {}: {}", run.code, run.text());
        }
        // What is named there is enough, for one release after the other.
        for tag in ["v1.0.0", "v1.1.0", "v1.2.0"] {
            let tree = box_.git_in(&dir, &["rev-parse", &format!("{tag}^{{tree}}")]);
            let run = run_in(&box_, &dir, "ann", &["gate", "--no-sync", tag]);
            if run.code == 4 {
                assert!(run.text().contains(&format!("git archive {tree} -o /dev/null")), "{name}: {tag}: {}", run.text());
                box_.git_in(&dir, &["archive", &tree, "-o", "/dev/null"]);
            }
        }
        run_in(&box_, &dir, "ann", &["gate", "--no-sync", "v1.1.0"]).exits(0);
        run_in(&box_, &dir, "ann", &["verify", "--all"]).exits(0);
        run_in(&box_, &dir, "ann", &["approve", "v1.2.0", "migration", "--no-sync"]).exits(0);
    }
}

#[test]
fn records_of_a_fork_go_upstream() {
    let box_ = Sandbox::at(Stage::Opened);
    let upstream = serve(&box_, "upstream.git");
    let fork = box_.path("fork.git");
    box_.git_in(&box_.path("home"), &["clone", "-q", "--bare", &url(&upstream), fork.to_str().unwrap()]);
    for (name, remote) in [("by-name", "upstream".to_owned()), ("by-url", url(&upstream))] {
        let dir = clone(&box_, &fork, name, &[]);
        box_.git_in(&dir, &["remote", "add", "upstream", &url(&upstream)]);
        box_.git_in(&dir, &["config", "relsign.remote", &remote]);
        let who = if name == "by-name" { "ann" } else { "bob" };
        run_in(&box_, &dir, who, &["sync"]).exits(0).says(&format!("{remote}: "));
        let status = run_in(&box_, &dir, who, &["status", TAG]).exits(0);
        let first = status.stdout.lines().next().unwrap_or_default();
        assert!(first.contains(&format!("from {remote}")), "{name}: {first:?}");
        let review = if who == "ann" { "--done" } else { "--review" };
        run_in(&box_, &dir, who, &["approve", TAG, "tests", review]).exits(0).says(&format!("shared with {remote}"));
        box_.run(&["sync"]).exits(0).says("1 record received");
        assert_eq!(box_.git_in(&fork, &["for-each-ref", "refs/notes", "refs/relsign"]), "", "nothing of it is in the fork");
    }
    assert_eq!(box_.verify(TAG, 0).item("tests"), "satisfied");

    // Whoever may not push there keeps what they signed, and hands it to somebody who may.
    let hook = upstream.join("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho you are not a member >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let dir = box_.path("by-name");
    run_in(&box_, &dir, "ann", &["approve", TAG, "migration"]).exits(5).says("NOT shared with upstream").says("not a member");
    run_in(&box_, &dir, "ann", &["status", TAG]).exits(0).says("1 record not shared yet");
    // Who signs on top of what nobody else has hands over a file that nobody else can read whole, so it is somebody else.
    let other = box_.path("by-url");
    run_in(&box_, &other, "bob", &["approve", TAG, "rollback", "--out", "signed.txt"]).exits(0);
    std::fs::remove_file(&hook).unwrap();
    box_.run(&["import", other.join("signed.txt").to_str().unwrap()]).exits(0).says("shared with origin");
    assert_eq!(box_.verify(TAG, 0).item("rollback"), "done");
    run_in(&box_, &dir, "ann", &["sync"]).exits(0).says("1 record sent");
    box_.run(&["sync"]).exits(0);
    assert_eq!(box_.verify(TAG, 0).item("migration"), "done");
    // A remote that is not there is no silence and no other remote.
    box_.git_in(&dir, &["config", "relsign.remote", "nowhere"]);
    run_in(&box_, &dir, "ann", &["sync"]).exits(5).says("nowhere");
    run_in(&box_, &dir, "ann", &["gate", TAG, "--no-sync"]).exits(1);
}

#[test]
fn what_a_server_refuses_is_named_and_kept() {
    for (refused, others) in [("refs/tags/", "refs/notes/relsign"), ("refs/relsign/evidence", "refs/notes/relsign")] {
        let box_ = Sandbox::at(Stage::Opened);
        let server = box_.path("server.git");
        box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
        box_.git(&["remote", "add", "origin", &url(&server)]);
        box_.git(&["push", "-q", "origin", "main"]);
        let hook = server.join("hooks/pre-receive");
        let text = format!(
            "#!/bin/sh\nwhile read -r old new ref; do case $ref in {refused}*) echo \"$ref is not for you\" >&2; exit 1;; esac; done\n"
        );
        std::fs::write(&hook, text).unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        box_.write("proof.txt", "42 passed\n");
        let args = ["approve", TAG, "tests", "--evidence", "proof.txt"];
        let run = box_.run_as("ann", &args).exits(5).says("signed here, NOT shared with origin").says("is not for you");
        assert!(run.text().contains(refused), "{}", run.text());
        assert_eq!(box_.git_in(&server, &["for-each-ref", others, refused]), "", "all or nothing");
        box_.run_as("ann", &["sync"]).exits(5).says("NOT shared with origin").says(refused).says("relsign sync");
        box_.run(&["status", TAG]).exits(0).says("not shared yet");
        assert_eq!(box_.verify(TAG, 0).item("tests"), "done");
        std::fs::remove_file(&hook).unwrap();
        box_.run(&["sync"]).exits(0).says("2 records sent");
        assert_eq!(box_.git_in(&server, &["rev-parse", others]), box_.id(others));

        // A hook for each ref, on a server that takes what it can where no push is whole.
        let hook = server.join("hooks/update");
        std::fs::write(&hook, "#!/bin/sh\ncase $1 in refs/relsign/evidence) echo \"$1 is full\" >&2; exit 1;; esac\n").unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        box_.write("more.txt", "more\n");
        let args = ["approve", TAG, "migration", "--evidence", "more.txt"];
        let run = box_.run_as("ann", &args).exits(5).says("refs/relsign/evidence: hook declined");
        assert!(!run.text().contains("refs/notes/relsign:"), "only what was refused is named: {}", run.text());
    }
}

#[test]
fn what_git_traces_is_not_taken_for_what_a_server_says() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = serve(&box_, "server.git");
    let hook = server.join("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho closed for stock-taking >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(5);
    let sync = |name: &str| {
        let run = ended(box_.program().env(name, "1").arg("sync"));
        assert!(run.code == 5 && run.text().contains("closed for stock-taking"), "{name}: {}: {}", run.code, run.text());
        let traced = ["common-main.c", "performance:", "setup:", "ref_store", "\"version\"", "packet:", "|"];
        assert!(!traced.iter().any(|sign| run.text().contains(sign)), "{name}: {}", run.text());
    };
    for name in ["TRACE", "TRACE2", "TRACE2_EVENT", "TRACE2_PERF", "TRACE_PACKET", "TRACE_PERFORMANCE", "TRACE_REFS", "TRACE_SETUP"]
    {
        sync(&format!("GIT_{name}"));
    }
    std::fs::write(box_.path("home/.gitconfig"), "[trace2]\n\tnormalTarget = 2\n\teventTarget = 2\n\tperfTarget = 2\n").unwrap();
    sync("NOTHING");
}

#[test]
fn packed_refs_and_borrowed_objects_are_as_good_as_any() {
    let (box_, server) = history();
    box_.git(&["pack-refs", "--all", "--prune"]);
    assert!(!box_.repo.join(".git/refs/notes/relsign").exists(), "they are packed");
    for (args, right) in READING {
        box_.run_as("ann", args).exits(right);
    }
    box_.run_as("ann", &["approve", "v1.2.0", "tests"]).exits(0);
    box_.git(&["pack-refs", "--all", "--prune"]);
    box_.git(&["repack", "-q", "-a", "-d"]);
    box_.run_as("bob", &["approve", "v1.2.0", "tests", "--review"]).exits(0);
    assert_eq!(box_.verify("v1.2.0", 0).item("tests"), "satisfied");
    box_.git_in(&server, &["pack-refs", "--all", "--prune"]);
    box_.run(&["sync"]).exits(0);

    let shared = box_.path("shared");
    box_.git_in(&box_.path("home"), &["clone", "-q", "--shared", box_.repo.to_str().unwrap(), shared.to_str().unwrap()]);
    box_.git_in(&shared, &["config", "relsign.root", &box_.git(&["config", "relsign.root"])]);
    run_in(&box_, &shared, "ann", &["sync"]).exits(0);
    assert_eq!(ask_all(&box_, &shared, "shared"), READING.len());
    run_in(&box_, &shared, "ann", &["approve", "v1.2.0", "migration"]).exits(0).says("shared with origin");
    assert_eq!(box_.verify("v1.2.0", 0).item("migration"), "done");
}
