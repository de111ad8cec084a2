//! Releases as people name them: one for one place, known here at all, and else what the name is like.

use std::collections::BTreeSet;

use super::near::nearest;
use super::release::Loaded;
use super::releases;
use crate::git::Repository;
use crate::model::finding::Code;
use crate::model::ids::{Environment, TagName};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::{safe, words};

/// How many ways to ask again are told at most.
pub const MOST_CALLS: usize = 6;

/// Loads the release of a tag, or the only one that is open where none is named; one that goes to several places must be asked about
/// for one of them.
///
/// # Errors
/// If it goes to several and none was named, if nobody knows the tag, or it can't be loaded.
pub fn load<'a>(
    session: &Session,
    repository: &Repository,
    trusted: &'a Workspace,
    (tag, place): (Option<&str>, Option<&str>),
    as_of: Timestamp,
) -> Outcome<Loaded<'a>> {
    let loaded = load_whole(session, repository, trusted, (tag, place), as_of)?;
    loaded.require_tag_read()?;
    let known = loaded.environments();
    if place.is_none() && known.len() > 1 {
        let names: Vec<_> = known.iter().map(Environment::as_str).collect();
        return Err(Failure::usage(format!(
            "{} was opened for several environments: {}",
            loaded.context.tag.name.short(),
            names.join(", ")
        ))
        .hint("name one with --env"));
    }
    Ok(loaded)
}

/// Loads the release of a tag, or the only one that is open where none is named, for one place or for all that it goes to.
///
/// # Errors
/// If nobody knows the tag, or it can't be loaded.
pub fn load_whole<'a>(
    session: &Session,
    repository: &Repository,
    trusted: &'a Workspace,
    (tag, place): (Option<&str>, Option<&str>),
    as_of: Timestamp,
) -> Outcome<Loaded<'a>> {
    let tag = releases::tag_or_open_one(session, repository, trusted, tag)?;
    let _reading = session.reading(format!("reading {}", tag.short()));
    let loaded = releases::load(repository, trusted, &tag, as_of, place.map(str::parse::<Environment>).transpose()?)?;
    require_known(repository, &loaded)?;
    Ok(loaded)
}

/// Loads a release to say whether it may go out. Where no place is named the component's first is meant, and a release
/// for any other is not taken for it; `again` asks about a place.
///
/// # Errors
/// If it was opened for another place, or for several, and none was named.
pub fn load_to_go<'a>(
    (session, repository): (&Session, &Repository),
    trusted: &'a Workspace,
    (tag, as_of): (&TagName, Timestamp),
    place: Option<Environment>,
    again: &dyn Fn(&Environment) -> String,
) -> Outcome<Loaded<'a>> {
    let is_named = place.is_some();
    let reading = session.reading(format!("reading {}", tag.short()));
    let loaded = releases::load(repository, trusted, tag, as_of, place)?;
    drop(reading);
    let known = loaded.environments();
    let first = trusted.policy().component_for(tag).map(|component| component.first_environment());
    if !is_named && known.iter().any(|place| Some(place) != first.as_ref()) {
        return Err(unnamed_environment(tag.short(), &known, again));
    }
    Ok(loaded)
}

/// Reports that a GO for one place is none for another, and how to ask about each.
pub fn unnamed_environment(what: &str, known: &BTreeSet<Environment>, call: impl Fn(&Environment) -> String) -> Failure {
    let message = format!("{what} was opened for {}, and no environment was named", words::and(known));
    let failure = Failure::finding(Code::EnvironmentUnnamed, message);
    known.iter().take(MOST_CALLS).fold(failure, |failure, place| failure.suggest(format!("for {place}"), call(place)))
}

/// Whether nothing at all is known under the name: no tag, no record, and no sign that there were any.
fn is_unknown(loaded: &Loaded<'_>) -> bool {
    let nothing_here = || {
        matches!(loaded.report().findings.as_slice(), [a, b] if {
            let codes = [a.code, b.code];
            codes.contains(&Code::TagObjectMissing) && codes.contains(&Code::NotOpened)
        })
    };
    let facts = &loaded.tag.facts;
    facts.target.is_none() && loaded.records.is_empty() && loaded.context.opened_objects.is_empty() && nothing_here()
}

/// Refuses a name under which nothing at all is known: most likely it is mistyped.
///
/// # Errors
/// If there is no tag of that name, and nobody has opened one.
pub fn require_known(repository: &Repository, loaded: &Loaded<'_>) -> Outcome<()> {
    if !is_unknown(loaded) {
        return Ok(());
    }
    let name = loaded.context.tag.name.short();
    let failure = Failure::missing(format!("there is no tag {name} here, and nobody has opened one of that name"));
    let failure = like(repository, name)?.into_iter().fold(failure, Failure::hint);
    Err(failure.suggest("fetch tags", "git fetch --tags").suggest("and records", "relsign sync"))
}

/// Names the tags that are like one that is not there.
pub fn like(repository: &Repository, name: &str) -> Outcome<Option<String>> {
    let refs = repository.refs("refs/tags/")?;
    let tags = refs.iter().filter_map(|(name, _)| name.as_str().strip_prefix("refs/tags/"));
    let near = nearest(tags, name);
    Ok((!near.is_empty()).then(|| format!("did you mean {}?", words::or(near.into_iter().map(safe::shell)))))
}
