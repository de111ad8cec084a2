//! The git room against real git: races, layouts, hashes, remotes.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stderr,
    reason = "a test may panic, and needs PATH to find git"
)]

#[path = "../shared/place.rs"]
mod place;
mod support;
mod version;

mod locks;
mod notes;
mod repository;
mod sync;
mod trailers;
mod tree256;
