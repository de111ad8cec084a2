//! A release: everything that git holds about a tag, verified and ready to be judged.
//!
//! It is read in steps: the tag, the lines of its log, what was opened under its name, its evidence, and what reading the
//! repository again gives. Whether the releases that it names as the ones before passed is not asked here, since they would
//! have to be read first; [`super::releases`] does that, and [`Read::finish`] takes the answers.

use std::collections::{BTreeMap, BTreeSet};

use super::checklists::{self, Checklists};
use super::makers;
use super::notes::{lines_of, never_synced};
use super::remotes::Remotes;
use super::tag::{LoadedTag, load_tag, tag_object};
use crate::evaluate::context::TagFacts;
use crate::evaluate::context::{EvidenceFacts, OpenedObject, Reread};
use crate::evaluate::history::History;
use crate::evaluate::receipts::Receipts;
use crate::evaluate::receipts::settled;
use crate::evaluate::{self, Context};
use crate::git::notes::{Lines, Notes};
use crate::git::{ObjectKind, Repository};
use crate::model::address::name_blob;
use crate::model::finding::{ChecklistUnread, Code, Finding, RangeUnread};
use crate::model::ids::{Environment, ObjectId, RecordId, Sha256Digest, TagName};
use crate::model::log::Record;
use crate::model::policy::Policy;
use crate::model::record::{Body, Open, Origin, Plan, SubjectDigest};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::TOOL;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::trust::Trust;
use crate::ops::write::evidence::private_note;
use crate::report::safe::shell_word;
use crate::sign::verify::{Threads, Verified, VerifiedLog, verify_log_on};

/// The largest piece of evidence that is read to be checked, in bytes.
const EVIDENCE_LIMIT: u64 = 1 << 30;

/// How many bytes of evidence of one release are read to be checked.
const EVIDENCE_OF_RELEASE: u64 = 4 << 30;

/// Everything about a release, verified.
pub struct Loaded<'a> {
    /// Under what it is judged.
    pub context: Context<'a>,
    /// The valid records on the tag.
    pub records: BTreeMap<RecordId, Verified>,
    /// The tag.
    pub tag: LoadedTag,
}

impl Loaded<'_> {
    /// Judges it.
    pub fn report(&self) -> Report {
        evaluate::evaluate(&self.context, &self.records)
    }

    /// Returns the policy that governs the release that a report is about, and what was opened.
    pub fn governed<'p>(&self, trusted: &'p Trust, report: &Report) -> Option<(&'p Policy, &Open)> {
        let policy = &trusted.chain.at(report.governing_policy?)?.policy;
        Some((policy, self.records.get(&report.release.as_ref()?.open)?.said::<Open>()?))
    }

    /// Refuses a release whose tag is there and can't be read whole, as in a partial clone: nothing that is said of it would
    /// be true, not that it is open, nor that it is not.
    ///
    /// # Errors
    /// What is missing, with the command that fetches it.
    pub fn require_tag_read(&self) -> Outcome<()> {
        unread(&self.tag.facts).map_or(Ok(()), Err)
    }

    /// Returns the heads of its log without the records that no new one names: those that are refused, and `unshareable`.
    pub fn heads(&self, report: &Report, unshareable: &BTreeSet<RecordId>) -> Vec<RecordId> {
        if unshareable.is_empty() {
            return report.heads.clone();
        }
        let named = report.records.iter().filter(|record| !record.refused && !unshareable.contains(&record.id));
        History::of(named.filter_map(|record| self.records.get(&record.id))).heads()
    }

    /// Returns the environments that it was opened for by someone who may.
    pub fn environments(&self) -> BTreeSet<Environment> {
        evaluate::environments(&self.context, &self.records)
    }

    /// Judges it for every environment that it was opened for, in the order of their names; else once.
    pub fn reports(&self) -> Vec<Report> {
        if self.context.environment.is_some() {
            return vec![self.report()];
        }
        let opens = self.records.values().filter_map(|verified| Some(&verified.said::<Open>()?.environment));
        // Who might open what is asked only where there is a choice, which is rare.
        let is_choice = opens.collect::<BTreeSet<_>>().len() > 1;
        let environments = if is_choice { self.environments() } else { BTreeSet::new() };
        if environments.len() < 2 {
            return vec![self.report()];
        }
        let for_one = |environment| Context { environment: Some(environment), ..self.context.clone() };
        environments.into_iter().map(|environment| evaluate::evaluate(&for_one(environment), &self.records)).collect()
    }

    /// Whether anybody moved a stage of it.
    pub fn has_stages(&self) -> bool {
        self.records.values().any(|verified| matches!(verified.body, Body::Stage(_)))
    }

    /// Remembers the valid records, so that this clone notices when one of them is gone.
    pub fn remember(&self, repository: &Repository, report: &Report) -> Outcome<()> {
        let Some(object) = &self.tag.facts.object else { return Ok(()) };
        let ids: BTreeSet<RecordId> = report.records.iter().filter(|record| !record.refused).map(|record| record.id).collect();
        if !ids.is_subset(&self.context.baseline) {
            // A clone that can't be written to can still be read.
            let _ = repository.remember_records(&object.id, &ids);
        }
        let opened: BTreeSet<RecordId> = self.context.opened_objects.iter().map(|opened| opened.record).collect();
        let name = repository.blob_id(&name_blob(&self.context.root, &self.tag.facts.name))?;
        if !opened.is_subset(&repository.seen_records(&name)?) {
            let _ = repository.remember_records(&name, &opened);
        }
        Ok(())
    }
}

