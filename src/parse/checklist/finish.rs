//! The last step: ids, phases, owners and digests of the items, and the account of every line.

use std::collections::{BTreeMap, BTreeSet};

use super::course;
use super::digest::item_digest;
use super::facts::Facts;
use super::names;
use super::phrases;
use super::slug::{numbered, prefixed, slug, unique, wide_slug};
use super::source::Source;
use super::walk::{Draft, Found};
use super::words;
use crate::model::checklist::{Checklist, ChecklistItem, Field, PARSER_VERSION, Region, RegionKind, RolloutStage, Skipped};
use crate::model::ids::ItemId;
use crate::model::problem::{Level, Problem};
use crate::model::record::Phase;

/// Makes the checklist of what the walk has found.
pub(super) fn finish(source: &Source<'_>, found: Found, front_matter: Vec<Field>, skipped: Skipped) -> (Checklist, Vec<Problem>) {
    let Found { drafts, facts, sections, lines, mut problems, first_line, triggers_with_boxes: _ } = found;
    let Facts { mut stated, procedure_prose, ramp } = facts;
    if stated.stages.is_empty() {
        stated.stages = ramp;
    }
    if stated.procedure.is_empty() {
        stated.procedure = procedure_prose;
    }
    stage_ids(&mut stated.stages);
    let ids = item_ids(source, &drafts, &mut problems);
    let items = drafts.iter().enumerate().map(|(index, draft)| item(source, &drafts, index, draft, &ids, &stated.stages));
    let mut checklist = Checklist {
        parser: PARSER_VERSION,
        title: title(&sections, &front_matter, first_line),
        items: items.collect(),
        default_owner: assignee(&front_matter),
        skipped,
        front_matter,
        sections,
        regions: regions(source, &lines),
        ..stated
    };
    course::complete(&mut checklist);
    (checklist, problems)
}

/// Returns what the file is called: by its front matter, its one heading of the first level, or its first line.
fn title(sections: &[crate::model::checklist::Section], front_matter: &[Field], first_line: Option<String>) -> String {
    let of = |names: &[&str]| {
        let field = names.iter().find_map(|name| front_matter.iter().find(|field| field.name == *name))?;
        Some((words::without_placeholders(&field.value), field.value.as_str())).filter(|(title, _)| !title.is_empty())
    };
    // A title with a gap at its beginning or in it is the rest of one; the name is whole.
    let is_whole = |(title, written): &(String, &str)| written.trim_matches(['"', '\'', ' ']).starts_with(title.as_str());
    let titled = of(&["title"]);
    let named = titled.clone().filter(is_whole).or_else(|| of(&["name"])).or(titled).map(|(title, _)| title);
    let line =
        first_line.filter(|line| line.chars().count() <= 100 && !line.ends_with(['.', '!', '?', ':', '。', '！', '：', ',']));
    let heading = sections.iter().find(|section| section.level == 1).map(|section| section.title.clone());
    named.or(line).or(heading).or_else(|| sections.first().map(|section| section.title.clone())).unwrap_or_default()
}

/// Returns the one person to whom the front matter assigns what is made of the file.
fn assignee(front_matter: &[Field]) -> Option<crate::model::ids::Handle> {
    let field = front_matter.iter().find(|field| matches!(field.name.as_str(), "assignees" | "assignee"))?;
    let name = field.value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '\'' | '-' | '@'));
    format!("@{name}").parse().ok()
}

/// Returns every stage an id of its own.
fn stage_ids(stages: &mut [crate::model::checklist::RolloutStage]) {
    let mut used = BTreeMap::new();
    for stage in stages {
        stage.id = unique(slug(&stage.name), &mut used, &[]);
    }
}

