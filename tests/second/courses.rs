//! What becomes of releases after they are decided, and what may be said of it: stages, readings, actions, the way back, the end.

use relsign::model::record::{
    ActionEvent, Blocks, Decision, OpenStage, Outcome, ReadingResult, RollbackEvent, SignVerdict, StageEvent, StepResult,
};

use crate::cases::Making;
use crate::cast::Rules;
use crate::chance::Chance;
use crate::plan::{ActionPlan, ConditionPlan, Manifest, Odd, OpenPlan, StagePlan, Step, Third, ValuePlan, What};

/// What is to become of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journey {
    /// Nobody does anything.
    Stays,
    /// It begins to go out.
    Begins,
    /// It is out, and ends so.
    Completes,
    GoesBack,
    /// It goes back, is decided again, and goes out again.
    GoesBackAndOut,
    IsGivenUp,
}

const LIMITS: &[&str] = &["errors", "latency", "ratio", "times", "drift", "shift", "odd", "crashes", "steady", "looks"];

/// Values that keep to each limit, and others: a value, and what it is compared with.
type Values = &'static [(Option<&'static str>, Option<&'static str>)];

pub(crate) fn good(limit: &str) -> Values {
    match limit {
        "errors" => &[(Some("0.5%"), None), (Some("0.999999999999 %"), None), (Some("-1e0%"), None)],
        "latency" => &[(Some("300 ms"), None), (Some("0.3s"), None), (Some("299.999999ms"), None), (Some("3e2MS"), None)],
        "ratio" => &[(Some("15 ms"), Some("10ms")), (Some("1.5"), Some("1")), (Some("0.0149 s"), Some("10 ms"))],
        "times" => &[(Some("1.9x"), None), (Some("1.999 X"), Some("7"))],
        "drift" => &[(Some("110"), Some("100")), (Some("90 rps"), Some("100 rps")), (Some("1.1 s"), Some("1000 ms"))],
        "shift" => &[(Some("2 s"), Some("1 s")), (Some("100ms"), Some("0.7 s"))],
        "crashes" => &[(Some("0"), None), (Some(""), None), (None, None), (Some("0e5"), None)],
        "steady" => &[(Some("0.5"), None), (Some("1"), None)],
        _ => &[(Some("fine"), None), (Some("5"), Some("4")), (None, None)],
    }
}

fn other(limit: &str) -> Values {
    match limit {
        "errors" => &[(Some("1%"), None), (Some("2 %"), None), (Some("0.5"), None), (Some("n/a"), None), (Some("low"), None)],
        "latency" => {
            &[(Some("301 ms"), None), (Some("0.4 s"), None), (Some("1 m"), None), (Some("5 %"), None), (Some("NaN"), None)]
        }
        "ratio" => &[(Some("16 ms"), Some("10 ms")), (Some("15 ms"), None), (Some("15 ms"), Some("10 %")), (Some("5"), Some("-1"))],
        "times" => &[(Some("2x"), None), (Some("1.5"), Some("1")), (Some("1.5 s"), Some("1 s"))],
        "drift" => &[(Some("111"), Some("100")), (Some("89.999"), Some("100")), (Some("110"), None), (Some("0"), Some("0"))],
        "shift" => &[(Some("1.5 s"), Some("1 s")), (Some("1"), Some("2")), (Some("inf"), Some("1 s")), (Some("1 s"), Some("1 s"))],
        "crashes" => &[(Some("1"), None), (Some("none"), None), (Some("0 x"), None), (Some("-0.000000000001"), None)],
        "steady" => &[(Some("0.4999"), None), (Some(" "), None), (Some("null"), None), (Some("about 1"), None)],
        _ => &[(Some("bad"), None), (None, None)],
    }
}

fn stage(id: &'static str, traffic: Option<&'static str>) -> StagePlan {
    StagePlan { id, traffic, bake: None, owner: None, limits: Vec::new() }
}

