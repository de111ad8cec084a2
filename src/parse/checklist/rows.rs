//! The rows of tables: items, or what a section is made of.

use std::ops::Range;

use super::blocks::RowText;
use super::directive;
use super::facts::Standing;
use super::lexicon;
use super::names;
use super::walk::Walk;
use crate::model::checklist::{Origin, RegionKind, SectionKind};

impl Walk<'_, '_> {
    /// Reads a table that its columns do not explain: facts where the file begins, and who is on call anywhere.
    fn facts_of(&mut self, head: &RowText, rows: &[&RowText], is_pairs: bool) {
        // A head that holds a value is a row like the others, and an empty one is left out of sight.
        let is_named = matches!(&head.cells[..], [name, value] if name.bold && !value.bold && !value.text.is_empty());
        let is_row = head.is_fact || is_named || head.cells.get(1).is_some_and(|cell| cell.code);
        let is_plain = is_row || is_pairs || head.cells.iter().all(|cell| cell.text.trim().is_empty());
        let in_header = is_plain && head.cells.len() == 2 && self.standing(head.span.start) == Standing::Header;
        for row in std::iter::once(&head).filter(|_| is_row).chain(rows) {
            let (line, end) = self.lines_of(&row.span);
            if in_header && self.found.facts.fact_row(row, line) {
                self.claim(line, end, RegionKind::Field);
            } else if self.found.facts.on_call_row(row, line) {
                self.claim(line, end, RegionKind::OnCall);
            }
        }
    }

    /// Reads a table by what its section and its columns say.
    pub(super) fn table(&mut self, head: &RowText, rows: &[&RowText], span: &Range<usize>) {
        let kind = self.kind();
        let rows_wanted = self.items_mode() == Some("rows");
        let owned: Vec<RowText> = rows.iter().map(|row| (*row).clone()).collect();
        let table = super::tables::Table::new(head, &owned);
        let (first, last) = self.lines_of(span);
        for row in rows {
            if let Some(condition) = table.cell(row, lexicon::Column::Trigger) {
                let about = table.title(row).map_or_else(String::new, |(title, _)| format!("{title}: "));
                let line = self.source.line(row.span.start);
                self.found.facts.trigger(&format!("{about}{condition}"), line);
            }
        }
        let table_kind = table.kind(kind, rows_wanted);
        if table_kind.is_none() {
            self.facts_of(head, rows, table.is_pairs());
        }
        let Some(table_kind) = table_kind.filter(|kind| *kind != SectionKind::Items || self.items_mode() != Some("none")) else {
            return;
        };
        if table_kind != SectionKind::Items {
            for row in rows {
                let line = self.source.line(row.span.start);
                self.found.facts.table_row(table_kind, &table, row, line);
            }
            if let Some(region) = directive::region_of(table_kind) {
                self.claim(first, last, region);
            }
            return;
        }
        let titled: Vec<(&RowText, String, bool)> =
            rows.iter().filter_map(|row| table.title(row).map(|(title, ticked)| (*row, title, ticked))).collect();
        let mut titles: Vec<String> = titled.iter().map(|(_, title, _)| title.clone()).collect();
        table.distinct(&titled.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), &mut titles);
        for ((row, _, ticked), title) in titled.into_iter().zip(titles) {
            let (line, end) = self.lines_of(&row.span);
            if kind == SectionKind::SignOff && table.has(lexicon::Column::Date) {
                self.found.facts.table_row(kind, &table, row, line);
            }
            let mut draft = self.draft(title, Origin::Row, row.span.clone(), end);
            (draft.owner, draft.owner_text) = names::owner(table.cell(row, lexicon::Column::Owner).unwrap_or_default());
            draft.ticked = ticked || table.cell(row, lexicon::Column::Status).is_some_and(super::tables::is_ticked);
            draft.cells = table.cells(row);
            let index = self.found.drafts.len();
            self.found.drafts.push(draft);
            // The Markdown parser drops what stands after the last column, so the row's own bytes are searched.
            self.item_directives(index, &super::skipped::comments(self.source, &self.source.line_span(line)));
        }
        self.claim(first, last, RegionKind::Item);
    }
}
