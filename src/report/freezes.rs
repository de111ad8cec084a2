//! Freezes in words: what a refused push, a list and a check say of one.

use jiff::tz::TimeZone;

use super::safe;
use super::words;
use crate::model::freeze::{Freeze, Source};
use crate::model::policy::{Policy, Right, bundled_zone};
use crate::model::time::Timestamp;

/// Says what freezes and until when: `frozen by "year-end" until Mon 4 Jan 2027 08:00 CET (2027-01-04T07:00:00Z)`.
///
/// `zone` is where whoever reads it is. A server does not know that: [`zone_of`] gives the zone of the freeze itself.
pub fn frozen_by(freeze: &Freeze, zone: &TimeZone) -> String {
    format!("frozen by {} {}", title(freeze), until(freeze, zone))
}

/// Names a freeze: `"year-end"`, or `release v2.4.0`.
pub fn title(freeze: &Freeze) -> String {
    match &freeze.source {
        Source::Window | Source::Record(_) => format!("\"{}\"", safe::line(&freeze.name)),
        Source::Release(tag, _) => format!("release {}", safe::line(tag.short())),
    }
}

/// Says when a freeze ends: `until …`, `until it is lifted`, `until it is decided, at the latest …`.
pub fn until(freeze: &Freeze, zone: &TimeZone) -> String {
    match (&freeze.source, freeze.until) {
        (_, None) => "until it is lifted".to_owned(),
        (Source::Release(..), Some(until)) => format!("until it is decided, at the latest {}", words::time(until, zone)),
        (_, Some(until)) => format!("until {}", words::time(until, zone)),
    }
}

/// Says why, where that is known: `reason: holiday trading`.
pub fn reason(freeze: &Freeze) -> Option<String> {
    freeze.reason.as_deref().filter(|reason| !reason.trim().is_empty()).map(|reason| format!("reason: {}", safe::line(reason)))
}

/// Says who may grant an exception, and how many of them it takes: `incident-commander (jo, kim), 2 people`.
pub fn grantors(freeze: &Freeze, policy: &Policy) -> String {
    let who = match &freeze.grant {
        Some(grantees) => policy.who_is(grantees),
        None => policy.who_may(Right::Grant),
    };
    if who.is_nobody() {
        return "nobody".to_owned();
    }
    let people = words::plural(u64::from(policy.thresholds().exception), "person", "people");
    format!("{who}, {people}")
}

/// Gives the zone that a freeze was written in; UTC where it was written in none.
pub fn zone_of(freeze: &Freeze) -> TimeZone {
    freeze.zone.as_deref().and_then(|name| bundled_zone(name).ok()).unwrap_or(TimeZone::UTC)
}

/// Gives the whole of a freeze's time: `Fri 20 Nov 2026 16:00 UTC (…) until …`.
pub fn time(freeze: &Freeze, zone: &TimeZone) -> String {
    format!("{} {}", words::time(freeze.from, zone), until(freeze, zone))
}

/// Says from when on a ref is free again, where that is known.
pub fn free_again(free: Option<Timestamp>, zone: &TimeZone) -> String {
    free.map_or_else(|| "no end is set".to_owned(), |free| format!("free again {}", words::time(free, zone)))
}
