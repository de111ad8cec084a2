//! The verdict: a pure function of a context and a log.

pub mod history;
pub mod quorum;
