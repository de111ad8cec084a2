//! The schemas: as files they are current, they are valid, and what relsign writes is valid under them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and reads its own switch")]

#[path = "reports/build.rs"]
#[allow(dead_code, reason = "the reports' own tests use the rest")]
mod build;

use std::collections::BTreeSet;
use std::path::PathBuf;

use relsign::model::record::{Kind, Statement};
use relsign::report::json::to_json;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn schema(file: &str) -> Value {
    relsign::schema::all().into_iter().find(|(name, _)| name == file).unwrap().1
}

#[test]
fn the_files_are_current() {
    let update = std::env::var_os("RELSIGN_UPDATE").is_some();
    if update {
        std::fs::create_dir_all(folder()).unwrap();
    }
    let mut names = BTreeSet::new();
    for (name, schema) in relsign::schema::all() {
        let text = to_json(&schema).unwrap();
        let path = folder().join(&name);
        if update {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "schemas/{name} is stale: run RELSIGN_UPDATE=1 cargo test --test schemas");
        names.insert(name);
    }
    let kept: BTreeSet<String> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(kept, names, "schemas/ holds exactly the generated files");
}

#[test]
fn every_schema_is_one_and_says_what_it_is() {
    let mut ids = BTreeSet::new();
    for (name, schema) in relsign::schema::all() {
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(schema["title"].as_str().is_some_and(|title| !title.is_empty()), "{name}");
        let id = schema["$id"].as_str().unwrap();
        assert!(id.starts_with("urn:relsign:schema:"), "{name}: {id}");
        assert!(ids.insert(id.to_owned()), "{id} twice");
    }
    for kind in Kind::ALL {
        assert!(ids.contains(&format!("urn:relsign:schema:v1:record-{kind}")), "{kind}");
    }
}

#[test]
fn reports_are_valid_and_mistakes_are_not() {
    let validator = jsonschema::validator_for(&schema("report.schema.json")).unwrap();
    let texts = build::Texts::default();
    for report in [build::not_opened(), build::at_work(&texts), build::go(&texts), build::tampered(), build::incomplete()] {
        let value: Value = serde_json::from_str(&to_json(&report).unwrap()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let good = serde_json::to_value(build::go(&texts)).unwrap();
    for (pointer, wrong) in [
        ("/format", json!("relsign-report-v2")),
        ("/verdict/answer", json!("maybe")),
        ("/as_of", json!("yesterday")),
        ("/heads/0", json!("0a")),
        ("/items/0/owner", json!({ "group": "sre" })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    let mut bad = good;
    bad.as_object_mut().unwrap().remove("integrity");
    assert!(!validator.is_valid(&bad));
}

#[test]
fn a_statement_is_valid_under_its_own_kind_only() {
    let hex = |pair: &str| pair.repeat(32);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "refs/tags/v2.4.0", "digest": { "gitTag": "11".repeat(20) } }],
        "predicateType": "urn:relsign:v1:withdraw",
        "predicate": {
            "kind": "withdraw",
            "signer": { "handle": "@akim", "fingerprint": format!("SHA256:{}", "A".repeat(43)) },
            "nonce": "ab".repeat(16),
            "root": hex("aa"),
            "policy_head": { "version": 4, "digest": hex("d4") },
            "open": hex("01"),
            "parents": [hex("07")],
            "time": "2026-11-23T09:30:00Z",
            "tool": "relsign/0.1.0",
            "body": { "record": hex("07"), "reason": "a rerun was fine" },
        },
    });
    // The sample is one that the types accept, else the test would prove nothing.
    let typed: Statement<relsign::model::record::Predicate<relsign::model::record::Withdraw>> =
        serde_json::from_value(statement.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), statement);
    let withdraw = jsonschema::validator_for(&schema("record-withdraw.schema.json")).unwrap();
    assert!(withdraw.is_valid(&statement));
    let lift = jsonschema::validator_for(&schema("record-lift.schema.json")).unwrap();
    assert!(!lift.is_valid(&statement));
    let mut extra = statement;
    extra["predicate"]["body"]["also"] = json!(1);
    assert!(!withdraw.is_valid(&extra));
}
