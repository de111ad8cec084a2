//! SSHSIG blobs, read and verified more strictly than OpenSSH does.
//!
//! `ssh-keygen -Y verify` takes version 0, a reserved field with something in it, bytes after the end, ed25519 signatures
//! whose number S is not reduced, and keys of small order. Here none of them passes, and a number of an ECDSA signature has
//! one spelling. So relsign may refuse what
//! ssh-keygen accepts, and never the other way round.

use base64ct::{Base64, Encoding};
use p256::ecdsa::Signature as P256Signature;
use sha2::{Digest, Sha256, Sha512};

use super::strict::{self, Numbers};
use crate::model::finding::Seen;
use crate::model::ids::Fingerprint;
use crate::parse::base64;
use crate::parse::public_key::{KeyError, KeyKind, PublicKey, fingerprint_of};
use crate::parse::wire::{Reader, put_string};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const HASH: &[u8] = b"sha512";
const ARMOUR_HEAD: &str = "-----BEGIN SSH SIGNATURE-----";
const ARMOUR_TAIL: &str = "-----END SSH SIGNATURE-----";
/// The flag of a hardware signature that says that somebody touched the device.
const USER_PRESENT: u8 = 1;
/// The most bytes of a blob; one of a supported type has about 200.
const MAX_BLOB: usize = 4096;

/// A well-formed blob, as yet unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSig {
    key: PublicKey,
    namespace: String,
    signature: Numbers,
    hardware: Option<HardwarePart>,
}

/// What a FIDO device adds to what it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HardwarePart {
    flags: u8,
    counter: u32,
}

impl SshSig {
    /// Reads a blob.
    ///
    /// # Errors
    /// [`Seen::SignatureMalformed`], [`Seen::KeyTypeUnsupported`], [`Seen::KeyWeak`] or [`Seen::HashWrong`].
    pub fn from_blob(blob: &[u8]) -> Result<Self, Seen> {
        Self::read(blob, PublicKey::from_wire)
    }

    /// Reads a blob that is probably by `key`; the result is that of [`Self::from_blob`], sooner.
    ///
    /// # Errors
    /// Those of [`Self::from_blob`].
    pub fn probably_by(key: &PublicKey, blob: &[u8]) -> Result<Self, Seen> {
        Self::read(blob, |wire| if wire == key.wire() { Ok(key.clone()) } else { PublicKey::from_wire(wire) })
    }

    fn read(blob: &[u8], read_key: impl FnOnce(&[u8]) -> Result<PublicKey, KeyError>) -> Result<Self, Seen> {
        if blob.len() > MAX_BLOB {
            return Err(malformed("the signature is longer than any supported one"));
        }
        let short = || malformed("the signature ends too early");
        let mut reader = Reader::new(blob);
        if reader.bytes(MAGIC.len()) != Some(MAGIC) {
            return Err(malformed("the signature does not begin with SSHSIG"));
        }
        if reader.number().ok_or_else(short)? != VERSION {
            return Err(malformed("the signature is not version 1"));
        }
        let key = reader.string().ok_or_else(short)?;
        let namespace = reader.string().ok_or_else(short)?;
        let reserved = reader.string().ok_or_else(short)?;
        let hash = reader.string().ok_or_else(short)?;
        let signature = reader.string().ok_or_else(short)?;
        if !reader.is_at_end() {
            return Err(malformed("the signature has trailing bytes"));
        }
        let key = read_key(key).map_err(key_problem)?;
        if !reserved.is_empty() {
            return Err(malformed("the signature's reserved field is not empty"));
        }
        if hash != HASH {
            let found = String::from_utf8_lossy(&hash[..hash.len().min(32)]).into_owned();
            return Err(Seen::HashWrong { found });
        }
        let namespace = std::str::from_utf8(namespace).map_err(|_| malformed("the signature's namespace is not UTF-8"))?;
        let (signature, hardware) = read_signature(signature, key.kind())?;
        Ok(Self { key, namespace: namespace.to_owned(), signature, hardware })
    }

    /// Puts together a blob from the inner signature that an agent gave: its type, its bytes and, for a hardware
    /// key, flags and counter.
    pub fn blob_of(key_wire: &[u8], namespace: &str, inner: &[u8]) -> Vec<u8> {
        let mut blob = MAGIC.to_vec();
        blob.extend_from_slice(&VERSION.to_be_bytes());
        put_string(&mut blob, key_wire);
        put_string(&mut blob, namespace.as_bytes());
        put_string(&mut blob, b"");
        put_string(&mut blob, HASH);
        put_string(&mut blob, inner);
        blob
    }

    /// Returns what nobody but the signer can make another of: all of the numbers, without the s of ECDSA, as from a signature
    /// with it anybody can make the one with n − s.
    pub fn own_numbers(&self) -> Vec<u8> {
        match &self.signature {
            Numbers::Ed25519(numbers) => numbers.to_vec(),
            Numbers::P256(numbers) => numbers.split_bytes().0.to_vec(),
        }
    }

