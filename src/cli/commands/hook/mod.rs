//! `relsign hook`: the hooks of git on both ends, each a shim that runs this program.

mod check;
pub(super) mod install;
mod output;
mod run;
mod uninstall;

use clap::builder::PossibleValue;

use crate::ops::hooks::name::Name;

commands_below! {
    /// Install, check and uninstall git hooks that judge pushes
    Commands {
        Install(install::Args),
        Uninstall(uninstall::Args),
        Check(check::Args),
        Run(run::Args),
    }
}

impl clap::ValueEnum for Name {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
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
