//! The other signature that anybody can make of an ECDSA one, without the key.

use p256::ecdsa::Signature;
use relsign::parse::record::{Envelope, encode_envelope, parse_envelope};
use relsign::parse::wire::{Reader, put_number, put_string};
use relsign::sign::sshsig::SshSig;

/// The blob with n − s in the place of s.
pub(crate) fn twin(blob: &[u8]) -> Vec<u8> {
    let mut outer = Reader::new(blob.strip_prefix(b"SSHSIG").unwrap());
    outer.number().unwrap();
    let (wire, namespace, _, _) = (outer.string().unwrap(), outer.string().unwrap(), outer.string(), outer.string());
    let mut part = Reader::new(outer.string().unwrap());
    let kind = part.string().unwrap();
    let mut numbers = Reader::new(part.string().unwrap());
    let mut next = || {
        let digits = numbers.positive().unwrap();
        let mut bytes = [0; 32];
        bytes[32 - digits.len()..].copy_from_slice(digits);
        bytes
    };
    let (r, s) = Signature::from_scalars(next(), next()).unwrap().split_scalars();
    let other = Signature::from_scalars(r, -s).unwrap();
    let (r, s) = other.split_bytes();
    let mut written = Vec::new();
    put_number(&mut written, &r);
    put_number(&mut written, &s);
    let mut inner = Vec::new();
    put_string(&mut inner, kind);
    put_string(&mut inner, &written);
    // Flags and counter of a device stand as they are.
    while let Some(byte) = part.byte() {
        inner.push(byte);
    }
    SshSig::blob_of(wire, std::str::from_utf8(namespace).unwrap(), &inner)
}

/// The line with the other signature.
#[allow(dead_code, reason = "not every crate of tests has lines")]
pub(crate) fn twin_line(line: &[u8]) -> Vec<u8> {
    let read = parse_envelope(line).unwrap();
    encode_envelope(&Envelope { sig: twin(&read.sig), ..read })
}
