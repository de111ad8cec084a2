//! Weaknesses that release reviews have learned to ask about; none of them keeps a checklist from being used.

use std::collections::BTreeSet;

use super::source::Source;
use super::words;
use crate::model::checklist::{Checklist, ChecklistItem, Origin};
use crate::model::hidden::{is_hidden, is_selector};
use crate::model::ids::{Handle, RoleName};
use crate::model::problem::{Level, Problem, explained};
use crate::model::record::{Phase, RiskClass};

explained! {
    /// Every code of [`lint`] with its reason, in the order of docs/findings.md.
    pub const LINTS;
    "no-items", "warning", "The file asks for nothing that could be signed off, often because its bullets have no boxes.",
        "Write `- [ ]`, or enable plain bullets: `<!-- relsign: items=bullets -->`. Then tag and open again.";
    "no-before-items", "warning", "GO needs items that are due before the decision, and there are none.",
        "Put `<!-- relsign: phase=before -->` on what must hold before the decision. A release can't be opened without.";
    "no-owner", "warning", "Nobody owns the item, so it falls to the release manager.",
        "Add `owner=@name` to the item's directive or to the section's, or an Owner column.";
    "owner-not-named", "warning", "The owner is not one handle; an item owned by a whole team has no owner.",
        "Name one person or one role: `@name`.";
    "role-not-required", "warning", "The text names a role that is to review or approve, and nothing makes that role sign.",
        "Add `role=… reviews=1` to the item's directive.";
    "unknown-handle", "warning", "The policy has neither a person nor a role of this name.",
        "Correct the name, or add the person to the policy. This is checked only if there is a policy.";
    "trigger-without-threshold", "warning", "A roll-back trigger has no limit, so somebody has to decide at night how much is too much.",
        "Add a limit, such as `> 0.5%`.";
    "trigger-without-duration", "warning", "A roll-back trigger has no duration, so it is unclear whether a short spike fires it.",
        "Add a span, such as `for 5 minutes`.";
    "no-rollback-procedure", "warning", "The file does not say how to roll back.",
        "Add the steps as a numbered list below a heading such as \"Rollback procedure\".";
    "rollout-starts-at-full", "warning", "The first stage already takes all traffic.",
        "Start with a small share, such as 1 %.";
    "rollout-ends-without-human", "warning", "The last stage names nobody to confirm it, so it may be reached unattended.",
        "Add a column Owner to the table of stages, with the person who confirms the last.";
    "irreversible-without-approver", "warning", "A step that can't be undone needs somebody other than its owner to approve it.",
        "Add `reviews=1` or `role=…` to the item's directive.";
    "stage-without-bake", "warning", "A stage does not say how long to wait before the next one.",
        "Add a column such as \"Bake time\".";
    "stage-without-threshold", "warning", "A stage does not say what must hold while it lasts.",
        "Add a column such as \"Thresholds\".";
    "stage-items-without-stages", "warning", "Items are due at each stage, and the file has no stages.",
        "Add a table of the stages, or give the items another phase.";
    "high-risk-without-runbook", "warning", "A release of high risk needs a roll-back runbook that somebody has reviewed.",
        "Add an item such as \"Rollback runbook reviewed\", with `role=…` and `reviews=1`.";
    "on-call-without-person", "warning", "No person is named as on call; if everybody is on call, nobody is.",
        "Name one person: `**On-call**: @name`.";
    "on-call-without-window", "warning", "The on-call window is not given.",
        "Add a line `**On-call window**: … through …`.";
    "action-open-before-go", "warning", "The file says GO while an action that is due before it is still open.",
        "Finish the action, or make it a condition with an owner and a time.";
    "decision-as-items", "warning", "GO and NO-GO are two tasks, so both would have to be signed.",
        "Write the choice on one line: `☐ GO ☐ NO-GO`.";
    "pre-ticked", "warning", "The box is ticked in the file, which has no effect; only a signature counts.",
        "Clear the box.";
    "phase-guessed", "note", "The phase is not stated; it was guessed from a heading or a sentence.",
        "Write the phase below the heading: `<!-- relsign: phase=… -->`.";
    "almost-task", "warning", "The line looks like a task, but its box is written so that it is not an item, so nobody signs it.",
        "Write `- [ ] text`: a space in the box, and one on each side of it. If it is not a task, write it differently, such as in backquotes.";
    "task-in-html", "warning", "Markdown in raw HTML is not read, so tasks and checkboxes there are not items.",
        "Leave a blank line between the HTML and the tasks, such as below `<summary>`, and write each as `- [ ] text`.";
    "task-in-table", "warning", "The row has a box, but nothing marks the rows of the table as items.",
        "Name the column of the boxes `Status` and that of the text `Item`, or write each row as `- [ ] text`.";
    "almost-directive", "warning", "The comment looks like a directive, but its name or colon is not written like one.",
        "Write it as `<!-- relsign: NAME=VALUE -->`.";
    "tasks-skipped", "note", "Tasks in comments and in code are not items.",
        "Move them out of the comment or code if they should be signed off.";
    "hidden-characters", "warning", "The text has invisible characters, or characters that change the order in which it is shown.",
        "Type the line again.";
}

