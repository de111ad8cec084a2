//! Evidence on its way into records: files, links and private notes as named on the command line.

use std::io::Read as _;
use std::path::Path;

use crate::git::Repository;
use crate::model::ids::Sha256Digest;
use crate::model::record::Evidence;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::parse::digests::sha256;
use crate::parse::statement::{MAX_COMMENT, MAX_NAME};
use crate::report::words;

/// How many random bytes stand before the text of a private note, so that nobody guesses a short text by its digest.
const SALT: usize = 32;

/// A piece of evidence: what the record says of it, and the bytes that are kept, where any are.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The entry of the record.
    pub entry: Evidence,
    /// The bytes; nothing of a link.
    pub bytes: Option<Vec<u8>>,
}

/// Reads the files and links that were named, and makes a private note of a text; nothing is kept yet.
///
/// # Errors
/// If a file can't be read, or has more bytes than the policy allows.
pub fn gather(session: &Session, limit: u64, named: &[String], private: Option<&str>) -> Outcome<Vec<Piece>> {
    let mut found = Vec::new();
    for named in named {
        let piece = if is_link(named) { link(named)? } else { file(session, named, limit)? };
        if piece.entry.sha256.is_none() {
            session.warn(format!(
                "{named} is a link without a digest: its content may change, and it satisfies no item that requires evidence"
            ));
        }
        found.push(piece);
    }
    if let Some(note) = private {
        if note.len() > MAX_COMMENT {
            return Err(Failure::usage(format!("the private note has {} bytes; the limit is {MAX_COMMENT}", note.len()))
                .hint("attach a long text as a file: --evidence FILE"));
        }
        let mut bytes = vec![0; SALT];
        getrandom::fill(&mut bytes).map_err(|error| Failure::internal("the system gave no random bytes").because(error))?;
        bytes.extend_from_slice(note.as_bytes());
        found.push(kept(bytes, Some("private note".to_owned()), "text/plain", true));
    }
    Ok(found)
}

/// Keeps the bytes of pieces in the repository, in one commit.
///
/// # Errors
/// If the repository can't be written.
pub fn keep(session: &Session, repository: &Repository, pieces: &[Piece]) -> Outcome<()> {
    let files: Vec<&[u8]> = pieces.iter().filter_map(|piece| piece.bytes.as_deref()).collect();
    if !files.is_empty() {
        repository.keep_evidence(&files, &session.author(repository)?, "Keep evidence")?;
    }
    Ok(())
}

/// Reads the private note that is kept for a digest; nothing where none is, or what is there is no text of its size.
///
/// # Errors
/// If git can't read what is there.
pub fn private_note(repository: &Repository, digest: &Sha256Digest) -> Outcome<Option<String>> {
    let limit = (SALT + MAX_COMMENT) as u64;
    if repository.evidence_size(digest)?.is_none_or(|size| size > limit) {
        return Ok(None);
    }
    let found = repository.evidence(digest, limit)?.filter(|found| found.matches);
    Ok(found.and_then(|found| String::from_utf8(without_salt(&found.bytes)?.to_vec()).ok()))
}

/// Returns what stands behind the salt of a private note.
pub fn without_salt(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(SALT..)
}

/// Whether bytes are text that a terminal can show: UTF-8, and no control characters but tabs and line ends.
pub fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r')))
}

fn is_link(named: &str) -> bool {
    named.starts_with("https://") || named.starts_with("http://")
}

/// Takes a link: `URL` is a link without a digest, `URL#sha256=DIGEST&size=BYTES` says which bytes are meant.
fn link(named: &str) -> Outcome<Piece> {
    let (uri, fixed) = match named.split_once('#') {
        Some((uri, rest)) if rest.starts_with("sha256=") => (uri, Some(rest)),
        _ => (named, None),
    };
    let mut entry = Evidence { name: None, uri: Some(uri.to_owned()), sha256: None, size: None, media_type: None, salted: false };
    if let Some(fixed) = fixed {
        let wrong = || {
            Failure::usage(format!("{named} has no valid digest and size"))
                .hint("write URL#sha256=DIGEST&size=BYTES, with 64 hex digits and a number")
        };
        let (digest, size) = fixed.strip_prefix("sha256=").and_then(|rest| rest.split_once("&size=")).ok_or_else(wrong)?;
        entry.sha256 = Some(digest.parse().map_err(|_| wrong())?);
        entry.size = Some(size.parse().map_err(|_| wrong())?);
    }
    Ok(Piece { entry, bytes: None })
}

