//! Whatever a signing command refuses by a rule, the verdict refuses too: each refusal is held against a record that was made by hand.

use relsign::evaluate::context::Reread;
use relsign::model::denial::Denial;
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Assign, Body, Decide, Decision, ItemRef, Phase, PreviousRelease, SignVerdict};
use relsign::model::report::{Answer, Report};

use crate::world::{World, digest, item, object, owned, person, plain_open, read_again};

/// What is asked of a world in which somebody did by hand what the command refuses.
enum Asked {
    /// There is no GO, with this answer.
    NoGo(Answer),
    /// The record counts for nothing, and the release is as it was.
    Nothing,
    /// Another chapter asks it.
    Elsewhere,
    /// There is no rule.
    NoRule,
}

fn previous() -> PreviousRelease {
    PreviousRelease { tag: "refs/tags/v2.3.0".parse().unwrap(), tag_object: object(0x61), commit: object(0x62), overridden: false }
}

/// A release in which @sam's item lacks a review, which is then given by whoever may not.
fn reviewed(by: &str, change: impl FnOnce(&mut relsign::model::record::Open), say: impl FnOnce(&mut World, &str)) -> World {
    let mut world = World::opened(change);
    world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("quin", "tests", SignVerdict::Done);
    world.sign("sam", "tests", SignVerdict::Approve);
    say(&mut world, by);
    world.decide("rolf", Decision::Go);
    world
}

fn approve(world: &mut World, by: &str) {
    world.sign(by, "runbook", SignVerdict::Approve);
}

fn assign(world: &mut World, by: &str, owner: &str) -> RecordId {
    let item = ItemRef { id: "tests".parse().unwrap(), digest: digest(2) };
    world.by(by, Body::Assign(Assign { item: Some(item), stage: None, owner: owner.parse().unwrap(), reason: "leave".to_owned() }))
}

fn reread(world: &mut World, change: impl FnOnce(&mut Reread)) {
    let mut again = read_again(&plain_open());
    change(&mut again);
    world.reread.insert(world.open, again);
}

