//! `relsign evidence get`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use base64ct::{Base64, Encoding as _};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::commands::item;
use crate::cli::commands::selector;
use crate::cli::json;
use crate::cli::sharing::Fetching;
use crate::evaluate::redaction::redactions;
use crate::git::Repository;
use crate::model::finding::Code;
use crate::model::ids::{Sha256Digest, TagName};
use crate::model::prefix::IdPrefix;
use crate::model::record::Evidence;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::{redactions, releases};
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::evidence::{is_text, without_salt};
use crate::report::safe::shell_word;
use crate::report::{safe, words};

/// The most bytes of evidence that are read.
const LIMIT: u64 = 1 << 30;

/// Print a piece of evidence, after checking its digest
///
/// Evidence that is not here is fetched. For a private note, the text is printed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional), then the beginning of a digest or of a record's id, or an item
    #[arg(required = true, num_args = 1..=2, value_name = "TAG DIGEST|RECORD|ITEM")]
    words: Vec<String>,
    /// Write it to this file, which must be new
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Keep the salt in front of a private note's text, which the digest covers
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    fetching: Fetching,
}

/// What `evidence get --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EvidencePieceJson {
    /// Always `relsign-evidence-piece-v1`.
    pub format: &'static str,
    /// The digest of what is kept.
    pub sha256: Sha256Digest,
    /// The file's name.
    pub name: Option<String>,
    /// How many bytes are handed out; of a private note without --raw those of its text.
    pub size: u64,
    /// The bytes, where they are UTF-8 text and were not written to a file.
    pub text: Option<String>,
    /// The bytes in base64, where they are no text and were not written to a file.
    pub base64: Option<String>,
    /// The file that they were written to.
    pub file: Option<String>,
}

/// What may be meant: digests, each with what records say of them and the logs that these stand in.
type Meant = BTreeMap<Sha256Digest, Vec<(Evidence, Option<redactions::Log>)>>;

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = Workspace::load(&repository, None)?;
        let (tag, rest) = selector::tag_and_rest(&self.words, 1);
        let [named] = rest else { return Err(Failure::usage("a digest, a record or an item is needed")) };
        let tag = tag.map(TagName::from_user).transpose()?;
        let mut meant = find(app, &repository, &trusted, tag.as_ref(), named)?;
        let Some((digest, entries)) = meant.pop_first() else {
            return Err(Failure::missing(format!("nothing here has the evidence {named:?}"))
                .suggest("list the evidence", "relsign evidence list TAG")
                .suggest("fetch what others signed", "relsign sync"));
        };
        if !meant.is_empty() {
            let all: Vec<_> = std::iter::once((&digest, &entries)).chain(&meant).collect();
            let failure = Failure::usage(format!("{named:?} means {} of evidence", words::count_of(&all, "piece")));
            return Err(all.iter().take(12).fold(failure, |failure, (digest, entries)| {
                failure.suggest(name_of(entries), format!("relsign evidence get {}", digest.short()))
            }));
        }
        let bytes = self.fetched(app, &repository, &trusted, &digest, &entries)?;
        let salted = !self.raw && entries.iter().any(|(entry, _)| entry.salted);
        let bytes = if salted { without_salt(&bytes).unwrap_or_default() } else { &bytes };
        self.hand_out(app, bytes, &digest, &entries)
    }

    /// Reads the bytes, after fetching them where they are not here.
    fn fetched(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        digest: &Sha256Digest,
        entries: &[(Evidence, Option<redactions::Log>)],
    ) -> Outcome<Vec<u8>> {
        if repository.evidence_size(digest)?.is_none() {
            if let Some(redacted) = redacted(app, repository, trusted, digest, entries)? {
                return Err(redacted);
            }
            if let Some(uri) = entries.iter().find_map(|(entry, _)| entry.uri.as_ref()) {
                return Err(Failure::finding(Code::EvidenceMissing, format!("{} is stored elsewhere", name_of(entries)))
                    .hint(format!("get it from: {uri}")));
            }
            share::fetch_first(app, repository, &Sharing::from(&self.fetching))?;
        }
        match repository.evidence(digest, LIMIT)? {
            Some(found) if found.matches => Ok(found.bytes),
            Some(_) => Err(Failure::finding(Code::EvidenceChanged, format!("the bytes kept for {digest} differ from it"))
                .suggest("if somebody has the right bytes", "relsign sync")),
            None => Err(redacted(app, repository, trusted, digest, entries)?.unwrap_or_else(|| {
                Failure::finding(Code::EvidenceMissing, format!("the evidence {} is not here", digest.short()))
                    .suggest("fetch what others have", "relsign sync")
                    .suggest("in a partial clone", "git fetch --refetch")
            })),
        }
    }

    fn hand_out(&self, app: &App, bytes: &[u8], digest: &Sha256Digest, entries: &[(Evidence, Option<redactions::Log>)]) -> Outcome {
        let piece = |text, base64, file| EvidencePieceJson {
            format: "relsign-evidence-piece-v1",
            sha256: *digest,
            name: entries.iter().find_map(|(entry, _)| entry.name.clone()),
            size: bytes.len() as u64,
            text,
            base64,
            file,
        };
        if let Some(file) = &self.output {
            let failed = |error| Failure::internal(format!("cannot write {}", file.display())).because(error);
            let mut out = std::fs::File::create_new(app.path(file)).map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    Failure::usage(format!("{} already exists", file.display())).hint("name a new file")
                }
                _ => failed(error),
            })?;
            std::io::Write::write_all(&mut out, bytes).map_err(failed)?;
            let size = words::count(bytes.len() as u64, "byte");
            if app.globals.json {
                json::print(app, &piece(None, None, Some(file.display().to_string())))?;
            }
            app.ui.say(format!("wrote {} to {}, sha256 {digest}", size, file.display()));
            return Ok(Exit::Yes);
        }
        if app.globals.json {
            let text = std::str::from_utf8(bytes).ok().map(str::to_owned);
            let base64 = text.is_none().then(|| Base64::encode_string(bytes));
            json::print(app, &piece(text, base64, None))?;
            return Ok(Exit::Yes);
        }
        if !app.ui.shows_output() {
            app.ui.bytes(bytes)?;
            return Ok(Exit::Yes);
        }
        let text = std::str::from_utf8(bytes).ok().filter(|_| is_text(bytes));
        let Some(text) = text else {
            return Err(Failure::usage(format!("{} is not text, so it is not printed to a terminal", name_of(entries)))
                .suggest("write it to a file", format!("relsign evidence get {} -o FILE", digest.short())));
        };
        for line in safe::lines(text) {
            app.ui.line(line)?;
        }
        Ok(Exit::Yes)
    }
}

