//! Files that support records, kept as blobs by their SHA-256 on one ref.

use std::collections::BTreeSet;

use super::EVIDENCE_REF;
use super::error::{Error, ErrorKind, Result};
use super::notes::Merged;
use super::objects::ObjectKind;
use super::refs::{Author, Step};
use super::repository::Repository;
use super::tree_edit::{Edits, Trees};
use crate::model::address::is_log_address;
use crate::model::ids::{ObjectId, Sha256Digest};
use sha2::{Digest, Sha256};

/// The largest piece of evidence, in bytes, that is read to see which of two sides has the right one.
const MERGED: u64 = 1 << 30;

/// The largest piece of evidence, in bytes, that is read to see whether it is a tag object.
const KEPT_TAG: u64 = 1 << 16;

/// Evidence as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether they have the digest that they are kept by; if not, somebody put other bytes in their place.
    pub matches: bool,
}

/// Returns the SHA-256 of bytes.
pub(super) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

fn is_kept_tag(bytes: &[u8]) -> bool {
    bytes.starts_with(b"object ")
}

fn path(digest: &Sha256Digest) -> (String, String) {
    let digits = digest.to_string();
    (digits[..2].to_owned(), digits[2..].to_owned())
}

fn missing(what: &str, id: &ObjectId) -> Error {
    Error::new(ErrorKind::MissingObject, format!("{what} {id} is not here"))
}

impl Repository {
    fn evidence_tree(&self, commit: Option<ObjectId>) -> Result<Option<ObjectId>> {
        match commit {
            Some(id) => Ok(Some(self.commit(&id)?.ok_or_else(|| missing("evidence commit", &id))?.tree)),
            None => Ok(None),
        }
    }

    /// Finds the blob that is kept for a digest in a tree of evidence.
    fn evidence_in(trees: &mut Trees<'_>, tree: Option<ObjectId>, digest: &Sha256Digest) -> Result<Option<ObjectId>> {
        let (first, rest) = path(digest);
        let Some(tree) = tree else { return Ok(None) };
        let Some(below) = Trees::named(&trees.entries(&tree)?, first.as_bytes()).into_iter().find(|entry| entry.is_tree()) else {
            return Ok(None);
        };
        let files = Trees::named(&trees.entries(&below.id)?, rest.as_bytes());
        Ok(files.into_iter().find(|entry| entry.is_file()).map(|entry| entry.id))
    }

    fn evidence_blob(&self, digest: &Sha256Digest) -> Result<Option<ObjectId>> {
        let tree = self.evidence_tree(self.commit_at(EVIDENCE_REF)?)?;
        Self::evidence_in(&mut Trees::new(self), tree, digest)
    }

    /// Reads the evidence kept for a digest, of at most `limit` bytes; `None` where there is none.
    pub fn evidence(&self, digest: &Sha256Digest, limit: u64) -> Result<Option<Found>> {
        let Some(blob) = self.evidence_blob(digest)? else { return Ok(None) };
        let Some(bytes) = self.blob(&blob, limit)? else { return Ok(None) };
        let matches = sha256(&bytes) == *digest;
        Ok(Some(Found { bytes, matches }))
    }

    /// Whether the evidence kept for a digest has it, of at most `limit` bytes; `None` where there is none.
    pub fn evidence_matches(&self, digest: &Sha256Digest, limit: u64) -> Result<Option<bool>> {
        let Some(blob) = self.evidence_blob(digest)? else { return Ok(None) };
        Ok(self.blob_sha256(&blob, limit)?.map(|found| found == *digest))
    }

    /// Returns the size in bytes of the evidence kept for a digest, without reading it.
    pub fn evidence_size(&self, digest: &Sha256Digest) -> Result<Option<u64>> {
        let Some(blob) = self.evidence_blob(digest)? else { return Ok(None) };
        Ok(self.object_header(&blob)?.map(|(_, size)| size))
    }

    /// Returns the size in bytes of the evidence kept for a digest at an evidence commit, without reading it.
    pub fn evidence_size_at(&self, commit: Option<&ObjectId>, digest: &Sha256Digest) -> Result<Option<u64>> {
        let tree = self.evidence_tree(commit.copied())?;
        let Some(blob) = Self::evidence_in(&mut Trees::new(self), tree, digest)? else { return Ok(None) };
        Ok(self.object_header(&blob)?.map(|(_, size)| size))
    }

