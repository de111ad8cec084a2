//! Entering a stage of a roll-out: what speaks against it, and what is told of it.

use crate::evaluate::course::outside_window_or_frozen;
use crate::model::course::{StageReport, StageState};
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::InSpite;
use crate::model::report::{Answer, Report};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::write::chain::Chain;
use crate::ops::write::course::{self, Call, at};
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;
use crate::report::course::{condition, stage as named};
use crate::report::words;

/// How many reasons are told.
const MOST_REASONS: usize = 6;

/// Who moves a stage of which release, and what they override.
#[derive(Clone, Copy)]
pub struct Mover<'m, 'a> {
    /// What surrounds it.
    pub session: &'m Session,
    /// The release, and who signs.
    pub ready: &'m Ready<'a>,
    /// How commands name the release.
    pub call: &'m Call,
    /// What is overridden: limits, the window, a freeze.
    pub in_spite: &'m [String],
    /// Why.
    pub reason: Option<&'m str>,
}

impl Mover<'_, '_> {
    /// Refuses where the release is not in GO.
    pub fn require_go(&self, what: &str) -> Outcome<()> {
        let report = &self.ready.report;
        if report.verdict.answer == Answer::Go {
            return Ok(());
        }
        let tag = report.tag.short();
        let mut failure = Failure::new(Exit::from(report.verdict.answer), format!("{tag} can't {what}: it is not in GO"));
        failure = failure.by(Denial::NotInGo);
        for reason in report.verdict.reasons.iter().take(MOST_REASONS) {
            failure = failure.because(format!("{} [{}]", reason.seen, reason.code));
        }
        Err(failure.suggest("see what blocks it", self.call.on("status", "")))
    }

    /// Refuses a stage that was entered already, unless it failed.
    pub fn refuse_entered(&self, stage: &StageReport) -> Outcome<()> {
        let Some(mark) = stage.entered.as_ref().filter(|_| stage.state != StageState::Failed) else { return Ok(()) };
        let when = at(self.session, mark.at);
        let next = course::next(self.session, self.ready.policy(), &self.ready.report, self.call);
        let failure = Failure::refused(format!("{} was entered by {} at {when}", stage.id, mark.by)).by(Denial::StageEntered);
        Err(match next.first() {
            Some(next) => failure.suggest("next", next.clone()),
            None => failure,
        })
    }

    /// Refuses whoever may not enter a stage that a person has to.
    pub fn require_person(&self, stage: &StageReport) -> Outcome<()> {
        let who = &self.ready.identity.principal;
        let policy = self.ready.policy();
        let is_named = |handle| stage.owner.as_ref().is_none_or(|owner| policy.is_owner(handle, Some(owner)));
        if !stage.by_person || who.person().is_some_and(is_named) {
            return Ok(());
        }
        let id = &stage.id;
        let message = match &stage.owner {
            Some(owner) => format!("{id} takes all of the traffic, and {owner} has to enter it in person"),
            None => format!("{id} takes all of the traffic, and {who} is a machine"),
        };
        let failure = Failure::refused(message).by(Denial::StageOfPerson);
        Err(match &stage.owner {
            Some(_) => failure.suggest("to name somebody else", self.call.on("assign", &format!("{id} @HANDLE --reason \"…\""))),
            None => failure.hint(format!("who may: {}", policy.who_may(Right::Stage))),
        })
    }

    /// Refuses a stage before which another is open.
    pub fn skipped(&self, stage: &StageReport, open: &StageReport) -> Failure {
        let what = match open.state {
            StageState::Waiting => "which nobody has entered".to_owned(),
            _ => "which has not passed".to_owned(),
        };
        let event = if open.state == StageState::Waiting { "enter" } else { "pass" };
        Failure::refused(format!("{} comes after {}, {what}", stage.id, open.id))
            .by(Denial::StageSkipped)
            .suggest("no stage is skipped; go on with", self.call.on("stage", &format!("{} {event}", open.id)))
    }

    /// Refuses an entry outside the window or in a freeze, unless somebody who may overrides it; gives what is overridden.
    ///
    /// Where there are no stages, what was deployed is written down as it happened: that it deviates shows in every report.
    pub fn window_and_freeze(&self, stage: &StageReport) -> Outcome<Vec<InSpite>> {
        let Ready { loaded, report, .. } = self.ready;
        let mut overridden = Vec::new();
        if report.course.out.is_some() {
            return Ok(overridden);
        }
        for found in outside_window_or_frozen(&loaded.context, &loaded.records, self.session.now) {
            let (of, denial) = match found.code {
                Code::EnvironmentFrozen => (InSpite::FREEZE, Denial::InFreeze),
                _ => (InSpite::WINDOW, Denial::OutOfWindow),
            };
            let who = &self.ready.identity.principal;
            if self.in_spite.iter().any(|word| word == of) {
                identity::require(self.ready.policy(), who, Right::BreakGlass)?;
                overridden.push(InSpite { of: of.to_owned(), reason: self.reason.unwrap_or_default().to_owned() });
            } else if stage.implied {
                self.session.warn(format!("{}; this is kept as a deviation, and a gate goes on asking", found.seen));
            } else {
                return Err(self.not_now(stage, &found, of, denial));
            }
        }
        Ok(overridden)
    }

