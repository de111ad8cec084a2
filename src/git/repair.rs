//! Notes put together again where their ref or its objects were damaged: everything that can still be read, from
//! wherever it lies.
//!
//! A foreign writer can rewrite the notes ref, point it at something else or delete it, and a disk can lose an object.
//! The lines then still lie in the reflog, in what was last fetched from each remote, or at the remote. Nothing is
//! taken away here but what the caller says can't be a record; what was damaged is set aside, not deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{Attempt, ErrorKind, Result, if_there};
use super::notes::{Lines, Notes, hex, lines_of};
use super::objects::NOTE_LIMIT;
use super::refs::{Author, Step};
use super::repository::{Repository, object_id};
use super::tree_edit::Edits;
use super::{NOTES_REF, RECEIPTS_REF, REMOTES_PREFIX};
use crate::model::ids::ObjectId;

/// How many states of the reflog are looked at, the newest first.
const MOST_STATES: usize = 1000;

/// What could be read of the notes, in all places together.
#[derive(Debug, Clone, Default)]
pub struct Salvaged {
    /// The lines, by object.
    pub lines: BTreeMap<ObjectId, Lines>,
    /// Of those, the lines that a remote had when it was last fetched.
    pub remote: BTreeMap<ObjectId, Lines>,
    /// Of those, the lines that the ref itself still gives.
    pub here: BTreeMap<ObjectId, Lines>,
    /// Where something was found, in the order in which it was looked for.
    pub places: Vec<String>,
    /// What could not be read, a sentence for each.
    pub damage: Vec<String>,
    /// Whether the ref and all that it names can be read.
    pub is_whole: bool,
    /// Commits that can be read whole, as parents for what is put together.
    parents: Vec<ObjectId>,
    /// Objects that are not what their ids say.
    corrupt: BTreeSet<ObjectId>,
}

/// One walk over a tree of notes, which goes on where something can't be read.
struct Walk<'r> {
    repository: &'r Repository,
    damage: Vec<String>,
    corrupt: BTreeSet<ObjectId>,
    /// Blobs and trees that were read already, by any walk.
    read: BTreeMap<ObjectId, Lines>,
    left: usize,
}

impl<'r> Walk<'r> {
    fn new(repository: &'r Repository) -> Self {
        Self { repository, damage: Vec::new(), corrupt: BTreeSet::new(), read: BTreeMap::new(), left: 20_000_000 }
    }

    fn commit(&mut self, id: &ObjectId) -> Option<BTreeMap<ObjectId, Lines>> {
        let found = self.repository.commit(id);
        let commit = self.readable("notes commit", id, found)?;
        let mut lines = BTreeMap::new();
        self.tree(&commit.tree, &mut String::new(), &mut lines);
        Some(lines)
    }

    fn tree(&mut self, id: &ObjectId, prefix: &mut String, lines: &mut BTreeMap<ObjectId, Lines>) {
        let found = self.repository.tree(id);
        let Some(entries) = self.readable("tree", id, found) else { return };
        for entry in entries {
            let Some(left) = self.left.checked_sub(1) else {
                // What is not looked at is not known to be gone, so the answer must not pass for the whole.
                return self.damaged("the notes have more entries than are looked at".to_owned());
            };
            self.left = left;
            let Some(name) = hex(&entry.name) else { continue };
            let length = prefix.len();
            prefix.push_str(name);
            if entry.is_file() {
                if prefix.len() == self.repository.id_length() * 2
                    && let Ok(object) = prefix.parse::<ObjectId>()
                    && let Some(found) = self.note(&entry.id)
                {
                    lines.entry(object).or_default().extend(found);
                }
            } else if entry.is_tree() && name.len() == 2 && prefix.len() < 64 {
                self.tree(&entry.id, prefix, lines);
            }
            prefix.truncate(length);
        }
    }

    fn note(&mut self, id: &ObjectId) -> Option<Lines> {
        if let Some(lines) = self.read.get(id) {
            return Some(lines.clone());
        }
        let found = self.repository.blob(id, NOTE_LIMIT);
        let lines = lines_of(&self.readable("note", id, found)?);
        self.read.insert(*id, lines.clone());
        Some(lines)
    }

