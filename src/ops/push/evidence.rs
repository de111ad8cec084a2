//! Evidence: nothing that is kept goes, and nothing comes that is not what its name says.

use super::state::State;
use crate::evaluate::push::{Refused, Update};
use crate::git::NOTES_REF;
use crate::model::finding::Code;
use crate::model::ids::ObjectId;
use crate::ops::error::Outcome;
use crate::ops::load::redactions;

/// Judges an update of the evidence ref.
pub(super) fn judge(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    if let Some(refused) = state.rewinds(update, &new)? {
        return Ok(vec![refused]);
    }
    let limit = state.policy().contents().limits.evidence_bytes;
    let mut change = state.repository.evidence_change(update.old.as_ref(), &new, limit)?;
    if !change.lost.is_empty() {
        // Whoever redacts last pushes the record and what it takes out together, so here records that come along count:
        // they are judged as strictly as the others, and by the policy of before.
        let notes = state.lands(NOTES_REF)?.map_or_else(|| state.before(NOTES_REF), |tip| Ok(Some(tip)))?;
        let sides: Vec<ObjectId> = update.old.into_iter().collect();
        let erasable = redactions::erasable_by(state.repository, state.trusted, notes.as_ref(), state.session.now, &sides)?;
        change.lost.retain(|digest| !erasable.contains(digest));
    }
    let refused = |code: Code, message: String| vec![Refused::new(&update.name, code, message)];
    if let Some(lost) = change.lost.first() {
        let message = format!("evidence {} would be lost{}", lost.short(), more(change.lost.len()));
        return Ok(refused(Code::OwnRefRewritten, message));
    }
    if let Some(wrong) = change.wrong.first() {
        let what = format!("evidence {} does not have that digest, or is larger than {limit} bytes", wrong.short());
        return Ok(refused(Code::EvidenceChanged, format!("{what}{}", more(change.wrong.len()))));
    }
    if let Some(junk) = change.junk.first() {
        return Ok(refused(Code::EvidenceChanged, format!("{junk:?} is not evidence{}", more(change.junk.len()))));
    }
    Ok(Vec::new())
}

fn more(count: usize) -> String {
    if count > 1 { format!(", and {} more", count - 1) } else { String::new() }
}
