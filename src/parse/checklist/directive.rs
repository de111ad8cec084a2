//! `<!-- relsign: … -->`: what a file says about its items, sections and itself.

use std::collections::BTreeMap;
use std::ops::Range;

use super::blocks::MOST_IN_TAG;
use super::signs::is_blank;
use super::source::Source;
use crate::model::checklist::{RegionKind, SectionKind};
use crate::model::ids::{Handle, ItemId, RoleName};
use crate::model::problem::{Level, Problem};
use crate::model::record::Phase;

/// Where a directive stands, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On an item.
    Item,
    /// Below a heading or above all of them.
    Section,
}

/// One value with its position.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// The value; that of a bare name is `true`.
    pub(super) text: String,
    /// Where name and value stand.
    pub(super) span: Range<usize>,
}

/// What a directive says, checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Directive {
    /// The values by name.
    pub(super) values: BTreeMap<String, Value>,
}

/// The names that an item's attributes may have, with what they mean; docs/guide/checklist.md lists them.
pub const ATTRIBUTES: &[(&str, &str)] = &[
    ("check", "the command that checks the item, run only with consent"),
    ("covers", "the path patterns that an approval is about, separated by commas"),
    ("due", "when it is due after an event: deploy+30m not before that, deploy..2h by then"),
    ("id", "the item's id"),
    ("irreversible", "it can't be undone, so it needs a named approver"),
    ("label", "labels by which a policy can select the item, separated by commas"),
    ("optional", "GO does not need it"),
    ("owner", "the person or role that owns it, as @name"),
    ("phase", "before, stage, after or on-rollback"),
    ("reviews", "how many other people must review it"),
    ("role", "the roles that reviewers must hold, separated by commas"),
];

/// The further names that a directive below a heading may have.
pub const SECTION_ATTRIBUTES: &[(&str, &str)] = &[
    ("items", "bullets or rows: what is an item here besides tasks, or none"),
    ("section", "what the section is about, such as triggers or monitoring"),
];

/// Whether a comment is one of relsign's.
pub(super) fn is_directive(comment: &str) -> bool {
    comment.strip_prefix("<!--").is_some_and(|rest| rest.trim_start().starts_with("relsign:"))
}

/// Reads the directive of a comment, reporting everything that is wrong with it.
pub(super) fn read(source: &Source<'_>, comment: Range<usize>, place: Place, problems: &mut Vec<Problem>) -> Directive {
    let text = &source.text[comment.clone()];
    let Some(at) = text.find("relsign:") else { return Directive::default() };
    let end = text.find("-->").unwrap_or(text.len());
    let start = at + "relsign:".len();
    let mut directive = Directive::default();
    if start > end {
        return directive;
    }
    for (name, value, span) in words(&text[start..end]) {
        let span = comment.start + start + span.start..comment.start + start + span.end;
        let Some(value) = value else {
            let message = format!("the value of `{name}` has no closing quotation mark");
            problems.push(source.problem(Level::Error, "directive-syntax", span, message));
            continue;
        };
        if let Err((code, message, hint)) = check(&name, &value, place) {
            problems.push(source.problem(Level::Error, code, span, message).hint(hint));
            continue;
        }
        if directive.values.contains_key(&name) {
            let message = format!("the directive sets `{name}` twice");
            problems.push(source.problem(Level::Error, "directive-duplicate", span, message));
            continue;
        }
        directive.values.insert(name, Value { text: value, span });
    }
    directive
}

/// Splits into names and values; a value without its closing mark is `None`.
fn words(text: &str) -> Vec<(String, Option<String>, Range<usize>)> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(skip) = text[at..].find(|c: char| !c.is_whitespace()) {
        let start = at + skip;
        let name_end = text[start..].find(|c: char| c.is_whitespace() || c == '=').map_or(text.len(), |n| start + n);
        let name = text[start..name_end].to_owned();
        let Some(rest) = text[name_end..].strip_prefix('=') else {
            all.push((name, Some("true".to_owned()), start..name_end));
            at = name_end;
            continue;
        };
        let value_start = name_end + 1;
        let (value, end) = match rest.strip_prefix('"') {
            Some(quoted) => match quoted.find('"') {
                Some(length) => (Some(quoted[..length].to_owned()), value_start + length + 2),
                None => (None, text.len()),
            },
            None => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (Some(rest[..length].to_owned()), value_start + length)
            }
        };
        all.push((name, value, start..end));
        at = end;
    }
    all
}

