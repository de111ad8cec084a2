//! What became of a tag on the server, seen from a clone that still has the old one and from a fresh one.

use std::path::PathBuf;

use crate::sandbox::{Run, Sandbox, Stage, TAG, flat};

/// A clone with the release, and the server that it shares with; nothing guards the server.
struct Served {
    box_: Sandbox,
    server: PathBuf,
}

impl Served {
    fn at(stage: Stage) -> Self {
        Self::of(Sandbox::at(stage))
    }

    fn of(box_: Sandbox) -> Self {
        let server = box_.path("server.git");
        let place = server.to_str().unwrap().to_owned();
        box_.git_in(&box_.path("home"), &["init", "-q", "--bare", "-b", "main", &place]);
        box_.git(&["remote", "add", "origin", &place]);
        box_.git(&["push", "-q", "--no-verify", "origin", "main"]);
        box_.run(&["sync"]).exits(0);
        Self { box_, server }
    }

    fn on_server(&self, args: &[&str]) -> String {
        self.box_.git_in(&self.server, args)
    }

    /// Makes a tag by @rita on the server and gives its object.
    fn tag_there(&self, name: &str, options: &[&str], target: &str) -> String {
        self.on_server(&[&WHO[..], &["tag", "-f"], options, &[name, target]].concat());
        self.on_server(&["rev-parse", &format!("refs/tags/{name}")])
    }

    /// Clones the server as somebody does who was never here.
    fn fresh(&self, name: &str) -> PathBuf {
        let path = self.box_.path(name);
        self.box_.git_in(&self.box_.path("home"), &["clone", "-q", self.server.to_str().unwrap(), path.to_str().unwrap()]);
        self.box_.git_in(&path, &["config", "relsign.root", &format!("SHA256:{}", self.box_.root())]);
        path
    }

    fn run_in(&self, path: &std::path::Path, args: &[&str]) -> Run {
        let mut command = self.box_.command(super::sandbox::place::program(), path);
        crate::sandbox::ended(command.args(args))
    }

    /// Asserts that the old clone and a fresh one both say that the release was tampered with, whatever asks.
    #[track_caller]
    fn both_tampered(&self, code: &str, fresh: &str) {
        let fresh = self.fresh(fresh);
        for path in [&self.box_.repo, &fresh] {
            self.run_in(path, &["gate", TAG]).exits(3).says(code);
            self.run_in(path, &["gate", "--no-sync", TAG]).exits(3).says(code);
            self.run_in(path, &["verify", TAG]).exits(3).says(code);
            self.run_in(path, &["verify", "--all"]).exits(3).says(code);
            self.run_in(path, &["status", "--exit-code", TAG]).exits(3);
            self.run_in(path, &["report", TAG]).says(code);
        }
    }
}

/// Who works on the server.
const WHO: [&str; 4] = ["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com"];

/// The command that puts the release's tag back on a server.
fn way_back(remote: &str) -> String {
    format!("git push -f {remote} refs/tags/{TAG}")
}

#[test]
fn a_tag_that_moved_on_the_server_is_tampered_with_in_every_clone() {
    // Expected: tag-moved, exit 3, gate 3 for who has the old tag as for who comes fresh, and the command that puts it back.
    let served = Served::at(Stage::Go);
    served.box_.run(&["gate", TAG]).exits(0);
    served.box_.write("src/main.c", "evil\n");
    served.box_.commit("evil");
    served.box_.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main"]);
    let there = served.tag_there(TAG, &["-a", "-m", "moved"], "main");
    served.both_tampered("tag-moved", "fresh");
    let gate = served.box_.run(&["gate", TAG]).exits(3).says(&there[..12]).says("origin").says(&way_back("origin"));
    assert!(!gate.text().contains("git fetch"), "{}", gate.text());
    served.box_.verify(TAG, 3).says(&way_back("origin"));
    // Sharing changes nothing there and says the same.
    let sync = served.box_.run(&["sync"]).exits(3).says(&way_back("origin"));
    assert!(!sync.text().contains("git fetch"), "{}", sync.text());
    assert_eq!(served.on_server(&["rev-parse", &format!("refs/tags/{TAG}")]), there);
    served.box_.git(&["push", "-q", "--no-verify", "-f", "origin", &format!("refs/tags/{TAG}")]);
    served.box_.run(&["gate", TAG]).exits(0);
    served.box_.verify(TAG, 0).lacks("tag-moved");
    let again = served.fresh("again");
    served.run_in(&again, &["gate", TAG]).exits(0);
}

