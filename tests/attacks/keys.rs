//! Keys and time: keys that came later, were retired or stolen, records that claim another time, and witnesses.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, Stage, TAG, record_id};
use crate::steps::Head;

/// A release that waits for the word of @max's second key on `rollback`, and the version in force.
fn waiting() -> (Sandbox, Head) {
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "tests", "migration"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "migration", "--review"]).exits(0);
    box_.run_as("max", &["approve", TAG, "migration", "--review"]).exits(0);
    let head = box_.head();
    (box_, head)
}

/// Approves `rollback` with a key, naming a version of the policy.
fn approve(box_: &Sandbox, head: &Head, who: &str) -> String {
    let word = box_.draft_word(TAG, who, "rollback", "approve");
    box_.plant_under(head, TAG, who, word)
}

/// Decides go on everything, naming the version in force.
fn decide(box_: &Sandbox) {
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant_under(&box_.head(), TAG, "rita", go);
}

#[test]
fn an_approval_by_a_key_that_came_later_does_not_count() {
    // Expected: key-not-listed, gate 1: the version it names did not list the key, whatever the newest one does.
    let (box_, head) = waiting();
    let admitted = box_.policy_with(
        &format!("{{ key = \"{}\", state = \"active\" }}]", box_.public_key("max2")),
        &format!("{{ key = \"{}\" }}, {{ key = \"{}\" }}]", box_.public_key("max2"), box_.public_key("eve")),
    );
    box_.step(&admitted, &box_.ids(TAG));
    let mut word = box_.draft_word(TAG, "max", "rollback", "approve");
    word["predicate"]["signer"]["fingerprint"] = json!(box_.fingerprint("eve"));
    word["predicate"]["policy_head"] = head;
    box_.plant(TAG, "eve", &word);
    decide(&box_);
    let verified = box_.verify(TAG, 0).finds("key-not-listed").finds("decision-without-basis");
    assert_eq!(verified.says("is not listed in policy version 1").item("rollback"), "done");
    box_.gate(TAG, 1);
    // The same key under the version that lists it.
    word["predicate"]["policy_head"] = box_.head();
    box_.plant(TAG, "eve", &word);
    decide(&box_);
    box_.gate(TAG, 0);
}

#[test]
fn an_approval_by_a_key_that_was_retired_does_not_count_whatever_version_it_names() {
    // Expected: key-retired, gate 1, and the way out is said.
    let (box_, head) = waiting();
    box_.step(&box_.policy_with_key("max2", "state = \"retired\""), &box_.ids(TAG));
    for head in [head, box_.head()] {
        approve(&box_, &head, "max2");
        decide(&box_);
        box_.verify(TAG, 0).finds("key-retired").says("@max").says("is retired in policy version 2").says("sign it again");
        box_.gate(TAG, 1);
    }
    box_.run_as("max", &["approve", TAG, "rollback", "--review"]).exits(0);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
}

#[test]
fn what_a_key_signed_before_it_was_retired_stays_where_the_step_anchored_it() {
    // Expected: GO, exit 0, also for a stranger.
    let (box_, head) = waiting();
    approve(&box_, &head, "max2");
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let log = box_.log(TAG);
    let anchors: Vec<String> =
        log.iter().filter(|entry| matches!(entry.kind(), "open" | "decide")).map(|entry| entry.id.clone()).collect();
    box_.step(&box_.policy_with_key("max2", "state = \"retired\""), &anchors);
    box_.forget();
    box_.verify(TAG, 0).lacks("key-retired").lacks("policy-outdated");
    box_.gate(TAG, 0);
}

#[test]
fn a_key_that_was_left_out_of_the_policy_signs_no_more() {
    // Expected: key-retired for what names the old version, key-not-listed for what names the new one; gate 1.
    let (box_, head) = waiting();
    let without = box_.policy_with(&format!(", {{ key = \"{}\", state = \"active\" }}", box_.public_key("max2")), "");
    box_.step(&without, &box_.ids(TAG));
    approve(&box_, &head, "max2");
    approve(&box_, &box_.head(), "max2");
    decide(&box_);
    box_.verify(TAG, 0).finds("key-retired").finds("key-not-listed");
    box_.gate(TAG, 1);
}

