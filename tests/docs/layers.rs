//! The table of docs/architecture.md: who may import whom, and what only one place may do; and no circles between files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{circles, project, read};

/// Crates that any layer may use: they compute from values and reach nothing.
const EVERYWHERE: &[&str] = &["std", "core", "serde", "serde_json"];

/// One source file: its path below src, and its text without comments, strings and test modules.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) code: String,
}

impl Source {
    /// Gives the layer: the first part of the path.
    pub(super) fn layer(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }
}

pub(super) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    gather(&project().join("src"), "", &mut found);
    assert!(found.len() > 80);
    found
}

fn gather(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        let below = format!("{prefix}{name}");
        if path.is_dir() {
            gather(&path, &format!("{below}/"), found);
        } else if let Some(stem) = name.strip_suffix(".rs")
            && !stem.ends_with("tests")
        {
            found.push(Source { code: code_of(&std::fs::read_to_string(&path).unwrap()), path: below });
        }
    }
}

/// Leaves out line comments, the contents of strings, and everything from a test module on.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        if line.starts_with("#[cfg(test)]") {
            break;
        }
        let mut in_string = false;
        let mut previous = ' ';
        let mut kept = String::new();
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if previous != '\\' && previous != '\'' => {
                    in_string = !in_string;
                    kept.push(c);
                }
                '/' if !in_string && chars.peek() == Some(&'/') => break,
                c if !in_string => kept.push(c),
                _ => {}
            }
            previous = if previous == '\\' && c == '\\' { ' ' } else { c };
        }
        code += &kept;
        code.push('\n');
    }
    code
}

/// Gives every path that begins with one of `starts`, up to its second part, such as `crate::model`.
fn paths(code: &str, start: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(start) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + start.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap();
            found.extend(
                list.split(',').map(|name| name.trim().split("::").next().unwrap().to_owned()).filter(|name| !name.is_empty()),
            );
        } else {
            found.insert(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned());
        }
    }
    found
}

/// Reads the table of the page: for each layer, the layers and the crates it may name.
fn table() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let page = read("docs/architecture.md");
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let rows =
        page.lines().skip_while(|line| !line.starts_with("| layer | layers")).skip(2).take_while(|line| line.starts_with('|'));
    let mut table = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let layer = words(cells[1]).into_iter().next().unwrap();
        table.insert(layer, (words(cells[2]), words(cells[3])));
    }
    table
}

