//! Records: the signed statements of which a release's log consists, as docs/format.md defines them.
//!
//! The types here *are* the wire format: their field names and order are what is written, and reading refuses
//! anything else. All kinds of version 1 stand here, also those that no command of today writes, because the format
//! outlives the program.

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ids::{
    Environment, Fingerprint, Handle, ItemId, Nonce, ObjectId, PolicyDigest, Principal, RecordId, RefName, RoleName, RootDigest,
    Sha256Digest, TagName,
};
use super::time::Timestamp;

/// The `_type` of every payload: in-toto Statement v1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The `payloadType` of every envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What a `predicateType` begins with; the kind follows.
pub const PREDICATE_PREFIX: &str = "urn:relsign:v1:";
/// The SSHSIG namespace of every record's signature.
pub const NAMESPACE: &str = "relsign-v1";

/// An in-toto Statement v1 with a relsign predicate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement<P> {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// What the record speaks of; all of it must match.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_PREFIX`] and the kind.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What the record says.
    pub predicate: P,
}

/// One thing that a record is bound to: a name and one digest (in-toto `ResourceDescriptor`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What the digest is of; see docs/format.md for the names in use.
    pub name: String,
    /// The one digest.
    pub digest: SubjectDigest,
}

/// A digest with its algorithm, as in-toto's `DigestSet` names them, holding exactly one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum SubjectDigest {
    /// The git id of a tag object.
    #[serde(rename = "gitTag")]
    GitTag(ObjectId),
    /// The git id of a commit.
    #[serde(rename = "gitCommit")]
    GitCommit(ObjectId),
    /// The git id of a tree, in the repository's own hash or in SHA-256.
    #[serde(rename = "gitTree")]
    GitTree(ObjectId),
    /// The git id of a blob.
    #[serde(rename = "gitBlob")]
    GitBlob(ObjectId),
    /// The SHA-256 of bytes that docs/format.md defines for the subject's name.
    #[serde(rename = "sha256")]
    Sha256(Sha256Digest),
}

/// What every record says, whatever its kind, with the part of the kind in `body`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predicate<B> {
    /// The kind, equal to the end of the statement's `predicateType`.
    pub kind: String,
    /// Who signs, and with which key.
    pub signer: Signer,
    /// 128 random bits.
    pub nonce: Nonce,
    /// The repository's identity: the digest of version 1 of its policy.
    pub root: RootDigest,
    /// The newest policy version that the signer accepted when signing.
    pub policy_head: PolicyHead,
    /// The `open` record of the release, on every record that belongs to one but `open` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<RecordId>,
    /// The heads of the log that the signer had seen, sorted: records that no other record names as a parent.
    pub parents: Vec<RecordId>,
    /// The role in which the signer acts, where one is claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// What the signer has to say, in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Files and links that support the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// When the signer says it was signed; nobody else vouches for it.
    pub time: Timestamp,
    /// The program that made the record and its version, such as `relsign/0.1.0`.
    pub tool: String,
    /// What this kind of record says.
    pub body: B,
}

impl<B> Predicate<B> {
    /// Puts another form of the body in the place of the one there is.
    pub fn with_body<C>(self, body: C) -> Predicate<C> {
        let Self { kind, signer, nonce, root, policy_head, open, parents, role, comment, evidence, time, tool, body: _ } = self;
        Predicate { kind, signer, nonce, root, policy_head, open, parents, role, comment, evidence, time, tool, body }
    }
}

/// Who signs; both must agree with the key that verifies, so that one payload can't be signed by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The person (`@jchen`) or machine (`machine:ci`).
    pub handle: Principal,
    /// The fingerprint of the signing key.
    pub fingerprint: Fingerprint,
}

/// A version of the policy, by number and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyHead {
    /// The version, from 1.
    pub version: u32,
    /// The digest of that version.
    pub digest: PolicyDigest,
}

/// Something that supports a record: a blob that relsign keeps, a link, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The file's name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it lies on the web; without a digest it is a mere pointer.
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

