//! The raw bytes of tags, commits and trees, read by small strict parsers that know no repository.

use std::fmt;

use super::objects::ObjectKind;
use super::trailers;
use crate::model::ids::ObjectId;

/// What is wrong with the bytes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It has a header that git does not write there.
    OtherHeader,
    /// A header does not end.
    OpenHeader,
    /// It does not begin with the id of an object.
    NoObject,
    /// It does not say the kind of its object.
    NoKind,
    /// It has no name inside.
    NoName,
    /// The name inside it is empty or holds a NUL.
    BadName,
    /// No blank line follows its headers.
    NoBlankLine,
    /// It does not begin with the id of a tree.
    NoTree,
    /// A parent is not an object id.
    BadParent,
    /// It has no author.
    NoAuthor,
    /// It has no committer.
    NoCommitter,
    /// An entry has no mode.
    NoMode,
    /// The mode of an entry is not octal.
    BadMode,
    /// The name of an entry does not end.
    OpenEntry,
    /// An entry has no name, or a slash in it.
    BadEntry,
    /// An entry is cut short.
    ShortEntry,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherHeader => "it has a header that git does not write there",
            Self::OpenHeader => "a header does not end",
            Self::NoObject => "it does not begin with the id of an object",
            Self::NoKind => "it does not say the kind of its object",
            Self::NoName => "it has no name inside",
            Self::BadName => "the name inside it is empty or holds a NUL",
            Self::NoBlankLine => "no blank line follows its headers",
            Self::NoTree => "it does not begin with the id of a tree",
            Self::BadParent => "a parent is not an object id",
            Self::NoAuthor => "it has no author",
            Self::NoCommitter => "it has no committer",
            Self::NoMode => "an entry has no mode",
            Self::BadMode => "the mode of an entry is not octal",
            Self::OpenEntry => "the name of an entry does not end",
            Self::BadEntry => "an entry has no name, or a slash in it",
            Self::ShortEntry => "an entry is cut short",
        })
    }
}

/// Who stands in a tag or commit, as written there: nobody vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The name; bytes that are not UTF-8 are replaced by U+FFFD.
    pub name: String,
    /// The e-mail address, treated likewise.
    pub email: String,
}

/// An identity with the time that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who.
    pub identity: Identity,
    /// Whoever else stands there, where the line has several addresses or the header several lines.
    pub others: Vec<Identity>,
    /// Seconds since 1970-01-01T00:00:00Z; `None` where no number stands there.
    pub seconds: Option<i64>,
}

/// A tag object, as its bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What is tagged.
    pub object: ObjectId,
    /// The kind that the tag claims its object to have.
    pub object_kind: ObjectKind,
    /// The name inside the tag, which need not be that of the ref.
    pub name: Vec<u8>,
    /// Who tagged; ancient tags don't say.
    pub tagger: Option<Signature>,
    /// The message, without the signature.
    pub message: Vec<u8>,
    /// The armoured signature at the end of the tag, where there is one.
    pub signature: Option<Vec<u8>>,
    /// How many of the tag's leading bytes that signature covers.
    pub signed_length: usize,
}

/// A commit object, as its bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The tree.
    pub tree: ObjectId,
    /// The parents, in order, whether or not they are here.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who made the commit.
    pub committer: Signature,
    /// The encoding that the commit claims for its text.
    pub encoding: Option<Vec<u8>>,
    /// The message.
    pub message: Vec<u8>,
}

/// Everybody who made a commit, by what they did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Makers {
    /// Who wrote it.
    pub authors: Vec<Identity>,
    /// Who made the commit of it.
    pub committers: Vec<Identity>,
    /// Whom the message names as co-authors.
    pub co_authors: Vec<Identity>,
}

impl Commit {
    /// Returns everybody whom the commit names as one of its makers.
    pub fn into_makers(self) -> Makers {
        let all = |signature: Signature| [vec![signature.identity], signature.others].concat();
        let mut co_authors = trailers::co_authors(&self.message);
        if let Some(encoding) = self.encoding.filter(|encoding| !trailers::leaves_ascii_alone(encoding)) {
            // Git decodes a message before it looks for trailers, so whom it finds need not stand in these bytes.
            let name = format!("somebody in the encoding {}", String::from_utf8_lossy(&encoding));
            co_authors.push(Identity { name, email: String::new() });
        }
        Makers { authors: all(self.author), committers: all(self.committer), co_authors }
    }
}

