//! The policy file: `.relsign/policy.toml` into a validated [`Policy`].
//!
//! Reading goes in three steps. The TOML parser gives a tree with positions and goes on after errors, so that two
//! typing mistakes are two problems and not one. The sections are then read in an order in which names are known
//! before they are used: roles and people first. Last come the questions about the whole, such as a threshold that
//! nobody can reach. Every step adds to one list of problems; any error in it means that there is no policy.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::model::ids::RecordId;
use crate::model::policy::Policy;
use crate::model::problem::{Level, Problem};

mod authority;
mod freeze;
mod people;
mod reader;
mod releases;
mod schema;
mod values;
mod whole;

pub use schema::policy_schema;

use reader::{Problems, Table};

/// The most bytes that a policy file may have.
pub const MAX_BYTES: usize = 256 * 1024;
/// The format that this version reads.
const FORMAT: u64 = 1;

/// A policy and what is worth saying about it although it can be used.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The policy.
    pub policy: Policy,
    /// Warnings and notes, in the order of the file.
    pub warnings: Vec<Problem>,
}

/// Reads a policy file.
///
/// # Errors
/// Gives all problems of the file, errors and warnings, in the order of the file.
pub fn parse_policy(source: &[u8]) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Problems::new(source);
    let policy = read(source, &mut problems);
    let mut list = problems.into_sorted();
    match policy {
        Some(policy) if list.iter().all(|problem| problem.level != Level::Error) => Ok(Parsed { policy, warnings: list }),
        _ => {
            // A reader that gives up must have said why; this line is for the day on which one doesn't.
            if list.iter().all(|problem| problem.level != Level::Error) {
                list.push(Problem::new(Level::Error, "policy-syntax", source, 0..0, "the policy can't be read"));
            }
            Err(list)
        }
    }
}

fn read(source: &[u8], problems: &mut Problems<'_>) -> Option<Policy> {
    if source.len() > MAX_BYTES {
        let message = format!("the policy has {} bytes; the most is {MAX_BYTES}", source.len());
        problems.error("policy-too-large", 0..0, message);
        return None;
    }
    let text = match std::str::from_utf8(source) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            problems.error("policy-not-utf8", at..at + 1, "the policy is not UTF-8 from here on");
            return None;
        }
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut broken = false;
    for error in errors {
        let duplicate = error.message().contains("duplicate key");
        broken |= !duplicate;
        let code = if duplicate { "policy-duplicate-key" } else { "policy-syntax" };
        let message = match duplicate {
            true => "the key or table stands twice".to_owned(),
            false => format!("the policy is not TOML here: {}", error.message().to_lowercase().replace('\n', " ")),
        };
        problems.error(code, error.span().unwrap_or(0..0), message);
    }
    if broken {
        // What the parser made up to go on would only give problems that aren't there.
        return None;
    }
    let mut root = Table::root(document.get_ref());
    let format = root.number(problems, "format");
    if let Some(format) = &format
        && *format.get_ref() != FORMAT
    {
        problems.error(
            "policy-bad-value",
            format.span(),
            format!("format {} is not known; this version reads format {FORMAT}", format.get_ref()),
        );
    }
    if format.is_none() {
        root.missing(problems, "format");
    }
    let repository = root.required_id(problems, "repository");
    let people = people::read(&mut root, problems);
    let releases = releases::read(&mut root, problems, &people);
    let authority = authority::read(&mut root, problems, &people);
    let freezes = freeze::read(&mut root, problems, &people);
    root.finish(problems);
    whole::assemble(problems, repository, people, releases, authority, freezes)
}

/// Reads the `anchors` file of a policy version: ids of records, one a line, sorted, each once.
///
/// # Errors
/// Says which line breaks the form; version 1 has an empty file.
pub fn parse_anchors(source: &[u8]) -> Result<BTreeSet<RecordId>, Problem> {
    let mut anchors = BTreeSet::new();
    let mut start = 0;
    for line in source.split_inclusive(|byte| *byte == b'\n') {
        let span = start..start + line.len();
        start = span.end;
        let problem = |message: &str| Problem::new(Level::Error, "anchors-malformed", source, span.clone(), message);
        let Some(text) = line.strip_suffix(b"\n") else {
            return Err(problem("the last line of anchors has no line feed"));
        };
        let id: Option<RecordId> = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let Some(id) = id else {
            return Err(problem("a line of anchors is no record id (64 lower-case hex digits)"));
        };
        if anchors.last().is_some_and(|last| *last >= id) {
            return Err(problem("the lines of anchors are not sorted, or one stands twice"));
        }
        anchors.insert(id);
    }
    Ok(anchors)
}

#[cfg(test)]
mod tests;
