//! Files that support records, kept as blobs by their SHA-256 on one ref.

use std::collections::BTreeSet;

use super::EVIDENCE_REF;
use super::error::Result;
use super::notes::Merged;
use super::objects::ObjectKind;
use super::raw::TreeEntry;
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

/// Returns where the evidence for a digest lies in the tree.
fn path(digest: &Sha256Digest) -> Vec<u8> {
    let digits = digest.to_string();
    format!("{}/{}", &digits[..2], &digits[2..]).into_bytes()
}

/// Returns the digest that a file in a directory of evidence is kept for, where its name is one.
pub(super) fn digest_of(directory: &[u8], file: &[u8]) -> Option<Sha256Digest> {
    let digits = [directory, file].concat();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// Evidence as it lies in the tree of a commit; no commit stands for none.
struct Kept<'r> {
    trees: Trees<'r>,
    tree: Option<ObjectId>,
}

impl<'r> Kept<'r> {
    fn at(repository: &'r Repository, commit: Option<&ObjectId>) -> Result<Self> {
        let tree = commit.map(|id| repository.tree_of("evidence commit", id)).transpose()?;
        Ok(Self { trees: Trees::new(repository), tree })
    }

    /// Finds the blob that is kept for a digest.
    fn blob(&mut self, digest: &Sha256Digest) -> Result<Option<ObjectId>> {
        let digits = digest.to_string();
        let Some(tree) = self.tree else { return Ok(None) };
        let directories = Trees::named(&self.trees.entries(&tree)?, &digits.as_bytes()[..2]);
        let Some(below) = directories.into_iter().find(TreeEntry::is_tree) else { return Ok(None) };
        let files = Trees::named(&self.trees.entries(&below.id)?, &digits.as_bytes()[2..]);
        Ok(files.into_iter().find(TreeEntry::is_file).map(|entry| entry.id))
    }

    /// Lists the files, each with the name of the directory that it lies in.
    fn files(&mut self) -> Result<Vec<(Vec<u8>, TreeEntry)>> {
        let mut found = Vec::new();
        let Some(tree) = self.tree else { return Ok(found) };
        for directory in self.trees.entries(&tree)?.iter().filter(|entry| entry.is_tree()) {
            let files = self.trees.entries(&directory.id)?;
            found.extend(files.iter().filter(|entry| entry.is_file()).map(|file| (directory.name.clone(), file.clone())));
        }
        Ok(found)
    }

    /// Adds the edits that take out what of the erased evidence is there, whatever its bytes are.
    fn erase(&mut self, erased: &BTreeSet<Sha256Digest>, edits: &mut Edits) -> Result<()> {
        for digest in erased {
            if self.blob(digest)?.is_some() {
                edits.insert(path(digest), None);
            }
        }
        Ok(())
    }

    fn edited(&mut self, edits: &Edits) -> Result<ObjectId> {
        self.trees.edited(self.tree.as_ref(), edits)
    }
}

impl Repository {
    fn evidence_blob(&self, digest: &Sha256Digest) -> Result<Option<ObjectId>> {
        Kept::at(self, self.commit_at(EVIDENCE_REF)?.as_ref())?.blob(digest)
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
        self.evidence_size_at(self.commit_at(EVIDENCE_REF)?.as_ref(), digest)
    }

    /// Returns the size in bytes of the evidence kept for a digest at an evidence commit, without reading it.
    pub fn evidence_size_at(&self, commit: Option<&ObjectId>, digest: &Sha256Digest) -> Result<Option<u64>> {
        let Some(blob) = Kept::at(self, commit)?.blob(digest)? else { return Ok(None) };
        Ok(self.object_header(&blob)?.map(|(_, size)| size))
    }

    /// Returns the ids of the tag objects whose bytes are kept at an evidence commit: `open` keeps them, since git forgets a tag that
    /// was deleted.
    pub fn kept_tags(&self, commit: Option<&ObjectId>) -> Result<BTreeSet<ObjectId>> {
        let mut found = BTreeSet::new();
        for (_, file) in Kept::at(self, commit)?.files()? {
            if let Some(bytes) = self.small_blob(&file.id)?.filter(|bytes| is_kept_tag(bytes)) {
                found.insert(self.id_of(ObjectKind::Tag, &bytes)?);
            }
        }
        Ok(found)
    }

