//! The policy file of the working tree: what people edit, and what owners are asked to sign.

use std::path::{Path, PathBuf};

use crate::ops::error::{Failure, Outcome};

/// Where the policy file lies in the working tree.
pub const POLICY_FILE: &str = ".relsign/policy.toml";

/// Returns the place of the policy file below the top of a working tree, whether or not it is there.
///
/// # Errors
/// The file or its directory is a symbolic link. Whoever pushes one chooses what is read, shown, signed or written over
/// outside of the working tree, so none is followed, as none is in a tagged tree.
pub fn place(top: &Path) -> Outcome<PathBuf> {
    let file = top.join(POLICY_FILE);
    for path in file.ancestors().take_while(|path| *path != top) {
        if path.symlink_metadata().is_ok_and(|data| data.is_symlink()) {
            let name = path.strip_prefix(top).unwrap_or(path).display();
            return Err(Failure::invalid(format!("{name} in the working tree is a symbolic link, which is never followed"))
                .hint("check where it points, remove it, and put the file itself there"));
        }
    }
    Ok(file)
}
