//! `relsign assign`.

use super::delivery::Delivery;
use super::selector::tag_and_rest;
use super::sign_off;
use crate::cli::app::App;
use crate::model::denial::Denial;
use crate::model::ids::{Handle, Principal};
use crate::model::policy::Right;
use crate::model::record::{Assign, Body, ItemRef};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::items;
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;

/// Assign an item to another owner, or a stage to whoever takes it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), the item or stage, and the new owner
    #[arg(required = true, num_args = 2..=3, value_names = ["TAG ITEM", "@HANDLE"])]
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
        let (tag, rest) = tag_and_rest(&self.words, 2);
        let [item, owner] = rest else { return Err(Failure::usage("an item and a handle are needed")) };
        let ready = Ready::load(app, &repository, &trusted, tag, self.delivery.place.env.as_deref())?;
        let stage = ready.report.course.stages.iter().find(|stage| stage.id == *item && !stage.implied);
        let is_item = ready.report.items.iter().any(|other| other.id.as_str() == item);
        let owner = Handle::from_user(owner)?;
        let policy = ready.policy();
        if policy.person(&owner).is_none() {
            return Err(Failure::refused(format!("{owner} is not a person of the policy"))
                .by(Denial::NotForAssignment)
                .suggest("admit them", "relsign person add"));
        }
        identity::require(policy, &ready.identity.principal, Right::Assign)?;
        let (item, stage, what) = match stage.filter(|_| !is_item) {
            Some(stage) => {
                if !policy.may(&Principal::Person(owner.clone()), Right::Stage) {
                    app.ui.warn(format!("{owner} may not move stages, so nobody could enter {}", stage.id));
                }
                (None, Some(stage.id.clone()), format!("stage {}", stage.id))
            }
            None => {
                let found = items::find(&ready.report, item)?;
                (Some(ItemRef { id: found.id.clone(), digest: found.digest }), None, found.id.to_string())
            }
        };
        ready.announce(app, &format!("{what} is assigned to {owner}"))?;
        let (told, id) = (format!("assigned to {owner}"), item.as_ref().map(|item| item.id.clone()));
        let body = Body::Assign(Assign { item, stage, owner, reason: self.reason.clone() });
        sign_off::sign_one(app, &ready, body, id, told, &self.delivery)
    }
}
