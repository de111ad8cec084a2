//! Notes: the lines of a log as they lie there, and whether any ever came here.

use crate::git::notes::{Lines, Notes};
use crate::git::{ErrorKind, NOTES_REF, Repository};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::ObjectId;
use crate::ops::error::Outcome;

/// Reads the lines of a note; one that is too large to be read is a finding under which nothing holds, not a failure,
/// since nobody who pushes such a note may keep others from judging other releases.
pub fn lines_of(notes: &mut Notes<'_>, object: &ObjectId, unread: &mut Vec<Finding>) -> Outcome<Lines> {
    match notes.lines(object) {
        Err(error) if *error.kind() == ErrorKind::TooLarge => {
            unread.push(Finding::new(Seen::NoteUnread { why: error.to_string() }));
            Ok(Lines::new())
        }
        lines => Ok(lines?),
    }
}

/// Reports that there may be records which never came here: there is a remote, and neither relsign nor git fetched any.
pub fn never_synced(repository: &Repository) -> Outcome<Option<Finding>> {
    let Some(remote) = repository.sharing_remote()? else { return Ok(None) };
    if repository.resolve(NOTES_REF)?.is_some() || repository.sync_times(&remote).fetched.is_some() {
        return Ok(None);
    }
    Ok(Some(Finding::new(Seen::NeverSynced { remote: remote.clone() }).about(remote)))
}
