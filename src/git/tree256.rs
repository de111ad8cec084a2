//! SHA-256 tree ids: what stock git would call a tree if it named every object by SHA-256.
//!
//! The id is computed from the raw bytes of the tree and of all that lies below it, so it binds file contents by
//! SHA-256 also in a repository whose own hash is SHA-1. Each file is framed and hashed, each tree is written again
//! with the new ids in place of the old, every mode and name as it stands, and hashed in its turn. In a SHA-256
//! repository the result is the tree's own id.
//!
//! A link to another repository's commit has no SHA-256 id. [`gitlink_digest`] stands in for it, which binds no more
//! than the link's own hash does; such paths are listed as not strengthened.
//!
//! Results are kept in the file `relsign/tree256` below the common directory, since most subtrees stay the same from
//! release to release. The file holds nothing that can't be computed again, one line for each tree:
//! `<tree id> <SHA-256 id> <first 16 digits of the SHA-256 of the two>`; a line that is broken in any way is ignored.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::error::{Attempt, Error, ErrorKind, Result};
use super::evidence::sha256;
use super::objects::ObjectKind;
use super::program::Program;
use super::repository::{Repository, oid};
use crate::model::ids::{ObjectId, Sha256Digest};

/// Blobs above this size, in bytes, are hashed as a stream: a megabyte that somebody pushes may unpack to gigabytes.
const STREAMED: u64 = 32 << 20;
/// How deep directories may lie in one another.
const MOST_DEPTH: usize = 1024;
/// How many links to other repositories a tree may hold.
const MOST_LINKS: usize = 100_000;
/// How many digits at the end of a line of the cache file show that the line is whole.
const CHECK_DIGITS: usize = 16;
/// A cache file above this size, in bytes, is not read but begun anew.
const CACHE_LIMIT: u64 = 64 << 20;

/// The SHA-256 id of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree256 {
    /// The id.
    pub id: Sha256Digest,
    /// The paths of links to other repositories, in the order of the tree: these the id does not strengthen.
    pub not_strengthened: Vec<Vec<u8>>,
}

/// Returns what stands for a link to the commit `target` of another repository.
///
/// It is the SHA-256 of `relsign-gitlink-v1`, a line feed, and the commit's id in lower-case hex. In a SHA-256
/// repository links stay as they are.
pub fn gitlink_digest(target: &ObjectId) -> Sha256Digest {
    sha256(format!("relsign-gitlink-v1\n{target}").as_bytes())
}

/// SHA-256 ids of trees, as far as they were read or computed.
pub(super) type Known = HashMap<ObjectId, KnownId>;

/// The SHA-256 id of a tree; one that was read from the file is checked when it is asked for, and most never are.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownId {
    id: Sha256Digest,
    unchecked: Option<[u8; CHECK_DIGITS]>,
}

impl KnownId {
    /// Returns the id for the tree under which it was found, if its line in the file is not broken.
    fn of(&self, tree: &ObjectId) -> Option<Sha256Digest> {
        self.unchecked.is_none_or(|digits| digits == check(tree, &self.id).as_bytes()).then_some(self.id)
    }
}

/// The paths of links below trees, relative to each.
type Links = HashMap<ObjectId, Rc<Vec<Vec<u8>>>>;

struct Computation<'r> {
    repository: &'r Repository,
    odb: git2::Odb<'r>,
    known: Known,
    blobs: HashMap<ObjectId, Sha256Digest>,
    fresh: Vec<(ObjectId, Sha256Digest)>,
    /// The links of the trees that have some; of a tree in `known` that is not here there are none.
    links: Links,
    /// The tree that was asked for.
    whole: ObjectId,
}

