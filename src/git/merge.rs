//! Merges that only ask what would come of them: nothing that they make reaches the disk.
//!
//! A hook asks this of commits that nobody has accepted yet. Were the merged trees written into the repository, they would
//! stay there and name files that go again when the push is refused. Nor may attributes of the working tree, or settings, change
//! what counts as clean: whoever pushes to a branch that is checked out writes the attributes.

use std::collections::{BinaryHeap, HashMap, HashSet};

use super::error::{Attempt, Result};
use super::repository::{Repository, object_id, oid};
use crate::model::ids::ObjectId;

/// How objects are looked for and written: a higher number comes first.
const BEFORE_ALL_OTHERS: i32 = 1000;

const OURS: u8 = 1;
const THEIRS: u8 = 2;
const BOTH: u8 = OURS | THEIRS;
/// Below a common ancestor that was found already.
const STALE: u8 = 4;

impl Repository {
    fn merging(&self) -> Result<&git2::Repository> {
        if let Some(merging) = self.merging.get() {
            return Ok(&merging.inner);
        }
        let attempted = || "cannot merge in memory".to_owned();
        let merging = self.reopen_bare()?;
        merging.inner.odb().and_then(|odb| odb.add_new_mempack_backend(BEFORE_ALL_OTHERS).map(drop)).attempt(attempted)?;
        Ok(&self.merging.get_or_init(|| Box::new(merging)).inner)
    }

    /// Opens the same repository once more, where what is written stays in memory.
    pub(super) fn reopen_in_memory(&self) -> Result<Self> {
        let attempted = || "cannot merge in memory".to_owned();
        let again = self.reopen()?;
        again.inner.odb().and_then(|odb| odb.add_new_mempack_backend(BEFORE_ALL_OTHERS).map(drop)).attempt(attempted)?;
        Ok(again)
    }

    /// Merges two commits, and gives the id of the tree if nothing conflicts; `None` if something does or they share no
    /// history.
    pub fn clean_merge(&self, ours: &ObjectId, theirs: &ObjectId) -> Result<Option<ObjectId>> {
        match self.nearest_common(ours, theirs)? {
            Some(base) => self.clean_merge_over(&base, ours, theirs),
            None => Ok(None),
        }
    }

    /// Merges two commits over a base that the caller knows, and gives the id of the tree if nothing conflicts.
    pub fn clean_merge_over(&self, base: &ObjectId, ours: &ObjectId, theirs: &ObjectId) -> Result<Option<ObjectId>> {
        let attempted = || format!("cannot merge {theirs} into {ours}");
        let merging = self.merging()?;
        let tree = |id: &ObjectId| merging.find_tree(oid(&self.tree_of("commit", id)?)?).attempt(attempted);
        let (base, ours, theirs) = (tree(base)?, tree(ours)?, tree(theirs)?);
        let mut index = merging.merge_trees(&base, &ours, &theirs, None).attempt(attempted)?;
        if index.has_conflicts() {
            return Ok(None);
        }
        Ok(object_id(&index.write_tree_to(merging).attempt(attempted)?))
    }

    /// Returns the latest common ancestor of two commits, reading no more of history than lies above it.
    pub fn nearest_common(&self, ours: &ObjectId, theirs: &ObjectId) -> Result<Option<ObjectId>> {
        let mut marks: HashMap<ObjectId, u8> = HashMap::new();
        let mut queue = BinaryHeap::new();
        let mut fresh: HashSet<ObjectId> = HashSet::new();
        let mut found: Vec<ObjectId> = Vec::new();
        for (id, mark) in [(ours, OURS), (theirs, THEIRS)] {
            *marks.entry(*id).or_default() |= mark;
            let Some(commit) = self.commit(id)? else { return Ok(None) };
            queue.push((commit.committer.seconds.unwrap_or(0), *id));
            fresh.insert(*id);
        }
        while !fresh.is_empty() {
            let Some((_, id)) = queue.pop() else { break };
            fresh.remove(&id);
            let mut mark = marks.get(&id).copied().unwrap_or_default();
            if mark == BOTH {
                if !found.contains(&id) {
                    found.push(id);
                }
                mark |= STALE;
            }
            let Some(commit) = self.commit(&id)? else { continue };
            for parent in commit.parents {
                let known = marks.entry(parent).or_default();
                if *known & mark == mark {
                    continue;
                }
                *known |= mark;
                // In a shallow clone history ends here.
                let Some(commit) = self.commit(&parent)? else { continue };
                queue.push((commit.committer.seconds.unwrap_or(0), parent));
                if mark & STALE == 0 {
                    fresh.insert(parent)
                } else {
                    fresh.remove(&parent)
                };
            }
        }
        Ok(found.into_iter().find(|id| marks.get(id).is_some_and(|mark| mark & STALE == 0)))
    }
}
