//! Bringing in records that somebody signed to a file.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::sign;
use crate::evaluate::admission::{self, Surroundings};
use crate::evaluate::push::record;
use crate::evaluate::{self, redaction::redactions};
use crate::git::Repository;
use crate::model::address::root_blob;
use crate::model::finding::{Code, Seen};
use crate::model::ids::{ObjectId, Principal, RecordId, Sha256Digest, TagName};
use crate::model::policy::Limits;
use crate::model::record::{Body, Kind, Subject};
use crate::ops::error::Outcome;
use crate::ops::load::redactions::Log;
use crate::ops::load::release::Loaded;
use crate::ops::load::releases;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::parse::digests::sha256;
use crate::parse::records_file::RecordsFile;
use crate::report::words;
use crate::sign::verify::{Verified, verify_line};

/// A record that came in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportedJson")]
pub struct Came {
    /// Its id.
    pub id: RecordId,
    /// The tag on which it stands.
    pub tag: TagName,
    /// Who signed it.
    pub signer: Principal,
    /// What it says.
    pub says: String,
    /// What it counts as, or why it does not count, where it is a sign-off on an item.
    pub counts_as: Option<String>,
}

/// A record that did not come in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RefusedJson")]
pub struct NotCome {
    /// Its place in the file, from 1.
    pub number: u64,
    /// Its id, where its line is valid.
    pub id: Option<RecordId>,
    /// The code of what is wrong with it, where that has one.
    pub code: Option<Code>,
    /// Why, in one sentence.
    pub why: String,
}

/// Why a record does not come in.
type Why = (Option<Code>, String);

/// A record that may come in.
struct Candidate {
    number: usize,
    log: Log,
    record: Verified,
}

/// Why the log of a tag can't be brought in.
enum TagNotHere {
    Missing,
    Other(ObjectId),
}

impl TagNotHere {
    fn describe(&self, (tag, object): &Log) -> String {
        let tag = tag.short();
        match self {
            Self::Missing => format!("there is no tag {tag} here; try git fetch --tags"),
            Self::Other(here) => format!("{tag} is tag object {} here and not {}", here.short(), object.short()),
        }
    }
}

/// The work of one import.
pub struct Import<'a> {
    session: &'a Session,
    repository: &'a Repository,
    trusted: &'a Workspace,
    lines: Vec<&'a [u8]>,
    evidence: BTreeMap<Sha256Digest, &'a [u8]>,
    /// The logs that the records belong to, loaded, or why they can't be.
    logs: BTreeMap<Log, Result<Loaded<'a>, TagNotHere>>,
    accepted: Vec<Candidate>,
    /// The records that were here already.
    pub known: BTreeSet<RecordId>,
    refused: BTreeMap<usize, (Option<RecordId>, Why)>,
}

impl<'a> Import<'a> {
    /// Begins to bring in the records of a file.
    pub fn new(session: &'a Session, repository: &'a Repository, trusted: &'a Workspace, file: &'a RecordsFile) -> Self {
        Self {
            session,
            repository,
            trusted,
            lines: file.lines.iter().map(Vec::as_slice).collect(),
            evidence: file.evidence.iter().map(|bytes| (sha256(bytes), bytes.as_slice())).collect(),
            logs: BTreeMap::new(),
            accepted: Vec::new(),
            known: BTreeSet::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Sorts the records into those that come in, those that are here, and those that are refused.
    ///
    /// # Errors
    /// If git can't be read.
    pub fn judge(&mut self) -> Outcome<()> {
        let mut waiting = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, line) in self.lines.clone().into_iter().enumerate() {
            let number = index + 1;
            let record = match verify_line(line, &self.trusted.keyring, &self.trusted.root) {
                Ok(record) => record,
                Err(rejected) => {
                    self.refused.insert(number, (None, (Some(rejected.finding.code), rejected.finding.message())));
                    continue;
                }
            };
            if !seen.insert(record.id()) {
                continue;
            }
            match self.alone(&record)? {
                Ok(log) => waiting.push(Candidate { number, log, record }),
                Err(refusal) => {
                    self.refused.insert(number, (Some(record.id()), refusal));
                }
            }
        }
        let known = |import: &Self, candidate: &Candidate| {
            import.loaded(&candidate.log).is_some_and(|loaded| loaded.records.contains_key(&candidate.record.id()))
        };
        let (here, mut waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|candidate| known(self, candidate));
        self.known = here.into_iter().map(|candidate| candidate.record.id()).collect();
        // A record comes in once everything that it names is here or came in: nobody's log must become incomplete by it.
        let mut came = BTreeSet::new();
        loop {
            let before = waiting.len();
            for candidate in std::mem::take(&mut waiting) {
                if self.first_missing(&candidate, &came).is_none() {
                    came.insert((candidate.log.clone(), candidate.record.id()));
                    self.accepted.push(candidate);
                } else {
                    waiting.push(candidate);
                }
            }
            if waiting.len() == before {
                break;
            }
        }
        for candidate in waiting {
            let missing = self.first_missing(&candidate, &came).map_or_else(String::new, |id| id.short());
            let why = format!("it names {missing}, which is neither here nor in the file");
            self.refused.insert(candidate.number, (Some(candidate.record.id()), (Some(Code::RecordMissing), why)));
        }
        Ok(())
    }

    fn loaded(&self, log: &Log) -> Option<&Loaded<'a>> {
        self.logs.get(log).and_then(|loaded| loaded.as_ref().ok())
    }

