//! A line of a note: a DSSE envelope in exactly one form.
//!
//! The form leaves nothing to choose: the keys stand in a fixed order without any space, base64 is padded and
//! canonical, and there is one signature. So two different lines always differ in payload, key id or signature, and
//! an envelope is read by comparing bytes, with no JSON parser in between.

use base64ct::{Base64, Encoding};

use super::base64;
use crate::model::finding::Code;
use crate::model::ids::Fingerprint;

/// The most bytes that a line may have, its newline not counted.
pub const MAX_LINE: usize = 1 << 20;
/// The most lines of a note that are read of those which name a listed key.
pub const MAX_LINES: usize = 100_000;
/// The most lines of a note that are read of those which no listed key can have signed.
pub const MAX_JUNK: usize = 10_000;

const HEAD: &str = r#"{"payloadType":"application/vnd.in-toto+json","payload":""#;
const MIDDLE: &str = r#"","signatures":[{"keyid":""#;
const SIGNATURE: &str = r#"","sig":""#;
const TAIL: &str = r#""}]}"#;

/// What a line holds; nothing of it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The signed bytes, verbatim.
    pub payload: Vec<u8>,
    /// The fingerprint that the envelope claims for its signing key.
    pub keyid: Fingerprint,
    /// The SSHSIG blob.
    pub sig: Vec<u8>,
}

/// Why bytes from a note are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The code of the finding that it becomes.
    pub code: Code,
    /// What is wrong, in one lower-case sentence.
    pub reason: String,
}

impl Malformed {
    /// Describes what is wrong, under which code.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Malformed {}

/// Returns the key that a line claims to be signed with, without reading the rest of it.
///
/// A line for which this is nothing, or a key that nobody lists, can't be a valid record: what decides how many lines
/// are read has to be told apart from what merely fills a note.
pub fn claimed_key(line: &[u8]) -> Option<&str> {
    let rest = std::str::from_utf8(line.strip_prefix(HEAD.as_bytes())?).ok()?;
    // A quote is found much sooner than a longer text, and in a good line the first one is where that text begins.
    let rest = match split(rest, MIDDLE, "") {
        Ok((_, rest)) => rest,
        Err(_) => rest.split_once(MIDDLE)?.1,
    };
    rest.split_once('"').map(|(key, _)| key)
}

/// Reads a line, without its newline.
///
/// # Errors
/// [`Code::LineTooLong`] beyond [`MAX_LINE`], and [`Code::LineMalformed`] for any other form than the one.
pub fn parse_envelope(line: &[u8]) -> Result<Envelope, Malformed> {
    if line.len() > MAX_LINE {
        return Err(Malformed::new(Code::LineTooLong, format!("the line has {} bytes; at most {MAX_LINE} are read", line.len())));
    }
    let line = std::str::from_utf8(line).map_err(|_| malformed("the line is not UTF-8"))?;
    let rest = line.strip_prefix(HEAD).ok_or_else(|| malformed("the line does not begin like an envelope"))?;
    let (payload, rest) = split(rest, MIDDLE, "the payload")?;
    let (keyid, rest) = split(rest, SIGNATURE, "the key id")?;
    let sig = match rest.split_once('"') {
        Some((sig, end)) if TAIL[1..] == *end => sig,
        _ => return Err(malformed("the envelope has more than one signature or trailing bytes")),
    };
    Ok(Envelope {
        payload: base64::decode(payload).ok_or_else(|| malformed("the payload is not canonical base64"))?,
        keyid: keyid.parse().map_err(|_| malformed("the key id is not a fingerprint"))?,
        sig: base64::decode(sig).ok_or_else(|| malformed("the signature is not canonical base64"))?,
    })
}

/// Writes the line of an envelope, without its newline.
pub fn encode_envelope(envelope: &Envelope) -> Vec<u8> {
    let payload = Base64::encode_string(&envelope.payload);
    let sig = Base64::encode_string(&envelope.sig);
    [HEAD, &payload, MIDDLE, envelope.keyid.as_str(), SIGNATURE, &sig, TAIL].concat().into_bytes()
}

fn malformed(reason: impl Into<String>) -> Malformed {
    Malformed::new(Code::LineMalformed, reason)
}

/// Splits at the first quote, which must begin `separator`, so that nothing can hide before it.
fn split<'a>(text: &'a str, separator: &str, what: &str) -> Result<(&'a str, &'a str), Malformed> {
    text.find('"')
        .and_then(|at| Some((&text[..at], text[at..].strip_prefix(separator)?)))
        .ok_or_else(|| malformed(format!("{what} is not followed by the expected text")))
}
