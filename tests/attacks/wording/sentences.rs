//! What the code may say to whoever pushes: every sentence in it, so that none is left unread.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Sentences of the code that no push of this test provokes, with the reason.
pub(super) const NOT_SHOWN: &[(&str, &str)] = &[
    ("the push landed, but", "said after a push"),
    ("who made its commits can't be told", "a push of such commits is refused before exceptions are looked at"),
    ("THIS PUSH LANDED", "said after a push that no pre-receive hook judged"),
    ("landed and should have been refused", "said after a push that no pre-receive hook judged"),
    ("the push has more refs than can be judged at once", "takes 256 MiB of refs"),
    ("push fewer refs at a time", "takes 256 MiB of refs"),
    ("no line of that file can name the path of this project", "takes a path with a control character in it"),
    ("the policy here has no first version", "a chain that was read has one"),
    ("is frozen, which never holds up going back", "told of a push that is allowed"),
    ("broke the glass for", "told of a push that is allowed"),
    ("goes back to release", "told of a push that is allowed"),
    (", and comes only now", "told of a push that is allowed"),
    ("its notes can't be read", "takes trees that git does not write"),
    ("is in force, and it ends before", "the old tip, of which the push is asked first, is in the chain"),
    ("it can't be read as a version of the policy", "takes an object that is not sent"),
    ("the history of the ref is not all here", "told by reports and freeze exceptions"),
    ("the commits that were asked for are not here to compare", "told by reports and freeze exceptions"),
    ("commits since, and the first", "told by reports and freeze exceptions"),
    ("it names another ref or commit than the request", "told of a grant by freeze exceptions"),
];

/// Gives every sentence that the judges of a push hold, by file: the longest part of each text that no value is put into.
pub(super) fn sentences() -> BTreeMap<String, Vec<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["evaluate/push", "ops/push"] {
        files.extend(std::fs::read_dir(source.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    for file in ["ops/load/landing.rs", "cli/commands/hook/run.rs"] {
        files.push(source.join(file));
    }
    // What git says of a push, and what the administrator wrote, is not judged there.
    files.retain(|path| !path.ends_with("updates.rs") && !path.ends_with("pins.rs"));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
        let name = path.strip_prefix(&source).unwrap().display().to_string();
        for literal in literals(&code) {
            let parts = literal.split(['{', '}']).step_by(2);
            let longest = parts
                .flat_map(|part| part.split('"'))
                .flat_map(|part| part.split(": "))
                .flat_map(|part| part.split("; "))
                .map(str::trim)
                .max_by_key(|part| part.len())
                .unwrap_or_default();
            if longest.split(' ').count() >= 4 {
                found.entry(name.clone()).or_default().push(longest.to_owned());
            }
        }
    }
    found
}

/// Gives the string literals of a source text, as the program sees them.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(begin) = rest.find('"') {
        let mut literal = String::new();
        let mut chars = rest[begin + 1..].char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, '\n')) => {
                        let after = &rest[begin + 1 + at + 2..];
                        let skip = after.len() - after.trim_start().len();
                        for _ in 0..skip {
                            chars.next();
                        }
                    }
                    Some((_, escaped)) => literal.push(escaped),
                    None => {}
                },
                '"' => {
                    end = begin + 1 + at + 1;
                    break;
                }
                other => literal.push(other),
            }
        }
        found.push(literal);
        rest = &rest[end.min(rest.len())..];
    }
    found
}
