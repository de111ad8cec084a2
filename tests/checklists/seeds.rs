//! The five documents of people that relsign was built for: every number that was promised about them.

use relsign::model::checklist::{Checklist, Origin, RegionKind};
use relsign::model::record::{Phase, RiskClass};
use relsign::parse::checklist::{LintContext, lint, parse};

fn text(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(crate::shared("seeds")?.join(name)).unwrap())
}

fn read(text: &str) -> Checklist {
    let checklist = parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    crate::every_line_is_accounted_for(text, &checklist);
    checklist
}

fn count(checklist: &Checklist, section: &str, origin: Origin, phase: Phase) -> usize {
    let here = |title: &String| title.starts_with(section);
    checklist
        .items
        .iter()
        .filter(|item| item.section.last().is_some_and(here) && item.origin == origin && item.phase == phase)
        .count()
}

fn handle(text: &str) -> Option<relsign::model::ids::Handle> {
    Some(text.parse().unwrap())
}

#[test]
fn payment_service() {
    let Some(text) = text("payment-service-v2.md") else { return };
    let checklist = read(&text);
    assert_eq!(checklist.title, "Release Checklist: payment-service v2.4.0");
    assert_eq!(count(&checklist, "Dependency Check", Origin::Task, Phase::Before), 5);
    assert_eq!(count(&checklist, "Go/No-Go", Origin::Row, Phase::Before), 7);
    assert_eq!(count(&checklist, "Monitoring Checkpoints", Origin::Task, Phase::Stage), 5);
    assert_eq!(count(&checklist, "Post-Release", Origin::Task, Phase::After), 5);
    assert_eq!(checklist.items.len(), 22);
    let criteria: Vec<_> = checklist.items.iter().filter(|item| item.origin == Origin::Row).collect();
    let owners: Vec<_> = criteria.iter().map(|item| item.owner.as_ref().unwrap().as_str()).collect();
    assert_eq!(owners, ["@lnguyen", "@akim", "@lnguyen", "@mpatel", "@jchen", "@jchen", "@jchen"]);
    assert_eq!(criteria[3].id.as_str(), "rollback-runbook");
    assert_eq!(criteria[3].line, 39);
    let stages: Vec<_> = checklist
        .stages
        .iter()
        .map(|stage| {
            (stage.id.as_str(), stage.traffic.as_deref().unwrap(), stage.bake.unwrap(), stage.thresholds.is_some(), stage.line)
        })
        .collect();
    assert_eq!(
        stages,
        [
            ("canary", "1%", 1800, true, 48),
            ("partial", "10%", 3600, true, 49),
            ("half", "50%", 7200, true, 50),
            ("full", "100%", 14400, true, 51)
        ]
    );
    assert_eq!(checklist.expand_stages().len(), 17 + 5 * 4);
    assert!(checklist.expand_stages().iter().any(|item| item.id.as_str().ends_with("@canary")));
    assert_eq!(checklist.triggers.iter().map(|trigger| trigger.line).collect::<Vec<_>>(), [67, 68, 69, 70, 71]);
    assert_eq!(checklist.procedure.iter().map(|step| step.line).collect::<Vec<_>>(), [75, 76, 77, 78, 79]);
    assert_eq!(checklist.monitoring.len(), 5);
    assert_eq!(checklist.scope.len(), 4);
    assert_eq!(checklist.scope[0].cells.len(), 4);
    let risk = checklist.risk.as_ref().unwrap();
    assert_eq!((risk.class, risk.reasons.len(), risk.requirements.len()), (Some(RiskClass::High), 3, 1));
    let fields: Vec<_> = checklist.fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
    assert_eq!(fields, [("Release date", "2026-03-25"), ("Release manager", "@jchen"), ("On-call engineer", "@mpatel")]);
    assert_eq!(checklist.on_call.as_ref().unwrap().primary, handle("@mpatel"));
}

#[test]
fn staging_hardening() {
    let Some(text) = text("staging-hardening.md") else { return };
    let checklist = read(&text);
    assert_eq!(checklist.items.len(), 23);
    for (index, item) in checklist.items.iter().enumerate() {
        assert_eq!(item.origin, Origin::Line);
        assert_eq!(item.number as usize, index + 1);
        assert!(!item.details.is_empty(), "{}", item.id);
        assert!(text.lines().nth(item.line as usize - 1).unwrap().starts_with(&format!("[ ] {}. {}", index + 1, item.title)));
    }
    // Every line between the first item and the sign-off block is an item's or a heading.
    assert!(checklist.prose().all(|line| line == 1));
    assert_eq!(checklist.items[8].section, ["Post-Deployment Validation (0-30 minutes)"]);
    assert_eq!(checklist.items[7].phase, Phase::After, "it says so under the heading of the act");
    assert_eq!(checklist.items[8].phase, Phase::After);
    assert_eq!(checklist.triggers.iter().map(|trigger| trigger.line).collect::<Vec<_>>(), [92, 93, 94]);
    let sign_off = checklist.sign_off.as_ref().unwrap();
    assert_eq!((sign_off.line, sign_off.end_line, sign_off.fields.len(), sign_off.choices.len()), (138, 142, 4, 1));
    assert_eq!(sign_off.choices[0].choices.len(), 2);
}

