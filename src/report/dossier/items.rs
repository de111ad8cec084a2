//! The items, every sign-off on them, and the words that count as approvals.

use super::cells::{UNKNOWN, short, shown, witnessed};
use super::course::first_entered;
use crate::model::ids::Principal;
use crate::model::record::{Evidence, SignVerdict};
use crate::model::report::{ItemReport, PrivateNote, Report, SignOffReport};
use crate::model::time::Timestamp;
use crate::report::document::{Document, Line, Times};
use crate::report::words;

/// The items with their states, then the sign-offs on each.
pub(super) fn items(page: &mut Document, report: &Report) {
    page.heading(2, "Items");
    let times = page.times.clone();
    let none = [&report.items[..]];
    let groups: Vec<_> = report.items.chunk_by(|a, b| a.section == b.section).collect();
    for group in if groups.is_empty() { &none[..] } else { &groups } {
        if let Some(section) = group.first().and_then(|item| item.section.last()) {
            page.heading(3, Line::from(section));
        }
        page.table(["#", "Title", "Item", "Phase", "Owner", "Requires", "State"], group.iter().map(row));
    }
    for item in report.items.iter().filter(|item| !item.sign_offs.is_empty()) {
        page.heading(3, Line::from("Sign-offs on ").text(&item.title).text(" (").code(&item.id).text(")"));
        page.table(
            ["Signer", "Sign-off", "Counts", "Comment", "Evidence", "Claimed time", "Witnessed time", "Record", "Key"],
            item.sign_offs.iter().map(|word| one_word(word, &times)),
        );
    }
}

/// An item in a line: its title, then the id.
fn row(item: &ItemReport) -> [Line; 7] {
    [
        item.number.to_string().into(),
        Line::from(&item.title),
        Line::new().code(&item.id),
        item.phase.as_str().into(),
        item.owner.as_ref().map_or_else(|| "release managers".to_owned(), ToString::to_string).into(),
        asks(item).into(),
        item.state.as_str().into(),
    ]
}

/// What satisfies an item, in words.
fn asks(item: &ItemReport) -> String {
    let needs = &item.requirements;
    let mut parts = vec![words::count(needs.reviews.into(), "review")];
    parts.extend((!needs.roles.is_empty()).then(|| format!("one each as {}", words::and(&needs.roles))));
    parts.extend(needs.hardware_key.then(|| "by hardware key".to_owned()));
    parts.extend(needs.evidence.then(|| "evidence with a digest".to_owned()));
    parts.extend(needs.max_age.map(|age| format!("no older than {}", words::span(age))));
    parts.extend(item.optional.then(|| "optional".to_owned()));
    parts.extend(item.irreversible.then(|| "irreversible".to_owned()));
    parts.join(", ")
}

fn one_word(word: &SignOffReport, times: &Times) -> [Line; 9] {
    let role = word.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
    let mut counts = Line::from(if word.counts { "yes: " } else { "no: " }).text(&word.counts_as);
    if let Some(code) = word.why_not {
        counts = counts.text(" (").code(code).text(")");
    }
    [
        format!("{}{role}", word.signer).into(),
        word.verdict.as_str().into(),
        counts,
        Line::stacked(word.reason.iter().chain(&word.comment).map(Line::from).chain(word.private_notes.iter().map(private_note))),
        Line::stacked(word.evidence.iter().map(evidence)),
        times.at(word.time).into(),
        witnessed(word.witnessed, times),
        short(word.record),
        Line::new().code(&word.key),
    ]
}

/// A private note: its text, or that it is erased or not here.
fn private_note(note: &PrivateNote) -> Line {
    match &note.text {
        Some(text) => Line::from(text),
        None => Line::from(format!("private note {}: {}", note.sha256.short(), note.shown())),
    }
}

/// A piece of evidence: name, link where it may be one, digest, size.
fn evidence(evidence: &Evidence) -> Line {
    let mut line = Line::new();
    if let Some(name) = &evidence.name {
        line = line.text(name).text(", ");
    }
    if let Some(uri) = &evidence.uri {
        line = line.link(uri).text(", ");
    }
    line = match evidence.sha256 {
        Some(digest) => line.code(format!("sha256:{digest}")),
        None => line.text("without a digest"),
    };
    match evidence.size {
        Some(size) => line.text(format!(", {}", words::count(size, "byte"))),
        None => line,
    }
}

/// Everyone whose word counts towards GO, with role and authority, and how long before the deployment they spoke.
pub(super) fn approvals(page: &mut Document, report: &Report) {
    page.heading(2, "Approvals");
    let times = &page.times.clone();
    let deployed = first_entered(report);
    let before = |time: Timestamp| match deployed {
        None => UNKNOWN.to_owned(),
        Some(at) if time <= at => format!("{} before", words::span((at.seconds() - time.seconds()).unsigned_abs())),
        Some(_) => "after it".to_owned(),
    };
    let mut rows: Vec<[Line; 8]> = Vec::new();
    for item in &report.items {
        for word in item.sign_offs.iter().filter(|word| word.counts && word.verdict != SignVerdict::Reject) {
            rows.push([
                word.signer.to_string().into(),
                Line::from(word.verdict.as_str()).text(" ").code(&item.id),
                word.role.as_ref().map_or_else(|| "none claimed".to_owned(), ToString::to_string).into(),
                roles(report, &word.signer),
                times.at(word.time).into(),
                witnessed(word.witnessed, times),
                before(word.time).into(),
                short(word.record),
            ]);
        }
    }
    for decision in report.decisions.iter().filter(|decision| decision.holds) {
        rows.push([
            decision.signer.to_string().into(),
            decision.decision.as_str().into(),
            "decider".into(),
            roles(report, &decision.signer),
            times.at(decision.time).into(),
            witnessed(decision.witnessed, times),
            before(decision.time).into(),
            short(decision.record),
        ]);
    }
    page.table(
        ["Who", "What", "In the role", "Roles under the policy", "Claimed time", "Witnessed time", "Deployment", "Record"],
        rows,
    );
    let version = shown(report.governing_policy.map(|policy| policy.version));
    page.paragraph(Line::from("Roles are those of the policy version that governs this release: ").then(version).text("."));
}

fn roles(report: &Report, signer: &Principal) -> Line {
    let person = report.people.iter().find(|person| person.principal == *signer);
    shown(person.filter(|person| !person.roles.is_empty()).map(|person| words::and(&person.roles)))
}
