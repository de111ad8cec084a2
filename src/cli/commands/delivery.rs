//! Where signed records go: into the log and to everybody, or into a file.

use std::path::{Path, PathBuf};

use super::selector::ReleaseSelector;
use crate::cli::app::App;
use crate::cli::json::{self, DryRunJson, SignedJson, SignedRecordJson, WouldSignJson};
use crate::git::Repository;
use crate::model::ids::{RecordId, TagName};
use crate::model::record::{Body, Subject};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::chain::Chain;
use crate::ops::write::evidence::{self, Piece};
use crate::ops::write::identity::Identity;
use crate::ops::write::ready::Ready;
use crate::ops::write::root_record;
use crate::parse::records_file::{self, RecordsFile};
use crate::report::safe::{self, shell_word};

/// For which place something is signed, and where the records go.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Delivery {
    #[command(flatten)]
    pub place: ReleaseSelector,
    #[command(flatten)]
    pub sharing: Sharing,
    /// Write what is signed only to a new file
    ///
    /// With - it goes to standard output. Somebody who can push imports it with: relsign import FILE
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Delivers what was signed: into the log with its evidence, and shared; or into a file and nowhere else.
pub fn deliver(
    app: &App,
    ready: &Ready<'_>,
    (lines, signed): (Vec<(Vec<u8>, RecordId)>, Vec<SignedRecordJson>),
    pieces: &[Piece],
    what: &str,
    delivery: &Delivery,
) -> Outcome {
    if app.dry_run {
        if let Some(file) = delivery.out.as_ref().filter(|file| file.as_os_str() != "-" && app.path(file).exists()) {
            return Err(exists(file));
        }
        return rehearsed(app, Some(&ready.report.tag), signed);
    }
    let Some(file) = &delivery.out else {
        // Evidence first, so that no record is there without what it cites.
        evidence::keep(app, ready.repository, pieces)?;
        ready.write(app, lines, what)?;
        return finish(app, ready.repository, Some(&ready.report.tag), signed, &delivery.sharing);
    };
    let lines = lines.into_iter().map(|(line, _)| line).collect();
    let evidence = pieces.iter().filter_map(|piece| piece.bytes.clone()).collect();
    let tag = ready.report.tag.short();
    let text = records_file::encode(&format!("{what} on {tag} by {}", ready.identity.principal), &RecordsFile { lines, evidence });
    if text.len() > records_file::MAX_FILE {
        return Err(Failure::usage(format!("the file with its evidence would have {} bytes", text.len()))
            .hint("store large evidence elsewhere and link to it: --evidence URL#sha256=DIGEST&size=BYTES"));
    }
    let name = file.display().to_string();
    if name == "-" {
        if app.globals.json {
            return Err(Failure::usage("--json and --out - both write to standard output").hint("name a file: --out FILE"));
        }
        app.ui.data(&text)?;
        say_signed(app, &signed);
        return Ok(Exit::Yes);
    }
    // What somebody signed before may lie there, and nowhere else.
    write_new(app, file, text.as_bytes())?;
    say_signed(app, &signed);
    let name = shell_word(&name);
    app.ui.say(format!("written to {name}, not to the repository; import it with: relsign import {name}"));
    if app.globals.json {
        let tag = ready.report.tag.clone();
        json::print(app, &SignedJson { tag: Some(tag), records: signed, shared: None })?;
    }
    Ok(Exit::Yes)
}

/// Delivers the records of a chain, each with what it says.
pub fn deliver_chain(app: &App, chain: Chain<'_, '_>, pieces: &[Piece], what: &str, delivery: &Delivery) -> Outcome {
    let signed = chain.signed().map(|(id, counts_as)| SignedRecordJson { id, item: None, counts_as }).collect();
    let ready = chain.ready();
    deliver(app, ready, (chain.into_lines(), signed), pieces, what, delivery)
}

