//! Item rules: what the policy and the checklist together ask of an item.

use std::collections::BTreeSet;

use crate::model::ids::{Environment, RoleName};
use crate::model::record::{Phase, ReleaseType, Requirements, RiskClass};

/// One item rule: when it applies, and what it then asks at least.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its name, for people.
    pub name: Option<String>,
    /// The items it applies to.
    pub when: Condition,
    /// How many people other than the owner must review.
    pub reviews: u32,
    /// Roles that must each be held by one of the reviewers.
    pub roles: BTreeSet<RoleName>,
    /// Reviews count only from a hardware key.
    pub hardware_key: bool,
    /// The owner's word needs evidence with a digest.
    pub evidence: bool,
    /// Words older than this at the decision don't count, in seconds.
    pub max_age: Option<u64>,
    /// How many people must waive; 0 means that it can't be waived.
    pub waiver_people: Option<u32>,
}

/// Which items a rule is about; every part that is given must hold, and an empty list is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// Phases.
    pub phases: BTreeSet<Phase>,
    /// Risk classes; a release whose checklist states no risk is held to every one of them.
    pub risks: BTreeSet<RiskClass>,
    /// Release types.
    pub types: BTreeSet<ReleaseType>,
    /// Labels, of which the item has at least one.
    pub labels: BTreeSet<String>,
    /// Components.
    pub components: BTreeSet<String>,
    /// Environments.
    pub environments: BTreeSet<Environment>,
    /// Only items that can't be undone (`true`) or only those that can (`false`).
    pub irreversible: Option<bool>,
}

impl Condition {
    /// Whether the rule is about this item.
    pub fn holds(&self, item: &ItemFacts<'_>) -> bool {
        fn any<T: Ord>(wanted: &BTreeSet<T>, found: &T) -> bool {
            wanted.is_empty() || wanted.contains(found)
        }
        any(&self.phases, &item.phase)
            // Leaving the risk out must not be the way around the rules for high risk.
            && item.risk.is_none_or(|risk| any(&self.risks, &risk))
            && any(&self.types, &item.release_type)
            && (self.labels.is_empty() || item.labels.iter().any(|label| self.labels.contains(label)))
            && (self.components.is_empty() || self.components.contains(item.component))
            && item.environment.is_none_or(|environment| any(&self.environments, environment))
            && self.irreversible.is_none_or(|wanted| wanted == item.irreversible)
    }
}

/// What is known of an item and its release when its requirements are worked out.
#[derive(Debug, Clone, Copy)]
pub struct ItemFacts<'a> {
    /// When it is due.
    pub phase: Phase,
    /// The risk that the checklist states.
    pub risk: Option<RiskClass>,
    /// The type of the release.
    pub release_type: ReleaseType,
    /// The item's labels in the file.
    pub labels: &'a [String],
    /// The name of the component.
    pub component: &'a str,
    /// Where the release goes; unknown is held to every environment's rules.
    pub environment: Option<&'a Environment>,
    /// It can't be undone.
    pub irreversible: bool,
    /// The roles that the file itself asks for (`role=`).
    pub roles: &'a [RoleName],
    /// The reviews that the file itself asks for (`reviews=`).
    pub reviews: Option<u32>,
}

impl<'a> ItemFacts<'a> {
    /// Describes an item that says nothing of itself but its phase.
    pub fn new(phase: Phase, risk: Option<RiskClass>, release_type: ReleaseType) -> Self {
        Self {
            phase,
            risk,
            release_type,
            labels: &[],
            component: "",
            environment: None,
            irreversible: false,
            roles: &[],
            reviews: None,
        }
    }
}

/// Adds up what the file and every rule that applies ask, the stricter winning each time.
pub(super) fn combine(rules: &[Rule], waiver_people: u32, item: &ItemFacts<'_>) -> Requirements {
    let mut roles: BTreeSet<RoleName> = item.roles.iter().cloned().collect();
    let mut all = Requirements { reviews: item.reviews.unwrap_or(0), waiver_people, ..Requirements::default() };
    for rule in rules.iter().filter(|rule| rule.when.holds(item)) {
        all.reviews = all.reviews.max(rule.reviews);
        roles.extend(rule.roles.iter().cloned());
        all.hardware_key |= rule.hardware_key;
        all.evidence |= rule.evidence;
        all.max_age = match (all.max_age, rule.max_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        all.waiver_people = match (all.waiver_people, rule.waiver_people.unwrap_or(all.waiver_people)) {
            // Zero is the strictest of all: nobody can waive.
            (0, _) | (_, 0) => 0,
            (one, other) => one.max(other),
        };
    }
    // A role that has to have been held by a reviewer needs a reviewer, and so does a key that a review asks for.
    if !roles.is_empty() || all.hardware_key {
        all.reviews = all.reviews.max(1);
    }
    all.roles = roles.into_iter().collect();
    all
}

/// Whether `found` asks at least as much as `least` in every respect.
pub fn is_at_least(found: &Requirements, least: &Requirements) -> bool {
    found.reviews >= least.reviews
        && least.roles.iter().all(|role| found.roles.contains(role))
        && (found.hardware_key || !least.hardware_key)
        && (found.evidence || !least.evidence)
        && least.max_age.is_none_or(|most| found.max_age.is_some_and(|age| age <= most))
        && match (found.waiver_people, least.waiver_people) {
            (0, _) => true,
            (_, 0) => false,
            (people, needed) => people >= needed,
        }
}
