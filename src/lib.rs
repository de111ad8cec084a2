//! relsign signs releases off in git.
//!
//! Data flows one way, and every layer is a room with one purpose:
//!
//! ```text
//! git  →  parse  →  sign  →  evaluate  →  report  →  cli
//! bytes   model     Verified  Report       text       streams, exit code
//! ```

mod cli;
pub mod evaluate;
pub mod git;
pub mod keystore;
pub mod model;
pub mod ops;
pub mod parse;
pub mod report;
pub mod schema;
pub mod sign;

pub use cli::{command, run};
