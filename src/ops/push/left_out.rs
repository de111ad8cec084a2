//! What of the logs here the door of others would not take in, so that everything else can be shared.

use std::collections::{BTreeMap, BTreeSet};

use super::added::{added, claimed, id_of};
use super::door::{Door, with_step};
use super::state::State;

use crate::evaluate::complete::describe;
use crate::evaluate::push::{End, Update};
use crate::git::notes::Lines;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::{Code, Seen};
use crate::model::ids::{ObjectId, RecordId};
use crate::model::log::Record;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::ops::trust::Trust;
use crate::ops::workspace::Workspace;
use crate::sign::verify::verify_line;

/// A line that is left out.
pub struct LeftOut {
    /// The object in whose log it is.
    pub object: ObjectId,
    /// The line.
    pub line: Vec<u8>,
    /// The id of its record, where the line is valid.
    pub record: Option<RecordId>,
    /// Why.
    pub refusal: Seen,
}

impl LeftOut {
    /// Whether nothing is wrong with what the record says, so that its signer can sign it again and share that.
    pub fn can_be_signed_again(&self) -> bool {
        self.record.is_some() && matches!(self.refusal.code(), Code::RecordMissing | Code::RecordBackdated)
    }
}

/// Returns the lines that the notes commit `ours` has beyond `theirs` and that the door would not take in, with those that name one
/// of them; those that came too late only where asked, since whoever had them before takes them back.
///
/// # Errors
/// If git can't be read.
pub fn left_out(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    (theirs, ours): (Option<ObjectId>, ObjectId),
    late: bool,
) -> Outcome<Vec<LeftOut>> {
    let updates = [Update { name: NOTES_REF.to_owned(), old: theirs, new: Some(ours) }];
    let state = State::new(session, repository, trusted, End::Client, &updates);
    // What is wrong with all of it is told by whoever refuses it.
    let Ok(mut added) = added(&state, &updates[0], &ours)? else { return Ok(Vec::new()) };
    let step = with_step(&state)?;
    let policy = step.as_ref().unwrap_or(trusted.trusted());
    let mut door = Door::new(&state, policy, (theirs.as_ref(), &ours))?;
    let mut found = Vec::new();
    let mut lines: BTreeMap<ObjectId, Lines> = BTreeMap::new();
    for object in &added.objects.clone() {
        for (line, verified, refusal) in door.judge(object, &mut added)?.refused {
            if late || refusal.code() != Code::RecordBackdated {
                let record = verified.map(|verified| verified.id());
                found.push(LeftOut { object: *object, line, record, refusal });
            }
        }
        lines.insert(*object, added.lines(object)?.0);
    }
    if !found.is_empty() {
        found.extend(naming(policy, &found, &lines));
    }
    Ok(found)
}

/// Returns the other lines of the same logs that name what is left out, and those that name these.
fn naming(trusted: &Trust, found: &[LeftOut], lines: &BTreeMap<ObjectId, Lines>) -> Vec<LeftOut> {
    let mut more = Vec::new();
    for (object, lines) in lines {
        let out: BTreeMap<&[u8], &LeftOut> =
            found.iter().filter(|left| left.object == *object).map(|left| (left.line.as_slice(), left)).collect();
        let mut named_by: BTreeMap<RecordId, Vec<&Vec<u8>>> = BTreeMap::new();
        for line in lines.iter().filter(|line| !out.contains_key(line.as_slice())) {
            for named in claimed(line).iter().flat_map(Record::names) {
                named_by.entry(*named).or_default().push(line);
            }
        }
        let mut waiting: Vec<RecordId> = out.keys().filter_map(|line| id_of(line)).collect();
        let mut seen: BTreeSet<&Vec<u8>> = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            for line in named_by.get(&id).into_iter().flatten().copied() {
                if !seen.insert(line) {
                    continue;
                }
                let Ok(verified) = verify_line(line, &trusted.keyring, &trusted.root) else { continue };

                waiting.push(verified.id());
                more.push(LeftOut {
                    object: *object,
                    line: line.clone(),
                    record: Some(verified.id()),
                    refusal: Seen::LeftOut { record: describe(&verified), named: id },
                });
            }
        }
    }
    more
}