#[test]
fn a_tag_made_again_on_the_server_is_moved_in_every_clone() {
    // Expected: tag-moved, exit 3, gate 3: annotated anew on the same commit, and lightweight on the same commit.
    let served = Served::at(Stage::Go);
    served.tag_there(TAG, &["-a", "-m", "the same, really"], &format!("{TAG}^{{commit}}"));
    served.both_tampered("tag-moved", "annotated");
    served.tag_there(TAG, &[], &format!("{TAG}^{{commit}}"));
    served.both_tampered("tag-moved", "lightweight");
}

#[test]
fn a_tag_deleted_on_the_server_is_deleted_in_every_clone() {
    // Expected: tag-deleted, exit 3, gate 3 for who has it as for who comes fresh; `sync` puts it back and says so.
    let served = Served::at(Stage::Go);
    served.on_server(&["tag", "-d", TAG]);
    served.both_tampered("tag-deleted", "fresh");
    served.box_.run(&["gate", TAG]).exits(3).says(&way_back("origin"));
    served.box_.run(&["sync", "--dry-run"]).exits(3).says(&way_back("origin"));
    assert_eq!(served.on_server(&["tag"]), "");
    let sync = served.box_.run(&["sync"]).exits(0).says("restored on origin: v1.0.0");
    assert!(sync.stderr.contains("v1.0.0"), "{}", sync.text());
    assert_eq!(served.on_server(&["rev-parse", &format!("refs/tags/{TAG}")]), served.box_.id(TAG));
    served.box_.run(&["gate", TAG]).exits(0);
    served.box_.run(&["sync"]).exits(0);
    let again = served.fresh("again");
    served.run_in(&again, &["gate", TAG]).exits(0);
}

#[test]
fn a_tag_deleted_on_the_server_with_some_of_its_records_is_deleted() {
    // Expected: tag-deleted, exit 3: the note of the tag object was pruned, or that of its name was taken away.
    for prune in [true, false] {
        let served = Served::at(Stage::Go);
        let object = served.box_.id(TAG);
        served.on_server(&["update-ref", "-d", &format!("refs/tags/{TAG}")]);
        if prune {
            served.on_server(&["gc", "-q", "--prune=now"]);
            served.on_server(&[&WHO[..], &["notes", "--ref=relsign", "prune"]].concat());
        } else {
            let notes = served.on_server(&["notes", "--ref=relsign", "list"]);
            for line in notes.lines().filter(|line| !line.ends_with(&object)) {
                let of = line.split(' ').nth(1).unwrap();
                served.on_server(&[&WHO[..], &["notes", "--ref=relsign", "remove", of]].concat());
            }
        }
        served.box_.run(&["gate", TAG]).exits(3).says("tag-deleted").says(&way_back("origin"));
        served.box_.verify(TAG, 3).finds("tag-deleted");
        served.box_.run(&["sync"]).says("restored on origin: v1.0.0");
        served.box_.run(&["gate", TAG]).exits(0);
    }
}

#[test]
fn a_tag_that_moved_on_a_server_that_lost_the_records_is_moved() {
    // Expected: tag-moved, exit 3: whoever may rewrite the tag may take the records away with it.
    let served = Served::at(Stage::Go);
    served.tag_there(TAG, &["-a", "-m", "moved"], &format!("{TAG}^{{commit}}"));
    served.on_server(&["update-ref", "-d", "refs/notes/relsign"]);
    served.box_.run(&["gate", TAG]).exits(3).says("tag-moved").says(&way_back("origin"));
    served.box_.run(&["sync"]).exits(3);
    served.box_.verify(TAG, 3).finds("tag-moved");
}

