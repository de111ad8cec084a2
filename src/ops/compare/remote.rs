//! Comparing with a remote: its refs are listed and fetched to side refs, and nothing is merged.

use std::collections::{BTreeMap, BTreeSet};

use super::heads::{Comparison, DifferenceKind};
use crate::evaluate::push::name::Place;
use crate::git::notes::Lines;
use crate::git::program::Program;
use crate::git::sync::side_ref;
use crate::git::{EVIDENCE_REF, NOTES_REF, PROPOSALS_PREFIX, RECEIPTS_REF, REMOTES_PREFIX, Repository};
use crate::model::ids::{ObjectId, RecordId, RefName, TagName};
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust;
use crate::ops::workspace::Workspace;
use crate::report::words;
use crate::sign::verify::verify_log;

/// Compares with a remote: lists its refs, fetches them to side refs, and merges nothing.
pub fn with_remote(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    remote: &str,
    only: Option<&TagName>,
) -> Outcome<Comparison> {
    let mut found = Comparison::new(remote);
    let before = repository.resolve(&side_ref(remote, "notes"))?;
    if let Some(why) = look(session, repository, remote)? {
        found.add(DifferenceKind::NotComparable, why.one_line());
        return Ok(found);
    }
    policy(repository, trusted, remote, &mut found)?;
    let objects = Objects::of(repository, trusted, only)?;
    for (tag, object) in &objects.tags {
        match repository.resolve(&side_ref(remote, &format!("tags/{}", tag.short())))? {
            Some(there) if there != *object => {
                found.add(DifferenceKind::TagDiffers, format!("{} is another object there than here", tag.short()));
            }
            Some(_) => {}
            None => found.add(DifferenceKind::ReleaseOnlyHere, format!("the tag {} is here and not there", tag.short())),
        }
    }
    let (here, there) = (repository.resolve(NOTES_REF)?, repository.resolve(&side_ref(remote, "notes"))?);
    for (these, those, kind, what) in [
        (&before, &there, DifferenceKind::RecordsGoneThere, "that were there are gone"),
        (&there, &here, DifferenceKind::RecordsOnlyThere, "there are not here"),
        (&here, &there, DifferenceKind::RecordsOnlyHere, "here are not there"),
    ] {
        for (name, ids) in records(repository, trusted, &objects, (these.as_ref(), those.as_ref()))? {
            let many = words::count(ids.len() as u64, "record");
            let shown: Vec<_> = ids.iter().map(|id| id.short()).collect();
            found.add(kind, format!("{name}: {many} {what}: {}", words::some_of(&shown, 5)));
        }
    }
    if only.is_none() {
        others(repository, remote, &mut found)?;
        went_back((session, repository, trusted), remote, &mut found)?;
    }
    found.differences.sort();
    found.differences.dedup();
    Ok(found)
}

