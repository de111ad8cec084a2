//! `relsign list`.

use crate::cli::app::App;
use crate::cli::json::{self, ListJson};
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::overview;
use crate::report::terminal;

/// List the releases, the newest first: tag, environment, state, age and answer
///
/// It reads local records and fetches nothing. Releases that are over are left out: completed, closed after a roll-back, given up or
/// decided against.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also those that are over
    #[arg(long)]
    all: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let releases = overview::list(app, &repository, &trusted, self.all)?;
        if app.globals.json {
            json::print(app, &ListJson { as_of: app.now, releases })?;
        } else if releases.is_empty() {
            app.ui.line(if self.all {
                "there are no releases here"
            } else {
                "no release is open here; also those that are over: relsign list --all"
            })?;
        } else {
            app.page(&repository, &terminal::list(&releases, app.now, &app.style()))?;
        }
        Ok(Exit::Yes)
    }
}
