//! Gathering: what a set of records says, sorted by the item it says it of.
//!
//! What counts is judged later; what speaks of an item or a text that the open record doesn't hold is left out here.

use std::collections::BTreeMap;

use super::release::Release;
use super::view::View;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Handle, ItemId, RecordId};
use crate::model::policy::Right;
use crate::model::record::{Assign, Body, CheckResult, ItemRef, OpenItem, Sign, SignVerdict};
use crate::sign::verify::Verified;

/// What was said on one item, each sort in the order of the log.
#[derive(Default)]
pub(super) struct Claims<'a> {
    pub(super) sign_offs: Vec<(&'a Verified, &'a Sign)>,
    pub(super) checks: Vec<(&'a Verified, CheckResult)>,
    /// The last of the assignments that count, by what had been seen.
    pub(super) assigned: Option<((u32, RecordId), &'a Handle)>,
}

/// Whether an assignment counts; one that does not for its key, version or content is told with all such records.
///
/// # Errors
/// Why it does not, where signing it would have been refused.
fn assignment(release: &Release<'_, '_>, verified: &Verified, assign: &Assign, item: &ItemRef) -> Result<bool, Seen> {
    let who = verified.principal();
    let (id, owner) = (item.id.clone(), assign.owner.clone());
    match release.item(&item.id) {
        None => return Err(Seen::AssignedUnknown { who: who.clone(), id, owner }),
        Some(known) if known.digest != item.digest => return Err(Seen::AssignedChanged { who: who.clone(), id, owner }),
        Some(_) => {}
    }
    if release.log.favour(verified).is_err() {
        return Ok(false);
    }
    if !release.policy().may(who, Right::Assign) {
        return Err(Seen::AssignMayNot { who: who.clone(), id, owner });
    }
    match release.policy().person(&owner) {
        Some(_) => Ok(true),
        None => Err(Seen::AssigneeUnknown { who: who.clone(), id, owner }),
    }
}

/// Sorts what was said by item; what speaks of something the open record doesn't hold becomes a finding.
pub(super) fn gather<'a>(view: &View<'_, 'a, '_>, findings: &mut Vec<Finding>) -> BTreeMap<ItemId, Claims<'a>> {
    let (release, history) = (view.release, &view.release.log.history);
    let mut said: BTreeMap<ItemId, Claims<'a>> = BTreeMap::new();
    for verified in view.within.iter().filter_map(|id| release.log.records.get(id).copied()) {
        let who = || verified.principal().clone();
        if let Body::Withdraw(withdraw) = &verified.body
            && release.log.records.contains_key(&withdraw.record)
            && !release.log.is_own_withdraw(verified, withdraw.record)
        {
            let seen = Seen::WithdrawOfOthers { who: who(), record: withdraw.record };
            findings.push(release.cite(verified, seen));
        }
        if !release.owns(verified) {
            if verified.open.is_some() {
                let seen = Seen::RecordOfOtherOpen { kind: verified.kind.clone(), who: who() };
                findings.push(release.cite(verified, seen));
            }
            continue;
        }
        match &verified.body {
            Body::Sign(sign) => {
                // What is waived besides items is counted elsewhere.
                let Some(signed) = &sign.item else { continue };
                let known = release.item(&signed.id);
                let fits = known.is_some_and(|item| item.digest == signed.digest);
                if !fits {
                    let (who, verdict, id) = (who(), sign.verdict, signed.id.clone());
                    let seen = match known {
                        None => Seen::SignedUnknown { who, verdict, id },
                        Some(_) => Seen::SignedChanged { who, verdict, id },
                    };
                    findings.push(release.cite(verified, seen).about(signed.id.as_str()));
                }
                // A sign-off against stands whatever text its author had read.
                if fits || matches!(sign.verdict, SignVerdict::Reject | SignVerdict::Partial) {
                    said.entry(signed.id.clone()).or_default().sign_offs.push((verified, sign));
                }
            }
            Body::Check(check) => {
                let fits = |item: &OpenItem| check.result.speaks_against() || item.digest == check.item.digest;
                if release.item(&check.item.id).is_some_and(fits) {
                    said.entry(check.item.id.clone()).or_default().checks.push((verified, check.result));
                }
            }
            Body::Assign(assign) if !view.withdrawn.answers(&verified.id()) => {
                let Some(item) = &assign.item else { continue };
                match assignment(release, verified, assign, item) {
                    Ok(true) => {
                        let said = said.entry(item.id.clone()).or_default();
                        said.assigned = said.assigned.max(Some((history.place(verified.id()), &assign.owner)));
                    }
                    Ok(false) => {}
                    Err(seen) => findings.push(release.cite(verified, seen).about(item.id.as_str())),
                }
            }
            _ => {}
        }
    }
    for said in said.values_mut() {
        said.sign_offs.sort_by_key(|(verified, _)| history.place(verified.id()));
    }
    said
}