fn is_false(value: &bool) -> bool {
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

/// Defines [`Body`] with one variant for each kind, and the tables between names, kinds and body types.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $name:literal,)*) => {
        /// The kinds of record of version 1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of docs/format.md.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Gives the name as it stands in `kind` and at the end of `predicateType`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        /// What a record says beyond the common fields, by kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body {
            $($(#[$doc])* $variant($body),)*
            /// A kind that this version of relsign does not know; it counts as a word against the release.
            Unknown(String),
        }

        impl Body {
            /// Gives the kind, or nothing where it is unknown.
            pub fn kind(&self) -> Option<Kind> {
                match self {
                    $(Self::$variant(_) => Some(Kind::$variant),)*
                    Self::Unknown(_) => None,
                }
            }

            /// Reads the JSON of the body of a kind, refusing unknown and duplicate keys.
            pub fn from_json(kind: &str, json: &str) -> Result<Self, serde_json::Error> {
                fn read<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
                    serde_json::from_str(json)
                }
                Ok(match kind {
                    $($name => Self::$variant(read::<$body>(json)?),)*
                    other => Self::Unknown(other.to_owned()),
                })
            }

            /// Writes the body as JSON; an unknown kind has none of its own.
            pub fn to_value(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self {
                    $(Self::$variant(body) => serde_json::to_value(body),)*
                    Self::Unknown(_) => Ok(serde_json::Value::Null),
                }
            }
        }

        impl Serialize for Body {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(body) => body.serialize(serializer),)*
                    Self::Unknown(_) => serializer.serialize_unit(),
                }
            }
        }

        /// Gives the JSON Schema of the whole statement of each kind, under the kind's name.
        pub fn statement_schemas() -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($name, schemars::schema_for!(Statement<Predicate<$body>>)),)*]
        }
    };
}

kinds! {
    /// Opens a release for sign-off.
    Open(Box<Open>) = "open",
    /// Gives an item to another owner.
    Assign(Assign) = "assign",
    /// A person's word on an item.
    Sign(Sign) = "sign",
    /// Takes back a record of one's own.
    Withdraw(Withdraw) = "withdraw",
    /// The result of a machine's check of an item.
    Check(Check) = "check",
    /// The go/no-go decision.
    Decide(Decide) = "decide",
    /// Something to do: an action item or a condition.
    Action(Action) = "action",
    /// A roll-out stage is entered, passed or failed.
    Stage(Stage) = "stage",
    /// Measured values during a stage.
    Reading(Reading) = "reading",
    /// A roll-back and its steps.
    Rollback(Rollback) = "rollback",
    /// The end of a release.
    Close(Close) = "close",
    /// A freeze declared by hand.
    Freeze(Freeze) = "freeze",
    /// The end of a freeze before its time.
    Lift(Lift) = "lift",
    /// A request to let one change through a freeze.
    Exception(Exception) = "exception",
    /// A yes to such a request.
    Grant(Grant) = "grant",
    /// A change let through a freeze by one person, loudly.
    BreakGlass(BreakGlass) = "break-glass",
    /// An approval of an earlier candidate, said again for this one.
    Carry(Carry) = "carry",
    /// Sets a record's absence aside (two people).
    Disregard(Disregard) = "disregard",
    /// Lets the bytes of a piece of evidence be erased (two people).
    Redact(Redact) = "redact",
    /// Accepts a version of the policy.
    Policy(PolicyStep) = "policy",
    /// A server's or witness's word on when records were there.
    Receipt(Receipt) = "receipt",
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Makes a field-less enum whose serde names are also its `Display`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Gives the word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = super::ids::InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(super::ids::InvalidId { expected: concat!("one of:", $(" ", $text),*), found: text.to_owned() }),
                }
            }
        }
    };
}

words! {
    /// The type of a release, which decides who may open it and what it needs.
    ReleaseType {
        /// A planned release.
        Normal = "normal",
        /// A small urgent repair.
        Hotfix = "hotfix",
        /// A repair under an incident, reviewed afterwards.
        Emergency = "emergency",
    }
}

words! {
    /// When in the release's life an item is due.
    Phase {
        /// Before the decision; GO needs it.
        Before = "before",
        /// At each roll-out stage.
        Stage = "stage",
        /// After the roll-out; `close` needs it.
        After = "after",
        /// Only when rolling back.
        OnRollback = "on-rollback",
    }
}

words! {
    /// How much can go wrong, from the checklist.
    RiskClass {
        /// Little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
        /// The business itself.
        Critical = "critical",
    }
}

/// Who owns an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// One person.
    Person(Handle),
    /// Whoever holds the role.
    Role(RoleName),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(handle) => handle.fmt(f),
            Self::Role(role) => write!(f, "@{role}"),
        }
    }
}

