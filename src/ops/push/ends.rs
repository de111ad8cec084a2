//! A push at each end: which policy rules it, and whether any does.

use std::path::Path;

use super::pins::Pins;
use super::{judge, judge_knowing};
use crate::evaluate::push::name::Place;
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::program::has_refs;
use crate::git::{NOTES_REF, POLICY_REF, RECEIPTS_REF, Repository};
use crate::model::advice::Advice;
use crate::model::finding::Seen;
use crate::model::ids::RootDigest;
use crate::ops::error::{Failure, Outcome};
use crate::ops::roots::check_link;
use crate::ops::session::Session;
use crate::ops::trust::{self, ROOT_CONFIG, Trust};
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

/// Whether git is about to refuse a push of relsign's own, since somebody else was faster.
///
/// Git asks the hook also about a ref of which the remote has what is not here, and then refuses it for that. The answer
/// must be git's, which `sync` takes for a lost race; the hook's would end the whole command. Such a push is forced by nobody, and
/// lands whole or not at all.
///
/// # Errors
/// If the history of a ref can't be read.
pub fn has_lost_race(repository: &Repository, updates: &[Update]) -> Outcome<bool> {
    for update in updates.iter().filter(|update| is_own(&update.name)) {
        if let (Some(old), Some(new)) = (&update.old, &update.new)
            && !(repository.has_object(old)? && repository.is_ancestor(old, new)?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Judges a push before it leaves a clone: advice, from what is here, without asking the network.
///
/// # Errors
/// If what is needed to judge can't be read.
pub fn leaving(session: &Session, repository: &Repository, updates: Vec<Update>) -> Outcome<PushVerdict> {
    let mut work = Workspace::load(repository, None)?;
    // What a plain `git fetch` brought is what the server judges by, or newer than what is here.
    let remote = repository.sharing_remote()?;
    let notes = match &remote {
        Some(remote) => repository.notes_as_fetched(remote, &session.author(repository)?).unwrap_or_default(),
        None => None,
    };
    let (memory, notes) = notes.map_or((None, None), |(memory, notes)| (memory, Some(notes)));
    let repository = memory.as_ref().unwrap_or(repository);
    if let Some(tip) = remote.map(|remote| repository.policy_as_fetched(&remote)).transpose()?.flatten()
        && let Ok(newer) = trust::load_at(repository, &tip, work.root)
    {
        work = newer.into();
    }
    let mut ordinary = Vec::new();
    for update in updates {
        if !succeeds(repository, &work, &update)? {
            ordinary.push(update);
        }
    }
    judge_knowing(session, repository, &work, (End::Client, notes), &ordinary)
}

/// Judges what a server is sent; also gives the policy that rules it, where one does.
///
/// `listed` is the root that the server's administrator listed for this project, `namespace` the one that the push goes
/// into.
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
        (None, None) if !has_own_refs(repository)? => {
            return Ok((
                None,
                not_ruled(updates, &Advice::run("the server's administrator pins its root first", "relsign trust SHA256:…")),
            ));
        }
        (None, _) => return Err(unpinned(repository)),
    };
    if let Some(namespace) = namespace {
        return Err(Failure::missing(format!("the push goes to the namespace {namespace:?}, which has no policy of its own"))
            .hint("push to the repository itself"));
    }
    let step = updates.iter().find(|update| update.name == POLICY_REF).filter(|_| end == End::Landed);
    let brings_root = updates.iter().any(|update| update.name == POLICY_REF && update.new.is_some())
        && trust::root_here(repository)? != Some(root);
    let work: Workspace = match step {
        // What has landed is judged under the policy of before it, as it was when it came.
        Some(Update { old: Some(old), .. }) if trust::root_at(repository, old)? == Some(root) => {
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

/// Whether a clone has anything of relsign's; one that has not is none of its business.
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
                .suggest("the server's administrator pins it again", "relsign trust SHA256:…")
        })?);
    }
    roots.sort();
    roots.dedup();
    match roots.as_slice() {
        [] => Ok(None),
        [root] => Ok(Some(*root)),
        _ => {
            Err(Failure::seen(&Seen::RootsOfServer)
                .suggest("the server's administrator pins the right one", "relsign trust SHA256:…"))
        }
    }
}

fn unpinned(repository: &Repository) -> Failure {
    let here = unchecked_root(repository).map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
    Failure::seen(&Seen::ServerUnpinned)
        .suggest("its administrator compares the root with an owner of the policy, then", format!("relsign trust {here}"))
}

