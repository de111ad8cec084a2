//! The spellings of a ref's name that some file system takes for the same, and the form that they share.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::hidden::is_ignorable;
use super::policy::Pattern;

/// Returns the form of a name that all of its spellings share which some file system takes for the same.
///
/// File systems differ in what they compare: capitals by one of Unicode's mappings or another (NTFS, APFS, ext4), letters
/// taken apart (HFS+, APFS, ext4) or taken for what they resemble (ZFS with `normalization=formKD`), without what nobody sees
/// (HFS+, ext4), without blanks and dots at the end (Windows). Whoever pushes does not know which of them holds the server's
/// refs, and neither do we, so names that any of them confuses have one form. Git itself takes no name in which `~`, `:`, `\`
/// or a blank stand, so there are no short names and no streams to think of.
pub fn fold(name: &str) -> String {
    let parts: Vec<String> = name.split('/').map(fold_part).collect();
    parts.join("/")
}

/// Returns the form of one part of a name, between slashes.
fn fold_part(part: &str) -> String {
    let mut form = match part.is_ascii() {
        true => part.to_ascii_lowercase(),
        // What one round gives may have a form of its own once more; a test holds every letter to these two rounds.
        false => fold_once(&fold_once(part)),
    };
    form.truncate(form.trim_end_matches(['.', ' ']).len());
    form
}

fn fold_once(text: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_ignorable(*c)) {
        if c.is_ascii() {
            apart.push(c);
        } else {
            decompose_compatible(c, |part| apart.push(no_sign(part)));
        }
    }
    // Each mapping both ways round, since some letters have a lower case whose upper case is another letter.
    let cased = apart.nfd().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let mut form = String::with_capacity(apart.len());
    let mut base = '\0';
    for c in cased.nfd() {
        // The capital I with a dot has two lower cases in Unicode's tables: i, and i with a dot above it.
        if c == '\u{307}' && base == 'i' {
            continue;
        }
        if !is_combining_mark(c) {
            base = c;
        }
        form.push(c);
    }
    form
}

/// Keeps what only looks like one of the signs that part names and that patterns are made of from becoming one.
const fn no_sign(c: char) -> char {
    match c {
        '/' => '\u{ff0f}',
        '*' => '\u{ff0a}',
        '?' => '\u{ff1f}',
        c => c,
    }
}

/// Whether a pattern fits a name in any spelling.
///
/// A letter with an accent may be two characters or one, and `e*` fits it as two, `?` as one.
pub fn covers(pattern: &Pattern, name: &str) -> bool {
    let together = |text: &str| fold(text).nfc().collect();
    pattern.matches(name) || pattern.matches_as(name, fold) || !name.is_ascii() && pattern.matches_as(name, together)
}

#[cfg(test)]
mod tests {
    use super::{fold, fold_once};

    fn every_letter() -> impl Iterator<Item = char> {
        (0..=u32::from(char::MAX)).filter_map(char::from_u32)
    }

    #[test]
    fn two_rounds_are_enough_for_every_letter_and_end_in_the_form() {
        let letters: Vec<char> = every_letter().filter(|c| !matches!(c, '/' | '*' | '?')).collect();
        // Many at a time, since a million calls take a while, and one by one where that shows anything.
        for many in letters.chunks(256) {
            let holds = |text: &str, lower: &str, upper: &str| {
                let form = fold(text);
                let same = |other: &str| other == text || fold(other) == form;
                (form == text || fold(&form) == form) && !form.contains(['/', '*', '?']) && same(lower) && same(upper)
            };
            let join = |cased: fn(char) -> String| many.iter().map(|c| cased(*c) + "x").collect::<String>();
            let (lower, upper) = (|c: char| c.to_lowercase().collect(), |c: char| c.to_uppercase().collect());
            if holds(&join(String::from), &join(lower), &join(upper)) {
                continue;
            }
            for c in many {
                let said = fold_once(&c.to_string());
                assert!(holds(&c.to_string(), &lower(*c), &upper(*c)), "{c:?} {said:?}");
                assert!(holds(&format!("x{c}y"), &format!("x{}y", lower(*c)), &format!("x{}y", upper(*c))), "{c:?} {said:?}");
            }
        }
    }
}
