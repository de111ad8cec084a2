//! Many releases on a terminal: a line for each, and what of them waits for one person.

use super::super::page::{Column, Page};
use super::super::style::{Paint, Style};
use super::super::{safe, words};
use crate::model::overview::{Mine, Place, ReleaseLine, WaitingTask};
use crate::model::record::StageEvent;
use crate::model::time::Timestamp;

/// Lists releases, a line each.
pub fn list(lines: &[ReleaseLine], now: Timestamp, style: &Style) -> String {
    let mut page = Page::new(style);
    let wide = page.width() >= 100;
    let mut head = vec![Column::new("tag", 24), Column::new("environment", 16), Column::new("state", 24), Column::new("age", 10)];
    head.extend([Column::new("before go", 12), Column::new("answer", 14)]);
    if wide {
        head.push(Column::new("title", 60));
    }
    let rows = lines.iter().map(|line| {
        let stage = line.stage.as_ref().map_or_else(String::new, |stage| format!(" {}", safe::line(stage)));
        let age = line.opened_at.map_or_else(String::new, |at| words::span(seconds(at, now)));
        let count = if line.items > 0 { format!("{} of {}", line.settled, line.items) } else { String::new() };
        let mut row = vec![
            (safe::fit(line.tag.short(), 24, style.ellipsis()), None),
            (line.environment.as_ref().map(ToString::to_string).unwrap_or_default(), None),
            (format!("{}{stage}", line.state.as_str()), Some(Paint::of_release(line.state))),
            (age, None),
            (count, Some(Paint::Dim)),
            (line.answer.as_str().to_owned(), Some(Paint::of_answer(line.answer))),
        ];
        if wide {
            row.push((line.title.as_deref().map(|title| safe::fit(title, 60, style.ellipsis())).unwrap_or_default(), None));
        }
        row
    });
    page.table(0, &head, &rows.collect::<Vec<_>>());
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
    let (dash, dot) = if page.style.unicode { (" — ", page.style.dot()) } else { (" - ", page.style.dot()) };
    let sign = if items.iter().any(|item| item.by_approve) {
        format!("{dash}sign with: relsign approve {tag} ITEM{option}")
    } else {
        String::new()
    };
    page.line(0, &format!("{}{towards}{sign}", Paint::Strong.on(&safe::line(place.tag.short()))));
    for (what, tasks) in [("action", &mine.actions), ("condition", &mine.conditions)] {
        let own = tasks.iter().filter(|one| one.place == *place);
        own.for_each(|one| page.cut(2, &task(page.style, what, one, now)));
    }
    for item in items {
        let title = safe::line(&item.title);
        let counts = if item.state == crate::model::report::ItemState::Partial { " (partly done)" } else { "" };
        page.cut(2, &format!("{}{dot}{}{counts}{dot}{title}", item.item, item.would_count_as));
    }
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

/// Describes an action or a condition: when it is due first.
fn task(style: &Style, what: &str, one: &WaitingTask, now: Timestamp) -> String {
    let dot = style.dot();
    let due = one.due.map_or_else(String::new, |due| {
        let text = format!("{dot}due {}, {}", words::clock(due, now, &style.zone), words::until(due, now));
        if one.overdue { Paint::Bad.on(&text) } else { text }
    });
    let left = if one.left { format!("{dot}left open") } else { String::new() };
    format!("{}{dot}{what}{due}{left}{dot}{}", safe::line(&one.id), safe::line(&one.text))
}
