//! Forgery: lines whose signature is not what it claims to be.
//!
//! Every forged line is tried twice, as what would help most: a decision to go where only that is missing, and a
//! reject where the release is GO. Neither may change the answer of the gate.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::blob::{self, Blob};
use crate::sandbox::{Sandbox, Stage, TAG, envelope, pae};

#[test]
fn the_sandbox_signs_as_ssh_keygen_does() {
    // Expected: the same bytes, or all that the attacker signs would prove nothing.
    let box_ = Sandbox::at(Stage::Begun);
    let payload = b"{}";
    let blob = box_.ssh_sign("ann", &["-n", "relsign-v1"], &pae(payload));
    assert_eq!(box_.sign_bytes("ann", payload), envelope(payload, &box_.fingerprint("ann"), &blob));
}

/// Asserts that a forged line is found under a code, and changes neither a no nor a yes of the gate.
#[track_caller]
fn changes_nothing(code: &str, forge: impl Fn(&Sandbox, &[u8]) -> Vec<u8>) {
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.add_line(TAG, &forge(&box_, go.to_string().as_bytes()));
    box_.verify(TAG, 3).finds(code);
    box_.gate(TAG, 1);
    // The same payload, rightly signed, is GO: so the forgery, and nothing else, is what fails.
    box_.plant(TAG, "rita", &go);
    box_.gate(TAG, 0);

    let box_ = Sandbox::at(Stage::Go);
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    box_.add_line(TAG, &forge(&box_, reject.to_string().as_bytes()));
    box_.verify(TAG, 3).finds(code);
    box_.gate(TAG, 0);
}

/// The key that a payload names, as a name of a file in the sandbox.
fn signer(payload: &[u8]) -> String {
    let payload: Value = serde_json::from_slice(payload).unwrap();
    payload["predicate"]["signer"]["handle"].as_str().unwrap().trim_start_matches('@').to_owned()
}

fn right_blob(box_: &Sandbox, payload: &[u8]) -> Blob {
    Blob::of(&blob::secret_of(&box_.key(&signer(payload))), &pae(payload))
}

fn line(box_: &Sandbox, payload: &[u8], blob: &[u8]) -> Vec<u8> {
    envelope(payload, &box_.fingerprint(&signer(payload)), blob)
}

#[test]
fn a_blob_made_by_hand_is_as_good_as_that_of_ssh_keygen() {
    // Expected: GO. The forgeries below are made with this; were it always wrong, they would prove nothing.
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go").to_string();
    let blob = right_blob(&box_, go.as_bytes()).bytes();
    box_.add_line(TAG, &line(&box_, go.as_bytes(), &blob));
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
}

#[test]
fn a_payload_signed_by_another_known_key_is_a_signer_mismatch() {
    // Expected: signer-mismatch, exit 3, the gate unmoved.
    changes_nothing("signer-mismatch", |box_, payload| box_.sign_bytes("max", payload));
}

#[test]
fn a_key_that_lends_its_fingerprint_to_another_handle_is_a_signer_mismatch() {
    // Expected: signer-mismatch, exit 3: @max signs as @rita with his own fingerprint in the record.
    let box_ = Sandbox::at(Stage::Signed);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["signer"]["fingerprint"] = json!(box_.fingerprint("max"));
    box_.plant(TAG, "max", &go);
    box_.verify(TAG, 3).finds("signer-mismatch").says("@rita").says("@max");
    box_.gate(TAG, 1);
}

