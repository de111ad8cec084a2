//! What comes of an operation: how it ended, and why it failed, as values.

use std::error::Error as _;
use std::fmt;
use std::path::Path;

use crate::git::program::KEY_TIMEOUT;
use crate::git::{Error as GitError, ErrorKind};
use crate::keystore::{Agent, KeystoreError};
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Seen, Severity};
use crate::model::ids::InvalidId;
use crate::model::problem::{Level, Problem};
use crate::model::report::{Answer, Integrity};
use crate::report::safe::shell_word;

/// How many errors of a file are told as causes.
const MOST_PROBLEMS: usize = 12;

/// How an operation or a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Yes, or done.
    Yes,
    /// No.
    No,
    /// The words of the call are wrong.
    Usage,
    /// Something is tampered with or invalid.
    Invalid,
    /// What is needed to answer is not here.
    CannotDecide,
    /// An internal or input/output error, or signed here and not shared.
    Internal,
}

impl From<Answer> for Exit {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Go => Self::Yes,
            Answer::NoGo => Self::No,
            Answer::Tampered => Self::Invalid,
            Answer::CannotDecide => Self::CannotDecide,
        }
    }
}

impl From<Integrity> for Exit {
    fn from(integrity: Integrity) -> Self {
        match integrity {
            Integrity::Intact => Self::Yes,
            Integrity::Tampered => Self::Invalid,
            Integrity::Incomplete => Self::CannotDecide,
        }
    }
}

/// Why a command did not do what it was asked to: one sentence, its causes, and what to do next.
#[derive(Debug)]
pub struct Failure {
    /// What the shell sees.
    pub exit: Exit,
    /// What happened, in one lower-case sentence that names the object.
    pub message: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do next, each hint on a line of its own.
    pub hints: Vec<Advice>,
    /// The finding behind it, where it is one that has a code.
    pub code: Option<Code>,
    /// Which refusal of signing it is.
    pub denial: Option<Denial>,
}

/// The result of a command.
pub type Outcome<T = Exit> = Result<T, Failure>;

impl Failure {
    /// Makes a failure without causes or hints.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hints: Vec::new(), code: None, denial: None }
    }

    /// The words of the call are wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The rules say no.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::No, message)
    }

    /// Something that is needed is not here.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Exit::CannotDecide, message)
    }

    /// Something is not what it claims to be.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exit::Invalid, message)
    }

    /// Reading, writing or something inside went wrong.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, message)
    }

    /// What the system would not do with a file or folder, such as to `write` it.
    pub fn cannot(what: &str, path: &Path) -> impl Fn(std::io::Error) -> Self + Copy {
        move |error| Self::internal(format!("cannot {what} {}", path.display())).because(error)
    }

    /// Makes a failure of a finding.
    pub fn finding(code: Code, message: impl fmt::Display) -> Self {
        let exit = match code.severity() {
            Severity::Tampered => Exit::Invalid,
            Severity::Incomplete => Exit::CannotDecide,
            Severity::Rule | Severity::Note => Exit::No,
        };
        Self { code: Some(code), ..Self::new(exit, message.to_string()) }
    }

    /// Makes a failure of what was seen.
    pub fn seen(seen: &Seen) -> Self {
        Self::finding(seen.code(), seen)
    }

    /// Says which refusal of signing it is, so that the verdict and the page of findings can be held against it.
    #[must_use]
    pub fn by(mut self, denial: Denial) -> Self {
        self.denial = Some(denial);
        self
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds the first errors of a file as causes, each with its line.
    #[must_use]
    pub fn because_of(self, problems: &[Problem]) -> Self {
        let errors = problems.iter().filter(|problem| problem.level == Level::Error).take(MOST_PROBLEMS);
        errors.fold(self, |failure, problem| failure.because(format!("line {}: {}", problem.line, problem.message)))
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Advice>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what to do next, and the command for it.
    #[must_use]
    pub fn suggest(self, text: impl Into<String>, command: impl Into<String>) -> Self {
        self.hint(Advice::run(text, command))
    }

    /// Puts the failure and its causes on one line.
    pub fn one_line(&self) -> String {
        let causes = self.causes.iter().map(|cause| first_line(cause));
        causes.fold(self.to_string(), |line, cause| format!("{line}: {cause}"))
    }
}

/// The sentence, behind the code where there is one.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{code}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let exit = match error.kind() {
            ErrorKind::NotARepository
            | ErrorKind::Unsupported
            | ErrorKind::OfAnother { .. }
            | ErrorKind::MissingObject
            | ErrorKind::TooLarge => Exit::CannotDecide,
            ErrorKind::Malformed => Exit::Invalid,
            _ => Exit::Internal,
        };
        let mut failure = Self::new(exit, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        match error.kind() {
            ErrorKind::NotARepository => {
                failure.suggest("go to a git repository, name one with -C DIR, or try a complete release with", "relsign demo")
            }
            ErrorKind::OfAnother { directory, user } => failure.suggest(
                format!("if {user} is to trust it, {user} runs"),
                format!("git config --global --add safe.directory {}", shell_word(&directory.display().to_string())),
            ),
            ErrorKind::MissingObject => failure
                .suggest("in a shallow clone, fetch the rest with", "git fetch --unshallow --tags")
                .suggest("in a partial clone, fetch the missing objects with", "git fetch --refetch --no-filter"),
            ErrorKind::Locked { path, .. } => failure.suggest(
                "if no git or relsign process is running, remove the lock",
                format!("rm {}", shell_word(&path.display().to_string())),
            ),
            _ => failure,
        }
    }
}

