//! The wording of refusals: each is provoked by a real push or call, held to the width of a terminal, and written down in
//! docs/refusals.md, where people read them.

mod calls;
mod freezes;
mod records;
mod refs;
mod sentences;
mod servers;

use std::path::Path;

use sentences::{NOT_SHOWN, sentences};

use crate::sandbox::{Run, ended, flat, place};
use crate::server::Server;

const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";

/// What is said to people, in the order of the page: headings with what stands below them.
#[derive(Default)]
struct Book {
    text: String,
    said: usize,
}

impl Book {
    fn chapter(&mut self, title: &str, about: &str) {
        self.text.push_str(&format!("\n## {title}\n\n{about}\n"));
    }

    /// Pushes, and writes down what the server answers.
    #[track_caller]
    fn push(&mut self, server: &Server, title: &str, refspecs: &[&str]) {
        let run = server.push(refspecs);
        assert_ne!(run.code, 0, "{title}: {}", run.text());
        self.remote(title, &run.text());
    }

    /// Writes down the lines of a server.
    #[track_caller]
    fn remote(&mut self, title: &str, text: &str) {
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("remote: ")).collect();
        self.entry(title, &lines);
    }

    /// Writes down what a call in a terminal of 80 columns says on standard error.
    #[track_caller]
    fn call(&mut self, server: &Server, title: &str, who: &str, args: &[&str]) {
        let mut command = server.box_.program();
        let run = ended(command.env("COLUMNS", "80").arg("--key").arg(server.box_.key(who)).args(args));
        assert!(![0, 5].contains(&run.code), "{title}: {}", run.text());
        let command = format!("$ relsign {}", args.join(" "));
        // What a command shows before it refuses, such as the commits of a request, is no refusal.
        let said = run.stderr.lines().skip_while(|line| !line.starts_with("error:"));
        let mut lines: Vec<&str> = std::iter::once(command.as_str()).chain(said).collect();
        if lines.len() == 1 {
            // The answer of a gate is one line for a program, as wide as it is.
            let answer = run.stdout.lines().next().unwrap();
            self.text.push_str(&format!("\n### {title}\n\n```text\n{command}\n{}\n```\n", anonymous(answer)));
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
        let text: String = lines.iter().map(|line| format!("{}\n", line.trim_end())).collect();
        self.text.push_str(&format!("\n### {title}\n\n```text\n{}```\n", anonymous(&text)));
        self.said += 1;
    }
}

/// Asserts that no line is wider than a terminal but those that must not be broken: a command, or one long word.
#[track_caller]
pub(crate) fn assert_fits<'a>(lines: impl Iterator<Item = &'a str>) {
    for line in lines.map(str::trim_end) {
        let said = line.strip_prefix("remote:").unwrap_or(line);
        let said = said.trim_start().trim_start_matches("GL-HOOK-ERR:").trim_start();
        let is_command = ["relsign ", "git ", "rm ", "$ relsign "].iter().any(|program| said.starts_with(program))
            || said.starts_with('/') && said.contains(" SHA256:");
        let is_one_word = !said.trim_start_matches("relsign:").trim_start().contains(' ');
        assert!(line.chars().count() <= 80 || is_command || is_one_word, "wider than a terminal: {line}");
    }
}

/// Puts the same id in the place of each that is new in every run: ids of objects, records and keys, and paths.
fn anonymous(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '+';
        let hex: &str = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        if rest.starts_with("SHA256:") && rest.len() > 50 && !rest["SHA256:".len()..].starts_with('…') {
            let end = rest["SHA256:".len()..].find(|c: char| !is_word(c) && c != '/').map_or(rest.len(), |at| at + "SHA256:".len());
            out.push_str(&format!("SHA256:{}", &"1f3c9ab27de4".repeat(6)[..end - "SHA256:".len()]));
            rest = &rest[end..];
        } else if hex.len() >= 7
            && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && hex.bytes().any(|byte| byte.is_ascii_digit())
        {
            out.push_str(&"1f3c9ab27de4".repeat(6)[..hex.len().min(72)]);
            rest = &rest[hex.len()..];
        } else if let Some(below) = place::below(rest) {
            let end = below.find(|c| !is_word(c) && c != '/').unwrap_or(below.len());
            out.push_str(if below[..end].ends_with("/pins") { "/etc/relsign/pins" } else { "/srv/widget.git" });
            rest = &below[end..];
            rest = rest.strip_prefix(".git").unwrap_or(rest);
        } else if is_word(c) {
            let whole = if hex.is_empty() { c.len_utf8() } else { hex.len() };
            out.push_str(&rest[..whole]);
            rest = &rest[whole..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn policy_text(server: &Server) -> String {
    String::from_utf8(server.box_.git_bytes(&["cat-file", "blob", &format!("{POLICY}:version/policy.toml")])).unwrap()
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
fn every_refusal_fits_a_terminal_and_is_written_down() {
    // Expected: no line wider than 80 columns but a command that is to be copied, from a server less its `remote: `; docs/refusals.md holds each.
    let mut book = Book::default();
    book.text.push_str(HEAD);
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/refusals.md");
    if std::env::var_os("RELSIGN_UPDATE").is_some_and(|value| !value.is_empty() && value != "0") {
        std::fs::write(&path, &book.text).unwrap();
    } else {
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let hint = "the page is old; write it anew and read it: RELSIGN_UPDATE=1 cargo test --test attacks wording";
        assert!(page == book.text, "{hint}\n{}", first_difference(&page, &book.text));
    }
    let page = flat(&book.text.replace("remote: GL-HOOK-ERR: ", "remote: ").replace("\n       ", "\n"));
    let mut missing = Vec::new();
    for (file, sentences) in sentences() {
        for sentence in sentences {
            let is_known = NOT_SHOWN.iter().any(|(known, _)| sentence.contains(known));
            if is_known == page.contains(&flat(&sentence)) {
                missing.push(format!("{file}: {sentence}"));
            }
        }
    }
    assert!(missing.is_empty(), "no push of this test provokes these, or the list says so and one does:\n{}", missing.join("\n"));
}

fn first_difference(page: &str, now: &str) -> String {
    let differs = page.lines().zip(now.lines()).find(|(one, other)| one != other);
    differs.map_or_else(|| "one is longer".to_owned(), |(one, other)| format!("- {one}\n+ {other}"))
}

/// How the page begins.
const HEAD: &str = "# Refusals

What people read when a push, a gate or a command about freezes says no. Each was provoked by a real push or call, and
`RELSIGN_UPDATE=1 cargo test --test attacks wording` writes this page anew. Lines are no wider than 80 columns, with the `remote: `
that git puts before what a server says, but for commands: those stand on a line of their own and are never broken. Ids are not
the real ones. The word in brackets is the code; [findings](findings.md) says what each means and what to do.
";
