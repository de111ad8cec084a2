//! Freezes by the windows of the policy in force.

use super::found::Freezes;
use crate::model::finding::{Finding, Seen};
use crate::model::freeze::{Freeze, Source, Span};
use crate::model::policy::Policy;

/// Adds the times of every window that touch a span.
pub(super) fn add(policy: &Policy, span: Span, found: &mut Freezes) {
    for window in &policy.contents().freezes {
        match window.occurrences(span.from) {
            Ok(times) => found.all.extend(times.take_while(|time| time.from < span.to).map(|time| Freeze {
                name: window.name.clone(),
                source: Source::Window,
                refs: window.refs.clone(),
                from: time.from,
                until: Some(time.until),
                zone: Some(window.zone.clone()),
                reason: window.reason.clone(),
                grant: window.grant.clone(),
                environments: window.environments.clone(),
            })),
            Err(error) => {
                let seen = Seen::FreezeUnknown { name: window.name.clone(), why: error.to_string() };
                found.unknown.push(Finding::new(seen));
            }
        }
    }
}
