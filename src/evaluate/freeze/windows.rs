//! Freezes by the windows of the policy in force.

use super::found::Freezes;
use crate::model::finding::{Code, Finding};
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
                let message = format!("the times of the freeze window {:?} can't be computed: {error}", window.name);
                found.unknown.push(Finding::new(Code::FreezeUnknown, message));
            }
        }
    }
}
