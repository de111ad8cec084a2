//! The tag: its object, commit and tree, and everything that records on it are bound to.

use crate::evaluate::context::{TagFacts, TagObject, TagSignature};
use crate::git::objects::COMMIT_LIMIT;
use crate::git::raw::Tag;
use crate::git::{ObjectKind, Repository};
use crate::model::finding::{Finding, NoSigner, Seen};
use crate::model::ids::{ObjectId, TagName};
use crate::model::record::{Subject, SubjectDigest};
use crate::ops::error::{Outcome, in_full};
use crate::ops::trust::Trust;
use crate::parse::digests::framed_sha256;
use crate::report::safe::shell_word;
use crate::sign::sshsig::{unarmour, verify_sshsig};

/// A tag as it lies in git.
#[derive(Debug, Clone)]
pub struct LoadedTag {
    /// What verdicts need to know.
    pub facts: TagFacts,
    /// The tag object's own content, where there is one.
    pub tag: Option<Tag>,
    /// The raw bytes of the tag object.
    pub raw: Vec<u8>,
    /// The tree of its commit.
    pub tree: Option<ObjectId>,
}

/// Reads a tag whose ref points at `target`, and everything that records on it are bound to.
pub fn load_tag(repository: &Repository, trusted: &Trust, name: &TagName, target: Option<ObjectId>) -> Outcome<LoadedTag> {
    let mut loaded = LoadedTag {
        facts: TagFacts { name: name.clone(), target, object: None, problem: None },
        tag: None,
        raw: Vec::new(),
        tree: None,
    };
    let Some(id) = target else { return Ok(loaded) };
    let gone = || Finding::new(Seen::TagMissing { id, name: name.short().to_owned() }).about(name.short());
    let found = match repository.object_header(&id)? {
        // A tag that is no tag is found, and keeps nobody from verifying the others.
        Some((ObjectKind::Tag, _)) => repository.tag(&id).map_err(|error| unreadable(name, "the tag object", &error)),
        Some((kind, _)) => {
            let seen = Seen::TagLightweight { name: name.short().to_owned(), kind: kind.name() };
            Err(Finding::new(seen).about(name.short()))
        }
        None => Ok(None),
    };
    match found.and_then(|found| found.ok_or_else(gone)) {
        Err(problem) => loaded.facts.problem = Some(problem),
        Ok((tag, raw)) => {
            match tag_object(repository, trusted, name, id, &tag, &raw) {
                Ok((object, tree)) => (loaded.facts.object, loaded.tree) = (Some(object), Some(tree)),
                Err(problem) => loaded.facts.problem = Some(problem),
            }
            (loaded.tag, loaded.raw) = (Some(tag), raw);
        }
    }
    Ok(loaded)
}

fn unreadable(name: &TagName, part: &'static str, error: &crate::git::Error) -> Finding {
    let seen = Seen::TagPartUnreadable { part, name: name.short().to_owned(), why: in_full(error) };
    Finding::new(seen).about(name.short())
}

/// Returns what was read of a tag's commit, or reports that it is missing or can't be read.
fn commit_part<T>(name: &TagName, read: Result<Option<T>, crate::git::Error>) -> Result<T, Finding> {
    let part = "the commit";
    let missing = || Finding::new(Seen::TagPartMissing { part, name: name.short().to_owned() }).about(name.short());
    read.map_err(|error| unreadable(name, part, &error))?.ok_or_else(missing)
}

/// Reads what records on a tag object are bound to, and its tree.
///
/// # Errors
/// What is missing or can't be read, as a finding.
pub fn tag_object(
    repository: &Repository,
    trusted: &Trust,
    name: &TagName,
    id: ObjectId,
    tag: &Tag,
    raw: &[u8],
) -> Result<(TagObject, ObjectId), Finding> {
    let commit_id = commit_part(name, repository.peel_to_commit(&id))?;
    let commit_raw = commit_part(name, repository.object_of(&commit_id, ObjectKind::Commit, COMMIT_LIMIT))?;
    let commit = commit_part(name, repository.commit(&commit_id))?;
    let tree256 = repository.tree256(&commit.tree).map_err(|error| unreadable(name, "the tree", &error))?;
    let tree_sha256 = ObjectId::from_sha256(tree256.id.as_bytes());
    let subject = |name: &str, digest| Subject { name: name.to_owned(), digest };
    let mut subjects = vec![
        subject(name.full(), SubjectDigest::GitTag(id)),
        subject("commit", SubjectDigest::GitCommit(commit_id)),
        subject("tree", SubjectDigest::GitTree(commit.tree)),
        subject("tree-sha256", SubjectDigest::GitTree(tree_sha256)),
        subject("tag-object", SubjectDigest::Sha256(framed_sha256("tag", raw))),
        subject("commit-object", SubjectDigest::Sha256(framed_sha256("commit", &commit_raw))),
    ];
    subjects.sort();
    let object = TagObject {
        id,
        inner_name: String::from_utf8_lossy(&tag.name).into_owned(),
        commit: commit_id,
        tree_sha256,
        subjects,
        not_strengthened: tree256.not_strengthened.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect(),
        signature: tag.signature.as_deref().map(|armour| check_tag_signature(trusted, armour, &raw[..tag.signed_length])),
    };
    Ok((object, commit.tree))
}

/// Returns the commands that make a tag anew on the commit that it is on now, as the name alone would be taken for HEAD.
pub fn anew(name: &TagName, commit: &ObjectId) -> String {
    let short = shell_word(name.short());
    format!("git tag -d {short} && relsign tag {short} {commit}")
}

/// Returns the commands that make an annotated tag of one that points straight at a commit.
pub fn anew_if_lightweight(repository: &Repository, name: &TagName, target: &ObjectId) -> Outcome<Option<String>> {
    let is_commit = matches!(repository.object_header(target)?, Some((ObjectKind::Commit, _)));
    Ok(is_commit.then(|| anew(name, target)))
}

/// Checks the tag's own signature against the keys of the policy; a tag is signed in git's namespace, not in ours.
fn check_tag_signature(trusted: &Trust, armour: &[u8], signed: &[u8]) -> TagSignature {
    let Ok(text) = std::str::from_utf8(armour) else { return TagSignature::Unverified(NoSigner::NotText) };
    if !text.contains("BEGIN SSH SIGNATURE") {
        return TagSignature::Unverified(NoSigner::NotSsh);
    }
    let checked = unarmour(text).and_then(|blob| verify_sshsig(&blob, "git", signed));
    match checked {
        Err(malformed) => TagSignature::Unverified(NoSigner::Invalid(malformed.to_string())),
        Ok(key) => match trusted.keyring.get(key.fingerprint()) {
            Some(entry) => TagSignature::Verified(entry.principal.clone(), key.fingerprint().clone()),
            None => TagSignature::Unverified(NoSigner::Unknown(key.fingerprint().clone())),
        },
    }
}
