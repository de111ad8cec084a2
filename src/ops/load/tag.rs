//! The tag: its object, commit and tree, and everything that records on it are bound to.

use crate::evaluate::context::{TagFacts, TagObject, TagSignature};

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
    match repository.object_header(&id)? {
        Some((ObjectKind::Tag, _)) => {}
        Some((kind, _)) => {
            let seen = Seen::TagLightweight { name: name.short().to_owned(), kind: kind.name() };
            loaded.facts.problem = Some(Finding::new(seen).about(name.short()));
            return Ok(loaded);
        }
        None => {
            loaded.facts.problem = Some(gone());
            return Ok(loaded);
        }
    }
    let (tag, raw) = match repository.tag(&id) {
        Ok(Some(found)) => found,
        Ok(None) => {
            loaded.facts.problem = Some(gone());
            return Ok(loaded);
        }
        // A tag that is no tag is found, and keeps nobody from verifying the others.
        Err(error) => {
            loaded.facts.problem = Some(unreadable(name, "the tag object", &error));
            return Ok(loaded);
        }
    };
    match tag_object(repository, trusted, name, id, &tag, &raw) {
        Ok((object, tree)) => {
            loaded.facts.object = Some(object);
            loaded.tree = Some(tree);
        }
        Err(problem) => loaded.facts.problem = Some(problem),
    }
    loaded.tag = Some(tag);
    loaded.raw = raw;
    Ok(loaded)
}

fn missing(name: &TagName, part: &'static str) -> Finding {
    Finding::new(Seen::TagPartMissing { part, name: name.short().to_owned() }).about(name.short())
}

fn unreadable(name: &TagName, part: &'static str, error: &crate::git::Error) -> Finding {
    let seen = Seen::TagPartUnreadable { part, name: name.short().to_owned(), why: in_full(error) };
    Finding::new(seen).about(name.short())
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
    let failed = |part, error: &crate::git::Error| unreadable(name, part, error);
    let commit_id =
        repository.peel_to_commit(&id).map_err(|error| failed("the commit", &error))?.ok_or_else(|| missing(name, "the commit"))?;
    let commit_raw = repository
        .object_of(&commit_id, ObjectKind::Commit, crate::git::objects::COMMIT_LIMIT)
        .map_err(|error| failed("the commit", &error))?
        .ok_or_else(|| missing(name, "the commit"))?;
    let commit =
        repository.commit(&commit_id).map_err(|error| failed("the commit", &error))?.ok_or_else(|| missing(name, "the commit"))?;
    let tree256 = repository.tree256(&commit.tree).map_err(|error| failed("the tree", &error))?;
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
