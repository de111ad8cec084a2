//! What a killed process leaves is removed by the next one, and what stock git holds never is.

use std::fs;

use relsign::git::NOTES_REF;
use relsign::git::refs::Swap;

use crate::support::{Sandbox, git};

#[test]
fn the_lock_of_a_dead_process_is_removed_and_that_of_stock_git_stays() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("one", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    let path = sandbox.path("one");
    git(&path, &["commit", "-q", "--allow-empty", "-m", "second"]);
    let next = repository.head_commit().unwrap().unwrap();
    assert_eq!(repository.swap_ref(NOTES_REF, &head, None, "first").unwrap(), Swap::Done);
    let (own, lock) = (path.join(".git/relsign"), path.join(".git/refs/notes/relsign.lock"));
    // As a process leaves it that is killed before it makes the lock the ref.
    let die = |name: &str| {
        fs::write(own.join("lock"), format!("process 1 on elsewhere\n{name}\n")).unwrap();
        fs::write(own.join("moving"), format!("{next}\n")).unwrap();
    };
    die(NOTES_REF);
    fs::hard_link(own.join("moving"), &lock).unwrap();
    assert_eq!(repository.swap_ref(NOTES_REF, &next, Some(&head), "second").unwrap(), Swap::Done);
    assert!(!lock.exists() && !own.join("moving").exists());
    assert_eq!(git(&path, &["rev-parse", NOTES_REF]), next.to_string());
    assert_eq!(git(&path, &["log", "-g", "--format=%gs", NOTES_REF]), "second\nfirst");
    // A lock of the same text that is another file is somebody's who may live.
    die(NOTES_REF);
    fs::write(&lock, format!("{next}\n")).unwrap();
    assert_eq!(repository.swap_ref(NOTES_REF, &head, Some(&next), "third").unwrap(), Swap::Locked);
    assert!(lock.exists() && !own.join("moving").exists());
    fs::remove_file(&lock).unwrap();
    // So is one that lies where a name leads out of the refs.
    die("refs/../../HEAD");
    fs::hard_link(own.join("moving"), path.join(".git/HEAD.lock")).unwrap();
    assert_eq!(repository.swap_ref(NOTES_REF, &head, Some(&next), "fourth").unwrap(), Swap::Done);
    assert!(path.join(".git/HEAD.lock").exists());
    // The kernel's lock is held as long as its holder lives, and no longer.
    let held = fs::File::open(own.join("lock")).unwrap();
    held.lock().unwrap();
    assert_eq!(repository.swap_ref(NOTES_REF, &next, Some(&head), "fifth").unwrap(), Swap::Locked);
    drop(held);
    assert_eq!(repository.swap_ref(NOTES_REF, &next, Some(&head), "sixth").unwrap(), Swap::Done);
    // A ref that is only packed moves too, and one that moved is not overwritten.
    git(&path, &["pack-refs", "--all", "--prune"]);
    assert_eq!(repository.swap_ref(NOTES_REF, &head, Some(&next), "seventh").unwrap(), Swap::Done);
    assert_eq!(repository.swap_ref(NOTES_REF, &head, Some(&next), "eighth").unwrap(), Swap::Moved);
    git(&path, &["fsck", "--strict"]);
}
