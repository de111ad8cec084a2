//! Hex digits: lower case only, so that an id has one spelling; read and written without a call for each byte.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The value of each lower-case hex digit, and [`NO_DIGIT`] for any other byte.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut at = 0;
    while at < DIGITS.len() {
        values[DIGITS[at] as usize] = at as u8;
        at += 1;
    }
    values
};
/// A value with bits that no digit has.
const NO_DIGIT: u8 = 255;

/// Reads exactly `out.len() * 2` lower-case hex digits.
pub(super) fn read_hex(text: &str, out: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    if digits.len() != out.len() * 2 {
        return false;
    }
    let mut all = 0;
    for (byte, [high, low]) in out.iter_mut().zip(digits.as_chunks::<2>().0) {
        let (high, low) = (VALUES[usize::from(*high)], VALUES[usize::from(*low)]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    all < 16
}

/// The hex digits of an id: a record has a dozen of them, and each is written whenever the record is verified.
pub(super) struct Hex {
    text: [u8; 64],
    length: usize,
}

impl Hex {
    /// Writes at most 32 bytes, which is what the longest id has.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut text = [0; 64];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        Self { text, length: bytes.len().min(32) * 2 }
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).expect("hex digits are ASCII")
    }
}
