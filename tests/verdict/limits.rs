//! Limits of a stage: who read what and when, what no data is, and passing in spite of one.

use relsign::model::course::{LimitState, StageState};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::limit::Comparison;
use relsign::model::record::{
    Body, Decision, ItemRef, Open, OpenLimit, Reading, ReadingResult, Sign, SignVerdict, Stage, StageEvent,
};

use crate::stages::{assert_may, assert_not, codes, policy, rolling, say};
use crate::world::{World, assert_cited, digest, finding, has, in_spite, limit, measured, moved, time};

/// A canary that bakes from minute 20 to 30, with one limit: errors below 1 %.
fn limited(change: impl FnOnce(&mut OpenLimit)) -> World {
    let mut errors = limit("errors", Some(Comparison::Below), "1", "%");
    change(&mut errors);
    let mut world = rolling(|open| open.stages[0].limits = vec![errors]);
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    world
}

fn read(world: &mut World, who: &str, value: &str, span: (i64, i64)) -> RecordId {
    world.at(who, Body::Reading(measured("canary", "errors", value, span)), span.1)
}

fn pass(world: &mut World, minutes: i64) -> RecordId {
    say(world, "rita", "canary", StageEvent::Pass, minutes)
}

/// As [`pass`], in spite of something.
fn pass_in_spite(world: &mut World, who: &str, of: &str) -> RecordId {
    world.at(who, Body::Stage(Stage { in_spite: vec![in_spite(of)], ..moved("canary", StageEvent::Pass) }), 40)
}

#[track_caller]
fn assert_state(world: &World, expected: LimitState) {
    assert_eq!(world.report().course.stages[0].limits[0].state, expected);
}

#[test]
fn a_limit_that_holds_lets_its_stage_pass_whoever_read_it() {
    for who in ["ci", "rita"] {
        let mut world = limited(|_| {});
        let reading = read(&mut world, who, "0.2%", (20, 35));
        pass(&mut world, 40);
        assert_may(&world, "half");
        assert_state(&world, LimitState::Holds);
        let report = world.report();
        assert_eq!(report.course.stages[0].state, StageState::Passed);
        let told = report.course.stages[0].limits[0].reading.clone().unwrap();
        assert_eq!((told.mark.record, told.value.as_deref(), told.source.as_str()), (reading, Some("0.2%"), "a query"));
        assert_eq!((told.from, told.to), (time(20), time(35)));
    }
}

#[test]
fn a_limit_that_nobody_read_holds_its_stage() {
    let mut world = limited(|_| {});
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitUnread]);
    assert_state(&world, LimitState::Unread);
    assert_ne!(world.report().course.stages[0].state, StageState::Passed);
    // A value of something else is none of it.
    let mut other = measured("canary", "errors", "0.2%", (20, 35));
    other.values[0].limit = Some("latency".to_owned());
    world.at("ci", Body::Reading(other.clone()), 41);
    other.values[0].limit = None;
    world.at("ci", Body::Reading(other), 42);
    pass(&mut world, 43);
    assert_not(&world, "half", &[Code::LimitUnread]);
}

