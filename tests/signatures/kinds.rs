//! Every kind of record is written and read again, and what types can't say is checked.

use relsign::model::finding::Code;
use relsign::model::log::Record;
use relsign::model::record::{Body, Evidence, Kind};
use relsign::parse::statement::{encode_statement, parse_statement};
use serde_json::{Value, json};

use super::make::{accepted, line, record};

/// A body of each kind, with as many of its fields as it may have.
fn body(kind: Kind) -> Value {
    let digest = |digit: &str| digit.repeat(64);
    let commit = "a".repeat(40);
    let item = json!({ "id": "error-rates@canary", "digest": digest("5") });
    let time = "2026-11-21T10:00:00Z";
    let limit = json!({
        "id": "errors", "text": "errors < 1%", "metric": "errors", "op": "below", "value": "1", "unit": "%", "for": 60,
        "of_baseline": true, "absent_is_zero": true,
    });
    let release = json!({ "tag": "refs/tags/v2.3.0", "tag_object": commit, "commit": commit, "overridden": true });
    match kind {
        Kind::Open => json!({
            "title": "v2.4.0", "environment": "production", "release_type": "hotfix", "component": "default",
            "checklist": { "path": "c.md", "sha256": digest("6"), "parser": 1 },
            "items": [{
                "number": 1, "id": "a", "digest": digest("5"), "title": "A", "phase": "on-rollback", "owner": { "role": "sre" },
                "requirements": { "reviews": 2, "hardware_key": true, "evidence": true, "max_age": 60, "waiver_people": 2 },
                "lines": [1, 2], "text": "- [ ] A\n", "parent": "b", "optional": true, "irreversible": true, "check": "./ci", "covers": ["docs/**"],
                "due": { "event": "deploy", "from": 60, "to": 3600 }, "section": ["Release", "After"], "attributes": { "due": "deploy+1h" },
            }],
            "stages": [{ "id": "canary", "name": "Canary", "traffic": "5%", "bake": 600, "owner": { "role": "sre" }, "limits": [limit] }],
            "triggers": [{ "id": 1, "text": "errors > 2% for 5 min", "limit": limit }],
            "procedure": [{ "text": "roll back", "layer": "data", "within": 300, "irreversible": true, "ask": { "person": "@bob" } }],
            "scope": [{ "text": "db: two tables", "owner": "@bob", "flag": "new-db" }],
            "actions": [{
                "id": "a1", "text": "t", "assignee": { "role": "sre" }, "after": { "event": "decision", "seconds": 60 }, "blocks": "close",
                "not_by": "implementers", "required": true,
            }],
            "on_call": { "primary": "@bob", "secondary": "@alice", "from": time, "to": time },
            "known_issues": ["slow"], "attendees": ["Bob"], "since": commit, "given": ["window"],
            "implementers": { "people": [], "unknown": ["A U Thor"], "bot_commits": ["1111111111111111111111111111111111111111"], "more_bot_commits": 7 }, "previous": release, "commits": 9, "requester": "@bob",
            "reason": "r", "ticket": "T-1", "security_impact": "none", "window": { "from": time, "to": time },
            "artifacts": [{ "name": "a", "sha256": digest("7") }],
        }),
        Kind::Assign => json!({ "stage": "canary", "owner": "@bob", "reason": "away" }),
        Kind::Sign => json!({
            "item": item, "verdict": "waive", "reason": "r", "ticket": "T-1", "expires": time, "over": [digest("8")],
        }),
        Kind::Withdraw => json!({ "record": digest("8"), "reason": "r" }),
        Kind::Check => json!({
            "item": item, "result": "WARNED", "command": "./ci", "exit_status": -1, "duration_ms": 5, "output": digest("8"),
            "tree": commit, "tests": { "passed": 1, "warned": 2, "failed": 3 }, "url": "https://ci.example/1",
        }),
        Kind::Decide => json!({
            "decision": "conditional-go", "manifest": [digest("4"), digest("8")], "reason": "r",
            "conditions": [{ "id": "c1", "text": "watch", "assignee": { "role": "sre" }, "due": time, "not_by": "implementers" }],
        }),
        Kind::Action => json!({
            "event": "add", "id": "a1", "text": "t", "assignee": { "person": "@bob" }, "due": time, "blocks": "go",
            "not_by": "implementers",
        }),
        Kind::Stage => {
            json!({ "stage": "canary", "event": "enter", "confirm": [item], "readings": [digest("8")], "in_spite": [{ "of": "window", "reason": "r" }] })
        }
        Kind::Reading => json!({
            "stage": "canary", "source": "curl", "from": time, "to": time,
            "values": [{ "limit": "p99", "name": "p99", "value": "120 ms", "result": "HOLDS", "baseline": "110 ms" }],
        }),
        Kind::Rollback => json!({ "event": "start", "to": release, "trigger": 2, "reason": "r", "at": time }),
        Kind::Close => json!({ "outcome": "abandoned", "leave": ["a1"], "reason": "r" }),
        Kind::Freeze => {
            json!({ "name": "n", "refs": ["refs/heads/*"], "environments": ["production"], "from": time, "until": time, "reason": "r" })
        }
        Kind::Lift => json!({ "freeze": digest("8"), "reason": "r" }),
        Kind::Exception => json!({
            "ref": "refs/heads/main", "commit": commit, "base": commit, "commits": [commit], "reason": "r", "ticket": "T", "expires": time,
        }),
        Kind::Grant => json!({ "exception": digest("8") }),
        Kind::BreakGlass => json!({ "ref": "refs/heads/main", "commit": commit, "reason": "r", "ticket": "T" }),
        Kind::Disregard => json!({ "record": digest("8"), "reason": "r" }),
        Kind::Redact => json!({ "evidence": digest("8"), "reason": "r" }),
        Kind::Policy => json!({ "version": 2, "digest": digest("8"), "previous": digest("7") }),
        Kind::Receipt => json!({
            "sequence": 1, "previous": digest("7"), "records": [digest("8")],
            "heads": [{ "ref": "refs/heads/main", "id": commit }, { "ref": "refs/notes/relsign", "id": commit }],
        }),
    }
}

