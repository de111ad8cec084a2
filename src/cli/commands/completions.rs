//! `relsign completions`.

use crate::cli::app::App;
use crate::cli::json;
use crate::ops::error::{Exit, Outcome};

/// Print the completion script of a shell
///
/// It completes commands, options, and what the repository has: tags, items, handles, roles, stages, freezes and decisions.
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
        let (path, text) = match self.shell {
            Shell::Bash => ("relsign.bash", include_str!("completions/relsign.bash")),
            Shell::Zsh => ("_relsign", include_str!("completions/relsign.zsh")),
            Shell::Fish => ("relsign.fish", include_str!("completions/relsign.fish")),
        };
        json::file(app, path, text)?;
        Ok(Exit::Yes)
    }
}
