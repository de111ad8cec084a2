//! Repositories of every make: bare, shallow, worktrees, SHA-256, alternates, reftable, and hostile objects.

use std::collections::BTreeSet;

use relsign::git::notes::Append;
use relsign::git::objects::ObjectKind;
use relsign::git::policy_ref::PolicyFiles;
use relsign::git::range::Extent;
use relsign::git::{ErrorKind, NOTES_REF, POLICY_REF, Repository, TreeItem};
use relsign::model::ids::{ObjectId, PolicyDigest, RecordId, RootDigest};
use relsign::model::record::PolicyHead;
use relsign::parse::digests::policy_digest;

use crate::support::{Sandbox, author, command, git, id, lines, merge_tree};
use crate::version::is_older_than;

#[test]
fn a_folder_without_a_repository_is_told_in_one_sentence() {
    let sandbox = Sandbox::new();
    let error = Repository::discover(sandbox.dir.path()).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotARepository);
}

#[test]
fn a_reftable_is_told_in_one_sentence() {
    if is_older_than((2, 45), "a reftable") {
        return;
    }
    let sandbox = Sandbox::new();
    git(sandbox.dir.path(), &["init", "-q", "--ref-format=reftable", "r"]);
    for error in [Repository::discover(&sandbox.path("r")), Repository::open(&sandbox.path("r"))] {
        let error = error.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("reftable"), "{error}");
    }
}

#[test]
fn a_repository_that_translates_its_objects_is_told_in_one_sentence() {
    let sandbox = Sandbox::new();
    sandbox.repository("c", &["--object-format=sha256"]);
    git(&sandbox.path("c"), &["config", "extensions.compatObjectFormat", "sha1"]);
    let error = Repository::open(&sandbox.path("c")).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("compatObjectFormat"), "{error}");
}

#[test]
fn a_sha256_repository_takes_notes_policy_and_evidence() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &["--object-format=sha256"]);
    let head = repository.head_commit().unwrap().unwrap();
    assert_eq!(head.as_bytes().len(), 32);
    let add = |text: &str| Append { notes_ref: NOTES_REF.into(), object: head, lines: vec![text.as_bytes().to_vec()] };
    repository.append_notes(&[add("a")], &author(), "Add").unwrap();
    repository.append_notes(&[add("b")], &author(), "Add").unwrap();
    assert_eq!(git(&sandbox.path("r"), &["notes", "--ref", "relsign", "show", "HEAD"]), "a\nb");
    let digest = repository.keep_evidence(&[b"log"], &author(), "Keep").unwrap()[0];
    assert_eq!(repository.evidence_size(&digest).unwrap(), Some(3));
    let files = PolicyFiles { policy_toml: b"x = 1\n", anchors: b"", records: &lines(&["r"]) };
    repository.advance_policy(files, None, &author(), "Policy").unwrap();
    // Here the digest of a policy is the very id that git gives its directory.
    let version = git(&sandbox.path("r"), &["rev-parse", &format!("{POLICY_REF}:version")]);
    assert_eq!(policy_digest(b"x = 1\n", b"").to_string(), version);
    git(&sandbox.path("r"), &["fsck", "--strict"]);
}

