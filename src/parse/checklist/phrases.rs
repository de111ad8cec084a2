//! Phrases in texts: what a text is reduced to, and how a phrase of a table stands in it.

use std::borrow::Cow;

use super::comparisons::is_unspaced;
use super::lexicon;
use super::vocabulary::{How, Table};

/// Reduces text to lower-case words with single spaces: punctuation, emoji and leading numbers are left out.
pub(super) fn normal(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let skip = words.iter().take_while(|word| word.bytes().all(|b| b.is_ascii_digit())).count();
    words[if skip == words.len() { 0 } else { skip }..].join(" ")
}

/// Whether `phrase` stands in `text` as whole words; both are [`normal`].
pub(super) fn has(text: &str, phrase: &str) -> bool {
    // Most texts are shorter than most phrases, and to search is to prepare a search.
    if phrase.len() > text.len() {
        return false;
    }
    let first = phrase.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)).map(|at| from + at) {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        if (before.is_empty() || before.ends_with(' ')) && (after.is_empty() || after.starts_with(' ')) {
            return true;
        }
        // The next one may begin within this one.
        from = at + first;
    }
    false
}

pub(super) fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| has(text, phrase))
}

/// Reduces text as [`normal`] does, with the spellings of one word made one, and nothing of what stands in brackets.
pub(super) fn canon(text: &str) -> String {
    // One plain word, as most names of facts are, is soon told.
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let word = text.to_ascii_lowercase();
        return lexicon::SPELLINGS.find(|from| from == word).map_or(word, str::to_owned);
    }
    let text = without_shortcodes(text);
    let text: &str = &text;
    if !text.contains(['(', ')', '（', '）']) {
        return spelled(&normal(text));
    }
    let mut depth = 0_u32;
    let bare: String = text
        .chars()
        .filter(|c| {
            match c {
                '(' | '（' => depth += 1,
                ')' | '）' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
        .collect();
    let text = normal(if bare.trim().is_empty() { text } else { &bare });
    spelled(&text)
}

/// Returns a text without the names of emoji, such as `:computer:`, unless it is nothing else.
pub(super) fn without_shortcodes(text: &str) -> Cow<'_, str> {
    if text.find(':') == text.rfind(':') {
        return Cow::Borrowed(text);
    }
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        let name =
            rest[at + 1..].bytes().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'+'));
        let end = at + 1 + name.count();
        let is_code = end > at + 1 && rest[end..].starts_with(':') && rest[at + 1..end].bytes().any(|b| b.is_ascii_lowercase());
        bare.push_str(&rest[..if is_code { at } else { end }]);
        rest = &rest[if is_code { end + 1 } else { end }..];
    }
    bare.push_str(rest);
    if bare.trim().is_empty() { Cow::Borrowed(text) } else { Cow::Owned(bare) }
}

/// Makes one the spellings of one word.
pub(super) fn spelled(text: &str) -> String {
    let mut text = text.to_owned();
    let one = !text.contains(' ');
    for (from, to) in lexicon::SPELLINGS.each() {
        if !(one && from.contains(' ')) && has(&text, from) {
            text = format!(" {text} ").replace(&format!(" {from} "), &format!(" {to} ")).trim().to_owned();
        }
    }
    text
}

/// Whether a phrase stands in a text as [`How`] says; both are [`canon`].
pub(super) fn fits(text: &str, how: How, phrase: &str) -> bool {
    if phrase.len() > text.len() {
        return false;
    }
    let unspaced = phrase.chars().all(is_unspaced);
    match how {
        How::Whole => text == phrase,
        How::Has if unspaced => text.contains(phrase),
        How::Has => has(text, phrase),
        How::Starts => text.strip_prefix(phrase).is_some_and(|rest| {
            let next = rest.trim_start().chars().next();
            (unspaced || rest.is_empty() || rest.starts_with(' ')) && !next.is_some_and(|c| c.is_ascii_digit())
        }),
    }
}

pub(super) fn any_of<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> bool {
    words.into_iter().any(|word| fits(text, How::Has, word))
}

/// Finds what the first phrase that a text fits stands for.
pub(super) fn sense_of<K: Copy + PartialEq + 'static>(text: &str, table: &Table<(K, How, &'static str)>) -> Option<K> {
    table.iter().find(|((_, how, _), words)| words.iter().any(|word| fits(text, *how, word))).map(|((sense, ..), _)| *sense)
}

/// Whether each word of a text is one of some words, and one at least is one of the first.
pub(super) fn made_of<'a>(text: &str, core: &[&'a str], beside: &[&'a str]) -> bool {
    let mut seen = false;
    let whole = core.contains(&text);
    // A name of several words counts as one.
    let mut text = text.to_owned();
    for phrase in core.iter().filter(|phrase| phrase.contains(' ')) {
        if has(&text, phrase) {
            seen = true;
            text = format!(" {text} ").replace(&format!(" {phrase} "), " ").trim().to_owned();
        }
    }
    let all = text.split(' ').filter(|word| !word.is_empty()).all(|word| {
        let is_core = core.contains(&word);
        seen |= is_core;
        if is_core || beside.contains(&word) || word.bytes().all(|b| b.is_ascii_digit()) {
            return true;
        }
        // Scripts without blanks put their words together.
        let mut rest = word.to_owned();
        for part in core.iter().chain(beside).filter(|part| part.chars().all(is_unspaced)) {
            if core.contains(part) && rest.contains(part) {
                seen = true;
            }
            rest = rest.replace(part, "");
        }
        rest.is_empty()
    });
    whole || all && seen
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn a_phrase_stands_where_words_begin_and_end() {
        let texts = ["", "a", "a a", "xa a a", "a ax", "ax a", "ä a", "a ä a", "aa", "a a a b", "b a a"];
        for text in texts {
            for phrase in ["a", "a a", "a a b", "ä", "b"] {
                assert_eq!(has(text, phrase), format!(" {text} ").contains(&format!(" {phrase} ")), "{phrase:?} in {text:?}");
            }
        }
    }
}
