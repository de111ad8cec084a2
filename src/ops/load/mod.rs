//! Loading: what git holds, verified, as the contexts and values that are judged.

pub mod authors;
pub mod before;
pub mod candidates;
pub mod checklists;
pub mod exceptions;
pub mod find;
pub mod freezes;
pub mod landing;
pub mod makers;
pub mod notes;
pub mod out;
pub mod overview;
pub mod previous;
pub mod proposals;
pub mod receipts;
pub mod redactions;
pub mod release;
pub mod releases;
pub mod remotes;
pub mod reviewers;
pub mod root_log;
pub mod strangers;
pub mod tag;
pub mod tag_target;
pub mod verdict_cache;
pub mod when;
