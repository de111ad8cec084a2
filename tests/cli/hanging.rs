//! Programs that never end: git's transports, vaults, and what they have started. relsign ends them after a time, and what
//! goes on of its own accord keeps nobody waiting.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::sandbox::{Run, Sandbox, Stage, TAG, ended};

/// Longer than any test waits, and short enough that nothing stays behind for long where one fails.
const LONG: u32 = 40;
/// The most that a command may take that is ended after a second.
const SOON: Duration = Duration::from_secs(15);

/// Starts children: one beside the program, one below a shell, one that heeds no signal to end, and one in a session of its own.
fn family(pids: &Path) -> String {
    let pids = pids.display();
    format!(
        "sleep {LONG} >/dev/null 2>&1 &\necho $! >>{pids}\n\
         sh -c 'sleep {LONG} & echo $$ $! >>{pids}; wait' &\n\
         sh -c 'trap \"\" TERM INT HUP; echo $$ >>{pids}; sleep {LONG}; sleep {LONG}' &\n\
         setsid sh -c 'echo $$ >>{pids}; exec sleep {LONG}' &\n\
         echo $$ >>{pids}\n"
    )
}

/// Puts a program on the path of whoever is given the path that is returned.
fn on_path(box_: &Sandbox, name: &str, text: &str) -> std::ffi::OsString {
    let folder = box_.path("home/programs");
    executable(&folder.join(name), text);
    let folders = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    std::env::join_paths(std::iter::once(folder).chain(folders)).unwrap()
}

fn executable(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, format!("#!/bin/sh\n{text}")).unwrap();
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

/// Whether a process runs; one that ended and that nobody has asked about does not.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with(['Z', 'X']))
}

/// All that wrote their ids into a file, which must be `count`, have ended.
#[track_caller]
fn all_ended(pids: &Path, count: usize) {
    let text = std::fs::read_to_string(pids).unwrap();
    let all: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(all.len(), count, "{text}");
    let start = Instant::now();
    while all.iter().any(|pid| runs(pid)) {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "still there: {:?}",
            all.iter().filter(|pid| runs(pid)).collect::<Vec<_>>()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn soon(run: Run) -> Run {
    assert!(run.took < SOON, "{:?}: {}", run.took, run.text());
    run
}

fn with_origin(box_: &Sandbox, url: &str) {
    box_.git(&["remote", "add", "origin", url]);
    box_.git(&["config", "relsign.timeout", "1"]);
}

/// Runs cases beside each other, since each of them does little but wait.
fn at_once<const N: usize>(cases: [fn(&Sandbox, &Path); N]) {
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || {
                let box_ = Sandbox::at(Stage::Opened);
                let pids = box_.path("pids");
                case(&box_, &pids);
                all_ended(&pids, 6);
            });
        }
    });
}

/// What a program does that waits for the family it starts.
fn hang(pids: &Path) -> String {
    format!("{}wait\n", family(pids))
}

/// Gives a server without records, which is the remote.
fn with_server(box_: &Sandbox) -> PathBuf {
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    with_origin(box_, &format!("file://{}", server.display()));
    box_.git(&["config", "relsign.timeout", "2"]);
    server
}

#[test]
fn a_transport_that_is_ended_takes_what_it_started_along() {
    at_once([
        |box_, pids| {
            // A helper of a remote.
            let path = on_path(box_, "git-remote-hang", &hang(pids));
            with_origin(box_, "hang::nowhere");
            soon(ended(box_.program().env("PATH", &path).arg("sync"))).exits(5).says("it has not answered within 1 s");
        },
        |box_, pids| {
            // Ssh, and the program that names a password.
            executable(&box_.path("home/ssh"), &hang(pids));
            with_origin(box_, "ssh://nobody@nowhere.example/x.git");
            box_.git(&["config", "core.sshCommand", &box_.path("home/ssh").display().to_string()]);
            soon(ended(box_.program().args(["gate", TAG]))).exits(4).says("it has not answered within 1 s");
        },
        |box_, pids| {
            // A hook here.
            with_server(box_);
            executable(&box_.repo.join(".git/hooks/pre-push"), &hang(pids));
            let run = soon(box_.run_as("ann", &["approve", TAG, "tests"])).exits(5).says("signed here, NOT shared");
            run.says("it has not answered within 2 s");
        },
        |box_, pids| {
            // The remote's hooks, where the remote is here.
            let server = with_server(box_);
            executable(&server.join("hooks/pre-receive"), &hang(pids));
            soon(box_.run_as("bob", &["approve", TAG, "rollback"])).exits(5).says("it has not answered within 2 s");
        },
    ]);
}

#[test]
fn what_goes_on_behind_a_transport_keeps_nobody_waiting() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    // More than any clock can add.
    box_.git(&["config", "relsign.timeout", &u64::MAX.to_string()]);
    // It keeps git's streams open, as a hook does that tells a chat of the push.
    executable(
        &box_.repo.join(".git/hooks/pre-push"),
        &format!("echo told >&2\nsleep {LONG} &\necho $! >{}\n", box_.path("pids").display()),
    );
    let run = soon(box_.run_as("ann", &["approve", TAG, "tests"])).exits(0).says("shared with origin");
    let pid = std::fs::read_to_string(box_.path("pids")).unwrap();
    assert!(runs(pid.trim()), "what the hook started is its own business: {}", run.text());
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
    // What was said before a refusal is told all the same.
    executable(
        &box_.repo.join(".git/hooks/pre-push"),
        &format!("echo closed today >&2\nsleep {LONG} &\necho $! >{}\nexit 1\n", box_.path("pids").display()),
    );
    soon(box_.run_as("bob", &["approve", TAG, "rollback"])).exits(5).says("closed today");
    let pid = std::fs::read_to_string(box_.path("pids")).unwrap();
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
}

