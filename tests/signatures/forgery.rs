//! Forged envelopes, signatures and payloads, each with the one finding that it must become.

use ed25519_dalek::{Signer as _, SigningKey as Ed25519};
use relsign::model::finding::Code;
use relsign::model::record::NAMESPACE;
use relsign::parse::record::{MAX_JUNK, MAX_LINE};
use relsign::parse::wire::put_string;
use relsign::sign::pae::pae;
use relsign::sign::sshsig::signed_data;
use relsign::sign::verify::{verify_line, verify_log};

use super::make::{
    Blob, accepted, base64, code, envelope, hardware_blob, hardware_wire, inner, key, keyring, line, payload, record, record_by,
    root, signed,
};

/// A good line, to be spoilt.
fn good() -> (String, Vec<u8>) {
    let record = record("@alice", 1);
    (String::from_utf8(line(&record, 1)).unwrap(), payload(&record))
}

/// The good payload with a piece replaced, signed properly again.
fn altered(from: &str, to: &str) -> Vec<u8> {
    let payload = String::from_utf8(good().1).unwrap();
    assert!(payload.contains(from), "{from} is not in {payload}");
    signed(payload.replacen(from, to, 1).as_bytes(), 1)
}

/// A good blob with one part changed, in an envelope.
fn spoilt(change: impl FnOnce(&mut Blob)) -> Vec<u8> {
    let payload = good().1;
    let mut blob = Blob::of(1, &pae(&payload));
    change(&mut blob);
    envelope(&payload, &blob.bytes())
}

#[test]
fn the_material_of_these_tests_is_good_before_it_is_spoilt() {
    let (line, payload) = good();
    accepted(line.as_bytes());
    assert_eq!(spoilt(|_| ()), line.as_bytes());
    assert_eq!(signed(&payload, 1), line.as_bytes());
}

// Signers.

#[test]
fn signer_swapped_under_one_payload() {
    // Bob signs the very payload in which Alice speaks.
    let payload = good().1;
    assert_eq!(code(&signed(&payload, 2)), Code::SignerMismatch);
}

#[test]
fn own_key_under_another_name() {
    assert_eq!(code(&line(&record("@alice", 2), 2)), Code::SignerMismatch);
    assert_eq!(code(&line(&record("machine:ci", 1), 1)), Code::SignerMismatch);
}

#[test]
fn unknown_key() {
    let rejected = verify_line(&line(&record("@alice", 9), 9), &keyring(), &root()).unwrap_err();
    assert_eq!(rejected.finding.code, Code::SignerUnknown);
    assert_eq!(rejected.finding.key.as_ref(), Some(key(9).public().fingerprint()));
    assert!(rejected.finding.record.is_some());
}

#[test]
fn key_id_lying_about_the_key() {
    let (line, _) = good();
    let lie = line.replace(key(1).public().fingerprint().as_str(), key(2).public().fingerprint().as_str());
    assert_eq!(code(lie.as_bytes()), Code::KeyidMismatch);
}

// Signatures.

#[test]
fn right_key_wrong_namespace() {
    let payload = good().1;
    for namespace in ["git", "file", "relsign-v2", "relsign-v1 ", "RELSIGN-V1"] {
        let mut blob = Blob::of(1, &pae(&payload));
        let secret = Ed25519::from_bytes(&[1; 32]);
        blob.inner = inner("ssh-ed25519", &secret.sign(&signed_data(namespace, &pae(&payload))).to_bytes());
        blob.namespace = namespace.to_owned();
        assert_eq!(code(&envelope(&payload, &blob.bytes())), Code::NamespaceWrong, "{namespace}");
        // The signature of one namespace under the name of ours.
        blob.namespace = NAMESPACE.to_owned();
        assert_eq!(code(&envelope(&payload, &blob.bytes())), Code::SignatureInvalid, "{namespace}");
    }
}

#[test]
fn signature_over_another_payload() {
    let mut other = record("@alice", 1);
    other.comment = Some("another".to_owned());
    let blob = Blob::of(1, &pae(&payload(&other)));
    assert_eq!(code(&envelope(&good().1, &blob.bytes())), Code::SignatureInvalid);
    // A signature over the bare payload is none over its encoding.
    let blob = Blob::of(1, &good().1);
    assert_eq!(code(&envelope(&good().1, &blob.bytes())), Code::SignatureInvalid);
}

