//! Freeze notes: for each month, where the releases stand that freeze refs in it, so that a hook reads those and no others.
//!
//! A line is a [`Pointer`]. Nobody signs it and nothing is believed of it: the open record that it names has to stand,
//! signed, in the log of the tag object that it names. So a false pointer costs a look, and only one that is missing hides
//! anything; a server refuses an open record without its pointers, and a clone misses those that it has seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::freeze::Span;
use crate::git::notes::{Lines, Notes};
use crate::git::{NOTES_REF, Repository};
use crate::model::address::freeze_blob;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{ObjectId, RecordId, RootDigest};
use crate::model::log::Record;
use crate::model::month::Month;
use crate::model::pointer::{MOST_MONTHS, Pointer};
use crate::model::record::{Body, SubjectDigest};
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::notes::lines_of;
use crate::ops::workspace::Workspace;
use crate::parse::digests::sha256;
use crate::parse::record::MAX_LINES;
use crate::sign::verify::{Verified, verify_chosen};

/// The years whose freeze notes are told from other notes by the ids of their blobs.
const YEARS: (u16, u16) = (2020, 2099);

/// A month, the blob of its freeze note, and a line that stands there.
pub type Place = (Month, ObjectId, Vec<u8>);

/// Gives the pointer to an open record, where it freezes refs; it names the tag object whose log the record belongs to.
pub fn pointer_to(id: RecordId, record: &Record) -> Option<Pointer> {
    let Body::Open(open) = &record.body else { return None };
    let until = open.freeze.as_ref()?.until;
    let object = record.subjects.iter().find_map(|subject| match subject.digest {
        SubjectDigest::GitTag(object) => Some(object),
        _ => None,
    })?;
    Some(Pointer { until, object, record: id })
}

/// Gives the months whose notes must hold the pointer to an open record that freezes refs, with their blobs and its line.
///
/// # Errors
/// How many months the freeze touches, where that is more than [`MOST_MONTHS`].
pub fn places(repository: &Repository, root: &RootDigest, verified: &Verified<Record>) -> Outcome<Result<Vec<Place>, usize>> {
    let Some(pointer) = pointer_to(verified.id(), verified.value()) else { return Ok(Ok(Vec::new())) };
    let months = pointer.months(verified.value().time);
    if months.len() > MOST_MONTHS {
        return Ok(Err(months.len()));
    }
    let mut places = Vec::new();
    for month in months {
        places.push((month, repository.blob_id(&freeze_blob(root, month))?, pointer.line()));
    }
    Ok(Ok(places))
}

/// Gives the blobs of the freeze notes of all months of this century.
///
/// # Errors
/// If an id can't be computed.
pub fn months(repository: &Repository, root: &RootDigest) -> Outcome<BTreeMap<ObjectId, Month>> {
    let (first, last) = YEARS;
    let months = Month::new(first, 1).to(Month::new(last, 12));
    months.map(|month| Ok((repository.blob_id(&freeze_blob(root, month))?, month))).collect()
}

/// A release's log, as far as freezes ask for it.
pub struct Log {
    /// The records that open the release, decide it, close it or take something back, and whose lines verify.
    pub records: BTreeMap<RecordId, Verified<Record>>,
    /// Before which version of the policy they are known to have been there.
    pub settled: BTreeMap<RecordId, u32>,
    /// What was said of a log of which not every line was read.
    pub cut: Option<Finding>,
}

/// The logs of releases, each read once.
pub struct Logs<'a> {
    repository: &'a Repository,
    trusted: &'a Workspace,
    read: BTreeMap<ObjectId, Log>,
}

impl<'a> Logs<'a> {
    /// Begins with none.
    pub fn new(repository: &'a Repository, trusted: &'a Workspace) -> Self {
        Self { repository, trusted, read: BTreeMap::new() }
    }

    /// Gives the log of a tag object.
    ///
    /// # Errors
    /// If git can't read it; of one that is too large that is said in [`Log::cut`].
    pub fn of(&mut self, notes: &mut Notes<'_>, object: &ObjectId) -> Outcome<&Log> {
        if !self.read.contains_key(object) {
            let mut unread = Vec::new();
            let lines = lines_of(notes, object, &mut unread)?;
            let lines = lines.iter().map(Vec::as_slice);
            let (verified, _) = verify_chosen(lines, &self.trusted.keyring, &self.trusted.root, ending);
            unread.extend(verified.findings.into_iter().filter(|finding| finding.code == Code::TooManyLines));
            let settled = self.trusted.settled(self.repository, &verified.records, |_| true)?;
            let log = Log { records: verified.records, settled, cut: unread.into_iter().next() };
            self.read.insert(*object, log);
        }
        Ok(&self.read[object])
    }
}

/// Chooses the records that say whether a release freezes: what opens it, ends it, and takes either back.
fn ending(claimed: &BTreeMap<RecordId, Record>) -> BTreeSet<RecordId> {
    let speaks = |body: &Body| matches!(body, Body::Open(_) | Body::Decide(_) | Body::Close(_) | Body::Withdraw(_));
    claimed.iter().filter(|(_, record)| speaks(&record.body)).map(|(id, _)| *id).collect()
}

