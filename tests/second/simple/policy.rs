//! What a policy says, read off its data.

use std::collections::BTreeSet;

use relsign::model::ids::{Handle, Principal, RoleName};
use relsign::model::policy::{Component, Condition, Contents, Grantees, KeyEntry, KeyState, Right};
use relsign::model::record::{Open, OpenItem, Owner, Requirements};

/// A person may do what is given to everyone, to them, or to a role they hold; a machine what it is listed with. Whoever may move
/// stages may read what is measured in them.
pub(super) fn has_right(policy: &Contents, who: &Principal, right: Right) -> bool {
    if right == Right::Read && has_right(policy, who, Right::Stage) {
        return true;
    }
    match who {
        Principal::Person(handle) => policy.authority.get(&right).is_some_and(|to| is_named(policy, handle, to)),
        Principal::Machine(name) => policy.machines.get(name).is_some_and(|machine| machine.may.contains(&right)),
    }
}

/// A list names a person of the policy by handle, by role, or with everyone.
pub(super) fn is_named(policy: &Contents, handle: &Handle, list: &Grantees) -> bool {
    let Some(person) = policy.people.get(handle) else { return false };
    list.everyone || list.people.contains(handle) || person.roles.iter().any(|role| list.roles.contains(role))
}

/// A person holds the roles that the policy lists with them.
pub(super) fn holds_role(policy: &Contents, handle: &Handle, role: &RoleName) -> bool {
    policy.people.get(handle).is_some_and(|person| person.roles.contains(role))
}

/// An item is a person's, or everybody's who holds a role, or, if nobody's, the release managers'.
pub(super) fn owns(policy: &Contents, handle: &Handle, owner: Option<&Owner>) -> bool {
    match owner {
        Some(Owner::Person(owner)) => owner == handle && policy.people.contains_key(handle),
        Some(Owner::Role(role)) => holds_role(policy, handle, role),
        None => is_named(policy, handle, &policy.release_managers),
    }
}

/// A tag is the first component's whose pattern fits its short name.
pub(super) fn component_of<'a>(policy: &'a Contents, tag: &str) -> Option<&'a Component> {
    policy.components.iter().find(|component| fits(component.tags.as_str(), tag))
}

/// `?` is one character but a slash, `*` any number of those, `**` any number of any.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    let tails = || name.char_indices().map(|(at, _)| at).chain([name.len()]);
    match first {
        '*' if rest.starts_with('*') => tails().any(|at| fits(rest.trim_start_matches('*'), &name[at..])),
        '*' => tails().take_while(|at| !name[..*at].contains('/')).any(|at| fits(rest, &name[at..])),
        '?' => name.chars().next().is_some_and(|c| c != '/' && fits(rest, &name[c.len_utf8()..])),
        _ => name.strip_prefix(first).is_some_and(|name| fits(rest, name)),
    }
}

/// An open record may ask more of an item than the policy's rules do, and never less; its component must be the tag's
/// and its environment one of the component's.
pub(super) fn open_keeps_to(policy: &Contents, open: &Open, tag: &str) -> bool {
    let Some(component) = component_of(policy, tag) else { return false };
    component.name == open.component
        && component.environments.contains(&open.environment)
        && open.items.iter().all(|item| asks_enough(policy, open, item))
}

/// Every rule that is about an item must be met by what the item asks for; so must the policy's limits.
fn asks_enough(policy: &Contents, open: &Open, item: &OpenItem) -> bool {
    let asked = &item.requirements;
    let mut wanted_roles = BTreeSet::new();
    for rule in policy.rules.iter().filter(|rule| is_about(&rule.when, open, item)) {
        wanted_roles.extend(&rule.roles);
        if asked.reviews < rule.reviews
            || rule.hardware_key && !asked.hardware_key
            || rule.evidence && !asked.evidence
            || rule.max_age.is_some_and(|most| !no_older_than(asked, most))
            || rule.waiver_people.is_some_and(|people| !takes_people(asked, people))
        {
            return false;
        }
    }
    takes_people(asked, policy.thresholds.waiver)
        && policy.limits.record_age.is_none_or(|most| no_older_than(asked, most))
        && wanted_roles.iter().all(|role| asked.roles.contains(role))
        && (wanted_roles.is_empty() || asked.reviews >= 1)
}

fn no_older_than(asked: &Requirements, most: u64) -> bool {
    asked.max_age.is_some_and(|age| age <= most)
}

/// Nobody at all is stricter than any number of people.
fn takes_people(asked: &Requirements, people: u32) -> bool {
    asked.waiver_people == 0 || people != 0 && asked.waiver_people >= people
}

/// A rule is about an item if everything that it says about items holds; a release that states no risk is held to the
/// rules of every risk.
fn is_about(when: &Condition, open: &Open, item: &OpenItem) -> bool {
    let risk = open.risk.as_ref().map(|risk| risk.class);
    (when.phases.is_empty() || when.phases.contains(&item.phase))
        && (when.risks.is_empty() || risk.is_none_or(|risk| when.risks.contains(&risk)))
        && (when.types.is_empty() || when.types.contains(&open.release_type))
        && (when.labels.is_empty() || item.labels.iter().any(|label| when.labels.contains(label)))
        && (when.components.is_empty() || when.components.contains(&open.component))
        && (when.environments.is_empty() || when.environments.contains(&open.environment))
        && (when.irreversible.is_none() || when.irreversible == Some(item.irreversible))
}

/// A version only revokes if it is the one before with some keys revoked: active keys that are now retired, since this very
/// version if it says so, or compromised since a version that is not still to come.
pub(super) fn only_revokes(before: &Contents, now: &Contents, number: u32) -> bool {
    let mut revoked = before.clone();
    let people = revoked.people.iter_mut().map(|(handle, person)| (Principal::Person(handle.clone()), &mut person.keys));
    let machines = revoked.machines.iter_mut().map(|(name, machine)| (Principal::Machine(name.clone()), &mut machine.keys));
    for (who, keys) in people.chain(machines) {
        let listed = match &who {
            Principal::Person(handle) => now.people.get(handle).map(|person| &person.keys),
            Principal::Machine(name) => now.machines.get(name).map(|machine| &machine.keys),
        };
        for key in keys.iter_mut().filter(|key| key.state == KeyState::Active) {
            let now = listed.and_then(|listed| listed.iter().find(|now| now.fingerprint == key.fingerprint));
            let is_revoked = |now: &&KeyEntry| match now.state {
                KeyState::Active => false,
                KeyState::Retired => now.since.unwrap_or(number) == number,
                KeyState::Compromised => now.since.is_some_and(|since| since <= number),
            };
            if let Some(now) = now.filter(is_revoked) {
                (key.state, key.since) = (now.state, now.since);
            }
        }
    }
    revoked == *now && revoked != *before
}
