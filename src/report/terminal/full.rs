//! The whole report for a terminal, exceptions first.

use super::verify;
use crate::model::ids::RecordId;
use crate::model::record::{Evidence, Fallback};
use crate::model::report::{DecisionReport, ItemReport, ReleaseReport, Report, WordReport};
use crate::report::page::{Column, Page};
use crate::report::passages;
use crate::report::safe;
use crate::report::separation::{self, Duty};
use crate::report::style::{Paint, Style};
use crate::report::words;

/// Shows everything that a verdict rests on: exceptions, decisions, items with every word, people, duties, findings.
pub fn report(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    super::title(&mut page, report);
    passages::loud(&mut page, report);
    for reason in &report.verdict.reasons {
        let line = format!("{} {}", Paint::Wait.on(reason.code.as_str()), safe::line(&reason.message));
        page.hanging(2, 4, &line);
    }
    exceptions(&mut page, report);
    passages::section(&mut page, report);
    decisions(&mut page, report);
    if let Some(release) = &report.release {
        facts(&mut page, report, release);
        plan(&mut page, release);
    }
    items(&mut page, report);
    people(&mut page, report);
    duties(&mut page, report);
    page.heading("Findings");
    verify::findings(&mut page, &report.findings);
    page.heading("What this rests on");
    page.fact("root", &format!("SHA256:{}", report.root));
    if let Some(policy) = report.governing_policy {
        page.fact("policy", &format!("version {} ({})", policy.version, policy.digest.short()));
    }
    page.fact("newest", &format!("version {} ({})", report.policy_head.version, report.policy_head.digest.short()));
    verify::heads(&mut page, report);
    let read = format!("{}, {} of them valid records", words::count(report.lines, "line"), report.records.len());
    page.fact("log", &read);
    page.fact("as of", &words::time(report.as_of, &style.zone));
    page.fact("made by", &safe::line(&report.tool));
    page.finish()
}

fn exceptions(page: &mut Page<'_>, report: &Report) {
    page.heading("Exceptions and waivers");
    if report.exceptions.is_empty() {
        page.line(2, "none");
    }
    for exception in &report.exceptions {
        let holds = if exception.holds { Paint::Wait.on("waived") } else { Paint::Dim.on("waiver without effect") };
        page.hanging(2, 4, &format!("{holds}: {}, {}", exception.item, safe::line(&exception.title)));
        let words = exception.records.iter().filter_map(|id| word_of(report, *id)).collect::<Vec<_>>();
        if words.len() == exception.records.len() {
            for word in words {
                let claimed = words::claimed(word.time, word.witnessed, &page.style.zone);
                page.hanging(4, 4, &format!("{}, {claimed}", word.signer));
                page.quote(4, &word.reason.as_deref().map(safe::lines).unwrap_or_default());
            }
        } else {
            page.line(4, &format!("by {}", words::and(&exception.people)));
            for reason in &exception.reasons {
                page.quote(4, &safe::lines(reason));
            }
        }
        let mut more = Vec::new();
        if !exception.tickets.is_empty() {
            more.push(format!("ticket {}", words::and(exception.tickets.iter().map(|ticket| safe::line(ticket)))));
        }
        match exception.expires {
            Some(expires) => more.push(format!("ends {}", words::time(expires, &page.style.zone))),
            None => more.push("no end".to_owned()),
        }
        if !exception.over.is_empty() {
            more.push(format!("over reject {}", words::and(exception.over.iter().map(|id| id.short()))));
        }
        let ids: Vec<_> = exception.records.iter().map(|id| id.short()).collect();
        more.push(format!("{} {}", if ids.len() == 1 { "record" } else { "records" }, words::and(ids)));
        page.line(4, &Paint::Dim.on(&more.join(", ")));
    }
}

/// Finds a word on an item by its record.
fn word_of(report: &Report, id: RecordId) -> Option<&WordReport> {
    report.items.iter().flat_map(|item| &item.words).find(|word| word.record == id)
}

fn decisions(page: &mut Page<'_>, report: &Report) {
    page.heading("Decisions");
    if report.decisions.is_empty() {
        page.line(2, "none");
    }
    for decision in &report.decisions {
        one_decision(page, decision);
    }
}

fn one_decision(page: &mut Page<'_>, decision: &DecisionReport) {
    let paint = match (decision.holds, decision.decision.as_str()) {
        (false, _) => Paint::Dim,
        (true, "go") => Paint::Good,
        (true, "conditional-go") => Paint::Wait,
        (true, _) => Paint::Bad,
    };
    let holds = if decision.holds { "" } else { " (does not hold)" };
    page.hanging(2, 4, &format!("{}{holds} by {}", paint.on(decision.decision.as_str()), decision.signer));
    if let Some(reason) = &decision.reason {
        page.quote(4, &safe::lines(reason));
    }
    let claimed = words::claimed(decision.time, decision.witnessed, &page.style.zone);
    page.hanging(4, 4, &format!("on {}, {claimed}", words::count(decision.manifest, "record")));
    if decision.basis_time != decision.time {
        page.line(4, &format!("ages and expiries judged at {}", words::time(decision.basis_time, &page.style.zone)));
    }
    for condition in &decision.conditions {
        let fallback = match condition.fallback {
            Fallback::NoGo => "no-go",
            Fallback::Rollback => "rollback",
        };
        let text = format!(
            "condition {}: {} ({}, due {}, otherwise {fallback})",
            safe::line(&condition.id),
            safe::line(&condition.text),
            condition.assignee,
            words::time(condition.due, &page.style.zone)
        );
        page.hanging(4, 6, &text);
    }
    for reason in &decision.reasons {
        page.hanging(4, 6, &format!("{} {}", Paint::Wait.on(reason.code.as_str()), safe::line(&reason.message)));
    }
    page.line(4, &Paint::Dim.on(&format!("record {} key {}", decision.record.short(), decision.key)));
}

