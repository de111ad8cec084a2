//! Tables: what their columns hold, and so what their rows are.

use super::blocks::RowText;
use super::lexicon::Column;
use super::phrases;
use super::signs;
use super::words;
use crate::model::checklist::{Cell, SectionKind};

/// A table with the meaning of its columns.
pub(super) struct Table {
    heads: Vec<String>,
    columns: Vec<Column>,
    /// The titles of the rows begin with boxes.
    boxed: bool,
}

impl Table {
    /// Looks at the heads of a table's columns, and at what stands in them where the heads say nothing.
    pub(super) fn new(head: &RowText, rows: &[RowText]) -> Self {
        let heads: Vec<_> = head.cells.iter().map(|cell| cell.text.trim().to_owned()).collect();
        let mut columns: Vec<_> = heads.iter().map(|head| words::column(head)).collect();
        let texts = |index: usize| rows.iter().map(move |row| row.cells.get(index).map_or("", |cell| cell.text.trim()));
        // A column of codes numbers the rows, whatever it is called, if another one says what they are about.
        for index in 0..columns.len() {
            let names = matches!(columns[index], Column::Title | Column::Text | Column::Other);
            if names && rows.len() > 1 && texts(index).all(words::is_code) && columns.len() > 2 {
                columns[index] = Column::Id;
            }
        }
        let status = Self::marked(&columns, &texts);
        if !columns.contains(&Column::Status)
            && let Some(index) = status
        {
            columns[index] = Column::Status;
        }
        let begins = |index: usize| !rows.is_empty() && texts(index).all(|text| signs::leading_box(text).is_some());
        let boxed = (0..columns.len()).find(|index| columns[*index] != Column::Status && begins(*index));
        if let Some(index) = boxed {
            columns.iter_mut().filter(|column| **column == Column::Title).for_each(|column| *column = Column::Text);
            columns[index] = Column::Title;
        }
        Self { heads, columns, boxed: boxed.is_some() }
    }

    /// Finds the one column in which nothing but marks stands.
    fn marked<'a, I: Iterator<Item = &'a str>>(columns: &[Column], texts: &impl Fn(usize) -> I) -> Option<usize> {
        let unknown = |index: &usize| matches!(columns[*index], Column::Other | Column::Signature);
        let all = |index: &usize| texts(*index).all(words::is_mark) && texts(*index).any(|text| !text.is_empty());
        let open = |index: &usize| texts(*index).any(words::is_open_mark);
        let marked: Vec<usize> = (0..columns.len()).filter(|index| unknown(index) && all(index)).collect();
        // Boxes are there to be ticked; ticks in several columns compare things.
        match marked[..] {
            [one] if texts(one).filter(|text| !text.is_empty()).count() * 2 > texts(one).count() => Some(one),
            _ => marked.into_iter().find(open),
        }
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    /// Whether the table is a form for people to sign.
    fn is_sign_off(&self) -> bool {
        let person = self.has(Column::Role) || self.has(Column::Name);
        person && (self.has(Column::Signature) || self.has(Column::Date) && !self.has(Column::Title))
    }

    /// Whether the table has a fact in each row.
    pub(super) fn is_facts(&self) -> bool {
        self.has(Column::Fact) && self.has(Column::Value)
    }

    /// Whether the table has a name and a value in each row by the heads of its two columns.
    pub(super) fn is_pairs(&self) -> bool {
        use Column::{Fact, Notes, Text, Title, Value};
        matches!(self.columns[..], [Title | Fact, Text | Value | Notes])
    }

    /// Finds the share of traffic in whatever cell of a row states one, but for limits.
    pub(super) fn share(&self, row: &RowText) -> Option<String> {
        let cells = self.columns.iter().zip(&row.cells).filter(|(column, _)| !matches!(column, Column::Threshold | Column::Bake));
        cells.into_iter().find_map(|(_, cell)| super::values::share(&cell.text))
    }

    /// Describes what the rows are, given what the section is about; `None` is prose.
    pub(super) fn kind(&self, section: SectionKind, rows_wanted: bool) -> Option<SectionKind> {
        use SectionKind as Kind;
        if rows_wanted {
            return Some(Kind::Items);
        }
        if self.is_sign_off() {
            return Some(Kind::SignOff);
        }
        if self.is_facts() && section != Kind::Decision {
            return Some(Kind::Fields);
        }
        let stages = self.has(Column::Traffic)
            && (self.has(Column::Bake) || self.has(Column::Stage) || self.has(Column::Threshold))
            || self.has(Column::Stage) && self.has(Column::Bake);
        match section {
            // A form to be ticked is one wherever it stands.
            Kind::SignOff | Kind::Scope | Kind::Conditions | Kind::Risk if self.has(Column::Status) && self.has(Column::Title) => {
                return Some(Kind::Items);
            }
            Kind::Stages if !stages && self.has(Column::Status) && self.has(Column::Title) => return Some(Kind::Items),
            Kind::Stages if !stages && !self.has(Column::Stage) && !self.has(Column::Traffic) => return None,
            Kind::Items | Kind::Decision | Kind::Notes => {}
            _ => return Some(section),
        }
        if stages {
            Some(Kind::Stages)
        } else if self.has(Column::Metric) && self.has(Column::Threshold) {
            Some(Kind::Monitoring)
        } else if self.has(Column::Action) && self.has(Column::Owner) {
            Some(Kind::Actions)
        } else if self.is_item_table() {
            Some(Kind::Items)
        } else if self.has(Column::Change) && self.has(Column::Owner) {
            Some(Kind::Scope)
        } else if section == Kind::Decision && self.is_facts() {
            Some(Kind::Decision)
        } else {
            None
        }
    }

    /// Whether the columns are those of a checklist.
    pub(super) fn is_item_table(&self) -> bool {
        let criteria = self.heads.iter().any(|head| matches!(phrases::normal(head).as_str(), "criteria" | "criterion"));
        criteria || self.boxed || self.has(Column::Status)
    }

    /// Returns the text of a row's cell in the first column of a kind.
    pub(super) fn cell<'a>(&self, row: &'a RowText, column: Column) -> Option<&'a str> {
        let index = self.columns.iter().position(|candidate| *candidate == column)?;
        let text = row.cells.get(index)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Returns what a row is about, and whether its box is ticked where it begins with one.
    pub(super) fn title(&self, row: &RowText) -> Option<(String, bool)> {
        let named = [Column::Title, Column::Action, Column::Text].into_iter().find_map(|column| self.cell(row, column));
        let speaks = |column: &Column| !matches!(column, Column::Status | Column::Owner | Column::Due | Column::Id | Column::Notes);
        let of = |index: usize| row.cells.get(index).map(|cell| cell.text.trim()).filter(|text| !text.is_empty());
        let first = || (0..self.columns.len()).filter(|index| speaks(&self.columns[*index])).find_map(of);
        // Where no column is the one for it, the leftmost that says something names the row.
        let title = if self.has(Column::Title) { named.or_else(first) } else { self.leftmost(row).or(named).or_else(first) };
        let rest = || (0..self.columns.len()).filter(|index| self.columns[*index] != Column::Status).find_map(of);
        let title = title.or_else(rest)?;
        Some(signs::leading_box(title).map_or_else(|| (title.to_owned(), false), |(ticked, rest)| (rest.to_owned(), ticked)))
    }

