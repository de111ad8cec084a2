//! What is to be done besides the items, the way back, and how a release ends.

use std::collections::{BTreeMap, BTreeSet};

use relsign::model::course::{ActionState, ConditionState};
use relsign::model::ids::RecordId;
use relsign::model::policy::Right;
use relsign::model::record::{ActionEvent, Blocks, Body, Decision, NotBy, Outcome, Owner, Phase, RollbackEvent, StepResult};
use relsign::model::report::ReleaseState;

use super::basis::Basis;
use super::course::Course;
use super::items::person;
use super::policy::has_right;
use super::{Entry, Judge};

/// An action, and where it stands.
pub(super) struct Known<'a> {
    pub(super) id: &'a str,
    pub(super) added: Option<RecordId>,
    assignee: Option<&'a Owner>,
    pub(super) blocks: Option<Blocks>,
    not_by: Option<NotBy>,
    required: bool,
    pub(super) state: ActionState,
}

impl<'a> Basis<'a> {
    /// The actions are those of the open record and those that were added; of several of one id the first counts.
    pub(super) fn actions(&self) -> Vec<Known<'a>> {
        let mut all: Vec<Known<'a>> = Vec::new();
        for action in &self.release.open.actions {
            all.push(Known {
                id: &action.id,
                added: None,
                assignee: action.assignee.as_ref(),
                blocks: action.blocks,
                not_by: action.not_by,
                required: action.required,
                state: ActionState::Open,
            });
        }
        let mut added: Vec<(RecordId, &'a Entry)> = self.entries().filter(|(id, entry)| self.is_added(*id, entry)).collect();
        added.sort_by_key(|(id, _)| (self.judge.depth(*id), *id));
        for (id, entry) in added {
            let Body::Action(action) = &entry.record.body else { continue };
            all.push(Known {
                id: &action.id,
                added: Some(id),
                assignee: action.assignee.as_ref(),
                blocks: action.blocks,
                not_by: action.not_by,
                required: false,
                state: ActionState::Open,
            });
        }
        let mut known = BTreeSet::new();
        all.retain(|action| known.insert(action.id));
        for action in &mut all {
            action.state = self.action_state(action);
        }
        all
    }

    /// It is added with full authority, or in any case where it holds GO up.
    fn is_added(&self, id: RecordId, entry: &Entry) -> bool {
        let Body::Action(action) = &entry.record.body else { return false };
        let in_favour = || {
            self.judge.counts(id)
                && has_right(&self.release.policy.says, &entry.record.signer.handle, Right::Action)
                && !self.is_taken_back(id)
        };
        let against = || self.judge.speaks_against(self.release, id) && !self.is_taken_back_for_good(id);
        action.event == ActionEvent::Add && entry.record.open == Some(self.release.id) && (in_favour() || against())
    }

    /// What was said of it last, by whoever may: it failed, it is open again, or it is done.
    fn action_state(&self, action: &Known<'a>) -> ActionState {
        let words: Vec<(RecordId, ActionEvent)> = self
            .entries()
            .filter_map(|(id, entry)| match &entry.record.body {
                Body::Action(said)
                    if entry.record.open == Some(self.release.id)
                        && said.id == action.id
                        && said.decision.is_none()
                        && self.is_a_word_on(action, id, entry, said.event) =>
                {
                    Some((id, said.event))
                }
                _ => None,
            })
            .collect();
        let seen = |id: &RecordId| words.iter().any(|(other, _)| self.judge.ancestors[other].contains(id));
        let last: Vec<ActionEvent> = words.iter().filter(|(id, _)| !seen(id)).map(|(_, event)| *event).collect();
        match () {
            () if last.contains(&ActionEvent::Failed) => ActionState::Failed,
            () if last.is_empty() || last.contains(&ActionEvent::Reopen) => ActionState::Open,
            () => ActionState::Done,
        }
    }

