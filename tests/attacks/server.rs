//! A server of the sandbox: a bare repository whose pre-receive hook asks the real program, and real pushes to it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::sandbox::{Bases, NOW, Run, Sandbox, Stage, TAG, ended, hex, nonce, record_id};

/// What the policy says of refs: everybody may ask, those who test and run it grant, the release manager breaks the glass.
pub(crate) const RULES: &str = r#"request = ["everyone"]
grant = ["qa", "sre"]
break_glass = ["release-manager"]
freeze = ["release-manager"]
close = ["release-manager"]
[refs]
protected = ["refs/heads/main", "refs/heads/stable"]
[[gated]]
ref = "refs/heads/production"
component = "main"
environment = "production"
[[freeze]]
name = "quiet weeks"
refs = ["refs/heads/main", "refs/heads/release/*", "refs/tags/frozen-*"]
zone = "Europe/Berlin"
once = { from = "2026-11-20T18:00", to = "2027-01-04T08:00" }
reason = "holiday trading"
"#;

/// The id of no object.
pub(crate) const ZERO: &str = "0000000000000000000000000000000000000000";

/// A server, and the sandbox whose repository pushes to it.
pub(crate) struct Server {
    pub(crate) box_: Sandbox,
    pub(crate) path: PathBuf,
}

impl Server {
    /// A server whose policy freezes `main`, with everything that a stage has pushed to it.
    pub(crate) fn at(stage: Stage) -> Self {
        static BASES: Bases = Bases::new();
        let box_ = Sandbox::on_base(&BASES, stage, || Self::build(stage).box_);
        let path = box_.path("server.git");
        box_.set_config("remote.origin.url", path.to_str().unwrap());
        let server = Self { box_, path };
        server.clock(NOW);
        server
    }

    fn build(stage: Stage) -> Self {
        let box_ = Sandbox::at(Stage::Begun);
        let text = box_.policy_text() + RULES;
        box_.step(&text, &[]);
        if stage != Stage::Begun {
            box_.tag(TAG);
            box_.run_as("rita", &["open", TAG]).exits(0);
        }
        if matches!(stage, Stage::Signed | Stage::Go) {
            box_.sign_all(TAG);
        }
        if stage == Stage::Go {
            box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
        }
        let path = box_.path("server.git");
        let place = path.to_str().unwrap().to_owned();
        box_.git_in(&box_.path("home"), &["init", "-q", "--bare", "-b", "main", &place]);
        box_.git(&["remote", "add", "origin", &place]);
        box_.git(&["push", "-q", "--no-verify", "origin", "refs/heads/main", "refs/relsign/policy"]);
        for name in ["refs/notes/relsign", "refs/relsign/evidence", "refs/tags/v1.0.0"] {
            if !box_.git(&["for-each-ref", name]).is_empty() {
                box_.git(&["push", "-q", "--no-verify", "origin", name]);
            }
        }
        box_.git(&["fetch", "-q", "origin"]);
        box_.git_in(&path, &["config", "relsign.root", &format!("SHA256:{}", box_.root())]);
        Self { box_, path }
    }

    /// Sets the clock by which the server judges.
    pub(crate) fn clock(&self, time: &str) {
        self.hook("pre-receive", time);
    }

    /// Sets a hook of the server up, with its clock.
    pub(crate) fn hook(&self, name: &str, time: &str) {
        self.hook_with(name, &format!("--as-of {time}"));
    }

