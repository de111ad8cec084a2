//! The last step: what only the whole policy can say, such as a threshold that nobody can reach.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::authority::Authority;
use super::people::People;
use super::reader::Problems;
use super::releases::Releases;
use crate::model::ids::Nonce;
use crate::model::policy::{Contents, Former, FreezeWindow, Owners, Person, Policy, Right};
use crate::model::problem::Level;

/// Errors after which counting people would only tell the same mistake again.
const PEOPLE_UNCERTAIN: &[&str] = &[
    "policy-bad-handle",
    "policy-duplicate-key",
    "policy-key-malformed",
    "policy-key-unsupported",
    "policy-key-weak",
    "policy-shared-key",
    "policy-unknown-person",
    "policy-unknown-role",
];

/// Puts the parts together and looks at the whole; nothing where a part is missing, which has been told.
pub(super) fn assemble(
    problems: &mut Problems<'_>,
    (repository, former): (Option<Nonce>, Option<Former>),
    people: People,
    releases: Releases,
    authority: Option<Authority>,
    freezes: Vec<FreezeWindow>,
) -> Option<Policy> {
    let People { roles, people, machines, owners, threshold_at } = people;
    let Releases { components, rules, rule_spans, separation, thresholds, tags_signed, refs, gates, actions, limits } = releases;
    // What is missing is made up here, so that the rest can still be looked at in the same run.
    let (owners_given, authority_given) = (owners.is_some(), authority.is_some());
    let complete = repository.is_some() && owners_given && authority_given;
    let authority = authority.unwrap_or_default();
    let policy = Policy::from_contents(Contents {
        repository: repository.unwrap_or(Nonce::from_bytes([0; 16])),
        former,
        owners: owners.unwrap_or(Owners { people: BTreeSet::new(), threshold: 0 }),
        people,
        machines,
        roles,
        components,
        rules,
        separation,
        release_managers: authority.release_managers,
        authority: authority.rights,
        thresholds,
        tags_signed,
        refs,
        gates,
        freezes,
        actions,
        limits,
    });
    if !problems.has_error(PEOPLE_UNCERTAIN) {
        if owners_given {
            owners_can_act(problems, &policy, threshold_at);
        }
        if authority_given {
            rights_can_be_used(problems, &policy, authority.release_managers_at, authority.spans);
        }
        rules_can_be_met(problems, &policy, rule_spans);
    }
    complete.then_some(policy)
}

fn rights_can_be_used(
    problems: &mut Problems<'_>,
    policy: &Policy,
    release_managers_at: Range<usize>,
    spans: BTreeMap<Right, Range<usize>>,
) {
    if policy.who_is(policy.release_managers()).is_nobody() {
        let message = "there is no release manager with an active key";
        problems.warn(Level::Warning, "policy-nobody-may", release_managers_at, message);
    }
    if let Some(span) = spans.get(&Right::Grant)
        && policy.able_to_grant(None).next().is_some()
        && !policy.can_grant(None)
    {
        // Whoever begins alone has nobody to give the right to yet.
        let is_alone = policy.contents().people.values().filter(|person| Person::is_active(person)).count() == 1;
        let level = if is_alone { Level::Note } else { Level::Warning };
        let message =
            format!("an exception requires {} people, but fewer with an active key may grant one", policy.thresholds().exception);
        problems.warn(level, "policy-too-few-people", span.clone(), message);
    }
    for (right, span) in spans {
        // Nobody at all is what an empty list says on purpose; a role without holders hardly is.
        let meant = policy.contents().authority.get(&right).is_some_and(|grantees| !grantees.is_empty());
        if meant && right != Right::BreakGlass && policy.who_may(right).is_nobody() {
            problems.warn(Level::Warning, "policy-nobody-may", span, format!("nobody with an active key may {right}"));
        }
    }
}

fn rules_can_be_met(problems: &mut Problems<'_>, policy: &Policy, spans: Vec<Range<usize>>) {
    let active = policy.contents().people.values().filter(|person| Person::is_active(person)).count();
    for (rule, span) in policy.contents().rules.iter().zip(spans) {
        if usize::try_from(rule.reviews).is_ok_and(|reviews| reviews > active) {
            let message = format!("the rule requires {} reviews, but only {active} people have an active key", rule.reviews);
            problems.warn(Level::Warning, "policy-too-few-people", span.clone(), message);
        }
        for role in rule.roles.iter().filter(|role| policy.holders(role).is_empty()) {
            let message = format!("the rule needs a review as {role}, which nobody with an active key holds");
            problems.warn(Level::Warning, "policy-too-few-people", span.clone(), message);
        }
    }
}

fn owners_can_act(problems: &mut Problems<'_>, policy: &Policy, at: Range<usize>) {
    let threshold = policy.contents().owners.threshold;
    let active = policy.active_owners().len();
    match usize::try_from(threshold).unwrap_or(usize::MAX).cmp(&active) {
        std::cmp::Ordering::Less => {}
        std::cmp::Ordering::Equal => {
            // With one owner there is nothing to choose, so it is worth knowing and no more.
            let level = if active == 1 { Level::Note } else { Level::Warning };
            let message =
                format!("the threshold is {threshold} of {active} owners: if one key is lost, the policy can't be changed");
            problems.warn(level, "policy-threshold-equal", at, message);
        }
        std::cmp::Ordering::Greater => {
            let message = format!("the threshold is {threshold}, but only {active} owners have an active key");
            problems.error("policy-threshold-high", at, message);
        }
    }
}
