//! ECDSA on P-256: the one encoding of its keys and signatures, both halves of S, and what OpenSSH makes of them.

use std::path::Path;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey as Secret};
use relsign::keystore::{FileKey, SigningKey};
use relsign::model::finding::Code;
use relsign::model::log::Record;
use relsign::model::record::NAMESPACE;
use relsign::parse::public_key::{KeyError, PublicKey, p256_wire};
use relsign::parse::wire::{put_number, put_string};
use relsign::sign::keyring::Keyring;
use relsign::sign::pae::pae;
use relsign::sign::sshsig::{SshSig, signed_data};
use relsign::sign::verify::{Verified, valid_once, verify_line, verify_log};
use sha2::{Digest, Sha256};

use super::make::{envelope, key, keyring, line, payload, principal, record, record_by, root};

const KIND: &str = "ecdsa-sha2-nistp256";
pub(crate) const SK_KIND: &str = "sk-ecdsa-sha2-nistp256@openssh.com";
/// The order of the curve.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e,
    0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn secret(seed: u8) -> Secret {
    Secret::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn soft(seed: u8) -> SigningKey {
    SigningKey::File(Box::new(FileKey::ecdsa_from_seed(Path::new("fixed"), &[seed; 32]).unwrap()))
}

/// The wire form of a key, each part free to be wrong.
fn wire(kind: &str, curve: &str, point: &[u8], application: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(&mut out, kind.as_bytes());
    put_string(&mut out, curve.as_bytes());
    put_string(&mut out, point);
    if let Some(application) = application {
        put_string(&mut out, application.as_bytes());
    }
    out
}

fn point(seed: u8) -> Vec<u8> {
    secret(seed).verifying_key().to_sec1_point(false).as_bytes().to_vec()
}

fn device_wire(seed: u8) -> Vec<u8> {
    wire(SK_KIND, "nistp256", &point(seed), Some("ssh:"))
}

pub(crate) fn device(seed: u8) -> PublicKey {
    PublicKey::from_wire(&device_wire(seed)).unwrap()
}

/// What a security key with this seed would answer, with these flags.
pub(crate) fn device_blob(seed: u8, message: &[u8], flags: u8, kind: &str, tail: &[u8]) -> Vec<u8> {
    let mut data = Sha256::digest(b"ssh:").to_vec();
    data.push(flags);
    data.extend_from_slice(&7_u32.to_be_bytes());
    data.extend_from_slice(&Sha256::digest(signed_data(NAMESPACE, message)));
    let (r, s) = parts(&secret(seed).sign(&data));
    let mut part = inner(kind, &numbers(&r, &s));
    part.push(flags);
    part.extend_from_slice(&7_u32.to_be_bytes());
    part.extend_from_slice(tail);
    SshSig::blob_of(&device_wire(seed), NAMESPACE, &part)
}

/// The keyring of the other tests, with @dave's key 5 and @erin's device 6.
fn keys() -> Keyring {
    let mut keys = keyring();
    keys.add(principal("@dave"), soft(5).public().clone()).unwrap();
    keys.add(principal("@erin"), device(6)).unwrap();
    keys
}

/// An inner signature around any bytes of numbers.
fn inner(kind: &str, numbers: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(&mut out, kind.as_bytes());
    put_string(&mut out, numbers);
    out
}

/// Two numbers as OpenSSH writes them.
fn numbers(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, r);
    put_number(&mut out, s);
    out
}

fn parts(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let (r, s) = signature.split_bytes();
    (r.into(), s.into())
}

/// n minus a number.
fn negated(number: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(N[at]) - i16::from(number[at]) - borrow;
        borrow = i16::from(difference < 0);
        out[at] = difference.rem_euclid(256) as u8;
    }
    out
}

fn daves() -> (Record, Vec<u8>) {
    let record = record_by("@dave", soft(5).public());
    let payload = payload(&record);
    (record, payload)
}

/// @dave's record with its numbers written by `write`, under a key in wire form.
fn spoilt(wire: &[u8], write: impl FnOnce([u8; 32], [u8; 32]) -> Vec<u8>) -> Vec<u8> {
    let payload = daves().1;
    let (r, s) = parts(&secret(5).sign(&signed_data(NAMESPACE, &pae(&payload))));
    envelope(&payload, &SshSig::blob_of(wire, NAMESPACE, &inner(KIND, &write(r, s))))
}

