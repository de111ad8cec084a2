//! The last step: ids, phases, owners and digests of the items, and the account of every line.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::item_digest;
use super::slug::{prefixed, slug};
use super::source::Source;
use super::walk::{Draft, Found};
use super::words;
use crate::model::checklist::{Checklist, ChecklistItem, Field, PARSER_VERSION, Region, RegionKind, Skipped};
use crate::model::ids::ItemId;
use crate::model::problem::{Level, Problem};
use crate::model::record::{Phase, Unread};

/// Makes the checklist of what the walk has found.
pub(super) fn finish(source: &Source<'_>, found: Found, front_matter: Vec<Field>, skipped: Skipped) -> (Checklist, Vec<Problem>) {
    let Found { drafts, mut facts, sections, lines, mut problems, first_line } = found;
    stage_ids(&mut facts.stages);
    let ids = item_ids(source, &drafts, &mut problems);
    let mut items = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.iter().enumerate() {
        items.push(item(source, &drafts, index, draft, &ids, !facts.stages.is_empty()));
    }
    let title = title(&sections, &front_matter, first_line);
    let checklist = Checklist {
        parser: PARSER_VERSION,
        title,
        items,
        skipped,
        unread: Unread::default(),
        front_matter,
        fields: facts.fields,
        scope: facts.scope,
        risk: facts.risk,
        stages: facts.stages,
        monitoring: facts.monitoring,
        triggers: facts.triggers,
        procedure: facts.procedure,
        known_issues: facts.known_issues,
        test_summary: facts.test_summary,
        on_call: facts.on_call,
        communication: facts.communication,
        conditions: facts.conditions,
        actions: facts.actions,
        sign_off: facts.sign_off,
        decision: facts.decision,
        sections,
        regions: regions(source, &lines),
    };
    (checklist, problems)
}

/// Returns the first text that a reader sees as the title.
fn title(sections: &[crate::model::checklist::Section], front_matter: &[Field], first_line: Option<String>) -> String {
    let short = first_line.filter(|line| line.chars().count() <= 100);
    let heading = sections.iter().find(|section| section.level == 1).map(|section| section.title.clone());
    let named = || front_matter.iter().find(|field| field.name == "name" || field.name == "title").map(|field| field.value.clone());
    short.or(heading).or_else(named).or_else(|| sections.first().map(|section| section.title.clone())).unwrap_or_default()
}

/// Returns every stage an id of its own.
fn stage_ids(stages: &mut [crate::model::checklist::RolloutStage]) {
    let mut used = BTreeSet::new();
    for stage in stages {
        let base = slug(&stage.name);
        let mut id = base.clone();
        let mut count = 2;
        while !used.insert(id.clone()) {
            id = prefixed(&base, &format!("n{count}"));
            count += 1;
        }
        stage.id = id;
    }
}

/// Finds an id for every draft: its own, or a slug that takes its sections as prefix where another has it already.
fn item_ids(source: &Source<'_>, drafts: &[Draft], problems: &mut Vec<Problem>) -> Vec<ItemId> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut ids: Vec<Option<String>> = vec![None; drafts.len()];
    // Written ids come first, so that no slug takes one away.
    for (index, draft) in drafts.iter().enumerate() {
        let Some(value) = draft.attributes.get("id") else { continue };
        match used.get(&value.text) {
            Some(other) => problems.push(duplicate(source, &value.text, &drafts[*other], value.span.clone())),
            None => {
                used.insert(value.text.clone(), index);
            }
        }
        ids[index] = Some(value.text.clone());
    }
    for (index, draft) in drafts.iter().enumerate() {
        if ids[index].is_some() {
            continue;
        }
        let own = slug(&draft.title);
        let candidates = candidates(&own, draft, drafts);
        match candidates.iter().find(|candidate| !used.contains_key(*candidate)) {
            Some(free) => {
                used.insert(free.clone(), index);
                ids[index] = Some(free.clone());
            }
            None => {
                let other = used.get(&own).copied().unwrap_or(index);
                let span = source.line_span(draft.line);
                problems.push(duplicate(source, &own, &drafts[other], span.start..span.end.min(draft.span.end.max(span.start))));
                ids[index] = Some(own);
            }
        }
    }
    // Slugs and checked ids are always ids; the fallback keeps this function total.
    let fallback = || "item".parse::<ItemId>().ok();
    ids.into_iter().filter_map(|id| id.and_then(|id| id.parse().ok()).or_else(fallback)).collect()
}

