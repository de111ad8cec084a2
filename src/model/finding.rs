//! Findings: what is wrong or notable about a release, as data with a stable code.
//!
//! A finding is never an error: it says that we looked and what we saw. What a finding of each code does to the
//! integrity of a release is fixed here, in one table, and every code has its heading in docs/findings.md.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use super::ids::{Fingerprint, RecordId};

/// What a finding means for the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something is not what it claims to be: integrity is `tampered`, exit 3.
    Tampered,
    /// Something that is named is not here: integrity is `incomplete`, exit 4.
    Incomplete,
    /// A rule of the policy is not met; it can stand in the way of GO and says nothing about integrity.
    Rule,
    /// Worth knowing.
    Note,
}

/// Defines [`Code`] with, for each, its text, its severity and one sentence of meaning.
macro_rules! codes {
    ($($variant:ident = $text:literal, $severity:ident, $meaning:literal;)*) => {
        /// The stable, kebab-case name of a kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every code, in the order of docs/findings.md.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Gives the code as it is printed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Says what a finding of this code means for integrity.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Explains the code in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// Finds the code of a printed name.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    // Lines of a note: what `sign` finds before anything is believed.
    LineMalformed = "line-malformed", Tampered, "A line of the log is not a DSSE envelope in the one form that docs/format.md allows.";
    LineTooLong = "line-too-long", Tampered, "A line of the log is longer than the limit and was not parsed.";
    TooManyLines = "too-many-lines", Incomplete, "A note has more lines that listed keys may have signed, or more bytes, than are read, so a word against may lie among the rest.";
    JunkLines = "junk-lines", Tampered, "Lines that no listed key can have signed are too many to be told one by one.";
    SignatureMalformed = "signature-malformed", Tampered, "The signature is not a canonical SSHSIG version 1 blob.";
    NamespaceWrong = "namespace-wrong", Tampered, "The signature was made for another SSHSIG namespace.";
    HashWrong = "hash-wrong", Tampered, "The signature uses another hash than SHA-512.";
    KeyTypeUnsupported = "key-type-unsupported", Tampered, "The signing key is neither ssh-ed25519 nor sk-ssh-ed25519.";
    KeyWeak = "key-weak", Tampered, "The signing key is a small-order point, under which forged signatures verify.";
    KeyidMismatch = "keyid-mismatch", Tampered, "The envelope's keyid is not the fingerprint of the key that verifies.";
    SignatureInvalid = "signature-invalid", Tampered, "The signature does not verify over these bytes.";
    NoUserPresence = "no-user-presence", Tampered, "A hardware key signed without anybody touching it.";
    PayloadMalformed = "payload-malformed", Tampered, "The signed payload is not a relsign statement: unknown or duplicate keys, wrong types, wrong constants or trailing data.";
    SignerMismatch = "signer-mismatch", Tampered, "The record names another signer than the holder of the key that verifies.";
    SignerUnknown = "signer-unknown", Tampered, "The policy chain never listed the signing key.";
    KindUnknown = "kind-unknown", Rule, "A valid record is of a kind this version does not know, and counts as a word against the release.";
    RecordForeign = "record-foreign", Note, "The record belongs to a repository with another root.";
    // Binding: what a record speaks of is not what lies here.
    SubjectMismatch = "subject-mismatch", Tampered, "A valid record stands on an object that it does not speak of.";
    RecordOfOtherOpen = "record-of-other-open", Rule, "A record names another open record than the one that governs, and does not count.";
    TagMoved = "tag-moved", Tampered, "The tag's name was opened for another tag object than it points at now; a name is spent once opened.";
    TagDeleted = "tag-deleted", Tampered, "A release was opened for a tag that no longer exists.";
    TagNameMismatch = "tag-name-mismatch", Tampered, "The name inside the tag object is not the name of the ref that points at it.";
    TagLightweight = "tag-lightweight", Rule, "The tag is lightweight; only an annotated tag can be signed off.";
    TagObjectMissing = "tag-object-missing", Incomplete, "The tag object or its commit or tree is not in this repository.";
    TagUnsigned = "tag-unsigned", Rule, "The policy asks for a tag signed by one of its people, and this one is not.";
    TagSignatureUnverified = "tag-signature-unverified", Note, "The tag has a signature that shows nothing: of another kind than SSH, or by no key of the policy's people that was good then.";
    ChecklistChanged = "checklist-changed", Tampered, "Reading the tagged checklist again gives other items, or another plan, than the open record holds.";
    ChecklistUnreadable = "checklist-unreadable", Tampered, "The checklist that the open record names is not in the tagged tree as it says.";
    TasksUnread = "tasks-unread", Note, "Lines of the checklist look like tasks and are no items, so nobody signed them.";
    ItemUnknown = "item-unknown", Rule, "A record speaks of an item that the open record does not hold.";
    ItemChanged = "item-changed", Rule, "A record was signed for another text of the item than the open record holds.";
    EvidenceMissing = "evidence-missing", Incomplete, "Evidence that a record names is not in this repository.";
    EvidenceChanged = "evidence-changed", Tampered, "Evidence does not have the digest or size that the record names.";
    EvidencePointer = "evidence-pointer", Note, "Evidence is a link without a digest, so it can change without anyone noticing.";
    EvidenceRedacted = "evidence-redacted", Note, "Enough people let a piece of evidence be erased; what was signed about it stands.";
    RedactionShort = "redaction-short", Rule, "Erasing evidence takes two people, and fewer have signed that.";
    TreeNotStrengthened = "tree-not-strengthened", Note, "The tree holds submodules, whose commits are bound by SHA-1 only.";
    // Omission: something that is named is not here.
    RecordMissing = "record-missing", Incomplete, "A record names another that is not here: as a parent, as its open record, in a manifest, to withdraw it or to waive over it.";
    RecordVanished = "record-vanished", Incomplete, "A record that this clone has seen, or that a receipt names, is gone.";
    LogMissing = "log-missing", Incomplete, "The tag's name has an open record, but the tag object's own log does not hold it.";
    PreviousNotHere = "previous-not-here", Incomplete, "The release that an open record names as the one before is not here, so whether it passed is not known.";
    EnvironmentUnnamed = "environment-unnamed", Incomplete, "Nobody says where it is to go, and it was opened for another environment than the component's first, or for several.";
    ComponentUnnamed = "component-unnamed", Incomplete, "Nobody says which component is to go out, and there are several.";
    RemoteUnasked = "remote-unasked", Incomplete, "The remote could not be asked, so what is here may not be all that was signed.";
    NeverSynced = "never-synced", Incomplete, "No records were ever fetched from the remote, so whether a release was opened is not known.";
    FreezeUnknown = "freeze-unknown", Incomplete, "What is frozen can't be told, so nothing may be pushed until it can.";
    ReceiptMissing = "receipt-missing", Incomplete, "A witness's receipts are not all here, so what follows the gap does not count.";
    ReceiptForked = "receipt-forked", Tampered, "A witness's receipts contradict each other, so what follows does not count.";
    UnseenRecord = "unseen-record", Note, "A record is not in the decision's manifest, so the decision does not rest on it.";
    UnseenNegative = "unseen-negative", Rule, "A word against the release is not in the decision's manifest, so the decision does not hold.";
    // Authority: the signature is good, the right is missing.
    NotOpened = "not-opened", Rule, "No authorised open record stands on this tag.";
    OpenUnauthorised = "open-unauthorised", Rule, "The release was opened by someone whom the policy does not let open this type.";
    SecondOpen = "second-open", Rule, "The same tag and environment were opened more than once.";
    OpenContradictsPolicy = "open-contradicts-policy", Rule, "The open record asks less of an item than the policy it names, or is for a component or environment that the policy does not have for the tag.";
    OpenContradictsRange = "open-contradicts-range", Tampered, "The commits of the range were made by other people, or are more or fewer, than the open record says.";
    RangeNotHere = "range-not-here", Note, "The commits of the range are not all here, so their authors were not compared with the open record again.";
    RangeUnreadable = "range-unreadable", Incomplete, "A commit of the range can't be read, or is gone where no shallow clone explains it, so its authors can't be compared with the open record.";
    BotCommits = "bot-commits", Note, "In some commits of the range no person stands, only addresses that the policy lists as those of bots and forges.";
    ChecklistOverridden = "checklist-overridden", Rule, "Another checklist than the policy's was named by hand, which takes two people.";
    PreviousUnproven = "previous-unproven", Rule, "The release that an open record names as the one before is not one that passed, so the range of commits is not what has to be reviewed.";
    PreviousNotBelow = "previous-not-below", Rule, "The commit of the release that an open record names as the one before is not an ancestor of its own, so the range of commits is not what has to be reviewed.";
    PreviousOverridden = "previous-overridden", Rule, "The previous release was named by hand, which takes two people.";
    NotAuthorised = "not-authorised", Rule, "The signer may not say this: the policy gives the right to other roles.";
    RoleNotHeld = "role-not-held", Rule, "The signer claims a role that the policy does not give them.";
    ReceiptUnauthorised = "receipt-unauthorised", Rule, "A receipt is by somebody who may not witness, or by a key that nobody vouches for, or of another form, and counts for nothing.";
    MachineNotPerson = "machine-not-person", Rule, "A machine's key signed what only a person may say.";
    KeyRetired = "key-retired", Rule, "The signing key was retired, and nothing shows that a word in favour was signed before.";
    KeyCompromised = "key-compromised", Rule, "The signing key was compromised, and nothing shows that a word in favour was signed before.";
    KeyNotListed = "key-not-listed", Rule, "The policy version that a word in favour names does not list the signing key.";
    PolicyOutdated = "policy-outdated", Rule, "A word in favour names an older policy version than the one in force, and nothing shows that it was signed before the next.";
    NotOwner = "not-owner", Rule, "Somebody other than the item's owner said that it is done.";
    ReviewByOwner = "review-by-owner", Rule, "A review by the item's own owner does not count.";
    ReviewByTagger = "review-by-tagger", Rule, "A review by the person who made the tag does not count.";
    ReviewByImplementer = "review-by-implementer", Rule, "A review by someone with commits in the range does not count.";
    ImplementerUnknown = "implementer-unknown", Rule, "A commit in the range is by an identity that the policy maps to nobody, so separation of duties can't be shown.";
    TaggerUnknown = "tagger-unknown", Rule, "The tag was made under an address that the policy maps to nobody, so separation of duties can't be shown.";
    HardwareKeyRequired = "hardware-key-required", Rule, "The item asks for a hardware key, and this record was signed with another.";
    EvidenceRequired = "evidence-required", Rule, "The item asks for evidence with a digest, and the owner's word has none.";
    ApprovalExpired = "approval-expired", Rule, "A word on an item was older than the policy allows at the decision.";
    WaiverExpired = "waiver-expired", Rule, "A waiver had ended at the decision.";
    WaiverShort = "waiver-short", Rule, "A waiver needs more people than have signed it.";
    NoItems = "no-items", Rule, "The checklist has no item that GO needs, so there is nothing to decide on.";
    ItemOpen = "item-open", Rule, "An item that GO needs is not satisfied.";
    CheckFailed = "check-failed", Rule, "The latest check of an item failed.";
    RejectOpen = "reject-open", Rule, "A reject was neither withdrawn by its author nor set aside by two people.";
    WithdrawOfOthers = "withdraw-of-others", Rule, "Somebody withdrew a record that is not their own.";
    DisregardShort = "disregard-short", Rule, "Setting a record's absence aside takes two people.";
    NotDecided = "not-decided", Rule, "Nobody who may has decided go.";
    DecidedNoGo = "decided-no-go", Rule, "The latest decision is no-go, or go only under conditions.";
    DecisionUnauthorised = "decision-unauthorised", Rule, "The decision was signed by someone who may not decide.";
    DecisionWithoutBasis = "decision-without-basis", Rule, "A go decision was signed on records that do not satisfy the policy.";
    DecisionWithdrawn = "decision-withdrawn", Rule, "Whoever signed the decision took it back.";
    ReleaseEnded = "release-ended", Rule, "The release was rolled back or abandoned, so no decision can let it go out again.";
    DecisionSuspended = "decision-suspended", Rule, "Something was said against the release after the decision.";
    OtherCommit = "other-commit", Rule, "The release stands on another commit than the one that is asked about or checked out.";
    OtherComponent = "other-component", Rule, "The release is of another component than the one that is asked about.";
    StageNotPassed = "stage-not-passed", Rule, "A stage before the one that is asked about has not passed.";
    StageBaking = "stage-baking", Rule, "A stage before the one that is asked about was not watched for as long as its bake time.";
    StageItemOpen = "stage-item-open", Rule, "An item of a stage before the one that is asked about is neither settled nor confirmed.";
    StagePersonRequired = "stage-person-required", Rule, "The stage takes all of the traffic, and no person has entered it.";
    TimeInFuture = "time-in-future", Rule, "A record claims a time later than the verification, so a word in favour does not count.";
    TimeBeforeParent = "time-before-parent", Note, "A record claims a time before that of a record it had seen.";
    Backdated = "backdated", Note, "A record claims a time at which a witness had looked and not had it, or reached a witness later than the policy allows.";
    // Policy.
    PolicyMissing = "policy-missing", Incomplete, "The policy version that a record names is not here.";
    PolicyInvalid = "policy-invalid", Tampered, "A version of the policy chain can't be read, or can't follow the one before.";
    PolicyUnsigned = "policy-unsigned", Tampered, "A step of the policy chain lacks the signatures of enough owners.";
    PolicyReassigned = "policy-reassigned", Tampered, "A version of the policy gives a key or a handle to somebody else than an earlier one.";
    AnchorsDropped = "anchors-dropped", Tampered, "A version of the policy no longer anchors a record that the version before had settled.";
    PolicyFork = "policy-fork", Incomplete, "A policy version has another digest here than a record names, or than this clone accepted before.";
    PolicyRolledBack = "policy-rolled-back", Incomplete, "The policy here is older than a version that this clone accepted before.";
    RootUnpinned = "root-unpinned", Incomplete, "No root is pinned, so nobody's authority can be shown.";
    RootAmbiguous = "root-ambiguous", Incomplete, "Two different roots are pinned, so it can't be said whose policy rules.";
    RootMismatch = "root-mismatch", Tampered, "The policy here descends from another root than the pinned one.";
    PolicyEdited = "policy-edited", Note, "The policy file at HEAD differs from the version in force.";
    // Pushes.
    RefFrozen = "ref-frozen", Rule, "A push moves a ref that is frozen, and no exception lets it.";
    ExceptionShort = "exception-short", Rule, "Fewer people than needed have granted the exception for this commit.";
    ExceptionExpired = "exception-expired", Rule, "The exception for this commit has expired.";
    ExceptionSpent = "exception-spent", Rule, "The exception for this commit was used before.";
    ExceptionMismatch = "exception-mismatch", Rule, "A push lands something else than what the exception was granted for.";
    RefGated = "ref-gated", Rule, "A push moves a gated ref to something else than the commit of a release in GO, or not forward.";
    RefProtected = "ref-protected", Rule, "A push deletes or rewinds a protected ref.";
    RefReplacement = "ref-replacement", Rule, "A push brings a replacement ref, which would change what git shows for an object.";
    TagSpent = "tag-spent", Rule, "A push moves or deletes the tag of a release that was opened, or gives its name to another object.";
    OwnRefRewritten = "own-ref-rewritten", Rule, "A push deletes, rewinds or replaces one of relsign's own refs, or drops something from it.";
    OwnRefUnknown = "own-ref-unknown", Rule, "A push brings a ref that is relsign's own by its name and that others must not be given.";
    RecordBackdated = "record-backdated", Rule, "A record claims a time longer before its arrival than the policy allows.";
    NoteMalformed = "note-malformed", Rule, "A push brings something into the notes that is no note of records.";
    OpenUnannounced = "open-unannounced", Rule, "An open record does not stand in every note where others look for it.";
    // Exceptional, shown first in every report.
    Waived = "waived", Note, "The release goes without an item, for a stated reason.";
    OverriddenReject = "overridden-reject", Note, "A reject was set aside by two people.";
    GlassBroken = "glass-broken", Note, "One person alone let a change through a freeze.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = Self::ALL.iter().map(|code| code.as_str()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// One thing that was found, with what it can be cited by.
///
/// The order is that of reports: by severity, then code, then what it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// What it means for integrity.
    pub severity: Severity,
    /// The stable code.
    pub code: Code,
    /// What it is about, where that is not a record: a tag, an item, a line of a note, a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Fingerprint>,
    /// The policy version under which it was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<u32>,
    /// What was seen, in one sentence; text from the repository in it is still raw, and renderers make it safe.
    pub message: String,
}

impl Finding {
    /// Makes a finding with the severity of its code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { severity: code.severity(), code, subject: None, record: None, key: None, policy: None, message: message.into() }
    }

    /// Names what the finding is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Cites a record.
    #[must_use]
    pub fn record(mut self, id: RecordId) -> Self {
        self.record = Some(id);
        self
    }

    /// Cites a key.
    #[must_use]
    pub fn key(mut self, key: Fingerprint) -> Self {
        self.key = Some(key);
        self
    }

    /// Cites the policy version that was applied.
    #[must_use]
    pub fn policy(mut self, version: u32) -> Self {
        self.policy = Some(version);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let texts: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
        }
    }
}
