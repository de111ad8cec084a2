//! Sharing: what others signed comes here before something is signed, and what was signed goes to them after.

pub mod along;
pub mod elsewhere;
mod gatekeeper;
pub mod repair;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use self::gatekeeper::Gatekeeper;
use super::error::{Exit, Failure, Outcome, first_line};
use super::push::left_out::{self, LeftOut};
use super::session::Session;
use super::trust;
use super::workspace::Workspace;
use crate::git::sync::{Share, Sync, SyncOutcome, SyncTimes, side_ref};
use crate::git::{NOTES_REF, Repository};
use crate::model::ids::{RecordId, RootDigest, TagName};

/// How many proposals that are left out are told one by one.
const MOST_TOLD: usize = 5;

/// Whether what was signed is shared, and what others signed fetched first.
#[derive(Debug, Clone, Default)]
pub struct Sharing {
    /// Neither is done.
    pub no_sync: bool,
    /// Whether it was fetched already, so that it need not be done again before the push.
    fetched: Cell<bool>,
    /// What the command signed.
    signed: RefCell<BTreeSet<RecordId>>,
}

impl Sharing {
    /// Shares, unless told not to.
    pub fn new(no_sync: bool) -> Self {
        Self { no_sync, ..Self::default() }
    }

    /// Notes what was signed: if that can't be shared, sharing failed.
    pub fn note_signed(&self, ids: impl IntoIterator<Item = RecordId>) {
        self.signed.borrow_mut().extend(ids);
    }
}

/// Fetches what others signed before something is signed; a remote that can't be reached is said, and no failure.
pub fn fetch_first(session: &Session, repository: &Repository, sharing: &Sharing) -> Outcome<()> {
    if sharing.no_sync {
        return Ok(());
    }
    let Some(remote) = repository.sharing_remote()? else { return Ok(()) };
    along::take_back(session, repository)?;
    match exchange(session, repository, &remote, &[], Way::Fetch) {
        Ok(_) => sharing.fetched.set(true),
        Err(failure) => session.warn(format!(
            "could not fetch from {remote}, so others may have signed what is not shown here: {}",
            failure.one_line()
        )),
    }
    Ok(())
}

/// Pushes after something was signed, and gives the exit code: signed and not shared is 5.
pub fn share(session: &Session, repository: &Repository, sharing: &Sharing, tags: &[TagName]) -> Outcome {
    share_ref(session, repository, sharing, tags, None)
}

/// Does the same where what was signed stands in a ref of its own: that it alone was not taken is no success.
pub fn share_ref(session: &Session, repository: &Repository, sharing: &Sharing, tags: &[TagName], own: Option<&str>) -> Outcome {
    if session.dry_run {
        return Ok(Exit::Yes);
    }
    if sharing.no_sync {
        session.say("not shared yet; to share: relsign sync");
        return Ok(Exit::Yes);
    }
    let Some(remote) = repository.sharing_remote()? else {
        session.say("kept in this repository only, because it has no remote");
        return Ok(Exit::Yes);
    };
    let failed = |why: String| {
        Failure::internal(format!("signed here, NOT shared with {remote}: {why}"))
            .suggest("nothing is lost; share it with", command_that_shares(repository, &remote))
    };
    let way = if sharing.fetched.take() { Way::PushFirst } else { Way::Push };
    match exchange(session, repository, &remote, tags, way) {
        Ok(Exchange { outcome, left_out }) => {
            let signed = sharing.signed.borrow();
            let fresh = left_out.iter().find(|left| left.record.is_some_and(|id| signed.contains(&id)));
            match outcome.share {
                Share::Failed(error) => Err(failed(Failure::from(error).one_line())),
                Share::NotAsked => Err(failed("nothing was pushed".to_owned())),
                Share::Pushed | Share::Nothing => match (own.and_then(|own| outcome.kept.get(own)), fresh) {
                    (Some(why), _) => Err(failed(first_line(why).to_owned())),
                    (None, Some(left)) => Err(failed(left.refusal.to_string())),
                    (None, None) => {
                        session.say(format!("shared with {remote}"));
                        Ok(Exit::Yes)
                    }
                },
            }
        }
        Err(failure) => Err(failed(failure.one_line())),
    }
}

/// Returns the command that shares later what could not be shared: where something lies among the notes here that is no note, or
/// they can't be read, no server takes them until they are put together again.
pub fn command_that_shares(repository: &Repository, remote: &str) -> &'static str {
    let is_whole = match (repository.resolve(NOTES_REF), repository.resolve(&side_ref(remote, "notes"))) {
        (Ok(None), _) => true,
        (Ok(Some(here)), Ok(there)) => {
            // What the remote has already is its business; what lies there and can't be read hides nothing of what is here.
            let change = repository.notes_change(there.as_ref(), &here).or_else(|_| repository.notes_change(None, &here));
            change.is_ok_and(|change| change.litter.is_none())
        }
        _ => false,
    };
    if is_whole { "relsign sync" } else { "relsign sync --repair" }
}

