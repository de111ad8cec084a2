//! The relsign program.

fn main() {}
