//! `relsign freeze`: what the commands say, sign and refuse, and the calendar that other programs read.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::sandbox::{Sandbox, Stage, ended};

const MAIN: &str = "refs/heads/main";

/// The windows of these tests: a weekend that holds at the clock of the sandbox, a Saturday, and a year end that is to come.
const WINDOWS: &str = r#"
[[freeze]]
name = "year-end"
refs = ["refs/heads/main"]
zone = "Europe/Berlin"
yearly = { from = "12-20 18:00", to = "01-04 08:00" }
reason = "holiday trading; call, don't write\\ever"
grant = ["@ann", "@bob"]

[[freeze]]
name = "weekend"
refs = ["refs/heads/web", "refs/heads/release/**"]
zone = "UTC"
weekly = { from = "fri 16:00", to = "mon 06:00" }
grant = ["@bob"]
"#;

/// A repository with a policy that has windows.
fn windows() -> Sandbox {
    let own = Sandbox::at(Stage::Begun);
    let policy = std::fs::read_to_string(own.repo.join(".relsign/policy.toml")).unwrap() + WINDOWS;
    own.add_version(&policy, "", &["rita"]);
    own
}

fn check(own: &Sandbox, at: &str, ref_name: &str, exit: i32) -> Value {
    let told = own.run(&["freeze", "check", "--json", "--at", at, "--ref", ref_name]).exits(exit).json();
    let mut plain = own.program();
    plain.env("COLUMNS", "80").args(["freeze", "check", "--at", at, "--ref", ref_name]);
    let plain = ended(&mut plain).exits(exit);
    assert!(plain.stdout.lines().all(|line| line.chars().count() <= 80 || line.contains("relsign freeze")), "{}", plain.text());
    told
}

#[test]
fn a_freeze_of_nothing_is_told() {
    let own = Sandbox::at(Stage::Begun);
    let start = |name: &str, pattern: &str| {
        own.run_as("rita", &["freeze", "start", name, "--ref", pattern, "--reason", "r"])
            .exits(0)
            .text()
            .contains("matches no branch")
    };
    assert!(start("one", "mian") && !start("two", "main") && !start("three", "refs/heads/m*"));
}

#[test]
fn a_check_says_which_window_until_when_in_local_time_and_utc_who_may_grant_and_how_to_ask() {
    let own = windows();
    let mut berlin = own.program();
    berlin.env("TZ", "Europe/Berlin").args(["freeze", "check", "--ref", "main", "--at", "2026-12-24T12:00:00Z"]);
    ended(&mut berlin)
        .exits(1)
        .says("refs/heads/main is frozen by \"year-end\"\n  until Mon 4 Jan 2027 08:00 CET (2027-01-04T07:00:00Z)\n")
        .says("  reason: holiday trading; call, don't write\\ever")
        .says("  exceptions: @ann, @bob, 2 people")
        .says("relsign freeze request COMMIT --ref refs/heads/main");
    // Without a ref it is the branch that is checked out.
    own.run(&["freeze", "check", "--at", "2026-12-24T12:00:00Z"]).exits(1).says("refs/heads/main is frozen");
    own.run(&["freeze", "check"]).exits(0).says("refs/heads/main is not frozen\n");
}

#[test]
fn nobody_is_sent_to_ask_for_what_too_few_may_grant() {
    // Expected: who may is said, and no command to ask with; whoever asks all the same is warned.
    let own = windows();
    let run = own.run(&["freeze", "check", "--ref", "web"]).exits(1);
    let run = run.says("  exceptions: nobody, because it needs 2 people and only @bob may grant one");
    assert!(!run.stdout.contains("freeze request"), "{}", run.text());
    own.write("a", "a");
    own.commit("a");
    let ask = ["freeze", "request", "HEAD", "--ref", "web", "--base", "HEAD~1", "--reason", "r", "--expires", "4h"];
    own.run_as("rita", &ask).exits(0).says("\"weekend\" takes 2 people to grant an exception").says("and 1 person may");
}

#[test]
fn a_check_answers_at_the_edges_of_a_window_to_the_second() {
    let own = windows();
    for (at, exit) in
        [("2026-12-20T16:59:59Z", 0), ("2026-12-20T17:00:00Z", 1), ("2027-01-04T06:59:59Z", 1), ("2027-01-04T07:00:00Z", 0)]
    {
        let told = check(&own, at, "main", exit);
        assert_eq!(told["frozen"], exit == 1, "{at}");
    }
    let told = check(&own, "2026-12-24T12:00:00Z", MAIN, 1);
    assert_eq!(told["free_from"], "2027-01-04T07:00:00Z");
    assert_eq!(told["freezes"][0]["source"]["kind"], "window");
}