#[test]
fn nothing_in_favour_is_signed_while_the_server_has_another_tag() {
    // Expected: exit 3 and nothing signed; a word against is signed all the same, so that a moved tag silences nobody.
    for moved in [true, false] {
        let served = Served::at(Stage::Signed);
        if moved {
            served.tag_there(TAG, &["-a", "-m", "moved"], &format!("{TAG}^{{commit}}"));
        } else {
            served.on_server(&["tag", "-d", TAG]);
        }
        let before = served.box_.log(TAG).len();
        for args in [
            &["decide", TAG, "go"][..],
            &["waive", TAG, "tests", "--reason", "because"],
            &["assign", TAG, "healthy", "@ann", "--reason", "because"],
        ] {
            served.box_.run_as("rita", args).exits(3).says(&way_back("origin"));
        }
        served.box_.run_as("bob", &["approve", TAG, "healthy"]).exits(3).says(&way_back("origin"));
        assert_eq!(served.box_.log(TAG).len(), before);
        served.box_.run_as("ann", &["reject", TAG, "tests", "--reason", "no", "--no-sync"]).exits(0);
        assert_eq!(served.box_.log(TAG).len(), before + 1);
    }
}

#[test]
fn a_tag_that_another_clone_moved_before_is_not_opened() {
    // Expected: exit 3 and nothing opened; opened without asking the server, it is tag-moved for everybody who asks.
    let box_ = Sandbox::at(Stage::Begun);
    box_.tag(TAG);
    let served = Served::of(box_);
    served.box_.git(&["push", "-q", "--no-verify", "origin", TAG]);
    served.tag_there(TAG, &["-a", "-m", "moved"], &format!("{TAG}^{{commit}}"));
    let offline = served.box_.run_as("rita", &["open", TAG]).exits(3).says("another object").says(&way_back("origin"));
    assert!(!offline.text().contains("signed "), "{}", offline.text());
    served.box_.git(&["remote", "rename", "origin", "later"]);
    served.box_.run_as("rita", &["open", TAG, "--no-sync"]).exits(0);
    served.box_.run(&["gate", TAG]).exits(3).says("tag-moved").says(&way_back("later"));
    served.box_.run(&["sync"]).exits(3);
    let fresh = served.fresh("fresh");
    served.run_in(&fresh, &["gate", TAG]).exits(3).says("tag-moved");
}

#[test]
fn a_mirror_whose_tag_moved_is_told_and_a_fork_that_lacks_the_release_is_not() {
    // Expected: tag-moved and tag-deleted at the mirror that has the records, exit 3; GO with a fork that never had them.
    let served = Served::at(Stage::Go);
    let box_ = &served.box_;
    for name in ["fork", "mirror"] {
        let place = box_.path(&format!("{name}.git"));
        box_.git_in(&box_.path("home"), &["init", "-q", "--bare", "-b", "main", place.to_str().unwrap()]);
        box_.git(&["remote", "add", name, place.to_str().unwrap()]);
        box_.git(&["push", "-q", "--no-verify", name, "main"]);
    }
    let (fork, mirror) = (box_.path("fork.git"), box_.path("mirror.git"));
    // The fork has a tag of that name of its own, and nothing of the release.
    box_.git_in(&fork, &["tag", TAG, "main"]);
    box_.run(&["verify", "--heads", "--with", "fork"]);
    box_.run(&["gate", TAG]).exits(0);
    box_.git_in(&fork, &["tag", "-d", TAG]);
    box_.run(&["verify", "--heads", "--with", "fork"]);
    box_.run(&["gate", TAG]).exits(0);
    // Records that were pushed there without their tag are what a fresh clone of it would find.
    box_.run(&["sync", "mirror"]).exits(0);
    box_.run(&["gate", TAG]).exits(0);
    box_.git_in(&mirror, &["tag", "-f", TAG, "main"]);
    box_.run(&["sync", "mirror"]).exits(3).says(&way_back("mirror"));
    box_.run(&["gate", TAG]).exits(3).says("tag-moved").says(&way_back("mirror"));
    box_.git_in(&mirror, &["tag", "-d", TAG]);
    box_.run(&["verify", "--heads", "--with", "mirror"]);
    box_.verify(TAG, 3).finds("tag-deleted").says(&way_back("mirror"));
    // What is no remote any more is nobody's concern.
    box_.git(&["remote", "remove", "mirror"]);
    box_.verify(TAG, 0).lacks("tag-deleted");
}

