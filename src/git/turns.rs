//! Taking turns: those who share with one remote from one machine do it one after the other, and for each other.
//!
//! Sharing is optimistic: of all who fetch, merge and push at the same moment one gets through. Between machines nothing
//! better is to be had without a server that knows relsign, but on one machine, where a build farm may run dozens of clones,
//! the kernel can keep the order. Who waits leaves the lines that it has to share, and whoever has the turn pushes them along
//! with its own. A turn is only a courtesy: whoever can't have one, or waits too long for somebody who hangs, goes on without,
//! and everybody sees for themselves whether the remote has what they signed.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::notes::Lines;
use crate::model::ids::ObjectId;

/// How long one holder of the turn is waited for, in milliseconds: much longer than sharing takes where nothing hangs.
const PATIENCE: u64 = 10_000;
/// The shortest pause between two looks at whose turn it is, in milliseconds; the longest is three times as long.
const LOOK: u64 = 2;
/// How many bytes of lines are left for somebody else to push; who has more pushes them.
const MOST_LEFT: u64 = 1 << 20;
/// How many of those who wait are pushed for at once.
const MOST_CARRIED: usize = 256;

/// Lines to be shared, by the object in whose note they go.
pub type Load = BTreeMap<ObjectId, Lines>;

/// How waiting for the turn ended.
#[derive(Debug, Default)]
pub enum Waited {
    /// There is nothing to wait for, or nothing to wait with.
    #[default]
    Not,
    /// It is the caller's turn, or the caller has lost patience.
    Turn(Turn),
    /// Somebody else has pushed what the caller left.
    Carried,
}

impl Waited {
    /// Says whether somebody else was first, so that what was fetched before may be old.
    pub fn others_first(&self) -> bool {
        match self {
            Self::Not => false,
            Self::Turn(turn) => turn.waited,
            Self::Carried => true,
        }
    }
}

/// The turn to share with a remote, until it is dropped.
#[derive(Debug, Default)]
pub struct Turn {
    /// The kernel takes the lock back with the file, however its holder ends.
    lock: Option<File>,
    /// Where the others leave what they have to share.
    place: PathBuf,
    waited: bool,
}

