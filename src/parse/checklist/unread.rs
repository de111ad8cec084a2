//! Almost-tasks: what people take for something to be ticked, and what is no item all the same.
//!
//! Two sorts: tasks that other programs show, as in raw HTML and in tables, and boxes or directives that are written in a way
//! that no program reads. None of them is an item, so nobody signs it, and that must not go unsaid.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::blocks::{self, Block, BlockKind, Document, RowText, TextLine};
use super::directive;
use super::signs::{self, is_blank};
use super::source::Source;
use super::walk::Found;
use crate::model::checklist::{Origin, RegionKind};
use crate::model::record::{Unread, UnreadCause, UnreadTask};

/// The most characters that are kept of a line.
const MOST_SHOWN: usize = 120;
/// How many lines are named of a cause.
const MOST_NAMED: usize = 10;
/// How many almost-tasks are kept one by one; all are counted.
const MOST_KEPT: usize = super::source::MAX_ITEMS;

/// Finds the almost-tasks of a file, one a line, in its order.
pub(super) fn find(source: &Source<'_>, document: &Document, found: &Found) -> Unread {
    // A row may take several lines where it is written in HTML.
    let lines = |draft: &super::walk::Draft| {
        if draft.origin == Origin::Row { draft.line..=draft.end_line } else { draft.line..=draft.line }
    };
    let items = found.drafts.iter().flat_map(lines).collect();
    let mut finder = Finder { source, found, items, lines: BTreeMap::new() };
    for block in &document.blocks {
        finder.block(block);
    }
    for entry in document.entries.iter().filter(|entry| entry.task.is_some()) {
        finder.task(&entry.span);
    }
    for line in &found.triggers_with_boxes {
        finder.lines.insert(*line, UnreadCause::Trigger);
    }
    for input in &document.inputs {
        let line = source.line(*input);
        if !finder.is_read(line) {
            finder.add(line, UnreadCause::Html);
        }
    }
    told(source, finder.lines)
}

/// Tells of lines that no reader made items of.
pub(super) fn of_lines(source: &Source<'_>, lines: &[u32]) -> Unread {
    told(source, lines.iter().map(|line| (*line, UnreadCause::Box)).collect())
}

/// Counts almost-tasks and keeps the first of them.
fn told(source: &Source<'_>, lines: BTreeMap<u32, UnreadCause>) -> Unread {
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let text = |line| source.line_text(line).trim().chars().take(MOST_SHOWN).collect();
    let kept = lines.into_iter().take(MOST_KEPT);
    Unread { count, tasks: kept.map(|(line, cause)| UnreadTask { line, cause, text: text(line) }).collect() }
}

/// The almost-tasks of one cause, as they are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadOfCause {
    /// The code of its lint.
    pub code: &'static str,
    /// The first line.
    pub line: u32,
    /// How many there are, and where.
    pub message: String,
    /// The form that works.
    pub advice: &'static str,
}

/// Reports almost-tasks, once for each cause.
pub fn unread_by_cause(unread: &Unread) -> Vec<UnreadOfCause> {
    let mut told = Vec::new();
    for cause in UnreadCause::ALL {
        let lines: Vec<u32> = unread.tasks.iter().filter(|task| task.cause == *cause).map(|task| task.line).collect();
        let Some(first) = lines.first() else { continue };
        let (code, one, several, advice) = match cause {
            UnreadCause::Box => (
                "almost-task",
                "looks like a task but is not an item",
                "look like tasks but are not items",
                "write a task as `- [ ] text`, with a space in the box and on each side of it",
            ),
            UnreadCause::Html => (
                "task-in-html",
                "has a task or checkbox in HTML but is not an item",
                "have tasks or checkboxes in HTML but are not items",
                "leave a blank line between the HTML and the tasks, and write each as `- [ ] text`",
            ),
            UnreadCause::Cell => (
                "task-in-table",
                "has a box in a table but is not an item",
                "have boxes in a table but are not items",
                "name the column of the boxes Status and that of the text Item, or write each as `- [ ] text`",
            ),
            UnreadCause::Directive => (
                "almost-directive",
                "has something that looks like a directive but is not",
                "have something that looks like a directive but is not",
                "write it as <!-- relsign: NAME=VALUE -->",
            ),
            UnreadCause::Trigger => (
                "task-as-trigger",
                "has a task that is read as a condition for rolling back and is not an item",
                "have tasks that are read as conditions for rolling back and are not items",
                "if they are to be signed off, write <!-- relsign: section=items --> below the heading",
            ),
        };
        let shown: Vec<String> = lines.iter().take(MOST_NAMED).map(u32::to_string).collect();
        let rest = if lines.len() > shown.len() { ", …" } else { "" };
        let message = match lines.len() {
            1 => format!("line {first} {one}"),
            many => format!("{many} lines {several}: {}{rest}", shown.join(", ")),
        };
        told.push(UnreadOfCause { code, line: *first, message, advice });
    }
    told
}

