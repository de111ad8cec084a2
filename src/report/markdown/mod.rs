//! The dossier of one release in Markdown: the change record that an auditor asks for, with all it rests on.
//!
//! It leaves nothing out silently: what is not known is said to be not known. Times are UTC, so that the same report
//! gives the same bytes wherever it is rendered.

mod change;
mod proof;

use super::safe;
use super::separation::{self, Duty};
use super::steps;
use super::words;
use crate::model::ids::RecordId;
use crate::model::report::{Answer, DecisionReport, ItemReport, Report, WordReport};

/// What stands where nothing is known.
const UNKNOWN: &str = "not known";
/// What stands where no server or witness has vouched for a time.
const UNWITNESSED: &str = "not witnessed";

/// Writes the dossier, exceptions first.
pub fn dossier(report: &Report) -> String {
    let mut page = Page::default();
    summary(&mut page, report);
    exceptions(&mut page, report);
    change::record(&mut page, report);
    change::plan(&mut page, report);
    decisions(&mut page, report);
    items(&mut page, report);
    change::approvals(&mut page, report);
    separation(&mut page, report);
    proof::findings(&mut page, report);
    proof::people(&mut page, report);
    proof::manifest(&mut page, report);
    page.text
}

/// Markdown under construction; every cell and line handed to it is already safe.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn block(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.block(&format!("{} {text}", "#".repeat(level)));
    }

    fn list(&mut self, items: impl IntoIterator<Item = String>) {
        let items: Vec<_> = items.into_iter().map(|item| format!("- {item}")).collect();
        self.block(&items.join("\n"));
    }

    fn table<const N: usize>(&mut self, head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        let row = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| if cell.is_empty() { " " } else { cell.as_str() }).collect();
            format!("| {} |", cells.join(" | "))
        };
        let mut lines = vec![row(&head.map(str::to_owned)), format!("|{}", " --- |".repeat(N))];
        lines.extend(rows.into_iter().map(|cells| row(&cells)));
        self.block(&lines.join("\n"));
    }

    /// Adds commands; a line of a fenced block can't end it, because none begins with a fence.
    fn commands(&mut self, lines: &[String]) {
        self.block(&format!("```sh\n{}\n```", lines.join("\n")));
    }
}

/// Gives the text where there is one, made safe.
fn known(text: Option<&str>) -> String {
    text.filter(|text| !text.trim().is_empty()).map_or_else(|| UNKNOWN.to_owned(), safe::markdown_block)
}

fn short(id: RecordId) -> String {
    format!("`{}`", id.short())
}

fn summary(page: &mut Page, report: &Report) {
    let title = report.release.as_ref().map(|release| format!(": {}", safe::markdown(&release.title))).unwrap_or_default();
    page.heading(1, &format!("Release {}{title}", safe::markdown(report.tag.short())));
    let answer = report.verdict.answer.as_str();
    let mut text = format!(
        "**{answer}**, release {}, integrity {}, as of {}.",
        report.state.as_str(),
        report.integrity.as_str(),
        report.as_of
    );
    if let Some(decision) = report.verdict.decision {
        text.push_str(&format!(" The answer rests on decision {}", short(decision)));
        text.push_str(&if report.heads.is_empty() {
            ".".to_owned()
        } else {
            format!(" as of log head {}.", words::and(report.heads.iter().map(|id| short(*id))))
        });
    }
    page.block(&text);
    if report.verdict.answer != Answer::Go {
        page.heading(2, "Why not");
        let reasons = report.verdict.reasons.iter();
        page.list(reasons.map(|reason| format!("`{}`: {}", reason.code, safe::markdown(&reason.message))));
        let steps = steps::steps(report);
        let ways = steps.iter().flat_map(|step| step.ways.iter().map(move |way| (step, way)));
        let rows: Vec<_> = ways
            .map(|(step, way)| {
                [safe::markdown(&step.blocks), safe::markdown(&way.who), safe::markdown_code(&way.command.join(" "))]
            })
            .collect();
        if !rows.is_empty() {
            page.table(["What blocks", "Who can move it", "With"], rows);
        }
    }
}

fn exceptions(page: &mut Page, report: &Report) {
    page.heading(2, "Exceptions and waivers");
    if report.exceptions.is_empty() {
        page.block("None.");
        return;
    }
    let rows = report.exceptions.iter().map(|exception| {
        let blocks = |texts: &[String]| texts.iter().map(|text| safe::markdown_block(text)).collect::<Vec<_>>().join("<br>");
        [
            format!("`{}`: {}", exception.item, safe::markdown(&exception.title)),
            words::and(&exception.people),
            if exception.reasons.is_empty() { UNKNOWN.to_owned() } else { blocks(&exception.reasons) },
            if exception.tickets.is_empty() { UNKNOWN.to_owned() } else { blocks(&exception.tickets) },
            exception.expires.map_or_else(|| "no end".to_owned(), |at| at.to_string()),
            words::and(exception.over.iter().map(|id| short(*id))),
            if exception.holds { "holds".to_owned() } else { "without effect".to_owned() },
            words::and(exception.records.iter().map(|id| short(*id))),
        ]
    });
    page.table(["Item", "Approved by", "Reason", "Ticket", "Expires", "Over reject", "Effect", "Records"], rows);
}

