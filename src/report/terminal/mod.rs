//! The report for a terminal: one screen ([`status`]), the whole of it ([`report`]), or one line ([`verdict_line`]).

mod board;
mod document;
mod verify;

pub use self::board::{Around, board, next_step};
pub use self::verify::verify;

use super::document::{Document, Times};
use super::page::{Column, Page};
use super::steps::{self, Step, reviews};
use super::style::{Paint, Style};
use super::words;
use super::{dossier, safe};
use crate::model::finding::{Code, Finding, Severity};
use crate::model::record::Phase;
use crate::model::report::{Answer, Integrity, ItemReport, ItemState, Need, NeedKind, Report};

/// Above this many items, those that are settled are told in one line.
const ONE_SCREEN: usize = 24;

/// Shows where a release stands on one screen: the answer, the items, what blocks it and who can unblock it.
///
/// `freshness` says when the data was fetched and what is not shared; it stands first, because all else depends on it.
pub fn status(report: &Report, style: &Style, freshness: &str) -> String {
    let mut page = Page::new(style);
    if !freshness.is_empty() {
        page.line(0, &Paint::Dim.on(&safe::line(freshness)));
        page.blank();
    }
    title(&mut page, report);
    let steps = steps::steps(report);
    waits_for(&mut page, &steps);
    if !report.items.is_empty() {
        page.blank();
        items(&mut page, report);
    }
    way_forward(&mut page, report, &steps);
    integrity(&mut page, report);
    page.blank();
    page.line(0, &counts(report));
    page.finish()
}

/// Shows everything that a verdict rests on: the dossier below the title, with times in the reader's zone.
pub fn report(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    title(&mut page, report);
    let mut dossier = Document::new(Times::Zone(style.zone.clone()));
    dossier::body(&mut dossier, report);
    document::render(&mut page, &dossier);
    page.finish()
}

/// Reports the answer and its reason in one line without colours.
pub fn verdict_line(report: &Report) -> String {
    let tag = safe::fit(report.tag.short(), 80, "…");
    let answer = report.verdict.answer.as_str();
    if report.verdict.answer == Answer::Go {
        let place = report.release.as_ref().map(|release| format!(" for {}", release.environment)).unwrap_or_default();
        let decision = report.verdict.decision.and_then(|id| report.decisions.iter().find(|decision| decision.record == id));
        let by = decision
            .map(|decision| format!(", decided by {} at {} (record {})", decision.signer, decision.time, decision.record.short()))
            .unwrap_or_default();
        let integrity = match report.integrity {
            Integrity::Intact => String::new(),
            other => format!("; integrity {}, without effect on the answer", other.as_str()),
        };
        let unsigned = report.findings.iter().find(|finding| finding.code == Code::TasksUnread);
        let unsigned =
            unsigned.map(|finding| format!("; {} [{}]", safe::fit(&finding.message, 300, "…"), finding.code)).unwrap_or_default();
        return format!("{answer}: {tag}{place}{by}{integrity}{unsigned}");
    }
    let Some(first) = report.verdict.reasons.first() else {
        return format!("{answer}: {tag}");
    };
    let more = report.verdict.reasons.len() - 1;
    let rest = if more == 0 { String::new() } else { format!(" (and {})", words::count(more as u64, "more reason")) };
    format!("{answer}: {tag}: {} [{}]{rest}", safe::fit(&first.message, 300, "…"), first.code)
}

