//! What stands between a release and GO, and who can take which step, read off a report.
//!
//! Needs of several items that the same people can meet by the same command become one step, so that a long checklist
//! still fits on one screen.

use std::collections::BTreeSet;

use super::safe;
use super::waiting;
use super::words;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Handle, ItemId, RecordId};
use crate::model::record::{Condition, Decision, Owner, Phase, RollbackEvent, StageEvent};
use crate::model::report::{Answer, ItemReport, ItemState, Need, NeedKind, ReleaseState, Report};
use crate::model::time::Timestamp;

/// One thing that blocks, and the ways to move it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// The code of the reason that it is about; nothing for what is about items, or about how it goes on.
    pub reason: Option<Code>,
    /// The state to show it with; nothing for what is not about items.
    pub state: Option<ItemState>,
    /// What blocks, safe to show on one line of a terminal.
    pub blocks: String,
    /// The words of the one who blocks, still raw.
    pub said: Option<String>,
    /// Whom it waits for, in short; nothing where nobody in particular can move it.
    pub waits_for: Option<String>,
    /// Who can do something, and what. Any one of the ways is enough.
    pub ways: Vec<Way>,
}

/// One way to move what blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Who can, such as `@akim or @lnguyen`.
    pub who: String,
    /// The words of the command, quoted for a shell; empty where no command helps.
    pub command: Vec<String>,
    /// The same with numbers and ranges in place of ids, for where there is little room.
    pub short: Vec<String>,
    /// From when on, where it is too early yet.
    pub from: Option<Timestamp>,
    /// Each of the people, where they are known.
    pub people: Vec<Handle>,
    /// The items that the command is about.
    pub items: Vec<ItemId>,
}

impl Way {
    fn new(who: impl Into<String>, command: Vec<String>) -> Self {
        Self { who: who.into(), short: command.clone(), command, from: None, people: Vec::new(), items: Vec::new() }
    }

    fn by(self, people: &[Handle]) -> Self {
        Self { people: people.to_vec(), ..self }
    }
}

/// Returns the steps, the most serious first.
pub fn steps(report: &Report) -> Vec<Step> {
    let mut steps = Vec::new();
    // Of what is over nobody has to sign anything more.
    let is_open = |item: &&ItemReport| blocks_go(item) && !report.is_over();
    let open: Vec<&ItemReport> = report.items.iter().filter(is_open).collect();
    let covered: BTreeSet<&str> = open.iter().map(|item| item.id.as_str()).collect();
    for reason in &report.verdict.reasons {
        let is_of_item = matches!(reason.code, Code::ItemOpen | Code::RejectOpen | Code::CheckFailed)
            && reason.subject.as_deref().is_some_and(|subject| covered.contains(subject));
        let waits = matches!(reason.code, Code::NotDecided) && !open.is_empty();
        if !is_of_item && !waits {
            steps.push(of_reason(report, reason));
        }
    }
    if report.verdict.answer != Answer::Go {
        steps.extend(of_unknown_authors(report));
        steps.extend(of_items(report, &open));
    }
    let is_told = |item: &&ItemReport| report.verdict.answer != Answer::Go && blocks_go(item);
    steps.extend(of_items(report, &due_later(report).into_iter().filter(|item| !is_told(item)).collect::<Vec<_>>()));
    steps.extend(of_course(report));
    steps
}

/// Returns the authors whom the policy does not know, where no review counts because of them.
fn of_unknown_authors(report: &Report) -> Option<Step> {
    let made = &report.release.as_ref().filter(|release| release.unknown_blocks)?.implementers;
    let told = made.told_unknown()?;
    let tag = safe::shell(report.tag.short());
    // What names too few of them accepts none.
    let way = if made.unknown.iter().any(|name| name.ends_with(" more")) {
        Way::new("list their addresses in the policy, and open the commit under a new tag", Vec::new())
    } else {
        let command = ["relsign", "waive", &tag, "--unknown-authors", "--reason", "\"…\""].map(str::to_owned).to_vec();
        Way::new("somebody who may waive and reviews nothing here", command)
    };
    let blocks = format!("{} not in the policy, so no review counts", safe::line(&told));
    Some(Step { reason: Some(Code::ImplementerUnknown), blocks, ways: vec![way], ..Step::default() })
}

