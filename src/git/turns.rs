//! Taking turns: those who share with one remote from one machine do it one after the other.
//!
//! Sharing is optimistic: of all who fetch, merge and push at the same moment one gets through. Between machines nothing
//! better is to be had without a server that knows relsign, but on one machine, where a build farm may run dozens of clones,
//! the kernel can keep the order. A turn is only a courtesy: whoever can't have one, or waits too long for somebody who
//! hangs, goes on without, and nothing but the number of pushes depends on it.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

/// How long one holder of the turn is waited for, in milliseconds: much longer than sharing takes where nothing hangs.
const PATIENCE: u64 = 10_000;
/// The shortest pause between two looks at whose turn it is, in milliseconds; the longest is three times as long.
const LOOK: u64 = 2;

/// The turn to share with a remote, until it is dropped.
#[derive(Debug, Default)]
pub struct Turn {
    /// The kernel takes the lock back with the file, however its holder ends.
    lock: Option<File>,
    /// Whether somebody else had the turn first, so that what was fetched before may be old.
    pub waited: bool,
}

impl Turn {
    /// Waits for the turn to share with the remote at `url`; `folder` is the user's own, and is made where it is not there.
    pub fn take(folder: &Path, url: &str) -> Self {
        let mut turn = Self::default();
        let Some(mut file) = open(folder, url) else { return turn };
        let (mut patience, mut holder) = (PATIENCE, None);
        loop {
            match file.try_lock() {
                Ok(()) => {
                    sign(&mut file);
                    turn.lock = Some(file);
                    return turn;
                }
                Err(TryLockError::WouldBlock) => turn.waited = true,
                Err(TryLockError::Error(_)) => return turn,
            }
            let now = read(&mut file);
            if holder != now {
                (patience, holder) = (PATIENCE, now);
            }
            let millis = LOOK + getrandom::u64().unwrap_or_default() % (2 * LOOK + 1);
            let Some(left) = patience.checked_sub(millis) else { return turn };
            patience = left;
            std::thread::sleep(Duration::from_millis(millis));
        }
    }
}

fn open(folder: &Path, url: &str) -> Option<File> {
    let mut directory = std::fs::DirBuilder::new();
    directory.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory.create(folder).ok()?;
    let name = format!("{}.turn", &super::evidence::sha256(url.as_bytes()).to_string()[..16]);
    File::options().read(true).write(true).create(true).truncate(false).open(folder.join(name)).ok()
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
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Turn;

    #[test]
    fn one_at_a_time_for_a_remote_and_side_by_side_for_two() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("made/when/needed");
        let (inside, waited) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let turn = Turn::take(&here, "ssh://one");
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two had the turn");
                    let other = Turn::take(&here, &format!("ssh://{:?}", std::thread::current().id()));
                    assert!(!other.waited, "another remote had to wait");
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    inside.fetch_sub(1, Ordering::SeqCst);
                    waited.fetch_add(usize::from(turn.waited), Ordering::SeqCst);
                });
            }
        });
        assert!(waited.load(Ordering::SeqCst) >= 1, "nobody noticed that somebody else was first");
    }

    #[test]
    fn who_can_have_no_turn_goes_on_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file");
        std::fs::write(&file, "").unwrap();
        let turn = Turn::take(&file.join("below"), "ssh://one");
        assert!(turn.lock.is_none() && !turn.waited);
    }
}
