//! What every operation works with, as values: the clock, the directory, who signs, and who listens.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::error::{Failure, Outcome};
use crate::git::program::{KEY_TIMEOUT, Program};
use crate::git::{Author, Repository};
use crate::keystore::choose::Sources;
use crate::keystore::{AskPassphrase, Askpass};
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

    /// Hears that something is read here, which may take long and asks nobody anything, until what is given back is dropped.
    fn reading(&self, what: String) -> Box<dyn UnderWay> {
        let _ = what;
        Box::new(())
    }

    /// Hears that there is a number of pieces to work through.
    fn progress(&self, total: u64, what: &'static str) -> Box<dyn Progress> {
        let _ = (total, what);
        Box::new(())
    }

    /// Returns the passphrase that somebody gives when they are asked for it; nothing where there is nobody to ask or they gave up.
    fn passphrase(&self, prompt: &str) -> Option<Zeroizing<String>> {
        let _ = prompt;
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
    /// What would be signed is only told: no key is used, and nothing is written or shared.
    pub dry_run: bool,
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

    /// Reports that something is read here, until what is given back is dropped; whatever is said or asked comes after that.
    pub fn reading(&self, what: impl Into<String>) -> Box<dyn UnderWay> {
        self.listener.reading(what.into())
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

    /// Reads how long something is to take at most, such as `90s`, `30m` or `2h`, in seconds.
    pub fn span(&self, text: &str) -> Outcome<u64> {
        let seconds = span_seconds(text).and_then(|seconds| u64::try_from(seconds).ok());
        seconds.ok_or_else(|| Failure::usage(format!("{text:?} is not a span of time")).hint("write 90s, 30m, 2h or 1d"))
    }

    /// Reads a time as people give it: RFC 3339, a date (its midnight here), or a span from now such as `4h` or `2d`.
    pub fn time(&self, text: &str) -> Outcome<Timestamp> {
        let wrong = || Failure::usage(format!("{text:?} is not a time")).hint("write 2026-11-21T09:30:00Z, 2026-11-21, 4h or 2d");
        let from = |time: jiff::Timestamp| Timestamp::from_seconds(time.as_second()).ok_or_else(wrong);
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return from(time);
        }
        if let Ok(date) = text.parse::<jiff::civil::Date>()
            && text.len() == 10
        {
            let start = self.zone.to_ambiguous_zoned(date.at(0, 0, 0, 0)).earlier().map_err(|_| wrong())?;
            return from(start.timestamp());
        }
        let seconds = span_seconds(text).ok_or_else(wrong)?;
        Ok(self.now.plus(seconds))
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
        let path = |name: &str| match (repository, config(name)?) {
            (Some(repository), Some(value)) => home_of(repository, value).map(Some),
            (_, value) => Ok(value),
        };
        let format = config("gpg.format")?.unwrap_or_else(|| "openpgp".to_owned());
        let ssh = format == "ssh";
        let named = path("user.signingkey")?.filter(|value| !value.is_empty());
        let not_ssh = named.as_ref().filter(|_| !ssh).map(|key| format!("the {format} key {key}"));
        let top = repository.map_or(self.directory.as_path(), |repository| repository.work_dir().unwrap_or(&self.directory));
        let mut sources = Sources {
            relsign_key: path("relsign.key")?,
            user_signing_key: named.filter(|_| ssh),
            default_key_command: if ssh { config("gpg.ssh.defaultKeyCommand")? } else { None },
            not_ssh,
            top: Some(top.to_owned()),
            limit: repository.map(|repository| repository.config_seconds(KEY_TIMEOUT)).transpose()?.flatten(),
            ..self.keys.clone()
        };
        // A name without a folder is looked for where programs lie.
        sources.program = path("gpg.ssh.program")?.filter(|value| !value.is_empty()).map(|value| match value.contains('/') {
            true => sources.path(&value),
            false => PathBuf::from(value),
        });
        Ok(sources)
    }

    /// Returns who asks for the passphrase of a key.
    pub fn passphrases(&self) -> impl AskPassphrase + use<> {
        let askpass = self.keys.askpass.clone().filter(|askpass| askpass.preferred || !self.interactive);
        Prompt { listener: Arc::clone(&self.listener), askpass, interactive: self.interactive }
    }
}

/// Reads a span such as `90m`, `4h`, `2d` or `1w`, in seconds.
fn span_seconds(text: &str) -> Option<i64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(unit)
}

/// Returns the folder where somebody stands who called this as an alias of git: git runs one at the top of the working tree, and
/// `GIT_PREFIX` is the way from there.
///
/// A program that git runs inherits it too and may go elsewhere, so it counts only at the top of a working tree, and only where it
/// leads to a folder of the same one.
pub fn where_called(current: &Path, prefix: Option<&Path>) -> PathBuf {
    let is_top = |folder: &Path| folder.join(".git").symlink_metadata().is_ok();
    let Some(prefix) = prefix.filter(|_| is_top(current)) else { return current.to_owned() };
    let mut folder = current.to_owned();
    for part in prefix.components() {
        let Component::Normal(name) = part else { return current.to_owned() };
        folder.push(name);
        if is_top(&folder) || !folder.is_dir() {
            return current.to_owned();
        }
    }
    folder
}

/// Returns a path of git's configuration with another user's home in the place of `~user`, which git knows.
fn home_of(repository: &Repository, value: String) -> Outcome<String> {
    match value.starts_with('~') && !value.starts_with("~/") {
        true => Ok(Program::new(repository, false).path_of(&value)?),
        false => Ok(value),
    }
}

/// Asks the program for passphrases, where there is one, or else whoever listens.
struct Prompt {
    listener: Arc<dyn Listener>,
    askpass: Option<Askpass>,
    interactive: bool,
}

impl AskPassphrase for Prompt {
    fn ask(&mut self, path: &Path, again: bool) -> Option<Zeroizing<String>> {
        let path = path.display();
        let prompt = match again {
            false => format!("Passphrase of {path}: "),
            true => format!("That was wrong. Passphrase of {path}: "),
        };
        match &self.askpass {
            Some(askpass) => askpass.ask(&prompt),
            None => self.listener.passphrase(&prompt),
        }
    }

    fn can_ask(&self) -> bool {
        self.interactive || self.askpass.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::span_seconds;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(span_seconds("4h"), Some(14_400));
        assert_eq!(span_seconds("2d"), Some(172_800));
        for bad in ["", "4", "h", "-4h", "4 h", "4y", "99999999999999999999d"] {
            assert_eq!(span_seconds(bad), None, "{bad}");
        }
    }
}