fn judged(line: &[u8]) -> Result<Verified, Code> {
    verify_line(line, &keys(), &root()).map_err(|rejected| rejected.finding.code)
}

#[test]
fn both_types_are_accepted_and_only_the_device_is_hardware() {
    let (record, payload) = daves();
    let line = soft(5).sign_record(&record).unwrap();
    assert_eq!(line, spoilt(soft(5).public().wire(), |r, s| numbers(&r, &s)), "what is signed here is deterministic");
    let verified = judged(&line).unwrap();
    assert!(!verified.is_hardware());
    assert_eq!(verified.principal(), &principal("@dave"));
    assert_eq!(p256_wire(secret(5).verifying_key()), soft(5).public().wire());
    // One bit of the payload, and another key's signature.
    let mut other = payload.clone();
    let at = other.len() / 2;
    other[at] ^= 1;
    let blob = SshSig::blob_of(soft(5).public().wire(), NAMESPACE, &inner(KIND, &numbers(&[1], &[1])));
    assert_eq!(judged(&envelope(&payload, &blob)).unwrap_err(), Code::SignatureInvalid);
    let mut swapped = record;
    swapped.signer.handle = principal("@alice");
    assert_eq!(judged(&soft(5).sign_record(&swapped).unwrap()).unwrap_err(), Code::SignerMismatch);
}

#[test]
fn a_device_signs_with_somebody_touching_it_and_in_no_other_way() {
    let public = device(6);
    assert!(public.is_hardware());
    let payload = payload(&record_by("@erin", &public));
    let blob = |flags, kind, tail: &[u8]| envelope(&payload, &device_blob(6, &pae(&payload), flags, kind, tail));
    assert!(judged(&blob(1, SK_KIND, b"")).unwrap().is_hardware());
    assert!(judged(&blob(5, SK_KIND, b"")).unwrap().is_hardware());
    for flags in [0, 4, 0xfe] {
        assert_eq!(judged(&blob(flags, SK_KIND, b"")).unwrap_err(), Code::NoUserPresence, "{flags}");
    }
    assert_eq!(judged(&blob(1, SK_KIND, b"\0")).unwrap_err(), Code::SignatureMalformed);
    assert_eq!(judged(&blob(1, KIND, b"")).unwrap_err(), Code::SignatureMalformed);
    assert_eq!(judged(&blob(1, "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", b"")).unwrap_err(), Code::SignatureMalformed);
    // The point of a device under the type of a file is another key, and what the device signed is nothing under it.
    let file = wire(KIND, "nistp256", &point(6), None);
    assert_ne!(PublicKey::from_wire(&file).unwrap().fingerprint(), public.fingerprint());
    // Without flags and counter, as a file would sign.
    let (r, s) = parts(&secret(6).sign(&signed_data(NAMESPACE, &pae(&payload))));
    let plain = envelope(&payload, &SshSig::blob_of(&device_wire(6), NAMESPACE, &inner(SK_KIND, &numbers(&r, &s))));
    assert_eq!(judged(&plain).unwrap_err(), Code::SignatureMalformed);
}

