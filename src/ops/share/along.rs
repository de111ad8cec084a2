//! What plain `git fetch` does with relsign's refs: it brings them along, and must overwrite none.

use crate::git::sync::along_ref;
use crate::git::{ALONG_PREFIX, EVIDENCE_REF, NOTES_REF, POLICY_REF, Repository};
use crate::model::advice::Advice;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::report::words;

/// What keeps git from fetching relsign's refs onto themselves.
const EXEMPT: [&str; 2] = ["^refs/notes/relsign*", "^refs/relsign/*"];

fn setting(remote: &str) -> String {
    format!("remote.{remote}.fetch")
}

/// The lines by which git fetches relsign's refs to where relsign looks for what is newer than its own last fetch.
fn lines(remote: &str) -> [String; 3] {
    [(NOTES_REF, "notes"), (POLICY_REF, "policy"), (EVIDENCE_REF, "evidence")]
        .map(|(refs, side)| format!("+{refs}*:{}*", along_ref(remote, side)))
}

/// Has git itself fetch relsign's refs along with branches.
///
/// # Errors
/// If the configuration can't be written.
pub fn fetch_along(repository: &Repository, remote: &str) -> Outcome<()> {
    let known = repository.config_all(&setting(remote))?;
    for refspec in lines(remote).iter().filter(|refspec| !known.contains(refspec)) {
        repository.config_add(&setting(remote), refspec)?;
    }
    Ok(())
}

/// Returns the refspecs by which `git fetch` overwrites what was signed here; none where relsign's refs are exempt.
///
/// # Errors
/// If the configuration can't be read.
pub fn overwriting(repository: &Repository, remote: &str) -> Outcome<Vec<String>> {
    if is_exempt(repository, remote)? {
        return Ok(Vec::new());
    }
    let known = repository.config_all(&setting(remote))?;
    let overwrites = |refspec: &String| {
        let Some((_, there)) = refspec.trim_start_matches('+').split_once(':') else { return false };
        [NOTES_REF, POLICY_REF, EVIDENCE_REF].iter().any(|own| match there.split_once('*') {
            Some((before, after)) => own.len() >= before.len() + after.len() && own.starts_with(before) && own.ends_with(after),
            None => there == *own,
        })
    };
    Ok(known.into_iter().filter(overwrites).collect())
}

/// Whether relsign's refs are exempt from what `git fetch` fetches.
///
/// # Errors
/// If the configuration can't be read.
pub fn is_exempt(repository: &Repository, remote: &str) -> Outcome<bool> {
    let known = repository.config_all(&setting(remote))?;
    Ok(EXEMPT.iter().all(|exempt| known.iter().any(|refspec| refspec == exempt)))
}

/// Exempts relsign's refs from what `git fetch` overwrites; then it brings them along no more, and `sync` does.
///
/// # Errors
/// If the configuration can't be written.
pub fn exempt(repository: &Repository, remote: &str) -> Outcome<()> {
    for refspec in EXEMPT {
        repository.config_add(&setting(remote), refspec)?;
    }
    Ok(())
}

/// Sets right the lines of a remote that was renamed since they were written: git renames those of branches alone.
///
/// # Errors
/// If the configuration can't be read or written.
pub(super) fn put_right(repository: &Repository, remote: &str) -> Outcome<()> {
    let known = repository.config_all(&setting(remote))?;
    let right = lines(remote);
    let is_stale = |refspec: &&String| {
        let there = refspec.split_once(':').map_or("", |(_, there)| there);
        there.starts_with(ALONG_PREFIX) && !right.contains(refspec)
    };
    let stale: Vec<&String> = known.iter().filter(is_stale).collect();
    if stale.is_empty() {
        return Ok(());
    }
    // The lines told what it is called now; from here on the setting does.
    let named = repository.config_string("relsign.remote")?;
    if named.is_some_and(|named| named != remote) && repository.sharing_remote()?.as_deref() == Some(remote) {
        repository.config_set("relsign.remote", remote)?;
    }
    for refspec in &stale {
        repository.config_drop(&setting(remote), refspec)?;
    }
    fetch_along(repository, remote)
}

/// Takes back what another fetch overwrote of this clone's own, and says so.
///
/// # Errors
/// If it can be read and can't be put back.
pub(super) fn take_back(session: &Session, repository: &Repository) -> Outcome<()> {
    if let count @ 1.. = repository.take_back_overwritten(&session.author(repository)?)? {
        let records = words::count(count as u64, "record");
        let text = format!("took back {records} of this clone's that a fetch had overwritten; to keep git from doing so");
        session.warn(Advice::run(text, "relsign init"));
    }
    Ok(())
}
