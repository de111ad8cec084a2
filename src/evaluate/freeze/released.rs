//! Freezes by open releases: the refs that an open record names, until the release is decided or ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::favour::{self, Ground};
use crate::evaluate::root_log::RootLog;
use crate::model::freeze::{Freeze, Source, Span};
use crate::model::ids::{ObjectId, RecordId, TagName};
use crate::model::log::Record;
use crate::model::policy::{Pattern, Right};
use crate::model::record::{Body, Open, Subject, SubjectDigest};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// An open record that freezes refs, by somebody who may open such a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freezing {
    /// The release's tag.
    pub tag: TagName,
    /// The tag object it was opened for, whose note holds its log, wherever the tag points now.
    pub object: ObjectId,
    /// The open record.
    pub record: RecordId,
    refs: Vec<Pattern>,
    from: Timestamp,
    until: Timestamp,
    reason: Option<String>,
}

impl Freezing {
    /// Gives the freeze.
    pub fn freeze(&self) -> Freeze {
        Freeze {
            name: self.tag.short().to_owned(),
            source: Source::Release(self.tag.clone(), self.record),
            refs: self.refs.clone(),
            from: self.from,
            until: Some(self.until),
            zone: None,
            reason: self.reason.clone(),
            grant: None,
        }
    }
}

/// Finds the open records in the root log that freeze refs within a span, so that only these releases need be read.
pub fn freezing(log: &RootLog<'_>, span: Span) -> Vec<Freezing> {
    let opens = log.opens().filter(|(verified, open)| may_open(log, verified, open));
    opens.filter_map(|(verified, open)| of(verified, open)).filter(|freezing| freezing.freeze().touches(span)).collect()
}

fn may_open(log: &RootLog<'_>, verified: &Verified<Record>, open: &Open) -> bool {
    log.might(verified, Right::Open(open.release_type)).is_ok()
}

/// Gives the freeze that an open record asks for, whoever signed it; nothing where it asks for none.
pub fn of(verified: &Verified<Record>, open: &Open) -> Option<Freezing> {
    let freeze = open.freeze.as_ref()?;
    // The subjects of an open record name exactly one tag: no other digest is that of a tag object.
    let (tag, object) = verified.value().subjects.iter().find_map(|subject| match subject.digest {
        SubjectDigest::GitTag(object) => Some((subject.name.parse::<TagName>().ok()?, object)),
        _ => None,
    })?;
    Some(Freezing {
        tag,
        object,
        record: verified.id(),
        refs: freeze.refs.iter().map(Pattern::of_ref).collect(),
        from: verified.value().time,
        until: freeze.until,
        reason: open.reason.clone(),
    })
}

/// Says whether a release still freezes its refs: nobody who may has decided it or ended it, and its opener has not
/// taken it back.
///
/// `records` is the log of its tag object, `settled` what `receipts::settled` gives for it. Any decision ends the freeze, also
/// one that does not hold for the gate: whoever may decide can say no-go, so nothing is gained by asking more.
pub fn still_freezes(
    log: &RootLog<'_>,
    freezing: &Freezing,
    records: &BTreeMap<RecordId, Verified<Record>>,
    settled: &BTreeMap<RecordId, u32>,
) -> bool {
    let Some(open) = log.records.get(&freezing.record) else { return false };
    ended_by(log, open, records, settled).is_none()
}

/// Finds the first word by its claimed time that ended the freeze of an open record; the rules are those of
/// [`still_freezes`].
pub fn ended_by<'r>(
    log: &RootLog<'_>,
    open: &Verified<Record>,
    records: &'r BTreeMap<RecordId, Verified<Record>>,
    settled: &BTreeMap<RecordId, u32>,
) -> Option<&'r Verified<Record>> {
    let keys = log.chain.keys();
    let ground = Ground { chain: log.chain, settled, as_of: log.now };
    let in_favour = |verified: &Verified<Record>| favour::judge(ground, &keys, verified).is_ok();
    let governing = log.chain.at(open.value().policy_head).map(|version| &version.policy);
    let may = |verified: &Verified<Record>, right| {
        let who = verified.principal();
        in_favour(verified) && who.person().is_some() && governing.is_some_and(|policy| policy.may(who, right))
    };
    let taken_back = |id: RecordId, by: &Verified<Record>| {
        records.values().any(|other| {
            matches!(&other.value().body, Body::Withdraw(withdraw) if withdraw.record == id) && other.principal() == by.principal()
        })
    };
    let ends = |verified: &&Verified<Record>| {
        let record = verified.value();
        if subjects(record) != subjects(open.value()) {
            return false;
        }
        match &record.body {
            Body::Decide(_) => {
                record.open == Some(open.id()) && may(verified, Right::Decide) && !taken_back(verified.id(), verified)
            }
            Body::Close(_) => record.open == Some(open.id()) && may(verified, Right::Close) && !taken_back(verified.id(), verified),
            Body::Withdraw(withdraw) => {
                withdraw.record == open.id() && verified.principal() == open.principal() && in_favour(verified)
            }
            _ => false,
        }
    };
    records.values().filter(|verified| ends(verified)).min_by_key(|verified| (verified.value().time, verified.id()))
}

/// Gives what a record speaks of, in whatever order it names it.
fn subjects(record: &Record) -> BTreeSet<&Subject> {
    record.subjects.iter().collect()
}