fn facts(page: &mut Page<'_>, report: &Report, release: &ReleaseReport) {
    const UNKNOWN: &str = "not known";
    let zone = page.style.zone.clone();
    let text = |value: &Option<String>| value.as_deref().map_or_else(|| UNKNOWN.to_owned(), safe::line);
    page.heading("Release");
    page.fact("tag", &safe::line(report.tag.full()));
    page.fact("title", &safe::line(&release.title));
    page.fact("component", &safe::line(&release.component));
    let opened = report.records.iter().find(|record| record.id == release.open).and_then(|record| record.witnessed);
    page.fact("opened by", &format!("{}, {}", release.opened_by, words::claimed(release.opened_at, opened, &zone)));
    page.fact("requester", &release.requester.as_ref().map_or_else(|| UNKNOWN.to_owned(), ToString::to_string));
    page.fact("reason", &text(&release.reason));
    page.fact("ticket", &text(&release.ticket));
    page.fact("security", &text(&release.security_impact));
    let window = release.window.map(|window| format!("{} to {}", words::time(window.from, &zone), words::time(window.to, &zone)));
    page.fact("window", &window.unwrap_or_else(|| UNKNOWN.to_owned()));
    match &release.risk {
        None => page.fact("risk", UNKNOWN),
        Some(risk) => {
            let reasons = risk.reasons.iter().map(|reason| safe::line(reason));
            page.facts("risk", &std::iter::once(risk.class.to_string()).chain(reasons).collect::<Vec<_>>());
        }
    }
    page.facts("scope", &listed(&release.scope));
    page.fact("tag object", &release.tag_object.to_string());
    page.fact("commit", &release.commit.to_string());
    page.fact("tree sha256", &release.tree_sha256.to_string());
    page.fact("checklist", &format!("{} sha256:{}", safe::line(&release.checklist.path), release.checklist.sha256));
    let previous = release.previous.as_ref().map(|previous| {
        let by_hand = if previous.overridden { ", named by hand" } else { "" };
        format!("{} at {}{by_hand}", safe::line(previous.tag.short()), previous.commit.short())
    });
    page.fact("previous", &previous.unwrap_or_else(|| "none".to_owned()));
    page.fact("commits", &release.commits.to_string());
    let artifacts: Vec<_> =
        release.artifacts.iter().map(|artifact| format!("{} sha256:{}", safe::line(&artifact.name), artifact.sha256)).collect();
    page.facts("artifacts", &if artifacts.is_empty() { vec![UNKNOWN.to_owned()] } else { artifacts });
}

fn listed(texts: &[String]) -> Vec<String> {
    if texts.is_empty() { vec!["not known".to_owned()] } else { texts.iter().map(|text| safe::line(text)).collect() }
}

/// How it goes out and how it comes back.
fn plan(page: &mut Page<'_>, release: &ReleaseReport) {
    page.heading("Roll-out and roll-back");
    if release.stages.is_empty() {
        page.fact("stages", "not known");
    }
    for (number, stage) in release.stages.iter().enumerate() {
        let mut parts = vec![safe::line(&stage.name)];
        parts.extend(stage.traffic.as_deref().map(safe::line));
        parts.extend(stage.bake.map(|seconds| format!("then wait {}", words::span(seconds))));
        parts.extend(stage.thresholds.as_deref().map(|text| format!("while {}", safe::line(text))));
        page.fact(if number == 0 { "stages" } else { "" }, &parts.join(", "));
    }
    page.facts("roll back if", &listed(&release.triggers));
    let steps: Vec<_> =
        release.procedure.iter().enumerate().map(|(number, step)| format!("{}. {}", number + 1, safe::line(step))).collect();
    page.facts("roll back by", &if steps.is_empty() { vec!["not known".to_owned()] } else { steps });
}

fn items(page: &mut Page<'_>, report: &Report) {
    page.heading("Items");
    if report.items.is_empty() {
        page.line(2, "none");
    }
    for item in &report.items {
        one_item(page, report, item);
    }
}

