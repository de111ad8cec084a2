//! Binding: records speak of exactly this tag, and what lies in git is what was signed.

use relsign::evaluate::context::{Elsewhere, EvidenceFacts, OpenedObject, Reread, TagSignature};
use relsign::model::finding::Code;
use relsign::model::finding::{ChecklistUnread, NoSigner, RangeUnread};
use relsign::model::ids::RootDigest;
use relsign::model::limit::Comparison;
use relsign::model::record::{
    Blocks, Body, Change, Decision, Evidence, Implementers, ItemDue, Moment, Open, OpenAction, OpenItem, OpenOnCall, OpenTrigger,
    Origin, Plan, PreviousRelease, Risk, RiskClass, SignVerdict, Step, Unread, UnreadCause, UnreadTask, Window,
};
use relsign::model::report::{Answer, Integrity, ItemState};

use crate::cast::{POLICY, holder, key};
use crate::world::{
    World, assert_cited, change, digest, finding, has, limit, named, object, person, plain_open, read_again, role, step, subjects,
    time, trigger,
};

#[test]
fn a_record_of_another_tag_counts_for_nothing() {
    let mut world = World::opened(|_| {});
    for (tag, tree, other) in [(object(0x81), digest(0x74), "refs/tags/v2.4.0"), (object(0x71), digest(0x84), "tree-sha256")] {
        let body = world.sign_body("runbook", SignVerdict::Done);
        let mut draft = world.draft("sam", Body::Sign(body)).parents(&[]);
        draft.record.subjects = subjects(tag, tree);
        let id = world.put(draft);
        let report = world.assert_item("runbook", ItemState::Pending);
        let message = finding(&report, Code::SubjectMismatch, id).message();
        assert!(message.ends_with(&format!("something else: {other}")), "{message}");
        assert_eq!(report.integrity, Integrity::Tampered);
    }
}

#[test]
fn a_record_with_fewer_or_more_subjects_counts_for_nothing() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let mut fewer = world.draft("sam", Body::Sign(body.clone()));
    fewer.record.subjects.pop();
    let mut more = world.draft("sam", Body::Sign(body));
    more.record.subjects.push(relsign::model::record::Subject {
        name: "zzz".to_owned(),
        digest: relsign::model::record::SubjectDigest::Sha256(digest(1)),
    });
    for draft in [fewer, more] {
        let mut world = world.clone();
        world.put(draft);
        let report = world.assert_item("runbook", ItemState::Pending);
        assert!(has(&report, Code::SubjectMismatch));
    }
}

#[test]
fn junk_that_is_copied_onto_a_release_does_not_stop_it() {
    let (mut world, _) = World::gone();
    let body = world.sign_body("runbook", SignVerdict::Reject);
    let mut draft = world.draft("dana", Body::Sign(body));
    draft.record.subjects = subjects(object(0x81), digest(0x84));
    world.put(draft);
    let report = world.report();
    assert_eq!((report.verdict.answer, report.integrity), (Answer::Go, Integrity::Tampered));
}

#[test]
fn a_record_of_another_root_is_foreign_and_not_tampered() {
    let (mut world, _) = World::gone();
    let body = world.sign_body("runbook", SignVerdict::Reject);
    let mut draft = world.draft("dana", Body::Sign(body));
    draft.record.root = RootDigest::from_bytes([0xaa; 32]);
    let id = world.put(draft);
    let report = world.assert_go();
    assert!(finding(&report, Code::RecordForeign, id).key.is_some());
    assert_eq!(report.integrity, Integrity::Intact);
}

#[test]
fn a_moved_tag_is_tampered_and_lists_what_is_orphaned() {
    let mut world = World::empty();
    let (old, _) = World::gone();
    world.opened_objects.push(OpenedObject {
        record: old.open,
        object: object(0x61),
        authorised: true,
        orphaned: old.ids(),
        elsewhere: vec![],
    });
    let report = world.assert_not(Answer::Tampered, Code::TagMoved);
    let found = finding(&report, Code::TagMoved, old.open);
    assert!(found.message().contains("6 records"), "{found:?}");

    // The name is spent: even a release that is complete on the new object is no GO.
    let (mut world, _) = World::gone();
    world.opened_objects = report_objects(&old);
    world.assert_not(Answer::Tampered, Code::TagMoved);
    // But whoever had no right to open anything can't spend a name.
    world.opened_objects[0].authorised = false;
    world.assert_go();
}

