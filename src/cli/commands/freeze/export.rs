//! `relsign freeze export`.

use super::common;
use std::path::PathBuf;

use super::common::Known;
use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::freeze::FreezeListJson;
use crate::evaluate::freeze::Freeze;
use crate::git::files;
use crate::ops::error::{Failure, Outcome};
use crate::report::{icalendar, words};

/// How far the export looks ahead where nothing is said, in seconds.
const AHEAD: i64 = 2 * 366 * 86_400;

/// Write the freezes as iCalendar, for a calendar program
///
/// Each occurrence of a window is its own event with times in UTC, so that every program shows exactly when pushes are
/// refused. An event has the same identity in every export: import the file again to update it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write it to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Export what begins before this time, instead of within two years
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let span = common::ahead(app, self.until.as_deref(), AHEAD)?;
        let known = Known::load(app, span)?;
        let policy = known.trusted.policy();
        let exit = known.warn(app);
        let all = &known.freezes.all;
        let text = if app.globals.json {
            let (holding, coming): (Vec<&Freeze>, Vec<&Freeze>) = all.iter().partition(|freeze| freeze.holds_at(app.now));
            json::text(&FreezeListJson::new(
                app.now,
                (&holding, &coming),
                policy,
                (&known.freezes.unknown, &known.freezes.findings),
            ))?
        } else {
            icalendar::calendar(all, policy, &known.trusted.root, span, app.now)
        };
        match &self.output {
            None => app.ui.data(&text)?,
            Some(file) => {
                files::write_out(&app.path(file), text.as_bytes()).map_err(Failure::cannot("write", file))?;
                app.ui.say(format!("wrote {} to {}", words::count_of(all, "event"), file.display()));
            }
        }
        Ok(exit)
    }
}
