//! Litter: what is no record and no note, pushed into relsign's own refs past the client, so that readers stumble over it.

use serde_json::{Value, json};

use crate::blob::{Blob, secret_of};
use crate::sandbox::{Stage, TAG, envelope, pae};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";
const RECEIPTS: &str = "refs/notes/relsign-receipts";

/// Writes a commit on top of `tip` whose tree has these entries besides: `MODE ID<tab>PATH`, as git lists them.
pub(crate) fn on_top(server: &Server, tip: &str, entries: &[String]) -> String {
    let listed = server.box_.git(&["ls-tree", "-r", "-t", tip]);
    let files: Vec<&str> = listed.lines().filter(|line| !line.starts_with("040000")).collect();
    let mut lines: Vec<String> = files.iter().map(|line| line.replacen(" blob ", " ", 1)).collect();
    lines.extend(entries.iter().cloned());
    let tree = write_tree(server, &lines);
    server.box_.git(&["commit-tree", "-m", "x", "-p", tip, &tree])
}

/// Writes a tree of `MODE ID<tab>PATH` lines as it stands, whatever git thinks of its names.
fn write_tree(server: &Server, lines: &[String]) -> String {
    let mut below: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for line in lines {
        let (what, path) = line.split_once('\t').unwrap();
        match path.split_once('/') {
            Some((directory, rest)) => below.entry(directory.to_owned()).or_default().push(format!("{what}\t{rest}")),
            None => {
                let (mode, id) = what.split_once(' ').unwrap();
                entries.push((path.to_owned(), mode.to_owned(), id.to_owned()));
            }
        }
    }
    for (name, lines) in below {
        entries.push((name, "40000".to_owned(), write_tree(server, &lines)));
    }
    entries.sort_by_key(|(name, mode, _)| if mode == "40000" { format!("{name}/") } else { name.clone() });
    let mut bytes = Vec::new();
    for (name, mode, id) in entries {
        bytes.extend(format!("{mode} {name}\0").into_bytes());
        bytes.extend((0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
    }
    server.box_.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &bytes)
}

fn blob(server: &Server, bytes: &[u8]) -> String {
    server.box_.blob(bytes)
}

/// What is no note, by what it is.
fn litter(server: &Server) -> Vec<(&'static str, Vec<String>)> {
    let (word, nothing, blank) = (blob(server, b"word\n"), blob(server, b""), blob(server, b"\n\n\n"));
    let commit = server.box_.id("HEAD");
    let real = blob(server, &server.box_.note(&server.box_.id(TAG)));
    let free = "ab".repeat(20);
    let split = format!("{}/{}", &free[..2], &free[2..]);
    let file = |mode: &str, id: &str, path: &str| vec![format!("{mode} {id}\t{path}")];
    vec![
        ("a file of another name", file("100644", &word, "README")),
        ("one in a fan-out", file("100644", &word, "ab/README")),
        ("an id cut short", file("100644", &word, &free[..39])),
        ("an id too long", file("100644", &word, &format!("{free}a"))),
        ("capitals", file("100644", &word, &free.to_uppercase())),
        ("a fan-out by three digits", file("100644", &word, &format!("{}/{}", &free[..3], &free[3..]))),
        ("a fan-out too deep", file("100644", &word, &format!("{split}/ab"))),
        ("a directory in a note's place", file("100644", &word, &format!("{free}/ab"))),
        ("a symbolic link", file("120000", &real, &split)),
        ("a submodule", file("160000", &commit, &split)),
        ("a program", file("100755", &real, &split)),
        ("a note of nothing", file("100644", &nothing, &split)),
        ("a note of empty lines", file("100644", &blank, &split)),
        ("an empty directory", vec![format!("40000 {}\tab", write_tree(server, &[]))]),
        ("an empty directory below", vec![format!("40000 {}\tab/cd", write_tree(server, &[]))]),
        ("a name twice", vec![format!("100644 {real}\t{free}"), format!("100644 {word}\t{free}")]),
    ]
}

#[test]
fn what_is_no_note_does_not_come_into_the_notes() {
    // Expected: note-malformed for each kind of litter in the logs and the receipts, alone and with a record; nothing moves.
    let server = Server::at(Stage::Opened);
    let tip = server.box_.id(NOTES);
    for (what, entries) in litter(&server) {
        let commit = on_top(&server, &tip, &entries);
        let run = server.push(&[&format!("{commit}:{NOTES}")]);
        assert!(run.code == 1 && run.text().contains("[note-malformed]"), "{what}: {}", run.text());
        assert_eq!(server.git(&["rev-parse", NOTES]), tip, "{what}");
    }
    let empty = server.box_.git(&["commit-tree", "-m", "x", &write_tree(&server, &[])]);
    let commit = on_top(&server, &empty, &[format!("100644 {}\tREADME", blob(&server, b"x"))]);
    server.refuses(&[&format!("{commit}:{RECEIPTS}")], "note-malformed");
}

#[test]
fn litter_that_lies_there_already_stops_no_honest_push() {
    // Expected: a word signed and shared goes through while all kinds of litter lie on the server and in the clone; more is
    // refused.
    let server = Server::at(Stage::Opened);
    let tip = server.box_.id(NOTES);
    let mut all: Vec<String> = Vec::new();
    // Of capitals stock git makes a note of its own accord, so whoever writes with it has to take them out first.
    for (_, entries) in litter(&server).into_iter().filter(|(what, _)| *what != "capitals") {
        let path = |entry: &str| entry.split('\t').nth(1).unwrap().to_owned();
        let is_apart = |entry: &String| {
            all.iter().all(|other: &String| {
                let (one, two) = (path(entry), path(other));
                one != two && !one.starts_with(&format!("{two}/")) && !two.starts_with(&format!("{one}/"))
            })
        };
        if entries.len() == 1 && entries.iter().all(is_apart) {
            all.extend(entries);
        }
    }
    assert!(all.len() > 6, "{all:?}");
    let commit = on_top(&server, &tip, &all);
    server.box_.set_ref("refs/heads/littered", &commit);
    server.takes(&["littered"]);
    // As it came before the server had hooks.
    server.git(&["update-ref", NOTES, "refs/heads/littered"]);
    server.run("ann", &["approve", TAG, "tests"]).exits(0);
    let more = on_top(&server, &server.git(&["rev-parse", NOTES]), &[format!("100644 {}\tMORE", blob(&server, b"x"))]);
    server.box_.set_ref("refs/heads/more", &more);
    server.refuses(&[&format!("more:{NOTES}")], "note-malformed");
    // The clone took it along, and from there on plain git writes notes.
    server.run("bob", &["approve", TAG, "rollback"]).exits(0);
    server.box_.git(&["fetch", "-q", "origin", &format!("+{NOTES}:{NOTES}")]);
    let line = server.box_.sign("bob", &server.box_.draft_word(TAG, "bob", "tests", "approve"));
    server.add_line_to(&server.box_.id(TAG), &line);
    server.takes(&[NOTES]);
}

#[test]
fn litter_that_came_from_elsewhere_is_left_out_by_a_repair() {
    // Expected: exit 5 and note-malformed while the clone holds litter of another remote; 0 after a repair, with every record.
    let server = Server::at(Stage::Opened);
    let word = blob(&server, b"word\n");
    let entries = [format!("100644 {word}\tREADME"), format!("100644 {word}\t{}", "ab".repeat(32))];
    let littered = on_top(&server, &server.box_.id(NOTES), &entries);
    server.box_.set_ref(NOTES, &littered);
    server.run("ann", &["approve", TAG, "tests"]).exits(5).says("note-malformed");
    let run = server.box_.run(&["sync"]).exits(5).says("note-malformed").says("relsign sync --repair");
    // What is advised at last must not fail for ever.
    assert!(run.stderr.trim_end().ends_with("try again:\n      relsign sync --repair"), "{}", run.stderr);
    server.box_.run(&["sync", "--repair"]).exits(0);
    server.box_.run(&["sync"]).exits(0);
    assert!(!server.git(&["ls-tree", "-r", "--name-only", NOTES]).contains("README"));
    assert_eq!(server.box_.log(TAG).iter().filter(|entry| entry.kind() == "sign").count(), 1);
    assert_eq!(server.git(&["rev-parse", NOTES]), server.box_.id(NOTES));
    server.box_.run(&["sync", "--repair"]).exits(0);
    assert_eq!(server.git(&["rev-parse", NOTES]), server.box_.id(NOTES), "a second repair changes nothing");
}

#[test]
fn a_ref_that_stands_for_a_commit_of_the_project_is_repaired_by_what_the_refusal_advises() {
    // Expected: exit 5 and the advice to repair from whatever shares, and 0 once that is followed; the advice is another where
    // nothing is damaged.
    let server = Server::at(Stage::Opened);
    server.run("ann", &["approve", TAG, "tests"]).exits(0);
    server.box_.set_ref(NOTES, "main");
    for args in [&["sync"][..], &["--key", server.box_.key("ann").to_str().unwrap(), "reject", TAG, "tests", "--reason", "no"]] {
        let run = server.box_.run(args).exits(5);
        assert!(run.stderr.trim_end().ends_with("relsign sync --repair"), "{}", run.stderr);
    }
    server.box_.run(&["sync", "--repair"]).exits(0);
    server.box_.run(&["sync"]).exits(0);
    server.box_.git(&["remote", "set-url", "origin", "/nowhere"]);
    let run = server.run("ann", &["reject", TAG, "tests", "--reason", "no"]).exits(5);
    assert!(run.stderr.trim_end().ends_with("relsign sync"), "{}", run.stderr);
}

#[test]
fn a_repair_takes_no_object_away_that_is_only_in_a_wrong_place() {
    // Expected: exit 0, and `git fsck` finds nothing missing: notes that name commits, trees and blobs of the project, as what
    // they are not, don't lead a repair to move these away.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    let (commit, tree, file) = (box_.id("HEAD"), box_.id("HEAD^{tree}"), box_.id("HEAD:RELEASE.md"));
    let entries = [
        format!("100644 {commit}\t{}", "ab".repeat(20)),
        format!("100644 {tree}\t{}", "bc".repeat(20)),
        format!("40000 {commit}\tcd"),
        format!("40000 {file}\tde"),
        format!("40000 {}\tef", blob(&server, b"no tree")),
    ];
    let littered = on_top(&server, &box_.id(NOTES), &entries);
    box_.set_ref(NOTES, &littered);
    let run = box_.run(&["sync", "--repair"]);
    let lost = box_.git(&["rev-list", "--objects", "HEAD", "--quiet"]);
    assert!(run.code != 5 && lost.is_empty(), "{}", run.text());
    for id in [commit, tree, file] {
        box_.git(&["cat-file", "-e", &id]);
    }
    assert_eq!(box_.log(TAG).len(), 1, "{}", run.text());
}

#[test]
fn the_fan_outs_of_stock_git_are_taken_in_however_deep() {
    // Expected: the same notes, moved below one to nineteen directories, are accepted, and a record is added on top of each.
    let server = Server::at(Stage::Opened);
    for depth in [1, 0, 2, 3, 7, 19] {
        let tip = server.git(&["rev-parse", NOTES]);
        server.box_.git(&["fetch", "-q", "origin", &format!("+{NOTES}:{NOTES}")]);
        let listed = server.box_.git(&["ls-tree", "-r", &tip]);
        let moved: Vec<String> = listed
            .lines()
            .map(|line| {
                let (what, path) = line.split_once('\t').unwrap();
                let digits = path.replace('/', "");
                let mut parts: Vec<&str> = (0..depth).map(|part| &digits[2 * part..2 * part + 2]).collect();
                parts.push(&digits[2 * depth..]);
                format!("{}\t{}", what.replacen(" blob ", " ", 1), parts.join("/"))
            })
            .collect();
        let tree = write_tree(&server, &moved);
        let commit = server.box_.git(&["commit-tree", "-m", "moved", "-p", &tip, &tree]);
        server.takes(&[&format!("{commit}:{NOTES}")]);
        server.box_.git(&["fetch", "-q", "origin", &format!("+{NOTES}:{NOTES}")]);
        let line = server.box_.sign("bob", &server.box_.draft_word(TAG, "bob", "tests", "approve"));
        server.add_line_to(&server.box_.id(TAG), &line);
        server.takes(&[NOTES]);
    }
}

#[test]
fn a_note_is_not_filled_with_what_is_no_record() {
    // Expected: note-malformed for empty lines, for lines over and over, and for copies in other fan-outs, which would fill
    // the note up to the limit of what is read without a single new record; a second copy as `union` leaves it is taken in.
    let server = Server::at(Stage::Opened);
    let (tip, object) = (server.box_.id(NOTES), server.box_.id(TAG));
    let note = server.box_.note(&object);
    let path = server.box_.git(&["ls-tree", "-r", "--name-only", &tip]);
    let path = path.lines().find(|path| path.replace('/', "") == object).unwrap().to_owned();
    let put = |bytes: &[u8]| server.box_.set_note(&object, bytes);
    for bytes in [[note.clone(), vec![b'\n'; 100_000]].concat(), note.repeat(3)] {
        put(&bytes);
        server.refuses(&[NOTES], "note-malformed").says("repeat its lines");
        server.box_.set_ref(NOTES, &tip);
    }
    let copies: Vec<String> = (2..6)
        .map(|depth| {
            let parts: Vec<&str> = (0..depth).map(|part| &object[2 * part..2 * part + 2]).collect();
            let bytes = [note.clone(), vec![b'\n'; depth]].concat();
            format!("100644 {}\t{}/{}", blob(&server, &bytes), parts.join("/"), &object[2 * depth..])
        })
        .collect();
    assert!(!copies.iter().any(|copy| copy.ends_with(&path)));
    server.refuses(&[&format!("{}:{NOTES}", on_top(&server, &tip, &copies))], "note-malformed").says("repeat its lines");
    put(&[note.clone(), b"\n".to_vec(), note].concat());
    server.takes(&[NOTES]);
}

#[test]
fn a_record_of_an_unknown_kind_stands_where_its_subjects_say_or_nowhere() {
    // Expected: subject-mismatch on a commit, a tree, a blob, and another release, which it would make look tampered with; taken
    // in on its own tag, where it is a word against, and from people in the root log.
    let server = Server::at(Stage::Opened);
    server.box_.git(&["commit", "-q", "--allow-empty", "-m", "next"]);
    server.box_.tag("v1.1.0");
    server.takes(&["refs/tags/v1.1.0", "HEAD:refs/heads/topic"]);
    server.run("rita", &["open", "v1.1.0"]).exits(0);
    let tip = server.box_.id(NOTES);
    let line = server.box_.sign("dev", &server.box_.draft(TAG, "dev", "omen", json!({ "says": "beware" })));
    let places = ["HEAD", "HEAD^{tree}", "HEAD:RELEASE.md", "v1.1.0"].map(|name| server.box_.id(name));
    for object in places.into_iter().chain(["ab".repeat(20)]) {
        server.add_line_to(&object, &line);
        server.refuses(&[NOTES], "subject-mismatch");
        server.box_.set_ref(NOTES, &tip);
    }
    let commit = server.box_.id("HEAD");
    for (who, code) in [("ci", Some("machine-not-person")), ("dev", None)] {
        let mut draft = server.draft(who, "omen", ("refs/heads/main", &commit), json!({ "says": "beware" }));
        if who == "ci" {
            draft["predicate"]["signer"]["handle"] = json!("machine:ci");
        }
        server.plant(who, &draft);
        match code {
            Some(code) => drop(server.refuses(&[NOTES], code)),
            None => drop(server.takes(&[NOTES])),
        }
        server.box_.git(&["fetch", "-q", "origin", &format!("+{NOTES}:{NOTES}")]);
    }
    server.add_line_to(&server.box_.id(TAG), &line);
    server.takes(&[NOTES]);
    server.box_.verify("v1.1.0", 0);
}

/// Signs a payload many times over under other nonces, as ssh-keygen would; it would take minutes.
pub(crate) fn many_lines(server: &Server, who: &str, draft: &Value, count: usize) -> Vec<Vec<u8>> {
    let (secret, fingerprint) = (secret_of(&server.box_.key(who)), server.box_.fingerprint(who));
    let (nonce, text) = (draft["predicate"]["nonce"].as_str().unwrap(), draft.to_string());
    assert_eq!(text.matches(nonce).count(), 1);
    let sign = |number: usize| {
        let payload = text.replace(nonce, &format!("f{number:031x}")).into_bytes();
        envelope(&payload, &fingerprint, &Blob::of(&secret, &pae(&payload)).bytes())
    };
    (0..count).map(sign).collect()
}

/// Puts lines into the note of an object, on top of what the server has.
pub(crate) fn put_lines(server: &Server, object: &str, lines: &[Vec<u8>]) {
    server.box_.git(&["fetch", "-q", "origin", &format!("+{NOTES}:{NOTES}")]);
    let note = server.box_.note(object);
    let mut all: Vec<&[u8]> = note.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    all.extend(lines.iter().map(Vec::as_slice));
    all.sort_unstable();
    server.box_.set_note(object, &[all.join(&b'\n'), b"\n".to_vec()].concat());
}

#[test]
fn one_person_does_not_fill_a_log_with_records() {
    // Expected: too-many-lines from a tenth of the lines that are read on, for whoever has so many and nobody else; lines that
    // merely name a key take nothing from its holder.
    let server = Server::at(Stage::Opened);
    let (root, commit) = (server.root_blob(), server.box_.id("HEAD"));
    let draft = |who: &str| {
        let body = json!({
            "ref": "refs/heads/main", "commit": commit, "base": commit, "commits": [commit], "reason": "r",
            "expires": "2026-11-22T00:00:00Z",
        });
        server.draft(who, "exception", ("refs/heads/main", &commit), body)
    };
    let own = many_lines(&server, "ann", &draft("ann"), 10_000);
    let (ann, max) = (server.box_.fingerprint("ann"), server.box_.fingerprint("max"));
    let forged = own.iter().map(|line| String::from_utf8(line.clone()).unwrap().replace(&ann, &max).into_bytes());
    put_lines(&server, &root, &[own.clone(), forged.collect()].concat());
    // As they came before the server had hooks.
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    for who in ["max", "bob"] {
        put_lines(&server, &root, &[server.box_.sign(who, &draft(who))]);
        server.takes(&[NOTES]);
    }
    put_lines(&server, &root, &[server.box_.sign("ann", &draft("ann"))]);
    server.refuses(&[NOTES], "too-many-lines").says("@ann");
}

#[test]
fn one_person_does_not_fill_a_log_with_long_records() {
    // Expected: too-many-lines from a tenth of the bytes that are read on; what is below is taken in, and so is the next
    // person's.
    let server = Server::at(Stage::Opened);
    let object = server.box_.id(TAG);
    let mut draft = server.box_.draft(TAG, "dev", "omen", json!({ "says": "x".repeat(760_000) }));
    draft["predicate"]["parents"] = json!([]);
    let lines = many_lines(&server, "dev", &draft, 4);
    put_lines(&server, &object, &lines);
    server.refuses(&[NOTES], "too-many-lines").says("@dev");
    put_lines(&server, &object, &lines[..3]);
    server.takes(&[NOTES]);
    put_lines(&server, &object, &[]);
    put_lines(&server, &object, &[server.box_.sign("ann", &server.box_.draft_word(TAG, "ann", "tests", "approve"))]);
    server.takes(&[NOTES]);
}

#[test]
fn a_root_log_that_was_filled_before_the_hooks_came_is_put_back() {
    // Expected: every push is refused while there are more lines than are read; after the administrator has put the notes back
    // all is as before, and a clone that still holds the lines is refused until it takes the notes of the server.
    let server = Server::at(Stage::Opened);
    let (before, root) = (server.git(&["rev-parse", NOTES]), server.root_blob());
    let commit = server.box_.id("HEAD");
    let body = json!({ "ref": "refs/heads/main", "commit": commit, "reason": "r" });
    let line = server.box_.sign("ann", &server.draft("ann", "break-glass", ("refs/heads/main", &commit), body));
    let line = String::from_utf8(line).unwrap();
    let (head, tail) = line.split_once("\"payload\":\"").unwrap();
    let junk: Vec<Vec<u8>> = (0..100_001).map(|number| format!("{head}\"payload\":\"*{number:08}{tail}").into_bytes()).collect();
    put_lines(&server, &root, &junk);
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    server.refuses_all(&["HEAD:refs/heads/topic"]).says("too-many-lines");
    server.git(&["update-ref", NOTES, &before]);
    server.takes(&["HEAD:refs/heads/topic"]);
    server.run("ann", &["approve", TAG, "tests"]).exits(5).says("NOT shared");
    server.box_.git(&["fetch", "-q", "origin", &format!("+{NOTES}:{NOTES}")]);
    server.box_.git_fetched(&["update-ref", "refs/worktree/relsign/origin/notes", NOTES]);
    server.run("ann", &["approve", TAG, "tests"]).exits(0);
    assert_eq!(server.git(&["rev-parse", NOTES]), server.box_.id(NOTES));
}
