//! A second evaluator, written from the documentation alone, and whether the program agrees with it.

#![allow(clippy::disallowed_macros, clippy::print_stderr, reason = "tests say how many cases they had")]
#![allow(clippy::disallowed_methods, reason = "the number of cases comes from the environment")]
#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]

mod agree;
mod cases;
mod cast;
mod chance;
mod courses;
mod found;
mod operators;
mod plan;
mod restrict;
mod same;
mod simple;
mod story;
mod theorem;
