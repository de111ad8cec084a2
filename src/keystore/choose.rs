//! Which key signs: the first place that names one decides, and a place that names one which can't be used is an
//! error, so that nobody signs with another key than the one they configured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Agent, AgentKey, Askpass, FileKey, KeystoreError, ProgramKey, SigningKey, agent, file, program};
use crate::model::ids::Fingerprint;
use crate::parse::public_key::{KeyKind, PublicKey};
use crate::programs::PATIENCE;

/// Where a signing key may be named, as values, since only the command line reads configuration and environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--key`: a path or a `key::` literal.
    pub option: Option<String>,
    /// `relsign.key` of git's configuration: likewise.
    pub relsign_key: Option<String>,
    /// `user.signingkey`, given only where `gpg.format` is `ssh`: likewise.
    pub user_signing_key: Option<String>,
    /// `gpg.ssh.defaultKeyCommand`, given only where `gpg.format` is `ssh`.
    pub default_key_command: Option<String>,
    /// What git signs with where that is no SSH key, in words.
    pub not_ssh: Option<String>,
    /// The folder from which git's paths are taken: the top of the working tree.
    pub top: Option<PathBuf>,
    /// The agent's socket, from `SSH_AUTH_SOCK`.
    pub agent: Option<PathBuf>,
    /// The home directory, for `~/` and `~/.ssh/id_ed25519`.
    pub home: Option<PathBuf>,
    /// `gpg.ssh.program`: what signs for git; without one, `ssh-keygen` on the path.
    pub program: Option<PathBuf>,
    /// How long a program may take that holds a key or names one, where that is set.
    pub limit: Option<Duration>,
    /// `SSH_ASKPASS`, where it is to be asked.
    pub askpass: Option<Askpass>,
}

impl Sources {
    /// Returns the program that git has sign in the place of ssh-keygen.
    fn vault(&self) -> Option<&Path> {
        self.program.as_deref().filter(|program| program.file_name().is_some_and(|name| name != "ssh-keygen"))
    }

    fn patience(&self) -> Duration {
        self.limit.unwrap_or(PATIENCE)
    }

    /// Returns the whole path of one as git's configuration has it.
    pub fn path(&self, value: &str) -> PathBuf {
        let path = match (value.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(value),
        };
        self.top.as_ref().map_or_else(|| path.clone(), |top| top.join(&path))
    }
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
    /// `gpg.ssh.defaultKeyCommand`.
    DefaultKeyCommand,
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
            Self::DefaultKeyCommand => "gpg.ssh.defaultKeyCommand in git's configuration",
            Self::Agent => "the one key of a known person in the SSH agent",
            Self::Default => "~/.ssh/id_ed25519",
        }
    }

    /// Whether git signs with it too.
    const fn is_gits(self) -> bool {
        matches!(self, Self::UserSigningKey | Self::DefaultKeyCommand)
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
    /// A command that prints the key.
    Printed(String),
    /// The agent, asked for the one key of a known person.
    KnownInAgent(PathBuf),
    /// A file that is used if it exists.
    IfThere(PathBuf),
}

