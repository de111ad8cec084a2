//! Pushes by the real git program to real servers on loopback, with relsign's hooks on; and hooks put in and taken out.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod client;
mod environment;
mod http;
mod install;
mod pins;
mod pushes;
mod sandbox;
mod servers;
