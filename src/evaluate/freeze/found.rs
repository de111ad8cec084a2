//! What looking for freezes comes to.

use crate::model::finding::Finding;
use crate::model::freeze::Freeze;

/// The freezes that touch a span, and what was noticed on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freezes {
    /// The freezes, by their beginning, then their name.
    pub all: Vec<Freeze>,
    /// Words that do not count, and records that should be here and are not.
    pub findings: Vec<Finding>,
    /// Why it can't be told what is frozen; whoever judges a push must refuse it where this is not empty.
    pub unknown: Vec<Finding>,
}
