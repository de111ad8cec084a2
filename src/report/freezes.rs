//! Freezes in words: what a refused push, a list and a check say of one.

use jiff::tz::TimeZone;

use super::safe;
use super::style::{self, Paint, Style};
use super::words;
use super::wrap::wrap;
use crate::model::freeze::{Freeze, Source};
use crate::model::policy::{Policy, Right, WhoMay, bundled_zone};
use crate::model::time::Timestamp;

/// Describes what freezes and until when: `frozen by "year-end" until Mon 4 Jan 2027 08:00 CET (2027-01-04T07:00:00Z)`.
///
/// `zone` is where whoever reads it is. A server does not know that: [`zone_of`] gives the zone of the freeze itself.
pub fn frozen_by(freeze: &Freeze, zone: &TimeZone) -> String {
    format!("frozen by {} {}", title(freeze), until(freeze, zone))
}

/// Names a freeze: `"year-end"`, or `release v2.4.0`.
pub fn title(freeze: &Freeze) -> String {
    match &freeze.source {
        Source::Window | Source::Record { .. } => format!("\"{}\"", safe::line(&freeze.name)),
        Source::Release { tag, .. } => format!("release {}", safe::line(tag.short())),
    }
}

/// Describes when a freeze ends: `until …`, `until it is lifted`, `until it is decided, at the latest …`.
pub fn until(freeze: &Freeze, zone: &TimeZone) -> String {
    match (&freeze.source, freeze.until) {
        (Source::Release { .. }, None) => "until it is decided".to_owned(),
        (_, None) => "until it is lifted".to_owned(),
        (Source::Release { .. }, Some(until)) => format!("until it is decided, at the latest {}", words::kept_time(until, zone)),
        (_, Some(until)) => format!("until {}", words::kept_time(until, zone)),
    }
}

/// Reports why, where that is known: `reason: holiday trading`.
pub fn reason(freeze: &Freeze) -> Option<String> {
    freeze.reason.as_deref().filter(|reason| !reason.trim().is_empty()).map(|reason| format!("reason: {}", safe::line(reason)))
}

/// Returns who may grant an exception.
pub fn who_grants(freeze: &Freeze, policy: &Policy) -> WhoMay {
    match &freeze.grant {
        Some(grantees) => policy.who_is(grantees),
        None => policy.who_may(Right::Grant),
    }
}

/// Names who may grant an exception, and how many of them it takes: `incident-commander (jo, kim), 2 people`.
pub fn grantors(freeze: &Freeze, policy: &Policy) -> String {
    let who = who_grants(freeze, policy);
    if who.is_nobody() {
        return "nobody".to_owned();
    }
    let needed = u64::from(policy.thresholds().exception);
    if !policy.can_grant(freeze.grant.as_ref()) {
        return format!("nobody, because it needs {} and only {who} may grant one", words::plural(needed, "person", "people"));
    }
    format!("{who}, {}", words::plural(needed, "person", "people"))
}

/// Returns the zone that a freeze was written in; UTC where it was written in none.
pub fn zone_of(freeze: &Freeze) -> TimeZone {
    freeze.zone.as_deref().and_then(|name| bundled_zone(name).ok()).unwrap_or(TimeZone::UTC)
}

/// Lists the refs that a freeze covers, as patterns.
pub fn refs(freeze: &Freeze) -> String {
    freeze.refs.iter().map(|pattern| safe::line(pattern.as_str())).collect::<Vec<_>>().join(", ")
}

/// Describes where a freeze comes from.
pub fn source(freeze: &Freeze) -> String {
    match &freeze.source {
        Source::Window => "window of the policy".to_owned(),
        Source::Record { record: id } => format!("declared by hand, record {}", id.short()),
        Source::Release { .. } => "requested when the release was opened".to_owned(),
    }
}

/// Returns the call that asks for an exception; `commit` is what is to be let through, as it is named.
pub fn ask(ref_name: &str, commit: &str) -> String {
    format!("relsign freeze request {} --ref {} --reason \"…\" --expires 4h", safe::shell(commit), safe::shell(ref_name))
}

/// Describes what holds at an instant and what comes, for a terminal.
///
/// `coming` begins after it. Every time stands in the zone of the style with UTC beside it.
pub fn list(holding: &[&Freeze], coming: &[&Freeze], policy: &Policy, style: &Style) -> String {
    let mut out = String::new();
    for (heading, freezes) in [("frozen now", holding), ("coming", coming)] {
        if freezes.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&Paint::Strong.on(heading));
        out.push('\n');
        for freeze in freezes {
            block(&mut out, freeze, policy, style);
        }
    }
    if out.is_empty() {
        out.push_str("nothing is frozen, and no freeze is coming\n");
    }
    style::finish(&out, style)
}

