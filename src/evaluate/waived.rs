//! Waivers of something else than an item: the bake time of a stage, and the unknown authors of the range.

use std::collections::BTreeSet;

use super::quorum::{self, Voices};
use super::release::Release;
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::{Body, Implementers, Sign, SignVerdict};
use crate::model::time::Timestamp;

/// Returns who made what is released as the rules take it: without the unknown authors, where enough people accepted all of them.
pub(super) fn implementers(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp) -> Implementers {
    let all = &release.open.implementers;
    let accepted = |sign: &Sign| {
        let named: BTreeSet<&str> = sign.unknown.iter().map(|one| one.author.as_str()).collect();
        all.unknown.iter().all(|unknown| named.contains(unknown.as_str()))
    };
    let is_accepted = !all.unknown.is_empty() && is_waived(release, within, at, |sign| !sign.unknown.is_empty() && accepted(sign));
    Implementers { unknown: if is_accepted { Vec::new() } else { all.unknown.clone() }, ..all.clone() }
}

/// Whether enough people waive the bake time of a stage.
pub(super) fn bake(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp, stage: &str) -> bool {
    is_waived(release, within, at, |sign| sign.bake.as_deref() == Some(stage))
}

fn is_waived(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp, fits: impl Fn(&Sign) -> bool) -> bool {
    let withdrawn = release.log.withdrawn(release.context, within);
    let needed = release.policy().thresholds().waiver;
    let mut people = Voices::new();
    for verified in within.iter().filter_map(|id| release.log.records.get(id)) {
        let who = &verified.value().signer.handle;
        if let (Body::Sign(sign), Some(handle)) = (&verified.value().body, who.person())
            && sign.verdict == SignVerdict::Waive
            && fits(sign)
            && release.owns(verified)
            && release.policy().may(who, Right::Waive)
            && release.log.favour(release.context, verified).is_ok()
            && !withdrawn.takes_back(sign.verdict, &verified.id())
            && sign.expires.is_none_or(|expires| at < expires)
            && verified.value().role.as_ref().is_none_or(|role| release.policy().holds_role(handle, role))
        {
            people.insert(handle.clone(), BTreeSet::new());
        }
    }
    needed > 0 && quorum::count(&people, needed, &[]).is_met()
}
