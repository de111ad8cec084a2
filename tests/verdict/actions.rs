//! Actions: who adds and settles them, what they hold up, and when they are due.

use relsign::model::course::{ActionReport, ActionState, LackKind};
use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{
    Action, ActionEvent, After, Blocks, Body, Decision, Moment, NotBy, Open, OpenAction, OpenStage, Outcome, Owner, RollbackEvent,
    StageEvent,
};
use relsign::model::report::Answer;

use crate::stages::{policy, say};
use crate::world::{World, acted, assert_cited, closed, has, person, role, rolled, time};

/// An action of the file: @dana's, and it holds up what it says.
fn of_file(id: &str, blocks: Option<Blocks>) -> OpenAction {
    OpenAction {
        id: id.to_owned(),
        text: "Tell the shops".to_owned(),
        assignee: Some(person("@dana")),
        due: None,
        after: None,
        blocks,
        not_by: None,
        required: false,
    }
}

/// A release that waits for a decision.
fn ready(change: impl FnOnce(&mut Open)) -> World {
    let mut world = World::with_policy(&policy());
    world.open_by("rita", |open| {
        open.stages = vec![OpenStage::implied()];
        change(open);
    });
    world.ready_all();
    world
}

fn add(world: &mut World, who: &str, id: &str, blocks: Option<Blocks>) -> RecordId {
    let text = Some("Order the cake".to_owned());
    world.by(who, Body::Action(Action { text, assignee: Some(person("@dana")), blocks, ..acted(ActionEvent::Add, id) }))
}

fn act(world: &mut World, who: &str, event: ActionEvent, id: &str) -> RecordId {
    world.by(who, Body::Action(acted(event, id)))
}

#[track_caller]
fn told(world: &World, id: &str) -> ActionReport {
    let actions = world.report().course.actions;
    actions.iter().find(|action| action.id == id).unwrap_or_else(|| panic!("no {id} among {actions:#?}")).clone()
}

/// What a `close` `completed` lacks of actions.
fn lacking(world: &World) -> Vec<(String, bool)> {
    let lacks = world.report().course.open_to_complete;
    let of_actions = lacks.into_iter().filter(|lack| lack.kind == LackKind::Action);
    of_actions.map(|lack| (lack.id.unwrap(), lack.may_be_left)).collect()
}

#[test]
fn actions_come_from_the_file_and_from_people() {
    let mut world = ready(|open| open.actions = vec![of_file("shops", None)]);
    let added = add(&mut world, "rita", "cake", Some(Blocks::Close));
    let report = world.report();
    let all: Vec<_> = report.course.actions.iter().map(|action| (action.id.as_str(), action.state)).collect();
    assert_eq!(all, [("shops", ActionState::Open), ("cake", ActionState::Open)]);
    assert_eq!(report.course.actions[0].added, None);
    assert_eq!(report.course.actions[1].added.as_ref().map(|mark| mark.record), Some(added));
    assert_eq!(report.course.actions[1].text, "Order the cake");
    // By somebody who may not, by a key that was lost, taken back, or without saying what is to be done: none.
    for who in ["quin", "ci", "rita-lost"] {
        add(&mut world, who, "other", None);
        assert_eq!(world.report().course.actions.len(), 2, "{who}");
    }
    let back = add(&mut world, "rita", "other", None);
    assert_eq!(world.report().course.actions.len(), 3);
    world.withdraw("rita", back);
    assert_eq!(world.report().course.actions.len(), 2);
    let silent = act(&mut world, "rita", ActionEvent::Add, "other");
    assert_eq!(world.report().course.actions.len(), 2);
    assert_cited(&world.report(), Code::RecordIncomplete, silent, "rita");
    // An id that is there already adds nothing and changes nothing.
    add(&mut world, "rita", "shops", Some(Blocks::Go));
    assert_eq!(told(&world, "shops").blocks, None);
    assert_eq!(told(&world, "shops").text, "Tell the shops");
}

#[test]
fn of_two_that_are_added_under_one_id_the_first_counts() {
    let mut world = ready(|_| {});
    add(&mut world, "rita", "cake", None);
    add(&mut world, "rolf", "cake", Some(Blocks::Close));
    assert_eq!(told(&world, "cake").blocks, None);
}

