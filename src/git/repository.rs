//! Opening a repository, and what is asked of it as a whole.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::config::{ConfigSources, Settings};
use super::error::{Attempt, Error, ErrorKind, Result, if_there, optional};
use super::extensions;
use super::program::trusted_place;
use super::tree256::Known;
use crate::model::ids::ObjectId;

/// A git repository on disk.
///
/// A handle belongs to one thread at a time; any number of handles and processes may work on one repository.
pub struct Repository {
    pub(super) inner: git2::Repository,
    /// Objects written by this handle that may not have reached the disk yet.
    pub(super) unsynced: RefCell<Vec<ObjectId>>,
    /// SHA-256 ids of trees, as far as this handle has read or computed them.
    pub(super) trees256: RefCell<Option<Known>>,
    /// The configuration, as this handle has read it.
    pub(super) settings: RefCell<Option<Settings>>,
    /// Where the environment says that settings are.
    pub(super) sources: Cell<ConfigSources>,
    /// Directories of objects that are seen besides those of the repository: what a push brought, in quarantine.
    pub(super) waiting: Vec<PathBuf>,
    /// Another handle, for merges: what it writes stays in memory.
    pub(super) merging: OnceCell<Box<Repository>>,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository").field(&self.inner.path()).finish()
    }
}

impl Repository {
    /// Finds the repository that `start` lies in, as git does from a working directory, without heeding `GIT_*`.
    pub fn discover(start: &Path) -> Result<Self> {
        let found = extensions::open(start, git2::RepositoryOpenFlags::empty());
        let found = Self::opened(found, start)?;
        match found.tracked_in() {
            None => Ok(found),
            Some(Err(error)) => Err(error),
            Some(Ok(outer)) => {
                let text = format!(
                    "the repository at {} consists of files tracked in {}, so anyone who pushes there controls its settings",
                    found.git_dir().display(),
                    outer.display()
                );
                Err(Error::new(ErrorKind::Unsupported, text))
            }
        }
    }

