//! Notes: no line is lost, whoever writes and in whatever layout.

use relsign::git::notes::Append;
use relsign::git::{ErrorKind, NOTES_REF, RECEIPTS_REF, Repository};
use relsign::model::ids::ObjectId;

use crate::support::{Sandbox, author, git, id, lines};

fn append(repository: &Repository, object: ObjectId, texts: &[&str]) -> usize {
    let lines = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let append = Append { notes_ref: NOTES_REF.into(), object, lines };
    repository.append_notes(&[append], &author(), "Add records").unwrap().added
}

fn object(number: usize) -> ObjectId {
    id(&format!("{:040x}", (number as u128 + 1) * 0x9e37_79b9_7f4a_7c15_f39c_0000_0001))
}

#[test]
fn concurrent_writers_keep_every_line() {
    let sandbox = Sandbox::new();
    let first = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let head = first.head_commit().unwrap().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let repository = Repository::open(path).unwrap();
                for line in 0..50 {
                    assert_eq!(append(&repository, head, &[&format!("line {writer}-{line}")]), 1);
                }
            });
        }
    });
    assert_eq!(first.notes(NOTES_REF).unwrap().lines(&head).unwrap().len(), 400);
    let stock = git(&path, &["notes", "--ref", "relsign", "show", &head.to_string()]);
    assert_eq!(stock.lines().count(), 400);
}

#[test]
fn a_line_that_is_there_makes_no_commit_and_the_bytes_are_a_sorted_set() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    assert_eq!(append(&repository, head, &["b", "a", "", "a"]), 2);
    let tip = repository.resolve(NOTES_REF).unwrap();
    assert_eq!(append(&repository, head, &["a"]), 0);
    assert_eq!(repository.resolve(NOTES_REF).unwrap(), tip);
    assert_eq!(git(&sandbox.path("r"), &["notes", "--ref", "relsign", "show", "HEAD"]), "a\nb");
    assert_eq!(repository.notes(NOTES_REF).unwrap().objects().unwrap(), [head]);
    git(&sandbox.path("r"), &["fsck", "--strict"]);
}

#[test]
fn every_layout_is_read_and_written_where_the_note_lies() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let (one, two, three) = (object(1), object(2), object(3));
    let blob = repository.write_blob(b"flat\n").unwrap();
    let other = repository.write_blob(b"deep\n").unwrap();
    let texts = [one.to_string(), two.to_string()];
    let deep = |text: &str| format!("{}/{}/{}", &text[..2], &text[2..4], &text[4..]);
    // Object one lies flat and at 2/2/36 at once, object two at 2/2/36 alone.
    for (text, id) in [(texts[0].clone(), blob), (deep(&texts[0]), other), (deep(&texts[1]), other)] {
        git(&path, &["update-index", "--add", "--cacheinfo", &format!("100644,{id},{text}")]);
    }
    git(&path, &["rm", "-q", "--cached", "README"]);
    let tree = git(&path, &["write-tree"]);
    let commit = git(&path, &["commit-tree", "-m", "notes", &tree]);
    git(&path, &["update-ref", NOTES_REF, &commit]);
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&one).unwrap(), lines(&["flat", "deep"]));
    assert_eq!(append(&repository, two, &["more"]), 1);
    assert_eq!(append(&repository, three, &["new"]), 1);
    assert_eq!(append(&repository, one, &["new"]), 1);
    let listed = git(&path, &["ls-tree", "-r", "--name-only", NOTES_REF]);
    let paths: Vec<&str> = listed.lines().collect();
    let three = three.to_string();
    let mut expected = [texts[0].clone(), deep(&texts[1]), format!("{}/{}", &three[..2], &three[2..])];
    expected.sort();
    assert_eq!(paths, expected);
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&one).unwrap(), lines(&["flat", "deep", "new"]));
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&two).unwrap(), lines(&["deep", "more"]));
}