#[test]
fn only_an_action_that_blocks_go_holds_up_go() {
    for (blocks, is_go) in [(None, true), (Some(Blocks::Close), true), (Some(Blocks::Go), false)] {
        let mut world = ready(|open| open.actions = vec![of_file("shops", blocks)]);
        world.decide("rolf", Decision::Go);
        if is_go {
            world.assert_go();
        } else {
            let report = world.assert_not(Answer::NoGo, Code::ActionOpen);
            assert!(has(&report, Code::DecisionWithoutBasis));
            assert!(report.verdict.reasons.iter().any(|reason| reason.subject.as_deref() == Some("shops")));
            // Done after the decision, it is no basis of that one.
            act(&mut world, "dana", ActionEvent::Done, "shops");
            world.assert_not(Answer::NoGo, Code::ActionOpen);
            world.decide("rolf", Decision::Go);
            world.assert_go();
        }
    }
}

#[test]
fn an_action_that_is_added_after_the_decision_suspends_it_only_where_it_blocks_go() {
    for (blocks, is_go) in [(None, true), (Some(Blocks::Close), true), (Some(Blocks::Go), false)] {
        let mut world = ready(|_| {});
        world.decide("rolf", Decision::Go);
        let added = add(&mut world, "rita", "cake", blocks);
        if is_go {
            world.assert_go();
            continue;
        }
        let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
        assert_cited(&report, Code::UnseenNegative, added, "rita");
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::ActionOpen);
        let mut back = world.clone();
        act(&mut world, "dana", ActionEvent::Done, "cake");
        world.decide("rolf", Decision::Go);
        world.assert_go();
        // Or whoever added it takes it back.
        back.withdraw("rita", added);
        back.decide("rolf", Decision::Go);
        back.assert_go();
    }
    // By whoever never might it holds nothing up.
    let mut world = ready(|_| {});
    world.decide("rolf", Decision::Go);
    add(&mut world, "quin", "cake", Some(Blocks::Go));
    world.assert_go();
}

#[test]
fn only_an_action_that_blocks_holds_up_the_end() {
    for (blocks, required, expected) in [
        (None, false, vec![]),
        (Some(Blocks::Close), false, vec![("shops".to_owned(), true)]),
        (Some(Blocks::Close), true, vec![("shops".to_owned(), false)]),
        (Some(Blocks::Go), false, vec![("shops".to_owned(), false)]),
    ] {
        let mut world = ready(|open| open.actions = vec![OpenAction { required, ..of_file("shops", blocks) }]);
        assert_eq!(lacking(&world), expected);
        act(&mut world, "dana", ActionEvent::Done, "shops");
        assert_eq!(lacking(&world), []);
    }
}

#[test]
fn an_action_is_settled_by_whom_it_was_given_to_or_whoever_may_settle_any() {
    let cases: [(Option<Owner>, &str, bool); 8] = [
        (Some(person("@dana")), "dana", true),
        (Some(person("@dana")), "sam", false),
        (Some(person("@dana")), "rita", true),
        (Some(role("qa")), "quin", true),
        (Some(role("qa")), "dana", false),
        (Some(role("qa")), "ci", false),
        // Without a name it is the release managers'.
        (None, "rolf", true),
        (None, "dana", false),
    ];
    for (assignee, who, counts) in cases {
        let mut world = ready(|open| open.actions = vec![OpenAction { assignee: assignee.clone(), ..of_file("shops", None) }]);
        let done = act(&mut world, who, ActionEvent::Done, "shops");
        let state = if counts { ActionState::Done } else { ActionState::Open };
        assert_eq!(told(&world, "shops").state, state, "{assignee:?} {who}");
        assert_eq!(told(&world, "shops").settled.is_some(), counts);
        if !counts && who != "ci" {
            assert_cited(&world.report(), Code::ActionNotTheirs, done, who);
        }
    }
    // With a key that was lost nobody settles anything, and who takes it back has not said it.
    let mut world = ready(|open| open.actions = vec![OpenAction { assignee: None, ..of_file("shops", None) }]);
    act(&mut world, "rita-lost", ActionEvent::Done, "shops");
    assert_eq!(told(&world, "shops").state, ActionState::Open);
    let done = act(&mut world, "rita", ActionEvent::Done, "shops");
    assert_eq!(told(&world, "shops").state, ActionState::Done);
    world.withdraw("rita", done);
    assert_eq!(told(&world, "shops").state, ActionState::Open);
}

