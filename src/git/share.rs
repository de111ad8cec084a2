//! Pushing what a remote lacks: in turn with others on this machine, and for those who wait.

use std::collections::BTreeSet;

use super::error::Result;
use super::notes::{Append, Lines};
use super::program::{Program, Push};
use super::refs::Author;
use super::repository::Repository;
use super::sync::{PolicySync, Sync, SyncOutcome, side_ref};
use super::turns::{Load, Turn, Waited};
use super::{EVIDENCE_REF, FORMER_PREFIX, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX};
use crate::model::ids::ObjectId;

/// A ref that a remote lacks, or has as something older.
pub(super) struct Lack {
    /// What it is to be there.
    id: ObjectId,
    /// Its name there and here.
    pub(super) name: String,
    /// The side ref that says so once it landed.
    side: String,
}

impl Repository {
    /// Waits for the turn to push, where there is something to push; who only fetches is in nobody's way.
    pub(super) fn turn(&self, sync: &Sync<'_>, outcome: &SyncOutcome, to_share: &Load) -> Result<Waited> {
        let Some(folder) = sync.pace.turns.filter(|_| sync.push) else { return Ok(Waited::Not) };
        let lacking = self.lacking(sync, outcome)?;
        // Lines can be pushed by anybody; a tag or evidence that they need is here only.
        let load = match lacking.as_slice() {
            [] => return Ok(Waited::Not),
            [one] if one.name == NOTES_REF => Some(to_share),
            _ => None,
        };
        Ok(Turn::take(folder, &self.push_url(sync.remote), load))
    }

    /// Pushes what the remote lacks, and with it what those who wait for the turn have left.
    ///
    /// If that is refused it may be for their sake, so then it goes without theirs.
    pub(super) fn push_in_turn(
        &self,
        sync: &Sync<'_>,
        known: Option<&BTreeSet<ObjectId>>,
        turn: &Waited,
        lacking: Vec<Lack>,
        pushes: &mut u32,
    ) -> Result<Push> {
        if let Waited::Turn(turn) = turn {
            let left = turn.left();
            if let Some(commit) = self.carry(left.iter().map(|(_, load)| load), sync.author)? {
                let other = |lack: &&Lack| lack.name != NOTES_REF;
                let own = lacking.iter().filter(other).map(|lack| (lack.id, lack.name.as_str(), lack.side.as_str()));
                let side = side_ref(sync.remote, "notes");
                let all: Vec<_> = own.chain([(commit, NOTES_REF, side.as_str())]).collect();
                *pushes += 1;
                let pushed = self.push_refs(sync, &all)?;
                if pushed == Push::Ok {
                    turn.carried(left.iter().map(|(path, _)| path));
                    self.merge_notes_onto(NOTES_REF, &commit, known, sync.author, "Merge records by set union")?;
                }
                if !matches!(pushed, Push::Rejected(_)) {
                    return Ok(pushed);
                }
            }
        }
        *pushes += 1;
        let own: Vec<_> = lacking.iter().map(|lack| (lack.id, lack.name.as_str(), lack.side.as_str())).collect();
        self.push_refs(sync, &own)
    }

    /// Pushes commits to refs, and notes on the side refs that they landed.
    fn push_refs(&self, sync: &Sync<'_>, refs: &[(ObjectId, &str, &str)]) -> Result<Push> {
        // The id is pushed, not the name, so that what landed is known even if the ref moves on meanwhile.
        let refspecs: Vec<String> = refs.iter().map(|(id, name, _)| format!("{id}:{name}")).collect();
        let refspecs: Vec<&str> = refspecs.iter().map(String::as_str).collect();
        let pushed = Program::new(self, sync.interactive).push(sync.remote, &refspecs)?;
        if pushed == Push::Ok {
            for (id, _, side) in refs {
                // If another process fetches at the same moment, its word about the remote is as good as ours.
                let old = self.resolve(side)?;
                self.swap_ref(side, id, old.as_ref(), "pushed by relsign")?;
            }
        }
        Ok(pushed)
    }

    /// Writes a commit that has the lines of others on top of the log here, and moves no ref; nothing where there are none, or
    /// where they fit no repository like this one.
    fn carry<'l>(&self, loads: impl Iterator<Item = &'l Load>, author: &Author) -> Result<Option<ObjectId>> {
        let mut all = Load::new();
        for (object, lines) in loads.flatten() {
            all.entry(*object).or_default().extend(lines.iter().cloned());
        }
        let append =
            |(object, lines): (_, Lines)| Append { notes_ref: NOTES_REF.to_owned(), object, lines: lines.into_iter().collect() };
        let appends: Vec<Append> = all.into_iter().map(append).collect();
        let Some(tip) = self.commit_at(NOTES_REF)?.filter(|_| !appends.is_empty()) else { return Ok(None) };
        if appends.iter().any(|append| self.check_append(append).is_err()) {
            return Ok(None);
        }
        let tree = self.notes_tree(&tip, &appends)?;
        Ok(Some(self.write_commit(&tree, &[tip], author, "Share what others have signed beside this")?))
    }

    /// Gives what the remote lacks, in the order in which it has to get there.
    pub(super) fn lacking(&self, sync: &Sync<'_>, outcome: &SyncOutcome) -> Result<Vec<Lack>> {
        let mut refs: Vec<(String, String)> = Vec::new();
        refs.extend(sync.tags.iter().map(|tag| (tag.full().to_owned(), format!("tags/{}", tag.short()))));
        // Evidence and policy go first, for remotes where a push is not atomic: records refer to them.
        refs.push((EVIDENCE_REF.to_owned(), "evidence".to_owned()));
        if outcome.policy == PolicySync::Ahead {
            refs.push((POLICY_REF.to_owned(), "policy".to_owned()));
        }
        for (prefix, what) in [(PROPOSALS_PREFIX, "proposals/"), (FORMER_PREFIX, "former/")] {
            for (name, ours) in self.refs(prefix)? {
                let what = format!("{what}{}", &name.as_str()[prefix.len()..]);
                // What somebody put in the place of ours can't be replaced, and must not stop what can be shared.
                let theirs = self.resolve(&side_ref(sync.remote, &what))?;
                let can_go = match theirs {
                    None => true,
                    Some(theirs) => self.proposed(&theirs)?.is_some() && self.is_ancestor(&theirs, &ours)?,
                };
                if can_go {
                    refs.push((name.as_str().to_owned(), what));
                }
            }
        }
        refs.push((NOTES_REF.to_owned(), "notes".to_owned()));
        let mut lacking = Vec::new();
        for (name, what) in refs {
            let side = side_ref(sync.remote, &what);
            match self.resolve(&name)? {
                Some(id) if self.resolve(&side)? != Some(id) => lacking.push(Lack { id, name, side }),
                _ => {}
            }
        }
        Ok(lacking)
    }
}
