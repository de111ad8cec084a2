//! Document 1 of the seeds on its way, and a release of sixty items: what one screen shows of them.

use relsign::model::course::{
    ActionReport, ActionState, ConditionReport, ConditionState, CourseReport, LimitReport, LimitState, Mark, OverrideReport,
    ReadingReport, RollbackReport, StageReport, StageState, StepReport,
};
use relsign::model::finding::Code;
use relsign::model::record::{
    After, Blocks, Condition, Decision, Moment, OpenLimit, OpenOnCall, Owner, Phase, PreviousRelease, ReadingResult, Requirements,
    RollbackEvent, SignVerdict, Step, StepResult,
};
use relsign::model::report::{Answer, DecisionReport, ItemReport, ItemState, Need, NeedKind, ReleaseState, Report, Verdict};

use crate::build::{self, Texts, at, record};

const STAGES: [(&str, &str, &str, u64); 4] = [
    ("canary", "Canary", "1%", 1_800),
    ("partial", "Partial", "10%", 3_600),
    ("half", "Half", "50%", 7_200),
    ("full", "Full", "100%", 14_400),
];

const BEFORE: [(&str, &str, &str); 12] = [
    ("stripe-api-v2024-12", "Stripe API v2024-12 compatibility verified in staging", ""),
    ("redis-7-2-cluster", "Redis 7.2 cluster healthy in all target environments", ""),
    ("dependency-feature-flags", "Feature flags idempotency_v2 and retry_v2 configured (default: off) in production", ""),
    ("pci-audit-log-sink", "PCI audit log sink verified in compliance-logging service", ""),
    ("secrets-rotated-stripe", "Secrets rotated: Stripe API keys in Vault (payment-service/prod/stripe)", ""),
    ("all-ci-checks-pass", "All CI checks pass on release/v2.4.0 branch", "@lnguyen"),
    ("staging-smoke-tests-pass", "Staging smoke tests pass (50 test transactions)", "@akim"),
    ("stripe-webhook-signature", "Stripe webhook signature verification passes on staging", "@lnguyen"),
    ("rollback-runbook", "Rollback runbook reviewed by SRE", "@mpatel"),
    ("on-call-engineer", "On-call engineer confirmed and available through release window", "@jchen"),
    ("stakeholders-notified", "Stakeholders notified: product, support, finance", "@jchen"),
    ("pci-compliance-officer", "PCI compliance officer sign-off on audit log changes", "@jchen"),
];

const AT_STAGES: [(&str, &str); 5] = [
    ("error-rates-https", "Error rates: https://grafana.internal/d/payment-svc — canary vs. baseline cohort"),
    ("latency-p50-p95-p99", "Latency: P50, P95, P99 on payment.process span — baseline: P50=120ms, P99=380ms"),
    ("duplicate-charges-select", "Duplicate charges: must be 0"),
    ("stripe-webhook-success", "Stripe webhook success rate: must remain > 99.9%"),
    ("redis-connection-pool", "Redis connection pool: must remain < 80%"),
];

const AFTER: [(&str, &str); 5] = [
    ("metrics-stable", "Metrics stable at 100% for 4 hours, smoke tests pass"),
    ("support-team-briefed", "Support team briefed on new retry behavior (customers may see longer processing times)"),
    ("finance-team-notified", "Finance team notified of PCI audit log format changes"),
    ("flags-cleanup", "Feature flags idempotency_v2 and retry_v2 scheduled for cleanup (target: v2.5.0)"),
    ("retrospective", "Retrospective scheduled for 2026-03-27 (high-risk release)"),
];

fn mark(number: u8, by: &str, when: &str) -> Mark {
    Mark { record: record(number), by: by.parse().unwrap(), at: at(when) }
}

fn need(what: NeedKind, roles: &[&str], candidates: &[&str]) -> Need {
    Need {
        what,
        people: 1,
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        candidates: candidates.iter().map(|text| text.parse().unwrap()).collect(),
        record: None,
    }
}

fn item(number: u32, id: &str, title: &str, owner: &str, phase: Phase, section: &str) -> ItemReport {
    let who = if owner.is_empty() { "@jchen" } else { owner };
    ItemReport {
        number,
        id: id.parse().unwrap(),
        title: title.to_owned(),
        phase,
        owner: (!owner.is_empty()).then(|| Owner::Person(owner.parse().unwrap())),
        requirements: Requirements { waiver_people: 1, ..Requirements::default() },
        state: ItemState::Pending,
        section: vec!["Release Checklist: payment-service v2.4.0".to_owned(), section.to_owned()],
        needs: vec![need(NeedKind::OwnerWord, &[], &[who])],
        sign_offs: vec![],
        ..build::at_work(&Texts::default()).items.remove(0)
    }
}

