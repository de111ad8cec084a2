//! Why something does not count, as a value.

use crate::model::finding::Code;

/// Why a word does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the finding that it becomes.
    pub code: Code,
    /// Why, as the end of a sentence.
    pub message: String,
}

impl Refusal {
    /// Reports why, under which code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
