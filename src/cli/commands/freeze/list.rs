//! `relsign freeze list`.

use super::common;
use super::common::Known;
use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::freeze::FreezeListJson;
use crate::evaluate::freeze::Freeze;
use crate::model::address::full_ref;
use crate::ops::error::Outcome;
use crate::ops::load::freezes::AHEAD;
use crate::report::freezes;

/// List what is frozen now and what is to come
///
/// Of a recurring window, the next occurrence is listed; with --until, all occurrences before that time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// List everything that begins before this time: RFC 3339, a date, or a span such as 30d
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// List only what freezes this ref
    #[arg(long = "ref", value_name = "REF")]
    ref_name: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let span = common::ahead(app, self.until.as_deref(), AHEAD)?;
        let known = Known::load(app, span)?;
        let ref_name = self.ref_name.as_deref().map(full_ref);
        let all = known.freezes.all.iter().filter(|freeze| ref_name.as_ref().is_none_or(|name| freeze.covers(name)));
        let (holding, mut coming): (Vec<&Freeze>, Vec<&Freeze>) = all.partition(|freeze| freeze.holds_at(app.now));
        if self.until.is_none() {
            next_of_each(&mut coming);
        }
        let policy = known.trusted.policy();
        let exit = known.warn(app);
        if app.globals.json {
            json::print(
                app,
                &FreezeListJson::new(app.now, (&holding, &coming), policy, (&known.freezes.unknown, &known.freezes.findings)),
            )?;
        } else {
            app.page(&known.repository, &freezes::list(&holding, &coming, policy, &app.style()))?;
        }
        Ok(exit)
    }
}

/// Keeps, of every source, the first to come.
fn next_of_each(coming: &mut Vec<&Freeze>) {
    let mut seen = Vec::new();
    coming.retain(|freeze| {
        let this = (&freeze.name, &freeze.source);
        let first = !seen.contains(&this);
        if first {
            seen.push(this);
        }
        first
    });
}
