//! The verdict: a pure function of a context and a log.
//!
//! It runs in these phases, and each has its file:
//!
//! 1. **Admission** (`release`): of the lines whose signatures verified, keep those that belong to this repository and
//!    speak of exactly this tag. What is left is the valid log V; the rest are findings and change no verdict.
//! 2. **Governing** (`release`): find the one open record that someone who may has signed. It carries the items as
//!    data and names the policy version under which everything else is judged.
//! 3. **Today** (`basis`): judge every item over all of V, now. This is what `status` shows.
//! 4. **Decisions** (`verdict`): judge each decision over its own manifest, at its own time, and look for anything
//!    that speaks against it.
//! 5. **The answer** (here): a decision that holds, with nothing wrong with tag, checklist and range, is GO.
//!
//! No clock, no git, no environment: the same inputs give the same report, to the byte.

pub mod admission;
pub mod chain;
pub mod complete;
mod conditions;
pub mod context;
pub mod course;
pub mod eligibility;
pub mod feasible;
pub mod freeze;
pub mod history;
pub mod key_rules;
pub mod push;
pub mod quorum;

pub mod receipts;
pub mod redaction;
pub mod register;
pub mod resolve;
pub mod root_log;

mod actions;
mod basis;
mod binding;
mod claims;
mod release;
mod summary;

mod verdict;
mod view;
mod waived;

use std::collections::{BTreeMap, BTreeSet};

pub use self::context::Context;
use self::course::Course;

pub use self::release::speaks_of;
use self::release::{Release, ValidLog, governing};
use self::root_log::ever_might;
use self::view::TakenUp;
use crate::model::course::CourseReport;
use crate::model::finding::{Code, Finding, Seen, Severity};
use crate::model::ids::{Environment, Handle, RecordId};
use crate::model::policy::{PolicyChain, Right};
use crate::model::record::{Body, Close, Decide, Decision, Open, Outcome, Phase, Polarity, PolicyHead, RollbackEvent};
use crate::model::report::{
    Answer, DecisionReport, ExceptionReport, Integrity, ItemReport, REPORT_FORMAT, ReleaseState, Report, Verdict,
};
use crate::sign::verify::Verified;

/// Judges a release. Never fails: what can't be judged is said in the report.
pub fn evaluate(context: &Context<'_>, records: &BTreeMap<RecordId, Verified>) -> Report {
    let mut findings = context.findings.clone();
    let log = ValidLog::admit(context, records, &mut findings);
    let release = governing(&log, &mut findings);

    let mut binding = binding::of_tag(&log);
    // Lines that were not read, or never fetched, may hold a negative record.
    let unread = |finding: &&Finding| matches!(finding.code, Code::TooManyLines | Code::NeverSynced);
    binding.extend(context.findings.iter().filter(unread).cloned());
    let judged = match &release {
        Some(release) => judge_opened(release, &mut binding, &mut findings),
        None => {
            // Nothing is judged, and still what is here may show that something is missing: the open record, above all.
            binding.extend(verdict::missing(&log));
            let name = context.tag.name.short();
            let reasons = vec![Finding::new(Seen::NotOpened { name: name.to_owned() }).about(name)];
            Judged { reasons, ..Judged::default() }
        }
    };
    let Judged { items, exceptions, decisions, course, mut reasons, state, ended, decision } = judged;
    findings.extend(earlier_than_parents(&log));
    findings.extend(backdated(&log));
    findings.extend(log.rules_broken());
    findings.extend(decisions.iter().flat_map(|decision| decision.reasons.iter().cloned()));
    reasons.extend(binding.iter().filter(|finding| blocks(finding)).cloned());
    findings.extend(binding);
    findings.extend(reasons.iter().cloned());
    sort(&mut findings);
    sort(&mut reasons);

    let answer = answer(&reasons);
    Report {
        format: REPORT_FORMAT.to_owned(),
        tool: context.tool.clone(),
        as_of: context.as_of,
        tag: context.tag.name.clone(),
        root: context.root,
        policy_head: context.chain.head().head(),
        governing_policy: release.as_ref().map(|release| release.version.head()),
        verdict: Verdict { answer, decision: decision.filter(|_| answer == Answer::Go), reasons },
        state,
        ended,
        integrity: integrity(&findings),
        exceptions,
        freezes: None,
        release: release.as_ref().and_then(summary::release),
        items,
        course,
        decisions,
        deciders: release.iter().flat_map(|release| release.policy().people_with(Right::Decide)).cloned().collect(),
        people: summary::people(&log, release.as_ref()),
        records: summary::records(&log),
        heads: log.heads(),
        lines: context.lines,
        findings,
    }
}

