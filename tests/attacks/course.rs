//! After the decision: stages that are entered, read and passed by hand, by whoever may not, at a time that was not, or of another
//! release. Each is asked of `gate` and of `verify`, and pushed to a server with hooks.

use serde_json::{Value, json};

use crate::sandbox::{NOW, Run, Stage, TAG, Verified, ended};
use crate::server::Server;

pub(crate) const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";

/// Four stages, of which @bob takes the last, and everything else that a release has after its decision.
pub(crate) const STAGED: &str = "\
# Release of the widget

**Release window**: 2026-11-21T09:00:00Z to 2026-11-21T18:00:00Z

## Risk: HIGH

- It touches every door

## Before the release

- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->

## Staged Rollout Plan

| Stage | Traffic % | Bake time | Metric thresholds | Approver |
|-------|-----------|-----------|-------------------|----------|
| Canary | 1% | 30 min | Error rate < 0.05% | |
| Partial | 10% | 1 hour | Error rate < 0.03% | |
| Half | 50% | 2 hours | Error rate < 0.02% | |
| Full | 100% | 1 hour | Error rate < 0.02% | @bob |

## Rollback Triggers

- 5xx error rate > 0.5% for 3+ minutes
- Any duplicate charge detected

**Rollback procedure**:

1. Turn the flag off within 2 minutes

## Post-Release

- [ ] Finance is told <!-- relsign: id=finance-told owner=@rita -->
";

/// Nothing but two items: the release has one stage, `all`.
pub(crate) const PLAIN: &str = "\
# Release of the widget

## Before the release

- [ ] The test suite passes <!-- relsign: id=tests owner=@ann -->

## Post-Release

- [ ] Finance is told <!-- relsign: id=finance-told owner=@rita -->
";

/// A release, and a server with hooks that everything is pushed to.
pub(crate) struct Course {
    pub(crate) server: Server,
}

impl Course {
    /// A release in GO whose checklist is this.
    pub(crate) fn in_go(checklist: &str) -> Self {
        let own = Self::begun(checklist, |policy| policy);
        own.go(TAG);
        own
    }

    /// A server whose policy is the usual one after `change`, and a checklist.
    pub(crate) fn begun(checklist: &str, change: impl FnOnce(String) -> String) -> Self {
        let server = Server::at(Stage::Begun);
        let own = Self { server };
        own.server.box_.write("RELEASE.md", checklist);
        own.server.box_.commit("the plan");
        let text = own
            .policy()
            .replace("[[rule]]\nphase = [\"before\"]\nreviews = 1\n", "")
            .replace("may = [\"check\"]", "may = [\"check\", \"stage\", \"read\", \"receipt\"]")
            .replace("redact = [", "stage = [\"sre\", \"release-manager\"]\nrollback = [\"sre\", \"release-manager\"]\nredact = [");
        own.step(&change(text));
        own.server.clock(&now("23:00"));
        own
    }

    /// Gives the policy in force.
    pub(crate) fn policy(&self) -> String {
        let bytes = self.server.box_.bytes(&format!("{POLICY}:version/policy.toml"));
        String::from_utf8(bytes).unwrap()
    }

    /// Brings another version in force, here and on the server.
    #[track_caller]
    pub(crate) fn step(&self, text: &str) {
        self.server.box_.step(text, &[]);
        self.server.takes(&[POLICY]);
    }

    /// Tags and opens HEAD.
    #[track_caller]
    pub(crate) fn open(&self, tag: &str) {
        self.server.box_.tag(tag);
        self.server.run("rita", &["open", tag]).exits(0);
    }

    /// Opens, signs and decides HEAD under a name.
    #[track_caller]
    pub(crate) fn go(&self, tag: &str) {
        self.open(tag);
        self.server.run("ann", &["approve", tag, "tests"]).exits(0);
        self.server.run("rita", &["decide", tag, "go"]).exits(0);
    }

