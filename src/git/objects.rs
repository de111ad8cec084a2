//! Single objects: raw bytes with size caps, files in trees, and blobs written.

use std::fmt;

use sha2::Digest as _;

use super::error::{Attempt, Error, ErrorKind, Result, optional};
use super::evidence::sha256;
use super::raw::{self, Commit, Tag, TreeEntry};
use super::repository::{Repository, object_id, oid};
use crate::model::ids::{ObjectId, Sha256Digest};

/// The largest tag object that is read, in bytes.
pub const TAG_LIMIT: u64 = 1 << 20;
/// The largest commit object that is read, in bytes.
pub const COMMIT_LIMIT: u64 = 16 << 20;
/// The largest tree object that is read, in bytes: about two million entries.
pub const TREE_LIMIT: u64 = 128 << 20;
/// The most bytes that the notes of one object may have to be read; far above any honest ones, and so few that reading them
/// stays within the memory that is promised.
pub const NOTE_LIMIT: u64 = 32 << 20;
/// The most lines that the notes of one object may have to be read: each takes memory beside its bytes.
pub const NOTE_LINES: usize = 1 << 20;

/// The four kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A tree.
    Tree,
    /// A blob.
    Blob,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// Returns the kind as git writes it into the object's header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    fn of(kind: git2::ObjectType) -> Option<Self> {
        match kind {
            git2::ObjectType::Commit => Some(Self::Commit),
            git2::ObjectType::Tree => Some(Self::Tree),
            git2::ObjectType::Blob => Some(Self::Blob),
            git2::ObjectType::Tag => Some(Self::Tag),
            git2::ObjectType::Any => None,
        }
    }

    fn raw(self) -> git2::ObjectType {
        match self {
            Self::Commit => git2::ObjectType::Commit,
            Self::Tree => git2::ObjectType::Tree,
            Self::Blob => git2::ObjectType::Blob,
            Self::Tag => git2::ObjectType::Tag,
        }
    }
}

/// An object's kind and bytes, without git's own header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What lies at a path in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeItem {
    /// A file.
    File {
        /// The id of its blob.
        id: ObjectId,
        /// Its bytes.
        bytes: Vec<u8>,
        /// Its mode, such as 0o100644.
        mode: u32,
    },
    /// A symbolic link, at the path or on the way to it; never followed.
    Symlink,
    /// A link into another repository, at the path or on the way to it.
    Submodule,
    /// A directory.
    Directory,
    /// Nothing.
    Missing,
}

