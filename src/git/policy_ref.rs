//! The chain of policy versions as it lies on a ref: bytes only, whatever they are worth.
//!
//! The tree of each commit holds exactly `records` (the records that made this version, one a line) and `version`,
//! a directory with exactly `anchors` and `policy.toml`. The chain follows first parents.
//!
//! A version that is proposed lies on a ref of its own, named by its digest, in a tree of the same shape. Its commits
//! only ever gain records and are merged by set union, so that signatures from several clones come together in any
//! order and each push is a fast-forward. The commit on the policy ref is written anew when the version is activated.

use std::fmt;

use super::error::{Error, ErrorKind, Result};
use super::notes::{Lines, lines_of, note_bytes};
use super::objects::{COMMIT_LIMIT, ObjectKind, RawObject, TreeItem, malformed};
use super::raw::{self, TreeEntry};
use super::refs::{Author, Step, Swap};
use super::repository::Repository;
use super::tree_edit::{Edits, FILE, Trees};
use super::{POLICY_REF, PROPOSALS_PREFIX};
use crate::model::ids::{ObjectId, PolicyDigest};

/// The largest `policy.toml` that is read, and the most bytes of records beside a version, each of which takes many times as
/// much memory as it has bytes.
pub const POLICY_LIMIT: u64 = 1 << 20;
/// The largest file of anchors that is read, in bytes: as many as records that a repository may have for years.
const ANCHORS_LIMIT: u64 = 8 << 20;
/// The most versions that are read.
const MOST_VERSIONS: usize = 10_000;

/// What is wrong with the tree of a commit of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misshapen {
    /// Its tree holds something else than exactly records and version.
    Tree,
    /// Records is not a plain file.
    Records,
    /// Version is not a directory.
    Version,
    /// Version holds something else than exactly anchors and policy.toml.
    Files,
    /// A file in version does not have the mode 100644.
    Mode,
}

impl fmt::Display for Misshapen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tree => "its tree does not contain exactly records and version",
            Self::Records => "records is not a plain file",
            Self::Version => "version is not a directory",
            Self::Files => "version does not contain exactly anchors and policy.toml",
            Self::Mode => "a file in version does not have the mode 100644",
        })
    }
}

/// Where a version of a policy chain lies, before anything of it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyPlace {
    /// The commit.
    pub commit: ObjectId,
    tree: ObjectId,
}

/// One commit of a policy chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCommit {
    /// The commit, whose metadata means nothing.
    pub commit: ObjectId,
    /// The bytes of `version/policy.toml`; empty where it is missing.
    pub policy_toml: Vec<u8>,
    /// The bytes of `version/anchors`; empty where it is missing.
    pub anchors: Vec<u8>,
    /// The lines of `records`.
    pub records: Lines,
    /// Whether the tree is exactly as it should be; if not, what is wrong with it.
    pub well_formed: std::result::Result<(), Misshapen>,
}

impl PolicyCommit {
    /// Whether two commits hold the same version, whatever their records.
    pub fn is_same_version(&self, other: &Self) -> bool {
        self.policy_toml == other.policy_toml && self.anchors == other.anchors && self.well_formed == other.well_formed
    }

    /// Returns the files of the version, to be written beside other records.
    pub fn files<'a>(&'a self, records: &'a Lines) -> PolicyFiles<'a> {
        PolicyFiles { policy_toml: &self.policy_toml, anchors: &self.anchors, records }
    }
}

/// The files of a version that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyFiles<'a> {
    /// The bytes of `policy.toml`.
    pub policy_toml: &'a [u8],
    /// The bytes of `anchors`.
    pub anchors: &'a [u8],
    /// The lines of `records`.
    pub records: &'a Lines,
}

/// Returns the entries of these names, in the order of the names, if a tree holds them and nothing else.
fn exactly<const N: usize>(names: [&str; N], mut entries: Vec<TreeEntry>) -> Option<[TreeEntry; N]> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let entries = <[TreeEntry; N]>::try_from(entries).ok()?;
    entries.iter().zip(names).all(|(entry, name)| entry.name == name.as_bytes()).then_some(entries)
}

impl Repository {
    /// Reads the chain that ends at `tip`, oldest version first. It is all held at once, so this is for a chain that is
    /// accepted; of another the versions are read one by one, each when the one before it was accepted.
    pub fn policy_chain(&self, tip: &ObjectId) -> Result<Vec<PolicyCommit>> {
        self.policy_places(tip)?.iter().map(|place| self.policy_version(place)).collect()
    }