#[test]
fn a_compromised_key_is_void_since_the_version_named_whatever_was_anchored_since() {
    // Expected: GO where it was compromised since a version after its word, key-compromised and gate 1 where before.
    for (since, exit) in [(3, 0), (2, 1), (1, 1)] {
        let (box_, _) = waiting();
        box_.step(&(box_.policy_text() + "# two\n"), &box_.ids(TAG));
        approve(&box_, &box_.head(), "max2");
        decide(&box_);
        box_.gate(TAG, 0);
        let stolen = box_.policy_with_key("max2", &format!("state = \"compromised\", since = {since}"));
        box_.step(&stolen, &box_.ids(TAG));
        box_.forget();
        box_.gate(TAG, exit);
        if exit == 0 {
            box_.verify(TAG, 0).lacks("key-compromised");
        } else {
            box_.verify(TAG, 0).finds("key-compromised").says(&format!("compromised since policy version {since}"));
        }
    }
}

#[test]
fn a_thief_dates_nothing_back() {
    // Expected: key-compromised, gate 1: a claimed time of last year and the old policy's head prove nothing.
    let (box_, head) = waiting();
    box_.step(&box_.policy_with_key("max2", "state = \"compromised\", since = 2"), &box_.ids(TAG));
    let mut word = box_.draft_word(TAG, "max2", "rollback", "approve");
    word["predicate"]["time"] = json!("2025-01-01T00:00:00Z");
    word["predicate"]["parents"] = json!([]);
    box_.plant_under(&head, TAG, "max2", word);
    decide(&box_);
    box_.verify(TAG, 0).finds("key-compromised").says("nothing shows that this was signed before version 2");
    box_.gate(TAG, 1);
}

#[test]
fn a_stolen_key_can_still_be_heard_against() {
    // Expected: gate 1 with the reject; a thief can stop a release and not let one go.
    let box_ = Sandbox::at(Stage::Go);
    let head = box_.head();
    box_.step(&box_.policy_with_key("max2", "state = \"compromised\", since = 1"), &box_.ids(TAG));
    box_.gate(TAG, 0);
    let reject = box_.draft_word(TAG, "max2", "tests", "reject");
    let id = box_.plant_under(&head, TAG, "max2", reject);
    box_.verify(TAG, 0).finds("unseen-negative").says("@max").says(&id[..12]);
    box_.gate(TAG, 1);
}

#[test]
fn a_record_that_pretends_not_to_know_the_newer_policy_does_not_count() {
    // Expected: policy-outdated, gate 1, though its key is good.
    let (box_, head) = waiting();
    box_.step(&(box_.policy_text() + "# two\n"), &box_.ids(TAG));
    let id = approve(&box_, &head, "max");
    decide(&box_);
    box_.verify(TAG, 0).finds("policy-outdated").says("it names policy version 1").says("sign it again").says(&id[..12]);
    box_.gate(TAG, 1);
    // And the step after, which anchors everything that is valid, does not bring it in.
    box_.step(&(box_.policy_text() + "# three\n"), &box_.ids(TAG));
    box_.verify(TAG, 0).finds("policy-outdated");
    box_.gate(TAG, 1);
}

#[test]
fn an_open_record_dated_back_under_looser_rules_opens_nothing() {
    // Expected: policy-outdated and not-opened, gate 1: the old policy asks no reviews, and its time is claimed.
    let box_ = Sandbox::at(Stage::Begun);
    let head = box_.head();
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let open = box_.log(TAG).remove(0).payload;
    box_.step(&box_.policy_with("reviews = 1", "reviews = 2"), &[]);
    box_.forget();
    box_.set_note(&box_.id(&format!("refs/tags/{TAG}")), b"\n");
    let mut late = open;
    late["predicate"]["nonce"] = json!("ab".repeat(16));
    late["predicate"]["time"] = json!("2026-01-01T00:00:00Z");
    late["predicate"]["policy_head"] = head;
    let line = box_.sign("rita", &late);
    box_.add_line(TAG, &line);
    box_.verify(TAG, 4).finds("policy-outdated").says("by @rita does not count");
    box_.gate(TAG, 4);
    // A forger who pushes it into the name's note as well only makes it whole: it still opens nothing.
    let root = box_.root();
    let name = box_.blob(format!("relsign-name-v1 {root} refs/tags/{TAG}\n"));
    box_.set_note(&name, &[&line[..], b"\n"].concat());
    box_.forget();
    box_.verify(TAG, 0).finds("policy-outdated").finds("not-opened");
    box_.gate(TAG, 1);
}

