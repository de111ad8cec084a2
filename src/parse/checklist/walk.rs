//! Walks the blocks of a file from top to bottom and says of each what it is: an item, part of a named section, or prose.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::blocks::{Block, BlockKind, Document, TextLine};
use super::directive::{self, Directive, Place};
use super::facts::Facts;
use super::source::Source;
use super::words;
use crate::model::checklist::{Cell, Choice, Entry, Field, Origin, RegionKind, Section, SectionKind};
use crate::model::ids::Handle;
use crate::model::problem::{Level, Problem};

/// An item before its id, phase and digest are known.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) origin: Origin,
    pub(super) line: u32,
    pub(super) end_line: u32,
    pub(super) span: Range<usize>,
    pub(super) section: Vec<String>,
    pub(super) attributes: BTreeMap<String, directive::Value>,
    pub(super) owner: Option<Handle>,
    pub(super) owner_text: Option<String>,
    pub(super) parent: Option<usize>,
    /// The plain bullet or the leading sentence that it stands below, which tells items of one title apart.
    pub(super) group: Option<String>,
    pub(super) details: Vec<Entry>,
    pub(super) ticked: bool,
    pub(super) choices: Vec<Choice>,
    pub(super) cells: Vec<Cell>,
    /// The sentence before says that it is checked at each stage.
    pub(super) each_stage: bool,
}

/// A heading under which the walk stands.
#[derive(Debug, Clone)]
struct Open {
    level: u8,
    title: String,
    kind: Option<SectionKind>,
    directive: Directive,
    /// The directive is this heading's own and not one of a heading above.
    items_here: bool,
    first_draft: usize,
}

/// What a list entry turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Unseen,
    Item(usize),
    /// Text that belongs to an item.
    Detail(usize),
    Other,
}

/// What the walk has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) drafts: Vec<Draft>,
    pub(super) facts: Facts,
    pub(super) sections: Vec<Section>,
    /// What each line is, from index 0 for line 1; `None` is prose or blank.
    pub(super) lines: Vec<Option<RegionKind>>,
    pub(super) problems: Vec<Problem>,
    /// The first line of text before any heading, which may be the title.
    pub(super) first_line: Option<String>,
}

/// Walks a document.
pub(super) fn walk(source: &Source<'_>, document: &Document) -> Found {
    let mut walk = Walk {
        source,
        document,
        found: Found { lines: vec![None; source.line_count()], ..Found::default() },
        roles: vec![Role::Unseen; document.entries.len()],
        open: vec![Open {
            level: 0,
            title: String::new(),
            kind: None,
            directive: Directive::default(),
            items_here: true,
            first_draft: 0,
        }],
        label: None,
        each_stage: false,
        lead: None,
        texts: vec![String::new(); document.entries.len()],
        line_item: None,
        used_directives: BTreeSet::new(),
    };
    for block in &document.blocks {
        walk.block(block);
    }
    walk.unused_directives();
    walk.found
}

struct Walk<'a, 's> {
    source: &'a Source<'s>,
    document: &'a Document,
    found: Found,
    roles: Vec<Role>,
    open: Vec<Open>,
    /// What the sentence before a list says that the list is.
    label: Option<SectionKind>,
    each_stage: bool,
    /// The sentence before a list, where it ends with a colon.
    lead: Option<String>,
    /// The text of each list entry that is no item.
    texts: Vec<String>,
    /// The item without a bullet to which the bullets below belong.
    line_item: Option<usize>,
    used_directives: BTreeSet<usize>,
}

impl Walk<'_, '_> {
    fn claim(&mut self, from: u32, to: u32, kind: RegionKind) {
        for line in from..=to {
            if let Some(slot) = self.found.lines.get_mut((line as usize).saturating_sub(1)) {
                slot.get_or_insert(kind);
            }
        }
    }

