//! What headings, leading sentences, columns and values mean: all the words that recognition rests on, in one place.

use crate::model::checklist::{Choice, SectionKind};
use crate::model::ids::Handle;
use crate::model::record::{Phase, RiskClass};

/// Reduces text to lower-case words with single spaces: punctuation, emoji and leading numbers are left out.
pub(super) fn normal(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let skip = words.iter().take_while(|word| word.bytes().all(|b| b.is_ascii_digit())).count();
    words[if skip == words.len() { 0 } else { skip }..].join(" ")
}

/// Whether `phrase` stands in `text` as whole words; both are [`normal`].
fn has(text: &str, phrase: &str) -> bool {
    let first = phrase.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)).map(|at| from + at) {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        if (before.is_empty() || before.ends_with(' ')) && (after.is_empty() || after.starts_with(' ')) {
            return true;
        }
        // The next one may begin within this one.
        from = at + first;
    }
    false
}

fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| has(text, phrase))
}

/// Guesses what a section is about from its heading, or from the sentence that leads to a list.
pub(super) fn section(title: &str) -> Option<SectionKind> {
    let text = normal(title.split(':').next().unwrap_or(title));
    let is = |names: &[&str]| names.contains(&text.as_str());
    let starts = |names: &[&str]| names.iter().any(|name| text == *name || text.starts_with(&format!("{name} ")));
    Some(
        if has_any(&text, &["rollback triggers", "rollback trigger", "roll back triggers", "rollback criteria"])
            || is(&["triggers"])
        {
            SectionKind::Triggers
        } else if has_any(
            &text,
            &[
                "rollback procedure",
                "rollback steps",
                "rollback plan",
                "rollback playbook",
                "roll back procedure",
                "roll back steps",
                "roll back plan",
            ],
        ) && !has_any(&text, &["verification", "tested", "review"])
        {
            SectionKind::Procedure
        } else if starts(&["known issues", "known limitations"]) && !has(&text, "review") {
            SectionKind::KnownIssues
        } else if is(&["testing status", "test status", "test summary", "testing summary", "test results", "test report"]) {
            SectionKind::TestSummary
        } else if has_any(&text, &["risk classification", "risk class", "risk level", "risk rating"]) || is(&["risk"]) {
            SectionKind::Risk
        } else if starts(&["scope", "scope inventory", "release scope"]) {
            SectionKind::Scope
        } else if has_any(&text, &["rollout plan", "roll out plan", "staged rollout", "rollout stages", "rollout strategy"])
            || is(&["rollout", "stages"])
        {
            SectionKind::Stages
        } else if is(&["monitoring", "monitoring plan", "monitoring checkpoints", "monitoring checks", "metrics to watch"]) {
            SectionKind::Monitoring
        } else if is(&["action items", "actions", "follow up actions", "action plan"]) {
            SectionKind::Actions
        } else if is(&["communication plan", "communications plan", "comms plan", "communications", "comms"]) {
            SectionKind::Communication
        } else if is(&["conditions", "condition", "conditions for go"]) {
            SectionKind::Conditions
        } else if is(&["on call", "on call rotation", "on call schedule", "on call coverage"]) {
            SectionKind::OnCall
        } else if is(&["sign off", "signoff", "sign offs", "signoffs", "final sign off", "release sign off"]) {
            SectionKind::SignOff
        } else if is(&["decision", "final decision", "go no go decision", "release decision"]) {
            SectionKind::Decision
        } else if is(&["meeting details", "release information", "release details", "release info", "header"]) {
            SectionKind::Fields
        } else if is(&[
            "notes",
            "note",
            "related",
            "see also",
            "references",
            "reference",
            "resources",
            "links",
            "further reading",
            "glossary",
            "purpose",
            "background",
            "appendix",
            "faq",
            "templates resources",
        ]) || starts(&["how to use", "how to run", "about"])
        {
            SectionKind::Notes
        } else {
            return None;
        },
    )
}

