//! Strict verification: of ed25519 without decoding a point that need not be decoded, and of ECDSA on P-256.

use ed25519_dalek::{Signature, SignatureError, Verifier as _, VerifyingKey};
use p256::ecdsa::Signature as P256Signature;

use crate::parse::public_key::Point;

/// The y coordinates of the eight points of small order, which eight times themselves are the neutral point: of two each
/// that lie at y = 0 and on both sides of it, and of the two with x = 0.
const SMALL_ORDER: [[u8; 32]; 5] = [
    coordinate("0000000000000000000000000000000000000000000000000000000000000000"),
    coordinate("0100000000000000000000000000000000000000000000000000000000000000"),
    coordinate("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    coordinate("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    coordinate("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];

const fn coordinate(hex: &str) -> [u8; 32] {
    const fn digit(digit: u8) -> u8 {
        if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
    }
    let digits = hex.as_bytes();
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = digit(digits[2 * at]) << 4 | digit(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

/// A signature as its numbers, of the algorithm of the key that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// R and S of ed25519, 32 bytes each.
    Ed25519([u8; 64]),
    /// r and s of ECDSA, each from 1 to n − 1.
    P256(P256Signature),
}

/// Verifies a signature; one of another algorithm than the key's is none.
///
/// Of ECDSA both s and n − s are taken, as ssh-keygen takes them and devices make them. Anybody can make the one from the other;
/// a record's id does not depend on it.
pub(super) fn verify(key: &Point, message: &[u8], numbers: &Numbers) -> Result<(), SignatureError> {
    match (key, numbers) {
        (Point::Ed25519(key), Numbers::Ed25519(signature)) => ed25519(key, message, signature),
        (Point::P256(key), Numbers::P256(signature)) => key.verify(message, signature),
        _ => Err(SignatureError::new()),
    }
}

/// Verifies as `verify_strict` of the library does, in an eighth less time: an S that is not reduced is refused, and so is
/// an R of small order. A key of small order is no [`PublicKey`].
///
/// `verify` refuses such an S, computes R from S, the key and the message, and compares its one canonical encoding with
/// the first half of the signature. So whatever it accepts begins with the canonical encoding of R, and R is of small
/// order exactly if its y coordinate is one of five. `verify_strict` decodes R to see that, which takes a square root.
fn ed25519(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
    let mut y = [0; 32];
    y.copy_from_slice(&signature[..32]);
    // The highest bit is the sign of x.
    y[31] &= 0x7f;
    if SMALL_ORDER.contains(&y) {
        return Err(SignatureError::new());
    }
    key.verify(message, &Signature::from_bytes(signature))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::parse::public_key::{KeyError, PublicKey, ed25519_wire};

    fn key(point: &[u8; 32]) -> Result<VerifyingKey, KeyError> {
        match PublicKey::from_wire(&ed25519_wire(point))?.point() {
            Point::Ed25519(key) => Ok(*key),
            Point::P256(_) => panic!("another curve"),
        }
    }

    fn both(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
        let strict = key.verify_strict(message, &Signature::from_bytes(signature)).is_ok();
        assert_eq!(ed25519(key, message, signature).is_ok(), strict, "{signature:02x?}");
        strict
    }

    #[test]
    fn the_five_coordinates_are_those_of_all_eight_points_of_small_order() {
        let mut points = std::collections::BTreeSet::new();
        for y in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut bytes = y;
                bytes[31] |= sign;
                assert!(key(&bytes).is_err(), "no such key can sign");
                let Ok(point) = VerifyingKey::from_bytes(&bytes) else { continue };
                assert!(point.is_weak(), "{bytes:02x?}");
                points.insert(point.to_edwards().compress().to_bytes());
            }
        }
        assert_eq!(points.len(), 8, "the curve has eight such points and no more");
    }

    #[test]
    fn every_r_of_small_order_is_refused_although_the_equation_holds() {
        // The key is a point of order eight beside an honest one, so that every R of small order can be reached.
        let key = key(&coordinate("b01473561c2fceab728d6412c5580c7bf1da9777c9d0e15dc63e760fc4d7e0db")).unwrap();
        let forged = [
            (11, SMALL_ORDER[1], 0, "ec229a839f55c8da995af876a2867db536a52282e66ad9155f5822004f40890f"),
            (5, SMALL_ORDER[4], 0x80, "34b4df9db68b59c720ab090dd4305c7e8b677ba12726e6d03f672b3366e9f90c"),
            (2, SMALL_ORDER[0], 0, "33bea4f50e126befcf417f013f1b578e306ddfb973e915e1f8d89b5a75012b0f"),
            (6, SMALL_ORDER[3], 0x80, "3c1323aa226ff0565ebd33c958da22f93c1c44a4f217abca3ca16d303839e50d"),
            (13, SMALL_ORDER[2], 0, "d740de68a7611a5f1620b120e9a3757bcabc7cf35933152c1b4fb19aed1cd60c"),
            (0, SMALL_ORDER[3], 0, "001bec14c6d4aad1691da7438830ea6dbc8432f072a2705bad7ae1c858b90c01"),
            (3, SMALL_ORDER[0], 0x80, "11eb7cd02aa6bff64578c504928e6317f3630080e49fcb9b726fea5eb9f18102"),
            (14, SMALL_ORDER[4], 0, "fafaca58b303ade8427c40e073f7b5fbba3096d8012789d9c0fec056e395e907"),
        ];
        for (number, y, sign, s) in forged {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&y);
            signature[31] |= sign;
            signature[32..].copy_from_slice(&coordinate(s));
            let message = format!("message {number}");
            let lenient = key.verify(message.as_bytes(), &Signature::from_bytes(&signature));
            assert!(lenient.is_ok(), "{message} shows nothing: it is refused for another reason");
            assert!(!both(&key, message.as_bytes(), &signature), "{message}");
        }
    }

    #[test]
    fn whatever_is_changed_is_refused_as_strictly() {
        /// The order of the group: a signature with S + L instead of S is the same equation.
        const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        for seed in 0..4u8 {
            let signing = SigningKey::from_bytes(&[seed; 32]);
            let key = key(signing.verifying_key().as_bytes()).unwrap();
            let message = [seed; 200];
            let good = signing.sign(&message).to_bytes();
            assert!(both(&key, &message, &good));
            for bit in 0..512 {
                let mut changed = good;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(!both(&key, &message, &changed));
            }
            let mut malleated = good;
            let mut carry = 0;
            for (byte, more) in malleated[32..].iter_mut().zip(coordinate(ORDER)) {
                let sum = u16::from(*byte) + u16::from(more) + carry;
                *byte = sum.to_le_bytes()[0];
                carry = sum >> 8;
            }
            assert!(!both(&key, &message, &malleated));
            for y in SMALL_ORDER {
                for sign in [0, 0x80] {
                    let mut other = good;
                    other[..32].copy_from_slice(&y);
                    other[31] |= sign;
                    assert!(!both(&key, &message, &other));
                    let mut zero = [0; 64];
                    zero[..32].copy_from_slice(&other[..32]);
                    assert!(!both(&key, &message, &zero));
                }
            }
        }
    }
}
