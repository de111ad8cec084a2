//! What describes an action that is added.

use clap::ValueEnum;

use crate::cli::app::App;
use crate::cli::commands::course::Barred;
use crate::model::record::{Action, ActionEvent, After, Blocks, Moment, NotBy};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::decide::owner;
use crate::ops::write::ready::Ready;
use crate::parse::checklist::slug;
use crate::report::words;

/// What an action holds up, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Held {
    /// GO: until it is done the release may not go out.
    Go,
    /// The end: until it is done the release can't be closed.
    Close,
}

/// What describes an action that is added.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Of an action that is added")]
pub struct Description {
    /// Its id, instead of one made of the text
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Who does it: a person, or holders of a role
    #[arg(long, value_name = "@HANDLE|ROLE")]
    assignee: Option<String>,
    /// By when, such as 2d or deploy+15m
    ///
    /// It is a time, a date, a span, or a span counted from open, decision, deploy or rollback.
    #[arg(long, value_name = "TIME|EVENT+SPAN")]
    due: Option<String>,
    /// What it holds up until it is done
    #[arg(long, value_enum, value_name = "go|close", hide_possible_values = true)]
    blocks: Option<Held>,
    /// Who may not settle it
    #[arg(long, value_enum, value_name = "implementers", hide_possible_values = true, hide_short_help = true)]
    not_by: Option<Barred>,
}

impl Description {
    /// Whether nothing of it is said.
    pub const fn is_empty(&self) -> bool {
        let Self { id, assignee, due, blocks, not_by } = self;
        id.is_none() && assignee.is_none() && due.is_none() && blocks.is_none() && not_by.is_none()
    }

    /// Describes the action that is added with a text.
    pub fn action(&self, app: &App, ready: &Ready<'_>, text: &str) -> Outcome<Action> {
        let known: Vec<&str> = ready.report.course.actions.iter().map(|action| action.id.as_str()).collect();
        let (due, after) = self.due.as_deref().map_or(Ok((None, None)), |due| when(app, due))?;
        Ok(Action {
            event: ActionEvent::Add,
            id: self.id(&known, text)?,
            decision: None,
            text: Some(text.to_owned()),
            assignee: self.assignee.as_deref().map(|who| owner(ready.policy(), who)).transpose()?,
            due,
            after,
            blocks: self.blocks.map(|held| match held {
                Held::Go => Blocks::Go,
                Held::Close => Blocks::Close,
            }),
            not_by: self.not_by.map(NotBy::from),
        })
    }

    /// Returns the id that was given, or makes one that no other action has.
    fn id(&self, known: &[&str], text: &str) -> Outcome<String> {
        let Some(id) = &self.id else {
            let base = slug(text);
            let numbered = (2..).map(|number: u32| format!("{base}-{number}"));
            let mut all = std::iter::once(base.clone()).chain(numbered);
            return all.find(|id| !known.contains(&id.as_str())).ok_or_else(|| Failure::internal("no id is free"));
        };
        if known.contains(&id.as_str()) {
            return Err(Failure::usage(format!("there is an action {id} already")).hint("give it another --id"));
        }
        if slug(id) != *id {
            return Err(Failure::usage(format!("{id:?} is not an id")).hint(format!("write it as {:?}", slug(id))));
        }
        Ok(id.clone())
    }
}

/// Reads by when something is due: a time, or a span after an event.
fn when(app: &App, text: &str) -> Outcome<(Option<Timestamp>, Option<After>)> {
    let Some((event, span)) = text.split_once('+').filter(|(event, _)| event.chars().all(char::is_alphabetic)) else {
        return Ok((Some(app.time(text)?), None));
    };
    let event: Moment = event
        .parse()
        .map_err(|_| Failure::usage(format!("{event:?} is no event")).hint(format!("it is {}", words::or(Moment::ALL.iter()))))?;
    Ok((None, Some(After { event, seconds: app.span(span)? })))
}