#[test]
fn merging_gives_the_bytes_that_git_gives_and_either_side_the_same_tree() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let both: Vec<ObjectId> = ["refs/notes/relsign", "refs/notes/theirs"]
        .iter()
        .enumerate()
        .map(|(side, name)| {
            for number in 0..40 {
                // Some objects have a note on one side only, some equal ones, some different ones.
                let text = match number % 4 {
                    0 if side == 0 => vec![],
                    1 if side == 1 => vec![],
                    2 => vec![b"same".to_vec()],
                    _ => vec![format!("side {side}").into_bytes(), b"shared".to_vec()],
                };
                let append = Append { notes_ref: (*name).into(), object: object(number), lines: text };
                repository.append_notes(&[append], &author(), "Add").unwrap();
            }
            repository.resolve(name).unwrap().unwrap()
        })
        .collect();
    git(&path, &["update-ref", "refs/notes/stock", &both[0].to_string()]);
    git(&path, &["notes", "--ref", "stock", "merge", "-q", "-s", "cat_sort_uniq", "refs/notes/theirs"]);
    let tree = |name: &str| git(&path, &["rev-parse", &format!("{name}^{{tree}}")]);
    let list = |name: &str| git(&path, &["notes", "--ref", name, "list"]);
    let merged = repository.merge_notes("refs/notes/relsign", &both[1], &author(), "Merge").unwrap();
    assert_eq!(list("relsign"), list("stock"));
    // Thirty lines on twenty objects, but only two different ones: a record counts once, wherever it lies.
    assert_eq!(merged.came, 2);
    let parents = git(&path, &["log", "-1", "--format=%P", "refs/notes/relsign"]);
    assert_eq!(parents, format!("{} {}", both[0], both[1]));
    repository.merge_notes("refs/notes/theirs", &both[0], &author(), "Merge").unwrap();
    assert_eq!(tree("refs/notes/theirs"), tree("refs/notes/relsign"));
    // One side holds all of the other: no commit more.
    let again = repository.merge_notes("refs/notes/relsign", &both[1], &author(), "Merge").unwrap();
    assert_eq!((again.tip, again.came), (merged.tip, 0));
    let behind = repository.merge_notes("refs/notes/stock", &both[0], &author(), "Merge").unwrap();
    assert_eq!(behind.came, 0);
    git(&path, &["update-ref", "refs/notes/new", &both[0].to_string()]);
    let forward = repository.merge_notes("refs/notes/new", &merged.tip.unwrap(), &author(), "Merge").unwrap();
    assert_eq!(forward.tip, merged.tip);
}

