//! The git room against real git: races, layouts, hashes, remotes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and needs PATH to find git")]

mod support;

mod notes;
mod sync;
mod tree256;
