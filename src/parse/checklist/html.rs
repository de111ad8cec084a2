//! Tables in raw HTML, as rows of text.

use super::blocks::{CellText, RowText};

/// The most cells that are read of a table; a larger one is no checklist.
const MOST_CELLS: usize = 20_000;

/// Finds the whole tables in a block of HTML, each with its head and rows; positions count from `offset`.
pub(super) fn tables(text: &str, offset: usize) -> Vec<(RowText, Vec<RowText>)> {
    let lower = text.to_ascii_lowercase();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = find_tag(&lower, at, "table") {
        let Some(end) = lower[start..].find("</table").map(|end| start + end) else { break };
        let rows = rows(text, &lower, start, end, offset);
        let mut rows = rows.into_iter();
        if let Some(head) = rows.next() {
            all.push((head, rows.collect()));
        }
        at = end;
    }
    all
}

/// Finds where an element of a name begins.
fn find_tag(lower: &str, from: usize, name: &str) -> Option<usize> {
    let mut at = from;
    while let Some(found) = lower[at..].find('<').map(|n| at + n) {
        let rest = &lower.as_bytes()[found + 1..];
        let named = rest.starts_with(name.as_bytes());
        let ended = rest.get(name.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if named && ended {
            return Some(found);
        }
        at = found + 1;
    }
    None
}

fn rows(text: &str, lower: &str, start: usize, end: usize, offset: usize) -> Vec<RowText> {
    let mut rows: Vec<RowText> = Vec::new();
    let mut cells = 0;
    let mut at = start;
    while let Some(open) = lower[at..end].find('<').map(|n| at + n) {
        let close = tag_end(lower, open, end);
        let rest = &lower[open + 1..close];
        let name: &str = &rest[..rest.bytes().take_while(u8::is_ascii_alphabetic).count()];
        match name {
            "tr" => rows.push(RowText { span: offset + open..offset + close, ..RowText::default() }),
            "td" | "th" if cells < MOST_CELLS => {
                cells += 1;
                let stop = cell_end(lower, close, end);
                if let Some(row) = rows.last_mut() {
                    let place = row.cells.len();
                    row.is_fact = place == 0 && name == "th" || place == 1 && row.is_fact && name == "td";
                    row.cells.push(CellText { text: bare(&text[close..stop]), ..CellText::default() });
                    row.span.end = offset + stop;
                }
                at = stop.max(open + 1);
                continue;
            }
            _ => {}
        }
        at = close.max(open + 1);
    }
    rows.retain(|row| !row.cells.is_empty());
    rows
}

/// Finds where a tag ends; one that is longer than tags are ends where it begins.
fn tag_end(text: &str, open: usize, end: usize) -> usize {
    let near = &text.as_bytes()[open..end.min(open + super::blocks::MOST_IN_TAG)];
    near.iter().position(|byte| *byte == b'>').map_or(open + 1, |n| open + n + 1)
}

/// Finds where a cell ends: at its end tag, or where the next cell or row begins.
fn cell_end(lower: &str, from: usize, end: usize) -> usize {
    let mut at = from;
    while let Some(open) = lower[at..end].find('<').map(|n| at + n) {
        let rest = lower[open + 1..end].trim_start_matches('/');
        if ["td", "th", "tr", "tbody", "thead", "table"]
            .iter()
            .any(|name| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_alphanumeric())))
        {
            return open;
        }
        at = open + 1;
    }
    end
}

/// Returns the text of a cell: without its tags, with a box where it has a checkbox.
fn bare(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let close = tag_end(rest, open, rest.len());
        let tag = rest[open..close].to_ascii_lowercase();
        if super::blocks::is_checkbox(&tag) {
            text.push_str(if tag.contains("checked") { "[x] " } else { "[ ] " });
        } else if tag.starts_with("<br") {
            text.push(' ');
        }
        rest = &rest[close..];
    }
    text.push_str(rest);
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
