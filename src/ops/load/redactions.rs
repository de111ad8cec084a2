//! Redaction in git: which evidence cites what, and what of it may be taken out of the tree.
//!
//! The copy of each redact record in the root log says where to look, so that `sync` does not read every log; nothing is
//! believed because it stands there. Evidence goes only if in every release that cites it enough people redacted it.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::redaction::{cited, redactions};
use crate::evaluate::spends_name;
use crate::git::notes::Notes;
use crate::git::{EVIDENCE_REF, NOTES_REF, Repository};
use crate::model::address::root_blob;
use crate::model::ids::{ObjectId, RecordId, RootDigest, Sha256Digest, TagName};
use crate::model::prefix::IdPrefix;
use crate::model::record::Redact;
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::notes::lines_of;
use crate::ops::load::releases;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::parse::record::parse_envelope;
use crate::sign::verify::{Verified, verify_line, verify_log};

/// The log of a tag object, and the name under which it was signed.
pub type Log = (TagName, ObjectId);

/// Returns what may be taken out of the evidence at these commits; nothing where that can't be told.
///
/// # Errors
/// If git can't read the records.
pub fn erasable(repository: &Repository, root: &RootDigest, now: Timestamp, sides: &[ObjectId]) -> Outcome<BTreeSet<Sha256Digest>> {
    let object = repository.blob_id(&root_blob(root))?;
    let lines = lines_of(&mut repository.notes(NOTES_REF)?, &object, &mut Vec::new())?;
    if !lines.iter().any(|line| names_redaction(line)) {
        return Ok(BTreeSet::new());
    }
    erasable_by(repository, &Workspace::load(repository, None)?, repository.resolve(NOTES_REF)?.as_ref(), now, sides)
}

/// Removes the evidence here that enough people redacted.
///
/// # Errors
/// If git can't be read or written.
pub fn erase(session: &Session, repository: &Repository, root: &RootDigest) -> Outcome<()> {
    let tip = repository.resolve(EVIDENCE_REF)?;
    let erasable = erasable(repository, root, session.now, tip.as_slice())?;
    repository.erase_evidence(&erasable, &session.author(repository)?, "Erase redacted evidence")?;
    Ok(())
}

/// Returns the digests of kept evidence that begin with some hex digits, whoever cites it.
///
/// # Errors
/// If git can't be read.
pub fn kept(repository: &Repository, digits: &IdPrefix) -> Outcome<Vec<Sha256Digest>> {
    let kept = repository.evidence_digests(repository.resolve(EVIDENCE_REF)?.as_ref())?;
    Ok(kept.into_iter().filter(|digest| digits.begins(digest)).collect())
}

/// Returns what may be taken out of the evidence at some commits by the records at a notes commit.
///
/// # Errors
/// If git can't read the records.
pub fn erasable_by(
    repository: &Repository,
    trusted: &Workspace,
    notes_at: Option<&ObjectId>,
    now: Timestamp,
    sides: &[ObjectId],
) -> Outcome<BTreeSet<Sha256Digest>> {
    let mut notes = Notes::at(repository, notes_at)?;
    let object = repository.blob_id(&root_blob(&trusted.root))?;
    let lines = lines_of(&mut notes, &object, &mut Vec::new())?;
    let hints: Vec<&[u8]> = lines.iter().map(Vec::as_slice).filter(|line| names_redaction(line)).collect();
    if hints.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut wanted: BTreeMap<Sha256Digest, BTreeSet<Log>> = BTreeMap::new();
    for verified in verify_log(hints, &trusted.keyring, &trusted.root).records.values() {
        if let (Some(redact), Some(log)) = (verified.said::<Redact>(), verified.log()) {
            wanted.entry(redact.evidence).or_default().insert(log);
        }
    }
    let mut kept = BTreeSet::new();
    for side in sides {
        kept.extend(repository.evidence_among(Some(side), wanted.keys().copied())?);
    }
    wanted.retain(|digest, _| kept.contains(digest));
    let mut judge = Judge { repository, trusted, notes, now, judged: BTreeMap::new() };
    let mut found = BTreeSet::new();
    for (digest, logs) in wanted {
        // What is not redacted where somebody asked for it need not be looked for elsewhere.
        let mut asked = false;
        for log in logs {
            match judge.says(log, &digest)? {
                Says::Redacted => asked = true,
                Says::Holds => {
                    asked = false;
                    break;
                }
                Says::Nothing => {}
            }
        }
        if asked {
            found.insert(digest);
        }
    }
    if found.is_empty() {
        return Ok(found);
    }
    for (log, digests) in logs_citing(trusted, &mut Notes::at(repository, notes_at)?, &found)? {
        for digest in digests {
            if judge.says(log.clone(), &digest)? == Says::Holds {
                found.remove(&digest);
            }
        }
    }
    Ok(found)
}

/// What a log says of erasing a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It cites the evidence, and enough people redacted it.
    Redacted,
    /// A release rests on the evidence.
    Holds,
    /// It does not cite it, or nothing was opened there.
    Nothing,
}

/// Which evidence a log cites, and which of it is redacted; nothing is redacted where that can't be judged.
struct Judged {
    opened: bool,
    cited: BTreeSet<Sha256Digest>,
    redacted: BTreeSet<Sha256Digest>,
}

