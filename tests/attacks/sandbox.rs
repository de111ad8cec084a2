//! A sandbox that leaks nothing: a repository of its own with people who have real keys, and an attacker with plain
//! git and ssh-keygen.
//!
//! The base repositories are made once and copied for each test. What the attacker writes is never made by relsign's own code.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

#[path = "by_hand.rs"]
mod by_hand;
#[path = "objects.rs"]
mod objects;
#[path = "../shared/place.rs"]
pub(crate) mod place;

use base64ct::{Base64, Encoding};
use serde_json::Value;

#[allow(unused_imports, reason = "shared with tests that make little by hand")]
pub(crate) use by_hand::{envelope, hex, nonce, pae, policy_digest, record_id};
#[allow(unused_imports, reason = "shared with tests that have no server")]
pub(crate) use objects::refs;

/// The clock of every test.
pub(crate) const NOW: &str = "2026-11-21T09:30:00Z";
/// The release of the base repositories.
pub(crate) const TAG: &str = "v1.0.0";
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The checklist of the base repositories.
pub(crate) const CHECKLIST: &str = "\
# Release of the widget

## Before the release

- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->
- [ ] The roll-back was tried <!-- relsign: id=rollback owner=@bob -->
- [ ] Two people read the migration <!-- relsign: id=migration owner=@ann reviews=2 -->

## After the release

- [ ] It is healthy <!-- relsign: id=healthy owner=@bob -->
";

/// The policy of the base repositories: five people, one of them with two keys and one with a hardware key, and a machine.
pub(crate) const POLICY: &str = r#"format = 1
repository = "00112233445566778899aabbccddeeff"
[owners]
people = ["@rita"]
threshold = 1
[role.release-manager]
description = "decides"
[role.qa]
description = "tests"
[role.sre]
description = "runs it"
[person.rita]
name = "Rita Mann"
emails = ["rita@example.com"]
roles = ["release-manager"]
keys = [{ key = "KEY(rita)", state = "active" }]
[person.ann]
emails = ["ann@example.com"]
roles = ["qa"]
keys = [{ key = "KEY(ann)", state = "active" }]
[person.bob]
emails = ["bob@example.com"]
roles = ["sre"]
keys = [{ key = "KEY(bob)", state = "active" }]
[person.max]
emails = ["max@example.com"]
roles = ["sre"]
keys = [{ key = "KEY(max)", state = "active" }, { key = "KEY(max2)", state = "active" }]
[person.sam]
emails = ["sam@example.com"]
roles = ["qa"]
keys = [{ key = "KEY(sam)", state = "active" }]
[person.dev]
name = "Dev Eloper"
emails = ["dev@example.com"]
roles = []
keys = [{ key = "KEY(dev)", state = "active" }]
[machine.ci]
may = ["check"]
keys = [{ key = "KEY(ci)", state = "active" }]
[[component]]
name = "main"
tags = "v*"
checklist = "RELEASE.md"
environments = ["production"]
[[rule]]
phase = ["before"]
reviews = 1
[separation]
owner_may_review = false
tagger_may_review = false
implementer_may_review = false
unknown_identity = "refuse"
[authority]
release_managers = ["release-manager"]
open = { normal = ["release-manager"], hotfix = ["release-manager"], emergency = ["release-manager"] }
decide = ["release-manager"]
waive = ["release-manager"]
redact = ["release-manager", "sre"]
reject = ["everyone"]
"#;

/// How far the release of a base repository has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A policy and a checklist are committed; nothing is tagged.
    Begun,
    /// v1.0.0 is tagged by @rita and opened.
    Opened,
    /// Every item before the decision is satisfied.
    Signed,
    /// @rita decided go.
    Go,
}

/// What a run of the program came to.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Run {
    /// Gives both streams.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Reads standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code, with this output:\n{}", self.text());
        self
    }

    /// Asserts that some text stands in either stream.
    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(flat(&self.text()).contains(&flat(what)), "{what:?} is not in:\n{}", self.text());
        self
    }
}

