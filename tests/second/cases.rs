//! Cases out of numbers: releases as they should go, in which some things go otherwise.

use std::collections::BTreeSet;

use relsign::model::record::{ActionEvent, CheckResult, Decision, Outcome, RollbackEvent, SignVerdict, StageEvent};

use crate::cast::Rules;
use crate::chance::Chance;
use crate::courses::{self, Journey};
use crate::plan::{
    Anchors, ContextPlan, EvidencePlan, FreezePlan, Freezes, Head, Junk, Manifest, NamedPlan, Odd, OpenPlan, Part, Plan, Remote,
    RereadPlan, Seen, Step, TagPlan, Third, Under, What,
};

const PEOPLE: &[&str] = &[
    "rita", "rita", "rita-two", "rolf", "rolf", "sam", "sam", "sam-two", "dana", "dana", "quin", "quin", "olga", "ivan", "tara",
    "hank", "ci", "bot",
];

/// Makes the plan of a number.
pub(crate) fn plan(seed: u64) -> Plan {
    let mut chance = Chance::new(seed);
    let versions = versions(&mut chance);
    let mut open = open_plan(&mut chance, &versions[0]);
    let journey = courses::journey(seed, &versions[0], &mut open);
    let calm = chance.percent(25);
    let mut making = Making { chance, versions, open, steps: Vec::new(), calm, late: 0, journey };
    making.write();
    let Making { mut chance, versions, open, steps, .. } = making;
    let hidden = hidden(&mut chance, &steps);
    let mut context = context(&mut chance, &steps);
    if matches!(open.odd, Some(Odd::PreviousByHand | Odd::NamesPrevious)) && chance.percent(80) {
        context.reread = Some(chance.of(&[
            RereadPlan::Same,
            RereadPlan::PreviousDidNotPass,
            RereadPlan::PreviousNotHere,
            RereadPlan::PreviousNotBelow,
            RereadPlan::PreviousNotBelow,
            RereadPlan::PreviousSomewhere,
        ]));
    }
    let mut plan = Plan { versions, open, steps, context, hidden, ..Plan::default() };
    redactions(seed, &mut plan);
    remotes(seed, &mut plan.context);
    plan.open.almost_tasks = Chance::new(seed ^ (1 << 45)).percent(10);
    makers(seed, &mut plan);
    refusals(seed, &mut plan);
    asides(seed, &mut plan);
    plan
}

/// Lets somebody say something in the end in some cases that changes nothing, with numbers of its own likewise.
fn asides(seed: u64, plan: &mut Plan) {
    let mut chance = Chance::new(seed ^ (1 << 41));
    if !chance.percent(20) {
        return;
    }
    let id = plan.open.actions.first().map_or("notify", |action| action.id);
    let approve = What::Word(SignVerdict::Approve);
    plan.steps.push(match chance.below(10) {
        0 | 1 => Step::new("ivan", approve),
        6 | 7 => Step { under: Under::About, ..Step::new("hank", approve).on("tests").about(1) },
        8 | 9 => Step::new("quin", What::Open("production")),
        2 => Step::new("dana", approve).on("tests").role("qa"),
        3 | 4 => Step::new("quin", What::Act(ActionEvent::Done, id)),
        _ => Step::new("quin", What::OfCondition(ActionEvent::Met, "ready")).about(chance.below(plan.steps.len().max(1))),
    });
}

/// Adds a record in some cases that breaks a rule, which people set aside before they decide again, with numbers of its own likewise.
fn refusals(seed: u64, plan: &mut Plan) {
    let mut chance = Chance::new(seed ^ (1 << 43));
    if plan.versions.len() > 1 && chance.percent(15) {
        plan.steps.push(Step { seen: Seen::Nothing, head: Head::Back(1), ..Step::new("rita", What::Assign("@dana")) });
    }
    if !chance.percent(8) {
        return;
    }
    if let (Some(rules), true) = (plan.versions.last_mut(), chance.percent(90)) {
        rules.keys.insert("tara", ("retired", None));
    }
    let at = plan.steps.len().max(1);
    let mut step =
        Step::new("tara", chance.of(&[What::Unknown, What::Unknown, What::Unknown, What::Stage(StageEvent::Fail, "canary")]));
    step.seen = Seen::Nothing;
    plan.steps.push(step);
    if chance.percent(15) {
        // Somebody relied on it.
        plan.steps.push(Step { seen: Seen::One(at), ..Step::new("rita", What::Reading { stage: "canary", from: 2, to: 0 }) });
    }
    for by in ["rita", "rolf", "rolf"].into_iter().take(1 + chance.below(3)) {
        plan.steps.push(Step { seen: Seen::Until(at - 1), ..Step::new(by, What::Disregard).about(at) });
    }
    let manifest = chance.of(&[Manifest::AllBut(at), Manifest::AllBut(at), Manifest::AllBut(at), Manifest::All]);
    plan.steps.push(Step { seen: Seen::Until(at - 1), ..Step::new("rolf", What::Decide(Decision::Go, manifest)) });
}

