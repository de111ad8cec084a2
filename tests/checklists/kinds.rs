//! Forms that were misread once, each by the smallest file of our own that shows it, beside one that looks alike and is none.

use relsign::model::checklist::Checklist;
use relsign::model::record::Phase;
use relsign::parse::checklist::{LintContext, lint, parse};

fn read(text: &str) -> Checklist {
    let checklist = parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
    crate::every_line_is_accounted_for(text, &checklist);
    checklist
}

fn triggers(text: &str) -> Vec<String> {
    read(text).triggers.iter().map(|trigger| format!("{} {}", trigger.line, crate::in_words(&trigger.limits))).collect()
}

#[test]
fn numbered_headings_of_a_procedure_are_its_steps() {
    let text =
        "# T\n\n## Rollback procedure\n\n### Step 1: Flag off\n\n- in the console\n\n### 2. Redeploy\n\n```sh\nrun\n```\n\nwait\n";
    let steps: Vec<_> = read(text).procedure.into_iter().map(|step| (step.line, step.text)).collect();
    assert_eq!(steps, [(5, "Step 1: Flag off".to_owned()), (9, "2. Redeploy".to_owned())]);
    let steps = |text| read(text).procedure.into_iter().map(|step| step.line).collect::<Vec<_>>();
    assert_eq!(steps("# T\n\n## Rollback procedure\n\n### With flags\n\n1. flag off\n"), [7]);
    assert_eq!(steps("# T\n\n## 3. Rollback plan\n\n1. flag off\n\n## 4. Contacts\n\n- ops\n"), [5]);
}

#[test]
fn triggers_stand_in_details_drawings_and_below_headings_that_say_for_how_long() {
    let details = "# T\n\n- [ ] Automatic rollback\n  - Verify the rollback triggers are set:\n  - errors > 3%\n  - a health check fails\n  - Look at the board\n  - lag > 5 s\n";
    assert_eq!(triggers(details), ["5 above 3 %", "6 any"]);
    assert_eq!(triggers("# T\n\n- [ ] Test a rollback:\n  - errors > 3%\n"), [""; 0]);
    assert_eq!(triggers("# T\n\n[ trigger: SLO breach / human stop ]\n"), ["3 any"]);
    assert_eq!(triggers("# T\n\n- Trigger: push to main\n"), [""; 0]);
    let warnings = "# T\n\n## Rollback triggers\n\n### Warnings (5-minute grace period)\n\n- errors > 1%\n- lag > 2 s for 1 min\n";
    assert_eq!(triggers(warnings), ["7 above 1 % for 300", "8 above 2 s for 60"]);
    let query = "# T\n\n## Rollback triggers\n\n- rate(errors[5m]) > 2\n\n## Rollback\n\n1. a\n";
    assert_eq!(triggers(query), ["5 above 2"]);
    let told = lint(&read(query), query.as_bytes(), &LintContext::default());
    assert!(told.iter().all(|problem| problem.code != "trigger-without-duration"), "a query averages over a span: {told:?}");
}

#[test]
fn steps_that_move_traffic_are_stages() {
    let text = "# T\n\n## Step 1: 5% to canary\n\n## Step 2: After 10 min, increase to 20%\n\n## Step 3: cut errors by 50%\n";
    let stages: Vec<_> = read(text).stages.into_iter().map(|stage| (stage.line, stage.traffic, stage.bake)).collect();
    assert_eq!(stages, [(3, Some("5%".to_owned()), Some(600)), (5, Some("20%".to_owned()), None)]);
}

#[test]
fn what_is_watched_states_a_limit_or_is_due_at_the_stages() {
    let watched = |text| read(text).monitoring.into_iter().map(|metric| metric.line).collect::<Vec<_>>();
    assert_eq!(watched("# T\n\n## Monitoring\n\n- [ ] Alarms are set\n- [ ] errors < 1%\n"), [6]);
    assert_eq!(watched("# T\n\n## Monitoring\n\nAt each stage, verify:\n\n- [ ] Errors\n"), [7]);
    assert_eq!(watched("# T\n\n- Monitor: errors < 1%\n- Monitor: the board\n"), [3]);
}

#[test]
fn a_title_says_of_time_what_is_nearer_than_the_act_above() {
    let phases = |text| read(text).items.into_iter().map(|item| item.phase).collect::<Vec<_>>();
    let text = "# T\n\n## Pre-deployment\n\n- [ ] a\n\n## Deployment\n\n- [ ] b\n- [ ] Immediate post-deployment check\n- [ ] Post-deployment check reviewed\n";
    assert_eq!(phases(text), [Phase::Before, Phase::Stage, Phase::After, Phase::Stage]);
}

#[test]
fn headings_of_other_languages_for_documents_are_headings() {
    let text = "= T\n\n== After the release\n\n* [ ] a\n\nh2. Before\n\n* [ ] b\n";
    let checklist = read(text);
    assert_eq!((checklist.title.as_str(), checklist.items[0].phase, checklist.items[1].phase), ("T", Phase::After, Phase::Before));
    assert!(read("# T\n\n== 5\n\n=x\n\nh2.5 of it\n").sections.len() == 1 + 1);
}

#[test]
fn footnotes_are_no_part_of_titles() {
    let checklist = read("# T\n\n- [ ] Tag it[^1]\n- [ ] See [^2]\n\n[^1]: Owner: kim\n");
    let titles: Vec<_> = checklist.items.iter().map(|item| item.title.as_str()).collect();
    assert_eq!((titles, checklist.fields.len()), (vec!["Tag it", "See [^2]"], 0));
}

#[test]
fn the_only_decision_is_that_between_go_and_no_go() {
    let checklist = read("# T\n\n- [ ] a\n\nGO/NO-GO: [ ] go  [ ] no-go\n\nWindow: [ ] day [ ] night\n");
    assert_eq!((checklist.items.len(), checklist.decision.unwrap().choices.len()), (2, 1));
}
