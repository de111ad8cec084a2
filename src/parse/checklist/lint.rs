//! Weaknesses that release reviews have learned to ask about; none of them keeps a checklist from being used.

use std::collections::{BTreeMap, BTreeSet};

use super::names;
use super::phrases;
use super::signs;
use super::source::Source;
use super::vocabulary::Words;
use crate::model::checklist::{Checklist, ChecklistItem, Origin, SectionKind};
use crate::model::hidden::{is_hidden, is_selector};
use crate::model::ids::{Handle, RoleName};
use crate::model::problem::{Level, Problem};
use crate::model::record::{Phase, RiskClass};

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

/// Finds the weaknesses of a checklist, in the order of the file.
///
/// `source` are the bytes that the checklist was read from; with others the positions mean nothing.
pub fn lint(checklist: &Checklist, source: &[u8], context: &LintContext) -> Vec<Problem> {
    let Ok(source) = Source::plain(source) else { return Vec::new() };
    let mut linter = Linter { checklist, source: &source, context, problems: Vec::new(), found: BTreeMap::new() };
    linter.file();
    for item in &checklist.items {
        linter.item(item);
    }
    linter.rollout();
    linter.rollback();
    linter.risk();
    linter.on_call();
    linter.decision();
    linter.groups();
    let mut problems = linter.problems;
    problems.sort_by(|a, b| (a.line, a.column, a.code).cmp(&(b.line, b.column, b.code)));
    problems
}

/// One case of a cause that is told once for all of its cases.
struct Case {
    line: u32,
    /// The section that it stands in.
    section: String,
    /// What sets it apart, such as the owner as written.
    about: String,
    /// The message, if it is the only one.
    message: String,
    hint: String,
}

/// How a cause is told whose cases are many: its code, and what is said behind their number.
const GROUPS: &[(&str, &str, &str)] = &[
    ("no-owner", "items have no owner, so they fall to the release manager", "sections"),
    ("owner-not-named", "items are owned by what is not one handle", "names"),
    ("role-not-required", "items name a role, but nothing requires its sign-off", "names"),
    ("unknown-handle", "names are known to the policy neither as a person nor as a role", "names"),
    ("trigger-without-threshold", "triggers do not say how much is too much", "lines"),
    ("trigger-without-duration", "triggers do not say for how long", "lines"),
    ("irreversible-without-approver", "items can't be undone, but nobody has to approve them", "names"),
    ("stage-without-bake", "stages do not say how long to wait", "names"),
    ("stage-without-threshold", "stages do not say what must hold", "names"),
    ("pre-ticked", "items are ticked or called done in the file, which has no effect", "sections"),
    ("phase-guessed", "items have a phase that was guessed", "names"),
    ("hidden-characters", "lines have invisible or direction-changing characters", "lines"),
];

/// Words before the name of a role that is to review.
static BEFORE_ROLE: Words =
    Words::new("reviewed by, approved by, signoff by, approval from, approval by, review by, signed by, reviewed with");

/// Words behind one.
static BEHIND_ROLE: Words =
    Words::new("signoff, approval, approves, approved, has reviewed, reviewed, signs, team signoff, team approval");

/// How many sections, names or lines are given of a cause.
const MOST_GIVEN: usize = 4;

struct Linter<'a, 's> {
    checklist: &'a Checklist,
    source: &'a Source<'s>,
    context: &'a LintContext,
    problems: Vec<Problem>,
    found: BTreeMap<&'static str, Vec<Case>>,
}

impl Linter<'_, '_> {
    /// Adds a case of a cause that is told once.
    fn case(&mut self, code: &'static str, line: u32, (section, about): (&str, &str), message: String, hint: &str) {
        let case = Case { line, section: section.to_owned(), about: about.to_owned(), message, hint: hint.to_owned() };
        self.found.entry(code).or_default().push(case);
    }

    /// Tells each cause once, with the number of its cases and where they are.
    fn groups(&mut self) {
        for (code, cases) in std::mem::take(&mut self.found) {
            let level = if code == "phase-guessed" { Level::Note } else { Level::Warning };
            let Some(first) = cases.first() else { continue };
            if cases.len() == 1 {
                self.add(level, code, first.line, first.message.clone(), &first.hint);
                continue;
            }
            let Some((_, said, given)) = GROUPS.iter().find(|(known, ..)| *known == code) else { continue };
            let mut parts: Vec<(String, usize)> = Vec::new();
            let mut places: BTreeMap<String, usize> = BTreeMap::new();
            for case in &cases {
                let key = match *given {
                    "sections" => format!("{:?}", case.section),
                    "names" => case.about.clone(),
                    _ => format!("line {}", case.line),
                };
                let place = *places.entry(key.clone()).or_insert(parts.len());
                match parts.get_mut(place) {
                    Some((_, count)) => *count += 1,
                    None => parts.push((key, 1)),
                }
            }
            let message = format!("{} {said}: {}", cases.len(), listed(&parts, *given == "sections"));
            let hint = self.suggestion(code).unwrap_or_else(|| first.hint.clone());
            self.add(level, code, first.line, message, &hint);
        }
    }

