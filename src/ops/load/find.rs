//! Finding records by the beginning of their ids.

use std::collections::BTreeMap;

use crate::git::{NOTES_REF, RECEIPTS_REF, Repository};
use crate::model::ids::RecordId;
use crate::model::prefix::IdPrefix;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust::Trust;
use crate::sign::verify::{Verified, verify_log};

/// Finds the valid records of all logs whose ids begin so, receipts too.
///
/// # Errors
/// If git can't be read.
pub fn records(session: &Session, repository: &Repository, trusted: &Trust, begin: &IdPrefix) -> Outcome<Vec<Verified>> {
    let mut found: Vec<Verified> = Vec::new();
    for notes_ref in [NOTES_REF, RECEIPTS_REF] {
        let mut notes = repository.notes(notes_ref)?;
        let objects = notes.objects()?;
        let mut progress = session.progress(objects.len() as u64, "reading records");
        for (index, object) in objects.into_iter().enumerate() {
            progress.at(index as u64);
            let lines = notes.lines(&object)?;
            let log = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
            for (id, record) in log.records {
                if begin.begins(&id) && found.iter().all(|other| other.id() != id) {
                    found.push(record);
                }
            }
        }
    }
    Ok(found)
}

/// Picks the one of `all` that is meant by the beginning of its id; `kind` names several of them.
///
/// # Errors
/// If several ids begin so.
pub fn pick<T>(named: &str, kind: &str, all: impl IntoIterator<Item = (RecordId, T)>) -> Outcome<Option<T>> {
    let Some(prefix) = IdPrefix::parse(named) else { return Ok(None) };
    let mut found: BTreeMap<RecordId, T> = all.into_iter().filter(|(id, _)| prefix.begins(id)).collect();
    match found.len() {
        0 | 1 => Ok(found.pop_first().map(|(_, one)| one)),
        _ => Err(Failure::usage(format!("{named:?} is the beginning of several {kind}")).hint("write more of the one you mean")),
    }
}
