//! docs/findings.md: every code has its heading, every heading has its code, and severity and meaning are the program's.

use std::collections::{BTreeMap, BTreeSet};

use relsign::model::finding::{Code, Severity};
use relsign::parse::checklist::LINTS;
use relsign::parse::policy::CODES;

use super::{headings, project, read};

fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Tampered => "tampered",
        Severity::Incomplete => "incomplete",
        Severity::Rule => "rule",
        Severity::Note => "note",
    }
}

/// Finds the codes of the errors that reading a checklist can give, which stand in no list, in the sources.
fn checklist_errors() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(project().join("src/parse/checklist")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("lint.rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        let flat = source.split_whitespace().collect::<Vec<_>>().join(" ");
        for start in ["Level::Error, \"", "self.error(\"", "Err((\"", "Err(( \""] {
            found.extend(flat.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    found
}

fn sections(page: &str) -> BTreeMap<&str, &str> {
    page.split("\n#### ").skip(1).map(|section| section.split_once('\n').unwrap()).collect()
}

#[test]
fn every_code_has_one_heading_and_every_heading_a_code() {
    let page = read("docs/findings.md");
    let mut codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    codes.extend(CODES.iter().chain(LINTS).map(|(code, _)| (*code).to_owned()));
    let errors = checklist_errors();
    assert!(errors.len() > 15, "the sources are written otherwise than this test reads them: {errors:?}");
    codes.extend(errors);
    let written: Vec<String> = headings(&page).into_iter().filter(|(level, _)| *level == 4).map(|(_, text)| text).collect();
    let distinct: BTreeSet<String> = written.iter().cloned().collect();
    assert_eq!(written.len(), distinct.len(), "a heading stands twice");
    assert_eq!(distinct.difference(&codes).collect::<Vec<_>>(), Vec::<&String>::new(), "headings without a code");
    assert_eq!(codes.difference(&distinct).collect::<Vec<_>>(), Vec::<&String>::new(), "codes without a heading");
}

#[test]
fn severities_meanings_and_remedies_are_there() {
    let page = read("docs/findings.md");
    let sections = sections(&page);
    for code in Code::ALL {
        let section = sections[code.as_str()];
        let begins = format!("\n*{}.* {}\n", severity(*code), code.meaning());
        assert!(section.starts_with(&begins), "{code}: {section}");
        assert!(section.contains("\nMade by: "), "{code}");
    }
    for (code, meaning) in CODES.iter().chain(LINTS.iter().filter(|(code, _)| *code != "no-items")) {
        assert!(sections[code].contains(&format!(".* {meaning}\n")), "{code}: {}", sections[code]);
    }
    for (code, section) in sections {
        assert!(section.contains("\nWhat to do: "), "{code}");
    }
}

/// A code that no source makes must say so, and one that is made must not say that it isn't.
#[test]
fn codes_that_are_not_made_are_called_so() {
    let page = read("docs/findings.md");
    let sections = sections(&page);
    let mut sources = String::new();
    for folder in ["src/evaluate", "src/sign", "src/parse", "src/ops", "src/cli"] {
        gather(&project().join(folder), &mut sources);
    }
    for code in Code::ALL {
        let variant = format!("Code::{code:?}");
        let made = sources.match_indices(&variant).any(|(at, _)| {
            let next = sources[at + variant.len()..].chars().next();
            !next.is_some_and(|c| c.is_alphanumeric())
        });
        assert_eq!(made, !sections[code.as_str()].contains("Not made"), "{code}");
    }
}

fn gather(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &std::fs::read_to_string(path).unwrap();
        }
    }
}
