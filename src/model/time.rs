//! Points in time and spans, as records hold them: whole seconds in UTC.

use std::fmt;
use std::str::FromStr;

use super::ids::InvalidId;

/// A point in time in whole seconds, written in exactly one way: `2026-11-21T09:30:00Z` (RFC 3339, UTC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// 0000-01-01T00:00:00Z, the first second that can be written.
const FIRST: i64 = -62_167_219_200;

impl Timestamp {
    /// The first second that can be written.
    pub const FIRST: Self = Self(jiff::Timestamp::constant(FIRST, 0));
    /// The last second that can be written, so that it lies in the year 9999 in every zone.
    pub const LAST: Self = Self(jiff::Timestamp::constant(253_402_207_200, 0));

    /// Takes seconds since 1970-01-01T00:00:00Z; outside the years 0000 to 9999 it is `None`.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        // Years of other than four digits have no RFC 3339 form; jiff itself goes no further than the year 9999.
        if seconds < FIRST { None } else { jiff::Timestamp::from_second(seconds).ok().map(Self) }
    }

    /// Returns seconds since 1970-01-01T00:00:00Z.
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Returns the same point as the time library holds it, for zones and calendars.
    pub fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// Returns the point `seconds` later, or the last or first that can be written where that one can't.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        let end = if seconds < 0 { Self::FIRST } else { Self::LAST };
        Self::from_seconds(self.seconds().saturating_add(seconds)).unwrap_or(end)
    }

    /// Returns the point that a span later is, however long that is.
    #[must_use]
    pub fn later(self, seconds: u64) -> Self {
        self.plus(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let time = text.parse::<jiff::Timestamp>().ok().and_then(|time| Self::from_seconds(time.as_second()));
        match time {
            // One form only: two spellings of a time would be two payloads that say the same.
            Some(time) if time.to_string() == text => Ok(time),
            _ => Err(InvalidId::new("a time (such as 2026-11-21T09:30:00Z)", text)),
        }
    }
}

text_form!(
    Timestamp,
    { "format": "date-time", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$" },
    |time, serializer| serializer.collect_str(time)
);

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_time_has_one_spelling() {
        assert!("2026-11-21T09:30:00Z".parse::<Timestamp>().is_ok());
        for other in [
            "2026-11-21T09:30:00+00:00",
            "2026-11-21T09:30:00.0Z",
            "2026-11-21 09:30:00Z",
            "2026-11-21t09:30:00z",
            "2026-11-21T10:30:00+01:00",
            "",
        ] {
            assert!(other.parse::<Timestamp>().is_err(), "{other}");
        }
        assert_eq!(Timestamp::from_seconds(0).map(|t| t.to_string()).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert!(Timestamp::from_seconds(i64::MAX).is_none());
    }

    #[test]
    fn what_never_comes_comes_last() {
        let now: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
        assert_eq!(now.plus(60).to_string(), "2026-11-21T09:31:00Z");
        // A stage that bakes for ten thousand years has not baked yet.
        for seconds in [10_000 * 366 * 86_400, u64::MAX] {
            assert_eq!(now.later(seconds), Timestamp::LAST);
        }
        assert_eq!(now.plus(i64::MIN), Timestamp::FIRST);
        assert_eq!(Timestamp::LAST.plus(1), Timestamp::LAST);
    }

    #[test]
    fn exactly_the_years_of_four_digits_can_be_written() {
        let text = |seconds| Timestamp::from_seconds(seconds).map(|time| time.to_string());
        assert_eq!(text(super::FIRST).as_deref(), Some("0000-01-01T00:00:00Z"));
        assert_eq!(text(super::FIRST - 1), None);
        assert_eq!(text(i64::MIN), None);
        let last = jiff::Timestamp::MAX.as_second();
        assert_eq!(text(last).map(|text| text.len()), Some(20));
        assert_eq!(text(last + 1), None);
    }
}