#[test]
fn a_check_is_of_the_ref_and_not_of_its_neighbours() {
    let own = windows();
    check(&own, "2026-11-21T12:00:00Z", "web", 1);
    check(&own, "2026-11-21T12:00:00Z", "refs/heads/release/2.4/fix", 1);
    check(&own, "2026-11-21T12:00:00Z", "refs/tags/web", 0);
    check(&own, "2026-11-21T12:00:00Z", "website", 0);
    own.run(&["freeze", "check", "--ref", "bad..name"]).exits(2);
    own.run(&["freeze", "check", "--at", "soon"]).exits(2).says("is not a time");
}

#[test]
fn a_freeze_by_hand_is_signed_listed_and_lifted() {
    let own = windows();
    let start = ["freeze", "start", "disk-full", "--ref", "main", "--reason", "the disks are full"];
    own.run_as("bob", &start).exits(1).says("may not declare a freeze").says("rita");
    own.run_as("rita", &start).exits(0).says("@rita freezes refs/heads/main").says("until it is lifted");
    let told = check(&own, "2030-01-01T00:00:00Z", "main", 1);
    let record = told["freezes"].as_array().unwrap().iter().find(|freeze| freeze["name"] == "disk-full").unwrap().clone();
    assert_eq!(record["until"], Value::Null);
    assert_eq!(told["free_from"], Value::Null);
    let taken = own.run_as("rita", &start).exits(1).says("there is already a freeze \"disk-full\"");
    // What is advised is a whole call.
    let id = &record["source"]["record"].as_str().unwrap()[..12];
    taken.says(&format!("relsign freeze lift {id} --reason \"…\""));
    own.run(&["freeze", "list"]).exits(0).says("frozen now").says("\"disk-full\"").says("the disks are full").says("it is lifted");
    let lift = ["freeze", "lift", "disk-full", "--reason", "there is room"];
    own.run_as("bob", &lift).exits(1).says("may not lift a freeze");
    own.run_as("rita", &["freeze", "lift", "disk-full", "--reason", " "]).exits(2).says("lifting a freeze needs a reason");
    check(&own, "2026-11-22T00:00:00Z", "main", 1);
    let signed = own.run_as("rita", &["--json", "freeze", "lift", "disk-full", "--reason", "there is room"]).exits(0).json();
    assert_eq!(signed["tag"], Value::Null);
    check(&own, "2026-11-22T00:00:00Z", "main", 0);
    own.run_as("rita", &lift).exits(2).says("there is no active or future freeze \"disk-full\"").says("relsign freeze list");
}

#[test]
fn a_freeze_is_lifted_by_the_beginning_of_its_record_where_names_are_the_same() {
    let own = windows();
    own.run_as("rita", &["freeze", "start", "one", "--ref", "main", "--reason", "r", "--until", "2d"]).exits(0);
    let told = check(&own, "2026-11-21T12:00:00Z", "main", 1);
    let record = told["freezes"][0]["source"]["record"].as_str().unwrap().to_owned();
    assert_eq!(told["freezes"][0]["until"], "2026-11-23T09:30:00Z");
    own.run_as("rita", &["freeze", "lift", &record[..8], "--reason", "r"]).exits(0);
    check(&own, "2026-11-21T12:00:00Z", "main", 0);
}

