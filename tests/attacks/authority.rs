//! Authority: the signature is good, and the right is missing, borrowed, or made up.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, Stage, TAG};
use crate::steps::sign_by_sam;

/// Gives the payload of the open record of a tag, with bits of its own, to be changed and signed again.
pub(crate) fn open_again(box_: &Sandbox, tag: &str) -> Value {
    let log = box_.log(tag);
    let open = log.iter().find(|entry| entry.kind() == "open").unwrap();
    let mut payload = open.payload.clone();
    payload["predicate"]["nonce"] = json!("cd".repeat(16));
    payload
}

/// Takes the tag's log away and puts one crafted open record in its place, there and in the note of the tag's name.
pub(crate) fn open_by_hand(box_: &Sandbox, tag: &str, who: &str, payload: &Value) {
    let mut line = box_.sign(who, payload);
    line.push(b'\n');
    let root = box_.root();
    let name = box_.blob(format!("relsign-name-v1 {root} refs/tags/{tag}\n"));
    for object in [box_.id(&format!("refs/tags/{tag}")), name] {
        box_.set_note(&object, &line);
    }
    box_.forget();
}

/// A tag that is opened by hand, after `change`, signed by everybody and decided.
fn crafted(change: impl FnOnce(&Sandbox, &mut Value)) -> Sandbox {
    let box_ = Sandbox::at(Stage::Opened);
    let mut open = open_again(&box_, TAG);
    change(&box_, &mut open["predicate"]["body"]);
    open_by_hand(&box_, TAG, "rita", &open);
    say_all_by_hand(&box_, TAG);
    box_
}

/// What everybody says before the decision, each of them on items that they may speak of.
pub(crate) const HONEST: &[(&str, &str, &str)] = &[
    ("ann", "tests", "done"),
    ("ann", "migration", "done"),
    ("bob", "rollback", "done"),
    ("bob", "tests", "approve"),
    ("bob", "migration", "approve"),
    ("max", "migration", "approve"),
    ("max", "rollback", "approve"),
];

/// Signs by hand what everybody has to say of a release that is open, and the decision.
pub(crate) fn say_all_by_hand(box_: &Sandbox, tag: &str) {
    say_by_hand(box_, tag, HONEST);
}

/// Signs by hand what these people say of items, and the decision.
pub(crate) fn say_by_hand(box_: &Sandbox, tag: &str, said: &[(&str, &str, &str)]) {
    for (who, item, verdict) in said {
        let word = box_.draft_word(tag, who, item, verdict);
        box_.plant(tag, who, &word);
    }
    let go = box_.draft_decision(tag, "rita", "go");
    box_.plant(tag, "rita", &go);
}

#[test]
fn what_is_crafted_honestly_is_go() {
    // Expected: GO; the tests below would prove nothing if the crafted records failed for another reason.
    crafted(|_, _| {}).gate(TAG, 0);
}

#[test]
fn a_second_open_by_somebody_who_may_stops_the_release() {
    // Expected: unseen-negative while the decision had not seen it, second-open after; gate 1.
    let box_ = Sandbox::at(Stage::Go);
    let first = box_.log(TAG).iter().find(|entry| entry.kind() == "open").unwrap().id.clone();
    let mut second = open_again(&box_, TAG);
    second["predicate"]["body"]["items"].as_array_mut().unwrap().truncate(1);
    second["predicate"]["parents"] = box_.draft_word(TAG, "rita", "tests", "approve")["predicate"]["parents"].clone();
    box_.plant(TAG, "rita", &second);
    box_.verify(TAG, 0).finds("unseen-negative").says("@rita at 2026-11-21T09:30:00Z, after the decision");
    box_.gate(TAG, 1);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1).says("second-open");
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["open"] = json!(first);
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("second-open").says("@rita opened v1.0.0 for production again");
    box_.gate(TAG, 1);
}

#[test]
fn a_second_open_by_somebody_who_may_not_is_without_effect() {
    // Expected: open-unauthorised, and the gate stays GO.
    let box_ = Sandbox::at(Stage::Go);
    let mut second = open_again(&box_, TAG);
    second["predicate"]["signer"] = json!({ "handle": "@ann", "fingerprint": box_.fingerprint("ann") });
    box_.plant(TAG, "ann", &second);
    box_.verify(TAG, 0).finds("open-unauthorised").says("by @ann does not count");
    box_.gate(TAG, 0);
}

