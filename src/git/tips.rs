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
use super::{EVIDENCE_REF, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX};
use crate::model::ids::ObjectId;

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

    /// Takes back what this clone had in its own refs and something else overwrote; returns how many records that were.
    ///
    /// # Errors
    /// If what was overwritten can be read and can't be put back.
    pub(super) fn take_back_overwritten(&self, author: &Author) -> Result<usize> {
        let mut back = 0;
        for (name, tip) in self.kept_tips() {
            let now = self.resolve(&name)?;
            if now == Some(tip) || !self.has_object(&tip)? {
                continue;
            }
            if let Some(now) = &now
                && (!self.has_object(now)? || self.is_ancestor(&tip, now)?)
            {
                continue;
            }
            match name.as_str() {
                NOTES_REF => {
                    // What can't be read here is the business of a repair.
                    let Ok(lost @ 1..) = self.count_beyond(Some(&tip), now.as_ref()) else { continue };
                    self.merge_notes(&name, &tip, author, MESSAGE)?;
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
