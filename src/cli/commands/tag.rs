//! `relsign tag`.

use crate::cli::app::App;
use crate::git::program::Program;
use crate::model::ids::TagName;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::remotes;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;

/// Create a release tag: annotated, and signed if git or the policy requires it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag's name
    name: String,
    /// The commit to tag
    #[arg(default_value = "HEAD")]
    commit: String,
    /// The tag's message
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let name = TagName::from_user(&self.name)?;
        if let Some(id) = repository.resolve(name.full())? {
            return Err(Failure::refused(format!("the tag {} already exists, at {}", name.short(), id.short())).suggest(
                "a release tag never moves; choose another name, or open this one",
                format!("relsign open {}", shell_word(name.short())),
            ));
        }
        if let Some((remote, there)) = remotes::tag_there(&repository, &name)? {
            let get = format!("git fetch {} tag {}", shell_word(&remote), shell_word(name.short()));
            return Err(Failure::refused(format!("{remote} has a tag {} already, at {}", name.short(), there.short()))
                .suggest("a release tag never moves; choose another name, or fetch this one", get));
        }
        let commit = repository
            .revparse(&self.commit)?
            .ok_or_else(|| Failure::usage(format!("there is no commit {:?} here", self.commit)).hint("commit something first"))?;
        let commit =
            repository.peel_to_commit(&commit)?.ok_or_else(|| Failure::usage(format!("{:?} is no commit", self.commit)))?;
        // Without a policy a plain annotated tag is right; with one it says whether tags are signed.
        let policy_signs = Workspace::load(&repository, None).is_ok_and(|trusted| trusted.policy().contents().tags_signed);
        let git_signs = repository.config_bool("tag.gpgsign")?.unwrap_or(false);
        let message = self.message.clone().unwrap_or_else(|| format!("Release {}", name.short()));
        Program::new(&repository, app.ui.interactive)
            .create_tag(name.short(), &commit, &message, policy_signs || git_signs)
            .map_err(|error| {
                let failure = Failure::from(error);
                if policy_signs {
                    failure.suggest(
                        "the policy requires signed tags; configure your key in git",
                        "git config gpg.format ssh && git config user.signingkey FILE",
                    )
                } else {
                    failure
                }
            })?;
        app.ui.say(format!(
            "created the {}tag {} on {}",
            if policy_signs || git_signs { "signed " } else { "" },
            name.short(),
            commit.short()
        ));
        app.ui.say(format!("next: relsign open {}", shell_word(name.short())));
        Ok(Exit::Yes)
    }
}
