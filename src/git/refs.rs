//! Refs, and the one way in which relsign moves its own: write objects, compare and swap, else try again.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::REMOTES_PREFIX;
use super::error::{Attempt, Error, ErrorKind, Result, if_there, optional};
use super::objects::ObjectKind;
use super::repository::{Repository, object_id, oid};
use crate::model::ids::{ObjectId, RefName};
use crate::model::time::Timestamp;

/// Who stands as author and committer of relsign's own commits, at a time that the caller read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The time.
    pub time: Timestamp,
}

impl Author {
    /// Returns the line as git writes it, without what would end a field of it early.
    fn line(&self) -> String {
        let clean = |text: &str| text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect::<String>();
        let name = clean(&self.name);
        let name = if name.trim().is_empty() { "relsign" } else { name.trim() };
        format!("{name} <{}> {} +0000", clean(&self.email).trim(), self.time.seconds())
    }
}

/// How a compare-and-swap of a ref ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The ref now is what was asked for.
    Done,
    /// The ref was not what the caller had seen; nothing was changed.
    Moved,
    /// Somebody else holds the lock of the ref; nothing was changed.
    Locked,
}

/// What one try at moving a ref came to.
pub(super) enum Step<T> {
    /// The ref is right as it is.
    Keep(T),
    /// The ref should go to this commit.
    Move(ObjectId, T),
}

/// How many times a ref is tried; with the pauses between, about twenty seconds.
const TRIES: u32 = 150;
/// How many times in a row a lock may be found held; with the pauses between, about two and a half seconds. Git holds a lock
/// for milliseconds, or for as long as a hook takes that it runs meanwhile.
const LOCKED_TRIES: u32 = 25;

/// Waits a random while that grows with the number of tries, so that writers who collided once spread out.
pub fn pause(attempt: u32, most_millis: u64) {
    pause_millis((2u64 << attempt.min(8)).min(most_millis));
}

/// Waits a random while between a half and one and a half of `millis`.
pub(super) fn pause_millis(millis: u64) {
    // Without randomness the process id still tells two writers apart.
    let random = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
    std::thread::sleep(Duration::from_micros(millis * 500 + random % (millis * 1000)));
}

/// Brings a file or directory onto the disk; one that isn't there needs nothing.
fn sync_file(path: &Path) -> Result<()> {
    let synced = if_there(std::fs::File::open(path).and_then(|file| file.sync_all())).map(drop);
    synced.attempt(|| format!("cannot bring {} onto the disk", path.display()))
}

/// What is on the disk, and not only in the system's memory, when something is reported as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Durability {
    objects: bool,
    refs: bool,
}

impl Durability {
    /// Reads the value of `core.fsync`: components with commas between, taken away by a minus, all by `none`.
    fn read(value: &str, default: Self) -> Self {
        let mut durability = default;
        for component in value.split([',', ' ']).filter(|component| !component.is_empty()) {
            let (name, wanted) = component.strip_prefix('-').map_or((component, true), |name| (name, false));
            match name {
                "none" => durability = Self { objects: false, refs: false },
                "loose-object" | "objects" => durability.objects = wanted,
                "reference" => durability.refs = wanted,
                "committed" | "added" | "all" => durability = Self { objects: wanted, refs: wanted },
                _ => {}
            }
        }
        durability
    }
}

impl Repository {
    /// Returns the object that a ref stands for, through symbolic refs; `None` where there is no such ref.
    pub fn resolve(&self, name: &str) -> Result<Option<ObjectId>> {
        if name.starts_with(REMOTES_PREFIX) {
            return self.fetched(name);
        }
        let id = optional(self.inner.refname_to_id(name)).attempt(|| format!("cannot read the ref {name}"))?;
        Ok(id.as_ref().and_then(object_id))
    }

    /// Returns the commit that a ref stands for; `None` where there is no such ref, and an error that names the ref where
    /// it stands for anything else.
    ///
    /// A commit that is not here is given all the same: whoever reads it says that it is missing.
    pub(super) fn commit_at(&self, name: &str) -> Result<Option<ObjectId>> {
        let Some(id) = self.resolve(name)? else { return Ok(None) };
        match self.object_header(&id)? {
            Some((kind, _)) if kind != ObjectKind::Commit => {
                let text = format!("the ref {name} points at {} {id} instead of a commit", kind.name());
                Err(Error::new(ErrorKind::Malformed, text))
            }
            _ => Ok(Some(id)),
        }
    }

