//! What is told of tags that a remote has as something else than here, or not at all.

use std::collections::BTreeSet;

use crate::git::Repository;
use crate::git::notes::Notes;
use crate::git::sync::{SyncOutcome, side_ref};
use crate::model::address::name_blob;
use crate::model::advice::Advice;
use crate::model::finding::Finding;
use crate::model::ids::{ObjectId, RootDigest, TagName};
use crate::ops::error::Outcome;
use crate::ops::load::remotes::{found, way_back};
use crate::ops::load::{releases, tag_target};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;
use crate::report::words;

/// Returns the objects on which an authorised person has opened a name; none where no policy can be trusted.
fn opened_on(session: &Session, repository: &Repository, root: Option<RootDigest>, name: &TagName) -> BTreeSet<ObjectId> {
    let objects = || -> Outcome<BTreeSet<ObjectId>> {
        let trusted = Workspace::load(repository, root)?;
        let loaded = releases::load(repository, &trusted, name, session.now, None)?;
        let opened = loaded.context.opened_objects.iter().filter(|opened| opened.authorised);
        Ok(opened.map(|opened| opened.object).collect())
    };
    objects().unwrap_or_default()
}

/// Describes what was found of tags when a remote was fetched from and pushed to.
pub fn tell(
    session: &Session,
    repository: &Repository,
    remote: &str,
    outcome: &SyncOutcome,
    root: Option<RootDigest>,
) -> Outcome<()> {
    for tag in &outcome.moved_tags {
        // What a checkout made of a tag is no other tag.
        if tag_target::converted(repository, remote, tag)?.is_some() {
            continue;
        }
        let (here, there) =
            (repository.resolve(tag.full())?, repository.resolve(&side_ref(remote, &format!("tags/{}", tag.short())))?);
        let opened = opened_on(session, repository, root, tag);
        let is_opened = |object: &Option<ObjectId>| object.is_some_and(|object| opened.contains(&object));
        let short = tag.short();
        let get = format!("git fetch --force {} {}", shell_word(remote), shell_word(&format!("{0}:{0}", tag.full())));
        session.warn(match here {
            Some(object) if is_opened(&here) => Advice::run(
                format!("{short} at {remote} is not the tag object that was opened, which is here; restore it"),
                way_back(repository, remote, tag, &object)?,
            ),
            _ if is_opened(&there) => {
                Advice::run(format!("{short} here is not the tag object that was opened, which {remote} has; fetch it"), get)
            }
            _ => Advice::run(
                format!("{short} is another object at {remote} than here; nothing was changed; if the remote's is the right one"),
                get,
            ),
        });
    }
    let restored = restored(repository, outcome, root)?;
    if !restored.is_empty() {
        session.warn(format!(
            "restored on {remote}: {}; the remote had its records but not the tag, so somebody had deleted it there",
            words::and(restored.iter().map(|tag| tag.short()))
        ));
    }
    Ok(())
}

/// Returns the tags that were pushed to a remote which had their records and not them.
pub fn restored(repository: &Repository, outcome: &SyncOutcome, root: Option<RootDigest>) -> Outcome<Vec<TagName>> {
    let mut notes = Notes::at(repository, outcome.notes_there.as_ref())?;
    let mut found = Vec::new();
    for tag in &outcome.tags_went {
        let Some(object) = repository.resolve(tag.full())? else { continue };
        let of_name = root.map(|root| repository.blob_id(&name_blob(&root, tag))).transpose()?;
        if notes.has(&object)? || of_name.map_or(Ok(false), |name| notes.has(&name))? {
            found.push(tag.clone());
        }
    }
    Ok(found)
}

/// Finds which of some tags a remote has as something else than what they were opened on, or no more.
pub fn wrong(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    remote: &str,
    tags: &[TagName],
) -> Outcome<Vec<Finding>> {
    let mut wrong = Vec::new();
    for tag in tags {
        let here = repository.resolve(tag.full())?;
        if repository.resolve(&side_ref(remote, &format!("tags/{}", tag.short())))? == here {
            continue;
        }
        let loaded = releases::load(repository, trusted, tag, session.now, None)?;
        wrong.extend(found(&loaded.report().findings, &loaded.context.opened_objects));
    }
    Ok(wrong)
}
