//! The kinds of checklists in the world, each by the smallest file of our own that shows it.

use relsign::model::checklist::{Checklist, Origin, SectionKind};
use relsign::model::record::Phase;
use relsign::parse::checklist::{LintContext, apply, fixes, lint, parse, parse_file};

use crate::forms::FORMS;

fn read(text: &str) -> Checklist {
    let checklist = parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
    crate::every_line_is_accounted_for(text, &checklist);
    checklist
}

fn titles(checklist: &Checklist) -> Vec<&str> {
    checklist.items.iter().map(|item| item.title.as_str()).collect()
}

fn fields(text: &str) -> Vec<(String, String)> {
    read(text).fields.into_iter().map(|field| (field.name, field.value)).collect()
}

fn told(text: &str) -> Vec<(&'static str, String)> {
    lint(&read(text), text.as_bytes(), &LintContext::default()).into_iter().map(|problem| (problem.code, problem.message)).collect()
}

#[test]
fn header_facts_stand_before_the_first_section_or_in_a_block_of_their_own() {
    for text in [
        "# T\n\n## If it degrades\n\n1. **Compare:** today with yesterday\n",
        "# T\n\n- [ ] a\n\n**Rule of thumb:** never on Friday\n",
        "# T\n\n## Context\n\n**Strategy:** one command\n",
        "# T\n\n## Impact\n\n- **Users:** all of them\n",
        "# T\n\nNote: read this first\n\n**Warning:** mind the gap\n",
        "# T\n\nStatus: `open` | `doing` | `done`\n",
    ] {
        assert_eq!(fields(text), [], "{text}");
    }
    let of = |text: &str| fields(text).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";");
    assert_eq!(of("# T\n\n**Version**: 3\n**Date**: 2026-05-01\n\n## A\n"), "Version=3;Date=2026-05-01");
    assert_eq!(of("# T\n\n## Release information\n\n- **Environment:** prod\n"), "Environment=prod");
    assert_eq!(of("# T\n\n- [ ] a\n\n---\n\n**Last updated:** 2026-05-01\n"), "Last updated=2026-05-01");
    assert_eq!(of("# T\n\n> 版本：3\n"), "版本=3");
}

#[test]
fn headings_say_when_items_are_due() {
    for (heading, phase) in [
        ("Post-Cutover checks", Phase::After),
        ("Post-merge", Phase::After),
        ("Day 1 post-merge", Phase::After),
        ("After go-live", Phase::After),
        ("After the deployment", Phase::After),
        ("Hypercare", Phase::After),
        ("T+30", Phase::After),
        ("T + 2 weeks", Phase::After),
        ("4. After", Phase::After),
        ("Nach dem Release", Phase::After),
        ("Después del lanzamiento", Phase::After),
        ("📋 Post-lanzamiento", Phase::After),
        ("После релиза", Phase::After),
        ("上线后检查", Phase::After),
        ("リリース後の確認", Phase::After),
        ("بعد الإطلاق", Phase::After),
        ("Follow-ups", Phase::After),
        ("If rollback is needed", Phase::OnRollback),
        ("Rollback", Phase::OnRollback),
        ("Post-rollback verification", Phase::OnRollback),
        ("In case of roll-back", Phase::OnRollback),
        ("During the rollout", Phase::Stage),
        ("Deployment execution", Phase::Stage),
        ("T-0", Phase::Stage),
        ("T-3 days", Phase::Before),
        ("Deployment", Phase::Before),
        ("Deploy", Phase::Before),
        ("Release", Phase::Before),
        ("Pre-deployment", Phase::Before),
        ("Post release notes to the list", Phase::Before),
        ("After code freeze", Phase::Before),
        ("Hypercare and communication", Phase::Before),
        ("Postgres", Phase::Before),
        ("Aftermath", Phase::Before),
        ("1.T+x notation", Phase::Before),
    ] {
        let text = format!("# T\n\n- [ ] first\n\n## {heading}\n\n- [ ] Watch it\n");
        assert_eq!(read(&text).items[1].phase, phase, "{heading}");
    }
    // The act itself is a time where a heading beside it is one.
    let text = "# T\n\n## Pre-release\n\n- [ ] a\n\n## Release\n\n- [ ] b\n\n## Post-release\n\n- [ ] c\n";
    assert_eq!(read(text).items.iter().map(|item| item.phase).collect::<Vec<_>>(), [Phase::Before, Phase::Stage, Phase::After]);
    // A guess puts no second pair of eyes after the decision.
    for title in
        ["Second pair of eyes has read the change", "Rollback plan reviewed", "Procedure approved by the SRE", "Rollback tested"]
    {
        for heading in ["Deployment", "Rollback", "Rollback plan", "Release"] {
            let text = format!("# T\n\n- [ ] first\n\n## {heading}\n\n- [ ] {title}\n");
            assert_eq!(read(&text).items[1].phase, Phase::Before, "{heading}: {title}");
        }
    }
    assert_eq!(read("# T\n\n- [ ] a\n\n**After the release:**\n\n- [ ] b\n").items[1].phase, Phase::After);
}

