//! Stages: which were entered, which held, and what the readings say of their limits.
//!
//! 1. Of every stage that has passed the latest record is that it did, by an authorised person or machine. An entry that came later
//!    says that it has not, also by a key that is no good any more.
//! 2. It was entered before that, and at least its bake time lay between, or enough people waived that.
//! 3. The last reading of each of its limits keeps to it and is not stale, or a person passed it in spite of that.
//! 4. Its items are settled, or were confirmed by those who moved it.
//! 5. The stage that takes all of the traffic is entered by a person, whom file or assignment names where they name one.

use std::collections::{BTreeMap, BTreeSet};

use super::limits;
use crate::evaluate::view::View;
use crate::evaluate::waived;
use crate::model::course::{LimitReport, LimitState, OverrideReport, ReadingReport, StageReport, StageState};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{ItemId, RecordId};
use crate::model::policy::Right;
use crate::model::record::{
    Assign, Body, InSpite, Open, OpenLimit, OpenStage, Owner, Phase, Reading, ReadingResult, Stage, StageEvent,
};
use crate::model::report::{ItemReport, ItemState};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// All stages of a release.
#[derive(Default)]
pub(super) struct Stages {
    pub(super) reports: Vec<StageReport>,
    /// For each stage, why it has not passed, in order; empty where it has.
    pub(super) not_passed: Vec<Vec<Finding>>,
    /// For each stage, why it can't be said to be entered; nothing where it is.
    pub(super) not_entered: Vec<Option<Finding>>,
    /// The entries of the last stage that count.
    pub(super) last_entries: BTreeSet<RecordId>,
    /// The items that somebody confirmed with their stage, by the record that did.
    pub(super) confirmed: BTreeMap<ItemId, RecordId>,
}

impl Stages {
    /// Settles the items that somebody confirmed with their stage, where the policy asks for no more than their owner's word.
    pub(super) fn confirm(&self, items: &mut [ItemReport]) {
        for item in items {
            let Some(record) = self.confirmed.get(&item.id).copied() else { continue };
            if may_confirm(item) {
                item.state = ItemState::Satisfied;
                item.needs.clear();
                item.confirmed = Some(record);
            }
        }
    }

    /// Notes what was overridden and what the bake time was waived of.
    pub(super) fn findings(&self, view: &View<'_, '_, '_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for stage in &self.reports {
            for spite in &stage.in_spite {
                let OverrideReport { of, reason, by: who, record } = spite.clone();
                let verified = view.release.log.records.get(&record);
                let seen = Seen::Overridden { who, stage: stage.id.clone(), of, reason };
                let finding = view.release.finding(seen).record(record).about(&stage.id);
                found.push(verified.map_or(finding.clone(), |verified| finding.key(verified.key().clone())));
            }
            for limit in &stage.limits {
                let Some(reading) = &limit.reading else { continue };
                let is_told = (reading.said, limit.state);
                if !matches!(is_told, (ReadingResult::Holds, LimitState::Fails) | (ReadingResult::Fails, LimitState::Holds)) {
                    continue;
                }
                let (who, value) = (reading.mark.by.clone(), reading.value.clone().unwrap_or_else(|| "nothing".to_owned()));
                let (limit_text, stage) = (limit.limit.text.clone(), stage.id.clone());
                let seen = Seen::ReadingContradicts { who, says: reading.said, value, limit: limit_text, stage };
                found.push(view.release.finding(seen).record(reading.mark.record).about(&limit.limit.id));
            }
            if stage.bake_waived {
                found.push(view.release.finding(Seen::BakeWaived { stage: stage.id.clone() }).about(&stage.id));
            }
        }
        found
    }
}

/// Judges every stage over a view; `items` are those of the release as they stand there.
pub(super) fn judge(view: &View<'_, '_, '_>, items: &[ItemReport]) -> Stages {
    let release = view.release;
    let stages = &release.open.stages;
    let mut found = Stages::default();
    for (place, stage) in stages.iter().enumerate() {
        let words = Words::on(view, stages, place);
        for (id, digest, record) in words.confirmed() {
            let is_meant = |item: &&ItemReport| item.id == id && item.digest == digest && is_of(release.open, item, stage);
            if let Some(item) = items.iter().find(is_meant).filter(|item| may_confirm(item)) {
                found.confirmed.insert(item.id.clone(), record);
            }
        }
        let open: Vec<&ItemReport> = items
            .iter()
            .filter(|item| {
                is_of(release.open, item, stage)
                    && !item.optional
                    && !item.state.is_settled()
                    && !found.confirmed.contains_key(&item.id)
            })
            .collect();
        let (report, mut not_passed) = words.report(&open);
        not_passed.extend(open.iter().map(|item| {
            let (id, stage) = (item.id.clone(), stage.id.clone());
            view.release.finding(Seen::StageItemOpen { id, stage, state: item.state.as_str() }).about(item.id.as_str())
        }));
        found.last_entries = words.entries().into_iter().map(Verified::id).collect();
        found.not_entered.push(words.not_entered());
        found.not_passed.push(not_passed);
        found.reports.push(report);
    }
    found
}

