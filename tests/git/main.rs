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
mod secrets;
mod support;
#[path = "../shared/twin.rs"]
mod twin;
mod version;

mod keys;
mod locks;
mod notes;
mod prefix;
mod repository;
mod sync;
mod tags;
mod trailers;
mod tree256;
