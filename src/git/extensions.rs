//! Opening by libgit2, which is told first of an extension of git's that relsign can read and libgit2 refuses.
//!
//! Up to git 2.25 a partial clone names its remote in `extensions.partialClone`. Such a clone lacks objects, and has nothing else
//! that would have to be read otherwise.

use std::path::Path;
use std::sync::Once;

use git2::{Error, Repository, RepositoryOpenFlags};

/// Opens the repository of a path, without heeding `GIT_*`.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(super) fn open(path: &Path, flags: RepositoryOpenFlags) -> Result<Repository, Error> {
    know_extensions();
    Repository::open_ext(path, flags, std::iter::empty::<&Path>())
}

/// Opens a git directory as that of a repository without a working tree.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(super) fn open_bare(git_dir: &Path) -> Result<Repository, Error> {
    know_extensions();
    Repository::open_bare(git_dir)
}

fn know_extensions() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        // SAFETY: libgit2 keeps the list in a static variable, which it reads only where it opens or makes a repository. relsign
        // makes none and opens them only above, after this: whoever comes meanwhile waits, and nobody comes here again.
        #[expect(unsafe_code, reason = "there is no other way to say it to libgit2")]
        let told = unsafe { git2::opts::set_extensions(&["partialclone"]) };
        // Where there was no memory for it, the clone is refused as one of an extension that nobody knows.
        drop(told);
    });
}
