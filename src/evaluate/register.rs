//! Freeze exceptions: what became of each change that was to go through a freeze, and which of them concern a release.
//!
//! Whether a request or break-glass lets anything through is judged by [`super::push::exception`], as for a push; here it
//! is told. What git shows comes in as values ([`Seen`]). What was used is told ever after: that it was withdrawn since,
//! or that whoever granted it has left, hides nothing.

use std::collections::BTreeMap;

use super::freeze::Past;
use super::push::exception::{self, Break, Change, Request};
use super::push::name;
use super::receipts::Receipts;
use super::root_log::RootLog;
use crate::model::exception::{
    Concern, ExceptionGrant, ExceptionState, FreezeEnd, FreezeException, FreezeReport, HeldFreeze, Landed,
};
use crate::model::finding::{Code, Finding, Seen as What};
use crate::model::freeze::{Freeze, Span};
use crate::model::ids::RecordId;
use crate::model::policy::{Pattern, Right};
use crate::model::record::{Body, Kind};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// What is known of an exception besides the root log.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// Who made the change, and of what it consists.
    pub change: Change,
    /// Whether the ref took it.
    pub landed: Landed,
    /// The freezes of the ref within [`span`].
    pub freezes: Vec<Past<'a>>,
}

/// Returns the span of time in which freezes are in the way of an exception: until a request expires; for break-glass, the
/// moment.
pub fn span(verified: &Verified) -> Span {
    let time = verified.time;
    match &verified.body {
        Body::Exception(asked) => Span { from: time, to: asked.expires.max(time.plus(1)) },
        _ => Span::at(time),
    }
}

/// Describes what became of a request.
pub fn of_request(log: &RootLog<'_>, receipts: &Receipts, request: Request<'_>, seen: &Seen<'_>) -> FreezeException {
    let Request { verified, exception: asked } = request;
    let freezes: Vec<&Freeze> = seen.freezes.iter().map(|past| &past.freeze).collect();
    let standing = exception::standing_under(log, request, &seen.change, &freezes);
    let in_the_way = seen.freezes.iter().filter(|past| past.end.is_none() && past.freeze.holds_at(log.now));
    let in_the_way: Vec<&Freeze> = in_the_way.map(|past| &past.freeze).collect();
    let holds = || standing.holds().and_then(|()| exception::reaches(request, &in_the_way));
    let withdrawn = log.taken_back();
    let is_spoken_for = exception::is_spoken_for(log, request);
    let state = match (&seen.landed, holds()) {
        (Landed::Yes { .. }, _) if is_spoken_for => ExceptionState::Used,
        (Landed::Yes { .. }, _) => ExceptionState::Landed,
        _ if withdrawn.contains_key(&verified.id()) => ExceptionState::Withdrawn,
        // What too few ever granted was not used, whatever can be seen of the ref.
        (Landed::Unknown { .. }, _) if is_spoken_for => ExceptionState::Unknown,
        (_, Ok(())) => ExceptionState::Granted,
        (_, Err(refusal)) if refusal.code() == Code::ExceptionExpired => ExceptionState::Expired,
        (_, Err(refusal)) if refusal.code() == Code::ExceptionShort => ExceptionState::Open,
        (_, Err(_)) => ExceptionState::Void,
    };
    let is_over = |code| matches!(code, Code::ExceptionExpired | Code::ExceptionShort);
    let why = holds().err().filter(|refusal| !is_over(refusal.code())).map(|refusal| refusal.to_string());
    FreezeException {
        alone: false,
        base: Some(asked.base),
        commits: asked.commits.clone(),
        reason: asked.reason.clone(),
        ticket: asked.ticket.clone(),
        expires: Some(asked.expires),
        state,
        why,
        grants: grants(log, receipts, request, &standing, &withdrawn),
        granted_by: standing.granted.keys().cloned().collect(),
        missing: standing.missing,
        ..describe(log, receipts, verified, (asked.ref_name.clone(), asked.commit), seen, &withdrawn)
    }
}

