//! How the command line asks for sharing: one switch, which clap knows from here, so that `ops` needs no clap.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::ops::share::Sharing;

/// The name of the switch, as the field of a derive would have it.
const NO_SYNC: &str = "no_sync";

fn switch(help: &'static str, long: &'static str) -> Arg {
    Arg::new(NO_SYNC).long("no-sync").action(ArgAction::SetTrue).help(help).long_help(long)
}

impl clap::Args for Sharing {
    fn augment_args(command: Command) -> Command {
        command
            .arg(switch("Do not fetch before or push after", "Do not fetch before or push after; share later with: relsign sync"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Sharing {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self::new(matches.get_flag(NO_SYNC)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = <Self as clap::FromArgMatches>::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Whether a command that pushes nothing asks the remote first.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Fetching {
    /// Do not fetch: use local records only
    #[arg(long)]
    pub no_sync: bool,
}

impl From<&Fetching> for Sharing {
    fn from(fetching: &Fetching) -> Self {
        Self::new(fetching.no_sync)
    }
}