/// What judging the items and decisions of a release gives.
#[derive(Default)]
struct Judged {
    items: Vec<ItemReport>,
    exceptions: Vec<ExceptionReport>,
    decisions: Vec<DecisionReport>,
    course: CourseReport,
    reasons: Vec<Finding>,
    state: ReleaseState,
    ended: bool,
    decision: Option<RecordId>,
}

/// Judges a release that an authorised person has opened.
fn judge_opened(release: &Release<'_, '_>, binding: &mut Vec<Finding>, findings: &mut Vec<Finding>) -> Judged {
    let everything = &release.everything;
    let mut today = basis::judge(release, everything, release.context.as_of);
    let redactions = redaction::of_release(release);
    redaction::tell_private_notes(release, &redactions, &mut today.items);
    let decisions = verdict::decisions(release);
    let agreed = verdict::agreed(release, &decisions);
    binding.extend(binding::of_release(release, &redactions));
    findings.extend(redaction::by_too_few(release, &redactions));
    findings.extend(today.findings);
    let excused = verdict::disregarded(release, everything);
    findings.extend(verdict::log_is_whole(release, &excused, usize::MAX));
    findings.extend(verdict::disregarded_by_too_few(release, everything));
    findings.extend(without_effect(release));
    let decision = agreed.as_ref().ok().copied();
    let taken_up = verdict::taken_up(release, &decisions);
    let reasons = match agreed {
        Err(missing) => why_not(release, &decisions, today.reasons, missing, (&excused, &taken_up)),
        Ok(_) => Vec::new(),
    };
    findings.extend(unseen(release, decision));
    findings.extend(conditions::not_met(release));
    findings.extend(waived::without_effect(release));
    let mut items = today.items;
    let Course { report: course, findings: on_course } = course::judge(release, &mut items, &decisions, decision, taken_up.clone());
    findings.extend(on_course);
    let is_go = decision.is_some() && binding.iter().all(|finding| !blocks(finding));
    Judged {
        items,
        exceptions: today.exceptions,
        reasons,
        state: state_of(release, is_go, &decisions, &course, &taken_up),
        ended: is_ended(release, &taken_up),
        course,
        decisions,
        decision,
    }
}

/// Returns the environments that somebody who ever might has opened the tag for and has not withdrawn for good, so that a caller
/// can ask which is meant.
///
/// Whether the open record counts now is not asked: a key that goes bad must not leave one environment where there were two,
/// whose GO would then answer for both.
pub fn environments(context: &Context<'_>, records: &BTreeMap<RecordId, Verified>) -> BTreeSet<Environment> {
    opened(context, records).into_iter().map(|open| open.environment.clone()).collect()
}

/// Whether somebody who ever may has opened the tag and has not taken that back for good, whether or not it counts now.
///
/// That a release is opened says against what it stands on until it is in GO, and as with every negative record neither keys nor
/// versions matter: else whoever finds a lost key of its opener could clear away what others had rejected.
pub fn was_opened(context: &Context<'_>, records: &BTreeMap<RecordId, Verified>, wanted: impl Fn(&Open) -> bool) -> bool {
    opened(context, records).into_iter().any(wanted)
}

fn opened<'a>(context: &Context<'_>, records: &'a BTreeMap<RecordId, Verified>) -> Vec<&'a Open> {
    let log = ValidLog::admit(context, records, &mut Vec::new());
    let withdrawn = log.withdrawn(&log.everything());
    let opens = log.records.iter().filter(|(id, verified)| spends_name(context.chain, verified) && !withdrawn.answers(id));
    opens.filter_map(|(_, verified)| verified.said()).collect()
}

/// Returns the person who signed the tag itself, as far as its signature shows one under the governing policy.
pub fn tag_signer(context: &Context<'_>, governing: Option<PolicyHead>) -> Option<Handle> {
    let signature = context.tag.object.as_ref()?.signature.as_ref()?;
    key_rules::tag_signer(&context.chain.keys(), signature, governing?.version).ok().cloned()
}

/// Returns the person whose key signed the tag itself, whatever has become of the key; they do not review what it stands
/// for.
pub fn tag_maker<'c>(context: &'c Context<'_>) -> Option<&'c Handle> {
    context.tag.object.as_ref()?.signature.as_ref().and_then(key_rules::tag_maker)
}

/// Whether an open record spends the name of its tag: a person signed it whom any version of the policy let open
/// such a release.
///
/// What has become of the key since does not matter: that a name was used once is nothing in favour of anything.
pub fn spends_name(chain: &PolicyChain, verified: &Verified) -> bool {
    verified.said::<Open>().is_some_and(|open| ever_might(chain, verified, Right::Open(open.release_type)))
}

