//! Entering a stage of the roll-out: order, bake time, items, and the person who takes the last step.

use relsign::evaluate::course::{Entry, may_enter};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::policy::PolicyChain;
use relsign::model::record::{Body, Decision, ItemRef, OpenItem, Phase, SignVerdict, Stage, StageEvent};
use relsign::model::report::Answer;

use crate::cast::version;
use crate::world::{World, assert_cited, digest, item, moved, named, person, time};

/// The policy of these tests: the machine may read and move stages, and release managers may break glass.
pub(crate) fn policy() -> String {
    let may = crate::cast::POLICY.replace(r#"may = ["check"]"#, r#"may = ["check", "read", "stage"]"#);
    format!("{may}break_glass = [\"release-manager\"]\n")
}

/// A world in GO with three stages, the first of which bakes for ten minutes.
pub(crate) fn rolling(change: impl FnOnce(&mut relsign::model::record::Open)) -> World {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages =
            vec![named("canary", Some("5%"), Some(600)), named("half", Some("50 %"), None), named("full", Some("100 %"), None)];
        change(open);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world
}

fn body(stage: &str, event: StageEvent) -> Body {
    Body::Stage(moved(stage, event))
}

pub(crate) fn say(world: &mut World, who: &str, stage: &str, event: StageEvent, minutes: i64) -> RecordId {
    world.at(who, body(stage, event), minutes)
}

pub(crate) fn ask(world: &World, stage: &str) -> Option<Entry> {
    let log = world.verify();
    may_enter(&world.context(), &log.records, &world.report(), stage)
}

/// What a gate says of a stage: nothing where it may be brought out.
pub(crate) fn codes(world: &World, stage: &str) -> Vec<Code> {
    ask(world, stage).unwrap().reasons.iter().map(|reason| reason.code).collect()
}

/// The same once @rita has entered it, so that only what came before can be in the way; where there is no GO she can't.
pub(crate) fn codes_when_entered(world: &World, stage: &str) -> Vec<Code> {
    let mut world = world.clone();
    let draft = world.draft("rita", body(stage, StageEvent::Enter)).at(time(95).min(world.as_of));
    world.put(draft);
    let mut codes = codes(&world, stage);
    codes.retain(|code| *code != Code::StageNotEntered || world.report().verdict.answer == Answer::Go);
    codes
}

#[track_caller]
pub(crate) fn assert_may(world: &World, stage: &str) {
    world.assert_go();
    assert_not(world, stage, &[]);
}

#[track_caller]
pub(crate) fn assert_not(world: &World, stage: &str, expected: &[Code]) {
    assert_eq!(codes_when_entered(world, stage), expected, "{:#?}", ask(world, stage).unwrap().reasons);
}

#[test]
fn the_first_stage_may_be_entered_at_once_and_the_next_after_it_passed() {
    let mut world = rolling(|_| {});
    assert_eq!(codes(&world, "canary"), [Code::StageNotEntered], "entering comes before deploying");
    assert_may(&world, "canary");
    assert_not(&world, "half", &[Code::StageNotPassed]);
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_may(&world, "half");
    assert_eq!(codes(&world, "half"), [Code::StageNotEntered]);
    assert_eq!(codes(&world, "full"), [Code::StageNotPassed, Code::StagePersonRequired]);
    // Asking for one that was entered already is asking again.
    assert_eq!(codes(&world, "canary"), []);
    assert!(ask(&world, "nowhere").is_none());
}

#[test]
fn a_release_without_stages_or_without_an_open_record_has_none_to_enter() {
    let (world, _) = World::gone();
    assert!(ask(&world, "canary").is_none());
    assert!(ask(&World::empty(), "canary").is_none());
}

#[test]
fn a_stage_bakes_from_the_last_entry_that_whoever_passed_it_had_seen() {
    // Nine minutes, then ten to the second.
    for (passed, codes) in [(29, &[Code::StageBaking][..]), (30, &[])] {
        let mut world = rolling(|_| {});
        say(&mut world, "ci", "canary", StageEvent::Enter, 20);
        say(&mut world, "ci", "canary", StageEvent::Pass, passed);
        assert_not(&world, "half", codes);
    }
    let mut world = rolling(|_| {});
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Enter, 35);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_not(&world, "half", &[Code::StageBaking]);
    // Too early is too early, and is put right by saying it again.
    say(&mut world, "ci", "canary", StageEvent::Pass, 45);
    assert_may(&world, "half");
}

