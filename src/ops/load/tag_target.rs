//! The checkout of a pipeline: which tag object a name stands for where the checkout made a commit of the tag.
//!
//! Common checkout actions fetch the commit that a pipeline runs for under the name of the tag, so that `refs/tags/NAME`
//! is a commit here and the tag object, on which everything is signed, never comes. `sync` keeps the remote's tags beside
//! the local ones, so the tag object is had from there; and only where it stands for that very commit.

use crate::git::sync::side_ref;
use crate::git::{ObjectKind, Repository};
use crate::model::finding::Seen;
use crate::model::ids::{ObjectId, TagName};
use crate::ops::error::Outcome;

/// A tag that is a commit here, and an annotated tag at the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Differing {
    /// The commit that the name stands for here.
    here: ObjectId,
    /// The remote's tag object.
    object: ObjectId,
    /// The commit that it stands for, as far as that can be read here.
    there: Option<ObjectId>,
}

fn differing(repository: &Repository, remote: &str, name: &TagName) -> Outcome<Option<Differing>> {
    let kind = |id: &ObjectId| Ok::<_, crate::git::Error>(repository.object_header(id)?.map(|(kind, _)| kind));
    let Some(here) = repository.resolve(name.full())? else { return Ok(None) };
    if kind(&here)? != Some(ObjectKind::Commit) {
        return Ok(None);
    }
    let side = side_ref(remote, &format!("tags/{}", name.short()));
    let Some(object) = repository.resolve(&side)? else { return Ok(None) };
    if kind(&object)? != Some(ObjectKind::Tag) {
        return Ok(None);
    }
    // A tag object that can't be followed stands for nothing that could be compared.
    let there = repository.peel_to_commit(&object).unwrap_or_default();
    Ok(Some(Differing { here, object, there }))
}

/// Returns the remote's tag object, where the tag is a commit here and the remote's stands for that commit.
pub fn converted(repository: &Repository, remote: &str, name: &TagName) -> Outcome<Option<ObjectId>> {
    let differing = differing(repository, remote, name)?;
    Ok(differing.filter(|tag| tag.there == Some(tag.here)).map(|tag| tag.object))
}

/// Returns what the name of a tag stands for: what the ref points at, or the tag object that a checkout has replaced.
pub fn target(repository: &Repository, name: &TagName) -> Outcome<Option<ObjectId>> {
    match is_replaced(repository, name)? {
        Some(object) => Ok(Some(object)),
        None => Ok(repository.resolve(name.full())?),
    }
}

/// Returns the tag object that a checkout has replaced by its commit, if it has.
pub fn is_replaced(repository: &Repository, name: &TagName) -> Outcome<Option<ObjectId>> {
    match repository.sharing_remote()? {
        Some(remote) => converted(repository, &remote, name),
        None => Ok(None),
    }
}

/// Reports that the tag is one commit here and stands for another at the remote: it moved since the checkout, or before.
pub fn moved_since(repository: &Repository, name: &TagName) -> Outcome<Option<Seen>> {
    let Some(remote) = repository.sharing_remote()? else { return Ok(None) };
    let Some(tag) = differing(repository, &remote, name)?.filter(|tag| tag.there != Some(tag.here)) else { return Ok(None) };
    Ok(Some(Seen::MovedSince { name: name.short().to_owned(), here: tag.here, remote, there: tag.there }))
}