    /// Returns the key that the blob names.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Verifies that the key in the blob signed this message for this namespace, with user presence where the key is
    /// a hardware key. Who holds the key is another question.
    ///
    /// # Errors
    /// [`Seen::NamespaceWrong`], [`Seen::SignatureInvalid`] or [`Seen::NoUserPresence`].
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<(), Seen> {
        if self.namespace != namespace {
            return Err(Seen::NamespaceWrong { found: self.namespace.clone(), wanted: namespace.to_owned() });
        }
        let mut signed = signed_data(namespace, message);
        if let Some(HardwarePart { flags, counter }) = self.hardware {
            let mut device = Vec::with_capacity(69);
            device.extend_from_slice(&Sha256::digest(self.key.application().unwrap_or_default()));
            device.push(flags);
            device.extend_from_slice(&counter.to_be_bytes());
            device.extend_from_slice(&Sha256::digest(&signed));
            signed = device;
        }
        strict::verify(self.key.point(), &signed, &self.signature).map_err(|_| Seen::SignatureInvalid)?;
        match self.hardware {
            Some(part) if part.flags & USER_PRESENT == 0 => Err(Seen::NoUserPresence),
            _ => Ok(()),
        }
    }
}

/// Returns what a key really signs for a message: the message's hash under the namespace.
pub fn signed_data(namespace: &str, message: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    put_string(&mut out, namespace.as_bytes());
    put_string(&mut out, b"");
    put_string(&mut out, HASH);
    put_string(&mut out, &Sha512::digest(message));
    out
}

/// Verifies a blob over a message and gives the key that made it; for tags, the namespace is `git`.
///
/// # Errors
/// The code says at which step it failed.
pub fn verify_sshsig(blob: &[u8], namespace: &str, message: &[u8]) -> Result<PublicKey, Seen> {
    let signature = SshSig::from_blob(blob)?;
    signature.verify(namespace, message)?;
    Ok(signature.key)
}

/// Removes the armour of a signature as git keeps it in tags; lines may be of any width.
///
/// # Errors
/// [`Seen::SignatureMalformed`].
pub fn unarmour(text: &str) -> Result<Vec<u8>, Seen> {
    let inner = text
        .trim()
        .strip_prefix(ARMOUR_HEAD)
        .and_then(|rest| rest.strip_suffix(ARMOUR_TAIL))
        .ok_or_else(|| malformed("the signature is not between the BEGIN and END lines of an SSH signature"))?;
    if inner.len() > 2 * MAX_BLOB {
        return Err(malformed("the signature is longer than any supported one"));
    }
    let digits: String = inner.split(['\r', '\n']).collect();
    base64::decode(&digits).ok_or_else(|| malformed("the armoured signature is not canonical base64"))
}

/// Puts a blob into armour as ssh-keygen writes it, in lines of 70 digits.
pub fn armour(blob: &[u8]) -> String {
    let digits = Base64::encode_string(blob);
    let mut out = format!("{ARMOUR_HEAD}\n");
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(70));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out + ARMOUR_TAIL + "\n"
}

fn read_signature(bytes: &[u8], kind: KeyKind) -> Result<(Numbers, Option<HardwarePart>), Seen> {
    let short = || malformed("the inner signature ends too early");
    let mut reader = Reader::new(bytes);
    if reader.string().ok_or_else(short)? != kind.name().as_bytes() {
        return Err(malformed("the inner signature is of another type than the key"));
    }
    let signature = reader.string().ok_or_else(short)?;
    let numbers = match kind {
        KeyKind::Ed25519 | KeyKind::SkEd25519 => {
            Numbers::Ed25519(signature.try_into().map_err(|_| malformed("the inner signature does not have 64 bytes"))?)
        }
        KeyKind::Ecdsa | KeyKind::SkEcdsa => Numbers::P256(read_numbers(signature)?),
    };
    let hardware = if kind.is_hardware() {
        Some(HardwarePart { flags: reader.byte().ok_or_else(short)?, counter: reader.number().ok_or_else(short)? })
    } else {
        None
    };
    if !reader.is_at_end() {
        return Err(malformed("the inner signature has trailing bytes"));
    }
    Ok((numbers, hardware))
}

/// Reads r and s of an ECDSA signature, each from 1 to n − 1 and in its one encoding.
fn read_numbers(bytes: &[u8]) -> Result<P256Signature, Seen> {
    let wrong = || malformed("the inner signature does not have two numbers in their one encoding");
    let mut reader = Reader::new(bytes);
    let (r, s) = (reader.positive().ok_or_else(wrong)?, reader.positive().ok_or_else(wrong)?);
    if !reader.is_at_end() {
        return Err(wrong());
    }
    let out_of_range = || malformed("a number of the inner signature is not less than the order of the curve");
    P256Signature::from_scalars(padded(r).ok_or_else(out_of_range)?, padded(s).ok_or_else(out_of_range)?)
        .map_err(|_| out_of_range())
}

/// Puts zeros before a number until it has 32 bytes, if it has no more.
fn padded(digits: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    bytes.get_mut(32_usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some(bytes)
}

fn malformed(what: impl Into<String>) -> Seen {
    Seen::SignatureMalformed { what: what.into() }
}

fn key_problem(error: KeyError) -> Seen {
    let what = error.to_string();
    match error {
        KeyError::Malformed(_) => Seen::SignatureMalformed { what },
        KeyError::Unsupported(_) => Seen::KeyTypeUnsupported { what },
        KeyError::Weak => Seen::KeyWeak { what },
    }
}

/// Returns the fingerprint of the key in a blob that may be malformed otherwise, to cite it.
pub fn cited_key(blob: &[u8]) -> Option<Fingerprint> {
    let mut reader = Reader::new(blob);
    reader.bytes(MAGIC.len()).filter(|magic| *magic == MAGIC)?;
    reader.number()?;
    reader.string().map(fingerprint_of)
}
