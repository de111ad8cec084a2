//! Freezes that held once: what is over is told of with the word that ended it.

use std::collections::BTreeMap;

use super::found::Freezes;
use super::released::Freezing;
use super::{declared, windows};
use crate::evaluate::root_log::RootLog;
use crate::model::finding::Finding;
use crate::model::freeze::{Freeze, Span};
use crate::model::ids::RecordId;
use crate::model::log::Record;
use crate::model::policy::{Policy, Right};
use crate::model::record::Body;
use crate::sign::verify::Verified;

/// A freeze that held within a span, and the word that ended it before its time.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    /// The freeze.
    pub freeze: Freeze,
    /// What ended it.
    pub end: Option<&'a Verified<Record>>,
}

/// Lists the freezes that held at some instant of a span, also those that were ended since.
///
/// `policy` is the version whose windows held then. `releases` are those that [`super::freezing`] gives for the span, each
/// with what [`super::ended_by`] says. What ended a freeze is taken at the time that it claims. The findings say which
/// windows can't be told.
pub fn past<'a>(
    policy: &Policy,
    log: &RootLog<'a>,
    releases: &[(Freezing, Option<&'a Verified<Record>>)],
    span: Span,
) -> (Vec<Past<'a>>, Vec<Finding>) {
    let mut held = Freezes::default();
    windows::add(policy, span, &mut held);
    let mut all: Vec<Past<'a>> = held.all.into_iter().map(|freeze| Past { freeze, end: None }).collect();
    let ended: BTreeMap<RecordId, RecordId> = declared::ended(log).by;
    for (id, verified) in &log.records {
        if let Body::Freeze(body) = &verified.value().body
            && log.ever_might(verified, Right::Freeze)
        {
            let end = ended.get(id).and_then(|end| log.records.get(end)).copied();
            all.push(Past { freeze: declared::of(*id, body), end });
        }
    }
    all.extend(releases.iter().map(|(freezing, end)| Past { freeze: freezing.freeze(), end: *end }));
    // Of two words of one second nobody can tell which came first.
    all.retain(|past| past.freeze.touches(span) && past.end.is_none_or(|end| span.from <= end.value().time));
    all.sort_by(|a, b| (a.freeze.from, &a.freeze.name, &a.freeze.source).cmp(&(b.freeze.from, &b.freeze.name, &b.freeze.source)));
    (all, held.unknown)
}
