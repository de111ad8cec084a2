//! Shows the problems of a file with the lines they are about and a caret.

use annotate_snippets::{AnnotationKind, Level as Style, Renderer, Snippet};

use crate::model::hidden::is_hidden;
use crate::model::orders::begins_order;
use crate::model::problem::{Level, Problem};

/// The longest line that is shown; of a longer one, what is around the problem.
const LONGEST_LINE: usize = 240;

/// Renders problems as text, plain or with colours.
///
/// Nothing of the file reaches the text as a control character: escapes, carriage returns, invisible and
/// direction-changing characters are shown as what they are.
pub fn render(problems: &[Problem], name: &str, source: &[u8], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let name = visible(name);
    let mut out = String::new();
    for problem in problems {
        let (line, span) = shown_line(source, problem);
        let level = match problem.level {
            Level::Error => Style::ERROR,
            Level::Warning => Style::WARNING,
            Level::Note => Style::NOTE,
        };
        let message = visible(&problem.message);
        let hint = problem.hint.as_deref().map(visible);
        let snippet = Snippet::source(line.as_str())
            .path(name.as_str())
            .line_start(problem.line as usize)
            .annotation(AnnotationKind::Primary.span(span));
        let mut group = level.primary_title(message.as_str()).id(problem.code).element(snippet);
        if let Some(hint) = &hint {
            group = group.element(Style::HELP.with_name("hint").message(hint.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// Returns the line of a problem as it can be shown, and where in it the problem is.
fn shown_line(source: &[u8], problem: &Problem) -> (String, std::ops::Range<usize>) {
    let at = problem.span.start.min(source.len());
    let start = source[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = source[at..].iter().position(|byte| *byte == b'\n').map_or(source.len(), |n| at + n);
    let stop = problem.span.end.clamp(at, end);
    // A line of a megabyte would be shown whole, so only what is near the problem is.
    let from = if end - start > LONGEST_LINE { at.saturating_sub(LONGEST_LINE / 3).max(start) } else { start };
    let to = end.min(from + LONGEST_LINE).max(at);
    let text = |range: std::ops::Range<usize>| visible(&String::from_utf8_lossy(&source[range]));
    let before = if from > start { format!("…{}", text(from..at)) } else { text(from..at) };
    let inside = text(at..stop.min(to));
    let inside = inside.trim_end_matches("\\r").to_owned();
    let after = if stop < to { text(stop..to) } else { String::new() };
    let after = after.trim_end_matches("\\r");
    let cut = if to < end { "…" } else { "" };
    let span = before.len()..before.len() + inside.len();
    (format!("{before}{inside}{after}{cut}"), span)
}

/// Writes control, invisible and direction-changing characters as escapes, and what a pipeline would obey; a tab
/// becomes a space.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\t' => out.push(' '),
            '\r' => out.push_str("\\r"),
            '\n' => out.push(' '),
            c if is_hidden(c) || begins_order(text, at) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
