//! Exceptions: one change that may go through a freeze, because enough of the right people said so.
//!
//! Whether a request stands is judged over the root log alone ([`standing`]): who asked, who granted, who of them
//! counts. What git shows of the change ([`Change`]) and of the push ([`Landing`]) comes in as values. The reasons for
//! each rule are in docs/decisions/023.

use std::collections::{BTreeMap, BTreeSet};

use super::super::freeze::Freeze;
use super::super::quorum;
use super::super::root_log::{ROOT_SUBJECT, RootLog};
use crate::model::finding::Seen;
use crate::model::ids::{Handle, ObjectId, RecordId};
use crate::model::policy::{Grantees, Policy, Right, WhoMay};
use crate::model::record::{BreakGlass, Exception, Grant, Implementers, SubjectDigest};
use crate::sign::verify::Verified;

/// A request that its author has not withdrawn, whatever else it is worth.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The record.
    pub verified: &'a Verified,
    /// What it says.
    pub exception: &'a Exception,
}

/// Returns the requests of the root log that were not withdrawn, by their ids.
pub fn requests<'a>(log: &RootLog<'a>) -> Vec<Request<'a>> {
    let withdrawn = log.withdrawn();
    every_request(log).into_iter().filter(|request| !withdrawn.contains(&request.verified.id())).collect()
}

/// Returns every request of the root log, by their ids: what was used is told ever after, also where it was withdrawn then.
pub fn every_request<'a>(log: &RootLog<'a>) -> Vec<Request<'a>> {
    let requests = log.records.values().filter_map(|verified| Some(Request { verified, exception: verified.said()? }));
    requests.collect()
}

/// What git shows of the change that a request is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Who made its commits, as far as the policy knows them; it has no tagger.
    pub made: Implementers,
    /// All commits of base..commit; nothing where they are not all here.
    pub commits: Option<BTreeSet<ObjectId>>,
    /// Why they can't be read, where they are here.
    pub unreadable: Option<String>,
}

/// How far a request is from letting its change through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStatus {
    /// The people whose grants count, with the records.
    pub granted: BTreeMap<Handle, RecordId>,
    /// How many more are needed.
    pub missing: u32,
    /// Who may still grant it.
    pub waiting: BTreeSet<Handle>,
    /// Grants that do not count, and why.
    pub without_effect: Vec<(RecordId, Seen)>,
    /// Why it lets nothing through whoever grants it; expiry is one reason.
    pub problem: Option<Seen>,
}

impl RequestStatus {
    /// Whether fewer people may still grant the request than it lacks: then nobody can make it hold.
    pub fn is_out_of_reach(&self) -> bool {
        self.waiting.len() < self.missing as usize
    }

    /// Explains why the request lets nothing through.
    ///
    /// # Errors
    /// What is in the way.
    pub fn holds(&self) -> Result<(), Seen> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        match self.missing {
            0 => Ok(()),
            missing => {
                let have = self.granted.len();
                Err(Seen::ExceptionShort { have, of: missing as usize + have })
            }
        }
    }
}

/// Judges a request by the root log: `grant` names who may grant where the freeze says so itself.
pub fn standing(log: &RootLog<'_>, request: Request<'_>, change: &Change, grant: Option<&Grantees>) -> RequestStatus {
    let policy = &log.chain.head().policy;
    let withdrawn = log.withdrawn();
    let mut granted = BTreeMap::new();
    let mut without_effect = Vec::new();
    for verified in grants(log, request).filter(|verified| !withdrawn.contains(&verified.id())) {
        match may_grant(log, request, change, grant, verified) {
            Ok(handle) => {
                granted.entry(handle.clone()).or_insert(verified.id());
            }
            Err(refusal) => without_effect.push((verified.id(), refusal)),
        }
    }
    let missing = quorum::missing(granted.keys(), policy.thresholds().exception.max(1));
    let waiting = policy
        .able_to_grant(grant)
        .filter(|handle| !granted.contains_key(*handle) && conflict(request, change, handle).is_none())
        .cloned()
        .collect();
    RequestStatus { granted, missing, waiting, without_effect, problem: problem(log, request, change).err() }
}

