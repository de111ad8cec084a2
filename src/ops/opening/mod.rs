//! What comes before a release is opened: what refuses it, whom it asks for what, and what is told of it.

pub mod checks;
pub mod first;
pub mod owners;
pub mod stuck;
pub mod told;
