//! Programs that hold keys or name them: `ssh-keygen` for security keys, `gpg.ssh.program` such as a vault's,
//! `gpg.ssh.defaultKeyCommand`, and the one that asks for passphrases.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use zeroize::Zeroizing;

use super::KeystoreError;
use super::file::write_new;
use crate::parse::public_key::PublicKey;
use crate::programs::{PATIENCE, output_within};
use crate::sign::sshsig::unarmour;

/// The most bytes of a signature in armour that are read.
const MAX_SIGNATURE: u64 = 16 * 1024;
/// The most bytes of a passphrase that are read.
const MAX_PASSPHRASE: u64 = 4096;

/// What a program is given as the key.
#[derive(Debug, Clone)]
enum Named {
    /// A file.
    File(PathBuf),
    /// A public key, in a file that is made for the call.
    Literal,
}

/// A key that is used by running a program with the arguments of `ssh-keygen -Y sign`.
#[derive(Debug, Clone)]
pub struct ProgramKey {
    program: PathBuf,
    named: Named,
    public: PublicKey,
    /// It is `gpg.ssh.program`, which is called as git calls it.
    as_git: bool,
    /// How long it may take.
    limit: Duration,
}

impl ProgramKey {
    /// Names `ssh-keygen`, the file that it is to be given, and the public key that is expected to sign.
    pub fn new(program: &Path, path: &Path, public: PublicKey) -> Self {
        Self { program: program.to_owned(), named: Named::File(path.to_owned()), public, as_git: false, limit: PATIENCE }
    }

    /// Names the program that git signs with, and the key by its file or, where there is none, by itself.
    pub fn as_git(program: &Path, path: Option<&Path>, public: PublicKey) -> Self {
        let named = path.map_or(Named::Literal, |path| Named::File(path.to_owned()));
        Self { program: program.to_owned(), named, public, as_git: true, limit: PATIENCE }
    }

    /// Sets how long the program may take.
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Returns the public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the file that names the key, where there is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.named {
            Named::File(path) => Some(path),
            Named::Literal => None,
        }
    }

    /// Describes where the secret is.
    pub fn place(&self) -> String {
        let program = self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy();
        match &self.named {
            Named::File(path) => format!("{} (by {program})", path.display()),
            Named::Literal => format!("held by {program}"),
        }
    }

    /// Signs a message for a namespace and gives the SSHSIG blob. The program may talk to the terminal meanwhile.
    ///
    /// # Errors
    /// The program can't be run, fails or takes too long, or gives no signature.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let text = match &self.named {
            Named::File(path) if !self.as_git => self.by_pipe(path, namespace, message)?,
            named => self.by_files(named, namespace, message)?,
        };
        unarmour(&text).map_err(|problem| self.failed(problem.to_string()))
    }

    fn by_pipe(&self, path: &Path, namespace: &str, message: &[u8]) -> Result<String, KeystoreError> {
        let mut command = Command::new(&self.program);
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(absolute(path));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let output = self.run(&mut command, message)?;
        if !output.status.success() {
            return Err(self.failed(format!("it ended with {}", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|_| self.failed("it printed no text".to_owned()))
    }

    /// Signs as git does: the message is in a file, and the signature comes into the file of that name with `.sig` at its end.
    fn by_files(&self, named: &Named, namespace: &str, message: &[u8]) -> Result<String, KeystoreError> {
        let no_folder = |error: std::io::Error| self.failed(format!("there is no place for a file for it: {error}"));
        let folder = tempfile::tempdir().map_err(no_folder)?;
        let buffer = folder.path().join("record");
        write_new(&buffer, message, 0o600)?;
        let mut command = Command::new(&self.program);
        command.args(["-Y", "sign", "-n", namespace, "-f"]);
        match named {
            Named::File(path) => command.arg(absolute(path)),
            Named::Literal => {
                let literal = folder.path().join("key.pub");
                write_new(&literal, format!("{}\n", self.public.text()).as_bytes(), 0o600)?;
                command.arg(literal).arg("-U")
            }
        };
        command.arg(&buffer).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let output = self.run(&mut command, &[])?;
        if !output.status.success() {
            return Err(self.failed(ended(&output)));
        }
        let mut text = String::new();
        fs::File::open(folder.path().join("record.sig"))
            .and_then(|file| file.take(MAX_SIGNATURE).read_to_string(&mut text))
            .map_err(|error| self.failed(format!("it left no signature: {error}")))?;
        Ok(text)
    }

    fn run(&self, command: &mut Command, input: &[u8]) -> Result<Output, KeystoreError> {
        let output = output_within(command, input, self.limit).map_err(|error| self.failed(format!("it can't be run: {error}")))?;
        output.ok_or_else(|| KeystoreError::Unanswered { program: self.program.display().to_string(), limit: self.limit })
    }

    fn failed(&self, reason: String) -> KeystoreError {
        KeystoreError::Program(format!("{} could not sign: {reason}", self.program.display()))
    }
}

/// A path that begins with `-` must not be taken for an option.
fn absolute(path: &Path) -> PathBuf {
    if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) }
}