struct Finder<'a, 's> {
    source: &'a Source<'s>,
    found: &'a Found,
    /// The lines on which items begin.
    items: BTreeSet<u32>,
    lines: BTreeMap<u32, UnreadCause>,
}

impl Finder<'_, '_> {
    fn add(&mut self, line: u32, cause: UnreadCause) {
        if cause == UnreadCause::Html && self.items.contains(&line) {
            return;
        }
        self.lines.entry(line).or_insert(cause);
    }

    fn block(&mut self, block: &Block) {
        let in_list = block.entry.is_some();
        match &block.kind {
            BlockKind::Paragraph(lines) => {
                for line in lines {
                    self.text(line, in_list);
                }
            }
            BlockKind::Heading { line, .. } => self.text(line, false),
            BlockKind::Table { head, rows } => {
                for row in std::iter::once(head).chain(rows) {
                    self.row(row);
                }
            }
            BlockKind::Html => self.html(block.span.clone()),
            BlockKind::Code | BlockKind::Rule => {}
        }
        for comment in &block.comments {
            self.comment(comment.clone());
        }
    }

    /// Looks at a task of Markdown's own that has no text on its line, so that no item came of it.
    fn task(&mut self, span: &Range<usize>) {
        let line = self.source.line(span.start);
        if self.source.line_text(line).trim_end().ends_with(']') && !self.items.contains(&line) {
            self.add(line, UnreadCause::Box);
        }
    }

    fn comment(&mut self, span: Range<usize>) {
        if directive::is_almost(&self.source.text[span.clone()]) {
            self.add(self.source.line(span.start), UnreadCause::Directive);
        }
    }

    fn region(&self, line: u32) -> Option<RegionKind> {
        self.found.lines.get((line as usize).saturating_sub(1)).copied().flatten()
    }

    /// Whether a line was read as a choice, of which the decision is one.
    fn is_choice(&self, line: u32, text: &str) -> bool {
        signs::is_choice(text) && self.region(line).is_some_and(|region| region != RegionKind::Item)
    }

    fn text(&mut self, line: &TextLine, in_list: bool) {
        let number = self.source.line(line.span.start);
        let before = self.source.text.as_bytes()[..line.span.start].last();
        // Code shows how a task is written, and a link says something else by its brackets.
        let is_code = self.source.text[line.span.start..].starts_with('`');
        if self.items.contains(&number) || is_code || before == Some(&b'[') || self.is_choice(number, &line.text) {
            return;
        }
        let text = line.text.trim();
        let in_row = || text.starts_with('|') && text.split('|').any(|cell| is_boxed_cell(cell) || is_jira_mark(cell.trim()));
        let is_jira = in_list && text.get(..3).is_some_and(is_jira_mark) && text[3..].starts_with(' ');
        if begins_with_box(&line.text, in_list) || !line.code && holds_empty_box(&line.text) || is_jira || in_row() {
            self.add(number, UnreadCause::Box);
        }
    }

    /// Whether a line was read as one for signatures or as the decision.
    fn is_read(&self, line: u32) -> bool {
        matches!(self.region(line), Some(RegionKind::SignOff | RegionKind::Decision))
    }

    /// Looks at the cells of a row that is no item; those of lines for signatures and of the decision are read as what
    /// they are.
    fn row(&mut self, row: &RowText) {
        let line = self.source.line(row.span.start);
        if !self.is_read(line)
            && !self.items.contains(&line)
            && row.cells.iter().any(|cell| !cell.code && is_boxed_cell(&cell.text))
        {
            self.add(line, UnreadCause::Cell);
        }
        // The Markdown parser drops what stands after the last column.
        let span = self.source.line_span(line);
        for comment in super::skipped::comments(self.source, &span) {
            self.comment(comment);
        }
    }

