//! Items as people name them on the command line.

use std::collections::BTreeSet;

use crate::git::Repository;
use crate::model::ids::TagName;
use crate::model::report::{ItemReport, Report};
use crate::ops::error::{Failure, Outcome};
use crate::report::safe::shell_word;
use crate::report::words;

/// How like what was typed an id must be to be offered, where the two share no word: one or two letters of ten differ.
const LIKE: f64 = 0.85;

/// Splits the words of a call into the tag, where the first word names one, and the rest.
///
/// The tag may be left out where one release is open, so the first word is a tag only if there is such a tag.
pub fn split_tag(repository: &Repository, words: &[String]) -> Outcome<(Option<String>, Vec<String>)> {
    let Some(first) = words.first() else { return Ok((None, Vec::new())) };
    let is_tag = match TagName::from_user(first) {
        Ok(name) => repository.resolve(name.full())?.is_some(),
        Err(_) => false,
    };
    // A word with a dot or a slash can't be an item, so it was meant to be a tag.
    if is_tag || first.contains(['.', '/']) { Ok((Some(first.clone()), words[1..].to_vec())) } else { Ok((None, words.to_vec())) }
}

/// Finds the items that one word names: a range of numbers such as `1-6`, all of a stage as `@canary`, or one item as [`find`] does.
///
/// # Errors
/// It names nothing, or what could be several things.
fn find_all<'a>(report: &'a Report, named: &str) -> Outcome<Vec<&'a ItemReport>> {
    let number = |text: &str| text.parse::<u32>().ok();
    let range = named.split_once('-').and_then(|(first, last)| Some(number(first)?..=number(last)?));
    let found: Vec<_> = match (range, named.strip_prefix('@')) {
        (Some(range), _) => report.items.iter().filter(|item| range.contains(&item.number)).collect(),
        (None, Some(stage)) => report.items.iter().filter(|item| item.id.stage() == Some(stage)).collect(),
        (None, None) => return find(report, named).map(|item| vec![item]),
    };
    if found.is_empty() {
        return Err(Failure::usage(format!("{} has no item {named:?}", report.tag.short()))
            .suggest("see the items", format!("relsign status {}", shell_word(report.tag.short()))));
    }
    Ok(found)
}

/// Finds the items that several words name, each once, in the order of the words.
///
/// # Errors
/// As for [`find_all`].
pub fn find_each(report: &Report, named: &[String]) -> Outcome<Vec<ItemReport>> {
    let mut found: Vec<ItemReport> = Vec::new();
    for word in named {
        for item in find_all(report, word)? {
            if found.iter().all(|other| other.id != item.id) {
                found.push(item.clone());
            }
        }
    }
    Ok(found)
}

/// Finds an item by its id, by its number, or by the beginning of its id where only one begins so.
pub fn find<'a>(report: &'a Report, named: &str) -> Outcome<&'a ItemReport> {
    if let Some(item) = report.items.iter().find(|item| item.id.as_str() == named) {
        return Ok(item);
    }
    let (base, stage) = match named.split_once('@') {
        Some((base, stage)) => (base, Some(stage)),
        None => (named, None),
    };
    let fits = |item: &&ItemReport| {
        let by_number = base.parse() == Ok(item.number);
        let by_prefix = !base.is_empty() && item.id.base().starts_with(base);
        (by_number || by_prefix) && stage.is_none_or(|stage| item.id.stage().is_some_and(|found| found.starts_with(stage)))
    };
    let found: Vec<_> = report.items.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let failure = Failure::usage(format!("{} has no item {named:?}", report.tag.short()));
            let near = nearest(report.items.iter().map(|item| item.id.as_str()), named);
            Err(match near.is_empty() {
                true => failure.suggest("see the items", format!("relsign status {}", shell_word(report.tag.short()))),
                false => failure.hint(format!("did you mean {}?", words::or(near))),
            })
        }
        several => {
            let ids: Vec<_> = several.iter().map(|item| item.id.as_str()).collect();
            Err(Failure::usage(format!("{named:?} matches several items: {}", words::and(ids)))
                .hint("write more of the one you mean"))
        }
    }
}

/// Finds an item in any of the reports of a tag, one for each environment that it goes to.
///
/// # Errors
/// As for [`find`] in the first of them, where none has it.
pub fn find_in<'a>(reports: &'a [Report], named: &str) -> Outcome<&'a ItemReport> {
    let mut found = reports.iter().map(|report| find(report, named));
    let first = found.next().unwrap_or_else(|| Err(Failure::usage(format!("there is no item {named:?}"))));
    first.or_else(|failure| found.find_map(Outcome::ok).ok_or(failure))
}

/// Returns the three that are most like what was typed, of those that share a word with it or are like it at all.
fn nearest<'a>(all: impl Iterator<Item = &'a str>, named: &str) -> Vec<&'a str> {
    let named = named.to_ascii_lowercase();
    let likeness = |id: &str| {
        let shared = if shares_a_word(id, &named) { 1.0 } else { 0.0 };
        shared + strsim::jaro_winkler(id, &named)
    };
    let mut near: Vec<_> = all.map(|id| (likeness(id), id)).filter(|(likeness, _)| *likeness > LIKE).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.dedup();
    near.into_iter().take(3).map(|(_, id)| id).collect()
}

fn shares_a_word(id: &str, named: &str) -> bool {
    let of = |text: &str| {
        text.to_ascii_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.len() > 2)
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    of(named).iter().any(|word| of(id).iter().any(|other| other.starts_with(word.as_str()) || word.starts_with(other.as_str())))
}