/// Whether reviews wait for the unknown authors to be accepted.
fn waits_for_acceptance(report: &Report) -> bool {
    report.release.as_ref().is_some_and(|release| release.unknown_blocks)
}

/// Returns the items of stages, of afterwards and of a roll-back that are due by now and open.
fn due_later(report: &Report) -> Vec<&ItemReport> {
    let later = report.items.iter().filter(|item| item.phase != Phase::Before && !report.is_over());
    later.filter(|item| !item.optional && !item.state.is_settled() && waiting::is_due(report, item)).collect()
}

/// Returns how the release goes on: into its next stage, or to its end.
fn of_course(report: &Report) -> Option<Step> {
    let tag = safe::shell(report.tag.short());
    let course = &report.course;
    let step = |blocks: String, who: String, words: &[&str], from: Option<Timestamp>| {
        let ways = vec![Way { from, ..Way::new(who, words.iter().map(|word| (*word).to_owned()).collect()) }];
        Some(Step { blocks, ways, ..Step::default() })
    };
    if report.is_over() {
        return None;
    }
    if let Some((stage, event, from)) = waiting::next_stage(report) {
        let id = safe::shell(&stage.id);
        let words = ["relsign", "stage", tag.as_str(), id.as_str(), event.as_str()];
        let who = match stage.owner.as_ref().filter(|_| stage.by_person) {
            Some(owner) => format!("{owner} in person"),
            None if stage.by_person => "a person who may move stages".to_owned(),
            None => "whoever may move stages".to_owned(),
        };
        let what = match (event, stage.implied) {
            (StageEvent::Enter, true) => "it is not out yet".to_owned(),
            (StageEvent::Enter, false) => format!("{} comes next", safe::line(&stage.name)),
            (StageEvent::Pass | StageEvent::Fail, _) => format!("{} has not passed", safe::line(&stage.name)),
        };
        return step(what, who, &words, from);
    }
    if let Some(back) = course.rollback.as_ref().filter(|back| back.ended.is_none()) {
        let next = back.steps.iter().find(|step| step.result.is_none()).map(|step| step.number.to_string());
        let who = "whoever may roll back".to_owned();
        return match next {
            Some(number) => step(format!("step {number} comes next"), who, &["relsign", "rollback", &tag, &number, "done"], None),
            None => step("every step is over".to_owned(), who, &["relsign", "rollback", &tag, "done"], None),
        };
    }
    let is_back = matches!(course.rollback.as_ref().and_then(|back| back.ended.as_ref()), Some((RollbackEvent::Done, _)));
    if is_back || report.state == ReleaseState::Out && course.open_to_complete.is_empty() {
        return step("it is not closed".to_owned(), "somebody who may close it".to_owned(), &["relsign", "close", &tag], None);
    }
    None
}

/// Whether a decision to go needs this item.
pub fn needed_for_go(item: &ItemReport) -> bool {
    item.phase == Phase::Before && !item.optional
}

/// Whether a decision to go would lack its basis because of this item.
pub fn blocks_go(item: &ItemReport) -> bool {
    item.state == ItemState::Rejected || item.phase == Phase::Before && !item.optional && !item.state.is_settled()
}

/// Groups needs that the same people meet by the same command, rejects first.
fn of_items(report: &Report, open: &[&ItemReport]) -> Vec<Step> {
    let mut groups: Vec<(ItemState, &Need, Vec<&ItemReport>)> = Vec::new();
    // What waits for its owner first is told apart from what can be reviewed now.
    let is_early = |item: &ItemReport, need: &Need| waiting::needs(report, item).all(|now| now != need);
    for item in open {
        for need in &item.needs {
            let same = |group: &&mut (ItemState, &Need, Vec<&ItemReport>)| {
                let waits_for_owner = need.what == NeedKind::OwnerWord;
                group.1 == need
                    && is_early(group.2[0], need) == is_early(item, need)
                    && (waits_for_owner && group.2[0].owner == item.owner || need.what == NeedKind::Review)
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.2.push(item),
                None => groups.push((item.state, need, vec![item])),
            }
        }
    }
    groups.sort_by_key(|(state, need, _)| (rank(*state, need.what), need.what));
    groups.into_iter().map(|(state, need, items)| of_need(report, state, need, &items)).collect()
}

