//! `relsign freeze check`.

use super::common;
use super::common::Known;
use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::freeze::{FreezeCheckJson, FreezeJson};
use crate::evaluate::freeze::{Freeze, Span, free_from};
use crate::ops::bypass;
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::freezes::{AHEAD, require_known};
use crate::report::{freezes, safe, words};

/// Ask whether a ref may be pushed to: exit 0 if it is not frozen, 1 if it is
///
/// It shows which freeze is active, until when, who may grant an exception and how to request one. It does not know
/// records made elsewhere since the last `relsign sync`; the server's hook has the final say.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check at this time instead of now: RFC 3339, a date, or a span such as 2d
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The ref, or the name of a branch; by default the current branch
    #[arg(long = "ref", value_name = "REF")]
    ref_name: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let at = match &self.at {
            Some(text) => app.time(text)?,
            None => app.now,
        };
        let known = Known::load(app, Span { from: at, to: at.plus(AHEAD) })?;
        let moved = bypass::find(&known.repository, app.now)?;
        let ref_name = common::ref_or_branch(&known.repository, self.ref_name.as_deref())?;
        let all = &known.freezes.all;
        let holding: Vec<&Freeze> = all.iter().filter(|freeze| freeze.holds_at(at) && freeze.covers(ref_name.as_str())).collect();
        let free = free_from(all, ref_name.as_str(), at);
        let policy = known.trusted.policy();
        let unknown = &known.freezes.unknown;
        if app.globals.json {
            let _ = known.warn(app);
            json::print(
                app,
                &FreezeCheckJson {
                    ref_name: ref_name.clone(),
                    at,
                    frozen: if holding.is_empty() { unknown.is_empty().then_some(false) } else { Some(true) },
                    freezes: holding.iter().map(|freeze| FreezeJson::new(freeze, policy)).collect(),
                    free_from: free,
                    unknown: unknown.clone(),
                    findings: known.freezes.findings.into_iter().chain(moved.into_iter().map(|moved| moved.finding)).collect(),
                },
            )?;
            return Ok(match (holding.is_empty(), unknown.is_empty()) {
                (false, _) => Exit::No,
                (true, true) => Exit::Yes,
                (true, false) => Exit::CannotDecide,
            });
        }
        for finding in &known.freezes.findings {
            app.ui.warn(format!("{}: {}", finding.code, finding.seen));
        }
        bypass::tell(app, &moved);
        if holding.is_empty() {
            require_known(unknown)?;
            app.ui.line(format!("{} is not frozen", safe::line(ref_name.as_str())))?;
            if self.at.is_some() {
                app.ui.line(format!("  at {}", words::time(at, &app.zone)))?;
            }
            return Ok(Exit::Yes);
        }
        app.ui.out(&freezes::check(&holding, (ref_name.as_str(), free), policy, &app.style()))?;
        Ok(Exit::No)
    }
}
