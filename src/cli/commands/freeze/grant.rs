//! `relsign freeze grant`.

use super::change;
use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::evaluate::push::exception::requests;
use crate::model::record::{Body, Grant};
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::root_log;
use crate::ops::share::{self, Sharing};
use crate::ops::write::exception::{self, Granting};
use crate::ops::write::identity;
use crate::report::{safe, words};

/// Grant a freeze exception, after showing its commits
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The request: the beginning of its record's id
    #[arg(value_name = "RECORD")]
    record: String,
    /// Add a note that everybody can read
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        let loaded = root_log::load_here(&repository, &trusted)?;
        let log = loaded.log(&trusted, app.now);
        let request = exception::find(&log, &self.record)?;
        let (id, asked) = (request.verified.id(), request.exception);
        app.ui.say(format!(
            "{} requests an exception for {} onto {} until {}",
            request.verified.principal(),
            words::count_of(&asked.commits, "commit"),
            safe::line(asked.ref_name.as_str()),
            words::time(asked.expires, &app.zone)
        ));
        app.ui.say(format!("  reason: {}", safe::line(&asked.reason)));
        if let Some(ticket) = &asked.ticket {
            app.ui.say(format!("  ticket: {}", safe::line(ticket)));
        }
        change::show(app, &repository, &asked.commits)?;
        let (granting, is_granted) = Granting::of(app, &repository, &trusted, (&loaded, &log), (request, &identity.principal))?;
        if is_granted {
            app.ui.say(format!("you have already granted {}", id.short()));
            if app.dry_run {
                return delivery::rehearsed(app, None, Vec::new());
            }
            let exit = share::share(app, &repository, &self.sharing, &[])?;
            granting.tell(app, &log, request, !self.sharing.no_sync);
            return Ok(exit);
        }
        let body = Body::Grant(Grant { exception: id });
        let subject = exception::subject(&asked.ref_name, &asked.commit);
        let (who, draft) = ((&repository, &trusted, &identity), (self.note.clone(), body, vec![subject]));
        let counts_as = format!("grants exception {}", id.short());
        let (_, exit) = delivery::sign_for_all(app, who, draft, counts_as, &self.sharing)?;
        if exit == Exit::Yes && !app.dry_run {
            let loaded = root_log::load_here(&repository, &trusted)?;
            let log = loaded.log(&trusted, app.now);
            let requests = requests(&log);
            if let Some(request) = requests.into_iter().find(|request| request.verified.id() == id) {
                granting.tell(app, &log, request, !self.sharing.no_sync);
            }
        }
        Ok(exit)
    }
}