#[test]
fn a_tag_that_was_not_shared_yet_is_not_deleted_on_the_server() {
    // Expected: GO, and no tag-deleted: what the server never had is not gone from it.
    let served = Served::at(Stage::Begun);
    let box_ = &served.box_;
    box_.tag(TAG);
    box_.run(&["sync"]).exits(0);
    box_.run_as("rita", &["open", TAG, "--no-sync"]).exits(0);
    box_.run(&["gate", TAG]).exits(1);
    box_.verify(TAG, 0).lacks("tag-deleted").lacks("tag-moved");
    let run = box_.run_as("ann", &["approve", TAG, "tests"]).exits(0).says("shared with origin");
    assert!(!run.text().contains("put back"), "{}", run.text());
    box_.verify(TAG, 0).lacks("tag-deleted");
    assert_eq!(served.on_server(&["rev-parse", &format!("refs/tags/{TAG}")]), box_.id(TAG));
}

#[test]
fn a_twin_of_the_tag_on_the_server_takes_nothing_of_its_place() {
    // Expected: tag-deleted, exit 3 where only a tag that differs in case is left; GO with both.
    let served = Served::at(Stage::Go);
    served.on_server(&["update-ref", "refs/tags/V1.0.0", &format!("refs/tags/{TAG}")]);
    served.box_.run(&["gate", TAG]).exits(0);
    served.on_server(&["tag", "-d", TAG]);
    served.box_.run(&["gate", TAG]).exits(3).says("tag-deleted").says(&way_back("origin"));
}

#[test]
fn a_name_of_the_tag_that_a_shell_would_read_is_quoted_in_the_way_back() {
    // Expected: tag-moved, exit 3, and a command that runs as it stands.
    let box_ = Sandbox::at(Stage::Begun);
    let name = "v1;touch$IFS'x";
    box_.tag(name);
    box_.run_as("rita", &["open", name]).exits(0);
    let served = Served::of(box_);
    served.tag_there(name, &["-a", "-m", "moved"], "main");
    let run = served.box_.run(&["gate", name]).exits(3);
    let line = run.stdout.lines().next().unwrap();
    let command = line.split_once("git push -f ").unwrap().1.split(" [").next().unwrap();
    let mut shell = served.box_.command("sh", &served.box_.repo);
    let done = shell.args(["-c", &format!("git push -q --no-verify -f {command}")]).output().unwrap();
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    assert!(!served.box_.repo.join("x").exists());
    served.box_.run(&["gate", name]).exits(1);
}

#[test]
fn a_tag_deleted_here_alone_is_told_as_that() {
    // Expected: tag-object-missing, exit 4, with `sync`, which brings it back; no word of tampering, for the remote has it.
    let served = Served::at(Stage::Go);
    served.box_.git(&["tag", "-d", TAG]);
    let what = "was deleted in this clone; origin has it as it was opened";
    for args in [&["gate", "--no-sync", TAG][..], &["verify", TAG], &["verify", "--all"], &["status", "--exit-code", TAG]] {
        let run = served.box_.run(args).exits(4).says(what);
        assert!(!flat(&run.text()).to_lowercase().contains("tampered"), "{}", run.text());
    }
    let status = served.box_.run(&["status", TAG]).says("relsign sync");
    assert!(!status.text().contains("relsign open"), "{}", status.text());
    served.box_.run_as("rita", &["decide", "--no-sync", TAG, "no-go", "--reason", "r"]).exits(4).says(what).says("relsign sync");
    served.box_.run(&["report", TAG]).says(what).says("relsign sync");
    served.box_.run(&["sync"]).exits(0);
    served.box_.run(&["gate", TAG]).exits(0);
    // Where the server lost it too, nobody can say that it was deleted here alone.
    served.on_server(&["tag", "-d", TAG]);
    served.box_.git(&["tag", "-d", TAG]);
    served.box_.run(&["gate", TAG]).exits(3).says("tag-deleted");
}