    /// Releases another commit.
    #[track_caller]
    pub(crate) fn next(&self, tag: &str) {
        self.server.change(tag, tag);
        self.go(tag);
    }

    /// Drafts a record of a time of the day.
    pub(crate) fn draft(&self, tag: &str, (time, who): (&str, &str), kind: &str, body: Value) -> Value {
        let mut draft = self.server.box_.draft(tag, who, kind, body);
        draft["predicate"]["time"] = json!(now(time));
        draft
    }

    /// Plants a record of a time of the day, signed by somebody, and gives its id.
    #[track_caller]
    pub(crate) fn say(&self, tag: &str, (time, who): (&str, &str), kind: &str, body: Value) -> String {
        self.server.box_.plant(tag, who, &self.draft(tag, (time, who), kind, body))
    }

    /// Plants a word on a stage of the release.
    #[track_caller]
    pub(crate) fn stage(&self, said: (&str, &str), stage: &str, event: &str) -> String {
        self.say(TAG, said, "stage", json!({ "stage": stage, "event": event }))
    }

    /// Plants a reading of the error rate that was measured until its time.
    #[track_caller]
    pub(crate) fn read(&self, said: (&str, &str), stage: &str, value: &str, result: &str) -> String {
        self.say(TAG, said, "reading", reading(stage, value, result, said.0))
    }

    /// Has a stage entered, read and passed, as it should be.
    #[track_caller]
    pub(crate) fn hold(&self, stage: &str, from: &str, to: &str) {
        self.stage((from, "max"), stage, "enter");
        self.read((to, "ci"), stage, "0.01 %", "HOLDS");
        self.stage((to, "max"), stage, "pass");
    }

    /// Has the three stages before the last hold, until 13:03.
    #[track_caller]
    pub(crate) fn roll_out(&self) {
        self.hold("canary", "09:31", "10:01");
        self.hold("partial", "10:02", "11:02");
        self.hold("half", "11:03", "13:03");
    }

    /// Has a release without stages go out at a time.
    #[track_caller]
    pub(crate) fn out(&self, tag: &str, time: &str) -> String {
        self.say(tag, (time, "ci"), "stage", json!({ "stage": "all", "event": "enter" }))
    }

    /// Runs the program as somebody at a time of the day.
    #[track_caller]
    pub(crate) fn run(&self, (time, who): (&str, &str), args: &[&str]) -> Run {
        let mut command = self.server.box_.program();
        ended(command.env("RELSIGN_NOW", now(time)).arg("--key").arg(self.server.box_.key(who)).args(args))
    }

    /// Asks the gate at a time of the day.
    #[track_caller]
    pub(crate) fn gate(&self, time: &str, tag: &str, exit: i32) -> Run {
        self.run((time, "rita"), &["gate", "--no-sync", tag]).exits(exit)
    }

    /// Asks the gate about a stage at a time of the day.
    #[track_caller]
    pub(crate) fn gate_of(&self, time: &str, stage: &str, exit: i32) -> Run {
        self.run((time, "rita"), &["gate", "--no-sync", TAG, "--stage", stage]).exits(exit)
    }

    /// Verifies at a time of the day.
    #[track_caller]
    pub(crate) fn verify(&self, time: &str, tag: &str, exit: i32) -> Verified {
        let report = self.run((time, "rita"), &["verify", "--json", tag]).exits(exit).json();
        Verified { report, text: self.run((time, "rita"), &["verify", tag]).exits(exit).text() }
    }

    /// Pushes the records at a time of the day; the server takes them in.
    #[track_caller]
    pub(crate) fn takes(&self, time: &str) {
        self.server.clock(&now(time));
        self.server.takes(&[NOTES]);
        self.server.clock(&now("23:00"));
    }