/// Does by hand what a refusal is about.
fn done_by_hand(denial: Denial) -> (World, Asked) {
    let (gone, _) = World::gone();
    let mut world = gone.clone();
    let no_go = Asked::NoGo(Answer::NoGo);
    let asked = match denial {
        Denial::KeyUnlisted => {
            // Its line is not valid: tests/signatures.
            Asked::Elsewhere
        }
        Denial::KeyInactive => {
            world = reviewed(
                "sam-old",
                |open| open.items[0].owner = Some(person("@dana")),
                |world, by| {
                    world.sign("dana", "runbook", SignVerdict::Done);
                    approve(world, by);
                },
            );
            no_go
        }
        Denial::NoRight => {
            assign(&mut world, "dana", "@dana");
            Asked::Nothing
        }
        Denial::OtherPattern => {
            world.tag.name = "refs/tags/light".parse().unwrap();
            world.tag.object.as_mut().unwrap().inner_name = "light".to_owned();
            no_go
        }
        Denial::OtherEnvironment => {
            world = World::opened(|open| open.environment = "nowhere".parse().unwrap());
            world.ready_all();
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::NoItem => {
            world = World::opened(|open| open.items = vec![item(1, "runbook", Phase::After)]);
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::TagNotSigned => {
            world =
                World::with_policy(&crate::cast::POLICY.replace("[[component]]", "[tags]\nsigned = \"required\"\n[[component]]"));
            world.open_by("rita", |_| {});
            world.ready_all();
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::TagNotAnnotated => {
            world.tag.object = None;
            world.tag.problem = Some(crate::world::finding_of(Code::TagLightweight, "the tag is lightweight"));
            no_go
        }
        Denial::OtherTagName => {
            world.tag.object.as_mut().unwrap().inner_name = "v2.4.1".to_owned();
            Asked::NoGo(Answer::Tampered)
        }
        Denial::NameSpent => {
            let record = world.open;
            let opened = relsign::evaluate::context::OpenedObject {
                record,
                object: object(0x99),
                authorised: true,
                orphaned: Vec::new(),
                elsewhere: Vec::new(),
            };
            world.opened_objects = vec![opened];
            Asked::NoGo(Answer::Tampered)
        }
        Denial::OpenTwice => {
            let first = world.open;
            world.open_by("rolf", |_| {});
            world.open = first;
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::PreviousElsewhere | Denial::PreviousDidNotPass => {
            world = World::opened(|open| open.previous = Some(previous()));
            world.ready_all();
            world.decide("rolf", Decision::Go);
            let mut again = read_again(&plain_open());
            again.is_below = Some(denial != Denial::PreviousElsewhere);
            if denial == Denial::PreviousDidNotPass {
                again.previous = Some(crate::world::finding_of(Code::PreviousUnproven, "it never passed"));
            }
            world.reread.insert(world.open, again);
            no_go
        }
        Denial::CommitUnreadable => {
            reread(&mut world, |again| {
                again.origin = Err(relsign::model::finding::RangeUnread::Lost(object(0x55)));
            });
            Asked::NoGo(Answer::CannotDecide)
        }
        Denial::Machine => {
            world = reviewed("ci", |_| {}, approve);
            no_go
        }
        Denial::NotItsOwner => {
            world = World::opened(|open| open.items = vec![owned(1, "runbook", person("@dana"))]);
            world.sign("sam", "runbook", SignVerdict::Done);
            world.sign("rita", "runbook", SignVerdict::Approve);
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::EvidenceNeeded => {
            world = World::opened(|open| open.items[0].requirements.evidence = true);
            world.ready_all();
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::OwnItem => {
            world = reviewed("sam", |_| {}, approve);
            no_go
        }
        Denial::OwnTag => {
            world = reviewed("tara", |_| {}, approve);
            no_go
        }
        Denial::OwnCommits => {
            world = reviewed("ivan", |_| {}, approve);
            no_go
        }
        Denial::StrangersCommits => {
            world = reviewed("rita", |open| open.implementers.unknown = vec!["Mallory".to_owned()], approve);
            no_go
        }
        Denial::StrangersTag => {
            world = reviewed("rita", |open| open.implementers.tagger = None, approve);
            no_go
        }
        Denial::NoHardwareKey => {
            world = reviewed("rita", |open| open.items[0].requirements.hardware_key = true, approve);
            no_go
        }
        Denial::OthersRole => {
            world = reviewed(
                "rita",
                |_| {},
                |world, by| {
                    world.sign_as(by, "runbook", SignVerdict::Approve, "qa");
                },
            );
            no_go
        }
        Denial::NotForAssignment => {
            assign(&mut world, "rita", "@nobody");
            Asked::Nothing
        }
        Denial::OthersRecord => {
            let reject = world.sign("sam", "runbook", SignVerdict::Reject);
            world.withdraw("rita", reject);
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::WithdrawOfWithdraw => {
            let done = world.sign("sam", "runbook", SignVerdict::Done);
            let withdraw = world.withdraw("sam", done);
            world.withdraw("sam", withdraw);
            world.decide("rolf", Decision::Go);
            Asked::Nothing
        }
        Denial::NoBasis => {
            world = World::opened(|_| {});
            world.decide("rolf", Decision::Go);
            no_go
        }
        Denial::Incomplete => {
            world = reviewed(
                "rita",
                |_| {},
                |world, by| {
                    let body = world.sign_body("runbook", SignVerdict::Waive);
                    let blank = relsign::model::record::Sign { reason: Some(" ".to_owned()), ..body };
                    world.by(by, Body::Sign(blank));
                },
            );
            no_go
        }
        // Exceptions and receipts lie in other logs: `push` and `receipts` here.
        Denial::OwnException | Denial::NotAWitness => Asked::Elsewhere,
        // What is said of the course of a release makes no GO: the chapters on stages, actions, roll-backs and ends.
        Denial::NotInGo
        | Denial::StageSkipped
        | Denial::StageFailed
        | Denial::StageBakes
        | Denial::LimitBroken
        | Denial::LimitOpen
        | Denial::CheckpointOpen
        | Denial::StageOfPerson
        | Denial::OutOfWindow
        | Denial::InFreeze
        | Denial::ActionOfOthers
        | Denial::ConditionOfOthers
        | Denial::ConditionLate
        | Denial::EndLacks
        | Denial::EndNotWithdrawn
        | Denial::NotBegun => Asked::Elsewhere,
        Denial::NothingToSign
        | Denial::NothingOfYours
        | Denial::FreezeOver
        | Denial::FreezeNamed
        | Denial::WindowOfPolicy
        | Denial::AlreadyThere
        | Denial::EvidenceRedacted
        | Denial::CitedNowhere
        | Denial::StageEntered
        | Denial::NothingSeen
        | Denial::RollbackBegun
        | Denial::NoStep
        | Denial::Closed
        | Denial::AuthorsCut
        | Denial::Unconfirmed => Asked::NoRule,
    };
    (world, asked)
}

/// The codes that a report gives, those of sign-offs that do not count among them.
fn codes(report: &Report) -> Vec<Code> {
    let findings = report.findings.iter().chain(&report.verdict.reasons).map(|finding| finding.code);
    findings.chain(report.items.iter().flat_map(|item| &item.sign_offs).filter_map(|said| said.why_not)).collect()
}

#[test]
fn what_signing_refuses_the_verdict_refuses() {
    for denial in Denial::ALL {
        let (world, asked) = done_by_hand(*denial);
        let report = world.report();
        let rule = denial.rule();
        match asked {
            Asked::NoRule => assert_eq!(rule, None, "{denial:?} is a rule"),
            Asked::Elsewhere => assert!(rule.is_some(), "{denial:?} is no rule"),
            Asked::NoGo(answer) => {
                assert_eq!(report.verdict.answer, answer, "{denial:?}: {:#?}", report.verdict.reasons);
                assert!(codes(&report).contains(&rule.unwrap()), "{denial:?}: {:#?}", codes(&report));
            }
            Asked::Nothing => {
                assert_eq!(report.verdict.answer, Answer::Go, "{denial:?}: {:#?}", report.verdict.reasons);
                assert!(codes(&report).contains(&rule.unwrap()), "{denial:?}: {:#?}", codes(&report));
            }
        }
    }
}

#[test]
fn what_lacks_a_reason_never_helps_and_still_speaks_against() {
    let blank = || Some(String::new());
    // A reject without a reason is one.
    let (mut world, _) = World::gone();
    let body = world.sign_body("runbook", SignVerdict::Reject);
    world.by("sam", Body::Sign(relsign::model::record::Sign { reason: None, ..body }));
    world.assert_not(Answer::NoGo, Code::UnseenNegative);
    // So are a no-go, and a conditional go without a condition.
    for decision in [Decision::NoGo, Decision::ConditionalGo] {
        let (mut world, _) = World::gone();
        let manifest = world.ids();
        world.by("rolf", Body::Decide(Decide { decision, manifest, conditions: Vec::new(), reason: blank() }));
        world.assert_not(Answer::NoGo, Code::UnseenNegative);
        assert!(codes(&world.report()).contains(&Code::RecordIncomplete), "{decision}");
    }
    // To withdraw a reject takes a reason.
    let mut world = World::ready();
    let reject = world.sign("sam", "runbook", SignVerdict::Reject);
    let withdraw = relsign::model::record::Withdraw { record: reject, reason: String::new() };
    world.by("sam", Body::Withdraw(withdraw));
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::RejectOpen);
    // A window that ends before it begins opens nothing.
    let mut world = World::opened(|open| {
        let (from, to) = (crate::world::time(20), crate::world::time(10));
        open.window = Some(relsign::model::record::Window { from, to });
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::RecordIncomplete);
}