/// The people and roles that a policy knows.
#[derive(Debug, Clone, Default)]
pub struct KnownNames {
    /// Every person's handle.
    pub people: BTreeSet<Handle>,
    /// Every role.
    pub roles: BTreeSet<RoleName>,
}

/// What lint knows besides the file.
#[derive(Debug, Clone, Default)]
pub struct LintContext {
    /// The names of the policy; without one, handles are not checked.
    pub known: Option<KnownNames>,
}

/// Roles that texts name, for checklists that are read without a policy.
const COMMON_ROLES: &[&str] = &[
    "sre",
    "qa",
    "dba",
    "security",
    "legal",
    "compliance",
    "compliance officer",
    "product",
    "release manager",
    "infra",
    "devops",
    "finance",
];

/// Finds the weaknesses of a checklist, in the order of the file.
///
/// `source` are the bytes that the checklist was read from; with others the positions mean nothing.
pub fn lint(checklist: &Checklist, source: &[u8], context: &LintContext) -> Vec<Problem> {
    let Ok(source) = Source::plain(source) else { return Vec::new() };
    let mut linter = Linter { checklist, source: &source, context, problems: Vec::new() };
    linter.file();
    for item in &checklist.items {
        linter.item(item);
    }
    linter.guessed_phases();
    linter.rollout();
    linter.rollback();
    linter.risk();
    linter.on_call();
    linter.decision();
    let mut problems = linter.problems;
    problems.sort_by(|a, b| (a.line, a.column, a.code).cmp(&(b.line, b.column, b.code)));
    problems
}

struct Linter<'a, 's> {
    checklist: &'a Checklist,
    source: &'a Source<'s>,
    context: &'a LintContext,
    problems: Vec<Problem>,
}

impl Linter<'_, '_> {
    /// Adds a problem of the text of a line.
    fn add(&mut self, level: Level, code: &'static str, line: u32, message: String, hint: &str) {
        let span = self.source.line_span(line.max(1));
        let text = &self.source.text[span.clone()];
        let start = span.start + (text.len() - text.trim_start().len());
        let end = (span.start + text.trim_end().len()).max(start);
        self.problems.push(self.source.problem(level, code, start..end, message).hint(hint));
    }

    fn warn(&mut self, code: &'static str, line: u32, message: String, hint: &str) {
        self.add(Level::Warning, code, line, message, hint);
    }

