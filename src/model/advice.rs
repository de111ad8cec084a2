//! Advice: what helps, in words, and the command for it apart from them.

use std::fmt;

/// What helps: a sentence, and apart from it what to copy: a command, or a line for a file.
///
/// Whoever shows it decides how the two stand together; nobody looks for commands in sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The words, without a colon at their end; empty where the command says it all.
    pub text: String,
    /// The command or line.
    pub command: Option<String>,
}

impl Advice {
    /// Makes an advice that a command follows.
    pub fn run(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { text: text.into(), command: Some(command.into()) }
    }
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self { text, command: None }
    }
}

impl From<&String> for Advice {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<&str> for Advice {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.command {
            Some(command) if self.text.is_empty() => f.write_str(command),
            Some(command) => write!(f, ": {command}"),
            None => Ok(()),
        }
    }
}