fn settle(item: &mut ItemReport) {
    item.state = ItemState::Satisfied;
    item.needs.clear();
}

fn limit(id: &str, text: &str, state: LimitState, value: Option<&str>) -> LimitReport {
    let limit = OpenLimit {
        id: id.to_owned(),
        text: text.to_owned(),
        metric: None,
        op: None,
        value: None,
        unit: None,
        lasting: None,
        of_baseline: false,
        absent_is_zero: false,
    };
    let reading = value.map(|value| ReadingReport {
        mark: mark(40, "machine:ci", "2026-03-25T09:59:00Z"),
        value: Some(value.to_owned()),
        baseline: None,
        said: if state == LimitState::Fails { ReadingResult::Fails } else { ReadingResult::Holds },
        source: "ci/readings.sh canary".to_owned(),
        from: at("2026-03-25T09:54:00Z"),
        to: at("2026-03-25T09:59:00Z"),
    });
    LimitReport { limit, state, reading, in_spite: None }
}

fn stages() -> Vec<StageReport> {
    let stage = |(place, (id, name, traffic, bake)): (usize, (&str, &str, &str, u64))| StageReport {
        id: id.to_owned(),
        name: name.to_owned(),
        traffic: Some(traffic.to_owned()),
        bake: Some(bake),
        owner: (place == 3).then(|| Owner::Person("@jchen".parse().unwrap())),
        implied: false,
        by_person: place == 3,
        state: StageState::Waiting,
        entered: None,
        bakes_until: None,
        bake_waived: false,
        passed: None,
        failed: None,
        limits: vec![limit("error-rate", "Error rate < 0.05%", LimitState::Unread, None)],
        open_items: vec![],
        in_spite: vec![],
    };
    STAGES.into_iter().enumerate().map(stage).collect()
}

fn action(id: &str, text: &str, who: &str, due: Option<&str>, blocks: Option<Blocks>) -> ActionReport {
    ActionReport {
        id: id.to_owned(),
        text: text.to_owned(),
        assignee: Some(who.parse().map_or_else(|_| Owner::Role(who.trim_start_matches('@').parse().unwrap()), Owner::Person)),
        due: due.map(at),
        after: due.is_none().then_some(After { event: Moment::Deploy, seconds: 900 }),
        blocks,
        not_by: None,
        required: false,
        added: None,
        state: ActionState::Open,
        settled: None,
        left: false,
    }
}

/// Document 1 as session 1 has it before its decision: nine of twelve items are settled.
pub(crate) fn midway() -> Report {
    let mut report = build::at_work(&Texts::default());
    report.as_of = at("2026-03-25T08:00:00Z");
    let mut items = Vec::new();
    for (place, (id, title, owner)) in BEFORE.into_iter().enumerate() {
        let section = if place < 5 { "Dependency Check" } else { "Go/No-Go" };
        let mut item = item(place as u32 + 1, id, title, owner, Phase::Before, section);
        match id {
            "rollback-runbook" => {
                item.state = ItemState::Done;
                item.needs = vec![need(NeedKind::Review, &["sre"], &["@tomo"])];
            }
            "pci-compliance-officer" => {
                item.state = ItemState::Done;
                item.needs = vec![need(NeedKind::Review, &["compliance-officer"], &["@rosa"])];
            }
            "stripe-webhook-signature" => {}
            _ => settle(&mut item),
        }
        items.push(item);
    }
    for (stage, ..) in STAGES {
        for (place, (id, title)) in AT_STAGES.into_iter().enumerate() {
            items.push(item(place as u32 + 13, &format!("{id}@{stage}"), title, "", Phase::Stage, "Monitoring Checkpoints"));
        }
    }
    for (place, (id, title)) in AFTER.into_iter().enumerate() {
        items.push(item(place as u32 + 18, id, title, "", Phase::After, "Post-Release"));
    }
    report.items = items;
    let reason = |id: &str, state: &str| build::finding_of(Code::ItemOpen, format!("{id} is {state}")).about(id);
    report.verdict.reasons = vec![
        reason("pci-compliance-officer", "done"),
        reason("rollback-runbook", "done"),
        reason("stripe-webhook-signature", "pending"),
        build::finding_of(Code::NotDecided, "no authorised person has decided GO yet").about("v2.4.0"),
    ];
    report.findings = report.verdict.reasons.clone();
    report.deciders = vec!["@jchen".parse().unwrap()];
    let release = report.release.as_mut().unwrap();
    release.title = "payment-service".to_owned();
    release.opened_by = "@jchen".parse().unwrap();
    release.opened_at = at("2026-03-25T03:00:00Z");
    release.on_call = Some(OpenOnCall {
        primary: "@mpatel".parse().unwrap(),
        secondary: None,
        from: Some(at("2026-03-25T07:00:00Z")),
        to: Some(at("2026-03-26T09:00:00Z")),
    });
    release.window = Some(relsign::model::record::Window { from: at("2026-03-25T09:20:00Z"), to: at("2026-03-25T18:00:00Z") });
    report.course = CourseReport { stages: stages(), ..CourseReport::default() };
    report.course.actions = vec![
        action("routing", "Route the pager to the new rota", "@mpatel", Some("2026-03-25T08:20:00Z"), Some(Blocks::Go)),
        action("announce", "Announce it in #product-updates", "@jchen", None, None),
        action("flag-cleanup", "Remove the flag idempotency_v1", "@akim", Some("2026-03-04T12:00:00Z"), None),
    ];
    report
}