#[test]
fn small_order_keys() {
    // The neutral point and a point of order eight; R is the neutral point and S is zero.
    let neutral = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    let eight: [u8; 32] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
        0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    for point in [neutral, [0; 32], eight] {
        let line = spoilt(|blob| {
            blob.key = relsign::parse::public_key::ed25519_wire(&point);
            let mut signature = [0; 64];
            signature[0] = 1;
            blob.inner = inner("ssh-ed25519", &signature);
        });
        assert_eq!(code(&line), Code::KeyWeak);
    }
}

#[test]
fn a_key_that_is_no_point_or_has_a_second_spelling() {
    for first in [0xee_u8, 0xf0, 0xf1] {
        // y = p + something: the same points as small y, spelt without reduction.
        let mut point = [0xff; 32];
        point[0] = first;
        point[31] = 0x7f;
        let line = spoilt(|blob| blob.key = relsign::parse::public_key::ed25519_wire(&point));
        assert!(matches!(code(&line), Code::SignatureMalformed | Code::KeyWeak), "{first:x}");
    }
}

#[test]
fn s_plus_l() {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0x10,
    ];
    let payload = good().1;
    let mut signature = Ed25519::from_bytes(&[1; 32]).sign(&signed_data(NAMESPACE, &pae(&payload))).to_bytes();
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(L) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(code(&spoilt(|blob| blob.inner = inner("ssh-ed25519", &signature))), Code::SignatureInvalid);
}

#[test]
fn wrong_hash() {
    for hash in ["sha256", "sha1", "", "SHA512"] {
        assert_eq!(code(&spoilt(|blob| blob.hash = hash.to_owned())), Code::HashWrong, "{hash}");
    }
}

#[test]
fn version_reserved_and_junk_in_the_blob() {
    for version in [0, 2, u32::MAX] {
        assert_eq!(code(&spoilt(|blob| blob.version = version)), Code::SignatureMalformed);
    }
    assert_eq!(code(&spoilt(|blob| blob.reserved = vec![0])), Code::SignatureMalformed);
    assert_eq!(code(&spoilt(|blob| blob.inner.push(0))), Code::SignatureMalformed);
    assert_eq!(code(&spoilt(|blob| blob.key.push(0))), Code::SignatureMalformed);
    let payload = good().1;
    let mut bytes = Blob::of(1, &pae(&payload)).bytes();
    bytes.push(0);
    assert_eq!(code(&envelope(&payload, &bytes)), Code::SignatureMalformed);
    for length in 0..bytes.len() - 1 {
        let found = code(&envelope(&payload, &bytes[..length]));
        assert!(matches!(found, Code::SignatureMalformed), "{length}: {found}");
    }
}

#[test]
fn other_types_of_keys() {
    for kind in ["ssh-rsa", "ecdsa-sha2-nistp384", "ssh-ed25519-cert-v01@openssh.com", "webauthn-sk-ssh-ed25519@openssh.com", ""] {
        let line = spoilt(|blob| {
            blob.key.clear();
            put_string(&mut blob.key, kind.as_bytes());
            put_string(&mut blob.key, &[5; 32]);
        });
        assert_eq!(code(&line), Code::KeyTypeUnsupported, "{kind}");
    }
    // The inner signature claims another type than the key.
    let payload = good().1;
    let signature = Ed25519::from_bytes(&[1; 32]).sign(&signed_data(NAMESPACE, &pae(&payload))).to_bytes();
    assert_eq!(code(&spoilt(|blob| blob.inner = inner("rsa-sha2-512", &signature))), Code::SignatureMalformed);
}

#[test]
fn hardware_signature_without_user_presence() {
    let record = record_by("@carol", &relsign::parse::public_key::PublicKey::from_wire(&hardware_wire(4)).unwrap());
    let payload = payload(&record);
    let message = pae(&payload);
    accepted(&envelope(&payload, &hardware_blob(4, &message, 1)));
    for flags in [0, 4, 0xfe] {
        assert_eq!(code(&envelope(&payload, &hardware_blob(4, &message, flags))), Code::NoUserPresence, "{flags}");
    }
    // Setting the flag afterwards breaks the signature.
    let mut blob = hardware_blob(4, &message, 0);
    let at = blob.len() - 5;
    blob[at] = 1;
    assert_eq!(code(&envelope(&payload, &blob)), Code::SignatureInvalid);
    // So does another application.
    let web = {
        let mut out = Vec::new();
        put_string(&mut out, b"sk-ssh-ed25519@openssh.com");
        put_string(&mut out, Ed25519::from_bytes(&[4; 32]).verifying_key().as_bytes());
        put_string(&mut out, b"https://x.example");
        out
    };
    assert_eq!(code(&spoilt(|blob| blob.key = web)), Code::SignatureMalformed);
}

