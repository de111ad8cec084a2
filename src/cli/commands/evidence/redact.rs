//! `relsign evidence redact`.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::{self, SignedRecordJson};
use crate::model::advice::Advice;
use crate::model::ids::{Sha256Digest, TagName};
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::redactions;
use crate::ops::share::{self, Sharing};
use crate::ops::write::{identity, redact};
use crate::report::json::evidence::{RedactedJson, RedactedReleaseJson};
use crate::report::words;

/// Erase a piece of evidence; it takes two people
///
/// The redaction is signed in every release that cites the evidence. Once enough people have signed in each, the bytes are
/// removed here, and elsewhere at the next sync. The records that cite the evidence stay, and so does the verdict. Older
/// commits of refs/relsign/evidence still contain the bytes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The beginning of the digest, as `relsign evidence list` shows it
    digest: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        let (digest, logs) = redact::find(&repository, &trusted, &self.digest)?;
        let releases = redact::sign_each(app, &repository, &trusted, &identity, (&logs, digest, &self.reason))?;
        if app.dry_run {
            return rehearse(app, &digest, releases);
        }
        redactions::erase(app, &repository, &trusted.root)?;
        let erased = repository.evidence_size(&digest)?.is_none();
        for said in &releases {
            app.ui.advise(describe(said, &digest));
        }
        if erased {
            app.ui.say(format!("{} is no longer kept here; older commits of refs/relsign/evidence still hold it", digest.short()));
        }
        let tags: Vec<TagName> = releases.iter().map(|said| said.tag.clone()).collect();
        let asked = !self.sharing.no_sync && repository.sharing_remote()?.is_some();
        let shared = share::share(app, &repository, &self.sharing, &tags);
        if !app.globals.json {
            return shared;
        }
        let ok = asked.then_some(shared.is_ok());
        json::print(app, &RedactedJson { sha256: digest, releases, erased, shared: ok })?;
        match shared {
            Err(failure) => {
                // The JSON says it; a second JSON document for the failure would only be in the way.
                app.ui.warn(failure.to_string());
                Ok(failure.exit)
            }
            Ok(_) => Ok(Exit::Yes),
        }
    }
}

/// Tells what would be signed in each release, and whether that would be enough.
fn rehearse(app: &App, digest: &Sha256Digest, releases: Vec<RedactedReleaseJson>) -> Outcome {
    let signed = releases.into_iter().filter_map(|said| {
        let (tag, digest) = (said.tag.short(), digest.short());
        let counts_as = match said.missing {
            0 => format!("redacts {digest} on {tag}, which is enough"),
            missing => format!("redacts {digest} on {tag}, {missing} more needed"),
        };
        Some(SignedRecordJson { id: said.record?, item: None, counts_as })
    });
    delivery::rehearsed(app, None, signed.collect())
}

fn describe(said: &RedactedReleaseJson, digest: &Sha256Digest) -> Advice {
    let (tag, digest, people) = (said.tag.short(), digest.short(), words::and(&said.people));
    match said.missing {
        0 => format!("{tag} · {digest} is redacted by {people}").into(),
        missing => Advice::run(
            format!("{tag} · {digest} is redacted by {people}; {missing} more needed"),
            format!("relsign evidence redact {digest} --reason …"),
        ),
    }
}