#[test]
fn pre_release_has_items_once_it_asks_for_them() {
    let Some(text) = text("pre-release.md") else { return };
    let checklist = read(&text);
    assert_eq!(checklist.items.len(), 0);
    let problems = lint(&checklist, text.as_bytes(), &LintContext::default());
    assert!(problems.iter().any(|problem| problem.message.contains("19 entries")), "reading matter asks for nothing");
    assert!(
        problems.iter().any(|problem| problem.code == "no-items" && problem.hint.as_deref().unwrap().contains("items=bullets"))
    );
    let directive = "<!-- relsign: items=bullets -->\n";
    let first_heading_end = text.find('\n').unwrap() + 1;
    let places = [0, first_heading_end, text.find("### Correctness").unwrap()];
    for at in places {
        let checklist = read(&format!("{}{directive}\n{}", &text[..at], &text[at..]));
        assert_eq!(checklist.items.len(), 19, "directive at byte {at}");
        assert!(checklist.items.iter().all(|item| item.origin == Origin::Bullet));
    }
}

#[test]
fn readiness_review() {
    let Some(text) = text("readiness-review.md") else { return };
    let checklist = read(&text);
    assert_eq!(checklist.title, "Deployment Readiness Review");
    assert_eq!(count(&checklist, "Before the meeting", Origin::Task, Phase::Before), 7);
    assert_eq!(count(&checklist, "Release Checklist", Origin::Row, Phase::Before), 8);
    assert_eq!(checklist.items.len(), 15);
    assert_eq!(checklist.items[14].cells[1].value, "⚠️ Partial");
    assert!(!checklist.items[14].ticked && checklist.items[13].ticked);
    assert_eq!(checklist.monitoring.iter().map(|metric| metric.line).collect::<Vec<_>>(), [88, 89, 90, 91, 92]);
    assert_eq!(checklist.actions.len(), 5);
    assert_eq!(checklist.actions[0].due.map(|due| due.to_string()).as_deref(), Some("2024-12-13T12:00:00Z"));
    assert!(checklist.actions.iter().all(|action| action.due_text.is_some() && action.owner.is_some() && action.is_open()));
    let decision = checklist.decision.as_ref().unwrap();
    assert_eq!(decision.decision.as_deref(), Some("GO"));
    assert_eq!(decision.fields.len(), 4);
    assert_eq!(checklist.conditions.len(), 1);
    assert_eq!(checklist.known_issues.len(), 2);
    assert_eq!(checklist.triggers.len(), 4);
    assert_eq!(checklist.procedure.len(), 5);
    assert_eq!(checklist.test_summary.len(), 3);
    let on_call = checklist.on_call.as_ref().unwrap();
    assert_eq!((on_call.primary.clone(), on_call.secondary.clone()), (handle("@infra-james"), handle("@backend-ana")));
    assert!(on_call.from < on_call.until && on_call.from.is_some());
    assert_eq!(checklist.fields.iter().filter(|field| (25..=28).contains(&field.line)).count(), 4);
    let codes: Vec<_> =
        lint(&checklist, text.as_bytes(), &LintContext::default()).iter().map(|problem| (problem.code, problem.line)).collect();
    assert!(codes.contains(&("action-open-before-go", 111)) && codes.contains(&("action-open-before-go", 112)), "{codes:?}");
    assert!(!codes.contains(&("action-open-before-go", 113)), "{codes:?}");
}

#[test]
fn release_and_rollback() {
    let Some(text) = text("release-and-rollback.md") else { return };
    let checklist = read(&text);
    assert_eq!(checklist.items.iter().filter(|item| item.origin == Origin::Task).count(), 13);
    assert_eq!(checklist.items.len(), 13);
    assert_eq!(checklist.items[12].title, "Any temporary monitoring/alerts cleaned up");
    assert_eq!((checklist.items[12].line, checklist.items[12].end_line), (39, 39));
    assert_eq!(checklist.procedure.len(), 3);
    assert_eq!(checklist.triggers.iter().map(|trigger| trigger.line).collect::<Vec<_>>(), [124, 203]);
    assert_eq!(checklist.stages.iter().map(|stage| (stage.line, stage.bake)).collect::<Vec<_>>(), [(102, Some(600)), (107, None)]);
    assert!(checklist.regions.iter().any(|region| region.kind == RegionKind::Prose));
}