/// Describes what became of break-glass.
pub fn of_glass(log: &RootLog<'_>, receipts: &Receipts, glass: &Break<'_>, seen: &Seen<'_>) -> FreezeException {
    let verified = glass.verified;
    let withdrawn = log.taken_back();
    // Whoever broke it may have lost the right since; that undoes nothing.
    let names_it = glass.refusal.as_ref().is_none_or(|refusal| refusal.code() != Code::SubjectMismatch);
    let might = names_it && log.ever_might(verified, Right::BreakGlass);
    let state = match &seen.landed {
        Landed::Yes { .. } if might => ExceptionState::Used,
        _ if withdrawn.contains_key(&verified.id()) => ExceptionState::Withdrawn,
        Landed::Unknown { .. } if might => ExceptionState::Unknown,
        _ if glass.refusal.is_some() => ExceptionState::Void,
        _ => ExceptionState::Granted,
    };
    FreezeException {
        reason: glass.glass.reason.clone(),
        ticket: glass.glass.ticket.clone(),
        state,
        why: glass.refusal.as_ref().map(ToString::to_string),
        ..describe(log, receipts, verified, (glass.glass.ref_name.clone(), glass.glass.commit), seen, &withdrawn)
    }
}

/// Describes what requests and break-glass have in common.
fn describe(
    log: &RootLog<'_>,
    receipts: &Receipts,
    verified: &Verified,
    (ref_name, commit): (crate::model::ids::RefName, crate::model::ids::ObjectId),
    seen: &Seen<'_>,
    withdrawn: &BTreeMap<RecordId, &Verified>,
) -> FreezeException {
    let id = verified.id();
    FreezeException {
        record: id,
        by: verified.principal().clone(),
        key: verified.key().clone(),
        alone: true,
        ref_name,
        commit,
        base: None,
        commits: Vec::new(),
        reason: String::new(),
        ticket: None,
        time: verified.time,
        witnessed: receipts.seen(&id).map(|seen| seen.time),
        expires: None,
        state: ExceptionState::Unknown,
        why: None,
        grants: Vec::new(),
        granted_by: Vec::new(),
        missing: 0,
        landed: seen.landed.clone(),
        withdrawn: withdrawn.get(&id).map(|by| end(receipts, by)),
        freezes: seen.freezes.iter().map(|past| held(past, receipts, log.now)).collect(),
        concerns: Vec::new(),
    }
}

fn grants(
    log: &RootLog<'_>,
    receipts: &Receipts,
    request: Request<'_>,
    standing: &exception::RequestStatus,
    withdrawn: &BTreeMap<RecordId, &Verified>,
) -> Vec<ExceptionGrant> {
    let mut found: Vec<ExceptionGrant> = exception::grants(log, request)
        .map(|verified| {
            let id = verified.id();
            let refusal = standing.without_effect.iter().find(|(without, _)| *without == id);
            let why_not = if let Some(by) = withdrawn.get(&id) {
                Some(format!("withdrawn at {}", by.time))
            } else if let Some((_, refusal)) = refusal {
                Some(refusal.to_string())
            } else if standing.granted.values().any(|counting| *counting == id) {
                None
            } else {
                Some("another grant by the same person counts".to_owned())
            };
            ExceptionGrant {
                record: id,
                by: verified.principal().clone(),
                key: verified.key().clone(),
                time: verified.time,
                witnessed: receipts.seen(&id).map(|seen| seen.time),
                comment: verified.comment.clone(),
                counts: why_not.is_none(),
                why_not,
            }
        })
        .collect();
    found.sort_by(|one, other| (one.time, &one.by, one.record).cmp(&(other.time, &other.by, other.record)));
    found
}

/// Reports on a freeze as it was held.
pub fn held(past: &Past<'_>, receipts: &Receipts, as_of: Timestamp) -> HeldFreeze {
    let freeze = &past.freeze;
    HeldFreeze {
        name: freeze.name.clone(),
        source: freeze.source.clone(),
        refs: freeze.refs.iter().map(ToString::to_string).collect(),
        from: freeze.from,
        until: freeze.until,
        reason: freeze.reason.clone(),
        ended: past.end.map(|by| end(receipts, by)),
        holds: past.end.is_none() && freeze.holds_at(as_of),
    }
}

