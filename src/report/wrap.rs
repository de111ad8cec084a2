//! Lines no wider than what shows them: everything that is broken between words is broken here.
//!
//! Whoever reads a refusal copies from it, so a command is never broken and stands on a line of its own; addresses and
//! ids hold no space and stay whole too. A line that begins in the middle of a text can't become an order to a pipeline,
//! since [`safe`] writes out what would be one after any space.

use super::safe;
use crate::model::advice::Advice;

/// The columns of a terminal of which nothing is known.
pub const TERMINAL: usize = 80;

/// The columns of what a server says: git puts `remote: ` before each line that it hands on to whoever pushes.
pub const REMOTE: usize = TERMINAL - "remote: ".len();

/// The space at which no line is broken; it is shown as any other.
const KEPT: &str = "\u{a0}";

/// Holds the words of a text together that is to be wrapped, such as those of a time.
pub fn kept(text: &str) -> String {
    text.replace(' ', KEPT)
}

/// Adds a text broken between words where it gets wider than a terminal; `first` begins its first line, `rest` the others.
///
/// The text is safe already: it may hold colours, which take no column.
pub fn wrap(out: &mut String, text: &str, first: &str, rest: &str, width: usize) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && safe::columns(&line) + 1 + safe::columns(word) > width {
            out.push_str(&shown(&line));
            out.push('\n');
            rest.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&shown(&line));
    out.push('\n');
}

/// Returns a text with plain spaces only, once it is broken or where it is not to be.
pub fn shown(text: &str) -> String {
    text.replace(KEPT, " ")
}

/// A message in the making, whose texts come from outside and are made safe here.
#[derive(Debug, Clone)]
pub struct Message {
    width: usize,
    text: String,
}

impl Message {
    /// Begins a message for a terminal of so many columns.
    pub fn new(width: usize) -> Self {
        Self { width, text: String::new() }
    }

    /// Adds a text as one paragraph, whatever line breaks are in it.
    pub fn say(&mut self, text: &str, first: &str, rest: &str) {
        wrap(&mut self.text, &safe::line(text), first, rest, self.width);
    }

    /// Adds a line that is not to be broken.
    pub fn keep(&mut self, text: &str, before: &str) {
        self.text.push_str(before);
        self.text.push_str(&safe::line(text));
        self.text.push('\n');
    }

    /// Adds advice: its words as a paragraph, and its command on a line of its own behind `command`.
    pub fn advise(&mut self, advice: &Advice, first: &str, rest: &str, command: &str) {
        match &advice.command {
            None => self.say(&advice.text, first, rest),
            Some(line) => {
                if !advice.text.is_empty() {
                    self.say(&format!("{}:", advice.text), first, rest);
                }
                self.keep(line, command);
            }
        }
    }

    /// Returns the lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_long_words_are_not() {
        let mut out = String::new();
        wrap(&mut out, "one two three four aaaaaaaaaaaaaaaaaaaaaaaa five", "- ", "  ", 12);
        assert_eq!(out, "- one two\n  three four\n  aaaaaaaaaaaaaaaaaaaaaaaa\n  five\n");
    }

    #[test]
    fn what_holds_together_is_not_broken() {
        let mut out = String::new();
        wrap(&mut out, "frozen until Mon\u{a0}4\u{a0}Jan\u{a0}2027 or later", "", "", 17);
        assert_eq!(out, "frozen until\nMon 4 Jan 2027 or\nlater\n");
    }

    #[test]
    fn a_command_stands_on_a_line_of_its_own_and_is_never_broken() {
        let mut message = Message::new(20);
        for advice in [
            Advice::run("open it first of all", "relsign open v1.0.0 --type normal"),
            Advice::run("", "git fetch --unshallow"),
            "name one: --key FILE".into(),
        ] {
            message.advise(&advice, "hint: ", "      ", "   $ ");
        }
        let lines: Vec<&str> = message.lines().collect();
        let wanted = [
            "hint: open it first",
            "      of all:",
            "   $ relsign open v1.0.0 --type normal",
            "   $ git fetch --unshallow",
            "hint: name one:",
            "      --key FILE",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn what_comes_from_outside_begins_no_line_that_a_pipeline_obeys() {
        let mut message = Message::new(12);
        message.say("frozen by ::error::x ##vso[task]\n::add-mask::y \u{1b}[31m", "", "");
        assert!(message.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##vso[")), "{message:?}");
        assert!(message.lines().all(|line| !line.contains('\u{1b}')));
    }
}