#[test]
fn an_open_of_a_convenient_type_by_somebody_who_may_not_open_it_opens_nothing() {
    // Expected: open-unauthorised and not-opened, gate 1.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["open", TAG, "--type", "emergency"]).exits(1).says("may not open a release of type emergency");
    let mut open = open_again(&box_, TAG);
    open["predicate"]["signer"] = json!({ "handle": "@ann", "fingerprint": box_.fingerprint("ann") });
    open["predicate"]["body"]["release_type"] = json!("emergency");
    open_by_hand(&box_, TAG, "ann", &open);
    box_.verify(TAG, 0).finds("open-unauthorised").finds("not-opened").says("type emergency");
    box_.gate(TAG, 1);
}

#[test]
fn an_open_that_asks_less_than_its_type_needs_is_no_go() {
    // Expected: open-contradicts-policy, gate 3 by checklist-changed: the items are not what the policy makes of the file.
    let box_ = crafted(|_, body| {
        for item in body["items"].as_array_mut().unwrap() {
            item["requirements"]["reviews"] = json!(0);
        }
    });
    box_.verify(TAG, 3).finds("open-contradicts-policy").finds("checklist-changed").says("requires less of tests");
    box_.gate(TAG, 3);
}

/// Points the crafted open record at a release before, and leaves @dev, who made all commits, out of the range.
fn since(body: &mut Value, tag: &str, object: &str, commit: &str) {
    body["previous"] = json!({ "tag": format!("refs/tags/{tag}"), "tag_object": object, "commit": commit });
    body["implementers"] = json!({ "tagger": "@rita", "people": [] });
    body["commits"] = json!(0);
}

#[test]
fn a_range_that_begins_with_a_release_that_never_was_cannot_be_decided() {
    // Expected: previous-not-here, exit 4, gate 4: the tag object and then the commit are made up.
    let box_ = crafted(|box_, body| since(body, "v0.9.0", &"8".repeat(40), &box_.id("HEAD")));
    box_.verify(TAG, 4).finds("previous-not-here").says("named v0.9.0 as the previous release: its tag object is not here");
    box_.gate(TAG, 4);
    let box_ = crafted(|_, body| since(body, "v0.9.0", &"8".repeat(40), &"9".repeat(40)));
    box_.verify(TAG, 4).finds("previous-not-here").says("its commit is not here");
    box_.gate(TAG, 4);
}

#[test]
fn a_range_that_begins_with_a_tag_that_did_not_pass_is_no_go() {
    // Expected: previous-unproven, gate 1: a tag on the newest commit takes everybody out of the range.
    let box_ = crafted(|box_, body| {
        box_.tag("v0.9.0");
        since(body, "v0.9.0", &box_.id("refs/tags/v0.9.0"), &box_.id("HEAD"));
    });
    box_.verify(TAG, 0).finds("previous-unproven").says("named v0.9.0 as the previous release: it did not pass");
    box_.gate(TAG, 1);
}

#[test]
fn a_range_that_begins_with_a_tag_of_another_sort_or_commit_is_no_go() {
    // Expected: previous-unproven, gate 1.
    let box_ = crafted(|box_, body| {
        box_.tag("nightly");
        since(body, "nightly", &box_.id("refs/tags/nightly"), &box_.id("HEAD"));
    });
    box_.verify(TAG, 0).finds("previous-unproven").says("not a tag of the same component");
    box_.gate(TAG, 1);
    let box_ = crafted(|box_, body| {
        box_.tag("v0.9.0");
        let object = box_.id("refs/tags/v0.9.0");
        box_.commit("later");
        since(body, "v0.9.0", &object, &box_.id("HEAD"));
    });
    box_.verify(TAG, 0).finds("previous-unproven").says("points at another commit");
    box_.gate(TAG, 1);
}