    /// Pushes the records at a time of the day; the server refuses them, and they are forgotten here too.
    #[track_caller]
    pub(crate) fn refuses(&self, time: &str, code: &str) {
        self.server.clock(&now(time));
        self.server.refuses(&[NOTES], code);
        self.server.clock(&now("23:00"));
        let there = self.server.git(&["rev-parse", NOTES]);
        self.server.box_.set_ref(NOTES, &there);
        self.server.box_.forget();
    }

    /// Freezes production from a time of the day on.
    #[track_caller]
    pub(crate) fn freeze(&self, time: &str) {
        let args = ["freeze", "start", "incident", "--env", "production", "--reason", "it burns"];
        self.run((time, "rita"), &args).exits(0);
    }

    /// Has a machine witness what is here at a time of the day.
    #[track_caller]
    pub(crate) fn witness(&self, time: &str) {
        self.takes(time);
        self.run((time, "ci"), &["witness"]).exits(0);
    }
}

/// Gives a time of the day on the day of the tests.
pub(crate) fn now(time: &str) -> String {
    let day = NOW.split('T').next().unwrap();
    format!("{day}T{time}:00Z")
}

/// Gives the body of a reading of the error rate that ended at a time of the day.
pub(crate) fn reading(stage: &str, value: &str, result: &str, to: &str) -> Value {
    let values = json!([{ "limit": "error-rate", "name": "error-rate", "value": value, "result": result }]);
    json!({ "stage": stage, "values": values, "source": "prometheus", "from": now("09:31"), "to": now(to) })
}

/// Gives where a release stands.
pub(crate) fn state(verified: &Verified) -> &str {
    verified.report["state"].as_str().unwrap()
}

/// Says whether a release is out.
pub(crate) fn is_out(verified: &Verified) -> bool {
    !verified.report["course"]["out"].is_null()
}

#[test]
fn a_release_goes_out_in_four_stages_by_hand() {
    // Expected: GO for each stage that was entered and out by the last one; the tests below would prove nothing if such records failed for
    // another reason.
    let own = Course::in_go(STAGED);
    own.gate("09:30", TAG, 4).says("stage-unnamed");
    own.gate_of("09:30", "canary", 1).says("stage-not-entered");
    own.roll_out();
    own.gate_of("13:04", "half", 0);
    own.gate_of("13:04", "full", 1);
    assert!(!is_out(&own.verify("13:04", TAG, 0)));
    own.stage(("13:05", "bob"), "full", "enter");
    own.gate_of("13:05", "full", 0);
    let verified = own.verify("13:05", TAG, 0).lacks("stage-deviation");
    assert_eq!((state(&verified), is_out(&verified)), ("out", true));
    // What is out is asked for no stage, no window and no freeze.
    own.gate("19:00", TAG, 0);
    own.takes("13:05");
}

#[test]
fn a_machine_or_somebody_else_that_enters_the_last_of_several_stages_has_entered_nothing() {
    // Expected: stage-person-required for the gate, not out, whoever else enters and whatever they override; the person whom the file names
    // enters it.
    let own = Course::in_go(STAGED);
    own.roll_out();
    for who in ["ci", "max", "rita"] {
        let spite = json!([{ "of": "window", "reason": "now" }, { "of": "freeze", "reason": "now" }]);
        own.say(TAG, ("13:04", who), "stage", json!({ "stage": "full", "event": "enter", "in_spite": spite }));
        own.gate_of("13:04", "full", 1).says("[stage-person-required]").says("@bob has to enter it in person");
        let verified = own.verify("13:04", TAG, 0);
        assert_eq!((state(&verified), is_out(&verified)), ("rolling-out", false), "{who}");
        own.takes("13:04");
    }
    // To give it to oneself takes the right to.
    own.say(TAG, ("13:05", "max"), "assign", json!({ "stage": "full", "owner": "@max", "reason": "mine" }));
    own.stage(("13:05", "max"), "full", "enter");
    own.gate_of("13:05", "full", 1).says("@bob has to enter it in person");
    own.refuses("13:05", "not-authorised");
    own.stage(("13:06", "bob"), "full", "enter");
    own.gate_of("13:06", "full", 0);
    own.takes("13:06");
}

