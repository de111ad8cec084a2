//! A checklist as a list for people.

use super::{safe, words};
use crate::model::checklist::Checklist;
use crate::model::limit::Limits;

/// Describes what a checklist holds; `told` is what looks like a task and is none.
pub fn render(checklist: &Checklist, told: &[String]) -> String {
    let mut text = format!("{}\n", safe::line(&checklist.title));
    for item in &checklist.items {
        let owner =
            item.owner.as_ref().map_or_else(|| item.owner_text.clone().unwrap_or_else(|| "nobody".to_owned()), ToString::to_string);
        text += &format!(
            "{:>4}  {:<13} {} · {} ({}, line {})\n",
            item.number,
            item.phase.as_str(),
            item.id,
            safe::line(&item.title),
            safe::line(&owner),
            item.line
        );
    }
    for trigger in &checklist.triggers {
        text += &format!("roll back if {}: {}\n", safe::line(&trigger.text), safe::line(&limit(&trigger.limits)));
    }
    let mut parts = vec![words::count_of(&checklist.items, "item")];
    for (count, one) in [
        (checklist.scope.len(), "change"),
        (checklist.stages.len(), "stage"),
        (checklist.monitoring.len(), "metric"),
        (checklist.triggers.len(), "trigger"),
        (checklist.procedure.len(), "step"),
        (checklist.known_issues.len(), "known issue"),
        (checklist.conditions.len(), "condition"),
        (checklist.actions.len(), "action"),
    ] {
        if count > 0 {
            parts.push(words::count(count as u64, one));
        }
    }
    text += &format!("{}\n", words::and(&parts));
    let skipped = &checklist.skipped;
    if !skipped.is_empty() {
        text += &format!("skipped: {} in comments, {} in code\n", skipped.comments, skipped.code);
    }
    for told in told {
        text += &format!("{}\n", safe::line(told));
    }
    text
}

/// Says how a text was understood: each limit in words, and what only a person can judge.
fn limit(limits: &Limits) -> String {
    let one = |limit: &crate::model::limit::Limit| match (limit.comparison, &limit.number) {
        (Some(comparison), Some(number)) => {
            let sense = format!("{comparison:?}").chars().fold(String::new(), |text, c| {
                let blank = c.is_uppercase() && !text.is_empty();
                format!("{text}{}{}", if blank { " " } else { "" }, c.to_lowercase())
            });
            let of = if limit.of_baseline { " of the baseline" } else { "" };
            format!("{sense} {number}{}{of}", limit.unit.as_deref().map_or(String::new(), |unit| format!(" {unit}")))
        }
        _ => format!("{:?}, which a person judges", limit.text),
    };
    let mut text = match (limits.all.is_empty(), limits.any) {
        (false, _) => limits.all.iter().map(one).collect::<Vec<_>>().join(if limits.together { " and " } else { " or " }),
        (true, true) => "any case".to_owned(),
        (true, false) => "no limit".to_owned(),
    };
    if let Some(duration) = &limits.duration {
        let is_window = ["window", "period", "interval", "average"].iter().any(|noun| duration.ends_with(noun));
        let lead = if is_window { "over a" } else { "for" };
        text += &format!(", {lead} {}", duration.trim_start_matches("for "));
    }
    text
}