#[test]
fn a_window_of_the_policy_is_not_lifted() {
    let own = windows();
    own.run_as("rita", &["freeze", "lift", "weekend", "--reason", "r"])
        .exits(1)
        .says("is a freeze window of the policy")
        .says("--expires 4h");
    own.run_as("rita", &["freeze", "start", "weekend", "--ref", "main", "--reason", "r"]).exits(1).says("a window of the policy");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_signed() {
    let own = windows();
    for (args, says) in [
        (&["--ref", "main", "--until", "2026-11-01"][..], "would be over already"),
        (&["--ref", "main", "--from", "2020-01-01", "--until", "2020-02-01"], "would be over already, since"),
        (&["--ref", "main", "--from", "2020-02-01", "--until", "2020-01-01"], "would end before it begins"),
        (&["--ref", "main", "--from", "2d", "--until", "1d"], "would end before it begins"),
        (&["--ref", "a b"], "a pattern"),
        (&["--ref", "main", "--ref", "refs/relsign/policy"], "can't be frozen"),
    ] {
        let all = [&["freeze", "start", "x", "--reason", "r"][..], args].concat();
        own.run_as("rita", &all).exits(2).says(says);
    }
    own.run_as("rita", &["freeze", "start", " ", "--ref", "main", "--reason", "r"]).exits(2).says("not a valid freeze name");
    own.run_as("rita", &["freeze", "start", "x\u{202e}y", "--ref", "main", "--reason", "r"])
        .exits(2)
        .says("not a valid freeze name");
    own.run_as("rita", &["freeze", "start", "x", "--ref", "main", "--reason", " "]).exits(2).says("needs a reason");
    own.run_as("rita", &["freeze", "start", "x", "--reason", "r"]).exits(2);
    check(&own, "2026-11-21T12:00:00Z", "main", 0);
}

#[test]
fn an_open_release_freezes_until_it_is_decided() {
    let own = windows();
    own.tag("v1.0.0");
    own.run_as("rita", &["open", "v1.0.0", "--freeze", "main", "--freeze-until", "3d"]).exits(0);
    let told = check(&own, "2026-11-22T00:00:00Z", "main", 1);
    assert_eq!(told["freezes"][0]["source"]["tag"], "refs/tags/v1.0.0");
    own.run(&["freeze", "check"])
        .exits(1)
        .says("frozen by release v1.0.0\n  until it is decided, at the latest Tue 24 Nov 2026 09:30 UTC");
    check(&own, "2026-11-24T09:30:00Z", "main", 0);
    // Whoever takes the tag away does not take the freeze away.
    own.git(&["tag", "-d", "v1.0.0"]);
    check(&own, "2026-11-22T00:00:00Z", "main", 1);
    own.git(&["fetch", "-q", ".", "refs/heads/main"]);
    let object = own.git(&["fsck", "--no-reflogs", "--unreachable", "--no-progress"]);
    let tag = object.lines().find_map(|line| line.strip_prefix("unreachable tag ")).unwrap();
    own.git(&["update-ref", "refs/tags/v1.0.0", tag]);
    own.run_as("rita", &["decide", "v1.0.0", "no-go", "--reason", "not this one"]).exits(0);
    check(&own, "2026-11-22T00:00:00Z", "main", 0);
}

#[test]
fn lists_and_calendars_show_the_freezes_of_releases_over_several_months() {
    let own = windows();
    for (tag, until) in [("v1.0.0", "2026-12-01T00:00:00Z"), ("v1.1.0", "2027-01-02T00:00:00Z")] {
        own.tag(tag);
        own.run_as("rita", &["open", tag, "--freeze", "main", "--freeze-until", until]).exits(0);
    }
    let told = own.run(&["freeze", "list", "--json"]).exits(0).json();
    let named =
        |told: &Value, key: &str, name: &str| told[key].as_array().unwrap().iter().filter(|freeze| freeze["name"] == name).count();
    assert_eq!((named(&told, "holding", "v1.0.0"), named(&told, "holding", "v1.1.0")), (1, 1), "{told}");
    for (month, first, second) in
        [("2026-10", 0, 0), ("2026-11", 1, 1), ("2026-12", 0, 1), ("2027-01", 0, 1), ("2027-02", 0, 0), ("2040-01", 0, 0)]
    {
        let told = own.run(&["freeze", "calendar", month, "--json"]).exits(0).json();
        assert_eq!((named(&told, "freezes", "v1.0.0"), named(&told, "freezes", "v1.1.0")), (first, second), "{month}");
    }
    check(&own, "2027-01-01T23:59:59Z", "main", 1);
    own.run(&["freeze", "export", "-o", "x.ics"]).exits(0);
    assert!(std::fs::read_to_string(own.repo.join("x.ics")).unwrap().contains("DTEND:20270102T000000Z"));
    // What a release froze whose tag is gone is frozen under the next version of the policy, too.
    own.git(&["tag", "-d", "v1.1.0"]);
    let path = own.repo.join(".relsign/policy.toml");
    let policy = std::fs::read_to_string(&path).unwrap() + WINDOWS + "\n[limits]\nclock_skew = \"4m\"\n";
    std::fs::write(&path, policy).unwrap();
    own.run_as("rita", &["policy", "propose"]).exits(0);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    let told = own.run(&["freeze", "list", "--json"]).exits(0).json();
    assert_eq!((named(&told, "holding", "v1.0.0"), named(&told, "holding", "v1.1.0")), (1, 1), "{told}");
}

#[test]
fn a_lift_outlives_the_next_version_of_the_policy() {
    let own = windows();
    own.run_as("rita", &["freeze", "start", "x", "--ref", "main", "--reason", "r"]).exits(0);
    own.run_as("rita", &["freeze", "lift", "x", "--reason", "r"]).exits(0);
    let path = own.repo.join(".relsign/policy.toml");
    let policy = std::fs::read_to_string(&path).unwrap() + WINDOWS + "\n[limits]\nclock_skew = \"4m\"\n";
    std::fs::write(&path, policy).unwrap();
    own.run_as("rita", &["policy", "propose"]).exits(0);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    check(&own, "2026-11-22T00:00:00Z", "main", 0);
}

#[test]
fn a_record_of_the_root_log_that_is_gone_is_told_and_nothing_is_said_to_be_free() {
    let own = windows();
    own.run_as("rita", &["freeze", "start", "x", "--ref", "main", "--reason", "r"]).exits(0);
    let before = own.git(&["rev-parse", "refs/notes/relsign"]);
    own.git(&["update-ref", "-d", "refs/notes/relsign"]);
    let told = check(&own, "2026-11-22T00:00:00Z", "main", 4);
    assert_eq!(told["frozen"], Value::Null);
    own.run(&["freeze", "check"]).exits(4).says("record-vanished").says("relsign sync");
    own.run(&["freeze", "list"]).exits(4).says("record-vanished");
    own.git(&["update-ref", "refs/notes/relsign", &before]);
    check(&own, "2026-11-22T00:00:00Z", "main", 1);
}

/// Whoever can push could otherwise push junk over the freeze until nobody reads it.
#[test]
fn a_root_log_that_is_too_long_to_be_read_leaves_nothing_free() {
    let own = windows();
    own.run_as("rita", &["freeze", "start", "x", "--ref", "main", "--reason", "r", "--until", "1d"]).exits(0);
    let root = own.git_with(&["hash-object", "-w", "--stdin"], format!("relsign-root-v1 {}\n", own.root()).as_bytes());
    let note = own.note(&root);
    let keyid = own.fingerprint("dev");
    let mut junk: String = (0..100_001).fold(String::new(), |junk, number| {
        junk + &format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{number}","signatures":[{{"keyid":"{keyid}","sig":""}}]}}"#
        ) + "\n"
    });
    junk.push_str(&String::from_utf8(note).unwrap());
    own.set_note(&root, junk.as_bytes());
    own.forget();
    own.run(&["freeze", "check", "--ref", "other"]).exits(4).says("too-many-lines");
}