    /// Reports every directive that nothing has taken up, so that none is lost in silence.
    fn unused_directives(&mut self) {
        for block in &self.document.blocks {
            let html =
                matches!(block.kind, BlockKind::Html).then(|| super::skipped::comments(&self.source.text[block.span.clone()]));
            let html = html.unwrap_or_default().into_iter().map(|c| block.span.start + c.start..block.span.start + c.end);
            for comment in block.comments.iter().cloned().chain(html) {
                let text = &self.source.text[comment.clone()];
                if directive::is_directive(text) && !self.used_directives.contains(&comment.start) {
                    let message = "the directive belongs to nothing";
                    let problem = self.source.problem(Level::Error, "directive-misplaced", comment, message);
                    self.found
                        .problems
                        .push(problem.hint("put it at the end of an item's line, or on a line of its own below a heading"));
                }
            }
        }
    }

    /// Returns the first and last line of a span, trailing blank lines left out.
    fn lines_of(&self, span: &Range<usize>) -> (u32, u32) {
        let text = &self.source.text[span.clone()];
        let end = span.start + text.trim_end().len();
        (self.source.line(span.start), self.source.line(end.saturating_sub(1).max(span.start)))
    }

    fn block(&mut self, block: &Block) {
        if let Some(entry) = block.entry {
            self.entry_block(entry, block);
            return;
        }
        match &block.kind {
            BlockKind::Heading { level, text, .. } => self.heading(*level, text, block),
            BlockKind::Paragraph(lines) => self.paragraph(lines, block),
            BlockKind::Table { head, rows } => {
                self.line_item = None;
                self.table(head, rows, block);
                self.label = None;
                self.each_stage = false;
            }
            BlockKind::Html => self.html(block),
            BlockKind::Code => {
                let (first, last) = self.lines_of(&block.span);
                self.claim(first, last, RegionKind::Code);
            }
            BlockKind::Rule => {
                self.line_item = None;
                self.label = None;
            }
        }
    }

    fn push_section(&mut self, level: u8, title: &str, span: &Range<usize>) {
        let kind = words::section(title);
        while self.open.last().is_some_and(|open| open.level >= level) && self.open.len() > 1 {
            self.open.pop();
        }
        let first_draft = self.found.drafts.len();
        self.open.push(Open {
            level,
            title: title.to_owned(),
            kind,
            directive: Directive::default(),
            items_here: false,
            first_draft,
        });
        self.line_item = None;
        self.label = None;
        self.lead = None;
        self.each_stage = false;
        let line = self.source.line(span.start);
        self.found.sections.push(Section { title: title.to_owned(), level, kind: self.kind(), line });
        if kind == Some(SectionKind::Risk) {
            self.found.facts.risk_heading(title, line);
        }
    }

    fn heading(&mut self, level: u8, text: &str, block: &Block) {
        let (first, last) = self.lines_of(&block.span);
        self.claim(first, last, RegionKind::Heading);
        self.push_section(level, text, &block.span);
        for comment in block.comments.clone() {
            self.section_directive(comment);
        }
    }

    /// Merges a directive into the innermost section.
    fn section_directive(&mut self, comment: Range<usize>) {
        if !directive::is_directive(&self.source.text[comment.clone()]) {
            return;
        }
        self.used_directives.insert(comment.start);
        let read = directive::read(self.source, comment, Place::Section, &mut self.found.problems);
        let Some(open) = self.open.last_mut() else { return };
        if let Some(kind) = read.values.get("section").and_then(|value| directive::section_kind(&value.text)) {
            open.kind = Some(kind);
            if let Some(section) = self.found.sections.last_mut() {
                section.kind = kind;
            }
        }
        open.items_here |= read.values.contains_key("items");
        open.directive.values.extend(read.values);
    }

    fn html(&mut self, block: &Block) {
        let (first, last) = self.lines_of(&block.span);
        let text = &self.source.text[block.span.clone()];
        let mut directive_found = false;
        for comment in super::skipped::comments(text) {
            let comment = block.span.start + comment.start..block.span.start + comment.end;
            if directive::is_directive(&self.source.text[comment.clone()]) {
                directive_found = true;
                self.section_directive(comment);
            }
        }
        self.claim(first, last, if directive_found { RegionKind::Directive } else { RegionKind::Comment });
    }

    /// What the text here is about: the label of the list, or the nearest heading that says it.
    fn kind(&self) -> SectionKind {
        self.label.or_else(|| self.open.iter().rev().find_map(|open| open.kind)).unwrap_or(SectionKind::Items)
    }

