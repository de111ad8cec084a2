//! The basis: where every item stands, judged over a given set of records at a given time.
//!
//! The same function answers for a decision (over its manifest, at its time) and for today (over everything, now).
//! Clocks decide nothing here but ages and expiries: which of a person's sign-offs is the last is read off the history.

use std::collections::{BTreeMap, BTreeSet};

use super::actions;
use super::claims::{Claims, gather};
use super::eligibility::{self, Claim, CountsAs};
use super::key_rules;
use super::quorum::{self, Quorum, Voices};

use super::release::{Release, Withdrawn};
use super::resolve;
use super::view::{TakenUp, View};
use super::waived;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Handle, ItemId, Principal, RecordId};
use crate::model::log::Record;
use crate::model::need::{Need, NeedKind};
use crate::model::policy::Right;
use crate::model::record::{Body, CheckResult, OpenItem, Owner, Phase, Sign, SignVerdict};
use crate::model::report::{ExceptionReport, ItemReport, ItemState, SignOffReport};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Where the items stand.
pub(super) struct Basis {
    pub(super) items: Vec<ItemReport>,
    pub(super) exceptions: Vec<ExceptionReport>,
    /// Why these records are no basis for GO; empty where they are.
    pub(super) reasons: Vec<Finding>,
    /// What else was noticed on the way.
    pub(super) findings: Vec<Finding>,
}

/// A sign-off on an item on its way to being counted.
struct SignOff<'a> {
    verified: &'a Verified<Record>,
    sign: &'a Sign,
    standing: Result<CountsAs, Seen>,
}

impl SignOff<'_> {
    fn id(&self) -> RecordId {
        self.verified.id()
    }

    fn handle(&self) -> Option<&Handle> {
        self.verified.value().signer.handle.person()
    }

    fn is(&self, wanted: &CountsAs) -> bool {
        self.standing.as_ref() == Ok(wanted)
    }
}

/// What every item is judged by.
struct Terms<'t> {
    withdrawn: &'t Withdrawn,
    /// Who accepted the unknown authors, once enough people did.
    accepted_by: &'t [Handle],
    /// At which ages and expiries are judged.
    at: Timestamp,
}

/// Judges every item over the records of `within`, with ages and expiries at `at`.
pub(super) fn judge(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp) -> Basis {
    let mut findings = Vec::new();
    let withdrawn = release.log.withdrawn(release.context, within);
    let mut said = gather(release, within, &withdrawn, &mut findings);
    let accepted_by = waived::accepted_by(release, within, at);
    let terms = Terms { withdrawn: &withdrawn, accepted_by: &accepted_by, at };
    let mut items = Vec::new();
    let mut exceptions = Vec::new();
    let mut reasons = Vec::new();
    for item in &release.open.items {
        let said = said.remove(&item.id).unwrap_or_default();
        let (report, exception) = judge_item(release, item, said, &terms, &mut findings);
        exceptions.extend(exception);
        items.push(report);
    }
    // What was said on items that the open record doesn't hold: a reject among it stands all the same.
    for (id, said) in said {
        for (verified, sign) in said.sign_offs {
            if sign.verdict == SignVerdict::Reject && is_standing_reject(release, verified, sign, &withdrawn) {
                let seen = Seen::RejectOfUnknown { who: verified.principal().clone(), id: id.clone() };
                reasons.push(release.cite(verified, seen).about(id.as_str()));
            }
        }
    }
    settle_parents(release, &mut items);

    for item in &items {
        if item.state == ItemState::Rejected {
            // A reject stands in the way whatever the item's phase: somebody says that the release must not go.
            reasons.push(release.finding(Seen::Rejected { id: item.id.clone() }).about(item.id.as_str()));
        } else if item.phase == Phase::Before && !item.optional && !item.state.is_settled() {
            let seen = Seen::ItemOpen { id: item.id.clone(), needs: item.needs.clone() };
            reasons.push(release.finding(seen).about(item.id.as_str()));
        }
    }
    if !items.iter().any(|item| item.phase == Phase::Before && !item.optional) {
        reasons.push(release.finding(Seen::NoItems));
    }
    reasons.extend(resolve::contradictions(release));
    reasons.extend(against_the_whole(release, within, &withdrawn));
    reasons.extend(actions::blocking(&View::new(release, within, at, TakenUp::new())));
    Basis { items, exceptions, reasons, findings }
}