#[test]
fn a_decision_of_next_year_does_not_count_yet() {
    // Expected: time-in-future, gate 1.
    let box_ = Sandbox::at(Stage::Signed);
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["time"] = json!("2027-11-21T09:30:00Z");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("time-in-future").says("in the future");
    box_.gate(TAG, 1);
}

#[test]
fn a_time_before_what_the_record_had_seen_is_noted_and_changes_nothing() {
    // Expected: time-before-parent, exit 0, and the gate stays GO.
    let box_ = Sandbox::at(Stage::Go);
    let mut word = box_.draft_word(TAG, "max", "healthy", "approve");
    word["predicate"]["time"] = json!("2020-01-01T00:00:00Z");
    box_.plant(TAG, "max", &word);
    box_.verify(TAG, 0).finds("time-before-parent").says("@max claims 2020-01-01");
    box_.gate(TAG, 0);
}

#[test]
fn an_approval_past_its_age_at_the_decision_does_not_count() {
    // Expected: approval-expired and decision-without-basis, gate 1.
    let box_ = Sandbox::at(Stage::Begun);
    box_.step(&box_.policy_with("reviews = 1", "reviews = 1\nmax_age = \"7d\""), &[]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("ann", &["approve", TAG, "tests", "migration"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "migration", "--review"]).exits(0);
    box_.run_as("max", &["approve", TAG, "migration", "--review"]).exits(0);
    let mut old = box_.draft_word(TAG, "max", "rollback", "approve");
    old["predicate"]["time"] = json!("2026-11-01T00:00:00Z");
    box_.plant(TAG, "max", &old);
    decide(&box_);
    box_.verify(TAG, 0).finds("approval-expired").finds("decision-without-basis").says("longer before the decision");
    box_.gate(TAG, 1);
}

#[test]
fn a_waiver_past_its_end_at_the_decision_does_not_count() {
    // Expected: waiver-expired, gate 1.
    let (box_, _) = waiting();
    let mut waiver = box_.draft_word(TAG, "rita", "rollback", "waive");
    waiver["predicate"]["body"]["expires"] = json!("2026-11-21T09:00:00Z");
    box_.plant(TAG, "rita", &waiver);
    decide(&box_);
    box_.verify(TAG, 0).finds("waiver-expired").says("it expired at 2026-11-21T09:00:00Z");
    box_.gate(TAG, 1);
}

/// Makes a tag that carries a signature, by git's own bytes.
fn signed_tag(box_: &Sandbox, name: &str, armour: impl Fn(&[u8]) -> String) {
    let body = format!(
        "object {}\ntype commit\ntag {name}\ntagger Rita Mann <rita@example.com> 1795161600 +0000\n\n{name}\n",
        box_.id("HEAD")
    );
    let whole = body.clone() + &armour(body.as_bytes());
    let id = box_.git_with(&["hash-object", "-w", "-t", "tag", "--stdin"], whole.as_bytes());
    box_.set_ref(&format!("refs/tags/{name}"), &id);
}

/// Signs bytes with ssh-keygen as git does.
fn by_ssh(box_: &Sandbox, who: &str, message: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    let blob = box_.ssh_sign(who, &["-n", "git"], message);
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", Base64::encode_string(&blob))
}

#[test]
fn a_tag_signed_with_an_expired_key_is_not_signed() {
    // Expected: tag-unsigned, gate 1 where the policy asks; opening it is refused with the reason.
    let box_ = Sandbox::at(Stage::Begun);
    let text = box_.policy_with_key("max2", "state = \"retired\"") + "[tags]\nsigned = \"required\"\n";
    box_.step(&text, &[]);
    for who in ["max2", "ci", "eve"] {
        let name = format!("v2.0.{}", who.len());
        signed_tag(&box_, &name, |message| by_ssh(&box_, who, message));
        box_.run_as("rita", &["open", &name]).exits(1).says("requires a signed tag");
    }
    signed_tag(&box_, TAG, |message| by_ssh(&box_, "max2", message));
    // Whoever makes the open record by hand gains nothing.
    signed_tag(&box_, "v9.9.9", |message| by_ssh(&box_, "max", message));
    box_.run_as("rita", &["open", "v9.9.9"]).exits(0);
    box_.sign_all_but_max("v9.9.9");
    box_.run_as("rita", &["decide", "v9.9.9", "go"]).exits(1);
    retire_max(&box_, "v9.9.9");
}

/// Retires the key that signed the tag since before it did, and looks at the tag again.
fn retire_max(box_: &Sandbox, name: &str) {
    box_.verify(name, 0).lacks("tag-unsigned");
    let key = box_.public_key("max");
    let last = box_.text("refs/relsign/policy:version/policy.toml");
    let text = last.replace(
        &format!("{{ key = \"{key}\", state = \"active\" }}"),
        &format!("{{ key = \"{key}\", state = \"compromised\", since = 1 }}"),
    );
    box_.step(&text, &box_.ids(name));
    box_.verify(name, 0).finds("tag-unsigned").finds("tag-signature-unverified").says("compromised since policy version 1");
    box_.gate(name, 1).says("tag-unsigned");
}

#[test]
fn a_tag_with_a_signature_of_another_kind_is_called_unverified() {
    // Expected: tag-signature-unverified as a note, exit 0; and no GO where the policy asks for signed tags.
    let pgp = "-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE\n-----END PGP SIGNATURE-----\n";
    let x509 = "-----BEGIN SIGNED MESSAGE-----\nMIAGCSqGSIb3DQEHAqCA\n-----END SIGNED MESSAGE-----\n";
    for armour in [pgp, x509] {
        let box_ = Sandbox::at(Stage::Begun);
        signed_tag(&box_, TAG, |_| armour.to_owned());
        box_.run_as("rita", &["open", TAG]).exits(0);
        box_.sign_all(TAG);
        box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
        box_.verify(TAG, 0).finds("tag-signature-unverified").says("not an SSH signature");
        box_.gate(TAG, 0);
        box_.step(&(box_.policy_text() + "[tags]\nsigned = \"required\"\n"), &box_.ids(TAG));
        signed_tag(&box_, "v2.0.0", |_| armour.to_owned());
        box_.run_as("rita", &["open", "v2.0.0"]).exits(1).says("requires a signed tag");
    }
}

/// Lets the machine witness, from version 2 on.
fn with_witness() -> (Sandbox, Head) {
    let (box_, _) = waiting();
    let text = box_.policy_with("may = [\"check\"]", "may = [\"check\", \"receipt\"]");
    box_.write(".relsign/policy.toml", &text);
    let head = box_.step(&text, &box_.ids(TAG));
    (box_, head)
}

fn sealed(box_: &Sandbox, who: &str, receipt: &Value) -> (Vec<u8>, String) {
    (box_.sign(who, receipt), record_id(receipt.to_string().as_bytes()))
}

#[test]
fn a_receipt_by_a_witness_shows_that_a_record_was_there_before_the_step() {
    // Expected: policy-outdated without it, GO with it; a receipt that knew the newer policy shows nothing.
    let (box_, old) = with_witness();
    let id = approve(&box_, &old, "max2");
    let anchors: Vec<String> = box_.ids(TAG).into_iter().filter(|other| *other != id).collect();
    let new = box_.step(&box_.policy_with_key("max2", "state = \"retired\""), &anchors);
    decide(&box_);
    box_.verify(TAG, 0).finds("key-retired");
    box_.gate(TAG, 1);
    let (late, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &new, 1, None, std::slice::from_ref(&id)));
    box_.add_receipts(&[late]);
    box_.gate(TAG, 1);
    // Whoever has seen it would miss it now.
    box_.forget();
    let (early, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 1, None, std::slice::from_ref(&id)));
    box_.add_receipts(&[early]);
    box_.verify(TAG, 0).lacks("key-retired").lacks("receipt-unauthorised");
    box_.gate(TAG, 0);
}

