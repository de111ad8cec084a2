//! The theorem.
