//! The hooks of git: their names, and the lines that relsign puts into them.

pub mod block;
pub mod name;