#[test]
fn two_signatures_in_one_envelope_are_malformed() {
    // Expected: line-malformed, exit 3, the gate unmoved.
    changes_nothing("line-malformed", |box_, payload| {
        let own = String::from_utf8(box_.sign_bytes(&signer(payload), payload)).unwrap();
        let other = String::from_utf8(box_.sign_bytes("max", payload)).unwrap();
        let second = &other[other.find(r#"{"keyid""#).unwrap()..other.len() - 2];
        format!("{},{second}]}}", &own[..own.len() - 2]).into_bytes()
    });
}

#[test]
fn a_key_that_the_policy_never_listed_is_unknown() {
    // Expected: signer-unknown, exit 3, the gate unmoved; it takes no name that the policy knows.
    changes_nothing("signer-unknown", |box_, payload| {
        let mut payload: Value = serde_json::from_slice(payload).unwrap();
        payload["predicate"]["signer"]["fingerprint"] = json!(box_.fingerprint("eve"));
        box_.sign("eve", &payload)
    });
}

#[test]
fn the_right_key_in_the_wrong_namespace_does_not_count() {
    // Expected: namespace-wrong, exit 3: a signature made for a tag or a file is no record.
    for namespace in ["git", "file", "relsign-v2", "relsign-v1 "] {
        changes_nothing("namespace-wrong", |box_, payload| {
            let blob = box_.ssh_sign(&signer(payload), &["-n", namespace], &pae(payload));
            line(box_, payload, &blob)
        });
    }
}

#[test]
fn a_signature_over_another_payload_is_invalid() {
    // Expected: signature-invalid, exit 3, the gate unmoved.
    changes_nothing("signature-invalid", |box_, payload| {
        let other = [payload, b" "].concat();
        let blob = box_.ssh_sign(&signer(payload), &["-n", "relsign-v1"], &pae(&other));
        line(box_, payload, &blob)
    });
    // Expected: the same where the payload itself was signed, without the envelope's encoding around it.
    changes_nothing("signature-invalid", |box_, payload| {
        let blob = box_.ssh_sign(&signer(payload), &["-n", "relsign-v1"], payload);
        line(box_, payload, &blob)
    });
}

#[test]
fn a_real_approval_turned_into_another_item_is_invalid() {
    // Expected: signature-invalid, exit 3: one word of a real record is changed, and its signature kept.
    let box_ = Sandbox::at(Stage::Signed);
    let log = box_.log(TAG);
    let entry = log.iter().find(|entry| entry.payload["predicate"]["body"]["item"]["id"] == "rollback").unwrap();
    let envelope: Value = serde_json::from_str(&entry.line).unwrap();
    let payload = Base64::decode_vec(envelope["payload"].as_str().unwrap()).unwrap();
    let forged = String::from_utf8(payload).unwrap().replace(r#""rollback""#, r#""healthy""#);
    let line = entry.line.replace(envelope["payload"].as_str().unwrap(), &Base64::encode_string(forged.as_bytes()));
    box_.add_line(TAG, line.as_bytes());
    box_.verify(TAG, 3).finds("signature-invalid");
    box_.gate(TAG, 1);
}

#[test]
fn a_key_of_small_order_is_weak() {
    // Expected: key-weak, exit 3: under such a key one fixed signature verifies for every message.
    for (name, point) in [("identity", [1_u8, 0]), ("order 4", [0, 0])] {
        let mut key = [0; 32];
        key[0] = point[0];
        changes_nothing("key-weak", |box_, payload| {
            assert!(!name.is_empty());
            let mut forged = right_blob(box_, payload);
            forged.key = blob::ed25519_wire(&key);
            forged.signature = [0; 64];
            forged.signature[0] = 1;
            envelope(payload, &blob::fingerprint(&forged.key), &forged.bytes())
        });
    }
}

#[test]
fn a_malleated_signature_is_invalid() {
    // Expected: signature-invalid, exit 3: S + L is the same number to a lax verifier, and other bytes.
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0x10,
    ];
    changes_nothing("signature-invalid", |box_, payload| {
        let mut forged = right_blob(box_, payload);
        let mut carry = 0;
        for (byte, add) in forged.signature[32..].iter_mut().zip(L) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        line(box_, payload, &forged.bytes())
    });
}

#[test]
fn a_signature_under_another_hash_is_refused() {
    // Expected: hash-wrong, exit 3: ssh-keygen signs with SHA-256 where it is asked to.
    changes_nothing("hash-wrong", |box_, payload| {
        let blob = box_.ssh_sign(&signer(payload), &["-n", "relsign-v1", "-O", "hashalg=sha256"], &pae(payload));
        line(box_, payload, &blob)
    });
}

#[test]
fn a_blob_that_is_not_canonical_is_malformed() {
    // Expected: signature-malformed, exit 3, for each second spelling of a good signature that ssh-keygen may take.
    let spoil: [fn(&mut Blob); 4] = [
        |blob| blob.version = 0,
        |blob| blob.reserved = b"x".to_vec(),
        |blob| blob.after = b"junk".to_vec(),
        |blob| blob.kind = "ssh-rsa".to_owned(),
    ];
    for spoil in spoil {
        changes_nothing("signature-malformed", |box_, payload| {
            let mut forged = right_blob(box_, payload);
            spoil(&mut forged);
            line(box_, payload, &forged.bytes())
        });
    }
    changes_nothing("signature-malformed", |box_, payload| {
        let mut bytes = right_blob(box_, payload).bytes();
        bytes.push(0);
        line(box_, payload, &bytes)
    });
}

#[test]
fn an_envelope_that_is_not_canonical_is_malformed() {
    // Expected: line-malformed, exit 3, for every other spelling of the same envelope.
    let spoil: [fn(&str) -> String; 7] = [
        |line| line.replacen("\":\"", "\": \"", 1),
        |line| format!("{line} "),
        |line| format!(" {line}"),
        |line| line.replacen("==\",\"sig", "\",\"sig", 1).replacen("=\",\"sig", "\",\"sig", 1) + "\r",
        |line| line.replacen("payloadType", "payload\\u0054ype", 1),
        |line| line.replacen("{\"payloadType\"", "{\"x\":1,\"payloadType\"", 1),
        |line| line.replacen("\"keyid\":", "\"sig\":\"\",\"keyid\":", 1),
    ];
    for spoil in spoil {
        changes_nothing("line-malformed", |box_, payload| {
            let line = String::from_utf8(box_.sign_bytes(&signer(payload), payload)).unwrap();
            let spoiled = spoil(&line);
            assert_ne!(spoiled, line);
            spoiled.into_bytes()
        });
    }
}

#[test]
fn base64_with_spare_bits_or_without_padding_is_malformed() {
    // Expected: line-malformed, exit 3: a payload that ends in `A==` may not be spelled `B==` or `A`.
    changes_nothing("line-malformed", |box_, payload| {
        let mut payload: Value = serde_json::from_slice(payload).unwrap();
        // The tool's name makes the length one that needs padding of two.
        let length = payload.to_string().len();
        payload["predicate"]["tool"] = json!(format!("by hand{}", "!".repeat((4 - length % 3) % 3)));
        let bytes = payload.to_string();
        assert_eq!(bytes.len() % 3, 1);
        let line = String::from_utf8(box_.sign_bytes(&signer(bytes.as_bytes()), bytes.as_bytes())).unwrap();
        let at = line.find("==\",\"signatures").unwrap();
        let (before, last, after) = (&line[..at - 1], line.as_bytes()[at - 1], &line[at..]);
        format!("{before}{}{after}", char::from(last + 1)).into_bytes()
    });
    changes_nothing("line-malformed", |box_, payload| {
        let line = String::from_utf8(box_.sign_bytes(&signer(payload), payload)).unwrap();
        line.replacen("\"}]}", "=\"}]}", 1).into_bytes()
    });
}

#[test]
fn a_keyid_that_names_another_key_is_found() {
    // Expected: keyid-mismatch, exit 3: the envelope says that @bob signed, and the signature is another's.
    changes_nothing("keyid-mismatch", |box_, payload| {
        envelope(payload, &box_.fingerprint("bob"), &right_blob(box_, payload).bytes())
    });
}

#[test]
fn a_hardware_signature_without_a_touch_does_not_count() {
    // Expected: no-user-presence, exit 3, and the review is missing; with the bit set it counts.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0);
    let word = box_.draft_word(TAG, "sam", "rollback", "approve").to_string();
    let keyid = box_.fingerprint("sam");
    for flags in [0, 4, 0xfe] {
        let blob = blob::hardware_blob(7, &pae(word.as_bytes()), flags);
        box_.add_line(TAG, &envelope(word.as_bytes(), &keyid, &blob));
    }
    let verified = box_.verify(TAG, 3).finds("no-user-presence").says("without being touched");
    assert_eq!(verified.item("rollback"), "done");
    let blob = blob::hardware_blob(7, &pae(word.as_bytes()), 1);
    box_.add_line(TAG, &envelope(word.as_bytes(), &keyid, &blob));
    assert_eq!(box_.verify(TAG, 3).item("rollback"), "satisfied");
    box_.gate(TAG, 1);
}

/// Makes a key of another type in the sandbox.
pub(crate) fn make_other_key(box_: &Sandbox, name: &str, kind: &[&str]) {
    let key = box_.key(name);
    let done = std::process::Command::new("ssh-keygen")
        .arg("-t")
        .args(kind)
        .args(["-q", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .stdin(std::process::Stdio::null())
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn keys_of_other_types_are_unsupported() {
    // Expected: key-type-unsupported, exit 3, the gate unmoved, for keys that ssh-keygen signs with gladly: RSA and the larger
    // curves. A P-256 key that nobody listed is nobody's: signer-mismatch.
    let cases: [(&[&str], &str); 3] = [
        (&["ecdsa", "-b", "384"], "key-type-unsupported"),
        (&["rsa", "-b", "2048"], "key-type-unsupported"),
        (&["ecdsa"], "signer-mismatch"),
    ];
    for (kind, code) in cases {
        changes_nothing(code, |box_, payload| {
            make_other_key(box_, "other", kind);
            let blob = box_.ssh_sign("other", &["-n", "relsign-v1"], &pae(payload));
            envelope(payload, &box_.fingerprint("other"), &blob)
        });
    }
}

#[test]
fn a_certificate_is_no_key() {
    // Expected: key-type-unsupported, exit 3, the gate unmoved: a certificate by an authority that nobody named.
    changes_nothing("key-type-unsupported", |box_, payload| {
        make_other_key(box_, "authority", &["ed25519"]);
        make_other_key(box_, "certified", &["ed25519"]);
        let done = std::process::Command::new("ssh-keygen")
            .args(["-q", "-s"])
            .arg(box_.key("authority"))
            .args(["-I", "@rita", "-n", "@rita"])
            .arg(box_.key("certified").with_extension("pub"))
            .status();
        assert!(done.unwrap().success());
        // The certificate lies beside the key, and ssh-keygen puts it into what it signs.
        let certificate = box_.key("certified-cert.pub");
        std::fs::copy(&certificate, box_.key("certified.pub")).unwrap();
        let mut blob = Blob::of(&blob::secret_of(&box_.key("certified")), &pae(payload));
        blob.key = box_.wire("certified");
        envelope(payload, &box_.fingerprint("certified"), &blob.bytes())
    });
}

#[test]
fn a_signature_in_armour_is_no_line() {
    // Expected: line-malformed or signature-malformed, exit 3, the gate unmoved: what stock tools would paste.
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go").to_string();
    let blob = box_.ssh_sign("rita", &["-n", "relsign-v1"], &pae(go.as_bytes()));
    let armour = format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", Base64::encode_string(&blob));
    box_.add_line(TAG, &line(&box_, go.as_bytes(), armour.as_bytes()));
    box_.verify(TAG, 3).finds("signature-malformed");
    for part in armour.lines() {
        box_.add_line(TAG, part.as_bytes());
    }
    box_.add_line(TAG, go.as_bytes());
    box_.verify(TAG, 3).finds("line-malformed");
    box_.gate(TAG, 1);
}

#[test]
fn a_payload_of_another_type_is_malformed() {
    // Expected: line-malformed, exit 3, the gate unmoved: the type is in the envelope and in what is signed.
    for kind in ["application/json", "application/vnd.in-toto+json; v=2", "application/vnd.in-toto+JSON", ""] {
        changes_nothing("line-malformed", |box_, payload| {
            let signed = [format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).as_bytes(), payload].concat();
            let blob = box_.ssh_sign(&signer(payload), &["-n", "relsign-v1"], &signed);
            let text = String::from_utf8(line(box_, payload, &blob)).unwrap();
            text.replacen("application/vnd.in-toto+json", kind, 1).into_bytes()
        });
    }
}
