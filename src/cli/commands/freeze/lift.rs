//! `relsign freeze lift`.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::model::policy::Right;
use crate::model::record::{Body, Lift};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::share::Sharing;
use crate::ops::write::{freeze, identity};
use crate::report::freezes as titles;

/// End a freeze early, if a record declared it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The freeze: its name, or the beginning of its record's id
    #[arg(value_name = "NAME|RECORD")]
    named: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        if self.reason.trim().is_empty() {
            return Err(Failure::usage("lifting a freeze needs a reason").hint("everybody reads it: --reason \"…\""));
        }
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::Lift)?;
        let standing = freezes::standing(&repository, &trusted, app.now)?;
        let (found, id) = freeze::find(&standing, &self.named)?;
        app.ui.say(format!("{} lifts the freeze {}", identity.principal, titles::title(found)));
        app.ui.say(format!("  refs: {}", titles::refs(found)));
        if found.until.is_some() {
            app.ui.say(format!("  it would have lasted {}", crate::report::wrap::shown(&titles::until(found, &app.zone))));
        }
        let body = Body::Lift(Lift { freeze: id, reason: self.reason.clone() });
        let (who, draft) = ((&repository, &trusted, &identity), (None, body, Vec::new()));
        let counts_as = format!("lifts freeze {}", id.short());
        delivery::sign_for_all(app, who, draft, counts_as, &self.sharing).map(|(_, exit)| exit)
    }
}