/// Finds an id for every draft: its own, or one of its text, with what stands around it where another has the same text.
///
/// An id never passes from one item to another: where two items would have the same, neither has it, so that who put in
/// the second can't be taken for who meant the first. What is equal in everything is counted.
fn item_ids(source: &Source<'_>, drafts: &[Draft], problems: &mut Vec<Problem>) -> Vec<ItemId> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut ids: Vec<Option<String>> = vec![None; drafts.len()];
    // Written ids come first, so that no other takes one away.
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
    let mut open: Vec<(usize, Vec<String>)> =
        (0..drafts.len()).filter(|index| ids[*index].is_none()).map(|index| (index, candidates(&drafts[index], drafts))).collect();
    let mut contested: BTreeSet<String> = BTreeSet::new();
    let levels = open.iter().map(|(_, candidates)| candidates.len()).max().unwrap_or(0);
    for level in 0..levels {
        let at = |candidates: &[String]| candidates.get(level).or(candidates.last()).cloned().unwrap_or_default();
        let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
        for (_, candidates) in &open {
            *wanted.entry(at(candidates)).or_default() += 1;
        }
        contested.extend(wanted.iter().filter(|(_, count)| **count > 1).map(|(id, _)| id.clone()));
        open.retain(|(index, candidates)| {
            let id = at(candidates);
            let free = wanted[&id] == 1 && !contested.contains(&id) && !used.contains_key(&id);
            if free {
                used.insert(id.clone(), *index);
                ids[*index] = Some(id);
            }
            !free
        });
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, candidates) in &open {
        let base = candidates.last().map_or("item", String::as_str);
        let mut id = candidates.first().cloned().unwrap_or_default();
        // The first of equals has the plain id, unless others have a claim to it.
        if used.contains_key(&id) || candidates.last() != candidates.first() && contested.contains(&id) {
            id = base.to_owned();
        }
        let count = counts.entry(base).or_insert(1);
        while used.contains_key(&id) {
            *count += 1;
            id = numbered(base, *count);
        }
        used.insert(id.clone(), *index);
        ids[*index] = Some(id);
    }
    // Slugs and checked ids are always ids; the fallback keeps this function total.
    let fallback = || "item".parse::<ItemId>().ok();
    ids.into_iter().filter_map(|id| id.and_then(|id| id.parse().ok()).or_else(fallback)).collect()
}

/// Lists the ids that an item without one may take, best first: of its text alone, then with what it stands below.
fn candidates(draft: &Draft, drafts: &[Draft]) -> Vec<String> {
    let own = slug(&draft.title);
    let wide = wide_slug(&draft.title);
    let mut all = vec![own.clone()];
    if wide != own {
        all.push(wide.clone());
    }
    let above = draft.parent.map(|parent| slug(&drafts[parent].title)).or_else(|| draft.group.as_deref().map(slug));
    let mut nearer = own.clone();
    for title in draft.section.iter().rev().take(3) {
        nearer = prefixed(&slug(title), &nearer);
        all.push(nearer.clone());
    }
    if let Some(above) = above {
        all.push(prefixed(&above, &own));
        all.push(format!("{above}-{own}"));
        let own = prefixed(&above, &own);
        if let Some(section) = draft.section.last() {
            all.push(prefixed(&slug(section), &own));
        }
        if let Some(section) = draft.section.last() {
            all.push(prefixed(&slug(section), &prefixed(&above, &wide)));
        }
    } else if let Some(section) = draft.section.last() {
        all.push(prefixed(&slug(section), &wide));
    }
    all
}

fn duplicate(source: &Source<'_>, id: &str, other: &Draft, span: std::ops::Range<usize>) -> Problem {
    let message = format!("the item on line {} already has the id {id}", other.line);
    source.problem(Level::Error, "duplicate-id", span, message).hint("give one of them another id: <!-- relsign: id=… -->")
}

fn item(
    source: &Source<'_>,
    drafts: &[Draft],
    index: usize,
    draft: &Draft,
    ids: &[ItemId],
    stages: &[RolloutStage],
) -> ChecklistItem {
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
    // What a title says of time is nearer than the heading of the act that it stands below.
    let is_open = draft.phase == Some(Phase::Stage) && draft.stage.is_none();
    let is_named_after = is_open && words::is_after(&phrases::canon(&draft.title));
    let says_after = (words::begins_after(&draft.title) || is_named_after) && !words::prepares(&draft.title);
    let guess = draft
        .phase
        .filter(|_| !(is_named_after && says_after))
        .or(says_after.then_some(Phase::After))
        .filter(|phase| *phase != Phase::OnRollback || !words::prepares(&draft.title));
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
        due: None,
        limit: None,
        parent: draft.parent.map(|parent| ids[parent].clone()),
        stage: draft.stage.and_then(|stage| stages.get(stage)).map(|stage| stage.id.clone()),
        suggested_role: draft.role.clone().or_else(|| names::role_in_text(&draft.title)),
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
