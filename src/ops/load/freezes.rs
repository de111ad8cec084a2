//! The freezes of a repository: the policy's windows, and the freeze records of the root log.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::freeze::{self, Freeze, Freezes, ReleaseLog, ReleaseLogs, Source, Span};
use crate::evaluate::root_log::RootLog;
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::address::root_blob;
use crate::model::finding::{Code, Finding, Seen};
use crate::model::ids::{ObjectId, RecordId};
use crate::model::log::Record;
use crate::model::record::Body;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::notes::lines_of;
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::workspace::Workspace;
use crate::sign::verify::verify_chosen;

/// Loads every freeze that touches a span.
///
/// For a push that is [`Span::at`] the clock; for a list or a calendar, what they show. `notes` and `loaded` are as they
/// were before the push: [`super::root_log::load`] gives the log, of which `log` is what it comes to at the clock that
/// authority is asked at. Of the releases only those are read that freeze something within the span, so ten thousand others
/// cost nothing.
///
/// Then, for each ref: `all.iter().filter(|freeze| freeze.holds_at(now) && freeze.covers(ref))`, and
/// [`crate::report::freezes`] has the words for a refusal.
///
/// It fails closed in two ways. Where the root log or a window can't be read, [`Freezes::unknown`] says so: a caller who judges a
/// push must refuse every ref where that is not empty. A freeze whose release can't be read holds until its time is over or it is
/// lifted, and a finding says so.
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
    let mut unread = Vec::new();
    let logs = release_logs((repository, trusted), notes, freeze::releases(log, span), &mut unread)?;
    let mut found = freeze::list(trusted.policy(), log, &logs, span);
    found.findings.append(&mut unread);
    // What is in the root log's note and can't be read may be a freeze; what merely does not verify is nobody's word.
    found.unknown.extend(log.findings.iter().filter(|finding| finding.code == Code::TooManyLines).cloned());
    found.findings.extend(log.findings.iter().filter(|finding| finding.code != Code::TooManyLines).cloned());
    let mut gone = loaded.gone(repository, log)?;
    if !gone.is_empty() {
        // A client judges by what the remote has, and what was signed here since is not gone.
        let here = root_log::load_here(repository, trusted)?.records;
        gone.retain(|id| !here.contains_key(id));
    }
    for gone in gone {
        found.unknown.push(Finding::new(Seen::RootRecordGone { id: gone }).record(gone));
    }
    Ok(found)
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

/// Reads the logs of tag objects, as far as they say whether a release still freezes refs. One of which not every line can be
/// read is left out and told: what ends the freeze may be withdrawn in the rest.
///
/// # Errors
/// If git can't read the notes.
pub fn release_logs(
    (repository, trusted): (&Repository, &Workspace),
    notes: &mut Notes<'_>,
    objects: BTreeSet<ObjectId>,
    unread: &mut Vec<Finding>,
) -> Outcome<ReleaseLogs> {
    let mut found = ReleaseLogs::new();
    for object in objects {
        let mut cut = Vec::new();
        let lines = lines_of(notes, &object, &mut cut)?;
        let lines = lines.iter().map(Vec::as_slice);
        let (verified, _) = verify_chosen(lines, &trusted.keyring, &trusted.root, ending);
        cut.extend(verified.findings.into_iter().filter(|finding| finding.code == Code::TooManyLines));
        if cut.is_empty() {
            let settled = trusted.settled(repository, &verified.records, |_| true)?;
            found.insert(object, ReleaseLog { records: verified.records, settled });
        }
        unread.append(&mut cut);
    }
    Ok(found)
}

/// Chooses the records that say whether a release freezes: what opens it, ends it, and takes either back.
fn ending(claimed: &BTreeMap<RecordId, Record>) -> BTreeSet<RecordId> {
    let speaks = |body: &Body| matches!(body, Body::Open(_) | Body::Decide(_) | Body::Close(_) | Body::Withdraw(_));
    claimed.iter().filter(|(_, record)| speaks(&record.body)).map(|(id, _)| *id).collect()
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
    remember_log(repository, trusted, &mut notes, (&loaded, &log));
    load(repository, trusted, &mut notes, (&loaded, &log), span)
}

/// Returns the freezes that held at some instant of a span, as the policy in force and the root log have them, each cut short where it
/// was ended before its time.
///
/// # Errors
/// If git can't be read.
pub fn held(repository: &Repository, trusted: &Workspace, now: Timestamp, span: Span) -> Outcome<Vec<Freeze>> {
    let mut notes = repository.notes(NOTES_REF)?;
    let loaded = root_log::load(repository, trusted, &mut notes)?;
    let log = loaded.log(trusted, now);
    let logs = release_logs((repository, trusted), &mut notes, freeze::releases(&log, span), &mut Vec::new())?;
    let (past, _) = freeze::past(trusted.policy(), &log, &logs, span);
    let cut = |past: freeze::Past<'_>| {
        let end = past.end.map(|end| end.time);
        let until = past.freeze.until.into_iter().chain(end).min();
        Freeze { until, ..past.freeze }
    };
    Ok(past.into_iter().map(cut).collect())
}

/// Finds every freeze that may be meant by its name: those of records that are not over, whenever they begin, and those of
/// windows within a year.
///
/// # Errors
/// If git can't be read.
pub fn standing(repository: &Repository, trusted: &Workspace, now: Timestamp) -> Outcome<Vec<Freeze>> {
    let mut found = known(repository, trusted, now, Span { from: now, to: now.plus(AHEAD) })?.all;
    found.retain(|freeze| matches!(freeze.source, Source::Window));
    found.extend(liftable(repository, trusted, now)?);
    Ok(found)
}

/// Finds every freeze that a record declared and that is not over, whenever it begins; nothing is remembered.
///
/// # Errors
/// If git can't be read.
pub fn liftable(repository: &Repository, trusted: &Workspace, now: Timestamp) -> Outcome<Vec<Freeze>> {
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, now);
    let span = Span { from: now, to: Timestamp::LAST };
    let releases = freeze::releases(&log, span);
    let logs = release_logs((repository, trusted), &mut repository.notes(NOTES_REF)?, releases, &mut Vec::new())?;
    Ok(freeze::standing(&log, &logs, span, &mut Vec::new()))
}

/// Remembers the records of the root log, so that this clone notices when one of them is gone.
fn remember_log(
    repository: &Repository,
    trusted: &Workspace,
    notes: &mut Notes<'_>,
    (loaded, log): (&LoadedRootLog, &RootLog<'_>),
) {
    // Nobody misses what never meant anything, and it may have to be taken out for the rest to be shared. A clone that can't be
    // written to can still be read.
    let _ = loaded.in_authority(trusted, notes, log).and_then(|records| remember(repository, trusted, &records));
}

/// Refuses where it can't be told what is frozen.
///
/// # Errors
/// If there is anything of the sort.
pub fn require_known(unknown: &[Finding]) -> Outcome<()> {
    match unknown.first() {
        None => Ok(()),
        Some(first) => Err(Failure::seen(&first.seen).suggest("fetch what is missing", "relsign sync")),
    }
}