#[test]
fn a_machine_enters_the_one_stage_of_a_file_that_has_none_after_it_deployed() {
    // Expected: out by it; a machine that the policy does not let move stages has entered nothing, and the server refuses its record.
    let own = Course::in_go(PLAIN);
    own.gate("09:31", TAG, 0);
    let draft = own.draft(TAG, ("09:31", "eve"), "stage", json!({ "stage": "all", "event": "enter" }));
    own.server.box_.plant(TAG, "eve", &draft);
    assert!(!is_out(&own.verify("09:31", TAG, 3).finds("signer-unknown")));
    own.gate("09:31", TAG, 0).says("integrity tampered");
    own.refuses("09:31", "signer-unknown");
    own.stage(("09:31", "dev"), "all", "enter");
    assert!(!is_out(&own.verify("09:31", TAG, 0)));
    own.refuses("09:31", "not-authorised");
    own.out(TAG, "09:32");
    assert_eq!(state(&own.verify("09:32", TAG, 0)), "out");
    own.takes("09:32");
}

#[test]
fn a_last_stage_of_several_that_is_called_all_takes_a_person_too() {
    // Expected: stage-person-required: its name does not make it the one stage of a file that has none.
    let own = Course::in_go(&PLAIN.replace(
        "## Post",
        "## Rollout\n\n| Stage | Traffic % | Bake time |\n|-|-|-|\n| canary | 1% | 30 min |\n| all | 100% | |\n\n## Post",
    ));
    own.stage(("09:31", "max"), "canary", "enter");
    own.stage(("10:02", "max"), "canary", "pass");
    own.stage(("10:03", "ci"), "all", "enter");
    own.gate_of("10:03", "all", 1).says("[stage-person-required]");
    assert!(!is_out(&own.verify("10:03", TAG, 0)));
    own.stage(("10:04", "max"), "all", "enter");
    own.gate_of("10:04", "all", 0);
}

#[test]
fn a_stage_that_was_skipped_lets_nothing_on() {
    // Expected: stage-not-passed for the one after it, and not out, though each later one was entered and passed by those who may.
    let own = Course::in_go(STAGED);
    own.hold("partial", "09:32", "10:32");
    own.gate_of("10:33", "partial", 1).says("[stage-not-passed]").says("canary");
    own.hold("half", "10:33", "12:33");
    own.stage(("12:34", "bob"), "full", "enter");
    own.gate_of("12:34", "full", 1).says("[stage-not-passed]");
    let verified = own.verify("12:34", TAG, 0).finds("stage-deviation");
    assert!(!is_out(&verified));
}

