//! Waivers of something else than an item: the bake time of a stage, and the unknown authors of the range.

use std::collections::BTreeSet;

use super::quorum::{self, Voices};

use super::release::{Release, Withdrawn};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Handle, RecordId};
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Body, Sign, SignVerdict};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Returns the people who accepted all unknown authors; nobody where they are too few.
pub(super) fn accepted_by(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp) -> Vec<Handle> {
    let all = &release.open.implementers.unknown;
    let accepted = |sign: &Sign| {
        let named: BTreeSet<&str> = sign.unknown.iter().map(|one| one.author.as_str()).collect();
        all.iter().all(|unknown| named.contains(unknown.as_str()))
    };
    let people = waivers(release, within, at, |sign| !all.is_empty() && !sign.unknown.is_empty() && accepted(sign));
    if is_enough(release, &people) { people.into_keys().collect() } else { Vec::new() }
}

/// Whether enough people waive the bake time of a stage.
pub(super) fn bake(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp, stage: &str) -> bool {
    is_enough(release, &waivers(release, within, at, |sign| sign.bake.as_deref() == Some(stage)))
}

/// Returns the people whose waivers of what fits count.
fn waivers(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp, fits: impl Fn(&Sign) -> bool) -> Voices {
    let withdrawn = release.log.withdrawn(release.context, within);
    let mut people = Voices::new();
    for verified in within.iter().filter_map(|id| release.log.records.get(id)) {
        if let Body::Sign(sign) = &verified.value().body
            && fits(sign)
            && release.owns(verified)
            && !withdrawn.takes_back(sign.verdict, &verified.id())
            && let Ok(handle) = counts(release, verified, sign, at)
        {
            people.insert(handle, BTreeSet::new());
        }
    }
    people
}

fn is_enough(release: &Release<'_, '_>, people: &Voices) -> bool {
    let needed = release.policy().thresholds().waiver;
    needed > 0 && quorum::count(people, needed, &[]).is_met()
}

/// Returns the person whose waiver a record is.
///
/// # Errors
/// Why it does not count.
fn counts(release: &Release<'_, '_>, verified: &Verified<Record>, sign: &Sign, at: Timestamp) -> Result<Handle, Seen> {
    let who = verified.principal();
    let Some(handle) = who.person() else { return Err(Seen::IsMachine { who: who.clone() }) };
    release.log.favour(release.context, verified)?;
    if sign.verdict != SignVerdict::Waive || !release.policy().may(who, Right::Waive) {
        return Err(Seen::MayNot { who: who.clone(), right: Right::Waive });
    }
    if let Some(role) = verified.value().role.as_ref().filter(|role| !release.policy().holds_role(handle, role)) {
        return Err(Seen::RoleNotHeld { who: who.clone(), role: role.clone() });
    }
    if let Some(expires) = sign.expires.filter(|expires| *expires <= at) {
        return Err(Seen::WaiverExpired { expires });
    }
    Ok(handle.clone())
}

/// Reports on the waivers of something else than an item that do not count.
pub(super) fn without_effect(release: &Release<'_, '_>, withdrawn: &Withdrawn) -> Vec<Finding> {
    let waivers = release.log.records.values().filter_map(|verified| match &verified.value().body {
        Body::Sign(sign) if sign.item.is_none() && release.owns(verified) => Some((*verified, sign)),
        _ => None,
    });
    let standing = waivers.filter(|(verified, sign)| !withdrawn.takes_back(sign.verdict, &verified.id()));
    let refused = standing.filter_map(|(verified, sign)| {
        let why = Box::new(counts(release, verified, sign, release.context.as_of).err()?);
        let (says, who) = (verified.value().body.summary(), verified.principal().clone());
        Some(release.cite(verified, Seen::RecordIgnored { says, who, why }))
    });
    refused.collect()
}
