//! Freezes that held once: what is over is told of with the record that ended it.

use super::found::{Freezes, Past};
use super::released::ReleaseLogs;
use super::{declared, windows};
use crate::evaluate::root_log::RootLog;
use crate::model::finding::Finding;
use crate::model::freeze::{Source, Span};
use crate::model::ids::RecordId;
use crate::model::policy::Policy;
use crate::model::record::Freeze;

/// Lists the freezes that held at some instant of a span, also those that were ended since.
///
/// `policy` is the version whose windows held then, `releases` the logs that [`super::releases`] names for the span. What ended a
/// freeze is taken at the time that it claims. The findings say which windows can't be told.
pub fn past<'a>(policy: &Policy, log: &RootLog<'a>, releases: &'a ReleaseLogs, span: Span) -> (Vec<Past<'a>>, Vec<Finding>) {
    let mut held = Freezes::default();
    windows::add(policy, span, &mut held);
    let mut all: Vec<Past<'a>> = held.all.into_iter().map(|freeze| Past { freeze, end: None }).collect();
    all.extend(declared::all(log, releases, &mut Vec::new()));
    // Of two words of one second nobody can tell which came first.
    all.retain(|past| past.freeze.touches(span) && past.end.is_none_or(|end| span.from <= end.time));
    all.sort_by(|a, b| (a.freeze.from, &a.freeze.name, &a.freeze.source).cmp(&(b.freeze.from, &b.freeze.name, &b.freeze.source)));
    (all, held.unknown)
}

/// Returns the freeze that ends with an open record, with what ended it before its time, wherever it counts.
pub fn held_by<'a>(log: &RootLog<'a>, releases: &'a ReleaseLogs, open: RecordId) -> Vec<Past<'a>> {
    let names = |past: &Past<'_>| match &past.freeze.source {
        Source::Release { record: id, .. } => {
            let release = log.records.get(id).and_then(|verified| verified.said::<Freeze>()?.release);
            release.is_some_and(|release| release.open == open)
        }
        _ => false,
    };
    declared::all(log, releases, &mut Vec::new()).into_iter().filter(names).collect()
}
