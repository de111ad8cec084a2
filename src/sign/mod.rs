//! Signatures: what they cover, how they are checked, and the types that only a checked signature can make.