#[test]
fn the_release_before_is_believed_where_it_passed_and_no_further() {
    // Expected: GO after v1.0.0 that is GO; previous-unproven, gate 1, where that one rests on a tag that never passed.
    let next = |box_: &Sandbox, tag: &str, before: &str| {
        box_.commit("more");
        box_.tag(tag);
        box_.run_as("rita", &["open", tag]).exits(0);
        box_.sign_all(tag);
        box_.run_as("rita", &["decide", tag, "go"]).exits(0);
        let log = box_.log(tag);
        let open = log.iter().find(|entry| entry.kind() == "open").unwrap();
        assert_eq!(open.payload["predicate"]["body"]["previous"]["tag"], before);
        box_.gate(tag, 0);
    };
    let box_ = Sandbox::at(Stage::Go);
    next(&box_, "v2.0.0", "refs/tags/v1.0.0");
    next(&box_, "v3.0.0", "refs/tags/v2.0.0");
    // What was said against v1.0.0 since does not undo v2.0.0, and neither does its tag being gone.
    let reject = box_.draft_word(TAG, "bob", "tests", "reject");
    box_.plant(TAG, "bob", &reject);
    box_.gate(TAG, 1);
    box_.gate("v2.0.0", 0);
    let object = box_.id("refs/tags/v1.0.0");
    box_.set_ref("refs/kept/v1", &object);
    box_.git(&["tag", "-d", TAG]);
    box_.gate("v2.0.0", 0);
    // But without its decision it never passed.
    box_.set_ref("refs/tags/v1.0.0", &object);
    box_.drop_lines(TAG, |entry| entry.kind() == "decide" || entry.payload["predicate"]["body"]["verdict"] == "reject");
    box_.forget();
    box_.verify("v2.0.0", 0).finds("previous-unproven").says("named v1.0.0 as the previous release: it did not pass");
    box_.gate("v2.0.0", 1);
    box_.verify("v3.0.0", 0).finds("previous-unproven").says("named v2.0.0 as the previous release: it did not pass");
    box_.gate("v3.0.0", 1);
    box_.run(&["verify", "--all"]).exits(0).says("previous-unproven");
    // Where a record of it is missing, that is not the same as not having passed.
    box_.drop_lines(TAG, |entry| entry.payload["predicate"]["signer"]["handle"] == "@bob");
    box_.forget();
    box_.verify("v2.0.0", 4).finds("previous-not-here").says("do not show whether it passed");
    box_.gate("v3.0.0", 4);
}

#[test]
fn a_release_before_named_by_hand_takes_a_second_person() {
    // Expected: the decision is refused, and made by hand it is previous-overridden, gate 1.
    let box_ = Sandbox::at(Stage::Begun);
    box_.tag("v0.9.0");
    box_.commit("more");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG, "--previous", "v0.9.0"]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1).says("previous-overridden");
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("previous-overridden").says("@rita named the previous release by hand");
    box_.gate(TAG, 1);
}

#[test]
fn a_decision_made_at_the_same_time_as_a_no_go_does_not_hold() {
    // Expected: unseen-negative, decided at once in two clones, gate 1; whoever decides again has seen both.
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go");
    let mut no = box_.draft_decision(TAG, "rita", "no-go");
    no["predicate"]["body"]["reason"] = json!("the other manager says so");
    box_.plant(TAG, "rita", &go);
    box_.plant(TAG, "rita", &no);
    box_.verify(TAG, 0).finds("unseen-negative").says("decides no-go");
    box_.gate(TAG, 1);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
}

#[test]
fn a_forged_author_is_found_by_reading_the_range_again() {
    // Expected: open-contradicts-range, exit 3, gate 3: the open record names other people than wrote the commits.
    let box_ = crafted(|_, body| body["implementers"] = json!({ "tagger": "@rita", "people": ["@sam"] }));
    box_.verify(TAG, 3).finds("open-contradicts-range");
    box_.gate(TAG, 3);
}

#[test]
fn a_commit_by_nobody_the_policy_knows_lets_nobody_review() {
    // Expected: implementer-unknown, exit 1 when signing and gate 1: independence can't be shown.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["-c", "user.name=Bob", "-c", "user.email=bob@elsewhere.example", "commit", "-q", "--allow-empty", "-m", "sly"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0).says("not in the policy");
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(1).says("not in the policy");
    let word = box_.draft_word(TAG, "bob", "tests", "approve");
    box_.plant(TAG, "bob", &word);
    box_.verify(TAG, 0).finds("implementer-unknown").says("Bob");
    box_.gate(TAG, 1);
}

