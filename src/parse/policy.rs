//! The policy file: `.relsign/policy.toml` into a validated [`Policy`].
//!
//! Reading goes in three steps. The TOML parser gives a tree with positions and goes on after errors, so that two
//! typing mistakes are two problems and not one. The sections are then read in an order in which names are known
//! before they are used: roles and people first. Last come the questions about the whole, such as a threshold that
//! nobody can reach. Every step adds to one list of problems; any error in it means that there is no policy.

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::model::ids::RecordId;
use crate::model::policy::{Former, Policy};
use crate::model::problem::{Level, Problem, explained};
use crate::parse::public_key::KnownKeys;

mod authority;
mod freeze;
mod people;
mod reader;
mod releases;
mod schema;
mod values;
mod whole;

pub use people::is_email;
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
/// Returns all problems of the file, errors and warnings, in the order of the file.
pub fn parse_policy(source: &[u8]) -> Result<Parsed, Vec<Problem>> {
    parse_version(source, &mut KnownKeys::default())
}

/// Reads one of several policy files as [`parse_policy`] does, sooner where it lists keys that others listed before.
///
/// # Errors
/// Those of [`parse_policy`].
pub fn parse_version(source: &[u8], known: &mut KnownKeys) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Problems::new(source);
    let policy = read(source, &mut problems, known);
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

fn read(source: &[u8], problems: &mut Problems<'_>, known: &mut KnownKeys) -> Option<Policy> {
    if source.len() > MAX_BYTES {
        let message = format!("the policy has {} bytes; the limit is {MAX_BYTES}", source.len());
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
            true => "the key or table is there twice".to_owned(),
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
        root.required(problems, "format");
    }
    let repository = root.required_id(problems, "repository");
    let former = former(&mut root, problems);
    let people = people::read(&mut root, problems, known);
    let releases = releases::read(&mut root, problems, &people);
    let authority = authority::read(&mut root, problems, &people);
    let freezes = freeze::read(&mut root, problems, &people);
    root.finish(problems);
    whole::assemble(problems, (repository, former), people, releases, authority, freezes)
}

/// Reads which root this one takes the place of; half of it would say nothing that can be checked.
fn former(root: &mut Table<'_>, problems: &mut Problems<'_>) -> Option<Former> {
    let mut table = root.table(problems, "former")?;
    let former = table.required_id(problems, "root");
    let version = table.required(problems, "version").count(problems, "version", 1, u32::MAX);
    let digest = table.required_id(problems, "digest");
    table.finish(problems);
    Some(Former { root: former?, version: version?, digest: digest? })
}

/// Reads the `anchors` file of a policy version: ids of records, one a line, sorted, each once.
///
/// # Errors
/// Names which line breaks the form; version 1 has an empty file.
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
            return Err(problem("a line of anchors is not a record id (64 lower-case hex digits)"));
        };
        if anchors.last().is_some_and(|last| *last >= id) {
            return Err(problem("the lines of anchors are not sorted, or one is there twice"));
        }
        anchors.insert(id);
    }
    Ok(anchors)
}

explained! {
    /// Every code of a problem of the policy file, in the order of docs/findings.md, and what it means.
    pub const CODES;
    "policy-too-large", "error", "The policy file is larger than 256 KiB and was not read.",
        "Remove what does not belong there; keep comments short.";
    "policy-not-utf8", "error", "The policy file has bytes that are not UTF-8.",
        "Save the file as UTF-8.";
    "policy-syntax", "error", "The policy file is not TOML.",
        "Correct the TOML at the caret. Nothing else is checked until it parses.";
    "policy-duplicate-key", "error", "A key or table is there twice.",
        "Keep one of the two.";
    "policy-unknown-key", "error", "A key is not one that its table can have, and would have no effect.",
        "Correct the spelling; the hint lists the keys of the table.";
    "policy-missing-key", "error", "A required key is missing from a table.",
        "Add it.";
    "policy-wrong-type", "error", "A value has the wrong type for its key.",
        "Use a value of the type named in the message.";
    "policy-bad-value", "error", "A value has the wrong form, or is out of range, for its key.",
        "Use a value of the form named in the message.";
    "policy-twice", "error", "The same name or value is there twice.",
        "Remove one of the two, or give it another name.";
    "policy-bad-handle", "error", "A handle has characters other than a-z, 0-9 and -.",
        "Use a-z, 0-9 and `-`, at most 39 characters. Capitals and dots are not allowed, so that no two handles look alike.";
    "policy-unknown-person", "error", "A handle belongs to no person of the policy.",
        "Add the person, or correct the handle.";
    "policy-unknown-role", "error", "A role is not declared.",
        "Declare the role, or correct the name.";
    "policy-unknown-component", "error", "A rule or a gated ref names a component that does not exist.",
        "Declare the component, or correct the name.";
    "policy-wildcard", "error", "A wildcard is used where people or roles must be named.",
        "Name people or roles. Where every person is allowed, write `everyone`.";
    "policy-shared-key", "error", "A key is listed twice; a key has one holder.",
        "Each person signs with a key of their own.";
    "policy-shared-email", "error", "An e-mail address is listed for two people, or for a person and a bot or forge.",
        "List the address only for the person, bot or forge whose commits carry it.";
    "policy-key-malformed", "error", "A key is not an SSH public key in canonical form.",
        "Copy the line of the `.pub` file again.";
    "policy-key-unsupported", "error", "A key is of a type that can't sign records.",
        "Make a key that can: `ssh-keygen -t ed25519`, or `-t ed25519-sk` for a security key. P-256 keys can too: `-t ecdsa`, `-t ecdsa-sk`.";
    "policy-key-weak", "error", "A key is a small-order point, under which forged signatures verify.",
        "Reject it. Nobody has such a key by accident.";
    "policy-unknown-zone", "error", "A freeze window is in a time zone that is not known.",
        "Write an IANA name such as `Europe/Berlin`, or `UTC`.";
    "policy-threshold-high", "error", "The threshold is higher than the number of owners with an active key.",
        "Lower the threshold or add owners.";
    "policy-threshold-equal", "warning, or a note with one owner", "The threshold requires every owner with an active key, so one lost key locks the policy.",
        "Add an owner, or lower the threshold.";
    "policy-handle-is-role", "warning", "A person and a role have the same name; as an owner it means the person.",
        "Rename one of the two.";
    "policy-no-active-key", "note", "A person has no active key and can't sign.",
        "Nothing for people who left; otherwise add a key.";
    "policy-nobody-may", "warning", "A right of the policy is held by nobody with an active key.",
        "Give the right to somebody, or give the role to somebody.";
    "policy-too-few-people", "warning, or a note with one person", "A rule or a freeze exception requires more people than have an active key.",
        "Require fewer, or add people.";
    "policy-empty-rule", "warning", "A rule requires nothing.",
        "State what the rule requires, or remove it.";
    "anchors-malformed", "error", "The anchors of a policy version are not sorted record ids, one per line.",
        "Do not use that version. `relsign policy activate` writes the file; nobody edits it.";
}

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod tests;
