//! A sandbox in which git is run without anybody's configuration.

use std::path::{Path, PathBuf};
use std::process::Command;

use relsign::git::{Author, Repository};
use relsign::model::ids::ObjectId;
use relsign::model::time::Timestamp;

use super::place;

pub(crate) struct Sandbox {
    pub(crate) dir: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { dir: place::folder("git") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes a repository with one commit.
    pub(crate) fn repository(&self, name: &str, init: &[&str]) -> Repository {
        let path = self.path(name);
        git(self.dir.path(), &[&["init", "-q", "-b", "main"], init, &[name]].concat());
        std::fs::write(path.join("README"), "hello\n").unwrap();
        git(&path, &["add", "."]);
        git(&path, &["commit", "-q", "-m", "first"]);
        Repository::open(&path).unwrap()
    }
}

pub(crate) fn command(dir: &Path) -> Command {
    let mut command = Command::new(crate::place::found("git".as_ref()));
    command.current_dir(dir).env_clear();
    command.envs(std::env::var_os("PATH").map(|value| ("PATH", value)));
    command
        .env("HOME", dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A U Thor").env(format!("GIT_{who}_EMAIL"), "author@example.com");
        command.env(format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z");
    }
    command
}

/// Runs git, which must succeed, and gives what it printed.
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let output = command(dir).args(args).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?} in {}: {errors}", dir.display());
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Merges two branches, and gives the tree that git makes of them. Every git can do that; `merge-tree` can since 2.38.
pub(crate) fn merge_tree(path: &Path, one: &str, two: &str) -> String {
    git(path, &["checkout", "-q", "--detach", one]);
    git(path, &["merge", "-q", "--no-edit", two]);
    git(path, &["rev-parse", "HEAD^{tree}"])
}

pub(crate) fn id(text: &str) -> ObjectId {
    text.parse().unwrap()
}

pub(crate) fn author() -> Author {
    Author { name: "J Chen".into(), email: "jchen@example.com".into(), time: Timestamp::from_seconds(1_767_225_600).unwrap() }
}

pub(crate) fn lines(texts: &[&str]) -> std::collections::BTreeSet<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