#[test]
fn an_action_that_implementers_may_not_settle_is_not_settled_by_one() {
    // @ivan has commits in the release, and @tara made its tag.
    for who in ["ivan", "tara"] {
        let opened =
            |not_by| ready(|open| open.actions = vec![OpenAction { not_by, assignee: Some(role("qa")), ..of_file("shops", None) }]);
        let mut world = opened(Some(NotBy::Implementers));
        let done = act(&mut world, who, ActionEvent::Done, "shops");
        assert_eq!(told(&world, "shops").state, ActionState::Open, "{who}");
        assert_cited(&world.report(), Code::ActionNotTheirs, done, who);
        act(&mut world, "quin", ActionEvent::Done, "shops");
        assert_eq!(told(&world, "shops").state, ActionState::Done);
        let mut world = opened(None);
        act(&mut world, who, ActionEvent::Done, "shops");
        assert_eq!(told(&world, "shops").state, ActionState::Done, "{who}");
    }
    // Nor by whoever signed the tag with their key, whatever name stands in it.
    let mut world = ready(|open| {
        open.actions = vec![OpenAction { not_by: Some(NotBy::Implementers), assignee: Some(role("qa")), ..of_file("shops", None) }];
    });
    let key = crate::cast::key("quin").public().fingerprint().clone();
    world.tag.object.as_mut().unwrap().signature =
        Some(relsign::evaluate::context::TagSignature::Verified(crate::cast::holder("quin"), key));
    act(&mut world, "quin", ActionEvent::Done, "shops");
    assert_eq!(told(&world, "shops").state, ActionState::Open);
}

#[test]
fn an_action_fails_and_is_opened_again() {
    let mut world = ready(|open| open.actions = vec![of_file("shops", Some(Blocks::Go))]);
    act(&mut world, "dana", ActionEvent::Done, "shops");
    world.decide("rolf", Decision::Go);
    world.assert_go();
    for event in [ActionEvent::Failed, ActionEvent::Reopen] {
        let mut world = world.clone();
        let said = act(&mut world, "dana", event, "shops");
        let report = world.assert_not(Answer::NoGo, Code::UnseenNegative);
        assert_cited(&report, Code::UnseenNegative, said, "dana");
        let state = if event == ActionEvent::Failed { ActionState::Failed } else { ActionState::Open };
        assert_eq!(told(&world, "shops").state, state);
        world.decide("rolf", Decision::Go);
        world.assert_not(Answer::NoGo, Code::ActionOpen);
        act(&mut world, "dana", ActionEvent::Done, "shops");
        world.decide("rolf", Decision::Go);
        world.assert_go();
    }
    // What its author took back was not said.
    let mut back = world.clone();
    let failed = act(&mut back, "dana", ActionEvent::Failed, "shops");
    back.withdraw("dana", failed);
    back.decide("rolf", Decision::Go);
    back.assert_go();
    // By somebody to whom it was not given it says nothing.
    let told_off = act(&mut world, "quin", ActionEvent::Failed, "shops");
    let report = world.assert_go();
    assert_cited(&report, Code::ActionNotTheirs, told_off, "quin");
    assert_eq!(told(&world, "shops").state, ActionState::Done);
}

#[test]
fn the_failure_of_an_action_that_holds_up_nothing_speaks_against_nothing() {
    for blocks in [None, Some(Blocks::Close)] {
        let mut world = ready(|open| open.actions = vec![of_file("shops", blocks)]);
        world.decide("rolf", Decision::Go);
        for event in [ActionEvent::Failed, ActionEvent::Reopen] {
            act(&mut world, "dana", event, "shops");
            world.assert_go();
        }
        act(&mut world, "dana", ActionEvent::Failed, "shops");
        assert_eq!(told(&world, "shops").state, ActionState::Failed);
        world.assert_go();
    }
}

#[test]
fn nobody_makes_a_failure_one_that_holds_up_nothing_by_adding_its_action_afterwards() {
    let mut world = ready(|_| {});
    let seen = world.heads();
    world.decide("rolf", Decision::Go);
    act(&mut world, "rita", ActionEvent::Failed, "cake");
    world.assert_not(Answer::NoGo, Code::UnseenNegative);
    for who in ["rita", "quin"] {
        let mut world = world.clone();
        let text = Some("Order the cake".to_owned());
        let draft = world.draft(who, Body::Action(Action { text, ..acted(ActionEvent::Add, "cake") })).parents(&seen);
        world.put(draft);
        world.assert_not(Answer::NoGo, Code::UnseenNegative);
    }
}

