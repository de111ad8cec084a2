//! Stages: whether a release may enter one now, by its open record and what was said of the stages before.
//!
//! It is a question beside the verdict, never instead of it: only a release in GO enters anything. What it asks for is
//! fixed in the open record: the order of the stages, how long each bakes, its items, and that a person takes the step
//! to all of the traffic.
//!
//! 1. Of every stage before: the latest record on it is that it passed, by an authorised person. An entry that came later
//! says
//! that it has
//!    not, also by a key that is no good any more.
//! 2. It was entered before that, and at least its bake time lay between.
//! 3. Its items are settled, or were confirmed by those who moved it.
//! 4. Where the stage that is asked about takes all of the traffic: a person has entered it.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::governing;
use super::release::{Release, ValidLog};
use crate::model::finding::{Code, Finding};
use crate::model::ids::RecordId;
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Body, OpenStage, Phase, Stage, StageEvent};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// Whether a release may enter a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The stage, as the open record has it.
    pub stage: OpenStage,
    /// It takes all of the traffic, so a person has to enter it.
    pub takes_all: bool,
    /// Why it may not be entered, in the order of the stages; empty where it may, if the release is in GO.
    pub reasons: Vec<Finding>,
}

/// Judges whether the release of a report may enter a stage, as of the context's clock.
///
/// Nothing comes back where no release is open or its open record has no such stage.
pub fn may_enter(
    context: &Context<'_>,
    records: &BTreeMap<RecordId, Verified<Record>>,
    report: &Report,
    asked: &str,
) -> Option<Entry> {
    let log = ValidLog::admit(context, records, &mut Vec::new());
    let everything: BTreeSet<RecordId> = log.records.keys().copied().collect();
    let release = governing(context, &log, &everything, &mut Vec::new())?;
    let stages = &release.open.stages;
    let place = stages.iter().position(|stage| stage.id == asked)?;
    let stage = stages.get(place)?;
    let mut reasons = Vec::new();
    for (number, before) in stages.iter().enumerate().take(place) {
        let words = Words::on(&release, &everything, before, takes_all(stages, number));
        reasons.extend(words.not_passed(&release, before));
        reasons.extend(open_items(&words, report, before));
    }
    let takes_all = takes_all(stages, place);
    if takes_all && !Words::on(&release, &everything, stage, true).is_entered(&release) {
        let message = format!("{} takes all traffic, and no authorised person has entered it", named(stage));
        reasons.push(release.finding(Code::StagePersonRequired, message).about(&stage.id));
    }
    Some(Entry { stage: stage.clone(), takes_all, reasons })
}

/// Whether a stage takes all of the traffic: by what is written, else because it is the last.
fn takes_all(stages: &[OpenStage], place: usize) -> bool {
    let written = stages.get(place).and_then(|stage| stage.traffic.as_deref());
    // Of `50–100 %` the end counts: whoever widens a stage must not take the last step as part of an earlier one.
    let numbers = written.into_iter().flat_map(|text| text.split(|c: char| !c.is_ascii_digit() && c != '.'));
    let share = numbers.filter_map(|number| number.parse::<f64>().ok()).reduce(f64::max);
    share.map_or(place + 1 == stages.len(), |percent| percent >= 100.0)
}

fn named(stage: &OpenStage) -> String {
    match &stage.traffic {
        Some(traffic) => format!("stage {} ({traffic})", stage.id),
        None => format!("stage {}", stage.id),
    }
}

/// What was said of one stage by those who may, as far as it stands.
struct Words<'a> {
    all: BTreeMap<RecordId, (&'a Verified<Record>, &'a Stage)>,
    /// Those that no other of them had in view.
    last: Vec<RecordId>,
    /// Entries that count for nothing, by whom some version let move stages: whether what they began has passed nobody has
    /// said.
    begun: Vec<&'a Verified<Record>>,
}

impl<'a> Words<'a> {
    fn on(release: &Release<'a, '_>, everything: &BTreeSet<RecordId>, stage: &OpenStage, takes_all: bool) -> Self {
        let withdrawn = release.log.withdrawn(release.context, everything);
        let mut all = BTreeMap::new();
        let mut begun = Vec::new();
        for (id, verified) in &release.log.records {
            let Body::Stage(word) = &verified.value().body else { continue };
            if word.stage != stage.id || !release.owns(verified) {
                continue;
            }
            let who = &verified.value().signer.handle;
            let counts = match word.event {
                // That it did not hold is a negative record, for which having had the right at any time is enough.
                StageEvent::Fail => release.is_negative(id) && !withdrawn.answers(id),
                StageEvent::Enter | StageEvent::Pass => {
                    let is_machines_step = takes_all && word.event == StageEvent::Enter && who.person().is_none();
                    release.policy().may(who, Right::Stage)
                        && release.log.favour(release.context, verified).is_ok()
                        && !withdrawn.silences(id)
                        && !is_machines_step
                }
            };
            if counts {
                all.insert(*id, (*verified, word));
            } else if word.event == StageEvent::Enter
                && !withdrawn.silences(id)
                && release.log.ever_may(release.context, who, Right::Stage)
            {
                begun.push(*verified);
            }
        }
        let ids: Vec<RecordId> = all.keys().copied().collect();
        // Who moves the stage with all of this in view takes it up.
        begun.retain(|entered| !ids.iter().any(|id| release.log.history.had_seen(*id, entered.id())));
        Self { last: release.log.history.latest(&ids), all, begun }
    }

