//! Where items stand: owners, reviewers, roles, children, phases, ages.

use relsign::evaluate::context::TagSignature;
use relsign::model::finding::Code;
use relsign::model::record::{Body, CheckResult, Decision, ItemRef, Open, Phase, Requirements, SignVerdict};
use relsign::model::report::{Answer, ItemState, NeedKind};

use crate::cast::{POLICY, holder, key};
use crate::world::{World, assert_cited, checked, digest, find_item, has, item, object, owned, person, role, time};

/// The policy of a repository in which one person does everything.
fn solo() -> String {
    POLICY
        .replace("[[rule]]\nphase = [\"before\"]\nreviews = 1\n", "")
        .replace("owner_may_review = false", "owner_may_review = true")
}

#[test]
fn one_person_alone_reaches_go_where_the_policy_asks_for_no_reviews() {
    let mut world = World::with_policy(&solo());
    world.open_by("rita", |open| {
        open.items = vec![owned(1, "runbook", person("@rita"))];
        open.items[0].requirements.reviews = 0;
    });
    world.sign("rita", "runbook", SignVerdict::Done);
    let go = world.decide("rita", Decision::Go);
    let report = world.assert_go();
    assert_eq!(report.verdict.decision, Some(go));
    assert_eq!(report.items[0].state, ItemState::Satisfied);
}

#[test]
fn an_owners_word_waits_for_the_second_reviewer() {
    let mut world = World::opened(|_| {});
    world.assert_item("runbook", ItemState::Pending);
    world.sign("sam", "runbook", SignVerdict::Done);
    let report = world.assert_item("runbook", ItemState::Done);
    let need = &find_item(&report, "runbook").needs[0];
    assert_eq!((need.what, need.people), (NeedKind::Review, 1));
    let candidates: Vec<_> = need.candidates.iter().map(|handle| handle.as_str()).collect();
    assert_eq!(candidates, ["@dana", "@olga", "@quin", "@rita", "@rolf"], "neither owner nor tagger nor implementer");
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn a_review_without_the_owners_word_satisfies_nothing() {
    let mut world = World::opened(|_| {});
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Pending);
}

#[test]
fn the_named_owner_cannot_review() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::Done);
    let own = world.sign("sam", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::ReviewByOwner, own, "sam");
}

#[test]
fn whoever_of_a_role_said_done_cannot_review_with_another_key_either() {
    let mut world = World::opened(|open| open.items[0].owner = Some(role("sre")));
    world.sign("sam", "runbook", SignVerdict::Done);
    let own = world.sign("sam-two", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::ReviewByOwner, own, "sam-two");
    // Another holder of the same role may.
    world.sign("dana", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn tagger_and_implementers_cannot_review() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::Done);
    let tagger = world.sign("tara", "runbook", SignVerdict::Approve);
    let implementer = world.sign("ivan", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::ReviewByTagger, tagger, "tara");
    assert_cited(&report, Code::ReviewByImplementer, implementer, "ivan");
}

#[test]
fn an_unknown_author_in_the_range_makes_every_review_doubtful() {
    let mut world = World::opened(|open| open.implementers.unknown = vec!["Mallory".to_owned()]);
    world.sign("sam", "runbook", SignVerdict::Done);
    let review = world.sign("rita", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::ImplementerUnknown, review, "rita");
    assert!(report.findings.iter().any(|finding| finding.message().contains("Mallory")), "the identity is named");
}

#[test]
fn a_tag_by_nobody_who_is_known_makes_every_review_doubtful() {
    let mut world = World::opened(|open| open.implementers.tagger = None);
    world.sign("sam", "runbook", SignVerdict::Done);
    let review = world.sign("rita", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::TaggerUnknown, review, "rita");
    for (from, to) in [("tagger_may_review = false", "tagger_may_review = true"), ("\"refuse\"", "\"note\"")] {
        let mut world = World::with_policy(&POLICY.replace(from, to));
        world.open_by("rita", |open| open.implementers.tagger = None);
        world.sign("sam", "runbook", SignVerdict::Done);
        world.sign("rita", "runbook", SignVerdict::Approve);
        world.assert_item("runbook", ItemState::Satisfied);
    }
}

#[test]
fn commits_in_which_no_person_stands_make_every_review_doubtful_unless_they_are_listed() {
    let by_bots = |open: &mut Open| open.implementers.bot_commits = vec![object(0x71)];
    let mut world = World::opened(by_bots);
    world.sign("sam", "runbook", SignVerdict::Done);
    let review = world.sign("rita", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::ImplementerUnknown, review, "rita");
    assert!(report.findings.iter().any(|finding| finding.code == Code::BotCommits && finding.message().contains("717171717171")));
    for (from, to) in [
        ("unknown_identity = \"refuse\"", "unknown_identity = \"refuse\"\nbot_commits = \"listed\""),
        ("\"refuse\"", "\"note\""),
        ("implementer_may_review = false", "implementer_may_review = true"),
    ] {
        let mut world = World::with_policy(&POLICY.replace(from, to));
        world.open_by("rita", by_bots);
        world.sign("sam", "runbook", SignVerdict::Done);
        world.sign("rita", "runbook", SignVerdict::Approve);
        let report = world.assert_item("runbook", ItemState::Satisfied);
        assert!(report.findings.iter().any(|finding| finding.code == Code::BotCommits));
    }
}

