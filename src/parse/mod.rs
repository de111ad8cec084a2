//! Bytes to model, with positions in every error: no git, no clock, no trust.

pub mod base64;
pub mod checklist;
pub mod digests;
pub mod policy;
pub mod policy_edit;
pub mod policy_presets;
pub mod problems;
pub mod public_key;
pub mod readings;
pub mod record;
pub mod records_file;
pub mod statement;
pub mod wire;

mod span;
mod structure;
