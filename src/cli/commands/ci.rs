//! `relsign ci`.

use crate::cli::app::App;
use crate::model::ids::{Environment, RootDigest};
use crate::ops::error::{Exit, Outcome};
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
        let tags = trusted.as_ref().map(tags_of).unwrap_or_default();
        app.ui.out(&recipe(self.forge, root, &environment, tags))?;
        let shown = root.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
        let file = match self.forge {
            Forge::Github => ".github/workflows/relsign.yml",
            Forge::Gitlab => "relsign.gitlab-ci.yml",
        };
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

/// Returns the tag patterns of the policy's components, as far as a forge understands them in the same way.
fn tags_of(trusted: &Workspace) -> Vec<String> {
    let components = &trusted.policy().contents().components;
    let mut tags: Vec<String> = components.iter().map(|component| component.tags.as_str().to_owned()).collect();
    tags.sort();
    tags.dedup();
    tags
}

fn recipe(forge: Forge, root: Option<RootDigest>, environment: &Environment, tags: Vec<String>) -> String {
    // `?` means another thing there, and a pattern that would be quoted differently is better not written at all.
    let plain = |tag: &String| tag.chars().all(|c| c.is_ascii_alphanumeric() || "*._/-".contains(c));
    let tags = if tags.is_empty() || !tags.iter().all(plain) { vec!["**".to_owned()] } else { tags };
    let tags: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
    let text = match forge {
        Forge::Github => GITHUB,
        Forge::Gitlab => GITLAB,
    };
    text.replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@ROOT@", &root.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}")))
        .replace("@ENVIRONMENT@", environment.as_str())
        .replace("@TAGS@", &format!("[{}]", tags.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{Environment, Forge, recipe};

    fn written(forge: Forge, tags: &[&str]) -> String {
        recipe(forge, None, &Environment::production(), tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    #[test]
    fn nothing_is_left_open_in_a_recipe() {
        for forge in [Forge::Github, Forge::Gitlab] {
            let text = written(forge, &["v*"]);
            assert!(!text.contains('@') || text.matches('@').count() == text.matches("actions/checkout@v").count(), "{text}");
            assert!(text.contains(concat!("(relsign ", env!("CARGO_PKG_VERSION"), ")")), "{text}");
        }
    }

    #[test]
    fn patterns_that_a_forge_reads_differently_are_not_written() {
        let tags = |tags: &[&str]| written(Forge::Github, tags);
        assert!(tags(&["api/v*", "v*"]).contains(r#"tags: ["api/v*", "v*"]"#));
        for odd in ["v?", "v\"", "v: x", "é*"] {
            assert!(tags(&["v*", odd]).contains(r#"tags: ["**"]"#), "{odd}");
        }
        assert!(tags(&[]).contains(r#"tags: ["**"]"#));
    }
}
