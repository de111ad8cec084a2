//! The freezes of a repository: the policy's windows, the root log's records, and the releases that freeze refs.

use std::collections::BTreeSet;

use crate::evaluate::freeze::{self, Freezes, Span};
use crate::evaluate::root_log::RootLog;
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::ops::error::Outcome;
use crate::ops::load::freeze_notes::{self, Logs, Pointed};
use crate::ops::load::release::root_blob;
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::trust::Trusted;

/// Loads every freeze that touches a span.
///
/// For a push that is [`Span::at`] the clock; for a list or a calendar, what they show. `notes` and `loaded` are as they
/// were before the push: [`super::root_log::load`] gives the log, of which `log` is what it comes to at the clock that
/// authority is asked at. Of the releases only those are read that freeze something within the span, as the freeze notes of its
/// months or open records in the root log say, so ten thousand others cost nothing.
///
/// Then, for each ref: `all.iter().filter(|freeze| freeze.holds_at(now) && freeze.covers(ref))`, and
/// [`crate::report::freezes`] has the words for a refusal.
///
/// It fails closed in two ways. Where the root log, a freeze note or a window can't be read, [`Freezes::unknown`] says so: a
/// caller who judges a push must refuse every ref where that is not empty. A release whose own log can't be read still
/// freezes its refs until the time it named where that is known, and a finding says so.
///
/// # Errors
/// If git can't be read.
pub fn load(
    repository: &Repository,
    trusted: &Trusted,
    notes: &mut Notes<'_>,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
    span: Span,
) -> Outcome<Freezes> {
    Ok(load_with(repository, trusted, notes, (loaded, log), span)?.0)
}

/// Does the same, and gives the open records that freeze notes point at too.
///
/// # Errors
/// If git can't be read.
pub fn load_with(
    repository: &Repository,
    trusted: &Trusted,
    notes: &mut Notes<'_>,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
    span: Span,
) -> Outcome<(Freezes, Pointed)> {
    let mut logs = Logs::new(repository, trusted);
    let mut pointed = freeze_notes::read((repository, trusted), notes, &mut logs, log.now, span)?;
    let opens = log.with_opens(&pointed.opens, std::mem::take(&mut pointed.settled));
    let mut unread = Vec::new();
    let mut releases = Vec::new();
    for freezing in freeze::freezing(&opens, span) {
        let of = logs.of(notes, &freezing.object)?;
        // Where not every line was read, the one that takes a decision back may be among the rest.
        unread.extend(of.cut.clone());
        if of.cut.is_some() || freeze::still_freezes(&opens, &freezing, &of.records, &of.settled) {
            releases.push(freezing);
        }
    }
    let mut found = freeze::list(trusted.policy(), log, &releases, span);
    found.findings.append(&mut unread);
    found.findings.append(&mut pointed.findings);
    found.unknown.append(&mut pointed.unknown);
    // What is in the root log's note and can't be read may be a freeze; what merely does not verify is nobody's word.
    found.unknown.extend(log.findings.iter().filter(|finding| finding.code == Code::TooManyLines).cloned());
    found.findings.extend(log.findings.iter().filter(|finding| finding.code != Code::TooManyLines).cloned());
    let root = repository.blob_id(&root_blob(&trusted.root))?;
    let mut gone = repository.seen_records(&root)?;
    gone.retain(|id| !log.records.contains_key(id) && !loaded.has_passed(id));
    if !gone.is_empty() {
        // A client judges by what the remote has, and what was signed here since is not gone.
        let here = root_log::load(repository, trusted, &mut repository.notes(NOTES_REF)?)?.records;
        gone.retain(|id| !here.contains_key(id));
    }
    for gone in gone {
        let message = format!("record {} of the root log was here before and is gone", gone.short());
        found.unknown.push(Finding::new(Code::RecordVanished, message).record(gone));
    }
    Ok((found, pointed))
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
