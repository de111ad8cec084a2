//! Objects and refs of the sandbox, written and read in the test's own process, as git has them.
//!
//! A run would start git ten thousand times for them. git itself is asked for what libgit2 refuses: an object that is gone, a tag
//! whose tagger is malformed, a name that nothing can have.

use std::path::Path;

use super::Sandbox;

/// The second in which everything here is made.
const SECOND: i64 = 1_795_161_600;

impl Sandbox {
    pub(super) fn objects(&self) -> git2::Repository {
        git2::Repository::open(&self.repo).unwrap()
    }

    /// Gives the id of what a name stands for.
    #[track_caller]
    pub(crate) fn id(&self, name: &str) -> String {
        match self.objects().revparse_single(name) {
            Ok(object) => object.id().to_string(),
            Err(_) => self.git(&["rev-parse", "--verify", name]),
        }
    }

    /// Writes a blob and gives its id.
    #[track_caller]
    pub(crate) fn blob(&self, bytes: impl AsRef<[u8]>) -> String {
        self.objects().blob(bytes.as_ref()).unwrap().to_string()
    }

    /// Gives the bytes of a blob, such as `HEAD:README.md`.
    #[track_caller]
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.objects().revparse_single(name).unwrap().as_blob().unwrap().content().to_vec()
    }

    /// Gives a blob that holds text.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// Writes a tree of blobs and trees, each a name and an id, and gives its id.
    #[track_caller]
    pub(crate) fn tree(&self, entries: &[(&str, &str)]) -> String {
        let repository = self.objects();
        let mut tree = repository.treebuilder(None).unwrap();
        for (name, id) in entries {
            let id = git2::Oid::from_str(id).unwrap();
            let is_tree = repository.find_tree(id).is_ok();
            tree.insert(name, id, if is_tree { 0o040_000 } else { 0o100_644 }).unwrap();
        }
        tree.write().unwrap().to_string()
    }

    /// Commits a tree on top of what a name stands for, without moving a ref, and gives the commit.
    #[track_caller]
    pub(crate) fn commit_tree(&self, parent: Option<&str>, tree: &str) -> String {
        let repository = self.objects();
        let parent = parent.map(|name| repository.revparse_single(name).unwrap().peel_to_commit().unwrap());
        let who = git2::Signature::new("Dev Eloper", "dev@example.com", &git2::Time::new(SECOND, 0)).unwrap();
        let tree = repository.find_tree(git2::Oid::from_str(tree).unwrap()).unwrap();
        repository.commit(None, &who, &who, "by hand\n", &tree, &parent.iter().collect::<Vec<_>>()).unwrap().to_string()
    }

    /// Has a ref stand where a name stands, whether or not it was there.
    #[track_caller]
    pub(crate) fn set_ref(&self, name: &str, target: &str) {
        let repository = self.objects();
        let target = repository.revparse_single(target).unwrap().id();
        repository.reference(name, target, true, "by hand").unwrap();
    }

    /// Sets a value in the repository's own configuration.
    pub(crate) fn set_config(&self, name: &str, value: &str) {
        self.objects().config().unwrap().open_level(git2::ConfigLevel::Local).unwrap().set_str(name, value).unwrap();
    }

    /// Gives the pinned root.
    pub(crate) fn root(&self) -> String {
        let config = self.objects().config().unwrap();
        config.get_string("relsign.root").unwrap().trim_start_matches("SHA256:").to_owned()
    }
}

/// Gives every ref of a repository with what it stands for.
pub(crate) fn refs(repository: &Path) -> Vec<(String, String)> {
    let repository = git2::Repository::open(repository).unwrap();
    let refs = repository.references().unwrap().map(|found| {
        let found = found.unwrap();
        let target =
            found.target().map(|id| id.to_string()).unwrap_or_else(|| found.symbolic_target().unwrap().unwrap().to_owned());
        (found.name().unwrap().to_owned(), target)
    });
    let mut refs: Vec<_> = refs.collect();
    refs.sort();
    refs
}