#[test]
fn nobody_gives_themselves_an_action_to_hold_up_a_release_with() {
    let mut world = ready(|_| {});
    world.decide("rolf", Decision::Go);
    let body = Action {
        text: Some("Ask me".to_owned()),
        assignee: Some(person("@quin")),
        blocks: Some(Blocks::Go),
        ..acted(ActionEvent::Add, "mine")
    };
    world.by("quin", Body::Action(body));
    world.assert_go();
    for event in [ActionEvent::Failed, ActionEvent::Reopen] {
        act(&mut world, "quin", event, "mine");
        world.assert_go();
    }
}

#[test]
fn of_done_and_failed_that_do_not_know_each_other_the_failure_counts() {
    let mut world = ready(|open| open.actions = vec![of_file("shops", None)]);
    let seen = world.heads();
    act(&mut world, "dana", ActionEvent::Done, "shops");
    let draft = world.draft("dana", Body::Action(acted(ActionEvent::Failed, "shops"))).parents(&seen);
    world.put(draft);
    assert_eq!(told(&world, "shops").state, ActionState::Failed);
}

#[test]
fn an_action_is_due_at_a_time_or_after_an_event() {
    let after = |event, seconds| OpenAction { after: Some(After { event, seconds }), ..of_file(event.as_str(), None) };
    let mut world = ready(|open| {
        open.actions = vec![
            OpenAction { due: Some(time(77)), ..of_file("fixed", None) },
            after(Moment::Open, 60),
            after(Moment::Decision, 120),
            after(Moment::Deploy, 900),
            after(Moment::Rollback, 0),
        ];
    });
    let due = |world: &World| {
        ["fixed", "open", "decision", "deploy", "rollback"]
            .map(|id| told(world, id).due.map(|due| due.seconds() - time(0).seconds()))
    };
    let fixed = Some(77 * 60);
    // It was opened at minute 1.
    assert_eq!(due(&world), [fixed, Some(120), None, None, None]);
    let go = world.decide("rolf", Decision::Go);
    let decided = world.report().decisions[0].basis_time;
    assert_eq!(world.report().verdict.decision, Some(go));
    let of_decision = Some(decided.seconds() - time(0).seconds() + 120);
    assert_eq!(due(&world), [fixed, Some(120), of_decision, None, None]);
    say(&mut world, "ci", "all", StageEvent::Enter, 30);
    assert_eq!(due(&world), [fixed, Some(120), of_decision, Some(30 * 60 + 900), None]);
    world.at("rita", Body::Rollback(rolled(RollbackEvent::Start)), 50);
    assert_eq!(due(&world)[4], Some(50 * 60));
}

#[test]
fn an_action_that_is_due_at_two_times_or_described_twice_says_nothing() {
    let whole = || Action { text: Some("Order the cake".to_owned()), ..acted(ActionEvent::Add, "cake") };
    let when = After { event: Moment::Deploy, seconds: 60 };
    let mut world = ready(|_| {});
    for body in [
        Action { due: Some(time(9)), after: Some(when), ..whole() },
        Action { text: Some("Order it".to_owned()), ..acted(ActionEvent::Done, "cake") },
        Action { blocks: Some(Blocks::Close), ..acted(ActionEvent::Done, "cake") },
    ] {
        let id = world.by("rita", Body::Action(body.clone()));
        assert_cited(&world.report(), Code::RecordIncomplete, id, "rita");
        assert_eq!(world.report().course.actions, [], "{body:?}");
    }
}

#[test]
fn an_action_that_is_left_is_told_so_and_stays_open() {
    let mut world = ready(|open| open.actions = vec![of_file("shops", Some(Blocks::Close))]);
    world.decide("rolf", Decision::Go);
    say(&mut world, "ci", "all", StageEvent::Enter, 30);
    say(&mut world, "rita", "all", StageEvent::Pass, 31);
    assert!(!told(&world, "shops").left);
    let mut close = closed(Outcome::Completed);
    close.leave = vec!["shops".to_owned()];
    world.at("rita", Body::Close(close), 32);
    let shops = told(&world, "shops");
    assert_eq!((shops.left, shops.state), (true, ActionState::Open));
}
