//! Logs: nothing goes, and of what comes every line is a valid record in its place, by a known signer, at a possible time.

use std::collections::{BTreeMap, BTreeSet};

use super::State;
use crate::cli::error::{Failure, Outcome};
use crate::cli::release::{name_blob, root_blob};
use crate::cli::trust::{self, Trusted};
use crate::evaluate::Refusal;
use crate::evaluate::push::record::{self, Spot, Standing, tag_of, told};
use crate::evaluate::push::{PushVerdict, Refused, Update};
use crate::git::notes::{Lines, Notes};
use crate::git::{ErrorKind, POLICY_REF};
use crate::model::finding::Code;
use crate::model::ids::{Fingerprint, ObjectId, Principal, RecordId, TagName};
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::Body;
use crate::parse::digests::sha256;
use crate::parse::record::{MAX_LINES, claimed_key, parse_envelope};
use crate::parse::statement::parse_statement;
use crate::sign::keyring::Keyring;
use crate::sign::pae::{pae, record_id};
use crate::sign::verify::{Verified, verify_line};

/// How many lines that may not come are told one by one.
const MOST_TOLD: usize = 5;

/// Judges an update of the logs.
pub(super) fn judge(state: &State<'_>, update: &Update, new: ObjectId, verdict: &mut PushVerdict) -> Outcome<Vec<Refused>> {
    let (added, mut notes) = match added(state, update, &new)? {
        Ok(added) => added,
        Err(refused) => return Ok(vec![refused]),
    };
    let step = with_step(state)?;
    let trusted = step.as_ref().unwrap_or(state.trusted);
    let root = root_blob(&state.trusted.root);
    let root = (state.repository.blob_id(&root)?, sha256(&root));
    let mut refusals = Refusals::default();
    let mut late = Vec::new();
    for (object, lines) in &added {
        let all = notes.lines(object)?;
        if let Some(refusal) = overfull(object, &all, &trusted.keyring) {
            refusals.add(refusal);
            continue;
        }
        let known = ids(&all);
        for line in lines {
            match admit(state, trusted, (object, line), root, &known, &mut notes)? {
                Ok(told) => late.extend(told),
                Err(refusal) => refusals.add(refusal),
            }
        }
    }
    if let Some(first) = late.first() {
        let more = if late.len() > 1 { format!(" (and {} more)", late.len() - 1) } else { String::new() };
        verdict.notes.push(format!("{first}{more}"));
    }
    Ok(refusals.into_refused(update))
}

/// Says that a log would hold more lines than anybody reads: it could then never be judged again, as no line ever goes.
fn overfull(object: &ObjectId, lines: &Lines, keyring: &Keyring) -> Option<Refusal> {
    let is_listed = |line: &&Vec<u8>| {
        claimed_key(line).and_then(|key| key.parse().ok()).is_some_and(|key: Fingerprint| keyring.get(&key).is_some())
    };
    if lines.len() <= MAX_LINES || lines.iter().filter(is_listed).count() <= MAX_LINES {
        return None;
    }
    let message = format!("the log of {} would have more than the {MAX_LINES} lines that are read", object.short());
    Some(Refusal::new(Code::TooManyLines, message))
}

/// Judges an update of the receipts: nothing goes, and what comes is by a witness.
pub(super) fn judge_receipts(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    let (added, mut notes) = match added(state, update, &new)? {
        Ok(added) => added,
        Err(refused) => return Ok(vec![refused]),
    };
    let step = with_step(state)?;
    let keyring = &step.as_ref().unwrap_or(state.trusted).keyring;
    let mut refusals = Refusals::default();
    for object in added.keys() {
        refusals.told.extend(overfull(object, &notes.lines(object)?, keyring));
    }
    for line in added.values().flatten() {
        match verify_line(line, keyring, &state.trusted.root) {
            Err(rejected) => refusals.add(Refusal::new(rejected.finding.code, rejected.finding.message)),
            Ok(verified) => {
                let is_witness = matches!(verified.principal(), Principal::Machine(_))
                    && state.trusted.chain.versions().any(|version| version.policy.may(verified.principal(), Right::Receipt));
                if !matches!(verified.value().body, Body::Receipt(_)) || !is_witness {
                    refusals
                        .add(Refusal::new(Code::ReceiptUnauthorised, format!("{} is no receipt by a witness", told(&verified))));
                } else if let Err(refusal) = record::timely(&verified, &unlimited(state), state.app.now) {
                    refusals.add(refusal);
                }
            }
        }
    }
    Ok(refusals.into_refused(update))
}