    /// Finds the working tree in which this repository is nothing but tracked files, if there is one.
    ///
    /// Such a repository came with a checkout: its configuration, with the pinned root in it, was written by whoever
    /// pushed, and git would take it for the one that a command in that directory means.
    fn tracked_in(&self) -> Option<Result<PathBuf>> {
        let own = self.git_dir().canonicalize().ok()?;
        // Git checks nothing out below a directory of this name.
        if own.file_name()? == ".git" {
            return None;
        }
        let parent = own.parent()?;
        let outer = extensions::open(parent, git2::RepositoryOpenFlags::empty());
        let outer = Self::opened(outer, parent).ok()?;
        let tree = outer.work_dir()?.canonicalize().ok()?;
        let head = own.strip_prefix(&tree).ok()?.join("HEAD");
        let head = head.to_str()?.as_bytes();
        // File systems that ignore case find the file under another spelling too.
        match outer.has_tracked(&|path| path.eq_ignore_ascii_case(head)) {
            Ok(tracked) => tracked.then_some(Ok(tree)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Opens the repository at exactly `path`, which is a working tree, a git directory or a bare repository.
    pub fn open(path: &Path) -> Result<Self> {
        let found = extensions::open(path, git2::RepositoryOpenFlags::NO_SEARCH);
        Self::opened(found, path)
    }

    /// Opens the same repository once more, for another thread.
    pub fn reopen(&self) -> Result<Self> {
        let mut again = Self::open(self.git_dir())?.with_sources(self.sources.get());
        again.see_objects_in(&self.waiting)?;
        Ok(again)
    }

    /// Opens the same objects once more with no working tree, no index and no configuration, so that neither attributes that
    /// somebody has pushed nor settings have a say in what is made of them.
    pub(super) fn reopen_bare(&self) -> Result<Self> {
        let attempted = || "cannot open the objects apart from the configuration".to_owned();
        let mut again = Self::opened(extensions::open_bare(self.common_dir()), self.common_dir())?;
        again.see_objects_in(&self.waiting)?;
        let config = git2::Config::new().attempt(attempted)?;
        again.inner.set_config(&config).attempt(attempted)?;
        let mut index = git2::Index::new().attempt(attempted)?;
        again.inner.set_index(&mut index).attempt(attempted)?;
        Ok(again)
    }

    fn opened(found: std::result::Result<git2::Repository, git2::Error>, path: &Path) -> Result<Self> {
        // Whose repositories are safe is git's to say: it knows patterns, and the environment of whoever runs this.
        let found = match found {
            Err(error) if error.code() == git2::ErrorCode::Owner => open_as_git(path).unwrap_or(Err(error)),
            found => found,
        };
        match found {
            Ok(inner) => {
                // Every object that is read is checked against its id by `object`, so once is enough.
                git2::opts::strict_hash_verification(false);
                Ok(Self {
                    inner,
                    unsynced: RefCell::default(),
                    trees256: RefCell::default(),
                    settings: RefCell::default(),
                    sources: Cell::default(),
                    waiting: Vec::new(),
                    merging: OnceCell::new(),
                })
            }
            Err(error) => Err(explain_open(&error, path)),
        }
    }

    /// Returns the length of an object id in bytes: 20 or 32.
    pub(super) fn id_length(&self) -> usize {
        match self.inner.object_format() {
            git2::ObjectFormat::Sha1 => 20,
            git2::ObjectFormat::Sha256 => 32,
        }
    }

    /// Returns the directory that all worktrees share, where refs, objects and relsign's own files lie.
    pub fn common_dir(&self) -> &Path {
        self.inner.commondir()
    }

    /// Returns the git directory of this worktree.
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// Returns the root of the working tree; a bare repository has none.
    pub fn work_dir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// Returns the directory of relsign's own files, below the common directory; it need not exist.
    pub fn own_dir(&self) -> PathBuf {
        self.common_dir().join("relsign")
    }

    /// Whether the repository has no working tree.
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    /// Whether history was cut off when cloning, so that old commits may be missing.
    pub fn is_shallow(&self) -> bool {
        std::fs::metadata(self.shallow_file()).is_ok_and(|file| file.len() > 0)
    }

    /// Returns the commits below which history was cut off, so that their parents are missing with reason.
    pub(super) fn cut_commits(&self) -> Result<HashSet<ObjectId>> {
        let file = self.shallow_file();
        let text = if_there(std::fs::read_to_string(&file)).attempt(|| format!("cannot read {}", file.display()))?;
        Ok(text.unwrap_or_default().lines().filter_map(|line| line.trim().parse().ok()).collect())
    }

    /// Returns the file in which git lists the commits below which it cut history off; all worktrees share it.
    fn shallow_file(&self) -> PathBuf {
        self.common_dir().join("shallow")
    }

    /// Whether objects were left out when cloning, to be fetched by git when wanted.
    pub fn is_partial(&self) -> Result<bool> {
        let promised =
            |name: &str| name == "extensions.partialclone" || (name.starts_with("remote.") && name.ends_with(".promisor"));
        Ok(self.settings()?.names().any(promised))
    }

    /// Returns the commit that HEAD stands on; `None` where there is no commit yet.
    pub fn head_commit(&self) -> Result<Option<ObjectId>> {
        match self.inner.head() {
            Ok(head) => Ok(head.target().as_ref().and_then(object_id)),
            Err(error) if matches!(error.code(), git2::ErrorCode::UnbornBranch | git2::ErrorCode::NotFound) => Ok(None),
            Err(error) => Err(Error::from_git(&error, "cannot read HEAD")),
        }
    }

    /// Returns the branch that HEAD names, as a full ref name; `None` where HEAD is detached.
    pub fn head_branch(&self) -> Result<Option<String>> {
        let head = self.inner.find_reference("HEAD").attempt(|| "cannot read HEAD".to_owned())?;
        Ok(head.symbolic_target_bytes().map(|name| String::from_utf8_lossy(name).into_owned()))
    }

    /// Resolves what a person typed for an object: an id or its prefix, a ref, `HEAD~2`; `None` where nothing matches.
    ///
    /// A whole id stands for that object alone, and what could be both a ref and the beginning of an id is refused:
    /// anybody may push a branch that is called like the id of another commit.
    pub fn revparse(&self, text: &str) -> Result<Option<ObjectId>> {
        let hex = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex && text.len() == 2 * self.id_length() {
            let Ok(id) = text.to_ascii_lowercase().parse::<ObjectId>() else { return Ok(None) };
            return Ok(if self.has_object(&id)? { Some(id) } else { None });
        }
        if hex && self.inner.resolve_reference_from_short_name(text).is_ok() && self.begins_an_id(text)? {
            let text = format!("{text:?} is a ref here and also the beginning of an object's id; write the whole id");
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        let found = optional(self.inner.revparse_single(text)).attempt(|| format!("cannot resolve {text:?} to one object"))?;
        Ok(found.and_then(|object| object_id(&object.id())))
    }

    /// Whether the id of any object here begins with these hex digits.
    fn begins_an_id(&self, digits: &str) -> Result<bool> {
        let attempted = || format!("cannot look for objects that begin with {digits}");
        let odb = self.inner.odb().attempt(attempted)?;
        let length = digits.len();
        let padded = format!("{digits:0<width$}", width = 2 * self.id_length());
        let Ok(id) = padded.to_ascii_lowercase().parse::<ObjectId>() else { return Ok(false) };
        match odb.exists_prefix(oid(&id)?, length) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(false),
            // Several objects begin so.
            Err(error) if error.code() == git2::ErrorCode::Ambiguous => Ok(true),
            Err(error) => Err(Error::from_git(&error, attempted())),
        }
    }
}

/// Opens somebody else's repository, where git works in it.
fn open_as_git(path: &Path) -> Option<std::result::Result<git2::Repository, git2::Error>> {
    let (git_dir, tree) = trusted_place(path)?;
    Some(extensions::open_bare(&git_dir).and_then(|found| {
        if let Some(tree) = tree {
            found.set_workdir(&tree, false)?;
        }
        Ok(found)
    }))
}

/// Names the user of an id as the system lists them.
fn user_name(id: u32) -> String {
    let listed = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = listed.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = users.find(|fields| fields.get(2).is_some_and(|field| *field == id.to_string()));
    name.and_then(|fields| fields.first().map(|name| (*name).to_owned())).unwrap_or_else(|| format!("user {id}"))
}

/// Explains whose a repository is, and the command by which git and relsign work in it all the same.
fn of_another_user(error: &git2::Error, path: &Path) -> Error {
    use std::os::unix::fs::MetadataExt as _;
    let named = error.message().split('\'').nth(1).map_or(path, Path::new);
    let owner = |path: &Path| std::fs::metadata(path).map(|data| user_name(data.uid())).unwrap_or_else(|_| "nobody".to_owned());
    // What git is to be told is the working tree, and the git directory where there is none.
    let top = if named.file_name().is_some_and(|name| name == ".git") { named.parent().unwrap_or(named) } else { named };
    let (shown, me, whose) = (named.display(), owner(Path::new("/proc/self")), owner(named));
    let text = format!("the repository at {shown} belongs to {whose}, and this runs as {me}");
    Error::new(ErrorKind::OfAnother { directory: top.to_owned(), user: me }, text)
}

/// Explains in one clear sentence why libgit2 would not open a repository.
fn explain_open(error: &git2::Error, path: &Path) -> Error {
    let shown = path.display();
    let message = error.message().to_ascii_lowercase();
    let unsupported = |what: &str| Error::new(ErrorKind::Unsupported, format!("the repository at {shown} {what}"));
    if message.contains("refstorage") || message.contains("reftable") {
        unsupported(
            "keeps its refs in a reftable, which relsign cannot read; clone it with `git clone --ref-format=files`, or from \
             git 2.48 on convert it with `git refs migrate --ref-format=files`",
        )
    } else if message.contains("compatobjectformat") {
        unsupported("translates between SHA-1 and SHA-256 (extensions.compatObjectFormat), which relsign cannot read")
    } else if message.contains("unsupported extension") || message.contains("unsupported repository version") {
        unsupported("uses a git extension that relsign does not know").because(error.message())
    } else if error.code() == git2::ErrorCode::Owner {
        of_another_user(error, path)
    } else if error.code() == git2::ErrorCode::NotFound {
        Error::new(ErrorKind::NotARepository, format!("{shown} is not in a git repository"))
    } else {
        Error::from_git(error, format!("cannot open the repository at {shown}"))
    }
}

/// Takes libgit2's form of an object id, of either length.
pub(super) fn object_id(oid: &git2::Oid) -> Option<ObjectId> {
    ObjectId::from_bytes(oid.as_bytes())
}

/// Returns libgit2's form of an object id.
pub(super) fn oid(id: &ObjectId) -> Result<git2::Oid> {
    git2::Oid::from_bytes(id.as_bytes()).attempt(|| format!("cannot use {id} as an object id"))
}