fn report_objects(old: &World) -> Vec<OpenedObject> {
    vec![OpenedObject { record: old.open, object: object(0x61), authorised: true, orphaned: vec![], elsewhere: vec![] }]
}

#[test]
fn a_deleted_tag_is_tampered() {
    let (old, _) = World::gone();
    let mut world = World::empty();
    world.tag.target = None;
    world.tag.object = None;
    world.opened_objects = report_objects(&old);
    world.assert_not(Answer::Tampered, Code::TagDeleted);
}

/// What a remote has under the name that was opened.
fn elsewhere(there: Option<u8>, is_shared_with: bool, has_record: bool) -> Elsewhere {
    let way_back = "git push -f origin refs/tags/v2.4.0".to_owned();
    Elsewhere { remote: "origin".to_owned(), there: there.map(object), is_shared_with, has_record, way_back }
}

#[test]
fn a_tag_that_moved_or_went_on_a_remote_is_tampered() {
    let (mut world, _) = World::gone();
    let opened = OpenedObject { record: world.open, object: object(0x71), authorised: true, orphaned: vec![], elsewhere: vec![] };
    world.opened_objects = vec![opened];
    world.assert_go();
    let (shared, other) = (true, false);
    for (remote, code) in [
        (elsewhere(Some(0x61), shared, true), Some(Code::TagMoved)),
        (elsewhere(Some(0x61), shared, false), Some(Code::TagMoved)),
        (elsewhere(Some(0x61), other, true), Some(Code::TagMoved)),
        // A fork may have a tag of that name which has nothing to do with the release.
        (elsewhere(Some(0x61), other, false), None),
        (elsewhere(None, shared, true), Some(Code::TagDeleted)),
        (elsewhere(None, other, true), Some(Code::TagDeleted)),
        // Without the record nothing shows that the tag was ever there: it was not shared yet.
        (elsewhere(None, shared, false), None),
        (elsewhere(None, other, false), None),
    ] {
        world.opened_objects[0].elsewhere = vec![remote];
        world.opened_objects[0].authorised = true;
        let Some(code) = code else {
            world.assert_go();
            continue;
        };
        let report = world.assert_not(Answer::Tampered, code);
        assert_eq!(report.integrity, Integrity::Tampered);
        let message = finding(&report, code, world.open).message();
        assert!(message.contains("origin") && message.ends_with("restore it: git push -f origin refs/tags/v2.4.0"), "{message}");
        // Whoever may open nothing can't spend a name.
        world.opened_objects[0].authorised = false;
        world.assert_go();
    }
}

#[test]
fn a_remote_is_told_once_however_often_the_tag_was_opened() {
    let (mut world, _) = World::gone();
    let remotes =
        vec![elsewhere(Some(0x61), true, true), Elsewhere { remote: "backup".to_owned(), ..elsewhere(None, false, true) }];
    let opened = OpenedObject { record: world.open, object: object(0x71), authorised: true, orphaned: vec![], elsewhere: remotes };
    world.opened_objects = vec![opened.clone(), opened];
    let report = world.report();
    let of = |code| report.findings.iter().filter(|finding| finding.code == code).count();
    assert_eq!((of(Code::TagMoved), of(Code::TagDeleted)), (1, 1));
}

#[test]
fn a_tag_that_never_was_cannot_be_decided() {
    let mut world = World::empty();
    world.tag.target = None;
    world.tag.object = None;
    world.assert_not(Answer::CannotDecide, Code::TagObjectMissing);
}

#[test]
fn a_tag_object_that_is_not_here_tampers_with_nothing() {
    let (mut world, _) = World::gone();
    world.tag.object = None;
    world.tag.problem = Some(crate::world::finding_of(Code::TagObjectMissing, "the tag object is not here"));
    let report = world.assert_not(Answer::CannotDecide, Code::TagObjectMissing);
    assert_eq!(report.integrity, Integrity::Incomplete);
}

