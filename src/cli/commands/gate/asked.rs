//! What one asking of a gate came to.

use crate::evaluate::course::Entry;
use crate::model::report::{Answer, Report};
use crate::report::{safe, terminal};

/// What one asking came to.
pub(super) struct Asked {
    /// The report, with what stands in the way of the stage or the commit among its reasons.
    pub(super) report: Report,
    /// The stage that was asked about.
    pub(super) entry: Option<Entry>,
    /// The remote that could not be asked, where there is one.
    pub(super) unasked: Option<Unasked>,
    /// What that remote has might change the answer, so it is none.
    pub(super) is_open: bool,
}

/// A remote that could not be asked.
#[derive(Clone)]
pub(super) struct Unasked {
    /// Its name.
    pub(super) remote: String,
    /// Why, in one line.
    pub(super) why: String,
}

impl Unasked {
    /// Reports it.
    pub(super) fn describe(&self) -> String {
        format!("{} could not be reached: {}", self.remote, self.why)
    }
}

/// Returns the answer in one line.
pub(super) fn line(asked: &Asked) -> String {
    let verdict = terminal::verdict_line(&asked.report);
    match &asked.entry {
        Some(entry) if asked.report.verdict.answer == Answer::Go => {
            format!("{verdict}; stage {}", safe::fit(&entry.stage.id, 80, "…"))
        }
        _ => verdict,
    }
}