fn one_item(page: &mut Page<'_>, report: &Report, item: &ItemReport) {
    let mark = format!("{} {}", page.style.mark(item.state), item.state.as_str());
    let mut about = vec![format!("owner {}", super::owner(item)), super::phase_name(item.phase).to_owned()];
    about.extend(item.optional.then(|| "optional".to_owned()));
    about.extend(item.irreversible.then(|| "irreversible".to_owned()));
    let head = format!("{:>2}  {}  {}", item.number, Paint::Strong.on(item.id.as_str()), Paint::of_item(item.state).on(&mark));
    page.line(0, &head);
    page.line(4, &safe::line(&item.title));
    page.line(4, &Paint::Dim.on(&format!("{}, {}", about.join(", "), lines_of(item))));
    let missing = super::missing(report, item);
    if !missing.is_empty() {
        page.hanging(4, 6, &format!("{} {missing}", Paint::Wait.on("missing:")));
    }
    for word in &item.words {
        one_word(page, word);
    }
}

fn lines_of(item: &ItemReport) -> String {
    match item.lines {
        (first, last) if first == last => format!("line {first}"),
        (first, last) => format!("lines {first}-{last}"),
    }
}

/// A word with everything by which it can be checked: signer, role, key, record, claimed and witnessed time.
fn one_word(page: &mut Page<'_>, word: &WordReport) {
    let zone = page.style.zone.clone();
    let role = word.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
    let counts = if word.counts {
        Paint::Good.on(&safe::line(&word.counts_as))
    } else {
        let code = word.why_not.map(|code| format!(" [{code}]")).unwrap_or_default();
        Paint::Dim.on(&format!("does not count: {}{code}", safe::line(&word.counts_as)))
    };
    let dot = if page.style.unicode { "•" } else { "*" };
    page.hanging(4, 6, &format!("{dot} {}{role}: {} ({counts})", word.signer, word.verdict));
    for text in word.reason.iter().chain(&word.comment) {
        page.quote(6, &safe::lines(text));
    }
    for evidence in &word.evidence {
        page.hanging(6, 8, &format!("evidence {}", evidence_line(evidence)));
    }
    for note in &word.private_notes {
        match &note.text {
            Some(text) => page.quote(6, &safe::lines(text)),
            None => page.hanging(6, 8, &Paint::Dim.on(&format!("private note {}: {}", note.sha256.short(), note.shown()))),
        }
    }
    page.hanging(6, 6, &Paint::Dim.on(&words::claimed(word.time, word.witnessed, &zone)));
    page.hanging(6, 6, &Paint::Dim.on(&format!("record {} key {}", word.record.short(), word.key)));
}

fn evidence_line(evidence: &Evidence) -> String {
    let mut parts: Vec<String> = evidence.name.iter().chain(&evidence.uri).map(|text| safe::line(text)).collect();
    match evidence.sha256 {
        Some(digest) => parts.push(format!("sha256:{digest}")),
        None => parts.push("a link without a digest".to_owned()),
    }
    parts.extend(evidence.size.map(|size| words::count(size, "byte")));
    parts.extend(evidence.salted.then(|| "private".to_owned()));
    parts.join(", ")
}

fn people(page: &mut Page<'_>, report: &Report) {
    page.heading("People and machines");
    if report.people.is_empty() {
        page.line(2, "none");
    }
    for person in &report.people {
        let name = person.name.as_deref().map(|name| format!(" ({})", safe::line(name))).unwrap_or_default();
        let roles = if person.roles.is_empty() { "no roles".to_owned() } else { words::and(&person.roles) };
        page.hanging(2, 4, &format!("{}{name}: {roles}; {}", person.principal, words::count(person.records, "record")));
        for key in &person.keys {
            page.line(4, &Paint::Dim.on(&format!("key {key}")));
        }
    }
}

/// Who acted in which capacity; short headings, so that it fits on the narrowest page.
fn duties(page: &mut Page<'_>, report: &Report) {
    page.heading("Separation of duties");
    let matrix = separation::matrix(report);
    if matrix.is_empty() {
        page.line(2, "nobody has acted yet");
        return;
    }
    let full: usize = Duty::ALL.iter().map(|duty| safe::columns(duty.as_str()) + 2).sum();
    let names = matrix.keys().map(|who| safe::columns(&safe::line(who))).max().unwrap_or(0).min(24);
    let wide = names + full + 2 <= page.width();
    let mut head = vec![Column::new("who", 24)];
    head.extend(Duty::ALL.map(|duty| Column::new(if wide { duty.as_str() } else { duty.short() }, 12)));
    let yes = if page.style.unicode { "●" } else { "x" };
    let rows: Vec<Vec<_>> = matrix
        .iter()
        .map(|(who, duties)| {
            let cell = |duty| (if duties.contains(&duty) { yes.to_owned() } else { String::new() }, None);
            std::iter::once((safe::line(who), None)).chain(Duty::ALL.map(cell)).collect()
        })
        .collect();
    page.table(2, &head, &rows);
    let mut alone = true;
    for (who, duties) in &matrix {
        for overlap in separation::overlaps(duties) {
            alone = false;
            page.hanging(2, 4, &format!("{} {} is {overlap}", Paint::Wait.on("!"), safe::line(who)));
        }
    }
    if alone {
        page.line(2, &Paint::Dim.on("no reviewer or decider asked for, tagged or implemented it"));
    }
}
