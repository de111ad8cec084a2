//! The verdict, judged over logs that are made, signed and verified here: scenarios, attacks, and the theorem.

#![allow(clippy::disallowed_macros, clippy::print_stderr, reason = "properties say how many cases they had")]
#![allow(clippy::unwrap_used, reason = "also the functions that tests share may fail by panicking")]

mod authority;
mod binding;
mod cast;
mod chain;
mod decisions;
mod denied;
mod freezes;
mod hostile;
mod items;
mod keys;
mod logs;
mod needs;
mod negatives;
mod omission;
mod placing;
mod push;
mod receipts;
mod redaction;
mod refused;
mod relevance;
mod resolved;
mod retold;
mod root_logs;
mod stages;
mod states;
mod theorem;
mod tightened;
mod waivers;
mod windows;
mod world;
mod zoneinfo;
