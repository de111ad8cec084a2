//! A second evaluator, written from docs/format.md, section 19, and sharing no code with `src/evaluate`.
//!
//! It is naive on purpose: sets, loops, one function for each rule with the rule above it, and no thought of speed. It
//! takes records and policies as plain data and asks them nothing that decides anything. Where it and the program
//! disagree, one of the two, or the page, is wrong.

mod authority;
mod basis;
mod conditions;
mod course;
mod ends;
mod integrity;
mod items;
mod limits;
mod negatives;
mod policy;
mod refused;
mod seen;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::ends::Back;
pub(crate) use self::seen::names;

use relsign::model::course::{ActionState, ConditionState};
use relsign::model::finding::Code;
use relsign::model::ids::{Environment, Fingerprint, ObjectId, PolicyDigest, Principal, RecordId, Sha256Digest, TagName};
use relsign::model::log::Record;
use relsign::model::policy::Contents;
use relsign::model::record::{Body, Decide, Decision, Open, OpenStage, Origin, Plan, Subject};
use relsign::model::report::{Integrity, ItemState, ReleaseState};
use relsign::model::time::Timestamp;

/// One version of the policy, as data.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) number: u32,
    pub(crate) digest: PolicyDigest,
    pub(crate) says: Contents,
    pub(crate) anchors: BTreeSet<RecordId>,
}

/// What git holds under the tag's name.
#[derive(Debug, Clone)]
pub(crate) enum Tag {
    /// Nothing.
    Gone,
    /// Something that is not an annotated tag, or an object that isn't here.
    NotAnnotated {
        target: ObjectId,
    },
    ObjectMissing {
        target: ObjectId,
    },
    /// A tag object, with the holder of the key that signed it, if any.
    Here {
        id: ObjectId,
        inner_name: String,
        subjects: BTreeSet<Subject>,
        signed: Option<(Principal, Fingerprint)>,
    },
}

/// What is kept under the digest of a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Bytes(u64),
    SomethingElse,
}

/// A receipt that counts.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) version: u32,
    pub(crate) time: Timestamp,
    pub(crate) records: BTreeSet<RecordId>,
}

/// An open record in the note of the tag's name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) record: RecordId,
    pub(crate) object: ObjectId,
    pub(crate) by_somebody_who_may: bool,
    /// What those remotes have under the name, of which this is known, that have something else than the object.
    pub(crate) elsewhere: Vec<There>,
}

/// What a remote had under the name when it was last fetched.
#[derive(Debug, Clone)]
pub(crate) struct There {
    pub(crate) object: Option<ObjectId>,
    pub(crate) shares_records: bool,
    pub(crate) has_the_open: bool,
}

/// What is read again of the checklist and the range that an open record speaks of.
#[derive(Debug, Clone)]
pub(crate) struct ReadAgain {
    /// What the file states, if it can be read.
    pub(crate) file: Option<Plan>,
    /// What history states.
    pub(crate) history: History,
    /// Whether the commit of the release before lies below, if that can be told.
    pub(crate) before_lies_below: Option<bool>,
    /// What is wrong with the release before, if the open record names one.
    pub(crate) previous: Option<Previous>,
}

/// What reading the tag and the commits of the range again gives.
#[derive(Debug, Clone)]
pub(crate) enum History {
    /// Who made them, and how many there are.
    States(Origin),
    /// The clone is shallow, and the range goes on below its edge.
    BeyondTheEdge,
    /// A commit can't be read, or is gone.
    CannotBeTold,
}

/// What is wrong with the release before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Previous {
    DidNotPass,
    NotHere,
}

/// A freeze as it holds once.
#[derive(Debug, Clone)]
pub(crate) struct Frozen {
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) refs: Vec<String>,
}

