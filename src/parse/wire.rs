//! The SSH wire format (RFC 4251, section 5), as far as keys and signatures use it.
//!
//! A value has exactly one encoding in it: lengths are fixed-width and nothing is padded, numbers included. So what [`Reader`] has read
//! to the end is canonical, and writing it again would give the same bytes.

/// Reads values one after the other; every method gives `None` where the bytes end too early.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins at the first of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads `length` raw bytes.
    pub fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// Reads one byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|byte| byte[0])
    }

    /// Reads a 32-bit number, most significant byte first.
    pub fn number(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// Reads a `string`: a length and as many bytes.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    /// Reads an `mpint` that is more than zero, and gives its digits without a zero before them.
    ///
    /// Its one encoding has no more bytes than it needs, which is a zero byte before a first digit that would else be a sign.
    pub fn positive(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        match bytes {
            [0, first, ..] if first & 0x80 != 0 => bytes.get(1..),
            [first, ..] if (1..0x80).contains(first) => Some(bytes),
            _ => None,
        }
    }

    /// Whether everything was read.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Appends a `string`.
///
/// Everything that relsign writes in this format is a key, a digest, a name or a record that was held to a limit of
/// a megabyte before, so its length always fits.
pub fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Appends a number that is not negative, given with its most significant byte first, as an `mpint`.
pub fn put_number(out: &mut Vec<u8>, digits: &[u8]) {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let digits = &digits[zeros..];
    let mut bytes = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_some_and(|first| first & 0x80 != 0) {
        bytes.push(0);
    }
    bytes.extend_from_slice(digits);
    put_string(out, &bytes);
}

#[cfg(test)]
mod tests {
    use super::{Reader, put_number, put_string};

    #[test]
    fn a_number_has_one_encoding() {
        for (digits, expected) in [
            (&[1_u8][..], &[0_u8, 0, 0, 1, 1][..]),
            (&[0, 0, 0x7f], &[0, 0, 0, 1, 0x7f]),
            (&[0x80], &[0, 0, 0, 2, 0, 0x80]),
            (&[1, 0], &[0, 0, 0, 2, 1, 0]),
        ] {
            let mut out = Vec::new();
            put_number(&mut out, digits);
            assert_eq!(out, expected);
            let zeros = digits.iter().take_while(|digit| **digit == 0).count();
            assert_eq!(Reader::new(&out).positive(), Some(&digits[zeros..]));
        }
        for wrong in [&[0_u8, 0, 0, 0][..], &[0, 0, 0, 1, 0], &[0, 0, 0, 1, 0x80], &[0, 0, 0, 2, 0, 1], &[0, 0, 0, 3, 0, 0, 0x80]] {
            assert_eq!(Reader::new(wrong).positive(), None, "{wrong:?}");
        }
    }

    #[test]
    fn strings_come_back_and_lengths_beyond_the_end_do_not_panic() {
        let mut out = Vec::new();
        put_string(&mut out, b"abc");
        let mut reader = Reader::new(&out);
        assert_eq!(reader.string(), Some(&b"abc"[..]));
        assert!(reader.is_at_end());
        assert_eq!(Reader::new(&[0xff; 8]).string(), None);
        assert_eq!(Reader::new(&[0, 0, 0]).number(), None);
        assert_eq!(Reader::new(&[]).byte(), None);
    }
}
