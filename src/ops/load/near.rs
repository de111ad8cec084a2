//! What is like a name that was mistyped.

use std::collections::BTreeSet;

/// How like what was typed a name must be to be offered, where the two share no word: one or two letters of ten differ.
const LIKE: f64 = 0.85;

/// How many names are offered at most.
const MOST: usize = 3;

/// Returns the three that are most like what was typed, of those that share a word with it or are like it at all.
pub fn nearest<'a>(all: impl Iterator<Item = &'a str>, named: &str) -> Vec<&'a str> {
    let named = named.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let shared = if shares_a_word(&name, &named) { 1.0 } else { 0.0 };
        shared + strsim::jaro_winkler(&name, &named)
    };
    let mut near: Vec<_> = all.map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness > LIKE).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.dedup();
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

fn shares_a_word(name: &str, named: &str) -> bool {
    let of = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
        words.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    of(named).iter().any(|word| of(name).iter().any(|other| other.starts_with(word.as_str()) || word.starts_with(other.as_str())))
}
