//! The table of codes: for each its text, its severity, what it means, what makes it and what to do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// Defines [`Code`] with, for each, its text, its severity, one sentence of meaning, what makes it and what to do; behind the
/// severity stands what may answer it meanwhile, where a push is refused for it.
macro_rules! codes {
    ($($variant:ident = $text:literal, $severity:ident $(($answer:ident))?, $meaning:literal, $made:literal, $remedy:literal;)*) => {
        /// The stable, kebab-case name of a kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $text)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of docs/findings.md.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the code as it is printed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Describes what a finding of this code means for integrity.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Whether records that others signed meanwhile may let a push through that was refused for it.
            pub const fn may_be_answered(self) -> bool {
                let by: &[&str] = match self { $(Self::$variant => &[$(stringify!($answer))?],)* };
                !by.is_empty()
            }

            /// Explains the code in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// Describes what makes a finding of the code.
            pub const fn made(self) -> &'static str {
                match self { $(Self::$variant => $made,)* }
            }

            /// Describes what to do about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    // Lines of a note: what `sign` finds before anything is believed.
    LineMalformed = "line-malformed", Tampered, "A line of the log is not a DSSE envelope in the one form that docs/format.md allows.",
        "A line is not UTF-8, has unexpected keys or spaces, has no signature or more than one, has a key id that is not a fingerprint, or has base64 in a non-canonical form.",
        "Find out who wrote it: `git log -p refs/notes/relsign`. Lines added with `git notes add` or an editor end up here.";
    LineTooLong = "line-too-long", Tampered, "A line of the log is longer than the limit and was not parsed.",
        "A line has more than 1,048,576 bytes.",
        "As for `line-malformed`. Large content belongs in evidence.";
    TooManyLines = "too-many-lines", Incomplete, "A note has more lines that listed keys may have signed, or more bytes, than are read, so a negative record may be among the rest.",
        "More than 100,000 lines of one note name keys that the policy lists, or the notes of one object have more than 32 MiB or 1,048,576 lines. No verdict is possible then, and the gate answers that it cannot decide. A push that would exceed a limit is refused, and so is one that adds more than 1,048,576 lines at once or would give a single signer more than a tenth of the lines or bytes.",
        "Find out who wrote them, and restore the notes as they were before: `git reflog refs/notes/relsign`.";
    TooManyProposals = "too-many-proposals", Rule, "A push brings more proposed versions of the policy than are read at once, or one that nobody signed where many wait already.",
        "A push has more than 20 new proposals, or a server has 100 that are not in force and gets another without a signature by a listed key.",
        "Push fewer at once; sign the proposal first with `relsign policy sign`. The administrator of the server deletes proposals that nobody wants: `git update-ref -d refs/relsign/proposals/DIGEST`.";
    JunkLines = "junk-lines", Tampered, "There are too many lines that no listed key can have signed to list them one by one.",
        "More than 10,000 lines of one note are not envelopes, or name keys that the policy never listed. They do not change the verdict.",
        "As for `line-malformed`.";
    SignatureMalformed = "signature-malformed", Tampered, "The signature is not a canonical SSHSIG version 1 blob.",
        "The blob has another version, a reserved field that is not empty, trailing bytes, a key that is not a point on the curve, or parts of the wrong length.",
        "The signer signs again. If ssh-keygen accepts the line, it was made by another program or changed afterwards.";
    NamespaceWrong = "namespace-wrong", Tampered, "The signature was made for another SSHSIG namespace.",
        "Somebody reused a signature made for something else, such as a commit or a file, or signed with another `-n`.",
        "The signer signs again, with namespace `relsign-v1`.";
    HashWrong = "hash-wrong", Tampered, "The signature uses a hash other than SHA-512.",
        "The signature was made with `-O hashalg=sha256`.",
        "The signer signs again without that option.";
    KeyTypeUnsupported = "key-type-unsupported", Tampered, "The signing key is neither an ed25519 nor a P-256 key.",
        "An RSA or DSA key, a key of another curve, or a certificate, signed.",
        "The signer uses another key: `ssh-keygen -t ed25519`.";
    KeyWeak = "key-weak", Tampered, "The signing key is a small-order point, under which forged signatures verify.",
        "A public key was crafted so that one signature verifies for every message.",
        "Nobody has such a key by accident. Find out who wrote the line.";
    KeyidMismatch = "keyid-mismatch", Tampered, "The envelope's keyid is not the fingerprint of the key that verifies.",
        "`keyid` in the envelope was changed.",
        "As for `line-malformed`.";
    SignatureInvalid = "signature-invalid", Tampered, "The signature does not verify over these bytes.",
        "The payload or the signature was changed, or the signature belongs to another payload. Signatures whose S is not reduced are refused too.",
        "If the record is yours, sign it again. Find out who changed it.";
    NoUserPresence = "no-user-presence", Tampered, "A hardware key signed without being touched.",
        "A signature by a security key has the user-presence flag off.",
        "The signer signs again with a key that asks for a touch.";
    PayloadMalformed = "payload-malformed", Tampered, "The signed payload is not a relsign statement: unknown or duplicate keys, wrong types, wrong constants or trailing data.",
        "The signer's program wrote something that docs/format.md does not allow, or the holder of a listed key signed other bytes.",
        "Look at the payload (docs/format.md, section 2) and have its signer sign it again with a current relsign.";
    SignerMismatch = "signer-mismatch", Tampered, "The record names a signer who is not the holder of the key that verifies.",
        "A listed person signed a payload that names somebody else or another key.",
        "The named signer did not sign this. Ask the holder of the cited key.";
    SignerUnknown = "signer-unknown", Tampered, "No version of the policy lists the signing key.",
        "The signer was never in the policy, or the policy here is older than their entry.",
        "Run `relsign sync`. If the person should be in the policy: `relsign join` on their side, `relsign person add` on the owner's.";
    KindUnknown = "kind-unknown", Rule, "A valid record is of a kind this version does not know, and counts as a negative record.",
        "A newer relsign wrote a kind of record that this version does not know.",
        "Update relsign. Until then the answer is no, because the record may be a veto. If its key is no longer active and nobody relied on the record, two people may set it aside with `relsign disregard TAG RECORD`.";
    RecordForeign = "record-foreign", Note, "The record belongs to a repository with another root.",
        "A fork, or a clone of a template, carries records of the project it came from.",
        "Nothing. The record is not about this repository and is not counted.";
    // Binding: what a record is about is not what is here.
    SubjectMismatch = "subject-mismatch", Tampered, "A valid record is attached to an object that it is not about.",
        "A line was copied from another tag, an earlier candidate or another commit to this one.",
        "Find out who copied it. If the signer means it for this tag, they sign it here.";
    RecordOfOtherOpen = "record-of-other-open", Rule, "A record names an open record other than the governing one, and does not count.",
        "The tag was opened for several environments or more than once, and the record was signed under an `open` other than the one being judged.",
        "Name the environment (`relsign gate --env`), or sign again under the governing one.";
    TagMoved = "tag-moved", Tampered, "The tag points at another tag object than the one that was opened; a name cannot be reused once opened.",
        "The tag was moved by force to another object after a release was opened on it, here or at a remote. The records on the old object are listed as orphaned. The state of a remote is the one at the last fetch.",
        "If it moved at a remote, restore it there with the command at the end of the message, `git push -f REMOTE refs/tags/NAME`; fetching the remote's tag would make the copy here wrong too. If it moved here, fetch the tag that was opened, or create a tag with another name. No approval carries over.";
    TagDeleted = "tag-deleted", Tampered, "A release was opened for a tag that no longer exists.",
        "The tag was deleted after a release was opened on it: here, or at a remote that still has the open record.",
        "If it is gone from a remote, restore it with the command at the end of the message; `relsign sync` restores it too and reports that. If it is gone here and no remote has it, restore it from the evidence ref, where `open` kept the tag object.";
    TagNameMismatch = "tag-name-mismatch", Tampered, "The name inside the tag object is not the name of the ref that points at it.",
        "The object of tag `v1` is under `refs/tags/v9.9`.",
        "Delete the ref and create a tag with the right name.";
    TagLightweight = "tag-lightweight", Rule, "The tag is lightweight; only an annotated tag can be signed off.",
        "The ref points directly at a commit; some pipeline checkouts turn annotated tags into lightweight ones.",
        "Create an annotated tag: `relsign tag NAME`. In a pipeline: `git fetch --force --tags`.";
    TagObjectMissing = "tag-object-missing", Incomplete, "The tag object or its commit or tree is not in this repository.",
        "The tag, its commit or its tree is not in this clone, or can't be read; or the tag was deleted here, and the remote still has it.",
        "`relsign sync` brings a deleted tag back. Else `git fetch --tags`, in a shallow clone `git fetch --unshallow --tags`. In a partial clone the message names the command that fetches the files of the tagged tree. A tag that git itself would not write stays unreadable: release under another name.";
    TagUnsigned = "tag-unsigned", Rule, "The policy requires a tag signed by one of its people, and this one is not.",
        "`[tags] signed = \"required\"`, and the tag has no SSH signature by a key of a person that the governing policy version lists active. Other kinds of signatures are not checked; `tag-signature-unverified` then explains why this one proves nothing.",
        "Sign the tag: `git tag -s` with `gpg.format=ssh`, before the release is opened.";
    TagSignatureUnverified = "tag-signature-unverified", Note, "The tag has a signature that proves nothing: it is not an SSH signature, or not by a key of the policy's people that was valid then.",
        "An OpenPGP or X.509 signature, which relsign does not check; an SSH signature that does not verify, or by a key that the policy never listed, that is a machine's, or that the governing policy version does not list active (or a later version calls compromised since then).",
        "Nothing, if the policy does not require signed tags: the records bind the tag object's bytes. Check other signatures with `git verify-tag`.";
    ChecklistChanged = "checklist-changed", Tampered, "Reading the tagged checklist again gives other items, or another plan, than the open record states.",
        "The title, items, risk, stages, triggers, roll-back steps or scope in `open` are not what this program reads from the tagged file, or `open` names other reading rules (`checklist.parser`) than this program has. The message names the first item that differs, and every other part.",
        "Do not sign. The open record differs from the file, or was made by a version of relsign with other reading rules. Have somebody else open the release on a new tag.";
    ChecklistUnreadable = "checklist-unreadable", Tampered, "The checklist named by the open record is not in the tagged tree as stated.",
        "The path is missing in the tagged tree, is a link or a directory, has another digest, or does not parse.",
        "As for `checklist-changed`.";
    TasksUnread = "tasks-unread", Note, "Lines of the checklist look like tasks but are not items, so nobody signed them off.",
        "The file has boxes that are not written as `- [ ] text`, tasks in raw HTML, boxes in a table whose rows are not items, or comments that look like directives. `open` listed them before signing, and the open record lists them.",
        "Read the lines and decide whether the release can go without them. Fix them for the next release: `relsign checklist lint` shows how.";
    ItemUnknown = "item-unknown", Rule, "A record is about an item that is not in the open record.",
        "Somebody signed an item id that the release does not have.",
        "The signer finds the right item in `relsign status` and signs that.";
    ItemChanged = "item-changed", Rule, "A record was signed for another text of the item than the one in the open record.",
        "The record carries another digest of the item, from an earlier text or an earlier candidate.",
        "The signer reads the current item and signs again.";
    EvidenceMissing = "evidence-missing", Incomplete, "Evidence that a record names is not in this repository.",
        "The file was not pushed, was removed without being [redacted](#evidence-redacted), is not a file, or can't be checked, since it is larger than 1 GiB, or what the release's records cite is larger than 4 GiB in all.",
        "`relsign sync`. The record is incomplete meanwhile, which does not prevent GO.";
    EvidenceChanged = "evidence-changed", Tampered, "Evidence does not have the digest that the record names.",
        "The bytes kept under the digest differ.",
        "`relsign sync` restores the right bytes if somebody has them. Until then `gate` exits 3.";
    RecordIncomplete = "record-incomplete", Rule, "A record lacks what its kind needs, such as a reason, or says what can't be, so it never helps a release.",
        "No signing command signs a waiver without a reason, a freeze that ends before it begins, or a conditional go without a condition; a record made by hand can say that.",
        "Its signer signs again with the command. If the record is negative, it still counts. A server with hooks takes in no such record.";
    EvidenceSize = "evidence-size", Rule, "A record cites evidence with another size than it has, so the record counts for nothing.",
        "The bytes kept under a digest have that digest, and the record says that there are more or fewer of them.",
        "Its signer signs again with `--evidence`. A server with hooks takes in no such record.";
    EvidencePointer = "evidence-pointer", Note, "Evidence is a link without a digest, so it can change without anyone noticing.",
        "A record was signed with `--evidence https://…` without `#sha256=DIGEST&size=BYTES`.",
        "Where it matters, attach the file itself with `--evidence FILE`, or give the digest with the link.";
    EvidenceRedacted = "evidence-redacted", Note, "Enough people agreed to erase a piece of evidence; what was signed about it stands.",
        "As many people as the policy requires, at least two, ran `relsign evidence redact` on it.",
        "Nothing. The verdict and the integrity are the same as before.";
    RedactionShort = "redaction-short", Rule, "Erasing evidence takes two people, and fewer have signed.",
        "Only one person ran `relsign evidence redact`. Until another does, the evidence stays and must be here.",
        "Another authorised person runs `relsign evidence redact DIGEST --reason …`, or the first withdraws their record.";
    TreeNotStrengthened = "tree-not-strengthened", Note, "The tree has submodules, whose commits are bound by SHA-1 only.",
        "The tree has submodules.",
        "Nothing, or release without submodules. Everything else in the tree is bound by SHA-256.";
    // Omission: something that a record names is missing.
    RecordMissing = "record-missing", Incomplete, "A record names another that is missing: as a parent, as its open record, in a manifest, to withdraw it or to waive over it.",
        "A record was withheld or has not arrived: its id is named, but its line is not here. A manifest that omits a record that its own records had seen is reported too.",
        "`relsign sync`. If it does not arrive, ask the signer of the record that names it. Two people may set it aside with `relsign disregard TAG RECORD`, naming the missing record or the record that names it.";
    RecordVanished = "record-vanished", Incomplete, "A record that this clone has seen, or that a receipt names, is gone.",
        "A line that was here when this clone last looked, or when a witness signed a receipt for this tag's log, is missing now: the notes ref was rewound, or somebody removed the line.",
        "`relsign sync`, from several clones. Find out who rewrote `refs/notes/relsign`.";
    LogMissing = "log-missing", Incomplete, "The tag's name has an open record that the tag object's own log lacks.",
        "The note of the tag's name has an `open` by an authorised person, and the note of the tag object does not: lines of the log were removed.",
        "`relsign sync`.";
    PreviousNotHere = "previous-not-here", Incomplete, "The previous release named by an open record is not here, so it is not known whether it passed.",
        "Its tag object or its commit is not in this repository: tags were not fetched, or the open record names something that never existed. Or a commit between it and this release is missing from a clone that is not shallow.",
        "`git fetch --tags`, in a partial clone `git fetch --refetch --no-filter`. If it does not exist anywhere, open the release under another name.";
    EnvironmentUnnamed = "environment-unnamed", Incomplete, "No environment was named, and the release was opened for an environment other than the component's first, or for several.",
        "`gate` or `status --exit-code` without `--env`. A GO for staging is not a GO for production, so the environment must be named.",
        "Ask again with the environment you deploy to: `relsign gate TAG --env ENVIRONMENT`.";
    ComponentUnnamed = "component-unnamed", Incomplete, "No component was named, and there are several.",
        "`gate --commit` or `gate --artifact` without `--component`, where the policy has several components, or the commit has releases of several, and all of them are in GO. A tag name identifies its component.",
        "Ask by tag, or name the component you deploy: `relsign gate --commit COMMIT --component COMPONENT`.";
    RemoteUnasked = "remote-unasked", Incomplete, "The remote could not be reached, so the records here may not be complete.",
        "`gate` could not fetch from the remote, and what it has might change the answer: a positive or negative record, a later policy, the tag. The message gives the cause, and the answer that the local records would give.",
        "Try again once the remote can be reached, or rely on what is here: `relsign gate --no-sync`.";
    NeverSynced = "never-synced", Incomplete, "No records were ever fetched from the remote, so it is not known whether a release was opened.",
        "There is a remote, `refs/notes/relsign` does not exist here, and relsign never fetched from the remote. A clone fetches tags but not notes.",
        "`relsign sync`.";
    FreezeUnknown = "freeze-unknown", Incomplete, "It is not known what is frozen, so nothing may be pushed.",
        "A freeze window of the policy uses a time zone that this version does not know.",
        "Use a version of relsign that knows the zone, or ask the policy's owners to name another.";
    ReceiptMissing = "receipt-missing", Incomplete, "Some of a witness's receipts are missing, so what follows the gap does not count.",
        "Receipts are numbered for each witness, and one in the middle was withheld or has not arrived; or this clone has seen a later receipt than the last one here; or the note of all receipts is too large to be read, and a release is judged as where there are none.",
        "`relsign sync`, from several clones; the witness restores what a remote has lost. Find out who rewrote `refs/notes/relsign-receipts`.";
    ReceiptForked = "receipt-forked", Tampered, "A witness's receipts contradict each other, so what follows does not count.",
        "Two receipts have the same number, one does not name its predecessor, or one goes back in time or in policy versions: somebody else has the witness's key, or the witness ran twice.",
        "Find out which. If the key was stolen, mark it compromised since the policy version in force at that time.";
    UnseenRecord = "unseen-record", Note, "A record is not in the decision's manifest, so the decision does not rest on it.",
        "A sign-off, check or assignment came after the decision, or its author withdrew it.",
        "If it should count, decide again.";
    UnseenNegative = "unseen-negative", Rule, "A negative record is not in the decision's manifest, so the decision does not hold.",
        "A reject, a withdrawal, a failed check, a no-go, a second `open` or an unknown record came after the decision, or the decider had not fetched it.",
        "Look at it: `relsign log`. Resolve it and decide again.";
    // Authority: the signature is valid, the right is missing.
    NotOpened = "not-opened", Rule, "This tag has no authorised open record.",
        "There is no `open` record, or none that counts. If no records were ever fetched from the remote, `never-synced` is reported as well and the answer is \"cannot decide\".",
        "`relsign open TAG`, or `relsign sync` to get what others signed.";
    OpenUnauthorised = "open-unauthorised", Rule, "The person who opened the release is not authorised to open this type.",
        "The signer of `open` has no right to open this type under the policy version that the record names.",
        "An authorised person opens it: `relsign policy show`.";
    SecondOpen = "second-open", Rule, "The tag was opened more than once for the same environment.",
        "There are two `open` records for one tag and environment by people who are or were authorised, whatever became of their keys. One that names an older policy version and is not settled does not count as a second.",
        "One of the two authors withdraws theirs: `relsign withdraw TAG RECORD --reason …`. Then decide again.";
    OpenContradictsPolicy = "open-contradicts-policy", Rule, "The open record requires less of an item than the policy it names, or is for a component or environment that the policy does not give the tag.",
        "An item in `open` requires fewer reviews, roles or the like than the policy's rules, or its component or environment is not one that the policy gives the tag.",
        "As for `checklist-changed`.";
    OpenContradictsRange = "open-contradicts-range", Tampered, "The authors or the number of the commits in the range differ from the open record.",
        "Tagger, authors or number of commits, as read from the commits, are not those in `open`. A shallow clone that lacks some of the commits does not check this.",
        "As for `checklist-changed`.";
    RangeNotHere = "range-not-here", Note, "Some commits of the range are missing, so their authors were not compared with the open record.",
        "The clone is shallow, and the range extends beyond its boundary. That the previous release is an ancestor is then taken from the open record, unless the commits here contradict it. In a full clone a missing commit is `range-unreadable`.",
        "To compare them as well, fetch the rest: `git fetch --unshallow`.";
    RangeUnreadable = "range-unreadable", Incomplete, "A commit of the range can't be read, or is missing without a shallow boundary, so its authors can't be compared with the open record.",
        "A commit is larger than 16 MiB, has no author or committer, or is damaged; or a commit is missing although git's `shallow` file does not list it, as in a damaged clone. Nobody can push a `shallow` file, but anybody can push such a commit. `relsign open` refuses the range too.",
        "If a commit is missing: `git fsck`, then clone again. If it can't be read, release a history without it.";
    BotCommits = "bot-commits", Note, "Some commits of the range name no person, only addresses that the policy lists as bots and forges.",
        "A bot is author and committer, or a forge committed for it, and there is no co-author.",
        "Look at these commits. The policy decides whether reviews count (`bot_commits`).";
    ChecklistOverridden = "checklist-overridden", Rule, "The checklist was named by hand instead of taken from the policy, which takes two people.",
        "The same person opened the release with `--checklist` and decided.",
        "Somebody else decides, or the policy names that checklist.";
    PreviousUnproven = "previous-unproven", Rule, "The previous release named by an open record did not pass, so the range of commits is not what has to be reviewed.",
        "The open record names a tag object that points at another commit than stated; or, named by hand, one with another name inside; or, found by relsign, a tag of another component, or a release whose GO neither holds nor held until a negative record came. That release is judged like any other, and so are those before it.",
        "Open the release under another tag, with the right previous release or with `--previous`, which takes two people.";
    PreviousNotBelow = "previous-not-below", Rule, "The previous release named by an open record is not an ancestor of this one, so the range of commits is not what has to be reviewed.",
        "The open record names, by hand or not, a release on a later commit, on the same commit, or on a branch that was never merged. The range then lacks commits, or is empty, and so lacks people who must not review.",
        "Open the release under another tag. `relsign open` finds the previous release by itself, and `--previous` takes a tag on an ancestor of the tagged commit.";
    PreviousOverridden = "previous-overridden", Rule, "The previous release was named by hand, which takes two people.",
        "The release was opened with `--previous`, and the person who opened it and those who decided GO together are fewer than `thresholds.previous`, at least 2. GO decisions in the manifest of a later one count, even if they did not hold for this very reason.",
        "Somebody else decides GO too.";
    NotAuthorised = "not-authorised", Rule, "The signer is not authorised: the policy gives this right to other roles.",
        "Somebody rejected or waived without the right, waived an item that nobody may waive, is not in the governing policy, or signed a record of a kind that no policy version gave them.",
        "An authorised person signs it: `relsign policy show`.";
    RoleNotHeld = "role-not-held", Rule, "The signer claims a role that the policy does not give them.",
        "`--as ROLE` by somebody who does not hold it under the governing policy.",
        "Sign without it, or with a role you hold: `relsign whoami`.";
    Unwitnessed = "unwitnessed", Note, "A record has been on the remote for an hour or more, and no receipt names it.",
        "A witness signs receipts for what comes, and the last ones that were fetched do not name it: the forge has rewritten the server's hooks, the witness's key is gone, or the witness no longer looks. `sync` and `verify` tell; it changes no verdict.",
        "On the server: `relsign hook check --server`, and then `relsign witness --here`, which makes up for what was missed.";
    ReceiptUnauthorised = "receipt-unauthorised", Rule, "A receipt does not count: its signer may not witness, its key is not vouched for, or its form is wrong.",
        "A record in the receipts note is not a receipt, is by a person or by a machine without the right `receipt`, or is by a key that was not valid under the policy version it names; or the key is no longer active and no active key of the same machine signed a later receipt.",
        "Nothing: it does not change the verdict. If the witness is yours, renew its key in the policy and run it again.";
    MachineNotPerson = "machine-not-person", Rule, "A machine's key signed what only a person may sign.",
        "A machine opened a release, decided, or signed an item off.",
        "A person signs it.";
    KeyRetired = "key-retired", Rule, "The signing key was retired, and nothing proves that a positive record was signed before that.",
        "The policy version that the record names lists the key as retired; or a later one retires or drops it, and the record is not settled before the next version ([decision 014](decisions/014-settled-retired-compromised.md)).",
        "The holder signs again with an active key.";
    KeyCompromised = "key-compromised", Rule, "The signing key was compromised, and nothing proves that a positive record was signed before that.",
        "A policy version marks the key compromised since a version no later than the one the record names, or the record is not settled before the version after that. The claimed time does not matter ([decision 014](decisions/014-settled-retired-compromised.md)).",
        "The holder signs again with an active key.";
    KeyNotListed = "key-not-listed", Rule, "The policy version named by a positive record does not list the signing key.",
        "The key was added in a later version than the record names, or had been dropped by then.",
        "`relsign sync`, so that the newest policy is known, then sign again with an active key.";
    PolicyOutdated = "policy-outdated", Rule, "A positive record names an older policy version than the one in force, and nothing proves that it was signed before the next.",
        "The signer did not know the newer policy, or ignored it. The record is neither in the anchors of the version after the one it names, nor in the manifest of a decision there, nor in an earlier receipt ([decision 014](decisions/014-settled-retired-compromised.md)).",
        "`relsign sync`, then sign again.";
    NotOwner = "not-owner", Rule, "Somebody other than the item's owner signed it as done.",
        "Somebody signed as done, partial or not applicable an item that another person owns.",
        "The owner signs, or the item is assigned to the signer: `relsign assign TAG ITEM @H --reason …`. To review instead: `--review`.";
    ReviewByOwner = "review-by-owner", Rule, "A review by the item's own owner does not count.",
        "The owner, or somebody who signed the item as done, partial or not applicable, also reviewed it. It does not matter whether that sign-off counts.",
        "Somebody else reviews. If you signed another person's item as done by mistake, withdraw that: `relsign withdraw TAG RECORD --reason …`.";
    ReviewByTagger = "review-by-tagger", Rule, "A review by the person who made the tag does not count.",
        "The reviewer is the tagger, by the e-mail address in the tag or by the key that signed it. A key that is no longer valid counts here too.",
        "Somebody else reviews.";
    ReviewByImplementer = "review-by-implementer", Rule, "A review by someone with commits in the range does not count.",
        "The reviewer is author, committer or co-author of a commit in the range.",
        "Somebody else reviews. Commits name their authors without proof, so the rule prevents mistakes, not forged names.";
    ImplementerUnknown = "implementer-unknown", Rule, "The policy does not know an author of a commit in the range, so separation of duties can't be shown.",
        "A commit in the range has an e-mail address that the policy lists for no person, or names no person, only bots and a forge, and the policy does not set `bot_commits = \"listed\"`.",
        "Add the address to the person, or to `bots` or `forges`, in the policy, before the release is opened.";
    TaggerUnknown = "tagger-unknown", Rule, "The policy does not know the tagger's address, so separation of duties can't be shown.",
        "The `tagger` line of the tag has an address that belongs to no person of the policy, to several, or to a bot or forge; or the address or the whole line is missing. The tagger might be the reviewer.",
        "Before the release is opened, tag the commit under another name with an address that the policy lists for you, or add the address to the person in the policy. Where taggers may review (`tagger_may_review`), it does not matter.";
    HardwareKeyRequired = "hardware-key-required", Rule, "The item requires a hardware key, and this record was signed with another key.",
        "The item requires a review signed with a security key.",
        "Review with a key on a security key: `ssh-keygen -t ed25519-sk`, or `-t ecdsa-sk` for one that knows only P-256.";
    EvidenceRequired = "evidence-required", Rule, "The item requires evidence with a digest, and the owner's sign-off has none.",
        "The policy requires evidence, and the owner signed the item as done without any that has a digest.",
        "`relsign approve TAG ITEM --evidence FILE`.";
    ApprovalExpired = "approval-expired", Rule, "A sign-off was older than the policy allows at the decision.",
        "The record is older at the decision than `max_age` or the policy's `record_age`.",
        "The signer signs again.";
    WaiverExpired = "waiver-expired", Rule, "A waiver had expired at the decision.",
        "`expires` lies before the decision, or before now where nobody decided.",
        "Waive again or do the item.";
    WaiverShort = "waiver-short", Rule, "A waiver needs more people than have signed it.",
        "Waiving the item takes more people than have done so.",
        "Another authorised person waives it, with the same command.";
    NoItems = "no-items", Rule, "The checklist has no item that GO needs, so there is nothing to decide on.",
        "As a finding: `open` has no item of phase `before` that is not optional. As a checklist problem: the file has nothing to sign off, often because its bullets have no boxes.",
        "Write `- [ ]`, or enable plain bullets: `<!-- relsign: items=bullets -->`. Then tag and open again.";
    ItemOpen = "item-open", Rule, "An item that GO needs is not complete.",
        "An item is pending, partial, or done without its reviews or children.",
        "`relsign status TAG` shows what each item needs and who can provide it.";
    CheckFailed = "check-failed", Rule, "The latest check of an item failed.",
        "The last check by some signer says FAILED.",
        "Fix it and check again; only a later check by the same signer replaces it.";
    RejectOpen = "reject-open", Rule, "A reject was neither withdrawn by its author nor set aside by two people.",
        "A reject is still in effect.",
        "Its author withdraws it, or two others waive over it: `relsign waive TAG ITEM --over RECORD --reason …`.";
    WithdrawOfOthers = "withdraw-of-others", Rule, "Somebody withdrew a record that is not their own.",
        "A `withdraw` names another person's record, or a withdraw.",
        "Nothing: it has no effect. To object, reject the item.";
    DisregardShort = "disregard-short", Rule, "Disregarding a missing record takes two people, and fewer have signed.",
        "Fewer people than `thresholds.disregard` signed a `disregard` of a record.",
        "A second person signs the same: `relsign disregard TAG RECORD --reason TEXT`.";
    NotDecided = "not-decided", Rule, "No authorised person has decided GO yet.",
        "There is no decide record in effect.",
        "An authorised person runs `relsign decide TAG go`.";
    DecidedNoGo = "decided-no-go", Rule, "The latest decision is no-go.",
        "The last decision is no-go.",
        "Resolve what was named and decide again.";
    DecisionUnauthorised = "decision-unauthorised", Rule, "The signer of the decision is not authorised to decide.",
        "A decide record by somebody without the right.",
        "An authorised person decides: `relsign policy show`.";
    DecisionWithoutBasis = "decision-without-basis", Rule, "A GO decision was signed on records that do not satisfy the policy.",
        "A GO was signed although an item was open by its manifest, or its manifest lacks the `open` record. `relsign decide` refuses to sign that.",
        "Resolve the other reasons listed with this one and decide again.";
    DecisionWithdrawn = "decision-withdrawn", Rule, "The signer of the decision withdrew it.",
        "Its author signed a `withdraw` of the decision. Only a withdrawal that itself counts withdraws a decision other than GO.",
        "An authorised person decides again.";
    ReleaseEnded = "release-ended", Rule, "The release was rolled back or closed without being completed.",
        "There is a `rollback`, or a `close` as rolled back or abandoned, by somebody who ever might, that no later decision had seen.",
        "Nothing, if that was meant. Whoever may decide takes the release up again with a new `relsign decide TAG go`.";
    DecisionSuspended = "decision-suspended", Rule, "A negative record came after the decision, which is suspended.",
        "Accompanies `unseen-negative`, on the decision.",
        "Look at the record and decide again.";
    OtherCommit = "other-commit", Rule, "The release is on another commit than the one asked about or checked out.",
        "`gate TAG --commit C` where the tag points at another commit; or the checkout is of another commit, or was made before the tag moved.",
        "Check out the commit of the tag and ask again. If the tag moved, find out who moved it.";
    OtherComponent = "other-component", Rule, "The release is of another component than the one asked about.",
        "`gate TAG --component C` where the tag is that of another component.",
        "Ask about a tag of that component, or omit `--component`.";
    StageNotPassed = "stage-not-passed", Rule, "A stage before the one asked about has not passed.",
        "`gate --stage` while the latest record on an earlier stage is not that it passed: it was not entered, is still observed, or failed; or somebody who is or was authorised entered it since, whatever became of their key.",
        "Finish the earlier stage: `relsign status` shows its records.";
    StageBaking = "stage-baking", Rule, "A stage before the one asked about was not observed for its whole bake time.",
        "`gate --stage` before the bake time of an earlier stage is over, or after it was marked as passed too early.",
        "Wait, and mark it as passed again once the time is over. `gate --wait` waits.";
    StageItemOpen = "stage-item-open", Rule, "An item of a stage before the one asked about is neither settled nor confirmed.",
        "`gate --stage` while an item `ITEM@STAGE` of an earlier stage is waiting.",
        "Its owner signs it: `relsign approve TAG ITEM@STAGE`.";
    StageNotEntered = "stage-not-entered", Rule, "Nobody has entered the stage that is asked about.",
        "`gate --stage` before an authorised person or machine has entered that stage.",
        "Enter it first: `relsign stage TAG STAGE enter`. Then ask, then deploy.";
    StageUnnamed = "stage-unnamed", Incomplete, "The release goes out in stages, and the question names none.",
        "`gate` without `--stage` while a stage is still to come.",
        "Name the stage that is deployed: `relsign gate TAG --stage STAGE`.";
    StageDeviation = "stage-deviation", Note, "The last stage was entered when a gate would not have let it.",
        "An entry of the last stage outside the planned window, in a freeze, before the decision, or before an earlier stage had passed. The release is not out by it, and a gate goes on asking.",
        "Find out what was deployed. Whoever may break glass can enter the stage again in spite of the window or the freeze.";
    LimitUnread = "limit-unread", Rule, "A limit of the stage was not read since the stage was entered.",
        "Somebody marked the stage as passed, and no reading that they had seen has a value for the limit.",
        "Read it, and pass the stage again: `relsign stage TAG STAGE --readings -`.";
    LimitStale = "limit-stale", Rule, "The last reading of a limit ended before the stage had baked.",
        "A reading ends before the bake time does, or before the stage was entered.",
        "Read it again, and pass the stage again.";
    LimitNoData = "limit-no-data", Rule, "The last reading of a limit says nothing.",
        "The value is empty, NaN, of another unit or of too short a time, there is no baseline, or a machine read what only a person can judge.",
        "Somebody looks and says what they saw: `relsign stage TAG STAGE pass` asks.";
    LimitFailed = "limit-failed", Rule, "A limit of the stage does not hold.",
        "The last reading breaks the limit.",
        "Roll back, or pass the stage in spite of it with a reason: `--in-spite LIMIT --reason TEXT`.";
    ReadingContradicts = "reading-contradicts", Note, "A reading says of its value what the value does not say.",
        "The record says HOLDS of a value that breaks the limit, or the other way round. The value counts.",
        "Find out what made the reading.";
    Overridden = "overridden", Note, "A stage was moved in spite of a limit, the planned window or a freeze.",
        "A `stage` record names what it overrides, with a reason.",
        "Read the reason. It stays in every report.";
    OutsideWindow = "outside-window", Rule, "The release is not out, and now is not within its planned window.",
        "`gate` or an entry of a stage outside the window of the `open` record.",
        "Wait for the window. Whoever may break glass can enter the stage in spite of it.";
    EnvironmentFrozen = "environment-frozen", Rule, "The release is not out, and its environment is frozen.",
        "A freeze names the environment, or covers a ref that is gated for it.",
        "Wait for its end, or have it lifted. Whoever may break glass can enter the stage in spite of it. Going back is never frozen.";
    ConditionOpen = "condition-open", Rule, "A condition of the decision is not met yet.",
        "A conditional go has a condition that nobody to whom it was given has recorded as met.",
        "Whoever it was given to records it before it is due: `relsign action TAG ID met --note TEXT`.";
    ConditionOverdue = "condition-overdue", Rule, "A condition of the decision fell due and was not met.",
        "The clock is past the time by which the condition was due.",
        "It is no-go now. Somebody decides anew.";
    ConditionFailed = "condition-failed", Rule, "A condition of the decision failed.",
        "Whoever it was given to, or whoever may decide, recorded that it failed.",
        "It is no-go now. Somebody decides anew.";
    ConditionNotMet = "condition-not-met", Rule, "A record says that a condition is met, and does not count.",
        "It is by somebody else, too late, without the decision in view, or of a condition that the decision does not have.",
        "Whoever the condition was given to records it.";
    DecidersMissing = "deciders-missing", Rule, "Fewer people than the policy asks for have decided GO.",
        "The policy has `thresholds.decide` or `decide_roles`, and the decisions that hold are by fewer people, or none of them has a role.",
        "Somebody else who may decides too: `relsign decide TAG go`.";
    ActionOpen = "action-open", Rule, "An action that holds up GO is not done.",
        "An action of the checklist, of the policy or of a person blocks GO, and is open or failed.",
        "Whoever it was given to does it: `relsign action TAG ID done`.";
    ActionNotTheirs = "action-not-theirs", Rule, "A record says what became of an action, by somebody who may not say so.",
        "The action was given to somebody else, or must not be settled by whoever made what is released.",
        "Whoever it was given to records it.";
    CloseIncomplete = "close-incomplete", Rule, "A record closes the release, and does not count.",
        "A stage was not entered and passed, an item or action was open, the roll-back was not complete, or its signer may not close.",
        "Settle what is named and close again: `relsign close TAG`.";
    RollbackNotBegun = "rollback-not-begun", Note, "A step or the end of a roll-back was recorded by somebody who had not seen it begin.",
        "A `rollback` record has no start among what its signer had seen.",
        "Nothing: it counts for nothing but as a word against the release.";
    StagePersonRequired = "stage-person-required", Rule, "The stage takes all traffic, and no person has entered it.",
        "`gate --stage` for the last stage. Machines move a release through every stage but this one.",
        "A person with the right to move stages enters it; then the pipeline continues.";
    TimeInFuture = "time-in-future", Rule, "A record claims a time later than the verification, so if positive it does not count.",
        "The claimed time is later than now and the tolerance of the policy (`clock_skew`, 5 minutes unless it says otherwise).",
        "Correct the clock. The record counts once its time has come.";
    TimeBeforeParent = "time-before-parent", Note, "A record claims a time before that of a record it had seen.",
        "The claimed time is earlier than the parent's by more than `limits.clock_skew`: a clock was wrong, or a record was backdated.",
        "Nothing: claimed times do not determine order. Ask the signer if it matters.";
    Backdated = "backdated", Note, "A record claims a time when a witness had looked and did not have it, or reached a witness later than the policy allows.",
        "Somebody shared the record long after signing it, or claims an earlier time than that of signing. It is reported if the witness's preceding receipt, which did not name the record, is later than the claimed time by more than `limits.clock_skew`; and, where the policy has `limits.max_backdate`, if the record reached the witness later than that. Records that were there when the witness first looked are not reported ([decision 027](decisions/027-how-receipts-are-written.md)).",
        "Nothing: claimed times do not determine order, and the witnessed time is shown as well. Ask the signer if it matters.";
    // Policy.
    PolicyMissing = "policy-missing", Incomplete, "The policy version that a record names is not here.",
        "There is no `refs/relsign/policy`, or a record names a version newer than the newest here: it was withheld, or has not arrived. No verdict is possible meanwhile.",
        "`relsign sync`.";
    PolicyInvalid = "policy-invalid", Tampered, "A version of the policy chain can't be read, or is not a valid successor of the one before.",
        "A version is not well formed, its file or anchors can't be read, its threshold is higher than the number of owners, version 1 has anchors, or the repository's number changes.",
        "Do not use it. Ask an owner, and compare with another clone.";
    PolicyUnsigned = "policy-unsigned", Tampered, "A version of the policy is not signed by enough owners.",
        "A version on the policy ref is signed by too few owners of the version before or of its own, or was signed for another place in the chain, which means that a version was left out, repeated or replaced.",
        "As for `policy-invalid`. `relsign policy log` in an intact clone shows who signed what.";
    PolicyReassigned = "policy-reassigned", Tampered, "A version of the policy gives a key or a handle to another person or machine than an earlier one did.",
        "A key is listed for another person or machine than before, or a handle is listed without any of the keys that earlier versions list for it.",
        "As for `policy-invalid`. Give a new person a new handle; when somebody gets a new key, keep the old one in the list as retired.";
    AnchorsDropped = "anchors-dropped", Tampered, "A version of the policy does not anchor a record that the version before had settled.",
        "The anchors of a version lack a record that those of the version before have.",
        "As for `policy-invalid`.";
    PolicyFork = "policy-fork", Incomplete, "A policy version has another digest here than a record names, or than this clone accepted before.",
        "Two versions of one number exist.",
        "Somebody replaced the policy. Compare digests with the owners: `relsign policy show`.";
    PolicyRolledBack = "policy-rolled-back", Incomplete, "The policy here is older than a version that this clone accepted before.",
        "The policy ref was rewound, here or by the server it was fetched from.",
        "`relsign sync`. If no remote has the newer version, ask the owners.";
    RootUnpinned = "root-unpinned", Incomplete, "No root is pinned, so no authority can be verified.",
        "No `relsign.root` is set in git's configuration and none was named with `--root`. Commands stop with this; on a terminal they ask first. On a server: the project has refs of relsign, and neither the pins file nor the repository's own configuration has a root for it.",
        "Compare the root with what an owner tells you over another channel, then `relsign trust SHA256:…`, or add the line shown to the server's pins file.";
    RootAmbiguous = "root-ambiguous", Incomplete, "Two different roots are pinned, so it is ambiguous which policy applies.",
        "`relsign.root` has two values, in one file of git's configuration or in two.",
        "`git config --show-origin --get-all relsign.root` shows where they are set. Remove the wrong one, or pin the right one again with `relsign trust SHA256:…`.";
    RootMismatch = "root-mismatch", Tampered, "The policy here descends from another root than the pinned one.",
        "The digest of the first policy version here is not the pinned one.",
        "Do not pin another root until the owners have told you why.";
    PolicyEdited = "policy-edited", Note, "The policy file at HEAD differs from the version in force.",
        "`relsign policy show` reports it. Reports use the version in force and do not mention it.",
        "`relsign policy diff`, then `relsign policy activate` if the change is intended.";
    // Pushes.
    RefBypassed = "ref-bypassed", Note, "On the server, a ref that a rule speaks of was moved, deleted or made past the hooks.",
        "A merge or a deletion in a forge's web page, a command of the forge's own, or `git update-ref` on the server: a frozen, gated or protected ref or a release tag stands for something that no hook of relsign let through. The hooks tell whoever pushes next; so do `freeze check` and `verify` on the server. It changes no verdict.",
        "The command that is shown puts it back, on the server. See that the forge runs relsign's hooks for what it does itself, too ([server](guide/server.md#beside-the-hooks-of-a-forge)).";
    RefFrozen = "ref-frozen", Rule (records), "A push moves a frozen ref, and no exception allows it.",
        "`pre-push`, `pre-receive` and `update`, for every frozen ref in the push; creating, deleting and forcing count as moves.",
        "Wait until the end given in the message, or request an exception with the command it shows.";
    ExceptionShort = "exception-short", Rule (records), "Fewer people than needed have granted the exception for this commit.",
        "The same hooks, if an exception was requested for the commit and has too few grants that count.",
        "Ask the people named in the message to run `relsign freeze grant`.";
    ExceptionExpired = "exception-expired", Rule (records), "The exception for this commit has expired.",
        "The same hooks, from the expiry of the request on.",
        "Request another: `relsign freeze request`.";
    ExceptionSpent = "exception-spent", Rule, "The exception for this commit was already used.",
        "The same hooks, if the ref contained the change at some point since the base of the request, even if the change was reverted since.",
        "Request another, from where the ref is now: `relsign freeze request`.";
    ExceptionMismatch = "exception-mismatch", Rule (records), "A push does not match the exception that was granted.",
        "The same hooks, if the push has commits that were not shown to the people who granted, if a tree differs from the clean merge of the ref and the commit, if the request lists other commits than there are, or if the freeze began after the request was made.",
        "Push exactly what was granted, or request an exception for what you push.";
    RefGated = "ref-gated", Rule (records), "A push moves a gated ref to something other than the commit of a release in GO, or not forward.",
        "The same hooks, for refs that a `[[gated]]` of the policy names, with the component and the environment whose GO they need. Every release of that component opened on the commit for that environment must be in GO; a rejected one counts until an authorised person abandons it or rolls it back.",
        "Push exactly the commit that the release's tag points at, once `relsign gate --commit COMMIT --component COMPONENT --env ENVIRONMENT` answers GO. It moves back only to the release completed before.";
    RefProtected = "ref-protected", Rule, "A push deletes or rewinds a protected ref.",
        "The same hooks, for refs that `refs.protected` of the policy names.",
        "Revert the change with a new commit: `git revert`.";
    RefReplacement = "ref-replacement", Rule, "A push brings a replacement ref, which would change what git shows for an object.",
        "The same hooks, for refs below `refs/replace/`.",
        "Leave it out; instead of `--mirror`, push branches and tags by name. Deleting one is allowed.";
    TagSpent = "tag-spent", Rule, "A push moves or deletes the tag of a release that was opened, or gives its name to another object.",
        "The same hooks, for tags whose name an authorised person has opened, and for names that differ from one only in ways that some file systems ignore: case, decomposed letters, invisible characters.",
        "Tag the other commit under another name: `relsign tag NAME`.";
    OwnRefRewritten = "own-ref-rewritten", Rule, "A push deletes, rewinds or replaces one of relsign's own refs, or drops content from it.",
        "The same hooks, for `refs/notes/relsign`, `refs/notes/relsign-receipts` and everything below `refs/relsign/`.",
        "`relsign sync`, which merges the remote's content with yours. Never push these refs by force.";
    OwnRefUnknown = "own-ref-unknown", Rule, "A push has a ref in relsign's own namespace that must not be shared.",
        "The same hooks, for refs below `refs/relsign/` that this version does not know or that belong to one clone, and for other spellings of its own refs.",
        "Leave it out: push branches and tags by name, and records with `relsign sync`.";
    RecordBackdated = "record-backdated", Rule, "A record arrives later after its claimed time than the policy allows.",
        "The same hooks, if `limits.max_backdate` is set. A record that arrived in time and was lost may be restored: the age of a record that the server remembers for that log, or that a receipt names, is not checked.",
        "Sign it again. Lines are never removed from a log, so first drop it from the clone that has it: the refusal shows the commands, which remove from that clone everything that only it has.";
    NoteMalformed = "note-malformed", Rule, "A push adds something to the notes that is not a note of records.",
        "The same hooks, for files in the tree of `refs/notes/relsign` or `refs/notes/relsign-receipts` whose path is not an object id, whatever the fan-out; for links, submodules, executables, empty notes and empty directories; and for a note that grew to more than twice the size of its lines. What was there before is not checked.",
        "`relsign sync --repair` rebuilds the notes of this clone without it; then `relsign sync`.";
    OpenUnannounced = "open-unannounced", Rule, "An open record is not in every note where others look for it.",
        "The same hooks: an open record must be on its tag and on the blob of the tag's name.",
        "Open the release with `relsign open` and share it with `relsign sync`.";
    // Exceptional, shown first in every report.
    Waived = "waived", Note, "The release goes out without an item, for a stated reason.",
        "Enough people waived the item.",
        "Read the reason; follow the ticket.";
    OverriddenReject = "overridden-reject", Note, "A reject was set aside by two people.",
        "Two people other than its author waived the item and named the reject.",
        "Read both reasons.";
    BreakGlassUsed = "break-glass-used", Note, "One person overrode a freeze for a commit on their own authority.",
        "An authorised person ran `relsign freeze break-glass` for a commit of the release, or for a ref that the release froze or that is gated. Every report shows it from then on, even if it was withdrawn or not used.",
        "Read the reason and review the change now: nobody else had to approve it.";
}
