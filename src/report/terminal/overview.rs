//! Many releases on a terminal: a line for each, and what of them waits for one person.

use super::super::page::{Column, Page};
use super::super::style::{Paint, Style};
use super::super::{safe, words};
use crate::model::overview::{Mine, Place, ReleaseLine, WaitingItem, WaitingTask};
use crate::model::record::StageEvent;
use crate::model::report::ItemState;
use crate::model::time::Timestamp;

/// Lists releases, a line each: the answer beside the tag, the title last and as much of it as fits.
pub fn list(lines: &[ReleaseLine], now: Timestamp, style: &Style) -> String {
    let mut page = Page::new(style);
    let head = [
        Column::whole("tag", 40),
        Column::whole("answer", 14),
        Column::new("before go", 12),
        Column::new("state", 24),
        Column::new("age", 10),
        Column::new("environment", 16),
    ];
    let rows = lines.iter().map(|line| {
        let stage = line.stage.as_ref().map_or_else(String::new, |stage| format!(" {}", safe::line(stage)));
        let age = line.opened_at.map_or_else(String::new, |at| words::brief(seconds(at, now)));
        let count = if line.items > 0 { format!("{} of {}", line.settled, line.items) } else { String::new() };
        vec![
            (safe::line(line.tag.short()), None),
            (line.answer.as_str().to_owned(), Some(Paint::of_answer(line.answer))),
            (count, None),
            (format!("{}{stage}", line.state.as_str()), Some(Paint::of_release(line.state))),
            (age, Some(Paint::Dim)),
            (line.environment.as_ref().map(ToString::to_string).unwrap_or_default(), None),
        ]
    });
    let titles = lines.iter().map(|line| line.title.as_deref().map(safe::line).unwrap_or_default());
    page.table_and_rest(&head, 4, &rows.collect::<Vec<_>>(), ("title", &titles.collect::<Vec<_>>()));
    page.finish()
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.seconds().saturating_sub(from.seconds())).unwrap_or(0)
}

/// Shows what waits for somebody, by release: what is overdue first, then actions, conditions, items, stages and decisions.
pub fn mine(mine: &Mine, now: Timestamp, style: &Style) -> String {
    let mut page = Page::new(style);
    let mut places: Vec<&Place> = mine.waiting.iter().map(|one| &one.place).collect();
    places.extend(mine.actions.iter().chain(&mine.conditions).map(|one| &one.place));
    places.extend(mine.stages.iter().map(|one| &one.place));
    places.extend(&mine.decisions);
    places.sort_by_key(|place| (&place.tag, &place.environment));
    places.dedup();
    // A release of which something is late comes before the others.
    let late = |place: &Place| mine.actions.iter().chain(&mine.conditions).any(|one| one.overdue && one.place == *place);
    places.sort_by_key(|place| !late(place));
    for place in places {
        of_place(&mut page, mine, place, now);
    }
    for request in &mine.exceptions {
        let until = request.expires.map_or_else(String::new, |at| format!(", until {}", words::clock(at, now, &style.zone)));
        let text = format!("{} asks for a change of {}{until}: {}", request.by, request.ref_name, safe::line(&request.reason));
        page.line(0, &text);
        if !request.commits_here {
            page.command(2, &["git", "fetch"].map(str::to_owned));
        }
        page.command(2, &["relsign", "freeze", "grant", &request.record.short()].map(str::to_owned));
    }
    page.finish()
}

