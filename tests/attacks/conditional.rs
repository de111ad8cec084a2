//! Conditional go by hand: conditions that are met by another, too late, too early, of another decision, or with nothing to show.

use serde_json::{Value, json};

use crate::course::{Course, PLAIN, now};
use crate::sandbox::TAG;

/// The condition of these tests: @bob has to meet it by noon.
fn condition() -> Value {
    json!({ "id": "load", "text": "The load test ran", "assignee": { "person": "@bob" }, "due": now("12:00") })
}

/// A release that is decided conditionally on these, with the decision.
fn on(conditions: Value) -> (Course, String) {
    let own = Course::begun(PLAIN, |policy| policy);
    own.open(TAG);
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    let decision = own.server.box_.plant(TAG, "rita", &draft(&own, conditions));
    own.gate("09:31", TAG, 1).says("[condition-open]");
    own.takes("09:31");
    (own, decision)
}

fn draft(own: &Course, conditions: Value) -> Value {
    let mut draft = own.server.box_.draft_decision(TAG, "rita", "conditional-go");
    draft["predicate"]["body"]["conditions"] = conditions;
    draft
}

/// Drafts that a condition of a decision is met, with a note.
fn draft_met(own: &Course, said: (&str, &str), id: &str, decision: &str) -> Value {
    let mut draft = own.draft(TAG, said, "action", json!({ "event": "met", "id": id, "decision": decision }));
    draft["predicate"]["comment"] = json!("report 4711");
    draft
}

fn met(own: &Course, said: (&str, &str), id: &str, decision: &str) -> String {
    own.server.box_.plant(TAG, said.1, &draft_met(own, said, id, decision))
}

#[test]
fn a_condition_is_met_by_whom_it_was_given_to_and_nobody_else() {
    // Expected: condition-not-met and condition-open, gate 1, for a colleague, the decider, and a machine, whose record the server refuses; GO
    // by the one whom it was given to.
    let (own, decision) = on(json!([condition()]));
    met(&own, ("10:00", "ci"), "load", &decision);
    own.gate("10:00", TAG, 1).says("[condition-open]");
    own.refuses("10:00", "machine-not-person");
    for who in ["max", "rita", "dev"] {
        met(&own, ("10:00", who), "load", &decision);
        own.gate("10:00", TAG, 1).says("[condition-open]");
        own.verify("10:00", TAG, 0).finds("condition-not-met").says("it was given to @bob");
        own.takes("10:00");
    }
    // Nor is it settled as an action is.
    let mut done = own.draft(TAG, ("10:01", "bob"), "action", json!({ "event": "done", "id": "load" }));
    done["predicate"]["comment"] = json!("done");
    own.server.box_.plant(TAG, "bob", &done);
    own.gate("10:01", TAG, 1).says("[condition-open]");
    // Nor by giving an action of its name to oneself.
    own.say(
        TAG,
        ("10:01", "max"),
        "action",
        json!({ "event": "add", "id": "load", "text": "t", "assignee": { "person": "@max" } }),
    );
    own.refuses("10:01", "not-authorised");
    met(&own, ("10:02", "bob"), "load", &decision);
    own.gate("10:02", TAG, 0);
    own.takes("10:02");
}

#[test]
fn a_condition_that_implementers_may_not_meet_is_not_met_by_one() {
    // Expected: condition-not-met, gate 1, for @dev, who made what is released, though it was given to him.
    let mut own = condition();
    own["assignee"] = json!({ "person": "@dev" });
    own["not_by"] = json!("implementers");
    let (own, decision) = on(json!([own]));
    met(&own, ("10:00", "dev"), "load", &decision);
    own.gate("10:00", TAG, 1).says("[condition-open]");
    own.verify("10:00", TAG, 0).finds("condition-not-met").says("@dev made what is released");
}

#[test]
fn a_condition_is_not_met_after_it_fell_due_by_claiming_an_earlier_time() {
    // Expected: condition-overdue, gate 1, at the very time it is due, and for a record that claims an earlier one and that a witness saw
    // later; without a witness the claimed time is believed.
    let (own, decision) = on(json!([condition()]));
    met(&own, ("12:00", "bob"), "load", &decision);
    own.gate("12:00", TAG, 1).says("[condition-overdue]");
    own.verify("12:00", TAG, 0).finds("condition-not-met").says("was due at");
    met(&own, ("11:59", "bob"), "load", &decision);
    own.witness("12:30");
    own.gate("12:31", TAG, 1).says("[condition-overdue]");
    own.takes("12:31");

    let (own, decision) = on(json!([condition()]));
    met(&own, ("11:59", "bob"), "load", &decision);
    own.gate("12:31", TAG, 0);
}