/// Opens a release: everything that the verdict needs to know of the checklist and the commits, as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The title, from the checklist's heading or else the tag's name.
    pub title: String,
    /// Where the release goes.
    pub environment: Environment,
    /// The type, which decides who may open it.
    pub release_type: ReleaseType,
    /// The policy's component that the tag belongs to.
    pub component: String,
    /// Which checklist was read.
    pub checklist: ChecklistSource,
    /// The items with their owners and requirements resolved under the policy of `policy_head`.
    pub items: Vec<OpenItem>,
    /// The risk class and its reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// The roll-out stages in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<OpenStage>,
    /// The conditions under which to roll back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
    /// The steps of rolling back, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub procedure: Vec<String>,
    /// What the release changes, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
    /// The tagger and everyone who wrote or committed something in the range.
    pub implementers: Implementers,
    /// The release before this one, from which the range of commits runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousRelease>,
    /// The number of commits in the range.
    pub commits: u64,
    /// Who asked for the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<Handle>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The change ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What the release means for security.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_impact: Option<String>,
    /// When it is planned to go out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The branches that are frozen while the release is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<OpenFreeze>,
    /// What was built from the tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

/// The checklist file that an `open` resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistSource {
    /// Its path in the tagged tree.
    pub path: String,
    /// SHA-256 of the file's bytes.
    pub sha256: Sha256Digest,
    /// The version of the rules by which Markdown was read; a disagreement under the same number is a finding.
    pub parser: u32,
}

/// One item with everything the verdict asks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenItem {
    /// Its position among the checklist's items, from 1.
    pub number: u32,
    /// Its id.
    pub id: ItemId,
    /// Its digest.
    pub digest: Sha256Digest,
    /// Its text as people read it.
    pub title: String,
    /// When it is due.
    pub phase: Phase,
    /// Who owns it; without one it falls to the policy's release managers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// What satisfies it.
    pub requirements: Requirements,
    /// First and last line in the checklist, from 1.
    pub lines: (u32, u32),
    /// The item that this one stands below, which needs its children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ItemId>,
    /// The labels by which the policy's rules may single it out, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// GO does not need it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// It can't be undone, so it needs a named approver.
    #[serde(default, skip_serializing_if = "is_false")]
    pub irreversible: bool,
    /// The command that checks it, run only with consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The paths that an approval speaks of, for carrying it to a later candidate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
}

/// What satisfies an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// How many people other than the owner must review.
    pub reviews: u32,
    /// The roles of which each must have been held by one of the reviewers; with an empty list any eligible person may review.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleName>,
    /// Reviews count only from a hardware key with user presence.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hardware_key: bool,
    /// The owner's word needs evidence with a digest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub evidence: bool,
    /// Words on the item older than this at the decision no longer count, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// How many people must waive it for the waiver to hold; 0 means that it can't be waived.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub waiver_people: u32,
}

fn one() -> u32 {
    1
}

fn is_one(value: &u32) -> bool {
    *value == 1
}

/// The risk of a release as its checklist states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// The class.
    pub class: RiskClass,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// A stage of the roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenStage {
    /// Its id, a slug of the name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The share of traffic, as written, such as `10%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<String>,
    /// How long to wait before the next, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bake: Option<u64>,
    /// What must hold meanwhile, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<String>,
}

/// Who made what is released.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Implementers {
    /// Who made the tag, where the policy knows the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagger: Option<Handle>,
    /// Authors, committers and co-authors in the range whom the policy knows, sorted.
    pub people: Vec<Handle>,
    /// The names of identities in the range that the policy maps to nobody, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// The release before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviousRelease {
    /// Its tag.
    pub tag: TagName,
    /// Its tag object.
    pub tag_object: ObjectId,
    /// Its commit.
    pub commit: ObjectId,
    /// It was named by hand instead of found, which takes two people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overridden: bool,
}

/// A span of time, from inclusive, to exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it begins.
    pub from: Timestamp,
    /// When it has ended.
    pub to: Timestamp,
}

/// The branches an open release freezes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenFreeze {
    /// The refs, in full.
    pub refs: Vec<RefName>,
    /// When the freeze ends if nothing else ends it.
    pub until: Timestamp,
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

/// Gives an item to another owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The item.
    pub item: ItemRef,
    /// The owner from now on.
    pub owner: Handle,
    /// Why.
    pub reason: String,
}

