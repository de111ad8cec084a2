//! Base64, read strictly and fast: everything that relsign decodes is public, so the time it takes may show.

/// What each digit of the standard alphabet stands for in each of the four places of a quantum, and [`NO_DIGIT`] for any
/// other byte: a quantum is the union of its four.
const PLACES: [[u32; 256]; 4] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut places = [[NO_DIGIT; 256]; 4];
    let mut at = 0;
    while at < digits.len() {
        let mut place = 0;
        while place < 4 {
            places[place][digits[at] as usize] = (at as u32) << (18 - 6 * place);
            place += 1;
        }
        at += 1;
    }
    places
};
/// A bit above the 24 of a quantum.
const NO_DIGIT: u32 = 1 << 24;

/// Returns the bits of a quantum, with [`NO_DIGIT`] among them if one of the four is none.
fn bits([a, b, c, d]: [u8; 4]) -> u32 {
    let [first, second, third, fourth] = &PLACES;
    first[usize::from(a)] | second[usize::from(b)] | third[usize::from(c)] | fourth[usize::from(d)]
}

/// Decodes padded standard base64, and only the one spelling that encoding gives again.
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let unpadded = match digits {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] => rest,
        all => all,
    };
    let (quanta, remainder) = unpadded.as_chunks::<4>();
    let mut bytes = Vec::with_capacity(quanta.len() * 3 + 2);
    bytes.resize(quanta.len() * 3, 0);
    let mut all = 0;
    for (quantum, out) in quanta.iter().zip(bytes.as_chunks_mut::<3>().0) {
        let bits = bits(*quantum);
        all |= bits;
        let [_, a, b, c] = bits.to_be_bytes();
        *out = [a, b, c];
    }
    if all & NO_DIGIT != 0 {
        return None;
    }
    // As many bytes as the digits that are left have whole ones, of a quantum filled up with zeros.
    let (last, whole) = match *remainder {
        [] => return Some(bytes),
        [a, b] => (bits([a, b, b'A', b'A']), 1),
        [a, b, c] => (bits([a, b, c, b'A']), 2),
        _ => return None,
    };
    let [none, last @ ..] = last.to_be_bytes();
    // The bits of the last digit that no byte holds must be zero.
    if none != 0 || last[whole] != 0 {
        return None;
    }
    bytes.extend_from_slice(&last[..whole]);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::decode;

    #[test]
    fn what_is_encoded_comes_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..bytes.len() {
            assert_eq!(decode(&Base64::encode_string(&bytes[..length])).as_deref(), Some(&bytes[..length]));
        }
    }

    #[test]
    fn every_text_has_bytes_that_encode_to_it_or_none() {
        let digits = [b'A', b'B', b'Q', b'g', b'w', b'/', b'+', b'9', b'=', b'-', b'_', b' ', b'\n', 0, b'z'];
        let count = digits.len();
        for at in 0..count.pow(4) {
            let quantum = [at % count, at / count % count, at / count.pow(2) % count, at / count.pow(3)].map(|digit| digits[digit]);
            for text in [quantum.to_vec(), [&b"QUJD"[..], &quantum].concat(), [&quantum[..], b"QUJD"].concat()] {
                let text = std::str::from_utf8(&text).unwrap();
                if let Some(bytes) = decode(text) {
                    assert_eq!(Base64::encode_string(&bytes), text);
                }
            }
        }
        for bad in ["A", "AA", "AAA", "=", "==", "===", "====", "QQ", "QUI", "AAAA====", "äää="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