/// The same in its third stage.
pub(crate) fn rolling_out() -> Report {
    let mut report = midway();
    report.as_of = at("2026-03-25T11:45:00Z");
    report.items.iter_mut().filter(|item| item.phase == Phase::Before).for_each(settle);
    let held = |item: &&mut ItemReport| item.id.stage().is_some_and(|stage| ["canary", "partial"].contains(&stage));
    report.items.iter_mut().filter(held).for_each(settle);
    settle(report.items.iter_mut().find(|item| item.id.as_str() == "error-rates-https@half").unwrap());
    report.state = ReleaseState::RollingOut;
    report.decisions = vec![DecisionReport {
        record: record(30),
        signer: "@jchen".parse().unwrap(),
        time: at("2026-03-25T08:30:00Z"),
        witnessed: None,
        basis_time: at("2026-03-25T08:30:00Z"),
        reason: None,
        ..build::go(&Texts::default()).decisions.remove(1)
    }];
    report.verdict = Verdict { answer: Answer::Go, decision: Some(record(30)), reasons: vec![] };
    report.findings = vec![];
    for (place, (entered, until)) in [("09:30", "10:00"), ("10:02", "11:02"), ("11:05", "13:05")].into_iter().enumerate() {
        let stage = &mut report.course.stages[place];
        stage.entered = Some(mark(31 + place as u8, "@jchen", &format!("2026-03-25T{entered}:00Z")));
        stage.bakes_until = Some(at(&format!("2026-03-25T{until}:00Z")));
        stage.state = if place < 2 { StageState::Passed } else { StageState::Baking };
        let state = if place < 2 { LimitState::Holds } else { LimitState::Unread };
        let p99 = limit("p99", "P99 < 450ms", if place == 0 { LimitState::Fails } else { LimitState::Holds }, Some("412ms"));
        stage.limits = vec![limit("error-rate", "Error rate < 0.05%", state, (place < 2).then_some("0.031%")), p99];
    }
    let spite = OverrideReport {
        of: "p99".to_owned(),
        reason: "one slow host, taken out".to_owned(),
        by: "@jchen".parse().unwrap(),
        record: record(35),
    };
    report.course.stages[0].passed = Some(mark(35, "@jchen", "2026-03-25T10:02:00Z"));
    report.course.stages[0].in_spite = vec![spite.clone()];
    report.course.stages[0].limits[1].in_spite = Some(spite);
    report.course.actions[0].state = ActionState::Done;
    report.course.actions[0].settled = Some(mark(36, "@mpatel", "2026-03-25T08:10:00Z"));
    report
}