/// Everything besides the records.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) versions: Vec<Version>,
    pub(crate) name: TagName,
    pub(crate) tag: Tag,
    pub(crate) now: Timestamp,
    pub(crate) environment: Option<Environment>,
    pub(crate) seen_before: BTreeSet<RecordId>,
    pub(crate) receipts: Vec<Received>,
    pub(crate) evidence: BTreeMap<Sha256Digest, Kept>,
    pub(crate) read_again: BTreeMap<RecordId, ReadAgain>,
    pub(crate) named: Vec<Named>,
    pub(crate) freezes: Vec<Frozen>,
    /// The lines that are no valid records, by what is wrong with them.
    pub(crate) refused: Vec<Code>,
}

impl Question {
    /// Says whether a record speaks of the tag.
    pub(crate) fn concerns(&self, record: &Record) -> bool {
        match &self.tag {
            Tag::Here { subjects, .. } => record.subjects.iter().cloned().collect::<BTreeSet<_>>() == *subjects,
            _ => false,
        }
    }
}

/// A record whose line is valid.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) hardware: bool,
}

/// All records of the note whose lines are valid.
pub(crate) type Log = BTreeMap<RecordId, Entry>;

/// What this evaluator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) go: bool,
    /// The decisions to go, with or without conditions, that hold.
    pub(crate) decisions: BTreeSet<RecordId>,
    /// The decision with which there is GO.
    pub(crate) decision: Option<RecordId>,
    pub(crate) state: ReleaseState,
    /// It was given up or rolled back by somebody who may close it.
    pub(crate) ended: bool,
    pub(crate) integrity: Integrity,
    /// In the checklist's order, with what was confirmed.
    pub(crate) items: Vec<ItemState>,
    /// The words in favour on items that count now.
    pub(crate) counting: BTreeSet<RecordId>,
    /// Enough people accepted the unknown authors.
    pub(crate) unknown_accepted: bool,
    /// In the checklist's order.
    pub(crate) stages: Vec<StageAnswer>,
    /// By which record the release is out, and since when.
    pub(crate) out: Option<(RecordId, Timestamp)>,
    pub(crate) actions: BTreeMap<String, (Option<RecordId>, ActionState)>,
    pub(crate) conditions: BTreeMap<(RecordId, String), ConditionState>,
    pub(crate) back: Option<Back>,
    /// The closes that count.
    pub(crate) closes: BTreeSet<RecordId>,
    /// Now is outside the window, and in a freeze of the environment.
    pub(crate) outside_window: bool,
    pub(crate) frozen: bool,
}

/// What it says of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageAnswer {
    /// Somebody entered it, after whom nobody said that it failed.
    pub(crate) begun: bool,
    pub(crate) passed: Option<RecordId>,
    pub(crate) bake_waived: bool,
    /// A gate that is asked about it says yes, at a time when it may.
    pub(crate) open: bool,
}

/// The question with what every rule needs at hand.
pub(crate) struct Judge<'a> {
    pub(crate) question: &'a Question,
    /// The records of this tag, or some of them that are judged as if there were no others.
    pub(crate) valid: BTreeMap<RecordId, &'a Entry>,
    /// All records of this tag. What is wrong with a record by itself is asked over these.
    pub(crate) whole: BTreeMap<RecordId, &'a Entry>,
    /// Everything that each of them had seen, by parents.
    pub(crate) ancestors: BTreeMap<RecordId, BTreeSet<RecordId>>,
    /// The entries of stages by whom not enough people had decided, in what whoever signed it had seen.
    pub(crate) early: BTreeSet<RecordId>,
}

/// A release: the open record that governs, and the policy it names.
#[derive(Clone, Copy)]
pub(crate) struct Release<'a> {
    pub(crate) id: RecordId,
    pub(crate) entry: &'a Entry,
    pub(crate) open: &'a Open,
    pub(crate) policy: &'a Version,
}