/// Gives the limits without the one on late records: a receipt is filled in after a crash.
fn unlimited(state: &State<'_>) -> crate::model::policy::Limits {
    crate::model::policy::Limits { max_backdate: None, ..state.policy().contents().limits }
}

type Added<'r> = (BTreeMap<ObjectId, Lines>, Notes<'r>);

/// Gives the lines that notes would gain, by object, and the notes as they would be; or why that can't be: something
/// goes, or can't be read.
fn added<'r>(state: &State<'r>, update: &Update, new: &ObjectId) -> Outcome<Result<Added<'r>, Refused>> {
    if let Some(refused) = state.rewinds(update, new)? {
        return Ok(Err(refused));
    }
    let old = update.old;
    let read = || -> Result<_, crate::git::Error> {
        let dropped = state.repository.lines_beyond(old.as_ref(), Some(new))?;
        let added = state.repository.lines_beyond(Some(new), old.as_ref())?;
        Ok((dropped, added, Notes::at(state.repository, Some(new))?))
    };
    match read() {
        Ok((dropped, added, notes)) => match dropped.iter().next() {
            None => Ok(Ok((added, notes))),
            Some((object, lines)) => {
                let count: usize = dropped.values().map(Lines::len).sum();
                let line =
                    lines.iter().next().and_then(|line| id_of(line)).map_or_else(String::new, |id| format!(" {}", id.short()));
                let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
                let message = format!("the record{line} on {}{more} would be gone, and a log only grows", object.short());
                Ok(Err(Refused::new(&update.name, Code::OwnRefRewritten, message).hint(super::TAKE_IN)))
            }
        },
        Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Malformed | ErrorKind::MissingObject) => {
            let code = if *error.kind() == ErrorKind::TooLarge { Code::TooManyLines } else { Code::LineMalformed };
            Ok(Err(Refused::new(&update.name, code, format!("its notes can't be read: {error}"))))
        }
        Err(error) => Err(Failure::from(error)),
    }
}

/// Gives the policy with the accepted step of the same push, if there is one: its keys and rights let records come with it.
/// What a record counts for is another question, and asked of the state of before.
fn with_step(state: &State<'_>) -> Outcome<Option<Trusted>> {
    let step = state.updates.iter().find(|update| update.name == POLICY_REF).and_then(|update| update.new);
    let Some(new) = step.filter(|new| *new != state.trusted.tip) else { return Ok(None) };
    let versions = state.repository.policy_chain(&new);
    // A step that is not accepted is refused for itself.
    Ok(versions.map_err(Failure::from).and_then(|versions| trust::accept(&versions, state.trusted.root)).ok())
}