/// What a release is read with.
pub struct Reader<'a, 'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// The chain.
    pub trusted: &'a Trust,
    /// What witnesses say.
    pub receipts: &'a Receipts,
    /// The checklists that were parsed before.
    pub checklists: &'r Checklists,
    /// The processors that this release has to itself.
    pub threads: Threads,
    /// Whether it is asked what remotes have under the tag's name now.
    pub asks_remotes: bool,
}

/// What was read again for an open record.
struct ReadAgain {
    /// What the checklist comes to.
    plan: Result<Plan, ChecklistUnread>,
    /// What the commits of the range give.
    origin: Result<Option<Origin>, RangeUnread>,
    /// Whether the previous release lies below.
    is_below: Option<bool>,
}

/// A release as it was read, but for what is to be said of the ones before it.
pub struct Read<'a> {
    context: Context<'a>,
    records: BTreeMap<RecordId, Verified>,
    tag: LoadedTag,
    again: BTreeMap<RecordId, ReadAgain>,
}

impl<'a> Read<'a> {
    /// Returns the open records whose claims are read again, each with the policy that it names, and whether the release before
    /// lies below it.
    pub fn opens(&self) -> impl Iterator<Item = (RecordId, &Open, &'a Policy, Option<bool>)> {
        let chain = self.context.chain;
        self.again.iter().filter_map(move |(id, again)| {
            let record = self.records.get(id)?;
            Some((*id, record.said::<Open>()?, &chain.at(record.policy_head)?.policy, again.is_below))
        })
    }

    /// Takes the reasons why the releases that open records name as the ones before are none that passed.
    pub fn finish(self, mut previous: BTreeMap<RecordId, Finding>) -> Loaded<'a> {
        let reread = self.again.into_iter().map(|(id, ReadAgain { plan, origin, is_below })| {
            let previous = previous.remove(&id);
            (id, Reread { plan, origin, is_below, previous })
        });
        Loaded { context: Context { reread: reread.collect(), ..self.context }, records: self.records, tag: self.tag }
    }
}

/// The lines of a log, verified.
struct Log {
    records: BTreeMap<RecordId, Verified>,
    findings: Vec<Finding>,
    /// How many lines there are, also invalid ones.
    lines: u64,
    /// Valid records of another root.
    foreign: BTreeSet<RecordId>,
}

/// What was opened under the name of a tag.
struct Names {
    opened: Vec<OpenedObject>,
    /// Open records that were seen in the note of the name and are gone.
    gone: Vec<RecordId>,
}

/// What is here of the evidence that records name.
#[derive(Default)]
struct Kept {
    facts: BTreeMap<Sha256Digest, EvidenceFacts>,
    private_notes: BTreeMap<Sha256Digest, String>,
}

