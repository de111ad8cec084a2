//! Where a text compares: the words and signs of `limit_words`, found in one pass over the text.

use std::ops::Range;
use std::sync::LazyLock;

use super::limit_words::{BEHIND, COMPARISONS, TIMES, UNITS};
use crate::model::limit::{Comparison, Limit, Limits};

/// Words by their first byte, so that most places of a text are passed over by one look.
pub(super) struct ByFirst<T>(Vec<Vec<T>>);

impl<T: Copy> ByFirst<T> {
    pub(super) fn new(all: impl Iterator<Item = T>, word: impl for<'a> Fn(&'a T) -> &'a str) -> Self {
        let mut table: Vec<Vec<T>> = (0..256).map(|_| Vec::new()).collect();
        for one in all {
            if let Some(first) = word(&one).bytes().next() {
                table[usize::from(first)].push(one);
            }
        }
        Self(table)
    }

    /// Gives those that may stand at the beginning of a text.
    pub(super) fn of(&self, text: &str) -> impl Iterator<Item = T> + '_ {
        let first = text.bytes().next();
        first.and_then(|first| self.0.get(usize::from(first))).into_iter().flatten().copied()
    }
}

/// Every unit.
static UNITS_BY_FIRST: LazyLock<ByFirst<&str>> =
    LazyLock::new(|| ByFirst::new(UNITS.iter().copied().chain(TIMES.words()), |unit| unit));

/// The units of time.
static TIMES_BY_FIRST: LazyLock<ByFirst<(&str, u64)>> = LazyLock::new(|| ByFirst::new(TIMES.each(), |(name, _)| name));

static BY_FIRST: LazyLock<ByFirst<(&str, Comparison)>> = LazyLock::new(|| ByFirst::new(COMPARISONS.each(), |(word, _)| word));

/// Whether a comparison stands apart from what is before and behind it.
fn is_apart(before: Option<char>, word: &str, rest: &str) -> bool {
    let first = word.chars().next().unwrap_or_default();
    let free = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let sign = |c: char| matches!(c, '-' | '=' | '<' | '>' | '!');
    match first {
        c if is_unspaced(c) => true,
        c if c.is_alphabetic() => free(before) && free(rest.chars().next()),
        _ => !before.is_some_and(sign) && !rest.starts_with(['=', '>']),
    }
}

/// Finds the next comparison from a place: its sense, where it stands, and its words.
pub(super) fn next_comparison(lower: &str, from: usize) -> Option<(Comparison, Range<usize>, &'static str)> {
    let mut before = lower[..from].chars().next_back();
    for (offset, c) in lower[from..].char_indices() {
        let at = from + offset;
        // Within a word no word begins.
        let inside = c.is_ascii_alphabetic() && before.is_some_and(|c| c.is_ascii_alphanumeric());
        let fits = |(word, _): &(&'static str, Comparison)| {
            lower[at..].strip_prefix(word).is_some_and(|rest| is_apart(before, word, rest))
        };
        // Of those that begin together the longest counts.
        let found = if inside { None } else { BY_FIRST.of(&lower[at..]).filter(fits).max_by_key(|(word, _)| word.len()) };
        if let Some((word, comparison)) = found {
            return Some((comparison, at..at + word.len(), word));
        }
        before = Some(c);
    }
    None
}

/// Finds the comparisons that stand behind their number, as in Japanese and Chinese.
pub(super) fn behind(text: &str, lower: &str, found: &mut Limits, taken: &mut Vec<Range<usize>>) {
    if lower.is_ascii() {
        return;
    }
    for (word, comparison) in BEHIND.each() {
        for (at, _) in lower.match_indices(word) {
            let Some(digits) = lower[..at].rfind(|c: char| c.is_ascii_digit()).map(|n| n + 1) else { continue };
            let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
            let start = lower[..digits].trim_end_matches(is_part).len();
            let (unit, end) = unit_at(text, digits);
            if lower[end..at].trim().is_empty() && !taken.iter().any(|range| range.contains(&start)) {
                let whole = start..at + word.len();
                let number = Some(plain_number(&lower[start..digits]));
                let text = text[whole.clone()].to_owned();
                found.all.push(Limit { text, comparison: Some(comparison), number, unit, of_baseline: false });
                taken.push(whole);
            }
        }
    }
}

/// Writes a number with a point and without what groups its digits.
pub(super) fn plain_number(written: &str) -> String {
    // A comma before three digits groups them; before any others it is a decimal one.
    if !written.contains([',', '_']) {
        return written.to_owned();
    }
    let grouped = written.split(',').skip(1).all(|part| part.bytes().take_while(u8::is_ascii_digit).count() == 3);
    if grouped { written.replace([',', '_'], "") } else { written.replace('_', "").replace(',', ".") }
}

/// Counts what stands before a number or a unit and is none of it.
pub(super) fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\u{a0}', '\t', '*', '`']).len()
}

/// Reads the unit at a place; gives it as written, and where it ends.
pub(super) fn unit_at(text: &str, at: usize) -> (Option<String>, usize) {
    // No unit is as long as this, and the rest of the text may be long.
    let near = (at + 64..text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    let lower = text[at..near].to_ascii_lowercase();
    let plus = usize::from(lower.starts_with('+'));
    let start = plus + blanks(&lower[plus..]);
    let start = start + usize::from(lower[start..].starts_with('-'));
    let fits = |unit: &str| {
        lower[start..].strip_prefix(unit).is_some_and(|rest| {
            !unit.ends_with(|c: char| c.is_ascii_alphabetic()) || !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    match UNITS_BY_FIRST.of(&lower[start..]).filter(|unit| fits(unit)).max_by_key(|unit| unit.len()) {
        Some(unit) => (Some(text[at + start..at + start + unit.len()].to_owned()), at + start + unit.len()),
        None => (None, at + plus),
    }
}

/// Returns how many seconds a unit of time has.
pub(super) fn seconds_of(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    TIMES_BY_FIRST.of(&unit).find(|(name, _)| *name == unit).map(|(_, seconds)| seconds)
}

/// Whether a character belongs to a script that leaves no blanks between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}
