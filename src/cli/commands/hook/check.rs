//! `relsign hook check`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::json;
use crate::git::Repository;
use crate::model::advice::Advice;
use crate::model::time::Timestamp;
use crate::ops::bypass;
use crate::ops::error::{Exit, Outcome};
use crate::ops::hooks::block::{self, Call};
use crate::ops::hooks::name::Name;
use crate::ops::push::pins::Pins;
use crate::ops::trust::ROOT_CONFIG;
use crate::report::words;

/// Check that git still runs relsign on a push; exit 1 if it does not
///
/// Forges rewrite their hooks when they are upgraded or resynchronised. Run this on a server from cron and after each upgrade.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check what a server needs: `pre-receive` or `update`, `post-receive`, and a pinned root
    #[arg(long)]
    server: bool,
    /// Check this directory instead of the one that git names, such as one that a server runs for all projects
    #[arg(long, value_name = "DIR", requires = "server")]
    hooks_dir: Option<PathBuf>,
}

/// What `hook check --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HookCheckJson {
    /// Always `relsign-hook-check-v1`.
    pub format: &'static str,
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
#[derive(Debug, Serialize, JsonSchema)]
pub struct CheckedHookJson {
    /// The name that git gives it, such as `pre-receive`.
    pub name: &'static str,
    /// The file that runs relsign, or that should.
    pub file: String,
    /// What was found.
    pub found: Found,
}

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
}

impl Found {
    const fn text(self) -> &'static str {
        match self {
            Self::Runs => "runs relsign",
            Self::Missing => "is missing",
            Self::Unreadable => "can't be read",
            Self::Replaced => "does not run relsign",
            Self::NotExecutable => "is not executable, so git does not run it",
            Self::ProgramGone => "runs a program that is not there",
        }
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (directory, repository) = match &self.hooks_dir {
            Some(directory) => (app.path(directory), None),
            None => {
                let repository = app.repository()?;
                (repository.hooks_dir()?.path, Some(repository))
            }
        };
        let mut calls = Vec::new();
        let mut hooks = Vec::new();
        let mut look = |name: Name| {
            let (file, found, call) = check(&directory, name);
            calls.extend(call);
            CheckedHookJson { name: name.as_str(), file: file.display().to_string(), found }
        };
        if self.server {
            let whole = look(Name::PreReceive);
            // A server that runs only `update` has that in its place.
            let update = (whole.found != Found::Runs).then(|| look(Name::Update)).filter(|update| update.found == Found::Runs);
            hooks.push(update.unwrap_or(whole));
            hooks.push(look(Name::PostReceive));
        } else {
            hooks.push(look(Name::PrePush));
        }
        let unpinned = match &repository {
            Some(repository) if self.server => unpinned(repository, &calls)?,
            _ => None,
        };
        let watched_since = repository.as_ref().filter(|_| self.server).map(bypass::since).transpose()?.flatten();
        let runs = unpinned.is_none() && hooks.iter().all(|hook| hook.found == Found::Runs);
        if app.globals.json {
            json::print(app, &HookCheckJson { format: "relsign-hook-check-v1", runs, hooks, unpinned, watched_since })?;
        } else {
            for hook in &hooks {
                app.ui.line(format!("{} {}: {}", hook.name, hook.found.text(), hook.file))?;
            }
            if let Some(why) = &unpinned {
                app.ui.line(why)?;
            }
            if let Some(since) = watched_since {
                app.ui.line(format!("refs that move past the hooks are told since {}", words::time(since, &app.zone)))?;
            }
            if hooks.iter().any(|hook| hook.found != Found::Runs) {
                let server = if self.server { " --server" } else { "" };
                app.ui.advise(Advice::run("restore it", format!("relsign hook install{server}")));
            }
        }
        Ok(if runs { Exit::Yes } else { Exit::No })
    }
}

/// Returns the file that runs relsign for a hook or should, what was found, and how it runs relsign.
///
/// Forges run the files in `NAME.d` from a hook of their own, so relsign may stand in one of those.
fn check(directory: &Path, name: Name) -> (PathBuf, Found, Option<Call>) {
    let file = directory.join(name.as_str());
    let (found, call) = look(&file, name);
    if found == Found::Runs {
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
fn unpinned(repository: &Repository, calls: &[Call]) -> Outcome<Option<String>> {
    let Some(pins) = calls.iter().find_map(|call| call.pins.as_deref()) else {
        let is_pinned = calls.is_empty() || !repository.config_own(ROOT_CONFIG)?.is_empty();
        return Ok((!is_pinned).then(|| "no root is pinned here, so nothing is judged; pin it: relsign trust SHA256:…".to_owned()));
    };
    let root = Pins::read(pins)?.root_of(repository.common_dir())?;
    Ok(root.is_none().then(|| format!("{} does not list this project, so nothing is judged", pins.display())))
}
