//! FreezeExceptions, gathered: what git shows of each change that was to go through a freeze, and which of them a release
//! carries.

use std::collections::BTreeSet;

use super::notes::never_synced;
use crate::evaluate::freeze::{self, Past, ReleaseLog, ReleaseLogs};
use crate::evaluate::push::exception::{self, Change};
use crate::evaluate::push::name;
use crate::evaluate::register::{self, Place, Seen};
use crate::evaluate::root_log::RootLog;
use crate::git::{NOTES_REF, Repository};
use crate::model::exception::{FreezeException, HeldFreeze, Landed};
use crate::model::finding::{Code, Finding, Seen as What};
use crate::model::freeze::{Freeze, Span};
use crate::model::ids::{Handle, ObjectId};
use crate::model::overview::WaitingException;
use crate::model::policy::Pattern;
use crate::model::record::Exception;
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::freezes::release_logs;
use crate::ops::load::landing;
use crate::ops::load::release::Loaded;
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::workspace::Workspace;
use crate::sign::verify::Verified;

/// Every exception of the repository, and why these may not be all.
pub struct Register {
    /// Break-glass first, then by claimed time.
    pub passages: Vec<FreezeException>,
    /// What keeps anybody from knowing more.
    pub unknown: Vec<Finding>,
}

/// Reads every exception of the repository, judged at a time.
///
/// # Errors
/// If git can't be read.
pub fn register(repository: &Repository, trusted: &Workspace, now: Timestamp) -> Outcome<Register> {
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, now);
    let (found, mut unknown) = gather(repository, trusted, (&loaded, &log))?;
    unknown.sort();
    unknown.dedup();
    let mut passages: Vec<FreezeException> = found.into_iter().map(|found| found.passage).collect();
    register::sort(&mut passages);
    Ok(Register { passages, unknown })
}

/// Puts into the report of a release what freezes had to do with it.
///
/// # Errors
/// If git can't be read.
pub fn tell(repository: &Repository, trusted: &Workspace, release: &Loaded<'_>, report: &mut Report) -> Outcome<()> {
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, report.as_of);
    let (found, mut unknown) = gather(repository, trusted, (&loaded, &log))?;
    let range = Range::of(repository, report)?;
    if !range.complete {
        unknown.push(Finding::new(What::ReleaseNotHere));
    }
    let mut placed = Vec::new();
    for found in found {
        let place = range.place(repository, &found)?;
        placed.push((found.passage, place));
    }
    let held = held(repository, trusted, &log, release, report)?;
    unknown.sort();
    unknown.dedup();
    // Another component's gate, or that of another place, has nothing to do with this release.
    let gates = trusted.policy().contents().gates.iter();
    let own = gates.filter(|gate| {
        let release = report.release.as_ref();
        release.is_some_and(|release| gate.component == release.component && gate.environment == release.environment)
    });
    let gated: Vec<Pattern> = own.map(|gate| gate.ref_name.clone()).collect();
    register::tell(report, placed, held, &gated, unknown);
    Ok(())
}

/// Returns the requests that wait for somebody's grant, by their ids.
///
/// # Errors
/// If git can't be read.
pub fn to_grant(repository: &Repository, trusted: &Workspace, now: Timestamp, handle: &Handle) -> Outcome<Vec<WaitingException>> {
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, now);
    let mut open = exception::requests(&log);
    open.retain(|request| request.exception.expires > now);
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let objects = whole_span(&log).map(|span| freeze::releases(&log, span)).unwrap_or_default();
    let mut unknown = Vec::new();
    let releases = release_logs((repository, trusted), &mut repository.notes(NOTES_REF)?, objects, &mut unknown)?;
    let mut gathering = Gathering { repository, trusted, log: &log, releases: &releases, unknown };
    let mut found = Vec::new();
    for request in open {
        let asked = request.exception;
        let change = landing::change(repository, trusted.policy(), asked)?;
        let past = gathering.freezes(request.verified, asked.ref_name.as_str());
        let freezes: Vec<&Freeze> = past.iter().map(|past| &past.freeze).collect();
        let standing = exception::standing_under(&log, request, &change, &freezes);
        // Who made commits that are not here is not known either, so a request of which they are missing waits for all who may.
        let commits_here = standing.problem.as_ref().is_none_or(|problem| problem.code() != Code::RangeNotHere);
        let can_be_granted = standing.problem.is_none() || !commits_here;
        if can_be_granted && standing.missing > 0 && standing.waiting.contains(handle) {
            found.push(WaitingException {
                record: request.verified.id(),
                by: request.verified.principal().clone(),
                ref_name: asked.ref_name.clone(),
                reason: asked.reason.clone(),
                expires: Some(asked.expires),
                granted_by: standing.granted.into_keys().collect(),
                commits_here,
            });
        }
    }
    Ok(found)
}