/// The same on its way back.
pub(crate) fn rolling_back() -> Report {
    let mut report = rolling_out();
    report.as_of = at("2026-03-25T12:04:00Z");
    report.state = ReleaseState::RollingBack;
    let reason = build::finding_of(Code::ReleaseEnded, "@mpatel began to roll v2.4.0 back at 2026-03-25T12:00:00Z").about("v2.4.0");
    report.verdict = Verdict { answer: Answer::NoGo, decision: None, reasons: vec![reason.clone()] };
    report.findings = vec![reason];
    let step = |number: u32, text: &str, layer: &str, within: Option<u64>| StepReport {
        number,
        step: Some(Step {
            text: text.to_owned(),
            layer: Some(layer.to_owned()),
            within,
            irreversible: number == 3,
            ask: (number == 3).then(|| Owner::Role("dba".parse().unwrap())),
        }),
        due: within.map(|within| at("2026-03-25T12:00:00Z").plus(within as i64)),
        result: None,
        reason: None,
        said: None,
    };
    let mut steps = vec![
        step(1, "Set feature flags idempotency_v2 and retry_v2 to off", "traffic", Some(120)),
        step(2, "kubectl rollout undo deployment/payment-service -n payments", "artifact", Some(180)),
        step(3, "Run compensate-0042.sql", "data", None),
        step(4, "Verify that metrics return to baseline within 10 minutes", "verify", Some(600)),
        step(5, "Notify #payments-incidents with a timeline", "tell", None),
    ];
    steps[0].result = Some(StepResult::Done);
    steps[0].said = Some(mark(51, "@mpatel", "2026-03-25T12:01:00Z"));
    report.course.rollback = Some(RollbackReport {
        opens: Vec::new(),
        start: mark(50, "@mpatel", "2026-03-25T12:00:00Z"),
        began: at("2026-03-25T12:00:00Z"),
        to: Some(PreviousRelease { overridden: false, ..report.release.as_ref().unwrap().previous.clone().unwrap() }),
        trigger: Some(1),
        reason: Some("5xx at 3.2%".to_owned()),
        steps,
        ended: None,
    });
    report
}

/// The same rolled back.
pub(crate) fn rolled_back() -> Report {
    let mut report = rolling_back();
    report.as_of = at("2026-03-25T13:00:00Z");
    report.state = ReleaseState::RolledBack;
    let back = report.course.rollback.as_mut().unwrap();
    for step in &mut back.steps {
        step.result.get_or_insert(StepResult::Skipped);
        step.reason = Some("no orders yet".to_owned()).filter(|_| step.number > 1);
        step.said.get_or_insert(mark(52, "@mpatel", "2026-03-25T12:20:00Z"));
    }
    back.ended = Some((RollbackEvent::Done, mark(53, "@mpatel", "2026-03-25T12:31:00Z")));
    report
}

/// Document 1 decided under a condition.
pub(crate) fn under_condition() -> Report {
    let mut report = rolling_out();
    report.as_of = at("2026-03-25T09:00:00Z");
    report.course.stages = stages();
    report.state = ReleaseState::ConditionalGo;
    let condition = Condition {
        id: "c1".to_owned(),
        text: "the roll-back script is validated".to_owned(),
        assignee: Owner::Role("infra".parse().unwrap()),
        due: at("2026-03-25T12:00:00Z"),
        not_by: None,
    };
    report.decisions[0].decision = Decision::ConditionalGo;
    report.decisions[0].conditions = vec![ConditionReport { condition, state: ConditionState::Open, settled: None }];
    let message = "condition c1 is open until 2026-03-25T12:00:00Z (@infra)";
    let reason = build::finding_of(Code::ConditionOpen, message).about("c1");
    report.verdict = Verdict { answer: Answer::NoGo, decision: None, reasons: vec![reason.clone()] };
    report.findings = vec![reason];
    report
}

