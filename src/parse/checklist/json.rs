//! Checklists that programs write: the model itself as JSON, read strictly.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::course;
use super::digest::item_digest;
use super::directive::{self, ATTRIBUTES};
use super::slug::slug;
use super::source::{MAX_BYTES, Source};
use crate::model::checklist::{Checklist, ChecklistItem, PARSER_VERSION};
use crate::model::ids::{Handle, ItemId, Sha256Digest};
use crate::model::problem::{Level, Problem};

/// Where the items stand, for positions; everything else is read by the model's own types.
#[derive(Deserialize)]
struct Places<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// Reads a checklist in the JSON form of the model (schemas/checklist.schema.json).
///
/// Numbers and digests may be left out and are worked out; where they are given they must be right. An item without
/// `text` has its title and the texts of its details, a line feed after each, for its own lines.
///
/// # Errors
///
/// Every problem that keeps the file from being used; unknown and duplicate keys are among them.
pub fn parse_json(bytes: &[u8]) -> Result<Checklist, Vec<Problem>> {
    let source = Source::plain(bytes)?;
    let text = &source.text[source.start..];
    let fail = |error: serde_json::Error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        let span = source.line_span(line);
        let start = (span.start + error.column().saturating_sub(1)).clamp(span.start, span.end);
        // The error's own text ends with the position, which the problem has already.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        vec![source.problem(
            Level::Error,
            "json-invalid",
            start..span.end.max(start),
            format!("the file is not a checklist: {message}"),
        )]
    };
    let mut checklist: Checklist = serde_json::from_str(text).map_err(fail)?;
    let places: Places<'_> = serde_json::from_str(text).map_err(fail)?;
    let places: Vec<Range<usize>> = places.items.iter().map(|raw| place(source.text, raw.get())).collect();
    let mut reader = Reader { source: &source, problems: Vec::new() };
    reader.checklist(&mut checklist, &places);
    if reader.problems.is_empty() { Ok(checklist) } else { Err(reader.problems) }
}

/// Finds a part of a text within it by where it lies in memory.
fn place(whole: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
    start..(start + part.len()).min(whole.len())
}

struct Reader<'a, 's> {
    source: &'a Source<'s>,
    problems: Vec<Problem>,
}

impl Reader<'_, '_> {
    fn error(&mut self, code: &'static str, span: &Range<usize>, message: String) {
        self.problems.push(self.source.problem(Level::Error, code, span.clone(), message));
    }

    fn checklist(&mut self, checklist: &mut Checklist, places: &[Range<usize>]) {
        let whole = self.source.line_span(1);
        if checklist.parser != PARSER_VERSION {
            let message =
                format!("the file follows reading rules version {}, and this program version {PARSER_VERSION}", checklist.parser);
            self.error("parser-version", &whole, message);
        }
        let mut seen: BTreeMap<ItemId, u32> = BTreeMap::new();
        for (index, item) in checklist.items.iter_mut().enumerate() {
            let span = places.get(index).cloned().unwrap_or(0..0);
            let line = self.source.line(span.start);
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            if item.number != 0 && item.number != number {
                let message = format!("{} has number {} but is item number {number}", item.id, item.number);
                self.error("item-number", &span, message);
            }
            item.number = number;
            if item.line == 0 {
                item.line = line;
                item.end_line = self.source.line(span.end.saturating_sub(1)).max(line);
            }
            item.end_line = item.end_line.max(item.line);
            self.item(item, &span, &seen);
            if let Some(other) = seen.insert(item.id.clone(), line) {
                let message = format!("the id {} is already that of the item on line {other}", item.id);
                self.error("duplicate-id", &span, message);
            }
        }
        course::complete(checklist);
        let mut stages = BTreeMap::new();
        for stage in &mut checklist.stages {
            if stage.id.is_empty() {
                stage.id = slug(&stage.name);
            }
            let valid = stage.id.parse::<ItemId>().is_ok_and(|id| id.stage().is_none());
            if !valid || stages.insert(stage.id.clone(), ()).is_some() {
                let message = format!("the stage id {:?} is invalid (use a-z, 0-9 and -) or is used twice", stage.id);
                self.error("stage-id", &whole, message);
            }
        }
        let mut next = 1;
        for region in &checklist.regions {
            if region.line != next || region.end_line < region.line || region.end_line as usize > MAX_BYTES {
                let message = format!("the regions have a gap or an overlap at line {}", region.line);
                self.error("regions", &whole, message);
                break;
            }
            next = region.end_line + 1;
        }
    }

    fn item(&mut self, item: &mut ChecklistItem, span: &Range<usize>, seen: &BTreeMap<ItemId, u32>) {
        if item.id.stage().is_some() {
            let message = format!("{} names a stage, but an item of phase `stage` applies to all of them", item.id);
            self.error("item-id", span, message);
        }
        if item.title.trim().is_empty() {
            self.error("item-title", span, format!("{} has no title", item.id));
        }
        if let Some(parent) = item.parent.as_ref().filter(|parent| !seen.contains_key(parent)) {
            let message = format!("{} has the parent {parent}, which is not an earlier item", item.id);
            self.error("item-parent", span, message);
        }
        for (name, value) in &item.attributes {
            if !ATTRIBUTES.iter().any(|(known, _)| known == name) {
                self.error("directive-unknown", span, format!("`{name}` is not a relsign attribute"));
            } else if let Some(hint) = directive::wanted(name, value) {
                self.error("directive-value", span, format!("`{name}={value}` is not a value of `{name}`: {hint}"));
            }
        }
        self.agree(item, span);
        if item.text.is_empty() {
            for text in std::iter::once(&item.title).chain(item.details.iter().map(|detail| &detail.text)) {
                item.text.push_str(text);
                item.text.push('\n');
            }
        }
        let digest = item_digest(item.text.as_bytes(), &item.section, &item.attributes);
        if item.digest != digest && item.digest != Sha256Digest::from_bytes([0; 32]) {
            let message = format!("{} has digest {}, but the digest of its text is {digest}", item.id, item.digest);
            self.error("item-digest", span, message);
        }
        item.digest = digest;
    }

    /// Makes fields and attributes say the same, since the digest covers attributes only.
    fn agree(&mut self, item: &mut ChecklistItem, span: &Range<usize>) {
        let mut set = |name: &str, field: Option<String>| {
            let given = item.attributes.get(name).cloned();
            match (field, given) {
                (Some(field), Some(given)) if field != given => {
                    Some(format!("has two different values of `{name}`: {field}, {given}"))
                }
                (Some(field), None) => {
                    item.attributes.insert(name.to_owned(), field);
                    None
                }
                _ => None,
            }
        };
        let mut conflicts = vec![set("owner", item.owner.as_ref().map(ToString::to_string))];
        conflicts.push(set("optional", item.optional.then(|| "true".to_owned())));
        conflicts.push(set("irreversible", item.irreversible.then(|| "true".to_owned())));
        for (name, field) in [("id", item.id.to_string()), ("phase", item.phase.to_string())] {
            if let Some(given) = item.attributes.get(name).filter(|given| **given != field) {
                conflicts.push(Some(format!("has two different values of `{name}`: {field}, {given}")));
            }
        }
        for conflict in conflicts.into_iter().flatten() {
            self.error("item-contradiction", span, format!("{} {conflict}", item.id));
        }
        let is_set = |name: &str| item.attributes.get(name).is_some_and(|value| value == "true");
        (item.optional, item.irreversible) = (is_set("optional"), is_set("irreversible"));
        if item.owner.is_none() {
            item.owner = item.attributes.get("owner").and_then(|owner| owner.parse::<Handle>().ok());
        }
    }
}
