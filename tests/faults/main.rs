//! Faults and load: many clones at once, processes killed at any moment, disks that are full, servers that go away.
//!
//! They run in a shortened form; `RELSIGN_FAULTS=whole` runs all of it, which takes minutes.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stderr,
    reason = "tests fail by panicking, build an environment of their own, and say what they skip and count"
)]

#[path = "../attacks/blob.rs"]
#[allow(dead_code, reason = "shared with the attacks")]
mod blob;
#[path = "../attacks/sandbox.rs"]
#[allow(dead_code, reason = "shared with the attacks")]
mod sandbox;

mod hardship;
mod kills;
mod load;
mod repair;
mod server;

/// Gives a number for the short form or for the whole.
fn size(short: usize, whole: usize) -> usize {
    if std::env::var("RELSIGN_FAULTS").is_ok_and(|form| form == "whole") { whole } else { short }
}
