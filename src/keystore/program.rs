//! Keys that only `ssh-keygen` can use: security keys, and what the agent holds for a public key file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::KeystoreError;
use crate::parse::public_key::PublicKey;
use crate::sign::sshsig::unarmour;

/// A key that is used by running `ssh-keygen -Y sign`.
#[derive(Debug, Clone)]
pub struct ProgramKey {
    program: PathBuf,
    path: PathBuf,
    public: PublicKey,
}

impl ProgramKey {
    /// Names the program, the file that it is to be given, and the public key that is expected to sign.
    pub fn new(program: &Path, path: &Path, public: PublicKey) -> Self {
        Self { program: program.to_owned(), path: path.to_owned(), public }
    }

    /// Returns the public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Signs a message for a namespace and gives the SSHSIG blob. The program may talk to the terminal meanwhile.
    ///
    /// # Errors
    /// The program can't be run or fails, or prints no signature.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let failed = |what: &str, error: std::io::Error| {
            KeystoreError::Program(format!("{} could not be {what}: {error}", self.program.display()))
        };
        let mut child = Command::new(&self.program)
            .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
            .arg(absolute(&self.path))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| failed("run", error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that fails early closes the pipe; its exit status then says more than the broken pipe.
            let _ = stdin.write_all(message);
        }
        let output = child.wait_with_output().map_err(|error| failed("waited for", error))?;
        if !output.status.success() {
            return Err(KeystoreError::Program(format!("it ended with {}", output.status)));
        }
        let text = String::from_utf8(output.stdout).map_err(|_| KeystoreError::Program("it printed no text".to_owned()))?;
        unarmour(&text).map_err(|problem| KeystoreError::Program(problem.reason))
    }
}

/// A path that begins with `-` must not be taken for an option.
fn absolute(path: &Path) -> PathBuf {
    if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) }
}