/// Lets a tag or commits be by nobody who is known in some cases, or not to be told, with numbers of its own likewise.
fn makers(seed: u64, plan: &mut Plan) {
    let mut chance = Chance::new(seed ^ (1 << 46));
    if chance.percent(2) {
        plan.context.reread = Some(RereadPlan::RangeUnreadable);
    }
    if !chance.percent(8) || plan.open.odd.is_some() {
        return;
    }
    plan.open.odd = Some(chance.of(&[Odd::UnknownTagger, Odd::BotCommits, Odd::BotCommits]));
    let (listed, refuses) = (chance.percent(50), chance.percent(70));
    for rules in &mut plan.versions {
        rules.bots_listed = listed;
        rules.unknown_refuses = refuses;
    }
}

/// Lets some of the evidence be erased in some cases, with numbers of its own: so the cases are otherwise what they were.
fn redactions(seed: u64, plan: &mut Plan) {
    let mut chance = Chance::new(seed ^ (1 << 47));
    if !chance.percent(12) {
        return;
    }
    for rules in &mut plan.versions {
        rules.redact = chance.of(&[2, 2, 2, 3]);
    }
    if let Some(done) = plan.steps.iter_mut().find(|step| step.what == What::Word(SignVerdict::Done)) {
        done.evidence = true;
    }
    let people = ["rita", "rolf", chance.of(&["rita", "sam", "ci", "rolf"])];
    for by in people.into_iter().take(1 + chance.below(3)) {
        let mut step = Step::new(by, What::Redact);
        match chance.below(12) {
            0 => step.under = Under::Nothing,
            1 => step.head = Head::Back(1),
            2 => step.minutes = 200_000,
            3 => step.astray = true,
            _ => {}
        }
        plan.steps.push(step);
    }
    if chance.percent(15) {
        let last = plan.steps.len() - 1;
        plan.steps.push(Step::new(plan.steps[last].by, What::Withdraw).about(last));
    }
    if chance.percent(60) {
        plan.context.evidence = EvidencePlan::Missing;
    }
}

/// Judges the same records under another context, and with others of them hidden.
pub(crate) fn variation(seed: u64, number: u64, plan: &Plan) -> (ContextPlan, BTreeSet<usize>) {
    let mut chance = Chance::new(seed ^ (number << 48));
    let hidden = hidden(&mut chance, &plan.steps);
    let mut context = context(&mut chance, &plan.steps);
    if chance.percent(8) && !plan.steps.is_empty() {
        context.minute = Some(i64::try_from(chance.below(plan.steps.len() + 8)).unwrap());
    }
    remotes(seed ^ (number << 48), &mut context);
    (context, hidden)
}

/// Lets a remote have something else under the name in some cases, with numbers of its own as well.
fn remotes(seed: u64, context: &mut ContextPlan) {
    let mut chance = Chance::new(seed ^ (1 << 44));
    if context.named.is_some() || !chance.percent(4) {
        return;
    }
    let remote = Remote { other: chance.percent(50), shared: chance.percent(50), has_record: chance.percent(50) };
    context.named = Some(if chance.percent(75) { NamedPlan::Elsewhere(remote) } else { NamedPlan::ElsewhereByNobody(remote) });
}

fn versions(chance: &mut Chance) -> Vec<Rules> {
    let mut versions = vec![rules(chance)];
    let more = chance.of(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 2]);
    for number in 0..more {
        let mut next = versions.last().expect("there is a first").clone();
        let number: u32 = number + 2;
        for _ in 0..1 + chance.below(2) {
            change(chance, &mut next, number);
        }
        versions.push(next);
    }
    versions
}

