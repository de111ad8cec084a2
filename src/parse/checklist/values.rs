//! Values in running text: thresholds, spans, shares and points in time.

use super::limits::limits;
use crate::model::checklist::Trigger;
use crate::model::limit::Limits;
use crate::model::time::Timestamp;

/// Reads a trigger: its threshold and for how long it must be passed.
pub(super) fn trigger(text: &str, line: u32) -> Trigger {
    let limits = limits(text);
    Trigger { text: text.to_owned(), threshold: limits.threshold(), duration: limits.duration.clone(), limits, limit: None, line }
}

/// Finds the part that says how much: a comparison, a limit in words, or that any case is one too many.
pub(super) fn threshold(text: &str) -> Option<String> {
    limits(text).threshold()
}

/// Reads a span such as `30 min`, `1 hour`, `4 hours soak`, `1h 30m` or `5-minute`, in seconds.
pub(super) fn seconds(text: &str) -> Option<u64> {
    seconds_of(text, &limits(text))
}

/// Reads the same of a text whose limits are read already.
pub(super) fn seconds_of(text: &str, read: &Limits) -> Option<u64> {
    let is_plain = text.bytes().any(|b| b.is_ascii_digit()) && !text.contains(['–', '—', '-']);
    if !is_plain && let Some(seconds) = read.seconds {
        return Some(seconds);
    }
    let mut total: Option<u64> = None;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: Option<f64> = rest[..end].parse().ok();
        rest = rest[end..].trim_start_matches([' ', '-', '+']);
        let unit_end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        if let (Some(number), Some(unit)) = (number, super::limits::seconds_of(&rest[..unit_end])) {
            let value = number * unit as f64;
            // Beyond a century it is no span of a roll-out but a mistake or an attack.
            if value > 3.2e9 {
                return None;
            }
            total = Some(total.unwrap_or(0) + value as u64);
        }
        rest = &rest[unit_end..];
    }
    total.or(read.seconds.filter(|_| is_plain))
}

/// Finds a share in percent, as written.
pub(super) fn percent(text: &str) -> Option<String> {
    let at = text.find('%')?;
    // French and German leave a blank before the sign.
    let number = text[..at].trim_end_matches([' ', '\u{a0}', '\u{202f}']);
    let start = number
        .rfind(|c: char| !c.is_ascii_digit() && c != '.')
        .map_or(0, |n| n + text[n..].chars().next().map_or(1, char::len_utf8));
    (start < number.len()).then(|| text[start..=at].to_owned())
}

/// Finds a share of the traffic, as written: a number of percent that is no limit and not nothing.
pub(super) fn share(text: &str) -> Option<String> {
    let share = percent(text)?;
    let before = text[..text.find(&share)?].trim_end().to_lowercase();
    let limited = before.ends_with(['<', '>', '=', '≤', '≥', '~', '±'])
        || ["below", "under", "above", "over", "within", "than", "exceeds", "least", "most"]
            .iter()
            .any(|word| before.ends_with(word));
    let number: f64 = share.trim_end_matches('%').trim_end().parse().ok()?;
    (!limited && number > 0.0 && number <= 100.0).then_some(share)
}

/// Reads `2024-12-13 12:00 UTC`, or RFC 3339; a date alone has no time and a time without zone is no point in time.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let mut words = text.split_whitespace();
    let (date, clock, zone) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !matches!(zone, "UTC" | "GMT" | "Z") {
        return None;
    }
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    format!("{date}T{clock}{seconds}Z").parse().ok()
}

/// Reads `A through B`, `A to B`, `A – B`, where B may leave the date out.
pub(super) fn window(text: &str) -> Option<(Timestamp, Timestamp)> {
    for between in [" through ", " until ", " to ", " – ", " - ", "–", "/"] {
        let Some((from, until)) = text.split_once(between) else { continue };
        let (from, until) = (from.trim(), until.trim());
        let zone = until.split_whitespace().last().unwrap_or_default();
        let date = from.split_whitespace().next().unwrap_or_default();
        let start = time(from).or_else(|| time(&format!("{from} {zone}")));
        let end = time(until).or_else(|| time(&format!("{date} {until}")));
        if let (Some(start), Some(end)) = (start, end) {
            return (start <= end).then_some((start, end));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, expected) in [
            ("30 min", 1800),
            ("1 hour", 3600),
            ("4 hours soak", 14400),
            ("1h 30m", 5400),
            ("5-minute window", 300),
            ("3+ minutes", 180),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("99999999999999999999 weeks"), None);
    }

    #[test]
    fn windows_have_two_ends() {
        assert!(window("2024-12-13 12:00 UTC through 2024-12-14 12:00 UTC").is_some());
        assert!(window("2024-12-13 12:00–13:00 UTC").is_some());
        assert!(window("the whole weekend").is_none());
    }
}