#[test]
fn a_tag_object_of_another_name_is_tampered() {
    let (mut world, _) = World::gone();
    if let Some(object) = &mut world.tag.object {
        object.inner_name = "v1.0.0".to_owned();
    }
    world.assert_not(Answer::Tampered, Code::TagNameMismatch);
}

#[test]
fn a_lightweight_tag_is_no() {
    let mut world = World::empty();
    world.tag.object = None;
    world.tag.problem = Some(crate::world::finding_of(Code::TagLightweight, "the tag is lightweight"));
    world.assert_not(Answer::NoGo, Code::TagLightweight);
}

#[test]
fn an_unsigned_tag_is_no_where_the_policy_asks() {
    let mut world = World::with_policy(&format!("{POLICY}\n[tags]\nsigned = \"required\"\n"));
    world.open_by("rita", |_| {});
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.assert_not(Answer::NoGo, Code::TagUnsigned);
    let signed = |world: &mut World, signature| world.tag.object.as_mut().unwrap().signature = Some(signature);
    signed(&mut world, TagSignature::Unverified(NoSigner::NotSsh));
    world.assert_not(Answer::NoGo, Code::TagUnsigned);
    let by = |name: &str| TagSignature::Verified(holder(name), key(name).public().fingerprint().clone());
    for (name, reason) in
        [("ci", "not a person"), ("sam-old", "is retired"), ("rita-lost", "is compromised"), ("stranger", "not listed")]
    {
        signed(&mut world, by(name));
        let report = world.assert_not(Answer::NoGo, Code::TagUnsigned);
        assert!(report.verdict.reasons.iter().any(|found| found.message().contains(reason)), "{:#?}", report.verdict.reasons);
        assert!(report.findings.iter().any(|found| found.code == Code::TagSignatureUnverified));
    }
    signed(&mut world, by("tara"));
    world.assert_go();
}

#[test]
fn a_checklist_that_reads_otherwise_is_tampered() {
    let (mut world, _) = World::gone();
    let put = |world: &mut World, change: fn(&mut Reread)| {
        let mut again = read_again(&plain_open());
        change(&mut again);
        world.reread.insert(world.open, again);
    };
    put(&mut world, |_| {});
    world.assert_go();
    put(&mut world, |again| again.plan.as_mut().unwrap().items[0].title = "something else".to_owned());
    world.assert_not(Answer::Tampered, Code::ChecklistChanged);
    put(&mut world, |again| again.plan = Err(ChecklistUnread::Missing));
    world.assert_not(Answer::Tampered, Code::ChecklistUnreadable);
    put(&mut world, |again| again.origin.as_mut().unwrap().as_mut().unwrap().implementers.people.push("@sam".parse().unwrap()));
    world.assert_not(Answer::Tampered, Code::OpenContradictsRange);
    put(&mut world, |again| again.origin = Ok(None));
    world.assert_go();
    put(&mut world, |again| again.origin = Err(RangeUnread::Unreadable("commit 7 is too large".to_owned())));
    let report = world.assert_not(Answer::CannotDecide, Code::RangeUnreadable);
    assert!(report.verdict.reasons.iter().any(|reason| reason.message().contains("commit 7 is too large")), "{report:#?}");
}

