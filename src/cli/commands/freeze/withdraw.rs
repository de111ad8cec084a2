//! Taking back what one said for all refs: what `relsign withdraw` does with a record of the root log.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::freeze::ended;
use crate::evaluate::root_log::RootLog;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::prefix::IdPrefix;
use crate::model::record::{Body, Home, Withdraw};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::root_log;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::identity;
use crate::ops::write::root_record;
use crate::report::safe;
use crate::sign::verify::Verified;

/// Finds the records of the root log whose ids begin so; those of releases that were copied there are not among them, since
/// they are withdrawn where they belong.
///
/// # Errors
/// If the log can't be read.
pub fn find(app: &App, repository: &Repository, trusted: &Workspace, named: &str) -> Outcome<Vec<RecordId>> {
    let Some(prefix) = IdPrefix::parse(named) else { return Ok(Vec::new()) };
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, app.now);
    let is_own = |body: &Body| body.row().home != Home::Tag;
    let found = log.records.iter().filter(|(id, verified)| prefix.begins(id) && is_own(&verified.value().body));
    Ok(found.map(|(id, _)| *id).collect())
}

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
    let identity = identity::identify(app, repository, trusted)?;
    let loaded = root_log::load_here(repository, trusted)?;
    let log = loaded.log(trusted, app.now);
    let Some(record) = log.records.get(&target) else {
        return Err(Failure::internal(format!("record {} is not in the root log", target.short())));
    };
    let who = &identity.principal;
    if record.principal() != who {
        let failure =
            Failure::refused(format!("record {} is by {}, and only they can withdraw it", target.short(), record.principal()))
                .by(Denial::OthersRecord);
        return Err(match &record.value().body {
            Body::Freeze(_) => failure.suggest("to end the freeze", format!("relsign freeze lift {} --reason …", target.short())),
            _ => failure,
        });
    }
    if matches!(record.value().body, Body::Withdraw(_)) {
        return Err(Failure::refused("a withdraw can't be withdrawn").by(Denial::WithdrawOfWithdraw).hint("sign it again instead"));
    }
    if log.taken_back().contains_key(&target) {
        app.ui.say(format!("{} is already withdrawn", target.short()));
        if app.dry_run {
            return delivery::rehearsed(app, None, Vec::new());
        }
        return share::share(app, repository, sharing, &[]);
    }
    let does = does(&log, record)?;
    if matches!(record.value().body, Body::Freeze(_)) {
        // Without the right it would be signed and end nothing.
        identity::require(trusted.policy(), who, Right::Freeze)?;
    }
    app.ui.say(format!("{who} withdraws {}", crate::evaluate::complete::describe(record)));
    app.ui.say(format!("  {does}"));
    let body = Body::Withdraw(Withdraw { record: target, reason: reason.to_owned() });
    let id = root_record::sign(app, repository, trusted, &identity, (None, body, Vec::new()))?;
    let signed = SignedRecordJson { id, item: None, counts_as: format!("withdraws {}", target.short()) };
    delivery::finish(app, repository, None, vec![signed], sharing)
}

/// Describes what it does that a record is withdrawn.
///
/// # Errors
/// If it would do nothing: the freeze is over.
fn does(log: &RootLog<'_>, record: &Verified) -> Outcome<String> {
    let refs = |ref_name: &str| safe::line(ref_name);
    Ok(match &record.value().body {
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
        Body::Lift(lift) => match log.records.get(&lift.freeze).map(|freeze| &freeze.value().body) {
            Some(Body::Freeze(freeze)) => format!("it no longer lifts the freeze \"{}\"", safe::line(&freeze.name)),
            _ => format!("it no longer lifts freeze {}", lift.freeze.short()),
        },
        _ => "it no longer counts".to_owned(),
    })
}
