//! What it takes to pass a stage: what can be confirmed at once, and what somebody has to look at.

use crate::evaluate::course::may_confirm;
use crate::model::course::{LimitReport, LimitState, StageReport, StageState};
use crate::model::denial::Denial;
use crate::model::record::InSpite;
use crate::model::report::{ItemReport, ItemState, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find::one_of;
use crate::ops::write::course::at;
use crate::ops::write::entering::Mover;
use crate::report::course::{condition, lasting, limit_state};
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
    pub fn in_spite(&self, stage: &StageReport) -> Outcome<Vec<InSpite>> {
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
}