/// Adds to the open record what a course needs, with numbers of its own, and says what is to become of the release.
pub(crate) fn journey(seed: u64, rules: &Rules, open: &mut OpenPlan) -> Journey {
    let mut chance = Chance::new(seed ^ (1 << 42));
    let half = chance.of(&["50%", "50%", "5 to 100 %"]);
    let last = chance.of(&[Some("100%"), Some("the rest"), None]);
    let (canary, early) = (stage("canary", Some("1%")), stage("early", Some("10 %")));
    let (half, full) = (stage("half", Some(half)), stage("full", last));
    open.stages = match chance.below(9) {
        0 => vec![],
        1 | 2 => vec![stage(OpenStage::ALL, Some("100%"))],
        3 => vec![full],
        4 | 5 => vec![canary, full],
        6 | 7 => vec![canary, half, full],
        _ => vec![canary, early, half, full],
    };
    for stage in &mut open.stages {
        let implied = stage.id == OpenStage::ALL;
        if !implied || chance.percent(5) {
            stage.bake = chance.percent(50).then(|| chance.of(&[1, 3, 10]));
            stage.owner = chance.percent(20).then(|| chance.of(&["@rolf", "@rita", "release-manager", "sre"]));
        }
        for limit in LIMITS {
            if chance.percent(12) {
                stage.limits.push(limit);
            }
        }
    }
    open.stage_items = chance.percent(30);
    open.undo = chance.percent(15);
    for id in ["a", "notify", "b"] {
        if !chance.percent(12) || id == "notify" && rules.required.is_some() {
            continue;
        }
        open.actions.push(ActionPlan {
            id,
            assignee: chance.of(&[None, Some("@sam"), Some("@ivan"), Some("sre"), Some("@dana")]),
            blocks: chance.of(&[None, Some(Blocks::Go), Some(Blocks::Close), Some(Blocks::Close)]),
            not_by: chance.percent(25),
            required: chance.percent(15),
        });
    }
    chance.of(&[
        Journey::Stays,
        Journey::Stays,
        Journey::Stays,
        Journey::Completes,
        Journey::Begins,
        Journey::Begins,
        Journey::Completes,
        Journey::Completes,
        Journey::Completes,
        Journey::Completes,
        Journey::GoesBack,
        Journey::GoesBackAndOut,
        Journey::GoesBackAndOut,
        Journey::GoesBackAndOut,
        Journey::IsGivenUp,
    ])
}

impl Making {
    /// What holds GO up is done, and authors whom nobody knows are accepted.
    pub(crate) fn before_the_decision(&mut self) {
        self.do_actions(Blocks::Go);
        if self.chance.percent(5) {
            let at = self.steps.len();
            let item = self.chance.of(&["runbook", "tests"]);
            self.add(Step::new("dana", What::Word(SignVerdict::Reject)).on(item));
            for by in ["rita", "rolf", "sam"] {
                self.add(Step::new(by, What::Waive { minutes: None, over: true }).on(item).about(at));
            }
        }
        if self.open.stage_items && self.chance.percent(10) {
            let item =
                self.open.stages.last().map_or("smoke", |last| if last.id == OpenStage::ALL { "smoke" } else { "smoke@full" });
            let verdict = self.chance.of(&[SignVerdict::Partial, SignVerdict::Partial, SignVerdict::Reject, SignVerdict::Done]);
            self.add(Step::new("dana", What::Word(verdict)).on(item));
        }
        if self.open.odd == Some(Odd::UnknownAuthor) && self.chance.percent(60) {
            let other = self.chance.percent(10);
            let people = usize::try_from(self.versions[0].waiver).unwrap();
            for by in ["rolf", "rita", "sam"].into_iter().take(people) {
                let minutes = self.chance.of(&[None, None, Some(500), Some(1)]);
                self.add(Step::new(by, What::WaiveUnknown { minutes, other }));
            }
        }
    }

    fn do_actions(&mut self, blocks: Blocks) {
        let mut due: Vec<(&'static str, Option<&'static str>)> = Vec::new();
        for action in self.open.actions.iter().filter(|action| action.blocks == Some(blocks)) {
            due.push((action.id, action.assignee));
        }
        if self.versions[0].required == Some(blocks.as_str()) {
            due.push(("notify", Some("sre")));
        }
        for step in &self.steps {
            if let What::Add { id, blocks: Some(holds), assignee, .. } = step.what
                && holds == blocks
            {
                due.push((id, assignee));
            }
        }
        for (id, assignee) in due {
            if !self.chance.percent(93) {
                continue;
            }
            let by = match assignee {
                Some("@sam" | "sre") => "sam",
                Some("@ivan") => self.chance.of(&["ivan", "rita"]),
                Some("@dana") => "dana",
                _ => "rita",
            };
            if self.chance.percent(8) {
                let event = self.chance.of(&[ActionEvent::Failed, ActionEvent::Reopen]);
                self.add(Step::new(by, What::Act(event, id)));
            }
            self.add(Step::new(by, What::Act(ActionEvent::Done, id)));
        }
    }

