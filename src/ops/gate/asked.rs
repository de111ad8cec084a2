//! What one asking of a gate came to.

use crate::evaluate::course::Entry;
use crate::model::finding::Code;
use crate::model::report::{Answer, ReleaseState, Report};
use crate::report::{safe, terminal};

/// What one asking came to.
pub struct Asked {
    /// The report, with what stands in the way of the stage or the commit among its reasons.
    pub report: Report,
    /// The stage that was asked about.
    pub entry: Option<Entry>,
    /// The remote that could not be asked, where there is one.
    pub unasked: Option<Unasked>,
    /// What that remote has might change the answer, so it is none.
    pub is_open: bool,
}

/// A remote that could not be asked.
#[derive(Clone)]
pub struct Unasked {
    /// Its name.
    pub remote: String,
    /// Why, in one line.
    pub why: String,
}

impl Unasked {
    /// Reports it.
    pub fn describe(&self) -> String {
        format!("{} could not be reached: {}", self.remote, self.why)
    }
}

/// Returns the answer in one line.
pub fn line(asked: &Asked) -> String {
    let verdict = terminal::verdict_line(&asked.report);
    match &asked.entry {
        Some(entry) if asked.report.verdict.answer == Answer::Go => {
            format!("{verdict}; stage {}", safe::fit(&entry.stage.id, 80, "…"))
        }
        _ => verdict,
    }
}

/// Whether an answer stays as it is, whatever is signed: a yes, or a no that takes another tag or another decision.
pub fn is_final(report: &Report) -> bool {
    matches!(report.verdict.answer, Answer::Go | Answer::Tampered)
        || matches!(
            report.state,
            ReleaseState::NoGo | ReleaseState::Abandoned | ReleaseState::RollingBack | ReleaseState::RolledBack
        )
        || report
            .verdict
            .reasons
            .iter()
            .any(|reason| matches!(reason.code, Code::OtherCommit | Code::OtherComponent | Code::StageUnnamed))
}
