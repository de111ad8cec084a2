//! Walks the blocks of a file from top to bottom and says of each what it is: an item, part of a named section, or prose.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::blocks::{Block, BlockKind, Document, RowText};
use super::course;
use super::directive::{self, Directive, Place};
use super::facts::{Facts, Standing};
use super::names;
use super::phrases;
use super::source::Source;
use super::words::{self, When};
use crate::model::checklist::{Cell, Choice, Entry, Origin, RegionKind, Section, SectionKind};
use crate::model::ids::Handle;
use crate::model::problem::{Level, Problem};
use crate::model::record::Phase;

/// An item before its id, phase and digest are known.
#[derive(Debug, Clone, Default)]
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
    /// What headings and sentences say of when it is due.
    pub(super) phase: Option<Phase>,
    /// The stage under whose heading it stands, by its place among the stages.
    pub(super) stage: Option<usize>,
    /// The role that the line above names.
    pub(super) role: Option<String>,
}

impl Draft {
    /// Gives it the owner that its text names.
    pub(super) fn take_owner(&mut self) {
        if self.owner.is_none()
            && self.owner_text.is_none()
            && let Some(name) = names::owner_in_text(&self.title)
        {
            (self.owner, self.owner_text) = names::owner(name);
        }
    }
}

/// A heading under which the walk stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    pub(super) level: u8,
    pub(super) title: String,
    pub(super) kind: Option<SectionKind>,
    pub(super) directive: Directive,
    pub(super) first_draft: usize,
    /// When its items are due, as it says itself.
    pub(super) phase: Option<Phase>,
    /// The stage that it is the heading of.
    pub(super) stage: Option<usize>,
    /// It is a step of rolling back itself, and what stands below explains it.
    pub(super) is_step: bool,
}

/// The level of a heading that is only a line in bold print, or a line above boxes: any real heading ends it.
pub(super) const BOLD: u8 = 7;

/// What a list entry turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
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
    /// The lines of tasks that say when to roll back, and so are no items.
    pub(super) triggers_with_boxes: Vec<u32>,
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
        open: vec![Open::default()],
        label: None,
        lead: None,
        lead_phase: None,
        beside: BTreeMap::new(),
        footer: footer(document),
        texts: vec![String::new(); document.entries.len()],
        kinds: vec![None; document.entries.len()],
        triggers_of: None,
        line_item: None,
        used_directives: BTreeSet::new(),
    };
    for block in &document.blocks {
        walk.block(block);
    }
    walk.unused_directives();
    walk.found
}

/// Finds where the paragraphs begin that close a file below its last rule.
fn footer(document: &Document) -> usize {
    for block in document.blocks.iter().rev() {
        match &block.kind {
            BlockKind::Rule if block.entry.is_none() => return block.span.end,
            BlockKind::Paragraph(_) if block.entry.is_none() => {}
            BlockKind::Html => {}
            _ => break,
        }
    }
    usize::MAX
}

pub(super) struct Walk<'a, 's> {
    pub(super) source: &'a Source<'s>,
    pub(super) document: &'a Document,
    pub(super) found: Found,
    pub(super) roles: Vec<Role>,
    pub(super) open: Vec<Open>,
    /// What the sentence before a list says that the list is.
    pub(super) label: Option<SectionKind>,
    /// The sentence before a list, where it ends with a colon.
    pub(super) lead: Option<String>,
    /// When that sentence says that its list is due.
    pub(super) lead_phase: Option<Phase>,
    /// The levels at which a heading stands that says "pre" or "before" of the release.
    pub(super) beside: BTreeMap<u8, bool>,
    /// Where the closing paragraphs begin.
    pub(super) footer: usize,
    /// The text of each list entry that is no item.
    pub(super) texts: Vec<String>,
    /// What a list entry that ends with a colon says that its list is.
    pub(super) kinds: Vec<Option<SectionKind>>,
    /// The item of whose details those that state a limit are triggers, as the one above them says.
    pub(super) triggers_of: Option<usize>,
    /// The item without a bullet to which the bullets below belong.
    pub(super) line_item: Option<usize>,
    pub(super) used_directives: BTreeSet<usize>,
}

impl Walk<'_, '_> {
    pub(super) fn claim(&mut self, from: u32, to: u32, kind: RegionKind) {
        for line in from..=to {
            if let Some(slot) = self.found.lines.get_mut((line as usize).saturating_sub(1)) {
                slot.get_or_insert(kind);
            }
        }
    }

