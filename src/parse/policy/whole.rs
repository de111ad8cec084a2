//! The last step: what only the whole policy can say, such as a threshold that nobody can reach.

use super::authority::Authority;
use super::people::People;
use super::reader::Problems;
use super::releases::Releases;
use crate::model::ids::Nonce;
use crate::model::policy::{Contents, FreezeWindow, Person, Policy, Right};
use crate::model::problem::Level;

/// Puts the parts together; nothing where one of them is missing, which has been told.
pub(super) fn assemble(
    problems: &mut Problems<'_>,
    repository: Nonce,
    people: People,
    releases: Releases,
    authority: Authority,
    freezes: Vec<FreezeWindow>,
) -> Option<Policy> {
    let People { roles, people, machines, owners, threshold_at } = people;
    let Releases { components, rules, rule_spans, separation, thresholds, tags_signed, refs, limits } = releases;
    let policy = Policy::from_contents(Contents {
        repository,
        owners: owners?,
        people,
        machines,
        roles,
        components,
        rules,
        separation,
        release_managers: authority.release_managers,
        authority: authority.rights,
        conditional_go_accepted: authority.conditional_go_accepted,
        thresholds,
        tags_signed,
        refs,
        freezes,
        limits,
    });
    owners_can_act(problems, &policy, threshold_at);
    if policy.who_is(policy.release_managers()).is_nobody() {
        let message = "there is no release manager with an active key";
        problems.warn(Level::Warning, "policy-nobody-may", authority.release_managers_at, message);
    }
    for (right, span) in authority.spans {
        // Nobody at all is what an empty list says on purpose; a role without holders hardly is.
        let meant = policy.contents().authority.get(&right).is_some_and(|grantees| !grantees.is_empty());
        if meant && right != Right::BreakGlass && policy.who_may(right).is_nobody() {
            problems.warn(Level::Warning, "policy-nobody-may", span, format!("nobody with an active key may {right}"));
        }
    }
    let active = policy.contents().people.values().filter(|person| Person::is_active(person)).count();
    for (rule, span) in policy.contents().rules.iter().zip(rule_spans) {
        if usize::try_from(rule.reviews).is_ok_and(|reviews| reviews > active) {
            let message = format!("the rule asks for {} reviews, and {active} people have an active key", rule.reviews);
            problems.warn(Level::Warning, "policy-too-few-people", span.clone(), message);
        }
        for role in rule.roles.iter().filter(|role| policy.holders(role).is_empty()) {
            let message = format!("the rule needs a review as {role}, which nobody with an active key holds");
            problems.warn(Level::Warning, "policy-too-few-people", span.clone(), message);
        }
    }
    Some(policy)
}

fn owners_can_act(problems: &mut Problems<'_>, policy: &Policy, at: std::ops::Range<usize>) {
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
            let message = format!("the threshold is {threshold}, and {active} owners have an active key");
            problems.error("policy-threshold-high", at, message);
        }
    }
}