/// Plants a word that relsign refuses to sign, and asserts that it counts no more for being signed by hand.
#[track_caller]
fn assert_word_refused(who: &str, item: &str, verdict: &str, code: &str, says: &str) {
    let box_ = Sandbox::at(Stage::Opened);
    let word = box_.draft_word(TAG, who, item, verdict);
    let id = box_.plant(TAG, who, &word);
    let verified = box_.verify(TAG, 0).finds(code).says(says).says(&id[..12]);
    let words = verified.report["items"].as_array().unwrap().iter().flat_map(|item| item["sign_offs"].as_array().unwrap());
    let counted: Vec<_> = words.filter(|word| word["record"] == json!(id)).map(|word| word["counts"].clone()).collect();
    assert_eq!(counted, [json!(false)]);
    box_.gate(TAG, 1);
}

#[test]
fn a_machine_is_no_person() {
    // Expected: machine-not-person for words, decisions and open records, gate 1.
    assert_word_refused("ci", "tests", "approve", "machine-not-person", "only a person can sign this");
    assert_word_refused("ci", "tests", "waive", "machine-not-person", "machine:ci");
    let box_ = Sandbox::at(Stage::Signed);
    box_.run_as("ci", &["decide", TAG, "go"]).exits(1);
    let go = box_.draft_decision(TAG, "ci", "go");
    box_.plant(TAG, "ci", &go);
    box_.verify(TAG, 0).finds("machine-not-person").says("only a person decides");
    box_.gate(TAG, 1);
    let mut open = open_again(&box_, TAG);
    open["predicate"]["signer"] = json!({ "handle": "machine:ci", "fingerprint": box_.fingerprint("ci") });
    open_by_hand(&box_, TAG, "ci", &open);
    box_.verify(TAG, 0).finds("machine-not-person").says("only a person may open");
    box_.gate(TAG, 1);
}

#[test]
fn an_owner_does_not_review_himself() {
    // Expected: review-by-owner.
    assert_word_refused("ann", "tests", "approve", "review-by-owner", "must not be the item's owner");
}

#[test]
fn reviewers_without_the_role_that_an_item_asks_for_do_not_fill_it() {
    // Expected: item-open, gate 1, however many review; role-not-held for who claims it; GO with one who has it.
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", "# R\n\n## Before\n\n- [ ] Audited <!-- relsign: id=audit owner=@dev role=qa -->\n");
    box_.commit("audit");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("dev", &["approve", TAG, "audit"]).exits(0);
    for who in ["bob", "max"] {
        let word = box_.draft_word(TAG, who, "audit", "approve");
        box_.plant(TAG, who, &word);
    }
    assert_eq!(box_.verify(TAG, 0).item("audit"), "done");
    let mut claimed = box_.draft_word(TAG, "bob", "audit", "approve");
    claimed["predicate"]["role"] = json!("qa");
    box_.plant(TAG, "bob", &claimed);
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    let verified = box_.verify(TAG, 0).finds("role-not-held").finds("item-open").says("@bob");
    assert_eq!(verified.item("audit"), "done");
    box_.gate(TAG, 1);
    box_.run_as("ann", &["approve", TAG, "audit", "--review"]).exits(0);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.gate(TAG, 0);
}

#[test]
fn an_author_does_not_review() {
    // Expected: review-by-implementer.
    assert_word_refused("dev", "tests", "approve", "review-by-implementer", "must not have commits in the release");
}

#[test]
fn a_tagger_does_not_review() {
    // Expected: review-by-tagger.
    assert_word_refused("rita", "tests", "approve", "review-by-tagger", "must not be the tagger");
}

#[test]
fn somebody_who_is_not_the_owner_does_not_call_it_done() {
    // Expected: not-owner.
    assert_word_refused("bob", "tests", "done", "not-owner", "the item's owner is @ann");
}

#[test]
fn somebody_who_may_not_waive_waives_nothing() {
    // Expected: not-authorised.
    assert_word_refused("ann", "tests", "waive", "not-authorised", "may not waive items");
}

