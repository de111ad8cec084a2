//! The verdict proper: does some decision to go hold?
//!
//! A go decision d with manifest M over the valid log V holds exactly when
//!
//! 1. M is a part of V and closed under parents,
//! 2. M alone is a basis for GO at T, the latest of the claimed times of d and M and of d's receipt,
//! 3. no negative record lies in V outside M and d,
//! 4. every record that V names is in V: parents, open records, manifests, what is withdrawn or waived over, and
//! 5. so is every record that this verifier has seen before.
//!
//! Records that two people in M disregard need not be here, and what such a record names need not be here either, so that nobody
//! can hold up a release for ever by naming what was never there; what it says negatively still counts in 3. So a record that
//! arrives later can make GO only by being d, or something that M already names, or what was missing; and a record that goes can
//! make GO only if nobody who is left, the verifier included, had seen it.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::release::{Release, ValidLog};
use super::view::{TakenUp, View};
use super::{basis, conditions, quorum};
use crate::model::course::{ConditionReport, ConditionState};
use crate::model::finding::{Code, Finding, Seen};
use crate::model::ids::{Handle, Principal, RecordId, RoleName};
use crate::model::policy::Right;
use crate::model::record::{Body, Decide, Decision, Disregard};
use crate::model::report::DecisionReport;
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// How many records of one sort a decision's reasons cite: with many decisions and many records, all of them for each
/// would be more than any memory holds, and the report's own findings have them anyway.
pub(super) const MOST_CITED: usize = 20;

/// Judges every decision of the release, in the order of the log.
pub(super) fn decisions(release: &Release<'_, '_>) -> Vec<DecisionReport> {
    release.words_in_order().into_iter().map(|(verified, decide)| judge(release, verified, decide)).collect()
}

/// Returns the decision with which enough people had decided that the release may go out, each by one that holds.
///
/// # Errors
/// Who is missing, or which conditions, where some people have decided so; nothing where nobody has.
pub(super) fn agreed(release: &Release<'_, '_>, decisions: &[DecisionReport]) -> Result<RecordId, Vec<Finding>> {
    let holds = |decision: &&DecisionReport| decision.holds && decision.decision != Decision::NoGo;
    are_enough(release, decisions.iter().filter(holds)).map_err(|missing| {
        // Who has decided under conditions has decided: what it waits for is that they are met.
        let waits = |decision: &&DecisionReport| {
            !decision.reasons.is_empty() && decision.reasons.iter().all(|reason| reason.code == Code::ConditionOpen)
        };
        let with_them = decisions.iter().filter(|decision| holds(decision) || waits(decision));
        match missing {
            Some(_) if are_enough(release, with_them).is_ok() => {
                decisions.iter().filter(waits).flat_map(|decision| decision.reasons.iter().cloned()).collect()
            }
            missing => missing.into_iter().collect(),
        }
    })
}

/// Returns the roll-backs and the ends without completion that decisions took up again: enough people decided so with them in their
/// manifests.
///
/// What is said against the release afterwards, or is missing, suspends these decisions, and does not make the roll-back one again
/// that stands.
pub(super) fn taken_up(release: &Release<'_, '_>, decisions: &[DecisionReport]) -> TakenUp {
    let is_end = |verified: &Verified| matches!(verified.body, Body::Rollback(_) | Body::Close(_));
    let ends: Vec<RecordId> =
        release.negatives.iter().filter(|id| release.log.records.get(id).is_some_and(|end| is_end(end))).copied().collect();
    if ends.is_empty() {
        return TakenUp::new();
    }
    let stands = |decision: &DecisionReport| {
        let verified = release.log.records.get(&decision.record)?;
        verified.said::<Decide>().filter(|decide| stands_by_itself(release, verified, decide))
    };
    let deciders: Vec<(&DecisionReport, &Decide)> =
        decisions.iter().filter_map(|decision| Some((decision, stands(decision)?))).collect();
    let taken_up = ends.into_iter().filter_map(|id| {
        let over_it = deciders.iter().filter(|(_, decide)| decide.manifest.contains(&id)).map(|(decision, _)| *decision);
        Some((id, are_enough(release, over_it).ok()?))
    });
    taken_up.collect()
}

/// Whether a decision lets the release go out by what its signer relied on, whatever else is here or missing.
fn stands_by_itself(release: &Release<'_, '_>, verified: &Verified, decide: &Decide) -> bool {
    let manifest: BTreeSet<RecordId> = decide.manifest.iter().copied().collect();
    let conditions = conditions::judge(release, verified, decide);
    decide.decision != Decision::NoGo
        && manifest.contains(&release.id)
        && authority(release, verified, decide.decision).is_empty()
        && !release.withdrawn.takes_back_decision(decide.decision, &verified.id())
        && conditions::reasons(release, verified, &conditions).is_empty()
        && rests_on_basis(release, verified, &manifest, decided_at(release, verified, &manifest, &conditions)).is_empty()
}

