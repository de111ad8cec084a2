//! The door of a log: which of the lines that would come may come, each held against the log as it would be.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::added::{Added, claimed, id_of};
use super::room::{overfull, oversized};
use super::state::State;

use crate::evaluate::admission::{self, Surroundings};
use crate::evaluate::complete::describe;
use crate::evaluate::push::record::{self, Location, Placement};
use crate::git::notes::Notes;
use crate::git::{EVIDENCE_REF, POLICY_REF};
use crate::model::address::{name_blob, root_blob};
use crate::model::finding::{Code, Seen};
use crate::model::ids::{ObjectId, RecordId, Sha256Digest, TagName};
use crate::model::record::{Body, Subject};
use crate::ops::error::Outcome;
use crate::ops::load::root_log::open_named;
use crate::ops::load::tag::load_tag;
use crate::ops::trust::{self, Trust};
use crate::parse::digests::sha256;
use crate::sign::verify::{Verified, verify_line};

/// What the lines of one object come to.
#[derive(Default)]
pub(super) struct Judged {
    /// The lines that may not come, with their records where they verify, and why.
    pub(super) refused: Vec<(Vec<u8>, Option<Verified>, Seen)>,
    /// What is worth telling of lines that may.
    pub(super) late: Vec<String>,
}

/// The log of one object as it would be.
#[derive(Clone, Copy)]
struct Log<'a> {
    object: ObjectId,
    lines: &'a BTreeMap<RecordId, &'a Vec<u8>>,
    known: &'a BTreeSet<RecordId>,
}

/// Logs that others add to, and what is known of them, each part read when it is first asked for.
pub(super) struct Door<'s, 'r> {
    state: &'s State<'r>,
    trusted: &'s Trust,
    root: (ObjectId, Sha256Digest),
    before: Notes<'r>,
    after: Notes<'r>,
    /// What this server had of a log before.
    seen: BTreeMap<ObjectId, BTreeSet<RecordId>>,
    /// What records that were there name.
    relied: BTreeMap<ObjectId, BTreeSet<RecordId>>,
    /// What records on a tag object must speak of, by its name and id, where it is here.
    tags: BTreeMap<(TagName, ObjectId), Option<Rc<[Subject]>>>,
    /// The tag objects that are kept as evidence.
    kept_tags: Option<BTreeSet<ObjectId>>,
}

impl<'s, 'r> Door<'s, 'r> {
    /// Opens the door to the logs of one notes commit for what another adds.
    ///
    /// # Errors
    /// If either can't be read.
    pub(super) fn new(state: &'s State<'r>, trusted: &'s Trust, (old, new): (Option<&ObjectId>, &ObjectId)) -> Outcome<Self> {
        let root = root_blob(&state.trusted.root);
        Ok(Self {
            state,
            trusted,
            root: (state.repository.blob_id(&root)?, sha256(&root)),
            before: Notes::at(state.repository, old)?,
            after: Notes::at(state.repository, Some(new))?,
            seen: BTreeMap::new(),
            relied: BTreeMap::new(),
            tags: BTreeMap::new(),
            kept_tags: None,
        })
    }

    /// Judges the lines that the log of an object gains.
    ///
    /// # Errors
    /// If git can't be read.
    pub(super) fn judge(&mut self, object: &ObjectId, added: &mut Added<'_>) -> Outcome<Judged> {
        let (lines, all) = added.lines(object)?;
        let keyring = &self.trusted.keyring;
        let too_much = overfull(object, &all, keyring).or_else(|| oversized(self.state, (object, &all), &lines, keyring));
        if let Some(refusal) = too_much {
            let refused = lines.into_iter().map(|line| (line, None, refusal.clone())).collect();
            return Ok(Judged { refused, late: Vec::new() });
        }
        let by_id: BTreeMap<RecordId, &Vec<u8>> = all.iter().filter_map(|line| Some((id_of(line)?, line))).collect();
        let known = by_id.keys().copied().collect();
        let log = Log { object: *object, lines: &by_id, known: &known };
        let mut judged = Judged::default();
        for line in lines {
            let verified = match verify_line(&line, &self.trusted.keyring, &self.trusted.root) {
                Ok(verified) => verified,
                // Where a new root took the place of another, clones still hold what was signed under that one.
                Err(rejected) if rejected.finding.code == Code::RecordForeign && is_of_former(self.state, &line) => continue,
                Err(rejected) => {
                    let seen = Seen::LineRefused { object: *object, why: Box::new(rejected.finding.seen) };
                    judged.refused.push((line, None, seen));
                    continue;
                }
            };
            match self.admit(&verified, log)? {
                Ok(late) => judged.late.extend(late),
                Err(refusal) => judged.refused.push((line, Some(verified), refusal)),
            }
        }
        Ok(judged)
    }