#[test]
fn what_nobody_else_has_goes_on_top_and_what_others_may_have_is_merged() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let tip = |name: &str| repository.resolve(name).unwrap().unwrap();
    let add = |name: &str, number: usize, text: &str| {
        let append = Append { notes_ref: name.into(), object: object(number), lines: vec![text.as_bytes().to_vec()] };
        repository.append_notes(&[append], &author(), &format!("Add {text}")).unwrap();
        tip(name)
    };
    let merge = |theirs: &ObjectId, known: &[ObjectId]| {
        let known = known.iter().copied().collect();
        repository.merge_notes_onto(NOTES_REF, theirs, Some(&known), &author(), "Merge").unwrap().tip.unwrap()
    };
    let parents = |commit: &ObjectId| git(&path, &["log", "-1", "--format=%P", &commit.to_string()]);
    let said = |commit: &ObjectId| git(&path, &["log", "-1", "--format=%B", &commit.to_string()]).trim().to_owned();
    add(NOTES_REF, 1, "ours");
    let theirs = add("refs/notes/theirs", 2, "theirs");
    let first = merge(&theirs, &[]);
    assert_eq!((parents(&first), said(&first)), (theirs.to_string(), "Add ours".to_owned()));
    // One that lost a race goes on top again, with what was written since, and its own commit is gone.
    add(NOTES_REF, 4, "ours later");
    let theirs = add("refs/notes/theirs", 3, "theirs later");
    let second = merge(&theirs, &[]);
    assert_eq!((parents(&second), said(&second)), (theirs.to_string(), "Add ours\n\nAdd ours later".to_owned()));
    // What another remote has is never taken back.
    let theirs = add("refs/notes/theirs", 5, "theirs last");
    let third = merge(&theirs, &[second]);
    assert_eq!((parents(&third), said(&third)), (format!("{second} {theirs}"), "Merge".to_owned()));
    // Nor is what the remote had and has taken back.
    git(&path, &["update-ref", "-d", "refs/notes/theirs"]);
    let rewritten = add("refs/notes/theirs", 6, "theirs rewritten");
    assert_eq!(parents(&merge(&rewritten, &[theirs])), format!("{third} {rewritten}"));
    // Without any word on who has what, both sides stay.
    let above = add(NOTES_REF, 7, "ours last");
    let theirs = add("refs/notes/theirs", 8, "theirs at the end");
    let merged = repository.merge_notes(NOTES_REF, &theirs, &author(), "Merge").unwrap().tip.unwrap();
    assert_eq!(parents(&merged), format!("{above} {theirs}"));
    let all = ["ours", "theirs", "theirs later", "ours later", "theirs last", "theirs rewritten", "ours last", "theirs at the end"];
    for (number, text) in all.iter().enumerate() {
        assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&object(number + 1)).unwrap(), lines(&[text]));
    }
}

#[test]
fn merging_reads_nothing_but_what_differs() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let absent = "1".repeat(40);
    // What both sides have is not here at all: whoever read any of it would fail.
    let commit = |text: &str| {
        let make = |entries: String| {
            let mut child = crate::support::command(&path)
                .args(["mktree", "--missing"])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Write::write_all(child.stdin.as_mut().unwrap(), entries.as_bytes()).unwrap();
            String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
        };
        let note = repository.write_blob(text.as_bytes()).unwrap();
        let beside = format!("100644 blob {absent}\t{}\n", "a".repeat(38));
        let differs = make(format!("{beside}100644 blob {note}\t{}\n", "f".repeat(38)));
        let same: String = (0..255).map(|number| format!("040000 tree {absent}\t{number:02x}\n")).collect();
        let root = make(format!("{same}040000 tree {differs}\tff\n"));
        id(&git(&path, &["commit-tree", "-m", "Notes", &root]))
    };
    let (ours, theirs) = (commit("ours\n"), commit("theirs\n"));
    git(&path, &["update-ref", NOTES_REF, &ours.to_string()]);
    let merged = repository.merge_notes(NOTES_REF, &theirs, &author(), "Merge").unwrap();
    assert_eq!(merged.came, 1);
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&id(&"f".repeat(40))).unwrap(), lines(&["ours", "theirs"]));
}

#[test]
fn merging_with_a_descendant_that_dropped_lines_brings_them_back() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let head = repository.head_commit().unwrap().unwrap();
    append(&repository, head, &["approve", "reject"]);
    let ours = repository.resolve(NOTES_REF).unwrap().unwrap();
    git(&path, &["notes", "--ref", "relsign", "remove", "HEAD"]);
    let theirs = repository.resolve(NOTES_REF).unwrap().unwrap();
    git(&path, &["update-ref", NOTES_REF, &ours.to_string()]);
    repository.merge_notes(NOTES_REF, &theirs, &author(), "Merge").unwrap();
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&head).unwrap(), lines(&["approve", "reject"]));
}

