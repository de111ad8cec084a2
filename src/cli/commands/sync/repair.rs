//! `relsign sync --repair`: the records put together again after a foreign writer or a disk damaged them.
//!
//! Every valid record that can be read anywhere is kept, and every line that a remote has, since it would come back.
//! What is left out are lines that lie only here and that no key and no policy could ever make a record of. Receipts lie on
//! notes of their own, which only witnesses write: those that were fetched from a remote come back, and none goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::app::App;
use crate::git::notes::Lines;
use crate::git::repair::Salvaged;
use crate::git::{NOTES_REF, RECEIPTS_REF, Repository};
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, RecordId};
use crate::model::log::Record;
use crate::model::pointer::Pointer;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freeze_notes;
use crate::ops::trust::{self, Trusted};
use crate::report::{safe, words};
use crate::sign::verify::{Verified, verify_line};

/// Repairs the notes ref, and gives the records that this clone has seen and that could not be found anywhere.
pub(super) fn run(app: &App, repository: &Repository, remote: Option<&str>, dry_run: bool) -> Outcome<BTreeSet<RecordId>> {
    let trusted = trust::load(repository, None).map_err(|failure| {
        failure.hint("the repair keeps valid records, and without a trusted policy none can be told from junk")
    })?;
    if let Some(remote) = remote
        && let Err(error) = repository.refetch_side(remote, app.ui.interactive)
    {
        let failure = Failure::from(error);
        app.ui.warn(format!("{remote} can't help with the repair: {}", failure.one_line()));
    }
    let salvaged = repository.salvage_notes()?;
    for damage in &salvaged.damage {
        app.ui.warn(safe::line(damage));
    }
    let mut seen: BTreeSet<RecordId> = BTreeSet::new();
    let mut dropped = 0;
    let mut kept: BTreeMap<ObjectId, Lines> = BTreeMap::new();
    let pointers = pointers(repository, &trusted, &salvaged)?;
    let none = Lines::new();
    for (object, lines) in &salvaged.lines {
        let pointers = pointers.get(object).unwrap_or(&none);
        // A pointer of a former root is nothing under this one; but it was something here, so it is no junk.
        let is_pointed = lines.iter().any(|line| Pointer::read(line).is_some());
        let remembered = if is_pointed { repository.seen_records(object)? } else { BTreeSet::new() };
        for line in lines {
            let is_remote = || salvaged.remote.get(object).is_some_and(|lines| lines.contains(line));
            let id = id_of(line, &trusted);
            seen.extend(id);
            // What is remembered of a pointer is its line, whether or not the record that it names is here.
            let memory = Pointer::read(line).map(|_| freeze_notes::memory(line));
            let was_here = || memory.is_some_and(|memory| remembered.contains(&memory));
            if id.is_some() || pointers.contains(line) || was_here() || is_remote() {
                seen.extend(memory);
                kept.entry(*object).or_default().insert(line.clone());
            } else if salvaged.here.get(object).is_some_and(|lines| lines.contains(line)) {
                dropped += 1;
            }
        }
    }
    let back = brought_back(&salvaged, &kept);
    let places = || words::and(salvaged.places.iter().map(|place| safe::line(place)));
    let told = if dry_run {
        format!(
            "{} can be read in {}; {} would come back, {} of junk would go",
            words::count(seen.len() as u64, "record"),
            places(),
            words::count(back as u64, "record"),
            words::count(dropped, "line"),
        )
    } else {
        let author = app.author(repository)?;
        match repository.rebuild_notes(&salvaged, &kept, &author, "Put the records together again")? {
            None => format!("nothing to repair: {NOTES_REF} is whole"),
            Some(_) => format!(
                "{NOTES_REF} is put together again from {}: {} came back, {} of junk went",
                places(),
                words::count(back as u64, "record"),
                words::count(dropped, "line"),
            ),
        }
    };
    if !dry_run {
        receipts(app, repository)?;
    }
    match app.globals.json {
        true => app.ui.say(told),
        false => app.ui.line(told)?,
    }
    let lost = lost(app, repository, &trusted, &seen)?;
    if !lost.is_empty() {
        let shown: Vec<_> = lost.iter().map(RecordId::short).collect();
        let many = words::count(lost.len() as u64, "record");
        app.ui.warn(format!("{many} that this clone has seen can't be found anywhere: {}", words::some_of(&shown, 5)));
        app.ui.say("hint: another clone may have them: git remote add OTHER URL; relsign sync --repair OTHER");
    }
    Ok(lost)
}

