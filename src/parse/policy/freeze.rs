//! Freeze windows.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZoneDatabase;
use toml::Spanned;

use super::people::{People, grantees};
use super::reader::{Problems, Table};
use super::releases::ref_patterns;
use crate::model::policy::{FreezeSpan, FreezeWindow, WeekTime, YearTime};

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

pub(super) fn read(root: &mut Table<'_>, problems: &mut Problems<'_>, people: &People) -> Vec<FreezeWindow> {
    let mut windows: Vec<FreezeWindow> = Vec::new();
    for mut table in root.tables(problems, "freeze") {
        let name_at = table.span_of("name");
        let name = table.required_line(problems, "name");
        if name.as_ref().is_some_and(|name| windows.iter().any(|window| window.name == *name)) {
            problems.error("policy-twice", name_at, "two freeze windows have the same name");
        }
        table.required(problems, "refs");
        let (at, told) = (table.span_of("refs"), problems.count());
        let refs = ref_patterns(&mut table, problems, "refs");
        if table.has("refs") && refs.is_empty() && problems.count() == told {
            problems.error("policy-bad-value", at, format!("{} freezes no ref", table.name()));
        }
        let zone = zone(&mut table, problems);
        let span = span(&mut table, problems);
        let reason = table.line(problems, "reason");
        let grant = table.texts(problems, "grant").map(|texts| grantees(problems, &texts, false, people));
        let environments = table.ids(problems, "environments");
        table.finish(problems);
        if let (Some(name), Some(zone), Some(span)) = (name, zone, span) {
            windows.push(FreezeWindow { name, refs, zone, span, reason, grant, environments });
        }
    }
    windows
}

fn zone(table: &mut Table<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let text = table.required(problems, "zone").text(problems, "zone")?;
    // The bundled database, so that a policy means the same on every machine.
    let known = TimeZoneDatabase::bundled().get(text.get_ref()).is_ok();
    if !known {
        let message = format!("the zone {:?} is not known", text.get_ref());
        problems.error_with_hint("policy-unknown-zone", text.span(), message, "write an IANA name such as Europe/Berlin or UTC");
    }
    known.then(|| (*text.get_ref()).to_owned())
}

fn span(table: &mut Table<'_>, problems: &mut Problems<'_>) -> Option<FreezeSpan> {
    let once =
        edges(table, problems, "once", "2026-12-20T18:00", date_time).map(|(from, to)| (FreezeSpan::Once { from, to }, from < to));
    let weekly =
        edges(table, problems, "weekly", "fri 16:00", week_time).map(|(from, to)| (FreezeSpan::Weekly { from, to }, from != to));
    let yearly =
        edges(table, problems, "yearly", "12-20 18:00", year_time).map(|(from, to)| (FreezeSpan::Yearly { from, to }, from != to));
    let keys = ["once", "weekly", "yearly"];
    let given = keys.iter().filter(|key| table.has(key)).count();
    if given != 1 {
        let message = format!("{} needs exactly one of `once`, `weekly` and `yearly`", table.name());
        problems.error("policy-bad-value", table.span(), message);
        return None;
    }
    let (span, runs) = once.or(weekly).or(yearly)?;
    if !runs {
        problems.error("policy-bad-value", table.span(), format!("{} ends before it begins", table.name()));
    }
    Some(span)
}

/// Reads `{ from = …, to = … }`.
fn edges<T>(
    table: &mut Table<'_>,
    problems: &mut Problems<'_>,
    key: &'static str,
    example: &str,
    read: fn(&str) -> Option<T>,
) -> Option<(T, T)> {
    let mut edges = table.table(problems, key)?;
    let mut edge = |key: &'static str, problems: &mut Problems<'_>| {
        let text: Spanned<String> = edges.required(problems, key).date_text(problems, key)?;
        let value = read(text.get_ref());
        if value.is_none() {
            let message = format!("{:?} is not a time of this kind of window; write it as in \"{example}\"", text.get_ref());
            problems.error("policy-bad-value", text.span(), message);
        }
        value
    };
    let (from, to) = (edge("from", problems), edge("to", problems));
    edges.finish(problems);
    Some((from?, to?))
}

/// Reads hours and minutes, with seconds where they are given.
fn time(text: &str) -> Option<Time> {
    let numbers: Option<Vec<i8>> = text
        .split(':')
        .map(|part| (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?)
        .collect();
    match numbers?.as_slice() {
        [hour, minute] => Time::new(*hour, *minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(*hour, *minute, *second, 0).ok(),
        _ => None,
    }
}

fn date_time(text: &str) -> Option<DateTime> {
    // No offset: the window has a zone, and two statements of it could disagree.
    let (date, of_day) = text.split_once(['T', ' '])?;
    let date: Date = (date.len() == 10).then(|| date.parse().ok())??;
    Some(DateTime::from_parts(date, time(of_day)?))
}

fn week_time(text: &str) -> Option<WeekTime> {
    let (day, of_day) = text.split_once(' ')?;
    let (_, day) = DAYS.iter().find(|(name, _)| *name == day)?;
    Some(WeekTime { day: *day, time: time(of_day)? })
}

fn year_time(text: &str) -> Option<YearTime> {
    let (day, of_day) = text.split_once(' ')?;
    let date: Date = (day.len() == 5).then(|| format!("2024-{day}").parse().ok())??;
    Some(YearTime { month: date.month(), day: date.day(), time: time(of_day)? })
}
