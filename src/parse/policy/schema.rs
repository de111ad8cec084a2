//! The shape of the policy file for editors and other programs, as a JSON Schema.
//!
//! The reader works on the TOML tree, since serde stops at the first mistake; these types only describe. A test holds
//! the two together.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};

use crate::model::ids::{Environment, Handle, Nonce, ObjectId, PolicyDigest, RoleName, RootDigest};
use crate::model::record::{Blocks, NotBy, Phase, ReleaseType, RiskClass};

/// Returns the JSON Schema of `.relsign/policy.toml`.
pub fn policy_schema() -> Schema {
    schema_for!(PolicyFile)
}

/// Declares tables of the file: they are only ever read by schemars.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(JsonSchema)]
            #[schemars(deny_unknown_fields)]
            #[expect(dead_code, reason = "the type describes a shape and holds nothing")]
            struct $name { $($(#[$field_doc])* $field: $type,)* }
        )*
    };
}

tables! {
    /// A superseded root, and the last version of its policy.
    FormerTable {
        /// The superseded root.
        root: RootDigest,
        /// The last version of its policy.
        #[schemars(range(min = 1))]
        version: u32,
        /// The digest of that version.
        digest: PolicyDigest,
    }
    /// The rules of a repository's releases: `.relsign/policy.toml`.
    PolicyFile {
        /// The format of this file.
        #[schemars(range(min = 1, max = 1))]
        format: u32,
        /// 32 random hex digits, made once and never changed.
        repository: Nonce,
        /// The root whose place this one takes, where nobody could change its policy any more.
        former: Option<FormerTable>,
        /// Who accepts the next version of the policy.
        owners: OwnersTable,
        /// The people, by handle without `@`.
        #[schemars(default)]
        person: BTreeMap<String, PersonTable>,
        /// The machines, by name.
        #[schemars(default)]
        machine: BTreeMap<String, MachineTable>,
        /// The roles, by name.
        #[schemars(default)]
        role: BTreeMap<String, RoleTable>,
        /// The parts that are released by themselves; the first whose pattern fits a tag is meant.
        component: Vec<ComponentTable>,
        /// What items need.
        #[schemars(default)]
        rule: Vec<RuleTable>,
        /// Separation of duties; strict where nothing is said.
        separation: Option<SeparationTable>,
        /// Who may do what.
        authority: AuthorityTable,
        /// How many people certain acts take.
        thresholds: Option<ThresholdsTable>,
        /// Release tags.
        tags: Option<TagsTable>,
        /// Refs that only go forward.
        refs: Option<RefsTable>,
        /// Refs that only move to the commit of a release in GO.
        #[schemars(default)]
        gated: Vec<GatedTable>,
        /// Freeze windows.
        #[schemars(default)]
        freeze: Vec<FreezeTable>,
        /// What releases have to have done besides their items.
        #[schemars(default)]
        action: Vec<ActionTable>,
        /// Sizes and times.
        limits: Option<LimitsTable>,
    }
    /// The policy's owners.
    OwnersTable {
        /// Who they are.
        people: Vec<Handle>,
        /// How many of them must sign.
        #[schemars(range(min = 1))]
        threshold: u32,
    }
    /// A person.
    PersonTable {
        /// The full name.
        name: Option<String>,
        /// Addresses by which commits are known as theirs.
        #[schemars(default)]
        emails: Vec<String>,
        /// Roles they hold.
        #[schemars(default)]
        roles: Vec<RoleName>,
        /// Their keys.
        keys: Vec<KeyTable>,
    }
    /// A machine.
    MachineTable {
        /// What it is.
        name: Option<String>,
        /// Its keys.
        keys: Vec<KeyTable>,
        /// What it may sign.
        may: Vec<MachineMay>,
    }
    /// A key.
    KeyTable {
        /// The public key as in a .pub file.
        key: String,
        /// What it is good for; active where nothing is said.
        state: Option<KeyStateWord>,
        /// The policy version from which the state holds.
        #[schemars(range(min = 1))]
        since: Option<u32>,
    }
    /// A role.
    RoleTable {
        /// What it is for.
        description: Option<String>,
    }
    /// A part that is released by itself.
    ComponentTable {
        /// Its name.
        name: String,
        /// The pattern of its tags.
        tags: String,
        /// The path of its checklist.
        checklist: String,
        /// Where it goes.
        #[schemars(default)]
        environments: Vec<Environment>,
        /// The commit after which its first release begins.
        since: Option<ObjectId>,
    }
    /// What some items need.
    RuleTable {
        /// Its name.
        name: Option<String>,
        /// Phases it is about.
        #[schemars(default)]
        phase: Vec<Phase>,
        /// Risk classes it is about; a release that states no risk is held to all.
        #[schemars(default)]
        risk: Vec<RiskClass>,
        /// Release types it is about.
        #[schemars(default, rename = "type")]
        release_type: Vec<ReleaseType>,
        /// Labels it is about.
        #[schemars(default)]
        label: Vec<String>,
        /// Components it is about.
        #[schemars(default)]
        component: Vec<String>,
        /// Environments it is about.
        #[schemars(default)]
        environment: Vec<Environment>,
        /// Only items that can't be undone, or only those that can.
        irreversible: Option<bool>,
        /// How many people other than the owner must review.
        reviews: Option<u32>,
        /// Roles that must each be held by a reviewer.
        #[schemars(default)]
        roles: Vec<RoleName>,
        /// Reviews count only from hardware keys.
        hardware_key: Option<bool>,
        /// The owner's word needs evidence with a digest.
        evidence: Option<bool>,
        /// The most age of a word at the decision, such as `30d`.
        max_age: Option<String>,
        /// How many people a waiver takes; 0 forbids it.
        waiver_people: Option<u32>,
    }
    /// Separation of duties.
    SeparationTable {
        /// The owner may count as reviewer.
        owner_may_review: Option<bool>,
        /// The tagger may review.
        tagger_may_review: Option<bool>,
        /// Authors and committers in the range may review.
        implementer_may_review: Option<bool>,
        /// What a commit identity that belongs to nobody does.
        unknown_identity: Option<UnknownIdentity>,
        /// Addresses under which a forge commits what people wrote; as committer they are nobody's.
        #[schemars(default)]
        forges: Vec<String>,
        /// Addresses of bots; in commits they are nobody's.
        #[schemars(default)]
        bots: Vec<String>,
        /// What a commit in which no person stands does.
        bot_commits: Option<BotCommits>,
    }
    /// Who may do what: role names, `@handle`, and in some places `everyone`.
    AuthorityTable {
        /// To whom unowned items and all rights that are not mentioned fall.
        release_managers: Vec<String>,
        /// Who may open a release, by type.
        open: Option<OpenTable>,
        /// Assign items.
        assign: Option<Vec<String>>,
        /// Waive items.
        waive: Option<Vec<String>>,
        /// Reject items; everyone where nothing is said.
        reject: Option<Vec<String>>,
        /// Decide.
        decide: Option<Vec<String>>,
        /// Add and settle actions.
        action: Option<Vec<String>>,
        /// Move stages.
        stage: Option<Vec<String>>,
        /// Roll back.
        rollback: Option<Vec<String>>,
        /// Close a release.
        close: Option<Vec<String>>,
        /// Set a record's absence aside.
        disregard: Option<Vec<String>>,
        /// Let evidence be erased.
        redact: Option<Vec<String>>,
        /// Declare a freeze.
        freeze: Option<Vec<String>>,
        /// Lift a freeze.
        lift: Option<Vec<String>>,
        /// Ask for a freeze exception; everyone where nothing is said.
        request: Option<Vec<String>>,
        /// Grant a freeze exception.
        grant: Option<Vec<String>>,
        /// Break a freeze alone; nobody where nothing is said.
        break_glass: Option<Vec<String>>,
        /// Sign checks, beside the machines that may.
        check: Option<Vec<String>>,
    }
    /// Who may open a release.
    OpenTable {
        /// A planned one.
        normal: Option<Vec<String>>,
        /// An urgent repair.
        hotfix: Option<Vec<String>>,
        /// A repair under an incident.
        emergency: Option<Vec<String>>,
    }
    /// How many people certain acts take.
    ThresholdsTable {
        /// Waive an item; 0 forbids it.
        waiver: Option<u32>,
        /// Grant a freeze exception.
        #[schemars(range(min = 1))]
        exception: Option<u32>,
        /// Waive over a reject.
        #[schemars(range(min = 2))]
        over_reject: Option<u32>,
        /// Set a record's absence aside.
        #[schemars(range(min = 2))]
        disregard: Option<u32>,
        /// Let evidence be erased.
        #[schemars(range(min = 2))]
        redact: Option<u32>,
        /// Name the previous release by hand.
        #[schemars(range(min = 2))]
        previous: Option<u32>,
        /// Decide that a release may go out.
        #[schemars(range(min = 1))]
        decide: Option<u32>,
        /// Roles of which each must be held by one of those who decide.
        #[schemars(default)]
        decide_roles: Vec<RoleName>,
    }
    /// Release tags.
    TagsTable {
        /// Whether they must be signed.
        signed: Option<TagsSigned>,
    }
    /// Refs that only go forward.
    RefsTable {
        /// Not deleted, not rewound.
        #[schemars(default)]
        protected: Vec<String>,
    }
    /// A ref that only moves to the commit of a release in GO.
    GatedTable {
        /// The pattern of its full name.
        #[schemars(rename = "ref")]
        ref_name: String,
        /// The component whose release opens it.
        component: String,
        /// The environment for which that release is in GO.
        environment: Environment,
    }
    /// A freeze window, with exactly one of `once`, `weekly` and `yearly`.
    FreezeTable {
        /// Its name.
        name: String,
        /// The refs it freezes.
        refs: Vec<String>,
        /// The IANA zone of its times.
        zone: String,
        /// From and to, such as `2026-12-20T18:00`.
        once: Option<EdgesTable>,
        /// From and to, such as `fri 16:00`.
        weekly: Option<EdgesTable>,
        /// From and to, such as `12-20 18:00`.
        yearly: Option<EdgesTable>,
        /// Why.
        reason: Option<String>,
        /// Who may grant an exception from it.
        grant: Option<Vec<String>>,
        /// The environments to which nothing goes out meanwhile, besides those whose gated refs it freezes.
        #[schemars(default)]
        environments: Vec<Environment>,
    }
    /// An action that releases have to have done.
    ActionTable {
        /// Its id.
        id: String,
        /// What is to be done.
        text: String,
        /// Types of release; every type where nothing is said.
        #[schemars(default, rename = "type")]
        release_type: Vec<ReleaseType>,
        /// A role or a person.
        assignee: Option<String>,
        /// By when, such as `deploy+48h`.
        due: Option<String>,
        /// What it holds up while it is open.
        blocks: Option<Blocks>,
        /// Who may not settle it.
        not_by: Option<NotBy>,
    }
    /// Two ends of a window, the second outside it.
    EdgesTable {
        /// When it begins.
        from: String,
        /// When it has ended.
        to: String,
    }
    /// Sizes and times.
    LimitsTable {
        /// The most bytes of one piece of evidence.
        evidence_bytes: Option<u64>,
        /// How late a record may arrive, such as `7d`.
        max_backdate: Option<String>,
        /// How far clocks may differ, such as `5m`.
        clock_skew: Option<String>,
        /// The most age of any sign-off on an item at the decision.
        record_age: Option<String>,
    }
}

/// Declares the words that a key may have.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(JsonSchema)]
            #[expect(dead_code, reason = "the type describes a shape and holds nothing")]
            enum $name { $(#[schemars(rename = $text)] $variant,)* }
        )*
    };
}

words! {
    /// What a machine may sign.
    MachineMay { Check = "check", Read = "read", Receipt = "receipt", Stage = "stage", }
    /// What a key is good for.
    KeyStateWord { Active = "active", Retired = "retired", Compromised = "compromised", }
    /// What an unknown commit identity does.
    UnknownIdentity { Refuse = "refuse", Note = "note", }
    /// What a commit in which no person stands does.
    BotCommits { Refuse = "refuse", Listed = "listed", }
    /// Whether tags must be signed.
    TagsSigned { Required = "required", Optional = "optional", }
}
