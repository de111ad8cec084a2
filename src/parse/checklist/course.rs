//! What a file says of the time after the decision: limits of stages, steps of a roll-back, times that count from an event.

use std::collections::BTreeMap;

use super::limits::limits;
use super::names;
use super::slug::{slug, unique};
use super::values;
use crate::model::checklist::{Checklist, ProcedureStep};
use crate::model::limit::{Comparison, Limit};
use crate::model::record::{After, ItemDue, OpenLimit, Phase, Window};
use crate::parse::span::seconds;

/// How many limits of one stage are read.
const MOST: usize = 50;

/// Words behind which a file says that a value that is not there counts as 0.
const ABSENT: &[&str] =
    &["absent means zero", "absent is zero", "absent = 0", "no data means zero", "no data is zero", "missing means zero"];

/// Ids that mean something else where a stage is moved in spite of them.
const RESERVED: &[&str] = &["window", "freeze"];

/// How files name the planned window of a release.
const WINDOWS: &[&str] =
    &["window", "release window", "deploy window", "deployment window", "planned window", "change window", "maintenance window"];

/// The layers of a roll-back, in the order in which they are gone through, with the words that name each.
const LAYERS: &[(&str, &[&str])] = &[
    ("traffic", &["traffic", "flags", "flag"]),
    ("artifact", &["artifact", "application", "app", "deployment", "code"]),
    ("data", &["data", "database", "db", "migration", "cache"]),
    ("verify", &["verify", "verification", "check"]),
    ("tell", &["tell", "comms", "communication", "notify"]),
];

/// Takes apart what the texts of a checklist say of the time after the decision, where nothing says it already.
pub(super) fn complete(checklist: &mut Checklist) {
    for stage in checklist.stages.iter_mut().filter(|stage| stage.limits.is_empty()) {
        stage.limits = stage.thresholds.as_deref().map(stage_limits).unwrap_or_default();
    }
    for trigger in checklist.triggers.iter_mut().filter(|trigger| trigger.limit.is_none()) {
        trigger.limit = trigger_limit(&trigger.text);
    }
    let mut used = BTreeMap::new();
    for action in &mut checklist.actions {
        action.after = action.after.or_else(|| action.due_text.as_deref().and_then(after));
        action.id = Some(unique(action.id.clone().unwrap_or_else(|| slug(&action.action)), &mut used, RESERVED));
    }
    let mut used = BTreeMap::new();
    for metric in &mut checklist.monitoring {
        metric.id = Some(unique(metric.id.clone().unwrap_or_else(|| slug(&metric.metric)), &mut used, RESERVED));
    }
    for item in &mut checklist.items {
        item.due = item.attributes.get("due").and_then(|text| due(text));
        if item.phase == Phase::Stage && item.limit.is_none() {
            item.limit = item_limit(&item.title);
        }
    }
    if checklist.window.is_none() {
        let fields = checklist.front_matter.iter().chain(&checklist.fields);
        let named = fields.filter(|field| WINDOWS.contains(&field.name.to_lowercase().as_str()));
        let texts = named.map(|field| field.value.as_str());
        let decided = checklist.decision.as_ref().and_then(|decision| decision.window.as_deref());
        let read = texts.chain(decided).find_map(values::window).filter(|(from, to)| from < to);
        checklist.window = read.map(|(from, to)| Window { from, to });
    }
}

/// Reads what must hold in a stage, a limit for each clause; a clause that states no number is left to a person.
fn stage_limits(text: &str) -> Vec<OpenLimit> {
    let mut used = BTreeMap::new();
    clauses(text).into_iter().take(MOST).map(|clause| named(limit(clause), &mut used)).collect()
}

/// Reads the one limit that the text of a checkpoint states behind what it is about.
fn item_limit(title: &str) -> Option<OpenLimit> {
    let metric = title.split(':').next().unwrap_or(title).trim();
    // What stands before the dash says where to look, and may be a query with comparisons of its own.
    let tail = title.rsplit([';', '—', '–']).next().unwrap_or(title).trim();
    let mut found = limit(tail);
    found.op?;
    found.metric = Some(metric.to_owned()).filter(|metric| !metric.is_empty());
    found.id = slug(metric);
    Some(found)
}

