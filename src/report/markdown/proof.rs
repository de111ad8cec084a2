//! What was found, who signed, and how anybody checks it again.

use super::{Page, UNKNOWN, UNWITNESSED};
use crate::model::report::Report;
use crate::report::{safe, words};

/// Every finding with what it is cited by.
pub(super) fn findings(page: &mut Page, report: &Report) {
    page.heading(2, "Findings");
    if report.findings.is_empty() {
        page.block("None.");
        return;
    }
    let rows = report.findings.iter().map(|finding| {
        [
            format!("{:?}", finding.severity).to_lowercase(),
            format!("`{}`", finding.code),
            safe::markdown(&finding.message),
            finding.subject.as_deref().map(safe::markdown).unwrap_or_default(),
            finding.record.map(|id| format!("`{}`", id.short())).unwrap_or_default(),
            finding.key.as_ref().map(|key| format!("`{key}`")).unwrap_or_default(),
            finding.policy.map(|version| version.to_string()).unwrap_or_default(),
        ]
    });
    page.table(["Severity", "Code", "What was seen", "About", "Record", "Key", "Policy"], rows);
}

/// Who signed, with which keys and roles.
pub(super) fn people(page: &mut Page, report: &Report) {
    page.heading(2, "Signers");
    if report.people.is_empty() {
        page.block("None.");
        return;
    }
    let rows = report.people.iter().map(|person| {
        [
            person.principal.to_string(),
            person.name.as_deref().map_or_else(|| UNKNOWN.to_owned(), safe::markdown),
            if person.roles.is_empty() { "none".to_owned() } else { words::and(&person.roles) },
            person.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join("<br>"),
            person.records.to_string(),
        ]
    });
    page.table(["Signer", "Name", "Roles", "Keys", "Records"], rows);
}

/// Every record by its full id, and the commands that check all of this again.
pub(super) fn manifest(page: &mut Page, report: &Report) {
    page.heading(2, "Manifest");
    let governing =
        report.governing_policy.map_or_else(|| UNKNOWN.to_owned(), |policy| format!("{} `{}`", policy.version, policy.digest));
    let heads: Vec<_> = report.heads.iter().map(|id| format!("`{id}`")).collect();
    page.table(
        ["Fact", "Value"],
        [
            ["Root".to_owned(), format!("`SHA256:{}`", report.root)],
            ["Governing policy".to_owned(), governing],
            ["Newest policy".to_owned(), format!("{} `{}`", report.policy_head.version, report.policy_head.digest)],
            ["Log heads".to_owned(), if heads.is_empty() { "none".to_owned() } else { heads.join("<br>") }],
            ["Lines read".to_owned(), report.lines.to_string()],
            ["Valid records".to_owned(), report.records.len().to_string()],
            ["Made by".to_owned(), safe::markdown(&report.tool)],
            ["As of".to_owned(), report.as_of.to_string()],
        ],
    );
    if !report.records.is_empty() {
        let rows = report.records.iter().map(|record| {
            [
                format!("`{}`", record.id),
                safe::markdown(&record.kind),
                record.signer.to_string(),
                safe::markdown(&record.says),
                record.time.to_string(),
                record.witnessed.map_or_else(|| UNWITNESSED.to_owned(), |at| at.to_string()),
                record.policy.to_string(),
            ]
        });
        page.table(["Record", "Kind", "Signer", "Says", "Claimed time", "Witnessed time", "Policy"], rows);
    }
    page.heading(3, "To check it again");
    let tag = safe::shell(report.tag.short());
    let mut commands = vec![
        format!("relsign verify {tag} --root SHA256:{} --as-of {}", report.root, report.as_of),
        format!("relsign report {tag} --format markdown --as-of {}", report.as_of),
        format!("relsign export {tag} -o proof    # a bundle that verifies with git and ssh-keygen alone"),
    ];
    if let Some(release) = &report.release {
        let full = safe::shell(report.tag.full());
        commands.push(format!("test \"$(git rev-parse {full})\" = {}", release.tag_object));
        commands.push(format!("test \"$(git rev-parse {full}'^{{commit}}')\" = {}", release.commit));
        let file = safe::shell(&format!("{}:{}", release.commit, release.checklist.path));
        commands.push(format!("git cat-file blob {file} | sha256sum    # {}", release.checklist.sha256));
        commands.push(format!("git notes --ref relsign show {}    # the log", release.tag_object));
    }
    page.commands(&commands);
    page.block(
        "The verdict is one on the records listed here. A server that shows one verifier an old state again and again \
         is found only by comparing log heads with others.",
    );
}
