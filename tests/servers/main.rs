//! Pushes by the real git program to real servers on loopback, with relsign's hooks on; and hooks put in and taken out.
#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "servers have to come up in time, in an environment of their own")]
#![allow(clippy::disallowed_macros, clippy::print_stderr, reason = "a test that skips itself says so")]

mod bypassed;
mod client;
mod environment;
mod gitolite;
mod http;
mod install;
mod load;
mod managers;
mod pins;
#[path = "../shared/place.rs"]
mod place;
mod pushes;
mod sandbox;
mod servers;
mod spellings;
#[path = "../git/version.rs"]
mod version;
