//! Comparing with others: what this clone holds, and how a remote's or what somebody published differs.

pub mod heads;
pub mod remote;
