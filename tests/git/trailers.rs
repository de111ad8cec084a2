//! Co-authors: whom stock git finds in the trailers of a message relsign finds too, over thousands of messages.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Stdio;

use relsign::git::Repository;

use crate::support::{Sandbox, command};

/// How many messages are asked about.
const MESSAGES: usize = 3000;

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }
}

/// Writes a trailer of a co-author in one of the spellings that git reads, or nearly one.
fn trailer(chance: &mut Chance, address: &str) -> String {
    let key = chance.of(&["Co-authored-by", "co-authored-by", "CO-AUTHORED-BY", "Co-Authored-By", "Co-authored-By"]);
    let blank = chance.of(&["", "", "", " ", "\t", " \t  "]);
    let separator = chance.of(&[":", ":", ":", ":", "=", "#"]);
    let gap = chance.of(&[" ", " ", "", "  ", "\t", "\n ", "\n\t ", "\r\n ", "\n  \t"]);
    let who = match chance.below(6) {
        0 => address.to_owned(),
        1 => format!("<{address}>"),
        2 => format!("Ann Other\n <{address}>"),
        3 => format!("Ann <ann@example.com>, Other <{address}>"),
        4 => format!("Ann Other <{address}"),
        _ => format!("Ann Other <{address}>"),
    };
    let end = chance.of(&["\n", "\n", "\n", "\r\n", " \n", "\n more\n"]);
    format!("{key}{blank}{separator}{gap}{who}{end}")
}

/// Writes a message with co-authors whose addresses say which message it is.
fn message(chance: &mut Chance, number: usize) -> String {
    let mut text = chance.of(&["change", "change\nof two lines", "", "Co-authored-by: in the subject"]).to_owned();
    text += chance.of(&["\n\n", "\n\n", "\n \n", "\n\n\n", "\r\n\r\n"]);
    text += chance.of(&["", "why\n\n", "why\n", "---\n\n", "Fixes: 7\n\n", "# a comment\n\n"]);
    for line in 0..1 + chance.below(4) {
        let address = format!("p{number}x{line}@example.com");
        match chance.below(10) {
            0 => text += "Signed-off-by: Dev <dev@example.com>\n",
            1 => text += &format!(" {}", trailer(chance, &address)),
            2 => text += "# a comment\n",
            3 => text += "(cherry picked from commit 1111111111111111111111111111111111111111)\n",
            _ => text += &trailer(chance, &address),
        }
    }
    text += chance.of(&["", "", "", "\n", "\n\n", "# end\n", "\nConflicts:\n\ta\n"]);
    text
}

/// Gives the addresses of a text that say which message they are of, by that.
fn addresses(text: &str) -> Vec<(usize, String)> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '.')));
    let told = words.filter_map(|word| Some((word.strip_prefix('p')?.split_once('x')?.0.parse().ok()?, word.to_owned())));
    told.filter(|(_, word): &(usize, String)| word.ends_with("@example.com")).collect()
}

#[test]
fn whom_git_reads_as_co_author_is_read_here() {
    let sandbox = Sandbox::new();
    let repository: Repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let mut chance = Chance(7);
    let messages: Vec<String> = (0..MESSAGES).map(|number| message(&mut chance, number)).collect();
    let mut import = command(&path).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stream = Vec::new();
    for (number, text) in messages.iter().enumerate() {
        let from = if number == 0 { "from refs/heads/main^0\n" } else { "" };
        let start = format!("commit refs/heads/main\ncommitter C <n{number}@example.com> {number} +0000\ndata {}\n", text.len());
        stream.extend([start.as_bytes(), text.as_bytes(), b"\n", from.as_bytes()].concat());
    }
    import.stdin.take().unwrap().write_all(&stream).unwrap();
    assert!(import.wait().unwrap().success());
    let mut read: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let tip = repository.revparse("main").unwrap().unwrap();
    for makers in repository.range(None, &tip).unwrap().makers.into_keys() {
        let number = makers.committers[0].email.strip_prefix('n').and_then(|rest| rest.split('@').next()?.parse().ok());
        let Some(number) = number else { continue };
        read.insert(number, makers.co_authors.into_iter().map(|who| who.email).collect());
    }
    assert_eq!(read.len(), MESSAGES);

    // What git finds in commits, and in files, which may be cut by a line of dashes; with its own separator and with others.
    let files: Vec<String> = (0..MESSAGES).map(|number| format!("m{number}")).collect();
    for (file, text) in files.iter().zip(&messages) {
        std::fs::write(sandbox.path("r").join(file), text).unwrap();
    }
    let format = "--format=%(trailers:key=Co-authored-by,only=true,unfold=true)";
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for separators in ["trailer.separators=:", "trailer.separators=:=#"] {
        for args in [&["log", format, "main"][..], &[&["interpret-trailers", "--parse"][..], &files].concat()] {
            let output = command(&path).args(["-c", separators]).args(args).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            let lines = text.lines().filter(|line| line.to_ascii_lowercase().starts_with("co-authored-by"));
            let found: Vec<(usize, String)> = lines.flat_map(addresses).collect();
            assert!(found.len() > MESSAGES / 3, "git reads {} with {separators} by {}", found.len(), args[0]);
            for (number, address) in found {
                assert!(read[&number].contains(&address), "{address} of {:?} is not in {:?}", messages[number], read[&number]);
            }
        }
    }
}
