//! Receipts: which of them count, and what a witness can neither leave out nor put in later.

use std::collections::BTreeSet;

use relsign::evaluate::receipts::{RECEIPT_SUBJECT, Receipts, weigh};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Receipt, Subject, SubjectDigest};
use relsign::sign::verify::verify_line;

use crate::cast::POLICY;
use crate::world::{Draft, World, digest, object, time};

/// The policy in which `ci` is a witness with this key.
fn witnessing(key: &str) -> String {
    let changed = POLICY.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]");
    changed.replace("keys = [{ key = \"KEY:ci\" }]", &format!("keys = [{key}]"))
}

fn world() -> World {
    World::with_policy(&witnessing("{ key = \"KEY:ci\" }"))
}

fn id(byte: u8) -> RecordId {
    RecordId::from_bytes([byte; 32])
}

fn subject(name: &str, digest: SubjectDigest) -> Subject {
    Subject { name: name.to_owned(), digest }
}

/// A receipt as an honest witness signs it, of version 1 and at a minute.
fn draft(world: &mut World, key: &str, sequence: u64, previous: Option<RecordId>, records: &[RecordId]) -> Draft {
    let head = world.chain.version(1).unwrap().head();
    let body = Receipt { sequence, previous, records: records.to_vec(), heads: Vec::new() };
    let mut draft =
        world.draft(key, Body::Receipt(body)).under(None).parents(&[]).head(head).at(time(i64::try_from(sequence).unwrap()));
    draft.record.subjects = vec![
        subject(RECEIPT_SUBJECT, SubjectDigest::GitCommit(object(0x81))),
        subject("refs/tags/v2.4.0", SubjectDigest::GitTag(object(0x71))),
    ];
    draft
}

/// Weighs receipts that are well signed.
fn weighed(world: &World, receipts: &[&Draft]) -> Receipts {
    let lines = receipts.iter().map(|draft| draft.seal().1);
    let verified = lines.map(|line| verify_line(&line, &world.keyring, &world.root()).unwrap());
    weigh(&world.chain, &world.chain.keys(), &verified.map(|receipt| (receipt.id(), receipt)).collect())
}

fn codes(receipts: &Receipts) -> Vec<Code> {
    receipts.findings.iter().map(|finding| finding.code).collect()
}

/// Asserts that a single receipt counts for nothing, and is told to be none.
#[track_caller]
fn assert_none(world: &World, draft: &Draft, why: &str) {
    let found = weighed(world, &[draft]);
    assert_eq!(found.seen(&id(1)), None);
    assert_eq!(found.of_log(&object(0x71)).count(), 0);
    assert_eq!(codes(&found), [Code::ReceiptUnauthorised]);
    assert!(found.findings[0].message.contains(why), "{}", found.findings[0].message);
}

#[test]
fn receipts_say_what_was_there_since_when_and_on_which_tag() {
    let mut world = world();
    let first = draft(&mut world, "ci", 1, None, &[id(1), id(2)]);
    let second = draft(&mut world, "ci", 2, Some(first.seal().0), &[id(2), id(3)]);
    let found = weighed(&world, &[&second, &first]);
    assert_eq!(found.findings, []);
    let seen = |number: u8| found.seen(&id(number)).map(|seen| (seen.version, seen.time));
    assert_eq!(seen(1), Some((1, time(1))));
    assert_eq!(seen(2), Some((1, time(1))), "the earliest counts");
    assert_eq!(seen(3), Some((1, time(2))));
    assert_eq!(seen(4), None);
    let log: BTreeSet<_> = found.of_log(&object(0x71)).collect();
    assert_eq!(log, [id(1), id(2), id(3)].into());
    assert_eq!(found.of_log(&object(0x72)).count(), 0);
}