impl Repository {
    /// Computes the SHA-256 id of a tree; every object below it must be here.
    ///
    /// The cache is used and added to where that is possible; failing to read or write it changes nothing.
    pub fn tree256(&self, tree: &ObjectId) -> Result<Tree256> {
        if self.id_length() == 32 {
            let id = <[u8; 32]>::try_from(tree.as_bytes()).map(Sha256Digest::from_bytes);
            let id = id.map_err(|_| Error::new(ErrorKind::Invalid, format!("{tree} is not an id of this repository's objects")))?;
            return Ok(Tree256 { id, not_strengthened: Vec::new() });
        }
        let mut computation = Computation {
            repository: self,
            odb: self.inner.odb().attempt(|| "cannot open the object database".to_owned())?,
            // A handle that is asked for many trees reads the file once.
            known: self.trees256.take().unwrap_or_else(|| self.read_cache()),
            blobs: HashMap::new(),
            fresh: Vec::new(),
            links: Links::new(),
            whole: *tree,
        };
        let id = computation.tree(tree, &mut Vec::new(), 0);
        // A tree with links is walked anew every time, or they would not be listed.
        computation.known.retain(|tree, _| !computation.links.contains_key(tree));
        self.trees256.replace(Some(std::mem::take(&mut computation.known)));
        let id = id?;
        self.add_to_cache(&computation.fresh);
        let links = computation.links.get(tree).map(|links| links.as_ref().clone());
        Ok(Tree256 { id, not_strengthened: links.unwrap_or_default() })
    }

    fn cache_path(&self) -> std::path::PathBuf {
        self.own_dir().join("tree256")
    }

    fn read_cache(&self) -> Known {
        let path = self.cache_path();
        if std::fs::metadata(&path).map_or(true, |metadata| metadata.len() > CACHE_LIMIT) {
            return Known::new();
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        lines.filter_map(cached).collect()
    }

    /// Appends in one write, so that two processes don't mix their lines; a reader would drop a mixed line anyway.
    fn add_to_cache(&self, fresh: &[(ObjectId, Sha256Digest)]) {
        if fresh.is_empty() || std::fs::create_dir_all(self.own_dir()).is_err() {
            return;
        }
        let path = self.cache_path();
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > CACHE_LIMIT) {
            // A reader who has it open keeps what it had; the others begin with an empty file.
            let _ = std::fs::remove_file(&path);
        }
        let mut text = String::from("\n");
        for (tree, id) in fresh {
            text.push_str(&format!("{tree} {id} {}\n", check(tree, id)));
        }
        // The cache only saves time, so a disk that can't take it is no reason to fail.
        if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(&path) {
            let _ = file.write_all(text.as_bytes());
            let _ = self.share_as_set_up(&path);
        }
    }
}

fn check(tree: &ObjectId, id: &Sha256Digest) -> String {
    sha256(format!("{tree} {id}").as_bytes()).to_string()[..CHECK_DIGITS].to_owned()
}

fn cached(line: &str) -> Option<(ObjectId, KnownId)> {
    let mut fields = line.split(' ');
    let tree = fields.next()?.parse().ok()?;
    let id = fields.next()?.parse().ok()?;
    let unchecked = fields.next()?.as_bytes().try_into().ok()?;
    fields.next().is_none().then_some((tree, KnownId { id, unchecked: Some(unchecked) }))
}

fn too_deep(depth: usize, tree: &ObjectId) -> Result<()> {
    let text = || format!("tree {tree} lies more than {MOST_DEPTH} directories deep");
    if depth > MOST_DEPTH { Err(Error::new(ErrorKind::TooLarge, text())) } else { Ok(()) }
}

/// Adds the links of a directory; a few hostile trees could otherwise spell out more of them than can be counted.
fn add_links(links: &mut Vec<Vec<u8>>, name: &[u8], below: &[Vec<u8>], tree: &ObjectId) -> Result<()> {
    links.extend(below.iter().map(|path| [name, b"/", path].concat()));
    let text = || format!("tree {tree} holds more than {MOST_LINKS} links to other repositories");
    if links.len() > MOST_LINKS { Err(Error::new(ErrorKind::TooLarge, text())) } else { Ok(()) }
}

