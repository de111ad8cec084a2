//! Attacks: each test builds a real repository, does what an attacker can do with plain git and ssh-keygen, runs the
//! real program, and asserts the code of the finding, the exit codes, and that people are told what happened.
//!
//! The attacker may push anything, owns one signer's key at most, rewrites any ref and feeds any bytes. The classes are
//! those of the threat model; the name of a test and its first line say what must come of the attack.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and build an environment of their own"
)]

mod authority;
mod authors;
mod back;
mod beside;
mod binding;
mod blob;
mod bombs;
mod bounds;
mod claims;
mod conditional;
mod course;
mod deployed;
mod door;
mod elsewhere;
mod ends;
mod evidence;
mod exceptions;
mod forgery;
mod freeze;
mod fresh;
mod gated;
mod git;
mod grants;
mod hooked;
mod input;
mod keys;
mod late;
mod litter;
mod omission;
mod openers;
mod output;
mod own;
mod policy;
mod pushed;
mod receipts;
mod refs;
mod repairs;
mod replay;
mod sandbox;
mod served;
mod server;
mod steps;
mod unread;
mod wording;
