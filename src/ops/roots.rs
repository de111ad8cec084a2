//! Roots: how one is pinned, and how one takes the place of another.

use crate::git::refs::Swap;
use crate::git::sync::side_ref;
use crate::git::{FORMER_PREFIX, POLICY_REF, Repository};
use crate::model::finding::Seen;
use crate::model::ids::{Handle, ObjectId, RootDigest};
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust::{self, ROOT_CONFIG, Trust};

/// Pins a root in this clone; where its chain takes the place of the one that is here, it is taken over first.
///
/// # Errors
/// If what is here does not descend from the root, nor is what it says that it succeeds.
pub fn pin(session: &Session, repository: &Repository, root: RootDigest) -> Outcome<()> {
    let before = trust::pinned(repository);
    if let Some(tip) = repository.resolve(POLICY_REF)? {
        // What is pinned must hold for what is here, or the next command would only fail with less to say.
        match trust::load_at(repository, &tip, root) {
            Ok(_) => {}
            Err(failure) if trust::root_at(repository, &tip)? == Some(root) => return Err(failure),
            Err(failure) => match successor(repository, root)? {
                Some(successor) => adopt(session, repository, &tip, &successor)?,
                None => return Err(failure),
            },
        }
    }
    // Several values of this clone's own configuration are replaced by one; those of other scopes are the user's.
    repository.config_unset(ROOT_CONFIG)?;
    repository.config_set(ROOT_CONFIG, &format!("SHA256:{root}"))?;
    if let Ok(Some(before)) = before
        && before != root
    {
        session.warn(format!("the pinned root was SHA256:{before}"));
    }
    trust::pinned(repository)?;
    session.say(format!("pinned SHA256:{root}"));
    Ok(())
}

/// Finds a chain of a root among those that were fetched and not taken over.
fn successor(repository: &Repository, root: RootDigest) -> Outcome<Option<Trust>> {
    for remote in repository.remotes()? {
        let Some(tip) = repository.resolve(&side_ref(&remote, "policy"))? else { continue };
        if trust::root_at(repository, &tip)? == Some(root) {
            return trust::load_at(repository, &tip, root).map(Some);
        }
    }
    Ok(None)
}

/// Puts a new root's chain in the place of the one it says that it succeeds, and keeps the former one.
fn adopt(session: &Session, repository: &Repository, tip: &ObjectId, successor: &Trust) -> Outcome<()> {
    let here = trust::root_at(repository, tip)?.ok_or_else(|| Failure::missing("the policy here has no first version"))?;
    let former = trust::load_at(repository, tip, here)?;
    check_link(&former, successor)?;
    if replace(repository, &former, &successor.tip, "Take over the policy of the new root")? != Swap::Done {
        return Err(Failure::internal("somebody else changed the policy at the same time").hint("run it again"));
    }
    session
        .advise(format!("the policy of the superseded root SHA256:{here} is kept; judge its releases with --root SHA256:{here}"));
    Ok(())
}

/// Whether a root is what another one says that it succeeds: the same root, and the version that was in force.
pub fn check_link(former: &Trust, successor: &Trust) -> Outcome<()> {
    let Some(first) = successor.chain.version(1) else { return Err(Failure::missing("the new root has no first version")) };
    let Some(link) = &first.policy.contents().former else {
        let seen = Seen::SucceedsNothing { root: successor.root, former: former.root };
        return Err(Failure::seen(&seen).hint("ask its owners; if it is right, start in a fresh clone"));
    };
    if link.root != former.root {
        return Err(Failure::seen(&Seen::SucceedsOther { root: link.root, former: former.root }));
    }
    let (version, head) = (link.version, former.chain.head().version);
    match former.chain.version(version) {
        Some(here) if here.digest != link.digest => {
            Err(Failure::seen(&Seen::SucceedsFork { version, digest: link.digest, here: here.digest }))
        }
        Some(_) if head > version => {
            Err(Failure::seen(&Seen::SucceedsOlder { version, head }).hint("ask them before you trust another root"))
        }
        Some(_) => Ok(()),
        None => Err(Failure::seen(&Seen::SucceedsNewer { version, head }).suggest("fetch the newer one", "relsign sync")),
    }
}

/// Puts the chain of another root in the place of one, which is kept beside it.
///
/// # Errors
/// If the refs can't be written.
pub fn replace(repository: &Repository, former: &Trust, commit: &ObjectId, message: &str) -> Outcome<Swap> {
    let kept = format!("{FORMER_PREFIX}{}", former.root);
    if repository.resolve(&kept)?.is_none() {
        repository.swap_ref(&kept, &former.tip, None, "Keep the policy of the former root")?;
    }
    Ok(repository.swap_ref(POLICY_REF, commit, Some(&former.tip), message)?)
}

/// Returns the command by which whoever may replace refs at a server puts a new root there.
pub fn replacing_push(former: &Trust, remote: &str) -> String {
    let (old, tip) = (former.root, former.tip);
    format!("git push --force-with-lease={POLICY_REF}:{tip} {remote} {POLICY_REF} {FORMER_PREFIX}{old}")
}

/// Returns the owners that the policy here names, if it descends from a root that nobody vouches for yet.
///
/// # Errors
/// If the policy is not accepted under that root.
pub fn claimed_owners(repository: &Repository, root: RootDigest) -> Outcome<Vec<String>> {
    let Some(tip) = repository.resolve(POLICY_REF)? else { return Ok(Vec::new()) };
    let trusted = trust::load_at(repository, &tip, root)?;
    let contents = trusted.policy().contents();
    let name = |handle: &Handle| match contents.people.get(handle).and_then(|person| person.name.as_deref()) {
        Some(name) => format!("{handle} ({name})"),
        None => handle.to_string(),
    };
    Ok(contents.owners.people.iter().map(name).collect())
}
