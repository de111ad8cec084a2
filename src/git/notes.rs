//! Notes as sets of lines: read under every fan-out, written so that no line is ever lost.
//!
//! A note is the bytewise sorted set of its lines, each ended by a line feed, as git's own `cat_sort_uniq` writes it.
//! Stock git moves notes between layouts (`abcd…`, `ab/cd…`, `ab/cd/…`) one subtree at a time, so one object may have
//! notes in several: reading gives the lines of all of them. Writing goes to where a note lies already, else to
//! `ab/cd…`, touches only the subtrees on the way, and compares-and-swaps the ref.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use super::RECEIPTS_REF;
use super::error::{Error, ErrorKind, Result};
use super::objects::{NOTE_LIMIT, NOTE_LINES};
use super::raw;
use super::refs::{Author, Step};
use super::repository::Repository;
use super::tree_edit::{Edits, Trees};
use crate::model::ids::ObjectId;

/// The lines of a note: sorted, distinct, none empty, without their line feeds.
pub type Lines = BTreeSet<Vec<u8>>;

/// Lines to add to the note of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The notes ref, such as [`super::NOTES_REF`].
    pub notes_ref: String,
    /// The object that the note is of; it need not exist.
    pub object: ObjectId,
    /// The lines, without line feeds.
    pub lines: Vec<Vec<u8>>,
}

/// What adding lines came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// The tips of the notes refs that were asked for, after adding.
    pub tips: BTreeMap<String, ObjectId>,
    /// How many lines were not there before.
    pub added: usize,
}

/// What merging came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// The tip of the local ref afterwards; `None` where neither side has one.
    pub tip: Option<ObjectId>,
    /// How many entries (lines, or files of evidence) came from the other side, each once however many objects it is on.
    pub came: usize,
}

/// Splits a note into its lines.
pub fn lines_of(bytes: &[u8]) -> Lines {
    raw::lines(bytes).filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Writes lines as the bytes of a note.
pub fn note_bytes(lines: &Lines) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    bytes
}

/// The notes of one notes commit, for reading many of them.
pub struct Notes<'r> {
    repository: &'r Repository,
    trees: Trees<'r>,
    tree: Option<ObjectId>,
    /// How many entries may still be walked over.
    budget: usize,
}

/// How many entries of trees are walked over at most. A few hostile trees that name each other many times would
/// otherwise spell out more notes than can be counted.
const MOST_ENTRIES: usize = 5_000_000;
/// The most commits that are put on top of the remote's as one: with more, somebody worked here for very long, and a merge is
/// made.
const MOST_MOVED: usize = 1000;
/// The most lines of their messages that the one commit repeats.
const MOST_SAID: usize = 20;

/// A note where it was found: its path in the tree, and its blob.
type Place = (Vec<u8>, ObjectId);

impl<'r> Notes<'r> {
    /// Opens the notes at a notes commit; `None` stands for no notes at all.
    pub fn at(repository: &'r Repository, commit: Option<&ObjectId>) -> Result<Self> {
        let tree = commit.map(|id| repository.tree_of("notes commit", id)).transpose()?;
        Ok(Self { repository, trees: Trees::new(repository), tree, budget: MOST_ENTRIES })
    }

    /// Returns the lines of all notes of an object, whatever layouts they lie in; empty where there are none.
    pub fn lines(&mut self, object: &ObjectId) -> Result<Lines> {
        let places = self.places(object)?;
        self.lines_at(&places)
    }

    /// Whether an object has a note at all, without reading it.
    pub fn has(&mut self, object: &ObjectId) -> Result<bool> {
        Ok(!self.places(object)?.is_empty())
    }

    /// Returns how many bytes the notes of an object have together, each blob once.
    ///
    /// # Errors
    /// If a note is missing.
    pub fn size(&mut self, object: &ObjectId) -> Result<u64> {
        let blobs: BTreeSet<ObjectId> = self.places(object)?.into_iter().map(|(_, blob)| blob).collect();
        let sizes =
            blobs.iter().map(|blob| Ok(self.repository.object_header(blob)?.ok_or_else(|| Error::missing("note", blob))?.1));
        sizes.sum()
    }