#[test]
fn readings_for_another_stage_or_another_release_hold_no_limit() {
    // Expected: limit-unread after a reading of another stage, of the release to another environment, and in another release; a line that was
    // copied from the log of another tag is subject-mismatch, exit 3.
    let place = "environments = [\"production\"]";
    let own = Course::begun(STAGED, |policy| policy.replace(place, "environments = [\"production\", \"staging\"]"));
    own.go(TAG);
    own.server.run("rita", &["open", TAG, "--env", "staging"]).exits(0);
    let opens = own.server.box_.log(TAG).into_iter().filter(|entry| entry.kind() == "open");
    let staging = opens.into_iter().find(|open| open.payload["predicate"]["body"]["environment"] == "staging").unwrap().id;
    let production = own
        .server
        .box_
        .log(TAG)
        .into_iter()
        .map(|entry| entry.payload)
        .find_map(|payload| (payload["predicate"]["kind"] == "decide").then(|| payload["predicate"]["open"].clone()));
    let of = |said: (&str, &str), open: &Value, kind: &str, body: Value| {
        let mut draft = own.draft(TAG, said, kind, body);
        draft["predicate"]["open"] = open.clone();
        own.server.box_.plant(TAG, said.1, &draft)
    };
    let production = production.unwrap();
    let mine = |said: (&str, &str), kind: &str, body: Value| of(said, &production, kind, body);
    let asks = |time: &str, exit: i32| {
        own.run((time, "rita"), &["gate", "--no-sync", TAG, "--env", "production", "--stage", "partial"]).exits(exit)
    };
    mine(("09:31", "max"), "stage", json!({ "stage": "canary", "event": "enter" }));
    let other_stage = mine(("10:01", "ci"), "reading", reading("partial", "0.01 %", "HOLDS", "10:01"));
    let other_place = of(("10:01", "ci"), &json!(staging), "reading", reading("canary", "0.01 %", "HOLDS", "10:01"));
    let mut both = vec![other_stage, other_place];
    both.sort();
    mine(("10:02", "max"), "stage", json!({ "stage": "canary", "event": "pass", "readings": both }));
    mine(("10:03", "max"), "stage", json!({ "stage": "partial", "event": "enter" }));
    asks("10:03", 1).says("[limit-unread]");
    own.takes("10:03");

    own.server.change("other", "other");
    own.go("v1.1.0");
    own.say("v1.1.0", ("09:31", "max"), "stage", json!({ "stage": "canary", "event": "enter" }));
    let elsewhere = own.say("v1.1.0", ("10:04", "ci"), "reading", reading("canary", "0.01 %", "HOLDS", "10:04"));
    asks("10:04", 1).says("[limit-unread]");
    let line = own.server.box_.log("v1.1.0").into_iter().find(|entry| entry.id == elsewhere).unwrap().line;
    own.server.box_.add_line(TAG, line.as_bytes());
    own.run(("10:04", "rita"), &["verify", TAG]).exits(3).says("subject-mismatch");
    asks("10:04", 1);
    own.refuses("10:04", "subject-mismatch");
}

#[test]
fn a_reading_after_the_fact_holds_no_limit() {
    // Expected: limit-unread while whoever passed the stage had not seen it, whatever times it claims; the stage passes anew by whoever has.
    let own = Course::in_go(STAGED);
    own.stage(("09:31", "max"), "canary", "enter");
    own.stage(("10:02", "max"), "canary", "pass");
    own.stage(("10:03", "max"), "partial", "enter");
    own.gate_of("10:03", "partial", 1).says("[limit-unread]");
    // Signed now, as if before.
    own.say(TAG, ("10:01", "ci"), "reading", reading("canary", "0.01 %", "HOLDS", "10:01"));
    own.gate_of("10:04", "partial", 1).says("[limit-unread]");
    own.takes("10:04");
    own.stage(("10:05", "max"), "canary", "pass");
    own.gate_of("10:05", "partial", 0);
}

#[test]
fn a_reading_says_no_more_than_its_value() {
    // Expected: limit-failed and reading-contradicts where it says that a value holds which does not; limit-no-data where a machine says so of
    // no value; limit-stale where it ended before the stage had baked, and where it is of the time before the stage.
    let cases = [
        ("3 %", "HOLDS", "10:01", "limit-failed"),
        ("NaN", "HOLDS", "10:01", "limit-no-data"),
        ("fine", "HOLDS", "10:01", "limit-no-data"),
        ("0.01 ms", "HOLDS", "10:01", "limit-no-data"),
        ("0.01 %", "HOLDS", "10:00", "limit-stale"),
    ];
    for (value, result, until, code) in cases {
        let own = Course::in_go(STAGED);
        own.stage(("09:31", "max"), "canary", "enter");
        let read = own.say(TAG, ("10:01", "ci"), "reading", reading("canary", value, result, until));
        own.say(TAG, ("10:02", "max"), "stage", json!({ "stage": "canary", "event": "pass", "readings": [read] }));
        own.stage(("10:03", "max"), "partial", "enter");
        own.gate_of("10:03", "partial", 1).says(&format!("[{code}]"));
        own.takes("10:03");
        if code == "limit-failed" {
            own.verify("10:03", TAG, 0).finds("reading-contradicts").says("machine:ci says HOLDS of 3 %");
        }
    }
    // What ends after it was signed is no reading, and one by whoever may not read is none either.
    let own = Course::in_go(STAGED);
    own.stage(("09:31", "max"), "canary", "enter");
    own.say(TAG, ("09:32", "ci"), "reading", reading("canary", "0.01 %", "HOLDS", "10:01"));
    own.refuses("10:01", "record-incomplete");
    own.read(("10:01", "ann"), "canary", "0.01 %", "HOLDS");
    own.refuses("10:01", "not-authorised");
}