/// Returns what stands against the release as a whole and not against one item: a second open record, and a kind that
/// can't be judged.
fn against_the_whole(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, withdrawn: &Withdrawn) -> Vec<Finding> {
    // Whatever has become of its key: which of two open records is meant must not hang on that. One that an older policy left
    // behind is opened again.
    let is_outdated = |other: &Verified<Record>| {
        key_rules::outdated_by(release.context.key_context(), release.log.keys.get(other.key()), other).is_some()
    };
    let opens = within.iter().filter(|id| release.is_negative(id) && !withdrawn.answers(id));
    let opens = opens
        .filter_map(|id| release.log.records.get(id))
        .filter(|other| matches!(other.value().body, Body::Open(_)) && !is_outdated(other));
    let mut reasons: Vec<Finding> = opens
        .map(|verified| {
            let (who, name) = (verified.value().signer.handle.clone(), release.context.tag.name.short().to_owned());
            release.cite(verified, Seen::SecondOpen { who, name, environment: release.open.environment.clone() })
        })
        .collect();
    for id in within {
        let Some(verified) = release.log.records.get(id) else { continue };
        if matches!(verified.value().body, Body::Unknown(_)) {
            reasons.push(release.cite(verified, Seen::KindUnjudged { kind: verified.value().kind.clone() }));
        }
    }
    reasons
}

/// What the sign-offs on an item amount to, before its state is decided.
struct Tally<'w, 'a> {
    owner_sign_off: Option<SignVerdict>,
    /// The rejects that enough people set aside, and those that stand.
    over: Vec<&'w SignOff<'a>>,
    rejects: Vec<&'w SignOff<'a>>,
    waivers: Vec<&'w SignOff<'a>>,
    waived_by: Voices,
    waiver_quorum: Quorum,
    reviewers: Voices,
    reviews: Quorum,
    check_failed: Option<RecordId>,
}

