//! Out: when a release went out, by whom, and what a gate asks until then.

use relsign::evaluate::course::outside_window_or_frozen;
use relsign::model::course::Mark;
use relsign::model::finding::Code;
use relsign::model::record::{Assign, Body, Decision, Open, OpenStage, Stage, StageEvent, Window};
use relsign::model::report::ReleaseState;

use crate::stages::{codes, policy, rolling, say};
use crate::world::{World, assert_cited, finding, frozen, has, in_spite, moved, person, role, time};

/// A release in GO with the one stage of a file that has none.
fn plain(change: impl FnOnce(&mut Open)) -> World {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages = vec![OpenStage::implied()];
        change(open);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world
}

fn enter(world: &mut World, who: &str, minutes: i64) -> relsign::model::ids::RecordId {
    say(world, who, OpenStage::ALL, StageEvent::Enter, minutes)
}

fn enter_in_spite(world: &mut World, who: &str, of: &str, minutes: i64) -> relsign::model::ids::RecordId {
    let word = Stage { in_spite: vec![in_spite(of)], ..moved(OpenStage::ALL, StageEvent::Enter) };
    world.at(who, Body::Stage(word), minutes)
}

fn out(world: &World) -> Option<Mark> {
    world.report().course.out
}

/// What window and freezes say at a minute.
fn asked_at(world: &World, minutes: i64) -> Vec<Code> {
    let log = world.verify();
    outside_window_or_frozen(&world.context(), &log.records, time(minutes)).iter().map(|finding| finding.code).collect()
}

/// Passes the first two stages of [`rolling`].
fn two_passed(world: &mut World) {
    say(world, "ci", "canary", StageEvent::Enter, 20);
    say(world, "ci", "canary", StageEvent::Pass, 40);
    say(world, "ci", "half", StageEvent::Enter, 41);
    say(world, "ci", "half", StageEvent::Pass, 42);
}

#[test]
fn a_file_without_stages_has_one_that_a_machine_enters_after_it_deployed() {
    let mut world = plain(|_| {});
    assert_eq!(codes(&world, "all"), [], "GO is enough to deploy");
    let report = world.assert_go();
    assert_eq!((report.state, report.course.has_stages(), report.course.stages.len()), (ReleaseState::Go, false, 1));
    let entered = enter(&mut world, "ci", 20);
    let report = world.assert_go();
    assert_eq!(report.state, ReleaseState::Out);
    let mark = report.course.out.unwrap();
    assert_eq!((mark.record, mark.by.to_string().as_str(), mark.at), (entered, "machine:ci", time(20)));
    assert!(!has(&world.report(), Code::StageDeviation));
    // A person does so too, and a machine without the right does not.
    let mut by_person = plain(|_| {});
    enter(&mut by_person, "rita", 20);
    assert!(out(&by_person).is_some());
    let mut world = plain(|_| {});
    let stranger = enter(&mut world, "quin", 20);
    assert_eq!(out(&world), None);
    assert_cited(&world.report(), Code::NotAuthorised, stranger, "quin");
}

#[test]
fn the_last_of_several_stages_is_entered_by_a_person_and_a_machines_word_there_is_none() {
    let mut world = rolling(|_| {});
    two_passed(&mut world);
    assert_eq!(world.report().state, ReleaseState::RollingOut);
    say(&mut world, "ci", "full", StageEvent::Enter, 43);
    assert_eq!(out(&world), None);
    assert_eq!(codes(&world, "full"), [Code::StagePersonRequired]);
    let entered = say(&mut world, "rita", "full", StageEvent::Enter, 44);
    assert_eq!(out(&world).unwrap().record, entered);
    assert_eq!(world.assert_go().state, ReleaseState::Out);
    assert_eq!(codes(&world, "full"), []);
}

