//! Who is named in a text: owners, handles and roles.

use super::lexicon;
use super::phrases::normal;
use crate::model::ids::Handle;

/// Takes a cell or value that is one handle; everything else that names an owner is text.
pub(super) fn owner(text: &str) -> (Option<Handle>, Option<String>) {
    let text = text.trim();
    match text.parse::<Handle>() {
        Ok(handle) => (Some(handle), None),
        Err(_) if text.chars().all(|c| matches!(c, '_' | '-' | '—' | '.' | ' ')) => (None, None),
        Err(_) => (None, Some(text.to_owned())),
    }
}

/// Finds every name with an `@` before it, as it is written: `@kim`, but also `@org/team` and `@kim.vale`.
fn mentions(text: &str) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '/')) {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/' | '@')).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(['-', '.', '/', '_']);
        if !name.is_empty() && !name.contains('@') {
            all.push((at, &text[at..=at + name.len()]));
        }
    }
    all
}

/// Finds every handle in a text; a name that is no handle as it stands is none.
pub(super) fn handles(text: &str) -> Vec<Handle> {
    mentions(text).into_iter().filter_map(|(_, name)| name.parse().ok()).collect()
}

/// Finds the owner that the text of an item names: its one mention, at its end or before a colon at its beginning.
pub(super) fn owner_in_text(text: &str) -> Option<&str> {
    let [(at, name)] = mentions(text)[..] else { return None };
    let (before, after) = (text[..at].trim_end(), text[at + name.len()..].trim());
    let closed = matches!(after, ")" | "]" | "");
    let ends = closed && before.ends_with(['-', '–', '—', '(', '[', ':', '|', '→', ',']) && before.len() > 1;
    let begins = before.is_empty() && after.starts_with([':', '-', '–', '—']);
    (ends || begins).then_some(name)
}

/// Finds the role that the text of an item names at its beginning, such as `QA: smoke test` or `(QA) smoke test`.
pub(super) fn role_in_text(text: &str) -> Option<String> {
    let in_brackets = text.strip_prefix('(').and_then(|text| text.split_once(')'));
    let (name, rest) = in_brackets.or_else(|| text.split_once(':'))?;
    (!rest.trim().is_empty()).then(|| role(name)).flatten()
}

/// Finds the role that a line above a list names, such as `Security team`.
pub(super) fn role(name: &str) -> Option<String> {
    let text = normal(name);
    let bare = text.strip_suffix(" team").or_else(|| text.strip_suffix(" lead")).unwrap_or(&text);
    let known = |name: &str| lexicon::ROLES.contains(&name);
    (known(bare) || known(&text)).then(|| if known(&text) { text.replace(' ', "-") } else { bare.replace(' ', "-") })
}
