//! Many clones that sign at the same moment and share with one server.

use std::path::PathBuf;

use crate::sandbox::{TAG, ended};
use crate::server::Shared;
use crate::size;

const ITEMS: usize = 20;

#[test]
fn many_clones_that_race_all_arrive_and_converge() {
    let clones = size(8, 64);
    let shared = Shared::with_items(ITEMS);
    let paths = shared.clones(clones);
    let commits = || shared.box_.git_in(&shared.server(), &["rev-list", "--count", "refs/notes/relsign"]).parse::<usize>().unwrap();
    let before = commits();
    let items: Vec<String> = (0..ITEMS).map(|item| format!("item-{item}")).collect();
    let pushes: u64 = std::thread::scope(|scope| {
        let (shared, items) = (&shared, &items);
        let running: Vec<_> = paths
            .iter()
            .map(|path| {
                scope.spawn(move || {
                    ended(shared.program(path).args(["approve", "--no-sync", TAG]).args(items)).exits(0);
                    ended(shared.program(path).args(["sync", "--json"])).exits(0).json()["pushes"].as_u64().unwrap()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // One line is the open record.
    let records = clones * ITEMS;
    let server = shared.lines(&shared.server());
    assert_eq!(server.len(), records + 1);
    let tree = shared.notes_tree(&shared.server());
    for path in &paths {
        shared.run(path, &["sync"]).exits(0);
        assert_eq!(shared.notes_tree(path), tree, "{}", path.display());
        assert_eq!(shared.lines(path), server);
    }
    shared.box_.git_in(&shared.server(), &["fsck", "--strict", "--no-dangling"]);
    // Somebody always wins, so without a storm it takes few pushes to share what each clone signed.
    eprintln!("{clones} clones: {pushes} pushes for {records} records, {:.2} a clone", pushes as f64 / clones as f64);
    // However many races a clone lost, what it shared is one commit, on top of what was there.
    assert!(commits() <= before + clones, "{} commits came from {clones} clones", commits() - before);
    assert!(pushes as usize <= 12 * clones, "{pushes} pushes were tried for {clones} clones");
}

/// A hook that took relsign's own lost race for a rewrite would end every fourth of these with 5.
#[test]
fn writers_with_the_client_hook_lose_no_race_for_good() {
    let rounds = size(8, 167);
    let shared = Shared::with_items(1);
    let paths = shared.clones(3);
    for path in &paths {
        shared.run(path, &["hook", "install"]).exits(0);
    }
    let sign = |path: &PathBuf| -> Vec<String> {
        let runs = (0..rounds).map(|_| shared.run(path, &["reject", TAG, "item-0", "--reason", "no"]));
        runs.filter(|run| run.code != 0).map(|run| run.text()).collect()
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = paths.iter().map(|path| scope.spawn(|| sign(path))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{} of {}: {}", failed.len(), 3 * rounds, failed[0]);
    assert_eq!(shared.lines(&shared.server()).len(), 3 * rounds + 1);
}
