//! Disks that are full or can't be written, clocks that jump, servers that go away: one clear error, the right exit
//! code, and nothing lost.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sandbox::{Run, TAG, ended};
use crate::server::Shared;

/// A small file system in memory, taken away at the end; only root may make one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new(shared: &Shared, kilobytes: u32) -> Option<Self> {
        let path = shared.box_.path("disk");
        std::fs::create_dir(&path).unwrap();
        let options = format!("size={kilobytes}k");
        let made = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&path).stderr(Stdio::null()).status();
        if made.is_ok_and(|status| status.success()) {
            return Some(Self(path));
        }
        eprintln!("skipped: a file system of our own is not here: mounting takes root");
        None
    }

    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn approve(shared: &Shared, clone: &Path, item: &str, more: &[&str]) -> Run {
    ended(shared.program(clone).args(["approve", TAG, item]).args(more))
}

/// Asserts that a failed run says one thing: a sentence that begins with `error:`, and causes and hints.
#[track_caller]
fn is_clear(run: &Run, what: &str) {
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    // A sentence may go on in the next line.
    let on_one_line = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(on_one_line.contains(what), "{what:?} is not in:\n{}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let shared = Shared::with_items(4);
    let Some(disk) = SmallDisk::new(&shared, 4096) else { return };
    let clone = shared.clone("disk/clone");
    approve(&shared, &clone, "item-0", &[]).exits(0);
    let before = shared.lines(&clone).len();
    let filler = disk.0.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[b'x'; 1024]).is_ok() {}
    drop(file);
    let run = approve(&shared, &clone, "item-1", &["--no-sync"]).exits(5);
    is_clear(&run, "No space left on device");
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(shared.lines(&clone).len(), before);
    shared.box_.git_in(&clone, &["fsck", "--strict", "--no-dangling"]);
    approve(&shared, &clone, "item-1", &[]).exits(0);
    assert_eq!(shared.lines(&shared.server()).len(), before + 1);
}

#[test]
fn a_repository_that_can_only_be_read_is_read_and_not_signed_in() {
    let shared = Shared::with_items(4);
    let Some(disk) = SmallDisk::new(&shared, 16384) else { return };
    let clone = shared.clone("disk/clone");
    disk.remount("ro");
    for args in [&["status", TAG][..], &["verify", TAG], &["log", TAG], &["report", TAG]] {
        shared.run(&clone, args).exits(0);
    }
    shared.run(&clone, &["gate", "--no-sync", TAG]).exits(1);
    is_clear(&approve(&shared, &clone, "item-1", &["--no-sync"]).exits(5), "Read-only file system");
    // The server has nothing else, which can be told without writing anything down.
    shared.run(&clone, &["gate", TAG]).exits(1);
    let other = shared.clone("other");
    approve(&shared, &other, "item-2", &[]).exits(0);
    // What it has now can't be fetched, so what is here says neither yes nor no.
    shared.run(&clone, &["gate", TAG]).exits(4).says("could not be reached");
    disk.remount("rw");
    approve(&shared, &clone, "item-1", &[]).exits(0);
}

#[test]
fn a_clock_that_jumped_back_is_told_and_loses_nothing() {
    let shared = Shared::with_items(2);
    let clone = shared.clone("clone");
    let at = |now: &str, args: &[&str]| ended(shared.program(&clone).env("RELSIGN_NOW", now).args(args));
    // A little, as clocks do that are set by a server: before the open record, by less than clocks may differ.
    at("2026-11-21T09:27:00Z", &["approve", TAG, "item-0"]).exits(0);
    let report = shared.run(&clone, &["verify", "--json", TAG]).exits(0).json();
    assert_eq!(report["items"][0]["state"], "done", "{}", report["items"][0]);
    // By hours: what is still to come by the clock here is told, and nothing is signed at a time that can't be.
    let run = at("2026-11-21T03:00:00Z", &["approve", TAG, "item-1"]).exits(4);
    is_clear(&run, "which is in the future");
    assert!(run.stderr.contains("is the clock of this machine right? It says 2026-11-21T03:00:00Z"), "{}", run.stderr);
    approve(&shared, &clone, "item-1", &[]).exits(0);
    assert_eq!(shared.lines(&shared.server()).len(), 3);
}