#[test]
fn a_receipt_by_somebody_who_may_not_witness_shows_nothing() {
    // Expected: receipt-unauthorised, gate 1: a person, a machine without the right then, a key that is retired now.
    let (box_, old) = with_witness();
    let first = json!({ "version": 1, "digest": box_.log(TAG)[0].payload["predicate"]["policy_head"]["digest"] });
    let id = approve(&box_, &old, "max2");
    let anchors: Vec<String> = box_.ids(TAG).into_iter().filter(|other| *other != id).collect();
    box_.step(&box_.policy_with_key("max2", "state = \"retired\""), &anchors);
    decide(&box_);
    let mut by_person = box_.draft_receipt(TAG, &old, 1, None, std::slice::from_ref(&id));
    by_person["predicate"]["signer"] = json!({ "handle": "@bob", "fingerprint": box_.fingerprint("bob") });
    for (who, receipt) in [("bob", by_person), ("ci", box_.draft_receipt(TAG, &first, 1, None, std::slice::from_ref(&id)))] {
        let (line, _) = sealed(&box_, who, &receipt);
        box_.add_receipts(&[line]);
        box_.verify(TAG, 0).finds("receipt-unauthorised").finds("key-retired");
        box_.gate(TAG, 1);
    }
    let (good, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 1, None, std::slice::from_ref(&id)));
    box_.add_receipts(&[good]);
    box_.gate(TAG, 0);
    box_.step(&box_.policy_with_key("ci", "state = \"retired\""), &box_.ids(TAG));
    box_.verify(TAG, 0).finds("receipt-unauthorised").says("the key is not active any more");
}

