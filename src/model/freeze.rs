//! Freezes as they hold: which refs, from when, until when, why, and who may let a change through.
//!
//! A freeze comes from a window of the policy or from a freeze record, which may end with a release. Both give a [`Freeze`], with
//! its edges as instants, so that whoever shows one never has to know where it came from.

use schemars::JsonSchema;
use serde::Serialize;

use super::ids::{Environment, RecordId, TagName};
use super::policy::{Grantees, Pattern};
use super::spelling::covers;
use super::time::Timestamp;

/// Where a freeze comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A window of the policy.
    Window,
    /// A freeze record.
    Record {
        /// The record.
        record: RecordId,
    },
    /// A freeze record that ends with a release.
    Release {
        /// Its tag.
        tag: TagName,
        /// The freeze record.
        record: RecordId,
    },
}

/// One freeze, as it holds once: a window that comes every week gives one of these for each week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Freeze {
    /// Its name; that of the tag where a release asked for it.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The patterns of the refs that it freezes.
    #[schemars(with = "Vec<String>")]
    pub refs: Vec<Pattern>,
    /// The environments to which nothing goes out meanwhile, besides those whose gated refs it freezes.
    pub environments: Vec<Environment>,
    /// When it begins; this instant is frozen.
    pub from: Timestamp,
    /// When it has ended; nothing where it holds until it is lifted.
    pub until: Option<Timestamp>,
    /// The IANA zone in which it was written.
    pub zone: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who may grant an exception from it, where that differs from the right in general.
    #[serde(skip)]
    pub grant: Option<Grantees>,
}

impl Freeze {
    /// Whether it holds at an instant: its beginning belongs to it, its end does not.
    pub fn holds_at(&self, instant: Timestamp) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant < until)
    }

    /// Whether it holds at some instant of a span.
    pub fn touches(&self, span: Span) -> bool {
        self.from < span.to && self.until.is_none_or(|until| self.from < until && span.from < until)
    }

    /// Whether it freezes a ref, given by its full name in any spelling that some file system takes for the same.
    ///
    /// relsign's own refs are never frozen, whatever a pattern says: an exception or a lift could not be pushed.
    pub fn covers(&self, ref_name: &str) -> bool {
        !is_own_ref(ref_name) && self.refs.iter().any(|pattern| covers(pattern, ref_name))
    }
}

/// Whether a ref is one of relsign's own, given by its full name.
pub fn is_own_ref(ref_name: &str) -> bool {
    matches!(ref_name, "refs/notes/relsign" | "refs/notes/relsign-receipts") || ref_name.starts_with("refs/relsign/")
}

/// A span of time that is asked about: `from` belongs to it, `to` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant that is beyond.
    pub to: Timestamp,
}

impl Span {
    /// Returns the span that consists of one instant, which is a second long.
    pub fn at(instant: Timestamp) -> Self {
        Self { from: instant, to: instant.plus(1) }
    }
}

/// Finds the first instant at or after `from` at which none of the freezes covers a ref.
///
/// Nothing where one of them has no end. Freezes that overlap or touch are one to whoever waits for their end.
pub fn free_from(freezes: &[Freeze], ref_name: &str, from: Timestamp) -> Option<Timestamp> {
    let mut covering: Vec<&Freeze> = freezes.iter().filter(|freeze| freeze.covers(ref_name)).collect();
    covering.sort_by_key(|freeze| freeze.from);
    let mut free = from;
    for freeze in covering {
        if freeze.holds_at(free) {
            free = freeze.until?;
        }
    }
    Some(free)
}
