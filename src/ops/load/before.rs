//! The release that was out before another: where a roll-back goes, and whose actions were left.

use super::releases;
use crate::git::Repository;
use crate::model::course::{ActionReport, ActionState};
use crate::model::ids::{Environment, TagName};
use crate::model::record::PreviousRelease;
use crate::model::report::{ReleaseReport, ReleaseState, Report};
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;

/// Finds the release to go back to: the newest other of the same component that went out to the same environment and was not taken
/// back, else the one that the open record names as the previous.
///
/// Whatever can't be read of other releases must not hold a roll-back up, so it is warned of.
pub fn before(session: &Session, repository: &Repository, work: &Workspace, report: &Report) -> Option<PreviousRelease> {
    let release = report.release.as_ref()?;
    let outs =
        releases::each_release(session, repository, work, session.now, |judged| Ok(was_out(&judged.report, &report.tag, release)));
    let outs = outs.unwrap_or_else(|failure| {
        session.warn(format!("not every release can be read, so one of them may have been out since: {}", failure.one_line()));
        Vec::new()
    });
    let newest = outs.into_iter().map(|(_, out)| out).max_by_key(|(at, _)| *at);
    newest.map(|(_, found)| found).or_else(|| release.previous.clone())
}

/// Returns when another release went out to where this one goes, and what names it.
fn was_out(other: &Report, tag: &TagName, release: &ReleaseReport) -> Option<(crate::model::time::Timestamp, PreviousRelease)> {
    let theirs = other.release.as_ref()?;
    let is_alike = theirs.component == release.component && theirs.environment == release.environment;
    let stands = matches!(other.state, ReleaseState::Out | ReleaseState::Completed);
    if other.tag == *tag || !is_alike || !stands {
        return None;
    }
    let at = other.course.out.as_ref()?.at;
    let (tag_object, commit) = (theirs.tag_object, theirs.commit);
    Some((at, PreviousRelease { tag: other.tag.clone(), tag_object, commit, overridden: false }))
}

/// Returns the actions of a release that nobody has settled, for the release after it.
///
/// # Errors
/// If git can't be read.
pub fn left_over(
    session: &Session,
    repository: &Repository,
    work: &Workspace,
    previous: &PreviousRelease,
    environment: &Environment,
) -> Outcome<Vec<ActionReport>> {
    let loaded = releases::load(repository, work, &previous.tag, session.now, Some(environment.clone()))?;
    let actions = loaded.report().course.actions;
    Ok(actions.into_iter().filter(|action| action.state != ActionState::Done).collect())
}
