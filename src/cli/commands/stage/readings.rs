//! Readings of a stage, from people and machines.

use super::asked::Asked;
use super::options::Options;
use crate::cli::app::App;
use crate::cli::commands::course::{input, say_next};
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::git::Repository;
use crate::model::policy::Right;
use crate::model::record::Body;
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::chain::Chain;
use crate::ops::write::course::{self, Call, at};
use crate::ops::write::sign::Draft;
use crate::ops::write::{identity, reading, ready};
use crate::parse::readings::{MAX_READINGS, parse_readings};
use crate::report::words;

/// Signs what was measured in a stage, after showing what each value says.
pub fn sign(app: &App, repository: &Repository, tag: Option<&str>, asked: &Asked, (file, options): (&str, &Options)) -> Outcome {
    let (text, name) = input(app, file, MAX_READINGS)?;
    let readings = parse_readings(&text).map_err(|why| {
        Failure::usage(format!("{name} has no readings: {why}"))
            .hint("write a line NAME VALUE [UNIT] for each value, or JSON: {\"NAME\": VALUE}")
    })?;
    let trusted = ready::prepare(app, repository, &options.delivery.sharing)?;
    let ready = course::ready(app, repository, &trusted, tag, options.delivery.place.env.as_deref())?;
    let call = Call::new(tag, options.delivery.place.env.as_deref());
    let who = &ready.identity.principal;
    identity::require_any(ready.policy(), who, Right::Read)?;
    let stage = asked.find(&ready.report, &call)?;
    let judged = reading::judge(stage, readings, who.person().is_some(), app.now, &name);
    let (pieces, evidence) = ready.gather(app, &options.evidence, None)?;
    let body = judged.body.clone();
    let count = body.values.len() as u64;
    ready.announce(app, &reading::told(app, stage, &body, &format!("{} by {who}", words::count(count, "reading"))))?;
    let mut chain = Chain::new(&ready);
    let draft = Draft { comment: options.note.clone(), evidence, ..ready.draft(Body::Reading(body))? };
    let id = chain.sign_draft(app, draft)?;
    let after = chain.judge();
    reading::lines(&judged.rows, &after, &stage.id).into_iter().for_each(|line| app.ui.say(line));
    if stage.entered.is_none() {
        app.ui.warn(format!("nobody has entered {} yet, so these readings say nothing of it", stage.id));
    } else if let Some(until) = stage.bakes_until.filter(|until| judged.body.to < *until) {
        let until = at(app, until);
        app.ui.warn(format!("{} bakes until {until}: what is read before that shows what fails, and not that it holds", stage.id));
    }
    let counts_as = format!("{} of stage {}", words::count(count, "reading"), stage.id);
    let signed = vec![SignedRecordJson { id, item: None, counts_as }];
    let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &pieces, "reading", &options.delivery)?;
    say_next(app, &course::next(app, ready.policy(), &after, &call));
    Ok(exit)
}
