//! What a verdict is asked under: everything that is not in the log, as values.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::finding::{ChecklistUnread, Finding, NoSigner, RangeUnread};
use crate::model::freeze::Freeze;
use crate::model::ids::{Fingerprint, ObjectId, Principal, RecordId, RootDigest, Sha256Digest, TagName};
use crate::model::policy::PolicyChain;
use crate::model::record::{Origin, Plan, Subject};
use crate::model::time::Timestamp;

/// Everything besides the log that a verdict depends on.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The pinned root.
    pub root: RootDigest,
    /// The accepted policy versions, checked to descend from the pinned root.
    pub chain: &'a PolicyChain,
    /// The tag that is asked about.
    pub tag: TagFacts,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// Records of this tag that the verifier has seen before, or that a receipt or published head fixes.
    pub baseline: BTreeSet<RecordId>,
    /// For a record, the first policy version before which it is known to have been there; see [`super::receipts::settled`].
    pub settled: BTreeMap<RecordId, u32>,
    /// When a witness first saw a record.
    pub witnessed: BTreeMap<RecordId, Timestamp>,
    /// For a record, when that witness had looked before and not had it; see [`super::receipts::Seen::looked`].
    pub looked: BTreeMap<RecordId, Timestamp>,
    /// What is here of the evidence that records name.
    pub evidence: BTreeMap<Sha256Digest, EvidenceFacts>,
    /// The texts of private notes that are here, without their salt, by the digest under which they are kept.
    pub private_notes: BTreeMap<Sha256Digest, String>,
    /// What reading the repository again gives, for each open record.
    pub reread: BTreeMap<RecordId, Reread>,
    /// Open records that the name's own note holds, with the tag object each was made for.
    pub opened_objects: Vec<OpenedObject>,
    /// The environment that is asked about, where the tag was opened for several.
    pub environment: Option<crate::model::ids::Environment>,
    /// The freezes that held since the release was opened, cut short where they were ended.
    pub freezes: Vec<Freeze>,
    /// What was found before the log was judged: invalid lines, policy and tag.
    pub findings: Vec<Finding>,
    /// The number of lines in the log, also invalid ones.
    pub lines: u64,
    /// The program and version, such as `relsign/0.1.0`.
    pub tool: String,
}

/// What git holds under the tag's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacts {
    /// The name.
    pub name: TagName,
    /// What the ref points at now; nothing where the ref is gone.
    pub target: Option<ObjectId>,
    /// The tag object with all that records are bound to; nothing for a lightweight tag or one that isn't here.
    pub object: Option<TagObject>,
    /// Why there is no tag object although the ref points at something.
    pub problem: Option<Finding>,
}

/// An annotated tag, its commit and tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagObject {
    /// Its id.
    pub id: ObjectId,
    /// The name inside it.
    pub inner_name: String,
    /// The commit it peels to.
    pub commit: ObjectId,
    /// The SHA-256 id of the commit's tree.
    pub tree_sha256: ObjectId,
    /// The subjects that every record on it must name, sorted.
    pub subjects: Vec<Subject>,
    /// Submodules in the tree, whose commits only SHA-1 binds.
    pub not_strengthened: Vec<String>,
    /// Whether the tag's own signature was checked, and by whom it is; nothing where it has none.
    pub signature: Option<TagSignature>,
}

/// What is known of the tag's own signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagSignature {
    /// An SSH signature that verifies under a key that the policy ever listed, with its holder.
    Verified(Principal, Fingerprint),
    /// A signature that does not verify under any key of the policy, with the reason.
    Unverified(NoSigner),
}

/// What is here of a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceFacts {
    /// It is here, has the digest, and this many bytes.
    Here(u64),
    /// Something else is kept under its digest.
    Changed,
    /// It is not here.
    Missing,
}

/// What reading the repository again gives for an open record.
#[derive(Debug, Clone, PartialEq)]
pub struct Reread {
    /// What the checklist comes to under the governing policy, or why it can't be read.
    pub plan: Result<Plan, ChecklistUnread>,
    /// What the tag and the commits of the range give; nothing where a shallow clone has not all of them, and where they can't
    /// be told for another reason, that.
    pub origin: Result<Option<Origin>, RangeUnread>,
    /// Whether the commit of the release that it names as the one before lies below its own; nothing where history that
    /// is not here would have to say so, or none is named.
    pub is_below: Option<bool>,
    /// Why the release that it names as the one before is none that passed; nothing where it is, or none is named.
    pub previous: Option<Finding>,
}

/// An open record of the tag's name, and the tag object it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedObject {
    /// The record.
    pub record: RecordId,
    /// The tag object.
    pub object: ObjectId,
    /// It was signed by someone whom the policy ever let open such a release.
    pub authorised: bool,
    /// The valid records that now stand on a tag object that the name no longer points at.
    pub orphaned: Vec<RecordId>,
    /// The remotes that have something else under the name than here, as they were last fetched.
    pub elsewhere: Vec<Elsewhere>,
}

/// A remote that has something else under a tag's name than the tag object of an open record; where there is no tag here, any remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The remote.
    pub remote: String,
    /// What it has under the name; nothing where it has no such tag.
    pub there: Option<ObjectId>,
    /// It is the one that records are shared with.
    pub is_shared_with: bool,
    /// Its notes hold the open record.
    pub has_record: bool,
    /// The command that puts the tag object back there.
    pub way_back: String,
}
