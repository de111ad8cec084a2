//! Tables: what their columns hold, and so what their rows are.

use super::blocks::RowText;
use super::words::{self, Column};
use crate::model::checklist::{Cell, SectionKind};

/// A table with the meaning of its columns.
pub(super) struct Table {
    heads: Vec<String>,
    columns: Vec<Column>,
}

impl Table {
    /// Looks at the heads of a table's columns; a table without rows is still one.
    pub(super) fn new(head: &RowText, _rows: &[RowText]) -> Self {
        let heads: Vec<_> = head.cells.iter().map(|cell| cell.text.trim().to_owned()).collect();
        let columns = heads.iter().map(|head| words::column(head)).collect();
        Self { heads, columns }
    }

    fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    /// Describes what the rows are, given what the section is about; `None` is prose.
    pub(super) fn kind(&self, section: SectionKind, rows_wanted: bool) -> Option<SectionKind> {
        use SectionKind as Kind;
        match section {
            Kind::Monitoring
            | Kind::Actions
            | Kind::Scope
            | Kind::Stages
            | Kind::Triggers
            | Kind::Procedure
            | Kind::KnownIssues => {
                return Some(section);
            }
            Kind::Communication
            | Kind::Conditions
            | Kind::OnCall
            | Kind::TestSummary
            | Kind::Fields
            | Kind::SignOff
            | Kind::Risk => {
                return Some(section);
            }
            Kind::Items | Kind::Decision | Kind::Notes => {}
        }
        if self.has(Column::Stage) && (self.has(Column::Traffic) || self.has(Column::Bake)) {
            Some(Kind::Stages)
        } else if self.has(Column::Metric) && self.has(Column::Threshold) {
            Some(Kind::Monitoring)
        } else if self.has(Column::Action) && self.has(Column::Owner) {
            Some(Kind::Actions)
        } else if rows_wanted || self.is_item_table() {
            Some(Kind::Items)
        } else if self.has(Column::Change) && self.has(Column::Owner) {
            Some(Kind::Scope)
        } else {
            None
        }
    }

    /// Whether the columns are those of a checklist.
    pub(super) fn is_item_table(&self) -> bool {
        let criteria = self.heads.iter().any(|head| matches!(words::normal(head).as_str(), "criteria" | "criterion"));
        criteria || self.has(Column::Status)
    }

    /// Returns the text of a row's cell in the first column of a kind.
    pub(super) fn cell<'a>(&self, row: &'a RowText, column: Column) -> Option<&'a str> {
        let index = self.columns.iter().position(|candidate| *candidate == column)?;
        let text = row.cells.get(index)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Returns what a row is about: its title column, or else the first that says something.
    pub(super) fn title(&self, row: &RowText) -> Option<String> {
        if let Some(title) = self.cell(row, Column::Title).or_else(|| self.cell(row, Column::Action)) {
            return Some(title.to_owned());
        }
        let speaks = |column: &Column| !matches!(column, Column::Status | Column::Owner | Column::Due);
        let index = (0..self.columns.len()).find(|index| {
            speaks(&self.columns[*index]) && row.cells.get(*index).is_some_and(|cell| !cell.text.trim().is_empty())
        })?;
        Some(row.cells[index].text.trim().to_owned())
    }

    /// Returns a row's cells by column.
    pub(super) fn cells(&self, row: &RowText) -> Vec<Cell> {
        let cells = self.heads.iter().zip(&row.cells);
        cells.map(|(name, cell)| Cell { name: name.clone(), value: cell.text.trim().to_owned() }).collect()
    }
}

/// Whether a status calls itself done.
pub(super) fn is_ticked(status: &str) -> bool {
    let text = words::normal(status);
    status.contains(['✅', '✔', '✓', '☑'])
        || status.contains("[x]")
        || matches!(text.split(' ').next(), Some("done" | "pass" | "passed" | "complete" | "completed" | "go" | "yes" | "ok"))
            && !text.starts_with("go no")
}
