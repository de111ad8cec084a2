//! What was seen, as a value: the one table that gives each thing its code and its sentence.
//!
//! A sentence is written only where it is shown. What is in the way of a word is a thing seen too, and another may say of what.

use std::cmp::Ordering;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::codes::Code;
use super::unread::{ChecklistUnread, Lapse, NoSigner, RangeUnread};
use crate::model::course::{Lack, LackKind};
use crate::model::ids::{
    Environment, Fingerprint, Handle, ItemId, ObjectId, PolicyDigest, Principal, RecordId, RoleName, RootDigest, Sha256Digest,
};
use crate::model::need::{Need, NeedKind};
use crate::model::policy::{KeyState, Right, WhoMay};
use crate::model::record::{ActionEvent, Decision, Outcome, Owner, PolicyHead, ReadingResult, RollbackEvent, SignVerdict};
use crate::model::time::Timestamp;

/// How many of the things that the end of a release lacks are named.
const MOST_LACKS: usize = 5;
/// How many characters of a sentence another quotes.
const MOST_QUOTED: usize = 120;
/// How many records are named.
const MOST_NAMED: usize = 5;
/// How many lines of a file are named.
const MOST_LINES: usize = 10;

/// A record, as a sentence names it.
#[derive(Debug, Clone)]
pub struct RecordName {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: RecordId,
    /// Who signed it.
    pub by: Principal,
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} by {}", self.kind, self.id.short(), self.by)
    }
}

/// Defines [`Seen`] with, for each thing, its fields, its code and the form of its sentence, with what is not written as it is.
macro_rules! seen {
    ($($variant:ident $({ $($field:ident: $type:ty),* })? = $code:expr, $form:literal $(, $name:ident = $value:expr)*;)*) => {
        /// What was seen, with what it was seen of.
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "the form says what each is and what its fields are")]
        pub enum Seen {
            $(#[doc = $form] $variant $({ $($field: $type),* })?,)*
        }

        impl Seen {
            /// For each thing the rule for its code, which names every code that it may get, and the form of its sentence.
            pub const FORMS: &'static [(&'static str, &'static str)] = &[$((stringify!($code), $form),)*];

            /// Returns the code of a finding of it.
            #[allow(unused_variables, reason = "few codes depend on the fields")]
            pub fn code(&self) -> Code {
                use Code::*;
                match self { $(Self::$variant $({ $($field),* })? => $code,)* }
            }
        }

        /// The sentence; text from the repository in it is still raw, and renderers make it safe.
        impl fmt::Display for Seen {
            #[allow(unused_variables, reason = "some fields are for the code alone")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant $({ $($field),* })? => write!(f, $form $(, $name = $value)*),)* }
            }
        }
    };
}

