//! Resolving: a checklist and a policy become the items that an open record carries as data.

use crate::model::policy::ItemFacts;
use crate::model::record::{Open, OpenItem};

/// Describes an item of an open record to the policy's rules, leaving out what only the file said of it.
pub(super) fn facts<'a>(item: &'a OpenItem, open: &'a Open) -> ItemFacts<'a> {
    ItemFacts {
        phase: item.phase,
        risk: open.risk.as_ref().map(|risk| risk.class),
        release_type: open.release_type,
        labels: &item.labels,
        component: &open.component,
        environment: Some(&open.environment),
        irreversible: item.irreversible,
        roles: &[],
        reviews: None,
    }
}
