//! Synchronising: clones that race keep everything, and a failure loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use relsign::git::notes::{Append, Lines};
use relsign::git::policy_ref::{PolicyCommit, PolicyFiles};
use relsign::git::sync::{Judge, PolicySync, Share, Sync, SyncOutcome, side_ref};
use relsign::git::{EVIDENCE_REF, ErrorKind, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX, Repository};
use relsign::model::address::{name_blob, root_blob};
use relsign::model::ids::{ObjectId, PolicyDigest, RootDigest, Sha256Digest, TagName};

use crate::support::{Sandbox, author, git, lines};

/// A bare server and clones of it.
fn clones(sandbox: &Sandbox, names: &[&str]) -> Vec<Repository> {
    sandbox.repository("seed", &[]);
    git(sandbox.dir.path(), &["clone", "-q", "--bare", "seed", "server"]);
    let clone = |name: &&str| {
        git(sandbox.dir.path(), &["clone", "-q", "server", name]);
        git(&sandbox.path(name), &["config", "user.name", name]);
        git(&sandbox.path(name), &["config", "user.email", "x@example.com"]);
        Repository::open(&sandbox.path(name)).unwrap()
    };
    names.iter().map(clone).collect()
}

fn sign(repository: &Repository, object: ObjectId, text: &str) {
    let append = Append { notes_ref: NOTES_REF.into(), object, lines: vec![text.as_bytes().to_vec()] };
    repository.append_notes(&[append], &author(), "Add records").unwrap();
}

/// Takes everything over as it is, and keeps nothing back.
struct EverythingPasses;

impl Judge for EverythingPasses {
    fn accepts_policy(&mut self, _: Option<&ObjectId>, _: &ObjectId) -> bool {
        true
    }

    fn erased(&mut self, _: &[ObjectId]) -> BTreeSet<Sha256Digest> {
        BTreeSet::new()
    }

    fn left_out(&mut self, _: Option<&ObjectId>, _: &ObjectId, _: bool) -> relsign::git::Result<BTreeMap<ObjectId, Lines>> {
        Ok(BTreeMap::new())
    }

    fn former(&mut self, theirs: &BTreeMap<RootDigest, ObjectId>) -> Vec<RootDigest> {
        theirs.keys().copied().collect()
    }

    fn keeps(&mut self, _: &PolicyDigest, proposal: &PolicyCommit) -> Option<Lines> {
        proposal.well_formed.is_ok().then(|| proposal.records.clone())
    }
}

fn sync_with(repository: &Repository, tags: &[TagName]) -> relsign::git::Result<SyncOutcome> {
    let sync = Sync {
        remote: "origin",
        tags,
        push: true,
        interactive: false,
        author: &author(),
        fresh: false,
        elapsed: &|| Duration::ZERO,
    };
    repository.sync(&sync, &mut EverythingPasses)
}

fn sync(repository: &Repository) -> SyncOutcome {
    sync_with(repository, &[]).unwrap()
}

#[test]
fn two_clones_exchange_records_evidence_policy_and_tags() {
    let sandbox = Sandbox::new();
    let both = clones(&sandbox, &["one", "two"]);
    let (one, two) = (&both[0], &both[1]);
    assert_eq!(sync(one), SyncOutcome { share: Share::Nothing, ..SyncOutcome::default() });
    let head = one.head_commit().unwrap().unwrap();
    git(&sandbox.path("one"), &["tag", "-a", "-m", "v1", "v1"]);
    sign(one, head, "from one");
    let digest = one.keep_evidence(&[b"a log"], &author(), "Keep evidence").unwrap()[0];
    // What signing keeps beside the log is there and is nothing that somebody attached.
    let root = RootDigest::from_bytes([7; 32]);
    let name = name_blob(&root, &TagName::from_user("v1").unwrap());
    one.keep_evidence(&[&name, &root_blob(&root), b"object 1\ntype commit\ntag v1\n"], &author(), "Keep the tag object").unwrap();
    let files = PolicyFiles { policy_toml: b"a = 1\n", anchors: b"", records: &lines(&["r"]) };
    let (policy, _) = one.advance_policy(files, None, &author(), "Policy 1").unwrap();
    assert_eq!(one.unshared("origin").unwrap()[&head], lines(&["from one"]));
    let tag = TagName::from_user("v1").unwrap();
    let outcome = sync_with(one, std::slice::from_ref(&tag)).unwrap();
    assert_eq!((outcome.went, &outcome.share), (1, &Share::Pushed));
    assert!(one.unshared("origin").unwrap().is_empty());
    sign(two, head, "from two");
    two.keep_evidence(&[b"a log of two"], &author(), "Keep evidence").unwrap();
    let outcome = sync(two);
    assert_eq!((outcome.came, outcome.went, outcome.evidence_came), (1, 1, 1));
    assert_eq!(outcome.policy, PolicySync::Forwarded { from: None, to: policy });
    assert_eq!(outcome.new_tags, [tag]);
    assert!(two.evidence(&digest, 100).unwrap().unwrap().matches);
    assert_eq!(sync(one).came, 1);
    assert_eq!(one.notes(NOTES_REF).unwrap().lines(&head).unwrap(), lines(&["from one", "from two"]));
    assert_eq!(one.resolve(NOTES_REF).unwrap(), two.resolve(NOTES_REF).unwrap());
    assert_eq!(one.resolve(EVIDENCE_REF).unwrap(), two.resolve(EVIDENCE_REF).unwrap());
    git(&sandbox.path("server"), &["fsck", "--strict"]);
}

