//! Bounds: what somebody without a key can push in 20 MB takes no command and no hook more memory than is promised. Each
//! attack meets a process that may not have more, so where one takes more it fails and the test with it.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::sandbox::{NOW, Run, Sandbox, Stage, TAG, ended};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";
/// The address space of a run in megabytes: 256 for what it reads, and what the program itself takes up.
const MEGABYTES: u64 = 256 + 64;

/// Says to a shell that what it starts has no more than that; the arenas of several threads would only reserve space.
fn limit() -> String {
    format!("ulimit -v {}; export MALLOC_ARENA_MAX=1", MEGABYTES * 1024)
}

/// Runs the program with no more memory than is promised.
#[track_caller]
fn bounded(box_: &Sandbox, args: &[&str]) -> Run {
    let program = box_.program();
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(format!("{} && exec \"$0\" \"$@\"", limit())).arg(program.get_program()).args(args);
    command.env_clear().current_dir(&box_.repo).stdin(Stdio::null());
    for (name, value) in program.get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    ended(&mut command)
}

/// A server whose hook has no more memory than is promised. What git compresses for it is hundreds of megabytes, so it does so
/// quickly.
fn bounded_server(stage: Stage) -> Server {
    compressing(stage, "1")
}

/// Such a server for notes of megabytes, which are not compressed at all.
fn quick_server(stage: Stage) -> Server {
    compressing(stage, "0")
}

fn compressing(stage: Stage, level: &str) -> Server {
    let server = Server::at(stage);
    for repository in [&server.path, &server.box_.repo] {
        server.box_.git_in(repository, &["config", "core.compression", level]);
    }
    let hook = server.path.join("hooks/pre-receive");
    let program = super::sandbox::place::program();
    let text = format!("#!/bin/sh\n{}\nexec '{program}' hook run pre-receive --as-of {NOW}\n", limit());
    std::fs::write(&hook, text).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    server
}

/// Puts a blob of these bytes into the notes, as the note of each object.
fn note_of(box_: &Sandbox, objects: &[String], bytes: &[u8]) {
    let blob = box_.blob(bytes);
    let mut input = format!("feature done\ncommit {NOTES}\ncommitter a <a@b> 1795161600 +0000\ndata 0\nfrom {NOTES}^0\n");
    for object in objects {
        input += &format!("M 100644 {blob} {}/{}\n", &object[..2], &object[2..]);
    }
    input += "done\n";
    box_.git_with(&["fast-import", "--quiet"], input.as_bytes());
}

/// Distinct lines as short as they may be.
fn short_lines(count: usize) -> Vec<u8> {
    let mut lines = Vec::with_capacity(8 * count);
    for number in 0..count {
        writeln!(lines, "{number:x}").unwrap();
    }
    lines
}

#[test]
fn a_note_of_millions_of_short_lines_is_not_spelled_out() {
    // Expected: too-many-lines at the door, for their bytes and for their number; exit 4, gate 4 where a note was put there by
    // hand. Without hooks `sync` goes on, only that release can't be decided, and another is shared. Before: nothing was.
    let server = quick_server(Stage::Go);
    let tag = server.box_.id(TAG);
    let before = server.box_.id(NOTES);
    note_of(&server.box_, std::slice::from_ref(&tag), &short_lines(1_100_000));
    server.refuses(&[NOTES], "too-many-lines").says("more than the 1048576 lines");
    server.box_.set_ref(NOTES, &before);
    note_of(&server.box_, std::slice::from_ref(&tag), &short_lines(5_200_000));
    server.refuses(&[NOTES], "too-many-lines").says("more than the 33554432 bytes");
    bounded(&server.box_, &["verify", TAG]).exits(4).says("too-many-lines");
    bounded(&server.box_, &["gate", "--no-sync", TAG]).exits(4).says("too-many-lines");
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    server.box_.set_ref(NOTES, &before);
    server.unhook();
    bounded(&server.box_, &["sync"]).exits(0);
    bounded(&server.box_, &["gate", TAG]).exits(4).says("too-many-lines");
    server.box_.tag("v1.1.0");
    let key = server.box_.key("rita").display().to_string();
    bounded(&server.box_, &["--key", &key, "open", "v1.1.0"]).exits(0).says("shared with origin");
    bounded(&server.box_, &["sync"]).exits(0).says("0 records received, 0 records sent");
    assert!(server.git(&["notes", "--ref=relsign", "list"]).contains(&server.box_.id("v1.1.0")));
}