#[test]
fn each_limit_of_a_stage_is_asked() {
    let mut world = rolling(|open| {
        let below = |id| limit(id, Some(Comparison::Below), "1", "%");
        open.stages[0].limits = vec![below("errors"), below("timeouts"), below("restarts")];
    });
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    read(&mut world, "ci", "0.2%", (20, 35));
    world.at("ci", Body::Reading(measured("canary", "timeouts", "3%", (20, 35))), 35);
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitFailed, Code::LimitUnread]);
    let found = codes(&world, "half");
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn no_data_is_an_answer_of_its_own_whoever_says_that_it_holds() {
    for who in ["ci", "rita"] {
        for value in ["NaN", "", "+Inf", "null"] {
            let mut world = limited(|_| {});
            read(&mut world, who, value, (20, 35));
            pass(&mut world, 40);
            assert_not(&world, "half", &[Code::LimitNoData]);
            assert_state(&world, LimitState::NoData);
        }
    }
    // What can't be compared is for a person to judge, who says what they saw.
    for value in ["0.2 ms", "0.2", "next to none"] {
        let mut world = limited(|_| {});
        read(&mut world, "ci", value, (20, 35));
        pass(&mut world, 40);
        assert_not(&world, "half", &[Code::LimitNoData]);
        read(&mut world, "rita", value, (20, 41));
        pass(&mut world, 42);
        assert_not(&world, "half", &[]);
    }
    // Nothing is zero where the file says so, and nowhere else.
    let mut world = limited(|limit| limit.absent_is_zero = true);
    read(&mut world, "ci", "", (20, 35));
    pass(&mut world, 40);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_limit_of_which_no_number_could_be_taken_is_judged_by_a_person() {
    let mut world = limited(|limit| (limit.op, limit.value, limit.unit) = (None, None, None));
    read(&mut world, "ci", "0", (20, 35));
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitNoData]);
    let mut no = measured("canary", "errors", "three complaints", (20, 41));
    no.values[0].result = ReadingResult::Fails;
    world.at("rita", Body::Reading(no), 41);
    pass(&mut world, 42);
    assert_not(&world, "half", &[Code::LimitFailed]);
    read(&mut world, "rita", "no complaints", (20, 43));
    pass(&mut world, 44);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_limit_that_is_broken_holds_its_stage_whatever_its_reader_says_of_it() {
    for who in ["ci", "rita"] {
        let mut world = limited(|_| {});
        let reading = read(&mut world, who, "1%", (20, 35));
        pass(&mut world, 40);
        assert_not(&world, "half", &[Code::LimitFailed]);
        assert_state(&world, LimitState::Fails);
        // That it said otherwise is told for ever.
        let told = finding(&world.report(), Code::ReadingContradicts, reading);
        assert_eq!(told.subject.as_deref(), Some("errors"));
    }
    let mut world = limited(|_| {});
    let mut wrong = measured("canary", "errors", "0.1%", (20, 35));
    wrong.values[0].result = ReadingResult::Fails;
    let reading = world.at("ci", Body::Reading(wrong), 35);
    pass(&mut world, 40);
    assert_not(&world, "half", &[]);
    finding(&world.report(), Code::ReadingContradicts, reading);
    let mut world = limited(|_| {});
    read(&mut world, "ci", "0.1%", (20, 35));
    assert!(!has(&world.report(), Code::ReadingContradicts));
}

#[test]
fn a_limit_against_a_baseline_needs_one() {
    let mut world = limited(|limit| (limit.op, limit.of_baseline) = (Some(Comparison::Within), true));
    read(&mut world, "ci", "100.5", (20, 35));
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitNoData]);
    for (minutes, value, expected) in [(41, "100.5", &[][..]), (45, "102", &[Code::LimitFailed])] {
        let mut with = measured("canary", "errors", value, (20, minutes));
        with.values[0].baseline = Some("100".to_owned());
        world.at("ci", Body::Reading(with), minutes);
        pass(&mut world, minutes + 1);
        assert_not(&world, "half", expected);
    }
}

#[test]
fn a_limit_for_a_time_is_read_for_that_time() {
    let lasting = || limited(|limit| limit.lasting = Some(300));
    for (from, expected) in [(31, &[Code::LimitNoData][..]), (30, &[])] {
        let mut world = lasting();
        read(&mut world, "ci", "0.2%", (from, 35));
        pass(&mut world, 40);
        assert_not(&world, "half", expected);
    }
    // That it is broken shows at once.
    let mut world = lasting();
    read(&mut world, "ci", "4%", (34, 35));
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitFailed]);
}