#[test]
fn a_condition_is_not_met_before_the_decision_was_seen() {
    // Expected: condition-not-met, gate 1: whoever signed it in advance had not seen what was asked; nor does it help to name the decision.
    let own = Course::begun(PLAIN, |policy| policy);
    own.open(TAG);
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    let decide = draft(&own, json!([condition()]));
    let decision = crate::sandbox::record_id(decide.to_string().as_bytes());
    let early = draft_met(&own, ("09:30", "bob"), "load", &decision);
    own.server.box_.plant(TAG, "rita", &decide);
    own.server.box_.plant(TAG, "bob", &early);
    own.gate("09:31", TAG, 1).says("[condition-open]");
    own.verify("09:31", TAG, 0).finds("condition-not-met").says("@bob had not seen the decision");
    own.takes("09:31");
    // In time to be named by the decision itself.
    let own = Course::begun(PLAIN, |policy| policy);
    own.open(TAG);
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    met(&own, ("09:30", "bob"), "load", &"5".repeat(64));
    own.server.box_.plant(TAG, "rita", &draft(&own, json!([condition()])));
    own.gate("09:31", TAG, 4).says("[record-missing]");
}

#[test]
fn a_condition_is_not_met_with_nothing_to_show() {
    // Expected: record-incomplete, gate 1, without a note or evidence and with a note of nothing but blanks; the server refuses it.
    let (own, decision) = on(json!([condition()]));
    for (comment, code) in [(None, "record-incomplete"), (Some(" "), "record-incomplete"), (Some(""), "payload-malformed")] {
        let mut bare = draft_met(&own, ("10:00", "bob"), "load", &decision);
        match comment {
            None => drop(bare["predicate"].as_object_mut().unwrap().remove("comment")),
            Some(text) => bare["predicate"]["comment"] = json!(text),
        }
        own.server.box_.plant(TAG, "bob", &bare);
        let run = own.run(("10:00", "rita"), &["gate", "--no-sync", TAG]);
        assert!(matches!(run.code, 1 | 3), "{}", run.text());
        own.refuses("10:00", code);
    }
}

#[test]
fn a_condition_of_another_decision_is_another() {
    // Expected: condition-open, gate 1, by a record of the decision before, and by one of a condition that the decision does not have.
    let (own, first) = on(json!([condition()]));
    let second = own.server.box_.plant(TAG, "rita", &draft(&own, json!([condition()])));
    met(&own, ("10:00", "bob"), "load", &first);
    own.gate("10:00", TAG, 1).says("[condition-open]");
    met(&own, ("10:01", "bob"), "other", &second);
    own.gate("10:01", TAG, 1).says("[condition-open]");
    own.verify("10:01", TAG, 0).finds("condition-not-met").says("there is no such condition");
    own.takes("10:01");
    met(&own, ("10:02", "bob"), "load", &second);
    own.gate("10:02", TAG, 0);
}

#[test]
fn two_clones_that_decide_conditionally_at_once_hold_each_other_up() {
    // Expected: unseen-negative, gate 1, also once the conditions of both are met; GO by a decision that has seen both.
    let own = Course::begun(PLAIN, |policy| policy);
    own.open(TAG);
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    let mut easy = condition();
    easy["text"] = json!("Somebody looked at it");
    let (one, other) = (draft(&own, json!([condition()])), draft(&own, json!([easy])));
    let both = [&one, &other].map(|decide| own.server.box_.plant(TAG, "rita", decide));
    own.gate("09:31", TAG, 1);
    own.verify("09:31", TAG, 0).finds("unseen-negative");
    for decision in &both {
        met(&own, ("10:00", "bob"), "load", decision);
        own.gate("10:00", TAG, 1).says("[unseen-negative]");
    }
    own.takes("10:00");
    own.run(("10:01", "rita"), &["decide", TAG, "go"]).exits(0);
    own.gate("10:01", TAG, 0);
}

#[test]
fn a_condition_that_failed_stays_failed() {
    // Expected: condition-failed, gate 1, whoever says afterwards that it was met, and whoever takes the failure back; the word of somebody who
    // may not say so fails nothing.
    let (own, decision) = on(json!([condition()]));
    let failed =
        |said: (&str, &str)| own.say(TAG, said, "action", json!({ "event": "failed", "id": "load", "decision": decision }));
    failed(("10:00", "dev"));
    met(&own, ("10:01", "bob"), "load", &decision);
    own.gate("10:01", TAG, 0);
    let said = failed(("10:02", "bob"));
    own.gate("10:02", TAG, 1);
    own.verify("10:02", TAG, 0).finds("condition-failed");
    met(&own, ("10:03", "bob"), "load", &decision);
    own.gate("10:03", TAG, 1);
    own.verify("10:03", TAG, 0).finds("condition-failed");
    own.takes("10:03");
    own.say(TAG, ("10:04", "rita"), "withdraw", json!({ "record": said, "reason": "no" }));
    own.gate("10:04", TAG, 1);
    own.verify("10:04", TAG, 0).finds("condition-failed").finds("withdraw-of-others");
    own.refuses("10:04", "not-authorised");
}