fn rules(chance: &mut Chance) -> Rules {
    let mut rules = Rules { reviews: chance.of(&[1, 1, 1, 0, 2]), ..Rules::default() };
    if chance.percent(15) {
        rules.role = Some(chance.of(&["sre", "qa", "security"]));
    }
    rules.evidence = chance.percent(10);
    rules.hardware_label = chance.percent(40);
    rules.max_age = chance.percent(5).then_some(1);
    rules.record_age = chance.percent(5).then_some(1);
    rules.waiver = chance.of(&[1, 1, 1, 1, 2, 0]);
    if chance.percent(20) {
        rules.label_waiver = Some(chance.of(&[0, 2]));
    }
    rules.over_reject = chance.of(&[2, 2, 2, 3]);
    rules.disregard = chance.of(&[2, 2, 2, 3]);
    rules.previous = chance.of(&[2, 2, 2, 3]);
    rules.owner_reviews = chance.percent(10);
    rules.tagger_reviews = chance.percent(10);
    rules.implementer_reviews = chance.percent(10);
    rules.unknown_refuses = !chance.percent(25);
    rules.tags_signed = chance.percent(20);
    rules.skew = chance.of(&[300, 300, 1, 3600]);
    if chance.percent(15) {
        rules.reject = chance.of(&["\"everyone\"", "\"release-manager\"", "\"@dana\""]);
    }
    if chance.percent(10) {
        rules.decide = chance.of(&["\"@rolf\"", "\"release-manager\", \"sre\"", "\"@olga\", \"@rolf\""]);
    }
    if chance.percent(12) {
        rules.decide_people = 2;
    }
    if chance.percent(8) {
        rules.decide_role = Some(chance.of(&["release-manager", "sre", "qa"]));
        rules.decide = "\"release-manager\", \"sre\", \"qa\"";
    }
    if chance.percent(30) {
        rules.break_glass = Some(chance.of(&["\"@rolf\"", "\"sre\""]));
    }
    rules.act = chance.percent(15).then(|| chance.of(&["\"@rita\"", "\"release-manager\", \"sre\""]));
    rules.stage = chance.percent(15).then(|| chance.of(&["\"sre\"", "\"release-manager\", \"sre\""]));
    rules.rollback = chance.percent(15).then(|| chance.of(&["\"everyone\"", "\"release-manager\", \"sre\""]));
    rules.close = chance.percent(10).then(|| chance.of(&["\"@rita\"", "\"release-manager\", \"sre\""]));
    rules.required = chance.percent(8).then(|| chance.of(&["go", "close"]));
    rules.gated = chance.percent(40);
    if chance.percent(10) {
        rules.waive = chance.of(&["\"@rolf\"", "\"release-manager\""]);
    }
    if chance.percent(8) {
        change(chance, &mut rules, 1);
    }
    rules
}

/// What a step of the policy changes.
fn change(chance: &mut Chance, rules: &mut Rules, number: u32) {
    let key = chance.of(&["rita", "rita-two", "sam", "sam-two", "dana", "quin", "rolf", "hank", "ci"]);
    let since = 1 + u32::try_from(chance.below(3)).unwrap();
    match chance.below(13) {
        0 | 1 => {
            let since = chance.percent(40).then_some(since);
            rules.keys.insert(key, ("retired", since));
        }
        2 | 3 => {
            rules.keys.insert(key, ("compromised", Some(since)));
        }
        4 if number > 1 => {
            rules.keys.clear();
            rules.unlisted.clear();
        }
        // A person keeps one key at least, so that the policy can be read; the keys of machines may go.
        5 => {
            rules.unlisted.insert(chance.of(&["rita-two", "sam-two"]));
        }
        6 => {
            rules.roles.insert(chance.of(&["rolf", "dana", "quin"]), "");
        }
        7 => {
            rules.reject = chance.of(&["\"everyone\"", "\"release-manager\"", "\"qa\", \"sre\""]);
        }
        9 => rules.decide_people = chance.of(&[1, 2]),
        10 => rules.stage = Some(chance.of(&["\"release-manager\"", "\"release-manager\", \"sre\""])),
        11 => rules.act = Some(chance.of(&["\"release-manager\"", "\"release-manager\", \"sre\""])),
        8 => rules.waiver = chance.of(&[0, 1, 2]),
        _ => rules.skew = chance.of(&[1, 300]),
    }
}

