//! Keys in files, as `ssh-keygen` writes them. This is the one place that uses the ssh-key library.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature as P256Signature, SigningKey as P256Secret};
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::{AskPassphrase, KeystoreError};
use crate::parse::base64;
use crate::parse::public_key::{KeyError, MAX_TEXT, PublicKey};
use crate::parse::wire::{Reader, put_number, put_string};
use crate::sign::sshsig::{SshSig, signed_data};

/// The most bytes of a private key file that are read.
const MAX_FILE: u64 = 64 * 1024;

/// How often a passphrase is asked for, as ssh does.
const MOST_ASKED: usize = 3;

/// A key from a file; while it is encrypted it can only tell its public part.
pub struct FileKey {
    path: PathBuf,
    public: PublicKey,
    private: PrivateKey,
}

impl FileKey {
    /// Reads a private key file, and unlocks nothing.
    ///
    /// # Errors
    /// The file can't be read, is no OpenSSH key, or holds a key of a type that can't sign here.
    pub fn read(path: &Path) -> Result<Self, KeystoreError> {
        let pem = read_limited(path)?;
        public_part(path, &pem)?;
        let private = PrivateKey::from_openssh(pem.as_slice())
            .map_err(|error| KeystoreError::NotAKey { path: path.to_owned(), reason: error.to_string() })?;
        Self::of(path, private)
    }

    fn of(path: &Path, private: PrivateKey) -> Result<Self, KeystoreError> {
        let unusable = |error| KeystoreError::Unusable { place: path.display().to_string(), error };
        let wire = private.public_key().to_bytes().map_err(|_| unusable(KeyError::Malformed("can't be written")))?;
        let public = PublicKey::from_wire(&wire).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), public, private })
    }

    /// Makes a key from 32 secret bytes, for tests and examples with fixed keys.
    ///
    /// # Errors
    /// None in practice: every seed gives a key.
    pub fn from_seed(path: &Path, seed: &[u8; 32]) -> Result<Self, KeystoreError> {
        let pair = Ed25519Keypair::from_seed(seed);
        Self::of(path, PrivateKey::from(pair))
    }

    /// Makes a P-256 key from 32 secret bytes, for tests and examples with fixed keys.
    ///
    /// # Errors
    /// The bytes are zero or not less than the order of the curve.
    pub fn ecdsa_from_seed(path: &Path, seed: &[u8; 32]) -> Result<Self, KeystoreError> {
        let bad = |_| KeystoreError::NotAKey { path: path.to_owned(), reason: "its number is out of range".to_owned() };
        let secret = P256Secret::from_slice(seed).map_err(bad)?;
        let public = secret.verifying_key().to_sec1_point(false);
        let pair = EcdsaKeypair::NistP256 { public, private: (*seed).into() };
        Self::of(path, PrivateKey::from(pair))
    }

    /// Makes a new key and writes it to `path` (mode 0600) and its public part to `path.pub`; existing files stay.
    ///
    /// # Errors
    /// One of the files exists or can't be written, or there are no random bytes.
    pub fn generate(path: &Path, comment: &str) -> Result<Self, KeystoreError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| KeystoreError::Random)?;
        let mut key = Self::from_seed(path, &seed)?;
        key.write(comment)?;
        Ok(key)
    }

    /// Writes the key to its path as [`Self::generate`] does.
    ///
    /// # Errors
    /// One of the files exists or can't be written.
    pub fn write(&mut self, comment: &str) -> Result<(), KeystoreError> {
        let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
        self.private.set_comment(comment.as_str());
        let text = self
            .private
            .to_openssh(LineEnding::LF)
            .map_err(|error| KeystoreError::NotAKey { path: self.path.clone(), reason: error.to_string() })?;
        let public_path = public_path(&self.path);
        if fs::symlink_metadata(&public_path).is_ok() {
            return Err(KeystoreError::File { path: public_path, error: ErrorKind::AlreadyExists.into() });
        }
        write_new(&self.path, text.as_bytes(), 0o600)?;
        write_new(&public_path, format!("{} {comment}\n", self.public.text()).as_bytes(), 0o644)
    }

    /// Returns the public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a passphrase is needed before it can sign.
    pub fn is_locked(&self) -> bool {
        self.private.is_encrypted()
    }

    /// Decrypts the key where it is encrypted, asking for its passphrase as often as ssh does.
    ///
    /// # Errors
    /// Nobody gave a passphrase, or it was wrong each time.
    pub fn unlock(&mut self, ask: &mut dyn AskPassphrase) -> Result<(), KeystoreError> {
        if !self.is_locked() {
            return Ok(());
        }
        let private = self.decrypted(ask)?;
        // The public part outside the encryption is not protected by it; the key inside is the one that signs.
        let inside = Self::of(&self.path, private)?;
        if inside.public != self.public {
            return Err(KeystoreError::NotAKey { path: self.path.clone(), reason: "its two public parts differ".to_owned() });
        }
        *self = inside;
        Ok(())
    }

    fn decrypted(&self, ask: &mut dyn AskPassphrase) -> Result<PrivateKey, KeystoreError> {
        for again in std::iter::once(false).chain(std::iter::repeat_n(true, MOST_ASKED - 1)) {
            // Nothing typed means that somebody gave up.
            let passphrase = ask.ask(&self.path, again).filter(|passphrase| !passphrase.is_empty());
            let passphrase = passphrase.ok_or_else(|| KeystoreError::Locked { path: self.path.clone(), asked: ask.can_ask() })?;
            match self.private.decrypt(passphrase.as_bytes()) {
                Ok(private) => return Ok(private),
                Err(ssh_key::Error::Crypto) => {}
                // The passphrase was right.
                Err(_) => return Err(KeystoreError::Unread(self.path.clone())),
            }
        }
        Err(KeystoreError::WrongPassphrase(self.path.clone()))
    }

    /// Signs a message for a namespace; the blob is the one that `ssh-keygen -Y sign` would make.
    ///
    /// # Errors
    /// The key is locked.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let bad = |reason: String| KeystoreError::BadSignature { place: self.path.display().to_string(), reason };
        let signature = match self.private.key_data() {
            KeypairData::Ed25519(_) => {
                let signed = self.private.sign(namespace, HashAlg::Sha512, message).map_err(|error| bad(error.to_string()))?;
                signed.signature_bytes().to_vec()
            }
            KeypairData::Ecdsa(EcdsaKeypair::NistP256 { private, .. }) => {
                let secret = P256Secret::from_slice(private.as_ref()).map_err(|_| bad("its number is out of range".to_owned()))?;
                let signed: P256Signature = secret.sign(&signed_data(namespace, message));
                let (r, s) = signed.split_bytes();
                let mut numbers = Vec::with_capacity(74);
                put_number(&mut numbers, &r);
                put_number(&mut numbers, &s);
                numbers
            }
            _ => return Err(KeystoreError::Locked { path: self.path.clone(), asked: false }),
        };
        let mut inner = Vec::with_capacity(113);
        put_string(&mut inner, self.public.kind().name().as_bytes());
        put_string(&mut inner, &signature);
        Ok(SshSig::blob_of(self.public.wire(), namespace, &inner))
    }
}

