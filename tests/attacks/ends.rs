//! The end of a release by hand, and what holds it up: items, stages and actions that are open, and the plan that names them.

use serde_json::{Value, json};

use crate::authority::{open_again, open_by_hand};
use crate::course::{Course, PLAIN, STAGED, state};
use crate::sandbox::TAG;

/// An action of the policy that must be done before GO, by nobody who made the release.
const REHEARSAL: &str = "
[[action]]
id = \"rehearsal\"
text = \"The roll-back was rehearsed\"
assignee = \"@dev\"
blocks = \"go\"
not_by = \"implementers\"
";

/// An action of the policy that must be done before the end.
const RETRO: &str = "
[[action]]
id = \"retro\"
text = \"The retrospective was held\"
blocks = \"close\"
";

fn close(own: &Course, said: (&str, &str), body: Value) -> String {
    own.say(TAG, said, "close", body)
}

fn completed() -> Value {
    json!({ "outcome": "completed" })
}

/// Asserts that the release is not completed by what was said, and why.
#[track_caller]
fn assert_goes_on(own: &Course, time: &str, why: &str) {
    let verified = own.verify(time, TAG, 0).finds("close-incomplete").says(why);
    assert_ne!(state(&verified), "completed");
}

#[test]
fn a_release_is_closed_by_nobody_without_the_right() {
    // Expected: close-incomplete or not-authorised, and the release goes on as it was, in GO or completed, whatever the end that a machine, a
    // stranger to it, and whoever only moves stages claim; the server refuses them.
    let own = Course::in_go(PLAIN);
    own.out(TAG, "09:31");
    own.stage(("09:32", "max"), "all", "pass");
    own.say(
        TAG,
        ("09:32", "rita"),
        "sign",
        own.server.box_.draft_word(TAG, "rita", "finance-told", "done")["predicate"]["body"].clone(),
    );
    own.takes("09:32");
    for body in [completed(), json!({ "outcome": "rolled-back" }), json!({ "outcome": "abandoned", "reason": "no" })] {
        for who in ["ci", "dev", "max"] {
            close(&own, ("09:33", who), body.clone());
            own.gate("09:33", TAG, 0);
            assert_eq!(state(&own.verify("09:33", TAG, 0)), "out", "{who} {body}");
            own.refuses("09:33", "not-authorised");
        }
    }
    close(&own, ("09:34", "rita"), completed());
    assert_eq!(state(&own.verify("09:34", TAG, 0)), "completed");
    own.takes("09:34");
    own.gate("19:00", TAG, 0);
}

#[test]
fn a_release_is_not_completed_by_saying_so() {
    // Expected: close-incomplete, and not completed, without GO, before a stage was entered or has passed, with an item open, and with what the
    // policy requires open, whatever of it is left on purpose.
    let own = Course::begun(PLAIN, |policy| policy + RETRO);
    own.open(TAG);
    let left = || json!({ "outcome": "completed", "leave": ["all", "finance-told", "retro", "tests"] });
    close(&own, ("09:30", "rita"), left());
    assert_goes_on(&own, "09:30", "no decision lets it go out");
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    own.server.run("rita", &["decide", TAG, "go"]).exits(0);
    close(&own, ("09:31", "rita"), left());
    assert_goes_on(&own, "09:31", "stage all was not entered");
    own.out(TAG, "09:32");
    close(&own, ("09:33", "rita"), left());
    assert_goes_on(&own, "09:33", "stage all has not passed");
    own.stage(("09:34", "max"), "all", "pass");
    close(&own, ("09:34", "rita"), left());
    assert_goes_on(&own, "09:34", "finance-told is open");
    let word = own.server.box_.draft_word(TAG, "rita", "finance-told", "done")["predicate"]["body"].clone();
    own.say(TAG, ("09:35", "rita"), "sign", word);
    close(&own, ("09:35", "rita"), left());
    assert_goes_on(&own, "09:35", "retro is open");
    own.takes("09:35");
    own.run(("09:35", "rita"), &["close", TAG, "--leave", "retro"]).exits(1).says("relsign action v1.0.0 retro done");
    // Nor is what the policy requires done by whoever may only speak of it, or by another action of its name.
    own.say(TAG, ("09:36", "dev"), "action", json!({ "event": "done", "id": "retro" }));
    own.say(TAG, ("09:36", "rita"), "action", json!({ "event": "add", "id": "retro", "text": "nothing" }));
    close(&own, ("09:36", "rita"), left());
    assert_goes_on(&own, "09:36", "retro is open");
    own.verify("09:36", TAG, 0).finds("action-not-theirs");
    own.say(TAG, ("09:37", "rita"), "action", json!({ "event": "done", "id": "retro" }));
    // What was claimed before counts no more for it.
    assert_ne!(state(&own.verify("09:37", TAG, 0)), "completed");
    close(&own, ("09:38", "rita"), completed());
    assert_eq!(state(&own.verify("09:38", TAG, 0)), "completed");
    own.takes("09:38");
}

