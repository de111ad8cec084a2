//! What holds for any bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use relsign::parse::public_key::PublicKey;
use relsign::parse::record::{Envelope, encode_envelope, parse_envelope};
use relsign::parse::statement::{encode_statement, parse_statement};
use relsign::sign::pae::pae;
use relsign::sign::sshsig::{SshSig, armour, unarmour};
use relsign::sign::verify::verify_line;

use super::make::{Blob, envelope, hardware_blob, hardware_wire, key, keyring, line, payload, record, record_by, root};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back_from_a_payload(comment in "\\PC{1,60}|[\\x00-\\x7f]{1,20}", nonce in any::<[u8; 16]>(), parents in vec(any::<[u8; 32]>(), 0..5), seconds in 0_i64..4_000_000_000) {
        let mut record = record("@alice", 1);
        record.comment = Some(comment);
        record.nonce = relsign::model::ids::Nonce::from_bytes(nonce);
        record.parents = parents.into_iter().map(relsign::model::ids::RecordId::from_bytes).collect();
        record.parents.sort();
        record.parents.dedup();
        record.time = relsign::model::time::Timestamp::from_seconds(seconds).unwrap();
        let payload = encode_statement(&record).unwrap();
        prop_assert_eq!(parse_statement(&payload).unwrap(), record);
    }

    #[test]
    fn envelopes_come_back(payload in vec(any::<u8>(), 0..200), sig in vec(any::<u8>(), 0..200)) {
        let envelope = Envelope { payload, keyid: key(1).public().fingerprint().clone(), sig };
        let line = encode_envelope(&envelope);
        let read = parse_envelope(&line).unwrap();
        prop_assert_eq!(encode_envelope(&read), line);
        prop_assert_eq!(read, envelope);
    }

    #[test]
    fn armour_comes_off_whatever_its_width(bytes in vec(any::<u8>(), 1..300), width in 1_usize..100) {
        prop_assert_eq!(unarmour(&armour(&bytes)).unwrap(), bytes.clone());
        let digits = super::make::base64(&bytes);
        let lines: Vec<_> = digits.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let text = format!("-----BEGIN SSH SIGNATURE-----\r\n{}\r\n-----END SSH SIGNATURE-----", lines.join("\r\n"));
        prop_assert_eq!(unarmour(&text).unwrap(), bytes);
    }

    #[test]
    fn no_bytes_make_anything_panic(bytes in vec(any::<u8>(), 0..400), text in "\\PC{0,100}") {
        let _ = parse_envelope(&bytes);
        let _ = parse_statement(&bytes);
        let _ = SshSig::from_blob(&bytes);
        let _ = SshSig::from_blob(&[b"SSHSIG\0\0\0\x01", &bytes[..]].concat());
        let _ = PublicKey::from_wire(&bytes);
        let _ = PublicKey::from_text(&text);
        let _ = unarmour(&text);
        prop_assert!(verify_line(&bytes, &keyring(), &root()).is_err());
    }

    #[test]
    fn any_change_of_a_line_is_found(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut line = line(&record("@alice", 1), 1);
        let at = at.index(line.len());
        prop_assume!(line[at] != byte);
        line[at] = byte;
        prop_assert!(verify_line(&line, &keyring(), &root()).is_err());
    }
}

#[test]
fn flipping_any_bit_of_payload_signature_or_key_is_found() {
    let hardware = record_by("@carol", &PublicKey::from_wire(&hardware_wire(4)).unwrap());
    let software = record("@alice", 1);
    for (record, make) in [
        (&software, (|message: &[u8]| Blob::of(1, message).bytes()) as fn(&[u8]) -> Vec<u8>),
        (&hardware, |message| hardware_blob(4, message, 1)),
    ] {
        let payload = payload(record);
        let blob = make(&pae(&payload));
        let (keys, root) = (keyring(), root());
        assert!(verify_line(&envelope(&payload, &blob), &keys, &root).is_ok());
        for at in 0..blob.len() * 8 {
            let mut spoilt = blob.clone();
            spoilt[at / 8] ^= 1 << (at % 8);
            assert!(verify_line(&envelope(&payload, &spoilt), &keys, &root).is_err(), "bit {at} of the signature");
        }
        for at in 0..payload.len() {
            let mut spoilt = payload.clone();
            spoilt[at] ^= 1 << (at % 8);
            assert!(verify_line(&envelope(&spoilt, &blob), &keys, &root).is_err(), "byte {at} of the payload");
        }
    }
}