#[test]
fn notes_of_many_objects_are_read_one_after_the_other() {
    // Expected: too-many-lines at the door; where a server has no hooks `sync` goes on, and what they are not on is judged as before.
    let server = quick_server(Stage::Go);
    let before = server.box_.id(NOTES);
    let objects: Vec<String> = (0..6).map(|n| format!("{n:040x}")).collect();
    note_of(&server.box_, &objects, &short_lines(900_000));
    server.refuses(&[NOTES], "too-many-lines").says("1048576 lines that are read at a time");
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    server.box_.set_ref(NOTES, &before);
    bounded(&server.box_, &["sync"]).exits(0);
    bounded(&server.box_, &["gate", "--no-sync", TAG]).exits(0);
}

/// Puts versions as large as they may be that nobody signed on top of the policy, and gives the last commit.
fn unsigned_versions(box_: &Sandbox, count: usize) -> String {
    let text = box_.policy_text();
    let tip = box_.id("refs/relsign/policy");
    let anchors = box_.git(&["rev-parse", "refs/relsign/policy:version/anchors"]);
    let records = box_.blob(b"");
    let mut input = format!("feature done\nreset refs/heads/chain\nfrom {tip}\n");
    let toml = format!("{text}{}", "#\n".repeat(125_000));
    let toml = box_.blob(toml);
    for _ in 0..count {
        input += "commit refs/heads/chain\ncommitter a <a@b> 1795161600 +0000\ndata 0\ndeleteall\n";
        input += &format!("M 100644 {records} records\nM 100644 {anchors} version/anchors\n");
        input += &format!("M 100644 {toml} version/policy.toml\n");
    }
    input += "done\n";
    box_.git_with(&["fast-import", "--quiet"], input.as_bytes());
    box_.id("refs/heads/chain")
}

#[test]
fn policy_versions_that_nobody_signed_are_not_all_read() {
    // Expected: policy-unsigned at the door, exit 3 where they lie on the ref, and `sync` leaves the remote's aside.
    let server = bounded_server(Stage::Go);
    let before = server.box_.id("refs/relsign/policy");
    let tip = unsigned_versions(&server.box_, 1200);
    server.box_.set_ref("refs/relsign/policy", &tip);
    server.refuses(&["refs/relsign/policy"], "policy-unsigned").says("version 3");
    bounded(&server.box_, &["verify", TAG]).exits(3).says("policy-unsigned");
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), "+refs/relsign/policy:refs/relsign/policy"]);
    server.box_.set_ref("refs/relsign/policy", &before);
    bounded(&server.box_, &["sync"]).says("version 3");
    bounded(&server.box_, &["gate", "--no-sync", TAG]).exits(0);
}

/// Puts commits with these messages on a branch, each on the one before, and gives the last.
fn commits(box_: &Sandbox, branch: &str, messages: impl Iterator<Item = String>) -> String {
    let mut input = format!("feature done\nreset {branch}\nfrom {}\n", box_.id("HEAD"));
    for message in messages {
        input += &format!("commit {branch}\ncommitter Dev Eloper <dev@example.com> 1795161600 +0000\n");
        input += &format!("data {}\n{message}\n", message.len());
    }
    input += "done\n";
    box_.git_with(&["fast-import", "--quiet"], input.as_bytes());
    box_.id(branch)
}

#[test]
fn commits_with_long_messages_are_not_kept() {
    // Expected: opened, within the bound: of 6,800 commits with 50,000 bytes to say each nothing is kept but who made them.
    let server = bounded_server(Stage::Begun);
    let long = "x".repeat(50_000);
    commits(&server.box_, "refs/heads/topic", (0..6_800).map(|number| format!("{number} {long}")));
    server.takes(&["refs/heads/topic"]);
    server.box_.git(&["merge", "-q", "--ff-only", "topic"]);
    server.box_.tag(TAG);
    let key = server.box_.key("rita").display().to_string();
    bounded(&server.box_, &["--key", &key, "open", TAG]).exits(0);
    bounded(&server.box_, &["verify", TAG]).exits(0);
}

