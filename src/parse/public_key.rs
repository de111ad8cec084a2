//! SSH public keys: the four types that may sign, and no key under which forgeries verify.

use std::collections::BTreeMap;
use std::fmt;

use base64ct::{Base64, Base64Unpadded, Encoding};
use ed25519_dalek::VerifyingKey;
use p256::ecdsa::VerifyingKey as P256Key;
use sha2::{Digest, Sha256};

use super::base64;
use super::wire::{Reader, put_string};
use crate::model::ids::Fingerprint;

/// The most bytes that the text of a public key may have.
pub const MAX_TEXT: usize = 4096;
/// The most bytes that a hardware key's application string may have.
const MAX_APPLICATION: usize = 256;

/// The type of a key that may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// `ssh-ed25519`: a key in a file or an agent.
    Ed25519,
    /// `sk-ssh-ed25519@openssh.com`: a key that never leaves a FIDO device.
    SkEd25519,
    /// `ecdsa-sha2-nistp256`: a key in a file or an agent, or in a chip that knows no other curve.
    Ecdsa,
    /// `sk-ecdsa-sha2-nistp256@openssh.com`: a key that never leaves a FIDO device.
    SkEcdsa,
}

impl KeyKind {
    /// All of them, the one to choose first.
    pub const ALL: [Self; 4] = [Self::Ed25519, Self::SkEd25519, Self::Ecdsa, Self::SkEcdsa];

    /// Finds the type that OpenSSH calls by this name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }

    /// Whether keys of this type are in a device that somebody has to touch.
    pub const fn is_hardware(self) -> bool {
        match self {
            Self::SkEd25519 | Self::SkEcdsa => true,
            Self::Ed25519 | Self::Ecdsa => false,
        }
    }

    /// Returns the name by which OpenSSH calls the type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::SkEd25519 => "sk-ssh-ed25519@openssh.com",
            Self::Ecdsa => "ecdsa-sha2-nistp256",
            Self::SkEcdsa => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }
}

/// The curve's name in the wire form of its keys.
const P256: &[u8] = b"nistp256";
/// The first byte of a point that is written with both of its coordinates.
const UNCOMPRESSED: u8 = 4;

/// What verifies the signatures of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A point of edwards25519.
    Ed25519(VerifyingKey),
    /// A point of P-256.
    P256(P256Key),
}

/// Why something is no key that may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// It is no public key in the OpenSSH form; the reason follows "the key".
    Malformed(&'static str),
    /// It is a key of another type, by its OpenSSH name.
    Unsupported(String),
    /// It is a point of small order: anyone can make signatures that verify under it.
    Weak,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(f, "the key {reason}"),
            Self::Unsupported(name) => {
                write!(f, "a key of type {name:?} can't sign here; make one that can: ssh-keygen -t ed25519")
            }
            Self::Weak => f.write_str("the key is a point of small order, under which anyone can forge signatures"),
        }
    }
}

impl std::error::Error for KeyError {}

/// A public key that may sign: well-formed, of a supported type and not weak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    wire: Vec<u8>,
    point: Point,
    application: Option<String>,
    fingerprint: Fingerprint,
}

impl PublicKey {
    /// Reads the one-line text of OpenSSH: type, base64 and perhaps a comment, which is dropped.
    ///
    /// # Errors
    /// Describes what is wrong with it; certificates, options before the type and several lines are wrong.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.len() > MAX_TEXT {
            return Err(KeyError::Malformed("is longer than 4096 bytes"));
        }
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(KeyError::Malformed("must be one line without control characters"));
        }
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let (Some(name), Some(digits)) = (words.next(), words.next()) else {
            return Err(KeyError::Malformed("must have a type and its base64, as in a .pub file"));
        };
        if KeyKind::named(name.as_bytes()).is_none() {
            return Err(KeyError::Unsupported(name.to_owned()));
        }
        let wire = base64::decode(digits).ok_or(KeyError::Malformed("is not in padded standard base64"))?;
        let key = Self::from_wire(&wire)?;
        if key.kind.name() == name { Ok(key) } else { Err(KeyError::Malformed("is of another type than it says")) }
    }

    /// Reads the wire form, which is what the base64 of the text holds.
    ///
    /// # Errors
    /// Describes what is wrong with it.
    pub fn from_wire(wire: &[u8]) -> Result<Self, KeyError> {
        let short = KeyError::Malformed("ends too early");
        let mut reader = Reader::new(wire);
        let name = reader.string().ok_or_else(|| short.clone())?;
        let Some(kind) = KeyKind::named(name) else {
            return Err(KeyError::Unsupported(String::from_utf8_lossy(&name[..name.len().min(64)]).into_owned()));
        };
        let is_ecdsa = matches!(kind, KeyKind::Ecdsa | KeyKind::SkEcdsa);
        if is_ecdsa && reader.string().ok_or_else(|| short.clone())? != P256 {
            return Err(KeyError::Malformed("is of another curve than its type says"));
        }
        let bytes = reader.string().ok_or_else(|| short.clone())?;
        let application = if kind.is_hardware() { Some(application(reader.string().ok_or(short)?)?) } else { None };
        if !reader.is_at_end() {
            return Err(KeyError::Malformed("has trailing bytes"));
        }
        let point = if is_ecdsa { Point::P256(p256_point(bytes)?) } else { Point::Ed25519(ed25519_point(bytes)?) };
        Ok(Self { kind, wire: wire.to_vec(), point, application, fingerprint: fingerprint_of(wire) })
    }

    /// Returns the type.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether the private key is in a device that somebody has to touch.
    pub fn is_hardware(&self) -> bool {
        self.kind.is_hardware()
    }

    /// Returns the wire form.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// Returns the point that verifies signatures.
    pub fn point(&self) -> &Point {
        &self.point
    }

    /// Returns the application string of a hardware key, such as `ssh:`.
    pub fn application(&self) -> Option<&str> {
        self.application.as_deref()
    }

    /// Returns the fingerprint as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Returns the text of OpenSSH without a comment: the type and the base64.
    pub fn text(&self) -> String {
        format!("{} {}", self.kind.name(), Base64::encode_string(&self.wire))
    }
}

