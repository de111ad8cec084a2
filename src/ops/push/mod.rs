//! A push, judged for both ends: the facts come from git here, and only as far as the updates need them.
//!
//! An ordinary branch costs the configuration, the policy and the root log. Tags are listed where a tag or a gated ref
//! moves, logs are read where they are pushed, history is walked where a ref is protected, gated or excepted.

mod evidence;
mod frozen;
mod gated;
mod log;
mod policy;
mod tags;
pub mod updates;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::freeze::{Freezes, Span};
use crate::evaluate::push::name::{Own, Place, fold};
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, ObjectKind, Repository};
use crate::model::finding::Code;
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::load::root_log::{self, LoadedRootLog};
use crate::ops::session::Session;
use crate::ops::trust::Trusted;

/// What helps whoever would take something away that is there.
const TAKE_IN: &str = "take in what is there, and share what is here with it: relsign sync";

/// Judges a push by the state of before it.
///
/// `trusted` is the policy in force before the push. On the server the repository is opened from the environment, so
/// that objects in quarantine are seen while all refs are still the old ones; on the client `old` is what the remote
/// told git. Records, lifts and exceptions that arrive in the same push do not count for it.
///
/// # Errors
/// If what is needed to judge can't be read: then nothing may go through.
pub fn judge(session: &Session, repository: &Repository, trusted: &Trusted, end: End, updates: &[Update]) -> Outcome<PushVerdict> {
    let (root_log, freezes, tags) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
    let state = State { session, repository, trusted, end, updates, root_log, freezes, tags };
    let mut verdict = PushVerdict::default();
    if end == End::Server {
        honest(repository, updates)?;
    }
    for update in updates.iter().filter(|update| update.old != update.new) {
        state.judge_one(update, &mut verdict)?;
    }
    Ok(verdict)
}

/// Refuses a push that says of a ref what git would not hold it to.
///
/// The old ids are the word of whoever pushes. Git compares the one of a ref that it moves, but deletes a ref whatever it
/// stands for where it does not know the old id, and zeros for both ids are such a deletion. A ref that is named twice has
/// two old ids, of which one may be anything.
fn honest(repository: &Repository, updates: &[Update]) -> Outcome<()> {
    let mut names = BTreeSet::new();
    for update in updates {
        if !names.insert(&update.name) {
            return Err(Failure::missing(format!("the push names {} twice", update.name)).hint("push each ref once"));
        }
        if update.new.is_none() && (update.old.is_none() || repository.resolve(&update.name)? != update.old) {
            let message = format!("the push deletes {} and does not say truly what it stands for here", update.name);
            return Err(Failure::missing(message).hint("fetch what is here now, and push again: git fetch --prune"));
        }
    }
    Ok(())
}

/// What is known while a push is judged, each part read when it is first asked for.
struct State<'a> {
    session: &'a Session,
    repository: &'a Repository,
    trusted: &'a Trusted,
    end: End,
    updates: &'a [Update],
    root_log: OnceCell<LoadedRootLog>,
    freezes: OnceCell<Freezes>,
    /// The tags by the form that all spellings of their names share.
    tags: OnceCell<BTreeMap<String, Vec<String>>>,
}

impl<'a> State<'a> {
    fn judge_one(&self, update: &Update, verdict: &mut PushVerdict) -> Outcome<()> {
        // Whoever moves a symbolic ref of the server moves what it names. A clone's own symbolic refs say nothing of it.
        let names = match self.end {
            End::Server | End::Landed => self.repository.ref_names(&update.name)?,
            End::Client => vec![update.name.clone()],
        };
        let places: Vec<Place> = names.iter().map(|name| Place::of(name)).collect();
        let is_only = |place: Place| places == [place];
        let refused = if places.contains(&Place::Replacement) {
            replacement(update)
        } else if let [Place::Own(own)] = places.as_slice() {
            self.judge_own(*own, update, verdict)?
        } else if places.iter().any(|place| matches!(place, Place::NotForOthers | Place::Own(_))) {
            vec![not_for_others(update)]
        } else {
            let mut refused = Vec::new();
            if !is_only(Place::Other) {
                refused.extend(tags::judge(self, update, &names)?);
            }
            refused.extend(gated::judge(self, update, &names, verdict)?);
            refused.extend(frozen::judge(self, update, &names, verdict)?);
            refused
        };
        verdict.refused.extend(refused);
        Ok(())
    }

    fn judge_own(&self, own: Own, update: &Update, verdict: &mut PushVerdict) -> Outcome<Vec<Refused>> {
        let Some(new) = update.new else {
            let message = "it is one of relsign's own refs, from which nothing is ever taken away";
            return Ok(vec![Refused::new(&update.name, Code::OwnRefRewritten, message)]);
        };
        match self.repository.object_header(&new)? {
            Some((ObjectKind::Commit, _)) => {}
            _ => {
                let message = "it would stand for something that is no commit or is not here";
                return Ok(vec![Refused::new(&update.name, Code::OwnRefRewritten, message).hint(TAKE_IN)]);
            }
        }
        let refused = match own {
            Own::Notes => log::judge(self, update, new, verdict)?,
            Own::Receipts => log::judge_receipts(self, update, new)?,
            Own::Evidence => evidence::judge(self, update, new)?,
            Own::Policy => policy::judge(self, update, new)?,
            Own::Proposal => policy::judge_proposal(self, update, new)?,
            Own::Former => policy::judge_former(self, update, new)?,
        };
        Ok(refused)
    }

