//! Whether git still runs relsign: what stands where a hook should.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::block::{self, Call};
use super::managers::{self, Manager};
use super::name::Name;
use crate::git::Repository;
use crate::ops::error::Outcome;
use crate::ops::push::pins::Pins;
use crate::ops::trust::ROOT_CONFIG;

/// What was found of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It runs relsign.
    Runs,
    /// There is no such file.
    Missing,
    /// It can't be read, or is no file.
    Unreadable,
    /// It does not run relsign.
    Replaced,
    /// It would run relsign and is not executable, so git passes over it.
    NotExecutable,
    /// The program that it runs is not there.
    ProgramGone,
    /// pre-commit runs it, and hands on only the first ref of a push and no deletion.
    FirstRefOnly,
}

impl Found {
    /// Describes it, as the end of a sentence about the hook.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Runs => "runs relsign",
            Self::Missing => "is missing",
            Self::Unreadable => "can't be read",
            Self::Replaced => "does not run relsign",
            Self::NotExecutable => "is not executable, so git does not run it",
            Self::ProgramGone => "runs a program that is not there",
            Self::FirstRefOnly => "runs relsign by pre-commit, which hands on only the first ref of a push, and no deletion",
        }
    }
}

/// Returns the file that runs relsign for a hook or should, what was found, and how it runs relsign.
///
/// Forges run the files in `NAME.d` from a hook of their own, so relsign may stand in one of those; programs that write the
/// hooks of clones run what their own files say, some of which lie in the working tree.
pub fn check(directory: &Path, name: Name, tree: Option<&Path>) -> (PathBuf, Found, Option<Call>) {
    let file = directory.join(name.as_str());
    let (found, call) = look(&file, name);
    if found == Found::Runs {
        return (file, found, call);
    }
    if name == Name::PrePush {
        let (file, found) = if found == Found::Replaced { behind(file, directory, tree) } else { (file, found) };
        return (file, found, call);
    }
    let folder = directory.join(format!("{}.d", name.as_str()));
    let mut beside: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    beside.sort();
    for other in beside {
        let (found_there, call) = look(&other, name);
        // Without the forge's own hook nothing runs what stands in the folder.
        if matches!(found_there, Found::Runs | Found::NotExecutable | Found::ProgramGone) && found == Found::Replaced {
            return (other, found_there, call);
        }
    }
    (file, found, call)
}

/// Looks for relsign in a client's hook that another program wrote, and in what that runs.
fn behind(file: PathBuf, directory: &Path, tree: Option<&Path>) -> (PathBuf, Found) {
    if managers::names_us(&file, "") {
        let is_executable = fs::metadata(&file).is_ok_and(|data| data.permissions().mode() & 0o111 != 0);
        return (file, if is_executable { Found::Runs } else { Found::NotExecutable });
    }
    let Some(manager) = fs::read(&file).ok().and_then(|hook| Manager::of(&hook)) else { return (file, Found::Replaced) };
    let legacy = managers::legacy(directory, Name::PrePush);
    if manager == Manager::PreCommit && look(&legacy, Name::PrePush).0 == Found::Runs {
        return (legacy, Found::Runs);
    }
    match managers::entry(manager, directory, tree) {
        Some(entry) if manager == Manager::PreCommit => (entry, Found::FirstRefOnly),
        Some(entry) => (entry, Found::Runs),
        None => (file, Found::Replaced),
    }
}

/// Looks whether git still runs the hook that this clone had, and says where it does not; nothing in a clone that had none.
///
/// # Errors
/// If it can't be told where git looks for hooks.
pub fn lost(repository: &Repository) -> Outcome<Option<(PathBuf, Found)>> {
    if !repository.had_client_hook() {
        return Ok(None);
    }
    let (file, found, _) = check(&repository.hooks_dir()?.path, Name::PrePush, repository.work_dir());
    Ok((found != Found::Runs).then_some((file, found)))
}

fn look(file: &Path, name: Name) -> (Found, Option<Call>) {
    let data = match fs::metadata(file) {
        Ok(data) if data.is_file() => data,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Found::Missing, None),
        _ => return (Found::Unreadable, None),
    };
    let Ok(hook) = fs::read(file) else { return (Found::Unreadable, None) };
    let is_executable = |data: &fs::Metadata| data.permissions().mode() & 0o111 != 0;
    let Some(call) = block::call_of(&hook, name) else { return (Found::Replaced, None) };
    let found = match (is_executable(&data), fs::metadata(&call.program)) {
        (false, _) => Found::NotExecutable,
        (true, Ok(program)) if program.is_file() && is_executable(&program) => Found::Runs,
        // A clone's hook runs the program that is on PATH, and only without one the program that installed it.
        _ if name == Name::PrePush => Found::Runs,
        _ => Found::ProgramGone,
    };
    (found, Some(call))
}

/// Explains why the hooks of a server's project judge nothing, where no root is pinned for it.
///
/// # Errors
/// If the configuration or the administrator's file can't be read.
pub fn unpinned(repository: &Repository, calls: &[Call]) -> Outcome<Option<String>> {
    let Some(pins) = calls.iter().find_map(|call| call.pins.as_deref()) else {
        let is_pinned = calls.is_empty() || !repository.config_own(ROOT_CONFIG)?.is_empty();
        return Ok((!is_pinned).then(|| "no root is pinned here, so nothing is judged; pin it: relsign trust SHA256:…".to_owned()));
    };
    let root = Pins::read(pins)?.root_of(repository.common_dir())?;
    Ok(root.is_none().then(|| format!("{} does not list this project, so nothing is judged", pins.display())))
}
