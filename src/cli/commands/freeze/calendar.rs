//! `relsign freeze calendar`.

use super::common::Known;
use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::freeze::{FreezeCalendarJson, FreezeDayJson, FreezeJson};
use crate::model::address::full_ref;
use crate::ops::error::{Failure, Outcome};
use crate::report::month::Month;

/// Show a month with its frozen days marked
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The month, such as 2026-12; by default this month
    #[arg(value_name = "MONTH")]
    month: Option<String>,
    /// List only what freezes this ref
    #[arg(long = "ref", value_name = "REF")]
    ref_name: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let month = match &self.month {
            None => Month::of(app.now, &app.zone),
            Some(text) => Month::read(text, &app.zone)
                .ok_or_else(|| Failure::usage(format!("{text:?} is not a month")).hint("write it as in 2026-12"))?,
        };
        let mut known = Known::load(app, month.span())?;
        if let Some(named) = &self.ref_name {
            let ref_name = full_ref(named);
            known.freezes.all.retain(|freeze| freeze.covers(&ref_name));
        }
        let exit = known.warn(app);
        let freezes = &known.freezes.all;
        if app.globals.json {
            let days = month.days(freezes).into_iter().map(|day| FreezeDayJson {
                date: day.date,
                freezes: day.freezes.iter().map(|(place, _)| *place).collect(),
                whole: day.freezes.iter().filter(|(_, whole)| *whole).map(|(place, _)| *place).collect(),
            });
            json::print(
                app,
                &FreezeCalendarJson {
                    month: month.name(),
                    days: days.collect(),
                    freezes: freezes.iter().map(|freeze| FreezeJson::new(freeze, known.trusted.policy())).collect(),
                    unknown: known.freezes.unknown.clone(),
                    findings: known.freezes.findings.clone(),
                },
            )?;
        } else {
            app.page(&known.repository, &month.draw(freezes, app.now, &app.style()))?;
        }
        Ok(exit)
    }
}
