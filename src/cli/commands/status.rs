//! `relsign status`.

use super::json;
use super::mine::freshness;
use crate::cli::app::App;
use crate::cli::error::{Exit, Outcome};
use crate::cli::{release, trust};
use crate::model::ids::Environment;
use crate::report::terminal;

/// Show where a release stands: what blocks it, and who can unblock it
///
/// It reads what is here and fetches nothing; its first line says how old that is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (may be left out where one release is open)
    tag: Option<String>,
    /// Exit with the verdict: 0 GO, 1 no, 3 tampered, 4 cannot decide
    #[arg(long)]
    exit_code: bool,
    /// Where it is to go, if it was opened for several environments
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let tag = release::tag_or_open_one(app, &repository, &trusted, self.tag.as_deref())?;
        let as_of = self.as_of.as_deref().map_or(Ok(app.now), |text| app.time(text))?;
        let environment = self.env.as_deref().map(str::parse::<Environment>).transpose()?;
        let loaded = release::load(&repository, &trusted, &tag, as_of, environment)?;
        let report = loaded.report();
        loaded.remember(&repository, &report)?;
        if app.globals.json {
            json::print(app, &report)?;
        } else {
            let freshness = if app.ui.quiet { String::new() } else { freshness(app, &repository)? };
            app.ui.out(&terminal::status(&report, &app.style(), &freshness))?;
        }
        Ok(if self.exit_code { Exit::from(report.verdict.answer) } else { Exit::Yes })
    }
}