impl Turn {
    /// Waits for the turn to share with the remote at `url`, and leaves `load` for whoever has it meanwhile.
    ///
    /// `folder` is the user's own, and is made where it is not there. One that others may write to is not used: what lies
    /// in it is pushed with the user's rights.
    pub fn take(folder: &Path, url: &str, load: Option<&Load>) -> Waited {
        let Some((mut file, place)) = open(folder, url) else { return Waited::Not };
        let mut turn = Self { lock: None, place, waited: false };
        let (mut patience, mut holder, mut left) = (PATIENCE, None, None);
        loop {
            match file.try_lock() {
                Ok(()) => {
                    sign(&mut file);
                    turn.lock = Some(file);
                    break;
                }
                Err(TryLockError::WouldBlock) if !turn.waited => {
                    turn.waited = true;
                    left = load.and_then(|load| Left::leave(&turn.place, load));
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => break,
            }
            if left.as_ref().is_some_and(|left: &Left| !left.path.exists()) {
                return Waited::Carried;
            }
            let now = read(&mut file);
            if holder != now {
                (patience, holder) = (PATIENCE, now);
            }
            let millis = LOOK + getrandom::u64().unwrap_or_default() % (2 * LOOK + 1);
            let Some(less) = patience.checked_sub(millis) else { break };
            patience = less;
            std::thread::sleep(Duration::from_millis(millis));
        }
        match left {
            Some(left) if std::fs::remove_file(&left.path).is_err() => Waited::Carried,
            _ => Waited::Turn(turn),
        }
    }

    /// Gives what those who wait have left; whoever pushes it says so with [`Self::carried`].
    ///
    /// What can't be read is none: its owner waits for the turn.
    pub fn left(&self) -> Vec<(PathBuf, Load)> {
        // The turn was signed a moment ago, so its file tells the time by the same clock as theirs.
        let Some(now) = self.lock.as_ref().and_then(|lock| lock.metadata().ok()?.modified().ok()) else { return Vec::new() };
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(&self.place).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "left"));
        paths.sort();
        paths.truncate(MOST_CARRIED);
        paths.into_iter().filter_map(|path| Some((path.clone(), load(&path, now)?))).collect()
    }

    /// Tells those who wait that what they left is on the remote.
    pub fn carried<'a>(&self, paths: impl Iterator<Item = &'a PathBuf>) {
        for path in paths {
            // Its owner may have lost patience just now, and pushes it again to no effect.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What somebody who waits has left, until it is taken back.
struct Left {
    path: PathBuf,
}

impl Left {
    fn leave(place: &Path, load: &Load) -> Option<Self> {
        let lines = |lines: &Lines| lines.iter().map(|line| String::from_utf8(line.clone()).ok()).collect::<Option<Vec<_>>>();
        let text = load.iter().map(|(object, of)| Some((object.to_string(), lines(of)?))).collect::<Option<BTreeMap<_, _>>>()?;
        let bytes = serde_json::to_vec(&text).ok()?;
        if bytes.len() as u64 > MOST_LEFT {
            return None;
        }
        let mut file = tempfile::Builder::new().suffix(".making").tempfile_in(place).ok()?;
        file.write_all(&bytes).ok()?;
        // It appears whole or not at all.
        let path = file.path().with_extension("left");
        file.persist_noclobber(&path).ok()?;
        Some(Self { path })
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Reads what somebody left. What a process left that was killed while it waited is too old to be pushed for anybody, and goes.
fn load(path: &Path, now: SystemTime) -> Option<Load> {
    let found = std::fs::symlink_metadata(path).ok()?;
    if !found.is_file() || found.len() > MOST_LEFT {
        return None;
    }
    if now.duration_since(found.modified().ok()?).is_ok_and(|age| age > Duration::from_millis(6 * PATIENCE)) {
        let _ = std::fs::remove_file(path);
        return None;
    }
    let read: BTreeMap<String, Vec<String>> = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let lines = |lines: Vec<String>| lines.into_iter().map(String::into_bytes).collect::<Lines>();
    read.into_iter().map(|(object, of)| Some((object.parse().ok()?, lines(of)))).collect()
}

/// Opens the file whose lock is the turn, of which nothing is ever cut off, and gives the folder beside it for what is left.
#[expect(clippy::disallowed_methods, reason = "it says that nothing is cut off")]
fn open(folder: &Path, url: &str) -> Option<(File, PathBuf)> {
    let place = folder.join(format!("{}.turns", &super::evidence::sha256(url.as_bytes()).to_string()[..16]));
    let mut directory = std::fs::DirBuilder::new();
    directory.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory.create(&place).ok()?;
    let file = File::options().read(true).write(true).create(true).truncate(false).open(place.join("turn")).ok()?;
    is_private(&place, &file).then_some((file, place))
}

/// Says whether nobody but the user may write to a folder: it has the owner of a file that was made in it, and no other writers.
#[cfg(unix)]
fn is_private(place: &Path, _: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(probe) = tempfile::tempfile_in(place) else { return false };
    match (std::fs::symlink_metadata(place), probe.metadata()) {
        (Ok(folder), Ok(own)) => folder.is_dir() && folder.uid() == own.uid() && folder.mode() & 0o022 == 0,
        _ => false,
    }
}

/// Elsewhere the user's folder is believed to be the user's own.
#[cfg(not(unix))]
fn is_private(_: &Path, _: &File) -> bool {
    true
}

/// Marks the turn as another one than the last, so that those who wait see that it goes on.
fn sign(file: &mut File) {
    let mark = getrandom::u64().unwrap_or_default().to_be_bytes();
    // If it can't be written, those who wait lose patience earlier.
    let _ = file.rewind().and_then(|()| file.write_all(&mark));
}

fn read(file: &mut File) -> Option<[u8; 8]> {
    let mut mark = [0; 8];
    file.rewind().and_then(|()| file.read_exact(&mut mark)).ok().map(|()| mark)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests build what they look at")]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{Load, Turn, Waited};

    fn some_load() -> Load {
        Load::from([("1".repeat(40).parse().unwrap(), [b"a line".to_vec()].into())])
    }

    #[test]
    fn one_at_a_time_for_a_remote_and_side_by_side_for_two() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("made/when/needed");
        let (inside, waited) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let turn = Turn::take(&here, "ssh://one", None);
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two had the turn");
                    let other = Turn::take(&here, &format!("ssh://{:?}", std::thread::current().id()), None);
                    assert!(!other.others_first(), "another remote had to wait");
                    std::thread::sleep(Duration::from_millis(5));
                    inside.fetch_sub(1, Ordering::SeqCst);
                    waited.fetch_add(usize::from(turn.others_first()), Ordering::SeqCst);
                });
            }
        });
        assert!(waited.load(Ordering::SeqCst) >= 1, "nobody noticed that somebody else was first");
    }

    #[test]
    fn what_is_left_is_carried_once_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let Waited::Turn(turn) = Turn::take(folder.path(), "ssh://one", None) else { panic!("no turn") };
        let load = some_load();
        std::thread::scope(|scope| {
            let carried = scope.spawn(|| matches!(Turn::take(folder.path(), "ssh://one", Some(&load)), Waited::Carried));
            let left = loop {
                let left = turn.left();
                if !left.is_empty() {
                    break left;
                }
                std::thread::sleep(Duration::from_millis(1));
            };
            assert_eq!(left.iter().map(|(_, load)| load).collect::<Vec<_>>(), [&load]);
            turn.carried(left.iter().map(|(path, _)| path));
            assert!(carried.join().unwrap());
            // Who gets the turn takes back what it left.
            let waiting = scope.spawn(|| matches!(Turn::take(folder.path(), "ssh://one", Some(&load)), Waited::Turn(_)));
            while turn.left().is_empty() {
                std::thread::sleep(Duration::from_millis(1));
            }
            drop(turn);
            assert!(waiting.join().unwrap());
        });
        let Waited::Turn(turn) = Turn::take(folder.path(), "ssh://one", None) else { panic!("no turn") };
        assert!(turn.left().is_empty());
    }

    #[test]
    fn who_can_have_no_turn_goes_on_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(Turn::take(&file.join("below"), "ssh://one", None), Waited::Not));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let Waited::Turn(turn) = Turn::take(folder.path(), "ssh://one", None) else { panic!("no turn") };
        std::fs::set_permissions(&turn.place, std::fs::Permissions::from_mode(0o777)).unwrap();
        drop(turn);
        assert!(matches!(Turn::take(folder.path(), "ssh://one", None), Waited::Not));
    }
}
