//! Properties that hold for any input.

use proptest::prelude::*;
use relsign::parse::checklist::{LintContext, lint, parse, parse_json};
use relsign::parse::problems::render;

/// Pieces of which confusing checklists are made.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("- [ ] ".to_owned()),
        Just("- [x] a\n".to_owned()),
        Just("[ ] 1. T\n".to_owned()),
        Just("☐ Yes ☐ No\n".to_owned()),
        Just("  ".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("> ".to_owned()),
        Just("# ".to_owned()),
        Just("Sign-Off\n".to_owned()),
        Just("**Decision**: GO\n".to_owned()),
        Just("Rollback triggers:\n".to_owned()),
        Just("| Item | Status | Owner |\n|-|-|-|\n| a | ✅ | @b |\n".to_owned()),
        Just("<!-- relsign: id=a owner=@b -->".to_owned()),
        Just("<!-- relsign: items=bullets -->\n".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("```\n".to_owned()),
        Just("---\n".to_owned()),
        Just("* b\n".to_owned()),
        Just("\u{feff}".to_owned()),
        "[ -~]{0,12}",
        "\\PC{0,6}",
    ]
}

fn exercise(bytes: &[u8]) {
    let context = LintContext { known: Some(Default::default()) };
    match parse(bytes) {
        Ok(checklist) => {
            crate::every_line_is_accounted_for(std::str::from_utf8(bytes).unwrap(), &checklist);
            checklist.expand_stages();
            let problems = lint(&checklist, bytes, &context);
            render(&problems, "x.md", bytes, true);
            let ids: std::collections::BTreeSet<_> = checklist.items.iter().map(|item| &item.id).collect();
            assert_eq!(ids.len(), checklist.items.len());
            let json = serde_json::to_vec(&checklist).unwrap();
            if checklist.items.iter().all(|item| !item.title.trim().is_empty()) && json.len() < 1 << 20 {
                assert_eq!(parse_json(&json).as_ref(), Ok(&checklist));
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            render(&problems, "x.md", bytes, false);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
        let _ = parse_json(&bytes);
    }

    #[test]
    fn no_markdown_panics(pieces in proptest::collection::vec(piece(), 0..40)) {
        exercise(pieces.concat().as_bytes());
    }

    #[test]
    fn a_digest_changes_exactly_with_lines_section_and_attributes(
        title in "[A-Za-z]{1,8}", other in "[A-Za-z]{1,8}", section in "[A-Za-z]{1,8}", above in "[a-z ]{0,20}", reviews in 1..9_u8,
    ) {
        let file = |above: &str, section: &str, title: &str, next: &str, reviews: u8, attribute: &str| {
            format!("# T\n\n{above}\n\n## S {section}\n<!-- relsign: {attribute}={reviews} -->\n\n- [ ] a {title}\n  - [ ] child {next}\n- [ ] z {next}\n")
        };
        let digest = |text: String| parse(text.as_bytes()).unwrap().items[0].digest;
        let base = digest(file("", &section, &title, "n", reviews, "reviews"));
        // Elsewhere in the file, children included: the same.
        prop_assert_eq!(base, digest(file(&above, &section, &title, &other, reviews, "reviews")));
        // Its own line, its section, its attributes by value and by name: another.
        prop_assert_eq!(base == digest(file("", &section, &other, "n", reviews, "reviews")), title == other);
        prop_assert_eq!(base == digest(file("", &other, &title, "n", reviews, "reviews")), section == other);
        prop_assert_ne!(base, digest(file("", &section, &title, "n", reviews + 1, "reviews")));
        prop_assert_ne!(base, digest(file("", &section, &title, "n", reviews, "label")));
    }
}
