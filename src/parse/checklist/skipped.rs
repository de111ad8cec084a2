//! Tasks that nobody sees: those in comments and in code are no items, and are counted.

use std::ops::Range;

use super::blocks::{BlockKind, Document};
use super::signs;
use super::source::Source;
use crate::model::checklist::{SkipReason, Skipped, SkippedTask};

/// Finds the comments in a span.
pub(super) fn comments(source: &Source<'_>, span: &Range<usize>) -> Vec<Range<usize>> {
    let text = &source.text[..span.end];
    let mut all = Vec::new();
    let mut at = span.start;
    while let Some(start) = text[at..].find("<!--").map(|n| at + n) {
        let end = text[start..].find("-->").map_or(text.len(), |n| start + n + "-->".len());
        all.push(start..end);
        at = end;
    }
    all
}

/// Counts the lines in comments and code that would be tasks elsewhere.
pub(super) fn count(source: &Source<'_>, document: &Document) -> Skipped {
    let mut skipped = Skipped::default();
    for block in &document.blocks {
        match block.kind {
            BlockKind::Code => add(source, block.span.clone(), SkipReason::Code, &mut skipped),
            BlockKind::Html => {
                for comment in comments(source, &block.span) {
                    add(source, comment, SkipReason::Comment, &mut skipped);
                }
            }
            _ => {}
        }
        for comment in &block.comments {
            add(source, comment.clone(), SkipReason::Comment, &mut skipped);
        }
    }
    skipped.tasks.sort_by_key(|task| task.line);
    skipped
}

fn add(source: &Source<'_>, span: Range<usize>, reason: SkipReason, skipped: &mut Skipped) {
    let mut offset = span.start;
    for line in source.text[span].split_inclusive('\n') {
        if let Some(text) = task(line) {
            skipped.tasks.push(SkippedTask { line: source.line(offset), reason, text: text.to_owned() });
            match reason {
                SkipReason::Comment => skipped.comments += 1,
                SkipReason::Code => skipped.code += 1,
            }
        }
        offset += line.len();
    }
}

/// Returns the text of a line that looks like a task.
pub(super) fn task(line: &str) -> Option<&str> {
    let rest = signs::behind_bullet(line.trim_start_matches([' ', '\t', '>']))?;
    signs::leading_box(rest.strip_prefix([' ', '\t'])?.trim_start()).map(|(_, text)| text)
}
