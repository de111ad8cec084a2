//! The root log in git: the note of the root blob on the notes ref, read and verified.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::admission::{self, Surroundings};
use crate::evaluate::freeze;
use crate::evaluate::push::record::{self, Location};
use crate::evaluate::push::relevance::relevant;
use crate::evaluate::receipts::settled;
use crate::evaluate::root_log::{RootLog, ever_might};
use crate::git::notes::{Lines, Notes};
use crate::git::{NOTES_REF, Repository};
use crate::model::address::root_blob;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{ObjectId, RecordId, RootDigest, Sha256Digest};
use crate::model::policy::Right;
use crate::model::record::{Body, Exception, Freeze};
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::notes::lines_of;
use crate::ops::trust::Trust;
use crate::ops::workspace::Workspace;
use crate::parse::digests::sha256;
use crate::sign::verify::{Verified, verify_chosen, verify_log};

/// What lies in the note of the root blob, verified; [`LoadedRootLog::log`] makes it a log to be judged by.
pub struct LoadedRootLog {
    /// The records whose lines verify.
    pub records: BTreeMap<RecordId, Verified>,
    /// What was found about the other lines, and about what could not be read.
    pub findings: Vec<Finding>,
    /// The ids of lines that were not verified, since nothing that a push depends on would change by them.
    passed: BTreeSet<RecordId>,
    root: RootDigest,
    blob: Sha256Digest,
    object: ObjectId,
    settled: BTreeMap<RecordId, u32>,
}

impl LoadedRootLog {
    /// Returns the log as it is judged at a time.
    pub fn log<'a>(&'a self, trusted: &'a Workspace, now: Timestamp) -> RootLog<'a> {
        let mut log = RootLog::admit(&trusted.chain, (&self.root, &self.blob), &self.records, self.settled.clone(), now);
        log.findings.extend(self.findings.iter().cloned());
        log
    }

    /// Returns the records that were here once and that the log does not have any more.
    ///
    /// # Errors
    /// If the memory can't be read.
    pub fn gone(&self, repository: &Repository, log: &RootLog<'_>) -> Outcome<BTreeSet<RecordId>> {
        let mut gone = repository.seen_records(&self.object)?;
        gone.retain(|id| !log.records.contains_key(id) && !self.passed.contains(id));
        Ok(gone)
    }

    /// Returns the records of the log that a server takes in: those that may stand there and whose signer might ever have signed
    /// them, whether or not they count.
    ///
    /// # Errors
    /// If the log of a release that a freeze names can't be read.
    pub fn in_authority(&self, trusted: &Trust, notes: &mut Notes<'_>, log: &RootLog<'_>) -> Outcome<BTreeSet<RecordId>> {
        let signer = |id: &RecordId| self.records.get(id).map(|target| target.principal().clone());
        let spot = Location { object: self.object, root: (self.object, self.blob), known: &BTreeSet::new(), name: None };
        let mut found = BTreeSet::new();
        for (id, verified) in log.records.iter().filter(|(_, verified)| record::place(verified, spot).is_ok()) {
            let open = open_named(trusted, notes, verified)?;
            let around = Surroundings { chain: log.chain, signer: &signer, open: open.as_ref(), kept: &|_| None };
            if admission::judge(verified, &around).is_ok() {
                found.insert(*id);
            }
        }
        Ok(found)
    }
}

/// Reads the root log out of notes that are open already, and says what a witness had in it and is gone.
///
/// # Errors
/// If the note can't be read. One that is too large is a finding, and its reader must fail closed on it.
pub fn load(repository: &Repository, trusted: &Workspace, notes: &mut Notes<'_>) -> Outcome<LoadedRootLog> {
    let (mut loaded, lines) = unverified(repository, trusted, notes)?;
    let verified = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
    loaded.records = verified.records;
    loaded.findings.extend(verified.findings);
    let receipts = trusted.receipts(repository)?;
    loaded.settled = settled(&trusted.chain, &loaded.records, receipts);
    for id in receipts.of_root_log().filter(|id| !loaded.records.contains_key(id)) {
        loaded.findings.push(Finding::new(Seen::RootRecordWitnessed { id }).record(id));
    }
    Ok(loaded)
}

