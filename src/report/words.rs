//! Words for people: counts, lists, times and spans.

use jiff::tz::TimeZone;

use crate::model::course::{ConditionReport, ConditionState};
use crate::model::time::Timestamp;

/// Counts something: `1 review`, `2 reviews`.
pub fn count(number: u64, one: &str) -> String {
    plural(number, one, &format!("{one}s"))
}

/// Counts something whose plural is not made with an s: `1 person`, `2 people`.
pub fn plural(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// Counts what is held in a collection.
pub fn count_of<T>(items: &[T], one: &str) -> String {
    count(items.len() as u64, one)
}

/// Says where a condition stands.
pub fn condition(report: &ConditionReport) -> String {
    let by = report.settled.as_ref().map_or_else(String::new, |mark| format!(" by {} at {}", mark.by, mark.at));
    match report.state {
        ConditionState::Open => "open".to_owned(),
        ConditionState::Met => format!("met{by}"),
        ConditionState::Failed => format!("failed{by}"),
        ConditionState::Overdue => "not met in time".to_owned(),
    }
}

/// Joins with commas and `and`: `a`, `a and b`, `a, b and c`.
pub fn and<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    join(items, "and")
}

/// Joins with commas and `or`: `a`, `a or b`, `a, b or c`.
pub fn or<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    join(items, "or")
}

fn join<T: ToString>(items: impl IntoIterator<Item = T>, word: &str) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.pop() {
        None => String::new(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} {word} {last}", items.join(", ")),
    }
}

/// Joins the first `most` with `or` and counts the rest: `@a, @b or 3 others`.
pub fn some_of<T: ToString>(items: &[T], most: usize) -> String {
    if items.len() <= most {
        return or(items.iter().map(ToString::to_string));
    }
    let rest = items.len() - most;
    let shown = items.iter().take(most).map(ToString::to_string);
    or(shown.chain([plural(rest as u64, "other", "others")]))
}

/// Returns a point in time in a zone with UTC beside it: `Mon 23 Nov 2026 09:30 CET (2026-11-23T08:30:00Z)`.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    format!("{} ({at})", local_time(at, zone))
}

/// Returns the same with the words of the local time held together, for what is wrapped.
pub fn kept_time(at: Timestamp, zone: &TimeZone) -> String {
    format!("{} ({at})", super::wrap::kept(&local_time(at, zone)))
}

/// Returns a point in time in a zone alone: `Mon 23 Nov 2026 09:30 CET`.
pub fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M %Z").to_string()
}

/// Returns a claimed time with the witnessed one beside it: `claimed Mon …, witnessed Mon …`, or `…, not witnessed`.
pub fn claimed(at: Timestamp, witnessed: Option<Timestamp>, zone: &TimeZone) -> String {
    let witnessed = witnessed.map_or_else(|| "not witnessed".to_owned(), |at| format!("witnessed {}", time(at, zone)));
    format!("claimed {}, {witnessed}", time(at, zone))
}

/// Returns a point in time as seen from another: `3 hours ago`, `in 2 days`, `just now`.
pub fn ago(at: Timestamp, as_of: Timestamp) -> String {
    let seconds = as_of.seconds().saturating_sub(at.seconds());
    match seconds {
        -59..=59 => "just now".to_owned(),
        60.. => format!("{} ago", span(seconds.unsigned_abs())),
        _ => format!("in {}", span(seconds.unsigned_abs())),
    }
}

/// Returns a span in its largest unit, rounded down: `45 seconds`, `3 hours`, `2 days`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => count(seconds, "second"),
        60..3_600 => count(seconds / 60, "minute"),
        3_600..172_800 => count(seconds / 3_600, "hour"),
        172_800..63_072_000 => count(seconds / 86_400, "day"),
        _ => count(seconds / 31_536_000, "year"),
    }
}

