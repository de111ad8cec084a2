//! Lines of text that no list entry holds: boxes without bullets, headings that are none for Markdown, named values.

use std::ops::Range;

use super::blocks::{Block, TextLine};
use super::course;
use super::directive;
use super::facts::Standing;
use super::lexicon;
use super::names;
use super::phrases;
use super::signs;
use super::walk::{BOLD, Walk};
use super::words::{self, When};
use crate::model::checklist::{Entry, Field, Origin, RegionKind, SectionKind};
use crate::model::record::Phase;

impl Walk<'_, '_> {
    pub(super) fn paragraph(&mut self, lines: &[TextLine], block: &Block) {
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
    pub(super) fn text_lines(&mut self, lines: &[TextLine]) {
        if let [line] = lines
            && self.bold_heading(line)
        {
            return;
        }
        self.label = None;
        self.lead = None;
        self.lead_phase = lines.iter().any(|line| words::at_each_stage(&line.text)).then_some(Phase::Stage);
        for (index, line) in lines.iter().enumerate() {
            let next = lines.get(index + 1);
            let text = line.text.trim();
            if let Some((level, title)) = signs::foreign_heading(text).filter(|_| line.literal && index == 0) {
                self.line_heading(level, title, &line.span);
                continue;
            }
            // Orders to a forge and the place of a table of contents are no titles.
            let speaks = !line.quoted && !text.starts_with(['/', '[']);
            if self.found.first_line.is_none() && self.found.sections.is_empty() && speaks {
                self.found.first_line = Some(text.to_owned());
            }
            if is_boxed(line) {
                self.boxed_line(line);
            } else if is_pseudo_heading(line, next) {
                self.line_heading(BOLD, text, &line.span);
            } else if index > 0 && self.line_item.is_some() {
                self.detail(line, &lines[index - 1]);
            } else {
                self.line_item = None;
                self.plain_line(line, next.is_none());
            }
        }
    }

    /// Takes a line for a heading.
    pub(super) fn line_heading(&mut self, level: u8, title: &str, span: &Range<usize>) {
        let number = self.source.line(span.start);
        self.claim(number, number, RegionKind::Heading);
        self.push_section(level, title, span);
    }

    /// Takes a line in bold print that stands alone for a heading, where it says something; one that says nothing ends it.
    fn bold_heading(&mut self, line: &TextLine) -> bool {
        let text = line.text.trim();
        let stands = line.all_bold && !line.quoted && text.split_whitespace().count() <= 8;
        let is_title = self.found.sections.is_empty() && self.found.first_line.is_none();
        if !stands || is_title || text.ends_with([':', '：', '.', '!', '?', '。']) || signs::is_choice(text) {
            return false;
        }
        let says = words::section(text).is_some() || matches!(words::when(text), When::Says(_));
        if says {
            self.line_heading(BOLD, text, &line.span);
        } else if self.open.last().is_some_and(|open| open.level == BOLD) {
            self.open.pop();
        }
        says
    }

    /// Adds a line to the open item without a bullet: to its title, where the editor broke the sentence.
    fn detail(&mut self, line: &TextLine, before: &TextLine) {
        let number = self.source.line(line.span.start);
        if let Some(draft) = self.line_item.map(|item| &mut self.found.drafts[item]) {
            let text = line.text.trim();
            let ended = before.hard || before.text.trim_end().ends_with(['.', ':', ';', '!', '?']);
            if !ended && draft.details.is_empty() && text.chars().next().is_some_and(char::is_lowercase) {
                draft.title.push(' ');
                draft.title.push_str(text);
                draft.end_line = draft.end_line.max(number);
                self.claim(number, number, RegionKind::Item);
                return;
            }
            draft.details.push(Entry { text: text.to_owned(), line: number });
            draft.end_line = draft.end_line.max(number);
        }
        self.claim(number, number, RegionKind::Item);
    }

    /// Reads a line that begins with a box or holds several.
    pub(super) fn boxed_line(&mut self, line: &TextLine) {
        let number = self.source.line(line.span.start);
        let text = line.text.trim();
        let (title, choices) = signs::choices(text);
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
        } else if let Some((ticked, rest)) = signs::line_box(text) {
            let mut draft = self.draft(without_number(rest).to_owned(), Origin::Line, line.span.clone(), number);
            draft.ticked = ticked;
            draft.take_owner();
            self.line_item = Some(self.found.drafts.len());
            self.found.drafts.push(draft);
        }
        self.claim(number, number, RegionKind::Item);
    }