    /// Returns a record that a candidate names and that is neither here nor came before it.
    fn first_missing(&self, candidate: &Candidate, came: &BTreeSet<(Log, RecordId)>) -> Option<RecordId> {
        let here = |id: &RecordId| self.loaded(&candidate.log).is_some_and(|loaded| loaded.records.contains_key(id));
        let came = |id: &RecordId| came.contains(&(candidate.log.clone(), *id));
        candidate.record.names().find(|id| !here(id) && !came(id)).copied()
    }

    /// Judges a record whose signature holds by everything but the other records of the file.
    fn alone(&mut self, verified: &Verified) -> Outcome<Result<Log, Why>> {
        let record = verified.value();
        if let Some(why) = why_it_stays(&record.body) {
            return Ok(Err((None, why)));
        }
        let Some(log) = record.log() else {
            return Ok(Err((Some(Code::SubjectMismatch), "it is not about a tag".to_owned())));
        };
        self.load(&log)?;
        let loaded = match &self.logs[&log] {
            Ok(loaded) => loaded,
            Err(why) => return Ok(Err((Some(Code::SubjectMismatch), why.describe(&log)))),
        };
        let Some(object) = &loaded.tag.facts.object else {
            return Ok(Err((Some(Code::TagObjectMissing), format!("the tag object of {} can't be read", log.0.short()))));
        };
        let limits = self.trusted.policy().contents().limits;
        if let Err(refusal) = self.as_at_the_door(verified, loaded, (&object.subjects, &limits))? {
            return Ok(Err((Some(refusal.code()), refusal.to_string())));
        }
        for evidence in &record.evidence {
            let Some(digest) = evidence.sha256 else { continue };
            let name = evidence.name.as_deref().unwrap_or("evidence");
            if let Some(bytes) = self.evidence.get(&digest) {
                let size = bytes.len() as u64;
                if size > limits.evidence_bytes {
                    let why = format!("{name} has {size} bytes, and the policy allows {}", limits.evidence_bytes);
                    return Ok(Err((None, why)));
                }
                continue;
            }
            let is_redacted = || {
                let said = redactions(&loaded.context, &loaded.records).unwrap_or_default();
                said.get(&digest).is_some_and(|redaction| redaction.is_met())
            };
            let is_here = self.repository.evidence_size(&digest)?.is_some_and(|size| evidence.size == Some(size));
            if evidence.uri.is_none() && !is_here && !is_redacted() {
                let why = format!("it cites {name} with digest {}, which is neither here nor in the file", digest.short());
                return Ok(Err((Some(Code::EvidenceMissing), why)));
            }
        }
        Ok(Ok(log))
    }

    /// Judges a record by what a server asks of it, but for its lateness: what comes by hand may take its time.
    fn as_at_the_door(
        &self,
        verified: &Verified,
        loaded: &Loaded<'_>,
        (subjects, limits): (&[Subject], &Limits),
    ) -> Outcome<Result<(), Seen>> {
        let mut sizes = BTreeMap::new();
        for digest in verified.evidence.iter().filter_map(|evidence| evidence.sha256) {
            let in_file = self.evidence.get(&digest).map(|bytes| bytes.len() as u64);
            sizes.insert(digest, if in_file.is_some() { in_file } else { self.repository.evidence_size(&digest)? });
        }
        let signer = |id: &RecordId| loaded.records.get(id).map(|target| target.principal().clone());
        let kept = |digest: &Sha256Digest| sizes.get(digest).copied().flatten();
        let around = Surroundings { chain: &self.trusted.chain, signer: &signer, open: None, kept: &kept };
        Ok(record::speaks_truly(verified, subjects)
            .and_then(|()| admission::judge(verified, &around))
            .and_then(|()| record::timely(verified, &Limits { max_backdate: None, ..*limits }, self.session.now).map(drop)))
    }