    /// Returns every digest that evidence is kept by at an evidence commit; `None` stands for none.
    pub fn evidence_digests(&self, commit: Option<&ObjectId>) -> Result<BTreeSet<Sha256Digest>> {
        let files = Kept::at(self, commit)?.files()?;
        Ok(files.iter().filter_map(|(directory, file)| digest_of(directory, &file.name)).collect())
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
            let (mut kept, mut edits) = (Kept::at(self, tip.as_ref())?, Edits::new());
            for (digest, blob) in digests.iter().zip(&blobs) {
                if kept.blob(digest)? != Some(*blob) {
                    edits.insert(path(digest), Some(*blob));
                }
            }
            if edits.is_empty() {
                return Ok(Step::Keep(()));
            }
            let tree = kept.edited(&edits)?;
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
            let (mut kept, mut edits) = (Kept::at(self, Some(ours))?, Edits::new());
            let their_tree = self.tree_of("evidence commit", theirs)?;
            let came = self.merge_evidence_trees(&mut kept, &their_tree, erased, &mut edits)?;
            kept.erase(erased, &mut edits)?;
            Ok((kept.edited(&edits)?, came))
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
            let (mut kept, mut edits) = (Kept::at(self, tip.as_ref())?, Edits::new());
            kept.erase(erased, &mut edits)?;
            if edits.is_empty() {
                return Ok(Step::Keep(0));
            }
            let tree = kept.edited(&edits)?;
            Ok(Step::Move(self.write_commit(&tree, tip.as_slice(), author, message)?, edits.len()))
        })
    }

    /// Returns those of some digests that evidence is kept by at an evidence commit; `None` stands for none.
    pub fn evidence_among(
        &self,
        commit: Option<&ObjectId>,
        digests: impl IntoIterator<Item = Sha256Digest>,
    ) -> Result<BTreeSet<Sha256Digest>> {
        let (mut kept, mut found) = (Kept::at(self, commit)?, BTreeSet::new());
        for digest in digests {
            if kept.blob(&digest)?.is_some() {
                found.insert(digest);
            }
        }
        Ok(found)
    }

    fn merge_evidence_trees(
        &self,
        Kept { trees, tree: ours }: &mut Kept<'_>,
        theirs: &ObjectId,
        erased: &BTreeSet<Sha256Digest>,
        edits: &mut Edits,
    ) -> Result<usize> {
        let mut came = 0;
        let here = ours.map(|ours| trees.entries(&ours)).transpose()?.unwrap_or_default();
        for directory in trees.entries(theirs)?.iter().filter(|entry| entry.is_tree() && entry.name.len() == 2) {
            let same = Trees::named(&here, &directory.name);
            if same.contains(directory) {
                continue;
            }
            let below = same.iter().find(|entry| entry.is_tree()).map(|entry| trees.entries(&entry.id)).transpose()?;
            for file in trees.entries(&directory.id)?.iter().filter(|entry| entry.is_file()) {
                let Some(digest) = digest_of(&directory.name, &file.name).filter(|digest| !erased.contains(digest)) else {
                    continue;
                };
                let ours = below.as_ref().and_then(|entries| Trees::named(entries, &file.name).into_iter().next());
                let wanted = match ours {
                    None => true,
                    Some(ours) if ours.id == file.id => false,
                    Some(ours) => !self.blob_matches(&ours.id, &digest)? && self.blob_matches(&file.id, &digest)?,
                };
                if wanted {
                    came += usize::from(!self.is_of_a_log(&file.id)?);
                    edits.insert(path(&digest), Some(file.id));
                }
            }
        }
        Ok(came)
    }

    /// Whether a file is one that signing keeps beside the log, and nobody attached: a tag object, or what says what a log is of.
    fn is_of_a_log(&self, blob: &ObjectId) -> Result<bool> {
        Ok(self.small_blob(blob)?.is_some_and(|bytes| is_kept_tag(&bytes) || is_log_address(&bytes)))
    }

    /// Reads a blob that is no larger than what signing keeps; of a larger one nothing.
    fn small_blob(&self, blob: &ObjectId) -> Result<Option<Vec<u8>>> {
        match self.object_header(blob)? {
            Some((_, size)) if size <= KEPT_TAG => self.blob(blob, KEPT_TAG),
            _ => Ok(None),
        }
    }

    fn blob_matches(&self, blob: &ObjectId, digest: &Sha256Digest) -> Result<bool> {
        // What is too large to be read matches nothing, and must not keep anybody from merging the rest.
        if self.object_header(blob)?.is_none_or(|(_, size)| size > MERGED) {
            return Ok(false);
        }
        Ok(self.blob_sha256(blob, MERGED)? == Some(*digest))
    }
}