    /// Gives the places of the versions of the chain that ends at `tip`, the oldest first, and reads nothing else of them.
    ///
    /// # Errors
    /// If one is missing or no commit, or there are more than are read.
    pub fn policy_places(&self, tip: &ObjectId) -> Result<Vec<PolicyPlace>> {
        let mut chain = Vec::new();
        let mut next = Some(*tip);
        while let Some(id) = next {
            let RawObject { kind, bytes } = self.object(&id, COMMIT_LIMIT)?.ok_or_else(|| Error::missing("policy commit", &id))?;
            if kind != ObjectKind::Commit {
                let text = format!("the policy ends at {} {id} instead of a commit", kind.name());
                return Err(Error::new(ErrorKind::Malformed, text));
            }
            let commit = raw::parse_commit(&bytes).map_err(|why| malformed("commit", &id, why))?;
            chain.push(PolicyPlace { commit: id, tree: commit.tree });
            next = commit.parents.first().copied();
            if chain.len() > MOST_VERSIONS {
                let text = format!("the policy chain that ends at {tip} has more than {MOST_VERSIONS} versions");
                return Err(Error::new(ErrorKind::TooLarge, text));
            }
        }
        chain.reverse();
        Ok(chain)
    }

    /// Reads a version of a chain.
    ///
    /// # Errors
    /// If something of it is missing or too large.
    pub fn policy_version(&self, PolicyPlace { commit, tree }: &PolicyPlace) -> Result<PolicyCommit> {
        let (policy_toml, anchors, records, well_formed) = match self.policy_shape(tree)? {
            Ok([policy_toml, anchors, records]) => {
                let file = |id: &ObjectId, limit| self.blob(id, limit)?.ok_or_else(|| Error::missing("policy file", id));
                (file(&policy_toml, POLICY_LIMIT)?, file(&anchors, ANCHORS_LIMIT)?, file(&records, POLICY_LIMIT)?, Ok(()))
            }
            Err(why) => {
                let file = |path: &str| match self.file_at(tree, path, POLICY_LIMIT)? {
                    TreeItem::File { bytes, .. } => Ok(bytes),
                    _ => Ok(Vec::new()),
                };
                (file("version/policy.toml")?, file("version/anchors")?, file("records")?, Err(why))
            }
        };
        Ok(PolicyCommit { commit: *commit, policy_toml, anchors, records: lines_of(&records), well_formed })
    }

    /// Returns the blobs of `policy.toml`, `anchors` and `records` of a tree that is exactly as it should be, or says what is
    /// wrong with it.
    fn policy_shape(&self, tree: &ObjectId) -> Result<std::result::Result<[ObjectId; 3], Misshapen>> {
        let read = |id: &ObjectId| self.tree(id)?.ok_or_else(|| Error::missing("policy tree", id));
        let Some([records, version]) = exactly(["records", "version"], read(tree)?) else {
            return Ok(Err(Misshapen::Tree));
        };
        if records.mode != FILE {
            return Ok(Err(Misshapen::Records));
        }
        if !version.is_tree() {
            return Ok(Err(Misshapen::Version));
        }
        let Some([anchors, policy_toml]) = exactly(["anchors", "policy.toml"], read(&version.id)?) else {
            return Ok(Err(Misshapen::Files));
        };
        if anchors.mode != FILE || policy_toml.mode != FILE {
            return Ok(Err(Misshapen::Mode));
        }
        Ok(Ok([policy_toml.id, anchors.id, records.id]))
    }

    /// Writes a version as a commit on top of `parent`, moving no ref, and gives the commit.
    pub fn write_policy(
        &self,
        files: PolicyFiles<'_>,
        parent: Option<&ObjectId>,
        author: &Author,
        message: &str,
    ) -> Result<ObjectId> {
        let tree = self.policy_tree(files)?;
        self.write_commit(&tree, parent.map_or(&[], std::slice::from_ref), author, message)
    }

    fn policy_tree(&self, files: PolicyFiles<'_>) -> Result<ObjectId> {
        let mut edits = Edits::new();
        edits.insert(b"version/policy.toml".to_vec(), Some(self.write_blob(files.policy_toml)?));
        edits.insert(b"version/anchors".to_vec(), Some(self.write_blob(files.anchors)?));
        edits.insert(b"records".to_vec(), Some(self.write_blob(&note_bytes(files.records))?));
        Trees::new(self).edited(None, &edits)
    }

