//! `relsign hook install`.

use std::path::{Path, PathBuf};

use crate::cli::app::{self, App};
use crate::cli::json;
use crate::git::Repository;
use crate::git::hooks::Place;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::hooks::block::Shim;
use crate::ops::hooks::done::{Done, HookJson, HooksJson};
use crate::ops::hooks::install::{Theirs, install};
use crate::ops::hooks::managers;
use crate::ops::hooks::name::Name;
use crate::ops::hooks::uninstall::uninstall;
use crate::ops::hooks::{client, closed_to_others, installed_on_server};
use crate::ops::push::pins::Pins;

/// Install the hooks: pre-push in a clone, pre-receive and post-receive on a server
///
/// In a clone, an existing hook is kept and runs after relsign's with the same input; its exit code still counts. A hook
/// that is not executable is kept and still does not run. On a server, hooks that relsign did not write are not touched,
/// and you are shown which one to use. `relsign hook uninstall` restores what was there, byte for byte.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Install the hooks of a server, which refuse what clients did not check
    #[arg(long)]
    server: bool,
    /// Judge only the projects listed in this file, each under its root: lines of PATH SHA256:ROOT
    #[arg(long, value_name = "FILE", requires = "server")]
    pins: Option<PathBuf>,
    /// Install `update` instead of `pre-receive`, for servers that run only that; the other of relsign's two is removed
    #[arg(long, requires = "server")]
    update: bool,
    /// Install into this directory instead of git's, such as one that a server uses for all projects
    #[arg(long, value_name = "DIR", requires = "server")]
    hooks_dir: Option<PathBuf>,
    /// Write into a directory outside the repository without asking
    #[arg(short, long)]
    yes: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let pins = match &self.pins {
            Some(file) => Some(app.path(file).canonicalize().map_err(|error| {
                Failure::usage(format!("there is no pins file at {}", file.display()))
                    .because(error)
                    .hint("write it first: a line for each project, PATH SHA256:ROOT")
            })?),
            None => None,
        };
        if let Some(file) = &pins {
            for path in Pins::read(file)?.missing() {
                app.ui.warn(format!("the pins file names {}, which does not exist", path.display()));
            }
        }
        let (directory, repository) = match &self.hooks_dir {
            Some(directory) => (app.path(directory), None),
            None => {
                let repository = app.repository()?;
                (self.directory(app, &repository)?, Some(repository))
            }
        };
        let program = app::program()?;
        let (names, replaced): (&[Name], Option<Name>) = match (self.server, self.update) {
            (false, _) => (&[Name::PrePush], None),
            (true, false) => (&[Name::PreReceive, Name::PostReceive], Some(Name::Update)),
            (true, true) => (&[Name::Update, Name::PostReceive], Some(Name::PreReceive)),
        };
        if let (true, Some(closed)) = (self.server, closed_to_others(&program)) {
            let (program, closed) = (program.display(), closed.display());
            app.ui.warn(format!(
                "others can't run {program}, because {closed} is closed to them; if people push as another user, \
                 install relsign where everybody may enter, such as /usr/local/bin"
            ));
        }
        let mut hooks = Vec::new();
        let mut exit = Exit::Yes;
        for name in names {
            let shim = Shim { name: *name, program: &program, pins: pins.as_deref() };
            let done = self.put_in(app, &directory, &shim, repository.as_ref())?;
            if done.done == Done::LeftAlone {
                exit = Exit::No;
            }
            hooks.push(done);
        }
        // Both would judge each push twice, and by the weaker of the two too. The new one stands before the old one goes.
        if let Some(name) = replaced
            && let Some(hook) = uninstall(app, &directory.join(name.as_str()), name)?
        {
            if !app.globals.json {
                app.ui.line(format!("{}, since {} is in its place", hook.text(), names[0].as_str()))?;
            }
            hooks.push(hook);
        }
        if app.globals.json {
            json::print(app, &HooksJson { hooks })?;
        }
        match &repository {
            Some(repository) if self.server => installed_on_server(app, repository, &directory, pins.is_some())?,
            Some(repository) => client::settle(app, repository, &directory)?,
            None => {}
        }
        Ok(exit)
    }

    /// Installs one hook and says what came of it.
    fn put_in(&self, app: &App, directory: &Path, shim: &Shim<'_>, repository: Option<&Repository>) -> Outcome<HookJson> {
        let theirs = match self.server {
            true => Theirs::Stays,
            false => Theirs::Moves(repository.map(Repository::folders).unwrap_or_default()),
        };
        let hook = |done| HookJson::new(&managers::place(directory, shim.name), shim.name, done);
        let done = match install(directory, shim, &theirs) {
            // It only judges again what the other one has judged, so it is no reason to go without that one.
            Err(failure) if shim.name == Name::PostReceive && failure.exit == Exit::No => {
                app.ui.warn(format!("{} was left unchanged: {}", shim.name.as_str(), failure));
                failure.hints.iter().for_each(|hint| app.ui.advise(hint.clone()));
                return Ok(hook(Done::LeftAlone));
            }
            done => hook(done?),
        };
        if !app.globals.json {
            app.ui.line(done.text())?;
        }
        if let Some(repository) = repository
            && repository.is_tracked(&managers::place(directory, shim.name))?
        {
            app.ui.warn(format!("{} is tracked by git, so the next commit will include the change", shim.name.as_str()));
        }
        Ok(done)
    }

    /// Finds where the hooks go, and asks before it is a place that is not this repository's own.
    fn directory(&self, app: &App, repository: &Repository) -> Outcome<PathBuf> {
        if repository.is_bare() && !self.server && !self.yes {
            return Err(Failure::usage("this is a bare repository, which people push to rather than from")
                .suggest("on a server", "relsign hook install --server")
                .hint("to judge pushes from here anyway: --yes"));
        }
        let hooks = repository.hooks_dir()?;
        if hooks.place == Place::Outside && !self.yes {
            let shown = hooks.path.display();
            let question = format!("Git runs the hooks in {shown}, and other repositories may use them too. Write there?");
            if app.ui.confirm(&question, false) != Some(true) {
                return Err(Failure::refused(format!("git runs the hooks in {shown}, outside this repository"))
                    .hint("to write there, where other repositories may use them too: --yes")
                    .suggest(
                        "to give this repository its own hooks",
                        "git config --local core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"",
                    ));
            }
        }
        Ok(hooks.path)
    }
}

/// Installs `pre-push` where that is nobody else's business; else says how it is done.
pub fn in_passing(app: &App, repository: &Repository) -> Outcome<()> {
    client::in_passing(app, repository, &app::program()?)
}
