//! The change record: every fact an auditor asks for, known or not.

use super::{Page, UNKNOWN, known, short};
use crate::model::record::{Evidence, Phase, ReleaseType, SignVerdict};
use crate::model::report::{ItemState, RecordReport, ReleaseReport, ReleaseState, Report};
use crate::report::{safe, words};

/// Writes the change record as one table of facts.
pub(super) fn record(page: &mut Page, report: &Report) {
    page.heading(2, "Change record");
    let release = report.release.as_ref();
    let of = |get: fn(&ReleaseReport) -> Option<&str>| known(release.and_then(get));
    let each = |texts: Option<Vec<String>>| match texts {
        Some(texts) if !texts.is_empty() => texts.join("<br>"),
        _ => UNKNOWN.to_owned(),
    };
    let safe_each = |texts: &[String]| texts.iter().map(|text| safe::markdown_block(text)).collect::<Vec<_>>();
    let mut facts: Vec<(&str, String)> = vec![
        ("Change", safe::markdown_code(report.tag.full())),
        ("Ticket", of(|release| release.ticket.as_deref())),
        (
            "Requester",
            release.and_then(|release| release.requester.as_ref()).map_or_else(|| UNKNOWN.to_owned(), ToString::to_string),
        ),
        ("Reason", of(|release| release.reason.as_deref())),
        ("Description", of(|release| Some(release.title.as_str()))),
        ("Scope", each(release.map(|release| safe_each(&release.scope)))),
        ("Type", release.map_or_else(|| UNKNOWN.to_owned(), |release| release.release_type.to_string())),
        ("System", of(|release| Some(release.component.as_str()))),
        ("Environment", release.map_or_else(|| UNKNOWN.to_owned(), |release| release.environment.to_string())),
        ("Risk", risk(release)),
        ("Security impact", of(|release| release.security_impact.as_deref())),
        ("Opened", opened(release)),
    ];
    let window = release.and_then(|release| release.window).map(|window| format!("{} to {}", window.from, window.to));
    facts.extend([
        ("Planned window", window.unwrap_or_else(|| UNKNOWN.to_owned())),
        ("Actual window", actual_window(report)),
        ("Tests", tests(report)),
        ("Rejections", rejections(report)),
        ("Communication", UNKNOWN.to_owned()),
        ("Outcome", outcome(report)),
        ("Post-implementation review", after(report)),
    ]);
    if let Some(release) = release {
        facts.extend(digests(release));
    }
    page.table(["Fact", "Value"], facts.into_iter().map(|(name, value)| [name.to_owned(), value]));
}

fn risk(release: Option<&ReleaseReport>) -> String {
    let Some(risk) = release.and_then(|release| release.risk.as_ref()) else { return UNKNOWN.to_owned() };
    let reasons: Vec<_> = risk.reasons.iter().map(|reason| safe::markdown(reason)).collect();
    if reasons.is_empty() { risk.class.to_string() } else { format!("{}: {}", risk.class, reasons.join("; ")) }
}

fn opened(release: Option<&ReleaseReport>) -> String {
    release.map_or_else(
        || "no".to_owned(),
        |release| format!("by {} at {} ({})", release.opened_by, release.opened_at, short(release.open)),
    )
}

/// The records that show a roll-out, in the log's order.
fn rollout(report: &Report) -> Vec<&RecordReport> {
    report.records.iter().filter(|record| matches!(record.kind.as_str(), "stage" | "rollback" | "close")).collect()
}

fn actual_window(report: &Report) -> String {
    let times: Vec<_> = rollout(report).iter().map(|record| record.time).collect();
    match (times.iter().min(), times.iter().max()) {
        (Some(first), Some(last)) => format!("{first} to {last}, as the roll-out's records claim"),
        _ => UNKNOWN.to_owned(),
    }
}