/// Whether an item is due at a stage.
fn is_of(open: &Open, item: &ItemReport, stage: &OpenStage) -> bool {
    let of_stage = match item.id.as_str().split_once('@') {
        Some((_, at)) => at == stage.id,
        None => open.implies(stage),
    };
    item.phase == Phase::Stage && of_stage
}

/// Whether confirming an item with its stage is enough: the policy asks for no more than its owner's word, and nobody said that it
/// is not done.
pub fn may_confirm(item: &ItemReport) -> bool {
    let needs = &item.requirements;
    matches!(item.state, ItemState::Pending | ItemState::Done) && needs.reviews == 0 && needs.roles.is_empty() && !needs.evidence
}

/// Whether a stage takes all of the traffic: by what is written, else because it is the last.
fn takes_all(stages: &[OpenStage], place: usize) -> bool {
    let written = stages.get(place).and_then(|stage| stage.traffic.as_deref());
    // Of `50–100 %` the end counts: whoever widens a stage must not take the last step as part of an earlier one.
    let numbers = written.into_iter().flat_map(|text| text.split(|c: char| !c.is_ascii_digit() && c != '.'));
    let share = numbers.filter_map(|number| number.parse::<f64>().ok()).reduce(f64::max);
    place + 1 == stages.len() || share.is_some_and(|percent| percent >= 100.0)
}

/// Names a stage with its share of the traffic.
pub(super) fn named(open: &Open, stage: &OpenStage) -> String {
    match &stage.traffic {
        Some(traffic) if !open.implies(stage) => format!("stage {} ({traffic})", stage.id),
        _ => format!("stage {}", stage.id),
    }
}

/// What was said of one stage by those who may, as far as it stands.
struct Words<'v, 'a, 'c> {
    view: &'v View<'v, 'a, 'c>,
    stage: &'v OpenStage,
    /// Only a person enters it.
    by_person: bool,
    /// Who takes it, after assignments.
    owner: Option<Owner>,
    all: BTreeMap<RecordId, (&'a Verified, &'a Stage)>,
    /// Those that no other of them had in view.
    last: Vec<RecordId>,
    /// Entries that count for nothing, by whom some version let move stages: whether what they began has passed nobody has said.
    begun: Vec<&'a Verified>,
    /// The readings of the stage.
    readings: Vec<(&'a Verified, &'a Reading)>,
    bake_waived: bool,
}

impl<'v, 'a, 'c> Words<'v, 'a, 'c> {
    fn on(view: &'v View<'v, 'a, 'c>, stages: &'v [OpenStage], place: usize) -> Self {
        let stage = &stages[place];
        let by_person = !view.release.open.implies(stage) && takes_all(stages, place);
        let owner = assigned(view, stage).or_else(|| stage.owner.clone());
        let (mut all, mut begun, mut readings) = (BTreeMap::new(), Vec::new(), Vec::new());
        for verified in view.records().filter(|verified| view.is_after_taking_up(verified.id())) {
            let who = verified.principal();
            match &verified.body {
                Body::Reading(reading) if reading.stage == stage.id => readings.push((verified, reading)),
                Body::Stage(word) if word.stage == stage.id => {
                    let counts = match word.event {
                        // That it did not hold is a negative record, for which having had the right at any time is enough.
                        StageEvent::Fail => view.stands_against(verified),
                        StageEvent::Pass => view.counts(verified, Right::Stage),
                        StageEvent::Enter => {
                            view.counts(verified, Right::Stage)
                                && !view.early.contains(&verified.id())
                                && (!by_person || is_named(view, verified, owner.as_ref()))
                        }
                    };
                    if counts {
                        all.insert(verified.id(), (verified, word));
                    } else if word.event == StageEvent::Enter
                        && !view.withdrawn.silences(&verified.id())
                        && view.ever_may(who, Right::Stage)
                    {
                        begun.push(verified);
                    }
                }
                _ => {}
            }
        }
        let ids: Vec<RecordId> = all.keys().copied().collect();
        // Who moves the stage with all of this in view takes it up.
        begun.retain(|entered| !ids.iter().any(|id| view.had_seen(*id, entered.id())));
        let last = view.release.log.history.latest(&ids);
        let bake_waived = stage.bake.is_some() && waived::bake(view, &stage.id);
        Self { view, stage, by_person, owner, all, last, begun, readings, bake_waived }
    }

