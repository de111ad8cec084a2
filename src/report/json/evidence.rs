//! JSON of evidence: what records cite, a piece of it, and what was said of erasing it.

use std::collections::BTreeSet;

use crate::model::ids::{Handle, Principal, RecordId, Sha256Digest, TagName};

printed! {
    /// What `evidence list --json` prints.
    pub struct EvidenceListJson as "relsign-evidence-v1" {
        /// The tag.
        pub tag: TagName,
        /// The evidence, in the order of the log.
        pub evidence: Vec<EvidenceJson>,
    }

    /// One piece of evidence, as one record cites it.
    pub struct EvidenceJson {
        /// The record.
        pub record: RecordId,
        /// Who signed it.
        pub signer: Principal,
        /// What the record says.
        pub says: String,
        /// The file's name.
        pub name: Option<String>,
        /// The link.
        pub uri: Option<String>,
        /// The digest.
        pub sha256: Option<Sha256Digest>,
        /// The number of bytes that the record names.
        pub size: Option<u64>,
        /// The media type that the signer's program saw.
        pub media_type: Option<String>,
        /// It is a private note.
        pub private: bool,
        /// Whether it is here.
        pub state: EvidenceState,
        /// Who let it be erased, also where that is not enough yet.
        pub redacted_by: Vec<Handle>,
    }
}

told! {
    /// Whether a piece of evidence is here.
    EvidenceState {
        /// It is here, with its digest and size.
        Here = "here",
        /// It is not here.
        Missing = "missing",
        /// Other bytes are kept for its digest.
        Changed = "changed",
        /// Enough people let it be erased.
        Redacted = "redacted",
        /// It is kept elsewhere, and the record says which bytes are meant.
        Elsewhere = "elsewhere",
        /// It is a link without a digest.
        Pointer = "a link without a digest",
    }
}

printed! {
    /// What `evidence get --json` prints.
    pub struct EvidencePieceJson as "relsign-evidence-piece-v1" {
        /// The digest of what is kept.
        pub sha256: Sha256Digest,
        /// The file's name.
        pub name: Option<String>,
        /// How many bytes are handed out; of a private note without --raw those of its text.
        pub size: u64,
        /// The bytes, where they are UTF-8 text and were not written to a file.
        pub text: Option<String>,
        /// The bytes in base64, where they are no text and were not written to a file.
        pub base64: Option<String>,
        /// The file that they were written to.
        pub file: Option<String>,
    }

    /// What `evidence redact --json` prints.
    pub struct RedactedJson as "relsign-redacted-v1" {
        /// The evidence.
        pub sha256: Sha256Digest,
        /// What was said in each release that cites it.
        pub releases: Vec<RedactedReleaseJson>,
        /// It is no longer kept here.
        pub erased: bool,
        /// Whether others have the records now; nothing where sharing was not asked for or there is no remote.
        pub shared: Option<bool>,
    }

    /// What was said in one release.
    pub struct RedactedReleaseJson {
        /// The tag.
        pub tag: TagName,
        /// The record that was signed now; nothing where the signer's redaction stood already or they may not redact there.
        pub record: Option<RecordId>,
        /// Who redacted it.
        pub people: BTreeSet<Handle>,
        /// How many more it takes.
        pub missing: u32,
    }
}
