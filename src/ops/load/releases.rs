//! Many releases at once: on all processors, each judged once, and none kept longer than it takes to look at it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, TagName};
use crate::model::record::Body;
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release::{self, Manner, name_blob};
use crate::ops::load::tag_target;
use crate::ops::session::Session;
use crate::ops::trust::Trusted;
use crate::sign::verify::verify_log;

/// Reads a tag's name as typed, or finds the one release that is open.
pub fn tag_or_open_one(session: &Session, repository: &Repository, trusted: &Trusted, named: Option<&str>) -> Outcome<TagName> {
    if let Some(named) = named {
        return Ok(TagName::from_user(named)?);
    }
    let mut open: Vec<TagName> = open_releases(session, repository, trusted)?.into_iter().map(|(name, _)| name).collect();
    // A tag that was opened for several environments is one tag.
    open.dedup();
    match open.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::usage("no release is open here").hint("name a tag, or open one: relsign open TAG")),
        several => {
            let names: Vec<_> = several.iter().map(TagName::short).collect();
            Err(Failure::usage(format!("several releases are open: {}", names.join(", "))).hint("name the one you mean"))
        }
    }
}

/// What was found of one of many releases.
#[derive(Debug)]
pub struct Judged {
    /// What it came to.
    pub report: Report,
    /// The tag was opened for other environments too, so that a command has to name the one it means.
    pub is_one_of_several: bool,
}

/// Finds the releases that are open: opened, and neither closed nor abandoned, each for every environment that it goes to.
pub fn open_releases(session: &Session, repository: &Repository, trusted: &Trusted) -> Outcome<Vec<(TagName, Judged)>> {
    use crate::model::report::ReleaseState;
    let ended = |state| {
        matches!(state, ReleaseState::NotOpened | ReleaseState::Completed | ReleaseState::Abandoned | ReleaseState::RolledBack)
    };
    each_release(session, repository, trusted, session.now, |judged| Ok((!ended(judged.report.state)).then_some(judged)))
}

