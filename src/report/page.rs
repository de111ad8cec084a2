//! A page of terminal text: lines that never exceed the width, wrapped prose, facts and tables.
//!
//! Text handed to a page is already safe; the page only arranges it.

use super::safe::{columns, fit};
use super::style::{Paint, Style, finish};

/// The columns that text is wrapped to at most: longer lines are hard to read.
const PROSE: usize = 120;

/// The columns between the edges at most: what is far from everything else is overlooked.
const EDGE: usize = 100;

/// Columns between those of a table.
const GAP: usize = 2;

/// Columns that the name of a fact takes where nothing else is said.
pub(super) const NAME: usize = 13;

/// Columns that the name before a line of [`Page::named`] takes.
pub(super) const LABEL: usize = 12;

/// Text under construction, line by line.
pub(super) struct Page<'s> {
    pub(super) style: &'s Style,
    text: String,
}

/// The cells of a row of a table, each with its colour.
pub(super) type Row = Vec<(String, Option<Paint>)>;

/// A column of a table: its heading, how wide it may become, and whether it holds what is no use when it is cut.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    pub(super) most: usize,
    stays: bool,
}

impl Column {
    pub(super) const fn new(heading: &'static str, most: usize) -> Self {
        Self { heading, most, stays: false }
    }

    /// A column that is cut last, since somebody copies from it.
    pub(super) const fn whole(heading: &'static str, most: usize) -> Self {
        Self { heading, most, stays: true }
    }
}

impl<'s> Page<'s> {
    pub(super) fn new(style: &'s Style) -> Self {
        Self { style, text: String::new() }
    }

    pub(super) fn width(&self) -> usize {
        self.style.columns()
    }

    /// Returns the text with its colours.
    pub(super) fn finish(self) -> String {
        let mut text = self.text;
        text.truncate(text.trim_end().len());
        text.push('\n');
        finish(&text, self.style)
    }

    /// Returns the lines, the colours still stood in for, to be put on another page with [`Self::put`].
    pub(super) fn into_lines(self) -> Vec<String> {
        self.text.lines().map(str::to_owned).collect()
    }

    /// Adds a line of another page as it is.
    pub(super) fn put(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a text as one line and cuts what does not fit.
    pub(super) fn cut(&mut self, indent: usize, text: &str) {
        let room = self.width().saturating_sub(indent);
        let text = cut_painted(text, room, self.style.ellipsis());
        self.put(&format!("{}{}", " ".repeat(indent), text.trim_end()));
    }

    /// Adds a line with a name before it, and cuts what does not fit.
    pub(super) fn named(&mut self, name: &str, text: &str) {
        let name = format!("{name}{}", " ".repeat(LABEL.saturating_sub(columns(name))));
        self.cut(0, &format!("{}{text}", Paint::Dim.on(&name)));
    }

    /// Adds an empty line, never two.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Adds a line, wrapped at words; what follows the first line is indented two further.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.hanging(indent, indent + 2, text);
    }

    /// Adds a line, wrapped at words, with an indentation of its own for what follows the first line.
    pub(super) fn hanging(&mut self, first: usize, rest: usize, text: &str) {
        let width = self.width().min(PROSE);
        for (number, part) in wrap(text, width.saturating_sub(first), width.saturating_sub(rest)).into_iter().enumerate() {
            let indent = if number == 0 { first } else { rest };
            self.put(&format!("{}{}", " ".repeat(indent), part.trim_end()));
        }
    }

    /// Adds a text that is wrapped between what stands before it and what stands at the right edge of its first line.
    pub(super) fn row(&mut self, before: &str, text: &str, right: &str) {
        let indent = columns(before);
        let room = self.width().min(PROSE).saturating_sub(indent + GAP + columns(right));
        for (number, part) in wrap(text, room, room).into_iter().enumerate() {
            let gap = " ".repeat(room.saturating_sub(columns(&part)) + GAP);
            match number {
                0 => self.put(&format!("{before}{part}{gap}{right}")),
                _ => self.put(&format!("{}{part}", " ".repeat(indent))),
            }
        }
    }

