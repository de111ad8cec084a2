//! `relsign complete`: what the completion scripts of the shells ask.
//!
//! It never writes, never asks the network, and says nothing where it can't tell. What it offers is typed into somebody's shell,
//! and most of it comes from the repository: only what no shell takes for anything but a word is offered.

mod call;
mod values;

pub(super) use self::call::words;
use self::call::{Call, Target};
use self::values::{Candidate, Source};
use crate::cli::app::App;
use crate::ops::error::{Exit, Outcome};
use crate::report::safe;

/// How many candidates are offered at most.
const MOST: usize = 200;
/// How wide what is said of a candidate may be.
const WIDTH: usize = 60;

/// Print what could stand at the end of a call, for completion in shells
///
/// Exit 1 asks the shell to offer files.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Args {
    /// The whole line up to the cursor, from a shell that takes words apart in a way of its own
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    line: Option<String>,
    /// Where that shell takes words apart: it puts in only what comes after the last of these
    #[arg(long, value_name = "CHARACTERS", requires = "line", allow_hyphen_values = true)]
    breaks: Option<String>,
    /// The words up to the cursor, from the program's name on
    #[arg(value_name = "ARG", last = true)]
    words: Vec<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let words = self.line.as_ref().map_or_else(|| self.words.clone(), |line| words(line));
        let root = {
            let mut root = (app.describe)();
            root.build();
            root
        };
        let Some(call) = Call::read(&root, &words) else { return Ok(Exit::Yes) };
        let mut offered = match call.target {
            Target::Option => values::options(&call),
            Target::Value(_) | Target::Word if call.wants_file() => return Ok(Exit::No),
            Target::Value(_) | Target::Word => Source::new(app, &call).candidates(),
        };
        offered.retain(|one| one.value.starts_with(call.begun.as_str()) && is_plain(&one.value));
        offered.truncate(MOST);
        let whole = words.last().map(String::as_str).unwrap_or_default();
        let kept = self.breaks.as_deref().map_or(0, |breaks| kept(whole, breaks));
        let lines = offered.iter().map(|one| self.show(&call, one, kept));
        app.ui.data(&lines.collect::<String>())?;
        Ok(Exit::Yes)
    }

    /// Prints one candidate, as a whole word, or as what comes after what bash keeps.
    fn show(&self, call: &Call<'_>, one: &Candidate, kept: usize) -> String {
        let word = format!("{}{}", call.before, one.value);
        match (&self.breaks, one.help.is_empty()) {
            (Some(_), _) => format!("{}\n", word.get(kept..).unwrap_or_default()),
            (None, true) => format!("{word}\n"),
            (None, false) => format!("{word}\t{}\n", safe::fit(&safe::line(&one.help), WIDTH, "…")),
        }
    }
}

/// Whether every shell takes a word for itself, wherever it stands: no character of it is special, and none is hidden.
fn is_plain(word: &str) -> bool {
    !word.starts_with('~') && word.chars().all(|c| c.is_alphanumeric() || "-_./@:+,".contains(c))
}

/// Counts the bytes of a word that bash leaves as they are: those up to the last character at which it takes words apart. An @
/// belongs to what comes after it.
fn kept(word: &str, breaks: &str) -> usize {
    let last = word.char_indices().rfind(|(_, c)| breaks.contains(*c));
    last.map_or(0, |(at, c)| if c == '@' { at } else { at + c.len_utf8() })
}

#[cfg(test)]
mod tests {
    use super::{is_plain, kept};

    #[test]
    fn only_what_no_shell_takes_for_more_than_a_word_is_offered() {
        for good in ["v1.0.0", "web/v2.4.0-rc.1", "@raj-k", "release-manager", "item@canary", "SHA256:ab", "v1.0-é", "--as"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "$(x)",
            "`x`",
            "a b",
            "a;b",
            "a\nb",
            "a\u{1b}[0m",
            "a\u{202e}b",
            "*",
            "a?",
            "[a]",
            "!!",
            "a'b",
            "~x",
            "a{b,c}",
            "%1",
            "=x",
            "a\\b",
            "#x",
        ] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }

    #[test]
    fn bash_keeps_what_comes_before_its_last_break() {
        let breaks = " \t\n\"'@><=;|&(:";
        for (word, rest) in [("v1", "v1"), ("--env=pr", "pr"), ("SHA256:ab", "ab"), ("@ra", "@ra"), ("item@can", "@can"), ("", "")]
        {
            assert_eq!(&word[kept(word, breaks)..], rest, "{word}");
        }
        assert_eq!(kept("SHA256:ab", " "), 0);
    }
}