#[test]
fn a_tag_in_somebody_elses_name_is_still_that_of_whose_key_signed_it() {
    // Expected: review-by-tagger for @max, who signed a tag with his key and @rita's name in it.
    let box_ = Sandbox::at(Stage::Begun);
    let key = box_.key("max");
    box_.git(&[
        "-c",
        "user.name=Rita Mann",
        "-c",
        "user.email=rita@example.com",
        "-c",
        "gpg.format=ssh",
        "-c",
        &format!("user.signingkey={}", key.display()),
        "tag",
        "-s",
        "-m",
        TAG,
        TAG,
    ]);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0);
    box_.run_as("max", &["approve", TAG, "rollback", "--review"]).exits(1).says("must not be the tagger");
    let word = box_.draft_word(TAG, "max", "rollback", "approve");
    box_.plant(TAG, "max", &word);
    let verified = box_.verify(TAG, 0).finds("review-by-tagger").lacks("tag-signature-unverified");
    assert_eq!(verified.item("rollback"), "done");
    box_.gate(TAG, 1);
}

#[test]
fn a_role_that_one_gives_oneself_is_not_held() {
    // Expected: role-not-held, gate 1, whatever the policy file in the tagged commit says.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "--review", "--as", "qa"]).exits(1).says("does not have the role qa");
    let mut word = box_.draft_word(TAG, "bob", "tests", "approve");
    word["predicate"]["role"] = json!("qa");
    box_.plant(TAG, "bob", &word);
    let verified = box_.verify(TAG, 0).finds("role-not-held").says("@bob does not have the role qa");
    assert_eq!(verified.item("tests"), "done");
    let mut go = box_.draft_decision(TAG, "rita", "go");
    go["predicate"]["role"] = json!("sre");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).says("@rita does not have the role sre");
    box_.gate(TAG, 1);
}

#[test]
fn a_role_granted_by_the_tags_own_commit_is_not_in_force() {
    // Expected: decision-unauthorised, gate 1: the policy is never read from what is judged.
    let box_ = Sandbox::at(Stage::Begun);
    let text = box_.policy_with("decide = [\"release-manager\"]", "decide = [\"release-manager\", \"sre\"]");
    box_.write(".relsign/policy.toml", text);
    box_.commit("let me decide");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("bob", &["decide", TAG, "go"]).exits(1).says("may not decide");
    let go = box_.draft_decision(TAG, "bob", "go");
    box_.plant(TAG, "bob", &go);
    box_.verify(TAG, 0).finds("decision-unauthorised").says("@bob may not decide");
    box_.gate(TAG, 1);
}

#[test]
fn a_role_granted_by_a_step_that_one_signs_oneself_is_not_in_force() {
    // Expected: policy-unsigned, exit 3: the step takes the owners of the version before.
    let box_ = Sandbox::at(Stage::Signed);
    let text = box_.policy_with("decide = [\"release-manager\"]", "decide = [\"release-manager\", \"sre\"]");
    let before = box_.id("refs/relsign/policy");
    box_.step_by("bob", &text, &box_.ids(TAG));
    box_.run(&["verify", TAG]).exits(3).says("policy-unsigned");
    box_.run(&["gate", "--no-sync", TAG]).exits(3).says("policy-unsigned");
    box_.set_ref("refs/relsign/policy", &before);
    box_.verify(TAG, 0);
}

#[test]
fn a_decision_by_somebody_who_may_not_decide_is_none() {
    // Expected: decision-unauthorised, gate 1.
    let box_ = Sandbox::at(Stage::Signed);
    box_.run_as("ann", &["decide", TAG, "go"]).exits(1).says("may not decide");
    let go = box_.draft_decision(TAG, "ann", "go");
    box_.plant(TAG, "ann", &go);
    box_.verify(TAG, 0).finds("decision-unauthorised").says("@ann may not decide");
    box_.gate(TAG, 1);
}

#[test]
fn a_no_go_by_somebody_who_may_not_decide_stops_nothing() {
    // Expected: decision-unauthorised, and the gate stays GO.
    let box_ = Sandbox::at(Stage::Go);
    let mut no = box_.draft_decision(TAG, "ann", "no-go");
    no["predicate"]["body"]["reason"] = json!("I say so");
    box_.plant(TAG, "ann", &no);
    box_.verify(TAG, 0).finds("decision-unauthorised");
    box_.gate(TAG, 0);
}