fn of_kind(kind: Kind, body: &Value) -> Record {
    let mut record = record("@alice", 1);
    record.kind = kind.name().to_owned();
    record.body = Body::from_json(kind.name(), &body.to_string()).unwrap();
    if matches!(kind, Kind::Open | Kind::Policy | Kind::Receipt) {
        record.open = None;
    }
    record
}

#[test]
fn every_kind_comes_back_and_is_accepted() {
    for kind in Kind::ALL {
        let record = of_kind(*kind, &body(*kind));
        let payload = encode_statement(&record).unwrap_or_else(|problem| panic!("{kind}: {problem}"));
        assert_eq!(parse_statement(&payload).unwrap_or_else(|problem| panic!("{kind}: {problem}")), record);
        assert_eq!(accepted(&line(&record, 1)).value(), &record);
    }
}

/// Asserts that nobody can sign a record, since nobody would accept it.
#[track_caller]
fn refused(record: &Record) {
    assert_eq!(encode_statement(record).map_err(|problem| problem.code()), Err(Code::PayloadMalformed));
}

#[test]
fn what_types_cannot_say_is_checked() {
    let good = record("@alice", 1);
    let with = |change: &dyn Fn(&mut Record)| {
        let mut record = good.clone();
        change(&mut record);
        record
    };
    refused(&with(&|record| record.open = None));
    refused(&with(&|record| record.subjects.clear()));
    refused(&with(&|record| record.subjects[0].name.clear()));
    refused(&with(&|record| record.tool.clear()));
    refused(&with(&|record| record.comment = Some(String::new())));
    refused(&with(&|record| record.kind = "decide".to_owned()));
    refused(&with(&|record| record.parents = vec![record.parents[0], record.parents[0]]));

    let digest = |digit: &str| digit.repeat(64);
    let mut opened = of_kind(Kind::Open, &body(Kind::Open));
    opened.open = Some(digest("4").parse().unwrap());
    refused(&opened);
    refused(&of_kind(Kind::Decide, &json!({ "decision": "go", "manifest": [digest("8"), digest("4")] })));
    refused(&of_kind(Kind::Policy, &json!({ "version": 2, "digest": digest("8") })));
    refused(&of_kind(Kind::Policy, &json!({ "version": 1, "digest": digest("8"), "previous": digest("7") })));
    refused(&of_kind(Kind::Policy, &json!({ "version": 0, "digest": digest("8") })));
    refused(&of_kind(Kind::Receipt, &json!({ "sequence": 1, "records": [digest("8"), digest("8")], "heads": [] })));
    let head = json!({ "ref": "refs/heads/main", "id": digest("8") });
    refused(&of_kind(Kind::Receipt, &json!({ "sequence": 1, "records": [], "heads": [head, head] })));
}

