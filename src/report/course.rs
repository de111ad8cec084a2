//! The course of a release in few words: clock times, shares of traffic, limits, steps of a roll-back.

use jiff::tz::TimeZone;

use super::safe;
use crate::model::course::{ActionReport, ActionState, LimitReport, LimitState, StageReport, StageState, StepReport};
use crate::model::limit::Comparison;
use crate::model::record::{Blocks, Moment, OpenLimit, StepResult};
use crate::model::time::Timestamp;

/// Returns a point in time by the clock alone where it is of the same day as another, else with its day.
pub fn clock(at: Timestamp, as_of: Timestamp, zone: &TimeZone) -> String {
    let (at, as_of) = (at.to_jiff().to_zoned(zone.clone()), as_of.to_jiff().to_zoned(zone.clone()));
    let form = match (at.date() == as_of.date(), at.year() == as_of.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%a %-d %b %H:%M",
        (false, false) => "%a %-d %b %Y %H:%M",
    };
    at.strftime(form).to_string()
}

/// Returns a span in its two largest units: `32 min`, `4 h 3 min`, `2 d`.
pub fn lasting(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let two = |large: i64, unit: &str, small: i64, smaller: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {smaller}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// Names a stage with its share of the traffic.
pub fn stage(stage: &StageReport) -> String {
    match &stage.traffic {
        Some(traffic) if !stage.implied => format!("{}, {}", stage.id, safe::line(traffic)),
        _ if stage.implied => "all of the traffic".to_owned(),
        _ => stage.id.clone(),
    }
}

/// Writes what a limit asks of its value: `< 0.05%`, `zero`, or the text where a person has to judge.
pub fn condition(limit: &OpenLimit) -> String {
    let (Some(op), Some(value)) = (limit.op, &limit.value) else { return safe::fit(&safe::line(&limit.text), 30, "…") };
    let unit = limit.unit.as_deref().unwrap_or_default();
    let baseline = if limit.of_baseline { " of the baseline" } else { "" };
    let lasting = limit.lasting.map(|seconds| format!(" for {}", lasting(i64::try_from(seconds).unwrap_or(i64::MAX))));
    let sign = match op {
        Comparison::Above => ">",
        Comparison::AtLeast => "≥",
        Comparison::Below => "<",
        Comparison::AtMost => "≤",
        Comparison::Is if value == "0" && unit.is_empty() => return "zero".to_owned(),
        Comparison::Is => "=",
        Comparison::IsNot => "≠",
        Comparison::Within => "within",
        Comparison::Beyond => "beyond",
    };
    safe::line(&format!("{sign} {value}{unit}{baseline}{}", lasting.unwrap_or_default()))
}

/// Says in a word or two what the readings say of a limit.
pub const fn limit_state(state: LimitState) -> &'static str {
    match state {
        LimitState::Unread => "not read",
        LimitState::Stale => "read too early",
        LimitState::NoData => "no data",
        LimitState::Holds => "holds",
        LimitState::Fails => "fails",
    }
}

