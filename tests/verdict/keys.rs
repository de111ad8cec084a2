//! Keys over time: what counts of records that name an older policy, or come of a key that is no longer good.

use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision, SignVerdict, Withdraw};
use relsign::model::report::{Answer, ItemState};

use crate::cast::POLICY;
use crate::world::{World, assert_cited, find_item, finding, has, time};

/// The policy with a key in another state.
fn with(name: &str, state: &str) -> String {
    let from = format!("{{ key = \"KEY:{name}\" }}");
    assert_eq!(POLICY.matches(&from).count(), 1);
    POLICY.replace(&from, &format!("{{ key = \"KEY:{name}\", {state} }}"))
}

fn without(name: &str) -> String {
    let from = format!(", {{ key = \"KEY:{name}\" }}");
    assert_eq!(POLICY.matches(&from).count(), 1);
    POLICY.replace(&from, "")
}

/// A release under version 1 that is ready but for the word of @sam as the owner of `runbook`, with what is there.
fn waiting() -> (World, Vec<RecordId>) {
    let mut world = World::opened(|_| {});
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.sign("quin", "tests", SignVerdict::Done);
    world.sign("dana", "tests", SignVerdict::Approve);
    let ids = world.ids();
    (world, ids)
}

/// Signs `done` on `runbook` with a key, naming a version of the policy.
fn done(world: &mut World, key: &str, version: u32) -> RecordId {
    let head = world.chain.version(version).unwrap().head();
    let body = world.sign_body("runbook", SignVerdict::Done);
    let draft = world.draft(key, Body::Sign(body)).head(head);
    world.put(draft)
}

#[track_caller]
fn assert_refused(world: &World, code: Code, record: RecordId) {
    let report = world.assert_item("runbook", ItemState::Pending);
    let found = finding(&report, code, record);
    assert!(found.message().contains("sign it again"), "{}", found.message());
}

#[test]
fn what_was_anchored_stays_and_what_was_not_has_to_be_signed_again() {
    let (mut world, mut ids) = waiting();
    let early = done(&mut world, "sam", 1);
    ids.push(early);
    world.advance(POLICY, &ids);
    world.assert_item("runbook", ItemState::Satisfied);
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));

    let (mut world, ids) = waiting();
    world.advance(POLICY, &ids);
    let late = done(&mut world, "sam", 1);
    assert_refused(&world, Code::PolicyOutdated, late);
    done(&mut world, "sam", 2);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn a_later_step_does_not_bring_in_what_the_next_one_had_not_seen() {
    let (mut world, ids) = waiting();
    world.advance(POLICY, &ids);
    let late = done(&mut world, "sam", 1);
    world.advance(POLICY, &[late]);
    assert_refused(&world, Code::PolicyOutdated, late);
}

#[test]
fn a_step_that_only_revokes_outdates_nothing_but_what_the_revoked_keys_signed() {
    for (state, is_kept) in [("state = \"retired\"", true), ("state = \"compromised\", since = 1", false)] {
        let revoked = with("quin", state);
        for anchors_all in [false, true] {
            let (mut world, ids) = waiting();
            let seen = done(&mut world, "sam", 1);
            let anchors = if anchors_all { [ids, vec![seen]].concat() } else { Vec::new() };
            world.advance(&revoked, &anchors);
            world.assert_item("runbook", ItemState::Satisfied);
            // What comes from a clone that does not know of it yet counts as well.
            done(&mut world, "sam-two", 1);
            world.assert_item("runbook", ItemState::Satisfied);
            // But the revoked key's: only what was settled before, and nothing if it is compromised since then.
            let stays = anchors_all && is_kept;
            world.assert_item("tests", if stays { ItemState::Satisfied } else { ItemState::Pending });
            let late = world.sign_body("tests", SignVerdict::Done);
            let head = world.chain.version(1).unwrap().head();
            let draft = world.draft("quin", Body::Sign(late)).head(head);
            let late = world.put(draft);
            assert!(!world.report().items.iter().flat_map(|item| &item.sign_offs).any(|word| word.record == late && word.counts));
        }
    }
}