/// Has a vault of these lines sign for @ann.
fn with_vault(box_: &Sandbox, text: &str) {
    let vault = box_.path("home/op-ssh-sign");
    executable(&vault, text);
    let public = std::fs::read_to_string(box_.key("ann").with_extension("pub")).unwrap();
    let vault = vault.to_str().unwrap();
    for (name, value) in
        [("gpg.format", "ssh"), ("gpg.ssh.program", vault), ("user.signingkey", public.trim()), ("relsign.keyTimeout", "1")]
    {
        box_.git(&["config", name, value]);
    }
}

/// Has a program that never ends print the key.
fn with_key_command(box_: &Sandbox, pids: &Path) {
    executable(&box_.path("home/which-key"), &hang(pids));
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("gpg.ssh.defaultKeyCommand", &format!("{} -L", box_.path("home/which-key").display())),
        ("relsign.keyTimeout", "1"),
    ] {
        box_.git(&["config", name, value]);
    }
}

#[track_caller]
fn told(run: Run, program: &str) -> Run {
    soon(run).says(program).says("has not answered within 1 s").says("git config relsign.keyTimeout SECONDS")
}

#[test]
fn a_vault_that_hangs_is_ended_with_a_sentence() {
    at_once([
        |box_, pids| {
            with_vault(box_, &hang(pids));
            let before = box_.log(TAG).len();
            told(box_.run(&["approve", TAG, "tests"]), "op-ssh-sign").exits(5);
            assert_eq!(box_.log(TAG).len(), before);
        },
        |box_, pids| {
            // Git runs it for tags.
            with_vault(box_, &hang(pids));
            box_.git(&["config", "tag.gpgSign", "true"]);
            told(box_.run(&["tag", "v1.1.0"]), "git").exits(5);
            assert_eq!(box_.git(&["tag", "--list", "v1.1.0"]), "");
        },
        |box_, pids| {
            with_key_command(box_, pids);
            told(box_.run(&["approve", TAG, "tests"]), "which-key").exits(5);
        },
        |box_, pids| {
            with_key_command(box_, pids);
            told(box_.run(&["whoami"]), "which-key");
        },
    ]);
}

#[test]
fn a_vault_that_takes_its_time_is_waited_for() {
    // It leaves something behind that holds its streams.
    let box_ = Sandbox::at(Stage::Opened);
    let pids = box_.path("pids");
    let slow = format!("sleep 1\nsleep {LONG} &\necho $! >{}\nexec ssh-keygen \"$@\"\n", pids.display());
    with_vault(&box_, &slow);
    box_.git(&["config", "user.signingkey", box_.key("ann").to_str().unwrap()]);
    box_.git(&["config", "--unset", "relsign.keyTimeout"]);
    soon(box_.run(&["approve", TAG, "tests"])).exits(0);
    let pid = std::fs::read_to_string(&pids).unwrap();
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
    for wrong in ["soon", "0", "-1", "1.5"] {
        box_.git(&["config", "relsign.keyTimeout", wrong]);
        let run = box_.run(&["approve", TAG, "tests"]);
        assert!(run.code != 0 && run.text().contains("relsign.keyTimeout"), "{wrong}: {}: {}", run.code, run.text());
    }
}

/// Runs the program in a terminal of its own, and types there once the file is there that says that somebody may.
fn in_terminal(
    box_: &Sandbox,
    path: &std::ffi::OsStr,
    words: &str,
    ready: &Path,
    typed: &[u8],
) -> (std::process::ExitStatus, String) {
    // Whoever runs these tests in the background has a Ctrl-C ignored.
    let mut command = box_.command("env", &box_.repo);
    command.env("PATH", path).args([
        "--default-signal=INT",
        "script",
        "-q",
        "-e",
        "-c",
        &format!("{} {words}", super::sandbox::place::program()),
        "/dev/null",
    ]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !ready.exists() {
        assert!(start.elapsed() < SOON, "nothing asks at the terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert!(start.elapsed() < SOON);
    (output.status, String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_terminal_asks_and_ends_everything_as_ever() {
    if std::process::Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no script, which makes terminals");
        return;
    }
    let box_ = Sandbox::at(Stage::Opened);
    let (ready, pids): (PathBuf, PathBuf) = (box_.path("ready"), box_.path("pids"));
    // As ssh asks for a passphrase: at the terminal, whatever its streams are.
    let asks = format!(
        "read line\necho 'passphrase?' >/dev/tty\n: >{ready}\nread answer </dev/tty\necho \"told $answer\" >&2\nexit 1\n",
        ready = ready.display()
    );
    let path = on_path(&box_, "git-remote-asks", &asks);
    box_.git(&["remote", "add", "origin", "asks::x"]);
    let (_, said) = in_terminal(&box_, &path, "sync", &ready, b"open sesame\n");
    assert!(said.contains("passphrase?") && said.contains("told open sesame"), "{said}");

    std::fs::remove_file(&ready).unwrap();
    let hang = format!(
        "sleep {LONG} & echo $! >>{pids}\necho $$ >>{pids}\n: >{ready}\nwait\n",
        pids = pids.display(),
        ready = ready.display()
    );
    let path = on_path(&box_, "git-remote-hang", &hang);
    box_.git(&["remote", "set-url", "origin", "hang::x"]);
    let (status, _) = in_terminal(&box_, &path, "sync", &ready, b"\x03");
    assert!(!status.success());
    all_ended(&pids, 2);
}
