//! `relsign freeze request`.

use super::change;
use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::git::Repository;
use crate::model::address::full_ref;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::ids::RefName;
use crate::model::policy::Right;
use crate::model::record::{Body, Exception};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::landing;
use crate::ops::share::Sharing;
use crate::ops::write::{exception, identity};
use crate::report::safe::shell_word;
use crate::report::words;

/// Request a freeze exception for one change
///
/// The people who grant it see every commit from the ref's current position up to this one, and nothing else is allowed.
/// The change may land as it is, merged, squashed or rebased, if it merges cleanly. Push the commits to a branch first,
/// because those who grant need them. The exception does not cover freezes that begin after the request.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The last commit of the change
    #[arg(value_name = "COMMIT")]
    commit: String,
    /// The frozen ref where it should land: a branch, or the full name of a ref
    #[arg(long = "ref", value_name = "REF")]
    ref_name: String,
    /// Where the change begins, instead of its merge base with the ref
    #[arg(long, value_name = "COMMIT")]
    base: Option<String>,
    /// Why it can't wait
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The follow-up ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// When the exception expires: RFC 3339, a date, or a span such as 4h
    #[arg(long, value_name = "TIME")]
    expires: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::Request)?;
        let exception = self.exception(app, &repository)?;
        let change = landing::change(&repository, trusted.policy(), &exception)?;
        exception::require_known_authors(&trusted, &change)?;
        exception::warn_of_use(app, &repository, &trusted, &identity, (&exception, &change))?;
        let commits = words::count_of(&exception.commits, "commit");
        app.ui.say(format!("{} requests an exception for {commits} onto {}", identity.principal, exception.ref_name));
        change::show(app, &repository, &exception.commits)?;
        app.ui.say(format!("  until {}", words::time(exception.expires, &app.zone)));
        let subject = exception::subject(&exception.ref_name, &exception.commit);
        let (ref_name, commit) = (exception.ref_name.clone(), exception.commit);
        let body = Body::Exception(exception);
        let counts_as = format!("requests an exception for {commits} onto {ref_name}");
        let (who, draft) = ((&repository, &trusted, &identity), (None, body, vec![subject]));
        let (id, exit) = delivery::sign_for_all(app, who, draft, counts_as, &self.sharing)?;
        if app.dry_run {
            return Ok(exit);
        }
        let people = words::plural(u64::from(trusted.policy().thresholds().exception), "person", "people");
        app.ui.advise(Advice::run(
            format!("it needs grants by {people}, not counting its authors"),
            format!("relsign freeze grant {}", id.short()),
        ));
        if let Some(remote) = repository.sharing_remote()?
            && !exception::was_pushed(&repository, &commit).is_ok_and(|pushed| pushed)
        {
            let push = format!("git push {} {}:refs/heads/NAME", shell_word(&remote), commit.short());
            app.ui.advise(Advice::run("those who grant need the commits", push));
        }
        Ok(exit)
    }

    fn exception(&self, app: &App, repository: &Repository) -> Outcome<Exception> {
        let ref_name: RefName = full_ref(&self.ref_name).parse()?;
        exception::require_sense(&ref_name, &self.reason)?;
        let expires = app.time(&self.expires)?;
        if expires <= app.now {
            return Err(Failure::usage("the exception would expire before anybody could grant it")
                .by(Denial::Incomplete)
                .hint("give a later time: --expires 4h"));
        }
        let commit = exception::commit_named(repository, &self.commit)?;
        let base = exception::base(repository, self.base.as_deref(), &ref_name, &commit)?;
        let commits = exception::commits(repository, &base, &commit)?;
        let (reason, ticket) = (self.reason.clone(), self.ticket.clone());
        Ok(Exception { ref_name, commit, base, commits, reason, ticket, expires })
    }
}