    /// Looks at raw HTML, in which Markdown is not read.
    fn html(&mut self, span: Range<usize>) {
        let text = &self.source.text[span.clone()];
        let mut bare = text.as_bytes().to_vec();
        for comment in super::skipped::comments(self.source, &span) {
            let within = comment.start - span.start..comment.end - span.start;
            self.comment(comment);
            bare[within].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        // Only whole comments were taken out, and those end where characters do.
        let Ok(bare) = String::from_utf8(bare) else { return };
        for at in checkboxes(&bare) {
            self.add(self.source.line(span.start + at), UnreadCause::Html);
        }
        let lower = bare.trim_start().get(..10).unwrap_or_default().to_ascii_lowercase();
        if ["<pre", "<script", "<style", "<textarea", "<!", "<?"].iter().any(|tag| lower.starts_with(tag)) {
            return;
        }
        let mut offset = span.start;
        for line in bare.split_inclusive('\n') {
            let text = without_tags(line);
            if begins_with_box(&text, true) || holds_empty_box(&text) {
                self.add(self.source.line(offset), UnreadCause::Html);
            }
            offset += line.len();
        }
    }
}

/// Finds the tags in a text that make checkboxes.
fn checkboxes(text: &str) -> Vec<usize> {
    let is = |at: usize, name: &[u8]| text.as_bytes().get(at..at + name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name));
    let starts = text.match_indices('<').map(|(at, _)| at).filter(|at| is(*at, b"<input") || is(*at, b"<li"));
    let tag = |at: usize| {
        let rest = &text.as_bytes()[at..text.len().min(at + blocks::MOST_IN_TAG)];
        let end = rest.iter().position(|byte| *byte == b'>').unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    };
    // Confluence writes its tasks as entries with a number.
    let is_task = |tag: &str| blocks::is_checkbox(tag) || tag.contains("data-inline-task-id");
    starts.filter(|at| is_task(&tag(*at))).collect()
}

/// Returns a line of HTML without its tags.
fn without_tags(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let (mut in_tag, mut begun) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            '<' if line[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/') => in_tag = true,
            '>' if in_tag || !begun => in_tag = false,
            _ if in_tag => {}
            _ => {
                begun |= !is_blank(c);
                text.push(c);
            }
        }
    }
    text
}

/// Whether a box stands somewhere in a text that nothing but an empty box can be.
fn holds_empty_box(text: &str) -> bool {
    if text.bytes().all(|byte| byte != b'[' && byte.is_ascii()) {
        return false;
    }
    text.contains("[ ]") || text.contains("[\u{a0}]") || text.contains(['☐', '⬜', '🔲', '🔳', '❏', '❐', '❑', '❒', '▢'])
}

/// Whether a text is what Jira shows as a tick or a cross.
fn is_jira_mark(text: &str) -> bool {
    matches!(text, "(/)" | "(x)")
}

/// Whether a cell holds a box, or begins with one.
fn is_boxed_cell(text: &str) -> bool {
    let text = text.trim_matches(is_blank);
    text.strip_prefix(['-', '*', '+']).map_or(text, |rest| rest.trim_start_matches(is_blank)) == "[ ]"
        || matches!(text, "[]" | "[x]" | "[X]")
        || begins_with_box(text, true)
        || holds_empty_box(text)
}

/// Whether a text begins with a box, exact or almost, perhaps behind a bullet; in a list more is taken for one.
fn begins_with_box(text: &str, in_list: bool) -> bool {
    let text = text.trim_matches(is_blank);
    match without_bullet(text) {
        Some(rest) => opens_with_box(rest, true) || opens_with_box(text, in_list),
        None => opens_with_box(text, in_list),
    }
}

/// Strips a bullet or number from the front of a text that Markdown did not take for one.
fn without_bullet(text: &str) -> Option<&str> {
    let bullets = ['-', '*', '+', '•', '‣', '◦', '▪', '▫', '·', '–', '—', '●', '○', '−'];
    let rest = text.strip_prefix(bullets).or_else(|| {
        let word = text.trim_start_matches('(').bytes().take_while(u8::is_ascii_alphanumeric).count();
        let rest = text.trim_start_matches('(').get(word..)?;
        if (1..=3).contains(&word) { rest.strip_prefix(['.', ')']) } else { None }
    })?;
    Some(rest.trim_start_matches(is_blank))
}