/// Judges one line; what is worth telling of a line that may come is given.
fn admit(
    state: &State<'_>,
    trusted: &Trusted,
    (object, line): (&ObjectId, &[u8]),
    root: (ObjectId, crate::model::ids::Sha256Digest),
    known: &BTreeSet<RecordId>,
    notes: &mut Notes<'_>,
) -> Outcome<Result<Option<String>, Refusal>> {
    let verified = match verify_line(line, &trusted.keyring, &trusted.root) {
        Ok(verified) => verified,
        // Where a new root took the place of another, clones still hold what was signed under that one.
        Err(rejected) if rejected.finding.code == Code::RecordForeign && is_of_former(state, line) => return Ok(Ok(None)),
        Err(rejected) => {
            let message = format!("a line on {} can't come: {}", object.short(), rejected.finding.message);
            return Ok(Err(Refusal::new(rejected.finding.code, message)));
        }
    };
    let name = match tag_of(verified.value()).and_then(|(name, _)| name.parse::<TagName>().ok()) {
        Some(name) => Some(state.repository.blob_id(&name_blob(&state.trusted.root, &name))?),
        None => None,
    };
    let spot = Spot { object: *object, root, known, name };
    let judged = record::place(&verified, spot).and_then(|standing| {
        if standing == Standing::Own {
            record::connected(&verified, spot)?;
        }
        Ok((standing, record::timely(&verified, &state.policy().contents().limits, state.app.now)?))
    });
    let (standing, late) = match judged {
        Ok(judged) => judged,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if *object == root.0 {
        let all = notes.lines(object)?;
        let signer = |id: &RecordId| {
            let target = all.iter().find(|line| id_of(line).as_ref() == Some(id))?;
            verify_line(target, &trusted.keyring, &trusted.root).ok().map(|target| target.principal().clone())
        };
        if let Err(refusal) = record::in_authority(&verified, &trusted.chain, signer) {
            return Ok(Err(refusal));
        }
    }
    if let Err(refusal) = announced(&verified, spot, notes)? {
        return Ok(Err(refusal));
    }
    Ok(Ok(late.filter(|_| standing == Standing::Own)))
}

/// Says whether an open record stands everywhere where others look for it.
fn announced(verified: &Verified<Record>, spot: Spot<'_>, notes: &mut Notes<'_>) -> Outcome<Result<(), Refusal>> {
    let Body::Open(open) = &verified.value().body else { return Ok(Ok(())) };
    let (Some((_, tag)), Some(name)) = (tag_of(verified.value()), spot.name) else { return Ok(Ok(())) };
    let mut places = vec![(tag, "on its tag"), (name, "on the name of its tag")];
    if open.freeze.is_some() {
        places.push((spot.root.0, "in the root log, although it freezes refs"));
    }
    for (object, what) in places {
        if object != spot.object && !notes.lines(&object)?.contains(verified.line()) {
            return Ok(Err(Refusal::new(Code::OpenUnannounced, format!("{} does not stand {what}", told(verified)))));
        }
    }
    Ok(Ok(()))
}

/// Says whether a record is of the root whose place the present one took.
fn is_of_former(state: &State<'_>, line: &[u8]) -> bool {
    let former = state.policy().contents().former.map(|former| former.root);
    let record = parse_envelope(line).ok().and_then(|envelope| parse_statement(&envelope.payload).ok());
    former.is_some() && record.map(|record| record.root) == former
}

/// Gives the ids of lines, whether or not they verify: enough to say that something is there.
fn ids(lines: &Lines) -> BTreeSet<RecordId> {
    lines.iter().filter_map(|line| id_of(line)).collect()
}

fn id_of(line: &[u8]) -> Option<RecordId> {
    parse_envelope(line).ok().map(|envelope| record_id(&pae(&envelope.payload)))
}

/// Says what somebody can do whose record may not come.
fn way_out(code: Code) -> Option<&'static str> {
    match code {
        Code::TimeInFuture => Some("set the clock right where it was signed; it may come once that time is past"),
        Code::RecordBackdated => Some("sign it again, and share it in time"),
        Code::RecordMissing | Code::OpenUnannounced => Some("get what belongs to it: relsign sync"),
        Code::SignerUnknown => Some("an owner of the policy lists the key: relsign person add; then share both: relsign sync"),
        Code::LineMalformed | Code::SignatureInvalid => {
            Some("somebody put it there by hand; an old clone may have the log without it")
        }
        _ => None,
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
            let hint = way_out(refusal.code).filter(|_| refused.iter().all(|told| told.code != refusal.code));
            let told = Refused::new(&update.name, refusal.code, refusal.message);
            refused.push(hint.map_or(told.clone(), |hint| told.hint(hint)));
        }
        if let (Some(last), true) = (refused.last_mut(), self.beyond > 0) {
            last.details.push(format!("and {} more lines that may not come", self.beyond));
        }
        refused
    }
}