fn of_place(page: &mut Page<'_>, mine: &Mine, place: &Place, now: Timestamp) {
    let tag = safe::shell(place.tag.short());
    let env = place.environment.as_ref();
    let option = env.map_or_else(String::new, |environment| format!(" --env {environment}"));
    let towards = env.map_or_else(String::new, |environment| format!(" for {environment}"));
    let items: Vec<_> = mine.waiting.iter().filter(|one| one.place == *place).collect();
    let dash = if page.style.unicode { " — " } else { " - " };
    let sign = if items.iter().any(|item| item.by_approve) {
        format!("{dash}sign with: relsign approve {tag} ITEM{option}")
    } else {
        String::new()
    };
    page.line(0, &format!("{}{towards}{sign}", Paint::Strong.on(&safe::line(place.tag.short()))));
    for (what, tasks) in [("action", &mine.actions), ("condition", &mine.conditions)] {
        tasks.iter().filter(|one| one.place == *place).for_each(|one| task(page, what, one, now));
    }
    for group in items.chunk_by(|a, b| a.section == b.section) {
        if let Some(section) = group.first().and_then(|item| item.section.last()) {
            page.line(2, &Paint::Dim.on(&safe::line(section)));
        }
        waiting(page, group, &items);
    }
    let dot = page.style.dot();
    for stage in mine.stages.iter().filter(|one| one.place == *place) {
        let from =
            stage.from.map_or_else(String::new, |from| format!("{dot}from {} on", words::clock(from, now, &page.style.zone)));
        let what = match stage.event {
            StageEvent::Enter => "may be entered",
            StageEvent::Pass | StageEvent::Fail => "may be passed",
        };
        let name = safe::shell(&stage.stage);
        page.line(2, &format!("stage {name} {what}{from}: relsign stage {tag} {name} {}{option}", stage.event));
    }
    if mine.decisions.contains(place) {
        page.line(2, &format!("it waits for a decision: relsign decide {tag} go{option}"));
    }
}

/// The items of a section that wait: number, title, as whom they are signed, and the id where the title leaves room for it. All of
/// one release are aligned.
fn waiting(page: &mut Page<'_>, group: &[&WaitingItem], all: &[&WaitingItem]) {
    let counts = |item: &WaitingItem| {
        let partly = if item.state == ItemState::Partial { ", partly done" } else { "" };
        format!("{}{partly}", item.would_count_as.split(':').next().unwrap_or_default())
    };
    let widest = |text: &dyn Fn(&WaitingItem) -> usize| all.iter().map(|item| text(item)).max().unwrap_or(0);
    let (id_width, count_width) = (widest(&|item| safe::columns(item.item.as_str())), widest(&|item| safe::columns(&counts(item))));
    let title_width = widest(&|item| safe::columns(&safe::line(&item.title)));
    let room = page.width().saturating_sub(2 + 4 + 2 + count_width);
    // A part of an id is of no use, and the number names the item too.
    let with_id = room.saturating_sub(2 + id_width);
    let shows_id = with_id >= title_width.min(page.width() * 2 / 5);
    let title_width = title_width.min(if shows_id { with_id } else { room });
    for item in group {
        let title = safe::fit(&item.title, title_width, page.style.ellipsis());
        let (number, counts) = (Paint::Dim.on(&format!("{:>3}", item.number)), counts(item));
        let gap = |width: usize, text: &str| " ".repeat(width.saturating_sub(safe::columns(text)) + 2);
        let id =
            if shows_id { format!("{}{}", gap(count_width, &counts), Paint::Dim.on(item.item.as_str())) } else { String::new() };
        page.cut(2, &format!("{number} {title}{}{counts}{id}", gap(title_width, &title)));
    }
}

/// An action or a condition: what is to be done, which gives way, then when it is due and its id.
fn task(page: &mut Page<'_>, what: &str, one: &WaitingTask, now: Timestamp) {
    let dot = page.style.dot();
    let due = one.due.map_or_else(String::new, |due| {
        let (clock, until) = (words::clock(due, now, &page.style.zone), words::until(due, now));
        let text = match (page.width() < 100, one.overdue) {
            (true, true) => until,
            (true, false) => format!("due {until}"),
            (false, _) => format!("due {clock}, {until}"),
        };
        format!("{dot}{}", if one.overdue { Paint::Bad.on(&text) } else { text })
    });
    let left = if one.left { format!("{dot}left open") } else { String::new() };
    let facts = format!("{what}{due}{left}{dot}{}", Paint::Dim.on(&safe::line(&one.id)));
    let room = page.width().saturating_sub(2 + safe::columns(&facts) + 2).max(page.width() / 3);
    let text = safe::fit(&one.text, room, page.style.ellipsis());
    page.cut(2, &format!("{text}  {facts}"));
}
