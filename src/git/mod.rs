//! The one place that talks to git: raw bytes and object ids in and out, nothing interpreted.
//!
//! Everything read here was written by somebody else and is hostile until a later layer has judged it. Objects are
//! therefore parsed from their raw bytes by small strict parsers of our own ([`raw`]), and history is walked over
//! those ([`range`]): grafts and `refs/replace` have no say in what relsign sees. "Not found" is `None`; every
//! [`Error`] says what was attempted, on which object.
//!
//! Writing follows one rule ([`refs`]): objects first, then one compare-and-swap of the ref, again and again with
//! jittered pauses until it holds. The network belongs to the git program ([`program`], [`sync`]), since it knows the
//! user's ssh, proxies and credential helpers.

pub mod baseline;
pub mod checkout;
pub mod compare;
mod config;
mod error;
pub mod evidence;
mod extensions;
mod fetched;
pub mod files;
pub mod hooks;
mod lock;
mod merge;
pub mod notes;
pub mod objects;
mod own_file;
pub mod policy_ref;
pub mod program;
pub mod push_reply;
pub mod range;
pub mod raw;
pub mod refs;
pub mod repair;
pub mod repository;
mod share;
mod shared;
pub mod stray;
pub mod sync;
mod tips;
mod trailers;
pub mod tree256;
mod tree_edit;

pub use config::ConfigSources;
pub use error::{Error, ErrorKind, Result};
pub use objects::{ObjectKind, RawObject, TreeItem};
pub use refs::Author;
pub use repository::Repository;

/// The notes that hold the log of every release.
pub const NOTES_REF: &str = "refs/notes/relsign";
/// The notes that hold receipts, written only by a server or a witness.
pub const RECEIPTS_REF: &str = "refs/notes/relsign-receipts";
/// The files that support records, by SHA-256.
pub const EVIDENCE_REF: &str = "refs/relsign/evidence";
/// The chain of accepted policy versions.
pub const POLICY_REF: &str = "refs/relsign/policy";
/// Below it lie policy versions that are proposed, each named by its digest.
pub const PROPOSALS_PREFIX: &str = "refs/relsign/proposals/";
/// Below it lie policy chains of roots that another one has taken the place of, each named by its root.
pub const FORMER_PREFIX: &str = "refs/relsign/former/";
/// Below it lies what was last fetched, by remote; these refs are in no push (see `fetched.rs`).
pub const REMOTES_PREFIX: &str = "refs/worktree/relsign/";
/// How the refs begin to which a plain `git fetch` brings what it is set up to bring along; no mirror push takes them (see
/// `fetched.rs`).
pub const ALONG_PREFIX: &str = "refs/relsign-fetched.";