fn file(session: &Session, named: &str, limit: u64) -> Outcome<Piece> {
    let path = session.path(Path::new(named));
    let failed = |error| Failure::usage(format!("the evidence {named} can't be read")).because(error);
    let metadata = std::fs::metadata(&path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(Failure::usage(format!("the evidence {named} is not a file")).hint("name a file, or pack a directory into one"));
    }
    // What grows while it is read must not get past the limit either.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(failed)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        let size = words::count(metadata.len(), "byte");
        return Err(Failure::usage(format!("the evidence {named} has {size}, and the policy allows {limit}"))
            .hint("keep it elsewhere and name its address: --evidence URL#sha256=DIGEST&size=BYTES"));
    }
    let name = path.file_name().map(|name| shown_name(&name.to_string_lossy())).filter(|name| !name.is_empty());
    let media_type = media_type(&path, &bytes);
    Ok(kept(bytes, name, media_type, false))
}

fn kept(bytes: Vec<u8>, name: Option<String>, media_type: &str, salted: bool) -> Piece {
    let entry = Evidence {
        name,
        uri: None,
        sha256: Some(sha256(&bytes)),
        size: Some(bytes.len() as u64),
        media_type: Some(media_type.to_owned()),
        salted,
    };
    Piece { entry, bytes: Some(bytes) }
}

/// Makes a file's name one that a record can hold.
fn shown_name(name: &str) -> String {
    let mut shown = String::new();
    for c in name.chars() {
        let c = if c.is_control() { '?' } else { c };
        if shown.len() + c.len_utf8() > MAX_NAME {
            break;
        }
        shown.push(c);
    }
    shown
}

/// Returns the media type of a file: by its name where the name says it, else text or not.
///
/// It is a hint to whoever opens the file, and nothing is decided by it.
fn media_type(path: &Path, bytes: &[u8]) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "csv" => "text/csv",
        "gif" => "image/gif",
        "gz" | "tgz" => "application/gzip",
        "htm" | "html" => "text/html",
        "jpeg" | "jpg" => "image/jpeg",
        "json" | "sarif" => "application/json",
        "log" | "txt" => "text/plain",
        "md" => "text/markdown",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "tar" => "application/x-tar",
        "webp" => "image/webp",
        "xml" => "application/xml",
        "yaml" | "yml" => "application/yaml",
        "zip" => "application/zip",
        _ if is_text(bytes) => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_pointer_unless_it_says_which_bytes_are_meant() {
        let plain = link("https://example.com/a#part").unwrap().entry;
        assert_eq!((plain.uri.as_deref(), plain.sha256, plain.size), (Some("https://example.com/a#part"), None, None));
        let digest = "ab".repeat(32);
        let fixed = link(&format!("https://example.com/a#sha256={digest}&size=7")).unwrap().entry;
        assert_eq!(fixed.uri.as_deref(), Some("https://example.com/a"));
        assert_eq!((fixed.sha256.map(|it| it.to_string()), fixed.size), (Some(digest.clone()), Some(7)));
        for bad in ["#sha256=", "#sha256=ab&size=7", &format!("#sha256={digest}"), &format!("#sha256={digest}&size=x")] {
            assert!(link(&format!("https://example.com/a{bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_media_type_goes_by_the_name_and_else_by_the_bytes() {
        assert_eq!(media_type(Path::new("a.PDF"), b"x"), "application/pdf");
        assert_eq!(media_type(Path::new("Makefile"), b"all:\n\ttrue\n"), "text/plain");
        assert_eq!(media_type(Path::new("core"), b"\x7fELF\0"), "application/octet-stream");
        assert_eq!(media_type(Path::new("core"), b"\xff"), "application/octet-stream");
    }

    #[test]
    fn a_name_that_no_record_can_hold_is_made_one() {
        assert_eq!(shown_name("a\nb\u{1b}[m"), "a?b?[m");
        assert!(shown_name(&"ä".repeat(2000)).len() <= MAX_NAME);
    }

    #[test]
    fn text_is_what_moves_no_cursor() {
        assert!(is_text("up 38 s\tdown\r\n".as_bytes()) && is_text(b""));
        assert!(!is_text(b"\x1b[2J") && !is_text(b"\0") && !is_text(b"\xff"));
    }
}
