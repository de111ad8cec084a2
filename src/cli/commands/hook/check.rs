//! `relsign hook check`.

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
use crate::ops::hooks::check::{Found, check, lost, unpinned};
use crate::ops::hooks::name::Name;
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

/// What a clone does whose hook does not run relsign.
const UNCHECKED: &str = "nothing in this clone refuses a push to a frozen branch";

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
        let tree = repository.as_ref().and_then(|repository| repository.work_dir().map(Path::to_owned));
        let mut calls = Vec::new();
        let mut hooks = Vec::new();
        let mut look = |name: Name| {
            let (file, found, call) = check(&directory, name, tree.as_deref());
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
                if !self.server {
                    app.ui.warn(UNCHECKED);
                }
                app.ui.advise(Advice::run("restore it", format!("relsign hook install{server}")));
            }
        }
        Ok(if runs { Exit::Yes } else { Exit::No })
    }
}

/// Warns where git no longer runs the hook that this clone had, since another program replaced it or took it away.
pub fn warn_if_lost(app: &App, repository: &Repository) {
    // Where git looks for hooks in no folder at all, `init` and `hook install` say so.
    if let Ok(Some((file, found))) = lost(repository) {
        let file = file.display();
        app.ui.warn(Advice::run(format!("{UNCHECKED}: {file} {}; to restore it", found.text()), "relsign hook install"));
    }
}