    fn is_a_word_on(&self, action: &Known<'a>, id: RecordId, entry: &Entry, event: ActionEvent) -> bool {
        match event {
            ActionEvent::Done => {
                let may = has_right(&self.release.policy.says, &entry.record.signer.handle, Right::Action);
                person(entry).is_some()
                    && (may || self.judge.is_given(self.release, entry, action.assignee))
                    && self.judge.may_settle(self.release, entry, action.not_by)
                    && self.judge.counts(id)
                    && !self.is_taken_back(id)
            }
            ActionEvent::Failed | ActionEvent::Reopen => {
                (self.judge.had_right(entry, Right::Action) || self.judge.is_given(self.release, entry, action.assignee))
                    && !self.is_taken_back_for_good(id)
            }
            ActionEvent::Add | ActionEvent::Met => false,
        }
    }
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    pub(crate) start: RecordId,
    pub(crate) ended: Option<RollbackEvent>,
    pub(crate) steps: BTreeMap<u32, StepResult>,
}

impl<'a> Course<'a> {
    /// A roll-back begins with the first start that is not over; what was said later goes on with it.
    pub(super) fn back(&self) -> Option<Back> {
        let said = |event: RollbackEvent| {
            self.of_the_release().filter(move |(id, entry)| match &entry.record.body {
                Body::Rollback(rollback) => rollback.event == event && self.judge.speaks_against(self.release, *id),
                _ => false,
            })
        };
        let place = |id: &RecordId| (self.judge.depth(*id), *id);
        let starts = said(RollbackEvent::Start).map(|(id, _)| id);
        let starts: BTreeSet<RecordId> = starts.filter(|id| !self.is_taken_up(*id)).collect();
        let start = starts.iter().copied().min_by_key(place)?;
        let had_seen_one = |id: &RecordId| starts.iter().any(|start| self.had_seen(*id, *start));
        let ends = said(RollbackEvent::Done).map(|(id, _)| (id, RollbackEvent::Done));
        let ends = ends.chain(said(RollbackEvent::Failed).map(|(id, _)| (id, RollbackEvent::Failed)));
        let end = ends.filter(|(id, _)| had_seen_one(id)).max_by_key(|(id, _)| place(id));
        let mut steps: Vec<_> = said(RollbackEvent::Step).filter(|(id, _)| had_seen_one(id)).collect();
        steps.sort_by_key(|(id, _)| place(id));
        let steps = steps.into_iter().filter_map(|(_, entry)| match &entry.record.body {
            Body::Rollback(rollback) => rollback.step.zip(rollback.result),
            _ => None,
        });
        Some(Back { start, ended: end.map(|(_, event)| event), steps: steps.collect() })
    }

    /// What blocks something is done, or may be left and is.
    fn actions_are_done_or_left(&self, leave: &[String]) -> bool {
        self.basis().actions().iter().all(|action| {
            let may_be_left = action.blocks == Some(Blocks::Close) && !action.required;
            action.blocks.is_none()
                || action.state == ActionState::Done
                || may_be_left && leave.iter().any(|left| left == action.id)
        })
    }

    fn items_are_settled(&self, phase: Phase) -> bool {
        let mut due = self.release.open.items.iter().filter(|item| item.phase == phase && !item.optional);
        due.all(|item| self.item_state(item).is_settled())
    }

    /// Nobody took the release back after it was decided.
    fn nothing_took_it_back(&self) -> bool {
        !self.of_the_release().any(|(id, entry)| {
            matches!(entry.record.body, Body::Rollback(_) | Body::Close(_))
                && self.judge.speaks_against(self.release, id)
                && !self.is_taken_up(id)
        })
    }

    /// Somebody began to roll it back, or closed it without completing it.
    fn was_taken_back(&self) -> bool {
        self.of_the_release().any(|(id, entry)| {
            let ends = match &entry.record.body {
                Body::Rollback(rollback) => rollback.event == RollbackEvent::Start,
                Body::Close(_) => true,
                _ => false,
            };
            ends && self.judge.speaks_against(self.release, id) && !self.is_taken_up(id)
        })
    }

