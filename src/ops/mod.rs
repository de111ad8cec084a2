//! What the program does, without a command line: load, write, share, judge pushes, compare.
//!
//! Nothing here knows the words of a call, the environment or a terminal. An operation takes a [`session::Session`] and values
//! and gives a value; what should be known on the way goes to the session's listener as a notice.

pub mod bypass;
pub mod compare;
pub mod error;
pub mod gate;
pub mod hooks;
pub mod load;
pub mod opening;
pub mod policy_file;
pub mod push;
pub mod roots;
pub mod session;
pub mod share;
pub mod trust;
pub mod unwitnessed;
pub mod workspace;
pub mod write;

/// The program and version as records and reports name them.
pub const TOOL: &str = concat!("relsign/", env!("CARGO_PKG_VERSION"));
