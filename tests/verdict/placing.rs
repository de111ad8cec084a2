//! Where a record may stand: in the log of its own tag, in the root log, or as a copy by which others find it.

use std::collections::BTreeSet;

use relsign::evaluate::complete::describe;
use relsign::evaluate::push::record::{Location, Placement, connected, place};
use relsign::evaluate::root_log::ROOT_SUBJECT;
use relsign::model::finding::Code;
use relsign::model::ids::{ObjectId, RecordId};
use relsign::model::record::{Body, Lift, Receipt, Redact, SignVerdict, Subject, SubjectDigest};

use crate::world::{World, digest, object};

const TAG: u8 = 0x71;
const ROOT: u8 = 0x01;
const NAME: u8 = 0x02;
const OTHER: u8 = 0x03;

type Placed = Result<Placement, Code>;
const OWN: Placed = Ok(Placement::Own);
const COPY: Placed = Ok(Placement::Copy);
const NOT: Placed = Err(Code::SubjectMismatch);

fn spot(object: ObjectId, known: &BTreeSet<RecordId>) -> Location<'_> {
    Location { object, root: (self::object(ROOT), digest(0xb1)), known, name: Some(self::object(NAME)) }
}

/// Asserts as what a record may stand on the tag, the root blob, the blob of the name, and anything else.
#[track_caller]
fn assert_placed(world: &World, record: RecordId, expected: [Placed; 4]) {
    let records = world.verify().records;
    let known = BTreeSet::new();
    let placed = |at| place(&records[&record], spot(object(at), &known)).map_err(|refusal| refusal.code());
    assert_eq!([TAG, ROOT, NAME, OTHER].map(placed), expected);
}

fn lift() -> Body {
    Body::Lift(Lift { freeze: RecordId::from_bytes([1; 32]), reason: "over".to_owned() })
}

#[test]
fn words_on_a_tag_stand_in_its_log_alone() {
    let mut world = World::opened(|_| {});
    let signed = world.sign("sam", "runbook", SignVerdict::Done);
    assert_placed(&world, signed, [OWN, NOT, NOT, NOT]);
    let records = world.verify().records;
    assert_eq!(records[&signed].tag(), Some(("refs/tags/v2.4.0", object(TAG))));
}

#[test]
fn an_open_record_is_copied_to_its_name() {
    let world = World::opened(|_| {});
    assert_placed(&world, world.open, [OWN, NOT, COPY, NOT]);
}

#[test]
fn a_redaction_is_copied_to_the_root() {
    let mut world = World::opened(|_| {});
    let redacted = world.by("rita", Body::Redact(Redact { evidence: digest(0xe1), reason: "it names a customer".to_owned() }));
    assert_placed(&world, redacted, [OWN, COPY, NOT, NOT]);
}

#[test]
fn what_a_later_version_means_stands_where_its_subjects_say() {
    let mut world = World::opened(|_| {});
    let unknown = world.veto("rita");
    assert_placed(&world, unknown, [OWN, NOT, COPY, NOT]);
}

#[test]
fn a_receipt_belongs_into_no_log() {
    let mut world = World::opened(|_| {});
    let receipt = Receipt { sequence: 1, previous: None, records: Vec::new(), heads: Vec::new() };
    let receipt = world.draft("ci", Body::Receipt(receipt)).under(None).parents(&[]);
    let receipt = world.put(receipt);
    assert_placed(&world, receipt, [NOT, NOT, NOT, NOT]);
}

#[test]
fn what_speaks_of_the_repository_stands_in_the_root_log_of_this_root() {
    let of_root = |byte| Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(digest(byte)) };
    let of_tag = || Subject { name: "refs/tags/v2.4.0".to_owned(), digest: SubjectDigest::GitTag(object(OTHER)) };
    let named_otherwise = || Subject { name: "else".to_owned(), digest: SubjectDigest::Sha256(digest(0xb1)) };
    for (subjects, expected) in [
        (vec![of_root(0xb1)], [NOT, OWN, NOT, NOT]),
        (vec![of_root(0xb2)], [NOT, NOT, NOT, NOT]),
        (vec![named_otherwise()], [NOT, NOT, NOT, NOT]),
        // What names a tag belongs there, whatever else it names.
        (vec![of_tag(), of_root(0xb1)], [NOT, NOT, NOT, OWN]),
    ] {
        let mut world = World::empty();
        let mut draft = world.draft("rita", lift()).under(None).parents(&[]);
        draft.record.subjects = subjects;
        draft.record.subjects.sort();
        let id = world.put(draft);
        assert_placed(&world, id, expected);
    }
}

#[test]
fn a_record_that_stands_elsewhere_is_told_by_kind_and_signer() {
    let mut world = World::opened(|_| {});
    let signed = world.sign("sam", "runbook", SignVerdict::Done);
    let records = world.verify().records;
    let name = describe(&records[&signed]).to_string();
    assert_eq!(name, format!("sign {} by @sam", signed.short()));
    let refusal = place(&records[&signed], spot(object(OTHER), &BTreeSet::new())).unwrap_err();
    assert_eq!(refusal.to_string(), format!("{name} is attached to something that it is not about"));
}

#[test]
fn everything_that_a_record_builds_on_is_in_the_log() {
    let mut world = World::opened(|_| {});
    let parent = world.sign("sam", "runbook", SignVerdict::Done);
    let approve = world.sign_body("runbook", SignVerdict::Approve);
    let child = world.draft("rita", Body::Sign(approve)).parents(&[parent]);
    let child = world.put(child);
    let records = world.verify().records;
    let check = |known: &[RecordId]| {
        let known = known.iter().copied().collect();
        connected(&records[&child], spot(object(TAG), &known)).map_err(|refusal| (refusal.code(), refusal.to_string()))
    };
    assert_eq!(check(&[parent, world.open]), Ok(()));
    let missing = |id: RecordId| {
        let message = format!("{} names {}, which is not in the log", describe(&records[&child]), id.short());
        Err((Code::RecordMissing, message))
    };
    assert_eq!(check(&[world.open]), missing(parent));
    assert_eq!(check(&[parent]), missing(world.open));
    assert_eq!(check(&[]), missing(parent));
}