impl Computation<'_> {
    fn tree(&mut self, tree: &ObjectId, path: &mut Vec<u8>, depth: usize) -> Result<Sha256Digest> {
        if let Some(id) = self.known.get(tree).and_then(|known| known.of(tree)) {
            return Ok(id);
        }
        too_deep(depth, tree)?;
        let (entries, raw) = self.repository.tree_with_bytes(tree)?.ok_or_else(|| self.missing("tree", tree, path))?;
        let mut links = Vec::new();
        let mut bytes = Vec::with_capacity(entries.len() * 64);
        // Where the next entry begins in the raw bytes.
        let mut start = 0;
        for entry in entries {
            let length = path.len();
            path.extend_from_slice(&entry.name);
            let id = if entry.is_submodule() {
                links.push(entry.name.clone());
                gitlink_digest(&entry.id)
            } else if entry.is_tree() {
                path.push(b'/');
                let id = self.tree(&entry.id, path, depth + 1)?;
                if let Some(below) = self.links.get(&entry.id) {
                    add_links(&mut links, &entry.name, below, tree)?;
                }
                id
            } else {
                self.blob(&entry.id, path)?
            };
            path.truncate(length);
            // Mode and name are copied as they stand: ancient programs wrote the modes of directories with a zero before
            // them, and two trees of different bytes must not have one id.
            let end = start + raw[start..].iter().position(|byte| *byte == 0).map_or(raw.len() - start, |end| end + 1);
            bytes.extend_from_slice(&raw[start..end]);
            bytes.extend_from_slice(id.as_bytes());
            start = end + tree.as_bytes().len();
        }
        let mut hash = Sha256::new();
        hash.update(format!("tree {}\0", bytes.len()).as_bytes());
        hash.update(&bytes);
        let id = Sha256Digest::from_bytes(hash.finalize().into());
        self.known.insert(*tree, KnownId { id, unchecked: None });
        // The file holds no links, so a tree that has some is walked anew every time, or they would not be listed.
        if links.is_empty() {
            self.fresh.push((*tree, id));
        } else {
            self.links.insert(*tree, Rc::new(links));
        }
        Ok(id)
    }

    fn missing(&self, kind: &str, id: &ObjectId, path: &[u8]) -> Error {
        let (path, whole) = (String::from_utf8_lossy(path), self.whole);
        let text = format!("{kind} {id} at {path:?} is not here, so the SHA-256 tree id can't be computed");
        let error = Error::new(ErrorKind::MissingObject, text);
        if !self.repository.is_partial().unwrap_or(false) {
            return error;
        }
        error.because(format!("this clone is partial; fetch the missing objects with: git archive {whole} -o /dev/null"))
    }

    fn blob(&mut self, blob: &ObjectId, path: &[u8]) -> Result<Sha256Digest> {
        if let Some(id) = self.blobs.get(blob) {
            return Ok(*id);
        }
        let (kind, size) = self.repository.object_header(blob)?.ok_or_else(|| self.missing("blob", blob, path))?;
        if kind != ObjectKind::Blob {
            return Err(Error::new(ErrorKind::Malformed, format!("object {blob} is listed as a file but is a {}", kind.name())));
        }
        let mut hash = Sha256::new();
        hash.update(format!("blob {size}\0").as_bytes());
        if size <= STREAMED {
            let bytes = self.repository.blob(blob, STREAMED)?.ok_or_else(|| self.missing("blob", blob, path))?;
            hash.update(&bytes);
        } else if let Ok((reader, _, _)) = self.odb.reader(oid(blob)?) {
            stream(reader, blob, size, &mut hash)?;
        } else {
            // Of a packed blob libgit2 gives the whole or nothing.
            let mut git = Program::new(self.repository, false).print_blob(blob)?;
            if let Some(printed) = git.stdout.take() {
                stream(printed, blob, size, &mut hash)?;
            }
            git.wait().attempt(|| format!("cannot read blob {blob}"))?;
        }
        let id = Sha256Digest::from_bytes(hash.finalize().into());
        self.blobs.insert(*blob, id);
        Ok(id)
    }
}

/// Hashes a blob piece by piece.
fn stream(mut reader: impl Read, blob: &ObjectId, size: u64, hash: &mut Sha256) -> Result<()> {
    let mut buffer = vec![0; 1 << 20];
    let mut left = size;
    while left > 0 {
        let count = reader.read(&mut buffer).attempt(|| format!("cannot read blob {blob}"))?;
        if count == 0 {
            return Err(Error::new(ErrorKind::Malformed, format!("blob {blob} ends {left} bytes early")));
        }
        hash.update(&buffer[..count]);
        left = left.saturating_sub(count as u64);
    }
    Ok(())
}
