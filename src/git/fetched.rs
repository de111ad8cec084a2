//! What was last fetched from each remote, on refs that nobody pushes.
//!
//! `git push --mirror` pushes every ref that it finds below `refs/`, also those of the worktree that it runs in. So these lie
//! in a git directory of their own, `relsign/fetched`, which shares everything with the repository but the refs below
//! `refs/worktree/`. The git program fetches there as into any worktree; git doesn't list it among its worktrees, and packs
//! none of its refs. An object that only such a ref holds goes with git's next clean-up, which loses nothing: a ref whose
//! object has gone counts as none, and the next fetch brings both again.
//!
//! A plain `git fetch` can't fetch there. Where it is set up to bring relsign's refs along, they lie on refs directly below
//! `refs/`, as `refs/stash` does, until relsign itself fetches or pushes: git leaves such names out of a mirror push.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{ErrorKind as Io, Write as _};
use std::path::{Path, PathBuf};

use super::error::{Attempt, Result};
use super::files;
use super::refs::Swap;
use super::repository::Repository;
use super::sync::along_ref;
use super::{ALONG_PREFIX, REMOTES_PREFIX};
use crate::model::ids::{ObjectId, RefName};

/// What makes a git directory of a directory: where it finds all else, and a HEAD, which stands on no commit.
const PARTS: [(&str, &str); 2] = [("commondir", "../..\n"), ("HEAD", "ref: refs/worktree/none\n")];

/// Returns the ref to which a plain `git fetch` brings what another of these refs is for.
pub(super) fn along_of(side: &str) -> String {
    // With a further slash it would be in mirror pushes.
    format!("{ALONG_PREFIX}{}", side.strip_prefix(REMOTES_PREFIX).unwrap_or(side).replacen('/', ".", 1))
}

impl Repository {
    /// Returns the git directory that holds these refs; it need not exist.
    pub(super) fn fetched_dir(&self) -> PathBuf {
        self.own_dir().join("fetched")
    }

    /// Returns the git directory that holds these refs, and makes it where it is not there yet.
    pub(super) fn make_fetched_dir(&self) -> Result<PathBuf> {
        let dir = self.fetched_dir();
        let attempted = || format!("cannot make {}", dir.display());
        for (name, text) in PARTS {
            let file = dir.join(name);
            if !file.exists() {
                std::fs::create_dir_all(&dir).attempt(attempted)?;
                match files::create(&file, text.as_bytes()) {
                    // Another process was faster.
                    Err(error) if error.kind() == Io::AlreadyExists => {}
                    done => done.attempt(attempted)?,
                }
                self.share_as_set_up(&file)?;
            }
        }
        Ok(dir)
    }

    /// Returns what a remote last had, as relsign fetched it or a plain `git fetch` brought it along, whichever was later.
    pub(super) fn fetched(&self, name: &str) -> Result<Option<ObjectId>> {
        let modified = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
        let own = self.fetched_dir().join(name);
        let along = along_of(name);
        let since = modified(&own);
        // Where git has packed it, it is not known when it came.
        let is_along = since.is_none() || modified(&self.common_dir().join(&along)) > since;
        let found = if is_along { self.direct_ref(&along)? } else { read(&own, name)? };
        found.map(|id| Ok(self.is_usable(name, &id)?.then_some(id))).transpose().map(Option::flatten)
    }

    /// Forgets what a plain `git fetch` or a push brought along before: what relsign itself has just heard is newer.
    pub(super) fn forget_along(&self, remote: &str) -> Result<()> {
        for what in ["notes", "notes-receipts", "policy", "evidence"] {
            let along = along_ref(remote, what);
            if let Some(id) = self.direct_ref(&along)? {
                // Where another process was faster it has heard something newer.
                self.delete_ref(&along, &id)?;
            }
        }
        Ok(())
    }

    /// Whether a ref stands for something that is here. Of a tag it matters also which object the remote has that is not here.
    fn is_usable(&self, name: &str, id: &ObjectId) -> Result<bool> {
        let what = name.strip_prefix(REMOTES_PREFIX).and_then(|name| name.split_once('/'));
        Ok(what.is_some_and(|(_, what)| what.starts_with("tags/")) || self.has_object(id)?)
    }