/// Counts the limits of a stage by what their readings say: `3 hold, 1 by hand, 1 not read`.
pub fn limits(limits: &[LimitReport]) -> String {
    let is_by_hand = |limit: &&LimitReport| {
        limit.state == LimitState::Holds && limit.reading.as_ref().is_some_and(|reading| reading.mark.by.person().is_some())
    };
    let by_hand = limits.iter().filter(is_by_hand).count();
    let count = |state| limits.iter().filter(|limit| limit.state == state && limit.in_spite.is_none()).count();
    let in_spite = limits.iter().filter(|limit| limit.in_spite.is_some()).count();
    let hold = count(LimitState::Holds).saturating_sub(by_hand);
    let parts = [
        (hold, if hold == 1 { "holds" } else { "hold" }),
        (by_hand, "by hand"),
        (count(LimitState::Fails), "failed"),
        (count(LimitState::NoData), "no data"),
        (count(LimitState::Stale), "read too early"),
        (count(LimitState::Unread), "not read"),
        (in_spite, "in spite"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// Returns the sign of a stage.
pub const fn stage_mark(state: StageState, unicode: bool) -> &'static str {
    match (state, unicode) {
        (StageState::Waiting, _) => " ",
        (StageState::Baking, true) => "▸",
        (StageState::Baking, false) => ">",
        (StageState::Baked, true) => "◐",
        (StageState::Baked, false) => "~",
        (StageState::Passed, true) => "✓",
        (StageState::Passed, false) => "+",
        (StageState::Failed, true) => "✗",
        (StageState::Failed, false) => "x",
    }
}

/// The layers of a roll-back, in the order in which they are gone through.
const LAYERS: &[&str] = &["traffic", "artifact", "data", "verify", "tell"];

/// Returns the steps in the order in which they are taken: by their layers, and a step that names none after the one before it.
pub fn in_order(steps: &[StepReport]) -> Vec<&StepReport> {
    let mut rank = 0;
    let mut ranked: Vec<(usize, &StepReport)> = Vec::new();
    for step in steps {
        let layer = step.step.as_ref().and_then(|step| step.layer.as_deref());
        rank = layer.and_then(|layer| LAYERS.iter().position(|known| *known == layer)).unwrap_or(rank);
        ranked.push((rank, step));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, step)| step).collect()
}

/// How much of the text of a step is shown where not all of it is needed.
pub const SHORT: usize = 60;

/// Describes a step of a roll-back on one line: number, layer, what to do, whom to ask first, by when, what became of it; of what to
/// do at most so many columns.
pub fn step(report: &StepReport, most: usize, as_of: Timestamp, zone: &TimeZone) -> String {
    let mut parts = vec![format!("{:>3}", report.number)];
    if let Some(step) = &report.step {
        let text = safe::line(&step.text);
        let layer = step.layer.as_deref().unwrap_or_default();
        // Where the text begins with its layer, that need not be said twice.
        let said = text.get(..layer.len()).filter(|start| !layer.is_empty() && start.eq_ignore_ascii_case(layer));
        let rest = said.and_then(|start| text[start.len()..].strip_prefix(':')).map_or(text.as_str(), str::trim_start);
        parts.extend((!layer.is_empty()).then(|| format!("{layer:<8}")));
        parts.push(safe::fit(rest, most, "…"));
        // Where the text names whom to ask, that need not be said twice.
        let who = step.ask.as_ref().map(ToString::to_string).filter(|who| !rest.contains(who.as_str()));
        let irreversible = step.irreversible && (step.ask.is_none() || who.is_some());
        match (irreversible, who) {
            (true, Some(who)) => parts.push(format!("· irreversible: ask {who} first")),
            (true, None) => parts.push("· irreversible: ask first".to_owned()),
            (false, Some(who)) => parts.push(format!("· ask {who} first")),
            (false, None) => {}
        }
    }
    match report.result {
        Some(StepResult::Done) => parts.push("· done".to_owned()),
        Some(StepResult::Skipped) => parts.push("· not needed".to_owned()),
        Some(StepResult::Failed) => parts.push("· failed".to_owned()),
        None => parts.extend(report.due.map(|due| format!("· by {}", clock(due, as_of, zone)))),
    }
    parts.join(" ")
}

/// Says by when an action is due: a time, or the event that it still waits for.
pub fn due(action: &ActionReport, as_of: Timestamp, zone: &TimeZone) -> Option<String> {
    if let Some(due) = action.due {
        let late = if due <= as_of && action.state != ActionState::Done { "overdue since" } else { "due" };
        return Some(format!("{late} {}", clock(due, as_of, zone)));
    }
    action.after.map(|after| {
        let event = match after.event {
            Moment::Open => "it is opened",
            Moment::Decision => "the decision",
            Moment::Deploy => "it is out",
            Moment::Rollback => "a roll-back begins",
        };
        let seconds = i64::try_from(after.seconds).unwrap_or(i64::MAX);
        format!("due {} after {event}", lasting(seconds))
    })
}

/// How many columns the line of an action takes where what is to be done can be cut to fit them.
const ACTION: usize = 76;

/// Describes an action on one line: its id, what is to be done, by whom and until when, or what became of it.
pub fn action(report: &ActionReport, as_of: Timestamp, zone: &TimeZone) -> String {
    let mut parts = Vec::new();
    parts.push(report.assignee.as_ref().map_or_else(|| "release managers".to_owned(), ToString::to_string));
    match (report.state, &report.settled) {
        (ActionState::Open, _) => parts.extend(due(report, as_of, zone)),
        (ActionState::Done, Some(mark)) => parts.push(format!("done by {} at {}", mark.by, clock(mark.at, as_of, zone))),
        (ActionState::Failed, Some(mark)) => parts.push(format!("failed, by {} at {}", mark.by, clock(mark.at, as_of, zone))),
        (ActionState::Done, None) => parts.push("done".to_owned()),
        (ActionState::Failed, None) => parts.push("failed".to_owned()),
    }
    if report.state != ActionState::Done {
        parts.extend(report.blocks.map(|blocks| match blocks {
            Blocks::Go => "holds up GO".to_owned(),
            Blocks::Close => "holds up the end".to_owned(),
        }));
        parts.extend(report.required.then(|| "required".to_owned()));
        parts.extend(report.left.then(|| "left open".to_owned()));
    }
    let rest = parts.join(" · ");
    let room = ACTION.saturating_sub(safe::columns(&report.id) + safe::columns(&rest) + 2 * " · ".len()).max(16);
    format!("{} · {} · {rest}", report.id, safe::fit(&report.text, room, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Step;

    #[test]
    fn steps_stand_in_the_order_of_their_layers() {
        let step = |number, layer: Option<&str>| StepReport {
            number,
            step: Some(Step {
                text: "Tell: the channel".to_owned(),
                layer: layer.map(str::to_owned),
                within: None,
                irreversible: false,
                ask: None,
            }),
            due: None,
            result: None,
            reason: None,
            said: None,
        };
        let steps = [step(1, Some("tell")), step(2, None), step(3, Some("traffic")), step(4, Some("data"))];
        assert_eq!(in_order(&steps).iter().map(|step| step.number).collect::<Vec<_>>(), [3, 4, 1, 2]);
        let now = "2026-03-25T09:00:00Z".parse().unwrap();
        assert_eq!(super::step(&steps[0], SHORT, now, &TimeZone::UTC), "  1 tell     the channel");
    }

    #[test]
    fn times_are_told_by_the_clock() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-03-25T09:00:00Z");
        assert_eq!(clock(at("2026-03-25T17:05:00Z"), now, &TimeZone::UTC), "17:05");
        assert_eq!(clock(at("2026-03-26T17:05:00Z"), now, &TimeZone::UTC), "Thu 26 Mar 17:05");
        assert_eq!([lasting(1920), lasting(14_580), lasting(172_800), lasting(-3)], ["32 min", "4 h 3 min", "2 d", "0 s"]);
    }
}