fn rank(state: ItemState, what: NeedKind) -> u8 {
    match (state, what) {
        (ItemState::Rejected, _) => 0,
        (_, NeedKind::CheckPassed) => 1,
        (_, NeedKind::Waiver) => 2,
        (_, NeedKind::Children) => 9,
        (ItemState::Pending | ItemState::Partial, NeedKind::OwnerWord) => 3,
        _ => 4,
    }
}

fn of_need(report: &Report, state: ItemState, need: &Need, items: &[&ItemReport]) -> Step {
    let ids: Vec<String> = items.iter().map(|item| item.id.to_string()).collect();
    let named = if ids.len() > 4 { words::count_of(&ids, "item") } else { words::and(&ids) };
    let arguments = if ids.len() > 4 { numbered(items) } else { ids };
    let way = |who: String, verb: &str, rest: &[&str]| {
        let words = |arguments: Vec<String>| {
            let mut words = vec!["relsign".to_owned(), verb.to_owned(), safe::shell(report.tag.short())];
            words.extend(arguments);
            words.extend(rest.iter().map(|word| (*word).to_owned()));
            words
        };
        let ids = items.iter().map(|item| item.id.clone()).collect();
        Way { items: ids, short: words(numbered(items)), ..Way::new(who, words(arguments.clone())) }
    };
    let who = people(&need.candidates);
    let waits_for = (!need.candidates.is_empty()).then(|| words::some_of(&need.candidates, 3));
    let step = |blocks, ways| Step { state: Some(state), blocks, waits_for: waits_for.clone(), ways, ..Step::default() };
    match need.what {
        NeedKind::OwnerWord => {
            let waits = if state == ItemState::Partial { "is only partly done" } else { "is waiting for its owner" };
            let waits = match (items.len(), state) {
                (1, _) => waits,
                (_, ItemState::Partial) => "are only partly done",
                _ => "are waiting for their owner",
            };
            let way = if need.candidates.is_empty() {
                Way::new("no owner in the policy: assign it to somebody", assign(report, items))
            } else if items.iter().all(|item| waiting::is_due(report, item)) {
                way(who, "approve", &[]).by(&need.candidates)
            } else {
                Way::new(format!("once it is due: {who}"), Vec::new())
            };
            step(format!("{named} {waits}"), vec![way])
        }
        NeedKind::Review => {
            let verb = if items.len() == 1 { "needs" } else { "need" };
            let each = if items.len() == 1 { "" } else { " each" };
            let blocks = format!("{named} {verb} {}{each}", reviews(need));
            let is_early = items.iter().any(|item| waiting::needs(report, item).all(|now| now != need));
            if is_early && !need.candidates.is_empty() {
                let way = Way::new(format!("once it is done: {who}"), Vec::new());
                return Step { waits_for: None, ..step(blocks, vec![way]) };
            }
            let can_waive = items.iter().all(|item| item.requirements.waiver_people > 0);
            // The policy under which it was opened governs it to its end.
            let give_up = || {
                let words = ["relsign", "close", &safe::shell(report.tag.short()), "--abandoned", "--reason", "\"…\""];
                Way::new("or it is given up, and the commit tagged anew", words.map(str::to_owned).to_vec())
            };
            let ways = match (need.candidates.is_empty(), can_waive) {
                (false, _) => vec![way(who, "approve", &[]).by(&need.candidates)],
                (true, _) if waits_for_acceptance(report) => vec![Way::new("once the unknown authors are accepted", Vec::new())],
                (true, true) => {
                    vec![way("nobody may review it: whoever may waive it".to_owned(), "waive", &["--reason", "\"…\""]), give_up()]
                }
                (true, false) => {
                    vec![Way { who: "nobody may review it: give it up, and tag the commit anew".to_owned(), ..give_up() }]
                }
            };
            step(blocks, ways)
        }
        NeedKind::Waiver => {
            let blocks = format!("the waiver of {named} needs {}", words::plural(need.people.into(), "more person", "more people"));
            step(blocks, vec![way(who, "waive", &["--reason", "\"…\""]).by(&need.candidates)])
        }
        NeedKind::Children => {
            step(format!("{named} is waiting for {} below it", words::count(need.people.into(), "item")), Vec::new())
        }
        NeedKind::CheckPassed => {
            let checker = need.record.and_then(|id| signer(report, id));
            let who = checker.clone().unwrap_or_else(|| "somebody who may run checks".to_owned());
            let ways = vec![way(who, "check", &[])];
            Step { waits_for: checker, ..step(format!("the latest check of {named} failed"), ways) }
        }
        NeedKind::RejectResolved => of_reject(report, state, need, &named, &way),
    }
}