// Envelopes.

#[test]
fn envelopes_have_exactly_one_form() {
    let (line, payload) = good();
    let keyid = key(1).public().fingerprint().to_string();
    let sig = base64(&Blob::of(1, &pae(&payload)).bytes());
    let body = base64(&payload);
    let (head, ty) = ("{\"payloadType\":", "\"application/vnd.in-toto+json\"");
    let one = format!("{{\"keyid\":\"{keyid}\",\"sig\":\"{sig}\"}}");
    let forms = [
        ("two signatures", format!("{head}{ty},\"payload\":\"{body}\",\"signatures\":[{one},{one}]}}")),
        ("no signature", format!("{head}{ty},\"payload\":\"{body}\",\"signatures\":[]}}")),
        ("key order", format!("{{\"payload\":\"{body}\",\"payloadType\":{ty},\"signatures\":[{one}]}}")),
        (
            "inner key order",
            format!("{head}{ty},\"payload\":\"{body}\",\"signatures\":[{{\"sig\":\"{sig}\",\"keyid\":\"{keyid}\"}}]}}"),
        ),
        ("space", line.replace("\",\"payload\"", "\", \"payload\"")),
        ("space inside", line.replace("[{\"keyid\"", "[ {\"keyid\"")),
        ("leading space", format!(" {line}")),
        ("trailing space", format!("{line} ")),
        ("trailing newline", format!("{line}\n")),
        ("carriage return", format!("{line}\r")),
        ("trailing junk", format!("{line}x")),
        ("two envelopes", format!("{line}{line}")),
        ("byte order mark", format!("\u{feff}{line}")),
        ("NUL", format!("{line}\0")),
        ("another type", line.replace("application/vnd.in-toto+json", "application/json")),
        ("another key", line.replace("\"signatures\"", "\"x\":1,\"signatures\"")),
        ("key twice", line.replace("\"payload\":\"", "\"payload\":\"\",\"payload\":\"")),
        ("escaped key", line.replace("\"payload\"", "\"p\\u0061yload\"")),
        ("escape in base64", line.replacen(&body[..1], &format!("\\u{:04x}", body.as_bytes()[0]), 1)),
        ("newline in base64", line.replacen(&body[..8], &format!("{}\\n", &body[..8]), 1)),
        ("truncated base64", line.replacen(&body, &body[..body.len() - 1], 1)),
        ("truncated quantum", line.replacen(&body, &body[..body.len() - 3], 1)),
        ("key id", line.replace(&keyid, "alice")),
        ("no key id", line.replace(&keyid, "")),
        ("empty", "{}".to_owned()),
        ("list", "[]".to_owned()),
        ("text", "hello".to_owned()),
        ("truncated", line[..line.len() - 1].to_owned()),
    ];
    for (name, form) in forms {
        assert_ne!(form, line, "{name} changes nothing");
        assert_eq!(code(form.as_bytes()), Code::LineMalformed, "{name}");
    }
    assert_eq!(code(b"\xff\xfe"), Code::LineMalformed);
}

