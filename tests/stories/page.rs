//! A page: Markdown with blocks of commands and what they print.
//!
//! ````text
//! ```console
//! ana$ relsign approve v1.4.0 tests
//! what it prints
//! (exit code 1)
//! ```
//! ````
//!
//! The word before `$` is who runs it, from their own clone, with a shell. A line `...` stands for any lines. A block
//! whose info has `file=PATH by=NAME` is written into NAME's clone. A comment `<!-- story: after=FILE -->` plays a file of
//! tests/stories/setup first, and `<!-- story: now=TIME -->` sets the clock. From `<!-- story: git=2.36 -->` on a page
//! takes that git: an older one plays it no further, and the test says so.

use std::path::Path;

use crate::same;
use crate::sandbox::Sandbox;
use crate::version::is_older_than;

/// A piece of a page.
enum Piece {
    /// What is only read.
    Text(String),
    /// A setting of the test.
    Setting(String, String),
    /// A file to be written: who, where, what.
    File(String, String, String),
    /// A command: who, the words, what the page shows.
    Command { who: String, line: String, shown: String },
}

/// Executes a page and compares, or writes it anew.
pub fn play(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pieces = read(&text);
    let sandbox = Sandbox::new();
    let mut anew = String::new();
    let mut wrong = Vec::new();
    let is_whole = play_pieces(
        &sandbox,
        &pieces,
        &mut |who, line, shown, printed| {
            let same = shown.is_empty() && printed.is_empty() || same::matches(shown, printed);
            if !same {
                wrong.push(format!("{who}$ {line}\n--- the page shows\n{shown}--- it prints\n{printed}"));
            }
            same
        },
        Some(&mut anew),
    );
    if wrong.is_empty() {
        return;
    }
    if crate::updating() && is_whole {
        std::fs::write(path, anew).unwrap();
        return;
    }
    panic!("{} does not show what happens (RELSIGN_UPDATE=1 writes it anew):\n{}", path.display(), wrong.join("\n"));
}

/// Executes the pieces; `judge` says whether what a command printed is what the page shows. Gives whether git was new
/// enough for all of them.
fn play_pieces(
    sandbox: &Sandbox,
    pieces: &[Piece],
    judge: &mut dyn FnMut(&str, &str, &str, &str) -> bool,
    mut anew: Option<&mut String>,
) -> bool {
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                if let Some(anew) = anew.as_deref_mut() {
                    anew.push_str(text);
                }
            }
            Piece::Setting(name, value) => match name.as_str() {
                "after" => {
                    let file = crate::source("tests/stories/setup").join(value);
                    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                    let is_whole = play_pieces(
                        sandbox,
                        &read(&text),
                        &mut |who, line, _, printed| {
                            assert!(
                                !printed.ends_with(")\n") || !printed.contains("(exit code "),
                                "{value}: {who}$ {line}\n{printed}"
                            );
                            true
                        },
                        None,
                    );
                    assert!(is_whole, "{value}: what a page begins with takes no newer git");
                }
                "git" => {
                    let needed = value.split_once('.').and_then(|(one, two)| Some((one.parse().ok()?, two.parse().ok()?)));
                    let needed = needed.unwrap_or_else(|| panic!("{value} is no version of git"));
                    if is_older_than(needed, "the rest of a page") {
                        return false;
                    }
                }
                "now" => sandbox.set_now(value),
                _ => panic!("no setting is called {name}"),
            },
            Piece::File(who, path, content) => sandbox.write(who, path, content),
            Piece::Command { who, line, shown } => {
                let printed = sandbox.run(who, line);
                let same = judge(who, line, shown, &printed);
                if let Some(anew) = anew.as_deref_mut() {
                    // All of it comes from one run, so that an id is the same wherever the page shows it.
                    let is_elided = same && shown.lines().any(|line| line == "...");
                    anew.push_str(if is_elided { shown } else { &printed });
                }
            }
        }
    }
    true
}

/// Gives the commands of relsign's own that a page has people type, each with who does.
pub fn relsign_commands(path: &Path) -> Vec<(String, String)> {
    let commands = read(&std::fs::read_to_string(path).unwrap()).into_iter().filter_map(|piece| match piece {
        Piece::Command { who, line, .. } => Some((who, line)),
        _ => None,
    });
    let typed = |(who, line): (String, String)| {
        let parts: Vec<_> = line.split("&&").map(|part| (who.clone(), part.trim().to_owned())).collect();
        parts.into_iter().filter(|(_, part)| part.starts_with("relsign "))
    };
    commands.flat_map(typed).collect()
}

/// Reads a page.
fn read(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        pieces.push(Piece::Text(line.to_owned()));
        if let Some(setting) = line.trim().strip_prefix("<!-- story: ").and_then(|rest| rest.strip_suffix(" -->")) {
            let (name, value) = setting.split_once('=').unwrap();
            pieces.push(Piece::Setting(name.to_owned(), value.to_owned()));
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let info = info.trim();
        if info.is_empty() {
            continue;
        }
        let mut body = Vec::new();
        let mut end = "";
        for line in lines.by_ref() {
            if line.trim_end() == "```" {
                end = line;
                break;
            }
            body.push(line);
        }
        let field = |name: &str| info.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        match (info, field("file"), field("by")) {
            ("console", ..) => commands(&body, &mut pieces),
            (_, Some(file), Some(who)) => {
                pieces.push(Piece::File(who.to_owned(), file.to_owned(), body.concat()));
                pieces.push(Piece::Text(body.concat()));
            }
            _ => pieces.push(Piece::Text(body.concat())),
        }
        pieces.push(Piece::Text(end.to_owned()));
    }
    pieces
}

/// Splits a block into its commands.
fn commands(body: &[&str], pieces: &mut Vec<Piece>) {
    let mut at = 0;
    while at < body.len() {
        let Some((who, line)) = prompt(body[at]) else { panic!("a block of commands begins with a prompt: {}", body[at]) };
        let mut text = body[at].to_owned();
        let mut line = line.to_owned();
        at += 1;
        while let Some(more) = body.get(at).filter(|_| line.ends_with('\\')) {
            line.truncate(line.len() - 1);
            line.push_str(more.trim());
            text.push_str(more);
            at += 1;
        }
        pieces.push(Piece::Text(text));
        let mut shown = String::new();
        while at < body.len() && prompt(body[at]).is_none() {
            shown.push_str(body[at]);
            at += 1;
        }
        pieces.push(Piece::Command { who: who.to_owned(), line, shown });
    }
}

/// Takes a line such as `ana$ relsign mine` apart.
fn prompt(line: &str) -> Option<(&str, &str)> {
    let (who, command) = line.trim_end().split_once("$ ")?;
    (!who.is_empty() && who.chars().all(|c| c.is_ascii_lowercase())).then_some((who, command))
}
