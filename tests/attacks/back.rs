//! Roll-backs by hand: where they go, of which release, and by whom; what they open, and what takes them back.

use serde_json::{Value, json};

use crate::course::{Course, PLAIN, is_out, state};
use crate::sandbox::TAG;

const PRODUCTION: &str = "refs/heads/production";

/// Gives the body that begins a roll-back to another release.
fn start(own: &Course, to: &str) -> Value {
    let full = format!("refs/tags/{to}");
    let commit = own.server.box_.id(&format!("{full}^{{commit}}"));
    json!({ "event": "start", "to": { "tag": full, "tag_object": own.server.box_.id(&full), "commit": commit }, "reason": "errors" })
}

/// Gives the commit that a tag points at.
fn commit(own: &Course, tag: &str) -> String {
    own.server.box_.id(&format!("refs/tags/{tag}^{{commit}}"))
}

/// Moves the gated branch to a release.
fn to(own: &Course, tag: &str) -> String {
    format!("+{}:{PRODUCTION}", commit(own, tag))
}

#[test]
fn a_roll_back_opens_the_way_to_a_release_that_was_out_and_to_no_other() {
    // Expected: environment-frozen for a release that was in GO and never went out, or had no GO, though the roll-back names it; ref-gated for
    // the branch. The one that was out is let through in the freeze, by the gate and on the branch.
    for ready in ["out", "go", "opened"] {
        let own = Course::begun(PLAIN, |policy| policy);
        if ready == "opened" {
            own.open(TAG);
        } else {
            own.go(TAG);
        }
        if ready == "out" {
            own.out(TAG, "09:31");
        }
        own.next("v1.1.0");
        own.out("v1.1.0", "09:40");
        own.takes("09:40");
        own.server.takes(&[&to(&own, "v1.1.0")]);
        own.freeze("10:00");
        own.gate("10:01", "v1.1.0", 0);
        own.gate("10:01", TAG, 1);
        own.say("v1.1.0", ("10:02", "max"), "rollback", start(&own, TAG));
        own.gate("10:02", "v1.1.0", 1);
        own.takes("10:02");
        match ready {
            "out" => {
                own.gate("10:02", TAG, 0);
                own.server.takes(&[&to(&own, TAG)]).says("as the roll-back of v1.1.0 says");
            }
            "go" => {
                own.gate("10:02", TAG, 1).says("[environment-frozen]");
                own.server.refuses(&[&to(&own, TAG)], "ref-gated");
            }
            _ => {
                own.gate("10:02", TAG, 1).says("[item-open]");
                own.server.refuses(&[&to(&own, TAG)], "ref-gated");
            }
        }
    }
}

#[test]
fn a_roll_back_of_a_release_that_is_not_the_one_out_opens_nothing() {
    // Expected: environment-frozen for the release that it names, and ref-gated for the branch: neither a release that never went out nor
    // one that was out before leads back.
    let own = Course::in_go(PLAIN);
    own.out(TAG, "09:31");
    own.next("v1.1.0");
    own.out("v1.1.0", "09:32");
    own.next("v1.2.0");
    own.out("v1.2.0", "09:33");
    own.next("v1.3.0");
    own.takes("09:33");
    own.server.takes(&[&to(&own, "v1.2.0")]);
    own.freeze("10:00");
    own.say("v1.3.0", ("10:01", "max"), "rollback", start(&own, TAG));
    own.gate("10:01", "v1.3.0", 1);
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
    own.say("v1.1.0", ("10:02", "max"), "rollback", start(&own, TAG));
    own.gate("10:02", "v1.1.0", 1);
    own.gate("10:02", TAG, 1).says("[environment-frozen]");
    own.takes("10:02");
    own.server.refuses(&[&to(&own, TAG)], "ref-gated");
    own.server.refuses(&[&to(&own, "v1.1.0")], "ref-gated");
    own.gate("10:02", "v1.2.0", 0);
    own.say("v1.2.0", ("10:03", "max"), "rollback", start(&own, TAG));
    own.gate("10:03", TAG, 0);
    own.takes("10:03");
    own.server.takes(&[&to(&own, TAG)]);
}