#[test]
fn commits_with_makers_beyond_number_are_too_large() {
    // Expected: range-unreadable, exit 4, with the limit: forty commits that each name twenty thousand others.
    let box_ = Sandbox::at(Stage::Begun);
    let named = |commit: usize| (0..20_000).map(move |n| format!("Co-authored-by: a <{commit}.{n}@example.com>\n"));
    commits(&box_, "refs/heads/topic", (0..40).map(|commit| format!("x\n\n{}", named(commit).collect::<String>())));
    box_.git(&["merge", "-q", "--ff-only", "topic"]);
    box_.tag(TAG);
    let key = box_.key("rita").display().to_string();
    bounded(&box_, &["--key", &key, "open", TAG]).exits(4).says("range-unreadable").says("co-authors than the 64 MiB");
}

#[test]
fn a_commit_that_no_release_could_hold_is_refused_at_the_door() {
    // Expected: range-unreadable for a commit of 17 MiB, and for one without author, on any branch and below any tag; a server
    // without hooks takes it, and then `open` names the commit, exit 4.
    let server = bounded_server(Stage::Begun);
    let box_ = &server.box_;
    let head = box_.id("HEAD");
    let dev = "Dev Eloper <dev@example.com> 1795161600 +0000";
    let start = format!("tree {}\nparent {head}\n", box_.id("HEAD^{tree}"));
    let long = [format!("{start}author {dev}\ncommitter {dev}\n\n").into_bytes(), vec![b'x'; 17 << 20]].concat();
    let headless = format!("{start}committer {dev}\n\nby nobody\n").into_bytes();
    for bytes in [long, headless] {
        let bad = box_.git_with(&["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], &bytes);
        let above = format!("tree {}\nparent {bad}\nauthor {dev}\ncommitter {dev}\n\nfine\n", box_.id("HEAD^{tree}"));
        let above = box_.git_with(&["hash-object", "-t", "commit", "-w", "--stdin"], above.as_bytes());
        for place in ["refs/heads/topic", "refs/tags/light", "refs/other/x"] {
            server.refuses(&[&format!("{above}:{place}")], "range-unreadable").says(&bad);
        }
        box_.set_ref("refs/heads/main", &above);
        box_.tag(TAG);
        let key = box_.key("rita").display().to_string();
        bounded(box_, &["--key", &key, "open", TAG]).exits(4).says("range-unreadable").says(&bad).says("remove the commit");
        box_.git(&["tag", "-d", TAG]);
        box_.set_ref("refs/heads/main", &head);
    }
    server.takes(&[&format!("{head}:refs/heads/topic")]);
}

#[test]
fn a_proposal_that_cannot_be_read_stops_nobody() {
    // Expected: `sync` and `gate` go on, warn of a proposal too large to be read and of one whose tree names something twice, and
    // take over neither, on a server without hooks.
    let server = bounded_server(Stage::Go);
    let box_ = &server.box_;
    let policy = box_.id("refs/relsign/policy");
    let blob = |bytes: &[u8]| box_.blob(bytes);
    let tree = |text: &str| box_.git_with(&["mktree"], text.as_bytes());
    let (empty, huge) = (blob(b""), blob(&vec![b'#'; 17 << 20]));
    let version = tree(&format!("100644 blob {empty}\tanchors\n100644 blob {huge}\tpolicy.toml\n"));
    let large = tree(&format!("100644 blob {empty}\trecords\n040000 tree {version}\tversion\n"));
    let twice = tree(&format!("100644 blob {empty}\trecords\n040000 tree {version}\tversion\n040000 tree {large}\tversion\n"));
    for (number, whole) in [(1, large), (2, twice)] {
        let commit = box_.git(&["commit-tree", "-m", "x", "-p", &policy, &whole]);
        let there = format!("refs/relsign/proposals/{number:064x}");
        box_.set_ref("refs/heads/carry", &commit);
        server.git(&["fetch", "-q", box_.repo.to_str().unwrap(), &format!("+refs/heads/carry:{there}")]);
    }
    bounded(box_, &["sync"]).exits(0).says("can't be read and is left out");
    bounded(box_, &["gate", TAG]).exits(0);
    assert!(box_.git(&["for-each-ref", "refs/relsign/proposals"]).is_empty());
}

#[test]
fn evidence_of_zeros_is_not_unpacked_without_end() {
    // Expected: a push that would unpack to more than 1 GiB of evidence is refused before any of it is read; one of 200 MB is read
    // and refused for what it is. Before: whatever 20 MB unpack to was read.
    let server = bounded_server(Stage::Opened);
    let box_ = &server.box_;
    let tip = box_.id("refs/relsign/evidence");
    let sparse = box_.path("home/sparse");
    std::fs::File::create(&sparse).unwrap().set_len(10_000_000).unwrap();
    let blob = box_.git(&["hash-object", "-w", "--no-filters", sparse.to_str().unwrap()]);
    let list = box_.git(&["ls-tree", &tip]);
    for (pieces, code) in [(20, "evidence-changed"), (120, "more than 1024 MiB of evidence differ")] {
        let below: String = (0..pieces).map(|number| format!("100644 blob {blob}\t{number:062x}\n")).collect();
        let below = box_.git_with(&["mktree"], below.as_bytes());
        // Nothing lies below `00` yet.
        let tree = box_.git_with(&["mktree"], format!("{list}\n040000 tree {below}\t00\n").as_bytes());
        let commit = box_.git(&["commit-tree", "-m", "x", "-p", &tip, &tree]);
        let before = server.refs();
        server.push(&[&format!("{commit}:refs/relsign/evidence")]).exits(1).says(code);
        assert_eq!(server.refs(), before);
    }
}

#[test]
fn proposals_that_nobody_signed_are_bounded() {
    // Expected: too-many-proposals for 21 in one push, and for one that nobody signed where 100 wait; a signed one comes. Without
    // hooks `sync` reads 200 of 2,000 and says so, within bounds. Before: each was taken in, and read by every clone.
    let server = bounded_server(Stage::Opened);
    let box_ = &server.box_;
    let policy = box_.id("refs/relsign/policy");
    let named = |number: usize| format!("refs/relsign/proposals/{number:064x}");
    let plant = |numbers: std::ops::Range<usize>, at: &std::path::Path| {
        let orders: String = numbers.map(|number| format!("create {} {policy}\n", named(number))).collect();
        let mut command = box_.command("git", at);
        let mut child = command.args(["update-ref", "--stdin"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), orders.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    };
    server.clock(crate::sandbox::NOW);
    let pushes: Vec<String> = (0..21).map(|number| format!("{policy}:{}", named(number))).collect();
    let pushes: Vec<&str> = pushes.iter().map(String::as_str).collect();
    server.refuses(&pushes, "too-many-proposals");
    plant(0..100, &server.path);
    box_.write(".relsign/policy.toml", box_.policy_text() + "# more\n");
    let key = box_.key("max").display().to_string();
    box_.run(&["--key", &key, "policy", "propose"]).exits(5).says("too-many-proposals");
    box_.run_as("rita", &["policy", "sign"]).exits(0);
    server.unhook();
    plant(100..2100, &server.path);
    bounded(box_, &["sync"]).exits(0).says("more than 200 are new");
    bounded(box_, &["--key", &key, "mine"]).exits(0);
    assert!(box_.git(&["for-each-ref", "refs/relsign/proposals"]).lines().count() < 5);
}

#[test]
fn a_file_of_records_of_any_size_is_read_within_bounds() {
    // Expected: exit 3 with what is too large: a file beyond the limit, and one just below it of five million empty records.
    let box_ = Sandbox::at(Stage::Go);
    let file = box_.path("home/records");
    std::fs::write(&file, vec![b'A'; 115_000_000]).unwrap();
    bounded(&box_, &["import", file.to_str().unwrap()]).exits(3).says("it has more than 20971520 bytes");
    let json = format!("{{\"format\":\"relsign-records-v1\",\"records\":[{}\"\"]}}", "\"\",".repeat(4_900_000));
    let digits: String = <base64ct::Base64 as base64ct::Encoding>::encode_string(json.as_bytes());
    let text = format!("-----BEGIN RELSIGN RECORDS-----\n{digits}\n-----END RELSIGN RECORDS-----\n");
    assert!(text.len() < 20 << 20);
    std::fs::write(&file, text).unwrap();
    bounded(&box_, &["import", file.to_str().unwrap()]).exits(3).says("at most 5000");
}

#[test]
fn a_root_log_or_receipts_that_nobody_can_read_stop_no_release() {
    // Expected: too-many-lines at the door for millions of short lines in the root log and among the receipts. Without hooks
    // `sync` exits 0 and the gate stays GO; of receipts `verify` says so, exit 4, where none are here besides.
    let server = quick_server(Stage::Go);
    let box_ = &server.box_;
    let (notes, receipts) = (box_.id(NOTES), "refs/notes/relsign-receipts");
    note_of(box_, &[server.root_blob()], &short_lines(5_200_000));
    server.refuses(&[NOTES], "too-many-lines");
    server.refuses(&[&format!("{NOTES}:{receipts}")], "too-many-lines");
    server.unhook();
    server.push(&[&format!("{NOTES}:{receipts}")]).exits(0);
    box_.set_ref(NOTES, &notes);
    for _ in 0..2 {
        bounded(box_, &["sync"]).exits(0);
        bounded(box_, &["gate", TAG]).exits(0);
    }
    bounded(box_, &["verify", TAG]).exits(4).says("receipt-missing").says("more than the 33554432 bytes");
    server.push(&[&format!("{receipts}:{NOTES}")]).exits(0);
    bounded(box_, &["sync"]).exits(0);
    bounded(box_, &["gate", TAG]).exits(0);
    // Anybody can name a listed key, and of lines that do fewer are read.
    let rita = box_.fingerprint("rita");
    let line = |n: usize| crate::sandbox::envelope(format!("{n}").as_bytes(), &rita, b"x");
    let lines = (0..100_001).map(line).collect::<Vec<_>>().join(&b'\n');
    note_of(box_, &[server.root_blob()], &lines);
    let junk = box_.id(NOTES);
    box_.set_ref(NOTES, &notes);
    server.push(&[&format!("+{junk}:{receipts}"), &format!("+{notes}:{NOTES}")]).exits(0);
    bounded(box_, &["sync"]).exits(0);
    bounded(box_, &["gate", TAG]).exits(0);
    bounded(box_, &["verify", TAG]).exits(4).says("receipt-missing");
}

#[test]
fn a_file_larger_than_there_is_memory_for_is_hashed_within_bounds() {
    // Expected: exit 0 of open, verify and the door: half a megabyte of pack unpacks to 300 MB in one file.
    let server = bounded_server(Stage::Begun);
    let box_ = &server.box_;
    let data = box_.path("home/zeros");
    std::fs::File::create(&data).unwrap().set_len(300_000_000).unwrap();
    let blob = box_.git(&["-c", "core.bigFileThreshold=1m", "hash-object", "-w", "--no-filters", data.to_str().unwrap()]);
    let list = box_.git(&["ls-tree", "HEAD"]);
    let tree = box_.git_with(&["mktree"], format!("{list}\n100644 blob {blob}\tzeros\n").as_bytes());
    let commit = box_.git(&["commit-tree", "-m", "zeros", "-p", "HEAD", &tree]);
    box_.set_ref("refs/heads/main", &commit);
    box_.git(&["tag", "-a", "-m", TAG, TAG, &commit]);
    box_.git(&["repack", "-a", "-d", "-q"]);
    let key = box_.key("rita").display().to_string();
    bounded(box_, &["--key", &key, "open", TAG, "--no-sync"]).exits(0);
    std::fs::remove_file(box_.repo.join(".git/relsign/tree256")).unwrap();
    bounded(box_, &["verify", TAG]).exits(0);
    // The door reads it while it waits to be taken in.
    server.takes(&[&format!("{commit}:refs/heads/topic"), TAG, NOTES, "refs/relsign/evidence"]);
}

#[test]
fn proposals_that_only_their_own_keys_signed_are_bounded() {
    // Expected: too-many-proposals at the door, and no more than a hundred taken over from a server without hooks: a proposal lists
    // whom it likes, so that its own key has signed it says nothing.
    let server = Server::at(Stage::Begun);
    let box_ = &server.box_;
    let eve = format!(
        "[person.eve]\nemails = [\"e@example.com\"]\nroles = []\nkeys = [{{ key = \"{}\", state = \"active\" }}]\n",
        box_.public_key("eve")
    );
    let tip = box_.id("refs/relsign/policy");
    let text = box_.git(&["show", &format!("{tip}:version/policy.toml")]) + "\n";
    let head = box_.head();
    let (version, previous) = (head["version"].as_u64().unwrap() as u32 + 1, head["digest"].as_str().unwrap().to_owned());
    let mut orders = String::new();
    let mut last = String::new();
    for number in 0..110 {
        let text = format!("{text}{eve}# {number}\n");
        let digest = crate::sandbox::policy_digest(&text, "");
        let line = box_.sign("eve", &box_.draft_step("eve", version, &digest, Some(&previous)));
        let commit = box_.policy_commit(None, &text, "", &[line]);
        if number == 109 {
            last = format!("{commit}:refs/relsign/proposals/{digest}");
            break;
        }
        orders += &format!("create refs/relsign/proposals/{digest} {commit}\n");
    }
    box_.git_with(&["update-ref", "--stdin"], orders.as_bytes());
    let all = "refs/relsign/proposals/*:refs/relsign/proposals/*";
    server.git(&["fetch", "-q", box_.repo.to_str().unwrap(), all]);
    server.refuses(&[&last], "too-many-proposals");
    let gone = orders.replace("create ", "delete ");
    box_.git_with(&["update-ref", "--stdin"], gone.as_bytes());
    server.unhook();
    box_.run(&["sync"]).exits(0);
    let kept = box_.git(&["for-each-ref", "refs/relsign/proposals"]).lines().count();
    assert!(kept <= 100, "{kept} were taken over");
}

#[test]
fn a_proposal_of_a_million_lines_is_read_within_bounds() {
    // Expected: refused at the door, and `sync` and `mine` go on within bounds where a server without hooks has it.
    let server = bounded_server(Stage::Go);
    let box_ = &server.box_;
    let tip = box_.id("refs/relsign/policy");
    let text = box_.git(&["show", &format!("{tip}:version/policy.toml")]) + "\n# more\n";
    let digest = crate::sandbox::policy_digest(&text, "");
    let commit = box_.policy_commit(None, &text, "", &[short_lines(2_000_000)]);
    let name = format!("refs/relsign/proposals/{digest}");
    let before = server.refs();
    server.push(&[&format!("{commit}:{name}")]).exits(1).says("remote: relsign: push");
    assert_eq!(server.refs(), before);
    box_.set_ref("refs/heads/carry", &commit);
    server.git(&["fetch", "-q", box_.repo.to_str().unwrap(), &format!("+refs/heads/carry:{name}")]);
    server.unhook();
    bounded(box_, &["sync"]).exits(0);
    bounded(box_, &["gate", TAG]).exits(0);
    let key = box_.key("max").display().to_string();
    bounded(box_, &["--key", &key, "mine"]).exits(0);
}

#[test]
fn chains_of_roots_that_no_policy_names_are_not_taken_over() {
    // Expected: exit 0 of `sync` and none of 500 such chains here, on a server without hooks: none ever goes again, and each clone
    // would share them with all others.
    let server = Server::at(Stage::Begun);
    let box_ = &server.box_;
    let policy = box_.id("refs/relsign/policy");
    let orders: String = (0..500).map(|number| format!("create refs/relsign/former/{number:064x} {policy}\n")).collect();
    server.unhook();
    box_.git_with(&["--git-dir", server.path.to_str().unwrap(), "update-ref", "--stdin"], orders.as_bytes());
    box_.run(&["sync"]).exits(0);
    assert!(box_.git(&["for-each-ref", "refs/relsign/former"]).is_empty());
}
