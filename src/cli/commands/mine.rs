//! `relsign mine`.

use crate::cli::app::App;
use crate::cli::json::{self, MineJson};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::{overview, proposals};
use crate::ops::share::Sharing;
use crate::report::{terminal, words};

/// Show what is waiting for you in all open releases: items, actions, conditions, stages and decisions
///
/// What is overdue comes first. It fetches before it looks. Actions that a closed release left open stay until they are done.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show what is waiting for somebody else
    #[arg(long = "for", value_name = "@HANDLE")]
    other: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let handle = match &self.other {
            Some(text) => crate::model::ids::Handle::from_user(text)?,
            None => {
                let chosen = crate::keystore::choose::choose(&app.key_sources(Some(&repository))?, &|key| trusted.is_person(key))?;
                let fingerprint = chosen.key.public().fingerprint().clone();
                let holder = trusted.policy().key(&fingerprint).and_then(|(holder, _)| holder.person().cloned());
                holder.ok_or_else(|| {
                    Failure::refused(format!("the policy does not list your key {fingerprint}"))
                        .suggest("ask an owner to admit you", "relsign join")
                        .hint("or show somebody else's list: --for @HANDLE")
                })?
            }
        };
        let mine = overview::mine(app, &repository, &trusted, &handle)?;
        if app.globals.json {
            return json::answer(app, &MineJson { handle, mine });
        }
        app.ui.say(freshness(app, &repository)?);
        for proposal in proposals::waiting(&repository, &trusted)?.iter().filter(|one| one.waits_for(&trusted, &handle)) {
            app.ui.say(proposal.told(&trusted));
        }
        if mine.is_empty() {
            app.ui.line(format!("nothing is waiting for {handle}"))?;
        } else {
            app.page(&repository, &terminal::mine(&mine, app.now, &app.style()))?;
        }
        Ok(Exit::Yes)
    }
}

/// Describes when data was last fetched, from where, and what isn't shared.
pub fn freshness(app: &App, repository: &crate::git::Repository) -> Outcome<String> {
    let Some(remote) = repository.sharing_remote()? else {
        return Ok("no remote: these are this repository's records only".to_owned());
    };
    let fetched = match repository.sync_times(&remote).fetched {
        Some(time) => format!("as of {} from {remote}", words::ago(time, app.now)),
        None => format!("never fetched from {remote}; run: relsign sync"),
    };
    let unshared = repository.count_unshared(&remote)?;
    Ok(match unshared {
        0 => fetched,
        count => format!("{fetched} · {} not shared yet; share with: relsign sync", words::count(count as u64, "record")),
    })
}
