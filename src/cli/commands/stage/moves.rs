//! The moves of a stage: it is entered, it held, it failed.

use super::looking::{Looked, Looking};
use super::options::Options;
use crate::cli::app::App;
use crate::cli::commands::course::say_next;
use crate::cli::commands::delivery;
use crate::model::course::{LimitReport, StageReport, StageState};
use crate::model::denial::Denial;
use crate::model::policy::Right;
use crate::model::record::{Body, Evidence, ItemRef, Reading, Stage, StageEvent};
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::chain::Chain;
use crate::ops::write::course::{self, Call};
use crate::ops::write::evidence::Piece;
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::Draft;
use crate::ops::write::stage::{Mover, Passing, of_stage};
use crate::report::course::stage as named;
use crate::report::words;

/// A move of a stage.
pub struct Move<'m, 'a> {
    app: &'m App,
    options: &'m Options,
    mover: Mover<'m, 'a>,
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
        let mover = Mover { session: app, ready, call, in_spite: &options.in_spite, reason: options.reason.as_deref() };
        Ok(Self { app, options, mover, pieces, evidence, told: Vec::new() })
    }

    /// Enters a stage, and says that the one before it held.
    ///
    /// # Errors
    /// If a gate would not let it.
    pub fn enter(mut self, stage: &StageReport) -> Outcome {
        let report = &self.mover.ready.report;
        self.mover.require_go(&format!("enter {}", stage.id))?;
        self.mover.refuse_entered(stage)?;
        self.mover.require_person(stage)?;
        let place = report.course.stages.iter().position(|other| other.id == stage.id).unwrap_or(0);
        let before = place.checked_sub(1).and_then(|place| report.course.stages.get(place));
        let earlier = report.course.stages.iter().take(place.saturating_sub(1));
        let skipped = |stage: &&StageReport| !matches!(stage.state, StageState::Passed);
        if let Some(open) = earlier.into_iter().find(skipped).or(before.filter(|before| before.entered.is_none())) {
            return Err(self.mover.skipped(stage, open));
        }
        let in_spite = self.mover.window_and_freeze(stage)?;
        let mut chain = Chain::new(self.mover.ready);
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
        let draft = Draft { comment, evidence, ..self.mover.ready.draft(Body::Stage(body))? };
        let id = chain.sign_draft(self.app, draft)?;
        let after = chain.judge();
        self.mover.require_entered(&chain, &after, stage, id)?;
        self.told.extend(self.mover.told_entered(&after, stage));
        self.deliver(chain, &after, &format!("stage {} enter", stage.id))
    }

    /// Says that a stage held.
    ///
    /// # Errors
    /// If it did not, or nobody can say.
    pub fn pass(mut self, stage: &StageReport) -> Outcome {
        self.mover.require_go(&format!("pass {}", stage.id))?;
        if stage.state == StageState::Passed {
            let by = stage.passed.as_ref().map(|mark| format!(" by {}", mark.by)).unwrap_or_default();
            return Err(Failure::refused(format!("{} was passed{by} already", stage.id)).by(Denial::NothingToSign));
        }
        let mut chain = Chain::new(self.mover.ready);
        if let Some(broken) = self.pass_on(&mut chain, stage)? {
            return self.refuse_broken(chain, stage, &broken);
        }
        let after = chain.judge();
        let found = after.course.stages.iter().find(|found| found.id == stage.id);
        if found.is_none_or(|found| found.state != StageState::Passed) {
            let reasons = of_stage(&after, &stage.id);
            return Err(self.mover.would_not_count(&format!("say that {} held", stage.id), &reasons));
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
        let mut chain = Chain::new(self.mover.ready);
        let event = StageEvent::Fail;
        let body = Stage { stage: stage.id.clone(), event, confirm: Vec::new(), readings: Vec::new(), in_spite: Vec::new() };
        let draft = Draft { comment: Some(why), evidence: self.evidence.clone(), ..self.mover.ready.draft(Body::Stage(body))? };
        chain.sign_draft(self.app, draft)?;
        self.told.push(format!("{} failed", named(stage)));
        let exit = self.deliver_quietly(chain, &format!("stage {} fail", stage.id))?;
        let again = self.mover.call.on("stage", &format!("{} enter", stage.id));
        say_next(self.app, &[self.mover.call.on("rollback", ""), format!("{again}, once it is mended")]);
        Ok(exit)
    }

    /// Passes a stage on top of a chain: what holds by its readings is confirmed without a question, and somebody has to look at the
    /// rest; gives what they say does not hold, which is signed and nothing else.
    fn pass_on(&mut self, chain: &mut Chain<'_, '_>, stage: &StageReport) -> Outcome<Option<Vec<String>>> {
        let Self { app, options, mover, .. } = *self;
        mover.require_baked(stage)?;
        let passing = Passing::of(&mover.ready.report, stage);
        let spite = mover.limits_in_spite(stage)?;
        let is_overridden = |limit: &&LimitReport| spite.iter().any(|spite| spite.of == limit.limit.id);
        let failing: Vec<_> = passing.failing.iter().copied().filter(|limit| !is_overridden(limit)).collect();
        mover.refuse_failing(stage, &failing)?;
        mover.refuse_beyond(stage, &passing.beyond)?;
        let unknown: Vec<_> = passing.unknown.iter().copied().filter(|limit| !is_overridden(limit)).collect();
        mover.refuse_machine(stage, &unknown, &passing)?;
        let looking = Looking { app, options, call: mover.call, stage };
        let Looked { values, broken, by_hand, note } = looking.at(&unknown, &passing.without_limit, passing.is_blank(stage))?;
        let mut readings: Vec<_> =
            passing.holding.iter().filter_map(|limit| limit.reading.as_ref()).map(|reading| reading.mark.record).collect();
        if !values.is_empty() {
            let from = stage.entered.as_ref().map_or(app.now, |mark| mark.at.min(app.now));
            let (source, to) = ("read by hand".to_owned(), app.now);
            let body = Reading { stage: stage.id.clone(), values, source, from, to };
            readings.push(chain.sign(app, Body::Reading(body))?);
        }
        if !broken.is_empty() {
            return Ok(Some(broken));
        }
        readings.sort();
        readings.dedup();
        let items = passing.with_limit.iter().chain(&passing.without_limit);
        let confirm: Vec<ItemRef> = items.map(|item| ItemRef { id: item.id.clone(), digest: item.digest }).collect();
        let told = mover.told(stage, &passing, (by_hand, confirm.len(), spite.len()));
        let body = Body::Stage(Stage { stage: stage.id.clone(), event: StageEvent::Pass, confirm, readings, in_spite: spite });
        let comment = options.note.clone().or(note);
        chain.sign_draft(app, Draft { comment, evidence: self.evidence.clone(), ..mover.ready.draft(body)? })?;
        self.told.push(told);
        Ok(None)
    }

    /// Signs what somebody saw that does not hold, and nothing else.
    fn refuse_broken(&self, chain: Chain<'_, '_>, stage: &StageReport, broken: &[String]) -> Outcome {
        self.deliver_quietly(chain, &format!("reading of stage {}", stage.id))?;
        let verb = if broken.len() == 1 { "does" } else { "do" };
        let failure = Failure::refused(format!("{} of {} {verb} not hold, so no stage was moved", words::and(broken), stage.id))
            .by(Denial::LimitBroken)
            .suggest("to go back", self.mover.call.on("rollback", ""));
        if !self.app.globals.json {
            return Err(failure);
        }
        // What was signed stands on standard output already, and there is one answer only.
        self.app.ui.failure(&failure);
        Ok(failure.exit)
    }

    fn deliver(&self, chain: Chain<'_, '_>, after: &Report, what: &str) -> Outcome {
        let exit = self.deliver_quietly(chain, what)?;
        let mut next = course::next(self.app, self.mover.ready.policy(), after, self.mover.call);
        if after.course.stages.iter().any(|stage| stage.state != StageState::Passed) {
            next.push(format!("{}, at any time", self.mover.call.on("rollback", "")));
        }
        say_next(self.app, &next);
        Ok(exit)
    }

    fn deliver_quietly(&self, chain: Chain<'_, '_>, what: &str) -> Outcome {
        let tag = self.mover.ready.report.tag.short();
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
