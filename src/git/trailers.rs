//! Whom the texts of a commit or tag name: addresses on a line, and co-authors in a message.
//!
//! For a separation of duties it is the safe side to see more makers than there are, so everybody is seen whom git's own
//! trailer parser finds, whatever it is set to take for a separator. Git counts lines of the last paragraph, and of those
//! only some; here every line counts. To ask `git interpret-trailers` instead would start a process in every verdict and
//! hook; tests/git/trailers.rs compares the two.

use super::raw::{self, Identity};

/// The keys of trailers that name somebody who made a change too, in lower case.
const KEYS: [&[u8]; 2] = [b"co-authored-by", b"co-developed-by"];
/// How many addresses of one message are read; honest messages name a few.
const MOST: usize = 200_000;

/// Returns everybody whom a message names as co-author.
pub(super) fn co_authors(message: &[u8]) -> Vec<Identity> {
    let mut found = Vec::new();
    let mut lines = raw::lines(message).peekable();
    while let Some(line) = lines.next() {
        let Some((separator, first)) = value(line) else { continue };
        let mut value = first.to_vec();
        // A line that begins with a blank continues the one before, and one that names a co-author counts by itself.
        while let Some(more) =
            lines.next_if(|next| next.first().is_some_and(u8::is_ascii_whitespace) && self::value(next).is_none())
        {
            value.push(b' ');
            value.extend_from_slice(more);
        }
        let before = found.len();
        found.extend(addresses(&value).take(MOST).map(|email| Identity { name: String::new(), email: shown(email) }));
        match found.get_mut(before) {
            Some(first) => first.name = name(&value),
            None if separator == b':' => found.push(Identity { name: name(&value), email: String::new() }),
            // What no setting of git's makes a trailer of is a sentence, unless it names an address.
            None => {}
        }
        if found.len() > MOST {
            found.truncate(MOST);
            found.push(Identity { name: "more co-authors than are read".to_owned(), email: String::new() });
            break;
        }
    }
    found
}

/// Returns the separator and what follows it on a line that begins with the key of a co-author. Any character separates that
/// can't be part of a key, since git can be set to take any.
fn value(line: &[u8]) -> Option<(u8, &[u8])> {
    let line = line.trim_ascii_start();
    let is_key = |key: &&[u8]| line.len() > key.len() && line[..key.len()].eq_ignore_ascii_case(key);
    let key = KEYS.into_iter().find(is_key)?;
    let (separator, value) = line[key.len()..].trim_ascii_start().split_first()?;
    (!separator.is_ascii_alphanumeric() && *separator != b'-').then_some((*separator, value))
}

/// Returns the taggers and co-authors of tags that a commit merged, from the text of those tags.
pub(super) fn makers_of_tags(tags: &[u8]) -> Vec<Identity> {
    let mut found: Vec<Identity> = raw::lines(tags).filter_map(|line| line.strip_prefix(b"tagger ")).flat_map(identities).collect();
    found.extend(co_authors(tags));
    found
}

/// Reads whom the line of a header names, `Name <address>` as a rule, as leniently as git does: what is broken is shown, not
/// refused. There is one at least, and all of them count where there are several.
pub(super) fn identities(text: &[u8]) -> Vec<Identity> {
    let mut emails: Vec<String> = Vec::new();
    for part in text.split(|byte| *byte == b'<').skip(1) {
        let part = part.split(|byte| *byte == b'>').next().unwrap_or_default();
        let before = emails.len();
        emails.extend(addresses(part).map(shown));
        if emails.len() == before && !part.trim_ascii().is_empty() {
            emails.push(shown(part));
        }
    }
    if emails.is_empty() {
        emails.push(String::new());
    }
    emails.into_iter().map(|email| Identity { name: name(text), email }).collect()
}

/// Returns the words of a text that are addresses.
fn addresses(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>' | b',' | b';' | b'(' | b')' | b'"' | 0);
    text.split(ends).filter(|word| word.iter().skip(1).any(|byte| *byte == b'@'))
}

/// Returns what stands before the first address in angle brackets.
fn name(text: &[u8]) -> String {
    shown(text.split(|byte| *byte == b'<').next().unwrap_or_default())
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii()).into_owned()
}

/// Whether text in an encoding has each ASCII character as the byte that it is in ASCII, so that no trailer is hidden
/// in it before it is decoded. In UTF-7 and others it has not, and git decodes all that its iconv knows.
pub(super) fn leaves_ascii_alone(encoding: &[u8]) -> bool {
    const NAMES: [&str; 13] =
        ["utf8", "ascii", "usascii", "shiftjis", "sjis", "cp932", "cp936", "cp949", "cp950", "gbk", "gb2312", "gb18030", "big5"];
    // Of each of these every member does; behind the name stands a number or some letters.
    const FAMILIES: [&str; 6] = ["iso8859", "latin", "windows125", "cp125", "koi8", "euc"];
    let letters = encoding.iter().filter(|byte| !matches!(byte, b'-' | b'_')).map(u8::to_ascii_lowercase);
    let Ok(name) = String::from_utf8(letters.collect()) else { return false };
    let is_member = |rest: &str| (1..=2).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    NAMES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.strip_prefix(family).is_some_and(is_member))
}