struct Judge<'a> {
    repository: &'a Repository,
    trusted: &'a Workspace,
    notes: Notes<'a>,
    now: Timestamp,
    judged: BTreeMap<Log, Judged>,
}

impl Judge<'_> {
    fn says(&mut self, log: Log, digest: &Sha256Digest) -> Outcome<Says> {
        if !self.judged.contains_key(&log) {
            let judged = self.judge(&log)?;
            self.judged.insert(log.clone(), judged);
        }
        let judged = &self.judged[&log];
        Ok(match (judged.cited.contains(digest), judged.redacted.contains(digest)) {
            (false, _) => Says::Nothing,
            (true, true) => Says::Redacted,
            (true, false) if judged.opened => Says::Holds,
            (true, false) => Says::Nothing,
        })
    }

    fn judge(&mut self, log: &Log) -> Outcome<Judged> {
        let loaded = releases::load_on(self.repository, self.trusted, &mut self.notes, log, self.now)?;
        if loaded.tag.facts.object.is_none() {
            // In a shallow clone, say: whatever is signed there may rest on it.
            let all = loaded.records.values();
            let opened = all.clone().any(|verified| spends_name(&self.trusted.chain, verified));
            let cited = all.flat_map(|verified| &verified.evidence).filter_map(|evidence| evidence.sha256).collect();
            return Ok(Judged { opened, cited, redacted: BTreeSet::new() });
        }
        let redactions = redactions(&loaded.context, &loaded.records);
        let met = redactions.iter().flatten().filter(|(_, redaction)| redaction.is_met());
        Ok(Judged {
            opened: redactions.is_some(),
            cited: cited(&loaded.context, &loaded.records).into_keys().collect(),
            redacted: met.map(|(digest, _)| *digest).collect(),
        })
    }
}

/// Whether a line is, as far as its own words go, a redact record.
fn names_redaction(line: &[u8]) -> bool {
    let wanted = b"urn:relsign:v1:redact";
    parse_envelope(line).is_ok_and(|envelope| envelope.payload.windows(wanted.len()).any(|window| window == wanted))
}

/// A record that cites evidence, or is meant itself, where it was found.
pub struct Citing {
    /// The log that it stands in.
    pub log: Log,
    /// The record.
    pub record: Verified,
}

/// Finds the valid records whose id, or the digest of whose evidence, begins with some hex digits.
///
/// # Errors
/// If git can't read the records.
pub fn find(repository: &Repository, trusted: &Workspace, digits: &IdPrefix) -> Outcome<Vec<Citing>> {
    let fits = |record: &Verified| {
        digits.begins(&record.id())
            || record.evidence.iter().filter_map(|evidence| evidence.sha256).any(|digest| digits.begins(&digest))
    };
    walk(trusted, &mut repository.notes(NOTES_REF)?, &|id, payload| digits.begins(&id) || contains(payload, digits.as_str()), &fits)
}

/// Finds the logs in which valid records cite some evidence, each with what of it they cite.
fn logs_citing(
    trusted: &Workspace,
    notes: &mut Notes<'_>,
    digests: &BTreeSet<Sha256Digest>,
) -> Outcome<BTreeMap<Log, BTreeSet<Sha256Digest>>> {
    let texts: Vec<String> = digests.iter().map(ToString::to_string).collect();
    let cites =
        |record: &Verified| record.evidence.iter().filter_map(|evidence| evidence.sha256).any(|digest| digests.contains(&digest));
    // A digest may be written with escapes, as JSON lets it, and then only reading the record tells it.
    let worth = |_: RecordId, payload: &[u8]| payload.contains(&b'\\') || texts.iter().any(|text| contains(payload, text));
    let mut found: BTreeMap<Log, BTreeSet<Sha256Digest>> = BTreeMap::new();
    for citing in walk(trusted, notes, &worth, &cites)? {
        let of_record = citing.record.evidence.iter().filter_map(|evidence| evidence.sha256);
        found.entry(citing.log).or_default().extend(of_record.filter(|digest| digests.contains(digest)));
    }
    Ok(found)
}

/// Walks over all records on tags; `worth` looks at an id and a payload before its signature is checked.
fn walk(
    trusted: &Workspace,
    notes: &mut Notes<'_>,
    worth: &dyn Fn(RecordId, &[u8]) -> bool,
    fits: &dyn Fn(&Verified) -> bool,
) -> Outcome<Vec<Citing>> {
    let mut found = Vec::new();
    for object in notes.objects()? {
        for line in lines_of(notes, &object, &mut Vec::new())? {
            let Ok(envelope) = parse_envelope(&line) else { continue };
            let id = crate::sign::pae::record_id(&crate::sign::pae::pae(&envelope.payload));
            if !worth(id, &envelope.payload) {
                continue;
            }
            let Ok(record) = verify_line(&line, &trusted.keyring, &trusted.root) else { continue };
            // Copies in the notes of names and of the root are those of records that stand on a tag.
            if let Some(log) = record.log().filter(|(_, of)| *of == object && fits(&record)) {
                found.push(Citing { log, record });
            }
        }
    }
    found.sort_by(|one, other| (&one.log, one.record.id()).cmp(&(&other.log, other.record.id())));
    found.dedup_by(|one, other| one.log == other.log && one.record.id() == other.record.id());
    Ok(found)
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    !needle.is_empty() && haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}