impl Repository {
    fn odb(&self) -> Result<git2::Odb<'_>> {
        self.inner.odb().attempt(|| "cannot open the object database".to_owned())
    }

    /// Whether the object is here.
    pub fn has_object(&self, id: &ObjectId) -> Result<bool> {
        Ok(id.as_bytes().len() == self.id_length() && self.odb()?.exists(oid(id)?))
    }

    /// Says whether the object is here, without looking for what came since the repository was opened.
    pub(super) fn holds(&self, id: &ObjectId) -> Result<bool> {
        Ok(id.as_bytes().len() == self.id_length() && self.odb()?.exists_ext(oid(id)?, git2::OdbLookupFlags::NO_REFRESH))
    }

    /// Gives the kind of an object and its size in bytes.
    pub fn object_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        if id.as_bytes().len() != self.id_length() {
            return Ok(None);
        }
        let header = optional(self.odb()?.read_header(oid(id)?)).attempt(|| format!("cannot read object {id}"))?;
        Ok(header.and_then(|(size, kind)| Some((ObjectKind::of(kind)?, size as u64))))
    }

    /// Reads an object of at most `limit` bytes; its bytes are checked against its id.
    pub fn object(&self, id: &ObjectId, limit: u64) -> Result<Option<RawObject>> {
        let Some((kind, size)) = self.object_header(id)? else { return Ok(None) };
        if size > limit {
            let text = format!("{} {id} has {size} bytes, more than the {limit} that are read", kind.name());
            return Err(Error::new(ErrorKind::TooLarge, text));
        }
        let odb = self.odb()?;
        let object = odb.read(oid(id)?).attempt(|| format!("cannot read {} {id}", kind.name()))?;
        if !is_named(id, kind, object.data()) {
            return Err(Error::new(ErrorKind::Malformed, format!("the bytes of {} {id} belong to another id", kind.name())));
        }
        Ok(Some(RawObject { kind, bytes: object.data().to_vec() }))
    }

    /// Reads an object that must be of one kind; another kind is an error, absence is `None`.
    pub fn object_of(&self, id: &ObjectId, kind: ObjectKind, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.object(id, limit)? {
            Some(object) if object.kind == kind => Ok(Some(object.bytes)),
            Some(object) => {
                let text = format!("object {id} is a {}, not a {}", object.kind.name(), kind.name());
                Err(Error::new(ErrorKind::Malformed, text))
            }
            None => Ok(None),
        }
    }

    /// Reads a blob of at most `limit` bytes.
    pub fn blob(&self, id: &ObjectId, limit: u64) -> Result<Option<Vec<u8>>> {
        self.object_of(id, ObjectKind::Blob, limit)
    }

    /// Computes the SHA-256 of the bytes of a blob of at most `limit` bytes, holding them no more than once.
    pub(super) fn blob_sha256(&self, id: &ObjectId, limit: u64) -> Result<Option<Sha256Digest>> {
        match self.object_header(id)? {
            Some((ObjectKind::Blob, size)) if size <= limit => {}
            // Another kind, another size or nothing: the general way says what is wrong.
            _ => return Ok(self.blob(id, limit)?.map(|bytes| sha256(&bytes))),
        }
        let odb = self.odb()?;
        let object = odb.read(oid(id)?).attempt(|| format!("cannot read blob {id}"))?;
        Ok(Some(sha256(object.data())))
    }

    /// Reads a tag object from its raw bytes, which are given too.
    pub fn tag(&self, id: &ObjectId) -> Result<Option<(Tag, Vec<u8>)>> {
        let Some(bytes) = self.object_of(id, ObjectKind::Tag, TAG_LIMIT)? else { return Ok(None) };
        let tag = raw::parse_tag(&bytes).map_err(|why| malformed("tag", id, why))?;
        Ok(Some((tag, bytes)))
    }

    /// Reads a commit from its raw bytes, blind to grafts and replacements.
    pub fn commit(&self, id: &ObjectId) -> Result<Option<Commit>> {
        let Some(bytes) = self.object_of(id, ObjectKind::Commit, COMMIT_LIMIT)? else { return Ok(None) };
        raw::parse_commit(&bytes).map(Some).map_err(|why| malformed("commit", id, why))
    }

    /// Returns the tree of a commit that has to be here, with what the commit is.
    pub(super) fn tree_of(&self, what: &str, commit: &ObjectId) -> Result<ObjectId> {
        self.commit(commit)?.map(|commit| commit.tree).ok_or_else(|| Error::missing(what, commit))
    }

    /// Reads a tree from its raw bytes, in the order of the entries there.
    pub fn tree(&self, id: &ObjectId) -> Result<Option<Vec<TreeEntry>>> {
        Ok(self.tree_with_bytes(id)?.map(|(entries, _)| entries))
    }

    /// Reads a tree from its raw bytes, which are given too.
    pub(super) fn tree_with_bytes(&self, id: &ObjectId) -> Result<Option<(Vec<TreeEntry>, Vec<u8>)>> {
        let Some(bytes) = self.object_of(id, ObjectKind::Tree, TREE_LIMIT)? else { return Ok(None) };
        let entries = raw::parse_tree(&bytes, self.id_length()).map_err(|why| malformed("tree", id, why))?;
        Ok(Some((entries, bytes)))
    }

    /// Follows tags to what they stand for: the id and kind of the first object that is no tag, `None` if one is missing.
    pub fn peel(&self, id: &ObjectId) -> Result<Option<(ObjectId, ObjectKind)>> {
        let mut id = *id;
        // Ids are hashes, so a chain of tags has no loop; the bound only caps the work of a hostile one.
        for _ in 0..32 {
            match self.object_header(&id)? {
                Some((ObjectKind::Tag, _)) => match self.tag(&id)? {
                    Some((tag, _)) => id = tag.object,
                    None => return Ok(None),
                },
                Some((kind, _)) => return Ok(Some((id, kind))),
                None => return Ok(None),
            }
        }
        Err(malformed("tag", &id, "too many tags stand on one another".to_owned()))
    }

    /// Follows tags to a commit; `None` where something is missing or the end is no commit.
    pub fn peel_to_commit(&self, id: &ObjectId) -> Result<Option<ObjectId>> {
        Ok(self.peel(id)?.and_then(|(id, kind)| (kind == ObjectKind::Commit).then_some(id)))
    }

    /// Returns what lies at `path` in a tree, with at most `limit` bytes of it; links are told, never followed.
    pub fn file_at(&self, tree: &ObjectId, path: &str, limit: u64) -> Result<TreeItem> {
        let missing =
            |id: &ObjectId| Error::new(ErrorKind::MissingObject, format!("object {id}, at {path:?} in tree {tree}, is not here"));
        let mut here = *tree;
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let entries = self.tree(&here)?.ok_or_else(|| missing(&here))?;
            let mut entries = entries.into_iter().filter(|entry| entry.name == part.as_bytes());
            let Some(entry) = entries.next() else { return Ok(TreeItem::Missing) };
            if entries.next().is_some() {
                return Err(malformed("tree", &here, format!("it has two entries with the name {part:?}")));
            }
            if entry.is_symlink() {
                return Ok(TreeItem::Symlink);
            } else if entry.is_submodule() {
                return Ok(TreeItem::Submodule);
            } else if entry.is_tree() {
                here = entry.id;
            } else if parts.peek().is_some() {
                return Ok(TreeItem::Missing);
            } else {
                let bytes = self.blob(&entry.id, limit)?.ok_or_else(|| missing(&entry.id))?;
                return Ok(TreeItem::File { id: entry.id, bytes, mode: entry.mode });
            }
        }
        Ok(TreeItem::Directory)
    }

    /// Writes a blob, and gives its id; writing what is there already changes nothing.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<ObjectId> {
        self.write_object(ObjectKind::Blob, bytes)
    }

    /// Returns the id that a blob of these bytes has in this repository, without writing it.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<ObjectId> {
        self.id_of(ObjectKind::Blob, bytes)
    }

    /// Returns the id of an object by its raw bytes, without writing it.
    pub(super) fn id_of(&self, kind: ObjectKind, bytes: &[u8]) -> Result<ObjectId> {
        let attempted = || format!("cannot compute the id of a {}", kind.name());
        let id = git2::Oid::hash_object_ext(kind.raw(), bytes, self.inner.object_format()).attempt(attempted)?;
        object_id(&id).ok_or_else(|| Error::new(ErrorKind::Io, attempted()))
    }

    /// Writes an object from its raw bytes, and gives its id.
    pub fn write_object(&self, kind: ObjectKind, bytes: &[u8]) -> Result<ObjectId> {
        let attempted = || format!("cannot write a {} of {} bytes", kind.name(), bytes.len());
        let id = self.odb()?.write(kind.raw(), bytes).attempt(attempted)?;
        let id = object_id(&id).ok_or_else(|| Error::new(ErrorKind::Io, attempted()))?;
        self.unsynced.borrow_mut().push(id);
        let digits = id.to_string();
        self.share_as_set_up(&self.common_dir().join("objects").join(&digits[..2]).join(&digits[2..]))?;
        Ok(id)
    }
}

