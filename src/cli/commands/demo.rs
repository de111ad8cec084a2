//! `relsign demo`.

mod stage;
mod story;

use std::path::{Path, PathBuf};

use crate::cli::app::App;
use crate::cli::json;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::report::safe::shell_word;
use stage::Stage;

/// Run a complete release in a sandbox, with a server repository and the clones of five people
///
/// With --alone it is one person without a server, in six commands.
///
/// It shows every command as it runs the real program and the real git, with its own keys. Your configuration, keys and
/// repositories are neither read nor changed, and the sandbox is kept for you to continue by hand.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Use this folder, which must be new or empty, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Show one person alone, in six commands
    #[arg(long)]
    alone: bool,
}

printed! {
    /// What `demo --json` prints once the release is GO; the story itself goes to standard error.
    pub struct DemoJson as "relsign-demo-v1" {
        /// The folder with the server, and a home with a clone for each person.
        pub folder: String,
        /// The tag of the release.
        pub tag: &'static str,
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let folder = self.folder(app)?;
        let stage = Stage::new(app, folder)?;
        let story = if self.alone { story::ALONE } else { story::WHOLE };
        story.play(&stage)?;
        if app.globals.json {
            let folder = stage.folder().display().to_string();
            json::print(app, &DemoJson { folder, tag: story.tag })?;
        } else {
            self.goodbye(app, &stage, story.tag)?;
        }
        Ok(Exit::Yes)
    }

    /// Makes the folder, or takes an empty one.
    fn folder(&self, app: &App) -> Outcome<PathBuf> {
        let folder = match &self.dir {
            Some(named) => {
                let path = app.path(named);
                std::fs::create_dir_all(&path).map_err(Failure::cannot("make the folder", &path))?;
                if std::fs::read_dir(&path).map_err(Failure::cannot("make the folder", &path))?.next().is_some() {
                    return Err(Failure::usage(format!("the folder {} is not empty", path.display()))
                        .hint("name a new one, or omit --dir to use a temporary one"));
                }
                path
            }
            None => tempfile::Builder::new()
                .prefix("relsign-demo-")
                .tempdir()
                .map_err(|error| Failure::internal("cannot make a temporary folder").because(error))?
                .keep(),
        };
        std::fs::canonicalize(&folder).map_err(Failure::cannot("find the folder", &folder))
    }

    /// Describes where everything lies and what to try next.
    fn goodbye(&self, app: &App, stage: &Stage<'_>, tag: &str) -> Outcome<()> {
        let root = stage.folder();
        let word = |path: &Path| shell_word(&path.display().to_string());
        let cd = |who: &str| format!("  cd {} && relsign", word(&root.join(who).join(stage::PROJECT)));
        let lines = if self.alone {
            vec![
                "Continue by hand, or do the same in a repository of your own:".to_owned(),
                format!("  alias relsign={}", word(stage.program())),
                format!("{} status", cd("jo")),
                format!("{} verify {tag}", cd("jo")),
            ]
        } else {
            vec![
                "  server.git             the shared repository".to_owned(),
                format!("  jo ana raj sam kim     their homes: .ssh/id_ed25519, and a clone, {}", stage::PROJECT),
                format!("  ci/{}          the pipeline's clone, which has no key", stage::PROJECT),
                String::new(),
                "Continue by hand; each clone signs as its owner:".to_owned(),
                format!("  alias relsign={}", word(stage.program())),
                format!("{} status", cd("jo")),
                format!("{} log {tag}", cd("kim")),
                format!("{} report {tag} --format html -o report.html", cd("kim")),
                format!("{} mine", cd("sam")),
                format!("{} reject {tag} tests --reason 'one of them is skipped'", cd("raj")),
                format!("{} gate {tag}      # no: that reject is newer than the GO", cd("ci")),
            ]
        };
        app.ui.line(format!("{tag} is GO. Everything is in {}", root.display()))?;
        lines.into_iter().try_for_each(|line| app.ui.line(line))?;
        app.ui.line(format!("Delete it: rm -rf {}", word(root)))
    }
}
