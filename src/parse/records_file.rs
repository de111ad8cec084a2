//! Records as a file: signed lines and the evidence they cite, in ASCII that mail doesn't change.
//!
//! docs/format.md, section 20, has the form. What comes out of it is bytes and nothing more: neither are the lines
//! verified nor is the evidence compared with what cites it.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::base64;

/// The name of the form.
pub const RECORDS_FORMAT: &str = "relsign-records-v1";
/// The most bytes of a file of records that are read.
pub const MAX_FILE: usize = 128 << 20;
/// The most records in one file.
pub const MAX_RECORDS: usize = 5_000;

const BEGIN: &[u8] = b"-----BEGIN RELSIGN RECORDS-----";
const END: &[u8] = b"-----END RELSIGN RECORDS-----";
/// Digits on one line, as in PEM.
const WIDTH: usize = 64;

/// What a file of records holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordsFile {
    /// Lines of a log, without line feeds.
    pub lines: Vec<Vec<u8>>,
    /// The bytes of pieces of evidence.
    pub evidence: Vec<Vec<u8>>,
}

/// The JSON between the two marks of a file of records.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordsJson {
    /// Always `relsign-records-v1`.
    format: String,
    /// Lines as in a note, each a DSSE envelope.
    records: Vec<String>,
    /// The bytes of the evidence that the records cite, each in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
}

/// Writes a file of records; `about` says in one line for people what it holds.
pub fn encode(about: &str, file: &RecordsFile) -> String {
    let json = RecordsJson {
        format: RECORDS_FORMAT.to_owned(),
        records: file.lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect(),
        evidence: file.evidence.iter().map(|bytes| Base64::encode_string(bytes)).collect(),
    };
    // Strings in lists have a JSON form.
    let json = serde_json::to_vec(&json).unwrap_or_default();
    let digits = Base64::encode_string(&json);
    let ascii = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let mut text = format!("relsign: {}\n", about.chars().map(ascii).collect::<String>());
    text.push_str("Import it with: relsign import FILE\n\n");
    for line in std::iter::once(BEGIN).chain(digits.as_bytes().chunks(WIDTH)).chain([END]) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text
}

/// Why a file is no file of records.
#[derive(Debug)]
pub enum Error {
    /// It is larger than what is read.
    TooLarge,
    /// Records begin within records, in this line.
    Within(usize),
    /// What ends in this line is not canonical base64.
    NotCanonical(usize),
    /// This line is not base64.
    NotBase64(usize),
    /// The records that end in this line are not of the form.
    Form(usize, Option<serde_json::Error>),
    /// With those that end in this line there are too many.
    TooMany(usize),
    /// Of those that end in this line, this piece of evidence is not canonical base64.
    Evidence(usize, usize),
    /// Its end is missing.
    CutOff,
    /// No records begin in it.
    Empty,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "it has more than {MAX_FILE} bytes"),
            Self::Within(line) => write!(f, "line {line} begins records within records"),
            Self::NotCanonical(line) => write!(f, "the block that ends in line {line} is not canonical base64"),
            Self::NotBase64(line) => write!(f, "line {line} is not base64: a mail program may have changed it"),
            Self::Form(line, error) => {
                write!(f, "the records that end in line {line} are not of the form {RECORDS_FORMAT}")?;
                error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
            }
            Self::TooMany(line) => write!(f, "the records that end in line {line} are more than {MAX_RECORDS}"),
            Self::Evidence(line, number) => {
                write!(f, "evidence {number} of the records that end in line {line} is not canonical base64")
            }
            Self::CutOff => f.write_str("its end is missing: the file was cut off"),
            Self::Empty => f.write_str("it has no line -----BEGIN RELSIGN RECORDS-----"),
        }
    }
}