#[test]
fn a_reading_that_ended_before_the_stage_had_baked_is_stale() {
    for (to, expected) in [(29, &[Code::LimitStale][..]), (30, &[])] {
        let mut world = limited(|_| {});
        read(&mut world, "ci", "0.2%", (20, to));
        pass(&mut world, 40);
        assert_not(&world, "half", expected);
    }
    // And so is one from before the stage was entered, where there is no time to wait for.
    for (to, expected) in [(19, &[Code::LimitStale][..]), (20, &[])] {
        let errors = limit("errors", Some(Comparison::Below), "1", "%");
        let mut world = rolling(|open| (open.stages[0].limits, open.stages[0].bake) = (vec![errors], None));
        say(&mut world, "ci", "canary", StageEvent::Enter, 20);
        read(&mut world, "ci", "0.2%", (10, to));
        pass(&mut world, 40);
        assert_not(&world, "half", expected);
    }
    // What was broken while it baked is broken, until it was read again.
    let mut world = limited(|_| {});
    read(&mut world, "ci", "5%", (20, 25));
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitFailed]);
    read(&mut world, "ci", "0.2%", (25, 41));
    pass(&mut world, 42);
    assert_not(&world, "half", &[]);
    // What was broken before the stage was entered says nothing of it.
    let mut world = limited(|_| {});
    read(&mut world, "ci", "5%", (10, 19));
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitStale]);
}

#[test]
fn a_stage_that_was_entered_anew_is_read_anew() {
    let mut world = limited(|_| {});
    read(&mut world, "ci", "0.2%", (20, 35));
    say(&mut world, "ci", "canary", StageEvent::Enter, 36);
    pass(&mut world, 50);
    assert_not(&world, "half", &[Code::LimitStale]);
    read(&mut world, "ci", "0.2%", (36, 51));
    pass(&mut world, 52);
    assert_not(&world, "half", &[]);
}

#[test]
fn an_entry_that_reached_a_witness_later_makes_what_was_read_before_stale() {
    let mut world = rolling(|open| open.stages[0].limits = vec![limit("errors", Some(Comparison::Below), "1", "%")]);
    let entered = say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    read(&mut world, "ci", "0.2%", (20, 35));
    pass(&mut world, 60);
    assert_not(&world, "half", &[]);
    world.witnessed.insert(entered, time(26));
    assert_not(&world, "half", &[Code::LimitStale]);
}

#[test]
fn a_reading_is_of_its_stage_and_of_its_release() {
    let mut world = limited(|_| {});
    world.at("ci", Body::Reading(measured("half", "errors", "0.2%", (20, 35))), 35);
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitUnread]);

    // Of the release of another environment on the same tag.
    let mut world = limited(|_| {});
    let production = world.open;
    let staging = world.open_by("rolf", |open| open.environment = "staging".parse().unwrap());
    world.environment = Some("production".parse().unwrap());
    let body = Body::Reading(measured("canary", "errors", "0.2%", (20, 35)));
    let draft = world.draft("ci", body).under(Some(staging)).at(time(35));
    world.put(draft);
    world.open = production;
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitUnread]);
}

