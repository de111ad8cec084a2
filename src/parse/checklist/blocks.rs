//! Markdown as a flat list of blocks with byte ranges, which is all that the later steps know of the Markdown parser.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::source::Source;

/// A line of inline text as people read it.
#[derive(Debug, Default, Clone)]
pub(super) struct TextLine {
    /// The text without markup.
    pub(super) text: String,
    /// Where it stands.
    pub(super) span: Range<usize>,
    /// The text begins as plain characters of the file, with no backslash, code span or link before it.
    pub(super) literal: bool,
    /// The text begins with bold print.
    pub(super) bold: bool,
    /// All of the text is in bold print.
    pub(super) all_bold: bool,
    /// Some of the text is code.
    pub(super) code: bool,
    /// It ends where the author broke it, and not where the editor did.
    pub(super) hard: bool,
    /// It stands in a quotation.
    pub(super) quoted: bool,
}

/// A cell of a table.
#[derive(Debug, Default, Clone)]
pub(super) struct CellText {
    /// The text without markup.
    pub(super) text: String,
    /// Some of the text is code.
    pub(super) code: bool,
    /// All of the text is in bold print.
    pub(super) bold: bool,
}

/// A row of a table.
#[derive(Debug, Default, Clone)]
pub(super) struct RowText {
    /// Its cells.
    pub(super) cells: Vec<CellText>,
    /// Where it stands.
    pub(super) span: Range<usize>,
    /// It is a name in a head cell with its value beside it, as HTML can say.
    pub(super) is_fact: bool,
}

/// What a block is.
#[derive(Debug, Clone)]
pub(super) enum BlockKind {
    /// A heading, and its first line.
    Heading { level: u8, text: String, line: TextLine },
    /// A paragraph, or the bare text of a list entry.
    Paragraph(Vec<TextLine>),
    /// A table.
    Table { head: RowText, rows: Vec<RowText> },
    /// A block of HTML, which comments are.
    Html,
    /// A block of code.
    Code,
    /// A thematic break.
    Rule,
}

/// One block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// What it is.
    pub(super) kind: BlockKind,
    /// Where it stands.
    pub(super) span: Range<usize>,
    /// The innermost list entry that holds it, as an index into [`Document::entries`].
    pub(super) entry: Option<usize>,
    /// The comments within its text.
    pub(super) comments: Vec<Range<usize>>,
}

/// An entry of a list.
#[derive(Debug, Clone)]
pub(super) struct ListEntry {
    /// Where it stands, its children included.
    pub(super) span: Range<usize>,
    /// Whether its box is ticked, where it has one.
    pub(super) task: Option<bool>,
    /// The entry that holds it.
    pub(super) parent: Option<usize>,
}

/// The blocks of a file in order.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The blocks.
    pub(super) blocks: Vec<Block>,
    /// The list entries, in the order in which they begin.
    pub(super) entries: Vec<ListEntry>,
    /// Where HTML within text makes a checkbox.
    pub(super) inputs: Vec<usize>,
}

/// Parses everything from `body` on.
pub(super) fn read(source: &Source<'_>, body: usize) -> Document {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let mut reader = Reader::new(source);
    for (event, range) in Parser::new_ext(&source.text[body..], options).into_offset_iter() {
        reader.event(event, range.start + body..range.end + body);
    }
    reader.close_text(source.text.len());
    reader.document
}

/// The state between two events.
struct Reader<'a, 's> {
    source: &'a Source<'s>,
    document: Document,
    /// The open entries, innermost last.
    open: Vec<usize>,
    /// The lines of the text that is being read.
    text: Option<Vec<TextLine>>,
    text_span: Range<usize>,
    comments: Vec<Range<usize>>,
    table: Option<(RowText, Vec<RowText>)>,
    row: Option<RowText>,
    /// We are in HTML or code, whose text is no text.
    opaque: bool,
    strong: bool,
    /// How many quotations are open.
    quotes: u32,
}

impl<'a, 's> Reader<'a, 's> {
    fn new(source: &'a Source<'s>) -> Self {
        Self {
            source,
            document: Document::default(),
            open: Vec::new(),
            text: None,
            text_span: 0..0,
            comments: Vec::new(),
            table: None,
            row: None,
            opaque: false,
            strong: false,
            quotes: 0,
        }
    }

    fn push(&mut self, kind: BlockKind, span: Range<usize>) {
        let comments = std::mem::take(&mut self.comments);
        self.document.blocks.push(Block { kind, span, entry: self.open.last().copied(), comments });
    }

    /// Ends the text that is being read, as a paragraph.
    fn close_text(&mut self, end: usize) {
        if let Some(lines) = self.text.take() {
            let lines: Vec<_> = lines.into_iter().filter(|line| !line.text.trim().is_empty()).collect();
            let span = self.text_span.start..self.text_span.end.max(self.text_span.start).min(end.max(self.text_span.start));
            self.push(BlockKind::Paragraph(lines), span);
        }
    }

