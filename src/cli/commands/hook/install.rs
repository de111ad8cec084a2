//! `relsign hook install`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::block::{self, Kind, Shim};
use super::files::{aside, kept, write};
use super::json::{Done, HookJson, tell};
use super::name::Name;
use super::pins::Pins;
use super::uninstall::uninstall;
use crate::cli::app::{self, App};
use crate::git::Repository;
use crate::git::hooks::Place;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::trust::ROOT_CONFIG;

/// The largest hook that is read, in bytes; a larger one is moved aside.
const LIMIT: u64 = 4 << 20;

/// Install the hooks: pre-push in a clone, pre-receive and post-receive on a server
///
/// A hook that is there already is kept and runs after relsign's, with the same input; its exit code counts as before. One
/// that is not executable is kept and does not run, as before.
/// `relsign hook uninstall` gives back what was there, byte for byte.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Install what a server needs, which refuses what clients skipped
    #[arg(long)]
    server: bool,
    /// Judge only the projects listed in this file, each under its root: lines of PATH SHA256:ROOT
    #[arg(long, value_name = "FILE", requires = "server")]
    pins: Option<PathBuf>,
    /// Install `update` in the place of `pre-receive`, for servers that run no other; relsign's `pre-receive` is taken out, and
    /// without --update relsign's `update`
    #[arg(long, requires = "server")]
    update: bool,
    /// Install into this directory instead of the one that git names, such as one that a server runs for all projects
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
                Failure::usage(format!("there is no file of pins at {}", file.display()))
                    .because(error)
                    .hint("write it first: a line for each project, PATH SHA256:ROOT")
            })?),
            None => None,
        };
        if let Some(file) = &pins {
            for path in Pins::read(file)?.missing() {
                app.ui.warn(format!("the file of pins names {}, where there is nothing", path.display()));
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
        let mut hooks = Vec::new();
        for name in names {
            let shim = Shim { name: *name, program: &program, pins: pins.as_deref() };
            let done = install(&directory, &shim)?;
            hooks.push(HookJson::new(&directory, *name, done));
            if !app.globals.json {
                app.ui.line(done.text(&directory, *name))?;
            }
            if let Some(repository) = &repository
                && repository.is_tracked(&directory.join(name.as_str()))?
            {
                app.ui.warn(format!("{} is tracked, so the next commit takes the change along", name.as_str()));
            }
        }
        let replaced = match (self.server, self.update) {
            (false, _) => None,
            (true, false) => Some(Name::Update),
            (true, true) => Some(Name::PreReceive),
        };
        // Both would judge each push twice, and by the weaker of the two too. The new one stands before the old one goes.
        if let Some(name) = replaced
            && let Some(done) = uninstall(app, &directory.join(name.as_str()))?
        {
            hooks.push(HookJson::new(&directory, name, done));
            if !app.globals.json {
                let text = done.text(&directory, name);
                app.ui.line(format!("{text}, since {} is in its place", names[0].as_str()))?;
            }
        }
        tell(app, hooks)?;
        if let (true, Some(repository), None) = (self.server, &repository, &pins) {
            match repository.config_own(ROOT_CONFIG)?.is_empty() {
                true => app.ui.warn(
                    "no root is pinned here, so nothing is judged yet and no policy is taken in; pin it: relsign trust SHA256:…",
                ),
                false => app.ui.say("judged under the root that is pinned here"),
            }
        }
        Ok(Exit::Yes)
    }

    /// Finds where the hooks go, and asks before it is a place that is not this repository's own.
    fn directory(&self, app: &App, repository: &Repository) -> Outcome<PathBuf> {
        if repository.is_bare() && !self.server && !self.yes {
            return Err(Failure::usage("this is a bare repository, where people push to rather than from")
                .hint("on a server: relsign hook install --server")
                .hint("to judge what is pushed from here all the same: --yes"));
        }
        let hooks = repository.hooks_dir()?;
        if hooks.place == Place::Outside && !self.yes {
            let shown = hooks.path.display();
            let question = format!("Git runs the hooks in {shown}, as other repositories may too. Write there?");
            if app.ui.confirm(&question, false) != Some(true) {
                return Err(Failure::refused(format!("git runs the hooks in {shown}, outside this repository"))
                    .hint("to write there, where other repositories may run them too: --yes")
                    .hint("to have hooks of its own here: git config --local core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\""));
            }
        }
        Ok(hooks.path)
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
        app.ui.say(format!("no hook was installed, since {} is not this clone's alone", file.display()));
        app.ui.say("to install it there: relsign hook install --yes");
        return Ok(());
    }
    let program = app::program()?;
    match install(&hooks.path, &Shim { name: Name::PrePush, program: &program, pins: None }) {
        Ok(Done::Already) => {}
        Ok(done) => app.ui.say(done.text(&hooks.path, Name::PrePush)),
        Err(failure) => app.ui.warn(format!("no hook was installed: {}", failure.one_line())),
    }
    Ok(())
}

