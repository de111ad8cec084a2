//! `relsign verify`.

mod all;
mod published;

use crate::cli::app::App;
use crate::cli::json::{self, VerifyAllJson};
use crate::model::report::Integrity;
use crate::ops::bypass;
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::named;
use crate::ops::unwitnessed;
use crate::report::terminal;

/// Verify every signature, binding and authority of a release; exit 0 intact, 3 tampered, 4 incomplete
///
/// It checks whether the records here are what was signed; use gate to ask whether the release may go out. A release that
/// was opened for several environments is verified for each of them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open)
    #[arg(conflicts_with = "all")]
    tag: Option<String>,
    /// Every release in the repository
    #[arg(long)]
    all: bool,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Trust this root instead of the pinned one
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    /// Compare local heads with those of all remotes, or of those named with --with, without merging
    ///
    /// Exit 0: the same; 1: one side lacks records that the other has; 3: the two contradict each other; 4: can't be
    /// compared.
    #[arg(long)]
    heads: bool,
    /// With --heads: compare with this remote; can be repeated
    #[arg(long, value_name = "REMOTE", requires = "heads")]
    with: Vec<String>,
    /// With --heads: compare with the output of somebody else's `verify --heads` (- reads standard input)
    #[arg(long, value_name = "FILE", requires = "heads")]
    published: Option<std::path::PathBuf>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted_under(self.root.as_deref())?;
        let as_of = self.as_of.as_deref().map_or(Ok(app.now), |text| app.time(text))?;
        bypass::tell(app, &bypass::find(&repository, app.now)?);
        unwitnessed::tell(app, &repository, &trusted, as_of)?;
        if self.heads {
            return self.heads(app, &repository, &trusted, as_of);
        }
        if self.all {
            return all::verify(app, &repository, &trusted, as_of);
        }
        let loaded = named::load_whole(app, &repository, &trusted, (self.tag.as_deref(), None), as_of)?;
        let reports = loaded.reports();
        for report in &reports {
            loaded.remember(&repository, report)?;
        }
        let integrity = reports.iter().map(|report| report.integrity).max().unwrap_or(Integrity::Incomplete);
        match reports.as_slice() {
            [report] if app.globals.json => json::print_as_it_is(app, report)?,
            _ if app.globals.json => json::print(app, &VerifyAllJson { as_of, releases: reports })?,
            _ => {
                let pages: Vec<String> = reports.iter().map(|report| terminal::verify(report, &app.style())).collect();
                app.page(&repository, &pages.join("\n"))?;
            }
        }
        Ok(Exit::from(integrity))
    }
}
