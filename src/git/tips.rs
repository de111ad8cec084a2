//! Where this clone last put relsign's own refs, beside the refs themselves.
//!
//! `git fetch` with `+refs/notes/*:refs/notes/*`, as in mirrors, overwrites what was signed here and not shared yet. Git keeps
//! the objects for weeks, and the tip that is kept here leads to them. It is a file, since such a fetch prunes refs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::error::Result;
use super::files::rewrite;
use super::refs::{Author, Swap};
use super::repository::Repository;
use super::sync::side_ref;
use super::{EVIDENCE_REF, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX};
use crate::model::ids::ObjectId;
use crate::model::time::Timestamp;

const MESSAGE: &str = "Take back what another fetch overwrote";

/// The refs whose tips are kept. A witness's receipts are not among them: they are on the remote before they are here.
fn is_kept(name: &str) -> bool {
    [NOTES_REF, EVIDENCE_REF, POLICY_REF].contains(&name) || name.starts_with(PROPOSALS_PREFIX)
}

impl Repository {
    fn tips_dir(&self) -> PathBuf {
        self.own_dir().join("tips")
    }

    /// Keeps where a ref was put; that it can't be kept is no reason not to sign.
    pub(super) fn keep_tip(&self, name: &str, tip: &ObjectId) {
        if !is_kept(name) || std::fs::create_dir_all(self.tips_dir()).is_err() {
            return;
        }
        let file = self.tips_dir().join(name.replace('/', "."));
        if rewrite(&file, format!("{name} {tip}\n").as_bytes()).is_ok() {
            let _ = self.share_as_set_up(&file);
        }
    }

    /// Forgets a ref that relsign itself deleted.
    pub(super) fn forget_tip(&self, name: &str) {
        let _ = std::fs::remove_file(self.tips_dir().join(name.replace('/', ".")));
    }

    /// Returns the tips that were kept, by ref; what can't be read is passed over.
    fn kept_tips(&self) -> Vec<(String, ObjectId)> {
        let files = std::fs::read_dir(self.tips_dir()).into_iter().flatten().flatten();
        let mut tips: Vec<(String, ObjectId)> = files
            .filter_map(|file| {
                let text = std::fs::read_to_string(file.path()).ok()?;
                let (name, tip) = text.trim_end().split_once(' ')?;
                Some((name.to_owned(), tip.parse().ok()?))
            })
            .filter(|(name, _)| is_kept(name))
            .collect();
        tips.sort();
        tips
    }

    /// Returns the notes that are here together with those that a remote had when git last fetched from it, by the id of their
    /// commit; where no such commit is here, with a handle that has it in memory. Nothing where there is no more than is here.
    ///
    /// # Errors
    /// If either can't be read.
    pub fn notes_as_fetched(&self, remote: &str, author: &Author) -> Result<Option<(Option<Self>, ObjectId)>> {
        let (here, there) = (self.commit_at(NOTES_REF)?, self.commit_at(&side_ref(remote, "notes"))?);
        let Some(there) = there else { return Ok(None) };
        let Some(here) = here else { return Ok(Some((None, there))) };
        if here == there || self.is_ancestor(&there, &here)? {
            return Ok(None);
        }
        if self.is_ancestor(&here, &there)? {
            return Ok(Some((None, there)));
        }
        let memory = self.reopen_in_memory()?;
        let (tree, _) = memory.merge_notes_trees(&here, &there, true)?;
        let union = memory.write_commit(&tree, &[here, there], author, MESSAGE)?;
        Ok(Some((Some(memory), union)))
    }

    /// Returns the policy that a remote had when git last fetched from it, where it goes forward from the one here.
    ///
    /// # Errors
    /// If the refs can't be read.
    pub fn policy_as_fetched(&self, remote: &str) -> Result<Option<ObjectId>> {
        let (here, there) = (self.resolve(POLICY_REF)?, self.resolve(&side_ref(remote, "policy"))?);
        match (here, there) {
            (Some(here), Some(there)) if here != there && self.has_object(&there)? && self.is_ancestor(&here, &there)? => {
                Ok(Some(there))
            }
            _ => Ok(None),
        }
    }

    /// Returns when `git fetch` last brought the records of a remote, if what it brought then is what is known of them now.
    pub fn plainly_fetched(&self, remote: &str) -> Option<Timestamp> {
        let there = self.resolve(&side_ref(remote, "notes")).ok()??;
        let file = self.git_dir().join("FETCH_HEAD");
        let listed = std::fs::read_to_string(&file).ok()?;
        let is_notes = |line: &str| line.starts_with(&there.to_string()) && line.contains(&format!("'{NOTES_REF}' of "));
        if !listed.lines().any(is_notes) {
            return None;
        }
        let written = std::fs::metadata(&file).and_then(|data| data.modified()).ok()?;
        let age = written.duration_since(std::time::UNIX_EPOCH).ok()?;
        Timestamp::from_seconds(i64::try_from(age.as_secs()).ok()?)
    }

    /// Whether `git fetch` last brought this object.
    fn was_fetched(&self, id: &ObjectId) -> bool {
        let listed = std::fs::read_to_string(self.git_dir().join("FETCH_HEAD")).unwrap_or_default();
        listed.lines().any(|line| line.starts_with(&id.to_string()))
    }

    /// Takes back what this clone had in its own refs and something else overwrote; returns how many records that were.
    ///
    /// # Errors
    /// If what was overwritten can be read and can't be put back.
    pub fn take_back_overwritten(&self, author: &Author) -> Result<usize> {
        let mut back = 0;
        for (name, tip) in self.kept_tips() {
            let now = self.resolve(&name)?;
            if now == Some(tip) || !self.has_object(&tip)? {
                continue;
            }
            // Whoever puts a ref back by hand means it.
            if let Some(now) = &now
                && (!self.was_fetched(now) || !self.has_object(now)? || self.is_ancestor(&tip, now)?)
            {
                continue;
            }
            match name.as_str() {
                NOTES_REF => {
                    // What can't be read here is the business of a repair.
                    let Ok(lost @ 1..) = self.count_beyond(Some(&tip), now.as_ref()) else { continue };
                    // What is too large to be read may have been put away on purpose.
                    self.merge_ref(&name, &tip, None, author, MESSAGE, |ours| self.merge_notes_trees(ours, &tip, false))?;
                    back += lost;
                }
                EVIDENCE_REF => {
                    self.merge_evidence(&tip, &BTreeSet::new(), None, author, MESSAGE)?;
                }
                POLICY_REF => {
                    let goes_forward = now.map_or(Ok(true), |now| self.is_ancestor(&now, &tip))?;
                    if goes_forward && self.swap_ref(&name, &tip, now.as_ref(), MESSAGE)? != Swap::Done {
                        continue;
                    }
                }
                proposal => {
                    if let (Ok(digest), Some(version)) = (proposal[PROPOSALS_PREFIX.len()..].parse(), self.proposed(&tip)?) {
                        self.merge_proposal(&digest, &version, &version.records, author)?;
                    }
                }
            }
        }
        Ok(back)
    }
}