    /// As many people decide as it takes, with conditions in some cases, which are then met.
    pub(crate) fn decide(&mut self) {
        let mut first =
            self.chance.of(&["rolf", "rolf", "rolf", "rolf", "rolf", "rolf", "rolf", "rita", "rita", "rita", "rita", "olga"]);
        let rules = self.versions[0].clone();
        let is_theirs = if first == "olga" { rules.decide.contains("@olga") } else { rules.decide.contains("manager") };
        if !is_theirs && self.chance.percent(80) {
            first = "rolf";
        }
        if self.chance.percent(5) {
            self.add(Step::new("rolf", What::Decide(Decision::NoGo, Manifest::All)));
            if self.chance.percent(50) {
                return;
            }
        }
        let mut people = vec![first];
        match rules.decide_role {
            Some("qa") => people.push("quin"),
            Some("sre") => people.push("sam"),
            _ => {}
        }
        if rules.decide_people > 1 && people.len() < 2 {
            people.push(if first == "rita" { "rolf" } else { "rita" });
        }
        for by in people {
            if by != first && !self.chance.percent(85) {
                continue;
            }
            if !self.chance.percent(14) {
                let at = self.steps.len();
                self.add(Step::new(by, What::Decide(Decision::Go, Manifest::All)));
                if self.chance.percent(5) {
                    self.add(Step::new(by, What::Withdraw).about(at));
                    self.add(Step::new(by, What::Decide(Decision::Go, Manifest::All)));
                }
                continue;
            }
            let mut step = Step::new(by, What::Decide(Decision::ConditionalGo, Manifest::All));
            for id in ["ready", "told"].into_iter().take(self.chance.of(&[1, 1, 2])) {
                step.conditions.push(ConditionPlan {
                    id,
                    assignee: self.chance.of(&["@sam", "sre", "@ivan", "release-manager", "@nobody"]),
                    due: self.chance.of(&[60, 60, 60, 3, 200_000]),
                    not_by: self.chance.percent(20),
                });
            }
            let conditions = step.conditions.clone();
            let at = self.steps.len();
            self.add(step);
            if self.chance.percent(15) {
                self.noise();
            }
            for condition in conditions {
                if self.chance.percent(90) {
                    let by = match condition.assignee {
                        "@sam" => "sam",
                        "sre" => self.chance.of(&["dana", "dana", "ivan"]),
                        "@ivan" => "ivan",
                        "release-manager" => "rita",
                        _ => "rolf",
                    };
                    let event = self.chance.of(&[
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Met,
                        ActionEvent::Failed,
                    ]);
                    self.add(Step::new(by, What::OfCondition(event, condition.id)).about(at));
                }
            }
        }
    }

    /// What becomes of it.
    pub(crate) fn course(&mut self) {
        match self.journey {
            Journey::Stays => {}
            Journey::Begins => self.go_out(60),
            Journey::Completes => {
                self.go_out(96);
                self.complete();
            }
            Journey::GoesBack | Journey::GoesBackAndOut => {
                let far = self.chance.of(&[60, 96]);
                self.go_out(far);
                self.go_back();
                if self.journey == Journey::GoesBackAndOut {
                    self.decide();
                    if self.chance.percent(70) {
                        self.go_out(96);
                        if self.chance.percent(60) {
                            self.complete();
                        } else if self.chance.percent(50) {
                            self.go_back();
                        }
                    }
                }
            }
            Journey::IsGivenUp => {
                if self.chance.percent(40) {
                    self.go_out(50);
                }
                let by = self.chance.of(&["rita", "rolf", "sam"]);
                self.add(Step::new(by, What::Close(Outcome::Abandoned)));
                if self.chance.percent(30) {
                    self.decide();
                }
            }
        }
        if self.chance.percent(6) {
            self.noise();
        }
    }