#[test]
fn lists_without_boxes_are_told_with_the_directive_that_makes_them_items() {
    for (text, count) in [("# T\n\n1. Tag it\n2. Push it\n", 2), ("# T\n\n- Tag it\n", 1), ("# T\n\n1) Tag it\n* Push it\n", 2)] {
        let told = told(text);
        assert_eq!(
            told.iter().find(|(code, _)| *code == "no-items").unwrap().clone(),
            ("no-items", format!("the file has no items: {count} entries of its lists have no boxes")),
            "{told:?}"
        );
        assert_eq!(read(&text.replace("# T\n", "# T\n<!-- relsign: items=bullets -->\n")).items.len(), count, "{text}");
    }
    let says = |text: &str, part: &str| told(text).iter().any(|(code, message)| *code == "no-items" && message.contains(part));
    assert!(says("# T\n\n| A | B |\n|-|-|\n| a | b |\n", "1 rows"));
    assert!(says("# T\n\nprose\n", "prose"));
}

#[test]
fn rolling_back_has_steps_by_many_names() {
    for heading in [
        "Rollback",
        "Rollback Procedures",
        "Emergency Rollback",
        "How to roll back",
        "Backout plan",
        "Roll-back steps",
        "Rollback (manual)",
        "7. Rollback Plan",
        "🔄 Rollback procedure",
        "Rollback de emergencia",
        "Plan de reversión",
        "План отката",
        "回滚方案",
        "ロールバック手順",
        "Rollback-Plan",
        "Automatic Rollback",
        "Rolling back the release",
    ] {
        let text = format!("# T\n\n- [ ] a\n\n## {heading}\n\n1. Set the flag back\n   - in all regions\n2. Tell support\n");
        let steps: Vec<_> = read(&text).procedure.into_iter().map(|step| step.text).collect();
        assert_eq!(steps, ["Set the flag back", "Tell support"], "{heading}");
        assert!(!told(&text).iter().any(|(code, _)| *code == "no-rollback-procedure"), "{heading}");
    }
    let code = read("# T\n\n## Rollback\n\n```sh\n# back\nkubectl rollout undo x\n```\n");
    assert_eq!(code.procedure[0].text, "kubectl rollout undo x");
    assert_eq!(read("# T\n\n## Rollback plan\n\nSee [the runbook](x).\n").procedure.len(), 1);
    assert_eq!(read("# Rollback runbook\n\n## Procedure\n\n1. a\n2. b\n").procedure.len(), 2);
    assert_eq!(read("# T\n\nRollback steps:\n\n- a\n- b\n").procedure.len(), 2);
    for heading in ["Rollback testing", "Feature flag rollback", "Rollback verification", "Rollout and rollback strategy review"] {
        assert_eq!(read(&format!("# T\n\n## {heading}\n\n- a\n")).procedure.len(), 0, "{heading}");
    }
}