    /// What `items=` asks for here.
    fn items_mode(&self) -> Option<&str> {
        let at = self.open.iter().rposition(|open| open.directive.values.contains_key("items"))?;
        // Reading matter and named sections take part only where the directive is their own.
        let named =
            self.open[at + 1..].iter().any(|open| open.kind.is_some_and(|kind| kind != SectionKind::Items)) || self.label.is_some();
        if named { None } else { self.open[at].directive.values.get("items").map(|value| value.text.as_str()) }
    }

    fn in_header(&self) -> bool {
        self.found.drafts.is_empty() && self.open.iter().all(|open| open.level < 2)
    }

    fn section_path(&self) -> Vec<String> {
        self.open.iter().skip(1).map(|open| open.title.clone()).collect()
    }

    /// Makes an item with what the sections above say about it.
    fn draft(&self, title: String, origin: Origin, span: Range<usize>, end_line: u32) -> Draft {
        let mut attributes = BTreeMap::new();
        for open in &self.open {
            for (name, value) in &open.directive.values {
                if directive::ATTRIBUTES.iter().any(|(known, _)| known == name) {
                    attributes.insert(name.clone(), value.clone());
                }
            }
        }
        Draft {
            title,
            origin,
            line: self.source.line(span.start),
            end_line,
            span,
            section: self.section_path(),
            attributes,
            owner: None,
            owner_text: None,
            parent: None,
            group: self.lead.clone(),
            details: Vec::new(),
            ticked: false,
            choices: Vec::new(),
            cells: Vec::new(),
            each_stage: self.each_stage,
        }
    }

    /// Applies the directives among some comments to an item.
    fn item_directives(&mut self, draft: usize, comments: &[Range<usize>]) {
        for comment in comments {
            if !directive::is_directive(&self.source.text[comment.clone()]) {
                continue;
            }
            self.used_directives.insert(comment.start);
            let read = directive::read(self.source, comment.clone(), Place::Item, &mut self.found.problems);
            self.found.drafts[draft].attributes.extend(read.values);
        }
    }

    fn paragraph(&mut self, lines: &[TextLine], block: &Block) {
        self.text_lines(lines);
        // A directive within a paragraph speaks of the item on its line, and else of the section.
        for comment in &block.comments {
            let line = self.source.line(comment.start);
            match self.found.drafts.iter().rposition(|draft| draft.line == line) {
                Some(draft) => self.item_directives(draft, std::slice::from_ref(comment)),
                None => self.section_directive(comment.clone()),
            }
        }
        if block.comments.iter().any(|comment| directive::is_directive(&self.source.text[comment.clone()])) && lines.is_empty() {
            let (first, last) = self.lines_of(&block.span);
            self.claim(first, last, RegionKind::Directive);
        }
    }

    /// Reads lines of text that no list entry holds.
    fn text_lines(&mut self, lines: &[TextLine]) {
        self.label = None;
        self.lead = None;
        self.each_stage = lines.iter().any(|line| words::at_each_stage(&line.text));
        for (index, line) in lines.iter().enumerate() {
            let next = lines.get(index + 1);
            if self.found.first_line.is_none() && self.found.sections.is_empty() {
                self.found.first_line = Some(line.text.trim().to_owned());
            }
            if is_boxed(line) {
                self.boxed_line(line);
            } else if is_pseudo_heading(line, next) {
                let number = self.source.line(line.span.start);
                self.claim(number, number, RegionKind::Heading);
                self.push_section(7, line.text.trim(), &line.span);
            } else if index > 0 && self.line_item.is_some() {
                self.detail(line);
            } else {
                self.line_item = None;
                self.plain_line(line, next.is_none());
            }
        }
    }

    /// Adds a line to the open item without a bullet.
    fn detail(&mut self, line: &TextLine) {
        let number = self.source.line(line.span.start);
        if let Some(draft) = self.line_item.map(|item| &mut self.found.drafts[item]) {
            draft.details.push(Entry { text: line.text.trim().to_owned(), line: number });
            draft.end_line = draft.end_line.max(number);
        }
        self.claim(number, number, RegionKind::Item);
    }

