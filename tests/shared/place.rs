//! Where tests make their folders: in memory, where the machine has room for them there.
//!
//! A test makes some hundred small files, which takes a disk ten times as long as making them in memory.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What must be free in memory, in KiB. The largest tests write some hundred megabytes, several of them at a time.
const ROOM: u64 = 3 << 20;

/// Makes a folder that goes when it is dropped.
pub(crate) fn folder(prefix: &str) -> tempfile::TempDir {
    tempfile::Builder::new().prefix(prefix).tempdir_in(root()).unwrap()
}

/// Takes the folder below which tests work off the front of a text that a program printed.
#[allow(dead_code, reason = "shared with tests that look at no text")]
pub(crate) fn below(text: &str) -> Option<&str> {
    text.strip_prefix(root().to_str().unwrap()).filter(|rest| rest.starts_with('/'))
}

/// Gives the folder below which tests work: `TMPDIR` where it is set, and else `/dev/shm` where it will do.
fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        if std::env::var_os("TMPDIR").is_none() && will_do(memory) { memory.to_owned() } else { std::env::temp_dir() }
    })
}

/// Says whether a folder has room, and runs the hooks that lie in it: in containers it is often small, or mounted `noexec`.
fn will_do(folder: &Path) -> bool {
    let Ok(own) = tempfile::Builder::new().prefix("probe").tempdir_in(folder) else { return false };
    let probe = own.path().join("probe");
    let written = std::fs::write(&probe, "#!/bin/sh\n").and_then(|()| {
        std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o700))?;
        Command::new(&probe).status()
    });
    if !written.is_ok_and(|status| status.success()) {
        return false;
    }
    let Ok(told) = Command::new("df").arg("-Pk").arg(folder).stderr(Stdio::null()).output() else { return false };
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let free = told.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    free.is_some_and(|free| free >= ROOM)
}

/// Gives the whole path of a program that is found on `PATH`, and any other name as it is.
///
/// A command that is found in its own environment's `PATH` is started by copying the tables of this process's memory, which
/// takes longer than git does.
#[allow(dead_code, reason = "shared with tests that start no program")]
pub(crate) fn found(program: &std::ffi::OsStr) -> PathBuf {
    let name = Path::new(program);
    if name.components().count() > 1 {
        return name.to_owned();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file()).unwrap_or_else(|| name.to_owned())
}

/// Gives the program to test: the one that cargo built for the tests, or the one that `RELSIGN_TEST_PROGRAM` names.
#[allow(dead_code, reason = "shared with tests that start no program")]
pub(crate) fn program() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var("RELSIGN_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_relsign").to_owned()))
}
