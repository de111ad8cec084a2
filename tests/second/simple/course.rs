//! The course of a release: its stages and what was measured in them, and whether it went out.

use std::collections::{BTreeMap, BTreeSet};

use relsign::model::ids::{Principal, RecordId};
use relsign::model::policy::Right;
use relsign::model::record::{
    Body, ItemRef, OpenItem, OpenLimit, OpenStage, Owner, Phase, Reading, ReadingResult, Stage, StageEvent,
};
use relsign::model::report::ItemState;
use relsign::model::time::Timestamp;

use super::basis::Basis;
use super::items::person;
use super::policy::{fits, has_right, owns};
use super::{Entry, Judge, Release, limits};

/// Some of the records, which are all that the judge knows, at a time; with the decision with which there is GO by them.
pub(super) struct Course<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) release: Release<'a>,
    pub(super) records: &'a BTreeSet<RecordId>,
    pub(super) time: Timestamp,
    pub(super) decided: Option<RecordId>,
    /// The roll-backs and closes that decisions took up again, with these.
    pub(super) taken_up: BTreeMap<RecordId, RecordId>,
}

/// The counting words on a stage.
struct Words<'a> {
    all: Vec<(RecordId, &'a Entry, &'a Stage)>,
}

impl<'a> Course<'a> {
    pub(super) fn basis(&self) -> Basis<'a> {
        Basis { judge: self.judge, release: self.release, records: self.records, time: self.time }
    }

    pub(super) fn of_the_release(&self) -> impl Iterator<Item = (RecordId, &'a Entry)> + '_ {
        let here = self.records.iter().map(|id| (*id, self.judge.valid[id]));
        here.filter(|(_, entry)| entry.record.open == Some(self.release.id))
    }

    fn may(&self, entry: &Entry, right: Right) -> bool {
        has_right(&self.release.policy.says, &entry.record.signer.handle, right)
    }

    pub(super) fn had_seen(&self, later: RecordId, earlier: RecordId) -> bool {
        self.judge.ancestors[&later].contains(&earlier)
    }

    pub(super) fn is_taken_up(&self, id: RecordId) -> bool {
        self.taken_up.contains_key(&id)
    }

    /// What was said before the release was taken up again is over: whoever said it had seen neither what is over nor the decision.
    pub(super) fn is_of_before(&self, id: RecordId) -> bool {
        self.taken_up.iter().any(|(end, decision)| !self.had_seen(id, *end) && !self.had_seen(id, *decision))
    }

    fn records_of(&self, stage: &OpenStage) -> Vec<(RecordId, &'a Entry, &'a Stage)> {
        self.of_the_release()
            .filter_map(|(id, entry)| match &entry.record.body {
                Body::Stage(said) if said.stage == stage.id => Some((id, entry, said)),
                _ => None,
            })
            .collect()
    }

    fn word_counts(&self, stage: &OpenStage, id: RecordId, entry: &Entry, said: &Stage) -> bool {
        let in_favour = || self.judge.counts(id) && self.may(entry, Right::Stage) && !self.basis().is_taken_back(id);
        !self.is_of_before(id)
            && match said.event {
                StageEvent::Enter => {
                    in_favour()
                        && (self.is_implied(stage) || !self.judge.early.contains(&id))
                        && (!self.takes_all(stage) || self.takes_it(stage, entry))
                }
                StageEvent::Pass => in_favour(),
                StageEvent::Fail => self.judge.speaks_against(self.release, id) && !self.basis().is_taken_back_for_good(id),
            }
    }

    fn words(&self, stage: &OpenStage) -> Words<'a> {
        let all = self.records_of(stage).into_iter();
        Words { all: all.filter(|(id, entry, said)| self.word_counts(stage, *id, entry, said)).collect() }
    }

    /// The only stage is implied if it has nothing of its own but limits.
    pub(super) fn is_implied(&self, stage: &OpenStage) -> bool {
        let is_bare = stage.bake.is_none() && stage.owner.is_none();
        self.release.open.stages.len() == 1 && stage.id == "all" && stage.name == "all" && is_bare
    }

    /// The last of several stages takes all, and one that says so.
    fn takes_all(&self, stage: &OpenStage) -> bool {
        let is_last = self.release.open.stages.last().is_some_and(|last| last.id == stage.id);
        !self.is_implied(stage) && (is_last || stage.traffic.as_deref().is_some_and(|traffic| largest(traffic) >= 100.0))
    }

    /// Whoever lets everything through is a person, and the one who was named for it.
    fn takes_it(&self, stage: &OpenStage, entry: &Entry) -> bool {
        let Some(handle) = person(entry) else { return false };
        let assigned = self.of_the_release().filter_map(|(id, entry)| match &entry.record.body {
            Body::Assign(assign) if assign.stage.as_ref() == Some(&stage.id) && self.basis().assignment_counts(id) => {
                Some((self.judge.depth(id), id, &assign.owner))
            }
            _ => None,
        });
        let owner = assigned.max().map(|(_, _, owner)| Owner::Person(owner.clone())).or_else(|| stage.owner.clone());
        owner.is_none_or(|owner| owns(&self.release.policy.says, handle, Some(&owner)))
    }

    /// The words on a stage that none of the others had seen.
    fn last_words(&self, words: &Words<'a>) -> Vec<(RecordId, &'a Entry, &'a Stage)> {
        let seen = |id: RecordId| words.all.iter().any(|(other, ..)| self.had_seen(*other, id));
        words.all.iter().copied().filter(|(id, ..)| !seen(*id)).collect()
    }

    /// The entries after which nobody said that the stage failed.
    fn entries_that_stand(&self, words: &Words<'a>) -> Vec<RecordId> {
        let of = |event| words.all.iter().filter(move |(_, _, said)| said.event == event).map(|(id, ..)| *id);
        of(StageEvent::Enter).filter(|entry| !of(StageEvent::Fail).any(|fail| self.had_seen(fail, *entry))).collect()
    }

    fn latest(&self, of: impl IntoIterator<Item = RecordId>) -> Option<RecordId> {
        of.into_iter().max_by_key(|id| (self.judge.time_of(*id), *id))
    }

    /// A stage is entered by an entry after which it did not fail.
    pub(super) fn entered(&self, stage: &OpenStage) -> Option<RecordId> {
        let words = self.words(stage);
        let failed = self.last_words(&words).iter().any(|(_, _, said)| said.event == StageEvent::Fail);
        self.latest(self.entries_that_stand(&words)).filter(|_| !failed)
    }

    /// Somebody entered it, whether or not somebody else who had not seen that said that it failed.
    pub(super) fn is_begun(&self, stage: &OpenStage) -> bool {
        !self.entries_that_stand(&self.words(stage)).is_empty()
    }

    /// Bake times can be waived as items can.
    pub(super) fn bake_is_waived(&self, stage: &OpenStage) -> bool {
        stage.bake.is_some() && self.basis().is_waived_by_enough(|sign| sign.bake.as_ref() == Some(&stage.id))
    }

    /// When an entry has baked.
    fn baked(&self, stage: &OpenStage, entry: RecordId) -> Timestamp {
        let bake = if self.bake_is_waived(stage) { 0 } else { stage.bake.unwrap_or(0) };
        self.judge.time_of(entry).plus(i64::try_from(bake).expect("a bake time of a story"))
    }

    /// The last pass and the entry that it is about, if nobody said otherwise since.
    pub(super) fn pass_and_entry(&self, stage: &OpenStage) -> Option<(RecordId, RecordId)> {
        let words = self.words(stage);
        let last = self.last_words(&words);
        if last.iter().any(|(_, _, said)| said.event != StageEvent::Pass) {
            return None;
        }
        // Whoever passes a stage had seen everybody who tried to enter it, also those whose word does not count.
        let unseen = self.records_of(stage).into_iter().any(|(id, entry, said)| {
            said.event == StageEvent::Enter
                && !self.is_of_before(id)
                && !words.all.iter().any(|(word, ..)| *word == id)
                && !self.basis().is_taken_back(id)
                && self.judge.had_right(entry, Right::Stage)
                && !words.all.iter().any(|(word, ..)| self.had_seen(*word, id))
        });
        let (pass, ..) = last.into_iter().max_by_key(|(id, entry, _)| (entry.record.time, *id))?;
        let entries = self.entries_that_stand(&words).into_iter().filter(|entry| self.had_seen(pass, *entry));
        let entry = self.latest(entries)?;
        (!unseen).then_some((pass, entry))
    }

    /// A stage has passed if somebody says so, it has baked, and all that must hold in it does.
    pub(super) fn passed(&self, stage: &OpenStage) -> Option<RecordId> {
        let (pass, entry) = self.pass_and_entry(stage)?;
        let record = &self.judge.valid[&pass].record;
        let Body::Stage(said) = &record.body else { return None };
        let by_person = matches!(record.signer.handle, Principal::Person(_));
        let overrides = |limit: &OpenLimit| by_person && said.in_spite.iter().any(|in_spite| in_spite.of == limit.id);
        let baked = self.baked(stage, entry);
        // Where no time is asked for, none is compared.
        let is_timed = stage.bake.is_some_and(|bake| bake > 0) && !self.bake_is_waived(stage);
        let all_holds = (!is_timed || record.time >= baked && self.time >= baked)
            && stage.limits.iter().all(|limit| overrides(limit) || self.limit_holds(stage, limit, pass, entry))
            && self.items_of(stage).all(|item| item.optional || self.item_state(item).is_settled());
        all_holds.then_some(pass)
    }

    /// The last value that was read of a limit must keep to it, and measuring must not have ended before the stage had baked.
    fn limit_holds(&self, stage: &OpenStage, limit: &OpenLimit, pass: RecordId, entry: RecordId) -> bool {
        let last = self.values(stage, limit, pass).into_iter().max_by_key(|(id, reading, result)| {
            let rank = match result {
                ReadingResult::Fails => 2,
                ReadingResult::NoData => 1,
                ReadingResult::Holds => 0,
            };
            (reading.to, rank, *id)
        });
        let Some((_, reading, result)) = last else { return false };
        result == ReadingResult::Holds && reading.to >= self.baked(stage, entry)
    }

    /// What was read of a limit: what counts and the pass had seen, and, whoever had the right once says it and whether or not
    /// it was seen, what fails.
    fn values(&self, stage: &OpenStage, limit: &OpenLimit, pass: RecordId) -> Vec<(RecordId, &'a Reading, ReadingResult)> {
        let mut found = Vec::new();
        for (id, entry) in self.of_the_release() {
            let Body::Reading(reading) = &entry.record.body else { continue };
            if reading.stage != stage.id || self.is_of_before(id) {
                continue;
            }
            let counts =
                self.judge.counts(id) && self.may(entry, Right::Read) && !self.basis().is_taken_back(id) && self.had_seen(pass, id);
            let fails = self.judge.had_right(entry, Right::Read)
                && !self.basis().is_taken_back_for_good(id)
                && reading.to <= self.judge.time_of(pass);
            for value in reading.values.iter().filter(|value| value.limit.as_ref() == Some(&limit.id)) {
                let result = limits::says(limit, reading, value, person(entry).is_some());
                if counts || fails && result == ReadingResult::Fails {
                    found.push((id, reading, result));
                }
            }
        }
        found
    }

    /// An item is of the stage that its id names, else of the only one.
    fn items_of<'b>(&'b self, stage: &'b OpenStage) -> impl Iterator<Item = &'a OpenItem> + 'b {
        let items = self.release.open.items.iter().filter(|item| item.phase == Phase::Stage);
        items.filter(|item| match item.id.to_string().split_once('@') {
            Some((_, of)) => of == stage.id,
            None => self.is_implied(stage),
        })
    }

    /// Whoever moves a stage may settle what needs nothing but its owner's word.
    fn is_confirmed(&self, item: &OpenItem) -> bool {
        let asked = &item.requirements;
        let of_it = self.release.open.stages.iter().filter(|stage| self.items_of(stage).any(|other| other.id == item.id));
        let named = |confirm: &[ItemRef]| confirm.iter().any(|named| named.id == item.id && named.digest == item.digest);
        let mut words = of_it.flat_map(|stage| self.words(stage).all);
        asked.reviews == 0
            && asked.roles.is_empty()
            && !asked.evidence
            && words.any(|(_, entry, said)| said.event != StageEvent::Fail && person(entry).is_some() && named(&said.confirm))
    }

    /// Where an item stands, with what was confirmed of it.
    pub(super) fn item_state(&self, item: &OpenItem) -> ItemState {
        let state = self.basis().item_state(item);
        if matches!(state, ItemState::Pending | ItemState::Done) && self.is_confirmed(item) {
            return ItemState::Satisfied;
        }
        state
    }

    pub(super) fn all_passed(&self, stages: &[OpenStage]) -> bool {
        stages.iter().all(|stage| self.passed(stage).is_some())
    }

    /// What goes out at a time outside its window does not count, and neither does what goes out in a freeze.
    pub(super) fn is_outside_window(&self, at: Timestamp) -> bool {
        self.release.open.window.is_some_and(|window| at < window.from || at >= window.to)
    }

    /// A freeze is of an environment if it says so, or covers a ref that only its releases move.
    pub(super) fn is_frozen(&self, at: Timestamp) -> bool {
        let open = self.release.open;
        let gates = self.judge.newest().says.gates.iter();
        let gated: Vec<&str> = gates
            .filter(|gate| gate.environment == open.environment && gate.component == open.component)
            .map(|gate| gate.ref_name.as_str())
            .collect();
        self.judge.question.freezes.iter().any(|freeze| {
            freeze.from <= at
                && freeze.until.is_none_or(|until| at < until)
                && (freeze.environments.contains(&open.environment)
                    || gated.iter().any(|name| freeze.refs.iter().any(|pattern| fits(pattern, name))))
        })
    }

    /// Whether an entry of the last stage, judged over what it had seen, lets the release out.
    fn goes_out_by(&self, stage: &OpenStage, id: RecordId, entry: &Entry, said: &Stage) -> bool {
        let Some(decided) = self.decided else { return false };
        let Body::Decide(decide) = &self.judge.valid[&decided].record.body else { return false };
        let breaks_glass = person(entry).is_some() && self.may(entry, Right::BreakGlass);
        let overrides = |what: &str| breaks_glass && said.in_spite.iter().any(|in_spite| in_spite.of == what);
        let before: Vec<OpenStage> = self.release.open.stages.iter().take_while(|other| other.id != stage.id).cloned().collect();
        self.word_counts(stage, id, entry, said)
            && self.time >= self.judge.basis_time(self.release, decided, decide)
            && self.all_passed(&before)
            && (!self.is_outside_window(self.time) || overrides("window"))
            && (!self.is_frozen(self.time) || overrides("freeze"))
    }
}