impl<'a> Reader<'a, '_> {
    /// Reads a release whose name stands for `target`.
    ///
    /// # Errors
    /// If git can't be read; what is wrong with the release is a finding.
    pub fn read(
        &self,
        notes: &mut Notes<'_>,
        (name, target): (&TagName, Option<ObjectId>),
        as_of: Timestamp,
        environment: Option<Environment>,
    ) -> Outcome<Read<'a>> {
        let mut unread = Vec::new();
        let tag = load_tag(self.repository, self.trusted, name, target)?;
        let Log { records, mut findings, lines, foreign } = self.log(notes, &tag, &mut unread)?;
        findings.extend(self.trusted.findings.iter().chain(&self.receipts.findings).cloned());
        if records.is_empty() {
            findings.extend(never_synced(self.repository)?);
        }
        let names = self.names(notes, &tag, &records, &mut unread)?;
        findings.append(&mut unread);
        let mut baseline = BTreeSet::new();
        if let Some(object) = &tag.facts.object {
            baseline = self.repository.seen_records(&object.id)?;
            baseline.extend(self.receipts.of_log(&object.id));
            baseline.retain(|id| !foreign.contains(id));
        }
        let seen: Vec<_> =
            records.keys().chain(&baseline).filter_map(|id| self.receipts.seen(id).map(|seen| (*id, seen))).collect();
        baseline.extend(names.gone);
        let kept = self.evidence(&records)?;
        let again = self.again(&tag, &records);
        let context = Context {
            root: self.trusted.root,
            chain: &self.trusted.chain,
            tag: tag.facts.clone(),
            as_of,
            baseline,
            settled: settled(&self.trusted.chain, &records, self.receipts),
            witnessed: seen.iter().map(|(id, seen)| (*id, seen.time)).collect(),
            looked: seen.iter().filter_map(|(id, seen)| seen.looked.map(|looked| (*id, looked))).collect(),
            evidence: kept.facts,
            private_notes: kept.private_notes,
            reread: BTreeMap::new(),
            opened_objects: names.opened,
            environment,
            freezes: Vec::new(),
            findings,
            lines,
            tool: TOOL.to_owned(),
        };
        Ok(Read { context, records, tag, again })
    }

    fn verify(&self, lines: &Lines) -> VerifiedLog {
        verify_log_on(self.threads, lines.iter().map(Vec::as_slice), &self.trusted.keyring, &self.trusted.root)
    }

    /// Reads the lines on the tag object.
    fn log(&self, notes: &mut Notes<'_>, tag: &LoadedTag, unread: &mut Vec<Finding>) -> Outcome<Log> {
        let lines = match &tag.facts.object {
            Some(object) => lines_of(notes, &object.id, unread)?,
            None => Lines::new(),
        };
        let VerifiedLog { records, findings } = self.verify(&lines);
        // A record's id binds what it says, its root too: one of another root that was seen here and still lies here is not
        // gone.
        let is_foreign = |finding: &&Finding| finding.code == Code::RecordForeign;
        let foreign = findings.iter().filter(is_foreign).filter_map(|finding| finding.record).collect();
        Ok(Log { records, findings, lines: lines.len() as u64, foreign })
    }

    /// Reads what was opened under the tag's name.
    fn names(
        &self,
        notes: &mut Notes<'_>,
        tag: &LoadedTag,
        records: &BTreeMap<RecordId, Verified>,
        unread: &mut Vec<Finding>,
    ) -> Outcome<Names> {
        let name = &tag.facts.name;
        let object = self.repository.blob_id(&name_blob(&self.trusted.root, name))?;
        let lines = lines_of(notes, &object, unread)?;
        // The line of an open record stands in both notes, and its signature is checked once.
        let mut found: BTreeMap<RecordId, &Verified> = records
            .iter()
            .filter(|(_, verified)| matches!(verified.body, Body::Open(_)) && lines.contains(verified.line()))
            .map(|(id, verified)| (*id, verified))
            .collect();
        let only_there = lines.iter().map(Vec::as_slice).filter(|line| found.values().all(|verified| verified.line() != *line));
        let only_there = verify_log_on(Threads::One, only_there, &self.trusted.keyring, &self.trusted.root).records;
        for (id, verified) in &only_there {
            found.entry(*id).or_insert(verified);
        }
        // A name that was opened here once stays spent, also where its note was pruned with the tag.
        let spent = self.repository.seen_records(&object)?;
        let gone = spent.into_iter().filter(|id| !found.contains_key(id)).collect();
        let mut seen = BTreeSet::new();
        let remotes = if self.asks_remotes && !found.is_empty() { Some(Remotes::of(self.repository)?) } else { None };
        let mut opened = Vec::new();
        for verified in found.into_values() {
            let Some(object) = opened_object(verified.value(), name) else { continue };
            let is_current = Some(object) == tag.facts.target;
            let orphaned = if is_current || !seen.insert(object) {
                Vec::new()
            } else {
                self.verify(&lines_of(notes, &object, unread)?).records.into_keys().collect()
            };
            let authorised = evaluate::spends_name(&self.trusted.chain, verified);
            let elsewhere = match &remotes {
                Some(remotes) if authorised && (is_current || tag.facts.target.is_none()) => {
                    remotes.differing(self.repository, &self.trusted.root, name, (&object, verified), is_current)?
                }
                _ => Vec::new(),
            };
            opened.push(OpenedObject { record: verified.id(), object, authorised, orphaned, elsewhere });
        }
        Ok(Names { opened, gone })
    }

    /// Looks at the evidence that records cite.
    fn evidence(&self, records: &BTreeMap<RecordId, Verified>) -> Outcome<Kept> {
        let mut sizes: BTreeMap<Sha256Digest, BTreeSet<Option<u64>>> = BTreeMap::new();
        let mut salted = BTreeSet::new();
        for evidence in records.values().flat_map(|verified| &verified.evidence) {
            if let Some(digest) = evidence.sha256 {
                sizes.entry(digest).or_default().insert(evidence.size);
                salted.extend(evidence.salted.then_some(digest));
            }
        }
        let mut kept = Kept::default();
        let most = self.trusted.policy().contents().limits.evidence_bytes;
        let mut left = EVIDENCE_OF_RELEASE;
        for (digest, cited) in sizes {
            let facts = evidence_facts(self.repository, &digest, (&cited, most), &mut left)?;
            if matches!(facts, EvidenceFacts::Here(_))
                && salted.contains(&digest)
                && let Some(text) = private_note(self.repository, &digest)?
            {
                kept.private_notes.insert(digest, text);
            }
            kept.facts.insert(digest, facts);
        }
        Ok(kept)
    }

    /// Reads again what open records claim of the checklist and of who made the range.
    fn again(&self, tag: &LoadedTag, records: &BTreeMap<RecordId, Verified>) -> BTreeMap<RecordId, ReadAgain> {
        let Some(tree) = &tag.tree else { return BTreeMap::new() };
        let reread = |verified: &Verified| {
            let open = verified.said::<Open>()?;
            let policy = &self.trusted.chain.at(verified.policy_head)?.policy;
            let (origin, is_below) = makers::again(self.repository, tag, open, policy);
            let plan = checklists::reread(self.repository, self.checklists, (&tag.facts.name, tree), open, policy);
            Some((verified.id(), ReadAgain { plan, origin, is_below }))
        };
        // Whoever never might open one makes nobody read history for it.
        let opens = records.values().filter(|verified| evaluate::spends_name(&self.trusted.chain, verified));
        opens.filter_map(reread).collect()
    }
}