/// Describes what freezes a ref at an instant, who may let a change through and how to ask; `free` is when it is free
/// again.
pub fn check(holding: &[&Freeze], (ref_name, free): (&str, Option<Timestamp>), policy: &Policy, style: &Style) -> String {
    let mut out = String::new();
    let width = style.columns();
    for freeze in holding {
        wrap(
            &mut out,
            &format!("{} is {}", safe::line(ref_name), Paint::Bad.on(&format!("frozen by {}", title(freeze)))),
            "",
            "  ",
            width,
        );
        wrap(&mut out, &until(freeze, &style.zone), "  ", "    ", width);
        if let Some(reason) = reason(freeze) {
            wrap(&mut out, &reason, "  ", "    ", width);
        }
        wrap(&mut out, &format!("exceptions: {}", grantors(freeze, policy)), "  ", "    ", width);
    }
    let last = holding.iter().map(|freeze| freeze.until).max_by_key(|until| (until.is_none(), *until)).flatten();
    if last != free {
        let end = free.map_or_else(|| "a freeze without an end is lifted".to_owned(), |free| words::kept_time(free, &style.zone));
        wrap(&mut out, &format!("other freezes follow; it is not free before {end}"), "", "  ", width);
    }
    if holding.iter().all(|freeze| policy.can_grant(freeze.grant.as_ref())) {
        out.push_str("request an exception with:\n  ");
        out.push_str(&ask(ref_name, "COMMIT"));
        out.push('\n');
    }
    style::finish(&out, style)
}

fn block(out: &mut String, freeze: &Freeze, policy: &Policy, style: &Style) {
    let width = style.columns();
    wrap(out, &Paint::Wait.on(&title(freeze)), "  ", "  ", width);
    let mut fact = |name: &str, value: &str| wrap(out, value, &format!("    {name:<11} "), "                ", width);
    if !freeze.refs.is_empty() {
        fact("refs", &refs(freeze));
    }
    if !freeze.environments.is_empty() {
        fact("to", &words::and(&freeze.environments));
    }
    fact("from", &words::kept_time(freeze.from, &style.zone));
    fact("until", until(freeze, &style.zone).trim_start_matches("until "));
    if let Some(why) = &freeze.reason {
        fact("reason", &safe::line(why));
    }
    fact("exceptions", &grantors(freeze, policy));
    fact("comes from", &source(freeze));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::RecordId;
    use crate::model::policy::Pattern;
    use crate::report::wrap::shown;

    fn freeze(source: Source, until: Option<&str>) -> Freeze {
        Freeze {
            name: "year\u{1b}-end".to_owned(),
            source,
            refs: vec![Pattern::everything()],
            from: "2026-12-20T17:00:00Z".parse().unwrap(),
            until: until.map(|until| until.parse().unwrap()),
            zone: Some("Europe/Berlin".to_owned()),
            reason: Some("  ".to_owned()),
            environments: Vec::new(),
            grant: None,
        }
    }

    #[test]
    fn a_refusal_names_the_freeze_and_its_end_in_local_time_and_utc() {
        let window = freeze(Source::Window, Some("2027-01-04T07:00:00Z"));
        assert_eq!(
            shown(&frozen_by(&window, &zone_of(&window))),
            "frozen by \"year\\x1b-end\" until Mon 4 Jan 2027 08:00 CET (2027-01-04T07:00:00Z)"
        );
        assert_eq!(reason(&window), None);
        let id = RecordId::from_bytes([7; 32]);
        let by_hand = freeze(Source::Record { record: id }, None);
        assert_eq!(frozen_by(&by_hand, &TimeZone::UTC), "frozen by \"year\\x1b-end\" until it is lifted");
        let release =
            freeze(Source::Release { tag: "refs/tags/v2.4.0".parse().unwrap(), record: id }, Some("2027-01-04T07:00:00Z"));
        assert_eq!(
            shown(&frozen_by(&release, &TimeZone::UTC)),
            "frozen by release v2.4.0 until it is decided, at the latest Mon 4 Jan 2027 07:00 UTC (2027-01-04T07:00:00Z)"
        );
        assert_eq!(zone_of(&Freeze { zone: Some("Mars/Olympus".to_owned()), ..release }), TimeZone::UTC);
        assert_eq!(ask("refs/heads/a b", "HEAD"), "relsign freeze request HEAD --ref 'refs/heads/a b' --reason \"…\" --expires 4h");
    }
}