impl From<KeystoreError> for Failure {
    fn from(error: KeystoreError) -> Self {
        let exit = match error {
            KeystoreError::NoKey(_)
            | KeystoreError::NotSsh(_)
            | KeystoreError::NoDefaultKey { .. }
            | KeystoreError::Unusable { .. }
            | KeystoreError::Ambiguous(_)
            | KeystoreError::NotInAgent(..)
            | KeystoreError::Locked { .. } => Exit::Usage,
            _ => Exit::Internal,
        };
        let hint = match &error {
            KeystoreError::NoKey(Agent::Others(keys)) => {
                let key = keys.first().map(|key| shell_word(&format!("key::{}", key.text()))).unwrap_or_default();
                Some(("name the one that is yours with --key FILE, or permanently with", format!("git config relsign.key {key}")))
            }
            KeystoreError::NoKey(Agent::Empty) => Some((
                "add your key to the agent (or unlock it: ssh-add -X), or name one with --key FILE",
                "ssh-add FILE".to_owned(),
            )),
            KeystoreError::NoKey(_) | KeystoreError::NotSsh(_) => {
                Some(("name one with --key FILE, or create one", "ssh-keygen -t ed25519".to_owned()))
            }
            KeystoreError::NoDefaultKey { .. } => {
                Some(("make the command print a key, or name one", "git config user.signingkey FILE".to_owned()))
            }
            KeystoreError::Ambiguous(_) => {
                Some(("choose one with --key FILE, or permanently with", "git config relsign.key FILE".to_owned()))
            }
            KeystoreError::NotInAgent(_, Agent::None | Agent::Gone(_)) => {
                Some(("start an agent and add the key to it, or name a key file with --key FILE", "ssh-add FILE".to_owned()))
            }
            KeystoreError::NotInAgent(..) => Some(("add it to the agent", "ssh-add FILE".to_owned())),
            KeystoreError::Unanswered { .. } => Some(("to wait longer", format!("git config {KEY_TIMEOUT} SECONDS"))),
            KeystoreError::Locked { path, .. } => Some((
                "run it in a terminal, or add the key to the agent",
                format!("ssh-add {}", shell_word(&path.display().to_string())),
            )),
            _ => None,
        };
        let failure = Self::new(exit, error.to_string());
        match hint {
            Some((text, command)) => failure.suggest(text, command),
            None => failure,
        }
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::internal("reading or writing failed").because(error)
    }
}

/// Returns an error of git with its cause in one line.
pub fn in_full(error: &GitError) -> String {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{error}{cause}")
}

/// Returns the first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