/// Judges.
pub(crate) fn judge(question: &Question, log: &Log) -> Answer {
    let valid = of_this_tag(question, log);
    let ancestors = seen::ancestors(&valid);
    let mut judge = Judge { question, whole: valid.clone(), valid, ancestors, early: BTreeSet::new() };
    let release = judge.governing();
    judge.early = release.map(|release| judge.entered_early(release)).unwrap_or_default();
    let integrity = judge.integrity(log, release);
    let Some(release) = release else { return not_opened(integrity) };
    let all: BTreeSet<RecordId> = judge.valid.keys().copied().collect();
    let holding = judge.decisions_that_hold(release);
    let holding: BTreeSet<RecordId> = if judge.nothing_seen_has_vanished() { holding } else { BTreeSet::new() };
    let decided = judge.decision_with_enough(release, &holding);
    let decision = decided.filter(|_| judge.repository_allows(release));
    let go = decision.is_some();
    let taken_up = judge.taken_up(release);
    let ended = judge.has_ended(release, &taken_up);
    let now = course::Course { judge: &judge, release, records: &all, time: question.now, decided, taken_up };
    let basis = now.basis();
    let out = judge.out(&now);
    let closes = judge.closes(&now);
    let stages = &release.open.stages;
    let stage = |(at, stage): (usize, &OpenStage)| {
        let open = go && now.all_passed(&stages[..at]) && (now.is_implied(stage) || now.entered(stage).is_some());
        StageAnswer { begun: now.is_begun(stage), passed: now.passed(stage), bake_waived: now.bake_is_waived(stage), open }
    };
    Answer {
        go,
        state: judge.state(&now, go, out.is_some(), closes.last().map(|(_, outcome)| *outcome)),
        decisions: holding,
        decision,
        ended,
        integrity,
        items: release.open.items.iter().map(|item| now.item_state(item)).collect(),
        counting: release.open.items.iter().flat_map(|item| basis.counting(item)).collect(),
        unknown_accepted: basis.unknown_authors_are_waived(),
        stages: stages.iter().enumerate().map(stage).collect(),
        out,
        actions: basis.actions().iter().map(|action| (action.id.to_owned(), (action.added, action.state))).collect(),
        conditions: judge.conditions(release),
        back: now.back(),
        closes: closes.into_iter().map(|(id, _)| id).collect(),
        outside_window: now.is_outside_window(question.now),
        frozen: now.is_frozen(question.now),
    }
}

/// Of what nobody opened there is nothing to say.
fn not_opened(integrity: Integrity) -> Answer {
    Answer {
        go: false,
        decisions: BTreeSet::new(),
        decision: None,
        state: ReleaseState::NotOpened,
        ended: false,
        integrity,
        items: Vec::new(),
        counting: BTreeSet::new(),
        unknown_accepted: false,
        stages: Vec::new(),
        out: None,
        actions: BTreeMap::new(),
        conditions: BTreeMap::new(),
        back: None,
        closes: BTreeSet::new(),
        outside_window: false,
        frozen: false,
    }
}

/// A record belongs to a tag if it names exactly the tag's subjects; any other record in the note counts for nothing.
fn of_this_tag<'a>(question: &Question, log: &'a Log) -> BTreeMap<RecordId, &'a Entry> {
    log.iter().filter(|(_, entry)| question.concerns(&entry.record)).map(|(id, entry)| (*id, entry)).collect()
}

