//! Both evaluators are asked the same, and say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use relsign::evaluate::course::{may_enter, outside_window_or_frozen};
use relsign::evaluate::evaluate;
use relsign::model::course::{RollbackReport, StageReport, StageState};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Decision, SignVerdict};
use relsign::model::report::{Answer, ItemState, RecordReport, ReleaseState, Report};

use crate::cases::{plan, variation};
use crate::plan::{ContextPlan, OpenPlan, Plan, StagePlan};
use crate::simple;
use crate::story::Story;

/// How many cases are made of the records of one plan.
const VARIATIONS: u64 = 5;

/// What the program says, in the words of the second, and everything that it finds.
fn by_the_program(story: &Story, report: &Report) -> (simple::Answer, BTreeSet<Code>) {
    let context = story.context();
    let mut codes: BTreeSet<Code> = report.findings.iter().map(|finding| finding.code).collect();
    let held = report.decisions.iter().filter(|decision| decision.holds && decision.decision != Decision::NoGo);
    let words = report.items.iter().flat_map(|item| &item.sign_offs);
    let favourable = words.filter(|word| !matches!(word.verdict, SignVerdict::Reject | SignVerdict::Partial));
    let course = &report.course;
    let is_opened = report.release.is_some();
    let mut stage = |stage: &StageReport| {
        let entry = may_enter(&context, &story.log, report, &stage.id).expect("the open record has the stage");
        codes.extend(entry.reasons.iter().map(|reason| reason.code));
        simple::StageAnswer {
            begun: stage.entered.is_some(),
            passed: stage.passed.as_ref().filter(|_| stage.state == StageState::Passed).map(|mark| mark.record),
            bake_waived: stage.bake_waived,
            open: report.verdict.answer == Answer::Go && entry.reasons.is_empty(),
        }
    };
    let stages = course.stages.iter().map(&mut stage).collect();
    let conditions = report
        .decisions
        .iter()
        .flat_map(|decision| decision.conditions.iter().map(|of| ((decision.record, of.condition.id.clone()), of.state)));
    let actions = course.actions.iter();
    let back = |back: &RollbackReport| simple::Back {
        start: back.start.record,
        ended: back.ended.as_ref().map(|(event, _)| *event),
        steps: back.steps.iter().filter_map(|step| step.result.map(|result| (step.number, result))).collect(),
    };
    let never = outside_window_or_frozen(&context, &story.log, story.as_of());
    let is_found = |code: Code| is_opened && never.iter().any(|finding| finding.code == code);
    codes.extend(never.iter().map(|finding| finding.code));
    let answer = simple::Answer {
        go: report.verdict.answer == Answer::Go,
        decision: report.verdict.decision,
        state: report.state,
        ended: report.ended,
        integrity: report.integrity,
        decisions: held.map(|decision| decision.record).collect(),
        items: report.items.iter().map(|item| item.state).collect(),
        counting: favourable.filter(|word| word.counts).map(|word| word.record).collect(),
        unknown_accepted: report.release.as_ref().is_some_and(|release| release.unknown_accepted),
        stages,
        out: course.out.as_ref().map(|mark| (mark.record, mark.at)),
        actions: actions.map(|of| (of.id.clone(), (of.added.as_ref().map(|mark| mark.record), of.state))).collect(),
        conditions: conditions.collect(),
        back: course.rollback.as_ref().map(back),
        closes: course.closes.iter().filter(|close| close.counts).map(|close| close.mark.record).collect(),
        outside_window: is_found(Code::OutsideWindow),
        frozen: is_found(Code::EnvironmentFrozen),
    };
    (answer, codes)
}

/// Asks both, and gives what they said where they differ.
pub(crate) fn disagreement(story: &Story) -> Option<(simple::Answer, simple::Answer, Report)> {
    let report = evaluate(&story.context(), &story.log);
    let (program, _) = by_the_program(story, &report);
    let second = simple::judge(&story.question(), &story.entries());
    (program != second).then_some((program, second, report))
}

/// Takes away from a plan what the disagreement does not need.
pub(crate) fn shrunk(plan: &Plan) -> Plan {
    let differs = |plan: &Plan| std::panic::catch_unwind(|| disagreement(&plan.story()).is_some()).unwrap_or(false);
    let mut plan = plan.clone();
    let mut again = true;
    while again {
        again = false;
        for simpler in simpler(&plan) {
            if differs(&simpler) {
                plan = simpler;
                again = true;
                break;
            }
        }
    }
    plan
}