/// Explains why no decision to go holds: the last one's reasons, who is missing, or that there is none.
fn why_not(
    release: &Release<'_, '_>,
    decisions: &[DecisionReport],
    today: Vec<Finding>,
    missing: Vec<Finding>,
    (excused, taken_up): (&BTreeSet<RecordId>, &TakenUp),
) -> Vec<Finding> {
    let lets_go = |decision: &&DecisionReport| decision.decision != Decision::NoGo;
    let last_go = decisions.iter().rev().find(lets_go);
    let mut ends = course::taken_back(release, taken_up);
    // Where somebody who may decided with the end in view, what that decision lacks is worth saying.
    let is_none =
        |reason: &Finding| matches!(reason.code, Code::DecisionUnauthorised | Code::MachineNotPerson | Code::DecisionWithdrawn);
    let last = last_go.filter(|last| !last.reasons.iter().any(is_none));
    if let Some(last) = last.and_then(|last| release.log.records.get(&last.record)?.said::<Decide>()) {
        ends.retain(|end| !last.manifest.contains(&end.id()));
    }
    if !ends.is_empty() {
        // Nothing else is worth saying of what was taken back; that it is decided anew is not advised either.
        let ends = ends.into_iter().take(verdict::MOST_CITED).map(|verified| {
            let outcome = verified.said::<Close>().map(|close| close.outcome);
            release.cite(verified, Seen::ReleaseEnded { outcome, who: verified.principal().clone() })
        });
        return ends.chain(verdict::log_is_whole(release, excused, verdict::MOST_CITED)).collect();
    }
    let mut reasons = missing;
    let last = verdict::last(release, decisions);
    if let Some(against) = last.filter(|last| last.decision == Decision::NoGo) {
        let (who, decision, time) = (against.signer.clone(), against.decision, against.time);
        let finding = release.finding(Seen::DecidedNoGo { who, decision, time });
        reasons.push(finding.record(against.record).key(against.key.clone()));
    }
    match last_go {
        Some(go) => {
            reasons.extend(go.reasons.iter().cloned());
            if go.reasons.iter().any(|reason| reason.code == Code::UnseenNegative) {
                let finding = release.finding(Seen::DecisionSuspended { who: go.signer.clone(), time: go.time });
                reasons.push(finding.record(go.record).key(go.key.clone()));
            }
        }
        None => {
            if reasons.is_empty() {
                reasons.push(release.finding(Seen::NotDecided).about(release.context.tag.name.short()));
            }
            reasons.extend(today);
            reasons.extend(verdict::log_is_whole(release, excused, verdict::MOST_CITED));
        }
    }
    if reasons.is_empty() {
        // No decision holds, so there is no answer without a reason.
        reasons.push(release.finding(Seen::TooFewDecided).about(release.context.tag.name.short()));
    }
    reasons
}

/// Reports on records that count for nothing because of key, policy version or time that they do; sign-offs on items,
/// decisions and open records are told where they are judged.
fn without_effect(release: &Release<'_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let speaks_here = |verified: &&&Verified| release.owns(verified) || matches!(verified.body, Body::Redact(_));
    for verified in release.log.records.values().filter(speaks_here) {
        let helps = match &verified.body {
            Body::Sign(_) | Body::Decide(_) | Body::Open(_) => false,
            // To withdraw a negative record is the one withdrawal that takes authority.
            Body::Withdraw(withdraw) => {
                release.is_negative(&withdraw.record) && release.log.is_own_withdraw(verified, withdraw.record)
            }
            body => body.row().polarity == Polarity::Positive,
        };
        if helps
            && !release.log.breaks_rule(&verified.id())
            && let Err(why) = release.log.favour(verified)
        {
            let (says, who) = (verified.body.summary(), verified.principal().clone());
            found.push(release.cite(verified, Seen::RecordIgnored { says, who, why: Box::new(why) }));
        }
    }
    found
}

/// Notes the records that claim a time before that of one they had seen, by more than clocks differ.
fn earlier_than_parents(log: &ValidLog<'_, '_>) -> Vec<Finding> {
    let skew = log.context.chain.head().policy.contents().limits.clock_skew;
    let mut found = Vec::new();
    for verified in log.records.values() {
        let parents = verified.parents.iter().filter_map(|parent| log.records.get(parent)).map(|parent| parent.time);
        if let Some(latest) = parents.max().filter(|latest| verified.time.later(skew) < *latest) {
            let (kind, who) = (verified.kind.clone(), verified.principal().clone());
            let seen = Seen::TimeBeforeParent { kind, who, time: verified.time, latest };
            found.push(verified.cite(seen));
        }
    }
    found
}