#[test]
fn triggers_stand_in_many_places() {
    for text in [
        "## When to roll back\n\n- errors > 3%\n- money is lost\n",
        "## Rollback criteria\n\n1. errors > 3%\n2. money is lost\n",
        "Roll back if any:\n\n- errors > 3%\n- money is lost\n",
        "**Immediately roll back if:**\n- errors > 3%\n- money is lost\n",
        "## Rollback guidance\n\n- Roll back at once if any of these happens:\n  - errors > 3%\n  - money is lost\n",
        "## Rollback triggers\n\n- [ ] errors > 3%\n- [ ] money is lost\n",
        "| Metric | Rollback if |\n|-|-|\n| errors | > 3% |\n| money | is lost |\n",
        "| Service | Status | ROLLBACK IF |\n|-|-|-|\n| pay | ok | > 3% |\n| mail | ok | down |\n",
        "## Rollback triggers\n\n- > 3% errors\n- money is lost\n",
        "## Критерии отката\n\n- errors > 3%\n- money is lost\n",
        "## 回滚条件\n\n- errors > 3%\n- money is lost\n",
        "## Rollback triggers\n\n```promql\n# errors\nrate(e[5m]) > 0.03\n# lost\nlost > 0\n```\n",
    ] {
        let checklist = read(&format!("# T\n\n- [ ] a\n\n{text}"));
        assert_eq!(checklist.triggers.len(), 2, "{text}: {:#?}", checklist.triggers);
        assert!(checklist.triggers[0].threshold.is_some(), "{text}");
        let before = checklist.items.iter().filter(|item| item.origin == Origin::Task).count();
        assert_eq!(before, 1, "{text}");
    }
    assert_eq!(read("# T\n\n## Rollback triggers\n\n- > 3% errors\n").triggers[0].text, "> 3% errors");
    for text in [
        "## When NOT to roll back\n\n- the migration runs\n",
        "## Rollback triggers reviewed\n\n- a\n",
        "**If rollback occurs:**\n\n1. Tell all\n",
    ] {
        assert_eq!(read(&format!("# T\n\n{text}")).triggers.len(), 0, "{text}");
    }
}

#[test]
fn people_sign_below_many_headings() {
    for heading in
        ["Approvals", "Stakeholder Sign-Off", "Signatures", "Final sign-off", "Freigaben", "审批", "Sign-off table", "4. Sign Off"]
    {
        let table = format!("# T\n\n- [ ] a\n\n## {heading}\n\n| Role | Name | Date |\n|-|-|-|\n| QA | | |\n| Ops | | |\n");
        let checklist = read(&table);
        assert_eq!((checklist.items.len(), checklist.sign_off.unwrap().fields.len()), (1, 2), "{heading}");
    }
    // The table is one wherever it stands.
    assert!(read("# T\n\n## Last things\n\n| Role | Name | Signature |\n|-|-|-|\n| QA | | |\n").sign_off.is_some());
    let lines = read("# T\n\n- [ ] a\n\n**Approved by**: ____ (Date: __)\n");
    assert_eq!(lines.sign_off.unwrap().fields[0].name, "Approved by");
    // Tasks and rows with a status stay items.
    let text = "# T\n\n## Sign-off\n\n| Gate | Owner | Status | Date |\n|-|-|-|-|\n| QA | Kim | | |\n\n- [ ] **Tech lead**: ____ Date: __\n";
    let checklist = read(text);
    assert_eq!((checklist.items.len(), checklist.sign_off.unwrap().fields.len()), (2, 2));
    assert!(read("# T\n\n## Approval documents\n\n- [ ] PIA\n").sign_off.is_none());
}

