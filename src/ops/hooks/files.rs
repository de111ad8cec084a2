//! Hooks as files: written whole, moved aside, and told of.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::block::KEPT;
use super::done::Done;
use crate::ops::error::{Failure, Outcome};

/// Describes what became of a hook that was moved aside: it runs after ours if git would have run it.
pub fn aside(kept: &Path) -> Done {
    let runs = fs::metadata(kept).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    if runs { Done::Aside } else { Done::Asleep }
}

/// Returns where a hook is moved to: beside itself, so that what it finds by its own path stays found.
pub fn kept(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(KEPT);
    name.into()
}

/// Writes a hook, whole or not at all: [`crate::git::files::create_hook`] makes one where there is none, and
/// [`crate::git::files::rewrite`] keeps the mode and the owner of the one that is there.
///
/// # Errors
/// If it can't be written.
pub fn write(file: &Path, text: &[u8], how: fn(&Path, &[u8]) -> std::io::Result<()>) -> Outcome<()> {
    how(file, text).map_err(Failure::cannot("write", file))
}
