//! `relsign completions`.

use crate::cli::app::App;
use crate::cli::json::{self, FileJson, FilesJson};
use crate::ops::error::{Exit, Outcome};

/// Print the completion script of a shell
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
        let text = String::from_utf8_lossy(&script).into_owned();
        if app.globals.json {
            let path = clap_complete::Generator::file_name(&self.shell, "relsign");
            json::print(app, &FilesJson { format: "relsign-files-v1", files: vec![FileJson { path, text: Some(text) }] })?;
        } else {
            app.ui.out(&text)?;
        }
        Ok(Exit::Yes)
    }
}
