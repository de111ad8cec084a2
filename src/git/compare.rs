//! What a push would change, read from where two states differ and nowhere else.

use std::collections::BTreeMap;

use super::error::{Attempt, Error, ErrorKind, Result};
use super::evidence::{digest_of, sha256};
use super::repository::{Repository, object_id};
use super::tree_edit::Trees;
use crate::model::ids::{ObjectId, Sha256Digest, TagName};

/// How deep symbolic refs may name each other; git follows as many.
const MOST_LINKS: usize = 5;
/// How many bytes of evidence are compared: zeros cost whoever pushes them a thousandth of that.
const MOST_BYTES: u64 = 1 << 30;
/// How many entries of evidence that differ are looked at.
const MOST_DIFFERENT: usize = 100_000;

/// What became of the evidence between two commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceChange {
    /// Digests of which the bytes that had them are not kept any more.
    pub lost: Vec<Sha256Digest>,
    /// Digests under which bytes were put that do not have them.
    pub wrong: Vec<Sha256Digest>,
    /// What was put there that is no evidence at all: paths.
    pub junk: Vec<String>,
}

impl Repository {
    /// Returns the names under which a ref is moved by whoever moves this one: itself, and what it is a symbolic ref to.
    pub fn ref_names(&self, name: &str) -> Result<Vec<String>> {
        let mut names = vec![name.to_owned()];
        while names.len() <= MOST_LINKS {
            match names.last().map(|last| self.symbolic_target(last)).transpose()?.flatten() {
                Some(target) if !names.contains(&target) => names.push(target),
                _ => break,
            }
        }
        Ok(names)
    }

    /// Returns the tags that stand for a commit, sorted by name.
    ///
    /// For tags that git has packed it has noted what they stand for, so only the others are read.
    pub fn tags_of(&self, commit: &ObjectId) -> Result<Vec<(TagName, ObjectId)>> {
        let attempted = || "cannot list the tags".to_owned();
        let mut found = Vec::new();
        for reference in self.inner.references_glob("refs/tags/*").attempt(attempted)? {
            let reference = reference.attempt(attempted)?;
            let Some(name) = reference.name().ok().and_then(|name| name.parse::<TagName>().ok()) else { continue };
            let Some(id) = reference.target().as_ref().and_then(object_id) else { continue };
            let end = match reference.target_peel().as_ref().and_then(object_id) {
                Some(end) => Some(end),
                // A tag that can't be read stands for nothing.
                None => self.peel_to_commit(&id).ok().flatten(),
            };
            if end.as_ref() == Some(commit) {
                found.push((name, id));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Returns the names of refs below a prefix, as they are, without reading what they stand for.
    pub fn ref_list(&self, prefix: &str) -> Result<Vec<String>> {
        let attempted = || format!("cannot list the refs below {prefix}");
        let mut names = Vec::new();
        let mut references = self.inner.references_glob(&format!("{prefix}*")).attempt(attempted)?;
        for name in references.names() {
            names.extend(name.ok().map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Compares the evidence of two commits: what one has and the other lacks, and whether what came is what it says.
    ///
    /// Only directories that differ are read. Bytes of more than `limit` are not read and count as wrong.
    pub fn evidence_change(&self, old: Option<&ObjectId>, new: &ObjectId, limit: u64) -> Result<EvidenceChange> {
        let tree = |id: &ObjectId| self.tree_of("evidence commit", id);
        let (old, new) = (old.map(tree).transpose()?, tree(new)?);
        let mut trees = Trees::new(self);
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        let mut change = EvidenceChange::default();
        let ours = old.map(|tree| trees.entries(&tree)).transpose()?;
        let theirs = trees.entries(&new)?;
        let empty = Vec::new();
        let ours = ours.as_deref().unwrap_or(&empty);
        for entry in ours.iter().filter(|entry| entry.is_tree() && !Trees::named(&theirs, &entry.name).contains(entry)) {
            for file in trees.entries(&entry.id)?.iter() {
                before.extend(digest_at(&entry.name, &file.name).filter(|_| file.is_file()).map(|digest| (digest, file.id)));
            }
        }
        for entry in theirs.iter().filter(|entry| !Trees::named(ours, &entry.name).contains(entry)) {
            if !entry.is_tree() {
                change.junk.push(String::from_utf8_lossy(&entry.name).into_owned());
                continue;
            }
            for file in trees.entries(&entry.id)?.iter() {
                match digest_at(&entry.name, &file.name).filter(|_| file.is_file()) {
                    Some(digest) => {
                        after.insert(digest, file.id);
                    }
                    None => {
                        let path = [entry.name.as_slice(), b"/", &file.name].concat();
                        change.junk.push(String::from_utf8_lossy(&path).into_owned());
                    }
                }
            }
        }
        if before.len().max(after.len()) > MOST_DIFFERENT {
            let text = format!("more than {MOST_DIFFERENT} pieces of evidence differ, which is more than are compared");
            return Err(Error::new(ErrorKind::TooLarge, text));
        }
        let mut bytes: u64 = 0;
        for (_, blob) in after.iter().filter(|(digest, blob)| before.get(digest) != Some(blob)) {
            bytes += self.object_header(blob)?.map_or(0, |(_, size)| size).min(limit);
            if bytes > MOST_BYTES {
                let text = format!("more than {} MiB of evidence differ, which is more than is compared", MOST_BYTES >> 20);
                return Err(Error::new(ErrorKind::TooLarge, text));
            }
        }
        let has = |blob: &ObjectId, digest: &Sha256Digest| -> Result<bool> {
            match self.object_header(blob)? {
                Some((_, size)) if size <= limit => Ok(self.blob(blob, limit)?.is_some_and(|bytes| sha256(&bytes) == *digest)),
                _ => Ok(false),
            }
        };
        change.lost.extend(before.keys().filter(|digest| !after.contains_key(digest)));
        for (digest, blob) in &after {
            if before.get(digest) != Some(blob) && !has(blob, digest)? {
                change.wrong.push(*digest);
            }
        }
        Ok(change)
    }
}

fn digest_at(directory: &[u8], file: &[u8]) -> Option<Sha256Digest> {
    digest_of(directory, file).filter(|_| directory.len() == 2)
}
