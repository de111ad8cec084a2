//! Processes killed at random moments: whatever was reported as signed is there, and the next command works.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::{TAG, ended};
use crate::server::Shared;
use crate::size;

/// Removes the lock that a command names in its hint, as its reader would; says whether there was one.
fn obey_hint(text: &str) -> bool {
    // A command that doesn't fit behind its sentence stands in the line below.
    let on_one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((_, path)) = on_one_line.split_once("remove the lock: rm ") else { return false };
    let path = path.split(' ').next().unwrap_or_default().trim_matches(['\'', '"']);
    assert!(path.ends_with(".lock"), "{path}");
    std::fs::remove_file(path).unwrap();
    true
}

fn kill_after(mut child: Child, micros: u64) -> Option<String> {
    std::thread::sleep(Duration::from_micros(micros));
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Runs a command until it works, removing the locks that it names; gives how many that were, and how many microseconds the
/// run took that worked, and what it printed.
fn works_again(command: impl Fn() -> Command) -> (usize, u64, String) {
    for removed in 0..5 {
        let started = Instant::now();
        let run = ended(&mut command());
        if run.code == 0 {
            return (removed, u64::try_from(started.elapsed().as_micros()).unwrap(), run.stdout);
        }
        assert!(obey_hint(&run.text()), "it exits with {} and names no lock:\n{}", run.code, run.text());
    }
    panic!("it still names locks");
}

/// Gives the ids of the records that a command says it signed.
fn records_of(json: &str) -> Vec<String> {
    let signed: serde_json::Value = serde_json::from_str(json).unwrap();
    signed["records"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_that_was_reported_is_lost_when_processes_are_killed() {
    let shared = Shared::with_items(4);
    let clone = shared.clone("clone");
    let command = |sharing: bool| {
        let mut command = shared.program(&clone);
        command.args(["--json", "reject", TAG, "item-1", "--reason", "no"]).args((!sharing).then_some("--no-sync"));
        command
    };
    // How long a command takes that nobody kills, which grows with the log.
    let mut usual = [false, true].map(|sharing| works_again(|| command(sharing)).1);
    let mut reported = Vec::new();
    // A generator of our own, so that a failure can be had again.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut kills, mut locks) = (0, 0);
    for round in 0.. {
        if kills == size(40, 1000) {
            break;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let sharing = round % 3 == 0;
        let mut killed = command(sharing);
        killed.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        match kill_after(killed.spawn().unwrap(), random % (usual[usize::from(sharing)] * 5 / 4)) {
            Some(text) => reported.extend(records_of(&text)),
            None => kills += 1,
        }
        if round % 20 == 19 {
            // Sharing alone would pass by a lock on what it has no need to change.
            for sharing in [false, true] {
                let (removed, took, text) = works_again(|| command(sharing));
                reported.extend(records_of(&text));
                (locks, usual[usize::from(sharing)]) = (locks + removed, took);
            }
        }
    }
    let sync = || {
        let mut command = shared.program(&clone);
        command.arg("sync");
        command
    };
    locks += works_again(sync).0;
    shared.box_.git_in(&clone, &["fsck", "--strict", "--no-dangling"]);
    shared.box_.git_in(&shared.server(), &["fsck", "--strict", "--no-dangling"]);
    let report = ended(shared.program(&clone).args(["verify", "--json", TAG])).json();
    let here: Vec<&str> = report["records"].as_array().unwrap().iter().filter_map(|record| record["id"].as_str()).collect();
    for id in &reported {
        assert!(here.contains(&id.as_str()), "{id} was reported as signed and is gone");
    }
    assert_eq!(shared.notes_tree(&clone), shared.notes_tree(&shared.server()));
    assert!(!reported.is_empty(), "nothing was signed");
    assert_eq!(locks, 0, "a killed process left a lock that somebody had to remove");
    eprintln!("{kills} killed, {} records reported, {} there, {locks} locks were named and removed", reported.len(), here.len());
}
