//! Releases, one or many, with what is to be said of the ones before them.
//!
//! Many are read side by side, a batch at a time, and judged one after the other in the order of their tags: what a release
//! names as the one before is then judged already, and where it is not it is judged first.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::checklists::Checklists;
use super::notes::lines_of;
use super::previous::PreviousCheck;
use super::release::{Loaded, Read, Reader};
use super::tag_target;
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, Repository};
use crate::model::address::name_blob;
use crate::model::advice::Advice;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, ObjectId, TagName};
use crate::model::policy::Policy;
use crate::model::record::{Body, Open};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::words;
use crate::sign::verify::{Threads, verify_log};

/// Loads a release to be judged.
///
/// # Errors
/// If git can't be read.
pub fn load<'a>(
    repository: &Repository,
    work: &'a Workspace,
    name: &TagName,
    as_of: Timestamp,
    environment: Option<Environment>,
) -> Outcome<Loaded<'a>> {
    load_with(repository, work, &mut repository.notes(NOTES_REF)?, name, as_of, environment)
}

/// Loads a release with notes that are open already, for whoever loads many.
///
/// # Errors
/// If git can't be read.
pub fn load_with<'a>(
    repository: &Repository,
    work: &'a Workspace,
    notes: &mut Notes<'_>,
    name: &TagName,
    as_of: Timestamp,
    environment: Option<Environment>,
) -> Outcome<Loaded<'a>> {
    let target = tag_target::target(repository, name)?;
    let read = work.reader(repository)?.read(notes, (name, target), as_of, environment)?;
    PreviousCheck { repository, work, as_of, only_known: false }.finish(notes, read)
}

/// Loads the log of a tag object under the name that it was signed with, wherever that name points now; what came before
/// the release is not asked about.
///
/// # Errors
/// If git can't be read.
pub fn load_on<'a>(
    repository: &Repository,
    work: &'a Workspace,
    notes: &mut Notes<'_>,
    (name, object): &(TagName, ObjectId),
    as_of: Timestamp,
) -> Outcome<Loaded<'a>> {
    let reader = Reader { asks_remotes: false, ..work.reader(repository)? };
    let read = reader.read(notes, (name, Some(*object)), as_of, None)?;
    PreviousCheck { repository, work, as_of, only_known: true }.finish(notes, read)
}

/// Explains why the release that an open record names as the one before is none, before it is signed; `is_below` says whether
/// that lies below.
///
/// # Errors
/// If git can't be read.
pub fn problem_before(
    repository: &Repository,
    work: &Workspace,
    open: &Open,
    (policy, is_below): (&Policy, Option<bool>),
    as_of: Timestamp,
) -> Outcome<Option<Finding>> {
    let asking = PreviousCheck { repository, work, as_of, only_known: false };
    asking.problem(&mut repository.notes(NOTES_REF)?, open, policy, is_below)
}

/// Does the same as [`load_on`] with the notes as they lie here.
///
/// # Errors
/// If git can't be read.
pub fn load_log<'a>(
    repository: &Repository,
    work: &'a Workspace,
    log: &(TagName, ObjectId),
    as_of: Timestamp,
) -> Outcome<Loaded<'a>> {
    load_on(repository, work, &mut repository.notes(NOTES_REF)?, log, as_of)
}

/// Returns the tags here that have records, so that they travel with them.
///
/// # Errors
/// If git can't be read.
pub fn opened_tags(repository: &Repository) -> Outcome<Vec<TagName>> {
    let mut notes = repository.notes(NOTES_REF)?;
    let mut found = Vec::new();
    for (name, id) in repository.refs("refs/tags/")? {
        if let Ok(name) = name.as_str().parse::<TagName>()
            && notes.has(&id)?
        {
            found.push(name);
        }
    }
    Ok(found)
}

/// Returns the last tags by name that begin so, and whether each has records; of more than `most` nobody looks at the others.
///
/// # Errors
/// If git can't be read.
pub fn tags_by_records(repository: &Repository, most: usize, begin: &str) -> Outcome<Vec<(TagName, bool)>> {
    let mut notes = repository.notes(NOTES_REF)?;
    let mut found = Vec::new();
    for (name, id) in repository.refs("refs/tags/")?.into_iter().rev() {
        let Ok(name) = name.as_str().parse::<TagName>() else { continue };
        if !name.short().starts_with(begin) {
            continue;
        }
        let is_opened = notes.has(&id)?;
        found.push((name, is_opened));
        if found.len() == most {
            break;
        }
    }
    Ok(found)
}

/// Returns the objects whose records were seen here before and are gone, with the tag or without it.
///
/// # Errors
/// If git can't be read.
pub fn lost_logs(repository: &Repository) -> Outcome<Vec<ObjectId>> {
    let noted = repository.notes(NOTES_REF)?.objects()?;
    Ok(repository.seen_objects()?.into_iter().filter(|object| noted.binary_search(object).is_err()).collect())
}

