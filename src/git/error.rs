//! What can go wrong between relsign and a repository.

use std::fmt;
use std::path::PathBuf;

use crate::model::ids::ObjectId;
use crate::model::secrets::without_secrets;
use crate::model::time::Timestamp;

/// The result of anything that touches a repository.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of trouble it is, for whoever chooses an exit code or a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no repository at the path.
    NotARepository,
    /// The repository, or something in it, is of a kind that relsign can't work with.
    Unsupported,
    /// A repository belongs to somebody else, and git does not trust it.
    OfAnother {
        /// The directory that git is to trust.
        directory: PathBuf,
        /// Who runs this.
        user: String,
    },
    /// An object that must be there isn't, as in shallow and partial clones.
    MissingObject,
    /// An object is there, but its bytes are not what git would write.
    Malformed,
    /// An object is larger than the limit for its purpose.
    TooLarge,
    /// A lock file has been in the way for too long.
    Locked {
        /// The lock file.
        path: PathBuf,
        /// When the lock file was last touched, where the file system says so.
        since: Option<Timestamp>,
    },
    /// Others kept winning the race for a ref.
    Contended,
    /// A remote or one of its hooks refused what was pushed.
    Refused,
    /// A remote could not be reached.
    Network,
    /// A value that was passed in can't be stored.
    Invalid,
    /// Reading or writing failed.
    Io,
}

/// A failure, told as what was attempted on which object, and why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    attempted: String,
    cause: Option<Cause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl Error {
    pub(crate) fn new(kind: ErrorKind, attempted: impl Into<String>) -> Self {
        Self { kind, attempted: without_secrets(&attempted.into()).into_owned(), cause: None }
    }

    pub(crate) fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(Cause(without_secrets(&cause.to_string()).into_owned()));
        self
    }

    /// Says that an object is not here, with what it is.
    pub(crate) fn missing(what: &str, id: &ObjectId) -> Self {
        Self::new(ErrorKind::MissingObject, format!("{what} {id} is not here"))
    }

    /// Returns the kind of trouble.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    pub(crate) fn from_git(error: &git2::Error, attempted: impl Into<String>) -> Self {
        let kind = match error.code() {
            git2::ErrorCode::NotFound => ErrorKind::MissingObject,
            git2::ErrorCode::Owner => ErrorKind::Unsupported,
            git2::ErrorCode::InvalidSpec => ErrorKind::Invalid,
            _ => ErrorKind::Io,
        };
        Self::new(kind, attempted).because(error.message())
    }

    pub(crate) fn from_io(error: &std::io::Error, attempted: impl Into<String>) -> Self {
        Self::new(ErrorKind::Io, attempted).because(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attempted)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

/// Describes what was attempted when a step fails.
pub(crate) trait Attempt<T> {
    fn attempt(self, attempted: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Attempt<T> for std::result::Result<T, git2::Error> {
    fn attempt(self, attempted: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::from_git(&error, attempted()))
    }
}

impl<T> Attempt<T> for std::result::Result<T, std::io::Error> {
    fn attempt(self, attempted: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::from_io(&error, attempted()))
    }
}

/// Takes what git does not find, or can't find under such a name, for nothing.
pub(super) fn optional<T>(result: std::result::Result<T, git2::Error>) -> std::result::Result<Option<T>, git2::Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.code(), git2::ErrorCode::NotFound | git2::ErrorCode::InvalidSpec) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes a file that is not there for nothing.
pub(super) fn if_there<T>(result: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