    /// Refuses an update that does not build on what was there; nothing where it does.
    fn rewinds(&self, update: &Update, new: &ObjectId) -> Outcome<Option<Refused>> {
        let Some(old) = update.old else { return Ok(None) };
        if self.repository.has_object(&old)? && self.repository.is_ancestor(&old, new)? {
            return Ok(None);
        }
        let message = match self.repository.has_object(&old)? {
            true => "it would not build on what is there, and nothing is ever taken away from relsign's own refs",
            false => "it does not build on what is there, which is not here yet",
        };
        Ok(Some(Refused::new(&update.name, Code::OwnRefRewritten, message).hint(TAKE_IN)))
    }

    /// Gives what a ref stood for before the push.
    ///
    /// In `pre-receive` all refs are as they were before, and what the push says of them is the word of whoever pushes: git
    /// compares it only when it moves that very ref. Afterwards it is known to be true. On the client the ref here is what
    /// is pushed, and git tells what the remote has; where that is not here, what is here has to do, and the push fails
    /// anyway.
    fn before(&self, name: &str) -> Outcome<Option<ObjectId>> {
        if self.end != End::Server
            && let Some(update) = self.updates.iter().find(|update| update.name == name)
        {
            match update.old {
                None => return Ok(None),
                Some(old) if self.repository.has_object(&old)? => return Ok(Some(old)),
                Some(_) => {}
            }
        }
        Ok(self.repository.resolve(name)?)
    }

    /// Gives what a ref of this push will stand for, where git will take it.
    ///
    /// One ref may rely on another of its push only so: without `--atomic` git moves each that it can, and one whose old id
    /// is not what the ref stands for it leaves as it is. That is asked of the ref here, as whoever pushes may lie.
    fn lands(&self, name: &str) -> Outcome<Option<ObjectId>> {
        let Some(update) = self.updates.iter().find(|update| update.name == name) else { return Ok(None) };
        if self.end == End::Server && self.repository.resolve(name)? != update.old {
            return Ok(None);
        }
        Ok(update.new)
    }

    /// Opens the logs as they were before the push.
    fn notes(&self) -> Outcome<Notes<'a>> {
        Ok(Notes::at(self.repository, self.before(NOTES_REF)?.as_ref())?)
    }

    /// Gives the root log as it was before the push.
    fn root_log(&self) -> Outcome<&LoadedRootLog> {
        if let Some(loaded) = self.root_log.get() {
            return Ok(loaded);
        }
        let pushed = self.updates.iter().filter_map(|update| update.new).collect();
        let loaded = root_log::load_for_push(self.repository, self.trusted, &mut self.notes()?, (self.session.now, &pushed))?;
        Ok(self.root_log.get_or_init(|| loaded))
    }

    /// Gives what is frozen now; where that can't be told nothing may go through.
    fn freezes(&self) -> Outcome<&Freezes> {
        if let Some(freezes) = self.freezes.get() {
            return Ok(freezes);
        }
        let loaded = self.root_log()?;
        let log = loaded.log(self.trusted, self.session.now);
        let span = Span::at(self.session.now);
        let freezes = freezes::load(self.repository, self.trusted, &mut self.notes()?, (loaded, &log), span)?;
        if let Some(finding) = freezes.unknown.first() {
            let failure = Failure::finding(finding.code, &finding.message)
                .because("so it can't be told what is frozen, and nothing goes through until it can");
            return Err(match finding.code {
                Code::RecordVanished => failure
                    .hint("whoever still has it brings it back: relsign sync")
                    .hint("where it is lost for good, the administrator moves relsign/baseline away and freezes anew"),
                _ => failure.hint("an owner of the policy can see more with: relsign freeze list"),
            });
        }
        Ok(self.freezes.get_or_init(|| freezes))
    }

    /// Gives the tags that are here and whose names some file system takes for this one.
    fn twins(&self, name: &str) -> Outcome<Vec<&str>> {
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

    fn policy(&self) -> &'a Policy {
        self.trusted.policy()
    }
}

fn replacement(update: &Update) -> Vec<Refused> {
    if update.new.is_none() {
        return Vec::new();
    }
    let message = "a replacement changes what git shows for an object, so none is taken in";
    vec![Refused::new(&update.name, Code::RefReplacement, message).detail("leave it out of the push")]
}

fn not_for_others(update: &Update) -> Refused {
    let message = "its name is one of relsign's own, and it is either for one clone alone or unknown here";
    Refused::new(&update.name, Code::OwnRefUnknown, message).hint("leave it out of the push; records are shared by: relsign sync")
}