/// Reads a file of records, or several in one; what stands before, between and behind them is not looked at.
///
/// # Errors
/// What is wrong with it, and in which line.
pub fn decode(bytes: &[u8]) -> Result<RecordsFile, Error> {
    if bytes.len() > MAX_FILE {
        return Err(Error::TooLarge);
    }
    let mut found = RecordsFile::default();
    let mut block: Option<Vec<u8>> = None;
    let mut any = false;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        let number = index + 1;
        match (&mut block, line) {
            (None, BEGIN) => block = Some(Vec::new()),
            (None, _) => {}
            (Some(_), BEGIN) => return Err(Error::Within(number)),
            (Some(digits), END) => {
                let json = std::str::from_utf8(digits).ok().and_then(base64::decode);
                let json = json.ok_or(Error::NotCanonical(number))?;
                read_json(&json, number, &mut found)?;
                (block, any) = (None, true);
            }
            (Some(digits), line) => {
                let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
                if !line.iter().all(is_digit) {
                    return Err(Error::NotBase64(number));
                }
                digits.extend_from_slice(line);
            }
        }
    }
    if block.is_some() {
        return Err(Error::CutOff);
    }
    if !any {
        return Err(Error::Empty);
    }
    Ok(found)
}

fn read_json(json: &[u8], line: usize, found: &mut RecordsFile) -> Result<(), Error> {
    let json: RecordsJson = serde_json::from_slice(json).map_err(|error| Error::Form(line, Some(error)))?;
    if json.format != RECORDS_FORMAT {
        return Err(Error::Form(line, None));
    }
    found.lines.extend(json.records.into_iter().map(String::into_bytes));
    if found.lines.len() > MAX_RECORDS {
        return Err(Error::TooMany(line));
    }
    for (index, digits) in json.evidence.iter().enumerate() {
        let bytes = base64::decode(digits).ok_or(Error::Evidence(line, index + 1))?;
        found.evidence.push(bytes);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sample() -> RecordsFile {
        RecordsFile { lines: vec![b"{\"a\":1}".to_vec(), b"two".to_vec()], evidence: vec![vec![0, 255, 7], Vec::new()] }
    }

    fn armour(json: &str) -> String {
        format!("-----BEGIN RELSIGN RECORDS-----\n{}\n-----END RELSIGN RECORDS-----\n", Base64::encode_string(json.as_bytes()))
    }

    #[test]
    fn what_is_written_is_read_also_from_a_mail() {
        let text = encode("2 records on v1.0.0\u{1b}[2J by @ann\n-----BEGIN", &sample());
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 100), "{text}");
        assert_eq!(decode(text.as_bytes()).unwrap(), sample());
        let mail = format!("Hello,\r\nhere it is:\r\n\r\n  {}\r\n-- \r\n@ann", text.replace('\n', " \r\n  "));
        assert_eq!(decode(mail.as_bytes()).unwrap(), sample());
        let two = decode(format!("{text}{text}").as_bytes()).unwrap();
        assert_eq!((two.lines.len(), two.evidence.len()), (4, 4));
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_a_sentence() {
        let text = encode("x", &sample());
        let cut = &text[..text.len() - 40];
        for (bytes, why) in [
            (b"".to_vec(), "no line"),
            (vec![0xff; 1000], "no line"),
            (cut.as_bytes().to_vec(), "cut off"),
            (text.replace("-----END", "> -----END").into_bytes(), "line 7 is not base64"),
            (armour("{}").into_bytes(), "missing field"),
            (armour("[").into_bytes(), "form"),
            (armour("{\"format\":\"relsign-records-v2\",\"records\":[]}").into_bytes(), "not of the form"),
            (armour("{\"format\":\"relsign-records-v1\",\"records\":[],\"records\":[]}").into_bytes(), "duplicate"),
            (armour("{\"format\":\"relsign-records-v1\",\"records\":[],\"path\":\"../x\"}").into_bytes(), "unknown field"),
            (armour("{\"format\":\"relsign-records-v1\",\"records\":[],\"evidence\":[\"a\"]}").into_bytes(), "evidence 1"),
            (armour(&"[".repeat(100_000)).into_bytes(), "form"),
            (b"-----BEGIN RELSIGN RECORDS-----\n-----BEGIN RELSIGN RECORDS-----\n".to_vec(), "within"),
        ] {
            let found = decode(&bytes).unwrap_err().to_string();
            assert!(found.contains(why), "{found:?} does not say {why:?}");
        }
        assert!(decode(armour("{\"format\":\"relsign-records-v1\",\"records\":[]}").as_bytes()).is_ok());
    }

    #[test]
    fn no_single_change_makes_it_panic() {
        let text = encode("x", &sample()).into_bytes();
        for at in 0..text.len() {
            for byte in [0, b'\n', b'A', b'=', 0xff] {
                let mut changed = text.clone();
                changed[at] = byte;
                let _ = decode(&changed);
                let _ = decode(&changed[..at]);
            }
        }
    }
}
