//! Every weakness that lint knows, found where it is and nowhere else.

use std::collections::BTreeSet;

use relsign::model::problem::Problem;
use relsign::parse::checklist::{KnownNames, LINTS, LintContext, lint, parse};

fn problems(text: &str, context: &LintContext) -> Vec<Problem> {
    let checklist = parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    lint(&checklist, text.as_bytes(), context)
}

fn codes(text: &str) -> BTreeSet<&'static str> {
    problems(text, &LintContext::default()).into_iter().map(|problem| problem.code).collect()
}

const GOOD: &str = "# Release\n\n**On-call**: @ana\n**On-call window**: 2026-03-25 12:00 UTC through 2026-03-26 12:00 UTC\n\n## Risk: HIGH\n\n- much changes\n\n## Before\n<!-- relsign: phase=before owner=@ana -->\n\n- [ ] Rollback runbook reviewed <!-- relsign: role=sre reviews=1 -->\n\n## Staged rollout\n\n| Stage | Traffic | Bake time | Thresholds | Owner |\n|-|-|-|-|-|\n| Canary | 1% | 30 min | errors < 1% | |\n| Full | 100% | 1 hour | errors < 1% | @ana |\n\n## Rollback triggers\n\n- errors > 1% for 5 minutes\n- any lost order\n\n## Rollback procedure\n\n1. go back\n";

#[test]
fn a_good_checklist_has_no_weakness() {
    let found = problems(GOOD, &LintContext::default());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_weakness_is_found() {
    let known = LintContext { known: Some(KnownNames { people: ["@bob".parse().unwrap()].into(), roles: BTreeSet::new() }) };
    let cases = [
        ("no-items", "# T\n\n- a bullet\n".to_owned()),
        ("no-before-items", "## Post-release\n\n- [ ] x\n".to_owned()),
        ("no-owner", "- [ ] x\n".to_owned()),
        ("owner-not-named", "| Item | Owner | Status |\n|-|-|-|\n| x | the team | |\n".to_owned()),
        ("role-not-required", "- [ ] Runbook reviewed by SRE\n".to_owned()),
        ("trigger-without-threshold", GOOD.replace("errors > 1% for 5 minutes", "there are problems")),
        ("trigger-without-duration", GOOD.replace(" for 5 minutes", "")),
        ("no-rollback-procedure", GOOD.replace("1. go back\n", "")),
        ("rollout-starts-at-full", GOOD.replace("| 1% |", "| 100% |")),
        ("rollout-ends-without-human", GOOD.replace("| @ana |", "| |")),
        ("irreversible-without-approver", "- [ ] Drop the table <!-- relsign: irreversible -->\n".to_owned()),
        ("stage-without-bake", GOOD.replace("| 30 min |", "| |")),
        ("stage-without-threshold", GOOD.replace("| errors < 1% | |", "| | |")),
        ("stage-items-without-stages", "- [ ] x <!-- relsign: phase=stage -->\n".to_owned()),
        ("high-risk-without-runbook", GOOD.replace("runbook reviewed", "rehearsed")),
        ("on-call-without-person", GOOD.replace("**On-call**: @ana", "**On-call**: the team")),
        ("on-call-without-window", GOOD.replace("**On-call window**", "**Window**")),
        (
            "action-open-before-go",
            format!(
                "{GOOD}\n## Decision\n\n**Decision**: GO\n\n## Actions\n\n| Owner | Action | Status |\n|-|-|-|\n| @ana | Fix before deploy | Open |\n"
            ),
        ),
        ("decision-as-items", "- [ ] NO-GO\n".to_owned()),
        ("pre-ticked", "- [x] x\n".to_owned()),
        ("phase-guessed", "## Post-release\n\n- [ ] x\n".to_owned()),
        ("almost-task", "- [x ] x\n".to_owned()),
        ("task-in-html", "<details>\n- [ ] x\n</details>\n".to_owned()),
        ("task-in-table", "| A | B |\n|-|-|\n| x | [ ] |\n| y | z |\n".to_owned()),
        ("task-as-trigger", "- [ ] a\n\n## Rollback triggers\n\n- [ ] x\n".to_owned()),
        ("almost-directive", "- [ ] x <!-- relsing: id=x -->\n".to_owned()),
        ("tasks-skipped", "<!--\n- [ ] x\n-->\n".to_owned()),
        ("hidden-characters", "- [ ] x\u{202e}\n".to_owned()),
    ];
    let mut seen = BTreeSet::from(["unknown-handle"]);
    for (code, text) in &cases {
        assert!(codes(text).contains(code), "{code} is not among {:?}", codes(text));
        assert!(!codes(GOOD).contains(code));
        seen.insert(code);
    }
    assert!(problems(GOOD, &known).iter().any(|problem| problem.code == "unknown-handle"));
    assert_eq!(seen, LINTS.iter().map(|row| row.code).collect(), "every code has a case");
}

#[test]
fn an_action_that_is_done_is_no_obstacle() {
    let text = format!(
        "{GOOD}\n## Decision\n\n**Decision**: GO\n\n## Actions\n\n| Owner | Action | Status |\n|-|-|-|\n| @ana | Fix before deploy | Done |\n"
    );
    assert!(!codes(&text).contains("action-open-before-go"));
    assert!(!codes(&text.replace("Done", "Open").replace("**: GO", "**: NO-GO")).contains("action-open-before-go"));
}

#[test]
fn every_problem_has_a_position_and_says_what_to_do() {
    let text = "# T\n\n## Post-release\n\n  - [x] one\n  - [ ] two approved by QA\n";
    for problem in problems(text, &LintContext::default()) {
        assert!(problem.hint.is_some(), "{problem:?}");
        assert!(problem.line >= 1 && problem.column >= 1 && problem.span.end <= text.len());
        assert!(LINTS.iter().any(|row| row.code == problem.code));
        assert!(
            !problem.message.ends_with('.') && problem.message.chars().next().is_some_and(|c| !c.is_uppercase()),
            "{}",
            problem.message
        );
    }
    let ticked = problems(text, &LintContext::default()).into_iter().find(|problem| problem.code == "pre-ticked").unwrap();
    assert_eq!((ticked.line, ticked.column), (5, 3));
}
