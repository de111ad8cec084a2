//! One record of a log, with the statement's wrapping taken off.

use super::ids::{Fingerprint, Principal};
use super::record::{Body, Predicate};

/// What one record says.
///
/// The value alone proves nothing: only `sign` can say that somebody signed it.
pub type Record = Predicate<Body>;

impl Record {
    /// Returns the person or machine that the record names as its signer.
    pub fn principal(&self) -> &Principal {
        &self.signer.handle
    }

    /// Returns the fingerprint of the key that the record names.
    pub fn key(&self) -> &Fingerprint {
        &self.signer.fingerprint
    }
}