/// Reads a tag's name as typed, or finds the one release that is open.
pub fn tag_or_open_one(session: &Session, repository: &Repository, work: &Workspace, named: Option<&str>) -> Outcome<TagName> {
    if let Some(named) = named {
        return Ok(TagName::from_user(named)?);
    }
    let mut open: Vec<TagName> = open_releases(session, repository, work)?.into_iter().map(|(name, _)| name).collect();
    // A tag that was opened for several environments is one tag.
    open.dedup();
    match open.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::usage("no release is open here").suggest("name a tag, or open one", "relsign open TAG")),
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

/// Finds the releases that are open: opened, and neither closed, given up nor decided against, each for every environment that it
/// goes to.
///
/// # Errors
/// If git can't be read.
pub fn open_releases(session: &Session, repository: &Repository, work: &Workspace) -> Outcome<Vec<(TagName, Judged)>> {
    releases_where(session, repository, work, |report| !report.is_over())
}

/// Finds the releases of which something holds, each for every environment that it goes to, and warns of those of which nobody can
/// say whether it does.
///
/// # Errors
/// If git can't be read.
pub fn releases_where(
    session: &Session,
    repository: &Repository,
    work: &Workspace,
    wanted: impl Fn(&Report) -> bool + Sync,
) -> Outcome<Vec<(TagName, Judged)>> {
    let unread = AtomicUsize::new(0);
    let open = each_release(session, repository, work, session.now, |judged| {
        let is_unread = |reason: &Finding| reason.code == Code::TagObjectMissing;
        if judged.report.release.is_none() && judged.report.findings.iter().any(is_unread) {
            unread.fetch_add(1, Ordering::Relaxed);
        }
        Ok(wanted(&judged.report).then_some(judged))
    })?;
    if let count @ 1.. = unread.into_inner() {
        let releases = words::count(count as u64, "release");
        session.warn(Advice::run(
            format!("{releases} can't be read whole, so it is not known whether they are open; in a partial clone, fetch the rest"),
            "git fetch --refetch --no-filter",
        ));
    }
    Ok(open)
}

/// Judges every tag here that has records, and keeps of each what `keep` makes of its report, sorted by name.
///
/// A tag that was opened for several environments is judged for each, in their order.
///
/// Reports are large, so whoever asks about thousands of releases keeps little of each. `keep` runs on several threads.
///
/// # Errors
/// If git can't be read, or `keep` fails.
pub fn each_release<T: Send>(
    session: &Session,
    repository: &Repository,
    work: &Workspace,
    as_of: Timestamp,
    keep: impl Fn(Judged) -> Outcome<Option<T>> + Sync,
) -> Outcome<Vec<(TagName, T)>> {
    let tags = in_order(repository)?;
    // Once, before there are several threads of which each would read them.
    let reader = work.reader(repository)?;
    let (trusted, receipts) = (reader.trusted, reader.receipts);
    let mut progress = session.progress(tags.len() as u64, "reading releases");
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut hands = Hands::new(repository, processors.min(tags.len() / TAGS_WORTH_A_THREAD))?;
    let mut notes = repository.notes(NOTES_REF)?;
    let asking = PreviousCheck { repository, work, as_of, only_known: false };
    let mut found = Vec::new();
    let mut done = 0;
    for batch in tags.chunks(hands.count() * TAGS_IN_A_BATCH) {
        let batch: Vec<&(TagName, ObjectId)> = batch.iter().collect();
        let read = hands.share_out(batch, |Hand { repository, checklists }, share| {
            // Each release has one processor to itself.
            let reader = Reader { repository, trusted, receipts, checklists, threads: Threads::One, asks_remotes: true };
            let mut notes = repository.notes(NOTES_REF)?;
            let read =
                share.into_iter().map(|(name, id)| Ok(read(&reader, &mut notes, (name, *id), as_of)?.map(|read| (name, read))));
            read.collect()
        })?;
        let mut judged = Vec::new();
        for (name, read) in read.into_iter().flatten() {
            let reports = asking.finish(&mut notes, read)?.reports();
            reports.iter().for_each(|report| work.passed.borrow_mut().learn(report));
            let is_one_of_several = reports.len() > 1;
            judged.extend(reports.into_iter().map(|report| (name.clone(), Judged { report, is_one_of_several })));
            done += 1;
            progress.at(done);
        }
        let kept = hands.share_out(judged, |_, share| {
            share.into_iter().map(|(name, judged)| Ok(keep(judged)?.map(|kept| (name, kept)))).collect()
        })?;
        found.extend(kept.into_iter().flatten());
    }
    // What was opened for several environments stays in the order of these.
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// How many tags a thread must have to itself before it is worth starting.
const TAGS_WORTH_A_THREAD: usize = 2;

/// How many tags each thread reads before they are judged: few enough to lie in memory, and enough to be worth its start.
const TAGS_IN_A_BATCH: usize = 16;

/// What one of several threads works with.
struct Hand {
    repository: Repository,
    checklists: Checklists,
}

/// The threads that read side by side, or one where there are no more.
struct Hands(Vec<Hand>);

impl Hands {
    fn new(repository: &Repository, count: usize) -> Outcome<Self> {
        let hand = |_| Ok(Hand { repository: repository.reopen()?, checklists: Checklists::default() });
        Ok(Self((0..count.max(1)).map(hand).collect::<Outcome<_>>()?))
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// Shares things out among the hands, lets each work on its share, and gives what comes of them in the order of the
    /// things.
    fn share_out<I: Send, T: Send>(
        &mut self,
        things: Vec<I>,
        work: impl Fn(&Hand, Vec<I>) -> Outcome<Vec<T>> + Sync,
    ) -> Outcome<Vec<T>> {
        let count = self.count();
        let mut shares: Vec<Share<'_, I, T>> =
            self.0.iter_mut().map(|hand| Share { hand, things: Vec::new(), done: None }).collect();
        for (place, thing) in things.into_iter().enumerate() {
            shares[place % count].things.push(thing);
        }
        std::thread::scope(|scope| {
            let work = &work;
            let Some((own, others)) = shares.split_first_mut() else { return };
            for share in others {
                // Where the system gives no thread, this one does its share in the end.
                let _ = std::thread::Builder::new().spawn_scoped(scope, move || share.work_off(work));
            }
            own.work_off(work);
        });
        let mut done = Vec::new();
        for mut share in shares {
            share.work_off(&work);
            done.push(share.done.unwrap_or_else(|| Ok(Vec::new()))?.into_iter());
        }
        let mut in_order = Vec::new();
        for place in 0.. {
            match done[place % count].next() {
                Some(one) => in_order.push(one),
                None => break,
            }
        }
        Ok(in_order)
    }
}

/// What one hand has to do, and what came of it.
struct Share<'h, I, T> {
    hand: &'h mut Hand,
    things: Vec<I>,
    done: Option<Outcome<Vec<T>>>,
}

impl<I, T> Share<'_, I, T> {
    /// Works it off, unless that is done.
    fn work_off(&mut self, work: &impl Fn(&Hand, Vec<I>) -> Outcome<Vec<T>>) {
        if self.done.is_none() {
            self.done = Some(work(self.hand, std::mem::take(&mut self.things)));
        }
    }
}

