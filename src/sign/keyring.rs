//! The keys that the policy chain ever listed, and whose they are.

use std::collections::BTreeMap;

use crate::model::ids::{Fingerprint, Principal};
use crate::parse::public_key::{PublicKey, fingerprint_of};

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
    /// Gives the holder where the key is somebody else's already; it stays theirs.
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

    /// Finds a key by its wire form, which is much faster than reading it as a point again.
    pub fn by_wire(&self, wire: &[u8]) -> Option<&KeyEntry> {
        self.get(&fingerprint_of(wire)).filter(|entry| entry.key.wire() == wire)
    }

    /// Gives all entries, sorted by fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = (&Fingerprint, &KeyEntry)> {
        self.entries.iter()
    }
}
