//! The document on a terminal: the same blocks that Markdown and HTML render, within the width of the page.
//!
//! A table whose rows fit is shown as one. Of another, each row becomes a paragraph: its first cell, then the others with
//! their headings, so that nothing is cut.

use crate::report::document::{Block, Document, Line, Span};
use crate::report::page::{Column, NAME, Page};
use crate::report::safe::{self, columns};
use crate::report::style::Paint;

/// The heads of a table that is a list of names and values.
const FACTS: [&str; 2] = ["Fact", "Value"];

/// Adds the blocks of a document to a page.
pub(super) fn render(page: &mut Page<'_>, document: &Document) {
    for block in &document.blocks {
        match block {
            Block::Heading(..=2, text) => page.heading(&joined(text, page.style.unicode)),
            Block::Heading(_, text) => {
                page.blank();
                page.hanging(2, 4, &Paint::Strong.on(&joined(text, page.style.unicode)));
            }
            Block::Paragraph(text) => paragraph(page, (2, 2), "", text),
            Block::List(items) => {
                let mark = if page.style.unicode { "• " } else { "* " };
                items.iter().for_each(|item| paragraph(page, (2, 4), mark, item));
            }
            Block::Steps(items) => {
                for (at, item) in items.iter().enumerate() {
                    paragraph(page, (2, 5), &format!("{}. ", at + 1), item);
                }
            }
            Block::Table(head, rows) if head[..] == FACTS => facts(page, rows),
            Block::Table(head, rows) => table(page, head, rows),
            Block::Commands(lines) => lines.iter().for_each(|text| page.line(4, &safe::line(text))),
        }
    }
}

/// Adds a line of the document, with a mark before it; what follows its first line is set off.
fn paragraph(page: &mut Page<'_>, (first, rest): (usize, usize), mark: &str, text: &Line) {
    let mut lines = lines(text, page.style.unicode).into_iter();
    page.hanging(first, rest, &format!("{mark}{}", lines.next().unwrap_or_default()));
    page.quote(rest, &lines.collect::<Vec<_>>());
}

fn facts(page: &mut Page<'_>, rows: &[Vec<Line>]) {
    let unicode = page.style.unicode;
    let name = |row: &[Line]| row.first().map(|name| joined(name, unicode)).unwrap_or_default();
    let width = rows.iter().map(|row| columns(&name(row))).max().unwrap_or(0).max(NAME);
    for row in rows {
        let values = row.get(1).map(|value| lines(value, unicode)).unwrap_or_default();
        page.facts_at(width, &name(row), &values);
    }
}

/// Adds a table as one where every row fits, else row by row.
fn table(page: &mut Page<'_>, head: &[&'static str], rows: &[Vec<Line>]) {
    let cells: Vec<Vec<Vec<String>>> =
        rows.iter().map(|row| row.iter().map(|cell| lines(cell, page.style.unicode)).collect()).collect();
    let is_plain = cells.iter().flatten().all(|cell| cell.len() <= 1);
    let widest = |index: usize| {
        let of_rows = cells.iter().filter_map(|row| row.get(index)?.first()).map(|text| columns(text)).max().unwrap_or(0);
        of_rows.max(columns(head[index])) + 2
    };
    if is_plain && (0..head.len()).map(widest).sum::<usize>() <= page.width() {
        let columns: Vec<_> = head.iter().map(|heading| Column::new(heading, usize::MAX)).collect();
        let rows: Vec<Vec<_>> =
            cells.iter().map(|row| row.iter().map(|cell| (cell.first().cloned().unwrap_or_default(), None)).collect()).collect();
        return page.table(2, &columns, &rows);
    }
    cells.iter().for_each(|row| one_row(page, head, row));
}

fn one_row(page: &mut Page<'_>, head: &[&'static str], cells: &[Vec<String>]) {
    let text = |index: usize| cells.get(index).map(|cell| cell.join(", ")).unwrap_or_default();
    // A number says little by itself, so what it counts stands beside it.
    let (lead, from) = if head.first() == Some(&"#") { (format!("{}  {}", text(0), text(1)), 2) } else { (text(0), 1) };
    page.hanging(2, 4, &Paint::Strong.on(&lead));
    let mut short = Vec::new();
    let named = |heading: &str| Paint::Dim.on(&format!("{}:", heading.to_lowercase()));
    for (heading, cell) in head.iter().zip(cells).skip(from) {
        match cell.as_slice() {
            [] => {}
            // Text of others must not look like a cell of its own, so what could is alone on its line.
            [one] if one.contains(": ") || one.contains(page.style.dot().trim()) => {
                flush(page, &mut short);
                page.hanging(4, 6, &format!("{} {one}", named(heading)));
            }
            [one] => short.push(format!("{} {one}", named(heading))),
            several => {
                flush(page, &mut short);
                page.line(4, &named(heading));
                page.quote(6, several);
            }
        }
    }
    flush(page, &mut short);
}

fn flush(page: &mut Page<'_>, short: &mut Vec<String>) {
    if !short.is_empty() {
        page.hanging(4, 6, &short.join(page.style.dot()));
        short.clear();
    }
}

fn joined(line: &Line, unicode: bool) -> String {
    lines(line, unicode).join(" ")
}

/// Returns the lines of a line of the document, safe to show.
fn lines(line: &Line, unicode: bool) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let append = |text: &str, out: &mut Vec<String>| match out.last_mut() {
        Some(last) => last.push_str(text),
        None => out.push(text.to_owned()),
    };
    for span in &line.0 {
        match span {
            Span::Text(text) => {
                for (number, part) in safe::lines(text).iter().enumerate() {
                    if number > 0 {
                        out.push(String::new());
                    }
                    append(part, &mut out);
                }
            }
            // The ellipsis that stands for what the reader fills in is relsign's own.
            Span::Code(text) if !unicode => append(&safe::line(text).replace('…', "..."), &mut out),
            Span::Code(text) | Span::Link(text) => append(&safe::line(text), &mut out),
            Span::Strong(text) => append(&Paint::Strong.on(&safe::line(text)), &mut out),
            Span::Alarm(text) => append(&Paint::Bad.on(&safe::line(text)), &mut out),
            Span::Break => out.push(String::new()),
        }
    }
    out
}
