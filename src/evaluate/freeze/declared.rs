//! Freezes by hand: freeze records in the root log, and what ends them.

use std::collections::BTreeMap;

use super::found::Freezes;
use crate::evaluate::root_log::RootLog;
use crate::model::finding::{Code, Finding};
use crate::model::freeze::{Freeze, Source};
use crate::model::ids::RecordId;
use crate::model::log::Record;
use crate::model::policy::{Pattern, Right};
use crate::model::record::{self, Body};
use crate::sign::verify::Verified;

/// The freeze records that were ended before their time, each by the record that did; and the words that did not.
#[derive(Debug, Default)]
pub struct Ended {
    /// The freeze record, and the lift or withdraw that ended it.
    pub by: BTreeMap<RecordId, RecordId>,
    /// Lifts and withdraws that do not count.
    pub findings: Vec<Finding>,
}

/// Finds which freeze records were ended: by a lift of somebody who may, or taken back by their author.
///
/// To end a freeze helps whoever wants to push, so it takes full authority, and one's own freeze is no exception: whoever
/// finds a lost key must not be able to clear away what its owner had frozen. A lift that its author takes back, with
/// any key that was ever theirs, is none.
pub fn ended(log: &RootLog<'_>) -> Ended {
    let mut ended = Ended::default();
    let withdrawn = log.withdrawn();
    for (id, verified) in &log.records {
        let target = match &verified.value().body {
            Body::Lift(lift) if !withdrawn.contains(id) => lift.freeze,
            Body::Withdraw(withdraw)
                if log.records.get(&withdraw.record).is_some_and(|of| of.principal() == verified.principal()) =>
            {
                withdraw.record
            }
            _ => continue,
        };
        if !log.records.get(&target).is_some_and(|of| matches!(of.value().body, Body::Freeze(_))) {
            continue;
        }
        let right = if matches!(verified.value().body, Body::Lift(_)) { Right::Lift } else { Right::Freeze };
        match log.might(verified, right) {
            Ok(()) => {
                ended.by.entry(target).or_insert(*id);
            }
            Err(refusal) => {
                let message = format!("{} of freeze {} does not count: {}", verified.value().kind, target.short(), refusal.message);
                ended.findings.push(cite(refusal.code, verified, message));
            }
        }
    }
    ended
}

/// Gives the freeze records that stand, those that are over or have not begun among them.
pub fn declared(log: &RootLog<'_>) -> Vec<Freeze> {
    let mut found = Freezes::default();
    add(log, &mut found);
    found.all
}

/// Adds the freeze records that stand.
pub(super) fn add(log: &RootLog<'_>, found: &mut Freezes) {
    let Ended { by, findings } = ended(log);
    found.findings.extend(findings);
    for (id, verified) in &log.records {
        let Body::Freeze(body) = &verified.value().body else { continue };
        if !log.ever_might(verified, Right::Freeze) {
            let message =
                format!("freeze {} by {} does not count: no version of the policy let them", id.short(), verified.principal());
            found.findings.push(cite(Code::NotAuthorised, verified, message));
            continue;
        }
        if by.contains_key(id) {
            continue;
        }
        found.all.push(of(*id, body));
    }
}

/// Gives the freeze that a record declares.
pub(super) fn of(id: RecordId, body: &record::Freeze) -> Freeze {
    // A pattern that this version can't read may mean any ref, and a freeze is never smaller than it was meant.
    let refs = body.refs.iter().map(|text| text.parse().unwrap_or_else(|_| Pattern::everything())).collect();
    Freeze {
        name: body.name.clone(),
        source: Source::Record(id),
        refs,
        from: body.from,
        until: body.until,
        zone: None,
        reason: Some(body.reason.clone()),
        grant: None,
    }
}

fn cite(code: Code, verified: &Verified<Record>, message: String) -> Finding {
    Finding::new(code, message).record(verified.id()).key(verified.key().clone())
}
