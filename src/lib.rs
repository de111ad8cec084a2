//! relsign signs releases off in git.
//!
//! Data flows one way, and every layer is a room with one purpose:
//!
//! ```text
//! git  →  parse  →  sign  →  evaluate  →  report
//! bytes   model     Verified  Report       text
//! ```
//!
//! - [`model`]: the nouns, as plain values
//! - [`git`]: the one place that talks to git
//! - [`parse`]: bytes into the model and back
//! - [`sign`]: signatures; only here is a record verified
//! - [`keystore`]: private keys
//! - [`evaluate`]: the verdict, whether a push may go through, what is frozen: pure functions of values
//! - `programs`: other programs, for no longer than a time
//! - [`report`]: what a report looks like
//! - [`ops`]: what the program does: load, write, share, judge pushes, compare; called without a command line
//! - `cli`: the command line: words of a call, terminal, exit codes
//! - [`schema`]: the JSON Schemas of what is stored and printed
//!
//! docs/architecture.md says who may import whom, which a test checks, and where a new record kind, a new command and a new
//! section of the report go.

// Tests tell stories, which may be long; the program's functions do one thing each.
#![warn(clippy::too_many_lines)]

// Its macros are for everything below it.
#[macro_use]
pub mod model;

mod cli;
pub mod evaluate;
pub mod git;
pub mod keystore;
pub mod ops;
pub mod parse;
mod programs;
pub mod report;
pub mod schema;
pub mod sign;

pub use cli::{command, run};
