//! Items as people name them on the command line.

use std::collections::BTreeSet;

use super::near::nearest;
use crate::git::Repository;
use crate::model::ids::TagName;
use crate::model::report::{ItemReport, Report};
use crate::ops::error::{Failure, Outcome};
use crate::report::safe::{self, shell_word};
use crate::report::words;

/// Splits the words of a call into the tag, where the first word names one, and the rest.
///
/// The tag may be left out where one release is open, so the first word is a tag only if there is such a tag.
pub fn split_tag(repository: &Repository, words: &[String]) -> Outcome<(Option<String>, Vec<String>)> {
    let Some(first) = words.first() else { return Ok((None, Vec::new())) };
    let is_tag = match TagName::from_user(first) {
        Ok(name) => repository.resolve(name.full())?.is_some(),
        Err(_) => false,
    };
    // A word with a dot or a slash can't be an item, so it was meant to be a tag; so was one such as `v9`.
    let is_version = first.strip_prefix('v').is_some_and(|number| number.parse::<u64>().is_ok());
    match is_tag || is_version || first.contains(['.', '/']) {
        true => Ok((Some(first.clone()), words[1..].to_vec())),
        false => Ok((None, words.to_vec())),
    }
}

/// Finds the items that one word names: a range of numbers such as `1-6`, all of a stage as `@canary`, all below a heading, or one
/// item as [`find`] does.
///
/// # Errors
/// It names nothing, or what could be several things.
fn find_all<'a>(report: &'a Report, named: &str) -> Outcome<Vec<&'a ItemReport>> {
    let items = || report.items.iter();
    if items().any(|item| item.id.as_str() == named) {
        return find(report, named).map(|item| vec![item]);
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let range = named.split_once('-').and_then(|(first, last)| Some(number(first)?..=number(last)?));
    let of_several: Vec<_> = match (range, named.strip_prefix('@')) {
        (Some(range), _) => items().filter(|item| range.contains(&item.number)).collect(),
        (None, Some(stage)) => items().filter(|item| item.id.stage() == Some(stage)).collect(),
        (None, None) => items().filter(|item| item.section.iter().any(|heading| is_heading(heading, named))).collect(),
    };
    match find(report, named) {
        // What is meant of the two is not to be guessed: a signature says it.
        Ok(one) if of_several.iter().any(|item| item.id != one.id) => {
            let numbers: Vec<u32> = of_several.iter().map(|item| item.number).collect();
            Err(Failure::usage(format!("{named:?} is the item {} and a heading", one.id)).hint(format!(
                "write {}, or for what is below the heading {}",
                one.id,
                words::runs(&numbers).replace(", ", " ")
            )))
        }
        Ok(one) => Ok(vec![one]),
        Err(_) if !of_several.is_empty() => Ok(of_several),
        Err(failure) => Err(failure),
    }
}

/// Whether a word names a heading: in capitals or not, and with hyphens for what is no letter or digit.
fn is_heading(heading: &str, named: &str) -> bool {
    let plain = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
    };
    let named = plain(named);
    !named.is_empty() && named.parse::<u32>().is_err() && plain(heading) == named
}

/// Finds the items that several words name, each once, in the order of the words.
///
/// # Errors
/// If a word names nothing, or may mean several things.
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
            let stages: BTreeSet<String> =
                report.items.iter().filter_map(|item| item.id.stage()).map(|stage| format!("@{stage}")).collect();
            let ids = report.items.iter().map(|item| item.id.as_str());
            let headings = report.items.iter().filter_map(|item| item.section.last()).map(String::as_str);
            let near: Vec<String> =
                nearest(ids.chain(stages.iter().map(String::as_str)).chain(headings), named).into_iter().map(safe::shell).collect();
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