    /// Returns every object that has a note, sorted.
    pub fn objects(&mut self) -> Result<Vec<ObjectId>> {
        let mut found = BTreeSet::new();
        if let Some(tree) = self.tree {
            self.collect(&tree, &mut String::new(), &mut found)?;
        }
        Ok(found.into_iter().collect())
    }

    /// Returns the objects whose notes in `theirs` are not the same at the same place in `ours`; others are equal.
    pub(super) fn differing(ours: &mut Self, theirs: &mut Self) -> Result<BTreeSet<ObjectId>> {
        Differing::between(ours, theirs).map(|(objects, _)| objects)
    }

    /// Gives the objects whose notes are not the same in other notes, on whichever side something is that the other lacks.
    ///
    /// # Errors
    /// If the trees of the notes can't be read.
    pub fn differing_from(&mut self, other: &mut Self) -> Result<BTreeSet<ObjectId>> {
        let mut objects = Self::differing(self, other)?;
        objects.append(&mut Self::differing(other, self)?);
        Ok(objects)
    }

    fn collect(&mut self, tree: &ObjectId, prefix: &mut String, found: &mut BTreeSet<ObjectId>) -> Result<()> {
        for entry in self.trees.entries(tree)?.iter() {
            self.spend()?;
            let Some(name) = hex(&entry.name) else { continue };
            let length = prefix.len();
            prefix.push_str(name);
            if entry.is_file() && prefix.len() == self.digits() {
                found.extend(prefix.parse::<ObjectId>());
            } else if entry.is_tree() && name.len() == 2 && prefix.len() < self.digits() {
                self.collect(&entry.id, prefix, found)?;
            }
            prefix.truncate(length);
        }
        Ok(())
    }

    fn spend(&mut self) -> Result<()> {
        let text = || format!("the notes have more than {MOST_ENTRIES} entries");
        self.budget = self.budget.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::TooLarge, text()))?;
        Ok(())
    }

    fn digits(&self) -> usize {
        self.repository.id_length() * 2
    }

    /// Finds every note of an object.
    fn places(&mut self, object: &ObjectId) -> Result<Vec<Place>> {
        let digits = object.to_string();
        let mut places = BTreeSet::new();
        // All trees of one level lie at the same path; there are several only where a hostile tree has a name twice.
        let mut level: BTreeSet<ObjectId> = self.tree.into_iter().collect();
        let mut path = Vec::new();
        for start in (0..digits.len()).step_by(2) {
            let rest = &digits.as_bytes()[start..];
            let mut next = BTreeSet::new();
            for tree in &level {
                let entries = self.trees.entries(tree)?;
                let notes = Trees::named(&entries, rest).into_iter().filter(|entry| entry.is_file());
                places.extend(notes.map(|entry| ([path.as_slice(), rest].concat(), entry.id)));
                let below = Trees::named(&entries, &rest[..2]);
                next.extend(below.iter().filter(|entry| entry.is_tree()).map(|entry| entry.id));
            }
            if next.is_empty() {
                break;
            }
            level = next;
            path.extend_from_slice(&rest[..2]);
            path.push(b'/');
        }
        Ok(places.into_iter().collect())
    }

    fn lines_at(&self, places: &[Place]) -> Result<Lines> {
        let mut lines = Lines::new();
        // The limit is for all of them together: an object may have a note under each of many fan-outs.
        let mut left = NOTE_LIMIT;
        let distinct: BTreeMap<&ObjectId, &[u8]> = places.iter().map(|(path, blob)| (blob, path.as_slice())).collect();
        for (blob, path) in &distinct {
            let (_, size) = self.repository.object_header(blob)?.ok_or_else(|| Error::missing("note", blob))?;
            left = left.checked_sub(size).ok_or_else(|| too_large(path, &format!("{NOTE_LIMIT} bytes")))?;
        }
        // They have no more lines than bytes, so those of small notes need not be counted.
        let (is_large, mut room) = ((NOTE_LIMIT - left) as usize > NOTE_LINES, NOTE_LINES);
        for (blob, path) in distinct {
            let bytes = self.repository.blob(blob, NOTE_LIMIT)?.ok_or_else(|| Error::missing("note", blob))?;
            let many = if is_large { raw::lines(&bytes).count() } else { 0 };
            room = room.checked_sub(many).ok_or_else(|| too_large(path, &format!("{NOTE_LINES} lines")))?;
            lines.append(&mut lines_of(&bytes));
        }
        Ok(lines)
    }

    /// Adds the edits that leave exactly one note of the object, which is this blob.
    fn place(object: &ObjectId, places: &[Place], blob: ObjectId, edits: &mut Edits) {
        for (path, _) in places {
            edits.insert(path.clone(), None);
        }
        edits.insert(target(object, places), Some(blob));
    }

    /// Adds the edits that put lines to those of an object, and says how many of them were not there.
    pub(super) fn add<'l>(
        &mut self,
        object: &ObjectId,
        new: impl IntoIterator<Item = &'l Vec<u8>>,
        edits: &mut Edits,
    ) -> Result<usize> {
        let places = self.places(object)?;
        let mut lines = self.lines_at(&places)?;
        let before = lines.len();
        lines.extend(new.into_iter().filter(|line| !line.is_empty()).cloned());
        if lines.len() > before {
            Self::place(object, &places, self.repository.write_blob(&note_bytes(&lines))?, edits);
        }
        Ok(lines.len() - before)
    }

    /// Applies edits, and gives the tree that results.
    pub(super) fn edited(&mut self, edits: &Edits) -> Result<ObjectId> {
        self.trees.edited(self.tree.as_ref(), edits)
    }
}

