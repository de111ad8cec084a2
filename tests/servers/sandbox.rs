//! A project on a server, with the hooks of the server on, and a clone without hooks: whoever pushes from there has
//! left them out.
//!
//! The clock is the machine's, since a server listens to no other. So what is frozen here is frozen for centuries.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::place;

/// The policy of the project; `KEY(name)` stands for a public key.
const POLICY: &str = r#"format = 1
repository = "00112233445566778899aabbccddeeff"
[owners]
people = ["@rita"]
threshold = 1
[role.release-manager]
description = "decides"
[role.sre]
description = "runs it"
[person.rita]
name = "Rita Mann"
emails = ["rita@example.com"]
roles = ["release-manager"]
keys = [{ key = "KEY(rita)", state = "active" }]
[person.bob]
emails = ["bob@example.com"]
roles = ["sre"]
keys = [{ key = "KEY(bob)", state = "active" }]
[person.dev]
name = "Dev Eloper"
emails = ["dev@example.com"]
roles = []
keys = [{ key = "KEY(dev)", state = "active" }]
[[component]]
name = "main"
tags = "v*"
checklist = "RELEASE.md"
environments = ["production", "staging"]
[[rule]]
phase = ["before"]
reviews = 0
[authority]
release_managers = ["release-manager"]
open = { normal = ["release-manager"], hotfix = ["release-manager"], emergency = ["release-manager"] }
decide = ["release-manager"]
reject = ["everyone"]
freeze = ["release-manager"]
lift = ["release-manager"]
request = ["everyone"]
grant = ["sre"]
[thresholds]
exception = 1
[[gated]]
ref = "refs/heads/production"
component = "main"
environment = "production"
[[freeze]]
name = "for good"
refs = ["refs/heads/frozen"]
zone = "UTC"
once = { from = 2000-01-01T00:00:00, to = 2999-01-01T00:00:00 }
reason = "nothing moves here"
"#;

const CHECKLIST: &str = "# Release\n\n## Before\n\n- [ ] It works <!-- relsign: id=works owner=@rita -->\n";

/// What a program came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(flat(&self.text).contains(&flat(what)), "{what:?} is not in:\n{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn says_not(self, what: &str) -> Self {
        assert!(!flat(&self.text).contains(&flat(what)), "{what:?} is in:\n{}", self.text);
        self
    }
}

