//! Why something that a verdict rests on can't be read, or shows nothing, as values.

use std::fmt;

use crate::model::ids::{Fingerprint, ObjectId, Principal};
use crate::model::policy::KeyState;

/// Why a key was no good under a version of the policy, so that "the key … of …" comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// What the key was; nothing where it was not listed.
    pub state: Option<KeyState>,
    /// The version that says so.
    pub version: u32,
    /// The version since which it was so, where a later one says it.
    pub since: Option<u32>,
}

impl fmt::Display for Lapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.map_or("not listed", KeyState::as_str);
        match self.since {
            Some(since) => write!(f, "is {state} since policy version {since}, as version {} says", self.version),
            None => write!(f, "is {state} in policy version {}", self.version),
        }
    }
}

/// Why a tag's own signature shows nobody who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSigner {
    /// Its bytes are no text.
    NotText,
    /// It is of another kind.
    NotSsh,
    /// It does not verify; what is wrong with it.
    Invalid(String),
    /// The policy never listed its key.
    Unknown(Fingerprint),
    /// It is by a machine.
    NoPerson(Principal),
    /// The key was no good.
    Lapsed(Fingerprint, Principal, Lapse),
}

impl fmt::Display for NoSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("its signature is not text"),
            Self::NotSsh => f.write_str("its signature is not an SSH signature, and relsign checks no others"),
            Self::Invalid(reason) => f.write_str(reason),
            Self::Unknown(key) => write!(f, "the policy never listed its key {key}"),
            Self::NoPerson(principal) => write!(f, "it is signed by {principal}, which is not a person"),
            Self::Lapsed(key, principal, lapse) => write!(f, "the key {key} of {principal} {lapse}"),
        }
    }
}

/// Why the checklist of a tagged tree can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChecklistUnread {
    /// It is not there.
    Missing,
    /// It is larger than what is read.
    TooLarge,
    /// It is a symbolic link.
    Symlink,
    /// It lies in a submodule.
    Submodule,
    /// It is a directory.
    Directory,
    /// It is not the one that the open record names.
    OtherDigest,
    /// It does not parse: the first problem, with its line.
    Malformed(Option<(u32, String)>),
    /// What git says.
    Unreadable(String),
}

impl ChecklistUnread {
    /// Reports this of the file at a path.
    pub fn describe(&self, path: &str) -> String {
        match self {
            Self::Missing => format!("there is no {path} in the tagged tree"),
            Self::TooLarge => format!("{path} in the tagged tree is too large for a checklist"),
            Self::Symlink => format!("{path} in the tagged tree is a symbolic link, which is never followed"),
            Self::Submodule => format!("{path} in the tagged tree is in a submodule, whose content the tag does not include"),
            Self::Directory => format!("{path} in the tagged tree is a directory"),
            Self::OtherDigest => format!("{path} does not have the digest that the open record names"),
            Self::Malformed(Some((line, first))) => format!("{path} can't be read as a checklist: line {line}: {first}"),
            Self::Malformed(None) => format!("{path} can't be read as a checklist"),
            Self::Unreadable(reason) => reason.clone(),
        }
    }
}

/// Why the authors of a range can't be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeUnread {
    /// What git says.
    Unreadable(String),
    /// A commit that is not here, which no shallow clone explains.
    Lost(ObjectId),
}

impl fmt::Display for RangeUnread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => f.write_str(reason),
            Self::Lost(gone) => write!(f, "commit {gone} is not here, although the clone is not shallow there"),
        }
    }
}