#[test]
fn a_roll_back_whose_names_do_not_belong_together_opens_nothing() {
    // Expected: environment-frozen and ref-gated for a release whose tag object and commit are those of two releases.
    let own = Course::in_go(PLAIN);
    own.out(TAG, "09:31");
    own.next("v1.1.0");
    own.next("v1.2.0");
    own.out("v1.2.0", "09:33");
    own.takes("09:33");
    own.server.takes(&[&to(&own, "v1.2.0")]);
    own.freeze("10:00");
    // The tag object of the release that was out, with the commit of the one that was not.
    let mut body = start(&own, TAG);
    body["to"]["commit"] = json!(commit(&own, "v1.1.0"));
    own.say("v1.2.0", ("10:01", "max"), "rollback", body);
    own.takes("10:01");
    own.gate("10:01", "v1.1.0", 1).says("[environment-frozen]");
    own.server.refuses(&[&to(&own, "v1.1.0")], "ref-gated");
}

#[test]
fn a_roll_back_without_full_authority_stops_the_release_and_opens_nothing() {
    // Expected: by whoever never might it changes nothing, and the server refuses it; by whoever might once, or with a key that was retired,
    // the release is no-go, and the one that it names is still held up by the freeze and off the branch.
    let own = Course::begun(PLAIN, |policy| policy.replace("rollback = [", "rollback = [\"@dev\", "));
    let text = own.policy();
    own.step(&text.replace("rollback = [\"@dev\", ", "rollback = ["));
    own.go(TAG);
    own.out(TAG, "09:31");
    own.next("v1.1.0");
    own.out("v1.1.0", "09:32");
    own.takes("09:32");
    own.server.takes(&[&to(&own, "v1.1.0")]);
    own.freeze("10:00");
    own.say("v1.1.0", ("10:01", "ann"), "rollback", start(&own, TAG));
    own.gate("10:01", "v1.1.0", 0);
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
    own.refuses("10:01", "not-authorised");
    own.say("v1.1.0", ("10:02", "ci"), "rollback", start(&own, TAG));
    own.gate("10:02", "v1.1.0", 0);
    own.refuses("10:02", "not-authorised");
    own.say("v1.1.0", ("10:03", "dev"), "rollback", start(&own, TAG));
    own.gate("10:03", "v1.1.0", 1).says("[release-ended]");
    own.gate("10:03", TAG, 1).says("[environment-frozen]");
    own.takes("10:03");
    own.server.refuses(&[&to(&own, TAG)], "ref-gated");
    // Whoever may says it again, and that opens the way, though the other came first.
    own.say("v1.1.0", ("10:04", "max"), "rollback", start(&own, TAG));
    own.gate("10:04", TAG, 0);
}

#[test]
fn a_roll_back_or_an_end_is_not_taken_back() {
    // Expected: no effect of a withdraw by its own author, also where a decision had seen both; a go that has seen the end takes the release up.
    for (kind, body) in [
        ("rollback", json!({ "event": "start", "reason": "errors" })),
        ("close", json!({ "outcome": "rolled-back" })),
        ("close", json!({ "outcome": "abandoned", "reason": "errors" })),
    ] {
        let own = Course::in_go(PLAIN);
        own.out(TAG, "09:31");
        let unseen = own.server.box_.draft_decision(TAG, "rita", "go");
        let said = own.say(TAG, ("09:40", "rita"), kind, body);
        own.gate("09:40", TAG, 1);
        own.say(TAG, ("09:41", "rita"), "withdraw", json!({ "record": said, "reason": "it was a mistake" }));
        own.gate("09:41", TAG, 1);
        assert!(matches!(state(&own.verify("09:41", TAG, 0)), "rolling-back" | "abandoned" | "open"));
        own.server.box_.plant(TAG, "rita", &unseen);
        own.gate("09:42", TAG, 1).says("[release-ended]");
        own.takes("09:42");
        own.server.refuses(&[&to(&own, TAG)], "ref-gated");
        own.run(("09:43", "rita"), &["decide", TAG, "go"]).exits(0);
        own.gate("09:43", TAG, 0);
        // What went out before has to go out anew.
        assert!(!is_out(&own.verify("09:43", TAG, 0)));
    }
}

