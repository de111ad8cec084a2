//! Moving a stage of a roll-out: what it takes to pass one, what speaks against entering one, and what is told of it.

use crate::evaluate::course::{may_confirm, outside_window_or_frozen};
use crate::model::course::{LimitReport, LimitState, StageReport, StageState};
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::InSpite;
use crate::model::report::{Answer, ItemReport, ItemState, Report};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::find::one_of;
use crate::ops::session::Session;
use crate::ops::write::chain::Chain;
use crate::ops::write::course::{self, Call, at};
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;
use crate::report::course::{condition, lasting, limit_state, stage as named};
use crate::report::{safe, words};

/// A stage that is to be passed, as it stands.
#[derive(Debug, Clone)]
pub struct Passing<'r> {
    /// The limits that hold by their last reading.
    pub holding: Vec<&'r LimitReport>,
    /// Those that do not.
    pub failing: Vec<&'r LimitReport>,
    /// Those of which nothing can be said yet.
    pub unknown: Vec<&'r LimitReport>,
    /// The open items whose limit is one of these, so that what is said of the limit is said of them.
    pub with_limit: Vec<&'r ItemReport>,
    /// The open items that have none.
    pub without_limit: Vec<&'r ItemReport>,
    /// The open items for which a confirmation is not enough.
    pub beyond: Vec<&'r ItemReport>,
}

impl<'r> Passing<'r> {
    /// Sorts the limits and open items of a stage.
    pub fn of(report: &'r Report, stage: &'r StageReport) -> Self {
        let mut found = Self {
            holding: Vec::new(),
            failing: Vec::new(),
            unknown: Vec::new(),
            with_limit: Vec::new(),
            without_limit: Vec::new(),
            beyond: Vec::new(),
        };
        for limit in &stage.limits {
            match limit.state {
                LimitState::Holds => found.holding.push(limit),
                LimitState::Fails => found.failing.push(limit),
                LimitState::Unread | LimitState::Stale | LimitState::NoData => found.unknown.push(limit),
            }
        }
        for item in report.items.iter().filter(|item| stage.open_items.iter().any(|id| id == item.id.as_str())) {
            // Whoever called it partly done or rejected it takes that back; nobody confirms over it.
            let is_spoken_against = matches!(item.state, ItemState::Partial | ItemState::Rejected);
            if is_spoken_against || !may_confirm(item) {
                found.beyond.push(item);
            } else if stage.limits.iter().any(|limit| limit.limit.id == item.id.base()) {
                found.with_limit.push(item);
            } else {
                found.without_limit.push(item);
            }
        }
        found
    }

