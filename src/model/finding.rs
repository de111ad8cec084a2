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

/// Defines [`Code`] with, for each, its text, its severity, one sentence of meaning, what makes it and what to do.
macro_rules! codes {
    ($($variant:ident = $text:literal, $severity:ident, $meaning:literal, $made:literal, $remedy:literal;)*) => {
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

            /// Says what makes a finding of the code.
            pub const fn made(self) -> &'static str {
                match self { $(Self::$variant => $made,)* }
            }

            /// Says what to do about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
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
    LineMalformed = "line-malformed", Tampered, "A line of the log is not a DSSE envelope in the one form that docs/format.md allows.",
        "A line is not UTF-8, has other keys, spaces, no or two signatures, a key id that is no fingerprint, or base64 in another spelling.",
        "Find who wrote it: `git log -p refs/notes/relsign`. Lines by `git notes add` or an editor end up here.";
    LineTooLong = "line-too-long", Tampered, "A line of the log is longer than the limit and was not parsed.",
        "A line has more than 1,048,576 bytes.",
        "As for `line-malformed`. Large things belong into evidence.";
    TooManyLines = "too-many-lines", Incomplete, "A note has more lines that listed keys may have signed, or more bytes, than are read, so a word against may lie among the rest.",
        "More than 100,000 lines of one note name keys that the policy lists, or the notes of one object have more than 32 MiB or 1,048,576 lines. No verdict holds then: the gate says that it can't decide. A push is refused that would make it so, one that brings more than 1,048,576 lines at once, and one by which one signer would have more than a tenth of the lines or bytes.",
        "Find out who wrote them, and go back to the notes as they were before: `git reflog refs/notes/relsign`.";
    JunkLines = "junk-lines", Tampered, "Lines that no listed key can have signed are too many to be told one by one.",
        "More than 10,000 lines of one note are no envelopes, or name keys that the policy never listed. They change no verdict.",
        "As for `line-malformed`.";
    SignatureMalformed = "signature-malformed", Tampered, "The signature is not a canonical SSHSIG version 1 blob.",
        "The blob has another version, something in the reserved field, bytes after its end, a key that is no point of the curve, or parts of the wrong length.",
        "The signer signs again. If ssh-keygen accepts the line, it was made by another program or changed afterwards.";
    NamespaceWrong = "namespace-wrong", Tampered, "The signature was made for another SSHSIG namespace.",
        "Somebody took a signature that was made for something else, such as a commit or a file, or signed with another `-n`.",
        "The signer signs again, with namespace `relsign-v1`.";
    HashWrong = "hash-wrong", Tampered, "The signature uses another hash than SHA-512.",
        "The signature was made with `-O hashalg=sha256`.",
        "The signer signs again without that option.";
    KeyTypeUnsupported = "key-type-unsupported", Tampered, "The signing key is neither ssh-ed25519 nor sk-ssh-ed25519.",
        "An RSA, ECDSA or DSA key, or a certificate, signed.",
        "The signer uses an ed25519 key: `ssh-keygen -t ed25519`.";
    KeyWeak = "key-weak", Tampered, "The signing key is a small-order point, under which forged signatures verify.",
        "A public key was crafted so that one signature verifies for every message.",
        "Nobody has such a key by accident. Find who wrote the line.";
    KeyidMismatch = "keyid-mismatch", Tampered, "The envelope's keyid is not the fingerprint of the key that verifies.",
        "`keyid` in the envelope was changed.",
        "As for `line-malformed`.";
    SignatureInvalid = "signature-invalid", Tampered, "The signature does not verify over these bytes.",
        "The payload or the signature was changed, or the signature belongs to another payload. Signatures with an S that is not reduced are also refused here.",
        "If the record was yours, sign again. Find who changed it.";
    NoUserPresence = "no-user-presence", Tampered, "A hardware key signed without anybody touching it.",
        "A signature by a security key has the user-presence flag off.",
        "The signer signs again with a key that asks for a touch.";
    PayloadMalformed = "payload-malformed", Tampered, "The signed payload is not a relsign statement: unknown or duplicate keys, wrong types, wrong constants or trailing data.",
        "The signer's program wrote something that docs/format.md does not allow, or somebody with a listed key signed other bytes.",
        "Look at the payload (docs/format.md, section 2) and let its signer say it again with a current relsign.";
    SignerMismatch = "signer-mismatch", Tampered, "The record names another signer than the holder of the key that verifies.",
        "A listed person signed a payload that names somebody else or another key.",
        "The named signer did not say this. Ask the holder of the key cited.";
    SignerUnknown = "signer-unknown", Tampered, "The policy chain never listed the signing key.",
        "The signer was never in the policy, or the policy here is older than their entry.",
        "Run `relsign sync`. If the person should be in the policy: `relsign join` on their side, `relsign person add` on the owner's.";
    KindUnknown = "kind-unknown", Rule, "A valid record is of a kind this version does not know, and counts as a word against the release.",
        "A newer relsign wrote a kind of record that this one does not know.",
        "Update relsign. Until then the answer is no, because the record may be a veto.";
    RecordForeign = "record-foreign", Note, "The record belongs to a repository with another root.",
        "A fork or a clone of a template carries records of the project it came from.",
        "Nothing. The record is not about this repository and is not counted.";
    // Binding: what a record speaks of is not what lies here.
    SubjectMismatch = "subject-mismatch", Tampered, "A valid record stands on an object that it does not speak of.",
        "A line was copied from another tag, an earlier candidate or another commit to this one.",
        "Find who copied it. The signer signs on this tag, if they mean it.";
    RecordOfOtherOpen = "record-of-other-open", Rule, "A record names another open record than the one that governs, and does not count.",
        "The tag was opened for several environments or more than once, and the record was signed under another `open` than the one that is judged.",
        "Name the environment (`relsign gate --env`), or sign again under the one that governs.";
    TagMoved = "tag-moved", Tampered, "The tag's name was opened for another tag object than it points at now; a name is spent once opened.",
        "The tag was forced to another object after a release was opened on it, here or at a remote. The records on the old object are listed as orphaned. What a remote has is known as of the last time it was fetched.",
        "Where it moved at a remote, put it back there with the command that the message ends with, `git push -f REMOTE refs/tags/NAME`; to fetch the remote's would make the copy here wrong. Where it moved here, fetch the one that was opened, or make a tag of another name. Nothing that was approved carries over.";
    TagDeleted = "tag-deleted", Tampered, "A release was opened for a tag that no longer exists.",
        "The tag was deleted after a release was opened on it: here, or at a remote that still has the record that opened it.",
        "Where it is gone from a remote, put it back with the command that the message ends with; `relsign sync` does so too, and says so. Where it is gone here, get it back: `git fetch --tags`, or from the evidence ref, where `open` kept the tag object.";
    TagNameMismatch = "tag-name-mismatch", Tampered, "The name inside the tag object is not the name of the ref that points at it.",
        "The object of tag `v1` lies under `refs/tags/v9.9`.",
        "Delete the ref and make a tag of the right name.";
    TagLightweight = "tag-lightweight", Rule, "The tag is lightweight; only an annotated tag can be signed off.",
        "The ref points at a commit directly; some checkouts in pipelines turn annotated tags into that.",
        "Make an annotated tag: `relsign tag NAME`. In a pipeline: `git fetch --force --tags`.";
    TagObjectMissing = "tag-object-missing", Incomplete, "The tag object or its commit or tree is not in this repository.",
        "The tag, its commit or tree are not in this clone, or can't be read.",
        "`git fetch --tags`, in a shallow clone `git fetch --unshallow --tags`. In a partial clone the message says which command fetches the files of the tagged tree. A tag that git would not write stays unreadable: release under another name.";
    TagUnsigned = "tag-unsigned", Rule, "The policy asks for a tag signed by one of its people, and this one is not.",
        "`[tags] signed = \"required\"`, and the tag has no SSH signature by a key of a person that the governing policy version lists active. Signatures of other kinds are not checked; `tag-signature-unverified` then says why this one shows nothing.",
        "Sign the tag: `git tag -s` with `gpg.format=ssh`, before the release is opened.";
    TagSignatureUnverified = "tag-signature-unverified", Note, "The tag has a signature that shows nothing: of another kind than SSH, or by no key of the policy's people that was good then.",
        "An OpenPGP or X.509 signature, which relsign does not check; an SSH signature that does not verify, or by a key that the policy never listed, that is a machine's, or that the governing policy version does not list active (or a later version calls compromised since then).",
        "Nothing where the policy does not ask for signed tags: the records bind the tag object's bytes. Check other signatures with `git verify-tag`.";
    ChecklistChanged = "checklist-changed", Tampered, "Reading the tagged checklist again gives other items, or another plan, than the open record holds.",
        "The title, items, risk, stages, triggers, roll-back steps or scope in `open` are not what this program reads from the tagged file, or `open` names other reading rules (`checklist.parser`) than this program has. The message names the first item that differs and every other part.",
        "Do not sign. Whoever opened the release wrote something else than the file states, or used a version of relsign with other reading rules. Let somebody else open it on a new tag.";
    ChecklistUnreadable = "checklist-unreadable", Tampered, "The checklist that the open record names is not in the tagged tree as it says.",
        "The path is missing in the tagged tree, is a link or a directory, has another digest, or does not parse.",
        "As for `checklist-changed`.";
    TasksUnread = "tasks-unread", Note, "Lines of the checklist look like tasks and are no items, so nobody signed them.",
        "The file holds boxes that are written otherwise than `- [ ] text`, tasks in raw HTML, boxes in a table whose rows are no items, or comments that look like directives. `open` told them before it signed, and the open record lists them.",
        "Read the lines, and ask whether the release may go without them. Mend them for the next: `relsign checklist lint` says how.";
    ItemUnknown = "item-unknown", Rule, "A record speaks of an item that the open record does not hold.",
        "Somebody signed an item id that the release does not have.",
        "The signer looks at `relsign status` and signs the item they mean.";
    ItemChanged = "item-changed", Rule, "A record was signed for another text of the item than the open record holds.",
        "The record carries another digest of the item, from an earlier text or an earlier candidate.",
        "The signer reads the item as it is and signs again.";
    EvidenceMissing = "evidence-missing", Incomplete, "Evidence that a record names is not in this repository.",
        "The file was not pushed, or was removed without being [redacted](#evidence-redacted), or is no file, or has more than 1 GiB and can't be checked.",
        "`relsign sync`. It makes the record incomplete and does not stop GO.";
    EvidenceChanged = "evidence-changed", Tampered, "Evidence does not have the digest or size that the record names.",
        "The bytes kept under the digest are others, or their number is.",
        "`relsign sync` brings the right bytes back if somebody has them. Until then `gate` exits 3.";
    EvidencePointer = "evidence-pointer", Note, "Evidence is a link without a digest, so it can change without anyone noticing.",
        "A record has `--evidence https://…` without `#sha256=DIGEST&size=BYTES`.",
        "Keep the file itself as evidence where it matters, `--evidence FILE`, or say which bytes are meant.";
    EvidenceRedacted = "evidence-redacted", Note, "Enough people let a piece of evidence be erased; what was signed about it stands.",
        "As many people as the policy asks for, at least two, ran `relsign evidence redact` on it.",
        "Nothing. The verdict and the integrity are what they were while it was here.";
    RedactionShort = "redaction-short", Rule, "Erasing evidence takes two people, and fewer have signed that.",
        "One person ran `relsign evidence redact`. Until another does, it stays here and has to.",
        "Another who may runs `relsign evidence redact DIGEST --reason …`, or the first withdraws the record.";
    TreeNotStrengthened = "tree-not-strengthened", Note, "The tree holds submodules, whose commits are bound by SHA-1 only.",
        "The tree has submodules.",
        "Nothing, or release without submodules. Everything else in the tree is bound by SHA-256.";
    // Omission: something that is named is not here.
    RecordMissing = "record-missing", Incomplete, "A record names another that is not here: as a parent, as its open record, in a manifest, to withdraw it or to waive over it.",
        "A record was withheld or has not arrived: an id is named and its line is not here. A manifest that leaves out what its records had seen is named so, too.",
        "`relsign sync`. If it stays away, ask whoever signed the record that names it. Two people may set it aside: `relsign disregard TAG RECORD`, naming what is missing or the record that names it.";
    RecordVanished = "record-vanished", Incomplete, "A record that this clone has seen, or that a receipt names, is gone.",
        "A line was here when this clone last looked, or when a witness signed a receipt for this tag's log, and now it is not: the notes ref was rewound, or somebody removed it.",
        "`relsign sync`, from several clones. Find who rewrote `refs/notes/relsign`.";
    LogMissing = "log-missing", Incomplete, "The tag's name has an open record, but the tag object's own log does not hold it.",
        "The note of the tag's name holds an `open` by somebody who may, and the note of the tag object does not: lines of the log were removed.",
        "`relsign sync`.";
    PreviousNotHere = "previous-not-here", Incomplete, "The release that an open record names as the one before is not here, so whether it passed is not known.",
        "Its tag object or its commit is not in this repository: tags were not fetched, or the open record names something that never was. Or some commit that leads down to it is not here, in a clone that is not shallow.",
        "`git fetch --tags`, in a partial clone `git fetch --refetch --no-filter`. If it exists nowhere, open the release under another name.";
    EnvironmentUnnamed = "environment-unnamed", Incomplete, "Nobody says where it is to go, and it was opened for another environment than the component's first, or for several.",
        "`gate`, and `status --exit-code`, without `--env`. A GO for staging is none for production, so whoever deploys says where.",
        "Ask again with the environment that is deployed to, as the hints say: `relsign gate TAG --env ENVIRONMENT`.";
    ComponentUnnamed = "component-unnamed", Incomplete, "Nobody says which component is to go out, and there are several.",
        "`gate --commit` and `gate --artifact` without `--component`, where the policy has several components, or the commit has releases of several, and all of them are in GO. A tag says by its name which component it is of.",
        "Ask by the tag, or with the component that is deployed: `relsign gate --commit COMMIT --component COMPONENT`.";
    RemoteUnasked = "remote-unasked", Incomplete, "The remote could not be asked, so what is here may not be all that was signed.",
        "`gate` could not fetch from the remote, and what lies there might change the answer: a word for or against the release, a later policy, the tag. The message says why it could not, and what the answer would be by what is here.",
        "Try again once the remote can be reached, or let what is here do: `relsign gate --no-sync`.";
    NeverSynced = "never-synced", Incomplete, "No records were ever fetched from the remote, so whether a release was opened is not known.",
        "There is a remote, `refs/notes/relsign` does not exist here, and relsign never fetched from the remote. A clone brings tags and no notes.",
        "`relsign sync`.";
    FreezeUnknown = "freeze-unknown", Incomplete, "What is frozen can't be told, so nothing may be pushed until it can.",
        "A freeze window of the policy is in a time zone that this version does not know.",
        "Use a version of relsign that knows the zone, or ask the policy's owners to name another.";
    ReceiptMissing = "receipt-missing", Incomplete, "A witness's receipts are not all here, so what follows the gap does not count.",
        "Receipts are numbered for each witness, and one in the middle is not in the note: it was withheld or has not arrived; or this clone has seen a later receipt than the last one that is here.",
        "`relsign sync`, from several clones; the witness puts back what a remote has lost. Find who rewrote `refs/notes/relsign-receipts`.";
    ReceiptForked = "receipt-forked", Tampered, "A witness's receipts contradict each other, so what follows does not count.",
        "Two receipts of one number, one that does not name the one before, or one that goes back in time or in the policy's versions: somebody else has the witness's key, or it was run twice.",
        "Find out which; where the key was stolen, call it compromised since the version in which that was.";
    UnseenRecord = "unseen-record", Note, "A record is not in the decision's manifest, so the decision does not rest on it.",
        "A word, check or assignment came after the decision, or its author withdrew it.",
        "If it should count, decide again.";
    UnseenNegative = "unseen-negative", Rule, "A word against the release is not in the decision's manifest, so the decision does not hold.",
        "A reject, a withdrawal, a failed check, a no-go, a second `open` or an unknown record came after the decision, or the decider had not fetched it.",
        "Look at it: `relsign log`. Resolve it and decide again.";
    // Authority: the signature is good, the right is missing.
    NotOpened = "not-opened", Rule, "No authorised open record stands on this tag.",
        "There is no `open` record, or none that counts. Where no records were ever fetched from the remote, `never-synced` stands beside it and the answer is \"cannot decide\".",
        "`relsign open TAG`, or `relsign sync` to get what others signed.";
    OpenUnauthorised = "open-unauthorised", Rule, "The release was opened by someone whom the policy does not let open this type.",
        "The signer of `open` has no right to open this type under the policy version that the record names.",
        "Somebody who may opens it: `relsign policy show`.";
    SecondOpen = "second-open", Rule, "The same tag and environment were opened more than once.",
        "Two `open` records by people who may or ever might, for one tag and environment, whatever became of their keys; one that names an older policy version and is not settled is no second.",
        "One of the two authors withdraws theirs: `relsign withdraw TAG RECORD --reason …`. Then decide again.";
    OpenContradictsPolicy = "open-contradicts-policy", Rule, "The open record asks less of an item than the policy it names, or is for a component or environment that the policy does not have for the tag.",
        "An item in `open` asks for fewer reviews, roles or the like than the policy's rules do, or its component or environment is not one that the policy gives the tag.",
        "As for `checklist-changed`.";
    OpenContradictsRange = "open-contradicts-range", Tampered, "The commits of the range were made by other people, or are more or fewer, than the open record says.",
        "Tagger and authors worked out from the commits are not those in `open`, or neither is their number. In a shallow clone that lacks some of the commits this is not looked at.",
        "As for `checklist-changed`.";
    RangeNotHere = "range-not-here", Note, "The commits of the range are not all here, so their authors were not compared with the open record again.",
        "A shallow clone, and the range goes on below where it was cut off. Whether the release before lies below is believed there, too, unless what is here shows that it does not. In a whole clone a missing commit is `range-unreadable`.",
        "To have the comparison too, get the rest: `git fetch --unshallow`.";
    RangeUnreadable = "range-unreadable", Incomplete, "A commit of the range can't be read, or is gone where no shallow clone explains it, so its authors can't be compared with the open record.",
        "A commit of more than 16 MiB, one without author or committer, or damaged; a commit that is missing although git's `shallow` file does not say that history ends there, as in a damaged clone. Nobody can push such a file, and anybody can push such a commit. `relsign open` refuses the range likewise.",
        "Where something is missing: `git fsck`, then clone anew. Where a commit can't be read, release a history without it.";
    BotCommits = "bot-commits", Note, "In some commits of the range no person stands, only addresses that the policy lists as those of bots and forges.",
        "A bot wrote and committed, or a forge committed for it, and nobody is co-author.",
        "Look at these commits. Whether reviews count is for the policy to say (`bot_commits`).";
    ChecklistOverridden = "checklist-overridden", Rule, "Another checklist than the policy's was named by hand, which takes two people.",
        "The release was opened with `--checklist`, and the same person decided.",
        "Somebody else decides, or the policy names the other checklist.";
    PreviousUnproven = "previous-unproven", Rule, "The release that an open record names as the one before is not one that passed, so the range of commits is not what has to be reviewed.",
        "The open record names a tag object that stands for another commit than it says; or, by hand, one that calls itself otherwise; or, found by relsign, a tag of another component or a release that has no decision to go that holds or held until something was said against it. That release is judged like any other, and so are those before it.",
        "Open the release under another tag, with the right one before or with `--previous`, which takes two people.";
    PreviousNotBelow = "previous-not-below", Rule, "The commit of the release that an open record names as the one before is not an ancestor of its own, so the range of commits is not what has to be reviewed.",
        "The open record names a release on a later commit, on the same commit, or on a branch that was never merged, whether or not by hand. The range since then lacks commits, down to none at all, and with them the people who must not review.",
        "Open the release under another tag. `relsign open` finds the release before by itself, and `--previous` takes a tag on an ancestor of the tagged commit.";
    PreviousOverridden = "previous-overridden", Rule, "The previous release was named by hand, which takes two people.",
        "The release was opened with `--previous`, and whoever opened it and those who decided go are fewer people than `thresholds.previous`, 2 at least. Decisions to go that a later one has in its manifest count, also where they did not hold for this very reason.",
        "Somebody else decides go, too.";
    NotAuthorised = "not-authorised", Rule, "The signer may not say this: the policy gives the right to other roles.",
        "Somebody rejected or waived who may not, an item was waived that nobody may waive, or the signer is not in the governing policy.",
        "Somebody who may says it: `relsign policy show`.";
    RoleNotHeld = "role-not-held", Rule, "The signer claims a role that the policy does not give them.",
        "`--as ROLE` by somebody who does not hold it under the governing policy.",
        "Sign without it, or with a role you hold: `relsign whoami`.";
    ReceiptUnauthorised = "receipt-unauthorised", Rule, "A receipt is by somebody who may not witness, or by a key that nobody vouches for, or of another form, and counts for nothing.",
        "A record in the note of receipts that is none, by a person or by a machine without the right `receipt`, with a key that was not good under the policy version it names, or that is no more active without any later receipt by a key of the same machine that is.",
        "Nothing: it changes no verdict. Where the witness is yours, renew its key in the policy and let it go on.";
    MachineNotPerson = "machine-not-person", Rule, "A machine's key signed what only a person may say.",
        "A machine opened, decided or spoke on an item.",
        "A person signs it.";
    KeyRetired = "key-retired", Rule, "The signing key was retired, and nothing shows that a word in favour was signed before.",
        "The policy version that the record names lists the key as retired, or a later one does or leaves it out and the record is not settled before the next version ([decision 014](decisions/014-settled-retired-compromised.md)).",
        "The holder signs again with an active key.";
    KeyCompromised = "key-compromised", Rule, "The signing key was compromised, and nothing shows that a word in favour was signed before.",
        "A policy version calls the key compromised since a version no later than the one the record names, or the record is not settled before the version after that. What it claims as its time does not matter ([decision 014](decisions/014-settled-retired-compromised.md)).",
        "The holder signs again with an active key.";
    KeyNotListed = "key-not-listed", Rule, "The policy version that a word in favour names does not list the signing key.",
        "The key was admitted by a later version than the record names, or had been left out by then.",
        "`relsign sync`, so that the newest policy is known, then sign again with an active key.";
    PolicyOutdated = "policy-outdated", Rule, "A word in favour names an older policy version than the one in force, and nothing shows that it was signed before the next.",
        "The signer did not know of the newer policy, or did not want to. The record is neither in the anchors of the version after the one it names, nor in the manifest of a decision there, nor in a receipt of before ([decision 014](decisions/014-settled-retired-compromised.md)).",
        "`relsign sync`, then sign again.";
    NotOwner = "not-owner", Rule, "Somebody other than the item's owner said that it is done.",
        "Somebody said done, partial or not applicable of an item that another person owns.",
        "The owner signs, or the item is given to the signer: `relsign assign TAG ITEM @H --reason …`. To review instead: `--review`.";
    ReviewByOwner = "review-by-owner", Rule, "A review by the item's own owner does not count.",
        "The owner, or somebody who said done, partial or not applicable, also approved. It does not matter whether that word counts.",
        "Somebody else reviews. Who said done by mistake of an item of others withdraws that: `relsign withdraw TAG RECORD --reason …`.";
    ReviewByTagger = "review-by-tagger", Rule, "A review by the person who made the tag does not count.",
        "The tagger, by the e-mail address in the tag or by the key that signed it, approved. A key that is no good any more counts here.",
        "Somebody else reviews.";
    ReviewByImplementer = "review-by-implementer", Rule, "A review by someone with commits in the range does not count.",
        "An author, committer or co-author of a commit in the range approved.",
        "Somebody else reviews. Commits name their authors without proof, so the rule stops mistakes and not forged names.";
    ImplementerUnknown = "implementer-unknown", Rule, "A commit in the range is by an identity that the policy maps to nobody, so separation of duties can't be shown.",
        "A commit in the range has an e-mail address that no person of the policy lists, or no person stands in it: only bots and a forge, and the policy does not say `bot_commits = \"listed\"`.",
        "Add the address to the person, or to `bots` or `forges`, in the policy, before the release is opened.";
    TaggerUnknown = "tagger-unknown", Rule, "The tag was made under an address that the policy maps to nobody, so separation of duties can't be shown.",
        "The `tagger` line of the tag has an address that no person of the policy lists, several people's, a bot's or forge's, or none; or the tag has no such line. Whoever made it might be the reviewer.",
        "Tag the commit under another name, with an address that the policy has for you, or add the address to the person in the policy before the release is opened. Where taggers may review (`tagger_may_review`), it does not matter.";
    HardwareKeyRequired = "hardware-key-required", Rule, "The item asks for a hardware key, and this record was signed with another.",
        "The item asks for a review from a security key.",
        "Review with a key of type `sk-ssh-ed25519`.";
    EvidenceRequired = "evidence-required", Rule, "The item asks for evidence with a digest, and the owner's word has none.",
        "The policy asks for evidence, and the owner's done has none with a digest.",
        "`relsign approve TAG ITEM --evidence FILE`.";
    ApprovalExpired = "approval-expired", Rule, "A word on an item was older than the policy allows at the decision.",
        "The record is older at the decision than `max_age` or the policy's `record_age`.",
        "The signer signs again.";
    WaiverExpired = "waiver-expired", Rule, "A waiver had ended at the decision.",
        "`expires` lies before the decision, or before now where nobody decided.",
        "Waive again or do the item.";
    WaiverShort = "waiver-short", Rule, "A waiver needs more people than have signed it.",
        "The item takes more people to waive than have done so.",
        "Another person who may waives, with the same command.";
    NoItems = "no-items", Rule, "The checklist has no item that GO needs, so there is nothing to decide on.",
        "As a finding: `open` holds no item of phase `before` that is not optional. As a problem of a checklist: the file asks for nothing that could be signed off, often because its bullets have no boxes.",
        "Write `- [ ]`, or ask for plain bullets: `<!-- relsign: items=bullets -->`. Then tag and open anew.";
    ItemOpen = "item-open", Rule, "An item that GO needs is not satisfied.",
        "An item is pending, partial, or done without its reviews or children.",
        "`relsign status TAG` says what each item needs and who can give it.";
    CheckFailed = "check-failed", Rule, "The latest check of an item failed.",
        "The last check of some signer says FAILED.",
        "Mend it and check again; only the same signer's later check answers it.";
    RejectOpen = "reject-open", Rule, "A reject was neither withdrawn by its author nor set aside by two people.",
        "A reject stands.",
        "Its author withdraws it, or two others waive over it: `relsign waive TAG ITEM --over RECORD --reason …`.";
    WithdrawOfOthers = "withdraw-of-others", Rule, "Somebody withdrew a record that is not their own.",
        "A `withdraw` names another person's record, or a withdraw.",
        "Nothing: it has no effect. To speak against something, reject it.";
    DisregardShort = "disregard-short", Rule, "Setting a record's absence aside takes two people.",
        "One person signed a `disregard` of a record, or fewer than `thresholds.disregard`.",
        "A second person signs the same: `relsign disregard TAG RECORD --reason TEXT`.";
    NotDecided = "not-decided", Rule, "Nobody who may has decided go.",
        "No decide record stands.",
        "`relsign decide TAG go`, by somebody who may.";
    DecidedNoGo = "decided-no-go", Rule, "The latest decision is no-go, or go only under conditions.",
        "The last decision is no-go or conditional-go. A conditional go is no for `gate`.",
        "Resolve what was named and decide again.";
    DecisionUnauthorised = "decision-unauthorised", Rule, "The decision was signed by someone who may not decide.",
        "A decide record by somebody without the right.",
        "Somebody who may decides: `relsign policy show`.";
    DecisionWithoutBasis = "decision-without-basis", Rule, "A go decision was signed on records that do not satisfy the policy.",
        "A go was signed although an item was open in its manifest, or its manifest lacks the `open` record. `relsign decide` refuses to sign that.",
        "See the other reasons beside this one; resolve them and decide again.";
    DecisionWithdrawn = "decision-withdrawn", Rule, "Whoever signed the decision took it back.",
        "A `withdraw` of the decision by its author. A decision that is not go is taken back only by a withdrawal that counts itself.",
        "Somebody who may decides again.";
    ReleaseEnded = "release-ended", Rule, "The release was rolled back or abandoned, so no decision can let it go out again.",
        "A `rollback` or a `close` as abandoned, by somebody who may, that its author has not taken back.",
        "Tag the commit under another name and open that. If it was a mistake, its author withdraws it and somebody decides again.";
    DecisionSuspended = "decision-suspended", Rule, "Something was said against the release after the decision.",
        "Stands beside `unseen-negative`, on the decision.",
        "Decide again, having seen it.";
    OtherCommit = "other-commit", Rule, "The release stands on another commit than the one that is asked about or checked out.",
        "`gate TAG --commit C` where the tag stands for another commit; a checkout that was made before the tag moved, or of something else.",
        "Check out the commit of the tag and ask again. If the tag moved, find who moved it.";
    OtherComponent = "other-component", Rule, "The release is of another component than the one that is asked about.",
        "`gate TAG --component C` where the tag is that of another component.",
        "Ask about a tag of that component, or leave `--component` out.";
    StageNotPassed = "stage-not-passed", Rule, "A stage before the one that is asked about has not passed.",
        "`gate --stage` for a stage, while the last word on an earlier one is not that it passed: nobody entered it, it is still watched, or it failed; or somebody who may or ever might entered it since, whatever became of their key.",
        "Finish the earlier stage: `relsign status` shows what was said of it.";
    StageBaking = "stage-baking", Rule, "A stage before the one that is asked about was not watched for as long as its bake time.",
        "`gate --stage` before the bake time of an earlier stage is over, or when somebody said too early that it passed.",
        "Wait, and say again that it passed once the time is over. `gate --wait` waits.";
    StageItemOpen = "stage-item-open", Rule, "An item of a stage before the one that is asked about is neither settled nor confirmed.",
        "`gate --stage` while an item `ITEM@STAGE` of an earlier stage waits.",
        "Its owner signs it: `relsign approve TAG ITEM@STAGE`.";
    StagePersonRequired = "stage-person-required", Rule, "The stage takes all of the traffic, and no person has entered it.",
        "`gate --stage` for the last step. Machines move a release through every stage but this one.",
        "A person whom the policy lets move stages enters it; then the pipeline goes on.";
    TimeInFuture = "time-in-future", Rule, "A record claims a time later than the verification, so a word in favour does not count.",
        "The claimed time is later than now and the tolerance of the policy (`clock_skew`, 5 minutes unless it says otherwise).",
        "Set the clock right. The record counts once its time has come.";
    TimeBeforeParent = "time-before-parent", Note, "A record claims a time before that of a record it had seen.",
        "The claimed times differ by more than `limits.clock_skew` the wrong way round: a clock was wrong, or a record was backdated.",
        "Nothing: claimed times decide no order. Ask, if it matters.";
    Backdated = "backdated", Note, "A record claims a time at which a witness had looked and not had it, or reached a witness later than the policy allows.",
        "Somebody signed earlier and shared late, or claims an earlier time than that of signing. It is noted where the witness's receipt before, which did not name the record, is later than its claimed time by more than `limits.clock_skew`; and, where the policy has `limits.max_backdate`, where the record reached the witness later than that. What was there when the witness first looked is not noted ([decision 027](decisions/027-how-receipts-are-written.md)).",
        "Nothing: a claimed time decides no order, and the witnessed one stands beside it. Ask its signer, if it matters.";
    // Policy.
    PolicyMissing = "policy-missing", Incomplete, "The policy version that a record names is not here.",
        "There is no `refs/relsign/policy`, or a record names a version newer than the newest here: somebody withholds it, or it has not come yet. No verdict holds meanwhile.",
        "`relsign sync`.";
    PolicyInvalid = "policy-invalid", Tampered, "A version of the policy chain can't be read, or can't follow the one before.",
        "A version is not well formed, its file or anchors can't be read, its threshold is above the owners there are, version 1 has anchors, or the repository's number changes.",
        "Do not use it. Ask an owner; compare with another clone.";
    PolicyUnsigned = "policy-unsigned", Tampered, "A step of the policy chain lacks the signatures of enough owners.",
        "A version was put on the policy ref that too few owners of the version before, or of its own, have signed, or that was signed for another place in the chain: then a version was left out, repeated or replaced.",
        "As for `policy-invalid`. `relsign policy log` of a clone that still works says who signed what.";
    PolicyReassigned = "policy-reassigned", Tampered, "A version of the policy gives a key or a handle to somebody else than an earlier one.",
        "A key is listed for another person or machine than before, or a handle is listed with none of the keys by which earlier versions knew it.",
        "As for `policy-invalid`. Give somebody new a new handle; who gets a new key keeps the old one in the list, retired.";
    AnchorsDropped = "anchors-dropped", Tampered, "A version of the policy no longer anchors a record that the version before had settled.",
        "The anchors of a version lack a record that those of the version before have.",
        "As for `policy-invalid`.";
    PolicyFork = "policy-fork", Incomplete, "A policy version has another digest here than a record names, or than this clone accepted before.",
        "Two versions of one number exist.",
        "Somebody replaced the policy. Compare digests with its owners: `relsign policy show`.";
    PolicyRolledBack = "policy-rolled-back", Incomplete, "The policy here is older than a version that this clone accepted before.",
        "The policy ref was set back, here or by a server from which it was cloned anew into the same repository.",
        "`relsign sync`. If no remote has the newer version, ask its owners.";
    RootUnpinned = "root-unpinned", Incomplete, "No root is pinned, so nobody's authority can be shown.",
        "No `relsign.root` is set in git's configuration and none was named with `--root`. Commands stop with it; on a terminal they ask first. On a server: the project has refs of relsign's, and neither the file of pins nor the repository's own configuration has a root for it.",
        "Compare the root with what an owner tells you by another way, then `relsign trust SHA256:…`, or add the line that is shown to the server's file of pins.";
    RootAmbiguous = "root-ambiguous", Incomplete, "Two different roots are pinned, so it can't be said whose policy rules.",
        "`relsign.root` has two values, in one file of git's configuration or in two.",
        "`git config --show-origin --get-all relsign.root` says where they stand. Remove the wrong one, or pin the right one anew with `relsign trust SHA256:…`.";
    RootMismatch = "root-mismatch", Tampered, "The policy here descends from another root than the pinned one.",
        "The first version of the policy here has another digest than the pin.",
        "Do not pin again before its owners told you why.";
    PolicyEdited = "policy-edited", Note, "The policy file at HEAD differs from the version in force.",
        "`relsign policy show` says it; reports rest on what is in force and don't.",
        "`relsign policy diff`, then `relsign policy activate` if the change is meant.";
    // Pushes.
    RefFrozen = "ref-frozen", Rule, "A push moves a ref that is frozen, and no exception lets it.",
        "`pre-push`, `pre-receive` and `update`, for every frozen ref of the push; deleting, creating and forcing are moves too.",
        "Wait for the end that the message names, or ask for an exception with the command in it.";
    ExceptionShort = "exception-short", Rule, "Fewer people than needed have granted the exception for this commit.",
        "the same, where an exception was asked for the commit and has not enough grants that count.",
        "Ask the people whom the message names to run `relsign freeze grant`.";
    ExceptionExpired = "exception-expired", Rule, "The exception for this commit has expired.",
        "the same, from the instant on that the request names.",
        "Ask again: `relsign freeze request`.";
    ExceptionSpent = "exception-spent", Rule, "The exception for this commit was used before.",
        "the same, where the ref already held the change at some point since the base of the request, also if it was taken back since.",
        "Ask again, from where the ref stands now: `relsign freeze request`.";
    ExceptionMismatch = "exception-mismatch", Rule, "A push lands something else than what the exception was granted for.",
        "the same, where commits come along that were not shown to those who granted, where a tree differs from the clean merge of the ref and the commit, or where the request lists other commits than there are; also where the freeze began after the request was made.",
        "Push what was granted and nothing else, or ask for an exception for what is pushed.";
    RefGated = "ref-gated", Rule, "A push moves a gated ref to something else than the commit of a release in GO, or not forward.",
        "the same, for refs that a `[[gated]]` of the policy names, with the component and the environment whose GO opens them. Every release of that component that was opened on the commit for that environment must be in GO; one that was rejected counts until somebody who may close it abandons it or rolls it back.",
        "Push the very commit that the release's tag stands for, once `relsign gate --commit COMMIT --component COMPONENT --env ENVIRONMENT` says yes; back it goes only to the release completed before.";
    RefProtected = "ref-protected", Rule, "A push deletes or rewinds a protected ref.",
        "the same, for refs that `refs.protected` of the policy names.",
        "Put a commit on top that takes the change back: `git revert`.";
    RefReplacement = "ref-replacement", Rule, "A push brings a replacement ref, which would change what git shows for an object.",
        "the same, for refs below `refs/replace/`.",
        "Leave it out; with `--mirror` in use, push branches and tags by name. Deleting one is allowed.";
    TagSpent = "tag-spent", Rule, "A push moves or deletes the tag of a release that was opened, or gives its name to another object.",
        "the same, for tags whose name somebody who may has opened, and for names that differ from one only in a way that some file systems do not see: by capitals, by letters taken apart, by characters that nobody sees.",
        "Tag the other commit under another name: `relsign tag NAME`.";
    OwnRefRewritten = "own-ref-rewritten", Rule, "A push deletes, rewinds or replaces one of relsign's own refs, or drops something from it.",
        "the same, for `refs/notes/relsign`, `refs/notes/relsign-receipts` and everything below `refs/relsign/`.",
        "`relsign sync`, which merges what is there with what is here; never push these refs by force.";
    OwnRefUnknown = "own-ref-unknown", Rule, "A push brings a ref that is relsign's own by its name and that others must not be given.",
        "the same, for refs below `refs/relsign/` that this version does not know or that belong to one clone, and for other spellings of its own refs.",
        "Leave it out: push branches and tags by name, and records with `relsign sync`.";
    RecordBackdated = "record-backdated", Rule, "A record claims a time longer before its arrival than the policy allows.",
        "the same, where `limits.max_backdate` is set. What came in time and was lost there may be brought back: neither a record that the server remembers for that log nor one that a receipt names is asked for its age.",
        "Sign it again. As no line ever goes from a log, the clone that has it is rid of it first: the refusal has the commands, which take out of that clone everything that only it has.";
    NoteMalformed = "note-malformed", Rule, "A push brings something into the notes that is no note of records.",
        "the same, for files in the tree of `refs/notes/relsign` or `refs/notes/relsign-receipts` whose path is no object id, whatever the fan-out; for links, submodules, programs, empty notes and empty directories; and for a note that came to hold more than twice what its lines take. What lay there before is not looked at.",
        "`relsign sync --repair` puts the notes of this clone together again without it; then `relsign sync`.";
    OpenUnannounced = "open-unannounced", Rule, "An open record does not stand in every note where others look for it.",
        "the same: an open record stands on its tag and on the blob of the tag's name.",
        "Open the release with `relsign open` and share it with `relsign sync`.";
    // Exceptional, shown first in every report.
    Waived = "waived", Note, "The release goes without an item, for a stated reason.",
        "Enough people waived the item.",
        "Read the reason; follow the ticket.";
    OverriddenReject = "overridden-reject", Note, "A reject was set aside by two people.",
        "Two people other than its author waived the item and named the reject.",
        "Read both reasons.";
    BreakGlassUsed = "break-glass-used", Note, "One person alone let a change through a freeze.",
        "Somebody whom the policy lets `relsign freeze break-glass` did, for a commit of the release, or for a ref that the release froze or that is gated. Reports tell it ever after, also where it was taken back or not used.",
        "Read the reason, and review the change now: nobody else had to.";
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