words! {
    /// What a person says of an item.
    SignVerdict {
        /// The owner: it is done.
        Done = "done",
        /// A reviewer: I looked, and it is right.
        Approve = "approve",
        /// It is wrong; no GO until withdrawn or waived over by two.
        Reject = "reject",
        /// The owner: partly done.
        Partial = "partial",
        /// The owner: it does not apply to this release.
        NotApplicable = "not-applicable",
        /// The release goes without it, for a reason.
        Waive = "waive",
    }
}

/// A person's word on an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// The item.
    pub item: ItemRef,
    /// The word.
    pub verdict: SignVerdict,
    /// Why: required for all but `done` and `approve`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ticket under which a waiver is followed up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When a waiver ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The rejects that a waiver sets aside, which takes two people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<RecordId>,
}

/// Takes back a record of one's own, never a withdraw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// The record.
    pub record: RecordId,
    /// Why.
    pub reason: String,
}

words! {
    /// The outcome of a check, as in-toto's test-result predicate names it.
    CheckResult {
        /// It held.
        Passed = "PASSED",
        /// It held, with warnings.
        Warned = "WARNED",
        /// It did not hold.
        Failed = "FAILED",
    }
}

/// The result of running an item's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The item.
    pub item: ItemRef,
    /// The outcome.
    pub result: CheckResult,
    /// The command that ran, where relsign ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// How long it ran, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// SHA-256 of what it printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Sha256Digest>,
    /// The SHA-256 tree id of what was checked out for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<ObjectId>,
    /// The names of the tests that passed, warned and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCounts>,
    /// Where the run can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How many tests a check ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCounts {
    /// Passed.
    pub passed: u64,
    /// Passed with warnings, or skipped.
    pub warned: u64,
    /// Failed.
    pub failed: u64,
}

words! {
    /// The decision on a release.
    Decision {
        /// It may go out.
        Go = "go",
        /// It may go out once conditions are met; no for a gate unless the policy accepts it.
        ConditionalGo = "conditional-go",
        /// It may not.
        NoGo = "no-go",
    }
}

words! {
    /// What happens when a condition is not met in time.
    Fallback {
        /// The release does not go out.
        NoGo = "no-go",
        /// It is rolled back.
        Rollback = "rollback",
    }
}

/// A condition of a conditional go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Its id, unique in the release.
    pub id: String,
    /// What must be met.
    pub text: String,
    /// By whom.
    pub assignee: Handle,
    /// By when.
    pub due: Timestamp,
    /// What happens otherwise.
    pub fallback: Fallback,
}

/// The go/no-go decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The decision.
    pub decision: Decision,
    /// Every valid record of the tag that the decider held, receipts excepted, sorted.
    pub manifest: Vec<RecordId>,
    /// The conditions of a conditional go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

words! {
    /// What happens to an action or a condition.
    ActionEvent {
        /// It is added.
        Add = "add",
        /// It is done.
        Done = "done",
        /// The condition is met.
        Met = "met",
        /// It failed, or the condition is not met.
        Failed = "failed",
        /// It is open again.
        Reopen = "reopen",
    }
}

/// Something to do, or a condition to meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What happens to it.
    pub event: ActionEvent,
    /// Its id, unique in the release.
    pub id: String,
    /// What is to be done; required when added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Handle>,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

words! {
    /// What happens to a stage.
    StageEvent {
        /// The roll-out reaches it.
        Enter = "enter",
        /// It held.
        Pass = "pass",
        /// It did not hold.
        Fail = "fail",
    }
}

/// A step of the roll-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The stage's id.
    pub stage: String,
    /// What happens to it.
    pub event: StageEvent,
    /// The items of the stage that are confirmed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<ItemRef>,
}

/// Values measured in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The stage's id.
    pub stage: String,
    /// The values.
    pub values: Vec<ReadingValue>,
}

/// One measured value, kept as written, so that no rounding changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingValue {
    /// What was measured.
    pub name: String,
    /// The value with its unit, as written.
    pub value: String,
}

words! {
    /// What happens in a roll-back.
    RollbackEvent {
        /// It begins.
        Start = "start",
        /// A step of the procedure was done.
        Step = "step",
        /// It is complete.
        Done = "done",
        /// It failed.
        Failed = "failed",
    }
}

/// A roll-back to an earlier release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// What happens.
    pub event: RollbackEvent,
    /// The release that is gone back to; required at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PreviousRelease>,
    /// The trigger that fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it really happened, where it is written down later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The number of the step, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
}

words! {
    /// How a release ends.
    Outcome {
        /// It is out and done.
        Completed = "completed",
        /// It will not go out.
        Abandoned = "abandoned",
    }
}

