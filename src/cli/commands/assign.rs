//! `relsign assign`.

use super::delivery::Delivery;
use super::item;
use super::selector::ReleaseSelector;
use super::sign_off;
use crate::cli::app::App;
use crate::cli::commands::selector;
use crate::model::denial::Denial;
use crate::model::ids::Handle;
use crate::model::policy::Right;
use crate::model::record::{Assign, Body, ItemRef};
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::identity;
use crate::ops::write::ready;

/// Assign an item to another owner
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), the item, and the new owner
    #[arg(required = true, num_args = 2..=3, value_name = "TAG ITEM @HANDLE")]
    words: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    place: ReleaseSelector,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.delivery.sharing)?;
        let (tag, rest) = selector::tag_and_rest(&self.words, 2);
        let [item, owner] = rest else { return Err(Failure::usage("an item and a handle are needed")) };
        let ready = sign_off::ready(app, &repository, &trusted, tag, &self.place)?;
        let found = item::find(&ready.report, item)?;
        let owner = Handle::from_user(owner)?;
        let policy = ready.policy();
        if policy.person(&owner).is_none() {
            return Err(Failure::refused(format!("{owner} is not a person of the policy"))
                .by(Denial::NotForAssignment)
                .suggest("admit them", "relsign person add"));
        }
        identity::require(policy, &ready.identity.principal, Right::Assign)?;
        ready.announce(app, &format!("{} is assigned to {owner}", found.id))?;
        let item = Some(ItemRef { id: found.id.clone(), digest: found.digest });
        let told = format!("assigned to {owner}");
        let body = Body::Assign(Assign { item, stage: None, owner, reason: self.reason.clone() });
        sign_off::sign_one(app, &ready, body, Some(found.id.clone()), told, &self.delivery)
    }
}