/// Whether an object's bytes give the id under which they lie.
///
/// libgit2 would do so too, looking for the traces of a collision attack in each block, which takes five times as long.
/// Git looks for them where objects come in, and what relsign binds it binds by SHA-256.
fn is_named(id: &ObjectId, kind: ObjectKind, bytes: &[u8]) -> bool {
    let header = format!("{} {}\0", kind.name(), bytes.len());
    if id.as_bytes().len() == 20 {
        sha1::Sha1::new().chain_update(&header).chain_update(bytes).finalize().as_slice() == id.as_bytes()
    } else {
        sha2::Sha256::new().chain_update(&header).chain_update(bytes).finalize().as_slice() == id.as_bytes()
    }
}

pub(super) fn malformed(kind: &str, id: &ObjectId, why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("{kind} {id} is malformed")).because(why)
}

/// Compares two texts line by line and gives a unified patch, for people to read.
pub fn line_diff(old: &[u8], new: &[u8]) -> String {
    let mut text = String::new();
    if let Ok(mut patch) = git2::Patch::from_buffers(old, None, new, None, None)
        && let Ok(bytes) = patch.to_buf()
    {
        // The first four lines name files that these texts are not.
        let whole = String::from_utf8_lossy(&bytes).into_owned();
        for line in whole.lines().skip_while(|line| !line.starts_with("@@")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
