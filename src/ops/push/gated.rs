//! Protected and gated refs: which way they may go, and that a gated one takes releases and nothing else.

use super::state::State;
use crate::evaluate::push::{PushVerdict, Refused, Update, name};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{ObjectId, TagName};
use crate::model::policy::{Gate, Pattern};
use crate::model::report::{Answer, ReleaseState, Report};
use crate::ops::error::Outcome;
use crate::ops::load::candidates::{Candidates, Deployed, Search, Target};
use crate::ops::load::releases;
use crate::report::safe::shell_word;

/// How many tags below the present commit are looked at for the release completed before.
const MOST_BELOW: usize = 10_000;
/// How many releases are told of that don't open a gate.
const MOST_TOLD: usize = 3;

/// Judges an update of a ref that the policy protects or gates.
pub(super) fn judge(state: &State<'_>, update: &Update, names: &[String], verdict: &mut PushVerdict) -> Outcome<Option<Refused>> {
    let refs = &state.policy().contents().refs;
    // A ref that is both is held to both: gating one that only goes forward must not open a way back.
    if update.old.is_some() && any(&refs.protected, names) {
        let Some(new) = update.new else {
            let refused = Refused::new(&update.name, Seen::ProtectedGone);
            return Ok(Some(refused.suggest("an owner removes it from refs.protected first", "relsign policy propose")));
        };
        if !is_forward(state, update, &new)? {
            let refused = Refused::new(&update.name, Seen::ProtectedBack);
            return Ok(Some(refused.suggest("to undo a change, revert it with a new commit", "git revert COMMIT")));
        }
    }
    let gates = gates(state, names);
    if gates.is_empty() { Ok(None) } else { pass(state, update, &gates, verdict) }
}

fn any(patterns: &[Pattern], names: &[String]) -> bool {
    patterns.iter().any(|pattern| names.iter().any(|known| name::covers(pattern, known)))
}

/// Returns the gates of a ref by any of its names. There are several where more than one pattern fits, and each must open.
fn gates<'a>(state: &State<'a>, names: &[String]) -> Vec<&'a Gate> {
    let gates = state.policy().contents().gates.iter();
    gates.filter(|gate| names.iter().any(|known| name::covers(&gate.ref_name, known))).collect()
}

fn is_forward(state: &State<'_>, update: &Update, new: &ObjectId) -> Outcome<bool> {
    match update.old {
        None => Ok(true),
        Some(old) => Ok(state.repository.has_object(&old)? && state.repository.is_ancestor(&old, new)?),
    }
}

fn pass(state: &State<'_>, update: &Update, gates: &[&Gate], verdict: &mut PushVerdict) -> Outcome<Option<Refused>> {
    let refused = |seen| Refused::new(&update.name, seen);
    let Some(new) = update.new else {
        let refused = refused(Seen::GatedGone);
        return Ok(Some(refused.suggest("an owner removes its gate from the policy first", "relsign policy propose")));
    };
    let mut opened = Vec::new();
    for gate in gates {
        match opened_by(state, update, gate, &new)? {
            Ok(tag) => opened.push(tag),
            Err(refused) => return Ok(Some(refused)),
        }
    }
    if is_forward(state, update, &new)? {
        opened.dedup();
        verdict.notes.extend(opened.iter().map(|tag| format!("{} moves to release {}", update.name, tag.short())));
        return Ok(None);
    }
    for gate in gates {
        if let Some(taken_back) = rolled_back_to(state, update, gate, &new)? {
            verdict.notes.push(format!("{} moves back, as the roll-back of {} says", update.name, taken_back.short()));
            continue;
        }
        match completed_before(state, update, gate)? {
            Some((before, commit)) if commit == new => {
                let note = format!("{} moves back to release {}", update.name, before.short());
                if !verdict.notes.contains(&note) {
                    verdict.notes.push(note);
                }
            }
            Some((before, _)) => {
                let back = format!(
                    "git push --force REMOTE {}:{}",
                    shell_word(&format!("{}^{{commit}}", before.full())),
                    shell_word(&update.name)
                );
                return Ok(Some(refused(Seen::GatedBack { before: before.short().to_owned() }).suggest("go back there", back)));
            }
            None => return Ok(Some(refused(Seen::GatedNowhere))),
        }
    }
    Ok(None)
}

