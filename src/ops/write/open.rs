//! Opening a release: the first record of its log, which stands in the note of its name too.

use std::collections::BTreeSet;

use super::identity::Identity;
use super::sign::{self, Draft};
use crate::evaluate::context::TagObject;
use crate::git::notes::Append;
use crate::git::{Author, NOTES_REF, Repository};
use crate::model::address::{freeze_blob, name_blob, root_blob};
use crate::model::ids::{ObjectId, RecordId};
use crate::model::month::Month;
use crate::model::pointer::Pointer;
use crate::model::record::{Body, Open};
use crate::ops::error::Outcome;
use crate::ops::load::freeze_notes;
use crate::ops::load::tag::LoadedTag;
use crate::ops::session::Session;
use crate::ops::trust::Trusted;

/// Signs that a release is open, on top of the `heads` of its log, and writes it.
///
/// # Errors
/// If it can't be signed or written.
pub fn open(
    session: &Session,
    repository: &Repository,
    trusted: &Trusted,
    identity: &Identity,
    (tag, object): (&LoadedTag, &TagObject),
    open: Open,
    heads: Vec<RecordId>,
) -> Outcome<RecordId> {
    // Git forgets an object that nothing names any more, and with it its notes: what the records speak of is kept.
    let author = session.author(repository)?;
    let name = &tag.facts.name;
    let name_blob = name_blob(&trusted.root, name);
    let mut keep = vec![tag.raw.clone(), name_blob.clone(), root_blob(&trusted.root)];
    // A hook finds the releases that freeze refs there, without reading every log.
    let until = open.freeze.as_ref().map_or(session.now, |freeze| freeze.until);
    let months: Vec<_> = Month::touched(session.now, until).map(|month| freeze_blob(&trusted.root, month)).collect();
    keep.extend(months.iter().cloned());
    repository.keep_evidence(&keep.iter().map(Vec::as_slice).collect::<Vec<_>>(), &author, "Keep the tag object")?;
    let draft = Draft {
        subjects: object.subjects.clone(),
        open: None,
        parents: heads,
        role: None,
        comment: None,
        evidence: Vec::new(),
        body: Body::Open(Box::new(open)),
    };
    let (line, id) = sign::sign(session, trusted, identity, draft)?;
    let summary = format!("open by {} on {}", identity.principal, name.short());
    let pointer = Pointer { until, object: object.id, record: id }.line();
    let mut lines = vec![(object.id, line.clone(), id), (repository.write_blob(&name_blob)?, line, id)];
    for month in &months {
        lines.push((repository.write_blob(month)?, pointer.clone(), freeze_notes::memory(&pointer)));
    }
    write(repository, lines, (&author, &summary))?;
    Ok(id)
}

/// Writes lines into the notes of objects, all at once, and remembers for each the id that stands with it.
fn write(repository: &Repository, lines: Vec<(ObjectId, Vec<u8>, RecordId)>, (author, summary): (&Author, &str)) -> Outcome<()> {
    let (mut appends, mut seen) = (Vec::new(), Vec::new());
    for (object, line, id) in lines {
        appends.push(Append { notes_ref: NOTES_REF.to_owned(), object, lines: vec![line] });
        seen.push((object, id));
    }
    repository.append_notes(&appends, author, summary)?;
    for (object, id) in seen {
        repository.remember_records(&object, &BTreeSet::from([id]))?;
    }
    Ok(())
}