/// Writes a new file; one that is there stays as it is.
pub fn write_new(app: &App, file: &Path, bytes: &[u8]) -> Outcome<()> {
    let failed = Failure::cannot("write", file);
    let mut out = std::fs::File::create_new(app.path(file)).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(file),
        _ => failed(error),
    })?;
    std::io::Write::write_all(&mut out, bytes).map_err(failed)
}

fn exists(file: &Path) -> Failure {
    Failure::usage(format!("{} already exists", file.display())).hint("name a new file")
}

/// Tells which records would be signed in a dry run.
pub fn rehearsed(app: &App, tag: Option<&TagName>, signed: Vec<SignedRecordJson>) -> Outcome {
    let signs = signed.into_iter().map(|SignedRecordJson { item, counts_as, .. }| WouldSignJson { item, counts_as });
    told(app, tag, signs.collect(), Vec::new())
}

/// Tells what would be signed in a dry run, and what else would be done.
pub fn told(app: &App, tag: Option<&TagName>, signs: Vec<WouldSignJson>, does: Vec<String>) -> Outcome {
    if app.globals.json {
        return json::answer(app, &DryRunJson { tag: tag.cloned(), signs, does });
    }
    for WouldSignJson { item, counts_as } in &signs {
        let of = item.as_ref().map_or_else(String::new, |item| format!(" ({item})"));
        app.ui.line(safe::line(&format!("would sign{of}: {counts_as}")))?;
    }
    for what in &does {
        app.ui.line(safe::line(&format!("would {what}")))?;
    }
    if signs.is_empty() && does.is_empty() {
        app.ui.line("would sign nothing")?;
    }
    app.ui.say("dry run: nothing was signed, written or shared");
    Ok(Exit::Yes)
}

/// Signs a record for all refs, shares it and tells the outcome; also gives its id.
pub fn sign_for_all(
    app: &App,
    (repository, trusted, identity): (&Repository, &Workspace, &Identity),
    (comment, body, subjects): (Option<String>, Body, Vec<Subject>),
    counts_as: String,
    sharing: &Sharing,
) -> Outcome<(RecordId, Exit)> {
    let id = root_record::sign(app, repository, trusted, identity, (comment, body, subjects))?;
    let exit = finish(app, repository, None, vec![SignedRecordJson { id, item: None, counts_as }], sharing)?;
    Ok((id, exit))
}

/// Describes what was signed, on a release or in the root log, shares it and tells the outcome.
pub fn finish(
    app: &App,
    repository: &Repository,
    tag: Option<&TagName>,
    signed: Vec<SignedRecordJson>,
    sharing: &Sharing,
) -> Outcome {
    if app.dry_run {
        return rehearsed(app, tag, signed);
    }
    say_signed(app, &signed);
    sharing.note_signed(signed.iter().map(|record| record.id));
    conclude(app, repository, (tag, None), sharing, |shared| SignedJson { tag: tag.cloned(), records: signed, shared })
}

/// Shares, with a ref besides if one is named, and answers: as JSON with whether it was shared (`None` where nobody asked for
/// it), else by the outcome.
pub fn conclude<J: crate::model::Document>(
    app: &App,
    repository: &Repository,
    (tag, own_ref): (Option<&TagName>, Option<&str>),
    sharing: &Sharing,
    json: impl FnOnce(Option<bool>) -> J,
) -> Outcome {
    let asked = !sharing.no_sync && repository.sharing_remote()?.is_some();
    let tags = tag.map(std::slice::from_ref).unwrap_or_default();
    let outcome = share::share_ref(app, repository, sharing, tags, own_ref);
    if !app.globals.json {
        return outcome;
    }
    json::print(app, &json(asked.then_some(outcome.is_ok())))?;
    outcome.or_else(|failure| {
        // The answer stands on standard output already, and there is one answer only.
        app.ui.failure(&failure);
        Ok(failure.exit)
    })
}

/// Describes what was signed.
fn say_signed(app: &App, signed: &[SignedRecordJson]) {
    for record in signed {
        let of = record.item.as_ref().map_or_else(String::new, |item| format!(" ({item})"));
        app.ui.say(format!("signed {}{of}", record.id.short()));
    }
}
