//! `relsign evidence`.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod redact;

use clap::Subcommand;

use crate::cli::app::App;
use crate::ops::error::Outcome;

/// Read, list and redact the evidence of records
#[derive(Debug, Subcommand)]
pub enum Commands {
    Get(get::Args),
    List(list::Args),
    Redact(redact::Args),
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Get(args) => args.run(app),
            Self::List(args) => args.run(app),
            Self::Redact(args) => args.run(app),
        }
    }
}