/// Lists the ids that an item without one may take, best first: its title alone, then with what it stands below.
fn candidates(own: &str, draft: &Draft, drafts: &[Draft]) -> Vec<String> {
    let mut all = vec![own.to_owned()];
    let above = draft.parent.map(|parent| slug(&drafts[parent].title)).or_else(|| draft.group.as_deref().map(slug));
    let mut path = String::new();
    for title in draft.section.iter().rev() {
        path = if path.is_empty() { slug(title) } else { prefixed(&slug(title), &path) };
        all.push(prefixed(&path, own));
    }
    if let Some(above) = above {
        let own = prefixed(&above, own);
        all.push(own.clone());
        if let Some(section) = draft.section.last() {
            all.push(prefixed(&slug(section), &own));
        }
    }
    all
}

fn duplicate(source: &Source<'_>, id: &str, other: &Draft, span: std::ops::Range<usize>) -> Problem {
    let message = format!("the item on line {} already has the id {id}", other.line);
    source.problem(Level::Error, "duplicate-id", span, message).hint("give one of them another id: <!-- relsign: id=… -->")
}

fn item(source: &Source<'_>, drafts: &[Draft], index: usize, draft: &Draft, ids: &[ItemId], has_stages: bool) -> ChecklistItem {
    let mut attributes: BTreeMap<String, String> =
        draft.attributes.iter().map(|(name, value)| (name.clone(), value.text.clone())).collect();
    // What stands in the row is nearer than what a section says, and a directive on the item itself is nearest.
    let inherited = draft.attributes.get("owner").is_some_and(|value| value.span.start < draft.span.start);
    if inherited && (draft.owner.is_some() || draft.owner_text.is_some()) {
        attributes.remove("owner");
    }
    let (owner, owner_text) = match attributes.get("owner").and_then(|owner| owner.parse().ok()) {
        Some(written) => (Some(written), None),
        None => (draft.owner.clone(), draft.owner_text.clone()),
    };
    if let Some(owner) = &owner {
        attributes.insert("owner".to_owned(), owner.to_string());
    }
    let explicit: Option<Phase> = attributes.get("phase").and_then(|phase| phase.parse().ok());
    let guess = if draft.each_stage {
        Some(Phase::Stage)
    } else {
        draft.section.iter().rev().find_map(|title| words::phase(title, has_stages))
    };
    let set = |name: &str| draft.attributes.get(name).is_some_and(|value| value.text == "true");
    let text = own_lines(source, drafts, index, draft);
    ChecklistItem {
        number: u32::try_from(index + 1).unwrap_or(u32::MAX),
        id: ids[index].clone(),
        title: draft.title.clone(),
        owner,
        owner_text,
        phase: explicit.or(guess).unwrap_or(Phase::Before),
        phase_guessed: explicit.is_none() && guess.is_some(),
        line: draft.line,
        end_line: draft.end_line,
        origin: draft.origin,
        digest: item_digest(text.as_bytes(), &draft.section, &attributes),
        section: draft.section.clone(),
        attributes,
        parent: draft.parent.map(|parent| ids[parent].clone()),
        details: draft.details.clone(),
        ticked: draft.ticked,
        choices: draft.choices.clone(),
        optional: set("optional"),
        irreversible: set("irreversible"),
        cells: draft.cells.clone(),
        text,
    }
}

/// Returns the lines of an item without those of its children.
///
/// Its first line is always its own, even where a child begins on it.
fn own_lines(source: &Source<'_>, drafts: &[Draft], index: usize, draft: &Draft) -> String {
    let mut text = String::new();
    let mut line = draft.line;
    // Drafts are in the order of the file, so the children are among those that follow.
    let mut children = drafts[index + 1..]
        .iter()
        .take_while(|child| child.line <= draft.end_line)
        .filter(|child| child.parent == Some(index))
        .peekable();
    while line <= draft.end_line {
        while children.peek().is_some_and(|child| child.end_line < line) {
            children.next();
        }
        match children.peek() {
            Some(child) if child.line <= line && line > draft.line => line = child.end_line + 1,
            _ => {
                text.push_str(source.line_text(line));
                line += 1;
            }
        }
    }
    text
}

/// Turns the account of single lines into ranges.
fn regions(source: &Source<'_>, lines: &[Option<RegionKind>]) -> Vec<Region> {
    let mut all: Vec<Region> = Vec::new();
    for (index, kind) in lines.iter().enumerate() {
        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let kind = kind.unwrap_or(if source.is_blank(line) { RegionKind::Blank } else { RegionKind::Prose });
        match all.last_mut() {
            Some(last) if last.kind == kind => last.end_line = line,
            _ => all.push(Region { line, end_line: line, kind }),
        }
    }
    all
}