/// Adds the edits that put other notes of an object beside those that it has, each where a reader finds it.
fn beside(object: &ObjectId, places: &[Place], others: Vec<Place>, edits: &mut Edits) {
    let digits = object.to_string();
    let mut taken: BTreeSet<Vec<u8>> = places.iter().map(|(path, _)| path.clone()).collect();
    for (path, blob) in others {
        if places.iter().any(|(_, here)| *here == blob) {
            continue;
        }
        let fan_outs = (0..digits.len() / 2).map(|depth| {
            let split = |at: usize| digits[2 * at..2 * at + 2].to_owned();
            ((0..depth).map(split).collect::<Vec<_>>().join("/") + if depth > 0 { "/" } else { "" } + &digits[2 * depth..])
                .into_bytes()
        });
        if let Some(free) = std::iter::once(path).chain(fan_outs).find(|path| !taken.contains(path)) {
            taken.insert(free.clone());
            edits.insert(free, Some(blob));
        }
    }
}

/// Chooses where the note of an object goes: `ab/cd…` unless it lies elsewhere only, then the shortest path of those.
fn target(object: &ObjectId, places: &[Place]) -> Vec<u8> {
    let digits = object.to_string();
    let usual = format!("{}/{}", &digits[..2], &digits[2..]).into_bytes();
    let paths = places.iter().map(|(path, _)| path);
    if places.is_empty() || paths.clone().any(|path| *path == usual) {
        return usual;
    }
    paths.min_by_key(|path| (path.len(), path.as_slice())).cloned().unwrap_or(usual)
}

pub(super) fn hex(name: &[u8]) -> Option<&str> {
    let valid = name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if valid { std::str::from_utf8(name).ok() } else { None }
}

fn too_large(path: &[u8], most: &str) -> Error {
    let object = String::from_utf8_lossy(path).replace('/', "");
    Error::new(ErrorKind::TooLarge, format!("the note of {object} has more than the {most} that are read"))
}

