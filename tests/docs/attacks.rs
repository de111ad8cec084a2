//! docs/threat-model.md: every test it cites is there, and every attack is in it with what must come of it.

use std::collections::BTreeMap;

use super::{project, read};

const BEGIN: &str = "<!-- attacks: begin -->\n";
const END: &str = "<!-- attacks: end -->\n";

/// Gives every attack, by file and name, with its first sentence: what must come of it.
fn attacks() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for entry in std::fs::read_dir(project().join("tests/attacks")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let path = if path.is_dir() { path.join("mod.rs") } else { path };
        let source = std::fs::read_to_string(&path).unwrap();
        for test in source.split("#[test]").skip(1) {
            let name = test.split("fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap().to_owned();
            let body = test.split_once('{').unwrap().1;
            let lines = body.lines().skip(1).map(str::trim);
            let comment: Vec<&str> = lines.map_while(|line| line.strip_prefix("// ")).collect();
            let expected = comment.join(" ");
            let expected = expected.strip_prefix("Expected: ").unwrap_or_else(|| {
                panic!("{file}::{name} does not begin by saying what must come of it: // Expected: …");
            });
            found.entry(file.clone()).or_default().insert(name, expected.to_owned());
        }
    }
    found
}

/// Writes the list of all attacks as the page holds it.
fn listed(attacks: &BTreeMap<String, BTreeMap<String, String>>) -> String {
    let mut text = String::new();
    for (file, tests) in attacks {
        text.push_str(&format!("\n**{file}**\n\n"));
        for (name, expected) in tests {
            let expected = expected.replace('<', "\\<");
            text.push_str(&format!("- `{file}::{name}`: {expected}\n"));
        }
    }
    text.push('\n');
    text
}

#[test]
fn every_attack_is_listed_with_what_must_come_of_it() {
    let page = read("docs/threat-model.md");
    let attacks = attacks();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the list");
    let (list, after) = rest.split_once(END).expect("the list ends");
    let now = listed(&attacks);
    if std::env::var_os("RELSIGN_UPDATE").is_some_and(|value| !value.is_empty() && value != "0") {
        std::fs::write(project().join("docs/threat-model.md"), [before, BEGIN, &now, END, after].concat()).unwrap();
    } else {
        assert_eq!(list, now, "the list is old; write it anew: RELSIGN_UPDATE=1 cargo test --test docs attacks");
    }
    let number: usize = attacks.values().map(BTreeMap::len).sum();
    assert!(number >= 150, "only {number} attacks");
}

#[test]
fn every_test_that_the_threat_model_cites_is_there() {
    let page = read("docs/threat-model.md");
    let attacks = attacks();
    let mut cited = 0;
    for word in page.split('`').skip(1).step_by(2) {
        if let Some((file, name)) = word.split_once("::") {
            assert!(attacks.get(file).is_some_and(|tests| tests.contains_key(name)), "the page cites {word}, which is no attack");
            cited += 1;
        } else if word.starts_with("tests/") || word.starts_with("src/") {
            assert!(project().join(word).exists(), "the page cites {word}, which is not there");
        }
    }
    assert!(cited > 150, "only {cited} citations");
}

#[test]
fn every_class_of_attack_says_what_is_promised_what_is_not_and_which_tests_show_it() {
    let page = read("docs/threat-model.md");
    for class in [
        "Forgery",
        "Replay",
        "Binding",
        "Omission",
        "Authority",
        "After the decision",
        "Policy",
        "Keys and time",
        "Git itself",
        "Input",
        "Output",
    ] {
        let section = page.split("\n## ").find(|section| section.starts_with(&format!("{class}\n")));
        let section = section.unwrap_or_else(|| panic!("no section about {class}"));
        for part in ["\nPromised: ", "\nNot promised: ", "`tests/"] {
            assert!(section.contains(part), "{class} lacks {part:?}");
        }
    }
}