fn decisions(page: &mut Page, report: &Report) {
    page.heading(2, "Decisions");
    if report.decisions.is_empty() {
        page.block("None.");
        return;
    }
    page.table(
        ["Decision", "By", "Claimed time", "Witnessed time", "Judged at", "Reason", "Rests on", "Holds", "Record"],
        report.decisions.iter().map(|decision| one_decision(report, decision)),
    );
    let conditions =
        report.decisions.iter().flat_map(|decision| decision.conditions.iter().map(move |condition| (decision, condition)));
    let rows: Vec<_> = conditions
        .map(|(decision, condition)| {
            [
                short(decision.record),
                safe::markdown(&condition.id),
                safe::markdown_block(&condition.text),
                condition.assignee.to_string(),
                condition.due.to_string(),
                condition.fallback.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        page.heading(3, "Conditions");
        page.table(["Decision", "Condition", "Text", "By", "Due", "Otherwise"], rows);
    }
    let refused: Vec<_> = report
        .decisions
        .iter()
        .flat_map(|decision| decision.reasons.iter().map(move |reason| (decision, reason)))
        .map(|(decision, reason)| format!("{}: `{}`: {}", short(decision.record), reason.code, safe::markdown(&reason.message)))
        .collect();
    if !refused.is_empty() {
        page.heading(3, "Why a decision does not hold");
        page.list(refused);
    }
}

fn one_decision(report: &Report, decision: &DecisionReport) -> [String; 9] {
    [
        decision.decision.to_string(),
        decision.signer.to_string(),
        decision.time.to_string(),
        witnessed(report, decision.record),
        decision.basis_time.to_string(),
        known(decision.reason.as_deref()),
        words::count(decision.manifest, "record"),
        if decision.holds { "yes" } else { "no" }.to_owned(),
        short(decision.record),
    ]
}

fn witnessed(report: &Report, id: RecordId) -> String {
    let at = report.records.iter().find(|record| record.id == id).and_then(|record| record.witnessed);
    at.map_or_else(|| UNWITNESSED.to_owned(), |at| at.to_string())
}

fn items(page: &mut Page, report: &Report) {
    page.heading(2, "Items");
    if report.items.is_empty() {
        page.block("None.");
        return;
    }
    page.table(
        ["#", "Item", "Title", "Phase", "Owner", "Asks for", "State"],
        report.items.iter().map(|item| {
            [
                item.number.to_string(),
                format!("`{}`", item.id),
                safe::markdown(&item.title),
                item.phase.to_string(),
                item.owner.as_ref().map_or_else(|| "release managers".to_owned(), ToString::to_string),
                asks(item),
                item.state.as_str().to_owned(),
            ]
        }),
    );
    for item in report.items.iter().filter(|item| !item.words.is_empty()) {
        page.heading(3, &format!("Words on `{}`", item.id));
        page.table(
            ["Signer", "Word", "Counts", "Said", "Evidence", "Claimed time", "Witnessed time", "Record", "Key"],
            item.words.iter().map(one_word),
        );
    }
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

fn one_word(word: &WordReport) -> [String; 9] {
    let said: Vec<_> = word.reason.iter().chain(&word.comment).map(|text| safe::markdown_block(text)).collect();
    let evidence: Vec<_> = word.evidence.iter().map(change::evidence).collect();
    let code = word.why_not.map(|code| format!(" (`{code}`)")).unwrap_or_default();
    [
        format!("{}{}", word.signer, word.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default()),
        word.verdict.to_string(),
        format!("{}: {}{code}", if word.counts { "yes" } else { "no" }, safe::markdown(&word.counts_as)),
        said.join("<br>"),
        evidence.join("<br>"),
        word.time.to_string(),
        word.witnessed.map_or_else(|| UNWITNESSED.to_owned(), |at| at.to_string()),
        short(word.record),
        format!("`{}`", word.key),
    ]
}

fn separation(page: &mut Page, report: &Report) {
    page.heading(2, "Separation of duties");
    let matrix = separation::matrix(report);
    if matrix.is_empty() {
        page.block("Nobody has acted yet.");
        return;
    }
    let mut head = ["Who"; 9];
    for (place, duty) in head[1..8].iter_mut().zip(Duty::ALL) {
        *place = duty.as_str();
    }
    head[8] = "in one hand";
    page.table(
        head,
        matrix.iter().map(|(who, duties)| {
            let mut row: [String; 9] = Default::default();
            row[0] = safe::markdown(who);
            for (place, duty) in row[1..8].iter_mut().zip(Duty::ALL) {
                *place = if duties.contains(&duty) { "yes".to_owned() } else { String::new() };
            }
            row[8] = separation::overlaps(duties).join("; ");
            row
        }),
    );
    page.block(
        "The policy decides which duties may be in one hand; a word that it does not let count is marked so above. \
         Unsigned commits do not prove who wrote them.",
    );
}