/// an exception, with the request that it is of.
struct Found<'a> {
    passage: FreezeException,
    asked: Option<&'a Exception>,
}

/// Gathers every exception of the root log, and why less is known of them than could be.
fn gather<'a>(
    repository: &Repository,
    trusted: &Workspace,
    (loaded, log): (&LoadedRootLog, &RootLog<'a>),
) -> Outcome<(Vec<Found<'a>>, Vec<Finding>)> {
    let mut unknown = Vec::new();
    let objects = whole_span(log).map(|span| freeze::releases(log, span)).unwrap_or_default();
    let releases = release_logs((repository, trusted), &mut repository.notes(NOTES_REF)?, objects, &mut unknown)?;
    let mut gathering = Gathering { repository, trusted, log, releases: &releases, unknown };
    let found = gathering.all()?;
    let mut unknown = gathering.unknown;
    unknown.extend(gaps(repository, loaded, log)?);
    Ok((found, unknown))
}

/// Returns the span of time in which any freeze may have been in the way of any exception.
fn whole_span(log: &RootLog<'_>) -> Option<Span> {
    let glass = exception::every_break(log).into_iter().map(|glass| glass.verified);
    let requests = exception::every_request(log).into_iter().map(|request| request.verified);
    let spans = glass.chain(requests).map(register::span);
    spans.reduce(|one, other| Span { from: one.from.min(other.from), to: one.to.max(other.to) })
}

/// What exceptions are gathered with.
struct Gathering<'g, 'a> {
    repository: &'g Repository,
    trusted: &'g Workspace,
    log: &'g RootLog<'a>,
    releases: &'g ReleaseLogs,
    unknown: Vec<Finding>,
}

impl<'g, 'a: 'g> Gathering<'g, 'a> {
    fn all(&mut self) -> Outcome<Vec<Found<'a>>> {
        let receipts = self.trusted.receipts(self.repository)?;
        let mut found = Vec::new();
        for glass in exception::every_break(self.log) {
            let ref_name = glass.glass.ref_name.as_str();
            let landed = match landing::tip_to_land_on(self.repository, ref_name)? {
                Some(tip) => landing::landed_alone(self.repository, &glass.glass.commit, &tip)?,
                None => not_here(),
            };
            let seen = Seen { change: Change::default(), landed, freezes: self.freezes(glass.verified, ref_name) };
            found.push(Found { passage: register::of_glass(self.log, receipts, &glass, &seen), asked: None });
        }
        for request in exception::every_request(self.log) {
            let asked = request.exception;
            let landed = match landing::tip_to_land_on(self.repository, asked.ref_name.as_str())? {
                Some(tip) => landing::landed(self.repository, asked, &tip)?,
                None => not_here(),
            };
            let seen = Seen {
                change: landing::change(self.repository, self.trusted.policy(), asked)?,
                landed,
                freezes: self.freezes(request.verified, asked.ref_name.as_str()),
            };
            found.push(Found { passage: register::of_request(self.log, receipts, request, &seen), asked: Some(asked) });
        }
        Ok(found)
    }

    /// Lists the freezes of a ref that were in the way of an exception.
    fn freezes(&mut self, verified: &Verified, ref_name: &str) -> Vec<Past<'g>> {
        // The windows are those of the version that its author went by.
        let policy = self.log.chain.at(verified.policy_head).map_or(self.trusted.policy(), |version| &version.policy);
        let (mut found, unknown) = freeze::past(policy, self.log, self.releases, register::span(verified));
        self.unknown.extend(unknown);
        found.retain(|past| past.freeze.refs.iter().any(|pattern| name::covers(pattern, ref_name)));
        found
    }
}

