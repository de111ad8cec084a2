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
use super::release::Release;
use super::resolve;
use super::view::{TakenUp, View};
use super::waived;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Handle, ItemId, Principal, RecordId, RoleName};
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
    verified: &'a Verified,
    sign: &'a Sign,
    standing: Result<CountsAs, Seen>,
}

impl SignOff<'_> {
    fn id(&self) -> RecordId {
        self.verified.id()
    }

    fn handle(&self) -> Option<&Handle> {
        self.verified.signer.handle.person()
    }

    fn is(&self, wanted: &CountsAs) -> bool {
        self.standing.as_ref() == Ok(wanted)
    }
}

/// One item, and what it is judged by.
struct Asked<'t, 'a, 'c> {
    view: &'t View<'t, 'a, 'c>,
    item: &'t OpenItem,
    owner: Option<&'t Owner>,
    said_done: &'t BTreeSet<Handle>,
    /// Who accepted the unknown authors, once enough people did.
    accepted_by: &'t [Handle],
}

impl Asked<'_, '_, '_> {
    /// Returns what somebody claims who reviews the item, in no role and without evidence.
    fn review<'q>(&'q self, signer: &'q Principal) -> Claim<'q> {
        Claim {
            item: self.item,
            owner: self.owner,
            said_done: self.said_done,
            implementers: &self.view.release.open.implementers,
            accepted_by: self.accepted_by,
            tag_maker: self.view.release.tag_made_by,
            signer,
            verdict: SignVerdict::Approve,
            role: None,
            evidence: &[],
            hardware: false,
        }
    }
}