/// Reads a public key file.
///
/// # Errors
/// It can't be read, or holds no key that may sign.
pub fn read_public(path: &Path) -> Result<PublicKey, KeystoreError> {
    let bytes = read_limited(path)?;
    let place = || path.display().to_string();
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= MAX_TEXT);
    let text =
        text.ok_or_else(|| KeystoreError::Unusable { place: place(), error: KeyError::Malformed("is not a line of text") })?;
    PublicKey::from_text(text).map_err(|error| KeystoreError::Unusable { place: place(), error })
}

/// Reads the public part of a private key file, which is there in the clear, whatever the key's type.
///
/// # Errors
/// The file can't be read, is no private key in the OpenSSH form, or its key is of a type that can't sign here.
pub fn read_public_part(path: &Path) -> Result<PublicKey, KeystoreError> {
    public_part(path, &read_limited(path)?)
}

fn public_part(path: &Path, pem: &[u8]) -> Result<PublicKey, KeystoreError> {
    let wire = wire_of_public_part(pem).ok_or_else(|| KeystoreError::NotAKey {
        path: path.to_owned(),
        reason: "it does not hold a private key as ssh-keygen writes them".to_owned(),
    })?;
    PublicKey::from_wire(&wire).map_err(|error| KeystoreError::Unusable { place: path.display().to_string(), error })
}

fn wire_of_public_part(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?.trim();
    let inner = text.strip_prefix("-----BEGIN OPENSSH PRIVATE KEY-----")?.strip_suffix("-----END OPENSSH PRIVATE KEY-----")?;
    let mut digits = Zeroizing::new(String::with_capacity(inner.len()));
    digits.extend(inner.split(['\r', '\n']));
    let bytes = Zeroizing::new(base64::decode(&digits)?);
    let mut reader = Reader::new(bytes.strip_prefix(b"openssh-key-v1\0")?);
    let (_cipher, _kdf, _options) = (reader.string()?, reader.string()?, reader.string()?);
    if reader.number()? != 1 {
        return None;
    }
    reader.string().map(<[u8]>::to_vec)
}

/// Returns the path with `.pub` added, where OpenSSH keeps the public part.
pub fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let failed = |error| KeystoreError::File { path: path.to_owned(), error };
    let file = File::open(path).map_err(failed)?;
    // The capacity is reserved beforehand, so that no copy of a secret is left behind by growing. What is reserved is wiped
    // at the end, byte by byte, so no more of it is taken than the file needs.
    let length = file.metadata().ok().filter(Metadata::is_file).map_or(MAX_FILE, |data| data.len().min(MAX_FILE));
    let mut bytes = Zeroizing::new(Vec::with_capacity(length as usize + 1));
    file.take(length + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(KeystoreError::NotAKey { path: path.to_owned(), reason: "it is too long".to_owned() });
    }
    Ok(bytes)
}

pub(super) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeystoreError> {
    let failed = |error| KeystoreError::File { path: path.to_owned(), error };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}