impl<'a> Judge<'a> {
    /// What a record had seen, with it, judged as if there were nothing else.
    fn as_seen_by(&self, id: RecordId) -> Judge<'a> {
        let seen = |other: &RecordId| *other == id || self.ancestors[&id].contains(other);
        let valid: BTreeMap<RecordId, &'a Entry> =
            self.valid.iter().filter(|(other, _)| seen(other)).map(|(id, entry)| (*id, *entry)).collect();
        let ancestors = seen::ancestors(&valid);
        Judge { question: self.question, valid, whole: self.whole.clone(), ancestors, early: self.early.clone() }
    }

    /// The decisions for which all conditions hold but that nothing vanished, which is asked of all records only.
    fn decisions_that_hold(&self, release: Release<'a>) -> BTreeSet<RecordId> {
        self.valid.keys().copied().filter(|id| self.decision_holds(release, *id)).collect()
    }

    fn decision_holds(&self, release: Release<'a>, id: RecordId) -> bool {
        let Body::Decide(decide) = &self.valid[&id].record.body else { return false };
        decide.decision != Decision::NoGo
            && self.decision_holds_but_for_conditions(release, id, decide)
            && self.conditions_are_met(release, id, decide)
    }

    /// What ended the release and is in the manifests of enough people who decided is taken up again, whatever was said against
    /// these decisions since, and whatever is missing.
    fn taken_up(&self, release: Release<'a>) -> BTreeMap<RecordId, RecordId> {
        let decisions = self.valid.iter().filter_map(|(id, entry)| match &entry.record.body {
            Body::Decide(decide)
                if decide.decision != Decision::NoGo
                    && self.decision_stands_by_itself(release, *id, decide)
                    && self.conditions_are_met(release, *id, decide) =>
            {
                Some((*id, decide))
            }
            _ => None,
        });
        let decisions: Vec<(RecordId, &Decide)> = decisions.collect();
        let ends = self.valid.iter().filter(|(id, entry)| {
            matches!(entry.record.body, Body::Rollback(_) | Body::Close(_)) && self.speaks_against(release, **id)
        });
        let taken_up = ends.filter_map(|(end, _)| {
            let over_it = decisions.iter().filter(|(_, decide)| decide.manifest.contains(end)).map(|(id, _)| *id).collect();
            Some((*end, self.decision_with_enough(release, &over_it)?))
        });
        taken_up.collect()
    }

    fn decision_holds_but_for_conditions(&self, release: Release<'a>, id: RecordId, decide: &Decide) -> bool {
        let manifest: BTreeSet<RecordId> = decide.manifest.iter().copied().collect();
        self.may_decide(release, id)
            && self.manifest_is_here_and_whole(release, &manifest)
            && self.basis_holds(release, id, decide, &manifest)
            && self.nothing_unseen_speaks_against(release, id, &manifest)
            && self.nothing_named_is_missing(release, &manifest)
    }

    /// Whoever decided may, relied on enough, and did not take it back, whatever else is here or missing.
    fn decision_stands_by_itself(&self, release: Release<'a>, id: RecordId, decide: &Decide) -> bool {
        let manifest: BTreeSet<RecordId> = decide.manifest.iter().copied().collect();
        let mut withdrawals = self.valid.iter().filter(|(_, entry)| self.takes_back(entry, id));
        let is_taken_back = withdrawals.any(|(by, _)| decide.decision == Decision::Go || self.counts(*by));
        self.may_decide(release, id) && !is_taken_back && self.basis_holds(release, id, decide, &manifest)
    }

    /// Nothing but a condition that is open keeps a decision from holding.
    fn holds_but_for_conditions(&self, release: Release<'a>, id: RecordId) -> bool {
        let Body::Decide(decide) = &self.valid[&id].record.body else { return false };
        self.decision_holds_but_for_conditions(release, id, decide) && self.nothing_seen_has_vanished()
    }

    fn conditions(&self, release: Release<'a>) -> BTreeMap<(RecordId, String), ConditionState> {
        let mut all = BTreeMap::new();
        for (id, entry) in self.valid.iter().filter(|(_, entry)| entry.record.open == Some(release.id)) {
            let Body::Decide(decide) = &entry.record.body else { continue };
            for condition in &decide.conditions {
                all.insert((*id, condition.id.clone()), self.condition_state(release, *id, condition));
            }
        }
        all
    }

    /// Whoever decides is a person with the right to, and says so of this release.
    fn may_decide(&self, release: Release<'a>, id: RecordId) -> bool {
        let entry = self.valid[&id];
        entry.record.open == Some(release.id)
            && matches!(entry.record.signer.handle, Principal::Person(_))
            && self.counts(id)
            && self.claims_no_role_of_others(release, id)
            && policy::has_right(&release.policy.says, &entry.record.signer.handle, relsign::model::policy::Right::Decide)
    }

    /// (1) Everything in the manifest is here, and so is in it whatever its records had seen. What is set aside need not be
    /// in it, nor what that had seen.
    fn manifest_is_here_and_whole(&self, release: Release<'a>, manifest: &BTreeSet<RecordId>) -> bool {
        let excused = self.set_aside(release, manifest);
        let had_seen = |id: &RecordId| self.valid.get(id).map(|entry| entry.record.parents.clone()).unwrap_or_default();
        let mut parents = manifest.iter().filter(|id| !excused.contains(id)).flat_map(had_seen);
        manifest.iter().all(|id| self.valid.contains_key(id))
            && parents.all(|parent| manifest.contains(&parent) || excused.contains(&parent))
    }

    /// (2) The records of the manifest alone satisfy the policy at the time of the basis.
    fn basis_holds(&self, release: Release<'a>, id: RecordId, decide: &Decide, manifest: &BTreeSet<RecordId>) -> bool {
        let time = self.basis_time(release, id, decide);
        let here: BTreeSet<RecordId> = manifest.iter().copied().filter(|id| self.valid.contains_key(id)).collect();
        basis::Basis { judge: self, release, records: &here, time }.holds(id)
    }

    /// The basis is asked as of the latest of the times of the decision and its manifest, the time at which a witness received
    /// the decision, and those at which its conditions were first met.
    fn basis_time(&self, release: Release<'a>, id: RecordId, decide: &Decide) -> Timestamp {
        let mut time = self.valid[&id].record.time;
        for entry in decide.manifest.iter().filter_map(|id| self.valid.get(id)) {
            time = time.max(entry.record.time);
        }
        let receipts = self.question.receipts.iter().filter(|receipt| receipt.records.contains(&id));
        if let Some(received) = receipts.map(|receipt| receipt.time).min() {
            time = time.max(received);
        }
        let met = decide.conditions.iter().filter_map(|condition| self.met(release, id, condition));
        met.fold(time, Timestamp::max)
    }

    /// (3) No word against the release is here that the decision had not seen, but for what everybody refuses and it sets aside.
    fn nothing_unseen_speaks_against(&self, release: Release<'a>, id: RecordId, manifest: &BTreeSet<RecordId>) -> bool {
        let aside: BTreeSet<RecordId> = self.set_aside(release, manifest).intersection(&self.refused()).copied().collect();
        let mut unseen =
            self.valid.keys().copied().filter(|other| *other != id && !manifest.contains(other) && !aside.contains(other));
        unseen.all(|other| !self.speaks_against(release, other))
    }

    /// (4) Every record that a record here names is here, unless the manifest sets aside the one or the other; so is every
    /// version of the policy that it names.
    fn nothing_named_is_missing(&self, release: Release<'a>, manifest: &BTreeSet<RecordId>) -> bool {
        !self.something_is_missing(&self.set_aside(release, manifest))
    }

    fn something_is_missing(&self, excused: &BTreeSet<RecordId>) -> bool {
        let missing = |id: &RecordId| !self.valid.contains_key(id) && !excused.contains(id);
        self.valid
            .iter()
            .filter(|(id, _)| !excused.contains(id))
            .any(|(_, entry)| seen::names(&entry.record).iter().any(missing) || self.version(entry.record.policy_head).is_none())
    }

    /// (5) Every record that this verifier had seen before is here.
    fn nothing_seen_has_vanished(&self) -> bool {
        self.question.seen_before.iter().all(|id| self.valid.contains_key(id))
    }
}
