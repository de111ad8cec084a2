//! A push, judged for both ends: the facts come from git here, and only as far as the updates need them.
//!
//! An ordinary branch costs the configuration, the policy and the root log. Tags are listed where a tag or a gated ref
//! moves, logs are read where they are pushed, history is walked where a ref is protected, gated or excepted.

mod added;
mod door;
pub mod ends;
mod evidence;
mod frozen;
mod gated;
pub mod left_out;
mod log;
pub mod pins;
mod policy;
mod receipts;
mod room;
mod state;
mod tags;
pub mod updates;

use std::collections::BTreeSet;

use self::state::{State, take_in};
use crate::evaluate::push::name::{Own, Place};
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::{ObjectKind, Repository};
use crate::model::finding::Seen;
use crate::model::ids::ObjectId;
use crate::ops::error::{Failure, Outcome, in_full};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;

/// Judges a push by the state of before it.
///
/// `trusted` is the policy in force before the push. On the server the repository is opened from the environment, so
/// that objects in quarantine are seen while all refs are still the old ones; on the client `old` is what the remote
/// told git. Records, lifts and exceptions that arrive in the same push do not count for it.
///
/// # Errors
/// If what is needed to judge can't be read: then nothing may go through.
pub fn judge(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    end: End,
    updates: &[Update],
) -> Outcome<PushVerdict> {
    judge_knowing(session, repository, trusted, (end, None), updates)
}

/// Judges the same by notes that are newer than the ref of this repository says, where there are some.
fn judge_knowing(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    (end, notes): (End, Option<ObjectId>),
    updates: &[Update],
) -> Outcome<PushVerdict> {
    let mut state = State::new(session, repository, trusted, end, updates);
    state.known_notes = notes;
    let mut verdict = PushVerdict::default();
    if end == End::Server {
        check_old_ids(repository, updates)?;
    }
    for update in updates.iter().filter(|update| update.old != update.new) {
        judge_one(&state, update, &mut verdict)?;
    }
    Ok(verdict)
}

/// Refuses a push that says of a ref what git would not hold it to.
///
/// The old ids are the word of whoever pushes. Git compares the one of a ref that it moves, but deletes a ref whatever it
/// stands for where it does not know the old id, and zeros for both ids are such a deletion. A ref that is named twice has
/// two old ids, of which one may be anything.
fn check_old_ids(repository: &Repository, updates: &[Update]) -> Outcome<()> {
    let mut names = BTreeSet::new();
    for update in updates {
        if !names.insert(&update.name) {
            return Err(Failure::missing(format!("the push names {} twice", update.name)).hint("push each ref once"));
        }
        if update.new.is_none() && (update.old.is_none() || repository.resolve(&update.name)? != update.old) {
            let message = format!("the push deletes {}, but its old value is not the one here", update.name);
            return Err(Failure::missing(message).suggest("fetch the current refs, and push again", "git fetch --prune"));
        }
    }
    Ok(())
}

/// Judges one update by the place of its ref.
fn judge_one(state: &State<'_>, update: &Update, verdict: &mut PushVerdict) -> Outcome<()> {
    // Whoever moves a symbolic ref of the server moves what it names. A clone's own symbolic refs say nothing of it.
    let names = match state.end {
        End::Server | End::Landed => state.repository.ref_names(&update.name)?,
        End::Client => vec![update.name.clone()],
    };
    let places: Vec<Place> = names.iter().map(|name| Place::of(name)).collect();
    let is_only = |place: Place| places == [place];
    let refused = if places.contains(&Place::Replacement) {
        replacement(update)
    } else if let [Place::Own(own)] = places.as_slice() {
        judge_own(state, *own, update, verdict)?
    } else if places.iter().any(|place| matches!(place, Place::NotForOthers | Place::Own(_))) {
        vec![not_for_others(update)]
    } else {
        let mut refused: Vec<Refused> = arrival(state, update)?.into_iter().collect();
        if !is_only(Place::Other) {
            refused.extend(tags::judge(state, update, &names)?);
        }
        refused.extend(gated::judge(state, update, &names, verdict)?);
        refused.extend(frozen::judge(state, update, &names, verdict)?);
        refused
    };
    verdict.refused.extend(refused);
    Ok(())
}

/// Refuses commits that nobody could read when a release is opened on them: nothing that is on a branch goes from it again.
fn arrival(state: &State<'_>, update: &Update) -> Outcome<Option<Refused>> {
    let Some(new) = update.new.filter(|_| state.end == End::Server) else { return Ok(None) };
    let Some(error) = state.repository.unreadable_arrival(&new)? else { return Ok(None) };
    let seen = Seen::ArrivalUnreadable { why: in_full(&error) };
    Ok(Some(Refused::new(&update.name, seen).hint("make that commit anew, and push again")))
}

/// Judges an update of one of relsign's own refs.
fn judge_own(state: &State<'_>, own: Own, update: &Update, verdict: &mut PushVerdict) -> Outcome<Vec<Refused>> {
    let Some(new) = update.new else {
        return Ok(vec![Refused::new(&update.name, Seen::OwnRefGone)]);
    };
    match state.repository.object_header(&new)? {
        Some((ObjectKind::Commit, _)) => {}
        _ => return Ok(vec![Refused::new(&update.name, Seen::OwnRefNowhere).hint(take_in())]),
    }
    let refused = match own {
        Own::Notes => log::judge(state, update, new, verdict)?,
        Own::Receipts => receipts::judge(state, update, new)?,
        Own::Evidence => evidence::judge(state, update, new)?,
        Own::Policy => policy::judge(state, update, new)?,
        Own::Proposal => policy::judge_proposal(state, update, new)?,
        Own::Former => policy::judge_former(state, update, new)?,
    };
    Ok(refused)
}

fn replacement(update: &Update) -> Vec<Refused> {
    if update.new.is_none() {
        return Vec::new();
    }
    vec![Refused::new(&update.name, Seen::RefReplacement).detail("leave it out of the push")]
}

fn not_for_others(update: &Update) -> Refused {
    Refused::new(&update.name, Seen::OwnRefUnknown).suggest("leave it out of the push; share records with", "relsign sync")
}
