//! Readings of a stage, from people and machines.

use super::asked::Asked;
use super::options::Options;
use crate::cli::app::App;
use crate::cli::commands::course::{self, Call, at};
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::git::Repository;
use crate::model::course::StageReport;
use crate::model::policy::Right;
use crate::model::record::{Body, Reading};
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::chain::Chain;
use crate::ops::write::reading::{self, Row};
use crate::ops::write::sign::Draft;
use crate::ops::write::{identity, ready};
use crate::parse::readings::{MAX_READINGS, parse_readings};
use crate::report::course::{condition, limit_state};
use crate::report::{safe, words};

/// Signs what was measured in a stage, after showing what each value says.
pub fn sign(app: &App, repository: &Repository, tag: Option<&str>, asked: &Asked, (file, options): (&str, &Options)) -> Outcome {
    let (text, name) = course::input(app, file, MAX_READINGS)?;
    let readings = parse_readings(&text).map_err(|why| {
        Failure::usage(format!("{name} has no readings: {why}"))
            .hint("write a line NAME VALUE [UNIT] for each value, or JSON: {\"NAME\": VALUE}")
    })?;
    let trusted = ready::prepare(app, repository, &options.delivery.sharing)?;
    let ready = course::ready(app, repository, &trusted, tag, &options.delivery.place)?;
    let call = Call::new(tag, &options.delivery.place);
    let who = &ready.identity.principal;
    identity::require_any(ready.policy(), who, Right::Read)?;
    let stage = asked.find(&ready.report, &call)?;
    let judged = reading::judge(stage, readings, who.person().is_some(), app.now, &name);
    let (pieces, evidence) = ready.gather(app, &options.evidence, None)?;
    let body = judged.body.clone();
    let count = body.values.len() as u64;
    ready.announce(app, &told(app, stage, &body, &format!("{} by {who}", words::count(count, "reading"))))?;
    let mut chain = Chain::new(&ready);
    let draft = Draft { comment: options.note.clone(), evidence, ..ready.draft(Body::Reading(body))? };
    let id = chain.sign_draft(app, draft)?;
    let after = chain.judge();
    show(app, &judged.rows, &after, &stage.id);
    if stage.entered.is_none() {
        app.ui.warn(format!("nobody has entered {} yet, so these readings say nothing of it", stage.id));
    } else if let Some(until) = stage.bakes_until.filter(|until| judged.body.to < *until) {
        let until = at(app, until);
        app.ui.warn(format!("{} bakes until {until}: what is read before that shows what fails, and not that it holds", stage.id));
    }
    let counts_as = format!("{} of stage {}", words::count(count, "reading"), stage.id);
    let signed = vec![SignedRecordJson { id, item: None, counts_as }];
    let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &pieces, "reading", &options.delivery)?;
    course::say_next(app, &course::next(app, ready.policy(), &after, &call));
    Ok(exit)
}

fn told(app: &App, stage: &StageReport, body: &Reading, what: &str) -> String {
    let measured = match body.from == body.to {
        true => format!("measured {}", at(app, body.to)),
        false => format!("measured {} to {}", at(app, body.from), at(app, body.to)),
    };
    let source = safe::fit(&safe::line(&body.source), 40, "…");
    format!("{} · {what}, {measured}, from {source}", stage.id)
}

/// Shows what each value says of its limit, and the limits that no value came for.
fn show(app: &App, rows: &[Row], after: &Report, stage: &str) {
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
    for row in &cells {
        let cell = |at: usize| {
            let text = safe::fit(&row[at], widths[at], "…");
            let room = widths[at].saturating_sub(safe::columns(&text));
            format!("{text}{}", " ".repeat(room))
        };
        app.ui.say(format!("  {}  {}  {}  {}", cell(0), cell(1), cell(2), row[3]).trim_end());
    }
}