#[test]
fn a_release_is_not_closed_as_rolled_back_without_a_roll_back() {
    // Expected: close-incomplete, while it was not begun and while it is not done; it is no-go all the same.
    let own = Course::in_go(PLAIN);
    own.out(TAG, "09:31");
    let body = json!({ "outcome": "rolled-back" });
    close(&own, ("09:32", "rita"), body.clone());
    assert_goes_on(&own, "09:32", "its roll-back is not complete");
    own.gate("09:32", TAG, 1);
    // The end of a roll-back that its signer had not seen begin is none.
    let end = own.draft(TAG, ("09:33", "max"), "rollback", json!({ "event": "done" }));
    own.say(TAG, ("09:33", "max"), "rollback", json!({ "event": "start", "reason": "errors" }));
    own.server.box_.plant(TAG, "max", &end);
    close(&own, ("09:34", "rita"), body.clone());
    assert_goes_on(&own, "09:34", "its roll-back is not complete");
    own.verify("09:34", TAG, 0).finds("rollback-not-begun");
    own.say(TAG, ("09:35", "max"), "rollback", json!({ "event": "done" }));
    close(&own, ("09:36", "rita"), body);
    assert_eq!(state(&own.verify("09:36", TAG, 0)), "rolled-back");
    own.takes("09:36");
}

