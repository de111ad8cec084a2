//! What a push adds to logs: nothing of what was there goes, and no more comes than is read.

use std::collections::{BTreeMap, BTreeSet};

use super::room::size;
use super::state::State;
use crate::evaluate::push::{End, Refused, Update};
use crate::git::ErrorKind;
use crate::git::notes::{Lines, Notes};
use crate::git::objects::{NOTE_LIMIT, NOTE_LINES};
use crate::git::stray::is_padded;
use crate::model::advice::Advice;
use crate::model::finding::{Code, Seen};
use crate::model::ids::{ObjectId, RecordId};
use crate::model::log::Record;
use crate::ops::error::{Failure, Outcome};
use crate::parse::record::parse_envelope;
use crate::parse::statement::parse_statement;
use crate::sign::pae::{pae, record_id};

/// How many lines one push may add to logs.
const MOST_LINES: usize = NOTE_LINES;
/// How many bytes the notes may have that one push changes.
const MOST_BYTES: u64 = 8 * NOTE_LIMIT;

/// What a push adds to logs. It is read object by object: all of it together may be more than there is memory for.
pub(super) struct Added<'r> {
    /// The objects whose logs gain something.
    pub(super) objects: BTreeSet<ObjectId>,
    before: Notes<'r>,
    after: Notes<'r>,
}

impl Added<'_> {
    /// Gives the lines that the log of an object gains, and all it would have.
    pub(super) fn lines(&mut self, object: &ObjectId) -> Result<(Lines, Lines), crate::git::Error> {
        let (before, all) = (self.before.lines(object)?, self.after.lines(object)?);
        Ok((all.difference(&before).cloned().collect(), all))
    }
}

/// Gives what logs would gain; or why that can't be: something goes, can't be read, or is too much.
pub(super) fn added<'r>(state: &State<'r>, update: &Update, new: &ObjectId) -> Outcome<Result<Added<'r>, Refused>> {
    if let Some(refused) = state.rewinds(update, new)? {
        return Ok(Err(refused));
    }
    match weigh(state, update.old.as_ref(), new) {
        Ok(Ok(added)) => Ok(Ok(added)),
        Ok(Err(wrong)) => {
            let hint = match wrong.code() {
                Code::NoteMalformed => {
                    Advice::run("remove everything that is not a record, and keep every record", "relsign sync --repair")
                }
                Code::TooManyLines => "if all of it is correct, the administrator of the server can fetch it there".into(),
                _ => super::state::take_in(),
            };
            Ok(Err(Refused::new(&update.name, wrong).hint(hint)))
        }
        Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Malformed | ErrorKind::MissingObject) => {
            let (is_large, why) = (*error.kind() == ErrorKind::TooLarge, error.to_string());
            Ok(Err(Refused::new(&update.name, Seen::NotesUnreadable { is_large, why })))
        }
        Err(error) => Err(Failure::from(error)),
    }
}

/// Goes through the logs that a push changes, and keeps of them no more than what is wrong or how much there is.
fn weigh<'r>(state: &State<'r>, old: Option<&ObjectId>, new: &ObjectId) -> Result<Result<Added<'r>, Seen>, crate::git::Error> {
    let (mut before, mut after) = (Notes::at(state.repository, old)?, Notes::at(state.repository, Some(new))?);
    let mut touched: BTreeSet<ObjectId> = before.differing_from(&mut after)?;
    let mut unread = BTreeSet::new();
    if state.end == End::Client {
        // What nobody reads at the remote either is no reason not to share the rest.
        for object in &touched {
            if before.size(object)? > NOTE_LIMIT && after.size(object)? > NOTE_LIMIT {
                unread.insert(*object);
            }
        }
        touched = &touched - &unread;
    }
    let bytes = touched.iter().map(|object| after.size(object)).sum::<Result<u64, _>>()?;
    if bytes > MOST_BYTES {
        return Ok(Err(Seen::NotesTooLarge { bytes, mebibytes: MOST_BYTES >> 20 }));
    }
    let (mut gone, mut gained, mut count) = (None, BTreeMap::new(), 0);
    for object in touched {
        let (old, new) = (before.lines(&object)?, after.lines(&object)?);
        for line in old.difference(&new) {
            gone.get_or_insert_with(|| (object, id_of(line), 0)).2 += 1;
        }
        let bytes = size(new.difference(&old));
        count += new.difference(&old).count();
        gained.insert(object, bytes);
        if count > MOST_LINES {
            return Ok(Err(Seen::LinesAtOnce { most: MOST_LINES }));
        }
    }
    if let Some((object, record, count)) = gone {
        return Ok(Err(Seen::RecordLost { record, object, count }));
    }
    if let Some(stray) = stray_entry(state, (old, new), (&gained, &unread), (&mut before, &mut after))? {
        return Ok(Err(stray));
    }
    let objects = gained.into_iter().filter(|(_, bytes)| *bytes > 0).map(|(object, _)| object).collect();
    Ok(Ok(Added { objects, before, after }))
}

/// Says what a push puts into the notes that is no record and no place for one.
fn stray_entry(
    state: &State<'_>,
    (old, new): (Option<&ObjectId>, &ObjectId),
    (gained, unread): (&BTreeMap<ObjectId, u64>, &BTreeSet<ObjectId>),
    (before, after): (&mut Notes<'_>, &mut Notes<'_>),
) -> Result<Option<Seen>, crate::git::Error> {
    let change = state.repository.notes_change(old, new)?;
    if let Some((path, why)) = change.litter {
        return Ok(Some(Seen::NoteStray { path, why }));
    }
    for object in change.touched.iter().filter(|object| !unread.contains(object)) {
        let bytes = gained.get(object).copied().unwrap_or_default();
        if is_padded(before, after, object, bytes)? {
            return Ok(Some(Seen::NotePadded { object: *object }));
        }
    }
    Ok(None)
}

/// Returns what a line claims, whether or not anybody signed it.
pub(super) fn claimed(line: &[u8]) -> Option<Record> {
    parse_statement(&parse_envelope(line).ok()?.payload).ok()
}

/// Returns the id of a line, whether or not it verifies: enough to say that something is there.
pub(super) fn id_of(line: &[u8]) -> Option<RecordId> {
    parse_envelope(line).ok().map(|envelope| record_id(&pae(&envelope.payload)))
}