/// What is done with a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Fetch and merge.
    Fetch,
    /// Fetch, merge and push.
    Push,
    /// Push, since what is here was fetched and merged a moment ago; fetch again only if somebody was faster.
    PushFirst,
}

/// What an exchange with a remote came to.
pub struct Exchange {
    /// What came and went.
    pub outcome: SyncOutcome,
    /// The lines here that were not shared, since nobody would take them in.
    pub left_out: Vec<LeftOut>,
}

/// Fetches, merges and, where asked, pushes; the policy goes forward only where the new version is accepted.
pub fn exchange(session: &Session, repository: &Repository, remote: &str, tags: &[TagName], way: Way) -> Outcome<Exchange> {
    let pinned = trust::pinned(repository)?;
    exchange_under(session, repository, remote, tags, way, pinned)
}

/// Does the same under a root that was named for this call, in the place of the pinned one.
pub fn exchange_under(
    session: &Session,
    repository: &Repository,
    remote: &str,
    tags: &[TagName],
    way: Way,
    pinned: Option<RootDigest>,
) -> Outcome<Exchange> {
    let author = session.author(repository)?;
    let elapsed = || session.elapsed();
    let sync = Sync {
        remote,
        tags,
        push: way != Way::Fetch,
        interactive: session.interactive,
        author: &author,
        fresh: way == Way::PushFirst,
        elapsed: &elapsed,
    };
    if way != Way::Fetch {
        along::put_right(repository, remote)?;
        along::take_back(session, repository)?;
    }
    let mut gatekeeper = Gatekeeper::new(session, repository, pinned);
    let working = session.working(format!("talking to {remote}"));
    let outcome = repository.sync(&sync, &mut gatekeeper).map_err(|error| {
        let is_name = !remote.contains([':', '/']);
        match is_name && repository.remotes().is_ok_and(|remotes| !remotes.iter().any(|known| known == remote)) {
            true => Failure::from(error)
                .suggest("see the remotes", "git remote -v")
                .suggest("choose the remote for records", "git config relsign.remote NAME"),
            false => Failure::from(error),
        }
    })?;
    drop(working);
    if let Some(failure) = gatekeeper.refused {
        session.warn(format!("the policy of {remote} was not accepted: {}", failure.one_line()));
    }
    if outcome.erased > 0 {
        let files = crate::report::words::count(outcome.erased as u64, "file");
        session.say(format!("erased {files} of evidence here, because enough people redacted them"));
    }
    let left_out: Vec<LeftOut> = gatekeeper.left_out.into_values().collect();
    elsewhere::tell(session, repository, remote, &outcome, pinned)?;
    for (digest, why) in outcome.passed_over.iter().take(MOST_TOLD) {
        session.warn(format!("the proposal {} of {remote} can't be read and is left out: {}", digest.short(), first_line(why)));
    }
    if outcome.passed_over.len() > MOST_TOLD {
        session.warn(format!("and {} more proposals of {remote} are left out", outcome.passed_over.len() - MOST_TOLD));
    }
    hand_on(session, remote, &outcome.said);
    for (name, why) in &outcome.kept {
        session.warn(format!("{name} is not shared: {}", first_line(why)));
    }
    let all_shared = matches!(outcome.share, Share::Pushed | Share::Nothing) && outcome.kept.is_empty();
    let shared = all_shared.then_some(session.now);
    if let Err(error) = repository.note_sync_times(remote, SyncTimes { fetched: Some(session.now), shared }) {
        // What came has come and what went has gone, whether or not it can be noted when.
        session.warn(format!("the age of the records here will be shown wrong: {}", Failure::from(error).one_line()));
    }
    Ok(Exchange { outcome, left_out })
}

/// Hands on what relsign's hooks at a remote said to a push that went.
pub(super) fn hand_on(session: &Session, remote: &str, said: &[String]) {
    for remark in said {
        let mut lines = remark.lines();
        session.warn(format!("{remote} says: {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| session.say(line));
    }
}

/// Returns the records here that can't be shared with the remote for records, as it was last fetched: what names one of them could
/// not be shared either, so nothing that is signed now names one.
///
/// # Errors
/// If git can't be read.
pub fn unshareable(session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<BTreeSet<RecordId>> {
    let (Some(remote), Some(ours)) = (repository.sharing_remote()?, repository.resolve(NOTES_REF)?) else {
        return Ok(BTreeSet::new());
    };
    let theirs = repository.resolve(&side_ref(&remote, "notes"))?;
    if theirs == Some(ours) {
        return Ok(BTreeSet::new());
    }
    let found = left_out::left_out(session, repository, trusted, (theirs, ours), true)?;
    Ok(found.into_iter().filter_map(|left| left.record).collect())
}