    /// Sets a hook of the server up, with these options.
    pub(crate) fn hook_with(&self, name: &str, options: &str) {
        let hook = self.path.join("hooks").join(name);
        let program = super::sandbox::place::program();
        std::fs::create_dir_all(self.path.join("hooks")).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\nexec '{program}' hook run {name} {options}\n")).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Takes its hooks away, as on a forge that runs none.
    pub(crate) fn unhook(&self) {
        std::fs::remove_dir_all(self.path.join("hooks")).unwrap();
    }

    /// Gives the ids of the records that the server has on a tag.
    pub(crate) fn ids(&self, tag: &str) -> Vec<String> {
        let object = self.box_.id(&format!("refs/tags/{tag}"));
        let note = self.git(&["notes", "--ref=relsign", "show", &object]);
        note.lines().filter_map(crate::sandbox::Entry::read).map(|entry| entry.id).collect()
    }

    /// Pushes with git, past every hook of the client.
    #[track_caller]
    pub(crate) fn push(&self, refspecs: &[&str]) -> Run {
        let mut command = self.box_.command("git", &self.box_.repo);
        ended(command.args(["push", "-q", "--no-verify", "origin"]).args(refspecs))
    }

    /// Sends commands to the server as no git client would: old id, new id and ref as they are, and a pack of nothing.
    pub(crate) fn send(&self, commands: &[(&str, &str, &str)]) -> String {
        let packet = |text: String| format!("{:04x}{text}", text.len() + 4);
        let mut input: String = commands
            .iter()
            .enumerate()
            .map(|(number, (old, new, name))| {
                packet(format!("{old} {new} {name}{}", if number == 0 { "\0report-status" } else { "" }))
            })
            .collect();
        input.push_str("0000");
        let mut input = input.into_bytes();
        if commands.iter().any(|(_, new, _)| *new != ZERO) {
            let pack = self.box_.command("git", &self.path).args(["pack-objects", "--stdout", "-q"]).output().unwrap();
            input.extend(pack.stdout);
        }
        self.box_.receive_pack(&self.path, &input)
    }

    /// Asserts that a push is refused under a code, and that no ref of the server moved.
    #[track_caller]
    pub(crate) fn refuses(&self, refspecs: &[&str], code: &str) -> Run {
        let before = self.refs();
        let run = self.push(refspecs).exits(1).says(&format!("[{code}]"));
        assert_eq!(self.refs(), before, "something moved");
        run
    }

    /// Asserts that a whole push is refused for one reason, and that no ref of the server moved.
    #[track_caller]
    pub(crate) fn refuses_all(&self, refspecs: &[&str]) -> Run {
        let before = self.refs();
        let run = self.push(refspecs).exits(1).says("push refused: ");
        assert_eq!(self.refs(), before, "something moved");
        run
    }

    /// Asserts that a push goes through.
    #[track_caller]
    pub(crate) fn takes(&self, refspecs: &[&str]) -> Run {
        self.push(refspecs).exits(0)
    }

    /// Runs git in the server's repository, as its administrator does.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.box_.git_in(&self.path, args)
    }

    /// Gives all refs of the server.
    pub(crate) fn refs(&self) -> Vec<(String, String)> {
        crate::sandbox::refs(&self.path)
    }

    /// Makes a commit with a file and gives its id.
    #[track_caller]
    pub(crate) fn change(&self, file: &str, text: &str) -> String {
        self.box_.write(file, text);
        self.box_.commit(&format!("change {file}"));
        self.box_.id("HEAD")
    }

    /// Runs the program as somebody, sharing what is signed.
    #[track_caller]
    pub(crate) fn run(&self, who: &str, args: &[&str]) -> Run {
        self.box_.run_as(who, args)
    }

    /// Asks for an exception for four hours and gives the beginning of its id.
    #[track_caller]
    pub(crate) fn request(&self, who: &str, commit: &str) -> String {
        let args = ["freeze", "request", commit, "--ref", "main", "--reason", "a leak", "--expires", "4h", "--json"];
        let run = self.run(who, &args).exits(0);
        run.json()["records"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Asks for an exception and has it granted by two people.
    #[track_caller]
    pub(crate) fn excepted(&self, commit: &str) -> String {
        let id = self.request("rita", commit);
        for who in ["ann", "bob"] {
            self.run(who, &["freeze", "grant", &id[..12]]).exits(0);
        }
        id
    }

    /// Drafts a record of the root log that names a commit for a ref.
    pub(crate) fn draft(&self, who: &str, kind: &str, (ref_name, commit): (&str, &str), body: Value) -> Value {
        let root = self.box_.root();
        let blob = hex(&Sha256::digest(format!("relsign-root-v1 {root}\n")));
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                { "name": "relsign-root-v1", "digest": { "sha256": blob } },
                { "name": ref_name, "digest": { "gitCommit": commit } },
            ],
            "predicateType": format!("urn:relsign:v1:{kind}"),
            "predicate": {
                "kind": kind,
                "signer": { "handle": format!("@{who}"), "fingerprint": self.box_.fingerprint(who) },
                "nonce": nonce(),
                "root": root,
                "policy_head": self.box_.head(),
                "parents": [],
                "time": NOW,
                "tool": "by hand",
                "body": body,
            },
        })
    }

    /// Gives the root blob.
    pub(crate) fn root_blob(&self) -> String {
        self.box_.blob(format!("relsign-root-v1 {}\n", self.box_.root()))
    }

    /// Puts a line into the note of an object of the clone.
    pub(crate) fn add_line_to(&self, object: &str, line: &[u8]) {
        let bytes = self.box_.note(object);
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        lines.push(line);
        lines.sort_unstable();
        lines.dedup();
        let mut joined = lines.join(&b'\n');
        joined.push(b'\n');
        self.box_.set_note(object, &joined);
    }

    /// Signs a draft by hand and puts it into the root log of the clone; gives its id.
    pub(crate) fn plant(&self, who: &str, draft: &Value) -> String {
        self.add_line_to(&self.root_blob(), &self.box_.sign(who, draft));
        record_id(draft.to_string().as_bytes())
    }
}
