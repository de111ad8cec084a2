//! Receipts: which of them count, and what they show.

use relsign::evaluate::receipts::{Receipts, Seen, weigh};
use relsign::model::finding::{Code, Severity};
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision, Receipt, Subject, SubjectDigest};
use relsign::model::report::Integrity;

use crate::cast::POLICY;
use crate::world::{World, object, time};

/// A world in which `machine:ci` witnesses, with a second key, under two versions of the policy.
fn witnessed() -> World {
    let policy = POLICY
        .replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]")
        .replace("{ key = \"KEY:ci\" }", "{ key = \"KEY:ci\" }, { key = \"KEY:ci-two\" }");
    let mut world = World::with_policy(&policy);
    world.advance(&policy, &[]);
    world
}

/// One receipt as it is drafted.
struct Plan {
    key: &'static str,
    version: u32,
    minute: i64,
    sequence: u64,
    previous: Option<RecordId>,
    tags: Vec<(&'static str, u8)>,
    notes: u8,
}

fn plan(sequence: u64, previous: Option<RecordId>) -> Plan {
    Plan {
        key: "ci",
        version: 1,
        minute: 100 + i64::try_from(sequence).unwrap(),
        sequence,
        previous,
        tags: vec![("v2.4.0", 0x71)],
        notes: 0x77,
    }
}

fn record(byte: u8) -> RecordId {
    RecordId::from_bytes([byte; 32])
}

/// Signs a receipt for the record whose bytes are its number.
fn put(world: &mut World, plan: Plan) -> RecordId {
    let head = world.chain.version(plan.version).unwrap().head();
    let records = vec![record(u8::try_from(plan.sequence).unwrap())];
    let body = Receipt { sequence: plan.sequence, previous: plan.previous, records, heads: vec![] };
    let mut draft = world.draft(plan.key, Body::Receipt(body)).head(head).at(time(plan.minute)).under(None).parents(&[]);
    let named = |name: &str, digest| Subject { name: name.to_owned(), digest };
    draft.record.subjects = vec![named("refs/notes/relsign", SubjectDigest::GitCommit(object(plan.notes)))];
    let tags = plan.tags.iter().map(|(tag, byte)| named(&format!("refs/tags/{tag}"), SubjectDigest::GitTag(object(*byte))));
    draft.record.subjects.extend(tags);
    world.put(draft)
}

fn weighed(world: &World) -> Receipts {
    let log = world.verify();
    assert!(log.findings.is_empty(), "{:#?}", log.findings);
    weigh(&world.chain, &log.records)
}

#[track_caller]
fn assert_counted(receipts: &Receipts, counted: &[u8], code: Option<Code>) {
    for byte in 1..=5 {
        assert_eq!(receipts.seen(&record(byte)).is_some(), counted.contains(&byte), "{byte}: {:#?}", receipts.findings);
    }
    let codes: Vec<Code> = receipts.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{:#?}", receipts.findings);
}

#[test]
fn an_unbroken_sequence_says_when_and_under_what_records_were_there() {
    let mut world = witnessed();
    let one = put(&mut world, plan(1, None));
    let two = put(&mut world, Plan { tags: vec![], ..plan(2, Some(one)) });
    put(&mut world, Plan { version: 2, key: "ci-two", ..plan(3, Some(two)) });
    let receipts = weighed(&world);
    assert_counted(&receipts, &[1, 2, 3], None);
    assert_eq!(receipts.seen(&record(1)), Some(Seen { version: 1, time: time(101), looked: None }));
    assert_eq!(receipts.seen(&record(3)), Some(Seen { version: 2, time: time(103), looked: None }));
    // Only what names a tag fixes what its log had.
    assert_eq!(receipts.of_log(&object(0x71)).collect::<Vec<_>>(), [record(1), record(3)]);
    assert_eq!(receipts.of_log(&object(0x70)).count(), 0);
}

#[test]
fn several_receipts_of_one_second_are_one_sequence() {
    let mut world = witnessed();
    let one = put(&mut world, plan(1, None));
    put(&mut world, Plan { minute: 101, ..plan(2, Some(one)) });
    assert_counted(&weighed(&world), &[1, 2], None);
}

type Change = fn(Plan) -> Plan;

#[test]
fn what_follows_a_break_does_not_count() {
    let breaks: [(Change, Code); 5] = [
        (|plan| Plan { previous: None, ..plan }, Code::ReceiptForked),
        (|plan| Plan { previous: Some(record(9)), ..plan }, Code::ReceiptForked),
        (|plan| Plan { minute: 100, ..plan }, Code::ReceiptForked),
        (|plan| Plan { version: 1, ..plan }, Code::ReceiptForked),
        (|plan| Plan { sequence: 3, ..plan }, Code::ReceiptMissing),
    ];
    for (change, code) in breaks {
        let mut world = witnessed();
        let one = put(&mut world, Plan { version: 2, ..plan(1, None) });
        let broken = change(Plan { version: 2, ..plan(2, Some(one)) });
        let next = broken.sequence + 1;
        let two = put(&mut world, broken);
        put(&mut world, Plan { version: 2, ..plan(next, Some(two)) });
        assert_counted(&weighed(&world), &[1], Some(code));
    }
    // Two of one number: neither counts.
    let mut world = witnessed();
    put(&mut world, plan(1, None));
    put(&mut world, Plan { minute: 150, ..plan(1, None) });
    assert_counted(&weighed(&world), &[], Some(Code::ReceiptForked));
    // A second that does not name the first names nothing as the first either.
    let mut world = witnessed();
    put(&mut world, plan(1, Some(record(9))));
    assert_counted(&weighed(&world), &[], Some(Code::ReceiptForked));
}

#[test]
fn what_is_no_receipt_is_left_out_and_breaks_nothing() {
    let bad: [&dyn Fn(Plan) -> Plan; 3] =
        [&|plan| Plan { sequence: 0, ..plan }, &|plan| Plan { tags: vec![("v1", 1), ("v2", 2)], ..plan }, &|plan| Plan {
            key: "rita",
            ..plan
        }];
    for change in bad {
        let mut world = witnessed();
        put(&mut world, plan(1, None));
        let other = change(plan(5, None));
        put(&mut world, other);
        assert_counted(&weighed(&world), &[1], Some(Code::ReceiptUnauthorised));
    }
    // A commit under another name is not the notes that were received, also beside those.
    for names in [&["refs/notes/other"][..], &["refs/notes/relsign", "refs/notes/other"], &["refs/notes/relsign", "commit"]] {
        let mut world = witnessed();
        let body = Receipt { sequence: 1, previous: None, records: vec![record(1)], heads: vec![] };
        let mut draft = world.draft("ci", Body::Receipt(body)).under(None).parents(&[]);
        let subject = |name: &&str| Subject { name: (*name).to_owned(), digest: SubjectDigest::GitCommit(object(0x77)) };
        draft.record.subjects = names.iter().map(subject).collect();
        world.put(draft);
        assert_counted(&weighed(&world), &[], Some(Code::ReceiptUnauthorised));
    }
    let mut world = witnessed();
    put(&mut world, plan(1, None));
    world.open_by("rita", |_| {});
    assert_counted(&weighed(&world), &[1], Some(Code::ReceiptUnauthorised));
}

#[test]
fn a_machine_without_the_right_under_the_version_it_names_witnesses_nothing() {
    let mut world = World::empty();
    world.advance(&POLICY.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]"), &[]);
    let early = plan(1, None);
    put(&mut world, early);
    assert_counted(&weighed(&world), &[], Some(Code::ReceiptUnauthorised));
    put(&mut world, Plan { version: 2, ..plan(2, None) });
    // The first is left out, so the sequence of this witness has no beginning.
    let receipts = weighed(&world);
    assert!(receipts.seen(&record(2)).is_none());
    assert!(receipts.findings.iter().any(|finding| finding.code == Code::ReceiptMissing));
}

#[test]
fn a_retired_key_is_vouched_for_by_its_successor_and_a_compromised_one_by_nobody() {
    let with = |world: &mut World, state: &str| {
        let policy = POLICY
            .replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]")
            .replace("{ key = \"KEY:ci\" }", &format!("{{ key = \"KEY:ci\", {state} }}, {{ key = \"KEY:ci-two\" }}"));
        world.advance(&policy, &[]);
    };
    for (state, alone, followed) in [
        ("state = \"retired\"", &[][..], &[1, 2][..]),
        ("state = \"compromised\", since = 2", &[], &[1, 2]),
        ("state = \"compromised\", since = 1", &[], &[]),
    ] {
        let mut world = witnessed();
        let one = put(&mut world, plan(1, None));
        with(&mut world, state);
        assert_counted(&weighed(&world), alone, Some(Code::ReceiptUnauthorised));
        put(&mut world, Plan { version: 3, key: "ci-two", ..plan(2, Some(one)) });
        let receipts = weighed(&world);
        for byte in [1, 2] {
            assert_eq!(receipts.seen(&record(byte)).is_some(), followed.contains(&byte), "{state}: {:#?}", receipts.findings);
        }
        // A thief of the old key goes on after that: nobody vouches for what he adds.
        put(&mut world, Plan { version: 2, minute: 110, ..plan(3, Some(one)) });
        assert!(weighed(&world).seen(&record(3)).is_none());
    }
}

#[test]
fn when_a_witness_had_looked_before_is_known_but_for_its_first_look() {
    let mut world = witnessed();
    let one = put(&mut world, plan(1, None));
    let two = put(&mut world, plan(2, Some(one)));
    let three = put(&mut world, Plan { notes: 0x78, ..plan(3, Some(two)) });
    let four = put(&mut world, Plan { notes: 0x78, tags: vec![], ..plan(4, Some(three)) });
    put(&mut world, Plan { notes: 0x79, ..plan(5, Some(four)) });
    let receipts = weighed(&world);
    assert_counted(&receipts, &[1, 2, 3, 4, 5], None);
    let looked = |byte: u8| receipts.seen(&record(byte)).unwrap().looked;
    // Receipts for one notes commit are one look; the look before is the last receipt of it.
    assert_eq!([1, 2, 3, 4, 5].map(looked), [None, None, Some(time(102)), Some(time(102)), Some(time(104))]);
    assert_eq!(receipts.of_root_log().collect::<Vec<_>>(), [record(4)]);
    assert_eq!(receipts.last().values().count(), 1);
}

#[test]
fn a_witness_goes_on_from_its_last_receipt_and_from_nothing_else() {
    use relsign::evaluate::receipts::{Last, own};
    let witness = "machine:ci".parse().unwrap();
    let own_of = |world: &World| own(&world.chain, &world.verify().records, &witness);
    let mut world = witnessed();
    assert_eq!(own_of(&world).unwrap().last, None);
    let one = put(&mut world, plan(1, None));
    let two = put(&mut world, Plan { notes: 0x78, tags: vec![], ..plan(2, Some(one)) });
    let both = own_of(&world).unwrap();
    assert_eq!(both.last, Some(Last { id: two, sequence: 2, time: time(102), version: 1, notes: object(0x78) }));
    assert_eq!(both.named[&Some(object(0x71))], [record(1)].into());
    assert_eq!(both.named[&None], [record(2)].into());
    // Somebody else's receipts are not gone on from, and do no harm.
    put(&mut world, Plan { key: "rita", ..plan(3, Some(two)) });
    assert_eq!(own_of(&world).unwrap(), both);
    // With a gap or a fork, whatever came after would count for nothing.
    let mut gap = witnessed();
    put(&mut gap, plan(1, None));
    put(&mut gap, plan(3, Some(two)));
    assert_eq!(own_of(&gap).unwrap_err().code, Code::ReceiptMissing);
    put(&mut world, Plan { minute: 150, ..plan(2, Some(one)) });
    assert_eq!(own_of(&world).unwrap_err().code, Code::ReceiptForked);
}

/// A release opened at minute 1, which a witness had at `witnessed`, having looked before at `looked`.
fn came_late(policy: &str, witnessed: i64, looked: Option<i64>) -> bool {
    let mut world = World::with_policy(policy);
    world.open_by("rita", |_| {});
    let (id, claimed) = world.ids().first().map(|id| (*id, world.verify().records[id].value().time)).unwrap();
    world.witnessed.insert(id, claimed.plus(witnessed * 60));
    world.looked.extend(looked.map(|minutes| (id, claimed.plus(minutes * 60))));
    let report = world.report();
    let found = report.findings.iter().find(|finding| finding.code == Code::Backdated);
    assert!(found.is_none_or(|finding| finding.record == Some(id) && finding.severity == Severity::Note), "{found:#?}");
    assert_eq!(report.integrity, Integrity::Intact);
    assert_eq!(report.records[0].witnessed, Some(claimed.plus(witnessed * 60)));
    found.is_some()
}

#[test]
fn a_record_whose_receipt_speaks_against_its_time_is_noted_and_changes_nothing() {
    // Clocks may differ by five minutes: exactly those are no finding.
    assert!(!came_late(POLICY, 60, Some(5)));
    assert!(came_late(POLICY, 60, Some(6)));
    assert!(!came_late(POLICY, 60, Some(-600)));
    // What was there at the first look may have been there for years.
    assert!(!came_late(POLICY, 500_000, None));
}

#[test]
fn a_record_that_came_later_than_the_policy_allows_is_noted() {
    let policy = format!("{POLICY}\n[limits]\nmax_backdate = \"1d\"\n");
    let policy = if POLICY.contains("[limits]") { POLICY.replace("[limits]", "[limits]\nmax_backdate = \"1d\"") } else { policy };
    assert!(!came_late(&policy, 1440, Some(-10)));
    assert!(came_late(&policy, 1441, Some(-10)));
    assert!(!came_late(&policy, 1441, None));
}

#[test]
fn a_decision_shows_when_it_was_witnessed() {
    let mut world = World::opened(|_| {});
    world.ready_all();
    let go = world.decide("rolf", Decision::Go);
    assert_eq!(world.assert_go().decisions[0].witnessed, None);
    world.witnessed.insert(go, time(10_000));
    assert_eq!(world.assert_go().decisions[0].witnessed, Some(time(10_000)));
}
