//! Pushing what a remote lacks.

use std::collections::BTreeMap;

use super::error::{Error, ErrorKind, Result};
use super::notes::{Append, Lines};
use super::program::Program;
use super::push_reply::Push;
use super::repository::Repository;
use super::sync::{Judge, PolicySync, Sync, SyncOutcome, along_ref, side_ref};
use super::{EVIDENCE_REF, FORMER_PREFIX, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX};
use crate::model::ids::ObjectId;

/// How often it is asked what of the logs can be shared without what was left out before; once is enough but where an open record
/// is left out that records of another log name.
const MOST_ROUNDS: usize = 8;

/// A ref that a remote lacks, or has as something older.
pub(super) struct Lack {
    /// What it is to be there.
    id: ObjectId,
    /// Its name there and here.
    pub(super) name: String,
    /// The side ref that says so once it landed.
    side: String,
}

impl Lack {
    /// Whether no record depends on it, so that they can go without it.
    fn may_wait(&self) -> bool {
        self.name.starts_with(PROPOSALS_PREFIX) || self.name.starts_with(FORMER_PREFIX)
    }
}

impl Repository {
    /// Pushes what the remote lacks; what was refused for the sake of a proposal goes without it.
    pub(super) fn push_lacking(
        &self,
        sync: &Sync<'_>,
        lacking: Vec<Lack>,
        (pushes, kept): (&mut u32, &mut BTreeMap<String, String>),
    ) -> Result<Push> {
        *pushes += 1;
        let pushed = self.push_refs(sync, &lacking)?;
        let Push::Rejected(why) = pushed else { return Ok(pushed) };
        // A proposal that was overtaken is refused for good, and must not keep back the records.
        let (may_wait, rest): (Vec<Lack>, Vec<Lack>) = lacking.into_iter().partition(Lack::may_wait);
        if may_wait.is_empty() || rest.is_empty() {
            return Ok(Push::Rejected(why));
        }
        *pushes += 1;
        let pushed = self.push_refs(sync, &rest)?;
        if matches!(pushed, Push::Ok(_)) {
            kept.extend(may_wait.into_iter().map(|lack| (lack.name, why.clone())));
        }
        Ok(pushed)
    }

    /// Pushes commits to refs, and notes on the side refs that they landed.
    fn push_refs(&self, sync: &Sync<'_>, refs: &[Lack]) -> Result<Push> {
        let ids: Vec<(ObjectId, &str)> = refs.iter().map(|lack| (lack.id, lack.name.as_str())).collect();
        let pushed = self.push_by_name(sync.remote, sync.interactive, &ids)?;
        if matches!(pushed, Push::Ok(_)) {
            for Lack { id, side, .. } in refs {
                // Where the ref here moved on meanwhile, more than this may have landed, and the next fetch says so. If another
                // process fetches at the same moment, what it says of the remote is as good.
                let old = self.resolve(side)?;
                self.swap_ref(side, id, old.as_ref(), "pushed by relsign")?;
            }
        }
        Ok(pushed)
    }

    /// Pushes objects to refs by the names of refs: a remote helper may know nothing else, and refuse an object's id.
    ///
    /// An object that its ref here does not stand for, as notes of which lines are left out, has a ref of its own meanwhile.
    ///
    /// # Errors
    /// If git can't be started, or such a ref can't be made.
    pub fn push_by_name(&self, remote: &str, interactive: bool, ids: &[(ObjectId, &str)]) -> Result<Push> {
        let mut refspecs = Vec::new();
        let mut made: Vec<(String, ObjectId)> = Vec::new();
        for (id, name) in ids {
            if self.resolve(name)? == Some(*id) {
                refspecs.push(format!("{name}:{name}"));
                continue;
            }
            let random = getrandom::u32().unwrap_or_else(|_| std::process::id());
            let sent = along_ref(remote, &format!("sent-{random:08x}"));
            self.swap_ref(&sent, id, None, "pushed by relsign")?;
            refspecs.push(format!("{sent}:{name}"));
            made.push((sent, *id));
        }
        let pushed = Program::new(self, interactive).push(remote, &refspecs);
        // Git notes what it pushed beside its own remote-tracking refs.
        self.forget_along(remote)?;
        for (sent, id) in &made {
            // One that stays is in nobody's way.
            let _ = self.delete_ref(sent, id);
        }
        pushed
    }