#[test]
fn a_stage_that_bakes_is_told_with_the_end_and_a_clock_before_it_is_not_late_enough() {
    let mut world = rolling(|_| {});
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    world.as_of = time(25);
    let reasons = ask(&world, "half").unwrap().reasons;
    assert_eq!(reasons[0].code, Code::StageBaking);
    assert!(reasons[0].message().ends_with(&format!("bakes until {}", time(30))), "{}", reasons[0].message());
    // A pass that claims a later time than the clock helps nobody.
    say(&mut world, "ci", "canary", StageEvent::Pass, 29);
    world.as_of = time(28);
    assert_not(&world, "half", &[Code::StageBaking]);
}

#[test]
fn an_entry_that_a_witness_saw_later_than_it_claims_bakes_from_then() {
    let mut world = rolling(|_| {});
    let entered = say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_may(&world, "half");
    world.witnessed.insert(entered, time(38));
    assert_not(&world, "half", &[Code::StageBaking]);
}

#[test]
fn only_the_last_word_of_those_who_may_counts() {
    // Nobody who may not, and nobody who had not seen it entered.
    let mut world = rolling(|_| {});
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    let mut world = rolling(|_| {});
    say(&mut world, "quin", "canary", StageEvent::Enter, 20);
    say(&mut world, "quin", "canary", StageEvent::Pass, 40);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    // What was taken back was not said.
    let mut world = rolling(|_| {});
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    let passed = say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    world.withdraw("ci", passed);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    // Entered again beside the pass, by somebody who had not seen it: it has to pass again.
    let mut world = rolling(|_| {});
    let entered = say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    let beside = world.draft("rita", body("canary", StageEvent::Enter)).at(time(41)).parents(&[entered]);
    world.put(beside);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    say(&mut world, "ci", "canary", StageEvent::Pass, 60);
    assert_may(&world, "half");
}

#[test]
fn what_was_entered_before_it_was_decided_is_not_entered() {
    // By what whoever entered it had seen, so that no time can be claimed for it.
    let mut world = rolling(|_| {});
    let decided = world.report().decisions[0].record;
    let before: Vec<RecordId> = world.ids().into_iter().filter(|id| *id != decided).collect();
    let early = world.draft("rita", body("canary", StageEvent::Enter)).at(time(20)).parents(&before);
    let early = world.put(early);
    assert_eq!(codes(&world, "canary"), [Code::StageNotEntered]);
    assert_cited(&world.report(), Code::StageDeviation, early, "rita");
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    // Nor is what claims a time before that of the decision which it had seen.
    let mut world = rolling(|_| {});
    let backdated = say(&mut world, "rita", "canary", StageEvent::Enter, -30);
    assert_eq!(codes(&world, "canary"), [Code::StageNotEntered]);
    assert_cited(&world.report(), Code::StageDeviation, backdated, "rita");
    // Who enters it now takes that up.
    say(&mut world, "rita", "canary", StageEvent::Enter, 20);
    assert_eq!(codes(&world, "canary"), []);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_may(&world, "half");
}

#[test]
fn a_stage_that_failed_has_not_passed_until_it_passes_again() {
    let mut world = rolling(|_| {});
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    say(&mut world, "ci", "canary", StageEvent::Fail, 41);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    assert_ne!(world.report().verdict.answer, relsign::model::report::Answer::Go);
    world.decide("rolf", Decision::Go);
    world.assert_go();
    assert_not(&world, "half", &[Code::StageNotPassed]);
    // What failed has to be entered anew: the time before does not count.
    let mut early = world.clone();
    say(&mut early, "ci", "canary", StageEvent::Pass, 49);
    assert_not(&early, "half", &[Code::StageNotPassed]);
    say(&mut world, "ci", "canary", StageEvent::Enter, 50);
    say(&mut world, "ci", "canary", StageEvent::Pass, 70);
    assert_may(&world, "half");
}

