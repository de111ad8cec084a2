//! Where a text compares: the words and signs of `limit_words`, found in one pass over the text.

use std::ops::Range;
use std::sync::LazyLock;

use super::limit_words::{BEHIND, COMPARISONS};
use super::limits::{plain_number, unit_at};
use super::words::is_unspaced;
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

static BY_FIRST: LazyLock<ByFirst<(&str, Comparison)>> =
    LazyLock::new(|| ByFirst::new(COMPARISONS.iter().copied(), |(word, _)| word));

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
    for (word, comparison) in BEHIND.iter().filter(|_| !lower.is_ascii()) {
        for (at, _) in lower.match_indices(word) {
            let Some(digits) = lower[..at].rfind(|c: char| c.is_ascii_digit()).map(|n| n + 1) else { continue };
            let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
            let start = lower[..digits].trim_end_matches(is_part).len();
            let (unit, end) = unit_at(text, digits);
            if lower[end..at].trim().is_empty() && !taken.iter().any(|range| range.contains(&start)) {
                let whole = start..at + word.len();
                let number = Some(plain_number(&lower[start..digits]));
                let text = text[whole.clone()].to_owned();
                found.all.push(Limit { text, comparison: Some(*comparison), number, unit, of_baseline: false });
                taken.push(whole);
            }
        }
    }
}
