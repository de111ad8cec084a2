//! `relsign import`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::word;
use crate::cli::app::App;
use crate::cli::json;
use crate::evaluate::redaction::redactions;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::Code;
use crate::model::ids::{Principal, RecordId, Sha256Digest, TagName};
use crate::model::log::Record;
use crate::model::record::{Body, Kind};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::redactions::{Log, log_of};
use crate::ops::load::release::{self, Loaded, root_blob};
use crate::ops::share::{self, Sharing};
use crate::ops::trust::Trusted;
use crate::ops::write::sign;
use crate::parse::digests::sha256;
use crate::parse::records_file::{self, MAX_FILE, RecordsFile};
use crate::report::{safe, words};
use crate::sign::verify::{Verified, verify_line};

/// Bring in records that somebody signed to a file with --out
///
/// Each record is looked at on its own: what is valid comes in, with its evidence, and is shared; of each that does not come
/// in it says why, and then exits with 3.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file, or - for standard input
    file: String,
    /// Say what would come in, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    sharing: Sharing,
}

/// What `import --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportJson {
    /// Always `relsign-import-v1`.
    pub format: &'static str,
    /// The records that came in, or would.
    pub came: Vec<ImportedJson>,
    /// The records that were here already.
    pub known: Vec<RecordId>,
    /// The records that did not come in.
    pub refused: Vec<RefusedJson>,
    /// How many files of evidence came with them.
    pub evidence_came: u64,
    /// Whether others have them now; nothing where sharing was not asked for or there is no remote.
    pub shared: Option<bool>,
}

/// A record that came in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportedJson {
    /// Its id.
    pub id: RecordId,
    /// The tag on which it stands.
    pub tag: TagName,
    /// Who signed it.
    pub signer: Principal,
    /// What it says.
    pub says: String,
    /// What it counts as, or why it does not count, where it is a word on an item.
    pub counts_as: Option<String>,
}

/// A record that did not come in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RefusedJson {
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
type Refusal = (Option<Code>, String);

/// A record that may come in.
struct Candidate {
    number: usize,
    log: Log,
    record: Verified<Record>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let file = self.read(app)?;
        let repository = app.repository()?;
        let trusted = word::prepare(app, &repository, &self.sharing)?;
        let mut import = Import::new(app, &repository, &trusted, &file);
        import.judge()?;
        let evidence_came = import.evidence_to_keep().len() as u64;
        if !self.dry_run {
            import.write()?;
        }
        let came = import.told()?;
        let tags: BTreeSet<TagName> = came.iter().map(|record| record.tag.clone()).collect();
        let refused: Vec<RefusedJson> = import.refused();
        let known: Vec<RecordId> = import.known.iter().copied().collect();
        if !app.globals.json {
            self.say(app, &came, &known, &refused, evidence_came)?;
        }
        let asked = !self.dry_run && !came.is_empty();
        let tags: Vec<TagName> = tags.into_iter().collect();
        let shared = if asked { share::share(app, &repository, &self.sharing, &tags) } else { Ok(Exit::Yes) };
        let has_remote = asked && !self.sharing.no_sync && repository.sharing_remote()?.is_some();
        let exit = if refused.is_empty() { Exit::Yes } else { Exit::Invalid };
        if app.globals.json {
            let shared_json = has_remote.then_some(shared.is_ok());
            let value = ImportJson { format: "relsign-import-v1", came, known, refused, evidence_came, shared: shared_json };
            json::print(app, &value)?;
            if let Err(failure) = shared {
                // The JSON says it; a second JSON document for the failure would only be in the way.
                app.ui.warn(&failure.message);
                return Ok(failure.exit);
            }
            return Ok(exit);
        }
        shared.map(|_| exit)
    }

    fn read(&self, app: &App) -> Outcome<RecordsFile> {
        let name = if self.file == "-" { "standard input" } else { &self.file };
        let failed = |error| Failure::usage(format!("{name} can't be read")).because(error);
        let mut bytes = Vec::new();
        let limit = MAX_FILE as u64 + 1;
        if self.file == "-" {
            std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
        } else {
            let file = std::fs::File::open(app.path(Path::new(&self.file))).map_err(failed)?;
            file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        }
        records_file::decode(&bytes).map_err(|why| Failure::invalid(format!("{name} is no file of records: {why}")))
    }

    fn say(&self, app: &App, came: &[ImportedJson], known: &[RecordId], refused: &[RefusedJson], evidence: u64) -> Outcome<()> {
        for record in came {
            let counts = record.counts_as.as_ref().map_or_else(String::new, |counts| format!(" · {}", safe::line(counts)));
            let (id, tag) = (record.id.short(), record.tag.short());
            app.ui.line(format!("{id}  {tag}  {}  {}{counts}", record.signer, safe::line(&record.says)))?;
        }
        for record in refused {
            let id = record.id.map_or_else(|| format!("record {}", record.number), |id| id.short());
            let code = record.code.map_or_else(String::new, |code| format!("{code}: "));
            app.ui.warn(format!("{id} did not come in: {code}{}", record.why));
        }
        let came_in = if self.dry_run { "would come in" } else { "came in" };
        let mut parts = vec![format!("{} {came_in}", words::count(came.len() as u64, "record"))];
        parts.extend((evidence > 0).then(|| format!("{} of evidence with them", words::count(evidence, "file"))));
        parts.extend((!known.is_empty()).then(|| format!("{} here already", words::plural(known.len() as u64, "was", "were"))));
        parts.extend((!refused.is_empty()).then(|| format!("{} did not", refused.len())));
        app.ui.say(parts.join(", "));
        Ok(())
    }
}

