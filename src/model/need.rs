//! What an item still needs.

use schemars::JsonSchema;
use serde::Serialize;

use super::ids::{Handle, RecordId, RoleName};

/// Something that is missing, and who can supply it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Need {
    /// What is missing.
    pub what: NeedKind,
    /// How many people are missing.
    pub people: u32,
    /// The roles of which each must still be held by one of them.
    pub roles: Vec<RoleName>,
    /// Everyone who could, as far as the policy names them, sorted.
    pub candidates: Vec<Handle>,
    /// The record it is about, such as the reject to be withdrawn.
    pub record: Option<RecordId>,
}

/// The kinds of thing that can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NeedKind {
    /// The owner's word.
    OwnerWord,
    /// Reviews by others.
    Review,
    /// A reject's withdrawal, or two people who set it aside.
    RejectResolved,
    /// Children of the item.
    Children,
    /// More people for a waiver that was begun.
    Waiver,
    /// A check that passes after one that failed.
    CheckPassed,
}
