//! Files that relsign rewrites keep their mode, their owner and the links that lead to them, as with `git config`.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::sandbox::{Sandbox, Stage, TAG, ended};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The configuration of the repository, as a command that writes it leaves it.
fn config(box_: &Sandbox) -> PathBuf {
    box_.repo.join(".git/config")
}

/// Everything that writes into the configuration of a repository.
fn writers(box_: &Sandbox) -> Vec<(&'static str, Vec<String>)> {
    let root = format!("SHA256:{}", box_.root());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    vec![("trust", words(&["trust", &root])), ("init", words(&["init", "--yes"]))]
}

#[test]
fn the_configuration_keeps_its_mode() {
    for wanted in [0o600, 0o640, 0o664, 0o644, 0o660] {
        let box_ = Sandbox::at(Stage::Opened);
        box_.git(&["remote", "add", "origin", "https://user:token@example.com/x.git"]);
        let root = box_.root();
        for (what, args) in writers(&box_) {
            if what == "trust" {
                box_.git(&["config", "--unset-all", "relsign.root"]);
            } else {
                box_.git(&["config", "--unset-all", "notes.relsign.mergeStrategy"]);
            }
            set(&config(&box_), wanted);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            box_.run_as("rita", &args).exits(0);
            assert_eq!(mode(&config(&box_)), wanted, "{what} of {wanted:o}");
        }
        assert_eq!(box_.git(&["config", "notes.relsign.mergeStrategy"]), "cat_sort_uniq");
        assert_eq!(box_.git(&["config", "--get-all", "relsign.root"]), format!("SHA256:{root}"));
    }
}

#[test]
fn a_configuration_that_is_a_link_stays_one() {
    let box_ = Sandbox::at(Stage::Opened);
    let elsewhere = box_.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let real = elsewhere.join("config");
    std::fs::rename(config(&box_), &real).unwrap();
    symlink(&real, config(&box_)).unwrap();
    set(&real, 0o600);
    for (what, args) in writers(&box_) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        box_.run_as("rita", &args).exits(0);
        assert_eq!(std::fs::read_link(config(&box_)).unwrap(), real, "{what}");
        assert_eq!(mode(&real), 0o600, "{what}");
    }
    assert!(std::fs::read_to_string(&real).unwrap().contains("root = SHA256:"));
}

#[test]
fn a_lock_on_the_configuration_is_told() {
    let box_ = Sandbox::at(Stage::Opened);
    std::fs::write(box_.repo.join(".git/config.lock"), "").unwrap();
    let before = std::fs::read(config(&box_)).unwrap();
    let root = format!("SHA256:{}", box_.root());
    box_.run_as("rita", &["trust", &root]).exits(5).says("config");
    assert_eq!(std::fs::read(config(&box_)).unwrap(), before);
}

#[test]
fn an_owner_that_is_not_who_runs_it_keeps_what_is_theirs() {
    let box_ = Sandbox::at(Stage::Opened);
    let probe = box_.path("probe");
    std::fs::write(&probe, "").unwrap();
    if std::os::unix::fs::chown(&probe, Some(1234), Some(1235)).is_err() {
        eprintln!("skipped: only an administrator can see who owns what they rewrote");
        return;
    }
    let policy = box_.repo.join(".relsign/policy.toml");
    for path in [&config(&box_), &policy] {
        std::os::unix::fs::chown(path, Some(1234), Some(1235)).unwrap();
        set(path, 0o640);
    }
    let root = format!("SHA256:{}", box_.root());
    box_.run_as("rita", &["trust", &root]).exits(0);
    box_.run_as("rita", &["person", "add", "@zoe", "--email", "zoe@example.com", "--public-key", &box_.public_key("eve")]).exits(0);
    for path in [&config(&box_), &policy] {
        let data = std::fs::metadata(path).unwrap();
        assert_eq!((data.uid(), data.gid(), data.mode() & 0o7777), (1234, 1235, 0o640), "{}", path.display());
    }
}

#[test]
fn the_policy_keeps_its_mode() {
    for wanted in [0o600, 0o664, 0o640] {
        let box_ = Sandbox::at(Stage::Opened);
        let policy = box_.repo.join(".relsign/policy.toml");
        set(&policy, wanted);
        box_.run_as("rita", &["person", "add", "@zoe", "--email", "zoe@example.com", "--public-key", &box_.public_key("eve")])
            .exits(0)
            .says("added");
        assert_eq!(mode(&policy), wanted);
    }
    let box_ = Sandbox::at(Stage::Opened);
    let policy = box_.repo.join(".relsign/policy.toml");
    set(&policy, 0o600);
    box_.run_as("rita", &["init", "--new-root", "--yes"]).exits(0);
    assert_eq!(mode(&policy), 0o600);
    // Somebody's umask is for new files.
    let box_ = Sandbox::empty();
    let fresh = box_.path("fresh");
    box_.init_repository(&fresh);
    let line = format!("umask 027; exec {} init --preset solo --yes", super::sandbox::place::program());
    ended(box_.command("sh", &fresh).args(["-c", &line])).exits(0);
    assert_eq!(mode(&fresh.join(".relsign/policy.toml")), 0o640);
    // But git passes over a hook that it may not run, and nobody would hear of it.
    assert_eq!(mode(&fresh.join(".git/hooks/pre-push")), 0o755);
}