/// Reads the open record that a freeze names, where it depends on that whether its signer may freeze; nothing where the log of
/// the tag object that the freeze names does not have it.
///
/// # Errors
/// If that log can't be read.
pub fn open_named(trusted: &Trust, notes: &mut Notes<'_>, verified: &Verified) -> Outcome<Option<Verified>> {
    let Body::Freeze(Freeze { release: Some(release), .. }) = &verified.body else { return Ok(None) };
    if ever_might(&trusted.chain, verified, Right::Freeze) {
        return Ok(None);
    }
    let lines = lines_of(notes, &release.tag_object, &mut Vec::new())?;
    let (log, _) = verify_chosen(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root, |claimed| {
        claimed.keys().filter(|id| **id == release.open).copied().collect()
    });
    Ok(log.records.into_values().find(|open| freeze::is_named(open, *release)))
}

/// Reads the root log as it lies here.
///
/// # Errors
/// As for [`load`].
pub fn load_here(repository: &Repository, trusted: &Workspace) -> Outcome<LoadedRootLog> {
    load(repository, trusted, &mut repository.notes(NOTES_REF)?)
}

/// Reads the root log for a push that comes now and moves refs to `pushed`: only what that depends on is verified, and the
/// receipts, of which there may be many thousands, are read only where a record of an older version of the policy may still
/// let something through.
///
/// # Errors
/// As for [`load`].
pub fn load_for_push(
    repository: &Repository,
    trusted: &Workspace,
    notes: &mut Notes<'_>,
    (now, pushed): (Timestamp, &BTreeSet<ObjectId>),
) -> Outcome<LoadedRootLog> {
    let (mut loaded, lines) = unverified(repository, trusted, notes)?;
    let lines = lines.iter().map(Vec::as_slice);
    let (verified, passed) = verify_chosen(lines, &trusted.keyring, &trusted.root, |claimed| relevant(claimed, now, pushed));
    loaded.settled = trusted.settled(repository, &verified.records, |record| may_matter(&verified.records, record, now))?;
    (loaded.records, loaded.passed) = (verified.records, passed);
    loaded.findings.extend(verified.findings);
    Ok(loaded)
}

/// Begins a root log: nothing of the lines of its note, which come with it, is verified.
fn unverified(repository: &Repository, trusted: &Workspace, notes: &mut Notes<'_>) -> Outcome<(LoadedRootLog, Lines)> {
    let bytes = root_blob(&trusted.root);
    let object = repository.blob_id(&bytes)?;
    let mut findings = Vec::new();
    let lines = lines_of(notes, &object, &mut findings)?;
    let (records, passed, settled) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    Ok((LoadedRootLog { records, findings, passed, root: trusted.root, blob: sha256(&bytes), object, settled }, lines))
}

/// Whether it makes a difference to a push that comes now whether a record counts by its policy version.
///
/// What it speaks of may be over. A freeze counts whatever version it names, and so does a withdrawal of anything else.
fn may_matter(records: &BTreeMap<RecordId, Verified>, verified: &Verified, now: Timestamp) -> bool {
    let thaws = |id: &RecordId| {
        let freeze = records.get(id).and_then(|target| target.said::<Freeze>());
        freeze.is_some_and(|freeze| freeze.until.is_none_or(|until| until > now))
    };
    match &verified.body {
        Body::Lift(lift) => thaws(&lift.freeze),
        Body::Withdraw(withdraw) => thaws(&withdraw.record),
        Body::Exception(exception) => exception.expires > now,
        Body::Grant(grant) => {
            let asked = records.get(&grant.exception).and_then(|target| target.said::<Exception>());
            asked.is_some_and(|exception| exception.expires > now)
        }
        Body::Freeze(_) | Body::Open(_) | Body::Redact(_) | Body::Unknown(_) => false,
        _ => true,
    }
}
