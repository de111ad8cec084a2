//! Logs: nothing goes, and of what comes every line is a valid record in its place, by a known signer, at a possible time.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::room::{overfull, oversized, size};
use super::state::State;
use crate::evaluate::Refusal;
use crate::evaluate::push::record::{self, Location, Placement, describe, tag_of};
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::notes::{Lines, Notes};
use crate::git::objects::{NOTE_LIMIT, NOTE_LINES};
use crate::git::stray::is_padded;
use crate::git::sync::side_ref;
use crate::git::{EVIDENCE_REF, ErrorKind, NOTES_REF, POLICY_REF};
use crate::model::address::name_blob;
use crate::model::address::root_blob;
use crate::model::advice::Advice;
use crate::model::finding::Code;
use crate::model::ids::{ObjectId, Principal, RecordId, TagName};
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::{Body, Subject};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::root_log::open_named;
use crate::ops::load::tag::load_tag;
use crate::ops::trust::{self, Trust};
use crate::parse::digests::sha256;
use crate::parse::record::parse_envelope;
use crate::parse::statement::parse_statement;
use crate::sign::keyring::Keyring;
use crate::sign::pae::{pae, record_id};
use crate::sign::verify::{Verified, verify_line};

/// How many lines one push may add to logs.
const MOST_LINES: usize = NOTE_LINES;
/// How many bytes the notes may have that one push changes.
const MOST_BYTES: u64 = 8 * NOTE_LIMIT;
/// How many lines that may not come are told one by one.
const MOST_TOLD: usize = 5;

/// Judges an update of the logs.
pub(super) fn judge(state: &State<'_>, update: &Update, new: ObjectId, verdict: &mut PushVerdict) -> Outcome<Vec<Refused>> {
    let mut added = match added(state, update, &new)? {
        Ok(added) => added,
        Err(refused) => return Ok(vec![refused]),
    };
    let step = with_step(state)?;
    let trusted = step.as_ref().unwrap_or(state.trusted.trusted());
    let root = root_blob(&state.trusted.root);
    let root = (state.repository.blob_id(&root)?, sha256(&root));
    let mut refusals = Refusals::default();
    let mut late = Vec::new();
    let mut announced = Announced {
        state,
        notes: Notes::at(state.repository, Some(&new))?,
        read: BTreeMap::new(),
        seen: BTreeMap::new(),
        tags: BTreeMap::new(),
    };
    for object in &added.objects.clone() {
        let (lines, all) = added.lines(object)?;
        if let Some(refusal) =
            overfull(object, &all, &trusted.keyring).or_else(|| oversized(state, (object, &all), &lines, &trusted.keyring))
        {
            refusals.add(refusal);
            continue;
        }
        let known = ids(&all);
        for line in &lines {
            match admit(state, trusted, (object, line), root, &known, &mut announced)? {
                Ok(told) => late.extend(told),
                Err(refusal) => refusals.add(refusal),
            }
        }
    }
    if let Some(first) = late.first() {
        let more = if late.len() > 1 { format!(" (and {} more)", late.len() - 1) } else { String::new() };
        verdict.notes.push(format!("{first}{more}"));
    }
    let mut refused = refusals.into_refused(update);
    if let Some(backdated) = refused.iter_mut().find(|refused| refused.code == Code::RecordBackdated) {
        backdated.hints.extend(set_aside(state, added.objects.iter())?);
    }
    Ok(refused)
}

/// Explains how a clone is rid of a record that can't come any more: no line ever goes from a log, and while it is there nothing
/// that is signed on top of it can be shared.
fn set_aside<'o>(state: &State<'_>, logs: impl ExactSizeIterator<Item = &'o ObjectId>) -> Outcome<[Advice; 3]> {
    let remote = match state.end {
        End::Client => state.repository.sharing_remote()?,
        End::Server | End::Landed => None,
    };
    let there = side_ref(remote.as_deref().unwrap_or("REMOTE"), "notes");
    let there = format!("\"$(cat \"$(git rev-parse --git-common-dir)\"/relsign/fetched/{there})\"");
    let names: Vec<String> = match logs.len() {
        1..=MOST_TOLD => logs.map(ToString::to_string).collect(),
        _ => vec!["*".to_owned()],
    };
    let files = names.iter().map(|name| format!("\"$(git rev-parse --git-common-dir)\"/relsign/baseline/records-{name}"));
    let files = files.collect::<Vec<_>>().join(" ");
    let first = "it can't be shared any more; remove unshared records from this clone";
    Ok([
        Advice::run(first, format!("git update-ref {NOTES_REF} {there}")),
        Advice::run("and from its baseline", format!("rm -f {files}")),
        "then sign them again, and share them in time".into(),
    ])
}

