//! What can go wrong with private keys.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::model::ids::Fingerprint;
use crate::parse::public_key::KeyError;

/// Why there is no signature.
#[derive(Debug)]
pub enum KeystoreError {
    /// A file can't be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file holds no key in the OpenSSH form.
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it holds, or what is wrong with it.
        reason: String,
    },
    /// A key that can't sign here.
    Unusable {
        /// The file or configuration value.
        place: String,
        /// Why.
        error: KeyError,
    },
    /// A key is encrypted and nobody gave its passphrase.
    Locked(PathBuf),
    /// The passphrase was wrong.
    WrongPassphrase(PathBuf),
    /// The agent can't be reached, refused, or answered with nonsense.
    Agent(String),
    /// The agent does not hold the key.
    NotInAgent(Fingerprint),
    /// Several keys of known people are in the agent.
    Ambiguous(Vec<Fingerprint>),
    /// No key was found in any of the places.
    NoKey,
    /// `ssh-keygen` could not be run, or failed.
    Program(String),
    /// What came back is no signature by the key.
    BadSignature {
        /// Where the key is.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A record that nobody would accept.
    Record(String),
    /// A record names another key than the one that is to sign it.
    OtherSigner {
        /// The key in the record.
        named: Fingerprint,
        /// The key at hand.
        key: Fingerprint,
    },
    /// The system gave no random bytes.
    Random,
}

impl fmt::Display for KeystoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "the key file {} can't be used: {error}", path.display()),
            Self::NotAKey { path, reason } => write!(f, "{} is not a key: {reason}", path.display()),
            Self::Unusable { place, error } => write!(f, "the key of {place} can't be used: {error}"),
            Self::Locked(path) => write!(f, "the key {} is encrypted and its passphrase is not known", path.display()),
            Self::WrongPassphrase(path) => write!(f, "the passphrase does not open the key {}", path.display()),
            Self::Agent(reason) => write!(f, "the SSH agent could not sign: {reason}"),
            Self::NotInAgent(key) => write!(f, "the SSH agent does not hold the key {key}"),
            Self::Ambiguous(keys) => {
                let keys: Vec<_> = keys.iter().map(Fingerprint::as_str).collect();
                write!(f, "the SSH agent holds several keys of known people: {}", keys.join(", "))
            }
            Self::NoKey => f.write_str("there is no signing key"),
            Self::Program(reason) => write!(f, "ssh-keygen could not sign: {reason}"),
            Self::BadSignature { place, reason } => write!(f, "the signature from {place} is not good: {reason}"),
            Self::Record(reason) => write!(f, "the record can't be signed: {reason}"),
            Self::OtherSigner { named, key } => write!(f, "the record names the key {named} and would be signed by {key}"),
            Self::Random => f.write_str("the system gave no random bytes for a key"),
        }
    }
}

impl std::error::Error for KeystoreError {}