#[test]
fn a_failing_reading_that_was_kept_from_whoever_passed_the_stage_holds_it() {
    // Expected: limit-failed once it comes to light, although whoever passed the stage had not seen it, and by a key that was retired since.
    let own = Course::in_go(STAGED);
    own.stage(("09:31", "max"), "canary", "enter");
    let kept = own.draft(TAG, ("10:02", "ci"), "reading", reading("canary", "3 %", "FAILS", "10:02"));
    own.read(("10:01", "ci"), "canary", "0.01 %", "HOLDS");
    own.stage(("10:03", "max"), "canary", "pass");
    own.stage(("10:04", "max"), "partial", "enter");
    own.gate_of("10:04", "partial", 0);
    own.server.box_.plant(TAG, "ci", &kept);
    own.gate_of("10:04", "partial", 1).says("[limit-failed]").says("3 % was read");
    own.takes("10:04");
}

#[test]
fn a_machine_overrides_and_confirms_nothing() {
    // Expected: limit-failed where a machine passes in spite of it, stage-item-open where it confirms a checkpoint, and where a person confirms
    // one of another stage or of another text.
    let checkpoint = "## Monitoring Checkpoints\n\nAt each rollout stage, verify:\n\n- [ ] Latency looks as before <!-- relsign: id=latency -->\n\n## Post";
    let own = Course::in_go(&STAGED.replace("## Post", checkpoint));
    let item = |id: &str| own.server.box_.draft_word(TAG, "max", id, "done")["predicate"]["body"]["item"].clone();
    let pass = |said: (&str, &str), confirm: Value| {
        let spite = json!([{ "of": "error-rate", "reason": "it is fine" }]);
        own.say(TAG, said, "stage", json!({ "stage": "canary", "event": "pass", "confirm": [confirm], "in_spite": spite }))
    };
    own.stage(("09:31", "max"), "canary", "enter");
    own.read(("10:01", "ci"), "canary", "3 %", "FAILS");
    pass(("10:02", "ci"), item("latency@canary"));
    own.stage(("10:03", "max"), "partial", "enter");
    own.gate_of("10:03", "partial", 1).says("[limit-failed]");
    let codes = |time: &str| {
        let asked = own.run((time, "rita"), &["gate", "--no-sync", "--json", TAG, "--stage", "partial"]).json();
        let reasons = asked["reasons"].as_array().unwrap().iter();
        reasons.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes("10:03"), ["limit-failed", "stage-item-open"]);
    pass(("10:04", "max"), item("latency@partial"));
    assert_eq!(codes("10:04"), ["stage-item-open"]);
    let mut changed = item("latency@canary");
    changed["digest"] = json!("5".repeat(64));
    pass(("10:05", "max"), changed);
    assert_eq!(codes("10:05"), ["stage-item-open"]);
    pass(("10:06", "max"), item("latency@canary"));
    own.gate_of("10:06", "partial", 0);
    own.verify("10:06", TAG, 0).finds("overridden").says("it is fine");
}

