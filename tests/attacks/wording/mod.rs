//! The wording of refusals: each is provoked by a real push or call and held to the width of a terminal.

mod calls;
mod freezes;
mod records;
mod refs;
mod servers;

use crate::sandbox::{Run, ended};
use crate::server::Server;

const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";

/// Counts what was said to people.
#[derive(Default)]
struct Book {
    said: usize,
}

impl Book {
    /// Pushes, and reads what the server answers.
    #[track_caller]
    fn push(&mut self, server: &Server, title: &str, refspecs: &[&str]) {
        let run = server.push(refspecs);
        assert_ne!(run.code, 0, "{title}: {}", run.text());
        self.remote(title, &run.text());
    }

    /// Reads the lines of a server.
    #[track_caller]
    fn remote(&mut self, title: &str, text: &str) {
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("remote: ")).collect();
        self.entry(title, &lines);
    }

    /// Reads what a call in a terminal of 80 columns says on standard error.
    #[track_caller]
    fn call(&mut self, server: &Server, title: &str, who: &str, args: &[&str]) {
        let mut command = server.box_.program();
        let run = ended(command.env("COLUMNS", "80").arg("--key").arg(server.box_.key(who)).args(args));
        assert!(![0, 5].contains(&run.code), "{title}: {}", run.text());
        // What a command shows before it refuses, such as the commits of a request, is no refusal; the answer of a gate is one
        // line for a program, as wide as it is.
        let mut lines: Vec<&str> = run.stderr.lines().skip_while(|line| !line.starts_with("error:")).collect();
        if lines.is_empty() {
            assert_eq!(run.stdout.lines().count(), 1, "{title}: {}", run.text());
            self.said += 1;
            return;
        }
        lines.retain(|line| !line.is_empty());
        self.entry(title, &lines);
    }

    #[track_caller]
    fn entry(&mut self, title: &str, lines: &[&str]) {
        assert!(!lines.is_empty(), "{title}: nothing was said");
        assert_fits(lines.iter().copied());
        self.said += 1;
    }
}

/// Asserts that no line is wider than a terminal but those that must not be broken: a command, or one long word.
#[track_caller]
pub(crate) fn assert_fits<'a>(lines: impl Iterator<Item = &'a str>) {
    for line in lines.map(str::trim_end) {
        let said = line.strip_prefix("remote:").unwrap_or(line);
        let said = said.trim_start().trim_start_matches("GL-HOOK-ERR:").trim_start();
        let is_command = ["relsign ", "git ", "rm "].iter().any(|program| said.starts_with(program))
            || said.starts_with('/') && said.contains(" SHA256:");
        let is_one_word = !said.trim_start_matches("relsign:").trim_start().contains(' ');
        assert!(line.chars().count() <= 80 || is_command || is_one_word, "wider than a terminal: {line}");
    }
}

fn policy_text(server: &Server) -> String {
    server.box_.text(&format!("{POLICY}:version/policy.toml"))
}

/// Pushes with the hook of the clone on.
fn hook(book: &mut Book, server: &Server, title: &str, refspecs: &[&str]) {
    let run = with_hook(server, refspecs);
    assert_ne!(run.code, 0, "{}", run.text());
    let said: Vec<&str> = run.stderr.lines().take_while(|line| !line.starts_with("error:")).collect();
    book.entry(title, &said);
}

fn with_hook(server: &Server, refspecs: &[&str]) -> Run {
    server.box_.run(&["hook", "install"]).exits(0);
    let mut command = server.box_.command("git", &server.box_.repo);
    ended(command.env("COLUMNS", "80").args(["push", "-q", "origin"]).args(refspecs))
}

#[test]
fn every_refusal_fits_a_terminal() {
    // Expected: no line wider than 80 columns but a command that is to be copied, from a server less its `remote: `.
    let mut book = Book::default();
    let chapters = [
        freezes::frozen,
        freezes::exceptions,
        freezes::released,
        refs::gates,
        records::records,
        refs::own_refs,
        servers::servers,
        calls::calls,
    ];
    for write in chapters {
        write(&mut book);
    }
    assert!(book.said >= 100, "only {} refusals were read", book.said);
}
