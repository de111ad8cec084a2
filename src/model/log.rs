//! One record of a log, with the statement's wrapping taken off.

use super::ids::{Fingerprint, Nonce, ObjectId, Principal, RecordId, RoleName, RootDigest, TagName};
use super::record::{Body, Evidence, PolicyHead, Said, Signer, Subject, SubjectDigest};
use super::time::Timestamp;

/// What one record says.
///
/// The value alone proves nothing: only `sign` can say that somebody signed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What it speaks of; names are unique, and there is at least one.
    pub subjects: Vec<Subject>,
    /// Its kind by name, also where this version does not know it.
    pub kind: String,
    /// Who signs, and with which key.
    pub signer: Signer,
    /// 128 random bits.
    pub nonce: Nonce,
    /// The repository's identity.
    pub root: RootDigest,
    /// The newest policy version that the signer accepted when signing.
    pub policy_head: PolicyHead,
    /// The `open` record of the release.
    pub open: Option<RecordId>,
    /// The heads of the log that the signer had seen, sorted and unique.
    pub parents: Vec<RecordId>,
    /// The role in which the signer acts.
    pub role: Option<RoleName>,
    /// What the signer has to say, in plain text.
    pub comment: Option<String>,
    /// Files and links that support the record.
    pub evidence: Vec<Evidence>,
    /// When the signer says it was signed.
    pub time: Timestamp,
    /// The program that made it.
    pub tool: String,
    /// What this kind of record says.
    pub body: Body,
}

impl Record {
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