impl<'w, 'a> Tally<'w, 'a> {
    fn of(
        release: &Release<'a, '_>,
        item: &OpenItem,
        said_done: &BTreeSet<Handle>,
        sign_offs: &'w [SignOff<'a>],
        checks: Vec<(&Verified<Record>, CheckResult)>,
        withdrawn: &Withdrawn,
    ) -> Self {
        let (over, rejects) = sign_offs
            .iter()
            .filter(|sign_off| is_standing_reject(release, sign_off.verified, sign_off.sign, withdrawn))
            .partition(|reject| is_overridden(release, item, reject, sign_offs));
        let waivers: Vec<&SignOff<'a>> = sign_offs.iter().filter(|sign_off| sign_off.is(&CountsAs::Waiver)).collect();
        let waived_by: Voices = waivers.iter().filter_map(|sign_off| Some((sign_off.handle()?.clone(), BTreeSet::new()))).collect();
        let mut reviewers = Voices::new();
        for sign_off in sign_offs {
            if let (Ok(CountsAs::Review(role)), Some(handle)) = (&sign_off.standing, sign_off.handle()) {
                reviewers.entry(handle.clone()).or_default().extend(role.iter().cloned());
            }
        }
        Self {
            owner_sign_off: owners_say(release, sign_offs, said_done),
            over,
            rejects,
            waivers,
            waiver_quorum: quorum::count(&waived_by, item.requirements.waiver_people.max(1), &[]),
            waived_by,
            reviews: quorum::count(&reviewers, item.requirements.reviews, &item.requirements.roles),
            reviewers,
            check_failed: latest_check_failed(release, checks, withdrawn),
        }
    }

    fn state(&self) -> ItemState {
        if !self.rejects.is_empty() {
            return ItemState::Rejected;
        }
        if self.waiver_quorum.is_met() {
            return ItemState::Waived;
        }
        let complete = self.reviews.is_met() && self.check_failed.is_none();
        match self.owner_sign_off {
            None => ItemState::Pending,
            Some(SignVerdict::Partial) => ItemState::Partial,
            Some(SignVerdict::NotApplicable) if complete => ItemState::NotApplicable,
            Some(_) if complete => ItemState::Satisfied,
            Some(_) => ItemState::Done,
        }
    }

    /// Returns what the item still needs, and who could give it.
    fn needs(
        &self,
        release: &Release<'_, '_>,
        item: &OpenItem,
        owner: Option<&Owner>,
        said_done: &BTreeSet<Handle>,
        accepted_by: &[Handle],
    ) -> Vec<Need> {
        match self.state() {
            ItemState::Rejected => return self.rejects.iter().map(|reject| need_for_reject(release, reject)).collect(),
            ItemState::Waived => return Vec::new(),
            _ => {}
        }
        let need = |what, people, candidates| Need { what, people, roles: vec![], candidates, record: None };
        let mut needs = Vec::new();
        if !self.waivers.is_empty() {
            let mut candidates = people_with(release, Right::Waive);
            candidates.retain(|handle| !self.waived_by.contains_key(handle));
            needs.push(need(NeedKind::Waiver, self.waiver_quorum.missing_people, candidates));
        }
        if matches!(self.owner_sign_off, None | Some(SignVerdict::Partial)) {
            needs.push(need(NeedKind::OwnerWord, 1, owners(release, owner)));
        }
        if !self.reviews.is_met() {
            let roles = &self.reviews.missing_roles;
            let candidates = reviewer_candidates(release, (item, owner, said_done, accepted_by), &self.reviewers, roles);
            needs.push(Need { roles: roles.clone(), ..need(NeedKind::Review, self.reviews.missing_people, candidates) });
        }
        if self.check_failed.is_some() {
            needs.push(Need { record: self.check_failed, ..need(NeedKind::CheckPassed, 0, vec![]) });
        }
        needs
    }

    fn findings(&self, release: &Release<'_, '_>, item: &OpenItem, findings: &mut Vec<Finding>) {
        if self.state() == ItemState::Waived {
            let seen = Seen::Waived { id: item.id.clone(), people: self.waived_by.keys().cloned().collect() };
            findings.push(release.finding(seen).about(item.id.as_str()));
        } else if !self.waivers.is_empty() {
            let seen = Seen::WaiverShort { id: item.id.clone(), missing: self.waiver_quorum.missing_people };
            findings.push(release.finding(seen).about(item.id.as_str()));
        }
        for reject in &self.over {
            let seen = Seen::OverriddenReject { id: item.id.clone(), who: reject.verified.principal().clone() };
            findings.push(release.cite(reject.verified, seen).about(item.id.as_str()));
        }
    }
}