    fn last(&self) -> impl Iterator<Item = (RecordId, &'a Verified<Record>, &'a Stage)> + '_ {
        self.last.iter().filter_map(|id| self.all.get(id).map(|(verified, word)| (*id, *verified, *word)))
    }

    /// Returns the entries after which nobody said that the stage failed.
    fn entries(&self, release: &Release<'_, '_>) -> Vec<&'a Verified<Record>> {
        let history = &release.log.history;
        let of = |event| self.all.iter().filter(move |(_, (_, word))| word.event == event).map(|(id, (word, _))| (*id, *word));
        let failed: Vec<RecordId> = of(StageEvent::Fail).map(|(id, _)| id).collect();
        let stands = |id: RecordId| !failed.iter().any(|failed| history.had_seen(*failed, id));
        of(StageEvent::Enter).filter(|(id, _)| stands(*id)).map(|(_, word)| word).collect()
    }

    /// Whether somebody has entered the stage and nobody has said since that it failed.
    fn is_entered(&self, release: &Release<'_, '_>) -> bool {
        let failed = self.last().any(|(_, _, word)| word.event == StageEvent::Fail);
        !failed && !self.entries(release).is_empty()
    }

    /// Explains why the stage has not passed, if it has not.
    fn not_passed(&self, release: &Release<'_, '_>, stage: &OpenStage) -> Option<Finding> {
        let name = named(stage);
        let said = |event| self.last().filter(move |(_, _, word)| word.event == event).last();
        if let Some((_, verified, _)) = said(StageEvent::Fail) {
            let record = verified.value();
            let message = format!("{name} was marked as failed by {} at {}", record.signer.handle, record.time);
            return Some(release.cite(Code::StageNotPassed, verified, message).about(&stage.id));
        }
        if let Some((_, verified, _)) = said(StageEvent::Enter) {
            let record = verified.value();
            let baked = ready_at(release, verified, stage);
            let (code, rest) = match baked.filter(|baked| *baked > release.context.as_of) {
                Some(baked) => (Code::StageBaking, format!("bakes until {baked}")),
                None => (Code::StageNotPassed, "no authorised person has marked it as passed".to_owned()),
            };
            let message = format!("{name} was entered by {} at {}, and {rest}", record.signer.handle, record.time);
            return Some(release.cite(code, verified, message).about(&stage.id));
        }
        if let Some(verified) = self.begun.first() {
            let who = verified.principal();
            let message = format!(
                "{name} was entered by {who}, whose record does not count, and no authorised person has marked it as passed since"
            );
            return Some(release.cite(Code::StageNotPassed, verified, message).about(&stage.id));
        }
        let Some((_, passed, _)) = self.last().max_by_key(|(id, verified, _)| (verified.value().time, *id)) else {
            let message = format!("{name} comes first, and no authorised person has entered it");
            return Some(release.finding(Code::StageNotPassed, message).about(&stage.id));
        };
        // Of several entries the last begins the time anew: what was brought out then has to hold as long.
        let seen = |entered: &&Verified<Record>| release.log.history.had_seen(passed.id(), entered.id());
        let entries = self.entries(release).into_iter().filter(seen);
        let Some(entered) = entries.max_by_key(|entered| (since(release, entered), entered.id())) else {
            let message = format!("{name} was marked as passed by {}, who had not seen it entered", passed.value().signer.handle);
            return Some(release.cite(Code::StageNotPassed, passed, message).about(&stage.id));
        };
        let baked = ready_at(release, entered, stage)?;
        if passed.value().time >= baked && release.context.as_of >= baked {
            return None;
        }
        let message = format!(
            "{name} was entered at {} and bakes until {baked}, but {} marked it as passed at {}",
            since(release, entered),
            passed.value().signer.handle,
            passed.value().time
        );
        Some(release.cite(Code::StageBaking, passed, message).about(&stage.id))
    }
}

/// Returns when a stage was entered: as claimed, or as a witness saw it where that is later, since nobody may bake in the
/// past.
fn since(release: &Release<'_, '_>, entered: &Verified<Record>) -> Timestamp {
    let witnessed = release.context.witnessed.get(&entered.id()).copied();
    witnessed.map_or(entered.value().time, |witnessed| witnessed.max(entered.value().time))
}

/// Returns when a stage that was entered has baked; nothing where it needs no time.
fn ready_at(release: &Release<'_, '_>, entered: &Verified<Record>, stage: &OpenStage) -> Option<Timestamp> {
    let bake = stage.bake.filter(|bake| *bake > 0)?;
    Some(since(release, entered).plus(i64::try_from(bake).unwrap_or(i64::MAX)))
}

/// Names which items of a stage are neither settled nor confirmed by those who moved it.
fn open_items(words: &Words<'_>, report: &Report, stage: &OpenStage) -> Vec<Finding> {
    let of_stage = report
        .items
        .iter()
        .filter(|item| item.phase == Phase::Stage && item.id.as_str().split_once('@').is_some_and(|(_, at)| at == stage.id));
    let confirmed = |item: &crate::model::report::ItemReport| {
        let named = |word: &Stage| word.confirm.iter().any(|named| named.id == item.id && named.digest == item.digest);
        words.all.values().any(|(_, word)| word.event != StageEvent::Fail && named(word))
    };
    let open = of_stage.filter(|item| !item.optional && !item.state.is_settled() && !confirmed(item));
    open.map(|item| {
        let message = format!("{} of stage {} is {}", item.id, stage.id, item.state.as_str());
        let finding = Finding::new(Code::StageItemOpen, message).about(item.id.as_str());
        report.governing_policy.map_or(finding.clone(), |policy| finding.policy(policy.version))
    })
    .collect()
}
