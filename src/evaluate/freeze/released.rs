//! Freezes that end with a release: who may freeze so, which logs have to be asked, and what in them ends the freeze.

use std::collections::{BTreeMap, BTreeSet};

use super::found;
use crate::evaluate::key_rules::{self, KeyContext};

use crate::evaluate::root_log::{RootLog, ever_might};
use crate::model::finding::Seen;
use crate::model::freeze::Span;
use crate::model::ids::{ObjectId, RecordId, TagName};
use crate::model::log::Record;
use crate::model::policy::{PolicyChain, Right};
use crate::model::record::{Body, Freeze, FreezeRelease, Open, Subject};
use crate::sign::verify::Verified;

/// The log of a tag object, as far as it says whether its release still freezes refs.
#[derive(Debug, Default)]
pub struct ReleaseLog {
    /// The records that open, decide, close or withdraw.
    pub records: BTreeMap<RecordId, Verified>,
    /// Before which version of the policy they are known to have been there.
    pub settled: BTreeMap<RecordId, u32>,
}

/// The logs of releases that freeze refs, by their tag objects. A log that can't be read whole is not among them, since what it
/// says may be withdrawn in the part that was not read.
pub type ReleaseLogs = BTreeMap<ObjectId, ReleaseLog>;

/// Whether a record is the open record that a freeze names, of the tag object that the freeze names.
pub fn is_named(open: &Verified, release: FreezeRelease) -> bool {
    open.id() == release.open && matches!(tag(open), Some((_, object)) if object == release.tag_object)
}

/// Returns the tag that an open record opens: its subjects name exactly one, as no other digest is that of a tag object.
fn tag(open: &Verified) -> Option<(TagName, ObjectId)> {
    open.said::<Open>().and_then(|_| open.log())
}

/// Returns the log of the release that a freeze ends with, and the open record, where both are known.
pub(super) fn release_of<'r>(body: &Freeze, releases: &'r ReleaseLogs) -> Option<(&'r ReleaseLog, &'r Verified)> {
    let release = body.release?;
    let log = releases.get(&release.tag_object)?;
    Some((log, log.records.get(&release.open).filter(|open| is_named(open, release))?))
}

/// Returns the tag of the release that a freeze ends with, where its open record is known.
pub(super) fn tag_of(body: &Freeze, releases: &ReleaseLogs) -> Option<TagName> {
    tag(release_of(body, releases)?.1).map(|(name, _)| name)
}

/// Whether a freeze record counts: some version of the policy lets its signer freeze, or open the release that it ends
/// with.
///
/// `open` is the open record that it names, see [`is_named`]. Where that is not here, whoever might open some release
/// might have opened this one: leaving a record out must not thaw anything, and whoever may open releases may freeze
/// anyway.
///
/// # Errors
/// Why it does not count.
pub fn check_signer(chain: &PolicyChain, verified: &Verified, body: &Freeze, open: Option<&Verified>) -> Result<(), Seen> {
    if ever_might(chain, verified, Right::Freeze) {
        return Ok(());
    }
    let who = verified.principal().clone();
    if body.release.is_none() {
        return Err(Seen::NeverMight { who, right: Right::Freeze });
    }
    let Some((open, opens)) = open.and_then(|open| Some((open, open.said::<Open>()?))) else {
        let mut rights = Right::ALL.iter().copied().filter(|right| matches!(right, Right::Open(_)));
        return match rights.any(|right| ever_might(chain, verified, right)) {
            true => Ok(()),
            false => Err(Seen::NeverMightFreeze { who }),
        };
    };
    let right = Right::Open(opens.release_type);
    match [verified, open].into_iter().find(|signed| !ever_might(chain, signed, right)) {
        None => Ok(()),
        Some(signed) => Err(Seen::NeverMight { who: signed.principal().clone(), right }),
    }
}

/// Returns the tag objects whose logs say whether a freeze holds that touches a span; the others need not be read.
pub fn releases(log: &RootLog<'_>, span: Span) -> BTreeSet<ObjectId> {
    let freezes = log.records.values().filter_map(|verified| Some((verified, verified.said::<Freeze>()?)));
    let asked = freezes.filter(|(verified, body)| {
        found::of(verified.id(), body, None).touches(span) && check_signer(log.chain, verified, body, None).is_ok()
    });
    asked.filter_map(|(_, body)| body.release).map(|release| release.tag_object).collect()
}

/// Returns the first record by its claimed time that ends the freeze of a release: a decision or a close by somebody who may, not
/// withdrawn by its author, or the withdrawal of the open record by its own.
///
/// Any decision ends the freeze, also one that does not hold for the gate: whoever may decide can say no-go, so nothing is
/// gained by asking more.
pub(super) fn ended_by<'r>(log: &RootLog<'_>, (release, open): (&'r ReleaseLog, &Verified)) -> Option<&'r Verified> {
    let ReleaseLog { records, settled } = release;
    let keys = log.chain.keys();
    let ground = KeyContext { chain: log.chain, settled, as_of: log.now };
    let in_favour = |verified: &Verified| key_rules::judge(ground, &keys, verified).is_ok();
    let governing = log.chain.at(open.policy_head).map(|version| &version.policy);
    let may = |verified: &Verified, right| {
        let who = verified.principal();
        in_favour(verified) && who.person().is_some() && governing.is_some_and(|policy| policy.may(who, right))
    };
    let taken_back = |id: RecordId, by: &Verified| {
        records.values().any(|other| {
            matches!(&other.body, Body::Withdraw(withdraw) if withdraw.record == id) && other.principal() == by.principal()
        })
    };
    let stands = |verified: &Verified, right| {
        verified.open == Some(open.id()) && may(verified, right) && !taken_back(verified.id(), verified)
    };
    let ends = |verified: &&Verified| match &verified.body {
        _ if subjects(verified) != subjects(open) => false,
        Body::Decide(_) => stands(verified, Right::Decide),
        Body::Close(_) => stands(verified, Right::Close),
        Body::Withdraw(withdraw) => withdraw.record == open.id() && verified.principal() == open.principal() && in_favour(verified),
        _ => false,
    };
    records.values().filter(ends).min_by_key(|verified| (verified.time, verified.id()))
}

/// Returns what a record speaks of, in whatever order it names it.
fn subjects(record: &Record) -> BTreeSet<&Subject> {
    record.subjects.iter().collect()
}
