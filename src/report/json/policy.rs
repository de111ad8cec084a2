//! JSON of the policy: its versions, what they change, who stands in them, and what is proposed.

use std::collections::BTreeSet;

use crate::model::ids::{Fingerprint, Handle, PolicyDigest, Principal, RecordId, RootDigest};
use crate::model::policy::{Component, KeyEntry, Person, Policy, Right, Side};
use crate::model::time::Timestamp;

printed! {
    /// What `policy show --json` prints.
    pub struct ShowJson as "relsign-policy-v1" {
        /// The version in force.
        pub version: u32,
        /// Its digest.
        pub digest: PolicyDigest,
        /// The pinned root.
        pub root: RootDigest,
        /// Whether the file at HEAD is the one in force; nothing where HEAD has none.
        pub head_is_in_force: Option<bool>,
        /// Whether the file in the working tree is the one in force; nothing where there is none.
        pub file_is_in_force: Option<bool>,
        /// Who stands in it.
        pub roster: Roster,
        /// Who has which right, by its name for people.
        pub rights: Vec<RightJson>,
        /// Addresses of forges, which are nobody's as committer.
        pub forges: BTreeSet<String>,
        /// Addresses of bots, which are nobody's.
        pub bots: BTreeSet<String>,
        /// What becomes of commits in which no person stands: `refuse` or `listed`.
        pub bot_commits: &'static str,
        /// The versions that are proposed.
        pub proposals: Vec<ProposalJson>,
    }

    /// One right.
    pub struct RightJson {
        /// What may be done.
        pub right: String,
        /// By whom.
        pub who: String,
    }

    /// What `policy diff --json` prints.
    pub struct DiffJson as "relsign-policy-diff-v1" {
        /// Whether the file is the one in force.
        pub is_in_force: bool,
        /// What the file changes, for people; nothing where it can't be used.
        pub changes: Option<Vec<String>>,
        /// The lines that differ, as in a patch.
        pub lines: Vec<String>,
    }

    /// What `policy roster --json` prints.
    pub struct RosterJson as "relsign-policy-roster-v1" {
        /// The version.
        pub version: u32,
        /// Its digest.
        pub digest: PolicyDigest,
        /// The pinned root.
        pub root: RootDigest,
        /// The time that was asked about, where one was; it is compared with claimed times.
        pub as_of: Option<Timestamp>,
        /// The latest time that the version's signers claimed.
        pub claimed: Option<Timestamp>,
        /// Who stood in it.
        pub roster: Roster,
    }

    /// Everybody and everything that a version names.
    pub struct Roster {
        /// The people.
        pub people: Vec<PersonJson>,
        /// The machines.
        pub machines: Vec<MachineJson>,
        /// The components.
        pub components: Vec<Component>,
        /// The owners.
        pub owners: BTreeSet<Handle>,
        /// How many owners a step takes.
        pub threshold: u32,
    }

    /// A person.
    pub struct PersonJson {
        /// The handle.
        pub handle: Handle,
        /// What the policy says of them.
        #[serde(flatten)]
        pub person: Person,
    }

    /// A machine.
    pub struct MachineJson {
        /// Its name, as records have it.
        pub name: Principal,
        /// What it may sign.
        pub may: Vec<String>,
        /// Its keys.
        pub keys: Vec<KeyEntry>,
    }

    /// What `policy log --json` prints.
    pub struct PolicyLogJson as "relsign-policy-log-v1" {
        /// The pinned root.
        pub root: RootDigest,
        /// The versions, oldest first.
        pub versions: Vec<VersionJson>,
        /// The versions that are proposed.
        pub proposals: Vec<ProposalJson>,
    }

    /// One accepted version.
    pub struct VersionJson {
        /// Its number.
        pub version: u32,
        /// Its digest.
        pub digest: PolicyDigest,
        /// Who signed it.
        pub signatures: Vec<SignatureJson>,
        /// The latest time that its signers claimed.
        pub claimed: Option<Timestamp>,
        /// What it changed; empty for the first.
        pub changes: Vec<String>,
        /// Whether it did nothing but revoke keys, which one person may.
        pub only_revokes: bool,
        /// How many records it settled beyond the version before.
        pub settled: u64,
    }

    /// One signature on a version.
    pub struct SignatureJson {
        /// Who.
        pub handle: Principal,
        /// With which key.
        pub key: Fingerprint,
        /// When, as they claim.
        pub time: Timestamp,
        /// The record.
        pub record: RecordId,
    }

    /// A version that is proposed.
    pub struct ProposalJson {
        /// The number it would have.
        pub version: u32,
        /// Its digest.
        pub digest: PolicyDigest,
        /// What it would change.
        pub changes: Vec<String>,
        /// Whether it does nothing but revoke keys, which one person may.
        pub only_revokes: bool,
        /// The owners of the version in force.
        pub old_owners: Side,
        /// Its own owners.
        pub new_owners: Side,
        /// Whether enough have signed, so that anybody may activate it.
        pub complete: bool,
    }

    /// What `policy propose`, `policy sign` and `policy activate` print with `--json`.
    pub struct PolicyStepJson as "relsign-policy-step-v1" {
        /// The version; nothing where the policy file is what is in force.
        pub proposal: Option<ProposalJson>,
        /// Whether it is in force now.
        pub in_force: bool,
        /// Whether others have it now; nothing where sharing was not asked for or there is no remote.
        pub shared: Option<bool>,
    }
}

impl Roster {
    /// Describes everybody in a version.
    pub fn of(policy: &Policy) -> Self {
        let contents = policy.contents();
        let people = contents.people.iter().map(|(handle, person)| PersonJson { handle: handle.clone(), person: person.clone() });
        let machines = contents.machines.iter().map(|(name, machine)| MachineJson {
            name: Principal::Machine(name.clone()),
            may: machine.may.iter().map(Right::to_string).collect(),
            keys: machine.keys.clone(),
        });
        Self {
            people: people.collect(),
            machines: machines.collect(),
            components: contents.components.clone(),
            owners: contents.owners.people.clone(),
            threshold: contents.owners.threshold,
        }
    }
}
