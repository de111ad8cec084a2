//! Release tags: a name that was opened is spent, so its tag neither moves nor vanishes.

use super::state::State;
use crate::evaluate;
use crate::evaluate::push::name::told_apart_by;
use crate::evaluate::push::{End, Refused, Update};
use crate::git::NOTES_REF;
use crate::git::notes::Notes;
use crate::model::address::name_blob;
use crate::model::finding::Seen;
use crate::model::ids::{ObjectId, TagName};
use crate::ops::error::Outcome;
use crate::ops::load::notes::lines_of;
use crate::report::safe::shell_word;
use crate::sign::verify::verify_log;

/// Judges an update of a tag: neither its own name nor another spelling of it may be that of a release.
pub(super) fn judge(state: &State<'_>, update: &Update, names: &[String]) -> Outcome<Option<Refused>> {
    // What a clone has signed already spends a name as well, although the remote has not heard of it yet.
    let mut notes = match state.end {
        End::Server | End::Landed => state.notes()?,
        End::Client => state.repository.notes(NOTES_REF)?,
    };
    let Some(last) = names.last() else { return Ok(None) };
    if let Some(found) = opened_for(state, &mut notes, last)? {
        if update.new.is_some() && found == update.new {
            return Ok(None);
        }
        return Ok(Some(match update.new {
            None => Refused::new(&update.name, Seen::TagOpenedGone)
                .suggest("to stop the release", format!("relsign decide {} no-go --reason \"…\"", shell_word(short(last)))),
            Some(_) if update.old.is_none() => spent(update, Seen::TagOpenedElsewhere),
            Some(_) => spent(update, Seen::TagOpenedMoved),
        }));
    }
    if update.new.is_none() {
        return Ok(None);
    }
    // Where case is ignored, the file of the other spelling would be overwritten.
    for twin in state.case_variants(last)? {
        if opened_for(state, &mut notes, twin)?.is_some() {
            return Ok(Some(spent(update, Seen::TagOpenedAlike { by: told_apart_by(last), twin: twin.to_owned() })));
        }
    }
    Ok(None)
}

fn spent(update: &Update, seen: Seen) -> Refused {
    Refused::new(&update.name, seen).suggest("tag the commit under another name", "relsign tag NAME COMMIT")
}

fn short(name: &str) -> &str {
    name.strip_prefix("refs/tags/").unwrap_or(name)
}

/// Returns the tag object for which an authorised person has opened a name; the inner nothing where what was opened is gone.
fn opened_for(state: &State<'_>, notes: &mut Notes<'_>, full: &str) -> Outcome<Option<Option<ObjectId>>> {
    let Ok(tag) = full.parse::<TagName>() else { return Ok(None) };
    let blob = state.repository.blob_id(&name_blob(&state.trusted.root, &tag))?;
    let mut unread = Vec::new();
    let lines = lines_of(notes, &blob, &mut unread)?;
    let log = verify_log(lines.iter().map(Vec::as_slice), &state.trusted.keyring, &state.trusted.root);
    let opens = log.records.values().filter(|verified| evaluate::spends_name(&state.trusted.chain, verified));
    let found = opens.filter_map(|verified| verified.tag()).find(|(name, _)| *name == full).map(|(_, id)| id);
    if found.is_some() {
        return Ok(Some(found));
    }
    // What can't be read, and what was here once and is gone, may have opened it. A clone has also seen what it is about
    // to push itself, which is not gone but only not there yet.
    let is_gone = state.end.is_server() && !state.repository.seen_records(&blob)?.is_empty();
    Ok((!unread.is_empty() || is_gone).then_some(None))
}