/// The title with the answer at the right edge, and the line of facts below it.
fn title(page: &mut Page<'_>, report: &Report) {
    let style = page.style;
    let answer = report.verdict.answer.as_str();
    let tag = safe::fit(report.tag.short(), 40, style.ellipsis());
    let room = page.width().saturating_sub(safe::columns(&tag) + safe::columns(answer) + 6);
    let title = report.release.as_ref().map(|release| safe::fit(&release.title, room, style.ellipsis())).unwrap_or_default();
    let left = format!("{}  {title}", Paint::Strong.on(&tag));
    page.edges(left.trim_end(), &Paint::of_answer(report.verdict.answer).on(answer));

    let mut facts = Vec::new();
    if let Some(release) = &report.release {
        facts.push(release.environment.to_string());
        facts.push(release.release_type.to_string());
    }
    facts.push(Paint::of_release(report.state).on(report.state.as_str()));
    facts.push(Paint::of_integrity(report.integrity).on(report.integrity.as_str()));
    if let Some(release) = &report.release {
        facts.push(format!("opened by {} {}", release.opened_by, words::ago(release.opened_at, report.as_of)));
    }
    page.line(0, &facts.join(style.dot()));
    let decided = report.verdict.decision.and_then(|id| report.decisions.iter().find(|decision| decision.record == id));
    if let Some(decision) = decided {
        let (when, time) = (words::ago(decision.time, report.as_of), words::time(decision.time, &style.zone));
        let text = format!("{} by {} {when}, {time}", decision.decision, decision.signer);
        page.line(0, &Paint::Dim.on(&text));
        if let Some(witnessed) = decision.witnessed {
            let (when, time) = (words::ago(witnessed, report.as_of), words::time(witnessed, &style.zone));
            page.line(0, &Paint::Dim.on(&format!("witnessed {when}, {time}")));
        }
    }
}

/// The items, by phase where there are several.
fn items(page: &mut Page<'_>, report: &Report) {
    let all: Vec<&ItemReport> = report.items.iter().collect();
    let fold = all.len() > ONE_SCREEN;
    let (settled, shown): (Vec<_>, Vec<_>) = all.into_iter().partition(|item| fold && item.state.is_settled());
    let phases = [Phase::Before, Phase::Stage, Phase::After, Phase::OnRollback];
    let wide = page.width() >= 100;
    let mut head = vec![Column::new("#", 4), Column::new("item", if wide { 28 } else { 24 })];
    if wide {
        head.push(Column::new("title", 40));
    }
    head.extend([Column::new("owner", 16), Column::new("state", 17), Column::new("missing", 60)]);
    let style = page.style;
    let mut rows = Vec::new();
    for phase in phases {
        let of_phase: Vec<_> = shown.iter().filter(|item| item.phase == phase).collect();
        if !of_phase.is_empty() && phase != Phase::Before {
            let mut row = vec![(String::new(), None), (phase_name(phase).to_owned(), Some(Paint::Dim))];
            row.resize(head.len(), (String::new(), None));
            rows.push(row);
        }
        for item in of_phase {
            let is_due = phase == Phase::Before && !item.optional;
            let mut row = vec![(item.number.to_string(), Some(Paint::Dim)), (item.id.to_string(), None)];
            if wide {
                row.push((safe::fit(&item.title, 40, style.ellipsis()), Some(Paint::Dim)));
            }
            row.push((owner(item), None));
            let paint = if is_due || item.state == ItemState::Rejected { Paint::of_item(item.state) } else { Paint::Dim };
            row.push((format!("{} {}", style.mark(item.state), item.state.as_str()), Some(paint)));
            let missing = missing(report, item);
            let optional = item.optional && !missing.is_empty();
            row.push((if optional { format!("(optional) {missing}") } else { missing }, None));
            rows.push(row);
        }
    }
    if !rows.is_empty() {
        page.table(0, &head, &rows);
    }
    if !settled.is_empty() {
        let numbers: Vec<u32> = settled.iter().map(|item| item.number).collect();
        let text = format!(
            "{} {} settled: {}",
            style.mark(ItemState::Satisfied),
            words::count_of(&settled, "item"),
            words::runs(&numbers)
        );
        page.line(0, &Paint::Good.on(&text));
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before GO",
        Phase::Stage => "at each stage",
        Phase::After => "after roll-out",
        Phase::OnRollback => "on roll-back",
    }
}

fn owner(item: &ItemReport) -> String {
    item.owner.as_ref().map_or_else(|| "(nobody)".to_owned(), ToString::to_string)
}

/// What an item still needs and from whom, in a few words.
fn missing(report: &Report, item: &ItemReport) -> String {
    let needs: Vec<_> = item.needs.iter().map(|need| missing_of(report, need)).collect();
    needs.join("; ")
}