/// The largest of the numbers in a text.
fn largest(text: &str) -> f64 {
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|number| number.parse::<f64>().ok());
    numbers.fold(0.0, f64::max)
}

impl<'a> Judge<'a> {
    /// Asks something about what a record had seen, with it, at its time.
    pub(super) fn over_what_it_had_seen<T>(
        &self,
        release: Release<'a>,
        id: RecordId,
        ask: impl for<'b> FnOnce(&Course<'b>) -> T,
    ) -> T {
        let part = self.as_seen_by(id);
        let records: BTreeSet<RecordId> = part.valid.keys().copied().collect();
        let decided = part.decision_with_enough(release, &part.decisions_that_hold(release));
        let taken_up = part.taken_up(release);
        ask(&Course { judge: &part, release, records: &records, time: self.time_of(id), decided, taken_up })
    }

    /// What was entered before enough people had decided.
    pub(super) fn entered_early(&self, release: Release<'a>) -> BTreeSet<RecordId> {
        let entries = self.valid.iter().filter(|(_, entry)| match &entry.record.body {
            Body::Stage(said) => entry.record.open == Some(release.id) && said.event == StageEvent::Enter,
            _ => false,
        });
        let early = entries.filter(|(id, _)| {
            !self.over_what_it_had_seen(release, **id, |course| {
                course.decided.is_some_and(|decided| match &course.judge.valid[&decided].record.body {
                    Body::Decide(decide) => course.time >= course.judge.basis_time(release, decided, decide),
                    _ => false,
                })
            })
        });
        early.map(|(id, _)| *id).collect()
    }

    /// The release is out by the latest entry of its last stage that was made when it might be.
    pub(super) fn out(&self, now: &Course<'a>) -> Option<(RecordId, Timestamp)> {
        let release = now.release;
        let last = release.open.stages.last()?;
        let entries = self.valid.iter().filter(|(_, entry)| match &entry.record.body {
            Body::Stage(said) => entry.record.open == Some(release.id) && said.event == StageEvent::Enter && said.stage == last.id,
            _ => false,
        });
        // What went back before it was taken up again is out no more, and what its author took back was nothing.
        let out = entries.filter(|(id, _)| !now.is_of_before(**id) && !now.basis().is_taken_back(**id)).filter(|(id, entry)| {
            let Body::Stage(said) = &entry.record.body else { return false };
            self.over_what_it_had_seen(release, **id, |course| course.goes_out_by(last, **id, entry, said))
        });
        out.map(|(id, _)| (*id, self.time_of(*id))).max_by_key(|(id, time)| (*time, *id))
    }
}
