//! Problems in a file that somebody wrote: where, what, and what to do, so that all of them are told at once.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

/// What docs/findings.md says of a code of problems.
#[derive(Debug, Clone, Copy)]
pub struct Explained {
    /// The code.
    pub code: &'static str,
    /// The level of such a problem.
    pub level: &'static str,
    /// What the code means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Defines a table of codes with, for each, its level, its meaning and what to do.
macro_rules! explained {
    ($(#[$doc:meta])* pub const $name:ident; $($code:literal, $level:literal, $meaning:literal, $remedy:literal;)*) => {
        $(#[$doc])*
        pub const $name: &[crate::model::problem::Explained] = &[
            $(crate::model::problem::Explained { code: $code, level: $level, meaning: $meaning, remedy: $remedy },)*
        ];
    };
}
pub(crate) use explained;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The file can't be used as it is.
    Error,
    /// The file can be used, and this is a weakness that reviews have learned to ask about.
    Warning,
    /// Worth knowing, such as a guess that was made.
    Note,
}

/// One problem of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// How much it matters.
    pub level: Level,
    /// A stable kebab-case code with a heading in docs/findings.md.
    pub code: &'static str,
    /// What is wrong, in one lower-case sentence that names the object.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The bytes of the file that it is about.
    #[serde(skip)]
    pub span: Range<usize>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// Makes a problem of a span of a file, working out line and column.
    pub fn new(level: Level, code: &'static str, source: &[u8], span: Range<usize>, message: impl Into<String>) -> Self {
        let (line, column) = position(source, span.start);
        Self { level, code, message: message.into(), line, column, span, hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Returns line and column, both from 1, of a byte offset; columns count characters, and bytes that are no UTF-8 count one each.
pub fn position(source: &[u8], offset: usize) -> (u32, u32) {
    let before = &source[..offset.min(source.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn positions_count_characters_not_bytes() {
        let text = "one\ntwö x\n".as_bytes();
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 4), (2, 1));
        assert_eq!(position(text, text.len() - 2), (2, 5));
        assert_eq!(position(text, 999), (3, 1));
    }
}