/// Returns the release that opens a gate for a commit, or says why none does.
///
/// All releases of the gate's component there for its environment must be in GO: one that was rejected is not made up for by
/// another on the same commit.
fn opened_by(state: &State<'_>, update: &Update, gate: &Gate, commit: &ObjectId) -> Outcome<Result<TagName, Refused>> {
    let Gate { component, environment, .. } = gate;
    let found = releases_of(state, gate, *commit)?;
    let mut standing = found.standing.iter().map(|candidate| &candidate.report).peekable();
    let first = standing.peek().map(|report| report.tag.clone());
    let blocking: Vec<&Report> = standing.filter(|report| !passes(report)).collect();
    if let (Some(tag), true, None) = (first, blocking.is_empty(), found.unread.first()) {
        return Ok(Ok(tag));
    }
    let seen = Seen::Gated { commit: *commit, component: component.clone(), environment: environment.clone() };
    let mut refusal = Refused::new(&update.name, seen);
    for report in blocking.iter().copied().chain(found.ended.iter().map(|ended| &ended.report)).take(MOST_TOLD) {
        let why = report.verdict.reasons.first().map_or_else(|| "it is over".to_owned(), Finding::message);
        refusal = refusal.detail(format!("{}: {why}", report.tag.short()));
    }
    refusal = found.unread.iter().take(MOST_TOLD).fold(refusal, |refusal, unread| refusal.detail(unread.message()));
    if let Some(report) = blocking.first() {
        let see = format!("relsign status {} --env {environment}", shell_word(report.tag.short()));
        return Ok(Err(refusal.suggest("see what blocks it", see)));
    }
    if !found.unread.is_empty() {
        return Ok(Err(refusal));
    }
    if !found.ended.is_empty() {
        return Ok(Err(refusal.suggest("release the commit again", format!("relsign tag NAME {}", commit.short()))));
    }
    let mut to_open = None;
    for (tag, _) in state.repository.tags_of(commit)?.into_iter().take(MOST_TOLD) {
        match state.policy().component_for(&tag) {
            Some(of) if of.name == *component => {
                refusal = refusal.detail(format!("{}: no release is open on it for {environment}", tag.short()));
                to_open.get_or_insert(tag);
            }
            Some(of) => refusal = refusal.detail(format!("{}: it is a tag of {:?}", tag.short(), of.name)),
            None => {}
        }
    }
    Ok(Err(match to_open {
        Some(tag) => refusal.suggest("open it with", format!("relsign open {} --env {environment}", shell_word(tag.short()))),
        None => refusal
            .detail("no release tag of that component points at exactly that commit")
            .suggest("start a release of it", format!("relsign tag NAME {}", commit.short())),
    }))
}

/// Finds the releases on a commit of a gate's component for its environment, by the logs of before the push.
fn releases_of<'a>(state: &State<'a>, gate: &Gate, commit: ObjectId) -> Outcome<Candidates<'a>> {
    let target = Target { component: Some(&gate.component), environment: Some(&gate.environment) };
    let (repository, trusted, as_of) = (state.repository, state.trusted, state.session.now);
    Search { repository, trusted, deployed: Deployed::Commit(commit), target, as_of }.find(&mut state.notes()?)
}

/// Whether an update takes a gated ref back to the release completed before, which no freeze holds up.
pub(super) fn is_roll_back(state: &State<'_>, update: &Update, names: &[String]) -> Outcome<bool> {
    let gates = gates(state, names);
    let Some(new) = update.new else { return Ok(false) };
    if update.old.is_none() || gates.is_empty() || is_forward(state, update, &new)? {
        return Ok(false);
    }
    for gate in gates {
        let goes_back = rolled_back_to(state, update, gate, &new)?.is_some();
        if !goes_back && completed_before(state, update, gate)?.is_none_or(|(_, commit)| commit != new) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the release on the present commit whose roll-back, in full authority, goes back to the release on another, where both went out.
fn rolled_back_to(state: &State<'_>, update: &Update, gate: &Gate, new: &ObjectId) -> Outcome<Option<TagName>> {
    let Some(old) = update.old else { return Ok(None) };
    if !state.repository.has_object(&old)? {
        return Ok(None);
    }
    let on = |commit: ObjectId| -> Outcome<Vec<Report>> {
        let found = releases_of(state, gate, commit)?;
        let reports = found.standing.into_iter().chain(found.ended).map(|one| one.report);
        Ok(reports.filter(|report| report.course.out.is_some()).collect())
    };
    let goes = |report: &Report| {
        let mut opens = report.course.rollback.iter().flat_map(|back| &back.opens);
        opens.find(|to| to.commit == *new).map(|to| to.tag_object)
    };
    let taken_back = on(old)?.into_iter().find_map(|report| goes(&report).map(|to| (report.tag.clone(), to)));
    let Some((tag, to)) = taken_back else { return Ok(None) };
    let was_out = |report: &Report| report.release.as_ref().is_some_and(|release| release.tag_object == to);
    Ok(on(*new)?.iter().any(was_out).then_some(tag))
}

/// Returns the nearest release of a gate's component below the present commit that was completed in its environment.
fn completed_before(state: &State<'_>, update: &Update, gate: &Gate) -> Outcome<Option<(TagName, ObjectId)>> {
    let Some(old) = update.old else { return Ok(None) };
    if !state.repository.has_object(&old)? {
        return Ok(None);
    }
    for below in state.repository.ancestor_tags(&old, MOST_BELOW)? {
        let is_of = state.policy().component_for(&below.name).is_some_and(|component| component.name == gate.component);
        if below.commit == old || !is_of {
            continue;
        }
        let mut notes = state.notes()?;
        let environment = Some(gate.environment.clone());
        let loaded = releases::load_with(state.repository, state.trusted, &mut notes, &below.name, state.session.now, environment)?;
        let report = loaded.report();
        let is_here = report.release.as_ref().is_some_and(|release| release.component == gate.component);
        if is_here && report.state == ReleaseState::Completed && passes(&report) {
            return Ok(Some((below.name, below.commit)));
        }
    }
    Ok(None)
}

/// Whether a release may stand on a gated ref: it is in GO or completed, and was neither rolled back nor abandoned.
fn passes(report: &Report) -> bool {
    report.verdict.answer == Answer::Go
        && !matches!(report.state, ReleaseState::RollingBack | ReleaseState::RolledBack | ReleaseState::Abandoned)
}
