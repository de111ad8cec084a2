//! What can go wrong with private keys.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::ids::Fingerprint;
use crate::parse::public_key::{KeyError, PublicKey};

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
    Locked {
        /// The file.
        path: PathBuf,
        /// There was somebody to ask.
        asked: bool,
    },
    /// What is in an encrypted key can be read by OpenSSH only.
    Unread(PathBuf),
    /// The passphrase was wrong.
    WrongPassphrase(PathBuf),
    /// The agent can't be reached, refused, or answered with nonsense.
    Agent(String),
    /// A key whose secret is nowhere but perhaps in the agent, which does not hold it.
    NotInAgent(Fingerprint, Agent),
    /// Several keys of known people are in the agent.
    Ambiguous(Vec<Fingerprint>),
    /// No key was found in any of the places.
    NoKey(Agent),
    /// Git is set up to sign with a key that can't sign records, and there is no other.
    NotSsh(String),
    /// `gpg.ssh.defaultKeyCommand` names no key.
    NoDefaultKey {
        /// The command.
        command: String,
        /// Why.
        reason: String,
    },
    /// A program that holds a key or names one has not answered in time.
    Unanswered {
        /// The program.
        program: String,
        /// How long it had.
        limit: Duration,
    },
    /// `ssh-keygen` or what stands in for it could not be run, or failed.
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

/// What an agent has that holds no key which could be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agent {
    /// There is none: `SSH_AUTH_SOCK` is not set.
    None,
    /// It can't be reached.
    Gone(PathBuf),
    /// It holds no keys that may sign, or is locked.
    Empty,
    /// It holds keys, and none is the right one.
    Others(Vec<PublicKey>),
}

impl fmt::Display for KeystoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "the key file {} can't be used: {error}", path.display()),
            Self::NotAKey { path, reason } => write!(f, "{} is not a key: {reason}", path.display()),
            Self::Unusable { place, error } => write!(f, "the key in {place} can't be used: {error}"),
            Self::Locked { path, asked: true } => write!(f, "the key {} is locked, and no passphrase was given", path.display()),
            Self::Locked { path, asked: false } => {
                write!(f, "the key {} is locked, and there is no terminal to ask for its passphrase", path.display())
            }
            Self::Unread(path) => write!(f, "the key {} can be read by ssh-keygen only", path.display()),
            Self::WrongPassphrase(path) => write!(f, "the passphrase does not open the key {}", path.display()),
            Self::Agent(reason) => write!(f, "the SSH agent could not sign: {reason}"),
            Self::NotInAgent(key, Agent::None) => write!(f, "the key {key} is not here, and there is no SSH agent"),
            Self::NotInAgent(key, Agent::Gone(socket)) => {
                write!(f, "the key {key} is not here, and the SSH agent at {} can't be reached", socket.display())
            }
            Self::NotInAgent(key, Agent::Empty) => write!(f, "the SSH agent does not hold the key {key}: it is empty or locked"),
            Self::NotInAgent(key, Agent::Others(_)) => write!(f, "the SSH agent does not hold the key {key}"),
            Self::Ambiguous(keys) => {
                let keys: Vec<_> = keys.iter().map(Fingerprint::as_str).collect();
                write!(f, "the SSH agent holds several keys of known people: {}", keys.join(", "))
            }
            Self::NoKey(Agent::None) => f.write_str("there is no signing key"),
            Self::NoKey(Agent::Gone(socket)) => {
                write!(f, "there is no signing key, and the SSH agent at {} can't be reached", socket.display())
            }
            Self::NoKey(Agent::Empty) => f.write_str("there is no signing key, and the SSH agent is empty or locked"),
            Self::NoKey(Agent::Others(keys)) => {
                let keys: Vec<_> = keys.iter().map(|key| key.fingerprint().as_str()).collect();
                write!(f, "no signing key is named, and the SSH agent holds none of a known person: {}", keys.join(", "))
            }
            Self::NotSsh(key) => write!(f, "git signs with {key}, which can't sign records, and there is no SSH key"),
            Self::NoDefaultKey { command, reason } => write!(f, "gpg.ssh.defaultKeyCommand ({command}) names no key: {reason}"),
            Self::Unanswered { program, limit } => write!(f, "{program} has not answered within {} s", limit.as_secs()),
            Self::Program(reason) => f.write_str(reason),
            Self::BadSignature { place, reason } => write!(f, "the signature from {place} is not good: {reason}"),
            Self::Record(reason) => write!(f, "the record can't be signed: {reason}"),
            Self::OtherSigner { named, key } => write!(f, "the record names the key {named} and would be signed by {key}"),
            Self::Random => f.write_str("the system gave no random bytes for a key"),
        }
    }
}

impl std::error::Error for KeystoreError {}
