//! Repositories to measure in: a solo set-up with one release, and as many other notes as wanted.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::measure::{Result, output};
use crate::relsign;

/// The tag of the release.
pub const TAG: &str = "v1.0.0";
/// The notes ref of relsign.
const NOTES: &str = "refs/notes/relsign";
/// How many files the working tree has, in folders of fifty.
const FILES: usize = 1000;

/// How the notes lie in their tree.
#[derive(Debug, Clone, Copy)]
pub enum Layout {
    /// `ab/cd…`, as relsign writes them.
    Relsign,
    /// As git itself would lay that many out: one level of folders more for each 256 notes.
    Git,
}

/// A repository with a home of its own, so that nobody's settings come in.
pub struct Sandbox {
    home: tempfile::TempDir,
    /// The repository.
    pub path: PathBuf,
}

impl Sandbox {
    /// Makes a solo repository with a checklist of so many items, and opens the release.
    pub fn new(items: usize) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let path = home.path().join("repository");
        std::fs::create_dir_all(path.join("docs"))?;
        let sandbox = Self { home, path };
        sandbox.write_files(items)?;
        std::fs::create_dir_all(sandbox.home.path().join(".ssh"))?;
        let key = sandbox.key();
        output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f"]).arg(&key))?;
        sandbox.git(&["init", "-q", "-b", "main"])?;
        sandbox.git(&["config", "user.name", "Bench"])?;
        sandbox.git(&["config", "user.email", "bench@example.org"])?;
        sandbox.relsign(&["init", "--preset", "solo", "--handle", "@bench", "--yes", "--quiet"])?;
        // The checklist that init wrote gives way to one with as many items as are wanted.
        sandbox.write_checklist(items)?;
        sandbox.git(&["add", "-A"])?;
        sandbox.git(&["commit", "-q", "-m", "Everything"])?;
        sandbox.git(&["gc", "-q"])?;
        sandbox.relsign(&["tag", TAG, "--quiet"])?;
        sandbox.relsign(&["open", TAG, "--no-sync", "--quiet"])?;
        Ok(sandbox)
    }

    /// The private key, unencrypted.
    pub fn key(&self) -> PathBuf {
        self.home.path().join(".ssh/id_ed25519")
    }

    /// A file outside of the repository.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Copies the repository, with its home.
    pub fn copy(&self) -> Result<Self> {
        let home = tempfile::tempdir()?;
        output(Command::new("cp").arg("-a").arg(self.home.path().join(".")).arg(home.path()))?;
        let path = home.path().join("repository");
        Ok(Self { home, path })
    }

    /// Prepares a program to run in the repository, blind to the environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path).env_clear().env("HOME", self.home.path()).env("TZ", "UTC");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C.UTF-8");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Runs git, and gives what it printed.
    pub fn git(&self, args: &[&str]) -> Result<Vec<u8>> {
        output(self.command("git").args(args))
    }

    /// Runs relsign, and gives what it printed.
    pub fn relsign(&self, args: &[&str]) -> Result<Vec<u8>> {
        output(self.command(&relsign()).args(args))
    }

    fn write_files(&self, items: usize) -> Result<()> {
        for number in 0..FILES {
            let folder = self.path.join(format!("src/part{:02}", number / 50));
            std::fs::create_dir_all(&folder)?;
            let text = format!("// File {number} of a repository with {items} items.\n").repeat(20);
            std::fs::write(folder.join(format!("file{number}.txt")), text)?;
        }
        Ok(())
    }

    fn write_checklist(&self, items: usize) -> Result<()> {
        let policy = std::fs::read_to_string(self.path.join(".relsign/policy.toml"))?;
        let named = policy.lines().find_map(|line| line.trim().strip_prefix("checklist = \"")?.strip_suffix('"'));
        let mut text = String::from("# Release checklist\n\n## Before the release\n\n");
        for number in 1..=items {
            writeln!(text, "- [ ] Statement number {number} holds on the tagged commit <!-- relsign: id=item-{number} -->")?;
        }
        std::fs::write(self.path.join(named.unwrap_or("RELEASE-CHECKLIST.md")), text)?;
        Ok(())
    }

    /// Gives the id of the tag object, on which the records are a note.
    pub fn tag_object(&self) -> Result<String> {
        Ok(String::from_utf8(self.git(&["rev-parse", TAG])?)?.trim().to_owned())
    }

    /// Gives the lines of the log.
    pub fn lines(&self) -> Result<Vec<Vec<u8>>> {
        let note = self.git(&["notes", "--ref", NOTES, "show", &self.tag_object()?])?;
        Ok(note.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect())
    }

    /// Adds notes on objects that need not exist until there are `count`, and lays all of them out anew.
    ///
    /// Each holds a line of the length of a record, and no two are the same. They come in one pack, as after a clone.
    pub fn fill(&self, count: usize, layout: Layout) -> Result<()> {
        let tree = self.git(&["ls-tree", "-r", NOTES])?;
        let mut stream = Vec::with_capacity(count * 1600);
        write!(
            stream,
            "commit {NOTES}\ncommitter Bench <bench@example.org> 1767225600 +0000\ndata 5\nnotes\nfrom {NOTES}^0\ndeleteall\n"
        )?;
        let mut there = 0;
        for line in String::from_utf8(tree)?.lines() {
            let (entry, path) = line.split_once('\t').ok_or("git ls-tree printed something else")?;
            let blob = entry.rsplit(' ').next().unwrap_or_default();
            writeln!(stream, "M 100644 {blob} {}", layout.path(&path.replace('/', ""), count))?;
            there += 1;
        }
        for number in there..count {
            let digits = hex(&Sha256::digest(format!("object {number}")))[..40].to_owned();
            let line = hex(&Sha256::digest(format!("content {number}"))).repeat(20);
            write!(stream, "M 100644 inline {}\ndata {}\n{line}\n", layout.path(&digits, count), line.len() + 1)?;
        }
        let mut import = self.command("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
        import.stdin.take().ok_or("git fast-import has no input")?.write_all(&stream)?;
        if !import.wait()?.success() {
            return Err("git fast-import failed".into());
        }
        Ok(())
    }
}

impl Layout {
    fn path(self, digits: &str, count: usize) -> String {
        let levels = match self {
            Self::Relsign => 1,
            Self::Git if count < 256 => 0,
            Self::Git if count < 256 * 256 => 1,
            Self::Git => 2,
        };
        let (mut path, mut rest) = (String::new(), digits);
        for _ in 0..levels {
            path.push_str(&rest[..2]);
            path.push('/');
            rest = &rest[2..];
        }
        path + rest
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Gives the git directory of a working tree.
pub fn git_dir(path: &Path) -> PathBuf {
    path.join(".git")
}
