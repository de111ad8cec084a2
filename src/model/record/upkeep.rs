//! What keeps the records themselves in order: what is set aside or erased, steps of the policy, receipts.

use crate::model::ids::{ObjectId, PolicyDigest, RecordId, RefName, Sha256Digest};

wire! {
    /// Sets aside a record that is named but can't be had.
    pub struct Disregard {
        /// The record.
        pub record: RecordId,
        /// Why.
        pub reason: String,
    }

    /// Lets the bytes of a piece of evidence be erased; the verdict stays.
    pub struct Redact {
        /// SHA-256 of the stored bytes.
        pub evidence: Sha256Digest,
        /// Why.
        pub reason: String,
    }

    /// An owner's yes to a version of the policy.
    pub struct PolicyStep {
        /// The version that is accepted, from 1.
        pub version: u32,
        /// Its digest.
        pub digest: PolicyDigest,
        /// The digest of the version before; version 1 has none.
        pub previous?: Option<PolicyDigest>,
    }

    /// A server's or witness's statement of what was there, and when.
    pub struct Receipt {
        /// Counts this witness's receipts from 1.
        pub sequence: u64,
        /// The receipt before.
        pub previous?: Option<RecordId>,
        /// The records received, sorted.
        pub records: Vec<RecordId>,
        /// Where the refs stood, sorted by name.
        pub heads: Vec<RefHead>,
    }

    /// Where a ref stands.
    #[derive(PartialOrd, Ord)]
    pub struct RefHead {
        /// The ref.
        #[serde(rename = "ref")]
        pub ref_name: RefName,
        /// The object it names.
        pub id: ObjectId,
    }
}