/// Judges an update of the receipts: nothing goes, and what comes is by a witness.
pub(super) fn judge_receipts(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    let mut added = match added(state, update, &new)? {
        Ok(added) => added,
        Err(refused) => return Ok(vec![refused]),
    };
    let step = with_step(state)?;
    let keyring = &step.as_ref().unwrap_or(state.trusted.trusted()).keyring;
    let mut refusals = Refusals::default();
    for object in &added.objects.clone() {
        let (lines, all) = added.lines(object)?;
        refusals.told.extend(overfull(object, &all, keyring));
        for line in &lines {
            if let Some(refusal) = receipt_refused(state, keyring, line) {
                refusals.add(refusal);
            }
        }
    }
    Ok(refusals.into_refused(update))
}

/// Says why a line that came to the receipts is none that may come, if so.
fn receipt_refused(state: &State<'_>, keyring: &Keyring, line: &[u8]) -> Option<Refusal> {
    let verified = match verify_line(line, keyring, &state.trusted.root) {
        Err(rejected) => return Some(Refusal::new(rejected.finding.code, rejected.finding.message)),
        Ok(verified) => verified,
    };
    let is_witness = matches!(verified.principal(), Principal::Machine(_))
        && state.trusted.chain.versions().any(|version| version.policy.may(verified.principal(), Right::Receipt));
    if !matches!(verified.value().body, Body::Receipt(_)) || !is_witness {
        let message = format!("{} is not a receipt by a witness", describe(&verified));
        return Some(Refusal::new(Code::ReceiptUnauthorised, message));
    }
    record::timely(&verified, &unlimited(state), state.session.now).err()
}

/// Gives the limits without the one on late records: a receipt is filled in after a crash.
fn unlimited(state: &State<'_>) -> crate::model::policy::Limits {
    crate::model::policy::Limits { max_backdate: None, ..state.policy().contents().limits }
}

/// What a push adds to logs. It is read object by object: all of it together may be more than there is memory for.
struct Added<'r> {
    /// The objects whose logs gain something.
    objects: BTreeSet<ObjectId>,
    before: Notes<'r>,
    after: Notes<'r>,
}

impl Added<'_> {
    /// Gives the lines that the log of an object gains, and all it would have.
    fn lines(&mut self, object: &ObjectId) -> Result<(Lines, Lines), crate::git::Error> {
        let (before, all) = (self.before.lines(object)?, self.after.lines(object)?);
        Ok((all.difference(&before).cloned().collect(), all))
    }
}

/// What is wrong with a push of logs as a whole.
enum Wrong {
    /// Of this object so many lines would go, of which the first may have an id.
    Gone(ObjectId, Option<RecordId>, usize),
    /// It brings more than is read at a time.
    TooMuch(String),
    /// It holds what is no record and no place for one.
    Litter(String),
}

