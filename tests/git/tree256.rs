//! SHA-256 tree ids are what stock git computes in a SHA-256 repository.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use relsign::git::tree256::gitlink_digest;
use sha2::{Digest, Sha256};

use crate::support::{Sandbox, command, git, id};

#[test]
fn the_id_is_what_git_writes_in_a_sha256_repository() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    std::fs::create_dir_all(path.join("a/b")).unwrap();
    std::fs::write(path.join("a/b/crlf.txt"), "one\r\ntwo\r\n").unwrap();
    std::fs::write(path.join("a-b"), "sorts before a/\n").unwrap();
    std::fs::write(path.join("big"), vec![7u8; 33 << 20]).unwrap();
    std::fs::write(path.join("run.sh"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(path.join("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("a/b", path.join("link")).unwrap();
    git(&path, &["add", "-A", "-f"]);
    git(&path, &["commit", "-q", "-m", "more"]);
    let tree = id(&git(&path, &["rev-parse", "HEAD^{tree}"]));
    let ours = repository.tree256(&tree).unwrap();
    git(sandbox.dir.path(), &["clone", "-q", "r", "copy"]);
    let copy = sandbox.path("copy");
    std::fs::remove_dir_all(copy.join(".git")).unwrap();
    git(&copy, &["init", "-q", "--object-format=sha256"]);
    std::fs::write(copy.join(".git/info/attributes"), "* -text -eol -filter -ident -working-tree-encoding -crlf\n").unwrap();
    git(&copy, &["add", "-A", "-f"]);
    let stock = git(&copy, &["write-tree"]);
    assert_eq!(ours.id.to_string(), stock);
    assert!(ours.not_strengthened.is_empty());
    // Again from the cache, and again from one that somebody damaged.
    assert_eq!(repository.tree256(&tree).unwrap(), ours);
    let cache = path.join(".git/relsign/tree256");
    let damaged = std::fs::read_to_string(&cache).unwrap().replacen(&stock[..8], "00000000", 1);
    std::fs::write(&cache, format!("{damaged}junk\n\u{fffd}")).unwrap();
    assert_eq!(repository.tree256(&tree).unwrap(), ours);
    // In the SHA-256 repository itself the id is the tree's own.
    let there = relsign::git::Repository::open(&copy).unwrap();
    assert_eq!(there.tree256(&id(&stock)).unwrap().id.to_string(), stock);
}

#[test]
fn links_to_other_repositories_are_listed_every_time() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let head = repository.head_commit().unwrap().unwrap();
    git(&path, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},vendor/lib")]);
    let tree = id(&git(&path, &["write-tree"]));
    for _ in 0..2 {
        let found = repository.tree256(&tree).unwrap();
        assert_eq!(found.not_strengthened, [b"vendor/lib".to_vec()]);
    }
    assert_ne!(gitlink_digest(&head), gitlink_digest(&tree));
}

/// What a tree holds at a name.
enum Node {
    /// A file or symbolic link: its mode and bytes.
    Blob(u32, Vec<u8>),
    /// A directory.
    Tree(Vec<(Vec<u8>, Node)>),
}

/// Has stock git write a node in a repository, whatever hash names its objects, and gives its id.
fn write(path: &Path, node: &Node, blobs: &mut BTreeMap<Vec<u8>, String>) -> String {
    match node {
        Node::Blob(_, bytes) => {
            let written = || feed(path, &["hash-object", "-w", "--no-filters", "--stdin"], bytes);
            blobs.entry(bytes.clone()).or_insert_with(written).clone()
        }
        Node::Tree(entries) => {
            let mut listed = Vec::new();
            for (name, below) in entries {
                let id = write(path, below, blobs);
                let (mode, kind) = match below {
                    Node::Blob(mode, _) => (*mode, "blob"),
                    Node::Tree(_) => (0o40_000, "tree"),
                };
                listed.extend_from_slice(format!("{mode:06o} {kind} {id}\t").as_bytes());
                listed.extend_from_slice(name);
                listed.push(0);
            }
            feed(path, &["mktree", "-z"], &listed)
        }
    }
}

fn feed(path: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = command(path).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn file(bytes: &[u8]) -> Node {
    Node::Blob(0o100_644, bytes.to_vec())
}

fn named(entries: Vec<(&[u8], Node)>) -> Node {
    Node::Tree(entries.into_iter().map(|(name, node)| (name.to_vec(), node)).collect())
}

/// Asserts that the id computed in a SHA-1 repository is the one that stock git gives the same tree in a SHA-256 one.
#[track_caller]
fn assert_agrees(node: &Node) {
    let sandbox = Sandbox::new();
    let (narrow, wide) = (sandbox.repository("narrow", &[]), sandbox.repository("wide", &["--object-format=sha256"]));
    let here = write(&sandbox.path("narrow"), node, &mut BTreeMap::new());
    let there = write(&sandbox.path("wide"), node, &mut BTreeMap::new());
    assert_eq!(narrow.tree256(&id(&here)).unwrap().id.to_string(), there);
    assert_eq!(wide.tree256(&id(&there)).unwrap().id.to_string(), there);
}

#[test]
fn modes_links_and_empty_directories_agree_with_git() {
    assert_agrees(&named(vec![
        (b"empty", file(b"")),
        (b"exec", Node::Blob(0o100_755, b"#!/bin/sh\n".to_vec())),
        (b"group", Node::Blob(0o100_664, b"written long ago\n".to_vec())),
        (b"link", Node::Blob(0o120_000, b"../../etc/passwd".to_vec())),
        (b"dangling", Node::Blob(0o120_000, b"\xff\n".to_vec())),
        (b"nothing", named(Vec::new())),
        (b"outer", named(vec![(b"inner", named(Vec::new()))])),
        (b"same", file(b"")),
    ]));
    assert_agrees(&named(Vec::new()));
}

#[test]
fn names_of_any_bytes_and_their_order_agree_with_git() {
    let name = |name: &'static [u8]| (name, file(name));
    assert_agrees(&named(vec![
        name(b"caf\xe9"),
        name(b"\xff\xfe"),
        name(b"line\nfeed"),
        name(b"tab\tquote\"back\\slash"),
        name(b"\xe2\x80\xaegpj.exe"),
        name(b" "),
        name(b"-n"),
        name(b"RELEASE.md"),
        name(b"release.md"),
        // A directory sorts as if its name ended in a slash.
        name(b"a-b"),
        name(b"a.b"),
        (b"a", named(vec![name(b"x")])),
        name(b"a0"),
        (b"ab", named(vec![(b"\xff", named(vec![name(b"\xfe")]))])),
    ]));
}

#[test]
fn large_and_deep_trees_agree_with_git() {
    let many = (0..20_000).map(|n| (format!("{n:x}").into_bytes(), file(if n % 2 == 0 { b"even\n" } else { b"odd\n" })));
    assert_agrees(&Node::Tree(many.collect()));
    let mut deep = file(b"bottom\n");
    for level in 0..300 {
        deep = named(vec![(b"d", deep), (if level % 2 == 0 { b"e" } else { b"c" }, file(b"beside\n"))]);
    }
    assert_agrees(&deep);
}

#[test]
fn two_spellings_of_a_mode_are_two_trees() {
    // Ancient programs wrote `040000`; what stands there is hashed, as git does for the tree's own id.
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let below = git(&path, &["rev-parse", "HEAD^{tree}"]);
    let raw: Vec<u8> = (0..40).step_by(2).map(|at| u8::from_str_radix(&below[at..at + 2], 16).unwrap()).collect();
    let written = |mode: &str| {
        let bytes = [mode.as_bytes(), b" d\0", &raw].concat();
        id(&feed(&path, &["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], &bytes))
    };
    let below256 = repository.tree256(&id(&below)).unwrap().id;
    for mode in ["40000", "040000"] {
        let mut bytes = [mode.as_bytes(), b" d\0"].concat();
        bytes.extend_from_slice(below256.as_bytes());
        let framed = [format!("tree {}\0", bytes.len()).as_bytes(), &bytes].concat();
        let expected: String = Sha256::digest(&framed).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(repository.tree256(&written(mode)).unwrap().id.to_string(), expected);
    }
    for mode in ["+40000", "4x000", "", "400000000"] {
        assert!(repository.tree256(&written(mode)).is_err(), "{mode}");
    }
}