fn open_plan(chance: &mut Chance, rules: &Rules) -> OpenPlan {
    let odd = chance.percent(12).then(|| {
        chance.of(&[
            Odd::AsksLess,
            Odd::ForbidsLess,
            Odd::OtherComponent,
            Odd::OtherChecklist,
            Odd::OtherChecklist,
            Odd::PreviousByHand,
            Odd::PreviousByHand,
            Odd::NamesPrevious,
            Odd::NamesPrevious,
            Odd::UnknownAuthor,
            Odd::UnknownAuthor,
            Odd::SameIdTwice,
            Odd::Circle,
            Odd::NothingNeeded,
        ])
    });
    let third = chance.percent(45).then(|| {
        chance.of(&[
            Third::Plain,
            Third::Optional,
            Third::After,
            Third::ChildOfRunbook,
            Third::OptionalChild,
            Third::Risky,
            Third::Risky,
        ])
    });
    OpenPlan {
        odd,
        third,
        owners_by_role: chance.percent(25),
        release_managers_own: chance.percent(15),
        more_reviews: u32::from(chance.percent(8)),
        two_roles: rules.role.is_none() && chance.percent(10),
        evidence: chance.percent(8),
        max_age: chance.percent(6).then(|| chance.of(&[900, 600, 120])),
        waiver_people: chance.percent(15).then(|| chance.of(&[0, 2, 3])),
        hotfix: chance.percent(5),
        window: chance.percent(25).then(|| chance.of(&[(0, 200), (0, 200), (0, 40), (20, 400), (5, 200_000)])),
        window_given: chance.percent(40),
        ..OpenPlan::default()
    }
}

pub(crate) struct Making {
    pub(crate) chance: Chance,
    pub(crate) versions: Vec<Rules>,
    pub(crate) open: OpenPlan,
    pub(crate) steps: Vec<Step>,
    /// Everything goes as it should.
    pub(crate) calm: bool,
    /// By how many minutes whatever comes next is later than its place says.
    pub(crate) late: i64,
    /// What is to become of the release after it was decided.
    pub(crate) journey: Journey,
}

impl Making {
    fn write(&mut self) {
        let opener = self.chance.of(&["rita", "rita", "rita", "rolf", "rita-two"]);
        self.add(Step::new(opener, What::Open("production")));
        let noise = self.chance.of(&[0, 0, 0, 0, 0, 0, 1, 1, 2, 3]);
        let acts = if self.chance.percent(92) { 100 } else { 50 };
        for _ in 0..noise / 2 {
            self.noise();
        }
        let mut activations = self.versions.len() - 1;
        let mut items = vec!["runbook", "tests"];
        items.extend(self.open.third.map(|_| "third"));
        for item in items {
            if self.chance.percent(acts) {
                self.settle(item);
            }
            if activations > 0 && self.chance.percent(40) {
                activations -= 1;
                self.activate();
            }
            if self.chance.percent(8) {
                self.noise();
            }
        }
        for _ in 0..noise - noise / 2 {
            self.noise();
        }
        if self.chance.percent(40) {
            self.answer();
        }
        if self.chance.percent(94) {
            self.before_the_decision();
            self.decide();
            self.course();
        }
        if self.chance.percent(6) {
            self.noise();
        }
        while activations > 0 {
            activations -= 1;
            if self.chance.percent(80) {
                self.activate();
            }
        }
        if self.chance.percent(16) {
            self.answer();
            self.decide();
        }
    }

    pub(crate) fn add(&mut self, step: Step) {
        let step = if !self.calm && self.chance.percent(2) { self.spoilt(step) } else { step };
        self.push(step);
    }

    /// Lets something happen after all that happened before, however long that took.
    pub(crate) fn push(&mut self, mut step: Step) {
        step.minutes += self.late;
        self.steps.push(step);
    }

    fn step_before(&mut self) -> usize {
        self.chance.below(self.steps.len().max(1))
    }

    fn activate(&mut self) {
        let anchors = self.chance.of(&[
            Anchors::All,
            Anchors::All,
            Anchors::All,
            Anchors::All,
            Anchors::All,
            Anchors::All,
            Anchors::All,
            Anchors::AllButOne,
            Anchors::DecisionsOnly,
            Anchors::None,
        ]);
        if self.chance.percent(20) {
            self.push(Step::new("bot", What::Receive));
        }
        let about = self.step_before();
        self.push(Step::new("olga", What::Activate { anchors }).about(about));
    }

