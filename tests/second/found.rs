//! Short logs on which the program, the page and the second evaluator once said different things.

use relsign::model::record::{CheckResult, Decision, OpenStage, Outcome, RollbackEvent, SignVerdict, StageEvent};
use relsign::model::report::{ItemState, ReleaseState};

use crate::agree::disagreement;
use crate::cast::Rules;
use crate::plan::{ContextPlan, Manifest, OpenPlan, Plan, RereadPlan, StagePlan, Step, What};
use crate::simple;
use crate::story::Story;

fn stage(id: &'static str) -> StagePlan {
    StagePlan { id, traffic: None, bake: None, owner: None, limits: Vec::new() }
}

fn go(by: &'static str) -> Step {
    Step::new(by, What::Decide(Decision::Go, Manifest::All))
}

fn on(event: StageEvent, stage: &'static str, by: &'static str) -> Step {
    Step::new(by, What::Stage(event, stage))
}

fn back(event: RollbackEvent) -> Step {
    Step::new("rolf", What::Rollback(event))
}

fn close(outcome: Outcome) -> Step {
    Step::new("rita", What::Close(outcome))
}

/// Opens a release, of which everything is done, and then does the rest; gives what both say of it.
fn told(open: OpenPlan, rest: Vec<Step>, context: ContextPlan) -> (Story, simple::Answer) {
    let done = |by, item| Step::new(by, What::Word(SignVerdict::Done)).on(item);
    let mut steps = vec![Step::new("rita", What::Open("production")), done("sam", "runbook"), done("quin", "tests")];
    steps.extend(rest);
    let plan = Plan { versions: vec![Rules { reviews: 0, ..Rules::default() }], open, steps, context, ..Plan::default() };
    let story = plan.story();
    if let Some((program, second, _)) = disagreement(&story) {
        panic!("the program says {program:#?}\nand the second {second:#?}");
    }
    let answer = simple::judge(&story.question(), &story.entries());
    (story, answer)
}

fn with_one_stage(rest: Vec<Step>) -> simple::Answer {
    told(OpenPlan { stages: vec![stage(OpenStage::ALL)], ..OpenPlan::default() }, rest, ContextPlan::default()).1
}

#[test]
fn a_machine_lets_nothing_out_behind_a_person() {
    let open = OpenPlan { stages: vec![stage("canary"), stage("full")], ..OpenPlan::default() };
    let rest = vec![
        go("rolf"),
        on(StageEvent::Enter, "canary", "bot"),
        on(StageEvent::Pass, "canary", "rolf"),
        on(StageEvent::Enter, "full", "rita"),
        on(StageEvent::Enter, "full", "bot"),
    ];
    let (story, answer) = told(open, rest, ContextPlan::default());
    assert_eq!(answer.out.map(|(record, _)| record), story.made[6].as_ref().map(|made| made.id()));
}

#[test]
fn a_second_roll_back_is_not_done_by_the_end_of_the_first() {
    let again = vec![
        go("rolf"),
        back(RollbackEvent::Start),
        back(RollbackEvent::Done),
        go("rolf"),
        back(RollbackEvent::Start),
        close(Outcome::RolledBack),
    ];
    let answer = with_one_stage(again);
    assert_eq!((answer.state, answer.closes.len()), (ReleaseState::RollingBack, 0));
}

#[test]
fn what_went_back_is_out_no_more_and_not_completed() {
    let out = vec![
        go("rolf"),
        on(StageEvent::Enter, OpenStage::ALL, "bot"),
        on(StageEvent::Pass, OpenStage::ALL, "rolf"),
        close(Outcome::Completed),
    ];
    let answer = with_one_stage(out.clone());
    assert_eq!((answer.state, answer.closes.len(), answer.out.is_some()), (ReleaseState::Completed, 1, true));
    let back_and_decided = [out, vec![back(RollbackEvent::Start), back(RollbackEvent::Done), go("rolf")]].concat();
    let answer = with_one_stage(back_and_decided);
    assert_eq!((answer.state, answer.closes.len(), answer.out.is_some()), (ReleaseState::Go, 0, false));
}

#[test]
fn a_stage_does_not_pass_over_an_item_of_which_its_owner_says_that_it_is_partly_done() {
    let open = OpenPlan { stages: vec![stage(OpenStage::ALL)], stage_items: true, ..OpenPlan::default() };
    let pass = |said: SignVerdict| {
        let confirm = vec!["smoke"];
        vec![
            Step::new("dana", What::Word(said)).on("smoke"),
            go("rolf"),
            on(StageEvent::Enter, OpenStage::ALL, "rolf"),
            Step { confirm, ..on(StageEvent::Pass, OpenStage::ALL, "rolf") },
        ]
    };
    let (_, answer) = told(open.clone(), pass(SignVerdict::Partial), ContextPlan::default());
    assert!(answer.go && answer.stages[0].passed.is_none());
    assert_eq!(answer.items.last(), Some(&ItemState::Partial));
    let (_, answer) = told(open, pass(SignVerdict::Done), ContextPlan::default());
    assert!(answer.stages[0].passed.is_some());
}

#[test]
fn a_go_by_somebody_who_may_not_decide_leaves_a_no_go_what_it_is() {
    let no_go = Step::new("rolf", What::Decide(Decision::NoGo, Manifest::All));
    assert_eq!(with_one_stage(vec![no_go, go("olga")]).state, ReleaseState::NoGo);
}

#[test]
fn a_release_that_was_taken_up_again_has_not_ended_because_something_was_changed_since() {
    let context = ContextPlan { reread: Some(RereadPlan::OtherCommits), ..ContextPlan::default() };
    let (_, answer) = told(OpenPlan::default(), vec![back(RollbackEvent::Start), go("rolf")], context);
    assert!(!answer.go && !answer.ended);
}

#[test]
fn a_check_that_did_not_end_in_time_speaks_against_its_item_and_one_that_was_not_run_says_nothing() {
    let check = |result| Step::new("ci", What::Check(result)).on("tests");
    assert!(!with_one_stage(vec![check(CheckResult::TimedOut), go("rolf")]).go);
    assert!(!with_one_stage(vec![check(CheckResult::TimedOut), check(CheckResult::NotRun), go("rolf")]).go);
    assert!(with_one_stage(vec![check(CheckResult::TimedOut), check(CheckResult::Passed), go("rolf")]).go);
    assert!(with_one_stage(vec![check(CheckResult::NotRun), go("rolf")]).go);
}