    fn last(&self, event: StageEvent) -> Option<(&'a Verified, &'a Stage)> {
        let words = self.last.iter().filter_map(|id| self.all.get(id)).filter(|(_, word)| word.event == event);
        words.copied().max_by_key(|(verified, _)| (verified.time, verified.id()))
    }

    /// Returns the entries after which nobody said that the stage failed.
    fn entries(&self) -> Vec<&'a Verified> {
        let of = |event| self.all.iter().filter(move |(_, (_, word))| word.event == event).map(|(id, (word, _))| (*id, *word));
        let failed: Vec<RecordId> = of(StageEvent::Fail).map(|(id, _)| id).collect();
        let stands = |id: RecordId| !failed.iter().any(|failed| self.view.had_seen(*failed, id));
        of(StageEvent::Enter).filter(|(id, _)| stands(*id)).map(|(_, word)| word).collect()
    }

    /// Returns the entry from which the bake time counts: of several the last, since what was brought out then has to hold as long.
    fn entered(&self, seen_by: Option<RecordId>) -> Option<&'a Verified> {
        let seen = |entered: &&Verified| seen_by.is_none_or(|by| self.view.had_seen(by, entered.id()));
        self.entries().into_iter().filter(seen).max_by_key(|entered| (self.view.since(entered), entered.id()))
    }

    /// Returns when the stage has baked that was entered by a record: at once where it needs no time.
    fn baked(&self, entered: &Verified) -> Timestamp {
        self.view.since(entered).later(self.stage.bake.filter(|_| !self.bake_waived).unwrap_or(0))
    }

    /// Whether a stage that was entered by a record still baked at a time. One that needs no time asks no clock: who passes it has seen
    /// it entered, perhaps by a clock that goes ahead.
    fn bakes_at(&self, entered: &Verified, at: Timestamp) -> bool {
        let needs_time = self.stage.bake.is_some_and(|bake| bake > 0) && !self.bake_waived;
        needs_time && at < self.baked(entered)
    }

    /// Returns the items that were confirmed by those who moved the stage, people all of them.
    fn confirmed(&self) -> impl Iterator<Item = (ItemId, crate::model::ids::Sha256Digest, RecordId)> + '_ {
        let moved =
            self.all.values().filter(|(verified, word)| word.event != StageEvent::Fail && verified.principal().person().is_some());
        moved.flat_map(|(verified, word)| word.confirm.iter().map(|item| (item.id.clone(), item.digest, verified.id())))
    }

    /// Explains why the stage can't be said to be entered, if it can't.
    fn not_entered(&self) -> Option<Finding> {
        let release = self.view.release;
        let stage = named(release.open, self.stage);
        if let Some((failed, _)) = self.last(StageEvent::Fail) {
            return Some(self.has_failed(failed));
        }
        if !self.entries().is_empty() {
            return None;
        }
        let seen = match self.by_person {
            true => Seen::StagePersonRequired { stage, owner: self.owner.clone() },
            false => Seen::StageNotEntered { stage },
        };
        Some(release.finding(seen).about(&self.stage.id))
    }

    fn has_failed(&self, failed: &Verified) -> Finding {
        let stage = named(self.view.release.open, self.stage);
        let seen = Seen::StageFailed { stage, who: failed.principal().clone(), time: failed.time };
        self.view.release.cite(failed, seen).about(&self.stage.id)
    }

    /// Returns where the stage stands, and why it has not passed, but for its items.
    fn report(&self, open: &[&ItemReport]) -> (StageReport, Vec<Finding>) {
        let view = self.view;
        let passed = self.last(StageEvent::Pass);
        let is_begun = self.last(StageEvent::Enter).is_some() || !self.begun.is_empty();
        let failed = self.last(StageEvent::Fail).map(|(verified, _)| verified);
        let entered = self.entered(passed.filter(|_| !is_begun).map(|(verified, _)| verified.id()));
        let baked = entered.map(|entered| self.baked(entered));
        let limits = self.limits(entered, passed);
        let reasons = self.not_passed(passed, entered, &limits);
        let state = match (failed, entered) {
            (Some(_), _) => StageState::Failed,
            (None, None) => StageState::Waiting,
            (None, Some(_)) if reasons.is_empty() && open.is_empty() => StageState::Passed,
            (None, Some(entered)) if self.bakes_at(entered, view.at) => StageState::Baking,
            (None, Some(_)) => StageState::Baked,
        };
        let mut in_spite = Vec::new();
        for (verified, word) in self.all.values().filter(|(verified, _)| verified.principal().person().is_some()) {
            in_spite.extend(word.in_spite.iter().map(|spite| overridden(spite, verified)));
        }
        let report = StageReport {
            id: self.stage.id.clone(),
            name: self.stage.name.clone(),
            traffic: self.stage.traffic.clone(),
            bake: self.stage.bake,
            owner: self.owner.clone(),
            implied: view.release.open.implies(self.stage),
            by_person: self.by_person,
            state,
            // Whoever passed it may have seen no entry: then it was entered all the same.
            entered: entered.or_else(|| self.entered(None)).map(|entered| view.mark(entered)),
            bakes_until: baked.filter(|_| self.stage.bake.is_some_and(|bake| bake > 0)),
            bake_waived: self.bake_waived,
            passed: passed.map(|(verified, _)| view.mark(verified)),
            failed: failed.map(|failed| view.mark(failed)),
            limits,
            open_items: open.iter().map(|item| item.id.to_string()).collect(),
            in_spite,
        };
        (report, reasons)
    }

    /// Explains why the stage has not passed, as far as it is not for its items.
    fn not_passed(
        &self,
        passed: Option<(&'a Verified, &'a Stage)>,
        entered: Option<&'a Verified>,
        limits: &[LimitReport],
    ) -> Vec<Finding> {
        let (view, release) = (self.view, self.view.release);
        let stage = named(release.open, self.stage);
        let one = |verified, seen| vec![release.cite(verified, seen).about(&self.stage.id)];
        if let Some((failed, _)) = self.last(StageEvent::Fail) {
            return vec![self.has_failed(failed)];
        }
        if let Some((verified, _)) = self.last(StageEvent::Enter) {
            let (who, time) = (verified.principal().clone(), verified.time);
            let seen = match self.bakes_at(verified, view.at) {
                true => Seen::StageBaking { stage, who, time, until: self.baked(verified) },
                false => Seen::StageNotPassed { stage, who, time },
            };
            return one(verified, seen);
        }
        if let Some(verified) = self.begun.first() {
            return one(verified, Seen::StageEntryIgnored { stage, who: verified.principal().clone() });
        }
        let Some((passed, _)) = passed else {
            return vec![release.finding(Seen::StageNeverEntered { stage }).about(&self.stage.id)];
        };
        let (who, at) = (passed.principal().clone(), passed.time);
        let Some(entered) = entered else {
            return one(passed, Seen::StagePassedUnseen { stage, who });
        };
        if self.bakes_at(entered, at.min(view.at)) {
            let (since, until) = (view.since(entered), self.baked(entered));
            return one(passed, Seen::StagePassedEarly { stage, since, until, who, at });
        }
        limits.iter().filter(|limit| !limit.is_settled()).map(|limit| self.unsettled(limit)).collect()
    }

    /// Explains why a limit does not let the stage pass.
    fn unsettled(&self, limit: &LimitReport) -> Finding {
        let (stage, text) = (named(self.view.release.open, self.stage), limit.limit.text.clone());
        let value = limit.reading.as_ref().and_then(|reading| reading.value.clone()).unwrap_or_else(|| "nothing".to_owned());
        let seen = match limit.state {
            LimitState::Unread => Seen::LimitUnread { limit: text, stage },
            LimitState::Stale => Seen::LimitStale { limit: text, stage },
            LimitState::NoData => Seen::LimitNoData { limit: text, stage, value },
            LimitState::Fails | LimitState::Holds => Seen::LimitFailed { limit: text, stage, value },
        };
        let mut finding = self.view.release.finding(seen).about(&limit.limit.id);
        finding.record = limit.reading.as_ref().map(|reading| reading.mark.record);
        finding
    }

    /// Returns what the readings say of each limit since the stage was entered: those that whoever passed it had seen, and those that
    /// speak against it.
    fn limits(&self, entered: Option<&'a Verified>, passed: Option<(&'a Verified, &'a Stage)>) -> Vec<LimitReport> {
        self.stage.limits.iter().map(|limit| self.limit(limit, entered, passed)).collect()
    }

    fn limit(&self, limit: &OpenLimit, entered: Option<&'a Verified>, passed: Option<(&'a Verified, &'a Stage)>) -> LimitReport {
        let view = self.view;
        let mut latest: Option<(Timestamp, u8, RecordId, LimitState, ReadingReport)> = None;
        for (verified, reading) in &self.readings {
            for value in reading.values.iter().filter(|value| value.limit.as_deref() == Some(limit.id.as_str())) {
                let seconds = reading.to.seconds().saturating_sub(reading.from.seconds());
                let state = limits::judge(limit, value, seconds, verified.principal().person().is_some());
                let is_seen = passed.is_none_or(|(passed, _)| view.had_seen(passed.id(), verified.id()));
                let counts = is_seen && view.counts(verified, Right::Read);
                // What speaks against the stage counts also unseen, as far as it was there to be seen, and of whatever key.
                let in_time = passed.is_none_or(|(passed, _)| reading.to <= view.since(passed));
                let against = state == LimitState::Fails
                    && in_time
                    && view.ever_may(verified.principal(), Right::Read)
                    && !view.withdrawn.answers(&verified.id());
                if !counts && !against {
                    continue;
                }
                // Of two that end together the worse counts.
                let weight = match state {
                    LimitState::Fails => 2,
                    LimitState::Holds => 0,
                    LimitState::NoData | LimitState::Stale | LimitState::Unread => 1,
                };
                let key = (reading.to, weight, verified.id());
                if latest.as_ref().is_some_and(|(to, other, id, ..)| (*to, *other, *id) > key) {
                    continue;
                }
                let report = ReadingReport {
                    mark: view.mark(verified),
                    value: value.value.clone(),
                    baseline: value.baseline.clone(),
                    said: value.result,
                    source: reading.source.clone(),
                    from: reading.from,
                    to: reading.to,
                };
                latest = Some((key.0, key.1, key.2, state, report));
            }
        }
        let fresh_from = entered.map(|entered| (view.since(entered), self.baked(entered)));
        let state = match (&latest, fresh_from) {
            (None, _) => LimitState::Unread,
            (Some((to, _, _, LimitState::Fails, _)), Some((entered, _))) if *to >= entered => LimitState::Fails,
            (Some((to, ..)), Some((_, baked))) if *to < baked => LimitState::Stale,
            (Some((_, _, _, state, _)), _) => *state,
        };
        let in_spite = passed.and_then(|(verified, word)| {
            let spite = word.in_spite.iter().find(|spite| spite.of == limit.id)?;
            verified.principal().person().map(|_| overridden(spite, verified))
        });
        LimitReport { limit: limit.clone(), state, reading: latest.map(|(.., reading)| reading), in_spite }
    }
}

fn overridden(spite: &InSpite, verified: &Verified) -> OverrideReport {
    OverrideReport { of: spite.of.clone(), reason: spite.reason.clone(), by: verified.principal().clone(), record: verified.id() }
}

/// Whether an entry is by a person, and by one who is named where somebody is.
fn is_named(view: &View<'_, '_, '_>, verified: &Verified, owner: Option<&Owner>) -> bool {
    let Some(handle) = verified.principal().person() else { return false };
    owner.is_none_or(|owner| view.release.policy().is_owner(handle, Some(owner)))
}

/// Returns to whom a stage was assigned, last.
fn assigned(view: &View<'_, '_, '_>, stage: &OpenStage) -> Option<Owner> {
    let release = view.release;
    let counting = view.words::<Assign>().filter(|(verified, assign)| {
        assign.stage.as_deref() == Some(stage.id.as_str())
            && release.authorises(verified, Right::Assign)
            // As of an item: what gives it back to somebody else takes authority.
            && !view.withdrawn.answers(&verified.id())
            && release.policy().person(&assign.owner).is_some()
    });
    let last = counting.max_by_key(|(verified, _)| release.log.history.place(verified.id()));
    last.map(|(_, assign)| Owner::Person(assign.owner.clone()))
}