    /// Reads a line that begins with a box or holds several.
    fn boxed_line(&mut self, line: &TextLine) {
        let number = self.source.line(line.span.start);
        let text = line.text.trim();
        let (title, choices) = words::choices(text);
        if choices.len() > 1 {
            let kind = self.kind();
            let title =
                if title.is_empty() { choices.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join(" / ") } else { title };
            if let Some(region) = self.found.facts.choice_line(kind, &title, &choices, number) {
                self.claim(number, number, region);
                return;
            }
            let mut draft = self.draft(title, Origin::Choice, line.span.clone(), number);
            draft.ticked = choices.iter().any(|choice| choice.ticked);
            draft.choices = choices;
            self.found.drafts.push(draft);
            self.line_item = None;
        } else if let Some((ticked, rest)) = words::leading_box(text) {
            let mut draft = self.draft(without_number(rest).to_owned(), Origin::Line, line.span.clone(), number);
            draft.ticked = ticked;
            self.line_item = Some(self.found.drafts.len());
            self.found.drafts.push(draft);
        }
        self.claim(number, number, RegionKind::Item);
    }

    /// Reads a line that may name a value or lead to a list.
    fn plain_line(&mut self, line: &TextLine, last: bool) {
        let number = self.source.line(line.span.start);
        let text = line.text.trim();
        if last && text.ends_with(':') {
            self.lead = Some(text.trim_end_matches(':').to_owned());
            self.label = words::section(text);
            if let Some(region) = self.label.and_then(directive::region_of) {
                self.claim(number, number, region);
            }
            return;
        }
        if let Some((name, value)) = words::named_value(text) {
            self.value(name, value, line.bold, number);
        }
    }

    /// Files a named value where it belongs, if it is one.
    fn value(&mut self, name: &str, value: &str, bold: bool, line: u32) -> bool {
        let kind = self.kind();
        let header = self.in_header();
        let field = Field { name: name.trim().to_owned(), value: blank_line_removed(value).to_owned(), line };
        let region = self.found.facts.named_value(kind, header, bold, field);
        if words::normal(name) == "owner" && bold && !header {
            self.section_owner(value);
        }
        match region {
            Some(region) => {
                self.claim(line, line, region);
                true
            }
            None => false,
        }
    }

    /// Returns the owner of a whole section to its items that name none.
    fn section_owner(&mut self, value: &str) {
        let Some(first) = self.open.last().map(|open| open.first_draft) else { return };
        let (owner, owner_text) = words::owner(value);
        for draft in &mut self.found.drafts[first..] {
            if draft.owner.is_none() && draft.owner_text.is_none() {
                draft.owner.clone_from(&owner);
                draft.owner_text.clone_from(&owner_text);
            }
        }
    }

    /// Reads a block inside a list entry.
    fn entry_block(&mut self, entry: usize, block: &Block) {
        let mut chain = Vec::new();
        let mut at = Some(entry);
        while let Some(index) = at {
            if self.roles[index] == Role::Unseen {
                chain.push(index);
            }
            at = self.document.entries[index].parent;
        }
        let none = Vec::new();
        let lines = match &block.kind {
            BlockKind::Paragraph(lines) => lines,
            _ => &none,
        };
        let mut first = false;
        for index in chain.into_iter().rev() {
            first = index == entry;
            self.start_entry(index, if first { lines } else { &none }, block);
        }
        let rest = if first { &lines[self.own_lines(entry, lines)..] } else { lines };
        match self.roles[entry] {
            Role::Item(draft) | Role::Detail(draft) => {
                self.item_directives(draft, &block.comments);
                if let BlockKind::Html = block.kind {
                    let comments = super::skipped::comments(&self.source.text[block.span.clone()]);
                    let comments: Vec<_> =
                        comments.into_iter().map(|c| block.span.start + c.start..block.span.start + c.end).collect();
                    self.item_directives(draft, &comments);
                }
                if !first {
                    for line in lines {
                        let number = self.source.line(line.span.start);
                        self.found.drafts[draft].details.push(Entry { text: line.text.trim().to_owned(), line: number });
                    }
                }
            }
            _ => match &block.kind {
                BlockKind::Code => {
                    let (first, last) = self.lines_of(&block.span);
                    self.claim(first, last, RegionKind::Code);
                }
                BlockKind::Html => {
                    let (first, last) = self.lines_of(&block.span);
                    self.claim(first, last, RegionKind::Comment);
                }
                _ => {}
            },
        }
        if first && let [line, ..] = rest {
            if is_boxed(line) || is_pseudo_heading(line, rest.get(1)) {
                self.text_lines(rest);
            } else {
                let number = self.source.line(line.span.start);
                self.claim(number, number, RegionKind::Heading);
                self.push_section(7, line.text.trim(), &line.span);
            }
        }
    }