#[test]
fn an_entry_or_a_decision_made_beside_a_roll_back_does_not_outlive_it() {
    // Expected: not out by an entry that had not seen the roll-back, and no-go by a decision that had not, in whatever order they come.
    let own = Course::in_go(PLAIN);
    let entry = own.draft(TAG, ("09:50", "ci"), "stage", json!({ "stage": "all", "event": "enter" }));
    let beside = own.server.box_.draft_decision(TAG, "rita", "go");
    own.say(TAG, ("09:40", "max"), "rollback", json!({ "event": "start", "reason": "errors" }));
    own.server.box_.plant(TAG, "rita", &beside);
    own.server.box_.plant(TAG, "ci", &entry);
    own.gate("09:51", TAG, 1).says("[release-ended]");
    own.takes("09:51");
    own.run(("09:52", "rita"), &["decide", TAG, "go"]).exits(0);
    assert!(!is_out(&own.verify("09:52", TAG, 0)), "it goes out anew");
    own.freeze("10:00");
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
}

#[test]
fn a_release_is_not_brought_to_the_front_again_past_a_freeze() {
    // Expected: environment-frozen for an older release whose last stage is entered anew in the freeze, and stage-deviation; ref-gated for the
    // branch.
    let own = Course::in_go(PLAIN);
    own.out(TAG, "09:31");
    own.next("v1.1.0");
    own.out("v1.1.0", "09:32");
    own.takes("09:32");
    own.server.takes(&[&to(&own, "v1.1.0")]);
    own.freeze("10:00");
    own.out(TAG, "10:01");
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
    own.gate("10:01", "v1.1.0", 0);
    own.verify("10:01", TAG, 0).finds("stage-deviation");
    own.takes("10:01");
    own.server.refuses(&[&to(&own, TAG)], "ref-gated");
    // A time before the freeze is found out by a witness.
    own.out(TAG, "09:59");
    own.witness("10:02");
    own.gate("10:02", TAG, 1).says("[environment-frozen]");
}

#[test]
fn a_completed_release_that_was_rolled_back_is_completed_no_more_once_it_is_taken_up_again() {
    // Expected: ref-gated for going back to it, and not completed, by an end that was signed before the roll-back or beside it: it has to go out
    // and end anew.
    let own = Course::in_go(PLAIN);
    own.out(TAG, "09:31");
    own.stage(("09:32", "max"), "all", "pass");
    let word = own.server.box_.draft_word(TAG, "rita", "finance-told", "done")["predicate"]["body"].clone();
    own.say(TAG, ("09:32", "rita"), "sign", word);
    let beside = own.draft(TAG, ("09:34", "rita"), "close", json!({ "outcome": "completed" }));
    own.say(TAG, ("09:33", "rita"), "close", json!({ "outcome": "completed" }));
    assert_eq!(state(&own.verify("09:33", TAG, 0)), "completed");
    own.say(TAG, ("09:34", "max"), "rollback", json!({ "event": "start", "reason": "errors" }));
    own.server.box_.plant(TAG, "rita", &beside);
    assert_eq!(state(&own.verify("09:34", TAG, 0)), "rolling-back");
    own.takes("09:34");
    own.run(("09:35", "rita"), &["decide", TAG, "go"]).exits(0);
    assert_eq!(state(&own.verify("09:35", TAG, 0)), "go");
    own.next("v1.1.0");
    own.out("v1.1.0", "09:36");
    own.takes("09:36");
    own.server.takes(&[&to(&own, "v1.1.0")]);
    own.server.refuses(&[&to(&own, TAG)], "ref-gated").says("there is no completed earlier release");
    own.freeze("10:00");
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
}
