//! `relsign ci`.

use crate::cli::app::App;
use crate::cli::json::{self, FileJson, FilesJson};
use crate::model::ids::{Environment, ItemId, RootDigest};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::trust;
use crate::ops::workspace::Workspace;

/// The recipes, in which `@NAME@` stands for what is known only when one is printed.
const GITHUB: &str = include_str!("ci/github.yml");
const GITLAB: &str = include_str!("ci/gitlab.yml");

/// Print a pipeline recipe for a forge that asks relsign
///
/// The recipe runs the gate before it deploys, and checks whether a branch is frozen before a change lands. The trusted
/// root, and the URL and SHA-256 of the relsign to run, come from variables in the forge's settings. The comment at its
/// top lists what to set there.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The forge
    #[arg(value_enum)]
    forge: Forge,
    /// The environment to deploy to; by default the first of the policy's components if they agree, else production
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// A stage that releases go out in, by its id; can be repeated
    #[arg(long, value_name = "STAGE")]
    stage: Vec<String>,
    /// The root to name in the comment, instead of the pinned one
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
}

/// A forge whose pipelines are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Forge {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let named = self.root.as_deref().map(RootDigest::from_user).transpose()?;
        // A recipe is as good without a repository; what one knows is filled in.
        let repository = app.repository().ok();
        let root = match (named, &repository) {
            (None, Some(repository)) => trust::pinned(repository)?,
            (named, _) => named,
        };
        let trusted = repository.and_then(|repository| Workspace::load(&repository, root).ok());
        let environment = match &self.env {
            Some(named) => named.parse()?,
            None => trusted.as_ref().and_then(first_environment).unwrap_or_else(Environment::production),
        };
        if let Some(bad) = self.stage.iter().find(|stage| stage.parse::<ItemId>().is_err() || stage.contains('@')) {
            return Err(Failure::usage(format!("{bad:?} is no id of a stage")).suggest("see the stages", "relsign stage"));
        }
        let text = recipe(self.forge, root, &environment, &self.stage);
        let shown = root.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
        let file = match self.forge {
            Forge::Github => ".github/workflows/relsign.yml",
            Forge::Gitlab => "relsign.gitlab-ci.yml",
        };
        if app.globals.json {
            let files = vec![FileJson { path: file.to_owned(), text: Some(text) }];
            json::print(app, &FilesJson { format: "relsign-files-v1", files })?;
        } else {
            app.ui.out(&text)?;
        }
        app.ui.say(format!("save this as {file}, and set the variables RELSIGN_URL, RELSIGN_SHA256 and RELSIGN_ROOT ({shown})"));
        Ok(Exit::Yes)
    }
}

/// Returns the first environment of the policy's components, where it is the same for all.
fn first_environment(trusted: &Workspace) -> Option<Environment> {
    let mut first = trusted.policy().contents().components.iter().map(|component| component.first_environment());
    let one = first.next()?;
    first.all(|other| other == one).then_some(one)
}

fn recipe(forge: Forge, root: Option<RootDigest>, environment: &Environment, stages: &[String]) -> String {
    let text = match forge {
        Forge::Github => GITHUB,
        Forge::Gitlab => GITLAB,
    };
    let matrix = if stages.is_empty() {
        String::new()
    } else {
        let quoted: Vec<String> = stages.iter().map(|stage| format!("\"{stage}\"")).collect();
        format!("  parallel:\n    matrix:\n      - STAGE: [{}]\n", quoted.join(", "))
    };
    text.replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@ROOT@", &root.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}")))
        .replace("@ENVIRONMENT@", environment.as_str())
        .replace("@STAGES@", &matrix)
}

#[cfg(test)]
mod tests {
    use super::{Environment, Forge, recipe};

    #[test]
    fn nothing_is_left_open_in_a_recipe() {
        for stages in [vec![], vec!["canary".to_owned(), "full".to_owned()]] {
            for forge in [Forge::Github, Forge::Gitlab] {
                let text = recipe(forge, None, &Environment::production(), &stages);
                assert!(!text.contains('@') || text.matches('@').count() == text.matches("actions/checkout@v").count(), "{text}");
                assert!(text.contains(concat!("(relsign ", env!("CARGO_PKG_VERSION"), ")")), "{text}");
            }
        }
    }
}