#[test]
fn a_record_speaks_of_one_thing_and_lists_are_sorted() {
    let digest = |digit: &str| digit.repeat(64);
    let item = json!({ "id": "a", "digest": digest("5") });
    let author = |name: &str| json!({ "author": name, "commits": ["a".repeat(40)] });
    for good in
        [json!({ "item": item, "owner": "@bob", "reason": "away" }), json!({ "stage": "full", "owner": "@bob", "reason": "away" })]
    {
        accepted(&line(&of_kind(Kind::Assign, &good), 1));
    }
    refused(&of_kind(Kind::Assign, &json!({ "item": item, "stage": "full", "owner": "@bob", "reason": "away" })));
    refused(&of_kind(Kind::Assign, &json!({ "owner": "@bob", "reason": "away" })));
    for good in [
        json!({ "item": item, "verdict": "done" }),
        json!({ "bake": "canary", "verdict": "waive", "reason": "r" }),
        json!({ "unknown": [author("A"), author("B")], "verdict": "waive", "reason": "r" }),
    ] {
        accepted(&line(&of_kind(Kind::Sign, &good), 1));
    }
    for bad in [
        json!({ "verdict": "waive", "reason": "r" }),
        json!({ "item": item, "bake": "canary", "verdict": "waive", "reason": "r" }),
        json!({ "item": item, "unknown": [author("A")], "verdict": "waive", "reason": "r" }),
        json!({ "bake": "canary", "unknown": [author("A")], "verdict": "waive", "reason": "r" }),
        json!({ "bake": "canary", "verdict": "done" }),
        json!({ "unknown": [author("A")], "verdict": "approve" }),
        json!({ "unknown": [author("B"), author("A")], "verdict": "waive", "reason": "r" }),
    ] {
        refused(&of_kind(Kind::Sign, &bad));
    }
    let readings = |list: [&str; 2]| json!({ "stage": "canary", "event": "pass", "readings": list.map(digest) });
    accepted(&line(&of_kind(Kind::Stage, &readings(["7", "8"])), 1));
    refused(&of_kind(Kind::Stage, &readings(["8", "7"])));
    refused(&of_kind(Kind::Stage, &readings(["8", "8"])));
    let leave = |list: [&str; 2]| json!({ "outcome": "completed", "leave": list });
    accepted(&line(&of_kind(Kind::Close, &leave(["a1", "a2"])), 1));
    refused(&of_kind(Kind::Close, &leave(["a2", "a1"])));
    refused(&of_kind(Kind::Close, &leave(["a1", "a1"])));
}

#[test]
fn what_left_the_format_is_read_no_more() {
    let condition =
        json!({ "id": "c1", "text": "t", "assignee": { "person": "@bob" }, "due": "2026-11-21T10:00:00Z", "fallback": "no-go" });
    let decide = json!({ "decision": "conditional-go", "manifest": [], "conditions": [condition] });
    assert!(Body::from_json("decide", &decide.to_string()).is_err());
    assert!(matches!(Body::from_json("carry", "{}"), Ok(Body::Unknown(kind)) if kind == "carry"));
    let stage = json!({ "id": "canary", "name": "Canary", "thresholds": "errors < 1%" });
    let mut open = body(Kind::Open);
    open["stages"] = json!([stage]);
    assert!(Body::from_json("open", &open.to_string()).is_err());
    for (kind, body) in [
        ("reading", json!({ "stage": "canary", "values": [{ "name": "p99", "value": "1 ms" }] })),
        ("rollback", json!({ "event": "start", "trigger": "errors" })),
        ("action", json!({ "event": "add", "id": "a1", "text": "t", "assignee": "@bob" })),
    ] {
        assert!(Body::from_json(kind, &body.to_string()).is_err(), "{kind}");
    }
}

#[test]
fn evidence_is_a_blob_with_its_size_or_a_link() {
    let digest = "8".repeat(64);
    let with = |evidence: Value| {
        let mut record = record("@alice", 1);
        record.evidence = vec![serde_json::from_value::<Evidence>(evidence).unwrap()];
        record
    };
    for good in [
        json!({ "uri": "https://ci.example/1" }),
        json!({ "sha256": digest, "size": 0 }),
        json!({ "name": "log.txt", "uri": "https://x", "sha256": digest, "size": 9, "media_type": "text/plain", "salted": true }),
    ] {
        accepted(&line(&with(good), 1));
    }
    for bad in [
        json!({}),
        json!({ "name": "log.txt" }),
        json!({ "sha256": digest }),
        json!({ "uri": "https://x", "size": 1 }),
        json!({ "uri": "https://x", "salted": true }),
        json!({ "uri": "" }),
        json!({ "uri": "https://x y" }),
        json!({ "uri": "https://x\n" }),
        json!({ "name": "a\u{1b}[2J", "uri": "https://x" }),
        json!({ "uri": format!("https://{}", "x".repeat(2048)) }),
    ] {
        refused(&with(bad));
    }
    let mut many = with(json!({ "uri": "https://x" }));
    many.evidence = vec![many.evidence[0].clone(); 101];
    refused(&many);
}