    /// Returns the ids of the tag objects whose bytes are kept at an evidence commit: `open` keeps them, since git forgets a tag that
    /// was deleted.
    pub fn kept_tags(&self, commit: Option<&ObjectId>) -> Result<BTreeSet<ObjectId>> {
        let mut found = BTreeSet::new();
        let Some(tree) = self.evidence_tree(commit.copied())? else { return Ok(found) };
        let mut trees = Trees::new(self);
        for directory in trees.entries(&tree)?.iter().filter(|entry| entry.is_tree()) {
            for file in trees.entries(&directory.id)?.iter().filter(|entry| entry.is_file()) {
                if self.object_header(&file.id)?.is_none_or(|(_, size)| size > KEPT_TAG) {
                    continue;
                }
                let bytes = self.blob(&file.id, KEPT_TAG)?.filter(|bytes| is_kept_tag(bytes));
                if let Some(bytes) = bytes {
                    found.insert(self.id_of(ObjectKind::Tag, &bytes)?);
                }
            }
        }
        Ok(found)
    }

    /// Returns every digest that evidence is kept by at an evidence commit; `None` stands for none.
    pub fn evidence_digests(&self, commit: Option<&ObjectId>) -> Result<BTreeSet<Sha256Digest>> {
        let mut found = BTreeSet::new();
        let Some(tree) = self.evidence_tree(commit.copied())? else { return Ok(found) };
        let mut trees = Trees::new(self);
        for directory in trees.entries(&tree)?.iter().filter(|entry| entry.is_tree()) {
            for file in trees.entries(&directory.id)?.iter().filter(|entry| entry.is_file()) {
                let digits = [directory.name.as_slice(), file.name.as_slice()].concat();
                found.extend(std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<Sha256Digest>().ok()));
            }
        }
        Ok(found)
    }

    /// Keeps files as evidence, in one commit, and gives their digests in the order of `files`.
    ///
    /// A file that is kept already changes nothing; other bytes in its place are replaced by the right ones.
    pub fn keep_evidence(&self, files: &[&[u8]], author: &Author, message: &str) -> Result<Vec<Sha256Digest>> {
        let digests: Vec<Sha256Digest> = files.iter().map(|bytes| sha256(bytes)).collect();
        let mut blobs = Vec::new();
        for bytes in files {
            blobs.push(self.write_blob(bytes)?);
        }
        self.move_ref(EVIDENCE_REF, message, |tip| {
            let tree = self.evidence_tree(tip)?;
            let mut trees = Trees::new(self);
            let mut edits = Edits::new();
            for (digest, blob) in digests.iter().zip(&blobs) {
                if Self::evidence_in(&mut trees, tree, digest)? != Some(*blob) {
                    let (first, rest) = path(digest);
                    edits.insert(format!("{first}/{rest}").into_bytes(), Some(*blob));
                }
            }
            let Some(tree) = (if edits.is_empty() { None } else { trees.edit(tree.as_ref(), &edits)? }) else {
                return Ok(Step::Keep(()));
            };
            Ok(Step::Move(self.write_commit(&tree, tip.as_slice(), author, message)?, ()))
        })?;
        Ok(digests)
    }

    /// Merges the evidence of another commit into the local ref; where the two differ, the bytes that match win.
    ///
    /// What is `erased` neither comes nor stays. Everything else stays, also where the other side has it no more.
    pub fn merge_evidence(
        &self,
        theirs: &ObjectId,
        erased: &BTreeSet<Sha256Digest>,
        known: Option<&BTreeSet<ObjectId>>,
        author: &Author,
        message: &str,
    ) -> Result<Merged> {
        self.merge_ref(EVIDENCE_REF, theirs, known, author, message, |ours| {
            let our_tree = self.evidence_tree(Some(*ours))?;
            let their_tree = self.evidence_tree(Some(*theirs))?;
            let mut trees = Trees::new(self);
            let (mut edits, mut came) = (Edits::new(), 0);
            self.merge_evidence_trees(&mut trees, our_tree, their_tree, erased, &mut edits, &mut came)?;
            self.erasures(&mut trees, our_tree, erased, &mut edits)?;
            let tree = match trees.edit(our_tree.as_ref(), &edits)? {
                Some(tree) => tree,
                None => trees.write_empty()?,
            };
            Ok((tree, came))
        })
    }

    /// Removes evidence from the local ref in one commit and returns how many pieces were there.
    ///
    /// Older commits of the ref keep it: git forgets nothing that it can still reach.
    pub fn erase_evidence(&self, erased: &BTreeSet<Sha256Digest>, author: &Author, message: &str) -> Result<usize> {
        if erased.is_empty() {
            return Ok(0);
        }
        self.move_ref(EVIDENCE_REF, message, |tip| {
            let tree = self.evidence_tree(tip)?;
            let mut trees = Trees::new(self);
            let mut edits = Edits::new();
            self.erasures(&mut trees, tree, erased, &mut edits)?;
            if edits.is_empty() {
                return Ok(Step::Keep(0));
            }
            let tree = match trees.edit(tree.as_ref(), &edits)? {
                Some(tree) => tree,
                None => trees.write_empty()?,
            };
            Ok(Step::Move(self.write_commit(&tree, tip.as_slice(), author, message)?, edits.len()))
        })
    }

    /// Adds the edits that take out what of the erased evidence lies in a tree, whatever its bytes are.
    fn erasures(
        &self,
        trees: &mut Trees<'_>,
        tree: Option<ObjectId>,
        erased: &BTreeSet<Sha256Digest>,
        edits: &mut Edits,
    ) -> Result<()> {
        for digest in erased {
            if Self::evidence_in(trees, tree, digest)?.is_some() {
                let (first, rest) = path(digest);
                edits.insert(format!("{first}/{rest}").into_bytes(), None);
            }
        }
        Ok(())
    }

    /// Returns those of some digests that evidence is kept by at an evidence commit; `None` stands for none.
    pub fn evidence_among(
        &self,
        commit: Option<&ObjectId>,
        digests: impl IntoIterator<Item = Sha256Digest>,
    ) -> Result<BTreeSet<Sha256Digest>> {
        let tree = self.evidence_tree(commit.copied())?;
        let mut trees = Trees::new(self);
        let mut found = BTreeSet::new();
        for digest in digests {
            if Self::evidence_in(&mut trees, tree, &digest)?.is_some() {
                found.insert(digest);
            }
        }
        Ok(found)
    }

    fn merge_evidence_trees(
        &self,
        trees: &mut Trees<'_>,
        ours: Option<ObjectId>,
        theirs: Option<ObjectId>,
        erased: &BTreeSet<Sha256Digest>,
        edits: &mut Edits,
        came: &mut usize,
    ) -> Result<()> {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return Ok(()) };
        let here = trees.entries(&ours)?;
        for directory in trees.entries(&theirs)?.iter().filter(|entry| entry.is_tree() && entry.name.len() == 2) {
            let same = Trees::named(&here, &directory.name);
            if same.contains(directory) {
                continue;
            }
            let below = same.iter().find(|entry| entry.is_tree()).map(|entry| trees.entries(&entry.id)).transpose()?;
            for file in trees.entries(&directory.id)?.iter().filter(|entry| entry.is_file()) {
                let digits = [directory.name.as_slice(), file.name.as_slice()].concat();
                let digest = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<Sha256Digest>().ok());
                let Some(digest) = digest.filter(|digest| !erased.contains(digest)) else { continue };
                let ours = below.as_ref().and_then(|entries| Trees::named(entries, &file.name).into_iter().next());
                let wanted = match ours {
                    None => true,
                    Some(ours) if ours.id == file.id => false,
                    Some(ours) => !self.blob_matches(&ours.id, &digest)? && self.blob_matches(&file.id, &digest)?,
                };
                if wanted {
                    *came += usize::from(!self.is_of_a_log(&file.id)?);
                    edits.insert([directory.name.as_slice(), b"/", file.name.as_slice()].concat(), Some(file.id));
                }
            }
        }
        Ok(())
    }

    /// Whether a file is one that signing keeps beside the log, and nobody attached: a tag object, or what says what a log is of.
    fn is_of_a_log(&self, blob: &ObjectId) -> Result<bool> {
        if self.object_header(blob)?.is_none_or(|(_, size)| size > KEPT_TAG) {
            return Ok(false);
        }
        let bytes = self.blob(blob, KEPT_TAG)?.unwrap_or_default();
        Ok(is_kept_tag(&bytes) || is_log_address(&bytes))
    }

    fn blob_matches(&self, blob: &ObjectId, digest: &Sha256Digest) -> Result<bool> {
        // What is too large to be read matches nothing, and must not keep anybody from merging the rest.
        if self.object_header(blob)?.is_none_or(|(_, size)| size > MERGED) {
            return Ok(false);
        }
        Ok(self.blob_sha256(blob, MERGED)? == Some(*digest))
    }
}
