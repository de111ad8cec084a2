//! `relsign man`.

use std::path::PathBuf;

use crate::cli::app::App;
use crate::ops::error::{Exit, Failure, Outcome};

/// Write the manual pages, one for each command, into a directory
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory, created if missing
    // Not `directory`, as -C is called: the two would be one.
    #[arg(value_name = "DIRECTORY")]
    into: PathBuf,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let directory = app.path(&self.into);
        let failed = |error: std::io::Error| {
            Failure::internal(format!("cannot write manual pages to {}", self.into.display())).because(error)
        };
        std::fs::create_dir_all(&directory).map_err(failed)?;
        clap_mangen::generate_to((app.describe)(), &directory).map_err(failed)?;
        app.ui.say(format!("wrote manual pages to {}; read one: man {}/relsign.1", self.into.display(), self.into.display()));
        Ok(Exit::Yes)
    }
}