    /// Returns the first cell of a row where its column is one that may name the row.
    fn leftmost<'a>(&self, row: &'a RowText) -> Option<&'a str> {
        let index = self.columns.iter().position(|column| {
            !matches!(column, Column::Id | Column::Status | Column::Owner | Column::Due | Column::Notes | Column::Date)
        })?;
        row.cells.get(index).map(|cell| cell.text.trim()).filter(|text| !text.is_empty())
    }

    /// Returns a row's cells by column.
    pub(super) fn cells(&self, row: &RowText) -> Vec<Cell> {
        let cells = self.heads.iter().zip(&row.cells);
        cells.map(|(name, cell)| Cell { name: name.clone(), value: cell.text.trim().to_owned() }).collect()
    }

    /// Tells rows of one title apart by the first column in which they differ.
    pub(super) fn distinct(&self, rows: &[&RowText], titles: &mut [String]) {
        let mut by_title: std::collections::BTreeMap<String, Vec<usize>> = std::collections::BTreeMap::new();
        for (index, title) in titles.iter().enumerate() {
            by_title.entry(title.clone()).or_default().push(index);
        }
        for same in by_title.into_values().filter(|same| same.len() > 1) {
            let text = |row: usize, column: usize| rows[row].cells.get(column).map_or("", |cell| cell.text.trim());
            let differs = |column: &usize| {
                let texts: std::collections::BTreeSet<&str> = same.iter().map(|row| text(*row, *column)).collect();
                texts.len() == same.len() && !texts.contains("")
            };
            let usable =
                |column: &usize| !matches!(self.columns[*column], Column::Status | Column::Due | Column::Notes | Column::Date);
            let Some(column) = (0..self.columns.len()).filter(usable).find(differs) else { continue };
            for row in &same {
                titles[*row] = format!("{} ({})", titles[*row], text(*row, column));
            }
        }
    }
}

/// Whether a status calls itself done.
pub(super) fn is_ticked(status: &str) -> bool {
    let text = phrases::normal(status);
    let mut words = text.split(' ');
    let done = matches!(words.next(), Some("done" | "pass" | "passed" | "complete" | "completed" | "go" | "yes" | "ok"));
    // `yes/no` still waits for the answer.
    let open = matches!(words.next(), Some("no" | "nogo" | "fail" | "failed" | "not" | "nok" | "open"));
    status.contains(['✅', '✔', '✓', '☑']) || status.contains("[x]") || done && !open
}
