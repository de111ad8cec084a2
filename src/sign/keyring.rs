//! The keys that the policy chain ever listed, and whose they are.

use std::collections::BTreeMap;

use crate::model::ids::{Fingerprint, Principal};
use crate::parse::public_key::PublicKey;
use crate::parse::record::claimed_key;

/// One key and its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// The person or machine that holds the key.
    pub principal: Principal,
    /// The key.
    pub key: PublicKey,
}

/// Every key that the policy chain ever listed, also retired and compromised ones: what a key may still say is for
/// the verdict to judge, and whose it is never changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyring {
    entries: BTreeMap<Fingerprint, KeyEntry>,
}

impl Keyring {
    /// Makes an empty keyring.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    ///
    /// # Errors
    /// Returns the holder where the key is somebody else's already; it stays theirs.
    pub fn add(&mut self, principal: Principal, key: PublicKey) -> Result<(), Principal> {
        match self.entries.get(key.fingerprint()) {
            Some(entry) if entry.principal != principal => Err(entry.principal.clone()),
            Some(_) => Ok(()),
            None => {
                self.entries.insert(key.fingerprint().clone(), KeyEntry { principal, key });
                Ok(())
            }
        }
    }

    /// Finds a key by its fingerprint.
    pub fn get(&self, fingerprint: &Fingerprint) -> Option<&KeyEntry> {
        self.entries.get(fingerprint)
    }

    /// Finds the key with which a line claims to be signed, whether or not it is.
    pub fn claimed(&self, line: &[u8]) -> Option<&KeyEntry> {
        self.get(&claimed_key(line)?.parse().ok()?)
    }

    /// Returns all entries, sorted by fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = (&Fingerprint, &KeyEntry)> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_with_its_first_holder() {
        let key = |text: &str| PublicKey::from_text(text).unwrap();
        let first = key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi");
        let second = key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+FGyDXciMRLy1Y7A/uf6MrJzVQOlsR5dJKsiA+zFvi");
        let (alice, bob): (Principal, Principal) = ("@alice".parse().unwrap(), "@bob".parse().unwrap());
        let mut keys = Keyring::new();
        assert_eq!(keys.add(alice.clone(), first.clone()), Ok(()));
        assert_eq!(keys.add(alice.clone(), first.clone()), Ok(()), "the same once more");
        assert_eq!(keys.add(bob.clone(), first.clone()), Err(alice.clone()), "somebody else's");
        assert_eq!(keys.add(bob.clone(), second.clone()), Ok(()));
        assert_eq!(keys.get(first.fingerprint()).map(|entry| &entry.principal), Some(&alice));
        assert_eq!(keys.get(second.fingerprint()).map(|entry| &entry.principal), Some(&bob));
        assert_eq!(keys.entries().count(), 2);
    }
}
