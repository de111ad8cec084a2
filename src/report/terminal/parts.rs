//! The parts of a release's course on a terminal, each in a few lines or whole: stages, roll-back, conditions, actions, what is known.

use super::super::page::{LABEL, Page};
use super::super::steps::Step;
use super::super::style::Paint;
use super::super::{safe, steps, waiting, words};
use crate::model::course::{ActionReport, ActionState, ConditionState, LimitState, StageReport, StageState, StepReport};
use crate::model::finding::{Code, Finding, Severity};
use crate::model::record::{After, Blocks, RollbackEvent, StepResult};
use crate::model::report::{ItemReport, ReleaseState, Report};
use crate::model::time::Timestamp;

/// Who decided, in whole.
pub(super) fn decision(page: &mut Page<'_>, report: &Report) {
    let style = page.style;
    let decided = report.verdict.decision.and_then(|id| report.decisions.iter().find(|decision| decision.record == id));
    let Some(decision) = decided else { return };
    let (when, time) = (words::ago(decision.time, report.as_of), words::time(decision.time, &style.zone));
    page.line(0, &Paint::Dim.on(&format!("{} by {} {when}, {time}", decision.decision, decision.signer)));
    if let Some(witnessed) = decision.witnessed {
        let (when, time) = (words::ago(witnessed, report.as_of), words::time(witnessed, &style.zone));
        page.line(0, &Paint::Dim.on(&format!("witnessed {when}, {time}")));
    }
}

/// The same on one line.
pub(super) fn decision_short(page: &mut Page<'_>, report: &Report) {
    let decided = report.verdict.decision.and_then(|id| report.decisions.iter().find(|decision| decision.record == id));
    let Some(decision) = decided else { return };
    let witnessed = decision.witnessed.map_or_else(String::new, |at| format!(", witnessed {}", words::ago(at, report.as_of)));
    let when = words::ago(decision.time, report.as_of);
    page.cut(0, &Paint::Dim.on(&format!("{} by {} {when}{witnessed}", decision.decision, decision.signer)));
}

/// What blocks, and for each the people and the command.
pub(super) fn way_forward(page: &mut Page<'_>, report: &Report, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    let mut waits: Vec<&str> = Vec::new();
    for who in steps.iter().filter_map(|step| step.waits_for.as_deref()) {
        if !waits.contains(&who) {
            waits.push(who);
        }
    }
    if !waits.is_empty() {
        page.line(0, &format!("waiting for {}", Paint::Strong.on(&waits.join(page.style.dot()))));
    }
    let is_go = report.verdict.answer == crate::model::report::Answer::Go;
    page.heading(if is_go { "How it goes on, and who can do it" } else { "What blocks it, and who can unblock it" });
    for Step { state, blocks, said, ways, .. } in steps {
        let mark = match state {
            Some(state) => Paint::of_item(*state).on(page.style.mark(*state)),
            None => Paint::of_answer(report.verdict.answer).on(if page.style.unicode { "▸" } else { ">" }),
        };
        page.hanging(2, 4, &format!("{mark} {blocks}"));
        if let Some(said) = said {
            page.quote(4, &safe::lines(said).into_iter().take(6).collect::<Vec<_>>());
        }
        for way in ways {
            page.hanging(4, 6, &Paint::Strong.on(&way.who));
            if !way.command.is_empty() {
                page.command(6, &way.command);
            }
        }
    }
}

/// The stages: a line for all while nothing is out, then where the roll-out is.
pub(super) fn stages_short(page: &mut Page<'_>, report: &Report) {
    let course = &report.course;
    if !course.has_stages() {
        return;
    }
    let mark = |stage: &StageReport| mark(page.style.unicode, stage.state);
    let Some(reached) = course.reached() else {
        let all = course.stages.iter().map(|stage| {
            let bake = stage.bake.map_or_else(String::new, |bake| format!(" {}", words::brief(bake)));
            format!("{}{bake}", with_share(stage))
        });
        let all: Vec<String> = all.collect();
        page.named("stages", &all.join(", "));
        return;
    };
    let all: Vec<String> = course.stages.iter().map(|stage| format!("{} {}", mark(stage), with_share(stage))).collect();
    page.named("stages", &all.join("  "));
    let name = safe::fit(&reached.name.to_lowercase(), 11, page.style.ellipsis());
    let (line, limits) = (stage_line(page, report, reached), limits_in_short(reached).unwrap_or_default());
    let joined = if limits.is_empty() { line.clone() } else { format!("{line}{}{limits}", page.style.dot()) };
    if LABEL + safe::columns(&joined) <= page.width() {
        page.named(&name, &joined);
    } else {
        page.named(&name, &line);
        page.named("", &limits);
    }
    let items: Vec<&ItemReport> = of_stage(report, reached);
    let open: Vec<&&ItemReport> = items.iter().filter(|item| !item.state.is_settled()).collect();
    if !items.is_empty() {
        let titles: Vec<String> = open.iter().map(|item| safe::fit(&item.title, 20, page.style.ellipsis())).collect();
        let titles = if titles.is_empty() { String::new() } else { format!(", open: {}", titles.join(", ")) };
        page.named("", &format!("{} of {}{titles}", items.len() - open.len(), words::count_of(&items, "item")));
    }
}