    /// Whether nothing of the stage can be read or confirmed, so that only what somebody saw speaks for it.
    pub fn is_blank(&self, stage: &StageReport) -> bool {
        stage.limits.is_empty() && self.with_limit.is_empty() && self.without_limit.is_empty() && self.beyond.is_empty()
    }
}

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
    /// Refuses a stage that nobody has entered, that failed, or that has not baked.
    pub fn require_baked(&self, stage: &StageReport) -> Outcome<()> {
        let (id, call) = (&stage.id, self.call);
        match (stage.state, stage.bakes_until) {
            (StageState::Waiting, _) => Err(Failure::refused(format!("nobody has entered {id}, so it can't be passed"))
                .by(Denial::StageSkipped)
                .suggest("enter it first", call.on("stage", &format!("{id} enter")))),
            (StageState::Failed, _) => {
                let by = stage.failed.as_ref().map(|mark| format!(" by {}", mark.by)).unwrap_or_default();
                Err(Failure::refused(format!("{id} was marked as failed{by}"))
                    .by(Denial::StageFailed)
                    .suggest("once it is mended", call.on("stage", &format!("{id} enter")))
                    .suggest("to go back", call.on("rollback", "")))
            }
            (StageState::Baking, until) => {
                let until = until.unwrap_or(self.session.now);
                let left = lasting(until.seconds() - self.session.now.seconds());
                let people = self.ready.policy().thresholds().waiver;
                let failure = Failure::refused(format!("{id} has not baked: until {}, in {left}", at(self.session, until)))
                    .by(Denial::StageBakes);
                Err(match people {
                    0 => failure.hint("nothing shortens it"),
                    _ => {
                        let people = if people == 1 { "somebody waives".to_owned() } else { format!("{people} people waive") };
                        failure.suggest(
                            format!("nothing shortens it; to go on without, {people} it"),
                            call.on("waive", &format!("{id} --bake --reason \"…\"")),
                        )
                    }
                })
            }
            (StageState::Baked | StageState::Passed, _) => Ok(()),
        }
    }

    /// Reads which limits are overridden.
    pub fn limits_in_spite(&self, stage: &StageReport) -> Outcome<Vec<InSpite>> {
        let named = self.in_spite.iter().filter(|of| !matches!(of.as_str(), InSpite::WINDOW | InSpite::FREEZE));
        let mut found: Vec<InSpite> = Vec::new();
        for of in named {
            let ids = stage.limits.iter().map(|limit| limit.limit.id.as_str());
            let Some(id) = one_of(ids.clone(), of)? else {
                return Err(Failure::usage(format!("{} has no limit {of:?}", stage.id))
                    .hint(format!("it has {}; besides there are window and freeze", words::and(ids))));
            };
            let is_settled = stage.limits.iter().any(|limit| limit.limit.id == id && limit.is_settled());
            if !is_settled && found.iter().all(|spite| spite.of != id) {
                let reason = self.reason.unwrap_or_default().to_owned();
                found.push(InSpite { of: id.to_owned(), reason });
            }
        }
        Ok(found)
    }

    /// Refuses where limits do not hold.
    pub fn refuse_failing(&self, stage: &StageReport, failing: &[&LimitReport]) -> Outcome<()> {
        let Some(first) = failing.first() else { return Ok(()) };
        let ids = words::and(failing.iter().map(|limit| &limit.limit.id));
        let verb = if failing.len() == 1 { "does" } else { "do" };
        let mut failure = Failure::refused(format!("{ids} of {} {verb} not hold", stage.id)).by(Denial::LimitBroken);
        for limit in failing {
            if let Some(reading) = &limit.reading {
                let value = safe::line(reading.value.as_deref().unwrap_or("nothing"));
                let (id, asks) = (&limit.limit.id, condition(&limit.limit));
                failure = failure.because(format!(
                    "{id} {asks}: {value} was read at {} by {}",
                    at(self.session, reading.to),
                    reading.mark.by
                ));
            }
        }
        let event = format!("… --in-spite {} --reason \"…\"", first.limit.id);
        Err(failure
            .suggest("to go back", self.call.on("rollback", ""))
            .suggest("to go on in spite of it, which every report shows", self.call.on("stage", &event)))
    }

    /// Refuses where items take more than to be confirmed.
    pub fn refuse_beyond(&self, stage: &StageReport, beyond: &[&ItemReport]) -> Outcome<()> {
        let Some(first) = beyond.first() else { return Ok(()) };
        let verb = if beyond.len() == 1 { "takes" } else { "take" };
        let ids = words::and(beyond.iter().map(|item| &item.id));
        let mut failure = Failure::refused(format!("{ids} {verb} more than to be confirmed with {}", stage.id));
        for item in beyond.iter().filter(|item| matches!(item.state, ItemState::Partial | ItemState::Rejected)) {
            failure = failure.because(format!("{} is {}", item.id, item.state.as_str()));
        }
        Err(failure.by(Denial::CheckpointOpen).suggest("sign it as any item", self.call.on("approve", first.id.as_str())))
    }

    /// Refuses a machine where a person has to look.
    pub fn refuse_machine(&self, stage: &StageReport, unknown: &[&LimitReport], passing: &Passing<'_>) -> Outcome<()> {
        let who = &self.ready.identity.principal;
        let is_overridden = !self.in_spite.is_empty();
        let waits = passing.with_limit.iter().chain(&passing.without_limit).map(|item| item.id.to_string());
        let unknown = unknown.iter().map(|limit| format!("{} ({})", limit.limit.id, limit_state(limit.state)));
        let open: Vec<String> = unknown.chain(waits).collect();
        if who.person().is_some() || open.is_empty() && !is_overridden {
            return Ok(());
        }
        let what = if open.is_empty() { "what is overridden".to_owned() } else { words::and(open) };
        Err(Failure::refused(format!("{who} can't say that {} held: a person has to answer for {what}", stage.id))
            .by(Denial::CheckpointOpen)
            .suggest("somebody who may move stages runs", self.call.on("stage", &format!("{} pass", stage.id))))
    }

    /// Says that a stage held, and by what.
    pub fn told(&self, stage: &StageReport, passing: &Passing<'_>, (by_hand, items, spite): (u64, usize, usize)) -> String {
        let since = stage.entered.as_ref().map_or(0, |mark| self.session.now.seconds() - mark.at.seconds());
        let mut parts = Vec::new();
        if !stage.limits.is_empty() {
            parts.push(format!("{} of {} by reading", passing.holding.len(), words::count_of(&stage.limits, "limit")));
        }
        parts.extend((by_hand > 0).then(|| format!("{by_hand} by you")));
        parts.extend((spite > 0).then(|| format!("{spite} in spite of its reading")));
        parts.extend((items > 0).then(|| words::count(items as u64, "checkpoint")));
        let parts = if parts.is_empty() { "by what you saw".to_owned() } else { parts.join(", ") };
        format!("{} held: {}, {parts}", stage.id, lasting(since))
    }

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
