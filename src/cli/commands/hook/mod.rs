//! `relsign hook`: the hooks of git on both ends, each a shim that runs this program.

pub(crate) mod check;
pub mod install;
pub(crate) mod json;
mod output;
mod run;
mod uninstall;

use clap::Subcommand;
use clap::builder::PossibleValue;

use crate::cli::app::App;
use crate::ops::error::Outcome;
use crate::ops::hooks::name::Name;

/// Install, check and uninstall git hooks that judge pushes
#[derive(Debug, Subcommand)]
pub enum Commands {
    Install(install::Args),
    Uninstall(uninstall::Args),
    Check(check::Args),
    Run(run::Args),
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Install(args) => args.run(app),
            Self::Uninstall(args) => args.run(app),
            Self::Check(args) => args.run(app),
            Self::Run(args) => args.run(app),
        }
    }
}

impl clap::ValueEnum for Name {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(match self {
            Self::PrePush => "In a clone, before anything is pushed",
            Self::PreReceive => "On a server, before anything is accepted: all updates of a push at once",
            Self::Update => "On a server, for each ref by itself",
            Self::PostReceive => "On a server, after everything was accepted",
        }))
    }
}