    /// Judges one record; what is worth telling of one that may come is given.
    fn admit(&mut self, verified: &Verified, log: Log<'_>) -> Outcome<Result<Option<String>, Seen>> {
        let tag = verified.tag().and_then(|(name, object)| Some((name.parse::<TagName>().ok()?, object)));
        let name = match &tag {
            Some((name, _)) => Some(self.state.repository.blob_id(&name_blob(&self.state.trusted.root, name))?),
            None => None,
        };
        let spot = Location { object: log.object, root: self.root, known: log.known, name };
        let standing = match record::place(verified, spot) {
            Ok(standing) => standing,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(tag) = tag
            && let Err(refusal) = self.speaks_of_tag(verified, tag)?
        {
            return Ok(Err(refusal));
        }
        if standing == Placement::Own
            && let Err(refusal) = record::connected(verified, spot)
        {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.says_what_it_may(verified, log)? {
            return Ok(Err(refusal));
        }
        let late = match record::timely(verified, &self.state.policy().contents().limits, self.state.session.now) {
            Ok(late) => late,
            // What came in time once may always be brought back.
            Err(refusal) if refusal.code() == Code::RecordBackdated && self.was_here(&log.object, &verified.id())? => None,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.everywhere(verified, spot)? {
            return Ok(Err(refusal));
        }
        Ok(Ok(late.filter(|_| standing == Placement::Own)))
    }

    /// Whether a record speaks of its tag as it is. A server holds the tag, gets it with the push, or keeps it as evidence: else
    /// nobody could ever hold the record against it.
    fn speaks_of_tag(&mut self, verified: &Verified, (name, object): (TagName, ObjectId)) -> Outcome<Result<(), Seen>> {
        let key = (name, object);
        let subjects = match self.tags.get(&key) {
            Some(known) => known.clone(),
            None => {
                let is_here = self.state.repository.object_header(&object)?.is_some();
                let load = || load_tag(self.state.repository, self.trusted, &key.0, Some(object));
                let tag = if is_here { load()?.facts.object } else { None };
                let subjects: Option<Rc<[Subject]>> = tag.map(|tag| tag.subjects.into());
                self.tags.insert(key, subjects.clone());
                subjects
            }
        };
        match subjects {
            Some(subjects) => Ok(record::speaks_truly(verified, &subjects)),
            None if self.state.end.is_server() && !self.kept_tags()?.contains(&object) => {
                Ok(Err(Seen::TagNotHere { record: describe(verified), object }))
            }
            None => Ok(Ok(())),
        }
    }

    /// Whether a record breaks no rule, or somebody has relied on it already.
    fn says_what_it_may(&mut self, verified: &Verified, log: Log<'_>) -> Outcome<Result<(), Seen>> {
        let open = if log.object == self.root.0 { open_named(self.trusted, &mut self.after, verified)? } else { None };
        let mut sizes = BTreeMap::new();
        for digest in verified.evidence.iter().filter_map(|evidence| evidence.sha256) {
            let tip = self.evidence()?;
            sizes.insert(digest, self.state.repository.evidence_size_at(tip.as_ref(), &digest)?);
        }
        let signer = |id: &RecordId| {
            let target = verify_line(log.lines.get(id)?, &self.trusted.keyring, &self.trusted.root).ok()?;
            Some(target.principal().clone())
        };
        let kept = |digest: &Sha256Digest| sizes.get(digest).copied().flatten();
        let around = Surroundings { chain: &self.trusted.chain, signer: &signer, open: open.as_ref(), kept: &kept };
        match admission::judge(verified, &around) {
            Err(_) if self.is_relied_on(log.object, &verified.id())? => Ok(Ok(())),
            judged => Ok(judged),
        }
    }

    /// Whether a receipt names a record, or one that the log had before does.
    fn is_relied_on(&mut self, object: ObjectId, id: &RecordId) -> Outcome<bool> {
        if !self.relied.contains_key(&object) {
            let records = self.before.lines(&object)?.into_iter();
            let records = records.filter_map(|line| verify_line(&line, &self.trusted.keyring, &self.trusted.root).ok());
            let names = records.flat_map(|record| record.names().copied().collect::<Vec<_>>()).collect();
            self.relied.insert(object, names);
        }
        Ok(self.relied[&object].contains(id) || self.state.trusted.receipts(self.state.repository)?.seen(id).is_some())
    }

    /// Returns the tag objects that are kept as evidence.
    fn kept_tags(&mut self) -> Outcome<&BTreeSet<ObjectId>> {
        if self.kept_tags.is_none() {
            self.kept_tags = Some(self.state.repository.kept_tags(self.evidence()?.as_ref())?);
        }
        Ok(self.kept_tags.get_or_insert_default())
    }

    /// Returns the evidence as it will be.
    fn evidence(&self) -> Outcome<Option<ObjectId>> {
        self.state.lands(EVIDENCE_REF)?.map_or_else(|| self.state.before(EVIDENCE_REF), |tip| Ok(Some(tip)))
    }

    /// Whether an open record stands everywhere where others look for it.
    fn everywhere(&mut self, verified: &Verified, spot: Location<'_>) -> Outcome<Result<(), Seen>> {
        if !matches!(verified.body, Body::Open(_)) {
            return Ok(Ok(()));
        }
        let (Some((_, tag)), Some(name)) = (verified.tag(), spot.name) else { return Ok(Ok(())) };
        for (object, where_to) in [(tag, "on its tag"), (name, "on its tag's name")] {
            if object == spot.object {
                continue;
            }
            // Another signature of the record will do: anybody can make one of an ECDSA one, and it says the same.
            let lines = self.after.lines(&object)?;
            let is_it = |line: &Vec<u8>| {
                id_of(line) == Some(verified.id()) && verify_line(line, &self.trusted.keyring, &self.trusted.root).is_ok()
            };
            if !lines.contains(verified.line()) && !lines.iter().any(is_it) {
                return Ok(Err(Seen::OpenUnannounced { record: describe(verified), where_to }));
            }
        }
        Ok(Ok(()))
    }

    /// Whether a record was in a log before the push and was lost, as far as this server or a witness remembers.
    fn was_here(&mut self, object: &ObjectId, id: &RecordId) -> Outcome<bool> {
        // A clone remembers what was signed in it, whether or not that ever came anywhere.
        if self.state.end.is_server() {
            if !self.seen.contains_key(object) {
                self.seen.insert(*object, self.state.repository.seen_records(object)?);
            }
            if self.seen[object].contains(id) {
                return Ok(true);
            }
        }
        Ok(self.state.trusted.receipts(self.state.repository)?.seen(id).is_some())
    }
}

/// Returns the policy with the accepted step of the same push, if there is one: its keys and rights let records come with it.
/// What a record counts for is another question, and asked of the state of before.
pub(super) fn with_step(state: &State<'_>) -> Outcome<Option<Trust>> {
    let Some(new) = state.lands(POLICY_REF)?.filter(|new| *new != state.trusted.tip) else { return Ok(None) };
    // A step that is not accepted is refused for itself.
    Ok(trust::load_at(state.repository, &new, state.trusted.root).ok())
}

/// Whether a record is of the root whose place the present one took.
fn is_of_former(state: &State<'_>, line: &[u8]) -> bool {
    let former = state.policy().contents().former.map(|former| former.root);
    former.is_some() && claimed(line).map(|record| record.root) == former
}
