//! Taking back what was signed: which record is meant, and whether whoever signs may withdraw it.

use super::ready::Ready;
use crate::model::denial::Denial;
use crate::model::ids::{Principal, RecordId};
use crate::model::log::Record;
use crate::model::record::{Body, Withdraw};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::{find, items};
use crate::report::safe::shell_word;
use crate::sign::verify::Verified;

/// Returns a record that whoever signs may withdraw.
///
/// # Errors
/// If it is somebody else's, or of a kind that is not withdrawn.
pub fn require<'r>(ready: &'r Ready<'_>, target: &RecordId) -> Outcome<&'r Record> {
    let Some(record) = ready.loaded.records.get(target) else {
        return Err(Failure::internal(format!("record {} is not in the log", target.short())));
    };
    let object = format!("relsign reject {} ITEM --reason …", shell_word(ready.report.tag.short()));
    require_own(record, &ready.identity.principal).map_err(|failure| match failure.denial {
        Some(Denial::OthersRecord) => failure.suggest("to object to the item instead", object),
        _ => failure,
    })?;
    if !record.body.may_be_withdrawn() {
        let what = if matches!(record.body, Body::Close(_)) { "the end of a release" } else { "a roll-back" };
        let tag = shell_word(ready.report.tag.short());
        return Err(Failure::refused(format!("{what} is not withdrawn"))
            .by(Denial::EndNotWithdrawn)
            .suggest("a new decision takes the release up again", format!("relsign decide {tag} go")));
    }
    Ok(record.value())
}

/// Refuses a record that is somebody else's, and a withdraw.
///
/// # Errors
/// If it is one of them.
pub fn require_own(record: &Verified, who: &Principal) -> Outcome<()> {
    if record.principal() != who {
        let (id, by) = (record.id().short(), record.principal());
        return Err(Failure::refused(format!("record {id} is by {by}, and only they can withdraw it")).by(Denial::OthersRecord));
    }
    if matches!(record.body, Body::Withdraw(_)) {
        return Err(Failure::refused("a withdraw can't be withdrawn").by(Denial::WithdrawOfWithdraw).hint("sign it again instead"));
    }
    Ok(())
}

/// Finds what is meant: my latest sign-off on an item that still stands, or a record.
pub fn find(ready: &Ready<'_>, named: &str) -> Outcome<RecordId> {
    let item = match items::find(&ready.report, named) {
        Ok(item) => item,
        Err(no_item) => {
            let is_id = named.chars().all(|c| c.is_ascii_hexdigit());
            return find::record(&ready.report, named).map_err(|no_record| if is_id { no_record } else { no_item });
        }
    };
    let withdrawn = |id: &RecordId| {
        let mut own = ready.loaded.records.values().filter(|other| *other.principal() == ready.identity.principal);
        own.any(|other| other.said().is_some_and(|withdraw: &Withdraw| withdraw.record == *id))
    };
    let mine = item.sign_offs.iter().rev().find(|word| word.signer == ready.identity.principal && !withdrawn(&word.record));
    mine.map(|word| word.record).ok_or_else(|| {
        Failure::refused(format!("{} has no sign-off in effect on {}", ready.identity.principal, item.id))
            .by(Denial::NothingOfYours)
            .suggest("see its records", format!("relsign log {} {}", shell_word(ready.report.tag.short()), item.id))
    })
}
