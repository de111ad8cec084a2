//! What may be waived besides items: a bake time, and that the policy does not know some authors.

use std::collections::BTreeSet;

use super::ready::Ready;
use crate::model::denial::Denial;
use crate::model::record::{Sign, SignVerdict, UnknownAuthor};
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::{find, makers};
use crate::ops::session::Session;
use crate::report::{safe, words};

/// Finds the stage whose bake time is waived.
///
/// # Errors
/// If not one stage is named, or one that has none.
pub fn bake(report: &Report, named: &[String]) -> Outcome<String> {
    let stages = &report.course.stages;
    let ids = stages.iter().map(|stage| stage.id.as_str());
    let [named] = named else { return Err(Failure::usage("--bake waives the bake time of one stage").hint("name a stage")) };
    let Some(stage) = find::one_of(ids.clone(), named)?.and_then(|id| stages.iter().find(|stage| stage.id == id)) else {
        return Err(Failure::usage(format!("{} has no stage {named:?}", report.tag.short()))
            .hint(format!("its stages: {}", words::and(ids))));
    };
    if stage.bake.is_none_or(|bake| bake == 0) {
        return Err(Failure::usage(format!("{} has no bake time", stage.id)));
    }
    Ok(stage.id.clone())
}

/// Names every author whom the policy does not know, with their commits.
///
/// # Errors
/// If there is none, or they can't be told.
pub fn authors(session: &Session, ready: &Ready<'_>, named: &[String]) -> Outcome<Vec<UnknownAuthor>> {
    if !named.is_empty() {
        return Err(Failure::usage("--unknown-authors takes all of them, and no item"));
    }
    let (open, _) = ready.open()?;
    if open.implementers.unknown.is_empty() {
        return Err(Failure::refused(format!("{} has no unknown authors", ready.report.tag.short())).by(Denial::NothingToSign));
    }
    let unknown = makers::unknown_authors(ready.repository, &ready.loaded.tag, open, ready.policy())?;
    for one in &unknown {
        session.say(format!("  {} · {}", safe::line(&one.author), words::count_of(&one.commits, "commit")));
    }
    Ok(unknown)
}

/// Counts the people who waive the same, with whoever signs now.
pub fn voices(ready: &Ready<'_>, said: &Sign) -> usize {
    let is_same = |other: &Sign| {
        other.verdict == SignVerdict::Waive && other.item.is_none() && other.bake == said.bake && other.unknown == said.unknown
    };
    let same = ready.loaded.records.values().filter(|verified| verified.said().is_some_and(is_same));
    same.map(|verified| verified.principal()).chain([&ready.identity.principal]).collect::<BTreeSet<_>>().len()
}