/// Gives what logs would gain; or why that can't be: something goes, can't be read, or is too much.
fn added<'r>(state: &State<'r>, update: &Update, new: &ObjectId) -> Outcome<Result<Added<'r>, Refused>> {
    if let Some(refused) = state.rewinds(update, new)? {
        return Ok(Err(refused));
    }
    match weigh(state, update.old.as_ref(), new) {
        Ok(Ok(added)) => Ok(Ok(added)),
        Ok(Err(Wrong::Litter(what))) => Ok(Err(Refused::new(&update.name, Code::NoteMalformed, what)
            .suggest("remove everything that is not a record, and keep every record", "relsign sync --repair"))),
        Ok(Err(Wrong::TooMuch(what))) => Ok(Err(Refused::new(&update.name, Code::TooManyLines, what)
            .hint("if all of it is correct, the administrator of the server can fetch it there"))),
        Ok(Err(Wrong::Gone(object, id, count))) => {
            let line = id.map_or_else(String::new, |id| format!(" {}", id.short()));
            let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            let message = format!("the record{line} on {object}{more} would be lost, and a log only grows");
            Ok(Err(Refused::new(&update.name, Code::OwnRefRewritten, message).hint(super::state::take_in())))
        }
        Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Malformed | ErrorKind::MissingObject) => {
            let code = if *error.kind() == ErrorKind::TooLarge { Code::TooManyLines } else { Code::LineMalformed };
            Ok(Err(Refused::new(&update.name, code, format!("its notes can't be read: {error}"))))
        }
        Err(error) => Err(Failure::from(error)),
    }
}

/// Goes through the logs that a push changes, and keeps of them no more than what is wrong or how much there is.
fn weigh<'r>(state: &State<'r>, old: Option<&ObjectId>, new: &ObjectId) -> Result<Result<Added<'r>, Wrong>, crate::git::Error> {
    let (mut before, mut after) = (Notes::at(state.repository, old)?, Notes::at(state.repository, Some(new))?);
    let touched: BTreeSet<ObjectId> = before.differing_from(&mut after)?;
    let bytes = touched.iter().map(|object| after.size(object)).sum::<Result<u64, _>>()?;
    if bytes > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Ok(Err(Wrong::TooMuch(format!(
            "the notes that it changes have {bytes} bytes, more than the {most} MiB that are read"
        ))));
    }
    let (mut gone, mut gained, mut count) = (None, BTreeMap::new(), 0);
    for object in touched {
        let (old, new) = (before.lines(&object)?, after.lines(&object)?);
        for line in old.difference(&new) {
            gone.get_or_insert_with(|| (object, id_of(line), 0)).2 += 1;
        }
        let bytes = size(new.difference(&old));
        count += new.difference(&old).count();
        gained.insert(object, bytes);
        if count > MOST_LINES {
            return Ok(Err(Wrong::TooMuch(format!("it adds more than the {MOST_LINES} lines that are read at a time"))));
        }
    }
    if let Some((object, id, count)) = gone {
        return Ok(Err(Wrong::Gone(object, id, count)));
    }
    if let Some(what) = stray_entry(state, (old, new), &gained, (&mut before, &mut after))? {
        return Ok(Err(Wrong::Litter(what)));
    }
    let objects = gained.into_iter().filter(|(_, bytes)| *bytes > 0).map(|(object, _)| object).collect();
    Ok(Ok(Added { objects, before, after }))
}

/// Says what a push puts into the notes that is no record and no place for one.
fn stray_entry(
    state: &State<'_>,
    (old, new): (Option<&ObjectId>, &ObjectId),
    gained: &BTreeMap<ObjectId, u64>,
    (before, after): (&mut Notes<'_>, &mut Notes<'_>),
) -> Result<Option<String>, crate::git::Error> {
    let change = state.repository.notes_change(old, new)?;
    if let Some((path, wrong)) = change.litter {
        return Ok(Some(format!("the notes would contain {path:?}: {wrong}")));
    }
    for object in &change.touched {
        let bytes = gained.get(object).copied().unwrap_or_default();
        if is_padded(before, after, object, bytes)? {
            return Ok(Some(format!("the note of {} would repeat its lines, or have many empty ones", object.short())));
        }
    }
    Ok(None)
}

/// Returns the policy with the accepted step of the same push, if there is one: its keys and rights let records come with it.
/// What a record counts for is another question, and asked of the state of before.
fn with_step(state: &State<'_>) -> Outcome<Option<Trust>> {
    let Some(new) = state.lands(POLICY_REF)?.filter(|new| *new != state.trusted.tip) else { return Ok(None) };
    // A step that is not accepted is refused for itself.
    Ok(trust::load_at(state.repository, &new, state.trusted.root).ok())
}