/// Sixty items of six people, forty of them open and one rejected.
pub(crate) fn sixty() -> Report {
    let mut report = midway();
    let people = ["@akim", "@jchen", "@lnguyen", "@mpatel", "@rosa", "@tomo"];
    let template = build::at_work(&Texts::default()).items.remove(3);
    report.items = (1..=60)
        .map(|number| {
            let owner = people[number as usize % people.len()];
            let section = format!("Part {}", number / 10 + 1);
            let title = format!("Step {number} of the migration of the order history to the new cluster");
            let id = format!("step-{number}-of-the-migration");
            let mut item = item(number, &id, &title, owner, Phase::Before, &section);
            match number {
                7 => {
                    item.state = ItemState::Rejected;
                    item.needs = template.needs.clone();
                    item.sign_offs =
                        template.sign_offs.iter().filter(|word| word.verdict == SignVerdict::Reject).cloned().collect();
                }
                _ if number % 3 == 0 => settle(&mut item),
                _ if number % 3 == 1 => item.needs.push(need(NeedKind::Review, &[], &["@akim", "@tomo"])),
                _ => {
                    item.state = ItemState::Done;
                    item.needs = vec![need(NeedKind::Review, &["sre"], &["@tomo"])];
                }
            }
            item
        })
        .collect();
    let open = report.items.iter().filter(|item| !item.state.is_settled());
    let reason = |item: &ItemReport| match item.state {
        ItemState::Rejected => build::finding_of(Code::RejectOpen, format!("{} is rejected", item.id)).about(item.id.as_str()),
        state => build::finding_of(Code::ItemOpen, format!("{} is {}", item.id, state.as_str())).about(item.id.as_str()),
    };
    report.verdict.reasons = open.map(reason).collect();
    report.findings = report.verdict.reasons.clone();
    report
}

mod screens {
    use jiff::tz::TimeZone;
    use relsign::model::report::Report;
    use relsign::report::style::Style;
    use relsign::report::terminal;
    use unicode_width::UnicodeWidthStr;

    use crate::expect;

    const FRESH: &str = "as of just now from origin";

    fn style(width: usize) -> Style {
        Style { color: false, width, zone: TimeZone::UTC, unicode: true }
    }

    fn all() -> [(&'static str, Report); 6] {
        [
            ("midway", super::midway()),
            ("rolling-out", super::rolling_out()),
            ("rolling-back", super::rolling_back()),
            ("rolled-back", super::rolled_back()),
            ("under-condition", super::under_condition()),
            ("sixty", super::sixty()),
        ]
    }

    /// Whoever asks sees the answer and what blocks it without scrolling, with a line left for the prompt.
    #[test]
    fn a_release_fits_on_one_screen() {
        for (name, report) in all() {
            for (width, height) in [(80, 24), (180, 50)] {
                let text = terminal::screen(&report, &style(width), FRESH, height);
                expect(&format!("screen-{name}-{width}x{height}.txt"), &text);
                assert!(text.lines().count() < height, "{name} takes {} lines:\n{text}", text.lines().count());
                assert!(text.lines().all(|line| line.width() <= width), "{name} is too wide:\n{text}");
                let answer = report.verdict.answer.as_str();
                assert!(text.lines().nth(2).is_some_and(|line| line.ends_with(answer)), "{name}: no {answer} in:\n{text}");
            }
        }
    }

    #[test]
    fn what_blocks_and_who_can_unblock_it_are_in_sight() {
        let text = terminal::screen(&super::midway(), &style(80), FRESH, 24);
        for wanted in
            ["before go   9 of 12", "Rollback runbook reviewed by SRE", "@tomo", "@rosa", "relsign approve v2.4.0 8", "@lnguyen"]
        {
            assert!(text.contains(wanted), "{wanted} is not in:\n{text}");
        }
        assert!(!text.contains("Stakeholders notified"), "what is settled is only counted:\n{text}");
        let text = terminal::screen(&super::sixty(), &style(80), FRESH, 24);
        for wanted in ["before go   20 of 60", "rejected by @akim", "relsign withdraw", "relsign approve v2.4.0 --all   @tomo"] {
            assert!(text.contains(wanted), "{wanted} is not in:\n{text}");
        }
        let text = terminal::screen(&super::rolling_back(), &style(80), FRESH, 24);
        for wanted in ["to v2.3.2", "1 of 5 over", "ask @dba first", "relsign rollback v2.4.0 2 done"] {
            assert!(text.contains(wanted), "{wanted} is not in:\n{text}");
        }
        assert!(!text.contains("decide"), "after a roll-back nothing advises to decide:\n{text}");
    }

    #[test]
    fn everything_is_shown_when_all_is_asked_for() {
        for (name, report) in all() {
            for width in [80, 180] {
                let text = terminal::whole(&report, &style(width), FRESH);
                expect(&format!("whole-{name}-{width}.txt"), &text);
                for item in &report.items {
                    let flat: String = text.split_whitespace().collect();
                    assert!(flat.contains(item.id.as_str()), "{name} at {width} lacks {}:\n{text}", item.id);
                }
            }
        }
    }
}