fn dependencies() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    section.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn no_layer_imports_what_the_table_does_not_give_it() {
    let table = table();
    let crates: BTreeSet<String> = dependencies().iter().map(|name| name.replace('-', "_")).collect();
    let mut wrong = Vec::new();
    let mut used: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for source in sources() {
        let layer = source.layer().to_owned();
        if layer == "lib" || layer == "main" {
            continue;
        }
        let (layers, external) = table.get(&layer).unwrap_or_else(|| panic!("{layer} is not in the table"));
        for other in
            paths(&source.code, "crate::").into_iter().filter(|other| *other != layer && other.starts_with(char::is_lowercase))
        {
            used.entry(layer.clone()).or_default().0.insert(other.clone());
            if !layers.contains(&other) {
                wrong.push(format!("src/{} names crate::{other}", source.path));
            }
        }
        for name in &crates {
            let named = source.code.match_indices(name.as_str()).any(|(at, _)| {
                let before = source.code[..at].chars().next_back();
                let after = &source.code[at + name.len()..];
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') && after.starts_with("::")
            });
            if named && !EVERYWHERE.contains(&name.as_str()) {
                used.entry(layer.clone()).or_default().1.insert(name.clone());
                if !external.contains(name) && layer != "cli" {
                    wrong.push(format!("src/{} names the crate {name}", source.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What the table allows and nobody uses is stale.
    for (layer, (layers, external)) in table.iter().filter(|(layer, _)| *layer != "cli") {
        let (used_layers, used_crates) = used.get(layer).cloned().unwrap_or_default();
        assert_eq!(layers, &used_layers, "layers that {layer} may import and does");
        assert_eq!(external, &used_crates, "crates that {layer} may name and does");
    }
}

/// relsign's own refs, as constants name them.
const REFS: [&str; 7] =
    ["NOTES_REF", "RECEIPTS_REF", "EVIDENCE_REF", "POLICY_REF", "PROPOSALS_PREFIX", "FORMER_PREFIX", "REMOTES_PREFIX"];

#[test]
fn what_only_one_place_may_do_is_done_there_only() {
    // What, and the files that may name it.
    let rules: &[(&[&str], &[&str])] = &[
        (&["Timestamp::now", "Zoned::now", "SystemTime::now"], &["cli/app.rs"]),
        (&["Instant::now"], &["cli/ui.rs", "programs.rs"]),
        (&["env::var", "env::var_os", "env::vars", "env::current_dir"], &["cli/app.rs"]),
        (&["env::args", "env::args_os"], &["main.rs"]),
        (&["process::exit"], &[]),
        (&["Quorum {"], &["evaluate/quorum.rs"]),
        (&["unsafe "], &["git/extensions.rs"]),
        (&["git2"], &["git/"]),
        // Where logs lie is the business of what loads and writes them.
        (&REFS, &["git/", "ops/"]),
        // Only the command line has a terminal.
        (&["io::stdin", "io::stdout", "io::stderr"], &["cli/"]),
        // Releases are judged in an order, so that nobody waits for anybody.
        (&["Condvar", "Mutex"], &["cli/"]),
    ];
    for source in sources() {
        for (names, places) in rules {
            for name in names.iter().filter(|name| source.code.contains(**name)) {
                let may = |place: &&str| if place.ends_with('/') { source.path.starts_with(place) } else { source.path == *place };
                assert!(places.iter().any(may), "src/{} names {name}", source.path);
            }
        }
        let reaches_out = source.code.contains("process::Command") || source.code.contains("process::{Command");
        let may =
            ["git/program.rs", "keystore/program.rs", "programs.rs", "cli/commands/demo/stage.rs"].contains(&source.path.as_str());
        assert!(!reaches_out || may, "src/{} starts a program", source.path);
    }
}

/// Nobody but the counter compares a number of people with what the policy asks for: such numbers are only passed on.
#[test]
fn people_are_counted_in_one_place() {
    let asked = ["thresholds()", "owners.threshold", "requirements.reviews", "requirements.waiver_people"];
    let mut counted = 0;
    for source in sources().into_iter().filter(|source| source.layer() == "evaluate" && source.path != "evaluate/quorum.rs") {
        for line in source.code.lines().filter(|line| asked.iter().any(|name| line.contains(name))) {
            // Whether a waiver is possible at all is no count of people.
            let passed = ["quorum::count(", "quorum::missing(", "let needed = ", "waiver_people == 0", "let roles = "]
                .iter()
                .any(|way| line.contains(way));
            assert!(passed, "src/{}: {line}", source.path);
            counted += 1;
        }
    }
    assert!(counted >= 5, "the counts are written otherwise than this test reads them");
}

/// What goes wrong is a value, and its sentence is for people: nothing is decided by how one of relsign's own reads. What a
/// library gives only as text becomes a kind where it comes in.
#[test]
fn no_sentence_is_data() {
    let asks = ["contains(", "strip_prefix(", "starts_with(", "ends_with(", "as_str() ==", "to_string() =="];
    for source in sources() {
        for (at, start) in source.code.match_indices("Result<") {
            let mut depth = 0usize;
            let inner = source.code[at + start.len()..].split(|c: char| {
                depth += usize::from(c == '<');
                let ends = c == '>' && depth == 0;
                depth -= usize::from(c == '>' && depth > 0);
                ends
            });
            let inner = inner.into_iter().next().unwrap();
            assert!(!inner.trim_end().ends_with(", String"), "src/{}: Result<{inner}>", source.path);
        }
        let flat = source.code.split_whitespace().collect::<String>();
        for field in ["message", "failure", "refusal", "reason", "why"] {
            let asked = asks.iter().map(|ask| format!("{field}.{}", ask.replace(' ', ""))).chain([format!("{field}==")]);
            for asked in asked.filter(|asked| flat.contains(asked.as_str())) {
                assert_eq!(source.path, "git/repository.rs", "{asked}");
            }
        }
    }
}

/// Layers in which files may import each other only one way.
const WITHOUT_CIRCLES: [&str; 6] = ["ops", "evaluate", "cli", "report", "parse", "model"];

#[test]
fn no_file_of_a_layer_imports_one_that_imports_it() {
    let sources = sources();
    let graph = circles::imports(&sources);
    for layer in WITHOUT_CIRCLES {
        assert!(sources.iter().any(|source| source.layer() == layer), "there is no layer {layer}");
    }
    let is_checked = |path: &str| WITHOUT_CIRCLES.contains(&path.split(['/', '.']).next().unwrap());
    let checked = graph.into_iter().filter(|(path, _)| is_checked(path)).collect();
    let circles = circles::circles(&checked);
    assert!(circles.is_empty(), "files import each other in a circle:\n{}", circles.join("\n"));
}

#[test]
fn every_dependency_has_its_reason() {
    let page = read("docs/architecture.md");
    let rows: BTreeSet<String> = page
        .lines()
        .skip_while(|line| !line.starts_with("| dependency |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.split('`').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(rows, dependencies());
}

#[test]
fn the_reader_of_sources_sees_through_comments_and_strings() {
    let code = code_of(
        "use crate::{model, git::Repository};\n// crate::cli\nlet a = \"crate::sign // \" + crate::report::x; /// crate::cli\n",
    );
    assert_eq!(paths(&code, "crate::"), BTreeSet::from(["model".to_owned(), "git".to_owned(), "report".to_owned()]));
}