/// Checks that ran, and where the results lie.
fn tests(report: &Report) -> String {
    let checks = report.records.iter().filter(|record| record.kind == "check");
    let results: Vec<_> = checks
        .map(|record| format!("{} by {} at {} ({})", safe::markdown(&record.says), record.signer, record.time, short(record.id)))
        .collect();
    if results.is_empty() {
        format!("{UNKNOWN}: no record of a check; evidence stands with the words on each item")
    } else {
        results.join("<br>")
    }
}

fn rejections(report: &Report) -> String {
    let mut rejections = Vec::new();
    for item in &report.items {
        for word in item.words.iter().filter(|word| word.verdict == SignVerdict::Reject) {
            let over = report.exceptions.iter().any(|exception| exception.over.contains(&word.record));
            let now = match (over, item.state) {
                (true, _) => "set aside",
                (false, ItemState::Rejected) if word.counts => "stands",
                _ => "does not stand",
            };
            rejections.push(format!("`{}` by {} at {}, {now} ({})", item.id, word.signer, word.time, short(word.record)));
        }
    }
    for decision in report.decisions.iter().filter(|decision| decision.decision.as_str() == "no-go") {
        rejections.push(format!("no-go by {} at {} ({})", decision.signer, decision.time, short(decision.record)));
    }
    if rejections.is_empty() { "none".to_owned() } else { rejections.join("<br>") }
}

fn outcome(report: &Report) -> String {
    let last = rollout(report).last().map(|record| format!("; last: {} at {}", safe::markdown(&record.says), record.time));
    let text = match report.state {
        ReleaseState::Go => "decided go; roll-out not known".to_owned(),
        state => state.as_str().to_owned(),
    };
    text + &last.unwrap_or_default()
}

/// What is due after the roll-out, and for an emergency that a review is due at all.
fn after(report: &Report) -> String {
    let due: Vec<_> = report.items.iter().filter(|item| item.phase == Phase::After).collect();
    let is_emergency = report.release.as_ref().is_some_and(|release| release.release_type == ReleaseType::Emergency);
    if due.is_empty() {
        let note = if is_emergency { ", and an emergency release asks for one" } else { "" };
        return format!("{UNKNOWN}: the checklist has no item for after the roll-out{note}");
    }
    due.iter().map(|item| format!("`{}`: {}", item.id, item.state.as_str())).collect::<Vec<_>>().join("<br>")
}

fn digests(release: &ReleaseReport) -> Vec<(&'static str, String)> {
    let artifacts: Vec<_> = release
        .artifacts
        .iter()
        .map(|artifact| format!("{} `sha256:{}`", safe::markdown_code(&artifact.name), artifact.sha256))
        .collect();
    let previous = release.previous.as_ref().map(|previous| {
        let by_hand = if previous.overridden { ", named by hand" } else { "" };
        format!("{} at `{}`{by_hand}", safe::markdown_code(previous.tag.short()), previous.commit)
    });
    let commits = format!("{} since {}", words::count(release.commits, "commit"), previous.as_deref().unwrap_or("the beginning"));
    vec![
        ("Tag object", format!("`{}`", release.tag_object)),
        ("Commit", format!("`{}`", release.commit)),
        ("Tree (SHA-256)", format!("`{}`", release.tree_sha256)),
        ("Commits", commits),
        ("Artifacts", if artifacts.is_empty() { UNKNOWN.to_owned() } else { artifacts.join("<br>") }),
        ("Checklist", format!("{} `sha256:{}`", safe::markdown_code(&release.checklist.path), release.checklist.sha256)),
    ]
}