#[test]
fn a_broken_sequence_of_receipts_counts_up_to_the_break() {
    // Expected: receipt-missing and exit 4 for a gap, receipt-forked and exit 3 for a fork; what follows is not heard.
    let (box_, old) = with_witness();
    let id = approve(&box_, &old, "max2");
    let anchors: Vec<String> = box_.ids(TAG).into_iter().filter(|other| *other != id).collect();
    box_.step(&box_.policy_with_key("max2", "state = \"retired\""), &anchors);
    decide(&box_);
    let (one, first) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 1, None, &anchors));
    let (two, second) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 2, Some(&first), &anchors));
    let (three, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 3, Some(&second), std::slice::from_ref(&id)));
    box_.add_receipts(&[one.clone(), two.clone(), three.clone()]);
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
    box_.add_receipts(&[one.clone(), three.clone()]);
    box_.verify(TAG, 4).finds("receipt-missing").says("receipt 2 of machine:ci is missing");
    box_.gate(TAG, 1);
    let (other, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 2, Some(&first), &[]));
    box_.add_receipts(&[one.clone(), two, other, three.clone()]);
    box_.verify(TAG, 3).finds("receipt-forked").says("number 2");
    box_.gate(TAG, 1);
    let (wrong, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &old, 2, Some(&second), &[id]));
    box_.add_receipts(&[one, wrong]);
    box_.verify(TAG, 3).finds("receipt-forked").says("does not name the one before");
}

