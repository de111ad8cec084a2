//! Digests in SHA-256 of what git names by its own hash, computed from bytes alone.

use sha2::{Digest, Sha256};

use crate::model::ids::{PolicyDigest, Sha256Digest};

/// Returns the SHA-256 of an object as git frames it: kind, space, length in decimal, NUL, and the bytes.
///
/// In a SHA-256 repository this is the object's id.
pub fn framed_sha256(kind: &str, bytes: &[u8]) -> Sha256Digest {
    let mut hash = Sha256::new();
    hash.update(format!("{kind} {}\0", bytes.len()).as_bytes());
    hash.update(bytes);
    Sha256Digest::from_bytes(hash.finalize().into())
}

/// Returns the SHA-256 of plain bytes.
pub fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

/// Returns the digest of a policy version: the SHA-256 git tree id of a tree of exactly its two files, both 100644.
pub fn policy_digest(policy_toml: &[u8], anchors: &[u8]) -> PolicyDigest {
    let mut tree = Vec::new();
    for (name, bytes) in [("anchors", anchors), ("policy.toml", policy_toml)] {
        tree.extend_from_slice(format!("100644 {name}\0").as_bytes());
        tree.extend_from_slice(framed_sha256("blob", bytes).as_bytes());
    }
    framed_sha256("tree", &tree).into()
}

#[cfg(test)]
mod tests {
    use super::{framed_sha256, policy_digest};

    #[test]
    fn empty_objects_have_the_ids_that_git_knows() {
        // `git init --object-format=sha256` and `git hash-object -t KIND /dev/null` say the same.
        let empty_blob = "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813";
        let empty_tree = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
        assert_eq!(framed_sha256("blob", b"").to_string(), empty_blob);
        assert_eq!(framed_sha256("tree", b"").to_string(), empty_tree);
    }

    #[test]
    fn each_file_of_a_policy_counts_and_they_do_not_run_into_each_other() {
        let digest = policy_digest(b"a", b"b");
        assert_ne!(digest, policy_digest(b"b", b"a"));
        assert_ne!(digest, policy_digest(b"ab", b""));
    }
}