#[test]
fn keys_have_one_encoding() {
    let good = point(5);
    let mut off_curve = good.clone();
    off_curve[64] ^= 1;
    let mut compressed = vec![2 | (good[64] & 1)];
    compressed.extend_from_slice(&good[1..33]);
    let mut hybrid = good.clone();
    hybrid[0] = 6 | (good[64] & 1);
    let mut unreduced = good.clone();
    unreduced[1..33].copy_from_slice(&[0xff; 32]);
    let p384 = [&[4_u8][..], &[1; 96]].concat();
    let cases: [(&str, Vec<u8>); 12] = [
        ("not on the curve", wire(KIND, "nistp256", &off_curve, None)),
        ("compressed", wire(KIND, "nistp256", &compressed, None)),
        ("hybrid", wire(KIND, "nistp256", &hybrid, None)),
        ("the point at infinity", wire(KIND, "nistp256", &[0], None)),
        ("zeros for infinity", wire(KIND, "nistp256", &[&[4][..], &[0; 64]].concat(), None)),
        ("a coordinate that is not reduced", wire(KIND, "nistp256", &unreduced, None)),
        ("trailing bytes", [wire(KIND, "nistp256", &good, None), vec![0]].concat()),
        ("trailing bytes in the point", wire(KIND, "nistp256", &[&good[..], &[0]].concat(), None)),
        ("another curve's name", wire(KIND, "nistp384", &good, None)),
        ("another curve's point", wire(KIND, "nistp256", &p384, None)),
        ("no application", wire(SK_KIND, "nistp256", &good, None)),
        ("a web site's application", wire(SK_KIND, "nistp256", &good, Some("https://example.org"))),
    ];
    for (name, wire) in cases {
        assert!(matches!(PublicKey::from_wire(&wire), Err(KeyError::Malformed(_))), "{name}");
        let found = judged(&spoilt(&wire, |r, s| numbers(&r, &s)));
        assert_eq!(found.unwrap_err(), Code::SignatureMalformed, "{name}");
    }
    for kind in ["ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ssh-rsa", "ssh-dss"] {
        let found = judged(&spoilt(&wire(kind, "nistp384", &p384, None), |r, s| numbers(&r, &s)));
        assert_eq!(found.unwrap_err(), Code::KeyTypeUnsupported, "{kind}");
    }
    let text = soft(5).public().text();
    assert_eq!(&PublicKey::from_text(&text).unwrap(), soft(5).public());
    assert!(matches!(PublicKey::from_text(&text.replacen(KIND, SK_KIND, 1)), Err(KeyError::Malformed(_))));
    assert!(matches!(PublicKey::from_text(&text.replacen(KIND, "ssh-ed25519", 1)), Err(KeyError::Malformed(_))));
}

#[test]
fn signatures_have_one_encoding() {
    /// A number as raw bytes of an `mpint`.
    fn raw(r: &[u8], s: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_string(&mut out, r);
        put_string(&mut out, s);
        out
    }
    /// The bytes of a number with a sign byte where it needs one, as `put_number` writes them.
    fn positive(number: &[u8; 32]) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, number);
        out.split_off(4)
    }
    let plus_n = |number: &[u8; 32]| {
        let mut out = vec![0; 33];
        let mut carry = 0;
        for at in (0..32).rev() {
            carry += u16::from(N[at]) + u16::from(number[at]);
            out[at + 1] = carry as u8;
            carry >>= 8;
        }
        out[0] = carry as u8;
        out
    };
    type Write<'a> = Box<dyn Fn([u8; 32], [u8; 32]) -> Vec<u8> + 'a>;
    let cases: Vec<(&str, Write<'_>)> = vec![
        ("r is zero", Box::new(|_, s| numbers(&[], &s))),
        ("s is zero", Box::new(|r, _| numbers(&r, &[]))),
        ("r is a zero byte", Box::new(|_, s| raw(&[0], &positive(&s)))),
        ("r is n", Box::new(|_, s| numbers(&N, &s))),
        ("s is n", Box::new(|r, _| numbers(&r, &N))),
        ("r plus n", Box::new(|r, s| numbers(&plus_n(&r), &s))),
        ("s plus n", Box::new(|r, s| numbers(&r, &plus_n(&s)))),
        ("s of all ones", Box::new(|r, _| numbers(&r, &[0xff; 32]))),
        ("a zero byte too many before r", Box::new(|r, s| raw(&[&[0][..], &positive(&r)].concat(), &positive(&s)))),
        ("a zero byte too many before s", Box::new(|r, s| raw(&positive(&r), &[&[0][..], &positive(&s)].concat()))),
        ("a negative r", Box::new(|_, s| raw(&[0x80, 1], &positive(&s)))),
        ("a negative s", Box::new(|r, _| raw(&positive(&r), &[0xff; 32]))),
        ("an over-long s", Box::new(|r, s| raw(&positive(&r), &[&[1][..], &s, &s].concat()))),
        ("trailing bytes", Box::new(|r, s| [numbers(&r, &s), vec![0]].concat())),
        ("a third number", Box::new(|r, s| [numbers(&r, &s), raw(&[1], &[])].concat())),
        ("one number", Box::new(|r, _| numbers(&r, &[1])[..36].to_vec())),
        ("64 bytes as in ed25519", Box::new(|r, s| [r, s].concat())),
        ("DER", Box::new(|r, s| [&[0x30, 0x44, 2, 0x20][..], &r, &[2, 0x20], &s].concat())),
        ("nothing", Box::new(|_, _| Vec::new())),
    ];
    let public = soft(5).public().wire().to_vec();
    for (name, write) in cases {
        assert_eq!(judged(&spoilt(&public, write)).unwrap_err(), Code::SignatureMalformed, "{name}");
    }
    // Well-formed numbers that are another signature's, or each other's.
    assert_eq!(judged(&spoilt(&public, |r, s| numbers(&s, &r))).unwrap_err(), Code::SignatureInvalid);
    assert_eq!(judged(&spoilt(&public, |r, s| numbers(&negated(&r), &s))).unwrap_err(), Code::SignatureInvalid);
    // An ed25519 signature under a P-256 key and the other way round.
    let payload = daves().1;
    let ed25519 = key(1).sign(&pae(&payload)).unwrap();
    let mut mixed = SshSig::blob_of(&public, NAMESPACE, &ed25519[ed25519.len() - 83..]);
    assert_eq!(judged(&envelope(&payload, &mixed)).unwrap_err(), Code::SignatureMalformed);
    let (r, s) = parts(&secret(5).sign(&signed_data(NAMESPACE, &pae(&payload))));
    mixed = SshSig::blob_of(key(1).public().wire(), NAMESPACE, &inner(KIND, &numbers(&r, &s)));
    assert_eq!(judged(&envelope(&payload, &mixed)).unwrap_err(), Code::SignatureMalformed);
}

