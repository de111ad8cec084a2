//! The same signatures here and in OpenSSH, made by either and verified by the other.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use relsign::keystore::choose::{Origin, Sources, choose};
use relsign::keystore::{Agent, AgentKey, AskPassphrase, FileKey, KeystoreError, SigningKey, agent};
use relsign::model::finding::Code;
use relsign::model::record::NAMESPACE;
use relsign::parse::public_key::{KeyError, PublicKey};
use relsign::parse::record::parse_envelope;
use relsign::sign::allowed_signers::allowed_signers;
use relsign::sign::keyring::Keyring;
use relsign::sign::pae::pae;
use relsign::sign::sshsig::{armour, unarmour, verify_sshsig};
use relsign::sign::verify::{verify_line, verify_log};
use tempfile::TempDir;
use zeroize::Zeroizing;

use relsign::parse::wire::put_string;

use super::make::{
    accepted, base64, envelope, hardware_blob, hardware_wire, key, keyring, line, payload, principal, record, record_by, root,
};
use super::place;

/// Runs a program with some input and gives its output; a failure fails the test.
#[track_caller]
fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let (ok, output) = attempt(command, input);
    assert!(ok, "{command:?}: {}", String::from_utf8_lossy(&output));
    output
}

fn attempt(command: &mut Command, input: &[u8]) -> (bool, Vec<u8>) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    (output.status.success(), if output.status.success() { output.stdout } else { output.stderr })
}

fn keygen(arguments: &[&str]) -> Command {
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).env_remove("SSH_AUTH_SOCK").env_remove("DISPLAY").env_remove("SSH_ASKPASS");
    command
}

/// Makes a key with ssh-keygen and gives its path.
fn make_key(dir: &TempDir, name: &str, kind: &str, passphrase: &str) -> PathBuf {
    let path = dir.path().join(name);
    run(keygen(&["-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f"]).arg(&path), b"");
    path
}

fn keygen_verifies(dir: &Path, signers: &str, who: &str, blob: &[u8], message: &[u8]) -> bool {
    fs::write(dir.join("allowed_signers"), signers).unwrap();
    fs::write(dir.join("sig"), armour(blob)).unwrap();
    let mut command = keygen(&["-Y", "verify", "-n", NAMESPACE, "-I", who, "-f", "allowed_signers", "-s", "sig"]);
    attempt(command.current_dir(dir), message).0
}

/// Nobody to ask: encrypted keys stay locked.
struct NobodyToAsk;

impl AskPassphrase for NobodyToAsk {
    fn ask(&mut self, _: &Path, _: bool) -> Option<Zeroizing<String>> {
        None
    }

    fn can_ask(&self) -> bool {
        false
    }
}

/// Somebody who types these one after the other, the last for ever, and how often they were asked.
struct Passphrase(&'static [&'static str], usize);

impl AskPassphrase for Passphrase {
    fn ask(&mut self, _: &Path, again: bool) -> Option<Zeroizing<String>> {
        assert_eq!(again, self.1 > 0);
        let typed = self.0[self.1.min(self.0.len() - 1)];
        self.1 += 1;
        Some(Zeroizing::new(typed.to_owned()))
    }
}

/// An agent of one test, ended with it.
struct AgentProcess {
    child: Child,
    socket: PathBuf,
    _dir: TempDir,
}