#[test]
fn worktrees_bare_and_alternate_repositories_share_one_log() {
    let sandbox = Sandbox::new();
    let main = sandbox.repository("r", &[]);
    let head = main.head_commit().unwrap().unwrap();
    let append = Append { notes_ref: NOTES_REF.into(), object: head, lines: vec![b"x".to_vec()] };
    main.append_notes(&[append], &author(), "Add").unwrap();
    git(&sandbox.path("r"), &["worktree", "add", "-q", "../w"]);
    std::fs::create_dir(sandbox.path("w/deep")).unwrap();
    let tree = Repository::discover(&sandbox.path("w/deep")).unwrap();
    assert_eq!(tree.common_dir().canonicalize().unwrap(), main.common_dir().canonicalize().unwrap());
    assert_eq!(tree.notes(NOTES_REF).unwrap().lines(&head).unwrap(), lines(&["x"]));
    git(sandbox.dir.path(), &["clone", "-q", "--bare", "--shared", "r", "b"]);
    let bare = Repository::open(&sandbox.path("b")).unwrap();
    assert!(bare.is_bare() && bare.work_dir().is_none());
    assert!(bare.commit(&head).unwrap().is_some());
    bare.config_set("relsign.root", "x").unwrap();
    bare.config_add("relsign.many", "1").unwrap();
    bare.config_add("relsign.many", "2").unwrap();
    bare.config_add("relsign.many", "1").unwrap();
    assert_eq!(bare.config_all("relsign.many").unwrap(), ["1", "2"]);
    assert_eq!(bare.config_own("relsign.root").unwrap(), ["x"]);
    bare.config_unset("relsign.many").unwrap();
    bare.config_unset("relsign.many").unwrap();
    assert!(bare.config_all("relsign.many").unwrap().is_empty());
    assert_eq!(bare.config_bool("core.bare").unwrap(), Some(true));
}

#[test]
fn ranges_agree_with_git_and_grafts_and_replacements_change_nothing() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    // A history with merges, in which clocks run wild.
    let tree = git(&path, &["rev-parse", "HEAD^{tree}"]);
    let mut commits = vec![git(&path, &["rev-parse", "HEAD"])];
    let mut random = 7u64;
    for number in 1..120usize {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let first = commits[number - 1 - (random >> 33) as usize % number.min(4)].clone();
        let second = commits[number - 1 - (random >> 40) as usize % number.min(9)].clone();
        let mut args = vec!["commit-tree", &tree, "-m", "change\n\nCo-Authored-By: Pair <pair@example.com>", "-p", &first];
        if second != first {
            args.extend(["-p", &second]);
        }
        let date = format!("{} +0000", 1_700_000_000 + (random >> 30) % 100_000);
        let output = command(&path).args(&args).env("GIT_COMMITTER_DATE", date).output().unwrap();
        commits.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    for (from, to) in [(0, 119), (50, 119), (100, 119), (60, 90), (119, 60), (80, 80)] {
        let listed = git(&path, &["rev-list", &format!("{}..{}", commits[from], commits[to])]);
        let expected: BTreeSet<ObjectId> = listed.lines().map(id).collect();
        let (found, complete) = repository.commits_between(Some(&id(&commits[from])), &id(&commits[to])).unwrap();
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{from}..{to}");
        assert!(complete);
        let stock = command(&path).args(["merge-base", "--is-ancestor", &commits[from], &commits[to]]).status().unwrap();
        assert_eq!(repository.is_ancestor(&id(&commits[from]), &id(&commits[to])).unwrap(), stock.success());
    }
    let range = repository.range(None, &id(&commits[119])).unwrap();
    let makers = range.makers.keys().flat_map(|makers| [&makers.authors, &makers.committers, &makers.co_authors]);
    let emails: BTreeSet<&str> = makers.flatten().map(|who| who.email.as_str()).collect();
    assert_eq!(emails, BTreeSet::from(["author@example.com", "pair@example.com"]));
    // A graft and a replacement that make history end early.
    std::fs::create_dir_all(path.join(".git/info")).unwrap();
    std::fs::write(path.join(".git/info/grafts"), format!("{}\n", commits[119])).unwrap();
    git(&path, &["replace", &commits[118], &commits[0]]);
    let again = Repository::open(&path).unwrap().range(None, &id(&commits[119])).unwrap();
    assert_eq!(again, range);
}