    /// Loads the log of a tag, if the tag here is the one that is meant.
    fn load(&mut self, log: &Log) -> Outcome<()> {
        if self.logs.contains_key(log) {
            return Ok(());
        }
        let (tag, object) = log;
        let loaded = match self.repository.resolve(tag.full())? {
            None => Err(TagNotHere::Missing),
            Some(here) if here != *object => Err(TagNotHere::Other(here)),
            Some(_) => Ok(releases::load_log(self.repository, self.trusted, log, self.session.now)?),
        };
        self.logs.insert(log.clone(), loaded);
        Ok(())
    }

    /// Returns the evidence in the file that an accepted record cites and that is not here; what nobody cites stays out.
    pub fn evidence_to_keep(&self) -> Vec<&'a [u8]> {
        let cited: BTreeSet<Sha256Digest> =
            self.accepted.iter().flat_map(|candidate| &candidate.record.evidence).filter_map(|evidence| evidence.sha256).collect();
        let redacted: BTreeSet<Sha256Digest> = self
            .logs
            .values()
            .flatten()
            .filter_map(|loaded| redactions(&loaded.context, &loaded.records))
            .flat_map(|said| said.into_iter().filter(|(_, redaction)| redaction.is_met()).map(|(digest, _)| digest))
            .collect();
        let here = |digest: &Sha256Digest| matches!(self.repository.evidence_size(digest), Ok(Some(_)));
        let wanted = self.evidence.iter().filter(|(digest, _)| cited.contains(digest) && !redacted.contains(digest));
        wanted.filter(|(digest, _)| !here(digest)).map(|(_, bytes)| *bytes).collect()
    }

    /// Writes what was accepted: evidence first, so that no record is there without what it cites.
    ///
    /// # Errors
    /// If the repository can't be written.
    pub fn write(&self) -> Outcome<()> {
        let evidence = self.evidence_to_keep();
        if !evidence.is_empty() {
            self.repository.keep_evidence(&evidence, &self.session.author(self.repository)?, "Keep imported evidence")?;
        }
        let mut by_log: BTreeMap<(&Log, bool), Vec<_>> = BTreeMap::new();
        for candidate in &self.accepted {
            let redacts = matches!(candidate.record.body, Body::Redact(_));
            let line = (candidate.record.line().to_vec(), candidate.record.id());
            by_log.entry((&candidate.log, redacts)).or_default().push(line);
        }
        for ((log, redacts), lines) in by_log {
            let summary = format!("import {} on {}", words::count_of(&lines, "record"), log.0.short());
            let also = if redacts { vec![root_blob(&self.trusted.root)] } else { Vec::new() };
            sign::write(self.session, self.repository, log.1, lines, &also, &summary)?;
        }
        Ok(())
    }

    /// Describes what came in, and of sign-offs on items what they count as with everything that came.
    pub fn came(&self) -> Vec<Came> {
        let mut counts = BTreeMap::new();
        for (log, loaded) in &self.logs {
            let Ok(loaded) = loaded else { continue };
            let mut records = loaded.records.clone();
            let own = self.accepted.iter().filter(|candidate| candidate.log == *log);
            records.extend(own.map(|candidate| (candidate.record.id(), candidate.record.clone())));
            for word in evaluate::evaluate(&loaded.context, &records).items.into_iter().flat_map(|item| item.sign_offs) {
                let text = if word.counts { word.counts_as } else { format!("does not count: {}", word.counts_as) };
                counts.insert(word.record, text);
            }
        }
        let told = self.accepted.iter().map(|Candidate { log, record, .. }| Came {
            id: record.id(),
            tag: log.0.clone(),
            signer: record.principal().clone(),
            says: record.body.summary(),
            counts_as: counts.remove(&record.id()),
        });
        told.collect()
    }

    /// Describes what did not come in.
    pub fn refused(&self) -> Vec<NotCome> {
        let refused = self.refused.iter().map(|(number, (id, (code, why)))| NotCome {
            number: *number as u64,
            id: *id,
            code: *code,
            why: why.clone(),
        });
        refused.collect()
    }
}

/// Explains why a record does not travel as a file, where it doesn't.
fn why_it_stays(body: &Body) -> Option<String> {
    if body.row().travels {
        return None;
    }
    Some(match body {
        Body::Unknown(kind) => format!("this version does not know records of the kind {kind:?}"),
        known => {
            let kind = known.kind().map_or("unknown", Kind::name);
            format!("records of kind {kind} can't be imported from files; use: relsign sync")
        }
    })
}
