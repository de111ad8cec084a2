//! What `verify` shows: whether everything here is what was signed, and everything that was found.

use crate::model::finding::{Finding, Severity};
use crate::model::report::Report;
use crate::report::page::Page;
use crate::report::safe;
use crate::report::style::{Paint, Style};
use crate::report::words;

/// Shows the integrity of a release, how much was checked, and every finding with what it can be cited by.
pub fn verify(report: &Report, style: &Style) -> String {
    let mut page = Page::new(style);
    let tag = safe::fit(report.tag.short(), 60, style.ellipsis());
    let word = Paint::of_integrity(report.integrity).on(report.integrity.as_str());
    page.edges(&Paint::Strong.on(&tag), &word);
    page.fact("lines read", &report.lines.to_string());
    page.fact(
        "valid records",
        &format!("{} by {}", report.records.len(), words::plural(report.people.len() as u64, "signer", "signers")),
    );
    page.fact("root", &format!("SHA256:{}", report.root));
    page.fact("policy", &format!("version {} ({})", report.policy_head.version, report.policy_head.digest.short()));
    page.fact("as of", &words::time(report.as_of, &style.zone));
    heads(&mut page, report);
    page.heading(&words::count_of(&report.findings, "finding"));
    findings(&mut page, &report.findings);
    page.finish()
}

/// The heads of the log, in full: a verdict is only as good as these, and they are compared with other people's.
pub(super) fn heads(page: &mut Page<'_>, report: &Report) {
    let heads: Vec<String> = report.heads.iter().map(ToString::to_string).collect();
    if heads.is_empty() {
        page.fact("log heads", "none");
    } else {
        page.facts("log heads", &heads);
    }
}

/// Every finding: severity and code, what was seen, and what to cite.
pub(super) fn findings(page: &mut Page<'_>, findings: &[Finding]) {
    if findings.is_empty() {
        page.line(2, "none");
    }
    for finding in findings {
        let (word, paint) = severity(finding.severity);
        page.hanging(2, 4, &format!("{} ({})", Paint::Strong.on(finding.code.as_str()), paint.on(word)));
        page.line(4, &safe::line(&finding.message()));
        let cited = citation(finding);
        if !cited.is_empty() {
            page.line(4, &Paint::Dim.on(&cited));
        }
    }
}

/// What a finding is cited by: record, key, policy version.
pub(super) fn citation(finding: &Finding) -> String {
    let mut parts = Vec::new();
    if let Some(subject) = &finding.subject {
        parts.push(format!("about {}", safe::line(subject)));
    }
    if let Some(record) = finding.record {
        parts.push(format!("record {}", record.short()));
    }
    if let Some(key) = &finding.key {
        parts.push(format!("key {key}"));
    }
    if let Some(policy) = finding.policy {
        parts.push(format!("policy {policy}"));
    }
    parts.join(", ")
}

fn severity(severity: Severity) -> (&'static str, Paint) {
    match severity {
        Severity::Tampered => ("tampered", Paint::Bad),
        Severity::Incomplete => ("incomplete", Paint::Wait),
        Severity::Rule => ("rule", Paint::Wait),
        Severity::Note => ("note", Paint::Dim),
    }
}
