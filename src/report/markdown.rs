//! The dossier in Markdown (GitHub's and GitLab's dialect: tables, and `<br>` inside their cells).

use super::document::{Block, Document, Line, Span, Times};
use super::{dossier, safe};
use crate::model::report::Report;

/// Writes the dossier of a release; the same report gives the same bytes.
pub fn report(report: &Report) -> String {
    render(&dossier::dossier(report, Times::Utc))
}

fn render(document: &Document) -> String {
    let blocks: Vec<String> = document.blocks.iter().map(block).collect();
    format!("{}\n", blocks.join("\n\n"))
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => format!("{} {}", "#".repeat(usize::from(*level)), line(text)),
        Block::Paragraph(text) => line(text),
        Block::List(items) => items.iter().map(|item| format!("- {}", line(item))).collect::<Vec<_>>().join("\n"),
        Block::Steps(items) => {
            let numbered = items.iter().enumerate().map(|(at, item)| format!("{}. {}", at + 1, line(item)));
            numbered.collect::<Vec<_>>().join("\n")
        }
        Block::Table(head, rows) => {
            let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
            let mut lines = vec![row(&head), format!("|{}", " --- |".repeat(head.len()))];
            lines.extend(rows.iter().map(|cells| row(&cells.iter().map(line).collect::<Vec<_>>())));
            lines.join("\n")
        }
        // A line of a fenced block can end it only by beginning with a fence, and commands begin with a program.
        Block::Commands(lines) => {
            format!("```sh\n{}\n```", lines.iter().map(|text| safe::line(text)).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| if cell.is_empty() { " " } else { cell.as_str() }).collect();
    format!("| {} |", cells.join(" | "))
}

fn line(line: &Line) -> String {
    let mut out = String::new();
    for span in &line.0 {
        let part = match span {
            Span::Text(text) => safe::markdown_block(text, out.is_empty()),
            Span::Code(text) => safe::markdown_code(text),
            Span::Link(uri) => safe::markdown_link(uri),
            Span::Strong(text) | Span::Alarm(text) => format!("**{}**", safe::markdown(text)),
            Span::Break => "<br>".to_owned(),
        };
        // Two code spans side by side would read as one with a longer fence.
        if out.ends_with('`') && part.starts_with('`') {
            out.push(' ');
        }
        out.push_str(&part);
    }
    out.trim().to_owned()
}