    fn file(&mut self) {
        let checklist = self.checklist;
        if checklist.items.is_empty() {
            let bullets = self.plain_bullets();
            let (line, message) = match bullets.first() {
                Some(line) => (*line, format!("the file has no items: its {} bullets have no boxes", bullets.len())),
                None => (1, "the file has no items".to_owned()),
            };
            let hint = "write `- [ ]` for what should be signed off, or enable plain bullets below a heading: <!-- relsign: items=bullets -->";
            self.warn("no-items", line, message, hint);
        } else if !checklist.items.iter().any(|item| item.phase == Phase::Before) {
            let line = checklist.items[0].line;
            let hint = "put <!-- relsign: phase=before --> on what must hold before the decision";
            self.warn("no-before-items", line, "no item is due before the decision".to_owned(), hint);
        }
        let skipped = &checklist.skipped;
        if let Some(first) = skipped.tasks.first() {
            let message = format!("{} tasks in comments and {} in code are not items", skipped.comments, skipped.code);
            self.add(Level::Note, "tasks-skipped", first.line, message, "move them out if they should be signed off");
        }
        for told in super::unread::unread_by_cause(&checklist.unread) {
            self.warn(told.code, told.line, told.message, told.advice);
        }
        if checklist.stages.is_empty()
            && let Some(item) = checklist.items.iter().find(|item| item.phase == Phase::Stage)
        {
            let message = format!("{} is due at each stage, but the file has no stages", item.id);
            self.warn(
                "stage-items-without-stages",
                item.line,
                message,
                "add a table with the columns Stage, Traffic, Bake time and Thresholds",
            );
        }
        for line in 1..=u32::try_from(self.source.line_count()).unwrap_or(u32::MAX) {
            if self.source.line_text(line).contains(|c| is_hidden(c) && !is_selector(c) && !matches!(c, '\n' | '\r' | '\t')) {
                let message = "the line has invisible or direction-changing characters".to_owned();
                self.warn("hidden-characters", line, message, "type the line again");
            }
        }
    }

