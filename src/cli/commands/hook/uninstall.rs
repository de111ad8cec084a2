//! `relsign hook uninstall`.

use std::fs;
use std::path::{Path, PathBuf};

use super::json::{HookJson, tell};
use crate::cli::app::App;
use crate::git::files::rewrite;
use crate::git::hooks::Place;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::hooks::block::{self, Kind};
use crate::ops::hooks::done::Done;
use crate::ops::hooks::files::{kept, write};
use crate::ops::hooks::managers;
use crate::ops::hooks::name::Name;

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
            let files = Name::ALL.map(|name| (directory.join(name.as_str()), name));
            let legacy = (managers::legacy(directory, Name::PrePush), Name::PrePush);
            for (file, name) in files.into_iter().chain([legacy]) {
                let Some(done) = uninstall(app, &file)? else { continue };
                hooks.push(HookJson::new(&file, name, done));
                if !app.globals.json {
                    app.ui.line(done.text(&file, name))?;
                }
            }
        }
        if hooks.is_empty() && !app.globals.json {
            app.ui.line("no relsign hook is installed here")?;
        }
        tell(app, hooks)?;
        Ok(Exit::Yes)
    }

    fn agreed(&self, app: &App, directory: &Path) -> Outcome<bool> {
        if self.yes
            || Name::ALL
                .iter()
                .all(|name| fs::read(directory.join(name.as_str())).ok().as_deref().and_then(block::without).is_none())
        {
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

/// Removes relsign from one hook and reports what came of it; nothing where it isn't in there.
pub(super) fn uninstall(app: &App, file: &Path) -> Outcome<Option<Done>> {
    let failed = |error: std::io::Error| Failure::internal(format!("cannot restore {}", file.display())).because(error);
    let Ok(data) = fs::symlink_metadata(file) else { return Ok(None) };
    if !data.is_file() {
        return Ok(None);
    }
    let hook = fs::read(file).map_err(failed)?;
    let Some((kind, rest)) = block::without(&hook) else {
        if hook.windows(b"# relsign begin (".len()).any(|part| part == b"# relsign begin (") {
            app.ui.warn(format!("relsign's lines in {} were changed by hand; remove them by hand", file.display()));
        }
        return Ok(None);
    };
    let kept = kept(file);
    match kind {
        Kind::File if block::is_bare(&rest) => fs::remove_file(file).map_err(failed).map(|()| Some(Done::Removed)),
        Kind::Chain if block::is_bare(&rest) => match fs::rename(&kept, file) {
            Ok(()) => Ok(Some(Done::GaveBack)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                app.ui.warn(format!("the hook that was moved to {} is gone", kept.display()));
                fs::remove_file(file).map_err(failed).map(|()| Some(Done::Removed))
            }
            Err(error) => Err(failed(error)),
        },
        Kind::File | Kind::Lines => write(file, &rest, rewrite).map(|()| Some(Done::GaveBack)),
        Kind::Chain => {
            write(file, &rest, rewrite)?;
            app.ui.warn(format!("commands were added to it, so the original hook stays at {}", kept.display()));
            Ok(Some(Done::TookOut))
        }
    }
}
