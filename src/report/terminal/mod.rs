//! The report for a terminal: one screen ([`status`]), the whole of it ([`report`]), or one line ([`verdict_line`]).

mod board;
mod document;
mod items;
mod log;
mod overview;
mod parts;
mod status;
mod title;
mod verify;

pub use self::board::{Around, board, next_step};
pub use self::log::log;
pub use self::overview::{list, mine};
pub use self::status::{LINES, screen, status, whole};
pub use self::verify::verify;

use self::title::title;
use super::document::{Document, Times};
use super::page::Page;
use super::style::{Paint, Style, finish};
use super::words;
use super::{dossier, safe};
use crate::model::finding::Code;
use crate::model::report::{Answer, Integrity, Report};

/// Shows everything that a verdict rests on: the dossier below the title, with times in the reader's zone.
pub fn report(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    title(&mut page, report);
    parts::decision(&mut page, report);
    let mut dossier = Document::new(Times::Zone(style.zone.clone()));
    dossier::body(&mut dossier, report);
    document::render(&mut page, &dossier);
    page.finish()
}

/// Colours the answer that a line begins with.
pub fn painted(line: &str, answer: Answer, style: &Style) -> String {
    let rest = line.strip_prefix(answer.as_str());
    rest.map_or_else(|| line.to_owned(), |rest| finish(&format!("{}{rest}", Paint::of_answer(answer).on(answer.as_str())), style))
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
            unsigned.map(|finding| format!("; {} [{}]", safe::fit(&finding.message(), 300, "…"), finding.code)).unwrap_or_default();
        return format!("{answer}: {tag}{place}{by}{integrity}{unsigned}");
    }
    let Some(first) = report.verdict.reasons.first() else {
        return format!("{answer}: {tag}");
    };
    let more = report.verdict.reasons.len() - 1;
    let rest = if more == 0 { String::new() } else { format!(" (and {})", words::count(more as u64, "more reason")) };
    format!("{answer}: {tag}: {} [{}]{rest}", safe::fit(&first.message(), 300, "…"), first.code)
}