    /// Reads a line that may name a value or lead to a list.
    fn plain_line(&mut self, line: &TextLine, last: bool) {
        let number = self.source.line(line.span.start);
        let text = line.text.trim();
        let leads = text.ends_with([':', '：']);
        let is_field = self.kind() == SectionKind::Fields && line.bold;
        if leads && (last || line.bold) && !is_field {
            let text = text.trim_end_matches([':', '：']);
            self.lead = Some(text.to_owned());
            // "Rollback verification" leads to no steps.
            self.label = words::section(text).or(words::is_rollback(&phrases::canon(text)).then_some(SectionKind::Notes));
            let short = text.split_whitespace().count() <= 6;
            if let When::Says(phase) = words::when(text)
                && short
            {
                self.lead_phase = Some(phase);
            }
            if let Some(region) = self.label.and_then(directive::region_of) {
                self.claim(number, number, region);
            }
            return;
        }
        let in_stages = self.kind() == SectionKind::Stages;
        let stage = super::facts::counted_stage(text, number);
        if let Some(stage) = stage.or_else(|| in_stages.then(|| super::facts::line_stage(text, number)).flatten()) {
            self.found.facts.stated.stages.push(stage);
            self.claim(number, number, RegionKind::Stage);
            return;
        }
        if let Some((name, value)) = signs::named_value(text)
            && self.value(name, value, line.bold, line.span.start)
        {
            return;
        }
        if words::is_rollback_condition(text) {
            self.found.facts.trigger(text, number);
            self.claim(number, number, RegionKind::Trigger);
            return;
        }
        if self.kind() == SectionKind::Procedure && !text.is_empty() && !self.is_explained() {
            self.found.facts.procedure_prose.push(course::step(text, number));
        }
    }

    /// Files a named value where it belongs, if it is one.
    pub(super) fn value(&mut self, name: &str, value: &str, bold: bool, at: usize) -> bool {
        let line = self.source.line(at);
        let kind = self.kind();
        let standing = self.standing(at);
        // A line to write on outside the header waits for somebody's name.
        let signed = value.contains("___") && standing != Standing::Header && kind != SectionKind::Decision;
        let value = blank_line_removed(value);
        if signed && !matches!(kind, SectionKind::Fields | SectionKind::OnCall) && bold {
            self.found.facts.signature_line(name.trim(), line);
            self.claim(line, line, RegionKind::SignOff);
            return true;
        }
        if let Some(stage) = self.open.iter().rev().find_map(|open| open.stage)
            && self.found.facts.stage_value(stage, name, value)
        {
            self.claim(line, line, RegionKind::Stage);
            return true;
        }
        let field = Field { name: name.trim().to_owned(), value: value.to_owned(), line };
        let region = self.found.facts.named_value(kind, standing, bold, field);
        if bold && standing != Standing::Header && words::is_named(name, &lexicon::OWNERS) {
            self.section_owner(value, standing == Standing::Footer);
        }
        if let Some(region) = region {
            self.claim(line, line, region);
        }
        region.is_some()
    }

    /// Gives the owner of a whole section, or of the file, to the items that name none.
    fn section_owner(&mut self, value: &str, of_file: bool) {
        let Some(first) = self.open.last().map(|open| if of_file { 0 } else { open.first_draft }) else { return };
        let (owner, owner_text) = names::owner(value);
        for draft in &mut self.found.drafts[first..] {
            if draft.owner.is_none() && draft.owner_text.is_none() {
                draft.owner.clone_from(&owner);
                draft.owner_text.clone_from(&owner_text);
            }
        }
    }
}

/// Whether a line begins with a box, or holds several.
pub(super) fn is_boxed(line: &TextLine) -> bool {
    let text = line.text.trim();
    line.literal && (signs::line_box(text).is_some() || signs::is_choice(text))
}

pub(super) fn is_pseudo_heading(line: &TextLine, next: Option<&TextLine>) -> bool {
    let Some(next) = next else { return false };
    line.literal
        && signs::looks_like_heading(&line.text)
        && (is_boxed(next) && signs::line_box(next.text.trim()).is_some()
            || words::section(&line.text).is_some_and(|kind| kind != SectionKind::Notes))
}

/// Whether the last line of an entry is no part of it but the heading of what follows.
///
/// It is short and begins with a capital, and the line before had room for its first word, so nobody wrapped it there.
pub(super) fn runs_on(before: &TextLine, line: &TextLine, next: Option<&TextLine>) -> bool {
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