#[test]
fn clones_that_race_all_arrive() {
    let sandbox = Sandbox::new();
    let names = ["a", "b", "c", "d"];
    let repositories = clones(&sandbox, &names);
    let head = repositories[0].head_commit().unwrap().unwrap();
    std::thread::scope(|scope| {
        for (name, repository) in names.iter().zip(repositories) {
            scope.spawn(move || {
                for round in 0..3 {
                    sign(&repository, head, &format!("{name}{round}"));
                    assert_eq!(sync(&repository).share, Share::Pushed);
                }
            });
        }
    });
    let server = Repository::open(&sandbox.path("server")).unwrap();
    assert_eq!(server.notes(NOTES_REF).unwrap().lines(&head).unwrap().len(), 12);
}

#[test]
fn what_is_refused_for_one_is_refused_for_no_other() {
    let sandbox = Sandbox::new();
    let three = clones(&sandbox, &["one", "two", "three"]);
    let head = three[0].head_commit().unwrap().unwrap();
    for (clone, text) in three.iter().zip(["a", "refuse me", "c"]) {
        sign(clone, head, text);
    }
    let hook = sandbox.path("server/hooks/pre-receive");
    let text = "#!/bin/sh\nread old new name\nif git grep -q 'refuse me' \"$new\"; then echo no >&2; exit 1; fi\n";
    std::fs::write(&hook, text).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let outcomes: Vec<SyncOutcome> = std::thread::scope(|scope| {
        let paths = three.iter().map(|clone| clone.git_dir().to_owned());
        let running: Vec<_> = paths.map(|path| scope.spawn(move || sync(&Repository::open(&path).unwrap()))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let refused = |outcome: &SyncOutcome| matches!(&outcome.share, Share::Failed(error) if *error.kind() == ErrorKind::Refused);
    assert_eq!(outcomes.iter().map(refused).collect::<Vec<_>>(), [false, true, false], "{outcomes:?}");
    let server = Repository::open(&sandbox.path("server")).unwrap();
    assert_eq!(server.notes(NOTES_REF).unwrap().lines(&head).unwrap(), lines(&["a", "c"]));
    assert!(three[1].notes(NOTES_REF).unwrap().lines(&head).unwrap().contains(b"refuse me".as_slice()), "what was signed is gone");
    for clone in [&three[0], &three[2]] {
        assert!(
            !clone.notes(NOTES_REF).unwrap().lines(&head).unwrap().contains(b"refuse me".as_slice()),
            "what was refused came here"
        );
    }
}

#[test]
fn what_a_remote_dropped_is_told_and_brought_back() {
    let sandbox = Sandbox::new();
    let both = clones(&sandbox, &["one", "two"]);
    let head = both[0].head_commit().unwrap().unwrap();
    sign(&both[0], head, "reject");
    sync(&both[0]);
    sync(&both[1]);
    // Dropping a line is a plain fast-forward for git.
    git(&sandbox.path("two"), &["notes", "--ref", "relsign", "add", "-f", "-m", "approve", "HEAD"]);
    git(&sandbox.path("two"), &["push", "-q", "origin", NOTES_REF]);
    let outcome = sync(&both[0]);
    assert_eq!((outcome.vanished, outcome.came, outcome.went), (1, 1, 1));
    let server = Repository::open(&sandbox.path("server")).unwrap();
    assert_eq!(server.notes(NOTES_REF).unwrap().lines(&head).unwrap(), lines(&["approve", "reject"]));
}

#[test]
fn a_refusing_or_missing_remote_loses_nothing() {
    let sandbox = Sandbox::new();
    let one = clones(&sandbox, &["one"]).remove(0);
    let head = one.head_commit().unwrap().unwrap();
    sign(&one, head, "mine");
    let hook = sandbox.path("server/hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho no records today >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let Share::Failed(error) = sync(&one).share else { panic!("it was shared") };
    assert_eq!(*error.kind(), ErrorKind::Refused);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("no records today"), "{cause}");
    std::fs::remove_file(hook).unwrap();
    std::fs::rename(sandbox.path("server"), sandbox.path("away")).unwrap();
    assert_eq!(*sync_with(&one, &[]).unwrap_err().kind(), ErrorKind::Network);
    std::fs::rename(sandbox.path("away"), sandbox.path("server")).unwrap();
    assert_eq!(one.notes(NOTES_REF).unwrap().lines(&head).unwrap(), lines(&["mine"]));
    assert_eq!(sync(&one).share, Share::Pushed);
}

#[test]
fn a_fork_of_the_policy_and_a_moved_tag_are_told_and_change_nothing() {
    let sandbox = Sandbox::new();
    let both = clones(&sandbox, &["one", "two"]);
    let mut tips = Vec::new();
    for (repository, policy) in both.iter().zip(["a = 1\n", "a = 2\n"]) {
        let files = PolicyFiles { policy_toml: policy.as_bytes(), anchors: b"", records: &lines(&[]) };
        tips.push(repository.advance_policy(files, None, &author(), "Policy 1").unwrap().0);
        git(repository.work_dir().unwrap(), &["tag", "-a", "-m", policy, "v1"]);
    }
    let tag = TagName::from_user("v1").unwrap();
    assert_eq!(sync_with(&both[0], std::slice::from_ref(&tag)).unwrap().share, Share::Pushed);
    let before = both[1].resolve(tag.full()).unwrap();
    let outcome = sync(&both[1]);
    assert_eq!(outcome.policy, PolicySync::Fork { ours: tips[1], theirs: tips[0] });
    assert_eq!(outcome.moved_tags, std::slice::from_ref(&tag));
    assert_eq!(both[1].resolve(tag.full()).unwrap(), before);
    assert_eq!(both[1].resolve(POLICY_REF).unwrap(), Some(tips[1]));
    assert!(side_ref("https://example.com/x.git", "notes").starts_with("refs/worktree/relsign/url."));
}

/// Puts a version on top of the policy ref, in a commit that nobody else makes.
fn advance(repository: &Repository, policy: &str, message: &str) -> ObjectId {
    let tip = repository.resolve(POLICY_REF).unwrap();
    let records = lines(&[message]);
    let files = PolicyFiles { policy_toml: policy.as_bytes(), anchors: b"", records: &records };
    repository.advance_policy(files, tip.as_ref(), &author(), message).unwrap().0
}

#[test]
fn the_same_version_in_two_commits_is_no_fork() {
    let sandbox = Sandbox::new();
    let both = clones(&sandbox, &["one", "two"]);
    let (one, two) = (&both[0], &both[1]);
    advance(one, "a = 1\n", "root");
    sync(one);
    sync(two);
    // Both put the same version in force, and one of them goes on from there.
    let theirs = advance(one, "a = 2\n", "by one");
    let ours = advance(two, "a = 2\n", "by two");
    advance(two, "a = 3\n", "more by two");
    assert_ne!(ours, theirs);
    assert_eq!(sync(one).share, Share::Pushed);
    let outcome = sync(two);
    assert_eq!((outcome.policy, &outcome.share), (PolicySync::Ahead, &Share::Pushed));
    let tip = two.resolve(POLICY_REF).unwrap().unwrap();
    let chain = two.policy_chain(&tip).unwrap();
    assert_eq!(
        chain.iter().map(|version| version.policy_toml.as_slice()).collect::<Vec<_>>(),
        [b"a = 1\n", b"a = 2\n", b"a = 3\n"]
    );
    assert_eq!(chain[1].commit, theirs);
    sync(one);
    assert_eq!(one.resolve(POLICY_REF).unwrap(), Some(tip));
    // What differs in one of the versions is a fork, however long the chains are.
    advance(one, "a = 4\n", "by one");
    advance(one, "a = 5\n", "by one");
    advance(two, "a = 5\n", "by two");
    sync(one);
    assert!(matches!(sync(two).policy, PolicySync::Fork { .. }));
}

#[test]
fn proposals_gain_signatures_from_all_sides() {
    let sandbox = Sandbox::new();
    let both = clones(&sandbox, &["one", "two"]);
    let digest = PolicyDigest::from_bytes([7; 32]);
    let name = format!("{PROPOSALS_PREFIX}{digest}");
    let propose = |repository: &Repository, record: &str| {
        let records = lines(&[record]);
        let files = PolicyFiles { policy_toml: b"a = 1\n", anchors: b"", records: &records };
        repository.propose_policy(&digest, files, &author(), "Propose").unwrap()
    };
    let records = |repository: &Repository| repository.proposals(PROPOSALS_PREFIX).unwrap().next().unwrap().1.unwrap().records;
    propose(&both[0], "one");
    let tip = propose(&both[1], "two");
    assert_eq!(propose(&both[1], "two"), tip, "what is there already changes nothing");
    assert_eq!(sync(&both[0]).share, Share::Pushed);
    let outcome = sync(&both[1]);
    assert_eq!((outcome.signatures_came, &outcome.share), (1, &Share::Pushed));
    sync(&both[0]);
    for repository in &both {
        assert_eq!(records(repository), lines(&["one", "two"]));
        assert_eq!(repository.resolve(&name).unwrap(), both[0].resolve(&name).unwrap());
    }
    // Another tree under the same name, put there by force, gives way and stops nothing.
    let other = lines(&["junk"]);
    let files = PolicyFiles { policy_toml: b"junk", anchors: b"", records: &other };
    let junk = both[0].write_policy(files, None, &author(), "junk").unwrap();
    git(&sandbox.path("one"), &["push", "-q", "-f", "origin", &format!("{junk}:{name}")]);
    assert_eq!(sync(&both[1]).share, Share::Pushed);
    assert_eq!(records(&both[1]), lines(&["one", "two"]));
    sync(&both[0]);
    assert_eq!(both[0].resolve(&name).unwrap(), both[1].resolve(&name).unwrap());
    // Something that is no commit at all can't be pushed over, and the rest is shared all the same.
    let blob = git(&sandbox.path("one"), &["hash-object", "-w", "README"]);
    git(&sandbox.path("one"), &["push", "-q", "-f", "origin", &format!("{blob}:{name}")]);
    let head = both[1].head_commit().unwrap().unwrap();
    sign(&both[1], head, "after all");
    assert_eq!(sync(&both[1]).share, Share::Pushed);
    assert_eq!(records(&both[1]), lines(&["one", "two"]));
}

/// Runs as a process of the test below, in a hostile environment, and does nothing otherwise.
#[test]
fn environment_probe() {
    let Some(path) = std::env::var_os("RELSIGN_PROBE") else { return };
    let repository = Repository::open(path.as_ref()).unwrap();
    let head = repository.head_commit().unwrap().unwrap();
    sign(&repository, head, "here");
    assert_eq!(sync(&repository).share, Share::Pushed);
}

#[test]
fn the_environment_leads_git_nowhere_else() {
    let sandbox = Sandbox::new();
    clones(&sandbox, &["one"]);
    let other = sandbox.repository("other", &[]);
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sync::environment_probe"])
        .env("RELSIGN_PROBE", sandbox.path("one"))
        .env("GIT_DIR", sandbox.path("other/.git"))
        .env("GIT_WORK_TREE", sandbox.path("other"))
        .env("GIT_OBJECT_DIRECTORY", sandbox.path("other/.git/objects"))
        .env("GIT_INDEX_FILE", "/nonexistent")
        .env("GIT_NAMESPACE", "x")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(other.resolve(NOTES_REF).unwrap(), None);
    assert!(Repository::open(&sandbox.path("server")).unwrap().resolve(NOTES_REF).unwrap().is_some());
}
