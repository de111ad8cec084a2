//! The nouns of relsign, as plain values: no git, no IO, no clock, no parsing of files.
//!
//! Every identifier has a type of its own whose constructor checks it, so that a function that takes a
//! [`ids::Handle`] never has to ask whether it is one.

#[macro_use]
mod wire;

pub mod address;
pub mod advice;
pub mod checklist;
pub mod course;
pub mod denial;
pub mod exception;
pub mod finding;
pub mod freeze;
mod hex;
pub mod hidden;
pub mod ids;
pub mod limit;
pub mod log;
pub mod need;
pub mod orders;
pub mod overview;
pub mod policy;
pub mod prefix;
pub mod problem;
pub mod record;
pub mod report;
pub mod secrets;
pub mod spelling;
pub mod time;

pub use wire::Document;
