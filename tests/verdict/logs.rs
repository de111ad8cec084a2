//! Random logs: people and machines who say right and wrong things, having seen all, some or nothing of the log.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use relsign::model::ids::RecordId;
use relsign::model::record::{
    Action, ActionEvent, Assign, Blocks, Body, Check, CheckResult, Decide, Decision, Disregard, ItemRef, Outcome, Rollback,
    RollbackEvent, Sign, SignVerdict, Stage, StageEvent, StepResult, Withdraw,
};

use crate::world::{World, acted, closed, condition, digest, measured, moved, plain_open, rolled, time};

/// One record to be signed.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    who: &'static str,
    what: What,
    item: &'static str,
    seen: Seen,
    /// Which earlier record it is about, where it is about one.
    about: Index,
    minutes: i64,
}

#[derive(Debug, Clone)]
enum What {
    Word(SignVerdict),
    WordOnAnotherText(SignVerdict),
    WordUnderAnotherOpen(SignVerdict),
    WaiveOver,
    Withdraw,
    WithdrawUnderNoOpen,
    Decide(Decision, Manifest),
    Assign(&'static str),
    Check(CheckResult),
    Disregard,
    DisregardLost,
    Open(&'static str),
    Veto,
    /// An action that failed.
    Action,
    /// An action that is added, and holds up something or nothing.
    Add(Option<Blocks>),
    /// That action, done.
    Done,
    /// The condition of the last decision that has one is met, by whom it was given to or by anybody.
    Met(bool),
    /// The condition of that decision failed.
    ConditionFailed,
    Close(Outcome),
    Stage(StageEvent),
    Reading,
    Rollback(RollbackEvent),
    /// Everybody says what is needed, having seen everything.
    Everything,
}

/// What the signer names as parents.
#[derive(Debug, Clone)]
enum Seen {
    All,
    /// The log as it was at some earlier point.
    Earlier(Index),
    Nothing,
    /// One record, whatever else is there.
    One(Index),
    /// A record that nobody has.
    Lost,
}

#[derive(Debug, Clone)]
enum Manifest {
    All,
    Earlier(Index),
    AllBut(Index),
    WithLost,
}

/// A log that is still to be signed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// How far the release has come before the steps: opened, ready, or decided.
    pub(crate) base: u8,
    pub(crate) steps: Vec<Step>,
    /// How somebody decides at the end, having seen everything.
    pub(crate) end: End,
}

/// How a log ends.
#[derive(Debug, Clone)]
pub(crate) enum End {
    Undecided,
    Go,
    /// To go under a condition, which is met.
    Met,
}

pub(crate) fn lost() -> RecordId {
    RecordId::from_bytes([0xdd; 32])
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let end = prop_oneof![3 => Just(End::Undecided), 4 => Just(End::Go), 3 => Just(End::Met)];
    (0..3_u8, prop::collection::vec(steps(), 0..9), end).prop_map(|(base, steps, end)| Plan { base, steps, end })
}

fn verdicts() -> impl Strategy<Value = SignVerdict> {
    select(SignVerdict::ALL)
}

fn steps() -> impl Strategy<Value = Step> {
    let who = select(vec![
        "rita",
        "rita",
        "rolf",
        "rolf",
        "sam",
        "sam",
        "quin",
        "dana",
        "dana",
        "olga",
        "ivan",
        "tara",
        "ci",
        "sam-two",
        "sam-old",
        "rita-lost",
    ]);
    let manifest = prop_oneof![
        6 => Just(Manifest::All),
        2 => any::<Index>().prop_map(Manifest::Earlier),
        1 => any::<Index>().prop_map(Manifest::AllBut),
        1 => Just(Manifest::WithLost),
    ];
    let what = prop_oneof![
        8 => verdicts().prop_map(What::Word),
        1 => verdicts().prop_map(What::WordOnAnotherText),
        1 => verdicts().prop_map(What::WordUnderAnotherOpen),
        2 => Just(What::WaiveOver),
        3 => Just(What::Withdraw),
        1 => Just(What::WithdrawUnderNoOpen),
        5 => (select(vec![Decision::Go, Decision::Go, Decision::Go, Decision::NoGo, Decision::ConditionalGo, Decision::ConditionalGo]), manifest)
            .prop_map(|(decision, manifest)| What::Decide(decision, manifest)),
        1 => select(vec!["@dana", "@sam", "@olga"]).prop_map(What::Assign),
        1 => select(CheckResult::ALL).prop_map(What::Check),
        1 => Just(What::Disregard),
        2 => Just(What::DisregardLost),
        1 => select(vec!["production", "staging", "elsewhere"]).prop_map(What::Open),
        1 => Just(What::Veto),
        1 => Just(What::Action),
        1 => select(vec![None, Some(Blocks::Go), Some(Blocks::Close)]).prop_map(What::Add),
        1 => Just(What::Done),
        5 => prop::bool::weighted(0.7).prop_map(What::Met),
        1 => Just(What::ConditionFailed),
        1 => select(Outcome::ALL).prop_map(What::Close),
        1 => select(StageEvent::ALL).prop_map(What::Stage),
        1 => Just(What::Reading),
        1 => select(RollbackEvent::ALL).prop_map(What::Rollback),
        2 => Just(What::Everything),
    ];
    let seen = prop_oneof![
        7 => Just(Seen::All),
        2 => any::<Index>().prop_map(Seen::Earlier),
        1 => Just(Seen::Nothing),
        1 => any::<Index>().prop_map(Seen::One),
        1 => Just(Seen::Lost),
    ];
    let item = select(vec!["runbook", "runbook", "tests", "elsewhere"]);
    let minutes = prop_oneof![5 => Just(0), 1 => -100_i64..100, 1 => Just(200_000)];
    (who, what, item, seen, any::<Index>(), minutes).prop_map(|(who, what, item, seen, about, minutes)| Step {
        who,
        what,
        item,
        seen,
        about,
        minutes,
    })
}

static BASES: LazyLock<[World; 3]> = LazyLock::new(|| [World::opened(|_| {}), World::ready(), World::gone().0]);

impl Plan {
    /// Signs the log.
    pub(crate) fn world(&self) -> World {
        let mut world = BASES[usize::from(self.base)].clone();
        for step in &self.steps {
            step.sign(&mut world);
        }
        match self.end {
            End::Undecided => {}
            End::Go => {
                world.decide("rolf", Decision::Go);
            }
            End::Met => {
                let decision = world.decide("rolf", Decision::ConditionalGo);
                world.met("dana", decision, "c1");
            }
        }
        world
    }
}

impl Step {
    fn sign(&self, world: &mut World) {
        let order: Vec<RecordId> = world.lines.iter().map(|(id, _)| *id).collect();
        let about = *self.about.get(&order);
        let word = |verdict| world.sign_body(self.item, verdict);
        let item = || ItemRef { id: self.item.parse().unwrap(), digest: digest(if self.item == "runbook" { 1 } else { 2 }) };
        let (mut under, mut who) = (Some(world.open), self.who);
        let body = match &self.what {
            What::Everything => return world.ready_all(),
            What::Veto => {
                world.veto(self.who);
                return;
            }
            What::Word(verdict) => Body::Sign(word(*verdict)),
            What::WordOnAnotherText(verdict) => {
                let mut body = word(*verdict);
                body.item.as_mut().unwrap().digest = digest(9);
                Body::Sign(body)
            }
            What::WordUnderAnotherOpen(verdict) => {
                under = Some(about);
                Body::Sign(word(*verdict))
            }
            What::WaiveOver => Body::Sign(Sign { over: vec![about], ..word(SignVerdict::Waive) }),
            What::Withdraw => Body::Withdraw(Withdraw { record: self.own(world), reason: "no".to_owned() }),
            What::WithdrawUnderNoOpen => {
                under = None;
                Body::Withdraw(Withdraw { record: self.own(world), reason: "no".to_owned() })
            }
            What::Decide(decision, manifest) => {
                let mut ids = match manifest {
                    Manifest::All => order.clone(),
                    Manifest::Earlier(at) => order[..=at.index(order.len())].to_vec(),
                    Manifest::AllBut(at) => order.iter().copied().filter(|id| id != at.get(&order)).collect(),
                    Manifest::WithLost => order.iter().copied().chain([lost()]).collect(),
                };
                ids.sort();
                let conditions = if *decision == Decision::ConditionalGo { vec![condition("c1", 200_000)] } else { Vec::new() };
                Body::Decide(Decide { decision: *decision, manifest: ids, conditions, reason: Some("so be it".to_owned()) })
            }
            What::Assign(owner) => {
                Body::Assign(Assign { item: Some(item()), stage: None, owner: owner.parse().unwrap(), reason: "leave".to_owned() })
            }
            What::Check(result) => Body::Check(check(item(), *result)),
            What::Disregard => Body::Disregard(Disregard { record: about, reason: "gone".to_owned() }),
            What::DisregardLost => Body::Disregard(Disregard { record: lost(), reason: "gone".to_owned() }),
            What::Open(environment) => {
                under = None;
                let mut open = plain_open();
                open.environment = environment.parse().unwrap();
                Body::Open(Box::new(open))
            }
            What::Action => Body::Action(action()),
            What::Close(outcome) => Body::Close(closed(*outcome)),
            What::Add(blocks) => {
                let text = Some("order the cake".to_owned());
                Body::Action(Action { text, blocks: *blocks, ..acted(ActionEvent::Add, "a1") })
            }
            What::Done => Body::Action(acted(ActionEvent::Done, "a1")),
            What::Met(by_assignee) => {
                if *by_assignee {
                    who = "dana";
                }
                Body::Action(Action { decision: Some(conditional(world).unwrap_or(about)), ..acted(ActionEvent::Met, "c1") })
            }
            What::ConditionFailed => {
                Body::Action(Action { decision: Some(conditional(world).unwrap_or(about)), ..acted(ActionEvent::Failed, "c1") })
            }
            What::Stage(event) => Body::Stage(moved("canary", *event)),
            What::Reading => Body::Reading(measured("canary", "errors", "0.2%", (0, 0))),
            What::Rollback(RollbackEvent::Step) => Body::Rollback(rollback()),
            What::Rollback(event) => Body::Rollback(Rollback { reason: Some("so it went".to_owned()), ..rolled(*event) }),
        };
        let parents = match &self.seen {
            Seen::All => world.heads(),
            Seen::Earlier(at) => heads_of(world, &order[..=at.index(order.len())]),
            Seen::Nothing => vec![],
            Seen::One(at) => vec![*at.get(&order)],
            Seen::Lost => vec![lost()],
        };
        let mut draft = world.draft(who, body).under(under).parents(&parents);
        if matches!(self.what, What::Met(_)) {
            draft.record.comment = Some("looked for an hour".to_owned());
        }
        let at = draft.record.time.plus(self.minutes * 60).max(time(0));
        world.put(draft.at(at));
    }

