//! Signature blobs in which each part is free to be wrong.

use std::path::Path;

use base64ct::{Base64, Base64Unpadded, Encoding};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256, Sha512};

/// The parts of an SSHSIG blob.
pub(crate) struct Blob {
    pub(crate) version: u32,
    pub(crate) key: Vec<u8>,
    pub(crate) namespace: String,
    pub(crate) reserved: Vec<u8>,
    pub(crate) hash: String,
    pub(crate) kind: String,
    pub(crate) signature: [u8; 64],
    pub(crate) after: Vec<u8>,
}

impl Blob {
    /// A blob that is right in everything.
    pub(crate) fn of(secret: &SigningKey, message: &[u8]) -> Self {
        Self {
            version: 1,
            key: ed25519_wire(secret.verifying_key().as_bytes()),
            namespace: "relsign-v1".to_owned(),
            reserved: Vec::new(),
            hash: "sha512".to_owned(),
            kind: "ssh-ed25519".to_owned(),
            signature: secret.sign(&signed_data(message)).to_bytes(),
            after: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut inner = Vec::new();
        put(&mut inner, self.kind.as_bytes());
        put(&mut inner, &self.signature);
        inner.extend_from_slice(&self.after);
        let mut out = b"SSHSIG".to_vec();
        out.extend_from_slice(&self.version.to_be_bytes());
        for part in [&self.key, self.namespace.as_bytes(), &self.reserved, self.hash.as_bytes(), &inner] {
            put(&mut out, part);
        }
        out
    }
}

/// What a device in software answers: the signature of a hardware key with these flags.
pub(crate) fn hardware_blob(seed: u8, message: &[u8], flags: u8) -> Vec<u8> {
    let secret = SigningKey::from_bytes(&[seed; 32]);
    let mut device = Sha256::digest(b"ssh:").to_vec();
    let mut after = vec![flags];
    after.extend_from_slice(&9_u32.to_be_bytes());
    device.extend_from_slice(&after);
    device.extend_from_slice(&Sha256::digest(signed_data(message)));
    let mut blob = Blob::of(&secret, message);
    blob.key = hardware_wire(seed);
    blob.kind = "sk-ssh-ed25519@openssh.com".to_owned();
    blob.signature = secret.sign(&device).to_bytes();
    blob.after = after;
    blob.bytes()
}

pub(crate) fn hardware_wire(seed: u8) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, b"sk-ssh-ed25519@openssh.com");
    put(&mut out, SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes());
    put(&mut out, b"ssh:");
    out
}

pub(crate) fn ed25519_wire(point: &[u8; 32]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, b"ssh-ed25519");
    put(&mut out, point);
    out
}

/// Reads the secret of a key that ssh-keygen made without a passphrase: it stands before the last copy of the point.
pub(crate) fn secret_of(path: &Path) -> SigningKey {
    let text = std::fs::read_to_string(path).unwrap();
    let digits: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = Base64::decode_vec(&digits).unwrap();
    let kind = b"ssh-ed25519";
    let at = bytes.windows(kind.len()).position(|window| window == kind).unwrap() + kind.len() + 4;
    let point = &bytes[at..at + 32];
    let last = bytes.windows(32).rposition(|window| window == point).unwrap();
    SigningKey::from_bytes(bytes[last - 32..last].try_into().unwrap())
}

pub(crate) fn fingerprint(wire: &[u8]) -> String {
    format!("SHA256:{}", Base64Unpadded::encode_string(&Sha256::digest(wire)))
}

fn signed_data(message: &[u8]) -> Vec<u8> {
    let mut out = b"SSHSIG".to_vec();
    put(&mut out, b"relsign-v1");
    put(&mut out, b"");
    put(&mut out, b"sha512");
    put(&mut out, &Sha512::digest(message));
    out
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(bytes);
}
