//! What records name, and what they had seen.

use std::collections::{BTreeMap, BTreeSet};

use relsign::model::ids::RecordId;
use relsign::model::log::Record;
use relsign::model::record::Body;

use super::Entry;

/// A record names others as parents, as its open record, in a manifest, to withdraw them, to waive over them, as the
/// decision whose condition they are about, or as readings that they rely on.
pub(crate) fn names(record: &Record) -> BTreeSet<RecordId> {
    let mut names: BTreeSet<RecordId> = record.parents.iter().copied().collect();
    names.extend(record.open);
    match &record.body {
        Body::Decide(decide) => names.extend(&decide.manifest),
        Body::Withdraw(withdraw) => {
            names.insert(withdraw.record);
        }
        Body::Sign(sign) => names.extend(&sign.over),
        Body::Action(action) => names.extend(action.decision),
        Body::Stage(stage) => names.extend(&stage.readings),
        _ => {}
    }
    names
}

/// A record had seen its parents, what they had seen, and so on.
pub(super) fn ancestors(records: &BTreeMap<RecordId, &Entry>) -> BTreeMap<RecordId, BTreeSet<RecordId>> {
    records.keys().map(|id| (*id, ancestors_of(records, *id))).collect()
}

fn ancestors_of(records: &BTreeMap<RecordId, &Entry>, id: RecordId) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    let mut ahead = vec![id];
    while let Some(id) = ahead.pop() {
        for parent in records.get(&id).map(|entry| entry.record.parents.as_slice()).unwrap_or_default() {
            if found.insert(*parent) {
                ahead.push(*parent);
            }
        }
    }
    found
}