#[test]
fn a_record_that_a_witness_had_is_missed_by_somebody_who_never_saw_it() {
    // Expected: record-vanished, exit 4, gate 4, without any memory of one's own.
    let (box_, head) = with_witness();
    box_.run_as("max", &["approve", TAG, "rollback", "--review"]).exits(0);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let reject = box_.draft_word(TAG, "bob", "tests", "reject");
    let id = box_.plant_under(&head, TAG, "bob", reject);
    let (receipt, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &head, 1, None, &box_.ids(TAG)));
    box_.drop_lines(TAG, |entry| entry.id == id);
    box_.forget();
    box_.gate(TAG, 0);
    box_.forget();
    box_.add_receipts(&[receipt]);
    box_.verify(TAG, 4).finds("record-vanished").says(&format!("a witness had {}", &id[..12]));
    box_.gate(TAG, 4);
}

#[test]
fn a_receipt_approves_nothing() {
    // Expected: gate 1, not-decided: a witness's word is no person's, in the log or beside it.
    let (box_, head) = with_witness();
    let (receipt, _) = sealed(&box_, "ci", &box_.draft_receipt(TAG, &head, 1, None, &box_.ids(TAG)));
    box_.add_receipts(&[receipt]);
    let verified = box_.verify(TAG, 0).finds("not-decided");
    assert_eq!(verified.item("rollback"), "done");
    box_.gate(TAG, 1);
}

#[test]
fn an_approval_of_a_time_to_come_does_not_count_yet() {
    // Expected: time-in-future, gate 1, beyond the tolerance of clocks; within it the word counts.
    for (time, state) in [("2026-11-21T09:34:59Z", "satisfied"), ("2026-11-21T09:36:00Z", "done"), ("2999-12-31T23:59:59Z", "done")]
    {
        let (box_, _) = waiting();
        let mut word = box_.draft_word(TAG, "max", "rollback", "approve");
        word["predicate"]["time"] = json!(time);
        box_.plant(TAG, "max", &word);
        decide(&box_);
        let verified = box_.verify(TAG, 0);
        assert_eq!(verified.item("rollback"), state, "{time}");
        if state == "done" {
            verified.finds("time-in-future").says("in the future");
        }
        box_.gate(TAG, i32::from(state == "done"));
    }
}

#[test]
fn a_witness_whose_clock_is_wrong_makes_nothing_good() {
    // Expected: a clock that is behind changes nothing; one that is ahead lets approvals grow old, and never young: gate 1.
    let aged = |time: &str| {
        let (box_, _) = with_witness();
        let text = box_.policy_text().replace("reviews = 1\n", "reviews = 1\nmax_age = \"7d\"\n");
        let head = box_.step(&text, &box_.ids(TAG));
        box_.commit("more");
        box_.tag("v2.0.0");
        box_.run_as("rita", &["open", "v2.0.0"]).exits(0);
        box_.sign_all("v2.0.0");
        box_.run_as("rita", &["decide", "v2.0.0", "go"]).exits(0);
        box_.gate("v2.0.0", 0);
        let mut receipt = box_.draft_receipt("v2.0.0", &head, 1, None, &box_.ids("v2.0.0"));
        receipt["predicate"]["time"] = json!(time);
        let (line, _) = sealed(&box_, "ci", &receipt);
        box_.add_receipts(&[line]);
        box_
    };
    aged("2020-01-01T00:00:00Z").gate("v2.0.0", 0);
    let box_ = aged("2027-06-01T00:00:00Z");
    box_.verify("v2.0.0", 0).finds("decision-without-basis");
    box_.gate("v2.0.0", 1);

    // Nor does a clock that is behind make a word of a retired key one from before: that is shown by versions.
    let (box_, old) = with_witness();
    let id = approve(&box_, &old, "max2");
    let anchors: Vec<String> = box_.ids(TAG).into_iter().filter(|other| *other != id).collect();
    let new = box_.step(&box_.policy_with_key("max2", "state = \"retired\""), &anchors);
    decide(&box_);
    let mut receipt = box_.draft_receipt(TAG, &new, 1, None, &[id]);
    receipt["predicate"]["time"] = json!("2020-01-01T00:00:00Z");
    let (line, _) = sealed(&box_, "ci", &receipt);
    box_.add_receipts(&[line]);
    box_.verify(TAG, 0).finds("key-retired").lacks("receipt-unauthorised");
    box_.gate(TAG, 1);
}
