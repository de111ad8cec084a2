//! What bodies of several kinds are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ids::{ItemId, Sha256Digest};

/// Something that supports a record: a blob that relsign keeps, a link, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The file's name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address on the web; without a digest its content may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// SHA-256 of the stored bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// Length of the stored bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The media type, such as `text/plain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The stored bytes begin with 32 random bytes, so that a short private note can't be guessed from its digest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub salted: bool,
}

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

/// An item as a record names it: its id and the digest of what was read when signing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRef {
    /// The item's id, unique in its checklist.
    pub id: ItemId,
    /// The item's digest as docs/format.md defines it.
    pub digest: Sha256Digest,
}

/// A built thing and its digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Digest,
}

words! {
    /// Who must not settle an action or a condition.
    NotBy {
        /// Whoever made what is released.
        Implementers = "implementers",
    }
}

words! {
    /// What times are counted from.
    Moment {
        /// The release is opened.
        Open = "open",
        /// It is decided.
        Decision = "decision",
        /// It is out.
        Deploy = "deploy",
        /// Its roll-back begins.
        Rollback = "rollback",
    }
}

/// A time that is counted from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The event.
    pub event: Moment,
    /// So long after it, in seconds.
    pub seconds: u64,
}

words! {
    /// What an open action holds up.
    Blocks {
        /// GO.
        Go = "go",
        /// The end of the release.
        Close = "close",
    }
}
