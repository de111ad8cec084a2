//! Which key signs, in each of the ways in which people hold one: what git signs with signs here too, and nothing else steps in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock};

use relsign::git::Repository;
use relsign::keystore::choose::{Chosen, Origin, choose};
use relsign::keystore::{KeystoreError, choose::Sources};
use relsign::model::ids::Fingerprint;
use relsign::model::record::NAMESPACE;
use relsign::ops::session::{Nobody, Session};
use relsign::sign::sshsig::{unarmour, verify_sshsig};

use super::support::{Sandbox, command, git};
use super::twin::twin_line;

/// A home with keys, a repository, and an agent that ends with it.
pub(crate) struct Home {
    sandbox: Sandbox,
    pub(crate) project: PathBuf,
    agent: Option<(Child, PathBuf)>,
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some((agent, _)) = &mut self.agent {
            let _ = agent.kill();
            let _ = agent.wait();
        }
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.repository("project", &[]);
        let project = sandbox.path("project");
        fs::create_dir_all(project.join("deep/er")).unwrap();
        Self { sandbox, project, agent: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Makes a key in the home and gives the line of its public part.
    pub(crate) fn key(&self, name: &str, kind: &str, passphrase: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f"]).arg(&path);
        assert!(keygen.status().unwrap().success());
        fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
    }

    pub(crate) fn print(&self, name: &str) -> Fingerprint {
        relsign::keystore::file::read_public(&self.path(&format!("{name}.pub"))).unwrap().fingerprint().clone()
    }

    /// Starts the agent, with these keys in this order.
    fn agent(&mut self, keys: &[&str]) -> PathBuf {
        let socket = self.path("agent");
        let mut agent = Command::new("ssh-agent");
        agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
        self.agent = Some((agent.spawn().unwrap(), socket.clone()));
        for _ in 0..500 {
            if socket.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        for key in keys {
            self.add(key);
        }
        socket
    }

    /// Adds a key to the agent.
    fn add(&self, key: &str) {
        let mut add = Command::new("ssh-add");
        add.arg("-q").arg(self.path(key)).env("SSH_AUTH_SOCK", &self.agent.as_ref().unwrap().1).stderr(Stdio::null());
        assert!(add.status().unwrap().success());
    }

    pub(crate) fn config(&self, name: &str, value: &str) {
        git(&self.project, &["config", "--replace-all", name, value]);
    }

    pub(crate) fn unset(&self, name: &str) {
        let _ = command(&self.project).args(["config", "--unset-all", name]).output().unwrap();
    }

    /// What git and relsign do in a folder of the project.
    fn session(&self, folder: &str) -> Session {
        Session {
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            started: std::time::Instant::now(),
            zone: Arc::new(LazyLock::new(|| jiff::tz::TimeZone::UTC)),
            directory: self.project.join(folder),
            keys: Sources {
                agent: self.agent.as_ref().map(|(_, socket)| socket.clone()),
                home: Some(self.sandbox.dir.path().to_owned()),
                ..Sources::default()
            },
            committer_name: None,
            committer_email: None,
            interactive: false,
            dry_run: false,
            listener: Arc::new(Nobody),
        }
    }

    fn choose(&self, folder: &str) -> Result<Chosen, KeystoreError> {
        let repository = Repository::open(&self.project).unwrap();
        choose(&self.session(folder).key_sources(Some(&repository)).unwrap(), &|_| false)
    }

    /// Has git sign a tag from a folder, and gives the key that did.
    fn gits(&self, folder: &str, name: &str) -> Result<Fingerprint, String> {
        let mut tag = command(&self.project.join(folder));
        tag.env("HOME", self.sandbox.dir.path());
        if let Some((_, socket)) = &self.agent {
            tag.env("SSH_AUTH_SOCK", socket);
        }
        let output = tag.args(["tag", "-s", "-m", "x", name]).stdin(Stdio::null()).output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let raw = git(&self.project, &["cat-file", "tag", name]) + "\n";
        let at = raw.find("-----BEGIN SSH SIGNATURE-----").unwrap();
        let blob = unarmour(&raw[at..]).unwrap();
        Ok(verify_sshsig(&blob, "git", &raw.as_bytes()[..at]).unwrap().fingerprint().clone())
    }

    /// Runs the program in the project, with nothing in the environment but the home, the agent and what is given.
    pub(crate) fn relsign(&self, env: &[(&str, &str)], args: &[&str]) -> Output {
        let mut run = Command::new(crate::place::program());
        run.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.sandbox.dir.path());
        run.env("GIT_CONFIG_NOSYSTEM", "1").env("RELSIGN_NOW", "2026-03-01T12:00:00Z");
        run.env("GIT_AUTHOR_NAME", "Jo Berg").env("GIT_AUTHOR_EMAIL", "jo@example.com");
        run.env("GIT_COMMITTER_NAME", "Jo Berg").env("GIT_COMMITTER_EMAIL", "jo@example.com");
        run.envs(env.iter().copied()).current_dir(&self.project).args(args).stdin(Stdio::null()).output().unwrap()
    }
}

/// Names with their values.
type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Everything that a run printed, each sentence on one line.
pub(crate) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&[&output.stdout[..], b"\n", &output.stderr].concat()).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a program; by another process, since a file that this one holds open while a test beside it forks can't be run.
fn script(path: &Path, text: &str) {
    let mut cat = Command::new("sh");
    cat.args(["-c", "printf '%s\\n' \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).arg(text);
    assert!(cat.status().unwrap().success());
}

#[test]
fn what_git_signs_with_signs_here() {
    let mut home = Home::new();
    let [one, two, three] = ["one", "two", "keys of mine/three"].map(|name| home.key(name, "ed25519", ""));
    home.key("project/deep/four", "ed25519", "");
    home.key("five", "ecdsa", "");
    home.agent(&["one", "two", "keys of mine/three", "five"]);
    home.config("gpg.format", "ssh");
    // The agent's first key is never the answer because it is the first.
    let five = fs::read_to_string(home.path("five.pub")).unwrap().trim().to_owned();
    let cases = [
        (format!("key::{two}"), "two"),
        (three.clone(), "keys of mine/three"),
        (format!("key::{five}"), "five"),
        ("~/two".to_owned(), "two"),
        ("~/keys of mine/three.pub".to_owned(), "keys of mine/three"),
        (home.text("two.pub"), "two"),
        // From the top of the working tree, wherever in it somebody stands.
        ("deep/four".to_owned(), "project/deep/four"),
        ("deep/four.pub".to_owned(), "project/deep/four"),
    ];
    for (at, (value, name)) in cases.iter().enumerate() {
        home.config("user.signingkey", value);
        for folder in ["", "deep/er"] {
            let chosen = home.choose(folder).unwrap_or_else(|error| panic!("{value} in {folder:?}: {error}"));
            assert_eq!((chosen.origin, chosen.key.public().fingerprint()), (Origin::UserSigningKey, &home.print(name)), "{value}");
            chosen.key.sign(b"message").unwrap();
        }
        assert_eq!(home.gits("deep/er", &format!("t{at}")).unwrap(), home.print(name), "{value}");
    }
    // In somebody else's home.
    home.config("user.signingkey", "~root/no-such-key");
    let error = home.choose("").err().unwrap().to_string();
    assert!(error.contains("/no-such-key") && !error.contains('~'), "{error}");
    home.unset("user.signingkey");
    for (at, (command, name)) in [
        (format!("sh -c 'echo \"key::{two}\"; echo \"key::{one}\"'"), "two"),
        (format!("cat '{}'", home.text("keys of mine/three.pub")), "keys of mine/three"),
        ("cat deep/four.pub".to_owned(), "project/deep/four"),
    ]
    .iter()
    .enumerate()
    {
        home.add(name);
        home.config("gpg.ssh.defaultKeyCommand", command);
        let chosen = home.choose("deep/er").unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!((chosen.origin, chosen.key.public().fingerprint()), (Origin::DefaultKeyCommand, &home.print(name)), "{command}");
        assert_eq!(home.gits("deep/er", &format!("d{at}")).unwrap(), home.print(name), "{command}");
    }
    // What it can't give is an error, and no other key steps in, although there is one by default.
    home.key(".ssh/id_ed25519", "ed25519", "");
    for (command, expected) in [
        ("false", "exit status: 1"),
        ("true", "printed nothing"),
        ("echo nonsense", "no public key"),
        ("sh -c 'x", "quotes"),
        ("./none", "can't be run"),
    ] {
        home.config("gpg.ssh.defaultKeyCommand", command);
        let error = home.choose("").err().unwrap();
        assert!(matches!(error, KeystoreError::NoDefaultKey { .. }) && error.to_string().contains(expected), "{error}");
        assert!(home.gits("", "never").is_err());
    }
    // A key that is named wins over the command, as in git; an empty name is none.
    home.config("gpg.ssh.defaultKeyCommand", &format!("echo 'key::{one}'"));
    home.config("user.signingkey", &format!("key::{two}"));
    assert_eq!(home.choose("").unwrap().key.public().fingerprint(), &home.print("two"));
    home.config("user.signingkey", "");
    assert_eq!(home.choose("").unwrap().key.public().fingerprint(), &home.print("one"));
}

#[test]
fn a_vault_is_called_as_git_calls_it_and_not_believed() {
    let home = Home::new();
    let held = home.key("vault/held", "ed25519", "");
    home.key("vault/other", "ed25519", "");
    fs::copy(home.path("vault/held.pub"), home.path("held.pub")).unwrap();
    let (log, vault) = (home.text("calls"), home.path("op-ssh-sign"));
    let as_vault = |key: &str| {
        let text = "#!/bin/sh\necho \"$#:$1 $2 $3 $4 $5:$7\" | sed 's|/[^ ]*||g' >>'LOG'\ncat \"$6\" >>'LOG.keys'\n\
                    for last; do :; done\nexec ssh-keygen -q -Y sign -n \"$4\" -f 'KEY' \"$last\"";
        script(&vault, &text.replace("LOG", &log).replace("KEY", &home.text(key)));
    };
    as_vault("vault/held");
    home.config("gpg.format", "ssh");
    home.config("gpg.ssh.program", "~/op-ssh-sign");
    let calls = || fs::read_to_string(&log).unwrap().replace(NAMESPACE, "git").lines().map(str::to_owned).collect::<Vec<_>>();
    for (value, expected) in [
        (home.text("held.pub"), "7:-Y sign -n git -f:"),
        (format!("key::{held}"), "8:-Y sign -n git -f:-U"),
        (held.clone(), "8:-Y sign -n git -f:-U"),
    ] {
        let _ = fs::remove_file(&log);
        home.config("user.signingkey", &value);
        let chosen = home.choose("deep").unwrap();
        assert_eq!(chosen.key.public().fingerprint(), &home.print("held"));
        assert!(chosen.key.place().contains("op-ssh-sign"), "{}", chosen.key.place());
        let blob = chosen.key.sign(b"message").unwrap();
        assert_eq!(verify_sshsig(&blob, NAMESPACE, b"message").unwrap().fingerprint(), &home.print("held"));
        // Git of before 2.46 takes the name of the program as it is.
        home.config("gpg.ssh.program", &home.text("op-ssh-sign"));
        home.gits("deep", &format!("t{}", calls().len() + value.len())).unwrap();
        home.config("gpg.ssh.program", "~/op-ssh-sign");
        let calls = calls();
        let [ours, gits] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!(ours, expected, "{value}");
        // An older git names a literal key by a file and says no more of it.
        assert!(gits == expected || gits == "7:-Y sign -n git -f:", "{value}: {gits}");
    }
    let refused = |expected: &str| {
        let error = home.choose("").unwrap().key.sign(b"message").unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    as_vault("vault/other");
    refused("another key");
    script(&vault, "#!/bin/sh\necho 'the vault is locked' >&2\nexit 3");
    refused("op-ssh-sign could not sign: it ended with exit status: 3: the vault is locked");
    script(&vault, "#!/bin/sh\nexit 0");
    refused("left no signature");
    script(&vault, "#!/bin/sh\nfor last; do :; done\nhead -c 999999 /dev/zero >\"$last.sig\"");
    refused("could not sign");
    home.config("gpg.ssh.program", "no-such-program");
    refused("no-such-program could not sign: it can't be run");
    // A program of the name that OpenSSH's has is that one, which asks for a passphrase each time: what it does is done here.
    home.config("gpg.ssh.program", "/usr/bin/ssh-keygen");
    home.config("user.signingkey", &home.text("vault/held"));
    assert!(matches!(home.choose("").unwrap().key, relsign::keystore::SigningKey::File(_)));
}

#[test]
fn nobody_gets_a_new_key_where_one_is_named_that_cannot_be_used_now() {
    let mut home = Home::new();
    let held = home.key("held", "ed25519", "");
    home.key("locked", "ed25519", "correct horse");
    let socket = home.agent(&[]).display().to_string();
    let made = home.path(".ssh/id_ed25519");
    let agent = ("SSH_AUTH_SOCK", socket.as_str());
    let gone = ("SSH_AUTH_SOCK", "/nowhere/agent");
    let cases: [(Pairs<'_>, Pairs<'_>, &str); 9] = [
        (&[("gpg.format", "ssh"), ("user.signingkey", &held)], &[], "there is no SSH agent"),
        (&[("gpg.format", "ssh"), ("user.signingkey", &held)], &[gone], "/nowhere/agent can't be reached"),
        (&[("gpg.format", "ssh"), ("user.signingkey", &held)], &[agent], "it is empty or locked"),
        (&[("gpg.format", "ssh"), ("user.signingkey", "~/locked")], &[], "is locked, and there is no terminal"),
        (&[("gpg.format", "ssh"), ("user.signingkey", "~/gone")], &[], "gone can't be used"),
        (&[("gpg.format", "ssh"), ("gpg.ssh.defaultKeyCommand", "ssh-add -L")], &[agent], "The agent has no identities."),
        (&[("relsign.key", "~/locked")], &[], "is locked, and there is no terminal"),
        (&[("user.signingkey", "0xDEADBEEF")], &[], "git signs with the openpgp key 0xDEADBEEF"),
        (&[], &[agent], "the SSH agent holds none of a known person"),
    ];
    for (at, (settings, env, expected)) in cases.iter().enumerate() {
        for name in ["gpg.format", "user.signingkey", "gpg.ssh.defaultKeyCommand", "relsign.key"] {
            home.unset(name);
        }
        for (name, value) in *settings {
            home.config(name, value);
        }
        if at == 8 {
            home.add("held");
        }
        // To join is to print a key, for which it need not be unlocked.
        let commands: &[&[&str]] = if expected.contains("is locked, and") {
            &[&["init", "--yes"]]
        } else {
            &[&["init", "--yes"], &["join", "--yes"], &["whoami"]]
        };
        for args in commands {
            let run = home.relsign(env, args);
            assert!(!run.status.success() && said(&run).contains(expected), "{settings:?} {args:?}: {}", said(&run));
            assert!(!made.exists() && !home.project.join(".relsign/policy.toml").exists(), "{settings:?} {args:?}");
        }
    }
    // The sentence for it names the command.
    let run = home.relsign(&[agent], &["init", "--yes"]);
    assert!(said(&run).contains("git config relsign.key 'key::ssh-ed25519 "), "{}", said(&run));
    // No key at all, and an agent that has none: both are told, and here one is made.
    let whoami = |env: &[(&str, &str)]| said(&home.relsign(env, &["whoami"]));
    assert!(whoami(&[]).contains("there is no signing key hint:"), "{}", whoami(&[]));
    assert!(whoami(&[gone]).contains("there is no signing key, and the SSH agent at /nowhere/agent can't be reached"));
    let run = home.relsign(&[], &["init", "--yes"]);
    assert!(run.status.success() && made.exists(), "{}", said(&run));
    // A locked one is shown as what it is, and not unlocked for that.
    home.config("relsign.key", "~/locked");
    let run = said(&home.relsign(&[], &["whoami"]));
    assert!(run.contains("locked with a passphrase, named by relsign.key"), "{run}");
    assert!(said(&home.relsign(&[], &["whoami", "--json"])).contains("\"locked\": true"), "{run}");
}

/// An agent that lists a key and then says no more, as one does whose device is gone.
fn silent_agent(socket: &Path, wire: Vec<u8>) {
    use std::io::{Read as _, Write as _};
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 5];
            stream.read_exact(&mut request).unwrap();
            if request[4] == 11 {
                let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
                let answer = [&[12], &number(1)[..], &number(wire.len()), &wire, &number(0)].concat();
                stream.write_all(&[&number(answer.len())[..], &answer].concat()).unwrap();
            }
            kept.push(stream);
        }
    });
}