#[test]
fn status_columns_are_known_by_their_heading_or_by_what_stands_in_them() {
    for (head, cell) in [
        ("Estado", ""),
        ("结果", ""),
        ("الحالة", ""),
        ("Pass?", ""),
        ("Sign-off", ""),
        ("Approved", "no"),
        ("OK", ""),
        ("Met?", ""),
        ("Current status", "in review"),
        ("状態", ""),
        ("Статус", ""),
        ("Ergebnis", ""),
        ("Statut", ""),
        ("Checked by QA", "☐"),
        ("Erledigt?", "⏳"),
        ("X", "[ ]"),
        ("Y", "___"),
        ("Z", "✅"),
        ("Antwort", "`yes/no`"),
        ("W", "⬜"),
        ("V", "TODO"),
    ] {
        let text = format!("# T\n\n| Aufgabe | {head} |\n|-|-|\n| Tag gesetzt | {cell} |\n| Doku | {cell} |\n");
        assert_eq!(titles(&read(&text)), ["Tag gesetzt", "Doku"], "{head}: {cell}");
    }
    for text in [
        "| ID | Task description | Status |\n|-|-|-|\n| A-1 | Tag it | |\n| A-2 | Push | |\n",
        "| # | Check | Owner | Result |\n|-|-|-|-|\n| 1 | Tag it | @kim | |\n| 2 | Push | @kim | |\n",
        "| Gate | Question | Answer |\n|-|-|-|\n| G1 | Tag it | ☐ |\n| G2 | Push | ☐ |\n",
        "| Status | Item |\n|-|-|\n| ☐ | Tag it |\n| ☐ | Push |\n",
        "## Scope 1: Login\n\n| Check | Status |\n|-|-|\n| Tag it | |\n| Push | |\n",
        "| Item | Verified |\n|-|-|\n| [ ] **Tag it** | |\n| [ ] **Push** | |\n",
        "<table><tr><th>Item</th><th>Status</th></tr>\n<tr><td><b>Tag it</b></td><td>☐</td></tr>\n<tr><td>Push</td><td></td></tr></table>\n",
    ] {
        let checklist = read(&format!("# T\n\n{text}"));
        assert_eq!(titles(&checklist), ["Tag it", "Push"], "{text}");
        assert!(checklist.items.iter().all(|item| item.origin == Origin::Row), "{text}");
    }
    // A comparison of things asks for nothing.
    assert_eq!(read("| Feature | Free | Paid |\n|-|-|-|\n| a | ✅ | ✅ |\n| b | ❌ | ✅ |\n").items.len(), 0);
}

#[test]
fn tables_of_facts_say_who_is_on_call_and_how_risky_it_is() {
    let text = "# T\n\n| Field | Value |\n|-|-|\n| Version | 3.1 |\n| Risk level | HIGH |\n| On-call | @kim |\n| On-call window | 2026-05-01 10:00 UTC to 2026-05-02 10:00 UTC |\n";
    let checklist = read(text);
    assert!(checklist.fields.iter().any(|field| field.name == "Version" && field.value == "3.1"));
    assert_eq!(checklist.risk.unwrap().class.unwrap().as_str(), "high");
    let on_call = checklist.on_call.unwrap();
    assert_eq!((on_call.primary.unwrap().as_str(), on_call.from.is_some()), ("@kim", true));
    for text in [
        "## On-call\n\n- Primary: @kim\n- Secondary: @lee\n",
        "## On call rotation\n\n| Role | Who |\n|-|-|\n| Primary | @kim |\n",
        "**On-Call Engineer:** @kim\n",
        "## Bereitschaft\n\n- Primary: @kim\n",
    ] {
        let checklist = read(&format!("# T\n\n- [ ] a\n\n{text}"));
        assert_eq!(checklist.on_call.unwrap().primary.unwrap().as_str(), "@kim", "{text}");
    }
}

#[test]
fn issue_forms_are_read_whatever_their_name_and_indentation() {
    let text = "name: Cut it\ndescription: d\ntitle: \"[Release] vX.Y.Z\"\nassignees: kim\nbody:\n- type: markdown\n  attributes:\n    value: |\n      - [ ] shown and no box\n- type: dropdown\n  attributes:\n    label: Kind\n    options:\n      - label: no box\n- type: checkboxes\n  attributes:\n    label: Post-release\n    options:\n      - label: \"Tag **it**\"\n        required: true\n      - label: >-\n          Push it\n          [docs](x)\n";
    for (name, text) in [
        ("a.yml", text.to_owned()),
        ("a.md", text.replace(">-\n          Push it\n          ", "Push it ").replace("      ", "  ").replace("    ", "  ")),
    ] {
        let checklist = parse_file(name, text.as_bytes()).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        assert_eq!(titles(&checklist), ["Tag it", "Push it docs"], "{name}");
        assert!(checklist.items.iter().all(|item| item.section == ["Post-release"] && item.phase == Phase::After), "{name}");
        assert_eq!((checklist.title.as_str(), checklist.unread.count), ("Cut it", 1), "{name}");
    }
    for (name, says) in [("a.adoc", "AsciiDoc"), ("a.rst", "reStructuredText"), ("a.yaml", "not an issue form")] {
        let problems = parse_file(name, b"= T\n\n* [ ] a\n").unwrap_err();
        assert!(problems.len() == 1 && problems[0].message.contains(says), "{problems:?}");
    }
}

