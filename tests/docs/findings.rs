//! docs/findings.md: every code has its heading, and below it stands what the tables of the program say.

use std::collections::BTreeMap;

use relsign::model::denial::Denial;
use relsign::model::finding::{Code, Seen, Severity};
use relsign::parse::checklist::{ERRORS, LINTS};
use relsign::parse::policy::CODES;

use super::{project, read};

fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Tampered => "tampered",
        Severity::Incomplete => "incomplete",
        Severity::Rule => "rule",
        Severity::Note => "note",
    }
}

/// What the tables say of each code, as its section of the page: a code that is a finding is explained as one.
fn explained() -> BTreeMap<&'static str, String> {
    let problems = CODES.iter().chain(LINTS).chain(ERRORS);
    let problems = problems.map(|row| (row.code, section(row.level, row.meaning, "", row.remedy)));
    let findings = Code::ALL.iter().map(|code| {
        let sentences: String = sentences(*code).map(|form| format!("- {}\n", form.replace(":?}", "}"))).collect();
        let sentences = if sentences.is_empty() { sentences } else { format!("Messages:\n\n{sentences}\n") };
        let made = format!("Cause: {}\n\n{sentences}", code.made());
        (code.as_str(), section(severity(*code), code.meaning(), &made, code.remedy()))
    });
    let mut all = BTreeMap::new();
    for (code, section) in problems.chain(findings) {
        let twice = all.insert(code, section).is_some();
        assert!(!twice || code == "no-items", "{code} stands in two tables");
    }
    all
}

/// The forms of the sentences of findings of a code, but for those that only pass on what somebody else says.
fn sentences(code: Code) -> impl Iterator<Item = &'static str> {
    let forms = Seen::FORMS.iter().filter(move |(rule, _)| names(rule, code)).map(|(_, form)| *form);
    forms.filter(|form| !form.starts_with('{') || form.find('}') != Some(form.len() - 1))
}

/// Whether the rule for the code of something that is seen names a code.
fn names(rule: &str, code: Code) -> bool {
    rule.split(|c: char| !c.is_alphanumeric()).any(|word| word == format!("{code:?}"))
}

fn section(level: &str, meaning: &str, made: &str, remedy: &str) -> String {
    format!("\n*{level}.* {meaning}\n\n{made}What to do: {remedy}\n")
}

const REFUSALS: &str = "\n## Refusals when signing\n";

/// What signing refuses, as the last section of the page.
fn refusals() -> String {
    let mut text = "\nA signing command refuses what would not count. Most refusals are rules: a record that says the same, made by hand, gets the \
                    finding and never helps a release. The others are conveniences, since the record would do nothing.\n\n\
                    | refusal, for example | the verdict |\n|---|---|\n"
        .to_owned();
    for denial in Denial::ALL {
        let rule = denial.rule().map(|code| format!("[`{code}`](#{code})"));
        let verdict = rule.or(denial.why_no_rule().map(str::to_owned)).expect("one of the two");
        text += &format!("| {} | {verdict} |\n", denial.form());
    }
    text
}

/// The page as it should be: its headings stand where somebody put them, and what is below each comes from the tables.
#[test]
fn the_page_says_what_the_tables_say() {
    let mut explained = explained();
    let page = read("docs/findings.md");
    let mut parts = page.split("\n#### ");
    let mut wanted = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, body) = part.split_once('\n').unwrap();
        let told = explained.remove(code).unwrap_or_else(|| panic!("{code} is no code, or its heading stands twice"));
        let rest = body.find("\n## ").into_iter().chain(body.find("\n### ")).min().map_or("", |at| &body[at..]);
        wanted += &format!("\n#### {code}\n{told}{rest}");
    }
    let (before, _) = wanted.split_once(REFUSALS).expect("the page ends with what signing refuses");
    wanted = before.to_owned() + REFUSALS + &refusals();
    assert!(explained.is_empty(), "give each of these a heading where it belongs: {:?}", explained.keys());
    if std::env::var_os("RELSIGN_UPDATE").is_some() {
        std::fs::write(project().join("docs/findings.md"), &wanted).unwrap();
        return;
    }
    let differs = page.lines().zip(wanted.lines()).find(|(page, wanted)| page != wanted);
    assert!(page == wanted, "RELSIGN_UPDATE=1 cargo test --test docs writes the page anew: {differs:?}");
}

/// A code that no source makes must say so, and one that is made must not say that it isn't.
#[test]
fn codes_that_are_not_made_are_called_so() {
    let mut sources = String::new();
    for folder in ["src/model/finding", "src/evaluate", "src/sign", "src/parse", "src/ops", "src/cli"] {
        gather(&project().join(folder), &mut sources);
    }
    for code in Code::ALL {
        let variant = format!("Code::{code:?}");
        let made = sources.match_indices(&variant).any(|(at, _)| {
            let next = sources[at + variant.len()..].chars().next();
            !next.is_some_and(|c| c.is_alphanumeric())
        });
        let is_seen = Seen::FORMS.iter().any(|(rule, _)| names(rule, *code));
        assert_eq!(made || is_seen, !code.made().starts_with("Not made"), "{code}");
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
