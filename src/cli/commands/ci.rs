//! `relsign ci`.

use crate::cli::app::App;
use crate::cli::json::{self, FileJson, FilesJson};
use crate::model::ids::{Environment, ItemId, RootDigest};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::trust;
use crate::ops::workspace::Workspace;

/// What a line `@INSTALL:N@` of a recipe stands for, set in by N columns: the lines that fetch relsign and check what came.
const INSTALL: &str = include_str!("ci/install.sh");

/// Print a recipe that asks relsign: for a forge's pipelines, or for a program that manages git's hooks
///
/// A pipeline runs the gate before it deploys, and checks whether a branch is frozen before a change lands. The trusted
/// root, and the URL and SHA-256 of the relsign to run, come from variables in the forge's settings. The comment at its
/// top lists what to set there.
///
/// An entry for pre-commit, lefthook or husky judges what leaves a clone, and stays when they write their hooks anew.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The forge, or the program that manages hooks
    #[arg(value_enum, value_name = "FORGE")]
    target: Target,
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

/// What runs the recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Gitea Actions, or Forgejo Actions
    #[value(alias = "forgejo")]
    Gitea,
    /// Bitbucket Pipelines
    Bitbucket,
    /// An entry for pre-commit
    PreCommit,
    /// An entry for lefthook
    Lefthook,
    /// Lines for husky
    Husky,
}

impl Target {
    /// The recipe, in which `@NAME@` stands for what is known only when one is printed, and the file that it belongs into.
    const fn recipe(self) -> (&'static str, &'static str) {
        match self {
            Self::Github => (include_str!("ci/github.yml"), ".github/workflows/relsign.yml"),
            Self::Gitlab => (include_str!("ci/gitlab.yml"), "relsign.gitlab-ci.yml"),
            Self::Gitea => (include_str!("ci/gitea.yml"), ".gitea/workflows/relsign.yml (Forgejo: .forgejo/workflows/relsign.yml)"),
            Self::Bitbucket => (include_str!("ci/bitbucket.yml"), "bitbucket-pipelines.yml"),
            Self::PreCommit => (include_str!("ci/pre-commit.yaml"), ".pre-commit-config.yaml"),
            Self::Lefthook => (include_str!("ci/lefthook.yml"), "lefthook.yml"),
            Self::Husky => (include_str!("ci/husky.sh"), ".husky/pre-push"),
        }
    }

    /// Whether it runs in clones, where nothing is deployed.
    const fn is_local(self) -> bool {
        matches!(self, Self::PreCommit | Self::Lefthook | Self::Husky)
    }

    /// Writes what the recipe has for each stage.
    fn stages(self, stages: &[String], environment: &Environment) -> String {
        let step = |name: &str, place: &str, export: &str| {
            format!(
                "      - step:\n          name: {name}\n          trigger: manual\n          deployment: {place}\n          \
                 script:\n{export}            - *install\n            - *gate\n            - *deploy\n"
            )
        };
        match (self, stages) {
            (Self::Gitlab, [_, ..]) => {
                let quoted: Vec<String> = stages.iter().map(|stage| format!("\"{stage}\"")).collect();
                format!("  parallel:\n    matrix:\n      - STAGE: [{}]\n", quoted.join(", "))
            }
            (Self::Bitbucket, []) => step("deploy", environment.as_str(), ""),
            // A pipeline deploys to an environment once.
            (Self::Bitbucket, stages) => {
                let steps = stages.iter().map(|stage| {
                    let export = format!("            - export STAGE={stage}\n");
                    step(&format!("deploy {stage}"), &format!("{environment}-{stage}"), &export)
                });
                steps.collect()
            }
            _ => String::new(),
        }
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let file = self.target.recipe().1;
        if self.target.is_local() {
            if self.env.is_some() || self.root.is_some() || !self.stage.is_empty() {
                let message = "--env, --stage and --root are for pipelines, and this entry judges what leaves a clone";
                return Err(Failure::usage(message).hint("leave them out"));
            }
            print(app, file, recipe(self.target, None, &Environment::production(), &[]))?;
            app.ui.say(format!("add this to {file}"));
            return Ok(Exit::Yes);
        }
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
        let text = recipe(self.target, root, &environment, &self.stage);
        print(app, file, text)?;
        let shown = shown(root);
        app.ui.say(format!("save this as {file}, and set the variables RELSIGN_URL, RELSIGN_SHA256 and RELSIGN_ROOT ({shown})"));
        Ok(Exit::Yes)
    }
}

/// Prints a recipe, as JSON with the file that it goes into where that was asked for.
fn print(app: &App, file: &str, text: String) -> Outcome<()> {
    if !app.globals.json {
        return app.ui.data(&text);
    }
    let files = vec![FileJson { path: file.to_owned(), text: Some(text) }];
    json::print(app, &FilesJson { format: "relsign-files-v1", files })
}

/// Writes a root as it is read out, or what stands for one.
fn shown(root: Option<RootDigest>) -> String {
    root.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"))
}

/// Returns the first environment of the policy's components, where it is the same for all.
fn first_environment(trusted: &Workspace) -> Option<Environment> {
    let mut first = trusted.policy().contents().components.iter().map(|component| component.first_environment());
    let one = first.next()?;
    first.all(|other| other == one).then_some(one)
}

fn recipe(target: Target, root: Option<RootDigest>, environment: &Environment, stages: &[String]) -> String {
    let set_in = |line: &str| {
        let width = line.strip_prefix("@INSTALL:")?.strip_suffix('@')?.parse::<usize>().ok()?;
        Some(INSTALL.lines().map(|line| format!("{:width$}{line}\n", "")).collect::<String>())
    };
    let lines = target.recipe().0.lines().map(|line| set_in(line).unwrap_or_else(|| format!("{line}\n")));
    lines
        .collect::<String>()
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@ROOT@", &shown(root))
        .replace("@STAGES@", &target.stages(stages, environment))
        .replace("@ENVIRONMENT@", environment.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Environment, Target, recipe};
    use clap::ValueEnum as _;

    #[test]
    fn nothing_is_left_open_in_a_recipe() {
        for stages in [vec![], vec!["canary".to_owned(), "full".to_owned()]] {
            for target in Target::value_variants() {
                let text = recipe(*target, None, &Environment::production(), &stages);
                let others = text.matches("actions/checkout@v").count() + text.matches("\"$@\"").count();
                assert_eq!(text.matches('@').count(), others, "{text}");
                assert!(text.contains(concat!("(relsign ", env!("CARGO_PKG_VERSION"), ")")), "{text}");
            }
        }
    }
}
