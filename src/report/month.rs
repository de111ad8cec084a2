//! A month on the terminal, with the days marked that are frozen.

use std::fmt::Write as _;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::freezes;
use super::style::{self, Paint, Style};
use super::wrap::wrap;
use crate::model::freeze::{Freeze, Source, Span};
use crate::model::time::Timestamp;

/// How many letters stand beside a day; `+` says that there are more.
const LETTERS: usize = 5;
/// The columns of a day.
const CELL: usize = 10;

/// A month of the calendar in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    first: Date,
    zone: TimeZone,
}

/// A day of a month, and which freezes touch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The date, as `2026-12-24`.
    pub date: String,
    /// The freezes that touch it, by their place in the list, each with whether the whole day is frozen by it.
    pub freezes: Vec<(usize, bool)>,
}

impl Month {
    /// Returns the month of an instant.
    pub fn of(instant: Timestamp, zone: &TimeZone) -> Self {
        Self { first: zone.to_datetime(instant.to_jiff()).date().first_of_month(), zone: zone.clone() }
    }

    /// Reads a month as people write one: `2026-12`; nothing where it is none of the years 1 to 9998.
    pub fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str, most: usize| {
            ((1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse::<i16>().ok())?
        };
        let year = digits(year, 4).filter(|year| (1..=9998).contains(year))?;
        let first = Date::new(year, i8::try_from(digits(month, 2)?).ok()?, 1).ok()?;
        Some(Self { first, zone: zone.clone() })
    }

    /// Returns the time from its first midnight to that of the next month.
    pub fn span(&self) -> Span {
        let next = self.first.checked_add(1.month()).unwrap_or(self.first);
        Span { from: self.midnight(self.first), to: self.midnight(next) }
    }

    /// Returns its name as `2026-12`.
    pub fn name(&self) -> String {
        format!("{:04}-{:02}", self.first.year(), self.first.month())
    }

    /// Returns its days with the freezes that touch each.
    ///
    /// A day is what lies between two midnights of the zone, which may be 23 or 25 hours, and nothing where the zone
    /// skipped it.
    pub fn days(&self, freezes: &[Freeze]) -> Vec<Day> {
        let dates = self.first.series(1.day()).take_while(|date| date.month() == self.first.month());
        let days = dates.map(|date| {
            let day = Span { from: self.midnight(date), to: self.midnight(date.tomorrow().unwrap_or(date)) };
            let touching = freezes.iter().enumerate().filter(|(_, freeze)| day.from < day.to && freeze.touches(day));
            let whole = |freeze: &Freeze| freeze.from <= day.from && freeze.until.is_none_or(|until| day.to <= until);
            Day { date: date.to_string(), freezes: touching.map(|(place, freeze)| (place, whole(freeze))).collect() }
        });
        days.collect()
    }

    fn midnight(&self, date: Date) -> Timestamp {
        let instant = self.zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok();
        instant.and_then(|instant| Timestamp::from_seconds(instant.as_second())).unwrap_or(Timestamp::FIRST)
    }

    /// Draws the month in at most 80 columns, with a legend below: a capital letter stands for a day that is frozen as a
    /// whole, a small one for a part of it. The day of `now` has a star.
    pub fn draw(&self, freezes: &[Freeze], now: Timestamp, style: &Style) -> String {
        let today = self.zone.to_datetime(now.to_jiff()).date();
        let mut out = String::new();
        let _ = writeln!(out, "{}", Paint::Strong.on(&self.first.strftime("%B %Y").to_string()));
        out.push('\n');
        let week = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
        let heading: String = week.iter().map(|day| format!("{day:>2}{:width$}", "", width = CELL - 2)).collect();
        let _ = writeln!(out, "{}", heading.trim_end());
        let groups = groups(freezes);
        let mut row = " ".repeat(CELL * weekday(self.first));
        for (date, day) in self.first.series(1.day()).zip(self.days(freezes)) {
            if date.weekday() == Weekday::Monday && date != self.first {
                let _ = writeln!(out, "{}", row.trim_end());
                row.clear();
            }
            row.push_str(&cell((date, date == today), &day, &groups));
        }
        let _ = writeln!(out, "{}", row.trim_end());
        if today.first_of_month() == self.first {
            out.push_str("\n*  today\n");
        }
        self.legend(&mut out, freezes, &groups, style);
        style::finish(&out, style.color)
    }

    fn legend(&self, out: &mut String, freezes: &[Freeze], groups: &[usize], style: &Style) {
        out.push('\n');
        if freezes.is_empty() {
            out.push_str("nothing is frozen\n");
            return;
        }
        let last = groups.iter().max().copied().unwrap_or(0);
        for group in 0..=last {
            let mut members = freezes.iter().zip(groups).filter(|(_, own)| **own == group).map(|(freeze, _)| freeze).peekable();
            let Some(first) = members.peek() else { continue };
            let title = format!("{}  {}", letter(group, true), freezes::title(first));
            let _ = writeln!(out, "{}", Paint::Wait.on(&title));
            wrap(out, &freezes::refs(first), "   ", "   ", style.columns());
            for freeze in members {
                let _ = writeln!(out, "   from  {}", super::words::time(freeze.from, &style.zone));
                wrap(out, &freezes::until(freeze, &style.zone), "   ", "         ", style.columns());
            }
        }
        out.push_str("\ncapital letter: frozen all day; small letter: frozen for part of it\n");
    }
}

/// Numbers the freezes so that all occurrences of one window have one number.
fn groups<'f>(freezes: &'f [Freeze]) -> Vec<usize> {
    let mut known: Vec<(&str, &Source)> = Vec::new();
    let number = |freeze: &'f Freeze| {
        let this = (freeze.name.as_str(), &freeze.source);
        known.iter().position(|other| *other == this).unwrap_or_else(|| {
            known.push(this);
            known.len() - 1
        })
    };
    freezes.iter().map(number).collect()
}

/// Returns the letter of a group; there are more groups than letters only where nobody could tell them apart.
fn letter(group: usize, capital: bool) -> char {
    let letters = if capital { 'A'..='Z' } else { 'a'..='z' };
    letters.into_iter().nth(group).unwrap_or('*')
}

fn cell((date, is_today): (Date, bool), day: &Day, groups: &[usize]) -> String {
    let mut marks: Vec<(usize, bool)> =
        day.freezes.iter().filter_map(|(place, whole)| Some((*groups.get(*place)?, !whole))).collect();
    marks.sort_unstable();
    // Of one window, the day as a whole says more than a part of it.
    marks.dedup_by_key(|(group, _)| *group);
    let mut letters: String = marks.iter().take(LETTERS).map(|(group, partly)| letter(*group, !partly)).collect();
    if marks.len() > LETTERS {
        letters.push('+');
    }
    let width = letters.chars().count();
    let shown = if letters.is_empty() { String::new() } else { Paint::Bad.on(&letters) };
    let number = format!("{:>2}{}", date.day(), if is_today { "*" } else { " " });
    let number = if is_today { Paint::Strong.on(&number) } else { number };
    format!("{number}{shown}{:pad$}", "", pad = CELL.saturating_sub(3 + width))
}

fn weekday(date: Date) -> usize {
    usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)
}