/// Judges every tag here that has records, and keeps of each what `keep` makes of its report, sorted by name.
///
/// A tag that was opened for several environments is judged for each, in their order.
///
/// Reports are large, so whoever asks about thousands of releases keeps little of each. `keep` runs on several threads.
pub fn each_release<T: Send>(
    session: &Session,
    repository: &Repository,
    trusted: &Trusted,
    as_of: Timestamp,
    keep: impl Fn(Judged) -> Outcome<Option<T>> + Sync,
) -> Outcome<Vec<(TagName, T)>> {
    let tags = in_order(repository)?;
    // Once, before there are several threads of which each would read them.
    trusted.receipts(repository)?;
    let mut progress = session.progress(tags.len() as u64, "reading releases");
    trusted.passed.expect(tags.iter().map(|(_, id)| *id));
    let next = AtomicUsize::new(0);
    // Each takes the earliest that nobody has taken, so whoever waits for a release before waits for one under way.
    let work = |repository: &Repository, told: &mut dyn FnMut(usize)| -> Outcome<Vec<(TagName, T)>> {
        let mut notes = repository.notes(NOTES_REF)?;
        let mut found = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some((name, id)) = tags.get(place) else { return Ok(found) };
            told(place);
            let _done = trusted.passed.done_with(*id);
            for judged in judge(repository, trusted, &mut notes, (name, *id), as_of, place)? {
                found.extend(keep(judged)?.map(|kept| (name.clone(), kept)));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(tags.len() / TAGS_WORTH_A_THREAD);
    let mut found = std::thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = (1..threads)
            .filter_map(|_| {
                // A handle belongs to one thread. Where the system gives no thread, the others do its work.
                let own = repository.reopen();
                std::thread::Builder::new().spawn_scoped(scope, move || work(&own?, &mut |_| {})).ok()
            })
            .collect();
        let mut found = work(repository, &mut |place| progress.at(place as u64));
        for thread in others {
            let theirs = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            found = found.and_then(|mut found| {
                found.append(&mut theirs?);
                Ok(found)
            });
        }
        found
    })?;
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// How many tags a thread must have to itself before it is worth starting.
const TAGS_WORTH_A_THREAD: usize = 2;

/// Judges one of many releases, for each environment that it goes to; nothing for a tag without records.
fn judge(
    repository: &Repository,
    trusted: &Trusted,
    notes: &mut Notes<'_>,
    (name, id): (&TagName, ObjectId),
    as_of: Timestamp,
    place: usize,
) -> Outcome<Vec<Judged>> {
    let name_note = repository.blob_id(&name_blob(&trusted.root, name))?;
    // A name that was opened counts also where the tag it was opened for has been replaced.
    if !notes.has(&id)? && !notes.has(&name_note)? {
        return Ok(Vec::new());
    }
    let manner = Manner { place: Some(place), ..Manner::default() };
    let reports = release::load_with(repository, trusted, notes, name, as_of, manner)?.reports();
    let is_one_of_several = reports.len() > 1;
    let judged = reports.into_iter().map(|report| {
        trusted.passed.learn(&report);
        Judged { report, is_one_of_several }
    });
    Ok(judged.collect())
}

/// Lists the tags, as far as they tell it earlier ones first: then the release before is judged when it is asked for.
///
/// Nothing but the time it takes depends on the order.
fn in_order(repository: &Repository) -> Outcome<Vec<(TagName, ObjectId)>> {
    let mut tags = Vec::new();
    for (name, id) in repository.refs("refs/tags/")? {
        let Ok(name) = name.as_str().parse::<TagName>() else { continue };
        // What can't be read is no tag object, or will be told of when it is judged.
        let tag = |id: &ObjectId| repository.tag(id).ok().flatten().map(|(tag, _)| tag);
        let (id, tag) = match tag(&id) {
            Some(found) => (id, Some(found)),
            None => tag_target::is_replaced(repository, &name)?.map_or((id, None), |id| (id, tag(&id))),
        };
        let tagged = tag.and_then(|tag| tag.tagger?.seconds);
        tags.push((tagged, name, id));
    }
    tags.sort();
    Ok(tags.into_iter().map(|(_, name, id)| (name, id)).collect())
}

/// Lists the tags that stand for a commit, by name.
pub fn tags_on(repository: &Repository, commit: &ObjectId) -> Outcome<Vec<TagName>> {
    let mut found = Vec::new();
    for (name, id) in repository.refs("refs/tags/")? {
        let Ok(name) = name.as_str().parse::<TagName>() else { continue };
        // A tag that can't be followed stands for no commit, whatever is wrong with it.
        if repository.peel_to_commit(&id).unwrap_or_default() == Some(*commit) {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// Judges the releases whose tags are gone: names that somebody who may has opened, and that no ref bears any more.
pub fn lost_releases(repository: &Repository, trusted: &Trusted, as_of: Timestamp) -> Outcome<Vec<(TagName, Report)>> {
    let mut notes = repository.notes(NOTES_REF)?;
    let mut known = BTreeSet::new();
    let mut here = BTreeSet::new();
    for (name, id) in repository.refs("refs/tags/")? {
        known.insert(id);
        if let Ok(name) = name.as_str().parse::<TagName>() {
            known.insert(repository.blob_id(&name_blob(&trusted.root, &name))?);
            here.insert(name);
        }
    }
    let mut lost = BTreeSet::new();
    for object in notes.objects()?.into_iter().filter(|object| !known.contains(object)) {
        // A note that is too large to be read names no release; whoever asks for one by its name is told.
        let log = verify_log(
            release::lines_of(&mut notes, &object, &mut Vec::new())?.iter().map(Vec::as_slice),
            &trusted.keyring,
            &trusted.root,
        );
        let opens = log.records.values().filter(|verified| matches!(verified.value().body, Body::Open(_)));
        lost.extend(
            opens.flat_map(|verified| &verified.value().subjects).filter_map(|subject| subject.name.parse::<TagName>().ok()),
        );
    }
    let mut found = Vec::new();
    for name in lost.difference(&here) {
        let report = release::load_with(repository, trusted, &mut notes, name, as_of, Manner::default())?.report();
        if report.findings.iter().any(|finding| finding.code == Code::TagDeleted) {
            found.push((name.clone(), report));
        }
    }
    Ok(found)
}
