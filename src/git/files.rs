//! Files of users and of repositories that are written anew: whole or not at all, and as they were in all but what is in
//! them.
//!
//! What a file may be read and written by is its owner's business, whoever rewrites it: a configuration may hold a token,
//! and
//! a policy may belong to a group. So a file keeps its mode, its owner and its group, and a link stays a link to what is
//! written, as with `git config`. Nobody else in this program replaces a file; clippy sees to that.
#![allow(clippy::disallowed_methods, reason = "this is the place that replaces files")]

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use tempfile::NamedTempFile;

/// The mode that a new file has, less what the umask takes away.
const NEW: u32 = 0o666;
/// The mode of a hook, whatever the umask is: git passes over one that it may not run, and nobody would hear of it.
const HOOK: u32 = 0o755;

/// Writes a file, which keeps its mode, owner and group, and the links that lead to it; one that is not there is made.
///
/// # Errors
/// If it can't be written, or is a link that leads nowhere: who made the link meant another file to be there.
pub fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match create(path, bytes) {
            // Somebody else made it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => return done,
        },
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let real = path.canonicalize()?;
    let before = std::fs::metadata(&real)?;
    if !before.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let mut fresh = NamedTempFile::new_in(folder(&real))?;
    fresh.write_all(bytes)?;
    as_before(fresh.as_file(), &before)?;
    fresh.persist(&real).map_err(|error| error.error)?;
    Ok(())
}

/// Writes what somebody asked for to where they asked for it, which may be a device, a pipe, or a file in a folder that is
/// not
/// theirs: what is there is emptied and filled, and so keeps all that it had.
///
/// # Errors
/// If it can't be written.
pub fn write_out(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(path, bytes)
}

/// Makes a new file, whole or not at all, and never in the place of another.
///
/// # Errors
/// If something of this name is there, be it a link that leads nowhere, or if it can't be written.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = tempfile::Builder::new().permissions(Permissions::from_mode(NEW)).tempfile_in(folder(path))?;
    fresh.write_all(bytes)?;
    fresh.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a new hook, as [`create`] makes a file, which whoever pushes may run.
///
/// # Errors
/// As with [`create`].
pub fn create_hook(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = NamedTempFile::new_in(folder(path))?;
    fresh.write_all(bytes)?;
    fresh.as_file().set_permissions(Permissions::from_mode(HOOK))?;
    fresh.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// Returns a file the owner, the group and the mode that another had in its place.
///
/// Only an administrator can give a file to another owner. Where the group can't be kept, its rights are not given to the
/// group of whoever writes.
fn as_before(file: &File, before: &Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    let mut mode = before.mode() & 0o7777;
    if now.gid() != before.gid() && fchown(file, None, Some(before.gid())).is_err() {
        mode &= !0o2070 | (mode & 0o007) << 3;
    }
    if now.uid() != before.uid() && fchown(file, Some(before.uid()), None).is_err() {
        mode &= !0o4000;
    }
    file.set_permissions(Permissions::from_mode(mode))
}

/// Returns a file that another program replaced the owner and the group that it had, as far as who runs this may.
pub(super) fn give_back(path: &Path, before: &Metadata) -> io::Result<()> {
    let file = File::open(path)?;
    let now = file.metadata()?;
    match (now.uid(), now.gid()) == (before.uid(), before.gid()) {
        true => Ok(()),
        false => as_before(&file, before),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::{create, rewrite};
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn nothing_is_made_in_the_place_of_anything() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        create(&file, b"one").unwrap();
        assert!(create(&file, b"two").is_err());
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        assert!(create(&link, b"two").is_err() && rewrite(&link, b"two").is_err());
        assert_eq!(std::fs::read(&file).unwrap(), b"one");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_mode_stays_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link, further) = (folder.path().join("file"), folder.path().join("link"), folder.path().join("further"));
        for mode in [0o600, 0o640, 0o444, 0o755, 0o664] {
            std::fs::write(&file, "old").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let _ = (std::os::unix::fs::symlink("file", &link), std::os::unix::fs::symlink("link", &further));
            rewrite(&further, b"new").unwrap();
            assert_eq!(std::fs::read(&file).unwrap(), b"new");
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, mode);
            assert!(link.is_symlink() && further.is_symlink());
            std::fs::remove_file(&file).unwrap();
        }
    }
}
