//! What is known while a push is judged.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::evaluate::freeze::{Freezes, Span};
use crate::evaluate::push::{End, Refused, Update};
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::advice::Advice;
use crate::model::finding::{Code, Seen};
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::model::spelling::fold;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;

/// What helps whoever would take something away that is there.
pub(super) fn take_in() -> Advice {
    Advice::run("merge the remote's records with yours, and share them", "relsign sync")
}

/// What is known while a push is judged, each part read when it is first asked for.
pub(super) struct State<'a> {
    pub(super) session: &'a Session,
    pub(super) repository: &'a Repository,
    pub(super) trusted: &'a Workspace,
    pub(super) end: End,
    pub(super) updates: &'a [Update],
    /// Newer notes than the ref here says, as git fetched them.
    pub(super) known_notes: Option<ObjectId>,
    root_log: OnceCell<LoadedRootLog>,
    freezes: OnceCell<Freezes>,
    /// The tags by the form that all spellings of their names share.
    tags: OnceCell<BTreeMap<String, Vec<String>>>,
}

impl<'a> State<'a> {
    /// Begins to judge, with nothing read yet.
    pub(super) fn new(
        session: &'a Session,
        repository: &'a Repository,
        trusted: &'a Workspace,
        end: End,
        updates: &'a [Update],
    ) -> Self {
        let (root_log, freezes, tags) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { session, repository, trusted, end, updates, known_notes: None, root_log, freezes, tags }
    }

    /// Refuses an update that does not build on what was there; nothing where it does.
    pub(super) fn rewinds(&self, update: &Update, new: &ObjectId) -> Outcome<Option<Refused>> {
        let Some(old) = update.old else { return Ok(None) };
        if self.repository.has_object(&old)? && self.repository.is_ancestor(&old, new)? {
            return Ok(None);
        }
        let seen = if self.repository.has_object(&old)? { Seen::RecordsDropped } else { Seen::RemoteAhead };
        Ok(Some(Refused::new(&update.name, seen).hint(take_in())))
    }

    /// Returns what a ref stood for before the push.
    ///
    /// In `pre-receive` all refs are as they were before, and what the push says of them is the word of whoever pushes: git
    /// compares it only when it moves that very ref. Afterwards it is known to be true. On the client the ref here is what
    /// is pushed, and git tells what the remote has; where that is not here, what is here has to do, and the push fails
    /// anyway.
    pub(super) fn before(&self, name: &str) -> Outcome<Option<ObjectId>> {
        if self.end != End::Server
            && let Some(update) = self.updates.iter().find(|update| update.name == name)
        {
            match update.old {
                None => return Ok(None),
                Some(old) if self.repository.has_object(&old)? => return Ok(Some(old)),
                Some(_) => {}
            }
        }
        match self.known_notes.filter(|_| name == NOTES_REF) {
            Some(known) => Ok(Some(known)),
            None => Ok(self.repository.resolve(name)?),
        }
    }

    /// Returns what a ref of this push will stand for, where git will take it.
    ///
    /// One ref may rely on another of its push only so: without `--atomic` git moves each that it can, and one whose old id
    /// is not what the ref stands for it leaves as it is. That is asked of the ref here, as whoever pushes may lie.
    pub(super) fn lands(&self, name: &str) -> Outcome<Option<ObjectId>> {
        let Some(update) = self.updates.iter().find(|update| update.name == name) else { return Ok(None) };
        if self.end == End::Server && self.repository.resolve(name)? != update.old {
            return Ok(None);
        }
        Ok(update.new)
    }

    /// Opens the logs as they were before the push.
    pub(super) fn notes(&self) -> Outcome<Notes<'a>> {
        Ok(Notes::at(self.repository, self.before(NOTES_REF)?.as_ref())?)
    }

    /// Returns the root log as it was before the push.
    pub(super) fn root_log(&self) -> Outcome<&LoadedRootLog> {
        if let Some(loaded) = self.root_log.get() {
            return Ok(loaded);
        }
        let pushed = self.updates.iter().filter_map(|update| update.new).collect();
        let loaded = root_log::load_for_push(self.repository, self.trusted, &mut self.notes()?, (self.session.now, &pushed))?;
        Ok(self.root_log.get_or_init(|| loaded))
    }

    /// Returns what is frozen now; where that can't be told nothing may go through.
    pub(super) fn freezes(&self) -> Outcome<&Freezes> {
        if let Some(freezes) = self.freezes.get() {
            return Ok(freezes);
        }
        let loaded = self.root_log()?;
        let log = loaded.log(self.trusted, self.session.now);
        let span = Span::at(self.session.now);
        let freezes = freezes::load(self.repository, self.trusted, &mut self.notes()?, (loaded, &log), span)?;
        if let Some(finding) = freezes.unknown.first() {
            let failure = Failure::seen(&finding.seen).because("so it is not known what is frozen, and nothing may be pushed");
            return Err(match finding.code {
                Code::RecordVanished => failure
                    .suggest("somebody who still has it restores it with", "relsign sync")
                    .hint("if it is lost for good, the administrator moves relsign/baseline away and declares the freezes again"),
                _ => failure.suggest("an owner of the policy can see more with", "relsign freeze list"),
            });
        }
        Ok(self.freezes.get_or_init(|| freezes))
    }

    /// Returns the tags that are here and whose names some file system takes for this one.
    pub(super) fn case_variants(&self, name: &str) -> Outcome<Vec<&str>> {
        let tags = match self.tags.get() {
            Some(tags) => tags,
            None => {
                let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for tag in self.repository.ref_list("refs/tags/")? {
                    tags.entry(fold(&tag)).or_default().push(tag);
                }
                self.tags.get_or_init(|| tags)
            }
        };
        let same = tags.get(&fold(name)).into_iter().flatten();
        Ok(same.map(String::as_str).filter(|twin| *twin != name).collect())
    }

    pub(super) fn policy(&self) -> &'a Policy {
        self.trusted.policy()
    }
}
