//! `relsign hook`: the hooks of git on both ends, each a shim that runs this program.

mod block;
mod files;
pub mod install;
pub(crate) mod json;
mod name;
mod output;
mod run;
mod uninstall;

use clap::Subcommand;

use crate::cli::app::App;
use crate::ops::error::Outcome;

/// Install git hooks that judge pushes, and take them out again
#[derive(Debug, Subcommand)]
pub enum Commands {
    Install(install::Args),
    Uninstall(uninstall::Args),
    Run(run::Args),
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Install(args) => args.run(app),
            Self::Uninstall(args) => args.run(app),
            Self::Run(args) => args.run(app),
        }
    }
}