/// Judges one item: where it stands, and how it is waived, if anybody asks that.
fn judge_item<'a>(
    release: &Release<'a, '_>,
    item: &OpenItem,
    said: Claims<'a>,
    terms: &Terms<'_>,
    findings: &mut Vec<Finding>,
) -> (ItemReport, Option<ExceptionReport>) {
    let withdrawn = terms.withdrawn;
    let Claims { sign_offs, checks, assigned } = said;
    let owner = assigned.map(|(_, _, owner)| Owner::Person(owner.clone())).or_else(|| item.owner.clone());
    // Whoever says done is no reviewer, also where that sign-off counts for nothing: a rule by which it is too old, lacks
    // evidence or has a bad key would make a reviewer of its author otherwise.
    let spoke =
        sign_offs.iter().filter(|(verified, sign)| sign.verdict.is_owners() && !withdrawn.takes_back(sign.verdict, &verified.id()));
    let said_done: BTreeSet<Handle> = spoke.filter_map(|(verified, _)| verified.principal().person().cloned()).collect();
    let sign_offs: Vec<SignOff<'a>> = sign_offs
        .into_iter()
        .map(|(verified, sign)| {
            let standing = stand(release, item, owner.as_ref(), &said_done, (verified, sign), terms);
            SignOff { verified, sign, standing }
        })
        .collect();
    let tally = Tally::of(release, item, &said_done, &sign_offs, checks, withdrawn);
    let state = tally.state();
    for sign_off in &sign_offs {
        if let Err(refusal) = &sign_off.standing
            && !withdrawn.takes_back(sign_off.sign.verdict, &sign_off.id())
        {
            let (verdict, who) = (sign_off.sign.verdict, sign_off.verified.principal().clone());
            let seen = Seen::SignOffIgnored { verdict, who, id: item.id.clone(), why: Box::new(refusal.clone()) };
            findings.push(release.cite(sign_off.verified, seen).about(item.id.as_str()));
        }
    }
    tally.findings(release, item, findings);
    let waived = (!tally.waivers.is_empty()).then(|| exception(item, &tally.waivers, &tally.over, state == ItemState::Waived));
    let report = ItemReport {
        number: item.number,
        id: item.id.clone(),
        digest: item.digest,
        title: item.title.clone(),
        phase: item.phase,
        needs: tally.needs(release, item, owner.as_ref(), &said_done, terms.accepted_by),
        owner,
        lines: item.lines,
        optional: item.optional,
        irreversible: item.irreversible,
        requirements: item.requirements.clone(),
        state,
        due: item.due,
        due_from: None,
        due_to: None,
        section: item.section.clone(),
        confirmed: None,
        sign_offs: sign_offs.iter().map(|sign_off| sign_off_report(release, sign_off, withdrawn)).collect(),
    };
    (report, waived)
}

/// Judges one sign-off: is it well made, in time, by someone who may, and not withdrawn?
fn stand(
    release: &Release<'_, '_>,
    item: &OpenItem,
    owner: Option<&Owner>,
    said_done: &BTreeSet<Handle>,
    (verified, sign): (&Verified<Record>, &Sign),
    terms: &Terms<'_>,
) -> Result<CountsAs, Seen> {
    let &Terms { withdrawn, accepted_by, at } = terms;
    let record = verified.value();
    if withdrawn.takes_back(sign.verdict, &verified.id()) {
        return Err(Seen::Withdrawn);
    }
    let against = matches!(sign.verdict, SignVerdict::Reject | SignVerdict::Partial);
    if !against {
        release.log.favour(release.context, verified)?;
        if let Some(age) = item.requirements.max_age
            && record.time.plus(i64::try_from(age).unwrap_or(i64::MAX)) < at
        {
            return Err(Seen::ApprovalExpired { time: record.time });
        }
        if let Some(expires) = sign.expires
            && expires <= at
        {
            return Err(Seen::WaiverExpired { expires });
        }
    }
    let claim = Claim {
        item,
        owner,
        said_done,
        implementers: &release.open.implementers,
        accepted_by,
        tag_maker: release.tag_made_by,
        signer: &record.signer.handle,
        verdict: sign.verdict,
        // A role that is not held takes nothing from a sign-off against.
        role: record.role.as_ref().filter(|_| !against),
        evidence: &record.evidence,
        hardware: verified.is_hardware(),
    };
    eligibility::judge(release.policy(), &claim)
}

