//! Ids made from text.

use sha2::{Digest, Sha256};

/// The longest id.
const LONGEST: usize = 64;

/// Makes an id of a title: lower-case ASCII letters and digits, everything else a single `-`, cut at a word's end.
///
/// A title without ASCII letters gives `item-` and the first 12 hex digits of its SHA-256.
pub(super) fn slug(title: &str) -> String {
    if !title.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        let hash = Sha256::digest(title.as_bytes());
        let digits: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        return format!("item-{digits}");
    }
    let mut slug = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    // An id begins with a letter, so that it can't be taken for an item's number.
    let slug = slug.trim_start_matches(|c: char| !c.is_ascii_lowercase()).trim_end_matches('-');
    cut(slug)
}

/// Joins a prefix and a slug into a slug; where both are long, the prefix keeps about a third of the room.
pub(super) fn prefixed(prefix: &str, slug: &str) -> String {
    if prefix.len() + 1 + slug.len() <= LONGEST {
        return format!("{prefix}-{slug}");
    }
    let prefix = cut_to(prefix, 24.max((LONGEST - 1).saturating_sub(slug.len())));
    let slug = cut_to(slug, LONGEST - 1 - prefix.len());
    format!("{prefix}-{slug}")
}

fn cut(slug: &str) -> String {
    cut_to(slug, LONGEST)
}

fn cut_to(slug: &str, most: usize) -> String {
    if slug.len() <= most {
        return slug.to_owned();
    }
    let head = &slug[..most];
    // A word that ends exactly at the limit is whole.
    let whole = slug.as_bytes()[most] == b'-';
    let end = if whole { most } else { head.rfind('-').filter(|at| *at > 0).unwrap_or(most) };
    head[..end].trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_ascii_words() {
        assert_eq!(slug("All CI checks pass on release/v2.4.0 branch"), "all-ci-checks-pass-on-release-v2-4-0-branch");
        assert_eq!(slug("  --Äpfel & Birnen!  "), "pfel-birnen");
        assert_eq!(slug("2 people reviewed"), "people-reviewed");
        let japanese = slug("確認");
        assert!(japanese.starts_with("item-") && japanese.len() == 17, "{japanese}");
        assert_ne!(japanese, slug("承認"));
    }

    #[test]
    fn slugs_end_at_a_word() {
        let long = slug(&"word ".repeat(40));
        assert!(long.len() <= 64 && long.ends_with("-word"), "{long}");
        assert_eq!(slug(&"a".repeat(100)).len(), 64);
        assert!(prefixed(&"section ".repeat(20), &slug(&"word ".repeat(40))).len() <= 64);
    }
}
