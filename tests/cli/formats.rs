//! Repositories of other kinds: a whole release where objects are named by SHA-256, and one clear sentence where refs
//! lie in a reftable.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::sandbox::{CHECKLIST, Run, Sandbox, Stage, TAG, ended};
use crate::version::is_older_than;

/// A git server on the loopback interface, for as long as it lives.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves the bare repositories below a directory; anybody may push, as behind any server without hooks.
fn serve(box_: &Sandbox, base: &Path) -> Server {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // The daemon itself and not `git daemon`, which would start it and leave it behind when it is killed.
    let programs = box_.git(&["--exec-path"]);
    let mut command = Command::new(Path::new(&programs).join("git-daemon"));
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", box_.path("home"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["--listen=127.0.0.1", "--reuseaddr", "--export-all", "--enable=receive-pack"])
        .arg(format!("--port={port}"))
        .arg(format!("--base-path={}", base.display()))
        .arg(base)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let server = Server { child: command.spawn().unwrap(), url: format!("git://127.0.0.1:{port}") };
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return server;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("git daemon does not answer on port {port}");
}

/// Makes a repository with the checklist and the policy of the sandbox, in a format of its own.
fn begin(box_: Sandbox, name: &str, format: &str) -> Sandbox {
    let path = box_.path(name);
    box_.git_in(&box_.path("home"), &["init", "-q", "-b", "main", format, path.to_str().unwrap()]);
    for (name, value) in [("user.name", "Dev Eloper"), ("user.email", "dev@example.com"), ("gc.auto", "0")] {
        box_.git_in(&path, &["config", name, value]);
    }
    let policy = std::fs::read(box_.repo.join(".relsign/policy.toml")).unwrap();
    let box_ = box_.moved_to(path);
    box_.write("RELEASE.md", CHECKLIST);
    box_.write(".relsign/policy.toml", policy);
    box_
}

/// Runs the program with the key of a person in another clone.
fn run_in(box_: &Sandbox, directory: &Path, who: &str, args: &[&str]) -> Run {
    ended(box_.program().current_dir(directory).arg("--key").arg(box_.key(who)).args(args))
}

fn clone(box_: &Sandbox, url: &str, name: &str) -> PathBuf {
    let path = box_.path(name);
    box_.git_in(&box_.path("home"), &["clone", "-q", url, path.to_str().unwrap()]);
    path
}

#[test]
fn a_whole_release_in_a_repository_of_sha256_objects_over_a_server() {
    let box_ = begin(Sandbox::at(Stage::Begun), "wide", "--object-format=sha256");
    let base = box_.path("srv");
    std::fs::create_dir(&base).unwrap();
    let bare = base.join("wide.git");
    box_.git_in(&base, &["init", "-q", "--bare", "-b", "main", "--object-format=sha256", bare.to_str().unwrap()]);
    let server = serve(&box_, &base);
    let url = format!("{}/wide.git", server.url);
    box_.write("vendor/readme", "none\n");
    box_.commit("first");
    box_.git(&["remote", "add", "origin", &url]);
    box_.git(&["push", "-q", "origin", "main"]);
    box_.run_as("rita", &["init"]).exits(0).says("new root");
    box_.tag(TAG);
    assert_eq!(box_.id(TAG).len(), 64);
    box_.git(&["push", "-q", "origin", TAG]);
    box_.run_as("rita", &["open", TAG]).exits(0).says("shared");

    // A second clone pins the root and signs; the first learns of it.
    let other = clone(&box_, &url, "other");
    let root = box_.git(&["config", "relsign.root"]);
    run_in(&box_, &other, "ann", &["sync"]).exits(0);
    run_in(&box_, &other, "ann", &["gate", TAG]).exits(4).says("relsign trust");
    run_in(&box_, &other, "ann", &["trust", &root]).exits(0);
    std::fs::write(box_.path("home/proof.txt"), "42 passed\n").unwrap();
    let proof = box_.path("home/proof.txt").display().to_string();
    run_in(&box_, &other, "ann", &["approve", TAG, "tests", "--evidence", &proof]).exits(0).says("shared");
    run_in(&box_, &other, "max", &["reject", TAG, "rollback", "--reason", "too slow"]).exits(0).says("shared");
    box_.run(&["sync"]).exits(0).says("2 records received");
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1).says("reject-open");
    run_in(&box_, &other, "max", &["withdraw", TAG, "rollback", "--reason", "faster now"]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0).says("shared");
    run_in(&box_, &other, "ann", &["gate", TAG]).exits(0).says("GO: v1.0.0");

    // The tree of a record is the tree's own id, and every subject is what git says.
    let open = box_.log(TAG).into_iter().find(|entry| entry.kind() == "open").unwrap();
    let subject = |name: &str| {
        let subjects = open.payload["subject"].as_array().unwrap();
        subjects.iter().find(|subject| subject["name"] == name).map(|subject| subject["digest"].clone()).unwrap()
    };
    let tree = box_.id(&format!("{TAG}^{{tree}}"));
    assert_eq!(subject("tree-sha256")["gitTree"], tree.as_str());
    assert_eq!(subject("tree")["gitTree"], tree.as_str());
    assert_eq!(subject(&format!("refs/tags/{TAG}"))["gitTag"], box_.id(TAG).as_str());
    // In such a repository git's own name of an object is the SHA-256 of its framed bytes.
    assert_eq!(subject("tag-object")["sha256"], box_.id(TAG).as_str());
    assert_eq!(subject("commit-object")["sha256"], box_.id("HEAD").as_str());

    // Stock git agrees with every object and note; the policy goes forward and reaches the other clone.
    box_.git(&["fsck", "--strict", "--no-dangling"]);
    box_.verify(TAG, 0).lacks("tree-not-strengthened");
    for args in [&["status", TAG][..], &["report", TAG], &["log", TAG], &["verify", "--all"], &["mine"]] {
        run_in(&box_, &other, "ann", args).exits(0);
    }
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.write(".relsign/policy.toml", policy.replace("description = \"tests\"", "description = \"tests it\""));
    box_.commit("policy");
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    box_.run(&["sync"]).exits(0);
    run_in(&box_, &other, "ann", &["sync"]).exits(0).says("version 2");
    run_in(&box_, &other, "ann", &["gate", TAG]).exits(0);

    // And what moved is found there as anywhere.
    box_.git(&["tag", "-d", TAG]);
    box_.tag(TAG);
    box_.write("evil", "evil\n");
    box_.commit("evil");
    box_.git(&["-c", "user.email=rita@example.com", "tag", "-f", "-a", "-m", "moved", TAG]);
    box_.verify(TAG, 3).finds("tag-moved");
}

