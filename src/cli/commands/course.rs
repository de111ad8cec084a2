//! What the commands of a release's course have in common: what they read, and how they say what comes next.

use clap::ValueEnum;

use crate::cli::app::App;
use crate::model::record::NotBy;
use crate::ops::error::{Failure, Outcome};
pub use crate::ops::write::course::{Call, at, next, ready};

/// Who may not settle it, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Barred {
    /// Whoever made what is released.
    Implementers,
}

impl From<Barred> for NotBy {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Implementers => Self::Implementers,
        }
    }
}

/// Reads a file, or standard input where it is `-`, as text of at most so many bytes; gives how messages call it too.
pub fn input(app: &App, file: &str, limit: usize) -> Outcome<(String, String)> {
    let name = if file == "-" { "standard input" } else { file };
    let bytes = app.input(file, limit).map_err(|error| Failure::usage(format!("{name} can't be read")).because(error))?;
    if bytes.len() > limit {
        return Err(Failure::usage(format!("{name} has more than {limit} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{name} is not UTF-8 text")))?;
    Ok((text, name.to_owned()))
}

/// Says what comes next after something was signed.
pub fn say_next(app: &App, lines: &[String]) {
    for (number, line) in lines.iter().filter(|_| !app.dry_run).enumerate() {
        app.ui.say(format!("{} {line}", if number == 0 { "next:" } else { "     " }));
    }
}