/// Gives plans that are one thing simpler.
fn simpler(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Plan)| {
        let mut simpler = plan.clone();
        change(&mut simpler);
        all.push(simpler);
    };
    for at in (0..plan.steps.len()).rev() {
        push(&|plan| plan.remove(at));
    }
    if plan.context != ContextPlan::default() {
        push(&|plan| plan.context = ContextPlan::default());
    }
    let plain = Plan::default();
    macro_rules! reset {
        ($($($field:ident).+),*) => { $(
            if plan.$($field).+ != plain.$($field).+ { push(&|plan| plan.$($field).+ = plain.$($field).+.clone()); }
        )* };
    }
    reset!(
        hidden,
        context.seen_before,
        context.environment,
        context.minute,
        context.tag,
        context.reread,
        context.evidence,
        context.named,
        context.junk,
        context.freezes
    );
    reset!(open.odd, open.third, open.owners_by_role, open.release_managers_own, open.more_reviews, open.two_roles);
    reset!(open.evidence, open.max_age, open.waiver_people, open.hotfix, open.almost_tasks);
    reset!(open.stage_items, open.undo, open.actions, open.window, open.window_given, open.stages);
    for at in 0..plan.open.stages.len() {
        push(&|plan| drop(plan.open.stages.remove(at)));
        for limit in 0..plan.open.stages[at].limits.len() {
            push(&|plan| {
                plan.open.stages[at].limits.remove(limit);
            });
        }
        let changes: [fn(&mut StagePlan); 3] = [
            |stage: &mut StagePlan| stage.bake = None,
            |stage: &mut StagePlan| stage.owner = None,
            |stage: &mut StagePlan| stage.traffic = None,
        ];
        for change in changes {
            let mut simpler = plan.open.stages[at].clone();
            change(&mut simpler);
            if simpler != plan.open.stages[at] {
                push(&|plan| plan.open.stages[at] = simpler.clone());
            }
        }
    }
    for at in 0..plan.open.actions.len() {
        push(&|plan| {
            plan.open.actions.remove(at);
        });
    }
    if plan.open != OpenPlan::default() {
        push(&|plan| plan.open = OpenPlan::default());
    }
    let plainest = crate::cast::Rules::default();
    macro_rules! reset_rules {
        ($($field:ident),*) => { $(
            for at in 0..plan.versions.len() {
                if plan.versions[at].$field != plainest.$field { push(&|plan| plan.versions[at].$field = plainest.$field.clone()); }
            }
        )* };
    }
    reset_rules!(
        reviews,
        role,
        evidence,
        hardware_label,
        max_age,
        record_age,
        waiver,
        label_waiver,
        over_reject,
        disregard,
        redact,
        previous
    );
    reset_rules!(owner_reviews, tagger_reviews, implementer_reviews, unknown_refuses, bots_listed, tags_signed, skew);
    reset_rules!(reject, decide, waive, keys, unlisted, roles);
    reset_rules!(decide_people, decide_role, break_glass, act, stage, rollback, close, required, gated);
    for at in 0..plan.steps.len() {
        let plain = crate::plan::Step::new(plan.steps[at].by, plan.steps[at].what);
        macro_rules! reset_step {
            ($($field:ident),*) => { $(
                if plan.steps[at].$field != plain.$field { push(&|plan| plan.steps[at].$field = plain.$field.clone()); }
            )* };
        }
        reset_step!(seen, minutes, head, role, under, evidence, astray, other_text, item, bare, confirm, names, conditions, values);
    }
    all.retain(|simpler| !simpler.steps.is_empty());
    all
}