#[test]
fn a_failure_told_by_somebody_who_may_not_or_taken_back_is_none() {
    let passed = || {
        let mut world = rolling(|_| {});
        say(&mut world, "ci", "canary", StageEvent::Enter, 20);
        say(&mut world, "ci", "canary", StageEvent::Pass, 40);
        world
    };
    let mut world = passed();
    say(&mut world, "quin", "canary", StageEvent::Fail, 41);
    assert_not(&world, "half", &[]);
    let mut world = passed();
    let failed = say(&mut world, "rita", "canary", StageEvent::Fail, 41);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    world.withdraw("rita", failed);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_stage_that_needs_no_time_bakes_at_no_clock() {
    // Who passed it had seen it entered, by a clock that goes a minute ahead.
    for bake in [None, Some(0)] {
        let mut world = rolling(|open| open.stages[0].bake = bake);
        say(&mut world, "ci", "canary", StageEvent::Enter, 20);
        say(&mut world, "ci", "canary", StageEvent::Pass, 19);
        assert_not(&world, "half", &[]);
    }
}

#[test]
fn a_stage_that_bakes_for_longer_than_there_are_times_never_has() {
    for bake in [10_000 * 366 * 86_400, u64::MAX] {
        let mut world = rolling(|open| open.stages[0].bake = Some(bake));
        say(&mut world, "ci", "canary", StageEvent::Enter, 20);
        say(&mut world, "ci", "canary", StageEvent::Pass, 40);
        assert_not(&world, "half", &[Code::StageBaking]);
    }
}

#[test]
fn why_a_stage_may_not_be_entered_names_the_one_before_and_its_traffic() {
    let mut world = rolling(|open| open.stages[1].traffic = None);
    let told = |world: &World, stage| ask(world, stage).unwrap().reasons[0].message();
    assert_eq!(told(&world, "half"), "stage canary (5%) was not entered");
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    // At the very end of the bake time it has baked, and only the word is missing.
    world.as_of = time(30);
    let expected =
        format!("stage canary (5%) was entered by machine:ci at {}, and no authorised person has marked it as passed", time(20));
    assert_eq!(told(&world, "half"), expected);
    say(&mut world, "ci", "canary", StageEvent::Pass, 30);
    assert_eq!(told(&world, "full"), "stage half was not entered");
}

#[test]
fn the_step_to_all_of_the_traffic_is_a_persons() {
    let pass = |world: &mut World| {
        say(world, "ci", "canary", StageEvent::Enter, 20);
        say(world, "ci", "canary", StageEvent::Pass, 40);
        say(world, "ci", "half", StageEvent::Enter, 41);
        say(world, "ci", "half", StageEvent::Pass, 42);
    };
    let mut world = rolling(|_| {});
    pass(&mut world);
    assert_eq!(codes(&world, "full"), [Code::StagePersonRequired]);
    say(&mut world, "ci", "full", StageEvent::Enter, 43);
    assert_eq!(codes(&world, "full"), [Code::StagePersonRequired]);
    let entered = say(&mut world, "rita", "full", StageEvent::Enter, 44);
    world.assert_go();
    assert_eq!(codes(&world, "full"), []);
    let mut back = world.clone();
    back.withdraw("rita", entered);
    assert_eq!(codes(&back, "full"), [Code::StagePersonRequired]);
    say(&mut world, "rita", "full", StageEvent::Fail, 45);
    assert_eq!(codes(&world, "full"), [Code::StageNotPassed]);
    // However it is written: the last stage takes all.
    for traffic in [Some("50–100 %"), Some("0 → 100%"), Some("99.9%"), Some("50 %"), None] {
        let mut world = rolling(|open| open.stages[2].traffic = traffic.map(str::to_owned));
        pass(&mut world);
        assert!(ask(&world, "full").unwrap().by_person, "{traffic:?}");
    }
    // And so does an earlier one whose range ends there.
    for (traffic, by_person) in [("50–100 %", true), ("0 → 100%", true), ("99.9%", false), ("50 %", false)] {
        let world = rolling(|open| open.stages[1].traffic = Some(traffic.to_owned()));
        assert_eq!(ask(&world, "half").unwrap().by_person, by_person, "{traffic:?}");
    }
    assert!(!ask(&rolling(|open| open.stages[0].traffic = None), "canary").unwrap().by_person);
    // Nor does it matter which one it is, where its share is written.
    assert!(ask(&rolling(|open| open.stages[0].traffic = Some("100 %".to_owned())), "canary").unwrap().by_person);
}

#[test]
fn items_of_the_stages_before_are_settled_or_confirmed() {
    let with_item = |optional: bool| {
        rolling(|open| {
            let mut errors = item(3, "errors@canary", Phase::Stage);
            errors.optional = optional;
            open.items.push(errors);
        })
    };
    let mut world = with_item(false);
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_not(&world, "half", &[Code::StageItemOpen]);
    let errors = |number| ItemRef { id: "errors@canary".parse().unwrap(), digest: digest(number) };
    let confirm = |item| Body::Stage(Stage { confirm: vec![item], ..moved("canary", StageEvent::Pass) });
    // Another text than that of the item confirms nothing.
    world.at("rita", confirm(errors(9)), 41);
    assert_not(&world, "half", &[Code::StageItemOpen]);
    // A machine confirms nothing that a person was to look at.
    world.at("ci", confirm(errors(3)), 42);
    assert_not(&world, "half", &[Code::StageItemOpen]);
    world.at("rita", confirm(errors(3)), 43);
    assert_may(&world, "half");
    let mut world = with_item(true);
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_may(&world, "half");
}

#[test]
fn only_open_items_of_the_stages_before_are_in_the_way() {
    let mut world = rolling(|open| {
        for (number, id) in [(3, "errors@canary"), (4, "latency@half")] {
            open.items.push(OpenItem { owner: Some(person("@sam")), ..item(number, id, Phase::Stage) });
        }
    });
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    // Another item with the same text confirms nothing either.
    let other = ItemRef { id: "errors@half".parse().unwrap(), digest: digest(3) };
    let confirm = Body::Stage(Stage { confirm: vec![other], ..moved("canary", StageEvent::Pass) });
    world.at("rita", confirm, 40);
    assert_not(&world, "half", &[Code::StageItemOpen]);
    let mut body = world.sign_body("errors@canary", SignVerdict::Done);
    body.item.as_mut().unwrap().digest = digest(3);
    let done = world.draft("sam", Body::Sign(body)).at(time(41));
    world.put(done);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_stage_that_was_entered_anew_has_not_passed_whatever_became_of_the_key_that_entered_it() {
    let told = |later: &str, and_then: &dyn Fn(&mut World)| {
        let mut world = World::with_policy(&policy());
        world.advance(&policy(), &[]);
        world.open_by("rita", |open| {
            open.stages = vec![named("canary", Some("5%"), Some(600)), named("half", Some("50 %"), None)];
        });
        world.ready_all();
        world.decide("rolf", Decision::Go);
        say(&mut world, "rita", "canary", StageEvent::Enter, 20);
        say(&mut world, "rita", "canary", StageEvent::Pass, 40);
        say(&mut world, "ci", "canary", StageEvent::Enter, 50);
        and_then(&mut world);
        let versions = [version(1, &policy()), version(2, later)];
        world.chain = PolicyChain::new(versions.to_vec()).unwrap();
        world
    };
    assert_not(&told(&policy(), &|_| {}), "half", &[Code::StageNotPassed]);
    let retired = policy().replace("\"KEY:ci\" }", "\"KEY:ci\", state = \"retired\" }");
    let without = policy().replace(r#"may = ["check", "read", "stage"]"#, r#"may = ["check"]"#);
    for later in [&retired, &without] {
        assert_ne!(*later, policy());
        assert_not(&told(later, &|_| {}), "half", &[Code::StageNotPassed]);
        // Somebody who may takes it up from there.
        assert_may(
            &told(later, &|world| {
                say(world, "rita", "canary", StageEvent::Enter, 60);
                say(world, "rita", "canary", StageEvent::Pass, 80);
            }),
            "half",
        );
    }
}
