//! Checklists: a Markdown or JSON file to the items to be signed off and everything else that it states.
//!
//! The Markdown path has six steps, each in a file of its own:
//!
//! 1. `source` checks the bytes and knows their lines;
//! 2. `front_matter` takes the front matter off;
//! 3. `blocks` turns Markdown into a flat list of blocks with byte ranges;
//! 4. `walk` goes through them and finds items (`paragraphs` for text, `lists` for entries, `tables` for rows) and facts
//!    (`facts`, `values`), by the words of `words`, the signs of `signs` and the directives of `directive`;
//! 5. `unread` finds what people take for a task and the walk did not;
//! 6. `finish` gives items their ids (`slug`), phases and digests (`digest`).

mod against;
mod blocks;
mod choices;
mod comparisons;
mod course;
mod digest;
mod directive;
mod errors;
mod facts;
mod finish;
mod fix;
mod form;
mod front_matter;
mod html;
mod json;
pub mod lexicon;
pub mod limit_words;
mod limits;
mod lint;
mod lints;
mod lists;
mod names;
mod on_call;
mod paragraphs;
mod phrases;
mod rows;
mod signs;
mod skipped;
mod slug;
mod source;
mod tables;
mod unread;
mod values;
pub mod vocabulary;
mod walk;
mod words;

pub use against::{IdChange, id_changes};
pub use digest::item_digest;
pub use directive::{ATTRIBUTES, SECTION_ATTRIBUTES};
pub use errors::ERRORS;
pub use fix::{Fix, apply, diff, fixes};
pub use json::parse_json;
pub use limits::limits;
pub use lint::{KnownNames, LintContext, lint};
pub use lints::LINTS;
pub use slug::{in_ascii, slug};
pub use source::{MAX_BYTES, MAX_DEPTH, MAX_ITEMS};
pub use unread::{UnreadOfCause, unread_by_cause};

use crate::model::checklist::{Checklist, Field, RegionKind, Skipped};
use crate::model::problem::{Level, Problem};
use crate::model::record::Unread;

/// Reads a checklist in JSON where the path ends with `.json`, and in Markdown otherwise, of which an issue form in YAML is
/// told by what it says.
///
/// # Errors
///
/// As [`parse`] and [`parse_json`]; a file in another language for documents is refused by its name.
pub fn parse_file(path: &str, source: &[u8]) -> Result<Checklist, Vec<Problem>> {
    let extension = path.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase());
    let refuse =
        |message: &str, hint: &str| Err(vec![Problem::new(Level::Error, "unsupported-format", source, 0..0, message).hint(hint)]);
    match extension.as_str() {
        "json" => parse_json(source),
        "adoc" | "asciidoc" | "asc" => refuse("the file is AsciiDoc, which relsign does not read", "convert it to Markdown"),
        "rst" => refuse("the file is reStructuredText, which relsign does not read", "convert it to Markdown"),
        "yml" | "yaml" if !source::Source::new(source).is_ok_and(|source| form::is_form(&source)) => {
            let hint = "an issue form has `body:`, and in it `type: checkboxes` with options";
            refuse("the file is YAML but not an issue form with checkboxes", hint)
        }
        _ => parse(source),
    }
}

/// Reads a checklist in Markdown, or an issue form in YAML.
///
/// # Errors
///
/// Every problem that keeps the file from being used, in the order of the file; [`lint()`] finds what is merely weak.
pub fn parse(source: &[u8]) -> Result<Checklist, Vec<Problem>> {
    let source = source::Source::new(source)?;
    if form::is_form(&source) {
        let (found, fields, told) = form::read(&source);
        return finished(&source, found, fields, Skipped::default(), unread::of_lines(&source, &told));
    }
    let (front_matter, body, front_lines) = front_matter::split(&source);
    let document = blocks::read(&source, body);
    let mut found = walk::walk(&source, &document);
    choices::merge(&mut found);
    for line in found.lines.iter_mut().take(front_lines as usize) {
        *line = Some(RegionKind::FrontMatter);
    }
    let skipped = skipped::count(&source, &document);
    let unread = unread::find(&source, &document, &found);
    finished(&source, found, front_matter, skipped, unread)
}

fn finished(
    source: &source::Source<'_>,
    found: walk::Found,
    front_matter: Vec<Field>,
    skipped: Skipped,
    unread: Unread,
) -> Result<Checklist, Vec<Problem>> {
    if let Some(draft) = found.drafts.get(MAX_ITEMS) {
        let message = format!("the file has {} items; the limit is {MAX_ITEMS}", found.drafts.len());
        return Err(vec![source.problem(Level::Error, "too-many-items", source.line_span(draft.line), message)]);
    }
    let (mut checklist, mut problems) = finish::finish(source, found, front_matter, skipped);
    checklist.unread = unread;
    if problems.iter().any(|problem| problem.level == Level::Error) {
        problems.sort_by_key(|problem| problem.span.start);
        return Err(problems);
    }
    Ok(checklist)
}