    /// Returns what was found, or keeps why there is nothing.
    fn readable<T>(&mut self, what: &str, id: &ObjectId, found: Result<Option<T>>) -> Option<T> {
        let damage = match found {
            Ok(Some(value)) => return Some(value),
            Ok(None) => format!("{what} {id} is not here"),
            Err(error) => {
                // A tree can name anything as anything: only bytes that are not those of their id are damaged, and what is
                // of another kind than expected, or no good tree, may be the project's own and stays where it is.
                let again = self.repository.object(id, NOTE_LIMIT);
                if again.is_err_and(|error| *error.kind() != ErrorKind::TooLarge) {
                    self.corrupt.insert(*id);
                }
                match std::error::Error::source(&error) {
                    Some(cause) => format!("{what} {id} can't be read: {error}: {cause}"),
                    None => format!("{what} {id} can't be read: {error}"),
                }
            }
        };
        self.damaged(damage);
        None
    }

    fn damaged(&mut self, damage: String) {
        if !self.damage.contains(&damage) {
            self.damage.push(damage);
        }
    }
}

impl Repository {
    /// Reads the notes wherever they may still lie: the ref, what was fetched from each remote, and the reflog.
    ///
    /// # Errors
    /// If the refs can't be listed; whatever can't be read of the notes is part of the answer.
    pub fn salvage_notes(&self) -> Result<Salvaged> {
        let mut salvaged = Salvaged::default();
        let mut walk = Walk::new(self);
        let mut looked_at = BTreeSet::new();
        match self.resolve(NOTES_REF) {
            Ok(Some(tip)) => {
                looked_at.insert(tip);
                if let Some(lines) = walk.commit(&tip) {
                    salvaged.here = lines;
                    salvaged.places.push(NOTES_REF.to_owned());
                    if walk.damage.is_empty() {
                        salvaged.is_whole = true;
                        salvaged.parents.push(tip);
                    }
                }
            }
            Ok(None) => walk.damage.push(format!("{NOTES_REF} is not here")),
            Err(error) => walk.damage.push(error.to_string()),
        }
        merge(&mut salvaged.lines, &salvaged.here);
        for (remote, id) in &self.side_refs("notes")? {
            let before = walk.damage.len();
            if let Some(lines) = walk.commit(id) {
                if walk.damage.len() == before && !salvaged.is_whole {
                    salvaged.parents.push(*id);
                }
                looked_at.insert(*id);
                merge(&mut salvaged.remote, &lines);
                merge(&mut salvaged.lines, &lines);
                salvaged.places.push(format!("{NOTES_REF} of {remote} as last fetched"));
            }
        }
        let mut states = 0;
        for id in self.reflog_ids(NOTES_REF) {
            if looked_at.insert(id) && self.object_header(&id).is_ok_and(|found| found.is_some()) {
                let before = walk.damage.len();
                let Some(lines) = walk.commit(&id) else { continue };
                if walk.damage.len() == before && salvaged.parents.is_empty() {
                    salvaged.parents.push(id);
                }
                merge(&mut salvaged.lines, &lines);
                states += 1;
            }
        }
        if states > 0 {
            salvaged.places.push(format!("{states} earlier states of {NOTES_REF}"));
        }
        salvaged.damage = walk.damage;
        salvaged.corrupt = walk.corrupt;
        Ok(salvaged)
    }

    /// Reads the lines of the receipts, whatever they are on: those here, and those that each remote had when it was last
    /// fetched; gives a sentence too for each thing that could not be read.
    ///
    /// # Errors
    /// If the refs can't be listed.
    pub fn salvage_receipts(&self) -> Result<(Lines, Vec<String>)> {
        let mut walk = Walk::new(self);
        let here = match self.resolve(RECEIPTS_REF) {
            Ok(tip) => tip,
            Err(error) => {
                walk.damage.push(error.to_string());
                None
            }
        };
        let side = self.side_refs("notes-receipts")?;
        let mut found = Lines::new();
        for tip in here.iter().chain(side.iter().map(|(_, id)| id)) {
            found.extend(walk.commit(tip).into_iter().flat_map(BTreeMap::into_values).flatten());
        }
        Ok((found, walk.damage))
    }

