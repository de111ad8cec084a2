//! `relsign withdraw`.

use super::delivery::{self, Delivery};
use super::selector::tag_and_rest;
use super::sign_off;
use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::RecordId;
use crate::model::record::{Body, Withdraw};
use crate::ops::error::{Failure, Outcome};
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::ops::write::ready::Ready;
use crate::ops::write::{withdraw, withdraw_from_root};

/// Withdraw your latest sign-off on an item, or a record of yours by its id
///
/// Without a tag it may also be your own exception request, grant, break-glass, freeze or lift.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then the item or record
    #[arg(required = true, num_args = 1..=2, value_name = "TAG ITEM|RECORD")]
    words: Vec<String>,
    /// Why
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
        let [named] = rest else { return Err(Failure::usage("an item or a record is needed")) };
        let elsewhere = match tag {
            None => withdraw_from_root::find(app, &repository, &trusted, named)?,
            Some(_) => Vec::new(),
        };
        let several =
            || Failure::usage(format!("{named:?} is the beginning of several records")).hint("write more of the one you mean");
        let found = Ready::load(app, &repository, &trusted, tag, self.delivery.place.env.as_deref())
            .and_then(|ready| withdraw::find(&ready, named).map(|target| (ready, target)));
        let (ready, target) = match (found, elsewhere.as_slice()) {
            (found, []) => found?,
            (Err(_), [one]) => return self.for_all_refs(app, &repository, &trusted, *one),
            _ => return Err(several()),
        };
        let record = withdraw::require(&ready, &target)?;
        ready.announce(app, &format!("withdraws {}", record.body.summary()))?;
        let body = Body::Withdraw(Withdraw { record: target, reason: self.reason.clone() });
        sign_off::sign_one(app, &ready, body, None, format!("withdraws {}", target.short()), &self.delivery)
    }

    /// Withdraws what was said for all refs.
    fn for_all_refs(&self, app: &App, repository: &Repository, trusted: &Workspace, target: RecordId) -> Outcome {
        if self.delivery.place.env.is_some() || self.delivery.out.is_some() {
            return Err(Failure::usage(format!(
                "record {} is not about a release, so --env and --out do not apply",
                target.short()
            )));
        }
        let sharing = &self.delivery.sharing;
        let Some(identity) = withdraw_from_root::check_and_tell(app, repository, trusted, target)? else {
            app.ui.say(format!("{} is already withdrawn", target.short()));
            if app.dry_run {
                return delivery::rehearsed(app, None, Vec::new());
            }
            return share::share(app, repository, sharing, &[]);
        };
        let body = Body::Withdraw(Withdraw { record: target, reason: self.reason.clone() });
        let (who, draft) = ((repository, trusted, &identity), (None, body, Vec::new()));
        delivery::sign_for_all(app, who, draft, format!("withdraws {}", target.short()), sharing).map(|(_, exit)| exit)
    }
}