/// Returns the items that are due at a stage.
fn of_stage<'a>(report: &'a Report, stage: &StageReport) -> Vec<&'a ItemReport> {
    report.items.iter().filter(|item| waiting::stage_of(report, item).is_some_and(|found| found.id == stage.id)).collect()
}

fn with_share(stage: &StageReport) -> String {
    let share = stage.traffic.as_deref().map_or_else(String::new, |traffic| format!(" {}", safe::line(traffic)));
    format!("{}{share}", safe::line(&stage.name))
}

fn mark(unicode: bool, state: StageState) -> String {
    let (sign, ascii, paint) = match state {
        StageState::Waiting => ("○", ".", Paint::Dim),
        StageState::Baking | StageState::Baked => ("▸", ">", Paint::Wait),
        StageState::Passed => ("✓", "+", Paint::Good),
        StageState::Failed => ("✗", "x", Paint::Bad),
    };
    paint.on(if unicode { sign } else { ascii })
}

/// Says where a stage stands, with clock times.
fn stage_line(page: &Page<'_>, report: &Report, stage: &StageReport) -> String {
    let clock = |at: Timestamp| words::clock(at, report.as_of, &page.style.zone);
    let since = stage.entered.as_ref().map_or_else(String::new, |mark| format!("since {} by {}", clock(mark.at), mark.by));
    match (stage.state, stage.bakes_until) {
        (StageState::Failed, _) => {
            let by = stage.failed.as_ref().map_or_else(String::new, |mark| format!(" at {} by {}", clock(mark.at), mark.by));
            Paint::Bad.on(&format!("failed{by}"))
        }
        (StageState::Waiting, _) => "not entered".to_owned(),
        (StageState::Baking, Some(until)) if !stage.bake_waived => {
            format!("{since}, bakes until {} ({})", clock(until), words::until(until, report.as_of))
        }
        (StageState::Baking | StageState::Baked, _) => format!("{since}, has baked"),
        (StageState::Passed, _) => format!("{since}, passed"),
    }
}

/// Counts the limits of a stage by what the readings say.
fn limits_in_short(stage: &StageReport) -> Option<String> {
    let count = |state: LimitState| stage.limits.iter().filter(|limit| limit.state == state).count();
    let words = [
        (LimitState::Fails, "failed"),
        (LimitState::NoData, "without data"),
        (LimitState::Unread, "unread"),
        (LimitState::Stale, "read too early"),
        (LimitState::Holds, "held"),
    ];
    let told: Vec<String> =
        words.iter().filter(|(state, _)| count(*state) > 0).map(|(state, word)| format!("{} {word}", count(*state))).collect();
    let paint = if count(LimitState::Fails) > 0 { Paint::Bad } else { Paint::Dim };
    (!told.is_empty()).then(|| paint.on(&format!("limits: {}", told.join(", "))))
}