/// T with the conditions: the latest of the times of the decision, its manifest and of what met them.
fn decided_at(
    release: &Release<'_, '_>,
    verified: &Verified,
    manifest: &BTreeSet<RecordId>,
    conditions: &[ConditionReport],
) -> Timestamp {
    let met = conditions.iter().filter(|condition| condition.state == ConditionState::Met);
    let met = met.filter_map(|condition| condition.settled.as_ref()).map(|mark| mark.at).max();
    basis_time(release, verified, manifest).max(met.unwrap_or(verified.time))
}

/// Returns the decision with which these are enough people.
///
/// # Errors
/// Who is missing, where some do; nothing where there is none.
fn are_enough<'d>(
    release: &Release<'_, '_>,
    decisions: impl IntoIterator<Item = &'d DecisionReport>,
) -> Result<RecordId, Option<Finding>> {
    let policy = release.policy();
    let needed = policy.thresholds().decide.max(1);
    let roles = &policy.thresholds().decide_roles;
    let mut who = BTreeSet::new();
    let missing_of = |who: &BTreeSet<Handle>| {
        let held = |role: &RoleName| who.iter().any(|handle| policy.holds_role(handle, role));
        let missing: Vec<&RoleName> = roles.iter().filter(|role| !held(role)).collect();
        (quorum::missing(who, needed), missing)
    };
    for decision in decisions {
        who.extend(decision.signer.person().cloned());
        if matches!(missing_of(&who), (0, missing) if missing.is_empty()) {
            return Ok(decision.record);
        }
    }
    if who.is_empty() {
        return Err(None);
    }
    let (people, missing) = missing_of(&who);
    let roles = missing.into_iter().map(|role| (role.clone(), policy.holders(role))).collect();
    let seen = Seen::DecidersMissing { who: who.into_iter().collect(), needed, people, roles };
    Err(Some(release.finding(seen).about(release.context.tag.name.short())))
}

/// Returns the last decision of those that were for their signers to make and that these did not take back.
///
/// Any other, such as a go by somebody who may not decide, leaves the release where it was.
pub(super) fn last<'r>(release: &Release<'_, '_>, decisions: &'r [DecisionReport]) -> Option<&'r DecisionReport> {
    decisions.iter().rev().find(|decision| {
        let verified = release.log.records.get(&decision.record);
        verified.is_some_and(|verified| authority(release, verified, decision.decision).is_empty())
            && decision.reasons.iter().all(|reason| reason.code != Code::DecisionWithdrawn)
    })
}

fn judge(release: &Release<'_, '_>, verified: &Verified, decide: &Decide) -> DecisionReport {
    let manifest: BTreeSet<RecordId> = decide.manifest.iter().copied().collect();
    let conditions = conditions::judge(release, verified, decide);
    let basis_time = decided_at(release, verified, &manifest, &conditions);
    let mut reasons = authority(release, verified, decide.decision);
    if decide.decision != Decision::NoGo && reasons.is_empty() {
        let excused = disregarded(release, &manifest);
        reasons.extend(manifest_is_here(release, verified, &manifest, &excused));
        reasons.extend(rests_on_basis(release, verified, &manifest, basis_time));
        reasons.extend(nothing_against(release, verified, (&manifest, &excused)));
        reasons.extend(log_is_whole(release, &excused, MOST_CITED));
        reasons.extend(conditions::reasons(release, verified, &conditions));
    }
    if release.withdrawn.takes_back_decision(decide.decision, &verified.id()) {
        reasons.push(release.cite(verified, Seen::DecisionWithdrawn { who: verified.principal().clone() }));
    }
    reasons.sort();
    reasons.dedup();
    DecisionReport {
        record: verified.id(),
        signer: verified.principal().clone(),
        key: verified.key().clone(),
        decision: decide.decision,
        time: verified.time,
        witnessed: release.context.witnessed.get(&verified.id()).copied(),
        basis_time,
        reason: decide.reason.clone().or_else(|| verified.comment.clone()),
        conditions,
        manifest: decide.manifest.len() as u64,
        holds: reasons.is_empty(),
        reasons,
    }
}

/// T: the latest of the claimed times of the decision and its manifest, and of the decision's receipt.
fn basis_time(release: &Release<'_, '_>, verified: &Verified, manifest: &BTreeSet<RecordId>) -> Timestamp {
    let claimed = manifest.iter().filter_map(|id| release.log.records.get(id)).map(|other| other.time);
    let witnessed = release.context.witnessed.get(&verified.id()).copied();
    claimed.chain(witnessed).fold(verified.time, Timestamp::max)
}

