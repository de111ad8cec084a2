//! Bytes to model, with positions in every error: no git, no clock, no trust.

pub mod base64;
pub mod public_key;
pub mod record;
pub mod statement;
pub mod wire;
