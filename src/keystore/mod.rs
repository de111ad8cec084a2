//! Private keys: files, encrypted files, the SSH agent, and programs for the rest.
//!
//! Whatever made a signature, it is verified here as strictly as anyone else's before it is handed out. Secrets are
//! held by types that wipe them and can't be printed.

pub mod agent;
pub mod choose;
pub mod error;
pub mod file;
pub mod program;

use std::path::Path;

use zeroize::Zeroizing;

use crate::model::log::Record;
use crate::model::record::NAMESPACE;
use crate::parse::public_key::PublicKey;
use crate::parse::record::{Envelope, encode_envelope};
use crate::parse::statement::encode_statement;
use crate::sign::pae::pae;
use crate::sign::sshsig::verify_sshsig;

pub use agent::AgentKey;
pub use error::{Agent, KeystoreError};
pub use file::FileKey;
pub use program::{Askpass, ProgramKey};

/// Asks the person at the terminal for a passphrase.
pub trait AskPassphrase {
    /// Asks for the passphrase of the key in a file, perhaps again since the one before was wrong; `None` where there is nobody
    /// to ask or they gave up.
    fn ask(&mut self, path: &Path, again: bool) -> Option<Zeroizing<String>>;

    /// Whether there is somebody to ask.
    fn can_ask(&self) -> bool {
        true
    }
}

/// A key that can sign, wherever its secret is.
pub enum SigningKey {
    /// A key in a file, perhaps encrypted.
    File(Box<FileKey>),
    /// A key in the SSH agent.
    Agent(AgentKey),
    /// A key that a program uses: `ssh-keygen` for one on a security key, or a vault.
    Program(ProgramKey),
}

impl SigningKey {
    /// Returns the public key.
    pub fn public(&self) -> &PublicKey {
        match self {
            Self::File(key) => key.public(),
            Self::Agent(key) => key.public(),
            Self::Program(key) => key.public(),
        }
    }

    /// Describes where the secret is, for `whoami` and messages.
    pub fn place(&self) -> String {
        match self {
            Self::File(key) => key.path().display().to_string(),
            Self::Agent(_) => "the SSH agent".to_owned(),
            Self::Program(key) => key.place(),
        }
    }

    /// Returns what to set `user.signingkey` to, for git to sign with this key.
    pub fn for_git(&self) -> String {
        match self {
            Self::File(key) => key.path().display().to_string(),
            Self::Agent(key) => format!("key::{}", key.public().text()),
            Self::Program(key) => {
                key.path().map_or_else(|| format!("key::{}", key.public().text()), |path| path.display().to_string())
            }
        }
    }

    /// Whether a passphrase is needed before it can sign.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::File(key) if key.is_locked())
    }

    /// Returns the key if it can sign, or if there is somebody whom a program that uses it can ask for its passphrase.
    ///
    /// # Errors
    /// It is locked and there is nobody to ask.
    pub fn ready(self, ask: &dyn AskPassphrase) -> Result<Self, KeystoreError> {
        match &self {
            Self::File(key) if key.is_locked() && !ask.can_ask() => {
                Err(KeystoreError::Locked { path: key.path().to_owned(), asked: false })
            }
            _ => Ok(self),
        }
    }

    /// Unlocks the key where it is encrypted, asking; later signatures then need no passphrase.
    ///
    /// # Errors
    /// Nobody gave a passphrase, or it was wrong each time.
    pub fn unlock(&mut self, ask: &mut dyn AskPassphrase) -> Result<(), KeystoreError> {
        match self {
            Self::File(key) => match key.unlock(ask) {
                // A number with a zero byte less, which one key in 256 of P-256 has.
                Err(KeystoreError::Unread(path)) => {
                    *self = Self::Program(ProgramKey::new(Path::new("ssh-keygen"), &path, key.public().clone()));
                    Ok(())
                }
                unlocked => unlocked,
            },
            Self::Agent(_) | Self::Program(_) => Ok(()),
        }
    }

    /// Signs a pre-authentication encoding for the namespace of records and gives the SSHSIG blob.
    ///
    /// # Errors
    /// The key is locked, the agent or program refused, or what came back does not verify under this key.
    pub fn sign(&self, pae: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let blob = match self {
            Self::File(key) => key.sign(NAMESPACE, pae)?,
            Self::Agent(key) => key.sign(NAMESPACE, pae)?,
            Self::Program(key) => key.sign(NAMESPACE, pae)?,
        };
        match verify_sshsig(&blob, NAMESPACE, pae) {
            Ok(key) if key == *self.public() => Ok(blob),
            Ok(_) => Err(KeystoreError::BadSignature { place: self.place(), reason: "it was made by another key".to_owned() }),
            Err(seen) => Err(KeystoreError::BadSignature { place: self.place(), reason: seen.to_string() }),
        }
    }

    /// Signs a record and gives its line, without a newline.
    ///
    /// # Errors
    /// Those of [`Self::sign`]; besides, the record is not one that anyone would accept, or names another key.
    pub fn sign_record(&self, record: &Record) -> Result<Vec<u8>, KeystoreError> {
        if record.signer.fingerprint != *self.public().fingerprint() {
            return Err(KeystoreError::OtherSigner {
                named: record.signer.fingerprint.clone(),
                key: self.public().fingerprint().clone(),
            });
        }
        let payload = encode_statement(record).map_err(|problem| KeystoreError::Record(problem.to_string()))?;
        let sig = self.sign(&pae(&payload))?;
        let line = encode_envelope(&Envelope { payload, keyid: record.signer.fingerprint.clone(), sig });
        if line.len() > crate::parse::record::MAX_LINE {
            return Err(KeystoreError::Record("it is longer than a line of the log may be".to_owned()));
        }
        Ok(line)
    }
}
