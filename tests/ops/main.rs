//! Operations called without a process: no argument, no environment, no terminal.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and needs PATH to find git and a clock to measure with"
)]

mod house;
#[path = "../shared/place.rs"]
mod place;

use relsign::evaluate::push::{End, PushVerdict, Update};
use relsign::model::finding::Code;
use relsign::model::report::{Answer, ReleaseState};
use relsign::ops::load::{releases, root_log};
use relsign::ops::session::Notice;
use relsign::ops::share::{self, Sharing};
use relsign::ops::workspace::Workspace;
use relsign::ops::{push, trust};

use house::House;

#[test]
fn a_release_is_opened_and_loaded() {
    let house = House::new();
    let work = house.workspace();
    let name = "refs/tags/v1.0.0".parse().unwrap();
    let before = releases::load(&house.repository, &work, &name, house.session.now, None).unwrap().report();
    assert_eq!(before.state, ReleaseState::NotOpened);

    let opened = house.open(&work, "v1.0.0");
    let loaded = releases::load(&house.repository, &work, &name, house.session.now, None).unwrap();
    let report = loaded.report();
    assert_eq!(report.release.as_ref().map(|release| release.open), Some(opened));
    assert_eq!((report.state, report.verdict.answer), (ReleaseState::Open, Answer::NoGo));
    assert_eq!(report.items.len(), 2);

    let all =
        releases::each_release(&house.session, &house.repository, &work, house.session.now, |judged| Ok(Some(judged.report.heads)));
    assert_eq!(all.unwrap(), [(name, vec![opened])]);
    assert_eq!(house.heard(), []);
}

#[test]
fn a_push_is_judged() {
    let house = House::new();
    let work = house.workspace();
    house.open(&work, "v1.0.0");
    let tag = house.id("v1.0.0");
    let judge = |updates: &[Update]| -> PushVerdict {
        push::judge(&house.session, &house.repository, &work, End::Server, updates).unwrap()
    };
    let update = |name: &str, old, new| Update { name: name.to_owned(), old, new };
    let next = house.commit("next");
    assert!(judge(&[update("refs/heads/topic", None, Some(next))]).is_allowed());

    let moved = judge(&[update("refs/tags/v1.0.0", Some(tag), Some(next))]);
    assert_eq!(moved.refused.iter().map(|refused| refused.code()).collect::<Vec<_>>(), [Code::TagSpent]);
    let notes = house.id("refs/notes/relsign");
    let gone = judge(&[update("refs/notes/relsign", Some(notes), None)]);
    assert_eq!(gone.refused.iter().map(|refused| refused.code()).collect::<Vec<_>>(), [Code::OwnRefRewritten]);

    // The whole of it, from which policy rules the push on.
    let (ruling, verdict) = push::ends::arriving(
        &house.session,
        &house.repository,
        (None, None),
        End::Server,
        &[update("refs/tags/v1.0.0", Some(tag), None)],
    )
    .unwrap();
    assert_eq!(ruling.unwrap().root, work.root);
    assert_eq!(verdict.refused.iter().map(|refused| refused.code()).collect::<Vec<_>>(), [Code::TagSpent]);
}

#[test]
fn what_fails_is_a_value_and_what_is_said_is_heard() {
    let house = House::new();
    let other = trust::load(&house.repository, Some("ab".repeat(32).parse().unwrap())).unwrap_err();
    assert_eq!(other.code, Some(Code::RootMismatch));

    let work = house.workspace();
    assert!(root_log::load_here(&house.repository, &work).unwrap().records.is_empty());
    let shared = share::share(&house.session, &house.repository, &Sharing::new(false), &[]);
    assert!(shared.is_ok());
    assert_eq!(house.heard(), [Notice::Said("kept in this repository only, because it has no remote".to_owned())]);
}

#[test]
fn several_threads_give_what_one_gives() {
    let house = House::new();
    let work = house.workspace();
    let names: Vec<String> = (1..40).map(|number| format!("v1.{number}.0")).collect();
    for name in &names {
        house.tag(name);
        house.open(&work, name);
    }
    let all = releases::each_release(&house.session, &house.repository, &work, house.session.now, |judged| Ok(Some(judged.report)));
    let alone = Workspace::load(&house.repository, None).unwrap();
    let all = all.unwrap();
    assert_eq!(all.len(), names.len());
    for (name, report) in all {
        let one = releases::load(&house.repository, &alone, &name, house.session.now, None).unwrap().report();
        assert_eq!(one, report, "{}", name.short());
    }
}
