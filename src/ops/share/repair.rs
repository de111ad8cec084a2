//! Repairing: the records put together again after a foreign writer or a disk damaged them.
//!
//! Every valid record that can be read anywhere is kept, and every line that a remote has, since it would come back.
//! What is left out are lines that lie only here and that no key and no policy could ever make a record of. Receipts lie on
//! notes of their own, which only witnesses write: those that were fetched from a remote come back, and none goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::notes::Lines;
use crate::git::repair::Salvaged;
use crate::git::{RECEIPTS_REF, Repository};
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, RecordId};
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust::{self, Trust};
use crate::report::safe;
use crate::sign::verify::verify_line;

pub use crate::git::NOTES_REF as LOG_REF;

/// What a repair came to.
#[derive(Debug)]
pub struct Repaired {
    /// How many records can be read.
    pub readable: usize,
    /// Where they were read.
    pub places: Vec<String>,
    /// How many records come back.
    pub back: usize,
    /// How many lines of junk go.
    pub dropped: u64,
    /// Whether the notes were written anew; there was nothing to repair where they were not.
    pub rebuilt: bool,
    /// The records that this clone has seen and that can't be found anywhere.
    pub lost: BTreeSet<RecordId>,
}

/// Repairs the notes ref, unless it is only asked what that would come to.
///
/// # Errors
/// If no policy says which records are valid, or the repository can't be read or written.
pub fn repair(session: &Session, repository: &Repository, remote: Option<&str>, dry_run: bool) -> Outcome<Repaired> {
    let trusted = trust::load(repository, None).map_err(|failure| {
        failure.hint("the repair keeps valid records, which it can't tell from junk without a trusted policy")
    })?;
    if let Some(remote) = remote
        && let Err(error) = repository.refetch_side(remote, session.interactive)
    {
        let failure = Failure::from(error);
        session.warn(format!("{remote} could not be used for the repair: {}", failure.one_line()));
    }
    let salvaged = repository.salvage_notes()?;
    for damage in &salvaged.damage {
        session.warn(safe::line(damage));
    }
    let mut seen: BTreeSet<RecordId> = BTreeSet::new();
    let mut dropped = 0;
    let mut kept: BTreeMap<ObjectId, Lines> = BTreeMap::new();
    for (object, lines) in &salvaged.lines {
        for line in lines {
            let is_remote = || salvaged.remote.get(object).is_some_and(|lines| lines.contains(line));
            let id = id_of(line, &trusted);
            seen.extend(id);
            if id.is_some() || is_remote() {
                kept.entry(*object).or_default().insert(line.clone());
            } else if salvaged.here.get(object).is_some_and(|lines| lines.contains(line)) {
                dropped += 1;
            }
        }
    }
    let back = brought_back(&salvaged, &kept);
    let mut rebuilt = false;
    if !dry_run {
        let author = session.author(repository)?;
        rebuilt = repository.rebuild_notes(&salvaged, &kept, &author, "Put the records together again")?.is_some();
        receipts(session, repository)?;
    }
    let lost = lost(session, repository, &trusted, &seen)?;
    Ok(Repaired { readable: seen.len(), places: salvaged.places, back, dropped, rebuilt, lost })
}

/// Returns the id of a line that is a record, or that another version of the policy or another root may make one of: whoever
/// signed it, its signature holds.
fn id_of(line: &[u8], trusted: &Trust) -> Option<RecordId> {
    match verify_line(line, &trusted.keyring, &trusted.root) {
        Ok(verified) => Some(verified.id()),
        Err(rejected) if matches!(rejected.finding.code, Code::SignerUnknown | Code::RecordForeign) => rejected.finding.record,
        Err(_) => None,
    }
}

/// Merges the receipts that were last fetched from each remote into those here, also where the remote has them no more.
fn receipts(session: &Session, repository: &Repository) -> Outcome<()> {
    let author = session.author(repository)?;
    for (remote, tip) in repository.side_refs("notes-receipts")? {
        if let Err(error) = repository.merge_notes(RECEIPTS_REF, &tip, &author, "Put the receipts together again") {
            session.warn(format!("the receipts of {remote} can't be used: {}", Failure::from(error).one_line()));
        }
    }
    Ok(())
}

/// Returns what this clone has seen and what is neither among the records that were `found` nor a receipt that lies
/// somewhere.
fn lost(session: &Session, repository: &Repository, trusted: &Trust, found: &BTreeSet<RecordId>) -> Outcome<BTreeSet<RecordId>> {
    let mut lost = repository.all_seen_receipts()?;
    for object in repository.seen_objects()? {
        lost.extend(repository.seen_records(&object)?);
    }
    lost.retain(|id| !found.contains(id));
    if !lost.is_empty() {
        let (lines, damage) = repository.salvage_receipts()?;
        for damage in damage {
            session.warn(safe::line(&damage));
        }
        for id in lines.iter().filter_map(|line| id_of(line, trusted)) {
            lost.remove(&id);
        }
    }
    Ok(lost)
}

/// Counts the lines that are kept and that the ref itself no longer gave, each once.
fn brought_back(salvaged: &Salvaged, kept: &BTreeMap<ObjectId, Lines>) -> usize {
    let none = Lines::new();
    let back = kept.iter().flat_map(|(object, lines)| {
        let here = salvaged.here.get(object).unwrap_or(&none);
        lines.difference(here)
    });
    back.collect::<BTreeSet<_>>().len()
}
