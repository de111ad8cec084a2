//! Front matter: the lines between two `---` or `+++` at the very beginning of a file.
//!
//! It is taken off by hand, because the Markdown parser's own option takes a `---` block in the middle of a file for
//! front matter and misses one behind a byte order mark.

use super::source::Source;
use crate::model::checklist::Field;

/// Returns the fields of the front matter, and where the text after it begins.
pub(super) fn split(source: &Source<'_>) -> (Vec<Field>, usize, u32) {
    let last = u32::try_from(source.line_count()).unwrap_or(u32::MAX);
    // TOML stands between other signs, and names and values have another one between them.
    let (sign, between) = match source.line_text(1).trim_end() {
        "---" => ("---", ':'),
        "+++" => ("+++", '='),
        _ => return (Vec::new(), source.start, 0),
    };
    let fence = |line: u32| source.line_text(line).trim_end() == sign;
    let Some(end) = (2..=last).find(|line| fence(*line)) else { return (Vec::new(), source.start, 0) };
    let mut fields = Vec::new();
    for line in 2..end {
        let text = source.line_text(line);
        let nested = text.starts_with([' ', '\t', '-', '#']);
        if let Some((name, value)) = text.split_once(between).filter(|_| !nested) {
            let value = value.trim();
            let quoted = value.len() >= 2
                && (value.starts_with('"') && value.ends_with('"') || value.starts_with('\'') && value.ends_with('\''));
            let value = if quoted { &value[1..value.len() - 1] } else { value };
            fields.push(Field { name: name.trim().to_owned(), value: value.to_owned(), line });
        } else if let Some(field) = fields.last_mut().filter(|_| !text.trim().is_empty()) {
            // Lists and folded text of YAML are kept as written, below the name they belong to.
            field.value = format!("{}\n{}", field.value, text.trim_end()).trim_start().to_owned();
        }
    }
    (fields, source.line_span(end).end, end)
}