    /// Whoever moves stages here.
    fn mover(&mut self) -> &'static str {
        match self.versions[0].stage {
            Some(list) if !list.contains("manager") => self.chance.of(&["sam", "dana"]),
            _ => self.chance.of(&["rita", "rolf", "rolf"]),
        }
    }

    /// The stages are gone through, each with so many chances in a hundred.
    fn go_out(&mut self, far: usize) {
        for stage in self.open.stages.clone() {
            if !self.chance.percent(far) {
                return;
            }
            self.pass_through(&stage);
        }
    }

    fn pass_through(&mut self, stage: &StagePlan) {
        let id = stage.id;
        let (is_implied, is_last) = (id == OpenStage::ALL, self.open.stages.last().is_some_and(|last| last.id == id));
        let mut by = match stage.owner {
            Some("@rolf") => "rolf",
            Some("@rita" | "release-manager") => "rita",
            Some("sre") => "sam",
            _ => self.mover(),
        };
        if self.chance.percent(6) {
            let owner = self.chance.of(&["@rolf", "@rita", "@sam", "@nobody"]);
            self.add(Step::new("rita", What::AssignStage(id, owner)));
            by = self.chance.of(&["rolf", "rita", "sam"]);
        }
        if (is_implied || !is_last) && self.chance.percent(25) || self.chance.percent(3) {
            by = "bot";
        }
        let mut enter = Step::new(by, What::Stage(StageEvent::Enter, id));
        if self.chance.percent(15) {
            enter.minutes = self.chance.of(&[0, 0, 0, -10, -40]);
            enter.names = vec![self.chance.of(&["window", "freeze", "errors"]), self.chance.of(&["window", "freeze"])];
        }
        let item: &'static str = match id {
            OpenStage::ALL => "smoke",
            "canary" => "smoke@canary",
            "early" => "smoke@early",
            "half" => "smoke@half",
            _ => "smoke@full",
        };
        let is_settled = self.open.stage_items && self.chance.percent(30);
        let confirms = self.open.stage_items && !is_settled && self.chance.percent(95);
        if confirms && self.chance.percent(30) {
            enter.confirm.push(item);
        }
        self.add(enter);
        if is_last && self.chance.percent(10) {
            let by = self.chance.of(&["bot", "bot", "sam", "dana", "rita", "rolf"]);
            self.add(Step::new(by, What::Stage(StageEvent::Enter, id)));
        }
        if self.chance.percent(12) {
            let minutes = self.chance.of(&[0, 0, 1, 3, 30]);
            self.push(Step { minutes, ..Step::new("bot", What::Receive) });
        }
        if is_settled {
            self.settle(item);
        }
        if stage.bake.is_some() && self.chance.percent(12) {
            let people = usize::try_from(self.versions[0].waiver).unwrap();
            for by in ["rita", "rolf", "sam"].into_iter().take(people) {
                let minutes = self.chance.of(&[None, None, Some(300), Some(1)]);
                self.add(Step::new(by, What::WaiveBake { stage: id, minutes }));
            }
        } else if self.chance.percent(95) {
            self.late += i64::try_from(stage.bake.unwrap_or(0)).unwrap();
        }
        let mut spite = Vec::new();
        for limit in &stage.limits {
            self.read(stage, limit, &mut spite);
        }
        if self.chance.percent(3) {
            self.noise();
        }
        if self.chance.percent(4) {
            let by = self.mover();
            self.add(Step::new(by, What::Stage(StageEvent::Fail, id)));
            if self.chance.percent(50) {
                self.add(Step::new(by, What::Stage(StageEvent::Enter, id)));
            }
        }
        if self.chance.percent(94) {
            let by = self.mover();
            let by = if self.chance.percent(6) { "bot" } else { by };
            let mut pass = Step::new(by, What::Stage(StageEvent::Pass, id));
            pass.names = spite;
            if confirms {
                pass.confirm.push(item);
            }
            self.add(pass);
        }
    }

    /// Somebody or something reads a limit, and perhaps what it gave is overridden.
    fn read(&mut self, stage: &StagePlan, limit: &'static str, spite: &mut Vec<&'static str>) {
        let person = self.mover();
        let by = match limit {
            "looks" | "odd" => person,
            _ => self.chance.of(&["ci", "ci", "bot", person]),
        };
        for again in 0..2 {
            let keeps = self.chance.percent(80);
            let values = if keeps { good(limit) } else { other(limit) };
            let (value, baseline) = self.chance.of(values);
            let result = match self.chance.below(12) {
                0 => ReadingResult::Fails,
                1 => ReadingResult::NoData,
                _ => ReadingResult::Holds,
            };
            let to = self.chance.of(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 5, -1]);
            let from = to + self.chance.of(&[3, 3, 3, 3, 2, 1, 0]);
            let mut step = Step::new(by, What::Reading { stage: stage.id, from, to });
            step.values.push(ValuePlan { limit, value, baseline, result });
            let is_good = keeps && result == ReadingResult::Holds;
            self.add(step);
            if again == 1 || is_good {
                if !is_good && self.chance.percent(50) {
                    spite.push(limit);
                }
                return;
            }
        }
    }

    /// It is out, and what is left is done.
    fn complete(&mut self) {
        if self.open.third == Some(Third::After) && self.chance.percent(90) {
            self.settle("third");
        }
        let leaves = self.chance.percent(25);
        if !leaves {
            self.do_actions(Blocks::Close);
        }
        self.close(Outcome::Completed, leaves);
    }

    fn close(&mut self, outcome: Outcome, leaves: bool) {
        let by = self.chance.of(&["rita", "rita", "rita", "rolf", "sam"]);
        let mut step = Step::new(by, What::Close(outcome));
        if leaves {
            step.names = vec!["a", "b", "notify", "more"];
        }
        self.add(step);
    }

    fn go_back(&mut self) {
        let by = self.chance.of(&["rolf", "rolf", "rita", "sam", "bot"]);
        self.add(Step::new(by, What::Rollback(RollbackEvent::Start)));
        for number in 1..=self.chance.of(&[0, 1, 2]) {
            let result = self.chance.of(&[StepResult::Done, StepResult::Done, StepResult::Skipped, StepResult::Failed]);
            self.add(Step::new("rolf", What::RollbackStep(number, result)));
        }
        if self.chance.percent(10) {
            self.noise();
        }
        if self.chance.percent(85) {
            let end = self.chance.of(&[RollbackEvent::Done, RollbackEvent::Done, RollbackEvent::Done, RollbackEvent::Failed]);
            let by = self.chance.of(&["rolf", "rita"]);
            self.add(Step::new(by, What::Rollback(end)));
        }
        if self.chance.percent(60) {
            if self.open.undo && self.chance.percent(90) {
                self.settle("undo");
            }
            let leaves = self.chance.percent(60);
            if !leaves {
                self.do_actions(Blocks::Close);
            }
            self.close(Outcome::RolledBack, leaves);
        }
    }
}