/// Returns the root of what lies in a repository, which proves nothing: whoever put it there may have made it.
fn unchecked_root(repository: &Repository) -> Option<RootDigest> {
    pinned_on_server(repository).ok().flatten().or_else(|| trust::root_here(repository).ok().flatten())
}

/// Whether a repository has any ref that relsign writes, also one that is broken or leads nowhere.
fn has_own_refs(repository: &Repository) -> Outcome<bool> {
    let mut names = repository.ref_list("refs/relsign/")?;
    names.extend(repository.ref_list("refs/notes/")?);
    Ok(names.iter().any(|name| is_own(name)))
}

fn is_own(name: &str) -> bool {
    matches!(Place::of(name), Place::Own(_) | Place::NotForOthers)
}

/// Judges a push to a project that the administrator's file of pins does not list.
///
/// A project that uses relsign has fallen out of the list: it was renamed or moved, or its line has another spelling. Leaving it
/// alone would open whatever its policy freezes, without a word.
///
/// # Errors
/// If it uses relsign, or that can't be told.
pub fn unlisted(directory: &Path, pins: &Path, updates: &[Update]) -> Outcome<PushVerdict> {
    let repository = match Repository::open(directory) {
        Ok(repository) => Some(repository),
        // Git knows what relsign can't open, and whether there is anything of relsign's in it.
        Err(_) if !has_refs(directory, &["refs/relsign", NOTES_REF, RECEIPTS_REF])? => None,
        Err(error) => return Err(error.into()),
    };
    let root = repository.as_ref().and_then(unchecked_root);
    let uses = match &repository {
        Some(repository) => has_own_refs(repository)? || !repository.config_own(ROOT_CONFIG)?.is_empty(),
        None => false,
    };
    let hint = match Pins::line_of(directory, root)? {
        Some(line) => Advice::run(
            format!(
                "its administrator compares the root, which is unverified here, with an owner of the policy, then adds this line to {}",
                pins.display()
            ),
            line,
        ),
        None => "that file can't name the path of this project; its administrator moves the project".into(),
    };
    if uses {
        return Err(Failure::seen(&Seen::ProjectUnlisted { pins: pins.display().to_string() }).hint(hint));
    }
    Ok(not_ruled(updates, &hint))
}

/// Judges a push to a project that nobody pinned and that never used relsign: anything goes but what relsign writes, which
/// would look as if somebody judged it here.
fn not_ruled(updates: &[Update], hint: &Advice) -> PushVerdict {
    let own = updates.iter().filter(|update| update.new.is_some() && is_own(&update.name));
    let refused = own.map(|update| Refused::new(&update.name, Seen::RootUnpinned).hint(hint.clone()));
    PushVerdict { refused: refused.collect(), notes: Vec::new() }
}

/// Whether an update puts the policy of the pinned root in the place of the root that it says it succeeds.
///
/// Who pinned the new root has agreed to it; whether the server takes it in is the business of who runs the server.
fn succeeds(repository: &Repository, trusted: &Trust, update: &Update) -> Outcome<bool> {
    let (POLICY_REF, Some(old), Some(new)) = (update.name.as_str(), update.old, update.new) else { return Ok(false) };
    if new != trusted.tip || !repository.has_object(&old)? {
        return Ok(false);
    }
    match trust::root_at(repository, &old)? {
        Some(before) if before != trusted.root => check_link(&trust::load_at(repository, &old, before)?, trusted).map(|()| true),
        _ => Ok(false),
    }
}

/// Judges the push that brings the first policy under a root that is pinned already.
///
/// The policy must descend from that root, and rules the rest of the push; nothing else is taken in before it is here. Where it
/// takes the place of another root's, it must say that it succeeds it.
fn first_policy(
    session: &Session,
    repository: &Repository,
    root: RootDigest,
    end: End,
    updates: &[Update],
) -> Outcome<(Option<Workspace>, PushVerdict)> {
    let (policy, others): (Vec<Update>, Vec<Update>) = updates.iter().cloned().partition(|update| update.name == POLICY_REF);
    let Some(Update { old, new: Some(tip), .. }) = policy.first() else {
        return Err(Failure::missing(format!("the root SHA256:{root} is pinned here, but there is no policy yet"))
            .suggest("push the policy first, from a clone that has it", "relsign sync"));
    };
    let trusted = trust::load_pushed(repository, tip, root)?;
    if let Some(old) = old {
        let before = trust::root_at(repository, old)?.ok_or_else(|| Failure::missing("the policy here has no first version"))?;
        check_link(&trust::load_at(repository, old, before)?, &trusted)?;
    }
    let work = Workspace::from(trusted);
    let verdict = judge(session, repository, &work, end, &others)?;
    Ok((Some(work), verdict))
}