impl AgentProcess {
    fn start() -> Self {
        let dir = place::folder("interop");
        let socket = dir.path().join("agent");
        let mut child =
            Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        for _ in 0..500 {
            if socket.exists() {
                break;
            }
            assert!(child.try_wait().unwrap().is_none(), "the agent ended");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { child, socket, _dir: dir }
    }

    fn add(&self, path: &Path) {
        run(Command::new("ssh-add").arg("-q").arg(path).env("SSH_AUTH_SOCK", &self.socket), b"");
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn ssh_keygen_verifies_what_is_signed_here() {
    let dir = place::folder("interop");
    for (who, seed) in [("@alice", 1), ("@bob", 2), ("machine:ci", 3)] {
        let line = line(&record(who, seed), seed);
        let read = parse_envelope(&line).unwrap();
        let signers = allowed_signers(&keyring());
        let message = pae(&read.payload);
        assert!(keygen_verifies(dir.path(), &signers, who, &read.sig, &message), "{who}");
        assert!(!keygen_verifies(dir.path(), &signers, "@mallory", &read.sig, &message));
        assert!(!keygen_verifies(dir.path(), &signers, who, &read.sig, b"something else"));
    }
}

#[test]
fn signatures_are_those_that_ssh_keygen_makes() {
    let dir = place::folder("interop");
    let path = make_key(&dir, "key", "ed25519", "");
    let ours = SigningKey::File(Box::new(FileKey::read(&path).unwrap()));
    let message = pae(b"any payload");
    let text = run(keygen(&["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&path), &message);
    let text = String::from_utf8(text).unwrap();
    let blob = ours.sign(&message).unwrap();
    assert_eq!(unarmour(&text).unwrap(), blob);
    assert_eq!(armour(&blob), text);
}

#[test]
fn signatures_of_tags_verify_in_the_namespace_of_git() {
    let dir = place::folder("interop");
    let path = make_key(&dir, "tagger", "ed25519", "");
    let tag = b"object 1111111111111111111111111111111111111111\ntype commit\ntag v1\ntagger T <t@x> 0 +0000\n\nv1\n";
    let text = run(keygen(&["-q", "-Y", "sign", "-n", "git", "-f"]).arg(&path), tag);
    let blob = unarmour(std::str::from_utf8(&text).unwrap()).unwrap();
    assert_eq!(verify_sshsig(&blob, "git", tag).unwrap(), key_of(&path));
    let code = |namespace, message: &[u8]| verify_sshsig(&blob, namespace, message).map_err(|problem| problem.code());
    assert_eq!(code(NAMESPACE, tag), Err(Code::NamespaceWrong));
    assert_eq!(code("git", b"another tag"), Err(Code::SignatureInvalid));
}

#[test]
fn what_ssh_keygen_signs_is_accepted() {
    let dir = place::folder("interop");
    let path = dir.path().join("alice");
    FileKey::from_seed(&path, &[1; 32]).unwrap().write("alice").unwrap();
    let payload = payload(&record("@alice", 1));
    let text = run(keygen(&["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&path), &pae(&payload));
    accepted(&envelope(&payload, &unarmour(std::str::from_utf8(&text).unwrap()).unwrap()));
}

#[test]
fn key_files_that_are_made_here_are_read_by_ssh_keygen_and_never_overwritten() {
    let dir = place::folder("interop");
    let path = dir.path().join("id");
    let key = FileKey::generate(&path, "alice\n@ laptop").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let public = String::from_utf8(run(keygen(&["-y", "-f"]).arg(&path), b"")).unwrap();
    assert_eq!(&PublicKey::from_text(&public).unwrap(), key.public());
    let listed = String::from_utf8(run(keygen(&["-l", "-f"]).arg(&path), b"")).unwrap();
    assert!(listed.contains(key.public().fingerprint().as_str()), "{listed}");
    assert_eq!(fs::read_to_string(dir.path().join("id.pub")).unwrap(), format!("{} alice@ laptop\n", key.public().text()));

    let before = fs::read(&path).unwrap();
    assert!(matches!(FileKey::generate(&path, ""), Err(KeystoreError::File { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    // Half a pair is no reason to overwrite the other half.
    fs::remove_file(&path).unwrap();
    assert!(matches!(FileKey::generate(&path, ""), Err(KeystoreError::File { .. })));
    assert!(!path.exists());
}

#[test]
fn encrypted_keys_ask_as_ssh_does() {
    let dir = place::folder("interop");
    let path = make_key(&dir, "locked", "ed25519", "correct horse");
    let mut key = SigningKey::File(Box::new(FileKey::read(&path).unwrap()));
    let public = key.public().clone();
    assert!(key.is_locked());
    assert!(matches!(key.sign(b"x"), Err(KeystoreError::Locked { .. })));
    let error = key.unlock(&mut NobodyToAsk).unwrap_err();
    assert!(matches!(error, KeystoreError::Locked { asked: false, .. }) && error.to_string().contains("no terminal"), "{error}");
    // Three times, as ssh asks; nothing typed means that somebody gives up.
    let mut wrong = Passphrase(&["wrong"], 0);
    assert!(matches!(key.unlock(&mut wrong), Err(KeystoreError::WrongPassphrase(_))));
    assert_eq!(wrong.1, 3);
    let mut tired = Passphrase(&["wrong", ""], 0);
    assert!(matches!(key.unlock(&mut tired), Err(KeystoreError::Locked { asked: true, .. })));
    assert_eq!(tired.1, 2);
    let mut asked = Passphrase(&["wrong", "correct horse"], 0);
    key.unlock(&mut asked).unwrap();
    key.unlock(&mut asked).unwrap();
    assert_eq!(asked.1, 2);
    assert!(!key.is_locked());
    let blob = key.sign(b"x").unwrap();
    assert_eq!(verify_sshsig(&blob, NAMESPACE, b"x").unwrap(), public);
}

#[test]
fn other_types_of_keys_are_refused_with_their_name() {
    let dir = place::folder("interop");
    for (kind, bits, name) in
        [("rsa", "2048", "ssh-rsa"), ("ecdsa", "384", "ecdsa-sha2-nistp384"), ("ecdsa", "521", "ecdsa-sha2-nistp521")]
    {
        let path = dir.path().join(name);
        run(keygen(&["-q", "-t", kind, "-b", bits, "-N", "", "-f"]).arg(&path), b"");
        let sources = Sources { option: Some(path.display().to_string()), ..Sources::default() };
        let error = choose(&sources, &|_| true).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(name) && error.contains("ssh-keygen -t ed25519"), "{error}");
        let text = fs::read_to_string(dir.path().join(format!("{name}.pub"))).unwrap();
        assert_eq!(PublicKey::from_text(&text), Err(KeyError::Unsupported(name.to_owned())));
        let literal = Sources { option: Some(format!("key::{text}")), ..Sources::default() };
        let error = choose(&literal, &|_| true).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(name) && error.contains("ssh-keygen -t ed25519"), "{error}");
    }
}

/// A record by the key of a file, with its line.
fn signed_by_file(path: &Path) -> (Keyring, PublicKey, Vec<u8>) {
    let key = SigningKey::File(Box::new(FileKey::read(path).unwrap()));
    let line = key.sign_record(&record_by("@alice", key.public())).unwrap();
    let mut keys = Keyring::new();
    keys.add(principal("@alice"), key.public().clone()).unwrap();
    (keys, key.public().clone(), line)
}

#[test]
fn p256_keys_sign_and_verify_here_and_in_openssh() {
    let dir = place::folder("interop");
    let path = make_key(&dir, "enclave", "ecdsa", "");
    let (keys, public, line) = signed_by_file(&path);
    let (payload, blob) = parse_envelope(&line).map(|read| (read.payload, read.sig)).unwrap();
    let message = pae(&payload);
    let signers = allowed_signers(&keys);
    assert!(keygen_verifies(dir.path(), &signers, "@alice", &blob, &message));
    assert!(!keygen_verifies(dir.path(), &signers, "@alice", &blob, b"something else"));
    // The other half of S: whoever has the one can make the other, and both programs take both.
    let twin = super::twin::twin(&blob);
    assert!(twin != blob && keygen_verifies(dir.path(), &signers, "@alice", &twin, &message));
    let own = verify_line(&line, &keys, &root()).unwrap();
    assert_eq!(verify_line(&envelope(&payload, &twin), &keys, &root()).unwrap().id(), own.id());
    assert!(!own.is_hardware());
    // What OpenSSH signs, by file and by agent, is another line of the same record.
    let text = String::from_utf8(run(keygen(&["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&path), &message)).unwrap();
    let agent_process = AgentProcess::start();
    agent_process.add(&path);
    let held = agent::identities(&agent_process.socket).unwrap();
    assert_eq!(held.iter().map(AgentKey::public).collect::<Vec<_>>(), [&public]);
    let by_agent = SigningKey::Agent(held[0].clone()).sign(&message).unwrap();
    let lines = [line, envelope(&payload, &unarmour(&text).unwrap()), envelope(&payload, &by_agent)];
    let log = verify_log(lines.iter().map(Vec::as_slice), &keys, &root());
    assert_eq!((log.records.len(), log.findings.len()), (1, 0));
    // An encrypted one, also in the form of before OpenSSH's own.
    let locked = make_key(&dir, "locked-enclave", "ecdsa", "correct horse");
    let mut key = SigningKey::File(Box::new(FileKey::read(&locked).unwrap()));
    key.unlock(&mut Passphrase(&["correct horse"], 0)).unwrap();
    assert_eq!(&verify_sshsig(&key.sign(b"x").unwrap(), NAMESPACE, b"x").unwrap(), key.public());
    let old = dir.path().join("old");
    run(keygen(&["-q", "-t", "ecdsa", "-m", "PEM", "-N", "", "-f"]).arg(&old), b"");
    let sources = Sources { option: Some(old.display().to_string()), ..Sources::default() };
    let chosen = choose(&sources, &|_| true).unwrap().key;
    assert!(matches!(chosen, SigningKey::Program(_)));
    assert_eq!(&verify_sshsig(&chosen.sign(b"x").unwrap(), NAMESPACE, b"x").unwrap(), chosen.public());
}

#[test]
fn the_agent_signs_and_refuses() {
    let dir = place::folder("interop");
    let agent_process = AgentProcess::start();
    let path = make_key(&dir, "key", "ed25519", "");
    assert!(agent::identities(&agent_process.socket).unwrap().is_empty());
    agent_process.add(&make_key(&dir, "other", "rsa", ""));
    agent_process.add(&path);
    let keys = agent::identities(&agent_process.socket).unwrap();
    assert_eq!(keys.len(), 1, "keys of other types are passed over");
    let message = pae(b"payload");
    let by_agent = SigningKey::Agent(keys[0].clone()).sign(&message).unwrap();
    let by_file = SigningKey::File(Box::new(FileKey::read(&path).unwrap())).sign(&message).unwrap();
    assert_eq!(by_agent, by_file);
    run(Command::new("ssh-add").args(["-q", "-D"]).env("SSH_AUTH_SOCK", &agent_process.socket), b"");
    assert!(matches!(SigningKey::Agent(keys[0].clone()).sign(&message), Err(KeystoreError::Agent(_))));
    let socket = agent_process.socket.clone();
    drop(agent_process);
    assert!(matches!(agent::identities(&socket), Err(KeystoreError::Agent(_))));
}

#[test]
fn an_agent_that_talks_nonsense_is_an_error() {
    let dir = place::folder("interop");
    let answers: [&[u8]; 6] =
        [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x05\x0c\xff\xff\xff\xff", b"\0\0\0\x01\x05", b"\0\0\0\x09\x0c", b""];
    for (at, answer) in answers.into_iter().enumerate() {
        let socket = dir.path().join(format!("agent-{at}"));
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 5];
            std::io::Read::read_exact(&mut stream, &mut request).unwrap();
            let _ = stream.write_all(answer);
        });
        assert!(matches!(agent::identities(&socket), Err(KeystoreError::Agent(_))), "{at}");
        thread.join().unwrap();
    }
}

#[test]
fn the_first_place_that_names_a_key_decides() {
    let dir = place::folder("interop");
    let home = dir.path().join("home");
    fs::create_dir_all(home.join(".ssh")).unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    for name in ["a", "b", "c", "d", "e"] {
        make_key(&dir, name, "ed25519", "");
    }
    let print = |name: &str| FileKey::read(&dir.path().join(name)).unwrap().public().fingerprint().clone();
    fs::copy(path("e"), home.join(".ssh/id_ed25519")).unwrap();
    let agent_process = AgentProcess::start();
    agent_process.add(&dir.path().join("d"));
    let everything = Sources {
        option: Some(path("a")),
        relsign_key: Some(path("b")),
        user_signing_key: Some(path("c.pub")),
        agent: Some(agent_process.socket.clone()),
        home: Some(home.clone()),
        ..Sources::default()
    };
    let known = |_: &_| true;
    let pick = |sources: &Sources| {
        let chosen = choose(sources, &known).unwrap();
        (chosen.origin, chosen.key.public().fingerprint().clone(), matches!(chosen.key, SigningKey::Agent(_)))
    };
    let mut sources = everything.clone();
    assert_eq!(pick(&sources), (Origin::Option, print("a"), false));
    sources.option = None;
    assert_eq!(pick(&sources), (Origin::RelsignKey, print("b"), false));
    sources.relsign_key = None;
    assert_eq!(pick(&sources), (Origin::UserSigningKey, print("c"), false));
    sources.user_signing_key = None;
    assert_eq!(pick(&sources), (Origin::Agent, print("d"), true));
    assert_eq!(choose(&sources, &|_| false).unwrap().origin, Origin::Default, "unknown keys in the agent are passed over");
    sources.agent = None;
    assert_eq!(pick(&sources), (Origin::Default, print("e"), false));
    sources.home = None;
    assert!(matches!(choose(&sources, &known), Err(KeystoreError::NoKey(Agent::None))));

    // What the agent holds is signed by the agent, whether named by path or literal.
    let public = fs::read_to_string(dir.path().join("d.pub")).unwrap();
    for value in [path("d"), path("d.pub"), format!("key::{public}"), public.trim().to_owned()] {
        let sources = Sources { user_signing_key: Some(value.clone()), agent: everything.agent.clone(), ..Sources::default() };
        assert_eq!(pick(&sources), (Origin::UserSigningKey, print("d"), true), "{value}");
    }
    let literal = Sources { option: Some(format!("key::{public}")), ..Sources::default() };
    assert!(matches!(choose(&literal, &known), Err(KeystoreError::NotInAgent(_, Agent::None))));
    // A place that names what is not there is an error, and no other key steps in.
    let missing = Sources { option: Some(path("nothing")), ..everything.clone() };
    assert!(matches!(choose(&missing, &known), Err(KeystoreError::File { .. })));
    // Two known keys in the agent: nobody guesses.
    agent_process.add(&dir.path().join("a"));
    let both = Sources { agent: everything.agent.clone(), home: everything.home, ..Sources::default() };
    assert!(matches!(choose(&both, &known), Err(KeystoreError::Ambiguous(keys)) if keys.len() == 2));
    assert_eq!(choose(&both, &|key| *key == print("a")).unwrap().key.public().fingerprint(), &print("a"));
}

#[test]
fn the_program_signs_and_its_failures_are_told() {
    let dir = place::folder("interop");
    let path = make_key(&dir, "key", "ed25519", "");
    let public = key_of(&path);
    let by = |program: &str, public: &PublicKey| {
        SigningKey::Program(relsign::keystore::ProgramKey::new(Path::new(program), &path, public.clone())).sign(b"message")
    };
    let blob = by("ssh-keygen", &public).unwrap();
    assert_eq!(verify_sshsig(&blob, NAMESPACE, b"message").unwrap(), public);
    assert!(matches!(by("ssh-keygen", key(1).public()), Err(KeystoreError::BadSignature { .. })), "another key signed");
    assert!(matches!(by("/nonexistent/ssh-keygen", &public), Err(KeystoreError::Program(_))));
    assert!(matches!(by("false", &public), Err(KeystoreError::Program(_))));
    assert!(matches!(by("true", &public), Err(KeystoreError::Program(_))));
}

/// The file of a hardware key as ssh-keygen writes it: its public part is in the clear, and no secret is in it.
fn hardware_file(path: &Path) {
    let mut bytes = b"openssh-key-v1\0".to_vec();
    for part in [&b"none"[..], b"none", b""] {
        put_string(&mut bytes, part);
    }
    bytes.extend_from_slice(&1_u32.to_be_bytes());
    put_string(&mut bytes, &hardware_wire(4));
    put_string(&mut bytes, b"what only the device understands");
    let text = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n", base64(&bytes));
    fs::write(path, text).unwrap();
}

#[test]
fn hardware_keys_are_used_by_the_program() {
    let dir = place::folder("interop");
    let path = dir.path().join("id_ed25519_sk");
    hardware_file(&path);
    let message = pae(b"payload");
    // A stand-in for ssh-keygen with a device: it checks how it is called and prints the signature of a touch.
    let program = dir.path().join("ssh-keygen");
    let blob = hardware_blob(4, &message, 1);
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = \"-q -Y sign -n relsign-v1 -f {}\" ] || exit 9\ncat >/dev/null\ncat <<'END'\n{}END\n",
        path.display(),
        armour(&blob)
    );
    // Written by another process, since a file that this one holds open while a test beside it forks can't be run.
    run(Command::new("sh").args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(&program), script.as_bytes());
    let sources = Sources { option: Some(path.display().to_string()), program: Some(program), ..Sources::default() };
    let chosen = choose(&sources, &|_| true).unwrap();
    assert!(matches!(chosen.key, SigningKey::Program(_)));
    assert!(chosen.key.public().is_hardware());
    assert_eq!(chosen.key.sign(&message).unwrap(), blob);
    // A signature over anything else is not handed out.
    assert!(matches!(chosen.key.sign(b"other"), Err(KeystoreError::BadSignature { .. })));
}

fn key_of(path: &Path) -> PublicKey {
    FileKey::read(path).unwrap().public().clone()
}

#[test]
fn the_allowed_signers_file_holds_each_key_once_and_no_pattern() {
    let text = allowed_signers(&keyring());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.is_sorted());
    for line in lines {
        let (who, rest) = line.split_once(" namespaces=\"relsign-v1\" ").unwrap();
        assert!(who.parse::<relsign::model::ids::Principal>().is_ok());
        assert!(PublicKey::from_text(rest).is_ok());
    }
}