#[test]
fn base64_has_one_spelling() {
    // Payloads of every length modulo three, so that each kind of padding is met.
    for extra in ["", "x", "xx"] {
        let mut record = record("@alice", 1);
        record.comment = Some(format!("c{extra}"));
        let line = String::from_utf8(line(&record, 1)).unwrap();
        accepted(line.as_bytes());
        let body = base64(&payload(&record));
        let unpadded = body.trim_end_matches('=');
        if unpadded.len() == body.len() {
            assert_eq!(code(line.replacen(&body, &format!("{body}===="), 1).as_bytes()), Code::LineMalformed);
            continue;
        }
        assert_eq!(code(line.replacen(&body, unpadded, 1).as_bytes()), Code::LineMalformed, "no padding");
        // Bits of the last digit that no byte holds.
        let mut stray = unpadded.to_owned().into_bytes();
        let last = stray.last_mut().unwrap();
        *last = match *last {
            b'A'..=b'Y' | b'a'..=b'y' | b'0'..=b'8' => *last + 1,
            _ => b'B',
        };
        let stray = format!("{}{}", String::from_utf8(stray).unwrap(), &body[unpadded.len()..]);
        assert_eq!(code(line.replacen(&body, &stray, 1).as_bytes()), Code::LineMalformed, "stray bits");
    }
    let (line, _) = good();
    if line.contains('/') || line.contains('+') {
        let sig_at = line.rfind("\"sig\":").unwrap();
        let url = format!("{}{}", &line[..sig_at], line[sig_at..].replace('+', "-").replace('/', "_"));
        if url != line {
            assert_eq!(code(url.as_bytes()), Code::LineMalformed, "the alphabet of addresses");
        }
    }
}

