//! Lines no wider than what shows them: everything that is broken between words is broken here.
//!
//! Whoever reads a refusal copies from it, so a command is never broken and stands on a line of its own; addresses and
//! ids hold no space and stay whole too. A line that begins in the middle of a text can't become an order to a pipeline,
//! since [`safe`] writes out what would be one after any space.

use super::safe;

/// The columns of a terminal of which nothing is known.
pub const TERMINAL: usize = 80;

/// The columns of what a server says: git puts `remote: ` before each line that it hands on to whoever pushes.
pub const REMOTE: usize = TERMINAL - "remote: ".len();

/// The programs with which a command begins that somebody is to copy.
const PROGRAMS: [&str; 7] = ["relsign ", "git ", "ssh-keygen ", "ssh-add ", "rm ", "mv ", "printf "];

/// Says whether a text is a command that somebody is to copy, or the line of a file of pins.
pub fn is_command(text: &str) -> bool {
    PROGRAMS.iter().any(|program| text.starts_with(program)) || text.starts_with('/') && text.contains(" SHA256:")
}

/// Adds a text broken between words where it gets wider than a terminal; `first` begins its first line, `rest` the others.
///
/// The text is safe already: it may hold colours, which take no column.
pub fn wrap(out: &mut String, text: &str, first: &str, rest: &str, width: usize) {
    let mut line = first.to_owned();
    let mut empty = true;
    let words: Vec<&str> = text.split(' ').collect();
    let mut at = 0;
    while at < words.len() {
        let together = together(&words[..at], &words[at..]);
        let word = &words[at..at + together].join(" ");
        at += together;
        if !empty && safe::columns(&line) + 1 + safe::columns(word) > width {
            out.push_str(&line);
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
    out.push_str(&line);
    out.push('\n');
}

/// Says how many of the words that come next stay on one line: those of a time as people read it, such as
/// `Mon 4 Jan 2027 08:00 CET`, a command after a colon or between backquotes, and the name of a program with what it is to do.
fn together(before: &[&str], words: &[&str]) -> usize {
    let programs = ["relsign", "git"];
    let up_to = |is_last: fn(&str) -> bool| words.iter().position(|word| is_last(word)).map_or(words.len(), |at| at + 1);
    match words {
        [first, ..] if first.starts_with('`') => {
            if first[1..].contains('`') {
                1
            } else {
                1 + words[1..].iter().position(|word| word.contains('`')).map_or(0, |at| at + 1)
            }
        }
        [program, ..] if programs.contains(program) && before.last().is_some_and(|word| word.ends_with(':')) => {
            up_to(|word| word.ends_with(';'))
        }
        [program, _, ..] if programs.contains(&program.trim_start_matches('(')) => 2,
        words if is_date(words) => 6,
        _ => 1,
    }
}

/// Says whether words begin with a time as people read it.
fn is_date(words: &[&str]) -> bool {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match words {
        [day, number, _, year, time, _, ..] => {
            ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(day)
                && is_number(number)
                && is_number(year)
                && time.contains(':')
        }
        _ => false,
    }
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

    /// Adds advice: its words as paragraphs, and each command in it on a line of its own behind `command`.
    ///
    /// A command begins after a colon with the name of a program, or the advice is nothing else; it ends with the advice
    /// or at a semicolon that no quotes hold.
    pub fn advise(&mut self, advice: &str, first: &str, rest: &str, command: &str) {
        let mut before = first;
        for part in parts(advice) {
            match part {
                Part::Words(words) => {
                    self.say(words, before, rest);
                    before = rest;
                }
                Part::Command(words) => self.keep(words, command),
            }
        }
    }

    /// Gives the lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }
}

/// A part of an advice.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Words(&'a str),
    Command(&'a str),
}

/// Takes an advice apart into words and the commands in it.
fn parts(advice: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = advice;
    while !rest.is_empty() {
        let begin = if is_command(rest) {
            Some(0)
        } else {
            rest.match_indices(": ").map(|(at, colon)| at + colon.len()).find(|at| is_command(&rest[*at..]))
        };
        let Some(begin) = begin else {
            parts.push(Part::Words(rest));
            break;
        };
        if begin > 0 {
            parts.push(Part::Words(rest[..begin].trim_end()));
        }
        let end = begin + end_of_command(&rest[begin..]);
        parts.push(Part::Command(&rest[begin..end]));
        rest = rest[end..].trim_start_matches([';', ' ']);
    }
    parts
}

/// Finds where a command ends that begins a text: at a semicolon outside quotes.
fn end_of_command(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if text[at..].starts_with("; ") => return at,
            None => {}
        }
    }
    text.len()
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
    fn a_time_stays_on_one_line() {
        let mut out = String::new();
        wrap(&mut out, "until Mon 4 Jan 2027 08:00 CET (2027-01-04T07:00:00Z) or Mon 4 pm", "", "", 30);
        assert_eq!(out, "until Mon 4 Jan 2027 08:00 CET\n(2027-01-04T07:00:00Z) or Mon\n4 pm\n");
        out.clear();
        wrap(&mut out, "read out (relsign whoami), then", "", "", 20);
        assert_eq!(out, "read out\n(relsign whoami),\nthen\n");
        out.clear();
        wrap(&mut out, "frozen until Mon 4 Jan 2027 08:00 CET", "", "", 30);
        assert_eq!(out, "frozen until\nMon 4 Jan 2027 08:00 CET\n");
    }

    #[test]
    fn a_command_stands_on_a_line_of_its_own_and_is_never_broken() {
        let mut message = Message::new(20);
        message.advise(
            "open it first of all: relsign open v1.0.0 --type normal; or get it: relsign sync",
            "hint: ",
            "      ",
            "   $ ",
        );
        message.advise("git fetch --unshallow", "hint: ", "      ", "   $ ");
        message.advise("name one: --key FILE", "hint: ", "      ", "   $ ");
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(
            lines,
            [
                "hint: open it first",
                "      of all:",
                "   $ relsign open v1.0.0 --type normal",
                "      or get it:",
                "   $ relsign sync",
                "   $ git fetch --unshallow",
                "hint: name one:",
                "      --key FILE",
            ]
        );
    }

    #[test]
    fn a_semicolon_in_quotes_does_not_end_a_command() {
        let advice = "lift it: relsign freeze lift 'a; or b' --reason \"c; d\"; see the list";
        let command = "relsign freeze lift 'a; or b' --reason \"c; d\"";
        assert_eq!(parts(advice), [Part::Words("lift it:"), Part::Command(command), Part::Words("see the list")]);
    }

    #[test]
    fn what_comes_from_outside_begins_no_line_that_a_pipeline_obeys() {
        let mut message = Message::new(12);
        message.say("frozen by ::error::x ##vso[task]\n::add-mask::y \u{1b}[31m", "", "");
        assert!(message.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##vso[")), "{message:?}");
        assert!(message.lines().all(|line| !line.contains('\u{1b}')));
    }
}
