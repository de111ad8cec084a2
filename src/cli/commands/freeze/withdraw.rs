//! Taking back what one said for all refs: what `relsign withdraw` does with a record of the root log.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::git::Repository;
use crate::model::ids::RecordId;
use crate::model::record::{Body, Withdraw};
use crate::ops::error::Outcome;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
pub use crate::ops::write::take_back::find;
use crate::ops::write::{root_record, take_back};

/// Takes a record of the root log back, says what that does, and shares it.
///
/// # Errors
/// If it is another's, or a withdraw, or a freeze that its author may not end; if it can't be signed or shared.
pub fn take_back(
    app: &App,
    repository: &Repository,
    trusted: &Workspace,
    (target, reason): (RecordId, &str),
    sharing: &Sharing,
) -> Outcome {
    let Some(identity) = take_back::prepare(app, repository, trusted, target)? else {
        app.ui.say(format!("{} is already withdrawn", target.short()));
        if app.dry_run {
            return delivery::rehearsed(app, None, Vec::new());
        }
        return share::share(app, repository, sharing, &[]);
    };
    let body = Body::Withdraw(Withdraw { record: target, reason: reason.to_owned() });
    let id = root_record::sign(app, repository, trusted, &identity, (None, body, Vec::new()))?;
    let signed = SignedRecordJson { id, item: None, counts_as: format!("withdraws {}", target.short()) };
    delivery::finish(app, repository, None, vec![signed], sharing)
}
