//! Bytes to model, with positions in every error: no git, no clock, no trust.

pub mod checklist;
pub mod problems;
