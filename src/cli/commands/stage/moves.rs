//! The moves of a stage: it is entered, it held, it failed.

use super::options::Options;
use super::passing::{Pass, Passed};
use crate::cli::app::App;
use crate::cli::commands::course::{self, Call, at};
use crate::cli::commands::delivery;
use crate::evaluate::course::outside_window_or_frozen;
use crate::model::course::{StageReport, StageState};
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::record::{Body, Evidence, InSpite, Stage, StageEvent};
use crate::model::report::{Answer, Report};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::write::chain::Chain;
use crate::ops::write::evidence::Piece;
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::Draft;
use crate::report::course::{condition, stage as named};
use crate::report::words;

/// How many reasons are told.
const MOST_REASONS: usize = 6;

/// A move of a stage.
pub struct Move<'m, 'a> {
    app: &'m App,
    ready: &'m Ready<'a>,
    options: &'m Options,
    call: &'m Call,
    pieces: Vec<Piece>,
    evidence: Vec<Evidence>,
    told: Vec<String>,
}

impl<'m, 'a> Move<'m, 'a> {
    /// Prepares a move, as far as every one needs it.
    ///
    /// # Errors
    /// If the signer may not move stages, or the evidence can't be read.
    pub fn new(app: &'m App, ready: &'m Ready<'a>, options: &'m Options, call: &'m Call) -> Outcome<Self> {
        identity::require_any(ready.policy(), &ready.identity.principal, Right::Stage)?;
        if !options.in_spite.is_empty() && options.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            return Err(Failure::usage("--in-spite needs a reason").by(Denial::Incomplete).hint("add --reason TEXT"));
        }
        let (pieces, evidence) = ready.gather(app, &options.evidence, None)?;
        Ok(Self { app, ready, options, call, pieces, evidence, told: Vec::new() })
    }

    /// Enters a stage, and says that the one before it held.
    ///
    /// # Errors
    /// If a gate would not let it.
    pub fn enter(mut self, stage: &StageReport) -> Outcome {
        let report = &self.ready.report;
        self.require_go(&format!("enter {}", stage.id))?;
        self.refuse_entered(stage)?;
        self.require_person(stage)?;
        let place = report.course.stages.iter().position(|other| other.id == stage.id).unwrap_or(0);
        let before = place.checked_sub(1).and_then(|place| report.course.stages.get(place));
        let earlier = report.course.stages.iter().take(place.saturating_sub(1));
        let skipped = |stage: &&StageReport| !matches!(stage.state, StageState::Passed);
        if let Some(open) = earlier.into_iter().find(skipped).or(before.filter(|before| before.entered.is_none())) {
            return Err(self.skipped(stage, open));
        }
        let in_spite = self.window_and_freeze(stage)?;
        let mut chain = Chain::new(self.ready);
        let mut evidence = self.evidence.clone();
        let mut comment = self.options.note.clone();
        if let Some(before) = before.filter(|before| before.state != StageState::Passed) {
            match self.pass_on(&mut chain, before)? {
                Some(broken) => return self.refuse_broken(chain, before, &broken),
                // They belong to the record that says that it held.
                None => (evidence, comment) = (Vec::new(), None),
            }
        }
        let body = Stage { stage: stage.id.clone(), event: StageEvent::Enter, confirm: Vec::new(), readings: Vec::new(), in_spite };
        let draft = Draft { comment, evidence, ..self.ready.draft(Body::Stage(body))? };
        let id = chain.sign_draft(self.app, draft)?;
        let after = chain.judge();
        self.require_entered(&chain, &after, stage, id)?;
        self.tell_entered(&after, stage);
        self.deliver(chain, &after, &format!("stage {} enter", stage.id))
    }

    /// Says that a stage held.
    ///
    /// # Errors
    /// If it did not, or nobody can say.
    pub fn pass(mut self, stage: &StageReport) -> Outcome {
        self.require_go(&format!("pass {}", stage.id))?;
        if stage.state == StageState::Passed {
            let by = stage.passed.as_ref().map(|mark| format!(" by {}", mark.by)).unwrap_or_default();
            return Err(Failure::refused(format!("{} was passed{by} already", stage.id)).by(Denial::NothingToSign));
        }
        let mut chain = Chain::new(self.ready);
        if let Some(broken) = self.pass_on(&mut chain, stage)? {
            return self.refuse_broken(chain, stage, &broken);
        }
        let after = chain.judge();
        let found = after.course.stages.iter().find(|found| found.id == stage.id);
        if found.is_none_or(|found| found.state != StageState::Passed) {
            let reasons = of_stage(&after, &stage.id);
            return Err(self.would_not_count(&format!("say that {} held", stage.id), &reasons));
        }
        self.deliver(chain, &after, &format!("stage {} pass", stage.id))
    }

    /// Says that a stage did not hold.
    ///
    /// # Errors
    /// If nobody says why.
    pub fn fail(mut self, stage: &StageReport) -> Outcome {
        let why = self.options.reason.clone().or_else(|| self.options.note.clone());
        let Some(why) = why.filter(|why| !why.trim().is_empty()) else {
            return Err(Failure::usage(format!("that {} failed needs a reason", stage.id))
                .by(Denial::Incomplete)
                .hint("add --reason TEXT"));
        };
        let mut chain = Chain::new(self.ready);
        let event = StageEvent::Fail;
        let body = Stage { stage: stage.id.clone(), event, confirm: Vec::new(), readings: Vec::new(), in_spite: Vec::new() };
        let draft = Draft { comment: Some(why), evidence: self.evidence.clone(), ..self.ready.draft(Body::Stage(body))? };
        chain.sign_draft(self.app, draft)?;
        self.told.push(format!("{} failed", named(stage)));
        let exit = self.deliver_quietly(chain, &format!("stage {} fail", stage.id))?;
        let again = self.call.on("stage", &format!("{} enter", stage.id));
        course::say_next(self.app, &[self.call.on("rollback", ""), format!("{again}, once it is mended")]);
        Ok(exit)
    }

    /// Passes a stage on top of a chain; gives what does not hold.
    fn pass_on(&mut self, chain: &mut Chain<'_, '_>, stage: &StageReport) -> Outcome<Option<Vec<String>>> {
        let Self { app, ready, options, call, .. } = *self;
        let pass = Pass { app, ready, options, call, evidence: &self.evidence };
        Ok(match pass.sign(chain, stage)? {
            Passed::Held(told) => {
                self.told.push(told);
                None
            }
            Passed::Broken(broken) => Some(broken),
        })
    }

    /// Signs what somebody saw that does not hold, and nothing else.
    fn refuse_broken(&self, chain: Chain<'_, '_>, stage: &StageReport, broken: &[String]) -> Outcome {
        self.deliver_quietly(chain, &format!("reading of stage {}", stage.id))?;
        let verb = if broken.len() == 1 { "does" } else { "do" };
        let failure = Failure::refused(format!("{} of {} {verb} not hold, so no stage was moved", words::and(broken), stage.id))
            .by(Denial::LimitBroken)
            .suggest("to go back", self.call.on("rollback", ""));
        if !self.app.globals.json {
            return Err(failure);
        }
        // What was signed stands on standard output already, and there is one answer only.
        self.app.ui.failure(&failure);
        Ok(failure.exit)
    }

    fn require_go(&self, what: &str) -> Outcome<()> {
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

    fn refuse_entered(&self, stage: &StageReport) -> Outcome<()> {
        let Some(mark) = stage.entered.as_ref().filter(|_| stage.state != StageState::Failed) else { return Ok(()) };
        let when = at(self.app, mark.at);
        let next = course::next(self.app, self.ready.policy(), &self.ready.report, self.call);
        let failure = Failure::refused(format!("{} was entered by {} at {when}", stage.id, mark.by)).by(Denial::StageEntered);
        Err(match next.first() {
            Some(next) => failure.suggest("next", next.clone()),
            None => failure,
        })
    }

    fn require_person(&self, stage: &StageReport) -> Outcome<()> {
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

    fn skipped(&self, stage: &StageReport, open: &StageReport) -> Failure {
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
    fn window_and_freeze(&self, stage: &StageReport) -> Outcome<Vec<InSpite>> {
        let Ready { loaded, report, .. } = self.ready;
        let mut overridden = Vec::new();
        if report.course.out.is_some() {
            return Ok(overridden);
        }
        for found in outside_window_or_frozen(&loaded.context, &loaded.records, self.app.now) {
            let (of, denial) = match found.code {
                Code::EnvironmentFrozen => (InSpite::FREEZE, Denial::InFreeze),
                _ => (InSpite::WINDOW, Denial::OutOfWindow),
            };
            let who = &self.ready.identity.principal;
            if self.options.in_spite.iter().any(|word| word == of) {
                identity::require(self.ready.policy(), who, Right::BreakGlass)?;
                overridden.push(InSpite { of: of.to_owned(), reason: self.options.reason.clone().unwrap_or_default() });
            } else if stage.implied {
                self.app.ui.warn(format!("{}; this is kept as a deviation, and a gate goes on asking", found.seen));
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
    fn require_entered(&self, chain: &Chain<'_, '_>, after: &Report, stage: &StageReport, id: RecordId) -> Outcome<()> {
        let found = after.course.stages.iter().find(|found| found.id == stage.id);
        let is_entered = found.and_then(|found| found.entered.as_ref()).is_some_and(|mark| mark.record == id);
        let mut reasons = chain.against_stage(after, &stage.id);
        reasons.extend(after.verdict.reasons.iter().cloned());
        if is_entered && reasons.is_empty() {
            return Ok(());
        }
        Err(self.would_not_count(&format!("enter {}", stage.id), &reasons))
    }

    fn would_not_count(&self, what: &str, reasons: &[Finding]) -> Failure {
        let denial = reasons.iter().find_map(|reason| denial_of(reason.code)).unwrap_or(Denial::NotInGo);
        let who = &self.ready.identity.principal;
        let mut failure = Failure::refused(format!("{who} can't {what}: it would not count")).by(denial);
        for reason in reasons.iter().take(MOST_REASONS) {
            failure = failure.because(format!("{} [{}]", reason.seen, reason.code));
        }
        failure.suggest("see how it stands", self.call.on("stage", ""))
    }

    fn tell_entered(&mut self, after: &Report, stage: &StageReport) {
        let found = after.course.stages.iter().find(|found| found.id == stage.id).unwrap_or(stage);
        let bakes = found.bakes_until.map(|until| format!(" · bakes until {}", at(self.app, until))).unwrap_or_default();
        let who = &self.ready.identity.principal;
        let in_person = if found.by_person || found.implied { format!(", by {who}") } else { String::new() };
        self.told.push(format!("{}{in_person}{bakes}", named(found)));
        if let Some(window) = self.ready.report.release.as_ref().and_then(|release| release.window)
            && (window.from..window.to).contains(&self.app.now)
        {
            self.told.push(format!("  within the window ({} to {})", at(self.app, window.from), at(self.app, window.to)));
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
        self.told.push(if limits.is_empty() { "  no limits".to_owned() } else { format!("  limits: {}", limits.join(" · ")) });
        if !found.open_items.is_empty() {
            let with = |id: &&String| found.limits.iter().any(|limit| id.split('@').next() == Some(limit.limit.id.as_str()));
            let read = found.open_items.iter().filter(with).count();
            self.told.push(format!("  {}, {read} of them by reading", words::count_of(&found.open_items, "checkpoint")));
        }
    }

    fn deliver(&self, chain: Chain<'_, '_>, after: &Report, what: &str) -> Outcome {
        let exit = self.deliver_quietly(chain, what)?;
        let mut next = course::next(self.app, self.ready.policy(), after, self.call);
        if after.course.stages.iter().any(|stage| stage.state != StageState::Passed) {
            next.push(format!("{}, at any time", self.call.on("rollback", "")));
        }
        course::say_next(self.app, &next);
        Ok(exit)
    }

    fn deliver_quietly(&self, chain: Chain<'_, '_>, what: &str) -> Outcome {
        let tag = self.ready.report.tag.short();
        for (number, line) in self.told.iter().enumerate() {
            let is_more = number > 0 && line.starts_with(' ');
            match line.strip_prefix("  ").filter(|_| is_more) {
                Some(more) => self.app.ui.paragraph(more, "  ", "    "),
                None => self.app.ui.paragraph(&format!("{tag} · {line}"), "", "  "),
            }
        }
        delivery::deliver_chain(self.app, chain, &self.pieces, what, &self.options.delivery)
    }
}

/// Returns what speaks against a stage among the findings of a report.
fn of_stage(report: &Report, stage: &str) -> Vec<Finding> {
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
