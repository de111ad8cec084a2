//! Finding records by the beginning of their ids.

use std::collections::BTreeMap;

use crate::git::{NOTES_REF, RECEIPTS_REF, Repository};
use crate::model::finding::Code;
use crate::model::ids::RecordId;
use crate::model::prefix::IdPrefix;
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust::Trust;
use crate::report::safe::shell_word;
use crate::report::words;
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

/// Finds a record of a release by the beginning of its id.
pub fn record(report: &Report, text: &str) -> Outcome<RecordId> {
    let all = report.records.iter().map(|record| (record.id, record.id));
    pick(text, "records", all)?.ok_or_else(|| {
        Failure::usage(format!("{} has no record {text:?}", report.tag.short()))
            .suggest("see the records", format!("relsign log {}", shell_word(report.tag.short())))
    })
}

/// Finds a record of a release that is missing, or one that is here, by the beginning of its id.
pub fn record_or_missing(report: &Report, named: &str) -> Outcome<RecordId> {
    let missing = report.findings.iter().filter(|finding| finding.code == Code::RecordMissing);
    match pick(named, "records", missing.filter_map(|finding| finding.record).map(|id| (id, id)))? {
        Some(one) => Ok(one),
        None => record(report, named),
    }
}

/// Finds the one of several ids that is meant: itself, or the only one that begins so.
pub fn one_of<'a>(ids: impl Iterator<Item = &'a str> + Clone, named: &str) -> Outcome<Option<&'a str>> {
    if let Some(exact) = ids.clone().find(|id| *id == named) {
        return Ok(Some(exact));
    }
    let found: Vec<&str> = ids.filter(|id| !named.is_empty() && id.starts_with(named)).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(Failure::usage(format!("{named:?} may be {}", words::or(several))).hint("write more of the one you mean")),
    }
}
