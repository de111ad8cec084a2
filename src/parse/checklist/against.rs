//! Which ids an edit of a checklist changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::checklist::{Checklist, ChecklistItem};
use crate::model::ids::ItemId;

/// An item whose id is not what it was, or that is only in one of two versions of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdChange {
    /// What the item says.
    pub title: String,
    /// Its id before; nothing where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<ItemId>,
    /// Its id now; nothing where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<ItemId>,
    /// Its line, in the version that has it; that of now where both have.
    pub line: u32,
}

/// Finds the items that are the same in two versions of a file and have another id, in the order of the file, then those that
/// are new and those that are gone.
///
/// The same are those of the same text in the same place, then those of the same text, in their order.
pub fn id_changes(before: &Checklist, after: &Checklist) -> Vec<IdChange> {
    let exact = |item: &'_ ChecklistItem| (item.title.clone(), item.section.clone());
    let mut old: Vec<Option<&ChecklistItem>> = before.items.iter().map(Some).collect();
    let mut matched: Vec<Option<&ChecklistItem>> = vec![None; after.items.len()];
    for by_place in [true, false] {
        let mut places: BTreeMap<(String, Vec<String>), Vec<usize>> = BTreeMap::new();
        for (index, item) in old.iter().enumerate() {
            if let Some(item) = item {
                let key = if by_place { exact(item) } else { (item.title.clone(), Vec::new()) };
                places.entry(key).or_default().push(index);
            }
        }
        for (index, item) in after.items.iter().enumerate().filter(|(index, _)| matched[*index].is_none()).collect::<Vec<_>>() {
            let key = if by_place { exact(item) } else { (item.title.clone(), Vec::new()) };
            let same = places.get_mut(&key).filter(|same| !same.is_empty());
            if let Some(same) = same {
                matched[index] = old[same.remove(0)].take();
            }
        }
    }
    let mut changes = Vec::new();
    for (item, was) in after.items.iter().zip(&matched) {
        if was.is_none_or(|was| was.id != item.id) {
            changes.push(IdChange {
                title: item.title.clone(),
                before: was.map(|was| was.id.clone()),
                after: Some(item.id.clone()),
                line: item.line,
            });
        }
    }
    changes.extend(old.into_iter().flatten().map(|item| IdChange {
        title: item.title.clone(),
        before: Some(item.id.clone()),
        after: None,
        line: item.line,
    }));
    changes
}
