//! What freezes had to do with the release: what went through them, break-glass first, and what the release froze.

use super::cells::{short, witnessed};
use crate::model::exception::{ExceptionGrant, FreezeException};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::report::document::{Document, Line, Times};
use crate::report::exceptions;

/// Reports above all else that break-glass was used.
pub(super) fn loud(page: &mut Document, report: &Report) {
    let times = page.times.clone();
    for glass in exceptions::broken(report) {
        page.paragraph(Line::new().alarm("BREAK-GLASS USED").text(" ").text(exceptions::shout(glass, |at| times.at(at))));
    }
}

/// The register's part for this release, then its own freezes.
pub(super) fn freezes(page: &mut Document, report: &Report) {
    let times = page.times.clone();
    let time = |at: Timestamp| times.at(at);
    page.heading(2, "Freeze exceptions");
    let Some(told) = &report.freezes else {
        page.paragraph(exceptions::NOT_ASKED);
        return;
    };
    if told.passages.is_empty() {
        page.paragraph(exceptions::NO_EXCEPTION);
    }
    for entry in &told.passages {
        one(page, entry);
    }
    if !told.unplaced.is_empty() {
        page.paragraph(exceptions::unplaced(told.unplaced.iter().map(|id| id.short())));
    }
    if !told.unknown.is_empty() {
        page.heading(3, "Why this may be incomplete");
        page.list(told.unknown.iter().map(|finding| Line::new().code(finding.code).text(": ").text(finding.message())));
    }
    page.heading(2, "Refs frozen by this release");
    if told.held.is_empty() {
        page.paragraph(if report.release.is_some() { exceptions::NONE_HELD } else { exceptions::NOT_OPENED });
        return;
    }
    page.table(
        ["Refs", "From", "Until at the latest", "How it ended", "Record"],
        told.held.iter().map(|held| {
            [
                Line::stacked(held.refs.iter().map(|text| Line::new().code(text))),
                time(held.from).into(),
                held.until.map_or_else(|| "no end".into(), |until| time(until).into()),
                exceptions::how_ended(held, time).into(),
                exceptions::held_by(held).map(short).unwrap_or_default(),
            ]
        }),
    );
}

fn one(page: &mut Document, entry: &FreezeException) {
    let times = &page.times.clone();
    let time = |at: Timestamp| times.at(at);
    let what = exceptions::what(entry);
    let what = if entry.is_broken_glass() { Line::new().alarm(what) } else { Line::from(what) };
    page.heading(3, what.text(" ").then(short(entry.record)).text(": ").text(entry.state.as_str()));
    let mut facts: Vec<(&str, Line)> = vec![
        ("Why it is listed", Line::stacked(entry.concerns.iter().map(|concern| Line::from(concern.as_str())))),
        ("State", entry.state.as_str().into()),
        ("Ref", Line::new().code(entry.ref_name.as_str())),
        ("Commit", Line::new().code(entry.commit)),
    ];
    if let Some(base) = entry.base {
        facts.push(("From commit", Line::new().code(base)));
        facts.push(("Commits shown", Line::stacked(entry.commits.iter().map(|id| Line::new().code(id)))));
    }
    facts.extend([
        (if entry.alone { "Used by" } else { "Requester" }, entry.by.to_string().into()),
        ("Claimed time", time(entry.time).into()),
        ("Witnessed time", witnessed(entry.witnessed, times)),
        ("Reason", Line::from(&entry.reason)),
        ("Ticket", entry.ticket.as_deref().filter(|text| !text.trim().is_empty()).map_or_else(|| "none".into(), Line::from)),
    ]);
    if !entry.alone {
        facts.push(("Expires", entry.expires.map_or_else(|| "no end".into(), |at| time(at).into())));
    }
    facts.push(("On the ref", exceptions::landed(entry, time).into()));
    facts.push(("Freezes it met", exceptions::through(entry, time).into()));
    if let Some(why) = &entry.why {
        facts.push(("Note", exceptions::lets_nothing_through(entry, why).into()));
    }
    if let Some(end) = &entry.withdrawn {
        let reason = end.reason.as_deref().unwrap_or_default();
        let line = Line::from(format!("by {} at {}, ", end.by, time(end.time))).then(witnessed(end.witnessed, times)).text(" (");
        facts.push(("Withdrawn", line.then(short(end.record)).text("): ").text(reason)));
    }
    facts.push(("Record", Line::new().code(entry.record)));
    facts.push(("Key", Line::new().code(&entry.key)));
    page.facts(facts);
    if entry.alone {
        if entry.is_broken_glass() {
            page.paragraph("Nobody else had to approve it.");
        }
        return;
    }
    if entry.grants.is_empty() {
        page.paragraph("Nobody granted it.");
    } else {
        page.table(
            ["Approver", "Counts", "Comment", "Claimed time", "Witnessed time", "Record", "Key"],
            entry.grants.iter().map(|one| grant(one, times)),
        );
    }
    if let Some(short) = exceptions::short_of(entry) {
        page.paragraph(format!("{short}."));
    }
}

fn grant(grant: &ExceptionGrant, times: &Times) -> [Line; 7] {
    [
        grant.by.to_string().into(),
        grant.why_not.as_ref().map_or_else(|| "yes".into(), |why| Line::from("not now: ").text(why)),
        grant.comment.as_deref().map(Line::from).unwrap_or_default(),
        times.at(grant.time).into(),
        witnessed(grant.witnessed, times),
        Line::new().code(grant.record),
        Line::new().code(&grant.key),
    ]
}
