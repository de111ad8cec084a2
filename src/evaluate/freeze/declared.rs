//! Freeze records in the root log, and what ends them.

use std::collections::BTreeMap;

use super::found::{Past, of};
use super::released::{self, ReleaseLogs};
use crate::evaluate::root_log::RootLog;
use crate::model::finding::{Finding, Seen};
use crate::model::freeze::{Freeze, Source, Span};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::Body;

/// The freeze records that were ended before their time, each by the record that did; and the words that did not.
#[derive(Debug, Default)]
pub struct Ended {
    /// The freeze record, and the lift or withdraw that ended it.
    pub by: BTreeMap<RecordId, RecordId>,
    /// Lifts and withdraws that do not count.
    pub findings: Vec<Finding>,
}

/// Finds which freeze records were ended: by a lift of somebody who may, or withdrawn by their author.
///
/// To end a freeze helps whoever wants to push, so it takes full authority, and one's own freeze is no exception: whoever
/// finds a lost key must not be able to clear away what its owner had frozen. A lift that its author withdraws, with
/// any key that was ever theirs, is none.
pub fn ended(log: &RootLog<'_>) -> Ended {
    let mut ended = Ended::default();
    let withdrawn = log.withdrawn();
    for (id, verified) in &log.records {
        let target = match &verified.body {
            Body::Lift(lift) if !withdrawn.contains(id) => lift.freeze,
            Body::Withdraw(withdraw)
                if log.records.get(&withdraw.record).is_some_and(|of| of.principal() == verified.principal()) =>
            {
                withdraw.record
            }
            _ => continue,
        };
        if !log.records.get(&target).is_some_and(|of| matches!(of.body, Body::Freeze(_))) {
            continue;
        }
        let right = if matches!(verified.body, Body::Lift(_)) { Right::Lift } else { Right::Freeze };
        match log.might(verified, right) {
            Ok(()) => {
                ended.by.entry(target).or_insert(*id);
            }
            Err(why) => {
                let (kind, why) = (verified.kind.clone(), Box::new(why));
                ended.findings.push(verified.cite(Seen::FreezeEndIgnored { kind, freeze: target, why }));
            }
        }
    }
    ended
}

/// Returns every freeze record that counts, with what ended it before its time.
///
/// `releases` are the logs of the tag objects that [`super::releases`] names for the span that is asked about.
pub(super) fn all<'a>(log: &RootLog<'a>, releases: &'a ReleaseLogs, found: &mut Vec<Finding>) -> Vec<Past<'a>> {
    let Ended { by, findings } = ended(log);
    found.extend(findings);
    let mut all = Vec::new();
    for (id, verified) in &log.records {
        let Body::Freeze(body) = &verified.body else { continue };
        let release = released::release_of(body, releases);
        if let Err(why) = released::check_signer(log.chain, verified, body, release.map(|(_, open)| open)) {
            let (who, why) = (verified.principal().clone(), Box::new(why));
            found.push(verified.cite(Seen::FreezeIgnored { freeze: *id, who, why }));
            continue;
        }
        let lifted = by.get(id).and_then(|end| log.records.get(end)).copied();
        let ends = lifted.into_iter().chain(release.and_then(|release| released::ended_by(log, release)));
        let end = ends.min_by_key(|end| (end.time, end.id()));
        all.push(Past { freeze: of(*id, body, released::tag_of(body, releases)), end });
    }
    all
}

/// Returns the freeze records that stand and touch a span.
pub fn standing(log: &RootLog<'_>, releases: &ReleaseLogs, span: Span, found: &mut Vec<Finding>) -> Vec<Freeze> {
    let stands = all(log, releases, found).into_iter().filter(|past| past.end.is_none() && past.freeze.touches(span));
    let stands: Vec<Freeze> = stands.map(|past| past.freeze).collect();
    for freeze in &stands {
        if let Source::Record { record: id } = freeze.source
            && let Some(Body::Freeze(body)) = log.records.get(&id).map(|verified| &verified.body)
            && let Some(release) = body.release
        {
            let seen = Seen::FreezeOpenUnread { freeze: id, open: release.open };
            found.push(Finding::new(seen).record(release.open));
        }
    }
    stands
}