/// Asserts that the rehearsal holds the release up, and that nothing else does.
#[track_caller]
fn assert_open(own: &Course) {
    own.gate("09:30", TAG, 1);
    let verified = own.verify("09:30", TAG, 0);
    let codes: Vec<&str> =
        verified.report["verdict"]["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert_eq!(codes.last(), Some(&"action-open"), "{codes:?}");
}

#[test]
fn an_action_is_not_done_by_whoever_made_the_release_where_that_is_excluded() {
    // Expected: action-not-theirs and action-open, gate 1, for @dev, who made the release and was given it, for a machine and for a colleague;
    // nor does it help to say it before the release is opened anew or to add an action of that name.
    let own = Course::begun(PLAIN, |policy| policy + REHEARSAL);
    own.open(TAG);
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    for who in ["dev", "bob", "ci"] {
        own.say(TAG, ("09:30", who), "action", json!({ "event": "done", "id": "rehearsal" }));
        own.server.box_.plant(TAG, "rita", &own.server.box_.draft_decision(TAG, "rita", "go"));
        assert_open(&own);
        if who == "ci" {
            own.refuses("09:30", "not-authorised");
        } else {
            own.verify("09:30", TAG, 0).finds("action-not-theirs");
            own.takes("09:30");
        }
    }
    own.say(
        TAG,
        ("09:30", "rita"),
        "action",
        json!({ "event": "add", "id": "rehearsal", "text": "none", "assignee": { "person": "@rita" } }),
    );
    own.server.box_.plant(TAG, "rita", &own.server.box_.draft_decision(TAG, "rita", "go"));
    assert_open(&own);
    own.takes("09:30");
    // @rita made the tag, which makes her one of them too.
    own.say(TAG, ("09:30", "rita"), "action", json!({ "event": "done", "id": "rehearsal" }));
    own.server.box_.plant(TAG, "rita", &own.server.box_.draft_decision(TAG, "rita", "go"));
    assert_open(&own);
}

#[test]
fn a_plan_made_by_hand_that_asks_for_less_lets_nothing_out() {
    // Expected: checklist-changed, exit 3, for the gate, the gate of a stage, and verify, for one stage in the place of four, no bake time, another
    // limit or none, another trigger, another risk, another owner of the last stage, an action less; nothing more is signed.
    type Lie = fn(&mut Value);
    let lies: &[(&str, Lie)] = &[
        ("stages", |body| body["stages"] = json!([{ "id": "all", "name": "all", "traffic": "100%" }])),
        ("stages", |body| drop(body["stages"].as_array_mut().unwrap().drain(..3))),
        ("stages", |body| drop(body["stages"][0].as_object_mut().unwrap().remove("bake"))),
        ("stages", |body| body["stages"][1]["bake"] = json!(1)),
        ("stages", |body| drop(body["stages"][0].as_object_mut().unwrap().remove("limits"))),
        ("stages", |body| body["stages"][2]["limits"][0]["value"] = json!("2")),
        ("stages", |body| body["stages"][2]["limits"][0]["op"] = json!("above")),
        ("stages", |body| drop(body["stages"][3].as_object_mut().unwrap().remove("owner"))),
        ("stages", |body| body["stages"][3]["owner"] = json!({ "person": "@max" })),
        ("stages", |body| body["stages"][3]["traffic"] = json!("99%")),
        ("risk", |body| body["risk"]["class"] = json!("low")),
        ("triggers", |body| body["triggers"][0]["text"] = json!("5xx error rate > 50% for 3+ minutes")),
        ("triggers", |body| body["triggers"][0]["limit"]["value"] = json!("50")),
        ("window", |body| drop(body.as_object_mut().unwrap().remove("window"))),
        ("actions", |body| drop(body.as_object_mut().unwrap().remove("actions"))),
        ("actions", |body| drop(body["actions"][0].as_object_mut().unwrap().remove("required"))),
    ];
    let own = Course::begun(STAGED, |policy| policy + RETRO);
    own.open(TAG);
    let (box_, honest) = (&own.server.box_, open_again(&own.server.box_, TAG));
    let signed = |lie: Lie| {
        let mut open = honest.clone();
        lie(&mut open["predicate"]["body"]);
        open_by_hand(box_, TAG, "rita", &open);
        box_.plant(TAG, "ann", &box_.draft_word(TAG, "ann", "tests", "done"));
        box_.plant(TAG, "rita", &box_.draft_decision(TAG, "rita", "go"));
        let stages = open["predicate"]["body"]["stages"].as_array().unwrap().clone();
        stages[0]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(signed(|_| {}), "canary");
    own.gate_of("09:31", "canary", 1).says("[stage-not-entered]");
    own.stage(("09:31", "max"), "canary", "enter");
    own.gate_of("09:31", "canary", 0);
    for (about, lie) in lies {
        let first = signed(*lie);
        own.stage(("09:31", "rita"), &first, "enter");
        own.verify("09:31", TAG, 3).finds("checklist-changed").says("differs from when the release was opened").says(about);
        own.gate("09:31", TAG, 3).says("[checklist-changed]");
        own.gate_of("09:31", &first, 3).says("[checklist-changed]");
        // The server has the honest record, which comes along.
        let words = || box_.log(TAG).iter().filter(|entry| entry.kind() == "stage").count();
        let before = words();
        assert_ne!(own.run(("09:32", "max"), &["stage", TAG, &first, "pass", "--yes"]).code, 0);
        assert_eq!(words(), before);
    }
}

#[test]
fn a_waiver_of_unknown_authors_that_names_only_some_accepts_none() {
    // Expected: unknown-implementer, gate 1, for a waiver of one of two, for two waivers of one each, by too few or by whoever may not; all of them
    // in each is what it takes.
    let own = Course::begun(PLAIN, |policy| {
        let policy = policy.replace("waive = [\"release-manager\"]", "waive = [\"release-manager\", \"sre\"]");
        policy
            .replace("[refs]", "[[rule]]\nphase = [\"before\"]\nreviews = 1\n[refs]")
            .replace("[[freeze]]", "[thresholds]\nwaiver = 2\n[[freeze]]")
    });
    let box_ = &own.server.box_;
    let mut commits = Vec::new();
    for who in ["Con Tractor", "Free Lancer"] {
        box_.git(&[
            "-c",
            &format!("user.name={who}"),
            "-c",
            "user.email=who@example.net",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            who,
        ]);
        commits.push(box_.id("HEAD"));
    }
    own.open(TAG);
    let open = box_.log(TAG).remove(0).payload;
    let names = open["predicate"]["body"]["implementers"]["unknown"].clone();
    assert_eq!(names.as_array().unwrap().len(), 2, "{open:#}");
    let waive = |who: &str, which: &[usize]| {
        let unknown: Vec<Value> = which.iter().map(|at| json!({ "author": names[*at], "commits": [commits[*at]] })).collect();
        own.say(TAG, ("09:30", who), "sign", json!({ "unknown": unknown, "verdict": "waive", "reason": "contract 12" }))
    };
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    box_.plant(TAG, "bob", &box_.draft_word(TAG, "bob", "tests", "approve"));
    let asks = |exit: i32| {
        box_.plant(TAG, "rita", &box_.draft_decision(TAG, "rita", "go"));
        own.gate("09:31", TAG, exit)
    };
    asks(1);
    for (who, which) in [("rita", &[0][..]), ("max", &[1]), ("max", &[0]), ("rita", &[0, 1]), ("max2", &[1])] {
        waive(who, which);
        asks(1);
    }
    own.takes("09:31");
    waive("ann", &[0, 1]);
    asks(1);
    own.refuses("09:31", "not-authorised");
    waive("max", &[0, 1]);
    asks(0);
    own.takes("09:31");
}
