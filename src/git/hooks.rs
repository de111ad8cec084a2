//! What hooks need of a repository: where git looks for them, and the objects of a push that nobody has accepted yet.

use std::path::{Path, PathBuf};

use super::POLICY_REF;
use super::error::{Attempt, Error, ErrorKind, Result};
use super::files;
use super::program::Program;
use super::repository::Repository;

/// The file of relsign's own that tells that this clone had the client's hook.
const HAD_HOOK: &str = "pre-push";

/// Where git looks for the hooks of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksDir {
    /// The directory, which need not exist.
    pub path: PathBuf,
    /// Whose it is.
    pub place: Place,
}

/// Whose a directory of hooks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The repository's own, below its git directory, for all its worktrees.
    Repository,
    /// A folder of the working tree, whose files may be tracked.
    WorkTree,
    /// Elsewhere: other repositories may run the hooks in it too.
    Outside,
}

impl Repository {
    /// Finds the directory that git runs this repository's hooks from, as `core.hooksPath` of any scope has it.
    ///
    /// # Errors
    /// If the setting can't be read or names no place where hooks could be.
    pub fn hooks_dir(&self) -> Result<HooksDir> {
        let configured = self.config_string("core.hooksPath")?;
        let path = match &configured {
            // Git runs the hooks of a working tree at its top, so a plain path needs no git to tell what it stands for.
            Some(path) if !path.starts_with(['~', '%', ':']) && self.work_dir().is_some() => {
                self.work_dir().unwrap_or(self.common_dir()).join(path)
            }
            // Only git knows what homes and its prefix are.
            Some(_) => Program::new(self, false).hooks_path()?,
            None => self.common_dir().join("hooks"),
        };
        let is_below_a_file = || path.ancestors().find(|above| above.exists()).is_some_and(|above| !above.is_dir());
        if configured.is_some_and(|configured| configured.is_empty()) || is_below_a_file() {
            let text = format!("git looks for hooks in {}, which is not a directory, so it runs no hooks here", path.display());
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        // A link may lead anywhere, and be somebody's folder of hooks for all their repositories.
        let real = resolved(&path);
        let below = |folder: &Path| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
        let place = match self.work_dir() {
            _ if below(self.common_dir()) => Place::Repository,
            Some(tree) if below(tree) => Place::WorkTree,
            _ => Place::Outside,
        };
        Ok(HooksDir { path, place })
    }

    /// Asks git whether a push from here runs relsign's hook: nothing where it does, else what was said instead.
    ///
    /// `token` is a word that nothing else says.
    ///
    /// # Errors
    /// If git can't be started, or there is nothing yet that could be pushed.
    pub fn runs_client_hook(&self, token: &str) -> Result<Option<String>> {
        let what = match self.resolve(POLICY_REF)? {
            Some(_) => POLICY_REF,
            None => "HEAD",
        };
        let said = Program::new(self, false).begin_push(what, token)?;
        Ok((!said.contains(token)).then_some(said))
    }

    /// Whether this clone had relsign's hook, so that it is missed where another program replaced it.
    pub fn had_client_hook(&self) -> bool {
        self.own_dir().join(HAD_HOOK).exists()
    }

    /// Keeps that this clone has relsign's hook, or that it was taken out on purpose.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn keep_client_hook(&self, has: bool) -> Result<()> {
        let file = self.own_dir().join(HAD_HOOK);
        let done = match has {
            true => std::fs::create_dir_all(self.own_dir()).and_then(|()| files::rewrite(&file, b"")),
            false if file.exists() => std::fs::remove_file(&file),
            false => Ok(()),
        };
        done.attempt(|| format!("cannot write {}", file.display()))?;
        if has { self.share_as_set_up(&file) } else { Ok(()) }
    }

    /// Returns the folders that are this repository's own: its git directory and its working tree.
    pub fn folders(&self) -> Vec<PathBuf> {
        [Some(self.common_dir()), self.work_dir()].into_iter().flatten().filter_map(|folder| folder.canonicalize().ok()).collect()
    }

    /// Whether a file of the working tree is tracked, so that a commit would take its changes along.
    pub fn is_tracked(&self, file: &Path) -> Result<bool> {
        let Some(tree) = self.work_dir().and_then(|tree| tree.canonicalize().ok()) else { return Ok(false) };
        let file = resolved(file);
        let Ok(inside) = file.strip_prefix(&tree) else { return Ok(false) };
        use std::os::unix::ffi::OsStrExt as _;
        self.has_tracked(&|path| path == inside.as_os_str().as_bytes())
    }

    /// Whether any tracked file is one of these. Git is asked where its index has a form that libgit2 does not know: split, or
    /// with whole directories in it.
    pub(super) fn has_tracked(&self, is_one: &dyn Fn(&[u8]) -> bool) -> Result<bool> {
        match self.inner.index() {
            Ok(index) => Ok(index.iter().any(|entry| is_one(&entry.path))),
            Err(_) => Ok(Program::new(self, false).tracked_files()?.split(|byte| *byte == 0).any(is_one)),
        }
    }

    /// Opens the repository that a push is received in, and sees the objects that wait in these directories too.
    ///
    /// No `GIT_*` variable is heeded: `path` says which repository it is. Directories that hold no objects add none, and
    /// since every object is checked against its id, none can put another object in the place of one that is here.
    ///
    /// # Errors
    /// If there is no repository at exactly `path`, or one that relsign can't read.
    pub fn open_receiving(path: &Path, waiting: &[PathBuf]) -> Result<Self> {
        let mut repository = Self::open(path)?;
        repository.see_objects_in(waiting)?;
        Ok(repository)
    }

    /// Returns the directories of objects that are seen besides those of the repository.
    pub(super) fn waiting(&self) -> &[PathBuf] {
        &self.waiting
    }

    pub(super) fn see_objects_in(&mut self, directories: &[PathBuf]) -> Result<()> {
        if directories.is_empty() {
            return Ok(());
        }
        let odb = self.inner.odb().attempt(|| "cannot open the objects of the repository".to_owned())?;
        let own = self.common_dir().join("objects").canonicalize().ok();
        // What is here already would only be searched twice.
        let more = |directory: &&PathBuf| directory.canonicalize().is_ok_and(|real| real.is_dir() && Some(real) != own);
        for directory in directories.iter().filter(more) {
            let attempted = || format!("cannot read the objects in {}", directory.display());
            let text = directory
                .to_str()
                .ok_or_else(|| Error::new(ErrorKind::Unsupported, attempted()).because("its name is not UTF-8"))?;
            odb.add_disk_alternate(text).attempt(attempted)?;
        }
        self.waiting = directories.to_vec();
        Ok(())
    }
}

/// Resolves what of a path exists, and keeps the rest as it is.
fn resolved(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}