type Refusal = (&'static str, String, String);

/// Checks that a name may stand here and that its value is one.
fn check(name: &str, value: &str, place: Place) -> Result<(), Refusal> {
    let known = ATTRIBUTES.iter().any(|(known, _)| *known == name);
    let section = SECTION_ATTRIBUTES.iter().any(|(known, _)| *known == name);
    if !known && !section {
        let names: Vec<_> = ATTRIBUTES.iter().chain(SECTION_ATTRIBUTES).map(|(name, _)| *name).collect();
        return Err(("directive-unknown", format!("`{name}` is not a relsign attribute"), format!("known: {}", names.join(", "))));
    }
    if section && place == Place::Item {
        let hint = "put the directive on a line of its own below the heading".to_owned();
        return Err(("directive-misplaced", format!("`{name}` is a section attribute but is on an item"), hint));
    }
    if name == "id" && place == Place::Section {
        let hint = "put it on the item's own line".to_owned();
        return Err(("directive-misplaced", "`id` is an item attribute but is on a section".to_owned(), hint));
    }
    let refuse = |hint: &str| Err(("directive-value", format!("`{name}={value}` is not a value of `{name}`"), hint.to_owned()));
    wanted(name, value).map_or(Ok(()), refuse)
}

/// Describes what an attribute's value must be where it isn't.
pub(super) fn wanted(name: &str, value: &str) -> Option<&'static str> {
    let list = || value.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
    let (good, hint) = match name {
        "id" => (value.parse::<ItemId>().is_ok_and(|id| id.stage().is_none()), "an id is a-z, then a-z, 0-9 and -, at most 64"),
        "owner" => (value.parse::<Handle>().is_ok(), "an owner is @name, with a-z, 0-9 and -"),
        "role" => {
            let good = list().next().is_some() && list().all(|role| role.trim_start_matches('@').parse::<RoleName>().is_ok());
            (good, "roles are a-z, then a-z, 0-9 and -, separated by commas")
        }
        "reviews" => (value.parse::<u32>().is_ok_and(|n| n <= 99), "reviews are a number from 0 to 99"),
        "phase" => (value.parse::<Phase>().is_ok(), "phases are before, stage, after and on-rollback"),
        "optional" | "irreversible" => (matches!(value, "true" | "false"), "use it alone, or with true or false"),
        "due" => (
            super::course::due(value).is_some(),
            "write an event (open, decision, deploy or rollback) and times: deploy+30m, deploy..2h or deploy+30m..2h",
        ),
        "check" | "covers" | "label" => {
            (!value.trim().is_empty() && value != "true", "it needs a value, in \"quotation marks\" if it has spaces")
        }
        "items" => (matches!(value, "bullets" | "rows" | "none"), "items is bullets, rows or none"),
        "section" => (
            value.parse::<SectionKind>().is_ok(),
            "sections are: items, fields, scope, risk, stages, monitoring, triggers, procedure, known-issues, test-summary, on-call, communication, conditions, actions, sign-off, decision, notes",
        ),
        _ => (true, ""),
    };
    (!good).then_some(hint)
}

/// Returns the kind of region of a named section.
pub(super) fn region_of(kind: SectionKind) -> Option<RegionKind> {
    Some(match kind {
        SectionKind::Items | SectionKind::Notes => return None,
        SectionKind::Fields => RegionKind::Field,
        SectionKind::Scope => RegionKind::Scope,
        SectionKind::Risk => RegionKind::Risk,
        SectionKind::Stages => RegionKind::Stage,
        SectionKind::Monitoring => RegionKind::Monitoring,
        SectionKind::Triggers => RegionKind::Trigger,
        SectionKind::Procedure => RegionKind::Procedure,
        SectionKind::KnownIssues => RegionKind::KnownIssue,
        SectionKind::TestSummary => RegionKind::TestSummary,
        SectionKind::OnCall => RegionKind::OnCall,
        SectionKind::Communication => RegionKind::Communication,
        SectionKind::Conditions => RegionKind::Condition,
        SectionKind::Actions => RegionKind::Action,
        SectionKind::SignOff => RegionKind::SignOff,
        SectionKind::Decision => RegionKind::Decision,
    })
}

/// Whether a comment was to be a directive and is none, by how its name or its colon is written.
pub(super) fn is_almost(comment: &str) -> bool {
    let Some(inner) = comment.strip_prefix("<!--") else { return false };
    let inner = inner.trim_start_matches(|c: char| is_blank(c) || matches!(c, '-' | '!' | '@' | '#'));
    if is_directive(comment) {
        return false;
    }
    let inner = inner.get(..inner.len().min(MOST_IN_TAG)).unwrap_or_else(|| inner.split(' ').next().unwrap_or_default());
    let inner = inner.split("-->").next().unwrap_or(inner);
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).take(12).collect::<String>().to_lowercase();
    let attribute = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        let known = ATTRIBUTES.iter().chain(SECTION_ATTRIBUTES).any(|(known, _)| *known == name);
        known && (word.contains('=') || matches!(name, "optional" | "irreversible"))
    };
    if let Some((head, _)) = inner.split_once([':', '：', '=']).filter(|(head, _)| head.chars().count() <= 12) {
        let head = letters(head);
        if is_nearly(&head, "relsign") {
            return true;
        }
    }
    let mut words = inner.split(is_blank).filter(|word| !word.is_empty());
    let first = words.next().map(letters).unwrap_or_default();
    is_nearly(&first, "relsign") && words.next().is_some_and(attribute)
}

/// Whether one word becomes another by one letter that is changed, left out, added, or swapped with the next.
fn is_nearly(word: &str, other: &str) -> bool {
    let (word, other): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    let same = word.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (rest, of_other) = (&word[same..], &other[same..]);
    match (rest, of_other) {
        ([], []) => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([_, a @ ..], b) if a == b => true,
        (a, [_, b @ ..]) if a == b => true,
        ([a, b, c @ ..], [d, e, f @ ..]) => a == e && b == d && c == f,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_almost;

    #[test]
    fn directives_that_are_misspelt_are_seen() {
        for text in [
            "<!-- relsing: id=a -->",
            "<!-- relsign id=a -->",
            "<!-- Relsign: id=a -->",
            "<!-- rel-sign: id=a -->",
            "<!-- relsgn: x -->",
            "<!-- relsign optional -->",
            "<!-- relsign：id=a -->",
            "<!--- relsign: id=a -->",
            "<!-- @relsign: id=a -->",
            "<!-- relsign= -->",
        ] {
            assert!(is_almost(text), "{text}");
        }
        for text in [
            "<!-- relsign: id=a -->",
            "<!-- relsign reads this -->",
            "<!-- release: now -->",
            "<!-- design: new -->",
            "<!-- -->",
            "<!--",
            "<!-- markdownlint-disable -->",
            "<!-- see relsign: docs -->",
            "<!-- TODO: x -->",
        ] {
            assert!(!is_almost(text), "{text}");
        }
    }
}
