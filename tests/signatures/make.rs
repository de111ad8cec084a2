//! Keys, records and lines to test with; every secret is a fixed seed.

use std::path::Path;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer as _, SigningKey as Ed25519};
use relsign::keystore::{FileKey, SigningKey};
use relsign::model::finding::Code;
use relsign::model::ids::{Nonce, Principal, RootDigest};
use relsign::model::log::Record;
use relsign::model::record::{Body, NAMESPACE, PolicyHead, Sign, SignVerdict, Signer, Subject, SubjectDigest};
use relsign::parse::public_key::{PublicKey, ed25519_wire, fingerprint_of};
use relsign::parse::record::{Envelope, encode_envelope};
use relsign::parse::statement::encode_statement;
use relsign::parse::wire::put_string;
use relsign::sign::keyring::Keyring;
use relsign::sign::pae::pae;
use relsign::sign::sshsig::{SshSig, signed_data};
use relsign::sign::verify::verify_line;
use sha2::{Digest, Sha256};

pub(crate) fn root() -> RootDigest {
    RootDigest::from_bytes([0x11; 32])
}

pub(crate) fn principal(text: &str) -> Principal {
    text.parse().unwrap()
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::File(Box::new(FileKey::from_seed(Path::new("fixed"), &[seed; 32]).unwrap()))
}

/// The keyring of these tests: @alice 1, @bob 2, machine:ci 3, and the hardware key @carol 4.
pub(crate) fn keyring() -> Keyring {
    let mut keys = Keyring::new();
    keys.add(principal("@alice"), key(1).public().clone()).unwrap();
    keys.add(principal("@bob"), key(2).public().clone()).unwrap();
    keys.add(principal("machine:ci"), key(3).public().clone()).unwrap();
    keys.add(principal("@carol"), PublicKey::from_wire(&hardware_wire(4)).unwrap()).unwrap();
    keys
}

/// A plain approval by a principal whose key is that of the seed.
pub(crate) fn record(handle: &str, seed: u8) -> Record {
    record_by(handle, key(seed).public())
}

pub(crate) fn record_by(handle: &str, key: &PublicKey) -> Record {
    Record {
        subjects: vec![
            Subject { name: "refs/tags/v2.4.0".to_owned(), digest: SubjectDigest::GitTag("1".repeat(40).parse().unwrap()) },
            Subject { name: "commit".to_owned(), digest: SubjectDigest::GitCommit("2".repeat(40).parse().unwrap()) },
            Subject { name: "tree-sha256".to_owned(), digest: SubjectDigest::GitTree("3".repeat(64).parse().unwrap()) },
        ],
        kind: "sign".to_owned(),
        signer: Signer { handle: principal(handle), fingerprint: key.fingerprint().clone() },
        nonce: Nonce::from_bytes([7; 16]),
        root: root(),
        policy_head: PolicyHead { version: 1, digest: "1".repeat(64).parse().unwrap() },
        open: Some("4".repeat(64).parse().unwrap()),
        parents: vec!["4".repeat(64).parse().unwrap()],
        role: None,
        comment: Some("checked on staging, \"all\" green: {fine} [yes]\\ ✓".to_owned()),
        evidence: Vec::new(),
        time: "2026-11-21T09:30:00Z".parse().unwrap(),
        tool: "relsign/0.1.0".to_owned(),
        body: Body::Sign(
            serde_json::from_value::<Sign>(serde_json::json!({
                "item": { "id": "rollback-runbook", "digest": "5".repeat(64) },
                "verdict": SignVerdict::Done,
            }))
            .unwrap(),
        ),
    }
}

pub(crate) fn line(record: &Record, seed: u8) -> Vec<u8> {
    key(seed).sign_record(record).unwrap()
}

pub(crate) fn payload(record: &Record) -> Vec<u8> {
    encode_statement(record).unwrap()
}

/// An envelope around any payload, properly signed by the key of the seed.
pub(crate) fn signed(payload: &[u8], seed: u8) -> Vec<u8> {
    let key = key(seed);
    envelope(payload, &key.sign(&pae(payload)).unwrap())
}

/// An envelope around any payload and blob, with the key id of the blob's key.
pub(crate) fn envelope(payload: &[u8], blob: &[u8]) -> Vec<u8> {
    let keyid = relsign::sign::sshsig::cited_key(blob).unwrap_or_else(|| fingerprint_of(b""));
    encode_envelope(&Envelope { payload: payload.to_vec(), keyid, sig: blob.to_vec() })
}

/// The parts of an SSHSIG blob, each free to be wrong.
pub(crate) struct Blob {
    pub(crate) version: u32,
    pub(crate) key: Vec<u8>,
    pub(crate) namespace: String,
    pub(crate) reserved: Vec<u8>,
    pub(crate) hash: String,
    pub(crate) inner: Vec<u8>,
}

impl Blob {
    /// A blob that is right in everything, for a message signed by the key of the seed.
    pub(crate) fn of(seed: u8, message: &[u8]) -> Self {
        let secret = Ed25519::from_bytes(&[seed; 32]);
        let signature = secret.sign(&signed_data(NAMESPACE, message)).to_bytes();
        Self {
            version: 1,
            key: ed25519_wire(secret.verifying_key().as_bytes()),
            namespace: NAMESPACE.to_owned(),
            reserved: Vec::new(),
            hash: "sha512".to_owned(),
            inner: inner("ssh-ed25519", &signature),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"SSHSIG".to_vec();
        out.extend_from_slice(&self.version.to_be_bytes());
        put_string(&mut out, &self.key);
        put_string(&mut out, self.namespace.as_bytes());
        put_string(&mut out, &self.reserved);
        put_string(&mut out, self.hash.as_bytes());
        put_string(&mut out, &self.inner);
        out
    }
}

pub(crate) fn inner(kind: &str, signature: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(&mut out, kind.as_bytes());
    put_string(&mut out, signature);
    out
}

pub(crate) fn hardware_wire(seed: u8) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(&mut out, b"sk-ssh-ed25519@openssh.com");
    put_string(&mut out, Ed25519::from_bytes(&[seed; 32]).verifying_key().as_bytes());
    put_string(&mut out, b"ssh:");
    out
}

/// What a security key with this seed would answer, with these flags.
pub(crate) fn hardware_blob(seed: u8, message: &[u8], flags: u8) -> Vec<u8> {
    let mut device = Sha256::digest(b"ssh:").to_vec();
    device.push(flags);
    device.extend_from_slice(&9_u32.to_be_bytes());
    device.extend_from_slice(&Sha256::digest(signed_data(NAMESPACE, message)));
    let signature = Ed25519::from_bytes(&[seed; 32]).sign(&device).to_bytes();
    let mut part = inner("sk-ssh-ed25519@openssh.com", &signature);
    part.push(flags);
    part.extend_from_slice(&9_u32.to_be_bytes());
    SshSig::blob_of(&hardware_wire(seed), NAMESPACE, &part)
}

/// The code under which a line is rejected; a line that is accepted fails the test.
#[track_caller]
pub(crate) fn code(line: &[u8]) -> Code {
    match verify_line(line, &keyring(), &root()) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(line)),
        Err(rejected) => rejected.finding.code,
    }
}

#[track_caller]
pub(crate) fn accepted(line: &[u8]) -> relsign::sign::verify::Verified {
    verify_line(line, &keyring(), &root()).unwrap_or_else(|rejected| panic!("{:?}", rejected.finding))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}
