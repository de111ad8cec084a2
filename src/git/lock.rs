//! relsign's own lock, which the kernel takes back from a process that is killed.
//!
//! Git locks a ref by making `REF.lock`. If its maker is killed, that file stays, and everybody else waits until a person removes
//! it. So relsign moves its refs under a kernel lock on `relsign/lock`, and `REF.lock` is a second name of a file that it keeps
//! as `relsign/moving`. Whoever gets the kernel lock and finds `moving` knows that its maker is dead, and that a `REF.lock`
//! which is that very file is nobody's. While `moving` is there, no other file can have its number, so a lock of stock git is
//! never taken for one of ours.
//!
//! Where the file system has no such locks or no second names, libgit2 moves the ref as it always did.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind as IoKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::error::{Attempt, Result, if_there};
use super::refs::{Swap, pause_millis};
use super::repository::Repository;
use super::{EVIDENCE_REF, NOTES_REF, POLICY_REF, RECEIPTS_REF};
use crate::model::ids::{ObjectId, RefName};

/// How often the kernel lock is tried in a row, a few milliseconds apart: it is held for less than one.
const TRIES: u32 = 50;

/// The lock, which is free again when this is dropped.
struct Held(File);

impl Repository {
    fn own_lock(&self) -> PathBuf {
        self.own_dir().join("lock")
    }

    /// Another name of the lock of a ref that is being moved.
    fn moving(&self) -> PathBuf {
        self.own_dir().join("moving")
    }

