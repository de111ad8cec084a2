//! What remotes have under the name of a tag, as it was last fetched: a tag that moved or went there is found also by
//! who still has the old one.

use std::collections::BTreeSet;

use crate::evaluate::context::{Elsewhere, OpenedObject};
use crate::git::Repository;
use crate::git::notes::Notes;
use crate::git::sync::side_ref;
use crate::model::address::name_blob;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{ObjectId, RootDigest, TagName};
use crate::ops::error::Outcome;
use crate::parse::record::parse_envelope;
use crate::report::safe::shell_word;
use crate::sign::verify::Verified;

/// The remotes of a repository: those that are set up, and the one that records are shared with, which may be a URL.
pub struct Remotes {
    names: BTreeSet<String>,
    shared: Option<String>,
}

impl Remotes {
    /// Reads them from the configuration.
    pub fn of(repository: &Repository) -> Outcome<Self> {
        let shared = repository.sharing_remote()?;
        let names = repository.remotes()?.into_iter().chain(shared.clone()).collect();
        Ok(Self { names, shared })
    }

    /// Returns those under which a tag that was opened stands for something else than the object that it was opened on, and where
    /// the tag is gone here, also those that have it.
    pub fn differing(
        &self,
        repository: &Repository,
        root: &RootDigest,
        name: &TagName,
        (object, open): (&ObjectId, &Verified),
        is_here: bool,
    ) -> Outcome<Vec<Elsewhere>> {
        let mut found = Vec::new();
        for remote in &self.names {
            let there = repository.resolve(&side_ref(remote, &format!("tags/{}", name.short())))?;
            if is_here && there == Some(*object) {
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

/// Whether the notes of a remote hold a record, in the log of the tag object or under the tag's name.
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

/// Returns the command that puts the object of a tag back under its name on a remote.
pub fn way_back(repository: &Repository, remote: &str, name: &TagName, object: &ObjectId) -> Outcome<String> {
    // Where a checkout made a commit of the tag, its own ref is not what belongs there.
    let what = match repository.resolve(name.full())? {
        Some(here) if here == *object => name.full().to_owned(),
        _ => format!("{object}:{}", name.full()),
    };
    Ok(format!("git push -f {} {}", shell_word(remote), shell_word(&what)))
}

/// Returns what the remote that records are shared with has under a name, as it was last fetched.
pub fn tag_there(repository: &Repository, name: &TagName) -> Outcome<Option<(String, ObjectId)>> {
    let Some(remote) = repository.sharing_remote()? else { return Ok(None) };
    let there = repository.resolve(&side_ref(&remote, &format!("tags/{}", name.short())))?;
    Ok(there.map(|there| (remote, there)))
}

/// Returns the same, where that is something else than an object.
pub fn other_tag(repository: &Repository, name: &TagName, object: &ObjectId) -> Outcome<Option<(String, ObjectId)>> {
    Ok(tag_there(repository, name)?.filter(|(_, there)| there != object))
}

/// Finds, of a release, that a remote has another tag object than it was opened on, or none any more.
pub fn found(findings: &[Finding], opened: &[OpenedObject]) -> Option<Finding> {
    let is_elsewhere = |finding: &&Finding| {
        matches!(finding.code, Code::TagMoved | Code::TagDeleted)
            && opened.iter().any(|opened| Some(opened.record) == finding.record && !opened.elsewhere.is_empty())
    };
    findings.iter().find(is_elsewhere).cloned()
}
