//! `relsign evidence list`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::json;
use crate::evaluate::context::EvidenceFacts;
use crate::evaluate::redaction::redactions;
use crate::model::ids::{Handle, Principal, RecordId, Sha256Digest, TagName};
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::named;
use crate::ops::workspace::Workspace;
use crate::report::{safe, words};

/// List the evidence of a release, and whether it is here
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open)
    tag: Option<String>,
}

/// What `evidence list --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EvidenceListJson {
    /// Always `relsign-evidence-v1`.
    pub format: &'static str,
    /// The tag.
    pub tag: TagName,
    /// The evidence, in the order of the log.
    pub evidence: Vec<EvidenceJson>,
}

/// One piece of evidence, as one record cites it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EvidenceJson {
    /// The record.
    pub record: RecordId,
    /// Who signed it.
    pub signer: Principal,
    /// What the record says.
    pub says: String,
    /// The file's name.
    pub name: Option<String>,
    /// The link.
    pub uri: Option<String>,
    /// The digest.
    pub sha256: Option<Sha256Digest>,
    /// The number of bytes that the record names.
    pub size: Option<u64>,
    /// The media type that the signer's program saw.
    pub media_type: Option<String>,
    /// It is a private note.
    pub private: bool,
    /// Whether it is here.
    pub state: EvidenceState,
    /// Who let it be erased, also where that is not enough yet.
    pub redacted_by: Vec<Handle>,
}

/// Whether a piece of evidence is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceState {
    /// It is here, with its digest and size.
    Here,
    /// It is not here.
    Missing,
    /// Other bytes are kept for its digest.
    Changed,
    /// Enough people let it be erased.
    Redacted,
    /// It is kept elsewhere, and the record says which bytes are meant.
    Elsewhere,
    /// It is a link without a digest.
    Pointer,
}

impl EvidenceState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Redacted => "redacted",
            Self::Elsewhere => "elsewhere",
            Self::Pointer => "a link without a digest",
        }
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = Workspace::load(&repository, None)?;
        let loaded = named::load_whole(app, &repository, &trusted, (self.tag.as_deref(), None), app.now)?;
        let tag = loaded.context.tag.name.clone();
        let redactions = redactions(&loaded.context, &loaded.records).unwrap_or_default();
        let mut evidence = Vec::new();
        for record in loaded.report().records {
            let Some(verified) = loaded.records.get(&record.id) else { continue };
            for entry in &verified.value().evidence {
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
        if app.globals.json {
            json::print(app, &EvidenceListJson { format: "relsign-evidence-v1", tag, evidence })?;
            return Ok(Exit::Yes);
        }
        if evidence.is_empty() {
            app.ui.say(format!("the records of {} cite no evidence", tag.short()));
        }
        let mut text = String::new();
        for piece in evidence {
            let digest = piece.sha256.map_or_else(|| "-".repeat(12), |digest| digest.short());
            let name = piece.name.as_ref().or(piece.uri.as_ref()).map_or_else(|| "evidence".to_owned(), |name| safe::line(name));
            let size = piece.size.map_or_else(String::new, |size| format!(", {}", words::count(size, "byte")));
            let private = if piece.private { ", private" } else { "" };
            let state = piece.state.as_str();
            let line = format!("{digest}  {name}{size}{private}, {state} · {} {}", piece.signer, safe::line(&piece.says));
            text.push_str(&safe::fit(&line, app.ui.width.max(60), "…"));
            text.push('\n');
        }
        app.page(&repository, &text)?;
        Ok(Exit::Yes)
    }
}
