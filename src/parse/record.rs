//! A line of a note: a DSSE envelope in exactly one form.
//!
//! The form leaves nothing to choose: the keys stand in a fixed order without any space, base64 is padded and
//! canonical, and there is one signature. So two different lines always differ in payload, key id or signature, and
//! an envelope is read by comparing bytes, with no JSON parser in between.

use base64ct::{Base64, Encoding};

use super::base64;
use crate::model::finding::Seen;
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
/// [`Seen::LineTooLong`] beyond [`MAX_LINE`], and [`Seen::LineMalformed`] for any other form than the one.
pub fn parse_envelope(line: &[u8]) -> Result<Envelope, Seen> {
    if line.len() > MAX_LINE {
        return Err(Seen::LineTooLong { bytes: line.len(), most: MAX_LINE });
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

fn malformed(what: impl Into<String>) -> Seen {
    Seen::LineMalformed { what: what.into() }
}

/// Splits at the first quote, which must begin `separator`, so that nothing can hide before it.
fn split<'a>(text: &'a str, separator: &str, what: &str) -> Result<(&'a str, &'a str), Seen> {
    text.find('"')
        .and_then(|at| Some((&text[..at], text[at..].strip_prefix(separator)?)))
        .ok_or_else(|| malformed(format!("{what} is not followed by the expected text")))
}