/// Takes the owners' sign-offs together: of each person the last ones, and of those the least favourable.
fn owners_say(release: &Release<'_, '_>, sign_offs: &[SignOff<'_>], owners: &BTreeSet<Handle>) -> Option<SignVerdict> {
    let mut said = Vec::new();
    for owner in owners {
        let own: Vec<&SignOff<'_>> =
            sign_offs.iter().filter(|sign_off| sign_off.is(&CountsAs::Owner) && sign_off.handle() == Some(owner)).collect();
        let ids: Vec<_> = own.iter().map(|sign_off| sign_off.id()).collect();
        let alike = own.windows(2).all(|pair| pair[0].sign.verdict == pair[1].sign.verdict);
        let last: BTreeSet<_> = if alike { ids } else { release.log.history.latest(&ids) }.into_iter().collect();
        said.extend(own.iter().filter(|sign_off| last.contains(&sign_off.id())).map(|sign_off| sign_off.sign.verdict));
    }
    [SignVerdict::Partial, SignVerdict::NotApplicable, SignVerdict::Done].into_iter().find(|verdict| said.contains(verdict))
}

/// Whether a reject stands: by someone who was ever allowed to, and not withdrawn by its author.
fn is_standing_reject(release: &Release<'_, '_>, verified: &Verified<Record>, sign: &Sign, withdrawn: &Withdrawn) -> bool {
    sign.verdict == SignVerdict::Reject && !withdrawn.answers(&verified.id()) && release.is_negative(&verified.id())
}

/// Whether enough people other than its author waive the item over this very reject: never fewer than a waiver of
/// the item takes at all.
fn is_overridden(release: &Release<'_, '_>, item: &OpenItem, reject: &SignOff<'_>, sign_offs: &[SignOff<'_>]) -> bool {
    let voices: Voices = sign_offs
        .iter()
        .filter(|sign_off| sign_off.is(&CountsAs::Waiver) && sign_off.sign.over.contains(&reject.id()))
        .filter_map(SignOff::handle)
        .filter(|handle| Some(*handle) != reject.handle())
        .map(|handle| (handle.clone(), BTreeSet::new()))
        .collect();
    let needed = release.policy().thresholds().over_reject.max(item.requirements.waiver_people).max(2);
    quorum::count(&voices, needed, &[]).is_met()
}

/// Finds a failed check that no later check of the same signer answers.
fn latest_check_failed(
    release: &Release<'_, '_>,
    checks: Vec<(&Verified<Record>, CheckResult)>,
    withdrawn: &Withdrawn,
) -> Option<RecordId> {
    let mut by_signer: BTreeMap<&Principal, Vec<(RecordId, CheckResult)>> = BTreeMap::new();
    for (verified, result) in checks {
        let (id, signer) = (verified.id(), &verified.value().signer.handle);
        let counts = if result == CheckResult::NotRun {
            false
        } else if result.speaks_against() {
            !withdrawn.answers(&id) && release.is_negative(&id)
        } else {
            !withdrawn.silences(&id)
                && release.policy().may(signer, Right::Check)
                && release.log.favour(release.context, verified).is_ok()
        };
        if counts {
            by_signer.entry(signer).or_default().push((id, result));
        }
    }
    by_signer.into_values().find_map(|checks| {
        let ids: Vec<_> = checks.iter().map(|(id, _)| *id).collect();
        let last: BTreeSet<_> = release.log.history.latest(&ids).into_iter().collect();
        checks.iter().find(|(id, result)| result.speaks_against() && last.contains(id)).map(|(id, _)| *id)
    })
}

/// A parent is settled only when its own signature and its children's are there, as far as they are due with it.
fn settle_parents(release: &Release<'_, '_>, items: &mut [ItemReport]) {
    let mut open_children: BTreeMap<(&ItemId, Phase), u32> = BTreeMap::new();
    // Children come after their parents, so that going backwards settles the deepest first.
    for (item, report) in release.open.items.iter().zip(items).rev() {
        let open = open_children.get(&(&item.id, item.phase)).copied().unwrap_or(0);
        if open > 0 && matches!(report.state, ItemState::Satisfied | ItemState::NotApplicable) {
            report.state = ItemState::Done;
            report.needs.push(Need { what: NeedKind::Children, people: open, roles: vec![], candidates: vec![], record: None });
        }
        if let Some(parent) = &item.parent
            && !item.optional
            && !report.state.is_settled()
        {
            *open_children.entry((parent, item.phase)).or_default() += 1;
        }
    }
}

fn need_for_reject(release: &Release<'_, '_>, reject: &SignOff<'_>) -> Need {
    let mut candidates: Vec<_> = reject.handle().cloned().into_iter().collect();
    candidates.extend(people_with(release, Right::Waive).into_iter().filter(|handle| Some(handle) != reject.handle()));
    Need { what: NeedKind::RejectResolved, people: 1, roles: vec![], candidates, record: Some(reject.id()) }
}

