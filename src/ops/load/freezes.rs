//! The freezes of a repository: the policy's windows, the root log's records, and the releases that freeze refs.

use std::collections::BTreeSet;

use crate::evaluate::freeze::{self, Freeze, Freezes, Source, Span};
use crate::evaluate::root_log::RootLog;
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::address::root_blob;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::freeze_notes::{self, Logs, Pointed};
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::workspace::Workspace;

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
    trusted: &Workspace,
    notes: &mut Notes<'_>,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
    span: Span,
) -> Outcome<Freezes> {
    Ok(load_with(repository, trusted, notes, (loaded, log), span)?.0)
}

/// Does the same with the notes as they lie here.
///
/// # Errors
/// If git can't be read.
pub fn load_here(
    repository: &Repository,
    trusted: &Workspace,
    logs: (&LoadedRootLog, &RootLog<'_>),
    span: Span,
) -> Outcome<Freezes> {
    load(repository, trusted, &mut repository.notes(NOTES_REF)?, logs, span)
}

/// Does the same, and gives the open records that freeze notes point at too.
///
/// # Errors
/// If git can't be read.
pub fn load_with(
    repository: &Repository,
    trusted: &Workspace,
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
        let here = root_log::load_here(repository, trusted)?.records;
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
pub fn remember(repository: &Repository, trusted: &Workspace, records: &BTreeSet<RecordId>) -> Outcome<()> {
    let root = repository.blob_id(&root_blob(&trusted.root))?;
    if !repository.seen_records(&root)?.is_superset(records) {
        repository.remember_records(&root, records)?;
    }
    Ok(())
}

/// How far is looked ahead where nothing is said, in seconds: a window that comes every year has its next time within it,
/// whatever day today is.
pub const AHEAD: i64 = 400 * 86_400;

/// Finds the freezes that touch a span, as of now.
///
/// # Errors
/// If git can't be read.
pub fn known(repository: &Repository, trusted: &Workspace, now: Timestamp, span: Span) -> Outcome<Freezes> {
    let mut notes = repository.notes(NOTES_REF)?;
    let loaded = root_log::load(repository, trusted, &mut notes)?;
    let log = loaded.log(trusted, now);
    remember_log(repository, trusted, &loaded, &log);
    let (freezes, pointed) = load_with(repository, trusted, &mut notes, (&loaded, &log), span)?;
    pointed.remember(repository);
    Ok(freezes)
}

/// Finds every freeze that may be meant by its name: those of records that are not over, whenever they begin, and those of
/// windows and releases within a year.
///
/// # Errors
/// If git can't be read.
pub fn standing(repository: &Repository, trusted: &Workspace, now: Timestamp) -> Outcome<Vec<Freeze>> {
    let mut found = known(repository, trusted, now, Span { from: now, to: now.plus(AHEAD) })?.all;
    let loaded = root_log::load_here(repository, trusted)?;
    found.retain(|freeze| !matches!(freeze.source, Source::Record(_)));
    let span = Span { from: now, to: Timestamp::LAST };
    found.extend(freeze::declared(&loaded.log(trusted, now)).into_iter().filter(|freeze| freeze.touches(span)));
    Ok(found)
}

/// Remembers the records of the root log, so that this clone notices when one of them is gone.
fn remember_log(repository: &Repository, trusted: &Workspace, loaded: &LoadedRootLog, log: &RootLog<'_>) {
    // Nobody misses what never meant anything, and it may have to be taken out for the rest to be shared. A clone that can't be
    // written to can still be read.
    let _ = remember(repository, trusted, &loaded.in_authority(log));
}
