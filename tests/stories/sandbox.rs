//! A sandbox that leaks nothing: homes of their own, empty configuration, one clock, and paths that look alike everywhere.
//!
//! What pages call /home and /srv are folders of the sandbox.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::place;

/// The repository that everybody clones, as pages call it.
const PROJECT: &str = "parcel-map";
const FOLDERS: [&str; 2] = ["/home/", "/srv/"];

/// Where a page plays.
pub struct Sandbox {
    folder: tempfile::TempDir,
    root: PathBuf,
    now: RefCell<String>,
}

impl Sandbox {
    pub fn new() -> Self {
        let folder = place::folder("relsign-story-");
        let root = folder.path().canonicalize().unwrap();
        for name in FOLDERS {
            std::fs::create_dir(inside(&root, name)).unwrap();
        }
        Self { folder, root, now: RefCell::new("2026-11-21T09:30:00Z".to_owned()) }
    }

    /// Sets the clock.
    pub fn set_now(&self, now: &str) {
        now.clone_into(&mut self.now.borrow_mut());
    }

    /// Writes a file into somebody's clone.
    pub fn write(&self, who: &str, file: &str, content: &str) {
        let path = self.directory(who).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Runs a line of shell as somebody and gives both streams as one, and the exit code where it is not 0.
    pub fn run(&self, who: &str, line: &str) -> String {
        let mut line = line.to_owned();
        for name in FOLDERS {
            line = line.replace(name, &format!("{}/", inside(&self.root, name).display()));
        }
        let bin = Path::new(crate::place::program()).parent().unwrap().to_owned();
        let mut path = vec![bin];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let home = inside(&self.root, "/home/").join(who);
        let now = self.now.borrow().clone();
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut command = Command::new(crate::place::found("sh".as_ref()));
        command
            .args(["-c", &line])
            .current_dir(self.directory(who))
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", &home)
            .env("USER", who)
            .env("TZ", "UTC")
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "80")
            .env("RELSIGN_NOW", &now)
            .env("GIT_AUTHOR_DATE", &now)
            .env("GIT_COMMITTER_DATE", &now)
            .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .env("TMPDIR", &self.root)
            .env("SEEDS", crate::seeds().unwrap_or_default())
            .env("PAYMENT", crate::source(crate::PAYMENT))
            .env("CHECKLIST", crate::source("src/cli/commands/demo/RELEASE_CHECKLIST.md"))
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer);
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
        let status = child.wait().unwrap();
        let mut text = String::from_utf8(bytes).unwrap();
        for name in FOLDERS {
            text = text.replace(&format!("{}/", inside(&self.root, name).display()), name);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if !status.success() {
            text.push_str(&format!("(exit code {})\n", status.code().unwrap()));
        }
        text
    }

    /// Gives somebody's clone, or their home while they have none; the server's administrator works on the server.
    fn directory(&self, who: &str) -> PathBuf {
        if who == "server" {
            return inside(&self.root, "/srv/");
        }
        let home = inside(&self.root, "/home/").join(who);
        std::fs::create_dir_all(&home).unwrap();
        let clone = home.join(PROJECT);
        if clone.is_dir() { clone } else { home }
    }
}

fn inside(root: &Path, folder: &str) -> PathBuf {
    root.join(folder.trim_matches('/'))
}