    /// Picks a record of the signer's own, if there is one.
    fn own(&self, world: &World) -> RecordId {
        let log = world.verify();
        let holder = crate::cast::holder(self.who);
        let own: Vec<_> = world.lines.iter().filter(|(id, _)| log.records[id].principal() == &holder).map(|(id, _)| *id).collect();
        if own.is_empty() { self.about.get(&world.lines).0 } else { *self.about.get(&own) }
    }
}

/// Finds the last decision that has a condition.
fn conditional(world: &World) -> Option<RecordId> {
    let log = world.verify();
    let has_condition =
        |id: &RecordId| matches!(&log.records[id].value().body, Body::Decide(decide) if !decide.conditions.is_empty());
    world.lines.iter().rev().map(|(id, _)| *id).find(has_condition)
}

fn heads_of(world: &World, ids: &[RecordId]) -> Vec<RecordId> {
    let named: Vec<_> = ids.iter().flat_map(|id| &world.parents[id]).collect();
    ids.iter().filter(|id| !named.contains(id)).copied().collect()
}

/// A word against the release of every kind, each by somebody with the right to it.
pub(crate) fn words_against(world: &World) -> Vec<(&'static str, Body)> {
    let runbook = || ItemRef { id: "runbook".parse().unwrap(), digest: digest(1) };
    vec![
        ("dana", Body::Sign(world.sign_body("runbook", SignVerdict::Reject))),
        ("sam-old", Body::Sign(world.sign_body("tests", SignVerdict::Reject))),
        ("sam", Body::Sign(world.sign_body("runbook", SignVerdict::Partial))),
        ("ci", Body::Check(check(runbook(), CheckResult::Failed))),
        ("rita-lost", Body::Rollback(rollback())),
        // No log adds this action: one that is added, and that holds up nothing, may fail without speaking against GO.
        ("rita", Body::Action(acted(ActionEvent::Failed, "a3"))),
        ("rita", Body::Action(Action { text: Some("wait".to_owned()), blocks: Some(Blocks::Go), ..acted(ActionEvent::Add, "a2") })),
        ("rita", Body::Rollback(rolled(RollbackEvent::Start))),
        ("rolf", Body::Close(closed(Outcome::RolledBack))),
        ("rolf", Body::Stage(stage())),
        ("rita", Body::Close(closed(Outcome::Abandoned))),
        ("rita", Body::Decide(Decide { decision: Decision::NoGo, manifest: vec![], conditions: vec![], reason: None })),
        ("rolf", Body::Open(Box::new(plain_open()))),
    ]
}

pub(crate) fn check(item: ItemRef, result: CheckResult) -> Check {
    Check { item, result, command: None, exit_status: None, duration_ms: None, output: None, tree: None, tests: None, url: None }
}

pub(crate) fn action() -> Action {
    acted(ActionEvent::Failed, "a1")
}

fn stage() -> Stage {
    moved("canary", StageEvent::Fail)
}

pub(crate) fn rollback() -> Rollback {
    Rollback { step: Some(1), result: Some(StepResult::Done), ..rolled(RollbackEvent::Step) }
}
