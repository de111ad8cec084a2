//! The items of a release on a terminal: the ones that block in a line each, or all of them below their headings.

use super::super::page::{Column, Page};
use super::super::steps::reviews;
use super::super::style::Paint;
use super::super::{safe, steps, waiting, words};
use crate::model::record::Phase;
use crate::model::report::{ItemReport, ItemState, Need, NeedKind, Report};

/// Adds a line for each item: its number, its title and what it waits for, and its id where the terminal is wide.
pub(super) fn short(page: &mut Page<'_>, report: &Report, items: &[&ItemReport]) {
    let waits: Vec<String> = items.iter().map(|item| waits(report, item)).collect();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let id_width = if page.width() >= 120 { widest(&mut items.iter().map(|item| safe::columns(item.id.as_str()))) + 2 } else { 0 };
    let room = page.width().saturating_sub(9 + id_width);
    let titles = widest(&mut items.iter().map(|item| safe::columns(&safe::line(&item.title))));
    let needed = widest(&mut waits.iter().map(|text| safe::columns(text)));
    let title_width = titles.min(room.saturating_sub(needed).max(room / 2));
    for (item, waits) in items.iter().zip(&waits) {
        let title = safe::fit(&item.title, title_width, page.style.ellipsis());
        let pad = " ".repeat(title_width.saturating_sub(safe::columns(&title)));
        let mark = Paint::of_item(item.state).on(page.style.mark(item.state));
        let number = Paint::Dim.on(&format!("{:>3}", item.number));
        let id = match id_width {
            0 => String::new(),
            width => Paint::Dim.on(&format!("{:width$}", item.id.as_str())),
        };
        page.cut(2, &format!("{mark}{number} {title}{pad}  {id}{waits}"));
        let said = item.sign_offs.iter().filter(|word| item.needs.iter().any(|need| need.record == Some(word.record)));
        for said in said.filter_map(|word| word.reason.as_ref().or(word.comment.as_ref())).take(1) {
            let bar = if page.style.unicode { "│" } else { "|" };
            page.cut(6, &Paint::Dim.on(&format!("{bar} {}", safe::line(said))));
        }
    }
}

/// Says what an item waits for and whom, in a few words.
fn waits(report: &Report, item: &ItemReport) -> String {
    let Some(first) = waiting::needs(report, item).next().or_else(|| item.needs.first()) else {
        return item.state.as_str().to_owned();
    };
    let done = if item.state == ItemState::Done { "done, " } else { "" };
    let people = |most| words::some_of(&first.candidates, most);
    let nobody = first.candidates.is_empty();
    match first.what {
        NeedKind::OwnerWord => {
            let partly = if item.state == ItemState::Partial { "partly done, " } else { "" };
            let then = item.needs.iter().find(|need| need.what == NeedKind::Review);
            let then = then.map_or_else(String::new, |need| match need.roles.as_slice() {
                [] => format!(", then {}", reviews(need)),
                roles => format!(", then {}", words::and(roles)),
            });
            if nobody { format!("{partly}nobody can sign it") } else { format!("{partly}waits for {}{then}", people(2)) }
        }
        NeedKind::Review if nobody => format!("{done}needs {}: nobody can", reviews(first)),
        NeedKind::Review if first.people > 1 => format!("{done}needs {}: {}", reviews(first), people(2)),
        NeedKind::Review if first.roles.is_empty() => format!("{done}waits for {}", people(2)),
        NeedKind::Review => format!("{done}waits for {} ({})", people(1), words::and(&first.roles)),
        NeedKind::Waiver => format!("to be waived, needs {} more: {}", first.people, people(2)),
        NeedKind::Children => format!("waits for {} below it", words::count(first.people.into(), "item")),
        NeedKind::CheckPassed => "its last check failed".to_owned(),
        NeedKind::RejectResolved => {
            let by = first.record.and_then(|id| report.records.iter().find(|record| record.id == id));
            by.map_or_else(|| "rejected".to_owned(), |record| format!("rejected by {}", record.signer))
        }
    }
}

/// Counts the items of afterwards and of a roll-back, and names those that are open and due.
pub(super) fn later(page: &mut Page<'_>, report: &Report) {
    for (phase, name) in [(Phase::After, "after"), (Phase::OnRollback, "roll-back")] {
        let items: Vec<&ItemReport> = report.items.iter().filter(|item| item.phase == phase).collect();
        if items.is_empty() || phase == Phase::OnRollback && report.course.rollback.is_none() {
            continue;
        }
        let settled = items.iter().filter(|item| item.state.is_settled()).count();
        let due: Vec<&ItemReport> =
            items.iter().copied().filter(|item| !item.state.is_settled() && waiting::is_due(report, item)).collect();
        page.named(name, &format!("{settled} of {}", words::count_of(&items, "item")));
        short(page, report, &due.into_iter().take(4).collect::<Vec<_>>());
    }
}

/// Adds all items below the headings of their phases, stages and sections: as tables where the terminal is wide.
pub(super) fn all(page: &mut Page<'_>, report: &Report) {
    let groups = groups(report);
    if page.width() >= 120 {
        return tables(page, report, &groups);
    }
    for (heading, items) in &groups {
        page.heading(heading);
        items.iter().for_each(|item| in_lines(page, report, item));
    }
}

