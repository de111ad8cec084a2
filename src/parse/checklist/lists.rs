//! The entries of lists: items, what belongs to one, and what a section is made of.

use super::blocks::{Block, BlockKind, TextLine};
use super::directive;
use super::facts::Standing;
use super::paragraphs::{is_boxed, is_pseudo_heading, runs_on};
use super::signs;
use super::walk::{BOLD, Role, Walk};
use super::words;
use crate::model::checklist::{Choice, Entry, Origin, RegionKind, SectionKind};
use crate::model::record::Phase;

impl Walk<'_, '_> {
    /// Reads a block inside a list entry.
    pub(super) fn entry_block(&mut self, entry: usize, block: &Block) {
        let chain: Vec<usize> = self.upwards(Some(entry)).filter(|index| self.roles[*index] == Role::Unseen).collect();
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
                    self.item_directives(draft, &super::skipped::comments(self.source, &block.span));
                }
                if !first {
                    for line in lines {
                        let number = self.source.line(line.span.start);
                        self.found.drafts[draft].details.push(Entry { text: line.text.trim().to_owned(), line: number });
                    }
                }
            }
            _ => {
                let region = match block.kind {
                    BlockKind::Code => Some(RegionKind::Code),
                    BlockKind::Html => Some(RegionKind::Comment),
                    _ => None,
                };
                if let Some(region) = region {
                    let (first, last) = self.lines_of(&block.span);
                    self.claim(first, last, region);
                }
            }
        }
        if first && let [line, ..] = rest {
            if is_boxed(line) || is_pseudo_heading(line, rest.get(1)) {
                self.text_lines(rest);
            } else {
                self.line_heading(BOLD, line.text.trim(), &line.span);
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
                let own_number = line.literal && signs::leading_box(line.text.trim()).is_none();
                let outlined = own_number && signs::line_box(line.text.trim()).is_some();
                outlined || column(line.span.start) <= indent && (is_boxed(line) || heading())
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
        // Brackets that Markdown does not take for a box are told instead.
        let drawn = |line: &&TextLine| line.literal && !line.text.trim_start().starts_with('[');
        let boxed = own.first().filter(drawn).and_then(|line| signs::leading_box(line.text.trim()));
        let boxed = boxed.filter(|(_, rest)| own.len() > 1 || !signs::holds_box(rest) && !signs::is_choice(&text));
        let several = boxed.is_none() && signs::is_choice(&text);
        if let Some(ticked) = entry.task.or(boxed.map(|(ticked, _)| ticked)).filter(|_| !several || entry.task.is_some()) {
            let text = if entry.task.is_some() {
                text
            } else {
                signs::leading_box(&text).map_or(text.clone(), |(_, rest)| rest.to_owned())
            };
            let form = if entry.task.is_some() { Origin::Task } else { Origin::Line };
            self.task(index, (text, form, ticked), above, (first, last), block);
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
            self.detail_trigger(draft, &text, first);
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
        let boxed = own.first().filter(|line| own.len() == 1 && signs::is_choice(&line.text));
        if let Some(line) = boxed {
            self.boxed_line(line);
            return;
        }
        if self.items_mode() == Some("bullets") {
            let mut draft = self.draft(text, Origin::Bullet, entry.span.start..block.span.end.max(entry.span.start), last);
            draft.take_owner();
            self.roles[index] = Role::Item(self.found.drafts.len());
            self.found.drafts.push(draft);
            self.claim(first, last, RegionKind::Item);
            return;
        }
        self.plain_entry(index, own, &text, first);
    }

    /// Files a detail of an item as a trigger, where the one above says that such follow: all that state a limit are.
    fn detail_trigger(&mut self, draft: usize, text: &str, line: u32) {
        if text.ends_with([':', '：']) {
            self.triggers_of = words::names_triggers(text).then_some(draft);
        } else if self.triggers_of == Some(draft) {
            let trigger = super::values::trigger(text, line);
            match trigger.threshold {
                Some(_) => self.found.facts.stated.triggers.push(trigger),
                None => self.triggers_of = None,
            }
        }
    }

    /// Makes an item of a list entry with a box.
    fn task(
        &mut self,
        index: usize,
        (text, form, ticked): (String, Origin, bool),
        above: Option<usize>,
        (first, last): (u32, u32),
        block: &Block,
    ) {
        let entry = &self.document.entries[index];
        self.line_item = None;
        let kind = self.kind_at(entry.parent);
        if kind == SectionKind::Triggers {
            // It says when to roll back, and nobody does anything about it before.
            self.roles[index] = Role::Other;
            self.texts[index].clone_from(&text);
            self.found.facts.list_entry(kind, &text, first);
            self.found.triggers_with_boxes.push(first);
            self.claim(first, last, RegionKind::Trigger);
            return;
        }
        let (title, choices) = signs::choices(&text);
        // The parser has taken the first box away, so one more makes a choice.
        let several = form == Origin::Task && !choices.is_empty();
        let origin = if several { Origin::Choice } else { form };
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
        draft.take_owner();
        let is_watched = || draft.phase == Some(Phase::Stage) || !super::limits::limits(&draft.title).all.is_empty();
        if kind == SectionKind::Monitoring && is_watched() {
            // It is both: something to confirm, and something that is watched.
            self.found.facts.list_entry(kind, &draft.title, first);
        } else if kind == SectionKind::SignOff {
            self.found.facts.signature(&draft.title, first);
        }
        if let Some(stage) = draft.stage {
            self.found.facts.stage_limit(stage, &draft.title);
        }
        self.roles[index] = Role::Item(self.found.drafts.len());
        self.found.drafts.push(draft);
        self.claim(first, last, RegionKind::Item);
    }

    /// What a list entry is about: what the entry above it says that its list is, or else what the text around is about.
    fn kind_at(&self, parent: Option<usize>) -> SectionKind {
        self.upwards(parent).find_map(|index| self.kinds[index]).unwrap_or_else(|| self.kind())
    }

    /// Files a list entry that is no item.
    fn plain_entry(&mut self, index: usize, own: &[TextLine], text: &str, first: u32) {
        let parent = self.document.entries[index].parent;
        let kind = self.kind_at(parent);
        let bold = own.first().is_some_and(|line| line.bold);
        let end = own.last().map_or(first, |line| self.source.line(line.span.start));
        let at = own.first().map_or(0, |line| line.span.start);
        if text.ends_with([':', '：']) {
            self.kinds[index] = words::section(text).filter(|kind| *kind != SectionKind::Notes);
            if let Some(region) = self.kinds[index].filter(|_| kind == SectionKind::Procedure).and_then(directive::region_of) {
                self.claim(first, end, region);
                return;
            }
        }
        // What stands below a step or a stage explains it.
        let nested = parent.is_some_and(|parent| self.kinds[parent].is_none()) || parent.is_none() && self.is_explained();
        if nested && matches!(kind, SectionKind::Procedure | SectionKind::Stages) {
            return;
        }
        // Markdown takes the sign of a limit for a quotation.
        let quoted = own.first().is_some_and(|line| line.quoted) && text.starts_with(|c: char| c.is_ascii_digit() || c == '$');
        let text = if quoted { format!("> {text}") } else { text.to_owned() };
        let counted = (kind != SectionKind::Stages).then(|| super::facts::counted_stage(&text, first)).flatten();
        if let Some(stage) = counted {
            self.found.facts.stated.stages.push(stage);
            self.claim(first, end, RegionKind::Stage);
            return;
        }
        if matches!(kind, SectionKind::Items | SectionKind::Notes | SectionKind::Monitoring | SectionKind::Stages)
            && words::is_rollback_condition(&text)
        {
            self.found.facts.trigger(&text, first);
            self.claim(first, end, RegionKind::Trigger);
            return;
        }
        if let Some(region) = self.found.facts.list_entry(kind, &text, first) {
            self.claim(first, end, region);
        } else if let Some((name, value)) = signs::named_value(&text)
            && (parent.is_none() || kind != SectionKind::Items || self.standing(at) == Standing::Header)
            && self.value(name, value, bold, at)
        {
            self.claim(first, end, RegionKind::Field);
        }
    }

    /// Returns the nearest item that an entry stands below.
    fn item_above(&self, parent: Option<usize>) -> Option<usize> {
        self.upwards(parent).find_map(|index| match self.roles[index] {
            Role::Item(draft) => Some(draft),
            _ => None,
        })
    }

    /// Returns an entry and those that hold it, the innermost first.
    fn upwards(&self, entry: Option<usize>) -> impl Iterator<Item = usize> {
        std::iter::successors(entry, |index| self.document.entries[*index].parent)
    }
}