/// Installs one hook into a directory.
fn install(directory: &Path, shim: &Shim<'_>) -> Outcome<Done> {
    let file = directory.join(shim.name.as_str());
    let kept = kept(&file);
    let failed = |what: &str, path: &Path, error: std::io::Error| {
        Failure::internal(format!("cannot {what} {}", path.display())).because(error)
    };
    for path in std::iter::once(shim.program).chain(shim.pins) {
        // The lines of a hook are told from those of others line by line, and a shell is handed the very bytes of a name.
        if path.to_str().is_none_or(|text| text.chars().any(char::is_control)) {
            let message = format!("no hook can name {}: its path is not UTF-8, or has a control character in it", path.display());
            return Err(Failure::refused(message).hint("put it into a folder with a plainer name, and run it from there"));
        }
    }
    fs::create_dir_all(directory).map_err(|error| failed("make", directory, error))?;
    let there = match fs::symlink_metadata(&file) {
        Ok(data) => Some(data),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", &file, error)),
    };
    let Some(data) = there else {
        // A hook that was moved aside and never came back: an installation that was killed.
        if fs::symlink_metadata(&kept).is_ok() {
            write(&file, &shim.chain(), None)?;
            return Ok(aside(&kept));
        }
        write(&file, &shim.file(), None)?;
        return Ok(Done::New);
    };
    if data.is_dir() {
        return Err(Failure::refused(format!("{} is a directory, and should be a hook", file.display())));
    }
    let executable = data.permissions().mode() & 0o111 != 0;
    let hook = match data.is_file() && data.len() <= LIMIT {
        true => Some(fs::read(&file).map_err(|error| failed("read", &file, error))?),
        false => None,
    };
    if let Some((kind, rest)) = hook.as_deref().and_then(block::without) {
        let wanted = match kind {
            Kind::File if block::is_bare(&rest) => shim.file(),
            Kind::Chain if block::is_bare(&rest) => shim.chain(),
            kind => shim.put_into(&rest, kind),
        };
        if hook.as_deref() == Some(&wanted[..]) && executable {
            return Ok(Done::Already);
        }
        write(&file, &wanted, Some(&data))?;
        return Ok(Done::Renewed);
    }
    // Git runs no hook that is not executable, and ours must not wake it up.
    if let Some(hook) = hook.filter(|hook| executable && block::takes_lines(hook)) {
        write(&file, &shim.put_into(&hook, Kind::Lines), Some(&data))?;
        return Ok(Done::Lines);
    }
    if fs::symlink_metadata(&kept).is_ok() {
        let message = format!("{} would have to be moved to {}, which is there already", file.display(), kept.display());
        return Err(Failure::refused(message).hint("look at both, move one away, and run it again"));
    }
    fs::rename(&file, &kept).map_err(|error| failed("move aside", &file, error))?;
    if let Err(failure) = write(&file, &shim.chain(), None) {
        // Better the hook that was there than none; that this may fail too is what the first failure is about.
        let _ = fs::rename(&kept, &file);
        return Err(failure);
    }
    Ok(aside(&kept))
}
