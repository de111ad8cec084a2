//! Receipts: nothing goes, and what comes is by a witness.

use super::added::added;
use super::door::with_step;
use super::log::Refusals;
use super::room::overfull;
use super::state::State;

use crate::evaluate::complete::describe;
use crate::evaluate::push::record;
use crate::evaluate::push::{Refused, Update};
use crate::model::finding::Seen;
use crate::model::ids::{ObjectId, Principal};
use crate::model::policy::Right;
use crate::model::record::Body;
use crate::ops::error::Outcome;
use crate::sign::keyring::Keyring;
use crate::sign::verify::verify_line;

/// Judges an update of the receipts: nothing goes, and what comes is by a witness.
pub(super) fn judge(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    let mut added = match added(state, update, &new)? {
        Ok(added) => added,
        Err(refused) => return Ok(vec![refused]),
    };
    let step = with_step(state)?;
    let keyring = &step.as_ref().unwrap_or(state.trusted.trusted()).keyring;
    let mut refusals = Refusals::default();
    for object in &added.objects.clone() {
        let (lines, all) = added.lines(object)?;
        overfull(object, &all, keyring).into_iter().for_each(|refusal| refusals.add(refusal));
        for line in &lines {
            if let Some(refusal) = receipt_refused(state, keyring, line) {
                refusals.add(refusal);
            }
        }
    }
    Ok(refusals.into_refused(update))
}

/// Says why a line that came to the receipts is none that may come, if so.
fn receipt_refused(state: &State<'_>, keyring: &Keyring, line: &[u8]) -> Option<Seen> {
    let verified = match verify_line(line, keyring, &state.trusted.root) {
        Err(rejected) => return Some(rejected.finding.seen),
        Ok(verified) => verified,
    };
    let is_witness = matches!(verified.principal(), Principal::Machine(_))
        && state.trusted.chain.versions().any(|version| version.policy.may(verified.principal(), Right::Receipt));
    if !matches!(verified.body, Body::Receipt(_)) || !is_witness {
        return Some(Seen::NoReceipt { record: describe(&verified) });
    }
    record::timely(&verified, &unlimited(state), state.session.now).err()
}

/// Gives the limits without the one on late records: a receipt is filled in after a crash.
fn unlimited(state: &State<'_>) -> crate::model::policy::Limits {
    crate::model::policy::Limits { max_backdate: None, ..state.policy().contents().limits }
}