#[test]
fn an_agent_that_does_not_answer_is_named_after_a_time_that_can_be_set() {
    let home = Home::new();
    home.key("held", "ed25519", "");
    let public = relsign::keystore::file::read_public(&home.path("held.pub")).unwrap();
    let socket = home.text("silent");
    silent_agent(&home.path("silent"), public.wire().to_vec());
    home.config("relsign.keyTimeout", "1");
    home.config("relsign.key", &home.text("held.pub"));
    let start = std::time::Instant::now();
    let run = home.relsign(&[("SSH_AUTH_SOCK", &socket)], &["init", "--yes", "--no-hooks"]);
    let text = said(&run);
    assert!(run.status.code() == Some(5) && start.elapsed().as_secs() < 20, "{text}");
    assert!(text.contains(&format!("the SSH agent at {socket} has not answered within 1 s")), "{text}");
    assert!(text.contains("git config relsign.keyTimeout SECONDS"), "{text}");
}

#[test]
fn without_a_terminal_the_program_for_passphrases_is_asked_as_ssh_asks_it() {
    let home = Home::new();
    home.key("locked", "ed25519", "correct horse");
    let (asked, askpass) = (home.text("asked"), home.path("askpass"));
    let text = "#!/bin/sh\necho \"$1\" >>'LOG'\n[ $(wc -l <'LOG') -ge TIMES ] && echo 'correct horse' || echo wrong";
    let key = home.text("locked");
    let program = askpass.display().to_string();
    let init = |times: &str, env: &[(&str, &str)]| {
        let _ = fs::remove_file(&asked);
        script(&askpass, &text.replace("LOG", &asked).replace("TIMES", times));
        let run =
            home.relsign(&[env, &[("SSH_ASKPASS", program.as_str())]].concat(), &["--key", &key, "init", "--yes", "--no-hooks"]);
        (run.status.code(), said(&run), fs::read_to_string(&asked).unwrap_or_default().lines().count())
    };
    // Without a display, and where it is told never to be asked, it isn't.
    for env in [&[][..], &[("DISPLAY", ":0"), ("SSH_ASKPASS_REQUIRE", "never")]] {
        let (code, said, count) = init("1", env);
        assert!(code == Some(2) && count == 0, "{said}");
        assert!(
            said.contains("there is no terminal to ask for its passphrase") && said.contains(&format!("ssh-add {key}")),
            "{said}"
        );
    }
    let (code, said, count) = init("4", &[("SSH_ASKPASS_REQUIRE", "force")]);
    assert!(code == Some(5) && count == 3 && said.contains("the passphrase does not open the key"), "{said}");
    let (code, said, count) = init("3", &[("DISPLAY", ":0")]);
    assert!(code == Some(0) && count == 3, "{said}");
}