    /// Everybody says of an item what they should.
    pub(crate) fn settle(&mut self, item: &'static str) {
        if self.chance.percent(8) {
            let people = self.open.waiver_people.unwrap_or(self.versions[0].waiver).clamp(1, 3);
            for by in ["rita", "rolf", "sam"].into_iter().take(people.try_into().unwrap()) {
                let minutes = self.chance.of(&[None, None, Some(2), Some(50)]);
                self.add(Step::new(by, What::Waive { minutes, over: false }).on(item));
            }
            return;
        }
        let owner = match item {
            "runbook" if self.open.owners_by_role => self.chance.of(&["sam", "dana", "hank"]),
            "runbook" => self.chance.of(&["sam", "sam", "sam", "sam-two"]),
            "tests" if self.open.release_managers_own => self.chance.of(&["rita", "rolf"]),
            "tests" => "quin",
            _ => "dana",
        };
        let verdict = self.chance.of(&[
            SignVerdict::Done,
            SignVerdict::Done,
            SignVerdict::Done,
            SignVerdict::Done,
            SignVerdict::Done,
            SignVerdict::Done,
            SignVerdict::Done,
            SignVerdict::NotApplicable,
        ]);
        let mut done = Step::new(owner, What::Word(verdict)).on(item);
        let asked = self.versions[0].evidence || self.open.evidence;
        done.evidence = self.chance.percent(if asked { 92 } else { 5 });
        self.add(done);
        let mut taken = vec![owner.split('-').next().unwrap()];
        let mut roles: Vec<&'static str> = self.versions[0].role.into_iter().collect();
        if self.open.two_roles {
            roles = vec!["security", "sre"];
        }
        let mut reviews = (self.versions[0].reviews + self.open.more_reviews).max(u32::try_from(roles.len()).unwrap());
        if self.open.third == Some(Third::Risky) && item == "third" && self.versions[0].hardware_label {
            reviews = reviews.max(1);
            if roles.is_empty() && reviews == 1 {
                self.add(Step::new("hank", What::Word(SignVerdict::Approve)).on(item));
                return;
            }
        }
        for role in roles {
            let holders: &[&str] = match role {
                "qa" => &["quin", "tara", "ivan"],
                "security" => &["hank", "sam"],
                _ => &["dana", "hank", "sam"],
            };
            let Some(by) = holders.iter().find(|by| !taken.contains(by)) else { continue };
            taken.push(by);
            reviews = reviews.saturating_sub(1);
            self.add(Step::new(by, What::Word(SignVerdict::Approve)).on(item).role(role));
        }
        let from = self.chance.below(6);
        let others = ["rita", "rolf", "olga", "hank", "quin", "dana"];
        let free: Vec<_> = (0..others.len()).map(|n| others[(n + from) % others.len()]).filter(|by| !taken.contains(by)).collect();
        for by in free.into_iter().take(reviews.try_into().unwrap()) {
            self.add(Step::new(by, What::Word(SignVerdict::Approve)).on(item));
        }
    }

    /// Picks a step by the holder of the key, if there is one.
    fn own(&mut self, key: &str) -> usize {
        let holder = key.split('-').next();
        let own: Vec<usize> = (0..self.steps.len()).filter(|at| self.steps[*at].by.split('-').next() == holder).collect();
        if own.is_empty() { self.step_before() } else { own[self.chance.below(own.len())] }
    }

