//! Finding records by the beginning of their ids.

use crate::git::{NOTES_REF, RECEIPTS_REF, Repository};
use crate::model::log::Record;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::trust::Trusted;
use crate::sign::verify::{Verified, verify_log};

/// Finds the valid records of all logs whose ids begin so, receipts too.
///
/// # Errors
/// If git can't be read.
pub fn records(session: &Session, repository: &Repository, trusted: &Trusted, begin: &str) -> Outcome<Vec<Verified<Record>>> {
    let mut found: Vec<Verified<Record>> = Vec::new();
    for notes_ref in [NOTES_REF, RECEIPTS_REF] {
        let mut notes = repository.notes(notes_ref)?;
        let objects = notes.objects()?;
        let mut progress = session.progress(objects.len() as u64, "reading records");
        for (index, object) in objects.into_iter().enumerate() {
            progress.at(index as u64);
            let lines = notes.lines(&object)?;
            let log = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
            for (id, record) in log.records {
                if id.to_string().starts_with(begin) && found.iter().all(|other| other.id() != id) {
                    found.push(record);
                }
            }
        }
    }
    Ok(found)
}