#[test]
fn the_next_step_that_changes_more_outdates_what_it_had_not_seen() {
    let revoked = with("quin", "state = \"retired\"");
    for (seen_by, counts) in [(None, false), (Some(2), true), (Some(3), true), (Some(4), false)] {
        let (mut world, ids) = waiting();
        let early = done(&mut world, "sam", 1);
        let with_early = |number: u32, mut anchors: Vec<RecordId>| {
            anchors.extend((seen_by == Some(number)).then_some(early));
            anchors
        };
        world.advance(&revoked, &with_early(2, Vec::new()));
        world.advance(&format!("{revoked}\n[tags]\nsigned = \"optional\"\n"), &with_early(3, ids.clone()));
        world.advance(&revoked, &with_early(4, ids));
        let state = if counts { ItemState::Satisfied } else { ItemState::Pending };
        world.assert_item("runbook", state);
    }
}

#[test]
fn the_manifest_of_an_anchored_decision_is_settled_with_it() {
    let (mut world, go) = World::gone();
    let open = world.open;
    world.advance(POLICY, &[open, go]);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    world.advance(&with("sam", "state = \"retired\""), &[]);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
    world.advance(&with("sam", "state = \"compromised\", since = 2"), &[]);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn a_release_that_no_step_anchored_is_no_longer_open() {
    let (mut world, go) = World::gone();
    world.advance(POLICY, &[go]);
    // The manifest of an anchored decision settles the open record too.
    world.assert_go();
    let (mut world, _) = World::gone();
    world.advance(POLICY, &[]);
    let open = world.open;
    let report = world.assert_not(Answer::NoGo, Code::NotOpened);
    assert!(finding(&report, Code::PolicyOutdated, open).message().contains("sign it again"));
}

#[test]
fn a_release_that_no_step_anchored_is_opened_again() {
    let (mut world, _) = World::gone();
    world.advance(POLICY, &[]);
    world.open_by("rita", |_| {});
    world.ready_all();
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn a_decision_that_names_an_older_policy_is_none_until_it_is_signed_again() {
    let mut world = World::ready();
    let ids = world.ids();
    let head = world.chain.head().head();
    world.advance(POLICY, &ids);
    let body = Body::Decide(relsign::model::record::Decide {
        decision: Decision::Go,
        manifest: ids,
        conditions: Vec::new(),
        reason: None,
    });
    let draft = world.draft("rolf", body).head(head);
    let old = world.put(draft);
    let report = world.assert_not(Answer::NoGo, Code::PolicyOutdated);
    assert_eq!(finding(&report, Code::PolicyOutdated, old).record, Some(old));
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().verdict.decision, Some(go));
}

#[test]
fn a_retired_key_counts_for_what_was_settled_before_and_for_nothing_else() {
    for policy in [with("sam-two", "state = \"retired\""), without("sam-two")] {
        let (mut world, mut ids) = waiting();
        let early = done(&mut world, "sam-two", 1);
        ids.push(early);
        world.advance(&policy, &ids);
        world.assert_item("runbook", ItemState::Satisfied);

        let (mut world, ids) = waiting();
        world.advance(&policy, &ids);
        let late = done(&mut world, "sam-two", 1);
        assert_refused(&world, Code::KeyRetired, late);
        let named = done(&mut world, "sam-two", 2);
        let listed = policy.contains("retired\" }, { key = \"KEY:sam-old");
        assert_refused(&world, if listed { Code::KeyRetired } else { Code::KeyNotListed }, named);
    }
}

#[test]
fn a_key_counts_for_nothing_before_the_version_that_first_lists_it() {
    let mut world = World::with_policy(&without("sam-two"));
    world.open_by("rita", |_| {});
    let ids = world.ids();
    world.advance(POLICY, &ids);
    let early = done(&mut world, "sam-two", 1);
    assert_refused(&world, Code::KeyNotListed, early);
    world.advance(POLICY, &[early]);
    assert_refused(&world, Code::KeyNotListed, early);
    done(&mut world, "sam-two", 3);
    world.assert_item("runbook", ItemState::Done);
}

#[test]
fn a_compromised_key_is_void_from_the_version_since_which_it_is() {
    // Signed under 1 and settled before 2; signed under 2 and settled before 3; then compromised since 2, or 3.
    let build = |since: u32| {
        let (mut world, mut ids) = waiting();
        let first = done(&mut world, "sam-two", 1);
        ids.push(first);
        world.advance(POLICY, &ids);
        let body = world.sign_body("tests", SignVerdict::Approve);
        let second = world.by("sam-two", Body::Sign(body));
        world.advance(&with("sam-two", &format!("state = \"compromised\", since = {since}")), &[second]);
        (world, first, second)
    };
    let approved = |world: &World, id: RecordId| {
        find_item(&world.report(), "tests").sign_offs.iter().any(|word| word.record == id && word.counts)
    };
    let (world, _, second) = build(3);
    world.assert_item("runbook", ItemState::Satisfied);
    assert!(approved(&world, second));
    let (world, _, second) = build(2);
    world.assert_item("runbook", ItemState::Satisfied);
    assert!(!approved(&world, second));
    assert_cited(&world.report(), Code::KeyCompromised, second, "sam-two");
    let (world, first, second) = build(1);
    assert_refused(&world, Code::KeyCompromised, first);
    assert!(!approved(&world, second));
    // Neither leaving the key out nor listing it as active again makes good what was void.
    for policy in [without("sam-two"), POLICY.to_owned()] {
        let (mut world, _, second) = build(2);
        world.advance(&policy, &[]);
        world.assert_item("runbook", ItemState::Satisfied);
        assert!(!approved(&world, second), "{}", has(&world.report(), Code::KeyCompromised));
    }
}

#[test]
fn a_key_that_was_taken_back_and_given_again_counts_for_what_names_the_giving() {
    let (mut world, ids) = waiting();
    world.advance(&with("sam-two", "state = \"retired\""), &ids);
    let between = done(&mut world, "sam-two", 2);
    world.advance(POLICY, &[between]);
    assert_refused(&world, Code::KeyRetired, between);
    let before = done(&mut world, "sam-two", 1);
    assert_refused(&world, Code::KeyRetired, before);
    done(&mut world, "sam-two", 3);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn words_against_count_whatever_policy_they_name_and_whatever_became_of_the_key() {
    for (key, version) in [("sam-two", 1), ("sam-two", 2), ("dana", 1), ("sam-old", 2), ("rita-lost", 1)] {
        let (mut world, go) = World::gone();
        let ids = world.ids();
        world.advance(&with("sam-two", "state = \"compromised\", since = 1"), &ids);
        assert_eq!(world.assert_go().verdict.decision, Some(go));
        let head = world.chain.version(version).unwrap().head();
        let body = world.sign_body("runbook", SignVerdict::Reject);
        let draft = world.draft(key, Body::Sign(body)).head(head);
        let reject = world.put(draft);
        let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
        assert_eq!(finding(&report, Code::UnseenNegative, reject).record, Some(reject));
    }
}

#[test]
fn a_withdrawal_of_a_reject_under_an_older_policy_answers_nothing_and_says_so() {
    let (mut world, _) = waiting();
    done(&mut world, "sam", 1);
    let reject = world.sign("dana", "runbook", SignVerdict::Reject);
    let ids = world.ids();
    let head = world.chain.head().head();
    world.advance(POLICY, &ids);
    let draft = world.draft("dana", Body::Withdraw(Withdraw { record: reject, reason: "a mistake".to_owned() })).head(head);
    let withdraw = world.put(draft);
    let report = world.assert_item("runbook", ItemState::Rejected);
    assert_eq!(finding(&report, Code::PolicyOutdated, withdraw).record, Some(withdraw));
    world.withdraw("dana", reject);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn a_withdrawal_that_needs_no_authority_is_not_called_without_effect() {
    // What a retired key takes back of its holder's own is taken back; and whose reject it was not, it does not touch.
    let refused = |world: &World, id: RecordId| {
        world.report().findings.into_iter().any(|found| found.record == Some(id) && found.code == Code::KeyRetired)
    };
    let mut world = World::opened(|_| {});
    let approval = world.sign("sam", "tests", SignVerdict::Approve);
    let reject = world.sign("dana", "tests", SignVerdict::Reject);
    let own = world.sign("sam", "runbook", SignVerdict::Reject);
    for (target, expected) in [(approval, false), (reject, false), (own, true)] {
        let withdraw = world.withdraw("sam-old", target);
        assert_eq!(refused(&world, withdraw), expected, "{target}");
    }
}

#[test]
fn a_no_go_of_an_older_policy_holds() {
    let (mut world, go) = World::gone();
    let open = world.open;
    let head = world.chain.head().head();
    world.advance(&with("rita", "state = \"retired\""), &[open, go]);
    let manifest = world.ids();
    let body = Body::Decide(relsign::model::record::Decide {
        decision: Decision::NoGo,
        manifest,
        conditions: Vec::new(),
        reason: Some("stop".to_owned()),
    });
    let draft = world.draft("rita", body).head(head);
    let no_go = world.put(draft);
    let report = world.assert_not(Answer::NoGo, Code::DecidedNoGo);
    assert!(report.decisions.iter().any(|decision| decision.record == no_go && decision.holds));
}

#[test]
fn a_record_that_claims_a_time_before_what_it_had_seen_is_noted() {
    let (mut world, go) = World::gone();
    let body = world.sign_body("runbook", SignVerdict::Approve);
    let draft = world.draft("dana", Body::Sign(body)).at(time(-10));
    let early = world.put(draft);
    let report = world.assert_go();
    assert_eq!(report.verdict.decision, Some(go));
    assert_eq!(finding(&report, Code::TimeBeforeParent, early).record, Some(early));
    assert_eq!(report.findings.iter().filter(|found| found.code == Code::TimeBeforeParent).count(), 1);

    // Clocks differ, so it has to be earlier by more than that.
    let skew = i64::try_from(world.chain.head().policy.contents().limits.clock_skew).unwrap();
    for (late, noted) in [(0, false), (-1, true)] {
        let mut world = World::gone().0;
        let body = world.sign_body("runbook", SignVerdict::Approve);
        let draft = world.draft("dana", Body::Sign(body));
        // The decision that it had seen was signed one minute before.
        let before = draft.record.time.plus(-60);
        let id = world.put(draft.at(before.plus(late - skew)));
        let found = world.assert_go().findings.into_iter().any(|f| f.code == Code::TimeBeforeParent && f.record == Some(id));
        assert_eq!(found, noted, "{late} s");
    }
}

#[test]
fn every_word_in_favour_under_an_older_policy_says_that_it_counts_for_nothing() {
    let item = r#"{"id":"runbook","digest":"0101010101010101010101010101010101010101010101010101010101010101"}"#;
    let id = "44".repeat(32);
    let helping = [
        ("check", format!(r#"{{"item":{item},"result":"PASSED"}}"#)),
        ("stage", r#"{"stage":"canary","event":"enter"}"#.to_owned()),
        ("action", r#"{"event":"add","id":"a1","text":"t","assignee":{"person":"@sam"}}"#.to_owned()),
        ("close", r#"{"outcome":"completed"}"#.to_owned()),
        ("assign", format!(r#"{{"item":{item},"owner":"@sam","reason":"r"}}"#)),
        ("disregard", format!(r#"{{"record":"{id}","reason":"r"}}"#)),
        ("reading", r#"{"stage":"canary","source":"s","from":"2026-11-01T08:00:00Z","to":"2026-11-01T08:00:00Z","values":[{"name":"p99","value":"1 ms","result":"HOLDS"}]}"#.to_owned()),
    ];
    let hurting = [
        ("check", format!(r#"{{"item":{item},"result":"FAILED"}}"#)),
        ("stage", r#"{"stage":"canary","event":"fail"}"#.to_owned()),
        ("action", r#"{"event":"failed","id":"a1"}"#.to_owned()),
        ("close", r#"{"outcome":"abandoned","reason":"r"}"#.to_owned()),
    ];
    for ((kind, body), expected) in helping.iter().map(|body| (body, true)).chain(hurting.iter().map(|body| (body, false))) {
        let (mut world, ids) = waiting();
        let head = world.chain.head().head();
        world.advance(POLICY, &ids);
        let body = Body::from_json(kind, body).unwrap_or_else(|problem| panic!("{kind}: {problem}"));
        let draft = world.draft("rita", body.clone()).head(head);
        let late = world.put(draft);
        let found = world.report().findings.iter().any(|found| found.code == Code::PolicyOutdated && found.record == Some(late));
        assert_eq!(found, expected, "{body:?}");
    }
}