/// Names many items by their numbers and ranges of these, which stay short where ids read well; those of stages with their stage.
fn numbered(items: &[&ItemReport]) -> Vec<String> {
    let (staged, plain): (Vec<&ItemReport>, Vec<&ItemReport>) = items.iter().partition(|item| item.id.stage().is_some());
    let numbers: Vec<u32> = plain.iter().map(|item| item.number).collect();
    let runs = words::runs(&numbers);
    let runs = runs.split(", ").filter(|run| !run.is_empty()).map(str::to_owned);
    runs.chain(staged.iter().map(|item| format!("{}@{}", item.number, item.id.stage().unwrap_or_default()))).collect()
}

fn of_reject(report: &Report, state: ItemState, need: &Need, named: &str, way: &dyn Fn(String, &str, &[&str]) -> Way) -> Step {
    let word = report.items.iter().flat_map(|item| &item.sign_offs).find(|word| Some(word.record) == need.record);
    let author = need.record.and_then(|id| signer(report, id)).or_else(|| word.map(|word| word.signer.to_string()));
    let others: Vec<_> = need.candidates.iter().filter(|handle| Some(handle.to_string()) != author).cloned().collect();
    let record = need.record.map(|id| id.short()).unwrap_or_default();
    let mut ways = Vec::new();
    if let Some(author) = &author {
        let mut withdraw = vec!["relsign".to_owned(), "withdraw".to_owned(), safe::shell(report.tag.short()), record.clone()];
        withdraw.extend(["--reason".to_owned(), "\"…\"".to_owned()]);
        let person: Vec<Handle> = need.candidates.iter().filter(|handle| handle.as_str() == author).cloned().collect();
        ways.push(Way::new(format!("{author} withdraws it"), withdraw).by(&person));
    }
    let who = match others.len() {
        0 => "or two people waive over it, but nobody else is eligible".to_owned(),
        1 => format!("or {} and one more eligible person waive over it", others[0]),
        2 => format!("or {} together waive over it", words::and(&others)),
        _ => format!("or two of {} waive over it", words::some_of(&others, 4)),
    };
    ways.push(way(who, "waive", &["--over", &record, "--reason", "\"…\""]));
    Step {
        state: Some(state),
        blocks: format!("{named} is rejected by {}", author.as_deref().unwrap_or("somebody")),
        waits_for: author,
        said: word.and_then(|word| word.reason.clone().or_else(|| word.comment.clone())),
        ways,
        ..Step::default()
    }
}

/// Describes what a need for reviews asks for: `2 reviews, one as sre`.
pub fn reviews(need: &Need) -> String {
    let count = words::count(need.people.into(), "review");
    match need.roles.as_slice() {
        [] => count,
        [role] if need.people == 1 => format!("{count} as {role}"),
        roles => format!("{count}, one each as {}", words::and(roles)),
    }
}

/// The command that gives an item to another owner; one item at a time, as the command takes them.
fn assign(report: &Report, items: &[&ItemReport]) -> Vec<String> {
    let item = items.first().map(|item| item.id.to_string()).unwrap_or_default();
    let tag = safe::shell(report.tag.short());
    ["relsign", "assign", &tag, &item, "@…", "--reason", "\"…\""].map(str::to_owned).to_vec()
}

/// Names the people who can, or says that nobody can.
fn people(candidates: &[Handle]) -> String {
    if candidates.is_empty() { "nobody else is eligible".to_owned() } else { words::some_of(candidates, 4) }
}

fn signer(report: &Report, id: RecordId) -> Option<String> {
    report.records.iter().find(|record| record.id == id).map(|record| record.signer.to_string())
}

