//! What remotes have under the name of a tag, as it was last fetched: a tag that moved or went there is found also by
//! who still has the old one.

use std::collections::BTreeSet;

use super::app::App;
use super::checkout;
use super::error::{Outcome, shell_word};
use super::release::{self, name_blob};
use super::signing;
use super::trust::{self, Trusted};
use crate::evaluate::context::{Elsewhere, OpenedObject};
use crate::git::Repository;
use crate::git::notes::Notes;
use crate::git::sync::{SyncOutcome, side_ref};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{ObjectId, RootDigest, TagName};
use crate::model::log::Record;
use crate::parse::record::parse_envelope;
use crate::sign::verify::Verified;

/// The remotes of a repository: those that are set up, and the one that records are shared with, which may be a URL.
pub struct Remotes {
    names: BTreeSet<String>,
    shared: Option<String>,
}

impl Remotes {
    /// Reads them from the configuration.
    pub fn of(repository: &Repository) -> Outcome<Self> {
        let shared = signing::remote(repository)?;
        let names = repository.remotes()?.into_iter().chain(shared.clone()).collect();
        Ok(Self { names, shared })
    }

    /// Gives those under which a tag that was opened stands for something else than the object that it was opened on.
    pub fn differing(
        &self,
        repository: &Repository,
        root: &RootDigest,
        name: &TagName,
        (object, open): (&ObjectId, &Verified<Record>),
    ) -> Outcome<Vec<Elsewhere>> {
        let mut found = Vec::new();
        for remote in &self.names {
            let there = repository.resolve(&side_ref(remote, &format!("tags/{}", name.short())))?;
            if there == Some(*object) {
                continue;
            }
            found.push(Elsewhere {
                remote: remote.clone(),
                there,
                is_shared_with: self.shared.as_ref() == Some(remote),
                has_record: has_record(repository, root, remote, name, (object, open.line())),
                way_back: way_back(repository, remote, name, object)?,
            });
        }
        Ok(found)
    }
}

/// Says whether the notes of a remote hold a record, in the log of the tag object or under the tag's name.
///
/// Notes that can't be read may hold it.
fn has_record(
    repository: &Repository,
    root: &RootDigest,
    remote: &str,
    name: &TagName,
    (object, line): (&ObjectId, &[u8]),
) -> bool {
    let Ok(payload) = parse_envelope(line).map(|envelope| envelope.payload) else { return false };
    let holds = || -> Outcome<bool> {
        let Some(there) = repository.resolve(&side_ref(remote, "notes"))? else { return Ok(false) };
        let mut notes = Notes::at(repository, Some(&there))?;
        for place in [repository.blob_id(&name_blob(root, name))?, *object] {
            let lines = notes.lines(&place)?;
            if lines.iter().any(|line| parse_envelope(line).is_ok_and(|envelope| envelope.payload == payload)) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    holds().unwrap_or(true)
}

/// Gives the command that puts the object of a tag back under its name on a remote.
pub fn way_back(repository: &Repository, remote: &str, name: &TagName, object: &ObjectId) -> Outcome<String> {
    // Where a checkout made a commit of the tag, its own ref is not what belongs there.
    let what = match repository.resolve(name.full())? {
        Some(here) if here == *object => name.full().to_owned(),
        _ => format!("{object}:{}", name.full()),
    };
    Ok(format!("git push -f {} {}", shell_word(remote), shell_word(&what)))
}

/// Gives what the remote that records are shared with has under a name, where that is something else than an object.
pub fn other_tag(repository: &Repository, name: &TagName, object: &ObjectId) -> Outcome<Option<(String, ObjectId)>> {
    let Some(remote) = signing::remote(repository)? else { return Ok(None) };
    let there = repository.resolve(&side_ref(&remote, &format!("tags/{}", name.short())))?;
    Ok(there.filter(|there| there != object).map(|there| (remote, there)))
}

/// Finds, of a release, that a remote has another tag object than it was opened on, or none any more.
pub fn found(findings: &[Finding], opened: &[OpenedObject]) -> Option<Finding> {
    let is_elsewhere = |finding: &&Finding| {
        matches!(finding.code, Code::TagMoved | Code::TagDeleted)
            && opened.iter().any(|opened| Some(opened.record) == finding.record && !opened.elsewhere.is_empty())
    };
    findings.iter().find(is_elsewhere).cloned()
}

/// Gives the objects on which somebody who may has opened a name; none where no policy can be trusted.
fn opened_on(app: &App, repository: &Repository, root: Option<RootDigest>, name: &TagName) -> BTreeSet<ObjectId> {
    let objects = || -> Outcome<BTreeSet<ObjectId>> {
        let trusted = trust::load(repository, root)?;
        let loaded = release::load(repository, &trusted, name, app.now, None)?;
        let opened = loaded.context.opened_objects.iter().filter(|opened| opened.authorised);
        Ok(opened.map(|opened| opened.object).collect())
    };
    objects().unwrap_or_default()
}

/// Tells what was found of tags when a remote was fetched from and pushed to.
pub fn tell(app: &App, repository: &Repository, remote: &str, outcome: &SyncOutcome, root: Option<RootDigest>) -> Outcome<()> {
    for tag in &outcome.moved_tags {
        // What a checkout made of a tag is no other tag.
        if checkout::converted(repository, remote, tag)?.is_some() {
            continue;
        }
        let (here, there) =
            (repository.resolve(tag.full())?, repository.resolve(&side_ref(remote, &format!("tags/{}", tag.short())))?);
        let opened = opened_on(app, repository, root, tag);
        let is_opened = |object: &Option<ObjectId>| object.is_some_and(|object| opened.contains(&object));
        let short = tag.short();
        let get = format!("git fetch --force {} {}", shell_word(remote), shell_word(&format!("{0}:{0}", tag.full())));
        app.ui.warn(match here {
            Some(object) if is_opened(&here) => format!(
                "{short} stands for another object at {remote} than the one that was opened, which is here; put it back: {}",
                way_back(repository, remote, tag, &object)?
            ),
            _ if is_opened(&there) => {
                format!("{short} stands for another object at {remote} than here, and for the one that was opened; get it: {get}")
            }
            _ => format!(
                "{short} stands for another object at {remote} than here; nothing was changed; if the remote's is the right one: {get}"
            ),
        });
    }
    let restored = restored(repository, outcome, root)?;
    if !restored.is_empty() {
        app.ui.warn(format!(
            "put back on {remote}: {}; the remote had its records and not the tag, so somebody had deleted it there",
            crate::report::words::and(restored.iter().map(|tag| tag.short()))
        ));
    }
    Ok(())
}

/// Gives the tags that were pushed to a remote which had their records and not them.
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
pub fn wrong(app: &App, repository: &Repository, trusted: &Trusted, remote: &str, tags: &[TagName]) -> Outcome<Vec<Finding>> {
    let mut wrong = Vec::new();
    for tag in tags {
        let here = repository.resolve(tag.full())?;
        if repository.resolve(&side_ref(remote, &format!("tags/{}", tag.short())))? == here {
            continue;
        }
        let loaded = release::load(repository, trusted, tag, app.now, None)?;
        wrong.extend(found(&loaded.report().findings, &loaded.context.opened_objects));
    }
    Ok(wrong)
}
