//! A release that several clones share over a server on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Run, Sandbox, Stage, TAG, ended};

/// A server with an opened release of many items, and where its clones lie.
pub(crate) struct Shared {
    pub(crate) box_: Sandbox,
    pub(crate) url: String,
    root: String,
}

impl Shared {
    /// Makes a server repository and shares a release of `items` items, all of them @ann's.
    pub(crate) fn with_items(items: usize) -> Self {
        let box_ = Sandbox::at(Stage::Begun);
        let listed: String = (0..items)
            .map(|item| format!("- [ ] Number {item} was looked at <!-- relsign: id=item-{item} owner=@ann -->\n"))
            .collect();
        box_.write("RELEASE.md", format!("# Release\n\n## Before the release\n\n{listed}"));
        box_.commit("many items");
        box_.tag(TAG);
        box_.run_as("rita", &["open", TAG]).exits(0);
        let server = box_.path("server.git");
        box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
        // A server that packs while many push would measure git's housekeeping.
        box_.git_in(&server, &["config", "receive.autogc", "false"]);
        let url = format!("file://{}", server.display());
        box_.git(&["remote", "add", "origin", &url]);
        box_.git(&["push", "-q", "origin", "main", TAG]);
        box_.run(&["sync"]).exits(0);
        let root = box_.git(&["config", "relsign.root"]);
        Self { box_, url, root }
    }

    pub(crate) fn server(&self) -> PathBuf {
        self.box_.path("server.git")
    }

    /// Clones the server and pins its root.
    pub(crate) fn clone(&self, name: &str) -> PathBuf {
        let path = self.box_.path(name);
        self.box_.git_in(&self.box_.path("home"), &["clone", "-q", &self.url, path.to_str().unwrap()]);
        self.box_.git_in(&path, &["config", "relsign.root", &self.root]);
        for (name, value) in [("user.name", "Ann Wolf"), ("user.email", "ann@example.com"), ("gc.auto", "0")] {
            self.box_.git_in(&path, &["config", name, value]);
        }
        self.run(&path, &["sync"]).exits(0);
        path
    }

    /// Makes so many clones: one by git, the others as copies of it, which takes less time.
    pub(crate) fn clones(&self, count: usize) -> Vec<PathBuf> {
        let first = self.clone("clone-0");
        let copy = |number| {
            let path = self.box_.path(&format!("clone-{number}"));
            assert!(Command::new("cp").arg("-r").arg(&first).arg(&path).status().unwrap().success());
            path
        };
        let copies: Vec<PathBuf> = (1..count).map(copy).collect();
        std::iter::once(first).chain(copies).collect()
    }

    /// Makes a command that runs the program in a clone, with the key of @ann.
    pub(crate) fn program(&self, clone: &Path) -> Command {
        let mut command = self.box_.program();
        command.current_dir(clone).arg("--key").arg(self.box_.key("ann"));
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, clone: &Path, args: &[&str]) -> Run {
        ended(self.program(clone).args(args))
    }

    /// Gives the tree of all notes in a repository.
    pub(crate) fn notes_tree(&self, repository: &Path) -> String {
        self.box_.git_in(repository, &["rev-parse", "refs/notes/relsign^{tree}"])
    }

    /// Gives the lines on the release in a repository, as stock git shows them.
    pub(crate) fn lines(&self, repository: &Path) -> Vec<String> {
        let object = self.box_.git(&["rev-parse", TAG]);
        let text = self.box_.git_in(repository, &["notes", "--ref=relsign", "show", &object]);
        text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}