    /// Counts the lines of an entry's first paragraph that are the entry's own.
    ///
    /// Markdown lets a paragraph run on without indentation, so that a heading or box written directly below a list
    /// is text of its last entry; by what they say they are not.
    fn own_lines(&self, entry: usize, lines: &[TextLine]) -> usize {
        let column = |offset: usize| offset - self.source.line_span(self.source.line(offset)).start;
        let indent = column(self.document.entries[entry].span.start);
        lines
            .iter()
            .enumerate()
            .skip(1)
            .find(|(index, line)| {
                let heading =
                    || is_pseudo_heading(line, lines.get(index + 1)) || runs_on(&lines[index - 1], line, lines.get(index + 1));
                column(line.span.start) <= indent && (is_boxed(line) || heading())
            })
            .map_or(lines.len(), |(index, _)| index)
    }

    /// Decides what a list entry is when its first block is read.
    fn start_entry(&mut self, index: usize, lines: &[TextLine], block: &Block) {
        let entry = &self.document.entries[index];
        let own = &lines[..self.own_lines(index, lines)];
        let text = own.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ");
        let (first, mut last) = self.lines_of(&entry.span);
        if own.len() < lines.len() {
            last = own.last().map_or(first, |line| self.source.line(line.span.start));
        }
        let above = self.item_above(entry.parent);
        if let Some(ticked) = entry.task {
            self.line_item = None;
            let (title, choices) = words::choices(&text);
            // The parser has taken the first box away, so one more makes a choice.
            let several = !choices.is_empty();
            let origin = if several { Origin::Choice } else { Origin::Task };
            let mut draft = self.draft(text.clone(), origin, entry.span.start..block.span.end.max(entry.span.start), last);
            draft.parent = above;
            if let Some(parent) = entry.parent.filter(|_| above.is_none()) {
                draft.group = Some(self.texts[parent].clone());
            }
            draft.ticked = ticked;
            if several {
                draft.choices = std::iter::once(Choice { text: title.trim_end_matches(['/', '|']).trim().to_owned(), ticked })
                    .chain(choices)
                    .collect();
                draft.title = draft.choices.iter().map(|choice| choice.text.as_str()).collect::<Vec<_>>().join(" / ");
            }
            if self.kind() == SectionKind::Monitoring {
                // It is both: something to confirm, and something that is watched.
                self.found.facts.list_entry(SectionKind::Monitoring, &draft.title, first);
            }
            self.roles[index] = Role::Item(self.found.drafts.len());
            self.found.drafts.push(draft);
            self.claim(first, last, RegionKind::Item);
            return;
        }
        let owner = above.or(if entry.parent.is_none() { self.line_item } else { None });
        let owner = owner.or_else(|| match entry.parent.map(|parent| self.roles[parent]) {
            Some(Role::Detail(draft)) => Some(draft),
            _ => None,
        });
        if let Some(draft) = owner {
            self.roles[index] = Role::Detail(draft);
            self.texts[index].clone_from(&text);
            let number = own.first().map_or(first, |line| self.source.line(line.span.start));
            self.found.drafts[draft].details.push(Entry { text, line: number });
            if self.found.drafts[draft].origin == Origin::Line {
                self.found.drafts[draft].end_line = self.found.drafts[draft].end_line.max(last);
            }
            self.claim(first, last, RegionKind::Item);
            return;
        }
        self.roles[index] = Role::Other;
        self.texts[index].clone_from(&text);
        if text.is_empty() {
            return;
        }
        let boxed = own.first().filter(|line| own.len() == 1 && words::choices(&line.text).1.len() > 1);
        if let Some(line) = boxed {
            self.boxed_line(line);
            return;
        }
        if self.items_mode() == Some("bullets") {
            let draft = self.draft(text, Origin::Bullet, entry.span.start..block.span.end.max(entry.span.start), last);
            self.roles[index] = Role::Item(self.found.drafts.len());
            self.found.drafts.push(draft);
            self.claim(first, last, RegionKind::Item);
            return;
        }
        let bold = own.first().is_some_and(|line| line.bold);
        let end = own.last().map_or(first, |line| self.source.line(line.span.start));
        let kind = self.kind();
        if let Some(region) = self.found.facts.list_entry(kind, &text, first) {
            self.claim(first, end, region);
        } else if let Some((name, value)) = words::named_value(&text)
            && self.value(name, value, bold, first)
        {
            self.claim(first, end, RegionKind::Field);
        }
    }