/// The end of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// How it ends.
    pub outcome: Outcome,
    /// Why; required when abandoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A freeze declared by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Its name, for messages.
    pub name: String,
    /// Patterns of full ref names.
    pub refs: Vec<String>,
    /// When it begins.
    pub from: Timestamp,
    /// When it has ended; without it, when it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// Ends a freeze before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    /// The freeze record.
    pub freeze: RecordId,
    /// Why.
    pub reason: String,
}

/// A request to let one change through a freeze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The ref that is to move.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The commit it is to move to.
    pub commit: ObjectId,
    /// The commit from which the change runs.
    pub base: ObjectId,
    /// Every commit of base..commit as shown to those who grant, oldest first.
    pub commits: Vec<ObjectId>,
    /// Why.
    pub reason: String,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When the request is void.
    pub expires: Timestamp,
}

/// A yes to an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The exception record.
    pub exception: RecordId,
}

/// A change let through a freeze by one person, where the policy allows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// The ref that is to move.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The commit it is to move to.
    pub commit: ObjectId,
    /// Why.
    pub reason: String,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// An approval of an earlier candidate, said again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Carry {
    /// The item here, of the same digest there.
    pub item: ItemRef,
    /// The candidate's tag.
    pub from: TagName,
    /// The candidate's tag object.
    pub from_object: ObjectId,
    /// The word that is said again.
    pub record: RecordId,
    /// What that word was.
    pub verdict: SignVerdict,
    /// For each covered path, the SHA-256 git id that is equal in both trees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<CoveredPath>,
}

/// A path that an approval covers, with what lay there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoveredPath {
    /// The path in the tree.
    pub path: String,
    /// Its SHA-256 git id.
    pub id: ObjectId,
}

/// Sets aside a record that is named but can't be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disregard {
    /// The record.
    pub record: RecordId,
    /// Why.
    pub reason: String,
}

/// Lets the bytes of a piece of evidence be erased; the verdict stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redact {
    /// SHA-256 of the stored bytes.
    pub evidence: Sha256Digest,
    /// Why.
    pub reason: String,
}

/// An owner's yes to a version of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyStep {
    /// The version that is accepted, from 1.
    pub version: u32,
    /// Its digest.
    pub digest: PolicyDigest,
    /// The digest of the version before; version 1 has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PolicyDigest>,
}

/// A server's or witness's word on what was there, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Counts this witness's receipts from 1.
    pub sequence: u64,
    /// The receipt before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<RecordId>,
    /// The records received, sorted.
    pub records: Vec<RecordId>,
    /// Where the refs stood, sorted by name.
    pub heads: Vec<RefHead>,
}

/// Where a ref stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefHead {
    /// The ref.
    #[serde(rename = "ref")]
    pub ref_name: RefName,
    /// The object it names.
    pub id: ObjectId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_duplicate_keys_are_refused() {
        let record = "0".repeat(64);
        let good = format!(r#"{{"record":"{record}","reason":"x"}}"#);
        assert!(matches!(Body::from_json("withdraw", &good), Ok(Body::Withdraw(_))));
        let unknown = format!(r#"{{"record":"{record}","reason":"x","extra":1}}"#);
        assert!(Body::from_json("withdraw", &unknown).is_err());
        let twice = format!(r#"{{"record":"{record}","record":"{record}","reason":"x"}}"#);
        assert!(Body::from_json("withdraw", &twice).is_err());
        let number = r#"{"record":1,"reason":"x"}"#;
        assert!(Body::from_json("withdraw", number).is_err());
    }

    #[test]
    fn kinds_that_are_not_known_are_kept_by_name() {
        assert_eq!(Body::from_json("veto", "{}").ok(), Some(Body::Unknown("veto".to_owned())));
    }

    #[test]
    fn kind_names_are_distinct() {
        let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert_eq!(Kind::ALL.len(), 21);
    }

    #[test]
    fn a_subject_digest_holds_exactly_one() {
        let id = "1".repeat(40);
        assert!(serde_json::from_str::<SubjectDigest>(&format!(r#"{{"gitTag":"{id}"}}"#)).is_ok());
        assert!(serde_json::from_str::<SubjectDigest>(&format!(r#"{{"gitTag":"{id}","gitCommit":"{id}"}}"#)).is_err());
        assert!(serde_json::from_str::<SubjectDigest>("{}").is_err());
    }
}
