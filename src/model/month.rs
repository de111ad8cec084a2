//! Months of the calendar in UTC, by which freezes of releases are looked up.

use std::fmt;

use jiff::tz::Offset;

use super::time::Timestamp;

/// A month in UTC, written `2026-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// Takes a year and a month of it, from 1; other numbers are taken for the nearest month of that year.
    pub fn new(year: u16, month: u8) -> Self {
        Self(u32::from(year) * 12 + u32::from(month.clamp(1, 12)) - 1)
    }

    /// Gives the month that an instant lies in.
    pub fn of(instant: Timestamp) -> Self {
        let date = Offset::UTC.to_datetime(instant.to_jiff()).date();
        // No time that can be written lies in a year below 0 or has a month below 1.
        Self::new(u16::try_from(date.year()).unwrap_or(0), u8::try_from(date.month()).unwrap_or(1))
    }

    /// Gives the month that comes so many months later.
    #[must_use]
    pub fn plus(self, months: u32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// Gives the months from this one to another, both of them with it, in their order; none where the other comes before.
    pub fn to(self, last: Self) -> impl ExactSizeIterator<Item = Self> {
        let end = (last.0 as usize).saturating_add(1);
        (self.0 as usize..end).map(|month| Self(u32::try_from(month).unwrap_or(u32::MAX)))
    }

    /// Gives the months that hold an instant from `from` on and before `until`, in their order; none where there is none.
    pub fn touched(from: Timestamp, until: Timestamp) -> impl ExactSizeIterator<Item = Self> {
        let first = Self::of(from);
        // The month after the last one, so that nothing is left where the end is not after the beginning.
        let end = if from < until { Self::of(until.plus(-1)).0 as usize + 1 } else { 0 };
        (first.0 as usize..end).map(|month| Self(u32::try_from(month).unwrap_or(u32::MAX)))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Month, Timestamp};

    fn touched(from: &str, until: &str) -> Vec<String> {
        let months = Month::touched(from.parse().unwrap(), until.parse().unwrap());
        let count = months.len();
        let months: Vec<String> = months.map(|month| month.to_string()).collect();
        assert_eq!(months.len(), count);
        months
    }

    #[test]
    fn a_month_is_touched_by_an_instant_of_it_and_the_end_is_none() {
        let first = "2026-12-01T00:00:00Z";
        assert_eq!(touched("2026-11-30T23:59:59Z", first), ["2026-11"]);
        assert_eq!(touched("2026-11-30T23:59:59Z", "2026-12-01T00:00:01Z"), ["2026-11", "2026-12"]);
        assert_eq!(touched(first, "2026-12-01T00:00:01Z"), ["2026-12"]);
        assert_eq!(touched("2026-12-31T23:59:59Z", "2027-01-01T00:00:01Z"), ["2026-12", "2027-01"]);
        assert_eq!(touched("2026-11-02T00:00:00Z", "2027-02-01T00:00:00Z"), ["2026-11", "2026-12", "2027-01"]);
    }

    #[test]
    fn what_ends_before_it_begins_touches_nothing() {
        assert!(touched("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z").is_empty());
        assert!(touched("2026-12-01T00:00:00Z", "2026-01-01T00:00:00Z").is_empty());
    }

    #[test]
    fn all_times_that_can_be_written_lie_in_a_month() {
        assert_eq!(Month::of(Timestamp::FIRST).to_string(), "0000-01");
        assert_eq!(Month::of(Timestamp::LAST).to_string(), "9999-12");
        assert_eq!(Month::touched(Timestamp::FIRST, Timestamp::LAST).len(), 120_000);
    }

    #[test]
    fn months_are_counted_over_the_end_of_a_year() {
        let months: Vec<String> = Month::new(2026, 11).to(Month::new(2026, 11).plus(3)).map(|month| month.to_string()).collect();
        assert_eq!(months, ["2026-11", "2026-12", "2027-01", "2027-02"]);
        assert_eq!(Month::new(2026, 11).to(Month::new(2026, 10)).count(), 0);
    }
}
