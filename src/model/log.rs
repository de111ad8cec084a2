//! One record of a log, with the statement's wrapping taken off.

use super::record::{Body, Predicate};

/// What one record says.
///
/// The value alone proves nothing: only `sign` can say that somebody signed it.
pub type Record = Predicate<Body>;
