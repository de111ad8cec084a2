//! The freezes of a repository: the policy's windows, the root log's records, and the releases that freeze refs.

use std::collections::BTreeSet;

use super::error::Outcome;
use super::release::{lines_of, root_blob};
use super::root_log;
use super::trust::Trusted;
use crate::evaluate::freeze::{self, Freezes, Freezing, Span};
use crate::evaluate::root_log::RootLog;
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::sign::verify::verify_log;

/// Loads every freeze that touches a span.
///
/// For a push that is [`Span::at`] the clock; for a list or a calendar, what they show. `notes` and `log` are as they
/// were before the push: [`super::root_log::load`] gives the log, made with the clock that authority is asked at. Of the
/// releases only those are read whose open record in the root log freezes something within the span, so ten thousand others
/// cost nothing.
///
/// Then, for each ref: `all.iter().filter(|freeze| freeze.holds_at(now) && freeze.covers(ref))`, and
/// [`crate::report::freezes`] has the words for a refusal.
///
/// It fails closed in two ways. Where the root log or a window can't be read, [`Freezes::unknown`] says so: a caller who
/// judges a push must refuse every ref where that is not empty. A release whose own log can't be read still freezes its
/// refs until the time it named, and a finding says so.
///
/// # Errors
/// If git can't be read.
pub fn load(repository: &Repository, trusted: &Trusted, notes: &mut Notes<'_>, log: &RootLog<'_>, span: Span) -> Outcome<Freezes> {
    let mut unread = Vec::new();
    let mut releases = Vec::new();
    for freezing in freeze::freezing(log, span) {
        if is_open(repository, trusted, notes, log, &freezing, &mut unread)? {
            releases.push(freezing);
        }
    }
    let mut found = freeze::list(trusted.policy(), log, &releases, span);
    found.findings.append(&mut unread);
    // What is in the root log's note and can't be read may be a freeze; what merely does not verify is nobody's word.
    found.unknown.extend(log.findings.iter().filter(|finding| finding.code == Code::TooManyLines).cloned());
    found.findings.extend(log.findings.iter().filter(|finding| finding.code != Code::TooManyLines).cloned());
    let root = repository.blob_id(&root_blob(&trusted.root))?;
    let mut gone = repository.seen_records(&root)?;
    gone.retain(|id| !log.records.contains_key(id));
    if !gone.is_empty() {
        // A client judges by what the remote has, and what was signed here since is not gone.
        let here = root_log::load(repository, trusted, &mut repository.notes(NOTES_REF)?)?.records;
        gone.retain(|id| !here.contains_key(id));
    }
    for gone in gone {
        let message = format!("record {} of the root log was here before and is gone", gone.short());
        found.unknown.push(Finding::new(Code::RecordVanished, message).record(gone));
    }
    Ok(found)
}

/// Remembers records of the root log as ones that were here: once one of them is gone, [`load`] fails closed.
///
/// # Errors
/// If the memory can't be read or written.
pub fn remember(repository: &Repository, trusted: &Trusted, records: &BTreeSet<RecordId>) -> Outcome<()> {
    let root = repository.blob_id(&root_blob(&trusted.root))?;
    if !repository.seen_records(&root)?.is_superset(records) {
        repository.remember_records(&root, records)?;
    }
    Ok(())
}

/// Reads the log of a release and says whether it still freezes.
fn is_open(
    repository: &Repository,
    trusted: &Trusted,
    notes: &mut Notes<'_>,
    log: &RootLog<'_>,
    freezing: &Freezing,
    unread: &mut Vec<Finding>,
) -> Outcome<bool> {
    let lines = lines_of(notes, &freezing.object, unread)?;
    let verified = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
    // Where not every line was read, the one that takes a decision back may be among the rest.
    if let Some(cut) = verified.findings.into_iter().find(|finding| finding.code == Code::TooManyLines) {
        unread.push(cut);
        return Ok(true);
    }
    let settled = trusted.settled(repository, &verified.records, |_| true)?;
    Ok(freeze::still_freezes(log, freezing, &verified.records, &settled))
}
