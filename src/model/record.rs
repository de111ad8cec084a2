//! Records: the signed statements of which a release's log consists, as docs/format.md defines them.
//!
//! The types here *are* the wire format: their field names and order are what is written, and reading refuses
//! anything else. All kinds of version 1 stand here, also those that no command of today writes, because the format
//! outlives the program.

mod course;
mod freeze;
mod item;
mod kind;
mod open;
mod parts;
mod upkeep;

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ids::{Fingerprint, Nonce, ObjectId, PolicyDigest, Principal, RecordId, RoleName, RootDigest, Sha256Digest};
use super::time::Timestamp;

pub use self::course::{
    Action, ActionEvent, Close, Condition, Decide, Decision, InSpite, Outcome, Reading, ReadingResult, ReadingValue, Rollback,
    RollbackEvent, Stage, StageEvent, StepResult, UnknownAuthor,
};
pub use self::freeze::{BreakGlass, Exception, Freeze, FreezeRelease, Grant, Lift};
pub use self::item::{Assign, Check, CheckResult, Sign, SignVerdict, TestCounts, Withdraw};
pub use self::kind::{Authority, CopiedTo, Home, LONGEST_FREEZE_NAME, MOST_EXCEPTED, Polarity, Row};
pub use self::open::{
    Change, ChecklistSource, Implementers, ItemDue, Open, OpenAction, OpenItem, OpenLimit, OpenOnCall, OpenStage, OpenTrigger,
    Origin, Owner, Phase, Plan, PreviousRelease, ReleaseType, Requirements, Risk, RiskClass, Step, Unread, UnreadCause, UnreadTask,
    Window,
};
pub use self::parts::{After, Artifact, Blocks, Evidence, ItemRef, Moment, NotBy};
pub use self::upkeep::{Disregard, PolicyStep, Receipt, Redact, RefHead};

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

wire! {
    /// One thing that a record is bound to: a name and one digest (in-toto `ResourceDescriptor`).
    #[derive(PartialOrd, Ord)]
    pub struct Subject {
        /// What the digest is of; see docs/format.md for the names in use.
        pub name: String,
        /// The one digest.
        pub digest: SubjectDigest,
    }
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
    /// What it speaks of, which stands beside it in the statement; names are unique, and there is at least one.
    #[serde(skip)]
    pub subjects: Vec<Subject>,
}

impl<B> Predicate<B> {
    /// Puts another form of the body in the place of the one there is.
    pub fn with_body<C>(self, body: C) -> Predicate<C> {
        let Self { kind, signer, nonce, root, policy_head, open, parents, role, comment, evidence, time, tool, .. } = self;
        let subjects = self.subjects;
        Predicate { kind, signer, nonce, root, policy_head, open, parents, role, comment, evidence, time, tool, body, subjects }
    }
}

wire! {
    /// Who signs; both must agree with the key that verifies, so that one payload can't be signed by another.
    pub struct Signer {
        /// The person (`@jchen`) or machine (`machine:ci`).
        pub handle: Principal,
        /// The fingerprint of the signing key.
        pub fingerprint: Fingerprint,
    }

    /// A version of the policy, by number and digest.
    #[derive(Copy, PartialOrd, Ord, Hash)]
    pub struct PolicyHead {
        /// The version, from 1.
        pub version: u32,
        /// The digest of that version.
        pub digest: PolicyDigest,
    }
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

            /// Returns the name as it stands in `kind` and at the end of `predicateType`.
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
            /// A kind that this version of relsign does not know; it counts as a negative record.
            Unknown(String),
        }

        impl Body {
            /// Returns the kind, or nothing where it is unknown.
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

        }

        $(impl Said for $body {
            fn of(body: &Body) -> Option<&Self> {
                match body {
                    Body::$variant(said) => Some(said),
                    _ => None,
                }
            }
        })*

        impl Serialize for Body {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(body) => body.serialize(serializer),)*
                    Self::Unknown(_) => serializer.serialize_unit(),
                }
            }
        }

        /// Returns the JSON Schema of the whole statement of each kind, under the kind's name.
        pub fn statement_schemas() -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($name, schemars::schema_for!(Statement<Predicate<$body>>)),)*]
        }
    };
}

kinds! {
    /// Opens a release for sign-off.
    Open(Box<Open>) = "open",
    /// Returns an item to another owner.
    Assign(Assign) = "assign",
    /// A person's sign-off on an item.
    Sign(Sign) = "sign",
    /// Withdraws one's own record.
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
    /// Sets a record's absence aside (two people).
    Disregard(Disregard) = "disregard",
    /// Lets the bytes of a piece of evidence be erased (two people).
    Redact(Redact) = "redact",
    /// Accepts a version of the policy.
    Policy(PolicyStep) = "policy",
    /// A server's or witness's statement of when records were there.
    Receipt(Receipt) = "receipt",
}

/// What a record of one kind says.
pub trait Said: Sized {
    /// Returns it from the body of a record of that kind.
    fn of(body: &Body) -> Option<&Self>;
}

impl Said for Open {
    fn of(body: &Body) -> Option<&Self> {
        Box::of(body).map(Box::as_ref)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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
        assert_eq!(Kind::ALL.len(), 20);
    }

    #[test]
    fn a_subject_digest_holds_exactly_one() {
        let id = "1".repeat(40);
        assert!(serde_json::from_str::<SubjectDigest>(&format!(r#"{{"gitTag":"{id}"}}"#)).is_ok());
        assert!(serde_json::from_str::<SubjectDigest>(&format!(r#"{{"gitTag":"{id}","gitCommit":"{id}"}}"#)).is_err());
        assert!(serde_json::from_str::<SubjectDigest>("{}").is_err());
    }
}