    /// Returns the ref that a symbolic ref names; `None` for other refs and where there is none.
    pub fn symbolic_target(&self, name: &str) -> Result<Option<String>> {
        let Some(found) = self.reference(name)? else { return Ok(None) };
        Ok(found.symbolic_target_bytes().map(|target| String::from_utf8_lossy(target).into_owned()))
    }

    /// Lists the refs below `prefix` (such as `refs/tags/`) with what they stand for, sorted by name.
    ///
    /// Refs whose names relsign can't write down, and symbolic refs that lead nowhere, are passed over.
    pub fn refs(&self, prefix: &str) -> Result<Vec<(RefName, ObjectId)>> {
        if prefix.starts_with(REMOTES_PREFIX) {
            return self.fetched_below(prefix);
        }
        let attempted = || format!("cannot list the refs below {prefix}");
        let mut found = Vec::new();
        for reference in self.inner.references_glob(&format!("{prefix}*")).attempt(attempted)? {
            let reference = reference.attempt(attempted)?;
            let Some(name) = reference.name().ok().filter(|name| name.starts_with(prefix)) else { continue };
            let Ok(name) = name.parse::<RefName>() else { continue };
            let target = reference.target().or_else(|| reference.resolve().ok().and_then(|end| end.target()));
            found.extend(target.as_ref().and_then(object_id).map(|id| (name, id)));
        }
        found.sort();
        Ok(found)
    }

    /// Returns the object that a ref itself names; nothing for a symbolic ref, and where there is no ref.
    ///
    /// # Errors
    /// If the ref can't be read.
    pub fn direct_ref(&self, name: &str) -> Result<Option<ObjectId>> {
        Ok(self.reference(name)?.and_then(|found| found.target().as_ref().and_then(object_id)))
    }

