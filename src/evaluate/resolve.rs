//! Resolving: a checklist and a policy become the items that an open record carries as data.
//!
//! Opening a release and checking one later both resolve here, so that a difference between the two is a difference
//! in the checklist or in the rules for reading it, and never one in the asking.

use super::release::Release;
use crate::model::checklist::{Cell, Checklist, ChecklistItem, Metric, PARSER_VERSION, ProcedureStep, ScopeRow};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Environment, Sha256Digest, TagName};
use crate::model::policy::{ItemFacts, Policy, is_at_least};
use crate::model::record::{
    Change, ChecklistSource, Open, OpenAction, OpenItem, OpenLimit, OpenOnCall, OpenStage, OpenTrigger, Owner, Phase, Plan,
    ReleaseType, Risk, Step,
};

/// How many of the lines that look like tasks and are none an open record lists; it counts all of them.
const MOST_UNREAD: usize = 20;

/// What is asked besides the checklist and the policy.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The tag, after which a release without a title is called.
    pub tag: &'a TagName,
    /// The type of the release.
    pub release_type: ReleaseType,
    /// The policy's component.
    pub component: &'a str,
    /// Where it goes.
    pub environment: &'a Environment,
}

/// Resolves a checklist under a policy: all that an open record takes from the file.
pub fn resolve(checklist: &Checklist, source: ChecklistSource, policy: &Policy, terms: Terms<'_>) -> Plan {
    let risk = checklist.risk.as_ref().and_then(|risk| {
        Some(Risk { class: risk.class?, reasons: risk.reasons.iter().map(|reason| reason.text.clone()).collect() })
    });
    // Whoever a template assigns its issues to answers for what names nobody; a name that the policy lacks is nobody's.
    let default = checklist.default_owner.as_ref().and_then(|owner| policy.owner_of(owner.as_str()));
    let items =
        checklist.expand_stages().iter().map(|item| resolve_item(item, default.as_ref(), policy, terms, risk.as_ref())).collect();
    let title = checklist.title.clone();
    Plan {
        title: if title.trim().is_empty() { format!("Release {}", terms.tag.short()) } else { title },
        checklist: source,
        items,
        unread: checklist.unread.first(MOST_UNREAD),
        stages: stages(checklist, policy),
        triggers: triggers(checklist),
        procedure: checklist.procedure.iter().map(|step| resolve_step(step, policy)).collect(),
        scope: checklist.scope.iter().map(resolve_change).collect(),
        actions: actions(checklist, policy, terms.release_type),
        on_call: checklist.on_call.as_ref().and_then(|on_call| {
            Some(OpenOnCall {
                primary: on_call.primary.clone()?,
                secondary: on_call.secondary.clone(),
                from: on_call.from,
                to: on_call.until,
            })
        }),
        known_issues: checklist.known_issues.iter().map(|issue| issue.text.clone()).collect(),
        attendees: attendees(checklist),
        window: checklist.window,
        risk,
    }
}

/// Returns the stages, or the one that a file without stages has; a limit that a checkpoint states is one of each stage at which it
/// is due.
fn stages(checklist: &Checklist, policy: &Policy) -> Vec<OpenStage> {
    let mut stages: Vec<OpenStage> = checklist
        .stages
        .iter()
        .map(|stage| OpenStage {
            id: stage.id.clone(),
            name: stage.name.clone(),
            traffic: stage.traffic.clone(),
            bake: stage.bake,
            owner: cell(&stage.cells, APPROVERS).and_then(|text| policy.owner_of(first_word(text))),
            limits: stage.limits.clone(),
        })
        .collect();
    if stages.is_empty() {
        let watched = checklist.monitoring.iter().enumerate().map(|(at, metric)| watched(at, metric));
        stages.push(OpenStage { limits: watched.collect(), ..OpenStage::implied() });
    }
    for item in checklist.items.iter().filter(|item| item.phase == Phase::Stage) {
        let Some(limit) = &item.limit else { continue };
        for stage in stages.iter_mut().filter(|stage| item.stage.as_ref().is_none_or(|only| *only == stage.id)) {
            // The id of the checkpoint, so that its reading settles both.
            let id = item.id.base().to_owned();
            let is_same = |other: &&mut OpenLimit| {
                let names = other.metric.as_deref().zip(limit.metric.as_deref());
                other.id == id || names.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
            };
            match stage.limits.iter_mut().find(is_same) {
                Some(same) => same.id = id,
                None => stage.limits.push(OpenLimit { id, ..limit.clone() }),
            }
        }
    }
    stages
}

