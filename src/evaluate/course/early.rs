//! Entries of stages that came before it was decided that the release may go out.

use std::collections::BTreeMap;

use crate::evaluate::release::Release;
use crate::evaluate::verdict;
use crate::evaluate::view::since;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::{Stage, StageEvent};
use crate::model::report::DecisionReport;
use crate::model::time::Timestamp;

/// Returns the decisions over what the signer of an entry had seen, where enough people had decided by then that the release may go
/// out.
///
/// # Errors
/// Why it was too early.
pub(super) fn decided_by(then: &Release<'_, '_>, at: Timestamp) -> Result<Vec<DecisionReport>, Seen> {
    let decisions = verdict::decisions(then);
    let Ok(decided) = verdict::agreed(then, &decisions) else { return Err(Seen::UndecidedThen) };
    let basis = decisions.iter().find(|decision| decision.record == decided).map(|decision| decision.basis_time);
    if basis.is_some_and(|basis| at < basis) {
        return Err(Seen::BeforeDecision);
    }
    Ok(decisions)
}

/// Returns the entries of stages that came before it was decided that the release may go out, each with the reason: what nobody may
/// have brought out yet does not begin to bake.
///
/// The one stage of a release without stages says afterwards that it is out, so its entry is judged for that alone.
pub(super) fn entries(release: &Release<'_, '_>) -> BTreeMap<RecordId, Seen> {
    let mut found = BTreeMap::new();
    for (verified, word) in release.words::<Stage>().filter(|(_, word)| word.event == StageEvent::Enter) {
        let is_staged = release.open.stages.iter().any(|stage| stage.id == word.stage && !release.open.implies(stage));
        if !is_staged || !release.policy().may(verified.principal(), Right::Stage) {
            continue;
        }
        let log = release.log.as_seen_by(verified.id());
        let Some(then) = Release::new(&log, release.verified) else { continue };
        if let Err(why) = decided_by(&then, since(&then, verified)) {
            found.insert(verified.id(), why);
        }
    }
    found
}

/// Notes the entries that came too early; that of the last stage is noted with what it takes to go out.
pub(super) fn findings(release: &Release<'_, '_>, early: &BTreeMap<RecordId, Seen>) -> Vec<Finding> {
    let last = release.open.stages.last().map(|stage| stage.id.as_str());
    let of = early.iter().filter_map(|(id, why)| {
        let verified = *release.log.records.get(id)?;
        let word = verified.said::<Stage>()?;
        let (who, why) = (verified.principal().clone(), Box::new(why.clone()));
        let finding = release.cite(verified, Seen::StageEarly { who, stage: word.stage.clone(), why }).about(&word.stage);
        (Some(word.stage.as_str()) != last).then_some(finding)
    });
    of.collect()
}
