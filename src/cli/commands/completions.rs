//! `relsign completions`.

use crate::cli::app::App;
use crate::ops::error::{Exit, Outcome};

/// Print the completion script of a shell
///
/// For bash: relsign completions bash > ~/.local/share/bash-completion/completions/relsign
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut (app.describe)(), "relsign", &mut script);
        app.ui.data(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Yes)
    }
}