/// No window of such a policy can be told, and that is not the same as none.
#[test]
fn a_policy_that_can_not_be_read_leaves_nothing_free() {
    for (good, bad) in
        [("zone = \"UTC\"", "zone = \"Mars/Olympus_Mons\""), ("weekly = {", "weekly = ["), ("fri 16:00", "fri 25:00")]
    {
        let own = windows();
        let policy = std::fs::read_to_string(own.repo.join(".relsign/policy.toml")).unwrap() + &WINDOWS.replace(good, bad);
        own.add_version(&policy, "", &["rita"]);
        for command in
            [&["freeze", "check", "--ref", "other"][..], &["freeze", "list"], &["freeze", "calendar"], &["freeze", "export"]]
        {
            let run = own.run(command);
            assert!(run.code >= 3 && run.stdout.is_empty(), "{bad} {command:?} exits with {}: {}", run.code, run.text());
            assert!(run.stderr.contains("policy-invalid"), "{}", run.text());
        }
    }
}

#[test]
fn a_hostile_reason_reaches_no_terminal() {
    let own = windows();
    let reason = "\u{1b}[2Jgone\u{202e}\r\nEND:VCALENDAR";
    own.run_as("rita", &["freeze", "start", "x", "--ref", "main", "--reason", reason]).exits(0);
    own.run(&["freeze", "list"]).exits(0).says("\\x1b[2Jgone");
    own.run(&["freeze", "check"]).exits(1).says("\\u{202e}");
    own.run(&["freeze", "export", "-o", "x.ics"]).exits(0);
    let text = std::fs::read_to_string(own.repo.join("x.ics")).unwrap();
    assert_eq!(text.matches("END:VCALENDAR").count(), 2, "once in the text and once as a line");
    assert_eq!(text.lines().filter(|line| *line == "END:VCALENDAR").count(), 1);
}

