//! The records of a release on a terminal, below the days on which they were signed.

use super::super::page::Page;
use super::super::style::{Paint, Style};
use super::super::{safe, words};
use crate::model::report::{RecordReport, Report, SignOffReport};

/// Lists records in their order: when, who, what, and the id that `show` and `withdraw` take; what was added to each stands below it.
///
/// `reports` are those of the release for all its environments, of which the titles of the items are taken.
pub fn log(reports: &[Report], records: &[&RecordReport], style: &Style) -> String {
    let mut page = Page::new(style);
    let who = records.iter().map(|record| safe::columns(&record.signer.to_string())).max().unwrap_or(0).min(page.width() / 5);
    let mut day = String::new();
    for record in records {
        let at = record.time.to_jiff().to_zoned(style.zone.clone());
        let on = at.strftime("%a %-d %b %Y %Z").to_string();
        if on != day {
            page.heading(&on);
            day = on;
        }
        let signer = safe::fit(&record.signer.to_string(), who, style.ellipsis());
        let before = format!("  {}  {signer}{}  ", at.strftime("%H:%M"), " ".repeat(who - safe::columns(&signer)));
        let indent = safe::columns(&before);
        page.row(&before, &says(reports, record, style), &Paint::Dim.on(&record.id.short()));
        if let Some(witnessed) = record.witnessed {
            page.line(indent, &Paint::Dim.on(&format!("witnessed {}", words::local_time(witnessed, &style.zone))));
        }
        let items = reports.iter().flat_map(|report| &report.items);
        let word = items.flat_map(|item| &item.sign_offs).find(|word| word.record == record.id);
        for (what, text) in word.map(added).unwrap_or_default() {
            match safe::lines(&text).as_slice() {
                [one] => page.line(indent, &format!("{} {one}", Paint::Dim.on(what))),
                several => {
                    page.line(indent, &Paint::Dim.on(what));
                    page.quote(indent + 2, several);
                }
            }
        }
    }
    page.finish()
}

/// Returns what a record says, with the title of its item before the id.
fn says(reports: &[Report], record: &RecordReport, style: &Style) -> String {
    let mut items = reports.iter().flat_map(|report| &report.items);
    let item = record.item.as_ref().and_then(|id| items.find(|item| item.id == *id));
    let Some(item) = item else { return safe::line(&record.says) };
    let id = item.id.as_str();
    let named = format!("{} {}", safe::fit(&item.title, 100, style.ellipsis()), Paint::Dim.on(&format!("({id})")));
    if let Some(verb) = record.says.strip_suffix(id).and_then(|before| before.strip_suffix(' ')) {
        return format!("{}: {named}", safe::line(verb));
    }
    let words = record.says.split(' ').map(|word| match word.strip_prefix(id) {
        Some(rest @ ("" | ":")) => format!("{named}{rest}"),
        _ => safe::line(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns what somebody added to a word, each with what it is.
fn added(word: &SignOffReport) -> Vec<(&'static str, String)> {
    let evidence = word.evidence.iter().filter(|evidence| !evidence.salted);
    let named = evidence.filter_map(|evidence| evidence.name.as_ref().or(evidence.uri.as_ref()));
    let texts = [("reason:", &word.reason), ("note:", &word.comment)];
    texts
        .into_iter()
        .filter_map(|(what, text)| Some((what, text.clone()?)))
        .chain(word.private_notes.iter().map(|note| ("private note:", note.shown().to_owned())))
        .chain(named.map(|name| ("evidence:", name.clone())))
        .collect()
}
