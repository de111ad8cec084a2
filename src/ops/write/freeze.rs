//! Freezes by record: one that is declared, and one that is lifted.

use crate::evaluate::freeze::{self, Source, is_own_ref};
use crate::git::Repository;
use crate::model::address::full_ref;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::hidden::is_hidden;
use crate::model::ids::{Environment, RecordId};
use crate::model::policy::{Pattern, Policy};
use crate::model::prefix::IdPrefix;
use crate::model::record::{Freeze, LONGEST_FREEZE_NAME};
use crate::model::spelling::covers;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::words;

/// Works out the freeze that somebody declares: its name, branches or patterns of refs, environments, when it begins and ends, why.
///
/// # Errors
/// If it makes no sense.
pub fn declared(
    session: &Session,
    (name, reason): (&str, &str),
    (refs, environments): (&[String], &[String]),
    (starts, ends): (Option<&str>, Option<&str>),
) -> Outcome<Freeze> {
    let (given, name) = (name, name.trim());
    if name.is_empty() || name.chars().count() > LONGEST_FREEZE_NAME || name.chars().any(is_hidden) {
        return Err(Failure::usage(format!("{given:?} is not a valid freeze name"))
            .hint(format!("use one line of at most {LONGEST_FREEZE_NAME} characters")));
    }
    if reason.trim().is_empty() {
        return Err(Failure::usage("a freeze needs a reason")
            .by(Denial::Incomplete)
            .hint("people whose push is refused read it: --reason \"…\""));
    }
    let mut refs = refs.iter().map(|named| full_ref(named).parse()).collect::<Result<Vec<Pattern>, _>>()?;
    refs.sort();
    refs.dedup();
    if let Some(own) = refs.iter().find(|pattern| is_own_ref(pattern.as_str())) {
        return Err(Failure::usage(format!("{own} is one of relsign's own refs, which can't be frozen"))
            .hint("otherwise nobody could push a lift or an exception"));
    }
    let mut environments = environments.iter().map(|named| named.parse()).collect::<Result<Vec<Environment>, _>>()?;
    environments.sort();
    environments.dedup();
    let from = starts.map_or(Ok(session.now), |text| session.time(text))?;
    let until = ends.map(|text| session.time(text)).transpose()?;
    let later = "give a later time: --until TIME";
    if until.is_some_and(|until| starts.is_some() && until <= from) {
        return Err(Failure::usage("the freeze would end before it begins").by(Denial::Incomplete).hint(later));
    }
    if let Some(until) = until.filter(|until| *until <= session.now) {
        return Err(
            Failure::usage(format!("the freeze would be over already, since {}", words::time(until, &session.zone))).hint(later)
        );
    }
    Ok(Freeze {
        name: name.to_owned(),
        refs: refs.iter().map(ToString::to_string).collect(),
        from,
        until,
        reason: reason.to_owned(),
        environments,
        release: None,
    })
}

/// Refuses a name that a freeze has already.
///
/// # Errors
/// If one has it, or the freezes can't be read.
pub fn require_free_name(session: &Session, repository: &Repository, trusted: &Workspace, name: &str) -> Outcome<()> {
    let standing = freezes::standing(repository, trusted, session.now)?;
    let stands = |other: &&freeze::Freeze| other.name == name && matches!(other.source, Source::Record { .. } | Source::Window);
    if let Some(other) = standing.iter().find(stands) {
        let (what, hint) = match &other.source {
            Source::Record { record: id } => {
                let lift = format!("relsign freeze lift {} --reason \"…\"", id.short());
                (format!("record {}", id.short()), Advice::run("lift it first", lift))
            }
            _ => ("a window of the policy".to_owned(), "give this one another name".into()),
        };
        return Err(Failure::refused(format!("there is already a freeze {:?}, {what}", name)).by(Denial::FreezeNamed).hint(hint));
    }
    Ok(())
}

/// Warns of an environment to which the policy releases nothing: most likely it is mistyped.
pub fn warn_of_unknown(session: &Session, policy: &Policy, freeze: &Freeze) {
    let is_unknown = |name: &&Environment| !policy.contents().components.iter().any(|component| component.goes_to(name));
    for name in freeze.environments.iter().filter(is_unknown) {
        session.warn(format!("the policy releases nothing to {name}"));
    }
}

/// Warns of a pattern that fits no branch or tag here, nor any branch of a remote: most likely it is mistyped.
///
/// # Errors
/// If git can't be read.
pub fn warn_of_nothing(session: &Session, repository: &Repository, freeze: &Freeze) -> Outcome<()> {
    let mut names = repository.ref_list("refs/heads/")?;
    names.extend(repository.ref_list("refs/tags/")?);
    let theirs = repository.ref_list("refs/remotes/")?;
    names.extend(theirs.iter().filter_map(|name| Some(format!("refs/heads/{}", name.splitn(4, '/').nth(3)?))));
    for text in &freeze.refs {
        let pattern: Pattern = text.parse()?;
        if !names.iter().any(|name| covers(&pattern, name)) {
            session.warn(format!("{text} matches no branch or tag that is known here"));
        }
    }
    Ok(())
}

/// Finds the freeze record that is meant, among those that are not over.
///
/// # Errors
/// If it is none of them, or several are called so.
pub fn find<'f>(standing: &'f [freeze::Freeze], named: &str) -> Outcome<(&'f freeze::Freeze, RecordId)> {
    let prefix = IdPrefix::parse(named);
    let records = standing.iter().filter_map(|freeze| match &freeze.source {
        Source::Record { record } | Source::Release { record, .. } => Some((freeze, *record)),
        Source::Window => None,
    });
    let meant = |(freeze, id): &(&freeze::Freeze, RecordId)| {
        freeze.name == named || prefix.as_ref().is_some_and(|prefix| prefix.begins(id))
    };
    let found: Vec<_> = records.filter(meant).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(not_one(standing, named)),
        _ => {
            let ids: Vec<_> = found.iter().map(|(_, id)| id.short()).collect();
            Err(Failure::usage(format!("several freezes are called {:?}", named))
                .hint(format!("name the record: {}", ids.join(", "))))
        }
    }
}

/// Explains why nothing that was named can be lifted.
fn not_one(standing: &[freeze::Freeze], named: &str) -> Failure {
    match standing.iter().find(|freeze| freeze.name == named).map(|freeze| &freeze.source) {
        Some(Source::Window) => Failure::refused(format!("{:?} is a freeze window of the policy, which no record can end", named))
            .by(Denial::WindowOfPolicy)
            .suggest("request an exception for one change", "relsign freeze request COMMIT --ref REF --reason \"…\" --expires 4h")
            .suggest("or change the window", "relsign policy propose"),
        _ => Failure::usage(format!("there is no active or future freeze {:?}", named))
            .suggest("list the freezes", "relsign freeze list"),
    }
}
