//! Freezes: which refs nobody may move at an instant, why, until when, and who may grant an exception.
//!
//! A freeze comes from a window of the policy, from a record by hand, or from an open release that asked for it. All three
//! give a [`Freeze`], with its edges as instants, so that whoever shows one never has to know where it came from.

use crate::model::ids::{RecordId, TagName};
use crate::model::policy::Grantees;
use crate::model::policy::pattern::Pattern;
use crate::model::time::Timestamp;

/// Where a freeze comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A window of the policy in force.
    Window,
    /// A freeze record.
    Record(RecordId),
    /// An open release, by its tag and its open record.
    Release(TagName, RecordId),
}

/// One freeze, as it holds once: a window that comes every week gives one of these for each week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its name, for messages.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The refs that it freezes.
    pub refs: Vec<Pattern>,
    /// When it begins; this instant is frozen.
    pub from: Timestamp,
    /// When it has ended; this instant is not frozen. Nothing where it holds until it is lifted.
    pub until: Option<Timestamp>,
    /// The IANA zone in which it was written, where it was written in one.
    pub zone: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who may grant an exception from it, where that differs from the right in general.
    pub grant: Option<Grantees>,
}

impl Freeze {
    /// Says whether it holds at an instant: its beginning belongs to it, its end does not.
    pub fn holds_at(&self, instant: Timestamp) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant < until)
    }

    /// Says whether it freezes a ref, given by its full name.
    pub fn covers(&self, ref_name: &str) -> bool {
        self.refs.iter().any(|pattern| pattern.matches(ref_name))
    }
}