/// Judges every item over the records of `within`, with ages and expiries at `at`.
pub(super) fn judge(release: &Release<'_, '_>, within: &BTreeSet<RecordId>, at: Timestamp) -> Basis {
    let mut findings = Vec::new();
    let view = View::new(release, within, at, TakenUp::new());
    let mut said = gather(&view, &mut findings);
    let accepted_by = waived::accepted_by(&view);
    let mut items = Vec::new();
    let mut exceptions = Vec::new();
    let mut reasons = Vec::new();
    for item in &release.open.items {
        let said = said.remove(&item.id).unwrap_or_default();
        let (report, exception) = judge_item(&view, item, said, &accepted_by, &mut findings);
        exceptions.extend(exception);
        items.push(report);
    }
    // What was said on items that the open record doesn't hold: a reject among it stands all the same.
    for (id, said) in said {
        for (verified, _) in said.sign_offs.iter().filter(|(verified, sign)| is_standing_reject(&view, verified, sign)) {
            let seen = Seen::RejectOfUnknown { who: verified.principal().clone(), id: id.clone() };
            reasons.push(release.cite(verified, seen).about(id.as_str()));
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
    reasons.extend(against_the_whole(&view));
    reasons.extend(actions::blocking(&view));
    Basis { items, exceptions, reasons, findings }
}

/// Returns what stands against the release as a whole and not against one item: a second open record, and a kind that
/// can't be judged.
fn against_the_whole(view: &View<'_, '_, '_>) -> Vec<Finding> {
    let release = view.release;
    // Whatever has become of its key: which of two open records is meant must not hang on that. One that an older policy left
    // behind is opened again.
    let is_outdated = |other: &Verified| {
        key_rules::outdated_by(release.context.key_context(), release.log.keys.get(other.key()), other).is_some()
    };
    let mut reasons = Vec::new();
    for verified in view.within.iter().filter_map(|id| release.log.records.get(id)) {
        let seen = match &verified.body {
            Body::Open(_) if view.stands_against(verified) && !is_outdated(verified) => {
                let (who, name) = (verified.principal().clone(), release.context.tag.name.short().to_owned());
                Seen::SecondOpen { who, name, environment: release.open.environment.clone() }
            }
            Body::Unknown(_) => Seen::KindUnjudged { kind: verified.kind.clone() },
            _ => continue,
        };
        reasons.push(release.cite(verified, seen));
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
    waived_by: BTreeSet<Handle>,
    waivers_missing: u32,
    reviewers: Voices,
    reviews: Quorum,
    check_failed: Option<RecordId>,
}

impl<'w, 'a> Tally<'w, 'a> {
    fn of(asked: &Asked<'_, '_, '_>, sign_offs: &'w [SignOff<'a>], checks: Vec<(&Verified, CheckResult)>) -> Self {
        let needed = &asked.item.requirements;
        let (over, rejects) = sign_offs
            .iter()
            .filter(|sign_off| is_standing_reject(asked.view, sign_off.verified, sign_off.sign))
            .partition(|reject| is_overridden(asked, reject, sign_offs));
        let waivers: Vec<&SignOff<'a>> = sign_offs.iter().filter(|sign_off| sign_off.is(&CountsAs::Waiver)).collect();
        let waived_by: BTreeSet<Handle> = waivers.iter().filter_map(|sign_off| sign_off.handle().cloned()).collect();
        let mut reviewers = Voices::new();
        for sign_off in sign_offs {
            if let (Ok(CountsAs::Review(role)), Some(handle)) = (&sign_off.standing, sign_off.handle()) {
                reviewers.entry(handle.clone()).or_default().extend(role.iter().cloned());
            }
        }
        Self {
            owner_sign_off: owners_say(asked, sign_offs),
            over,
            rejects,
            waivers,
            waivers_missing: quorum::missing(&waived_by, needed.waiver_people.max(1)),
            waived_by,
            reviews: quorum::count(&reviewers, needed.reviews, &needed.roles),
            reviewers,
            check_failed: latest_check_failed(asked.view, checks),
        }
    }

    fn state(&self) -> ItemState {
        if !self.rejects.is_empty() {
            return ItemState::Rejected;
        }
        if self.waivers_missing == 0 {
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
    fn needs(&self, asked: &Asked<'_, '_, '_>) -> Vec<Need> {
        let release = asked.view.release;
        match self.state() {
            ItemState::Rejected => return self.rejects.iter().map(|reject| need_for_reject(release, reject)).collect(),
            ItemState::Waived => return Vec::new(),
            _ => {}
        }
        let need = |what, people, candidates| Need { what, people, roles: vec![], candidates, record: None };
        let mut needs = Vec::new();
        if !self.waivers.is_empty() {
            let others = release.policy().people_with(Right::Waive).filter(|handle| !self.waived_by.contains(handle));
            needs.push(need(NeedKind::Waiver, self.waivers_missing, others.cloned().collect()));
        }
        if matches!(self.owner_sign_off, None | Some(SignVerdict::Partial)) {
            needs.push(need(NeedKind::OwnerWord, 1, owners(release, asked.owner)));
        }
        if !self.reviews.is_met() {
            let roles = &self.reviews.missing_roles;
            let candidates = reviewer_candidates(asked, &self.reviewers, roles);
            needs.push(Need { roles: roles.clone(), ..need(NeedKind::Review, self.reviews.missing_people, candidates) });
        }
        if self.check_failed.is_some() {
            needs.push(Need { record: self.check_failed, ..need(NeedKind::CheckPassed, 0, vec![]) });
        }
        needs
    }

    fn findings(&self, release: &Release<'_, '_>, item: &OpenItem, findings: &mut Vec<Finding>) {
        if self.state() == ItemState::Waived {
            let seen = Seen::Waived { id: item.id.clone(), people: self.waived_by.iter().cloned().collect() };
            findings.push(release.finding(seen).about(item.id.as_str()));
        } else if !self.waivers.is_empty() {
            let seen = Seen::WaiverShort { id: item.id.clone(), missing: self.waivers_missing };
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
    view: &View<'_, 'a, '_>,
    item: &OpenItem,
    said: Claims<'a>,
    accepted_by: &[Handle],
    findings: &mut Vec<Finding>,
) -> (ItemReport, Option<ExceptionReport>) {
    let (release, withdrawn) = (view.release, &view.withdrawn);
    let Claims { sign_offs, checks, assigned } = said;
    let owner = assigned.map(|(_, owner)| Owner::Person(owner.clone())).or_else(|| item.owner.clone());
    // Whoever says done is no reviewer, also where that sign-off counts for nothing: a rule by which it is too old, lacks
    // evidence or has a bad key would make a reviewer of its author otherwise.
    let spoke =
        sign_offs.iter().filter(|(verified, sign)| sign.verdict.is_owners() && !withdrawn.takes_back(sign.verdict, &verified.id()));
    let said_done: BTreeSet<Handle> = spoke.filter_map(|(verified, _)| verified.principal().person().cloned()).collect();
    let asked = Asked { view, item, owner: owner.as_ref(), said_done: &said_done, accepted_by };
    let judged = |(verified, sign)| SignOff { verified, sign, standing: stand(&asked, verified, sign) };
    let sign_offs: Vec<SignOff<'a>> = sign_offs.into_iter().map(judged).collect();
    let tally = Tally::of(&asked, &sign_offs, checks);
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
        needs: tally.needs(&asked),
        owner: owner.clone(),
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
        sign_offs: sign_offs.iter().map(|sign_off| sign_off_report(view, sign_off)).collect(),
    };
    (report, waived)
}

/// Judges one sign-off: is it well made, in time, by someone who may, and not withdrawn?
fn stand(asked: &Asked<'_, '_, '_>, verified: &Verified, sign: &Sign) -> Result<CountsAs, Seen> {
    let View { release, withdrawn, at, .. } = asked.view;
    if withdrawn.takes_back(sign.verdict, &verified.id()) {
        return Err(Seen::Withdrawn);
    }
    let against = matches!(sign.verdict, SignVerdict::Reject | SignVerdict::Partial);
    if !against {
        release.log.favour(verified)?;
        if asked.item.requirements.max_age.is_some_and(|age| verified.time.later(age) < *at) {
            return Err(Seen::ApprovalExpired { time: verified.time });
        }
        if let Some(expires) = sign.expires.filter(|expires| expires <= at) {
            return Err(Seen::WaiverExpired { expires });
        }
    }
    let claim = Claim {
        verdict: sign.verdict,
        // A role that is not held takes nothing from a sign-off against.
        role: verified.role.as_ref().filter(|_| !against),
        evidence: &verified.evidence,
        hardware: verified.is_hardware(),
        ..asked.review(verified.principal())
    };
    eligibility::judge(release.policy(), &claim)
}

/// Takes the owners' sign-offs together: of each person the last ones, and of those the least favourable.
fn owners_say(asked: &Asked<'_, '_, '_>, sign_offs: &[SignOff<'_>]) -> Option<SignVerdict> {
    let mut said = Vec::new();
    for owner in asked.said_done {
        let own: Vec<&SignOff<'_>> =
            sign_offs.iter().filter(|sign_off| sign_off.is(&CountsAs::Owner) && sign_off.handle() == Some(owner)).collect();
        let ids: Vec<_> = own.iter().map(|sign_off| sign_off.id()).collect();
        let alike = own.windows(2).all(|pair| pair[0].sign.verdict == pair[1].sign.verdict);
        let last: BTreeSet<_> = if alike { ids } else { asked.view.release.log.history.latest(&ids) }.into_iter().collect();
        said.extend(own.iter().filter(|sign_off| last.contains(&sign_off.id())).map(|sign_off| sign_off.sign.verdict));
    }
    [SignVerdict::Partial, SignVerdict::NotApplicable, SignVerdict::Done].into_iter().find(|verdict| said.contains(verdict))
}

/// Whether a reject stands: by someone who was ever allowed to, and not withdrawn by its author.
fn is_standing_reject(view: &View<'_, '_, '_>, verified: &Verified, sign: &Sign) -> bool {
    sign.verdict == SignVerdict::Reject && view.stands_against(verified)
}

/// Whether enough people other than its author waive the item over this very reject: never fewer than a waiver of
/// the item takes at all.
fn is_overridden(asked: &Asked<'_, '_, '_>, reject: &SignOff<'_>, sign_offs: &[SignOff<'_>]) -> bool {
    let waivers = sign_offs.iter().filter(|sign_off| sign_off.is(&CountsAs::Waiver) && sign_off.sign.over.contains(&reject.id()));
    let others = waivers.filter_map(SignOff::handle).filter(|handle| Some(*handle) != reject.handle());
    let needed = asked.view.release.policy().thresholds().over_reject;
    quorum::missing(others, needed.max(asked.item.requirements.waiver_people).max(2)) == 0
}

/// Finds a failed check that no later check of the same signer answers.
fn latest_check_failed(view: &View<'_, '_, '_>, checks: Vec<(&Verified, CheckResult)>) -> Option<RecordId> {
    let mut by_signer: BTreeMap<&Principal, Vec<(RecordId, CheckResult)>> = BTreeMap::new();
    for (verified, result) in checks {
        let counts = if result.speaks_against() {
            view.stands_against(verified)
        } else {
            result != CheckResult::NotRun && view.counts(verified, Right::Check)
        };
        if counts {
            by_signer.entry(verified.principal()).or_default().push((verified.id(), result));
        }
    }
    by_signer.into_values().find_map(|checks| {
        let ids: Vec<_> = checks.iter().map(|(id, _)| *id).collect();
        let last: BTreeSet<_> = view.release.log.history.latest(&ids).into_iter().collect();
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
    let others = release.policy().people_with(Right::Waive).filter(|handle| Some(*handle) != reject.handle());
    let candidates = reject.handle().into_iter().chain(others).cloned().collect();
    Need { what: NeedKind::RejectResolved, people: 1, roles: vec![], candidates, record: Some(reject.id()) }
}

fn owners(release: &Release<'_, '_>, owner: Option<&Owner>) -> Vec<Handle> {
    let owns = |handle: &&Handle| release.policy().is_owner(handle, owner);
    release.policy().active_people().map(|(handle, _)| handle).filter(owns).cloned().collect()
}

/// Returns the people whose review would count and would help.
fn reviewer_candidates(asked: &Asked<'_, '_, '_>, already: &Voices, missing_roles: &[RoleName]) -> Vec<Handle> {
    let policy = asked.view.release.policy();
    let mut candidates = Vec::new();
    for (handle, person) in policy.active_people().filter(|(handle, _)| !already.contains_key(*handle)) {
        let fills = missing_roles.is_empty() || missing_roles.iter().any(|role| person.roles.contains(role));
        let signer = Principal::Person(handle.clone());
        let claim = Claim { hardware: person.keys.iter().any(|key| key.hardware), ..asked.review(&signer) };
        if fills && eligibility::judge(policy, &claim).is_ok() {
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

fn sign_off_report(view: &View<'_, '_, '_>, sign_off: &SignOff<'_>) -> SignOffReport {
    let record = sign_off.verified;
    let counts_as = match &sign_off.standing {
        Ok(CountsAs::Owner) => format!("as owner: {}", sign_off.sign.verdict),
        Ok(CountsAs::Review(Some(role))) => format!("as {role}: reviewed"),
        Ok(CountsAs::Review(None)) => "as reviewer: reviewed".to_owned(),
        Ok(CountsAs::Reject) => "rejected".to_owned(),
        Ok(CountsAs::Waiver) => "waived".to_owned(),
        Err(refusal) => refusal.to_string(),
    };
    let why_not = sign_off.standing.as_ref().err();
    SignOffReport {
        record: sign_off.id(),
        signer: record.signer.handle.clone(),
        key: record.signer.fingerprint.clone(),
        verdict: sign_off.sign.verdict,
        role: record.role.clone(),
        time: record.time,
        witnessed: view.release.context.witnessed.get(&sign_off.id()).copied(),
        comment: record.comment.clone(),
        reason: sign_off.sign.reason.clone(),
        evidence: record.evidence.clone(),
        private_notes: Vec::new(),
        counts: sign_off.standing.is_ok(),
        counts_as,
        why_not: why_not.filter(|_| !view.withdrawn.takes_back(sign_off.sign.verdict, &sign_off.id())).map(Seen::code),
    }
}
