//! A small client of the SSH agent: which keys it holds, and please sign this.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::KeystoreError;
use crate::parse::public_key::PublicKey;
use crate::parse::wire::{Reader, put_string};
use crate::programs::PATIENCE;
use crate::sign::sshsig::{SshSig, signed_data};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// The most bytes of an answer, as OpenSSH limits its own.
const MAX_ANSWER: u32 = 256 * 1024;
/// How long the agent may take to say which keys it holds.
const LIST_TIMEOUT: Duration = Duration::from_secs(5);

/// A key that the agent at a socket holds.
#[derive(Debug, Clone)]
pub struct AgentKey {
    socket: PathBuf,
    public: PublicKey,
    /// How long the agent may take to sign; somebody may have to confirm, or touch a device.
    limit: Duration,
}

impl AgentKey {
    /// Returns the public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Sets how long the agent may take to sign.
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Signs a message for a namespace and gives the SSHSIG blob.
    ///
    /// # Errors
    /// The agent can't be reached, refuses, takes too long, or answers with nonsense.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let mut request = vec![SIGN_REQUEST];
        put_string(&mut request, self.public.wire());
        put_string(&mut request, &signed_data(namespace, message));
        request.extend_from_slice(&0_u32.to_be_bytes());
        let answer = ask(&self.socket, &request, self.limit)?;
        let mut reader = Reader::new(&answer);
        if reader.byte() != Some(SIGN_RESPONSE) {
            return Err(KeystoreError::Agent("it refused".to_owned()));
        }
        match reader.string() {
            Some(inner) if reader.is_at_end() => Ok(SshSig::blob_of(self.public.wire(), namespace, inner)),
            _ => Err(nonsense()),
        }
    }
}

/// Lists the keys in the agent that may sign, in its order; keys of other types and certificates are passed over.
///
/// # Errors
/// The agent can't be reached or answers with nonsense.
pub fn identities(socket: &Path) -> Result<Vec<AgentKey>, KeystoreError> {
    let answer = ask(socket, &[REQUEST_IDENTITIES], LIST_TIMEOUT)?;
    let mut reader = Reader::new(&answer);
    if reader.byte() != Some(IDENTITIES_ANSWER) {
        return Err(KeystoreError::Agent("it does not list its keys".to_owned()));
    }
    let count = reader.number().ok_or_else(nonsense)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let (Some(wire), Some(_comment)) = (reader.string(), reader.string()) else { return Err(nonsense()) };
        if let Ok(public) = PublicKey::from_wire(wire) {
            keys.push(AgentKey { socket: socket.to_owned(), public, limit: PATIENCE });
        }
    }
    Ok(keys)
}

fn nonsense() -> KeystoreError {
    KeystoreError::Agent("its answer is not what the agent protocol says".to_owned())
}

fn ask(socket: &Path, request: &[u8], timeout: Duration) -> Result<Vec<u8>, KeystoreError> {
    let failed = |error: io::Error| KeystoreError::Agent(format!("{}: {error}", socket.display()));
    let mut stream = UnixStream::connect(socket).map_err(failed)?;
    stream.set_read_timeout(Some(timeout)).map_err(failed)?;
    stream.set_write_timeout(Some(LIST_TIMEOUT)).map_err(failed)?;
    let mut framed = Vec::with_capacity(request.len() + 4);
    put_string(&mut framed, request);
    stream.write_all(&framed).map_err(failed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            KeystoreError::Unanswered { program: format!("the SSH agent at {}", socket.display()), limit: timeout }
        }
        _ => failed(error),
    })?;
    let length = u32::from_be_bytes(length);
    if length == 0 || length > MAX_ANSWER {
        return Err(nonsense());
    }
    let mut answer = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut answer).map_err(failed)?;
    if answer.len() == length as usize { Ok(answer) } else { Err(nonsense()) }
}
