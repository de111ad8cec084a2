//! The hook of a clone, once it is there: that it is kept in mind, who writes it too, and whether git runs it.

use std::fs;
use std::path::Path;

use super::block::Shim;
use super::done::{Done, HookJson};
use super::install::{Theirs, install};
use super::managers::{self, Manager};
use super::name::Name;
use crate::git::Repository;
use crate::git::hooks::Place;
use crate::model::advice::Advice;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::write::sign::nonce;

/// Installs `pre-push` where that is nobody else's business; else says how it is done.
///
/// # Errors
/// If git or its configuration can't be read.
pub fn in_passing(session: &Session, repository: &Repository, program: &Path) -> Outcome<()> {
    let hooks = match repository.hooks_dir() {
        Ok(hooks) => hooks,
        Err(error) => {
            session.warn(format!("no hook was installed: {error}"));
            return Ok(());
        }
    };
    let file = hooks.path.join(Name::PrePush.as_str());
    if hooks.place == Place::Outside || repository.is_tracked(&file)? {
        session.say(format!("no hook was installed, because other repositories may use {} too", file.display()));
        session.say("to install it there: relsign hook install --yes");
        return Ok(());
    }
    let shim = Shim { name: Name::PrePush, program, pins: None };
    match install(&hooks.path, &shim, &Theirs::Moves(repository.folders())) {
        Ok(Done::Already) => {}
        Ok(done) => session.say(HookJson::new(&managers::place(&hooks.path, Name::PrePush), Name::PrePush, done).text()),
        Err(failure) => {
            session.warn(format!("no hook was installed: {}", failure.one_line()));
            return Ok(());
        }
    }
    settle(session, repository, &hooks.path)
}

/// Keeps that this clone has the hook, says who writes that file too, and sees that git runs it.
///
/// # Errors
/// If that can't be kept or told.
pub fn settle(session: &Session, repository: &Repository, directory: &Path) -> Outcome<()> {
    repository.keep_client_hook(true)?;
    let file = managers::place(directory, Name::PrePush);
    let writer = fs::read(&file).ok().and_then(|hook| Manager::of(&hook));
    if let Some(writer) = writer.map(Manager::as_str) {
        let text = format!("{writer} writes this hook anew when it is installed; for an entry that stays");
        session.advise(Advice::run(text, format!("relsign ci {writer}")));
    }
    // pre-commit would go on to all the checks of its own.
    if file == managers::legacy(directory, Name::PrePush) {
        return Ok(());
    }
    check_run(session, repository, directory)
}

/// Warns where git does not run the hook that was just installed.
fn check_run(session: &Session, repository: &Repository, directory: &Path) -> Outcome<()> {
    if let Some(said) = repository.runs_client_hook(&format!("this-is-run-{}", nonce()?))? {
        let file = directory.join(Name::PrePush.as_str());
        let said = said.lines().find(|line| !line.is_empty()).unwrap_or("git said nothing");
        session.warn(format!("git does not run this relsign from {}, so no push from here is checked: {said}", file.display()));
    }
    Ok(())
}