/// Returns the active people whom the policy gives a right.
pub(super) fn people_with(release: &Release<'_, '_>, right: Right) -> Vec<Handle> {
    let people = &release.policy().contents().people;
    let able = people
        .iter()
        .filter(|(handle, person)| person.is_active() && release.policy().may(&Principal::Person((*handle).clone()), right));
    able.map(|(handle, _)| handle.clone()).collect()
}

fn owners(release: &Release<'_, '_>, owner: Option<&Owner>) -> Vec<Handle> {
    let people = &release.policy().contents().people;
    let able = people.iter().filter(|(handle, person)| person.is_active() && release.policy().is_owner(handle, owner));
    able.map(|(handle, _)| handle.clone()).collect()
}

/// Returns the people whose review would count and would help.
fn reviewer_candidates(
    release: &Release<'_, '_>,
    (item, owner, said_done, accepted_by): (&OpenItem, Option<&Owner>, &BTreeSet<Handle>, &[Handle]),
    already: &Voices,
    missing_roles: &[crate::model::ids::RoleName],
) -> Vec<Handle> {
    let policy = release.policy();
    let mut candidates = Vec::new();
    for (handle, person) in &policy.contents().people {
        let fills = missing_roles.is_empty() || missing_roles.iter().any(|role| person.roles.contains(role));
        let signer = Principal::Person(handle.clone());
        let claim = Claim {
            item,
            owner,
            said_done,
            implementers: &release.open.implementers,
            accepted_by,
            tag_maker: release.tag_made_by,
            signer: &signer,
            verdict: SignVerdict::Approve,
            role: None,
            evidence: &[],
            hardware: person.keys.iter().any(|key| key.hardware),
        };
        if person.is_active() && fills && !already.contains_key(handle) && eligibility::judge(policy, &claim).is_ok() {
            candidates.push(handle.clone());
        }
    }
    candidates
}

fn exception(item: &OpenItem, waivers: &[&SignOff<'_>], over: &[&SignOff<'_>], holds: bool) -> ExceptionReport {
    let people: BTreeSet<_> = waivers.iter().filter_map(|sign_off| sign_off.handle().cloned()).collect();
    ExceptionReport {
        item: item.id.clone(),
        title: item.title.clone(),
        records: waivers.iter().map(|sign_off| sign_off.id()).collect(),
        people: people.into_iter().collect(),
        reasons: waivers.iter().filter_map(|sign_off| sign_off.sign.reason.clone()).collect(),
        tickets: waivers.iter().filter_map(|sign_off| sign_off.sign.ticket.clone()).collect(),
        expires: waivers.iter().filter_map(|sign_off| sign_off.sign.expires).min(),
        over: over.iter().map(|sign_off| sign_off.id()).collect(),
        holds,
    }
}

fn sign_off_report(release: &Release<'_, '_>, sign_off: &SignOff<'_>, withdrawn: &Withdrawn) -> SignOffReport {
    let record = sign_off.verified.value();
    let counts_as = match &sign_off.standing {
        Ok(CountsAs::Owner) => format!("as owner: {}", sign_off.sign.verdict),
        Ok(CountsAs::Review(Some(role))) => format!("as {role}: reviewed"),
        Ok(CountsAs::Review(None)) => "as reviewer: reviewed".to_owned(),
        Ok(CountsAs::Reject) => "rejected".to_owned(),
        Ok(CountsAs::Waiver) => "waived".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    SignOffReport {
        record: sign_off.id(),
        signer: record.signer.handle.clone(),
        key: record.signer.fingerprint.clone(),
        verdict: sign_off.sign.verdict,
        role: record.role.clone(),
        time: record.time,
        witnessed: release.context.witnessed.get(&sign_off.id()).copied(),
        comment: record.comment.clone(),
        reason: sign_off.sign.reason.clone(),
        evidence: record.evidence.clone(),
        private_notes: Vec::new(),
        counts: sign_off.standing.is_ok(),
        counts_as,
        why_not: sign_off
            .standing
            .as_ref()
            .err()
            .filter(|_| !withdrawn.takes_back(sign_off.sign.verdict, &sign_off.id()))
            .map(Seen::code),
    }
}
