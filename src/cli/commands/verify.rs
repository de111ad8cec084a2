//! `relsign verify`.

mod heads;

use super::json::{self, VerifyAllJson};
use crate::cli::app::App;
use crate::cli::error::{Exit, Outcome};
use crate::cli::{release, trust};
use crate::git::NOTES_REF;
use crate::model::ids::RootDigest;
use crate::model::report::{Integrity, Report};
use crate::report::terminal;

/// Verify every signature, binding and authority of a release; exit 0 intact, 3 tampered, 4 incomplete
///
/// It answers whether what is here is what was signed; whether the release may go out is what gate answers.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (may be left out where one release is open)
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
    /// Compare what is here with what remotes have, all of them or those named with --with, merging nothing
    ///
    /// Exit 0: the same; 1: one side lacks what the other has; 3: the two can't both be right; 4: can't be compared.
    #[arg(long)]
    heads: bool,
    /// With --heads: compare with this remote; repeat it for more
    #[arg(long, value_name = "REMOTE", requires = "heads")]
    with: Vec<String>,
    /// With --heads: compare with what somebody else's `verify --heads` printed (- reads standard input)
    #[arg(long, value_name = "FILE", requires = "heads")]
    published: Option<std::path::PathBuf>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let root = self.root.as_deref().map(RootDigest::from_user).transpose()?;
        let trusted = trust::load(&repository, root)?;
        let as_of = self.as_of.as_deref().map_or(Ok(app.now), |text| app.time(text))?;
        if self.heads {
            return self.heads(app, &repository, &trusted, as_of);
        }
        if self.all {
            let mut releases = release::all_releases(app, &repository, &trusted, as_of)?;
            releases.extend(release::lost_releases(&repository, &trusted, as_of)?);
            releases.sort_by(|(a, _), (b, _)| a.cmp(b));
            let reports: Vec<Report> = releases.into_iter().map(|(_, report)| report).collect();
            let mut worst = reports.iter().map(|report| report.integrity).max().unwrap_or(Integrity::Intact);
            let noted = repository.notes(NOTES_REF)?.objects()?;
            for object in repository.seen_objects()?.into_iter().filter(|object| !noted.contains(object)) {
                app.ui.warn(format!("records of {object} were seen here before and are gone, with the tag or without it"));
                worst = worst.max(Integrity::Incomplete);
            }
            if app.globals.json {
                json::print(app, &VerifyAllJson { format: "relsign-verify-all-v1", as_of, releases: reports })?;
            } else {
                for report in &reports {
                    app.ui.out(&terminal::verify(report, &app.style()))?;
                }
                app.ui.say(format!("{} verified", crate::report::words::count(reports.len() as u64, "release")));
            }
            return Ok(Exit::from(worst));
        }
        let tag = release::tag_or_open_one(app, &repository, &trusted, self.tag.as_deref())?;
        let loaded = release::load(&repository, &trusted, &tag, as_of, None)?;
        let report = loaded.report();
        loaded.remember(&repository, &report)?;
        if app.globals.json {
            json::print(app, &report)?;
        } else {
            app.ui.out(&terminal::verify(&report, &app.style()))?;
        }
        Ok(Exit::from(report.integrity))
    }
}
