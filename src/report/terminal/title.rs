//! The title of a release on a terminal.

use super::super::page::Page;
use super::super::style::Paint;
use super::super::{safe, words};
use crate::model::record::ReleaseType;
use crate::model::report::Report;

/// The title with the answer at the right edge, and the line of facts below it.
pub(super) fn title(page: &mut Page<'_>, report: &Report) {
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
        if release.release_type != ReleaseType::Normal {
            facts.push(Paint::Wait.on(release.release_type.as_str()));
        }
        if let Some(risk) = &release.risk {
            facts.push(risk.class.as_str().to_uppercase());
        }
    }
    facts.push(Paint::of_release(report.state).on(report.state.as_str()));
    facts.push(Paint::of_integrity(report.integrity).on(report.integrity.as_str()));
    if let Some(release) = &report.release {
        facts.push(format!("opened by {} {}", release.opened_by, words::ago(release.opened_at, report.as_of)));
    }
    page.line(0, &facts.join(style.dot()));
}