/// Reads the one limit of a trigger.
fn trigger_limit(text: &str) -> Option<OpenLimit> {
    let mut found = limit(text);
    found.op?;
    found.id = slug(found.metric.as_deref().unwrap_or(text));
    Some(found)
}

/// Splits a text where one thing that must hold ends and the next begins.
fn clauses(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            // A comma within a number has a digit behind it.
            ',' | ';' | '\n' if depth == 0 && !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                all.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(&text[start..]);
    all.into_iter().map(|clause| clause.trim().trim_end_matches('.')).filter(|clause| !clause.is_empty()).collect()
}

/// Reads one clause.
fn limit(clause: &str) -> OpenLimit {
    let lower = clause.to_lowercase();
    let absent_is_zero = ABSENT.iter().any(|word| lower.contains(word));
    let mut found = OpenLimit { text: clause.to_owned(), absent_is_zero, ..OpenLimit::default() };
    // "zero failed charges" counts; "no new errors" is for a person to judge.
    if let Some(counted) = lower.strip_prefix("zero ").filter(|rest| !rest.contains(['<', '>', '='])) {
        let counted = clause[clause.len() - counted.len()..].split(" (").next().unwrap_or_default().trim();
        (found.metric, found.op, found.value) = (Some(counted.to_owned()), Some(Comparison::Is), Some("0".to_owned()));
        return found;
    }
    let read = limits(clause);
    let [one] = read.all.as_slice() else { return found };
    let Limit { text, comparison: Some(op), number: Some(number), unit, of_baseline } = one else { return found };
    // To lie near a number takes the number to lie near: only the baseline is one.
    if matches!(op, Comparison::Within | Comparison::Beyond) && !of_baseline {
        return found;
    }
    found.metric = metric(clause, text);
    (found.op, found.value, found.unit) = (Some(*op), Some(number.clone()), unit.clone());
    (found.of_baseline, found.lasting) = (*of_baseline, read.seconds);
    found
}

/// Returns what stands before the condition of a clause, without the words that lead to it.
fn metric(clause: &str, condition: &str) -> Option<String> {
    let before = clause[..clause.find(condition)?].trim().trim_end_matches([':', '-', '—', '–', '(']).trim();
    let lead = |word: &str| {
        let words =
            ["is", "are", "be", "must", "should", "stays", "stay", "remains", "remain", "rate stays", "has", "to", "not", "does"];
        words.contains(&word)
    };
    let mut words: Vec<&str> = before.split_whitespace().collect();
    while words.last().is_some_and(|word| lead(&word.to_lowercase())) {
        words.pop();
    }
    Some(words.join(" ")).filter(|metric| !metric.is_empty())
}

/// Gives a limit an id that no other of its stage has.
fn named(mut limit: OpenLimit, used: &mut BTreeMap<String, usize>) -> OpenLimit {
    limit.id = unique(slug(limit.metric.as_deref().unwrap_or(&limit.text)), used, RESERVED);
    limit
}

/// Reads a step of the roll-back: its layer, by when it is to be over, whether it can be undone, and whom to ask.
pub(super) fn step(text: &str, line: u32) -> ProcedureStep {
    let lower = text.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_led = lower[first.len()..].trim_start().starts_with(':');
    let layer = LAYERS.iter().find(|(_, words)| is_led && words.contains(&first)).map(|(layer, _)| (*layer).to_owned());
    let irreversible = ["irreversible", "can't be undone", "cannot be undone"].iter().any(|word| lower.contains(word));
    let asks = lower.contains("ask @") || irreversible;
    ProcedureStep {
        text: text.to_owned(),
        layer,
        within: lower.find("within ").and_then(|at| values::seconds(&lower[at + "within ".len()..])),
        irreversible,
        ask: names::handles(text).into_iter().next().filter(|_| asks),
        line,
    }
}

