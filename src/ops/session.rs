//! What every operation works with, as values: the clock, the directory, who signs, and who listens.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::error::Outcome;
use crate::git::{Author, Repository};
use crate::keystore::AskPassphrase;
use crate::keystore::choose::Sources;
use crate::model::advice::Advice;
use crate::model::time::Timestamp;

/// Something that whoever called an operation should know, besides what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// What happens, said in passing.
    Said(String),
    /// What helps, said in passing.
    Advised(Advice),
    /// What somebody should look at.
    Warned(Advice),
}

/// Something that is under way until this is dropped.
pub trait UnderWay {}

/// How far a long piece of work is.
pub trait Progress {
    /// Explains how many of all pieces are done.
    fn at(&mut self, done: u64);
}

/// Who hears of notices and progress and can be asked for a passphrase: the terminal, a list in a test, or nobody.
pub trait Listener: fmt::Debug + Send + Sync {
    /// Hears a notice.
    fn notice(&self, notice: Notice);

    /// Hears that something which may take long is under way, until what is given back is dropped.
    fn working(&self, what: String) -> Box<dyn UnderWay> {
        let _ = what;
        Box::new(())
    }

    /// Hears that there is a number of pieces to work through.
    fn progress(&self, total: u64, what: &'static str) -> Box<dyn Progress> {
        let _ = (total, what);
        Box::new(())
    }

    /// Returns the passphrase of a key file; nothing where there is nobody to ask or they gave up.
    fn passphrase(&self, path: &Path) -> Option<Zeroizing<String>> {
        let _ = path;
        None
    }
}

impl UnderWay for () {}

impl Progress for () {
    fn at(&mut self, _: u64) {}
}

/// Nobody who listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Listener for Nobody {
    fn notice(&self, _: Notice) {}
}

/// What surrounds an operation.
#[derive(Debug, Clone)]
pub struct Session {
    /// The time that is taken for now, in whole seconds.
    pub now: Timestamp,
    /// When the work started, on a clock that only goes forward.
    pub started: Instant,
    /// The zone in which times are shown, read when the first one is: most pushes are judged without.
    pub zone: Arc<LazyLock<jiff::tz::TimeZone>>,
    /// The directory from which the paths that are given begin.
    pub directory: PathBuf,
    /// Where the signing key may be named outside of a repository.
    pub keys: Sources,
    /// The name that stands on relsign's own commits instead of the configured one.
    pub committer_name: Option<String>,
    /// The e-mail address that stands there instead of the configured one.
    pub committer_email: Option<String>,
    /// Whether somebody can be asked, and git may ask for a password.
    pub interactive: bool,
    /// Who hears what is said on the way.
    pub listener: Arc<dyn Listener>,
}

impl Session {
    /// Prints a notice.
    pub fn say(&self, text: impl Into<String>) {
        self.listener.notice(Notice::Said(text.into()));
    }

    /// Prints what helps as a hint.
    pub fn advise(&self, advice: impl Into<Advice>) {
        self.listener.notice(Notice::Advised(advice.into()));
    }

    /// Warns of something.
    pub fn warn(&self, text: impl Into<Advice>) {
        self.listener.notice(Notice::Warned(text.into()));
    }

    /// Reports that something is under way, until what is given back is dropped.
    pub fn working(&self, what: String) -> Box<dyn UnderWay> {
        self.listener.working(what)
    }

    /// Begins to tell how far a piece of work is.
    pub fn progress(&self, total: u64, what: &'static str) -> Box<dyn Progress> {
        self.listener.progress(total, what)
    }

    /// Returns how long the work has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the same session at another time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        Self { now, ..self.clone() }
    }

    /// Returns the whole path of one that was given.
    pub fn path(&self, named: &Path) -> PathBuf {
        self.directory.join(named)
    }

    /// Returns who stands on relsign's own commits: whom git would put there.
    ///
    /// # Errors
    /// If the configuration can't be read.
    pub fn author(&self, repository: &Repository) -> Outcome<Author> {
        let configured = |given: &Option<String>, name: &str| match given {
            Some(given) => Ok(Some(given.clone())),
            None => repository.config_string(name),
        };
        let name = configured(&self.committer_name, "user.name")?;
        let email = configured(&self.committer_email, "user.email")?;
        Ok(Author { name: name.unwrap_or_else(|| "relsign".to_owned()), email: email.unwrap_or_default(), time: self.now })
    }

    /// Returns the places where a signing key may be named, those in the configuration of git too.
    ///
    /// # Errors
    /// If the configuration can't be read.
    pub fn key_sources(&self, repository: Option<&Repository>) -> Outcome<Sources> {
        let config = |name: &str| match repository {
            Some(repository) => repository.config_string(name),
            None => Ok(None),
        };
        let ssh = config("gpg.format")?.is_some_and(|format| format == "ssh");
        Ok(Sources {
            relsign_key: config("relsign.key")?,
            user_signing_key: if ssh { config("user.signingkey")? } else { None },
            program: config("gpg.ssh.program")?.map(PathBuf::from),
            ..self.keys.clone()
        })
    }

    /// Returns who asks for the passphrase of a key.
    pub fn passphrases(&self) -> impl AskPassphrase + use<> {
        Prompt(Arc::clone(&self.listener))
    }
}

/// Asks whoever listens.
struct Prompt(Arc<dyn Listener>);

impl AskPassphrase for Prompt {
    fn ask(&mut self, path: &Path) -> Option<Zeroizing<String>> {
        self.0.passphrase(path)
    }
}