    /// Takes the kernel lock; nothing where there can't be one, and [`Swap::Locked`] where another process keeps it.
    #[expect(clippy::disallowed_methods, reason = "it is opened, and keeps what it has")]
    fn take_lock(&self) -> Option<std::result::Result<Held, Swap>> {
        let path = self.own_lock();
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o666).open(&path);
        let file = match open() {
            Err(error) if error.kind() == IoKind::NotFound => {
                std::fs::create_dir_all(self.own_dir()).ok()?;
                open().ok()?
            }
            opened => opened.ok()?,
        };
        self.share_as_set_up(&path).ok()?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Some(Ok(Held(file))),
                Err(TryLockError::WouldBlock) => pause_millis(4),
                Err(TryLockError::Error(_)) => return None,
            }
        }
        Some(Err(Swap::Locked))
    }

    /// Removes what a process left that was killed while it moved a ref; a lock of anybody else stays.
    ///
    /// # Errors
    /// If what it left can't be removed.
    pub(super) fn clear_dead_lock(&self) -> Result<()> {
        if !self.moving().exists() {
            return Ok(());
        }
        match self.take_lock() {
            Some(Ok(mut held)) => self.clear(&mut held),
            _ => Ok(()),
        }
    }

    fn clear(&self, held: &mut Held) -> Result<()> {
        let moving = self.moving();
        let Ok(ours) = std::fs::symlink_metadata(&moving) else { return Ok(()) };
        let mut text = String::new();
        let read = held.0.rewind().and_then(|()| held.0.read_to_string(&mut text));
        let name = text.lines().nth(1).and_then(|name| name.parse::<RefName>().ok());
        if let (Ok(_), Some(name)) = (read, name) {
            let lock = self.lock_of(name.as_str());
            if std::fs::symlink_metadata(&lock).is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())) {
                remove(&lock)?;
            }
        }
        remove(&moving)
    }

    fn lock_of(&self, name: &str) -> PathBuf {
        self.common_dir().join(format!("{name}.lock"))
    }

    /// Sets a ref as [`Self::swap_ref`] does, under relsign's own lock; nothing where that can't be done, and nothing was.
    pub(super) fn swap_locked(&self, name: &str, new: &ObjectId, old: Option<&ObjectId>, reason: &str) -> Result<Option<Swap>> {
        // Whether a new name is in the way of another one is libgit2's business; of relsign's own few it is known.
        let is_known = old.is_some() || [NOTES_REF, RECEIPTS_REF, EVIDENCE_REF, POLICY_REF].contains(&name);
        if !is_known || self.symbolic_target(name)?.is_some() {
            return Ok(None);
        }
        let mut held = match self.take_lock() {
            None => return Ok(None),
            Some(Err(locked)) => return Ok(Some(locked)),
            Some(Ok(held)) => held,
        };
        self.clear(&mut held)?;
        let (lock, moving) = (self.lock_of(name), self.moving());
        match begin(&mut held, &moving, &lock, (name, new)) {
            Ok(()) => {}
            Err(error) => {
                let _ = std::fs::remove_file(&moving);
                return Ok((error.kind() == IoKind::AlreadyExists).then_some(Swap::Locked));
            }
        }
        let moved = self.resolve(name).and_then(|tip| match tip.as_ref() == old {
            true => self.finish(name, (new, old), &lock, reason),
            false => Ok(Some(Swap::Moved)),
        });
        if !matches!(moved, Ok(Some(Swap::Done))) {
            let _ = std::fs::remove_file(&lock);
        }
        let _ = std::fs::remove_file(&moving);
        moved
    }

    /// Notes the move in the reflog, where git would, and makes the lock the ref.
    fn finish(&self, name: &str, (new, old): (&ObjectId, Option<&ObjectId>), lock: &Path, reason: &str) -> Result<Option<Swap>> {
        self.share_as_set_up(lock)?;
        let log = self.common_dir().join("logs").join(name);
        let is_kept = log.is_file() || self.config_bool("core.logAllRefUpdates").unwrap_or(Some(true)).unwrap_or(!self.is_bare());
        if is_kept && (log.is_file() || name.starts_with("refs/notes/")) {
            let old = old.copied().unwrap_or_else(|| self.no_object());
            // Nobody can be named where git is not told who writes; when that was is known of the lock, which was just made.
            let (name, email) = match (self.config_string("user.name"), self.config_string("user.email")) {
                (Ok(Some(name)), Ok(Some(email))) => (name, email),
                _ => ("relsign".to_owned(), "relsign".to_owned()),
            };
            let plain = |text: &str| text.replace(['<', '>', '\n', '\0'], "").trim().to_owned();
            let (name, email) = (plain(&name), plain(&email));
            let time = std::fs::symlink_metadata(lock).map_or(0, |made| made.mtime());
            let line = format!("{old} {new} {name} <{email}> {time} +0000\t{}\n", reason.replace(['\n', '\0'], " "));
            let _ = log.parent().map(std::fs::create_dir_all);
            let written = OpenOptions::new().append(true).create(true).mode(0o666).open(&log);
            // A log that can't be written keeps nobody from signing.
            let _ = written.and_then(|mut log| log.write_all(line.as_bytes()));
        }
        Ok(std::fs::rename(lock, self.common_dir().join(name)).is_ok().then_some(Swap::Done))
    }

    /// Describes who holds relsign's own lock, where another process does.
    pub(super) fn lock_holder(&self) -> Option<String> {
        let file = File::open(self.own_lock()).ok()?;
        if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        let text = std::fs::read_to_string(self.own_lock()).ok()?;
        let who: String = text.lines().next()?.chars().filter(|c| !c.is_control()).take(200).collect();
        Some(who)
    }
}

/// Writes who holds the lock and what for, and locks the ref.
fn begin(held: &mut Held, moving: &Path, lock: &Path, (name, new): (&str, &ObjectId)) -> std::io::Result<()> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "this machine".to_owned());
    held.0.rewind()?;
    held.0.set_len(0)?;
    held.0.write_all(format!("process {} on {}\n{name}\n", std::process::id(), host.trim()).as_bytes())?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o666).open(moving)?;
    file.write_all(format!("{new}\n").as_bytes())?;
    if let Some(folder) = lock.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::hard_link(moving, lock)
}

fn remove(path: &Path) -> Result<()> {
    let removed = if_there(std::fs::remove_file(path)).map(drop);
    removed.attempt(|| format!("cannot remove {}, which a killed process left", path.display()))
}