/// How many cases are run: as many as RELSIGN_CASES says, or a few.
pub(crate) fn cases() -> u64 {
    std::env::var("RELSIGN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(4000)
}

/// The seed of the first case, so that many cases can be run in parts.
fn first() -> u64 {
    std::env::var("RELSIGN_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// What must be found in some case.
const REACHED: &[Code] = &[
    Code::TooManyLines,
    Code::SignatureInvalid,
    Code::KindUnknown,
    Code::RecordForeign,
    Code::SubjectMismatch,
    Code::RecordOfOtherOpen,
    Code::TagMoved,
    Code::TagDeleted,
    Code::TagNameMismatch,
    Code::TagLightweight,
    Code::TagObjectMissing,
    Code::TagUnsigned,
    Code::TagSignatureUnverified,
    Code::ChecklistChanged,
    Code::ChecklistUnreadable,
    Code::TasksUnread,
    Code::PreviousNotBelow,
    Code::ItemUnknown,
    Code::ItemChanged,
    Code::EvidenceMissing,
    Code::EvidenceChanged,
    Code::EvidenceRedacted,
    Code::RedactionShort,
    Code::RecordMissing,
    Code::RecordVanished,
    Code::LogMissing,
    Code::PreviousNotHere,
    Code::UnseenRecord,
    Code::UnseenNegative,
    Code::NotOpened,
    Code::OpenUnauthorised,
    Code::SecondOpen,
    Code::OpenContradictsPolicy,
    Code::OpenContradictsRange,
    Code::RangeNotHere,
    Code::RangeUnreadable,
    Code::BotCommits,
    Code::ChecklistOverridden,
    Code::PreviousOverridden,
    Code::NotAuthorised,
    Code::RoleNotHeld,
    Code::MachineNotPerson,
    Code::KeyRetired,
    Code::KeyCompromised,
    Code::KeyNotListed,
    Code::PolicyOutdated,
    Code::NotOwner,
    Code::ReviewByOwner,
    Code::ReviewByTagger,
    Code::ReviewByImplementer,
    Code::ImplementerUnknown,
    Code::TaggerUnknown,
    Code::HardwareKeyRequired,
    Code::EvidenceRequired,
    Code::ApprovalExpired,
    Code::WaiverExpired,
    Code::WaiverShort,
    Code::ItemOpen,
    Code::CheckFailed,
    Code::RejectOpen,
    Code::WithdrawOfOthers,
    Code::DisregardShort,
    Code::NotDecided,
    Code::DecidedNoGo,
    Code::DecisionUnauthorised,
    Code::DecisionWithoutBasis,
    Code::DecisionWithdrawn,
    Code::ReleaseEnded,
    Code::DecisionSuspended,
    Code::TimeInFuture,
    Code::TimeBeforeParent,
    Code::PolicyMissing,
    Code::PolicyFork,
    Code::Waived,
    Code::OverriddenReject,
    Code::RecordIncomplete,
    Code::StageNotPassed,
    Code::StageNotEntered,
    Code::StageBaking,
    Code::StageItemOpen,
    Code::StagePersonRequired,
    Code::StageDeviation,
    Code::LimitUnread,
    Code::LimitStale,
    Code::LimitNoData,
    Code::LimitFailed,
    Code::ReadingContradicts,
    Code::Overridden,
    Code::OutsideWindow,
    Code::EnvironmentFrozen,
    Code::ConditionOpen,
    Code::ConditionOverdue,
    Code::ConditionFailed,
    Code::ConditionNotMet,
    Code::DecidersMissing,
    Code::ActionOpen,
    Code::ActionNotTheirs,
    Code::CloseIncomplete,
    Code::RollbackNotBegun,
];

/// What must be found in some case that is GO none the less.
const REACHED_IN_GO: &[Code] = &[
    Code::TasksUnread,
    Code::SignatureInvalid,
    Code::RecordForeign,
    Code::RecordOfOtherOpen,
    Code::ItemUnknown,
    Code::ItemChanged,
    Code::EvidenceMissing,
    Code::EvidenceRedacted,
    Code::RecordMissing,
    Code::UnseenRecord,
    Code::UnseenNegative,
    Code::OpenUnauthorised,
    Code::RangeNotHere,
    Code::BotCommits,
    Code::NotAuthorised,
    Code::RoleNotHeld,
    Code::MachineNotPerson,
    Code::PolicyOutdated,
    Code::NotOwner,
    Code::ReviewByTagger,
    Code::EvidenceRequired,
    Code::ApprovalExpired,
    Code::WaiverExpired,
    Code::WaiverShort,
    Code::ItemOpen,
    Code::WithdrawOfOthers,
    Code::DisregardShort,
    Code::DecisionUnauthorised,
    Code::DecisionWithoutBasis,
    Code::DecisionWithdrawn,
    Code::TimeInFuture,
    Code::TimeBeforeParent,
    Code::Waived,
    Code::OverriddenReject,
    Code::KindUnknown,
    Code::StageNotPassed,
    Code::StageNotEntered,
    Code::StageBaking,
    Code::StageItemOpen,
    Code::StagePersonRequired,
    Code::StageDeviation,
    Code::LimitUnread,
    Code::LimitStale,
    Code::LimitNoData,
    Code::LimitFailed,
    Code::ReadingContradicts,
    Code::Overridden,
    Code::OutsideWindow,
    Code::EnvironmentFrozen,
    Code::ConditionNotMet,
    Code::ActionNotTheirs,
    Code::CloseIncomplete,
];

/// What the cases were like, so that agreement means something.
#[derive(Default)]
struct Seen {
    cases: u64,
    go: u64,
    /// For each code, how often it was found.
    codes: BTreeMap<Code, u64>,
    /// For each code, how often it was found in a case that is GO.
    codes_in_go: BTreeMap<Code, u64>,
    /// How often an item that is needed was in a state, in GO and otherwise.
    states: BTreeMap<(bool, ItemState), u64>,
    answers: BTreeMap<Answer, u64>,
    /// How often a release stood where, and how often it was out.
    release_states: BTreeMap<ReleaseState, u64>,
    out: u64,
    /// How often GO rests on a decision that names an older policy version than the one in force, and how often with
    /// receipts.
    old_policy: u64,
    receipts: u64,
    /// How often the release has ended, and how often a record says so that does not count.
    ended: u64,
    ended_in_vain: u64,
}

impl Seen {
    fn note(&mut self, story: &Story, report: &Report, codes: BTreeSet<Code>) {
        let go = report.verdict.answer == Answer::Go;
        let decided = report.records.iter().find(|record| Some(record.id) == report.verdict.decision);
        self.old_policy += u64::from(decided.is_some_and(|record| record.policy < report.policy_head.version));
        self.receipts += u64::from(go && !story.receipts.is_empty());
        let is_end = |record: &RecordReport| record.kind == "rollback" || record.says == "closes: abandoned";
        self.ended += u64::from(report.ended);
        self.ended_in_vain += u64::from(!report.ended && report.release.is_some() && report.records.iter().any(is_end));
        self.cases += 1;
        self.go += u64::from(go);
        *self.answers.entry(report.verdict.answer).or_default() += 1;
        *self.release_states.entry(report.state).or_default() += 1;
        self.out += u64::from(report.course.out.is_some());
        for code in codes {
            *self.codes.entry(code).or_default() += 1;
            *self.codes_in_go.entry(code).or_default() += u64::from(go);
        }
        let states: BTreeSet<ItemState> = report.items.iter().map(|item| item.state).collect();
        for state in states {
            *self.states.entry((go, state)).or_default() += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.go += other.go;
        self.old_policy += other.old_policy;
        self.receipts += other.receipts;
        self.ended += other.ended;
        self.ended_in_vain += other.ended_in_vain;
        for (code, count) in &other.codes {
            *self.codes.entry(*code).or_default() += count;
        }
        for (code, count) in &other.codes_in_go {
            *self.codes_in_go.entry(*code).or_default() += count;
        }
        for (state, count) in &other.states {
            *self.states.entry(*state).or_default() += count;
        }
        self.out += other.out;
        for (state, count) in &other.release_states {
            *self.release_states.entry(*state).or_default() += count;
        }
        for (answer, count) in &other.answers {
            *self.answers.entry(*answer).or_default() += count;
        }
    }
}

fn run(first: u64, plans: u64) -> Seen {
    let total = Mutex::new(Seen::default());
    let next = AtomicU64::new(first);
    let wrong: Mutex<Vec<(Plan, String)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let most = std::env::var("RELSIGN_DISAGREEMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut seen = Seen::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + plans || wrong.lock().unwrap().len() >= most {
                        break;
                    }
                    let mut story = plan(seed).story();
                    for number in 0..VARIATIONS {
                        if number > 0 {
                            let (context, hidden) = variation(seed, number, &story.plan);
                            story.judge_under(context, hidden);
                        }
                        let report = evaluate(&story.context(), &story.log);
                        let (program, codes) = by_the_program(&story, &report);
                        seen.note(&story, &report, codes);
                        let second = simple::judge(&story.question(), &story.entries());
                        if program != second {
                            wrong.lock().unwrap().push((story.plan.clone(), format!("seed {seed}, variation {number}")));
                            break;
                        }
                    }
                }
                total.lock().unwrap().add(&seen);
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    for (plan, which) in &wrong {
        let small = shrunk(plan);
        let story = small.story();
        let Some((program, second, report)) = disagreement(&story) else { panic!("{which}: not found again") };
        eprintln!("== {which}");
        eprintln!("{}", described(&small));
        eprintln!("{}", differences(&story, &program, &second));
        for finding in report.findings.iter().chain(&report.verdict.reasons) {
            eprintln!("  {} {} {:?}", finding.code.as_str(), finding.message(), finding.record.map(|id| step_of(&story, id)));
        }
    }
    assert!(wrong.is_empty(), "{} disagreements", wrong.len());
    total.into_inner().unwrap()
}

/// Names a record by the step that made it.
fn step_of(story: &Story, id: RecordId) -> String {
    let at = story.made.iter().position(|made| made.as_ref().is_some_and(|made| made.id() == id));
    at.map_or_else(|| "lost".to_owned(), |at| format!("step {at}"))
}

/// Tells in what two answers differ, with records named by the steps that made them.
fn differences(story: &Story, program: &simple::Answer, second: &simple::Answer) -> String {
    let told = |answer: &simple::Answer| {
        let mut text = format!("{answer:#?}");
        for (at, made) in story.made.iter().enumerate() {
            if let Some(made) = made {
                text = text.replace(&made.id().to_string(), &format!("step {at}"));
            }
        }
        text
    };
    let (program, second) = (told(program), told(second));
    let only = |of: &str, other: &str| -> Vec<String> {
        of.lines().enumerate().filter(|(at, line)| other.lines().nth(*at) != Some(line)).map(|(_, line)| line.to_owned()).collect()
    };
    let (of_program, of_second) = (only(&program, &second), only(&second, &program));
    format!("program:\n{}\nsecond:\n{}", of_program.join("\n"), of_second.join("\n"))
}

/// Gives the fields of a value that differ from those of a plain one.
fn unusual(value: &impl std::fmt::Debug, plain: &impl std::fmt::Debug) -> String {
    let (value, plain) = (format!("{value:#?}"), format!("{plain:#?}"));
    let plain: BTreeSet<&str> = plain.lines().collect();
    let lines = value.lines().filter(|line| !plain.contains(line));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Tells a plan without what is as usual.
fn described(plan: &Plan) -> String {
    let mut text = String::new();
    for (number, rules) in plan.versions.iter().enumerate() {
        text += &format!("version {}: {}\n", number + 1, unusual(rules, &crate::cast::Rules::default()));
    }
    text += &format!("open: {}\n", unusual(&plan.open, &OpenPlan::default()));
    text += &format!("context: {}\nhidden {:?}\n", unusual(&plan.context, &ContextPlan::default()), plan.hidden);
    for (at, step) in plan.steps.iter().enumerate() {
        let plain = crate::plan::Step::new("nobody", crate::plan::What::Withdraw);
        text += &format!("{at}: {:?} {}\n", step.what, unusual(step, &plain));
    }
    text
}

#[test]
fn both_evaluators_agree() {
    let seen = run(first(), cases().div_ceil(VARIATIONS));
    eprintln!("{} cases, {} GO, {:?}", seen.cases, seen.go, seen.answers);
    eprintln!("GO under an older policy: {}, with receipts: {}", seen.old_policy, seen.receipts);
    for (code, count) in &seen.codes {
        eprintln!("{code}: {count}, in GO {}", seen.codes_in_go[code]);
    }
    eprintln!("{:?}", seen.states);
    eprintln!("{:?}, out {}", seen.release_states, seen.out);
    // What follows can fail only where the cases come to be of another sort than they were.
    assert!(seen.go * 5 >= seen.cases, "only {} of {} cases are GO", seen.go, seen.cases);
    assert!(seen.old_policy > 0 && seen.receipts > 0);
    assert!(seen.ended > 0 && seen.ended_in_vain > 0, "ended {}, in vain {}", seen.ended, seen.ended_in_vain);
    let missing: Vec<_> = REACHED.iter().filter(|code| !seen.codes.contains_key(code)).collect();
    assert!(missing.is_empty(), "no case with {missing:?}");
    let missing: Vec<_> = REACHED_IN_GO.iter().filter(|code| seen.codes_in_go.get(code).is_none_or(|count| *count == 0)).collect();
    assert!(missing.is_empty(), "no GO with {missing:?}");
    for state in [ItemState::Pending, ItemState::Satisfied, ItemState::Waived, ItemState::NotApplicable] {
        assert!(seen.states.contains_key(&(true, state)), "no GO with an item {state:?}");
    }
    assert!(seen.release_states.len() == 11, "only {:?}", seen.release_states);
    assert!(seen.out * 50 >= seen.cases, "only {} of {} cases are out", seen.out, seen.cases);
    for state in [ItemState::Partial, ItemState::Rejected, ItemState::Done] {
        assert!(seen.states.contains_key(&(false, state)), "no case with an item {state:?}");
    }
}
