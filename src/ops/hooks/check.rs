//! Whether git still runs relsign: what stands where a hook should.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::block::{self, Call};
use super::managers::{self, Manager};
use super::name::Name;
use crate::git::Repository;
use crate::model::advice::Advice;
use crate::model::time::Timestamp;
use crate::ops::bypass;
use crate::ops::error::Outcome;
use crate::ops::push::pins::Pins;
use crate::ops::session::Session;
use crate::ops::trust::ROOT_CONFIG;

told! {
    /// What was found of a hook.
    Found {
        /// It runs relsign.
        Runs = "runs relsign",
        /// There is no such file.
        Missing = "is missing",
        /// It can't be read, or is no file.
        Unreadable = "can't be read",
        /// It does not run relsign.
        Replaced = "does not run relsign",
        /// It would run relsign and is not executable, so git passes over it.
        NotExecutable = "is not executable, so git does not run it",
        /// The program that it runs is not there.
        ProgramGone = "runs a program that is not there",
        /// pre-commit runs it, and hands on only the first ref of a push and no deletion.
        FirstRefOnly = "runs relsign by pre-commit, which hands on only the first ref of a push, and no deletion",
    }
}

/// What a clone does whose hook does not run relsign.
pub const UNCHECKED: &str = "nothing in this clone refuses a push to a frozen branch";

printed! {
    /// What `hook check --json` prints.
    pub struct HookCheckJson as "relsign-hook-check-v1" {
        /// Whether git runs relsign on every push.
        pub runs: bool,
        /// Each hook that is needed.
        pub hooks: Vec<CheckedHookJson>,
        /// Why nothing is judged although the hooks run, where that is so.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub unpinned: Option<String>,
        /// Since when the hooks tell what moves past them, where they do.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub watched_since: Option<Timestamp>,
    }

    /// One hook, and whether it runs relsign.
    pub struct CheckedHookJson {
        /// The name that git gives it, such as `pre-receive`.
        pub name: &'static str,
        /// The file that runs relsign, or that should.
        pub file: String,
        /// What was found.
        pub found: Found,
    }
}

impl HookCheckJson {
    /// Looks at the hooks that a clone or a server needs, in a directory and where there is one the repository that it belongs to.
    ///
    /// # Errors
    /// If the configuration, the administrator's file or what the hooks let through can't be read.
    pub fn of(directory: &Path, repository: Option<&Repository>, server: bool) -> Outcome<Self> {
        let tree = repository.and_then(Repository::work_dir);
        let mut calls = Vec::new();
        let mut look = |name: Name| {
            let (file, found, call) = check(directory, name, tree);
            calls.extend(call);
            CheckedHookJson { name: name.as_str(), file: file.display().to_string(), found }
        };
        let hooks = if server {
            let whole = look(Name::PreReceive);
            // A server that runs only `update` has that in its place.
            let update = (whole.found != Found::Runs).then(|| look(Name::Update)).filter(|update| update.found == Found::Runs);
            vec![update.unwrap_or(whole), look(Name::PostReceive)]
        } else {
            vec![look(Name::PrePush)]
        };
        let of_server = repository.filter(|_| server);
        let unpinned = of_server.map(|repository| unpinned(repository, &calls)).transpose()?.flatten();
        let watched_since = of_server.map(bypass::since).transpose()?.flatten();
        let runs = unpinned.is_none() && hooks.iter().all(|hook| hook.found == Found::Runs);
        Ok(Self { runs, hooks, unpinned, watched_since })
    }
}

/// Returns the file that runs relsign for a hook or should, what was found, and how it runs relsign.
///
/// Forges run the files in `NAME.d` from a hook of their own, so relsign may stand in one of those; programs that write the
/// hooks of clones run what their own files say, some of which lie in the working tree.
fn check(directory: &Path, name: Name, tree: Option<&Path>) -> (PathBuf, Found, Option<Call>) {
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
fn lost(repository: &Repository) -> Outcome<Option<(PathBuf, Found)>> {
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
fn unpinned(repository: &Repository, calls: &[Call]) -> Outcome<Option<String>> {
    let Some(pins) = calls.iter().find_map(|call| call.pins.as_deref()) else {
        let is_pinned = calls.is_empty() || !repository.config_own(ROOT_CONFIG)?.is_empty();
        return Ok((!is_pinned).then(|| "no root is pinned here, so nothing is judged; pin it: relsign trust SHA256:…".to_owned()));
    };
    let root = Pins::read(pins)?.root_of(repository.common_dir())?;
    Ok(root.is_none().then(|| format!("{} does not list this project, so nothing is judged", pins.display())))
}

/// Warns where git no longer runs the hook that this clone had, since another program replaced it or took it away.
pub fn warn_if_lost(session: &Session, repository: &Repository) {
    // Where git looks for hooks in no folder at all, `init` and `hook install` say so.
    if let Ok(Some((file, found))) = lost(repository) {
        let file = file.display();
        session.warn(Advice::run(format!("{UNCHECKED}: {file} {}; to restore it", found.as_str()), "relsign hook install"));
    }
}
