//! `relsign hook uninstall`.

use std::path::{Path, PathBuf};

use crate::cli::app::App;
use crate::cli::json;
use crate::git::hooks::Place;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::hooks::done::HooksJson;
use crate::ops::hooks::uninstall::{files, is_in, uninstall};

/// Remove relsign's hooks and restore what was there, byte for byte
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove them from this directory instead of the repository's own
    #[arg(long, value_name = "DIR")]
    hooks_dir: Option<PathBuf>,
    /// Write into a directory outside the repository without asking
    #[arg(short, long)]
    yes: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let mut directories = Vec::new();
        match &self.hooks_dir {
            Some(directory) => directories.push(app.path(directory)),
            None => {
                let repository = app.repository()?;
                let hooks = repository.hooks_dir();
                if let Ok(hooks) = &hooks
                    && (hooks.place != Place::Outside || self.agreed(app, &hooks.path)?)
                {
                    directories.push(hooks.path.clone());
                }
                // Where core.hooksPath was set after they were installed, they lie in the repository all the same.
                directories.push(repository.common_dir().join("hooks"));
                directories.dedup();
                repository.keep_client_hook(false)?;
            }
        }
        let mut hooks = Vec::new();
        for directory in &directories {
            for (file, name) in files(directory) {
                let Some(hook) = uninstall(app, &file, name)? else { continue };
                if !app.globals.json {
                    app.ui.line(hook.text())?;
                }
                hooks.push(hook);
            }
        }
        if hooks.is_empty() && !app.globals.json {
            app.ui.line("no relsign hook is installed here")?;
        }
        if app.globals.json {
            json::print(app, &HooksJson { hooks })?;
        }
        Ok(Exit::Yes)
    }

    fn agreed(&self, app: &App, directory: &Path) -> Outcome<bool> {
        if self.yes || !is_in(directory) {
            return Ok(self.yes);
        }
        let shown = directory.display();
        match app
            .ui
            .confirm(&format!("Git runs the hooks in {shown}, and other repositories may use them too. Write there?"), false)
        {
            Some(answer) => Ok(answer),
            None => Err(Failure::refused(format!("git runs the hooks in {shown}, outside this repository"))
                .hint("to remove relsign's there, for every repository that uses them: --yes")),
        }
    }
}
