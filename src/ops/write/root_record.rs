//! Records of the root log: those that speak of the repository and not of a release.

use super::identity::Identity;
use super::sign::{self, Draft};
use crate::evaluate::history::History;
use crate::evaluate::root_log::ROOT_SUBJECT;
use crate::git::{NOTES_REF, Repository};
use crate::model::address::root_blob;
use crate::model::ids::RecordId;
use crate::model::record::{Body, Kind, Subject, SubjectDigest};
use crate::ops::error::Outcome;
use crate::ops::load::root_log::load;
use crate::ops::session::Session;
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::parse::digests::sha256;

/// Signs a record of the root log and writes it, but in a dry run; `more` are the subjects it names besides the root blob.
///
/// # Errors
/// If it can't be signed or written.
pub fn sign(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    identity: &Identity,
    (comment, body, more): (Option<String>, Body, Vec<Subject>),
) -> Outcome<RecordId> {
    let kind = body.kind().map_or("record", Kind::name);
    let summary = format!("{kind} by {}", identity.principal);
    let draft = draft(session, repository, trusted, (comment, body, more))?;
    let (line, id) = sign::sign(session, trusted, identity, draft)?.into_line();
    if session.dry_run {
        return Ok(id);
    }
    let bytes = root_blob(&trusted.root);
    let object = repository.write_blob(&bytes)?;
    // `git notes prune` takes the notes of objects that are gone, and git forgets an object that nothing names.
    let author = session.author(repository)?;
    repository.keep_evidence(&[&bytes], &author, "Keep the root blob")?;
    sign::append(repository, &[(object, vec![(line, id)])], &author, &summary)?;
    Ok(id)
}

/// Drafts a record of the root log, on top of what is there.
///
/// # Errors
/// If the root log can't be read.
pub fn draft(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    (comment, body, more): (Option<String>, Body, Vec<Subject>),
) -> Outcome<Draft> {
    let mut notes = repository.notes(NOTES_REF)?;
    let loaded = load(repository, trusted, &mut notes)?;
    // A line by somebody who never might have signed it may have come from where no hook stands. Whoever named it could share
    // nothing any more, since no record goes where its parents can't.
    let log = loaded.log(trusted, session.now);
    let may_come = loaded.in_authority(trusted, &mut notes, &log)?;
    let stays = share::unshareable(session, repository, trusted)?;
    let before =
        log.records.values().copied().filter(|verified| may_come.contains(&verified.id()) && !stays.contains(&verified.id()));
    let parents = History::of(before).heads();
    let root = sha256(&root_blob(&trusted.root));
    let mut subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(root) }];
    subjects.extend(more);
    Ok(Draft { parents, comment, ..Draft::new(subjects, body) })
}
