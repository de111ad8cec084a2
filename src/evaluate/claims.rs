//! Gathering: what a set of records says, sorted by the item it says it of.
//!
//! What counts is judged later; what speaks of an item or a text that the open record doesn't hold is left out here.

use std::collections::{BTreeMap, BTreeSet};

use super::reason::Refusal;
use super::release::{Release, Withdrawn};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Handle, ItemId, RecordId};
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Assign, Body, CheckResult, ItemRef, Sign, SignVerdict};
use crate::sign::verify::Verified;

/// What was said on one item, each sort in the order of the log.
#[derive(Default)]
pub(super) struct Claims<'a> {
    pub(super) sign_offs: Vec<(&'a Verified<Record>, &'a Sign)>,
    pub(super) checks: Vec<(&'a Verified<Record>, CheckResult)>,
    /// The last of the assignments that count, by what had been seen.
    pub(super) assigned: Option<(u32, RecordId, &'a Handle)>,
}

/// Whether an assignment counts; one that does not for its key, version or content is told with all such records.
///
/// # Errors
/// Why it does not, where signing it would have been refused.
fn assignment(release: &Release<'_, '_>, verified: &Verified<Record>, assign: &Assign, item: &ItemRef) -> Result<bool, Refusal> {
    let who = &verified.value().signer.handle;
    let owner = &assign.owner;
    let refused = |code, what: &str| Err(Refusal::new(code, format!("{who} assigned {} to {owner}{what}", item.id)));
    match release.item(&item.id) {
        None => return refused(Code::ItemUnknown, ", which is not in the checklist"),
        Some(known) if known.digest != item.digest => return refused(Code::ItemChanged, ", which has another text"),
        Some(_) => {}
    }
    if release.log.favour(release.context, verified).is_err() {
        return Ok(false);
    }
    if !release.policy().may(who, Right::Assign) {
        return refused(Code::NotAuthorised, ", and may not assign items");
    }
    match release.policy().person(owner) {
        Some(_) => Ok(true),
        None => refused(Code::NotAuthorised, ", who is not a person of the policy"),
    }
}

/// Sorts what was said by item; what speaks of something the open record doesn't hold becomes a finding.
pub(super) fn gather<'a>(
    release: &Release<'a, '_>,
    within: &BTreeSet<RecordId>,
    withdrawn: &Withdrawn,
    findings: &mut Vec<Finding>,
) -> BTreeMap<ItemId, Claims<'a>> {
    let mut said: BTreeMap<ItemId, Claims<'a>> = BTreeMap::new();
    for id in within {
        let Some(verified) = release.log.records.get(id).copied() else { continue };
        let record = verified.value();
        if let Body::Withdraw(withdraw) = &record.body
            && release.log.records.contains_key(&withdraw.record)
            && !release.log.is_own_withdraw(verified, withdraw.record)
        {
            let message = format!(
                "{} withdrew {}, which is a withdraw or somebody else's record",
                record.signer.handle,
                withdraw.record.short()
            );
            findings.push(release.cite(Code::WithdrawOfOthers, verified, message));
        }
        if !release.owns(verified) {
            if record.open.is_some() {
                let message = format!("{} by {} belongs to another open record of this tag", record.kind, record.signer.handle);
                findings.push(release.cite(Code::RecordOfOtherOpen, verified, message));
            }
            continue;
        }
        match &record.body {
            Body::Sign(sign) => {
                // What is waived besides items is counted elsewhere.
                let Some(signed) = &sign.item else { continue };
                let known = release.item(&signed.id);
                let fits = known.is_some_and(|item| item.digest == signed.digest);
                if !fits {
                    let (code, what) = match known {
                        None => (Code::ItemUnknown, format!("{}, which is not in the checklist", signed.id)),
                        Some(_) => (Code::ItemChanged, format!("another text of {}", signed.id)),
                    };
                    let message = format!("{} signed {} on {what}", record.signer.handle, sign.verdict);
                    findings.push(release.cite(code, verified, message).about(signed.id.as_str()));
                }
                // A sign-off against stands whatever text its author had read.
                if fits || matches!(sign.verdict, SignVerdict::Reject | SignVerdict::Partial) {
                    said.entry(signed.id.clone()).or_default().sign_offs.push((verified, sign));
                }
            }
            Body::Check(check)
                if release
                    .item(&check.item.id)
                    .is_some_and(|item| check.result.speaks_against() || item.digest == check.item.digest) =>
            {
                said.entry(check.item.id.clone()).or_default().checks.push((verified, check.result));
            }
            Body::Assign(assign) if !withdrawn.answers(id) => {
                let Some(item) = &assign.item else { continue };
                match assignment(release, verified, assign, item) {
                    Ok(true) => {
                        let said = said.entry(item.id.clone()).or_default();
                        said.assigned = said.assigned.max(Some((release.log.history.generation(*id), *id, &assign.owner)));
                    }
                    Ok(false) => {}
                    Err(refusal) => findings.push(release.cite(refusal.code, verified, refusal.message).about(item.id.as_str())),
                }
            }
            _ => {}
        }
    }
    for said in said.values_mut() {
        said.sign_offs.sort_by_key(|(verified, _)| (release.log.history.generation(verified.id()), verified.id()));
    }
    said
}