/// How it goes out, when it must come back, and how.
pub(super) fn plan(page: &mut Page, report: &Report) {
    page.heading(2, "Roll-out and roll-back plan");
    let Some(release) = &report.release else {
        page.block("Not known.");
        return;
    };
    if release.stages.is_empty() {
        page.block("Stages: not known.");
    } else {
        let text = |text: &Option<String>| known(text.as_deref());
        let rows = release.stages.iter().map(|stage| {
            let bake = stage.bake.map_or_else(|| UNKNOWN.to_owned(), words::span);
            [safe::markdown(&stage.name), text(&stage.traffic), bake, text(&stage.thresholds)]
        });
        page.table(["Stage", "Traffic", "Wait", "Thresholds"], rows);
    }
    page.heading(3, "Roll back when");
    if release.triggers.is_empty() {
        page.block("Not known.");
    } else {
        page.list(release.triggers.iter().map(|text| safe::markdown_block(text)));
    }
    page.heading(3, "Roll back by");
    if release.procedure.is_empty() {
        page.block("Not known.");
    } else {
        let steps: Vec<_> =
            release.procedure.iter().enumerate().map(|(at, step)| format!("{}. {}", at + 1, safe::markdown_block(step))).collect();
        page.block(&steps.join("\n"));
    }
    let owners: Vec<_> = report
        .items
        .iter()
        .filter(|item| item.id.as_str().contains("rollback") || item.id.as_str().contains("roll-back"))
        .collect();
    if owners.is_empty() {
        page.block("Owner of the roll-back: not known.");
    } else {
        page.list(owners.iter().map(|item| {
            let owner = item.owner.as_ref().map_or_else(|| "the release managers".to_owned(), ToString::to_string);
            format!("`{}` is owned by {owner}, {}", item.id, item.state.as_str())
        }));
    }
}

/// Everyone whose word counts towards GO, with role and authority, and how long before the deployment they spoke.
pub(super) fn approvals(page: &mut Page, report: &Report) {
    page.heading(2, "Approvals");
    let deployed = rollout(report).into_iter().filter(|record| record.kind == "stage").map(|record| record.time).min();
    let roles = |signer: &crate::model::ids::Principal| {
        let person = report.people.iter().find(|person| person.principal == *signer);
        person.filter(|person| !person.roles.is_empty()).map_or_else(|| UNKNOWN.to_owned(), |person| words::and(&person.roles))
    };
    let before = |time: crate::model::time::Timestamp| match deployed {
        None => UNKNOWN.to_owned(),
        Some(at) if time <= at => format!("{} before", words::span((at.seconds() - time.seconds()).unsigned_abs())),
        Some(_) => "after it".to_owned(),
    };
    let mut rows: Vec<[String; 7]> = Vec::new();
    for item in &report.items {
        for word in item.words.iter().filter(|word| word.counts && word.verdict != SignVerdict::Reject) {
            rows.push([
                word.signer.to_string(),
                format!("{} `{}`", word.verdict, item.id),
                word.role.as_ref().map_or_else(|| "none claimed".to_owned(), ToString::to_string),
                roles(&word.signer),
                word.time.to_string(),
                before(word.time),
                short(word.record),
            ]);
        }
    }
    for decision in report.decisions.iter().filter(|decision| decision.holds) {
        rows.push([
            decision.signer.to_string(),
            decision.decision.to_string(),
            "decider".to_owned(),
            roles(&decision.signer),
            decision.time.to_string(),
            before(decision.time),
            short(decision.record),
        ]);
    }
    if rows.is_empty() {
        page.block("None.");
        return;
    }
    let version = report.governing_policy.map_or_else(|| UNKNOWN.to_owned(), |policy| policy.version.to_string());
    page.table(["Who", "What", "In the role", "Roles under the policy", "Claimed time", "Deployment", "Record"], rows);
    page.block(&format!("Roles are those of policy version {version}, which governs this release."));
}

/// A piece of evidence: name, link where it may be one, digest, size.
pub(super) fn evidence(evidence: &Evidence) -> String {
    let mut parts: Vec<String> = evidence.name.iter().map(|name| safe::markdown(name)).collect();
    parts.extend(evidence.uri.iter().map(|uri| safe::markdown_link(uri)));
    match evidence.sha256 {
        Some(digest) => parts.push(format!("`sha256:{digest}`")),
        None => parts.push("without a digest".to_owned()),
    }
    parts.extend(evidence.size.map(|size| words::count(size, "byte")));
    parts.join(", ")
}
