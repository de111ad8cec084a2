//! Trees read with a cache, and changed so that only the directories on the way to a change are written anew.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::error::{Error, Result};
use super::objects::ObjectKind;
use super::raw::TreeEntry;
use super::repository::Repository;
use crate::model::ids::ObjectId;

/// The mode of the files that relsign writes.
pub(super) const FILE: u32 = 0o100_644;
/// The mode of a directory.
const DIRECTORY: u32 = 0o040_000;

/// What becomes of the paths of a tree: a blob put there, or what lies there removed. Parts are joined by `/`.
pub(super) type Edits = BTreeMap<Vec<u8>, Option<ObjectId>>;

/// Trees by id, each read and sorted by name once.
pub(super) struct Trees<'r> {
    repository: &'r Repository,
    read: HashMap<ObjectId, Rc<Vec<TreeEntry>>>,
}

impl<'r> Trees<'r> {
    pub(super) fn new(repository: &'r Repository) -> Self {
        Self { repository, read: HashMap::new() }
    }

    /// Returns the entries of a tree, sorted by name alone, in which order a name is found quickly.
    pub(super) fn entries(&mut self, id: &ObjectId) -> Result<Rc<Vec<TreeEntry>>> {
        if let Some(entries) = self.read.get(id) {
            return Ok(Rc::clone(entries));
        }
        let mut entries = self.repository.tree(id)?.ok_or_else(|| Error::missing("tree", id))?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let entries = Rc::new(entries);
        self.read.insert(*id, Rc::clone(&entries));
        Ok(entries)
    }

    /// Returns the entries of that name; git writes at most one, a hostile tree may hold several.
    pub(super) fn named(entries: &[TreeEntry], name: &[u8]) -> Vec<TreeEntry> {
        let start = entries.partition_point(|entry| entry.name.as_slice() < name);
        entries[start..].iter().take_while(|entry| entry.name == name).cloned().collect()
    }

    /// Applies edits to a tree, and gives the new one.
    pub(super) fn edited(&mut self, tree: Option<&ObjectId>, edits: &Edits) -> Result<ObjectId> {
        self.edit(tree, edits)?.map_or_else(|| self.write(Vec::new()), Ok)
    }

    /// Applies edits to a tree, and gives the new one; `None` stands for the tree with nothing in it.
    fn edit(&mut self, tree: Option<&ObjectId>, edits: &Edits) -> Result<Option<ObjectId>> {
        let mut entries = match tree {
            Some(tree) => self.entries(tree)?.as_ref().clone(),
            None => Vec::new(),
        };
        let mut below: BTreeMap<&[u8], Edits> = BTreeMap::new();
        let mut here: BTreeMap<&[u8], Option<ObjectId>> = BTreeMap::new();
        for (path, edit) in edits {
            match path.iter().position(|byte| *byte == b'/') {
                Some(slash) => {
                    below.entry(&path[..slash]).or_default().insert(path[slash + 1..].to_vec(), *edit);
                }
                None => {
                    here.insert(path, *edit);
                }
            }
        }
        for (name, edit) in here {
            entries.retain(|entry| entry.name != name);
            entries.extend(edit.map(|id| TreeEntry { mode: FILE, name: name.to_vec(), id }));
        }
        for (name, edits) in below {
            let old = entries.iter().find(|entry| entry.name == name && entry.is_tree()).map(|entry| entry.id);
            let new = self.edit(old.as_ref(), &edits)?;
            entries.retain(|entry| entry.name != name);
            entries.extend(new.map(|id| TreeEntry { mode: DIRECTORY, name: name.to_vec(), id }));
        }
        if entries.is_empty() { Ok(None) } else { self.write(entries).map(Some) }
    }

    /// Writes a tree in git's order, in which a directory sorts as if its name ended in a slash.
    fn write(&mut self, mut entries: Vec<TreeEntry>) -> Result<ObjectId> {
        entries.sort_by_cached_key(|entry| {
            let mut key = entry.name.clone();
            if entry.is_tree() {
                key.push(b'/');
            }
            key
        });
        let mut bytes = Vec::with_capacity(entries.len() * 70);
        for entry in &entries {
            bytes.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
            bytes.extend_from_slice(&entry.name);
            bytes.push(0);
            bytes.extend_from_slice(entry.id.as_bytes());
        }
        self.repository.write_object(ObjectKind::Tree, &bytes)
    }
}