/// Notes the records whose claimed time their receipts speak against, by more than clocks differ or the policy allows.
///
/// What was among the first things that a witness looked at may have been there for any time before, and is not noted.
fn backdated(log: &ValidLog<'_, '_>) -> Vec<Finding> {
    let context = log.context;
    let limits = &context.chain.head().policy.contents().limits;
    let mut found = Vec::new();
    for (id, verified) in &log.records {
        let (Some(witnessed), Some(looked)) = (context.witnessed.get(id), context.looked.get(id)) else { continue };
        let was_not_there = verified.time.later(limits.clock_skew) < *looked;
        let is_late = limits.max_backdate.is_some_and(|limit| verified.time.later(limit) < *witnessed);
        if was_not_there || is_late {
            let (kind, who, looked) = (verified.kind.clone(), verified.principal().clone(), was_not_there.then_some(*looked));
            let seen = Seen::Backdated { kind, who, time: verified.time, witnessed: *witnessed, looked };
            found.push(verified.cite(seen));
        }
    }
    found
}

/// Notes the records that came after the decision on which GO rests.
fn unseen(release: &Release<'_, '_>, decision: Option<RecordId>) -> Vec<Finding> {
    let decide = decision.and_then(|id| release.log.records.get(&id)?.said::<Decide>());
    let Some(decide) = decide else { return Vec::new() };
    let mut found = Vec::new();
    for (id, verified) in &release.log.records {
        // What is due later is signed later.
        let of_before =
            verified.body.row().item.and_then(|item| release.item(item)).is_some_and(|item| item.phase == Phase::Before);
        if of_before && !decide.manifest.contains(id) {
            let seen = Seen::UnseenRecord { says: verified.body.summary(), who: verified.principal().clone() };
            found.push(release.cite(verified, seen));
        }
    }
    found
}

/// Whether somebody who may close the release has given it up or rolled it back, by a good record that no decision took up again.
///
/// Such a release says nothing of its commit any more, which may be tagged anew. So this hides what was said against it, and
/// counts as strictly as a positive record: to roll back may be everybody's right, and to clear a rejection away is not.
fn is_ended(release: &Release<'_, '_>, taken_up: &TakenUp) -> bool {
    course::taken_back(release, taken_up).into_iter().any(|verified| {
        let ends = match &verified.body {
            Body::Close(close) => close.outcome == Outcome::Abandoned,
            Body::Rollback(_) => release.policy().may(verified.principal(), Right::Rollback),
            _ => false,
        };
        ends && release.authorises(verified, Right::Close)
    })
}

/// Reads the state of the release off its decisions and its course.
fn state_of(
    release: &Release<'_, '_>,
    go: bool,
    decisions: &[DecisionReport],
    course: &CourseReport,
    taken_up: &TakenUp,
) -> ReleaseState {
    let end = course.end().map(|end| end.outcome);
    if go {
        return match (end, &course.out, course.reached()) {
            (Some(Outcome::Completed), _, _) => ReleaseState::Completed,
            (_, Some(_), _) => ReleaseState::Out,
            (_, None, Some(_)) => ReleaseState::RollingOut,
            (_, None, None) => ReleaseState::Go,
        };
    }
    if end == Some(Outcome::Abandoned) {
        return ReleaseState::Abandoned;
    }
    if let Some(rollback) = &course.rollback {
        return match &rollback.ended {
            Some((RollbackEvent::Done, _)) => ReleaseState::RolledBack,
            Some(_) => ReleaseState::NoGo,
            None => ReleaseState::RollingBack,
        };
    }
    let last = verdict::last(release, decisions);
    let is_no_go = |reason: &Finding| matches!(reason.code, Code::ConditionFailed | Code::ConditionOverdue);
    match last {
        Some(last) if last.decision == Decision::NoGo => ReleaseState::NoGo,
        Some(last) if last.reasons.iter().any(is_no_go) => ReleaseState::NoGo,
        Some(last)
            if last.decision == Decision::ConditionalGo
                && !last.reasons.is_empty()
                && last.reasons.iter().all(|reason| reason.code == Code::ConditionOpen)
                && course::taken_back(release, taken_up).is_empty() =>
        {
            ReleaseState::ConditionalGo
        }
        _ => ReleaseState::Open,
    }
}

/// Whether a finding about tag, checklist, range or evidence stands in the way of GO.
fn blocks(finding: &Finding) -> bool {
    finding.severity != Severity::Note && finding.code != Code::EvidenceMissing
}

fn answer(reasons: &[Finding]) -> Answer {
    match reasons.iter().map(|reason| reason.severity).min() {
        None => Answer::Go,
        Some(Severity::Tampered) => Answer::Tampered,
        Some(Severity::Incomplete) => Answer::CannotDecide,
        Some(Severity::Rule | Severity::Note) => Answer::NoGo,
    }
}

fn integrity(findings: &[Finding]) -> Integrity {
    match findings.iter().map(|finding| finding.severity).min() {
        Some(Severity::Tampered) => Integrity::Tampered,
        Some(Severity::Incomplete) => Integrity::Incomplete,
        _ => Integrity::Intact,
    }
}

fn sort(findings: &mut Vec<Finding>) {
    findings.sort();
    findings.dedup();
}