/// Fetches to side refs, and says why that can't be relied on if what came is not what was listed.
fn look(session: &Session, repository: &Repository, remote: &str) -> Outcome<Option<Failure>> {
    let _working = session.working(format!("reading {remote}"));
    let program = Program::new(repository, session.interactive);
    let patterns = ["refs/notes/relsign*", "refs/relsign/*"];
    // Somebody may push between the two, so a difference has to be there twice before it is believed.
    for last in [false, true] {
        let listed = program.ls_remote(remote, &patterns);
        let fetched = listed.and_then(|listed| repository.fetch_side(remote, session.interactive).map(|()| listed));
        let listed = match fetched {
            Ok(listed) => listed,
            Err(error) => return Ok(Some(error.into())),
        };
        let side = |name: &RefName| match name.as_str().strip_prefix("refs/notes/relsign") {
            Some(rest) => side_ref(remote, &format!("notes{rest}")),
            None => side_ref(remote, name.as_str().strip_prefix("refs/relsign/").unwrap_or_default()),
        };
        let mut other = None;
        for (name, id) in listed.iter().filter(|(name, _)| !name.as_str().starts_with(REMOTES_PREFIX)) {
            if repository.resolve(&side(name))? != Some(*id) {
                other = Some(name.clone());
            }
        }
        match other {
            Some(name) if last => {
                let message = format!("it lists {name} but serves something else, or keeps changing");
                return Ok(Some(Failure::internal(message)));
            }
            Some(_) => {}
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Finds refs that a remote has not at or beyond where a witness had them, as after a backup was restored.
///
/// What the remote has and this clone has not is newer than all that is here.
fn went_back(
    (session, repository, trusted): (&Session, &Repository, &Workspace),
    remote: &str,
    found: &mut Comparison,
) -> Outcome<()> {
    let heads = trusted.receipts(repository)?.heads();
    let ordinary = |name: &RefName| matches!(Place::of(name.as_str()), Place::Tag | Place::Other);
    let heads: BTreeMap<_, _> = heads.iter().filter(|(name, stood)| ordinary(name) && !stood.id.is_zero()).collect();
    if heads.is_empty() {
        return Ok(());
    }
    let there: BTreeMap<RefName, ObjectId> = match Program::new(repository, session.interactive).ls_remote(remote, &["refs/*"]) {
        Ok(listed) => listed.into_iter().collect(),
        Err(error) => {
            found.add(DifferenceKind::NotComparable, Failure::from(error).to_string());
            return Ok(());
        }
    };
    for (name, stood) in heads {
        let goes_forward = !name.as_str().starts_with("refs/tags/");
        let is = match there.get(name) {
            Some(is) if *is == stood.id => continue,
            Some(is) if goes_forward && !repository.has_object(is)? => continue,
            Some(is) if goes_forward && repository.has_object(&stood.id)? && repository.is_ancestor(&stood.id, is)? => continue,
            Some(is) => format!("is at {}", is.short()),
            None => "is not there".to_owned(),
        };
        found.add(
            DifferenceKind::RefWentBack,
            format!(
                "{name} {is}, and a witness had it at {} ({}): a push since has reset it, or the remote lost what it had",
                stood.id.short(),
                stood.time
            ),
        );
    }
    Ok(())
}

fn policy(repository: &Repository, trusted: &Workspace, remote: &str, found: &mut Comparison) -> Outcome<()> {
    use DifferenceKind::*;
    let ours = trusted.chain.head().version;
    let Some(tip) = repository.resolve(&side_ref(remote, "policy"))? else {
        found.add(PolicyOlderThere, "there is no policy there");
        return Ok(());
    };
    let theirs = match trust::load_at(repository, &tip, trusted.root) {
        Ok(theirs) => theirs,
        Err(failure) => {
            found.add(PolicyInvalidThere, failure.one_line());
            return Ok(());
        }
    };
    for version in theirs.chain.versions() {
        if let Some(own) = trusted.chain.version(version.version)
            && own.digest != version.digest
        {
            let (number, there, here) = (version.version, version.digest.short(), own.digest.short());
            found.add(PolicyFork, format!("policy version {number} has digest {there} there and {here} here"));
            return Ok(());
        }
    }
    let there = theirs.chain.head().version;
    if there > ours {
        found.add(PolicyOlderHere, format!("the policy there is version {there}, here {ours}"));
    } else if there < ours {
        found.add(PolicyOlderThere, format!("the policy there is version {there}, here {ours}"));
    }
    Ok(())
}

/// The objects that may have records, by what people call them.
struct Objects {
    tags: BTreeMap<TagName, ObjectId>,
    names: BTreeMap<ObjectId, TagName>,
    only: bool,
}

impl Objects {
    fn of(repository: &Repository, trusted: &Workspace, only: Option<&TagName>) -> Outcome<Self> {
        let mut notes = repository.notes(NOTES_REF)?;
        let mut objects = Self { tags: BTreeMap::new(), names: BTreeMap::new(), only: only.is_some() };
        for (name, id) in repository.refs("refs/tags/")? {
            let Ok(name) = name.as_str().parse::<TagName>() else { continue };
            if only.is_some_and(|only| *only != name) {
                continue;
            }
            if notes.has(&id)? {
                objects.tags.insert(name.clone(), id);
            }
            objects.names.insert(repository.blob_id(&crate::model::address::name_blob(&trusted.root, &name))?, name.clone());
            objects.names.insert(id, name);
        }
        Ok(objects)
    }
}

/// Finds valid records that one notes commit has beyond another; lines that are none make no difference to a verdict.
fn records(
    repository: &Repository,
    trusted: &Workspace,
    objects: &Objects,
    (these, those): (Option<&ObjectId>, Option<&ObjectId>),
) -> Outcome<BTreeMap<String, BTreeSet<RecordId>>> {
    let mut counted: BTreeMap<String, BTreeSet<RecordId>> = BTreeMap::new();
    for (object, lines) in repository.lines_beyond(these, those)? {
        let name = match objects.names.get(&object) {
            Some(name) => name.short().to_owned(),
            None if objects.only => continue,
            None => format!("object {}", object.short()),
        };
        let valid = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root).records;
        counted.entry(name).or_default().extend(valid.into_keys());
    }
    counted.retain(|_, ids| !ids.is_empty());
    Ok(counted)
}

fn others(repository: &Repository, remote: &str, found: &mut Comparison) -> Outcome<()> {
    use DifferenceKind::*;
    let digests = |tip: Option<ObjectId>| repository.evidence_digests(tip.as_ref());
    let here = digests(repository.resolve(EVIDENCE_REF)?)?;
    let there = digests(repository.resolve(&side_ref(remote, "evidence"))?)?;
    for (kind, number) in
        [(EvidenceOnlyThere, there.difference(&here).count()), (EvidenceOnlyHere, here.difference(&there).count())]
    {
        if number > 0 {
            let place = if kind == EvidenceOnlyThere { "there and not here" } else { "here and not there" };
            found.add(kind, format!("{} of evidence {place}", words::count(number as u64, "file")));
        }
    }
    let (here, there) = (repository.resolve(RECEIPTS_REF)?, repository.resolve(&side_ref(remote, "notes-receipts"))?);
    let receipts = repository.count_beyond(there.as_ref(), here.as_ref())?;
    if receipts > 0 {
        found.add(ReceiptsOnlyThere, format!("{} there and not here", words::count(receipts as u64, "receipt")));
    }
    let proposals = |prefix: &str| -> Outcome<BTreeMap<_, Lines>> {
        // One that can't be read has no signatures; `sync` says of it that it is left out.
        Ok(repository.proposals(prefix)?.filter_map(|(digest, commit)| Some((digest, commit.ok()?.records))).collect())
    };
    let (here, there) = (proposals(PROPOSALS_PREFIX)?, proposals(&side_ref(remote, "proposals/"))?);
    let digests: BTreeSet<_> = here.keys().chain(there.keys()).collect();
    for digest in digests.into_iter().filter(|digest| here.get(digest) != there.get(digest)) {
        found.add(ProposalsDiffer, format!("the proposed policy {} has different signatures there and here", digest.short()));
    }
    Ok(())
}