    /// Adds a heading after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.line(0, &Paint::Strong.on(text));
    }

    /// Returns how far apart the two texts of [`Self::edges`] are.
    pub(super) fn edge(&self) -> usize {
        self.width().min(EDGE)
    }

    /// Adds a line with one text at each edge; where they don't fit, the right one gets a line of its own.
    pub(super) fn edges(&mut self, left: &str, right: &str) {
        let used = columns(left) + columns(right);
        if used + GAP <= self.edge() {
            let gap = self.edge() - used;
            self.put(&format!("{left}{}{right}", " ".repeat(gap)));
        } else {
            self.line(0, left);
            self.line(0, right);
        }
    }

    /// Adds a name and what it stands for, aligned at a column; a value with a word too long for it, such as a
    /// digest with its prefix, begins on the next line instead of being broken.
    pub(super) fn fact(&mut self, name: &str, value: &str) {
        self.fact_at(NAME, name, value);
    }

    /// Adds a name and several lines that it stands for.
    pub(super) fn facts(&mut self, name: &str, values: &[String]) {
        self.facts_at(NAME, name, values);
    }

    /// Adds a fact whose name takes `width` columns.
    fn fact_at(&mut self, width: usize, name: &str, value: &str) {
        let longest = value.split(' ').map(columns).max().unwrap_or(0);
        if longest + width + 3 > self.width() {
            if !name.is_empty() {
                self.hanging(2, 4, &Paint::Dim.on(name));
            }
            self.hanging(4, 4, value);
        } else {
            let name = format!("{name}{}", " ".repeat(width.saturating_sub(columns(name))));
            self.hanging(2, width + 3, &format!("{} {value}", Paint::Dim.on(&name)));
        }
    }

    /// Adds a name that takes `width` columns, and several lines that it stands for.
    pub(super) fn facts_at(&mut self, width: usize, name: &str, values: &[String]) {
        for (number, value) in values.iter().enumerate() {
            self.fact_at(width, if number == 0 { name } else { "" }, value);
        }
    }

    /// Adds a text of several lines, set off by a bar, so that it can't be taken for words of relsign's own.
    pub(super) fn quote(&mut self, indent: usize, lines: &[String]) {
        let bar = if self.style.unicode { "│ " } else { "| " };
        let width = self.width().min(PROSE).saturating_sub(indent + 2);
        for text in lines {
            for part in wrap(text, width, width) {
                self.put(&format!("{}{}{}", " ".repeat(indent), Paint::Dim.on(bar), part.trim_end()));
            }
        }
    }

    /// Adds a command to be copied: one line where it fits, else lines that a shell joins.
    pub(super) fn command(&mut self, indent: usize, words: &[String]) {
        let room = self.width().saturating_sub(indent + 2);
        let mut lines: Vec<String> = Vec::new();
        for word in words {
            let word = &if self.style.unicode { word.clone() } else { word.replace('…', "...") };
            let word = if columns(word) > room { fit(word, room.saturating_sub(2), self.style.ellipsis()) } else { word.clone() };
            match lines.last_mut() {
                Some(last) if columns(last) + 1 + columns(&word) + 2 <= room => {
                    last.push(' ');
                    last.push_str(&word);
                }
                Some(last) => {
                    last.push_str(" \\");
                    lines.push(format!("  {word}"));
                }
                None => lines.push(word),
            }
        }
        for line in lines {
            self.put(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    /// Adds a table without rules. The last column is wrapped into what is left; the others are cut to theirs.
    pub(super) fn table(&mut self, indent: usize, head: &[Column], rows: &[Row]) {
        let widths = self.widths(self.width().saturating_sub(indent), head, rows);
        self.rows(indent, &widths, head, rows);
    }

    /// Adds several tables with the same columns, each below its heading.
    pub(super) fn tables(&mut self, head: &[Column], tables: &[(&str, Vec<Row>)]) {
        let all: Vec<Row> = tables.iter().flat_map(|(_, rows)| rows.iter().cloned()).collect();
        let widths = self.widths(self.width(), head, &all);
        for (heading, rows) in tables {
            self.heading(heading);
            self.rows(0, &widths, head, rows);
        }
    }

    fn rows(&mut self, indent: usize, widths: &[usize], head: &[Column], rows: &[Row]) {
        let head: Vec<_> = head.iter().map(|column| (column.heading.to_owned(), Some(Paint::Dim))).collect();
        for row in std::iter::once(&head).chain(rows) {
            let mut line = " ".repeat(indent);
            for (index, ((text, paint), width)) in row.iter().zip(widths).enumerate() {
                let parts = match index + 1 == widths.len() {
                    true => wrap(text, *width, *width),
                    false => vec![cut_painted(text, *width, self.style.ellipsis())],
                };
                for (number, part) in parts.iter().enumerate() {
                    if number > 0 {
                        self.put(line.trim_end());
                        line = " ".repeat(indent + widths[..index].iter().map(|width| width + GAP).sum::<usize>());
                    }
                    let gap = " ".repeat(if index + 1 == widths.len() { 0 } else { width.saturating_sub(columns(part)) + GAP });
                    line += &format!("{}{gap}", paint.map_or_else(|| part.clone(), |paint| paint.on(part)));
                }
            }
            self.put(line.trim_end());
        }
    }

    /// Adds a table of which the first `least` columns are always shown and each other one where there is room, and beside them as
    /// much of one more text as is of use.
    pub(super) fn table_and_rest(
        &mut self,
        head: &[Column],
        least: usize,
        rows: &[Row],
        (heading, rest): (&'static str, &[String]),
    ) {
        const LEAST: usize = 12;
        let needed = |count: usize| self.widths(usize::MAX, &head[..count], rows).iter().map(|width| width + GAP).sum::<usize>();
        let fits = |count: &usize| needed(*count) <= self.width() + GAP;
        let count = (least..=head.len()).rev().find(fits).unwrap_or(least);
        let (mut head, room) = (head[..count].to_vec(), self.width().saturating_sub(needed(count)));
        let mut rows: Vec<Vec<_>> = rows.iter().map(|row| row[..count].to_vec()).collect();
        if room >= LEAST {
            head.push(Column::new(heading, room));
            let texts = rest.iter().map(|text| cut_painted(text, room, self.style.ellipsis()));
            rows.iter_mut().zip(texts).for_each(|(row, text)| row.push((text, None)));
        }
        self.table(0, &head, &rows);
    }

    /// Returns each column what its content needs, up to its most, and takes from the widest what is too much; from those that
    /// are to stay whole last.
    fn widths(&self, available: usize, head: &[Column], rows: &[Row]) -> Vec<usize> {
        const LEAST: usize = 12;
        const LEAST_LAST: usize = 28;
        let mut widths: Vec<usize> = head
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let cells = rows.iter().filter_map(|row| row.get(index)).map(|(text, _)| columns(text)).max().unwrap_or(0);
                cells.min(column.most).max(columns(column.heading))
            })
            .collect();
        let gaps = GAP * head.len().saturating_sub(1);
        let room = available.saturating_sub(gaps);
        if let Some((last, others)) = widths.split_last_mut() {
            let least = (*last).min(LEAST_LAST);
            while others.iter().sum::<usize>() + least > room {
                let gives = |(index, width): &(usize, &mut usize)| (!head[*index].stays && **width > LEAST, **width);
                let Some((_, widest)) = others.iter_mut().enumerate().max_by_key(gives) else { break };
                if *widest <= 4 {
                    break;
                }
                *widest -= 1;
            }
            let used: usize = others.iter().sum();
            *last = (*last).min(room.saturating_sub(used)).max(1);
        }
        widths
    }
}

/// Cuts a line that is already safe and may be coloured to so many columns; every colour that begins before the cut ends there.
fn cut_painted(text: &str, most: usize, mark: &str) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(columns(mark));
    let (mut out, mut used, mut is_full) = (String::new(), 0, false);
    for c in text.chars() {
        let width = columns(c.encode_utf8(&mut [0; 4]));
        if width > 0 && !is_full && used + width > room {
            out.truncate(out.trim_end().len());
            out.push_str(mark);
            is_full = true;
        }
        // What takes no column is a colour or belongs to the sign before it.
        if !is_full || width == 0 {
            used += width;
            out.push(c);
        }
    }
    out
}

