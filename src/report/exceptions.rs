//! FreezeExceptions in words: what went through freezes or was to, for a terminal; the dossier takes its words from here
//! too.
//!
//! Break-glass comes first and is the one thing here that is coloured as bad.

use super::page::Page;
use super::safe;
use super::style::{Paint, Style};
use super::words;
use crate::model::exception::{ExceptionGrant, ExceptionState, FreezeEnd, FreezeException, HeldFreeze, Landed};
use crate::model::finding::Finding;
use crate::model::freeze::Source;
use crate::model::ids::RecordId;
use crate::model::report::Report;
use crate::model::time::Timestamp;

/// What stands where no exception concerns a release.
pub(super) const NO_EXCEPTION: &str = "No freeze exception and no use of break-glass concerns this release.";
/// What stands where a release froze nothing.
pub(super) const NONE_HELD: &str = "This release froze no refs.";
/// What stands where nobody asked.
pub(super) const NOT_ASKED: &str = "Freezes were not checked for this report.";
/// What stands where a release would have to be open to answer.
pub(super) const NOT_OPENED: &str = "The release is not open, so it froze no refs.";

/// Lists exceptions for a terminal: the register of exceptions.
pub fn register(entries: &[FreezeException], unknown: &[Finding], style: &Style) -> String {
    let mut page = Page::new(style);
    for entry in entries {
        one(&mut page, 0, entry);
    }
    if entries.is_empty() {
        page.line(0, "no freeze exceptions, and no requests");
    }
    gaps(&mut page, 0, unknown);
    page.finish()
}

/// Describes what keeps anybody from knowing more.
fn gaps(page: &mut Page<'_>, indent: usize, unknown: &[Finding]) {
    for finding in unknown {
        let line = format!("{} {}: {}", Paint::Wait.on("may be incomplete:"), finding.code, safe::line(&finding.message()));
        page.hanging(indent, indent + 2, &line);
    }
}

/// Names the sort of exception.
pub(super) fn what(entry: &FreezeException) -> &'static str {
    match (entry.is_broken_glass(), entry.alone) {
        (true, _) => "BREAK-GLASS USED",
        (false, true) => "break-glass without effect",
        (false, false) => "exception",
    }
}

/// The exceptions of a report for which one person used break-glass.
pub(super) fn broken(report: &Report) -> impl Iterator<Item = &FreezeException> {
    report.freezes.iter().flat_map(|told| &told.passages).filter(|entry| entry.is_broken_glass())
}

/// What is said of break-glass before anything else: who, what, onto which ref, when, why.
pub(super) fn shout(glass: &FreezeException, time: impl Fn(Timestamp) -> String) -> String {
    let ref_name = safe::line(glass.ref_name.as_str());
    let (by, at, reason) = (&glass.by, time(glass.time), safe::fit(&glass.reason, 300, "…"));
    format!("by {by} for {} onto {ref_name} at {at}, {}: {reason}", glass.commit.short(), glass.state.as_str())
}

fn one(page: &mut Page<'_>, indent: usize, entry: &FreezeException) {
    let zone = page.style.zone.clone();
    let time = |at| words::time(at, &zone);
    let what = if entry.is_broken_glass() { Paint::Bad.on(what(entry)) } else { what(entry).to_owned() };
    let paint = match entry.state {
        ExceptionState::Open | ExceptionState::Granted | ExceptionState::Landed | ExceptionState::Unknown => Paint::Wait,
        ExceptionState::Used if entry.alone => Paint::Bad,
        ExceptionState::Used => Paint::Wait,
        ExceptionState::Expired | ExceptionState::Withdrawn | ExceptionState::Void => Paint::Dim,
    };
    let (id, commit, ref_name) = (entry.record.short(), entry.commit.short(), safe::line(entry.ref_name.as_str()));
    let state = paint.on(entry.state.as_str());
    page.hanging(indent, indent + 2, &format!("{what} {id}  {state}  {commit} onto {ref_name}"));
    let mut fact = |text: &str| page.hanging(indent + 2, indent + 4, text);
    for concern in &entry.concerns {
        fact(&format!("concerns this release: {}", concern.as_str()));
    }
    let verb = if entry.alone { "by" } else { "requested by" };
    fact(&format!("{verb} {}, {}", entry.by, words::claimed(entry.time, entry.witnessed, &zone)));
    fact(&format!("reason: {}", safe::line(&entry.reason)));
    fact(&format!("ticket: {}", entry.ticket.as_deref().map_or_else(|| "none".to_owned(), safe::line)));
    for grant in &entry.grants {
        let claimed = words::claimed(grant.time, grant.witnessed, &zone);
        fact(&safe::line(&format!(
            "{} by {}, {claimed}, record {}{}",
            granted(grant),
            grant.by,
            grant.record.short(),
            said(grant)
        )));
    }
    if !entry.alone && entry.grants.is_empty() {
        fact("no grants");
    }
    if let Some(short) = short_of(entry) {
        fact(&short);
    }
    if entry.state == ExceptionState::Open {
        fact(&format!("to grant it: relsign freeze grant {id}"));
    }
    if let Some(why) = &entry.why {
        fact(&safe::line(&lets_nothing_through(entry, why)));
    }
    if let Some(expires) = entry.expires {
        fact(&format!("expires {}", time(expires)));
    }
    fact(&safe::line(&landed(entry, time)));
    if let Some(end) = &entry.withdrawn {
        fact(&safe::line(&format!("withdrawn: {}", ended(end, time))));
    }
    fact(&safe::line(&format!("freezes it met: {}", through(entry, time))));
    fact(&Paint::Dim.on(&format!("record {} key {}", entry.record, entry.key)));
}

