//! What fuzzing kept is fed to the parsers again: for each target of `fuzz/`, its corpus, its seeds, and what it failed on once.
#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]

mod forms;
mod replay;
#[path = "../shared/forms.rs"]
mod seeds;
#[path = "../../fuzz/src/lib.rs"]
mod targets;
