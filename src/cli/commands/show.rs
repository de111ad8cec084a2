//! `relsign show`.

use crate::cli::app::App;
use crate::evaluate::redaction::redactions;
use crate::git::Repository;
use crate::model::ids::Sha256Digest;
use crate::model::prefix::IdPrefix;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::find;
use crate::ops::load::releases;
use crate::ops::workspace::Workspace;
use crate::ops::write::evidence;
use crate::parse::record::parse_envelope;
use crate::report::{safe, words};
use crate::sign::verify::Verified;

/// Show one complete record, as it was signed
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record's id, or the beginning of it
    record: String,
    /// Print the raw line of the log, for other programs to verify
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let Some(prefix) = IdPrefix::parse(&self.record) else {
            return Err(Failure::usage(format!("{:?} is not the beginning of a record id", self.record))
                .hint("write at least four of its hex digits"));
        };
        let (repository, trusted) = app.trusted()?;
        let found = find::records(app, &repository, &trusted, &prefix)?;
        let found = found.into_iter().map(|record| (record.id(), record));
        let record = &find::pick(&self.record, "records", found)?.ok_or_else(|| {
            Failure::missing(format!("there is no valid record {} here", self.record))
                .suggest("fetch what others signed", "relsign sync")
        })?;
        let line = String::from_utf8_lossy(record.line()).into_owned();
        if self.raw {
            app.ui.data(&format!("{line}\n"))?;
            return Ok(Exit::Yes);
        }
        let payload = parse_envelope(record.line()).map_err(|seen| Failure::internal(seen.to_string()))?.payload;
        let value: serde_json::Value =
            serde_json::from_slice(&payload).map_err(|error| Failure::internal("the record is no JSON").because(error))?;
        let text = serde_json::to_string_pretty(&value)
            .map_err(|error| Failure::internal("the record has no JSON form").because(error))?;
        if !app.globals.json {
            app.ui.say(format!("record {}", record.id()));
            app.ui.say(format!("signed by {} with {}, and the signature verifies", record.principal(), record.key()));
            let witnessed = trusted.receipts(&repository)?.seen(&record.id()).map(|seen| seen.time);
            app.ui.say(words::claimed(record.time, witnessed, &app.zone));
        }
        if app.globals.json {
            app.ui.data(&format!("{text}\n"))?;
        } else {
            let lines: Vec<String> = text.lines().map(safe::line).collect();
            app.page(&repository, &format!("{}\n", lines.join("\n")))?;
        }
        let private = record.evidence.iter().filter(|evidence| evidence.salted).filter_map(|evidence| evidence.sha256);
        for digest in private.filter(|_| !app.globals.json) {
            app.ui.say(format!(
                "private note {}: {}",
                digest.short(),
                self.private_note(app, &repository, &trusted, record, &digest)?
            ));
        }
        Ok(Exit::Yes)
    }

    /// Returns the text of a private note of a record, or what became of it.
    fn private_note(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        record: &Verified,
        digest: &Sha256Digest,
    ) -> Outcome<String> {
        if let Some(log) = record.log() {
            let loaded = releases::load_log(repository, trusted, &log, app.now)?;
            let said = redactions(&loaded.context, &loaded.records).unwrap_or_default();
            if said.get(digest).is_some_and(|redaction| redaction.is_met()) {
                return Ok("erased".to_owned());
            }
        }
        Ok(evidence::private_note(repository, digest)?.unwrap_or_else(|| "not here".to_owned()))
    }
}
