//! `relsign disregard`.

use super::delivery::Delivery;
use super::selector::tag_and_rest;
use super::sign_off;
use crate::cli::app::App;
use crate::model::policy::Right;
use crate::model::record::{Body, Disregard};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find;
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;

/// Disregard a record that is lost for good, one that names it, or one that breaks a rule
///
/// It takes two people, who name the same record. What a record says against the release still counts, unless the record breaks
/// a rule and no other record or receipt names it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then the record
    #[arg(required = true, num_args = 1..=2, value_name = "TAG RECORD")]
    words: Vec<String>,
    /// Why the release can go on without it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.delivery.sharing)?;
        let (tag, rest) = tag_and_rest(&self.words, 1);
        let [named] = rest else { return Err(Failure::usage("a record is needed")) };
        let ready = Ready::load(app, &repository, &trusted, tag, self.delivery.place.env.as_deref())?;
        let policy = ready.policy();
        let who = &ready.identity.principal;
        identity::require(policy, who, Right::Disregard)?;
        let target = find::record_or_missing(&ready.report, named)?;
        let needed = policy.thresholds().disregard.max(2);
        ready.announce(app, &format!("{who} disregards {}, which takes {needed} people", target.short()))?;
        let body = Body::Disregard(Disregard { record: target, reason: self.reason.clone() });
        sign_off::sign_one(app, &ready, body, None, format!("disregards {}", target.short()), &self.delivery)
    }
}
