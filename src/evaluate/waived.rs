//! Waivers of something else than an item: the bake time of a stage, and the unknown authors of the range.

use std::collections::BTreeSet;

use super::quorum;
use super::release::Release;
use super::view::View;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::Handle;
use crate::model::policy::Right;
use crate::model::record::{Sign, SignVerdict};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Returns the people who accepted all unknown authors; nobody where they are too few.
pub(super) fn accepted_by(view: &View<'_, '_, '_>) -> Vec<Handle> {
    let all = &view.release.open.implementers.unknown;
    let accepted = |sign: &Sign| {
        let named: BTreeSet<&str> = sign.unknown.iter().map(|one| one.author.as_str()).collect();
        all.iter().all(|unknown| named.contains(unknown.as_str()))
    };
    let people = waivers(view, |sign| !all.is_empty() && !sign.unknown.is_empty() && accepted(sign));
    if is_enough(view, &people) { people.into_iter().collect() } else { Vec::new() }
}

/// Whether enough people waive the bake time of a stage.
pub(super) fn bake(view: &View<'_, '_, '_>, stage: &str) -> bool {
    is_enough(view, &waivers(view, |sign| sign.bake.as_deref() == Some(stage)))
}

/// Returns the people whose waivers of what fits count.
fn waivers(view: &View<'_, '_, '_>, fits: impl Fn(&Sign) -> bool) -> BTreeSet<Handle> {
    let standing =
        view.words::<Sign>().filter(|(verified, sign)| fits(sign) && !view.withdrawn.takes_back(sign.verdict, &verified.id()));
    standing.filter_map(|(verified, sign)| counts(view.release, verified, sign, view.at).ok()).collect()
}

fn is_enough(view: &View<'_, '_, '_>, people: &BTreeSet<Handle>) -> bool {
    let needed = view.release.policy().thresholds().waiver;
    needed > 0 && quorum::missing(people, needed) == 0
}

/// Returns the person whose waiver a record is.
///
/// # Errors
/// Why it does not count.
fn counts(release: &Release<'_, '_>, verified: &Verified, sign: &Sign, at: Timestamp) -> Result<Handle, Seen> {
    let who = verified.principal();
    let Some(handle) = who.person() else { return Err(Seen::IsMachine { who: who.clone() }) };
    release.log.favour(verified)?;
    if sign.verdict != SignVerdict::Waive || !release.policy().may(who, Right::Waive) {
        return Err(Seen::MayNot { who: who.clone(), right: Right::Waive });
    }
    if let Some(role) = verified.role.as_ref().filter(|role| !release.policy().holds_role(handle, role)) {
        return Err(Seen::RoleNotHeld { who: who.clone(), role: role.clone() });
    }
    if let Some(expires) = sign.expires.filter(|expires| *expires <= at) {
        return Err(Seen::WaiverExpired { expires });
    }
    Ok(handle.clone())
}

/// Reports on the waivers of something else than an item that do not count.
pub(super) fn without_effect(release: &Release<'_, '_>) -> Vec<Finding> {
    let waivers = release.words::<Sign>().filter(|(_, sign)| sign.item.is_none());
    let standing = waivers.filter(|(verified, sign)| !release.withdrawn.takes_back(sign.verdict, &verified.id()));
    let refused = standing.filter_map(|(verified, sign)| {
        let why = Box::new(counts(release, verified, sign, release.context.as_of).err()?);
        let (says, who) = (verified.body.summary(), verified.principal().clone());
        Some(release.cite(verified, Seen::RecordIgnored { says, who, why }))
    });
    refused.collect()
}
