//! Rights: what a principal may say, and to whom the policy gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::ids::{Handle, RoleName};
use crate::model::record::ReleaseType;

/// A right that the policy gives to roles and people, or that a machine is listed with.
///
/// What depends on an item (owner, reviewer) or on a record (withdrawing one's own) is no right of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Open a release of a type.
    Open(ReleaseType),
    /// Assign an item to another owner.
    Assign,
    /// Sign that an item is not needed this time.
    Waive,
    /// Speak against a release on an item.
    Reject,
    /// Decide go, conditional go or no-go.
    Decide,
    /// Add and settle actions and conditions.
    Action,
    /// Move a roll-out from stage to stage.
    Stage,
    /// Sign what was measured in a stage: whoever moves stages, and machines that are listed with it.
    Read,
    /// Roll back.
    Rollback,
    /// Close a release.
    Close,
    /// Set a record's absence aside.
    Disregard,
    /// Let the bytes of a piece of evidence be erased.
    Redact,
    /// Declare a freeze by hand.
    Freeze,
    /// End a freeze before its time.
    Lift,
    /// Request a freeze exception for one change.
    Request,
    /// Say yes to such a request.
    Grant,
    /// Let a change through a freeze alone.
    BreakGlass,
    /// Sign the result of a check.
    Check,
    /// Sign receipts; machines only.
    Receipt,
}

impl Right {
    /// Every right, in the order in which it is shown.
    pub const ALL: &'static [Self] = &[
        Self::Open(ReleaseType::Normal),
        Self::Open(ReleaseType::Hotfix),
        Self::Open(ReleaseType::Emergency),
        Self::Assign,
        Self::Waive,
        Self::Reject,
        Self::Decide,
        Self::Action,
        Self::Stage,
        Self::Read,
        Self::Rollback,
        Self::Close,
        Self::Disregard,
        Self::Redact,
        Self::Freeze,
        Self::Lift,
        Self::Request,
        Self::Grant,
        Self::BreakGlass,
        Self::Check,
        Self::Receipt,
    ];
}

impl fmt::Display for Right {
    /// Completes the sentence "@jchen may not …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Open(kind) => return write!(f, "open a release of type {kind}"),
            Self::Assign => "assign items",
            Self::Waive => "waive items",
            Self::Reject => "reject items",
            Self::Decide => "decide",
            Self::Action => "add or settle actions",
            Self::Stage => "move stages",
            Self::Read => "sign readings",
            Self::Rollback => "roll back",
            Self::Close => "close a release",
            Self::Disregard => "disregard records",
            Self::Redact => "redact evidence",
            Self::Freeze => "declare a freeze",
            Self::Lift => "lift a freeze",
            Self::Request => "request a freeze exception",
            Self::Grant => "grant a freeze exception",
            Self::BreakGlass => "use break-glass",
            Self::Check => "sign checks",
            Self::Receipt => "sign receipts",
        };
        f.write_str(text)
    }
}

/// To whom a right is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grantees {
    /// Every person of the policy; the parser allows it only for rights that can't make a release pass.
    pub everyone: bool,
    /// Whoever holds one of these roles.
    pub roles: BTreeSet<RoleName>,
    /// These people.
    pub people: BTreeSet<Handle>,
}

impl Grantees {
    /// Names every person of the policy.
    pub fn everyone() -> Self {
        Self { everyone: true, ..Self::default() }
    }

    /// Whether the list names nobody and no role.
    pub fn is_empty(&self) -> bool {
        !self.everyone && self.roles.is_empty() && self.people.is_empty()
    }
}

/// Who may do something, as shown to people: roles with their present holders, and people named one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhoMay {
    /// Every person of the policy may.
    pub everyone: bool,
    /// Roles, each with the people who hold it and have an active key.
    pub roles: BTreeMap<RoleName, Vec<Handle>>,
    /// People who are named themselves.
    pub people: Vec<Handle>,
    /// Machines that are listed with the right, as `machine:NAME`.
    pub machines: Vec<String>,
}

impl WhoMay {
    /// Whether nobody at all may; a role that nobody holds is nobody.
    pub fn is_nobody(&self) -> bool {
        !self.everyone && self.people.is_empty() && self.machines.is_empty() && self.roles.values().all(Vec::is_empty)
    }
}

impl fmt::Display for WhoMay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.everyone {
            parts.push("everyone".to_owned());
        }
        for (role, holders) in &self.roles {
            let holders: Vec<_> = holders.iter().map(Handle::as_str).collect();
            let holders = if holders.is_empty() { "held by nobody".to_owned() } else { holders.join(", ") };
            parts.push(format!("{role} ({holders})"));
        }
        parts.extend(self.people.iter().map(|handle| handle.as_str().to_owned()));
        parts.extend(self.machines.iter().cloned());
        if parts.is_empty() { f.write_str("nobody") } else { f.write_str(&parts.join(", ")) }
    }
}
