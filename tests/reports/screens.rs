//! The screens of all commands that report, as they look on terminals of two sizes: plain, coloured and in a locale of ASCII.
//!
//! What is longer than a screen goes through a pager, so of that the first screen is kept.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use relsign::model::freeze::{Freeze, Source};
use relsign::model::ids::{Environment, RecordId, TagName};
use relsign::model::overview::{Mine, Place, ReleaseLine, WaitingItem, WaitingStage, WaitingTask};
use relsign::model::policy::{Pattern, Policy};
use relsign::model::record::StageEvent;
use relsign::model::report::{Answer, ReleaseState, Report};
use relsign::parse::policy::parse_policy;
use relsign::report::month::Month;
use relsign::report::style::Style;
use relsign::report::terminal::{self, Around};
use relsign::report::{freezes, waiting};
use unicode_width::UnicodeWidthChar;

use crate::build::{self, Texts, at};
use crate::{course, expect};

const FRESH: &str = "as of just now from origin";
const SIZES: [(usize, usize); 2] = [(80, 24), (180, 50)];
const POLICY: &str = r#"
format = 1
repository = "00112233445566778899aabbccddeeff"
[owners]
people = ["@jchen"]
threshold = 1
[role.incident-commander]
description = "leads while something is broken"
[person.jchen]
emails = ["jchen@example.com"]
roles = ["incident-commander"]
keys = [{ key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi", state = "active" }]
[[component]]
name = "main"
tags = "v*"
checklist = "RELEASE.md"
environments = ["production"]
[authority]
release_managers = ["incident-commander"]
grant = ["incident-commander"]
"#;

/// Titles as people in many places write them, and one that is longer than any line.
const TITLES: [&str; 8] = [
    "データベースの移行手順を二人が確認した",
    "בדיקת השחזור מהגיבוי הושלמה בהצלחה",
    "تمت مراجعة لائحة الإطلاق النهائية",
    "Feature flags 🇩🇪 and 🚀 are off — “everywhere”",
    "회귀 테스트 통과",
    "Всё проверено на стенде",
    "Überprüfung der Rückfallebene",
    "A title that somebody made by pasting a whole paragraph of the ticket into the checklist, with its reasons and what was said in the call",
];

fn style(width: usize) -> Style {
    Style { color: false, width, zone: TimeZone::get("Europe/Berlin").unwrap(), unicode: true }
}

fn policy() -> Policy {
    parse_policy(POLICY.as_bytes()).unwrap().policy
}

/// Document 1 with titles of many scripts, and with somebody of a long name.
fn scripts() -> Report {
    let mut report = course::sixty();
    for (item, title) in report.items.iter_mut().zip(TITLES.into_iter().cycle()) {
        title.clone_into(&mut item.title);
        if item.number % 4 == 1 {
            for need in &mut item.needs {
                need.candidates.insert(0, "@the-deputy-head-of-site-reliability".parse().unwrap());
            }
        }
    }
    report
}

/// What of a report waits for one person.
fn mine(report: &Report, who: &str) -> Mine {
    let handle = who.parse().unwrap();
    let place = Place { tag: report.tag.clone(), environment: None };
    let item = |(item, what): (&relsign::model::report::ItemReport, _)| WaitingItem {
        place: place.clone(),
        item: item.id.clone(),
        number: item.number,
        title: item.title.clone(),
        section: item.section.clone(),
        state: item.state,
        would_count_as: waiting::counts_as(what).to_owned(),
        by_approve: true,
    };
    let action = |action: &relsign::model::course::ActionReport| WaitingTask {
        place: place.clone(),
        id: action.id.clone(),
        text: action.text.clone(),
        due: action.due,
        overdue: action.due.is_some_and(|due| due <= report.as_of),
        left: false,
        decision: None,
    };
    let stage = WaitingStage {
        place: place.clone(),
        stage: "half".to_owned(),
        event: StageEvent::Enter,
        from: Some(at("2026-03-25T13:05:00Z")),
    };
    let mut actions: Vec<_> = report.course.actions.iter().filter(|action| action.due.is_some()).map(action).collect();
    actions.sort_by_key(|one| (!one.overdue, one.due));
    Mine {
        waiting: waiting::sign_offs(report, &handle).into_iter().map(item).collect(),
        actions,
        stages: vec![stage],
        decisions: vec![place.clone()],
        ..Mine::default()
    }
}

fn list() -> Vec<ReleaseLine> {
    let line = |tag: &str, title: &str, state, answer, settled| ReleaseLine {
        tag: TagName::from_user(tag).unwrap(),
        environment: Some(Environment::production()),
        title: Some(title.to_owned()),
        state,
        stage: (state == ReleaseState::RollingOut).then(|| "half".to_owned()),
        over: state == ReleaseState::Completed,
        answer,
        opened_by: Some("@jchen".parse().unwrap()),
        opened_at: Some(at("2026-03-25T03:00:00Z")),
        out: None,
        items: 12,
        settled,
    };
    vec![
        line("v2.4.0", "payment-service: idempotent retries, and the audit log for PCI", ReleaseState::Open, Answer::NoGo, 9),
        line("map-service/v12.0.0-rc.3", TITLES[0], ReleaseState::RollingOut, Answer::Go, 12),
        line("v2.3.2", "payment-service", ReleaseState::Completed, Answer::Go, 12),
        line("v2.3.1", "payment-service", ReleaseState::RolledBack, Answer::CannotDecide, 3),
    ]
}

fn frozen() -> Vec<Freeze> {
    let freeze = |name: &str, source, from: &str, until: Option<&str>| Freeze {
        name: name.to_owned(),
        source,
        refs: vec![Pattern::everything()],
        from: at(from),
        until: until.map(at),
        zone: Some("Europe/Berlin".to_owned()),
        reason: Some("the books of the quarter are closed".to_owned()),
        grant: None,
        environments: vec![Environment::production()],
    };
    vec![
        freeze("quarter-end", Source::Window, "2026-03-24T17:00:00Z", Some("2026-04-01T07:00:00Z")),
        freeze("incident 4711", Source::Record { record: RecordId::from_bytes([7; 32]) }, "2026-03-25T06:00:00Z", None),
    ]
}

/// Every command that reports, with what it shows.
fn screens(style: &Style, rows: usize) -> Vec<(&'static str, String)> {
    let (midway, out, go) = (course::midway(), course::rolling_out(), build::go(&Texts::default()));
    let (freezes, policy, now) = (frozen(), policy(), midway.as_of);
    let (holding, month) = (freezes.iter().collect::<Vec<_>>(), Month::of(now, &style.zone));
    let around = Around {
        freshness: FRESH.to_owned(),
        next: vec!["relsign stage full enter, from 14:05 on".to_owned(), "by @jchen, in person".to_owned()],
        back: Some("relsign rollback --trigger N".to_owned()),
    };
    let gate = |report: &Report| {
        let answer = terminal::painted(&terminal::verdict_line(report), report.verdict.answer, style) + "\n";
        if style.unicode { answer } else { relsign::report::safe::ascii(&answer).into_owned() }
    };
    let records: Vec<_> = go.records.iter().collect();
    vec![
        ("status", terminal::screen(&midway, style, FRESH, rows)),
        ("status of sixty items", terminal::screen(&course::sixty(), style, FRESH, rows)),
        ("status --all", terminal::whole(&midway, style, FRESH)),
        ("mine", terminal::mine(&mine(&course::sixty(), "@tomo"), now, style)),
        ("list", terminal::list(&list(), now, style)),
        ("log", terminal::log(std::slice::from_ref(&go), &records, &|_| None, style)),
        ("report", terminal::report(&go, style)),
        ("verify", terminal::verify(&build::tampered(), style)),
        ("gate, no", gate(&midway)),
        ("gate, yes", gate(&go)),
        ("stage", terminal::board(&out, style, &around)),
        ("freeze list", freezes::list(&holding, &[], &policy, style)),
        ("freeze check", freezes::check(&holding, ("refs/heads/main", None), &policy, style)),
        ("freeze calendar", month.draw(&freezes, now, style)),
    ]
}

/// As many lines as a terminal shows, one of which is the prompt's; escapes can be read.
fn first_screens(screens: &[(&'static str, String)], rows: usize) -> String {
    let mut out = String::new();
    for (name, text) in screens {
        let _ = writeln!(out, "=== {name}");
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().take(rows - 1).for_each(|line| out.push_str(&format!("{}\n", line.replace('\u{1b}', "␛"))));
        if lines.len() >= rows {
            let _ = writeln!(out, "--- {} more lines", lines.len() + 1 - rows);
        }
    }
    out
}

/// The columns of a text on a terminal, which places one character after the other.
fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

#[test]
fn screens_are_as_expected() {
    for (width, rows) in SIZES {
        let plain = screens(&style(width), rows);
        expect(&format!("screens-{width}x{rows}.txt"), &first_screens(&plain, rows));
        let coloured = screens(&Style { color: true, ..style(width) }, rows);
        expect(&format!("screens-{width}x{rows}-coloured.txt"), &first_screens(&coloured, rows));
        let ascii = screens(&Style { unicode: false, ..style(width) }, rows);
        expect(&format!("screens-{width}x{rows}-ascii.txt"), &first_screens(&ascii, rows));
        for ((name, plain), ((_, coloured), (_, ascii))) in plain.iter().zip(coloured.iter().zip(&ascii)) {
            assert_eq!(anstream::adapter::strip_str(coloured).to_string(), *plain, "{name}");
            assert!(ascii.is_ascii(), "{name}:\n{ascii}");
            let line = plain.lines().find(|line| columns(line) > width && !line.contains("SHA256:") && !name.starts_with("gate"));
            assert_eq!(line, None, "{name} is wider than {width}");
        }
    }
}

/// Where the answer, the blockers and the ways on are looked for: on the first 24 lines.
#[test]
fn sixty_items_show_the_answer_and_what_blocks_on_one_screen() {
    let text = terminal::screen(&course::sixty(), &style(80), FRESH, 24);
    assert!(text.lines().count() < 24, "{text}");
    for wanted in ["NO-GO", "20 of 60", "rejected by @akim", "waits for @jchen", "more like these", "relsign approve v2.4.0 --all"]
    {
        assert!(text.contains(wanted), "{wanted} is not in:\n{text}");
    }
}

/// Titles of any script and length, and long handles, move nothing out of its column.
#[test]
fn columns_hold_whatever_is_in_them() {
    let report = scripts();
    let mut shown = String::new();
    for (width, rows) in SIZES {
        for unicode in [true, false] {
            let style = Style { unicode, ..style(width) };
            let screen = terminal::screen(&report, &style, FRESH, rows);
            let mine = terminal::mine(&mine(&report, "@tomo"), report.as_of, &style);
            let whole = terminal::whole(&report, &style, FRESH);
            for text in [&screen, &mine, &whole] {
                let wide = text.lines().find(|line| columns(line) > width);
                assert_eq!(wide, None, "at {width}:\n{text}");
                assert!(unicode || text.is_ascii(), "{text}");
            }
            for (text, mark) in [(&screen, "waits for @"), (&mine, "as reviewer")] {
                let at: Vec<usize> = text.lines().filter_map(|line| Some(columns(&line[..line.find(mark)?]))).collect();
                assert!(at.len() > 2, "{mark} is not in:\n{text}");
                let done = columns("done, ");
                let aligned = at.iter().all(|place| *place == at[0] || place.abs_diff(at[0]) == done);
                assert!(aligned, "{mark} stands at {at:?}:\n{text}");
            }
            if width == 80 {
                let _ = write!(shown, "=== status\n{screen}=== mine\n{mine}");
            }
        }
    }
    expect("screens-of-many-scripts-80x24.txt", &shown);
}