#[test]
fn a_shallow_clone_says_that_it_is_not_complete() {
    let sandbox = Sandbox::new();
    sandbox.repository("r", &[]);
    for text in ["two", "three"] {
        git(&sandbox.path("r"), &["commit", "-q", "--allow-empty", "-m", text]);
    }
    git(&sandbox.path("r"), &["tag", "-a", "-m", "v1", "v1", "HEAD^"]);
    let full = Repository::open(&sandbox.path("r")).unwrap();
    let head = full.head_commit().unwrap().unwrap();
    let tags = full.ancestor_tags(&head, 10).unwrap();
    assert_eq!(tags.iter().map(|tag| tag.name.short()).collect::<Vec<_>>(), ["v1"]);
    let url = format!("file://{}", sandbox.path("r").display());
    git(sandbox.dir.path(), &["clone", "-q", "--depth", "1", &url, "s"]);
    let shallow = Repository::open(&sandbox.path("s")).unwrap();
    assert!(shallow.is_shallow());
    let range = shallow.range(None, &head).unwrap();
    assert_eq!((range.commits, range.extent), (1, Extent::Cut));
    assert_eq!(full.range(None, &head).unwrap().extent, Extent::Whole);
    // A worktree was cut off where its clone was.
    git(&sandbox.path("s"), &["worktree", "add", "-q", "--detach", sandbox.path("w").to_str().unwrap()]);
    let worktree = Repository::open(&sandbox.path("w")).unwrap();
    assert!(worktree.is_shallow());
    assert_eq!(worktree.range(None, &head).unwrap().extent, Extent::Cut);
    // Where the file names another commit, nothing explains the gap.
    std::fs::write(sandbox.path("s/.git/shallow"), format!("{}\n", "5".repeat(40))).unwrap();
    assert!(matches!(shallow.range(None, &head).unwrap().extent, Extent::Lost(_)));
}

#[test]
fn tags_are_read_from_their_raw_bytes_and_hostile_ones_refused() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    let good = format!(
        "object {head}\ntype commit\ntag v1\ntagger J <Chen> <j@example.com> 5 +0200\n\nmessage\n-----BEGIN SSH SIGNATURE-----\nAAAA\n"
    );
    let tag = repository.write_object(ObjectKind::Tag, good.as_bytes()).unwrap();
    let (read, bytes) = repository.tag(&tag).unwrap().unwrap();
    assert_eq!(bytes, good.as_bytes());
    assert_eq!((read.object, read.name.as_slice(), read.message.as_slice()), (head, &b"v1"[..], &b"message\n"[..]));
    assert_eq!(read.tagger.unwrap().seconds, Some(5));
    assert_eq!(&good.as_bytes()[read.signed_length..], b"-----BEGIN SSH SIGNATURE-----\nAAAA\n");
    assert_eq!(repository.peel_to_commit(&tag).unwrap(), Some(head));
    for bad in [
        "",
        "object x\n",
        &format!("object {head}\ntype commit\ntag \n\nx"),
        &format!("object {head}\ntype blub\ntag v\n\nx"),
        &format!("object {head}\ntype commit\ntag v\nextra y\n\nx"),
        &format!("type commit\nobject {head}\ntag v\n\nx"),
        &format!("object {head}\ntype commit\ntag v"),
    ] {
        let id = repository.write_object(ObjectKind::Tag, bad.as_bytes()).unwrap();
        assert_eq!(*repository.tag(&id).unwrap_err().kind(), ErrorKind::Malformed, "{bad:?}");
    }
    assert!(repository.tag(&head).is_err());
    assert_eq!(repository.tag(&id(&"a".repeat(40))).unwrap(), None);
}