/// Lists the places that are given, first the one that counts most.
pub fn candidates(sources: &Sources) -> Vec<Candidate> {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let named = |origin, value: &Option<String>| given(value).map(|value| Candidate::Named(origin, value));
    // As in git, the command is asked only where no key is named.
    let gits = named(Origin::UserSigningKey, &sources.user_signing_key)
        .or_else(|| given(&sources.default_key_command).map(Candidate::Printed));
    named(Origin::Option, &sources.option)
        .into_iter()
        .chain(named(Origin::RelsignKey, &sources.relsign_key))
        .chain(gits)
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
            Candidate::Named(origin, value) => return Ok(Chosen { key: named(sources, origin, &value)?, origin }),
            Candidate::Printed(command) => {
                let origin = Origin::DefaultKeyCommand;
                let printed = program::default_key(&command, sources.top.as_deref(), sources.patience())?;
                let text = literal(&printed)
                    .ok_or_else(|| KeystoreError::NoDefaultKey { command, reason: "what it prints is no public key".to_owned() })?;
                return Ok(Chosen { key: by_literal(sources, origin, text)?, origin });
            }
            Candidate::KnownInAgent(socket) => {
                // An agent that is gone is no reason not to look on: nobody asked for it by name.
                let mut keys = agent::identities(&socket).unwrap_or_default();
                keys.retain(|key| known(key.public().fingerprint()));
                keys.dedup_by(|a, b| a.public() == b.public());
                if keys.len() > 1 {
                    return Err(KeystoreError::Ambiguous(keys.iter().map(|key| key.public().fingerprint().clone()).collect()));
                }
                if let Some(key) = keys.pop() {
                    let key = key.within(sources.patience());
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
    match &sources.not_ssh {
        Some(key) => Err(KeystoreError::NotSsh(key.clone())),
        None => Err(KeystoreError::NoKey(state_of(sources))),
    }
}

/// Describes an agent that has no key which could be taken.
fn state_of(sources: &Sources) -> Agent {
    let Some(socket) = &sources.agent else { return Agent::None };
    match agent::identities(socket) {
        Err(_) => Agent::Gone(socket.clone()),
        Ok(keys) if keys.is_empty() => Agent::Empty,
        Ok(keys) => Agent::Others(keys.iter().map(|key| key.public().clone()).collect()),
    }
}

/// Returns the key that a value is rather than names: after `key::`, or as a line of a `.pub` file, as git takes them.
pub fn literal(value: &str) -> Option<&str> {
    if let Some(text) = value.strip_prefix("key::") {
        return Some(text);
    }
    let kind = value.split_once(' ').map(|(kind, _)| kind)?;
    (kind.starts_with("ssh-") || KeyKind::named(kind.as_bytes()).is_some()).then_some(value)
}

/// Opens a key that was named by a path or by a literal.
fn named(sources: &Sources, origin: Origin, value: &str) -> Result<SigningKey, KeystoreError> {
    if let Some(text) = literal(value) {
        return by_literal(sources, origin, text);
    }
    let path = sources.path(value);
    let Some(vault) = sources.vault() else { return at_path(sources, &path) };
    let (public, is_private) = public_of(&path)?;
    // A private key that was named to relsign alone is none of the vault's.
    if is_private && !origin.is_gits() {
        return at_path(sources, &path);
    }
    Ok(SigningKey::Program(ProgramKey::as_git(vault, Some(&path), public).within(sources.patience())))
}

fn by_literal(sources: &Sources, origin: Origin, text: &str) -> Result<SigningKey, KeystoreError> {
    let unusable = |error| KeystoreError::Unusable { place: origin.as_str().to_owned(), error };
    let public = PublicKey::from_text(text).map_err(unusable)?;
    match sources.vault() {
        Some(vault) => Ok(SigningKey::Program(ProgramKey::as_git(vault, None, public).within(sources.patience()))),
        None => in_agent(sources, &public).map(SigningKey::Agent).ok_or_else(|| not_in_agent(sources, &public)),
    }
}

/// Reads the public key of a file that is either part of a pair, and whether it is the private one.
fn public_of(path: &Path) -> Result<(PublicKey, bool), KeystoreError> {
    match file::read_public_part(path) {
        Ok(public) => Ok((public, true)),
        Err(error @ KeystoreError::NotAKey { .. }) => file::read_public(path)
            .or_else(|_| file::read_public(&file::public_path(path)))
            .map(|public| (public, false))
            .map_err(|_| error),
        Err(error) => file::read_public(&file::public_path(path)).map(|public| (public, false)).map_err(|_| error),
    }
}

/// Opens the key at a path, which may be that of its private or of its public part: from the agent where it is there,
/// else from the file, else by the program.
fn at_path(sources: &Sources, path: &Path) -> Result<SigningKey, KeystoreError> {
    let is_public = path.extension().is_some_and(|extension| extension == "pub");
    if is_public {
        let public = file::read_public(path)?;
        if let Some(key) = in_agent(sources, &public) {
            return Ok(SigningKey::Agent(key));
        }
        let private = path.with_extension("");
        return if private.exists() { from_file(sources, &private) } else { Err(not_in_agent(sources, &public)) };
    }
    let public = file::read_public_part(path);
    if let Ok(public) = &public
        && let Some(key) = in_agent(sources, public)
    {
        return Ok(SigningKey::Agent(key));
    }
    // A public key may lie under any name.
    if let (Err(KeystoreError::NotAKey { .. }), Ok(public)) = (&public, file::read_public(path)) {
        return in_agent(sources, &public).map(SigningKey::Agent).ok_or_else(|| not_in_agent(sources, &public));
    }
    from_file(sources, path)
}

fn from_file(sources: &Sources, path: &Path) -> Result<SigningKey, KeystoreError> {
    match file::read_public_part(path) {
        Ok(public) if public.is_hardware() => Ok(by_program(sources, path, public)),
        Ok(public) => match FileKey::read(path) {
            // What the library can't read, ssh-keygen may: a number with a zero byte less, or another cipher.
            Err(KeystoreError::NotAKey { .. }) => Ok(by_program(sources, path, public)),
            key => key.map(|key| SigningKey::File(Box::new(key))),
        },
        // In a form that only OpenSSH reads the public part may still lie beside it.
        Err(error @ KeystoreError::NotAKey { .. }) => match file::read_public(&file::public_path(path)) {
            Ok(public) => Ok(in_agent(sources, &public).map_or_else(|| by_program(sources, path, public), SigningKey::Agent)),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn in_agent(sources: &Sources, public: &PublicKey) -> Option<AgentKey> {
    let keys = agent::identities(sources.agent.as_deref()?).ok()?;
    keys.into_iter().find(|key| key.public() == public).map(|key| key.within(sources.patience()))
}

fn not_in_agent(sources: &Sources, public: &PublicKey) -> KeystoreError {
    KeystoreError::NotInAgent(public.fingerprint().clone(), state_of(sources))
}

fn by_program(sources: &Sources, path: &Path, public: PublicKey) -> SigningKey {
    let key = match sources.vault() {
        Some(vault) => ProgramKey::as_git(vault, Some(path), public),
        None => ProgramKey::new(sources.program.as_deref().unwrap_or(Path::new("ssh-keygen")), path, public),
    };
    SigningKey::Program(key.within(sources.patience()))
}