#[test]
fn a_reading_that_whoever_passed_the_stage_had_not_seen_helps_nothing() {
    let mut world = limited(|_| {});
    pass(&mut world, 40);
    read(&mut world, "ci", "0.2%", (20, 41));
    assert_not(&world, "half", &[Code::LimitUnread]);
    // Also one that claims to be from before.
    let mut world = limited(|_| {});
    pass(&mut world, 40);
    read(&mut world, "ci", "0.2%", (20, 35));
    assert_not(&world, "half", &[Code::LimitUnread]);
    pass(&mut world, 42);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_broken_limit_holds_the_stage_also_where_whoever_passed_it_had_not_seen_it() {
    let mut world = limited(|_| {});
    read(&mut world, "ci", "0.2%", (20, 35));
    let seen = world.heads();
    pass(&mut world, 40);
    assert_not(&world, "half", &[]);
    // It was there to be seen when the stage was passed.
    let beside = world.draft("ci", Body::Reading(measured("canary", "errors", "7%", (20, 39)))).at(time(39)).parents(&seen);
    let mut broken = world.clone();
    broken.put(beside.clone());
    assert_not(&broken, "half", &[Code::LimitFailed]);
    // Whoever passes the stage with that in view does so in spite of it, or after it was read again.
    pass(&mut broken, 42);
    assert_not(&broken, "half", &[Code::LimitFailed]);
    read(&mut broken, "ci", "0.3%", (30, 43));
    pass(&mut broken, 44);
    assert_not(&broken, "half", &[]);
    // What broke after the stage had passed says nothing of it.
    let mut later = world.clone();
    read(&mut later, "ci", "7%", (41, 45));
    assert_not(&later, "half", &[]);
    // Nor does somebody who may not read.
    let mut stranger = world.clone();
    let draft = stranger.draft("quin", Body::Reading(measured("canary", "errors", "7%", (20, 39)))).at(time(39)).parents(&seen);
    stranger.put(draft);
    assert_not(&stranger, "half", &[]);
}

#[test]
fn a_reading_by_somebody_who_may_not_read_or_that_was_taken_back_is_none() {
    let mut world = limited(|_| {});
    let by_quin = read(&mut world, "quin", "0.2%", (20, 35));
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitUnread]);
    assert_cited(&world.report(), Code::NotAuthorised, by_quin, "quin");

    let mut world = limited(|_| {});
    let reading = read(&mut world, "ci", "0.2%", (20, 35));
    world.withdraw("ci", reading);
    pass(&mut world, 40);
    assert_not(&world, "half", &[Code::LimitUnread]);

    // A machine that may move stages and not read, does both: it is the same right and more.
    let only_read = policy().replace(r#""read", "stage""#, r#""read""#);
    let mut world = World::with_policy(&only_read);
    world.open_by("rita", |open| {
        let errors = limit("errors", Some(Comparison::Below), "1", "%");
        open.stages = vec![crate::world::named("canary", Some("5%"), None), crate::world::named("full", None, None)];
        open.stages[0].limits = vec![errors];
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    say(&mut world, "rita", "canary", StageEvent::Enter, 20);
    read(&mut world, "ci", "0.2%", (20, 35));
    say(&mut world, "ci", "canary", StageEvent::Pass, 40);
    assert_not(&world, "full", &[Code::StageNotPassed]);
    pass(&mut world, 41);
    assert_not(&world, "full", &[]);
}

#[test]
fn of_several_readings_the_one_that_ended_last_counts_and_of_two_that_end_together_the_worse() {
    for (values, expected) in [
        (&[("5%", 33), ("0.2%", 35)][..], &[][..]),
        (&[("0.2%", 33), ("5%", 35)], &[Code::LimitFailed]),
        // The order in which they were written down means nothing.
        (&[("0.2%", 35), ("5%", 33)], &[]),
        (&[("0.2%", 35), ("5%", 35)], &[Code::LimitFailed]),
        (&[("5%", 35), ("0.2%", 35)], &[Code::LimitFailed]),
        (&[("0.2%", 35), ("NaN", 35)], &[Code::LimitNoData]),
        (&[("NaN", 35), ("5%", 35)], &[Code::LimitFailed]),
    ] {
        let mut world = limited(|_| {});
        for (value, to) in values {
            read(&mut world, "ci", value, (20, *to));
        }
        pass(&mut world, 40);
        assert_not(&world, "half", expected);
    }
}

#[test]
fn a_stage_is_passed_in_spite_of_a_limit_by_a_person_with_a_reason_and_that_shows() {
    for value in ["5%", "NaN"] {
        let mut world = limited(|_| {});
        read(&mut world, "ci", value, (20, 35));
        let passed = pass_in_spite(&mut world, "rita", "errors");
        assert_may(&world, "half");
        let report = world.report();
        assert_cited(&report, Code::Overridden, passed, "rita");
        let spite = report.course.stages[0].limits[0].in_spite.clone().unwrap();
        assert_eq!((spite.reason.as_str(), spite.by.to_string().as_str()), ("it was there before", "@rita"));
    }
    // Not by a machine, nor in spite of something else.
    for (who, of) in [("ci", "errors"), ("rita", "latency"), ("rita", "window")] {
        let mut world = limited(|_| {});
        read(&mut world, "ci", "5%", (20, 35));
        pass_in_spite(&mut world, who, of);
        assert_not(&world, "half", &[Code::LimitFailed]);
    }
    // Without a reason the record says nothing.
    let mut world = limited(|_| {});
    read(&mut world, "ci", "5%", (20, 35));
    let mut spite = in_spite("errors");
    spite.reason = " ".to_owned();
    let blank = world.at("rita", Body::Stage(Stage { in_spite: vec![spite], ..moved("canary", StageEvent::Pass) }), 40);
    assert_not(&world, "half", &[Code::StageNotPassed]);
    assert_cited(&world.report(), Code::RecordIncomplete, blank, "rita");
    // Passing it again takes saying so again.
    let mut world = limited(|_| {});
    read(&mut world, "ci", "5%", (20, 35));
    pass_in_spite(&mut world, "rita", "errors");
    pass(&mut world, 41);
    assert_not(&world, "half", &[Code::LimitFailed]);
}

/// A waiver of the bake time of a stage.
fn waive_bake(stage: &str) -> Body {
    Body::Sign(Sign {
        item: None,
        bake: Some(stage.to_owned()),
        unknown: Vec::new(),
        verdict: SignVerdict::Waive,
        reason: Some("nobody is awake".to_owned()),
        ticket: None,
        expires: None,
        over: Vec::new(),
    })
}

#[test]
fn a_bake_time_is_waived_as_an_item_is() {
    for (who, stage, expected) in [
        ("rita", "canary", &[][..]),
        ("dana", "canary", &[]),
        ("quin", "canary", &[Code::StageBaking]),
        ("rita", "half", &[Code::StageBaking]),
    ] {
        let mut world = rolling(|_| {});
        say(&mut world, "ci", "canary", StageEvent::Enter, 20);
        let waiver = world.at(who, waive_bake(stage), 22);
        pass(&mut world, 25);
        assert_not(&world, "half", expected);
        let report = world.report();
        assert_eq!(report.course.stages[0].bake_waived, expected.is_empty());
        assert_eq!(has(&report, Code::Waived), expected.is_empty(), "it shows");
        if expected.is_empty() {
            world.withdraw(who, waiver);
            world.decide("rolf", Decision::Go);
            assert_not(&world, "half", &[Code::StageBaking]);
        }
    }
    // It takes as many people as the policy says, and a person twice is one.
    let two = format!("{}\n[thresholds]\nwaiver = 2\n", policy());
    let mut world = World::with_policy(&two);
    world.open_by("rita", |open: &mut Open| {
        open.stages = vec![crate::world::named("canary", None, Some(600)), crate::world::named("half", None, None)];
        open.items.iter_mut().for_each(|item| item.requirements.waiver_people = 2);
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_go();
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    world.at("sam", waive_bake("canary"), 21);
    world.at("sam-two", waive_bake("canary"), 22);
    pass(&mut world, 25);
    assert_not(&world, "half", &[Code::StageBaking]);
    world.at("rita", waive_bake("canary"), 23);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_bake_time_that_is_waived_takes_no_reading_away() {
    let mut world = limited(|_| {});
    world.at("rita", waive_bake("canary"), 22);
    pass(&mut world, 25);
    assert_not(&world, "half", &[Code::LimitUnread]);
    read(&mut world, "ci", "0.2%", (20, 26));
    pass(&mut world, 27);
    assert_not(&world, "half", &[]);
}

#[test]
fn a_reading_that_a_pass_relies_on_and_that_is_not_here_is_missing() {
    let mut world = limited(|_| {});
    let reading = read(&mut world, "ci", "0.2%", (20, 35));
    world.at("rita", Body::Stage(Stage { readings: vec![reading], ..moved("canary", StageEvent::Pass) }), 40);
    assert_may(&world, "half");
    world.hide(&[reading]);
    let report = world.report();
    assert_eq!(report.verdict.answer, relsign::model::report::Answer::CannotDecide);
    finding(&report, Code::RecordMissing, reading);
}

#[test]
fn a_confirmed_checkpoint_is_settled_for_everybody() {
    let mut world = rolling(|open| {
        let mut errors = crate::world::item(3, "errors@canary", relsign::model::record::Phase::Stage);
        errors.requirements.reviews = 0;
        open.items.push(errors);
    });
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    let confirm = vec![ItemRef { id: "errors@canary".parse().unwrap(), digest: digest(3) }];
    let passed = world.at("rita", Body::Stage(Stage { confirm, ..moved("canary", StageEvent::Pass) }), 40);
    assert_may(&world, "half");
    let report = world.report();
    let item = crate::world::find_item(&report, "errors@canary");
    assert_eq!((item.state, item.confirmed, item.needs.len()), (relsign::model::report::ItemState::Satisfied, Some(passed), 0));
    // Where the policy asks for a review, nobody confirms it in passing.
    let mut world = rolling(|open| {
        let mut errors = crate::world::item(3, "errors@canary", relsign::model::record::Phase::Stage);
        errors.requirements.reviews = 1;
        open.items.push(errors);
    });
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    let confirm = vec![ItemRef { id: "errors@canary".parse().unwrap(), digest: digest(3) }];
    world.at("rita", Body::Stage(Stage { confirm, ..moved("canary", StageEvent::Pass) }), 40);
    assert_not(&world, "half", &[Code::StageItemOpen]);
}

#[test]
fn nobody_confirms_in_passing_what_its_owner_says_is_only_partly_done() {
    let mut world = rolling(|open| {
        let mut errors = crate::world::item(3, "errors@canary", relsign::model::record::Phase::Stage);
        errors.requirements.reviews = 0;
        errors.owner = Some(crate::world::person("@sam"));
        open.items.push(errors);
    });
    let item = || ItemRef { id: "errors@canary".parse().unwrap(), digest: digest(3) };
    say(&mut world, "ci", "canary", StageEvent::Enter, 20);
    world.at("rita", Body::Stage(Stage { confirm: vec![item()], ..moved("canary", StageEvent::Pass) }), 40);
    assert_not(&world, "half", &[]);
    let partial = Sign { item: Some(item()), ..world.sign_body("runbook", SignVerdict::Partial) };
    world.by("sam", Body::Sign(partial));
    world.decide("rolf", Decision::Go);
    world.assert_go();
    assert_not(&world, "half", &[Code::StageItemOpen]);
    let report = world.report();
    let told = crate::world::find_item(&report, "errors@canary");
    assert_eq!((told.state, told.confirmed), (relsign::model::report::ItemState::Partial, None));
}

/// What nobody could have measured: without a source, without a value, or beyond the time of its record.
#[test]
fn a_reading_that_says_nothing_counts_for_nothing() {
    type Change = fn(&mut Reading);
    let changes: [Change; 4] = [
        |reading| reading.values.clear(),
        |reading| reading.source = " ".to_owned(),
        |reading| reading.to = time(36),
        |reading| (reading.from, reading.to) = (time(35), time(34)),
    ];
    for change in changes {
        let mut world = limited(|_| {});
        let mut reading = measured("canary", "errors", "0.2%", (20, 35));
        change(&mut reading);
        let id = world.at("ci", Body::Reading(reading), 35);
        pass(&mut world, 40);
        assert_not(&world, "half", &[Code::LimitUnread]);
        assert_cited(&world.report(), Code::RecordIncomplete, id, "ci");
    }
}
