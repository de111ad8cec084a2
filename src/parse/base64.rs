//! Base64, read strictly and fast: everything that relsign decodes is public, so the time it takes may show.

/// The value of each digit of the standard alphabet, and 255 for any other byte.
const VALUES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < digits.len() {
        values[digits[at] as usize] = at as u8;
        at += 1;
    }
    values
};
const NONE: u8 = 255;

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
    let value = |digit: u8| VALUES[usize::from(digit)];
    let (quanta, remainder) = unpadded.as_chunks::<4>();
    let mut bytes = vec![0; quanta.len() * 3];
    for (&[a, b, c, d], out) in quanta.iter().zip(bytes.as_chunks_mut::<3>().0) {
        let (a, b, c, d) = (value(a), value(b), value(c), value(d));
        // Digits have six bits and what is no digit has eight.
        if (a | b | c | d) == NONE {
            return None;
        }
        *out = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    // The bits of the last digit that no byte holds must be zero.
    match *remainder {
        [] => {}
        [a, b] => {
            let (a, b) = (value(a), value(b));
            if (a | b) == NONE || b & 0x0f != 0 {
                return None;
            }
            bytes.push(a << 2 | b >> 4);
        }
        [a, b, c] => {
            let (a, b, c) = (value(a), value(b), value(c));
            if (a | b | c) == NONE || c & 0x03 != 0 {
                return None;
            }
            bytes.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2]);
        }
        _ => return None,
    }
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