fn missing_of(report: &Report, need: &Need) -> String {
    let by = |what: &str| match need.candidates.as_slice() {
        [] => format!("{what}; nobody is eligible"),
        people => format!("{what} by {}", words::some_of(people, 2)),
    };
    match need.what {
        NeedKind::OwnerWord => by("done"),
        NeedKind::Review => by(&reviews(need)),
        NeedKind::RejectResolved => {
            let author = need.record.and_then(|id| report.records.iter().find(|record| record.id == id));
            let by = author.map(|record| format!(" by {}", record.signer)).unwrap_or_default();
            format!("withdrawal{by}, or waiver by 2")
        }
        NeedKind::Children => format!("{} below it", words::count(need.people.into(), "item")),
        NeedKind::Waiver => by(&words::count(need.people.into(), "more waiver")),
        NeedKind::CheckPassed => "a passing check".to_owned(),
    }
}

/// The people to ask, in the order of what blocks.
fn waits_for(page: &mut Page<'_>, steps: &[Step]) {
    let mut named: Vec<&str> = Vec::new();
    for who in steps.iter().filter_map(|step| step.waits_for.as_deref()) {
        if !named.contains(&who) {
            named.push(who);
        }
    }
    if !named.is_empty() {
        page.line(0, &format!("waiting for {}", Paint::Strong.on(&named.join(page.style.dot()))));
    }
}

/// What blocks, and for each the people and the command.
fn way_forward(page: &mut Page<'_>, report: &Report, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    page.heading("What blocks it, and who can unblock it");
    for Step { state, blocks, said, ways, .. } in steps {
        let mark = match state {
            Some(state) => Paint::of_item(*state).on(page.style.mark(*state)),
            None => Paint::of_answer(report.verdict.answer).on(if page.style.unicode { "▸" } else { ">" }),
        };
        page.hanging(2, 4, &format!("{mark} {blocks}"));
        if let Some(said) = said {
            page.quote(4, &safe::lines(said).into_iter().take(6).collect::<Vec<_>>());
        }
        for way in ways {
            page.hanging(4, 6, &Paint::Strong.on(&way.who));
            if !way.command.is_empty() {
                page.command(6, &way.command);
            }
        }
    }
}

/// What is not what it claims to be, or not here, or was not read as a task, and is not among the reasons already: it changes no
/// answer, and still nobody should have to ask for it.
fn integrity(page: &mut Page<'_>, report: &Report) {
    const MOST: usize = 3;
    let wrong = |finding: &&Finding| {
        matches!(finding.severity, Severity::Tampered | Severity::Incomplete) || finding.code == Code::TasksUnread
    };
    let others: Vec<_> = report.findings.iter().filter(wrong).filter(|finding| !report.verdict.reasons.contains(finding)).collect();
    if others.is_empty() {
        return;
    }
    page.heading("Other findings, without effect on the answer");
    for finding in others.iter().take(MOST) {
        let paint = if finding.severity == Severity::Tampered { Paint::Bad } else { Paint::Wait };
        page.hanging(
            2,
            4,
            &format!("{} {}", paint.on(finding.code.as_str()), safe::fit(&finding.message, 300, page.style.ellipsis())),
        );
    }
    if others.len() > MOST {
        page.line(2, &format!("and {} more", others.len() - MOST));
    }
}

/// How many items are settled, and how much was read.
fn counts(report: &Report) -> String {
    let due: Vec<_> = report.items.iter().filter(|item| item.phase == Phase::Before && !item.optional).collect();
    let settled = due.iter().filter(|item| item.state.is_settled()).count();
    let mut parts = Vec::new();
    if !due.is_empty() {
        parts.push(format!("{settled} of {} settled", words::count_of(&due, "item")));
    }
    let waived = report.exceptions.iter().filter(|exception| exception.holds).count();
    if waived > 0 {
        parts.push(Paint::Wait.on(&format!("{waived} waived")));
    }
    parts.push(words::count(report.records.len() as u64, "record"));
    if report.lines > report.records.len() as u64 {
        let invalid = report.lines - report.records.len() as u64;
        parts.push(Paint::Wait.on(&format!("{} not counted", words::count(invalid, "line"))));
    }
    let findings = words::count_of(&report.findings, "finding");
    parts.push(if report.findings.is_empty() {
        findings
    } else {
        format!("{findings} (relsign verify {})", safe::shell(report.tag.short()))
    });
    parts.join(", ")
}