#[test]
fn a_backdated_entry_bakes_from_when_a_witness_saw_it() {
    // Expected: stage-baking until so long after the receipt; without a witness the claimed time is believed.
    let own = Course::in_go(STAGED);
    own.stage(("09:31", "max"), "canary", "enter");
    own.witness("09:50");
    own.read(("10:01", "ci"), "canary", "0.01 %", "HOLDS");
    own.stage(("10:02", "max"), "canary", "pass");
    own.stage(("10:03", "max"), "partial", "enter");
    own.gate_of("10:03", "partial", 1).says("[stage-baking]").says("10:20");
    own.read(("10:21", "ci"), "canary", "0.01 %", "HOLDS");
    own.stage(("10:21", "max"), "canary", "pass");
    own.gate_of("10:21", "partial", 0);

    let own = Course::in_go(STAGED);
    own.hold("canary", "09:31", "10:01");
    own.stage(("10:02", "max"), "partial", "enter");
    own.gate_of("10:02", "partial", 0);
}

#[test]
fn a_bake_time_is_not_waived_by_too_few_or_by_a_machine() {
    // Expected: stage-baking after a waiver by one person of two, by the same with another key, by a machine and by whoever may not waive.
    let own = Course::begun(STAGED, |policy| {
        let policy = policy.replace("waive = [\"release-manager\"]", "waive = [\"release-manager\", \"sre\"]");
        policy.replace("[refs]", "[thresholds]\nwaiver = 2\n[refs]")
    });
    own.go(TAG);
    let waive =
        |said: (&str, &str)| own.say(TAG, said, "sign", json!({ "bake": "canary", "verdict": "waive", "reason": "worse without" }));
    own.stage(("09:31", "max"), "canary", "enter");
    waive(("09:32", "max"));
    waive(("09:32", "max2"));
    own.takes("09:32");
    own.read(("09:33", "ci"), "canary", "0.01 %", "HOLDS");
    own.stage(("09:34", "max"), "canary", "pass");
    own.stage(("09:35", "max"), "partial", "enter");
    own.gate_of("09:35", "partial", 1).says("[stage-baking]");
    own.takes("09:35");
    for (who, code) in [("ci", "machine-not-person"), ("ann", "not-authorised")] {
        waive(("09:35", who));
        own.gate_of("09:35", "partial", 1).says("[stage-baking]");
        own.refuses("09:35", code);
    }
    waive(("09:36", "bob"));
    own.read(("09:37", "ci"), "canary", "0.01 %", "HOLDS");
    own.stage(("09:37", "max"), "canary", "pass");
    own.stage(("09:38", "max"), "partial", "enter");
    own.gate_of("09:38", "partial", 0);
    own.verify("09:38", TAG, 0).finds("waived");
}

#[test]
fn an_entry_outside_the_window_or_in_a_freeze_is_no_way_out() {
    // Expected: stage-deviation, not out, and outside-window or environment-frozen at the gate, also by whoever overrides it without the right to
    // break glass, by a machine, and by an entry that claims a time in the window and that a witness saw later.
    let windowed = PLAIN.replace("## Before", "**Release window**: 2026-11-21T09:00:00Z to 2026-11-21T18:00:00Z\n\n## Before");
    let spite = |of: &str| json!({ "stage": "all", "event": "enter", "in_spite": [{ "of": of, "reason": "now" }] });
    let own = Course::in_go(&windowed);
    own.gate("17:59", TAG, 0);
    own.gate("18:00", TAG, 1).says("[outside-window]");
    own.out(TAG, "18:30");
    own.say(TAG, ("18:31", "max"), "stage", spite("window"));
    own.say(TAG, ("18:31", "ci"), "stage", spite("window"));
    own.gate("18:31", TAG, 1).says("[outside-window]");
    assert!(!is_out(&own.verify("18:31", TAG, 0).finds("stage-deviation").says("the window of the release ended")));
    own.takes("18:31");
    own.out(TAG, "17:59");
    own.witness("18:32");
    own.gate("18:32", TAG, 1).says("[outside-window]");
    assert!(!is_out(&own.verify("18:32", TAG, 0)));
    own.say(TAG, ("18:33", "rita"), "stage", spite("window"));
    own.gate("18:33", TAG, 0);
    assert!(is_out(&own.verify("18:33", TAG, 0).finds("overridden")));

    let own = Course::in_go(&windowed);
    own.freeze("10:00");
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
    own.out(TAG, "10:01");
    own.say(TAG, ("10:02", "max"), "stage", spite("freeze"));
    // To override the one is not to override the other.
    own.say(TAG, ("10:02", "rita"), "stage", spite("window"));
    own.gate("10:02", TAG, 1).says("[environment-frozen]");
    assert!(!is_out(&own.verify("10:02", TAG, 0).finds("stage-deviation").says("production is frozen")));
    own.say(TAG, ("10:03", "rita"), "stage", spite("freeze"));
    own.gate("10:03", TAG, 0);
    assert!(is_out(&own.verify("10:03", TAG, 0).finds("overridden")));
}