    /// Returns what each remote had as `what` when it was last fetched, by remote. A tag or a proposal may end with the same
    /// word.
    ///
    /// # Errors
    /// If the refs can't be listed.
    pub fn side_refs(&self, what: &str) -> Result<Vec<(String, ObjectId)>> {
        let of_remote = |name: &str| match name.strip_prefix(REMOTES_PREFIX)?.split_once('/')? {
            (remote, kept) if kept == what => Some(remote.to_owned()),
            _ => None,
        };
        Ok(self.refs(REMOTES_PREFIX)?.into_iter().filter_map(|(name, id)| Some((of_remote(name.as_str())?, id))).collect())
    }

    /// Puts the notes ref on a commit that holds exactly `lines`; the caller has chosen them from what was salvaged.
    ///
    /// Returns the new tip, or nothing where the ref holds just that already, and nothing that is no note.
    ///
    /// # Errors
    /// If objects can't be written or the ref can't be moved.
    pub fn rebuild_notes(
        &self,
        salvaged: &Salvaged,
        lines: &BTreeMap<ObjectId, Lines>,
        author: &Author,
        message: &str,
    ) -> Result<Option<ObjectId>> {
        if salvaged.is_whole && salvaged.here == *lines {
            let tip = self.resolve(NOTES_REF)?;
            if tip.map(|tip| self.notes_change(None, &tip)).transpose()?.is_none_or(|change| change.litter.is_none()) {
                return Ok(None);
            }
        }
        for id in &salvaged.corrupt {
            self.set_aside(id)?;
        }
        self.clear_broken_ref(NOTES_REF)?;
        let (mut notes, mut edits) = (Notes::at(self, None)?, Edits::new());
        for (object, lines) in lines {
            notes.add(object, lines, &mut edits)?;
        }
        let tree = notes.edited(&edits)?;
        self.move_ref(NOTES_REF, message, |_| {
            let commit = self.write_commit(&tree, &salvaged.parents, author, message)?;
            Ok(Step::Move(commit, Some(commit)))
        })
    }

    /// Returns the commits that a ref stood for, the newest first; none where no reflog is kept.
    fn reflog_ids(&self, name: &str) -> Vec<ObjectId> {
        let Ok(reflog) = self.inner.reflog(name) else { return Vec::new() };
        let ids = reflog.iter().flat_map(|entry| [entry.id_new(), entry.id_old()]);
        ids.filter_map(|id| object_id(&id)).filter(|id| !id.is_zero()).take(MOST_STATES).collect()
    }

    /// Moves the file of a loose object that is not what its id says out of the way, so that it can be written again.
    fn set_aside(&self, id: &ObjectId) -> Result<()> {
        let digits = id.to_string();
        let path = self.common_dir().join("objects").join(&digits[..2]).join(&digits[2..]);
        self.move_aside(&path, &digits)
    }

    /// Moves the file of a ref that can't be read out of the way.
    fn clear_broken_ref(&self, name: &str) -> Result<()> {
        match self.resolve(name) {
            Ok(_) => Ok(()),
            Err(_) => self.move_aside(&self.common_dir().join(name), &name.replace('/', "-")),
        }
    }

    fn move_aside(&self, path: &std::path::Path, name: &str) -> Result<()> {
        let folder = self.own_dir().join("damaged");
        let attempted = || format!("cannot move {} out of the way", path.display());
        std::fs::create_dir_all(&folder).attempt(attempted)?;
        let moved = if_there(std::fs::rename(path, folder.join(name))).attempt(attempted)?;
        moved.map_or(Ok(()), |()| self.share_as_set_up(&folder))
    }
}

fn merge(all: &mut BTreeMap<ObjectId, Lines>, more: &BTreeMap<ObjectId, Lines>) {
    for (object, lines) in more {
        all.entry(*object).or_default().extend(lines.iter().cloned());
    }
}
