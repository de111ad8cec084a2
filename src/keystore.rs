//! Private keys: files, encrypted files, the SSH agent, and `ssh-keygen` for the rest.
