//! `relsign hook check`.

use std::path::PathBuf;

use crate::cli::app::App;
use crate::cli::json;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Outcome};
use crate::ops::hooks::check::{Found, HookCheckJson, UNCHECKED};
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
        let checked = HookCheckJson::of(&directory, repository.as_ref(), self.server)?;
        if app.globals.json {
            json::print(app, &checked)?;
        } else {
            for hook in &checked.hooks {
                app.ui.line(format!("{} {}: {}", hook.name, hook.found.as_str(), hook.file))?;
            }
            if let Some(why) = &checked.unpinned {
                app.ui.line(why)?;
            }
            if let Some(since) = checked.watched_since {
                app.ui.line(format!("refs that move past the hooks are told since {}", words::time(since, &app.zone)))?;
            }
            if checked.hooks.iter().any(|hook| hook.found != Found::Runs) {
                let server = if self.server { " --server" } else { "" };
                if !self.server {
                    app.ui.warn(UNCHECKED);
                }
                app.ui.advise(Advice::run("restore it", format!("relsign hook install{server}")));
            }
        }
        Ok(if checked.runs { Exit::Yes } else { Exit::No })
    }
}
