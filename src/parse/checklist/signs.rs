//! What a line says by its signs: boxes, bullets, numbers, marks of headings, and a colon between a name and a value.

use super::lexicon;
use crate::model::checklist::Choice;
use crate::model::hidden::is_hidden;

/// Splits `Name: value`; the name is short and begins with a letter.
pub(super) fn named_value(text: &str) -> Option<(&str, &str)> {
    let whole = text;
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (name, value) = text.split_once([':', '：'])?;
    // What stands beside the lines of a drawing is part of it.
    if whole.contains(|c: char| matches!(c, '\u{2500}'..='\u{257f}')) {
        return None;
    }
    let wide = text[name.len()..].starts_with('：');
    let name = name.trim();
    let starts = name.chars().next().is_some_and(char::is_alphabetic);
    let words = name.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
    let follows = wide || value.is_empty() || value.starts_with(char::is_whitespace);
    (starts && follows && name.chars().count() <= 40 && words <= 5).then(|| (name, value.trim()))
}

/// Strips a box from the front of a text.
pub(super) fn leading_box(text: &str) -> Option<(bool, &str)> {
    // Most texts begin with a letter.
    if text.bytes().next().is_none_or(|byte| byte != b'[' && byte.is_ascii()) {
        return None;
    }
    lexicon::BOXES.each().find_map(|(sign, ticked)| {
        let rest = text.strip_prefix(sign)?;
        let rest = rest.strip_prefix('\u{fe0f}').unwrap_or(rest);
        (rest.starts_with(char::is_whitespace) && !rest.trim().is_empty()).then(|| (ticked, rest.trim()))
    })
}

/// Strips a box from the front of a line, perhaps behind a number such as `1.2.` or bullets such as `**`, which Markdown takes
/// for no list.
pub(super) fn line_box(text: &str) -> Option<(bool, &str)> {
    leading_box(text).or_else(|| leading_box(without_outline(text)?))
}

/// Strips the number or the bullets of an outline.
fn without_outline(text: &str) -> Option<&str> {
    let sign = text.bytes().next()?;
    let marker = match sign {
        b'0'..=b'9' => text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count(),
        b'*' | b'-' | b'#' | b'.' => text.bytes().take_while(|byte| *byte == sign).count(),
        _ => return None,
    };
    let is_outline = sign == b'.' || marker > 1 && (!sign.is_ascii_digit() || text[..marker - 1].contains('.'));
    text[marker..].strip_prefix(' ').map(str::trim_start).filter(|_| is_outline)
}

/// Takes a line for a heading that is written as in AsciiDoc (`== Name`) or in Jira (`h2. Name`); gives its level.
pub(super) fn foreign_heading(text: &str) -> Option<(u8, &str)> {
    let signs = text.bytes().take_while(|byte| *byte == b'=').count();
    let (level, rest) = match text.as_bytes() {
        [b'h', level @ b'1'..=b'6', b'.', ..] => (level - b'0', &text[3..]),
        _ => (u8::try_from(signs).ok().filter(|level| (1..=6).contains(level))?, &text[signs..]),
    };
    let title = rest.strip_prefix(' ')?.trim_matches([' ', '=']);
    title.starts_with(|c: char| !c.is_ascii_punctuation()).then_some((level, title))
}

/// Strips the bullet or the number of an entry of a list from the front of a line.
pub(super) fn behind_bullet(line: &str) -> Option<&str> {
    match line.bytes().take_while(u8::is_ascii_digit).count() {
        0 => line.strip_prefix(['-', '*', '+']),
        digits => line[digits..].strip_prefix(['.', ')']),
    }
}

/// The boxes between which people choose on one line.
const CHOICE_BOXES: &[(&str, bool)] = &[("[ ]", false), ("[x]", true), ("[X]", true), ("☐", false), ("☑", true), ("☒", true)];

/// Whether a text may hold one of [`CHOICE_BOXES`].
pub(super) fn holds_box(text: &str) -> bool {
    text.bytes().any(|byte| byte == b'[' || byte == 0xe2) && !choices(text).1.is_empty()
}

/// Whether several boxes stand on a line.
pub(super) fn is_choice(text: &str) -> bool {
    holds_box(text) && choices(text).1.len() > 1
}

/// Splits a line with boxes into what stands before the first and the choices.
pub(super) fn choices(text: &str) -> (String, Vec<Choice>) {
    let mut found: Vec<(usize, usize, bool)> = CHOICE_BOXES
        .iter()
        .flat_map(|(sign, ticked)| text.match_indices(sign).map(|(at, sign)| (at, at + sign.len(), *ticked)))
        .collect();
    found.sort_unstable();
    let title = found.first().map_or(text, |(at, ..)| &text[..*at]).trim().trim_end_matches(':').trim().to_owned();
    let ends = found.iter().skip(1).map(|(at, ..)| *at).chain(std::iter::once(text.len()));
    let choices = found
        .iter()
        .zip(ends)
        .map(|((_, start, ticked), end)| {
            let text = text[*start..end].trim().trim_end_matches(['/', '|', ',']).trim().to_owned();
            Choice { text, ticked: *ticked }
        })
        .collect();
    (title, choices)
}

/// Whether a plain line stands where a heading would: short, capitalised words, no sentence.
pub(super) fn looks_like_heading(line: &str) -> bool {
    let line = line.trim();
    let bare = line.split('(').next().unwrap_or(line).trim();
    line.chars().count() <= 80
        && !bare.is_empty()
        && !bare.ends_with(['.', ',', ';', ':', '!', '?'])
        && bare.chars().next().is_some_and(char::is_uppercase)
        && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '&' | ',' | '\''))
        && bare
            .split_whitespace()
            .all(|word| word.chars().count() < 4 || word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric()))
}

/// White space that people see as such, and characters that they do not see at all.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_hidden(c) || c == '\u{2800}'
}