fn ed25519_point(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed("does not have 32 bytes"))?;
    let point = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Malformed("is not a point on the curve"))?;
    if point.is_weak() {
        return Err(KeyError::Weak);
    }
    // Some points have a second spelling; one key must not have two fingerprints.
    if !is_reduced(bytes) {
        return Err(KeyError::Malformed("is not in the one canonical encoding of its point"));
    }
    Ok(point)
}

/// Reads a point of P-256 with both coordinates. The curve's order is a prime, so no point of it is weak but the one at infinity,
/// which can't be written so.
fn p256_point(bytes: &[u8]) -> Result<P256Key, KeyError> {
    if bytes.len() != 65 || bytes[0] != UNCOMPRESSED {
        return Err(KeyError::Malformed("is not in the one canonical encoding of its point"));
    }
    P256Key::from_sec1_bytes(bytes).map_err(|_| KeyError::Malformed("is not a point on the curve"))
}

/// Whether the encoding of a point that is not weak is the canonical one: its y coordinate is less than 2²⁵⁵ − 19.
///
/// The sign of x could be another way to write a point twice, where x is 0; both points with such an x are weak.
fn is_reduced(point: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = point;
    *first < 0xed || middle.iter().any(|byte| *byte != 0xff) || last & 0x7f != 0x7f
}

/// Keys by their text that were read before: to read one takes longer than all the rest of its line of a policy, and each
/// version of a policy lists most of those of the version before.
#[derive(Debug, Default)]
pub struct KnownKeys(BTreeMap<String, PublicKey>);

impl KnownKeys {
    /// Reads the text of a key as [`PublicKey::from_text`] does.
    ///
    /// # Errors
    /// Those of [`PublicKey::from_text`].
    pub fn read(&mut self, text: &str) -> Result<PublicKey, KeyError> {
        if let Some(known) = self.0.get(text) {
            return Ok(known.clone());
        }
        let key = PublicKey::from_text(text)?;
        self.0.insert(text.to_owned(), key.clone());
        Ok(key)
    }
}

/// Returns the fingerprint of a key in wire form, whatever its type.
pub fn fingerprint_of(wire: &[u8]) -> Fingerprint {
    let text = format!("SHA256:{}", Base64Unpadded::encode_string(&Sha256::digest(wire)));
    text.parse().expect("32 bytes are 43 digits of unpadded base64")
}

fn application(bytes: &[u8]) -> Result<String, KeyError> {
    // Other applications belong to web sites, whose signatures are of another type.
    match std::str::from_utf8(bytes) {
        Ok(text) if text.starts_with("ssh:") && text.len() <= MAX_APPLICATION && !text.chars().any(char::is_control) => {
            Ok(text.to_owned())
        }
        _ => Err(KeyError::Malformed("has an application that does not begin with ssh:")),
    }
}

/// Writes the wire form of an `ssh-ed25519` key.
pub fn ed25519_wire(point: &[u8; 32]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(51);
    put_string(&mut wire, KeyKind::Ed25519.name().as_bytes());
    put_string(&mut wire, point);
    wire
}

/// Writes the wire form of an `ecdsa-sha2-nistp256` key.
pub fn p256_wire(point: &P256Key) -> Vec<u8> {
    let mut wire = Vec::with_capacity(104);
    put_string(&mut wire, KeyKind::Ecdsa.name().as_bytes());
    put_string(&mut wire, P256);
    put_string(&mut wire, point.to_sec1_point(false).as_bytes());
    wire
}
