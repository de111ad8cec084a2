//! Who may do what.

use std::collections::BTreeMap;
use std::ops::Range;

use super::people::{People, grantees};
use super::reader::{Problems, Table};
use crate::model::policy::{Grantees, Right};
use crate::model::record::ReleaseType;

/// The rights of the policy, complete.
#[derive(Default)]
pub(super) struct Authority {
    pub(super) release_managers: Grantees,
    pub(super) rights: BTreeMap<Right, Grantees>,
    /// Where each right that the file mentions stands.
    pub(super) spans: BTreeMap<Right, Range<usize>>,
    pub(super) release_managers_at: Range<usize>,
}

/// The rights that `[authority]` names, with their keys.
const KEYS: &[(&str, Right)] = &[
    ("assign", Right::Assign),
    ("waive", Right::Waive),
    ("reject", Right::Reject),
    ("decide", Right::Decide),
    ("action", Right::Action),
    ("stage", Right::Stage),
    ("rollback", Right::Rollback),
    ("close", Right::Close),
    ("disregard", Right::Disregard),
    ("redact", Right::Redact),
    ("freeze", Right::Freeze),
    ("lift", Right::Lift),
    ("request", Right::Request),
    ("grant", Right::Grant),
    ("break_glass", Right::BreakGlass),
    ("check", Right::Check),
];

/// Whether a right may be given to every person: it speaks against a release, or only asks.
fn everyone_allowed(right: Right) -> bool {
    matches!(right, Right::Reject | Right::Rollback | Right::Request)
}

/// Returns who has a right of which the file says nothing.
fn by_default(right: Right, release_managers: &Grantees) -> Grantees {
    match right {
        Right::Reject | Right::Request => Grantees::everyone(),
        Right::BreakGlass | Right::Receipt | Right::Read => Grantees::default(),
        _ => release_managers.clone(),
    }
}

pub(super) fn read(root: &mut Table<'_>, problems: &mut Problems<'_>, people: &People) -> Option<Authority> {
    let mut table = root.required(problems, "authority").table(problems, "authority")?;
    let mut given = BTreeMap::new();
    let mut spans = BTreeMap::new();
    let release_managers_at = table.span_of("release_managers");
    let release_managers = table.required(problems, "release_managers").texts(problems, "release_managers").unwrap_or_default();
    let release_managers = grantees(problems, &release_managers, false, people);
    for (key, right) in KEYS {
        if let Some(texts) = table.texts(problems, key) {
            spans.insert(*right, table.span_of(key));
            given.insert(*right, grantees(problems, &texts, everyone_allowed(*right), people));
        }
    }
    if let Some(mut open) = table.table(problems, "open") {
        for release_type in ReleaseType::ALL {
            let right = Right::Open(*release_type);
            if let Some(texts) = open.texts(problems, release_type.as_str()) {
                spans.insert(right, open.span_of(release_type.as_str()));
                given.insert(right, grantees(problems, &texts, false, people));
            }
        }
        open.finish(problems);
    }
    table.finish(problems);
    let rights =
        Right::ALL.iter().map(|right| (*right, given.remove(right).unwrap_or_else(|| by_default(*right, &release_managers))));
    let rights = rights.collect();
    Some(Authority { release_managers, rights, spans, release_managers_at })
}
