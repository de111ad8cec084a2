//! The dossier.

use relsign::report::markdown::dossier;

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
        expect(&format!("dossier-{name}.md"), &dossier(&report));
    }
}

#[test]
fn what_is_not_known_is_said() {
    let text = dossier(&build::not_opened());
    for fact in ["Requester", "Reason", "Scope", "Risk", "Security impact", "Planned window", "Actual window", "Communication"] {
        assert!(text.contains(&format!("| {fact} | not known |")), "{fact}");
    }
}