#[test]
fn a_server_that_refuses_is_quoted_and_what_was_signed_stays() {
    let shared = Shared::with_items(2);
    let clone = shared.clone("clone");
    let hook = shared.server().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho 'closed for stock-taking' >&2\nexit 1\n").unwrap();
    let mut mode = std::fs::metadata(&hook).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&hook, mode).unwrap();
    let run = approve(&shared, &clone, "item-0", &[]).exits(5);
    is_clear(&run, "NOT shared");
    assert!(run.stderr.contains("closed for stock-taking"), "{}", run.stderr);
    assert!(run.stderr.contains("refs/notes/relsign"), "{}", run.stderr);
    assert_eq!(shared.lines(&clone).len(), 2);
    // To say it again shares nothing new, and signs nothing twice by itself.
    shared.run(&clone, &["sync"]).exits(5);
    std::fs::remove_file(&hook).unwrap();
    shared.run(&clone, &["sync"]).exits(0);
    assert_eq!(shared.lines(&shared.server()), shared.lines(&clone));
}

#[test]
fn a_server_that_is_not_there_is_told_from_an_approval_that_is_not_there() {
    let shared = Shared::with_items(2);
    let clone = shared.clone("clone");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    shared.box_.git_in(&clone, &["remote", "set-url", "origin", &format!("git://{closed}/server.git")]);
    let run = approve(&shared, &clone, "item-0", &[]).exits(5);
    is_clear(&run, "NOT shared");
    assert!(run.stderr.contains("could not fetch from origin"), "{}", run.stderr);
    shared.run(&clone, &["status", TAG]).exits(0).says("from origin · 1 record not shared yet");
    shared.box_.git_in(&clone, &["remote", "set-url", "origin", &shared.url]);
    shared.run(&clone, &["sync"]).exits(0).says("1 record sent");
}

/// `git daemon` behind a line that is cut after so many bytes to the server.
struct CutLine {
    daemon: Child,
    url: String,
    left: Arc<AtomicUsize>,
}

impl CutLine {
    fn to(shared: &Shared) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base = shared.box_.path("");
        // The daemon itself, since ending `git` would leave it running.
        let programs = Command::new("git").arg("--exec-path").output().unwrap().stdout;
        let program = Path::new(String::from_utf8(programs).unwrap().trim()).join("git-daemon");
        let daemon = Command::new(program)
            .args(["--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1"])
            .arg(format!("--port={port}"))
            .arg(format!("--base-path={}", base.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("git://{}/server.git", listener.local_addr().unwrap());
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let limit = Arc::clone(&left);
        std::thread::spawn(move || {
            for incoming in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (back, out) = (server.try_clone().unwrap(), incoming.try_clone().unwrap());
                std::thread::spawn(move || carry(back, out, &AtomicUsize::new(usize::MAX)));
                let limit = Arc::clone(&limit);
                std::thread::spawn(move || carry(incoming, server, &limit));
            }
        });
        Self { daemon, url, left }
    }
}

impl Drop for CutLine {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Carries bytes until the limit, and then cuts both ends.
fn carry(mut from: TcpStream, mut to: TcpStream, limit: &AtomicUsize) {
    let mut carried = 0;
    let mut buffer = [0; 512];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        carried += read;
        if carried > limit.load(Ordering::Relaxed) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn a_line_cut_at_any_point_of_a_push_loses_nothing() {
    let shared = Shared::with_items(2);
    let clone = shared.clone("clone");
    let line = CutLine::to(&shared);
    shared.box_.git_in(&clone, &["remote", "set-url", "origin", &line.url]);
    shared.run(&clone, &["sync"]).exits(0);
    let mut signed = 1;
    let mut cut = 0;
    for limit in [0, 60, 200, 600, 1500, 2500, 4000] {
        line.left.store(limit, Ordering::Relaxed);
        let run = shared.run(&clone, &["reject", TAG, "item-0", "--reason", "no"]);
        assert!([0, 5].contains(&run.code), "{}", run.text());
        signed += 1;
        cut += usize::from(run.code == 5);
        if run.code == 5 {
            is_clear(&run, "NOT shared");
        }
        assert_eq!(shared.lines(&clone).len(), signed);
        shared.box_.git_in(&shared.server(), &["fsck", "--strict", "--no-dangling"]);
    }
    assert!(cut > 2, "the line was cut only {cut} times");
    line.left.store(usize::MAX, Ordering::Relaxed);
    shared.run(&clone, &["sync"]).exits(0);
    assert_eq!(shared.lines(&shared.server()), shared.lines(&clone));
}