impl Tag {
    /// Returns everybody whom the line of the tagger names; nobody where there is no such line.
    pub fn taggers(&self) -> impl Iterator<Item = &Identity> {
        self.tagger.iter().flat_map(|tagger| std::iter::once(&tagger.identity).chain(&tagger.others))
    }

    /// Returns everybody whom the message names as co-authors.
    pub fn co_authors(&self) -> Vec<Identity> {
        trailers::co_authors(&self.message)
    }
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The mode as it stands there, such as 0o100644.
    pub mode: u32,
    /// The name.
    pub name: Vec<u8>,
    /// The id of the entry.
    pub id: ObjectId,
}

impl TreeEntry {
    /// Whether the entry is a directory.
    pub fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether the entry is a file, executable or not.
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// Whether the entry is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    /// Whether the entry is a link to a commit of another repository.
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

fn object_kind(name: &[u8]) -> Option<ObjectKind> {
    [ObjectKind::Commit, ObjectKind::Tree, ObjectKind::Blob, ObjectKind::Tag]
        .into_iter()
        .find(|kind| kind.name().as_bytes() == name)
}

fn hex_id(text: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Splits text into its lines, without their line feeds and without the empty one behind the last of them.
///
/// It looks for line feeds by many bytes at a time, where `slice::split` asks of each.
pub(super) fn lines(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let whole = text;
        // Reading a slice can't fail.
        let length = std::io::BufRead::skip_until(&mut text, b'\n').ok().filter(|length| *length > 0)?;
        let line = &whole[..length];
        Some(line.strip_suffix(b"\n").unwrap_or(line))
    })
}

/// Strips a header line `key value\n` from the front.
fn header<'a>(rest: &mut &'a [u8], key: &str) -> Option<&'a [u8]> {
    let value = rest.strip_prefix(key.as_bytes())?.strip_prefix(b" ")?;
    let end = value.iter().position(|byte| *byte == b'\n')?;
    *rest = &value[end + 1..];
    Some(&value[..end])
}

fn signature(text: &[u8]) -> Signature {
    let after = text.iter().rposition(|byte| *byte == b'>').map_or(&[][..], |close| &text[close + 1..]);
    let seconds = after.trim_ascii().split(|byte| *byte == b' ').next();
    let seconds = seconds.and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| digits.parse().ok());
    let mut all = trailers::identities(text);
    let others = all.split_off(1.min(all.len()));
    let identity = all.pop().unwrap_or_else(|| Identity { name: String::new(), email: String::new() });
    Signature { identity, others, seconds }
}

/// Passes headers that carry signatures, with their continuation lines; any other header is refused.
fn skip_signature_headers(rest: &mut &[u8]) -> Result<(), Malformed> {
    while !rest.is_empty() && rest[0] != b'\n' {
        if header(rest, "gpgsig").is_none() && header(rest, "gpgsig-sha256").is_none() {
            return Err(Malformed::OtherHeader);
        }
        while rest.first() == Some(&b' ') {
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or(Malformed::OpenHeader)?;
            *rest = &rest[end + 1..];
        }
    }
    Ok(())
}

/// Reads a tag object; the error says what is wrong with it.
pub fn parse_tag(bytes: &[u8]) -> Result<Tag, Malformed> {
    let mut rest = bytes;
    let object = header(&mut rest, "object").and_then(hex_id).ok_or(Malformed::NoObject)?;
    let kind = header(&mut rest, "type").and_then(object_kind).ok_or(Malformed::NoKind)?;
    let name = header(&mut rest, "tag").ok_or(Malformed::NoName)?;
    if name.is_empty() || name.contains(&0) {
        return Err(Malformed::BadName);
    }
    let tagger = header(&mut rest, "tagger").map(signature);
    skip_signature_headers(&mut rest)?;
    let body = match rest.split_first() {
        None => rest,
        Some((b'\n', body)) => body,
        Some(_) => return Err(Malformed::NoBlankLine),
    };
    let split = signature_start(body).unwrap_or(body.len());
    let (message, armour) = body.split_at(split);
    Ok(Tag {
        object,
        object_kind: kind,
        name: name.to_vec(),
        tagger,
        message: message.to_vec(),
        signature: (!armour.is_empty()).then(|| armour.to_vec()),
        signed_length: bytes.len() - armour.len(),
    })
}

