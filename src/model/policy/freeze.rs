//! Freeze windows of the policy, as civil time in a zone; [`super::occurrence`] works out which instants they cover.

use jiff::civil::{DateTime, Time, Weekday};

use super::Grantees;
use super::pattern::Pattern;
use crate::model::ids::Environment;

/// One freeze window of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeWindow {
    /// Its name, unique in the policy.
    pub name: String,
    /// The refs it freezes, as patterns for full names.
    pub refs: Vec<Pattern>,
    /// The IANA zone of its times, known to the bundled database.
    pub zone: String,
    /// When it holds.
    pub span: FreezeSpan,
    /// Why, for the message of a refused push.
    pub reason: Option<String>,
    /// Who may grant an exception from it, where that differs from the right in general.
    pub grant: Option<Grantees>,
    /// The environments to which nothing goes out meanwhile, besides those whose gated refs it freezes.
    pub environments: Vec<Environment>,
}

/// When a freeze holds: from inclusive, to exclusive, in the zone of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezeSpan {
    /// Once.
    Once {
        /// When it begins.
        from: DateTime,
        /// When it has ended.
        to: DateTime,
    },
    /// Every week; `to` before `from` means in the week after.
    Weekly {
        /// When it begins.
        from: WeekTime,
        /// When it has ended.
        to: WeekTime,
    },
    /// Every year; `to` before `from` means in the year after.
    Yearly {
        /// When it begins.
        from: YearTime,
        /// When it has ended.
        to: YearTime,
    },
}

/// A time of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekTime {
    /// The day.
    pub day: Weekday,
    /// The time of day.
    pub time: Time,
}

/// A time of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearTime {
    /// The month, 1 to 12.
    pub month: i8,
    /// The day of the month, valid in that month of a leap year.
    pub day: i8,
    /// The time of day.
    pub time: Time,
}