#[test]
fn the_list_tells_the_next_time_of_each_or_all_until_a_time() {
    let own = windows();
    let told = own.run(&["freeze", "list", "--json"]).exits(0).json();
    let names = |told: &Value, key: &str| -> Vec<String> {
        told[key].as_array().unwrap().iter().map(|freeze| freeze["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&told, "holding"), ["weekend"]);
    assert_eq!(names(&told, "coming"), ["weekend", "year-end"]);
    let told = own.run(&["freeze", "list", "--json", "--until", "2027-01-01"]).exits(0).json();
    assert_eq!(names(&told, "coming").len(), 6 - 1 + 1, "{told}");
    let told = own.run(&["freeze", "list", "--json", "--ref", "main"]).exits(0).json();
    assert_eq!((names(&told, "holding").len(), names(&told, "coming").len()), (0, 1));
    own.run(&["freeze", "list", "--until", "2020-01-01"]).exits(2);
    let empty = Sandbox::at(Stage::Begun);
    empty.run(&["freeze", "list"]).exits(0).says("nothing is frozen");
}

#[test]
fn a_calendar_marks_days_and_fits_80_columns() {
    let own = windows();
    let mut command = own.program();
    command.env("COLUMNS", "80").args(["freeze", "calendar", "2026-12"]);
    let run = ended(&mut command).exits(0).says("December 2026").says("\"year-end\"").says("\"weekend\"");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    let line =
        |day: &str| run.stdout.lines().find(|line| line.contains(day)).unwrap_or_else(|| panic!("{}", run.stdout)).to_owned();
    assert!(line(" 4 a").contains(" 5 A"), "a weekend begins on a Friday afternoon and takes the Saturday whole");
    let told = own.run(&["freeze", "calendar", "2026-12", "--json", "--ref", "main"]).exits(0).json();
    assert_eq!(told["days"].as_array().unwrap().len(), 31);
    assert_eq!(told["days"][18]["freezes"], serde_json::json!([]));
    assert_eq!(told["days"][19]["freezes"], serde_json::json!([0]), "20 December is frozen in part");
    assert_eq!(told["days"][19]["whole"], serde_json::json!([]));
    assert_eq!(told["days"][20]["whole"], serde_json::json!([0]));
    for bad in ["2026-13", "2026-00", "december", "2026", "12026-01", "-1-01"] {
        own.run(&["freeze", "calendar", "--", bad]).exits(2).says("is not a month");
    }
    let today = own.run(&["freeze", "calendar"]).exits(0);
    assert!(today.stdout.contains("21*") && today.stdout.contains("*  today") && !today.stdout.contains("22*"), "{}", today.text());
    assert!(!own.run(&["freeze", "calendar", "0001-01"]).exits(0).stdout.contains("today"));
    own.run(&["freeze", "calendar", "9998-12"]).exits(0);
}

/// Reads iCalendar as RFC 5545 has it, and no looser: the properties of each event, unfolded and unescaped.
fn events(text: &str) -> Vec<Vec<(String, String)>> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "every line ends with CR LF");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "no line has more than 75 octets");
    let unfolded = text.replace("\r\n ", "");
    let mut lines = unfolded.split_terminator("\r\n");
    assert_eq!(lines.next(), Some("BEGIN:VCALENDAR"));
    let mut events = Vec::new();
    let mut event: Option<Vec<(String, String)>> = None;
    let mut ended = false;
    let mut head = Vec::new();
    for line in lines {
        assert!(!ended, "nothing follows the calendar");
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let (name, value) = line.split_once(':').unwrap();
        match (name, value, &mut event) {
            ("BEGIN", "VEVENT", None) => event = Some(Vec::new()),
            ("END", "VEVENT", Some(_)) => events.extend(event.take()),
            ("END", "VCALENDAR", None) => ended = true,
            (_, _, Some(event)) => event.push((name.to_owned(), value.to_owned())),
            (_, _, None) => head.push(line.to_owned()),
        }
    }
    assert!(ended && head.contains(&"VERSION:2.0".to_owned()) && head.iter().any(|line| line.starts_with("PRODID:")));
    for event in &events {
        for name in ["UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"] {
            assert_eq!(event.iter().filter(|(other, _)| other == name).count(), 1, "{name} in {event:?}");
        }
    }
    events
}

fn property<'e>(event: &'e [(String, String)], name: &str) -> &'e str {
    &event.iter().find(|(other, _)| other == name).unwrap().1
}

