//! Trees written out as files, without touching anybody's working tree or index.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::{Attempt, Error, ErrorKind, Result};
use super::repository::Repository;
use crate::model::ids::ObjectId;

/// The largest file that is written out, in bytes.
const FILE_LIMIT: u64 = 2 << 30;
/// How deep directories may lie in one another.
const MOST_DEPTH: usize = 256;
/// How many files and directories are written out at most.
const MOST_ENTRIES: usize = 5_000_000;

impl Repository {
    /// Writes the files of a tree below `directory`, which must be empty, byte for byte as they are stored.
    ///
    /// No filter, line-end conversion or hook runs. Links to other repositories become empty directories. A name
    /// that would lead out of the directory or into a git directory is refused, as are two names that the file
    /// system takes for one.
    pub fn write_out(&self, tree: &ObjectId, directory: &Path) -> Result<()> {
        self.write_out_below(tree, directory, 0, &mut 0)
    }

    fn write_out_below(&self, tree: &ObjectId, directory: &Path, depth: usize, count: &mut usize) -> Result<()> {
        let missing = |id: &ObjectId| Error::new(ErrorKind::MissingObject, format!("object {id} of tree {tree} is not here"));
        for entry in self.tree(tree)?.ok_or_else(|| missing(tree))? {
            *count += 1;
            let name = String::from_utf8_lossy(&entry.name);
            if is_unsafe(&entry.name) || depth > MOST_DEPTH || *count > MOST_ENTRIES {
                let why = if is_unsafe(&entry.name) { "its name is not safe" } else { "the tree is too large" };
                return Err(Error::new(ErrorKind::Malformed, format!("cannot write out {name:?} of tree {tree}")).because(why));
            }
            let path = directory.join(std::ffi::OsStr::from_bytes(&entry.name));
            let attempted = || format!("cannot write {}", path.display());
            if entry.is_tree() {
                std::fs::create_dir(&path).attempt(attempted)?;
                self.write_out_below(&entry.id, &path, depth + 1, count)?;
            } else if entry.is_submodule() {
                std::fs::create_dir(&path).attempt(attempted)?;
            } else {
                let bytes = self.blob(&entry.id, FILE_LIMIT)?.ok_or_else(|| missing(&entry.id))?;
                if entry.is_symlink() {
                    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(&bytes), &path).attempt(attempted)?;
                } else {
                    let mode = if entry.mode & 0o100 == 0 { 0o644 } else { 0o755 };
                    // A file that is there already is a twin of this name, or somebody else's work.
                    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
                    file.and_then(|mut file| file.write_all(&bytes)).attempt(attempted)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a name leads elsewhere or names a git directory, on whichever file system.
fn is_unsafe(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    name == b"."
        || name == b".."
        || name.contains(&0)
        || name.contains(&b'\\')
        || lower.starts_with(b".git") && lower.len() == 4
        || lower == b"git~1"
}
