//! `relsign status`.

use super::mine::freshness;
use super::selector::Question;
use crate::cli::app::App;
use crate::cli::json;
use crate::ops::error::{Exit, Outcome};
use crate::ops::hooks::check::warn_if_lost;
use crate::report::terminal;

/// Show the status of a release: what blocks it, and who can unblock it
///
/// It reads local records and fetches nothing; its first line shows how old they are.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    question: Question,
    /// Exit with the verdict: 0 GO, 1 no, 3 tampered, 4 cannot decide
    #[arg(long)]
    exit_code: bool,
    /// Show everything: all items, stages, actions and findings
    #[arg(long)]
    all: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let loaded = if self.exit_code {
            self.question.load_to_go(app, &repository, &trusted, "relsign status --exit-code")?
        } else {
            self.question.load(app, &repository, &trusted)?
        };
        let report = loaded.report();
        loaded.remember(&repository, &report)?;
        warn_if_lost(app, &repository);
        if app.globals.json {
            json::print_as_it_is(app, &report)?;
        } else {
            let freshness = if app.ui.quiet { String::new() } else { freshness(app, &repository)? };
            let style = app.style();
            let text = match self.all {
                true => terminal::whole(&report, &style, &freshness),
                false => terminal::screen(&report, &style, &freshness, app.ui.height),
            };
            app.page(&repository, &text)?;
        }
        Ok(if self.exit_code { Exit::from(report.verdict.answer) } else { Exit::Yes })
    }
}