/// Judges a request by the root log where several freezes are in its way, each of which may say itself who grants: gives
/// the first standing that does not let it through, else the last; without a freeze the policy's right decides.
pub fn standing_under(log: &RootLog<'_>, request: Request<'_>, change: &Change, freezes: &[&Freeze]) -> RequestStatus {
    let mut standing = None;
    for freeze in freezes {
        let found = self::standing(log, request, change, freeze.grant.as_ref());
        let stops = found.holds().is_err();
        standing = Some(found);
        if stops {
            break;
        }
    }
    standing.unwrap_or_else(|| self::standing(log, request, change, None))
}

/// Whether a request may let something through all of these freezes: it was asked for while each of them held.
///
/// A ref that has been frozen since the request was made has only gone forward, so whether the change landed before can be
/// read off it. Between two freezes it may have been forced back, and what was used once would seem new.
///
/// # Errors
/// Which freeze began later.
pub fn reaches(request: Request<'_>, freezes: &[&Freeze]) -> Result<(), Seen> {
    let asked = request.verified.time;
    match freezes.iter().find(|freeze| freeze.from > asked) {
        None => Ok(()),
        Some(later) => Err(Seen::ExceptionOlder { asked, freeze: later.name.clone(), from: later.from }),
    }
}

/// Returns the records that grant a request, by their ids, whether or not they count.
pub fn grants<'a>(log: &RootLog<'a>, request: Request<'_>) -> impl Iterator<Item = &'a Verified> {
    let of = request.verified.id();
    log.records.values().copied().filter(move |verified| verified.said::<Grant>().is_some_and(|grant| grant.exception == of))
}

/// Returns who may grant an exception from a freeze.
pub fn who(policy: &Policy, grant: Option<&Grantees>) -> WhoMay {
    grant.map_or_else(|| policy.who_may(Right::Grant), |grantees| policy.who_is(grantees))
}

/// Whether a request may let anything through by what costs nothing to ask: it has not expired, and as many
/// people as are needed have said something to it.
pub fn is_alive(log: &RootLog<'_>, request: Request<'_>) -> bool {
    request.exception.expires > log.now && is_spoken_for(log, request)
}

/// Whether as many people as are needed have ever said yes to a request, whether or not that counts now.
pub fn is_spoken_for(log: &RootLog<'_>, request: Request<'_>) -> bool {
    let said_yes = grants(log, request).filter_map(|verified| verified.principal().person());
    quorum::missing(said_yes, log.chain.head().policy.thresholds().exception.max(1)) == 0
}

/// Explains why a person may not grant a request although the policy lets them grant: they asked, or wrote part of it.
pub fn conflict(request: Request<'_>, change: &Change, handle: &Handle) -> Option<Seen> {
    if request.verified.principal().person() == Some(handle) {
        return Some(Seen::RequestedIt { who: handle.clone() });
    }
    if change.made.people.contains(handle) {
        return Some(Seen::MadePart { who: handle.clone() });
    }
    None
}

fn may_grant<'a>(
    log: &RootLog<'_>,
    request: Request<'_>,
    change: &Change,
    grant: Option<&Grantees>,
    verified: &'a Verified,
) -> Result<&'a Handle, Seen> {
    log.counts(verified)?;
    let policy = &log.chain.head().policy;
    let others = || Seen::OthersMay { who: verified.principal().clone(), right: Right::Grant, who_may: who(policy, grant) };
    let handle = verified.principal().person().ok_or_else(others)?;
    let may = match grant {
        Some(grantees) => policy.is_among(handle, grantees),
        None => policy.may(verified.principal(), Right::Grant),
    };
    if !may {
        return Err(others());
    }
    if !names(verified, request.exception.ref_name.as_str(), &request.exception.commit) {
        return Err(Seen::GrantElsewhere);
    }
    conflict(request, change, handle).map_or(Ok(handle), Err)
}

/// Describes what of a request is wrong in itself.
fn problem(log: &RootLog<'_>, request: Request<'_>, change: &Change) -> Result<(), Seen> {
    let Request { verified, exception } = request;
    log.may(verified, Right::Request)?;
    if !names(verified, exception.ref_name.as_str(), &exception.commit) {
        return Err(Seen::FieldsElsewhere);
    }
    if exception.expires <= log.now {
        return Err(Seen::ExceptionExpired { expires: exception.expires });
    }
    if let Some(why) = &change.unreadable {
        return Err(Seen::ChangeUnreadable { why: why.clone() });
    }
    match &change.commits {
        None => return Err(Seen::ChangeNotHere),
        Some(commits) if !commits.iter().eq(exception.commits.iter().collect::<BTreeSet<_>>()) => {
            return Err(Seen::ChangeDiffers);
        }
        Some(_) => {}
    }
    known(&log.chain.head().policy, change)
}