impl Repository {
    /// Opens the notes of a ref as they are now; a ref that doesn't exist has none.
    pub fn notes(&self, notes_ref: &str) -> Result<Notes<'_>> {
        Notes::at(self, self.commit_at(notes_ref)?.as_ref())
    }

    /// Adds lines to notes, in one commit for each notes ref; lines that are there already change nothing.
    ///
    /// Several refs are moved one after the other, in the order of their names. Whatever happens, no line that was
    /// in a note before is lost, and running it again after a failure is harmless.
    pub fn append_notes(&self, appends: &[Append], author: &Author, message: &str) -> Result<Appended> {
        let mut by_ref: BTreeMap<&str, BTreeMap<ObjectId, Lines>> = BTreeMap::new();
        for append in appends {
            self.check_append(append)?;
            let objects = by_ref.entry(&append.notes_ref).or_default();
            objects.entry(append.object).or_default().extend(append.lines.iter().cloned());
        }
        let mut done = Appended::default();
        for (notes_ref, objects) in by_ref {
            let moved = self.move_ref(notes_ref, message, |tip| self.append_step(tip, &objects, author, message))?;
            if let (Some(tip), added) = moved {
                done.tips.insert(notes_ref.to_owned(), tip);
                done.added += added;
            }
        }
        Ok(done)
    }

    fn append_step(
        &self,
        tip: Option<ObjectId>,
        objects: &BTreeMap<ObjectId, Lines>,
        author: &Author,
        message: &str,
    ) -> Result<Step<(Option<ObjectId>, usize)>> {
        let (mut notes, mut edits, mut added) = (Notes::at(self, tip.as_ref())?, Edits::new(), 0);
        for (object, new) in objects {
            added += notes.add(object, new, &mut edits)?;
        }
        if added == 0 {
            return Ok(Step::Keep((tip, 0)));
        }
        let tree = notes.edited(&edits)?;
        let commit = self.write_commit(&tree, tip.as_slice(), author, message)?;
        Ok(Step::Move(commit, (Some(commit), added)))
    }

    /// Writes a notes commit on top of `tip` that has more lines, and moves no ref.
    ///
    /// It is for whoever may add something only if nobody else has added anything meanwhile: they move the ref from `tip`
    /// themselves, here or on a remote, and where that fails they read again.
    ///
    /// # Errors
    /// If a line holds a line feed, or the notes can't be read or written.
    pub fn write_notes(&self, tip: Option<&ObjectId>, appends: &[Append], author: &Author, message: &str) -> Result<ObjectId> {
        let mut notes = Notes::at(self, tip)?;
        let mut edits = Edits::new();
        for append in appends {
            self.check_append(append)?;
            notes.add(&append.object, &append.lines, &mut edits)?;
        }
        let tree = notes.edited(&edits)?;
        self.write_commit(&tree, tip.map_or(&[], std::slice::from_ref), author, message)
    }

    /// Refuses what can't be lines of a note, or an object of another kind of repository.
    fn check_append(&self, append: &Append) -> Result<()> {
        if append.lines.iter().any(|line| line.contains(&b'\n')) {
            let text = format!("cannot add a line with a line feed to the note of {}", append.object);
            return Err(Error::new(ErrorKind::Invalid, text));
        }
        if append.object.as_bytes().len() != self.id_length() {
            let text = format!("{} is not an id of this repository's objects", append.object);
            return Err(Error::new(ErrorKind::Invalid, text));
        }
        Ok(())
    }

    /// Merges the notes of another commit into a notes ref by set union: nothing that either side has is lost.
    ///
    /// That also holds where one side descends from the other and lacks lines: they come back. A new commit has both
    /// tips as parents; where one side holds all that the other does, its commit is taken as it is.
    pub fn merge_notes(&self, notes_ref: &str, theirs: &ObjectId, author: &Author, message: &str) -> Result<Merged> {
        self.merge_notes_onto(notes_ref, theirs, None, author, message)
    }

    /// Merges as [`Self::merge_notes`] does, but puts what only this repository has on top of theirs, in one commit.
    ///
    /// `known` are commits that other repositories may have; what they have is never taken back, and without any word on
    /// that, a merge is made. A merge shares two states of the log for each time that somebody shares, and everybody fetches
    /// both for ever.
    pub fn merge_notes_onto(
        &self,
        notes_ref: &str,
        theirs: &ObjectId,
        known: Option<&BTreeSet<ObjectId>>,
        author: &Author,
        message: &str,
    ) -> Result<Merged> {
        // Receipts that nobody reads bring nothing, and would take away what is here: one note holds those of all releases.
        let whole = notes_ref != RECEIPTS_REF;
        self.merge_ref(notes_ref, theirs, known, author, message, |ours| self.merge_notes_trees(ours, theirs, whole))
    }

    /// Returns the tree of the union of two notes commits, and how many lines came from theirs; `whole` says whether what is too
    /// large to be read comes too.
    pub(super) fn merge_notes_trees(&self, ours: &ObjectId, theirs: &ObjectId, whole: bool) -> Result<(ObjectId, usize)> {
        let mut ours = Notes::at(self, Some(ours))?;
        let mut theirs = Notes::at(self, Some(theirs))?;
        let (objects, mut edits) = Differing::between(&mut ours, &mut theirs)?;
        // A line that comes to two objects comes once; what it reads like is of no interest here, only that it is new.
        let (mut came, hasher) = (HashSet::new(), BuildHasherDefault::<DefaultHasher>::default());
        for object in &objects {
            let (mut places, there) = (ours.places(object)?, theirs.places(object)?);
            let read = ours.lines_at(&places).and_then(|lines| Ok((lines, theirs.lines_at(&there)?)));
            let (mut lines, mut others) = match read {
                // What nobody reads stands beside what is here: nothing is lost, and only this object can't be judged.
                Err(error) if *error.kind() == ErrorKind::TooLarge => {
                    if whole {
                        beside(object, &places, there, &mut edits);
                    }
                    continue;
                }
                read => read?,
            };
            came.extend(others.difference(&lines).map(|line| hasher.hash_one(line)));
            lines.append(&mut others);
            places.extend(there);
            // Bytes that all places agree on are kept as they are, even where they are no sorted set.
            let blobs: BTreeSet<ObjectId> = places.iter().map(|(_, blob)| *blob).collect();
            let agreed = blobs.first().copied().filter(|_| blobs.len() == 1);
            let blob = agreed.map_or_else(|| self.write_blob(&note_bytes(&lines)), Ok)?;
            Notes::place(object, &places, blob, &mut edits);
        }
        Ok((ours.edited(&edits)?, came.len()))
    }

    /// Moves a ref to the union that `union` makes of its tip and `theirs`, for whichever kind of tree it is.
    ///
    /// Where `known` is given and nobody else has what leads from theirs to the tip, the union stands on theirs alone.
    pub(super) fn merge_ref(
        &self,
        name: &str,
        theirs: &ObjectId,
        known: Option<&BTreeSet<ObjectId>>,
        author: &Author,
        message: &str,
        mut union: impl FnMut(&ObjectId) -> Result<(ObjectId, usize)>,
    ) -> Result<Merged> {
        let tree = |id: &ObjectId| self.tree_of("commit", id);
        let their_tree = tree(theirs)?;
        self.move_ref(name, message, |tip| {
            let Some(ours) = tip else { return Ok(Step::Move(*theirs, Merged { tip: Some(*theirs), came: 0 })) };
            if ours == *theirs {
                return Ok(Step::Keep(Merged { tip, came: 0 }));
            }
            let our_tree = tree(&ours)?;
            let (tree, came) = if our_tree == their_tree { (our_tree, 0) } else { union(&ours)? };
            if tree == our_tree && self.is_ancestor(theirs, &ours)? {
                return Ok(Step::Keep(Merged { tip: Some(ours), came: 0 }));
            }
            if tree == their_tree {
                return Ok(Step::Move(*theirs, Merged { tip: Some(*theirs), came }));
            }
            let onto = known.map(|known| self.only_here(&ours, theirs, known)).transpose()?.flatten();
            let commit = match onto {
                Some(said) => self.write_commit(&tree, &[*theirs], author, &said)?,
                None => self.write_commit(&tree, &[ours, *theirs], author, message)?,
            };
            Ok(Step::Move(commit, Merged { tip: Some(commit), came }))
        })
    }

    /// Returns what the commits beyond theirs say, if all of them are here and nobody else has one of them.
    fn only_here(&self, ours: &ObjectId, theirs: &ObjectId, known: &BTreeSet<ObjectId>) -> Result<Option<String>> {
        let (beyond, complete) = self.commits_between(Some(theirs), ours)?;
        if !complete || beyond.is_empty() || beyond.len() > MOST_MOVED || beyond.iter().any(|id| known.contains(id)) {
            return Ok(None);
        }
        let mut said: Vec<String> = Vec::new();
        for id in beyond.iter().rev() {
            let commit = self.commit(id)?.ok_or_else(|| Error::missing("commit", id))?;
            let message = String::from_utf8_lossy(&commit.message).into_owned();
            for line in message.lines().map(str::trim).filter(|line| !line.is_empty()) {
                if !said.iter().any(|known| known == line) {
                    said.push(line.to_owned());
                }
            }
        }
        let more = said.len().saturating_sub(MOST_SAID);
        said.truncate(MOST_SAID);
        if more > 0 {
            said.push(format!("and {more} more"));
        }
        if said.len() > 1 {
            said.insert(1, String::new());
        }
        Ok(Some(said.join("\n")))
    }
}