#[test]
fn go_without_basis_is_refused_and_made_by_hand_it_holds_nothing() {
    // Expected: decision-without-basis with the items that are open, gate 1, also when they are signed afterwards.
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1).says("item-open");
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("decision-without-basis").finds("item-open").says("rollback is not complete");
    box_.gate(TAG, 1);
    box_.sign_all(TAG);
    box_.verify(TAG, 0).finds("decision-without-basis");
    box_.gate(TAG, 1);
}

#[test]
fn a_reject_is_not_set_aside_by_one() {
    // Expected: reject-open, gate 1: a waiver over a reject takes two, neither of them who rejected.
    let box_ = Sandbox::at(Stage::Signed);
    let reject = box_.draft_word(TAG, "bob", "tests", "reject");
    let id = box_.plant(TAG, "bob", &reject);
    let mut waiver = box_.draft_word(TAG, "rita", "tests", "waive");
    waiver["predicate"]["body"]["over"] = json!([id]);
    box_.plant(TAG, "rita", &waiver);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1).says("reject-open");
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("reject-open").says("tests is rejected");
    box_.gate(TAG, 1);
}

#[test]
fn a_waiver_without_the_second_person_is_short() {
    // Expected: waiver-short and decision-without-basis, gate 1; the same person twice is one.
    let box_ = Sandbox::at(Stage::Begun);
    box_.step(&(box_.policy_text() + "[thresholds]\nwaiver = 2\n"), &[]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("rita", &["waive", TAG, "tests", "rollback", "migration", "--reason", "no time"]).exits(0).says("waived by 1 of 2");
    for item in ["tests", "rollback", "migration"] {
        let head = box_.head();
        let again = box_.draft_word(TAG, "rita", item, "waive");
        box_.plant_under(&head, TAG, "rita", again);
    }
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    box_.verify(TAG, 0).finds("waiver-short").finds("decision-without-basis").says("needs 1 more to waive it");
    box_.gate(TAG, 1);
}

#[test]
fn a_reject_is_not_withdrawn_by_another() {
    // Expected: withdraw-of-others, and the reject stands; gate 1.
    let box_ = Sandbox::at(Stage::Signed);
    let reject = box_.draft_word(TAG, "bob", "tests", "reject");
    let id = box_.plant(TAG, "bob", &reject);
    box_.run_as("rita", &["withdraw", TAG, &id[..12], "--reason", "never mind"]).exits(1).says("only they can withdraw it");
    let withdraw = box_.draft(TAG, "rita", "withdraw", json!({ "record": id, "reason": "never mind" }));
    box_.plant(TAG, "rita", &withdraw);
    let go = box_.draft_decision(TAG, "rita", "go");
    box_.plant(TAG, "rita", &go);
    let verified = box_.verify(TAG, 0).finds("withdraw-of-others").finds("reject-open");
    assert_eq!(verified.item("tests"), "rejected");
    box_.gate(TAG, 1);
}

/// Gives a second person the right to decide and to disregard, from version 2 on.
fn two_managers() -> Sandbox {
    let box_ = Sandbox::at(Stage::Go);
    let text = box_.policy_with(
        "emails = [\"sam@example.com\"]\nroles = [\"qa\"]",
        "emails = [\"sam@example.com\"]\nroles = [\"qa\", \"release-manager\"]",
    );
    box_.step(&text, &box_.ids(TAG));
    box_
}

#[test]
fn one_signer_holds_a_release_up_and_two_let_it_go_on() {
    // Expected: record-missing, gate 4; disregard-short with one; nothing missing with two who name the same record.
    let box_ = two_managers();
    box_.gate(TAG, 0);
    box_.tag("v2.0.0");
    box_.run_as("rita", &["open", "v2.0.0", "--env", "production"]).exits(0);
    box_.sign_all("v2.0.0");
    let head = box_.head();
    let mut word = box_.draft_word("v2.0.0", "dev", "healthy", "approve");
    word["predicate"]["parents"] = json!(["7".repeat(64)]);
    box_.plant_under(&head, "v2.0.0", "dev", word);
    box_.verify("v2.0.0", 4).finds("record-missing");
    box_.run_as("rita", &["decide", "v2.0.0", "go"]).exits(4).says("record-missing");
    box_.run_as("ann", &["disregard", "v2.0.0", "77777777", "--reason", "it never was"]).exits(1).says("may not disregard");
    box_.run_as("rita", &["disregard", "v2.0.0", "77777777", "--reason", "it never was"]).exits(0);
    box_.verify("v2.0.0", 4).finds("disregard-short").says("1 more needed");
    box_.run_as("rita", &["decide", "v2.0.0", "go"]).exits(4);
    let mut second = box_.draft("v2.0.0", "sam", "disregard", json!({ "record": "7".repeat(64), "reason": "it never was" }));
    second["predicate"]["policy_head"] = head;
    box_.add_line("v2.0.0", &sign_by_sam(&box_, &second));
    box_.run_as("rita", &["decide", "v2.0.0", "go"]).exits(0);
    box_.verify("v2.0.0", 0).lacks("record-missing").lacks("disregard-short");
    box_.gate("v2.0.0", 0);
}

#[test]
fn a_word_against_is_not_disregarded() {
    // Expected: unseen-negative and reject-open, gate 1: two people may set aside what a reject names, not the reject.
    let box_ = two_managers();
    let head = box_.head();
    let reject = box_.draft_word(TAG, "bob", "tests", "reject");
    let id = box_.plant_under(&head, TAG, "bob", reject);
    box_.run_as("rita", &["disregard", TAG, &id[..12], "--reason", "he is wrong"]).exits(0);
    let mut second = box_.draft(TAG, "sam", "disregard", json!({ "record": id, "reason": "he is wrong" }));
    second["predicate"]["policy_head"] = head;
    box_.add_line(TAG, &sign_by_sam(&box_, &second));
    box_.run_as("rita", &["decide", TAG, "go"]).exits(1).says("reject-open");
    let verified = box_.verify(TAG, 0).finds("unseen-negative");
    assert_eq!(verified.item("tests"), "rejected");
    box_.gate(TAG, 1);
}

#[test]
fn a_release_that_was_taken_back_goes_out_again_by_a_decision_that_has_seen_it_and_by_no_other() {
    // Expected: release-ended, gate 1, for a decision that had not seen the roll-back, whoever it is by and whenever it comes; GO by one
    // that had; likewise when it was abandoned.
    for (kind, body) in [
        ("rollback", json!({ "event": "start", "reason": "errors" })),
        ("close", json!({ "outcome": "abandoned", "reason": "errors" })),
    ] {
        let box_ = Sandbox::at(Stage::Go);
        let unseen = box_.draft_decision(TAG, "rita", "go");
        let end = box_.draft(TAG, "rita", kind, body);
        let ended = box_.plant(TAG, "rita", &end);
        box_.gate(TAG, 1);
        box_.plant(TAG, "rita", &unseen);
        // To have it among one's parents is not to have it in the manifest, on which the decision rests.
        let mut seen = box_.draft_decision(TAG, "rita", "go");
        let manifest = seen["predicate"]["body"]["manifest"].as_array_mut().unwrap();
        manifest.retain(|id| id.as_str() != Some(&ended));
        box_.plant(TAG, "rita", &seen);
        box_.verify(TAG, 0).finds("release-ended").finds("unseen-negative").says("by @rita");
        box_.gate(TAG, 1).says("release-ended");
        box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
        box_.verify(TAG, 0).lacks("release-ended");
        box_.gate(TAG, 0);
    }
}

#[test]
fn an_item_that_asks_for_a_hardware_key_is_not_reviewed_with_another() {
    // Expected: refused when signing, hardware-key-required when verifying, and the hardware key counts.
    let box_ = Sandbox::at(Stage::Begun);
    box_.step(&box_.policy_with("reviews = 1", "reviews = 1\nhardware_key = true"), &[]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(1).says("requires a review with a hardware key");
    let word = box_.draft_word(TAG, "bob", "tests", "approve");
    box_.plant(TAG, "bob", &word);
    let verified = box_.verify(TAG, 0).finds("hardware-key-required").says("@bob");
    assert_eq!(verified.item("tests"), "done");
    let word = box_.draft_word(TAG, "sam", "tests", "approve");
    box_.add_line(TAG, &sign_by_sam(&box_, &word));
    assert_eq!(box_.verify(TAG, 0).item("tests"), "satisfied");
    box_.gate(TAG, 1);
}