#[test]
fn the_last_stage_is_entered_by_whom_the_file_names_where_it_names_somebody() {
    for (owner, who, may) in [
        (person("@rolf"), "rolf", true),
        (person("@rolf"), "rita", false),
        (role("release-manager"), "rita", true),
        (role("qa"), "rita", false),
    ] {
        let mut world = rolling(|open| open.stages[2].owner = Some(owner.clone()));
        two_passed(&mut world);
        say(&mut world, who, "full", StageEvent::Enter, 44);
        let expected = if may { vec![] } else { vec![Code::StagePersonRequired] };
        assert_eq!(codes(&world, "full"), expected, "{owner} {who}");
        assert_eq!(out(&world).is_some(), may, "{owner} {who}");
    }
    // Who takes an earlier stage is written down for people, and anybody who may move stages moves it.
    let mut world = rolling(|open| open.stages[0].owner = Some(person("@rolf")));
    two_passed(&mut world);
    assert_eq!(codes(&world, "canary"), []);
}

#[test]
fn the_last_stage_is_entered_by_whom_it_was_assigned_to() {
    let assign = |owner: &str| {
        Body::Assign(Assign {
            item: None,
            stage: Some("full".to_owned()),
            owner: owner.parse().unwrap(),
            reason: "leave".to_owned(),
        })
    };
    for (by, to, who, may) in [
        ("rita", "@rita", "rita", true),
        ("rita", "@rita", "rolf", false),
        // By somebody who may not assign, and to nobody of the policy.
        ("quin", "@rita", "rolf", true),
        ("rita", "@nobody", "rolf", true),
    ] {
        let mut world = rolling(|open| open.stages[2].owner = Some(person("@rolf")));
        two_passed(&mut world);
        world.at(by, assign(to), 43);
        say(&mut world, who, "full", StageEvent::Enter, 44);
        assert_eq!(out(&world).is_some(), may, "{by} {to} {who}");
    }
    // The last assignment counts, and one that was taken back does not.
    let mut world = rolling(|_| {});
    two_passed(&mut world);
    world.at("rita", assign("@rita"), 43);
    let second = world.at("rita", assign("@rolf"), 44);
    let mut back = world.clone();
    say(&mut world, "rita", "full", StageEvent::Enter, 45);
    assert_eq!(out(&world), None);
    assert_eq!(world.report().course.stages[2].owner, Some(person("@rolf")));
    back.withdraw("rita", second);
    back.decide("rolf", Decision::Go);
    say(&mut back, "rita", "full", StageEvent::Enter, 46);
    assert!(out(&back).is_some());
}

#[test]
fn entering_the_last_stage_before_the_decision_is_no_way_out() {
    // Nobody had decided.
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| open.stages = vec![OpenStage::implied()]);
    world.ready_all();
    let early = enter(&mut world, "ci", 6);
    world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert_eq!(report.course.out, None);
    assert_cited(&report, Code::StageDeviation, early, "ci");
    // Nor is claiming a time before that of the decision, by whoever had seen it.
    let mut world = plain(|_| {});
    let claimed = enter(&mut world, "ci", 5);
    assert_eq!(out(&world), None);
    assert_cited(&world.report(), Code::StageDeviation, claimed, "ci");
    // The later of claimed time and receipt counts.
    world.witnessed.insert(claimed, time(30));
    assert_eq!(out(&world).unwrap().at, time(30));
}

#[test]
fn what_was_entered_while_the_decision_was_suspended_is_not_out_by_that() {
    let mut world = plain(|_| {});
    world.sign("quin", "tests", relsign::model::record::SignVerdict::Reject);
    let entered = enter(&mut world, "ci", 30);
    assert_eq!(out(&world), None);
    assert_cited(&world.report(), Code::StageDeviation, entered, "ci");
}

#[test]
fn entering_the_last_stage_before_those_before_it_held_is_no_way_out() {
    let mut world = rolling(|_| {});
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    let skipped = say(&mut world, "rita", "full", StageEvent::Enter, 44);
    assert_eq!(codes(&world, "full"), [Code::StageNotPassed], "half was skipped");
    assert_eq!(out(&world), None);
    assert_cited(&world.report(), Code::StageDeviation, skipped, "rita");
    // That they held later makes the earlier entry none that was let out, and the gate asks for no more than order.
    say(&mut world, "ci", "half", StageEvent::Enter, 45);
    say(&mut world, "ci", "half", StageEvent::Pass, 46);
    assert_eq!(out(&world), None);
    let entered = say(&mut world, "rita", "full", StageEvent::Enter, 47);
    assert_eq!(out(&world).unwrap().record, entered);
}