/// The stages with their limits, each in lines of its own.
pub(super) fn stages(page: &mut Page<'_>, report: &Report) {
    if !report.course.has_stages() {
        return;
    }
    page.heading("Stages");
    for stage in &report.course.stages {
        let owner = stage.owner.as_ref().map_or_else(String::new, |owner| format!(", named: {owner}"));
        let bake = stage.bake.map_or_else(String::new, |bake| format!(", bakes {}", words::brief(bake)));
        let line = stage_line(page, report, stage);
        let mark = mark(page.style.unicode, stage.state);
        page.hanging(2, 4, &format!("{mark} {}{bake}{owner}: {line}", with_share(stage)));
        for limit in &stage.limits {
            let (word, paint) = match limit.state {
                LimitState::Holds => ("holds", Paint::Good),
                LimitState::Fails => ("does not hold", Paint::Bad),
                LimitState::NoData => ("has no data", Paint::Wait),
                LimitState::Stale => ("was read too early", Paint::Wait),
                LimitState::Unread => ("not read", Paint::Dim),
            };
            let value = limit.reading.as_ref().map_or_else(String::new, |reading| {
                let value = safe::line(reading.value.as_deref().unwrap_or("nothing"));
                format!(", {value} by {} at {}", reading.mark.by, words::clock(reading.to, report.as_of, &page.style.zone))
            });
            page.hanging(4, 6, &format!("{}: {}{value}", safe::line(&limit.limit.text), paint.on(word)));
        }
        for spite in &stage.in_spite {
            let text = format!("moved in spite of {} by {}: {}", safe::line(&spite.of), spite.by, safe::line(&spite.reason));
            page.hanging(4, 6, &Paint::Wait.on(&text));
        }
    }
}

/// The conditions of the decision that holds: what it is about, who meets it, by when.
pub(super) fn conditions_short(page: &mut Page<'_>, report: &Report) {
    const MOST: usize = 4;
    if report.state != ReleaseState::ConditionalGo {
        return;
    }
    let Some(decision) = report.decisions.iter().rev().find(|one| !one.conditions.is_empty()) else { return };
    let met = decision.conditions.iter().filter(|one| one.state == ConditionState::Met).count();
    page.named("conditions", &format!("{met} of {} met", decision.conditions.len()));
    for one in decision.conditions.iter().filter(|one| one.state != ConditionState::Met).take(MOST) {
        let condition = &one.condition;
        let due = words::clock(condition.due, report.as_of, &page.style.zone);
        let (id, text) = (safe::line(&condition.id), safe::line(&condition.text));
        let line = format!("{id}  by {due} ({})  {}  {text}", words::until(condition.due, report.as_of), condition.assignee);
        page.cut(2, &line);
    }
}

/// Every condition of every decision.
pub(super) fn conditions(page: &mut Page<'_>, report: &Report) {
    let all: Vec<_> = report.decisions.iter().flat_map(|decision| &decision.conditions).collect();
    if all.is_empty() {
        return;
    }
    page.heading("Conditions");
    for one in all {
        let condition = &one.condition;
        let due = words::time(condition.due, &page.style.zone);
        let (id, text) = (safe::line(&condition.id), safe::line(&condition.text));
        page.hanging(2, 4, &format!("{id} {text}: {}, {}, by {due}", words::condition(one), condition.assignee));
    }
}

/// The roll-back: where to, since when, and the steps that are open.
pub(super) fn rollback_short(page: &mut Page<'_>, report: &Report) {
    const MOST: usize = 9;
    let Some(back) = &report.course.rollback else { return };
    page.named("roll-back", &back_line(page, report));
    let open: Vec<&StepReport> = back.steps.iter().filter(|step| step.result.is_none()).collect();
    if back.ended.is_none() && !back.steps.is_empty() {
        page.named("steps", &format!("{} of {} over", back.steps.len() - open.len(), back.steps.len()));
        for step in open.iter().take(MOST) {
            page.cut(2, &step_line(page, report, step));
        }
        if open.len() > MOST {
            page.cut(2, &Paint::Dim.on(&format!("{} {} more", page.style.ellipsis(), open.len() - MOST)));
        }
    }
}

fn back_line(page: &Page<'_>, report: &Report) -> String {
    let Some(back) = &report.course.rollback else { return String::new() };
    let clock = |at: Timestamp| words::clock(at, report.as_of, &page.style.zone);
    let to = back.to.as_ref().map_or_else(String::new, |to| format!("to {} ", safe::line(to.tag.short())));
    let number = back.trigger.map_or_else(String::new, |number| format!(", trigger {number}"));
    let ended = match &back.ended {
        None => String::new(),
        Some((RollbackEvent::Done, mark)) => Paint::Good.on(&format!(", done {} by {}", clock(mark.at), mark.by)),
        Some((_, mark)) => Paint::Bad.on(&format!(", failed {} by {}", clock(mark.at), mark.by)),
    };
    let reason = back.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", safe::line(reason)));
    format!("{to}since {} by {}{number}{ended}{reason}", clock(back.began), back.start.by)
}

