//! `relsign freeze exceptions`.

use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::freeze::ExceptionsJson;
use crate::model::address::full_ref;
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::exceptions;
use crate::report;

/// List freeze exceptions, and every use of break-glass
///
/// Exceptions are open, granted, used, expired or withdrawn. Exit code 4 means that there may be more than is known here.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only for this ref: a branch, or the full name of a ref
    #[arg(long = "ref", value_name = "REF")]
    ref_name: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let mut register = exceptions::register(&repository, &trusted, app.now)?;
        if let Some(ref_name) = self.ref_name.as_deref().map(full_ref) {
            register.passages.retain(|passage| passage.ref_name.as_str() == ref_name);
        }
        let exit = if register.unknown.is_empty() { Exit::Yes } else { Exit::CannotDecide };
        if app.globals.json {
            let told = ExceptionsJson { now: app.now, exceptions: register.passages, unknown: register.unknown };
            json::print(app, &told)?;
        } else {
            app.page(&repository, &report::exceptions::register(&register.passages, &register.unknown, &app.style()))?;
        }
        Ok(exit)
    }
}
