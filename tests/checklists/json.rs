//! Checklists that programs write.

use relsign::model::checklist::Checklist;
use relsign::parse::checklist::{item_digest, parse, parse_file, parse_json};

const SMALL: &str = r#"{
  "title": "Release",
  "items": [
    {"id": "tests-pass", "title": "Tests pass", "phase": "before", "origin": "task", "owner": "@qa"},
    {"id": "metrics", "title": "Metrics", "phase": "stage", "origin": "task", "section": ["Watch"], "attributes": {"reviews": "1"}}
  ],
  "stages": [{"id": "", "name": "Canary"}, {"id": "full", "name": "Full"}]
}"#;

fn code(text: &str) -> &'static str {
    parse_json(text.as_bytes()).map_or_else(|problems| problems[0].code, |_| "none")
}

#[test]
fn what_a_generator_leaves_out_is_worked_out() {
    let checklist = parse_json(SMALL.as_bytes()).unwrap();
    let item = &checklist.items[0];
    assert_eq!((item.number, item.line, item.text.as_str()), (1, 4, "Tests pass\n"));
    assert_eq!(item.digest, item_digest(b"Tests pass\n", &[], &[("owner".to_owned(), "@qa".to_owned())].into()));
    assert_eq!(checklist.stages[0].id, "canary");
    assert_eq!(
        checklist.expand_stages().iter().map(|item| item.id.to_string()).collect::<Vec<_>>(),
        ["tests-pass", "metrics@canary", "metrics@full"]
    );
    assert_eq!(parse_file("a/Release.JSON", SMALL.as_bytes()).unwrap(), checklist);
}

#[test]
fn a_checklist_of_markdown_survives_json_unchanged() {
    let mut files = vec!["# T\n\n- [ ] a <!-- relsign: optional -->\n  - [x] b\r\n".to_owned()];
    for folder in ["seeds", "corpus"] {
        let Some(path) = crate::shared(folder) else { continue };
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        files.extend(
            entries.filter(|path| path.extension().is_some_and(|e| e == "md")).map(|path| std::fs::read_to_string(path).unwrap()),
        );
    }
    for file in files {
        let checklist = parse(file.as_bytes()).unwrap();
        let json = serde_json::to_string_pretty(&checklist).unwrap();
        let again: Checklist = parse_json(json.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(again, checklist);
    }
}

#[test]
fn anything_else_is_refused() {
    assert_eq!(code(SMALL), "none");
    assert_eq!(code(&SMALL.replace("\"title\": \"Release\"", "\"title\": \"Release\", \"extra\": 1")), "json-invalid");
    assert_eq!(code(&SMALL.replace("\"title\": \"Release\"", "\"title\": \"Release\", \"title\": \"x\"")), "json-invalid");
    assert_eq!(code(&SMALL.replace("{\"reviews\": \"1\"}", "{\"reviews\": \"1\", \"reviews\": \"2\"}")), "json-invalid");
    assert_eq!(code(&SMALL.replace("\"1\"", "1")), "json-invalid");
    assert_eq!(code(&format!("{SMALL} x")), "json-invalid");
    assert_eq!(code(&"[".repeat(100_000)), "json-invalid");
    assert_eq!(code(&SMALL.replace("reviews", "colour")), "directive-unknown");
    assert_eq!(code(&SMALL.replace("\"1\"", "\"many\"")), "directive-value");
    assert_eq!(code(&SMALL.replace("\"metrics\"", "\"tests-pass\"")), "duplicate-id");
    assert_eq!(code(&SMALL.replace("\"metrics\"", "\"metrics@canary\"")), "item-id");
    assert_eq!(code(&SMALL.replace("\"@qa\"", "\"@qa\", \"attributes\": {\"owner\": \"@dev\"}")), "item-contradiction");
    assert_eq!(code(&SMALL.replace("\"@qa\"", &format!("\"@qa\", \"digest\": \"{}\"", "1".repeat(64)))), "item-digest");
    assert_eq!(code(&SMALL.replace("\"@qa\"", "\"@qa\", \"number\": 2")), "item-number");
    assert_eq!(code(&SMALL.replace("\"@qa\"", "\"@qa\", \"parent\": \"metrics\"")), "item-parent");
    assert_eq!(code(&SMALL.replace("\"title\": \"Release\"", "\"title\": \"Release\", \"parser\": 99")), "parser-version");
    assert_eq!(code("{\"title\":\"\\u0000\",\"items\":[]}"), "none");
    assert_eq!(code("\u{feff}{\"title\":\"x\",\"items\":[]}"), "none");
}

#[test]
fn problems_of_json_have_positions() {
    let text = SMALL.replace("\"metrics\"", "\"tests-pass\"");
    let problem = parse_json(text.as_bytes()).unwrap_err().remove(0);
    assert_eq!((problem.line, problem.column), (5, 5));
    let problem = parse_json(SMALL.replace("\"@qa\"", "\"QA\"").as_bytes()).unwrap_err().remove(0);
    assert_eq!(problem.line, 4);
}
