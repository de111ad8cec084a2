//! Hooks as files: written whole, moved aside, and told of.

use std::fs::{self, Metadata, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::block::KEPT;
use super::json::Done;
use crate::ops::error::{Failure, Outcome};

/// Says what became of a hook that was moved aside: it runs after ours if git would have run it.
pub fn aside(kept: &Path) -> Done {
    let runs = fs::metadata(kept).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    if runs { Done::Aside } else { Done::Asleep }
}

/// Gives where a hook is moved to: beside itself, so that what it finds by its own path stays found.
pub fn kept(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(KEPT);
    name.into()
}

/// Writes a hook, whole or not at all, with the mode and the owner of what it replaces; a new one is executable.
pub fn write(file: &Path, text: &[u8], before: Option<&Metadata>) -> Outcome<()> {
    let failed = |error: std::io::Error| Failure::internal(format!("cannot write {}", file.display())).because(error);
    let directory = file.parent().ok_or_else(|| Failure::internal(format!("{} is in no directory", file.display())))?;
    let mut new = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    new.write_all(text).map_err(failed)?;
    let mode = match before {
        Some(data) => data.permissions(),
        None => Permissions::from_mode(0o755),
    };
    if let Some(data) = before {
        let (uid, gid) = (std::os::unix::fs::MetadataExt::uid(data), std::os::unix::fs::MetadataExt::gid(data));
        // Only an administrator can give a file back to its owner; whoever isn't owns both.
        let _ = std::os::unix::fs::chown(new.path(), Some(uid), Some(gid));
    }
    fs::set_permissions(new.path(), mode).map_err(failed)?;
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}
