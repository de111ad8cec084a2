//! What an item still needs, who could say it, and what is told of words that do not count.

use relsign::model::finding::Code;
use relsign::model::record::{Body, CheckResult, ItemRef, SignVerdict};
use relsign::model::report::{ItemState, NeedKind};

use crate::cast::POLICY;
use crate::world::{World, digest, find_item};

#[test]
fn a_passed_check_answers_a_failed_one_only_where_it_counts() {
    let check = |result| Body::Check(crate::logs::check(ItemRef { id: "runbook".parse().unwrap(), digest: digest(1) }, result));
    let failed = |world: &mut World| {
        world.ready_all();
        world.by("ci", check(CheckResult::Failed));
        world.assert_item("runbook", ItemState::Done);
    };
    // What its author took back.
    let mut world = World::opened(|_| {});
    failed(&mut world);
    let passed = world.by("ci", check(CheckResult::Passed));
    world.assert_item("runbook", ItemState::Satisfied);
    world.withdraw("ci", passed);
    world.assert_item("runbook", ItemState::Done);
    // What names an older policy, and nothing shows that it was there before the newer one.
    let mut world = World::opened(|_| {});
    failed(&mut world);
    let (ids, old) = (world.ids(), world.chain.head().head());
    world.advance(POLICY, &ids);
    let draft = world.draft("ci", check(CheckResult::Passed)).head(old);
    world.put(draft);
    world.assert_item("runbook", ItemState::Done);
    world.by("ci", check(CheckResult::Passed));
    world.assert_item("runbook", ItemState::Satisfied);
    // What is said by whom the policy that governs lets check nothing, though another version does.
    let mut world = World::with_policy(&POLICY.replace("may = [\"check\"]", "may = []"));
    world.open_by("rita", |_| {});
    let ids = world.ids();
    world.advance(POLICY, &ids);
    failed(&mut world);
    world.by("ci", check(CheckResult::Passed));
    world.assert_item("runbook", ItemState::Done);
}

#[test]
fn who_could_say_the_owners_word_or_resolve_a_reject_is_told() {
    let candidates = |world: &World, item: &str, what: NeedKind| {
        let report = world.report();
        let need = find_item(&report, item).needs.iter().find(|need| need.what == what).unwrap().clone();
        need.candidates.iter().map(|handle| handle.as_str().to_owned()).collect::<Vec<_>>()
    };
    // Whoever has no active key owns nothing any more.
    let mut world = World::with_policy(&POLICY.replace("KEY:tara\"", "KEY:tara\", state = \"retired\""));
    world.open_by("rita", |_| {});
    assert_eq!(candidates(&world, "runbook", NeedKind::OwnerWord), ["@sam"]);
    assert_eq!(candidates(&world, "tests", NeedKind::OwnerWord), ["@ivan", "@quin"]);
    world.sign("quin", "tests", SignVerdict::Reject);
    world.sign("rita", "runbook", SignVerdict::Reject);
    // Its author first, and nobody twice.
    assert_eq!(candidates(&world, "tests", NeedKind::RejectResolved), ["@quin", "@dana", "@ivan", "@rita", "@rolf", "@sam"]);
    assert_eq!(candidates(&world, "runbook", NeedKind::RejectResolved), ["@rita", "@dana", "@ivan", "@rolf", "@sam"]);
}

#[test]
fn a_word_that_does_not_count_says_why_unless_its_author_took_it_back() {
    let mut world = World::opened(|_| {});
    let other = world.sign("dana", "runbook", SignVerdict::Done);
    let taken = world.sign("sam", "runbook", SignVerdict::Done);
    world.withdraw("sam", taken);
    let counted = world.sign("rita", "runbook", SignVerdict::Approve);
    let report = world.report();
    let said = |id| find_item(&report, "runbook").sign_offs.iter().find(|word| word.record == id).unwrap();
    assert_eq!((said(other).counts, said(other).why_not), (false, Some(Code::NotOwner)));
    assert_eq!((said(taken).counts, said(taken).why_not), (false, None));
    assert_eq!((said(counted).counts, said(counted).why_not), (true, None));
    assert!(said(taken).counts_as.contains("withdrew"), "{}", said(taken).counts_as);
}
