//! Opening a release: the first record of its log, which stands in the note of its name too, and the freeze that ends with it.

use super::identity::Identity;
use super::root_record;
use super::sign::{self, Draft};
use crate::evaluate::context::TagObject;
use crate::git::Repository;
use crate::model::address::{name_blob, root_blob};
use crate::model::ids::RecordId;
use crate::model::record::{Body, Freeze, FreezeRelease, Open};
use crate::ops::error::Outcome;
use crate::ops::load::tag::LoadedTag;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;

/// Signs that a release is open, on top of the `heads` of its log, and the freeze that is to end with it, and writes both at
/// once, but in a dry run; the open record's id comes first.
///
/// # Errors
/// If one of them can't be signed, or they can't be written; then neither is there.
pub fn open(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    identity: &Identity,
    (tag, object): (&LoadedTag, &TagObject),
    (open, freeze): (Open, Option<Freeze>),
    heads: Vec<RecordId>,
) -> Outcome<(RecordId, Option<RecordId>)> {
    let name = &tag.facts.name;
    let (name_blob, root_blob) = (name_blob(&trusted.root, name), root_blob(&trusted.root));
    let draft = Draft { parents: heads, ..Draft::new(object.subjects.clone(), Body::Open(Box::new(open))) };
    let opened = sign::sign(session, trusted, identity, draft)?.into_line();
    let id = opened.1;
    let mut frozen = None;
    if let Some(freeze) = freeze {
        let release = Some(FreezeRelease { tag_object: object.id, open: id });
        let body = Body::Freeze(Freeze { release, ..freeze });
        let draft = root_record::draft(session, repository, trusted, (None, body, Vec::new()))?;
        frozen = Some(sign::sign(session, trusted, identity, draft)?.into_line());
    }
    let frozen_id = frozen.as_ref().map(|(_, id)| *id);
    if session.dry_run {
        return Ok((id, frozen_id));
    }
    let mut logs = vec![(object.id, vec![opened.clone()]), (repository.write_blob(&name_blob)?, vec![opened])];
    if let Some(frozen) = frozen {
        logs.push((repository.write_blob(&root_blob)?, vec![frozen]));
    }
    // Git forgets an object that nothing names any more, and with it its notes: what the records speak of is kept.
    let author = session.author(repository)?;
    repository.keep_evidence(&[&tag.raw, &name_blob, &root_blob], &author, "Keep the tag object")?;
    sign::append(repository, &logs, &author, &format!("open by {} on {}", identity.principal, name.short()))?;
    Ok((id, frozen_id))
}
