//! Which releases of an environment a gate asks nothing more of: what is out there, what was completed last, what is gone back to.

use super::releases::{self, Judged};
use crate::git::Repository;
use crate::model::ids::ObjectId;
use crate::model::record::Outcome as End;
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;

/// A release that went out at some time.
struct WentOut {
    tag_object: ObjectId,
    at: Timestamp,
    is_completed: bool,
    /// The tag objects of the releases to which its roll-back leads.
    back_to: Vec<ObjectId>,
}

/// Whether window and freezes are asked no more of a release: it is the one of its component and environment that went out last, the
/// one completed last, or the one that the roll-back of the former goes back to.
///
/// All releases are read for this, so whoever has another answer asks it first.
///
/// # Errors
/// If git can't be read.
pub fn is_let_through(session: &Session, repository: &Repository, work: &Workspace, report: &Report) -> Outcome<bool> {
    let Some(release) = &report.release else { return Ok(false) };
    if report.course.out.is_none() {
        // Nothing lets a release through that never went out.
        return Ok(false);
    }
    let there = |Judged { report, .. }: Judged| {
        let other = report
            .release
            .as_ref()
            .filter(|other| other.component == release.component && other.environment == release.environment);
        let (Some(other), Some(out)) = (other, &report.course.out) else { return Ok(None) };
        let back = report.course.rollback.iter().flat_map(|back| &back.opens);
        Ok(Some(WentOut {
            tag_object: other.tag_object,
            at: out.at,
            is_completed: report.course.end().is_some_and(|end| end.outcome == End::Completed),
            back_to: back.map(|to| to.tag_object).collect(),
        }))
    };
    let all = releases::each_release(session, repository, work, session.now, there)?;
    let last = |of: &dyn Fn(&WentOut) -> bool| {
        all.iter().map(|(_, one)| one).filter(|one| of(one)).max_by_key(|one| (one.at, one.tag_object))
    };
    let Some(out) = last(&|_| true) else { return Ok(false) };
    let asked = Some(release.tag_object);
    let completed = last(&|one| one.is_completed).map(|one| one.tag_object);
    Ok(asked == Some(out.tag_object) || asked == completed || out.back_to.contains(&release.tag_object))
}