/// The open records that freeze notes point at.
#[derive(Default)]
pub struct Pointed {
    /// The records, which stand in the logs of their tag objects.
    pub opens: BTreeMap<RecordId, Verified<Record>>,
    /// Before which version of the policy they are known to have been there.
    pub settled: BTreeMap<RecordId, u32>,
    /// Lines that are no pointers, and pointers to nothing.
    pub findings: Vec<Finding>,
    /// Why it can't be told what is frozen.
    pub unknown: Vec<Finding>,
    /// What this clone can remember, by the blob of the month.
    seen: BTreeMap<ObjectId, BTreeSet<RecordId>>,
}

/// Reads the open records that freeze refs at some instant of a span, as far as freeze notes point at them.
///
/// A pointer whose freeze is over when the span begins is passed over. No record of a time up to `now` is pointed at more
/// than [`MOST_MONTHS`] months later, so months beyond that are not looked at.
///
/// # Errors
/// If git can't read the notes. Of one that is too large, [`Pointed::unknown`] says so, and of what was here and is gone.
pub fn read(
    (repository, trusted): (&Repository, &Workspace),
    notes: &mut Notes<'_>,
    logs: &mut Logs<'_>,
    now: Timestamp,
    span: Span,
) -> Outcome<Pointed> {
    let mut found = Pointed::default();
    let beyond = Month::of(now).plus(u32::try_from(MOST_MONTHS).unwrap_or(u32::MAX));
    for month in Month::touched(span.from, span.to).take_while(|month| *month <= beyond) {
        let object = repository.blob_id(&freeze_blob(&trusted.root, month))?;
        let before = repository.seen_records(&object)?;
        let lines = lines_of(notes, &object, &mut found.unknown)?;
        if lines.len() > MAX_LINES {
            let message = format!("the freeze note of {month} has {} lines, and {MAX_LINES} are read", lines.len());
            found.unknown.push(Finding::new(Code::TooManyLines, message));
            continue;
        }
        if !before.is_empty() {
            let mut here: BTreeSet<RecordId> = lines.iter().map(|line| memory(line)).collect();
            if !before.is_subset(&here) {
                // A client judges by what the remote has, and what was written here since is not gone.
                let own = lines_of(&mut repository.notes(NOTES_REF)?, &object, &mut found.unknown)?;
                here.extend(own.iter().map(|line| memory(line)));
            }
            for gone in before.difference(&here) {
                let message = format!("a pointer to a release that freezes refs in {month} was here before and is gone");
                found.unknown.push(Finding::new(Code::RecordVanished, message).record(*gone));
            }
        }
        let mut junk = 0_u64;
        // Times are all written alike, so lines are sorted by them, and those before this one need not even be read.
        for line in lines.range(span.from.to_string().into_bytes()..) {
            let Some(pointer) = Pointer::read(line) else {
                junk += 1;
                continue;
            };
            if pointer.until <= span.from {
                continue;
            }
            let log = logs.of(notes, &pointer.object)?;
            match log.records.get(&pointer.record) {
                Some(verified) if pointer_to(verified.id(), verified.value()).is_some_and(|to| to.object == pointer.object) => {
                    found.opens.insert(pointer.record, verified.clone());
                    found.settled.extend(log.settled.get(&pointer.record).map(|before| (pointer.record, *before)));
                    found.seen.entry(object).or_default().insert(memory(line));
                }
                // What can't be read, and what was there once, may freeze anything.
                _ if log.cut.is_some() => found.unknown.extend(log.cut.clone()),
                _ => {
                    let id = pointer.record.short();
                    let message = format!("the freeze note of {month} points at {id}, which is not in the log that it names");
                    let finding = Finding::new(Code::RecordMissing, message).record(pointer.record);
                    let was_here = before.contains(&memory(line));
                    if was_here { &mut found.unknown } else { &mut found.findings }.push(finding);
                }
            }
        }
        if junk > 0 {
            let message = format!("the freeze note of {month} has {junk} lines that point at nothing");
            found.findings.push(Finding::new(Code::LineMalformed, message));
        }
    }
    Ok(found)
}

impl Pointed {
    /// Remembers the pointers to records that are here, so that this clone notices when one of them is gone.
    pub fn remember(&self, repository: &Repository) {
        for (object, ids) in &self.seen {
            // A clone that can't be written to can still be read.
            let _ = repository.remember_records(object, ids);
        }
    }
}

/// Gives what this clone remembers of a line of a freeze note: its SHA-256, so that no other time can be put beside the
/// same record.
pub fn memory(line: &[u8]) -> RecordId {
    RecordId::from_bytes(*sha256(line).as_bytes())
}

/// Gives every pointer that lines should be in the notes of months, for the open records among them.
///
/// # Errors
/// If an id can't be computed.
pub fn due<'r>(
    repository: &Repository,
    root: &RootDigest,
    records: impl IntoIterator<Item = &'r Verified<Record>>,
) -> Outcome<BTreeMap<ObjectId, Lines>> {
    let mut due: BTreeMap<ObjectId, Lines> = BTreeMap::new();
    for verified in records {
        for (_, object, line) in places(repository, root, verified)?.unwrap_or_default() {
            due.entry(object).or_default().insert(line);
        }
    }
    Ok(due)
}