    fn not_now(&self, stage: &StageReport, found: &Finding, of: &str, denial: Denial) -> Failure {
        let tag = self.ready.report.tag.short();
        let may = self.ready.policy().who_may(Right::BreakGlass);
        let failure = Failure::refused(format!("{tag} can't enter {} now: {}", stage.id, found.seen)).by(denial);
        if may.is_nobody() {
            return failure.hint("wait; the policy lets nobody go on in spite of it");
        }
        let command = self.call.on("stage", &format!("{} enter --in-spite {of} --reason \"…\"", stage.id));
        failure.suggest(format!("wait; in spite of it, {may} may"), command)
    }

    /// Judges the release with the entry in place: what would not count is not written.
    pub fn require_entered(&self, chain: &Chain<'_, '_>, after: &Report, stage: &StageReport, id: RecordId) -> Outcome<()> {
        let found = after.course.stages.iter().find(|found| found.id == stage.id);
        let is_entered = found.and_then(|found| found.entered.as_ref()).is_some_and(|mark| mark.record == id);
        let mut reasons = chain.against_stage(after, &stage.id);
        reasons.extend(after.verdict.reasons.iter().cloned());
        if is_entered && reasons.is_empty() {
            return Ok(());
        }
        Err(self.would_not_count(&format!("enter {}", stage.id), &reasons))
    }

    /// Refuses what would not count, with the reasons.
    pub fn would_not_count(&self, what: &str, reasons: &[Finding]) -> Failure {
        let denial = reasons.iter().find_map(|reason| denial_of(reason.code)).unwrap_or(Denial::NotInGo);
        let who = &self.ready.identity.principal;
        let mut failure = Failure::refused(format!("{who} can't {what}: it would not count")).by(denial);
        for reason in reasons.iter().take(MOST_REASONS) {
            failure = failure.because(format!("{} [{}]", reason.seen, reason.code));
        }
        failure.suggest("see how it stands", self.call.on("stage", ""))
    }

    /// Says in lines that a stage was entered, what holds it and what it asks for.
    pub fn told_entered(&self, after: &Report, stage: &StageReport) -> Vec<String> {
        let mut told = Vec::new();
        let found = after.course.stages.iter().find(|found| found.id == stage.id).unwrap_or(stage);
        let bakes = found.bakes_until.map(|until| format!(" · bakes until {}", at(self.session, until))).unwrap_or_default();
        let who = &self.ready.identity.principal;
        let in_person = if found.by_person || found.implied { format!(", by {who}") } else { String::new() };
        told.push(format!("{}{in_person}{bakes}", named(found)));
        if let Some(window) = self.ready.report.release.as_ref().and_then(|release| release.window)
            && (window.from..window.to).contains(&self.session.now)
        {
            told.push(format!("  within the window ({} to {})", at(self.session, window.from), at(self.session, window.to)));
        }
        let limits: Vec<String> = found
            .limits
            .iter()
            .map(|limit| {
                let (limit, id) = (&limit.limit, &limit.limit.id);
                if limit.op.is_some() {
                    format!("{id} {}", condition(limit))
                } else {
                    format!("{} (by a person)", condition(limit))
                }
            })
            .collect();
        told.push(if limits.is_empty() { "  no limits".to_owned() } else { format!("  limits: {}", limits.join(" · ")) });
        if !found.open_items.is_empty() {
            let with = |id: &&String| found.limits.iter().any(|limit| id.split('@').next() == Some(limit.limit.id.as_str()));
            let read = found.open_items.iter().filter(with).count();
            told.push(format!("  {}, {read} of them by reading", words::count_of(&found.open_items, "checkpoint")));
        }
        told
    }
}

/// Returns what speaks against a stage among the findings of a report.
pub fn of_stage(report: &Report, stage: &str) -> Vec<Finding> {
    let about = |finding: &&Finding| finding.subject.as_deref() == Some(stage);
    report.findings.iter().filter(about).chain(&report.verdict.reasons).cloned().collect()
}

/// Returns which refusal a reason against a stage is.
const fn denial_of(code: Code) -> Option<Denial> {
    Some(match code {
        Code::StageBaking => Denial::StageBakes,
        Code::StageNotPassed | Code::StageNotEntered => Denial::StageSkipped,
        Code::StageItemOpen => Denial::CheckpointOpen,
        Code::StagePersonRequired => Denial::StageOfPerson,
        Code::LimitFailed => Denial::LimitBroken,
        Code::LimitUnread | Code::LimitStale | Code::LimitNoData => Denial::LimitOpen,
        _ => return None,
    })
}