#[test]
fn a_later_receipt_of_the_same_record_makes_it_no_younger() {
    let mut world = world();
    world.advance(&witnessing("{ key = \"KEY:ci\" }"), &[]);
    let first = draft(&mut world, "ci", 1, None, &[id(1)]);
    let head = world.chain.version(2).unwrap().head();
    let second = draft(&mut world, "ci", 2, Some(first.seal().0), &[id(1), id(2)]).head(head);
    let found = weighed(&world, &[&first, &second]);
    assert_eq!(found.findings, []);
    assert_eq!(found.seen(&id(1)).map(|seen| seen.version), Some(1));
    assert_eq!(found.seen(&id(2)).map(|seen| seen.version), Some(2));
}

#[test]
fn only_a_machine_that_may_witnesses() {
    let mut world = world();
    let by_person = draft(&mut world, "rita", 1, None, &[id(1)]);
    assert_none(&world, &by_person, "only a machine");
    let mut plain = World::empty();
    let without_right = draft(&mut plain, "ci", 1, None, &[id(1)]);
    assert_none(&plain, &without_right, "may not");
    let sign = world.sign_body("runbook", relsign::model::record::SignVerdict::Done);
    let mut other_kind = world.draft("ci", Body::Sign(sign)).under(Some(id(7)));
    other_kind.record.subjects = draft(&mut world, "ci", 1, None, &[]).record.subjects;
    assert_none(&world, &other_kind, "another kind");
}

#[test]
fn a_receipt_has_one_form() {
    let mut world = world();
    let good = draft(&mut world, "ci", 1, None, &[id(1)]);
    let with = |subjects: Vec<Subject>| {
        let mut changed = good.clone();
        changed.record.subjects = subjects;
        changed
    };
    let commit = || subject(RECEIPT_SUBJECT, SubjectDigest::GitCommit(object(0x81)));
    let tag = |name: &str| subject(name, SubjectDigest::GitTag(object(0x71)));
    let other = with(vec![subject("refs/notes/others", SubjectDigest::GitCommit(object(0x81))), tag("refs/tags/v2.4.0")]);
    assert_none(&world, &other, "not one of a receipt");
    assert_none(&world, &with(vec![tag("refs/tags/v2.4.0")]), "does not name");
    assert_none(&world, &with(vec![commit(), tag("refs/tags/v1"), tag("refs/tags/v2")]), "not one of a receipt");
    assert_none(&world, &with(vec![commit(), tag("refs/heads/v1")]), "not one of a receipt");
    let as_tree = subject(RECEIPT_SUBJECT, SubjectDigest::Sha256(digest(0x81)));
    assert_none(&world, &with(vec![as_tree, commit()]), "not one of a receipt");

    // A receipt of the policy's log names no tag, and counts.
    let without_tag = with(vec![commit()]);
    let found = weighed(&world, &[&without_tag]);
    assert_eq!(found.findings, []);
    assert!(found.seen(&id(1)).is_some());
    assert_eq!(found.of_log(&object(0x71)).count(), 0);

    let zero = draft(&mut world, "ci", 0, None, &[id(1)]);
    assert_none(&world, &zero, "begin with 1");
    let mut elsewhere = good.clone();
    elsewhere.record.policy_head.version = 9;
    assert_none(&world, &elsewhere, "not in the chain");
}

#[test]
fn receipts_are_numbered_without_a_gap_and_each_names_the_one_before() {
    let mut world = world();
    let first = draft(&mut world, "ci", 1, None, &[id(1)]);
    let second = draft(&mut world, "ci", 2, Some(first.seal().0), &[id(2)]);
    let third = draft(&mut world, "ci", 3, Some(second.seal().0), &[id(3)]);
    let seen = |receipts: &[&Draft]| {
        let found = weighed(&world, receipts);
        ((1..=3).filter(|number| found.seen(&id(*number)).is_some()).collect::<Vec<_>>(), codes(&found))
    };
    assert_eq!(seen(&[&first, &second, &third]), (vec![1, 2, 3], vec![]));
    assert_eq!(seen(&[&first, &third]), (vec![1], vec![Code::ReceiptMissing]));
    assert_eq!(seen(&[&second, &third]), (vec![], vec![Code::ReceiptMissing]));

    // Another receipt under one number: neither counts, nor what follows.
    let mut fork = second.clone();
    fork.record.time = time(3);
    assert_eq!(seen(&[&first, &second, &fork, &third]), (vec![1], vec![Code::ReceiptForked]));
    let mut unlinked = second.clone();
    unlinked.record.body = Body::Receipt(Receipt { sequence: 2, previous: Some(id(9)), records: vec![id(2)], heads: Vec::new() });
    assert_eq!(seen(&[&first, &unlinked]), (vec![1], vec![Code::ReceiptForked]));
    // Time and policy go forward; the same time and policy are no contradiction.
    assert_eq!(seen(&[&first, &second.clone().at(time(0))]), (vec![1], vec![Code::ReceiptForked]));
    assert_eq!(seen(&[&first, &second.clone().at(time(1))]), (vec![1, 2], vec![]));
}