#[test]
fn what_lies_at_a_path_is_told_without_following_links() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    std::fs::create_dir(path.join("d")).unwrap();
    std::fs::write(path.join("d/f"), "x").unwrap();
    std::os::unix::fs::symlink("d", path.join("l")).unwrap();
    git(&path, &["add", "-A"]);
    let head = git(&path, &["rev-parse", "HEAD"]);
    git(&path, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},sub")]);
    let tree = id(&git(&path, &["write-tree"]));
    let at = |path: &str| repository.file_at(&tree, path, 10).unwrap();
    assert!(matches!(at("d/f"), TreeItem::File { bytes, mode: 0o100_644, .. } if bytes == b"x"));
    assert_eq!(
        (at("l"), at("l/f"), at("sub"), at("sub/x")),
        (TreeItem::Symlink, TreeItem::Symlink, TreeItem::Submodule, TreeItem::Submodule)
    );
    assert_eq!(
        (at("d"), at("D/f"), at("d/f/g"), at("../r")),
        (TreeItem::Directory, TreeItem::Missing, TreeItem::Missing, TreeItem::Missing)
    );
    assert_eq!(*repository.file_at(&tree, "README", 2).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_policy_chain_is_read_oldest_first_and_junk_in_it_is_named() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let mut tip = None;
    for (policy, anchors) in [("v = 1\n", ""), ("v = 2\n", "abc\n")] {
        let files = PolicyFiles { policy_toml: policy.as_bytes(), anchors: anchors.as_bytes(), records: &lines(&["r2", "r1"]) };
        tip = Some(repository.advance_policy(files, tip.as_ref(), &author(), "Policy").unwrap().0);
    }
    let chain = repository.policy_chain(&tip.unwrap()).unwrap();
    assert_eq!(chain.iter().map(|version| version.policy_toml.as_slice()).collect::<Vec<_>>(), [b"v = 1\n", b"v = 2\n"]);
    assert!(chain.iter().all(|version| version.well_formed.is_ok() && version.records == lines(&["r1", "r2"])));
    let tree = git(&path, &["rev-parse", "HEAD^{tree}"]);
    let junk = id(&git(&path, &["commit-tree", &tree, "-m", "junk", "-p", &tip.unwrap().to_string()]));
    let chain = repository.policy_chain(&junk).unwrap();
    assert!(chain[2].well_formed.is_err() && chain[2].policy_toml.is_empty());
}

#[test]
fn evidence_that_somebody_changed_is_seen_and_mended_by_the_right_bytes() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let digest = repository.keep_evidence(&[b"right"], &author(), "Keep").unwrap()[0].to_string();
    let parsed = digest.parse().unwrap();
    let honest = repository.resolve("refs/relsign/evidence").unwrap().unwrap();
    let wrong = repository.write_blob(b"wrong").unwrap();
    git(&path, &["read-tree", "--empty"]);
    git(&path, &["update-index", "--add", "--cacheinfo", &format!("100644,{wrong},{}/{}", &digest[..2], &digest[2..])]);
    let commit = git(&path, &["commit-tree", "-m", "swap", &git(&path, &["write-tree"])]);
    git(&path, &["update-ref", "refs/relsign/evidence", &commit]);
    assert!(!repository.evidence(&parsed, 100).unwrap().unwrap().matches);
    repository.merge_evidence(&honest, &BTreeSet::new(), None, &author(), "Merge").unwrap();
    assert!(repository.evidence(&parsed, 100).unwrap().unwrap().matches);
    repository.merge_evidence(&id(&commit), &BTreeSet::new(), None, &author(), "Merge").unwrap();
    assert!(repository.evidence(&parsed, 100).unwrap().unwrap().matches);
    assert_eq!(repository.evidence(&"0".repeat(64).parse().unwrap(), 100).unwrap(), None);
}

#[test]
fn the_baseline_only_grows_and_the_policy_never_goes_back() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    let record = |number: u8| RecordId::from_bytes([number; 32]);
    std::thread::scope(|scope| {
        for writer in 0..4u8 {
            let repository = Repository::open(&sandbox.path("r")).unwrap();
            scope.spawn(move || {
                for number in 0..25 {
                    repository.remember_records(&head, &BTreeSet::from([record(writer * 25 + number)])).unwrap();
                }
            });
        }
    });
    assert_eq!(repository.seen_records(&head).unwrap().len(), 100);
    assert!(repository.remember_records(&head, &BTreeSet::from([record(3)])).unwrap().is_empty());
    // Receipts lie on other notes, so whoever misses the notes of an object must not miss those of a witness.
    let witness = id(&"7".repeat(40));
    repository.remember_receipt(&witness, record(101)).unwrap();
    assert_eq!(repository.seen_receipts(&witness).unwrap(), BTreeSet::from([record(101)]));
    assert_eq!(repository.all_seen_receipts().unwrap(), BTreeSet::from([record(101)]));
    assert_eq!(repository.seen_objects().unwrap(), BTreeSet::from([head]));
    let root = RootDigest::from_bytes([1; 32]);
    let version = |version, byte| PolicyHead { version, digest: PolicyDigest::from_bytes([byte; 32]) };
    assert!(repository.accepted_heads(&root).unwrap().is_empty());
    for head in [version(1, 1), version(2, 2), version(1, 1), version(2, 9)] {
        repository.accept_head(&root, head).unwrap();
    }
    let accepted = BTreeSet::from([version(1, 1), version(2, 2), version(2, 9)]);
    assert_eq!(repository.accepted_heads(&root).unwrap(), accepted, "a fork stays on record with both sides");
}