/// Whether the first thing in a text is a box, and something stands behind it.
fn opens_with_box(text: &str, in_list: bool) -> bool {
    let mut chars = text.chars();
    let Some(opening) = chars.next() else { return false };
    if matches!(opening, '☐' | '☑' | '☒' | '⬜' | '🔲' | '🔳' | '❏' | '❐' | '❑' | '❒' | '▢' | '□' | '🗹') {
        return !chars.as_str().trim_matches(is_blank).is_empty();
    }
    let closing = match opening {
        '[' => ']',
        '［' => '］',
        '【' => '】',
        '〔' => '〕',
        '(' if in_list => ')',
        '（' if in_list => '）',
        '{' if in_list => '}',
        _ => return false,
    };
    // A box holds next to nothing, so its end is near.
    let near = chars.as_str().char_indices().take(6);
    let Some((at, _)) = near.into_iter().find(|(_, c)| [closing, ']', '］'].contains(c)) else { return false };
    let (inside, after) = (&chars.as_str()[..at], chars.as_str()[at..].trim_start_matches([closing, ']', '］']));
    let Some(mark) = mark(inside) else { return false };
    // `[x](…)`, `[x][…]` and `[x]:` are links, and `[]word` is how programs write lists.
    let apart = after.starts_with(is_blank);
    let joined = match mark {
        Mark::Nothing => false,
        // No link is written in wide brackets.
        Mark::Blank if !opening.is_ascii() => true,
        Mark::Blank | Mark::Tick => opening == '[' && !after.starts_with(['(', '[', ':']),
        Mark::Sign => false,
    };
    let fits = match mark {
        Mark::Nothing => opening != '(' && opening != '{',
        Mark::Blank | Mark::Tick => true,
        Mark::Sign => {
            opening != '('
                && opening != '{'
                && opening != '（'
                && (in_list || matches!(inside.trim_matches(is_blank), "-" | "~" | "–" | "—"))
        }
    };
    fits && (apart || joined) && !after.trim_matches(is_blank).is_empty()
}

/// What stands in a box.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Nothing at all.
    Nothing,
    /// White space.
    Blank,
    /// A tick, in whatever hand.
    Tick,
    /// Another sign.
    Sign,
}

/// Reads what stands in a box; a word or a number is none.
fn mark(inside: &str) -> Option<Mark> {
    if inside.is_empty() {
        return Some(Mark::Nothing);
    }
    let bare = inside.trim_matches(is_blank);
    let mut chars = bare.chars().filter(|c| *c != '\u{fe0f}');
    match (chars.next(), chars.next()) {
        (None, _) => Some(Mark::Blank),
        (Some(c), None) => match c {
            'x' | 'X' | 'v' | 'V' | 'ｘ' | 'Ｘ' | 'х' | 'Х' | 'χ' | 'Χ' | '×' | '✓' | '✔' | '☑' | '✅' | '✗' | '✘' | '✖' | '√' => {
                Some(Mark::Tick)
            }
            '^' | '[' | '"' | '\'' => None,
            c if !c.is_alphanumeric() => Some(Mark::Sign),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{begins_with_box, is_boxed_cell};

    #[test]
    fn boxes_that_are_written_otherwise_are_seen() {
        for text in [
            "[x ] a",
            "[ x] a",
            "[X ] a",
            "[-] a",
            "[~] a",
            "[✓] a",
            "[✔️] a",
            "[] a",
            "[ ]a",
            "[x]a",
            "[  ] a",
            "[\u{a0}] a",
            "［ ］ a",
            "［x］ a",
            "【 】 a",
            "[/] a",
            "[>] a",
            "[х] a",
            "( ) a",
            "(x) a",
            "{ } a",
            "☐ a",
            "⬜ a",
            "[\u{200b}] a",
        ] {
            assert!(begins_with_box(text, true), "{text}");
        }
        for text in ["-[ ] a", "*[x] a", "•[ ] a", "• [x ] a", "1.[ ] a", "a) [ ] a", "[x ] a", "[-] a", "[] a"] {
            assert!(begins_with_box(text, false), "{text}");
        }
    }

    #[test]
    fn links_references_and_lists_of_programs_are_no_boxes() {
        for text in [
            "[x](url) a",
            "[x][y] a",
            "[x]: y",
            "[1] a",
            "[^1] a",
            "[a] b",
            "[...] a",
            "[link] a",
            "[]string",
            "[0-9]+ a",
            "(c) a",
            "(a) b",
            "[ ]",
            "[]",
            "[note] a",
            "() a",
            "{} a",
            "[-+] a",
            "[!NOTE] a",
            "a [1] b",
            "",
        ] {
            assert!(!begins_with_box(text, true), "{text}");
        }
        assert!(!begins_with_box("( ) a", false));
        assert!(is_boxed_cell("[ ]") && is_boxed_cell("* [ ]") && is_boxed_cell("[x]") && is_boxed_cell("[x ] a"));
        assert!(!is_boxed_cell("[1]") && !is_boxed_cell("x") && !is_boxed_cell(""));
    }
}