/// Reads one of many releases; nothing for a tag without records.
fn read<'a>(
    reader: &Reader<'a, '_>,
    notes: &mut Notes<'_>,
    (name, id): (&TagName, ObjectId),
    as_of: Timestamp,
) -> Outcome<Option<Read<'a>>> {
    let name_note = reader.repository.blob_id(&name_blob(&reader.trusted.root, name))?;
    // A name that was opened counts also where the tag it was opened for has been replaced.
    if !notes.has(&id)? && !notes.has(&name_note)? {
        return Ok(None);
    }
    let target = tag_target::target(reader.repository, name)?;
    reader.read(notes, (name, target), as_of, None).map(Some)
}

/// Lists the tags, as far as they tell it earlier ones first: then the previous release is judged when it is asked for.
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

/// Judges the releases whose tags are gone: names that an authorised person has opened, and that no ref bears any more.
pub fn lost_releases(repository: &Repository, work: &Workspace, as_of: Timestamp) -> Outcome<Vec<(TagName, Report)>> {
    let mut notes = repository.notes(NOTES_REF)?;
    let mut known = BTreeSet::new();
    let mut here = BTreeSet::new();
    for (name, id) in repository.refs("refs/tags/")? {
        known.insert(id);
        if let Ok(name) = name.as_str().parse::<TagName>() {
            known.insert(repository.blob_id(&name_blob(&work.root, &name))?);
            here.insert(name);
        }
    }
    let mut lost = BTreeSet::new();
    for object in notes.objects()?.into_iter().filter(|object| !known.contains(object)) {
        // A note that is too large to be read names no release; whoever asks for one by its name is told.
        let log = verify_log(lines_of(&mut notes, &object, &mut Vec::new())?.iter().map(Vec::as_slice), &work.keyring, &work.root);
        let opens = log.records.values().filter(|verified| matches!(verified.body, Body::Open(_)));
        lost.extend(opens.flat_map(|verified| &verified.subjects).filter_map(|subject| subject.name.parse::<TagName>().ok()));
    }
    let mut found = Vec::new();
    for name in lost.difference(&here) {
        let report = load_with(repository, work, &mut notes, name, as_of, None)?.report();
        if report.was_deleted_here() || report.findings.iter().any(|finding| finding.code == Code::TagDeleted) {
            found.push((name.clone(), report));
        }
    }
    Ok(found)
}
