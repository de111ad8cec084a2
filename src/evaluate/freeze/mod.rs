//! Freezes: which refs nobody may move at an instant, why, until when, and who may grant an exception.
//!
//! Two things freeze refs. A window of the policy in force (`windows`) freezes what it says, when it says so. A freeze record
//! (`declared`) counts for anybody who might ever declare one, until its end or until an authorised person lifts it. One that
//! names an open record (`released`) counts for whoever might open that release too, and ends when the release is decided or
//! closed. All of them end as [`Freeze`]; [`list`] puts them together.
//!
//! What makes refs freeze counts easily and what thaws them counts only in full: whoever freezes by mistake is a
//! nuisance, whoever thaws in secret is a danger.

mod declared;
mod found;
mod past;
mod released;
mod windows;

pub use self::declared::{Ended, ended, standing};
pub use self::found::{Freezes, Past};
pub use self::past::{held_by, past};
pub use self::released::{ReleaseLog, ReleaseLogs, check_signer, is_named, releases};
use super::root_log::RootLog;
use crate::model::finding::{Finding, Seen};
pub use crate::model::freeze::{Freeze, Source, Span, free_from, is_own_ref};
use crate::model::policy::Policy;
use crate::model::record::Body;

/// Lists the freezes that hold at some instant of a span, by the policy in force and the root log.
///
/// `releases` are the logs of the tag objects that [`releases`] names for the span.
pub fn list(policy: &Policy, log: &RootLog<'_>, releases: &ReleaseLogs, span: Span) -> Freezes {
    let mut found = Freezes::default();
    windows::add(policy, span, &mut found);
    found.all.extend(declared::standing(log, releases, span, &mut found.findings));
    found.all.retain(|freeze| freeze.touches(span));
    found.all.sort_by(|a, b| (a.from, &a.name, &a.source).cmp(&(b.from, &b.name, &b.source)));
    found.findings.extend(missing_parents(log));
    found
}

/// Names the records of the root log that others of it had seen and that are not here.
pub fn missing_parents(log: &RootLog<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, verified) in &log.records {
        // A redact record names what stands in the log of its tag.
        if matches!(verified.body, Body::Redact(_)) {
            continue;
        }
        for parent in verified.parents.iter().filter(|parent| !log.records.contains_key(parent)) {
            found.push(Finding::new(Seen::RootParentMissing { parent: *parent, record: *id }).record(*parent));
        }
    }
    found
}
