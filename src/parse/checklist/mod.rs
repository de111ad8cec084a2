//! Checklists: a Markdown or JSON file to the items to be signed off and everything else that it states.
//!
//! The Markdown path has six steps, each in a file of its own:
//!
//! 1. `source` checks the bytes and knows their lines;
//! 2. `front_matter` takes the front matter off;
//! 3. `blocks` turns Markdown into a flat list of blocks with byte ranges;
//! 4. `walk` goes through them and finds items (`tables` for rows) and facts (`facts`, `values`), by the words
//!    of `words` and the directives of `directive`;
//! 5. `unread` finds what people take for a task and the walk did not;
//! 6. `finish` gives items their ids (`slug`), phases and digests (`digest`).

mod blocks;
mod digest;
mod directive;
mod errors;
mod facts;
mod finish;
mod front_matter;
mod json;
mod lint;
mod skipped;
mod slug;
mod source;
mod tables;
mod unread;
mod values;
mod walk;
mod words;

pub use digest::item_digest;
pub use directive::{ATTRIBUTES, SECTION_ATTRIBUTES};
pub use errors::ERRORS;
pub use json::parse_json;
pub use lint::{KnownNames, LINTS, LintContext, lint};
pub use source::{MAX_BYTES, MAX_DEPTH, MAX_ITEMS};
pub use unread::{UnreadOfCause, unread_by_cause};

use crate::model::checklist::{Checklist, RegionKind};
use crate::model::problem::{Level, Problem};

/// Reads a checklist in JSON where the path ends with `.json`, and in Markdown otherwise.
///
/// # Errors
///
/// As [`parse`] and [`parse_json`].
pub fn parse_file(path: &str, source: &[u8]) -> Result<Checklist, Vec<Problem>> {
    let json = path.len() >= 5 && path.as_bytes()[path.len() - 5..].eq_ignore_ascii_case(b".json");
    if json { parse_json(source) } else { parse(source) }
}

/// Reads a checklist in Markdown.
///
/// # Errors
///
/// Every problem that keeps the file from being used, in the order of the file; [`lint()`] finds what is merely weak.
pub fn parse(source: &[u8]) -> Result<Checklist, Vec<Problem>> {
    let source = source::Source::new(source)?;
    let (front_matter, body, front_lines) = front_matter::split(&source);
    let document = blocks::read(&source, body);
    let mut found = walk::walk(&source, &document);
    if let Some(draft) = found.drafts.get(MAX_ITEMS) {
        let message = format!("the file has {} items; the limit is {MAX_ITEMS}", found.drafts.len());
        return Err(vec![source.problem(Level::Error, "too-many-items", source.line_span(draft.line), message)]);
    }
    for line in found.lines.iter_mut().take(front_lines as usize) {
        *line = Some(RegionKind::FrontMatter);
    }
    let skipped = skipped::count(&source, &document);
    let unread = unread::find(&source, &document, &found);
    let (mut checklist, mut problems) = finish::finish(&source, found, front_matter, skipped);
    checklist.unread = unread;
    if problems.iter().any(|problem| problem.level == Level::Error) {
        problems.sort_by_key(|problem| problem.span.start);
        return Err(problems);
    }
    Ok(checklist)
}
