//! Protected and gated refs: which way they may go, and that a gated one takes releases and nothing else.

use super::state::State;
use crate::evaluate::push::{PushVerdict, Refused, Update, name};
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, TagName};
use crate::model::policy::Pattern;
use crate::model::report::{Answer, ReleaseState, Report};
use crate::ops::error::Outcome;
use crate::ops::load::releases;
use crate::report::safe::shell_word;

/// What is said of a tag that nobody opened.
const NOT_OPEN: &str = "no release is open on it";

/// How many tags below the present commit are looked at for the release completed before.
const MOST_BELOW: usize = 10_000;

/// Judges an update of a ref that the policy protects or gates.
pub(super) fn judge(state: &State<'_>, update: &Update, names: &[String], verdict: &mut PushVerdict) -> Outcome<Option<Refused>> {
    let refs = &state.policy().contents().refs;
    // A ref that is both is held to both: gating one that only goes forward must not open a way back.
    if update.old.is_some() && any(&refs.protected, names) {
        let Some(new) = update.new else {
            let message = "the policy protects it, so it can't be deleted";
            let refused = Refused::new(&update.name, Code::RefProtected, message);
            return Ok(Some(refused.hint("an owner takes it out of refs.protected first: relsign policy propose")));
        };
        if !is_forward(state, update, &new)? {
            let message = "the policy protects it, so it only goes forward";
            let refused = Refused::new(&update.name, Code::RefProtected, message);
            return Ok(Some(refused.detail("to take a change back, put one on top that undoes it:").hint("git revert COMMIT")));
        }
    }
    if is_gated(state, names) { gate(state, update, verdict) } else { Ok(None) }
}

fn any(patterns: &[Pattern], names: &[String]) -> bool {
    patterns.iter().any(|pattern| names.iter().any(|known| name::covers(pattern, known)))
}

fn is_gated(state: &State<'_>, names: &[String]) -> bool {
    any(&state.policy().contents().refs.gated, names)
}

fn is_forward(state: &State<'_>, update: &Update, new: &ObjectId) -> Outcome<bool> {
    match update.old {
        None => Ok(true),
        Some(old) => Ok(state.repository.has_object(&old)? && state.repository.is_ancestor(&old, new)?),
    }
}

fn gate(state: &State<'_>, update: &Update, verdict: &mut PushVerdict) -> Outcome<Option<Refused>> {
    let refused = |message: String| Refused::new(&update.name, Code::RefGated, message);
    let Some(new) = update.new else {
        let refused = refused("it is gated, so it can't be deleted".to_owned());
        return Ok(Some(refused.hint("an owner takes it out of refs.gated first: relsign policy propose")));
    };
    let mut seen = Vec::new();
    let mut passed = None;
    for (tag, object) in state.repository.tags_of(&new)? {
        if state.policy().component_for(&tag).is_none() {
            continue;
        }
        let reports = reports(state, &tag)?;
        let is_open =
            |report: &Report| report.release.as_ref().is_some_and(|release| release.tag_object == object && release.commit == new);
        if !reports.iter().all(is_open) {
            seen.push((tag, NOT_OPEN.to_owned()));
        } else if let Some(report) = reports.iter().find(|report| !passes(report)) {
            let why = report.verdict.reasons.first().map_or_else(|| "it is over".to_owned(), |reason| reason.message.clone());
            let environment = report.release.as_ref().filter(|_| reports.len() > 1).map(|release| &release.environment);
            seen.push((tag, environment.map_or_else(|| why.clone(), |environment| format!("for {environment}: {why}"))));
        } else {
            passed = Some(tag);
            break;
        }
    }
    let Some(tag) = passed else {
        let mut refusal = refused(format!("it is gated, and {} is not the commit of a release in GO", new.short()));
        for (tag, why) in seen.iter().take(3) {
            refusal = refusal.detail(format!("{}: {why}", tag.short()));
        }
        return Ok(Some(match seen.first() {
            Some((tag, why)) if why == NOT_OPEN => refusal.hint(format!("open it with: relsign open {}", shell_word(tag.short()))),
            Some((tag, _)) => refusal.hint(format!("see what blocks it with: relsign status {}", shell_word(tag.short()))),
            None => refusal
                .detail("no release tag stands for that commit; a gated ref takes that very commit")
                .hint(format!("begin a release of it: relsign tag NAME {}", new.short())),
        }));
    };
    if is_forward(state, update, &new)? {
        verdict.notes.push(format!("{} goes to release {}", update.name, tag.short()));
        return Ok(None);
    }
    match completed_before(state, update)? {
        Some((before, commit)) if commit == new => {
            verdict.notes.push(format!("{} goes back to release {}", update.name, before.short()));
            Ok(None)
        }
        Some((before, _)) => {
            let message = format!("it is gated, and goes back only to the release completed before, {}", before.short());
            let back = format!(
                "git push --force REMOTE {}:{}",
                shell_word(&format!("{}^{{commit}}", before.short())),
                shell_word(&update.name)
            );
            Ok(Some(refused(message).hint(format!("go back there: {back}"))))
        }
        None => Ok(Some(refused("it is gated, and no release below it was completed to which it could go back".to_owned()))),
    }
}

/// Says whether an update takes a gated ref back to the release completed before, which no freeze holds up.
pub(super) fn is_roll_back(state: &State<'_>, update: &Update, names: &[String]) -> Outcome<bool> {
    let Some(new) = update.new else { return Ok(false) };
    if update.old.is_none() || !is_gated(state, names) || is_forward(state, update, &new)? {
        return Ok(false);
    }
    Ok(completed_before(state, update)?.is_some_and(|(_, commit)| commit == new))
}

/// Gives the nearest release below the present commit that was completed.
fn completed_before(state: &State<'_>, update: &Update) -> Outcome<Option<(TagName, ObjectId)>> {
    let Some(old) = update.old else { return Ok(None) };
    if !state.repository.has_object(&old)? {
        return Ok(None);
    }
    for below in state.repository.ancestor_tags(&old, MOST_BELOW)? {
        if below.commit == old || state.policy().component_for(&below.name).is_none() {
            continue;
        }
        let reports = reports(state, &below.name)?;
        if reports.iter().all(|report| report.state == ReleaseState::Completed && passes(report)) {
            return Ok(Some((below.name, below.commit)));
        }
    }
    Ok(None)
}

/// Judges a release by the logs as they were before the push, for every environment that it goes to; there is one report
/// at least.
///
/// No policy says which environment a gated ref stands for, so what passed for one must not go where another was meant.
fn reports(state: &State<'_>, tag: &TagName) -> Outcome<Vec<Report>> {
    let mut notes = state.notes()?;
    let mut loaded = releases::load_with(state.repository, state.trusted, &mut notes, tag, state.session.now, None)?;
    Ok(loaded.reports())
}

/// Says whether a release may stand on a gated ref: it is in GO or completed, and was neither rolled back nor abandoned.
fn passes(report: &Report) -> bool {
    report.verdict.answer == Answer::Go && !matches!(report.state, ReleaseState::RolledBack | ReleaseState::Abandoned)
}