    /// Something that need not have been said.
    pub(crate) fn noise(&mut self) {
        if self.calm {
            return;
        }
        let by = self.chance.of(PEOPLE);
        let item = self.chance.of(&["runbook", "runbook", "runbook", "tests", "tests", "tests", "third", "elsewhere"]);
        let about = self.step_before();
        let verdict = self.chance.of(SignVerdict::ALL);
        let manager = self.chance.of(&["rita", "rolf", "rolf", "sam"]);
        let end = self.chance.of(&[None, Some(1), Some(1000), Some(-5)]);
        if self.chance.percent(25) {
            let mut step = courses::noise(self);
            if self.chance.percent(15) {
                step = self.spoilt(step);
            }
            self.push(step);
            return;
        }
        let step = match self.chance.below(31) {
            0..=7 => Step::new(by, What::Word(verdict)),
            8 => Step::new(by, What::Word(SignVerdict::Reject)),
            9 | 10 => Step::new(self.chance.of(&["sam", "sam-two", "quin", "dana", "rita"]), What::Word(SignVerdict::Partial)),
            11 | 12 => Step::new(manager, What::Waive { minutes: end, over: true }).about(about),
            13 => Step::new(manager, What::Waive { minutes: end, over: false }),
            14..=16 => {
                let own = self.own(by);
                Step::new(by, What::Withdraw).about(own)
            }
            17 => Step::new(by, What::Withdraw).about(about),
            18 | 19 => {
                let decision = self.chance.of(Decision::ALL);
                let manifest =
                    self.chance.of(&[Manifest::All, Manifest::Until(about), Manifest::AllBut(about), Manifest::WithLost]);
                Step::new(manager, What::Decide(decision, manifest))
            }
            20 | 21 => {
                let owner = self.chance.of(&["@dana", "@sam", "@olga", "@quin", "@nobody"]);
                Step::new(self.chance.of(&["rita", "rolf", "dana"]), What::Assign(owner))
            }
            22 | 23 => {
                let result = self.chance.of(&[
                    CheckResult::Failed,
                    CheckResult::TimedOut,
                    CheckResult::Passed,
                    CheckResult::Warned,
                    CheckResult::NotRun,
                ]);
                Step::new(self.chance.of(&["ci", "ci", "bot", "rita", "sam"]), What::Check(result))
            }
            24 => Step::new(manager, What::Disregard).about(self.chance.of(&[usize::MAX, about])),
            25 => {
                let environment = self.chance.of(&["production", "production", "staging", "canary"]);
                Step::new(manager, What::Open(environment))
            }
            26 => Step::new(by, What::Unknown).about(about),
            27 => {
                let what = self.chance.of(&[
                    What::Act(ActionEvent::Failed, "a"),
                    What::Stage(StageEvent::Fail, "canary"),
                    What::Stage(StageEvent::Pass, "canary"),
                    What::Rollback(RollbackEvent::Start),
                ]);
                Step::new(manager, what)
            }
            28 => {
                let outcome = self.chance.of(Outcome::ALL);
                Step::new(manager, What::Close(outcome))
            }
            29 => Step::new("bot", What::Receive),
            _ => Step::new(by, What::Reading { stage: "canary", from: 2, to: 0 }),
        };
        let mut step = step.on(item);
        if self.chance.percent(25) {
            step = self.spoilt(step);
        }
        self.push(step);
    }

    /// Something about a record is not as it should be.
    fn spoilt(&mut self, mut step: Step) -> Step {
        let before = self.step_before();
        match self.chance.below(14) {
            0 => step.by = self.chance.of(PEOPLE),
            1 => step.seen = Seen::Until(before),
            2 => step.seen = self.chance.of(&[Seen::Nothing, Seen::One(before), Seen::One(before), Seen::Lost]),
            3 => step.minutes = self.chance.of(&[-200, -50, 50, 200, 200_000]),
            4 => step.head = self.chance.of(&[Head::Back(1), Head::Back(1), Head::Back(2), Head::Unknown, Head::Fork]),
            5 => step.role = Some(self.chance.of(&["sre", "qa", "security", "release-manager"])),
            6 => step.under = self.chance.of(&[Under::Nothing, Under::About]),
            7 => step.evidence = !step.evidence,
            8 => step.other_text = true,
            9 if self.chance.percent(40) => step.astray = true,
            10 => step.head = Head::Back(1),
            11 => step.seen = Seen::Until(before),
            12 => step.bare = true,
            _ => step.item = self.chance.of(&["runbook", "tests", "third", "elsewhere"]),
        }
        step
    }

