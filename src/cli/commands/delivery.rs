//! Where signed records go: into the log and to everybody, or into a file.

use std::path::PathBuf;

use super::word::{Ready, finish, say_signed};
use crate::cli::app::App;
use crate::cli::json::{self, SignedJson, SignedRecordJson};
use crate::evaluate::redaction::redactions;
use crate::model::ids::RecordId;
use crate::ops::error::{Exit, Failure, Outcome, shell_word};
use crate::ops::share::Sharing;
use crate::ops::write::evidence::{self, Piece};
use crate::parse::records_file::{self, RecordsFile};
use crate::report::words;

/// Where signed records go.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Delivery {
    #[command(flatten)]
    pub sharing: Sharing,
    /// Write what is signed to a new file, or - for standard output, and nowhere else; whoever may push brings it in with:
    /// relsign import FILE
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl From<&Self> for Delivery {
    fn from(delivery: &Self) -> Self {
        delivery.clone()
    }
}

impl From<&Sharing> for Delivery {
    fn from(sharing: &Sharing) -> Self {
        Self { sharing: sharing.clone(), out: None }
    }
}

impl Ready<'_> {
    /// Refuses evidence that people of this release let be erased: whoever has it must not bring it back by mistake.
    pub fn refuse_redacted(&self, pieces: &[Piece]) -> Outcome<()> {
        let redactions = redactions(&self.loaded.context, &self.loaded.records).unwrap_or_default();
        let digests = pieces.iter().filter(|piece| piece.bytes.is_some()).filter_map(|piece| piece.entry.sha256);
        for digest in digests {
            if let Some(redaction) = redactions.get(&digest).filter(|redaction| redaction.is_met()) {
                let people = words::and(&redaction.people);
                return Err(Failure::refused(format!("the evidence {} was redacted by {people}", digest.short()))
                    .hint("leave out of it what had to be erased, and sign with that"));
            }
        }
        Ok(())
    }

    /// Delivers what was signed: into the log with its evidence, and shared; or into a file and nowhere else.
    pub fn deliver(
        &self,
        app: &App,
        (lines, signed): (Vec<(Vec<u8>, RecordId)>, Vec<SignedRecordJson>),
        pieces: &[Piece],
        what: &str,
        delivery: &Delivery,
    ) -> Outcome {
        let Some(file) = &delivery.out else {
            // Evidence first, so that no record is there without what it cites.
            evidence::keep(app, self.repository, pieces)?;
            self.write(app, lines, what)?;
            return finish(app, self.repository, &self.report.tag, signed, &delivery.sharing);
        };
        let lines = lines.into_iter().map(|(line, _)| line).collect();
        let evidence = pieces.iter().filter_map(|piece| piece.bytes.clone()).collect();
        let tag = self.report.tag.short();
        let text =
            records_file::encode(&format!("{what} on {tag} by {}", self.identity.principal), &RecordsFile { lines, evidence });
        if text.len() > records_file::MAX_FILE {
            return Err(Failure::usage(format!("with its evidence the file would have {} bytes", text.len()))
                .hint("keep large evidence elsewhere and name its address: --evidence URL#sha256=DIGEST&size=BYTES"));
        }
        let name = file.display().to_string();
        if name == "-" {
            if app.globals.json {
                return Err(Failure::usage("--json and --out - both want standard output").hint("name a file: --out FILE"));
            }
            app.ui.out(&text)?;
            say_signed(app, &signed);
            return Ok(Exit::Yes);
        }
        // What somebody signed before may lie there, and nowhere else.
        let mut out = std::fs::File::create_new(app.path(file)).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Failure::usage(format!("{name} is there already")).hint("name a new file"),
            _ => Failure::internal(format!("cannot write {name}")).because(error),
        })?;
        std::io::Write::write_all(&mut out, text.as_bytes())
            .map_err(|error| Failure::internal(format!("cannot write {name}")).because(error))?;
        say_signed(app, &signed);
        let name = shell_word(&name);
        app.ui.say(format!("written to {name} and not into the repository; bring it in with: relsign import {name}"));
        if app.globals.json {
            let tag = self.report.tag.clone();
            json::print(app, &SignedJson { format: "relsign-signed-v1", tag: Some(tag), records: signed, shared: None })?;
        }
        Ok(Exit::Yes)
    }
}