#[test]
fn the_notes_of_stock_git_are_read_and_added_to_in_whatever_layout_it_chose() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    // Several hundred notes make stock git fan out by itself.
    let blobs: Vec<ObjectId> = (0..600).map(|number| repository.write_blob(format!("{number}").as_bytes()).unwrap()).collect();
    let stream = format!("commit refs/notes/relsign\ncommitter A <a@example.com> 0 +0000\ndata 0\n{}\n", {
        let mut text = String::new();
        for blob in &blobs[..500] {
            text.push_str(&format!("M 100644 {blob} {blob}\n"));
        }
        text
    });
    let mut child =
        crate::support::command(&path).args(["fast-import", "--quiet"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    git(&path, &["notes", "--ref", "relsign", "add", "-f", "-m", "stock", &blobs[500].to_string()]);
    assert_eq!(append(&repository, blobs[501], &["ours"]), 1);
    assert_eq!(append(&repository, blobs[7], &["ours"]), 1);
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&blobs[7]).unwrap(), lines(&["7", "ours"]));
    assert_eq!(repository.notes(NOTES_REF).unwrap().objects().unwrap().len(), 502);
    assert_eq!(git(&path, &["notes", "--ref", "relsign", "list"]).lines().count(), 502);
    git(&path, &["notes", "--ref", "relsign", "remove", &blobs[501].to_string()]);
    assert!(repository.notes(NOTES_REF).unwrap().lines(&blobs[501]).unwrap().is_empty());
    assert_eq!(git(&path, &["notes", "--ref", "relsign", "show", &blobs[7].to_string()]), "7\nours");
}

#[test]
fn an_append_stays_small_however_many_notes_there_are() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let blob = repository.write_blob(b"x\n").unwrap();
    let mut stream = "commit refs/notes/relsign\ncommitter A <a@example.com> 0 +0000\ndata 0\n".to_owned();
    for number in 0..100_000u32 {
        let text = format!("{:08x}{number:032x}", number.wrapping_mul(0x9e37_79b1));
        stream.push_str(&format!("M 100644 {blob} {}/{}\n", &text[..2], &text[2..]));
    }
    let mut child =
        crate::support::command(&path).args(["fast-import", "--quiet"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let loose = || {
        let counted = git(&path, &["count-objects", "-v"]);
        let field = |name: &str| counted.lines().find_map(|line| line.strip_prefix(name).map(|n| n.parse::<u64>().unwrap()));
        field("count: ").unwrap()
    };
    let before = (loose(), written(&path));
    append(&repository, repository.head_commit().unwrap().unwrap(), &["one more"]);
    assert_eq!(loose() - before.0, 4, "a blob, a subtree, a tree and a commit");
    let bytes = written(&path) - before.1;
    assert!(bytes < 64 << 10, "{bytes} bytes were written");
}

/// Gives how many bytes lie in loose objects.
fn written(path: &std::path::Path) -> u64 {
    let mut bytes = 0;
    for directory in std::fs::read_dir(path.join(".git/objects")).unwrap().flatten() {
        if directory.file_name().len() == 2 {
            bytes += std::fs::read_dir(directory.path()).unwrap().flatten().map(|file| file.metadata().unwrap().len()).sum::<u64>();
        }
    }
    bytes
}

#[test]
fn a_stale_lock_is_named_with_its_age_and_a_symbolic_ref_is_not_followed() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    let lock = sandbox.path("r/.git/refs/notes/relsign.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    let one = Append { notes_ref: NOTES_REF.into(), object: head, lines: vec![b"x".to_vec()] };
    let error = repository.append_notes(std::slice::from_ref(&one), &author(), "Add").unwrap_err();
    let ErrorKind::Locked { path, since: Some(_) } = error.kind() else { panic!("{error:?}") };
    assert_eq!(path.canonicalize().unwrap(), lock.canonicalize().unwrap());
    assert!(error.to_string().contains(" has been there since 20"), "{error}");
    if cfg!(target_os = "linux") {
        assert!(error.to_string().ends_with("no process has it open, so its creator was probably killed"), "{error}");
        let _held = std::fs::File::open(&lock).unwrap();
        let error = repository.append_notes(std::slice::from_ref(&one), &author(), "Add").unwrap_err();
        assert!(error.to_string().contains(&format!("process {} (", std::process::id())), "{error}");
    }
    std::fs::remove_file(lock).unwrap();
    git(&sandbox.path("r"), &["symbolic-ref", NOTES_REF, "refs/heads/main"]);
    let error = repository.append_notes(&[one], &author(), "Add").unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    assert_eq!(repository.resolve("refs/heads/main").unwrap(), Some(head));
}

#[test]
fn one_call_adds_to_several_objects_and_refs() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let add = |notes_ref: &str, number| Append { notes_ref: notes_ref.into(), object: object(number), lines: vec![b"x".to_vec()] };
    let appends = [add(NOTES_REF, 1), add(NOTES_REF, 2), add("refs/notes/relsign-receipts", 1)];
    let done = repository.append_notes(&appends, &author(), "Add").unwrap();
    assert_eq!((done.added, done.tips.len()), (3, 2));
    assert_eq!(git(&sandbox.path("r"), &["rev-list", "--count", NOTES_REF]), "1");
    let bad = Append { notes_ref: NOTES_REF.into(), object: object(1), lines: vec![b"a\nb".to_vec()] };
    assert_eq!(*repository.append_notes(&[bad], &author(), "Add").unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn racing_with_stock_git_a_swap_never_loses_what_stock_git_wrote_before_it() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let head = repository.head_commit().unwrap().unwrap();
    let stock = repository.write_blob(b"another object").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for line in 0..20 {
                // Stock git may lose the race and say so; what matters is what it lets stand.
                let text = format!("stock {line}");
                let args = ["notes", "--ref", "relsign", "append", "-m", &text, &stock.to_string()].map(str::to_owned);
                crate::support::command(&path).args(args).output().unwrap();
            }
        });
        let ours = Repository::open(&path).unwrap();
        for line in 0..60 {
            append(&ours, head, &[&format!("ours {line}")]);
        }
    });
    // Stock git overwrites what came between its read and its write, so ours are added again as `import` would.
    let all: Vec<String> = (0..60).map(|line| format!("ours {line}")).collect();
    append(&repository, head, &all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(repository.notes(NOTES_REF).unwrap().lines(&head).unwrap().len(), 60);
    git(&path, &["fsck", "--strict"]);
}