/// Refuses a change of which the policy does not know who made it.
///
/// # Errors
/// Reports who, or which commits.
pub fn known(policy: &Policy, change: &Change) -> Result<(), Seen> {
    let separation = &policy.contents().separation;
    let unknown = change.made.unknown.first().filter(|_| separation.unknown_identity_refuses);
    let unknown = unknown.map(|name| Seen::MakerUnknown { name: name.clone() });
    let bots = || separation.refused_bot_commits(&change.made).map(|commits| Seen::MakersBots { commits });
    unknown.or_else(bots).map_or(Ok(()), Err)
}

/// Whether a record names the root blob, this ref and this commit, as docs/format.md wants it.
fn names(verified: &Verified, ref_name: &str, commit: &ObjectId) -> bool {
    let subjects = &verified.subjects;
    subjects.len() == 2
        && subjects.iter().any(|subject| subject.name == ROOT_SUBJECT)
        && subjects.iter().any(|subject| subject.name == ref_name && subject.digest == SubjectDigest::GitCommit(*commit))
}

/// What git shows of a push against what was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Landing {
    /// The ref goes forward: its old tip is an ancestor of the new one.
    pub is_forward: bool,
    /// The base of the request is the old tip or an ancestor of it.
    pub is_above_base: bool,
    /// The new tip is the commit itself, or its tree is that of the clean merge of the old tip and the commit.
    pub is_the_change: bool,
    /// Commits that come along and were neither listed nor are a listed one on top of the old tip.
    pub smuggled: Vec<ObjectId>,
    /// The ref held the change already at some point since the base.
    pub is_spent: bool,
}

impl Landing {
    /// Whether what is pushed is what was granted.
    ///
    /// # Errors
    /// In what it differs.
    pub fn fits(&self) -> Result<(), Seen> {
        if self.is_spent {
            return Err(Seen::ExceptionSpent);
        }
        if !self.is_forward {
            return Err(Seen::NotForward);
        }
        if !self.is_above_base {
            return Err(Seen::NotAboveBase);
        }
        if let Some(first) = self.smuggled.first() {
            return Err(Seen::Smuggled { commit: *first, count: self.smuggled.len() });
        }
        if !self.is_the_change {
            return Err(Seen::NotTheChange);
        }
        Ok(())
    }
}

/// Finds who let a commit through some freezes alone, if an authorised person has.
///
/// Glass that was broken before a freeze began does not break that freeze.
pub fn broken<'a>(log: &RootLog<'a>, ref_names: &[String], commit: &ObjectId, freezes: &[&Freeze]) -> Option<Break<'a>> {
    breaks(log).into_iter().find(|found| {
        let time = found.verified.time;
        found.refusal.is_none()
            && found.glass.commit == *commit
            && ref_names.iter().any(|name| name == found.glass.ref_name.as_str())
            && freezes.iter().all(|freeze| freeze.from <= time)
    })
}

/// Glass that was broken, whoever broke it.
#[derive(Debug, Clone)]
pub struct Break<'a> {
    /// The record.
    pub verified: &'a Verified,
    /// What it says.
    pub glass: &'a BreakGlass,
    /// Why it lets nothing through.
    pub refusal: Option<Seen>,
}

/// Returns every break-glass record that was not withdrawn, by its id.
pub fn breaks<'a>(log: &RootLog<'a>) -> Vec<Break<'a>> {
    let withdrawn = log.withdrawn();
    every_break(log).into_iter().filter(|found| !withdrawn.contains(&found.verified.id())).collect()
}

/// Returns every break-glass record, by its id: a use of break-glass is reported of ever after, also where it was withdrawn
/// then.
pub fn every_break<'a>(log: &RootLog<'a>) -> Vec<Break<'a>> {
    let mut found = Vec::new();
    for verified in log.records.values() {
        let Some(glass) = verified.said::<BreakGlass>() else { continue };
        let refusal = match log.may(verified, Right::BreakGlass) {
            Ok(()) if !names(verified, glass.ref_name.as_str(), &glass.commit) => Some(Seen::FieldsElsewhere),
            other => other.err(),
        };
        found.push(Break { verified, glass, refusal });
    }
    found
}
