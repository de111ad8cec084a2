//! What is signed beside a line that no server takes in: it is shared all the same, and the line stays behind.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, Stage, TAG};
use crate::server::Server;

fn left_out(box_: &Sandbox) -> Vec<Value> {
    let run = box_.run_as("ann", &["sync", "--json"]).exits(0);
    run.json()["left_out"].as_array().unwrap().clone()
}

fn assign(box_: &Sandbox, who: &str) -> Value {
    let item = box_.draft_word(TAG, who, "tests", "done")["predicate"]["body"]["item"].clone();
    box_.draft(TAG, who, "assign", json!({ "item": item, "owner": "@ann", "reason": "mine now" }))
}

#[test]
fn a_line_out_of_authority_keeps_nothing_back() {
    // Expected: the sign-off is shared, exit 0; the line, and what names it, are left out and named. Before, the server took the
    // line in; where it did not, nothing signed beside it could ever be shared.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    let bad = box_.plant(TAG, "ann", &assign(box_, "ann"));
    server.refuses(&["refs/notes/relsign"], "not-authorised");
    // Whoever signs names no such line, nor remembers it.
    let run = box_.run_as("ann", &["approve", TAG, "tests", "--json"]).exits(0);
    let good = run.json()["records"][0]["id"].as_str().unwrap().to_owned();
    let parents = |id: &str| {
        let entry = box_.log(TAG).into_iter().find(|entry| entry.id == id).unwrap();
        entry.payload["predicate"]["parents"].as_array().unwrap().clone()
    };
    assert!(!parents(&good).contains(&json!(bad)), "{:?}", parents(&good));
    let mut child = box_.draft_word(TAG, "bob", "rollback", "done");
    child["predicate"]["parents"] = json!([bad]);
    let child = box_.plant(TAG, "bob", &child);
    let left = left_out(box_);
    let of = |id: &str| left.iter().find(|left| left["record"] == json!(id)).unwrap_or_else(|| panic!("{id} not in {left:?}"));
    assert_eq!((&of(&bad)["code"], &of(&bad)["sign_again"]), (&json!("not-authorised"), &json!(false)));
    assert_eq!((&of(&child)["code"], &of(&child)["sign_again"]), (&json!("record-missing"), &json!(true)));
    assert_eq!(left.len(), 2);
    box_.run_as("ann", &["sync"]).exits(0).says("not shared with origin").says("to be signed again by whoever signed them");
    // The server has the good record and neither of the others, and what is signed later goes on.
    let holds = |id: &str| server.ids(TAG).contains(&id.to_owned());
    assert!(holds(&good) && !holds(&bad) && !holds(&child));
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    assert_eq!(box_.run_as("ann", &["sync"]).exits(0).text().matches("0 records sent").count(), 1);
}

#[test]
fn junk_and_records_of_nowhere_stay_behind() {
    // Expected: left out under the code of what is wrong with each; the sign-off made beside them is shared. Before: exit 5.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    box_.add_line(TAG, b"hello");
    let mut lying = box_.draft_word(TAG, "ann", "tests", "done");
    lying["subject"][0]["digest"] = json!({ "gitTag": "7".repeat(40) });
    box_.plant(TAG, "ann", &lying);
    let mut ahead = box_.draft_word(TAG, "ann", "tests", "done");
    ahead["predicate"]["policy_head"]["version"] = json!(99);
    box_.plant(TAG, "ann", &ahead);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    let codes: std::collections::BTreeSet<String> =
        left_out(box_).iter().map(|left| left["code"].as_str().unwrap().to_owned()).collect();
    let expected = ["line-malformed", "policy-missing", "subject-mismatch"];
    assert_eq!(codes, expected.into_iter().map(str::to_owned).collect());
}

#[test]
fn what_somebody_relied_on_is_not_refused_again() {
    // Expected: a record without a right that is on the server already, and what names it, come as ever.
    let server = Server::at(Stage::Opened);
    let box_ = &server.box_;
    // It got there before there were hooks, and another one relies on it.
    let bad = box_.plant(TAG, "ann", &assign(box_, "ann"));
    let mut child = box_.draft_word(TAG, "bob", "rollback", "done");
    child["predicate"]["parents"] = json!([bad]);
    box_.plant(TAG, "bob", &child);
    server.unhook();
    server.takes(&["refs/notes/relsign"]);
    server.clock(crate::sandbox::NOW);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    assert_eq!(left_out(box_), Vec::<Value>::new());
    // And if it is lost there, it is taken in again, since a record that is there names it.
    let heads = box_.log(TAG).iter().any(|entry| entry.payload["predicate"]["parents"].to_string().contains(&bad));
    assert!(heads);
}