/// Explains how a grant stands: that it counts, or why it does not.
pub(super) fn granted(grant: &ExceptionGrant) -> String {
    match &grant.why_not {
        None => "granted".to_owned(),
        Some(why) => format!("grant that does not count now ({why})"),
    }
}

/// Returns what somebody added to a grant.
pub(super) fn said(grant: &ExceptionGrant) -> String {
    grant.comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default()
}

/// Explains how many people are missing, where some are.
pub(super) fn short_of(entry: &FreezeException) -> Option<String> {
    let people = || words::plural(u64::from(entry.missing), "person", "people");
    match (entry.missing, entry.state) {
        (0, _) => None,
        (_, ExceptionState::Open) => Some(format!("needs {} to grant it", people())),
        _ => Some(format!("as judged now, {} short", people())),
    }
}

/// Explains why it lets nothing through; of what was used, that it is judged otherwise now.
pub(super) fn lets_nothing_through(entry: &FreezeException, why: &str) -> String {
    match entry.state {
        ExceptionState::Used | ExceptionState::Landed | ExceptionState::Unknown => format!("as judged now: {why}"),
        _ => format!("has no effect: {why}"),
    }
}

/// Whether the ref took it, as which commit, and what is known of when.
pub(super) fn landed(entry: &FreezeException, time: impl Fn(Timestamp) -> String) -> String {
    match &entry.landed {
        Landed::No => "not on the ref".to_owned(),
        Landed::Unknown { why } => format!("not known whether it is on the ref: {why}"),
        Landed::Yes { commit, committed } => {
            let committed =
                committed.map_or_else(|| "at an unknown time".to_owned(), |at| format!("at {} by its own account", time(at)));
            format!("landed as {commit}, committed {committed}; the time of the push is not known")
        }
    }
}

/// Describes through which freezes it went or was to.
pub(super) fn through(entry: &FreezeException, time: impl Fn(Timestamp) -> String) -> String {
    if entry.freezes.is_empty() {
        return "none known".to_owned();
    }
    let freezes = entry.freezes.iter().map(|held| format!("{} ({})", title(held), period(held, &time)));
    freezes.collect::<Vec<_>>().join("; ")
}

/// Returns the record by which a freeze is held.
pub(super) fn held_by(held: &HeldFreeze) -> Option<RecordId> {
    match &held.source {
        Source::Window => None,
        Source::Record { record } | Source::Release { record, .. } => Some(*record),
    }
}

fn title(held: &HeldFreeze) -> String {
    match &held.source {
        Source::Window => format!("\"{}\"", held.name),
        Source::Record { record } => format!("\"{}\", record {}", held.name, record.short()),
        Source::Release { tag, record } => format!("release {}, record {}", tag.short(), record.short()),
    }
}

/// Describes from when until when a freeze was to hold.
pub(super) fn period(held: &HeldFreeze, time: impl Fn(Timestamp) -> String) -> String {
    let until = match (&held.source, held.until) {
        (_, None) => "until it is lifted".to_owned(),
        (Source::Release { .. }, Some(until)) => format!("until it is decided, at the latest {}", time(until)),
        (_, Some(until)) => format!("until {}", time(until)),
    };
    format!("from {} {until}", time(held.from))
}

/// Explains how a freeze ended, or that it holds.
pub(super) fn how_ended(held: &HeldFreeze, time: impl Fn(Timestamp) -> String) -> String {
    match (&held.ended, held.holds) {
        (Some(end), _) => format!("ended: {}", ended(end, time)),
        (None, true) => "it holds".to_owned(),
        (None, false) => held.until.map_or_else(
            || "it has not started".to_owned(),
            |until| format!("it holds until its end, {}, and was not ended early", time(until)),
        ),
    }
}

/// Names which word ended something, by whom and when.
fn ended(end: &FreezeEnd, time: impl Fn(Timestamp) -> String) -> String {
    let witnessed = end.witnessed.map_or_else(|| "not witnessed".to_owned(), |at| format!("witnessed {}", time(at)));
    let reason = end.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} by {}, claimed {}, {witnessed}, record {}{reason}", end.kind, end.by, time(end.time), end.record.short())
}

/// Reports on which exceptions it is not known whether they concern a release.
pub(super) fn unplaced<T: ToString>(ids: impl IntoIterator<Item = T>) -> String {
    format!("It is not known here whether these concern it: {}; see relsign freeze exceptions.", words::and(ids))
}
