//! What a step of the policy revokes, if it does nothing else.

use std::collections::BTreeSet;

use super::{Contents, KeyEntry, KeyState};
use crate::model::ids::{Fingerprint, Principal};

/// Returns the keys that the step to a version revokes, if it does nothing else; `number` is that of the version.
///
/// The two versions must rule the same but for keys that were active and are now retired, or compromised since a
/// version that is not still to come. Any other difference, also one in a key's place in its list, makes it a step
/// that takes the quorum. Comments of the file are no difference, since nobody rules by them.
pub fn revoked(old: &Contents, new: &Contents, number: u32) -> Option<BTreeSet<(Principal, Fingerprint)>> {
    let mut revoked = BTreeSet::new();
    let mut undone = new.clone();
    for (handle, person) in &mut undone.people {
        let before = &old.people.get(handle)?.keys;
        undo(&Principal::Person(handle.clone()), before, &mut person.keys, number, &mut revoked)?;
    }
    for (name, machine) in &mut undone.machines {
        let before = &old.machines.get(name)?.keys;
        undo(&Principal::Machine(name.clone()), before, &mut machine.keys, number, &mut revoked)?;
    }
    // What was undone must be all: whatever else a policy may hold one day is compared here too.
    (undone == *old && !revoked.is_empty()).then_some(revoked)
}

/// Sets revoked keys back to what they were, and notes them; nothing where a key changed in another way.
fn undo(
    holder: &Principal,
    before: &[KeyEntry],
    now: &mut [KeyEntry],
    number: u32,
    revoked: &mut BTreeSet<(Principal, Fingerprint)>,
) -> Option<()> {
    if before.len() != now.len() {
        return None;
    }
    for (was, key) in before.iter().zip(now) {
        if key == was {
            continue;
        }
        let since = match key.state {
            KeyState::Active => false,
            KeyState::Retired => key.since.is_none_or(|since| since == number),
            KeyState::Compromised => key.since.is_some_and(|since| since <= number),
        };
        let is_revocation = was.state == KeyState::Active && was.fingerprint == key.fingerprint && since;
        if !is_revocation {
            return None;
        }
        revoked.insert((holder.clone(), key.fingerprint.clone()));
        *key = was.clone();
    }
    Some(())
}