/// The work of one import.
struct Import<'a> {
    app: &'a App,
    repository: &'a Repository,
    trusted: &'a Trusted,
    lines: Vec<&'a [u8]>,
    evidence: BTreeMap<Sha256Digest, &'a [u8]>,
    /// The logs that the records belong to, loaded; nothing for one that can't be.
    logs: BTreeMap<Log, Result<Loaded<'a>, String>>,
    accepted: Vec<Candidate>,
    known: BTreeSet<RecordId>,
    refused: BTreeMap<usize, (Option<RecordId>, Refusal)>,
}

impl<'a> Import<'a> {
    fn new(app: &'a App, repository: &'a Repository, trusted: &'a Trusted, file: &'a RecordsFile) -> Self {
        Self {
            app,
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
    fn judge(&mut self) -> Outcome<()> {
        let mut waiting = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, line) in self.lines.clone().into_iter().enumerate() {
            let number = index + 1;
            let record = match verify_line(line, &self.trusted.keyring, &self.trusted.root) {
                Ok(record) => record,
                Err(rejected) => {
                    self.refused.insert(number, (None, (Some(rejected.finding.code), rejected.finding.message)));
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

    /// Gives a record that a candidate names and that is neither here nor came before it.
    fn first_missing(&self, candidate: &Candidate, came: &BTreeSet<(Log, RecordId)>) -> Option<RecordId> {
        let here = |id: &RecordId| self.loaded(&candidate.log).is_some_and(|loaded| loaded.records.contains_key(id));
        let came = |id: &RecordId| came.contains(&(candidate.log.clone(), *id));
        candidate.record.value().names().find(|id| !here(id) && !came(id)).copied()
    }

    /// Judges a record whose signature holds by everything but the other records of the file.
    fn alone(&mut self, verified: &Verified<Record>) -> Outcome<Result<Log, Refusal>> {
        let record = verified.value();
        if let Some(why) = why_it_stays(&record.body) {
            return Ok(Err((None, why)));
        }
        let Some(log) = log_of(record) else {
            return Ok(Err((Some(Code::SubjectMismatch), "it speaks of no tag".to_owned())));
        };
        self.load(&log)?;
        let loaded = match &self.logs[&log] {
            Ok(loaded) => loaded,
            Err(why) => return Ok(Err((Some(Code::SubjectMismatch), why.clone()))),
        };
        let mut subjects = record.subjects.clone();
        subjects.sort();
        if loaded.tag.facts.object.as_ref().is_none_or(|object| object.subjects != subjects) {
            let why = format!("it speaks of something else than {} here", log.0.short());
            return Ok(Err((Some(Code::SubjectMismatch), why)));
        }
        if self.trusted.chain.at(record.policy_head).is_none() {
            let why =
                format!("it names policy version {}, which is not here; relsign sync may bring it", record.policy_head.version);
            return Ok(Err((Some(Code::PolicyMissing), why)));
        }
        let limits = &self.trusted.policy().contents().limits;
        if record.time > self.app.now.plus(i64::try_from(limits.clock_skew).unwrap_or(0)) {
            let why = format!("it claims to be signed at {}, which is still to come", record.time);
            return Ok(Err((Some(Code::TimeInFuture), why)));
        }
        for evidence in &record.evidence {
            let Some(digest) = evidence.sha256 else { continue };
            let name = evidence.name.as_deref().unwrap_or("evidence");
            if let Some(bytes) = self.evidence.get(&digest) {
                let size = bytes.len() as u64;
                if evidence.size != Some(size) {
                    let why = format!("it says that {name} has {} bytes, and it has {size}", evidence.size.unwrap_or(0));
                    return Ok(Err((Some(Code::EvidenceChanged), why)));
                }
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
                let why = format!("it cites {name}, of digest {}, which is neither here nor in the file", digest.short());
                return Ok(Err((Some(Code::EvidenceMissing), why)));
            }
        }
        Ok(Ok(log))
    }

    /// Loads the log of a tag, if the tag here is the one that is meant.
    fn load(&mut self, log: &Log) -> Outcome<()> {
        if self.logs.contains_key(log) {
            return Ok(());
        }
        let (tag, object) = log;
        let loaded = match self.repository.resolve(tag.full())? {
            None => Err(format!("there is no tag {} here; git fetch --tags may bring it", tag.short())),
            Some(here) if here != *object => {
                Err(format!("{} stands for tag object {} here and not for {}", tag.short(), here.short(), object.short()))
            }
            Some(_) => {
                let mut notes = self.repository.notes(NOTES_REF)?;
                Ok(release::load_on(self.repository, self.trusted, &mut notes, log, self.app.now)?)
            }
        };
        self.logs.insert(log.clone(), loaded);
        Ok(())
    }

    /// Gives the evidence in the file that an accepted record cites and that is not here; what nobody cites stays out.
    fn evidence_to_keep(&self) -> Vec<&'a [u8]> {
        let cited: BTreeSet<Sha256Digest> = self
            .accepted
            .iter()
            .flat_map(|candidate| &candidate.record.value().evidence)
            .filter_map(|evidence| evidence.sha256)
            .collect();
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
    fn write(&self) -> Outcome<()> {
        let evidence = self.evidence_to_keep();
        if !evidence.is_empty() {
            self.repository.keep_evidence(&evidence, &self.app.author(self.repository)?, "Keep imported evidence")?;
        }
        let mut by_log: BTreeMap<(&Log, bool), Vec<_>> = BTreeMap::new();
        for candidate in &self.accepted {
            let redacts = matches!(candidate.record.value().body, Body::Redact(_));
            let line = (candidate.record.line().to_vec(), candidate.record.id());
            by_log.entry((&candidate.log, redacts)).or_default().push(line);
        }
        for ((log, redacts), lines) in by_log {
            let summary = format!("import {} on {}", words::count_of(&lines, "record"), log.0.short());
            let also = if redacts { vec![root_blob(&self.trusted.root)] } else { Vec::new() };
            sign::write(self.app, self.repository, log.1, lines, &also, &summary)?;
        }
        Ok(())
    }

    /// Says what came in, and of words on items what they count as with everything that came.
    fn told(&self) -> Outcome<Vec<ImportedJson>> {
        let mut counts = BTreeMap::new();
        for (log, loaded) in &self.logs {
            let Ok(loaded) = loaded else { continue };
            let mut records = loaded.records.clone();
            let own = self.accepted.iter().filter(|candidate| candidate.log == *log);
            records.extend(own.map(|candidate| (candidate.record.id(), candidate.record.clone())));
            for word in crate::evaluate::evaluate(&loaded.context, &records).items.into_iter().flat_map(|item| item.words) {
                let text = if word.counts { word.counts_as } else { format!("does not count: {}", word.counts_as) };
                counts.insert(word.record, text);
            }
        }
        let told = self.accepted.iter().map(|candidate| ImportedJson {
            id: candidate.record.id(),
            tag: candidate.log.0.clone(),
            signer: candidate.record.principal().clone(),
            says: candidate.record.value().body.summary(),
            counts_as: counts.remove(&candidate.record.id()),
        });
        Ok(told.collect())
    }

    fn refused(&self) -> Vec<RefusedJson> {
        let refused = self.refused.iter().map(|(number, (id, (code, why)))| RefusedJson {
            number: *number as u64,
            id: *id,
            code: *code,
            why: why.clone(),
        });
        refused.collect()
    }
}

/// Says why a record does not travel as a file, where it doesn't.
fn why_it_stays(body: &Body) -> Option<String> {
    if body.row().travels {
        return None;
    }
    Some(match body {
        Body::Unknown(kind) => format!("this version does not know records of the kind {kind:?}"),
        known => {
            let kind = known.kind().map_or("unknown", Kind::name);
            format!("records of the kind {kind} do not travel as files; bring them with: relsign sync")
        }
    })
}
