//! Ids made from text, short enough to be typed.

use std::collections::BTreeMap;

use deunicode::deunicode;
use sha2::{Digest, Sha256};

/// The longest id that a text of its own gives.
const LONGEST: usize = 24;
/// The longest where that is not enough to tell two texts apart.
const WIDEST: usize = 40;
/// The longest part that what stands around an item adds to its id.
const AROUND: usize = 12;

/// Words that say nothing at the end of an id.
const IDLE: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "been", "by", "for", "from", "has", "have", "in", "into", "is", "of", "on", "or",
    "that", "the", "to", "via", "vs", "was", "were", "with",
];

/// Makes an id of a text: lower-case ASCII letters and digits, letters of other scripts written in them, everything else a
/// single `-`, cut at a word's end.
///
/// An id begins with a letter, so that it can't be taken for an item's number: `n` stands before a digit. A text without
/// letters and digits gives `item-` and the first 12 hex digits of its SHA-256.
pub fn slug(text: &str) -> String {
    cut_to(&whole(text), LONGEST)
}

/// Writes a name in ASCII, letters of other scripts as they sound.
pub fn in_ascii(name: &str) -> String {
    deunicode(&name.chars().take(200).collect::<String>())
}

/// Makes a longer id, of which the short one is the beginning.
pub(super) fn wide_slug(text: &str) -> String {
    cut_to(&whole(text), WIDEST)
}

fn whole(text: &str) -> String {
    let ascii: String = text.chars().filter(|c| !matches!(c, '\'' | '’')).take(400).collect();
    let ascii = deunicode(&ascii);
    let words: Vec<String> =
        ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    let slug = words.join("-");
    match slug.bytes().next() {
        None => {
            let hash = Sha256::digest(text.as_bytes());
            let digits: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            format!("item-{digits}")
        }
        Some(first) if first.is_ascii_digit() => format!("n{slug}"),
        Some(_) => slug,
    }
}

/// Puts the id of what stands around an item before its own.
pub(super) fn prefixed(around: &str, slug: &str) -> String {
    format!("{}-{slug}", cut_to(around, AROUND))
}

/// Puts a number behind an id.
pub(super) fn numbered(slug: &str, number: usize) -> String {
    format!("{}-{number}", cut_to(slug, WIDEST))
}

/// Returns an id that was not used yet and is not reserved: the one that is wanted, or that with a number.
pub(super) fn unique(wanted: String, used: &mut BTreeMap<String, usize>, reserved: &[&str]) -> String {
    let mut id = wanted.clone();
    let mut count = used.get(&wanted).copied().unwrap_or(1);
    while reserved.contains(&id.as_str()) || used.contains_key(&id) {
        count += 1;
        id = numbered(&wanted, count);
    }
    used.insert(wanted, count);
    used.entry(id.clone()).or_insert(1);
    id
}

fn cut_to(slug: &str, most: usize) -> String {
    if slug.len() <= most {
        return slug.to_owned();
    }
    let head = &slug[..most];
    // A word that ends exactly at the limit is whole.
    let whole = slug.as_bytes()[most] == b'-';
    let end = if whole { most } else { head.rfind('-').filter(|at| *at > 0).unwrap_or(most) };
    let mut cut = head[..end].trim_end_matches('-');
    while let Some((rest, word)) = cut.rsplit_once('-') {
        if !IDLE.contains(&word) {
            break;
        }
        cut = rest;
    }
    cut.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_ascii_words_that_people_can_type() {
        for (text, id) in [
            ("All CI checks pass on release/v2.4.0 branch", "all-ci-checks-pass"),
            ("  --Äpfel & Birnen!  ", "apfel-birnen"),
            ("Prüfung der Größe", "prufung-der-grosse"),
            ("QA пройдено", "qa-proideno"),
            ("2 people reviewed", "n2-people-reviewed"),
            ("5xx errors < 1%", "n5xx-errors-1"),
            ("100% moved", "n100-moved"),
            ("The team doesn't page anybody", "the-team-doesnt-page"),
            ("Smoke tests", "smoke-tests"),
            ("確認", "que-ren"),
        ] {
            assert_eq!(slug(text), id, "{text}");
        }
        assert!(slug("…").starts_with("item-") && slug("…").len() == 17);
        assert_ne!(slug("…"), slug("!"));
    }

    #[test]
    fn slugs_end_at_a_word() {
        let long = slug(&"word ".repeat(40));
        assert!(long.len() <= LONGEST && long.ends_with("-word"), "{long}");
        assert_eq!(slug(&"a".repeat(100)).len(), LONGEST);
        assert!(wide_slug(&"word ".repeat(40)).starts_with(&long));
        assert!(prefixed(&"section ".repeat(20).replace(' ', "-"), &long).len() <= LONGEST + AROUND + 1);
    }
}