/// Guesses a phase from a heading; one that says nothing of time gives `None`.
pub(super) fn phase(title: &str, has_stages: bool) -> Option<Phase> {
    let text = normal(title);
    let starts = |names: &[&str]| names.iter().any(|name| text == *name || text.starts_with(&format!("{name} ")));
    let is = |names: &[&str]| names.contains(&text.as_str());
    if has_any(
        &text,
        &[
            "on rollback",
            "if rolling back",
            "when rolling back",
            "during rollback",
            "in case of rollback",
            "after rollback",
            "post rollback",
        ],
    ) {
        Some(Phase::OnRollback)
    } else if starts(&[
        "post release",
        "post deploy",
        "post deployment",
        "post rollout",
        "post launch",
        "after release",
        "after deployment",
        "after deploy",
        "after the release",
        "after the deployment",
        "after rollout",
        "after launch",
        "follow up",
    ]) {
        Some(Phase::After)
    } else if starts(&["pre", "before", "prerelease", "predeployment"]) {
        Some(Phase::Before)
    } else if at_each_stage(&text) {
        Some(Phase::Stage)
    } else if is(&[
        "deploy",
        "deployment",
        "deployment process",
        "deploy and observe",
        "during deployment",
        "during rollout",
        "during the rollout",
        "rollout",
    ]) {
        Some(if has_stages { Phase::Stage } else { Phase::After })
    } else {
        None
    }
}

/// Whether a sentence speaks of every stage of the roll-out.
pub(super) fn at_each_stage(text: &str) -> bool {
    let text = normal(text);
    ["each", "every", "per"].iter().any(|word| {
        has_any(&text, &[&format!("{word} stage"), &format!("{word} rollout stage"), &format!("{word} roll out stage")])
    })
}

/// What a column of a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// What is to be done or holds.
    Title,
    /// How far it is.
    Status,
    /// Who answers for it.
    Owner,
    /// When it is due.
    Due,
    /// The name of a stage.
    Stage,
    /// The share of traffic.
    Traffic,
    /// How long to wait.
    Bake,
    /// What must hold.
    Threshold,
    /// What is watched.
    Metric,
    /// Where it is seen.
    Dashboard,
    /// What is to be done, in so many words.
    Action,
    /// What changes.
    Change,
    /// Anything else.
    Other,
}

/// Describes what a column holds by its heading.
pub(super) fn column(head: &str) -> Column {
    let trimmed = head.trim();
    if !trimmed.is_empty() && trimmed.chars().all(|c| matches!(c, '✓' | '✔' | '✅' | '☑' | '☐' | '\u{fe0f}')) {
        return Column::Status;
    }
    let bare = trimmed.split('(').next().unwrap_or(trimmed);
    let text = normal(bare);
    match text.as_str() {
        "item" | "items" | "criteria" | "criterion" | "check" | "task" | "requirement" | "step" | "gate" | "what" => Column::Title,
        "status" | "state" | "done" | "complete" | "completed" | "ready" | "result" | "succeeded" | "passed" | "pass fail"
        | "go no go" | "checked" | "verified" => Column::Status,
        "owner" | "assignee" | "dri" | "responsible" | "owners" | "assigned to" | "who" => Column::Owner,
        "due" | "due date" | "deadline" | "by when" | "when" => Column::Due,
        "stage" | "phase" | "ring" | "wave" => Column::Stage,
        "traffic" | "traffic share" | "share" | "percentage" => Column::Traffic,
        "bake" | "bake time" | "soak" | "soak time" | "dwell" | "dwell time" | "duration" => Column::Bake,
        "metric thresholds" | "threshold" | "thresholds" | "alert threshold" | "success criteria" | "alert" => Column::Threshold,
        "metric" | "metrics" | "signal" => Column::Metric,
        "dashboard" | "dashboards" | "where" => Column::Dashboard,
        "action" | "action item" | "actions" => Column::Action,
        "change" | "changes" => Column::Change,
        _ => Column::Other,
    }
}