    fn open_text(&mut self, span: Range<usize>) {
        self.text = Some(vec![TextLine::default()]);
        self.text_span = span;
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::TaskListMarker(ticked) => {
                if let Some(entry) = self.open.last() {
                    self.document.entries[*entry].task = Some(ticked);
                }
            }
            Event::Rule => {
                self.close_text(range.start);
                self.push(BlockKind::Rule, range);
            }
            _ if self.opaque => {}
            Event::InlineHtml(html) => {
                if html.starts_with("<!--") {
                    self.comments.push(range.clone());
                    self.inline("", range, false);
                } else if is_checkbox(&html) {
                    self.document.inputs.push(range.start);
                    let ticked = html.to_ascii_lowercase().contains("checked");
                    self.inline(if ticked { "☑ " } else { "☐ " }, range, true);
                } else if html.starts_with("<br") {
                    self.inline(" ", range, false);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                self.text_span.end = self.text_span.end.max(range.end);
                let hard = matches!(event, Event::HardBreak);
                match (&mut self.text, &mut self.row) {
                    (Some(lines), None) => {
                        if let Some(line) = lines.last_mut() {
                            line.hard = hard;
                        }
                        lines.push(TextLine::default());
                    }
                    _ => self.inline(" ", range, false),
                }
            }
            Event::Text(text) => self.inline(&text, range, true),
            Event::Code(text) => self.inline(&text, range, false),
            _ => {}
        }
    }

    /// Adds inline text to whatever is open: a cell, a heading, a paragraph, or the bare text of an entry.
    fn inline(&mut self, text: &str, range: Range<usize>, plain: bool) {
        if let Some(row) = &mut self.row {
            if let Some(cell) = row.cells.last_mut() {
                let is_first = cell.text.trim().is_empty();
                cell.bold = (cell.bold || is_first) && (self.strong || text.trim().is_empty());
                cell.text.push_str(text);
                cell.code |= !plain && !text.trim().is_empty();
            }
            return;
        }
        if self.text.is_none() {
            self.open_text(range.clone());
        }
        self.text_span.end = self.text_span.end.max(range.end);
        let bytes = self.source.text.as_bytes();
        let (strong, quoted) = (self.strong, self.quotes > 0);
        let Some(line) = self.text.as_mut().and_then(|lines| lines.last_mut()) else { return };
        if line.text.trim().is_empty() && !text.trim().is_empty() {
            let escaped = range.start > 0 && bytes[range.start - 1] == b'\\';
            // A link or emphasis puts its own sign before the text; a box must be the first thing on the line.
            let mark = range.start > 0 && matches!(bytes[range.start - 1], b'[' | b'*' | b'_' | b'~' | b'`');
            line.literal = plain && !escaped && !mark;
            line.bold = strong;
            line.all_bold = strong;
            line.quoted = quoted;
            line.span = range.clone();
        }
        line.span.end = line.span.end.max(range.end);
        line.all_bold &= strong || text.trim().is_empty();
        line.code |= !plain && !text.trim().is_empty();
        line.text.push_str(text);
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. } | Tag::Superscript | Tag::Subscript => return,
            Tag::Strong => {
                self.strong = true;
                return;
            }
            _ => {}
        }
        if !matches!(tag, Tag::TableHead | Tag::TableRow | Tag::TableCell) {
            self.close_text(range.start);
        }
        match tag {
            Tag::Paragraph | Tag::Heading { .. } => self.open_text(range),
            Tag::Item => {
                let parent = self.open.last().copied();
                self.open.push(self.document.entries.len());
                self.document.entries.push(ListEntry { span: range, task: None, parent });
            }
            Tag::Table(_) => self.table = Some((RowText::default(), Vec::new())),
            Tag::TableHead | Tag::TableRow => self.row = Some(RowText { span: range, ..RowText::default() }),
            Tag::TableCell => {
                if let Some(row) = &mut self.row {
                    row.cells.push(CellText::default());
                }
            }
            Tag::CodeBlock(_) | Tag::HtmlBlock => self.opaque = true,
            // A footnote stands apart from the text, as a quotation does.
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) => self.quotes += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Strong => self.strong = false,
            TagEnd::Paragraph => {
                self.text_span.end = self.text_span.end.max(range.end);
                self.close_text(range.end);
            }
            TagEnd::Heading(level) => {
                let lines = self.text.take().unwrap_or_default();
                let text = lines.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ");
                let line = lines.into_iter().next().unwrap_or_default();
                self.push(BlockKind::Heading { level: level as u8, text: text.trim().to_owned(), line }, range);
            }
            TagEnd::Item => {
                self.close_text(range.end);
                self.open.pop();
            }
            TagEnd::TableHead => {
                if let (Some(row), Some((head, _))) = (self.row.take(), &mut self.table) {
                    *head = row;
                }
            }
            TagEnd::TableRow => {
                if let (Some(row), Some((_, rows))) = (self.row.take(), &mut self.table) {
                    rows.push(row);
                }
            }
            TagEnd::Table => {
                if let Some((head, rows)) = self.table.take() {
                    self.push(BlockKind::Table { head, rows }, range);
                }
            }
            TagEnd::CodeBlock => {
                self.opaque = false;
                self.push(BlockKind::Code, range);
            }
            TagEnd::HtmlBlock => {
                self.opaque = false;
                self.push(BlockKind::Html, range);
            }
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => {
                self.close_text(range.end);
                self.quotes = self.quotes.saturating_sub(1);
            }
            _ => {}
        }
    }
}

/// Returns a text without its Markdown, on one line.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(part) | Event::Code(part) => plain.push_str(&part),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item) => plain.push(' '),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many bytes an HTML tag or a box in a line may take to be seen.
pub(super) const MOST_IN_TAG: usize = 400;

/// Whether a tag makes a checkbox.
pub(super) fn is_checkbox(tag: &str) -> bool {
    let tag: String = tag.chars().take(MOST_IN_TAG).collect::<String>().to_ascii_lowercase();
    tag.starts_with("<input") && tag.contains("checkbox")
}