    /// Finds the lines of prose that begin with a bullet.
    fn plain_bullets(&self) -> Vec<u32> {
        let bullet = |line: &str| ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark));
        let prose = self.checklist.prose().flat_map(|(first, last)| first..=last);
        prose.filter(|line| bullet(self.source.line_text(*line).trim_start())).collect()
    }

    fn item(&mut self, item: &ChecklistItem) {
        let id = &item.id;
        match (&item.owner, &item.owner_text) {
            (Some(owner), _) => {
                let owner = owner.clone();
                self.handle(&owner, item.line);
            }
            (None, Some(text)) => {
                let message = format!("{id} is owned by {text:?}, which is not one handle");
                self.warn("owner-not-named", item.line, message, "name one person or role: @name");
            }
            (None, None) => {
                let message = format!("{id} has no owner, so it falls to the release manager");
                self.warn(
                    "no-owner",
                    item.line,
                    message,
                    "add <!-- relsign: owner=@name --> to it or below its heading, or an Owner column",
                );
            }
        }
        if item.ticked && item.origin != Origin::Choice {
            let message = format!("{id} is ticked in the file, which has no effect");
            self.warn("pre-ticked", item.line, message, "clear the box; only a signature counts");
        }
        if item.origin == Origin::Task && matches!(words::normal(&item.title).as_str(), "no go" | "nogo") {
            let message = format!("{id} is a task that would have to be signed for GO");
            self.warn("decision-as-items", item.line, message, "write the choice on one line: ☐ GO ☐ NO-GO");
        }
        let says = words::normal(&format!(
            "{} {}",
            item.title,
            item.details.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join(" ")
        ));
        let irreversible = item.irreversible || says.split(' ').any(|word| matches!(word, "irreversible" | "irreversibly"));
        if irreversible && item.reviews().unwrap_or(0) == 0 && item.roles().is_empty() {
            let message = format!("{id} can't be undone, but nobody has to approve it");
            self.warn("irreversible-without-approver", item.line, message, "add reviews=1 or role=… to its directive");
        }
        self.named_role(item);
    }

    /// Reports a role that is to review by the text alone.
    fn named_role(&mut self, item: &ChecklistItem) {
        let title = words::normal(&item.title);
        let padded = format!(" {title} ");
        let verbs =
            ["review", "reviewed", "approve", "approved", "approval", "sign off", "signed off", "signoff", "sign", "signed"];
        if !verbs.iter().any(|verb| padded.contains(&format!(" {verb} "))) {
            return;
        }
        let known = self.context.known.iter().flat_map(|known| &known.roles).map(|role| role.as_str().replace('-', " "));
        let roles: BTreeSet<String> = known.chain(COMMON_ROLES.iter().map(|role| (*role).to_owned())).collect();
        let required: Vec<_> = item.roles().iter().map(|role| role.as_str().replace('-', " ")).collect();
        let owner = item.owner.as_ref().map(|owner| owner.name().replace('-', " "));
        // The longest name wins, so that a compliance officer isn't also reported as compliance.
        let named = roles.iter().filter(|role| padded.contains(&format!(" {role} "))).max_by_key(|role| role.len());
        let Some(role) = named else { return };
        if required.contains(role) || owner.as_ref() == Some(role) {
            return;
        }
        let message = format!("{} names the role {role}, but nothing requires its sign-off", item.id);
        let hint = format!("add <!-- relsign: role={} reviews=1 --> to it", role.replace(' ', "-"));
        self.warn("role-not-required", item.line, message, &hint);
    }

    fn handle(&mut self, handle: &Handle, line: u32) {
        let Some(known) = &self.context.known else { return };
        let role = handle.name().parse::<RoleName>();
        if known.people.contains(handle) || role.is_ok_and(|role| known.roles.contains(&role)) {
            return;
        }
        let message = format!("the policy knows neither a person nor a role {handle}");
        self.warn("unknown-handle", line, message, "correct the name, or add the person to the policy");
    }

    /// Reports guesses once for each section and phase.
    fn guessed_phases(&mut self) {
        let mut seen = BTreeSet::new();
        let items = &self.checklist.items;
        for item in items.iter().filter(|item| item.phase_guessed) {
            if !seen.insert((&item.section, item.phase)) {
                continue;
            }
            let count = items
                .iter()
                .filter(|other| other.phase_guessed && other.phase == item.phase && other.section == item.section)
                .count();
            let place = item.section.last().map_or("the text", String::as_str);
            let phase = item.phase;
            let message = format!(
                "the phase `{phase}` of {} was guessed from {place:?}",
                if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
            );
            self.add(
                Level::Note,
                "phase-guessed",
                item.line,
                message,
                &format!("write it below the heading: <!-- relsign: phase={phase} -->"),
            );
        }
    }

    fn rollout(&mut self) {
        let stages = &self.checklist.stages;
        for stage in stages {
            if stage.bake.is_none() {
                let message = format!("stage {} does not say how long to wait", stage.name);
                self.warn("stage-without-bake", stage.line, message, "add a column Bake time, such as 30 min");
            }
            if stage.thresholds.as_deref().is_none_or(|text| text.trim().is_empty()) {
                let message = format!("stage {} does not say what must hold", stage.name);
                self.warn("stage-without-threshold", stage.line, message, "add a column Thresholds, such as error rate < 0.1%");
            }
        }
        if let Some(first) = stages.first().filter(|stage| stage.percent().is_some_and(|percent| percent >= 100.0)) {
            let message = format!("the roll-out starts with {} at all traffic", first.name);
            self.warn("rollout-starts-at-full", first.line, message, "start with a small share, such as 1%");
        }
        if let Some(last) = stages.last() {
            let named = last.cells.iter().any(|cell| !words::handles(&cell.value).is_empty());
            if !named {
                let message = format!("the last stage, {}, names nobody to confirm it", last.name);
                self.warn("rollout-ends-without-human", last.line, message, "add a column Owner with the person who confirms it");
            }
        }
    }

    fn rollback(&mut self) {
        for trigger in &self.checklist.triggers {
            if trigger.threshold.is_none() {
                let message = format!("the trigger {:?} does not say how much is too much", trigger.text);
                self.warn("trigger-without-threshold", trigger.line, message, "add a limit, such as > 0.5%");
            } else if trigger.duration.is_none() && trigger.threshold.as_deref() != Some("any") {
                let message = format!("the trigger {:?} does not say for how long", trigger.text);
                self.warn("trigger-without-duration", trigger.line, message, "add a span, such as for 5 minutes");
            }
        }
        if self.checklist.procedure.is_empty() {
            let line = self.checklist.triggers.first().map_or(1, |trigger| trigger.line);
            self.warn(
                "no-rollback-procedure",
                line,
                "the file does not say how to roll back".to_owned(),
                "add the steps as a numbered list below a heading Rollback procedure",
            );
        }
    }

    fn risk(&mut self) {
        let Some(risk) = self.checklist.risk.as_ref().filter(|risk| risk.class >= Some(RiskClass::High)) else { return };
        let reviewed = self.checklist.items.iter().any(|item| {
            let title = words::normal(&item.title);
            let has = |words: &[&str]| title.split(' ').any(|word| words.contains(&word));
            has(&["rollback"])
                && has(&["runbook", "plan", "procedure", "steps", "playbook"])
                && (has(&["reviewed", "approved", "review"]) || item.reviews().unwrap_or(0) > 0 || !item.roles().is_empty())
        });
        if !reviewed {
            let message = "the risk is high, but no item asks for a reviewed rollback runbook".to_owned();
            self.warn(
                "high-risk-without-runbook",
                risk.line,
                message,
                "add an item such as `Rollback runbook reviewed`, with role=… and reviews=1",
            );
        }
    }

    fn on_call(&mut self) {
        let checklist = self.checklist;
        match &checklist.on_call {
            Some(on_call) => {
                match &on_call.primary {
                    Some(primary) => {
                        for handle in [Some(primary), on_call.secondary.as_ref()].into_iter().flatten() {
                            self.handle(handle, on_call.line);
                        }
                    }
                    None => {
                        let message = format!("on-call names no person: {:?}", on_call.text.as_deref().unwrap_or_default());
                        self.warn("on-call-without-person", on_call.line.max(1), message, "name one person: **On-call**: @name");
                    }
                }
                if on_call.window.as_deref().is_none_or(str::is_empty) {
                    let line = on_call.line.max(1);
                    let hint = "add a line: **On-call window**: 2026-03-25 12:00 UTC through 2026-03-26 12:00 UTC";
                    self.warn("on-call-without-window", line, "on-call has no window".to_owned(), hint);
                }
            }
            None if !checklist.stages.is_empty() || !checklist.triggers.is_empty() => {
                let line = checklist
                    .stages
                    .first()
                    .map(|stage| stage.line)
                    .or(checklist.triggers.first().map(|trigger| trigger.line))
                    .unwrap_or(1);
                self.warn(
                    "on-call-without-person",
                    line,
                    "nobody is named as on call".to_owned(),
                    "add a line: **On-call**: @name",
                );
            }
            None => {}
        }
    }

    fn decision(&mut self) {
        let checklist = self.checklist;
        for action in &checklist.actions {
            if let Some(owner) = &action.owner {
                self.handle(owner, action.line);
            }
        }
        for row in &checklist.scope {
            if let Some(owner) = &row.owner {
                self.handle(owner, row.line);
            }
        }
        let Some(decision) = &checklist.decision else { return };
        let word = decision.decision.as_deref().map(words::normal).unwrap_or_default();
        if word != "go" && !word.starts_with("conditional go") {
            return;
        }
        let decided = decision.time.as_deref().and_then(super::values::time);
        let begins = decision.window.as_deref().and_then(super::values::window).map(|(from, _)| from);
        let limit = begins.or(decided);
        for action in checklist.actions.iter().filter(|action| action.is_open()) {
            let text = words::normal(&action.action);
            let before = text.contains("before deploy")
                || text.contains("before go")
                || text.contains("before the release")
                || text.contains("before release");
            if before || matches!((action.due, limit), (Some(due), Some(limit)) if due <= limit) {
                let message = format!("the decision says GO, but {:?} is due before it and still open", action.action);
                self.warn(
                    "action-open-before-go",
                    action.line,
                    message,
                    "finish it, or make it a condition with an owner and a time",
                );
            }
        }
    }
}