/// Turns a reason that is not about an open item into a step.
fn of_reason(report: &Report, reason: &Finding) -> Step {
    let tag = safe::shell(report.tag.short());
    let command = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let deciders =
        if report.deciders.is_empty() { "somebody who may decide".to_owned() } else { words::some_of(&report.deciders, 4) };
    let way = |who: &str, words: &[&str]| vec![Way::new(who, command(words))];
    // Who has decided already waits for the others.
    let decide = |when: &str| {
        let people: Vec<Handle> = report.deciders.iter().filter(|handle| waiting::may_decide(report, handle)).cloned().collect();
        let who = if people.is_empty() { deciders.clone() } else { words::some_of(&people, 4) };
        let words = if waiting::waits_for_decision(report) { command(&["relsign", "decide", &tag, "go"]) } else { Vec::new() };
        vec![Way::new(format!("{who}{when}"), words).by(&people)]
    };
    let last = report.decisions.iter().rev().find(|decision| decision.holds || decision.decision != Decision::NoGo);
    let conditions: Vec<_> = last.iter().flat_map(|last| &last.conditions).collect();
    let mut said = None;
    let subject = reason.subject.as_deref().unwrap_or_default();
    let given = |to: Option<&Owner>| to.map_or_else(|| "the release managers".to_owned(), ToString::to_string);
    let ways = match reason.code {
        // Who took it back does not decide again in passing: what helps is the end of the roll-back.
        Code::DecisionSuspended | Code::UnseenNegative | Code::NotDecided | Code::DecisionWithoutBasis
            if report.course.rollback.is_some() =>
        {
            Vec::new()
        }
        // Whoever brings the tag back finds it opened.
        Code::NotOpened if report.was_deleted_here() => Vec::new(),
        Code::NotOpened | Code::OpenUnauthorised => way("somebody who may open releases", &["relsign", "open", &tag]),
        Code::NotDecided | Code::DecidersMissing => decide(""),
        Code::ConditionOpen if last.is_some_and(|last| last.decision == Decision::ConditionalGo) => {
            let lines = conditions.iter().map(|one| {
                let Condition { id, text, assignee, due, .. } = &one.condition;
                format!("{id}: {} ({assignee}, due {due})", text.replace('\n', " "))
            });
            said = Some(lines.collect::<Vec<_>>().join("\n"));
            let to = conditions.iter().find(|one| one.condition.id == subject).map(|one| &one.condition.assignee);
            way(&given(to), &["relsign", "action", &tag, &safe::shell(subject), "met", "--note", "TEXT"])
        }
        Code::DecidedNoGo => way(&format!("{deciders}, to decide again"), &["relsign", "decide", &tag, "go"]),
        Code::ConditionOverdue | Code::ConditionFailed => decide(", to decide again"),
        Code::ActionOpen => {
            let action = report.course.actions.iter().find(|action| action.id == subject);
            way(
                &given(action.and_then(|action| action.assignee.as_ref())),
                &["relsign", "action", &tag, &safe::shell(subject), "done"],
            )
        }
        Code::DecisionSuspended | Code::UnseenNegative | Code::DecisionWithoutBasis => {
            decide(", once it is settled, to decide again")
        }
        // The tag here is the one that was opened, so it moved or went on a remote.
        Code::TagMoved | Code::TagDeleted if reason.record.is_some_and(|id| signer(report, id).is_some()) => {
            way("somebody who may push there by force restores it", &[])
        }
        Code::TagMoved | Code::TagDeleted => way("a moved name can't be reused: create a new tag", &[]),
        Code::TagLightweight => way("an annotated tag can be signed off", &["relsign", "tag", &tag]),
        Code::RecordMissing
        | Code::RecordVanished
        | Code::LogMissing
        | Code::TagObjectMissing
        | Code::EvidenceMissing
        | Code::PolicyMissing => way("fetch what is missing", &["relsign", "sync"]),
        Code::RootUnpinned => way("pin the right root", &["relsign", "trust"]),
        _ => Vec::new(),
    };
    let decides = ways.iter().find(|way| way.command.get(1).is_some_and(|verb| verb == "decide"));
    let people = decides.map(|way| if way.people.is_empty() { &report.deciders } else { &way.people });
    let waits_for = people.filter(|people| !people.is_empty()).map(|people| words::some_of(people, 3));
    Step { reason: Some(reason.code), blocks: safe::line(&reason.message()), said, waits_for, ways, ..Step::default() }
}
