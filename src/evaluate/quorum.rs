//! The one counter of people.
//!
//! Whoever asks "are these enough?" asks here: for reviews, waivers, decisions, rejects set aside, disregards, redactions, freeze
//! exceptions, policy owners. People are taken as a set or as the keys of a map, so that two records, two keys or two key ids of one
//! person can never be two people.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ids::{Handle, RoleName};

/// The people who spoke, each with the roles in which they did.
pub type Voices = BTreeMap<Handle, BTreeSet<RoleName>>;

/// How far a set of people is from being enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// How many more people are needed.
    pub missing_people: u32,
    /// The roles that nobody fills yet, in the order asked.
    pub missing_roles: Vec<RoleName>,
}

impl Quorum {
    /// Whether there are enough.
    pub fn is_met(&self) -> bool {
        self.missing_people == 0 && self.missing_roles.is_empty()
    }
}

/// Returns how many more people it takes; nobody counts twice.
pub fn missing<'h>(people: impl IntoIterator<Item = &'h Handle>, needed: u32) -> u32 {
    let people: BTreeSet<&Handle> = people.into_iter().collect();
    needed.saturating_sub(u32::try_from(people.len()).unwrap_or(u32::MAX))
}

/// Counts distinct people: at least `people` of them, and each of `roles` filled by a person of its own.
///
/// One person fills one role at most, however many they hold, so that "an SRE and a security engineer" are two people.
pub fn count(voices: &Voices, people: u32, roles: &[RoleName]) -> Quorum {
    let filled_by = fill_roles(voices, roles);
    let missing_roles: Vec<_> =
        roles.iter().enumerate().filter(|(index, _)| !filled_by.contains_key(index)).map(|(_, role)| role.clone()).collect();
    let unfilled = u32::try_from(missing_roles.len()).unwrap_or(u32::MAX);
    Quorum { missing_people: missing(voices.keys(), people).max(unfilled), missing_roles }
}

/// Finds a largest assignment of roles to distinct people, by augmenting paths.
fn fill_roles<'a>(voices: &'a Voices, roles: &[RoleName]) -> BTreeMap<usize, &'a Handle> {
    let mut role_of: BTreeMap<&Handle, usize> = BTreeMap::new();
    for index in 0..roles.len() {
        let mut tried = BTreeSet::new();
        assign(voices, roles, index, &mut role_of, &mut tried);
    }
    role_of.into_iter().map(|(handle, index)| (index, handle)).collect()
}

fn assign<'a>(
    voices: &'a Voices,
    roles: &[RoleName],
    index: usize,
    role_of: &mut BTreeMap<&'a Handle, usize>,
    tried: &mut BTreeSet<&'a Handle>,
) -> bool {
    for (handle, held) in voices {
        if !held.contains(&roles[index]) || !tried.insert(handle) {
            continue;
        }
        let free = match role_of.get(handle).copied() {
            None => true,
            Some(other) => assign(voices, roles, other, role_of, tried),
        };
        if free {
            role_of.insert(handle, index);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices(list: &[(&str, &[&str])]) -> Voices {
        list.iter()
            .map(|(handle, roles)| (handle.parse().unwrap(), roles.iter().map(|role| role.parse().unwrap()).collect()))
            .collect()
    }

    fn roles(list: &[&str]) -> Vec<RoleName> {
        list.iter().map(|role| role.parse().unwrap()).collect()
    }

    #[test]
    fn one_person_is_one_person() {
        let one = voices(&[("@a", &["sre", "security"])]);
        assert!(count(&one, 1, &[]).is_met());
        assert_eq!(count(&one, 2, &[]).missing_people, 1);
        let both = count(&one, 1, &roles(&["sre", "security"]));
        assert_eq!((both.missing_people, both.missing_roles.len()), (1, 1));
    }

    #[test]
    fn roles_are_filled_by_distinct_people_wherever_that_is_possible() {
        let two = voices(&[("@a", &["sre", "security"]), ("@b", &["sre"])]);
        assert!(count(&two, 2, &roles(&["sre", "security"])).is_met());
        assert!(count(&two, 2, &roles(&["security", "sre"])).is_met());
        assert!(!count(&two, 2, &roles(&["security", "security"])).is_met());
    }

    #[test]
    fn nobody_is_enough_only_for_nothing() {
        let nobody = Voices::new();
        assert!(count(&nobody, 0, &[]).is_met());
        assert!(!count(&nobody, 1, &[]).is_met());
    }
}