#[test]
fn a_release_goes_out_within_its_window() {
    let windowed = || plain(|open| open.window = Some(Window { from: time(60), to: time(120) }));
    for (minutes, is_out) in [(59, false), (60, true), (119, true), (120, false)] {
        let mut world = windowed();
        let expected = if is_out { vec![] } else { vec![Code::OutsideWindow] };
        assert_eq!(asked_at(&world, minutes), expected, "{minutes}");
        let entered = enter(&mut world, "ci", minutes);
        assert_eq!(out(&world).is_some(), is_out, "{minutes}");
        let report = world.assert_go();
        assert_eq!(has(&report, Code::StageDeviation), !is_out);
        if !is_out {
            assert_cited(&report, Code::StageDeviation, entered, "ci");
            assert_eq!(report.state, ReleaseState::RollingOut);
        }
    }
    // What reached a witness after the window was deployed after it, whatever it claims.
    let mut world = windowed();
    let late = enter(&mut world, "ci", 100);
    assert!(out(&world).is_some());
    world.witnessed.insert(late, time(130));
    assert_eq!(out(&world), None);
    assert_cited(&world.report(), Code::StageDeviation, late, "ci");
    // Without a window there is none to ask.
    assert_eq!(asked_at(&plain(|_| {}), 10), []);
}

#[test]
fn nothing_goes_out_to_an_environment_that_is_frozen() {
    let gated =
        format!("{}\n[[gated]]\nref = \"refs/heads/prod/**\"\ncomponent = \"main\"\nenvironment = \"production\"\n", policy());
    let opened = |freeze| {
        let mut world = World::with_policy(&gated);
        world.open_by("rita", |open| open.stages = vec![OpenStage::implied()]);
        world.ready_all();
        world.decide("rolf", Decision::Go);
        world.freezes = vec![freeze];
        world
    };
    for (environments, refs, is_frozen) in [
        (&["production"][..], &[][..], true),
        (&["staging", "production"], &[], true),
        (&["staging"], &[], false),
        (&[], &["refs/heads/main"], false),
        // The environment has a gated ref below the pattern.
        (&[], &["refs/heads/prod/**"], true),
        (&["staging"], &["refs/heads/prod/**"], true),
    ] {
        for (minutes, is_over) in [(29, true), (30, false), (39, false), (40, true)] {
            let mut world = opened(frozen(environments, refs, 30, Some(40)));
            let holds = is_frozen && !is_over;
            let expected = if holds { vec![Code::EnvironmentFrozen] } else { vec![] };
            assert_eq!(asked_at(&world, minutes), expected, "{environments:?} {refs:?} {minutes}");
            let entered = enter(&mut world, "ci", minutes);
            assert_eq!(out(&world).is_none(), holds, "{environments:?} {refs:?} {minutes}");
            if holds {
                assert_cited(&world.report(), Code::StageDeviation, entered, "ci");
            }
        }
    }
    // Until it is lifted.
    let mut world = opened(frozen(&["production"], &[], 30, None));
    enter(&mut world, "ci", 90_000);
    assert_eq!(out(&world), None);
    // Both are told.
    let mut world = plain(|open| open.window = Some(Window { from: time(60), to: time(120) }));
    world.freezes = vec![frozen(&["production"], &[], 0, Some(200))];
    assert_eq!(asked_at(&world, 30), [Code::OutsideWindow, Code::EnvironmentFrozen]);
}

#[test]
fn the_gated_ref_of_another_environment_or_component_freezes_nothing_here() {
    for (component, environment) in [("main", "staging"), ("other", "production")] {
        let text = format!(
            "{}\n[[component]]\nname = \"other\"\ntags = \"o*\"\nchecklist = \"O.md\"\nenvironments = [\"production\"]\n\
             [[gated]]\nref = \"refs/heads/prod\"\ncomponent = \"{component}\"\nenvironment = \"{environment}\"\n",
            policy()
        );
        let mut world = World::with_policy(&text);
        world.open_by("rita", |open| open.stages = vec![OpenStage::implied()]);
        world.ready_all();
        world.decide("rolf", Decision::Go);
        world.freezes = vec![frozen(&[], &["refs/heads/prod"], 0, None)];
        assert_eq!(asked_at(&world, 30), []);
        enter(&mut world, "ci", 30);
        assert!(out(&world).is_some());
    }
}

