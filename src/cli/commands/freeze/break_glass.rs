//! `relsign freeze break-glass`.

use super::change;
use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::model::address::full_ref;
use crate::model::ids::RefName;
use crate::model::policy::Right;
use crate::model::record::{Body, BreakGlass};
use crate::ops::error::Outcome;
use crate::ops::share::Sharing;
use crate::ops::write::{exception, identity, ready};
use crate::report::safe::shell_word;

/// Override a freeze for one commit, on your own authority
///
/// Every report shows it from then on. Only people named by the policy may do this, and it overrides only freezes that are active now. The ref may move
/// forward to exactly this commit, once.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The commit
    #[arg(value_name = "COMMIT")]
    commit: String,
    /// The frozen ref: a branch, or the full name of a ref
    #[arg(long = "ref", value_name = "REF")]
    ref_name: String,
    /// Why it can't wait for others
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The ticket of the incident
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let ref_name: RefName = full_ref(&self.ref_name).parse()?;
        exception::require_sense(&ref_name, &self.reason)?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::BreakGlass).map_err(|failure| {
            match trusted.policy().may(&identity.principal, Right::Request) {
                true => failure.suggest(
                    "request a freeze exception instead",
                    format!(
                        "relsign freeze request {} --ref {} --reason \"…\" --expires 4h",
                        shell_word(&self.commit),
                        shell_word(&self.ref_name)
                    ),
                ),
                false => failure,
            }
        })?;
        let commit = exception::commit_named(&repository, &self.commit)?;
        app.ui.loud(&format!("BREAK-GLASS: {} overrides the freeze of {ref_name} for {}", identity.principal, commit.short()));
        change::show(app, &repository, &[commit])?;
        let subject = exception::subject(&ref_name, &commit);
        let (reason, ticket) = (self.reason.clone(), self.ticket.clone());
        let body = Body::BreakGlass(BreakGlass { ref_name: ref_name.clone(), commit, reason, ticket });
        let counts_as = format!("lets {} onto {ref_name} through every freeze that holds now", commit.short());
        let (who, draft) = ((&repository, &trusted, &identity), (None, body, vec![subject]));
        delivery::sign_for_all(app, who, draft, counts_as, &self.sharing).map(|(_, exit)| exit)
    }
}