    fn reference(&self, name: &str) -> Result<Option<git2::Reference<'_>>> {
        optional(self.inner.find_reference(name)).attempt(|| format!("cannot read the ref {name}"))
    }

    /// Lists refs below a prefix that are not symbolic, the first `most` that git gives.
    ///
    /// # Errors
    /// If the refs can't be listed.
    pub fn direct_refs(&self, prefix: &str, most: usize) -> Result<Vec<(RefName, ObjectId)>> {
        let attempted = || format!("cannot list the refs below {prefix}");
        let mut found = Vec::new();
        for reference in self.inner.references_glob(&format!("{prefix}*")).attempt(attempted)?.take(most) {
            let reference = reference.attempt(attempted)?;
            let name = reference.name().ok().and_then(|name| name.parse::<RefName>().ok());
            found.extend(name.zip(reference.target().as_ref().and_then(object_id)));
        }
        Ok(found)
    }

    /// Returns git's way of writing that there is no object.
    pub fn no_object(&self) -> ObjectId {
        object_id(&self.zero()).unwrap_or_else(|| unreachable!("zeros are as long as any id"))
    }

    fn zero(&self) -> git2::Oid {
        match self.inner.object_format() {
            git2::ObjectFormat::Sha1 => git2::Oid::ZERO_SHA1,
            git2::ObjectFormat::Sha256 => git2::Oid::ZERO_SHA256,
        }
    }

    /// Sets a ref to `new` if it still is `old` (`None`: if it doesn't exist), in one step that nobody can come between.
    ///
    /// Where git is set up to bring objects and refs onto the disk at once (`core.fsync`), the objects that this handle
    /// wrote are there before the ref moves, and the ref when this returns.
    pub fn swap_ref(&self, name: &str, new: &ObjectId, old: Option<&ObjectId>, reason: &str) -> Result<Swap> {
        if name.starts_with(REMOTES_PREFIX) {
            return self.swap_fetched(name, new, old);
        }
        let durability = self.durability()?;
        self.sync_objects(durability)?;
        let swapped = match self.swap_locked(name, new, old, reason)? {
            Some(swapped) => swapped,
            None => self.swap_by_libgit2(name, new, old, reason)?,
        };
        if swapped == Swap::Done {
            self.keep_tip(name, new);
            self.share_as_set_up(&self.common_dir().join(name))?;
            self.share_as_set_up(&self.common_dir().join("logs").join(name))?;
            if durability.refs {
                sync_file(&self.common_dir().join(name))?;
            }
        }
        Ok(swapped)
    }

    fn swap_by_libgit2(&self, name: &str, new: &ObjectId, old: Option<&ObjectId>, reason: &str) -> Result<Swap> {
        let old = old.map_or_else(|| Ok(self.zero()), oid)?;
        match self.inner.reference_matching(name, oid(new)?, true, old, reason) {
            Ok(_) => Ok(Swap::Done),
            Err(error) => match error.code() {
                git2::ErrorCode::Modified | git2::ErrorCode::Exists => Ok(Swap::Moved),
                git2::ErrorCode::Locked => Ok(Swap::Locked),
                _ => Err(Error::from_git(&error, format!("cannot set the ref {name} to {new}"))),
            },
        }
    }

    /// Deletes a ref if it still is `old`.
    pub fn delete_ref(&self, name: &str, old: &ObjectId) -> Result<Swap> {
        let Some(mut reference) = self.reference(name)? else { return Ok(Swap::Moved) };
        if reference.target().as_ref().and_then(object_id).as_ref() != Some(old) {
            return Ok(Swap::Moved);
        }
        // libgit2 compares with what this reference was when it was read.
        match reference.delete() {
            Ok(()) => {
                self.forget_tip(name);
                self.share_as_set_up(&self.common_dir().join("packed-refs")).map(|()| Swap::Done)
            }
            Err(error) => match error.code() {
                git2::ErrorCode::Modified | git2::ErrorCode::NotFound => Ok(Swap::Moved),
                git2::ErrorCode::Locked => Ok(Swap::Locked),
                _ => Err(Error::from_git(&error, format!("cannot delete the ref {name}"))),
            },
        }
    }

    /// Returns what a ref that is to be moved stands for; nothing where there is none, and an error where it is symbolic.
    ///
    /// # Errors
    /// If it names another ref, or can't be read.
    pub fn own_tip(&self, name: &str) -> Result<Option<ObjectId>> {
        match self.symbolic_target(name)? {
            Some(target) => {
                let text = format!("{name} is a symbolic ref to {target}, through which relsign does not write");
                Err(Error::new(ErrorKind::Unsupported, text))
            }
            None => self.resolve(name),
        }
    }

    /// Tries once to move a ref from the tip that the caller built on; a lock that is held is waited for.
    ///
    /// `false` means that somebody else moved the ref: the caller reads it again.
    ///
    /// # Errors
    /// If the ref can't be moved, or its lock stays held.
    pub fn move_from(&self, name: &str, new: &ObjectId, old: Option<&ObjectId>, reason: &str) -> Result<bool> {
        for attempt in 0..LOCKED_TRIES {
            match self.swap_ref(name, new, old, reason)? {
                Swap::Done => return Ok(true),
                Swap::Moved => return Ok(false),
                Swap::Locked => pause(attempt, 128),
            }
        }
        Err(self.locked(name))
    }

    /// Moves a ref by `step`, which is given the current tip and runs again whenever somebody else was faster.
    pub(super) fn move_ref<T>(
        &self,
        name: &str,
        reason: &str,
        mut step: impl FnMut(Option<ObjectId>) -> Result<Step<T>>,
    ) -> Result<T> {
        let mut locked = 0;
        for attempt in 0..TRIES {
            let tip = self.own_tip(name)?;
            let (new, value) = match step(tip)? {
                Step::Keep(value) => return Ok(value),
                Step::Move(new, value) => (new, value),
            };
            match self.swap_ref(name, &new, tip.as_ref(), reason)? {
                Swap::Done => return Ok(value),
                Swap::Moved => locked = 0,
                Swap::Locked => locked += 1,
            }
            if locked >= LOCKED_TRIES {
                return Err(self.locked(name));
            }
            pause(attempt, 128);
        }
        Err(Error::new(ErrorKind::Contended, format!("cannot move {name}: other writers were faster {TRIES} times")))
    }

    /// Reads what git is set up to bring onto the disk at once; by default, as with git, nothing that relsign writes.
    fn durability(&self) -> Result<Durability> {
        let objects = self.config_bool("core.fsyncObjectFiles").unwrap_or_default().unwrap_or_default();
        let set = self.config_string("core.fsync")?.unwrap_or_default();
        Ok(Durability::read(&set, Durability { objects, refs: false }))
    }

    /// Brings the objects that this handle wrote onto the disk, before a ref points to them.
    ///
    /// libgit2 would do so only by a setting that makes stock git complain on every call.
    fn sync_objects(&self, durability: Durability) -> Result<()> {
        let written = self.unsynced.take();
        if !durability.objects {
            return Ok(());
        }
        let mut directories = BTreeSet::new();
        for id in written.into_iter().collect::<BTreeSet<_>>() {
            let digits = id.to_string();
            let directory = self.common_dir().join("objects").join(&digits[..2]);
            // An object that was there already, packed or in an alternate, has no file here.
            sync_file(&directory.join(&digits[2..]))?;
            directories.insert(directory);
        }
        directories.iter().try_for_each(|directory| sync_file(directory))
    }

    /// Names which lock file is in the way, where git has said that one is, and it still is there.
    pub(super) fn lock_in_the_way(&self, error: &Error) -> Option<Error> {
        let said = std::error::Error::source(error)?.to_string();
        let path = said.split("Unable to create '").skip(1).find_map(|rest| rest.split_once(".lock'"))?.0;
        let name = &path[path.rfind(REMOTES_PREFIX)?..];
        self.fetched_dir().join(format!("{name}.lock")).exists().then(|| self.locked(name))
    }

    /// Names which lock file is in the way of a ref, and since when it lies there.
    fn locked(&self, name: &str) -> Error {
        if let Some(holder) = self.lock_holder() {
            let text = format!("cannot move {name}: {holder} keeps the lock of this repository");
            return Error::new(ErrorKind::Contended, text);
        }
        let dir = if name.starts_with(REMOTES_PREFIX) { self.fetched_dir() } else { self.common_dir().to_owned() };
        let own = dir.join(format!("{name}.lock"));
        let packed = self.common_dir().join("packed-refs.lock");
        let path = if !own.exists() && packed.exists() { packed } else { own };
        let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let since = since.and_then(|age| i64::try_from(age.as_secs()).ok()).and_then(Timestamp::from_seconds);
        let age = since.map_or_else(String::new, |since| format!(" since {since}"));
        let holder = match holder(&path) {
            Holder::Process(id, program) => format!("; process {id} ({program}) has it open"),
            Holder::Nobody => "; no process has it open, so its creator was probably killed".to_owned(),
            Holder::Unknown => String::new(),
        };
        let text = format!("cannot move {name}: its lock file {} has been there{age}{holder}", path.display());
        Error::new(ErrorKind::Locked { path, since }, text)
    }

    /// Writes a commit by one author, and gives its id.
    pub fn write_commit(&self, tree: &ObjectId, parents: &[ObjectId], author: &Author, message: &str) -> Result<ObjectId> {
        let line = author.line();
        let mut text = format!("tree {tree}\n");
        for parent in parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str(&format!("author {line}\ncommitter {line}\n\n{}\n", message.replace('\0', "").trim_end()));
        self.write_object(ObjectKind::Commit, text.as_bytes())
    }
}