#[test]
fn notes_on_top_of_what_was_read_are_in_force_only_where_nobody_came_between() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("repo", &[]);
    let lines = |text: &str| Append { notes_ref: RECEIPTS_REF.to_owned(), object: object(1), lines: vec![text.into()] };
    let write = |tip: Option<&ObjectId>, text: &str| repository.write_notes(tip, &[lines(text)], &author(), "m").unwrap();
    let first = write(None, "first");
    assert_eq!(repository.own_tip(RECEIPTS_REF).unwrap(), None);
    assert!(repository.move_from(RECEIPTS_REF, &first, None, "m").unwrap());
    // Two who read the same state: one of them gets in, and the other's line is nowhere.
    let (one, other) = (write(Some(&first), "one"), write(Some(&first), "other"));
    assert!(repository.move_from(RECEIPTS_REF, &one, Some(&first), "m").unwrap());
    assert!(!repository.move_from(RECEIPTS_REF, &other, Some(&first), "m").unwrap());
    assert!(!repository.move_from(RECEIPTS_REF, &other, None, "m").unwrap());
    assert_eq!(repository.own_tip(RECEIPTS_REF).unwrap(), Some(one));
    let there = repository.notes(RECEIPTS_REF).unwrap().lines(&object(1)).unwrap();
    assert_eq!(there, [b"first".to_vec(), b"one".to_vec()].into());
    // What can't be a line is refused before anything is written.
    assert!(repository.write_notes(Some(&one), &[lines("a\nb")], &author(), "m").is_err());
    git(&sandbox.path("repo"), &["symbolic-ref", RECEIPTS_REF, "refs/heads/main"]);
    assert!(repository.own_tip(RECEIPTS_REF).unwrap_err().to_string().contains("symbolic ref"));
}
