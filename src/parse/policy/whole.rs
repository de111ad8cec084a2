//! The last step: what only the whole policy can say, such as a threshold that nobody can reach.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::authority::Authority;
use super::people::People;
use super::reader::Problems;
use super::releases::Releases;
use crate::model::ids::Nonce;
use crate::model::policy::{Contents, Former, FreezeWindow, Owners, Policy, Right};
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
            let decide_at = authority.spans.get(&Right::Decide).cloned().unwrap_or(authority.release_managers_at.clone());
            rights_can_be_used(problems, &policy, authority.release_managers_at, authority.spans);
            if !policy.who_may(Right::Decide).is_nobody() {
                somebody_can_decide(problems, &policy, decide_at);
            }
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
        let level = if policy.has_one_person() { Level::Note } else { Level::Warning };
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

/// How many people with an active key there are for what a policy asks of several.
struct Able {
    /// Who may review an item of somebody else, at the most.
    review: usize,
    /// Who may waive.
    waive: usize,
    /// Whoever begins alone has nobody to give anything to yet, so that is worth knowing and no more.
    level: Level,
}

impl Able {
    fn of(policy: &Policy) -> Self {
        let active = policy.active_people().count();
        let level = if active == 1 { Level::Note } else { Level::Warning };
        // Nobody reviews an item of their own, unless the policy lets its owner do so.
        let review = if policy.contents().separation.owner_may_review { active } else { active.saturating_sub(1) };
        Self { review, waive: policy.people_with(Right::Waive).count(), level }
    }

    /// Says why a waiver is no way out, where it is none.
    fn no_waiver(&self, needed: u32) -> Option<String> {
        match usize::try_from(needed).unwrap_or(usize::MAX) {
            0 => Some("it can't be waived".to_owned()),
            needed if needed > self.waive => Some(format!("a waiver takes {needed} people, of whom there are {}", self.waive)),
            _ => None,
        }
    }
}

/// Tells of rules that nobody can meet, and whether a waiver is a way out.
fn rules_can_be_met(problems: &mut Problems<'_>, policy: &Policy, spans: Vec<Range<usize>>) {
    let able = Able::of(policy);
    for (rule, span) in policy.contents().rules.iter().zip(spans) {
        let needed = rule.waiver_people.map_or(policy.thresholds().waiver, |people| match people {
            0 => 0,
            people => people.max(policy.thresholds().waiver),
        });
        let no_waiver = able.no_waiver(needed);
        let way = match &no_waiver {
            None => "; each such item will have to be waived".to_owned(),
            Some(why) => format!(", and {why}: nothing that the rule is about can be released"),
        };
        let mut is_told = false;
        if usize::try_from(rule.reviews).is_ok_and(|reviews| reviews > able.review) {
            let (reviews, others) = (rule.reviews, able.review);
            let reviews = if reviews == 1 { "1 review".to_owned() } else { format!("{reviews} reviews") };
            let message = format!("the rule requires {reviews}, but besides the owner only {others} have an active key{way}");
            problems.warn(able.level, "policy-too-few-people", span.clone(), message);
            is_told = true;
        }
        for role in rule.roles.iter().filter(|role| policy.holders(role).is_empty()) {
            let message = format!("the rule needs a review as {role}, which nobody with an active key holds{way}");
            problems.warn(Level::Warning, "policy-too-few-people", span.clone(), message);
            is_told = true;
        }
        if let Some(why) = no_waiver.filter(|_| !is_told && needed > 0 && rule.waiver_people.is_some()) {
            let message = format!("nobody can waive what the rule is about: {why}");
            problems.warn(able.level, "policy-too-few-people", span.clone(), message);
        }
    }
}

/// Tells where nobody can decide GO as the policy asks for it.
fn somebody_can_decide(problems: &mut Problems<'_>, policy: &Policy, at: Range<usize>) {
    let deciders: Vec<_> = policy.people_with(Right::Decide).collect();
    let thresholds = policy.thresholds();
    let level = Able::of(policy).level;
    let needed = usize::try_from(thresholds.decide.max(1)).unwrap_or(usize::MAX).max(thresholds.decide_roles.len());
    if needed > deciders.len() {
        let message = format!("a decision takes {needed} people, but only {} with an active key may decide", deciders.len());
        problems.warn(level, "policy-too-few-people", at.clone(), message);
    }
    for role in thresholds.decide_roles.iter().filter(|role| !deciders.iter().any(|handle| policy.holds_role(handle, role))) {
        let message = format!("a decision takes somebody who is {role}, and nobody with an active key who may decide is");
        problems.warn(level, "policy-too-few-people", at.clone(), message);
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
