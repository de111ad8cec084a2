//! A document without a format: what the dossier says, before Markdown or HTML escape it in their own way.
//!
//! There is no trusted text here: every span is escaped by the renderer, also words of relsign's own, so that nothing
//! from a repository can slip through by being taken for them.

use jiff::tz::TimeZone;

use super::words;
use crate::model::time::Timestamp;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    /// Words, over several lines where they hold line breaks.
    Text(String),
    /// Something to be copied: an id, a digest, a command.
    Code(String),
    /// An address, clickable only where it is plainly one for the web.
    Link(String),
    /// What the eye should find first.
    Strong(String),
    /// What nobody may overlook.
    Alarm(String),
    /// The end of a line.
    Break,
}

/// A line, a list item or a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line(pub(super) Vec<Span>);

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Appends words; neighbouring words become one span, so that what they form together is escaped together.
    pub(super) fn text(mut self, text: impl AsRef<str>) -> Self {
        match self.0.last_mut() {
            Some(Span::Text(before)) => before.push_str(text.as_ref()),
            _ => self.0.push(Span::Text(text.as_ref().to_owned())),
        }
        self
    }

    pub(super) fn code(mut self, text: impl ToString) -> Self {
        self.0.push(Span::Code(text.to_string()));
        self
    }

    pub(super) fn link(mut self, uri: &str) -> Self {
        self.0.push(Span::Link(uri.to_owned()));
        self
    }

    pub(super) fn strong(mut self, text: &str) -> Self {
        self.0.push(Span::Strong(text.to_owned()));
        self
    }

    pub(super) fn alarm(mut self, text: &str) -> Self {
        self.0.push(Span::Alarm(text.to_owned()));
        self
    }

    pub(super) fn then(mut self, other: Self) -> Self {
        for span in other.0 {
            match span {
                Span::Text(text) => self = self.text(text),
                span => self.0.push(span),
            }
        }
        self
    }

    /// Puts each on a line of its own.
    pub(super) fn stacked(lines: impl IntoIterator<Item = Self>) -> Self {
        let mut out = Self::new();
        for (number, line) in lines.into_iter().enumerate() {
            if number > 0 {
                out.0.push(Span::Break);
            }
            out.0.extend(line.0);
        }
        out
    }

    /// Joins with commas and `and`.
    pub(super) fn and(lines: impl IntoIterator<Item = Self>) -> Self {
        let lines: Vec<_> = lines.into_iter().collect();
        let last = lines.len().saturating_sub(1);
        lines.into_iter().enumerate().fold(Self::new(), |out, (number, line)| match number {
            0 => out.then(line),
            _ if number == last => out.text(" and ").then(line),
            _ => out.text(", ").then(line),
        })
    }
}

impl<T: AsRef<str>> From<T> for Line {
    fn from(text: T) -> Self {
        if text.as_ref().is_empty() { Self::new() } else { Self::new().text(text) }
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Heading(u8, Line),
    Paragraph(Line),
    List(Vec<Line>),
    Steps(Vec<Line>),
    Table(Vec<&'static str>, Vec<Vec<Line>>),
    /// Commands for a shell, one a line, quoted where they hold what others wrote.
    Commands(Vec<String>),
}

/// How a document writes points in time.
#[derive(Debug, Clone)]
pub(super) enum Times {
    /// In UTC, so that the same report gives the same bytes wherever it is rendered.
    Utc,
    /// In the reader's zone, with UTC beside it.
    Zone(TimeZone),
}

impl Times {
    pub(super) fn at(&self, time: Timestamp) -> String {
        match self {
            Self::Utc => time.to_string(),
            Self::Zone(zone) => words::time(time, zone),
        }
    }
}

/// A document, block by block.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) blocks: Vec<Block>,
    /// How it writes points in time.
    pub(super) times: Times,
}

impl Document {
    pub(super) fn new(times: Times) -> Self {
        Self { blocks: Vec::new(), times }
    }

    pub(super) fn heading(&mut self, level: u8, text: impl Into<Line>) {
        self.blocks.push(Block::Heading(level, text.into()));
    }

    pub(super) fn paragraph(&mut self, text: impl Into<Line>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub(super) fn list(&mut self, items: impl IntoIterator<Item = Line>) {
        self.blocks.push(Block::List(items.into_iter().collect()));
    }

    pub(super) fn steps(&mut self, items: impl IntoIterator<Item = Line>) {
        self.blocks.push(Block::Steps(items.into_iter().collect()));
    }

    /// Adds a table; without rows, the word that there are none.
    pub(super) fn table<const N: usize>(&mut self, head: [&'static str; N], rows: impl IntoIterator<Item = [Line; N]>) {
        let rows: Vec<Vec<Line>> = rows.into_iter().map(Vec::from).collect();
        if rows.is_empty() {
            self.paragraph("None.");
        } else {
            self.blocks.push(Block::Table(head.to_vec(), rows));
        }
    }

    /// Adds a table of names and values.
    pub(super) fn facts<'a>(&mut self, facts: impl IntoIterator<Item = (&'a str, Line)>) {
        self.table(["Fact", "Value"], facts.into_iter().map(|(name, value)| [name.into(), value]));
    }

    pub(super) fn commands(&mut self, lines: Vec<String>) {
        self.blocks.push(Block::Commands(lines));
    }
}
