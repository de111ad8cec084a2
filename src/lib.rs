//! relsign signs releases off in git.

pub mod model;