/// The walk over two trees of notes that finds where the second has something that the first has not.
#[derive(Default)]
struct Differing {
    objects: BTreeSet<ObjectId>,
    edits: Edits,
}

impl Differing {
    /// Returns the objects whose notes in `theirs` are not the same at the same place in `ours`, and the edits that
    /// take over what is no note where ours has nothing of that name. Only subtrees that differ are read.
    fn between(ours: &mut Notes<'_>, theirs: &mut Notes<'_>) -> Result<(BTreeSet<ObjectId>, Edits)> {
        let mut found = Self::default();
        if let Some(tree) = theirs.tree {
            let here = ours.tree;
            found.walk((ours, here), (theirs, tree), b"")?;
        }
        Ok((found.objects, found.edits))
    }

    fn walk(
        &mut self,
        (ours, our_tree): (&mut Notes<'_>, Option<ObjectId>),
        (theirs, their_tree): (&mut Notes<'_>, ObjectId),
        path: &[u8],
    ) -> Result<()> {
        let here = our_tree.map(|tree| ours.trees.entries(&tree)).transpose()?;
        for entry in theirs.trees.entries(&their_tree)?.iter() {
            theirs.spend()?;
            let same_name = here.as_ref().map(|entries| Trees::named(entries, &entry.name)).unwrap_or_default();
            if same_name.contains(entry) {
                continue;
            }
            let path = [path, &entry.name].concat();
            let digits: Vec<u8> = path.iter().copied().filter(|byte| *byte != b'/').collect();
            let whole = hex(&digits).filter(|digits| digits.len() == theirs.digits());
            if let (Some(digits), true) = (whole, entry.is_file()) {
                self.objects.extend(digits.parse::<ObjectId>());
            } else if entry.is_tree() && entry.name.len() == 2 && hex(&digits).is_some() && digits.len() < theirs.digits() {
                let below = same_name.iter().find(|entry| entry.is_tree()).map(|entry| entry.id);
                self.walk((ours, below), (theirs, entry.id), &[&path, &b"/"[..]].concat())?;
            } else if entry.is_file() && same_name.is_empty() {
                self.edits.insert(path, Some(entry.id));
            }
        }
        Ok(())
    }
}
