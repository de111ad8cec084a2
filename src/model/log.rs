//! One record of a log, with the statement's wrapping taken off.

use super::ids::{Fingerprint, ObjectId, Principal, TagName};
use super::record::{Body, Predicate, Said, SubjectDigest};

/// What one record says.
///
/// The value alone proves nothing: only `sign` can say that somebody signed it.
pub type Record = Predicate<Body>;

impl Predicate<Body> {
    /// Returns the person or machine that the record names as its signer.
    pub fn principal(&self) -> &Principal {
        &self.signer.handle
    }

    /// Returns the fingerprint of the key that the record names.
    pub fn key(&self) -> &Fingerprint {
        &self.signer.fingerprint
    }

    /// Returns what a record of a kind says; nothing where it is of another.
    pub fn said<B: Said>(&self) -> Option<&B> {
        B::of(&self.body)
    }

    /// Returns the log that the record belongs to, where it is about a tag: by the tag's name and its tag object.
    pub fn log(&self) -> Option<(TagName, ObjectId)> {
        self.subjects.iter().find_map(|subject| match subject.digest {
            SubjectDigest::GitTag(object) => Some((subject.name.parse().ok()?, object)),
            _ => None,
        })
    }

    /// Returns the tag that the record is about: its full name and its tag object.
    pub fn tag(&self) -> Option<(&str, ObjectId)> {
        self.subjects.iter().find_map(|subject| match subject.digest {
            SubjectDigest::GitTag(id) => Some((subject.name.as_str(), id)),
            _ => None,
        })
    }
}
