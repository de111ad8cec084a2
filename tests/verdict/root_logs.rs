//! The root log: what may stand in it, and who may say what about the repository as a whole.

use std::collections::BTreeMap;

use relsign::evaluate::root_log::{ROOT_SUBJECT, RootLog};
use relsign::model::finding::Code;
use relsign::model::ids::{RecordId, RootDigest};
use relsign::model::policy::Right;
use relsign::model::record::{Body, Lift, Subject, SubjectDigest, Withdraw};

use crate::cast::POLICY;
use crate::world::{World, digest, time};

/// Signs a record that speaks of the root blob whose digest this is.
fn say(world: &mut World, who: &str, body: Body, blob: u8) -> RecordId {
    let mut draft = world.draft(who, body).under(None).parents(&[]);
    draft.record.subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(digest(blob)) }];
    world.put(draft)
}

fn lift() -> Body {
    Body::Lift(Lift { freeze: RecordId::from_bytes([1; 32]), reason: "over".to_owned() })
}

/// Judges the root log of a world at minute 1000.
fn judged<T>(world: &World, ask: impl FnOnce(&RootLog<'_>) -> T) -> T {
    let log = world.verify();
    let root = world.root();
    ask(&RootLog::admit(&world.chain, (&root, &digest(0xb1)), &log.records, BTreeMap::new(), time(1000)))
}

#[test]
fn only_what_speaks_of_this_root_stands_in_the_root_log() {
    let mut world = World::empty();
    let good = say(&mut world, "rita", lift(), 0xb1);
    let other = say(&mut world, "rita", lift(), 0xb2);
    let mut foreign = world.draft("rita", lift()).under(None).parents(&[]);
    foreign.record.root = RootDigest::from_bytes([0xaa; 32]);
    world.put(foreign);
    let plain = world.open_by("rita", |_| {});
    judged(&world, |log| {
        assert_eq!(log.records.keys().copied().collect::<Vec<_>>(), [good]);
        let mut found: Vec<_> = log.findings.iter().map(|found| (found.code, found.record.unwrap())).collect();
        found.sort();
        // What is of another root was told when its line was verified.
        let mut expected = vec![(Code::SubjectMismatch, other), (Code::SubjectMismatch, plain)];
        expected.sort();
        assert_eq!(found, expected);
    });
}

#[test]
fn who_may_say_what_opens_needs_the_right_now_and_what_closes_ever() {
    let mut world = World::empty();
    let by: Vec<_> = ["rita", "sam", "ci", "rita-lost"].map(|who| (who, say(&mut world, who, lift(), 0xb1))).to_vec();
    let mut late = world.draft("rita", lift()).under(None).parents(&[]).at(time(5000));
    late.record.subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(digest(0xb1)) }];
    let late = world.put(late);
    judged(&world, |log| {
        let may = |id: RecordId| log.may(log.records[&id], Right::Decide).map_err(|refusal| refusal.code());
        let might = |id: RecordId| log.ever_might(log.records[&id], Right::Decide);
        let expected = [
            (Ok(()), true),
            (Err(Code::NotAuthorised), false),
            (Err(Code::NotAuthorised), false),
            (Err(Code::KeyCompromised), true),
        ];
        for ((who, id), expected) in by.iter().zip(expected) {
            assert_eq!((may(*id), might(*id)), expected, "{who}");
        }
        assert_eq!(may(late), Err(Code::TimeInFuture));
    });
    // The right is gone with the next version, and with it what opens but not what closes.
    world.advance(&POLICY.replace("release_managers = [\"release-manager\"]", "release_managers = [\"sre\"]"), &[]);
    let now = say(&mut world, "rita", lift(), 0xb1);
    let sam = say(&mut world, "sam", lift(), 0xb1);
    judged(&world, |log| {
        let may = |id: RecordId| log.may(log.records[&id], Right::Decide).map_err(|refusal| refusal.code());
        assert_eq!((may(now), log.ever_might(log.records[&now], Right::Decide)), (Err(Code::NotAuthorised), true));
        assert_eq!(may(sam), Ok(()));
    });
}

#[test]
fn only_the_author_of_a_record_withdraws_it_from_the_root_log() {
    let mut world = World::empty();
    let own = say(&mut world, "rita", lift(), 0xb1);
    let other = say(&mut world, "sam", lift(), 0xb1);
    let withdraw = |record| Body::Withdraw(Withdraw { record, reason: "a mistake".to_owned() });
    for target in [own, other, RecordId::from_bytes([7; 32])] {
        say(&mut world, "rita", withdraw(target), 0xb1);
    }
    judged(&world, |log| assert_eq!(log.withdrawn().into_iter().collect::<Vec<_>>(), [own]));
}
