//! Hooks as files: written whole, moved aside, and told of.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::block::KEPT;
use super::done::Done;
use crate::git::files;
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

/// What is there where a hook is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Nothing.
    New,
    /// A file, whose mode and owner the hook keeps.
    Anew,
}

/// Writes a hook, whole or not at all; a new one is executable, and stands in the place of nothing.
///
/// # Errors
/// If it can't be written.
pub fn write(file: &Path, text: &[u8], what: Write) -> Outcome<()> {
    let written = match what {
        Write::New => files::create_hook(file, text),
        Write::Anew => files::rewrite(file, text),
    };
    written.map_err(Failure::cannot("write", file))
}