fn step_line(page: &Page<'_>, report: &Report, step: &StepReport) -> String {
    let what = step.step.as_ref();
    let layer = what.and_then(|step| step.layer.as_ref()).map_or_else(String::new, |layer| format!("{}: ", safe::line(layer)));
    let text = what.map_or_else(|| "a step that the checklist does not have".to_owned(), |step| safe::line(&step.text));
    let due = step.due.filter(|_| step.result.is_none()).map_or_else(String::new, |due| {
        let clock = words::clock(due, report.as_of, &page.style.zone);
        let paint = if due <= report.as_of { Paint::Bad } else { Paint::Wait };
        paint.on(&format!("by {clock} "))
    });
    let ask = what.filter(|step| step.irreversible).map_or_else(String::new, |step| {
        let ask = step.ask.as_ref().map_or_else(String::new, |owner| format!(", ask {owner} first"));
        Paint::Bad.on(&format!(" (can't be undone{ask})"))
    });
    let result = match step.result {
        None => String::new(),
        Some(StepResult::Done) => Paint::Good.on("done "),
        Some(StepResult::Skipped) => Paint::Wait.on("not needed "),
        Some(StepResult::Failed) => Paint::Bad.on("failed "),
    };
    format!("{:>2} {result}{due}{layer}{text}{ask}", step.number)
}

/// The roll-back with every step.
pub(super) fn rollback(page: &mut Page<'_>, report: &Report) {
    let Some(back) = &report.course.rollback else { return };
    page.heading("Roll-back");
    page.line(2, &back_line(page, report));
    for step in &back.steps {
        let line = step_line(page, report, step);
        let said = step.said.as_ref().map_or_else(String::new, |mark| format!(", {} {}", mark.by, mark.at));
        let reason = step.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", safe::line(reason)));
        page.hanging(2, 5, &format!("{line}{said}{reason}"));
    }
}

/// The actions that are overdue, due or blocking, soonest first; the others are counted.
pub(super) fn actions_short(page: &mut Page<'_>, report: &Report) {
    const MOST: usize = 3;
    let all = &report.course.actions;
    let mut open: Vec<&ActionReport> = all.iter().filter(|action| action.state != ActionState::Done && !action.left).collect();
    open.sort_by_key(|action| (action.blocks != Some(Blocks::Go), action.due.is_none(), action.due));
    if all.is_empty() {
        return;
    }
    page.named("actions", &format!("{} of {} done", all.len() - open.len(), all.len()));
    let is_near = |action: &&ActionReport| {
        let day = report.as_of.plus(86_400);
        action.blocks == Some(Blocks::Go) || action.state == ActionState::Failed || action.due.is_some_and(|due| due <= day)
    };
    let near: Vec<&ActionReport> = open.iter().copied().filter(is_near).collect();
    for action in near.iter().take(MOST) {
        page.cut(2, &action_line(page, report, action));
    }
    if open.len() > near.len().min(MOST) && !near.is_empty() {
        page.cut(2, &Paint::Dim.on(&format!("{} later", open.len() - near.len().min(MOST))));
    }
}

/// Describes an action: its mark, when it is due, its id, text and who does it.
fn action_line(page: &Page<'_>, report: &Report, action: &ActionReport) -> String {
    let unicode = page.style.unicode;
    let mark = match (action.state, unicode) {
        (ActionState::Open, true) => "○",
        (ActionState::Open, false) => ".",
        (ActionState::Done, true) => "✓",
        (ActionState::Done, false) => "+",
        (ActionState::Failed, true) => "✗",
        (ActionState::Failed, false) => "x",
    };
    let due = match (action.due, action.after) {
        _ if action.state == ActionState::Done => String::new(),
        (Some(due), _) => {
            let paint = if due <= report.as_of { Paint::Bad } else { Paint::Wait };
            let (clock, until) = (words::clock(due, report.as_of, &page.style.zone), words::until(due, report.as_of));
            paint.on(&match (page.width() < 100, due <= report.as_of) {
                (true, true) => until,
                (true, false) => format!("due {until}"),
                (false, _) => format!("{clock} ({until})"),
            })
        }
        (None, Some(After { event, seconds })) => format!("{} after {event}", words::brief(seconds)),
        (None, None) => String::new(),
    };
    let who = action.assignee.as_ref().map_or_else(|| "release managers".to_owned(), ToString::to_string);
    let mut facts = vec![Paint::Dim.on(&safe::line(&action.id)), who];
    facts.extend(Some(due).filter(|due| !due.is_empty()));
    let blocks = action.blocks.filter(|_| action.state != ActionState::Done);
    facts.extend(blocks.map(|blocks| format!("holds up {blocks}")));
    facts.extend(action.left.then(|| "left open".to_owned()));
    let facts = facts.join(page.style.dot());
    // The id and the time stay whole, so the text gives way.
    let room = page.width().saturating_sub(safe::columns(&facts) + 8).max(16);
    format!("{mark} {}  {facts}", safe::fit(&action.text, room, page.style.ellipsis()))
}