#[test]
fn an_export_is_icalendar_with_one_event_for_each_time_in_utc() {
    let own = windows();
    own.run_as("rita", &["freeze", "start", "Größe, mit; Zeichen", "--ref", "main", "--reason", &"ä".repeat(200)]).exits(0);
    own.run(&["freeze", "export", "--until", "2027-01-10", "-o", "freezes.ics"]).exits(0).says("events to freezes.ics");
    let text = std::fs::read_to_string(own.repo.join("freezes.ics")).unwrap();
    let events = events(&text);
    let named = |name: &str| events.iter().filter(|event| property(event, "SUMMARY").contains(name)).collect::<Vec<_>>();
    assert_eq!(named("weekend").len(), 8);
    let [year_end] = named("year-end")[..] else { panic!("{events:?}") };
    assert_eq!(property(year_end, "DTSTART"), "20261220T170000Z");
    assert_eq!(property(year_end, "DTEND"), "20270104T070000Z");
    assert!(
        property(year_end, "DESCRIPTION").contains(r"reason: holiday trading\; call\, don't write\\ever\nrefs: refs/heads/main")
    );
    let [by_hand] = named(r"Größe\, mit\; Zeichen")[..] else { panic!("{events:?}") };
    assert!(property(by_hand, "DESCRIPTION").contains("until it is lifted"));
    assert_eq!(property(by_hand, "DTEND"), "20270110T000000Z", "what has no end is shown to the end of the export");
    // The same freezes have the same identities a day later, so that a program updates what it has.
    let uids = |events: &[Vec<(String, String)>]| events.iter().map(|event| property(event, "UID").to_owned()).collect::<Vec<_>>();
    let mut later = own.program();
    later.env("RELSIGN_NOW", "2026-11-22T09:30:00Z").args(["freeze", "export", "--until", "2027-01-10", "-o", "later.ics"]);
    ended(&mut later).exits(0);
    let later = std::fs::read_to_string(own.repo.join("later.ics")).unwrap();
    let again = self::events(&later);
    assert_eq!(uids(&events), uids(&again));
    let mut distinct = uids(&events);
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), events.len());
}

#[test]
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "says that it is skipped")]
fn an_export_is_read_by_another_program() {
    let own = windows();
    own.run(&["freeze", "export", "-o", "freezes.ics"]).exits(0);
    let count = events(&std::fs::read_to_string(own.repo.join("freezes.ics")).unwrap()).len();
    let python = "import icalendar, sys\n\
                  calendar = icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read())\n\
                  events = list(calendar.walk('VEVENT'))\n\
                  assert not any(event.errors for event in events)\n\
                  assert all(event.decoded('dtstart') < event.decoded('dtend') for event in events)\n\
                  print(len(events))\n";
    let program = std::env::var_os("RELSIGN_PYTHON").unwrap_or_else(|| "python3".into());
    let known = Command::new(&program).args(["-c", "import icalendar"]).stderr(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no python3 with the package icalendar here (RELSIGN_PYTHON names another python)");
        return;
    }
    let output = Command::new(&program).args(["-c", python]).arg(own.repo.join("freezes.ics")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), count.to_string());
}

#[test]
fn what_is_printed_fits_its_schema() {
    let own = windows();
    for (args, schema) in [
        (&["freeze", "list"][..], "freeze-list"),
        (&["freeze", "check", "--ref", "web"], "freeze-check"),
        (&["freeze", "calendar"], "freeze-calendar"),
        (&["freeze", "export"], "freeze-list"),
    ] {
        let printed = ended(own.program().arg("--json").args(args)).json();
        let (_, schema) = relsign::schema::all().into_iter().find(|(name, _)| name == &format!("{schema}.schema.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&printed).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{args:?}");
    }
}

#[test]
fn a_freeze_is_shared_and_holds_in_another_clone() {
    let own = windows();
    let server = own.path("server.git");
    own.git(&["init", "-q", "--bare", server.to_str().unwrap()]);
    own.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    own.git(&["push", "-q", "origin", "main"]);
    own.run(&["sync"]).exits(0);
    own.run_as("rita", &["freeze", "start", "x", "--ref", "main", "--reason", "r"]).exits(0).says("shared with origin");
    let clone = own.path("clone");
    own.git(&["clone", "-q", server.to_str().unwrap(), clone.to_str().unwrap()]);
    let root = own.root();
    let other = own.moved_to(clone);
    other.run(&["sync"]);
    other.git(&["config", "relsign.root", &format!("SHA256:{root}")]);
    other.run(&["sync"]).exits(0);
    check(&other, "2026-11-22T00:00:00Z", "main", 1);
}
