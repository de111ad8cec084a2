//! Resolving: a checklist and a policy become the items that an open record carries as data.
//!
//! Opening a release and checking one later both resolve here, so that a difference between the two is a difference
//! in the checklist or in the rules for reading it, and never one in the asking.

use super::release::Release;
use crate::model::checklist::{Checklist, ChecklistItem, PARSER_VERSION};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, Sha256Digest, TagName};
use crate::model::policy::{ItemFacts, Policy, is_at_least};
use crate::model::record::{ChecklistSource, Open, OpenItem, OpenStage, Owner, Plan, ReleaseType, Risk};

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
        stages: checklist
            .stages
            .iter()
            .map(|stage| OpenStage {
                id: stage.id.clone(),
                name: stage.name.clone(),
                traffic: stage.traffic.clone(),
                bake: stage.bake,
                thresholds: stage.thresholds.clone(),
            })
            .collect(),
        triggers: checklist.triggers.iter().map(|trigger| trigger.text.clone()).collect(),
        procedure: checklist.procedure.iter().map(|step| step.text.clone()).collect(),
        scope: checklist.scope.iter().map(|row| row.change.clone()).collect(),
        risk,
    }
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
    let mut say = |message: String, about: &str| {
        found.push(release.cite(Code::OpenContradictsPolicy, release.verified, message).about(about));
    };
    // The rules go by component and environment, so nobody may choose those under which less is asked.
    let tag = &release.context.tag.name;
    match release.policy().component_for(tag) {
        Some(component) if component.name == release.open.component => {
            if !component.environments.is_empty() && !component.environments.contains(&release.open.environment) {
                let message =
                    format!("policy version {version} does not release {} to {}", component.name, release.open.environment);
                say(message, release.open.environment.as_str());
            }
        }
        _ => {
            let message = format!("{} is not a tag of the component {:?}", tag.short(), release.open.component);
            say(message, tag.short());
        }
    }
    for item in &release.open.items {
        let least = release.policy().requirements(&facts(item, release.open));
        if !is_at_least(&item.requirements, &least) {
            let message = format!("the open record requires less of {} than policy version {version}", item.id);
            say(message, item.id.as_str());
        }
    }
    found
}
