//! `relsign trust`.

use crate::cli::app::App;
use crate::cli::json;
use crate::git::Repository;
use crate::model::finding::Code;
use crate::model::ids::RootDigest;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::roots;
use crate::ops::trust;
use crate::report::words;

/// Show the pinned root, or pin one
///
/// The root is the digest of the first version of the policy. It is kept in this clone's git configuration, never in the
/// repository's files. Compare it with the one that an owner of the policy reads out to you.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The root to pin
    #[arg(value_name = "SHA256:…")]
    root: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        match &self.root {
            None => show(app, &repository),
            Some(named) => {
                let pinned = RootDigest::from_user(named)?;
                roots::pin(app, &repository, pinned)?;
                if app.globals.json {
                    let here = trust::root_here(&repository)?;
                    json::print(app, &json::TrustJson { pinned, here })?;
                }
                Ok(Exit::Yes)
            }
        }
    }
}

fn show(app: &App, repository: &Repository) -> Outcome {
    let (pinned, here) = (trust::pinned(repository)?, trust::root_here(repository)?);
    let mismatch = pinned.is_some() && here.is_some() && here != pinned;
    if let Some(pinned) = pinned {
        // One answer and one document: where there is no good answer, the failure is it.
        match app.globals.json {
            true if mismatch => {}
            true => json::print(app, &json::TrustJson { pinned, here })?,
            false => app.ui.line(format!("SHA256:{pinned}"))?,
        }
    }
    match (pinned, here) {
        (Some(_), Some(here)) if mismatch => {
            Err(Failure::finding(Code::RootMismatch, format!("the policy here descends from another root, SHA256:{here}"))
                .hint("ask an owner of the policy before you trust it"))
        }
        (Some(_), _) => Ok(Exit::Yes),
        (None, Some(here)) => Err(Failure::finding(Code::RootUnpinned, "no root is pinned here").suggest(
            format!("the policy here claims SHA256:{here}; compare it with what an owner of the policy reads out to you, then"),
            format!("relsign trust SHA256:{here}"),
        )),
        (None, None) => Err(Failure::missing("no root is pinned here, and there is no policy")
            .suggest("set relsign up", "relsign init")
            .suggest("or fetch what others have", "relsign sync")),
    }
}

/// Describes what there is to compare, and with whom; what it names comes from a policy that nobody vouches for yet.
pub fn tell(app: &App, repository: &Repository, root: RootDigest) -> Outcome<()> {
    let owners = roots::claimed_owners(repository, root)?;
    app.ui.say(format!("this repository has a policy with the root\n  SHA256:{root}"));
    app.ui.say("Anyone with push access could have put it there.");
    app.ui.say(format!("Its owners, it says, are {}: ask one you know, in person or by phone and not", words::and(owners)));
    app.ui.say("through this repository, to read out their root: relsign trust");
    Ok(())
}

/// Asks on the terminal whether the root that is here is the right one, and pins it if so.
pub fn offer(app: &App) -> Outcome<bool> {
    let repository = app.repository()?;
    let Some(root) = trust::root_here(&repository)? else { return Ok(false) };
    app.ui.loud("THIS REPOSITORY IS NOT TRUSTED YET");
    tell(app, &repository, root)?;
    let answer = app.ui.ask("Did you compare every digit? Type yes to trust this root from now on:");
    if answer.is_none_or(|answer| !answer.eq_ignore_ascii_case("yes")) {
        return Ok(false);
    }
    roots::pin(app, &repository, root)?;
    Ok(true)
}