/// Explains why a decision is not one at all: its signer may not decide, or the record does not count.
///
/// A decision other than GO is negative, so any version's word that its signer may decide will do.
fn authority(release: &Release<'_, '_>, verified: &Verified, decision: Decision) -> Vec<Finding> {
    let who = verified.principal();
    let cite = |seen| release.cite(verified, seen);
    let mut reasons = Vec::new();
    let may = match decision {
        Decision::Go | Decision::ConditionalGo => release.policy().may(who, Right::Decide),
        Decision::NoGo => release.log.ever_may(who, Right::Decide),
    };
    if who.person().is_none() {
        reasons.push(cite(Seen::MachineDecides { who: who.clone() }));
    } else if !may {
        reasons.push(cite(Seen::MayNotDecide { who: who.clone() }));
    }
    if decision == Decision::NoGo {
        return reasons;
    }
    if let (Some(role), Some(handle)) = (&verified.role, who.person())
        && !release.policy().holds_role(handle, role)
    {
        reasons.push(cite(Seen::RoleNotHeld { who: who.clone(), role: role.clone() }));
    }
    if let Err(why) = release.log.favour(verified) {
        reasons.push(cite(Seen::DecisionIgnored { who: who.clone(), why: Box::new(why) }));
    }
    reasons
}

/// Condition 1.
fn manifest_is_here(
    release: &Release<'_, '_>,
    verified: &Verified,
    manifest: &BTreeSet<RecordId>,
    excused: &BTreeSet<RecordId>,
) -> Vec<Finding> {
    let mut reasons = Vec::new();
    for id in manifest {
        if reasons.len() >= MOST_CITED {
            break;
        }
        let Some(named) = release.log.records.get(id) else {
            reasons.push(release.finding(Seen::ManifestMissing { id: *id }).record(*id));
            continue;
        };
        if excused.contains(id) {
            continue;
        }
        for parent in named.parents.iter().filter(|parent| !manifest.contains(parent) && !excused.contains(parent)) {
            reasons.push(release.finding(Seen::ManifestOmits { parent: *parent, id: *id }).record(*parent));
        }
    }
    if !manifest.contains(&release.id) {
        reasons.push(release.cite(verified, Seen::ManifestWithoutOpen));
    }
    reasons
}

/// Condition 2, and the second person that a previous release named by hand takes.
fn rests_on_basis(release: &Release<'_, '_>, verified: &Verified, manifest: &BTreeSet<RecordId>, at: Timestamp) -> Vec<Finding> {
    let mut reasons = basis::judge(release, manifest, at).reasons;
    if !reasons.is_empty() {
        reasons.push(release.cite(verified, Seen::DecisionWithoutBasis { who: verified.principal().clone() }));
    }
    let needed = release.policy().thresholds().previous.max(2);
    let missing = quorum::missing(&agreement(release, verified, manifest), needed);
    if release.open.previous.as_ref().is_some_and(|previous| previous.overridden) && missing > 0 {
        let seen = Seen::PreviousOverridden { opener: release.opener.clone(), missing };
        reasons.push(release.cite(release.verified, seen));
    }
    let component = release.policy().component(&release.open.component);
    if component.is_some_and(|component| component.checklist != release.open.checklist.path) && missing > 0 {
        let (opener, path) = (release.opener.clone(), release.open.checklist.path.clone());
        reasons.push(release.cite(release.verified, Seen::ChecklistOverridden { opener, path, missing }));
    }
    reasons
}

/// Returns the people who stand for what was named by hand: who opened the release, and who decided go on it, the
/// decisions that this one had seen among them.
fn agreement(release: &Release<'_, '_>, verified: &Verified, manifest: &BTreeSet<RecordId>) -> BTreeSet<Handle> {
    let withdrawn = release.log.withdrawn(manifest);
    let earlier = manifest.iter().filter(|id| !withdrawn.silences(id)).filter_map(|id| release.log.records.get(id)).copied();
    let deciders = earlier
        .filter(|other| other.said::<Decide>().is_some_and(|decide| decide.decision != Decision::NoGo))
        .filter(|other| release.owns(other) && authority(release, other, Decision::Go).is_empty())
        .chain([verified])
        .map(Verified::principal);
    deciders.chain([release.opener]).filter_map(Principal::person).cloned().collect()
}

