//! What a gate asks of a release in GO: its stages in order, and until it is out, its window and freezes of its environment.

use std::collections::BTreeMap;

use super::{early, stages};
use crate::evaluate::context::Context;
use crate::evaluate::release::{Release, ValidLog, governing};
use crate::evaluate::verdict;
use crate::evaluate::view::View;
use crate::model::finding::{Finding, Seen};
use crate::model::freeze::Freeze;
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::OpenStage;
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Whether the traffic of a stage may be let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The stage, as the open record has it.
    pub stage: OpenStage,
    /// Only a person enters it.
    pub by_person: bool,
    /// Why not, in the order of the stages; empty where it may, if the release is in GO.
    pub reasons: Vec<Finding>,
}

/// Judges whether the release of a report has entered a stage and held those before it, as of the context's clock.
///
/// Nothing comes back where no release is open or its open record has no such stage.
pub fn may_enter(context: &Context<'_>, records: &BTreeMap<RecordId, Verified>, report: &Report, asked: &str) -> Option<Entry> {
    let log = ValidLog::admit(context, records, &mut Vec::new());
    let release = governing(&log, &mut Vec::new())?;
    let place = release.open.stages.iter().position(|stage| stage.id == asked)?;
    let view = View::new(&release, &release.everything, context.as_of, verdict::taken_up(&release, &report.decisions));
    let view = view.without(&early::entries(&release).into_keys().collect());
    let stages = stages::judge(&view, &report.items);
    let mut reasons: Vec<Finding> = stages.not_passed.iter().take(place).flatten().cloned().collect();
    let stage = release.open.stages.get(place)?;
    // Where there are no stages, GO is enough, and entering the one says afterwards that it is out.
    if !release.open.implies(stage) {
        reasons.extend(stages.not_entered.get(place).cloned().flatten());
    }
    Some(Entry { stage: stage.clone(), by_person: stages.reports.get(place)?.by_person, reasons })
}

/// Explains why nothing may go out at an instant, by window and freezes; the first that stands in the way of each.
pub fn outside_window_or_frozen(context: &Context<'_>, records: &BTreeMap<RecordId, Verified>, at: Timestamp) -> Vec<Finding> {
    let log = ValidLog::admit(context, records, &mut Vec::new());
    let Some(release) = governing(&log, &mut Vec::new()) else { return Vec::new() };
    window(&release, at).into_iter().chain(freeze(&release, at)).collect()
}

/// Reports that an instant lies outside the planned window.
pub(super) fn window(release: &Release<'_, '_>, at: Timestamp) -> Option<Finding> {
    let window = release.open.window?;
    let seen = if at < window.from {
        Seen::WindowBegins { from: window.from }
    } else if at >= window.to {
        Seen::WindowEnded { to: window.to }
    } else {
        return None;
    };
    Some(release.cite(release.verified, seen).about(release.context.tag.name.short()))
}

/// Reports on a freeze that keeps things from the environment of the release at an instant.
pub(super) fn freeze(release: &Release<'_, '_>, at: Timestamp) -> Option<Finding> {
    let environment = &release.open.environment;
    let policy = &release.context.chain.head().policy;
    let gates = policy.contents().gates.iter();
    let gated: Vec<&str> = gates
        .filter(|gate| gate.environment == *environment && gate.component == release.open.component)
        .map(|gate| gate.ref_name.as_str())
        .collect();
    let concerns = |freeze: &Freeze| freeze.environments.contains(environment) || gated.iter().any(|name| freeze.covers(name));
    let found = release.context.freezes.iter().find(|freeze| freeze.holds_at(at) && concerns(freeze))?;
    let (environment, freeze) = (environment.clone(), found.name.clone());
    Some(release.finding(Seen::EnvironmentFrozen { environment, freeze, until: found.until }).about(&found.name))
}

/// Whether whoever signed a record may override a window or a freeze: a person with the right to break glass.
pub(super) fn may_override(release: &Release<'_, '_>, verified: &Verified) -> bool {
    verified.principal().person().is_some() && release.authorises(verified, Right::BreakGlass)
}