#[test]
fn files_that_are_written_over_keep_their_mode_and_their_links() {
    let box_ = Sandbox::at(Stage::Go);
    let real = box_.path("real.html");
    std::fs::write(&real, "old").unwrap();
    set(&real, 0o600);
    let link = box_.path("link.html");
    symlink(&real, &link).unwrap();
    box_.run(&["report", TAG, "--format", "html", "-o", link.to_str().unwrap()]).exits(0);
    assert_eq!(std::fs::read_link(&link).unwrap(), real);
    assert_eq!(mode(&real), 0o600);
    assert!(std::fs::read_to_string(&real).unwrap().contains("<html"));
    box_.run(&["report", TAG, "-o", "/dev/null"]).exits(0);
    let calendar = box_.path("freezes.ics");
    std::fs::write(&calendar, "old").unwrap();
    set(&calendar, 0o664);
    box_.run(&["freeze", "export", "-o", calendar.to_str().unwrap()]).exits(0);
    assert_eq!(mode(&calendar), 0o664);
}

#[test]
fn what_lies_in_the_git_directory_is_shared_as_git_shares_it() {
    for (shared, dir, file) in [("group", 0o2770, 0o660), ("all", 0o2775, 0o664), ("0640", 0o2750, 0o640)] {
        let box_ = Sandbox::at(Stage::Opened);
        let server = box_.path("server.git");
        box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
        box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
        box_.git(&["push", "-q", "origin", "main", TAG]);
        box_.git(&["config", "core.sharedRepository", shared]);
        let git = box_.repo.join(".git");
        let _ = std::fs::remove_dir_all(git.join("relsign"));
        // What git itself makes is what everything else is held to.
        let run = |who: &str, words: &str| {
            let key = box_.key(who);
            let line = format!("umask 077; exec {} --key {} {words}", super::sandbox::place::program(), key.display());
            ended(box_.command("sh", &box_.repo).args(["-c", &line])).exits(0)
        };
        box_.git(&["config", "core.logAllRefUpdates", "always"]);
        let before = files(&git);
        run("ann", &format!("approve {TAG} tests"));
        let mut new = 0;
        for path in files(&git).into_iter().filter(|path| !before.contains(path)) {
            let data = std::fs::symlink_metadata(&path).unwrap();
            let is_object = path.strip_prefix(&git).unwrap().starts_with("objects");
            let wanted = match (data.is_dir(), is_object) {
                (true, _) => dir,
                (false, true) => file & 0o444,
                (false, false) => file,
            };
            assert_eq!(data.mode() & 0o7777, wanted, "{shared}: {}", path.display());
            new += 1;
        }
        assert!(new > 5, "{new}");
        // What was there and was written anew.
        assert_eq!(mode(&git.join("refs/notes/relsign")), file, "{shared}");
    }
}

/// What the hooks of a server write, whoever pushes with whatever umask: receipts, refs, and what it has seen.
#[test]
fn what_the_hooks_of_a_server_write_is_shared_too() {
    let box_ = Sandbox::at(Stage::Begun);
    let policy = box_.repo.join(".relsign/policy.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    box_.write(".relsign/policy.toml", text.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]"));
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "--shared=group", "-b", "main", server.to_str().unwrap()]);
    let on_server = |args: &[&str]| ended(box_.program().current_dir(&server).args(args)).exits(0);
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main"]);
    on_server(&["trust", &box_.git(&["config", "relsign.root"])]);
    on_server(&["hook", "install", "--server"]);
    box_.git_in(&server, &["config", "relsign.witnesskey", box_.key("ci").to_str().unwrap()]);
    box_.git_in(&server, &["config", "core.logAllRefUpdates", "always"]);
    let before = files(&server);
    box_.tag(TAG);
    let relsign = |who: &str, words: &str| {
        let line = format!("umask 077; exec {} --key {} {words}", super::sandbox::place::program(), box_.key(who).display());
        ended(box_.command("sh", &box_.repo).env_remove("RELSIGN_NOW").args(["-c", &line])).exits(0);
    };
    relsign("rita", &format!("open {TAG}"));
    relsign("ann", &format!("approve {TAG} tests"));
    assert_ne!(box_.git_in(&server, &["for-each-ref", "refs/notes/relsign-receipts"]), "");
    let new: Vec<PathBuf> = files(&server).into_iter().filter(|path| !before.contains(path)).collect();
    assert!(new.iter().any(|path| path.ends_with("logs/refs/notes/relsign-receipts")));
    for path in new {
        let (data, is_object) = (std::fs::symlink_metadata(&path).unwrap(), path.starts_with(server.join("objects")));
        let wanted = match (data.is_dir(), is_object) {
            (true, _) => 0o2770,
            (false, true) => 0o440,
            (false, false) => 0o660,
        };
        assert_eq!(data.mode() & 0o7777, wanted, "{}", path.display());
    }
}

/// Gives every file and directory below one.
fn files(top: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            all.push(path);
        }
    }
    all
}
