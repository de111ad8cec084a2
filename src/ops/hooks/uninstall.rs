//! Taking relsign out of one hook: what was there before is put back, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use super::block::{self, Kind};
use super::done::{Done, HookJson};
use super::files::{kept, write};
use super::managers;
use super::name::Name;
use crate::git::files::rewrite;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;

/// Returns the files of a directory in which relsign may be, and the hook that each is.
pub fn files(directory: &Path) -> impl Iterator<Item = (PathBuf, Name)> {
    let hooks = Name::ALL.iter().map(|name| (directory.join(name.as_str()), *name));
    hooks.chain([(managers::legacy(directory, Name::PrePush), Name::PrePush)])
}

/// Whether relsign is in one of the hooks of a directory.
pub fn is_in(directory: &Path) -> bool {
    Name::ALL.iter().any(|name| fs::read(directory.join(name.as_str())).is_ok_and(|hook| block::without(&hook).is_some()))
}

/// Removes relsign from one hook and reports what came of it; nothing where it isn't in there.
///
/// # Errors
/// If the hook can't be read or written.
pub fn uninstall(session: &Session, file: &Path, name: Name) -> Outcome<Option<HookJson>> {
    let failed = Failure::cannot("restore", file);
    let Ok(data) = fs::symlink_metadata(file) else { return Ok(None) };
    if !data.is_file() {
        return Ok(None);
    }
    let hook = fs::read(file).map_err(failed)?;
    let Some((kind, rest)) = block::without(&hook) else {
        if hook.windows(b"# relsign begin (".len()).any(|part| part == b"# relsign begin (") {
            session.warn(format!("relsign's lines in {} were changed by hand; remove them by hand", file.display()));
        }
        return Ok(None);
    };
    let kept = kept(file);
    let done = match kind {
        Kind::File if block::is_bare(&rest) => {
            fs::remove_file(file).map_err(failed)?;
            Done::Removed
        }
        Kind::Chain if block::is_bare(&rest) => match fs::rename(&kept, file) {
            Ok(()) => Done::GaveBack,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                session.warn(format!("the hook that was moved to {} is gone", kept.display()));
                fs::remove_file(file).map_err(failed)?;
                Done::Removed
            }
            Err(error) => return Err(failed(error)),
        },
        Kind::File | Kind::Lines => {
            write(file, &rest, rewrite)?;
            Done::GaveBack
        }
        Kind::Chain => {
            write(file, &rest, rewrite)?;
            session.warn(format!("commands were added to it, so the original hook stays at {}", kept.display()));
            Done::TookOut
        }
    };
    Ok(Some(HookJson::new(file, name, done)))
}