/// Who has a file open.
enum Holder {
    /// This process, running this program.
    Process(u32, String),
    /// Nobody whom we may ask about.
    Nobody,
    /// The system doesn't say.
    Unknown,
}

/// Asks the system who has a file open, where it has a `/proc` as Linux does.
///
/// It is advice for a person: a process of somebody else can't be asked, and git closes a lock before it renames it.
fn holder(path: &Path) -> Holder {
    let (Ok(path), Ok(processes)) = (path.canonicalize(), std::fs::read_dir("/proc")) else { return Holder::Unknown };
    let mut any = false;
    for process in processes.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        any = true;
        if files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|open| open == path)) {
            let program = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Holder::Process(id, program.trim().chars().filter(|c| !c.is_control()).collect());
        }
    }
    if any { Holder::Nobody } else { Holder::Unknown }
}

#[cfg(test)]
mod tests {
    use super::Durability;

    #[test]
    fn what_goes_to_the_disk_at_once_is_what_git_is_set_up_for() {
        let read = |value: &str| {
            let durability = Durability::read(value, Durability { objects: false, refs: false });
            (durability.objects, durability.refs)
        };
        assert_eq!(read(""), (false, false));
        assert_eq!(read("loose-object"), (true, false));
        assert_eq!(read("committed,-loose-object"), (false, true));
        assert_eq!(read("reference"), (false, true));
        assert_eq!(read("all"), (true, true));
        assert_eq!(read("all, none, index"), (false, false));
        assert_eq!(read("added,-reference"), (true, false));
    }
}