/// Returns what is watched as something that a person judges: its text says when to be alarmed, not what must hold.
fn watched(at: usize, metric: &Metric) -> OpenLimit {
    let text = metric.threshold.as_ref().map_or_else(|| metric.metric.clone(), |alarm| format!("{}: {alarm}", metric.metric));
    OpenLimit {
        id: metric.id.clone().unwrap_or_else(|| format!("metric-{}", at + 1)),
        text,
        metric: Some(metric.metric.clone()),
        op: None,
        value: None,
        unit: None,
        lasting: None,
        of_baseline: false,
        absent_is_zero: false,
    }
}

fn triggers(checklist: &Checklist) -> Vec<OpenTrigger> {
    let numbered = (1..).zip(&checklist.triggers);
    numbered.map(|(id, trigger)| OpenTrigger { id, text: trigger.text.clone(), limit: trigger.limit.clone() }).collect()
}

fn resolve_step(step: &ProcedureStep, policy: &Policy) -> Step {
    Step {
        text: step.text.clone(),
        layer: step.layer.clone(),
        within: step.within,
        irreversible: step.irreversible,
        ask: step.ask.as_ref().and_then(|ask| policy.owner_of(ask.as_str())),
    }
}

fn resolve_change(row: &ScopeRow) -> Change {
    let is_none = |text: &str| matches!(text.to_lowercase().as_str(), "" | "no" | "none" | "-" | "—" | "n/a" | "na");
    let flag = cell(&row.cells, FLAGS).filter(|text| !is_none(text));
    Change { text: row.change.clone(), owner: row.owner.clone(), flag: flag.map(str::to_owned) }
}

/// Returns the actions of the file, and what the policy requires besides.
fn actions(checklist: &Checklist, policy: &Policy, release_type: ReleaseType) -> Vec<OpenAction> {
    let mut all: Vec<OpenAction> = Vec::new();
    let required = policy.contents().actions.iter();
    for action in required.filter(|action| action.types.is_empty() || action.types.contains(&release_type)) {
        all.push(OpenAction {
            id: action.id.clone(),
            text: action.text.clone(),
            assignee: action.assignee.clone(),
            due: None,
            after: action.after,
            blocks: action.blocks,
            not_by: action.not_by,
            required: true,
        });
    }
    for (number, action) in (1..).zip(&checklist.actions) {
        let id = action.id.clone().unwrap_or_else(|| format!("action-{number}"));
        if all.iter().any(|other| other.id == id) {
            continue;
        }
        let blocks = cell(&action.cells, BLOCKS).and_then(|text| first_word(text).to_lowercase().parse().ok());
        all.push(OpenAction {
            id,
            text: action.action.clone(),
            assignee: action.owner.as_ref().and_then(|owner| policy.owner_of(owner.as_str())),
            due: action.due,
            after: action.after,
            blocks,
            not_by: None,
            required: false,
        });
    }
    all
}

fn attendees(checklist: &Checklist) -> Vec<String> {
    let named = checklist.fields.iter().find(|field| field.name.eq_ignore_ascii_case("attendees"));
    let names = named.into_iter().flat_map(|field| field.value.split(','));
    names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Columns that say who takes a stage.
const APPROVERS: &[&str] = &["approver", "approved by", "approval", "owner", "who", "confirmed by", "responsible", "dri"];
/// Columns that name a feature flag.
const FLAGS: &[&str] = &["feature flag", "flag", "feature flags", "flags"];
/// Columns that say what an action holds up.
const BLOCKS: &[&str] = &["blocks", "blocking"];

/// Finds what stands in the first column of one of the names.
fn cell<'a>(cells: &'a [Cell], names: &[&str]) -> Option<&'a str> {
    cells.iter().find(|cell| names.contains(&cell.name.to_lowercase().as_str())).map(|cell| cell.value.trim())
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default()
}