    /// What was said against the release is answered: withdrawn by its author, waived, or its absence set aside.
    pub(crate) fn answer(&mut self) {
        for at in 0..self.steps.len() {
            let step = self.steps[at].clone();
            match step.what {
                What::Word(SignVerdict::Reject) if self.chance.percent(50) => {
                    for by in ["rita", "rolf", "sam"] {
                        self.add(Step::new(by, What::Waive { minutes: None, over: true }).on(step.item).about(at));
                    }
                }
                What::Word(SignVerdict::Reject | SignVerdict::Partial) | What::Unknown => {
                    self.add(Step::new(step.by, What::Withdraw).about(at));
                }
                What::Open(_) if at > 0 => self.add(Step::new(step.by, What::Withdraw).about(at)),
                What::Check(CheckResult::Failed | CheckResult::TimedOut) => {
                    self.add(Step::new(step.by, What::Check(CheckResult::Passed)).on(step.item))
                }
                _ => {}
            }
            if step.seen == Seen::Lost || matches!(step.what, What::Decide(_, Manifest::WithLost)) {
                for by in ["rita", "rolf"] {
                    self.add(Step::new(by, What::Disregard).about(usize::MAX));
                }
            }
        }
    }
}

fn hidden(chance: &mut Chance, steps: &[Step]) -> BTreeSet<usize> {
    let mut hidden = BTreeSet::new();
    match chance.below(30) {
        0 => {
            hidden.insert(chance.below(steps.len()));
        }
        1 => {
            hidden.extend([chance.below(steps.len()), chance.below(steps.len())]);
        }
        2 => {
            let from = chance.below(steps.len());
            hidden.extend(from..steps.len());
        }
        3 => {
            hidden.insert(steps.len() - 1);
        }
        _ => {}
    }
    hidden
}

fn context(chance: &mut Chance, steps: &[Step]) -> ContextPlan {
    let mut context = ContextPlan::default();
    if chance.percent(30) {
        context.seen_before.insert(chance.below(steps.len()));
    }
    if chance.percent(15) {
        context.environment = Some(chance.of(&["production", "production", "production", "staging"]));
    }
    if chance.percent(3) {
        context.minute = Some(i64::try_from(chance.below(steps.len() + 5)).unwrap());
    }
    if chance.percent(8) {
        context.tag = chance.of(&[
            TagPlan::Unsigned,
            TagPlan::Unsigned,
            TagPlan::SignedByQuin,
            TagPlan::SignedByQuin,
            TagPlan::SignedByLost,
            TagPlan::OtherName,
            TagPlan::Gone,
            TagPlan::Lightweight,
            TagPlan::Missing,
        ]);
    }
    if chance.percent(12) {
        let part = chance.of(&[
            Part::Title,
            Part::Rules,
            Part::Risk,
            Part::Stages,
            Part::Triggers,
            Part::Procedure,
            Part::Scope,
            Part::AlmostTasks,
            Part::Actions,
            Part::OnCall,
            Part::KnownIssues,
            Part::Attendees,
            Part::Window,
        ]);
        context.reread = Some(chance.of(&[
            RereadPlan::Same,
            RereadPlan::Same,
            RereadPlan::Same,
            RereadPlan::NoRange,
            RereadPlan::PreviousDidNotPass,
            RereadPlan::PreviousNotHere,
            RereadPlan::PreviousNotBelow,
            RereadPlan::PreviousSomewhere,
            RereadPlan::OtherItems,
            RereadPlan::OtherPlan(part),
            RereadPlan::Unreadable,
            RereadPlan::OtherPeople,
            RereadPlan::OtherCommits,
        ]));
    }
    if chance.percent(15) {
        context.evidence =
            chance.of(&[EvidencePlan::Missing, EvidencePlan::Missing, EvidencePlan::Changed, EvidencePlan::OtherSize]);
    }
    if chance.percent(12) {
        context.named = Some(chance.of(&[
            NamedPlan::This,
            NamedPlan::This,
            NamedPlan::This,
            NamedPlan::MovedByNobody,
            NamedPlan::Hidden,
            NamedPlan::Moved,
        ]));
    }
    if chance.percent(10) {
        context.junk = Some(chance.of(&[Junk::Line, Junk::Line, Junk::Line, Junk::Foreign, Junk::TooMany]));
    }
    if chance.percent(25) {
        let from = i64::try_from(chance.below(steps.len() * 2 + 2)).unwrap();
        let until = i64::try_from(chance.below(60)).unwrap();
        let until = chance.of(&[Some(from + until), Some(from + until), Some(from + until), None]);
        let of = chance.of(&[
            Freezes::Environment,
            Freezes::Environment,
            Freezes::OtherEnvironment,
            Freezes::GatedRef,
            Freezes::OtherRef,
        ]);
        context.freezes.push(FreezePlan { from, until, of });
    }
    context
}
