//! Many clones that share at the same moment, over the network and through the server's hooks.
//!
//! It runs in a shortened form; `RELSIGN_FAULTS=whole` takes 64 clones with 20 records each, and 30 with one each.

use std::path::PathBuf;
use std::time::Instant;

use crate::sandbox::{Sandbox, ended};
use crate::servers::{Server, Way};

const TAG: &str = "v1.0.0";

/// Gives how many clones there are, and how many records each signs, for the short form or for the whole.
fn size(short: (usize, usize), whole: (usize, usize)) -> (usize, usize) {
    if std::env::var("RELSIGN_FAULTS").is_ok_and(|form| form == "whole") { whole } else { short }
}

fn many_clones_at_once(way: Way, (clones, records): (usize, usize)) {
    let sandbox = Sandbox::project();
    let items: Vec<String> = (0..records).map(|item| format!("item-{item}")).collect();
    let listed: String = items.iter().map(|item| format!("- [ ] {item} holds <!-- relsign: id={item} owner=@rita -->\n")).collect();
    sandbox.write("RELEASE.md", &format!("# Release\n\n## Before\n\n{listed}"));
    sandbox.commit("many items");
    sandbox.git(&["tag", "-a", "-m", TAG, TAG]);
    sandbox.git(&["push", "-q", "origin", "main"]);
    sandbox.relsign_as("rita", &["open", TAG]).exits(0);
    let Some(server) = Server::start(way, &sandbox) else { return };
    server.become_origin(&sandbox);
    let paths: Vec<PathBuf> = (0..clones)
        .map(|number| {
            let path = sandbox.path(&format!("clone-{number}"));
            sandbox
                .program("cp", &sandbox.path("home"), &["-a", sandbox.clone().to_str().unwrap(), path.to_str().unwrap()])
                .exits(0);
            path
        })
        .collect();
    let key = sandbox.key("rita");
    let started = Instant::now();
    std::thread::scope(|scope| {
        for path in &paths {
            let (sandbox, items, key) = (&sandbox, &items, &key);
            scope.spawn(move || {
                let mut command = sandbox.command(crate::place::program(), path);
                ended(command.arg("--key").arg(key).args(["approve", TAG]).args(items)).exits(0).says("shared with origin");
            });
        }
    });
    eprintln!("{clones} clones with {records} records each: {:.1} s", started.elapsed().as_secs_f64());
    let tree = |path: &PathBuf| sandbox.git_in(path, &["rev-parse", "refs/notes/relsign^{tree}"]);
    let shared = tree(&sandbox.server());
    let object = sandbox.git(&["rev-parse", TAG]);
    let lines = sandbox.git_in(&sandbox.server(), &["notes", "--ref=relsign", "show", &object]);
    // One line is the open record.
    assert_eq!(lines.lines().filter(|line| !line.is_empty()).count(), clones * records + 1);
    for path in &paths {
        sandbox.program(crate::place::program(), path, &["sync"]).exits(0);
        assert_eq!(tree(path), shared, "{}", path.display());
    }
    sandbox.git_in(&sandbox.server(), &["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn every_record_of_many_clones_arrives_over_http() {
    many_clones_at_once(Way::Http, size((5, 3), (64, 20)));
}

#[test]
fn every_record_of_many_clones_arrives_over_ssh() {
    many_clones_at_once(Way::Ssh, size((5, 3), (64, 20)));
}

#[test]
fn thirty_signings_at_once_all_arrive() {
    // Expected: exit 0 and shared for each, every record on the server once, and the same notes in each clone.
    many_clones_at_once(Way::File, size((6, 1), (30, 1)));
}
