//! What was said after what: the graph that the records' parents make.
//!
//! Claimed times are only claims, so "the latest word" is decided by who had seen what, never by a clock.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ids::RecordId;
use crate::sign::verify::Verified;

/// The graph of a set of records.
#[derive(Debug)]
pub struct History {
    parents: BTreeMap<RecordId, Vec<RecordId>>,
    generation: BTreeMap<RecordId, u32>,
}

impl History {
    /// Builds the graph of these records; parents that are not among them are left out.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Verified>) -> Self {
        Self::new(records.into_iter().map(|verified| (verified.id(), verified.parents.as_slice())))
    }

    /// Builds the graph of `records`, given with their parents; parents that are not among them are left out.
    pub fn new<'a>(records: impl IntoIterator<Item = (RecordId, &'a [RecordId])>) -> Self {
        let all: BTreeMap<RecordId, &[RecordId]> = records.into_iter().collect();
        let parents: BTreeMap<RecordId, Vec<RecordId>> =
            all.iter().map(|(id, named)| (*id, named.iter().filter(|p| all.contains_key(p)).copied().collect())).collect();
        let generation = generations(&parents);
        Self { parents, generation }
    }

    /// Whether `later` was signed with `earlier` in view, directly or through others.
    pub fn had_seen(&self, later: RecordId, earlier: RecordId) -> bool {
        later != earlier && self.seen_by(&[later], self.generation(earlier)).contains(&earlier)
    }

    /// Returns everything that any of `ids` had in view, down to a generation.
    fn seen_by(&self, ids: &[RecordId], lowest: u32) -> BTreeSet<RecordId> {
        let mut waiting = ids.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            for parent in self.parents.get(&id).into_iter().flatten() {
                // Whatever is above a generation is seen only by what is above it too.
                if self.generation(*parent) >= lowest && seen.insert(*parent) {
                    waiting.push(*parent);
                }
            }
        }
        seen
    }

    /// Returns the length of the longest chain of records below this one: parents always have a smaller number.
    pub fn generation(&self, id: RecordId) -> u32 {
        self.generation.get(&id).copied().unwrap_or(0)
    }

    /// Returns where a record stands in the order of the log, in which none comes before one that it names.
    pub fn place(&self, id: RecordId) -> (u32, RecordId) {
        (self.generation(id), id)
    }

    /// Keeps those of `ids` that no other of them had in view: the last words.
    ///
    /// One walk answers for all of them, because a log may hold any number of words by one person.
    pub fn latest(&self, ids: &[RecordId]) -> Vec<RecordId> {
        let lowest = ids.iter().map(|id| self.generation(*id)).min().unwrap_or(0);
        let seen = self.seen_by(ids, lowest);
        ids.iter().filter(|id| !seen.contains(id)).copied().collect()
    }

    /// Returns the records that none names as a parent.
    pub fn heads(&self) -> Vec<RecordId> {
        let named: BTreeSet<_> = self.parents.values().flatten().collect();
        self.parents.keys().filter(|id| !named.contains(id)).copied().collect()
    }

    /// Returns all records, parents before children, and otherwise in the order of their ids.
    pub fn in_order(&self) -> Vec<RecordId> {
        let mut ids: Vec<_> = self.parents.keys().copied().collect();
        ids.sort_by_cached_key(|id| self.place(*id));
        ids
    }
}

/// Computes generations without recursion, since a log may be a chain of any length.
///
/// A record's id covers its parents, so a cycle would need a SHA-256 collision; records in one would get no number.
fn generations(parents: &BTreeMap<RecordId, Vec<RecordId>>) -> BTreeMap<RecordId, u32> {
    let mut children: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
    let mut open: BTreeMap<RecordId, usize> = BTreeMap::new();
    for (id, named) in parents {
        open.insert(*id, named.len());
        for parent in named {
            children.entry(*parent).or_default().push(*id);
        }
    }
    let mut generation = BTreeMap::new();
    let mut ready: Vec<_> = open.iter().filter(|(_, count)| **count == 0).map(|(id, _)| (*id, 0)).collect();
    while let Some((id, own)) = ready.pop() {
        generation.insert(id, own);
        for child in children.get(&id).into_iter().flatten() {
            let Some(count) = open.get_mut(child) else { continue };
            *count -= 1;
            if *count == 0 {
                let highest = parents.get(child).into_iter().flatten().filter_map(|p| generation.get(p)).max().copied();
                ready.push((*child, highest.unwrap_or(0) + 1));
            }
        }
    }
    generation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> RecordId {
        RecordId::from_bytes([n; 32])
    }

    #[test]
    fn a_later_word_is_one_that_had_the_earlier_in_view() {
        let (none, after1, after2): (&[_], &[_], &[_]) = (&[], &[id(1)], &[id(2), id(3)]);
        let history = History::new([(id(1), none), (id(2), after1), (id(3), after1), (id(4), after2)]);
        assert!(history.had_seen(id(4), id(1)));
        assert!(!history.had_seen(id(2), id(3)));
        assert!(!history.had_seen(id(1), id(4)));
        assert_eq!(history.latest(&[id(1), id(2), id(3)]), [id(2), id(3)]);
        assert_eq!(history.heads(), [id(4)]);
        assert_eq!(history.in_order(), [id(1), id(2), id(3), id(4)]);
    }

    #[test]
    fn the_last_of_many_words_is_found_in_one_walk() {
        let ids: Vec<_> = (0..20_000u32)
            .map(|n| {
                let mut bytes = [0; 32];
                bytes[28..].copy_from_slice(&n.to_be_bytes());
                RecordId::from_bytes(bytes)
            })
            .collect();
        let links: Vec<Vec<_>> = (0..ids.len()).map(|n| if n == 0 { vec![] } else { vec![ids[n - 1]] }).collect();
        let history = History::new(ids.iter().copied().zip(links.iter().map(Vec::as_slice)));
        assert_eq!(history.latest(&ids), [ids[19_999]]);
    }

    #[test]
    fn long_chains_need_no_stack() {
        let ids: Vec<_> = (0..50_000u32)
            .map(|n| {
                let mut bytes = [0; 32];
                bytes[..4].copy_from_slice(&n.to_be_bytes());
                RecordId::from_bytes(bytes)
            })
            .collect();
        let links: Vec<Vec<_>> = (0..ids.len()).map(|n| if n == 0 { vec![] } else { vec![ids[n - 1]] }).collect();
        let history = History::new(ids.iter().copied().zip(links.iter().map(Vec::as_slice)));
        assert!(history.had_seen(ids[49_999], ids[0]));
        assert_eq!(history.generation(ids[49_999]), 49_999);
    }
}