fn resolve_item(item: &ChecklistItem, default: Option<&Owner>, policy: &Policy, terms: Terms<'_>, risk: Option<&Risk>) -> OpenItem {
    let mut labels = item.labels();
    labels.sort();
    labels.dedup();
    let roles = item.roles();
    let facts = ItemFacts {
        phase: item.phase,
        risk: risk.map(|risk| risk.class),
        release_type: terms.release_type,
        labels: &labels,
        component: terms.component,
        environment: Some(terms.environment),
        irreversible: item.irreversible,
        roles: &roles,
        reviews: item.reviews(),
    };
    OpenItem {
        number: item.number,
        id: item.id.clone(),
        digest: item.digest,
        title: item.title.clone(),
        phase: item.phase,
        owner: match (&item.owner, &item.owner_text) {
            (Some(owner), _) => policy.owner_of(owner.as_str()),
            (None, Some(_)) => None,
            (None, None) => default.cloned(),
        },
        requirements: policy.requirements(&facts),
        lines: (item.line, item.end_line),
        parent: item.parent.clone(),
        optional: item.optional,
        irreversible: item.irreversible,
        check: item.check().map(str::to_owned),
        covers: item.covers(),
        due: item.due,
        text: item.text.clone(),
        section: item.section.clone(),
        attributes: item.attributes.clone(),
        labels,
    }
}

/// Names the checklist that an open record resolved.
pub fn source(path: &str, sha256: Sha256Digest) -> ChecklistSource {
    ChecklistSource { path: path.to_owned(), sha256, parser: PARSER_VERSION }
}

/// Describes an item of an open record to the policy's rules, leaving out what only the file said of it.
fn facts<'a>(item: &'a OpenItem, open: &'a Open) -> ItemFacts<'a> {
    ItemFacts {
        phase: item.phase,
        risk: open.risk.as_ref().map(|risk| risk.class),
        release_type: open.release_type,
        labels: &item.labels,
        component: &open.component,
        environment: Some(&open.environment),
        irreversible: item.irreversible,
        roles: &[],
        reviews: None,
    }
}

/// Finds where the open record is not what the policy it names allows.
pub(super) fn contradictions(release: &Release<'_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let version = release.version.version;
    let mut say = |seen, about: &str| found.push(release.cite(release.verified, seen).about(about));
    // The rules go by component and environment, so nobody may choose those under which less is asked.
    let tag = &release.context.tag.name;
    match release.policy().component_for(tag) {
        Some(component) if component.name == release.open.component => {
            if !component.environments.is_empty() && !component.environments.contains(&release.open.environment) {
                let (component, environment) = (component.name.clone(), release.open.environment.clone());
                say(Seen::EnvironmentForeign { version, component, environment }, release.open.environment.as_str());
            }
        }
        _ => {
            let (name, component) = (tag.short().to_owned(), release.open.component.clone());
            say(Seen::ComponentForeign { name, component }, tag.short());
        }
    }
    // Whoever chose where the first release begins would choose whose commits it has.
    let component = release.policy().component(&release.open.component);
    let since = component.and_then(|component| component.since).filter(|_| release.open.previous.is_none());
    if release.open.since != since {
        say(Seen::SinceDiffers { since: release.open.since, version, policy: since }, &release.open.component);
    }
    for item in &release.open.items {
        let least = release.policy().requirements(&facts(item, release.open));
        if !is_at_least(&item.requirements, &least) {
            say(Seen::RequiresLess { id: item.id.clone(), version }, item.id.as_str());
        }
    }
    found
}