/// Describes how a program ended that failed, with the last line that it said.
fn ended(output: &Output) -> String {
    let said = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().rfind(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
    };
    let word = said(&output.stderr).or_else(|| said(&output.stdout));
    format!("it ended with {}{}", output.status, word.map_or_else(String::new, |word| format!(": {word}")))
}

/// Runs `gpg.ssh.defaultKeyCommand` as git does, in a folder and without a shell, and gives the first line that it prints.
///
/// # Errors
/// It can't be read or run, fails, takes longer than `limit`, or prints nothing.
pub fn default_key(command: &str, folder: Option<&Path>, limit: Duration) -> Result<String, KeystoreError> {
    let failed = |reason: String| KeystoreError::NoDefaultKey { command: command.to_owned(), reason };
    let words = words(command).filter(|words| !words.is_empty()).ok_or_else(|| failed("its quotes do not end".to_owned()))?;
    let mut run = Command::new(&words[0]);
    run.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(folder) = folder {
        run.current_dir(folder);
    }
    let output = output_within(&mut run, &[], limit).map_err(|error| failed(format!("it can't be run: {error}")))?;
    let output =
        output.ok_or_else(|| KeystoreError::Unanswered { program: format!("{} (gpg.ssh.defaultKeyCommand)", words[0]), limit })?;
    if !output.status.success() {
        return Err(failed(ended(&output)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next().map(str::trim).filter(|line| !line.is_empty());
    first.map(str::to_owned).ok_or_else(|| failed("it printed nothing".to_owned()))
}

/// Splits a command line into its words, with quotes and backslashes as git's aliases have them; nothing where a quote does not end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None, c) if c.is_ascii_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if open == c => quote = None,
            (quote, '\\') if quote != Some('\'') => word.get_or_insert_default().push(characters.next()?),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The program that asks for passphrases where there is no terminal, or instead of it: `SSH_ASKPASS`.
#[derive(Debug, Clone)]
pub struct Askpass {
    /// The program.
    pub program: PathBuf,
    /// It is asked also where there is a terminal.
    pub preferred: bool,
}

impl Askpass {
    /// Decides as ssh does whether the program is asked: where there is a display, or where `SSH_ASKPASS_REQUIRE` says so.
    pub fn told(program: Option<PathBuf>, required: Option<&str>, has_display: bool) -> Option<Self> {
        let told = required.unwrap_or_default().to_ascii_lowercase();
        let allowed = told == "force" || has_display && told != "never";
        program.filter(|_| allowed).map(|program| Self { program, preferred: told == "force" || told == "prefer" })
    }

    /// Asks; nothing where the program fails, which is how it says that somebody gave up.
    pub fn ask(&self, prompt: &str) -> Option<Zeroizing<String>> {
        let mut child = Command::new(&self.program)
            .arg(prompt)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .ok()?;
        // The capacity is reserved beforehand, so that no copy of a secret is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE as usize));
        let read = child.stdout.take().map(|out| out.take(MAX_PASSPHRASE).read_to_end(&mut bytes));
        let done = child.wait().is_ok_and(|status| status.success());
        if !done || !matches!(read, Some(Ok(_))) {
            return None;
        }
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        std::str::from_utf8(&bytes[..end]).ok().map(|text| Zeroizing::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_is_split_as_git_splits_its_aliases() {
        let split = |line: &str| words(line).map(|words| words.join("|"));
        assert_eq!(split("ssh-add  -L\t").as_deref(), Some("ssh-add|-L"));
        assert_eq!(split("sh -c 'cat \"a b\"' ").as_deref(), Some("sh|-c|cat \"a b\""));
        assert_eq!(split(r#"a\ b "c\"d" '\'"#).as_deref(), Some(r#"a b|c"d|\"#));
        assert_eq!(split("a '' b").as_deref(), Some("a||b"));
        assert_eq!(split("").as_deref(), Some(""));
        for open in ["a 'b", "\"", "a\\"] {
            assert_eq!(split(open), None, "{open}");
        }
    }
}
