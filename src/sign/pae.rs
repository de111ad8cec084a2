//! The bytes that a signature covers: the pre-authentication encoding of DSSE version 1.

use sha2::{Digest, Sha256};

use crate::model::ids::{RecordId, Sha256Digest};
use crate::model::record::PAYLOAD_TYPE;

/// Returns the encoding of a payload of type [`PAYLOAD_TYPE`].
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

/// Returns the id of the record with this pre-authentication encoding.
pub fn record_id(pae: &[u8]) -> RecordId {
    Sha256Digest::from_bytes(Sha256::digest(pae).into()).into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_encoding_is_that_of_dsse() {
        assert_eq!(super::pae(b"hello world"), b"DSSEv1 28 application/vnd.in-toto+json 11 hello world");
        assert_eq!(super::pae(b""), b"DSSEv1 28 application/vnd.in-toto+json 0 ");
    }
}
