//! The evidence that records cite: which is meant, whether it is here, and its bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::context::EvidenceFacts;
use crate::evaluate::redaction::redactions;
use crate::git::Repository;
use crate::model::finding::Code;
use crate::model::ids::{Sha256Digest, TagName};
use crate::model::prefix::IdPrefix;
use crate::model::record::Evidence;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release::Loaded;
use crate::ops::load::{items, redactions, releases};
use crate::ops::session::Session;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::report::json::evidence::{EvidenceJson, EvidenceState};
use crate::report::safe::shell_word;
use crate::report::{safe, words};

/// The most bytes of evidence that are read.
const LIMIT: u64 = 1 << 30;

/// How many pieces are named where several may be meant.
const MOST: usize = 12;

/// What may be meant: digests, each with what records say of them and the logs that these stand in.
type Meant = BTreeMap<Sha256Digest, Vec<(Evidence, Option<redactions::Log>)>>;

/// A piece of evidence that was meant.
pub struct Found {
    /// Its digest.
    pub digest: Sha256Digest,
    /// What records say of it, and the logs that these stand in.
    pub entries: Vec<(Evidence, Option<redactions::Log>)>,
}

/// Lists what the records of a release cite, in the order of its log.
pub fn list(loaded: &Loaded<'_>) -> Vec<EvidenceJson> {
    let redactions = redactions(&loaded.context, &loaded.records).unwrap_or_default();
    let mut evidence = Vec::new();
    for record in loaded.report().records {
        let Some(verified) = loaded.records.get(&record.id) else { continue };
        for entry in &verified.evidence {
            let redaction = entry.sha256.as_ref().and_then(|digest| redactions.get(digest));
            let facts = entry.sha256.as_ref().and_then(|digest| loaded.context.evidence.get(digest));
            let state = match (entry.sha256, facts) {
                (None, _) => EvidenceState::Pointer,
                (_, Some(EvidenceFacts::Changed)) => EvidenceState::Changed,
                (_, Some(EvidenceFacts::Here(size))) if entry.size != Some(*size) => EvidenceState::Changed,
                _ if redaction.is_some_and(|redaction| redaction.is_met()) => EvidenceState::Redacted,
                (_, Some(EvidenceFacts::Here(_))) => EvidenceState::Here,
                _ if entry.uri.is_some() => EvidenceState::Elsewhere,
                _ => EvidenceState::Missing,
            };
            evidence.push(EvidenceJson {
                record: record.id,
                signer: record.signer.clone(),
                says: record.says.clone(),
                name: entry.name.clone(),
                uri: entry.uri.clone(),
                sha256: entry.sha256,
                size: entry.size,
                media_type: entry.media_type.clone(),
                private: entry.salted,
                state,
                redacted_by: redaction.iter().flat_map(|redaction| redaction.people.clone()).collect(),
            });
        }
    }
    evidence
}

/// Finds the piece that is meant: by the beginning of its digest or of a record's id, else as an item.
///
/// # Errors
/// If nothing here has it, or several may be meant.
pub fn find(session: &Session, repository: &Repository, trusted: &Workspace, tag: Option<&TagName>, named: &str) -> Outcome<Found> {
    let mut meant = meant(session, repository, trusted, tag, named)?;
    let Some((digest, entries)) = meant.pop_first() else {
        return Err(Failure::missing(format!("nothing here has the evidence {named:?}"))
            .suggest("list the evidence", "relsign evidence list TAG")
            .suggest("fetch what others signed", "relsign sync"));
    };
    if !meant.is_empty() {
        let all: Vec<_> = std::iter::once((&digest, &entries)).chain(&meant).collect();
        let failure = Failure::usage(format!("{named:?} means {} of evidence", words::count_of(&all, "piece")));
        return Err(all.iter().take(MOST).fold(failure, |failure, (digest, entries)| {
            failure.suggest(name_of(entries), format!("relsign evidence get {}", digest.short()))
        }));
    }
    Ok(Found { digest, entries })
}

impl Found {
    /// Names it for people.
    pub fn name(&self) -> String {
        name_of(&self.entries)
    }