#[test]
fn a_submodule_in_a_repository_of_sha256_objects_needs_no_strengthening() {
    let box_ = begin(Sandbox::at(Stage::Begun), "wide", "--object-format=sha256");
    box_.git(&["add", "-A"]);
    box_.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},vendor/lib", "1".repeat(64))]);
    box_.git(&["commit", "-q", "-m", "first"]);
    box_.run_as("rita", &["init"]).exits(0);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.verify(TAG, 0).lacks("tree-not-strengthened");
}

#[test]
fn a_remote_of_another_object_format_is_told_and_loses_nothing() {
    let box_ = Sandbox::at(Stage::Signed);
    let bare = box_.path("wide.git");
    box_.git(&["init", "-q", "--bare", "--object-format=sha256", bare.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    box_.run(&["sync"]).exits(5);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(5).says("NOT shared");
    box_.gate(TAG, 0);
}

/// Every command that works in a repository, with words that it takes.
const COMMANDS: &[&[&str]] = &[
    &["init"],
    &["join", "--handle", "@ann"],
    &["whoami"],
    &["trust"],
    &["trust", "SHA256:1111111111111111111111111111111111111111111111111111111111111111"],
    &["person", "retire", "@ann"],
    &["policy", "show"],
    &["policy", "check"],
    &["policy", "diff"],
    &["policy", "propose"],
    &["policy", "sign"],
    &["policy", "activate"],
    &["policy", "log"],
    &["policy", "roster"],
    &["checklist", "show"],
    &["checklist", "lint"],
    &["tag", TAG],
    &["open", TAG],
    &["status"],
    &["mine"],
    &["approve", TAG, "tests"],
    &["reject", TAG, "tests", "--reason", "x"],
    &["partial", TAG, "tests", "--reason", "x"],
    &["not-applicable", TAG, "tests", "--reason", "x"],
    &["waive", TAG, "tests", "--reason", "x"],
    &["withdraw", TAG, "tests", "--reason", "x"],
    &["disregard", TAG, "0123456789ab", "--reason", "x"],
    &["assign", TAG, "tests", "@ann", "--reason", "x"],
    &["decide", TAG, "go"],
    &["gate", TAG],
    &["gate", "--commit", "HEAD"],
    &["log", TAG],
    &["show", "0123456789ab"],
    &["sync"],
    &["verify", TAG],
    &["verify", "--all"],
    &["verify", "--heads"],
    &["report", TAG],
];

#[test]
fn a_reftable_gets_one_sentence_from_every_command() {
    if is_older_than((2, 45), "a reftable") {
        return;
    }
    let box_ = begin(Sandbox::at(Stage::Begun), "table", "--ref-format=reftable");
    box_.commit("first");
    box_.tag(TAG);
    for args in COMMANDS {
        let run = box_.run_as("rita", args).exits(4).says("keeps its refs in a reftable").says("--ref-format=files");
        assert_eq!(run.text().matches("error: ").count(), 1, "{args:?}: {}", run.text());
        let error = box_.run_as("rita", &[&["--json"], *args].concat()).exits(4).json();
        assert_eq!((error["format"].as_str(), error["exit"].as_i64()), (Some("relsign-error-v1"), Some(4)), "{args:?}");
    }
    // What the sentence says to do helps.
    let (from, to) = (box_.repo.display().to_string(), box_.path("files"));
    box_.git_in(&box_.path("home"), &["clone", "-q", "--ref-format=files", &from, to.to_str().unwrap()]);
    run_in(&box_, &to, "rita", &["init", "--yes"]).exits(0).says("new root");
}

#[test]
fn a_server_may_keep_its_refs_in_a_reftable() {
    if is_older_than((2, 45), "a reftable") {
        return;
    }
    let box_ = Sandbox::at(Stage::Go);
    let bare = box_.path("table.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", "--ref-format=reftable", bare.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", bare.display())]);
    box_.git(&["push", "-q", "origin", "main", TAG]);
    box_.run(&["sync"]).exits(0);
    let other = clone(&box_, bare.to_str().unwrap(), "other");
    let root = box_.git(&["config", "relsign.root"]);
    run_in(&box_, &other, "ann", &["trust", &root]);
    run_in(&box_, &other, "ann", &["gate", TAG]).exits(0);
}

#[test]
fn a_repository_that_translates_its_objects_gets_one_sentence() {
    let box_ = begin(Sandbox::at(Stage::Begun), "both", "--object-format=sha256");
    box_.commit("first");
    box_.git(&["config", "extensions.compatObjectFormat", "sha1"]);
    for args in COMMANDS {
        box_.run_as("rita", args).exits(4).says("extensions.compatObjectFormat");
    }
}
