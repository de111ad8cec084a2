//! `relsign freeze`: what is frozen and what will be, and who lets something through.

mod break_glass;
mod calendar;
mod change;
mod check;
mod common;
mod exceptions;
mod export;
mod grant;
mod lift;
mod list;
mod request;
mod start;
pub(crate) mod withdraw;

use clap::Subcommand;

use crate::cli::app::App;
use crate::ops::error::Outcome;

/// Show freezes, freeze refs, and request or grant exceptions
#[derive(Debug, Subcommand)]
pub enum Commands {
    List(list::Args),
    Check(check::Args),
    Calendar(calendar::Args),
    Export(export::Args),
    Start(start::Args),
    Lift(lift::Args),
    Request(request::Args),
    Grant(grant::Args),
    BreakGlass(break_glass::Args),
    Exceptions(exceptions::Args),
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::List(args) => args.run(app),
            Self::Check(args) => args.run(app),
            Self::Calendar(args) => args.run(app),
            Self::Export(args) => args.run(app),
            Self::Start(args) => args.run(app),
            Self::Lift(args) => args.run(app),
            Self::Request(args) => args.run(app),
            Self::Grant(args) => args.run(app),
            Self::BreakGlass(args) => args.run(app),
            Self::Exceptions(args) => args.run(app),
        }
    }
}
