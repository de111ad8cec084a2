//! `relsign close`.

use super::course::{self, Call};
use super::delivery::{self, Delivery};
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::model::policy::Right;
use crate::model::record::{self, Body};
use crate::ops::error::Outcome;
use crate::ops::write::chain::Chain;
use crate::ops::write::{close, identity};

/// End a release: completed, rolled back, or abandoned
///
/// A release that was rolled back ends as that. Where something is open that the end needs, it says what, and the command
/// for it. Actions that hold up the end go on to the next release with --leave; others go on by themselves.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open)
    tag: Option<String>,
    /// Leave this action open for the next release; can be repeated
    #[arg(long, value_name = "ACTION")]
    leave: Vec<String>,
    /// It will not go out
    #[arg(long, requires = "reason", conflicts_with = "rolled_back")]
    abandoned: bool,
    /// It was taken back
    #[arg(long)]
    rolled_back: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.delivery.sharing)?;
        let ready = course::ready(app, &repository, &trusted, self.tag.as_deref(), self.delivery.place.env.as_deref())?;
        let call = Call::new(self.tag.as_deref(), self.delivery.place.env.as_deref());
        identity::require(ready.policy(), &ready.identity.principal, Right::Close)?;
        close::refuse_closed(&ready.report)?;
        let outcome = match (self.abandoned, self.rolled_back || ready.report.course.rollback.is_some()) {
            (true, _) => record::Outcome::Abandoned,
            (false, true) => record::Outcome::RolledBack,
            (false, false) => record::Outcome::Completed,
        };
        let leave = close::leave(&ready.report, &self.leave)?;
        let mut chain = Chain::new(&ready);
        let body = record::Close { outcome, leave: leave.clone(), reason: self.reason.clone() };
        let id = chain.sign(app, Body::Close(body))?;
        let after = chain.judge();
        if let Some(found) = after.course.closes.iter().find(|found| found.mark.record == id).filter(|found| !found.counts) {
            return Err(close::lacking(app, &ready.report, outcome, &found.lacks, &call));
        }
        app.ui.paragraph(&close::told(app, &ready.report, outcome), "", "  ");
        if let Some(left) = close::left_over(app, &ready.report, &leave) {
            app.ui.paragraph(&left, "  ", "    ");
        }
        let signed = chain.signed().map(|(id, says)| SignedRecordJson { id, item: None, counts_as: says }).collect();
        let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &[], &format!("close {outcome}"), &self.delivery)?;
        if let (record::Outcome::Abandoned, Some(release)) = (outcome, &ready.report.release) {
            app.ui.say(format!("to release the same commit, tag it anew: relsign tag NAME {}", release.commit.short()));
        }
        Ok(exit)
    }
}