#[test]
fn titles_are_those_of_the_file() {
    for (text, title) in [
        ("---\nname: Cut it\nabout: x\n---\n\nHello captain!\n", "Cut it"),
        ("---\ntitle: \"Release [VERSION]\"\nassignees: kim\n---\n\n_This is generated from a template_\n", "Release"),
        ("---\nname: Hotfix\ntitle: 'fix: [what]'\n---\n\n- [ ] a\n", "Hotfix"),
        ("> [!NOTE]\n> Mind this\n\n# Cut it\n", "Cut it"),
        ("Cut it\n\n- [ ] a\n", "Cut it"),
        ("Cut it\n======\n\n- [ ] a\n", "Cut it"),
        ("Please read all of this first.\n\n# Cut it\n", "Cut it"),
    ] {
        assert_eq!(read(text).title, title, "{text}");
    }
}

#[test]
fn stages_are_headings_lists_lines_and_rows() {
    let stages = |text: &str| {
        let checklist = read(&format!("# T\n\n- [ ] a\n\n{text}"));
        checklist.stages.into_iter().map(|stage| (stage.traffic.unwrap_or_default(), stage.bake.unwrap_or(0))).collect::<Vec<_>>()
    };
    let of = |text: &str| stages(text).into_iter().map(|(traffic, bake)| format!("{traffic}/{bake}")).collect::<Vec<_>>().join(" ");
    assert_eq!(
        of("### Stage 1: Canary (10%)\n\n**Duration:** 15 minutes\n\n### Stage 2: Full (100%)\n\n- [ ] errors < 1%\n"),
        "10%/900 100%/0"
    );
    assert_eq!(of("## Stages\n\n1. **Stage 1 (10% traffic, ≥4h)**\n   - watch\n2. **Stage 2 (100%)**\n"), "10%/14400 100%/0");
    assert_eq!(of("## Rollout plan\n\n- 5% for 1 hour\n- 50% for 2 hours\n"), "5%/3600 50%/7200");
    assert_eq!(of("## Canary\n\n1. Deploy with 0% traffic\n2. Shift 1% -> watch\n3. Shift 100%\n"), "1%/0 100%/0");
    assert_eq!(of("Ramp: 5% -> 20% -> 100%\n"), "5%/0 20%/0 100%/0");
    assert_eq!(of("| Gate | Status | Traffic % | Soak |\n|-|-|-|-|\n| One | open | 10% | 30 min |\n"), "10%/1800");
    for text in [
        "# Canary rollout plan\n\n- read this\n- and that\n",
        "## Staged rollout\n\nGo criteria:\n\n- Error rate < 1%\n- P95 < 300ms\n",
        "## Rollout\n\n1. Build\n2. Helm upgrade\n",
        "## Step 1: 5% of the work\n\n- a\n",
        "## Phase 1: planning\n\n- a\n",
    ] {
        assert_eq!(of(text), "", "{text}");
    }
    assert_eq!(read("# Canary rollout plan\n\n- read this\n").stages.len(), 0);
    // What stands below the heading of a stage is due at that stage alone.
    let checklist = read("# T\n\n### Stage 1 (10%)\n\n- [ ] errors < 1%\n\n### Stage 2 (100%)\n\n- [ ] all quiet\n");
    let ids: Vec<String> = checklist.expand_stages().iter().map(|item| item.id.to_string()).collect();
    assert_eq!(ids, ["errors-1@stage-1", "all-quiet@stage-2"]);
    let alert = read("# T\n\n## Monitoring\n\n| Metric | Alert |\n|-|-|\n| errors | pager |\n");
    assert_eq!(alert.monitoring[0].threshold, None);
}