#[test]
fn two_records_or_two_keys_of_one_person_are_one_person() {
    let mut world = World::opened(|open| {
        open.items = vec![owned(1, "runbook", person("@quin"))];
        open.items[0].requirements.reviews = 2;
    });
    world.sign("quin", "runbook", SignVerdict::Done);
    world.sign("sam", "runbook", SignVerdict::Approve);
    world.sign("sam", "runbook", SignVerdict::Approve);
    world.sign("sam-two", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_eq!(find_item(&report, "runbook").needs[0].people, 1);
    world.sign("dana", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn one_person_cannot_fill_two_roles() {
    let mut world = World::opened(|open| {
        open.items = vec![owned(1, "runbook", person("@quin"))];
        open.items[0].requirements = Requirements {
            reviews: 1,
            roles: vec!["security".parse().unwrap(), "sre".parse().unwrap()],
            waiver_people: 1,
            ..Requirements::default()
        };
    });
    world.sign("quin", "runbook", SignVerdict::Done);
    world.sign_as("sam", "runbook", SignVerdict::Approve, "sre");
    world.sign_as("sam-two", "runbook", SignVerdict::Approve, "security");
    world.assert_item("runbook", ItemState::Done);
    world.sign_as("dana", "runbook", SignVerdict::Approve, "sre");
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn a_role_has_to_be_claimed_and_held() {
    let mut world = World::opened(|open| open.items[0].requirements.roles = vec!["qa".parse().unwrap()]);
    world.sign("sam", "runbook", SignVerdict::Done);
    let claimed = world.sign_as("rita", "runbook", SignVerdict::Approve, "qa");
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::RoleNotHeld, claimed, "rita");
    world.sign("quin", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Done);
    world.sign_as("quin", "runbook", SignVerdict::Approve, "qa");
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn a_machine_is_nobody() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::Done);
    let review = world.sign("ci", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::MachineNotPerson, review, "ci");
}

#[test]
fn only_the_owner_says_done() {
    let mut world = World::opened(|_| {});
    let other = world.sign("dana", "runbook", SignVerdict::Done);
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_cited(&report, Code::NotOwner, other, "dana");
}

#[test]
fn an_item_without_owner_is_the_release_managers() {
    let mut world = World::opened(|open| open.items = vec![item(1, "runbook", Phase::Before)]);
    world.sign("sam", "runbook", SignVerdict::Done);
    world.assert_item("runbook", ItemState::Pending);
    world.sign("rita", "runbook", SignVerdict::Done);
    world.sign("dana", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
}

#[test]
fn an_assigned_item_has_another_owner() {
    let mut world = World::opened(|_| {});
    let assign = |item: &str, owner: &str| {
        Body::Assign(relsign::model::record::Assign {
            item: Some(ItemRef { id: item.parse().unwrap(), digest: digest(1) }),
            stage: None,
            owner: owner.parse().unwrap(),
            reason: "holiday".to_owned(),
        })
    };
    world.by("dana", assign("runbook", "@dana"));
    world.sign("dana", "runbook", SignVerdict::Done);
    world.assert_item("runbook", ItemState::Pending);
    let given = world.by("rita", assign("runbook", "@dana"));
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
    // What the earlier owner says no longer counts; and the assignment can be taken back by its author only.
    world.withdraw("rolf", given);
    world.assert_item("runbook", ItemState::Satisfied);
    world.withdraw("rita", given);
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_eq!(find_item(&report, "runbook").owner, Some(person("@sam")));
}

#[test]
fn of_concurrent_words_of_the_owner_the_less_favourable_wins() {
    let mut world = World::opened(|open| open.items[0].requirements.reviews = 1);
    let before = world.heads();
    world.sign("sam", "runbook", SignVerdict::Done);
    let body = world.sign_body("runbook", SignVerdict::Partial);
    // Made in another clone, and claiming an earlier time: it has not seen the other word.
    let draft = world.draft("sam", Body::Sign(body)).parents(&before).at(time(-5));
    let partial = world.put(draft);
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Partial);
    // A word that has seen both decides.
    world.sign("sam", "runbook", SignVerdict::Done);
    world.assert_item("runbook", ItemState::Satisfied);
    let _ = partial;
}

#[test]
fn of_two_owners_of_a_role_the_less_favourable_word_wins() {
    let mut world = World::opened(|open| open.items[0].owner = Some(role("sre")));
    world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("dana", "runbook", SignVerdict::Partial);
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Partial);
}

#[test]
fn a_partial_item_is_no_basis() {
    let mut world = World::ready();
    world.sign("sam", "runbook", SignVerdict::Partial);
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::ItemOpen);
}

