//! `relsign man`.

use std::path::PathBuf;

use crate::cli::app::App;
use crate::ops::error::{Exit, Failure, Outcome};

/// Write the manual pages, one for each command, into a directory
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory, created if missing
    // Under an id of its own: that of -C is `directory`, and the two would be one.
    #[arg(id = "into", value_name = "DIRECTORY")]
    directory: PathBuf,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let directory = app.path(&self.directory);
        let failed = |error: std::io::Error| {
            Failure::internal(format!("cannot write manual pages to {}", self.directory.display())).because(error)
        };
        std::fs::create_dir_all(&directory).map_err(failed)?;
        clap_mangen::generate_to((app.describe)(), &directory).map_err(failed)?;
        app.ui.say(format!(
            "wrote manual pages to {}; read one: man {}/relsign.1",
            self.directory.display(),
            self.directory.display()
        ));
        Ok(Exit::Yes)
    }
}
