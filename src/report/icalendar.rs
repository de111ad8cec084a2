//! Freezes as iCalendar (RFC 5545), for calendar programs.
//!
//! Every occurrence is an event of its own with its edges in UTC. A rule of recurrence can't say what relsign means in a
//! gap, in a fold or on 29 February, and every calendar program brings zone data of its own; docs/decisions/021 weighs it.

use std::fmt::Write as _;

use super::freezes;
use super::safe;
use crate::model::freeze::{Freeze, Source, Span};
use crate::model::ids::RootDigest;
use crate::model::policy::Policy;
use crate::model::time::Timestamp;

/// The most octets of a line of content, without its line break.
const LINE: usize = 75;

/// Writes the freezes as one calendar; those without an end last until the end of the span that was asked for.
///
/// The same freeze has the same UID in every export, so that a program that reads the file again updates its event and
/// makes no second one. `stamp` is the time of the export.
pub fn calendar(freezes: &[Freeze], policy: &Policy, root: &RootDigest, span: Span, stamp: Timestamp) -> String {
    let mut out = String::new();
    let mut put = |line: &str| fold(&mut out, line);
    put("BEGIN:VCALENDAR");
    put("VERSION:2.0");
    put("PRODID:-//relsign//freezes//EN");
    put("CALSCALE:GREGORIAN");
    put("METHOD:PUBLISH");
    put("X-WR-CALNAME:Freezes");
    for freeze in freezes {
        let until = freeze.until.unwrap_or(span.to);
        if until <= freeze.from {
            continue;
        }
        put("BEGIN:VEVENT");
        put(&format!("UID:{}", uid(freeze, root)));
        put(&format!("DTSTAMP:{}", date_time(stamp)));
        put(&format!("DTSTART:{}", date_time(freeze.from)));
        put(&format!("DTEND:{}", date_time(until)));
        put(&format!("SUMMARY:{}", text(&format!("Frozen: {}", freezes::title(freeze)))));
        put(&format!("DESCRIPTION:{}", description(freeze, policy)));
        put("CATEGORIES:FREEZE");
        // A freeze takes nobody's time: who is in it can still be invited.
        put("TRANSP:TRANSPARENT");
        put("END:VEVENT");
    }
    put("END:VCALENDAR");
    out
}

/// Returns what names an event for ever: the freeze, its beginning, and the repository.
fn uid(freeze: &Freeze, root: &RootDigest) -> String {
    let what = match &freeze.source {
        Source::Window => format!("window-{}-{}", plain(&freeze.name), date_time(freeze.from)),
        Source::Record { record: id } => format!("record-{id}"),
        Source::Release { record: id, .. } => format!("release-{id}"),
    };
    format!("{what}@{root}")
}

/// Writes a text with nothing but letters, digits and `-`, so that two texts never give the same.
fn plain(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "_{byte:02x}");
        }
    }
    out
}

/// Describes what the freeze is, a fact on a line.
fn description(freeze: &Freeze, policy: &Policy) -> String {
    let mut lines = Vec::new();
    lines.extend(freezes::reason(freeze));
    lines.push(format!("refs: {}", freezes::refs(freeze)));
    match (&freeze.source, freeze.until) {
        (Source::Release { .. }, None) => lines.push("holds until the release is decided".to_owned()),
        (_, None) => lines.push("holds until it is lifted".to_owned()),
        (Source::Release { .. }, Some(_)) => {
            lines.push("holds until the release is decided, at the latest until this ends".to_owned())
        }
        _ => {}
    }
    lines.push(format!("exceptions: {}", freezes::grantors(freeze, policy)));
    lines.iter().map(|line| text(line)).collect::<Vec<_>>().join("\\n")
}

/// Escapes a text; control characters, which the format has no place for, are written out.
fn text(value: &str) -> String {
    let mut out = String::new();
    for c in safe::line(value).chars() {
        if matches!(c, '\\' | ';' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Writes an instant in UTC: `20261220T170000Z`.
fn date_time(at: Timestamp) -> String {
    at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// Adds a line, folded so that no part of it has more than [`LINE`] octets and no character is cut in two.
fn fold(out: &mut String, line: &str) {
    let mut room = LINE;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        out.push(c);
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
}
