//! A push at each end: which policy rules it, and whether any does.

use std::path::Path;

use super::judge;
use crate::evaluate::push::name::fold;
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::program::has_refs;
use crate::git::{FORMER_PREFIX, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX, Repository};
use crate::model::finding::Code;
use crate::model::ids::RootDigest;
use crate::ops::error::{Failure, Outcome};
use crate::ops::roots::check_link;
use crate::ops::session::Session;
use crate::ops::trust::{self, ROOT_CONFIG, Trusted};
use crate::ops::workspace::Workspace;
use crate::ops::write::receipt;

/// Opens the clone that a push goes out from; nothing where it has nothing of relsign's.
///
/// # Errors
/// If it can't be opened, and may have something of relsign's.
pub fn clone_in_use(directory: &Path, git_dir: Option<&Path>) -> Outcome<Option<Repository>> {
    let opened = match git_dir {
        Some(git_dir) => Repository::open(git_dir),
        None => Repository::discover(directory),
    };
    match opened {
        Ok(repository) => Ok(if is_used(&repository)? { Some(repository) } else { None }),
        // Git knows what relsign can't open, and whether there is anything of relsign's in it.
        Err(error) => match has_refs(directory, &["refs/relsign", NOTES_REF]) {
            Ok(false) => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Judges a push before it leaves a clone: advice, from what is here, without asking the network.
///
/// # Errors
/// If what is needed to judge can't be read.
pub fn leaving(session: &Session, repository: &Repository, updates: Vec<Update>) -> Outcome<PushVerdict> {
    let work = Workspace::load(repository, None)?;
    let mut ordinary = Vec::new();
    for update in updates {
        if !succeeds(repository, &work, &update)? {
            ordinary.push(update);
        }
    }
    judge(session, repository, &work, End::Client, &ordinary)
}

/// Judges what a server is sent; also gives the policy that rules it, where one does.
///
/// `listed` is the root that the server's administrator listed for this project, `namespace` the one that the push goes into.
///
/// # Errors
/// If no root is pinned although there is a policy, or what is needed to judge can't be read.
pub fn arriving(
    session: &Session,
    repository: &Repository,
    (listed, namespace): (Option<RootDigest>, Option<&str>),
    end: End,
    updates: &[Update],
) -> Outcome<(Option<Workspace>, PushVerdict)> {
    let root = match listed {
        None => pinned_on_server(repository)?,
        listed => listed,
    };
    let policy = repository.resolve(POLICY_REF)?;
    let root = match (root, policy) {
        (Some(root), _) => root,
        (None, None) => return Ok((None, unlisted(updates))),
        (None, Some(_)) => return Err(unpinned(repository)?),
    };
    if let Some(namespace) = namespace {
        return Err(Failure::missing(format!("the push goes into the namespace {namespace:?}, which has no policy of its own"))
            .hint("push to the repository itself"));
    }
    let step = updates.iter().find(|update| update.name == POLICY_REF).filter(|_| end == End::Landed);
    let brings_root = updates.iter().any(|update| update.name == POLICY_REF && update.new.is_some())
        && trust::root_here(repository)? != Some(root);
    let work: Workspace = match step {
        // What has landed is judged under the policy of before it, as it was when it came.
        Some(Update { old: Some(old), .. }) if trust::root_of(&repository.policy_chain(old)?) == Some(root) => {
            trust::load_at(repository, old, root)?.into()
        }
        Some(_) => return first_policy(session, repository, root, end, updates),
        None if policy.is_none() || brings_root => return first_policy(session, repository, root, end, updates),
        None => Workspace::load(repository, Some(root))?,
    };
    let verdict = judge(session, repository, &work, end, updates)?;
    if end == End::Landed && updates.iter().any(|update| update.name == NOTES_REF) {
        receipt::keep_root_log(session, repository, &work)?;
    }
    Ok((Some(work), verdict))
}

/// Says whether a clone has anything of relsign's; one that has not is none of its business.
///
/// A root that the user's own configuration pins is for all repositories and says nothing about this one.
fn is_used(repository: &Repository) -> Outcome<bool> {
    Ok(repository.resolve(POLICY_REF)?.is_some()
        || repository.resolve(NOTES_REF)?.is_some()
        || !repository.config_own(ROOT_CONFIG)?.is_empty()
        || !repository.refs("refs/relsign/")?.is_empty())
}

/// Reads the root that a server's own repository pins: nobody else's configuration counts, and two are none.
fn pinned_on_server(repository: &Repository) -> Outcome<Option<RootDigest>> {
    let mut roots = Vec::new();
    for text in repository.config_own(ROOT_CONFIG)? {
        roots.push(RootDigest::from_user(&text).map_err(|error| {
            Failure::invalid(format!("the setting {ROOT_CONFIG} of this repository is wrong: {error}"))
                .hint("the server's administrator pins it again: relsign trust SHA256:…")
        })?);
    }
    roots.sort();
    roots.dedup();
    match roots.as_slice() {
        [] => Ok(None),
        [root] => Ok(Some(*root)),
        _ => Err(Failure::finding(Code::RootAmbiguous, "this repository pins two roots")
            .hint("the server's administrator pins the right one: relsign trust SHA256:…")),
    }
}

fn unpinned(repository: &Repository) -> Outcome<Failure> {
    let here = trust::root_here(repository)?.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
    Ok(Failure::finding(Code::RootUnpinned, "this server has a policy of the project and no root pinned for it")
        .hint(format!("its administrator compares the root with an owner of the policy, then: relsign trust {here}")))
}

/// Judges a push to a project that nobody pinned: anything goes but a policy, which would look as if it ruled here.
pub fn unlisted(updates: &[Update]) -> PushVerdict {
    let is_policy = |name: &str| {
        let name = fold(name);
        name == POLICY_REF || name.starts_with(PROPOSALS_PREFIX) || name.starts_with(FORMER_PREFIX)
    };
    let refused = updates.iter().filter(|update| update.new.is_some() && is_policy(&update.name)).map(|update| Refused {
        ref_name: update.name.clone(),
        code: Code::RootUnpinned,
        message: "this server has no root pinned for the project, so a policy would only seem to rule it".to_owned(),
        details: Vec::new(),
        hints: vec!["the server's administrator pins its root first: relsign trust SHA256:…".to_owned()],
    });
    PushVerdict { refused: refused.collect(), notes: Vec::new() }
}

/// Says whether an update puts the policy of the pinned root in the place of the root that it says it succeeds.
///
/// Who pinned the new root has agreed to it; whether the server takes it in is the business of who runs the server.
fn succeeds(repository: &Repository, trusted: &Trusted, update: &Update) -> Outcome<bool> {
    let (POLICY_REF, Some(old), Some(new)) = (update.name.as_str(), update.old, update.new) else { return Ok(false) };
    if new != trusted.tip || !repository.has_object(&old)? {
        return Ok(false);
    }
    let versions = repository.policy_chain(&old)?;
    match trust::root_of(&versions) {
        Some(before) if before != trusted.root => check_link(&trust::accept(&versions, before)?, trusted).map(|()| true),
        _ => Ok(false),
    }
}

/// Judges the push that brings the first policy under a root that is pinned already.
///
/// The policy must descend from that root, and rules the rest of the push; nothing else is taken in before it is here. Where
/// it takes the place of another root's, it must say that it succeeds it.
fn first_policy(
    session: &Session,
    repository: &Repository,
    root: RootDigest,
    end: End,
    updates: &[Update],
) -> Outcome<(Option<Workspace>, PushVerdict)> {
    let (policy, others): (Vec<Update>, Vec<Update>) = updates.iter().cloned().partition(|update| update.name == POLICY_REF);
    let Some(Update { old, new: Some(tip), .. }) = policy.first() else {
        return Err(Failure::missing(format!("the root SHA256:{root} is pinned here, and there is no policy yet"))
            .hint("push the policy first, from a clone that has it: relsign sync"));
    };
    let trusted = trust::load_pushed(repository, tip, root)?;
    if let Some(old) = old {
        let versions = repository.policy_chain(old)?;
        let before = trust::root_of(&versions).ok_or_else(|| Failure::missing("the policy here has no first version"))?;
        check_link(&trust::accept(&versions, before)?, &trusted)?;
    }
    let work = Workspace::from(trusted);
    let verdict = judge(session, repository, &work, end, &others)?;
    Ok((Some(work), verdict))
}
