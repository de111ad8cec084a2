//! `relsign completions`.

use crate::cli::app::App;
use crate::ops::error::{Exit, Outcome};

/// Print the completion script of a shell
///
/// It completes commands, options, and what the repository has: tags, items, handles, roles, stages, freezes and decisions.
/// For bash: relsign completions bash > ~/.local/share/bash-completion/completions/relsign
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that relsign completes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        app.ui.data(match self.shell {
            Shell::Bash => include_str!("completions/relsign.bash"),
            Shell::Zsh => include_str!("completions/relsign.zsh"),
            Shell::Fish => include_str!("completions/relsign.fish"),
        })?;
        Ok(Exit::Yes)
    }
}
