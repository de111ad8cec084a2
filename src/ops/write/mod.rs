//! Writing: from something to say to a signed line in a log.

pub mod chain;
pub mod close;
pub mod course;
pub mod decide;
pub mod evidence;
pub mod exception;
pub mod freeze;
pub mod identity;
pub mod import;
pub mod open;
pub mod people;
pub mod policy;
pub mod policy_file;
pub mod reading;
pub mod ready;
pub mod receipt;
pub mod redact;
pub mod root_record;
pub mod set_up;
pub mod sign;
pub mod sign_off;
pub mod stage;
pub mod step;
pub mod waive;
pub mod withdraw;
pub mod withdraw_from_root;