/// Runs as a hook of the test below, in a process of its own, and does nothing otherwise.
#[test]
fn quarantine_probe() {
    if std::env::var_os("RELSIGN_PROBE").is_none() {
        return;
    }
    let input = std::io::read_to_string(std::io::stdin()).unwrap();
    let pushed = id(input.split(' ').nth(1).unwrap());
    let (here, waiting) = (std::path::Path::new("."), std::env::var_os("GIT_QUARANTINE_PATH").unwrap().into());
    let receiving = Repository::open_receiving(here, &[waiting, "/nonexistent".into()]).unwrap();
    assert!(receiving.commit(&pushed).unwrap().is_some());
    assert!(receiving.reopen().unwrap().commit(&pushed).unwrap().is_some());
    assert!(Repository::open(here).unwrap().commit(&pushed).unwrap().is_none());
}

#[test]
fn a_hook_sees_quarantined_objects_where_git_says_that_they_wait() {
    let sandbox = Sandbox::new();
    sandbox.repository("r", &[]);
    git(sandbox.dir.path(), &["init", "-q", "--bare", "server"]);
    let probe = std::env::current_exe().unwrap();
    let hook = sandbox.path("server/hooks/pre-receive");
    std::fs::write(&hook, format!("#!/bin/sh\nexec {} --exact repository::quarantine_probe >&2\n", probe.display())).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let pushed = command(&sandbox.path("r")).args(["push", "../server", "main"]).env("RELSIGN_PROBE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&pushed.stderr);
    assert!(pushed.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn trees_that_name_each_other_many_times_are_refused_in_time() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    // Nineteen levels of 256 names each, all the same tree below.
    let entry = |mode: &str, name: &str, id: &ObjectId| [format!("{mode} {name}\0").as_bytes(), id.as_bytes()].concat();
    let mut bomb = repository.write_object(ObjectKind::Tree, &entry("160000", "00", &head)).unwrap();
    for _ in 0..19 {
        let bytes: Vec<u8> = (0..256).flat_map(|name| entry("40000", &format!("{name:02x}"), &bomb)).collect();
        bomb = repository.write_object(ObjectKind::Tree, &bytes).unwrap();
    }
    assert_eq!(*repository.tree256(&bomb).unwrap_err().kind(), ErrorKind::TooLarge);
    let commit = repository.write_commit(&bomb, &[], &author(), "bomb").unwrap();
    let mut notes = relsign::git::notes::Notes::at(&repository, Some(&commit)).unwrap();
    assert!(notes.lines(&head).unwrap().is_empty());
    assert_eq!(*notes.objects().unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_partial_clone_is_known_as_one() {
    let sandbox = Sandbox::new();
    let full = sandbox.repository("r", &[]);
    git(&sandbox.path("r"), &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", sandbox.path("r").display());
    git(sandbox.dir.path(), &["clone", "-q", "--no-checkout", "--filter=blob:none", &url, "p"]);
    assert!(Repository::open(&sandbox.path("p")).unwrap().is_partial().unwrap());
    assert!(!full.is_partial().unwrap());
}

/// Up to git 2.25 a partial clone named its remote in an extension, and such clones are still about.
#[test]
fn a_clone_that_says_in_an_extension_that_it_is_partial_is_opened_as_any() {
    let sandbox = Sandbox::new();
    sandbox.repository("r", &[]);
    git(&sandbox.path("r"), &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", sandbox.path("r").display());
    for (name, spelling, options) in [
        ("tree", "extensions.partialClone", &["--no-checkout"][..]),
        ("bare", "Extensions.PARTIALCLONE", &["--bare"]),
        ("mirror", "extensions.partialclone", &["--mirror"]),
    ] {
        let path = sandbox.path(name);
        git(sandbox.dir.path(), &[&["clone", "-q", "--filter=blob:none"], options, &[&url, name]].concat());
        git(&path, &["config", "core.repositoryformatversion", "1"]);
        git(&path, &["config", spelling, "origin"]);
        git(&path, &["config", "--unset", "remote.origin.promisor"]);
        // The first that open anything do so at the same moment.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(Repository::open(&path).unwrap().is_partial().unwrap(), "{name}"));
            }
        });
        let opened = Repository::discover(&path).unwrap();
        let head = opened.reopen().unwrap().head_commit().unwrap().unwrap();
        let TreeItem::File { .. } = (match opened.file_at(&opened.commit(&head).unwrap().unwrap().tree, "README", 100) {
            Err(error) => {
                assert_eq!(*error.kind(), ErrorKind::MissingObject, "{name}: {error}");
                git(&path, &["cat-file", "-p", "HEAD:README"]);
                opened.file_at(&opened.commit(&head).unwrap().unwrap().tree, "README", 100).unwrap()
            }
            Ok(_) => panic!("{name}: the file was not left out"),
        }) else {
            panic!("{name}: git did not fetch the file")
        };
        assert!(opened.clean_merge(&head, &head).unwrap().is_some(), "{name}");
        let linked = sandbox.path(&format!("{name}-linked"));
        git(&path, &["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
        assert!(Repository::discover(&linked).unwrap().is_partial().unwrap(), "{name}");
        // Another extension that nobody here knows stays refused.
        git(&path, &["config", "extensions.partialCloning", "origin"]);
        assert_eq!(*Repository::open(&path).unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
    }
}

#[test]
fn a_tree_is_written_out_as_it_is_stored_and_never_elsewhere() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    std::fs::create_dir(path.join("d")).unwrap();
    std::fs::write(path.join("d/run"), "#!/bin/sh\r\n").unwrap();
    std::fs::write(path.join(".gitattributes"), "* text eol=lf ident\n").unwrap();
    git(&path, &["add", "-A"]);
    git(&path, &["update-index", "--chmod=+x", "d/run"]);
    let tree = id(&git(&path, &["write-tree"]));
    let out = sandbox.path("out");
    std::fs::create_dir(&out).unwrap();
    repository.write_out(&tree, &out).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(out.join("d/run")).unwrap().permissions());
    assert_eq!(mode & 0o100, 0o100);
    assert_eq!(std::fs::read(out.join("README")).unwrap(), b"hello\n");
    assert!(repository.write_out(&tree, &out).is_err(), "what is there is not overwritten");
    let blob = repository.write_blob(b"x").unwrap();
    for name in ["..", ".git", ".GIT", "git~1", "a\\b"] {
        let bytes = [format!("100644 {name}\0").as_bytes(), blob.as_bytes()].concat();
        let hostile = repository.write_object(ObjectKind::Tree, &bytes).unwrap();
        assert_eq!(*repository.write_out(&hostile, &out).unwrap_err().kind(), ErrorKind::Malformed, "{name}");
    }
}

#[test]
fn a_clean_merge_gives_the_tree_that_git_gives() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    for (branch, file) in [("one", "a"), ("two", "b"), ("three", "a")] {
        git(&path, &["checkout", "-q", "-b", branch, "main"]);
        std::fs::write(path.join(file), branch).unwrap();
        git(&path, &["add", "-A"]);
        git(&path, &["commit", "-q", "-m", branch]);
    }
    let at = |name: &str| repository.revparse(name).unwrap().unwrap();
    let stock = merge_tree(&path, "one", "two");
    assert_eq!(repository.clean_merge(&at("one"), &at("two")).unwrap(), Some(id(&stock)));
    assert_eq!(repository.clean_merge(&at("one"), &at("three")).unwrap(), None);
}

#[test]
fn no_attribute_and_no_setting_changes_what_merges_cleanly() {
    let sandbox = Sandbox::new();
    for format in ["sha1", "sha256"] {
        sandbox.repository(format, &["--object-format", format]);
        let path = sandbox.path(format);
        for (branch, text) in [("one", "one\nhello\n"), ("two", "hello\ntwo\n"), ("three", "three\nhello\n")] {
            git(&path, &["checkout", "-q", "-b", branch, "main"]);
            std::fs::write(path.join("README"), text).unwrap();
            git(&path, &["commit", "-q", "-a", "-m", branch]);
        }
        let stock = merge_tree(&path, "one", "two");
        let ran = sandbox.path("ran");
        for attribute in ["* merge=union", "* -merge", "* binary", "* merge=mine"] {
            std::fs::write(path.join(".gitattributes"), attribute).unwrap();
            git(&path, &["add", "-A"]);
            git(&path, &["config", "merge.default", "union"]);
            git(&path, &["config", "merge.renames", "false"]);
            git(&path, &["config", "merge.mine.driver", &format!("touch {}", ran.display())]);
            let repository = Repository::open(&path).unwrap();
            let at = |name: &str| repository.revparse(name).unwrap().unwrap();
            assert_eq!(repository.clean_merge(&at("one"), &at("two")).unwrap(), Some(id(&stock)), "{format} {attribute}");
            assert_eq!(repository.clean_merge(&at("one"), &at("three")).unwrap(), None, "{format} {attribute}");
            assert!(!ran.exists());
        }
    }
}

#[test]
fn thousands_of_commits_are_walked_quickly() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let mut stream = String::new();
    for number in 0..5000 {
        let from = if number == 0 { "from refs/heads/main^0\n" } else { "" };
        stream.push_str(&format!(
            "commit refs/heads/main\ncommitter P{n} <p{n}@example.com> {number} +0000\ndata 1\nx\n{from}",
            n = number % 7
        ));
    }
    let mut child = command(&path).args(["fast-import", "--quiet"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let at = |name: &str| repository.revparse(name).unwrap().unwrap();
    let start = std::time::Instant::now();
    let range = repository.range(Some(&at("main~4000")), &at("main")).unwrap();
    assert_eq!((range.commits, range.makers.len(), range.extent), (4000, 7, Extent::Whole));
    assert!(repository.is_ancestor(&at("main~5000"), &at("main")).unwrap());
    let spent = start.elapsed();
    assert!(spent.as_secs() < 5, "{spent:?}");
}

#[test]
fn what_is_erased_neither_stays_nor_comes_back() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let digests = repository.keep_evidence(&[b"kept", b"erased"], &author(), "Keep").unwrap();
    let before = repository.resolve("refs/relsign/evidence").unwrap().unwrap();
    let erased = BTreeSet::from([digests[1]]);
    assert_eq!(repository.erase_evidence(&erased, &author(), "Erase").unwrap(), 1);
    assert_eq!(repository.erase_evidence(&erased, &author(), "Erase").unwrap(), 0);
    assert_eq!(repository.evidence_size(&digests[1]).unwrap(), None);
    // A clone that never heard of it offers both again.
    let other = repository.keep_evidence(&[b"other"], &author(), "Keep").unwrap();
    repository.merge_evidence(&before, &erased, None, &author(), "Merge").unwrap();
    let here = repository.evidence_digests(repository.resolve("refs/relsign/evidence").unwrap().as_ref()).unwrap();
    assert_eq!(here, BTreeSet::from([digests[0], other[0]]));
    // Where nobody let it go, what one side dropped the other brings back.
    repository.merge_evidence(&before, &BTreeSet::new(), None, &author(), "Merge").unwrap();
    assert_eq!(repository.evidence_size(&digests[1]).unwrap(), Some(6));
}
