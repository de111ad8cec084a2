//! What it takes to pass a stage: what can be confirmed at once, and what somebody has to look at.

use crate::evaluate::course::may_confirm;
use crate::model::course::{LimitReport, LimitState, StageReport};
use crate::model::report::{ItemReport, ItemState, Report};

/// A stage that is to be passed, as it stands.
#[derive(Debug, Clone)]
pub struct Passing<'r> {
    /// The limits that hold by their last reading.
    pub holding: Vec<&'r LimitReport>,
    /// Those that do not.
    pub failing: Vec<&'r LimitReport>,
    /// Those of which nothing can be said yet.
    pub unknown: Vec<&'r LimitReport>,
    /// The open items whose limit is one of these, so that what is said of the limit is said of them.
    pub with_limit: Vec<&'r ItemReport>,
    /// The open items that have none.
    pub without_limit: Vec<&'r ItemReport>,
    /// The open items for which a confirmation is not enough.
    pub beyond: Vec<&'r ItemReport>,
}

impl<'r> Passing<'r> {
    /// Sorts the limits and open items of a stage.
    pub fn of(report: &'r Report, stage: &'r StageReport) -> Self {
        let mut found = Self {
            holding: Vec::new(),
            failing: Vec::new(),
            unknown: Vec::new(),
            with_limit: Vec::new(),
            without_limit: Vec::new(),
            beyond: Vec::new(),
        };
        for limit in &stage.limits {
            match limit.state {
                LimitState::Holds => found.holding.push(limit),
                LimitState::Fails => found.failing.push(limit),
                LimitState::Unread | LimitState::Stale | LimitState::NoData => found.unknown.push(limit),
            }
        }
        for item in report.items.iter().filter(|item| stage.open_items.iter().any(|id| id == item.id.as_str())) {
            // Whoever called it partly done or rejected it takes that back; nobody confirms over it.
            let is_spoken_against = matches!(item.state, ItemState::Partial | ItemState::Rejected);
            if is_spoken_against || !may_confirm(item) {
                found.beyond.push(item);
            } else if stage.limits.iter().any(|limit| limit.limit.id == item.id.base()) {
                found.with_limit.push(item);
            } else {
                found.without_limit.push(item);
            }
        }
        found
    }

    /// Whether nothing of the stage can be read or confirmed, so that only what somebody saw speaks for it.
    pub fn is_blank(&self, stage: &StageReport) -> bool {
        stage.limits.is_empty() && self.with_limit.is_empty() && self.without_limit.is_empty() && self.beyond.is_empty()
    }
}