/// Finds what is meant: by the beginning of a digest or of a record's id, else as an item.
fn find(app: &App, repository: &Repository, trusted: &Workspace, tag: Option<&TagName>, named: &str) -> Outcome<Meant> {
    let mut meant = Meant::new();
    if let Some(digits) = IdPrefix::parse(named) {
        for citing in redactions::find(repository, trusted, &digits)? {
            if tag.is_some_and(|tag| *tag != citing.log.0) {
                continue;
            }
            let is_record = digits.begins(&citing.record.id());
            for entry in &citing.record.value().evidence {
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
    let tag = releases::tag_or_open_one(app, repository, trusted, tag.map(TagName::short))?;
    let reading = app.reading(format!("reading {}", tag.short()));
    let reports = releases::load(repository, trusted, &tag, app.now, None)?.reports();
    drop(reading);
    let item = item::find_in(&reports, named)?.id.clone();
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
    pointers.iter().take(12).fold(failure, |failure, uri| failure.hint(format!("get it from: {uri}")))
}

/// Reports that evidence was redacted, where it was in one of the releases that cite it.
fn redacted(
    app: &App,
    repository: &Repository,
    trusted: &Workspace,
    digest: &Sha256Digest,
    entries: &[(Evidence, Option<redactions::Log>)],
) -> Outcome<Option<Failure>> {
    for log in entries.iter().filter_map(|(_, log)| log.as_ref()).collect::<BTreeSet<_>>() {
        let loaded = releases::load_log(repository, trusted, log, app.now)?;
        let said = redactions(&loaded.context, &loaded.records).unwrap_or_default();
        if let Some(redaction) = said.get(digest).filter(|redaction| redaction.is_met()) {
            let people = words::and(&redaction.people);
            let reasons: Vec<&str> = redaction.reasons.iter().map(String::as_str).collect();
            let message = format!("{} was redacted by {people} on {}: {}", name_of(entries), log.0.short(), reasons.join("; "));
            return Ok(Some(Failure::finding(Code::EvidenceRedacted, message)));
        }
    }
    Ok(None)
}

fn name_of(entries: &[(Evidence, Option<redactions::Log>)]) -> String {
    let name = entries.iter().find_map(|(entry, _)| entry.name.as_ref().or(entry.uri.as_ref()));
    name.map_or_else(|| "evidence".to_owned(), |name| safe::line(name))
}
