//! `relsign witness`.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::{self, ReceiptJson, SignedRecordJson, WitnessJson};
use crate::ops::error::{Exit, Outcome};
use crate::ops::workspace::Workspace;
use crate::ops::write::receipt::{self, Witnessed};
use crate::report::words;

/// Sign receipts for new records, as a server's hook does, for forges that run no hooks
///
/// It fetches, judges what is new, signs a receipt for records that no receipt of this machine names yet, and pushes the
/// receipts. Run it on a schedule; if nothing is new, nothing is signed. The key is --key, else relsign.witnesskey in
/// git's configuration, else the usual signing key, and must belong to a machine that the policy lets sign receipts.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The remote; by default `relsign.remote` in git's configuration, else origin, else this repository itself
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    remote: Option<String>,
    /// Witness what this repository has received, as on a server, without a remote
    #[arg(long, conflicts_with = "remote")]
    here: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let remote = match &self.remote {
            Some(remote) => Some(remote.clone()),
            None if self.here => None,
            None => repository.sharing_remote()?,
        };
        let witnessed = match &remote {
            Some(remote) => receipt::witness_remote(app, &repository, remote)?,
            None => {
                let trusted = Workspace::load(&repository, None)?;
                let identity = receipt::identify(app, &repository, &trusted)?;
                receipt::witness(app, &repository, &trusted, &identity)?
            }
        };
        if app.dry_run {
            delivery::rehearsed(app, None, supposed(&witnessed))?;
        } else {
            tell(app, &witnessed, remote.as_deref())?;
        }
        // It is said, and the exit code says it to whoever runs this on a schedule; what was signed stays signed.
        Ok(if witnessed.vanished.is_empty() { Exit::Yes } else { Exit::CannotDecide })
    }
}

/// Describes the receipts of a dry run.
fn supposed(witnessed: &Witnessed) -> Vec<SignedRecordJson> {
    let receipts = witnessed.receipts.iter().map(|ReceiptJson { id, sequence, tag, records, .. }| {
        let log = tag.as_ref().map_or("the whole repository", |tag| tag.short());
        let counts_as = format!("receipt {sequence} for {} of {log}", words::count_of(records, "record"));
        SignedRecordJson { id: *id, item: None, counts_as }
    });
    receipts.collect()
}

fn tell(app: &App, witnessed: &Witnessed, remote: Option<&str>) -> Outcome<()> {
    if app.globals.json {
        let value = WitnessJson {
            witness: witnessed.witness.clone(),
            remote: remote.map(str::to_owned),
            notes: witnessed.notes,
            receipts: witnessed.receipts.clone(),
            vanished: witnessed.vanished.clone(),
        };
        return json::print(app, &value);
    }
    for ReceiptJson { id, sequence, tag, records, .. } in &witnessed.receipts {
        let log = tag.as_ref().map_or("the whole repository", |tag| tag.short());
        let text = format!("receipt {sequence} {}: {} of {log}", id.short(), words::count_of(records, "record"));
        app.ui.line(crate::report::safe::line(&text))?;
    }
    if witnessed.receipts.is_empty() {
        app.ui.line(match witnessed.before {
            Some(last) => format!(
                "nothing new since receipt {} of {}, {}",
                last.sequence,
                witnessed.witness,
                words::time(last.time, &app.zone)
            ),
            None => format!("no records yet, and no receipts of {}", witnessed.witness),
        })?;
    }
    if witnessed.restored {
        app.ui.warn("the remote had lost receipts that are here; they were restored");
    }
    if let (Some(remote), false) = (remote, witnessed.receipts.is_empty()) {
        app.ui.say(format!("signed by {}, shared with {remote}", witnessed.witness));
    }
    for finding in &witnessed.vanished {
        app.ui.warn(format!("{}: {}", finding.code, finding.seen));
    }
    if !witnessed.vanished.is_empty() {
        let (count, are) =
            (words::count_of(&witnessed.vanished, "record"), if witnessed.vanished.len() == 1 { "is" } else { "are" });
        app.ui.warn(crate::model::advice::Advice::run(
            format!("{count} that receipts name {are} gone; somebody who still has them restores them"),
            "relsign sync",
        ));
    }
    Ok(())
}