/// Judges one line; what is worth telling of a line that may come is given.
fn admit(
    state: &State<'_>,
    trusted: &Trust,
    (object, line): (&ObjectId, &[u8]),
    root: (ObjectId, crate::model::ids::Sha256Digest),
    known: &BTreeSet<RecordId>,
    announced: &mut Announced<'_, '_>,
) -> Outcome<Result<Option<String>, Refusal>> {
    let verified = match verify_line(line, &trusted.keyring, &trusted.root) {
        Ok(verified) => verified,
        // Where a new root took the place of another, clones still hold what was signed under that one.
        Err(rejected) if rejected.finding.code == Code::RecordForeign && is_of_former(state, line) => return Ok(Ok(None)),
        Err(rejected) => {
            let message = format!("a line on {} is refused: {}", object.short(), rejected.finding.message);
            return Ok(Err(Refusal::new(rejected.finding.code, message)));
        }
    };
    let name = match tag_of(verified.value()).and_then(|(name, _)| name.parse::<TagName>().ok()) {
        Some(name) => Some(state.repository.blob_id(&name_blob(&state.trusted.root, &name))?),
        None => None,
    };
    let spot = Location { object: *object, root, known, name };
    let subjects = announced.subjects(&verified)?;
    let judged = record::place(&verified, spot).and_then(|standing| {
        if standing == Placement::Own {
            record::judgeable(&verified, &trusted.chain, subjects.as_deref())?;
            record::connected(&verified, spot)?;
        }
        Ok(standing)
    });
    let standing = match judged {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(refusal) = wrong_size(state, &verified)? {
        return Ok(Err(refusal));
    }
    let late = match record::timely(&verified, &state.policy().contents().limits, state.session.now) {
        Ok(late) => late,
        // What came in time once may always be brought back.
        Err(refusal) if refusal.code == Code::RecordBackdated && announced.was_here(object, &verified.id())? => None,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if *object == root.0 {
        let open = open_named(trusted, &mut announced.notes, &verified)?;
        let all = announced.shared(object)?;
        let signer = |id: &RecordId| {
            let target = all.iter().find(|line| id_of(line).as_ref() == Some(id))?;
            verify_line(target, &trusted.keyring, &trusted.root).ok().map(|target| target.principal().clone())
        };
        if let Err(refusal) = record::in_authority(&verified, &trusted.chain, signer, open.as_ref()) {
            return Ok(Err(refusal));
        }
    }
    if let Err(refusal) = announced.everywhere(&verified, spot)? {
        return Ok(Err(refusal));
    }
    Ok(Ok(late.filter(|_| standing == Placement::Own)))
}

/// Reports that a record cites evidence with another size than what is kept for its digest has: it would be tampering for ever.
fn wrong_size(state: &State<'_>, verified: &Verified<Record>) -> Outcome<Option<Refusal>> {
    let cited = verified.value().evidence.iter().filter_map(|evidence| Some((evidence, evidence.sha256?, evidence.size?)));
    if verified.value().evidence.is_empty() {
        return Ok(None);
    }
    let tip = state.lands(EVIDENCE_REF)?.map_or_else(|| state.before(EVIDENCE_REF), |tip| Ok(Some(tip)))?;
    for (evidence, digest, size) in cited {
        if let Some(kept) = state.repository.evidence_size_at(tip.as_ref(), &digest)?.filter(|kept| *kept != size) {
            let name = evidence.name.as_deref().unwrap_or("evidence");
            let message = format!("{} says that {name} has {size} bytes, but it has {kept}", describe(verified));
            return Ok(Some(Refusal::new(Code::EvidenceChanged, message)));
        }
    }
    Ok(None)
}

/// The logs as they would be, where others look for open records.
struct Announced<'s, 'r> {
    state: &'s State<'r>,
    notes: Notes<'r>,
    /// The root log, read once.
    read: BTreeMap<ObjectId, Lines>,
    /// What this server had of a log before, each read once.
    seen: BTreeMap<ObjectId, BTreeSet<RecordId>>,
    /// What records on a tag object must speak of, by its name and id, where it is here; each read once.
    tags: BTreeMap<(TagName, ObjectId), Option<Rc<[Subject]>>>,
}

impl Announced<'_, '_> {
    /// Returns what a record about a tag must speak of, sorted; nothing for other records, and where the tag is not here.
    fn subjects(&mut self, verified: &Verified<Record>) -> Outcome<Option<Rc<[Subject]>>> {
        let Some((name, object)) = tag_of(verified.value()) else { return Ok(None) };
        let Ok(name) = name.parse::<TagName>() else { return Ok(None) };
        let key = (name, object);
        if let Some(known) = self.tags.get(&key) {
            return Ok(known.clone());
        }
        let here = self.state.repository.object_header(&object)?.is_some();
        let tag = if here { load_tag(self.state.repository, self.state.trusted, &key.0, Some(object))?.facts.object } else { None };
        let subjects: Option<Rc<[Subject]>> = tag.map(|tag| tag.subjects.into());
        self.tags.insert(key, subjects.clone());
        Ok(subjects)
    }

    /// Whether an open record stands everywhere where others look for it.
    fn everywhere(&mut self, verified: &Verified<Record>, spot: Location<'_>) -> Outcome<Result<(), Refusal>> {
        if !matches!(verified.value().body, Body::Open(_)) {
            return Ok(Ok(()));
        }
        let (Some((_, tag)), Some(name)) = (tag_of(verified.value()), spot.name) else { return Ok(Ok(())) };
        for (object, what) in [(tag, "on its tag"), (name, "on its tag's name")] {
            if object != spot.object && !self.notes.lines(&object)?.contains(verified.line()) {
                let message = format!("{} is missing {what}", describe(verified));
                return Ok(Err(Refusal::new(Code::OpenUnannounced, message)));
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

    fn shared(&mut self, object: &ObjectId) -> Outcome<&Lines> {
        if !self.read.contains_key(object) {
            let lines = self.notes.lines(object)?;
            self.read.insert(*object, lines);
        }
        Ok(&self.read[object])
    }
}

/// Whether a record is of the root whose place the present one took.
fn is_of_former(state: &State<'_>, line: &[u8]) -> bool {
    let former = state.policy().contents().former.map(|former| former.root);
    let record = parse_envelope(line).ok().and_then(|envelope| parse_statement(&envelope.payload).ok());
    former.is_some() && record.map(|record| record.root) == former
}

/// Returns the ids of lines, whether or not they verify: enough to say that something is there.
fn ids(lines: &Lines) -> BTreeSet<RecordId> {
    lines.iter().filter_map(|line| id_of(line)).collect()
}

fn id_of(line: &[u8]) -> Option<RecordId> {
    parse_envelope(line).ok().map(|envelope| record_id(&pae(&envelope.payload)))
}

/// Describes what somebody can do whose record may not come.
fn ways_out(code: Code) -> Vec<Advice> {
    match code {
        Code::TimeInFuture => {
            vec!["correct the clock of the signer's machine; the record is accepted once that time has passed".into()]
        }
        Code::RecordMissing | Code::OpenUnannounced => vec![Advice::run("fetch what it refers to", "relsign sync")],
        Code::SignerUnknown => vec![
            Advice::run("an owner of the policy lists the key", "relsign person add"),
            Advice::run("then share both", "relsign sync"),
        ],
        Code::LineMalformed | Code::SignatureInvalid => {
            vec!["somebody added it by hand; an older clone may have the log without it".into()]
        }
        _ => Vec::new(),
    }
}

/// Why lines may not come: the first few, and how many there are.
#[derive(Default)]
struct Refusals {
    told: Vec<Refusal>,
    beyond: usize,
}

impl Refusals {
    fn add(&mut self, refusal: Refusal) {
        if self.told.contains(&refusal) {
            return;
        }
        if self.told.len() < MOST_TOLD { self.told.push(refusal) } else { self.beyond += 1 }
    }

    fn into_refused(self, update: &Update) -> Vec<Refused> {
        let mut refused: Vec<Refused> = Vec::new();
        for refusal in self.told {
            let mut told = Refused::new(&update.name, refusal.code, refusal.message);
            if refused.iter().all(|before| before.code != told.code) {
                told.hints = ways_out(told.code);
            }
            refused.push(told);
        }
        if let (Some(last), true) = (refused.last_mut(), self.beyond > 0) {
            last.details.push(format!("and {} more refused lines", self.beyond));
        }
        refused
    }
}
