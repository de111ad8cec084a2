//! `relsign freeze request`.

use super::change;
use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::freeze::Span;
use crate::evaluate::push::exception::Change;
use crate::git::Repository;
use crate::model::address::full_ref;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, RefName};
use crate::model::policy::Right;
use crate::model::record::{Body, Exception};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::load::landing::{self, MOST_COMMITS};
use crate::ops::load::makers;
use crate::ops::share::Sharing;
use crate::ops::workspace::Workspace;
use crate::ops::write::{identity, ready, root_record};
use crate::report::safe::shell_word;
use crate::report::{safe, words};

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
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::Request)?;
        let exception = self.exception(app, &repository)?;
        let change = landing::change(&repository, trusted.policy(), &exception)?;
        require_known_authors(&trusted, &change)?;
        let frozen = freezes::known(&repository, &trusted, app.now, Span::at(app.now))?;
        if frozen.unknown.is_empty() && !frozen.all.iter().any(|freeze| freeze.covers(exception.ref_name.as_str())) {
            app.ui.warn(format!(
                "{} is not frozen now, and the exception will not cover a freeze that begins later",
                exception.ref_name
            ));
        }
        for freeze in frozen.all.iter().filter(|freeze| freeze.covers(exception.ref_name.as_str())) {
            let able = trusted.policy().able_to_grant(freeze.grant.as_ref());
            let left = able.filter(|able| identity.person() != Some(*able) && !change.made.people.contains(*able)).count();
            let needed = u64::from(trusted.policy().thresholds().exception.max(1));
            if (left as u64) < needed {
                let needed = words::plural(needed, "person", "people");
                let left = words::plural(left as u64, "person", "people");
                app.ui.warn(format!(
                    "{:?} takes {needed} to grant an exception, neither its authors nor who asks, and {left} may: nothing goes \
                     through until the policy names more",
                    freeze.name
                ));
            }
        }
        let commits = words::count_of(&exception.commits, "commit");
        app.ui.say(format!("{} requests an exception for {commits} onto {}", identity.principal, exception.ref_name));
        change::show(app, &repository, &exception.commits)?;
        app.ui.say(format!("  until {}", words::time(exception.expires, &app.zone)));
        let subject = change::subject(&exception.ref_name, &exception.commit);
        let (ref_name, commit) = (exception.ref_name.clone(), exception.commit);
        let body = Body::Exception(exception);
        let id = root_record::sign(app, &repository, &trusted, &identity, (None, body, vec![subject]))?;
        let signed = SignedRecordJson { id, item: None, counts_as: format!("requests an exception for {commits} onto {ref_name}") };
        let exit = delivery::finish(app, &repository, None, vec![signed], &self.sharing)?;
        if app.dry_run {
            return Ok(exit);
        }
        let people = words::plural(u64::from(trusted.policy().thresholds().exception), "person", "people");
        app.ui.advise(Advice::run(
            format!("it needs grants by {people}, not counting its authors"),
            format!("relsign freeze grant {}", id.short()),
        ));
        if let Some(remote) = repository.sharing_remote()?
            && !change::was_pushed(&repository, &commit).is_ok_and(|pushed| pushed)
        {
            let push = format!("git push {} {}:refs/heads/NAME", shell_word(&remote), commit.short());
            app.ui.advise(Advice::run("those who grant need the commits", push));
        }
        Ok(exit)
    }

    fn exception(&self, app: &App, repository: &Repository) -> Outcome<Exception> {
        let ref_name: RefName = full_ref(&self.ref_name).parse()?;
        change::require_sense(&ref_name, &self.reason)?;
        let expires = app.time(&self.expires)?;
        if expires <= app.now {
            return Err(Failure::usage("the exception would expire before anybody could grant it")
                .by(Denial::Incomplete)
                .hint("give a later time: --expires 4h"));
        }
        let commit = change::commit(repository, &self.commit)?;
        let base = self.base(repository, &ref_name, &commit)?;
        let (mut commits, complete) = repository.commits_between(Some(&base), &commit).map_err(makers::unreadable)?;
        commits.reverse();
        let range = format!("{}..{}", base.short(), commit.short());
        if !complete {
            return Err(Failure::missing(format!("some commits of {range} are not here")).suggest("", "git fetch --unshallow"));
        }
        if commits.len() > MOST_COMMITS {
            return Err(Failure::refused(format!("{range} has {} commits, too many to review", commits.len()))
                .by(Denial::Incomplete)
                .hint(format!("request a smaller change, of at most {MOST_COMMITS} commits")));
        }
        let (reason, ticket) = (self.reason.clone(), self.ticket.clone());
        Ok(Exception { ref_name, commit, base, commits, reason, ticket, expires })
    }

    /// Returns the commit from which the change runs: where it left the ref, as far as that is known here.
    fn base(&self, repository: &Repository, ref_name: &RefName, commit: &ObjectId) -> Outcome<ObjectId> {
        let base = match (&self.base, landing::tip_to_land_on(repository, ref_name.as_str())?) {
            (Some(named), _) => change::commit(repository, named)?,
            (None, None) => {
                return Err(Failure::missing(format!("{ref_name} is not here, so it is not known where the change begins"))
                    .suggest("fetch it", "git fetch")
                    .hint("or, for a new ref, name its base: --base COMMIT"));
            }
            (None, Some(tip)) => repository.nearest_common(&tip, commit).map_err(makers::unreadable)?.ok_or_else(|| {
                Failure::usage(format!("{} shares no history with {ref_name}", commit.short())).hint("name its base: --base COMMIT")
            })?,
        };
        if base == *commit {
            return Err(Failure::refused(format!("{ref_name} already contains {}", commit.short()))
                .by(Denial::AlreadyThere)
                .suggest("if the branch here is ahead of the remote, fetch first", "git fetch"));
        }
        if !repository.is_ancestor(&base, commit).map_err(makers::unreadable)? {
            return Err(Failure::usage(format!("{} is not an ancestor of {}", base.short(), commit.short())));
        }
        Ok(base)
    }
}

/// Refuses a change that nobody could grant, because the policy does not know who made it.
fn require_known_authors(trusted: &Workspace, change: &Change) -> Outcome<()> {
    if let Some(why) = &change.unreadable {
        return Err(Failure::finding(Code::RangeUnreadable, format!("the authors of the commits can't be determined: {why}")));
    }
    let separation = &trusted.policy().contents().separation;
    let unknown = &change.made.unknown;
    let names = (separation.unknown_identity_refuses && !unknown.is_empty()).then(|| safe::line(&words::and(unknown)));
    let names = names.map(|names| format!("these commit authors are not in the policy: {}", safe::fit(&names, 200, "…")));
    let bots = || separation.refused_bot_commits(&change.made).map(|commits| format!("no person is named in {commits}"));
    let Some(message) = names.or_else(bots) else { return Ok(()) };
    Err(Failure::finding(Code::ImplementerUnknown, message)
        .because("so nobody could grant it independently of its authors")
        .suggest("an owner adds the address of the commits to .relsign/policy.toml, then", "relsign policy propose"))
}