    /// Names the roles that the text suggests as owners, where several items have none.
    fn suggestion(&self, code: &str) -> Option<String> {
        let items =
            self.checklist.items.iter().filter(|item| code == "no-owner" && item.owner.is_none() && item.owner_text.is_none());
        let roles: BTreeSet<&str> = items.filter_map(|item| item.suggested_role.as_deref()).collect();
        let known = self.context.known.as_ref();
        let is_known = |role: &&str| known.is_none_or(|known| known.roles.iter().any(|name| name.as_str() == *role));
        let roles: Vec<String> = roles.into_iter().filter(is_known).take(MOST_GIVEN).map(|role| format!("owner=@{role}")).collect();
        (!roles.is_empty()).then(|| format!("the text suggests {}; write it as <!-- relsign: {} -->", roles.join(", "), roles[0]))
    }

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
            let (bullets, rows) = (self.plain_bullets(), self.plain_rows());
            let (line, message, hint) = match (bullets.first(), rows.first()) {
                (Some(line), _) if bullets.len() >= rows.len() => (
                    *line,
                    format!("the file has no items: {} entries of its lists have no boxes", bullets.len()),
                    "write `- [ ]` for what should be signed off, or enable plain lists below a heading: <!-- relsign: items=bullets -->",
                ),
                (_, Some(line)) => (
                    *line,
                    format!("the file has no items: {} rows of its tables have no status", rows.len()),
                    "add a column Status, or enable rows below a heading: <!-- relsign: items=rows -->",
                ),
                _ => (
                    1,
                    "the file has no items: it is prose, without lists or tables".to_owned(),
                    "write a line `- [ ] text` for each thing that should be signed off",
                ),
            };
            self.warn("no-items", line, message, hint);
        } else if !checklist.items.iter().any(|item| item.phase == Phase::Before) {
            let line = checklist.items[0].line;
            let hint = "put <!-- relsign: phase=before --> on what must hold before the decision";
            self.warn("no-before-items", line, "no item is due before the decision".to_owned(), hint);
        }
        let skipped = &checklist.skipped;
        if let Some(first) = skipped.tasks.first() {
            let counts = [(skipped.comments, "in comments"), (skipped.code, "in code")];
            let parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, place)| format!("{n} tasks {place}")).collect();
            let message = format!("{} are not items", parts.join(" and "));
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
                self.case("hidden-characters", line, ("", ""), message, "type the line again");
            }
        }
    }

    /// Finds the lines of prose that begin with a bullet or a number.
    fn plain_bullets(&self) -> Vec<u32> {
        let entry = |line: &str| {
            let rest = signs::behind_bullet(line);
            rest.is_some_and(|rest| {
                // Ten digits and the sign behind them number no list.
                rest.starts_with([' ', '\t']) && !rest.trim().is_empty() && line.len() - rest.len() <= 10
            })
        };
        // Reading matter asks for nothing.
        let sections = &self.checklist.sections;
        let is_notes = |line: u32| {
            let section = sections.partition_point(|section| section.line <= line).checked_sub(1);
            section.is_some_and(|index| sections[index].kind == SectionKind::Notes)
        };
        self.checklist.prose().filter(|line| entry(self.source.line_text(*line).trim_start()) && !is_notes(*line)).collect()
    }

    /// Finds the rows of tables in prose, their heads left out.
    fn plain_rows(&self) -> Vec<u32> {
        let is_row = |line: u32| self.source.line_text(line).trim_start().starts_with('|');
        let is_rule = |line: u32| {
            self.source.line_text(line).contains('-')
                && self.source.line_text(line).trim().chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
        };
        self.checklist.prose().filter(|line| is_row(*line) && !is_rule(*line) && !is_rule(*line + 1)).collect()
    }

    fn item(&mut self, item: &ChecklistItem) {
        let id = &item.id;
        let section = item.section.last().map_or("the text", String::as_str);
        match (&item.owner, &item.owner_text) {
            (Some(owner), _) => {
                let owner = owner.clone();
                self.handle(&owner, item.line);
            }
            (None, Some(text)) => {
                let message = format!("{id} is owned by {text:?}, which is not one handle");
                self.case("owner-not-named", item.line, (section, &format!("{text:?}")), message, "name one person or role: @name");
            }
            (None, None) if self.has_default_owner() => {}
            (None, None) => {
                let message = format!("{id} has no owner, so it falls to the release manager");
                let hint = "add <!-- relsign: owner=@name --> to it or below its heading, or an Owner column";
                let hint = item.suggested_role.as_ref().map_or(hint.to_owned(), |role| {
                    format!("the text suggests @{role}; write it as <!-- relsign: owner=@{role} -->")
                });
                self.case("no-owner", item.line, (section, id.as_str()), message, &hint);
            }
        }
        if item.ticked && item.origin != Origin::Choice {
            let message = format!("{id} is ticked or called done in the file, which has no effect");
            self.case("pre-ticked", item.line, (section, id.as_str()), message, "clear it; only a signature counts");
        }
        // Before the decision is where an item stands that nothing speaks of.
        if item.phase_guessed && item.phase != Phase::Before {
            let (phase, place) = (item.phase, format!("{} in {section:?}", item.phase));
            let message = format!("the phase `{phase}` of {id} was guessed from {section:?}");
            let hint = format!("write it below the heading: <!-- relsign: phase={phase} -->");
            self.case("phase-guessed", item.line, (section, &place), message, &hint);
        }
        if item.origin == Origin::Task && matches!(phrases::normal(&item.title).as_str(), "no go" | "nogo") {
            let message = format!("{id} is a task that would have to be signed for GO");
            self.warn("decision-as-items", item.line, message, "write the choice on one line: ☐ GO ☐ NO-GO");
        }
        let says = phrases::normal(&format!(
            "{} {}",
            item.title,
            item.details.iter().map(|d| d.text.as_str()).collect::<Vec<_>>().join(" ")
        ));
        let irreversible = item.irreversible || says.split(' ').any(|word| matches!(word, "irreversible" | "irreversibly"));
        if irreversible && item.reviews().unwrap_or(0) == 0 && item.roles().is_empty() {
            let message = format!("{id} can't be undone, but nobody has to approve it");
            let about = (section, id.as_str());
            self.case("irreversible-without-approver", item.line, about, message, "add reviews=1 or role=… to its directive");
        }
        self.named_role(item);
    }

    /// Whether the front matter names an owner whom the policy has.
    fn has_default_owner(&self) -> bool {
        let known = self.context.known.as_ref();
        self.checklist.default_owner.as_ref().zip(known).is_some_and(|(owner, known)| known.people.contains(owner))
    }

    /// Reports a role that is to review by the text alone.
    fn named_role(&mut self, item: &ChecklistItem) {
        let padded = format!(" {} ", phrases::canon(&item.title));
        let known = self.context.known.iter().flat_map(|known| &known.roles).map(|role| role.as_str().replace('-', " "));
        let roles: BTreeSet<String> = known.chain(super::lexicon::ROLES.iter().map(|role| (*role).to_owned())).collect();
        let required: Vec<_> = item.roles().iter().map(|role| role.as_str().replace('-', " ")).collect();
        let owner = item.owner.as_ref().map(|owner| owner.name().replace('-', " "));
        let asked = |role: &&String| {
            BEFORE_ROLE
                .iter()
                .any(|by| padded.contains(&format!(" {by} {role} ")) || padded.contains(&format!(" {by} the {role} ")))
                || BEHIND_ROLE.iter().any(|of| padded.contains(&format!(" {role} {of} ")))
        };
        // The longest name wins, so that a compliance officer isn't also reported as compliance.
        let Some(role) = roles.iter().filter(asked).max_by_key(|role| role.len()) else { return };
        // The role that owns an item signs it anyway, though the name may have to be mended.
        let owned = item.owner_text.as_deref().and_then(names::role).is_some_and(|owner| owner.replace('-', " ") == *role);
        if required.contains(role) || owner.as_ref() == Some(role) || owned {
            return;
        }
        let message = format!("{} names the role {role}, but nothing requires its sign-off", item.id);
        let hint = format!("add <!-- relsign: role={} reviews=1 --> to it", role.replace(' ', "-"));
        self.case("role-not-required", item.line, ("", role), message, &hint);
    }

    fn handle(&mut self, handle: &Handle, line: u32) {
        let Some(known) = &self.context.known else { return };
        let role = handle.name().parse::<RoleName>();
        if known.people.contains(handle) || role.is_ok_and(|role| known.roles.contains(&role)) {
            return;
        }
        let message = format!("the policy knows neither a person nor a role {handle}");
        let about = handle.to_string();
        self.case("unknown-handle", line, ("", &about), message, "correct the name, or add the person to the policy");
    }

    fn rollout(&mut self) {
        let stages = &self.checklist.stages;
        for stage in stages {
            if stage.bake.is_none() {
                let message = format!("stage {} does not say how long to wait", stage.name);
                self.case("stage-without-bake", stage.line, ("", &stage.name), message, "add a column Bake time, such as 30 min");
            }
            if stage.thresholds.as_deref().is_none_or(|text| text.trim().is_empty()) {
                let message = format!("stage {} does not say what must hold", stage.name);
                let hint = "add a column Thresholds, such as error rate < 0.1%";
                self.case("stage-without-threshold", stage.line, ("", &stage.name), message, hint);
            }
        }
        if let Some(first) = stages.first().filter(|stage| stage.percent().is_some_and(|percent| percent >= 100.0)) {
            let message = format!("the roll-out starts with {} at all traffic", first.name);
            self.warn("rollout-starts-at-full", first.line, message, "start with a small share, such as 1%");
        }
        if let Some(last) = stages.last() {
            let named = last.cells.iter().any(|cell| !names::handles(&cell.value).is_empty());
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
                self.case("trigger-without-threshold", trigger.line, ("", ""), message, "add a limit, such as > 0.5%");
            } else if trigger.duration.is_none() && trigger.threshold.as_deref() != Some("any") && !has_window(&trigger.text) {
                let message = format!("the trigger {:?} does not say for how long", trigger.text);
                self.case("trigger-without-duration", trigger.line, ("", ""), message, "add a span, such as for 5 minutes");
            }
        }
        // Tasks that are due on rolling back are the steps of it.
        let has_tasks = self.checklist.items.iter().any(|item| item.phase == Phase::OnRollback);
        if self.checklist.procedure.is_empty() && !has_tasks {
            let line = self.checklist.triggers.first().map_or(1, |trigger| trigger.line);
            self.warn(
                "no-rollback-procedure",
                line,
                "no section says how to roll back".to_owned(),
                "add the steps as a numbered list below a heading Rollback procedure",
            );
        }
    }

    fn risk(&mut self) {
        let Some(risk) = self.checklist.risk.as_ref().filter(|risk| risk.class >= Some(RiskClass::High)) else { return };
        let reviewed = self.checklist.items.iter().any(|item| {
            let title = phrases::normal(&item.title);
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
                for handle in on_call.primary.iter().chain(&on_call.secondary).filter(|_| on_call.primary.is_some()) {
                    self.handle(handle, on_call.line);
                }
                if on_call.primary.is_none() {
                    let message = format!("on-call names no person: {:?}", on_call.text.as_deref().unwrap_or_default());
                    self.warn("on-call-without-person", on_call.line.max(1), message, "name one person: **On-call**: @name");
                }
                if on_call.window.as_deref().is_none_or(str::is_empty) {
                    let line = on_call.line.max(1);
                    let hint = "add a line: **On-call window**: 2026-03-25 12:00 UTC through 2026-03-26 12:00 UTC";
                    self.warn("on-call-without-window", line, "on-call has no window".to_owned(), hint);
                }
            }
            None => {
                let stages = checklist.stages.iter().map(|stage| stage.line);
                if let Some(line) = stages.chain(checklist.triggers.iter().map(|trigger| trigger.line)).next() {
                    let message = "nobody is named as on call".to_owned();
                    self.warn("on-call-without-person", line, message, "add a line: **On-call**: @name");
                }
            }
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
        let word = decision.decision.as_deref().map(phrases::normal).unwrap_or_default();
        if word != "go" && !word.starts_with("conditional go") {
            return;
        }
        let decided = decision.time.as_deref().and_then(super::values::time);
        let begins = decision.window.as_deref().and_then(super::values::window).map(|(from, _)| from);
        let limit = begins.or(decided);
        for action in checklist.actions.iter().filter(|action| action.is_open()) {
            let text = phrases::normal(&action.action);
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

/// Lists what cases have in common, with their numbers, the first few.
fn listed(parts: &[(String, usize)], counted: bool) -> String {
    let one = |(part, count): &(String, usize)| match (*count, counted) {
        (1, false) => part.clone(),
        (count, false) => format!("{part} ({count})"),
        (count, true) => format!("{count} in {part}"),
    };
    let mut text = parts.iter().take(MOST_GIVEN).map(one).collect::<Vec<_>>().join(", ");
    let rest: usize = parts.iter().skip(MOST_GIVEN).map(|(_, count)| count).sum();
    if rest > 0 {
        text += &format!(", and {rest} more");
    }
    text
}

/// Whether a text is a query that averages over a span of time, such as `rate(x[5m]) > 2`.
fn has_window(text: &str) -> bool {
    let inside = text.split('[').skip(1).filter_map(|part| part.split_once(']'));
    inside.into_iter().any(|(inside, _)| super::limits::has_span(inside))
}