#[test]
fn owners_are_who_the_text_names_and_roles_are_suggested() {
    let owner = |text: &str| {
        let item = read(text).items.remove(0);
        item.owner.map(|owner| owner.to_string()).or(item.owner_text)
    };
    for (text, expected) in [
        ("- [ ] Update matrix - @kim\n", Some("@kim")),
        ("- [ ] Update matrix (@kim)\n", Some("@kim")),
        ("- [ ] @kim: update matrix\n", Some("@kim")),
        ("- [ ] Update matrix - @Kim\n", Some("@Kim")),
        ("- [ ] Update matrix — @org/team\n", Some("@org/team")),
        ("- [ ] Update matrix - @kim.vale\n", Some("@kim.vale")),
        ("- [ ] Ask @kim to update the matrix\n", None),
        ("- [ ] Ask @kim or @lee - @org\n", None),
        ("- [ ] Mail kim@example.org\n", None),
        ("- [ ] a\n\n---\n\n**Owner:** @kim\n", Some("@kim")),
        ("# T\n\n## S\n\n- [ ] a\n\n**Owner**: @kim\n", Some("@kim")),
    ] {
        assert_eq!(owner(text).as_deref(), expected, "{text}");
    }
    for (text, role) in [
        ("- [ ] QA: smoke test\n", Some("qa")),
        ("- [ ] **SRE lead**: capacity\n", Some("sre")),
        ("**Security team**:\n\n- [ ] scan\n", Some("security")),
        ("- [ ] Docs: say it\n", None),
    ] {
        let item = read(text).items.remove(0);
        assert_eq!((item.suggested_role.as_deref(), item.owner), (role, None), "{text}");
        let problems = lint(&read(text), text.as_bytes(), &LintContext::default());
        let hint = problems.iter().find(|problem| problem.code == "no-owner").unwrap().hint.clone().unwrap();
        assert_eq!(hint.contains("suggests"), role.is_some(), "{text}: {hint}");
    }
}

#[test]
fn two_boxes_for_one_decision_are_one_choice() {
    let checklist = read("# T\n\n- [ ] a\n\n## Decision\n\n- [ ] GO\n- [ ] NO-GO\n");
    assert_eq!(titles(&checklist), ["a"]);
    assert_eq!(checklist.decision.unwrap().choices[0].choices.len(), 2);
    let checklist = read("# T\n\n- [ ] a\n  - [ ] Yes\n  - [ ] No\n- [ ] b\n  - [ ] c\n");
    assert_eq!(titles(&checklist), ["a", "Yes / No", "b", "c"]);
    assert_eq!(checklist.items[3].parent.as_ref(), Some(&checklist.items[2].id));
    // Each alone is a task, and so is what is only alike.
    assert_eq!(read("- [ ] GO\n\n## Other\n\n- [ ] NO-GO\n").items.len(), 2);
    assert_eq!(read("- [ ] Go home\n- [ ] No go zone marked\n").items.len(), 2);
}

#[test]
fn a_sentence_that_the_editor_broke_is_one_title() {
    assert_eq!(
        titles(&read("[ ] I understand that the owners\nof this may ask for more\n")),
        ["I understand that the owners of this may ask for more"]
    );
    assert_eq!(titles(&read("- [ ] errors < 1% & P95 <\n  300ms\n")), ["errors < 1% & P95 < 300ms"]);
    let two = read("[ ] One.\nMore about it\n[ ] Two\n");
    assert_eq!((titles(&two), two.items[0].details.len()), (vec!["One.", "Two"], 1));
}

#[test]
fn words_of_many_languages_name_sections() {
    for (heading, kind) in [
        ("Bekannte Probleme", SectionKind::KnownIssues),
        ("已知边界（产品接受）", SectionKind::KnownIssues),
        ("Umfang", SectionKind::Scope),
        ("Entscheidung", SectionKind::Decision),
        ("最终决策记录", SectionKind::Decision),
        ("Согласование", SectionKind::SignOff),
        ("基本信息", SectionKind::Fields),
        ("Мониторинг", SectionKind::Monitoring),
        ("Category 6: Known Issues", SectionKind::KnownIssues),
        ("Scope 1: Login", SectionKind::Items),
    ] {
        let sections = read(&format!("# T\n\n## {heading}\n\n- a\n")).sections;
        assert_eq!(sections[1].kind, kind, "{heading}");
    }
}

#[test]
fn every_form_may_break_off_anywhere() {
    let whole: Vec<String> = FORMS.iter().map(|form| form.example.to_owned()).collect();
    let all = whole.iter().filter(|text| !text.starts_with("name:")).cloned().collect::<String>();
    for text in whole.iter().chain(std::iter::once(&all)) {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let Ok(checklist) = parse(&text.as_bytes()[..end]) else { continue };
            let context = LintContext::default();
            let _ = lint(&checklist, &text.as_bytes()[..end], &context);
            let _ = parse(apply(&text[..end], &fixes(&checklist, &text.as_bytes()[..end], &context)).as_bytes());
        }
    }
}
