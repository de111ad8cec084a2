//! When a release went out: its last stage was entered when a gate would have let it.

use std::collections::{BTreeMap, BTreeSet};

use super::gate;
use super::stages;
use crate::evaluate::release::{Release, ValidLog};
use crate::evaluate::view::{View, since};
use crate::evaluate::{basis, verdict};
use crate::model::course::Mark;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Body, InSpite, Stage, StageEvent};
use crate::model::report::DecisionReport;
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Returns when the release went out, last, and since it was taken up again. Entering its last stage at another time is a deviation,
/// which is noted.
pub(super) fn last(now: &View<'_, '_, '_>, findings: &mut Vec<Finding>) -> Option<Mark> {
    let release = now.release;
    let stage = release.open.stages.last()?;
    let mut found: Option<Mark> = None;
    for (id, verified) in &release.log.records {
        let Body::Stage(word) = &verified.value().body else { continue };
        if word.stage != stage.id || word.event != StageEvent::Enter || !release.owns(verified) {
            continue;
        }
        // What its author took back was nothing.
        if now.withdrawn.silences(id) {
            continue;
        }
        match went_out(release, verified, word, &now.early) {
            Ok(at) => {
                // What went out before a roll-back that was taken up has to go out anew.
                if now.is_after_taking_up(*id) && found.as_ref().is_none_or(|before| (before.at, before.record) < (at, *id)) {
                    found = Some(Mark { record: *id, by: verified.principal().clone(), at });
                }
            }
            Err(Some(why)) => {
                let message = format!(
                    "{} entered {}, and the release was not out by that: {why}",
                    verified.principal(),
                    stages::named(release.open, stage)
                );
                findings.push(release.cite(Code::StageDeviation, verified, message).about(&stage.id));
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
    entry: &Verified<Record>,
    word: &Stage,
    early: &BTreeSet<RecordId>,
) -> Result<Timestamp, Option<String>> {
    let log = release.log.as_seen_by(entry.id());
    let log: &ValidLog<'_> = &log;
    let within: BTreeSet<RecordId> = log.records.keys().copied().collect();
    let Some(then) = Release::new(release.context, log, release.verified, release.open) else { return Err(None) };
    let at = since(&then, entry);
    let decisions = decided_by(&then, at)?;
    let view = View::new(&then, &within, at, verdict::taken_up(&then, &decisions)).without(early);
    let items = basis::judge(&then, &within, at).items;
    let stages = stages::judge(&view, &items);
    // Not by an entry that counts for nothing, though another had entered the stage before.
    if !stages.last_entries.contains(&entry.id()) {
        return Err(None);
    }
    let before = stages.not_passed.len().saturating_sub(1);
    if let Some(reason) = stages.not_passed[..before].iter().flatten().next() {
        return Err(Some(reason.message.clone()));
    }
    let excused = |what: &str| word.in_spite.iter().any(|spite| spite.of == what) && gate::may_override(&then, entry);
    let against = gate::window(&then, at).filter(|_| !excused(InSpite::WINDOW));
    let against = against.or_else(|| gate::freeze(&then, at).filter(|_| !excused(InSpite::FREEZE)));
    against.map_or(Ok(at), |reason| Err(Some(reason.message)))
}

/// Returns the decisions over what the signer of an entry had seen, where enough people had decided by then that the release may go
/// out.
///
/// # Errors
/// Why it was too early.
fn decided_by(then: &Release<'_, '_>, at: Timestamp) -> Result<Vec<DecisionReport>, String> {
    let decisions = verdict::decisions(then);
    let Ok(decided) = verdict::agreed(then, &decisions) else { return Err("no decision let it go out then".to_owned()) };
    let basis = decisions.iter().find(|decision| decision.record == decided).map(|decision| decision.basis_time);
    if basis.is_some_and(|basis| at < basis) {
        return Err("it claims a time before that of the decision".to_owned());
    }
    Ok(decisions)
}

/// Returns the entries of stages that came before it was decided that the release may go out, each with the reason: what nobody may
/// have brought out yet does not begin to bake.
///
/// The one stage of a release without stages says afterwards that it is out, so its entry is judged for that alone.
pub(super) fn early(release: &Release<'_, '_>) -> BTreeMap<RecordId, String> {
    let mut found = BTreeMap::new();
    for (id, verified) in &release.log.records {
        let Body::Stage(word) = &verified.value().body else { continue };
        let is_staged = release.open.stages.iter().any(|stage| stage.id == word.stage && !release.open.implies(stage));
        let may = release.policy().may(verified.principal(), Right::Stage);
        if word.event != StageEvent::Enter || !is_staged || !may || !release.owns(verified) {
            continue;
        }
        let log = release.log.as_seen_by(*id);
        let Some(then) = Release::new(release.context, &log, release.verified, release.open) else { continue };
        if let Err(why) = decided_by(&then, since(&then, verified)) {
            found.insert(*id, why);
        }
    }
    found
}

/// Notes the entries that came too early; that of the last stage is noted with what it takes to go out.
pub(super) fn came_early(release: &Release<'_, '_>, early: &BTreeMap<RecordId, String>) -> Vec<Finding> {
    let last = release.open.stages.last().map(|stage| stage.id.as_str());
    let of = early.iter().filter_map(|(id, why)| {
        let verified = *release.log.records.get(id)?;
        let Body::Stage(word) = &verified.value().body else { return None };
        let message = format!("{} entered stage {} too early, which does not count: {why}", verified.principal(), word.stage);
        let finding = release.cite(Code::StageDeviation, verified, message).about(&word.stage);
        (Some(word.stage.as_str()) != last).then_some(finding)
    });
    of.collect()
}
