//! `relsign hook`: the hooks of git on both ends, each a shim that runs this program.

mod block;
pub mod install;
pub(crate) mod json;
mod output;
mod pins;
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

/// The hooks of git that relsign has something to say in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Name {
    /// In a clone, before anything leaves.
    PrePush,
    /// On a server, before anything is taken in: all updates of a push at once.
    PreReceive,
    /// On a server, for each ref by itself.
    Update,
    /// On a server, after everything was taken in.
    PostReceive,
}

impl Name {
    /// Every hook.
    const ALL: [Self; 4] = [Self::PrePush, Self::PreReceive, Self::Update, Self::PostReceive];

    /// Gives the name as git has it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
            Self::Update => "update",
            Self::PostReceive => "post-receive",
        }
    }

    /// Says whether git tells the hook of the push on its standard input.
    const fn reads_input(self) -> bool {
        !matches!(self, Self::Update)
    }
}