#[test]
fn every_signature_of_a_record_is_the_same_record() {
    let public = soft(5).public().wire().to_vec();
    let one = spoilt(&public, |r, s| numbers(&r, &s));
    // Anybody can make this one of it, without the key.
    let twin = spoilt(&public, |r, s| numbers(&r, &negated(&s)));
    // The signer can sign as often as they like, with other random bits.
    let payload = daves().1;
    let digest = Sha256::digest(signed_data(NAMESPACE, &pae(&payload)));
    let again = {
        use p256::ecdsa::signature::hazmat::RandomizedPrehashSigner as _;
        let mut rng = Fixed(9);
        let signature: Signature = secret(5).sign_prehash_with_rng(&mut rng, &digest).unwrap();
        let (r, s) = parts(&signature);
        envelope(&payload, &SshSig::blob_of(&public, NAMESPACE, &inner(KIND, &numbers(&r, &s))))
    };
    let lines = [one, twin, again];
    let ids: Vec<_> = lines.iter().map(|line| judged(line).unwrap().id()).collect();
    assert!(lines[0] != lines[1] && lines[0] != lines[2] && ids[0] == ids[1] && ids[0] == ids[2]);
    let lowest = lines.iter().min().unwrap();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let log = verify_log(order.map(|at| lines[at].as_slice()), &keys(), &root());
        assert_eq!((log.records.len(), log.findings.len()), (1, 0));
        assert_eq!(log.records[&ids[0]].line(), lowest.as_slice());
    }
    // What somebody else made of a signature takes none of the signer's room in a log; each that they made themselves does.
    let all: Vec<_> = lines.iter().collect();
    assert_eq!(valid_once(&all, &keys(), &root()).len(), 2);
    assert_eq!(valid_once(&all[..2], &keys(), &root()), [&lines[0]]);
    // A line that claims the id and does not verify takes nothing from those that do.
    let mut broken = spoilt(&public, |r, s| numbers(&s, &r));
    let log = verify_log([&broken[..], &lines[0], &lines[1]], &keys(), &root());
    assert_eq!((log.records.len(), log.findings.len()), (1, 1));
    broken = line(&record("@alice", 1), 1);
    assert_eq!(verify_log([&broken[..], &lines[0], &lines[1]], &keys(), &root()).records.len(), 2);
}

/// A source of bits that are not random at all.
struct Fixed(u8);

impl p256::elliptic_curve::rand_core::TryRng for Fixed {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from(self.0))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from(self.0))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl p256::elliptic_curve::rand_core::TryCryptoRng for Fixed {}