/// Every action.
pub(super) fn actions(page: &mut Page<'_>, report: &Report) {
    if report.course.actions.is_empty() {
        return;
    }
    page.heading("Actions");
    for action in &report.course.actions {
        let line = action_line(page, report, action);
        page.hanging(2, 4, &line);
    }
}

/// What is known to be wrong and ships all the same, counted.
pub(super) fn known_short(page: &mut Page<'_>, report: &Report) {
    let issues = report.release.as_ref().map(|release| release.known_issues.as_slice()).unwrap_or_default();
    if let [first, rest @ ..] = issues {
        let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
        page.named("known", &format!("{}{more}", safe::line(first)));
    }
}

/// What is known to be wrong, and who took part.
pub(super) fn known(page: &mut Page<'_>, report: &Report) {
    let Some(release) = &report.release else { return };
    for (name, texts) in [("Known issues", &release.known_issues), ("Attendees", &release.attendees)] {
        if !texts.is_empty() {
            page.heading(name);
            texts.iter().for_each(|text| page.line(2, &safe::line(text)));
        }
    }
}

/// What is not what it claims to be, or not here, or was not read as a task, and is not among the reasons already: it changes no
/// answer, and still nobody should have to ask for it.
pub(super) fn other_findings(report: &Report) -> Vec<&Finding> {
    let wrong = |finding: &&Finding| {
        matches!(finding.severity, Severity::Tampered | Severity::Incomplete)
            || matches!(finding.code, Code::TasksUnread | Code::StageDeviation | Code::CloseIncomplete)
    };
    report.findings.iter().filter(wrong).filter(|finding| !report.verdict.reasons.contains(finding)).collect()
}

/// The same with a heading.
pub(super) fn integrity(page: &mut Page<'_>, report: &Report) {
    const MOST: usize = 3;
    let others = other_findings(report);
    if others.is_empty() {
        return;
    }
    page.heading("Other findings, without effect on the answer");
    for finding in others.iter().take(MOST) {
        let paint = if finding.severity == Severity::Tampered { Paint::Bad } else { Paint::Wait };
        let text = safe::fit(&finding.message(), 300, page.style.ellipsis());
        page.hanging(2, 4, &format!("{} {text}", paint.on(finding.code.as_str())));
    }
    if others.len() > MOST {
        page.line(2, &format!("and {} more", others.len() - MOST));
    }
}

/// How many items are settled, and how much was read.
pub(super) fn counts(report: &Report) -> String {
    let due: Vec<_> = report.items.iter().filter(|item| steps::needed_for_go(item)).collect();
    let settled = due.iter().filter(|item| item.state.is_settled()).count();
    let mut parts = Vec::new();
    if !due.is_empty() {
        parts.push(format!("{settled} of {} settled", words::count_of(&due, "item")));
    }
    let waived = report.exceptions.iter().filter(|exception| exception.holds).count();
    if waived > 0 {
        parts.push(Paint::Wait.on(&format!("{waived} waived")));
    }
    parts.push(words::count(report.records.len() as u64, "record"));
    if report.lines > report.records.len() as u64 {
        let invalid = report.lines - report.records.len() as u64;
        parts.push(Paint::Wait.on(&format!("{} not counted", words::count(invalid, "line"))));
    }
    let findings = words::count_of(&report.findings, "finding");
    parts.push(if report.findings.is_empty() {
        findings
    } else {
        format!("{findings} (relsign verify {})", safe::shell(report.tag.short()))
    });
    parts.join(", ")
}