    /// How a release ends must be true of it, by what whoever closes it had seen.
    fn end_is_true(&self, outcome: Outcome, leave: &[String]) -> bool {
        let stages = &self.release.open.stages;
        match outcome {
            Outcome::Completed => {
                self.decided.is_some()
                    && self.nothing_took_it_back()
                    && stages.iter().all(|stage| self.entered(stage).is_some())
                    && self.all_passed(stages)
                    && self.items_are_settled(Phase::After)
                    && self.actions_are_done_or_left(leave)
            }
            Outcome::RolledBack => {
                self.back().is_some_and(|back| back.ended == Some(RollbackEvent::Done))
                    && self.items_are_settled(Phase::OnRollback)
                    && self.actions_are_done_or_left(leave)
            }
            Outcome::Abandoned => true,
        }
    }
}

impl<'a> Judge<'a> {
    /// The closes that count.
    pub(super) fn closes(&self, now: &Course<'a>) -> Vec<(RecordId, Outcome)> {
        let release = now.release;
        let closes = self.valid.iter().filter_map(|(id, entry)| match &entry.record.body {
            Body::Close(close) if entry.record.open == Some(release.id) => Some((*id, *entry, close)),
            _ => None,
        });
        let mut closes: Vec<_> = closes
            .filter(|(id, entry, close)| {
                person(entry).is_some()
                    && self.counts(*id)
                    && !now.is_of_before(*id)
                    && has_right(&release.policy.says, &entry.record.signer.handle, Right::Close)
                    && self.over_what_it_had_seen(release, *id, |course| course.end_is_true(close.outcome, &close.leave))
            })
            .map(|(id, _, close)| (id, close.outcome))
            .collect();
        closes.sort_by_key(|(id, _)| (self.depth(*id), *id));
        closes
    }

    /// Where the release stands.
    pub(super) fn state(&self, course: &Course<'a>, go: bool, is_out: bool, end: Option<Outcome>) -> ReleaseState {
        let release = course.release;
        if go {
            let mut stages = release.open.stages.iter();
            return match () {
                () if end == Some(Outcome::Completed) => ReleaseState::Completed,
                () if is_out => ReleaseState::Out,
                () if stages.any(|stage| course.is_begun(stage)) => ReleaseState::RollingOut,
                () => ReleaseState::Go,
            };
        }
        if end == Some(Outcome::Abandoned) {
            return ReleaseState::Abandoned;
        }
        if let Some(back) = course.back() {
            return match back.ended {
                Some(RollbackEvent::Done) => ReleaseState::RolledBack,
                Some(RollbackEvent::Failed) => ReleaseState::NoGo,
                _ => ReleaseState::RollingBack,
            };
        }
        let decisions = self.valid.iter().filter_map(|(id, entry)| match &entry.record.body {
            Body::Decide(decide) if entry.record.open == Some(release.id) => Some((*id, decide)),
            _ => None,
        });
        let last = decisions
            .filter(|(id, decide)| {
                let authorised = match decide.decision {
                    Decision::NoGo => self.speaks_against(release, *id),
                    Decision::Go | Decision::ConditionalGo => self.may_decide(release, *id),
                };
                let taken_back = match decide.decision {
                    Decision::Go => course.basis().is_taken_back(*id),
                    Decision::ConditionalGo | Decision::NoGo => course.basis().is_taken_back_for_good(*id),
                };
                authorised && !taken_back
            })
            .max_by_key(|(id, _)| (self.depth(*id), *id));
        let Some((id, decide)) = last else { return ReleaseState::Open };
        let states: Vec<ConditionState> =
            decide.conditions.iter().map(|condition| self.condition_state(release, id, condition)).collect();
        let is = |wanted: ConditionState| states.contains(&wanted);
        match () {
            () if decide.decision == Decision::NoGo => ReleaseState::NoGo,
            () if is(ConditionState::Failed) || is(ConditionState::Overdue) => ReleaseState::NoGo,
            () if decide.decision == Decision::ConditionalGo
                && is(ConditionState::Open)
                && self.holds_but_for_conditions(release, id)
                && !course.was_taken_back() =>
            {
                ReleaseState::ConditionalGo
            }
            () => ReleaseState::Open,
        }
    }
}
