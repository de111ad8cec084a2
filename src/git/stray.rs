//! What a push puts into a tree of notes that is no note: files of other names, links, submodules, and bytes beside the
//! lines.
//!
//! Readers pass all of it over, so it can't speak for a release; but it is fetched by everybody for ever, and a note that is
//! filled up with empty lines reaches the size that nobody reads. Only what a tree has beyond the one before is looked at.

use std::collections::BTreeSet;

use super::error::{Error, ErrorKind, Result};
use super::notes::{Notes, hex, lines_of};
use super::objects::ObjectKind;
use super::raw::TreeEntry;
use super::repository::Repository;
use super::tree_edit::{FILE, Trees};
use crate::model::ids::ObjectId;

/// How many entries of trees are walked over at most, since a few trees that name each other may spell out any number.
const MOST_ENTRIES: usize = 5_000_000;
/// A note of at most so many bytes is read to see whether it holds a line at all; an envelope is longer.
const SHORT: u64 = 64;
/// How much more than its lines take a note may always have.
const SLACK: u64 = 16;

/// What a tree of notes has beyond another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotesChange {
    /// The first thing that is no note, by its path, and what is wrong with it.
    pub litter: Option<(String, &'static str)>,
    /// The objects that have other notes, or notes in other places.
    pub touched: BTreeSet<ObjectId>,
}

struct Walk<'r> {
    repository: &'r Repository,
    ours: Trees<'r>,
    theirs: Trees<'r>,
    left: usize,
    change: NotesChange,
}

impl Repository {
    /// Compares the trees of two notes commits: which objects' notes differ, and what came that is no note.
    ///
    /// # Errors
    /// If an object is missing or there are more entries than are walked over.
    pub fn notes_change(&self, old: Option<&ObjectId>, new: &ObjectId) -> Result<NotesChange> {
        let tree = |id: &ObjectId| self.tree_of("notes commit", id);
        let (old, new) = (old.map(tree).transpose()?, tree(new)?);
        let change = NotesChange::default();
        let mut walk = Walk { repository: self, ours: Trees::new(self), theirs: Trees::new(self), left: MOST_ENTRIES, change };
        if old != Some(new) {
            walk.tree(old.as_ref(), &new, &mut Vec::new())?;
        }
        Ok(walk.change)
    }
}

impl Walk<'_> {
    fn tree(&mut self, ours: Option<&ObjectId>, theirs: &ObjectId, path: &mut Vec<u8>) -> Result<()> {
        let here = ours.map(|tree| self.ours.entries(tree)).transpose()?;
        let there = self.theirs.entries(theirs)?;
        for entry in there.iter() {
            let text = || format!("the notes have more than {MOST_ENTRIES} entries");
            self.left = self.left.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::TooLarge, text()))?;
            let before = here.as_ref().map(|entries| Trees::named(entries, &entry.name)).unwrap_or_default();
            if before.contains(entry) {
                continue;
            }
            let length = path.len();
            path.extend_from_slice(&entry.name);
            let wrong = match Trees::named(&there, &entry.name).len() {
                1 => self.entry(&before, entry, path)?,
                _ => Some("its name is there twice"),
            };
            if let Some(wrong) = wrong.filter(|_| self.change.litter.is_none()) {
                // What lies there already did not come with this, also where a merge has given it another mode.
                let mut old = before.iter().filter(|old| old.id == entry.id);
                if !old.any(|old| !old.is_tree() && is_misplaced(old, path, self.digits())) {
                    self.change.litter = Some((String::from_utf8_lossy(path).into_owned(), wrong));
                }
            }
            path.truncate(length);
        }
        Ok(())
    }

    /// Judges one entry; what is wrong with a note or a directory of notes is given.
    fn entry(&mut self, before: &[TreeEntry], entry: &TreeEntry, path: &mut Vec<u8>) -> Result<Option<&'static str>> {
        if entry.is_tree() {
            let digits = path.iter().filter(|byte| **byte != b'/').count();
            if entry.name.len() != 2 || hex(&entry.name).is_none() || digits >= self.digits() {
                return Ok(Some("it is not a directory of notes"));
            }
            if self.theirs.entries(&entry.id)?.is_empty() {
                return Ok(Some("it is an empty directory"));
            }
            path.push(b'/');
            let below = before.iter().find(|entry| entry.is_tree()).map(|entry| entry.id);
            self.tree(below.as_ref(), &entry.id, path)?;
            path.pop();
            return Ok(None);
        }
        if is_misplaced(entry, path, self.digits()) {
            return Ok(Some("it is not a note"));
        }
        let missing = || Error::missing("note", &entry.id);
        let (kind, size) = self.repository.object_header(&entry.id)?.ok_or_else(missing)?;
        if kind != ObjectKind::Blob {
            return Ok(Some("it is not a note"));
        }
        if size <= SHORT && lines_of(&self.repository.blob(&entry.id, SHORT)?.ok_or_else(missing)?).is_empty() {
            return Ok(Some("it is an empty note"));
        }
        let digits: Vec<u8> = path.iter().copied().filter(|byte| *byte != b'/').collect();
        self.change.touched.extend(hex(&digits).and_then(|digits| digits.parse::<ObjectId>().ok()));
        Ok(None)
    }

    fn digits(&self) -> usize {
        self.repository.id_length() * 2
    }
}

/// Whether what is no directory can be no note by its path and mode: a plain file whose path joins to an id.
fn is_misplaced(entry: &TreeEntry, path: &[u8], length: usize) -> bool {
    let digits: Vec<u8> = path.iter().copied().filter(|byte| *byte != b'/').collect();
    entry.mode != FILE || digits.len() != length || hex(&digits).is_none()
}

/// Whether the notes of an object came to hold much more than their lines: empty lines, or lines over and over.
///
/// `added` is how many bytes its new lines take. Twice what the lines take is allowed, as merges of stock git may leave it;
/// so is what was there before.
///
/// # Errors
/// If the notes can't be read.
pub fn is_padded(before: &mut Notes<'_>, after: &mut Notes<'_>, object: &ObjectId, added: u64) -> Result<bool> {
    let (old, new) = (before.size(object)?, after.size(object)?);
    if new <= old.saturating_add(added.saturating_mul(2)).saturating_add(SLACK) {
        return Ok(false);
    }
    let lines: u64 = after.lines(object)?.iter().map(|line| line.len() as u64 + 1).sum();
    Ok(new > lines.saturating_mul(2).saturating_add(SLACK))
}