/// The items below their headings, in the order in which a release comes by them.
fn groups(report: &Report) -> Vec<(String, Vec<&ItemReport>)> {
    let mut groups = Vec::new();
    for phase in [Phase::Before, Phase::Stage, Phase::After, Phase::OnRollback] {
        let of_phase: Vec<&ItemReport> = report.items.iter().filter(|item| item.phase == phase).collect();
        let mut places: Vec<(Option<&str>, &[String])> = Vec::new();
        for item in &of_phase {
            let place = place(item);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        // A stage may hold items of several sections; its own heading comes once.
        places.sort_by_key(|(stage, _)| report.course.stages.iter().position(|found| Some(found.id.as_str()) == *stage));
        for (stage, section) in places {
            let items: Vec<&ItemReport> = of_phase.iter().copied().filter(|item| place(item) == (stage, section)).collect();
            let settled = items.iter().filter(|item| item.state.is_settled()).count();
            let name = match stage {
                Some(stage) => format!("at stage {stage}"),
                None => phase_name(phase).to_owned(),
            };
            let section = section.last().map_or_else(String::new, |title| format!(": {}", safe::line(title)));
            groups.push((format!("{name}{section} ({settled} of {})", items.len()), items));
        }
    }
    groups
}

fn place(item: &ItemReport) -> (Option<&str>, &[String]) {
    (item.id.stage(), &item.section)
}

/// The colour of an item's state; dim where it is not its time.
fn paint(report: &Report, item: &ItemReport) -> Paint {
    let is_due = steps::needed_for_go(item) || waiting::is_due(report, item);
    if is_due || item.state == ItemState::Rejected { Paint::of_item(item.state) } else { Paint::Dim }
}

fn owner(item: &ItemReport) -> String {
    item.owner.as_ref().map_or_else(|| "(nobody)".to_owned(), ToString::to_string)
}

/// An item where there is no room for a table: its title, and the facts below.
fn in_lines(page: &mut Page<'_>, report: &Report, item: &ItemReport) {
    let (style, paint) = (page.style, paint(report, item));
    let number = Paint::Dim.on(&format!("{:>3}", item.number));
    page.hanging(2, 8, &format!("{} {number} {}", paint.on(style.mark(item.state)), safe::line(&item.title)));
    let mut facts = vec![item.id.to_string(), owner(item), paint.on(item.state.as_str())];
    facts.extend(Some(missing(report, item)).filter(|missing| !missing.is_empty()));
    page.hanging(8, 10, &facts.join(style.dot()));
}

fn tables(page: &mut Page<'_>, report: &Report, groups: &[(String, Vec<&ItemReport>)]) {
    let style = page.style;
    let head = [
        Column::new("#", 4),
        Column::new("title", 100),
        Column::whole("id", 60),
        Column::new("owner", 16),
        Column::new("state", 17),
        Column::new("missing", 60),
    ];
    let row = |item: &&ItemReport| {
        vec![
            (item.number.to_string(), Some(Paint::Dim)),
            (safe::line(&item.title), None),
            (item.id.to_string(), Some(Paint::Dim)),
            (owner(item), None),
            (format!("{} {}", style.mark(item.state), item.state.as_str()), Some(paint(report, item))),
            (missing(report, item), None),
        ]
    };
    let tables = groups.iter().map(|(heading, items)| (heading.as_str(), items.iter().map(row).collect()));
    page.tables(&head, &tables.collect::<Vec<_>>());
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before go",
        Phase::Stage => "at each stage",
        Phase::After => "after",
        Phase::OnRollback => "on roll-back",
    }
}

/// What an item still needs and from whom, in a few words, and whether it is optional.
fn missing(report: &Report, item: &ItemReport) -> String {
    let needs: Vec<_> = item.needs.iter().map(|need| missing_of(report, need)).collect();
    match (item.optional, needs.join("; ")) {
        (true, missing) if missing.is_empty() => "optional".to_owned(),
        (true, missing) => format!("(optional) {missing}"),
        (false, missing) => missing,
    }
}

fn missing_of(report: &Report, need: &Need) -> String {
    let by = |what: &str| match need.candidates.as_slice() {
        [] => format!("{what}; nobody is eligible"),
        people => format!("{what} by {}", words::some_of(people, 2)),
    };
    match need.what {
        NeedKind::OwnerWord => by("done"),
        NeedKind::Review => by(&reviews(need)),
        NeedKind::RejectResolved => {
            let author = need.record.and_then(|id| report.records.iter().find(|record| record.id == id));
            let by = author.map(|record| format!(" by {}", record.signer)).unwrap_or_default();
            format!("withdrawal{by}, or waiver by 2")
        }
        NeedKind::Children => format!("{} below it", words::count(need.people.into(), "item")),
        NeedKind::Waiver => by(&words::count(need.people.into(), "more waiver")),
        NeedKind::CheckPassed => "a passing check".to_owned(),
    }
}
