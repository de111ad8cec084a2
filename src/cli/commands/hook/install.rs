//! `relsign hook install`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::json::{HookJson, tell};
use super::uninstall::uninstall;
use crate::cli::app::{self, App};
use crate::git::Repository;
use crate::git::hooks::Place;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::hooks::block::Shim;
use crate::ops::hooks::closed_to_others;
use crate::ops::hooks::done::Done;
use crate::ops::hooks::install::{Theirs, install};
use crate::ops::hooks::managers::{self, Manager};
use crate::ops::hooks::name::Name;
use crate::ops::push::pins::Pins;
use crate::ops::trust::ROOT_CONFIG;
use crate::ops::write::sign::nonce;

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
        let names: &[Name] = match (self.server, self.update) {
            (false, _) => &[Name::PrePush],
            (true, false) => &[Name::PreReceive, Name::PostReceive],
            (true, true) => &[Name::Update, Name::PostReceive],
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
            if done == Done::LeftAlone {
                exit = Exit::No;
            }
            hooks.push(HookJson::new(&managers::place(&directory, *name), *name, done));
        }
        let replaced = match (self.server, self.update) {
            (false, _) => None,
            (true, false) => Some(Name::Update),
            (true, true) => Some(Name::PreReceive),
        };
        // Both would judge each push twice, and by the weaker of the two too. The new one stands before the old one goes.
        if let Some(name) = replaced
            && let file = directory.join(name.as_str())
            && let Some(done) = uninstall(app, &file)?
        {
            hooks.push(HookJson::new(&file, name, done));
            if !app.globals.json {
                let text = done.text(&file, name);
                app.ui.line(format!("{text}, since {} is in its place", names[0].as_str()))?;
            }
        }
        tell(app, hooks)?;
        if let (false, Some(repository)) = (self.server, &repository) {
            settle(app, repository, &directory)?;
        }
        if let (true, Some(repository)) = (self.server, &repository) {
            switched_off(app, repository, &directory);
        }
        if let (true, Some(repository), None) = (self.server, &repository, &pins) {
            match repository.config_own(ROOT_CONFIG)?.is_empty() {
                true => app.ui.warn(
                    "no root is pinned here, so pushes are not judged yet and no policy is accepted; pin it: relsign trust SHA256:…",
                ),
                false => app.ui.say("pushes are judged under the root pinned here"),
            }
        }
        Ok(exit)
    }

    /// Installs one hook and says what came of it.
    fn put_in(&self, app: &App, directory: &Path, shim: &Shim<'_>, repository: Option<&Repository>) -> Outcome<Done> {
        let theirs = match self.server {
            true => Theirs::Stays,
            false => Theirs::Moves(repository.map(Repository::folders).unwrap_or_default()),
        };
        let done = match install(directory, shim, &theirs) {
            // It only judges again what the other one has judged, so it is no reason to go without that one.
            Err(failure) if shim.name == Name::PostReceive && failure.exit == Exit::No => {
                app.ui.warn(format!("{} was left unchanged: {}", shim.name.as_str(), failure));
                failure.hints.iter().for_each(|hint| app.ui.advise(hint.clone()));
                return Ok(Done::LeftAlone);
            }
            done => done?,
        };
        if !app.globals.json {
            app.ui.line(done.text(&managers::place(directory, shim.name), shim.name))?;
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

/// Warns of hooks of a server's project that git does not run, since `core.hooksPath` leads elsewhere: they may be a forge's, and
/// what they would refuse gets in.
fn switched_off(app: &App, repository: &Repository, directory: &Path) {
    let own = repository.common_dir().join("hooks");
    let (Ok(here), Ok(there)) = (own.canonicalize(), directory.canonicalize()) else { return };
    let Ok(entries) = fs::read_dir(&here) else { return };
    let is_hook = |name: &str| {
        !name.contains('.') && fs::metadata(here.join(name)).is_ok_and(|data| data.is_file() && data.mode() & 0o111 != 0)
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| is_hook(name)).collect();
    names.sort();
    if here != there && !names.is_empty() {
        app.ui.warn(format!(
            "core.hooksPath points elsewhere, so git does not run these hooks in {}: {}; to enable them: git config --unset core.hooksPath",
            own.display(),
            names.join(", ")
        ));
    }
}

/// Installs `pre-push` where that is nobody else's business; else says how it is done.
pub fn in_passing(app: &App, repository: &Repository) -> Outcome<()> {
    let hooks = match repository.hooks_dir() {
        Ok(hooks) => hooks,
        Err(error) => {
            app.ui.warn(format!("no hook was installed: {error}"));
            return Ok(());
        }
    };
    let file = hooks.path.join(Name::PrePush.as_str());
    if hooks.place == Place::Outside || repository.is_tracked(&file)? {
        app.ui.say(format!("no hook was installed, because other repositories may use {} too", file.display()));
        app.ui.say("to install it there: relsign hook install --yes");
        return Ok(());
    }
    let program = app::program()?;
    let shim = Shim { name: Name::PrePush, program: &program, pins: None };
    match install(&hooks.path, &shim, &Theirs::Moves(repository.folders())) {
        Ok(Done::Already) => {}
        Ok(done) => app.ui.say(done.text(&managers::place(&hooks.path, Name::PrePush), Name::PrePush)),
        Err(failure) => {
            app.ui.warn(format!("no hook was installed: {}", failure.one_line()));
            return Ok(());
        }
    }
    settle(app, repository, &hooks.path)
}

/// Keeps that this clone has the hook, says who writes that file too, and sees that git runs it.
fn settle(app: &App, repository: &Repository, directory: &Path) -> Outcome<()> {
    repository.keep_client_hook(true)?;
    let file = managers::place(directory, Name::PrePush);
    let writer = fs::read(&file).ok().and_then(|hook| Manager::of(&hook));
    if let Some(writer) = writer.map(Manager::as_str) {
        let text = format!("{writer} writes this hook anew when it is installed; for an entry that stays");
        app.ui.advise(Advice::run(text, format!("relsign ci {writer}")));
    }
    // pre-commit would go on to all the checks of its own.
    if file == managers::legacy(directory, Name::PrePush) {
        return Ok(());
    }
    check_run(app, repository, directory)
}

/// Warns where git does not run the hook that was just installed.
fn check_run(app: &App, repository: &Repository, directory: &Path) -> Outcome<()> {
    if let Some(said) = repository.runs_client_hook(&format!("this-is-run-{}", nonce()?))? {
        let file = directory.join(Name::PrePush.as_str());
        let said = said.lines().find(|line| !line.is_empty()).unwrap_or("git said nothing");
        app.ui.warn(format!("git does not run this relsign from {}, so no push from here is checked: {said}", file.display()));
    }
    Ok(())
}