    /// Returns the notes commit that the remote is to have: the one here, or where some of its lines are left out, one on top of the
    /// remote's that has the others. Nothing, where the remote lacks no line that it would take.
    pub(super) fn notes_to_share(&self, sync: &Sync<'_>, judge: &mut dyn Judge, late: bool) -> Result<Option<ObjectId>> {
        let Some(ours) = self.commit_at(NOTES_REF)? else { return Ok(None) };
        let theirs = self.side_commit(sync.remote, NOTES_REF, "notes")?;
        if theirs == Some(ours) {
            return Ok(None);
        }
        let (mut tip, mut left_out) = (ours, BTreeMap::<ObjectId, Lines>::new());
        for _ in 0..MOST_ROUNDS {
            let more = judge.left_out(theirs.as_ref(), &tip, late)?;
            if more.is_empty() {
                return Ok(Some(tip));
            }
            more.into_iter().for_each(|(object, lines)| left_out.entry(object).or_default().extend(lines));
            let mut appends = Vec::new();
            for (object, lines) in self.lines_beyond(Some(&ours), theirs.as_ref())? {
                let stays = left_out.get(&object);
                let lines: Vec<_> = lines.into_iter().filter(|line| stays.is_none_or(|stays| !stays.contains(line))).collect();
                if !lines.is_empty() {
                    appends.push(Append { notes_ref: NOTES_REF.to_owned(), object, lines });
                }
            }
            if appends.is_empty() {
                return Ok(None);
            }
            tip = self.write_notes(theirs.as_ref(), &appends, sync.author, "Share what others take in")?;
        }
        Err(Error::new(ErrorKind::Invalid, "the records here can't be told apart into those that can be shared and the others"))
    }

    /// Returns what the remote lacks, in the order in which it has to get there; `notes` is the notes commit that it is to have.
    pub(super) fn lacking(&self, sync: &Sync<'_>, notes: Option<ObjectId>, outcome: &SyncOutcome) -> Result<Vec<Lack>> {
        let mut refs: Vec<(String, String)> = Vec::new();
        // A tag that stands for something else there would be refused, and everything with it; that it does is told.
        let tags = sync.tags.iter().filter(|tag| !outcome.moved_tags.contains(tag));
        refs.extend(tags.map(|tag| (tag.full().to_owned(), format!("tags/{}", tag.short()))));
        // Evidence and policy go first, for remotes where a push is not atomic: records refer to them.
        refs.push((EVIDENCE_REF.to_owned(), "evidence".to_owned()));
        if outcome.policy == PolicySync::Ahead {
            refs.push((POLICY_REF.to_owned(), "policy".to_owned()));
        }
        for (prefix, what) in [(PROPOSALS_PREFIX, "proposals/"), (FORMER_PREFIX, "former/")] {
            for (name, ours) in self.refs(prefix)? {
                let what = format!("{what}{}", &name.as_str()[prefix.len()..]);
                // What somebody put in the place of ours can't be replaced, and must not stop what can be shared.
                if self.in_the_place_of(sync.remote, &what, &ours)?.is_none() {
                    refs.push((name.as_str().to_owned(), what));
                }
            }
        }
        let mut lacking = Vec::new();
        for (name, what) in refs {
            let side = side_ref(sync.remote, &what);
            match self.resolve(&name)? {
                Some(id) if self.resolve(&side)? != Some(id) => lacking.push(Lack { id, name, side }),
                _ => {}
            }
        }
        if let Some(id) = notes {
            lacking.push(Lack { id, name: NOTES_REF.to_owned(), side: side_ref(sync.remote, "notes") });
        }
        Ok(lacking)
    }

    /// Returns the own refs that the remote has something else in the place of, so that they can't be shared, and what that is.
    pub(super) fn obstructed(&self, remote: &str) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for (prefix, what) in [(PROPOSALS_PREFIX, "proposals/"), (FORMER_PREFIX, "former/")] {
            for (name, ours) in self.refs(prefix)? {
                let what = format!("{what}{}", &name.as_str()[prefix.len()..]);
                if let Some(theirs) = self.in_the_place_of(remote, &what, &ours)? {
                    found.insert(name.as_str().to_owned(), format!("{remote} has object {theirs} in its place"));
                }
            }
        }
        Ok(found)
    }

    /// Returns what a remote has in the place of a ref of ours that can't go forward from it.
    fn in_the_place_of(&self, remote: &str, what: &str, ours: &ObjectId) -> Result<Option<ObjectId>> {
        let Some(theirs) = self.resolve(&side_ref(remote, what))? else { return Ok(None) };
        let goes_on = theirs == *ours || (self.proposed(&theirs)?.is_some() && self.is_ancestor(&theirs, ours)?);
        Ok((!goes_on).then_some(theirs))
    }
}
