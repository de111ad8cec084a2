//! The change record: every fact an auditor asks for, known or not.

use super::cells::{UNKNOWN, known, short, shown, texts};
use crate::model::record::{Change, Decision, OpenStage, Phase, ReleaseType, SignVerdict};
use crate::model::report::{ItemState, ReleaseReport, Report};
use crate::report::document::{Document, Line, Times};
use crate::report::words;

/// Returns what must hold in a stage, on one line.
fn limits_of(stage: &OpenStage) -> Option<String> {
    let texts: Vec<&str> = stage.limits.iter().map(|limit| limit.text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// Returns what changes, each with its owner and flag.
fn scope(release: Option<&ReleaseReport>) -> Line {
    let of = |change: &Change| {
        let owner = change.owner.as_ref().map_or_else(String::new, |owner| format!(" ({owner})"));
        let flag = change.flag.as_ref().map_or_else(String::new, |flag| format!(", flag {flag}"));
        format!("{}{owner}{flag}", change.text)
    };
    let all: Vec<String> = release.into_iter().flat_map(|release| release.scope.iter().map(of)).collect();
    texts(&all)
}

/// Writes the change record as one table of facts.
pub(super) fn record(page: &mut Document, report: &Report) {
    page.heading(2, "Change record");
    let times = &page.times.clone();
    let release = report.release.as_ref();
    let of = |get: fn(&ReleaseReport) -> Option<&str>| known(release.and_then(get));
    let window =
        release.and_then(|release| release.window).map(|window| format!("{} to {}", times.at(window.from), times.at(window.to)));
    let mut facts: Vec<(&str, Line)> = vec![
        ("Change", Line::new().code(report.tag.full())),
        ("Ticket", of(|release| release.ticket.as_deref())),
        ("Requester", shown(release.and_then(|release| release.requester.as_ref()))),
        ("Reason", of(|release| release.reason.as_deref())),
        ("Description", of(|release| Some(release.title.as_str()))),
        ("Scope", scope(release)),
        ("Type", shown(release.map(|release| release.release_type))),
        ("System", of(|release| Some(release.component.as_str()))),
        ("Environment", shown(release.map(|release| &release.environment))),
        ("Risk", risk(release)),
        ("Security impact", of(|release| release.security_impact.as_deref())),
        ("Opened", opened(report, release, times)),
        ("Planned window", shown(window)),
        ("Actual time", super::course::actual(report, times)),
        ("Tests", tests(report, times)),
        ("Rejections", rejections(report, times)),
        ("Communication", UNKNOWN.into()),
        ("Outcome", super::course::outcome(report, times)),
        ("Post-implementation review", after(report)),
    ];
    if let Some(release) = release {
        facts.extend(digests(release));
    }
    page.facts(facts);
}

fn risk(release: Option<&ReleaseReport>) -> Line {
    let Some(risk) = release.and_then(|release| release.risk.as_ref()) else { return UNKNOWN.into() };
    if risk.reasons.is_empty() {
        risk.class.as_str().into()
    } else {
        Line::from(risk.class.as_str()).text(": ").text(risk.reasons.join("; "))
    }
}

fn opened(report: &Report, release: Option<&ReleaseReport>, times: &Times) -> Line {
    let Some(release) = release else { return "no".into() };
    let retold = report.records.iter().find(|record| record.id == release.open);
    let witnessed =
        retold.and_then(|record| record.witnessed).map(|at| format!(", witnessed at {}", times.at(at))).unwrap_or_default();
    Line::from(format!("by {} at {}{witnessed} (", release.opened_by, times.at(release.opened_at)))
        .then(short(release.open))
        .text(")")
}

/// Checks that ran.
fn tests(report: &Report, times: &Times) -> Line {
    let checks = report.records.iter().filter(|record| record.kind == "check");
    let results: Vec<_> = checks
        .map(|record| {
            Line::from(format!("{} by {} at {} (", record.says, record.signer, times.at(record.time)))
                .then(short(record.id))
                .text(")")
        })
        .collect();
    if results.is_empty() {
        format!("{UNKNOWN}: no check was recorded; evidence is listed with each item's sign-offs").into()
    } else {
        Line::stacked(results)
    }
}

fn rejections(report: &Report, times: &Times) -> Line {
    let mut rejections = Vec::new();
    for item in &report.items {
        for word in item.sign_offs.iter().filter(|word| word.verdict == SignVerdict::Reject) {
            let over = report.exceptions.iter().any(|exception| exception.over.contains(&word.record));
            let now = match (over, item.state) {
                (true, _) => "set aside",
                (false, ItemState::Rejected) if word.counts => "in effect",
                _ => "not in effect",
            };
            let line = Line::new().code(&item.id).text(format!(" by {} at {}, {now} (", word.signer, times.at(word.time)));
            rejections.push(line.then(short(word.record)).text(")"));
        }
    }
    for decision in report.decisions.iter().filter(|decision| decision.decision == Decision::NoGo) {
        let line = Line::from(format!("no-go by {} at {} (", decision.signer, times.at(decision.time)));
        rejections.push(line.then(short(decision.record)).text(")"));
    }
    if rejections.is_empty() { "none".into() } else { Line::stacked(rejections) }
}

/// What is due after the roll-out, and for an emergency that a review is due at all.
fn after(report: &Report) -> Line {
    let due: Vec<_> = report.items.iter().filter(|item| item.phase == Phase::After).collect();
    if !due.is_empty() {
        return Line::stacked(due.iter().map(|item| Line::new().code(&item.id).text(": ").text(item.state.as_str())));
    }
    let is_emergency = report.release.as_ref().is_some_and(|release| release.release_type == ReleaseType::Emergency);
    let note = if is_emergency { ", and an emergency release requires one" } else { "" };
    format!("{UNKNOWN}: the checklist has no item for after the roll-out{note}").into()
}

fn digests(release: &ReleaseReport) -> Vec<(&'static str, Line)> {
    let artifacts = release
        .artifacts
        .iter()
        .map(|artifact| Line::new().code(&artifact.name).text(" ").code(format!("sha256:{}", artifact.sha256)));
    let previous = match &release.previous {
        None => "the beginning".into(),
        Some(previous) => {
            let by_hand = if previous.overridden { ", named by hand" } else { "" };
            Line::new().code(previous.tag.short()).text(" at ").code(previous.commit).text(by_hand)
        }
    };
    vec![
        ("Tag object", Line::new().code(release.tag_object)),
        ("Commit", Line::new().code(release.commit)),
        ("Tree (SHA-256)", Line::new().code(release.tree_sha256)),
        ("Commits", Line::from(words::count(release.commits, "commit")).text(" since ").then(previous)),
        ("Artifacts", if release.artifacts.is_empty() { UNKNOWN.into() } else { Line::stacked(artifacts) }),
        ("Checklist", Line::new().code(&release.checklist.path).text(" ").code(format!("sha256:{}", release.checklist.sha256))),
    ]
}

/// How it goes out, when it must come back, and how.
pub(super) fn plan(page: &mut Document, report: &Report) {
    page.heading(2, "Roll-out and roll-back plan");
    let Some(release) = &report.release else {
        page.paragraph("Not known.");
        return;
    };
    if release.stages.is_empty() {
        page.paragraph("Stages: not known.");
    } else {
        page.table(
            ["Stage", "Traffic", "Wait", "Thresholds"],
            release.stages.iter().map(|stage| {
                let bake = shown(stage.bake.map(words::span));
                [Line::from(&stage.name), known(stage.traffic.as_deref()), bake, known(limits_of(stage).as_deref())]
            }),
        );
    }
    page.heading(3, "Roll-back triggers");
    if release.triggers.is_empty() {
        page.paragraph("Not known.");
    } else {
        page.list(release.triggers.iter().map(|trigger| Line::from(&trigger.text)));
    }
    page.heading(3, "Roll-back steps");
    if release.procedure.is_empty() {
        page.paragraph("Not known.");
    } else {
        page.steps(release.procedure.iter().map(|step| Line::from(&step.text)));
    }
    page.heading(3, "Roll-back owners");
    let is_about = |id: &str| id.contains("rollback") || id.contains("roll-back");
    let owned: Vec<_> = report.items.iter().filter(|item| item.phase == Phase::OnRollback || is_about(item.id.as_str())).collect();
    if owned.is_empty() {
        page.paragraph("Not known: no item is about it.");
    } else {
        page.list(owned.iter().map(|item| {
            let owner = item.owner.as_ref().map_or_else(|| "the release managers".to_owned(), ToString::to_string);
            Line::new().code(&item.id).text(format!(" is owned by {owner}, {}", item.state.as_str()))
        }));
    }
}
