//! Signatures: what they cover, how they are checked, and the types that only a checked signature can make.
//!
//! A line of a note becomes a [`verify::Verified`] record in steps, each with a finding of its own: the envelope is in
//! its one form, the SSHSIG blob is too, the key is of a supported type and not weak, the signature verifies over the
//! bytes received, the payload is a statement, and its signer is who the policy says holds that key.

pub mod allowed_signers;
pub mod keyring;
pub mod pae;
pub mod sshsig;
pub mod verify;

mod strict;
