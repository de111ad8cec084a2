//! Issue forms: the YAML files of which a forge makes an issue with boxes to tick.
//!
//! Only their own few keys are read, line by line, so that a form with broken indentation is read as people meant it.

use super::blocks;
use super::source::Source;
use super::walk::{Draft, Found};
use super::words::{self, When};
use crate::model::checklist::{Field, Origin, RegionKind, Section, SectionKind};

/// A line of a form: its indentation, and what stands behind it.
struct Line<'a> {
    number: u32,
    indent: usize,
    text: &'a str,
}

fn line<'a>(source: &Source<'a>, number: u32) -> Line<'a> {
    let whole = source.line_text(number).trim_end();
    let text = whole.trim_start();
    Line { number, indent: whole.len() - text.len(), text }
}

fn lines<'a>(source: &Source<'a>) -> impl Iterator<Item = Line<'a>> {
    (1..=u32::try_from(source.line_count()).unwrap_or(u32::MAX)).map(|number| line(source, number))
}

/// Splits `key: value`, without the `- ` of a list.
fn key(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.strip_prefix("- ").unwrap_or(text).trim_start().split_once(':')?;
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-');
    (plain && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
}

/// Whether a file is a form: it has a body, in which something is of the type of the boxes.
pub(super) fn is_form(source: &Source<'_>) -> bool {
    let mut body = false;
    let mut first = true;
    for line in lines(source) {
        if line.text.is_empty() || line.text.starts_with('#') || line.text == "---" {
            continue;
        }
        let key = key(line.text);
        if first && !(line.indent == 0 && key.is_some()) {
            return false;
        }
        first = false;
        body |= line.indent == 0 && line.text.starts_with("body:");
        if body && key == Some(("type", "checkboxes")) {
            return true;
        }
    }
    false
}

/// Takes the quotation marks off a value.
fn unquoted(value: &str) -> &str {
    let inner = ['"', '\''].iter().find_map(|mark| value.strip_prefix(*mark)?.strip_suffix(*mark));
    inner.unwrap_or(value)
}

/// Where the reader stands in the body.
#[derive(Default)]
struct Place {
    is_boxes: bool,
    in_options: bool,
    label: Option<String>,
}

/// Reads a form; gives what it holds, and its own keys.
pub(super) fn read(source: &Source<'_>) -> (Found, Vec<Field>, Vec<u32>) {
    let mut found = Found { lines: vec![None; source.line_count()], ..Found::default() };
    let mut fields = Vec::new();
    let mut told = Vec::new();
    let mut place = Place::default();
    let last = u32::try_from(source.line_count()).unwrap_or(u32::MAX);
    let mut number = 1;
    while number <= last {
        let at = line(source, number);
        let slot = number as usize - 1;
        number += 1;
        if at.text.starts_with('#') {
            found.lines[slot] = Some(RegionKind::Comment);
            continue;
        }
        let Some((name, value)) = key(at.text) else {
            if super::skipped::task(at.text).is_some() {
                told.push(at.number);
            }
            continue;
        };
        if at.indent == 0 && !at.text.starts_with('-') {
            found.lines[slot] = Some(RegionKind::FrontMatter);
            fields.push(Field { name: name.to_owned(), value: unquoted(value).to_owned(), line: at.number });
            continue;
        }
        match name {
            "type" => place = Place { is_boxes: value == "checkboxes", ..Place::default() },
            "options" => place.in_options = true,
            "label" if place.is_boxes && at.text.starts_with('-') => {
                let (text, end) = scalar(source, &at, value);
                option(source, &mut found, place.label.as_ref(), (at.number, end), &text);
                number = end + 1;
            }
            "label" if place.is_boxes && !place.in_options => {
                let title = blocks::plain(unquoted(value));
                found.lines[slot] = Some(RegionKind::Heading);
                found.sections.push(Section { title: title.clone(), level: 2, kind: SectionKind::Items, line: at.number });
                place.label = Some(title);
            }
            _ => {}
        }
    }
    (found, fields, told)
}

/// Reads a value, with the lines that go on with it; gives its last line too.
fn scalar(source: &Source<'_>, at: &Line<'_>, value: &str) -> (String, u32) {
    let mut text = if value.starts_with(['>', '|']) { String::new() } else { unquoted(value).to_owned() };
    let mut end = at.number;
    let deep = at.indent + 2;
    let last = u32::try_from(source.line_count()).unwrap_or(u32::MAX);
    for number in at.number + 1..=last {
        let next = line(source, number);
        if !next.text.is_empty() && (next.indent <= deep || next.text.starts_with("- ")) {
            break;
        }
        if !next.text.is_empty() {
            text.push(' ');
            text.push_str(next.text);
            end = number;
        }
    }
    (blocks::plain(text.trim()), end)
}

fn option(source: &Source<'_>, found: &mut Found, label: Option<&String>, (line, end): (u32, u32), title: &str) {
    if title.is_empty() {
        return;
    }
    let span = source.line_span(line).start..source.line_span(end).end;
    let phase = label.and_then(|label| match words::when(label) {
        When::Says(phase) => Some(phase),
        _ => None,
    });
    for slot in line..=end {
        found.lines[slot as usize - 1] = Some(RegionKind::Item);
    }
    let (title, section) = (title.to_owned(), label.into_iter().cloned().collect());
    let mut draft = Draft { title, origin: Origin::Task, line, end_line: end, span, section, phase, ..Draft::default() };
    draft.take_owner();
    found.drafts.push(draft);
}