    /// Reports every directive that nothing has taken up, so that none is lost in silence.
    fn unused_directives(&mut self) {
        for block in &self.document.blocks {
            let is_html = matches!(block.kind, BlockKind::Html);
            let html = if is_html { super::skipped::comments(self.source, &block.span) } else { Vec::new() };
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
    pub(super) fn lines_of(&self, span: &Range<usize>) -> (u32, u32) {
        let text = &self.source.text[span.clone()];
        let end = span.start + text.trim_end().len();
        (self.source.line(span.start), self.source.line(end.saturating_sub(1).max(span.start)))
    }

    fn block(&mut self, block: &Block) {
        let known = self.found.facts.stated.triggers.len();
        if let Some(entry) = block.entry {
            self.entry_block(entry, block);
        } else {
            self.top_block(block);
        }
        self.lasting(known);
    }

    /// Gives new triggers the span of time that their heading says, such as `Warnings (5-minute grace period)`.
    fn lasting(&mut self, known: usize) {
        let triggers = self.found.facts.stated.triggers.iter_mut().skip(known).filter(|trigger| trigger.duration.is_none());
        let mut triggers = triggers.peekable();
        if triggers.peek().is_none() {
            return;
        }
        let limits = self.open.last().map(|open| super::limits::limits(&open.title)).unwrap_or_default();
        for trigger in triggers.filter(|_| limits.all.is_empty()) {
            trigger.duration.clone_from(&limits.duration);
            trigger.limits.duration.clone_from(&limits.duration);
            trigger.limits.seconds = limits.seconds;
        }
    }

    fn top_block(&mut self, block: &Block) {
        match &block.kind {
            BlockKind::Heading { level, text, .. } => self.heading(*level, text, block),
            BlockKind::Paragraph(lines) => self.paragraph(lines, block),
            BlockKind::Table { head, rows } => {
                self.line_item = None;
                let rows: Vec<&RowText> = rows.iter().collect();
                self.table(head, &rows, &block.span);
                self.label = None;
                self.lead_phase = None;
            }
            BlockKind::Html => self.html(block),
            BlockKind::Code => {
                let (first, last) = self.lines_of(&block.span);
                let kind = match self.kind() {
                    SectionKind::Procedure if !self.is_explained() && self.code_step(&block.span, first) => RegionKind::Procedure,
                    SectionKind::Triggers if self.code_triggers(first, last) => RegionKind::Trigger,
                    _ => RegionKind::Code,
                };
                self.claim(first, last, kind);
            }
            BlockKind::Rule => {
                self.line_item = None;
                self.label = None;
                self.lead_phase = None;
            }
        }
    }

    /// Files a block of code as a step of rolling back, by its first command.
    fn code_step(&mut self, span: &Range<usize>, line: u32) -> bool {
        let is_command = |line: &&str| !line.is_empty() && !line.starts_with(['#', '`', '~']) && !line.starts_with("//");
        let text = self.source.text[span.clone()].lines().map(str::trim).find(is_command);
        if let Some(text) = text {
            self.found.facts.stated.procedure.push(course::step(text, line));
        }
        text.is_some()
    }

    /// Files the conditions in a block of code, each with the comment above it.
    fn code_triggers(&mut self, first: u32, last: u32) -> bool {
        let mut comment = None;
        let mut found = false;
        for number in first..=last {
            let text = self.source.line_text(number).trim();
            if let Some(about) = text.strip_prefix('#').or_else(|| text.strip_prefix("//")) {
                comment = Some(about.trim().to_owned());
            } else if text.contains(['<', '>']) {
                let text = comment.take().map_or_else(|| text.to_owned(), |about| format!("{about}: {text}"));
                self.found.facts.trigger(&text, number);
                found = true;
            }
        }
        found
    }

    pub(super) fn push_section(&mut self, level: u8, title: &str, span: &Range<usize>) {
        while self.open.last().is_some_and(|open| open.level >= level) && self.open.len() > 1 {
            self.open.pop();
        }
        let line = self.source.line(span.start);
        // The title of the whole file says of no list what it is.
        let is_title = level == 1 && self.found.sections.is_empty();
        let mut kind = words::section(title).filter(|kind| !is_title || matches!(kind, SectionKind::Risk | SectionKind::Notes));
        if kind.is_none()
            && words::is_procedure(title)
            && self.open.iter().any(|open| words::is_rollback(&phrases::canon(&open.title)))
        {
            kind = Some(SectionKind::Procedure);
        }
        // Numbered headings of a procedure are its steps.
        let in_procedure = self.open.iter().rev().find_map(|open| open.kind) == Some(SectionKind::Procedure);
        let is_step = kind.is_none() && in_procedure && words::is_numbered(title);
        if is_step {
            self.found.facts.stated.procedure.push(course::step(title, line));
        }
        let phase = self.phase_of(level, title).filter(|_| !is_title);
        let stage = if is_title { None } else { self.stage_heading(title, line) };
        if stage.is_some() {
            kind = Some(SectionKind::Items);
        }
        let first_draft = self.found.drafts.len();
        self.open.push(Open {
            level,
            title: title.to_owned(),
            kind,
            directive: Directive::default(),
            first_draft,
            phase: if stage.is_some() { Some(Phase::Stage) } else { phase },
            stage,
            is_step,
        });
        self.line_item = None;
        self.label = None;
        self.lead = None;
        self.lead_phase = None;
        self.found.sections.push(Section { title: title.to_owned(), level, kind: self.kind(), line });
        if kind == Some(SectionKind::Risk) {
            self.found.facts.risk_heading(title, line);
        }
    }

    /// Says when the items below a heading are due, by its words and by the headings beside it.
    fn phase_of(&mut self, level: u8, title: &str) -> Option<Phase> {
        let before = self.beside.get(&level).copied().unwrap_or(false);
        self.beside.retain(|other, _| *other <= level);
        self.beside.insert(level, before || words::is_before(title));
        match words::when(title) {
            When::Says(phase) => Some(phase),
            When::Act if before => Some(Phase::Stage),
            When::Act | When::Unsaid => None,
        }
    }

    /// Makes a stage of a heading such as `Stage 1: Canary (10%)`.
    fn stage_heading(&mut self, title: &str, line: u32) -> Option<usize> {
        if !words::counts_stage(title) && !words::is_traffic_step(title) {
            return None;
        }
        let below_stages = self.open.iter().rev().find_map(|open| open.kind) == Some(SectionKind::Stages);
        let share = super::values::share(title);
        if share.is_none() && !below_stages {
            return None;
        }
        self.found.facts.stage_heading(title, share, line);
        Some(self.found.facts.stated.stages.len() - 1)
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
    pub(super) fn section_directive(&mut self, comment: Range<usize>) {
        if !directive::is_directive(&self.source.text[comment.clone()]) {
            return;
        }
        self.used_directives.insert(comment.start);
        let read = directive::read(self.source, comment, Place::Section, &mut self.found.problems);
        let Some(open) = self.open.last_mut() else { return };
        if let Some(kind) = read.values.get("section").and_then(|value| value.text.parse().ok()) {
            open.kind = Some(kind);
            if let Some(section) = self.found.sections.last_mut() {
                section.kind = kind;
            }
        }
        open.directive.values.extend(read.values);
    }

    fn html(&mut self, block: &Block) {
        let (first, last) = self.lines_of(&block.span);
        let text = &self.source.text[block.span.clone()];
        let mut directive_found = false;
        for comment in super::skipped::comments(self.source, &block.span) {
            if directive::is_directive(&self.source.text[comment.clone()]) {
                directive_found = true;
                self.section_directive(comment);
            }
        }
        for (head, rows) in super::html::tables(text, block.span.start) {
            let rows: Vec<&RowText> = rows.iter().collect();
            let span = head.span.start..rows.last().map_or(head.span.end, |row| row.span.end);
            self.table(&head, &rows, &span);
        }
        self.claim(first, last, if directive_found { RegionKind::Directive } else { RegionKind::Comment });
    }

    /// What the text here is about: the label of the list, or the nearest heading that says it.
    pub(super) fn kind(&self) -> SectionKind {
        self.label.or_else(|| self.open.iter().rev().find_map(|open| open.kind)).unwrap_or(SectionKind::Items)
    }

    /// Whether what stands here explains a step that a heading gives.
    pub(super) fn is_explained(&self) -> bool {
        self.label.is_none() && self.open.last().is_some_and(|open| open.is_step)
    }

    /// What `items=` asks for here.
    pub(super) fn items_mode(&self) -> Option<&str> {
        let at = self.open.iter().rposition(|open| open.directive.values.contains_key("items"))?;
        // Reading matter and named sections take part only where the directive is their own.
        let named =
            self.open[at + 1..].iter().any(|open| open.kind.is_some_and(|kind| kind != SectionKind::Items)) || self.label.is_some();
        if named { None } else { self.open[at].directive.values.get("items").map(|value| value.text.as_str()) }
    }

    /// Where a text stands, which decides whether a name and a value are a fact of the whole file.
    pub(super) fn standing(&self, at: usize) -> Standing {
        if self.found.drafts.is_empty() && self.found.sections.len() <= 1 {
            Standing::Header
        } else if at >= self.footer {
            Standing::Footer
        } else {
            Standing::Body
        }
    }

    fn section_path(&self) -> Vec<String> {
        self.open.iter().skip(1).map(|open| open.title.clone()).collect()
    }

    /// Makes an item with what the sections above say about it.
    pub(super) fn draft(&self, title: String, origin: Origin, span: Range<usize>, end_line: u32) -> Draft {
        let mut attributes = BTreeMap::new();
        for open in &self.open {
            for (name, value) in &open.directive.values {
                if directive::ATTRIBUTES.iter().any(|(known, _)| known == name) {
                    attributes.insert(name.clone(), value.clone());
                }
            }
        }
        Draft {
            section: self.section_path(),
            attributes,
            group: self.lead.clone(),
            phase: self.lead_phase.or_else(|| self.open.iter().rev().find_map(|open| open.phase)),
            stage: self.open.iter().rev().find_map(|open| open.stage),
            role: self.lead.as_deref().and_then(names::role),
            title,
            origin,
            line: self.source.line(span.start),
            end_line,
            span,
            ..Draft::default()
        }
    }

    /// Applies the directives among some comments to an item.
    pub(super) fn item_directives(&mut self, draft: usize, comments: &[Range<usize>]) {
        for comment in comments {
            if !directive::is_directive(&self.source.text[comment.clone()]) {
                continue;
            }
            self.used_directives.insert(comment.start);
            let read = directive::read(self.source, comment.clone(), Place::Item, &mut self.found.problems);
            self.found.drafts[draft].attributes.extend(read.values);
        }
    }
}