/// Wraps at spaces; a word that is longer than a line is broken.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = first.max(8);
    for word in text.split(' ') {
        let mut word = word;
        while let Some(line) = lines.last_mut() {
            let space = usize::from(!line.is_empty());
            if columns(line) + space + columns(word) <= room {
                if space == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                break;
            }
            if columns(line) > 0 && columns(word) <= rest.max(8) {
                lines.push(String::new());
            } else {
                let at = break_at(word, room.saturating_sub(columns(line) + space));
                if at == 0 {
                    lines.push(String::new());
                } else {
                    if space == 1 {
                        line.push(' ');
                    }
                    line.push_str(&word[..at]);
                    word = &word[at..];
                    lines.push(String::new());
                }
            }
            room = rest.max(8);
        }
    }
    lines
}

/// Finds the byte at which a word must be broken to take at most `room` columns; at least one character on an empty line.
fn break_at(word: &str, room: usize) -> usize {
    let mut end = 0;
    for (at, c) in word.char_indices() {
        let next = at + c.len_utf8();
        if columns(&word[..next]) > room {
            break;
        }
        end = next;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_at_words_and_long_words_are_broken() {
        assert_eq!(wrap("one two three", 8, 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl", 8, 8), ["abcdefgh", "ijkl"]);
        assert_eq!(wrap("日本語日本語", 8, 8), ["日本語日", "本語"]);
        assert_eq!(wrap("", 8, 8), [""]);
    }

    #[test]
    fn a_long_command_is_continued() {
        let style = Style { width: 48, ..Style::plain() };
        let mut page = Page::new(&style);
        let words: Vec<String> =
            "relsign approve v2.4.0 rollback-runbook load-test smoke-tests".split(' ').map(str::to_owned).collect();
        page.command(4, &words);
        let text = page.finish();
        assert!(text.lines().all(|line| columns(line) <= 48), "{text}");
        assert_eq!(text.replace("\\\n", "").split_whitespace().collect::<Vec<_>>(), words);
    }
}
