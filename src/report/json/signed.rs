//! JSON of what was signed and shared, or would be.

use crate::model::finding::{Code, Finding};
use crate::model::ids::{ItemId, ObjectId, Principal, RecordId, TagName};
use crate::model::time::Timestamp;

printed! {
    /// What the signing commands print with `--json`.
    pub struct SignedJson as "relsign-signed-v1" {
        /// The tag; nothing where what was signed is about the repository.
        pub tag: Option<TagName>,
        /// The records.
        pub records: Vec<SignedRecordJson>,
        /// Whether others have them now; nothing where sharing was not asked for or there is no remote.
        pub shared: Option<bool>,
    }

    /// One record that was signed.
    #[derive(Clone)]
    pub struct SignedRecordJson {
        /// Its id.
        pub id: RecordId,
        /// The item, where it is about one.
        pub item: Option<ItemId>,
        /// What it counts as.
        pub counts_as: String,
    }

    /// What the signing commands print with `--dry-run --json`.
    pub struct DryRunJson as "relsign-dry-run-v1" {
        /// The tag; nothing where what would be signed is about the repository.
        pub tag: Option<TagName>,
        /// The records that would be signed.
        pub signs: Vec<WouldSignJson>,
        /// What else would be done, for people.
        pub does: Vec<String>,
    }

    /// One record that would be signed.
    pub struct WouldSignJson {
        /// The item, where it is about one.
        pub item: Option<ItemId>,
        /// What it would count as.
        pub counts_as: String,
    }

    /// A line that `sync` did not share.
    pub struct LeftOutJson {
        /// The record, where the line is one.
        pub record: Option<RecordId>,
        /// The code of what is wrong with it.
        pub code: Code,
        /// What is wrong with it.
        pub message: String,
        /// Whether its signer can sign it again and share that.
        pub sign_again: bool,
    }

    /// What `sync --json` prints.
    #[derive(Default)]
    pub struct SyncJson as "relsign-sync-v1" {
        /// The remote; nothing where there is none, and the records here were only put together again.
        pub remote: Option<String>,
        /// How many records came.
        pub came: u64,
        /// How many files of evidence came.
        pub evidence_came: u64,
        /// How many signatures on proposed versions of the policy came.
        pub signatures_came: u64,
        /// How many records went.
        pub went: u64,
        /// How many records would go; nothing where it was no dry run.
        pub would_go: Option<u64>,
        /// How many records the remote had when it was last fetched and has no more.
        pub vanished: u64,
        /// How many pushes were tried; more than one where other clones were faster.
        pub pushes: u32,
        /// Tags that came.
        pub new_tags: Vec<TagName>,
        /// Tags that stand for something else there.
        pub moved_tags: Vec<TagName>,
        /// Tags that were put back there: it had their records and not them.
        pub restored_tags: Vec<TagName>,
        /// Whether the remote has everything that is here.
        pub shared: bool,
        /// Lines here that are not shared, since nobody would take them in.
        pub left_out: Vec<LeftOutJson>,
        /// Records that this clone has seen and that `--repair` found nowhere, in the order of their ids.
        pub lost: Vec<RecordId>,
    }
}

impl SyncJson {
    /// Reports that no remote was asked.
    pub fn without_remote(lost: Vec<RecordId>) -> Self {
        Self { lost, ..Self::default() }
    }
}

printed! {
    /// What `witness --json` prints.
    pub struct WitnessJson as "relsign-witness-v1" {
        /// The machine that witnesses.
        pub witness: Principal,
        /// The remote that was looked at; nothing where it was this repository itself.
        pub remote: Option<String>,
        /// The notes commit that was looked at; nothing where there are no records yet.
        pub notes: Option<ObjectId>,
        /// The receipts that were signed, in their order.
        pub receipts: Vec<ReceiptJson>,
        /// Records that earlier receipts name and that are not there any more.
        pub vanished: Vec<Finding>,
    }

    /// One receipt that was signed.
    #[derive(Clone, PartialEq, Eq)]
    pub struct ReceiptJson {
        /// Its id.
        pub id: RecordId,
        /// Its number among those of the witness.
        pub sequence: u64,
        /// The tag whose records it names; nothing for records of the whole repository.
        pub tag: Option<TagName>,
        /// The records that it names.
        pub records: Vec<RecordId>,
        /// The time that it claims.
        pub time: Timestamp,
    }
}
