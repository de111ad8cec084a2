//! The dossier in Markdown and HTML.

use relsign::report::{html, markdown};

use crate::build::{self, Texts};
use crate::expect;

#[test]
fn dossiers_are_as_expected() {
    let texts = Texts::default();
    for (name, report) in [
        ("not-opened", build::not_opened()),
        ("at-work", build::at_work(&texts)),
        ("go", build::go(&texts)),
        ("tampered", build::tampered()),
    ] {
        expect(&format!("dossier-{name}.md"), &markdown::report(&report));
    }
}

#[test]
fn the_page_is_as_expected_and_fetches_nothing() {
    let page = html::report(&build::go(&Texts::default()));
    expect("dossier-go.html", &page);
    for word in ["<script", "<img", "<link", "src=", "url(", "@import", "onclick"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn both_say_the_same() {
    let report = build::go(&Texts::default());
    let words =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let page = words(&html::report(&report));
    let missing: Vec<_> = words(&markdown::report(&report)).difference(&page).cloned().collect();
    assert_eq!(missing, ["sh"], "the fence's language is all that HTML leaves out");
}

#[test]
fn what_is_not_known_is_said() {
    let text = markdown::report(&build::not_opened());
    for fact in ["Requester", "Reason", "Scope", "Risk", "Security impact", "Planned window", "Communication"] {
        assert!(text.contains(&format!("| {fact} | not known |")), "{fact}");
    }
    assert!(text.contains("| Actual time | no |"), "{text}");
}