seen! {
    // Lines of a note.
    LineTooLong { bytes: usize, most: usize } = LineTooLong, "the line has {bytes} bytes; at most {most} are read";
    LineMalformed { what: String } = LineMalformed, "{what}";
    PayloadMalformed { what: String } = PayloadMalformed, "{what}";
    SignatureMalformed { what: String } = SignatureMalformed, "{what}";
    KeyTypeUnsupported { what: String } = KeyTypeUnsupported, "{what}";
    KeyWeak { what: String } = KeyWeak, "{what}";
    KindUnwritable { kind: String } = KindUnknown, "a record of kind {kind:?} can't be written";
    HashWrong { found: String } = HashWrong, "the signature uses the hash {found:?} instead of sha512";
    NamespaceWrong { found: String, wanted: String } = NamespaceWrong, "the signature is for namespace {found:?} instead of {wanted:?}";
    SignatureInvalid = SignatureInvalid, "the signature does not verify over these bytes";
    NoUserPresence = NoUserPresence, "the hardware key signed without being touched";
    KeyidMismatch { named: Fingerprint, key: Fingerprint } = KeyidMismatch, "the envelope names key {named}, but {key} signed";
    SignerKeyMismatch { named: Fingerprint, key: Fingerprint } = SignerMismatch, "the record names key {named}, but {key} signed";
    SignerMismatch { named: Principal, holder: Principal } = SignerMismatch, "the record names {named}, but the key is that of {holder}";
    RecordOfRoot { root: RootDigest } = RecordForeign, "the record is of the repository with root {root}";
    SignerUnknown { key: Fingerprint } = SignerUnknown, "the policy never listed key {key}";
    LinesUnread { lines: usize, most: usize } = TooManyLines, "the log has {lines} lines that name listed keys; only {most} are read";
    JunkLines { lines: usize, most: usize } = JunkLines, "the log has {lines} lines that no listed key can have signed; only {most} are listed";
    NoteUnread { why: String } = TooManyLines, "{why}";
    OpensUnread { object: ObjectId, why: String } = TooManyLines, "another release may have been opened in the note of {object}: {why}", object = object.short();
    KindUnknown { kind: String } = KindUnknown, "the record is of the unknown kind {kind:?}";
    LineRefused { object: ObjectId, why: Box<Seen> } = why.code(), "a line on {object} is refused: {why}", object = object.short();

    // What a record may say, and where it may lie.
    RecordForeign { kind: String, who: Principal, root: RootDigest } = RecordForeign, "{kind} by {who} belongs to the repository of root {root}", root = root.short();
    RecordElsewhere { kind: String, who: Principal, name: String, differing: Vec<String> } = SubjectMismatch, "{kind} by {who} is attached to {name} but is about something else: {what}",
        what = if differing.is_empty() { "more than that".to_owned() } else { differing.join(", ") };
    RootRecordElsewhere { kind: String, who: Principal } = SubjectMismatch, "{kind} by {who} is in the root log but is about something else";
    RecordRefused { record: RecordName, why: Box<Seen> } = why.code(), "{record} is refused: {why}";
    RecordIncomplete { record: RecordName, what: &'static str } = RecordIncomplete, "{record} {what}";
    PolicyUnknown { record: RecordName, version: u32, is_forked: bool } = if *is_forked { PolicyFork } else { PolicyMissing }, "{record} names policy version {version}, which is not in the chain here";
    PolicyHeadUnknown { kind: String, who: Principal, head: PolicyHead, is_forked: bool } = if *is_forked { PolicyFork } else { PolicyMissing },
        "{kind} by {who} names policy version {version} of digest {digest}, which is not in the chain here", version = head.version, digest = head.digest.short();
    EvidenceSize { record: RecordName, name: String, says: u64, size: u64 } = EvidenceSize, "{record} says that {name} has {says} bytes, but it has {size}";
    FreezeOfNothing { record: RecordName, open: RecordId } = RecordMissing, "{record} names {open}, which is not in the log of the tag that it names", open = open.short();
    WithdrawsOthers { record: RecordName, author: Principal } = NotAuthorised, "{record} withdraws a record of {author}, which only {author} can do";
    MachineSigned { record: RecordName } = MachineNotPerson, "{record} is by a machine, and only a person can sign this";
    MachineSignedFor { record: RecordName, right: Right } = MachineNotPerson, "{record} is by a machine, and only a person may {right}";
    MachineSignedRoot { record: RecordName } = MachineNotPerson, "{record} is about all refs, which only a person may sign";
    RightNeverHeld { record: RecordName, right: Right, who_may: WhoMay } = match right { Right::Open(_) => OpenUnauthorised, Right::Decide => DecisionUnauthorised, _ => NotAuthorised },
        "{record} is refused: {who} may not {right} under any version of the policy; who may: {who_may}", who = record.by;
    KindInactive { record: RecordName } = KindUnknown, "{record} is of a kind that is not known here, and the policy in force does not list its key as active";
    NotForLogs { record: RecordName } = SubjectMismatch, "{record} does not belong in a log";
    Misattached { record: RecordName } = SubjectMismatch, "{record} is attached to something that it is not about";
    TagDiffers { record: RecordName } = SubjectMismatch, "{record} is not about the tag as it is here";
    Unconnected { record: RecordName, missing: RecordId } = RecordMissing, "{record} names {missing}, which is not in the log", missing = missing.short();
    Ahead { record: RecordName, time: Timestamp, now: Timestamp } = TimeInFuture, "{record} claims to be signed at {time}, and it is now {now}";
    RecordBackdated { record: RecordName, time: Timestamp } = RecordBackdated, "{record} claims to be signed at {time}, longer ago than limits.max_backdate of the policy allows";
    TagNotHere { record: RecordName, object: ObjectId } = TagObjectMissing, "{record} is about tag object {object}, which is not here", object = object.short();
    OpenUnannounced { record: RecordName, where_to: &'static str } = OpenUnannounced, "{record} is missing {where_to}";
    NoReceipt { record: RecordName } = ReceiptUnauthorised, "{record} is not a receipt by a witness";
    LogOverfull { object: ObjectId, most: usize } = TooManyLines, "the log of {object} would have more than {most} lines, the most that are read", object = object.short();
    SignerOverfull { who: Principal, lines: usize, mebibytes: u64, object: ObjectId } = TooManyLines,
        "{who} would have more than {lines} records or {mebibytes} MiB in the log of {object}, a tenth of what is read", object = object.short();

    // Who may.
    MayNot { who: Principal, right: Right } = NotAuthorised, "{who} may not {right}";
    MayNotOpen { who: Principal, right: Right } = OpenUnauthorised, "{who} may not {right}";
    MayNotDecide { who: Principal } = DecisionUnauthorised, "{who} may not {right}", right = Right::Decide;
    OthersMay { who: Principal, right: Right, who_may: WhoMay } = if who.person().is_none() && *right == Right::Grant { MachineNotPerson } else { NotAuthorised }, "{who} may not {right}; who may: {who_may}";
    NeverMight { who: Principal, right: Right } = NotAuthorised, "{who} may not {right} under any version of the policy";
    NeverMightFreeze { who: Principal } = NotAuthorised, "{who} may not {right} or open a release under any version of the policy", right = Right::Freeze;
    IsMachine { who: Principal } = MachineNotPerson, "{who} is a machine";
    MachineSigns { who: Principal } = MachineNotPerson, "{who} is a machine, and only a person can sign this";
    MachineOpens { who: Principal } = MachineNotPerson, "{who} is a machine, and only a person may open a release";
    MachineDecides { who: Principal } = MachineNotPerson, "{who} is a machine, and only a person decides";
    NoPerson { who: Principal } = NotAuthorised, "{who} is not a person of the policy";
    RoleNotHeld { who: Principal, role: RoleName } = RoleNotHeld, "{who} does not have the role {role}";
    NotOwner { owner: Option<Owner> } = NotOwner, "the item's owner is {owner}", owner = or(owner.as_ref(), "the release manager");
    EvidenceRequired = EvidenceRequired, "the item requires evidence with a digest";
    Unwaivable = NotAuthorised, "the policy does not allow this item to be waived";
    ReviewByOwner = ReviewByOwner, "the reviewer must not be the item's owner";
    ReviewOfOwnDone = ReviewByOwner, "the reviewer must not have signed it as done themselves, unless they withdraw that";
    ReviewByTagger = ReviewByTagger, "the reviewer must not be the tagger";
    TaggerUnknown = TaggerUnknown, "the tagger's address is not in the policy, so no review can be shown to be independent";
    ReviewByImplementer = ReviewByImplementer, "the reviewer must not have commits in the release";
    ReviewByAccepter = ReviewByImplementer, "the reviewer must not have accepted the unknown authors of the release";
    ImplementersUnknown { who: String } = ImplementerUnknown, "{who} not in the policy, so no review can be shown to be independent";
    ImplementersBots { commits: String } = ImplementerUnknown, "no person is named in {commits}, so no review can be shown to be independent";
    HardwareKeyRequired = HardwareKeyRequired, "the item requires a review with a hardware key";

    // Whether a key and a version are good.
    NamesUnknownPolicy { head: PolicyHead } = PolicyMissing, "it names policy version {version} with digest {digest}, which is not in the chain here", version = head.version, digest = head.digest.short();
    KeyLapsed { key: Fingerprint, who: Principal, lapse: Lapse } = lapse.state.map_or(KeyNotListed, of_bad), "the key {key} of {who} {lapse}; sign it again with another";
    KeyLapsedSince { key: Fingerprint, who: Principal, lapse: Lapse, next: u32 } = lapse.state.map_or(KeyRetired, of_bad),
        "the key {key} of {who} {lapse}, and nothing shows that this was signed before version {next}; sign it again with another";
    PolicyOutdated { version: u32, next: u32 } = PolicyOutdated, "it names policy version {version}, and nothing proves that it was signed before version {next}; sign it again";
    TimeInFuture { time: Timestamp } = TimeInFuture, "it claims to be signed at {time}, which is in the future";
    Withdrawn = UnseenRecord, "its author withdrew it";
    ApprovalExpired { time: Timestamp } = ApprovalExpired, "it was signed at {time}, longer before the decision than the policy allows";
    WaiverExpired { expires: Timestamp } = WaiverExpired, "it expired at {expires}";

    // What does not count.
    RecordIgnored { says: String, who: Principal, why: Box<Seen> } = why.code(), "{says} by {who} does not count: {why}";
    SignOffIgnored { verdict: SignVerdict, who: Principal, id: ItemId, why: Box<Seen> } = why.code(), "{verdict} by {who} on {id} does not count: {why}";
    OpenIgnored { who: Principal, why: Box<Seen> } = why.code(), "the open record by {who} does not count: {why}";
    DecisionIgnored { who: Principal, why: Box<Seen> } = why.code(), "the decision by {who} does not count: {why}";
    DoneIgnored { who: Principal, id: String, why: Box<Seen> } = why.code(), "{who} says that {id} is done, which does not count: {why}";
    MetIgnored { who: Principal, id: String, why: Box<Seen> } = ConditionNotMet, "{who} says that condition {id} is met, which does not count: {why}";
    FreezeIgnored { freeze: RecordId, who: Principal, why: Box<Seen> } = why.code(), "freeze {freeze} by {who} does not count: {why}", freeze = freeze.short();
    FreezeEndIgnored { kind: String, freeze: RecordId, why: Box<Seen> } = why.code(), "{kind} of freeze {freeze} does not count: {why}", freeze = freeze.short();
    ReceiptIgnored { kind: String, who: Principal, why: Box<Seen> } = ReceiptUnauthorised, "a {kind} by {who} is not a receipt: {why}";
    WithdrawOfOthers { who: Principal, record: RecordId } = WithdrawOfOthers, "{who} withdrew {record}, which is a withdraw or somebody else's record", record = record.short();
    RecordOfOtherOpen { kind: String, who: Principal } = RecordOfOtherOpen, "{kind} by {who} belongs to another open record of this tag";
    UnseenRecord { says: String, who: Principal } = UnseenRecord, "{says} by {who} came after the decision and does not count for it";
    TimeBeforeParent { kind: String, who: Principal, time: Timestamp, latest: Timestamp } = TimeBeforeParent, "{kind} by {who} claims {time}, but had seen a record of {latest}";
    Backdated { kind: String, who: Principal, time: Timestamp, witnessed: Timestamp, looked: Option<Timestamp> } = Backdated, "{kind} by {who} claims {time}, and reached a witness at {witnessed}, {why}",
        why = looked.map_or_else(|| "later than the policy allows".to_owned(), |looked| format!("which did not have it at {looked}"));

    // The tag.
    NoTag { name: String } = TagObjectMissing, "there is no tag {name} here";
    TagPartMissing { part: &'static str, name: String } = TagObjectMissing, "{part} of {name} is not here";
    TagMissing { id: ObjectId, name: String } = TagObjectMissing, "the tag object {id} of {name} is not here";
    TagPartUnreadable { part: &'static str, name: String, why: String } = TagObjectMissing, "{part} of {name} can't be read: {why}";
    CommitNotHere { name: String, wanted: Option<ObjectId> } = TagObjectMissing, "the commit that {name} points at is not here, so it can't be compared with {wanted}",
        wanted = wanted.map_or_else(|| "what is checked out".to_owned(), |wanted| wanted.short());
    TagLightweight { name: String, kind: &'static str } = TagLightweight, "{name} is a lightweight tag on a {kind}; only an annotated tag can be signed off";
    TagDeletedHere { name: String, object: ObjectId, remote: String } = TagObjectMissing, "{name} was deleted in this clone; {remote} has it as it was opened, on tag object {object}", object = object.short();
    TagDeleted { name: String, object: ObjectId, orphaned: Vec<RecordId> } = TagDeleted, "{name} was opened on tag object {object} and no longer exists{orphans}", object = object.short(), orphans = orphans(orphaned);
    TagMoved { name: String, object: ObjectId, now: ObjectId, orphaned: Vec<RecordId> } = TagMoved, "{name} was opened on tag object {object} and now points at {now}{orphans}",
        object = object.short(), now = now.short(), orphans = orphans(orphaned);
    TagDeletedAt { name: String, object: ObjectId, remote: String, way_back: String } = TagDeleted, "{name} was opened on tag object {object}, and it is gone from {remote}; restore it: {way_back}", object = object.short();
    TagMovedAt { name: String, object: ObjectId, remote: String, there: ObjectId, way_back: String } = TagMoved,
        "{name} was opened on tag object {object}, and {remote} has {there} under this name; restore it: {way_back}", object = object.short(), there = there.short();
    LogMissing { name: String, open: RecordId } = LogMissing, "{name} was opened by record {open}, which is not in the tag's log", open = open.short();
    TagNameMismatch { name: String, inner: String } = TagNameMismatch, "the tag object at refs/tags/{name} has the name {inner:?} inside";
    TreeNotStrengthened { paths: Vec<String> } = TreeNotStrengthened, "submodules are bound by SHA-1 only: {paths}", paths = paths.join(", ");
    TagSignatureUnverified { name: String, why: NoSigner } = TagSignatureUnverified, "the signature of the tag {name} proves nothing: {why}";
    TagUnsigned { name: String, why: Option<NoSigner> } = TagUnsigned, "the policy requires a signed tag, and {name} is not: {why}", why = or(why.as_ref(), "it has no signature");

    // What a release rests on.
    BotCommits { commits: String } = BotCommits, "no person is named in {commits}";
    TasksUnread { path: String, count: u32, lines: Vec<u32> } = TasksUnread, "in {path}, {what} {lines}{rest}",
        what = if *count == 1 { "1 line looks like a task but is not an item, so nobody signed it off: line".to_owned() } else { format!("{count} lines look like tasks but are not items, so nobody signed them off: lines") },
        lines = list(lines.iter().take(MOST_LINES)), rest = if *count as usize > lines.len().min(MOST_LINES) { ", …" } else { "" };
    ChecklistUnreadable { path: String, why: ChecklistUnread } = ChecklistUnreadable, "{why}", why = why.describe(path);
    ChecklistChanged { path: String, parts: Vec<String> } = ChecklistChanged, "{path} differs from when the release was opened: {parts}", parts = parts.join(", ");
    RangeUnreadable { why: RangeUnread } = RangeUnreadable, "the authors of the range can't be determined: {why}";
    RangeNotHere = RangeNotHere, "some commits of the range are not here, so their authors were not compared again";
    ReleaseNotHere = RangeNotHere, "some commits of the release are not here, so its changes are not completely known";
    MakersDiffer = OpenContradictsRange, "the tagger or the authors of the range differ from the open record";
    CommitsDiffer { commits: u64, says: u64 } = OpenContradictsRange, "the range has {commits} commits, and the open record says {says}";
    PreviousNotBelow { opener: Principal, name: String } = PreviousNotBelow, "{opener} named {name} as the previous release, and its commit is not an ancestor of this one";
    PreviousWrong { opener: Principal, name: String, why: Box<Seen> } = why.code(), "{opener} named {name} as the previous release: {why}";
    PreviousOfOthers = PreviousUnproven, "that is not a tag of the same component";
    PreviousElsewhere = PreviousUnproven, "its tag object points at another commit";
    PreviousUnreadable = PreviousUnproven, "its tag object can't be read";
    PreviousNamed { inner: String } = PreviousUnproven, "its tag object has the name {inner:?} inside";
    PreviousNotPassed = PreviousUnproven, "it did not pass";
    PreviousNotHere { what: &'static str } = PreviousNotHere, "{what}";
    EvidencePointer { name: String } = EvidencePointer, "{name} is a link without a digest";
    EvidenceChanged { name: String } = EvidenceChanged, "{name} does not have the digest that the record names";
    EvidenceMissing { name: String } = EvidenceMissing, "{name} is not in this repository";
    EvidenceRedacted { name: String, people: Vec<Handle>, reasons: Vec<String> } = EvidenceRedacted, "{name} was redacted by {people} and is not required: {reasons}", people = list(people), reasons = reasons.join("; ");
    RedactionShort { digest: Sha256Digest, people: Vec<Handle>, missing: u32 } = RedactionShort, "the evidence {digest} is redacted by {people}; {missing} more needed", digest = digest.short(), people = list(people);
    EnvironmentForeign { version: u32, component: String, environment: Environment } = OpenContradictsPolicy, "policy version {version} does not release {component} to {environment}";
    ComponentForeign { name: String, component: String } = OpenContradictsPolicy, "{name} is not a tag of the component {component:?}";
    SinceDiffers { since: Option<ObjectId>, version: u32, policy: Option<ObjectId> } = OpenContradictsPolicy, "the open record begins {since}, and policy version {version} {policy}",
        since = beginning(*since), policy = beginning(*policy);
    RequiresLess { id: ItemId, version: u32 } = OpenContradictsPolicy, "the open record requires less of {id} than policy version {version}";

    // Items.
    RejectOfUnknown { who: Principal, id: ItemId } = RejectOpen, "{who} rejected {id}, which is not in the checklist";
    Rejected { id: ItemId } = RejectOpen, "{id} is rejected";
    ItemOpen { id: ItemId, needs: Vec<Need> } = if needs.iter().any(|need| need.what == NeedKind::CheckPassed) { CheckFailed } else { ItemOpen }, "{id} is not complete: it needs {needs}", needs = needed(needs);
    NoItems = NoItems, "the checklist has no item of phase before that is not optional";
    SecondOpen { who: Principal, name: String, environment: Environment } = SecondOpen, "{who} opened {name} for {environment} again";
    KindUnjudged { kind: String } = KindUnknown, "a record of the kind {kind:?} can't be judged by this version";
    Waived { id: ItemId, people: Vec<Handle> } = Waived, "{id} is waived by {people}", people = list(people);
    WaiverShort { id: ItemId, missing: u32 } = WaiverShort, "{id} needs {missing} more to waive it";
    OverriddenReject { id: ItemId, who: Principal } = OverriddenReject, "the reject of {id} by {who} was set aside by a waiver";
    SignedUnknown { who: Principal, verdict: SignVerdict, id: ItemId } = ItemUnknown, "{who} signed {verdict} on {id}, which is not in the checklist";
    SignedChanged { who: Principal, verdict: SignVerdict, id: ItemId } = ItemChanged, "{who} signed {verdict} on another text of {id}";
    AssignedUnknown { who: Principal, id: ItemId, owner: Handle } = ItemUnknown, "{who} assigned {id} to {owner}, which is not in the checklist";
    AssignedChanged { who: Principal, id: ItemId, owner: Handle } = ItemChanged, "{who} assigned {id} to {owner}, which has another text";
    AssignMayNot { who: Principal, id: ItemId, owner: Handle } = NotAuthorised, "{who} assigned {id} to {owner}, and may not assign items";
    AssigneeUnknown { who: Principal, id: ItemId, owner: Handle } = NotAuthorised, "{who} assigned {id} to {owner}, who is not a person of the policy";

    // Actions and conditions.
    ActionOpen { id: String, text: String, is_failed: bool } = ActionOpen, "the action {id} {what}: {text}", what = if *is_failed { "failed" } else { "is open" };
    ActionNotTheirs { who: Principal, event: ActionEvent, id: String, owner: Option<Owner> } = ActionNotTheirs, "{who} says {event} of {id}, which does not count: it was given to {owner}", owner = or(owner.as_ref(), "nobody");
    GivenTo { owner: Option<Owner> } = ActionNotTheirs, "it was given to {owner}", owner = or(owner.as_ref(), "the release managers");
    MadeRelease { who: Handle } = ActionNotTheirs, "{who} made what is released";
    NoCondition = ConditionNotMet, "there is no such condition";
    DecisionUnseen { who: Handle } = ConditionNotMet, "{who} had not seen the decision";
    ConditionLate { at: Timestamp, due: Timestamp } = ConditionNotMet, "it came at {at}, and was due at {due}";
    RoleClaimed { who: Handle } = ConditionNotMet, "{who} does not have the role that they claim";
    ConditionOpen { id: String, due: Timestamp, assignee: Owner, text: String } = ConditionOpen, "condition {id} is open until {due} ({assignee}): {text}";
    ConditionOverdue { id: String, due: Timestamp, assignee: Owner, text: String } = ConditionOverdue, "condition {id} fell due at {due} and was not met ({assignee}): {text}";
    ConditionFailed { id: String, text: String } = ConditionFailed, "condition {id} failed: {text}";

    // Decisions.
    NotOpened { name: String } = NotOpened, "no authorised person has opened {name}";
    ReleaseEnded { outcome: Option<Outcome>, who: Principal } = ReleaseEnded, "the release was {outcome} by {who}", outcome = or(outcome.as_ref(), "rolled back");
    DecidedNoGo { who: Principal, decision: Decision, time: Timestamp } = DecidedNoGo, "{who} decided {decision} at {time}";
    DecisionSuspended { who: Principal, time: Timestamp } = DecisionSuspended, "the decision by {who} at {time} is suspended";
    NotDecided = NotDecided, "no authorised person has decided GO yet";
    TooFewDecided = NotDecided, "not enough people have decided GO";
    DecidersMissing { who: Vec<Handle>, needed: u32, people: u32, roles: Vec<(RoleName, Vec<Handle>)> } = DecidersMissing, "{who} decided GO, and it takes {needed} people; it waits for {waits}",
        who = list(who), waits = if roles.is_empty() { format!("{people} more") } else { roles.iter().map(held).collect::<Vec<_>>().join(" and ") };
    DecisionWithdrawn { who: Principal } = DecisionWithdrawn, "{who} withdrew the decision";
    ManifestMissing { id: RecordId } = RecordMissing, "the decision's manifest names {id}, which is not in the log", id = id.short();
    ManifestOmits { parent: RecordId, id: RecordId } = RecordMissing, "the decision's manifest omits {parent}, which {id} had seen", parent = parent.short(), id = id.short();
    ManifestWithoutOpen = DecisionWithoutBasis, "the decision's manifest lacks the open record";
    DecisionWithoutBasis { who: Principal } = DecisionWithoutBasis, "{who} decided GO on records that do not satisfy the policy";
    PreviousOverridden { opener: Principal, missing: u32 } = PreviousOverridden, "{opener} named the previous release by hand, and {missing} more must decide GO";
    ChecklistOverridden { opener: Principal, path: String, missing: u32 } = ChecklistOverridden, "{opener} used the checklist {path}, which is not the policy's, and {missing} more must decide GO";
    UnseenNegative { who: Principal, time: Timestamp, says: String } = UnseenNegative, "{who} at {time}, after the decision, which is now suspended: {says}";
    RecordMissing { kind: String, who: Principal, named: RecordId } = RecordMissing, "{kind} by {who} had seen {named}, which is not here", named = named.short();
    RecordVanished { id: RecordId } = RecordVanished, "{id} was seen here before and is gone", id = id.short();
    WitnessedVanished { id: RecordId, at: Timestamp } = RecordVanished, "a witness had {id} at {at}, and it is missing here", id = id.short();
    DisregardShort { id: RecordId, people: Vec<Handle>, missing: u32 } = DisregardShort, "{id} is disregarded by {people}; {missing} more needed", id = id.short(), people = list(people);

    // The way out and back.
    StageItemOpen { id: ItemId, stage: String, state: &'static str } = StageItemOpen, "{id} of stage {stage} is {state}";
    StagePersonRequired { stage: String, owner: Option<Owner> } = StagePersonRequired, "{stage} takes all traffic, and {who}",
        who = owner.as_ref().map_or_else(|| "no authorised person has entered it".to_owned(), |owner| format!("{owner} has to enter it in person"));
    StageNotEntered { stage: String } = StageNotEntered, "{stage} was not entered";
    StageFailed { stage: String, who: Principal, time: Timestamp } = StageNotPassed, "{stage} was marked as failed by {who} at {time}";
    StageBaking { stage: String, who: Principal, time: Timestamp, until: Timestamp } = StageBaking, "{stage} was entered by {who} at {time}, and bakes until {until}";
    StageNotPassed { stage: String, who: Principal, time: Timestamp } = StageNotPassed, "{stage} was entered by {who} at {time}, and no authorised person has marked it as passed";
    StageEntryIgnored { stage: String, who: Principal } = StageNotPassed, "{stage} was entered by {who}, whose record does not count, and no authorised person has marked it as passed since";
    StageNeverEntered { stage: String } = StageNotPassed, "{stage} was not entered";
    StagePassedUnseen { stage: String, who: Principal } = StageNotPassed, "{stage} was marked as passed by {who}, who had not seen it entered";
    StagePassedEarly { stage: String, since: Timestamp, until: Timestamp, who: Principal, at: Timestamp } = StageBaking, "{stage} was entered at {since} and bakes until {until}, but {who} marked it as passed at {at}";
    StageUnnamed { name: String, stages: Vec<String> } = StageUnnamed, "{name} goes out in stages; name the one that is deployed: {stages}", stages = stages.join(", ");
    LimitUnread { limit: String, stage: String } = LimitUnread, "the limit {limit:?} of {stage} was not read";
    LimitStale { limit: String, stage: String } = LimitStale, "the limit {limit:?} of {stage} was last read before the stage had baked";
    LimitNoData { limit: String, stage: String, value: String } = LimitNoData, "the limit {limit:?} of {stage} has no data: {value} was read";
    LimitFailed { limit: String, stage: String, value: String } = LimitFailed, "the limit {limit:?} of {stage} does not hold: {value} was read";
    ReadingContradicts { who: Principal, says: ReadingResult, value: String, limit: String, stage: String } = ReadingContradicts, "{who} says {says} of {value}, which {what} the limit {limit:?} of stage {stage}",
        what = if *says == ReadingResult::Holds { "breaks" } else { "keeps to" };
    Overridden { who: Principal, stage: String, of: String, reason: String } = Overridden, "{who} moved stage {stage} in spite of {of}: {reason}";
    BakeWaived { stage: String } = Waived, "the bake time of stage {stage} is waived";
    StageEarly { who: Principal, stage: String, why: Box<Seen> } = StageDeviation, "{who} entered stage {stage} too early, which does not count: {why}";
    NotOut { who: Principal, stage: String, why: Box<Seen> } = StageDeviation, "{who} entered {stage}, and the release was not out by that: {why}";
    UndecidedThen = StageDeviation, "no decision let it go out then";
    BeforeDecision = StageDeviation, "it claims a time before that of the decision";
    WindowBegins { from: Timestamp } = OutsideWindow, "the window of the release begins at {from}";
    WindowEnded { to: Timestamp } = OutsideWindow, "the window of the release ended at {to}";
    EnvironmentFrozen { environment: Environment, freeze: String, until: Option<Timestamp> } = EnvironmentFrozen, "{environment} is frozen by {freeze:?} {until}",
        until = until.map_or_else(|| "until it is lifted".to_owned(), |until| format!("until {until}"));
    RollbackNotBegun { who: Principal, event: RollbackEvent } = RollbackNotBegun, "{who} recorded {event} of a roll-back that they had not seen begin";
    CloseIncomplete { who: Principal, outcome: Outcome, lacks: Vec<Lack> } = CloseIncomplete, "{who} closed the release as {outcome}, which does not count: {lacks}", lacks = lacking(lacks);

    // What a gate is asked.
    OtherComponent { name: String, component: String, asked: String } = OtherComponent, "{name} is a release of {component:?}, not of {asked:?}";
    OtherCommit { name: String, commit: ObjectId, asked: ObjectId } = OtherCommit, "{name} points at commit {commit}, and not at {asked}", commit = commit.short(), asked = asked.short();
    CheckedOut { name: String, commit: ObjectId, head: Option<ObjectId> } = OtherCommit, "{name} points at commit {commit}, and {head} is checked out", commit = commit.short(),
        head = head.map_or_else(|| "nothing".to_owned(), |head| head.short());
    MovedSince { name: String, here: ObjectId, remote: String, there: Option<ObjectId> } = OtherCommit, "the checkout has commit {here} as {name}, and {name} of {remote} points at {there}", here = here.short(),
        there = there.map_or_else(|| "a commit that is not here".to_owned(), |there| format!("commit {}", there.short()));
    RemoteUnasked { answer: &'static str, because: Option<Box<Seen>>, remote: String, why: String } = RemoteUnasked, "local records say {answer}{because}, but {remote} could not be reached for newer ones: {why}",
        because = because.as_ref().map_or_else(String::new, |first| format!(" because {} [{}]", quoted(first), first.code()));
    NeverSynced { remote: String } = NeverSynced, "no records were ever fetched from {remote}; get them: relsign sync";

    // The policy.
    PolicyMissing = PolicyMissing, "there is no policy here";
    PolicyMalformed { number: u32, why: String } = PolicyInvalid, "policy version {number} is not well formed: {why}";
    PolicyUnread { number: u32 } = PolicyInvalid, "policy version {number} can't be read";
    AnchorsUnread { number: u32 } = PolicyInvalid, "the anchors of policy version {number} can't be read";
    PolicyOlder { head: u32, before: u32 } = PolicyRolledBack, "the policy here is version {head}, but version {before} was accepted before";
    PolicyBeforeReceipt { head: u32, number: u64, witness: Principal, knew: u32 } = PolicyRolledBack, "the policy here is version {head}, and receipt {number} of {witness} knew {knew}";
    PolicyReplaced { number: u32, here: PolicyDigest, before: PolicyDigest } = PolicyFork, "version {number} of the policy here has digest {here}, but {before} was accepted before", here = here.short(), before = before.short();
    RootsPinned { one: RootDigest, other: RootDigest } = RootAmbiguous, "two roots are pinned here, SHA256:{one} and SHA256:{other}";
    RootsOfServer = RootAmbiguous, "this repository pins two roots";
    NoRootPinned = RootUnpinned, "no root is pinned here, so no authority can be verified";
    ServerUnpinned = RootUnpinned, "this project uses relsign, and this server has no root pinned for it";
    ProjectUnlisted { pins: String } = RootUnpinned, "this project uses relsign, and the pins file {pins} does not list it";
    SucceedsNothing { root: RootDigest, former: RootDigest } = RootMismatch, "the policy of root SHA256:{root} does not say that it succeeds SHA256:{former}";
    SucceedsOther { root: RootDigest, former: RootDigest } = RootMismatch, "the new root succeeds SHA256:{root}, and the one here is SHA256:{former}";
    SucceedsOlder { version: u32, head: u32 } = RootMismatch, "the new root succeeds version {version}, but version {head} of the old policy is here: it still has owners";
    SucceedsFork { version: u32, digest: PolicyDigest, here: PolicyDigest } = RootMismatch, "the new root succeeds version {version} with digest {digest}, and here its digest is {here}", digest = digest.short(), here = here.short();
    SucceedsNewer { version: u32, head: u32 } = PolicyMissing, "the new root succeeds version {version}, and the policy here is version {head}";
    RootMismatch { here: RootDigest, pinned: RootDigest } = RootMismatch, "the policy here descends from root SHA256:{here}, and the pinned root is SHA256:{pinned}";
    OwnersBeyond { number: u32, beyond: u32, able: usize } = PolicyInvalid, "policy version {number} is not accepted: its threshold is {beyond} higher than the {able} owners who have an active key";
    AnchorsTooEarly { number: u32 } = PolicyInvalid, "policy version {number} is not accepted: it anchors records, although nothing can have been signed before it";
    RepositoryChanged { number: u32 } = PolicyInvalid, "policy version {number} is not accepted: it changes the repository's own number";
    AnchorsDropped { number: u32, before: u32, record: RecordId } = AnchorsDropped, "policy version {number} is not accepted: version {before} anchors the record {record}, and this one does not", record = record.short();
    KeyReassigned { number: u32, key: Fingerprint, before: Principal, holder: Principal } = PolicyReassigned, "policy version {number} is not accepted: it gives the key {key} of {before} to {holder}";
    HolderReplaced { number: u32, holder: Principal } = PolicyReassigned, "policy version {number} is not accepted: it lists {holder} without any of the keys that an earlier version lists for them";
    PolicyElsewhere { number: u32, signed: u32, after: Option<PolicyDigest> } = PolicyUnsigned,
        "policy version {number} is not accepted: it was signed as version {signed}{after}, so a version before it was left out, repeated or replaced",
        after = after.map_or_else(String::new, |after| format!(" after {}", after.short()));
    PolicyUnsigned { number: u32, lacks: Vec<String> } = PolicyUnsigned, "policy version {number} is not accepted: {lacks}", lacks = lacks.join(", and ");

    // Freezes and their exceptions.
    FreezeUnknown { name: String, why: String } = FreezeUnknown, "the times of the freeze window {name:?} can't be computed: {why}";
    FreezeOpenUnread { freeze: RecordId, open: RecordId } = RecordMissing, "freeze {freeze} names open record {open}, which can't be read here, so it holds until its end or until it is lifted", freeze = freeze.short(), open = open.short();
    RootParentMissing { parent: RecordId, record: RecordId } = RecordMissing, "record {parent} of the root log existed when {record} was signed, and is not here", parent = parent.short(), record = record.short();
    RootRecordGone { id: RecordId } = RecordVanished, "record {id} of the root log was here before and is gone", id = id.short();
    RootRecordWitnessed { id: RecordId } = RecordVanished, "a witness had {id} in the root log, and it is missing here", id = id.short();
    ExceptionShort { have: usize, of: usize } = ExceptionShort, "{have} of {of} people have granted it";
    ExceptionOlder { asked: Timestamp, freeze: String, from: Timestamp } = ExceptionMismatch, "it was requested at {asked}, and {freeze:?} began at {from}; request another";
    ExceptionExpired { expires: Timestamp } = ExceptionExpired, "it expired at {expires}";
    RequestedIt { who: Handle } = NotAuthorised, "{who} requested it";
    MadePart { who: Handle } = ReviewByImplementer, "{who} is author or committer of part of it";
    GrantElsewhere = SubjectMismatch, "it names another ref or commit than the request";
    FieldsElsewhere = SubjectMismatch, "its subjects name another ref or commit than its fields";
    ChangeUnreadable { why: String } = RangeUnreadable, "the authors of its commits can't be determined: {why}";
    ChangeNotHere = RangeNotHere, "some of its commits are not here";
    ChangeDiffers = ExceptionMismatch, "its list of commits differs from those between its base and its commit";
    MakerUnknown { name: String } = ImplementerUnknown, "{name:?}, who made one of its commits, is not in the policy, so nobody can grant it independently";
    MakersBots { commits: String } = ImplementerUnknown, "no person is named in {commits}, so nobody can grant it independently";
    ExceptionSpent = ExceptionSpent, "it was used: the ref has already contained this change";
    NotForward = ExceptionMismatch, "it was granted on top of the ref, and this push removes commits from it";
    NotAboveBase = ExceptionMismatch, "the ref does not contain the base on which the change was shown";
    Smuggled { commit: ObjectId, count: usize } = ExceptionMismatch, "the push also has commit {commit}{more}, which was not shown to the people who granted it", commit = commit.short(), more = more(" and", *count);
    NotTheChange = ExceptionMismatch, "the push is neither that commit nor its clean merge with the ref";
    BreakGlassUsed { who: Principal, commit: ObjectId, ref_name: String, state: &'static str, reason: String } = BreakGlassUsed, "{who} used break-glass to let {commit} onto {ref_name} ({state}): {reason}", commit = commit.short();
    RefMoved { name: String, at: ObjectId, is: ObjectId, first: Timestamp, since: Timestamp } = RefBypassed, "{name} was moved past the hooks, which let through {at}, to {is}; first seen {first}, and the hooks watch since {since}", at = at.short(), is = is.short();
    RefDeleted { name: String, at: ObjectId, first: Timestamp, since: Timestamp } = RefBypassed, "{name} was deleted past the hooks, which let through {at}; first seen {first}, and the hooks watch since {since}", at = at.short();
    RefMade { name: String, is: ObjectId, first: Timestamp, since: Timestamp } = RefBypassed, "{name} was made past the hooks, at {is}; first seen {first}, and the hooks watch since {since}", is = is.short();

    // Pushes.
    RefFrozen { frozen: String, exception: Option<Code> } = exception.unwrap_or(RefFrozen), "{frozen}";
    ProtectedGone = RefProtected, "the policy protects it, so it can't be deleted";
    ProtectedBack = RefProtected, "the policy protects it, so it only moves forward";
    GatedGone = RefGated, "it is gated, so it can't be deleted";
    GatedBack { before: String } = RefGated, "it is gated, and moves back only to the release completed before, {before}";
    GatedNowhere = RefGated, "it is gated, and there is no completed earlier release to move back to";
    Gated { commit: ObjectId, component: String, environment: Environment } = RefGated, "it is gated, and {commit} is not the commit of a release of {component:?} in GO for {environment}", commit = commit.short();
    TagOpenedGone = TagSpent, "a release was opened on it, so it can't be deleted";
    TagOpenedElsewhere = TagSpent, "its name was opened for another tag object, and a name can't be reused once opened";
    TagOpenedMoved = TagSpent, "a release was opened on it, so it can't be moved";
    TagOpenedAlike { by: &'static str, twin: String } = TagSpent, "{by} distinguish it from {twin}, on which a release was opened";
    RefReplacement = RefReplacement, "a replacement changes what git shows for an object, so none is accepted";
    OwnRefUnknown = OwnRefUnknown, "its name is in relsign's namespace, and it is either private to one clone or unknown here";
    OwnRefGone = OwnRefRewritten, "it is one of relsign's own refs, which only grow";
    OwnRefNowhere = OwnRefRewritten, "it would point at something that is not a commit or is not here";
    RecordsDropped = OwnRefRewritten, "it would drop records that the remote has, and relsign's own refs only grow";
    RemoteAhead = OwnRefRewritten, "the remote has newer records that are not here yet";
    RecordLost { record: Option<RecordId>, object: ObjectId, count: usize } = OwnRefRewritten, "the record{record} on {object}{more} would be lost, and a log only grows",
        record = record.map_or_else(String::new, |id| format!(" {}", id.short())), more = more(" and", *count);
    LeftOut { record: RecordName, named: RecordId } = RecordMissing, "{record} names {named}, which is left out", named = named.short();
    NotesTooLarge { bytes: u64, mebibytes: u64 } = TooManyLines, "the notes that it changes have {bytes} bytes, more than the {mebibytes} MiB that are read";
    LinesAtOnce { most: usize } = TooManyLines, "it adds more than the {most} lines that are read at a time";
    NotesUnreadable { is_large: bool, why: String } = if *is_large { TooManyLines } else { LineMalformed }, "its notes can't be read: {why}";
    NoteStray { path: String, why: &'static str } = NoteMalformed, "the notes would contain {path:?}: {why}";
    NotePadded { object: ObjectId } = NoteMalformed, "the note of {object} would repeat its lines, or have many empty ones", object = object.short();
    ArrivalUnreadable { why: String } = RangeUnreadable, "no release with its commits could be opened: {why}";
    EvidenceLost { digest: Sha256Digest, count: usize } = OwnRefRewritten, "evidence {digest} would be lost{more}", digest = digest.short(), more = more(", and", *count);
    EvidenceWrong { digest: Sha256Digest, limit: u64, count: usize } = EvidenceChanged, "evidence {digest} does not have that digest, or is larger than {limit} bytes{more}", digest = digest.short(), more = more(", and", *count);
    EvidenceJunk { path: String, count: usize } = EvidenceChanged, "{path:?} is not evidence{more}", more = more(", and", *count);
    RootUnpinned = RootUnpinned, "this server has no root pinned for the project, so records of relsign would not be judged";
    Failed { code: Code, why: String } = *code, "{why}";
    PolicyBack = PolicyRolledBack, "it does not continue from the policy there, and a policy never goes back";
    PolicyForked { number: u32, digest: PolicyDigest, in_force: PolicyDigest } = PolicyFork, "its version {number} is {digest}, and {in_force} is in force", digest = digest.short(), in_force = in_force.short();
    PolicyShort { number: u32 } = PolicyRolledBack, "version {number} is in force, and this ends before it";
    ProposalNamed = OwnRefUnknown, "a proposal is named by the digest of its version";
    ProposalsAtOnce { most: usize } = TooManyProposals, "the push has more than {most} new proposals, the most that are read at once";
    ProposalsWaiting { most: usize } = TooManyProposals, "{most} proposals wait already, and nobody whom the policy lists has signed this one";
    ProposalUnreadable = PolicyInvalid, "it can't be read as a version of the policy";
    ProposalSignatureLost { by: Option<Principal> } = OwnRefRewritten, "a signature{by} on it would be lost, and it only grows", by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    ProposalStray = SubjectMismatch, "a record beside it is about something else";
    FormerUnknown = OwnRefUnknown, "the policy in force names no such superseded root";
    FormerChanged = OwnRefRewritten, "the chain of a superseded root never changes";
    FormerOther = PolicyFork, "it is not the chain that the policy in force names";

    // Receipts.
    NotOfKind = ReceiptUnauthorised, "it is of another kind";
    NoMachine = ReceiptUnauthorised, "only a machine may witness";
    ReceiptSubject { name: String } = ReceiptUnauthorised, "its subject {name:?} does not belong in a receipt";
    ReceiptOfNoNotes { name: &'static str } = ReceiptUnauthorised, "it does not name {name}";
    ReceiptZero = ReceiptUnauthorised, "its number is 0, and numbers begin with 1";
    ReceiptPolicy { version: u32 } = ReceiptUnauthorised, "it names policy version {version}, which is not in the chain here";
    ReceiptLapsed { key: Fingerprint, lapse: Lapse } = ReceiptUnauthorised, "the key {key} {lapse}";
    ReceiptsIdle { number: u64, witness: Principal } = ReceiptUnauthorised, "receipt {number} of {witness} and what follows do not count: the key is not active any more, and no receipt by a key that is comes after";
    ReceiptMissing { due: u64, witness: Principal, number: u64 } = ReceiptMissing, "receipt {due} of {witness} is missing, and receipt {number} is here";
    ReceiptGone { id: RecordId, witness: Principal } = ReceiptMissing, "receipt {id} of {witness}, which was seen here before, is gone", id = id.short();
    ReceiptLost { id: RecordId, witness: Principal } = ReceiptMissing, "receipt {id} of {witness} is gone, and continuing without it would fork its receipts", id = id.short();
    ReceiptsUnread { why: Box<Seen> } = ReceiptMissing, "{why}";
    ReceiptForked { witness: Principal, number: u64, why: &'static str } = ReceiptForked, "the receipts of {witness} contradict each other at number {number}: {why}";
    ReceiptNamesGone { id: RecordId, log: String } = RecordVanished, "a receipt names {id} of {log}, which is gone", id = id.short();
    Unwitnessed { records: Vec<RecordId>, first: Timestamp } = Unwitnessed, "no receipt names {count} record{s}, first fetched at {first} or later: {ids}{more}", count = records.len(), s = if records.len() == 1 { "" } else { "s" },
        ids = list(records.iter().take(MOST_NAMED).map(RecordId::short)), more = more(" and", records.len().saturating_sub(MOST_NAMED - 1));
}

impl std::error::Error for Seen {}

/// Two are the same, and stand in their order, by their sentences.
impl Ord for Seen {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl PartialOrd for Seen {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code() && self.cmp(other).is_eq()
    }
}

impl Eq for Seen {}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Seen {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Seen".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

/// Returns the code of what was signed by a key that is no longer good.
const fn of_bad(state: KeyState) -> Code {
    match state {
        KeyState::Compromised => Code::KeyCompromised,
        KeyState::Active | KeyState::Retired => Code::KeyRetired,
    }
}

fn list<T: fmt::Display>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}

fn or<T: fmt::Display>(known: Option<&T>, otherwise: &str) -> String {
    known.map_or_else(|| otherwise.to_owned(), ToString::to_string)
}

/// Quotes another sentence within one, as far as there is room.
fn quoted(seen: &Seen) -> String {
    let whole = seen.to_string();
    match whole.char_indices().nth(MOST_QUOTED) {
        Some((at, _)) => format!("{}…", &whole[..at]),
        None => whole,
    }
}

/// Says how many there are besides the one that is named.
fn more(and: &str, count: usize) -> String {
    if count > 1 { format!("{and} {} more", count - 1) } else { String::new() }
}

fn orphans(orphaned: &[RecordId]) -> String {
    let ids = list(orphaned.iter().map(RecordId::short));
    if orphaned.is_empty() { ids } else { format!("; {} records on the old tag are orphaned: {ids}", orphaned.len()) }
}

fn beginning(since: Option<ObjectId>) -> String {
    since.map_or_else(|| "with all of history".to_owned(), |id| format!("after {}", id.short()))
}

fn held((role, holders): &(RoleName, Vec<Handle>)) -> String {
    format!("a {role} ({})", if holders.is_empty() { "held by nobody".to_owned() } else { list(holders) })
}

fn needed(needs: &[Need]) -> String {
    let words = needs.iter().map(|need| match need.what {
        NeedKind::OwnerWord => "its owner's sign-off".to_owned(),
        NeedKind::Review if need.people == 1 => "1 review".to_owned(),
        NeedKind::Review => format!("{} reviews", need.people),
        NeedKind::RejectResolved => "a reject to be resolved".to_owned(),
        NeedKind::Children => "the items below it".to_owned(),
        NeedKind::Waiver => "more people to waive it".to_owned(),
        NeedKind::CheckPassed => "a passing check".to_owned(),
    });
    let mut words: Vec<String> = words.collect();
    words.dedup();
    words.join(" and ")
}

fn lacking(lacks: &[Lack]) -> String {
    list(lacks.iter().take(MOST_LACKS).map(|lack| {
        let id = lack.id.as_deref().unwrap_or_default();
        match lack.kind {
            LackKind::Decision => "no decision lets it go out".to_owned(),
            LackKind::StageNotEntered => format!("stage {id} was not entered"),
            LackKind::StageNotPassed => format!("stage {id} has not passed"),
            LackKind::Item | LackKind::Action => format!("{id} is open"),
            LackKind::Rollback => "its roll-back is not complete".to_owned(),
            LackKind::Right => "its signer may not close it".to_owned(),
        }
    }))
}