/// Returns the name of a tag object, and those of its records that speak of it and nothing else; nothing where the tag
/// object, its commit or its tree is not here to compare with.
///
/// The name is the one inside the tag object: a ref of another name makes no other log.
pub fn admitted(
    repository: &Repository,
    trusted: &Trust,
    object: ObjectId,
    lines: &Lines,
) -> Outcome<Option<(TagName, BTreeSet<RecordId>)>> {
    let Some((ObjectKind::Tag, _)) = repository.object_header(&object)? else { return Ok(None) };
    // A tag that is no tag has no log; whoever asks about it is told why.
    let Ok(Some((tag, raw))) = repository.tag(&object) else { return Ok(None) };
    let Ok(name) = format!("refs/tags/{}", String::from_utf8_lossy(&tag.name)).parse::<TagName>() else { return Ok(None) };
    let Ok((facts, _)) = tag_object(repository, trusted, &name, object, &tag, &raw) else { return Ok(None) };
    let log = verify_log_on(Threads::All, lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
    let records = log.records.iter().filter(|(_, verified)| evaluate::speaks_of(verified, &facts.subjects));
    Ok(Some((name, records.map(|(id, _)| *id).collect())))
}

/// Returns the tag object that an open record of this name was made for.
fn opened_object(record: &Record, name: &TagName) -> Option<ObjectId> {
    record.said::<Open>()?;
    match record.subjects.iter().find(|subject| subject.name == name.full())?.digest {
        SubjectDigest::GitTag(id) => Some(id),
        _ => None,
    }
}

/// Looks at the evidence kept for a digest that records cite with these sizes; `most` is how many bytes the policy allows, `left`
/// how many may still be read.
fn evidence_facts(
    repository: &Repository,
    digest: &Sha256Digest,
    (cited, most): (&BTreeSet<Option<u64>>, u64),
    left: &mut u64,
) -> Outcome<EvidenceFacts> {
    let Some(size) = repository.evidence_size(digest)? else { return Ok(EvidenceFacts::Missing) };
    // What has another size than every record says, and is larger than any that may come, was put there by somebody else, and
    // need not be read: anybody could put gigabytes there.
    if !cited.contains(&Some(size)) && !cited.contains(&None) && size > most {
        return Ok(EvidenceFacts::Changed);
    }
    match left.checked_sub(size) {
        Some(rest) if size <= EVIDENCE_LIMIT => *left = rest,
        _ => return Ok(EvidenceFacts::Missing),
    }
    Ok(match repository.evidence_matches(digest, EVIDENCE_LIMIT)? {
        None => EvidenceFacts::Missing,
        Some(true) => EvidenceFacts::Here(size),
        Some(false) => EvidenceFacts::Changed,
    })
}

/// Reports that a tag is there and can't be read whole, where that is so.
fn unread(tag: &TagFacts) -> Option<Failure> {
    let problem = tag.problem.as_ref().filter(|problem| problem.code == Code::TagObjectMissing && tag.target.is_some())?;
    Some(
        Failure::missing(problem.message())
            .suggest("in a partial clone, fetch everything that it left out with", "git fetch --refetch --no-filter"),
    )
}

/// Fails where a report has no release to work on, saying why.
pub fn require_release<'r>(report: &'r Report, tag: &TagFacts) -> Outcome<&'r crate::model::report::ReleaseReport> {
    report.release.as_ref().ok_or_else(|| {
        if let Some(unread) = unread(tag) {
            return unread;
        }
        let name = report.tag.short();
        let reason = report.verdict.reasons.first().map_or_else(String::new, |reason| format!(": {}", reason.seen));
        let exit = match Exit::from(report.verdict.answer) {
            Exit::Yes | Exit::No => Exit::CannotDecide,
            exit => exit,
        };
        let ahead = report.findings.iter().find(|finding| finding.code == Code::TimeInFuture);
        if let Some(ahead) = ahead {
            return Failure::missing(format!("no release is open on {name}: {}", ahead.seen))
                .hint(format!("is the clock of this machine right? It says {}", report.as_of));
        }
        let failure = Failure::new(exit, format!("no release is open on {name}{reason}"));
        if report.was_deleted_here() {
            failure.suggest("get it back", "relsign sync")
        } else if report.verdict.reasons.iter().any(|reason| reason.code == Code::TagObjectMissing) {
            failure.suggest("get it", "git fetch --tags").suggest("or make it", format!("relsign tag {}", shell_word(name)))
        } else {
            failure
                .suggest("open it", format!("relsign open {}", shell_word(name)))
                .suggest("or fetch what others signed", "relsign sync")
        }
    })
}