#[test]
fn whoever_may_break_glass_enters_in_spite_of_window_or_freeze_and_that_shows() {
    let closed = || plain(|open| open.window = Some(Window { from: time(60), to: time(120) }));
    let quiet = || {
        let mut world = plain(|_| {});
        world.freezes = vec![frozen(&["production"], &[], 0, None)];
        world
    };
    for (world, of) in [(closed as fn() -> World, "window"), (quiet as fn() -> World, "freeze")] {
        let mut by_rita = world();
        let entered = enter_in_spite(&mut by_rita, "rita", of, 30);
        let report = by_rita.assert_go();
        assert_eq!(report.course.out.as_ref().unwrap().record, entered);
        assert_cited(&report, Code::Overridden, entered, "rita");
        assert!(finding(&report, Code::Overridden, entered).message().contains("it was there before"));
        // A machine overrides nothing.
        let mut by_machine = world();
        let entered = enter_in_spite(&mut by_machine, "ci", of, 30);
        assert_eq!(out(&by_machine), None);
        assert_cited(&by_machine.report(), Code::StageDeviation, entered, "ci");
        // And one override is not the other.
        let mut other = world();
        enter_in_spite(&mut other, "rita", if of == "window" { "freeze" } else { "window" }, 30);
        assert_eq!(out(&other), None);
        // Without a reason nothing is overridden.
        let mut silent = world();
        let mut spite = in_spite(of);
        spite.reason = String::new();
        silent.at("rita", Body::Stage(Stage { in_spite: vec![spite], ..moved("all", StageEvent::Enter) }), 30);
        assert_eq!(out(&silent), None);
    }
    // Whoever may move stages and not break glass does not.
    let without = policy().replace("break_glass = [\"release-manager\"]", "break_glass = [\"security\"]");
    let mut world = World::with_policy(&without);
    world.open_by("rita", |open| {
        open.stages = vec![OpenStage::implied()];
        open.window = Some(Window { from: time(60), to: time(120) });
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let entered = enter_in_spite(&mut world, "rita", "window", 30);
    assert_eq!(out(&world), None);
    assert_cited(&world.report(), Code::StageDeviation, entered, "rita");
}

#[test]
fn a_deployment_that_ran_late_is_put_right_by_entering_again_in_spite_of_it() {
    let mut world = plain(|open| open.window = Some(Window { from: time(60), to: time(120) }));
    enter(&mut world, "ci", 130);
    assert_eq!(out(&world), None);
    let again = enter_in_spite(&mut world, "rita", "window", 140);
    let report = world.assert_go();
    assert_eq!((report.state, report.course.out.map(|mark| mark.record)), (ReleaseState::Out, Some(again)));
}

#[test]
fn of_several_ways_out_the_last_counts() {
    let mut world = plain(|_| {});
    enter(&mut world, "ci", 20);
    let second = enter(&mut world, "ci", 40);
    assert_eq!(out(&world).map(|mark| (mark.record, mark.at)), Some((second, time(40))));
    // Something that came later and went wrong does not take back what went out.
    let mut world = plain(|open| open.window = Some(Window { from: time(10), to: time(60) }));
    let first = enter(&mut world, "ci", 20);
    enter(&mut world, "ci", 70);
    assert_eq!(out(&world).map(|mark| mark.record), Some(first));
}

#[test]
fn an_entry_that_was_taken_back_or_a_stage_that_failed_leaves_it_open_where_the_release_is() {
    let mut world = rolling(|open| open.stages.truncate(2));
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    say(&mut world, "rita", "half", StageEvent::Enter, 41);
    assert!(out(&world).is_some());
    say(&mut world, "rita", "half", StageEvent::Fail, 42);
    assert_eq!(codes(&world, "half"), [Code::StageNotPassed]);
    assert!(has(&world.report(), Code::UnseenNegative), "a failed stage is a word against");
}