    /// Writes a version on top of `old` and moves the policy's ref there, if it still is `old`.
    ///
    /// What is accepted is decided by the caller from the chain that ends at `old`, so there is no second try here.
    pub fn advance_policy(
        &self,
        files: PolicyFiles<'_>,
        old: Option<&ObjectId>,
        author: &Author,
        message: &str,
    ) -> Result<(ObjectId, Swap)> {
        let commit = self.write_policy(files, old, author, message)?;
        let swap = self.swap_ref(POLICY_REF, &commit, old, message)?;
        Ok((commit, swap))
    }

    /// Gives the versions that are proposed below a prefix, sorted by digest, each read when it is asked for.
    ///
    /// What is no commit is passed over. One that can't be read is an error of its own: anybody who can push can put it there,
    /// and it is no reason to leave the others out.
    pub fn proposals(&self, prefix: &str) -> Result<impl Iterator<Item = (PolicyDigest, Result<PolicyCommit>)>> {
        let length = prefix.len();
        let named = self.refs(prefix)?.into_iter();
        let named = named.filter_map(move |(name, tip)| Some((name.as_str()[length..].parse::<PolicyDigest>().ok()?, tip)));
        Ok(named.filter_map(|(digest, tip)| Some((digest, self.proposed(&tip).transpose()?))))
    }

    /// Reads a proposal at a commit; nothing where it is no commit or not here.
    pub fn proposed(&self, tip: &ObjectId) -> Result<Option<PolicyCommit>> {
        if !matches!(self.object_header(tip)?, Some((ObjectKind::Commit, _))) {
            return Ok(None);
        }
        let commit = self.commit(tip)?;
        commit.map(|commit| self.policy_version(&PolicyPlace { commit: *tip, tree: commit.tree })).transpose()
    }

    /// Puts a version on its proposal ref, or adds records to what is there; gives the new tip.
    pub fn propose_policy(
        &self,
        digest: &PolicyDigest,
        files: PolicyFiles<'_>,
        author: &Author,
        message: &str,
    ) -> Result<ObjectId> {
        self.move_ref(&format!("{PROPOSALS_PREFIX}{digest}"), message, |tip| {
            let here = tip.map(|tip| self.proposed(&tip)).transpose()?.flatten();
            let same = here.filter(|here| here.policy_toml == files.policy_toml && here.anchors == files.anchors);
            let mut records = files.records.clone();
            if let (Some(here), Some(tip)) = (same, tip) {
                if records.is_subset(&here.records) {
                    return Ok(Step::Keep(tip));
                }
                records.extend(here.records);
            }
            let commit = self.write_policy(PolicyFiles { records: &records, ..files }, tip.as_ref(), author, message)?;
            Ok(Step::Move(commit, commit))
        })
    }

    /// Merges a proposal of a remote into the local one: `kept` are those of its records that are worth having.
    ///
    /// Nothing where theirs is not well formed and there is none here: then there is nothing to take over. Where there
    /// is one here, theirs becomes an ancestor all the same, so that what is here can be pushed.
    pub(super) fn merge_proposal(
        &self,
        digest: &PolicyDigest,
        theirs: &PolicyCommit,
        kept: &Lines,
        author: &Author,
    ) -> Result<usize> {
        let message = "Merge signatures by set union";
        self.move_ref(&format!("{PROPOSALS_PREFIX}{digest}"), message, |tip| {
            let here = tip.map(|tip| self.proposed(&tip)).transpose()?.flatten();
            let (Some(here), Some(tip)) = (here, tip) else {
                let whole = *kept == theirs.records;
                let commit = match whole {
                    true => theirs.commit,
                    false => self.write_policy(theirs.files(kept), Some(&theirs.commit), author, message)?,
                };
                return Ok(Step::Move(commit, kept.len()));
            };
            let mut records = here.records.clone();
            if here.is_same_version(theirs) {
                records.extend(kept.iter().cloned());
            }
            let came = records.len() - here.records.len();
            if came == 0 && (tip == theirs.commit || self.is_ancestor(&theirs.commit, &tip)?) {
                return Ok(Step::Keep(0));
            }
            if here.is_same_version(theirs) && records == theirs.records && self.is_ancestor(&tip, &theirs.commit)? {
                return Ok(Step::Move(theirs.commit, came));
            }
            let tree = self.policy_tree(here.files(&records))?;
            let commit = self.write_commit(&tree, &[tip, theirs.commit], author, message)?;
            Ok(Step::Move(commit, came))
        })
    }
}