/// Reads when an item is due: `deploy+30m` not before that, `deploy..2h` by then, `deploy+30m..2h` both.
pub(super) fn due(text: &str) -> Option<ItemDue> {
    let (head, to) = text.split_once("..").map_or((text, None), |(head, to)| (head, Some(to)));
    let (event, from) = head.split_once('+').map_or((head, None), |(event, from)| (event, Some(from)));
    let span = |text: Option<&str>| text.map_or(Some(None), |text| seconds(text.trim()).map(Some));
    let (from, to) = (span(from)?, span(to)?);
    let in_order = from.zip(to).is_none_or(|(from, to)| from < to);
    let found = ItemDue { event: event.trim().parse().ok()?, from, to };
    (in_order && (from.is_some() || to.is_some())).then_some(found)
}

/// Reads a time that is counted from an event, such as `rollback+24h`.
fn after(text: &str) -> Option<After> {
    let (event, span) = text.split_once('+')?;
    Some(After { event: event.trim().to_lowercase().parse().ok()?, seconds: seconds(span.trim())? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Moment;

    fn row(limit: &OpenLimit) -> (&str, Option<Comparison>, Option<&str>, Option<&str>, bool) {
        (&limit.id, limit.op, limit.value.as_deref(), limit.unit.as_deref(), limit.of_baseline)
    }

    #[test]
    fn a_stage_has_a_limit_for_each_clause() {
        let found = stage_limits("Error rate < 0.05%, P99 < 450ms, zero failed charges");
        assert_eq!(
            found.iter().map(row).collect::<Vec<_>>(),
            [
                ("error-rate", Some(Comparison::Below), Some("0.05"), Some("%"), false),
                ("p99", Some(Comparison::Below), Some("450"), Some("ms"), false),
                ("failed-charges", Some(Comparison::Is), Some("0"), None, false),
            ]
        );
        let found = stage_limits("Error rate < 0.02%, revenue per tx within 1% of baseline");
        assert_eq!(row(&found[1]), ("revenue-per-tx", Some(Comparison::Within), Some("1"), Some("%"), true));
    }

    #[test]
    fn what_states_no_number_is_left_to_a_person() {
        for text in ["no new error signatures", "All thresholds hold", "errors < 1% or latency < 2 s", "dashboards look fine"] {
            let found = stage_limits(text);
            assert_eq!((found.len(), found[0].op), (1, None), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_checkpoint_states_its_limit_behind_the_dash() {
        let found = item_limit("Stripe webhook success rate: Grafana panel stripe-webhooks — must remain > 99.9%").unwrap();
        assert_eq!(row(&found), ("stripe-webhook-success", Some(Comparison::Above), Some("99.9"), Some("%"), false));
        assert_eq!(item_limit("Error rates: https://grafana.example/d/x — canary vs. baseline cohort"), None);
        assert_eq!(item_limit("Latency: P50, P95, P99 on the span — baseline: P50=120ms, P99=380ms"), None);
    }

    #[test]
    fn times_count_from_events() {
        let due = |event, from, to| Some(ItemDue { event, from, to });
        assert_eq!(super::due("deploy+30m"), due(Moment::Deploy, Some(1800), None));
        assert_eq!(super::due("deploy..2h"), due(Moment::Deploy, None, Some(7200)));
        assert_eq!(super::due("rollback+1h..2h"), due(Moment::Rollback, Some(3600), Some(7200)));
        for bad in ["deploy", "soon+1h", "deploy+", "deploy+2h..1h", "deploy+0h", "+1h", "deploy+1y"] {
            assert_eq!(super::due(bad), None, "{bad}");
        }
        assert_eq!(after("rollback+24h"), Some(After { event: Moment::Rollback, seconds: 86_400 }));
        assert_eq!(after("2026-01-01"), None);
    }

    #[test]
    fn a_step_names_its_layer_its_deadline_and_whom_to_ask() {
        let found = step("Data: run compensate-0042.sql, irreversible, ask @dba first", 3);
        assert_eq!((found.layer.as_deref(), found.irreversible, found.ask.is_some()), (Some("data"), true, true));
        let found = step("Verify metrics return to baseline within 10 minutes", 1);
        assert_eq!((found.layer, found.within), (None, Some(600)));
        assert_eq!(step("Notify @priya and @elena", 1).ask, None);
    }
}