    /// Reads the bytes, after fetching them where they are not here.
    ///
    /// # Errors
    /// If they can't be had, or other bytes are kept.
    pub fn bytes(&self, session: &Session, repository: &Repository, trusted: &Workspace, sharing: &Sharing) -> Outcome<Vec<u8>> {
        let digest = &self.digest;
        if repository.evidence_size(digest)?.is_none() {
            if let Some(redacted) = self.redacted(session, repository, trusted)? {
                return Err(redacted);
            }
            if let Some(uri) = self.entries.iter().find_map(|(entry, _)| entry.uri.as_ref()) {
                return Err(Failure::finding(Code::EvidenceMissing, format!("{} is stored elsewhere", self.name()))
                    .hint(format!("get it from: {uri}")));
            }
            share::fetch_first(session, repository, sharing)?;
        }
        match repository.evidence(digest, LIMIT)? {
            Some(found) if found.matches => Ok(found.bytes),
            Some(_) => Err(Failure::finding(Code::EvidenceChanged, format!("the bytes kept for {digest} differ from it"))
                .suggest("if somebody has the right bytes", "relsign sync")),
            None => Err(self.redacted(session, repository, trusted)?.unwrap_or_else(|| {
                Failure::finding(Code::EvidenceMissing, format!("the evidence {} is not here", digest.short()))
                    .suggest("fetch what others have", "relsign sync")
                    .suggest("in a partial clone", "git fetch --refetch")
            })),
        }
    }

    /// Reports that evidence was redacted, where it was in one of the releases that cite it.
    fn redacted(&self, session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<Option<Failure>> {
        for log in self.entries.iter().filter_map(|(_, log)| log.as_ref()).collect::<BTreeSet<_>>() {
            let loaded = releases::load_log(repository, trusted, log, session.now)?;
            let said = redactions(&loaded.context, &loaded.records).unwrap_or_default();
            if let Some(redaction) = said.get(&self.digest).filter(|redaction| redaction.is_met()) {
                let people = words::and(&redaction.people);
                let reasons: Vec<&str> = redaction.reasons.iter().map(String::as_str).collect();
                let message = format!("{} was redacted by {people} on {}: {}", self.name(), log.0.short(), reasons.join("; "));
                return Ok(Some(Failure::finding(Code::EvidenceRedacted, message)));
            }
        }
        Ok(None)
    }
}

/// Finds what is meant: by the beginning of a digest or of a record's id, else as an item.
fn meant(session: &Session, repository: &Repository, trusted: &Workspace, tag: Option<&TagName>, named: &str) -> Outcome<Meant> {
    let mut meant = Meant::new();
    if let Some(digits) = IdPrefix::parse(named) {
        for citing in redactions::find(repository, trusted, &digits)? {
            if tag.is_some_and(|tag| *tag != citing.log.0) {
                continue;
            }
            let is_record = digits.begins(&citing.record.id());
            for entry in &citing.record.evidence {
                let Some(digest) = entry.sha256 else { continue };
                if is_record || digits.begins(&digest) {
                    meant.entry(digest).or_default().push((entry.clone(), Some(citing.log.clone())));
                }
            }
        }
        if meant.is_empty() && tag.is_none() {
            // What no record cites is kept too: tag objects, and what the log of another root rests on.
            meant.extend(redactions::kept(repository, &digits)?.into_iter().map(|digest| (digest, vec![])));
        }
        if !meant.is_empty() {
            return Ok(meant);
        }
    }
    let tag = releases::tag_or_open_one(session, repository, trusted, tag.map(TagName::short))?;
    let reading = session.reading(format!("reading {}", tag.short()));
    let reports = releases::load(repository, trusted, &tag, session.now, None)?.reports();
    drop(reading);
    let item = items::find_in(&reports, named)?.id.clone();
    let of = tag.short().to_owned();
    let log = reports.iter().find_map(|report| report.release.as_ref()).map(|release| (tag, release.tag_object));
    let items = reports.iter().flat_map(|report| &report.items).filter(|found| found.id == item);
    let mut pointers = BTreeSet::new();
    for entry in items.flat_map(|item| &item.sign_offs).flat_map(|word| &word.evidence) {
        match entry.sha256 {
            Some(digest) => meant.entry(digest).or_default().push((entry.clone(), log.clone())),
            None => pointers.extend(entry.uri.as_deref()),
        }
    }
    if meant.is_empty() {
        return Err(without_evidence(&of, item.as_str(), &pointers));
    }
    Ok(meant)
}

/// Reports that nothing is kept for an item, and where to look for what it points at.
fn without_evidence(tag: &str, item: &str, pointers: &BTreeSet<&str>) -> Failure {
    if pointers.is_empty() {
        return Failure::missing(format!("item {item} of {tag} has no evidence"))
            .suggest("list the evidence", format!("relsign evidence list {}", shell_word(tag)))
            .suggest("fetch what others signed", "relsign sync");
    }
    let failure = Failure::missing(format!("item {item} of {tag} has only links, whose content is not kept"));
    pointers.iter().take(MOST).fold(failure, |failure, uri| failure.hint(format!("get it from: {uri}")))
}

fn name_of(entries: &[(Evidence, Option<redactions::Log>)]) -> String {
    let name = entries.iter().find_map(|(entry, _)| entry.name.as_ref().or(entry.uri.as_ref()));
    name.map_or_else(|| "evidence".to_owned(), |name| safe::line(name))
}
