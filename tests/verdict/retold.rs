//! What a report retells without judging it: the release, who signed, and what each record says.

use relsign::model::record::{Body, Decision, SignVerdict};
use relsign::model::report::Report;

use crate::cast::key;
use crate::world::{World, change, has, object, plain_open, time};

#[test]
fn the_release_is_retold_from_its_open_record() {
    let mut world = World::opened(|open| {
        open.title = "the big one".to_owned();
        open.scope = vec![change("a change")];
        open.commits = 7;
    });
    let release = world.report().release.unwrap();
    assert_eq!((release.open, release.opened_by.to_string()), (world.open, "@rita".to_owned()));
    assert_eq!((release.title.as_str(), release.commits, release.scope.len()), ("the big one", 7, 1));
    assert_eq!((release.tag_object, release.commit), (object(0x71), object(0x72)));
    assert_eq!(release.checklist, plain_open().checklist);
    world.tag.object = None;
    assert_eq!(world.report().release, None);
    assert_eq!(World::empty().report().release, None);
}

#[test]
fn people_are_told_with_their_roles_the_keys_that_they_signed_with_and_how_often() {
    let mut world = World::opened(|_| {});
    world.sign("sam", "runbook", SignVerdict::Done);
    world.sign("sam-two", "tests", SignVerdict::Approve);
    world.sign("sam", "tests", SignVerdict::Approve);
    world.by("ci", Body::from_json("stage", r#"{"stage":"canary","event":"enter"}"#).unwrap());
    let told: Vec<_> = world
        .report()
        .people
        .into_iter()
        .map(|person| {
            let roles: Vec<_> = person.roles.iter().map(ToString::to_string).collect();
            (person.principal.to_string(), roles.join(" "), person.keys.len(), person.records)
        })
        .collect();
    let expected = [("machine:ci", "", 1, 1), ("@rita", "release-manager", 1, 1), ("@sam", "security sre", 2, 3)];
    let mut expected: Vec<_> =
        expected.map(|(who, roles, keys, records)| (who.to_owned(), roles.to_owned(), keys, records)).to_vec();
    expected.sort_by_key(|(who, ..)| told.iter().position(|person| person.0 == *who));
    assert_eq!(told, expected);
}

#[test]
fn records_are_told_parents_first_with_their_items_and_when_a_witness_saw_them() {
    let item = r#"{"id":"tests","digest":"0202020202020202020202020202020202020202020202020202020202020202"}"#;
    let mut world = World::opened(|_| {});
    let about_tests = [
        ("assign", format!(r#"{{"item":{item},"owner":"@quin","reason":"r"}}"#)),
        ("sign", format!(r#"{{"item":{item},"verdict":"done"}}"#)),
        ("check", format!(r#"{{"item":{item},"result":"PASSED"}}"#)),
    ];
    let mut ids = vec![world.open];
    for (kind, body) in &about_tests {
        let body = Body::from_json(kind, body).unwrap_or_else(|problem| panic!("{kind}: {problem}"));
        ids.push(world.by("rita", body));
    }
    ids.push(world.decide("rolf", Decision::NoGo));
    world.witnessed.insert(ids[2], time(77));
    let Report { records, .. } = world.report();
    assert_eq!(records.iter().map(|record| record.id).collect::<Vec<_>>(), ids);
    let items: Vec<_> = records.iter().map(|record| record.item.as_ref().map(|item| item.as_str())).collect();
    let tests = Some("tests");
    assert_eq!(items, [None, tests, tests, tests, None]);
    assert_eq!(records.iter().filter_map(|record| record.witnessed).collect::<Vec<_>>(), [time(77)]);
    assert_eq!(records[2].says, "done tests");
    assert_eq!(&records[4].key, key("rolf").public().fingerprint());
}

#[test]
fn records_say_in_a_few_words_what_they_say() {
    let mut world = World::opened(|_| {});
    let mut said = |kind: &str, body: &str| {
        let body = Body::from_json(kind, body).unwrap_or_else(|problem| panic!("{kind}: {problem}"));
        world.draft("rita", body).record.body.summary()
    };
    let id = "44".repeat(32);
    assert_eq!(said("withdraw", &format!(r#"{{"record":"{id}","reason":"r"}}"#)), "withdraws 444444444444");
    assert_eq!(said("action", r#"{"event":"failed","id":"a1"}"#), "action a1: failed");
    assert_eq!(said("close", r#"{"outcome":"abandoned","reason":"r"}"#), "closes: abandoned");
    assert_eq!(said("veto", "{}"), "a record of unknown kind \"veto\"");
}

#[test]
fn findings_and_reasons_are_sorted_and_each_is_told_once() {
    let mut world = World::opened(|open| open.items[0].requirements.reviews = 0);
    world.sign("olga", "tests", SignVerdict::Approve);
    world.sign("dana", "runbook", SignVerdict::Reject);
    world.tag.object.as_mut().unwrap().inner_name = "v9.9.9".to_owned();
    world.decide("rolf", Decision::Go);
    let report = world.report();
    assert!(has(&report, relsign::model::finding::Code::TagNameMismatch));
    assert!(report.findings.len() > 3 && report.verdict.reasons.len() > 2, "{report:#?}");
    assert!(report.findings.is_sorted() && report.verdict.reasons.is_sorted());
    for told in [&report.findings, &report.verdict.reasons] {
        assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "{told:#?}");
    }
}