/// Puts a text on one line, without what git writes before a server's words: where a line ends depends on how wide it is.
pub(crate) fn flat(text: &str) -> String {
    let lines = text.lines().map(|line| line.strip_prefix("remote: ").filter(|said| said.starts_with("  ")).unwrap_or(line));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// A valid line of a log as the attacker reads it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) line: String,
    pub(crate) payload: Value,
    pub(crate) id: String,
}

impl Entry {
    pub(crate) fn read(line: &str) -> Option<Self> {
        let envelope: Value = serde_json::from_str(line).ok()?;
        let payload = Base64::decode_vec(envelope["payload"].as_str()?).ok()?;
        Some(Self { line: line.to_owned(), id: record_id(&payload), payload: serde_json::from_slice(&payload).ok()? })
    }

    pub(crate) fn kind(&self) -> &str {
        self.payload["predicate"]["kind"].as_str().unwrap_or_default()
    }
}

/// What was made once for each stage and is copied for each test.
pub(crate) struct Bases([OnceLock<PathBuf>; 4]);

impl Bases {
    pub(crate) const fn new() -> Self {
        Self([const { OnceLock::new() }; 4])
    }
}

/// A temporary directory with a home, keys and a repository.
pub(crate) struct Sandbox {
    dir: tempfile::TempDir,
    pub(crate) repo: PathBuf,
}

impl Sandbox {
    /// Copies the base repository of a stage.
    pub(crate) fn at(stage: Stage) -> Self {
        static BASES: Bases = Bases::new();
        Self::on_base(&BASES, stage, || Self::build(stage))
    }

    /// Copies a base, which is made for the first who asks for it.
    pub(crate) fn on_base(bases: &Bases, stage: Stage, build: impl FnOnce() -> Self) -> Self {
        Self::copy(bases.0[stage as usize].get_or_init(|| build().keep()))
    }

