//! When a release went out: its last stage was entered when a gate would have let it.

use std::collections::BTreeSet;

use super::{early, gate, stages};
use crate::evaluate::release::Release;
use crate::evaluate::view::{View, since};
use crate::evaluate::{basis, verdict};
use crate::model::course::Mark;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::RecordId;
use crate::model::record::{InSpite, Stage, StageEvent};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Returns when the release went out, last, and since it was taken up again. Entering its last stage at another time is a deviation,
/// which is noted.
pub(super) fn last(now: &View<'_, '_, '_>, findings: &mut Vec<Finding>) -> Option<Mark> {
    let release = now.release;
    let stage = release.open.stages.last()?;
    let mut found: Option<Mark> = None;
    for (verified, word) in release.words::<Stage>() {
        let id = verified.id();
        // What its author took back was nothing.
        if word.stage != stage.id || word.event != StageEvent::Enter || now.withdrawn.silences(&id) {
            continue;
        }
        match went_out(release, verified, word, &now.early) {
            Ok(at) => {
                // What went out before a roll-back that was taken up has to go out anew.
                if now.is_after_taking_up(id) && found.as_ref().is_none_or(|before| (before.at, before.record) < (at, id)) {
                    found = Some(Mark { record: id, by: verified.principal().clone(), at });
                }
            }
            Err(Some(why)) => {
                let (who, why) = (verified.principal().clone(), Box::new(why));
                let seen = Seen::NotOut { who, stage: stages::named(release.open, stage), why };
                findings.push(release.cite(verified, seen).about(&stage.id));
            }
            // That it does not count is told of it already.
            Err(None) => {}
        }
    }
    found
}

/// Returns when the release went out by an entry of its last stage, judged by what whoever signed it had seen.
///
/// # Errors
/// Why it did not, where the entry counts.
fn went_out(
    release: &Release<'_, '_>,
    entry: &Verified,
    word: &Stage,
    early: &BTreeSet<RecordId>,
) -> Result<Timestamp, Option<Seen>> {
    let log = release.log.as_seen_by(entry.id());
    let Some(then) = Release::new(&log, release.verified) else { return Err(None) };
    let at = since(&then, entry);
    let decisions = early::decided_by(&then, at).map_err(Some)?;
    let view = View::new(&then, &then.everything, at, verdict::taken_up(&then, &decisions)).without(early);
    let items = basis::judge(&then, &then.everything, at).items;
    let stages = stages::judge(&view, &items);
    // Not by an entry that counts for nothing, though another had entered the stage before.
    if !stages.last_entries.contains(&entry.id()) {
        return Err(None);
    }
    let before = stages.not_passed.len().saturating_sub(1);
    if let Some(reason) = stages.not_passed[..before].iter().flatten().next() {
        return Err(Some(reason.seen.clone()));
    }
    let excused = |what: &str| word.in_spite.iter().any(|spite| spite.of == what) && gate::may_override(&then, entry);
    let against = gate::window(&then, at).filter(|_| !excused(InSpite::WINDOW));
    let against = against.or_else(|| gate::freeze(&then, at).filter(|_| !excused(InSpite::FREEZE)));
    against.map_or(Ok(at), |reason| Err(Some(reason.seen)))
}
