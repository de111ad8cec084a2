//! Logs: nothing goes, and of what comes every line is a valid record in its place, by a known signer, at a possible time.

use super::added::added;
use super::door::{Door, with_step};
use super::state::State;

use crate::evaluate::push::{PushVerdict, Refused, Update};
use crate::model::advice::Advice;
use crate::model::finding::{Code, Seen};
use crate::model::ids::ObjectId;
use crate::ops::error::Outcome;

/// How many lines that may not come are told one by one.
const MOST_TOLD: usize = 5;

/// Judges an update of the logs.
pub(super) fn judge(state: &State<'_>, update: &Update, new: ObjectId, verdict: &mut PushVerdict) -> Outcome<Vec<Refused>> {
    let mut added = match added(state, update, &new)? {
        Ok(added) => added,
        Err(refused) => return Ok(vec![refused]),
    };
    let step = with_step(state)?;
    let trusted = step.as_ref().unwrap_or(state.trusted.trusted());
    let mut door = Door::new(state, trusted, (update.old.as_ref(), &new))?;
    let mut refusals = Refusals::default();
    let mut late = Vec::new();
    for object in &added.objects.clone() {
        let judged = door.judge(object, &mut added)?;
        judged.refused.into_iter().for_each(|(_, _, refusal)| refusals.add(refusal));
        late.extend(judged.late);
    }
    if let Some(first) = late.first() {
        let more = if late.len() > 1 { format!(" (and {} more)", late.len() - 1) } else { String::new() };
        verdict.notes.push(format!("{first}{more}"));
    }
    Ok(refusals.into_refused(update))
}

/// Describes what somebody can do whose record may not come.
fn ways_out(code: Code) -> Vec<Advice> {
    match code {
        Code::TimeInFuture => {
            vec!["correct the clock of the signer's machine; the record is accepted once that time has passed".into()]
        }
        Code::RecordBackdated => vec![Advice::run("share the others; then sign it again", "relsign sync")],
        Code::RecordMissing | Code::OpenUnannounced => vec![Advice::run("fetch what it refers to", "relsign sync")],
        Code::SignerUnknown => vec![
            Advice::run("an owner of the policy lists the key", "relsign person add"),
            Advice::run("then share both", "relsign sync"),
        ],
        Code::LineMalformed | Code::SignatureInvalid => {
            vec!["somebody added it by hand; an older clone may have the log without it".into()]
        }
        _ => Vec::new(),
    }
}

/// Why lines may not come: the first few, and how many there are.
#[derive(Default)]
pub(super) struct Refusals {
    told: Vec<Seen>,
    beyond: usize,
}

impl Refusals {
    pub(super) fn add(&mut self, refusal: Seen) {
        if self.told.contains(&refusal) {
            return;
        }
        if self.told.len() < MOST_TOLD { self.told.push(refusal) } else { self.beyond += 1 }
    }

    pub(super) fn into_refused(self, update: &Update) -> Vec<Refused> {
        let mut refused: Vec<Refused> = Vec::new();
        for refusal in self.told {
            let mut told = Refused::new(&update.name, refusal);
            if refused.iter().all(|before| before.code() != told.code()) {
                told.hints = ways_out(told.code());
            }
            refused.push(told);
        }
        if let (Some(last), true) = (refused.last_mut(), self.beyond > 0) {
            last.details.push(format!("and {} more refused lines", self.beyond));
        }
        refused
    }
}