/// Puts a text on one line, without what git writes before a server's words: where a line ends depends on how wide it is.
pub(crate) fn flat(text: &str) -> String {
    let lines = text.lines().map(|line| line.strip_prefix("remote: ").filter(|said| said.starts_with("  ")).unwrap_or(line));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// A temporary directory with a home, keys, a server's repositories and a clone.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// A home, keys and nothing else.
    pub(crate) fn empty() -> Self {
        let own = Self { folder: place::folder("servers") };
        for name in ["home", "keys", "srv"] {
            std::fs::create_dir(own.path(name)).unwrap();
        }
        let config = "[user]\n\tname = Dev Eloper\n\temail = dev@example.com\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n\
                      [advice]\n\tdetachedHead = false\n[protocol \"ext\"]\n\tallow = never\n";
        std::fs::write(own.path("home/.gitconfig"), config).unwrap();
        own
    }

    /// A project with a policy on its server, where `frozen` is frozen and `production` is gated; the server's hooks are
    /// on and its root is pinned.
    pub(crate) fn project() -> Self {
        static BASE: OnceLock<PathBuf> = OnceLock::new();
        let base = BASE.get_or_init(|| {
            let built = Self::build();
            // Nothing drops what a static holds, so it lies below the target directory; those of runs long past go.
            let bases = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server-bases");
            std::fs::create_dir_all(&bases).unwrap();
            for entry in std::fs::read_dir(&bases).unwrap().flatten() {
                let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
                if age.is_some_and(|age| age > Duration::from_secs(3600)) {
                    let _ = std::fs::remove_dir_all(entry.path());
                }
            }
            let kept = bases.join(std::process::id().to_string());
            let _ = std::fs::remove_dir_all(&kept);
            copy(built.folder.path(), &kept);
            kept
        });
        let own = Self { folder: place::folder("servers") };
        copy(base, own.folder.path());
        own.git(&["remote", "set-url", "origin", own.path("srv/project.git").to_str().unwrap()]);
        own
    }

    fn build() -> Self {
        let own = Self::empty();
        for name in ["rita", "bob", "dev"] {
            own.program(
                "ssh-keygen",
                own.folder.path(),
                &["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", own.key(name).to_str().unwrap()],
            )
            .exits(0);
        }
        own.program("git", &own.path("srv"), &["init", "-q", "--bare", "project.git"]).exits(0);
        own.program("git", own.folder.path(), &["clone", "-q", "srv/project.git", "clone"]).exits(0);
        own.write("RELEASE.md", CHECKLIST);
        own.write(".relsign/policy.toml", &own.fill(POLICY));
        own.commit("first");
        own.git(&["push", "-q", "origin", "main", "main:frozen"]);
        own.relsign_as("rita", &["init", "--no-hooks"]).exits(0);
        // The policy in force may land on a frozen branch, so what the tests push there must be something else.
        own.commit("the policy in force");
        own.git(&["push", "-q", "origin", "main", "main:frozen"]);
        own.on_server(&["trust", &own.root()]).exits(0);
        own.on_server(&["hook", "install", "--server"]).exits(0);
        own
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn clone(&self) -> PathBuf {
        self.path("clone")
    }

    pub(crate) fn server(&self) -> PathBuf {
        self.path("srv/project.git")
    }

    pub(crate) fn key(&self, who: &str) -> PathBuf {
        self.path("keys").join(who)
    }

    /// Gives the root that the clone has pinned.
    pub(crate) fn root(&self) -> String {
        self.git(&["config", "relsign.root"])
    }

    fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("KEY(") {
            let (name, tail) = after.split_once(')').unwrap();
            let public = std::fs::read_to_string(self.path("keys").join(format!("{name}.pub"))).unwrap();
            out = out + before + public.trim();
            rest = tail;
        }
        out + rest
    }

    /// Makes a command in an environment of its own: nothing of the user's or of the system's.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(crate::place::found(program.as_ref()));
        command.current_dir(directory).env_clear().stdin(Stdio::null());
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command
    }

    /// Gives the environment of everything in the sandbox.
    pub(crate) fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let mut path = vec![Path::new(crate::place::program()).parent().unwrap().to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        vec![
            ("PATH", std::env::join_paths(path).unwrap()),
            ("HOME", self.path("home").into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("GIT_CEILING_DIRECTORIES", self.folder.path().into()),
            ("TZ", "UTC".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("COLUMNS", "80".into()),
            ("TMPDIR", std::env::temp_dir().into()),
        ]
    }

    pub(crate) fn program(&self, program: &str, directory: &Path, args: &[&str]) -> Run {
        ended(self.command(program, directory).args(args))
    }

    /// Runs git in the clone; it must succeed.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.clone(), args)
    }

    #[track_caller]
    pub(crate) fn git_in(&self, directory: &Path, args: &[&str]) -> String {
        self.program("git", directory, args).exits(0).text.trim().to_owned()
    }

    /// Runs `git push` in the clone.
    pub(crate) fn push(&self, args: &[&str]) -> Run {
        self.program("git", &self.clone(), &[&["push"], args].concat())
    }

    /// Runs the program in the clone, with the key of a person.
    pub(crate) fn relsign_as(&self, who: &str, args: &[&str]) -> Run {
        let key = self.key(who);
        self.program(crate::place::program(), &self.clone(), &[&["--key", key.to_str().unwrap()], args].concat())
    }

    /// Runs the program in the clone.
    pub(crate) fn relsign(&self, args: &[&str]) -> Run {
        self.program(crate::place::program(), &self.clone(), args)
    }

    /// Runs the program as the server's administrator.
    pub(crate) fn on_server(&self, args: &[&str]) -> Run {
        self.program(crate::place::program(), &self.server(), args)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.clone().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything in the clone and gives the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Gives what a ref of the server stands for; nothing where there is none.
    pub(crate) fn landed(&self, name: &str) -> Option<String> {
        let run = self.program("git", &self.server(), &["rev-parse", "--verify", "--quiet", name]);
        (run.code == 0).then(|| run.text.trim().to_owned())
    }
}

/// Runs a command to its end, with both streams as one.
pub(crate) fn ended(command: &mut Command) -> Run {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Run { code: output.status.code().unwrap_or(-1), text }
}

/// Runs a command with something on its standard input.
pub(crate) fn fed(command: &mut Command, input: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that answers without reading everything closes its end, which is no failure of the test's.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Run { code: output.status.code().unwrap_or(-1), text }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let status = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(status.success());
}