#[test]
fn whatever_an_open_record_takes_from_the_file_is_held_against_it() {
    type Lie = (&'static str, fn(&mut Open));
    let lies: &[Lie] = &[
        ("title", |open| open.title = "something else".to_owned()),
        ("risk", |open| open.risk = Some(Risk { class: RiskClass::Low, reasons: Vec::new() })),
        ("stages", |open| {
            open.stages.push(named("all", None, None));
        }),
        ("triggers", |open| open.triggers.push(trigger("never"))),
        ("procedure", |open| open.procedure.push(step("wait"))),
        ("scope", |open| open.scope.push(change("nothing"))),
        ("tasks that are not items", |open| open.unread.count = 1),
        ("by the reading rules 1 instead of 2 (relsign 0.1.0 reads by them)", |open| open.checklist.parser = 2),
        ("by the reading rules 1 instead of 99 (a version of relsign after 0.1.0 reads by them)", |open| {
            open.checklist.parser = 99;
        }),
        ("by the reading rules 1 instead of 0 (no release of relsign reads by them)", |open| open.checklist.parser = 0),
    ];
    for (about, lie) in lies {
        let mut world = World::opened(lie);
        world.ready_all();
        world.decide("rolf", Decision::Go);
        world.assert_go();
        world.reread.insert(world.open, read_again(&plain_open()));
        let report = world.assert_not(Answer::Tampered, Code::ChecklistChanged);
        assert_cited(&report, Code::ChecklistChanged, world.open, "rita");
        let message = finding(&report, Code::ChecklistChanged, world.open).message();
        assert!(message.ends_with(&format!("from when the release was opened: {about}")), "{message}");
    }
    // What nobody else can know is the opener's own word.
    let mut world = World::opened(|open| {
        open.reason = Some("because".to_owned());
        open.ticket = Some("CHG-1".to_owned());
        open.requester = Some("@sam".parse().unwrap());
        open.security_impact = Some("none".to_owned());
    });
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.reread.insert(world.open, read_again(&plain_open()));
    world.assert_go();
}

/// What a file says that has everything: four stages with their limits and owners, and what stands around them.
fn rich() -> Open {
    let mut open = plain_open();
    let mut canary = named("canary", Some("5%"), Some(600));
    canary.owner = Some(person("@sam"));
    canary.limits = vec![limit("errors", Some(Comparison::Below), "1", "%")];
    open.stages = vec![canary, named("tenth", Some("10%"), None), named("half", Some("50%"), None), named("full", None, None)];
    open.triggers =
        vec![OpenTrigger { limit: Some(limit("errors", Some(Comparison::Above), "2", "%")), ..trigger("errors above 2 %") }];
    open.procedure = vec![Step { within: Some(300), irreversible: true, ask: Some(role("sre")), ..step("turn it back") }];
    open.scope = vec![Change { owner: Some("@sam".parse().unwrap()), flag: Some("new-cart".to_owned()), ..change("a new cart") }];
    open.actions = vec![OpenAction {
        id: "review".to_owned(),
        text: "Look back".to_owned(),
        assignee: Some(person("@dana")),
        due: None,
        after: None,
        blocks: Some(Blocks::Close),
        not_by: None,
        required: true,
    }];
    open.on_call = Some(OpenOnCall { primary: "@sam".parse().unwrap(), secondary: None, from: None, to: None });
    open.known_issues = vec!["it is slow".to_owned()];
    open.attendees = vec!["Ann".to_owned()];
    open.risk = Some(Risk { class: RiskClass::High, reasons: vec!["payments".to_owned()] });
    open.window = Some(Window { from: time(10), to: time(90_000) });
    open.items[0].due = Some(ItemDue { event: Moment::Deploy, from: None, to: Some(3600) });
    open.items[0].section = vec!["Release".to_owned(), "Before".to_owned()];
    open.items[0].attributes = [("due".to_owned(), "deploy+1h".to_owned())].into();
    open
}

#[test]
fn an_open_record_that_says_less_than_the_file_makes_no_go() {
    type Lie = (&'static str, fn(&mut Open));
    let lies: &[Lie] = &[
        ("stages", |open| drop(open.stages.drain(..3))),
        ("stages", |open| open.stages[0].bake = None),
        ("stages", |open| open.stages[0].traffic = Some("4%".to_owned())),
        ("stages", |open| open.stages[0].owner = None),
        ("stages", |open| open.stages[3].owner = Some(person("@rita"))),
        ("stages", |open| open.stages[0].limits.clear()),
        ("stages", |open| open.stages[0].limits[0].value = Some("10".to_owned())),
        ("stages", |open| open.stages[0].limits[0].op = Some(Comparison::Above)),
        ("stages", |open| open.stages[0].limits[0].absent_is_zero = true),
        ("stages", |open| open.stages[0].limits[0].lasting = Some(1)),
        ("risk", |open| open.risk = Some(Risk { class: RiskClass::Low, reasons: Vec::new() })),
        ("risk", |open| open.risk = None),
        ("triggers", |open| open.triggers.clear()),
        ("triggers", |open| open.triggers[0].text = "errors above 20 %".to_owned()),
        ("triggers", |open| open.triggers[0].limit = None),
        ("procedure", |open| open.procedure.clear()),
        ("procedure", |open| open.procedure[0].irreversible = false),
        ("procedure", |open| open.procedure[0].within = Some(3000)),
        ("procedure", |open| open.procedure[0].ask = None),
        ("scope", |open| open.scope[0].flag = None),
        ("scope", |open| open.scope[0].owner = None),
        ("actions", |open| open.actions.clear()),
        ("actions", |open| open.actions[0].required = false),
        ("actions", |open| open.actions[0].blocks = None),
        ("actions", |open| open.actions[0].assignee = Some(role("qa"))),
        ("on-call", |open| open.on_call = None),
        ("on-call", |open| open.on_call.as_mut().unwrap().primary = "@rita".parse().unwrap()),
        ("known issues", |open| open.known_issues.clear()),
        ("attendees", |open| open.attendees.push("Bo".to_owned())),
        ("window", |open| open.window = None),
        ("window", |open| open.window = Some(Window { from: time(10), to: time(90_001) })),
        // Only the window can be given instead of the file, and saying so of something else gives nothing.
        ("stages", |open| (open.given, open.stages[0].bake) = (vec!["stages".to_owned(), "window".to_owned()], Some(1))),
        ("title", |open| (open.given, open.title) = (vec!["title".to_owned()], "another".to_owned())),
        ("runbook", |open| open.items[0].due = None),
        ("runbook", |open| open.items[0].section.clear()),
        ("runbook", |open| open.items[0].attributes.clear()),
        ("runbook", |open| drop(open.items[0].attributes.insert("evidence".to_owned(), "no".to_owned()))),
    ];
    let judged = |lie: fn(&mut Open)| {
        let mut world = World::opened(|open| {
            *open = rich();
            lie(open);
        });
        world.ready_all();
        world.decide("rolf", Decision::Go);
        world.assert_go();
        world.reread.insert(world.open, read_again(&rich()));
        world
    };
    judged(|_| {}).assert_go();
    for (at, (about, lie)) in lies.iter().enumerate() {
        let world = judged(*lie);
        let report = world.assert_not(Answer::Tampered, Code::ChecklistChanged);
        let message = finding(&report, Code::ChecklistChanged, world.open).message();
        assert!(message.ends_with(&format!("from when the release was opened: {about}")), "{at}: {message}");
        assert!(report.verdict.decision.is_none());
    }
    // A window that a flag gave is whatever it is, and is named in the report.
    let world = judged(|open| (open.given, open.window) = (vec!["window".to_owned()], Some(Window { from: time(1), to: time(2) })));
    let report = world.assert_go();
    assert_eq!(report.release.unwrap().given, ["window"]);
    judged(|open| (open.given, open.window) = (vec!["window".to_owned()], None)).assert_go();
}

#[test]
fn where_the_first_release_of_a_component_begins_is_the_policys() {
    let begins = "1111111111111111111111111111111111111111";
    let policy =
        crate::cast::POLICY.replace("checklist = \"RELEASE.md\"", &format!("checklist = \"RELEASE.md\"\nsince = \"{begins}\""));
    let previous = || PreviousRelease {
        tag: "refs/tags/v2.3.0".parse().unwrap(),
        tag_object: object(0x51),
        commit: object(0x52),
        overridden: false,
    };
    let judged = |policy: &str, change: &dyn Fn(&mut Open)| {
        let mut world = World::with_policy(policy);
        world.open_by("rita", |open| change(open));
        world.ready_all();
        world.decide("rolf", Decision::Go);
        world
    };
    let after = |commit: &str| Some(commit.parse().unwrap());
    judged(&policy, &|open| open.since = after(begins)).assert_go();
    judged(&policy, &|open| open.previous = Some(previous())).assert_go();
    judged(crate::cast::POLICY, &|_| {}).assert_go();
    // Whoever lets it begin later leaves out who wrote what is released.
    let later = "2222222222222222222222222222222222222222";
    for (policy, change) in [
        (policy.as_str(), &(|open: &mut Open| open.since = after(later)) as &dyn Fn(&mut Open)),
        (policy.as_str(), &|open| open.since = None),
        (policy.as_str(), &|open| (open.since, open.previous) = (after(begins), Some(previous()))),
        (crate::cast::POLICY, &|open| open.since = after(later)),
    ] {
        let world = judged(policy, change);
        let report = world.assert_not(Answer::NoGo, Code::OpenContradictsPolicy);
        assert_cited(&report, Code::OpenContradictsPolicy, world.open, "rita");
    }
}

#[test]
fn a_go_says_what_looks_like_a_task_and_was_signed_by_nobody() {
    let task = |line| UnreadTask { line, cause: UnreadCause::Box, text: "- [x ] a".to_owned() };
    for (count, lines, end) in [
        (1, vec![9], "1 line looks like a task but is not an item, so nobody signed it off: line 9"),
        (2, vec![9, 12], "2 lines look like tasks but are not items, so nobody signed them off: lines 9, 12"),
        (70, (1..=20).collect(), "nobody signed them off: lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"),
    ] {
        let mut world = World::opened(|open| open.unread = Unread { count, tasks: lines.into_iter().map(task).collect() });
        world.ready_all();
        world.decide("rolf", Decision::Go);
        let report = world.assert_go();
        assert_eq!(report.integrity, Integrity::Intact);
        assert_cited(&report, Code::TasksUnread, world.open, "rita");
        let message = finding(&report, Code::TasksUnread, world.open).message();
        assert!(message.ends_with(end), "{message}");
    }
}

#[test]
fn the_number_of_commits_is_held_against_history() {
    let mut world = World::opened(|open| open.commits = 2);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    world.reread.insert(world.open, read_again(&plain_open()));
    let report = world.assert_not(Answer::Tampered, Code::OpenContradictsRange);
    assert_cited(&report, Code::OpenContradictsRange, world.open, "rita");
    let message = finding(&report, Code::OpenContradictsRange, world.open).message();
    assert_eq!(message, "the range has 3 commits, and the open record says 2");
    world.reread.get_mut(&world.open).unwrap().origin = Ok(None);
    assert!(has(&world.assert_go(), Code::RangeNotHere));
}

#[test]
fn evidence_that_is_missing_is_found_and_evidence_that_changed_is_tampered() {
    let mut world = World::opened(|_| {});
    let body = world.sign_body("runbook", SignVerdict::Done);
    let draft = world.draft("sam", Body::Sign(body)).evidence(digest(0xe1), 12);
    let id = world.put(draft);
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let report = world.assert_go();
    assert_cited(&report, Code::EvidenceMissing, id, "sam");
    assert_eq!(report.integrity, Integrity::Incomplete);
    world.evidence.insert(digest(0xe1), EvidenceFacts::Here(12));
    assert_eq!(world.assert_go().integrity, Integrity::Intact);
    world.evidence.insert(digest(0xe1), EvidenceFacts::Changed);
    let report = world.assert_not(Answer::Tampered, Code::EvidenceChanged);
    assert_cited(&report, Code::EvidenceChanged, id, "sam");
    // Whoever cites what is here with another size says something wrong, and nothing was changed.
    world.evidence.insert(digest(0xe1), EvidenceFacts::Here(13));
    let report = world.report();
    assert_cited(&report, Code::EvidenceSize, id, "sam");
    assert_eq!(report.integrity, Integrity::Intact);
}

#[test]
fn a_log_that_is_gone_is_missing_where_the_name_was_opened_on_this_very_object() {
    let (mut world, _) = World::gone();
    let here = |record, authorised| OpenedObject { record, object: object(0x71), authorised, orphaned: vec![], elsewhere: vec![] };
    world.opened_objects = vec![here(world.open, true)];
    let report = world.assert_go();
    for code in [Code::LogMissing, Code::TagMoved, Code::TagObjectMissing] {
        assert!(!has(&report, code), "{code}");
    }
    // Another open record that the name's note holds for this object, and no line of it here.
    let (mut old, _) = World::gone();
    let lost = old.open_by("rolf", |open| open.title = "lost".to_owned());
    world.opened_objects.push(here(lost, false));
    world.assert_go();
    world.opened_objects[1].authorised = true;
    let report = world.assert_not(Answer::CannotDecide, Code::LogMissing);
    assert_eq!(finding(&report, Code::LogMissing, lost).subject.as_deref(), Some("v2.4.0"));
    assert!(!has(&report, Code::TagMoved));
}

#[test]
fn what_is_said_of_a_tag_that_is_gone_or_moved_fits_what_was_left_behind() {
    let (old, _) = World::gone();
    let mut world = World::empty();
    world.opened_objects = report_objects(&old);
    let report = world.assert_not(Answer::Tampered, Code::TagMoved);
    let message = finding(&report, Code::TagMoved, old.open).message();
    assert!(message.contains("now points at") && !message.contains("orphaned"), "{message}");
    assert!(!has(&report, Code::TagObjectMissing) && !has(&report, Code::TagDeleted));
    world.tag.target = None;
    world.tag.object = None;
    world.opened_objects[0].orphaned = vec![old.open];
    let report = world.assert_not(Answer::Tampered, Code::TagDeleted);
    let message = finding(&report, Code::TagDeleted, old.open).message();
    assert!(message.ends_with(&format!("1 records on the old tag are orphaned: {}", old.open.short())), "{message}");
    // That there is no tag is said once.
    assert!(!has(&report, Code::TagObjectMissing));
}

#[test]
fn submodules_are_named_and_stop_nothing() {
    let (mut world, _) = World::gone();
    assert!(!has(&world.assert_go(), Code::TreeNotStrengthened));
    world.tag.object.as_mut().unwrap().not_strengthened = vec!["lib/a".to_owned(), "lib/b".to_owned()];
    let report = world.assert_go();
    let found = report.findings.iter().find(|found| found.code == Code::TreeNotStrengthened).unwrap();
    assert!(found.message().ends_with("lib/a, lib/b"), "{}", found.message());
}

#[test]
fn of_a_checklist_that_reads_otherwise_the_first_item_that_differs_is_named() {
    let (mut world, _) = World::gone();
    let said = |world: &mut World, items: Result<Vec<OpenItem>, ChecklistUnread>, code| {
        let plan = items.map(|items| Plan { items, ..read_again(&plain_open()).plan.unwrap() });
        world.reread.insert(world.open, Reread { plan, ..read_again(&plain_open()) });
        let report = world.assert_not(Answer::Tampered, code);
        let found = finding(&report, code, world.open);
        assert_eq!(found.subject.as_deref(), Some("RELEASE.md"));
        found.message()
    };
    let mut items = plain_open().items;
    items[1].title = "something else".to_owned();
    let message = said(&mut world, Ok(items), Code::ChecklistChanged);
    assert!(message.ends_with("from when the release was opened: tests"), "{message}");
    let message = said(&mut world, Ok(plain_open().items[..1].to_vec()), Code::ChecklistChanged);
    assert!(message.ends_with("1 items instead of 2"), "{message}");
    let message = said(&mut world, Err(ChecklistUnread::Missing), Code::ChecklistUnreadable);
    assert_eq!(message, "there is no RELEASE.md in the tagged tree");
}

#[test]
fn authors_are_compared_where_the_range_is_here_and_else_it_is_said_that_they_were_not() {
    let (mut world, _) = World::gone();
    let mut put = |implementers: Result<Option<Implementers>, RangeUnread>| {
        let origin = implementers.map(|there| there.map(|implementers| Origin { implementers, commits: plain_open().commits }));
        world.reread.insert(world.open, Reread { origin, ..read_again(&plain_open()) });
        let report = world.report();
        (report.verdict.answer, has(&report, Code::RangeNotHere), has(&report, Code::OpenContradictsRange))
    };
    assert_eq!(put(Ok(Some(plain_open().implementers))), (Answer::Go, false, false));
    assert_eq!(put(Ok(None)), (Answer::Go, true, false));
    assert_eq!(put(Err(RangeUnread::Lost(object(9)))), (Answer::CannotDecide, false, false));
    let mut others = plain_open().implementers;
    others.unknown.push("Eve".to_owned());
    assert_eq!(put(Ok(Some(others))), (Answer::Tampered, false, true));
}

#[test]
fn a_release_before_that_is_none_is_told_of_the_open_record_that_names_it() {
    let name = || "refs/tags/v2.3.0".parse().unwrap();
    let previous = PreviousRelease { tag: name(), tag_object: object(0x51), commit: object(0x52), overridden: false };
    let mut world = World::opened(|open| open.previous = Some(previous));
    world.ready_all();
    world.decide("rolf", Decision::Go);
    let reread = |previous| Reread { previous, ..read_again(&plain_open()) };
    world.reread.insert(world.open, reread(None));
    world.assert_go();
    world.reread.insert(world.open, reread(Some(crate::world::finding_of(Code::PreviousUnproven, "it never passed"))));
    let report = world.assert_not(Answer::NoGo, Code::PreviousUnproven);
    assert_cited(&report, Code::PreviousUnproven, world.open, "rita");
    let found = finding(&report, Code::PreviousUnproven, world.open);
    assert_eq!((found.subject.as_deref(), found.message().contains("it never passed")), (Some("v2.3.0"), true), "{found:?}");

    // An open record that names none has none that could be wrong.
    let (mut world, _) = World::gone();
    let wrong = Some(crate::world::finding_of(Code::PreviousUnproven, "it never passed"));
    world.reread.insert(world.open, Reread { is_below: Some(false), ..reread(wrong) });
    world.assert_go();
}

#[test]
fn a_release_before_that_does_not_lie_below_is_no_go_also_where_it_was_named_by_hand() {
    for overridden in [false, true] {
        let previous = PreviousRelease {
            tag: "refs/tags/v2.3.0".parse().unwrap(),
            tag_object: object(0x51),
            commit: object(0x52),
            overridden,
        };
        let mut world = World::opened(|open| open.previous = Some(previous));
        world.ready_all();
        world.decide("rolf", Decision::Go);
        for (is_below, goes) in [(Some(true), true), (Some(false), false), (None, true)] {
            world.reread.insert(world.open, Reread { is_below, ..read_again(&plain_open()) });
            if goes {
                world.assert_go();
                continue;
            }
            let report = world.assert_not(Answer::NoGo, Code::PreviousNotBelow);
            assert_cited(&report, Code::PreviousNotBelow, world.open, "rita");
            assert_eq!(finding(&report, Code::PreviousNotBelow, world.open).subject.as_deref(), Some("v2.3.0"));
            assert_eq!(report.integrity, Integrity::Intact);
        }
    }
}

#[test]
fn a_link_is_evidence_as_far_as_it_names_a_digest() {
    let judged = |evidence: Evidence, facts: Option<EvidenceFacts>| {
        let mut world = World::opened(|_| {});
        if let (Some(digest), Some(facts)) = (evidence.sha256, facts) {
            world.evidence.insert(digest, facts);
        }
        let body = world.sign_body("runbook", SignVerdict::Done);
        let mut draft = world.draft("sam", Body::Sign(body));
        draft.record.evidence.push(evidence);
        let id = world.put(draft);
        let report = world.report();
        let found = report.findings.into_iter().find(|found| found.record == Some(id) && found.subject.is_some());
        found.map(|found| (found.code, found.subject.unwrap()))
    };
    let evidence = |name: Option<&str>, uri: Option<&str>, sha256, size| Evidence {
        name: name.map(str::to_owned),
        uri: uri.map(str::to_owned),
        sha256,
        size,
        media_type: None,
        salted: false,
    };
    let (name, link) = (Some("log.txt"), Some("https://ci.example/1"));
    let told = |code, about: &str| Some((code, about.to_owned()));
    assert_eq!(judged(evidence(None, link, None, None), None), told(Code::EvidencePointer, "https://ci.example/1"));
    assert_eq!(judged(evidence(name, link, None, None), None), told(Code::EvidencePointer, "log.txt"));
    // The bytes behind a link were never here; those of a file were, or should have been.
    let kept = Some(digest(0xe1));
    for facts in [None, Some(EvidenceFacts::Missing)] {
        assert_eq!(judged(evidence(name, link, kept, Some(12)), facts), None);
        assert_eq!(judged(evidence(name, None, kept, Some(12)), facts), told(Code::EvidenceMissing, "log.txt"));
    }
    assert_eq!(judged(evidence(name, link, kept, Some(12)), Some(EvidenceFacts::Here(12))), None);
    let changed = Some(EvidenceFacts::Changed);
    assert_eq!(judged(evidence(name, link, kept, Some(12)), changed), told(Code::EvidenceChanged, "log.txt"));
}
