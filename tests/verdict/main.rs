//! The verdict, judged over logs that are made, signed and verified here: scenarios, attacks, and the theorem.

#![allow(clippy::disallowed_macros, clippy::print_stderr, reason = "properties say how many cases they had")]
#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]

mod actions;
mod authority;
mod binding;
mod cast;
mod chain;
mod closing;
mod conditions;
mod deciders;
mod decisions;
mod denied;
mod freezes;
mod hostile;
mod items;
mod keys;
mod limits;
mod logs;
mod needs;
mod negatives;
mod omission;
mod out;
mod placing;
mod push;
mod receipts;
mod redaction;
mod refused;
mod relevance;
mod resolved;
mod retold;
mod rollbacks;
mod root_logs;
mod stages;
mod states;
mod strangers;
mod theorem;
mod tightened;
mod waivers;
mod windows;
mod world;
mod zoneinfo;