#[test]
fn a_p256_key_signs_a_release_off_and_its_twins_change_nothing() {
    let home = Home::new();
    let public = home.key("enclave", "ecdsa", "");
    home.config("gpg.format", "ssh");
    home.config("user.signingkey", "~/enclave");
    let run = |args: &[&str]| {
        let run = home.relsign(&[], args);
        assert!(run.status.success(), "{args:?}: {}", said(&run));
        said(&run)
    };
    run(&["init", "--yes", "--no-hooks"]);
    assert!(fs::read_to_string(home.project.join(".relsign/policy.toml")).unwrap().contains(public.rsplit_once(" a ").unwrap().0));
    git(&home.project, &["add", "-A"]);
    git(&home.project, &["commit", "-q", "-m", "Set relsign up"]);
    run(&["tag", "v1.0.0"]);
    run(&["open", "v1.0.0"]);
    run(&["approve", "v1.0.0", "--all"]);
    run(&["decide", "v1.0.0", "go"]);
    let before = (run(&["gate", "v1.0.0"]), run(&["log", "v1.0.0", "--json"]), run(&["report", "v1.0.0", "--format", "json"]));
    assert!(run(&["verify", "v1.0.0"]).contains("lines read 6 valid records 6 by 1 signer"));
    // Somebody else signs all of it again, so to speak.
    let tag = git(&home.project, &["rev-parse", "v1.0.0"]);
    let note = git(&home.project, &["notes", "--ref", "relsign", "show", &tag]);
    let mut lines: Vec<Vec<u8>> = note.lines().flat_map(|line| [line.as_bytes().to_vec(), twin_line(line.as_bytes())]).collect();
    lines.sort();
    fs::write(home.path("note"), lines.join(&b'\n')).unwrap();
    let blob = git(&home.project, &["hash-object", "-w", &home.text("note")]);
    git(&home.project, &["notes", "--ref", "relsign", "add", "-f", "-C", &blob, &tag]);
    let verified = run(&["verify", "v1.0.0"]);
    assert!(verified.contains("lines read 12 valid records 6 by 1 signer") && verified.contains("0 findings"), "{verified}");
    let after = (run(&["gate", "v1.0.0"]), run(&["log", "v1.0.0", "--json"]), run(&["report", "v1.0.0", "--format", "json"]));
    assert_eq!(before.0, after.0);
    assert_eq!(before.1, after.1);
    assert_eq!(before.2.replace("\"lines\": 6", "\"lines\": 12"), after.2);
    // A server takes a twin of the open record where it takes any line, though the tag's name has only the other.
    let server = home.path("server.git");
    git(&home.project, &["update-ref", "refs/notes/relsign", "refs/notes/relsign~1"]);
    git(home.sandbox.dir.path(), &["init", "-q", "--bare", "server.git"]);
    git(&home.project, &["remote", "add", "origin", &home.text("server.git")]);
    git(&home.project, &["push", "-q", "origin", "main", "v1.0.0", "refs/notes/relsign", "refs/relsign/*:refs/relsign/*"]);
    git(&server, &["config", "relsign.root", &git(&home.project, &["config", "relsign.root"])]);
    let hook = "#!/bin/sh\nexec 'PROGRAM' hook run pre-receive --as-of 2026-03-01T12:00:00Z";
    script(&server.join("hooks/pre-receive"), &hook.replace("PROGRAM", crate::place::program()));
    git(&home.project, &["notes", "--ref", "relsign", "add", "-f", "-C", &blob, &tag]);
    git(&home.project, &["push", "-q", "origin", "refs/notes/relsign"]);
    assert!(run(&["sync"]).contains("origin: 0 records received, 0 records sent"));
    assert!(run(&["gate", "v1.0.0"]).contains("GO: v1.0.0"));
    git(&home.project, &["remote", "remove", "origin"]);
    // To join and to admit somebody, any way in which the key is written will do.
    let other = home.key("other", "ecdsa", "");
    run(&["person", "add", "@kim", "--name", "Kim", "--public-key", &other]);
    assert!(fs::read_to_string(home.project.join(".relsign/policy.toml")).unwrap().contains(other.rsplit_once(" a ").unwrap().0));
    let refused =
        home.relsign(&[], &["person", "add", "@rsa", "--name", "R", "--public-key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"]);
    assert!(!refused.status.success() && said(&refused).contains("ssh-keygen -t ed25519"), "{}", said(&refused));
}