/// Something that need not have been said of the course.
pub(crate) fn noise(making: &mut Making) -> Step {
    let chance = &mut making.chance;
    let stages = ["canary", "early", "half", "full", "full", OpenStage::ALL, "nowhere"];
    let ids: Vec<&'static str> = making.open.stages.iter().map(|stage| stage.id).collect();
    let stage = if ids.is_empty() || chance.percent(10) { chance.of(&stages) } else { chance.of(&ids) };
    let by = chance.of(&["rita", "rita", "rolf", "rolf", "sam", "dana", "quin", "ivan", "bot", "ci"]);
    let about = chance.below(making.steps.len().max(1));
    let decided = making.steps.iter().rposition(|step| matches!(step.what, What::Decide(Decision::ConditionalGo, _)));
    let id = chance.of(&["a", "b", "notify", "more"]);
    let mut step = match chance.below(14) {
        0 | 1 => Step::new(by, What::Stage(chance.of(StageEvent::ALL), stage)),
        2 | 3 => {
            let limit = chance.of(LIMITS);
            let values = if chance.percent(50) { other(limit) } else { good(limit) };
            let (value, baseline) = chance.of(values);
            let to = chance.of(&[0, 0, 0, 2, -1]);
            let from = to + chance.of(&[0, 1, 3]);
            let mut step = Step::new(by, What::Reading { stage, from, to });
            step.values.push(ValuePlan { limit, value, baseline, result: chance.of(ReadingResult::ALL) });
            step
        }
        4 => Step::new(by, What::Rollback(chance.of(RollbackEvent::ALL))),
        5 => Step::new(by, What::RollbackStep(chance.of(&[1, 2]), chance.of(StepResult::ALL))),
        6 => Step::new(by, What::Close(chance.of(Outcome::ALL))),
        7 | 8 => Step::new(
            by,
            What::Act(chance.of(&[ActionEvent::Done, ActionEvent::Done, ActionEvent::Failed, ActionEvent::Reopen]), id),
        ),
        9 => Step::new(
            by,
            What::Add {
                id,
                blocks: chance.of(&[None, Some(Blocks::Go), Some(Blocks::Close)]),
                assignee: chance.of(&[None, Some("@sam"), Some("@quin"), Some("qa")]),
                not_by: chance.percent(25),
            },
        ),
        10 => {
            let event = chance.of(&[ActionEvent::Met, ActionEvent::Met, ActionEvent::Failed]);
            let condition = chance.of(&["ready", "ready", "told", "other"]);
            Step::new(by, What::OfCondition(event, condition)).about(decided.unwrap_or(about))
        }
        11 => Step::new(by, What::AssignStage(stage, chance.of(&["@rolf", "@rita", "@sam", "@nobody"]))),
        12 => Step::new(by, What::WaiveBake { stage, minutes: chance.of(&[None, Some(1), Some(-5)]) }),
        _ => Step::new(by, What::WaiveUnknown { minutes: None, other: chance.percent(20) }),
    };
    if matches!(step.what, What::RollbackStep(..)) && chance.percent(10) {
        step.bare = true;
    }
    step
}
