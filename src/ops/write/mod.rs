//! Writing: from something to say to a signed line in a log.

pub mod evidence;
pub mod identity;
pub mod receipt;
pub mod sign;
