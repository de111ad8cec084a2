//! Taking back what one said for all refs: whose it is, and what that does.

use crate::evaluate::complete::describe;
use crate::evaluate::freeze::ended;
use crate::evaluate::root_log::RootLog;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::prefix::IdPrefix;
use crate::model::record::{Body, Home};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::root_log;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::{self, Identity};
use crate::ops::write::withdraw;
use crate::report::safe;
use crate::sign::verify::Verified;

/// Finds the records of the root log whose ids begin so; those of releases that were copied there are not among them, since
/// they are withdrawn where they belong.
///
/// # Errors
/// If the log can't be read.
pub fn find(session: &Session, repository: &Repository, trusted: &Workspace, named: &str) -> Outcome<Vec<RecordId>> {
    let Some(prefix) = IdPrefix::parse(named) else { return Ok(Vec::new()) };
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, session.now);
    let is_own = |body: &Body| body.row().home != Home::Tag;
    let found = log.records.iter().filter(|(id, verified)| prefix.begins(id) && is_own(&verified.body));
    Ok(found.map(|(id, _)| *id).collect())
}

/// Says what it does that a record of the root log is taken back, and gives who does it; nothing where it is taken back already.
///
/// # Errors
/// If it is another's, or a withdraw, or a freeze that its author may not end.
pub fn check_and_tell(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    target: RecordId,
) -> Outcome<Option<Identity>> {
    let identity = identity::identify(session, repository, trusted)?;
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, session.now);
    let Some(record) = log.records.get(&target) else {
        return Err(Failure::internal(format!("record {} is not in the root log", target.short())));
    };
    let who = &identity.principal;
    withdraw::require_own(record, who).map_err(|failure| match &record.body {
        Body::Freeze(_) => failure.suggest("to end the freeze", format!("relsign freeze lift {} --reason …", target.short())),
        _ => failure,
    })?;
    if log.taken_back().contains_key(&target) {
        return Ok(None);
    }
    let does = does(&log, record)?;
    if matches!(record.body, Body::Freeze(_)) {
        // Without the right it would be signed and end nothing.
        identity::require(trusted.policy(), who, Right::Freeze)?;
    }
    session.say(format!("{who} withdraws {}", describe(record)));
    session.say(format!("  {does}"));
    Ok(Some(identity))
}

/// Describes what it does that a record is withdrawn.
///
/// # Errors
/// If it would do nothing: the freeze is over.
fn does(log: &RootLog<'_>, record: &Verified) -> Outcome<String> {
    let refs = |ref_name: &str| safe::line(ref_name);
    Ok(match &record.body {
        Body::Exception(asked) => {
            let (commit, ref_name) = (asked.commit.short(), refs(asked.ref_name.as_str()));
            format!("it no longer allows {commit} onto {ref_name}, even if granted; what already landed stays in the reports")
        }
        Body::Grant(grant) => format!("it no longer counts for request {}", grant.exception.short()),
        Body::BreakGlass(glass) => {
            let (commit, ref_name) = (glass.commit.short(), refs(glass.ref_name.as_str()));
            format!("it no longer allows {commit} onto {ref_name}; the use of break-glass stays in the reports")
        }
        Body::Freeze(freeze) => {
            let is_over = freeze.until.is_some_and(|until| until <= log.now) || ended(log).by.contains_key(&record.id());
            if is_over {
                return Err(
                    Failure::refused(format!("the freeze \"{}\" is already over", safe::line(&freeze.name))).by(Denial::FreezeOver)
                );
            }
            format!("this ends the freeze \"{}\"", safe::line(&freeze.name))
        }
        Body::Lift(lift) => match log.records.get(&lift.freeze).map(|freeze| &freeze.body) {
            Some(Body::Freeze(freeze)) => format!("it no longer lifts the freeze \"{}\"", safe::line(&freeze.name)),
            _ => format!("it no longer lifts freeze {}", lift.freeze.short()),
        },
        _ => "it no longer counts".to_owned(),
    })
}