fn end(receipts: &Receipts, verified: &Verified) -> FreezeEnd {
    let record = verified.value();
    let reason = match &record.body {
        Body::Lift(lift) => Some(lift.reason.clone()),
        Body::Withdraw(withdraw) => Some(withdraw.reason.clone()),
        Body::Close(close) => close.reason.clone(),
        Body::Decide(decide) => Some(
            decide.reason.clone().map_or_else(|| decide.decision.to_string(), |reason| format!("{}: {reason}", decide.decision)),
        ),
        _ => None,
    };
    FreezeEnd {
        record: verified.id(),
        kind: record.body.kind().map_or("record", Kind::name).to_owned(),
        by: verified.principal().clone(),
        time: record.time,
        witnessed: receipts.seen(&verified.id()).map(|seen| seen.time),
        reason,
    }
}

/// Where the change of an exception lies, seen from a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among the release's commits.
    Inside,
    /// Elsewhere, or nowhere.
    Outside,
    /// That can't be told here.
    Unknown,
}

/// Puts into a report what freezes had to do with its release, and a finding for each use of break-glass.
///
/// `all` is every exception of the repository with the place of its change, `held` what the release froze itself, `gated` the
/// refs that it opens, `unknown` why the rest may not be all. The verdict stays what it is.
pub fn tell(
    report: &mut Report,
    all: Vec<(FreezeException, Place)>,
    held: Vec<HeldFreeze>,
    gated: &[Pattern],
    unknown: Vec<Finding>,
) {
    let open = report.release.as_ref().map(|release| release.opened_at);
    let closed = report.records.iter().filter(|record| record.kind == Kind::Close.name()).map(|record| record.time).min();
    let period = open.map(|from| Span { from, to: closed.unwrap_or(report.as_of).plus(1) });
    let mut told = FreezeReport { held, unknown, ..FreezeReport::default() };
    for (mut passage, place) in all {
        let ref_name = passage.ref_name.as_str();
        let asked = Span { from: passage.time, to: passage.expires.unwrap_or(passage.time).max(passage.time.plus(1)) };
        if place == Place::Inside {
            passage.concerns.push(Concern::Commits);
        }
        if told
            .held
            .iter()
            .any(|held| held_then(held, asked) && any(held.refs.iter().filter_map(|text| text.parse().ok()), ref_name))
        {
            passage.concerns.push(Concern::FrozenRef);
        }
        let is_then = period.is_some_and(|period| asked.from < period.to && period.from < asked.to);
        if is_then && any(gated.iter().cloned(), ref_name) {
            passage.concerns.push(Concern::GatedRef);
        }
        match (passage.concerns.is_empty(), place) {
            (false, _) => told.passages.push(passage),
            (true, Place::Unknown) => told.unplaced.push(passage.record),
            (true, _) => {}
        }
    }
    sort(&mut told.passages);
    told.unplaced.sort();
    for glass in told.passages.iter().filter(|passage| passage.is_broken_glass()) {
        let what = What::BreakGlassUsed {
            who: glass.by.clone(),
            commit: glass.commit,
            ref_name: glass.ref_name.to_string(),
            state: glass.state.as_str(),
            reason: glass.reason.clone(),
        };
        report.findings.push(Finding::new(what).record(glass.record).key(glass.key.clone()));
    }
    report.findings.sort();
    report.findings.dedup();
    report.freezes = Some(told);
}

/// Sorts exceptions: break-glass first, then by claimed time.
pub fn sort(passages: &mut [FreezeException]) {
    passages.sort_by_key(|passage| (!passage.alone, passage.time, passage.record));
}

fn held_then(held: &HeldFreeze, asked: Span) -> bool {
    let end = [held.until, held.ended.as_ref().map(|end| end.time)].into_iter().flatten().min();
    held.from < asked.to && end.is_none_or(|end| asked.from < end)
}

fn any(patterns: impl IntoIterator<Item = Pattern>, ref_name: &str) -> bool {
    patterns.into_iter().any(|pattern| name::covers(&pattern, ref_name))
}
