//! The bytes of a checklist, checked before anything looks at them: size, encoding and depth of nesting.

use std::ops::Range;

use crate::model::problem::{Level, Problem};

/// The most bytes that a checklist may have.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest that lists and quotations may be nested: parsing takes time that grows with the square of the depth.
pub const MAX_DEPTH: usize = 48;

/// The most items that a checklist may have, which is far more than anybody can sign; each costs a look at the file.
pub const MAX_ITEMS: usize = 2000;

/// A checked source with an index of its lines.
pub(super) struct Source<'a> {
    /// The whole text, a byte order mark included, so that offsets are those of the file.
    pub(super) text: &'a str,
    /// Where the text begins after a byte order mark.
    pub(super) start: usize,
    /// Where each line begins.
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Checks bytes that claim to be a checklist in Markdown.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Vec<Problem>> {
        let source = Self::plain(bytes)?;
        match source.too_deep() {
            Some(span) => {
                let message = format!("lists and quotations are nested more than {MAX_DEPTH} deep here");
                Err(vec![source.problem(Level::Error, "nested-too-deeply", span, message)])
            }
            None => Ok(source),
        }
    }

    /// Checks bytes that claim to be text.
    pub(super) fn plain(bytes: &'a [u8]) -> Result<Self, Vec<Problem>> {
        if bytes.len() > MAX_BYTES {
            let message = format!("the file has {} bytes; the limit is {MAX_BYTES}", bytes.len());
            return Err(vec![Problem::new(Level::Error, "file-too-large", bytes, 0..0, message)]);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            let span = at..at + error.error_len().unwrap_or(bytes.len() - at);
            vec![
                Problem::new(Level::Error, "not-utf-8", bytes, span, "the file is not UTF-8 text")
                    .hint("save it in UTF-8; a file that begins with FF FE or FE FF is UTF-16"),
            ]
        })?;
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut problems = Vec::new();
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            problems.push(Problem::new(Level::Error, "nul-byte", bytes, at..at + 1, "the file has a NUL byte"));
        }
        if let Some(at) = (0..bytes.len()).find(|at| bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
            // Markdown would see a line end where editors, git and terminals see none.
            let message = "the file has a carriage return without a line feed";
            problems.push(Problem::new(Level::Error, "bare-carriage-return", bytes, at..at + 1, message));
        }
        let line_starts = std::iter::once(0).chain(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1));
        let mut line_starts: Vec<usize> = line_starts.collect();
        if line_starts.len() > 1 && line_starts.last() == Some(&bytes.len()) {
            line_starts.pop();
        }
        if problems.is_empty() { Ok(Self { text, start, line_starts }) } else { Err(problems) }
    }

    /// Returns the number of lines.
    pub(super) fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// Returns the line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// Returns the bytes of a line with its line end, from 1; those of a line that isn't there are empty.
    pub(super) fn line_span(&self, line: u32) -> Range<usize> {
        let index = (line as usize).saturating_sub(1);
        let end = self.line_starts.get(index + 1).copied().unwrap_or(self.text.len());
        let start = self.line_starts.get(index).copied().unwrap_or(end);
        start.max(self.start).min(end)..end
    }

    /// Returns the text of a line with its line end, without a byte order mark.
    pub(super) fn line_text(&self, line: u32) -> &'a str {
        &self.text[self.line_span(line)]
    }

    /// Whether a line holds nothing but white space.
    pub(super) fn is_blank(&self, line: u32) -> bool {
        self.line_text(line).trim().is_empty()
    }

    /// Makes a problem of a span.
    pub(super) fn problem(&self, level: Level, code: &'static str, span: Range<usize>, message: impl Into<String>) -> Problem {
        // The index of lines makes this independent of the file's length, which matters where problems are many.
        let line = self.line(span.start);
        let start = self.line_starts[(line as usize).saturating_sub(1).min(self.line_starts.len() - 1)];
        let column = String::from_utf8_lossy(&self.text.as_bytes()[start..span.start.min(self.text.len())]).chars().count() + 1;
        Problem { level, code, message: message.into(), line, column: u32::try_from(column).unwrap_or(u32::MAX), span, hint: None }
    }

    /// Finds the first line that may be nested too deeply, by an upper bound that costs one pass.
    ///
    /// A line keeps at most one open list for each two columns of its indentation and one quotation for each `>`,
    /// and opens one for each further marker.
    fn too_deep(&self) -> Option<Range<usize>> {
        let mut open = 0;
        for line in 1..=u32::try_from(self.line_count()).unwrap_or(u32::MAX) {
            let text = self.line_text(line);
            if text.trim().is_empty() {
                continue;
            }
            let (columns, markers) = leading_markers(text);
            open = open.min(columns / 2 + markers) + markers;
            if open > MAX_DEPTH {
                return Some(self.line_span(line));
            }
        }
        None
    }
}

/// Counts the columns of white space before the text of a line, and the list and quotation markers among them.
fn leading_markers(text: &str) -> (usize, usize) {
    let bytes = text.as_bytes();
    let (mut at, mut columns, mut markers) = (0, 0, 0);
    while let Some(byte) = bytes.get(at) {
        let followed = |at: usize| matches!(bytes.get(at), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4,
            b'>' => markers += 1,
            b'-' | b'+' | b'*' if followed(at + 1) => markers += 1,
            b'0'..=b'9' => {
                let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                if digits > 9 || !matches!(bytes.get(at + digits), Some(b'.' | b')')) || !followed(at + digits + 1) {
                    break;
                }
                markers += 1;
                at += digits;
            }
            _ => break,
        }
        at += 1;
    }
    (columns, markers)
}
