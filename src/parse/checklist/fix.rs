//! Mends that are certain: what the text says already, written as directives.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::directive;
use super::lint::LintContext;
use super::signs;
use super::source::Source;
use crate::model::checklist::{Checklist, ChecklistItem, Origin, RegionKind};

/// A line that becomes another, or before which one is put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// The line, from 1, that is changed; or behind which the new one stands.
    pub line: u32,
    /// What stands there now; nothing where a line is added.
    pub before: Option<String>,
    /// What shall stand there.
    pub after: String,
}

/// Finds the mends of a checklist in Markdown: the phase of a section, what is optional, owners whose role the policy has,
/// commands that check, and lists that are to be items. Other forms of checklists have no directives, and no mends.
pub fn fixes(checklist: &Checklist, text: &[u8], context: &LintContext) -> Vec<Fix> {
    let Ok(source) = Source::new(text) else { return Vec::new() };
    let is_markdown = !super::form::is_form(&source) && !checklist.regions.is_empty();
    if !is_markdown {
        return Vec::new();
    }
    let mut fixer = Fixer { checklist, source: &source, sections: BTreeMap::new(), items: BTreeMap::new() };
    fixer.lists();
    fixer.phases();
    for item in &checklist.items {
        fixer.item(item, context);
    }
    fixer.written()
}

/// Applies mends to a text.
pub fn apply(text: &str, fixes: &[Fix]) -> String {
    let mut out = String::new();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let here = |fix: &&Fix| fix.line as usize == index + 1;
        let changed = fixes.iter().filter(here).find(|fix| fix.before.is_some());
        let whole = line.trim_end_matches(['\n', '\r']);
        out += changed.map_or(whole, |fix| fix.after.as_str());
        out += if line.ends_with('\n') { &line[whole.len()..] } else { end };
        for fix in fixes.iter().filter(here).filter(|fix| fix.before.is_none()) {
            out += &fix.after;
            out += end;
        }
    }
    out
}

/// Writes mends as lines that go and come, each with its number.
pub fn diff(fixes: &[Fix]) -> String {
    let mut out = String::new();
    for fix in fixes {
        if let Some(before) = &fix.before {
            out += &format!("{:>5} - {before}\n", fix.line);
        }
        out += &format!("{:>5} + {}\n", fix.line + u32::from(fix.before.is_none()), fix.after);
    }
    out
}

struct Fixer<'a, 's> {
    checklist: &'a Checklist,
    source: &'a Source<'s>,
    /// What is to be written below the heading on a line.
    sections: BTreeMap<u32, BTreeSet<String>>,
    /// What is to be written at the end of an item's line.
    items: BTreeMap<u32, BTreeSet<String>>,
}

impl Fixer<'_, '_> {
    /// Makes items of plain lists, where nothing else in the file is one.
    fn lists(&mut self) {
        let entry = |line: u32| {
            let rest = signs::behind_bullet(self.source.line_text(line).trim_start());
            rest.is_some_and(|rest| rest.starts_with(' '))
        };
        if !self.checklist.items.is_empty() {
            return;
        }
        let first = self.checklist.prose().find(|line| entry(*line));
        let heading = first.and_then(|first| self.checklist.sections.iter().rfind(|section| section.line < first));
        if let Some(heading) = heading.filter(|heading| heading.level < 7) {
            self.sections.entry(heading.line).or_default().insert("items=bullets".to_owned());
        }
    }

    /// Writes below a heading the phase that its words gave to all items of it.
    fn phases(&mut self) {
        for (index, section) in self.checklist.sections.iter().enumerate() {
            let end = self.checklist.sections.get(index + 1).map_or(u32::MAX, |next| next.line);
            // Items stand in the order of the file.
            let all = &self.checklist.items;
            let items = &all[all.partition_point(|item| item.line <= section.line)..all.partition_point(|item| item.line < end)];
            let Some(first) = items.first().filter(|_| section.level < 7) else { continue };
            let same = items.iter().all(|item| item.phase_guessed && item.phase == first.phase && item.stage.is_none());
            if same {
                self.sections.entry(section.line).or_default().insert(format!("phase={}", first.phase));
            }
        }
    }

    fn item(&mut self, item: &ChecklistItem, context: &LintContext) {
        let lower = item.title.to_lowercase();
        let marked = ["(optional)", "[optional]", "optional:", "(if applicable)"].iter().any(|mark| lower.contains(mark));
        let below = item.section.last().is_some_and(|section| section.trim().eq_ignore_ascii_case("optional"));
        if !item.optional && (marked || below) {
            self.add(item, "optional".to_owned());
        }
        let known = |role: &&String| {
            context.known.as_ref().is_some_and(|known| known.roles.iter().any(|name| name.as_str() == role.as_str()))
        };
        if item.owner.is_none()
            && item.owner_text.is_none()
            && let Some(role) = item.suggested_role.as_ref().filter(known)
        {
            self.add(item, format!("owner=@{role}"));
        }
        if item.check().is_none()
            && let Some(command) = command(self.source.line_text(item.line))
        {
            self.add(item, format!("check=\"{command}\""));
        }
    }

    fn add(&mut self, item: &ChecklistItem, words: String) {
        // A form in HTML has no place for a comment of an item's.
        if item.origin != Origin::Row || self.source.line_text(item.line).contains('|') {
            self.items.entry(item.line).or_default().insert(words);
        }
    }

    /// Writes the directives on their lines, each item's and each section's as one; what stands there already stays.
    fn written(self) -> Vec<Fix> {
        let mut all = Vec::new();
        let joined = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(" ");
        for (line, words) in &self.sections {
            // Below a setext heading the directive stands behind the line of signs.
            let regions = &self.checklist.regions;
            let is_heading =
                |line: u32| regions.iter().any(|r| r.kind == RegionKind::Heading && (r.line..=r.end_line).contains(&line));
            let mut last = *line;
            let begins = |line: u32| self.checklist.sections.iter().any(|section| section.line == line);
            while is_heading(last + 1) && !begins(last + 1) {
                last += 1;
            }
            if directive::is_directive(self.source.line_text(last + 1).trim_start()) {
                continue;
            }
            all.push(Fix { line: last, before: None, after: format!("<!-- relsign: {} -->", joined(words)) });
        }
        for (line, words) in &self.items {
            let before = self.source.line_text(*line).trim_end_matches(['\n', '\r']);
            if !before.contains("<!--") {
                let after = format!("{} <!-- relsign: {} -->", before.trim_end(), joined(words));
                all.push(Fix { line: *line, before: Some(before.to_owned()), after });
            }
        }
        all.sort_by_key(|fix| fix.line);
        all
    }
}

/// Finds the command that an item says should pass: the item is nothing but the command and that.
fn command(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(']')?;
    let (command, after) = rest.trim_start().strip_prefix('`')?.split_once('`')?;
    let says = after.trim().trim_end_matches('.').to_ascii_lowercase();
    let passes = ["passes", "pass", "succeeds", "exits with 0", "is green", "runs green", "passed"].contains(&says.as_str());
    let is_command = command.contains(' ') && !command.contains(['"', '<', '>', '\\']) && !command.contains("--!");
    (passes && is_command).then_some(command)
}
