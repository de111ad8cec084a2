//! Passing a stage: what holds by its readings is confirmed without a question, and somebody has to look at the rest.

use super::looking::{Looked, Looking};
use super::options::Options;
use crate::cli::app::App;
use crate::cli::commands::course::{Call, at};
use crate::model::course::{LimitReport, StageReport, StageState};
use crate::model::denial::Denial;
use crate::model::record::{Body, Evidence, InSpite, ItemRef, Reading, Stage, StageEvent};
use crate::model::report::{ItemReport, ItemState};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find::one_of;
use crate::ops::write::chain::Chain;
use crate::ops::write::passing::Passing;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::Draft;
use crate::report::course::{condition, lasting, limit_state};
use crate::report::{safe, words};

/// What is needed to pass a stage.
pub struct Pass<'p, 'a> {
    pub app: &'p App,
    pub ready: &'p Ready<'a>,
    pub options: &'p Options,
    pub call: &'p Call,
    pub evidence: &'p [Evidence],
}

/// What became of it.
pub enum Passed {
    /// The records are signed; what is said of it.
    Held(String),
    /// Somebody looked and says that this does not hold, which is signed and nothing else.
    Broken(Vec<String>),
}

impl Pass<'_, '_> {
    /// Signs that a stage held, on top of a chain.
    ///
    /// # Errors
    /// If it did not, or nobody can say.
    pub fn sign(&self, chain: &mut Chain<'_, '_>, stage: &StageReport) -> Outcome<Passed> {
        self.require_baked(stage)?;
        let passing = Passing::of(&self.ready.report, stage);
        let spite = self.in_spite(stage)?;
        let is_overridden = |limit: &&LimitReport| spite.iter().any(|spite| spite.of == limit.limit.id);
        let failing: Vec<_> = passing.failing.iter().copied().filter(|limit| !is_overridden(limit)).collect();
        self.refuse_failing(stage, &failing)?;
        self.refuse_beyond(stage, &passing.beyond)?;
        let unknown: Vec<_> = passing.unknown.iter().copied().filter(|limit| !is_overridden(limit)).collect();
        self.refuse_machine(stage, &unknown, &passing)?;
        let looking = Looking { app: self.app, options: self.options, call: self.call, stage };
        let Looked { values, broken, by_hand, note } = looking.at(&unknown, &passing.without_limit, passing.is_blank(stage))?;
        let mut readings: Vec<_> =
            passing.holding.iter().filter_map(|limit| limit.reading.as_ref()).map(|reading| reading.mark.record).collect();
        if !values.is_empty() {
            let from = stage.entered.as_ref().map_or(self.app.now, |mark| mark.at.min(self.app.now));
            let (source, to) = ("read by hand".to_owned(), self.app.now);
            let body = Reading { stage: stage.id.clone(), values, source, from, to };
            readings.push(chain.sign(self.app, Body::Reading(body))?);
        }
        if !broken.is_empty() {
            return Ok(Passed::Broken(broken));
        }
        readings.sort();
        readings.dedup();
        let items = passing.with_limit.iter().chain(&passing.without_limit);
        let confirm: Vec<ItemRef> = items.map(|item| ItemRef { id: item.id.clone(), digest: item.digest }).collect();
        let told = self.told(stage, &passing, (by_hand, confirm.len(), spite.len()));
        let body = Body::Stage(Stage { stage: stage.id.clone(), event: StageEvent::Pass, confirm, readings, in_spite: spite });
        let comment = self.options.note.clone().or(note);
        chain.sign_draft(self.app, Draft { comment, evidence: self.evidence.to_vec(), ..self.ready.draft(body)? })?;
        Ok(Passed::Held(told))
    }

    fn told(&self, stage: &StageReport, passing: &Passing<'_>, (by_hand, items, spite): (u64, usize, usize)) -> String {
        let since = stage.entered.as_ref().map_or(0, |mark| self.app.now.seconds() - mark.at.seconds());
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

    /// Refuses a stage that nobody has entered, that failed, or that has not baked.
    fn require_baked(&self, stage: &StageReport) -> Outcome<()> {
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
                let until = until.unwrap_or(self.app.now);
                let left = lasting(until.seconds() - self.app.now.seconds());
                let people = self.ready.policy().thresholds().waiver;
                let failure = Failure::refused(format!("{id} has not baked: until {}, in {left}", at(self.app, until)))
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
    fn in_spite(&self, stage: &StageReport) -> Outcome<Vec<InSpite>> {
        let named = self.options.in_spite.iter().filter(|of| !matches!(of.as_str(), InSpite::WINDOW | InSpite::FREEZE));
        let mut found: Vec<InSpite> = Vec::new();
        for of in named {
            let ids = stage.limits.iter().map(|limit| limit.limit.id.as_str());
            let Some(id) = one_of(ids.clone(), of)? else {
                return Err(Failure::usage(format!("{} has no limit {of:?}", stage.id))
                    .hint(format!("it has {}; besides there are window and freeze", words::and(ids))));
            };
            let is_settled = stage.limits.iter().any(|limit| limit.limit.id == id && limit.is_settled());
            if !is_settled && found.iter().all(|spite| spite.of != id) {
                let reason = self.options.reason.clone().unwrap_or_default();
                found.push(InSpite { of: id.to_owned(), reason });
            }
        }
        Ok(found)
    }

    fn refuse_failing(&self, stage: &StageReport, failing: &[&LimitReport]) -> Outcome<()> {
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
                    at(self.app, reading.to),
                    reading.mark.by
                ));
            }
        }
        let event = format!("… --in-spite {} --reason \"…\"", first.limit.id);
        Err(failure
            .suggest("to go back", self.call.on("rollback", ""))
            .suggest("to go on in spite of it, which every report shows", self.call.on("stage", &event)))
    }

    fn refuse_beyond(&self, stage: &StageReport, beyond: &[&ItemReport]) -> Outcome<()> {
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
    fn refuse_machine(&self, stage: &StageReport, unknown: &[&LimitReport], passing: &Passing<'_>) -> Outcome<()> {
        let who = &self.ready.identity.principal;
        let is_overridden = !self.options.in_spite.is_empty();
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
}