#[test]
fn an_item_that_does_not_apply_needs_its_reviews_too() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::NotApplicable);
    world.assert_item("runbook", ItemState::Done);
    world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::NotApplicable);
}

#[test]
fn a_parent_needs_its_children_and_its_own_signature() {
    let mut world = World::opened(|open| {
        open.items[1].parent = Some("runbook".parse().unwrap());
    });
    world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("rita", "runbook", SignVerdict::Approve);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_eq!(find_item(&report, "runbook").needs[0].what, NeedKind::Children);
    world.sign("quin", "tests", SignVerdict::Done);
    world.sign("sam", "tests", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn children_of_a_later_phase_are_not_due_with_their_parent() {
    let mut world = World::opened(|open| {
        let mut child = item(3, "third", Phase::After);
        child.parent = Some("runbook".parse().unwrap());
        open.items.push(child);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn optional_items_and_those_of_other_phases_are_not_needed() {
    let mut world = World::opened(|open| {
        let mut optional = item(3, "third", Phase::Before);
        optional.optional = true;
        open.items.extend([
            optional,
            item(4, "watch", Phase::Stage),
            item(5, "afterwards", Phase::After),
            item(6, "undo", Phase::OnRollback),
        ]);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert_eq!(find_item(&report, "third").state, ItemState::Pending);
}

#[test]
fn a_checklist_without_an_item_that_go_needs_gives_no_go() {
    for items in [vec![], vec![item(1, "later", Phase::After)], {
        let mut optional = item(1, "maybe", Phase::Before);
        optional.optional = true;
        vec![optional]
    }] {
        let mut world = World::opened(|open| open.items = items);
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::NoItems);
    }
}

#[test]
fn an_open_record_that_asks_less_than_the_policy_gives_no_go() {
    let mut world = World::opened(|open| open.items[0].requirements.reviews = 0);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let report = world.assert_not(Answer::NoGo, Code::OpenContradictsPolicy);
    assert_cited(&report, Code::OpenContradictsPolicy, world.open, "rita");
}

#[test]
fn an_open_record_of_another_component_or_environment_contradicts_the_policy() {
    let (component, _) = ("other".to_owned(), ());
    let mut world = World::opened(|open| open.component = component);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::OpenContradictsPolicy);

    let mut world = World::opened(|open| open.environment = "sandbox".parse().unwrap());
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::OpenContradictsPolicy);
}

#[test]
fn an_approval_grows_old_by_the_time_of_the_decision() {
    let make = |late: i64| {
        let mut world = World::opened(|open| {
            for item in &mut open.items {
                item.requirements.max_age = Some(3600);
            }
        });
        world.ready_all();
        let manifest = world.ids();
        let body =
            Body::Decide(relsign::model::record::Decide { decision: Decision::Go, manifest, conditions: vec![], reason: None });
        // The owner's word was the second record, signed at minute 2.
        let draft = world.draft("rolf", body).at(time(2).plus(3600 + late));
        world.put(draft);
        world
    };
    make(0).assert_go();
    let world = make(1);
    let report = world.assert_not(Answer::NoGo, Code::DecisionWithoutBasis);
    assert!(report.decisions[0].reasons.iter().any(|reason| reason.code == Code::ItemOpen), "{report:#?}");
    // A decision that claims to be early is judged at the time when a witness saw it.
    let mut world = make(0);
    let go = world.lines.last().unwrap().0;
    world.witnessed.insert(go, time(10_000));
    world.assert_not(Answer::NoGo, Code::ItemOpen);
}

#[test]
fn expired_approvals_are_found_today() {
    let mut world = World::opened(|open| open.items[0].requirements.max_age = Some(60));
    let old = world.sign("sam", "runbook", SignVerdict::Done);
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_cited(&report, Code::ApprovalExpired, old, "sam");
}

#[test]
fn evidence_and_hardware_keys_are_asked_for() {
    let mut world = World::opened(|open| {
        open.items[0].requirements.evidence = true;
        open.items[1].requirements.hardware_key = true;
    });
    let bare = world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("quin", "tests", SignVerdict::Done);
    let soft = world.sign("sam", "tests", SignVerdict::Approve);
    let report = world.report();
    assert_cited(&report, Code::EvidenceRequired, bare, "sam");
    assert_cited(&report, Code::HardwareKeyRequired, soft, "sam");
    assert_eq!(find_item(&report, "runbook").state, ItemState::Pending);
    assert_eq!(find_item(&report, "tests").state, ItemState::Done);
}

#[test]
fn a_failed_check_holds_an_item_back_until_one_that_has_seen_it_passes() {
    let check = |result| checked("runbook", digest(1), result);
    let mut world = World::ready();
    let before = world.heads();
    world.by("ci", check(CheckResult::Failed));
    let draft = world.draft("ci", check(CheckResult::Passed)).parents(&before);
    world.put(draft);
    world.assert_item("runbook", ItemState::Done);
    let mut refused = world.clone();
    refused.decide("rolf", Decision::Go);
    refused.assert_not(Answer::NoGo, Code::CheckFailed);
    // Somebody else's pass answers nothing.
    world.by("rita", check(CheckResult::Passed));
    world.assert_item("runbook", ItemState::Done);
    world.by("ci", check(CheckResult::Passed));
    world.decide("rolf", Decision::Go);
    world.assert_go();
}

#[test]
fn words_on_other_texts_and_other_items_do_not_count() {
    let mut world = World::opened(|_| {});
    let mut body = world.sign_body("runbook", SignVerdict::Done);
    body.item.as_mut().unwrap().digest = digest(9);
    let changed = world.by("sam", Body::Sign(body));
    let mut body = world.sign_body("runbook", SignVerdict::Done);
    body.item.as_mut().unwrap().id = "elsewhere".parse().unwrap();
    let unknown = world.by("sam", Body::Sign(body));
    let report = world.assert_item("runbook", ItemState::Pending);
    assert_cited(&report, Code::ItemChanged, changed, "sam");
    assert_cited(&report, Code::ItemUnknown, unknown, "sam");
}

#[test]
fn a_key_that_nobody_listed_says_nothing() {
    let mut world = World::ready();
    let mut draft = {
        let body = world.sign_body("runbook", SignVerdict::Reject);
        world.draft("stranger", Body::Sign(body))
    };
    draft.record.signer.handle = "@sam".parse().unwrap();
    let (id, line) = draft.seal();
    world.decide("rolf", Decision::Go);
    world.lines.push((id, line));
    let report = world.assert_go();
    assert!(has(&report, Code::SignerUnknown));
    assert_eq!(report.findings[0].key.as_ref(), Some(key("stranger").public().fingerprint()));
}

#[test]
fn whoever_signed_the_tag_reviews_nothing_whoever_the_open_record_says_made_it() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::Done);
    let review = world.sign("rita", "runbook", SignVerdict::Approve);
    world.assert_item("runbook", ItemState::Satisfied);
    let signature = TagSignature::Verified(holder("rita"), key("rita").public().fingerprint().clone());
    world.tag.object.as_mut().unwrap().signature = Some(signature);
    let report = world.assert_item("runbook", ItemState::Done);
    assert_cited(&report, Code::ReviewByTagger, review, "rita");
}

#[test]
fn the_reason_of_an_open_item_says_what_it_needs() {
    let reason = |world: &World, code| {
        let mut world = world.clone();
        world.decide("rolf", Decision::Go);
        let report = world.assert_not(Answer::NoGo, code);
        report.findings.into_iter().find(|found| found.code == code && found.message().starts_with("runbook ")).unwrap().message()
    };
    let mut world = World::opened(|open| open.items[0].requirements.reviews = 2);
    assert_eq!(reason(&world, Code::ItemOpen), "runbook is not complete: it needs its owner's sign-off and 2 reviews");
    world.sign("rita", "runbook", SignVerdict::Approve);
    assert_eq!(reason(&world, Code::ItemOpen), "runbook is not complete: it needs its owner's sign-off and 1 review");
    world.sign("sam", "runbook", SignVerdict::Done);
    assert_eq!(reason(&world, Code::ItemOpen), "runbook is not complete: it needs 1 review");
}

#[test]
fn who_could_still_waive_an_item_is_told_without_those_who_have() {
    let mut world = World::opened(|open| open.items[0].requirements.waiver_people = 2);
    world.sign("rita", "runbook", SignVerdict::Waive);
    let report = world.assert_item("runbook", ItemState::Pending);
    let need = find_item(&report, "runbook").needs.iter().find(|need| need.what == NeedKind::Waiver).unwrap().clone();
    let people: Vec<_> = need.candidates.iter().map(|handle| handle.as_str()).collect();
    assert_eq!((need.people, people), (1, vec!["@dana", "@ivan", "@rolf", "@sam", "@tara"]));
    let short: Vec<_> =
        report.findings.iter().filter(|found| found.code == Code::WaiverShort).map(|found| found.message()).collect();
    assert_eq!(short, ["runbook needs 1 more to waive it"]);
}