    /// Keeps a base below the target directory, since nothing drops what a static holds; those of runs long past go.
    fn keep(self) -> PathBuf {
        let bases = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attack-bases");
        std::fs::create_dir_all(&bases).unwrap();
        for entry in std::fs::read_dir(&bases).unwrap().flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > Duration::from_secs(3600)) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let kept = tempfile::Builder::new().tempdir_in(&bases).unwrap().keep();
        copy_all(self.dir.path(), &kept);
        kept
    }

    fn build(stage: Stage) -> Self {
        let own = match stage {
            Stage::Begun => return Self::begin(),
            Stage::Opened => Self::at(Stage::Begun),
            Stage::Signed => Self::at(Stage::Opened),
            Stage::Go => Self::at(Stage::Signed),
        };
        match stage {
            Stage::Begun => {}
            Stage::Opened => {
                own.tag(TAG);
                own.run_as("rita", &["open", TAG]).exits(0);
            }
            Stage::Signed => own.sign_all(TAG),
            Stage::Go => {
                own.run_as("rita", &["decide", TAG, "go"]).exits(0);
                own.gate(TAG, 0);
            }
        }
        own
    }

    /// Makes keys, a repository with a commit of @dev, and the policy's root.
    fn begin() -> Self {
        let own = Self::empty();
        std::fs::create_dir(own.path("keys")).unwrap();
        for name in ["rita", "ann", "bob", "max", "max2", "dev", "ci", "eve"] {
            own.make_key(name);
        }
        // The hardware key of @sam is one that the tests can sign with: a device in software.
        let sam = format!("sk-ssh-ed25519@openssh.com {}\n", Base64::encode_string(&super::blob::hardware_wire(7)));
        std::fs::write(own.path("keys/sam.pub"), sam).unwrap();
        own.init_repository(&own.repo);
        own.write("RELEASE.md", CHECKLIST);
        own.write(".relsign/policy.toml", own.fill_policy(POLICY));
        own.run_as("rita", &["init"]).exits(0);
        own.commit("first");
        own
    }

    /// A sandbox with a home and nothing else.
    pub(crate) fn empty() -> Self {
        let dir = place::folder("attack");
        std::fs::create_dir(dir.path().join("home")).unwrap();
        // Nothing here grows old enough to be tidied, and git would start a program after each push and fetch to see that.
        std::fs::write(dir.path().join("home/.gitconfig"), "[maintenance]\n\tauto = false\n[receive]\n\tautogc = false\n").unwrap();
        Self { repo: dir.path().join("repo"), dir }
    }

    fn copy(base: &Path) -> Self {
        let dir = place::folder("attack");
        copy_all(base, dir.path());
        Self { repo: dir.path().join("repo"), dir }
    }

    /// Says what everybody has to say before the decision.
    pub(crate) fn sign_all(&self, tag: &str) {
        self.run_as("ann", &["approve", tag, "tests", "migration"]).exits(0);
        self.run_as("bob", &["approve", tag, "rollback"]).exits(0);
        self.run_as("bob", &["approve", tag, "tests", "migration", "--review"]).exits(0);
        self.run_as("max", &["approve", tag, "migration", "rollback", "--review"]).exits(0);
    }

    /// Says what everybody but @max has to say, who made the tag, and lets @bob's items wait.
    pub(crate) fn sign_all_but_max(&self, tag: &str) {
        self.run_as("ann", &["approve", tag, "tests", "migration"]).exits(0);
        self.run_as("bob", &["approve", tag, "rollback"]).exits(0);
        self.run_as("bob", &["approve", tag, "tests", "migration", "--review"]).exits(0);
        self.run_as("ann", &["approve", tag, "rollback", "--review"]).exits(0);
        self.run_as("max", &["approve", tag, "migration", "--review"]).exits(1).says("must not be the tagger");
    }

    /// Works in another repository of the same sandbox from now on.
    pub(crate) fn moved_to(mut self, repo: PathBuf) -> Self {
        self.repo = repo;
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn key(&self, who: &str) -> PathBuf {
        self.path("keys").join(who)
    }

    pub(crate) fn make_key(&self, name: &str) {
        let mut command = self.command("ssh-keygen", self.dir.path());
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(self.key(name)).stdin(Stdio::null());
        succeed(command.output().unwrap(), "ssh-keygen");
    }

    /// Replaces `KEY(name)` by the public key of that name.
    pub(crate) fn fill_policy(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("KEY(") {
            let (name, tail) = after.split_once(')').unwrap();
            out = out + before + self.public_key(name).as_str();
            rest = tail;
        }
        out + rest
    }

    /// Gives type and base64 of a public key, without its comment.
    pub(crate) fn public_key(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path("keys").join(format!("{name}.pub"))).unwrap();
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// Gives the wire form of a public key.
    pub(crate) fn wire(&self, name: &str) -> Vec<u8> {
        Base64::decode_vec(self.public_key(name).split(' ').nth(1).unwrap()).unwrap()
    }

    /// Gives the fingerprint of a key.
    pub(crate) fn fingerprint(&self, name: &str) -> String {
        super::blob::fingerprint(&self.wire(name))
    }

    pub(crate) fn init_repository(&self, path: &Path) {
        self.git_in(self.dir.path(), &["init", "-q", "-b", "main", path.to_str().unwrap()]);
        for (name, value) in [("user.name", "Dev Eloper"), ("user.email", "dev@example.com"), ("gc.auto", "0")] {
            self.git_in(path, &["config", name, value]);
        }
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.repo.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Makes an annotated tag by @rita on HEAD.
    pub(crate) fn tag(&self, name: &str) {
        self.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", name, name]);
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, directory: &Path) -> Command {
        let mut command = Command::new(place::found(program.as_ref()));
        command.env_clear().current_dir(directory);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2026-11-20T08:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-11-20T08:00:00Z")
            .env("RELSIGN_NOW", NOW)
            .env("TZ", "UTC")
            .env("COLUMNS", "100")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs git in the repository; it must succeed.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.repo, args)
    }

    #[track_caller]
    pub(crate) fn git_in(&self, directory: &Path, args: &[&str]) -> String {
        succeed(self.command("git", directory).args(args).output().unwrap(), &format!("git {args:?}"))
    }

    /// Runs git and gives the bytes it prints; it must succeed.
    #[track_caller]
    pub(crate) fn git_bytes(&self, args: &[&str]) -> Vec<u8> {
        let output = self.command("git", &self.repo).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Runs git with something on its standard input; it must succeed.
    #[track_caller]
    pub(crate) fn git_with(&self, args: &[&str], input: &[u8]) -> String {
        succeed(feed(self.command("git", &self.repo).args(args), input), &format!("git {args:?}"))
    }

    /// Feeds bytes to the program that takes pushes in, and gives what it said.
    pub(crate) fn receive_pack(&self, server: &Path, input: &[u8]) -> String {
        let output = feed(self.command("git", server).args(["receive-pack", "."]), input);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// Makes a command that runs the program.
    pub(crate) fn program(&self) -> Command {
        self.command(place::program(), &self.repo)
    }

    /// Runs the program as nobody in particular.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        ended(self.program().args(args))
    }

    /// Runs the program with the key of a person.
    #[track_caller]
    pub(crate) fn run_as(&self, who: &str, args: &[&str]) -> Run {
        ended(self.program().arg("--key").arg(self.key(who)).args(args))
    }

    /// Runs `verify` in both forms, asserts its exit code, and gives the report.
    #[track_caller]
    pub(crate) fn verify(&self, tag: &str, exit: i32) -> Verified {
        let data = self.run(&["verify", "--json", tag]).exits(exit);
        let text = self.run(&["verify", tag]).exits(exit);
        Verified { report: data.json(), text: text.text() }
    }

    /// Runs `gate` and asserts its exit code.
    #[track_caller]
    pub(crate) fn gate(&self, tag: &str, exit: i32) -> Run {
        self.run(&["gate", "--no-sync", tag]).exits(exit)
    }

    /// Forgets what this clone has seen, as a verifier who comes fresh to a repository.
    pub(crate) fn forget(&self) {
        for seen in ["baseline", "tips"] {
            let _ = std::fs::remove_dir_all(self.repo.join(".git/relsign").join(seen));
        }
    }

    /// Runs git on what relsign last fetched from remotes, which `git` doesn't see; it must succeed.
    #[track_caller]
    pub(crate) fn git_fetched(&self, args: &[&str]) -> String {
        self.git(&[&["--git-dir", ".git/relsign/fetched"], args].concat())
    }
}

/// What `verify` said.
pub(crate) struct Verified {
    pub(crate) report: Value,
    pub(crate) text: String,
}

impl Verified {
    /// Gives the findings of a code.
    pub(crate) fn findings(&self, code: &str) -> Vec<&Value> {
        self.report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == code).collect()
    }

    /// Asserts that there is a finding of a code, and that the text for people names it.
    #[track_caller]
    pub(crate) fn finds(self, code: &str) -> Self {
        let all: Vec<_> = self.report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].to_string()).collect();
        assert!(!self.findings(code).is_empty(), "no finding {code} among {}:\n{}", all.join(" "), self.text);
        assert!(self.text.contains(code), "{code} is not named in:\n{}", self.text);
        self
    }

    /// Asserts that there is none.
    #[track_caller]
    pub(crate) fn lacks(self, code: &str) -> Self {
        assert!(self.findings(code).is_empty(), "a finding {code}:\n{}", self.text);
        self
    }

    /// Asserts that the text for people says something.
    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        let flat = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(what), "{what:?} is not in:\n{}", self.text);
        self
    }

    /// Gives the state of an item.
    pub(crate) fn item(&self, id: &str) -> &str {
        let items = self.report["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).and_then(|item| item["state"].as_str()).unwrap_or_default()
    }
}

fn copy_all(from: &Path, to: &Path) {
    let done = Command::new(place::found("cp".as_ref())).arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success());
}

fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn succeed(output: Output, what: &str) -> String {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Runs the program; whatever it is given it ends of itself, prints text, and nothing that a terminal would act upon.
#[track_caller]
pub(crate) fn ended(command: &mut Command) -> Run {
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8");
    let run = Run {
        code: output.status.code().expect("the program ends of itself"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        took: started.elapsed(),
    };
    let said = run.text();
    assert!((0..=5).contains(&run.code), "exit code {}:\n{said}", run.code);
    assert!(!said.contains("panicked at"), "{said}");
    if let Some(c) = said.chars().find(|c| is_dangerous(*c)) {
        panic!("{c:?} reached the streams of {command:?}:\n{said:?}");
    }
    run
}

/// Says whether a character moves a cursor, hides or reorders text.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{61c}')
}
