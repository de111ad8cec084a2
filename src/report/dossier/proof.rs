//! What was found, who signed, and how anybody checks it again.

use super::cells::{UNKNOWN, short, witnessed};
use crate::model::finding::Severity;
use crate::model::report::Report;
use crate::report::document::{Document, Line};
use crate::report::{safe, words};

/// Every finding with what it is cited by.
pub(super) fn findings(page: &mut Document, report: &Report) {
    page.heading(2, "Findings");
    page.table(
        ["Severity", "Code", "What was seen", "About", "Record", "Key", "Policy"],
        report.findings.iter().map(|finding| {
            let severity = match finding.severity {
                Severity::Tampered => "tampered",
                Severity::Incomplete => "incomplete",
                Severity::Rule => "rule",
                Severity::Note => "note",
            };
            [
                severity.into(),
                Line::new().code(finding.code),
                Line::from(finding.message()),
                finding.subject.as_ref().map(Line::from).unwrap_or_default(),
                finding.record.map(short).unwrap_or_default(),
                finding.key.as_ref().map(|key| Line::new().code(key)).unwrap_or_default(),
                finding.policy.map(|version| version.to_string().into()).unwrap_or_default(),
            ]
        }),
    );
}

/// Who signed, with which keys and roles.
pub(super) fn people(page: &mut Document, report: &Report) {
    page.heading(2, "Signers");
    page.table(
        ["Signer", "Name", "Roles", "Keys", "Records"],
        report.people.iter().map(|person| {
            [
                person.principal.to_string().into(),
                super::cells::known(person.name.as_deref()),
                if person.roles.is_empty() { "none".into() } else { words::and(&person.roles).into() },
                Line::stacked(person.keys.iter().map(|key| Line::new().code(key))),
                person.records.to_string().into(),
            ]
        }),
    );
}

/// Every record by its full id, and the commands that check all of this again.
pub(super) fn manifest(page: &mut Document, report: &Report) {
    page.heading(2, "Manifest");
    let times = &page.times.clone();
    let policy = |head: crate::model::record::PolicyHead| Line::from(format!("{} ", head.version)).code(head.digest);
    let heads = report.heads.iter().map(|id| Line::new().code(id));
    page.facts([
        ("Root", Line::new().code(format!("SHA256:{}", report.root))),
        ("Governing policy", report.governing_policy.map_or_else(|| UNKNOWN.into(), policy)),
        ("Newest policy", policy(report.policy_head)),
        ("Log heads", if report.heads.is_empty() { "none".into() } else { Line::stacked(heads) }),
        ("Lines read", report.lines.to_string().into()),
        ("Valid records", report.records.len().to_string().into()),
        ("Made by", Line::from(&report.tool)),
        ("As of", times.at(report.as_of).into()),
    ]);
    if !report.records.is_empty() {
        page.heading(3, "Records");
        page.table(
            ["Record", "Kind", "Signer", "Says", "Claimed time", "Witnessed time", "Policy"],
            report.records.iter().map(|record| {
                [
                    Line::new().code(record.id),
                    Line::from(&record.kind),
                    record.signer.to_string().into(),
                    Line::from(&record.says),
                    times.at(record.time).into(),
                    witnessed(record.witnessed, times),
                    record.policy.to_string().into(),
                ]
            }),
        );
    }
    page.heading(3, "How to verify this report");
    page.commands(commands(report));
    page.paragraph(
        "The verdict is one on the records listed here. A server that shows one verifier an old state again and again \
         is found only by comparing log heads with others.",
    );
}

/// Commands of relsign, and of git alone; everything that others named is quoted for a shell.
fn commands(report: &Report) -> Vec<String> {
    let tag = safe::shell(report.tag.short());
    let mut commands = vec![
        format!("relsign verify {tag} --root SHA256:{} --as-of {}", report.root, report.as_of),
        format!("relsign report {tag} --format markdown --as-of {}", report.as_of),
        format!("relsign export {tag} -o proof    # a bundle that verifies with git and ssh-keygen alone"),
    ];
    if let Some(release) = &report.release {
        let full = safe::shell(report.tag.full());
        let peeled = safe::shell(&format!("{}^{{commit}}", report.tag.full()));
        let file = safe::shell(&format!("{}:{}", release.commit, release.checklist.path));
        commands.extend([
            format!("test \"$(git rev-parse {full})\" = {}", release.tag_object),
            format!("test \"$(git rev-parse {peeled})\" = {}", release.commit),
            format!("git cat-file blob {file} | sha256sum    # {}", release.checklist.sha256),
            format!("git notes --ref relsign show {}    # the log", release.tag_object),
        ]);
    }
    commands
}
