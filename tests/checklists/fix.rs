//! What `lint --fix` writes, and which ids an edit changes.

use relsign::parse::checklist::{KnownNames, LintContext, apply, diff, fixes, id_changes, parse};

fn fixed(text: &str, context: &LintContext) -> String {
    let checklist = parse(text.as_bytes()).unwrap();
    let fixes = fixes(&checklist, text.as_bytes(), context);
    let fixed = apply(text, &fixes);
    // What is written says the same, and nothing is left to write.
    let again = parse(fixed.as_bytes()).unwrap_or_else(|problems| panic!("{fixed}: {problems:#?}"));
    let phases = |checklist: &relsign::model::checklist::Checklist| {
        checklist.items.iter().map(|item| (item.id.clone(), item.title.clone(), item.phase)).collect::<Vec<_>>()
    };
    if !checklist.items.is_empty() {
        assert_eq!(phases(&checklist), phases(&again), "{fixed}");
    }
    assert_eq!(super::fix::fixes_of(&fixed, context), 0, "{fixed}");
    fixed
}

fn fixes_of(text: &str, context: &LintContext) -> usize {
    fixes(&parse(text.as_bytes()).unwrap(), text.as_bytes(), context).len()
}

#[test]
fn only_what_the_text_says_is_written() {
    let none = LintContext::default();
    for (text, expected) in [
        (
            "# T\n\n- [ ] a\n\n## Post-release\n\n- [ ] b\n",
            "# T\n\n- [ ] a\n\n## Post-release\n<!-- relsign: phase=after -->\n\n- [ ] b\n",
        ),
        (
            "# T\n\nAfter go-live\n-------------\n\n- [ ] b\n",
            "# T\n\nAfter go-live\n-------------\n<!-- relsign: phase=after -->\n\n- [ ] b\n",
        ),
        ("- [ ] Print it (optional)\r\n- [ ] b", "- [ ] Print it (optional) <!-- relsign: optional -->\r\n- [ ] b\r\n"),
        ("#### Optional\n\n- [ ] b\n", "#### Optional\n\n- [ ] b <!-- relsign: optional -->\n"),
        ("- [ ] `make test-unit` passes\n", "- [ ] `make test-unit` passes <!-- relsign: check=\"make test-unit\" -->\n"),
        ("# T\n\n1. Tag it\n2. Push it\n", "# T\n<!-- relsign: items=bullets -->\n\n1. Tag it\n2. Push it\n"),
        (
            "| Item | Status |\n|-|-|\n| a (optional) | |\n",
            "| Item | Status |\n|-|-|\n| a (optional) | | <!-- relsign: optional -->\n",
        ),
    ] {
        assert_eq!(fixed(text, &none), expected, "{text}");
    }
    // What is not certain stays: a role that no policy has, a command among other words, a phase that is written.
    for text in [
        "- [ ] QA: smoke test\n",
        "- [ ] `make a` passes on ARM\n",
        "- [ ] `rm -rf \"$x\"` passes\n",
        "## Post-release\n<!-- relsign: phase=before -->\n\n- [ ] b\n",
        "name: x\nbody:\n- type: checkboxes\n  attributes:\n    options:\n    - label: a (optional)\n",
    ] {
        assert_eq!(fixes_of(text, &none), 0, "{text}");
    }
    let known = LintContext { known: Some(KnownNames { roles: ["qa".parse().unwrap()].into(), ..KnownNames::default() }) };
    assert_eq!(fixed("- [ ] QA: smoke test\n", &known), "- [ ] QA: smoke test <!-- relsign: owner=@qa -->\n");
    let checklist = parse(b"- [ ] a (optional)\n").unwrap();
    let shown = diff(&fixes(&checklist, b"- [ ] a (optional)\n", &none));
    assert_eq!(shown, "    1 - - [ ] a (optional)\n    1 + - [ ] a (optional) <!-- relsign: optional -->\n");
}

#[test]
fn what_is_written_into_real_files_says_the_same() {
    let Some(folder) = crate::shared("corpus") else { return };
    for place in [folder.clone(), folder.join("more")] {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                fixed(&text, &LintContext::default());
            }
        }
    }
}

#[test]
fn an_edit_says_which_ids_it_changes() {
    let changes = |before: &str, after: &str| {
        let read = |text: &str| parse(text.as_bytes()).unwrap();
        id_changes(&read(before), &read(after))
            .into_iter()
            .map(|change| {
                format!(
                    "{}>{}",
                    change.before.map_or(String::new(), |id| id.to_string()),
                    change.after.map_or(String::new(), |id| id.to_string())
                )
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let text = "## S\n\n- [ ] x\n- [ ] y\n";
    assert_eq!(changes(text, text), "");
    assert_eq!(changes(text, "## S\n\n- [ ] w\n- [ ] x\n- [ ] y\n"), ">w");
    assert_eq!(changes(text, "## S\n\n- [ ] y\n"), "x>");
    assert_eq!(changes(text, "## R\n\n- [ ] x\n\n## S\n\n- [ ] x\n- [ ] y\n"), ">r-x x>s-x");
    assert_eq!(changes(text, "## S\n\n- [ ] x <!-- relsign: id=z -->\n- [ ] y\n"), "x>z");
    assert_eq!(changes(text, "## T\n\n- [ ] y\n- [ ] x\n"), "");
}