/// Finds the risk class in a text such as `Risk Classification: HIGH`.
pub(super) fn risk_class(text: &str) -> Option<RiskClass> {
    text.split(|c: char| !c.is_alphanumeric()).find_map(|word| word.to_lowercase().parse().ok())
}

/// Takes a cell or value that is one handle; everything else that names an owner is text.
pub(super) fn owner(text: &str) -> (Option<Handle>, Option<String>) {
    let text = text.trim();
    match text.parse::<Handle>() {
        Ok(handle) => (Some(handle), None),
        Err(_) if text.chars().all(|c| matches!(c, '_' | '-' | '—' | '.' | ' ')) => (None, None),
        Err(_) => (None, Some(text.to_owned())),
    }
}

/// Finds every handle in a text.
pub(super) fn handles(text: &str) -> Vec<Handle> {
    let mut all = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_') {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        if let Ok(handle) = format!("@{}", rest[..end].trim_end_matches('-')).parse() {
            all.push(handle);
        }
    }
    all
}

/// Splits `Name: value`; the name is short and begins with a letter.
pub(super) fn named_value(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let name = name.trim();
    let starts = name.chars().next().is_some_and(char::is_alphabetic);
    let follows = value.is_empty() || value.starts_with(char::is_whitespace);
    (starts && follows && name.chars().count() <= 40 && name.split_whitespace().count() <= 5).then(|| (name, value.trim()))
}

/// The boxes that people draw, and whether they are ticked.
const BOXES: &[(&str, bool)] = &[("[ ]", false), ("[x]", true), ("[X]", true), ("☐", false), ("☑", true), ("☒", true)];

/// Strips a box from the front of a text.
pub(super) fn leading_box(text: &str) -> Option<(bool, &str)> {
    BOXES.iter().find_map(|(sign, ticked)| {
        let rest = text.strip_prefix(sign)?;
        rest.starts_with(char::is_whitespace).then(|| (*ticked, rest.trim()))
    })
}

/// Splits a line with boxes into what stands before the first and the choices.
pub(super) fn choices(text: &str) -> (String, Vec<Choice>) {
    let mut found: Vec<(usize, usize, bool)> =
        BOXES.iter().flat_map(|(sign, ticked)| text.match_indices(sign).map(|(at, sign)| (at, at + sign.len(), *ticked))).collect();
    found.sort_unstable();
    let title = found.first().map_or(text, |(at, ..)| &text[..*at]).trim().trim_end_matches(':').trim().to_owned();
    let ends = found.iter().skip(1).map(|(at, ..)| *at).chain(std::iter::once(text.len()));
    let choices = found
        .iter()
        .zip(ends)
        .map(|((_, start, ticked), end)| {
            let text = text[*start..end].trim().trim_end_matches(['/', '|', ',']).trim().to_owned();
            Choice { text, ticked: *ticked }
        })
        .collect();
    (title, choices)
}

/// Whether a plain line stands where a heading would: short, capitalised words, no sentence.
pub(super) fn looks_like_heading(line: &str) -> bool {
    let line = line.trim();
    let bare = line.split('(').next().unwrap_or(line).trim();
    line.chars().count() <= 80
        && !bare.is_empty()
        && !bare.ends_with(['.', ',', ';', ':', '!', '?'])
        && bare.chars().next().is_some_and(char::is_uppercase)
        && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '&' | ',' | '\''))
        && bare
            .split_whitespace()
            .all(|word| word.chars().count() < 4 || word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric()))
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn a_phrase_stands_where_words_begin_and_end() {
        let texts = ["", "a", "a a", "xa a a", "a ax", "ax a", "ä a", "a ä a", "aa", "a a a b", "b a a"];
        for text in texts {
            for phrase in ["a", "a a", "a a b", "ä", "b"] {
                assert_eq!(has(text, phrase), format!(" {text} ").contains(&format!(" {phrase} ")), "{phrase:?} in {text:?}");
            }
        }
    }
}