#[test]
fn a_witness_names_no_older_policy_than_before() {
    let mut world = world();
    world.advance(&witnessing("{ key = \"KEY:ci\" }"), &[]);
    let head = world.chain.version(2).unwrap().head();
    let first = draft(&mut world, "ci", 1, None, &[id(1)]).head(head);
    let second = draft(&mut world, "ci", 2, Some(first.seal().0), &[id(2)]);
    let found = weighed(&world, &[&first, &second]);
    assert_eq!(codes(&found), [Code::ReceiptForked]);
    assert!(found.seen(&id(1)).is_some() && found.seen(&id(2)).is_none());
}

#[test]
fn receipts_count_as_long_as_an_active_key_still_vouches_for_them() {
    // The key is retired in version 2; a second key of the witness goes on.
    let both = "{ key = \"KEY:ci\", state = \"retired\" }, { key = \"KEY:ci-two\" }";
    for (goes_on, expected) in [(false, false), (true, true)] {
        let mut world = world();
        world.advance(&witnessing(both), &[]);
        world.keyring.add("machine:ci".parse().unwrap(), crate::cast::key("ci-two").public().clone()).unwrap();
        let first = draft(&mut world, "ci", 1, None, &[id(1)]);
        let head = world.chain.version(2).unwrap().head();
        let second = draft(&mut world, "ci-two", 2, Some(first.seal().0), &[id(2)]).head(head);
        let receipts: &[&Draft] = if goes_on { &[&first, &second] } else { &[&first] };
        let found = weighed(&world, receipts);
        assert_eq!(found.seen(&id(1)).is_some(), expected);
        assert_eq!(codes(&found), if expected { vec![] } else { vec![Code::ReceiptUnauthorised] });
        // A receipt by the retired key under the version that retires it is none at all.
        let late = draft(&mut world, "ci", 1, None, &[id(1)]).head(head);
        assert_none(&world, &late, "is retired");
    }

    // Nor does a witness vouch that has lost the right.
    let mut world = world();
    world.advance(POLICY, &[]);
    let first = draft(&mut world, "ci", 1, None, &[id(1)]);
    let found = weighed(&world, &[&first]);
    assert_eq!((found.seen(&id(1)), codes(&found)), (None, vec![Code::ReceiptUnauthorised]));
}

#[test]
fn witnesses_count_apart() {
    let two =
        format!("{}\n[machine.eye]\nkeys = [{{ key = \"KEY:eye\" }}]\nmay = [\"receipt\"]\n", witnessing("{ key = \"KEY:ci\" }"));
    let mut world = World::with_policy(&two);
    world.keyring.add("machine:eye".parse().unwrap(), crate::cast::key("eye").public().clone()).unwrap();
    let of_ci = draft(&mut world, "ci", 1, None, &[id(1)]);
    let of_eye = draft(&mut world, "eye", 1, None, &[id(2)]);
    let lost = draft(&mut world, "eye", 3, Some(id(9)), &[id(3)]);
    let found = weighed(&world, &[&of_ci, &of_eye, &lost]);
    assert_eq!(codes(&found), [Code::ReceiptMissing]);
    assert!(found.seen(&id(1)).is_some() && found.seen(&id(2)).is_some() && found.seen(&id(3)).is_none());
    assert_eq!(found.findings[0].record, Some(lost.seal().0));
}