/// Returns a span in its two largest units: `45 s`, `20 min`, `1 h 20 min`, `3 d 4 h`.
pub fn brief(seconds: u64) -> String {
    let two = |count: u64, unit: &str, rest: u64, smaller: &str| match rest {
        0 => format!("{count} {unit}"),
        _ => format!("{count} {unit} {rest} {smaller}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        86_400..864_000 => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Returns a point in time as a clock shows it, with the day where it is not today: `13:05`, `Thu 26 Mar 09:00`.
pub fn clock(at: Timestamp, as_of: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_jiff().to_zoned(zone.clone()), as_of.to_jiff().to_zoned(zone.clone()));
    let form = match (at.date() == now.date(), at.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%a %-d %b %H:%M",
        (false, false) => "%-d %b %Y %H:%M",
    };
    at.strftime(form).to_string()
}

/// Returns how far something due is from now: `in 20 min`, `overdue since 2 d`.
pub fn until(due: Timestamp, as_of: Timestamp) -> String {
    match due.seconds().saturating_sub(as_of.seconds()) {
        left @ 1.. => format!("in {}", brief(left.unsigned_abs())),
        late => format!("overdue since {}", brief(late.unsigned_abs())),
    }
}

/// Writes positions as runs: `1-4, 7, 9-10`.
pub fn runs(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let shown: Vec<_> =
        runs.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") }).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn counts_and_lists_read_like_sentences() {
        assert_eq!(count(1, "review"), "1 review");
        assert_eq!(count(0, "review"), "0 reviews");
        assert_eq!(plural(2, "person", "people"), "2 people");
        assert_eq!(and(["a"]), "a");
        assert_eq!(and(["a", "b", "c"]), "a, b and c");
        assert_eq!(or(Vec::<String>::new()), "");
        assert_eq!(some_of(&["@a", "@b", "@c", "@d"], 2), "@a, @b or 2 others");
        assert_eq!(some_of(&["@a", "@b"], 2), "@a or @b");
        assert_eq!(runs(&[1, 2, 3, 7, 9, 10]), "1-3, 7, 9-10");
    }

    #[test]
    fn times_stand_in_the_zone_with_utc_beside() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(time(at("2026-11-23T08:30:00Z"), &zone), "Mon 23 Nov 2026 09:30 CET (2026-11-23T08:30:00Z)");
        assert_eq!(local_time(at("2026-07-01T08:30:00Z"), &TimeZone::UTC), "Wed 1 Jul 2026 08:30 UTC");
        // The bounds of what a record can hold must not panic in any zone.
        for edge in ["0001-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
            let _ = (time(at(edge), &zone), time(at(edge), &TimeZone::UTC));
        }
    }

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        let now = at("2026-11-23T12:00:00Z");
        assert_eq!(ago(at("2026-11-23T09:00:00Z"), now), "3 hours ago");
        assert_eq!(ago(at("2026-11-23T11:59:30Z"), now), "just now");
        assert_eq!(ago(at("2026-11-26T12:00:00Z"), now), "in 3 days");
        assert_eq!(span(60), "1 minute");
        assert_eq!([45, 60, 4_800, 7_200, 273_600, 900_000].map(brief), ["45 s", "1 min", "1 h 20 min", "2 h", "3 d 4 h", "10 d"]);
        assert_eq!(until(at("2026-11-23T12:20:00Z"), now), "in 20 min");
        assert_eq!(until(at("2026-11-23T11:00:00Z"), now), "overdue since 1 h");
    }

    #[test]
    fn a_clock_shows_the_day_only_where_it_is_another() {
        let (now, zone) = (at("2026-11-23T12:00:00Z"), TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(clock(at("2026-11-23T22:30:00Z"), now, &zone), "23:30");
        assert_eq!(clock(at("2026-11-23T23:30:00Z"), now, &zone), "Tue 24 Nov 00:30");
        assert_eq!(clock(at("2027-01-04T07:00:00Z"), now, &zone), "4 Jan 2027 08:00");
    }
}