fn not_here() -> Landed {
    Landed::Unknown { why: "the ref is not here".to_owned() }
}

/// Explains why there may be more exceptions than are here: lines that were not read, and records that are named and gone.
fn gaps(repository: &Repository, loaded: &LoadedRootLog, log: &RootLog<'_>) -> Outcome<Vec<Finding>> {
    let is_gap = |finding: &&Finding| matches!(finding.code, Code::TooManyLines | Code::RecordVanished);
    let mut gaps: Vec<Finding> = log.findings.iter().filter(is_gap).cloned().collect();
    gaps.extend(freeze::missing_parents(log));
    gaps.extend(loaded.gone(repository, log)?.into_iter().map(|id| Finding::new(What::RootRecordGone { id }).record(id)));
    gaps.extend(never_synced(repository)?);
    Ok(gaps)
}

/// The commits of a release.
struct Range {
    /// The last of them.
    tip: Option<ObjectId>,
    commits: BTreeSet<ObjectId>,
    complete: bool,
}

impl Range {
    fn of(repository: &Repository, report: &Report) -> Outcome<Self> {
        let Some(release) = &report.release else {
            return Ok(Self { tip: None, commits: BTreeSet::new(), complete: true });
        };
        let previous = release.previous.as_ref().map(|previous| previous.commit);
        let (commits, complete) = repository.commits_between(previous.as_ref(), &release.commit)?;
        Ok(Self { tip: Some(release.commit), commits: commits.into_iter().collect(), complete })
    }

    /// Describes where the change of an exception lies: by its own commit, by the one that landed, or, where the ref can't tell,
    /// by what the release holds.
    fn place(&self, repository: &Repository, found: &Found<'_>) -> Outcome<Place> {
        let Some(tip) = &self.tip else { return Ok(Place::Outside) };
        if self.commits.contains(&found.passage.commit) {
            return Ok(Place::Inside);
        }
        let landed = match (&found.passage.landed, found.asked) {
            (Landed::Unknown { .. }, Some(asked)) => landing::landed(repository, asked, tip)?,
            (landed, _) => landed.clone(),
        };
        Ok(match landed {
            Landed::Yes { commit, .. } if self.commits.contains(&commit) => Place::Inside,
            Landed::No => Place::Outside,
            _ if !self.complete => Place::Unknown,
            // The commit of break-glass is taken as it is, and it is not among them.
            Landed::Unknown { .. } if found.asked.is_some() => Place::Unknown,
            _ => Place::Outside,
        })
    }
}

/// Returns the freezes that end with the release, and how they ended.
fn held(
    repository: &Repository,
    trusted: &Workspace,
    log: &RootLog<'_>,
    release: &Loaded<'_>,
    report: &Report,
) -> Outcome<Vec<HeldFreeze>> {
    let Some(told) = &report.release else { return Ok(Vec::new()) };
    let own = ReleaseLog { records: release.records.clone(), settled: release.context.settled.clone() };
    let logs = ReleaseLogs::from([(told.tag_object, own)]);
    let receipts = trusted.receipts(repository)?;
    let mut found = Vec::new();
    for mut past in freeze::held_by(log, &logs, told.open) {
        // What ended it after its time was over ended nothing.
        past.end = past.end.filter(|end| past.freeze.until.is_none_or(|until| end.time < until));
        found.push(register::held(&past, receipts, report.as_of));
    }
    Ok(found)
}
