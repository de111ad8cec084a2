//! What people see on a terminal.

use jiff::tz::TimeZone;
use relsign::model::report::Report;
use relsign::report::style::Style;
use relsign::report::terminal;
use unicode_width::UnicodeWidthStr;

use crate::build::{self, Texts};
use crate::expect;

const FRESH: &str = "fetched from origin 3 minutes ago; everything here is shared";

fn all() -> Vec<(&'static str, Report)> {
    let texts = Texts::default();
    vec![
        ("not-opened", build::not_opened()),
        ("at-work", build::at_work(&texts)),
        ("waived", build::waived(&texts)),
        ("go", build::go(&texts)),
        ("conditional", build::conditional(&texts)),
        ("stuck", build::stuck()),
        ("tampered", build::tampered()),
        ("junk", build::junk()),
        ("incomplete", build::incomplete()),
        ("many", build::many()),
    ]
}

fn style(width: usize) -> Style {
    Style { color: false, width, zone: TimeZone::get("Europe/Berlin").unwrap(), unicode: true }
}

#[test]
fn status_is_as_expected() {
    for (name, report) in all() {
        expect(&format!("status-{name}.txt"), &terminal::status(&report, &style(80), FRESH));
    }
    for width in [60, 120] {
        let text = terminal::status(&build::at_work(&Texts::default()), &style(width), FRESH);
        expect(&format!("status-at-work-{width}.txt"), &text);
    }
}

#[test]
fn report_and_verify_are_as_expected() {
    for (name, report) in [("go", build::go(&Texts::default())), ("tampered", build::tampered())] {
        expect(&format!("report-{name}.txt"), &terminal::report(&report, &style(80)));
        expect(&format!("verify-{name}.txt"), &terminal::verify(&report, &style(80)));
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, report) in all() {
        for width in [60, 80, 120] {
            for unicode in [true, false] {
                let style = Style { unicode, ..style(width) };
                for text in
                    [terminal::status(&report, &style, FRESH), terminal::report(&report, &style), terminal::verify(&report, &style)]
                {
                    for line in text.lines() {
                        assert!(line.width() <= width, "{name} at {width}: {line:?} takes {}", line.width());
                        assert!(unicode || line.is_ascii(), "{name}: {line:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_verdict_is_one_line() {
    let texts = Texts::default();
    assert_eq!(
        terminal::verdict_line(&build::go(&texts)),
        "GO: v2.4.0 for production, decided by @rdavis at 2026-11-23T11:00:00Z (record 0a0a0a0a0a0a)"
    );
    assert_eq!(
        terminal::verdict_line(&build::at_work(&texts)),
        "NO-GO: v2.4.0: load-test is rejected [reject-open] (and 4 more reasons)"
    );
    assert!(terminal::verdict_line(&build::junk()).ends_with("; integrity tampered, without effect on the answer"));
    assert!(terminal::verdict_line(&build::tampered()).starts_with("TAMPERED: v2.4.0: v2.4.0 was opened on"));
    assert!(terminal::verdict_line(&build::incomplete()).starts_with("CANNOT DECIDE: v2.4.0: sign by @akim had seen"));
}

#[test]
fn colours_add_nothing_but_colours() {
    for (name, report) in all() {
        let plain = terminal::status(&report, &style(80), FRESH);
        let colored = terminal::status(&report, &Style { color: true, ..style(80) }, FRESH);
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain, "{name}");
        assert_ne!(colored, plain, "{name}");
    }
}
