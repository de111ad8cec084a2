//! The instants that freeze windows cover: civil time in a zone, made into points in time.
//!
//! A clock on a wall skips times and repeats others. A freeze is never shorter than it was meant, so where an edge is
//! not one instant the freeze begins at the earlier and ends at the later. A day that a year does not have, 29 February,
//! is treated like a day that a zone skipped: an edge on it moves by that day, the beginning to 28 February and the end
//! to 1 March, at the same time of day. docs/decisions/021 weighs this.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::freeze::{FreezeSpan, FreezeWindow, WeekTime, YearTime};
use crate::model::time::Timestamp;

/// One time that a window holds: `from` belongs to it, `until` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When it begins.
    pub from: Timestamp,
    /// When it has ended.
    pub until: Timestamp,
}

/// The zone of a window is not in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone(pub String);

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the time zone {:?} is not known", self.0)
    }
}

impl std::error::Error for UnknownZone {}

/// Finds a zone in the bundled database, so that a policy means the same on every machine.
///
/// # Errors
/// If the database does not know it.
pub fn bundled_zone(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.to_owned()))
}

/// How many turns before that of the instant in question are looked at: an occurrence may have begun a turn earlier, and
/// a zone that skips a day moves an edge into the next one.
const TURNS_BEFORE: i64 = 2;

impl FreezeWindow {
    /// Returns the times that it holds, from the first that has not ended at `after`, in order, for as long as there are
    /// years to write.
    ///
    /// # Errors
    /// If its zone is not in the bundled database; policies that name such a one are not accepted.
    pub fn occurrences(&self, after: Timestamp) -> Result<impl Iterator<Item = Occurrence> + use<>, UnknownZone> {
        let zone = bundled_zone(&self.zone)?;
        let span = self.span;
        let today = zone.to_datetime(after.to_jiff()).date();
        let first = if matches!(span, FreezeSpan::Once { .. }) { 0 } else { -TURNS_BEFORE };
        let turns = (first..).map_while(move |turn| edges(span, today, turn));
        let resolved = turns.map(move |(from, to)| Occurrence { from: begins(&zone, from), until: ends(&zone, to) });
        Ok(resolved.skip_while(move |occurrence| occurrence.until <= after))
    }
}

/// Returns the edges of a turn in civil time, turn 0 being that of `today`; an end beyond the calendar is `None`.
///
/// Nothing where there is no such turn.
fn edges(span: FreezeSpan, today: Date, turn: i64) -> Option<(DateTime, Option<DateTime>)> {
    match span {
        FreezeSpan::Once { from, to } => (turn == 0).then_some((from, Some(to))),
        FreezeSpan::Weekly { from, to } => {
            let place = |time: WeekTime| (time.day.to_monday_zero_offset(), time.time);
            let monday = today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?;
            let at = |time: WeekTime, turn: i64| {
                let days = turn.checked_mul(7)?.checked_add(i64::from(time.day.to_monday_zero_offset()))?;
                Some(DateTime::from_parts(monday.checked_add(days.days()).ok()?, time.time))
            };
            let over = i64::from(place(to) <= place(from));
            Some((at(from, turn)?, at(to, turn + over)))
        }
        FreezeSpan::Yearly { from, to } => {
            let year = i64::from(today.year()).checked_add(turn)?;
            let over = i64::from(to <= from);
            Some((of_year(from, year, Edge::From)?, of_year(to, year + over, Edge::To)))
        }
    }
}

/// Which edge of a window.
#[derive(Clone, Copy)]
enum Edge {
    From,
    To,
}

/// Returns a time of a year; 29 February stands for the day beside it where the year has none.
fn of_year(time: YearTime, year: i64, edge: Edge) -> Option<DateTime> {
    let year = i16::try_from(year).ok()?;
    let date = Date::new(year, time.month, time.day).or_else(|_| match edge {
        Edge::From => Date::new(year, 2, 28),
        Edge::To => Date::new(year, 3, 1),
    });
    Some(DateTime::from_parts(date.ok()?, time.time))
}

/// Returns the earliest instant that a time on the wall may mean.
fn begins(zone: &TimeZone, from: DateTime) -> Timestamp {
    let instant = zone.to_ambiguous_timestamp(from).earlier().ok();
    instant.and_then(|instant| Timestamp::from_seconds(instant.as_second())).unwrap_or_else(|| beyond(from))
}

/// Returns the latest instant that a time on the wall may mean.
fn ends(zone: &TimeZone, to: Option<DateTime>) -> Timestamp {
    let Some(to) = to else { return Timestamp::LAST };
    let instant = zone.to_ambiguous_timestamp(to).later().ok();
    instant.and_then(|instant| Timestamp::from_seconds(instant.as_second())).unwrap_or_else(|| beyond(to))
}

/// Returns the nearest instant that can be written to a time that has none.
fn beyond(time: DateTime) -> Timestamp {
    if time.year() < 5000 { Timestamp::FIRST } else { Timestamp::LAST }
}