/// Condition 3. No decision can name what is refused everywhere, so that is set aside by enough people instead.
fn nothing_against(
    release: &Release<'_, '_>,
    verified: &Verified,
    (manifest, excused): (&BTreeSet<RecordId>, &BTreeSet<RecordId>),
) -> Vec<Finding> {
    let is_set_aside = |id: &RecordId| release.log.refused.contains(id) && excused.contains(id);
    let unseen = release.negatives.iter().filter(|id| **id != verified.id() && !manifest.contains(id) && !is_set_aside(id));
    let unseen = unseen.filter_map(|id| release.log.records.get(id)).map(|other| {
        let (who, says) = (other.principal().clone(), other.body.summary());
        release.cite(other, Seen::UnseenNegative { who, time: other.time, says })
    });
    unseen.take(MOST_CITED).collect()
}

/// Conditions 4 and 5, and records that name a policy that isn't here; `most` of them at most.
pub(super) fn log_is_whole(release: &Release<'_, '_>, excused: &BTreeSet<RecordId>, most: usize) -> Vec<Finding> {
    let missing = what_is_missing(release.log, excused, most);
    missing.into_iter().map(|finding| finding.policy(release.version.version)).collect()
}

/// The same where no release was opened: a log without its open record shows by the records under it that there was one.
pub(super) fn missing(log: &ValidLog<'_, '_>) -> Vec<Finding> {
    what_is_missing(log, &BTreeSet::new(), usize::MAX)
}

fn what_is_missing(log: &ValidLog<'_, '_>, excused: &BTreeSet<RecordId>, most: usize) -> Vec<Finding> {
    let mut reasons = Vec::new();
    let mut missing = BTreeSet::new();
    for (id, verified) in &log.records {
        if reasons.len() >= most {
            return reasons;
        }
        let by = || (verified.kind.clone(), verified.principal().clone());
        let named = verified.names().filter(|_| !excused.contains(id));
        for named in named.filter(|named| !log.records.contains_key(named) && !excused.contains(named)) {
            if missing.insert(*named) {
                let (kind, who) = by();
                reasons.push(Finding::new(Seen::RecordMissing { kind, who, named: *named }).record(*named));
            }
        }
        let (chain, head) = (log.context.chain, verified.policy_head);
        if chain.at(head).is_none() && !excused.contains(id) {
            let ((kind, who), is_forked) = (by(), chain.version(head.version).is_some());
            let seen = Seen::PolicyHeadUnknown { kind, who, head, is_forked };
            reasons.push(verified.cite(seen));
        }
    }
    for id in log.context.baseline.iter().filter(|id| !log.is_part && !log.records.contains_key(id)) {
        reasons.push(vanished(log.context, id));
    }
    reasons
}

/// Reports on a record of the baseline that it is gone.
pub(super) fn vanished(context: &Context<'_>, id: &RecordId) -> Finding {
    let seen = match context.witnessed.get(id) {
        Some(at) => Seen::WitnessedVanished { id: *id, at: *at },
        None => Seen::RecordVanished { id: *id },
    };
    Finding::new(seen).record(*id)
}

/// Returns the records that enough people in `within` set aside.
pub(super) fn disregarded(release: &Release<'_, '_>, within: &BTreeSet<RecordId>) -> BTreeSet<RecordId> {
    let needed = release.policy().thresholds().disregard.max(2);
    let enough = |people: &BTreeSet<Handle>| quorum::missing(people, needed) == 0;
    disregards(release, within).into_iter().filter(|(_, people)| enough(people)).map(|(id, _)| id).collect()
}

/// Names which records too few people set aside, and how many more it takes.
pub(super) fn disregarded_by_too_few(release: &Release<'_, '_>, within: &BTreeSet<RecordId>) -> Vec<Finding> {
    let needed = release.policy().thresholds().disregard.max(2);
    let short = disregards(release, within).into_iter().filter_map(|(id, people)| {
        let missing = quorum::missing(&people, needed);
        let people = people.into_iter().collect();
        (missing > 0).then(|| release.finding(Seen::DisregardShort { id, people, missing }).record(id))
    });
    short.collect()
}

/// Returns for each record the people in `within` who set it aside.
fn disregards(release: &Release<'_, '_>, within: &BTreeSet<RecordId>) -> BTreeMap<RecordId, BTreeSet<Handle>> {
    let view = View::new(release, within, release.context.as_of, TakenUp::new());
    let mut people: BTreeMap<RecordId, BTreeSet<Handle>> = BTreeMap::new();
    for (verified, disregard) in view.words::<Disregard>().filter(|(verified, _)| view.counts(verified, Right::Disregard)) {
        if let Some(handle) = verified.principal().person() {
            people.entry(disregard.record).or_default().insert(handle.clone());
        }
    }
    people
}
