//! Roots: how one is pinned, and how one takes the place of another.

use crate::git::policy_ref::PolicyCommit;
use crate::git::refs::Swap;
use crate::git::sync::side_ref;
use crate::git::{FORMER_PREFIX, POLICY_REF, Repository};
use crate::model::finding::Code;
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
        let versions = repository.policy_chain(&tip)?;
        match trust::accept(&versions, root) {
            Ok(_) => {}
            Err(failure) if trust::root_of(&versions) == Some(root) => return Err(failure),
            Err(failure) => match successor(repository, root)? {
                Some(successor) => adopt(session, repository, &tip, &versions, &successor)?,
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
        let versions = repository.policy_chain(&tip)?;
        if trust::root_of(&versions) == Some(root) {
            return trust::accept(&versions, root).map(Some);
        }
    }
    Ok(None)
}

/// Puts a new root's chain in the place of the one it says that it succeeds, and keeps the former one.
fn adopt(session: &Session, repository: &Repository, tip: &ObjectId, versions: &[PolicyCommit], successor: &Trust) -> Outcome<()> {
    let here = trust::root_of(versions).ok_or_else(|| Failure::missing("the policy here has no first version"))?;
    let former = trust::accept(versions, here)?;
    check_link(&former, successor)?;
    debug_assert_eq!(former.tip, *tip);
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
        return Err(Failure::finding(
            Code::RootMismatch,
            format!("the policy of root SHA256:{} does not say that it succeeds SHA256:{}", successor.root, former.root),
        )
        .hint("ask its owners; if it is right, start in a fresh clone"));
    };
    let head = former.chain.head();
    if link.root != former.root {
        let message = format!("the new root succeeds SHA256:{}, and the one here is SHA256:{}", link.root, former.root);
        return Err(Failure::finding(Code::RootMismatch, message));
    }
    match former.chain.version(link.version) {
        Some(version) if version.digest == link.digest => {
            if head.version > link.version {
                let message = format!(
                    "the new root succeeds version {}, but version {} of the old policy is here: it still has owners",
                    link.version, head.version
                );
                return Err(Failure::finding(Code::RootMismatch, message).hint("ask them before you trust another root"));
            }
            Ok(())
        }
        Some(version) => {
            let message = format!(
                "the new root succeeds version {} with digest {}, and here its digest is {}",
                link.version,
                link.digest.short(),
                version.digest.short()
            );
            Err(Failure::finding(Code::RootMismatch, message))
        }
        None => {
            let message =
                format!("the new root succeeds version {}, and the policy here is version {}", link.version, head.version);
            Err(Failure::finding(Code::PolicyMissing, message).suggest("fetch the newer one", "relsign sync"))
        }
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