#[test]
fn limits() {
    assert_eq!(code(&vec![b'{'; MAX_LINE + 1]), Code::LineTooLong);
    assert_eq!(code(&vec![b'{'; MAX_LINE]), Code::LineMalformed);
    let codes = |log: relsign::sign::verify::VerifiedLog| {
        log.findings.iter().map(|finding| finding.code).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let junk: Vec<Vec<u8>> = (0..=MAX_JUNK).map(|n| format!("x{n}").into_bytes()).collect();
    let few = junk.iter().take(MAX_JUNK).map(Vec::as_slice);
    assert_eq!(codes(verify_log(few, &keyring(), &root())), [Code::LineMalformed]);
    let many = junk.iter().map(Vec::as_slice);
    assert_eq!(codes(verify_log(many, &keyring(), &root())), [Code::LineMalformed, Code::JunkLines]);
    // Junk that sorts before and after a record does not push it out, however much there is.
    let (among, _) = good();
    let around = junk.iter().map(Vec::as_slice).chain([&b"!"[..], among.as_bytes()]);
    assert_eq!(verify_log(around, &keyring(), &root()).records.len(), 1);
    let mut record = record("@alice", 1);
    record.comment = Some("x".repeat(16 * 1024));
    accepted(&line(&record, 1));
    let long = format!("\"comment\":\"{}\"", "x".repeat(16 * 1024 + 1));
    let at = String::from_utf8(payload(&record)).unwrap().replace(&format!("\"comment\":\"{}\"", "x".repeat(16 * 1024)), &long);
    assert_eq!(code(&signed(at.as_bytes(), 1)), Code::PayloadMalformed);
}

// Payloads.

#[test]
fn payloads_are_strict_statements() {
    let nonce = "07".repeat(16);
    let four = "4".repeat(64);
    let open = format!("\"open\":\"{four}\",");
    let parents = format!("\"parents\":[\"{four}\"]");
    let cases = [
        ("unknown key", "\"subject\":", "\"extra\":1,\"subject\":".to_owned()),
        ("unknown predicate key", "\"nonce\":", "\"extra\":1,\"nonce\":".to_owned()),
        ("unknown body key", "\"body\":{", "\"body\":{\"extra\":1,".to_owned()),
        ("unknown signer key", "\"signer\":{", "\"signer\":{\"name\":\"x\",".to_owned()),
        ("duplicate key", "\"tool\":", "\"tool\":\"x\",\"tool\":".to_owned()),
        ("duplicate body", "\"body\":", "\"body\":{},\"body\":".to_owned()),
        ("escaped duplicate key", "\"tool\":", "\"t\\u006fol\":\"x\",\"tool\":".to_owned()),
        ("number as string", "\"version\":1", "\"version\":\"1\"".to_owned()),
        ("float", "\"version\":1", "\"version\":1.0".to_owned()),
        ("negative", "\"version\":1", "\"version\":-1".to_owned()),
        ("huge", "\"version\":1", "\"version\":4294967296".to_owned()),
        ("version zero", "\"version\":1", "\"version\":0".to_owned()),
        ("null", "\"comment\":", "\"role\":null,\"comment\":".to_owned()),
        ("another type", "https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1".to_owned()),
        ("another kind", "urn:relsign:v1:sign", "urn:relsign:v1:decide".to_owned()),
        ("another version", "urn:relsign:v1:sign", "urn:relsign:v2:sign".to_owned()),
        ("nonce", nonce.as_str(), "07".repeat(15)),
        ("capital nonce", nonce.as_str(), "AB".repeat(16)),
        ("two parents of one id", parents.as_str(), format!("\"parents\":[\"{four}\",\"{four}\"]")),
        ("unsorted parents", parents.as_str(), format!("\"parents\":[\"{four}\",\"{}\"]", "3".repeat(64))),
        ("subject name twice", "\"name\":\"commit\"", "\"name\":\"tree-sha256\"".to_owned()),
        ("two hashes", "{\"gitCommit\":", format!("{{\"gitBlob\":\"{}\",\"gitCommit\":", "2".repeat(40))),
        ("time", "2026-11-21T09:30:00Z", "2026-11-21T09:30:00+00:00".to_owned()),
        ("handle", "\"@alice\"", "\"@Alice\"".to_owned()),
        ("homoglyph", "\"@alice\"", "\"@аlice\"".to_owned()),
        ("leading space", "{\"_type\"", " {\"_type\"".to_owned()),
        ("byte order mark", "{\"_type\"", "\u{feff}{\"_type\"".to_owned()),
        ("line break in the tool", "relsign/0.1.0", "relsign\\n".to_owned()),
        ("no open", open.as_str(), String::new()),
    ];
    for (name, from, to) in cases {
        assert_eq!(code(&altered(from, &to)), Code::PayloadMalformed, "{name}");
    }
    let payload = good().1;
    for tail in [" ", "\n", "{}", "\0", ","] {
        assert_eq!(code(&signed(&[&payload[..], tail.as_bytes()].concat(), 1)), Code::PayloadMalformed, "{tail:?}");
    }
    for junk in [&b""[..], b"{}", b"[]", b"null", b"\xff", b"{\"_type\":"] {
        assert_eq!(code(&signed(junk, 1)), Code::PayloadMalformed, "{junk:?}");
    }
}

#[test]
fn objects_are_not_written_as_lists_nor_words_as_objects() {
    let print = key(1).public().fingerprint().to_string();
    let object = format!("{{\"handle\":\"@alice\",\"fingerprint\":\"{print}\"}}");
    assert_eq!(code(&altered(&object, &format!("[\"@alice\",\"{print}\"]"))), Code::PayloadMalformed);
    assert_eq!(code(&altered("\"verdict\":\"done\"", "\"verdict\":{\"done\":null}")), Code::PayloadMalformed);
    assert_eq!(code(&altered("\"time\":", "\"evidence\":[],\"time\":")), Code::PayloadMalformed);
    // White space inside the object says nothing and is allowed.
    accepted(&altered("\"time\":", "\n \"time\": "));
}

#[test]
fn deep_nesting_is_a_finding() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        let body = String::from_utf8(good().1).unwrap();
        let at = body.find("\"body\":").unwrap();
        let known = format!("{}\"body\":{deep}}}}}", &body[..at]);
        assert_eq!(code(&signed(known.as_bytes(), 1)), Code::PayloadMalformed);
        let unknown = known.replace("v1:sign", "v1:veto").replace("\"kind\":\"sign\"", "\"kind\":\"veto\"");
        assert_eq!(code(&signed(unknown.as_bytes(), 1)), Code::PayloadMalformed);
    }
}

#[test]
fn unknown_kinds_are_kept_and_found() {
    let body = String::from_utf8(good().1).unwrap();
    let at = body.find("\"body\":").unwrap();
    let make = |body_json: &str| {
        let text = format!("{}\"body\":{body_json}}}}}", &body[..at]);
        signed(text.replace("v1:sign", "v1:veto").replace("\"kind\":\"sign\"", "\"kind\":\"veto\"").as_bytes(), 1)
    };
    for good in ["{}", "null", "5", "\"x\"", "{\"a\":[{\"b\":null},{}],\"c\":\"{[:\"}"] {
        let line = make(good);
        let log = verify_log([&line[..]], &keyring(), &root());
        assert_eq!(log.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::KindUnknown], "{good}");
        assert_eq!(log.records.len(), 1);
    }
    for bad in ["{\"a\":1,\"a\":2}", "{\"a\":[{\"b\":1,\"\\u0062\":2}]}", "{\"a\":}", "1 2", ""] {
        assert_eq!(code(&make(bad)), Code::PayloadMalformed, "{bad}");
    }
}