/// Finds the last line that begins an armoured signature, as git does.
fn signature_start(body: &[u8]) -> Option<usize> {
    const MARKS: [&[u8]; 4] = [
        b"-----BEGIN SSH SIGNATURE-----",
        b"-----BEGIN PGP SIGNATURE-----",
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN SIGNED MESSAGE-----",
    ];
    let mut found = None;
    let mut start = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if MARKS.iter().any(|mark| line.starts_with(mark)) {
            found = Some(start);
        }
        start += line.len();
    }
    found
}

/// Reads a commit object; the error says what is wrong with it.
///
/// Tree and parents stand first, as git wants them. The other headers git looks for wherever they stand, passing over those
/// that it does not know; of several it shows the first in one place and the last in another, so that each of them counts.
pub fn parse_commit(bytes: &[u8]) -> Result<Commit, Malformed> {
    let mut rest = bytes;
    let tree = header(&mut rest, "tree").and_then(hex_id).ok_or(Malformed::NoTree)?;
    let mut parents = Vec::new();
    while let Some(parent) = header(&mut rest, "parent") {
        parents.push(hex_id(parent).ok_or(Malformed::BadParent)?);
    }
    let (headers, message) = if let Some(message) = rest.strip_prefix(b"\n") {
        (&[][..], message)
    } else {
        let end = rest.windows(2).position(|pair| pair == b"\n\n");
        end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 2..]))
    };
    let (mut author, mut committer) = (None, None);
    let mut encoding: Option<Vec<u8>> = None;
    let mut merged = Vec::new();
    let mut is_merged_tag = false;
    for line in lines(headers) {
        if let Some(more) = line.strip_prefix(b" ") {
            if is_merged_tag {
                merged.extend_from_slice(more);
                merged.push(b'\n');
            }
            continue;
        }
        is_merged_tag = line.starts_with(b"mergetag ");
        if let Some(value) = line.strip_prefix(b"author ") {
            add(&mut author, signature(value));
        } else if let Some(value) = line.strip_prefix(b"committer ") {
            add(&mut committer, signature(value));
        } else if let Some(value) = line.strip_prefix(b"encoding ") {
            // Of several, the one that can hide something.
            encoding = encoding.filter(|kept| !trailers::leaves_ascii_alone(kept)).or_else(|| Some(value.to_vec()));
        }
    }
    let mut author = author.ok_or(Malformed::NoAuthor)?;
    let committer = committer.ok_or(Malformed::NoCommitter)?;
    author.others.extend(trailers::makers_of_tags(&merged));
    Ok(Commit { tree, parents, author, committer, encoding, message: message.to_vec() })
}

/// Adds whom one more line of a header names.
fn add(all: &mut Option<Signature>, more: Signature) {
    match all {
        None => *all = Some(more),
        Some(first) => first.others.extend([vec![more.identity], more.others].concat()),
    }
}

/// Reads a tree object whose ids have `id_length` bytes; the error says what is wrong with it.
pub fn parse_tree(bytes: &[u8], id_length: usize) -> Result<Vec<TreeEntry>, Malformed> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let space = rest.iter().take(8).position(|byte| *byte == b' ').ok_or(Malformed::NoMode)?;
        let digits = &rest[..space];
        let octal = digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
        let mode = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
        let mode = mode.filter(|_| octal).ok_or(Malformed::BadMode)?;
        rest = &rest[space + 1..];
        let end = rest.iter().position(|byte| *byte == 0).ok_or(Malformed::OpenEntry)?;
        let name = &rest[..end];
        if name.is_empty() || name.contains(&b'/') {
            return Err(Malformed::BadEntry);
        }
        let id = rest.get(end + 1..end + 1 + id_length).and_then(ObjectId::from_bytes).ok_or(Malformed::ShortEntry)?;
        rest = &rest[end + 1 + id_length..];
        entries.push(TreeEntry { mode, name: name.to_vec(), id });
    }
    Ok(entries)
}