/// Gives the id of a line that is a record, or that another version of the policy or another root may make one of: whoever
/// signed it, its signature holds.
fn id_of(line: &[u8], trusted: &Trusted) -> Option<RecordId> {
    match verify_line(line, &trusted.keyring, &trusted.root) {
        Ok(verified) => Some(verified.id()),
        Err(rejected) if matches!(rejected.finding.code, Code::SignerUnknown | Code::RecordForeign) => rejected.finding.record,
        Err(_) => None,
    }
}

/// Merges the receipts that were last fetched from each remote into those here, also where the remote has them no more.
fn receipts(app: &App, repository: &Repository) -> Outcome<()> {
    let author = app.author(repository)?;
    for (name, tip) in repository.side_refs("notes-receipts")? {
        if let Err(error) = repository.merge_notes(RECEIPTS_REF, &tip, &author, "Put the receipts together again") {
            app.ui.warn(format!("the receipts of {name} can't be taken over: {}", Failure::from(error).one_line()));
        }
    }
    Ok(())
}

/// Gives what this clone has seen and what is neither among the records that were `found` nor a receipt that lies somewhere.
fn lost(app: &App, repository: &Repository, trusted: &Trusted, found: &BTreeSet<RecordId>) -> Outcome<BTreeSet<RecordId>> {
    let mut lost = repository.all_seen_receipts()?;
    for object in repository.seen_objects()? {
        lost.extend(repository.seen_records(&object)?);
    }
    lost.retain(|id| !found.contains(id));
    if !lost.is_empty() {
        let (lines, damage) = repository.salvage_receipts()?;
        for damage in damage {
            app.ui.warn(safe::line(&damage));
        }
        for id in lines.iter().filter_map(|line| id_of(line, trusted)) {
            lost.remove(&id);
        }
    }
    Ok(lost)
}

/// Gives the lines of the freeze notes of months, for the open records that can be read on their tags.
fn pointers(repository: &Repository, trusted: &Trusted, salvaged: &Salvaged) -> Outcome<BTreeMap<ObjectId, Lines>> {
    let named: BTreeSet<Pointer> = salvaged.lines.values().flatten().filter_map(|line| Pointer::read(line)).collect();
    let objects: BTreeSet<ObjectId> = named.into_iter().map(|pointer| pointer.object).collect();
    let mut opens = Vec::new();
    for object in objects {
        let lines = salvaged.lines.get(&object).into_iter().flatten();
        let records = lines.filter_map(|line| verify_line(line, &trusted.keyring, &trusted.root).ok());
        let own = |verified: &Verified<Record>| {
            freeze_notes::pointer_to(verified.id(), verified.value()).is_some_and(|pointer| pointer.object == object)
        };
        opens.extend(records.filter(own));
    }
    freeze_notes::due(repository, &trusted.root, &opens)
}

/// Counts the lines that are kept and that the ref itself no longer gave, each once.
fn brought_back(salvaged: &Salvaged, kept: &BTreeMap<ObjectId, Lines>) -> usize {
    let none = Lines::new();
    let back = kept.iter().flat_map(|(object, lines)| {
        let here = salvaged.here.get(object).unwrap_or(&none);
        lines.difference(here)
    });
    back.collect::<BTreeSet<_>>().len()
}
