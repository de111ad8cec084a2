//! Evidence: nothing that is kept goes, and nothing comes that is not what its name says.

use super::state::State;
use crate::evaluate::push::{Refused, Update};
use crate::git::NOTES_REF;
use crate::model::finding::Seen;
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
    let seen = if let Some(lost) = change.lost.first() {
        Seen::EvidenceLost { digest: *lost, count: change.lost.len() }
    } else if let Some(wrong) = change.wrong.first() {
        Seen::EvidenceWrong { digest: *wrong, limit, count: change.wrong.len() }
    } else if let Some(junk) = change.junk.first() {
        Seen::EvidenceJunk { path: junk.clone(), count: change.junk.len() }
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![Refused::new(&update.name, seen)])
}
