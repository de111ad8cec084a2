//! SHA-256 tree ids are what stock git computes in a SHA-256 repository.

use std::os::unix::fs::PermissionsExt;

use relsign::git::tree256::gitlink_digest;

use crate::support::{Sandbox, git, id};

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