#[test]
fn an_entry_before_the_decision_is_no_way_out() {
    // Expected: not out by an entry that had not seen the decision, or that claims a time before it; in a freeze the gate goes on asking.
    let own = Course::begun(PLAIN, |policy| policy);
    own.open(TAG);
    let early = own.draft(TAG, ("09:29", "ci"), "stage", json!({ "stage": "all", "event": "enter" }));
    own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
    own.server.run("rita", &["decide", TAG, "go"]).exits(0);
    own.server.box_.plant(TAG, "ci", &early);
    own.freeze("10:00");
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
    assert!(!is_out(&own.verify("10:01", TAG, 0).finds("stage-deviation").says("no decision let it go out then")));
    own.out(TAG, "09:29");
    own.gate("10:01", TAG, 1).says("[environment-frozen]");
    assert!(!is_out(&own.verify("10:01", TAG, 0).says("before that of the decision")));
    own.out(TAG, "09:31");
    own.gate("10:01", TAG, 0);
}

#[test]
fn whoever_asks_by_commit_or_artifact_is_asked_the_same() {
    // Expected: outside-window, environment-frozen and stage-unnamed by --commit and --artifact as by tag, until the release is out.
    let windowed = STAGED.split("## Risk").next().unwrap().to_owned() + PLAIN.split_once("## Before").unwrap().1;
    let windowed = windowed.replace(" the release\n\n- [ ] The", "\n\n## Before the release\n\n- [ ] The");
    let digest = "ab".repeat(32);
    let asks = |own: &Course, time: &str, exit: i32, code: &str| {
        for what in [["--commit", "HEAD"], ["--artifact", &digest]] {
            own.run((time, "rita"), &[&["gate", "--no-sync"][..], &what].concat()).exits(exit).says(code);
        }
    };
    for (text, in_time) in [(windowed.as_str(), 0), (STAGED, 4)] {
        let own = Course::begun(text, |policy| policy);
        own.server.box_.tag(TAG);
        own.server.run("rita", &["open", TAG, "--artifact", &format!("app=sha256:{digest}")]).exits(0);
        own.server.run("ann", &["approve", TAG, "tests"]).exits(0);
        own.server.run("rita", &["decide", TAG, "go"]).exits(0);
        asks(&own, "17:59", in_time, if in_time == 0 { "GO" } else { "[stage-unnamed]" });
        own.run(("18:00", "rita"), &["gate", "--no-sync", TAG]).exits(1);
        if in_time == 0 {
            asks(&own, "18:00", 1, "[outside-window]");
            own.freeze("10:00");
            asks(&own, "10:01", 1, "[environment-frozen]");
            own.out(TAG, "09:59");
            asks(&own, "19:00", 0, "GO");
        }
    }
}
