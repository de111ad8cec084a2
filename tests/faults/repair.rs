//! Notes that a foreign writer or a disk has damaged, put together again by `sync --repair`.

use std::path::{Path, PathBuf};

use crate::sandbox::TAG;
use crate::server::Shared;

/// A clone with three records of its own of which the server has two.
fn damaged(how: impl FnOnce(&Shared, &Path)) -> (Shared, PathBuf, Vec<String>) {
    let shared = Shared::with_items(4);
    let clone = shared.clone("clone");
    shared.run(&clone, &["approve", TAG, "item-0"]).exits(0);
    shared.run(&clone, &["approve", TAG, "item-1", "--no-sync"]).exits(0);
    shared.run(&clone, &["verify", TAG]).exits(0);
    let lines = shared.lines(&clone);
    assert_eq!(lines.len(), 3);
    how(&shared, &clone);
    (shared, clone, lines)
}

fn repaired(shared: &Shared, clone: &Path, lines: &[String]) {
    shared.run(clone, &["sync", "--repair", "--dry-run"]);
    shared.run(clone, &["sync", "--repair"]).exits(0).says("was rebuilt from");
    assert_eq!(shared.lines(clone), lines);
    shared.run(clone, &["verify", TAG]).exits(0);
    assert_eq!(shared.lines(&shared.server()), lines);
    shared.box_.git_in(clone, &["fsck", "--strict", "--no-dangling"]);
    shared.run(clone, &["sync", "--repair"]).exits(0).says("nothing to repair");
}

#[test]
fn a_ref_that_is_gone_comes_back_from_reflog_and_remote() {
    let (shared, clone, lines) = damaged(|shared, clone| {
        // Deleting a ref takes its reflog along, so the one that is kept is put back as a backup would.
        let log = clone.join(".git/logs/refs/notes/relsign");
        let kept = std::fs::read(&log).unwrap();
        shared.box_.git_in(clone, &["update-ref", "-d", "refs/notes/relsign"]);
        std::fs::create_dir_all(log.parent().unwrap()).unwrap();
        std::fs::write(log, kept).unwrap();
    });
    repaired(&shared, &clone, &lines);
}

#[test]
fn notes_that_stock_git_overwrote_come_back() {
    let (shared, clone, lines) = damaged(|shared, clone| {
        let object = shared.box_.git(&["rev-parse", TAG]);
        shared.box_.git_in(clone, &["notes", "--ref=relsign", "add", "-f", "-m", "looks good to me", &object]);
    });
    repaired(&shared, &clone, &lines);
}

#[test]
fn a_ref_that_points_at_something_else_comes_back() {
    let (shared, clone, lines) = damaged(|shared, clone| {
        shared.box_.git_in(clone, &["update-ref", "refs/notes/relsign", "main"]);
    });
    repaired(&shared, &clone, &lines);
}

#[test]
fn a_ref_whose_file_is_junk_comes_back() {
    let (shared, clone, lines) = damaged(|_, clone| {
        std::fs::write(clone.join(".git/refs/notes/relsign"), "\0\0\0\0\0\0\0").unwrap();
    });
    repaired(&shared, &clone, &lines);
}

#[test]
fn an_object_that_the_disk_corrupted_comes_back() {
    let (shared, clone, lines) = damaged(|shared, clone| {
        let object = shared.box_.git(&["rev-parse", TAG]);
        let blob = shared.box_.git_in(clone, &["notes", "--ref=relsign", "list", &object]);
        let file = clone.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
        let mut mode = std::fs::metadata(&file).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o644);
        std::fs::set_permissions(&file, mode).unwrap();
        std::fs::write(&file, "this is no object").unwrap();
    });
    // What only the damaged object held is in no other place, and this clone remembers that it had it.
    shared.run(&clone, &["sync", "--repair"]).exits(4).says("can't be found anywhere").says("was rebuilt from");
    assert_eq!(shared.lines(&clone).len(), lines.len() - 1);
    // The reflog still names the state that can't be read any more.
    shared.box_.git_in(&clone, &["fsck", "--strict", "--no-dangling", "--no-reflogs"]);
    shared.run(&clone, &["verify", TAG]).exits(4).says("record-vanished");
    shared.run(&clone, &["approve", TAG, "item-2"]).exits(0);
}

#[test]
fn a_record_by_a_key_that_is_not_known_yet_is_no_junk() {
    let (shared, clone, lines) = damaged(|shared, clone| {
        let object = shared.box_.git(&["rev-parse", TAG]);
        // A line in the right form by nobody whom the policy knows, and one in no form at all.
        let payload = shared.box_.draft_word(TAG, "eve", "item-3", "done");
        let stranger = String::from_utf8(shared.box_.sign("eve", &payload)).unwrap();
        let text = shared.box_.git_in(clone, &["notes", "--ref=relsign", "show", &object]);
        let text = format!("{text}\n{stranger}\njunk\n");
        shared.box_.git_in(clone, &["notes", "--ref=relsign", "add", "-f", "-m", &text, &object]);
    });
    shared.run(&clone, &["sync", "--repair"]).exits(0).says("1 line of junk dropped");
    assert_eq!(shared.lines(&clone).len(), lines.len() + 1);
}