    /// Returns the nearest item that an entry stands below.
    fn item_above(&self, mut parent: Option<usize>) -> Option<usize> {
        while let Some(index) = parent {
            if let Role::Item(draft) = self.roles[index] {
                return Some(draft);
            }
            parent = self.document.entries[index].parent;
        }
        None
    }

    fn table(&mut self, head: &super::blocks::RowText, rows: &[super::blocks::RowText], block: &Block) {
        let kind = self.kind();
        let rows_wanted = self.items_mode() == Some("rows");
        let table = super::tables::Table::new(head, rows);
        let (first, last) = self.lines_of(&block.span);
        let table_kind = table.kind(kind, rows_wanted);
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
        for row in rows {
            let line = self.source.line(row.span.start);
            let Some(title) = table.title(row) else { continue };
            let mut draft = self.draft(title, Origin::Row, row.span.clone(), line);
            (draft.owner, draft.owner_text) = words::owner(table.cell(row, words::Column::Owner).unwrap_or_default());
            draft.ticked = table.cell(row, words::Column::Status).is_some_and(super::tables::is_ticked);
            draft.cells = table.cells(row);
            let index = self.found.drafts.len();
            self.found.drafts.push(draft);
            // The Markdown parser drops what stands after the last column, so the row's own bytes are searched.
            let span = self.source.line_span(line);
            let comments = super::skipped::comments(&self.source.text[span.clone()]);
            let comments: Vec<_> = comments.into_iter().map(|c| span.start + c.start..span.start + c.end).collect();
            self.item_directives(index, &comments);
        }
        self.claim(first, last, RegionKind::Item);
    }
}

/// Whether a line begins with a box, or holds several.
fn is_boxed(line: &TextLine) -> bool {
    let text = line.text.trim();
    line.literal && (words::leading_box(text).is_some() || words::choices(text).1.len() > 1)
}

fn is_pseudo_heading(line: &TextLine, next: Option<&TextLine>) -> bool {
    let Some(next) = next else { return false };
    line.literal
        && words::looks_like_heading(&line.text)
        && (is_boxed(next) && words::leading_box(next.text.trim()).is_some()
            || words::section(&line.text).is_some_and(|kind| kind != SectionKind::Notes))
}

/// Whether the last line of an entry is no part of it but the heading of what follows.
///
/// It is short and begins with a capital, and the line before had room for its first word, so nobody wrapped it there.
fn runs_on(before: &TextLine, line: &TextLine, next: Option<&TextLine>) -> bool {
    let text = line.text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    next.is_none()
        && line.literal
        && text.chars().next().is_some_and(char::is_uppercase)
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '&' | ',' | '\''))
        && text.split_whitespace().count() <= 5
        && before.text.trim().chars().count() + first.chars().count() < 66
        && !before.text.trim_end().ends_with([',', '-', '(', '/', '&', ':'])
}

/// Strips `3. ` from the front of a title.
fn without_number(text: &str) -> &str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix(['.', ')']) {
        Some(rest) if digits > 0 && rest.starts_with(' ') => rest.trim(),
        _ => text,
    }
}

/// Returns a value, or nothing where it is a line to write on.
fn blank_line_removed(value: &str) -> &str {
    if value.chars().all(|c| matches!(c, '_' | ' ' | '.')) { "" } else { value.trim() }
}
