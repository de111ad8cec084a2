//! Readings of a stage: from what a program printed to what is signed, and what each value says.

use crate::evaluate::course::judge_value;
use crate::model::course::{LimitState, StageReport};
use crate::model::record::{OpenLimit, Reading, ReadingResult, ReadingValue};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::session::Session;
use crate::ops::write::course::at;
use crate::parse::readings::{Measured, Readings, limits_of};
use crate::report::course::{condition, limit_state};
use crate::report::safe;

/// A value beside the limit that it is held against.
#[derive(Debug, Clone)]
pub struct Row {
    /// The limit; nothing where the stage has none of that name.
    pub limit: Option<OpenLimit>,
    /// What was measured.
    pub name: String,
    /// The value; nothing where none came.
    pub value: Option<String>,
    /// What it says.
    pub state: LimitState,
}

/// What is to be signed, and what it says, in the order of the input and then of the limits that it leaves out.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The body of the record.
    pub body: Reading,
    /// A row for each value and for each limit without one.
    pub rows: Vec<Row>,
}

/// Holds values against the limits of a stage; what says nothing of where and when it was measured comes from `input`, now.
pub fn judge(stage: &StageReport, readings: Readings, by_person: bool, now: Timestamp, input: &str) -> Judged {
    let to = readings.to.unwrap_or(now);
    let from = readings.from.unwrap_or(to).min(to);
    let source = readings.source.unwrap_or_else(|| input.to_owned());
    let limits: Vec<OpenLimit> = stage.limits.iter().map(|limit| limit.limit.clone()).collect();
    let seconds = to.seconds().saturating_sub(from.seconds());
    let (mut values, mut rows) = (Vec::new(), Vec::new());
    for Measured { name, value, baseline } in readings.values {
        let of = limits_of(&limits, &name);
        let of: Vec<Option<&OpenLimit>> = if of.is_empty() { vec![None] } else { of.into_iter().map(Some).collect() };
        for limit in of {
            let read = ReadingValue {
                limit: limit.map(|limit| limit.id.clone()),
                name: name.clone(),
                value: value.clone(),
                result: ReadingResult::NoData,
                baseline: baseline.clone(),
            };
            let state = limit.map_or(LimitState::NoData, |limit| judge_value(limit, &read, seconds, by_person));
            rows.push(Row { limit: limit.cloned(), name: name.clone(), value: value.clone(), state });
            values.push(ReadingValue { result: result(state), ..read });
        }
    }
    for limit in &limits {
        if !rows.iter().any(|row| row.limit.as_ref().is_some_and(|read| read.id == limit.id)) {
            let name = limit.metric.clone().unwrap_or_else(|| limit.text.clone());
            rows.push(Row { limit: Some(limit.clone()), name, value: None, state: LimitState::Unread });
        }
    }
    Judged { body: Reading { stage: stage.id.clone(), values, source, from, to }, rows }
}

/// What somebody read by hand of a limit: what the value itself says, and only where it says nothing, what they say of it.
pub fn by_hand(limit: &OpenLimit, saw: &str, said: ReadingResult, seconds: i64) -> (ReadingValue, LimitState) {
    let value = ReadingValue {
        limit: Some(limit.id.clone()),
        name: limit.metric.clone().unwrap_or_else(|| limit.id.clone()),
        value: Some(saw.to_owned()),
        result: said,
        baseline: None,
    };
    let state = judge_value(limit, &value, seconds, true);
    (ReadingValue { result: result(state), ..value }, state)
}

const fn result(state: LimitState) -> ReadingResult {
    match state {
        LimitState::Holds => ReadingResult::Holds,
        LimitState::Fails => ReadingResult::Fails,
        LimitState::NoData | LimitState::Stale | LimitState::Unread => ReadingResult::NoData,
    }
}

/// Says what is signed, and when and where it was measured.
pub fn told(session: &Session, stage: &StageReport, body: &Reading, what: &str) -> String {
    let measured = match body.from == body.to {
        true => format!("measured {}", at(session, body.to)),
        false => format!("measured {} to {}", at(session, body.from), at(session, body.to)),
    };
    let source = safe::fit(&safe::line(&body.source), 40, "…");
    format!("{} · {what}, {measured}, from {source}", stage.id)
}

/// Says in lines what each value says of its limit, and names the limits that no value came for.
pub fn lines(rows: &[Row], after: &Report, stage: &str) -> Vec<String> {
    let limits =
        after.course.stages.iter().find(|found| found.id == stage).map(|stage| stage.limits.as_slice()).unwrap_or_default();
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let name = row.limit.as_ref().map_or_else(|| safe::line(&row.name), |limit| limit.id.clone());
            let value = row.value.as_deref().map(safe::line).unwrap_or_else(|| "-".to_owned());
            let Some(limit) = &row.limit else {
                return [name, value, String::new(), "no limit of this name: kept".to_owned()];
            };
            let now = limits.iter().find(|found| found.limit.id == limit.id).map_or(row.state, |found| found.state);
            let says = match row.value {
                // What was read before may hold still.
                None => "no value came".to_owned(),
                Some(_) if limit_state(now) == limit_state(row.state) => limit_state(now).to_owned(),
                Some(_) => format!("{}, {}", limit_state(row.state), limit_state(now)),
            };
            [name, value, condition(limit), says]
        })
        .collect();
    let widths: Vec<usize> =
        (0..3).map(|at| cells.iter().map(|row| safe::columns(&row[at])).max().unwrap_or(0).min([24, 16, 24][at])).collect();
    let line = |row: &[String; 4]| {
        let cell = |at: usize| {
            let text = safe::fit(&row[at], widths[at], "…");
            let room = widths[at].saturating_sub(safe::columns(&text));
            format!("{text}{}", " ".repeat(room))
        };
        format!("  {}  {}  {}  {}", cell(0), cell(1), cell(2), row[3]).trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}
