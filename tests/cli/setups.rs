//! People's git as they have it set up: what is on the remote, settings, hooks, clones of every sort.

use std::path::PathBuf;

use crate::sandbox::{Sandbox, Stage, TAG, ended};

/// Makes a server as the origin of the repository, with its branch.
fn serve(box_: &Sandbox) -> PathBuf {
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main"]);
    server
}

/// Another person's tag: an annotated one, a lightweight one on the same commit, and one on a file.
const OTHERS: [&[&str]; 3] = [&["-a", "-m", "other", TAG, "main"], &[TAG, "main"], &[TAG, "main:RELEASE.md"]];

#[test]
fn nothing_is_signed_on_a_tag_that_is_another_at_the_remote() {
    for other in OTHERS {
        let box_ = Sandbox::at(Stage::Begun);
        let server = serve(&box_);
        box_.run(&["sync"]).exits(0);
        box_.tag(TAG);
        box_.git_in(&server, &[&["-c", "user.name=x", "-c", "user.email=x@example.com", "tag"], other].concat());
        box_.run_as("rita", &["open", TAG]).exits(3).says("another object at origin").says("git fetch --force origin");
        assert!(box_.log(TAG).is_empty(), "{other:?}");
        // What was opened before it was another is told, and nothing in favour comes.
        box_.git_in(&server, &["tag", "-d", TAG]);
        box_.run_as("rita", &["open", TAG]).exits(0).says("shared with origin");
        box_.git_in(&server, &[&["-c", "user.name=x", "-c", "user.email=x@example.com", "tag", "-f"], other].concat());
        let before = box_.log(TAG).len();
        for (who, args) in [
            ("ann", &["approve", TAG, "tests"][..]),
            ("bob", &["not-applicable", TAG, "rollback", "--reason", "no"]),
            ("rita", &["waive", TAG, "tests", "--reason", "no"]),
            ("rita", &["decide", TAG, "go"]),
        ] {
            let run = box_.run_as(who, args);
            assert!(matches!(run.code, 1 | 3), "{other:?}: {args:?}: {}: {}", run.code, run.text());
        }
        assert_eq!(box_.log(TAG).len(), before, "{other:?}");
    }
    // Also where the name is only made now.
    let box_ = Sandbox::at(Stage::Begun);
    let server = serve(&box_);
    box_.git_in(&server, &["tag", TAG, "main"]);
    box_.run(&["sync"]).exits(0);
    box_.git(&["tag", "-d", TAG]);
    ended(box_.program().args(["tag", TAG])).exits(1).says("origin has").says("git fetch origin");
}
