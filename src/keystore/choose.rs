//! Which key signs: the first place that names one decides, and a place that names one which can't be used is an
//! error, so that nobody signs with another key than the one they configured.

use std::path::{Path, PathBuf};

use super::{AgentKey, FileKey, KeystoreError, ProgramKey, SigningKey, agent, file};
use crate::model::ids::Fingerprint;
use crate::parse::public_key::PublicKey;

/// Where a signing key may be named, as values, since only the command line reads configuration and environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--key`: a path or a `key::` literal.
    pub option: Option<String>,
    /// `relsign.key` of git's configuration: likewise.
    pub relsign_key: Option<String>,
    /// `user.signingkey`, given only where `gpg.format` is `ssh`: likewise.
    pub user_signing_key: Option<String>,
    /// The agent's socket, from `SSH_AUTH_SOCK`.
    pub agent: Option<PathBuf>,
    /// The home directory, for `~/` and `~/.ssh/id_ed25519`.
    pub home: Option<PathBuf>,
    /// The program for keys that need it; without one, `ssh-keygen` on the path.
    pub program: Option<PathBuf>,
}

/// The place that named a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// `--key`.
    Option,
    /// `relsign.key`.
    RelsignKey,
    /// `user.signingkey`.
    UserSigningKey,
    /// The one key of a known person in the agent.
    Agent,
    /// `~/.ssh/id_ed25519`.
    Default,
}

impl Origin {
    /// Returns the place in the words of messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Option => "--key",
            Self::RelsignKey => "relsign.key in git's configuration",
            Self::UserSigningKey => "user.signingkey in git's configuration",
            Self::Agent => "the one key of a known person in the SSH agent",
            Self::Default => "~/.ssh/id_ed25519",
        }
    }
}

/// A key and the place that named it.
pub struct Chosen {
    /// The key, perhaps still locked.
    pub key: SigningKey,
    /// The place.
    pub origin: Origin,
}

/// A place that names a key, in the order of precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// A path or literal, and who named it.
    Named(Origin, String),
    /// The agent, asked for the one key of a known person.
    KnownInAgent(PathBuf),
    /// A file that is used if it exists.
    IfThere(PathBuf),
}

/// Lists the places that are given, first the one that counts most.
pub fn candidates(sources: &Sources) -> Vec<Candidate> {
    let named = |origin, value: &Option<String>| value.clone().map(|value| Candidate::Named(origin, value));
    named(Origin::Option, &sources.option)
        .into_iter()
        .chain(named(Origin::RelsignKey, &sources.relsign_key))
        .chain(named(Origin::UserSigningKey, &sources.user_signing_key))
        .chain(sources.agent.clone().map(Candidate::KnownInAgent))
        .chain(sources.home.as_ref().map(|home| Candidate::IfThere(home.join(".ssh").join("id_ed25519"))))
        .collect()
}

/// Finds the key that signs; `known` says whether a key is that of a person in the policy.
///
/// # Errors
/// The first place that names a key names one that can't be used, or no place names any.
pub fn choose(sources: &Sources, known: &dyn Fn(&Fingerprint) -> bool) -> Result<Chosen, KeystoreError> {
    for candidate in candidates(sources) {
        match candidate {
            Candidate::Named(origin, value) => return Ok(Chosen { key: named(sources, &value)?, origin }),
            Candidate::KnownInAgent(socket) => {
                // An agent that is gone is no reason not to look on: nobody asked for it by name.
                let mut keys = agent::identities(&socket).unwrap_or_default();
                keys.retain(|key| known(key.public().fingerprint()));
                keys.dedup_by(|a, b| a.public() == b.public());
                if keys.len() > 1 {
                    return Err(KeystoreError::Ambiguous(keys.iter().map(|key| key.public().fingerprint().clone()).collect()));
                }
                if let Some(key) = keys.pop() {
                    return Ok(Chosen { key: SigningKey::Agent(key), origin: Origin::Agent });
                }
            }
            Candidate::IfThere(path) => {
                if path.exists() {
                    return Ok(Chosen { key: at_path(sources, &path)?, origin: Origin::Default });
                }
            }
        }
    }
    Err(KeystoreError::NoKey)
}

/// Opens a key that was named by a path, by a `key::` literal or by a bare `ssh-…` literal as git takes them.
fn named(sources: &Sources, value: &str) -> Result<SigningKey, KeystoreError> {
    let literal = value.strip_prefix("key::").or_else(|| {
        let literal = ["ssh-", "sk-ssh-"].iter().any(|prefix| value.starts_with(prefix)) && value.contains(' ');
        literal.then_some(value)
    });
    if let Some(text) = literal {
        let public =
            PublicKey::from_text(text).map_err(|error| KeystoreError::Unusable { place: "the key literal".to_owned(), error })?;
        return in_agent(sources, &public)
            .map(SigningKey::Agent)
            .ok_or_else(|| KeystoreError::NotInAgent(public.fingerprint().clone()));
    }
    let path = match (value.strip_prefix("~/"), &sources.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(value),
    };
    at_path(sources, &path)
}

/// Opens the key at a path, which may be that of its private or of its public part: from the agent where it is there,
/// else from the file, else by the program.
fn at_path(sources: &Sources, path: &Path) -> Result<SigningKey, KeystoreError> {
    if path.extension().is_some_and(|extension| extension == "pub") {
        let public = file::read_public(path)?;
        if let Some(key) = in_agent(sources, &public) {
            return Ok(SigningKey::Agent(key));
        }
        let private = path.with_extension("");
        // ssh-keygen finds the private part of a public key by itself, or says why it can't.
        return if private.exists() { from_file(sources, &private) } else { Ok(by_program(sources, path, public)) };
    }
    if let Ok(public) = file::read_public_part(path)
        && let Some(key) = in_agent(sources, &public)
    {
        return Ok(SigningKey::Agent(key));
    }
    from_file(sources, path)
}

fn from_file(sources: &Sources, path: &Path) -> Result<SigningKey, KeystoreError> {
    match file::read_public_part(path) {
        Ok(public) if public.is_hardware() => Ok(by_program(sources, path, public)),
        Ok(_) => FileKey::read(path).map(|key| SigningKey::File(Box::new(key))),
        // In a form that only OpenSSH reads the public part may still lie beside it.
        Err(error @ KeystoreError::NotAKey { .. }) => match file::read_public(&file::public_path(path)) {
            Ok(public) => Ok(by_program(sources, path, public)),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn in_agent(sources: &Sources, public: &PublicKey) -> Option<AgentKey> {
    let keys = agent::identities(sources.agent.as_deref()?).ok()?;
    keys.into_iter().find(|key| key.public() == public)
}

fn by_program(sources: &Sources, path: &Path, public: PublicKey) -> SigningKey {
    let program = sources.program.as_deref().unwrap_or(Path::new("ssh-keygen"));
    SigningKey::Program(ProgramKey::new(program, path, public))
}