    /// Removes the refs of which the object has gone, and says whether there were any.
    pub(super) fn drop_lost_fetched(&self) -> Result<bool> {
        let (dir, mut found, mut any) = (self.fetched_dir(), Vec::new(), false);
        list(&dir, REMOTES_PREFIX.trim_end_matches('/'), &mut found)?;
        for (name, id) in found {
            if !self.has_object(&id)? {
                any |= std::fs::remove_file(dir.join(name.as_str())).is_ok();
            }
        }
        Ok(any)
    }

    /// Lists these refs below a prefix, sorted by name.
    pub(super) fn fetched_below(&self, prefix: &str) -> Result<Vec<(RefName, ObjectId)>> {
        let mut found = Vec::new();
        list(&self.fetched_dir(), prefix.trim_end_matches('/'), &mut found)?;
        let mut names: BTreeSet<RefName> = found.into_iter().map(|(name, _)| name).collect();
        let attempted = || "cannot list what git fetched".to_owned();
        for entry in std::fs::read_dir(self.common_dir().join("refs")).attempt(attempted)? {
            let entry = format!("refs/{}", entry.attempt(attempted)?.file_name().display());
            let along = entry.strip_prefix(ALONG_PREFIX).and_then(|along| along.rsplit_once('.'));
            let side = along.map(|(remote, what)| format!("{REMOTES_PREFIX}{remote}/{what}"));
            names.extend(side.filter(|side| side.starts_with(prefix)).and_then(|side| side.parse().ok()));
        }
        let mut usable = Vec::new();
        for name in names {
            usable.extend(self.fetched(name.as_str())?.map(|id| (name, id)));
        }
        Ok(usable)
    }

    /// Sets one of these refs if it still is `old`, under the lock that git takes as well.
    pub(super) fn swap_fetched(&self, name: &str, new: &ObjectId, old: Option<&ObjectId>) -> Result<Swap> {
        let path = self.make_fetched_dir()?.join(name);
        let lock = path.with_file_name(format!("{}.lock", path.file_name().unwrap_or_default().display()));
        let attempted = || format!("cannot set the ref {name} to {new}");
        std::fs::create_dir_all(path.parent().unwrap_or(&path)).attempt(attempted)?;
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&lock) {
            Err(error) if error.kind() == Io::AlreadyExists => return Ok(Swap::Locked),
            opened => opened.attempt(attempted)?,
        };
        let mut swap = || -> Result<Swap> {
            if self.fetched(name)?.as_ref() != old {
                return Ok(Swap::Moved);
            }
            file.write_all(format!("{new}\n").as_bytes()).attempt(attempted)?;
            std::fs::rename(&lock, &path).attempt(attempted)?;
            Ok(Swap::Done)
        };
        match swap() {
            Ok(Swap::Done) => self.share_as_set_up(&path).map(|()| Swap::Done),
            other => {
                let _ = std::fs::remove_file(&lock);
                other
            }
        }
    }
}

/// Reads a ref, which git never packs here; nothing where there is none, or a directory of them.
fn read(path: &Path, name: &str) -> Result<Option<ObjectId>> {
    let text = match std::fs::read(path) {
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory | Io::IsADirectory) => return Ok(None),
        text => text.attempt(|| format!("cannot read the ref {name}"))?,
    };
    Ok(std::str::from_utf8(&text).ok().and_then(|text| text.trim_end().parse().ok()))
}

fn list(dir: &Path, name: &str, found: &mut Vec<(RefName, ObjectId)>) -> Result<()> {
    let attempted = || format!("cannot list the refs below {name}");
    let entries = match std::fs::read_dir(dir.join(name)) {
        Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => return Ok(()),
        entries => entries.attempt(attempted)?,
    };
    for entry in entries {
        let entry = entry.attempt(attempted)?;
        let Some(below) = entry.file_name().to_str().map(|last| format!("{name}/{last}")) else { continue };
        if entry.file_type().attempt(attempted)?.is_dir() {
            list(dir, &below, found)?;
        } else if let (Ok(name), Some(id)) = (below.parse::<RefName>(), read(&entry.path(), &below)?) {
            found.push((name, id));
        }
    }
    Ok(())
}
